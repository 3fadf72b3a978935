"""What report.json holds of two models beside each other, part by part: a `Comparison` has all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from configs.values import Count
from model.comparison.values import ClassName, Flag, Interval, Number, SeedNumber


@dataclass(frozen=True)
class ToSee:
    """How many more seeds of each model would show such a difference; None: no number would."""

    difference: Number
    more_seeds: int | None


@dataclass(frozen=True)
class McNemar:
    """Two trainings of one seed, picture by picture: on how many only one is right; exact, two-sided."""

    seed: SeedNumber
    only_baseline_correct: Count
    only_candidate_correct: Count
    p_value: Number


@dataclass(frozen=True)
class ClassDifference:
    """Candidate minus baseline on one class; None without pictures. `clear`: with all classes allowed for."""

    class_: ClassName
    difference: Number | None
    interval: Interval | None
    p_value: Number | None
    p_adjusted: Number | None
    clear: Flag

    @property
    def value(self) -> float | None:
        """What is drawn of the class."""
        return self.difference


@dataclass(frozen=True)
class Answer:
    """The commonest answer of a model's seeds to a picture, a label, and its mean probability."""

    predicted: Count
    probability: Number


@dataclass(frozen=True)
class OneRight:
    """A test picture that all seeds of one model get right and none of the other."""

    index: Count
    label: Count
    baseline: Answer
    candidate: Answer


@dataclass(frozen=True)
class Disagreement:
    """The share of pictures on which answers differ; how many only one model gets right, and examples."""

    share: Number
    num_only_baseline_right: Count
    only_baseline_right: list[OneRight]
    num_only_candidate_right: Count
    only_candidate_right: list[OneRight]


def leaves_out_0(interval: Sequence[float]) -> bool:
    """Whether the interval of a difference does."""
    low, high = interval
    return low > 0 or high < 0


@dataclass(frozen=True)
class AmongAll:
    """A pair among those that were looked at: `p_value` of it alone, `p_adjusted` for their number, by Holm.

    `clear` says by the latter whether the two differ; of a single pair, by its interval.
    """

    pairs: Count
    p_value: Number
    p_adjusted: Number
    clear: Flag
