"""A sweep in a notebook: `open_sweep` reads it and never trains or writes."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from configs.schema import ConfigError
from data.storage import read_bytes
from model.experiment.notebook import Picture, Run, open_run
from model.experiment.tidy import Tables
from model.run.folder import RunFolder
from model.sweep.records import SweepReport
from model.sweep.report import read_sweep
from model.sweep.tidy import tables_of
from model.sweep.words import best_setting


def open_sweep(path: str | Path) -> "Sweep":
    """Open the folder of a sweep, as `outputs/my-sweep`.

    Raises:
        RunError: it is none, or its report is missing, damaged, or not the one that this sweep made.
    """
    folder = RunFolder(Path(path))
    return Sweep(folder, read_sweep(folder))


@dataclass(frozen=True)
class Sweep:
    """A sweep that was made. `report` is all of report.json, as records."""

    folder: RunFolder
    report: SweepReport

    def __repr__(self) -> str:
        return f"<sweep {self.folder.path}: {len(self.report.settings)} settings>"

    @cached_property
    def tables(self) -> Tables:
        """A row for each training: `pandas.DataFrame(sweep.tables["trainings"])`."""
        return tables_of(self.folder)

    @property
    def figures(self) -> list[str]:
        """The names of the pictures that are there."""
        return sorted(path.name for path in self.folder.figures.glob("[!.]*.png"))

    def figure(self, name: str) -> Picture:
        """One of `figures`, to be shown."""
        if name not in self.figures:
            raise ConfigError(f"{name!r} is no picture of the sweep; expected one of {self.figures}.")
        return Picture(name, self.folder.read(self.folder.figures / name, read_bytes))

    def run(self, setting: str = "") -> Run:
        """The run of a setting that has been gone on with, as it is called in `report`; else of the best."""
        return open_run(self.folder.path / (setting or best_setting(self.report)))
