"""Kernels, maps, pictures and patches as tiles of whole pixels, for the figures of filters."""

import numpy as np

from model.inspection.records import Example
from model.networks.facts import ReceptiveField, patch
from model.report.canvas import (
    INK,
    LIGHT,
    UNTRAINED_FRAME,
    Sheet,
    garment,
    largest_block,
    limit_of,
    response,
    share_cut,
)
from model.report.words import decimal, share

BOX = np.array([255, 176, 0], np.uint8)  # the receptive field in its picture: seen on black, gray and white
MOST_CELLS = 16  # a kernel with more has no numbers in its cells


def draw_kernel(
    sheet: Sheet,
    x: int,
    y: int,
    kernel: np.ndarray,
    limit: float,
    block: int,
    untrained: bool = False,
    numbers: bool = False,
) -> None:
    """Draw a kernel (kh, kw) with blocks of `block` pixels, with its numbers in the cells where they fit.

    Places and blocks are in pixels; colours end at `limit`. An untrained kernel gets the grey frame; one of
    more than 16 weights has no numbers.
    """
    frame, width = (UNTRAINED_FRAME, 3) if untrained else (LIGHT, 1)
    sheet.place(x, y, response(kernel, limit, block), frame=frame, frame_width=width)
    if numbers and kernel.size <= MOST_CELLS:
        for (row, column), weight in np.ndenumerate(kernel):
            middle, top = x + (column + 0.5) * block, y + (row + 0.5) * block - 8
            colour = "#ffffff" if abs(weight) > 0.65 * limit else INK
            sheet.text(middle, top, cell_number(weight, block), size=13, align="center", colour=colour)


def cell_number(weight: float, block: int) -> str:
    """A weight as short as its cell: "−0.12", in narrow cells "−.12" and "−1.2"; minus is the real minus."""
    narrow = block < 46
    digits = 2 if abs(weight) < (0.995 if narrow else 9.995) else 1 if abs(weight) < 9.95 else 0
    text = decimal(weight, digits)
    return text.replace("0.", ".", 1) if narrow else text


def draw_map(
    sheet: Sheet, x: int, y: int, values: np.ndarray, limit: float, cell: int, untrained: bool = False
) -> None:
    """Draw one map (h, w) in the middle of a cell of `cell` pixels, framed so that white ends somewhere."""
    tile = response(values, limit, largest_block(max(values.shape), cell))
    offset_y, offset_x = ((cell - length) // 2 for length in tile.shape[:2])
    frame, width = (UNTRAINED_FRAME, 3) if untrained else (LIGHT, 1)
    sheet.place(x + offset_x, y + offset_y, tile, frame=frame, frame_width=width)


def boxed_garment(image: np.ndarray, field: ReceptiveField, row: int, column: int, block: int) -> np.ndarray:
    """A picture with a box around what one value of a map sees, cut at the picture's edges.

    Takes an image uint8 (28, 28), and the row and column of the value in the map. Returns uint8 (28 * block,
    28 * block, 3).
    """
    picture = garment(image, block)
    rows, columns = field.rows.seen(row), field.columns.seen(column)
    top, bottom, left, right = (edge * block for seen in (rows, columns) for edge in (seen.start, seen.stop))
    thickness = max(1, min(2, block))
    inside = picture[top + thickness : bottom - thickness, left + thickness : right - thickness].copy()
    picture[top:bottom, left:right] = BOX
    picture[top + thickness : bottom - thickness, left + thickness : right - thickness] = inside
    return picture


def draw_patch(
    sheet: Sheet,
    x: int,
    y: int,
    image: np.ndarray,
    field: ReceptiveField,
    example: Example,
    cell: int,
    untrained: bool = False,
) -> None:
    """Draw the pixels behind one value of a map in the middle of a cell of `cell` pixels."""
    seen = patch(image, field, example.row, example.column)
    tile = garment(seen, largest_block(max(seen.shape), cell))
    down, right = ((cell - length) // 2 for length in tile.shape[:2])
    sheet.place(x + right, y + down, tile, frame=UNTRAINED_FRAME if untrained else None)


def scale_words(*arrays: np.ndarray) -> tuple[float, str]:
    """The one limit for all arrays shown, and what is said of it and of what it cuts."""
    limit = limit_of(*arrays)
    return limit, f"Colours end at ±{limit:.3g} ({share(share_cut(limit, *arrays))} lie beyond)."
