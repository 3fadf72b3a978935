"""The kernels themselves: what they resemble, which inputs weigh most, how far training moved them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from model.patterns import draw_patterns

NUM_RANDOM = 20_000  # untrained kernels that set the mark for giving a name
RANDOM_SEED = 0
UNTRAINED_SHARE = 0.95  # of them stay below the mark
DIGITS = 12  # of a cosine; those behind them are rounding's, another on every processor
NUM_SLICES = 3  # heaviest input slices told of a deeper kernel
NUM_UNTRAINED = 100  # networks that chance is measured on


@dataclass(frozen=True)
class Bank:
    """Hand-made filters of one size, each of length 1, and what untrained kernels reach with them.

    `patterns` is float64 (number, k * k) in the order of `names`. `threshold` is the |similarity| that
    95 of 100 untrained kernels stay below, `mean` what they reach on average.
    """

    names: tuple[str, ...]
    patterns: np.ndarray
    threshold: float
    mean: float


def pattern_bank(size: int) -> Bank | None:
    """Take the hand-made filters of a size and let untrained kernels compete with them.

    Args:
        size: of the kernels, in pixels.

    Returns:
        The bank, or None for 1 x 1 kernels, which have no shape.
    """
    if size == 1:
        return None
    drawn = draw_patterns(size)
    patterns = np.array([pattern.ravel() / np.linalg.norm(pattern) for pattern in drawn.values()])
    # Glorot's uniform weights; their scale does not matter to a cosine
    random = np.random.default_rng(RANDOM_SEED).uniform(-1, 1, (NUM_RANDOM, size * size))
    reached = np.abs(random @ patterns.T / np.linalg.norm(random, axis=1, keepdims=True)).max(axis=1)
    threshold = float(np.quantile(reached, UNTRAINED_SHARE))
    return Bank(tuple(drawn), patterns, threshold, float(reached.mean()))


def match_kernels(kernel: np.ndarray, bank: Bank | None) -> list[dict[str, Any] | None]:
    """Name what the kernels of a first convolution resemble.

    Args:
        kernel: (k, k, 1, c).
        bank: of the kernel's size.

    Returns:
        Per filter `name` (None unless the match exceeds the bank's threshold), `similarity` (cosine, in
        [-1, 1], sign kept; 0 for a kernel of zeros) and `nearest`, the pattern with the largest
        |similarity|, of equal ones the first. None for each filter when there is no bank.
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
        name = nearest if abs(similarity) > bank.threshold else None
        matches.append({"name": name, "similarity": similarity, "nearest": nearest})
    return matches


def heaviest_slices(kernel: np.ndarray) -> list[list[dict[str, Any]]]:
    """Which earlier filters each filter of a deeper convolution reads with the heaviest weights.

    Args:
        kernel: (k, k, c_in, c).

    Returns:
        Per filter up to three slices, heaviest first: `channel` (the earlier filter), `norm` (length of
        the slice) and `share` of the kernel's squared length.
    """
    squares = np.square(kernel, dtype=np.float64).sum(axis=(0, 1))  # (c_in, c)
    totals = np.where(squares.sum(axis=0) > 0, squares.sum(axis=0), 1)
    order = np.argsort(-squares, axis=0, kind="stable")[:NUM_SLICES]
    return [
        [
            {
                "channel": int(channel),
                "norm": float(np.sqrt(squares[channel, index])),
                "share": float(squares[channel, index] / totals[index]),
            }
            for channel in order[:, index]
        ]
        for index in range(kernel.shape[-1])
    ]


def movement(before: np.ndarray, after: np.ndarray) -> list[dict[str, float]]:
    """How far training moved each filter.

    Args:
        before, after: the weights untrained and trained, (..., c).

    Returns:
        Per filter `cosine` between the two, `distance`, and `relative`: the distance over the length
        before. Where a length is 0, cosine and relative are 0.
    """
    old = before.reshape(-1, before.shape[-1]).astype(np.float64)
    new = after.reshape(-1, after.shape[-1]).astype(np.float64)
    old_length, new_length = np.linalg.norm(old, axis=0), np.linalg.norm(new, axis=0)
    distance = np.linalg.norm(new - old, axis=0)
    product = old_length * new_length
    cosine = (old * new).sum(axis=0) / np.where(product > 0, product, 1)
    relative = np.where(old_length > 0, distance / np.where(old_length > 0, old_length, 1), 0)
    return [
        {"cosine": float(c), "distance": float(d), "relative": float(r)}
        for c, d, r in zip(np.clip(cosine, -1, 1), distance, relative, strict=True)
    ]


def count_patterns(kernel: np.ndarray) -> dict[str, Any] | None:
    """Count the kernels of a first convolution by the pattern they match, beside what chance gives.

    Args:
        kernel: (k, k, 1, c), trained.

    Returns:
        `num_filters`; the `threshold` of `Bank`; the number of filters per pattern (`counts`) and of all
        that match one (`total`); and as `untrained` and `untrained_total` how many [from, to] the middle
        90 of 100 untrained networks with as many filters have. None where kernels have no shape.
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
