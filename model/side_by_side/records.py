"""What comparison.json holds, as records; of runs and models by their labels."""

from dataclasses import dataclass, field
from typing import Any, Literal

from configs.difference import Settings
from model.comparison.records import Comparison, Model, NotCompared, Rate, ScoredSettings, as_json
from model.report.figure import NotDrawn
from model.run.environment import Environment

KEYS_OF_MODEL = (  # what of it stands in comparison.json
    *("architecture", "parameters", "convolution_parameters", "flops_per_image", "epochs", "epochs_per_seed"),
    *("precision", "train_seconds", "broken", "seeds", "accuracy"),
)


@dataclass(frozen=True)
class RunFacts:
    """A run as a whole; its folder as seen from the outputs.

    `outdated`: what earlier rules did to its networks, a sentence each, as far as its config is known.
    `chosen`: of a sweep, which of its settings are compared, in a sentence; of a run empty.
    """

    folder: str
    name: str
    seeds: list[int]
    config_digest: str
    config_known: bool
    predictions: bool
    environment: Environment
    outdated: list[str]
    chosen: str = ""


@dataclass(frozen=True)
class RunModel:
    """A model of a run, by its predictions where they are stored, else by its report."""

    run: str
    model: str
    from_: Literal["predictions.npz", "report.html", "report.json"]
    found: Model
    config_digest: str


@dataclass(frozen=True, kw_only=True)
class Pair(Comparison):
    """A comparison of two models; `paired` if by every picture, which takes the predictions of both."""

    paired: bool
    without_predictions: list[str]


@dataclass(frozen=True)
class Fault:
    """A run, and what of it can't be used."""

    run: str
    problem: str


@dataclass(frozen=True, kw_only=True)
class _Pictures:
    title: str
    digest: str
    images: int
    classes: int
    runs: list[str]
    models: list[str]
    baseline_words: str | None
    classes_words: str | None
    split_words: str | None


@dataclass(frozen=True, kw_only=True)
class PictureSet(ScoredSettings, _Pictures):
    """Test pictures, and the runs, models and settings scored on them.

    `baseline_words` says which runs have no result, so that a later one is the first to be compared with;
    `classes_words` which classes have other names; `split_words` which run holds out validation pictures how,
    where rules differ and so do the pictures.
    """


@dataclass(frozen=True, kw_only=True)
class HandIn:
    """A row of the class table: a run, its last model that has a result and its first.

    `changes`: the settings in which it differs from the commonest config here, None where its own is not
    known (a setting that it does without is null). Difference and interval, None where no two models are
    compared, are fractions, `values` those of the seeds that both have. `accuracy`, `parameters`: by model.
    `copy_of`: the first run that gives the same answers. `doubt`: what of a page does not follow from its
    answers.
    """

    run: str
    name: str
    guess: str | None
    changes: Settings | None
    baseline: str | None
    candidate: str | None
    difference: float | None
    interval: list[float] | None
    values: list[float]
    accuracy: dict[str, Rate]
    parameters: dict[str, int]
    copy_of: str | None
    doubt: str


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Runs that differ in their seeds alone, as one: each of their trainings counts once.

    `trainings`: how many distinct ones of each model; `values`: differences, one for each pair of one seed.
    """

    runs: list[str]
    changes: Settings | None
    baseline: str
    candidate: str
    trainings: dict[str, int]
    difference: float
    interval: list[float]
    values: list[float]


@dataclass(frozen=True, kw_only=True)
class HandIns:
    """Runs of a class that are scored on the same test pictures, best first, those in doubt last.

    `usual`: how many have the commonest config, their seeds apart. `copies`: runs that give the same answers
    to all test pictures. `labels_words`: against which labels answers are held, a clause.
    """

    title: str
    images: int
    rows: list[HandIn]
    usual: int
    copies: list[list[str]]
    pools: list[Pool]
    labels_words: str


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """The whole of comparison.json: see outputs/README.md."""

    runs: dict[str, RunFacts]
    unusable: list[Fault]
    faults: list[Fault]
    test_sets: list[PictureSet]
    models: dict[str, RunModel]
    rule: str
    comparisons: list[Pair]
    not_compared: list[NotCompared]
    config_differences: list[dict[str, Any]]
    report_differences: list[dict[str, Any]]
    environment_differences: list[dict[str, Any]]
    same_machine: bool
    machine_differences: list[str]
    hand_ins: list[HandIns] = field(default_factory=list)  # none where no page was asked for
    not_drawn: list[NotDrawn] = field(default_factory=list)

    def models_of(self, tested: PictureSet) -> dict[str, Model]:
        """The models scored on these test pictures."""
        return {name: self.models[name].found for name in tested.models}


def comparison_json(comparison: SideBySide) -> dict[str, Any]:
    """It as it stands in the file."""
    content = as_json(comparison)
    if not comparison.hand_ins:
        del content["hand_ins"]
    for entry in content["models"].values():
        found = entry.pop("found")
        entry |= {key: found[key] for key in KEYS_OF_MODEL}
    for pair in content["comparisons"]:
        among_all = pair.pop("among_all")
        pair |= {key: among_all[key] for key in ("p_value", "p_adjusted", "clear")}
    return content
