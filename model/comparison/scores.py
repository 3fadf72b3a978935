"""Answers of one model -> how good it is, with which error."""

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from model.comparison.intervals import Estimate, mean_of_shares, mean_over
from model.comparison.records import Bin, ClassScore, Measured, Quality, Rate, Rejection
from model.networks.measures import SMALLEST_PROBABILITY

NUM_BINS = 15

M = TypeVar("M", bound=Measured)


class Answers:
    """What one model answered, per (seed, image).

    Args:
        answers: per seed, the classes (num_images,).
        labels: uint8 (num_images,).
        num_classes: how many there are.
    """

    def __init__(self, answers: Mapping[int, np.ndarray], labels: np.ndarray, num_classes: int) -> None:
        self.seeds = list(answers)
        self.labels = labels
        self.answers = np.stack(list(answers.values()))
        self.right = (self.answers == labels).astype(np.float64)
        cells = labels.astype(np.intp) * num_classes + self.answers  # row: the label; column: the answer
        counts = np.bincount(cells.ravel(), minlength=num_classes**2) / len(self.seeds)
        self.confusion = counts.reshape(num_classes, num_classes)


class Scores(Answers):
    """Values per (seed, image) of one model.

    `predictions` are per seed probabilities (num_images, num_classes), finite; `labels` uint8 (num_images,).
    """

    def __init__(self, predictions: Mapping[int, np.ndarray], labels: np.ndarray) -> None:
        self.probabilities = np.stack(list(predictions.values())).astype(np.float64)
        self.of_label = self.probabilities[:, np.arange(len(labels)), labels]
        ranking = np.argsort(-self.probabilities, axis=2, kind="stable")
        super().__init__(
            dict(zip(predictions, ranking[:, :, 0], strict=True)), labels, self.probabilities.shape[2]
        )
        self.top_2 = (ranking[:, :, :2] == labels[:, None]).any(axis=2).astype(np.float64)
        self.loss = -np.log(np.maximum(self.of_label, SMALLEST_PROBABILITY))
        # (p - 1)^2 of the right class and p^2 of every other
        self.brier = (self.probabilities**2).sum(axis=2) - 2 * self.of_label + 1


def describe(scores: Scores, class_names: Sequence[str], broken: str | None = None) -> Quality:
    """How good one model is, over all its seeds; `broken` says what is wrong with it where all of them guess.

    The calibration error and its diagram are of 15 bins of equally many images, each the mean of the seeds.
    """
    bins = _reliability(scores)
    classes = [_of_class(scores, label, name) for label, name in enumerate(class_names)]
    recalls = [one.accuracy for one in classes if one.accuracy is not None]
    return Quality(
        broken=broken,
        seeds=scores.seeds,
        confidence=float(scores.probabilities.max(axis=2).mean()),
        accuracy=over_seeds(scores.right, Rate),
        balanced_accuracy=sum(recalls) / len(recalls),
        top_2=over_seeds(scores.top_2, Rate),
        loss=over_seeds(scores.loss, Measured, most=-math.log(SMALLEST_PROBABILITY)),
        brier=over_seeds(scores.brier, Measured, most=2.0),
        calibration_error=sum(one.share * one.gap for one in bins),
        calibration=bins,
        rejection=_rejection(scores),
        per_class=classes,
        confusion=scores.confusion.tolist(),
    )


def over_seeds(values: np.ndarray, kind: type[M], most: float = 1.0) -> M:
    """A model's values (num_seeds, num_images) from 0 to `most`, over both; a `Rate` where each is 1 or 0."""
    return _measured(mean_over(values, (0.0, most)), values.mean(axis=1), kind)


def rate_of_shares(shares: Sequence[float], num_images: int) -> Rate:
    """The same of a model of which nothing but the share of every seed is known: see `mean_of_shares`."""
    return _measured(mean_of_shares(shares, num_images), np.array(shares), Rate)


def _measured(estimate: Estimate, per_seed: np.ndarray, kind: type[M]) -> M:
    return kind(
        mean=estimate.value,
        std=float(per_seed.std(ddof=1)) if len(per_seed) > 1 else None,
        interval=estimate.interval,
        over=estimate.over,
        values=per_seed.tolist(),
    )


def _of_class(scores: Scores, label: int, name: str) -> ClassScore:
    members = scores.labels == label
    estimate = mean_over(scores.right[:, members]) if members.any() else None
    hits, given = scores.confusion[label, label], scores.confusion[:, label].sum()
    both = given + members.sum()
    return ClassScore(
        name,
        images=int(members.sum()),
        accuracy=estimate.value if estimate else None,  # which is the recall
        interval=estimate.interval if estimate else None,
        precision=float(hits / given) if given else None,
        f1=float(2 * hits / both) if both else None,
    )


def _reliability(scores: Scores) -> list[Bin]:
    """Confidence and accuracy in bins of equally many images, of each seed's network, then averaged."""
    confidence = scores.probabilities.max(axis=2)
    order = np.argsort(confidence, axis=1, kind="stable")
    bins = []
    for members in np.array_split(order, min(NUM_BINS, order.shape[1]), axis=1):
        sure = np.take_along_axis(confidence, members, axis=1).mean(axis=1)
        right = np.take_along_axis(scores.right, members, axis=1).mean(axis=1)
        gap, share = np.abs(sure - right).mean(), members.shape[1] / order.shape[1]
        bins.append(Bin(float(sure.mean()), float(right.mean()), float(gap), share))
    return bins


def _rejection(scores: Scores) -> list[Rejection]:
    """Accuracy on what is left when the least confident answers are rejected, a twentieth more each time."""
    surest_first = np.argsort(-scores.probabilities.max(axis=2), axis=1, kind="stable")
    right = np.take_along_axis(scores.right, surest_first, axis=1).cumsum(axis=1)
    kept = [max(1, round(right.shape[1] * (20 - step) / 20)) for step in range(20)]
    return [Rejection(step / 20, float(right[:, kept[step] - 1].mean() / kept[step])) for step in range(20)]
