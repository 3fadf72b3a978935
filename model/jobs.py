"""What workers do: probe the processor, train and score one (model, seed), look inside a model.

TensorFlow is imported by the functions, so that the parent can name them without it.
"""

import csv
import io
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Augmentation, Cnn, Dense, Inspection, Training
from data.splits import Splits
from data.storage import write_atomically, write_json, write_npz
from model.arithmetic import Arithmetic
from model.checkpoints import Checkpoint, Checkpoints, remove_checkpoints
from model.environment import decisive
from model.launch import JobFailed, Report
from model.layer_facts import layer_facts
from model.run_folder import RunError, sha256_of

INSIDE = (  # what a look into filters computes, as far as the network has it
    *("filters.npz", "untrained.npz", "activations.npz", "passports.json", "layers.json", "units.json"),
    *("wanted.npz", "wanted.json"),
)
WHY = ("attributions.npz", "attributions.json")  # what a look for reasons computes


def probe_speed(splits: Splits, report: Report, *, bfloat16: bool) -> dict[str, float]:
    """How fast one thread convolves, in FLOP/s, in float32 and, if asked, in bfloat16.

    Some processors announce bfloat16 and die of it, so the speed in float32 is reported first: a
    probe that kills its worker means that bfloat16 can't be used.
    """
    import tensorflow as tf

    flops = 2 * 64 * 11 * 11 * 64 * 3 * 3 * 64  # the second convolution of the default network, one batch

    def convolution(dtype: tf.DType) -> Callable[[], float]:
        images, kernel = tf.ones((64, 13, 13, 64), dtype), tf.ones((3, 3, 64, 64), dtype)
        convolve = tf.function(lambda: tf.nn.conv2d(images, kernel, 1, "VALID"))
        convolve()

        def seconds() -> float:
            started = time.perf_counter()
            convolve()
            return time.perf_counter() - started

        return seconds

    def speed(dtype: tf.DType) -> float:
        seconds = convolution(dtype)
        return flops / min(seconds() for _ in range(8))  # the best: other workers start at the same time

    speeds = {"float32": speed(tf.float32)}
    report(speeds)
    return speeds | {"bfloat16": speed(tf.bfloat16)} if bfloat16 else speeds


def train_and_score(
    splits: Splits,
    report: Report,
    *,
    network: Dense | Cnn,
    recipe: Training,
    augmentation: Augmentation | None,
    seed: int,
    arithmetic: Arithmetic,
    environment: dict[str, Any],
    folder: Path,
    identity: dict[str, Any],
) -> dict[str, Any]:
    """Train one network, score it on all test images once, save everything; metrics.json last.

    `environment` is recorded in it. What decides bits of it, and `arithmetic`, must be those that an
    unfinished training began with; else it begins again.

    Returns:
        The content of metrics.json.
    """
    from model.evaluation import accuracy, log_loss, predict, seconds_for_one
    from model.training import train

    same = {"model": folder.parent.name, "seed": seed, **decisive(environment), **asdict(arithmetic)}
    model, history, train_seconds = _train_on(
        Checkpoints(folder, identity | same),
        report,
        partial(
            train,
            network,
            recipe,
            augmentation,
            splits.train,
            splits.validation,
            len(splits.class_names),
            seed,
            arithmetic,
            on_progress=lambda progress: report(_shown(progress, recipe.epochs)),
        ),
    )
    probabilities, predict_seconds = predict(model, splits.test.images)
    validation, _ = predict(model, splits.validation.images)
    if not (np.isfinite(probabilities).all() and np.isfinite(validation).all()):
        raise JobFailed("its probabilities are not finite numbers; a lower learning_rate may help")
    metrics = {
        **identity,
        "accuracy": accuracy(probabilities, splits.test.labels),
        "loss": log_loss(probabilities, splits.test.labels),
        "validation_accuracy": accuracy(validation, splits.validation.labels),
        "validation_loss": log_loss(validation, splits.validation.labels),
        "distinct_answers": len(set(probabilities.argmax(axis=1).tolist())),
        "patterns": _patterns(model),
        "epochs": len(history),
        "precision": arithmetic.precision,
        "environment": environment | {"arithmetic": asdict(arithmetic)},
        "train_seconds": round(train_seconds, 3),
        "predict_seconds": round(predict_seconds, 4),
        "predict_one_seconds": round(seconds_for_one(model, splits.test.images), 6),
    }
    _must_be_there(folder)
    write_atomically(folder / "model.keras", model_bytes(model))
    write_atomically(folder / "history.csv", _csv(history).encode())
    write_npz(folder / "predictions.npz", {"probabilities": probabilities, "labels": splits.test.labels})
    write_json(folder / "metrics.json", metrics)
    remove_checkpoints(folder)
    return metrics


def _patterns(model: Any) -> dict[str, Any] | None:
    """How many filters of the first convolution match a named pattern, if there is one."""
    from model.inspection.filters import count_patterns

    first = [layer for layer in model.layers if layer.name in ("conv1", "conv1_linear")]
    kernels = [weight for layer in first for weight in layer.get_weights() if weight.ndim == 4]
    return count_patterns(kernels[0]) if kernels else None


def _train_on(
    checkpoints: Checkpoints, report: Report, train: Callable[..., tuple[Any, list[dict[str, float]]]]
) -> tuple[Any, list[dict[str, float]], float]:
    """Train from the newest checkpoint on, leaving one after each epoch -> network, history, seconds."""
    from model.training import State, TrainingFailed

    faults: list[str] = []
    saved = checkpoints.load(faults.append)
    if faults:
        there = f"going on after epoch {len(saved.history)}" if saved else "starting over"
        report("; ".join([*faults, there]))
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
    history = progress.history
    note = (
        f"validation {100 * history[-1]['val_accuracy']:.1f} %, loss {history[-1]['val_loss']:.3f}"
        if history
        else ""
    )
    return progress.done / progress.total, f"{len(history)}/{epochs}", note


def inspect_model(
    splits: Splits,
    report: Report,
    *,
    name: str,
    network: Dense | Cnn,
    seed: int,
    settings: Inspection,
    saved: Path,
    folder: Path,
    identity: dict[str, Any],
) -> None:
    """Look into the filters of one saved network: compute what there is to see into files, then draw them.

    inside-figures.json, the list of what was written, is written last.
    """
    from model.inspection.inspect import inspect
    from model.inspection.wanted import most_valuable, wanted
    from model.report.attribution_figures import draw_wanted
    from model.report.inspection_figures import draw_inspection

    model, untrained, facts = _opened(saved, network, len(splits.class_names), seed)
    filters = _stage(report, 0.0, 0.7)
    inspect(
        model,
        untrained,
        facts,
        splits,
        settings.images_per_class,
        folder,
        lambda what, share: filters(share),
        settings.replacement,
    )
    passports = folder / "passports.json"  # which dense networks lack
    filters_shown = most_valuable(json.loads(passports.read_text())) if passports.exists() else {}
    wanted(model, facts, splits, filters_shown, folder, untrained, _stage(report, 0.7, 0.8))
    report((0.8, "", "drawing"))
    figures = [
        *draw_inspection(folder, splits.test, splits.class_names, folder, name),
        *draw_wanted(folder, folder, _note(name)),
    ]
    _record(folder / "inside-figures.json", INSIDE, figures, settings, identity)


def explain_model(
    splits: Splits,
    report: Report,
    *,
    name: str,
    network: Dense | Cnn,
    seed: int,
    settings: Inspection,
    saved: Path,
    folder: Path,
    identity: dict[str, Any],
) -> None:
    """Say why one saved network answers as it does: compute explanations into files, then draw them.

    why-figures.json, the list of what was written, is written last.
    """
    from model.inspection.attribution import explain
    from model.report.attribution_figures import draw_why

    model, untrained, facts = _opened(saved, network, len(splits.class_names), seed)
    explain(model, untrained, facts, splits, folder, _stage(report, 0.0, 0.8))
    report((0.8, "", "drawing"))
    _record(folder / "why-figures.json", WHY, draw_why(folder, folder, _note(name)), settings, identity)


def _opened(saved: Path, network: Dense | Cnn, num_classes: int, seed: int) -> tuple[Any, Any, Any]:
    """A saved network, the same before training, and the facts of its layers."""
    from model.architectures import build, load

    try:
        model = load(saved, network, num_classes)
    except RunError as error:
        raise JobFailed(str(error)) from None
    return model, build(network, num_classes, seed), layer_facts(network, num_classes)


def _stage(report: Report, begin: float, end: float) -> Callable[[float], None]:
    """Progress of a part of a look, told as progress of the whole."""
    return lambda share: report((begin + (end - begin) * share, "", "looking inside"))


def _note(name: str) -> str:
    return f"{name}: its first seed, not its best."


def _record(
    path: Path, data: Sequence[str], figures: Sequence[Any], settings: Inspection, identity: dict[str, Any]
) -> None:
    """Write what a look has left: its figures, and of them and the data a sha256 by name."""
    names = [name for name in data if (path.parent / name).exists()]
    names += [figure.path.name for figure in figures if not figure.fault]
    files = {name: sha256_of(path.parent / name) for name in names}
    drawn = [{"file": f.path.name, "title": f.title, "alt": f.alt, "fault": f.fault} for f in figures]
    record = {"settings": settings.model_dump(mode="json"), "figures": drawn, "files": files}
    write_json(path, identity | record)


def model_bytes(model: Any) -> bytes:
    """A network as the content of a `.keras` file; Keras itself would write in place."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        try:
            model.save(path)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error
        return path.read_bytes()


def _csv(history: list[dict[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()
