"""The picture of how accuracy grew while the models were trained. Drawn from history.csv."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator

from model.report.canvas import GREY, INK, LIGHT, Axes, Sheet, shortened
from model.report.comparison_figures import colours_of, failures_note, nothing_scored, whole_percent
from model.report.page import Figure
from model.report.titles import STEADY, Histories, Report, in_points, last_rise, learning_title
from model.wording import signed

MOST_COLUMNS = 4


def learning(report: Report, histories: Histories, path: Path) -> Figure:
    """Draw 3-learning: a panel per model with training and validation accuracy, and the one test score.

    Args:
        report: as report.json; of it the test accuracies.
        histories: the columns of every history.csv, by model and seed. All other numbers are there. Models
            without a finished training have no panel.
        path: of the PNG.

    Returns:
        The figure's place, title and text for those who cannot see it.
    """
    histories = {name: histories[name] for name in report["models"] if histories.get(name)}
    if not histories:
        return nothing_scored(report, path)
    title = learning_title(histories)
    reading = (
        "Dashed: training, scored while the network still learns, so it lags behind. Solid: validation."
        " Diamond: the test pictures, scored once. Thin: one seed; thick: their mean."
        f" Stopped: validation moved by at most {in_points(STEADY)} points in the last fifth of the epochs."
        f"{failures_note(report)}"
    )
    columns = min(len(histories), MOST_COLUMNS)
    rows = -(-len(histories) // MOST_COLUMNS)
    sheet = Sheet(450 + 330 * (rows - 1), title, reading)
    height = (sheet.height - sheet.top) / rows
    width = (sheet.width - 100) / columns
    limits = _limits(report, histories)
    colours = colours_of(report["models"])
    for place, (name, seeds) in enumerate(histories.items()):
        row, column = divmod(place, columns)
        x, y = 76 + column * width, sheet.top + row * height
        axes = sheet.axes(x, y + 40, width - 30, height - 40 - 58)
        sheet.text(x, y + 10, shortened(name, width - 40, 16, bold=True), size=16, bold=True)
        _curves(axes, seeds, colours[name])
        _test_score(axes, report["models"][name]["accuracy"]["mean"], seeds, colours[name])
        axes.set_ylim(*limits)
        if column:
            axes.set_yticklabels([])
        middle = x + (width - 30) / 2
        sheet.text(middle, y + height - 30, "epoch", size=14, align="center", colour=GREY)
    sheet.save(path)
    return Figure(path, title, f"{title}. {_rises(histories)}")


def _rises(histories: Histories) -> str:
    found = {name: last_rise(seeds) for name, seeds in histories.items()}
    parts = [f"{name} {signed(100 * rise, 2)}" for name, rise in found.items() if rise is not None]
    return (
        f"Last change of validation accuracy, in points: {', '.join(parts)}." if parts else "One epoch each."
    )


def _curves(axes: Axes, seeds: Mapping[int, Mapping[str, np.ndarray]], colour: str) -> None:
    for column, style, fill in (("accuracy", "--", "white"), ("val_accuracy", "-", colour)):
        curves = [np.asarray(columns[column], float) for columns in seeds.values()]
        faint = max(0.06, 0.5 / len(curves) ** 0.5)
        for curve in curves if len(curves) > 1 else ():
            axes.plot(np.arange(1, len(curve) + 1), curve, style, color=colour, linewidth=1, alpha=faint)
        shared = min(map(len, curves))  # seeds may have stopped at different epochs
        mean = np.mean([curve[:shared] for curve in curves], axis=0)
        marker: dict[str, Any] = (
            {"marker": "o", "markersize": 6, "markerfacecolor": fill} if shared < 3 else {}
        )
        axes.plot(np.arange(1, shared + 1), mean, style, color=colour, linewidth=2.6, **marker)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(whole_percent))
    axes.grid(axis="y", color="#ececec", linewidth=1)
    axes.tick_params(length=0, pad=6)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(LIGHT)


def _test_score(axes: Axes, mean: float, seeds: Mapping[int, Mapping[str, np.ndarray]], colour: str) -> None:
    """The diamond behind the last epoch."""
    last = max(len(columns["accuracy"]) for columns in seeds.values())
    end = last + max(0.35, 0.06 * last)
    style: dict[str, Any] = {"color": colour, "markeredgecolor": INK, "markersize": 11, "clip_on": False}
    axes.plot([end], [mean], "D", zorder=5, **style)
    axes.set_xlim(1 - 0.1 * max(1, last / 10), end + 0.03 * last + 0.1)


def _limits(report: Report, histories: Histories) -> tuple[float, float]:
    shown = [
        np.ravel(c[k]) for s in histories.values() for c in s.values() for k in ("accuracy", "val_accuracy")
    ]
    shown += [np.array([entry["accuracy"]["mean"]]) for entry in report["models"].values()]
    values = np.concatenate(shown)
    low, high = float(values.min()), float(values.max())
    room = max(0.05 * (high - low), 0.005)
    return low - room, high + room
