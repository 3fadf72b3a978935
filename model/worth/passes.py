"""Passes over all validation and test images: what removing filters does, and what the control answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.splits import Split
from model.networks.as_arrays import Network, logits_of
from model.networks.traces import Trace, largest_and_features, mean_of_views, trace
from model.worth.ablation import Ablation
from model.worth.scores import Answers, increase_interval, join, score

NUM_RANDOM_ORDERS = 10
ORDER_SEED = 0
OnProgress = Callable[[float], None]


@dataclass(frozen=True)
class TestPass:
    """What one pass over all n test images gives.

    Per convolution `largest` and `mean` of each map, float32 (n, filters), and `active` (filters,), the
    share of places above 0; scores of the whole network and without each filter of all convolutions;
    `kept_accuracy` with only some filters of the last convolution, one per set.
    """

    largest: list[np.ndarray]
    mean: list[np.ndarray]
    active: list[np.ndarray]
    intact: Answers
    without: Answers
    kept_accuracy: np.ndarray


def validation_increase(
    ablation: Ablation, split: Split, on_progress: OnProgress
) -> tuple[np.ndarray, np.ndarray]:
    """How much the mean loss rises without each filter, which is what filters are ranked by.

    `split` has the validation images. Returns float64 (filters of all convolutions,), and of each the ends of
    an interval that holds for all filters of its layer at once, (filters, 2).
    """

    def increases(part: slice, traced: Trace) -> np.ndarray:
        intact, without = ablation.answers(traced.views)
        labels = split.labels[part]
        return score(without, labels).losses - score(intact, labels).losses

    found = []
    for part, added in trace(ablation.network, split.images, increases, describe=False):
        found.append(added)
        on_progress(part.stop / len(split.labels))
    total = sum(added.sum(axis=1, dtype=np.float64) for added in found)
    ends = np.cumsum([convolution.num_filters for convolution in ablation.network.convolutions])
    layers = np.split(np.concatenate(found, axis=1), ends[:-1])
    return total / len(split.labels), np.concatenate([increase_interval(layer) for layer in layers])


def pass_over_test(ablation: Ablation, sets: np.ndarray, split: Split, on_progress: OnProgress) -> TestPass:
    """Run the network, and the network without each filter, over the test images.

    `sets`, bool (sets, filters), says which filters of the last convolution are kept.
    """
    num_images = len(split.labels)

    def findings(part: slice, traced: Trace) -> tuple[Any, ...]:
        labels = split.labels[part]
        intact, without = (score(logits, labels) for logits in ablation.answers(traced.views))
        kept = ablation.with_only(traced.views, sets)
        kept_right = (kept.argmax(axis=-1) == labels).sum(axis=1)
        active = [share.sum(axis=0, dtype=np.float64) for share in traced.active]
        return traced.largest, traced.mean, active, intact, without, kept_right

    found = []
    for part, batch in trace(ablation.network, split.images, findings):
        found.append(batch)
        on_progress(part.stop / num_images)
    largest, mean, active, intact, without, kept_right = zip(*found, strict=True)
    return TestPass(
        [np.concatenate(layer) for layer in zip(*largest, strict=True)],
        [np.concatenate(layer) for layer in zip(*mean, strict=True)],
        [np.sum(layer, axis=0) / num_images for layer in zip(*active, strict=True)],
        join(intact),
        join(without),
        np.sum(kept_right, axis=0) / num_images,
    )


def control_pass(network: Network, split: Split, on_progress: OnProgress) -> tuple[list[np.ndarray], float]:
    """Run the untrained network over the test images.

    Returns the largest value of each map, float32 (n, filters) per convolution; and its accuracy.
    """
    largest, right = [], 0
    weights, bias = network.dense[0].weights, network.dense[0].bias
    for part, (values, features) in largest_and_features(network, split.images):
        logits = mean_of_views([logits_of(network.dense, view @ weights + bias) for view in features])
        answers = logits.argmax(axis=1)
        right += int((answers == split.labels[part]).sum())
        largest.append(values)
        on_progress(part.stop / len(split.labels))
    return [np.concatenate(layer) for layer in zip(*largest, strict=True)], right / len(split.labels)


def kept_sets(increase: np.ndarray) -> np.ndarray:
    """Filters kept, bool (orders * numbers, filters): the best first, then random orders.

    `increase` (filters,) is that of the validation loss without each filter; the best has the largest.
    """
    generator = np.random.default_rng(ORDER_SEED)
    orders = [np.argsort(-increase, kind="stable")]
    orders += [generator.permutation(len(increase)) for _ in range(NUM_RANDOM_ORDERS)]
    sets = []
    for order in orders:
        position = np.argsort(order)
        sets += [position < number for number in _num_kept(len(increase))]
    return np.array(sets)


def _num_kept(num_filters: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, 24, ... and all."""
    steps = {n for power in range(12) for n in (2**power, 3 * 2**power)}
    return sorted({n for n in steps if n < num_filters} | {num_filters})
