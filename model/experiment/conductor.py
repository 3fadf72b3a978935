"""The conductor: config -> data -> what is left to do -> workers -> results -> report.

It runs in the parent process, without TensorFlow.
"""

from dataclasses import asdict, replace
from pathlib import Path

from rich.console import Console

from configs.schema import Config, ConfigError, Data, digest, dump
from data.fashion_mnist import load as load_fashion_mnist
from data.lines import load as load_lines
from data.splits import IN_PROPORTION, Splits
from data.storage import locked, write_atomically, write_json
from model.comparison.records import Failure
from model.experiment import progress
from model.experiment.plan import GAIN_SIDE_BY_SIDE, REPORT_SECONDS, TYPICAL_SPEED, Plan, Task
from model.experiment.remarks import of_rules
from model.experiment.report import Report, read_report
from model.experiment.results import collect, data_facts, kept, report_of
from model.experiment.terminal import terminal_block
from model.experiment.writer import write_report
from model.networks.facts import layer_facts
from model.run.arithmetic import Arithmetic, here, recorded
from model.run.capacity import free_memory, memory_of_training, num_side_by_side, num_workers
from model.run.environment import decisive, describe_environment, num_cores
from model.run.folder import RunError, RunFolder, find_folder
from model.run.forecast import Forecast
from model.run.rules import RULES, rules_of
from model.run.speed import probe_speed
from model.run.workers import Done, Failed, Job, Reported, Workers


def load_data(section: Data, split_rule: int = IN_PROPORTION) -> Splits:
    """The data set that a config asks for, checked; of the rule `data.splits.shares` tells."""
    load = load_lines if section.source == "lines" else load_fashion_mnist
    return load(section, split_rule)


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
        The exit code: 0, or 4 if a job failed or a picture could not be drawn.

    Raises:
        DataError: the data can't be had or is wrong; nothing has been written then.
        ConfigError: a network can't be trained in the memory there is; likewise.
        RunError: another process is at work on the same experiment.
    """
    splits = load_data(config.data)
    identity = identity_of(config, splits)
    with locked(outputs / ".lock"):  # so that two at once do not find the same free folder
        run, known = find_folder(outputs, config.name, identity)
        if not known:
            _must_fit(config, splits)
            _describe(run, config, identity)
    with run.held():
        with locked(outputs / ".lock"):
            if fresh and known:
                run.clear()
            if not _says(run, config):  # what is to be looked at may have changed, or where it runs
                _describe(run, config, identity)
        splits = _as_it_began(run, config, splits)
        progress.say(console, progress.header(config, data_facts(config, splits), run.path))
        return Experiment(config, splits, run, console, debug).complete()


def inspect_run(run: RunFolder, console: Console, debug: bool = False) -> int:
    """Look inside the saved models of a run, where that has not been done.

    Returns and raises as `run_experiment`; RunError also where the folder is no run.
    """
    config, splits = open_run(run)
    with run.held():
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
    return config, _as_it_began(run, config, splits)


def _as_it_began(run: RunFolder, config: Config, splits: Splits) -> Splits:
    """The data, cut by the rule that the run began under."""
    rule = rules_of(run.environment() or {})["split"]
    return splits if rule == IN_PROPORTION else load_data(config.data, rule)


class Experiment:
    """One config on its data, in its folder: which jobs are left, and doing them."""

    def __init__(self, config: Config, splits: Splits, run: RunFolder, console: Console, debug: bool) -> None:
        self.config, self.splits, self.run = config, splits, run
        self.console, self.debug = console, debug
        self.identity = identity_of(config, splits)
        began = run.environment() or {}
        self.environment = describe_environment(config.launch.threads_per_job)
        self.environment |= {"rules": began["rules"]} if "rules" in began else {}
        self.plan = Plan(config, splits, run, self.identity, self._arithmetic(), self.environment)
        self.failed: list[Failure] = []

    def complete(self, train: bool = True) -> int:
        """Do what is left, write the report if anything is new, and show it."""
        left = self.plan.left(train)
        if left:
            self._do(left)
        elif not train:
            progress.say(self.console, "Every trained model has been looked into already.")
        anew = left or self.run.is_report_outdated()
        report = self._report(looking=not train) if anew else read_report(self.run)
        path, rules = progress.short_path(self.run.path), of_rules(self.run, report)
        progress.say(self.console, "\n" + terminal_block(report, path, rules))
        return 4 if report.failed or report.not_drawn else 0

    def _do(self, left: list[Task]) -> None:
        """Have workers do the jobs; a model is looked into as soon as it is trained."""
        number, side_by_side = self._num_workers(left)
        threads, onednn = self.config.launch.threads_per_job, self.plan.arithmetic.onednn
        with Workers(number, threads, self.splits, self.debug, side_by_side, onednn) as workers:
            self._probe(workers)
            if any(task.kind == "training" for task in left):
                self._record()
            jobs = [self.plan.job(task) for task in left]
            tasks = {job.name: task for job, task in zip(jobs, left, strict=True)}
            gain = GAIN_SIDE_BY_SIDE if side_by_side > 1 else 1.0
            forecast = Forecast(jobs, number, num_cores(), gain, self.plan.slowness * REPORT_SECONDS)
            precision = min(self.plan.precisions)  # bfloat16 where models differ
            progress.say(self.console, progress.machine_line(num_cores(), precision, forecast.total))
            with progress.Display(self.console, jobs, forecast) as display:
                for job in jobs:
                    workers.submit(job)
                for event in workers.events():
                    display.show(event)
                    if isinstance(event, Failed):
                        self._note_failure(tasks[event.job.name], event.reason)

    def _note_failure(self, task: Task, reason: str) -> None:
        stage = None if task.kind == "training" else "inspection"
        failure = Failure(model=task.model, seed=task.seed, stage=stage, reason=reason)
        if failure not in self.failed:  # a damaged model stops every look at it
            self.failed.append(failure)

    def _report(self, looking: bool = False) -> Report:
        """Write the report of what is there; where a look alone would lose numbers, the earlier one stays."""
        self.run.must_still_be_there()
        results = collect(self.run, self.config, self.splits.test.labels, self.failed)
        report = report_of(self.run, self.config, self.splits, self.identity, results)
        if looking and (fuller := self._fuller(report)):
            progress.say(self.console, "report.json stays as it was: some of what it tells of can't be read.")
            return fuller
        looked_into = {model: self.plan.looked_into(model) for model in self.config.models}
        looked_into = {model: records for model, records in looked_into.items() if records}
        return write_report(self.run, report, self.splits, results.histories, looked_into)

    def _fuller(self, report: Report) -> Report | None:
        """The report that is there, if it holds more than this one."""
        try:
            earlier = read_report(self.run)
        except RunError:
            return None
        same = (earlier.config_digest, earlier.data.digest) == (report.config_digest, report.data.digest)
        return kept(earlier, report) if same else None

    def _num_workers(self, left: list[Task]) -> tuple[int, int]:
        """How many workers, and how many operations of a job at a time, finish soonest."""
        launch, splits, cores = self.config.launch, self.splits, num_cores()
        if launch.workers != "auto":  # who names a number of workers wants no more than that
            return launch.workers, 1
        size = sum(split.images.nbytes for split in (splits.train, splits.validation, splits.test))
        jobs = [self.plan.job(task) for task in left]
        names = {job.name for job in jobs}
        number = num_workers([job.cost for job in jobs], cores, free_memory(), size)
        at_once = [job.cost for job in jobs if job.after not in names]
        return number, num_side_by_side(at_once, cores // launch.threads_per_job)

    def _arithmetic(self) -> Arithmetic:
        """How this run computes: as it began, where that holds here, else as the table says."""
        began = self.run.environment() or {}
        as_before = recorded(began) if decisive(began) == decisive(self.environment) else None
        return as_before or here()

    def _probe(self, workers: Workers) -> None:
        """Ask a worker how fast it convolves, for the forecast; one that dies of bfloat16 takes it away."""
        speeds: dict[str, float] = {}
        bfloat16 = "bfloat16" in self.plan.precisions
        workers.submit(Job("probe", probe_speed, {"bfloat16": bfloat16}))
        for event in workers.events():
            if isinstance(event, Reported | Done):
                speeds = event.value
        if not speeds:
            raise RunError("no worker process could be started; `--debug` shows what TensorFlow says")
        arithmetic = self.plan.arithmetic
        if bfloat16 and "bfloat16" not in speeds:
            arithmetic = replace(arithmetic, precision="float32")
        self.plan = replace(self.plan, arithmetic=arithmetic, speeds=TYPICAL_SPEED | speeds)

    def _record(self) -> None:
        """Write what this run is computed with from now on; each training keeps its own."""
        self.run.must_still_be_there()
        environment = self.identity | self.environment | {"arithmetic": asdict(self.plan.arithmetic)}
        if environment != self.run.environment():
            write_json(self.run.path / "environment.json", environment)


def _must_fit(config: Config, splits: Splits) -> None:
    """Refuse what can't be trained in the memory there is, before anything is written."""
    free = free_memory()
    for model, network in config.models.items():
        facts = layer_facts(network, len(splits.class_names))
        batch_size, images = config.training_of(model).batch_size, splits.train.images.nbytes
        needed = memory_of_training(batch_size, facts, images)
        if needed > free:
            smaller = [batch_size >> halvings for halvings in range(1, batch_size.bit_length())]
            fits = [f"{size:,}" for size in smaller if memory_of_training(size, facts, images) <= free]
            raise ConfigError(
                f"models.{model} needs at least {needed / 1e9:,.1f} GB of memory to train, and "
                f"{free / 1e9:,.1f} GB are free; take "
                f"{f'a batch_size of {fits[0]} or ' if fits else ''}a smaller network."
            )


def _says(run: RunFolder, config: Config) -> bool:
    """Whether config.yaml is there and says this very config."""
    try:
        return run.config() == config
    except RunError:
        return False


def _describe(run: RunFolder, config: Config, identity: dict[str, str]) -> None:
    """Write what the run is, before it begins."""
    environment = run.environment()
    if environment is None:
        environment = describe_environment(config.launch.threads_per_job) | {"rules": RULES}
    # First what the folder is known by: without it a killed process would leave a folder of nobody's.
    write_json(run.path / "environment.json", identity | environment)
    write_atomically(run.path / "config.yaml", dump(config).encode())
