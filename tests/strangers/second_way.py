"""The statistics of a run once more, from SciPy, statsmodels and loops: nothing is taken from the program."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from scipy import stats
from scipy.integrate import quad
from scipy.optimize import brentq
from statsmodels.stats.multitest import multipletests

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A mean or difference with its interval, and what that allows for; `p_value` of a difference of 0."""

    value: float
    low: float
    high: float
    over: str  # "seeds and images" or "images"
    error: float
    p_value: float
    parts: tuple[tuple[float, float], ...] = ()  # squared errors with their degrees of freedom

    @property
    def clear(self) -> bool:
        return self.low > 0 or self.high < 0

    def turned(self) -> "Estimate":
        """The same seen from the other model."""
        return Estimate(-self.value, -self.high, -self.low, self.over, self.error, self.p_value, self.parts)


Parts = list[tuple[float, float]]  # squared errors with their degrees of freedom


def _parts(groups: list[np.ndarray], per_picture: np.ndarray, extra: float) -> Parts:
    """Of a mean over readers (seeds) and cases (pictures): the cases' part first, then the readers' parts."""
    count = len(per_picture)
    of_pictures = float(np.var(per_picture, ddof=1)) / count if count > 1 else 0.0
    seeds = []
    if count > 1 and all(len(group) > 1 for group in groups):
        seeds = [(float(stats.sem(group.mean(axis=1)) ** 2), len(group) - 1.0) for group in groups]
        of_pictures -= sum(_two_way_residual(group) / group.size for group in groups)
    of_pictures = max(of_pictures, 0.0) + extra / max(count - 1, 1) / count
    return [(of_pictures, max(count - 1.0, 1.0)), *seeds]


def _freedom(parts: Parts, power: float = 1.7) -> float:
    """Degrees of freedom of a sum, with a smaller power in the place of Satterthwaite's 2."""
    total = sum(part for part, _ in parts)
    below = sum((part / total) ** power / free for part, free in parts) if total else 0.0
    return 1 / below if below else np.inf


def _reaches(parts: Parts) -> list[tuple[float, float]]:
    """Factors of an error, each with the degrees of a t: of all parts, and of seeds as far as they count."""
    reaches, seeds = [(1.0, _freedom(parts))], sum(part for part, _ in parts[1:])
    if seeds:
        share, free = seeds / sum(part for part, _ in parts), _freedom(parts[1:], 1.5)
        factor = share**0.5 * min(share / 0.65, 1.0) ** (free**3 / 4)
        reaches += [(factor, free)] if factor > 0 else []
    return reaches


def _between(value: float, least: float, parts: Parts, count: int, over: str) -> Estimate:
    """An estimate that lies between `least` and 1: its ends solve the equation of the score test.

    It is taken for a share of as many pictures as would have this error, and moved by half a picture.
    """
    error = float(np.sqrt(sum(part for part, _ in parts)))
    share, spread = (value - least) / (1 - least), error / (1 - least)
    worth = share * (1 - share) / spread**2 if 0 < share < 1 and spread > 0 else float(count)
    moved = 0.5 / max(worth, count)
    reach = max(factor * float(stats.t.ppf((1 + LEVEL) / 2, free)) for factor, free in _reaches(parts))

    def upper(start: float) -> float:
        if start >= 1:
            return 1.0
        return float(
            brentq(lambda p: p - start - reach * np.sqrt(p * (1 - p) / worth), start + 1e-15, 1, xtol=1e-14)
        )

    low, high = 1 - upper(1 - share + moved), upper(share + moved)
    away = 2 * max(abs(share - 0.5) - moved, 0.0) * np.sqrt(worth)
    p_value = max(2 * float(stats.t.sf(away / factor, free)) for factor, free in _reaches(parts))
    return Estimate(
        value, least + (1 - least) * low, least + (1 - least) * high, over, error, p_value, tuple(parts)
    )


def _two_way_residual(group: np.ndarray) -> float:
    """The mean square of what row and column effects leave over, by the identity of sums of squares."""
    rows, columns = group.shape
    total = np.sum((group - group.mean()) ** 2)
    of_rows = columns * np.sum((group.mean(axis=1) - group.mean()) ** 2)
    of_columns = rows * np.sum((group.mean(axis=0) - group.mean()) ** 2)
    return float(total - of_rows - of_columns) / ((rows - 1) * (columns - 1))


def mean(right: np.ndarray) -> Estimate:
    """Of (seeds, pictures) of 0 and 1: the share.

    With several seeds its variance is drawn towards that of one seed, by the weight of one wrong picture.
    """
    value, count = float(right.mean()), right.shape[1]
    (first, free), *seeds = _parts([right], right.mean(axis=0), 0.0)
    if seeds:
        alone = value * (1 - value) / count
        missing = max(alone - first - sum(part for part, _ in seeds), 0.0)
        first += missing / (count * value * (1 - value) + 1)
    return _between(value, 0.0, [(first, free), *seeds], count, "seeds and images" if seeds else "images")


def mean_of_shares(shares: Sequence[float], count: int) -> Estimate:
    """Of a model of which the share of every seed is known alone: as if all erred on the same pictures."""
    value = float(np.mean(shares))
    over = "images" if len(shares) == 1 else "seeds and images"
    return _between(value, 0.0, [_alone(value, count, 0.0), *_of_seeds(shares)], count, over)


def difference_of_shares(candidate: Sequence[float], baseline: Sequence[float], count: int) -> Estimate:
    """Of two such models, as if their pictures were others; a picture more for each side."""
    means = [float(np.mean(shares)) for shares in (candidate, baseline)]
    first = sum(_alone(mean, count, 1.0)[0] for mean in means), count - 1.0
    seeds = [*_of_seeds(candidate), *_of_seeds(baseline)] if min(len(candidate), len(baseline)) > 1 else []
    over = "seeds and images" if seeds else "images"
    return _between(means[0] - means[1], -1.0, [first, *seeds], count, over)


def _alone(share: float, count: int, extra: float) -> tuple[float, float]:
    """The squared error of a share of one network, with its degrees of freedom."""
    return (count * share * (1 - share) + extra) / (count - 1) / count, count - 1.0


def _of_seeds(shares: Sequence[float]) -> Parts:
    return [(float(stats.sem(shares) ** 2), len(shares) - 1.0)] if len(shares) > 1 else []


def difference(candidate: np.ndarray, baseline: np.ndarray) -> Estimate:
    """Of two models' shares on the same pictures; a picture more for each side."""
    per_picture = candidate.mean(axis=0) - baseline.mean(axis=0)
    parts = _parts([candidate, baseline], per_picture, 2.0)
    over = "seeds and images" if len(parts) > 1 else "images"
    return _between(float(per_picture.mean()), -1.0, parts, len(per_picture), over)


def seeds_needed(found: Estimate, wanted: float) -> int | None:
    """How many more seeds leave 0 out in four of five such experiments; None: no number does."""
    pictures, *seeds = found.parts
    if pictures[0] ** 0.5 * (stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) > wanted:
        return None
    for more in range(1000):
        parts = [pictures, *((part * (free + 1) / (free + 1 + more), free + more) for part, free in seeds)]
        error, free = sum(part for part, _ in parts) ** 0.5, _freedom(parts)
        if error * (stats.t.ppf(0.975, free) + stats.t.ppf(0.8, free)) <= wanted:
            return more
    return None


def clear_after_all(p_values: list[float | None]) -> list[bool]:
    """Which stay under 5 % when all are allowed for (Holm)."""
    known = [p for p in p_values if p is not None]
    if not known:
        return [False] * len(p_values)
    adjusted = iter(multipletests(known, method="holm")[1])
    return [p is not None and bool(next(adjusted) < 1 - LEVEL) for p in p_values]


def fault(probabilities: np.ndarray, labels: np.ndarray) -> str:
    """Why these are no answers of a trained network; nothing if they are."""
    answers = probabilities.argmax(axis=1)
    if len(np.unique(answers)) == 1:
        return "the same answer to every picture"
    chance = max(np.mean(labels == label) for label in np.unique(labels))
    luck = 3 * np.sqrt(chance * (1 - chance) / len(labels))
    return "no better than guessing" if luck <= 0.05 and np.mean(answers == labels) <= chance + luck else ""


def held_out(labels: np.ndarray, number: int, seed: int, in_proportion: bool) -> np.ndarray:
    """Indices of the validation pictures: of each class its share, or of all classes as many.

    Whole numbers first; what they leave goes, one by one, to the classes with the largest fraction left, of
    equal ones to the first, but never a class's last picture.
    """
    draw = np.random.default_rng([seed, 0x5B11])
    sizes = Counter(labels.tolist())
    classes = sorted(sizes)
    wanted = {k: Fraction(number * sizes[k], len(labels)) if in_proportion else Fraction(number, len(classes))
              for k in classes}  # fmt: skip
    taken = {k: min(int(wanted[k]), sizes[k] - 1) for k in classes}
    turns = sorted(classes, key=lambda k: -(wanted[k] - taken[k]) if in_proportion else k)
    while sum(taken.values()) < number:
        for k in turns:
            if sum(taken.values()) < number and taken[k] < sizes[k] - 1:
                taken[k] += 1
    held = [draw.permutation(np.flatnonzero(labels == k))[: taken[k]] for k in classes]
    return np.sort(np.concatenate(held))


def luck_of_the_best(looks: int, errors: list[float]) -> float:
    """By how much the best of so many equal ones looks better: the expected maximum of normal deviates."""
    expected = quad(lambda x: x * looks * stats.norm.pdf(x) * stats.norm.cdf(x) ** (looks - 1), -9, 9)[0]
    return float(expected * np.sqrt(np.mean(np.square(errors)) / 2))


def calibration_error(sure: np.ndarray, right: np.ndarray, bins: int = 15) -> float:
    """How far confidence is from accuracy in equally full bins of each seed, on the mean."""
    errors = []
    for confident, correct in zip(sure, right, strict=True):
        order = sorted(range(len(confident)), key=lambda place: (confident[place], place))
        parts = np.array_split(np.array(order), min(bins, len(order)))
        errors.append(sum(len(p) * abs(confident[p].mean() - correct[p].mean()) for p in parts) / len(order))
    return float(np.mean(errors))


def left_out(sure: np.ndarray, right: np.ndarray, share: float) -> float:
    """How often right with this share of the least sure left out, mean of the seeds."""
    keep = max(1, round(right.shape[1] * (1 - share)))
    best = [np.argsort(-confident, kind="stable")[:keep] for confident in sure]
    return float(np.mean([correct[chosen].mean() for correct, chosen in zip(right, best, strict=True)]))
