"""Pictures of the filters of deeper convolutions: what they combine, and the patches they answer to."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from data.splits import Split
from model.inspection.files import Convolution
from model.inspection.records import Passport, first_of
from model.inspection.tiles import boxed_garment, draw_kernel, draw_patch, scale_words
from model.inspection.words import (
    answers_lost,
    chosen_by,
    dead_ones,
    direction,
    favourite,
    line_after,
    which,
)
from model.report.canvas import GREY, INK, Sheet, draw_line, largest_block, shortened, top_below, width_of
from model.report.figure import Figure

SHOWN = 12
CELL = (580, 137)
TILE = 48  # pixels of a slice, of the filter it reads, and of a patch
PATCHES = 5


def draw_combinations(
    layer: Convolution,
    reads: Convolution,
    test: Split,
    class_names: Sequence[str],
    path: Path,
    note: str = "",
) -> Figure:
    """Draw the heaviest input slices of the first filters, what they read, and what excites them.

    A deeper convolution's filters have no picture of their own: `reads` is the convolution before it, and
    patches come from `test`.
    """
    shown = first_of(layer.passports, SHOWN)
    title = combination_title(layer)
    limit, scale = scale_words(*slices_of(layer.kernel, shown), *slices_of(layer.untrained_kernel, shown))
    earlier = "the filter of" if reads.reads is None else "what most excites the filter of"
    height, width = layer.field.rows.size, layer.field.columns.size
    subtitle = (
        f"{chosen_by(shown)} {note}\n"
        f"Left: the three heaviest input slices (%: of the filter's squared weights; grey frame:"
        f" untrained), below each {earlier} {reads.name} that it reads.\n"
        f"Right: the {height} x {width} pixels that excite it most, boxed in their pictures. Red adds, blue"
        f" subtracts. {scale}"
    )
    sheet = Sheet(top_below(subtitle) + 12 + -(-len(shown) // 2) * CELL[1], title, subtitle)
    for place, passport in enumerate(shown):
        x, y = 24 + place % 2 * CELL[0], sheet.top + 4 + place // 2 * CELL[1]
        if place == line_after(shown):
            draw_line(sheet, x - 10, y, 2, CELL[1] - 10, INK)
        said = (direction(passport.orientation), favourite(passport.selectivity, class_names))
        words = "dead: it never answers" if passport.dead else "; ".join(filter(None, said))
        sheet.text(x, y, f"filter {passport.index}", bold=True)
        answers = answers_lost(passport.worth)
        sheet.text(x + 556, y + 2, answers, size=13, align="right", colour=GREY)
        sheet.text(x + 84, y + 2, shortened(words, 556 - 84 - 10 - width_of(answers, 13), 13), size=13)
        _draw_slices(sheet, x, y + 23, layer, reads, passport, limit, test)
        _draw_patches(sheet, x + 274, y + 23, layer, passport, test)
    sheet.save(path)
    best = shown[0]
    alt = f"{title}. Without filter {best.index}: {answers_lost(best.worth)}."
    return Figure(path, title, alt)


def combination_title(layer: Convolution) -> str:
    """What the figure shows, how much of the filters' weight the three heaviest inputs hold, what is dead."""
    shown, inputs = first_of(layer.passports, SHOWN), layer.kernel.shape[2]
    title = f"What {which(shown, layer.name)} combine{'s' if len(shown) == 1 else ''}"
    if inputs > 3:
        # of the whole per cents in the picture, so that what is added up by hand comes out
        held = sum(round(100 * part.share) for passport in shown for part in passport.slices) / len(shown)
        title += f": 3 of {inputs} inputs hold {held:.0f} % of the weight"
    return title + dead_ones(layer.dead)


def slices_of(kernel: np.ndarray, passports: Sequence[Passport]) -> list[np.ndarray]:
    """The heaviest slices (k, k) of these filters, from a kernel (k, k, c_in, c)."""
    return [kernel[:, :, part.channel, passport.index] for passport in passports for part in passport.slices]


def _draw_slices(
    sheet: Sheet,
    x: int,
    y: int,
    layer: Convolution,
    reads: Convolution,
    passport: Passport,
    limit: float,
    test: Split,
) -> None:
    side = max(layer.kernel.shape[:2])
    block, small = largest_block(side, TILE), largest_block(side, TILE // 2)
    for number, part in enumerate(passport.slices):
        left = x + 89 * number
        draw_kernel(sheet, left, y, layer.kernel[:, :, part.channel, passport.index], limit, block)
        before = layer.untrained_kernel[:, :, part.channel, passport.index]
        draw_kernel(sheet, left + TILE + 5, y + 3, before, limit, small, untrained=True)
        sheet.text(left + TILE + 3, y + 31, f"{100 * part.share:.0f} %", size=13, colour=GREY)
        draw_read(sheet, left, y + TILE + 5, reads, part.channel, TILE, test)
        sheet.text(left + TILE + 3, y + TILE + 20, f"{part.channel}", size=13)


def draw_read(sheet: Sheet, x: int, y: int, reads: Convolution, index: int, tile: int, test: Split) -> None:
    """Draw an earlier filter: a first kernel as it is, a deeper one by the patch that excites it most."""
    if reads.reads is None:
        limit, _ = scale_words(reads.kernel)
        block = largest_block(max(reads.kernel.shape[:2]), tile)
        draw_kernel(sheet, x, y, reads.kernel[:, :, 0, index], limit, block)
        return
    passport = next(passport for passport in reads.passports if passport.index == index)
    for example in passport.strongest[:1]:
        draw_patch(sheet, x, y, test.images[example.index], reads.field, example, tile)


def _draw_patches(sheet: Sheet, x: int, y: int, layer: Convolution, passport: Passport, test: Split) -> None:
    for number, example in enumerate(passport.strongest[:PATCHES]):
        left, image = x + 58 * number, test.images[example.index]
        draw_patch(sheet, left + 4, y, image, layer.field, example, TILE)
        boxed = boxed_garment(image, layer.field, example.row, example.column, 2)
        sheet.place(left, y + TILE + 2, boxed)
