"""How a run stands: what is done, waiting or failed, and what is not as it was made. No TensorFlow."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.command_line import command
from configs.schema import Config
from data.lease import Holder
from model.experiment.at_work import work_as_json, work_in_words
from model.experiment.parts import (
    FORMS,
    LIKELY,
    REPORT,
    Task,
    in_the_way,
    is_sound,
    state_of,
    state_of_likeness,
    state_of_report,
    tasks_of,
    unreadable,
)
from model.experiment.report import read_report, reasons_before
from model.report.drawing import missing_pictures
from model.run.at_work import holders, shards_of
from model.run.folder import MISPLACED, RunError, RunFolder, again, going_on, what_stands_there
from model.run.guess import GUESS, guess_of, is_kept
from model.run.manifest import MANIFEST, Manifest, Record, State, record_in
from model.run.readers import read_if_good

CLOSED = "can't be read"  # so that nobody knows how it stands


@dataclass(frozen=True)
class Status:
    """How the parts of a run stand.

    Attributes:
        run: its folder.
        tasks: its trainings, then its looks; beside these there is the report.
        states: of all parts, by name.
        record: what there is of a manifest.
        files: those that are missing, changed or can't be read, as seen from the run.
        damage: what is missing, or not as the run made it, by part or file: in a clause each.
        failed: why trainings failed that are not made yet, or of which the report says so, by name.
        at_work: who is at work in it, and on what.
        by_shards: whether shards train it, or did, and nothing has joined them yet.
        edited: what keeps config.yaml from being that of the run, with what to do; empty if nothing does.
        config: that the run was made with.
    """

    run: Path
    tasks: list[Task]
    states: dict[str, State]
    record: Record
    files: dict[str, State]
    damage: dict[str, str]
    failed: dict[str, str]
    at_work: list[Holder]
    by_shards: bool
    edited: str
    config: Config

    @property
    def is_whole(self) -> bool:
        """Whether all is done and as it was made."""
        as_made = not self.damage and not self.edited and not self.not_drawn
        as_made = as_made and self.record in ("kept", "none") and not self.failed
        return as_made and set(self.states.values()) == {"whole"}

    @property
    def not_drawn(self) -> list[str]:
        """Which pictures could not be drawn, and why."""
        with suppress(RunError):
            return missing_pictures(read_report(RunFolder(self.run)).not_drawn)
        return []

    @property
    def _may_go_on(self) -> bool:
        """Whether anything is left to be made: a network that only guesses does so the next time, too."""
        return set(self.states.values()) != {"whole"} or bool(self.not_drawn)

    @property
    def lost_data(self) -> str:
        """Which of its data are gone, which a run that is whole may do without; it takes long to import."""
        from model.experiment.opening import lost_data

        return lost_data(RunFolder(self.run), self.config)

    @property
    def problems(self) -> list[str]:
        """What is edited, and what is missing or changed, each in a sentence with what to do."""
        found = list(dict.fromkeys(self.damage.values()))  # a folder that is gone is that of several parts
        closed = [words for words in found if words.endswith(CLOSED)]
        misplaced = [words for words in found if MISPLACED in words]
        damage = [words for words in found if words not in (*closed, *misplaced)]
        told = [self._of_record, self.edited]
        told += [f"{'; '.join(closed)}; make {_it(closed)} readable"] if closed else []
        told += [f"{'; '.join(misplaced)}; put {_it(misplaced)} back"] if misplaced else []
        told += [f"{'; '.join(damage)}; {again(self.run)}"] if damage else []
        return [f"{sentence}." for sentence in told if sentence]

    @property
    def _of_record(self) -> str:
        """What keeps the record of the run from being used, in a sentence without its end."""
        path, inspect = self.run / MANIFEST, command("inspect", self.run)
        if self.record == "later":
            return f"{path} was written by a later version, and only that can use it; take that"
        if self.record in ("kept", "none"):
            return ""
        why = "is of another run" if self.record == "foreign" else "is damaged or was edited"
        first = f"move it away, then `{inspect}`" if path.is_dir() else f"`{inspect}`"
        return (
            f"{path} {why}: what is here can't be proved any more; {first} takes what holds together as it is"
        )

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "run": str(self.run),
            "whole": self.is_whole,
            "record": self.record,
            "files": self.files,
            "running": "; ".join(holder.who for holder in self.at_work),
            "at_work": [work_as_json(holder) for holder in self.at_work],
            "parts": self.states | dict.fromkeys(self.failed, "failed"),
            "failed": self.failed,
            "not_drawn": self.not_drawn,
            "problems": self.problems,
            "lost_data": self.lost_data,
        }

    def in_words(self) -> str:
        """How much is done, what failed, and what to do about the rest."""
        report = {"whole": "its report is written"}
        if not any((self.run / name).exists() for name in FORMS):
            report["waiting"] = "no report yet"
        trainings = [task for task in self.tasks if task.kind == "training"]
        told = [
            self._counted("training{} done", [task.name for task in trainings if not self._is_brought(task)]),
            self._counted("network{} taken in", [task.name for task in trainings if self._is_brought(task)]),
            self._counted("look{} done", [task.name for task in self.tasks if task.kind != "training"]),
            report.get(self.states[REPORT], "its report is to be made again"),
        ]
        lines = [f"{self.run}: {', '.join(filter(None, told))}."]
        called = {task.name: task.called(self._is_brought(task)) for task in self.tasks}
        lines += [f"{called[name]} failed: {reason}" for name, reason in self.failed.items()]
        if self.record == "none" and not self.by_shards:
            lines.append(
                "It has no manifest.json, which says what was made from what: what is here is taken as it is."
            )
        hindrances = [*self.problems, *filter(None, [self.lost_data])]
        lines += [*self.not_drawn, *hindrances]
        for holder in self.at_work:
            lines += work_in_words(holder)
        if not self.at_work and self._may_go_on and not hindrances:
            lines.append(f"`{going_on(self.run)}` goes on with it.")
        return "\n".join(lines)

    def _counted(self, what: str, names: list[str]) -> str:
        done = sum(self.states[name] == "whole" for name in names)
        if not names:
            return ""
        return f"{done} of {len(names)} {what.format('s' * (len(names) > 1))}"

    def _is_brought(self, task: Task) -> bool:
        return task.model in self.config.elsewhere


def status_of(run: RunFolder, thoroughly: bool = False) -> Status:
    """How a run stands, by sizes and times of its files or, `thoroughly`, by their content.

    Nothing is written.

    Raises:
        RunError: it is no run, or nothing says what it was made with.
    """
    config, manifest = run.config(), run.manifest()
    # It was made before there were records, or has lost its own, or shards have trained since it was written.
    if manifest is None or _unrecorded(manifest, run, config):
        from model.experiment.adoption import adopt  # it reads networks, which takes long to import

        manifest = manifest or Manifest(run.path, environment=run.environment() or {}, guess=guess_of(run))
        adopt(manifest, run, config)
    tasks = [task for task in tasks_of(config) if task.kind == "training" or _is_asked_for(run, task)]
    reasons = reasons_before(run)
    states = {task.name: state_of(manifest, config, task, thoroughly) for task in tasks}
    states[REPORT] = state_of_report(manifest, config, thoroughly)
    if LIKELY in manifest.parts:  # runs of before have no such part, and are whole
        states[LIKELY] = state_of_likeness(manifest, thoroughly)
    faults = {name: manifest.faults(name, thoroughly) for name in states}
    damage = {name: _in_words(manifest, files) for name, files in faults.items()}
    lone = [task for task in tasks if task.name not in {*manifest.parts, *manifest.unfinished}]
    damage |= {task.name: _unadopted(run, task) for task in lone}
    damage["links"] = run.linked_in_words()
    beginning = ["config.yaml", "environment.json", *([] if manifest.guess is None else [GUESS])]
    damage |= {name: _of_beginning(run, name, manifest) for name in beginning}
    trainings = [task for task in tasks if task.kind == "training"]
    told = states[REPORT] == "whole"  # then also of those that are made, and have learned nothing
    failed = [task for task in trainings if told or states[task.name] == "waiting"]
    return Status(
        run.path,
        tasks,
        states,
        record_in(run.path),
        {file: state for files in faults.values() for file, state in files.items()},
        {name: words for name, words in damage.items() if words},
        {task.name: reasons[key] for task in failed if (key := (task.model, task.seed)) in reasons},
        list(holders(run.path).values()),
        bool(shards_of(run.path)),
        run.edited_in_words(),
        config,
    )


def _unrecorded(manifest: Manifest, run: RunFolder, config: Config) -> bool:
    """Whether a training came to its end that the record does not tell of."""
    trainings = [task for task in tasks_of(config) if task.kind == "training"]
    lone = [task for task in trainings if task.name not in {*manifest.parts, *manifest.unfinished}]
    return any((run.path / task.written_last).exists() for task in lone)


def _is_asked_for(run: RunFolder, look: Task) -> bool:
    """Whether there is, or may be, a network to look at that has learned something."""
    metrics = run.metrics(look.model, look.seed)
    return metrics is None or is_sound(metrics)


def problems_of_record(run: RunFolder) -> list[str]:
    """What is not as a run made it, in sentences, as far as its record or its config says so."""
    try:
        run.config()
    except RunError as error:
        return [f"{error}."]
    return status_of(run).problems if record_in(run.path) != "none" else []


def _in_words(manifest: Manifest, faults: Mapping[str, State]) -> str:
    """The files of a part that are not as they were made: the first, and how many more."""
    if not faults:
        return ""
    folder = manifest.folder
    closed = [file for file, state in faults.items() if state == "unreadable"]
    if closed:
        return f"{folder / closed[0]} {CLOSED}"
    (file, state), *others = faults.items()
    path = folder / file
    told = in_the_way(path)
    if set(faults.values()) == {"missing"} and not path.parent.is_dir():
        return told or f"{path.parent} is missing"
    if not told and state == "missing":
        told = f"{path} is missing"
    elif not told:
        told = what_stands_there(manifest, file)
    more = f" (and {len(others)} more of its files are not as they were)" if others else ""
    return f"{told}{more}"


def _it(damage: Sequence[str]) -> str:
    return "it" if len(damage) == 1 and "more of its files" not in damage[0] else "them"


def _unadopted(run: RunFolder, task: Task) -> str:
    """What is wrong with a training that came to its end, and that nothing vouches for."""
    if closed := unreadable(run, task):
        return f"{closed[0]} {CLOSED}"
    folder = run.seed_folder(task.model, task.seed)
    ended = task.kind == "training" and (folder / "metrics.json").exists()
    return f"{folder} holds files that can't be read, or do not belong together" if ended else ""


def _of_beginning(run: RunFolder, name: str, manifest: Manifest) -> str:
    """What is wrong with a file that says what the run is; an edited config is told elsewhere."""
    path = run.path / name
    if not path.exists():
        return f"{path} is missing"
    other = name == "environment.json" and read_if_good(path) != manifest.environment
    if other or (name == GUESS and not is_kept(manifest)):
        return f"{path} is not the one that this run made"
    return ""
