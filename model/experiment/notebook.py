"""A run in a notebook: `open_run` reads all of it and never trains or writes.

TensorFlow is loaded by `Run.network` alone.
"""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from configs.schema import Config, ConfigError
from data.splits import Splits
from data.storage import read_bytes, read_npz, read_value
from model.experiment.opening import config_and_data
from model.experiment.parts import is_sound
from model.experiment.report import Report, read_report
from model.experiment.tidy import Tables, tables_of
from model.run.folder import RunError, RunFolder, again, must_have
from model.run.quiet import quiet

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Picture:
    """A figure of a run, which a notebook shows where it stands last in a cell; `png` is its file."""

    name: str
    png: bytes = field(repr=False)

    def _repr_png_(self) -> bytes:
        return self.png


def open_run(path: str | Path) -> "Run":
    """Open a run folder, as `outputs/dense-vs-cnn`.

    Raises:
        RunError: it is no run, or its report is missing, damaged, or not the one that this run made.
    """
    folder = RunFolder(Path(path))
    return Run(folder, folder.config(), read_report(folder))


@dataclass(frozen=True)
class Run:
    """A run that was made: its parts are read as they are asked for, and each is vouched for by the run.

    What can't be used raises RunError with the file and what to do; a model, a training or a picture that the
    run does not have raises ConfigError with those that it has. `report` is all of report.json, as records;
    `report.as_json()` gives it as it stands in the file.
    """

    folder: RunFolder
    config: Config
    report: Report

    def __repr__(self) -> str:
        return f"<run {self.folder.path}: {', '.join(self.config.models)}>"

    @cached_property
    def tables(self) -> Tables:
        """Tables by name, each a list of rows by column: `pandas.DataFrame(run.tables["trainings"])`.

        There are trainings, classes, filters and epochs; outputs/README.md says what each column is. What
        can't be used is left out: `faults` names it.
        """
        return self._tidy[0]

    @property
    def faults(self) -> list[str]:
        """What the tables lack because it can't be used, each in a sentence."""
        return self._tidy[1]

    @cached_property
    def _tidy(self) -> tuple[Tables, list[str]]:
        return tables_of(self.folder)

    @cached_property
    def data(self) -> Splits:
        """The pictures and labels that the run was made with; `data.test.images` are uint8 (n, 28, 28).

        Raises:
            DataError: they can't be had.
        """
        return config_and_data(self.folder)[1]

    def probabilities(self, model: str, seed: int | None = None) -> np.ndarray:
        """What a training (default: of the first seed) gives each class: float32 (num_test, num_classes)."""
        path = self.folder.seed_folder(self._known(model), self._seed(seed)) / "predictions.npz"
        self.folder.vouch_for(path)
        return self.folder.predictions(model, self._seed(seed))[0]

    def filters(self, model: str) -> dict[str, np.ndarray]:
        """The weights of the first seed by name: float32, `conv1/kernel` (height, width, inputs, filters)."""
        return self._arrays(model, "filters.npz")

    def maps(self, model: str) -> dict[str, np.ndarray]:
        """Pictures, and what the layers of the first seed make of them, by name.

        `images` uint8 (n, 28, 28), `labels`, `indices` into the test file, and of each convolution and
        pooling layer, as `conv1` and `pool1`, float32 (n, height, width, filters).
        """
        return self._arrays(model, "activations.npz")

    def passports(self, model: str) -> list[dict[str, Any]]:
        """All that is known of each filter of the first seed, as passports.json has it."""
        entries: list[dict[str, Any]] = self._read(self._inside(model, "passports.json"), read_value)
        return entries

    @property
    def figures(self) -> list[str]:
        """The names of the pictures that are there: `run.figure(run.figures[0])` shows the first."""
        paths = [*self.folder.figures.glob("[!.]*.png")]
        for model in self.config.models:
            paths += self.folder.inspection_folder(model).glob("[!.]*.png")
        return sorted(path.relative_to(self.folder.path).as_posix() for path in paths)

    def figure(self, name: str) -> Picture:
        """One of `figures`, to be shown; a part of the name that no other has is enough, as `2-accuracy`."""
        if not self.figures:
            raise RunError(f"{self.folder.path} has no pictures; {again(self.folder.path)}")
        exact = [known for known in self.figures if name in (known, known.removesuffix(".png"))]
        found = exact or [known for known in self.figures if name in known]
        if len(found) != 1:
            raise ConfigError(
                f"{name!r}: {'several pictures have' if found else 'no picture has'} that in their names; "
                f"expected one of {', '.join(found or self.figures)}."
            )
        return Picture(found[0], self._read(self.folder.path / found[0], read_bytes))

    def network(self, model: str, seed: int | None = None) -> "keras.Model":
        """A trained network (default: of the first seed), as a Keras model.

        It takes float32 pictures (batch, 28, 28, 1) in [0, 1] and gives probabilities (batch, num_classes).
        No code from its file is run.
        """
        path = self.folder.seed_folder(self._known(model), self._seed(seed)) / "model.keras"
        with quiet():
            from model.run.saved import load

            return load(path, self.config.models[model], len(self.report.data.classes))

    def _known(self, model: str) -> str:
        must_have(self.config.models, model, "model", repr(model))
        return model

    def _seed(self, seed: int | None) -> int:
        seeds = self.config.seeds
        if seed is not None:
            must_have(seeds, seed, "seed", repr(seed))
        return seeds[0] if seed is None else seed

    def _inside(self, model: str, name: str) -> Path:
        folder = self.folder.inspection_folder(self._known(model))
        metrics = self.folder.metrics(model, self._seed(None))
        if metrics and not is_sound(metrics):
            raise ConfigError(
                f"{model} gives all pictures the same answer, so there is nothing to look into; take another."
            )
        if name == "passports.json" and (folder / "units.json").exists():
            raise ConfigError(
                f"{model} has no convolutions, so no passports; `run.tables['filters']` has its units."
            )
        if name == "activations.npz" and (folder / "units.json").exists():
            raise ConfigError(f"{model} has no convolutions, so no maps; take a model that has.")
        return folder / name

    def _arrays(self, model: str, name: str) -> dict[str, np.ndarray]:
        return self._read(self._inside(model, name), read_npz)

    def _read(self, path: Path, read: Any) -> Any:
        if not path.exists() and not path.parent.is_dir():
            raise RunError(f"{path.parent} is missing; {again(self.folder.path)}")
        self.folder.vouch_for(path)
        return self.folder.read(path, read)
