"""The run folder: where each file stands, and reading it with errors that help. No TensorFlow.

outputs/<name>/
  config.yaml  environment.json  report.json  report.md  report.html  figures/*.png
  <model>/seed-<n>/    model.keras  history.csv  predictions.npz  metrics.json
  <model>/inspection/  filters.npz  activations.npz  passports.json  *.png
"""

import csv
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from configs.schema import Config, ConfigError, load

T = TypeVar("T")
TRAINED = ("model.keras", "history.csv", "predictions.npz", "metrics.json")  # in the order of writing


class RunError(Exception):
    """A run folder that is missing, damaged or not what was asked for."""


@dataclass(frozen=True)
class RunFolder:
    """One run on disk. What reads raises RunError with the file, what is wrong, and what to do."""

    path: Path

    @property
    def figures(self) -> Path:
        """Where the figures of the comparison stand."""
        return self.path / "figures"

    def seed_folder(self, model: str, seed: int) -> Path:
        """Where one training's model, history, predictions and metrics stand."""
        return self.path / model / f"seed-{seed}"

    def inspection_folder(self, model: str) -> Path:
        """Where the filters and maps of a model's first seed stand."""
        return self.path / model / "inspection"

    def config(self) -> Config:
        """The config of the run, as resolved."""
        self._must_be_a_run()
        try:
            return load(self.path / "config.yaml")
        except ConfigError as error:
            raise RunError(f"{self.path} can't be read as a run: {error}") from None

    def report(self) -> dict[str, Any]:
        """The content of report.json."""
        self._must_be_a_run()
        return self._read(
            self.path / "report.json", read_json, "run train.py with its config.yaml to write it"
        )

    def environment(self) -> dict[str, Any] | None:
        """The content of environment.json, or None where there is none that can be read."""
        try:
            return read_json(self.path / "environment.json")
        except (OSError, ValueError):
            return None

    def metrics(self, model: str, seed: int) -> dict[str, Any] | None:
        """The metrics of a finished training, or None: they are written last."""
        try:
            return read_json(self.seed_folder(model, seed) / "metrics.json")
        except (OSError, ValueError):
            return None

    def inspection(self, model: str) -> dict[str, Any] | None:
        """What was drawn of a model's inside (figures.json, written last), or None."""
        try:
            return read_json(self.inspection_folder(model) / "figures.json")
        except (OSError, ValueError):
            return None

    def history(self, model: str, seed: int) -> dict[str, np.ndarray]:
        """The columns of history.csv by name."""
        return self._read(self.seed_folder(model, seed) / "history.csv", _read_columns, AGAIN)

    def predictions(self, model: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities float32 (num_test, num_classes) and labels uint8 (num_test,)."""
        return self._read(self.seed_folder(model, seed) / "predictions.npz", _read_predictions, AGAIN)

    def is_complete(self, model: str, seed: int) -> bool:
        """Whether all files of a training are there."""
        return all((self.seed_folder(model, seed) / name).is_file() for name in TRAINED)

    def is_report_outdated(self) -> bool:
        """Whether a training or an inspection ended after report.json was written, or there is none."""
        report = self.path / "report.json"
        if not report.exists():
            return True
        parts = [*self.path.glob("*/seed-*/metrics.json"), *self.path.glob("*/inspection/figures.json")]
        return any(part.stat().st_mtime_ns > report.stat().st_mtime_ns for part in parts)

    def _must_be_a_run(self) -> None:
        if not self.path.is_dir():
            raise RunError(f"{self.path} is no folder; expected a run folder such as outputs/dense-vs-cnn")

    def _read(self, path: Path, read: Callable[[Path], T], remedy: str) -> T:
        try:
            return read(path)
        except FileNotFoundError:
            raise RunError(f"{path} is missing; {remedy}") from None
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise RunError(f"{path} can't be read ({error}); delete it, then {remedy}") from None


AGAIN = "run train.py with the run's config.yaml again: it trains only what is missing"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; ValueError if it holds anything else."""
    value = json.loads(path.read_bytes())
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    return value


def _read_columns(path: Path) -> dict[str, np.ndarray]:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows:
        raise ValueError("no epochs in it")
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def _read_predictions(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path, allow_pickle=False) as file:
        probabilities, labels = file["probabilities"], file["labels"]
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(f"shapes {probabilities.shape} and {labels.shape} do not belong together")
    if not np.isfinite(probabilities).all():
        raise ValueError("probabilities that are not finite numbers")
    return probabilities, labels


def find_folder(outputs: Path, name: str, identity: dict[str, str]) -> tuple[RunFolder, bool]:
    """The folder of this experiment: its own from earlier, or the first free one of NAME, NAME-2, ...

    Args:
        outputs: where run folders stand.
        name: of the experiment.
        identity: the entries of environment.json that make an experiment the same.

    Returns:
        The folder, and whether it holds this very experiment already.
    """
    number = 1
    while True:
        run = RunFolder(outputs / (name if number == 1 else f"{name}-{number}"))
        environment = run.environment()
        if environment is not None and all(environment.get(key) == value for key, value in identity.items()):
            return run, True
        if not run.path.exists() or (run.path.is_dir() and not any(run.path.iterdir())):
            return run, False
        number += 1


def newest_run(outputs: Path) -> RunFolder:
    """The run whose report was written last."""
    reports = [path for path in outputs.glob("*/report.json") if path.parent.name != "reference"]
    if not reports:
        raise RunError(f"no finished run in {outputs}; `python train.py` makes one")
    return RunFolder(max(reports, key=lambda path: path.stat().st_mtime).parent)
