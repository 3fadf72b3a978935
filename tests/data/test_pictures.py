"""Any picture file becomes the same 28 x 28 pixels, whatever it is packed in, or is refused with a reason."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.pictures import BadPicture, read_picture

PIXELS = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
GRAY = Image.fromarray(PIXELS)
BY_A_QUARTER = b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"  # orientation 6


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    data = io.BytesIO()
    image.save(data, kind, **options)
    return data.getvalue()


def with_alpha(image: Image.Image) -> Image.Image:
    image = image.convert("RGBA")
    image.putalpha(255)
    return image


SAME = {
    "PNG": saved(GRAY, "PNG"),
    "colour": saved(GRAY.convert("RGB"), "PNG"),
    "opaque": saved(with_alpha(GRAY), "PNG"),
    "palette": saved(GRAY.convert("P"), "PNG"),
    "16 bits": saved(Image.fromarray(PIXELS.astype(np.uint16) * 257), "PNG"),
    "BMP": saved(GRAY, "BMP"),
    "GIF": saved(GRAY, "GIF", save_all=True, append_images=[GRAY.rotate(90)]),
    "TIFF": saved(GRAY, "TIFF", compression="tiff_lzw"),
    "16-bit TIFF": saved(Image.fromarray(PIXELS.astype(np.uint16) * 257), "TIFF"),
    "WebP": saved(GRAY.convert("RGB"), "WEBP", lossless=True),
    "PGM": saved(GRAY, "PPM"),
    "upright by EXIF": saved(GRAY.rotate(90), "PNG", exif=BY_A_QUARTER),
    "enlarged": saved(GRAY.resize((112, 112), Image.Resampling.NEAREST), "PNG"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SAME)
def test_whatever_it_is_packed_in_the_pixels_are_the_same(kind: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(SAME[kind])
    pixels, size = read_picture(tmp_path / "x")
    assert (pixels == PIXELS).all(), f"{kind}: up to {np.abs(pixels - PIXELS.astype(int)).max()} off"
    assert size == ((112, 112) if kind == "enlarged" else (28, 28)), "the size in the file is not told"


@pytest.mark.parametrize("behind", [0, 255])
def test_what_is_transparent_is_seen_through(behind: int, tmp_path: Path) -> None:
    image = with_alpha(GRAY)
    image.putalpha(Image.fromarray(np.where(np.arange(28) < 14, 0, 255).astype(np.uint8)[None].repeat(28, 0)))
    (tmp_path / "x").write_bytes(saved(image, "PNG"))
    pixels, _ = read_picture(tmp_path / "x", behind)
    assert (pixels[:, :14] == behind).all(), "what stands under transparent pixels is shown"
    assert (pixels[:, 14:] == PIXELS[:, 14:]).all(), "opaque pixels are changed"


def test_another_size_is_scaled_as_a_whole_and_padded_with_its_background(tmp_path: Path) -> None:
    values = np.full((100, 50), 40, np.uint8)
    values[30:70, 20:30] = 240
    (tmp_path / "x").write_bytes(saved(Image.fromarray(values), "PNG"))
    pixels, size = read_picture(tmp_path / "x")
    assert size == (50, 100), "width and height are swapped"
    assert (pixels[:, :7] == 40).all(), "it is not padded with its background, in equal parts"
    assert (pixels[:, 21:] == 40).all(), "it is not padded with its background, in equal parts"
    assert pixels[14, 13] == 240, "what was in the middle is no longer there"
    assert pixels[2, 13] == 40, "it was trimmed"


def test_small_and_very_long_pictures(tmp_path: Path) -> None:
    for shape in ((1, 1), (8, 8), (1, 3000), (3000, 2)):
        (tmp_path / "x").write_bytes(saved(Image.fromarray(np.full(shape, 77, np.uint8)), "PNG"))
        assert (read_picture(tmp_path / "x")[0] == 77).all(), f"a picture of {shape} got another gray"


def test_a_large_jpeg_is_decoded_reduced(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(saved(Image.new("L", (6000, 4000), 99), "JPEG"))
    pixels, size = read_picture(tmp_path / "x")
    assert size == (6000, 4000), "the size that is told is the reduced one"
    assert np.abs(pixels.astype(int) - 99).max() <= 1


def huge(width: int, height: int) -> bytes:
    """A PNG that announces a size, with hardly anything in it."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0")),
    ]
    packed = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


BAD = {
    "text": (b"not a picture", "no picture"),
    "empty": (b"", "no picture"),
    "a page": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture"),  # would start Ghostscript
    "cut off": (saved(GRAY.resize((200, 200)), "PNG")[:-3000], "truncated"),
    "160 megapixels": (huge(16_000, 10_000), "16,000 x 10,000 pixels, more than 150,000,000"),
    "ten gigapixels": (huge(100_000, 100_000), "more than 150,000,000 pixels"),
    "fractions": (saved(Image.fromarray(PIXELS / np.float32(255)), "TIFF"), "fractions"),
    "32 bits": (saved(Image.fromarray(PIXELS.astype(np.int32) << 12), "TIFF"), "more than 16 bits"),
}


@pytest.mark.parametrize("fault", BAD)
def test_what_is_no_picture_is_refused(fault: str, tmp_path: Path) -> None:
    content, reason = BAD[fault]
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(BadPicture, match=reason):
        read_picture(tmp_path / "x")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x")
    with pytest.raises(BadPicture, match="no regular file"):
        read_picture(tmp_path / "x")
