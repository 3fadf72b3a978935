"""The conductor: config -> data -> jobs -> comparison and inspection -> report.

The only module that knows more than one stage. It runs in the parent process, without TensorFlow.
"""

import importlib.metadata
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console

from configs.schema import Config, Data, digest, dump
from data.fashion_mnist import load as load_fashion_mnist
from data.lines import load as load_lines
from data.splits import Splits
from data.storage import locked, write_atomically, write_json
from model.jobs import inspect_model, probe_speed, train_and_score
from model.launch import Done, Failed, Job, Reported, Workers, free_memory, num_cores, num_workers
from model.layer_facts import layer_facts
from model.report import progress
from model.report.tables import terminal_block
from model.report.writer import write_report
from model.results import collect, report_of
from model.run_folder import RunError, RunFolder, find_folder

REPOSITORY = Path(__file__).parent.parent
VERSIONS = ("tensorflow", "keras", "numpy", "scipy", "matplotlib")
FORWARD_AND_BACKWARD = 3  # a training step does the forward arithmetic, and twice as much backward
INSPECTION_IMAGES = 100_000  # what an inspection costs, in images passed forward
SHARE_OF_SPEED = 0.6  # of one convolution's speed that whole training steps reach
OVERHEAD_SECONDS = 15.0  # beside the jobs' arithmetic: TensorFlow's import, graphs, the report
CLEARLY_FASTER = 1.3  # bfloat16 against float32: more than the noise of a shared machine


def load_data(section: Data) -> Splits:
    """The data set that a config asks for, checked."""
    return load_lines(section) if section.source == "lines" else load_fashion_mnist(section)


def identity_of(config: Config, splits: Splits) -> dict[str, str]:
    """What makes two experiments the same one."""
    return {"config_digest": digest(config), "data_digest": splits.digest}


def run_experiment(
    config: Config, outputs: Path, console: Console, fresh: bool = False, debug: bool = False
) -> int:
    """Train what is not trained yet, look inside, compare, report.

    Args:
        config: what to do.
        outputs: where run folders stand.
        console: where progress and result are shown.
        fresh: start over, also where this very experiment is done already.
        debug: leave TensorFlow's chatter and tracebacks on screen.

    Returns:
        The exit code: 0, or 4 if a job failed.

    Raises:
        DataError: the data can't be had or is wrong; nothing has been written then.
        RunError: another process is at work on the same experiment.
    """
    splits = load_data(config.data)
    identity = identity_of(config, splits)
    with locked(outputs / ".lock"):  # so that two at once do not find the same free folder
        run, known = find_folder(outputs, config.name, identity)
        if not known:
            _describe(run, config, identity)
    with _only_one(run):
        if fresh and known:
            shutil.rmtree(run.path)
        if not _says(run, config):  # what is to be looked at may have changed, or where it runs
            _describe(run, config, identity)
        progress.say(console, progress.header(config, splits, run.path))
        return Experiment(config, splits, run, console, debug).complete()


def inspect_run(run: RunFolder, console: Console, debug: bool = False) -> int:
    """Look inside the saved models of a run, where that has not been done.

    Args:
        run: a run folder.
        console: where progress is shown.
        debug: as for `run_experiment`.

    Returns:
        The exit code: 0, or 4 if a model can't be inspected.

    Raises:
        RunError: the folder is no run, or another process is at work in it.
        DataError: its data can't be had.
    """
    config, splits = open_run(run)
    with _only_one(run):
        return Experiment(config, splits, run, console, debug).complete(train=False)


def open_run(run: RunFolder) -> tuple[Config, Splits]:
    """The config of a run and the data it was made with.

    Raises:
        RunError: the folder is no run, or the data have changed since.
        DataError: the data can't be had.
    """
    config = run.config()
    splits = load_data(config.data)
    made_with = (run.environment() or {}).get("data_digest")
    if made_with != splits.digest:
        raise RunError(
            f"{run.path} was made with other data (digest {made_with}) than data.source gives now "
            f"({splits.digest}); put the files back, or train again"
        )
    return config, splits


class Experiment:
    """One config on its data, in its folder: which jobs are left, and doing them."""

    def __init__(self, config: Config, splits: Splits, run: RunFolder, console: Console, debug: bool) -> None:
        self.config, self.splits, self.run = config, splits, run
        self.console, self.debug = console, debug
        self.identity = identity_of(config, splits)
        self.failed: list[dict[str, Any]] = []
        self.bfloat16 = False
        self._settings = config.inspection.model_dump(mode="json")

    def complete(self, train: bool = True) -> int:
        """Do the jobs that are left, write the report if anything is new, and show it."""
        trainings = self._unfinished() if train else []
        inspections = [model for model in self.config.models if self._wants_a_look(model)]
        if trainings or inspections:
            self._work(trainings, inspections)
        elif not train:
            progress.say(self.console, "Every model has been looked into already.")
        if trainings or inspections or self.run.is_report_outdated():
            self._report()
        report = self.run.report()
        progress.say(self.console, "\n" + terminal_block(report, progress.short_path(self.run.path)))
        return 4 if report["failed"] else 0

    def _report(self) -> None:
        results = collect(self.run, self.config, self.splits.test.labels, self.failed)
        report = report_of(self.run, self.config, self.splits, self.identity, results)
        looked_into = [model for model in self.config.models if self._has(self.run.inspection(model))]
        write_report(self.run, report, self.splits, results.histories, looked_into)

    def _unfinished(self) -> list[tuple[str, int]]:
        return [
            (model, seed)
            for model in self.config.models
            for seed in self.config.seeds
            if not (self.run.is_complete(model, seed) and self._has(self.run.metrics(model, seed)))
        ]

    def _wants_a_look(self, model: str) -> bool:
        """Whether the model of the first seed is to be inspected, now or when it has been trained."""
        metrics = self.run.metrics(model, self.config.seeds[0])
        looked = self.run.inspection(model)
        done = looked is not None and self._has(looked) and looked["settings"] == self._settings
        return not done and (metrics is None or _is_sound(metrics))

    def _has(self, record: dict[str, Any] | None) -> bool:
        """Whether a record is there and is of this very experiment."""
        return record is not None and all(record.get(key) == value for key, value in self.identity.items())

    def _work(self, trainings: list[tuple[str, int]], inspections: list[str]) -> None:
        """Run the jobs in workers; a model is looked into as soon as its first seed is there."""
        first = self.config.seeds[0]
        jobs = {(model, seed): self._training(model, seed) for model, seed in trainings}
        looks = {model: self._inspection(model) for model in inspections}
        everything = [*jobs.values(), *looks.values()]
        owners = {job.name: key for key, job in jobs.items()}
        owners |= {job.name: (model, first) for model, job in looks.items()}
        costs = [job.cost for job in everything]
        launch = self.config.launch
        size = sum(
            split.images.nbytes for split in (self.splits.train, self.splits.validation, self.splits.test)
        )
        number = launch.workers
        if number == "auto":
            number = num_workers(costs, num_cores(), free_memory(), size)
        with Workers(number, launch.threads_per_job, self.splits, self.debug) as workers:
            seconds = self._choose_precision(workers, costs)
            progress.say(self.console, progress.machine_line(num_cores(), self._precision(), seconds))
            with progress.Display(self.console, everything, seconds) as display:
                for job in jobs.values():
                    workers.submit(self._with_precision(job, owners[job.name][0]))
                for model in [model for model in looks if (model, first) not in jobs]:
                    workers.submit(looks.pop(model))
                for event in workers.events():
                    display.show(event)
                    model, seed = owners[event.job.name]
                    if isinstance(event, Reported):
                        continue
                    if isinstance(event, Failed):
                        inside = {"stage": "inspection"} if event.job.function is inspect_model else {}
                        self.failed.append({"model": model, "seed": seed, **inside, "reason": event.reason})
                    elif (
                        (model, seed) in jobs and model in looks and seed == first and _is_sound(event.value)
                    ):
                        workers.submit(looks.pop(model))
                for job in looks.values():
                    display.show(Failed(job, "there is no sound model of the first seed"))

    def _choose_precision(self, workers: Workers, costs: list[float]) -> float:
        """Probe the processor, decide on bfloat16 once for this run -> the seconds to expect."""
        speeds: dict[str, float] = {}
        workers.submit(Job("probe", probe_speed))
        for event in workers.events():
            if isinstance(event, Reported | Done):
                speeds = event.value
        if not speeds:
            raise RunError("no worker process could be started; `--debug` shows what TensorFlow says")
        environment = self.run.environment() or {}
        faster = speeds.get("bfloat16", 0) > CLEARLY_FASTER * speeds["float32"]
        # An interrupted run goes on in the precision it began with.
        self.bfloat16 = environment.get("bfloat16", faster)
        if "bfloat16" not in environment:
            write_json(self.run.path / "environment.json", environment | {"bfloat16": self.bfloat16})
        speed = SHARE_OF_SPEED * speeds.get(self._precision(), speeds["float32"])
        return OVERHEAD_SECONDS + max(sum(costs) / num_cores(), *costs) / speed

    def _with_precision(self, job: Job, model: str) -> Job:
        return replace(job, arguments=job.arguments | {"bfloat16": self._uses_bfloat16(model)})

    def _uses_bfloat16(self, model: str) -> bool:
        precision = self.config.training_of(model).precision
        return self.bfloat16 if precision == "auto" else precision == "bfloat16"

    def _precision(self) -> str:
        """What the trainings run in, for people; the faster one if they differ."""
        return "bfloat16" if any(map(self._uses_bfloat16, self.config.models)) else "float32"

    def _training(self, model: str, seed: int) -> Job:
        recipe = self.config.training_of(model)
        images = recipe.epochs * len(self.splits.train.labels)
        return Job(
            f"{model} seed {seed}",
            train_and_score,
            {
                "network": self.config.models[model],
                "recipe": recipe,
                "augmentation": self.config.data.augmentation,
                "seed": seed,
                "folder": self.run.seed_folder(model, seed),
                "identity": self.identity,
            },
            cost=FORWARD_AND_BACKWARD * images * self._flops(model),
        )

    def _inspection(self, model: str) -> Job:
        seed = self.config.seeds[0]
        return Job(
            f"{model} inside",
            inspect_model,
            {
                "name": model,
                "network": self.config.models[model],
                "seed": seed,
                "settings": self.config.inspection,
                "saved": self.run.seed_folder(model, seed) / "model.keras",
                "folder": self.run.inspection_folder(model),
                "identity": self.identity,
            },
            cost=INSPECTION_IMAGES * self._flops(model),
        )

    def _flops(self, model: str) -> int:
        return sum(
            fact.flops for fact in layer_facts(self.config.models[model], len(self.splits.class_names))
        )


def _is_sound(metrics: dict[str, Any]) -> bool:
    """Whether a network has learned anything to look at: one that always says the same has not."""
    return metrics["distinct_answers"] > 1


@contextmanager
def _only_one(run: RunFolder) -> Iterator[None]:
    """Keep other processes out of a run's folder."""
    path = run.path.resolve()
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path.parent / f".{path.name}.lock", wait=False))
        except BlockingIOError:
            remedy = "wait for it, or give this one another name"
            raise RunError(f"another process is at work in {run.path}; {remedy}") from None
        yield


def _says(run: RunFolder, config: Config) -> bool:
    """Whether config.yaml is there and says this very config."""
    try:
        return run.config() == config
    except RunError:
        return False


def _describe(run: RunFolder, config: Config, identity: dict[str, str]) -> None:
    """Write what the run is, before it begins."""
    write_atomically(run.path / "config.yaml", dump(config).encode())
    known = {key: value for key, value in (run.environment() or {}).items() if key == "bfloat16"}
    write_json(run.path / "environment.json", identity | _environment(config) | known)


def _environment(config: Config) -> dict[str, Any]:
    return {
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "cores": num_cores(),
        "threads_per_job": config.launch.threads_per_job,
        "git_commit": _git_commit(),
    }


def _processor() -> str:
    with suppress(OSError, StopIteration), open("/proc/cpuinfo") as lines:
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return platform.processor() or platform.machine()


def _git_commit() -> str | None:
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    return None
