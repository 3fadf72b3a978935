"""Rows of means with their intervals, and what else figures of several models share."""

from collections.abc import Iterable, Sequence
from typing import Any

from matplotlib.ticker import MaxNLocator

from model.report.canvas import GREY, LIGHT, MODEL_COLOURS, Axes, Sheet, shortened, width_of


def colours_of(models: Iterable[str]) -> dict[str, str]:
    """The colour of each model, the same in all figures."""
    return {name: MODEL_COLOURS[place % len(MODEL_COLOURS)] for place, name in enumerate(models)}


def draw_estimate(
    axes: Axes,
    row: float,
    mean: float,
    interval: Sequence[float] | None,
    colour: str,
    values: Sequence[float] = (),
    hollow: bool = False,
    lift: float = 0.2,
    size: float = 9,
) -> None:
    """Draw a mean with its interval, if any, on a row, and above the line a dot for every value behind it.

    Rows are counted downwards from 0. `hollow` is the diamond of a difference that is not clear; `lift` is
    how far above the line the dots are, in rows; `size` that of the diamond, in points, and of the others
    beside it.
    """
    if interval is not None:
        axes.plot(interval, [row, row], color=colour, linewidth=size / 3, solid_capstyle="butt", zorder=2)
    fill = "white" if hollow else colour
    style: dict[str, Any] = {
        "markersize": size,
        "markerfacecolor": fill,
        "markeredgecolor": colour,
        "markeredgewidth": 2,
    }
    axes.plot([mean], [row], "D", zorder=4, **style)
    # many seeds are spread over the height of the row, always in the same places
    spread = lift if len(values) > 5 else 0
    heights = [row - lift - spread * (place * 0.618 % 1) for place in range(len(values))]
    axes.plot(
        values, heights, "o", markersize=2 * size / 3, color=colour, alpha=0.6, markeredgewidth=0, zorder=3
    )


def finish_rows(axes: Axes, num_rows: int, ticks: int = 7) -> None:
    """Give axes of rows their light grid and room at both sides; rows have no ticks."""
    axes.set_ylim(num_rows - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT)
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, steps=[1, 2, 5, 10]))
    axes.tick_params(axis="x", length=0, pad=6)
    axes.grid(axis="x", color="#ececec", linewidth=1)
    axes.set_axisbelow(True)


def finish_curves(axes: Axes) -> None:
    """Give axes on which curves of fractions rise and fall their ticks, light grid and frame."""
    axes.yaxis.set_major_formatter(whole_percent)
    axes.grid(axis="y", color="#ececec", linewidth=1)
    axes.set_axisbelow(True)
    axes.tick_params(length=0, pad=6)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LIGHT)


def whole_percent(share: float, _: object = None) -> str:
    """A tick of an axis of fractions."""
    return f"{100 * share:g} %"


def model_name(sheet: Sheet, y: float, name: str, width: float) -> None:
    """Write a model's name at the left: smaller where it is long, cut off where it is very long."""
    size = 15 if width_of(name, 15, bold=True) <= width else 13
    sheet.text(24, y + (15 - size), shortened(name, width, size, bold=True), size=size, bold=True)


def write_number(sheet: Sheet, x: float, middle: float, number: str, within: str) -> None:
    """A number, and its interval smaller below it."""
    sheet.text(x, middle - (19 if within else 10), number, size=17, bold=True)
    sheet.text(x, middle + 3, within, size=14, colour=GREY)
