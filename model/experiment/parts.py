"""What a run consists of: which parts there are, what decides each, and how it stands. No TensorFlow."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from configs.networks import Saved
from configs.schema import Config
from data.likeness import LIKENESS, RULE
from data.packing import PREPARATION
from model.report.words import numbered
from model.robustness.files import measured_with
from model.run.folder import ORIGINAL, RECORDS, RunError, RunFolder
from model.run.manifest import Manifest, State, digest_of
from model.run.readers import is_from_elsewhere

Kind = Literal["training", "inspection", "attribution", "robustness"]
REPORT, LIKELY = "report", "likeness"  # the parts beside those that are tasks
TRAINING_FILES = ("model.keras", "history.csv", "predictions.npz", "metrics.json")
FILES_FROM_ELSEWHERE = (ORIGINAL, "model.keras", "predictions.npz", "metrics.json")
FORMS = ("report.md", "report.html", "report.json")


class Task(NamedTuple):
    """What there is to do, of one model and seed."""

    kind: Kind
    model: str
    seed: int

    @property
    def name(self) -> str:
        """The key of its job, and of what it makes; models are looked into at one seed only."""
        return self.called(elsewhere=False)

    def called(self, elsewhere: bool) -> str:
        """The same as it is shown: what was trained `elsewhere` has files, and nobody knows their seeds."""
        if self.kind in RECORDS:
            return f"{self.model} {self.kind}"
        return f"{self.model} {numbered(self.seed, elsewhere)}" + f" {self.kind}" * (self.kind != "training")

    @property
    def network(self) -> str:
        """The file of the network that it makes or looks at, as seen from the run, as all files here."""
        return f"{self.model}/seed-{self.seed}/model.keras"

    @property
    def written_last(self) -> str:
        """The file that is there when all others are."""
        if self.kind in RECORDS:
            return f"{self.model}/inspection/{RECORDS[self.kind]}"
        return f"{self.model}/seed-{self.seed}/{'metrics' if self.kind == 'training' else self.kind}.json"


def tasks_of(config: Config) -> list[Task]:
    """All trainings, then all looks: into the models of the first seed, and the questions to those asked."""
    looks: list[Task] = [
        Task(kind, model, config.seeds[0])
        for model in config.models
        for kind in ("inspection", "attribution")
    ]
    looks += [Task("robustness", model, seed) for model in config.models for seed in config.seeds_perturbed]
    return [Task("training", model, seed) for model in config.models for seed in config.seeds] + looks


def settings_of(config: Config, task: Task) -> dict[str, Any]:
    """What decides the numbers of a task, beside data and seed, and of a look the network."""
    if task.kind == "training":
        data, network = config.data.model_dump(mode="json"), config.models[task.model]
        if isinstance(network, Saved):
            return {"network": network.model_dump(mode="json", exclude={"file"})}
        return {
            "network": network.model_dump(mode="json", exclude={"training"}),
            "recipe": config.training_of(task.model).model_dump(mode="json"),
            "augmentation": data["augmentation"],
        }
    return measured_with(config) if task.kind == "robustness" else config.inspection.model_dump(mode="json")


def state_of(manifest: Manifest, config: Config, task: Task, thoroughly: bool = False) -> State:
    """How what a task makes stands, by the record of its run."""
    settings = digest_of(settings_of(config, task))
    return manifest.state(task.name, settings, made_from(manifest, task), thoroughly)


def lacks_answers_alone(manifest: Manifest, config: Config, task: Task) -> bool:
    """Whether of a training nothing but its predictions is lost, which its network gives again."""
    part, lost = manifest.parts.get(task.name), list(manifest.faults(task.name, thoroughly=True))
    made_so = part is not None and part.settings == digest_of(settings_of(config, task))
    return made_so and lost == [task.network.replace("model.keras", "predictions.npz")]


def state_of_report(manifest: Manifest, config: Config, thoroughly: bool = False) -> State:
    """Likewise of the report and its pictures, which tell of everything that is recorded."""
    return manifest.state(REPORT, *_of_report(manifest, config), thoroughly)


def state_of_likeness(manifest: Manifest, thoroughly: bool = False) -> State:
    """Likewise of what tells which pictures are unlike the data; these are those of the run."""
    return manifest.state(LIKELY, digest_of(RULE), {}, thoroughly)


def is_sound(metrics: Mapping[str, Any]) -> bool:
    """Whether a network has learned anything to look at: one that always says the same has not."""
    return bool(metrics["distinct_answers"] > 1)


def is_there(manifest: Manifest, look: Task) -> bool:
    """Whether a look that was taken is there, with whatever settings, and of the network that is there."""
    part = manifest.parts.get(look.name)
    same = part is not None and part.made_from == made_from(manifest, look)
    return same and look.name not in manifest.unfinished and not manifest.faults(look.name)


def record(manifest: Manifest, run: RunFolder, config: Config, task: Task) -> None:
    """Vouch for what a task has just made."""
    settings = digest_of(settings_of(config, task))
    manifest.record(task.name, settings, made_from(manifest, task), files_of(run, task))


def unreadable(run: RunFolder, task: Task) -> list[Path]:
    """The files of a task that are there and may not be read."""
    paths = [run.path / name for name in files_of(run, task)]
    return [path for path in paths if path.is_file() and not os.access(path, os.R_OK)]


def in_the_way(path: Path) -> str:
    """What stands where a file, or the folder that it is in, belongs, with what to do; else empty."""
    if path.is_dir():
        return f"{path} is a folder, where a file belongs: move it away"
    file = next((folder for folder in path.parents if folder.is_file()), None)
    return f"{file} is a file, where a folder belongs: move it away" if file else ""


def must_be_free(run: RunFolder, manifest: Manifest, tasks: Iterable[Task]) -> None:
    """Raise RunError where what stands in a file's place must not be lost: before hours of work."""
    tasks = list(tasks)
    files = {name for task in tasks for name in files_of(run, task)}
    for path in (*(run.path / name for name in (*FORMS, LIKENESS, *sorted(files))), run.figures / "*.png"):
        if told := in_the_way(path):
            raise RunError(told)
    for name in (name for task in tasks if task.kind == "training" for name in files_of(run, task)):
        if manifest.misplaced(name):
            raise RunError(run.changed_in_words(manifest, name))


def record_likeness(manifest: Manifest) -> None:
    """Vouch for what tells which pictures are unlike the data, and how these were packed, if they were."""
    files = [name for name in (PREPARATION, LIKENESS) if (manifest.folder / name).exists()]
    manifest.record(LIKELY, digest_of(RULE), {}, files)


def record_report(manifest: Manifest, config: Config, pictures: Iterable[Path]) -> None:
    """Likewise for the report and the pictures of the comparison."""
    names = [path.relative_to(manifest.folder).as_posix() for path in pictures]
    manifest.record(REPORT, *_of_report(manifest, config), [*FORMS, *names])


def _of_report(manifest: Manifest, config: Config) -> tuple[str, dict[str, str]]:
    """What decides the report, and the files that it is made from."""
    parts = [manifest.parts[task.name] for task in tasks_of(config) if task.name in manifest.parts]
    files = {file: stamp.sha256 for part in parts for file, stamp in part.files.items()}
    return digest_of(config.model_dump(mode="json")), files


def made_from(manifest: Manifest, task: Task) -> dict[str, str]:
    """The files that a task works with, and their sha256 as recorded."""
    return {} if task.kind == "training" else {task.network: manifest.recorded(task.network)}


def files_of(run: RunFolder, task: Task) -> list[str]:
    """What a task that is done has left, as far as its own record tells."""
    folder = task.written_last.rpartition("/")[0]
    if task.kind == "training":
        metrics = run.metrics(task.model, task.seed) or {}
        names = list((FILES_FROM_ELSEWHERE if is_from_elsewhere(metrics) else TRAINING_FILES)[:-1])
    elif task.kind == "robustness":
        names = ["robustness.npz"]
    else:
        names = list((run.look(task.model, task.kind) or {"files": {}})["files"])
    return [*(f"{folder}/{name}" for name in names), task.written_last]
