"""`robustness` of report.json as records, which its pictures, tables and sentences are handed."""

from dataclasses import asdict, dataclass
from typing import Any

Ends = list[float]  # of an interval of 95 %


@dataclass(frozen=True)
class Accuracy:
    """One model's accuracy at every strength, and by seed; its intervals are `over` images, or seeds, too."""

    accuracy: list[float]
    intervals: list[Ends]
    over: str
    values: dict[str, list[float]]


@dataclass(frozen=True)
class Difference:
    """By how much more the candidate is right than the baseline on the same images, at every strength."""

    baseline: str
    candidate: str
    difference: list[float]
    intervals: list[Ends]
    over: str


@dataclass(frozen=True)
class Curves:
    """All models under one kind of perturbation.

    `trained_on` is the strength up to which training images were perturbed, too (0: not at all);
    `differences` are those to the first model; `pooling` are those of pairs that differ in pooling alone,
    the one without being the baseline.
    """

    kind: str
    unit: str
    strengths: list[float]
    middle: float
    trained_on: int
    models: dict[str, Accuracy]
    differences: list[Difference]
    pooling: list[Difference]

    @property
    def place(self) -> int:
        """Of the middle strength among all."""
        return self.strengths.index(self.middle)

    @property
    def rights(self) -> dict[str, float]:
        """The accuracy of each model at the middle strength."""
        return {model: found.accuracy[self.place] for model, found in self.models.items()}


@dataclass(frozen=True)
class Change:
    """How much a map changes when the picture moves by one pixel: 1 is as much as another picture would."""

    change: float
    interval: Ends


@dataclass(frozen=True)
class Layer:
    """The change of a layer's map; of a pooling, `against` is how much more than that of what it reads."""

    layer: str
    trained: Change
    untrained: Change
    against: "Layer | None" = None


@dataclass(frozen=True)
class Stability:
    """What moving the picture by one pixel does to a model: the share of answers it keeps, and its maps."""

    answers_kept: float
    interval: Ends
    over: str
    layers: list[Layer]


@dataclass(frozen=True)
class Robustness:
    """How accuracy falls with every kind of perturbation, and how steady models are under a shift.

    `images` is how many test images were asked about; `seeds` and `stability` are by model; `words` are
    sentences on what can be said of pooling.
    """

    images: int
    images_per_class: int | str
    seeds: dict[str, list[int]]
    kinds: list[Curves]
    stability: dict[str, Stability]
    words: list[str]

    def as_json(self) -> dict[str, Any]:
        """As it stands in report.json."""
        document = asdict(self, dict_factory=lambda parts: {k: v for k, v in parts if v is not None})
        for curves in document["kinds"]:
            curves["pooling"] = [
                {"with": pair.pop("candidate"), "without": pair.pop("baseline"), **pair}
                for pair in curves["pooling"]
            ]
        return document
