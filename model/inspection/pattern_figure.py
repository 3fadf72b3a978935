"""How many first kernels match each named pattern, a dot per seed, against untrained networks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.ticker import MaxNLocator

from model.report.canvas import LIGHT, MODEL_COLOURS, Axes, Sheet, pt, shortened, top_below
from model.report.figure import Figure, Picture

ROW = 34  # pixels
LABEL = 230  # pixels for a pattern's name
SPREAD = 0.8  # of a row: over how much of it the seeds' dots are spread


def draw_patterns(
    patterns: Mapping[str, Mapping[str, Any]], model: str, path: Path, elsewhere: bool = False
) -> Figure:
    """Draw the number of filters per named pattern of every seed beside what chance gives.

    `patterns` is by seed what `model.networks.patterns.count_patterns` found, of at least one;
    `elsewhere`: the filters of files that were trained there.
    """
    title = patterns_title(patterns)
    first = next(iter(patterns.values()))
    names = list(first["counts"])
    seeds, one = ", ".join(patterns), "file" if elsewhere else "seed"
    dots = f"Dots: the trained filters, one for each {one} ({seeds}, from above)."
    subtitle = (
        f"{shortened(model, 160)}: filters of its first convolution, by the pattern that they, or their"
        f" negatives, match by at least {first['threshold']:.2f}, as about 1 in 20 untrained filters does.\n"
        f"{dots if len(patterns) > 1 else f'Dot: the trained filters of {one} {seeds}.'}"
        f" Grey: what 90 of 100 untrained networks with as many filters have."
    )
    top = top_below(subtitle) + 8
    height = ROW * len(names)
    sheet = Sheet(top + height + 68, title, subtitle)
    axes = sheet.axes(24 + LABEL, top, 1152 - LABEL, height)
    for row, name in enumerate(names):
        text = shortened(name, LABEL - 12)
        sheet.text(24 + LABEL - 12, top + ROW * row + 8, text, align="right")
        _draw_row(axes, row, name, patterns)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_xlim(left=-0.6, right=max(axes.get_xlim()[1], 4.5))
    axes.xaxis.set_major_locator(MaxNLocator(10, integer=True))
    sheet.text(24 + LABEL + (1152 - LABEL) / 2, top + height + 30, "filters", align="center")
    sheet.save(path)
    return Figure(path, title, f"{title}. {_most_beyond_chance(patterns, names)}")


def patterns_title(patterns: Mapping[str, Mapping[str, Any]]) -> str:
    """How many filters match a pattern, over the seeds, and how many by chance."""
    totals = [found["total"] for found in patterns.values()]
    first = next(iter(patterns.values()))
    num_filters = first["num_filters"]
    filters = f"{num_filters} first filters" if num_filters > 1 else "one first filter"
    matches = "match" if max(totals) > 1 else "matches"
    seeds = f" in {len(totals)} trainings" if len(totals) > 1 else ""
    chance = _range(first["untrained_total"])
    return f"{_range(totals)} of {filters} {matches} a named pattern{seeds} (untrained: {chance})"


def _range(numbers: list[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low} to {high}" if low < high else str(low)


def _draw_row(axes: Axes, row: int, name: str, patterns: Mapping[str, Mapping[str, Any]]) -> None:
    low, high = next(iter(patterns.values()))["untrained"][name]
    axes.axhline(row, color=LIGHT, linewidth=0.8, zorder=0)
    axes.barh(row, high - low + 0.5, height=0.7, left=low - 0.25, color=LIGHT, zorder=1)
    dot: dict[str, Any] = {"color": MODEL_COLOURS[1], "markersize": pt(9), "markeredgewidth": 0}
    for place, found in enumerate(patterns.values()):
        offset = (place + 0.5) / len(patterns) - 0.5
        axes.plot(found["counts"][name], row + SPREAD * offset, "o", **dot)


def _most_beyond_chance(patterns: Mapping[str, Mapping[str, Any]], names: list[str]) -> str:
    """The pattern whose number is farthest above what untrained networks have, if one is in every seed."""
    chance = next(iter(patterns.values()))["untrained"]
    beyond = {name: min(p["counts"][name] for p in patterns.values()) - chance[name][1] for name in names}
    name = max(beyond, key=lambda one: beyond[one])
    if beyond[name] <= 0:
        return "No pattern is more frequent than chance in every training."
    counts = _range([found["counts"][name] for found in patterns.values()])
    return f"Farthest above chance: {name}, {counts} (untrained: {_range(chance[name])})."


PATTERNS = Picture(
    "patterns-{model}", draw_patterns, "models.*.patterns in report.json", only_with="patterns"
)
