"""What of a run is there and not recorded, held against itself: it is of before, or lost its record."""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from configs.schema import Config
from data.perturbations import kinds_for
from data.storage import read_bytes, sha256_of
from model.experiment.parts import (
    FORMS,
    REPORT,
    Task,
    files_of,
    made_from,
    record_report,
    settings_of,
    tasks_of,
)
from model.experiment.report import read_report
from model.networks.facts import layer_facts
from model.page.contents import carries_its_numbers
from model.robustness.files import read_answers, read_record
from model.run.folder import RunError, RunFolder
from model.run.guess import guess_of, write_guess
from model.run.identity import is_of
from model.run.manifest import MANIFEST, Manifest, digest_of, record_in
from model.run.readers import SAME_ACCURACY, fits
from model.run.saved import is_whole


def taken_up(run: RunFolder, config: Config, began: dict[str, Any], guess: str | None) -> Manifest:
    """The record of a run that is begun or gone on with: `began` is what it began in, `guess` what stands.

    Raises:
        RunError: a later version has written it.
    """
    must_not_be_later(run)
    guess = guess_of(run) if guess is None else guess
    manifest = run.manifest() or Manifest(run.path)
    manifest.config, manifest.environment = config.model_dump(mode="json"), began
    manifest.guess = guess
    adopt(manifest, run, config)
    manifest.take_over_times()
    manifest.write()
    write_guess(manifest)
    return manifest


def must_not_be_later(run: RunFolder) -> None:
    """Raise RunError where a later version has written the record of a run."""
    if record_in(run.path) == "later":
        raise RunError(f"{run.path / MANIFEST} was written by a later version, which goes on with it")


def adopt_tasks(manifest: Manifest, run: RunFolder, config: Config, tasks: Iterable[Task]) -> None:
    """Vouch for what these tasks have left and is not recorded, as far as its own files hold together."""
    for task in tasks:
        if manifest.take_back(task.name):  # it was to be made again, and is as it was once more
            continue
        begun = task.name in manifest.unfinished
        if begun and not manifest.is_made_anew(task.name, task.written_last):
            continue
        if not begun and task.name in manifest.parts:
            continue
        if not (run.path / task.written_last).exists():
            continue
        settings = _settings_of_training if task.kind == "training" else _settings_of_look
        if (found := settings(manifest, run, config, task)) is not None:
            manifest.record(task.name, digest_of(found), made_from(manifest, task), files_of(run, task))


def adopt(manifest: Manifest, run: RunFolder, config: Config) -> None:
    """Vouch for what is there and not recorded, as far as its own files hold together.

    So it is with runs of before, with one whose record was lost, and with a part whose end this program did
    not live to see.
    """
    adopt_tasks(manifest, run, config, tasks_of(config))
    manifest.take_back(REPORT)
    if REPORT not in {*manifest.parts, *manifest.unfinished} and _tells_of_all(manifest, run, config):
        record_report(manifest, config, sorted(run.figures.glob("[!.]*.png")))


def _settings_of_training(
    manifest: Manifest, run: RunFolder, config: Config, task: Task
) -> dict[str, Any] | None:
    """By what a training was made that can be used and is of this experiment, or None."""
    metrics = run.metrics(task.model, task.seed)
    if metrics is None or not is_of(metrics, config, task.model, task.seed, manifest.identity):
        return None
    with suppress(RunError):
        probabilities, labels = run.predictions(task.model, task.seed)
        facts = layer_facts(config.models[task.model], probabilities.shape[1])
        same = fits(metrics, probabilities, labels)
        if same and is_whole(run, task.model, task.seed, sum(fact.parameters for fact in facts)):
            return settings_of(config, task)
    return None


def _settings_of_look(
    manifest: Manifest, run: RunFolder, config: Config, task: Task
) -> dict[str, Any] | None:
    """Likewise of a look at a network that is as it was."""
    if manifest.state_of_file(task.network) != "whole":
        return None
    with suppress(RunError, OSError, ValueError):
        if task.kind == "robustness":
            found = read_record(run, task.model, task.seed)
            read_answers(run, task.model, task.seed, kinds_for(config.data.source))
        else:
            found, folder = run.look(task.model, task.kind), run.inspection_folder(task.model)
            files = found["files"] if found else {}
            if any(sha256_of(folder / name) != digest for name, digest in files.items()):
                return None
        if found is not None and is_of(found, config, task.model, task.seed, manifest.identity):
            return dict(found["settings"])
    return None


def _pictures_named(run: RunFolder) -> list[str]:
    """The pictures of the comparison that report.md shows, as seen from the run."""
    with suppress(OSError, ValueError):
        return re.findall(r"figures/[\w-]+\.png", read_bytes(run.path / "report.md").decode())
    return []


def _tells_of_all(manifest: Manifest, run: RunFolder, config: Config) -> bool:
    """Whether a report is there, in all its forms, that tells of the trainings what their metrics do."""
    if not (run.path / "report.json").exists():
        return False
    try:
        report = read_report(run)
    except RunError:
        return False
    told = {
        (name, seed): accuracy
        for name, entry in report.models.items()
        for seed, accuracy in zip(entry.seeds, entry.accuracy.values, strict=True)
    }
    for task in tasks_of(config):
        if task.kind == "training" and task.name in manifest.parts:
            metrics, accuracy = run.metrics(task.model, task.seed), told.get((task.model, task.seed), -1)
            if metrics and abs(metrics["accuracy"] - accuracy) > SAME_ACCURACY:
                return False
    ours = report.config_digest == manifest.identity.get("config_digest")
    whole = all((run.path / name).is_file() for name in (*FORMS, *_pictures_named(run)))
    return ours and not report.not_drawn and whole and carries_its_numbers(run.path / "report.html")
