"""Answers of several models -> how good each is, with which error, and by how much one beats another."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from model.comparison.records import Bin, ClassScore, McNemar, Measured, Over, Quality, Rate, Rejection

# SciPy takes over all that NumPy has, for whose sake f2py is imported: a tenth of a second for nothing.
vars(np).setdefault("f2py", None)
from scipy import special  # scipy.stats has the same in nicer words, and takes a second to import

if np.f2py is None:
    del np.f2py

CONFIDENCE = 0.95
POWER = 0.8  # "to see" a difference means: to exclude 0 in four of five such experiments
MOST_SEEDS = 1000
NUM_BINS = 15
SMALLEST_PROBABILITY = 1e-12  # a sure mistake costs 27.6 nats, not infinity

Interval = tuple[float, float, float]  # a value, and the ends around it
M = TypeVar("M", bound=Measured)


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds and images, or the difference of two models' means, and what its error is made of.

    Every (seed, image) has a value: overall mean + image effect + seed effect + their interaction, seeds and
    images drawn at random. This is the model of multi-reader multi-case studies, a seed in the place of a
    reader and an image in the place of a case (Obuchowski & Rockette 1995). The seeds of two models have
    nothing in common but their number, so they are readers nested within tests (Hillis 2014):

        variance = sum over models of V_seeds / J  +  max(V_images - sum over models of E / (J I), 0)

    for J seeds and I images, with V_seeds the variance of the J seed means (it holds the interaction's
    share), V_images that of the I image means, or of their differences, over I (it holds that share once
    more, so it is taken off), and E the residual mean square of seeds x images. The degrees of freedom
    are Satterthwaite's, of the variance as it stands after the subtraction (Hillis 2007):

        variance^2 / (sum over models of (V_seeds / J)^2 / (J - 1)  +  image part^2 / (I - 1))

    Obuchowski & Rockette: Commun. Stat. Simul. 24:285. Hillis: Stat. Med. 26:596 (2007), 33:330 (2014).

    Attributes:
        value: the mean, or the difference.
        seed_variances: of the seed means, one per model; empty where a model has one seed only, and the error
            is then that over images.
        num_seeds: one per model.
        image_variance: the second part of the variance.
        num_images: how many.
    """

    value: float
    seed_variances: tuple[float, ...]
    num_seeds: tuple[int, ...]
    image_variance: float
    num_images: int

    @property
    def over(self) -> Over:
        """What the interval allows for: "seeds and images", or "images"."""
        return "seeds and images" if self.seed_variances else "images"

    def error(self, more_seeds: int = 0) -> tuple[float, float]:
        """Standard error and degrees of freedom, now or with so many more seeds of each model."""
        counts = [count + more_seeds for count in self.num_seeds]
        parts = [variance / count for variance, count in zip(self.seed_variances, counts, strict=False)]
        variance = sum(parts) + self.image_variance
        spread = self.image_variance**2 / max(self.num_images - 1, 1)
        spread += sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=False))
        return math.sqrt(variance), variance**2 / spread if spread > 0 else math.inf

    @property
    def interval(self) -> list[float]:
        """95 % interval, symmetric."""
        error, degrees = self.error()
        margin = error * _quantile(degrees)
        return [self.value - margin, self.value + margin]

    @property
    def share_interval(self) -> list[float]:
        """95 % interval of a share: Wilson's, for as many images as would have this error by themselves.

        It stays within 0 and 1, and 20 right of 20 do not look certain.
        """
        error, degrees = self.error()
        spread = self.value * (1 - self.value)
        images = spread / error**2 if spread > 0 and error > 0 else self.num_images
        squared = _quantile(degrees) ** 2 / images
        middle = (self.value + squared / 2) / (1 + squared)
        margin = math.sqrt(squared * spread + squared**2 / 4) / (1 + squared)
        return [max(middle - margin, 0.0), min(middle + margin, 1.0)]

    @property
    def p_value(self) -> float:
        """Of the hypothesis that the value is 0, two-sided."""
        error, degrees = self.error()
        return 2 * _t_below(-abs(self.value) / error, degrees)

    def seeds_needed(self, difference: float) -> int | None:
        """How many more seeds of each model it takes to see a difference; None if no number would do."""
        if math.sqrt(self.image_variance) * (_quantile(math.inf) + special.ndtri(POWER)) > difference:
            return None  # not even with all the seeds there are
        for more in range(MOST_SEEDS):
            error, degrees = self.error(more)
            if error * (_quantile(degrees) + _quantile(degrees, POWER)) <= difference:
                return more
        return None


def _quantile(degrees: float, share: float = (1 + CONFIDENCE) / 2) -> float:
    """Below which so large a share of Student's t lies."""
    return float(special.ndtri(share) if math.isinf(degrees) else special.stdtrit(degrees, share))


def _t_below(value: float, degrees: float) -> float:
    """The share of Student's t that lies below a value."""
    return float(special.ndtr(value) if math.isinf(degrees) else special.stdtr(degrees, value))


def mean_over(values: np.ndarray) -> Estimate:
    """Mean of (num_seeds, num_images) values of one model, with its error over both."""
    return _estimate([values], values.mean(axis=0), 0.0)


def difference_over(candidate: np.ndarray, baseline: np.ndarray) -> Estimate:
    """Difference of two models' shares, candidate minus baseline, on the same images.

    Args:
        candidate: (num_seeds, num_images), 1 where that seed's network is right, else 0.
        baseline: likewise; the number of its seeds may differ.

    Returns:
        The estimate. Half an image more for each side is added to the variance (Agresti & Min 2005: Stat.
        Med. 24:729), which 10,000 images do not notice, but without which two images look certain.
    """
    return _estimate([candidate, baseline], candidate.mean(axis=0) - baseline.mean(axis=0), 1.0)


def unpaired_interval(candidate: Interval, baseline: Interval) -> list[float]:
    """95 % interval of a difference of two shares of which only the means and their intervals are known.

    The distances from the means to the ends are added as squares, which needs no symmetry (Newcombe 1998:
    Stat. Med. 17:873, method 10; Zou & Donner 2008: Stat. Med. 27:1693). It takes the two for independent.
    On the same images they are not: what is hard for one is hard for the other, so it is too wide there.
    """
    (value, low, high), (other, other_low, other_high) = candidate, baseline
    below, above = math.hypot(value - low, other_high - other), math.hypot(high - value, other - other_low)
    return [value - other - below, value - other + above]


def _estimate(models: list[np.ndarray], per_image: np.ndarray, extra_squares: float) -> Estimate:
    num_images = len(per_image)
    per_square = 1 / max(num_images - 1, 1) / num_images
    image_variance = float(((per_image - per_image.mean()) ** 2).sum()) * per_square
    seed_variances: tuple[float, ...] = ()
    if num_images > 1 and all(len(values) > 1 for values in models):
        seed_variances = tuple(float(values.mean(axis=1).var(ddof=1)) for values in models)
        counted_twice = sum(_interaction(values) / values.size for values in models)
        image_variance = max(image_variance - counted_twice, 0.0)
    image_variance += extra_squares * per_square
    num_seeds = tuple(len(values) for values in models)
    return Estimate(float(per_image.mean()), seed_variances, num_seeds, image_variance, num_images)


def _interaction(values: np.ndarray) -> float:
    """Residual mean square of seeds x images."""
    residuals = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return float((residuals**2).sum()) / ((values.shape[0] - 1) * (values.shape[1] - 1))


def mcnemar(seed: int, baseline: np.ndarray, candidate: np.ndarray) -> McNemar:
    """Exact McNemar test, two-sided, of two networks on the same images.

    Both are (num_images,), 1 where right, else 0; `only_..._correct` are numbers of images.
    """
    only_baseline = int(np.sum(baseline > candidate))
    only_candidate = int(np.sum(candidate > baseline))
    discordant = only_baseline + only_candidate
    p_value = min(1.0, 2 * float(special.bdtr(min(only_baseline, only_candidate), discordant, 0.5)))
    return McNemar(seed, only_baseline, only_candidate, p_value)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P-values adjusted for their number (Holm 1979); where there is none, there stays none."""
    adjusted: list[float | None] = [None] * len(p_values)
    known = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    largest = 0.0
    for rank, (p, index) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[index] = largest
    return adjusted


def luck_of_the_best(num_settings: int, difference_errors: Sequence[float]) -> float | None:
    """How much the best of several settings that are equally good looks better than it is.

    Args:
        num_settings: how many were scored on the same images.
        difference_errors: standard errors of differences of accuracy between two settings, from stored
            predictions: `standard_error` of the comparisons at hand.

    Returns:
        A fraction: the expected maximum of so many normal deviates, times the deviation of one setting, which
        is that of a difference over the root of two. None where there is no difference to take it from.
    """
    if num_settings < 2:
        return 0.0
    if not difference_errors:
        return None
    deviate = np.linspace(-9, 9, 3601)
    density = num_settings * np.exp(-(deviate**2) / 2) * special.ndtr(deviate) ** (num_settings - 1)
    expected_maximum = float(np.sum(deviate * density) * (deviate[1] - deviate[0])) / math.sqrt(2 * math.pi)
    mean_square = sum(error**2 for error in difference_errors) / len(difference_errors)
    return expected_maximum * math.sqrt(mean_square / 2)


class Scores:
    """Values per (seed, image) of one model.

    Args:
        predictions: per seed, probabilities (num_images, num_classes), finite.
        labels: uint8 (num_images,).
    """

    def __init__(self, predictions: Mapping[int, np.ndarray], labels: np.ndarray) -> None:
        self.seeds = list(predictions)
        self.labels = labels
        self.probabilities = np.stack(list(predictions.values())).astype(np.float64)
        self.of_label = self.probabilities[:, np.arange(len(labels)), labels]
        ranking = np.argsort(-self.probabilities, axis=2, kind="stable")
        self.answers = ranking[:, :, 0]
        self.right = (self.answers == labels).astype(np.float64)
        self.top_2 = (ranking[:, :, :2] == labels[:, None]).any(axis=2).astype(np.float64)
        self.loss = -np.log(np.maximum(self.of_label, SMALLEST_PROBABILITY))
        # (p - 1)^2 of the right class and p^2 of every other
        self.brier = (self.probabilities**2).sum(axis=2) - 2 * self.of_label + 1
        num_classes = self.probabilities.shape[2]
        cells = labels.astype(np.intp) * num_classes + self.answers  # row: the label; column: the answer
        counts = np.bincount(cells.ravel(), minlength=num_classes**2) / len(self.seeds)
        self.confusion = counts.reshape(num_classes, num_classes)


def describe(scores: Scores, class_names: Sequence[str], broken: str | None = None) -> Quality:
    """How good one model is, over all its seeds; `broken` says what is wrong with it where all of them guess.

    The calibration error and its diagram are of 15 bins of equally many images, each the mean of the seeds.
    """
    bins = _reliability(scores)
    return Quality(
        broken=broken,
        seeds=scores.seeds,
        confidence=float(scores.probabilities.max(axis=2).mean()),
        accuracy=over_seeds(scores.right, Rate),
        top_2=over_seeds(scores.top_2, Rate),
        loss=over_seeds(scores.loss, Measured),
        brier=over_seeds(scores.brier, Measured),
        calibration_error=sum(one.share * one.gap for one in bins),
        calibration=bins,
        rejection=_rejection(scores),
        per_class=[_of_class(scores, label, name) for label, name in enumerate(class_names)],
        confusion=scores.confusion.tolist(),
    )


def over_seeds(values: np.ndarray, kind: type[M]) -> M:
    """A model's values (num_seeds, num_images), over both; a `Rate` where each is 1 or 0."""
    estimate = mean_over(values)
    per_seed = values.mean(axis=1)
    return kind(
        mean=estimate.value,
        std=float(per_seed.std(ddof=1)) if len(per_seed) > 1 else None,
        interval=estimate.share_interval if kind is Rate else estimate.interval,
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
        interval=estimate.share_interval if estimate else None,
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
