"""A work that keeps no record in its folder: others may be at work beside it, or nothing is to be written."""

from collections.abc import Sequence

from configs.schema import Config
from data.splits import Splits
from model.experiment.adoption import adopt_tasks, must_not_be_later
from model.experiment.parts import Task, tasks_of
from model.experiment.work import Work
from model.run.environment import describe_environment
from model.run.folder import RunFolder
from model.run.jobs import Schedule
from model.run.manifest import Manifest
from model.run.rules import RULES


class Unrecorded(Work):
    """What there is of some `tasks`, by default of all, is known in memory alone; nothing is described."""

    def __init__(
        self,
        config: Config,
        splits: Splits,
        run: RunFolder,
        tasks: Sequence[Task] | None = None,
        label: str = "",
    ) -> None:
        self.tasks = tasks_of(config) if tasks is None else list(tasks)
        super().__init__(config, splits, run, label=label)

    def _record(self, guess: str | None) -> Manifest:
        must_not_be_later(self.run)
        new = describe_environment(self.config.launch.threads_per_job) | {"rules": RULES} | self.identity
        manifest = self.run.manifest() or Manifest(self.run.path, environment=self.run.environment() or new)
        manifest.config = self.config.model_dump(mode="json")
        adopt_tasks(manifest, self.run, self.config, self.tasks)
        return manifest

    def begin(self, left: Sequence[Task]) -> None:
        """Note nothing: a training that is there is known by its own files."""

    def record_environment(self) -> None:
        """Write nothing: each training keeps its own."""

    def try_pixels(self, workers: Schedule) -> None:
        """Measure nothing: networks from elsewhere are left to those who keep a record."""

    def note_done(self, task: Task) -> None:
        """Vouch for nothing, but go on only in a run."""
        self.run.must_still_be_there()

    def write_record(self) -> None:
        """Write nothing."""
