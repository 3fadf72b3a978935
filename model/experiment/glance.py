"""The first picture of a run: who is ahead, what two filters do to a picture, and what filters are worth."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from data.splits import DataFacts
from model.comparison.accuracy_figure import accuracies_in_words, failures_note, nothing_scored
from model.comparison.headlines import headline, verdict_of
from model.comparison.mistake_figures import class_order, draw_gains, gain_heading, shown_rows
from model.comparison.records import Models, Outcome
from model.comparison.tables import answers
from model.inspection.files import Convolution, Inspection
from model.inspection.records import first_of
from model.inspection.words import chosen_by, line_after
from model.report.canvas import (
    GREY,
    INK,
    LIGHT,
    WIDTH,
    Sheet,
    caption,
    draw_line,
    garment,
    limit_of,
    response,
    share_cut,
    shortened,
    wrapped,
)
from model.report.estimates import colours_of, draw_estimate, finish_rows, whole_percent
from model.report.figure import Figure, Picture
from model.report.words import counted, percent, quoted, short

HEIGHT, FLOOR = 675, 584  # pixels; the verdict stands below the floor
MOST_SHOWN = 12  # filters, or classes, beside their worth or gain
FILTERS = 2
WITHOUT_FILTERS = "models.*.accuracy, models.*.per_class and comparisons.*.per_class in report.json"
MAP_PIXELS = 130  # about: a whole number of pixels for every pixel of the map
GAP = 18  # pixels, between a map and what pooling leaves of it


def at_a_glance(
    outcome: Outcome, data: DataFacts, path: Path, model: str = "", inspection: Inspection | None = None
) -> Figure:
    """Draw 1-at-a-glance: accuracy; a picture through two filters and pooling; what filters are worth.

    `inspection` is of the first seed of `model`. Without it the gain of every class takes the place of
    filters and worth.
    """
    if not outcome.models:
        return nothing_scored(outcome.failed, path)
    title = headline(outcome)
    convolution = inspection.convolutions[0] if inspection and inspection.convolutions else None
    reading = _subtitle(data, model, inspection, convolution)
    if convolution and outcome.models[model].elsewhere:
        reading += f" {model} may have been trained on these pictures."
    reading += failures_note(outcome.failed)
    foot = _foot(outcome, title)
    sheet = Sheet(HEIGHT if foot else FLOOR, title, reading)
    if inspection and convolution:
        unused = MAP_PIXELS + GAP if convolution.pooled is None else 0
        _accuracies(sheet, outcome.models, width=270 + unused)
        _picture_through_filters(sheet, 346 + unused, data, inspection, convolution)
        _worth(sheet, 974, convolution, inspection.num_test, colours_of(outcome.models)[model])
    else:
        _accuracies(sheet, outcome.models, width=500)
        _classes(sheet, outcome, data)
    if foot:
        sheet.pixels[FLOOR + 10, 24 : sheet.width - 24] = 0xD9
        sheet.text(24, FLOOR + 24, wrapped(foot, sheet.width - 48, 16, lines=3), size=16)
    sheet.save(path)
    alt = f"{title}. {accuracies_in_words(outcome.models)}"
    return Figure(path, title, alt) if convolution else Figure(path, title, alt, numbers=WITHOUT_FILTERS)


def _subtitle(
    data: DataFacts, model: str, inspection: Inspection | None, convolution: Convolution | None
) -> str:
    if not (inspection and convolution):
        return "How often each model is right, over all and by class."
    shown = _shown(inspection, convolution)
    limit = limit_of(*shown)
    cut = percent(share_cut(limit, *shown))
    name = quoted(short(data.classes[int(inspection.labels[_picture(inspection)])]))
    return (
        f"Middle: the first test picture of {name} through filters of {model}'s {convolution.name} (red up to"
        f" {limit:.2f}, {cut} beyond; white 0; a background all red: the filter answers to black)."
        " Right: test answers lost without a filter; filled: the interval leaves out 0.\n"
        f"{chosen_by(first_of(convolution.passports, MOST_SHOWN))}"
    )


def _picture(inspection: Inspection) -> int:
    """Which of the pictures is shown: the first one of the last class."""
    return int(np.flatnonzero(inspection.labels == inspection.labels[-1])[0])


def _shown(inspection: Inspection, convolution: Convolution) -> list[Any]:
    """The maps on the sheet: of the picture shown, by the first filters, before and after pooling."""
    picture, chosen = _picture(inspection), [p.index for p in first_of(convolution.passports, FILTERS)]
    maps = [convolution.maps] if convolution.pooled is None else [convolution.maps, convolution.pooled]
    return [values[picture, :, :, chosen] for values in maps]


def _heading(sheet: Sheet, x: float, text: str, below: str = "") -> None:
    sheet.text(x, sheet.top + 4, text, bold=True)
    sheet.text(x, sheet.top + 26, below, size=14, colour=GREY)


def _body(sheet: Sheet) -> tuple[float, float]:
    """Where axes begin below their heading, and how high they may be."""
    return sheet.top + 60, FLOOR - 40 - (sheet.top + 60)


def _accuracies(sheet: Sheet, models: Models, width: int) -> None:
    y, height = _body(sheet)
    pixel = len(models) / height  # in rows
    tight = 70 * pixel > 1  # many models: their names small, and no dots
    _heading(sheet, 24, "Right, of all test pictures", "mean and 95 %" if tight else "a dot is one training")
    axes = sheet.axes(24, y, width, height)
    colours = colours_of(models)
    for row, (name, entry) in enumerate(models.items()):
        found, colour = entry.accuracy, colours[name]
        middle = y + (row + 0.5) / pixel
        top, size = (middle - 18, 13) if tight else (middle - 30, 15)
        sheet.text(24, top, shortened(name, width - 80, size, bold=True), size=size, bold=True)
        sheet.text(24 + width, top, percent(found.mean), size=size, align="right", bold=True)
        values, low = ((), row + 6 * pixel) if tight else (found.values, row + 16 * pixel)
        draw_estimate(axes, low, found.mean, found.interval, colour, values, lift=14 * pixel)
    finish_rows(axes, len(models), ticks=4)
    axes.xaxis.set_major_formatter(whole_percent)


def _picture_through_filters(
    sheet: Sheet, x: int, data: DataFacts, inspection: Inspection, convolution: Convolution
) -> None:
    chosen = first_of(convolution.passports, FILTERS)
    ranked = sum(passport.rank is not None for passport in chosen)
    rank = {0: "not ranked", len(chosen): "ranked first"}.get(ranked, "the first is ranked")
    _heading(sheet, x, f"One picture through {counted(len(chosen), 'filter')}, {rank}")
    shown, picture = _shown(inspection, convolution), _picture(inspection)
    kernel_limit = limit_of(*(convolution.kernel[..., passport.index] for passport in chosen))
    top, height = _body(sheet)
    row_height = (height + 40) / FILTERS
    size = min(MAP_PIXELS, int(row_height) - 48)  # below a map stand two lines
    middle = round(top + height / 2)
    sheet.place(x, middle - 70, garment(inspection.images[picture], 5))
    name = short(data.classes[int(inspection.labels[picture])])
    sheet.text(x + 70, middle + 76, shortened(name, 150), align="center")
    caption(sheet, x + 70, middle + 96, " × ".join(map(str, inspection.images.shape[1:])))
    for row, passport in enumerate(chosen):
        y = round(top + row * row_height)
        kernel = convolution.kernel[:, :, 0, passport.index]
        tile = response(kernel, kernel_limit, max(90 // len(kernel), 1))
        sheet.place(x + 170, y + (size - len(tile)) // 2, tile, frame=INK, frame_width=1)
        sheet.text(x + 215, y + size + 8, f"filter {passport.index}", align="center")
        _maps(sheet, x + 290, y, [values[row] for values in shown], limit_of(*shown), size)


def _maps(sheet: Sheet, x: int, y: int, shown: list[np.ndarray], limit: float, size: int) -> None:
    """A filter's map and what pooling leaves of it, of the same size on paper, about `size` pixels."""
    size = max(round(size / len(shown[0])), 1) * len(shown[0])
    for place, (label, values) in enumerate(zip(("its map", "pooled"), shown, strict=False)):
        left = x + place * (size + GAP)
        sheet.place(left, y, response(values, limit, max(size // len(values), 1)), frame=LIGHT, frame_width=1)
        sheet.text(left + size / 2, y + size + 8, label, align="center")
        caption(sheet, left + size / 2, y + size + 28, f"{len(values)} × {values.shape[1]}")


def _worth(sheet: Sheet, x: int, convolution: Convolution, num_test: int, colour: str) -> None:
    """The first filters, each as a small picture, with what its removal does to the answers."""
    chosen = first_of(convolution.passports, MOST_SHOWN)
    _heading(sheet, x, f"Worth of {counted(len(chosen), 'filter')}", f"answers lost, of {num_test:,}")
    y, height = _body(sheet)
    row_height = height / len(chosen)
    axes = sheet.axes(x + 40, y, 168, height)
    axes.axvline(0, color=INK, linewidth=1.2)
    if (line := line_after(chosen)) is not None:
        draw_line(sheet, x, round(y + row_height * line), 208, 2, INK)
    limit = limit_of(*(convolution.kernel[..., passport.index] for passport in chosen))
    for row, passport in enumerate(chosen):
        worth = passport.worth
        ends = [num_test * end for end in worth.interval]
        hollow = ends[0] <= 0 <= ends[1]
        draw_estimate(axes, row, num_test * worth.accuracy_drop, ends, colour, hollow=hollow)
        kernel = convolution.kernel[:, :, 0, passport.index]
        tile = response(kernel, limit, max(min(24, int(row_height) - 6) // len(kernel), 1))
        sheet.place(x, round(y + row_height * (row + 0.5) - len(tile) / 2), tile, frame=LIGHT, frame_width=1)
    finish_rows(axes, len(chosen))
    axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))


def _classes(sheet: Sheet, outcome: Outcome, data: DataFacts) -> None:
    """The gain of each class, or its accuracy, where no filters can be shown."""
    order = class_order(data)[:MOST_SHOWN]
    candidate, versus, per_class = shown_rows(outcome)
    filled = "filled: clear when all classes are allowed for" if versus else ""
    _heading(sheet, 640, gain_heading(versus), filled)
    y, height = _body(sheet)
    axes = sheet.axes(790, y, 386, height)
    draw_gains(axes, [per_class[label] for label in order], colours_of(outcome.models)[candidate])
    for row, label in enumerate(order):
        middle = y + height * (row + 0.5) / len(order)
        name = shortened(short(data.classes[label]), 140)
        sheet.text(780, middle - 7, name, align="right")


def _foot(outcome: Outcome, title: str) -> str:
    """The verdict, if it says more than the title; of several comparisons as many answers as have room."""
    several = answers(outcome) if len(outcome.comparisons) > 1 else []
    text = several[0] if several else verdict_of(outcome)
    for answer in several[1:]:
        if len(wrapped(f"{text} {answer}", WIDTH - 48, 16, lines=9).splitlines()) > 3:
            break
        text += f" {answer}"
    return "" if text == f"{title}." else text


GLANCE = Picture(
    "1-at-a-glance",
    at_a_glance,
    "models.*.accuracy in report.json; those of filters in passports.json and activations.npz",
)
