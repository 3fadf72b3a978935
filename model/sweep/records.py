"""What report.json of a sweep holds, as records; what is read may be anybody's and is checked key by key."""

from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from configs.values import Count, ModelName, Words
from model.comparison.records import Rate, ScoredSettings, as_json
from model.comparison.values import SeedNumber, Size
from model.experiment.report import Heading
from model.report.figure import NotDrawn
from model.run.environment import Environment

Values = dict[Words, JsonValue]  # of swept keys, by dotted key: as the config has them


@dataclass(frozen=True, kw_only=True)
class SettingRow:
    """One setting of a sweep: the name of its folder, and the value of every swept key."""

    name: Words
    values: Values


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model as it was trained under some settings: a network, its recipe, and what they came to.

    Attributes:
        model: its name.
        settings: those in which it is this very training; swept keys that do not concern it differ in them.
        values: of the swept keys that do concern it.
        seeds: those that were trained.
        parameters: of its network.
        flops_per_image: forward, 2 for a multiplication with its addition.
        validation_accuracy: by which the best is chosen, of as many pictures as `data` says.
        accuracy: of the test pictures, which choose nothing.
        train_seconds: mean of its trainings; None of a network that was trained elsewhere.
        epochs: the most of any seed; 0 of one that was trained elsewhere.
        precision: what its trainings computed in; None of one that was trained elsewhere.
        same_answer: the seeds whose network gives the same answer to every test picture.
    """

    model: ModelName
    settings: Annotated[list[Words], Field(min_length=1)]
    values: Values
    seeds: Annotated[list[SeedNumber], Field(min_length=1)]
    parameters: Size
    flops_per_image: Size
    validation_accuracy: Rate
    accuracy: Rate
    train_seconds: Annotated[float, Field(strict=True, ge=0, le=1e12)] | None
    epochs: Count
    precision: Words | None
    same_answer: list[SeedNumber] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class SweepTraining:
    """A training of a sweep, by the first of the settings that have it."""

    setting: Words
    model: Words
    seed: SeedNumber


@dataclass(frozen=True, kw_only=True)
class SweepFailure(SweepTraining):
    """One that failed, or whose files can't be used."""

    reason: Words


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What follows from the validation accuracy of the candidates alone, which are told by their place.

    Attributes:
        best: of each model the candidate with the highest mean, of equal ones the cheapest; one of which
            trainings are missing only where all others lack as many.
        together: of each model those that can't be told apart from the best, and the best itself.
        pareto: by rising cost, those that no other of any model beats at the same or lower cost: FLOPs for a
            picture, by the means.
    """

    best: dict[ModelName, Count]
    together: dict[ModelName, list[Count]]
    pareto: list[Count]


@dataclass(frozen=True, kw_only=True)
class SweepReport(ScoredSettings, Choice, Heading):
    """The whole of report.json of a sweep: see outputs/README.md.

    `keys`: those that are swept. `failed` and `not_trained`: each training once.
    """

    kind: Literal["sweep"] = "sweep"
    keys: Annotated[list[Words], Field(min_length=1)]
    settings: Annotated[list[SettingRow], Field(min_length=1)]
    candidates: list[Candidate]
    failed: list[SweepFailure] = field(default_factory=list)
    not_trained: list[SweepTraining] = field(default_factory=list)
    environment: Environment
    not_drawn: list[NotDrawn] = field(default_factory=list)

    def of_model(self, model: str) -> list[int]:
        """The places of a model's candidates."""
        return [place for place, one in enumerate(self.candidates) if one.model == model]

    @property
    def models(self) -> list[str]:
        """The models that have a result, in the order of the config."""
        return list(dict.fromkeys(one.model for one in self.candidates))

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file, what it is first."""
        return {"kind": self.kind} | as_json(self)
