"""What report.json holds of models and how they compare, as records.

They are plain dataclasses: what a run makes of its own numbers is not checked. What is read may be anybody's
and is checked key by key, by the types in `values.py`. A key with a default is one that reports of earlier
versions may lack.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any, Self

from pydantic import Field

from configs.values import Count, ModelName, Words
from model.comparison.origins import Elsewhere
from model.comparison.pairs import AmongAll, ClassDifference, Disagreement, McNemar, ToSee, leaves_out_0
from model.comparison.values import ClassName, Interval, Number, Over, SeedNumber, Share, Size
from model.networks.facts import LayerRow


@dataclass(frozen=True)
class Measured:
    """A mean over seeds, their standard deviation (None for one), the 95 % interval, the value of each."""

    mean: Number
    std: Number | None
    interval: Interval
    over: Over
    values: Annotated[list[Number], Field(min_length=1)]


@dataclass(frozen=True)
class Rate(Measured):
    """The same of a share of the test pictures, a fraction."""

    mean: Share
    interval: Annotated[list[Share], Field(min_length=2, max_length=2)]
    values: Annotated[list[Share], Field(min_length=1)]


@dataclass(frozen=True)
class Bin:
    """Of equally many pictures, about as sure: mean probability of the answer, share right, how far apart."""

    confidence: Number
    accuracy: Number
    gap: Number
    share: Number


@dataclass(frozen=True)
class Rejection:
    """How often a model is right where a share of the pictures, the least sure, is left out."""

    rejected: Number
    accuracy: Number


@dataclass(frozen=True)
class ClassScore:
    """How a model does on one class; None for what cannot be had, as of a class without pictures."""

    class_: ClassName
    images: Count
    accuracy: Number | None
    interval: Interval | None
    precision: Number | None
    f1: Number | None

    @property
    def value(self) -> float | None:
        """What is drawn of the class."""
        return self.accuracy


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a model without its answers; seconds are means over its seeds.

    `epochs` is the most of any seed; `precision` None where no training tells it. `disturbed_by`: what makes
    training pictures harder than others, as dropout. `training_accuracy`: of the last epoch. `elsewhere`:
    of a network that was not trained here; `epochs` is 0 then, and `train_seconds` None.
    """

    architecture: Words
    parameters: Size
    convolution_parameters: Count
    flops_per_image: Size
    epochs: Count
    epochs_per_seed: dict[Words, Count] = field(default_factory=dict)
    precision: Words | None
    train_seconds: Annotated[float, Field(strict=True, ge=0)] | None
    predict_seconds: Number
    predict_one_seconds: Number | None = None
    patterns: dict[str, Any] = field(default_factory=dict)
    validation_accuracy: dict[str, Number] = field(default_factory=dict)
    layers: list[LayerRow] = field(default_factory=list)
    elsewhere: Elsewhere | None = None
    training_accuracy: dict[str, Number] = field(default_factory=dict)
    disturbed_by: list[Words] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Quality:
    """How good a model is, over all its seeds.

    `balanced_accuracy`: the mean of the shares that are right of each class, of those with test pictures.
    `broken` says what is wrong with a model of which all seeds guess. `confidence` is the mean probability of
    its answers, `top_2` how often its two first have the right one; `loss` in nats. `confusion`: rows are
    labels, columns answers, mean number of pictures.
    """

    broken: Words | None
    seeds: Annotated[list[SeedNumber], Field(min_length=1)]
    confidence: Number
    accuracy: Rate
    balanced_accuracy: Share | None = None
    top_2: Rate
    loss: Measured
    brier: Measured
    calibration_error: Number
    calibration: list[Bin]
    rejection: list[Rejection]
    per_class: list[ClassScore]
    confusion: list[list[Number]]


@dataclass(frozen=True, kw_only=True)
class Model(Quality, Facts):
    """One of `models`."""


Models = Mapping[str, Model]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Candidate minus baseline, on the same test pictures.

    None, or empty, is what only answers can tell and the runs that are compared have not kept. `to_see` is
    None where a difference was seen, `among_all` where it is the only pair. `words`: parts of the verdict.
    """

    baseline: Words
    candidate: Words
    difference: Number
    interval: Interval
    over: Over
    standard_error: Number | None = None
    degrees_of_freedom: Number | None = None
    to_see: ToSee | None = None
    mcnemar: list[McNemar] = field(default_factory=list)
    per_class: list[ClassDifference] = field(default_factory=list)
    confusion_difference: list[list[Number]] = field(default_factory=list)
    disagreement: Disagreement | None = None
    among_all: AmongAll | None = None
    words: dict[str, Words] = field(default_factory=dict)
    verdict: Words = ""

    @property
    def is_clear(self) -> bool:
        """Whether the two differ: all pairs allowed for, or where it is one alone, by its interval."""
        return self.among_all.clear if self.among_all else leaves_out_0(self.interval)

    def alone(self, p_value: float) -> Self:
        """It with what its p-value says, as long as no other pair is known."""
        return replace(self, among_all=AmongAll(1, p_value, p_value, self.is_clear))


@dataclass(frozen=True)
class NotCompared:
    """Two models of which one has no sound training; the verdict says so."""

    baseline: Words
    candidate: Words
    verdict: Words


NOT_TRAINED = "not trained yet"  # why trainings "failed" in reports of before


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A job that failed; where it was not a training its `stage` is "inspection", "scoring" of a trained
    network on the test pictures, or "reading" its files again. `elsewhere`: of a model trained there.
    """

    model: Words
    seed: SeedNumber
    stage: Words | None = None
    reason: Words
    elsewhere: Annotated[bool, Field(strict=True)] | None = None

    @property
    def is_training(self) -> bool:
        """Whether it was one."""
        return self.stage is None


@dataclass(frozen=True)
class OneSetting:
    """What follows from a comparison of two models that differ in one setting."""

    baseline: Words
    candidate: Words
    setting: Words
    values: list[Any]
    words: Words


@dataclass(frozen=True)
class EqualSize:
    """What follows from a comparison of a dense network and one with convolutions.

    `equal`: which of their costs are. `share_of_lead`: of the lead over the dense network that is otherwise
    alike, what is left. `recipe_differs`: the keys of their trainings that differ.
    """

    baseline: Words
    candidate: Words
    setting: Words
    values: list[Any]
    equal: list[Words]
    share_of_lead: Number | None
    recipe_differs: list[Words]
    words: Words


Why = EqualSize | OneSetting


@dataclass(frozen=True)
class Mistake:
    """A wrong answer, the probability it was given with, and of whom."""

    index: Count
    label: Count
    predicted: Count
    probability: Number
    model: Words
    seed: SeedNumber


@dataclass(frozen=True, kw_only=True)
class ScoredSettings:
    """How many settings have been scored on these test pictures, at least, and what luck that buys the best.

    `test_luck` is a fraction, None without a comparison to take it from; `test_looks_words` says the same in
    a sentence, None for the first.
    """

    test_looks: Annotated[int, Field(strict=True, ge=1, le=10**6)] = 1
    test_luck: Number | None = None
    test_looks_words: Words | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What models came to, how each compares with the first, and what follows where two differ in one thing.

    `chance` is the share of the commonest class. The first model of the config is the baseline of all.
    """

    chance: Number
    models: dict[ModelName, Model]
    comparisons: list[Comparison] = field(default_factory=list)
    not_compared: list[NotCompared] = field(default_factory=list)
    failed: list[Failure]
    why: list[Why] = field(default_factory=list)

    @property
    def pairs(self) -> list[Comparison | NotCompared]:
        """All pairs, those compared first."""
        return [*self.comparisons, *self.not_compared]


LEFT_OUT_IF_NONE = ("stage", "against", "among_all", "elsewhere", "guess")


def as_json(record: Any) -> dict[str, Any]:
    """A record as it stands in a file."""
    return asdict(record, dict_factory=_keys)


def _keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """`class` is no name for a field of Python's; some keys tell nothing where there is nothing."""
    told = [(key, value) for key, value in pairs if value is not None or key not in LEFT_OUT_IF_NONE]
    return {key.rstrip("_"): value for key, value in told}
