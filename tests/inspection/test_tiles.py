import numpy as np
import pytest

from model.inspection.records import Example
from model.inspection.tiles import (
    BOX,
    boxed_garment,
    cell_number,
    draw_kernel,
    draw_map,
    draw_patch,
    scale_words,
)
from model.networks.facts import ReceptiveField, patch
from model.report.canvas import INK, LIGHT, UNTRAINED_FRAME, Sheet, largest_block
from tests.recording import Recording

IMAGE = np.random.default_rng(0).integers(0, 255, (28, 28), dtype=np.uint8)
CONV2 = ReceptiveField(size=8, stride=2, offset=0)  # of the second convolution of the course's network
SAME = ReceptiveField(size=3, stride=1, offset=-1)


@pytest.mark.parametrize(("side", "target", "pixels"), [(26, 130, 130), (13, 130, 130), (5, 130, 130)])
def test_maps_before_and_after_pooling_have_the_same_size(side: int, target: int, pixels: int) -> None:
    assert side * largest_block(side, target) == pixels


def test_a_map_is_drawn_in_uniform_blocks_in_the_middle_of_its_cell() -> None:
    sheet = Sheet(300, "t")
    draw_map(sheet, 50, 100, np.linspace(-1, 1, 26 * 26).reshape(26, 26), 1.0, cell=84)
    tile = sheet.pixels[103:181, 53:131].reshape(26, 3, 26, 3, 3)
    assert (tile == tile[:, :1, :, :1]).all(), "a map's pixel must be a block of one colour"
    assert tuple(sheet.pixels[103, 53]) != tuple(sheet.pixels[180, 130]), "the map is not where it should be"


def test_an_untrained_kernel_stands_in_a_grey_frame() -> None:
    sheet = Sheet(300, "t")
    draw_kernel(sheet, 50, 100, np.ones((3, 3)), 1.0, 10, untrained=True)
    assert tuple(sheet.pixels[97, 47]) == (0x8C,) * 3
    draw_kernel(sheet, 150, 100, np.ones((3, 3)), 1.0, 10)
    assert tuple(sheet.pixels[97, 147]) == (255,) * 3, "a trained kernel must not look untrained"


@pytest.mark.parametrize(("side", "numbers"), [(1, 1), (3, 9), (4, 16), (5, 0)])
def test_numbers_stand_in_the_cells_of_small_kernels_only(side: int, numbers: int) -> None:
    sheet = Sheet(300, "t")
    before = len(sheet.figure.texts)
    draw_kernel(sheet, 50, 100, np.ones((side, side)), 1.0, 20, numbers=True)
    assert len(sheet.figure.texts) - before == numbers, "numbers in cells where there are 16 or fewer"


@pytest.mark.parametrize(
    ("weight", "block", "text"),
    [
        (-0.123, 60, "−0.12"),
        (-0.123, 40, "−.12"),
        (0.5, 40, ".50"),
        (-0.001, 40, ".00"),
        (-12.3, 40, "−12"),
        (-1.44, 40, "−1.4"),
        (-0.996, 40, "−1.0"),
        (-1.44, 60, "−1.44"),
        (9.96, 60, "9.96"),
        (9.996, 60, "10"),
        (9.96, 40, "10"),
    ],
)
def test_weights_as_short_as_their_cells(weight: float, block: int, text: str) -> None:
    assert cell_number(weight, block) == text


def test_a_patch_is_what_the_value_of_the_map_sees() -> None:
    np.testing.assert_array_equal(patch(IMAGE, CONV2, 3, 5), IMAGE[6:14, 10:18])
    corner = patch(IMAGE, SAME, 0, 27)
    assert corner.shape == (3, 3)
    assert (corner[0] == 0).all(), "beyond the picture the network sees zeros"
    assert (corner[:, 2] == 0).all(), "beyond the picture the network sees zeros"
    np.testing.assert_array_equal(corner[1:, :2], IMAGE[:2, 26:])
    assert patch(IMAGE, ReceptiveField(40, 1, -6), 3, 3) is IMAGE, "a field that sees all shows all"


def test_the_box_stands_around_the_patch() -> None:
    picture = boxed_garment(IMAGE, CONV2, 3, 5, 2)
    boxed = (picture == BOX).all(axis=-1)
    rows, columns = np.flatnonzero(boxed.any(axis=1)), np.flatnonzero(boxed.any(axis=0))
    assert (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) == (12, 28, 20, 36)
    padded = (boxed_garment(IMAGE, SAME, 5, 0, 2) == BOX).all(axis=-1)
    rows, columns = np.flatnonzero(padded.any(axis=1)), np.flatnonzero(padded.any(axis=0))
    assert (rows[0], rows[-1] + 1, columns[0], columns[-1] + 1) == (8, 14, 0, 4), "padding shifts the field"
    assert (picture[14:26, 22:34, 0] == IMAGE[7:13, 11:17].repeat(2, 0).repeat(2, 1)).all(), (
        "it hides nothing"
    )
    assert boxed_garment(IMAGE, SAME, 0, 27, 2).shape == (56, 56, 3), "a field may reach beyond the picture"


def test_the_limit_is_one_for_all_and_says_what_it_cuts() -> None:
    limit, told = scale_words(np.arange(500), -np.arange(500, 1000))
    assert limit == pytest.approx(np.percentile(np.arange(1000), 99.5))
    assert told == "Colours end at ±994 (0.5 % lie beyond)."


def test_each_weight_stands_in_its_own_cell_and_can_be_read(recording: Recording) -> None:
    sheet = Sheet(300, "t")
    draw_kernel(sheet, 50, 100, np.array([[0.1, -0.9], [0.7, 0.6]]), 1.0, 60, numbers=True)
    written = [(text.string, text.x, text.y, text.colour) for text in sheet.drawn.texts]
    assert written == [
        ("0.10", 80, 122, INK),
        ("−0.90", 140, 122, "#ffffff"),
        ("0.70", 80, 182, "#ffffff"),
        ("0.60", 140, 182, INK),
    ], "rows before columns; white on what is dark"


def test_only_what_is_untrained_has_a_grey_frame(recording: Recording) -> None:
    sheet, example = Sheet(300, "t"), Example(0, 3, 5, 1.0)
    for untrained in (True, False):
        draw_map(sheet, 50, 100, np.ones((4, 4)), 1.0, 40, untrained)
        draw_patch(sheet, 50, 100, IMAGE, CONV2, example, 40, untrained)
    frames = [tile.frame for tile in sheet.drawn.tiles]
    assert frames == [UNTRAINED_FRAME, UNTRAINED_FRAME, LIGHT, None]
