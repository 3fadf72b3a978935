"""Having workers do what is left: of one config in its folder, or of several. No TensorFlow."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from rich.console import Console

from configs.schema import Config
from data.lease import Lease
from data.splits import Splits
from data.storage import remove_temporary, synced_together, write_json
from model.comparison.records import Failure
from model.experiment import progress
from model.experiment.adoption import taken_up
from model.experiment.elsewhere import keep, with_measured
from model.experiment.opening import describe, identity_of
from model.experiment.parts import Task, record
from model.experiment.plan import GAIN_SIDE_BY_SIDE, REPORT_SECONDS, TYPICAL_SPEED, Plan
from model.run.arithmetic import here, recorded
from model.run.capacity import free_memory, num_side_by_side, num_workers
from model.run.cluster import must_be_usable
from model.run.engines import engine_of
from model.run.environment import decisive, describe_environment, num_cores
from model.run.folder import RunError, RunFolder
from model.run.forecast import Forecast
from model.run.jobs import Done, Event, Failed, Job, Lost, Reported, Schedule, in_turn
from model.run.manifest import Manifest
from model.run.speed import probe_speed
from model.run.workers import Workers


class Work:
    """One config on its data, in its folder: its plan, and the record of what is done.

    `label` tells its jobs from those of others that are done together with them.
    """

    reports = True  # once all is done

    def __init__(
        self, config: Config, splits: Splits, run: RunFolder, guess: str | None = None, label: str = ""
    ) -> None:
        self.config, self.splits, self.run, self.label = config, splits, run, label
        self.identity = identity_of(config, splits)
        self.manifest = self._record(guess)
        began = self.manifest.environment
        self.environment = describe_environment(config.launch.threads_per_job)
        self.environment |= {"rules": began["rules"]} if "rules" in began else {}
        as_before = recorded(began) if decisive(began) == decisive(self.environment) else None
        arithmetic = as_before or here()
        self.plan = Plan(config, splits, run, self.manifest, arithmetic, self.environment)
        self.failed: list[Failure] = []
        self._begun: set[Task] = set()  # and not ended
        self._unwritten = False  # whether something is finished that the record on disk does not tell

    def _record(self, guess: str | None) -> Manifest:
        """The record of the run, which is described and has its copies from now on."""
        began = describe(self.run, self.config, self.identity)
        keep(self.run, self.config)
        return taken_up(self.run, self.config, began, guess)

    def begin(self, left: Sequence[Task]) -> None:
        """Note in the record what is about to be made."""
        self._begun |= set(left)
        self.manifest.begin({task.name: task.written_last for task in left})
        self.manifest.write()

    def trains(self, left: Sequence[Task]) -> bool:
        """Whether a training is among what is left, or a network that is taken in."""
        return any(task.kind == "training" and not self.plan.is_scored_again(task) for task in left)

    def job(self, task: Task) -> Job:
        """What does a task, by a name that no job of another work has."""
        job = self.plan.job(task)
        if not self.label:
            return job
        after = None if job.after is None else f"{self.label} {job.after}"
        shown = f"{self.label} {job.shown or job.name}"
        return replace(job, name=f"{self.label} {job.name}", after=after, shown=shown)

    def use_speeds(self, speeds: Mapping[str, float]) -> None:
        """Plan with the speeds that a worker has measured; one that died of bfloat16 takes it away."""
        arithmetic = self.plan.arithmetic
        if "bfloat16" in self.plan.precisions and "bfloat16" not in speeds:
            arithmetic = replace(arithmetic, precision="float32")
        self.plan = replace(self.plan, arithmetic=arithmetic, speeds=TYPICAL_SPEED | dict(speeds))

    def record_environment(self) -> None:
        """Write what the run is computed with from now on; each training keeps its own."""
        self.run.must_still_be_there()
        environment = self.identity | self.environment | {"arithmetic": asdict(self.plan.arithmetic)}
        if environment != self.manifest.environment:
            self.manifest.environment = environment
            self.manifest.write()
            write_json(self.run.path / "environment.json", environment)

    def try_pixels(self, workers: Schedule) -> None:
        """Keep in the config how networks from elsewhere read pixels; those not tried fail when taken in."""
        for job in self.plan.trials():
            workers.submit(job)
        events = list(workers.events())
        measured = {event.job.name: event.value for event in events if isinstance(event, Done)}
        untried = {event.job.name: event.reason for event in events if isinstance(event, Failed)}
        self.config = with_measured(self.config, measured)
        self.plan = replace(self.plan, config=self.config, untried=untried)
        if not measured:
            return
        self.manifest.config = self.config.model_dump(mode="json")
        self.manifest.write()
        describe(self.run, self.config, self.identity)

    def note_failure(self, task: Task, reason: str) -> None:
        """Keep why a task failed, for the report."""
        stage = None if task.kind == "training" else "inspection"
        failure = Failure(model=task.model, seed=task.seed, stage=stage, reason=reason)
        if failure not in self.failed:  # a damaged model stops every look at it
            self.failed.append(failure)
        self._begun.discard(task)
        if not self._begun:
            self.write_record()

    def note_done(self, task: Task) -> None:
        """Vouch for what a task has made."""
        self.run.must_still_be_there()
        record(self.manifest, self.run, self.config, task)
        self._begun.discard(task)
        self._unwritten = True
        if not (self.label and self._begun):  # of one of many works, when nothing more of it is awaited
            self.write_record()

    def write_record(self) -> None:
        """Write what was finished and is not written yet, unless the folder is gone."""
        if self._unwritten and (self.run.path / "config.yaml").exists():
            self.manifest.write()
            self._unwritten = False


def do(
    left: Mapping[Work, Sequence[Task]], console: Console, debug: bool = False, lease: Lease | None = None
) -> None:
    """Have processes do what is left; locally a model is looked into as soon as it is trained.

    Where trainings run on another engine, all of them do first, and then this machine's workers look.

    `lease` is that of the folder: others see in it how far the jobs are.

    Raises:
        ConfigError: the engine that the config names can't be had.
        RunError: no worker could be started, or a folder is gone meanwhile, or is another's by now.
    """
    first = next(iter(left))
    launch = first.config.launch
    away = launch.engine != "local" and any(work.trains(tasks) for work, tasks in left.items())
    if away:
        must_be_usable(launch)
    with synced_together():
        for work, tasks in left.items():
            work.begin(tasks)
    number, side_by_side = crew(left)
    how = first.splits, debug, side_by_side, first.plan.arithmetic.onednn
    with Workers(1 if away else number, launch.threads_per_job, *how) as workers:
        probe(left, workers)
        with synced_together():
            for work in (work for work, tasks in left.items() if work.trains(tasks)):
                work.record_environment()
                work.try_pixels(workers)
        jobs = {work.job(task): (work, task) for work, tasks in left.items() for task in tasks}
        if not away:
            _watch(jobs, workers.run(jobs), workers.number, side_by_side, console, lease)
    if away:
        with engine_of(launch, number, *how) as engine:
            looking = partial(Workers, number, launch.threads_per_job, *how)
            events = in_turn(engine, looking, list(jobs))
            _watch(jobs, events, engine.number, side_by_side, console, lease)


def _watch(
    jobs: Mapping[Job, tuple[Work, Task]],
    events: Iterable[Event],
    number: int,
    side_by_side: int,
    console: Console,
    lease: Lease | None,
) -> None:
    """Show what happens to jobs, of which so many run at a time, and record what is done."""
    works = [work for work, _ in jobs.values()]
    forecast = forecast_of(jobs, number, side_by_side)
    precision = min(precision for work in works for precision in work.plan.precisions)  # where they differ
    trains = any(len(work.config.elsewhere) < len(work.config.models) for work in works)
    if address := works[0].config.launch.address:
        progress.say(console, progress.cluster_line(address, number, forecast.total))
    else:
        progress.say(console, progress.machine_line(num_cores(), precision, forecast.total, trains))
    lost: set[Path] = set()  # folders in which a process was writing that died
    with progress.Display(console, list(jobs), forecast) as display:
        if lease:
            lease.tells = display.told
        try:
            for event in events:
                if lease and lease.lost_to:
                    raise RunError(f"{lease.lost_to} has taken over, for nothing was heard of this process")
                display.show(event)
                work, task = jobs[event.job]
                if isinstance(event, Failed):
                    work.note_failure(task, event.reason)
                elif isinstance(event, Done):
                    work.note_done(task)
                elif isinstance(event, Lost):
                    lost.add((work.run.path / task.written_last).parent)
        finally:  # of a process that is killed the files tell what it had finished
            for work in dict.fromkeys(works) if not (lease and lease.lost_to) else ():
                work.write_record()
    for folder in lost:
        remove_temporary(folder)


def crew(left: Mapping[Work, Sequence[Task]]) -> tuple[int, int]:
    """How many workers, and how many operations of a job at a time, finish soonest."""
    launch, cores = next(iter(left)).config.launch, num_cores()
    if launch.workers != "auto":  # who names a number of workers wants no more than that
        return launch.workers, 1
    jobs = [work.job(task) for work, tasks in left.items() for task in tasks]
    needs = [work.plan.memory(task) for work, tasks in left.items() for task in tasks]
    names = {job.name for job in jobs}
    number = num_workers([job.cost for job in jobs], needs, cores, free_memory())
    at_once = [job.cost for job in jobs if job.after not in names]
    return number, num_side_by_side(at_once, cores // launch.threads_per_job)


def forecast_of(jobs: Mapping[Job, tuple[Work, Task]], number: int, side_by_side: int) -> Forecast:
    """How long jobs take of which so many run at a time, and so many operations of one."""
    works = [work for work, _ in jobs.values()]
    gain = GAIN_SIDE_BY_SIDE if side_by_side > 1 else 1.0
    cores = number if works[0].config.launch.address else num_cores()
    after = works[0].plan.slowness * REPORT_SECONDS * any(work.reports for work in works)
    return Forecast(list(jobs), number, cores, gain, after)


def probe(works: Collection[Work], workers: Schedule) -> None:
    """Ask a worker how fast it convolves, for the forecast; dying of bfloat16, twice, takes it away."""
    speeds: Mapping[str, float] = {}
    bfloat16 = any("bfloat16" in work.plan.precisions for work in works)
    workers.submit(Job("probe", probe_speed, {"bfloat16": bfloat16}, tries=2))
    for event in workers.events():
        if isinstance(event, Reported | Done):
            speeds = event.value
    if not speeds:
        raise RunError("no worker process could be started; `--debug` shows what TensorFlow says")
    for work in works:
        work.use_speeds(speeds)
