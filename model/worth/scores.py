"""What a filter is worth: answers and losses with it and without it, with paired intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy import special  # scipy.stats has the same in nicer words, and takes a second to import

from model.networks.measures import CONFIDENCE

UNSEEN = 3  # images more, changed as far as any: see `increase_interval`


@dataclass(frozen=True)
class Answers:
    """Answers to some images: `predictions` uint8 (..., n) and `losses` float32 (..., n), natural log."""

    predictions: np.ndarray
    losses: np.ndarray


def score(logits: np.ndarray, labels: np.ndarray) -> Answers:
    """What logits answer and what the answers cost.

    Takes logits float32 (..., n, num_classes) and labels uint8 (n,). Returns predictions and cross-entropies
    (..., n).
    """
    shifted = logits - logits.max(axis=-1, keepdims=True)
    places = np.broadcast_to(labels[:, None].astype(np.intp), (*shifted.shape[:-1], 1))
    right = np.take_along_axis(shifted, places, -1)[..., 0]
    losses = np.log(np.exp(shifted).sum(axis=-1)) - right
    return Answers(logits.argmax(axis=-1).astype(np.uint8), losses)


def join(scores: Sequence[Answers]) -> Answers:
    """Answers to consecutive images, put together."""
    return Answers(
        np.concatenate([s.predictions for s in scores], axis=-1),
        np.concatenate([s.losses for s in scores], axis=-1),
    )


def paired_interval(
    only_first: np.ndarray, only_second: np.ndarray, num: np.ndarray, num_intervals: int
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a difference of paired proportions, (only_first - only_second) / num: float64 in [-1, 1].

    Tango's score interval (Statistics in Medicine 17, 1998, 891-908), which stays honest when few pairs
    differ; widened so that `num_intervals` such intervals hold together at 95 % (Bonferroni).

    Of `num` pairs only the first is right in so many, only the second in so many; the three broadcast
    together. Where there are none, the interval is (0, 0).
    """
    counts = np.broadcast_arrays(only_first, only_second, num)
    only_first, only_second, num = (count.astype(float) for count in counts)
    limit = _normal_limit(num_intervals)
    safe = np.maximum(num, 1)
    estimate = (only_first - only_second) / safe
    ends = []
    for outside in (-1.0, 1.0):
        inner, outer = estimate.copy(), np.full_like(estimate, outside)
        for _ in range(50):  # halving: to the last digit
            middle = (inner + outer) / 2
            accepted = np.abs(_tango(only_first, only_second, safe, middle)) <= limit
            inner, outer = np.where(accepted, middle, inner), np.where(accepted, outer, middle)
        ends.append(np.where(num > 0, inner, 0.0))
    return ends[0], ends[1]


def _tango(b: np.ndarray, c: np.ndarray, num: np.ndarray, difference: np.ndarray) -> np.ndarray:
    """The score statistic of a supposed difference: how many standard deviations away it is."""
    linear = -b - c + (2 * num - b + c) * difference
    constant = -c * difference * (1 - difference)
    rate = (np.sqrt(np.maximum(linear**2 - 8 * num * constant, 0)) - linear) / (4 * num)
    variance = np.maximum(num * (2 * rate + difference * (1 - difference)), 1e-300)
    return (b - c - num * difference) / np.sqrt(variance)


def _normal_limit(num_intervals: int) -> float:
    return NormalDist().inv_cdf(1 - (1 - CONFIDENCE) / 2 / num_intervals)


def increase_interval(increases: np.ndarray) -> np.ndarray:
    """Intervals of mean loss increases, paired image by image, which hold for all filters at once.

    Student's t, at 95 % for all filters together (Bonferroni). Without a filter most losses hardly change,
    and the few that do decide: where none of these was drawn, the others look sure. So each end is that of
    the images and three more, which are changed that way as far as any is without any of these filters: of
    one to four the fewest with which, in simulation, noise of any kind is ranked in no more than 1 of 20
    layers. This takes images for drawn independently, and what was not seen for no farther out than what was.

    Takes increases float (filters, n). Returns the ends, float64 (filters, 2).
    """
    num_filters, num_images = increases.shape
    limit = special.stdtrit(num_images + UNSEEN - 1, 1 - (1 - CONFIDENCE) / 2 / num_filters)
    ends = []
    for side, farthest in ((-1, min(increases.min(), 0)), (1, max(increases.max(), 0))):
        more = np.pad(increases, ((0, 0), (0, UNSEEN)), constant_values=farthest)
        error = more.std(axis=1, ddof=1, dtype=np.float64) / np.sqrt(num_images + UNSEEN)
        ends.append(more.mean(axis=1, dtype=np.float64) + side * limit * error)
    return np.stack(ends, axis=1)


def measure_worth(
    intact: Answers,
    without: Answers,
    labels: np.ndarray,
    num_classes: int,
    validation_increase: np.ndarray,
    validation_interval: np.ndarray,
) -> list[dict[str, Any]]:
    """What is lost without each filter, paired image by image: per filter the `ablation` of its passport.

    Answers are `intact` (n,), `without` each filter (filters, n); labels uint8 (n,), of the same images.
    `validation_increase` (filters,) is the mean loss increase on validation images, with its interval
    (filters, 2), as `increase_interval` gives it for each layer. The intervals of accuracy and of loss hold
    for all filters at once, those of the classes for all filters and classes.
    """
    right = intact.predictions == labels
    still = without.predictions == labels
    lost, gained = right & ~still, ~right & still
    members = np.eye(num_classes, dtype=np.float32)[labels]  # (n, classes)
    sizes = members.sum(axis=0)
    increases = without.losses - intact.losses
    num_filters = len(still)
    overall = paired_interval(lost.sum(axis=1), gained.sum(axis=1), np.array(len(labels)), num_filters)
    class_lost, class_gained = lost @ members, gained @ members
    per_class = paired_interval(class_lost, class_gained, sizes, num_filters * num_classes)
    class_increase = increases @ members / np.maximum(sizes, 1)
    changed = (without.predictions != intact.predictions).sum(axis=1)
    mean = increases.mean(axis=1, dtype=np.float64)
    margin = _normal_limit(num_filters) * increases.std(axis=1, dtype=np.float64) / np.sqrt(len(labels))
    return [
        {
            "accuracy_drop": float(lost[f].sum() - gained[f].sum()) / len(labels),
            "interval": [float(overall[0][f]), float(overall[1][f])],
            "loss_increase": float(mean[f]),
            "loss_interval": [float(mean[f] - margin[f]), float(mean[f] + margin[f])],
            "validation_loss_increase": float(validation_increase[f]),
            "validation_loss_interval": validation_interval[f].tolist(),
            "per_class": [
                {
                    "accuracy_drop": float(class_lost[f, k] - class_gained[f, k]) / max(float(sizes[k]), 1.0),
                    "interval": [float(per_class[0][f, k]), float(per_class[1][f, k])],
                    "loss_increase": float(class_increase[f, k]),
                }
                for k in range(num_classes)
            ],
            "answers": {
                "changed": int(changed[f]),
                "became_wrong": int(lost[f].sum()),
                "became_right": int(gained[f].sum()),
            },
        }
        for f in range(num_filters)
    ]


def ranks(increase: np.ndarray, interval: np.ndarray, silent: np.ndarray) -> list[int | None]:
    """Rank of each filter by its loss increase: 1 for the largest, of equal ones the first.

    None where that can't be told from 0: the lower end of its interval (filters, 2) is not above 0; and for
    `silent` filters, bool (filters,), which are above 0 at no place of any training image: rounding alone may
    tell answers with them from those without.
    """
    ranked = np.flatnonzero((interval[:, 0] > 0) & ~silent)
    order = ranked[np.argsort(-increase[ranked], kind="stable")].tolist()
    places = {index: rank for rank, index in enumerate(order, 1)}
    return [places.get(index) for index in range(len(increase))]
