"""The picture of a class: what every hand-in comes to, best to worst, and pools of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from model.report.canvas import GREY, INK, MODEL_COLOURS, Sheet, shortened, top_below, width_of, wrapped
from model.report.estimates import draw_estimate, finish_rows
from model.report.figure import Figure
from model.report.tables import distinct_labels
from model.report.words import digits_for, signed, span
from model.side_by_side.class_rows import Row, changes_in_words, fitting, subject, tables_of
from model.side_by_side.class_text import trainings_of
from model.side_by_side.records import HandIns, Pool, SideBySide
from model.side_by_side.text import headline

LINE, BETWEEN, HEADING, AXIS = 20, (4, 12), 44, 40  # pixels: of a text, between rows, above rows, below them
MOST_ROWS = 200
SCREEN, MOST_LINES = 45, 3  # lines that the rows of one picture may take together, and one row
SIZE = 16  # of the font: a picture of 1200 pixels is mostly shown smaller
LONGEST = 300  # characters of a name, of which far fewer have room
MARK, LIFT = 6, 6  # points, of a diamond; pixels, of dots above it
NAMES, NUMBERS = 24, 972  # where the first column begins, and the last one
LONGEST_NAME, LEAST_DOTS = 260, 280  # pixels: of a name at most, of the dots at least
POOLED, SINGLE, DOUBTFUL = MODEL_COLOURS[1], INK, MODEL_COLOURS[0]
READING = "{what} A dot is one seed; diamond and line are the mean and its 95 % interval.{pooled}{doubt}"
POINTS = "Points by which the last model of a run is ahead of its first."
SHARES = "The share of the test pictures that a model gets right."
IN_BLUE = " Blue: runs that differ in seeds alone, as one."
IN_ORANGE = " Orange: what a page tells does not follow from its answers, which count here."


@dataclass(frozen=True)
class Drawn:
    """A row: its name, what stands beside it, a mean with its interval and values, and that as a number.

    All are percent, or points; the mean is None where there is no result.
    """

    name: str
    words: Sequence[str]
    mean: float | None
    interval: list[float]
    values: list[float]
    number: str
    colour: str


@dataclass(frozen=True)
class Panel:
    """Rows on one axis, and what it is of; `of_points` where that is a difference."""

    heading: str
    of_points: bool
    rows: list[Drawn]


def class_picture(comparison: SideBySide, path: Path) -> Figure:
    """Draw every hand-in of a class, or every model of those that compare none, on a row of its own."""
    title, several = headline(comparison), len(comparison.hand_ins)
    if several > 1:  # what each set of test pictures comes to would not fit
        number = sum(len(one.rows) for one in comparison.hand_ins)
        title = f"{number} hand-ins on {several} sets of test pictures"
    panels = [panel for one in comparison.hand_ins for panel in _panels(one)]
    most = max(MOST_ROWS // len(panels), 1)
    hidden = sum(len(panel.rows[most:]) for panel in panels)
    panels = [Panel(panel.heading, panel.of_points, panel.rows[:most]) for panel in panels]
    reading = _reading(panels) + f"\n{hidden} more rows are in class.csv and not drawn." * bool(hidden)
    columns = _Columns([row for panel in panels for row in panel.rows])
    height = sum(HEADING + columns.row * len(panel.rows) + AXIS for panel in panels)
    sheet = Sheet(max(300, top_below(reading) + height), title, reading)
    y = sheet.top
    for panel in panels:
        sheet.text(NAMES, y + 6, shortened(panel.heading, sheet.width - 2 * NAMES), colour=GREY)
        _draw(sheet, y + HEADING, panel, columns)
        y += HEADING + columns.row * len(panel.rows) + AXIS
    sheet.save(path)
    return Figure(path, title, f"{title}. {_in_words(panels)}")


def _reading(panels: Sequence[Panel]) -> str:
    colours = {row.colour for panel in panels for row in panel.rows}
    kinds = dict.fromkeys(POINTS if panel.of_points else SHARES for panel in panels)
    return READING.format(
        what=" ".join(kinds), pooled=IN_BLUE * (POOLED in colours), doubt=IN_ORANGE * (DOUBTFUL in colours)
    )


def _panels(one: HandIns) -> Iterator[Panel]:
    """Of each table one, pools before the hand-ins."""
    for head, *rows in tables_of(one):
        of_points = any(row.hand_in and row.hand_in.difference is not None for row in rows)
        names = [f"{row.run}, {row.model}" if row.model else row.run for row in rows]
        labels = distinct_labels(names, _cut)
        counts = {row.figures[0] for row in rows if row.value}
        of_all = f"{counts.pop()} parameters" if not of_points and len(counts) == 1 else ""
        what = f"{head.value}, points" if of_points else f"right{f', {of_all} each' if of_all else ''}"
        heading = f"{subject(one)}, {one.images:,} test pictures: {what}"
        drawn = [_drawn(row, labels[name], not of_all) for row, name in zip(rows, names, strict=True)]
        yield Panel(heading, of_points, [*(map(_pooled, one.pools) if of_points else ()), *drawn])


def _pooled(pool: Pool) -> Drawn:
    number = f"{signed(100 * pool.difference, digits_for(pool.interval))} ({span(pool.interval)})"
    name, words = f"{len(pool.runs)} runs pooled", [changes_in_words(pool.changes), trainings_of(pool)]
    return Drawn(name, words, *_percent(pool.difference, pool.interval, pool.values), number, POOLED)


def _drawn(row: Row, label: str, counted: bool) -> Drawn:
    """A row of a table; where it is `counted`, a model has its number of parameters beside it."""
    found = row.hand_in
    if found is None or not row.value:
        return Drawn(label, row.words, None, [], [], "", SINGLE)
    number, colour = f"{row.value} ({row.interval})", DOUBTFUL if found.doubt else SINGLE
    if found.difference is not None and found.interval is not None:
        means = _percent(found.difference, found.interval, found.values)
        return Drawn(label, row.words, *means, number, colour)
    one = found.accuracy[row.model or next(iter(found.accuracy))]
    words = [*row.words, f"{row.figures[0]} parameters" * counted]
    return Drawn(label, words, *_percent(one.mean, one.interval, one.values), number, colour)


def _percent(
    mean: float, interval: Sequence[float], values: Sequence[float]
) -> tuple[float, list[float], list[float]]:
    return 100 * mean, [100 * end for end in interval], [100 * value for value in values]


class _Columns:
    """Where the columns of all panels begin, and how high a row is."""

    def __init__(self, rows: Sequence[Drawn]) -> None:
        self.words_at = NAMES + 16 + max(width_of(_cut(row.name), SIZE, bold=True) for row in rows)
        self.room = NUMBERS - 16 - LEAST_DOTS - 16 - self.words_at
        self.most = max(1, min(MOST_LINES, SCREEN // len(rows)))
        words = [self.words_of(row) for row in rows]
        self.dots_at = self.words_at + 16 + max(width_of(line, SIZE) for lines in words for line in lines)
        most = max(map(len, words))
        self.row = LINE * most + BETWEEN[most > 1]

    def words_of(self, row: Drawn) -> list[str]:
        """What stands beside its name, by line."""
        characters = int(
            self.most * self.room / (0.62 * SIZE)
        )  # about as many as fit: each part has its share
        told = ", ".join(fitting([part for part in row.words if part], characters))
        return wrapped(told, self.room, SIZE, self.most).splitlines() or [""]


def _draw(sheet: Sheet, y: float, panel: Panel, columns: _Columns) -> None:
    width = NUMBERS - 16 - columns.dots_at
    axes = sheet.axes(columns.dots_at, y, width, columns.row * len(panel.rows))
    if panel.of_points:
        axes.axvline(0, color=INK, linewidth=1.2)
    for place, row in enumerate(panel.rows):
        top, bold = y + columns.row * place + BETWEEN[0] / 2, row.colour == POOLED
        sheet.text(NAMES, top, _cut(row.name), size=SIZE, bold=bold)
        for line, words in enumerate(columns.words_of(row)):
            sheet.text(columns.words_at, top + LINE * line, words, size=SIZE, colour=GREY)
        sheet.text(NUMBERS, top, row.number, size=SIZE, bold=bold)
        if row.mean is not None:
            middle = (top + LINE / 2 - y) / columns.row - 0.5  # of its first line
            drawn = row.mean, row.interval, row.colour, row.values
            draw_estimate(axes, middle, *drawn, size=MARK, lift=LIFT / columns.row)
    finish_rows(axes, len(panel.rows))
    unit = "" if panel.of_points else " %"
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}{unit}".replace("-", "−"))


def _cut(name: str) -> str:
    return shortened(name[:LONGEST], LONGEST_NAME, SIZE, bold=True)


def _in_words(panels: Sequence[Panel]) -> str:
    """The best and the worst of each panel, for those who cannot see the picture."""
    told = []
    for panel in panels:
        rows = sorted(
            (row.mean, row.name, row.number)
            for row in panel.rows
            if row.mean is not None and row.colour != POOLED
        )
        if rows:
            what = "Points" if panel.of_points else "Right"
            worst, best = (f"{name} {number.partition(' (')[0]}" for _, name, number in (rows[0], rows[-1]))
            told.append(f"{what}, from {best} to {worst}.")
    return " ".join(told)
