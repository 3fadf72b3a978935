"""Write one trained network in another form, and prove it: the work of a process that has TensorFlow."""

import time
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Network
from data.splits import Splits
from model.export.formats import CLASSES, FORMATS, SNIPPET, Answer, snippet
from model.run.folder import RunError
from model.run.jobs import JobFailed, Tell

NUM_COMPARED = 1000  # test pictures, the first ones
LARGEST_DIFFERENCE = 1e-4  # of a probability
BATCH = 100
NUM_CALLS = 50  # with one picture each, of whose times the lower quartile is told


def export_network(
    splits: Splits, tell: Tell, *, saved: Path, network: Network, name: str, form: str, folder: Path
) -> dict[str, Any]:
    """Write a saved network into `folder`, with the names of the classes and a program that uses it.

    What the file answers, in its own runtime, must be what Keras answers; else JobFailed says how they
    differ, and what stands in the folder is not to be kept.

    Returns the `file`, its `bytes`, how many pictures were `compared`, of how many of them rounding chose
    another of two classes that are as likely (`ties`), the `largest_difference` of a probability, and the
    seconds that one picture takes, the lower quartile of many calls: `predict_one_seconds`.
    """
    from model.networks.answers import predict
    from model.run.saved import load

    kind = FORMATS[form]
    path = folder / f"{name}{kind.suffix}"
    images = splits.test.images[:NUM_COMPARED]
    try:
        model = load(saved, network, len(splits.class_names))
    except RunError as error:
        raise JobFailed(str(error)) from None
    expected, _ = predict(model, images)
    kind.write(model, path, splits.class_names)
    given = (images[..., None] / 255).astype(np.float32)
    answer = kind.open(path)
    found = np.concatenate([answer(given[i : i + BATCH]) for i in range(0, len(given), BATCH)])
    if problem := difference(expected, found):
        raise JobFailed(f"{problem}; the file is not kept")
    (folder / CLASSES).write_text("".join(f"{one}\n" for one in splits.class_names), encoding="utf-8")
    (folder / SNIPPET).write_text(snippet(kind, path.name), encoding="utf-8")
    files = path.rglob("*") if path.is_dir() else [path]
    return {
        "file": path.name,
        "bytes": sum(one.stat().st_size for one in files if one.is_file()),
        "compared": len(images),
        "ties": int(_otherwise(expected, found).sum()),
        "largest_difference": float(np.abs(expected - found).max()),
        "predict_one_seconds": _seconds_for_one(answer, given),
    }


def difference(expected: np.ndarray, found: np.ndarray) -> str:
    """How probabilities (n, num_classes) differ from those expected, in words; empty if not by too much."""
    if found.shape != expected.shape:
        return f"it gives {found.shape} numbers, where Keras gives {expected.shape}"
    best = np.sort(expected, axis=1)[:, -2:]
    clear = best[:, -1] - best[:, 0] > LARGEST_DIFFERENCE  # between two as likely, rounding decides
    others = int((_otherwise(expected, found) & clear).sum())
    largest = float(np.abs(expected - found).max())
    if others or not largest <= LARGEST_DIFFERENCE:  # also where it is no number
        return (
            f"it answers {others:,} of {len(found):,} test pictures otherwise than Keras, and its "
            f"probabilities differ by up to {largest:.1e}; expected the same answers, and probabilities at "
            f"most {LARGEST_DIFFERENCE:.0e} apart"
        )
    return ""


def _otherwise(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Which pictures are answered otherwise than expected, bool (n,)."""
    otherwise: np.ndarray = found.argmax(axis=1) != expected.argmax(axis=1)
    return otherwise


def _seconds_for_one(answer: Answer, images: np.ndarray) -> float:
    """How long a picture that comes alone waits, in seconds by the clock: the lower quartile of many calls.

    On a busy machine most calls may have to wait for other programs, and the median with them.
    """
    answer(images[:1])
    seconds = []
    for number in range(NUM_CALLS):
        started = time.perf_counter()
        answer(images[number % len(images)][None])
        seconds.append(time.perf_counter() - started)
    return float(np.quantile(seconds, 0.25))
