from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.schema import Cnn
from model.inspection.files import DenseInspection, Inspection, Patterns, read_inspection
from model.inspection.filter_figures import dense_title, draw_dense, draw_first, first_title, flow, groups_of
from model.inspection.records import Match, Unit, Worth
from model.inspection.tiles import scale_words
from model.report.canvas import UNTRAINED_FRAME, response
from model.report.words import decimal
from tests.inspection_folders import backwards, write_cnn, write_dense
from tests.recording import Recording


def patterns(trained: int, untrained: int) -> Patterns:
    return Patterns(("blur",), 0.81, {"blur": trained}, {"blur": untrained})


def read_cnn(folder: Path, network: Cnn) -> Inspection:
    found = read_inspection(write_cnn(folder, network))
    assert isinstance(found, Inspection)
    return found


@pytest.mark.parametrize(
    ("count", "found", "title"),
    [
        (64, patterns(31, 3), "conv1: 64 filters, 31 match a named pattern (untrained: 3)"),
        (8, patterns(1, 0), "conv1: 8 filters, 1 matches a named pattern (untrained: 0)"),
        (8, patterns(0, 1), "conv1: 8 filters, none matches a named pattern (untrained: 1)"),
        (1, None, "conv1: 1 filter"),
    ],
)  # fmt: skip
def test_the_title_counts_named_filters_beside_the_untrained(
    count: int, found: Patterns | None, title: str
) -> None:
    assert first_title("conv1", count, found) == title


@pytest.mark.parametrize("kernel_size", [1, 3, 4, 9])
@pytest.mark.parametrize("filters", [1, 13])
def test_the_first_kernels_are_drawn_whatever_their_size(
    tmp_path: Path, kernel_size: int, filters: int
) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(filters,), kernel_size=kernel_size))
    figure = draw_first(found.convolutions[0], found.patterns, tmp_path / "x.png")
    with Image.open(figure.path) as image:
        assert image.width == 1200
        assert image.height <= 1500, "what is higher must be split"
    assert figure.alt.startswith(figure.title)


def test_256_filters_fit_on_one_sheet(tmp_path: Path) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(256,)))
    with Image.open(draw_first(found.convolutions[0], found.patterns, tmp_path / "x.png").path) as image:
        assert image.height <= 1500, "small kernels must become smaller where there are many"


def test_large_kernels_are_whole_pixels_of_one_limit(tmp_path: Path) -> None:
    layer = read_cnn(tmp_path, Cnn(filters=(5,), kernel_size=5)).convolutions[0]
    path = draw_first(layer, None, tmp_path / "x.png").path
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    top = 58 + 22 * 2 + 10
    for place in range(5):
        left = 24 + 192 * place
        tile = pixels[top : top + 120, left : left + 120].reshape(5, 24, 5, 24, 3)
        assert (tile == tile[:, :1, :, :1]).all(), "a weight must be a block of one colour"
    strongest = np.abs(layer.kernel) > np.percentile(
        np.abs(np.concatenate([layer.kernel, layer.untrained_kernel])), 99.5
    )
    shown = [tuple(map(int, np.argwhere(strongest)[0]))] if strongest.any() else []
    for row, column, _, index in shown:
        colour = pixels[top + 24 * row + 5, 24 + 192 * index + 24 * column + 5]
        assert tuple(colour) in {(103, 0, 31), (5, 48, 97)}, "beyond the limit, the limit's colour"


def test_filters_that_never_learn_are_called_so(tmp_path: Path) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(5,)))
    layer = found.convolutions[0]
    assert "(untrained: " in draw_first(layer, found.patterns, tmp_path / "x.png").title
    frozen = replace(layer, untrained_kernel=layer.kernel)
    title = draw_first(frozen, found.patterns, tmp_path / "x.png").title
    assert title == "conv1: 5 filters, 1 matches a named pattern (never trained)"


@pytest.mark.parametrize(
    ("name", "similarity", "words"),
    [("blur", 0.93, "blur 0.93"), ("falling diagonal edge", -0.86, "inverted falling diago… 0.86")],
)
def test_a_long_name_is_cut_and_its_number_is_not(
    tmp_path: Path, recording: Recording, name: str, similarity: float, words: str
) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(1,)))
    [passport] = found.convolutions[0].passports
    named = replace(passport, match=Match(name, name, similarity), dead=False)
    draw_first(replace(found.convolutions[0], passports=(named,)), None, tmp_path / "x.png")
    [told] = [text.string for text in recording.last.texts if text.string.startswith(words[:4])]
    assert told == words, "how like the pattern it is can't be read"


def test_groups_follow_the_patterns_and_the_unnamed_come_last(tmp_path: Path) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(13,)))
    groups = groups_of(found.convolutions[0].passports, found.patterns)
    counted = [(name, len(members)) for name, members in groups]
    assert counted == [("inverted blur", 3), ("no named pattern", 10)], "a match below 0 is the reverse"


def test_groups_flow_like_words_and_never_overlap(tmp_path: Path) -> None:
    layer = read_cnn(tmp_path, Cnn(filters=(60,))).convolutions[0]
    groups = [("a", layer.passports[:3]), ("b", layer.passports[3:40]), ("c", layer.passports[40:])]
    placed, end = flow(groups, 24, 100, 780, 48)
    tiles = [(x, y) for group in placed for x, y, _ in group.kernels]
    assert len(tiles) == 60
    assert all(24 <= x <= 24 + 780 - 48 and 100 < y <= end - 48 for x, y in tiles), (
        "a kernel is off its place"
    )
    for place, (x, y) in enumerate(tiles):
        assert not any(abs(x - u) < 48 and abs(y - v) < 48 for u, v in tiles[:place]), "kernels overlap"


@pytest.mark.parametrize(
    ("neighbours", "title"),
    [
        ((0.714, -0.001), "dense1: weights of neighbouring pixels correlate by 0.71 (untrained: 0.00)"),
        ((-0.2, 0.01), "dense1: weights of neighbouring pixels correlate by −0.20 (untrained: 0.01)"),
    ],
)
def test_the_title_of_the_dense_weights_is_measured(neighbours: tuple[float, float], title: str) -> None:
    kernel, unit = np.zeros((784, 30)), Unit(3, 1, False, 0.5, (0.1,), Worth(0.1, (0.0, 0.2), 9, 6, 3))
    assert dense_title(DenseInspection("dense1", kernel, kernel, (unit,), "", 60, neighbours)) == title


@pytest.mark.parametrize("num_units", [1, 30])
def test_dense_weights_are_drawn_as_pictures(tmp_path: Path, num_units: int) -> None:
    found = read_inspection(write_dense(tmp_path, num_units))
    assert isinstance(found, DenseInspection)
    figure = draw_dense(found, ("$x$", "B" * 200), tmp_path / "x.png")
    with Image.open(figure.path) as image:
        pixels = np.asarray(image.convert("RGB"))
    assert pixels.shape[1] == 1200
    assert pixels.shape[0] <= 1500
    top = next(y for y in range(100, 200) if (pixels[y, 24:136] != 255).any(axis=-1).all())
    tile = pixels[top + 1 : top + 113, 24:136].reshape(28, 4, 28, 4, 3)
    assert (tile == tile[:, :1, :, :1]).all(), "a weight must be a block of one colour"


def test_beside_each_first_kernel_stand_its_own_twin_name_and_worth(
    recording: Recording, tmp_path: Path
) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(8,)))
    layer = backwards(found.convolutions[0])
    figure = draw_first(layer, found.patterns, tmp_path / "x.png")
    drawn, (limit, _) = recording.last, scale_words(layer.kernel, layer.untrained_kernel)
    for index, change in ((7, "10 answers lost"), (0, "3 answers lost")):
        [tile] = drawn.showing(response(layer.kernel[:, :, 0, index], limit, 40))
        [twin] = drawn.showing(response(layer.untrained_kernel[:, :, 0, index], limit, 16))
        assert (twin.x, twin.y, twin.frame) == (tile.x + 131, tile.y + 3, UNTRAINED_FRAME)
        told = [drawn.beside(tile.y + down, 2, tile.x, tile.x + 100) for down in (126, 146, 163)]
        match = "inverted blur 0.90" if index % 5 == 0 else "no named pattern"
        assert told == [[f"filter {index}"], [match], [change]]
        weight = decimal(layer.kernel[1, 2, 0, index], 2)
        cell = drawn.beside(tile.y + 60 - 8, 1, tile.x + 100 - 1, tile.x + 100 + 1)
        assert cell == [weight.replace("0.", ".", 1)], "the number in the second row, third column"
    assert next(string for string in drawn.strings if string.startswith("filter ")) == "filter 7"
    assert figure.alt.endswith("Without filter 7: 10 answers lost.")


def test_small_kernels_stand_under_the_heading_of_their_pattern(recording: Recording, tmp_path: Path) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(28,)))
    layer = backwards(found.convolutions[0])
    draw_first(layer, found.patterns, tmp_path / "x.png")
    drawn, (limit, _) = recording.last, scale_words(layer.kernel, layer.untrained_kernel)
    named, unnamed = drawn.text("inverted blur (4)"), drawn.text("no named pattern (12)")
    assert drawn.text("The other 16, by named pattern").y < min(named.y, unnamed.y)
    for index in range(16):  # 27 to 16 are drawn large
        [tile] = drawn.showing(response(layer.kernel[:, :, 0, index], limit, 16))
        assert drawn.below(tile, 10) == [str(index)], "the number under another kernel"
        before = [one for one in (named, unnamed) if one.x <= tile.x and one.y < tile.y]
        own = named if index % 5 == 0 else unnamed
        assert max(before, key=lambda one: (one.y, one.x)) == own, "under the heading of another pattern"


def test_beside_the_weights_of_a_unit_stand_its_own_twin_and_words(
    recording: Recording, tmp_path: Path
) -> None:
    found = read_inspection(write_dense(tmp_path, 30))
    assert isinstance(found, DenseInspection)
    units = [
        replace(unit, selectivity=(0.1, 0.3, 0.2) if unit.index % 2 else (0.3, 0.1, 0.2))
        for unit in found.units
    ]
    shown = replace(found, units=tuple(units[::-1]))
    figure = draw_dense(shown, ("top", "coat", "bag"), tmp_path / "x.png")
    drawn = recording.last
    of_units = [
        kernel[:, [unit.index for unit in units]] for kernel in (found.kernel, found.untrained_kernel)
    ]
    limit, _ = scale_words(*of_units)
    for index in (23, 4):
        [tile] = drawn.showing(response(found.kernel[:, index].reshape(28, 28), limit, 4))
        [twin] = drawn.showing(response(found.untrained_kernel[:, index].reshape(28, 28), limit, 2))
        assert (twin.x, twin.y, twin.frame) == (tile.x + 121, tile.y + 3, UNTRAINED_FRAME)
        told = [drawn.beside(tile.y + down, 2, tile.x, tile.x + 100) for down in (118, 138, 155)]
        loved = "most for coat" if index % 2 else "most for top"
        assert told == [[f"unit {index}"], [loved], [f"{3 + index} answers lost"]]
    assert figure.alt.endswith("Without unit 23: 26 answers lost.")
