"""Means and differences of answers, with their errors: intervals and tests."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from model.comparison.pairs import McNemar
from model.comparison.values import Over
from model.networks.measures import CONFIDENCE

# SciPy takes over all that NumPy has, for whose sake f2py is imported: a tenth of a second for nothing.
vars(np).setdefault("f2py", None)
from scipy import special  # scipy.stats has the same in nicer words, and takes a second to import

if np.f2py is None:
    del np.f2py

POWER = 0.8  # "to see" a difference means: to exclude 0 in four of five such experiments
MOST_SEEDS = 1000
POWER_OF_PARTS = 1.7  # Satterthwaite has 2
POWER_OF_SEEDS = 1.5  # of two models' seeds alone
SEEDS_RULE = 0.65  # of the variance: from here on the seeds' own t counts in full
EXTRA_SQUARES = 2.0  # of differences of 1, one for each side

Interval = tuple[float, float, float]  # a value, and the ends around it


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
    follow Satterthwaite's, of the parts of the variance as they stand after the subtraction (Hillis 2007):

        1 / sum over parts of (part / variance)^1.7 / degrees of the part

    with 1.7 in the place of his 2 (1.5 among the seeds), and t is no smaller than the seeds alone would make
    it where they make most of the variance, with few seeds: where less, this fades out (`_reaches`). For a
    part that comes out too small by chance takes him to more degrees just where it should be fewer: of two
    seeds that make nine tenths of the variance, his 95 % are 88 %.

    What lies between two ends, as a share does, gets an interval that stays between them: Wilson's with the
    correction for continuity (Newcombe 1998: Stat. Med. 17:857, method 4), for as many images as would have
    this error by themselves (as Korn & Graubard 1998: Surv. Methodol. 24:193, do with Clopper and Pearson's).
    A difference d counts as the share (1 + d) / 2. How often all this covers the truth, and what other ways
    gave, is in tests/comparison/coverage.json.

    Obuchowski & Rockette: Commun. Stat. Simul. 24:285. Hillis: Stat. Med. 26:596 (2007), 33:330 (2014).

    Attributes:
        value: the mean, or the difference.
        seed_variances: of the seed means, one per model; empty where a model has one seed only, and the error
            is then that over images.
        num_seeds: one per model.
        image_variance: the second part of the variance.
        num_images: how many.
        possible: the ends between which it lies; infinite where there are none.
    """

    value: float
    seed_variances: tuple[float, ...]
    num_seeds: tuple[int, ...]
    image_variance: float
    num_images: int
    possible: tuple[float, float] = (-math.inf, math.inf)

    @property
    def over(self) -> Over:
        """What the interval allows for: "seeds and images", or "images"."""
        return "seeds and images" if self.seed_variances else "images"

    def error(self, more_seeds: int = 0) -> tuple[float, float]:
        """Standard error and degrees of freedom, now or with so many more seeds of each model."""
        parts = self._parts(more_seeds)
        return math.sqrt(sum(part for part, _ in parts)), _degrees(parts)

    def _parts(self, more_seeds: int = 0) -> list[tuple[float, float]]:
        """What the variance is made of, with degrees of freedom: the images, then each model's seeds."""
        counts = [count + more_seeds for count in self.num_seeds]
        seeds = zip(self.seed_variances, counts, strict=False)
        images = (self.image_variance, max(self.num_images - 1.0, 1.0))
        return [images, *((variance / count, count - 1.0) for variance, count in seeds)]

    def _reaches(self) -> list[tuple[float, float]]:
        """Factors and degrees of freedom: a margin is the largest factor times t, in standard errors.

        The first is of all parts of the variance, the second of the seeds alone, as far as it counts.
        """
        parts = self._parts()
        reaches = [(1.0, _degrees(parts))]
        if seeds := sum(part for part, _ in parts[1:]):
            share, degrees = seeds / (seeds + parts[0][0]), _degrees(parts[1:], POWER_OF_SEEDS)
            fading = min(share / SEEDS_RULE, 1.0) ** (degrees**3 / 4)
            reaches.append((math.sqrt(share) * fading, degrees))
        return [reach for reach in reaches if reach[0] > 0]  # of a hundred seeds it fades to nothing

    def steadied(self) -> "Estimate":
        """The mean of shares with a variance that few wrong images can't make too small.

        These tell little of how often the seeds err on the same ones. So the variance is drawn towards that
        of seeds that always do, by the weight of one wrong image.
        """
        if not self.seed_variances:
            return self
        spread = self.value * (1 - self.value)
        missing = max(spread / self.num_images - self.error()[0] ** 2, 0.0)
        return replace(self, image_variance=self.image_variance + missing / (self.num_images * spread + 1))

    @property
    def interval(self) -> list[float]:
        """95 % interval; never beyond what is possible."""
        error, _ = self.error()
        reach = max(factor * _quantile(degrees) for factor, degrees in self._reaches())
        low, high = self.possible
        if math.isinf(high - low):
            return [max(self.value - reach * error, low), min(self.value + reach * error, high)]
        share, images = self._as_share()
        squared, moved = reach**2 / images, self._continuity(images)
        ends = 1 - _highest_share(1 - share + moved, squared), _highest_share(share + moved, squared)
        return [low + (high - low) * end for end in ends]

    def _continuity(self, images: float) -> float:
        """The correction for it: half a picture, in shares."""
        return 0.5 / max(images, self.num_images)

    def _as_share(self) -> tuple[float, float]:
        """Where the value lies between what is possible, and how many images would have its error."""
        low, high = self.possible
        share, error = (self.value - low) / (high - low), self.error()[0] / (high - low)
        spread = share * (1 - share)
        return share, spread / error**2 if spread > 0 and error > 0 else self.num_images

    @property
    def p_value(self) -> float:
        """Of the hypothesis that a difference is 0, two-sided: below 0.05 where the interval leaves 0 out."""
        share, images = self._as_share()
        distance = 2 * max(abs(share - 0.5) - self._continuity(images), 0.0) * math.sqrt(images)
        return max(2 * _t_below(-distance / factor, degrees) for factor, degrees in self._reaches())

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


def _degrees(parts: Sequence[tuple[float, float]], power: float = POWER_OF_PARTS) -> float:
    """Degrees of freedom of a sum of estimated variances, from those of each."""
    total = sum(part for part, _ in parts)
    below = sum((part / total) ** power / degrees for part, degrees in parts) if total > 0 else 0.0
    return 1 / below if below > 0 else math.inf


def _highest_share(share: float, squared: float) -> float:
    """The upper end of Wilson's interval of a share; `squared` is t squared over the number of images."""
    if share >= 1:
        return 1.0
    margin = math.sqrt(squared * share * (1 - share) + squared**2 / 4)
    return min((share + squared / 2 + margin) / (1 + squared), 1.0)


def _t_below(value: float, degrees: float) -> float:
    """The share of Student's t that lies below a value."""
    return float(special.ndtr(value) if math.isinf(degrees) else special.stdtr(degrees, value))


def mean_over(values: np.ndarray, possible: tuple[float, float] = (0.0, 1.0)) -> Estimate:
    """Mean of (num_seeds, num_images) values of one model, with its error over both."""
    found = _estimate([values], values.mean(axis=0), 0.0, possible)
    return found.steadied() if np.isin(values, (0, 1)).all() else found


def difference_over(candidate: np.ndarray, baseline: np.ndarray) -> Estimate:
    """Difference of two models' shares, candidate minus baseline, on the same images.

    Both are (num_seeds, num_images), 1 where that seed's network is right, else 0; the number of seeds may
    differ. An image more for each side is added to the variance (Bonett & Price 2012: J. Educ. Behav. Stat.
    37:479), which 10,000 images do not notice, but without which two images look certain.
    """
    per_image = candidate.mean(axis=0) - baseline.mean(axis=0)
    return _estimate([candidate, baseline], per_image, EXTRA_SQUARES, (-1.0, 1.0))


def mean_of_shares(shares: Sequence[float], num_images: int) -> Estimate:
    """Mean of one model's shares, one for each seed, where nobody knows any more which images were right.

    The variance over images is then the largest that it can be, that of seeds which all err on the same ones:
    the interval is as wide as it has to be, or wider. Of one seed it is the same as by `mean_over`.
    """
    value = math.fsum(shares) / len(shares)
    image_variance = value * (1 - value) / max(num_images - 1, 1)
    return Estimate(value, _of_seeds(shares), (len(shares),), image_variance, num_images, (0.0, 1.0))


def difference_of_shares(candidate: Sequence[float], baseline: Sequence[float], num_images: int) -> Estimate:
    """Difference of two models' means, candidate minus baseline, of which no more is known than by seed.

    The images count as two sets that have nothing in common. On the same ones, where what is hard for one
    model is hard for the other, the interval is wider than it would be by every answer (`difference_over`).
    """
    models = [mean_of_shares(shares, num_images) for shares in (candidate, baseline)]
    known = [one.seed_variances for one in models]
    return Estimate(
        value=models[0].value - models[1].value,
        seed_variances=(*known[0], *known[1]) if all(known) else (),
        num_seeds=(len(candidate), len(baseline)),
        image_variance=sum(one.image_variance for one in models)
        + EXTRA_SQUARES / max(num_images - 1, 1) / num_images,
        num_images=num_images,
        possible=(-1.0, 1.0),
    )


def _of_seeds(shares: Sequence[float]) -> tuple[float, ...]:
    """The variance of the shares, if there are several."""
    return (float(np.var(shares, ddof=1)),) if len(shares) > 1 else ()


def unpaired_interval(candidate: Interval, baseline: Interval) -> list[float]:
    """95 % interval of a difference of two shares of which only the means and their intervals are known.

    The distances from the means to the ends are added as squares, which needs no symmetry (Newcombe 1998:
    Stat. Med. 17:873, method 10; Zou & Donner 2008: Stat. Med. 27:1693). It takes the two for independent.
    On the same images they are not: what is hard for one is hard for the other, so it is too wide there.
    """
    (value, low, high), (other, other_low, other_high) = candidate, baseline
    below, above = math.hypot(value - low, other_high - other), math.hypot(high - value, other - other_low)
    return [value - other - below, value - other + above]


def p_value_of(difference: float, interval: Sequence[float]) -> float:
    """Of the hypothesis that a difference is 0, two-sided, where only its 95 % interval is known.

    The half of the interval that looks at 0 is taken for that of a normal distribution: below 0.05 where the
    interval leaves 0 out.
    """
    low, high = interval
    margin = difference - low if difference > 0 else high - difference
    return float(2 * special.ndtr(-abs(difference) / margin * _quantile(math.inf))) if margin > 0 else 1.0


def _estimate(
    models: list[np.ndarray], per_image: np.ndarray, extra_squares: float, possible: tuple[float, float]
) -> Estimate:
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
    value = float(per_image.mean())
    return Estimate(value, seed_variances, num_seeds, image_variance, num_images, possible)


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
    fewer, together = min(only_baseline, only_candidate), only_baseline + only_candidate
    p_value = min(1.0, 2 * float(special.bdtr(fewer, together, 0.5)))
    return McNemar(seed, only_baseline, only_candidate, p_value)


def luck_of_the_best(num_settings: int, difference_errors: Sequence[float]) -> float | None:
    """How much the best of several settings that are equally good looks better than it is, as a fraction.

    They were scored on the same images. `difference_errors` are standard errors of differences of accuracy
    between two settings, from stored predictions: `standard_error` of the comparisons at hand.

    It is the expected maximum of so many normal deviates, times the deviation of one setting, which is that
    of a difference over the root of two. None where there is no difference to take it from.
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
