"""What workers do: probe the processor, train and score one (model, seed), look inside a model.

TensorFlow is imported by the functions, so that the parent can name them without it.
"""

import csv
import io
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Augmentation, Cnn, Dense, Inspection, Training
from data.splits import Splits
from data.storage import write_atomically, write_json, write_npz
from model.launch import JobFailed, Report
from model.layer_facts import layer_facts
from model.run_folder import RunError


def probe_speed(splits: Splits, report: Report) -> dict[str, float]:
    """How fast one thread convolves, in FLOP/s, in float32 and in bfloat16.

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

    single = convolution(tf.float32)
    report({"float32": flops / min(single() for _ in range(4))})
    half = convolution(tf.bfloat16)
    # In turn, and the best of each: other workers are starting at the same time.
    times = [(single(), half()) for _ in range(16)]
    return {
        "float32": flops / min(seconds for seconds, _ in times),
        "bfloat16": flops / min(seconds for _, seconds in times),
    }


def train_and_score(
    splits: Splits,
    report: Report,
    *,
    network: Dense | Cnn,
    recipe: Training,
    augmentation: Augmentation | None,
    seed: int,
    bfloat16: bool,
    folder: Path,
    identity: dict[str, Any],
) -> dict[str, Any]:
    """Train one network, score it on all test images once, save everything; metrics.json last.

    Returns:
        The content of metrics.json.
    """
    from model.evaluation import accuracy, log_loss, predict
    from model.training import TrainingFailed, train

    num_classes = len(splits.class_names)
    started = time.process_time()  # of this process's own work: others may share its core
    try:
        model, history = train(
            network,
            recipe,
            augmentation,
            splits.train,
            splits.validation,
            num_classes,
            seed,
            "mixed_bfloat16" if bfloat16 else "float32",
            on_progress=lambda progress: report(_shown(progress, recipe.epochs)),
        )
    except TrainingFailed as error:
        raise JobFailed(str(error)) from None
    train_seconds = time.process_time() - started
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
        "epochs": recipe.epochs,
        "precision": "bfloat16" if bfloat16 else "float32",
        "train_seconds": round(train_seconds, 3),
        "predict_seconds": round(predict_seconds, 4),
    }
    write_atomically(folder / "model.keras", model_bytes(model))
    write_atomically(folder / "history.csv", _csv(history).encode())
    write_npz(folder / "predictions.npz", {"probabilities": probabilities, "labels": splits.test.labels})
    write_json(folder / "metrics.json", metrics)
    return metrics


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
    """Look inside one saved network: compute what there is to see into files, then draw them.

    figures.json, the list of what was drawn, is written last.
    """
    from model.architectures import build, load
    from model.inspection.attribution import explain
    from model.inspection.inspect import inspect
    from model.inspection.wanted import most_valuable, wanted
    from model.report.attribution_figures import draw_wanted, draw_why
    from model.report.inspection_figures import draw_inspection

    num_classes = len(splits.class_names)
    try:
        model = load(saved, network, num_classes)
    except RunError as error:
        raise JobFailed(str(error)) from None
    untrained = build(network, num_classes, seed)
    facts = layer_facts(network, num_classes)

    def stage(begin: float, end: float) -> Callable[[float], None]:
        return lambda share: report((begin + (end - begin) * share, "", "looking inside"))

    filters = stage(0.0, 0.5)
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
    explain(model, untrained, facts, splits, folder, stage(0.5, 0.7))
    passports = folder / "passports.json"  # which dense networks lack
    filters_shown = most_valuable(json.loads(passports.read_text())) if passports.exists() else {}
    wanted(model, facts, splits, filters_shown, folder, stage(0.7, 0.8))
    report((0.8, "", "drawing"))
    note = f"{name}: its first seed, not its best."
    figures = [
        *draw_inspection(folder, splits.test, splits.class_names, folder, name),
        *draw_wanted(folder, folder, note),
        *draw_why(folder, folder, note),
    ]
    record = [{"file": figure.path.name, "title": figure.title, "alt": figure.alt} for figure in figures]
    about = {"settings": settings.model_dump(mode="json"), "figures": record}
    write_json(folder / "figures.json", identity | about)


def model_bytes(model: Any) -> bytes:
    """A network as the content of a `.keras` file; Keras itself would write in place."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def _csv(history: list[dict[str, float]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(history[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(history)
    return text.getvalue()
