from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.schema import Cnn
from model.inspection.activation_figures import (
    activations_title,
    columns_rule,
    draw_activations,
    rows_that_fit,
)
from model.inspection.files import Inspection, read_inspection
from model.inspection.tiles import scale_words
from model.inspection.words import number
from model.report.canvas import UNTRAINED_FRAME, garment, limit_of, response
from model.report.words import decimal
from tests.inspection_folders import backwards, made_up_test, write_cnn
from tests.recording import Recording

COURSE = Cnn(filters=(8, 8))


def read_cnn(folder: Path, network: Cnn, num_classes: int = 10) -> Inspection:
    found = read_inspection(write_cnn(folder, network, num_classes))
    assert isinstance(found, Inspection)
    return found


@pytest.mark.parametrize(
    ("network", "title"),
    [
        (
            COURSE,
            "What six filters of conv1 answer to, before and after pooling: 676 numbers become 169",
        ),
        (Cnn(filters=(1,), pooling="none"), "What one filter of conv1 answers to"),
        (Cnn(filters=((1, 2),)), "What one filter of conv1 answers to"),
    ],
)
def test_the_title_says_what_pooling_leaves(tmp_path: Path, network: Cnn, title: str) -> None:
    assert activations_title(read_cnn(tmp_path, network).convolutions[0]) == title


@pytest.mark.parametrize(
    ("labels", "classes", "rule"),
    [
        (range(10), 10, "Columns: the first test picture of each class."),
        ([0, 0, 1, 1], 2, "Columns: the first two test pictures of each class."),
        (range(10), 256, "Columns: the first test picture of the first ten classes."),
        ([3, 3, 5, 5], 10, "Columns: the first two test pictures of each class that has any."),
        ([0, 1, 2], 4, "Columns: the first test picture of each class that has any."),
        ([0, *range(2, 11)], 12, "Columns: the first test picture of the first ten classes that have any."),
        ([0, 0, 1], 2, "Columns: the first two test pictures of each class; some have fewer."),
    ],
)
def test_the_rule_of_choice_stands_in_the_figure(labels: list[int], classes: int, rule: str) -> None:
    told = columns_rule(np.array(list(labels)), ["x"] * classes)
    assert told == rule, "the figure says that other pictures are shown than are"


@pytest.mark.parametrize(("layer", "map_size"), [(0, 78), (1, 80)])
def test_the_course_network_fits_with_maps_and_pooled_maps_alike(
    tmp_path: Path, layer: int, map_size: int
) -> None:
    convolution = read_cnn(tmp_path, COURSE).convolutions[layer]
    rows = rows_that_fit(convolution, num_columns=10, num_filters=6, top=124)
    assert (rows.picture, rows.map) == (84, map_size)
    assert rows.height <= 1500


def test_fewer_maps_are_drawn_larger(tmp_path: Path) -> None:
    convolution = read_cnn(tmp_path, COURSE).convolutions[0]
    rows = rows_that_fit(convolution, num_columns=3, num_filters=2, top=124)
    assert (rows.picture, rows.map) == (140, 130), "26 x 5 = 130 and 13 x 10 = 130"


def test_many_rows_are_drawn_small_enough_to_fit(tmp_path: Path) -> None:
    convolution = read_cnn(tmp_path, COURSE).convolutions[0]
    rows = rows_that_fit(convolution, num_columns=1, num_filters=6, top=124)
    assert rows.height <= 1500, "one column leaves room to the right, not below"


def test_all_maps_have_one_limit_before_and_after_relu_and_pooling(tmp_path: Path) -> None:
    found = read_cnn(tmp_path, COURSE)
    layer = found.convolutions[0]
    figure = draw_activations(found, layer, made_up_test(10), ["c"] * 10, tmp_path / "x.png")
    with Image.open(figure.path) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert layer.pooled is not None
    limit = limit_of(
        layer.maps[..., :6],
        layer.pooled[..., :6],
        layer.untrained_maps[:1, ..., :6],
    )
    left, top = 24 + 182, 124 + 18 + 84 + 6  # the first column, and the row before ReLU
    rows = (layer.before_relu[0, ..., 0], layer.maps[0, ..., 0], layer.pooled[0, ..., 0])
    for values, y in zip(rows, (top, top + 78 + 21, top + 78 + 21 + 81), strict=True):
        expected = response(values, limit, 78 // len(values))
        np.testing.assert_array_equal(
            pixels[y : y + 78, left : left + 78], expected, err_msg="a map has a scale or place of its own"
        )


def test_strong_answers_below_0_do_not_wash_out_the_maps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_cnn(tmp_path, COURSE)
    layer = found.convolutions[0]
    limits: list[float] = []
    monkeypatch.setattr("model.inspection.activation_figures.draw_map", lambda *args: limits.append(args[4]))
    for negative in (layer.before_relu, np.where(layer.before_relu < 0, -100, layer.before_relu)):
        changed = replace(layer, before_relu=negative)
        draw_activations(found, changed, made_up_test(10), ["c"] * 10, tmp_path / "x.png")
    assert len(set(limits)) == 1, "one limit for the figure, and it is that of the maps"


def test_under_each_map_stands_its_own_largest_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = read_cnn(tmp_path, COURSE)
    layer = found.convolutions[0]
    written: list[str] = []
    monkeypatch.setattr(
        "model.inspection.activation_figures.caption", lambda sheet, x, y, text: written.append(text)
    )
    draw_activations(found, layer, made_up_test(10), ["c"] * 10, tmp_path / "x.png")
    assert layer.pooled is not None
    largest = f"{layer.maps[3, ..., 2].max():.2f} → {layer.pooled[3, ..., 2].max():.2f}"
    assert largest in written
    assert f"{layer.before_relu[3, ..., 0].min():.2f}".replace("-", "−") in written


@pytest.mark.parametrize(
    ("network", "classes"),
    [
        (Cnn(filters=(3, 2), kernel_size=9, pooling="none"), 2),
        (Cnn(filters=((3, 2), (4,))), 3),
        (Cnn(filters=(7, 7, 7, 7), padding="same", pooling="average"), 60),
        (Cnn(filters=(1,), kernel_size=1), 3),
    ],
)
def test_any_architecture_is_drawn_within_the_sheet(tmp_path: Path, network: Cnn, classes: int) -> None:
    found = read_cnn(tmp_path, network, classes)
    for layer in found.convolutions:
        figure = draw_activations(found, layer, made_up_test(classes), ["$\\frac"], tmp_path / "x.png")
        with Image.open(figure.path) as image:
            assert image.width == 1200
            assert image.height <= 1500


def test_every_map_stands_in_the_row_of_its_filter_and_the_column_of_its_garment(
    recording: Recording, tmp_path: Path
) -> None:
    found = read_cnn(tmp_path, COURSE)
    layer = backwards(found.convolutions[0])
    names = [f"kind {label}" for label in range(10)]
    figure = draw_activations(found, layer, made_up_test(10), names, tmp_path / "x.png")
    drawn = recording.last
    assert layer.pooled is not None
    largest = number(layer.maps[..., 7].max())
    assert f"The largest value of the first, filter 7, is {largest} here; " in figure.alt
    indices = [7, 6, 5, 4, 3, 2]
    limit = limit_of(
        layer.maps[..., indices], layer.pooled[..., indices], layer.untrained_maps[:1, ..., indices]
    )
    for column in (0, 4, 9):
        [image] = [t for t in drawn.showing(garment(found.images[column], 3)) if t.frame is None]
        assert drawn.beside(image.y - 17, 1, image.x, image.x + 84) == [f"kind {column}"], (
            "above another garment"
        )
        [linear] = drawn.showing(response(layer.before_relu[column, ..., 7], limit, 3))
        smallest = decimal(layer.before_relu[column, ..., 7].min(), 2)
        assert (linear.x, drawn.below(linear, 6)) == (image.x, [smallest])
        for index in indices:
            whole, small = layer.maps[column, ..., index], layer.pooled[column, ..., index]
            [tile] = drawn.showing(response(whole, limit, 3))
            [pooled] = drawn.showing(response(small, limit, 6))
            assert (tile.x, pooled.x, pooled.y) == (image.x, image.x, tile.y + 81)
            assert drawn.below(pooled, 6) == [f"{whole.max():.2f} → {small.max():.2f}"]
            named = [t for t in drawn.texts if t.string == f"filter {index}" and t.x > 24]
            assert [text.y for text in named] == [tile.y], "the words beside it are of another filter"
    [control] = [tile for tile in drawn.showing(garment(found.images[0], 3)) if tile.frame == UNTRAINED_FRAME]
    assert drawn.beside(control.y - 17, 1, control.x, control.x + 84) == ["untrained"]
    kernel_limit, _ = scale_words(layer.kernel)
    for index in indices:
        [kernel] = drawn.showing(response(layer.kernel[:, :, 0, index], kernel_limit, 24))
        assert kernel.y == drawn.showing(response(layer.maps[0, ..., index], limit, 3))[0].y + 2
        below = [drawn.beside(kernel.y - 2 + down, 1, 24, 24) for down in (84, 101, 118)]
        loved = "" if index == 6 else f"most for kind {(index + 9) % 10}"
        assert below == [
            [f"{3 + index} answers lost"],
            [loved],
            [f"on black {decimal(index / 10, 2) if index else 0}"],
        ]
    for index in indices:
        [twin] = drawn.showing(response(layer.untrained_maps[0, ..., index], limit, 3))
        [tile] = drawn.showing(response(layer.maps[0, ..., index], limit, 3))
        assert (twin.y, twin.frame) == (tile.y, UNTRAINED_FRAME)
