"""A run as a comparison reads it, for it may be anybody's. No TensorFlow."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.schema import Config
from model.experiment.parts import tasks_of
from model.experiment.report import Report, read_report
from model.run.folder import RunError, RunFolder, again
from model.run.guess import guess_of
from model.run.manifest import Manifest
from model.run.readers import SAME_ACCURACY


@dataclass(frozen=True)
class Stored:
    """A training's answers and the labels, each (num_test,), by the file they stand in.

    A predictions file has probabilities (num_test, num_classes), too; a page has none.
    """

    path: Path
    answers: np.ndarray
    labels: np.ndarray
    probabilities: np.ndarray | None = None

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return float(np.mean(self.answers == self.labels))


@dataclass
class ComparedRun:
    """A run by its label in the comparison, and of it what can be used.

    Attributes:
        config: None where there is none that can be read.
        predictions: by model and seed, those stored that can be used; empty where only the report is there.
        faults: what can't be used, each in a sentence that names the file and what to do.
        is_page: whether it is a page that was handed in; `folder` is that file then.
        guess: what was guessed before the run; None if nothing.
        doubt: what of a page does not follow from its answers, in a clause; empty where all does.
        chosen: of a sweep, which of its settings stand here for it, in a sentence; of a run empty.
    """

    label: str
    folder: Path
    report: Report
    config: Config | None
    predictions: dict[str, dict[int, Stored]]
    faults: list[str]
    is_page: bool = False
    guess: str | None = None
    doubt: str = ""
    chosen: str = ""

    @property
    def names(self) -> list[str]:
        """Its models, also those without a result: in the order of the config, else the baseline first."""
        told = self.report
        failed = [failure.model for failure in told.failed if failure.is_training]
        known = [pair.baseline for pair in told.pairs]
        if self.config is not None:
            known = list(self.config.models)
        there = dict.fromkeys([*told.models, *failed])
        return list(dict.fromkeys([*(name for name in known if name in there), *there]))

    @property
    def last(self) -> str:
        """Its last model that has a result, or simply the last if none has."""
        return (self._sound or self.names)[-1]

    @property
    def is_sound(self) -> bool:
        """Whether any of its models has a result."""
        return bool(self._sound)

    @property
    def _sound(self) -> list[str]:
        models = self.report.models
        return [name for name in self.names if name in models and not models[name].broken]

    def drop(self, model: str, seed: int, why: str) -> None:
        """Leave a training of a run folder out, and say why."""
        path = self.predictions[model].pop(seed).path
        self.faults.append(f"{path} {why}; delete {path.parent}, then {again(self.folder)}")


def read_run(folder: Path, label: str) -> ComparedRun:
    """Read a run to compare: its folder, or a folder with a report.json alone.

    What is missing or damaged of it is among its faults.

    Raises:
        RunError: it is no run, or report.json can't be used: also where the predictions and metrics.json of a
            training agree that it is of something else.
    """
    run = RunFolder(folder)
    report = read_report(run)
    compared = ComparedRun(label, folder, report, None, {}, [], guess=guess_of(run))
    compared.faults += [
        f"{failure.model}, seed {failure.seed} failed in that run: {failure.reason}"
        for failure in report.failed
        if failure.is_training
    ]
    manifest = run.manifest()
    if manifest or (folder / "config.yaml").exists():
        try:
            compared.config = run.config()
            if edited := run.edited():
                compared.faults.append(f"{edited}; what counts is the config that the run was made with")
        except RunError as error:
            compared.faults.append(f"{error}. Until then its config counts as unknown.")
    changed = _changed(manifest, compared.config) if manifest and compared.config else []
    compared.faults += [run.changed_in_words(manifest, file) for file in changed if manifest]
    if any(folder.glob("*/seed-*/predictions.npz")):
        _read_predictions(run, compared, changed)
    return compared


def _changed(manifest: Manifest, config: Config) -> list[str]:
    """The files of trainings that are not those that the run made."""
    trainings = [task.name for task in tasks_of(config) if task.kind == "training"]
    faults = {file: state for name in trainings for file, state in manifest.faults(name).items()}
    return [file for file, state in faults.items() if state == "changed"]


def _read_predictions(run: RunFolder, compared: ComparedRun, changed: Sequence[str]) -> None:
    """What was stored of every training that counts, if it is as it was made, and what the report says."""
    for model, entry in compared.report.models.items():
        stored = compared.predictions[model] = {}
        for seed, accuracy in zip(entry.seeds, entry.accuracy.values, strict=True):
            path = run.seed_folder(model, seed) / "predictions.npz"
            if path.relative_to(run.path).as_posix() in changed:
                continue
            try:
                probabilities, labels = run.predictions(model, seed)
            except RunError as error:
                compared.faults.append(str(error))
                continue
            stored[seed] = found = Stored(path, probabilities.argmax(axis=1), labels, probabilities)
            data = compared.report.data
            if probabilities.shape != (data.test, len(data.classes)):
                expected = f"{data.test:,} pictures of {len(data.classes)} classes, as report.json says"
                size = f"{len(labels):,} pictures of {probabilities.shape[1]}"
                compared.drop(model, seed, f"holds {size}, not {expected}")
            elif not _alike(found.accuracy, accuracy):
                _blame(run, compared, model, seed, accuracy)


def _blame(run: RunFolder, compared: ComparedRun, model: str, seed: int, told: float) -> None:
    """Predictions are left out that report.json speaks otherwise of, unless metrics.json bears them out.

    Raises:
        RunError: it does; then it is report.json that is of something else.
    """
    found = compared.predictions[model][seed]
    scored = (run.metrics(model, seed) or {}).get("accuracy")
    if scored is not None and _alike(scored, found.accuracy):
        raise RunError(
            f"{run.path / 'report.json'} says that {model}, seed {seed} is right on {_percent(told)}, where "
            f"its predictions.npz and metrics.json have {_percent(found.accuracy)}: it is of other trainings "
            f"or was changed; delete it, then {again(run.path)}"
        )
    both = scored is not None and _alike(scored, told)
    by = "report.json and metrics.json say" if both else "report.json says"
    given = f"{_percent(found.accuracy)} right, where {by} {_percent(told)}"
    compared.drop(model, seed, f"has {given}: it is of other labels or of another training")


def _alike(one: float, other: float) -> bool:
    return abs(one - other) <= SAME_ACCURACY


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
