"""The picture of how few filters of a layer do: accuracy with only some of them kept."""

from pathlib import Path

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from model.inspection.files import KeepBest
from model.report.canvas import GREY, INK, LIGHT, MODEL_COLOURS, UNTRAINED_FRAME, Axes, Sheet, pt, top_below
from model.report.figure import Figure
from model.report.words import counted

CLOSE = 0.005  # half a point: so near the whole network's accuracy that the kept filters do
CLOSE_UP = 0.06  # of accuracy, in the enlarged part


def draw_keep_best(layer: str, curve: KeepBest, path: Path, note: str = "") -> Figure:
    """Draw accuracy with only some filters of a layer kept, by validation loss and in random orders.

    On the left the whole range, on the right the last points of accuracy, where the title is decided.
    """
    title, orders = keep_best_title(layer, curve), len(curve.random)
    subtitle = (
        "Some filters kept, the others taken out. Blue: in the order of how much the loss on validation"
        f" pictures rises without each. Grey: {counted(orders, 'random order')}, from the worst to the best,"
        f" and their mean. Dashed: all filters of the untrained network. Accuracy on test pictures. {note}"
    )
    top = top_below(subtitle) + 8
    sheet = Sheet(top + 340, title, subtitle)
    sheet.text(24, top, f"{layer}: all {curve.kept[-1]} filters {100 * curve.full:.1f} %", bold=True)
    whole, close = sheet.axes(76, top + 30, 620, 248), sheet.axes(790, top + 30, 378, 248)
    sheet.text(738, top, "Enlarged: the last points", bold=True)
    for axes, middle in ((whole, 386), (close, 979)):
        _draw_curve(axes, curve)
        sheet.text(middle, top + 304, "filters kept", size=14, align="center")
    _name_lines(whole, curve)
    _enlarge(close, curve)
    sheet.save(path)
    half = len(curve.kept) // 2
    alt = (
        f"{title}. With {curve.kept[half]} of {layer} kept: {100 * curve.best[half]:.1f} % with the first by"
        f" validation loss, {100 * curve.random[:, half].mean():.1f} % with random ones."
    )
    return Figure(path, title, alt)


def enough(curve: KeepBest) -> int:
    """The fewest of the first filters with which accuracy is within half a point of the whole network's."""
    near = np.flatnonzero(curve.best >= curve.full - CLOSE)
    return int(curve.kept[near[0]] if len(near) else curve.kept[-1])


def keep_best_title(layer: str, curve: KeepBest) -> str:
    """How few filters do: "24 of 64 filters of conv2 do: ..."."""
    kept, num_filters = enough(curve), curve.kept[-1]
    if kept == num_filters and len(curve.kept) > 1:
        tried = curve.kept[-2]  # not every number is tried
        return f"Even {tried} of {num_filters} filters of {layer} are too few: more than half a point is lost"
    return f"{kept} of {num_filters} filters of {layer} do: within half a point of the whole network"


def _draw_curve(axes: Axes, curve: KeepBest) -> None:
    low, high = curve.random.min(axis=0), curve.random.max(axis=0)
    axes.axhline(curve.full, color=LIGHT, linewidth=1.5, zorder=0)
    axes.axhline(curve.untrained, color=UNTRAINED_FRAME, linewidth=1.5, linestyle="--", zorder=0)
    axes.fill_between(curve.kept, low, high, color=LIGHT, linewidth=0)
    axes.plot(curve.kept, curve.random.mean(axis=0), color=GREY, linewidth=1.5)
    axes.plot(curve.kept, curve.best, "o-", color=MODEL_COLOURS[1], linewidth=2.2, markersize=pt(7))
    kept = enough(curve)
    axes.plot([kept, kept], [0, curve.full], color=INK, linewidth=1, linestyle=":")
    axes.set_ylim(0, 1)
    axes.set_xlim(min(curve.kept[0], curve.kept[-1] - 1), curve.kept[-1])
    axes.yaxis.set_major_formatter(FuncFormatter(lambda part, _: f"{100 * part:.0f} %"))
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True))


def _name_lines(axes: Axes, curve: KeepBest) -> None:
    """What the dashed line is, and how many filters do."""
    right, untrained = curve.kept[-1], f"untrained {100 * curve.untrained:.1f} %"
    axes.text(right, curve.untrained + 0.02, untrained, fontsize=pt(14), ha="right", color=GREY)
    kept = enough(curve)
    if kept < right:
        side = "left" if kept < 0.8 * right else "right"
        axes.annotate(f" {kept} do ", (kept, 0.45), fontsize=pt(15), ha=side)


def _enlarge(axes: Axes, curve: KeepBest) -> None:
    """Show the last points of accuracy, from where the first filters reach them, and what is near enough."""
    near = curve.kept[curve.best >= curve.full - CLOSE_UP]
    if len(near):
        axes.set_xlim(min(near[0], curve.kept[-1] - 1), curve.kept[-1])
    axes.set_ylim(curve.full - CLOSE_UP, curve.full + CLOSE_UP / 8)
    axes.axhline(curve.full - CLOSE, color=INK, linewidth=1, linestyle=":")
    label = f"half a point below {100 * curve.full:.1f} %"
    axes.text(axes.get_xlim()[0], curve.full - CLOSE, f" {label}", fontsize=pt(13), va="bottom", color=GREY)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
