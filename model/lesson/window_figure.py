"""One place of a trained filter's map as a picture: its window, product by product, and where it goes."""

from pathlib import Path

import numpy as np

from model.lesson.arithmetic import ByHand, FilterAtWork
from model.lesson.parts import arrow, cells, centred, frame, heading, pen, red_blue_cells, rule
from model.lesson.run_text import steps
from model.networks.activations import in_words
from model.report.canvas import GREY, LIGHT, Sheet, caption, garment, response
from model.report.figure import Figure
from model.report.words import decimal

HEIGHT = 675
TILE, CELLS = 196, 186  # pixels: the sides of pictures and maps, and of tables of numbers
MOST_NUMBERS = 5  # a side: more can't be read, and are colours alone


def draw_window(words: dict[str, str], work: FilterAtWork, hand: ByHand, path: Path) -> Figure:
    """The window in what the filter reads, times the filter; the sum, its way through ReLU; the map.

    Of several maps that are read it is the one with the largest share. `words` are `title`, `subtitle` and
    `alt`.
    """
    sheet, channel = Sheet(HEIGHT, words["title"], words["subtitle"]), hand.largest_share
    overlay, y = pen(sheet), 136
    reads = work.reads[..., channel]
    block = max(TILE // max(reads.shape), 1)
    if work.before is None:
        name, drawn = "the picture", garment(np.round(255 * reads), block)
    else:
        name, drawn = f"map {channel} of {work.before}", response(reads, _limit(reads), block)
    heading(sheet, 24, y - 28, f"{name}, {reads.shape[0]} × {reads.shape[1]}", "left")
    sheet.place(24, y, drawn, frame=LIGHT, frame_width=1)
    top, left = (max(first, 0) for first in hand.corner)  # what is beyond the border stands in the window
    ends = zip(hand.corner, work.kernel.shape, reads.shape, strict=False)
    bottom, right = (min(first + size, side) for first, size, side in ends)
    frame(overlay, 24 + block * left, y + block * top, block * (right - left), block * (bottom - top))
    for x, sign, title, values in (
        (290, "", "the window", hand.window[..., channel]),
        (540, "×", "the filter", work.kernel[..., channel]),
        (790, "=", "products", hand.products[..., channel]),
    ):
        heading(sheet, x, y - 28, title, "left")
        _table(sheet, x, y, values, gray=title == "the window" and work.before is None)
        centred(sheet, x - 32, y + CELLS / 2, sign, 26)
    _sum(sheet, work, hand, channel)
    _maps(sheet, work, hand)
    sheet.save(path)
    return Figure(path, words["title"], words["alt"])


def _limit(values: np.ndarray) -> float:
    return float(np.abs(values).max()) or 1.0  # all zero: any scale shows white


def _table(sheet: Sheet, x: int, y: int, values: np.ndarray, gray: bool) -> None:
    cell = CELLS // max(values.shape)
    colours = garment(np.round(255 * values), 1) if gray else response(values, _limit(values), 1)
    if max(values.shape) > MOST_NUMBERS:
        sheet.place(x, y, colours.repeat(cell, 0).repeat(cell, 1), frame=LIGHT, frame_width=1)
    elif gray:
        cells(sheet, x, y, values, colours, cell)
    else:
        red_blue_cells(sheet, x, y, values, _limit(values), cell)


def _sum(sheet: Sheet, work: FilterAtWork, hand: ByHand, channel: int) -> None:
    """From the products to the number in the map, a line a step."""
    rule(sheet, 24, 372, width=1152)
    heading(sheet, 24, 386, f"Row {hand.row}, column {hand.column} of its map (the first is 0)", "left")
    lines = steps(work, hand)
    if work.kernel.shape[-1] > 1:
        lines.insert(0, (f"products of map {channel}", float(hand.products[..., channel].sum())))
    for line, (name, value) in enumerate(lines):
        sheet.text(24, 424 + 30 * line, name)
        sheet.text(400, 424 + 30 * line, decimal(value, 5), align="right", bold=line == len(lines) - 1)
    if hand.beyond_border:
        caption(sheet, 24, 430 + 30 * len(lines), "Beyond the border there are zeros.", "left")


def _maps(sheet: Sheet, work: FilterAtWork, hand: ByHand) -> None:
    overlay, y, done = pen(sheet), 424, work.activation.function
    after = "its map" if done == "linear" else f"its map after {in_words(done)}"
    for x, title, values, place in (
        (480, after, hand.map, (hand.row, hand.column)),
        (800, work.pooling.name if work.pooling else "", hand.pooled, hand.pooled_at),
    ):
        if values is None:
            sheet.text(x, y + 80, "No pooling follows.", colour=GREY)
            continue
        block = max(TILE // max(values.shape), 1)
        heading(sheet, x, 386, f"{title}, {values.shape[0]} × {values.shape[1]}", "left")
        sheet.place(x, y, response(values, _limit(hand.map), block), frame="#aaaaaa", frame_width=1)
        caption(sheet, x, y + TILE + 10, f"{decimal(values.min(), 3)} to {decimal(values.max(), 3)}", "left")
        if place is not None:
            frame(overlay, x + block * place[1], y + block * place[0], block, block)
    if hand.pooled is not None:
        arrow(overlay, (700, y + 98), (788, y + 98))
