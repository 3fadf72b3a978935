"""Where every text of a figure stands, as matplotlib measures it: none overlaps another or is cut off."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from model.report.canvas import Sheet

TOUCH = 2.0  # pixels that two boxes may share: a box is as high as its highest letter could be
HIGHEST = 1500  # pixels of a sheet, to be read at a glance
EDGE = 1.0  # pixels that a box may pass the sheet's edge by, where no ink is


def watch(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """From now on sheets are measured in place of being saved: what is wrong with them, by name."""
    found: dict[str, list[str]] = {}

    def save(sheet: Any, path: Path) -> None:
        found[path.name] = faults(sheet)

    monkeypatch.setattr(Sheet, "save", save)
    return found


def faults(sheet: Sheet) -> list[str]:
    """Texts that overlap each other, or leave the sheet; a sheet that is too high."""
    FigureCanvasAgg(sheet.figure)
    sheet.figure.draw_without_rendering()
    boxes = [(text.get_text(), _corners(text)) for text in _texts(sheet) if text.get_text().strip()]
    wrong = [f"it is {sheet.height} pixels high"] if sheet.height > HIGHEST else []
    wrong += [
        f"{string!r} leaves the sheet: {corners.min(axis=0).round()} to {corners.max(axis=0).round()}"
        for string, corners in boxes
        if corners.min() < -EDGE or (corners.max(axis=0) > np.array([sheet.width, sheet.height]) + EDGE).any()
    ]
    for (one, first), (other, second) in combinations(boxes, 2):
        near = (first.min(axis=0) < second.max(axis=0)).all() and (
            first.max(axis=0) > second.min(axis=0)
        ).all()
        if near and _shared(first, second) > TOUCH:
            wrong.append(f"{one!r} and {other!r} overlap at {second.min(axis=0).round()}")
    return wrong


def _texts(sheet: Sheet) -> Iterator[Text]:
    """All that is written: ticks only where they are drawn."""
    yield from sheet.figure.texts
    for axes in sheet.figure.axes:
        yield from axes.texts
        if axes.axison:
            for axis in (axes.xaxis, axes.yaxis):
                for tick in axis._update_ticks():  # type: ignore[attr-defined]
                    yield from (label for label in (tick.label1, tick.label2) if label.get_visible())


def _corners(text: Text) -> np.ndarray:
    """The corners (4, 2) of a text's box in pixels from the lower left, turned as the text is."""
    angle = np.deg2rad(text.get_rotation())
    text.set_rotation(0)
    (left, bottom), (right, top) = text.get_window_extent().get_points()
    text.set_rotation(np.rad2deg(angle))
    corners = np.array([(left, bottom), (right, bottom), (right, top), (left, top)])
    anchor = text.get_transform().transform(text.get_unitless_position())
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (corners - anchor) @ turn + anchor


def _shared(one: np.ndarray, other: np.ndarray) -> float:
    """How far two rectangles reach into each other, in pixels, along the direction where that is least."""
    edges = np.concatenate([np.diff(one[:3], axis=0), np.diff(other[:3], axis=0)])
    least = np.inf
    for across in edges / np.linalg.norm(edges, axis=1, keepdims=True):
        (low, high), (start, end) = ((c.min(), c.max()) for c in (one @ across, other @ across))
        least = min(least, min(high, end) - max(low, start))
    return float(least)
