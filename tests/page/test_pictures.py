"""Pictures in a page are those on disk, pixel by pixel."""

import base64
import io
from pathlib import Path

import numpy as np
from PIL import Image

from model.page.pictures import Shown, inlined
from model.report.figure import Figure


def drawn(folder: Path, name: str, seed: int) -> Shown:
    pixels = np.random.default_rng(seed).integers(0, 256, (40, 90, 3), np.uint8)
    Image.fromarray(pixels).save(folder / name)
    return Shown(Figure(folder / name, "title", "alt"), name)


def pixels_of(address: str) -> np.ndarray:
    head, _, text = address.partition(",")
    assert head.startswith("data:image/")
    return np.array(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB"))


def test_a_picture_in_the_page_has_the_pixels_of_its_file(tmp_path: Path) -> None:
    pictures = [drawn(tmp_path, f"{number}.png", number) for number in range(20)]
    found = inlined(pictures, 10**9)
    assert list(found) == [one.file for one in pictures], "their order is not kept"
    for one in found.values():
        on_disk = np.array(Image.open(one.figure.path))
        assert np.array_equal(pixels_of(one.whole), on_disk), f"{one.file} is changed, or another's"
        assert (one.width, one.height) == (90, 40)
        assert pixels_of(one.small).shape[:2] == (7, 15), "a thumbnail is a sixth as wide and high"


def test_the_first_pictures_have_the_room(tmp_path: Path) -> None:
    pictures = [drawn(tmp_path, f"{number}.png", number) for number in range(20)]
    sizes = [len(one.whole) + len(one.small) for one in inlined(pictures, 10**9).values()]
    for count in (0, 1, 9, 20):
        found = list(inlined(pictures, sum(sizes[:count])).values())
        assert [bool(one.whole) for one in found[:count]] == [True] * count, "there was room for it"
        taken = sum(len(one.whole) + len(one.small) for one in found)
        assert taken <= sum(sizes[:count]), "the page is larger than it may be"
