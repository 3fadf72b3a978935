"""The pictures of a sweep: validation accuracy by each swept key, and by cost. As wide as a text is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from matplotlib.ticker import NullLocator

from configs.sweep import short_keys
from model.report.canvas import GREY, INK, LIGHT, Axes, Sheet, shortened, top_below
from model.report.estimates import colours_of, finish_curves
from model.report.figure import Figure, Picture
from model.report.words import decimal, mega, percent
from model.sweep.records import Candidate, SweepReport
from model.sweep.words import label, may_differ, only_guesses, swept, value_in_words

WIDTH, LEFT, LEGEND = 830, 76, 262  # pixels: of a sheet, where axes begin, of what stands beside them
PANEL, HEADING, BELOW = 230, 34, 44  # pixels high: axes, above and below them
MOST_PANELS, MOST_LINES, MOST_MODELS = 4, 8, 10
MOST_INTERVALS = 60  # in a panel; of more nothing could be seen
MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
APART = 64  # pixels, at least, from tick to tick
LINE = 22  # pixels high, of a legend
DASHED = (0, (4, 3))


@dataclass
class _Line:
    """Settings of a model that differ in one axis alone: by place on it, and what they have in common."""

    model: str
    common: str
    number: int  # of the lines of its model
    points: dict[int, Candidate] = field(default_factory=dict)


def by_key(report: SweepReport, path: Path) -> Figure | None:
    """Draw 1-settings: a panel for each swept key, or for keys that change together; None if none varies."""
    axes_of_sweep = _axes(report)
    if not axes_of_sweep or not swept(report):
        return None
    shown = list(axes_of_sweep)[:MOST_PANELS]
    title = _title(report)
    reading = (
        "Upwards: right on the validation pictures. A mark is the mean of a setting's trainings, its upright "
        f"line 95 %, with {may_differ(report)}. "
        "Lines join settings that differ in this key alone. A ring: the best of its model."
    )
    if len(shown) < len(axes_of_sweep):
        reading += f"\nThe first {len(shown)} of {len(axes_of_sweep)} keys."
    step = HEADING + PANEL + BELOW
    sheet = Sheet(top_below(reading, WIDTH) + step * len(shown), title, reading, WIDTH)
    for number, keys in enumerate(shown):
        _panel(sheet, sheet.top + step * number, report, keys, axes_of_sweep)
    sheet.save(path)
    return Figure(path, title, f"{title}. {_bests(report)}")


def _title(report: SweepReport) -> str:
    """As the headline, short: the values of the best are those of the ring."""
    model = swept(report)[-1]
    if only_guesses(report, model):
        return f"{model}: no setting is right more often than guessing is"
    best, others = report.best[model], len(report.of_model(model)) - 1
    alike = len(report.together[model]) - 1
    if not alike:
        return f"{model} is best with {label(report, report.candidates[best])}"
    if others == 1:
        return f"{model}: the two settings can't be told apart"
    of_others = (
        f"{alike} of the {others} others can't" if alike < others else f"none of the {others} others can"
    )
    return f"{model}: {of_others} be told from the best setting"


def _bests(report: SweepReport) -> str:
    """The best of each model with its accuracy, for those who cannot see the picture."""
    told = [
        f"{model} {percent(one.validation_accuracy.mean)}"
        for model, one in ((model, report.candidates[place]) for model, place in report.best.items())
    ]
    return f"Right on the validation pictures, the best of each model: {', '.join(told)}."


def _axes(report: SweepReport) -> dict[tuple[str, ...], dict[str, int]]:
    """What varies: the keys that change together, and the place of every setting among their values.

    Numbers stand in their order, other values in that of the config.
    """
    found: dict[tuple[int, ...], tuple[str, ...]] = {}
    for key in report.keys:
        values = [setting.values[key] for setting in report.settings]
        order = {json.dumps(value): value for value in values}
        if all(isinstance(value, int | float) for value in values):
            order = dict(sorted(order.items(), key=lambda item: item[1]))  # type: ignore[arg-type,return-value]
        ranks = {text: rank for rank, text in enumerate(order)}
        places = tuple(ranks[json.dumps(value)] for value in values)
        if len(order) > 1:
            same = next((one for one in found if _go_together(one, places)), places)
            found[same] = (*found.get(same, ()), key)
    names = [setting.name for setting in report.settings]
    return {keys: dict(zip(names, places, strict=True)) for places, keys in found.items()}


def _go_together(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether each value of one key is always with the same one of another, and the reverse."""
    return len(set(one)) == len(set(other)) == len(set(zip(one, other, strict=True)))


def _place(one: Candidate, places: Mapping[str, int]) -> int | None:
    """Where a candidate stands on an axis; None where it is the same at several places."""
    there = {places[name] for name in one.settings}
    return there.pop() if len(there) == 1 else None


def _lines(
    report: SweepReport,
    keys: tuple[str, ...],
    axes_of_sweep: Mapping[tuple[str, ...], Mapping[str, int]],
) -> list[_Line]:
    """The candidates that stand on an axis, joined where they are alike in all others.

    A model that is the same in all settings has a line without points.
    """
    others = [places for some, places in axes_of_sweep.items() if some != keys]
    lines: dict[tuple[Any, ...], _Line] = {}
    for one in report.candidates:
        place = _place(one, axes_of_sweep[keys])
        if place is not None:
            alike = (one.model, *(_place(one, places) for places in others))
            number = sum(line.model == one.model for line in lines.values()) if alike not in lines else 0
            line = lines.setdefault(alike, _Line(one.model, label(report, one, keys), number))
            line.points[place] = one
    everywhere = [one for one in report.candidates if len(one.settings) == len(report.settings)]
    return [*lines.values(), *(_Line(one.model, "the same in all", 0) for one in everywhere)]


def _panel(
    sheet: Sheet,
    y: float,
    report: SweepReport,
    keys: tuple[str, ...],
    axes_of_sweep: Mapping[tuple[str, ...], Mapping[str, int]],
) -> None:
    """One axis: its values below, upwards how often right on validation pictures."""
    short, colours = short_keys(report.keys), colours_of(report.models)
    width = WIDTH - LEFT - LEGEND
    heading = shortened("; ".join(short[key] for key in keys), WIDTH - 48, bold=True)
    sheet.text(24, y + 4, heading, bold=True)
    axes = sheet.axes(LEFT, y + HEADING, width, PANEL)
    lines, best = _lines(report, keys, axes_of_sweep), [report.candidates[p] for p in report.best.values()]
    for line in (line for line in lines if not line.points):
        rate = report.candidates[report.best[line.model]].validation_accuracy
        axes.axhline(rate.mean, color=colours[line.model], linewidth=1.5, linestyle=DASHED)
    bare = sum(len(line.points) for line in lines) > MOST_INTERVALS
    for number, line in enumerate(lines):
        shift = (number - (len(lines) - 1) / 2) * min(0.12, 0.6 / len(lines))
        _draw_line(axes, line, shift, colours[line.model], bare, best)
    ticks = _ticks(report, keys, axes_of_sweep[keys])
    axes.set_xlim(-0.5, len(ticks) - 0.5)
    every = max(1, round(APART * len(ticks) / width + 0.49))
    room = every * width / len(ticks) - 8
    axes.set_xticks(range(0, len(ticks), every), [shortened(text, room, 14) for text in ticks[::every]])
    finish_curves(axes)
    _legend(sheet, WIDTH - LEGEND + 16, y + HEADING, lines, colours, bare)


def _draw_line(
    axes: Axes, line: _Line, shift: float, colour: str, bare: bool, best: Sequence[Candidate]
) -> None:
    if not (places := sorted(line.points)):
        return
    rates = [line.points[place].validation_accuracy for place in places]
    at = [place + shift for place in places]
    mark = MARKS[line.number % len(MARKS)]
    if not bare:
        low, high = zip(*(rate.interval for rate in rates), strict=True)
        axes.vlines(at, low, high, color=colour, linewidth=2, alpha=0.45)
    style = ":" if bare else "-"
    axes.plot(
        at, [rate.mean for rate in rates], style, marker=mark, color=colour, linewidth=1.5, markersize=7
    )
    for place, rate in zip(at, rates, strict=True):
        if any(rate is one.validation_accuracy for one in best):
            _ring(axes, place, rate.mean)


def _ring(axes: Axes, x: float, y: float) -> None:
    """What marks the best of a model."""
    axes.plot([x], [y], "o", markersize=15, markerfacecolor="none", markeredgecolor=INK, markeredgewidth=1.5)


def _ticks(report: SweepReport, keys: Sequence[str], places: Mapping[str, int]) -> list[str]:
    """The values of an axis, in their order."""
    told = {
        places[setting.name]: "; ".join(value_in_words(setting.values[key]) for key in keys)
        for setting in report.settings
    }
    return [told[place] for place in sorted(told)]


def _legend(
    sheet: Sheet, x: float, y: float, lines: Sequence[_Line], colours: Mapping[str, str], bare: bool
) -> None:
    """Which line is which, as many as there is room for; a model with a single line has its name alone."""
    shown = lines[:MOST_LINES]
    marks = sheet.axes(x, y, 20, LINE * len(shown))
    marks.set_axis_off()
    marks.set_xlim(-1, 1)
    marks.set_ylim(len(shown) - 0.5, -0.5)
    for row, line in enumerate(shown):
        colour = colours[line.model]
        if line.points:
            marks.plot([0], [row], MARKS[line.number % len(MARKS)], color=colour, markersize=7)
        else:
            marks.plot([-1, 1], [row, row], color=colour, linewidth=1.5, linestyle=DASHED)
        told = f"{line.model}, {line.common}" if line.common else line.model
        sheet.text(x + 26, y + LINE * row + 3, shortened(told, LEGEND - 66, 14), size=14, colour=colour)
    more = len(lines) - len(shown)
    rest = [f"and {more:,} more lines"] * (more > 0) + ["intervals: in report.json"] * bare
    sheet.text(x, y + LINE * len(shown) + 3, "\n".join(rest), size=14, colour=GREY)


def by_cost(report: SweepReport, path: Path) -> Figure | None:
    """Draw 2-cost: validation accuracy against arithmetic; None where all cost the same."""
    costs = sorted({one.flops_per_image for one in report.candidates})
    if len(costs) < 2:
        return None
    count = len(report.candidates)
    front = [report.candidates[place] for place in report.pareto]
    of_all = f"{len(front)} of {count} settings" if len(front) > 1 else f"One of {count} settings"
    title = f"{of_all}: none is more accurate, by the means, for as little arithmetic"
    reading = (
        "To the right: arithmetic for one picture, in MFLOP (a million additions or multiplications; each "
        "tenfold is as far). Upwards: right on the validation pictures, the mean. Dashed: those that none "
        f"beats, with 95 %, as to {may_differ(report)}. A ring: the best of its model."
    )
    colours, models = colours_of(report.models), report.models[:MOST_MODELS]
    top, height = top_below(reading, WIDTH), 380
    sheet = Sheet(top + height + BELOW + LINE * len(models) + 34, title, reading, WIDTH)
    axes = sheet.axes(LEFT, top + 10, WIDTH - LEFT - 40, height)
    axes.set_xscale("log")
    for number, model in enumerate(report.models):
        some = [report.candidates[place] for place in report.of_model(model)]
        _draw_costs(axes, some, front, MARKS[number % len(MARKS)], colours[model])
        one = report.candidates[report.best[model]]
        _ring(axes, one.flops_per_image, one.validation_accuracy.mean)
    at = [one.flops_per_image for one in front], [one.validation_accuracy.mean for one in front]
    axes.plot(*at, color=GREY, linewidth=1.5, linestyle=DASHED, zorder=1)
    axes.margins(x=0.06)
    _cost_ticks(axes, costs)
    finish_curves(axes)
    _best_rows(sheet, top + 10 + height + BELOW, report, models, colours)
    sheet.save(path)
    return Figure(path, title, f"{title}. {_bests(report)}")


def _draw_costs(
    axes: Axes, some: Sequence[Candidate], front: Sequence[Candidate], mark: str, colour: str
) -> None:
    costs, means = zip(*((one.flops_per_image, one.validation_accuracy.mean) for one in some), strict=True)
    axes.plot(costs, means, mark, color=colour, markersize=7)
    for one in some:
        if one in front:
            low, high = one.validation_accuracy.interval
            axes.vlines([one.flops_per_image], low, high, color=colour, linewidth=2, alpha=0.45)


def _cost_ticks(axes: Axes, costs: Sequence[int]) -> None:
    """Ticks at costs that there are, as many as do not touch each other."""
    axes.set_xticks(costs)
    places = [float(axes.transData.transform((cost, 0))[0]) for cost in costs]
    kept: list[int] = []
    for number, place in enumerate(places):
        if not kept or place - places[kept[-1]] >= APART:
            kept.append(number)
    axes.set_xticks([costs[number] for number in kept], [mega(costs[number]) for number in kept])
    axes.xaxis.set_minor_locator(NullLocator())


def _best_rows(
    sheet: Sheet, y: float, report: SweepReport, models: Sequence[str], colours: Mapping[str, str]
) -> None:
    """The models, each with its best setting and what that is worth."""
    marks = sheet.axes(24, y, 20, LINE * len(models))
    marks.set_axis_off()
    marks.set_xlim(-1, 1)
    marks.set_ylim(len(models) - 0.5, -0.5)
    for row, model in enumerate(models):
        one = report.candidates[report.best[model]]
        marks.plot(
            [0], [row], MARKS[report.models.index(model) % len(MARKS)], color=colours[model], markersize=7
        )
        worth = f"{percent(one.validation_accuracy.mean)}, {mega(one.flops_per_image)} MFLOP"
        values = label(report, one)
        name = f"{model}, best: {values}" if values else model
        sheet.text(50, y + LINE * row + 3, shortened(name, WIDTH - 290, 14), size=14, colour=colours[model])
        sheet.text(WIDTH - 24, y + LINE * row + 3, worth, size=14, align="right")
    if (more := len(report.models) - len(models)) > 0:
        sheet.text(50, y + LINE * len(models) + 3, f"and {decimal(more, 0)} more", size=14, colour=LIGHT)


SWEEP = (
    Picture("1-settings", by_key, "candidates.*.validation_accuracy in report.json"),
    Picture("2-cost", by_cost, "candidates.*.validation_accuracy and flops_per_image in report.json"),
)
