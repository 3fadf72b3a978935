"""The picture of how sure models are, against how often they are right."""

from collections.abc import Sequence
from math import ceil, floor
from pathlib import Path

from matplotlib.ticker import MultipleLocator

from model.comparison.accuracy_figure import failures_note
from model.comparison.records import Bin, Model, Models, Outcome
from model.report.canvas import GREY, Axes, Sheet, caption, shortened, top_below
from model.report.estimates import colours_of, finish_curves, whole_percent
from model.report.figure import Figure
from model.report.words import clause, in_points, names, percent

SEVERAL = 3  # models; of more of them a title names some only

MOST_PANELS, PER_ROW = 15, 5
LARGEST_PANEL, TICK = 400, 50  # pixels, of a panel and at least from tick to tick


def calibration(outcome: Outcome, path: Path) -> Figure:
    """Draw 6-calibration: a reliability diagram per model, as many as fit."""
    title, reading = calibration_title(outcome.models), _subtitle(outcome)
    shown = dict(list(outcome.models.items())[:MOST_PANELS])
    rows = ceil(len(shown) / PER_ROW)
    columns = ceil(len(shown) / rows)
    step = (1200 - 60) / columns
    side = min(int(step) - 50, LARGEST_PANEL)
    sheet = Sheet(top_below(reading) + rows * (side + 124), title, reading)
    points = [one for entry in shown.values() for one in entry.calibration]
    lowest = min(min(one.confidence, one.accuracy) for one in points)
    lowest = max(floor(10 * lowest - 0.2) / 10, 0.0)
    for place, (model, entry) in enumerate(shown.items()):
        x, y = 70 + place % columns * step, sheet.top + 8 + place // columns * (side + 124)
        sheet.text(x, y, shortened(model, side, 16, bold=True), size=16, bold=True)
        sheet.text(x, y + 22, _sure_and_right(entry), size=13)
        caption(sheet, x, y + 40, f"off by {in_points(entry.calibration_error)} points", "left")
        axes = sheet.axes(x, y + 64, side, side)
        _diagram(axes, entry.calibration, colours_of(outcome.models)[model], lowest)
        if place % columns:
            axes.set_yticklabels([])
    sheet.save(path)
    alt = "; ".join(f"{model} {_sure_and_right(entry)}" for model, entry in outcome.models.items())
    return Figure(path, title, f"{title}. On the mean: {alt}.")


def _sure_and_right(entry: Model) -> str:
    return f"{percent(entry.confidence)} sure, {percent(entry.accuracy.mean)} right"


def _subtitle(outcome: Outcome) -> str:
    bins = max(len(entry.calibration) for entry in outcome.models.values())
    models = len(outcome.models)
    which = f"\nThe first {MOST_PANELS} of {models} models." if models > MOST_PANELS else ""
    return (
        f"A dot: one of {bins} equal parts of the test pictures, from the least sure answers to the surest,"
        " mean of the trainings. To the right: how sure (the probability of the answer), upwards: how often"
        " right; below the dashed line: surer than right. Strokes: where the dots stand.\nOff by: how far one"
        " training's dots are from the line, up or down, on the mean. Surer, in the title: beyond the 95 %"
        f" interval of how often right.{which}{failures_note(outcome.failed)}"
    )


def _diagram(axes: Axes, bins: Sequence[Bin], colour: str, lowest: float) -> None:
    """One model: how far every bin lies from the diagonal, and where most of the pictures are."""
    sure, right = [one.confidence for one in bins], [one.accuracy for one in bins]
    room = 0.03 * (1 - lowest)
    axes.plot([lowest, 1], [lowest, 1], color=GREY, linewidth=1.5, linestyle=(0, (4, 3)), zorder=1)
    axes.vlines(sure, sure, right, color=colour, linewidth=2, alpha=0.5)
    axes.plot(sure, right, "o-", color=colour, markersize=6, linewidth=1.2)
    axes.vlines(sure, lowest - room, lowest + room, color=colour, linewidth=1.5)
    axes.set_xlim(lowest - room, 1 + room)
    axes.set_ylim(lowest - room, 1 + room)
    step = 0.2 if lowest < 0.7 else 0.1
    if axes.get_window_extent().width < TICK * (1 - lowest) / step:
        step = 0.5
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(step))
    axes.xaxis.set_major_formatter(whole_percent)
    finish_curves(axes)
    axes.grid(axis="x", color="#ececec", linewidth=1)


def calibration_title(models: Models) -> str:
    """Which models are surer than they are right, which less, and by how much.

    How sure a model is, on the mean, fits if it lies within the interval of how often it is right.
    """
    groups: dict[str, list[str]] = {"over": [], "under": [], "even": []}
    for model, entry in models.items():
        low, high = entry.accuracy.interval
        sure = entry.confidence
        groups["over" if sure > high else "under" if sure < low else "even"].append(model)
    if len(models) > SEVERAL:
        counts = [("surer", groups["over"]), ("less sure", groups["under"]), ("neither", groups["even"])]
        told = [f"{len(group)} {how}" for how, group in counts if group]
        return f"Of {len(models)} models, against how often they are right: {', '.join(told)}"
    clauses = [
        clause(groups["over"], "is surer than it is right", "are surer than they are right"),
        clause(groups["under"], "is less sure than it is right", "are less sure than they are right"),
        _fits(groups["even"]),
    ]
    misjudged = groups["over"] or groups["under"] or groups["even"]
    most = max(misjudged, key=lambda name: abs(models[name].confidence - models[name].accuracy.mean))
    farthest = "least" if misjudged is groups["even"] else "most"  # of those it fits
    entry, who = models[most], "" if len(misjudged) == 1 else f", {most} {farthest}"
    size = f"{who}: {percent(entry.confidence)} sure, {percent(entry.accuracy.mean)} right"
    first, *others = [part for part in clauses if part]
    first = first if first.startswith(names(misjudged)) else first[0].upper() + first[1:]
    return "; ".join([first + size, *others])


def _fits(models: Sequence[str]) -> str:
    if not models:
        return ""
    one, many = "is fits how often it is right", "are fits how often they are right"
    return f"how sure {names(models)} {one if len(models) == 1 else many}"
