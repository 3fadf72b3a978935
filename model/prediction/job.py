"""Answer pictures with the networks of one model: the work of a process that has TensorFlow to itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from configs.networks import Network, Saved
from model.networks.facts import layer_facts
from model.networks.layers import Pooling
from model.prediction.records import Answer, Why
from model.run.folder import RunError
from model.run.jobs import JobFailed, Tell

FILTERS = 6  # of the first convolution, whose maps are shown
TOLD_EVERY = 100  # pictures: progress


@dataclass(frozen=True)
class Answered:
    """What a model says of all pictures, in their order, and why of the first; what of it is unusable."""

    answers: list[Answer]
    why: list[Why]
    faults: list[str]


def answer_pictures(
    splits: object,
    tell: Tell,
    *,
    network: Network,
    saved: dict[int, Path],
    num_classes: int,
    pictures: np.ndarray,
    explained: int,
) -> Answered:
    """Ask every seed's network of a model about pictures, and the first of these why.

    Args:
        splits: none are needed.
        tell: called with the share that is done.
        network: the model.
        saved: the files of its trained networks, by seed.
        num_classes: how many there are.
        pictures: uint8 (n, 28, 28).
        explained: of how many of them, the first ones, it is asked why.

    Raises:
        JobFailed: not one of the networks can be used.
    """
    from model.networks.answers import predict
    from model.run.saved import load

    given, faults, first = {}, [], None
    for number, (seed, path) in enumerate(saved.items()):
        try:
            model = load(path, network, num_classes)
        except RunError as error:
            faults.append(str(error))
            continue
        # One by one: in a batch the last digits of an answer could depend on the pictures beside it.
        rows = []
        for place, picture in enumerate(pictures):
            rows.append(predict(model, picture[None])[0])
            if (place + 1) % TOLD_EVERY == 0:
                tell((number + (place + 1) / len(pictures)) / (len(saved) + 1))
        given[seed] = np.concatenate(rows)
        first = first or (seed, model)
        tell((number + 1) / (len(saved) + 1))
    if first is None:
        raise JobFailed("; ".join(faults))
    seeds = tuple(given)
    word = "file" if isinstance(network, Saved) else "seed"
    answers = [
        Answer(seeds, np.stack([given[seed][i] for seed in seeds]), word) for i in range(len(pictures))
    ]
    why = _why(first[0], first[1], network, pictures[:explained], answers[:explained], num_classes)
    return Answered(answers, why, faults)


def _why(
    seed: int, model: Any, network: Network, pictures: np.ndarray, answers: list[Answer], num_classes: int
) -> list[Why]:
    from model.attribution.attribution import Gradients, occlusion

    if not len(pictures):
        return []
    labels = np.array([answer.label for answer in answers])
    images = (pictures / np.float32(255)).astype(np.float32)
    falls = occlusion(Gradients(model, layer_facts(network, num_classes)), images, labels)
    return [Why(seed, fall, *maps) for fall, maps in zip(falls, _maps(model, pictures), strict=True)]


def _maps(model: Any, pictures: np.ndarray) -> list[tuple[Any, ...]]:
    """Of each picture the layer's name, filters, their maps, these pooled; of a dense network nothing."""
    from model.networks.as_arrays import forward, to_input
    from model.networks.take_apart import take_apart

    convolutions = take_apart(model).convolutions[:1]
    if not convolutions:
        return [()] * len(pictures)
    [found] = forward(convolutions, to_input(np.concatenate([pictures, np.zeros_like(pictures[:1])])))
    maps, pooled = (values.numpy().transpose(0, 3, 1, 2) for values in (found.map, found.pooled))
    [convolution] = convolutions
    is_pooled = any(isinstance(step, Pooling) for step in convolution.after)
    rows = []
    for i in range(len(pictures)):
        more = np.maximum(maps[i] - maps[-1], 0).mean(axis=(1, 2))  # than the filter answers to black
        chosen = np.argsort(-more, kind="stable")[:FILTERS]
        after = pooled[i, chosen] if is_pooled else None
        rows.append((convolution.name, tuple(chosen.tolist()), maps[i, chosen], after))
    return rows
