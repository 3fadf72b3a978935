"""One's own filter: what is accepted, how it is named, what is written."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.schema import ConfigError, Data
from data.fashion_mnist import load
from data.splits import Splits
from model.lesson.filter_text import filter_caption, filter_lines, filter_name
from model.lesson.text import sum_of
from model.lesson.your_filter import filter_numbers, lesson_filter, parse_filter

pytestmark = pytest.mark.numeric

LAPLACE = "0 1 0 1 -4 1 0 1 0"


@pytest.fixture(scope="module")
def splits() -> Splits:
    return load(Data())


def name_of(nine: str) -> str:
    return filter_name(filter_numbers(parse_filter(nine), np.zeros((28, 28), np.uint8))[0])


@pytest.mark.parametrize(
    ("nine", "name"),
    [
        (LAPLACE, "answers to spots: a single white pixel gives up to 1,020, no line one pixel wide more"),
        ("-1 -1 -1 -1 8 -1 -1 -1 -1", "answers to spots: a single white pixel gives up to 2,040, no line"),
        # a bar and a diagonal whose numbers add up to 3: their mean |response| alone would measure brightness
        ("0 1 0 0 1 0 0 1 0", "answers to vertical lines ("),
        ("0 0 0 1 1 1 0 0 0", "answers to horizontal lines ("),
        ("0 0 1 0 1 0 1 0 0", "answers to rising lines ("),
        ("1 0 0 0 1 0 0 0 1", "answers to falling lines ("),
        ("0 0 0 -1 1 0 0 0 0", "answers to vertical lines ("),
        ("-1 -1 2 -1 2 -1 2 -1 -1", "answers to rising lines ("),
        ("2 -1 -1 -1 2 -1 -1 -1 2", "answers to falling lines ("),
        # the product of two second differences: columns and rows add up to 0
        (
            "1 -2 1 -2 4 -2 1 -2 1",
            "answers to both diagonals (383.6 and 383.6), not at all to lines along the sides",
        ),
        ("1 0 -1 0 0 0 -1 0 1", "answers to both diagonals (255.4 and 255.4), not at all to lines along"),
        ("0 0 0 0 1 0 0 0 0", "answers to lines of every direction ("),
        ("1 2 1 2 4 2 1 2 1", "answers to lines of every direction ("),
        ("-1 0 1 -2 0 2 -1 0 1", "answers to vertical lines (470.8; horizontal ones: 0)"),
        ("-1 -2 -1 0 0 0 1 2 1", "answers to horizontal lines (470.8; vertical ones: 0)"),
        ("0 0 0 0 0 0 0 0 0", "answers to nothing: all nine numbers are 0"),
        ("1 1 1 1 1 1 1 1 1", "answers to lines of every direction ("),
    ],
)
def test_the_name_is_measured_on_drawn_lines(nine: str, name: str) -> None:
    assert name_of(nine).startswith(name), name_of(nine)
    for factor in ("-1e-6", "7"):
        scaled = " ".join(f"{float(word) * float(factor):.12g}" for word in nine.split())
        assert name_of(scaled).split("(")[0].split(":")[0] == name.split("(")[0].split(":")[0], (
            f"{factor} times the same filter is named otherwise"
        )


def test_what_an_even_grey_gives_is_no_answer_to_lines() -> None:
    # Six columns of 28 are white: a bar gives 3 * 255 there, 0 on the 20 others of its map; grey 6/28 of it.
    grey = 3 * 6 / 28
    numbers, _ = filter_numbers(parse_filter("0 1 0 0 1 0 0 1 0"), np.zeros((28, 28), np.uint8))
    by_hand = 255 * (6 * (3 - grey) + 20 * grey) / 26
    assert numbers["mean_response"]["vertical"] == pytest.approx(by_hand)
    # Lying: two windows hold both rows of a line, two hold one of them.
    by_hand = 255 * (6 * (2 - grey) + 6 * abs(1 - grey) + 14 * grey) / 26
    assert numbers["mean_response"]["horizontal"] == pytest.approx(by_hand)


def test_a_place_is_told_where_relu_keeps_something() -> None:
    picture = np.zeros((28, 28), np.uint8)
    picture[9:12, 9:12] = 100
    told = {}
    for nine in ("-1 -1 -1 -1 -1 -1 -1 -1 -1", "0 0 0 0 0 0 0 0 0", "0 0 0 0 -5 0 0 1 0"):
        numbers, _ = filter_numbers(parse_filter(nine), picture)
        numbers["picture"] = "test picture 0 (a)"
        told[nine] = filter_lines(numbers, Path("x.png"))[1]
        assert (filter_caption(numbers, "x")["notes"][0].lower()) == told[nine].lower()
    assert list(told.values()) == [
        "after ReLU it answers nowhere; nearest to it: row 0, column 0 (the first is 0)",
        "it answers nowhere: over the whole picture every sum is 0",
        "where it answers most: row 7, column 8 (the first is 0)",
    ]


def test_rounded_summands_are_said_to_be_rounded() -> None:
    assert sum_of([0.333 * 53] * 2) == "17.65 + 17.65 = 35.3 (rounded)"
    assert sum_of([24.0, -256.5]) == "24 − 256.5 = −232.5"


@pytest.mark.parametrize(
    "nine",
    [
        "-1 0 1 -2 0 2 -1 0 1",
        "-1,0,1,-2,0,2,-1,0,1",
        "−1 0 1  −2 0 2  −1 -0 1e0",
        "-1, 0, 1, -2, 0 , 2 ,-1, 0, 1",
        "-1,0,1 -2,0,2 -1,0,1",
    ],
)
def test_nine_numbers_are_read_row_by_row(nine: str) -> None:
    assert parse_filter(nine).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


@pytest.mark.parametrize(
    ("nine", "what"),
    [
        ("1 2 3", "3 of them"),
        ("", "0 of them"),
        ("1 2 3 4 5 6 7 8 9 10", "10 of them"),
        ("0,5 1 0 0 2 0 0 1", "0,5 can be one number or two (a decimal has a point)"),
        ("0,5 1 0 0 2 0 0 1 0", "0,5 can be one number or two (a decimal has a point)"),
        ("1 2 3 4 five 6 7 8 9", "not only such numbers"),
        ("1 2 3 4 nan 6 7 8 9", "not only such numbers"),
        ("1 2 3 4 inf 6 7 8 9", "not only such numbers"),
        ("1 2 3 4 1001 6 7 8 9", "not only such numbers"),
        ("1 2 3 4 1e999 6 7 8 9", "not only such numbers"),
    ],
)
def test_other_than_nine_finite_numbers_is_refused(nine: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_filter(nine)
    text = str(caught.value)
    assert text.startswith(f'--filter "{nine}": {what}; expected nine finite numbers'), text


@pytest.mark.parametrize("index", [-1, 10_000])
def test_a_picture_that_is_not_there_is_refused_before_anything_is_written(
    splits: Splits, tmp_path: Path, index: int
) -> None:
    with pytest.raises(ConfigError, match=rf"--image {index}: .* expected 0 to 9999\."):
        lesson_filter(tmp_path, LAPLACE, index, splits.test, splits.class_names, print)
    assert not list(tmp_path.iterdir())


def test_figure_file_and_text_tell_the_same(splits: Splits, tmp_path: Path) -> None:
    lines: list[str] = []
    lesson_filter(tmp_path, LAPLACE, 719, splits.test, splits.class_names, lines.append)
    with Image.open(tmp_path / "lesson" / "your-filter.png") as image:
        assert image.size == (1200, 675)
    content = json.loads((tmp_path / "lesson" / "your-filter.json").read_text())
    strongest = content["strongest"]
    assert strongest["sum"] == content["largest"] == sum(v for row in strongest["products"] for v in row)
    assert content["keras"]["largest_difference"] == 0
    text = "\n".join(lines)
    assert "answers to spots" in content["caption"]["title"]
    assert "The filter answers to spots: a single white pixel gives up to 1,020" in text
    assert f"= {strongest['sum']:.0f}" in text
    assert max(map(len, text.replace(str(tmp_path), "outputs").splitlines())) <= 80, "80 columns"
    assert lines[-1] == "Keras: Conv2D with your nine numbers, all 676 places: exactly equal."


@pytest.mark.parametrize("nine", ["0 0 0 0 0 0 0 0 0", "1000 -1000 .001 1e-9 -999.999 .333 .111 .125 1"])
def test_extreme_filters_are_drawn_too(splits: Splits, tmp_path: Path, nine: str) -> None:
    lines: list[str] = []
    lesson_filter(tmp_path, nine, 0, splits.test, splits.class_names, lines.append)
    content = json.loads((tmp_path / "lesson" / "your-filter.json").read_text())
    largest = max(1.0, abs(content["smallest"]), abs(content["largest"]))
    assert content["keras"]["largest_difference"] <= 1e-6 * largest, lines[-1]
