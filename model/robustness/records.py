"""`robustness` of report.json as records, which its pictures, tables and sentences are handed."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from configs.values import Count, ModelName, Words
from model.comparison.values import Interval, Number, Over, SeedNumber, Share, Size

Strength = Annotated[int, Field(strict=True)] | Number


@dataclass(frozen=True)
class Accuracy:
    """One model's accuracy at every strength, with its intervals, and that of each seed."""

    accuracy: list[Share]
    intervals: list[Interval]
    over: Over
    values: dict[Words, list[Share]]


@dataclass(frozen=True)
class Difference:
    """By how much more the candidate is right than the baseline on the same images, at every strength."""

    baseline: Words
    candidate: Words
    difference: list[Number]
    intervals: list[Interval]
    over: Over


@dataclass(frozen=True)
class Pooling:
    """The same of a model with pooling and one that differs from it in having none."""

    with_: Annotated[Words, Field(alias="with")]
    without: Words
    difference: list[Number]
    intervals: list[Interval]
    over: Over


@dataclass(frozen=True)
class Curves:
    """All models under one kind of perturbation, and differences to the first of them.

    `trained_on` is the strength up to which training images were perturbed, too; 0: not at all.
    """

    kind: Words
    unit: Words
    strengths: list[Strength]
    middle: Strength
    trained_on: Count
    models: dict[ModelName, Accuracy]
    differences: list[Difference]
    pooling: list[Pooling]

    @property
    def place(self) -> int:
        """Of the middle strength, by which a kind is told in one number."""
        return self.strengths.index(self.middle)

    @property
    def rights(self) -> dict[str, float]:
        """The accuracy of each model at the middle strength."""
        return {model: found.accuracy[self.place] for model, found in self.models.items()}


@dataclass(frozen=True)
class Change:
    """How much a map changes when the picture moves by one pixel: 1 is as much as another picture would."""

    change: Number
    interval: Interval


@dataclass(frozen=True)
class Layer:
    """The change of a layer's map; of a pooling, `against` is how much more than that of what it reads."""

    layer: Words
    trained: Change
    untrained: Change
    against: "Layer | None" = None


@dataclass(frozen=True)
class Stability:
    """What moving the picture by one pixel does to a model: the share of answers it keeps, and its maps.

    `answers_kept` is the consistency of Zhang, "Making Convolutional Networks Shift-Invariant Again"
    (arXiv 1904.11486), section 4.2, between the picture where it is and moved by one pixel.
    """

    answers_kept: Share
    interval: Interval
    over: Over
    layers: list[Layer]


@dataclass(frozen=True)
class Robustness:
    """How accuracy falls with every kind of perturbation, and how steady models are under a shift.

    `images` is how many test images were asked about; `words` are sentences on what can be said of pooling,
    `caution` is one on data whose classes are not known here; `elsewhere` are the models that were trained
    elsewhere, with nobody knows which pictures.
    """

    images: Size
    images_per_class: Size | Literal["all"]
    seeds: dict[ModelName, list[SeedNumber]]
    kinds: list[Curves]
    stability: dict[ModelName, Stability]
    words: list[Words]
    caution: Words = ""
    elsewhere: list[Words] | None = None

    @property
    def of_one_seed(self) -> list[str]:
        """The models whose intervals allow for other pictures alone, since one training was asked."""
        models = {model: found for kind in self.kinds for model, found in kind.models.items()}
        return [model for model, found in models.items() if found.over == "images"]
