"""How a sweep stands: its trainings over all settings, and its report. No TensorFlow."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.digests import training_digest
from configs.schema import Config
from configs.sweep import settings_of
from data.lease import Holder
from model.experiment.at_work import work_as_json, work_in_words
from model.experiment.parts import FORMS, REPORT, Task, state_of, tasks_of
from model.experiment.status import Status, status_of
from model.report.drawing import missing_pictures
from model.run.at_work import holders
from model.run.folder import RunError, RunFolder, again, going_on
from model.run.identity import is_of
from model.run.manifest import Manifest, State, digest_of
from model.sweep.report import is_sweep, read_sweep

MOST_TOLD = 5  # of a kind


@dataclass(frozen=True)
class SweepStatus:
    """How a sweep stands.

    Attributes:
        run: its folder.
        num_settings: how many it has.
        trainings: of each training, by the setting, model and seed by which it is known, whether it is done.
        failed: why one failed that is not done, as the report has it.
        damage: what is missing, or not as the sweep made it, in a clause each.
        report: how that stands.
        not_drawn: which pictures could not be drawn, and why.
        at_work: who is at work in it, and on what.
        edited: what keeps config.yaml from being that of the sweep, with what to do; empty if nothing does.
    """

    run: Path
    num_settings: int
    trainings: dict[str, bool]
    failed: dict[str, str]
    damage: list[str]
    report: State
    not_drawn: list[str]
    at_work: list[Holder]
    edited: str

    @property
    def is_whole(self) -> bool:
        """Whether all is done and as it was made."""
        as_made = not (self.failed or self.damage or self.not_drawn or self.edited)
        return as_made and self.report == "whole" and all(self.trainings.values())

    @property
    def problems(self) -> list[str]:
        """What is edited, and what is missing or changed, each in a sentence with what to do."""
        told = [f"{self.edited}."] if self.edited else []
        if self.damage:
            told.append(f"{'; '.join(_first(self.damage))}; {again(self.run)}.")
        return told

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        done = sum(self.trainings.values())
        return {
            "run": str(self.run),
            "kind": "sweep",
            "whole": self.is_whole,
            "settings": self.num_settings,
            "trainings": {"done": done, "left": len(self.trainings) - done},
            "left": [name for name, is_done in self.trainings.items() if not is_done],
            "report": self.report,
            "running": "; ".join(holder.who for holder in self.at_work),
            "at_work": [work_as_json(holder) for holder in self.at_work],
            "failed": self.failed,
            "not_drawn": self.not_drawn,
            "problems": self.problems,
        }

    def in_words(self) -> str:
        """How much is done, what failed, and what to do about the rest."""
        report = {"whole": "its report is written"}
        if not any((self.run / name).exists() for name in FORMS):
            report["waiting"] = "no report yet"
        done, number = sum(self.trainings.values()), len(self.trainings)
        lines = [
            f"{self.run}: a sweep of {self.num_settings:,} settings, {done:,} of {number:,} "
            f"training{'s' * (number > 1)} done, {report.get(self.report, 'its report is to be made again')}."
        ]
        lines += _first([f"{name} failed: {reason}" for name, reason in self.failed.items()])
        lines += [*self.not_drawn, *self.problems]
        for holder in self.at_work:
            lines += work_in_words(holder)
        if not (self.at_work or self.is_whole or self.problems):
            lines.append(f"`{going_on(self.run)}` goes on with it.")
        return "\n".join(lines)


def status_of_either(run: RunFolder) -> Status | SweepStatus:
    """How a run or a sweep stands, by sizes and times of its files; nothing is written.

    Raises:
        RunError: the folder is neither, or nothing says what it was made with.
    """
    config = run.known_config() if is_sweep(run) else None
    return status_of_sweep(run, config) if config else status_of(run)


def status_of_sweep(run: RunFolder, config: Config) -> SweepStatus:
    """How the sweep of this config stands; as `status_of_either`."""
    settings, records = settings_of(config, of_a_run=True), dict[str, Manifest]()
    places: dict[tuple[str, str], dict[str, State]] = {}
    identity = run.identity()
    for setting in settings:
        folder = run.path / setting.name
        manifest = RunFolder(folder).manifest() or Manifest(folder)
        records[setting.name] = manifest
        for task in (task for task in tasks_of(setting.config) if task.kind == "training"):
            known_as = task.model, training_digest(setting.config, task.model, task.seed)
            state = state_of(manifest, setting.config, task)
            if state == "waiting" and _is_there(RunFolder(folder), setting.config, task, identity):
                state = "whole"
            places.setdefault(known_as, {})[f"{setting.name} {task.name}"] = state
    done = {next(iter(place)): "whole" in place.values() for place in places.values()}
    damaged = [
        name.partition(" ")[0]
        for place in places.values()
        for name, state in place.items()
        if state in ("missing", "changed", "unreadable")
    ]
    report, not_drawn = _report_of(run)
    manifest = run.manifest() or Manifest(run.path)
    return SweepStatus(
        run=run.path,
        num_settings=len(settings),
        trainings=done,
        failed={name: reason for name, reason in report.items() if not done.get(name, True)},
        damage=[words for name in dict.fromkeys(damaged) for words in _damage_in(run.path / name)],
        report=manifest.state(REPORT, settings_of_report(config, records), {}),
        not_drawn=not_drawn,
        at_work=list(holders(run.path).values()),
        edited=run.edited_in_words(),
    )


def _is_there(run: RunFolder, config: Config, task: Task, identity: Mapping[str, str]) -> bool:
    """Whether a training that nothing vouches for came to its end, as of shards until they are joined."""
    metrics = run.metrics(task.model, task.seed)
    return metrics is not None and is_of(metrics, config, task.model, task.seed, identity)


def settings_of_report(config: Config, records: Mapping[str, Manifest]) -> str:
    """What decides a report, as a digest: the config, and the trainings in the record of each setting.

    The records are by the name of the setting.
    """
    made = {
        f"{name} {task}": part.files[file].sha256
        for name, manifest in records.items()
        for task, part in manifest.parts.items()
        for file in part.files
        if file.endswith("/metrics.json")
    }
    return digest_of([config.model_dump(mode="json"), made])


def _damage_in(folder: Path) -> list[str]:
    """What is not as it was made of a setting's trainings, in a clause each."""
    with suppress(RunError):
        found = status_of(RunFolder(folder))
        trainings = [task.name for task in found.tasks if task.kind == "training"]
        return [found.damage[name] for name in trainings if name in found.damage]
    return []


def _report_of(run: RunFolder) -> tuple[dict[str, str], list[str]]:
    """Which trainings failed and why, and which pictures are missing, as far as a report tells it."""
    with suppress(RunError):
        report = read_sweep(run)
        failed = {f"{one.setting} {one.model} seed {one.seed}": one.reason for one in report.failed}
        return failed, missing_pictures(report.not_drawn)
    return {}, []


def _first(told: Sequence[str]) -> list[str]:
    more = [f"{len(told) - MOST_TOLD} more"] if len(told) > MOST_TOLD else []
    return [*told[:MOST_TOLD], *more]
