"""One place of a trained filter's map in words: products, sum, bias, ReLU, pooling, and Keras beside it."""

import numpy as np

from model.lesson.arithmetic import ByHand, FilterAtWork, Normalization
from model.lesson.text import MINUS, TIMES
from model.networks.activations import in_words
from model.networks.layers import pair
from model.report.tables import WIDTH
from model.report.words import decimal

LARGEST_SLICES = 5
NORMALIZED = "batch normalization"
WIDEST_SIDE_BY_SIDE = 3  # larger filters stand below each other


def run_lines(work: FilterAtWork, hand: ByHand, layer: str, at_largest: bool) -> list[str]:
    """What the terminal shows of one place of a trained filter's map.

    `at_largest`: the place was chosen because the map is largest there.
    """
    why = ", where the map is largest" if at_largest and hand.value > 0 else ""
    lines = [f"at row {hand.row}, column {hand.column} (the first is 0){why}"]
    if not hand.map.any():
        before = f"; before {in_words(work.activation.function)} it is largest here" * at_largest
        lines.append(f"The map is 0 everywhere{before}.")
    lines.append("")
    if work.before is None:
        lines.append("Pixels from 0 to 1, times the filter, product by product (rounded)")
        lines += _products(hand.window[..., 0], work.kernel[..., 0], hand.products[..., 0])
    else:
        lines += _slices(work, hand)
    if hand.beyond_border:
        lines.append("   The window reaches beyond the border, where there are zeros.")
    for name, value in steps(work, hand):
        lines.append(_line(name, value))
        if work.normalization is not None and name == NORMALIZED:
            lines.append(f"      = {_normalized(work.normalization, hand.linear)}")
    return [*lines, *_block(work, hand, layer), "", *_against_keras(work, hand)]


def steps(work: FilterAtWork, hand: ByHand) -> list[tuple[str, float]]:
    """What becomes of the products, step by step: the name of a step, and the number after it."""
    return [
        (f"sum of all {hand.products.size:,} products", hand.total),
        ("bias", work.bias),
        ("sum + bias", hand.linear),
        *([(NORMALIZED, hand.normalized)] if work.normalization else []),
        *_activated(work, hand),
    ]


def _activated(work: FilterAtWork, hand: ByHand) -> list[tuple[str, float]]:
    function = work.activation.function
    if function == "relu":
        return [("ReLU keeps it" if hand.normalized > 0 else "ReLU makes it 0", hand.value)]
    return [] if function == "linear" else [(f"after {in_words(function)}", hand.value)]


def _line(name: str, value: float) -> str:
    return f"   {name:30} {decimal(value, 5):>9}"


def _normalized(normalization: Normalization, linear: float) -> str:
    numbers = (normalization.scale, normalization.mean, normalization.shift)
    scale, mean, shift = (f"({text})" if MINUS in text else text for text in (decimal(n, 4) for n in numbers))
    inside = f"({decimal(linear, 4)} {MINUS} {mean}) / {decimal(normalization.deviation, 4)}"
    return f"{scale} {TIMES} {inside} + {shift}"


def _slices(work: FilterAtWork, hand: ByHand) -> list[str]:
    """The sums of a filter that reads many maps: the largest few, and how the others add up."""
    height, width, slices = work.kernel.shape
    sums = hand.products.sum(axis=(0, 1))
    shown, first = np.argsort(-np.abs(sums), kind="stable")[:LARGEST_SLICES], hand.largest_share
    share = "whose share is largest," if sums[first] else "which adds nothing, as all maps do,"
    lines = [
        f"It reads the {_maps(slices)} of {work.before}: "
        f"{height} x {width} x {slices} = {hand.products.size:,} products.",
        f"Map {first}, {share} times its slice of the filter (rounded)",
        *_products(hand.window[..., first], work.kernel[..., first], hand.products[..., first]),
    ]
    lines += [_line(f"map {c}: sum of {height * width} products", float(sums[c])) for c in shown]
    if slices > len(shown):
        others = float(sums.sum() - sums[shown].sum())
        lines.append(_line(f"other {_maps(slices - len(shown))}, likewise", others))
    return lines


def _maps(number: int) -> str:
    return "1 map" if number == 1 else f"{number} maps"


def _products(window: np.ndarray, kernel: np.ndarray, products: np.ndarray) -> list[str]:
    """The three tables with as many decimals, up to four, as 80 columns have room for."""
    lines, three = list[str](), (window, kernel, products)
    for digits in (4, 3, 2, 1, 0):
        tables = [[[decimal(v, digits) for v in row] for row in values] for values in three]
        width = max(len(text) for table in tables for row in table for text in row)
        texts = [[" ".join(text.rjust(width) for text in row) for row in table] for table in tables]
        lines = _below(texts) if max(kernel.shape) > WIDEST_SIDE_BY_SIDE else _beside(texts)
        if max(map(len, lines)) <= WIDTH:
            break
    return lines


def _below(texts: list[list[str]]) -> list[str]:
    names = ("reads", f"{TIMES} filter", "= products")
    return [f"   {line}" for name, table in zip(names, texts, strict=True) for line in (name, *table)]


def _beside(texts: list[list[str]]) -> list[str]:
    lines = []
    for index, parts in enumerate(zip(*texts, strict=True)):
        times, equals = (TIMES, "=") if index == len(texts[0]) // 2 else (" ", " ")
        lines.append(f"   {parts[0]} {times} {parts[1]} {equals} {parts[2]}")
    return lines


def _block(work: FilterAtWork, hand: ByHand, layer: str) -> list[str]:
    """The pooling block that the place falls in."""
    if work.pooling is None or hand.pooled is None:
        return [f"   (no pooling follows {layer})"]
    pool, (height, width) = work.pooling.name, pair(work.pooling.side)
    if hand.block is None or hand.pooled_at is None:
        return [f"   {pool} leaves this place out: the last row or column fills no {height} x {width} block"]
    row, column = hand.pooled_at
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
    here = _apart(np.array(theirs), np.array(hand.value)).removeprefix("at most ")
    lines = [
        f"Keras: {decimal(theirs, 5)} at this place; {here}",
        f"Keras: over the whole map of {height} x {width} {_apart(work.keras_map, hand.map)}",
    ]
    if hand.pooled is not None and work.keras_pooled is not None:
        lines.append(f"Keras: pooled {_apart(work.keras_pooled, hand.pooled)}")
    return lines


def _apart(theirs: np.ndarray, ours: np.ndarray) -> str:
    largest = float(np.abs(theirs - ours).max(initial=0))
    return "exactly equal" if largest == 0 else f"at most {largest:.1e} apart".replace("-", MINUS)
