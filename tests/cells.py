"""Tables of pages and of Markdown read back: by the first cell of a row, then by the heading of a column."""

import re
from html import unescape

Table = dict[str, dict[str, str]]


def in_html(html: str) -> list[Table]:
    """All tables of a page, in their order."""
    found = []
    for table in re.findall(r"<table.*?</table>", html, re.DOTALL):
        rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
        cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
        found.append(_table([[unescape(re.sub(r"<.*?>", "", cell)) for cell in row] for row in cells]))
    return found


def in_markdown(text: str) -> list[Table]:
    """All tables of a text, in their order."""
    tables = re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE)
    lines = [[line for line in table.splitlines() if not line.startswith("| ---")] for table in tables]
    return [_table([line[2:-2].split(" | ") for line in table]) for table in lines]


def _table(rows: list[list[str]]) -> Table:
    """Rows by name; of headings that stand there twice the second is `HEADING 2`."""
    heads: list[str] = []
    for head in rows[0]:
        heads.append(f"{head} {heads.count(head) + 1}" if head in heads else head)
    return {row[0]: dict(zip(heads[1:], row[1:], strict=True)) for row in rows[1:]}
