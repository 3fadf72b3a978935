"""A picture of one's own, made what the data set's are: a garment, light on black, that fills 28 x 28 pixels.

Fashion-MNIST was made of photographs on white: trimmed, the longer side scaled to 28 pixels, put in the
middle, gray, and turned light on black (Xiao et al. 2017, arXiv 1708.07747, figure 1).
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from PIL import Image
from pydantic import Field

from configs.networks import IMAGE_SIDE as SIDE
from configs.values import Count
from data.packing import Preparation
from data.pictures import PAPER, BadPicture, Size, border, fit, read_gray

WORKED = 560  # pixels a side are enough to trim by: pictures of twice that or more are made smaller first
FAINT = 12  # levels above the background that may be its noise, or JPEG's
EVEN, UNEVEN = 24, 32  # levels: within which a background is even, and within which it still is one
FRAMED = 26  # of 28: what is as long as this and in the middle is framed like the data's pictures already
SHOWN = 168  # pixels a side of a picture that is shown
Layout = Literal["as it is", "as a whole", "trimmed", "as packed"]


@dataclass(frozen=True)
class Steps:
    """What was done to a picture.

    Attributes:
        size: width and height that it has in its file.
        layout: whether it had 28 x 28 pixels already, was scaled as a whole, since it is framed as those of
            the data set are, was trimmed, or was made what `data --pack` makes of pictures.
        light: whether its background was light, and it was inverted.
        black: the level of its background, of 255, that was made black; 0: it was black.
        box: what was kept of it: left, top, width and height, as shares of the picture's width and height.
        transposed: whether rows and columns were swapped.
    """

    size: Annotated[list[Count], Field(min_length=2, max_length=2)]
    layout: Layout
    light: bool = False
    black: int = 0
    box: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)
    transposed: bool = False


@dataclass(frozen=True)
class OwnPicture:
    """A picture as the networks get it, uint8 (28, 28), and how it became that.

    `stages` are pictures to be shown, uint8 of at most 168 pixels a side: as it came, then as it was after
    each step that changed it, in words; the last step, to 28 x 28, is not among them.
    """

    pixels: np.ndarray
    steps: Steps
    stages: tuple[tuple[str, np.ndarray], ...]


def read_own(source: Path | bytes, pack: Preparation | None = None) -> OwnPicture:
    """Read a picture, a file or what is in one, and prepare it as those were that the networks know.

    It may be all that `data.pictures.read_picture` takes. `pack` is how the data were packed that the
    networks were trained with, if they were.

    Raises:
        BadPicture: it is no picture, or nothing is to be seen on it.
    """
    image, size = read_gray(source, None if pack is None else 255 if pack.inverted else 0)
    if len(set(image.getextrema())) == 1:
        raise BadPicture("nothing is to be seen on it: all its pixels have the same gray")
    return like_garments(image, size) if pack is None else like_pack(image, size, pack)


def like_pack(image: Image.Image, size: Size, pack: Preparation) -> OwnPicture:
    """A gray picture as `data --pack` makes them: scaled as a whole, inverted where the pack was.

    Where files of pictures were packed that lay on their side, this one is turned, too.
    """
    turned = pack.transposed and pack.of_files
    pixels = fit(image)
    pixels = pixels.T if turned else pixels
    steps = Steps(list(size), "as packed", light=pack.inverted, transposed=turned)
    return OwnPicture(255 - pixels if pack.inverted else pixels, steps, (("as it came", _shown(image)),))


def like_garments(image: Image.Image, size: Size) -> OwnPicture:
    """A gray picture as those of Fashion-MNIST are; of 28 x 28 pixels at most its light is turned round."""
    stages = [("as it came", _shown(image))]
    small = image.size == (SIDE, SIDE)
    if max(image.size) >= 2 * WORKED:
        image = image.reduce(max(image.size) // WORKED)
    values = np.asarray(image)
    light = bool(np.median(border(values)) > PAPER) if small else _is_light(values)
    if light:
        values = 255 - values
        stages.append(("inverted", _shown(Image.fromarray(values))))
    if small:
        return OwnPicture(values, Steps(list(size), "as it is", light), tuple(stages))
    black = _black(values)
    values = _from(values, black)
    top, left, height, width = _content(values)
    steps = Steps(list(size), "as a whole", light, black)
    if not _is_framed(values.shape, top, left, height, width):
        rows, columns = values.shape
        values = values[top : top + height, left : left + width]
        stages.append(("trimmed", _shown(Image.fromarray(values))))
        box = (left / columns, top / rows, width / columns, height / rows)
        steps = replace(steps, layout="trimmed", box=box)
    return OwnPicture(fit(Image.fromarray(values), ground=0), steps, tuple(stages))


def _is_light(values: np.ndarray) -> bool:
    """Whether what is to be seen is darker than its background.

    An even background that is neither light nor dark is told by what is on it.
    """
    edge = border(values)
    low, middle, high = np.percentile(edge, (20, 50, 80))
    if high - low < EVEN and PAPER / 2 < middle < 255 - PAPER / 2:
        away = values.astype(np.int16) - int(middle)
        away = away[np.abs(away) > EVEN]
        if away.size:
            return bool(away.mean() < 0)
    return bool(middle > PAPER)


def _black(values: np.ndarray) -> int:
    """The level up to which light on dark is background.

    A part of the border may be what is to be seen: a fifth that is dark is enough to tell the background. How
    much the next ones are lighter tells how uneven it is as a whole, if the light falls off evenly.
    """
    low, middle = np.percentile(border(values), (20, 50))
    return int(low + min(3 * (middle - low), UNEVEN)) if low > 0 else 0


def _from(values: np.ndarray, black: int) -> np.ndarray:
    """The levels above `black` stretched to all that there are."""
    if black == 0:
        return values
    spread = (values.clip(black) - float(black)) * (255 / (255 - black))
    return np.rint(spread).astype(np.uint8)


def _content(values: np.ndarray) -> tuple[int, int, int, int]:
    """Where there is more than background: top, left, height, width.

    Raises:
        BadPicture: nowhere.
    """
    seen = values > FAINT
    rows, columns = (np.flatnonzero(seen.sum(axis) > seen.shape[axis] // 100) for axis in (1, 0))
    if not (rows.size and columns.size):
        raise BadPicture("nothing on it stands out from its background")
    return int(rows[0]), int(columns[0]), int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def _is_framed(shape: tuple[int, ...], top: int, left: int, height: int, width: int) -> bool:
    """Whether a picture is framed like those of the data set: these fill a square, and are in its middle."""
    side, pixel = shape[0], shape[0] / SIDE
    off = max(abs(2 * top + height - side), abs(2 * left + width - side)) / 2
    return shape[0] == shape[1] and max(height, width) >= FRAMED * pixel and off <= pixel


def _shown(image: Image.Image) -> np.ndarray:
    small = image.copy()
    small.thumbnail((SHOWN, SHOWN), Image.Resampling.BOX)
    return np.asarray(small)
