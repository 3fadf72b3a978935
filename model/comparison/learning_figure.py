"""The picture of how accuracy grew while the models were trained. Drawn from history.csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from model.comparison.accuracy_figure import failures_note, nothing_scored
from model.comparison.records import Models, Outcome
from model.report.canvas import GREY, INK, Axes, Sheet, shortened
from model.report.estimates import colours_of, finish_curves
from model.report.figure import Figure
from model.report.words import clause, in_points, signed

Histories = Mapping[str, Mapping[int, Mapping[str, np.ndarray]]]

STEADY = 0.002  # validation accuracy that moves by no more than 0.2 points has stopped

MOST_COLUMNS = 4


def learning(outcome: Outcome, histories: Histories, path: Path) -> Figure:
    """Draw 3-learning: a panel per model with training and validation accuracy, and the one test score.

    Models without a finished training have no panel.
    """
    histories = {name: histories[name] for name in outcome.models if histories.get(name)}
    if not histories:
        return nothing_scored(outcome.failed, path)
    title = learning_title(histories)
    reading = (
        "Dashed: training, scored while the network still learns, so it lags behind. Solid: validation."
        " Diamond: the test pictures, scored once. Thin: one seed; thick: their mean."
        f" Stopped: validation moved by at most {in_points(STEADY)} points in the last fifth of the epochs."
        f"{failures_note(outcome.failed)}"
    )
    columns = min(len(histories), MOST_COLUMNS)
    rows = -(-len(histories) // MOST_COLUMNS)
    sheet = Sheet(450 + 330 * (rows - 1), title, reading)
    height = (sheet.height - sheet.top) / rows
    width = (sheet.width - 100) / columns
    limits = _limits(outcome.models, histories)
    colours = colours_of(outcome.models)
    for place, (name, seeds) in enumerate(histories.items()):
        row, column = divmod(place, columns)
        x, y = 76 + column * width, sheet.top + row * height
        axes = sheet.axes(x, y + 40, width - 30, height - 40 - 58)
        sheet.text(x, y + 10, shortened(name, width - 40, 16, bold=True), size=16, bold=True)
        _curves(axes, seeds, colours[name])
        _test_score(axes, outcome.models[name].accuracy.mean, seeds, colours[name])
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
    finish_curves(axes)


def _test_score(axes: Axes, mean: float, seeds: Mapping[int, Mapping[str, np.ndarray]], colour: str) -> None:
    """The diamond behind the last epoch."""
    last = max(len(columns["accuracy"]) for columns in seeds.values())
    end = last + max(0.35, 0.06 * last)
    style: dict[str, Any] = {"color": colour, "markeredgecolor": INK, "markersize": 11, "clip_on": False}
    axes.plot([end], [mean], "D", zorder=5, **style)
    axes.set_xlim(1 - 0.1 * max(1, last / 10), end + 0.03 * last + 0.1)


def _limits(models: Models, histories: Histories) -> tuple[float, float]:
    shown = [
        np.ravel(c[k]) for s in histories.values() for c in s.values() for k in ("accuracy", "val_accuracy")
    ]
    shown += [np.array([entry.accuracy.mean]) for entry in models.values()]
    values = np.concatenate(shown)
    low, high = float(values.min()), float(values.max())
    room = max(0.05 * (high - low), 0.005)
    return low - room, high + room


def last_rise(seeds: Mapping[int, Mapping[str, np.ndarray]]) -> float | None:
    """How much validation accuracy rose over the last fifth of the epochs; None where none has two."""
    curves = [np.asarray(columns["val_accuracy"]) for columns in seeds.values()]
    rises = [curve[-1] - curve[-1 - max(1, len(curve) // 5)] for curve in curves if len(curve) > 1]
    return float(np.mean(rises)) if rises else None


def learning_title(histories: Histories) -> str:
    """Which models still improve at the end of their training."""
    groups: dict[str, list[str]] = {"improves": [], "stopped": [], "worse": [], "untold": []}
    for model, seeds in histories.items():
        rise = last_rise(seeds)
        if rise is None:
            groups["untold"].append(model)
        elif abs(rise) <= STEADY:
            groups["stopped"].append(model)
        else:
            groups["improves" if rise > 0 else "worse"].append(model)
    clauses = [
        clause(groups["improves"], "still improves", "still improve", _when(histories, groups["improves"])),
        clause(
            groups["stopped"], "has stopped", "have stopped", " improving" if not groups["improves"] else ""
        ),
        clause(groups["worse"], "gets worse", "get worse", _when(histories, groups["worse"])),
        clause(groups["untold"], "was trained", "were trained", " for a single epoch"),
    ]
    return "; ".join(clause for clause in clauses if clause)


def _when(histories: Histories, models: Sequence[str]) -> str:
    lasts = {len(columns["val_accuracy"]) for model in models for columns in histories[model].values()}
    return f" at epoch {lasts.pop()}" if len(lasts) == 1 else " at the end"
