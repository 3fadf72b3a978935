"""A picture of one's own becomes what those of the data set are, and it is told how."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from configs.schema import Data
from data.fashion_mnist import load
from data.found_pictures import named_pictures
from data.own_pictures import OwnPicture, read_own
from data.packing import PackedClass, Preparation
from data.pictures import BadPicture
from tests.data.test_pictures import saved

NUMBER = 200  # test pictures


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return load(Data()).test.images[:NUMBER]


def prepared(pictures: list[Image.Image], kind: str = "PNG", **options: object) -> list[OwnPicture]:
    return [read_own(saved(picture, kind, **options)) for picture in pictures]


def pixels(found: list[OwnPicture]) -> np.ndarray:
    return np.array([one.pixels for one in found])


def large(image: np.ndarray, side: int) -> Image.Image:
    return Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)


def test_what_has_28_pixels_goes_in_as_it_is_light_on_black(images: np.ndarray) -> None:
    found = prepared([Image.fromarray(image) for image in images])
    assert np.array_equal(pixels(found), images), "a test picture is changed"
    assert {one.steps.layout for one in found} == {"as it is"}
    found = prepared([Image.fromarray(255 - image) for image in images])
    assert np.array_equal(pixels(found), images), "an inverted test picture is not what it was before"
    assert all(one.steps.light for one in found), "it is not told that a light background was inverted"


def test_colour_and_alpha_change_nothing(images: np.ndarray) -> None:
    for image in images[:5]:
        colour = Image.fromarray(image).convert("RGB")
        opaque, cut_out = colour.convert("RGBA"), colour.convert("RGBA")
        cut_out.putalpha(Image.fromarray(np.where(image > 0, 255, 0).astype(np.uint8)))
        for kind, picture in (("PNG", colour), ("BMP", colour), ("PNG", opaque), ("PNG", cut_out)):
            assert np.array_equal(pixels(prepared([picture], kind))[0], image), f"{picture.mode} {kind}"


def test_enlarged_padded_and_compressed_it_becomes_nearly_the_same(images: np.ndarray) -> None:
    enlarged = [Image.fromarray(image.repeat(4, 0).repeat(4, 1)) for image in images]
    assert np.array_equal(pixels(prepared(enlarged)), images), "an enlarged picture is not made small again"
    padded = prepared([Image.fromarray(np.pad(image, ((9, 21), (2, 40)))) for image in images])
    same = (pixels(padded) == images).all(axis=(1, 2)).mean()
    assert same >= 0.8, f"{same:.0%} of padded test pictures are trimmed to what they were; expected 88 %"
    on_white = prepared([large(255 - image, 200) for image in images], "JPEG", quality=75)
    off = np.abs(pixels(on_white).astype(int) - images).mean()
    assert off < 8, f"a JPEG on white is off by {off:.1f} levels on average; expected 5"
    assert all(one.steps.light for one in on_white)


def test_a_garment_on_an_uneven_gray_wall_is_found(images: np.ndarray) -> None:
    rows = np.linspace(190, 225, 400).astype(np.uint8)
    wall = np.tile(rows[:, None], (1, 300))
    wall[100:268, 60:228] -= np.minimum(np.asarray(large(images[0], 168)), wall[100:268, 60:228] - 10)
    [found] = prepared([Image.fromarray(wall)], "JPEG", quality=90)
    left, top, width, height = found.steps.box
    assert found.steps.light
    assert found.steps.black > 0, "the wall is not taken for background"
    box = (left, left + width, top, top + height)
    rows, columns = (np.flatnonzero((images[0] > 40).any(axis)) for axis in (1, 0))
    ends = [*((60 + 6 * columns[[0, -1]]) / 300), *((100 + 6 * rows[[0, -1]]) / 400)]
    assert np.allclose(box, ends, atol=0.04), f"it is trimmed to {box}, not to the boot: {ends}"


def test_on_gray_what_is_on_it_tells_which_side_is_light() -> None:
    for level, light in ((30, True), (240, False)):
        picture = np.full((90, 90), 135 if not light else 120, np.uint8)
        picture[20:70, 30:60] = level
        [found] = prepared([Image.fromarray(picture)])
        assert found.steps.light == light, f"{level} on gray is {'not ' * light}turned round"
        assert found.pixels[:, 14].min() > 100, "what is on the gray is lost"


def test_what_is_cut_out_is_set_off_from_what_is_behind() -> None:
    for level in (20, 230):
        picture = Image.new("LA", (80, 60), (level, 0))
        picture.paste((level, 255), (20, 10, 60, 50))
        [found] = prepared([picture])
        assert found.pixels[14, 14] > 200, f"what has the gray {level} is lost on its background"


def test_of_packed_data_it_is_prepared_like_these() -> None:
    def pack(kind: str, *, transposed: bool, inverted: bool) -> Preparation:
        classes = [PackedClass("a", 0, 1, 1), PackedClass("b", 1, 1, 1)]
        sizes: dict[str, list[int]] = {"smallest": [28, 28], "largest": [28, 28]}
        counts = {"train": 2, "test": 2, "duplicates": 0, "light": 0, "left_alone": 0, "test_seed": None}
        told = {"kind": kind, "source": "x", "notes": [], "classes": classes, "digest": "0" * 64}
        return Preparation(**told, **sizes, **counts, transposed=transposed, inverted=inverted)

    picture = np.full((56, 56), 200, np.uint8)
    picture[:28, :14] = 40
    content = saved(Image.fromarray(picture), "PNG")
    small = picture[::2, ::2]
    plain = read_own(content, pack("class folders", transposed=False, inverted=False))
    assert np.array_equal(plain.pixels, small), "a light background is turned round though the pack has it so"
    turned = read_own(content, pack("class folders", transposed=True, inverted=True))
    assert np.array_equal(turned.pixels, 255 - small.T)
    assert turned.steps.transposed
    assert turned.steps.light
    assert turned.steps.layout == "as packed"
    upright = read_own(content, pack("IDX files", transposed=True, inverted=False))
    assert np.array_equal(upright.pixels, small), "a picture is laid on its side: only IDX files had been"


def test_nothing_to_see_is_said() -> None:
    for size in ((28, 28), (300, 200)):
        with pytest.raises(BadPicture, match="nothing is to be seen"):
            read_own(saved(Image.new("RGB", size, "white"), "PNG"))
    specks = np.full((300, 200), 120, np.uint8)
    specks[[7, 100, 230], [30, 80, 10]] = 255
    with pytest.raises(BadPicture, match="stands out"):
        read_own(saved(Image.fromarray(specks), "PNG"))


def test_folders_stand_for_the_pictures_in_them(tmp_path: Path) -> None:
    for name in ("b.png", "a.JPG", "deep/c.webp", "notes.txt", ".hidden.png", ".git/d.png", "empty/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    given = [str(tmp_path), "-", "x.png", str(tmp_path / "b.png"), str(tmp_path / "empty")]
    found, bad = named_pictures(given)
    assert found == [*(str(tmp_path / name) for name in ("a.JPG", "b.png", "deep/c.webp")), "-", "x.png"]
    assert list(bad) == [str(tmp_path / "empty")], "a folder without pictures is passed over in silence"


def test_what_can_t_be_taken_in_a_folder_is_named_and_the_rest_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = os.fsencode(tmp_path) + b"/caf\xe9.png"
    try:
        Path(os.fsdecode(odd)).touch()
    except OSError:
        pytest.skip("this file system takes no names that are not UTF-8")
    (tmp_path / "good.png").touch()
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found, bad = named_pictures([str(tmp_path)])
    assert found == [str(tmp_path / "good.png")]
    assert bad == {
        f"{tmp_path}/caf\N{REPLACEMENT CHARACTER}.png": "its name is not UTF-8; rename it",
        f"{tmp_path}/closed": "Permission denied",
    }, "what is passed over in silence, or can't be printed, is lost"
