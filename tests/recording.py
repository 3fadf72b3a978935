"""Figures taken down, not drawn: which texts, pictures and marks stand where, for tests to hold to numbers.

A picture's pixels can be compared, but a class name beside another class's diamond, or a colour that the
legend gives to another model, is seen by nobody that way. Places are pixels from the top left of the sheet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from model.report.canvas import INK, Sheet, width_of


@dataclass(frozen=True)
class Text:
    """A text as it was handed to the sheet, or written into axes."""

    x: float
    y: float
    string: str
    size: float = 15
    align: str = "left"
    colour: str = INK
    bold: bool = False


@dataclass(frozen=True)
class Tile:
    """A picture uint8 (h, w, 3) and where its top left corner is."""

    x: int
    y: int
    rgb: np.ndarray
    frame: str | None = None
    frame_width: int = 2

    @property
    def middle(self) -> tuple[float, float]:
        """Across and down."""
        return self.x + self.rgb.shape[1] / 2, self.y + self.rgb.shape[0] / 2


@dataclass(frozen=True)
class Mark:
    """A line of axes, or the dots it consists of: `places` and `values` are (n, 2), across and down or up."""

    places: np.ndarray
    values: np.ndarray
    colour: str
    fill: str
    symbol: str
    style: str


@dataclass
class Drawn:
    """One sheet; `path` is where it would have gone."""

    title: str
    reading: str
    height: int
    path: Path | None = None
    texts: list[Text] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    axes: list[Axes] = field(default_factory=list)

    @property
    def strings(self) -> list[str]:
        """All texts, in the order they were written."""
        return [text.string for text in self.texts]

    def text(self, string: str) -> Text:
        """The one text that reads like this."""
        found = [text for text in self.texts if text.string == string]
        assert len(found) == 1, f"{string!r} is written {len(found)} times, expected once: {self.strings}"
        return found[0]

    def beside(self, y: float, within: float = 12, left: float = 0, right: float = 1200) -> list[str]:
        """What is written at about this height, between two places across, from left to right."""
        row = [text for text in self.texts if abs(text.y - y) <= within and left <= text.x <= right]
        return [text.string for text in sorted(row, key=lambda text: text.x)]

    def below(self, tile: Tile, reach: float = 60) -> list[str]:
        """What is written under a picture, from the top."""
        x, bottom = tile.middle[0], tile.y + tile.rgb.shape[0]
        near = [text for text in self.texts if 0 <= text.y - bottom <= reach and abs(text.x - x) <= 1]
        return [text.string for text in sorted(near, key=lambda text: text.y)]

    def showing(self, rgb: np.ndarray) -> list[Tile]:
        """The tiles that are this picture, pixel by pixel."""
        return [tile for tile in self.tiles if np.array_equal(tile.rgb, rgb)]

    def marks(self, axes: int | Axes, symbol: str | None = None) -> list[Mark]:
        """The lines of axes, if so wished only those drawn with one symbol, in the order they were drawn."""
        chosen = self.axes[axes] if isinstance(axes, int) else axes
        chosen.get_xlim(), chosen.get_ylim()
        marks = []
        for line in chosen.lines:
            values = np.array(line.get_xydata(), float)
            places = line.get_transform().transform(values)
            places[:, 1] = self.height - places[:, 1]
            edge = line.get_color() if line.get_marker() == "None" else line.get_markeredgecolor()
            fill = line.get_markerfacecolor()
            colours = to_hex(edge), "none" if fill == "none" else to_hex(fill)
            marks.append(Mark(places, values, *colours, str(line.get_marker()), str(line.get_linestyle())))
        return [mark for mark in marks if symbol in (None, mark.symbol)]

    def spans(self, axes: int) -> list[tuple[str, np.ndarray]]:
        """Upright or flat strokes (`vlines`), set by set: their colour and their ends (n, 2, 2) in values."""
        chosen = [one for one in self.axes[axes].collections if hasattr(one, "get_segments")]
        return [(to_hex(one.get_color()[0]), np.array(one.get_segments())) for one in chosen]

    def box(self, axes: int) -> tuple[float, float, float, float]:
        """Where axes stand: left, top, width, height."""
        left, bottom, width, height = self.axes[axes].get_window_extent().bounds
        return left, self.height - bottom - height, width, height


class Recording:
    """All sheets that would have been saved, in their order; nothing is drawn or written to disk."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sheets: list[Drawn] = []
        begin, new_axes = Sheet.__init__, Sheet.axes

        def init(sheet: Any, height: int, title: str, subtitle: str = "", width: int = 1200) -> None:
            sheet.drawn = Drawn(title, subtitle, height)
            begin(sheet, height, title, subtitle, width)
            sheet.drawn.texts.clear()  # title and reading, cut to their lines

        def axes(sheet: Any, *box: float) -> Axes:
            sheet.drawn.axes.append(new_axes(sheet, *box))
            return sheet.drawn.axes[-1]

        def save(sheet: Any, path: Path) -> None:
            drawn = sheet.drawn
            drawn.path = path
            for text in drawn.texts:
                assert _fits(text, sheet), (
                    f"{text.string!r} runs off the sheet, at {text.x:.0f}, {text.y:.0f}"
                )
            for tile in drawn.tiles:
                height, width = tile.rgb.shape[:2]
                inside = 0 <= tile.x <= sheet.width - width and 0 <= tile.y <= sheet.height - height
                assert inside, f"a picture of {width} x {height} runs off the sheet, at {tile.x}, {tile.y}"
            drawn.texts += [text for one in drawn.axes for text in _written_in(one, drawn.height)]
            self.sheets.append(drawn)

        monkeypatch.setattr(Sheet, "__init__", init)
        monkeypatch.setattr(Sheet, "axes", axes)
        monkeypatch.setattr(Sheet, "save", save)
        monkeypatch.setattr(Sheet, "text", lambda s, *a, **k: s.drawn.texts.append(Text(*a, **k)))
        monkeypatch.setattr(Sheet, "place", lambda s, *a, **k: s.drawn.tiles.append(Tile(*a, **k)))

    @property
    def last(self) -> Drawn:
        """The sheet saved last."""
        return self.sheets[-1]


def _fits(text: Text, sheet: Sheet) -> bool:
    lines = text.string.split("\n")
    width = max(width_of(line, text.size, text.bold) for line in lines)
    left = text.x - {"left": 0, "center": width / 2, "right": width}[text.align]
    bottom = text.y + 1.17 * text.size * len(lines)  # the font's lines are so much higher than its size
    return left >= 0 and left + width <= sheet.width and text.y >= 0 and bottom <= sheet.height


def _written_in(axes: Axes, height: int) -> Sequence[Text]:
    """Texts that were written into axes, where they stand on the sheet."""
    axes.get_xlim(), axes.get_ylim()
    places = [axes.transData.transform(text.get_position()) for text in axes.texts]
    return [
        Text(float(x), float(height - y), text.get_text(), align=str(text.get_ha()))
        for (x, y), text in zip(places, axes.texts, strict=True)
    ]
