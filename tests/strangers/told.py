"""All that a run says: on the terminal, in its reports and of its pictures, piece by piece."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from tests.strangers.grammar import Said

BLOCKS = {"h1", "h2", "h3", "p", "li", "dt", "dd", "summary", "figcaption", "title", "th", "td"}
CELLS = {"th", "td", "dt", "dd"}  # a list of terms and what they are is a table of two columns
SILENT = {"script", "style", "pre"}  # what a reader does not see, and the config, which is no sentence


@dataclass(frozen=True)
class Table:
    """A table: its head, its other rows, where it stands."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    where: str


def of_terminal(text: str, where: str) -> list[Said | Table]:
    """Paragraphs, each in one line, and the tables of a class."""
    found: list[Said | Table] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = paragraph.splitlines()
        head = next((place for place, line in enumerate(lines) if line.startswith("hand-in ")), len(lines))
        if said := " ".join(" ".join(lines[:head]).split()):
            found.append(Said(said, where))
        if lines[head:]:
            found.append(_in_columns(lines[head:], where))
    return found


def _in_columns(lines: list[str], where: str) -> Table:
    """Rows of a name, words that may take several lines, and figures, which stand in the first of these."""
    starts = [cell.start() for cell in re.finditer(r"\S+(?: \S+)*", lines[0])]
    words = starts[1]
    figures = starts[2] if re.match("guess|settings|also", lines[0][words:]) else words
    rows: list[list[str]] = []
    for line in lines:
        cells = [line[:words], line[words:figures], *re.split(r" {2,}", line[figures:].strip())]
        if line[:words].strip():
            rows.append(cells)
        else:
            rows[-1][1] += f" {cells[1].strip()}"
    return _table(rows, where)


def of_markdown(text: str, where: str) -> list[Said | Table]:
    """Paragraphs, list items and headings without their marks, and tables."""
    found: list[Said | Table] = []
    for block in text.strip().split("\n\n"):
        lines = block.strip("\n").split("\n")
        if lines[0].startswith("| "):
            cells = [[_plain(cell) for cell in re.split(r"(?<!\\) \| ", line[2:-2])] for line in lines]
            found.append(_table([cells[0], *cells[2:]], where))
            continue
        starts = "#-" if lines[0][:1] in "#-" else ""
        found += [Said(_plain(line.lstrip(starts).strip()), where) for line in lines]
    return found


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\\([\\`*_\[\]<>|~$&#])", r"\1", text).split())


def _table(rows: list[list[str]], where: str) -> Table:
    head, *others = (tuple(cell.strip() for cell in row) for row in rows)
    return Table(head, tuple(others), where)


def of_page(text: str, where: str) -> list[Said | Table]:
    """Headings, paragraphs, list items, tables and the texts of pictures."""
    page = _Page(where)
    page.feed(text)
    return page.found


class _Page(HTMLParser):
    def __init__(self, where: str) -> None:
        super().__init__(convert_charrefs=True)
        self.where, self.found = where, list[Said | Table]()
        self.open: list[str] = []  # blocks and silent ones
        self.text, self.rows = "", list[list[str]]()
        self.of: dict[str, str | None] = {}  # the picture that the text of a block tells of

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in BLOCKS | SILENT:
            self._end_of_text()
            self.open.append(tag)
        if tag in ("tr", "dt"):
            self.rows.append([])
        given = dict(attributes)
        if tag == "img" and given.get("alt"):  # a thumbnail has none
            self._say(_plain_spaces(given["alt"] or ""), given)
        elif "data-file" in given:
            self.of = given

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS | SILENT:
            self._end_of_text()
            if self.open:
                self.open.pop()
        if tag in ("table", "dl"):
            head = [] if tag == "table" else [["what", "is"]]
            self.found.append(_table([*head, *self.rows], self.where))
            self.rows = []

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in SILENT:
            self.text += data

    def _end_of_text(self) -> None:
        text, self.text, of, self.of = _plain_spaces(self.text), "", self.of, {}
        if not self.open or self.open[-1] in SILENT:
            return
        if self.open[-1] in CELLS:
            self.rows[-1].append(text)
        elif text:
            self._say(text, of or {"data-file": f"<{self.open[-1]}>"})

    def _say(self, text: str, of: dict[str, str | None]) -> None:
        """Something said of a picture, or in a block."""
        self.found.append(Said(text, f"{self.where}, {of.get('data-file')}", of.get("data-model") or ""))


def _plain_spaces(text: str) -> str:
    return " ".join(text.split())


def of_records(run: Path) -> Iterator[Said]:
    """Titles and texts of the pictures of what models learned, as the looks have recorded them."""
    for path in sorted(run.glob("*/inspection/*-figures.json")):
        for figure in json.loads(path.read_text(encoding="utf-8"))["figures"]:
            where = f"{path.relative_to(run)}, {figure['file']}"
            for text in (figure["title"], figure["alt"]):
                yield Said(_plain_spaces(text), where, path.parts[-3])


def of_run(run: Path) -> list[Said | Table]:
    """What stands in a run's folder."""
    return [
        *of_markdown((run / "report.md").read_text(encoding="utf-8"), "report.md"),
        *of_page((run / "report.html").read_text(encoding="utf-8"), "report.html"),
        *of_records(run),
    ]
