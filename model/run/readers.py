"""Files of a run, read by kind and checked, for they may be anybody's. No TensorFlow."""

import csv
import io
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from data.storage import read_bytes, read_npz, read_value
from model.networks.measures import accuracy

HISTORY = {"loss", "accuracy", "val_loss", "val_accuracy"}  # columns of history.csv that are drawn
SCORED: dict[str, type] = {  # what metrics.json must have
    "accuracy": float,
    "validation_accuracy": float,
    "distinct_answers": int,
    "predict_seconds": float,
}
TRAINED: dict[str, type] = {"epochs": int, "precision": str, "train_seconds": float}  # of a training, too
SAME_ACCURACY = 1e-6  # on a million pictures, one answer
FIGURE = {"file", "title", "alt"}  # what a look tells of each; and why it is missing, its "fault"


def is_metrics(metrics: Mapping[str, Any]) -> bool:
    """Whether this tells what must be known of a training, or of a network that was trained elsewhere."""
    kinds = SCORED if is_from_elsewhere(metrics) else SCORED | TRAINED
    return all(isinstance(metrics.get(key), kind) for key, kind in kinds.items())


def is_from_elsewhere(metrics: Mapping[str, Any]) -> bool:
    """Whether these are the metrics of a network that was not trained here; its file is told by them."""
    return isinstance(metrics.get("original"), str)


def fits(metrics: Mapping[str, Any], probabilities: np.ndarray, labels: np.ndarray) -> bool:
    """Whether a training's metrics tell the accuracy of these answers."""
    return bool(abs(metrics["accuracy"] - accuracy(probabilities, labels)) <= SAME_ACCURACY)


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


def is_look(record: dict[str, Any]) -> bool:
    """Whether this tells what was drawn, all of it in the folder where it stands."""
    figures = record.get("figures")
    return (
        isinstance(record.get("settings"), dict)
        and isinstance(record.get("files"), dict)
        and all(re.fullmatch(r"[\w-]+\.(json|npz|png)", name) for name in record["files"])
        and isinstance(figures, list)
        and all(isinstance(figure, dict) and figure.keys() >= FIGURE for figure in figures)
        and all(isinstance(figure.get(key, ""), str) for figure in figures for key in (*FIGURE, "fault"))
        and all(re.fullmatch(r"[\w-]+\.png", figure["file"]) for figure in figures)
    )


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """The columns of a history.csv by name, float64 (epochs,), all finite; ValueError if it is none."""
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


def read_predictions(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities float32 (num_test, num_classes) and labels uint8 (num_test,)."""
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
