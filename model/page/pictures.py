"""Pictures as text of a page, so that the page can be mailed alone."""

import base64
import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from PIL import Image, features

from model.report.figure import Figure

TYPE = "webp" if features.check("webp") else "png"  # without loss: half as large
AT_ONCE = 8  # pictures, in threads
SMALLER = 6  # times, the side of a thumbnail


@dataclass(frozen=True)
class Shown:
    """A figure on a page: its pixels as `data:` addresses, whole and in small.

    `file` is the picture's place as seen from the folder of the page, `model` the one whose inside it shows;
    empty if none's. Both addresses are empty where the picture is not in the page.
    """

    figure: Figure
    file: str
    model: str = ""
    whole: str = ""
    small: str = ""
    width: int = 0
    height: int = 0

    @property
    def numbers(self) -> str:
        """Where its numbers stand, as seen from the folder of the page."""
        return self.figure.numbers or f"the .json and .npz files in {self.file.rpartition('/')[0]}"


def inlined(pictures: Sequence[Shown], room: int) -> dict[str, Shown]:
    """Put the pixels of pictures into a page, from the first on while there is room: characters of text.

    Returns all by their files. One that failed, can't be read or has no room is told of without its pixels.
    """
    found: dict[str, Shown] = {}
    with ThreadPoolExecutor(2) as threads:
        for start in range(0, len(pictures), AT_ONCE):
            some = pictures[start : start + AT_ONCE]
            for one, full in zip(some, threads.map(_with_pixels, some) if room > 0 else some, strict=True):
                size = len(full.whole) + len(full.small)
                found[one.file] = full if size <= room else one
                room -= size if size <= room else 0
    return found


def _with_pixels(one: Shown) -> Shown:
    if one.figure.fault:
        return one
    try:
        with Image.open(one.figure.path) as image:
            pixels = image.convert("RGB")
    except (OSError, SyntaxError, ValueError):  # what Pillow says of files that are no pictures
        return one
    whole, small = _address(pixels, lossless=True), _address(pixels.reduce(SMALLER), quality=70)
    return replace(one, whole=whole, small=small, width=pixels.width, height=pixels.height)


def _address(image: Image.Image, **options: int) -> str:
    buffer = io.BytesIO()
    image.save(buffer, TYPE, method=2, **options)
    return f"data:image/{TYPE};base64,{base64.b64encode(buffer.getvalue()).decode()}"
