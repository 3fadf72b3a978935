"""The picture of how accuracy grew while the models were trained. Drawn from history.csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from data.splits import DataFacts
from model.comparison.accuracy_figure import failures_note, nothing_scored
from model.comparison.records import Models, Outcome
from model.report.canvas import GREY, INK, Axes, Sheet, shortened
from model.report.estimates import colours_of, finish_curves
from model.report.figure import Figure
from model.report.words import clause, names, signed

Seeds = Mapping[int, Mapping[str, np.ndarray]]  # the columns of each history.csv
Histories = Mapping[str, Seeds]

BEYOND_NOISE = 1.96  # standard errors
RUN_DOWN = 0.01  # of the highest learning rate: where a schedule has come to its end

MOST_COLUMNS = 4


def learning(outcome: Outcome, data: DataFacts, histories: Histories, path: Path) -> Figure | None:
    """Draw 3-learning: a panel per model with training and validation accuracy, and the one test score.

    Models without a finished training have no panel, nor those that were trained elsewhere. None where that
    leaves none.
    """
    if not outcome.models:
        return nothing_scored(outcome.failed, path)
    histories = {name: histories[name] for name in outcome.models if histories.get(name)}
    if not histories:  # nobody has seen them learn
        return None
    title = learning_title(histories, data.validation)
    reading = learning_reading(histories, outcome.models) + failures_note(outcome.failed)
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
    told = f"Last change of validation accuracy, in points: {', '.join(parts)}."
    return told if parts else "One epoch each."


def _curves(axes: Axes, seeds: Mapping[int, Mapping[str, np.ndarray]], colour: str) -> None:
    for column, style, fill in (("accuracy", "--", "white"), ("val_accuracy", "-", colour)):
        curves = [np.asarray(columns[column], float) for columns in seeds.values()]
        faint = max(0.06, 0.5 / len(curves) ** 0.5)
        for curve in curves if len(curves) > 1 else ():
            axes.plot(np.arange(1, len(curve) + 1), curve, style, color=colour, linewidth=1, alpha=faint)
        shared = min(map(len, curves))  # seeds may have stopped at different epochs
        mean = np.mean([curve[:shared] for curve in curves], axis=0)
        dot: dict[str, Any] = {"marker": "o", "markersize": 6, "markerfacecolor": fill}
        look = dot if shared < 3 else {}
        axes.plot(np.arange(1, shared + 1), mean, style, color=colour, linewidth=2.6, **look)
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
    columns = [one for seeds in histories.values() for one in seeds.values()]
    shown = [np.ravel(one[name]) for one in columns for name in ("accuracy", "val_accuracy")]
    shown += [np.array([entry.accuracy.mean]) for entry in models.values()]
    values = np.concatenate(shown)
    low, high = float(values.min()), float(values.max())
    room = max(0.05 * (high - low), 0.005)
    return low - room, high + room


def last_rise(seeds: Seeds, column: str = "val_accuracy") -> float | None:
    """How much a column rose over the last fifth of the epochs; None where no seed has two."""
    ends = _last_fifth(seeds, column)
    return float(np.mean([last - before for before, last in ends])) if ends else None


def _last_fifth(seeds: Seeds, column: str) -> list[tuple[float, float]]:
    """Of each seed of more than one epoch a column's value before the last fifth, and at the end."""
    curves = [np.asarray(columns[column], float) for columns in seeds.values()]
    return [(curve[-1 - max(1, len(curve) // 5)], curve[-1]) for curve in curves if len(curve) > 1]


def trend(seeds: Seeds, num_validation: int) -> tuple[int, bool]:
    """Whether accuracy rises (1), falls (-1) or neither (0) in the last fifth of the epochs; if loss agrees.

    It moves only where it does so by more than the 95 % of two draws of so many validation pictures. They are
    the same pictures, so that this is rather cautious.
    """
    rise, loss = last_rise(seeds), last_rise(seeds, "val_loss")
    if rise is None or loss is None or not num_validation:
        return 0, True
    # a picture more on either side, for no share is certain
    shares = (np.mean(_last_fifth(seeds, "val_accuracy"), axis=0) * num_validation + 1) / (num_validation + 2)
    noise = BEYOND_NOISE * float(np.sqrt((shares * (1 - shares)).sum() / num_validation))
    return (int(np.sign(rise)), rise * loss < 0) if abs(rise) > noise else (0, True)


def learning_title(histories: Histories, num_validation: int) -> str:
    """Which models still improve at the end of their training, as far as that can be told."""
    single = [model for model, seeds in histories.items() if last_rise(seeds) is None]
    trends = {model: trend(histories[model], num_validation) for model in histories if model not in single}

    def those(direction: int, agrees: bool = True) -> list[str]:
        return [model for model, found in trends.items() if found == (direction, agrees)]

    def moves(one: str, many: str, direction: int, agrees: bool) -> str:
        models, what = those(direction, agrees), "" if agrees else " in accuracy, but not in loss,"
        lasts = {len(columns["val_accuracy"]) for model in models for columns in histories[model].values()}
        when = f" at epoch {lasts.pop()}" if len(lasts) == 1 else " at the end"
        return clause(models, one, many, f"{what}{when}")

    level = f" no trend beyond the noise of {num_validation:,} validation pictures"
    clauses = [
        *(moves("still improves", "still improve", 1, agrees) for agrees in (True, False)),
        *(moves("gets worse", "get worse", -1, agrees) for agrees in (True, False)),
        clause(those(0), "shows", "show", level),
        clause(single, "was trained", "were trained", " for a single epoch"),
    ]
    return "; ".join(clause for clause in clauses if clause)


def learning_reading(histories: Histories, models: Models) -> str:
    """What the lines are, and what has to be known to read them."""
    harder = _harder_by({name: models[name].disturbed_by for name in histories})
    ended = [name for name, seeds in histories.items() if all(map(_has_run_down, seeds.values()))]
    end = " at a learning rate near 0: more epochs mean another schedule, not more of this one."
    schedule = clause(ended, "ends", "end", end)
    return (
        f"Dashed: training pictures, scored while the network learns{harder}. Solid: validation. Diamond:"
        " the test pictures, scored once. Thin: one seed; thick: their mean. A trend is one of the last fifth"
        f" of the epochs, in accuracy and loss. {schedule}".rstrip()
    )


def _harder_by(by: Mapping[str, Sequence[str]]) -> str:
    """What makes training harder than answering, and in which models: the end of a sentence."""
    kinds = dict.fromkeys(kind for kinds in by.values() for kind in kinds)
    parts = [f"{kind} in {names([model for model in by if kind in by[model]])}" for kind in kinds]
    return f", with {names(parts)}" if parts else ""


def _has_run_down(columns: Mapping[str, np.ndarray]) -> bool:
    rates = np.asarray(columns["learning_rate"], float)
    return len(rates) > 1 and bool(rates[-1] <= RUN_DOWN * rates.max())
