"""Writes what the comparison of runs came to into a folder of its own."""

import re
from dataclasses import replace
from pathlib import Path

from data.storage import write_atomically, write_json
from model.comparison.tables import epochs
from model.report.drawing import drawn, not_drawn
from model.report.figure import Figure
from model.report.page import render
from model.run.readers import read_json
from model.side_by_side.figure import side_by_side
from model.side_by_side.records import SideBySide, comparison_json
from model.side_by_side.text import (
    answers,
    comparison_markdown,
    differences,
    faults,
    headline,
    notes,
    what_differs,
)

TEMPLATE = Path(__file__).with_name("comparison.html")

MOST_NAMED = 3  # runs in a folder's name
LONGEST_NAME = 40  # characters of each of them


def write_comparison(comparison: SideBySide, outputs: Path) -> tuple[Path, SideBySide]:
    """Write comparison.json, comparison.md, comparison.html and the picture into `comparisons` of outputs.

    Returned are the folder (that of the same runs compared before, or the first free one of A-and-B,
    A-and-B-2, ...) and the comparison with the pictures that are missing.
    """
    folder = _folder_for(comparison, outputs / "comparisons")
    figure = drawn(side_by_side, comparison, path=folder / "accuracy.png")
    comparison = replace(comparison, not_drawn=not_drawn([figure], folder))
    write_atomically(folder / "comparison.md", comparison_markdown(comparison).encode())
    write_atomically(folder / "comparison.html", comparison_page(comparison, figure, folder).encode())
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
    """Build comparison.html, which will stand in a folder: readable by itself but for the picture beside it.

    It makes no requests to elsewhere, and whatever stands in `comparison` is shown as text.
    """
    return render(
        TEMPLATE,
        folder,
        epochs=epochs,
        comparison=comparison,
        figure=figure,
        headline=headline(comparison),
        answers=answers(comparison),
        differences=differences(comparison),
        what_differs=what_differs(comparison),
        notes=notes(comparison),
        faults=faults(comparison),
    )
