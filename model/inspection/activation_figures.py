"""Pictures of what filters answer to: conv1-activations and so on, before and after pooling."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.splits import Split
from model.inspection.files import MOST_COLUMNS, Convolution, Inspection
from model.inspection.records import Passport, first_of
from model.inspection.tiles import draw_kernel, draw_map, draw_patch, scale_words
from model.inspection.words import (
    answers_lost,
    chosen_by,
    class_label,
    direction,
    favourite,
    line_after,
    number,
    pattern,
)
from model.networks.activations import in_words
from model.networks.facts import SIDE
from model.report.canvas import (
    GREY,
    INK,
    UNTRAINED_FRAME,
    Sheet,
    caption,
    draw_line,
    garment,
    largest_block,
    share_cut,
    shortened,
    top_below,
    wrapped,
)
from model.report.figure import Figure
from model.report.words import counted, share

SHOWN = 6
CELLS = (140, 112, 84, 56)  # pixels of a picture; its maps are as large: the largest that fits is taken
HIGHEST, WIDEST = 1500, 1152
PANEL = 182  # pixels for the words beside a row
LEFT = 24
KERNEL = 72
BETWEEN, CAPTION, AFTER = 3, 17, 4  # map and pooled map, the caption below them, the next filter


@dataclass(frozen=True)
class Rows:
    """Sizes in pixels: a picture's cell, a map's cell, how high a filter's rows are, and all together."""

    picture: int
    map: int
    filter: int
    height: int

    @property
    def step(self) -> int:
        """From one column to the next."""
        return max(self.picture, self.map) + 3


def draw_activations(
    found: Inspection, layer: Convolution, test: Split, class_names: Sequence[str], path: Path, note: str = ""
) -> Figure:
    """Draw the maps of a convolution's first filters above their pooled maps, for several test pictures.

    A deeper filter's patch comes from `test`.
    """
    shown = first_of(layer.passports, SHOWN)
    indices = [passport.index for passport in shown]
    values = [layer.maps[..., indices], layer.untrained_maps[:1, ..., indices]]
    values += [layer.pooled[..., indices]] if layer.pooled is not None else []
    # One filter's strong answers below 0, which no map shows, must not wash out the maps of all others.
    limit, scale = scale_words(*values)
    cut = share(share_cut(limit, layer.before_relu[..., indices[0]]))
    title = activations_title(layer)
    subtitle = (
        f"{columns_rule(found.labels, class_names)} Rows: filters. {chosen_by(shown)}\n"
        f"{_subtitle(layer)} {note}\n"
        f"Red is above 0, blue below, white 0. A tint all over: the answer to black. {scale}"
        f" Before {in_words(layer.function)}: {cut}."
    )
    rows = rows_that_fit(layer, len(found.images), len(shown), top_below(subtitle))
    sheet = Sheet(rows.height, title, subtitle)
    columns = [LEFT + PANEL + place * rows.step for place in range(len(found.images))]
    control = columns[-1] + rows.step + 12
    _draw_pictures(sheet, found, class_names, rows, columns, control)
    y = sheet.top + 18 + rows.picture + 6
    _draw_before_relu(sheet, layer, indices[0], limit, rows, columns, y)
    y += rows.map + CAPTION + AFTER
    for place, passport in enumerate(shown):
        if place == line_after(shown):
            draw_line(sheet, LEFT, y - 3, sheet.width - 2 * LEFT, 2, INK)
        _draw_words(sheet, layer, passport, test, class_names, y)
        _draw_maps(sheet, layer.maps, layer.pooled, passport.index, limit, rows, columns, y)
        maps, pooled = layer.untrained_maps, layer.untrained_pooled  # of the first picture
        _draw_maps(sheet, maps, pooled, passport.index, limit, rows, [control], y, untrained=True)
        y += rows.filter
    sheet.save(path)
    best = layer.maps[..., indices[0]]
    alt = (
        f"{title}. The largest value of the first, filter {indices[0]}, is {number(float(best.max()))} here;"
        f" {100 * np.mean(best > 0):.0f} % of its values are above 0."
    )
    return Figure(path, title, alt)


def activations_title(layer: Convolution) -> str:
    """What is shown, and how many numbers per map pooling leaves."""
    height, width = layer.maps.shape[1:3]
    shown = counted(min(SHOWN, len(layer.passports)), "filter")
    verb = "answers" if len(layer.passports) == 1 else "answer"
    title = f"What {shown} of {layer.name} {verb} to"
    if layer.pooled is None:
        return title
    pooled = layer.pooled.shape[1] * layer.pooled.shape[2]
    return f"{title}, before and after pooling: {height * width} numbers become {pooled}"


def columns_rule(labels: np.ndarray, class_names: Sequence[str]) -> str:
    """By which rule pictures were chosen: of at most ten classes that have test pictures, the first ones."""
    found, counts = np.unique(labels, return_counts=True)
    each, shown = int(counts.max()), len(found)
    cut = shown == MOST_COLUMNS < len(class_names)
    lacking = shown < len(class_names) and not (cut and found[-1] == shown - 1)
    first = "the first test picture" if each == 1 else f"the first {counted(each, 'test picture')}"
    of = f"the first {counted(shown, 'class')}" if cut else "each class"
    has_any = f" that {'have' if cut else 'has'} any" if lacking else ""
    return f"Columns: {first} of {of}{has_any}{'; some have fewer' if counts.min() < each else ''}."


def rows_that_fit(layer: Convolution, num_columns: int, num_filters: int, top: int) -> Rows:
    """The largest cells with which all columns and rows fit on a sheet."""
    sides = [max(maps.shape[1:3]) for maps in (layer.maps, layer.pooled) if maps is not None]
    for cell in CELLS:
        tile = max(side * largest_block(side, cell) for side in sides)
        filter_height = len(sides) * tile + (len(sides) - 1) * BETWEEN + CAPTION + AFTER
        before_relu = tile + CAPTION + AFTER
        filter_height = max(filter_height, 134)  # the words beside it
        height = top + 18 + cell + 6 + before_relu + num_filters * filter_height + 4
        rows = Rows(cell, tile, filter_height, height)
        if height <= HIGHEST and PANEL + (num_columns + 1) * rows.step + 12 <= WIDEST + 5:
            break
    return rows


def _subtitle(layer: Convolution) -> str:
    done = in_words(layer.function)
    if layer.pooled is None:
        first = f"of the first filter also the map before {done}"
        return f"Under each map after {done} its largest value; {first}."
    (height, width), (pooled_height, pooled_width) = layer.maps.shape[1:3], layer.pooled.shape[1:3]
    return (
        f"Map after {done} ({height} x {width}) above pooled map ({pooled_height} x {pooled_width}), then the"
        f" largest value of each."
    )


def _draw_pictures(
    sheet: Sheet,
    found: Inspection,
    class_names: Sequence[str],
    rows: Rows,
    columns: Sequence[int],
    control: int,
) -> None:
    block = rows.picture // SIDE
    y = sheet.top + 18
    for x, image, label in zip(columns, found.images, found.labels, strict=True):
        caption(sheet, x + rows.picture / 2, y - 17, class_label(class_names, int(label), rows.picture, 13))
        sheet.place(x, y, garment(image, block))
    caption(sheet, control + rows.picture / 2, y - 17, "untrained")
    sheet.place(control, y, garment(found.images[0], block), frame=UNTRAINED_FRAME, frame_width=3)


def _draw_before_relu(
    sheet: Sheet, layer: Convolution, index: int, limit: float, rows: Rows, columns: Sequence[int], y: int
) -> None:
    sheet.text(LEFT, y + 2, f"filter {index}", bold=True)
    sheet.text(LEFT, y + 22, f"before {in_words(layer.function)}", size=13)
    sheet.text(LEFT, y + 39, "smallest value below", size=13, colour=GREY)
    for x, values in zip(columns, layer.before_relu[..., index], strict=True):
        draw_map(sheet, x, y, values, limit, rows.map)
        caption(sheet, x + rows.map / 2, y + rows.map + 4, number(values.min()))


def _draw_words(
    sheet: Sheet, layer: Convolution, passport: Passport, test: Split, class_names: Sequence[str], y: int
) -> None:
    """A filter's kernel, or for a deeper one the patch that excites it most, with its name and worth."""
    if layer.reads is None:
        kernel = layer.kernel[:, :, 0, passport.index]
        limit, _ = scale_words(layer.kernel)
        draw_kernel(sheet, LEFT, y + 2, kernel, limit, largest_block(max(kernel.shape), KERNEL))
        words = pattern(passport.match) if passport.match is not None else ""
    else:
        for example in passport.strongest[:1]:
            draw_patch(sheet, LEFT, y + 2, test.images[example.index], layer.field, example, KERNEL)
        words = direction(passport.orientation)
    sheet.text(LEFT + KERNEL + 8, y, f"filter {passport.index}", bold=True)
    room = PANEL - KERNEL - 16
    sheet.text(LEFT + KERNEL + 8, y + 20, wrapped("dead" if passport.dead else words, room, 13), size=13)
    sheet.text(LEFT, y + KERNEL + 12, answers_lost(passport.worth), size=13)
    loved = shortened(favourite(passport.selectivity, class_names), PANEL - 8, 13)
    sheet.text(LEFT, y + KERNEL + 29, loved, size=13)
    sheet.text(LEFT, y + KERNEL + 46, f"on black {number(passport.background)}", size=13, colour=GREY)


def _draw_maps(
    sheet: Sheet,
    maps: np.ndarray,
    pooled: np.ndarray | None,
    index: int,
    limit: float,
    rows: Rows,
    columns: Sequence[int],
    y: int,
    untrained: bool = False,
) -> None:
    """A filter's map of each picture, below it the pooled map, below them the largest values."""
    for place, x in enumerate(columns):
        values = maps[place, ..., index]
        draw_map(sheet, x, y, values, limit, rows.map, untrained)
        below, told = y + rows.map, number(values.max())
        if pooled is not None:
            draw_map(sheet, x, below + BETWEEN, pooled[place, ..., index], limit, rows.map, untrained)
            below += BETWEEN + rows.map
            told += f" → {number(pooled[place, ..., index].max())}"
        caption(sheet, x + rows.map / 2, below + 4, told)
