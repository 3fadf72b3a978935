"""The picture of runs side by side: the accuracy of every model of every run."""

from collections.abc import Collection
from pathlib import Path

from model.comparison.accuracy_figure import accuracies_in_words
from model.comparison.records import Model
from model.report.canvas import GREY, INK, MODEL_COLOURS, Sheet, shortened, top_below
from model.report.estimates import (
    colours_of,
    draw_estimate,
    finish_rows,
    model_name,
    whole_percent,
    write_number,
)
from model.report.figure import Figure
from model.report.tables import distinct_labels
from model.report.words import ends, percent
from model.side_by_side.records import PictureSet, SideBySide
from model.side_by_side.text import headline, leading_pair

ROW, HEADING, AXIS = 48, 40, 40  # pixels: of a model, above a set of test pictures, below it
MOST_ROWS = 26  # so that the sheet is no higher than 1500 pixels
HEADING_ROWS = 2  # as high as these are a heading and an axis
NAMES, DOTS, NUMBERS = 24, 370, 1020  # where the columns begin
NAME_WIDTH = DOTS - NAMES - 20
READING = (
    "A dot is one training; diamond and line are the mean and its 95 % interval.{colour} Whether two models "
    "differ is told by the interval of their difference, in the text, not by how the lines overlap.{numbered}"
)
COLOUR = " A colour is a run."
NUMBERED = " Where names would look alike, their number among all models stands in front."


def side_by_side(comparison: SideBySide, path: Path) -> Figure:
    """Draw the accuracy of every model, those scored on the same pictures on one scale."""
    title, drawn = headline(comparison), _shown(comparison)
    colours = _colours(comparison.runs)
    labels = distinct_labels(list(comparison.models), _cut)
    numbered = any(labels[name] != name for _, models in drawn for name in models)
    reading = READING.format(colour=COLOUR * bool(colours), numbered=NUMBERED * numbered)
    hidden = len(comparison.models) - sum(len(models) for _, models in drawn)
    if hidden:
        reading += f"\n{hidden} more models are in comparison.json and not drawn."
    height = sum(HEADING + ROW * len(models) + AXIS for _, models in drawn)
    sheet = Sheet(max(300, top_below(reading) + height), title, reading)
    y = sheet.top
    for tested, models in drawn:
        sheet.text(NAMES, y + 8, f"{tested.title}: right, of {tested.images:,} test pictures", colour=GREY)
        y += HEADING
        axes = sheet.axes(DOTS, y, NUMBERS - DOTS - 20, ROW * len(models))
        for row, (name, entry) in enumerate(models.items()):
            found, middle = entry.accuracy, y + ROW * (row + 0.5)
            model_name(sheet, middle - 8, labels[name], NAME_WIDTH)
            colour = colours.get(comparison.models[name].run, INK)
            draw_estimate(axes, row, found.mean, found.interval, colour, found.values)
            write_number(sheet, NUMBERS, middle, percent(found.mean), ends(found.interval))
        finish_rows(axes, len(models))
        axes.xaxis.set_major_formatter(whole_percent)
        y += ROW * len(models) + AXIS
    sheet.save(path)
    shown = {name: entry for _, models in drawn for name, entry in models.items()}
    return Figure(path, title, f"{title}. {accuracies_in_words(shown)}")


def _colours(runs: Collection[str]) -> dict[str, str]:
    """A colour for each run; none where there are more runs than colours."""
    return colours_of(runs) if len(runs) <= len(MODEL_COLOURS) else {}


def _cut(name: str) -> str:
    """A name as it is written at its smallest."""
    return shortened(name, NAME_WIDTH, 13, bold=True)


def _shown(comparison: SideBySide) -> list[tuple[PictureSet, dict[str, Model]]]:
    """Sets of test pictures with the models scored on them: those of the title, and as many as have room."""
    leading = leading_pair(comparison.comparisons)
    named = (leading.baseline, leading.candidate) if leading else ()
    left, shown = MOST_ROWS + HEADING_ROWS, set[str]()
    by_set = {name: place for place, tested in enumerate(comparison.test_sets) for name in tested.models}
    for name in sorted(by_set, key=lambda name: name not in named):
        opens = by_set[name] not in {by_set[one] for one in shown}
        height = 1 + HEADING_ROWS * opens
        if height <= left:
            shown.add(name)
            left -= height
    drawn = [
        (tested, {name: entry for name, entry in comparison.models_of(tested).items() if name in shown})
        for tested in comparison.test_sets
    ]
    return [(tested, models) for tested, models in drawn if models]
