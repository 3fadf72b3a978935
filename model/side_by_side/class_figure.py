"""The picture of a class: by how much models differ in every run, best to worst, and in pools of runs."""

from collections.abc import Sequence
from pathlib import Path

from model.report.canvas import GREY, INK, MODEL_COLOURS, Sheet, shortened, top_below
from model.report.estimates import draw_estimate, finish_rows
from model.report.figure import Figure
from model.report.tables import distinct_labels
from model.report.words import digits_for, percent, signed, span
from model.side_by_side.class_text import FIGURES, changes_in_words, rows_of, trainings_of
from model.side_by_side.records import HandIn, HandIns, Pool, SideBySide
from model.side_by_side.text import headline

ROW, HEADING, AXIS = 21, 44, 36  # pixels: of a run, above those of one set of test pictures, below them
MOST_ROWS = 200
SIZE = 14  # of the font: a picture of 1200 pixels is mostly shown smaller
LONGEST = 200  # characters, of which far fewer have room
MARK = 6  # points, of a diamond
NAMES, DOTS, NUMBERS, BESIDE = 24, 300, 790, 970  # where the columns begin
POOLED, SINGLE, DOUBTFUL = MODEL_COLOURS[1], INK, MODEL_COLOURS[0]
READING = (
    "Points by which the last model of a run is ahead of its first: a dot is one seed; diamond and line are "
    "the mean and its 95 % interval.{pooled}{doubt}"
)
Row = tuple[str, HandIn | Pool, str, Sequence[str]]  # name, what is drawn, colour, what stands beside it
IN_BLUE = " Blue: runs that differ in seeds alone, as one."
IN_ORANGE = " Orange: what a page tells does not follow from its answers, which count here."


def class_picture(comparison: SideBySide, path: Path) -> Figure:
    """Draw every run of a class on a row of its own."""
    title = headline(comparison)
    drawn = [(one, _rows(one)) for one in comparison.hand_ins]
    colours = {colour for _, rows in drawn for _, _, colour, _ in rows}
    reading = READING.format(pooled=IN_BLUE * (POOLED in colours), doubt=IN_ORANGE * (DOUBTFUL in colours))
    most = max(MOST_ROWS // len(drawn), 1)  # of each set of test pictures
    if hidden := sum(len(rows[most:]) for _, rows in drawn):
        reading += f"\n{hidden} more rows are in class.csv and not drawn."
        drawn = [(one, rows[:most]) for one, rows in drawn]
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
    labels = distinct_labels([row.run for row in one.rows], _cut)
    rows: list[Row] = [
        (f"{len(pool.runs)} runs pooled", pool, POOLED, [changes_in_words(pool.changes), trainings_of(pool)])
        for pool in one.pools
    ]
    head, *told = rows_of(one)
    for row, cells in zip(one.rows, told, strict=True):
        alone = row.accuracy if row.difference is None else {}
        beside = [f"{name} {percent(share)}" for name, share in alone.items() if name in head]
        beside += cells[: FIGURES - 1 : -1]
        rows.append((labels[row.run], row, DOUBTFUL if row.doubt else SINGLE, beside))
    return rows


def _draw(sheet: Sheet, y: float, rows: Sequence[Row]) -> None:
    axes = sheet.axes(DOTS, y, NUMBERS - DOTS - 24, ROW * len(rows))
    axes.axvline(0, color=INK, linewidth=1.2)
    for place, (name, found, colour, beside) in enumerate(rows):
        top, bold = y + ROW * place + 3, colour == POOLED
        sheet.text(NAMES, top, _cut(name), size=SIZE, bold=bold)
        told = shortened(", ".join(filter(None, beside))[:LONGEST], sheet.width - BESIDE - 12, SIZE)
        sheet.text(BESIDE, top, told, size=SIZE, colour=GREY)
        if found.difference is None or found.interval is None:
            continue
        mean, *dots = (100 * value for value in (found.difference, *found.values))
        draw_estimate(axes, place, mean, [100 * end for end in found.interval], colour, dots, size=MARK)
        number = f"{signed(mean, digits_for(found.interval))} ({span(found.interval)})"
        sheet.text(NUMBERS, top, number, size=SIZE, bold=bold)
    finish_rows(axes, len(rows))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))


def _cut(name: str) -> str:
    return shortened(name[:LONGEST], DOTS - NAMES - 16, SIZE)


def _in_words(comparison: SideBySide) -> str:
    """The best and the worst, for those who cannot see the picture."""
    rows = [row for one in comparison.hand_ins for row in one.rows if row.difference is not None]
    if not rows:
        return "No run here compares two models."
    rows.sort(key=lambda row: row.difference or 0)
    worst, best = (f"{row.run} {signed(100 * (row.difference or 0))}" for row in (rows[0], rows[-1]))
    return f"Points, from {best} to {worst}."
