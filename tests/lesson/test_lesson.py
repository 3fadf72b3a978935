"""The lesson: its arithmetic against plain loops and Keras, and every number it tells."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from configs.schema import Data
from data.fashion_mnist import load
from data.splits import Splits
from model.lesson.arithmetic import (
    HORIZONTAL,
    PATCH,
    VERTICAL,
    WORKED,
    average_pool,
    blocks,
    convolve,
    drawn_lines,
    max_pool,
    mean_response,
)
from model.lesson.lesson import lesson, lesson_numbers
from model.lesson.text import captions, lesson_lines, number, sum_of

pytestmark = pytest.mark.numeric


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load(Data())


@pytest.fixture(scope="module")
def numbers(splits: Splits) -> dict[str, Any]:
    return lesson_numbers(splits.test, splits.class_names)[0]


@pytest.fixture(scope="module")
def told(splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], dict[str, Any]]:
    """The lesson as the command line gives it: its folder, its lines and its file."""
    lines: list[str] = []
    outputs = tmp_path_factory.mktemp("outputs")
    lesson(outputs, splits.test, splits.class_names, lines.append)
    return outputs / "lesson", lines, json.loads((outputs / "lesson" / "lesson.json").read_text())


def convolve_by_loops(image: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """The definition, cell by cell."""
    height, width = (side - size + 1 for side, size in zip(image.shape, kernel.shape, strict=True))
    result = np.zeros((height, width))
    for row, column in itertools.product(range(height), range(width)):
        for i, j in itertools.product(*map(range, kernel.shape)):
            result[row, column] += float(image[row + i, column + j]) * float(kernel[i, j])
    return result


small_images = arrays(np.uint8, st.tuples(st.integers(3, 9), st.integers(3, 9)))
small_kernels = arrays(np.int8, st.tuples(st.integers(1, 3), st.integers(1, 3)))


@given(small_images, small_kernels)
@settings(max_examples=60, deadline=None)
def test_convolution_equals_its_definition(image: np.ndarray, kernel: np.ndarray) -> None:
    got = convolve(image, kernel.astype(np.float64))
    np.testing.assert_array_equal(
        got, convolve_by_loops(image, kernel), "rows before columns, filter not turned"
    )


@given(small_images)
@settings(max_examples=60, deadline=None)
def test_pooling_equals_its_definition(image: np.ndarray) -> None:
    rows, columns = (side // 2 for side in image.shape)
    cut = [[image[2 * r : 2 * r + 2, 2 * c : 2 * c + 2] for c in range(columns)] for r in range(rows)]
    assert max_pool(image).tolist() == [[int(b.max()) for b in line] for line in cut], (
        "max pooling keeps the largest of each full 2 x 2 block and leaves out what fills none"
    )
    assert average_pool(image).tolist() == [[float(b.mean()) for b in line] for line in cut]


def test_many_pictures_at_once_give_what_each_gives_alone(splits: Splits) -> None:
    few = splits.test.images[:3]
    for index, image in enumerate(few):
        np.testing.assert_array_equal(convolve(few, WORKED)[index], convolve(image, WORKED))
        np.testing.assert_array_equal(max_pool(few)[index], max_pool(image))


def test_the_worked_example_product_by_product(numbers: dict[str, Any]) -> None:
    example = numbers["worked_example"]
    assert example["neighbourhood"] == [[0, 64, 128], [48, 192, 144], [142, 226, 168]]
    assert example["filter"] == [[-1, 0, -2], [0.5, 4.5, -1.5], [1.5, 2, -3]]
    assert example["products"] == [[0, 0, -256], [24, 864, -216], [213, 452, -504]]
    assert example["sum"] == 577, "the pixel 192 must become 577"
    assert example["all_places"] == [[577, 883], [882.5, 197]], "the filter at all four places it fits"
    assert example["largest"] == 883
    assert f"{example['sum_with_pixels_from_0_to_1']:.3f}" == "2.263"
    assert list(example["other_results"].values()) == [249, 732, 427, 255], (
        "swapped, turned, mistyped, clipped: what else people get"
    )
    assert "-0.0" not in json.dumps(example), "a product of 0 is written as 0"


def test_each_filter_answers_to_its_own_lines_only(numbers: dict[str, Any]) -> None:
    answers = numbers["lines"]["mean_response"]
    assert answers["drawn_vertical"]["horizontal"] == 0, (
        "vertical lines must leave the horizontal filter cold"
    )
    assert answers["drawn_horizontal"]["vertical"] == 0
    told = {name: [round(value, 1) for value in both.values()] for name, both in answers.items()}
    assert told == {
        "trouser": [201.7, 16.8],
        "striped": [92.9, 376.2],
        "drawn_vertical": [470.8, 0],
        "drawn_horizontal": [0, 470.8],
    }, "mean |response| to the vertical and to the horizontal filter"


def test_the_filters_are_not_swapped() -> None:
    picture = np.zeros((28, 28), np.uint8)
    picture[:, 14:] = 255  # dark on the left, light on the right: a vertical edge
    assert convolve(picture, VERTICAL).max() == 1020, "dark to light, left to right, is the most it can give"
    assert not convolve(picture, HORIZONTAL).any(), "a vertical edge is nothing to the horizontal filter"
    assert convolve(picture.T, HORIZONTAL).max() == 1020, "dark to light, top to bottom"


def test_drawn_lines_are_what_they_are_called() -> None:
    vertical = drawn_lines("vertical")
    assert np.flatnonzero(vertical[0]).tolist() == [4, 5, 12, 13, 20, 21], "two pixels wide at 4, 12 and 20"
    assert (vertical == vertical[0]).all()
    np.testing.assert_array_equal(drawn_lines("horizontal"), vertical.T)
    np.testing.assert_array_equal(drawn_lines("falling"), drawn_lines("rising")[:, ::-1])
    assert drawn_lines("rising")[10, 15] == drawn_lines("rising")[9, 16], "rising to the right"


def test_pooling_of_the_patch(numbers: dict[str, Any]) -> None:
    part = numbers["pooling"]
    assert part["max"] == [[192, 144], [255, 168]]
    assert part["average"] == [[76, 136], [155.75, 58]]
    assert part["every_other_pixel"] == [[0, 128], [142, 168]], "what pooling is not"
    assert part["winners"] == [[3, 2], [2, 0]], "of two equal ones (144, 144) the first"
    assert (part["numbers_before"], part["numbers_after"]) == (676, 169)
    assert blocks(PATCH).shape == (2, 2, 4)


def test_pooling_keeps_the_largest_and_merges_close_stripes(numbers: dict[str, Any]) -> None:
    part = numbers["pooling"]
    assert part["largest_before"] == part["largest_after"] == 994
    assert (part["stripes_before"], part["stripes_after"]) == (8, 5), "counted by eye in the map's column 13"


def test_a_shift_changes_the_filtered_picture_most_and_pooling_gives_part_back(
    splits: Splits, numbers: dict[str, Any]
) -> None:
    change = numbers["shift"]["change"]
    assert change["picture"] < change["max_pooled"] < change["every_other"] < change["filtered"]
    assert {name: round(value, 2) for name, value in change.items()} == {
        "picture": 0.27,
        "filtered": 0.79,
        "max_pooled": 0.45,
        "every_other": 0.76,
    }
    images = splits.test.images[:1000].astype(np.float64)
    total = 0.0
    for rows, columns in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        moved = np.roll(images, (rows, columns), axis=(1, 2))  # then blacken what came in from the far side
        edge = 0 if rows + columns == 1 else -1
        if rows:
            moved[:, edge] = 0
        else:
            moved[:, :, edge] = 0
        total += np.abs(moved - images).sum() / images.sum() / 4
    assert total == pytest.approx(change["picture"], rel=1e-6), "shifting by rolling gives the same change"


def test_sizes_on_the_way(numbers: dict[str, Any]) -> None:
    steps = numbers["journey"]["steps"]
    assert [step["numbers"] for step in steps.values()] == [784, 676, 169, 121, 25]
    assert steps["pool2"]["shape"] == [5, 5], "11 is odd: the last row and column fill no block"
    assert list(numbers["network"].values()) == [784, 43_264, 10_816, 7_744, 1_600]


def test_trouser_against_sneaker(splits: Splits, numbers: dict[str, Any]) -> None:
    separation = numbers["classes"]["separation"]
    assert (separation["right"], separation["of"]) == (1997, 2000)
    trousers = splits.test.images[splits.test.labels == 1]
    upright = mean_response(trousers, VERTICAL) > mean_response(trousers, HORIZONTAL)
    assert numbers["classes"]["clouds"][1]["more_vertical"] == upright.sum() == 997


def test_an_outline_holds_half_of_its_class(splits: Splits, numbers: dict[str, Any]) -> None:
    images, labels = splits.test.images, splits.test.labels
    answers = np.stack([mean_response(images, k) for k in (VERTICAL, HORIZONTAL)], axis=1)
    for label, cloud in enumerate(numbers["classes"]["clouds"]):
        half = cloud["half_within"]
        angle = np.radians(half["angle_degrees"])
        away = answers[labels == label] - (cloud["mean_vertical"], cloud["mean_horizontal"])
        along = away @ (np.cos(angle), np.sin(angle)) / half["semi_axes"][0]
        across = away @ (-np.sin(angle), np.cos(angle)) / half["semi_axes"][1]
        assert np.mean(along**2 + across**2 <= 1) == pytest.approx(0.5, abs=0.0015), cloud["class"]


def test_keras_gives_exactly_the_same(told: tuple[Path, list[str], dict[str, Any]]) -> None:
    _, lines, content = told
    keras = content["keras"]
    assert keras["all_places"] == [[577, 883], [882.5, 197]], "Keras must give 577 as well"
    assert keras["max"] == [[192, 144], [255, 168]]
    assert keras["average"] == [[76, 136], [155.75, 58]]
    assert keras["largest_difference"] == 0, "these numbers are exact in float32"
    assert keras["numbers_compared"] == 8 * 676 + 2 * 169
    assert lines[-2].startswith("Keras: Conv2D gives 577, 883, 882.5, 197"), "last, when Keras has loaded"
    assert "exactly equal" in lines[-1]


def test_the_text_fits_a_terminal_and_tells_the_numbers(
    told: tuple[Path, list[str], dict[str, Any]],
) -> None:
    _, lines, _ = told
    assert len(lines) <= 40, "at most 40 lines"
    assert max(map(len, lines[:-4])) <= 80, "80 columns; only the path may be longer"
    text = "\n".join(lines)
    assert "0 + 0 − 256 + 24 + 864 − 216 + 213 + 452 − 504 = 577" in text
    for figure in ("2.263", "249", "732", "427", "470.8", "201.7", "16.8", "92.9", "376.2", "155.75"):
        assert figure in text, f"{figure} is missing"
    for figure in (
        "192 144 / 255 168",
        "784 → 43,264 → 10,816 → 7,744 → 1,600",
        "1,997 of 2,000",
        "28 becomes 26",
    ):
        assert figure in text, f"{figure} is missing"
    assert not re.search(r"(^|\s)-\d", text), "minus is the real one"


def test_figures_have_titles_and_alt_text_in_the_file(
    told: tuple[Path, list[str], dict[str, Any]],
) -> None:
    folder, _, content = told
    assert set(content["figures"]) == {path.name for path in folder.glob("*.png")}
    for name, caption in content["figures"].items():
        numerals = [word for word in caption["alt"].split() if any(c.isdigit() for c in word)]
        assert len(numerals) >= 2, f"the alt text of {name} needs two numbers"


def test_numbers_read_as_people_write_them() -> None:
    shown = [number(value) for value in (577.0, 882.5, -1.5, 43264, 0.0, -0.0, 155.75, 0.111, -2e-5, 12345.6)]
    assert shown == ["577", "882.5", "−1.5", "43,264", "0", "0", "155.75", "0.111", "−2e−05", "12,346"]
    assert sum_of([0.0, 24.0, -256.0]) == "0 + 24 − 256 = −232"


TOLD = """\
1  One pixel: nine pixels times the nine numbers of the filter, added
     0  64 128       −1    0   −2        0    0 −256
    48 192 144  ×   0.5  4.5 −1.5  =    24  864 −216
   142 226 168      1.5    2   −3      213  452 −504
   0 + 0 − 256 + 24 + 864 − 216 + 213 + 452 − 504 = 577: 192 becomes 577
   Nine products are one place, not nine steps; then the window moves on by one.
   All four places of the 4 x 4 patch: 577, 883, 882.5, 197; the largest 883:
   16 numbers, then 4, then 1. The border lacks neighbours: 28 becomes 26.
   249? rows and columns swapped.   732? filter turned by 180 degrees.
   427? 42 typed for 142.   255? clipped, as image software does;
   a network keeps what passes 255 (2.263 with pixels from 0 to 1).

2  vertical filter    −1 0 1 / −2 0 2 / −1 0 1
3  horizontal filter  −1 −2 −1 / 0 0 0 / 1 2 1
   Mean |response|          vertical filter   horizontal filter
   drawn vertical lines               470.8                   0
   the same lines, turned                 0               470.8
   trouser (test 24)                  201.7                16.8
   striped T-shirt (719)               92.9               376.2

4  Max pooling keeps the largest of each 2 x 2 block: 192 144 / 255 168
   (the mean would be 76 136 / 155.75 58; every other pixel 0 128 / 142 168).
   676 numbers become 169, a quarter (75 % less); 5 of 8 stripes stay apart.
   A shift by one pixel changes 27 % of a picture, 79 % of the filtered one,
   45 % after pooling: less sensitive, not invariant.

5  One filter   784 → 676 → 169 → 121 → 25 numbers
   64 filters   784 → 43,264 → 10,816 → 7,744 → 1,600
   'More vertical than horizontal' tells trouser from sneaker in 1,997 of 2,000."""


def test_every_number_stands_on_its_line(numbers: dict[str, Any]) -> None:
    *lines, look = lesson_lines(numbers, Path("folder"))
    assert "\n".join(lines).rstrip() == TOLD
    assert look == "Look   folder/1-one-pixel.png   and four more; the numbers: lesson.json"


@pytest.mark.parametrize(
    ("name", "title", "alt"),
    [
        (
            "1-one-pixel.png",
            "One pixel by hand: 192 and its eight neighbours become 577",
            "The filter on the window around the pixel 192, product by product: 577; the largest of the four "
            "places is 883.",
        ),
        (
            "2-vertical-lines.png",
            "Vertical lines stand out: mean response 470.8, and exactly 0 to horizontal ones",
            "The vertical filter on a trouser, a striped T-shirt and drawn vertical lines, before and after "
            "ReLU. Mean |response|: 201.7 on the trouser, 92.9 on the stripes.",
        ),
        (
            "3-horizontal-lines.png",
            "Horizontal lines stand out: mean response 470.8, and exactly 0 to vertical ones",
            "The horizontal filter on a trouser, a striped T-shirt and drawn vertical lines, before and "
            "after ReLU. Mean |response|: 16.8 on the trouser, 376.2 on the stripes.",
        ),
        (
            "4-pooling.png",
            "Max pooling: 676 numbers become 169, a quarter; 5 of 8 stripes can still be told apart",
            "Max pooling on a patch of 16 pixels and on a map of 676 numbers, which become 169. A shift by "
            "one pixel changes 79 % of the filtered picture, 45 % after pooling.",
        ),
        (
            "5-from-784.png",
            "One filter a layer turns 784 numbers into 25; 64 a layer make 1,600",
            "28 x 28 = 784 numbers become 676, 169, 121 and 25 for one filter, 43,264 to 1,600 for 64. 'More "
            "vertical than horizontal' tells trouser from sneaker in 1,997 of 2,000 pictures.",
        ),
    ],
)
def test_what_the_figures_say_is_what_was_measured(
    numbers: dict[str, Any], name: str, title: str, alt: str
) -> None:
    caption = captions(numbers)[name]
    assert (caption["title"], caption["alt"]) == (title, alt)
    direction = "left to right" if name.startswith("2") else "top to bottom"
    if name[0] in "23":
        assert caption["subtitle"].startswith(f"Red: dark to light, {direction}. Blue: light to dark.")
