"""The conductor: config -> data -> what is left to do -> workers -> results -> report.

It runs in the parent process, without TensorFlow.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from configs.elsewhere import is_run, of_words
from configs.schema import Config, ConfigError, recheck
from data.lease import Lease
from data.likeness import LIKENESS, likeness_of, write_likeness
from data.splits import Splits
from data.storage import locked
from model.experiment import progress
from model.experiment.elsewhere import as_found, copies
from model.experiment.opening import (
    as_it_began,
    config_and_data,
    describe,
    load_data,
    put_aside,
    resolved,
    settled,
)
from model.experiment.parts import (
    REPORT,
    Task,
    must_be_free,
    record_likeness,
    record_report,
    state_of,
    state_of_likeness,
    state_of_report,
)
from model.experiment.plan import Plan
from model.experiment.remarks import of_config
from model.experiment.report import Report, read_report
from model.experiment.results import Results, collect, data_facts, kept, report_of
from model.experiment.seeds import add_seeds
from model.experiment.status import status_of
from model.experiment.terminal import terminal_block
from model.experiment.work import Work, do
from model.experiment.writer import write_report
from model.run.find import smaller_config
from model.run.folder import RunError, RunFolder, going_on
from model.run.guess import first_guess


def run_experiment(
    config: Config,
    outputs: Path,
    console: Console,
    fresh: bool = False,
    debug: bool = False,
    path: Path | None = None,
    guess: str | None = None,
) -> int:
    """Train what is not trained yet, look inside, compare, report: into a folder in `outputs`.

    `fresh`: start over, also where this very experiment is done already. `debug`: leave TensorFlow's chatter
    and tracebacks on screen. `path` is that of the config's file, if it has one; that of a run means this
    very run. `guess`: what is expected, if that was said; the first one stands, also where all starts over.
    Returns the exit code: 0, or 4 if a job failed or a picture could not be drawn.

    Raises:
        DataError: the data can't be had or is wrong; nothing has been written then.
        ConfigError: a network can't be trained in the memory there is; likewise.
        RunError: another process is at work on the same experiment.
    """
    config = resolved(config, path)
    splits = load_data(config.data)
    config, identity, run, known = settled(config, splits, outputs, not fresh, path)
    with run.held("wait for it, or give this one another name") as lease:
        guess, late = first_guess(run, guess)
        with locked(outputs / ".lock"):
            if fresh and known:
                spared = copies(run, config)  # which may be nowhere else
                run.clear(spared, lambda anew: describe(anew, config, identity))
        if known and (smaller := smaller_config(run, config, splits.digest)):
            recheck(config)
            notes = add_seeds(run, smaller, config, identity, guess)
        else:
            notes = [put_aside(run)]
        for note in filter(None, [*notes, late]):
            progress.say(console, f"note      {note}")
        if known and not fresh and (made := run.known_config()):  # its name and what it has found stay
            config = as_found(config.model_copy(update={"name": made.name}), made)
        splits = as_it_began(run, config, splits)
        progress.say(console, progress.header(config, data_facts(config, splits), run.path))
        return Experiment(config, splits, run, console, debug, guess, lease).complete()


def inspect(words: Sequence[str], outputs: Path | None, console: Console, debug: bool = False) -> int:
    """Look into the saved models of a run, or make a run of networks that were trained elsewhere.

    `words` are a run folder; or `.keras` files, the first of the baseline, and `KEY=VALUE`: their run goes to
    `outputs`, the folder of that name if it is None.

    Returns and raises as `run_experiment` and `inspect_run`.
    """
    if not is_run(words):
        return run_experiment(of_words(words), outputs or Path("outputs"), console, debug=debug)
    if outputs is not None:
        raise ConfigError(
            f"--outputs {outputs}: that is for .keras files; a run stays where it is. Leave it out."
        )
    return inspect_run(RunFolder(Path(words[0])), console, debug)


def inspect_run(run: RunFolder, console: Console, debug: bool = False) -> int:
    """Look inside the saved models of a run, where that has not been done, and write its report if need be.

    Returns and raises as `run_experiment`; RunError also where the folder is no run, or nothing is trained.
    """
    config = run.config()
    if not any(run.metrics(model, seed) for model in config.models for seed in config.seeds):
        raise RunError(
            f"{run.path} has no finished training to look into; `{going_on(run.path)}` goes on with it"
        )
    config, splits = config_and_data(run)
    with run.held() as lease:
        return Experiment(config, splits, run, console, debug, lease=lease).complete(train=False)


class Experiment:
    """One config on its data, in its folder: doing what is left, and its report."""

    def __init__(
        self,
        config: Config,
        splits: Splits,
        run: RunFolder,
        console: Console,
        debug: bool,
        guess: str | None = None,
        lease: Lease | None = None,
    ) -> None:
        self.splits, self.run, self.console, self.debug, self.lease = splits, run, console, debug, lease
        self.work = Work(config, splits, run, guess)
        self.manifest = self.work.manifest

    @property
    def config(self) -> Config:
        """The config, with what was measured meanwhile."""
        return self.work.config

    @property
    def plan(self) -> Plan:
        """The jobs that are left, as far as is known by now."""
        return self.work.plan

    def complete(self, train: bool = True) -> int:
        """Do what is left, write the report if anything is new, show it, and tell what is not made good."""
        left, damage = self.plan.left(train), status_of(self.run, thoroughly=True).damage
        must_be_free(self.run, self.manifest, left)
        for task in (task for task in left if task.name in damage):
            what = "scored" if self.plan.is_scored_again(task) else "made"
            called = task.called(task.model in self.config.elsewhere)
            progress.say(self.console, f"{called} is {what} again: {damage[task.name]}.")
        if left:
            do({self.work: left}, self.console, self.debug, self.lease)
        elif not train:
            progress.say(self.console, "Every trained model has been looked into already.")
        self._keep_likeness()
        report = self._kept_report(left) or self._report(looking=not train)
        path, told = progress.short_path(self.run.path), of_config(self.run, report)
        progress.say(self.console, "\n" + terminal_block(report, path, told))
        problems = status_of(self.run, thoroughly=True).problems
        for problem in problems:
            progress.say(self.console, f"\n{problem}")
        return 4 if report.failed or report.not_drawn or problems else 0

    def _keep_likeness(self) -> None:
        """Keep in the run what tells which pictures are unlike its data, and vouch for it."""
        if state_of_likeness(self.manifest, thoroughly=True) != "whole":
            self.run.must_still_be_there()
            likeness = likeness_of(self.splits.train.images, self.splits.validation.images)
            write_likeness(self.run.path / LIKENESS, likeness)
            record_likeness(self.manifest)
            self.manifest.write()

    def _kept_report(self, left: list[Task]) -> Report | None:
        """The report that is there, if it tells of all that is there.

        Of its forms and pictures those that are not whole are made again, unless a training of it is not.
        """
        state = state_of_report(self.manifest, self.config, thoroughly=True)
        if left or state in ("waiting", "stale"):
            return None
        try:
            report = read_report(self.run)
        except RunError:
            return None
        if report.not_drawn:
            return None
        told = {(model, seed) for model, entry in report.models.items() for seed in entry.seeds}
        trainings = [Task("training", model, seed) for model, seed in told]
        whole = [state_of(self.manifest, self.config, task, thoroughly=True) for task in trainings]
        if state != "whole" and set(whole) <= {"whole"}:
            return self._write(report, collect(self.run, self.config, self.splits.test.labels, []))
        return report

    def _report(self, looking: bool = False) -> Report:
        """Write the report of what is there; where a look alone would lose numbers, the earlier one stays."""
        results = collect(self.run, self.config, self.splits.test.labels, self.work.failed)
        report = report_of(self.run, self.config, self.splits, self.work.identity, results)
        if looking and (fuller := self._fuller(report)):
            progress.say(self.console, "report.json stays as it was: some of what it tells of can't be read.")
            return fuller
        return self._write(report, results)

    def _write(self, report: Report, results: Results) -> Report:
        """Write a report in all its forms, with its pictures, and vouch for them."""
        self.run.must_still_be_there()
        self.manifest.begin({REPORT: "report.json"})
        self.manifest.write()
        looked_into = {model: self.plan.looked_into(model) for model in self.config.models}
        looked_into = {model: records for model, records in looked_into.items() if records}
        report, pictures = write_report(self.run, report, self.splits, results, looked_into)
        record_report(self.manifest, self.config, pictures)
        self.manifest.write()
        return report

    def _fuller(self, report: Report) -> Report | None:
        """The report that is there, if it holds more than this one."""
        try:
            earlier = read_report(self.run)
        except RunError:
            return None
        same = (earlier.config_digest, earlier.data.digest) == (report.config_digest, report.data.digest)
        return kept(earlier, report) if same else None
