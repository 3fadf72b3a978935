"""Convolution and pooling in plain NumPy, and the numbers and pictures that the lesson works them on.

Convolution is deep learning's, a cross-correlation: rows before columns, the filter is not turned.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from model.networks.facts import zeros_around
from model.networks.layers import Pooling

Maps = dict[str, np.ndarray]
Say = Callable[[str], None]  # takes a line for the terminal

PATCH = np.array([[0, 64, 128, 128], [48, 192, 144, 144], [142, 226, 168, 0], [255, 0, 0, 64]], np.uint8)
# All numbers of the lesson are small multiples of 0.5, which float32 holds exactly.
WORKED = np.array([[-1, 0, -2], [0.5, 4.5, -1.5], [1.5, 2, -3]], np.float32)
VERTICAL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)
HORIZONTAL = VERTICAL.T  # -1 -2 -1 / 0 0 0 / 1 2 1
FILTERS = {"vertical": VERTICAL, "horizontal": HORIZONTAL}
PICTURES = ("trouser", "striped", "drawn_vertical", "drawn_horizontal")
STRONGEST = 4 * 255  # the most these two can give: 1 + 2 + 1 white pixels against black ones
TROUSER, STRIPED = 24, 719  # places in the test file


def convolve(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Put the kernel on every place where it fits, multiply cell by cell, and add the products.

    Takes images (..., height, width). Returns (..., height - kernel height + 1, width - kernel width + 1). A
    pixel at the border lacks the neighbours that the kernel needs.
    """
    windows = sliding_window_view(images, kernel.shape, axis=(-2, -1))
    return np.einsum("...ij,ij->...", windows, kernel)


def relu(maps: np.ndarray) -> np.ndarray:
    """What is negative becomes 0."""
    return np.maximum(maps, 0)


def blocks(maps: np.ndarray, side: int = 2) -> np.ndarray:
    """Maps (..., h, w) cut into blocks: (..., h // side, w // side, side * side), each block row by row.

    A last row or column that does not fill a block is left out.
    """
    *leading, height, width = maps.shape
    rows, columns = height // side, width // side
    cut = maps[..., : side * rows, : side * columns].reshape(*leading, rows, side, columns, side)
    return cut.swapaxes(-3, -2).reshape(*leading, rows, columns, side * side)


def max_pool(maps: np.ndarray, side: int = 2) -> np.ndarray:
    """The largest of every block: (..., h, w) -> (..., h // side, w // side)."""
    return blocks(maps, side).max(axis=-1)


def average_pool(maps: np.ndarray, side: int = 2) -> np.ndarray:
    """The mean of every block: (..., h, w) -> (..., h // side, w // side)."""
    return blocks(maps, side).mean(axis=-1)


POOLS = {"max": max_pool, "average": average_pool}


def drawn_lines(direction: str) -> np.ndarray:
    """A picture uint8 (28, 28) of white lines two pixels wide: vertical, horizontal, rising or falling."""
    row, column = np.indices((28, 28))
    if direction in ("vertical", "horizontal"):
        across = column if direction == "vertical" else row
        return (255 * np.isin(across, (4, 5, 12, 13, 20, 21))).astype(np.uint8)
    rising = (255 * np.isin((column + row) % 8, (4, 5))).astype(np.uint8)
    return rising if direction == "rising" else rising[:, ::-1]


def mean_response(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Mean |response| of pictures (..., h, w) to a filter: (...), the larger the more it stands out."""
    return np.abs(convolve(images, kernel)).mean(axis=(-2, -1), dtype=np.float64)


@dataclass(frozen=True)
class Normalization:
    """Batch normalization of one filter: scale * (x - mean) / deviation + shift."""

    mean: float
    deviation: float
    scale: float
    shift: float

    def __call__(self, values: np.ndarray) -> np.ndarray:
        return self.scale * (values - self.mean) / self.deviation + self.shift


@dataclass(frozen=True)
class FilterAtWork:
    """One filter, what it reads for one picture, and what Keras makes of that.

    `reads` float32 (h, w, c) without padding; `kernel` (kh, kw, c) moves by `strides` pixels; `keras_map`
    (h', w') is after ReLU, `keras_pooled` what `pooling` makes of it, both None where nothing is pooled.
    `before` is the layer that it reads, None for the picture.
    """

    reads: np.ndarray
    kernel: np.ndarray
    bias: float
    normalization: Normalization | None
    strides: int
    padding: str
    pooling: Pooling | None
    keras_map: np.ndarray
    keras_pooled: np.ndarray | None
    before: str | None = None


@dataclass(frozen=True)
class ByHand:
    """The same in plain NumPy, and one place of it in detail.

    `window` and `products` (kh, kw, c) are what the place reads and that times the kernel; `total` is their
    sum; `linear` adds the bias, `normalized` the normalization; `value` is after ReLU. `block` (side, side)
    is what is pooled with the place, None where nothing is. `corner` is where the window begins in what is
    read, below 0 in the padding. `beyond_border`: the window holds padding.
    """

    row: int
    column: int
    corner: tuple[int, int]
    window: np.ndarray
    products: np.ndarray
    total: float
    linear: float
    normalized: float
    value: float
    map: np.ndarray
    pooled: np.ndarray | None
    block: np.ndarray | None
    beyond_border: bool

    @property
    def largest_share(self) -> int:
        """The map among those that are read whose products add up to most, whichever their sign."""
        return int(np.abs(self.products.sum(axis=(0, 1))).argmax())


def work_by_hand(work: FilterAtWork, place: tuple[int, int] | None) -> ByHand:
    """The whole map of a filter in float64, and one place of it in detail (None: where it is largest)."""
    reads, kernel = work.reads.astype(np.float64), work.kernel.astype(np.float64)
    size, strides = len(kernel), work.strides
    before, after = zeros_around(len(reads), size, strides) if work.padding == "same" else (0, 0)
    reads = np.pad(reads, ((before, after), (before, after), (0, 0)))
    everywhere = sum(convolve(reads[..., c], kernel[..., c]) for c in range(reads.shape[-1])) + work.bias
    linear = np.asarray(everywhere)[::strides, ::strides]
    normalized = work.normalization(linear) if work.normalization else linear
    values = relu(normalized)
    # Before ReLU, so that a map of zeros shows the place that came nearest to an answer.
    row, column = place or (int(i) for i in np.unravel_index(normalized.argmax(), normalized.shape))
    first_row, first_column = row * strides, column * strides
    window = reads[first_row : first_row + size, first_column : first_column + size]
    side = work.pooling.side if work.pooling else 1
    top, left = row // side * side, column // side * side
    block = values[top : top + side, left : left + side]
    return ByHand(
        row=row,
        column=column,
        corner=(first_row - before, first_column - before),
        window=window,
        products=window * kernel,
        total=float((window * kernel).sum()),
        linear=float(linear[row, column]),
        normalized=float(normalized[row, column]),
        value=float(values[row, column]),
        map=values,
        pooled=POOLS[work.pooling.kind](values, side) if work.pooling else None,
        beyond_border=not all(
            before <= first <= len(reads) - after - size for first in (first_row, first_column)
        ),
        block=block if work.pooling and block.shape == (side, side) else None,
    )
