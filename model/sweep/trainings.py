"""The trainings of a sweep: which are the same in several settings, which are left. No TensorFlow.

A training that several settings have, such as that of a model none of whose keys is swept, is made once, and
its files are put into the others as well.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from configs.digests import training_digest
from configs.schema import Config
from configs.sweep import settings_of
from data.storage import link
from model.experiment.parts import Task, files_of, state_of, tasks_of, unreadable
from model.experiment.work import Work
from model.run.checkpoints import newest_epoch
from model.run.folder import RunFolder


@dataclass(frozen=True)
class Place:
    """A training in one of the settings that have it."""

    work: Work
    task: Task

    @property
    def is_whole(self) -> bool:
        """Whether it is done and as it was made, by sizes and times of its files."""
        return state_of(self.work.manifest, self.work.config, self.task) == "whole"

    @property
    def may_be_made(self) -> bool:
        """Whether nothing is lost by making it here: a file that can't be read may be whole."""
        return not unreadable(self.work.run, self.task)

    @property
    def head_start(self) -> tuple[bool, int]:
        """How little is left to do here: it may need to answer again only, or have a checkpoint."""
        folder = self.work.run.seed_folder(self.task.model, self.task.seed)
        return self.work.plan.is_scored_again(self.task), newest_epoch(folder)


def runs_in(run: RunFolder, config: Config) -> dict[str, tuple[Config, RunFolder]]:
    """Of a sweep its settings by name, with their configs and folders; a run is its own only one, ""."""
    if not config.sweep:
        return {"": (config, run)}
    settings = settings_of(config, of_a_run=True)
    return {one.name: (one.config, RunFolder(run.path / one.name)) for one in settings}


def trainings_of(runs: Mapping[str, tuple[Config, RunFolder]]) -> list[list[tuple[str, Task]]]:
    """All trainings, each with all runs that have it, by name, in their order."""
    found: dict[tuple[str, str], list[tuple[str, Task]]] = {}
    for name, (config, _) in runs.items():
        for task in (task for task in tasks_of(config) if task.kind == "training"):
            known_as = training_digest(config, task.model, task.seed)
            found.setdefault((task.model, known_as), []).append((name, task))
    return list(found.values())


def same_trainings(works: Iterable[Work]) -> list[list[Place]]:
    """All trainings of settings, each as all the places that it has, in the order of the settings."""
    by_name = {work.label: work for work in works}
    trainings = trainings_of({name: (work.config, work.run) for name, work in by_name.items()})
    return [[Place(by_name[name], task) for name, task in places] for places in trainings]


def left_of(trainings: Iterable[list[Place]]) -> dict[Work, list[Task]]:
    """What there is to train, of each setting: a training that is whole nowhere, where least is left."""
    left: dict[Work, list[Task]] = {}
    for places in trainings:
        if any(place.is_whole for place in places):
            continue
        possible = [place for place in places if place.may_be_made]
        if possible:
            chosen = max(possible, key=lambda place: place.head_start) if len(possible) > 1 else possible[0]
            left.setdefault(chosen.work, []).append(chosen.task)
    return left


def share_out(trainings: Iterable[list[Place]]) -> None:
    """Put the files of trainings that are done into all settings that have the same, and vouch for them."""
    for places in trainings:
        if len(places) == 1:
            continue
        lacking = [place for place in places if not place.is_whole]
        made = next((place for place in places if place not in lacking), None)
        for place in lacking if made else ():
            if made and place.may_be_made:
                _put(made, place)


def _put(made: Place, other: Place) -> None:
    """Put the files of a training into another setting, those last by which it is known to be done."""
    work, task = other.work, other.task
    work.begin([task])
    for name in files_of(made.work.run, made.task):
        link(made.work.run.path / name, work.run.path / name)
    work.note_done(task)


def failures_of(
    trainings: Iterable[list[Place]], names: Mapping[Work, str]
) -> dict[tuple[str, str, int], str]:
    """Why trainings failed just now, by setting, model and seed: in every setting that has them."""
    found = {}
    for places in trainings:
        reasons = [
            failure.reason
            for place in places
            for failure in place.work.failed
            if (failure.model, failure.seed) == (place.task.model, place.task.seed)
        ]
        for place in places if reasons else ():
            found[names[place.work], place.task.model, place.task.seed] = reasons[0]
    return found
