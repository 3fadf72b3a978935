"""Does a map of attributions hold? Covering what it names must hurt the answer. No TensorFlow.

Deletion covers the blocks of an image with black, the highest in the map first; insertion uncovers them
in the same order, on black (Petsiuk et al. 2018, arXiv 1806.07421, section 3.2, with blocks of 4 x 4
pixels in place of single ones). The probability of the class asked about falls fast, or rises fast,
where the map is right. Pictures are bright where the thing is that they show, so a map must beat not only
chance but the map of another image.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special  # scipy.stats has the same in nicer words, and takes a second to import

from model.networks.facts import SIDE
from model.networks.measures import CONFIDENCE

BLOCK = 4  # pixels, the side of what is covered at once
ROWS = SIDE // BLOCK
NUM_BLOCKS = ROWS * ROWS  # 49
COUNTS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, NUM_BLOCKS)  # blocks covered: dense where the curves bend
THIRDS = ((0, 9), (9, 19), (19, SIDE))  # rows, or columns, of the upper, middle and lower part

# images float32 (n, 28, 28), the class each is asked about (n,) -> its probability (n,)
Predict = Callable[[np.ndarray, np.ndarray], np.ndarray]


def block_order(maps: np.ndarray) -> np.ndarray:
    """Blocks of 4 x 4 pixels by their sum, highest first; equal ones in reading order.

    Takes maps float (n, 28, 28). Returns int (n, 49): numbers of blocks, 0 at the top left, row by row.
    """
    sums = maps.reshape(-1, ROWS, BLOCK, ROWS, BLOCK).sum(axis=(2, 4), dtype=np.float64)
    return np.argsort(-sums.reshape(-1, NUM_BLOCKS), axis=1, kind="stable")


def visible(order: np.ndarray, insertion: bool = False) -> np.ndarray:
    """Which blocks can be seen after each of `COUNTS` of them were covered, or uncovered.

    Takes orders int (n, 49), returns bool (n, 12, 49). Insertion starts from black and shows the first
    blocks.
    """
    rank = np.argsort(order, axis=1)  # of each block in its image's order
    return (rank[:, None, :] < np.array(COUNTS)[:, None]) == insertion


def covered(images: np.ndarray, blocks: np.ndarray) -> np.ndarray:
    """Images (n, 28, 28) of which only the blocks bool (n, 49) can be seen, the others black."""
    pixels = blocks.reshape(-1, ROWS, ROWS).repeat(BLOCK, axis=1).repeat(BLOCK, axis=2)
    return np.where(pixels, images, np.zeros((), images.dtype))


def curves_of(
    predict: Predict,
    images: np.ndarray,
    targets: np.ndarray,
    orders: Mapping[str, np.ndarray],
    insertion: bool = False,
) -> dict[str, np.ndarray]:
    """The probability of the target after `COUNTS` blocks of each image, for several orders.

    Takes images float32 (n, 28, 28), targets int (n,) and orders int (n, 49). Returns float64 (n, 12) by
    name. Insertion uncovers instead of covering.
    """
    bright = images.reshape(-1, ROWS, BLOCK, ROWS, BLOCK).any(axis=(2, 4)).reshape(-1, 1, NUM_BLOCKS)
    # covering what is black already changes nothing: the same picture is asked about once
    blocks = np.stack([visible(order, insertion) & bright for order in orders.values()])
    which = np.broadcast_to(np.arange(len(images))[:, None], blocks.shape[:3]).reshape(-1, 1)
    keys = np.concatenate([which, np.packbits(blocks, axis=-1).reshape(len(which), -1)], axis=1)
    _, first, back = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    which = which[first, 0]
    trials = covered(images[which], blocks.reshape(-1, NUM_BLOCKS)[first])
    answers = predict(trials, targets[which])[back.ravel()].reshape(blocks.shape[:3])
    return dict(zip(orders, answers, strict=True))


def area(curves: np.ndarray) -> np.ndarray:
    """The mean height of curves (..., 12) over 0 to 49 blocks, by trapezoids."""
    return np.trapezoid(curves, COUNTS, axis=-1) / NUM_BLOCKS


def faithfulness(
    predict: Predict,
    images: np.ndarray,
    targets: np.ndarray,
    maps: Mapping[str, np.ndarray],
    num_tested: int,
    shown: Sequence[int] | np.ndarray,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Put maps to the test: against the map of the next image, and against brightness.

    `predict` gives the network's probability of a class. Images are float32 (n, 28, 28) in [0, 1], `targets`,
    int (n,), the class each is asked about; maps, by method, float32 (n, 28, 28), the next after the last
    being the first. The statement rests on the first `num_tested`; curves are given of the images `shown`.

    Returns per shown image `brightness` and, in `methods`, each method's `own` and `other`, all of them with
    the curves `deletion` and `insertion`; and the statement: per method the mean areas under the deletion
    curves, `advantage` (other minus own) with its paired t interval, and `faithful` (the interval is above
    0).
    """
    orders = {"brightness": block_order(images)}
    for method, values in maps.items():
        orders[f"{method}/own"] = block_order(values)
        orders[f"{method}/other"] = np.roll(orders[f"{method}/own"], -1, axis=0)
    deletion = curves_of(predict, images, targets, orders)
    shown = np.asarray(shown, int)
    kept = {name: order[shown] for name, order in orders.items()}
    insertion = curves_of(predict, images[shown], targets[shown], kept, insertion=True)

    def both(name: str, place: int) -> dict[str, list[float]]:
        return {
            "deletion": deletion[name][shown[place]].tolist(),
            "insertion": insertion[name][place].tolist(),
        }

    curves = [
        {
            "brightness": both("brightness", place),
            "methods": {m: {who: both(f"{m}/{who}", place) for who in ("own", "other")} for m in maps},
        }
        for place in range(len(shown))
    ]
    areas = {name: area(values[:num_tested]) for name, values in deletion.items()}
    statement = {
        "num_images": num_tested,
        "counts": list(COUNTS),
        "block": BLOCK,
        "level": CONFIDENCE,
        "methods": {
            method: _statement(areas[f"{method}/own"], areas[f"{method}/other"], areas["brightness"])
            for method in maps
        },
    }
    return curves, statement


def _statement(own: np.ndarray, other: np.ndarray, brightness: np.ndarray) -> dict[str, Any]:
    interval = mean_interval(other - own)
    return {
        "own": float(own.mean()),
        "other": float(other.mean()),
        "brightness": float(brightness.mean()),
        "advantage": float(np.mean(other - own)),
        "interval": interval,
        "faithful": bool(interval is not None and interval[0] > 0),
    }


def mean_interval(differences: np.ndarray) -> list[float] | None:
    """The t interval of the mean of paired differences (n,) in [-1, 1]; None for fewer than two."""
    if len(differences) < 2:
        return None
    error = float(np.std(differences, ddof=1) / np.sqrt(len(differences)))
    reach = float(special.stdtrit(len(differences) - 1, (1 + CONFIDENCE) / 2)) * error
    middle = float(np.mean(differences))
    return [max(middle - reach, -1.0), min(middle + reach, 1.0)]


def thirds(predict: Predict, image: np.ndarray, target: int) -> list[list[float]]:
    """The probability of the target with each ninth of one image (28, 28) black: 3 rows of 3."""
    trials = np.repeat(image[None], 9, axis=0)
    for number, trial in enumerate(trials):
        (top, bottom), (left, right) = THIRDS[number // 3], THIRDS[number % 3]
        trial[top:bottom, left:right] = 0
    return predict(trials, np.full(9, target)).reshape(3, 3).tolist()
