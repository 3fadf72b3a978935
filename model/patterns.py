"""Hand-made filters: the textbook's patterns, and networks' kernels made of them. No TensorFlow."""

from math import comb

import numpy as np


def draw_patterns(size: int) -> dict[str, np.ndarray]:
    """Draw the hand-made filters of a size.

    For 3 x 3 these are the textbook's masks (Gonzalez and Woods, Digital Image Processing, chapter 10):
    lines `-1 2 -1` in four directions, Sobel's gradients in four, the centre against its surround
    (Laplacian with diagonals), and the binomial blur. Filters are not flipped: an edge answers to dark on
    the left (at the top) and light on the right (at the bottom); the rising diagonal edge to light at the
    lower right, the falling one to light at the upper right. Their names are those of the line along the
    edge.

    Args:
        size: in pixels; odd sizes from 3 on have all ten patterns, others those that exist.

    Returns:
        float64 (size, size) by name, of any length; x grows to the right, y downwards.
    """
    steps = np.arange(size) - (size - 1) / 2
    y, x = np.meshgrid(steps, steps, indexing="ij")
    binomial = np.array([comb(size - 1, i) for i in range(size)], float)
    blur = np.outer(binomial, binomial)
    patterns = {
        "vertical line": _against_mean(np.abs(x) <= 0.5),
        "horizontal line": _against_mean(np.abs(y) <= 0.5),
        "rising diagonal line": _against_mean(np.abs(x + y) <= 0.5),
        "falling diagonal line": _against_mean(np.abs(x - y) <= 0.5),
        "vertical edge": x * blur,
        "horizontal edge": y * blur,
        "rising diagonal edge": (x + y) * blur,
        "falling diagonal edge": (x - y) * blur,
        "centre against surround": _against_mean((np.abs(x) <= 0.5) & (np.abs(y) <= 0.5)),
        "blur": blur,
    }
    return {name: pattern for name, pattern in patterns.items() if np.abs(pattern).max() > 1e-12}


def _against_mean(mask: np.ndarray) -> np.ndarray:
    """A mask whose weights sum to 0, so that it answers to nothing where all is alike."""
    return mask - mask.mean()


def hand_made_kernels(size: int, num_inputs: int, num_filters: int) -> np.ndarray:
    """The kernels of a convolution whose filters are all made by hand: nothing learned, nothing random.

    The bank is the patterns and, since ReLU keeps one side of an answer only, their negatives; blur has
    none. Every filter applies one pattern to one map: filters 0, 1, 2, ... read maps 0, 1, 2, ..., and
    where a convolution reads pictures they go through the bank. A deeper one applies the first pattern to
    as many maps as the bank has, the second to the next maps, and so on: as its first maps are the bank's,
    one after another, every filter is another pair.

    Args:
        size: of the kernels, in pixels.
        num_inputs: maps that are read; 1 is the picture.
        num_filters: how many.

    Returns:
        float32 (size, size, num_inputs, num_filters), each filter's positive weights adding up to 1: the
        strongest answer to values of 0 to 1 is 1.
    """
    drawn = draw_patterns(size)
    bank = [*drawn.values(), *(-pattern for name, pattern in drawn.items() if name != "blur")]
    kernels = np.zeros((size, size, num_inputs, num_filters), np.float32)
    for number in range(num_filters):
        turn = number if num_inputs == 1 else number // len(bank)
        pattern = bank[turn % len(bank)]
        kernels[:, :, number % num_inputs, number] = pattern / pattern[pattern > 0].sum()
    return kernels
