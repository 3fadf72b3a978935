"""Any picture file as 28 x 28 gray pixels: upright, scaled as a whole to fit, padded with its background."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, ImageStat, UnidentifiedImageError

from configs.networks import IMAGE_SIDE as SIDE
from configs.strict_yaml import shown
from data.idx import DataError
from data.storage import open_regular

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM")  # the readers of Pillow that are let at files
ENDINGS = frozenset([".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".pgm", ".ppm"])
MOST_PIXELS = 150_000_000
_DECODED = 4 * SIDE  # pixels a side that a JPEG, which can be decoded reduced, still has to have
_SIXTEEN_BITS = 2**16 - 1
PAPER = 127  # a background that is lighter than this is a light one

Size = tuple[int, int]  # width and height in pixels


class BadPicture(DataError):
    """A file is no picture that can be taken; the text is the reason alone."""


def read_picture(path: Path, behind: int = 0) -> tuple[np.ndarray, Size]:
    """Read a picture file, of an animation the first picture, and fit it.

    It may be PNG, JPEG, WebP, GIF, BMP, TIFF or PGM, of gray or colour, of 8 or 16 bits. `behind` is the
    gray, 0 or 255, that is seen where it is transparent. Returns the pixels, uint8 (28, 28), and the size
    that the picture has in its file.

    Raises:
        BadPicture: it is none, is damaged, or has more than 150 million pixels, which its header tells.
    """
    image, size = read_gray(path, behind)
    return fit(image), size


def read_gray(source: Path | bytes, behind: int | None = 0) -> tuple[Image.Image, Size]:
    """Read a file, or what is in one, as `read_picture` does: upright, in 8 bits of gray, in its own size.

    `behind` None: what sets the picture off, as `gray` has it. Returned, too, is the size that the picture
    has in its file: a large JPEG is decoded reduced.

    Raises:
        BadPicture: as there.
    """
    try:
        with _opened(source) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's, of large and of odd files
            with Image.open(file, formats=FORMATS) as image:
                size = image.size
                if size[0] * size[1] > MOST_PIXELS:
                    raise BadPicture(f"{size[0]:,} x {size[1]:,} pixels, more than {MOST_PIXELS:,}")
                image.draft(None, (_DECODED, _DECODED))
                ImageOps.exif_transpose(image, in_place=True)
                return gray(image, behind), size
    except BadPicture:
        raise
    except UnidentifiedImageError:
        raise BadPicture("no picture of these kinds, or a damaged one") from None
    except Image.DecompressionBombError:
        raise BadPicture(f"more than {MOST_PIXELS:,} pixels") from None
    except Exception as error:  # a damaged picture fails in as many ways as there are decoders
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BadPicture(shown(reason)) from None


@contextmanager
def _opened(source: Path | bytes) -> Iterator[BinaryIO]:
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    else:
        with open_regular(source) as (file, _):
            yield file


def gray(image: Image.Image, behind: int | None = 0) -> Image.Image:
    """A picture of any kind in 8 bits of gray, set on `behind` where it is transparent.

    `behind` None: on white where what is to be seen is dark, else on black; one of 28 x 28 on black.

    Raises:
        ValueError: its values are fractions, or have more than 16 bits.
    """
    if image.mode == "F":
        raise ValueError("its values are fractions, not 8 or 16 bits")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > _SIXTEEN_BITS:
            raise ValueError("its values have more than 16 bits")
        values = (values.astype(np.uint32) + 128) // 257  # 257 * 255 = 65535
        return Image.fromarray(values.astype(np.uint8))
    if image.has_transparency_data:
        image = image if image.mode in ("RGBA", "LA") else image.convert("RGBA")
        above, cover = image.convert("L"), image.getchannel("A")
        if behind is None:
            on_white = image.size != (SIDE, SIDE) and ImageStat.Stat(above, cover).mean[0] <= PAPER
            behind = 255 if on_white else 0
        return Image.composite(above, Image.new("L", image.size, behind), cover)
    return image.convert("L")


def fit(image: Image.Image, ground: int | None = None) -> np.ndarray:
    """Scale a gray picture, as a whole and in proportion, to 28 x 28 and centre it: uint8.

    What it does not fill has the gray `ground`, or the median of its outermost pixels. Of an odd number of
    rows or columns to fill, one more comes first than last, as in Fashion-MNIST. Where the picture gets
    smaller a pixel is the mean of those it stands for. A picture of that size is returned as it is.
    """
    if image.size == (SIDE, SIDE):
        return np.asarray(image)
    longest = max(image.size)
    width, height = (max(1, round(side * SIDE / longest)) for side in image.size)
    filter_ = Image.Resampling.BOX if longest > SIDE else Image.Resampling.BICUBIC
    small = np.asarray(image.resize((width, height), filter_))
    whole = np.full((SIDE, SIDE), int(np.median(border(small))) if ground is None else ground, np.uint8)
    top, left = (SIDE - height + 1) // 2, (SIDE - width + 1) // 2
    whole[top : top + height, left : left + width] = small
    return whole


def border(images: np.ndarray) -> np.ndarray:
    """The outermost pixels of pictures (..., height, width): (..., pixels)."""
    rows, columns = images[..., [0, -1], :], images[..., 1:-1, [0, -1]]
    return np.concatenate([part.reshape(*images.shape[:-2], -1) for part in (rows, columns)], axis=-1)
