"""The run folder: where each file stands, and reading it with errors that help. No TensorFlow.

outputs/<name>/
  config.yaml  environment.json  report.json  report.md  report.html  figures/*.png
  <model>/seed-<n>/    model.keras  history.csv  predictions.npz  metrics.json  robustness.npz/.json
  <model>/inspection/  filters.npz  passports.json  ...  inside-figures.json  why-figures.json  *.png

What each file holds: outputs/README.md.
"""

import csv
import hashlib
import io
import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from configs.schema import Config, ConfigError, load
from data.storage import TEMPORARY, holder, locked, read_bytes, read_npz, read_value, remove_temporary
from model.run.checkpoints import remove_checkpoints

T = TypeVar("T")
HISTORY = {"loss", "accuracy", "val_loss", "val_accuracy"}  # columns of history.csv that are drawn
METRICS: dict[str, type] = {  # what metrics.json must have
    "accuracy": float,
    "validation_accuracy": float,
    "distinct_answers": int,
    "epochs": int,
    "precision": str,
    "train_seconds": float,
    "predict_seconds": float,
}
RECORDS = {"inspection": "inside-figures.json", "attribution": "why-figures.json"}  # by kind, their records
FIGURE = {"file", "title", "alt"}  # what a look tells of each; and why it is missing, its "fault"


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
        if not (self.path / "config.yaml").exists():
            raise RunError(
                f"{self.path} holds no config.yaml, so nothing can be trained or opened in it; "
                "`python train.py` makes a run that has all"
            )
        try:
            return load(self.path / "config.yaml")
        except ConfigError as error:
            raise RunError(f"{self.path} can't be read as a run: {error}") from None

    def report(self) -> dict[str, Any]:
        """The content of report.json."""
        self._must_be_a_run()
        return self.read(self.path / "report.json", read_json)

    def environment(self) -> dict[str, Any] | None:
        """The content of environment.json, or None where there is none that can be read."""
        return read_if_good(self.path / "environment.json")

    def metrics(self, model: str, seed: int) -> dict[str, Any] | None:
        """The metrics of a finished training, or None: they are written last."""
        metrics = read_if_good(self.seed_folder(model, seed) / "metrics.json") or {}
        return metrics if all(isinstance(metrics.get(key), kind) for key, kind in METRICS.items()) else None

    def look(self, model: str, kind: str) -> dict[str, Any] | None:
        """What a look into a model has drawn (its record, written last), or None.

        None, too, where a file that it wrote is missing or has changed: then it is taken again.
        """
        folder = self.inspection_folder(model)
        try:
            record = read_json(folder / RECORDS[kind])
            return record if _is_look(record) and _is_intact(folder, record["files"]) else None
        except (OSError, ValueError):
            return None

    def history(self, model: str, seed: int) -> dict[str, np.ndarray]:
        """The columns of history.csv by name."""
        return self.read(self.seed_folder(model, seed) / "history.csv", _read_columns)

    def predictions(self, model: str, seed: int) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities float32 (num_test, num_classes) and labels uint8 (num_test,)."""
        return self.read(self.seed_folder(model, seed) / "predictions.npz", _read_predictions)

    def is_report_outdated(self) -> bool:
        """Whether a report is missing or damaged, lacks a picture, or what it tells of is newer."""
        report = self.path / "report.json"
        try:
            lacking = read_json(report).get("not_drawn")
        except (OSError, ValueError):
            return True
        if lacking or not all((self.path / name).exists() for name in ("report.md", "report.html")):
            return True
        written_last = ("seed-*/metrics.json", "seed-*/robustness.json", "inspection/*-figures.json")
        parts = [part for last in written_last for part in self.path.glob(f"*/{last}")]
        parts += self.path.glob("config.yaml")
        return any(part.stat().st_mtime_ns > report.stat().st_mtime_ns for part in parts)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes out of the folder, and tidy up what one that was killed left."""
        path = self.path.resolve()
        lock = path.parent / f".{path.name}.lock"
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(lock, wait=False))
            except BlockingIOError:
                remedy = "wait for it, or give this one another name"
                raise RunError(f"{holder(lock)} is at work in {self.path}; {remedy}") from None
            self.tidy()
            yield

    def tidy(self) -> None:
        """Remove what a killed process left: files half-written, checkpoints of trainings that are done.

        Raises:
            RunError: a folder of the run is a link, through which a run would be written elsewhere.
        """
        for path in self.path.rglob("*"):
            if path.is_symlink() and path.is_dir():
                raise RunError(f"{path} is a link to another folder; put a folder of its own in its place")
        remove_temporary(self.path)
        for metrics in self.path.glob("*/seed-*/metrics.json"):
            remove_checkpoints(metrics.parent)

    def clear(self) -> None:
        """Remove the run; whoever looks finds it whole or not at all. What a link leads to stays."""
        if self.path.is_symlink():
            self.path.unlink()
            return
        old = self.path.with_name(f".{self.path.name}.old")
        shutil.rmtree(old, ignore_errors=True)  # of one that was killed
        self.path.rename(old)
        shutil.rmtree(old)

    def must_still_be_there(self) -> None:
        """Raise RunError if the folder is gone: writing would bring back a part of it."""
        if not (self.path / "config.yaml").exists():
            raise RunError(f"{self.path} was deleted or moved meanwhile; the same command starts over")

    def _must_be_a_run(self) -> None:
        if not self.path.is_dir():
            raise RunError(f"{self.path} is no folder; expected a run folder such as outputs/dense-vs-cnn")

    def read(self, path: Path, read: Callable[[Path], T]) -> T:
        """What a reader makes of a file, whatever is wrong with it in a sentence that names it."""
        try:
            return read(path)
        except FileNotFoundError:
            raise RunError(f"{path} is missing; {again(self.path)}") from None
        except Exception as error:  # a damaged file fails in as many ways as there are readers
            raise RunError(f"{path} can't be read ({error}); delete it, then {again(self.path)}") from None


def again(run: Path) -> str:
    """The command that makes good what a run lacks, wherever its folder is and whatever it is called now."""
    run = run if run.name.strip(".") else run.resolve()
    config = run / "config.yaml"
    if not config.exists():
        return "get the whole folder of that run: this one has no config.yaml to make it from"
    words = ["python", "train.py", str(config)]
    with suppress(ConfigError):
        if load(config).name != run.resolve().name:
            words.append(f"name={run.resolve().name}")
    if run.parent != Path("outputs"):
        words += ["--outputs", str(run.parent)]
    return f"`{shlex.join(words)}` makes only what is missing or damaged"


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file; ValueError if it holds anything else."""
    value = read_value(path)
    if not isinstance(value, dict):
        raise ValueError(f"expected an object, found {type(value).__name__}")
    return value


def read_if_good(path: Path) -> dict[str, Any] | None:
    """A JSON object from a file, or None where there is none that can be read."""
    with suppress(OSError, ValueError):
        return read_json(path)
    return None


def _is_look(record: dict[str, Any]) -> bool:
    """Whether this tells what was drawn, all of it in the folder where it stands."""
    figures = record.get("figures")
    return (
        isinstance(record.get("settings"), dict)
        and isinstance(record.get("files"), dict)
        and isinstance(figures, list)
        and all(isinstance(figure, dict) and figure.keys() >= FIGURE for figure in figures)
        and all(isinstance(figure.get(key, ""), str) for figure in figures for key in (*FIGURE, "fault"))
        and all(re.fullmatch(r"[\w-]+\.png", figure["file"]) for figure in figures)
    )


def _is_intact(folder: Path, files: dict[str, Any]) -> bool:
    """Whether the files of a folder are what a record says: a sha256 by name."""
    names = all(re.fullmatch(r"[\w-]+\.(json|npz|png)", name) for name in files)
    return names and all(sha256_of(folder / name) == digest for name, digest in files.items())


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def _read_columns(path: Path) -> dict[str, np.ndarray]:
    rows = list(csv.DictReader(io.StringIO(read_bytes(path).decode(), newline="")))
    if not rows:
        raise ValueError("no epochs in it")
    missing = HISTORY - rows[0].keys()
    if missing:
        raise ValueError(f"no column {min(missing)} in it")
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}
    if not all(np.isfinite(column).all() for column in columns.values()):
        raise ValueError("numbers that are not finite")
    return columns


def _read_predictions(path: Path) -> tuple[np.ndarray, np.ndarray]:
    arrays = read_npz(path)
    probabilities, labels = arrays["probabilities"], arrays["labels"]
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise ValueError(f"shapes {probabilities.shape} and {labels.shape} do not belong together")
    if probabilities.dtype.kind != "f" or labels.dtype.kind != "u":
        raise ValueError(f"numbers of the kinds {probabilities.dtype} and {labels.dtype}")
    if labels.size and labels.max() >= probabilities.shape[1]:
        raise ValueError(f"a label {labels.max()} among {probabilities.shape[1]} classes")
    if not (np.isfinite(probabilities).all() and probabilities.min(initial=0) >= 0):
        raise ValueError("probabilities that are not finite numbers from 0 on")
    return probabilities, labels


def find_folder(outputs: Path, name: str, identity: dict[str, str]) -> tuple[RunFolder, bool]:
    """The folder of this experiment: its own from earlier, or the first free one of NAME, NAME-2, ...

    `identity` are the entries of environment.json that make an experiment the same. Also returned: whether
    the folder holds this very experiment already.
    """
    number = 1
    while True:
        run = RunFolder(outputs / (name if number == 1 else f"{name}-{number}"))
        environment = run.environment()
        if environment is not None and all(environment.get(key) == value for key, value in identity.items()):
            return run, True
        if not run.path.exists() or (run.path.is_dir() and all(map(_is_half_written, run.path.iterdir()))):
            return run, False
        number += 1


def _is_half_written(path: Path) -> bool:
    """Whether this is what a killed writer left."""
    return path.name.startswith(".") and path.suffix == TEMPORARY


def newest_run(outputs: Path) -> RunFolder:
    """The run whose report was written last."""
    reports = [path for path in outputs.glob("*/report.json") if path.parent.name != "reference"]
    if not reports:
        where = "" if outputs == Path("outputs") else f" --outputs {shlex.quote(str(outputs))}"
        raise RunError(f"no finished run in {outputs}; `python train.py{where}` makes one")
    return RunFolder(max(reports, key=lambda path: path.stat().st_mtime).parent)
