"""A run as a comparison reads it: each key of report.json checked, for it may be anybody's. No TensorFlow."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from configs.schema import Config, shown
from configs.values import ModelName, Seed
from model.run.folder import RunError, RunFolder

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=10**18)]
Text = Annotated[str, Field(max_length=1000)]
Value = Text | int | float | bool | None
SAME_ACCURACY = 1e-6  # on a million pictures, one answer
REWRITTEN = "run train.py with its config.yaml to write it again"
MENDED = "get the whole run folder again, or run train.py with its config.yaml"


def _plain(values: object) -> object:
    """Of a mapping, what is a single value, and of mappings in it likewise."""
    if not isinstance(values, dict):
        return values
    kept = {key: value for key, value in values.items() if isinstance(value, str | int | float | dict | None)}
    return {
        key: {inner: one for inner, one in value.items() if isinstance(one, str | int | float | None)}
        if isinstance(value, dict)
        else value
        for key, value in kept.items()
    }


class _Part(BaseModel):
    """A part of report.json: other keys may stand beside those read here."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Accuracy(_Part):
    """How often a model was right, by its report."""

    mean: Share
    std: float | None
    interval: Annotated[list[Share], Field(min_length=2, max_length=2)]
    over: Literal["seeds and images", "images"]
    values: Annotated[list[Share], Field(min_length=1)]


class ModelEntry(_Part):
    """A model, by its report."""

    architecture: Text
    parameters: Annotated[int, Field(gt=0, le=10**18)]
    convolution_parameters: Count
    flops_per_image: Annotated[int, Field(gt=0, le=10**18)]
    epochs: Count
    epochs_per_seed: dict[Text, Count] = {}
    precision: Text | None
    train_seconds: Annotated[float, Field(ge=0)]
    broken: Text | None
    seeds: Annotated[list[Seed], Field(min_length=1)]
    accuracy: Accuracy


class DataEntry(_Part):
    """What a run was scored on, by its report."""

    title: Text
    name: Text
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    classes: Annotated[list[Text], Field(min_length=2, max_length=256)]
    validation: Count
    test: Annotated[int, Field(gt=0, le=10**12)]


class Failure(_Part):
    """A job that failed, by its report."""

    model: Text
    seed: Seed
    reason: Text
    stage: Text | None = None


class Pair(_Part):
    """Two models of the run, compared or not, by its report."""

    baseline: Text


class Report(_Part):
    """report.json, as far as a comparison reads it."""

    name: Text
    config_digest: Text
    seeds: list[Seed]
    data: DataEntry
    models: dict[ModelName, ModelEntry]
    comparisons: list[Pair] = []
    not_compared: list[Pair] = []
    test_looks: Annotated[int, Field(ge=1, le=10**6)] = 1
    failed: list[Failure]
    environment: Annotated[dict[str, Value | dict[str, Value]], BeforeValidator(_plain)]


@dataclass(frozen=True)
class Stored:
    """A predictions file: probabilities (num_test, num_classes) and labels uint8 (num_test,)."""

    path: Path
    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(np.mean(self.probabilities.argmax(axis=1) == self.labels))


@dataclass
class ComparedRun:
    """A run by its label in the comparison, and of it what can be used.

    Attributes:
        config: None where there is none that can be read.
        predictions: by model and seed, those stored that can be used; empty where only the report is there.
        faults: what can't be used, each in a sentence that names the file and what to do.
    """

    label: str
    folder: Path
    report: Report
    config: Config | None
    predictions: dict[str, dict[int, Stored]]
    faults: list[str]

    @property
    def names(self) -> list[str]:
        """Its models, also those without a result: in the order of the config, else the baseline first."""
        told = self.report
        failed = [failure.model for failure in told.failed if failure.stage != "inspection"]
        known = [pair.baseline for pair in (*told.comparisons, *told.not_compared)]
        if self.config is not None:
            known = list(self.config.models)
        there = dict.fromkeys([*told.models, *failed])
        return list(dict.fromkeys([*(name for name in known if name in there), *there]))

    @property
    def last(self) -> str:
        """Its last model that has a result, or simply the last if none has."""
        models = self.report.models
        sound = [name for name in self.names if name in models and not models[name].broken]
        return (sound or self.names)[-1]

    def drop(self, model: str, seed: int, why: str) -> None:
        """Leave a training out, and say why."""
        self.faults.append(f"{self.predictions[model].pop(seed).path} {why}; {MENDED}")


def read_run(folder: Path, label: str) -> ComparedRun:
    """Read a run to compare: its folder, or a folder with a report.json alone.

    What is missing or damaged of it is among its faults.

    Raises:
        RunError: it is no run, or report.json can't be used.
    """
    run = RunFolder(folder)
    report = _checked(run.report(), folder / "report.json")
    compared = ComparedRun(label, folder, report, None, {}, [])
    compared.faults += [
        f"{failure.model}, seed {failure.seed} failed in that run: {failure.reason}"
        for failure in report.failed
        if failure.stage != "inspection"
    ]
    if (folder / "config.yaml").exists():
        try:
            compared.config = run.config()
        except RunError as error:
            compared.faults.append(f"{error} Until then its config counts as unknown.")
    if any(folder.glob("*/seed-*/predictions.npz")):
        _read_predictions(run, compared)
    return compared


def _checked(content: dict[str, Any], path: Path) -> Report:
    """The report, every key of it that is read known to be good."""
    try:
        report = Report.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"] if part != "[key]")
        given = "" if first["type"] == "missing" else f", found {shown(repr(first['input']), 40)}"
        raise RunError(
            f"{path} is no report of a run: {shown(key, 80)}: {first['msg']}{given}; {REWRITTEN}"
        ) from None
    for name, entry in report.models.items():
        if not len(set(entry.seeds)) == len(entry.seeds) == len(entry.accuracy.values):
            raise RunError(
                f"{path} is no report of a run: models.{name}.accuracy.values: expected one for each of its "
                f"distinct seeds, {shown(str(entry.seeds))}; {REWRITTEN}"
            )
    return report


def _read_predictions(run: RunFolder, compared: ComparedRun) -> None:
    """What was stored of every training that counts, if it is what the report says."""
    for model, entry in compared.report.models.items():
        stored = compared.predictions[model] = {}
        for seed, accuracy in zip(entry.seeds, entry.accuracy.values, strict=True):
            try:
                probabilities, labels = run.predictions(model, seed)
            except RunError as error:
                compared.faults.append(str(error))
                continue
            path = run.seed_folder(model, seed) / "predictions.npz"
            stored[seed] = found = Stored(path, probabilities, labels)
            data = compared.report.data
            if probabilities.shape != (data.test, len(data.classes)):
                expected = f"{data.test:,} pictures of {len(data.classes)} classes, as report.json says"
                size = f"{len(labels):,} pictures of {probabilities.shape[1]}"
                compared.drop(model, seed, f"holds {size}, not {expected}")
            elif abs(found.accuracy - accuracy) > SAME_ACCURACY:
                given = f"{100 * found.accuracy:.2f} % right, where report.json says {100 * accuracy:.2f} %"
                compared.drop(model, seed, f"has {given}: it is of other labels or of another training")
