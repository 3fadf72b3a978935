"""One place of a trained filter's map in words: products, sum, bias, ReLU, pooling, and Keras beside it."""

import numpy as np

from model.lesson.arithmetic import ByHand, FilterAtWork, Normalization
from model.lesson.text import MINUS, TIMES
from model.report.words import decimal

LARGEST_SLICES = 5
WIDEST_SIDE_BY_SIDE = 3  # larger filters stand below each other, within 80 columns


def run_lines(work: FilterAtWork, hand: ByHand, layer: str, at_largest: bool) -> list[str]:
    """What the terminal shows of one place of a trained filter's map.

    `at_largest`: the place was chosen because the map is largest there.
    """
    why = ", where the map is largest" if at_largest else ""
    lines = [f"at row {hand.row}, column {hand.column} (the first is 0){why}", ""]
    if work.kernel.shape[-1] == 1:
        lines.append("Pixels from 0 to 1, times the filter, product by product (rounded)")
        lines += _products(hand.window[..., 0], work.kernel[..., 0], hand.products[..., 0])
    else:
        lines += _slices(work, hand)
    if hand.beyond_border:
        lines.append("   The window reaches beyond the border, where there are zeros.")
    lines.append(_line(f"sum of all {hand.products.size:,} products", hand.total))
    lines.append(_line("bias", work.bias))
    lines.append(_line("sum + bias", hand.linear))
    if work.normalization is not None:
        lines.append(
            _line("batch normalization", hand.normalized)
            + f" = {_normalized(work.normalization, hand.linear)}"
        )
    kept = "ReLU keeps it" if hand.normalized > 0 else "ReLU makes it 0"
    lines.append(_line(kept, hand.value))
    return [*lines, *_block(work, hand, layer), "", *_against_keras(work, hand)]


def _line(name: str, value: float) -> str:
    return f"   {name:30} {decimal(value, 5):>9}"


def _normalized(normalization: Normalization, linear: float) -> str:
    numbers = (normalization.scale, normalization.mean, normalization.shift)
    scale, mean, shift = (f"({text})" if MINUS in text else text for text in (decimal(n, 4) for n in numbers))
    inside = f"({decimal(linear, 4)} {MINUS} {mean}) / {decimal(normalization.deviation, 4)}"
    return f"{scale} {TIMES} {inside} + {shift}"


def _slices(work: FilterAtWork, hand: ByHand) -> list[str]:
    """The sums of a filter that reads many maps: the largest few, and how the others add up."""
    size, slices = len(work.kernel), work.kernel.shape[-1]
    sums = hand.products.sum(axis=(0, 1))
    order = np.argsort(-np.abs(sums), kind="stable")
    shown, first = order[:LARGEST_SLICES], int(order[0])
    lines = [
        f"It reads the {slices} maps of {work.before}: "
        f"{size} x {size} x {slices} = {hand.products.size:,} products.",
        f"Map {first}, whose share is largest, times its slice of the filter (rounded)",
        *_products(hand.window[..., first], work.kernel[..., first], hand.products[..., first]),
    ]
    lines += [_line(f"map {c}: sum of {size * size} products", float(sums[c])) for c in shown]
    if slices > len(shown):
        others = float(sums.sum() - sums[shown].sum())
        lines.append(_line(f"other {slices - len(shown)} maps, likewise", others))
    return lines


def _products(window: np.ndarray, kernel: np.ndarray, products: np.ndarray) -> list[str]:
    tables = [[[decimal(value, 4) for value in row] for row in table] for table in (window, kernel, products)]
    width = max(len(text) for table in tables for row in table for text in row)
    texts = [[" ".join(text.rjust(width) for text in row) for row in table] for table in tables]
    if len(kernel) > WIDEST_SIDE_BY_SIDE:
        return [
            f"   {line}"
            for name, table in zip(("reads", f"{TIMES} filter", "= products"), texts, strict=True)
            for line in (name, *table)
        ]
    lines = []
    for index, parts in enumerate(zip(*texts, strict=True)):
        times, equals = (TIMES, "=") if index == len(kernel) // 2 else (" ", " ")
        lines.append(f"   {parts[0]} {times} {parts[1]} {equals} {parts[2]}")
    return lines


def _block(work: FilterAtWork, hand: ByHand, layer: str) -> list[str]:
    """The pooling block that the place falls in."""
    if work.pooling is None or hand.pooled is None:
        return [f"   (no pooling follows {layer})"]
    pool, side = work.pooling.name, work.pooling.side
    if hand.block is None:
        return [f"   {pool} leaves this place out: the last row or column fills no {side} x {side} block"]
    row, column = hand.row // side, hand.column // side
    how = "the largest of" if work.pooling.kind == "max" else "the mean of"
    block = " / ".join(" ".join(decimal(value, 5) for value in line) for line in hand.block)
    return [
        _line(f"{pool}, row {row}, column {column}", float(hand.pooled[row, column])),
        f"      {how} {block}",
    ]


def _against_keras(work: FilterAtWork, hand: ByHand) -> list[str]:
    """How far the same by Keras is, here and over the whole map."""
    theirs = float(work.keras_map[hand.row, hand.column])
    height, width = hand.map.shape
    whole = f"Keras: over the whole map of {height} x {width} at most {_apart(work.keras_map, hand.map)}"
    if hand.pooled is not None and work.keras_pooled is not None:
        whole += f", pooled {_apart(work.keras_pooled, hand.pooled)}"
    here = _apart(np.array(theirs), np.array(hand.value))
    return [f"Keras: {decimal(theirs, 5)} at this place; difference {here}", whole]


def _apart(theirs: np.ndarray, ours: np.ndarray) -> str:
    largest = float(np.abs(theirs - ours).max(initial=0))
    return "0" if largest == 0 else f"{largest:.1e}".replace("-", MINUS)
