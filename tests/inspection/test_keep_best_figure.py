from pathlib import Path

import matplotlib.figure
import numpy as np
import pytest
from PIL import Image

from model.inspection.files import KeepBest
from model.inspection.keep_best_figure import (
    _draw_curve,
    _enlarge,
    draw_keep_best,
    enough,
    keep_best_title,
)
from model.report.canvas import GREY, MODEL_COLOURS
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
    assert "With 24 of conv2 kept" in figure.alt
    assert "89.6 % with the first by validation loss, 79.6 % with random ones" in figure.alt


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
    low, high = drawn.axes[1].get_ylim()
    assert 0.8 < low < 0.895 < 0.9 < high < 0.92, "the enlarged part shows the last points and no more"
    assert "conv2: all 64 filters 90.0 %" in drawn.strings
    assert {"untrained 12.0 %", " 24 do ", " half a point below 90.0 %"} <= set(drawn.strings)
