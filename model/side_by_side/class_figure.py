"""The picture of a class: by how much models differ in every run, best to worst, and in pools of runs."""

from pathlib import Path
from typing import NamedTuple

from model.report.canvas import GREY, INK, MODEL_COLOURS, Sheet, shortened, top_below
from model.report.estimates import draw_estimate, finish_rows
from model.report.figure import Figure
from model.report.tables import distinct_labels
from model.report.words import digits_for, percent, signed, span
from model.side_by_side.class_text import FIGURES, headline, rows_of
from model.side_by_side.records import HandIn, HandIns, SideBySide

ROW, HEADING, AXIS = 21, 44, 36  # pixels: of a run, above those of one set of test pictures, below them
MOST_ROWS = 200
SIZE = 14  # of the font: a picture of 1200 pixels is mostly shown smaller
MARK = 6  # points, of a diamond
NAMES, DOTS, NUMBERS, BESIDE = 24, 300, 790, 970  # where the columns begin
POOLED, SINGLE, DOUBTFUL = MODEL_COLOURS[1], INK, MODEL_COLOURS[0]
READING = (
    "Points by which the last model of a run is ahead of its first: a dot is one seed; diamond and line are "
    "the mean and its 95 % interval.{pooled}{doubt}"
)
IN_BLUE = " Blue: runs that differ in seeds alone, as one."
IN_ORANGE = " Orange: what a page tells does not follow from its answers, which count here."


class Row(NamedTuple):
    """What is drawn on a row: fractions."""

    name: str
    difference: float | None
    interval: list[float] | None
    values: list[float]
    colour: str
    beside: str


def class_picture(comparison: SideBySide, path: Path) -> Figure:
    """Draw every run of a class on a row of its own."""
    title = headline(comparison)
    drawn = [(one, _rows(one)) for one in comparison.hand_ins]
    colours = {row.colour for _, rows in drawn for row in rows}
    reading = READING.format(pooled=IN_BLUE * (POOLED in colours), doubt=IN_ORANGE * (DOUBTFUL in colours))
    left = MOST_ROWS
    for place, (one, rows) in enumerate(drawn):
        drawn[place] = (one, rows[: max(left, 0)])
        left -= len(rows)
    if left < 0:
        reading += f"\n{-left} more rows are in class.csv and not drawn."
    drawn = [(one, rows) for one, rows in drawn if rows]
    height = sum(HEADING + ROW * len(rows) + AXIS for _, rows in drawn)
    sheet = Sheet(max(300, top_below(reading) + height), title, reading)
    y = sheet.top
    for one, rows in drawn:
        heading = f"{one.title}, {one.images:,} test pictures"
        sheet.text(NAMES, y + 6, shortened(heading, DOTS + 400), colour=GREY)
        _draw(sheet, y + HEADING, rows)
        y += HEADING + ROW * len(rows) + AXIS
    sheet.save(path)
    return Figure(path, title, f"{title}. {_in_words(comparison)}")


def _rows(one: HandIns) -> list[Row]:
    """Pools first, then the runs."""
    pools = [
        Row(
            f"{len(pool.runs)} runs pooled",
            *(pool.difference, pool.interval, pool.values, POOLED),
            beside=", ".join(f"{count} {name}" for name, count in pool.trainings.items()),
        )
        for pool in one.pools
    ]
    labels = distinct_labels([row.run for row in one.rows], _cut)
    cells = rows_of(one)
    return pools + [
        Row(
            labels[row.run],
            *(row.difference, row.interval, row.values, DOUBTFUL if row.doubt else SINGLE),
            beside=_beside(row, told),
        )
        for row, told in zip(one.rows, cells[1:], strict=True)
    ]


def _beside(row: HandIn, cells: list[str]) -> str:
    """What of the table has room beside a run: settings, guess, whose copy it is; else its accuracies."""
    told = [cell for cell in reversed(cells[FIGURES:]) if cell]
    if row.difference is None:
        told = [f"{name} {percent(share)}" for name, share in row.accuracy.items()] + told
    return ", ".join(told)


def _draw(sheet: Sheet, y: float, rows: list[Row]) -> None:
    axes = sheet.axes(DOTS, y, NUMBERS - DOTS - 24, ROW * len(rows))
    axes.axvline(0, color=INK, linewidth=1.2)
    for place, row in enumerate(rows):
        top = y + ROW * place + 3
        sheet.text(NAMES, top, _cut(row.name), size=SIZE, bold=row.colour == POOLED)
        sheet.text(
            BESIDE, top, shortened(row.beside, sheet.width - BESIDE - 12, SIZE), size=SIZE, colour=GREY
        )
        if row.difference is None or row.interval is None:
            continue
        ends, dots = [100 * end for end in row.interval], [100 * value for value in row.values]
        draw_estimate(axes, place, 100 * row.difference, ends, row.colour, dots, size=MARK)
        number = signed(100 * row.difference, digits_for(row.interval))
        sheet.text(NUMBERS, top, f"{number} ({span(row.interval)})", size=SIZE, bold=row.colour == POOLED)
    finish_rows(axes, len(rows))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))


def _cut(name: str) -> str:
    return shortened(name, DOTS - NAMES - 16, SIZE)


def _in_words(comparison: SideBySide) -> str:
    """The best and the worst, for those who cannot see the picture."""
    rows = [row for one in comparison.hand_ins for row in one.rows if row.difference is not None]
    if not rows:
        return "No run here compares two models."
    rows.sort(key=lambda row: -(row.difference or 0))
    ends = [
        f"{row.run} {signed(100 * (row.difference or 0), digits_for(row.interval))}"
        for row in (rows[0], rows[-1])
    ]
    return f"Points, from {ends[0]} to {ends[1]}."
