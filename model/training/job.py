"""Train and score one model with one seed: the work of a process that has TensorFlow to itself.

TensorFlow is imported by the functions, so that the parent can name them without it.
"""

import csv
import io
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Augmentation, Cnn, Dense, Network, Training
from data.splits import Splits
from data.storage import json_bytes, write_atomically, write_if_other, write_json, write_npz
from model.networks.measures import accuracy, log_loss
from model.run.arithmetic import Arithmetic
from model.run.checkpoints import Checkpoint, Checkpoints, remove_checkpoints
from model.run.environment import decisive
from model.run.jobs import JobFailed, Tell
from model.run.readers import read_json
from model.run.rules import rules_of
from model.run.saved import load, model_bytes


def train_and_score(
    splits: Splits,
    tell: Tell,
    *,
    network: Dense | Cnn,
    recipe: Training,
    augmentation: Augmentation | None,
    seed: int,
    arithmetic: Arithmetic,
    environment: dict[str, Any],
    folder: Path,
    identity: dict[str, Any],
    begun_as: Collection[str] = (),
) -> dict[str, Any]:
    """Train one network, score it on all test images once, save everything; metrics.json last.

    `environment`, with the rules that the run began under, is recorded in it. What decides bits of it, and
    `arithmetic`, must be those that an unfinished training began with; else it begins again. One that an
    earlier version began knows itself by one of `begun_as`.

    Returns the content of metrics.json.
    """
    from model.training.train import train

    same = {"model": folder.parent.name, "seed": seed, **decisive(environment), **asdict(arithmetic)}
    data, rules = (splits.train, splits.validation, len(splits.class_names)), rules_of(environment)
    training = partial(train, network, recipe, augmentation, *data, seed, arithmetic, rules)
    training = partial(training, on_progress=lambda progress: tell(_shown(progress, recipe.epochs)))
    checkpoints = Checkpoints(folder, identity | same, begun_as)
    model, history, train_seconds = _train_on(checkpoints, tell, training)
    told = {
        "epochs": len(history),
        "precision": arithmetic.precision,
        "environment": environment | {"arithmetic": asdict(arithmetic)},
        "train_seconds": round(train_seconds, 3),
    }
    try:
        files = {"history.csv": _csv(history).encode()}
        metrics = score(model, splits, folder, identity, told, files)
    except NotFinite as error:
        raise JobFailed(f"{error}; a lower learning_rate may help") from None
    remove_checkpoints(folder)
    return metrics


class NotFinite(JobFailed):
    """A network answers with numbers that are not finite."""


def score(
    model: Any,
    splits: Splits,
    folder: Path,
    identity: dict[str, Any],
    told: dict[str, Any],
    files: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """Score a finished network on all test images once, and save it and its answers; metrics.json last.

    `told` is what metrics.json says of how it was made, `files` are others that are written with it, by name.
    Returns the content of metrics.json.

    Raises:
        NotFinite: its answers are not finite numbers; nothing is written then.
        JobFailed: its run is gone.
    """
    from model.networks.answers import seconds_for_one

    probabilities, predict_seconds, scores = _score(model, splits)
    metrics = {
        **identity,
        **scores,
        "patterns": _patterns(model),
        **told,
        "predict_seconds": round(predict_seconds, 4),
        "predict_one_seconds": round(seconds_for_one(model, splits.test.images), 6),
    }
    _must_be_there(folder)
    write_atomically(folder / "model.keras", model_bytes(model))
    for name, content in (files or {}).items():
        write_atomically(folder / name, content)
    write_npz(folder / "predictions.npz", {"probabilities": probabilities, "labels": splits.test.labels})
    write_json(folder / "metrics.json", metrics)
    return metrics


def score_again(splits: Splits, tell: Tell, *, network: Network, folder: Path) -> dict[str, Any]:
    """Have a trained network answer all test images once more, for its predictions are lost.

    Where it is computed as it was then, these and metrics.json have the same bits again. How long training
    and answering took stays as it was measured. Returns the content of metrics.json.
    """
    model = load(folder / "model.keras", network, len(splits.class_names))
    probabilities, _, scores = _score(model, splits)
    metrics = read_json(folder / "metrics.json") | scores
    _must_be_there(folder)
    write_npz(folder / "predictions.npz", {"probabilities": probabilities, "labels": splits.test.labels})
    write_if_other(folder / "metrics.json", json_bytes(metrics))
    return metrics


def _score(model: Any, splits: Splits) -> tuple[np.ndarray, float, dict[str, Any]]:
    """A network's probabilities of all test images, the seconds that took, and how good it is."""
    from model.networks.answers import predict

    probabilities, seconds = predict(model, splits.test.images)
    validation, _ = predict(model, splits.validation.images)
    if not (np.isfinite(probabilities).all() and np.isfinite(validation).all()):
        raise NotFinite("its probabilities are not finite numbers")
    scores = {
        "accuracy": accuracy(probabilities, splits.test.labels),
        "loss": log_loss(probabilities, splits.test.labels),
        "validation_accuracy": accuracy(validation, splits.validation.labels),
        "validation_loss": log_loss(validation, splits.validation.labels),
        "distinct_answers": len(set(probabilities.argmax(axis=1).tolist())),
    }
    return probabilities, seconds, scores


def _patterns(model: Any) -> dict[str, Any] | None:
    """How many filters of the first convolution match a named pattern, if there is one."""
    from model.networks.patterns import count_patterns

    first = [layer for layer in model.layers if layer.name in ("conv1", "conv1_linear")]
    kernels = [weight for layer in first for weight in layer.get_weights() if weight.ndim == 4]
    return count_patterns(kernels[0]) if kernels else None


def _train_on(
    checkpoints: Checkpoints, tell: Tell, train: Callable[..., tuple[Any, list[dict[str, float]]]]
) -> tuple[Any, list[dict[str, float]], float]:
    """Train from the newest checkpoint on, leaving one after each epoch -> network, history, seconds."""
    from model.training.train import State, TrainingFailed

    faults: list[str] = []
    saved = checkpoints.load(faults.append)
    if faults:
        there = f"going on after epoch {len(saved.history)}" if saved else "starting over"
        tell("; ".join([*faults, there]))
    # Of this process's own work, since others may share its core; and of those that were interrupted.
    started = time.process_time() - (saved.seconds if saved else 0)

    def save(state: State) -> None:
        _must_be_there(checkpoints.folder)
        checkpoints.save(Checkpoint(state.variables, state.history, time.process_time() - started))

    try:
        model, history = train(state=State(saved.variables, saved.history) if saved else None, on_epoch=save)
    except TrainingFailed as error:
        raise JobFailed(str(error)) from None
    return model, history, time.process_time() - started


def _must_be_there(seed_folder: Path) -> None:
    """Writing makes folders that are missing: it must not bring back a run that was deleted."""
    run = seed_folder.parents[1]
    if not run.is_dir():
        raise JobFailed(f"{run} was deleted or moved meanwhile")


def _shown(progress: Any, epochs: int) -> tuple[float, str, str]:
    """A training's progress as the display takes it: share done, epochs, latest validation accuracy."""
    history, note = progress.history, ""
    if history:
        loss = history[-1]["val_loss"]
        shown = f"{loss:.3f}" if loss < 1e6 else f"{loss:.0e}"  # it can grow without end
        note = f"validation {100 * history[-1]['val_accuracy']:.1f} %, loss {shown}"
    return progress.done / progress.total, f"{len(history)}/{epochs}", note


def _csv(history: list[dict[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()
