from dataclasses import replace
from pathlib import Path

import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

from configs.schema import Cnn
from model.inspection.files import Inspection, KeepBest, read_inspection
from model.inspection.layer_figures import (
    _draw_curve,
    _enlarge,
    draw_before_after,
    draw_keep_best,
    enough,
    keep_best_title,
    moved_title,
)
from model.inspection.records import Slice
from model.inspection.tiles import scale_words
from model.report.canvas import GREY, MODEL_COLOURS, UNTRAINED_FRAME, response
from tests.inspection_folders import backwards, write_cnn
from tests.recording import Recording


def curve(best: list[float], full: float = 0.9) -> KeepBest:
    kept = np.array([1, 8, 24, 64])
    return KeepBest(kept, np.array(best), np.array([best, best]) - 0.1, full, 0.1)


@pytest.mark.parametrize(
    ("best", "kept"),
    [
        ([0.1, 0.5, 0.896, 0.9], 24),
        ([0.1, 0.5, 0.894, 0.9], 64),
        ([0.91, 0.5, 0.6, 0.9], 1),
        ([0.1, 0.2, 0.3, 0.4], 64),
    ],
)
def test_enough_is_within_half_a_point_of_the_whole_network(best: list[float], kept: int) -> None:
    assert enough(curve(best)) == kept


def test_the_title_of_keep_best_is_measured() -> None:
    title = keep_best_title("conv2", curve([0.1, 0.5, 0.896, 0.9]))
    assert title == "24 of 64 filters of conv2 do: within half a point of the whole network"


def test_the_title_says_so_where_all_filters_are_needed() -> None:
    title = keep_best_title("conv2", curve([0.1, 0.5, 0.894, 0.9]))
    assert title == "Even 24 of 64 filters of conv2 are too few: more than half a point is lost"


def test_keep_best_is_told_in_words_too(tmp_path: Path) -> None:
    figure = draw_keep_best("conv2", curve([0.1, 0.5, 0.896, 0.9]), tmp_path / "x.png")
    with Image.open(figure.path) as image:
        assert image.size == (1200, 450)
    assert "With 24 filters" in figure.alt
    assert "89.6 % with the best, 79.6 % with random ones" in figure.alt


@pytest.mark.parametrize(
    ("best", "first"),
    [([0.1, 0.2, 0.3, 0.4], 1), ([0.9] * 4, 1), ([0.1, 0.88, 0.896, 0.9], 8), ([0.1, 0.5, 0.6, 0.9], 63)],
)
def test_the_enlarged_part_shows_where_the_title_is_decided(best: list[float], first: int) -> None:
    axes = matplotlib.figure.Figure().subplots()
    _draw_curve(axes, curve(best))
    _enlarge(axes, curve(best))
    low, high = axes.get_ylim()
    assert low < 0.895 < 0.9 < high, "half a point below the whole network must be in sight"
    assert axes.get_xlim() == (first, 64), "it begins where the best filters reach the last points"


def test_one_filter_alone_has_a_curve_of_one_point(tmp_path: Path) -> None:
    single = KeepBest(np.array([1]), np.array([0.9]), np.array([[0.9]]), 0.9, 0.1)
    figure = draw_keep_best("conv1", single, tmp_path / "x.png")
    assert figure.title.startswith("1 of 1 filter"), figure.title


@pytest.mark.parametrize(
    ("filters", "title"),
    [
        (
            (4, 4),
            "Training moved the filters of conv1 by 0.42 of their length (median; 0.25 to 1.00)",
        ),
        ((1,), "Training moved the filter of conv1 by 1.00 of its length"),
    ],
)
def test_the_title_says_how_far_filters_moved(tmp_path: Path, filters: tuple[int, ...], title: str) -> None:
    found = read_inspection(write_cnn(tmp_path, Cnn(filters=filters)))
    assert isinstance(found, Inspection)
    assert moved_title(found.convolutions[0]) == title


@pytest.mark.parametrize("network", [Cnn(filters=(1, 1), kernel_size=1), Cnn(filters=(256, 11))])
def test_filters_before_and_after_fit_on_a_sheet(tmp_path: Path, network: Cnn) -> None:
    found = read_inspection(write_cnn(tmp_path, network))
    assert isinstance(found, Inspection)
    for layer in found.convolutions:
        with Image.open(draw_before_after(layer, tmp_path / "x.png").path) as image:
            assert image.width == 1200
            assert image.height <= 1500


def test_the_best_are_blue_and_the_random_ones_grey(recording: Recording, tmp_path: Path) -> None:
    best, full = np.array([0.2, 0.6, 0.896, 0.9]), 0.9
    random = np.array([[0.1, 0.3, 0.5, 0.9], [0.3, 0.5, 0.9, 0.9]])
    found = KeepBest(np.array([1, 8, 24, 64]), best, random, full, 0.12)
    draw_keep_best("conv2", found, tmp_path / "x.png")
    drawn = recording.last
    for axes in (0, 1):
        [blue] = drawn.marks(axes, "o")
        assert blue.values.tolist() == [[1, 0.2], [8, 0.6], [24, 0.896], [64, 0.9]]
        assert blue.colour == MODEL_COLOURS[1]
        [grey] = [line for line in drawn.marks(axes) if line.colour == GREY]
        assert grey.values[:, 1] == pytest.approx([0.2, 0.4, 0.7, 0.9]), "the mean of the random orders"
        [dashed] = [line for line in drawn.marks(axes) if line.style == "--"]
        assert dashed.values[:, 1].tolist() == [0.12, 0.12], "the untrained network"
        upright = [line for line in drawn.marks(axes) if line.values[0, 0] == line.values[-1, 0] == 24]
        assert len(upright) == 1, "where the kept filters are enough"
    assert "conv2: all 64 filters 90.0 %" in drawn.strings
    assert {"untrained 12.0 %", " 24 do ", " half a point below 90.0 %"} <= set(drawn.strings)


def test_before_stands_left_of_after_and_those_that_moved_most_come_first(
    recording: Recording, tmp_path: Path
) -> None:
    found = read_inspection(write_cnn(tmp_path, Cnn(filters=(4,))))
    assert isinstance(found, Inspection)
    layer = backwards(found.convolutions[0])
    figure = draw_before_after(layer, tmp_path / "x.png")
    drawn, (limit, _) = recording.last, scale_words(layer.kernel, layer.untrained_kernel)
    for place, (index, moved) in enumerate(((0, "1.00"), (1, "0.50"), (2, "0.33"), (3, "0.25"))):
        [before] = drawn.showing(response(layer.untrained_kernel[:, :, 0, index], limit, 16))
        [after] = drawn.showing(response(layer.kernel[:, :, 0, index], limit, 16))
        assert (before.x, before.frame) == (27 + 115 * place, UNTRAINED_FRAME)
        assert (after.x, after.y) == (before.x + 54, before.y)
        assert drawn.beside(before.y + 53, 1, before.x, after.x) == [f"{index} moved {moved}"]
    [dots] = drawn.marks(0, "o")
    assert sorted(dots.values.tolist()) == [
        [pytest.approx(1 / (index + 1)), pytest.approx(5 / (index + 1))] for index in (3, 2, 1, 0)
    ], "across how far a filter moved, upwards what is lost without it"
    assert figure.alt.endswith("Filter 0 moved most, by 1.00; filter 3 least.")


def test_of_a_deeper_filter_its_heaviest_slice_is_shown(recording: Recording, tmp_path: Path) -> None:
    found = read_inspection(write_cnn(tmp_path, Cnn(filters=(3, 2))))
    assert isinstance(found, Inspection)
    layer = found.convolutions[1]
    heaviest = {0: 2, 1: 1}
    passports = [replace(p, slices=(Slice(heaviest[p.index], 0.6), *p.slices[1:])) for p in layer.passports]
    draw_before_after(replace(layer, passports=tuple(passports)), tmp_path / "x.png")
    pictures = [
        kernel[:, :, channel, index]
        for index, channel in heaviest.items()
        for kernel in (layer.untrained_kernel, layer.kernel)
    ]
    limit, _ = scale_words(*pictures)
    assert [len(recording.last.showing(response(picture, limit, 16))) for picture in pictures] == [1, 1, 1, 1]
    assert "Of each its heaviest slice: one input of 3." in recording.last.reading
