"""One's own filter: what is accepted, how it is named, what is written."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.schema import ConfigError, Data
from data.fashion_mnist import load
from data.splits import Splits
from model.lesson.text import filter_name
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
        (LAPLACE, "answers to both alike (117.7 and 117.7): no orientation"),
        ("-1 0 1 -2 0 2 -1 0 1", "answers to vertical lines (470.8; horizontal ones: 0)"),
        ("-1 -2 -1 0 0 0 1 2 1", "answers to horizontal lines (470.8; vertical ones: 0)"),
        ("0 0 0 0 0 0 0 0 0", "answers to both alike (0 and 0): no orientation"),
        # 6 white columns, 3 rows and 3 places each, of 26: 54 * 255 / 26 = 529.6
        ("1 1 1 1 1 1 1 1 1", "answers to both alike (529.6 and 529.6): no orientation"),
    ],
)
def test_the_name_is_measured_on_drawn_lines(nine: str, name: str) -> None:
    assert name_of(nine) == name


def test_diagonal_filters_are_not_called_without_orientation() -> None:
    assert name_of("-1 -1 2 -1 2 -1 2 -1 -1").startswith("answers to rising lines (")
    assert name_of("2 -1 -1 -1 2 -1 -1 -1 2").startswith("answers to falling lines (")


@pytest.mark.parametrize(
    "nine", ["-1 0 1 -2 0 2 -1 0 1", "-1,0,1,-2,0,2,-1,0,1", "−1 0 1  −2 0 2  −1 -0 1e0"]
)
def test_nine_numbers_are_read_row_by_row(nine: str) -> None:
    assert parse_filter(nine).tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


@pytest.mark.parametrize(
    ("nine", "what"),
    [
        ("1 2 3", "3 of them"),
        ("", "0 of them"),
        ("1 2 3 4 5 6 7 8 9 10", "10 of them"),
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
    assert (
        content["strongest"]["sum"] == sum(v for row in content["strongest"]["products"] for v in row) == -721
    )
    assert content["keras"]["largest_difference"] == 0
    text = "\n".join(lines)
    assert "no orientation" in content["caption"]["title"]
    assert "The filter answers to both alike (117.7 and 117.7): no orientation" in text
    assert "= −721" in text
    assert lines[-1] == "Keras: Conv2D with your nine numbers, all 676 places: exactly equal."


@pytest.mark.parametrize("nine", ["0 0 0 0 0 0 0 0 0", "1000 -1000 .001 1e-9 -999.999 .333 .111 .125 1"])
def test_extreme_filters_are_drawn_too(splits: Splits, tmp_path: Path, nine: str) -> None:
    lines: list[str] = []
    lesson_filter(tmp_path, nine, 0, splits.test, splits.class_names, lines.append)
    content = json.loads((tmp_path / "lesson" / "your-filter.json").read_text())
    largest = max(1.0, abs(content["smallest"]), abs(content["largest"]))
    assert content["keras"]["largest_difference"] <= 1e-6 * largest, lines[-1]
