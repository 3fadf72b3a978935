"""The first layer of a dense network: which of its units matter most, drawn as 28 x 28 weights."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from data.splits import Split, Splits
from model.inspection.activations import class_means, class_selectivity, listed, rank_images
from model.inspection.kernels import movement
from model.networks.as_arrays import Network, logits_of
from model.worth.scores import Answers, increase_interval, join, measure_worth, ranks, score

NUM_UNITS = 24
BATCH = 500
RULE = (
    "the {shown} of {num} units whose answers, times the length of the weights that read them, vary most "
    "over the validation images"
)
RULE_OF_CLASSES = (
    "there is no hidden layer, and each class weighs the pixels itself: {shown} of {num} classes"
)


def inspect_units(
    network: Network,
    weights: Mapping[str, np.ndarray],
    weights_before: Mapping[str, np.ndarray],
    splits: Splits,
) -> dict[str, Any]:
    """Find the units of the first layer that matter most, and what they are worth: the content of units.json.

    Removal replaces a unit's answer by its mean over the training images. Only the most promising are
    removed: a wide layer has thousands. Without a hidden layer the units are the classes, in their order,
    and none is removed: the network would have one answer less. Units are chosen and ranked by validation
    images; figures are of test images.

    The network has no convolutions. `weights` are its first layer's as they were trained, by their names in
    filters.npz, kernel first; `weights_before` the same, untrained.
    """
    (name, kernel), kernel_before = next(iter(weights.items())), next(iter(weights_before.values()))
    labels = splits.test.labels
    if len(network.dense) == 1:
        intact = join([score(v, labels[part]) for part, v in _linear(network, splits.test.images)])
        units, rule = _classes(kernel.shape[1]), RULE_OF_CLASSES
    else:
        intact, units = _most_valuable(network, splits)
        rule = RULE
    moved = movement(kernel_before, kernel)
    for unit in units:
        unit |= {"layer": name.removesuffix("/kernel"), "moved": moved[unit["index"]]}
    return {
        "classes": list(splits.class_names),
        "num_test": len(labels),
        "accuracy": float((intact.predictions == labels).mean()),
        "loss": float(intact.losses.mean(dtype=np.float64)),
        "rule": rule.format(shown=len(units), num=kernel.shape[1]),
        "num_units": kernel.shape[1],
        "neighbour_correlation": {
            "trained": neighbour_correlation(kernel),
            "untrained": neighbour_correlation(kernel_before),
        },
        "units": sorted(units, key=lambda unit: (unit["rank"] or len(units) + 1, unit["index"])),
    }


def _classes(num_classes: int) -> list[dict[str, Any]]:
    """The first classes as units: of their weights nothing is told but the weights."""
    return [
        {"index": label, "rank": label + 1, "dead": False, "class_selectivity": [], "ablation": None}
        for label in range(min(num_classes, NUM_UNITS))
    ]


def _most_valuable(network: Network, splits: Splits) -> tuple[Answers, list[dict[str, Any]]]:
    """Answers of the whole network, and the hidden units that matter most."""
    mean = _moments(network, splits.train.images)[0]
    spread = _moments(network, splits.validation.images)[1] * np.linalg.norm(network.dense[1].weights, axis=1)
    chosen = np.argsort(-spread, kind="stable")[:NUM_UNITS]
    constants = mean[chosen].astype(np.float32)
    valued, valued_without, _ = _remove(network, splits.validation, chosen, constants)
    increases = valued_without.losses - valued.losses
    increase, interval = increases.mean(axis=1, dtype=np.float64), increase_interval(increases)
    intact, without, answers = _remove(network, splits.test, chosen, constants)
    labels, num_classes = splits.test.labels, len(splits.class_names)
    records = measure_worth(intact, without, labels, num_classes, increase, interval)
    dead = (constants == 0) & (answers.max(axis=0) == 0)
    units = _describe(chosen, answers, class_means(answers, labels, num_classes), records)
    told = zip(ranks(increase, interval, constants == 0), dead, constants, strict=True)
    for unit, (rank, never, constant) in zip(units, told, strict=True):
        unit |= {"rank": rank, "dead": bool(never), "mean": float(constant)}
    return intact, units


def neighbour_correlation(weights: np.ndarray) -> float:
    """How alike the weights of neighbouring pixels are: noise has 0, a smooth template near 1.

    Takes weights (height * width, units). Returns Pearson's correlation over all pairs of pixels side by side
    or one above the other, of all units.
    """
    side = round(len(weights) ** 0.5)
    pictures = weights.reshape(side, side, -1)
    one = np.concatenate([pictures[:-1].ravel(), pictures[:, :-1].ravel()])
    other = np.concatenate([pictures[1:].ravel(), pictures[:, 1:].ravel()])
    return float(np.corrcoef(one, other)[0, 1])


def _linear(network: Network, images: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The first layer's answers before its activation, (n, units), some images at a time."""
    weights, bias = network.dense[0].weights, network.dense[0].bias
    for first in range(0, len(images), BATCH):
        part = slice(first, first + BATCH)
        pixels = images[part].reshape(-1, len(weights)).astype(np.float32) / 255
        yield part, pixels @ weights + bias


def _hidden(network: Network, images: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The same after its activation."""
    for part, inner in _linear(network, images):
        yield part, network.dense[0].answers(inner)


def _moments(network: Network, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each unit's answer, float64 (units,)."""
    total = squares = np.zeros(network.dense[0].bias.size)
    for _, answers in _hidden(network, images):
        total = total + answers.sum(axis=0, dtype=np.float64)
        squares = squares + np.square(answers).sum(axis=0, dtype=np.float64)
    mean = total / len(images)
    return mean, np.sqrt(np.maximum(squares / len(images) - mean**2, 0))


def _remove(
    network: Network, split: Split, chosen: np.ndarray, constants: np.ndarray
) -> tuple[Answers, Answers, np.ndarray]:
    """Answers with all units, without each of the chosen, and the chosen units' answers (n, chosen)."""
    first, weights, bias = network.dense[0], network.dense[1].weights, network.dense[1].bias
    replaced = np.zeros(first.bias.size, np.float32)
    replaced[chosen] = constants
    instead = first.read(replaced)[chosen]
    intact, without, kept = [], [], []
    for part, answers in _hidden(network, split.images):
        read = first.read(answers)
        inner = read @ weights + bias
        change = instead - read[:, chosen]  # (n, chosen)
        changed = inner + change.T[:, :, None] * weights[chosen][:, None]  # of rank one for each unit
        labels = split.labels[part]
        without.append(score(logits_of(network.dense[1:], changed), labels))
        intact.append(score(logits_of(network.dense[1:], inner), labels))
        kept.append(answers[:, chosen])
    return join(intact), join(without), np.concatenate(kept)


def _describe(
    chosen: np.ndarray, answers: np.ndarray, means: np.ndarray, records: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    selectivity, top = class_selectivity(means), rank_images(answers)[0]
    return [
        {
            "index": int(unit),
            "class_selectivity": listed(selectivity[i]),
            "class_mean": listed(means[i]),
            "top_images": [
                {"index": int(j), "activation": float(answers[j, i])} for j in top[i] if answers[j, i] > 0
            ],
            "ablation": records[i],
        }
        for i, unit in enumerate(chosen)
    ]
