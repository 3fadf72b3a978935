"""Convolution and pooling in plain NumPy, and the numbers and pictures that the lesson works them on.

Convolution is deep learning's, a cross-correlation: rows before columns, the filter is not turned.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from model.networks.activations import applied
from model.networks.facts import covered, zeros_around
from model.networks.layers import Activation, Padding, Pooling, Sides, pair

RELU = Activation("relu")
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
    (h', w') is after its `activation`, `keras_pooled` what `pooling` makes of it, both None where nothing is
    pooled.
    `before` is the layer that it reads, None for the picture.
    """

    reads: np.ndarray
    kernel: np.ndarray
    bias: float
    normalization: Normalization | None
    strides: Sides
    padding: Padding
    pooling: Pooling | None
    keras_map: np.ndarray
    keras_pooled: np.ndarray | None
    before: str | None = None
    activation: Activation = RELU


@dataclass(frozen=True)
class ByHand:
    """The same in plain NumPy, and one place of it in detail.

    `window` and `products` (kh, kw, c) are what the place reads and that times the kernel; `total` is their
    sum; `linear` adds the bias, `normalized` the normalization; `value` is after its activation. `block` is
    what is pooled with the place, None where nothing is, `pooled_at` the place that it gives. `corner` is
    where the window begins in what is read, below 0 in the padding. `beyond_border`: it holds padding.
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
    pooled_at: tuple[int, int] | None
    beyond_border: bool

    @property
    def largest_share(self) -> int:
        """The map among those that are read whose products add up to most, whichever their sign."""
        return int(np.abs(self.products.sum(axis=(0, 1))).argmax())


def work_by_hand(work: FilterAtWork, place: tuple[int, int] | None) -> ByHand:
    """The whole map of a filter in float64, and one place of it in detail (None: where it is largest)."""
    kernel, strides, size = work.kernel.astype(np.float64), pair(work.strides), work.kernel.shape[:2]
    around = zeros_around(work.reads.shape[:2], size, strides, work.padding)
    reads = np.pad(work.reads.astype(np.float64), (*around, (0, 0)))
    everywhere = sum(convolve(reads[..., c], kernel[..., c]) for c in range(reads.shape[-1])) + work.bias
    linear = np.asarray(everywhere)[:: strides[0], :: strides[1]]
    normalized = work.normalization(linear) if work.normalization else linear
    values = applied(work.activation, normalized)
    # Before ReLU, so that a map of zeros shows the place that came nearest to an answer.
    row, column = place or (int(i) for i in np.unravel_index(normalized.argmax(), normalized.shape))
    first = row * strides[0], column * strides[1]
    window = reads[first[0] : first[0] + size[0], first[1] : first[1] + size[1]]
    pooled = _pooled(work.pooling, values) if work.pooling else None
    pooled_at, block = _block_of(work.pooling, values, (row, column)) if work.pooling else (None, None)
    return ByHand(
        row=row,
        column=column,
        corner=(first[0] - around[0][0], first[1] - around[1][0]),
        window=window,
        products=window * kernel,
        total=float((window * kernel).sum()),
        linear=float(linear[row, column]),
        normalized=float(normalized[row, column]),
        value=float(values[row, column]),
        map=values,
        pooled=pooled,
        block=block,
        pooled_at=pooled_at,
        beyond_border=not all(
            before <= start <= length - after - side
            for start, (before, after), length, side in zip(first, around, reads.shape, size, strict=False)
        ),
    )


def _blocks_along(pooling: Pooling, values: np.ndarray) -> list[list[slice]]:
    """Which rows, and which columns, the blocks of a pooling cover."""
    return covered(values.shape, pair(pooling.side), pair(pooling.steps), pooling.padding)


def _pooled(pooling: Pooling, values: np.ndarray) -> np.ndarray:
    """What a pooling makes of a map (h, w)."""
    rows, columns = _blocks_along(pooling, values)
    way = np.max if pooling.kind == "max" else np.mean
    return np.array([[way(values[down, right]) for right in columns] for down in rows])


def _block_of(
    pooling: Pooling, values: np.ndarray, place: tuple[int, int]
) -> tuple[tuple[int, int] | None, np.ndarray | None]:
    """The first block that a place falls in: where what it gives stands, and its values; None of none."""
    along = [
        next((number for number, seen in enumerate(blocks) if seen.start <= at < seen.stop), None)
        for blocks, at in zip(_blocks_along(pooling, values), place, strict=True)
    ]
    row, column = along
    if row is None or column is None:
        return None, None
    rows, columns = _blocks_along(pooling, values)
    return (row, column), values[rows[row], columns[column]]
