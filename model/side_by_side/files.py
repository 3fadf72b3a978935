"""Writes what the comparison of runs came to into a folder of its own."""

import re
from dataclasses import replace
from pathlib import Path

from data.storage import write_atomically, write_json
from model.comparison.tables import epochs, validated
from model.page.contents import block
from model.page.pictures import Shown, inlined
from model.page.render import render
from model.report.drawing import drawn, not_drawn
from model.report.figure import Figure
from model.report.tables import as_csv
from model.run.readers import read_json
from model.side_by_side.class_figure import class_picture
from model.side_by_side.class_rows import WORDS, cells_of, csv_rows, subject, tables_of
from model.side_by_side.figure import side_by_side
from model.side_by_side.records import SideBySide, comparison_json
from model.side_by_side.text import (
    answers,
    comparison_markdown,
    differences,
    faults,
    heading_of_faults,
    headline,
    notes,
    what_differs,
)

TEMPLATE = Path(__file__).with_name("comparison.html")
LARGEST = 1_000_000  # characters of the picture in the page
IN_THE_OPEN = 8  # answers; of more the others are folded, so that the picture stays in sight
NUMBERS_OF_CLASS = "hand_ins in comparison.json"
NUMBERS = "models.*.accuracy in comparison.json"  # where those of the picture stand

MOST_NAMED = 3  # runs in a folder's name
LONGEST_NAME = 40  # characters of each of them


def write_comparison(comparison: SideBySide, outputs: Path) -> tuple[Path, SideBySide]:
    """Write comparison.json, comparison.md, comparison.html and the picture into `comparisons` of outputs.

    Returned are the folder (that of the same runs compared before, or the first free one of A-and-B,
    A-and-B-2, ...) and the comparison with the pictures that are missing.
    """
    folder = _folder_for(comparison, outputs / "comparisons")
    draw, name = (class_picture, "class.png") if comparison.hand_ins else (side_by_side, "accuracy.png")
    figure = drawn(draw, comparison, path=folder / name)
    comparison = replace(comparison, not_drawn=not_drawn([figure], folder))
    write_atomically(folder / "comparison.md", comparison_markdown(comparison).encode())
    write_atomically(folder / "comparison.html", comparison_page(comparison, figure, folder).encode())
    if comparison.hand_ins:
        write_atomically(folder / "class.csv", as_csv(csv_rows(comparison)).encode())
    write_json(folder / "comparison.json", comparison_json(comparison))
    return folder, comparison


def _folder_for(comparison: SideBySide, parent: Path) -> Path:
    name, number = _name(list(comparison.runs)), 1
    while True:
        folder = parent / (name if number == 1 else f"{name}-{number}")
        if not folder.exists() or _folders(folder) == [run.folder for run in comparison.runs.values()]:
            return folder
        number += 1


def _folders(folder: Path) -> list[str] | None:
    """Which runs an earlier comparison was of."""
    try:
        return [run["folder"] for run in read_json(folder / "comparison.json")["runs"].values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _name(labels: list[str]) -> str:
    """A folder's name made of the runs' names."""
    names = [re.sub(r"[^A-Za-z0-9._-]+", "_", label)[:LONGEST_NAME].strip(".-") or "run" for label in labels]
    if len(names) > MOST_NAMED:
        names = [*names[: MOST_NAMED - 1], f"{len(names) - MOST_NAMED + 1}-more"]
    return "-and-".join(names)


def comparison_page(comparison: SideBySide, figure: Figure, folder: Path) -> str:
    """Build comparison.html, one file that needs no other; the picture stands in a folder, that of the page.

    It makes no requests, and whatever stands in `comparison` is shown as text.
    """
    numbers = NUMBERS_OF_CLASS if comparison.hand_ins else NUMBERS
    picture = Shown(replace(figure, numbers=numbers), figure.path.relative_to(folder).as_posix())
    told = {
        "result": "Result",
        **{f"test-{number}": one.title for number, one in enumerate(comparison.test_sets) if one.models},
        "configs": what_differs(comparison) if differences(comparison) else "",
        "reading": "How to read this",
        "faults": heading_of_faults(comparison) if faults(comparison) else "",
    }
    return render(
        TEMPLATE,
        "comparison.js",
        {"comparison": block(comparison_json(comparison))},
        contents=[(id, title) for id, title in told.items() if title],
        epochs=epochs,
        validated=validated,
        subject=subject,
        words=WORDS,
        class_tables=lambda one: list(map(cells_of, tables_of(one))),
        comparison=comparison,
        picture=inlined([picture], LARGEST)[picture.file],
        headline=headline(comparison),
        answers=answers(comparison),
        in_the_open=IN_THE_OPEN,
        differences=differences(comparison),
        what_differs=what_differs(comparison),
        notes=notes(comparison),
        faults=faults(comparison),
        heading_of_faults=heading_of_faults(comparison),
    )
