"""Named patterns: the textbook's filters, kernels made of them, and how many a trained kernel resembles."""

from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np

NUM_RANDOM = 20_000  # untrained kernels that set the mark for giving a name
RANDOM_SEED = 0
UNTRAINED_SHARE = 0.95  # of them stay below the mark
ROUNDING = 1e-12  # a pattern whose weights are all below has none
DIGITS = 12  # of a cosine; those behind them are rounding's, another on every processor
DECIMALS = 2  # of a similarity, as it is told and compared: what reads as the same is the same
NUM_UNTRAINED = 100  # networks that chance is measured on


def named_patterns(size: int) -> dict[str, np.ndarray]:
    """Draw the hand-made filters of a size.

    For 3 x 3 these are the textbook's masks (Gonzalez and Woods, Digital Image Processing, chapter 10):
    lines `-1 2 -1` in four directions, Sobel's gradients in four, the centre against its surround
    (Laplacian with diagonals), and the binomial blur. Filters are not flipped: an edge answers to dark on
    the left (at the top) and light on the right (at the bottom); the rising diagonal edge to light at the
    lower right, the falling one to light at the upper right. Their names are those of the line along the
    edge.

    Returns float64 (size, size) by name, of any length; x grows to the right, y downwards. Odd sizes from 3
    on have all ten patterns, others those that exist.
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
    return {name: pattern for name, pattern in patterns.items() if np.abs(pattern).max() > ROUNDING}


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

    Returns float32 (size, size, num_inputs, num_filters), each filter's positive weights adding up to 1: the
    strongest answer to values of 0 to 1 is 1. With one input it is the picture.
    """
    drawn = named_patterns(size)
    bank = [*drawn.values(), *(-pattern for name, pattern in drawn.items() if name != "blur")]
    kernels = np.zeros((size, size, num_inputs, num_filters), np.float32)
    for number in range(num_filters):
        turn = number if num_inputs == 1 else number // len(bank)
        pattern = bank[turn % len(bank)]
        kernels[:, :, number % num_inputs, number] = pattern / pattern[pattern > 0].sum()
    return kernels


@dataclass(frozen=True)
class Bank:
    """Hand-made filters of one size, each of length 1, and what untrained kernels reach with them.

    `patterns` is float64 (number, k * k) in the order of `names`. `threshold` is the |similarity| that
    95 of 100 untrained kernels stay below, to two digits; `mean` what they reach on average.
    """

    names: tuple[str, ...]
    patterns: np.ndarray
    threshold: float
    mean: float


def pattern_bank(size: int) -> Bank | None:
    """Take the hand-made filters of a size and let untrained kernels compete with them.

    Returns None for 1 x 1 kernels, which have no shape.
    """
    if size == 1:
        return None
    drawn = named_patterns(size)
    patterns = np.array([pattern.ravel() / np.linalg.norm(pattern) for pattern in drawn.values()])
    # Glorot's uniform weights; their scale does not matter to a cosine
    random = np.random.default_rng(RANDOM_SEED).uniform(-1, 1, (NUM_RANDOM, size * size))
    reached = np.abs(random @ patterns.T / np.linalg.norm(random, axis=1, keepdims=True)).max(axis=1)
    threshold = round(float(np.quantile(reached, UNTRAINED_SHARE)), DECIMALS)
    return Bank(tuple(drawn), patterns, threshold, float(reached.mean()))


def match_kernels(kernel: np.ndarray, bank: Bank | None) -> list[dict[str, Any] | None]:
    """Name what the kernels (k, k, 1, c) of a first convolution resemble, by the bank of their size.

    Returns per filter `name` (None unless the match, to two digits, reaches the bank's threshold),
    `similarity` (cosine, in [-1, 1]; below 0 it is the reversed pattern; 0 for a kernel of zeros) and
    `nearest`, the pattern with the largest |similarity|, of equal ones the first. None for each filter when
    there is no bank.
    """
    num_filters = kernel.shape[-1]
    if bank is None:
        return [None] * num_filters
    flat = kernel.reshape(-1, num_filters).T.astype(np.float64)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    similarities = (flat @ bank.patterns.T) / np.where(lengths > 0, lengths, 1)
    matches: list[dict[str, Any] | None] = []
    for row in np.clip(similarities, -1, 1).round(DIGITS) + 0.0:  # no -0.0
        best = int(np.abs(row).argmax())
        nearest, similarity = bank.names[best], float(row[best])
        name = nearest if round(abs(similarity), DECIMALS) >= bank.threshold else None
        matches.append({"name": name, "similarity": similarity, "nearest": nearest})
    return matches


def count_patterns(kernel: np.ndarray) -> dict[str, Any] | None:
    """Count trained kernels (k, k, 1, c) of a first convolution by their pattern, beside what chance gives.

    Returns `num_filters`; the `threshold` of `Bank`; the number of filters per pattern (`counts`) and of all
    that match one (`total`); and as `untrained` and `untrained_total` how many [from, to] the middle 90 of
    100 untrained networks with as many filters have. None where kernels have no shape.
    """
    bank = pattern_bank(len(kernel))
    if bank is None:
        return None
    num_filters = kernel.shape[-1]
    counts = _counts(kernel, bank)
    # other kernels than those that set the threshold
    generator = np.random.default_rng(RANDOM_SEED + 1)
    untrained = [_counts(generator.uniform(-1, 1, kernel.shape), bank) for _ in range(NUM_UNTRAINED)]
    by_name = {name: [one[name] for one in untrained] for name in bank.names}
    return {
        "num_filters": num_filters,
        "threshold": bank.threshold,
        "counts": counts,
        "total": sum(counts.values()),
        "untrained": {name: _middle(numbers) for name, numbers in by_name.items()},
        "untrained_total": _middle([sum(one.values()) for one in untrained]),
    }


def _counts(kernel: np.ndarray, bank: Bank) -> dict[str, int]:
    names = [match["name"] for match in match_kernels(kernel, bank) if match is not None]
    return {name: names.count(name) for name in bank.names}


def _middle(numbers: list[int]) -> list[int]:
    """The numbers that 90 of 100 lie between, ends included."""
    ends = np.quantile(numbers, [0.05, 0.95], method="nearest")
    return [int(end) for end in ends]
