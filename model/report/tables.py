"""Text in rows: tables of Markdown, lines of a terminal, and what must not pass into either."""

import csv
import io
import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from os.path import commonprefix

from model.report.words import decimal

WIDTH = 80  # columns of a terminal
FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # how a text begins that a spreadsheet would compute
Value = str | int | float | bool | None


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the head first, as a table of Markdown; the cells are escaped already."""
    lines = [rows[0], ["---"] + ["---:"] * (len(rows[0]) - 1), *rows[1:]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def as_csv(rows: Sequence[Mapping[str, Value]]) -> str:
    """Rows as a table, with the columns in its first line; numbers have all their digits.

    A text that a spreadsheet would take for a formula has an apostrophe before it, as people write it there.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows([list(rows[0])] if rows else [])
    writer.writerows([_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _cell(value: Value) -> Value:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value


def printable(text: str) -> str:
    """Text with control characters, and others that a terminal would obey, spelt out (`\\x1b`)."""
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"
        else char
        for char in text
    )


def escaped(text: str) -> str:
    """Text that Markdown shows as it stands, also within a table."""
    return re.sub(r"([\\`*_\[\]<>|~$&#])", r"\\\1", printable(text))


def shortened(text: str, length: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def distinct_labels(names: Sequence[str], cut: Callable[[str], str]) -> dict[str, str]:
    """What is written for each name: of those that would be cut to the same text, number and other end."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(cut(name), []).append(name)
    labels = {}
    for place, name in enumerate(names, start=1):
        others = alike[cut(name)]
        rest = name[len(commonprefix(others)) :]  # noqa: RUF071  letters are meant
        labels[name] = name if len(others) == 1 else f"{place} …{rest}"
    return labels


def without_middle(text: str, length: int) -> str:
    """A text that is too long as its beginning and end, where names of files differ."""
    half = (length - 1) // 2
    return text if len(text) <= length else f"{text[:half]}…{text[-half:]}"


def duration(seconds: float) -> str:
    """Seconds in words: `0.4 s`, `50 s`, `1 min 50 s`, `2 h 5 min`."""
    if seconds < 0.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )


def wrapped(text: str, indent: int = 0) -> str:
    """Text as lines of a terminal, all but the first indented; a number stays with its per cent."""
    kept = printable(text).replace(" %", "\xa0%")
    filled = textwrap.fill(kept, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)
    return filled.replace("\xa0%", " %")


def fractions(interval: Sequence[float] | None) -> str:
    """An interval as it stands in report.md; nothing where there is none."""
    return "" if interval is None else " to ".join(decimal(end, 4) for end in interval)
