"""The lesson's pictures: their size, whole pixels, and that they draw what was computed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from configs.schema import Data
from data.fashion_mnist import load
from model.lesson import lesson_numbers
from model.report import lesson_figures, lesson_text
from model.report.canvas import garment, response

FIVE = [
    "1-one-pixel.png",
    "2-vertical-lines.png",
    "3-horizontal-lines.png",
    "4-pooling.png",
    "5-from-784.png",
]


@pytest.fixture(scope="module")
def drawn(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    splits = load(Data())
    numbers, maps = lesson_numbers(splits.test, splits.class_names)
    numbers["figures"] = lesson_text.captions(numbers)
    folder = tmp_path_factory.mktemp("lesson")
    lesson_figures.draw_all(folder, numbers, maps)
    return folder, numbers, maps


def pixels(folder: Path, name: str) -> np.ndarray:
    with Image.open(folder / name) as image:
        return np.array(image.convert("RGB"))


def tile(picture: np.ndarray, x: int, y: int, rgb: np.ndarray) -> np.ndarray:
    return picture[y : y + rgb.shape[0], x : x + rgb.shape[1]]


def test_five_figures_of_one_size(drawn: tuple[Path, dict[str, Any], dict[str, np.ndarray]]) -> None:
    folder = drawn[0]
    assert sorted(path.name for path in folder.iterdir()) == FIVE
    for name in FIVE:
        assert pixels(folder, name).shape == (675, 1200, 3), f"{name} must be 1200 x 675"


def test_nothing_is_cut_off_at_the_edges(
    drawn: tuple[Path, dict[str, Any], dict[str, np.ndarray]],
) -> None:
    for name in FIVE:
        picture = pixels(drawn[0], name)
        border = np.concatenate([picture[:8].ravel(), picture[-8:].ravel(), picture[:, -14:].ravel()])
        assert (border == 255).all(), f"{name}: something reaches the edge"


@pytest.mark.parametrize("kind", ["vertical", "horizontal"])
def test_the_maps_are_whole_pixels_of_one_scale(
    drawn: tuple[Path, dict[str, Any], dict[str, np.ndarray]], kind: str
) -> None:
    folder, _, maps = drawn
    picture = pixels(folder, FIVE[1] if kind == "vertical" else FIVE[2])
    for line, name in enumerate(("trouser", "striped", "drawn_vertical")):
        y = 110 + 187 * line
        tiles = {
            202: (y, garment(maps[name], 6)),
            638: (y + 6, response(maps[f"{name}/{kind}"], 1020, 6)),
            842: (y + 6, response(np.maximum(maps[f"{name}/{kind}"], 0), 1020, 6)),
        }
        for x, (top, expected) in tiles.items():
            got = tile(picture, x, top, expected)
            np.testing.assert_array_equal(got, expected, f"{name} at x = {x}: blocks of 6 x 6, scale ±1020")


def test_one_can_flip_between_figures_2_and_3(
    drawn: tuple[Path, dict[str, Any], dict[str, np.ndarray]],
) -> None:
    one, other = (pixels(drawn[0], name) for name in FIVE[1:3])
    np.testing.assert_array_equal(one[110:, 190:420], other[110:, 190:420], "the pictures stand still")
    outside = np.ones(one.shape[:2], bool)
    outside[:80], outside[:, 424:1002], outside[:, 1020:] = False, False, False
    assert (one[outside] == other[outside]).all(), "only title, filter, maps and bars may change"


def test_pooling_has_the_same_size_on_paper_and_is_coarser(
    drawn: tuple[Path, dict[str, Any], dict[str, np.ndarray]],
) -> None:
    folder, _, maps = drawn
    before = response(np.maximum(maps["striped/horizontal"], 0), 1020, 9)
    after = response(maps["striped/pooled"], 1020, 18)
    assert before.shape == after.shape
    picture = pixels(folder, "4-pooling.png")
    np.testing.assert_array_equal(tile(picture, 640, 132, before), before)
    np.testing.assert_array_equal(tile(picture, 942, 132, after), after)


def test_the_journey_is_drawn_to_scale(
    drawn: tuple[Path, dict[str, Any], dict[str, np.ndarray]],
) -> None:
    folder, numbers, maps = drawn
    picture, x = pixels(folder, "5-from-784.png"), 24
    steps = numbers["journey"]["steps"]
    for name, step in steps.items():
        values = maps[f"journey/{name}"]
        limit = steps["conv1" if name.endswith("1") else "conv2"]["largest"]
        expected = garment(values, 6) if name == "picture" else response(values, limit, 6)
        got = tile(picture, x, 208 - len(expected) // 2, expected)
        np.testing.assert_array_equal(got, expected, f"{name}: every number a block of 6 x 6")
        x += 6 * step["shape"][1] + 156
