"""The picture of runs side by side: the accuracy of every model of every run."""

from pathlib import Path

from model.comparison.accuracy_figure import accuracies_in_words
from model.comparison.records import Model
from model.report.canvas import GREY, Sheet, top_below
from model.report.estimates import (
    colours_of,
    draw_estimate,
    finish_rows,
    model_name,
    whole_percent,
    write_number,
)
from model.report.figure import Figure
from model.report.words import ends, percent
from model.side_by_side.records import PictureSet, SideBySide
from model.side_by_side.text import headline

ROW, HEADING, AXIS = 48, 40, 40  # pixels: of a model, above a set of test pictures, below it
MOST_ROWS = 26  # so that the sheet is no higher than 1500 pixels
NAMES, DOTS, NUMBERS = 24, 370, 1020  # where the columns begin
READING = (
    "A dot is one seed; diamond and line are the mean and its 95 % interval. A colour is a run. Whether two "
    "models differ is told by the interval of their difference, in the text, not by how the lines overlap."
)


def side_by_side(comparison: SideBySide, path: Path) -> Figure:
    """Draw the accuracy of every model, those scored on the same pictures on one scale."""
    title, drawn = headline(comparison), _shown(comparison)
    reading, hidden = READING, len(comparison.models) - sum(len(models) for _, models in drawn)
    if hidden:
        reading += f"\n{hidden} more models are in comparison.json and not drawn."
    height = sum(HEADING + ROW * len(models) + AXIS for _, models in drawn)
    sheet = Sheet(max(300, top_below(reading) + height), title, reading)
    colours, y = colours_of(comparison.runs), sheet.top
    for tested, models in drawn:
        sheet.text(NAMES, y + 8, f"{tested.title}: right, of {tested.images:,} test pictures", colour=GREY)
        y += HEADING
        axes = sheet.axes(DOTS, y, NUMBERS - DOTS - 20, ROW * len(models))
        for row, (name, entry) in enumerate(models.items()):
            found, middle = entry.accuracy, y + ROW * (row + 0.5)
            model_name(sheet, middle - 8, name, DOTS - NAMES - 20)
            colour = colours[comparison.models[name].run]
            draw_estimate(axes, row, found.mean, found.interval, colour, found.values)
            write_number(sheet, NUMBERS, middle, percent(found.mean), ends(found.interval))
        finish_rows(axes, len(models))
        axes.xaxis.set_major_formatter(whole_percent)
        y += ROW * len(models) + AXIS
    sheet.save(path)
    shown = {name: entry for _, models in drawn for name, entry in models.items()}
    return Figure(path, title, f"{title}. {accuracies_in_words(shown)}")


def _shown(comparison: SideBySide) -> list[tuple[PictureSet, dict[str, Model]]]:
    """Sets of test pictures with the models scored on them, as many as there is room for."""
    left, drawn = MOST_ROWS, []
    for tested in comparison.test_sets:
        models = dict(list(comparison.models_of(tested).items())[:left])
        left -= len(models) + 2 * bool(models)  # a heading and an axis are as high as two rows
        if models:
            drawn.append((tested, models))
        left = max(left, 0)
    return drawn
