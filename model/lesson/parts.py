"""What the lesson's figures are made of: cells with numbers, frames, arrows and bars."""

from typing import Any, Literal

import numpy as np
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from model.lesson.text import number
from model.report.canvas import GREY, INK, LIGHT, Axes, Sheet, enlarge, garment, pt, response, rgb_of

FRAME = "#e69f00"  # the window, everywhere
STRONG, PALE = "#0072b2", "#b8b8b8"  # what the figure is about, and what stands beside it


def pen(sheet: Sheet) -> Axes:
    """Axes over the whole sheet in pixels from the top left, for lines that cross it."""
    axes = sheet.axes(0, 0, sheet.width, sheet.height)
    axes.set(xlim=(0, sheet.width), ylim=(sheet.height, 0))
    axes.set_axis_off()
    return axes


def arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """An arrow between two places in pixels."""
    style: dict[str, Any] = {"arrowstyle": "-|>,head_width=4,head_length=7", "mutation_scale": 1}
    axes.add_patch(FancyArrowPatch(start, end, color=GREY, linewidth=1.8, shrinkA=0, shrinkB=0, **style))


def frame(axes: Axes, x: float, y: float, width: float, height: float, colour: str = FRAME) -> None:
    """A thick outline, drawn over what lies inside."""
    axes.add_patch(Rectangle((x, y), width, height, fill=False, edgecolor=colour, linewidth=pt(4)))


def ring(axes: Axes, x: float, y: float, radius: float) -> None:
    """A circle around a winner."""
    axes.add_patch(Circle((x, y), radius, fill=False, edgecolor=INK, linewidth=pt(2.5)))


def cells(
    sheet: Sheet, x: int, y: int, values: np.ndarray, colours: np.ndarray, cell: int, size: float = 17
) -> None:
    """A grid of coloured cells with their numbers inside.

    `values` (rows, columns), `colours` uint8 (rows, columns, 3); lengths are pixels. Numbers get smaller
    where they would not fit.
    """
    picture = enlarge(colours, cell)
    picture[::cell], picture[:, ::cell] = 170, 170
    sheet.place(x, y, picture, frame="#aaaaaa", frame_width=1)
    longest = max(len(number(value)) for value in values.ravel())
    size = min(size, (cell - 4) / (0.68 * longest))  # bold digits are about 0.7 of their height wide
    for (row, column), value in np.ndenumerate(values):
        dark = colours[row, column] @ (0.299, 0.587, 0.114) < 140
        centre = x + (column + 0.5) * cell, y + (row + 0.5) * cell
        centred(sheet, *centre, number(value), size, colour="#ffffff" if dark else INK, bold=True)


def centred(
    sheet: Sheet, x: float, y: float, text: str, size: float, colour: str = INK, bold: bool = False
) -> None:
    """Text of digits and capitals with its middle at (x, y)."""
    sheet.text(x, y - 0.395 * size, text, size=size, align="center", colour=colour, bold=bold)


def gray_cells(sheet: Sheet, x: int, y: int, pixels: np.ndarray, cell: int, size: float = 17) -> None:
    """A patch of a picture as cells."""
    cells(sheet, x, y, pixels, garment(pixels, 1), cell, size)


def red_blue_cells(
    sheet: Sheet, x: int, y: int, values: np.ndarray, limit: float, cell: int, size: float = 17
) -> None:
    """Weights, products or responses as cells."""
    cells(sheet, x, y, values, response(values, limit, 1), cell, size)


def heading(sheet: Sheet, x: float, y: float, text: str, align: Literal["left", "center"] = "center") -> None:
    """The name of a part."""
    sheet.text(x, y, text, size=15, align=align, bold=True)


def bar(sheet: Sheet, x: int, y: int, width: int, height: int, colour: str) -> None:
    """A bar of whole pixels; one of no length is a line, so that 0 can be seen."""
    sheet.place(x, y, np.broadcast_to(rgb_of(colour), (height, max(width, 1), 3)))


def rule(sheet: Sheet, x: int, y: int, width: int = 1, height: int = 1) -> None:
    """A thin line that divides parts."""
    bar(sheet, x, y, width, height, LIGHT)
