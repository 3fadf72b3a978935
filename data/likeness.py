"""How unlike the data a picture is: how far from the nearest training picture, in a few numbers of each.

Pixels alone decide it, and no network. What is needed is small, so that a run keeps it: the data need not be
there when a picture is to be judged.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.networks import IMAGE_SIDE as SIDE
from data.storage import npz_bytes, read_npz, write_if_other

LIKENESS = "likeness.npz"  # in a run
RULE = 1  # version of what decides these numbers
KEPT = 10_000  # training pictures at most, evenly spaced in the order of their file
BEYOND = 0.04  # share of validation pictures that lie beyond the limit
BLOCK, PART = 4, 7  # pixels a side of what grays and outlines, and textures, are told of
FAINT = 12  # levels up to which a pixel counts as background
BRIGHT = 98  # of 100 pixels are at most as light as the level that textures are measured by
WEIGHT = 5  # of a difference in texture, whose values are small ones
_GRAYS = 2 * (SIDE // BLOCK) ** 2  # numbers in front, which weigh 1: grays and outlines
_BATCH = 1000  # pictures at once: more would take more memory and no less time


@dataclass(frozen=True)
class Likeness:
    """What tells whether pictures are like those of a data set.

    `known` are `codes_of` training pictures, uint8 (at most 10,000, 130); `validation`, float64 (n,), is how
    far validation pictures are from these, from the nearest on.
    """

    known: np.ndarray
    validation: np.ndarray

    @property
    def limit(self) -> float:
        """The distance that at most 4 % of the validation pictures are beyond."""
        return float(np.quantile(self.validation, 1 - BEYOND, method="higher"))

    def distances(self, images: np.ndarray) -> np.ndarray:
        """How far pictures uint8 (n, 28, 28) are from the nearest training picture kept: float64 (n,)."""
        return _nearest(codes_of(images), self.known)

    def share_beyond(self, distance: float) -> float:
        """The share of validation pictures that are at least as far away."""
        return float(np.mean(self.validation >= distance))


def likeness_of(training: np.ndarray, validation: np.ndarray) -> Likeness:
    """Take down what pictures uint8 (n, 28, 28) are like; the same bits everywhere."""
    places = np.linspace(0, len(training) - 1, min(KEPT, len(training))).astype(int)
    known = codes_of(training[places])
    return Likeness(known, np.sort(_nearest(codes_of(validation), known)))


def codes_of(images: np.ndarray) -> np.ndarray:
    """A picture in 130 numbers, uint8 (n, 130), from pictures uint8 (n, 28, 28).

    For each of the 49 blocks of 4 x 4 pixels its mean gray, then the share that is not background; then, for
    each of the 16 parts of 7 x 7, how uneven three pixels a, b, c are that lie below one another, and side by
    side: the root of the mean of |a - 2 b + c|, as a share of the picture's brightness.
    """
    parts = [_codes(images[i : i + _BATCH]) for i in range(0, len(images), _BATCH)]
    return np.concatenate(parts)


def _codes(images: np.ndarray) -> np.ndarray:
    grays = _mean(images.astype(np.float64), BLOCK)
    outlines = 255 * _mean((images > FAINT).astype(np.float64), BLOCK)
    brightest = np.percentile(images, BRIGHT, axis=(1, 2), keepdims=True)
    levels = np.minimum(images / np.maximum(brightest, 1), 1)
    bends = []
    for axis in (1, 2):
        padding = [(0, 0), (0, 0), (0, 0)]
        padding[axis] = (1, 1)
        bends.append(np.pad(np.abs(np.diff(levels, 2, axis=axis)), padding))
    textures = [255 * np.sqrt(_mean(bend, PART) / 2) for bend in bends]
    return np.rint(np.concatenate([grays, outlines, *textures], axis=1)).astype(np.uint8)


def _mean(values: np.ndarray, side: int) -> np.ndarray:
    """The means of blocks of `side` x `side`: (n, blocks)."""
    number = SIDE // side
    return values.reshape(len(values), number, side, number, side).mean(axis=(2, 4)).reshape(len(values), -1)


def _nearest(codes: np.ndarray, known: np.ndarray) -> np.ndarray:
    """The distance of each to the nearest. Whole numbers all the way: no order of adding them matters."""
    weights = np.where(np.arange(known.shape[1]) < _GRAYS, 1, WEIGHT)
    ones, others = codes * weights.astype(np.float64), known * weights.astype(np.float64)
    squares = (others**2).sum(axis=1)
    parts = [ones[i : i + _BATCH] for i in range(0, len(ones), _BATCH)]
    nearest = [(part**2).sum(axis=1) + (squares - 2 * part @ others.T).min(axis=1) for part in parts]
    return np.sqrt(np.concatenate([np.zeros(0), *nearest]))


def write_likeness(path: Path, likeness: Likeness) -> None:
    """Write it as npz, unless it is there as it is."""
    write_if_other(path, npz_bytes({"known": likeness.known, "validation": likeness.validation}))


def read_likeness(path: Path) -> Likeness:
    """Read it again.

    Raises:
        OSError: the file is missing, ...
        Exception: it is damaged, or something else; there are many ways.
    """
    arrays = read_npz(path)
    known, validation = arrays["known"], arrays["validation"]
    numbers = _GRAYS + 2 * (SIDE // PART) ** 2
    fits = known.dtype == np.uint8 and known.ndim == 2 and known.shape[1] == numbers and len(known)
    if not (fits and validation.dtype == np.float64 and validation.ndim == 1 and validation.size):
        raise ValueError("it holds other arrays than a run writes there")
    if not np.isfinite(validation).all():
        raise ValueError("it holds numbers that are not finite")
    return Likeness(known, validation)
