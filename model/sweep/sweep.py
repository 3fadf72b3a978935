"""The conductor of a sweep: settings -> the trainings that are left, each made once -> its report.

Each setting is an ordinary run in a folder of its own, of which only the trainings are made. It runs in the
parent process, without TensorFlow.
"""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from configs.schema import OF_A_RUN, Config, ConfigError
from configs.sweep import Setting, has_trainings_of, settings_of, swept_keys
from data.lease import Lease
from data.splits import Splits
from data.storage import locked, synced_together
from model.experiment import progress
from model.experiment.adoption import taken_up
from model.experiment.opening import (
    as_it_began,
    describe,
    load_data,
    put_aside,
    resolved,
    settled,
)
from model.experiment.parts import FORMS, REPORT, Task, must_be_free
from model.experiment.results import data_facts
from model.experiment.status import status_of
from model.experiment.work import Work, do
from model.report.words import counted
from model.run.folder import RunError, RunFolder
from model.run.manifest import Manifest
from model.sweep.records import SweepReport
from model.sweep.report import read_sweep
from model.sweep.results import report_of_sweep
from model.sweep.status import settings_of_report
from model.sweep.text import sweep_block
from model.sweep.trainings import Place, failures_of, left_of, same_trainings, share_out
from model.sweep.writer import write_sweep_report


def run_sweep(
    config: Config,
    outputs: Path,
    console: Console,
    fresh: bool = False,
    debug: bool = False,
    path: Path | None = None,
    guess: str | None = None,
) -> int:
    """Train what is not trained yet of all settings of a sweep, and report, into a folder in `outputs`.

    Its arguments, what it returns and what it raises are those of `run_experiment`; a guess is refused.
    """
    if guess is not None:
        raise ConfigError("--guess is for a run, and this config is of a sweep. Leave it out.")
    config = resolved(config, path)
    settings, splits = settings_of(config), load_data(config.data)
    config, identity, run, known = settled(config, splits, outputs, not fresh, path)
    if swept_keys(config) != list(settings[0].values):  # they stood in another order when it was begun
        settings = settings_of(config)
    with run.held("wait for it, or give this one another name") as lease:
        if fresh and known:
            with locked(outputs / ".lock"):
                run.clear((), lambda anew: describe(anew, config, identity))
        if known and not fresh and (made := run.known_config()):  # its name stays
            config = config.model_copy(update={"name": made.name})
        if note := put_aside(run, config):
            progress.say(console, f"note      {note}")
        splits = as_it_began(run, config, splits)
        progress.say(console, progress.header(config, data_facts(config, splits), run.path))
        return Sweep(config, settings, splits, run, identity, console, debug, lease).complete()


def _must_be_of(setting: Setting, run: RunFolder) -> None:
    """Raise RunError where a setting's folder was made another run, which going on would spoil."""
    made = manifest.config if (manifest := run.manifest()) else setting.config.model_dump(mode="json")
    with suppress(ValueError):
        if has_trainings_of(setting.config, Config.model_validate(made, context=OF_A_RUN)):
            return
    raise RunError(
        f"{run.path} is not as this sweep makes it: its seeds, or more of it, are others; move it out of "
        f"{run.path.parent}, and the same command makes that setting again"
    )


class Sweep:
    """The settings of a config on its data, in the sweep's folder: training what is left, and the report."""

    def __init__(
        self,
        config: Config,
        settings: Sequence[Setting],
        splits: Splits,
        run: RunFolder,
        identity: dict[str, str],
        console: Console,
        debug: bool = False,
        lease: Lease | None = None,
    ) -> None:
        self.config, self.settings, self.splits, self.run = config, settings, splits, run
        self.identity, self.console, self.debug, self.lease = identity, console, debug, lease
        began = describe(run, config, identity)
        self.manifest: Manifest = taken_up(run, config, began, None)
        self._new = {setting.name for setting in settings if not (run.path / setting.name).exists()}
        with synced_together():
            self.works = {self._work(setting): setting.name for setting in settings}

    def _work(self, setting: Setting) -> Work:
        """A setting in its folder, as it is or as it begins."""
        run = RunFolder(self.run.path / setting.name)
        if setting.name not in self._new:
            run.tidy()
            _must_be_of(setting, run)
            if note := put_aside(run, setting.config):
                progress.say(self.console, f"note      {note}")
        return Work(setting.config, self.splits, run, label=setting.name)

    def complete(self) -> int:
        """Train what is left, write the report if anything is new, and show it."""
        trainings = same_trainings(self.works)
        with synced_together():
            share_out(trainings)
        left = left_of(trainings)
        progress.say(self.console, self._in_words(trainings, left))
        for work, tasks in left.items():
            if self.works[work] not in self._new:
                must_be_free(work.run, work.manifest, tasks)
                self._tell_damage(work, tasks)
        if left:
            do(left, self.console, self.debug, self.lease)
            with synced_together():
                share_out(trainings)
        failed = failures_of(trainings, self.works)
        report = self._report_that_is_there(left) or self._report(failed)
        progress.say(self.console, "\n" + sweep_block(report, progress.short_path(self.run.path)))
        return 4 if report.failed or report.not_drawn else 0

    def _in_words(self, trainings: Sequence[list[Place]], left: dict[Work, list[Task]]) -> str:
        """How many settings and trainings there are, and what of them there is to do."""
        number = sum(map(len, trainings))
        told = f"sweep     {counted(len(self.settings), 'setting')}, {number:,} training{'s' * (number > 1)}"
        if number > len(trainings):
            told += f", of which {len(trainings):,} differ"
        to_do = sum(map(len, left.values()))
        done = len(trainings) - to_do
        if not to_do:
            return f"{told}: all done"
        return f"{told}: {done:,} done, {to_do:,} to do" if done else told

    def _tell_damage(self, work: Work, tasks: Sequence[Task]) -> None:
        """Say why something is made again that was made already."""
        if any(task.name in work.manifest.parts for task in tasks):
            damage = status_of(work.run).damage
            for task in (task for task in tasks if task.name in damage):
                what = "scored" if work.plan.is_scored_again(task) else "made"
                told = f"{self.works[work]} {task.name} is {what} again: {damage[task.name]}."
                progress.say(self.console, told)

    def _told(self) -> str:
        """What decides the report, as far as it is recorded by now."""
        return settings_of_report(self.config, {name: work.manifest for work, name in self.works.items()})

    def _report_that_is_there(self, left: dict[Work, list[Task]]) -> SweepReport | None:
        """The report that is there, if it and its pictures tell of all that is there."""
        if left or self.manifest.state(REPORT, self._told(), {}, thoroughly=True) != "whole":
            return None
        with suppress(RunError):
            report = read_sweep(self.run)
            return None if report.not_drawn else report
        return None

    def _report(self, failed: dict[tuple[str, str, int], str]) -> SweepReport:
        """Write the report in all its forms, with its pictures, and vouch for them."""
        self.run.must_still_be_there()
        self.manifest.begin({REPORT: "report.json"})
        self.manifest.write()
        report = report_of_sweep(self.run, self.config, self.settings, self.splits, self.identity, failed)
        report, pictures = write_sweep_report(self.run, report)
        files = [*FORMS, *(path.relative_to(self.run.path).as_posix() for path in pictures)]
        self.manifest.record(REPORT, self._told(), {}, files)
        self.manifest.write()
        return report
