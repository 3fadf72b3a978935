"""The lesson's figures, 1200 x 675 pixels each. They draw what was computed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from model.lesson.filter_text import EVEN
from model.lesson.journey import journey
from model.lesson.parts import (
    PALE,
    STRONG,
    arrow,
    bar,
    cells,
    centred,
    frame,
    gray_cells,
    heading,
    pen,
    red_blue_cells,
    ring,
    rule,
)
from model.lesson.text import number, percent, sum_of
from model.report.canvas import GREY, INK, LIGHT, Sheet, caption, enlarge, garment, response
from model.report.drawing import drawn
from model.report.figure import Figure

HEIGHT = 675
# Pale versions of four of Okabe and Ito's colours: dark numbers stay readable on them.
BLOCK_COLOURS = np.array([[[252, 225, 170], [190, 223, 245]], [[180, 228, 212], [240, 207, 225]]], np.uint8)


def draw_all(folder: Path, numbers: dict[str, Any], maps: dict[str, np.ndarray]) -> list[Figure]:
    """Draw the five figures.

    `numbers` is the content of lesson.json; `maps` are pictures (28, 28) and their responses by name, and
    every test picture's answers.
    """
    pictures: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {
        "1-one-pixel.png": (one_pixel, (numbers["worked_example"],)),
        "2-vertical-lines.png": (line_filter, ("vertical", numbers["lines"], maps)),
        "3-horizontal-lines.png": (line_filter, ("horizontal", numbers["lines"], maps)),
        "4-pooling.png": (pooling, (numbers, maps)),
        "5-from-784.png": (journey, (numbers, maps)),
    }
    return [
        drawn(_draw, fill, arguments, numbers["figures"][name], path=folder / name)
        for name, (fill, arguments) in pictures.items()
    ]


def _draw(
    fill: Callable[..., None], arguments: tuple[Any, ...], caption: dict[str, str], path: Path
) -> Figure:
    sheet = Sheet(HEIGHT, caption["title"], caption["subtitle"])
    fill(sheet, *arguments)
    sheet.save(path)
    return Figure(path, caption["title"], caption["subtitle"])


def one_pixel(sheet: Sheet, example: dict[str, Any]) -> None:
    """The worked example, product by product; then every place, and what else people get."""
    patch, kernel = np.array(example["patch"]), np.array(example["filter"])
    products, places = np.array(example["products"]), np.array(example["all_places"])
    limit = float(np.abs(places).max())
    overlay = pen(sheet)
    y, cell = 142, 58
    for x, text in (
        (140, "picture, 4 × 4 pixels"),
        (419, "filter"),
        (705, "nine products"),
        (962, "their sum"),
    ):
        heading(sheet, x, y - 26, text)
    gray_cells(sheet, 24, y, patch, cell)
    frame(overlay, 24, y, 3 * cell, 3 * cell)
    red_blue_cells(sheet, 332, y, kernel, 4.5, cell)
    red_blue_cells(sheet, 618, y, products, limit, cell)
    red_blue_cells(sheet, 918, y + 43, places[:1, :1], limit, 88, size=26)
    middle = y + 1.5 * cell
    for x, sign in ((294, "×"), (562, "=")):
        centred(sheet, x, middle, sign, 30)
    arrow(overlay, (804, middle), (906, middle))
    caption(sheet, 855, middle - 24, "add all nine")
    for line, text in enumerate(("more than 255:", "a network keeps it;", "image software", "would clip it")):
        caption(sheet, 1026, y + 50 + 19 * line, text, "left")
    products_text = sum_of([float(value) for value in products.ravel()])
    sheet.text(332, y + 3 * cell + 22, products_text, size=21, bold=True)
    _every_place(sheet, patch, places, limit)
    _other_results(sheet, example)


def _every_place(sheet: Sheet, patch: np.ndarray, places: np.ndarray, limit: float) -> None:
    overlay = pen(sheet)
    y, cell = 456, 22
    rule(sheet, 24, 408, width=1152)
    heading(sheet, 24, 422, "The same filter at all four places where it fits", "left")
    for index, value in enumerate(places.ravel()):
        x, row, column = 24 + 112 * index, index // 2, index % 2
        sheet.place(x, y, garment(patch, cell), frame=LIGHT, frame_width=1)
        frame(overlay, x + column * cell, y + row * cell, 3 * cell, 3 * cell)
        sheet.text(x + 44, y + 96, number(value), size=17, align="center", bold=True)
    red_blue_cells(sheet, 521, y - 22, places, limit, 66)
    arrow(overlay, (474, y + 44), (512, y + 44))
    arrow(overlay, (662, y + 44), (694, y + 44))
    red_blue_cells(sheet, 705, y + 11, np.array([[places.max()]]), limit, 66)
    caption(sheet, 738, y + 84, "the largest")
    for x, text in ((234, "16 numbers"), (587, "4 numbers"), (738, "1 number")):
        sheet.text(x, 590, text, size=15, align="center", bold=True)
    caption(sheet, 24, 622, "At the border a 3 × 3 window lacks neighbours: 4 × 4 becomes 2 × 2,", "left")
    caption(sheet, 24, 642, "and a picture of 28 × 28 becomes a map of 26 × 26.", "left")


def _other_results(sheet: Sheet, example: dict[str, Any]) -> None:
    x, y = 846, 422
    rule(sheet, 816, 424, height=231)
    heading(sheet, x, y, "Keras gives 577, too. Another result?", "left")
    causes = ("rows and columns swapped", "filter turned by 180°", "42 typed for 142", "clipped at 255")
    for line, (value, cause) in enumerate(zip(example["other_results"].values(), causes, strict=True)):
        sheet.text(x + 36, y + 36 + 28 * line, number(value), size=16, align="right", bold=True)
        sheet.text(x + 52, y + 36 + 28 * line, cause, size=15)
    scaled = f"{example['sum_with_pixels_from_0_to_1']:.3f}"
    sheet.text(x, y + 164, "With pixels from 0 to 1, as networks", size=15)
    sheet.text(x, y + 186, f"get them: {number(example['sum'])} / 255 = {scaled}", size=15)


def line_filter(sheet: Sheet, kind: str, lines: dict[str, Any], maps: dict[str, np.ndarray]) -> None:
    """What one of the two filters does to two garments and to drawn lines; one layout for both."""
    kernel = np.array(lines["filters"][kind])
    limit = lines["strongest_possible"]
    turned = " and ".join(number(value, 1) for value in lines["mean_response"]["drawn_horizontal"].values())
    rows = {
        "trouser": ("Trouser", f"test picture {lines['test_indices']['trouser']}"),
        "striped": ("Striped T-shirt", f"test picture {lines['test_indices']['striped']}"),
        "drawn_vertical": ("Drawn lines", "vertical, 2 pixels wide;", f"turned: {turned}"),
    }
    columns = ((286, "picture"), (502, "filter"), (716, "response"), (920, "after ReLU"))
    for x, text in columns:
        heading(sheet, x, 86, text)
    heading(sheet, 1030, 86, "mean |response|", "left")
    for line, (name, words) in enumerate(rows.items()):
        y = 110 + 187 * line
        responses = maps[f"{name}/{kind}"]
        heading(sheet, 24, y + 62, words[0], "left")
        for place, text in enumerate(words[1:]):
            caption(sheet, 24, y + 84 + 18 * place, text, "left")
        sheet.place(202, y, garment(maps[name], 6), frame=LIGHT, frame_width=1)
        red_blue_cells(sheet, 424, y + 6, kernel, 2, 52)
        for x, values in ((638, responses), (842, np.maximum(responses, 0))):
            sheet.place(x, y + 6, response(values, limit, 6), frame="#aaaaaa", frame_width=1)
        caption(sheet, 716, y + 166, f"{number(responses.min())} to {number(responses.max())}")
        caption(sheet, 920, y + 166, f"0 to {number(max(responses.max(), 0))}")
        for x, sign in ((397, "×"), (609, "="), (818, "→")):
            centred(sheet, x, y + 84, sign, 26)
        _two_bars(sheet, 1030, y + 34, kind, lines["mean_response"][name])
    caption(sheet, 1030, 634, "mean of 676 numbers,", "left")
    caption(sheet, 1030, 651, "their signs left out", "left")


def _two_bars(sheet: Sheet, x: int, y: int, kind: str, response_to: dict[str, float]) -> None:
    for line, (name, value) in enumerate(response_to.items()):
        top, own = y + 56 * line, name == kind
        sheet.text(x, top, f"{name} filter", size=13, colour=INK if own else GREY, bold=own)
        width = round(value / 470.8 * 84)
        bar(sheet, x, top + 20, width, 16, STRONG if own else PALE)
        sheet.text(x + width + 7, top + 22, number(value, 1), size=15, bold=own, colour=INK if own else GREY)


def pooling(sheet: Sheet, numbers: dict[str, Any], maps: dict[str, np.ndarray]) -> None:
    """Max pooling on sixteen numbers and on a map; what it is not; what a shift does to it."""
    part = numbers["pooling"]
    patch = np.array(part["patch"])
    overlay = pen(sheet)
    y, cell = 132, 58
    heading(sheet, 140, y - 26, "16 numbers, four blocks")
    heading(sheet, 390, y - 26, "the largest of each")
    cells(sheet, 24, y, patch, BLOCK_COLOURS.repeat(2, 0).repeat(2, 1), cell)
    for (row, column), winner in np.ndenumerate(np.array(part["winners"])):
        across, down = 2 * column + winner % 2 + 0.5, 2 * row + winner // 2 + 0.5
        ring(overlay, 24 + across * cell, y + down * cell, 25)
    arrow(overlay, (270, y + 116), (318, y + 116))
    cells(sheet, 332, y + 58, np.array(part["max"]), BLOCK_COLOURS, cell)
    caption(sheet, 390, y + 186, "4 numbers: a quarter")
    rule(sheet, 480, y - 22, height=292)
    sheet.place(494, y + 61, garment(maps["striped"], 4), frame=LIGHT, frame_width=1)
    for line, text in enumerate(("striped T-shirt,", "horizontal filter,", "ReLU")):
        caption(sheet, 550, y + 186 + 18 * line, text)
    arrow(overlay, (610, y + 117), (632, y + 117))
    _not_this(sheet, part)
    highlighted = np.maximum(maps["striped/horizontal"], 0)
    pooled = maps["striped/pooled"]
    limit = numbers["lines"]["strongest_possible"]
    for x, values, block, stripes in (
        (640, highlighted, 9, part["stripes_before"]),
        (942, pooled, 18, part["stripes_after"]),
    ):
        side = len(values)
        heading(sheet, x + 117, y - 26, f"{side} × {side} = {values.size} numbers")
        sheet.place(x, y, response(values, limit, block), frame="#aaaaaa", frame_width=1)
        caption(sheet, x + 117, y + 240, f"largest {number(values.max())}")
        caption(sheet, x + 117, y + 257, f"{stripes} stripes in its middle column")
    arrow(overlay, (884, y + 117), (932, y + 117))
    _shift(sheet, numbers["shift"])


def _not_this(sheet: Sheet, part: dict[str, Any]) -> None:
    y, cell = 460, 58
    rule(sheet, 24, 414, width=1152)
    heading(sheet, 24, 428, "Not to be mixed up with", "left")
    pale = 255 - (255 - BLOCK_COLOURS) // 2
    cells(sheet, 54, y, np.array(part["average"]), pale, cell, size=14)
    cells(sheet, 242, y, np.array(part["every_other_pixel"]), pale, cell, size=14)
    quarter = np.full((4, 4, 3), 255, np.uint8)
    quarter[:2, :2] = (0, 114, 178)
    tiles = enlarge(quarter, cell // 2)
    tiles[:: cell // 2], tiles[:, :: cell // 2] = 170, 170
    sheet.place(430, y, tiles, frame="#aaaaaa", frame_width=1)
    for x, first, second in (
        (112, "average pooling:", "the mean of each block"),
        (300, "every other pixel:", "misses 192, 144 and 255"),
        (488, "a quarter less:", "a quarter is left, 75 % less"),
    ):
        caption(sheet, x, y + 124, first)
        caption(sheet, x, y + 142, second)
    sheet.text(24, y + 180, "Nor is the map enlarged: it has half as many rows and columns.", size=15)


def _shift(sheet: Sheet, shift: dict[str, Any]) -> None:
    x, y = 640, 428
    rule(sheet, 610, 428, height=231)
    heading(sheet, x, y, "What moving the picture by one pixel changes", "left")
    how = (
        "the sum of all changes as a share of the sum of all numbers; mean of the four",
        f"directions, first {shift['num_images']:,} test pictures, horizontal filter",
    )
    for line, text in enumerate(how):
        caption(sheet, x, y + 24 + 18 * line, text, "left")
    change = shift["change"]
    bars = (
        ("the picture itself", "picture", PALE),
        ("filtered, after ReLU", "filtered", STRONG),
        ("then max-pooled", "max_pooled", STRONG),
        ("or every other pixel", "every_other", PALE),
    )
    for line, (label, name, colour) in enumerate(bars):
        top, width = y + 72 + 30 * line, round(280 * change[name])
        sheet.text(x, top, label, size=15)
        bar(sheet, x + 184, top - 2, width, 20, colour)
        sheet.text(x + 192 + width, top, percent(change[name]), size=15, bold=True)
    sheet.text(x, y + 194, "Filtering makes the numbers more sensitive to a shift; pooling gives", size=15)
    sheet.text(x, y + 215, "part of that back: less sensitive, not invariant.", size=15)


def draw_filter(path: Path, numbers: dict[str, Any], maps: dict[str, np.ndarray]) -> Figure:
    """Any nine numbers on a picture, and what they answer to among drawn lines.

    `numbers` is the content of your-filter.json; `maps` are `picture`, `response`, `relu`, `pooled`, and
    `drawn/...` of four directions.
    """
    sheet = Sheet(HEIGHT, numbers["caption"]["title"], numbers["caption"]["subtitle"])
    y, middle = 136, 234
    kernel = np.array(numbers["filter"])
    limit = max(abs(numbers["smallest"]), abs(numbers["largest"])) or 1.0  # all zero: any scale shows white
    sheet.place(24, middle - 98, garment(maps["picture"], 7), frame=LIGHT, frame_width=1)
    red_blue_cells(sheet, 277, middle - 93, kernel, float(np.abs(kernel).max()) or 1.0, 62)
    heading(sheet, 122, y - 28, "picture, 28 × 28")
    heading(sheet, 370, y - 28, "your filter")
    tiles = (
        ("response", 520, 7, "response, 26 × 26"),
        ("relu", 757, 7, "after ReLU"),
        ("pooled", 994, 14, "max-pooled, 13 × 13"),
    )
    for name, x, block, words in tiles:
        values = maps[name]
        sheet.place(x, middle - 91, response(values, limit, block), frame="#aaaaaa", frame_width=1)
        heading(sheet, x + 91, y - 28, words)
        caption(sheet, x + 91, middle + 102, f"{number(values.min())} to {number(values.max())}")
    for x, sign in ((249, "×"), (492, "="), (730, "→"), (967, "→")):
        centred(sheet, x, middle, sign, 26)
    rule(sheet, 24, 372, width=1152)
    measure = f"Its mean |response| to drawn lines, {EVEN}: compare those at right angles"
    heading(sheet, 24, 386, measure, "left")
    rule(sheet, 594, 420, height=174)
    most = max(numbers["mean_response"].values()) or 1.0
    for index, (direction, answer) in enumerate(numbers["mean_response"].items()):
        x = 24 + 294 * index
        sheet.place(x, 420, garment(maps[f"drawn/{direction}"], 5), frame=LIGHT, frame_width=1)
        sheet.text(x + 154, 462, f"{direction}\nlines", size=15)
        sheet.text(x + 154, 512, number(answer, 1), size=20, bold=True)
        bar(sheet, x, 574, round(250 * answer / most), 20, STRONG)
    for line, text in enumerate(numbers["caption"]["notes"]):
        sheet.text(24, 614 + 24 * line, text, size=15)
    sheet.save(path)
    return Figure(path, numbers["caption"]["title"], numbers["caption"]["subtitle"])
