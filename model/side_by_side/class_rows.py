"""The tables of a class, for the terminal, comparison.md, comparison.html and class.csv."""

import json
import textwrap
from collections.abc import Sequence
from typing import NamedTuple

from configs.difference import Settings
from model.report.tables import WIDTH, Value, distinct_labels, printable, shortened
from model.report.words import digits_for, ends, percent, signed, span
from model.side_by_side.class_table import SEEDS
from model.side_by_side.records import HandIn, HandIns, SideBySide

UNKNOWN = "settings not known"
WORDS = ("guess", "settings", "also")  # what columns are called that have no numbers
LONGEST_NAME, LONGEST_FIGURE, LONGEST_VALUE = 20, 12, 60  # characters, the first two in the terminal alone
WIDEST = 120  # columns of a terminal that are used
SCREEN, MOST_LINES = 60, 4  # lines of the terminal that the rows may take together, and one row
LEAST = 16  # columns of words in the terminal


class Row(NamedTuple):
    """A hand-in, or one of its models, in words; or the head of a table.

    `value` is the difference of its two models, or the share that its model gets right, `figures` what else
    there is in numbers. `hand_in` is None in the head.
    """

    hand_in: HandIn | None
    run: str
    guess: str
    settings: str
    also: str
    model: str
    value: str
    interval: str
    figures: tuple[str, ...]

    @property
    def words(self) -> tuple[str, str, str]:
        """Of `WORDS` what stands beside its name where there is not much room: settings without seeds."""
        changes, settings = self.hand_in.changes if self.hand_in else None, self.settings
        if changes is not None:
            settings = changes_in_words({key: value for key, value in changes.items() if key != SEEDS})
        return self.guess, settings, self.also


def tables_of(hand_ins: HandIns) -> list[list[Row]]:
    """A row for each hand-in whose two models are compared, and for each model of the others; heads first."""
    compared = [row for row in hand_ins.rows if row.difference is not None]
    alone = [(row, name) for row in hand_ins.rows if row.difference is None for name in row.accuracy or ("",)]
    several = len({row.name for row in hand_ins.rows}) > 1
    tables = []
    if compared:
        tables.append([_head_of_pairs(compared), *(_of_pair(row, compared, several) for row in compared)])
    if alone:
        models = {name for _, name in alone if name}
        head = Row(None, "hand-in", "guess", "settings", "also", "model" * (len(models) > 1), "right", "95 %",
                   ("parameters",))  # fmt: skip
        tables.append([head, *(_of_model(row, name, len(models) > 1, several) for row, name in alone)])
    return tables


def subject(hand_ins: HandIns) -> str:
    """What hand-ins are about: what their runs are called, if that is the same, and their data."""
    called = {row.name for row in hand_ins.rows}
    return f"{called.pop()} on {hand_ins.title}" if len(called) == 1 else hand_ins.title


def models_of(rows: Sequence[HandIn]) -> tuple[str, str] | None:
    """The last model and the first that is compared with it, where those of all rows are called the same."""
    found = {(row.candidate, row.baseline) for row in rows if row.candidate and row.baseline}
    return found.pop() if len(found) == 1 else None


def _head_of_pairs(rows: Sequence[HandIn]) -> Row:
    last, first = models_of(rows) or ("last", "first")
    value = f"{last} − {first}"
    return Row(None, "hand-in", "guess", "settings", "also", "", value, "95 %", (first, last))


def _of_pair(row: HandIn, rows: Sequence[HandIn], several: bool) -> Row:
    value = signed(100 * (row.difference or 0), digits_for(row.interval))
    figures = tuple(percent(row.accuracy[name].mean) for name in (row.baseline, row.candidate) if name)
    pair = "" if models_of(rows) else f"{row.candidate} − {row.baseline}"
    return _row(row, several, "", value, span(row.interval), figures, pair)


def _of_model(row: HandIn, name: str, named: bool, several: bool) -> Row:
    if name not in row.accuracy:
        return _row(row, several, "", "", "", ("",), "no result")
    found, count = row.accuracy[name], f"{row.parameters[name]:,}"
    return _row(row, several, name * named, percent(found.mean), ends(found.interval), (count,))


def _row(
    row: HandIn,
    several: bool,
    model: str,
    value: str,
    interval: str,
    figures: tuple[str, ...],
    more: str = "",
) -> Row:
    also = [f"= {row.copy_of}" if row.copy_of else "", "in doubt" if row.doubt else "", more]
    also.append(row.name if several and row.name != row.run else "")
    guess = "" if row.guess is None else f"“{' '.join(row.guess.split())}”"  # word for word, on one line
    settings = UNKNOWN if row.changes is None else changes_in_words(row.changes)
    return Row(row, row.run, guess, settings, ", ".join(filter(None, also)), model, value, interval, figures)


def changes_in_words(changes: Settings | None) -> str:
    """Settings as a command line has them, without what all of models, or of training, begin with."""
    short = {
        key.removeprefix("models.").removeprefix("training."): value for key, value in (changes or {}).items()
    }
    return ", ".join(
        f"without {key}" if value is None else f"{key}={_value(value)}" for key, value in short.items()
    )


def _value(value: object) -> str:
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return shortened(told, LONGEST_VALUE)


def cells_of(rows: Sequence[Row]) -> list[list[str]]:
    """A table with every cell whole; columns in which nothing would stand are left out."""
    cells = [
        [row.run, row.guess, row.settings, row.model, row.value, row.interval, *row.figures, row.also]
        for row in rows
    ]
    kept = [place for place in range(len(cells[0])) if any(row[place] for row in cells[1:])]
    return [[row[place] for place in kept] for row in cells]


def class_lines(hand_ins: HandIns, width: int = WIDTH) -> list[str]:
    """The tables for a terminal of so many columns.

    What was guessed and changed stands after the name, on as many lines as leave a class on one screen.
    """
    width = max(WIDTH, min(width, WIDEST))
    lines: list[str] = []
    most = max(1, min(MOST_LINES, SCREEN // len(hand_ins.rows)))
    for rows in tables_of(hand_ins):
        lines += [""] * bool(lines)
        labels = distinct_labels([row.run for row in rows], _name)
        names, figures = [printable(_name(labels[row.run])) for row in rows], _in_columns(rows)
        of_names = max(map(len, names))
        room = max(LEAST, width - of_names - len(figures[0]) - 4)
        kinds = [
            kind for kind, *told in zip(WORDS, *(row.words for row in rows[1:]), strict=True) if any(told)
        ]
        words = [_wrapped(kinds, room, 1), *(_wrapped(row.words, room, most) for row in rows[1:])]
        of_words = max(len(line) for told in words for line in told)
        for name, told, numbers in zip(names, words, figures, strict=True):
            beside = [f"{line:<{of_words}}  " if of_words else "" for line in told]
            lines += [
                f"{name:<{of_names}}  {beside[0]}{numbers}",
                *(f"{'':{of_names}}  {line}" for line in beside[1:]),
            ]
    heading = f"{subject(hand_ins)}: {hand_ins.images:,} test pictures"
    return [shortened(line.rstrip(), width) for line in (printable(heading), *lines)]


def _wrapped(parts: Sequence[str], room: int, lines: int) -> list[str]:
    """Words beside a name as so many lines at most, and one at least."""
    told = ", ".join(fitting([printable(part) for part in parts if part], lines * room - 8 * (lines - 1)))
    return textwrap.wrap(told, room, max_lines=lines, placeholder="…", break_on_hyphens=False) or [""]


def fitting(parts: Sequence[str], room: int) -> list[str]:
    """Texts cut so that they have room beside each other: short ones stay whole, long ones get alike."""
    left = most = room - 2 * (len(parts) - 1)
    for place, part in enumerate(sorted(parts, key=len)):
        most = max(left // (len(parts) - place), 1)
        if len(part) > most:
            break
        left -= len(part)
    return [shortened(part, most) for part in parts]


def _name(name: str) -> str:
    return shortened(name, LONGEST_NAME)


def _in_columns(rows: Sequence[Row]) -> list[str]:
    """The figures of each row as text of one width; names of models are cut."""
    width = max(len(row.value) for row in rows[1:])
    values = [_name(rows[0].value), *(row.value.rjust(width) for row in rows[1:])]
    told = [
        [
            _name(row.model),
            f"{value} ({row.interval})" if row.value else "",
            *(shortened(figure, LONGEST_FIGURE) for figure in row.figures),
        ]
        for row, value in zip(rows, values, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(*told, strict=True)]
    align = (str.ljust, str.ljust, *(str.rjust for _ in widths[2:]))
    return [
        "  ".join(put(cell, width) for put, cell, width in zip(align, row, widths, strict=True) if width)
        for row in told
    ]


def csv_rows(comparison: SideBySide) -> list[dict[str, Value]]:
    """class.csv: a row for each hand-in; accuracies, differences and intervals as fractions."""
    models = dict.fromkeys(name for one in comparison.hand_ins for row in one.rows for name in row.accuracy)
    return [
        {
            "hand_in": printable(row.run),
            "run": printable(row.name),
            "data": printable(one.title),
            "guess": None if row.guess is None else printable(row.guess),
            "changes": None if row.changes is None else json.dumps(row.changes, ensure_ascii=False),
            "baseline": row.baseline,
            "candidate": row.candidate,
            "difference": row.difference,
            "difference_low": row.interval[0] if row.interval else None,
            "difference_high": row.interval[1] if row.interval else None,
            **{key: value for name in models for key, value in _of_one(row, name).items()},
            "copy_of": None if row.copy_of is None else printable(row.copy_of),
            "doubt": row.doubt or None,
        }
        for one in comparison.hand_ins
        for row in one.rows
    ]


def _of_one(row: HandIn, name: str) -> dict[str, Value]:
    """The columns of a model, empty where the hand-in has none of the name."""
    found = row.accuracy.get(name)
    low, high = found.interval if found else (None, None)
    return {
        f"accuracy_{name}": found.mean if found else None,
        f"accuracy_{name}_low": low,
        f"accuracy_{name}_high": high,
        f"parameters_{name}": row.parameters.get(name),
    }
