"""Take in a network that was trained elsewhere: how it reads pixels is measured, then it is scored.

TensorFlow is imported by the functions, so that the parent can name them without it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.networks import FAR, Form
from data.splits import Splits
from model.run.folder import RunError
from model.run.jobs import JobFailed, Tell
from model.training.job import NotFinite, score

TRIED_ON = 2000  # training images
FEWEST_IN_ORDER = 100  # images: of fewer, many an order fits by chance


def try_pixels(splits: Splits, tell: Tell, *, files: Sequence[Path], forms: Sequence[Form]) -> dict[str, Any]:
    """Find how networks read pixels: in whichever of `forms` they are right most often, on training images.

    Where they would be so far more often if their answers stood for other classes, those count that way. The
    test images are not looked at. Returns what `configs.networks.Found` has of that: `pixels` (of equally
    good ones the first), `images`, `right` and `right_in_order` by form, and `order`.
    """
    from model.networks.answers import predict
    from model.run.elsewhere import build_elsewhere

    chosen = np.linspace(0, len(splits.train.labels) - 1, min(TRIED_ON, len(splits.train.labels))).astype(int)
    images, labels = splits.train.images[chosen], splits.train.labels[chosen]
    answers: dict[Form, list[np.ndarray]] = {form: [] for form in forms}
    for file in files:  # one in memory at a time
        network = _read(file)
        for form in forms:
            answers[form].append(predict(build_elsewhere(network, form), images)[0].argmax(axis=1))
    right = {
        form: float(np.mean([given == labels for given in of_form])) for form, of_form in answers.items()
    }
    orders = {form: best_order(np.array(of_form), labels) for form, of_form in answers.items()}
    in_order = {form: share for form, (share, _) in orders.items()}
    counted = in_order if max(in_order.values()) - max(right.values()) >= FAR else right
    pixels = max(forms, key=lambda form: counted[form])
    measured = {"right": right, "right_in_order": in_order, "order": orders[pixels][1]}
    return {"pixels": pixels, "images": len(labels)} | measured


def best_order(answers: np.ndarray, labels: np.ndarray) -> tuple[float, tuple[int, ...]]:
    """For which class each answer stands, so that most are right: their share, and the class of 0, 1, ...

    `answers` are int (files, n), `labels` (n,). The share is of pictures by which the order was not found:
    that fits every other one, and the rest are counted, both ways round. The order fits all. Of fewer than
    FEWEST_IN_ORDER pictures each answer stands for its own class.
    """
    size = int(max(answers.max(), labels.max())) + 1
    if len(labels) < FEWEST_IN_ORDER:
        return float(np.mean(answers == labels)), tuple(range(size))
    halves = slice(0, None, 2), slice(1, None, 2)
    shares = [
        np.mean(_fitted(answers[:, by], labels[by], size)[answers[:, counted]] == labels[counted])
        for by, counted in (halves, halves[::-1])
    ]
    return float(np.mean(shares)), tuple(map(int, _fitted(answers, labels, size)))


def _fitted(answers: np.ndarray, labels: np.ndarray, size: int) -> np.ndarray:
    """The class of each answer with which most answers (files, n) are right."""
    from scipy.optimize import linear_sum_assignment

    counts = np.zeros((size, size))
    np.add.at(counts, (answers, np.broadcast_to(labels, answers.shape)), 1)
    classes: np.ndarray = linear_sum_assignment(counts, maximize=True)[1]
    return classes


def take_in(
    splits: Splits,
    tell: Tell,
    *,
    original: Path,
    sha256: str,
    pixels: Form | None,
    untried: str,
    environment: dict[str, Any],
    folder: Path,
    identity: dict[str, Any],
) -> dict[str, Any]:
    """Make the run's network of the file of one trained elsewhere, and score it on all test images once.

    Returns the content of metrics.json, in which `original` is the file's sha256. JobFailed where it is not
    known how it reads pixels: `untried` says why.
    """
    from model.run.elsewhere import build_elsewhere

    tell((0.1, "", "taken from its file"))
    found = _read(original)
    if found.sha256 != sha256:
        raise JobFailed(
            f"{original} is not the file that this run was made of (sha256 {found.sha256}, expected "
            f"{sha256}); put that one back"
        )
    if pixels is None:
        raise JobFailed(f"how it reads pixels could not be measured: {untried}")
    told = {"original": sha256, "environment": environment}
    try:
        metrics = score(build_elsewhere(found, pixels), splits, folder, identity, told)
    except NotFinite as error:
        raise JobFailed(f"{error}: its file can't be used on these images") from None
    tell((0.9, "", f"validation {100 * metrics['validation_accuracy']:.1f} %"))
    return metrics


def _read(copy: Path) -> Any:
    """The network of a file that a run keeps."""
    from model.run.elsewhere import read_network

    if not copy.is_file():
        raise JobFailed(
            f"{copy} is missing, a copy of the file that the network was made of: put the file back, or run "
            "`inspect` on it again"
        )
    try:
        return read_network(copy)
    except RunError as error:
        raise JobFailed(str(error)) from None
