"""Sheets of whole pixels on which every figure is drawn. No TensorFlow.

Pictures are composed into one array and drawn once, so that a pixel of a map is a block of one colour
and stays one; text and axes come on top.
"""

import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Literal
from unicodedata import bidirectional

import matplotlib
import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist

# Half of what matplotlib takes to be imported goes into docstrings of setters, which nobody reads here.
Artist._update_set_signature_and_docstring = classmethod(lambda cls: None)  # type: ignore[attr-defined]

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font
from matplotlib.text import Text
from PIL import Image

from data.splits import CLASSES_HERE
from data.storage import write_if_other
from model.report.words import short

DPI = 100  # so that 100 pixels are an inch, and 72 points are 100 pixels
WIDTH = 1200
INK, GREY, LIGHT = "#1b1b1b", "#6f6f6f", "#d9d9d9"
UNTRAINED_FRAME = "#8c8c8c"
# Okabe and Ito's eight colours, told apart by the colour-blind, and two more: the baseline first.
MODEL_COLOURS = ["#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a6a00", "#000000"]
MODEL_COLOURS += ["#7b3fb5", "#8a5a44"]
COLOUR_MAPS = {"response": colormaps["RdBu_r"], "attribution": colormaps["PuOr_r"]}
Kind = Literal["response", "attribution"]
FAMILY = "DejaVu Sans"
_SVG: ContextVar[Path | None] = ContextVar("svg", default=None)  # the folder that all of it goes to
FROM_THE_RIGHT = ("R", "AL")  # Unicode's directions of scripts that are written from right to left

matplotlib.rcParams.update(
    {
        **matplotlib.rcParamsDefault,  # not what a matplotlibrc says, wherever one was found
        "text.parse_math": False,  # a `$` in a class name is a dollar
        "axes.unicode_minus": True,
        "text.hinting": "no_hinting",  # small bold figures keep their shape
        "font.family": FAMILY,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
)


def pt(pixels: float) -> float:
    """A length in pixels as matplotlib's points."""
    return pixels * 72 / DPI


class Sheet:
    """A figure of `width` x `height` pixels with a title that tells the finding.

    Coordinates are pixels from the top left. `top` is where the body may begin.
    """

    def __init__(self, height: int, title: str, subtitle: str = "", width: int = WIDTH) -> None:
        self.width, self.height = width, height
        self.pixels = np.full((height, width, 3), 255, np.uint8)
        self.figure = Figure(figsize=(_inches(width), _inches(height)), dpi=DPI)
        room = width - 48
        # Widths do not shrink evenly with the size, so the first that fits is looked for.
        sizes = (size for size in np.arange(22, 15, -0.5) if width_of(title, size, bold=True) <= room)
        size = float(next(sizes, 15))
        self.text(24, 16 + (22 - size), shortened(title, room, size, bold=True), size=size, bold=True)
        for number, line in enumerate(_rows(subtitle, width)):
            self.text(24, 50 + 22 * number, line, size=15, colour=GREY)
        self.top = top_below(subtitle, width)

    def place(self, x: int, y: int, rgb: np.ndarray, frame: str | None = None, frame_width: int = 2) -> None:
        """Put a picture uint8 (h, w, 3) with its top left corner at (x, y), with a frame around it."""
        height, width = rgb.shape[:2]
        if frame is not None:
            edge = frame_width
            self.pixels[y - edge : y + height + edge, x - edge : x + width + edge] = rgb_of(frame)
        self.pixels[y : y + height, x : x + width] = rgb

    def text(
        self,
        x: float,
        y: float,
        string: str,
        size: float = 15,
        align: Literal["left", "center", "right"] = "left",
        colour: str = INK,
        bold: bool = False,
    ) -> None:
        """Write text whose top is at `y`; `size` is the font's in pixels."""
        self.figure.text(
            x / self.width,
            1 - y / self.height,
            _legible(string),
            fontsize=pt(size),
            ha=align,
            va="top",
            color=colour,
            fontweight="bold" if bold else "normal",
        )

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Matplotlib axes whose frame fills the given pixels; labels stand outside it."""
        axes = self.figure.add_axes(
            (x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height)
        )
        axes.patch.set_alpha(0)
        axes.tick_params(labelsize=pt(14))
        return axes

    def save(self, path: Path) -> None:
        """Write the sheet as PNG, atomically; one that is there with the same content is left alone.

        Within `as_svg` it is written as SVG, under its name with `.svg` in place of `.png`.
        """
        self.figure.patch.set_alpha(0)  # text and axes over the pixels, which stay exactly what they are
        for text in self.figure.findobj(Text):
            text.set_text(_legible(text.get_text()))
            others = {_family_of(character) or FAMILY for character in text.get_text()} - {FAMILY}
            if others:
                text.set_fontfamily([FAMILY, *sorted(others)])
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # it is drawn as a box
            if folder := _SVG.get():
                if not Path(os.path.abspath(path)).is_relative_to(os.path.abspath(folder)):
                    raise ValueError(f"{path} is not in {folder}")
                write_if_other(path.with_suffix(".svg"), self._svg())
            else:
                write_if_other(path, self._png())

    def _png(self) -> bytes:
        canvas = FigureCanvasAgg(self.figure)
        canvas.draw()
        drawn = np.asarray(canvas.buffer_rgba()).reshape(-1, 4)
        touched = np.flatnonzero(drawn[:, 3])
        ink, alpha = drawn[touched, :3].astype(np.uint16), drawn[touched, 3:].astype(np.uint16)
        pixels = self.pixels.reshape(-1, 3).copy()
        pixels[touched] = (ink * alpha + pixels[touched] * (255 - alpha) + 127) // 255
        data, image = io.BytesIO(), Image.fromarray(pixels.reshape(self.pixels.shape))
        # More effort takes longer, and these pictures, half of them noise in blocks, get larger by it.
        image.save(data, format="png", compress_level=3, dpi=(DPI, DPI))
        return data.getvalue()

    def _svg(self) -> bytes:
        """The pixels as one picture in blocks that stay sharp, text and axes as outlines over it."""
        below = self.figure.add_axes((0, 0, 1, 1), zorder=-1)
        below.imshow(self.pixels, interpolation="none", aspect="auto")
        below.set_axis_off()
        data = io.BytesIO()
        with matplotlib.rc_context({"svg.hashsalt": "ConvLens"}):  # the same sheet is the same file
            self.figure.savefig(data, format="svg", metadata={"Date": None})
        return data.getvalue()


@contextmanager
def as_svg(folder: Path) -> Iterator[None]:
    """In this block all sheets are saved as SVG, which stays sharp however large it is shown.

    They must go into `folder`, wherever names in files that may be anybody's lead: else ValueError.
    """
    token = _SVG.set(folder)
    try:
        yield
    finally:
        _SVG.reset(token)


def _inches(pixels: int) -> float:
    """So many that even matplotlib 3.9, which cuts off what is behind the point, has all the pixels again."""
    inches = pixels / DPI
    return inches if int(inches * DPI) == pixels else float(np.nextafter(inches, np.inf))


def top_below(subtitle: str, width: int = WIDTH) -> int:
    """Where the body of a sheet with this subtitle may begin, for sheets as high as what they hold."""
    return 58 + 22 * len(_rows(subtitle, width))


def _rows(subtitle: str, width: int) -> list[str]:
    return [row for line in subtitle.splitlines() for row in wrapped(line, width - 48).splitlines()]


def width_of(string: str, size: float, bold: bool = False) -> float:
    """How many pixels wide a line of text is at a font size in pixels."""
    return sum(_advance(character, size, bold) for character in string)


@cache
def _advance(character: str, size: float, bold: bool) -> float:
    family = _family_of(character)
    if family is None or not character.isprintable():
        return size * 0.6  # a glyph that all fonts lack is drawn as a box of this width
    font = get_font(findfont(FontProperties(family=family, weight="bold" if bold else "normal")))
    font.set_size(pt(size), DPI)
    return float(font.load_char(ord(character)).horiAdvance) / 64  # the font counts in 64ths of a pixel


@cache
def _family_of(character: str) -> str | None:
    """The family of fonts that a character is drawn in: ours, or the first other one here that has it.

    None where none has it, and where its script is written from right to left: matplotlib before 3.11 turns
    words of these round, and 3.11 what stands beside them in a line, too.
    """
    if bidirectional(character) in FROM_THE_RIGHT:
        return None
    if not character.isprintable() or _has(findfont(FontProperties(family=FAMILY)), character):
        return FAMILY
    others = [font for font in fontManager.ttflist if font.style == "normal" and "Last" not in font.name]
    others.sort(key=lambda font: ("mpl-data" in font.fname, font.name, font.fname))  # signs of formulas last
    return next((font.name for font in others if _has(font.fname, character)), None)


def _has(path: str, character: str) -> bool:
    try:
        return bool(get_font(path).get_char_index(ord(character)))
    except (OSError, RuntimeError):  # a font that can't be used has none
        return False


def classes_by_number(class_names: Sequence[str]) -> list[int]:
    """The classes of which pictures show the number, since their names can't be drawn here."""
    others = [(label, short(name)) for label, name in enumerate(class_names) if not name.isascii()]
    return [label for label, name in others if None in map(_family_of, name)]


def _legible(string: str) -> str:
    """The text with names of classes that can't be drawn replaced, the longest first."""
    if string.isascii():
        return string
    written = {name: f"class {label}" for label in classes_by_number(CLASSES_HERE)
               for name in (CLASSES_HERE[label], short(CLASSES_HERE[label]))}  # fmt: skip
    for name in sorted(written, key=len, reverse=True):
        string = string.replace(name, written[name])
    return string


def shortened(string: str, width: float, size: float = 15, bold: bool = False) -> str:
    """The text on one line of at most `width` pixels, its end replaced by an ellipsis where it is longer."""
    line = _legible(" ".join(string.split()))
    if width_of(line, size, bold) <= width:
        return line
    while line and width_of(line + "…", size, bold) > width:
        line = line[:-1]
    return line.rstrip() + "…"


def wrapped(string: str, width: float, size: float = 15, lines: int = 3) -> str:
    """The text broken between words into lines of at most `width` pixels; what passes `lines` is cut off."""
    rows = [""]
    for word in _legible(string).split():
        longer = f"{rows[-1]} {word}".strip()
        if rows[-1] and width_of(longer, size) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    if len(rows) > lines:
        rows[lines - 1 :] = [" ".join(rows[lines - 1 :])]
    return "\n".join(shortened(row, width, size) for row in rows)


def garment(image: np.ndarray, block: int) -> np.ndarray:
    """A picture uint8 (h, w) as gray blocks of `block` x `block` pixels: uint8 (h*block, w*block, 3)."""
    return enlarge(np.repeat(image[..., None], 3, axis=-1).astype(np.uint8), block)


def response(values: np.ndarray, limit: float, block: int) -> np.ndarray:
    """Weights or activations (h, w) in red (positive), white (0) and blue, as blocks."""
    return enlarge(_coloured(values, limit, "response"), block)


def attribution(values: np.ndarray, limit: float, block: int) -> np.ndarray:
    """Attributions (h, w) in orange and purple, as blocks: orange speaks for the class, purple against it."""
    return enlarge(_coloured(values, limit, "attribution"), block)


def enlarge(rgb: np.ndarray, block: int) -> np.ndarray:
    """Every pixel as a block of one colour."""
    return rgb.repeat(block, axis=0).repeat(block, axis=1)


def limit_of(*arrays: np.ndarray) -> float:
    """The one limit for all that is shown together: the 99.5th percentile of its absolute values."""
    limit = float(np.percentile(np.abs(np.concatenate([np.ravel(a) for a in arrays])), 99.5))
    return limit if limit > 0 else 1.0  # all zero: any scale shows white


def share_cut(limit: float, *arrays: np.ndarray) -> float:
    """The share of the values that lie beyond the limit and are drawn in its colour."""
    return float(np.mean(np.abs(np.concatenate([np.ravel(a) for a in arrays])) > limit))


def _coloured(values: np.ndarray, limit: float, kind: Kind) -> np.ndarray:
    share = np.clip(np.asarray(values, np.float64) / limit, -1, 1) / 2 + 0.5
    return COLOUR_MAPS[kind](share, bytes=True)[..., :3]


def rgb_of(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


def largest_block(side: int, target: int) -> int:
    """Whole pixels per value so that `side` values take at most `target` pixels."""
    return max(1, target // side)


def draw_line(sheet: Sheet, x: int, y: int, width: int, height: int, colour: str = LIGHT) -> None:
    """Draw a line that parts one thing from the next, as a bar of whole pixels."""
    sheet.place(x, y, np.full((height, width, 3), rgb_of(colour), np.uint8))


def caption(
    sheet: Sheet, x: float, y: float, string: str, align: Literal["left", "center"] = "center"
) -> None:
    """Small text under a tile."""
    sheet.text(x, y, string, size=13, align=align, colour=GREY)
