"""The lesson's pictures: their size, whole pixels, and that they draw what was computed."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, Ellipse, Rectangle
from PIL import Image

from configs.schema import Data
from data.fashion_mnist import CLASS_NAMES, load
from model.lesson import figures as lesson_figures
from model.lesson import text as lesson_text
from model.lesson.arithmetic import FilterAtWork, drawn_lines, work_by_hand
from model.lesson.filter_text import filter_caption
from model.lesson.lesson import lesson_numbers
from model.lesson.window_figure import draw_window
from model.lesson.your_filter import filter_numbers, parse_filter
from model.report.canvas import GREY, INK, garment, response
from model.report.drawing import must_be_drawn
from model.run.folder import RunError
from tests.recording import Drawn, Recording

pytestmark = pytest.mark.numeric

FIVE = [
    "1-one-pixel.png",
    "2-vertical-lines.png",
    "3-horizontal-lines.png",
    "4-pooling.png",
    "5-from-784.png",
]


Computed = tuple[dict[str, Any], dict[str, np.ndarray]]


@pytest.fixture(scope="module")
def computed() -> Computed:
    """The lesson's numbers, and its pictures and maps."""
    splits = load(Data())
    numbers, maps = lesson_numbers(splits.test, splits.class_names)
    return numbers | {"figures": lesson_text.captions(numbers)}, maps


@pytest.fixture(scope="module")
def drawn(
    computed: Computed, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any], dict[str, np.ndarray]]:
    folder = tmp_path_factory.mktemp("lesson")
    lesson_figures.draw_all(folder, *computed)
    return folder, *computed


def test_a_figure_that_fails_leaves_the_others(
    computed: Computed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson_figures, "pooling", lambda *_: 1 / 0)
    figures = lesson_figures.draw_all(tmp_path / "lesson", *computed)
    assert {path.name for path in (tmp_path / "lesson").iterdir()} == {*FIVE} - {"4-pooling.png"}
    with pytest.raises(RunError, match=r"^lesson/4-pooling\.png could not be drawn: ZeroDivisionError"):
        must_be_drawn(figures, tmp_path)
    must_be_drawn(figures[:3], tmp_path)


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


@pytest.fixture
def sheets(recording: Recording, computed: Computed, tmp_path: Path) -> list[Drawn]:
    """The five figures, taken down."""
    lesson_figures.draw_all(tmp_path, *computed)
    return recording.sheets


def grid(sheet: Drawn, x: int, y: int, cell: int, rows: int, columns: int) -> list[list[str]]:
    """What stands in the middle of the cells of a grid."""

    def inside(row: int, column: int) -> str:
        across, down = x + (column + 0.5) * cell, y + (row + 0.5) * cell
        found = [
            text.string
            for text in sheet.texts
            if abs(text.x - across) < 1 and abs(text.y + 0.395 * text.size - down) < 1
        ]
        return " ".join(found)

    return [[inside(row, column) for column in range(columns)] for row in range(rows)]


def test_the_worked_example_stands_cell_by_cell(sheets: list[Drawn]) -> None:
    sheet = sheets[0]
    patch = [
        ["0", "64", "128", "128"],
        ["48", "192", "144", "144"],
        ["142", "226", "168", "0"],
        ["255", "0", "0", "64"],
    ]
    assert grid(sheet, 24, 142, 58, 4, 4) == patch
    told = [string for sheet in sheets for string in sheet.strings]
    assert "and a picture of 28 × 28 becomes a map of 26 × 26." in told, "why maps are smaller"
    assert grid(sheet, 332, 142, 58, 3, 3) == [["−1", "0", "−2"], ["0.5", "4.5", "−1.5"], ["1.5", "2", "−3"]]
    assert grid(sheet, 618, 142, 58, 3, 3) == [
        ["0", "0", "−256"],
        ["24", "864", "−216"],
        ["213", "452", "−504"],
    ]
    assert grid(sheet, 918, 185, 88, 1, 1) == [["577"]]
    assert grid(sheet, 521, 434, 66, 2, 2) == [["577", "883"], ["882.5", "197"]]
    assert grid(sheet, 705, 467, 66, 1, 1) == [["883"]], "the largest of the four"
    windows = [one.get_xy() for one in sheet.axes[1].patches if isinstance(one, Rectangle)]
    assert windows == [(24, 456), (158, 456), (248, 478), (382, 478)], (
        "upper left and right, lower left and right"
    )
    assert [sheet.beside(552, 1, x, x + 88) for x in (24, 136, 248, 360)] == [
        ["577"],
        ["883"],
        ["882.5"],
        ["197"],
    ]
    for cause, value in (
        ("rows and columns swapped", "249"),
        ("filter turned by 180°", "732"),
        ("42 typed for 142", "427"),
        ("clipped at 255", "255"),
    ):
        assert sheet.beside(sheet.text(cause).y, 1, 846) == [value, cause], (
            "another mistake gives this number"
        )


MEAN_RESPONSES = {  # to the vertical and to the horizontal filter
    "trouser": ("201.7", "16.8"),
    "striped": ("92.9", "376.2"),
    "drawn_vertical": ("470.8", "0"),
}


@pytest.mark.parametrize("kind", ["vertical", "horizontal"])
def test_bars_and_ranges_are_of_the_picture_beside_them(
    sheets: list[Drawn], computed: Computed, kind: str
) -> None:
    sheet, maps = sheets[1 if kind == "vertical" else 2], computed[1]
    weights = [["−1", "0", "1"], ["−2", "0", "2"], ["−1", "0", "1"]]
    if kind == "horizontal":
        weights = [list(row) for row in zip(*weights, strict=True)]
    for line, (name, values) in enumerate(MEAN_RESPONSES.items()):
        y = 110 + 187 * line
        assert grid(sheet, 424, y + 6, 52, 3, 3) == weights
        low, high = (lesson_text.number(edge(maps[f"{name}/{kind}"])) for edge in (np.min, np.max))
        assert sheet.beside(y + 166, 1, 716, 716) == [f"{low} to {high}"]
        assert sheet.beside(y + 166, 1, 920, 920) == [f"0 to {high}"], "after ReLU"
        for place, (of, value) in enumerate(zip(("vertical", "horizontal"), values, strict=True)):
            top = y + 34 + 56 * place
            [label] = [text for text in sheet.texts if (text.x, text.y) == (1030, top)]
            assert (label.string, label.bold) == (f"{of} filter", of == kind), (
                "bold: the filter of this figure"
            )
            assert sheet.beside(top + 22, 1, 1030) == [value]
            [bar] = [tile for tile in sheet.tiles if (tile.x, tile.y) == (1030, top + 20)]
            assert bar.rgb.shape[1] == max(round(float(value) / 470.8 * 84), 1), "as long as its number"
    assert sheet.beside(110 + 62, 2, 24, 24) == ["Trouser"]
    assert sheet.beside(297 + 84, 2, 24, 24) == ["test picture 719"]
    turned = "turned: 0 and 470.8"
    assert turned in sheet.strings


def test_pooling_rings_the_largest_and_names_what_it_is_not(sheets: list[Drawn]) -> None:
    sheet = sheets[3]
    cells = grid(sheet, 24, 132, 58, 4, 4)
    rings = [one.center for one in sheet.axes[0].patches if isinstance(one, Circle)]
    ringed = [cells[int((y - 132) // 58)][int((x - 24) // 58)] for x, y in rings]
    assert ringed == ["192", "144", "255", "168"], "the largest of each block"
    assert [y % 58 for _, y in rings] == [(132 + 29) % 58] * 4, "in the middle of its cell"
    assert grid(sheet, 332, 190, 58, 2, 2) == [["192", "144"], ["255", "168"]]
    for x, name, values in (
        (54, "average pooling:", [["76", "136"], ["155.75", "58"]]),
        (242, "every other pixel:", [["0", "128"], ["142", "168"]]),
    ):
        assert grid(sheet, x, 460, 58, 2, 2) == values
        assert sheet.beside(584, 1, x + 58, x + 58) == [name]
    before, after = (sheet.below(tile, 40) for tile in sheet.tiles if tile.rgb.shape[:2] == (234, 234))
    assert before == ["largest 994", "8 stripes in its middle column"]
    assert after == ["largest 994", "5 stripes in its middle column"]
    for label, told, width in (
        ("the picture itself", "27 %", 77),
        ("filtered, after ReLU", "79 %", 222),
        ("then max-pooled", "45 %", 127),
        ("or every other pixel", "76 %", 213),
    ):
        y = sheet.text(label).y
        assert sheet.beside(y, 1, 640) == [label, told]
        [bar] = [tile for tile in sheet.tiles if (tile.x, tile.y) == (824, y - 2)]
        assert bar.rgb.shape[1] == pytest.approx(width, abs=2), "280 pixels are everything"
    heading, first, second = (
        next(text.y for text in sheet.texts if text.string.startswith(begin))
        for begin in ("What moving the picture", "the sum of all changes", "directions, first ")
    )
    assert heading < first < second, "below the heading stands what is counted, line by line"


def test_the_journey_counts_the_numbers_under_each_map(sheets: list[Drawn], computed: Computed) -> None:
    sheet = sheets[4]
    counts = ["28 × 28 = 784", "26 × 26 = 676", "13 × 13 = 169", "11 × 11 = 121", "5 × 5 = 25"]
    assert sheet.beside(304, 1) == counts
    for step, tile in zip(computed[0]["journey"]["steps"].values(), sheet.tiles, strict=False):
        assert sheet.beside(326, 1, tile.middle[0] - 1, tile.middle[0] + 1) == [
            f"largest {lesson_text.number(step['largest'])}"
        ]
    for name, told in (
        ("picture", ["784", "784"]),
        ("conv1", ["64 × 676", "43,264"]),
        ("pool1", ["64 × 169", "10,816"]),
        ("conv2", ["64 × 121", "7,744"]),
        ("pool2", ["64 × 25", "1,600"]),
    ):
        [row] = [text.y for text in sheet.texts if (text.string, text.x, text.y > 360) == (name, 24, True)]
        assert sheet.beside(row, 1, 24, 480) == [name, *told]


def test_each_outline_is_where_its_class_is_and_named_so(sheets: list[Drawn], computed: Computed) -> None:
    sheet, maps = sheets[4], computed[1]
    answers, labels = maps["answers"], maps["labels"]
    axes = sheet.axes[1]
    outlines = [one for one in axes.patches if isinstance(one, Ellipse)]
    names = [text.get_text() for text in axes.texts]
    assert names == list(CLASS_NAMES)
    for label, (outline, name) in enumerate(zip(outlines, axes.texts, strict=True)):
        centre = answers[labels == label].mean(axis=0)
        assert outline.center == pytest.approx(centre), "across vertical, upwards horizontal"
        special = {"Trouser": "#0072b2", "Sneaker": "#d55e00"}.get(name.get_text())
        assert to_hex(outline.get_edgecolor()) == (special or GREY)
        assert to_hex(name.get_color()) == (special or INK), "a name has the colour of its outline"
        place = outline.get_patch_transform().inverted().transform(name.xy)
        assert np.hypot(*place) < 1.25, "its line ends beside the outline"
    dots = {mark.colour: mark.values for mark in sheet.marks(1, ".")}
    assert dots["#0072b2"].tolist() == answers[labels == 1].tolist()
    assert dots["#d55e00"].tolist() == answers[labels == 7].tolist()
    assert "sneaker in 1,997 of" in sheet.strings


def test_your_filter_is_told_beside_what_it_makes(
    recording: Recording, computed: Computed, tmp_path: Path
) -> None:
    picture = computed[1]["striped"]
    numbers, maps = filter_numbers(parse_filter("-1 0 1 -2 0 2 -1 0 1"), picture)
    numbers["caption"] = filter_caption(numbers, "test picture 719 (T-shirt/top)")
    lesson_figures.draw_filter(tmp_path / "x.png", numbers, maps)
    sheet = recording.last
    assert grid(sheet, 277, 141, 62, 3, 3) == [["−1", "0", "1"], ["−2", "0", "2"], ["−1", "0", "1"]]
    for name, block, head, within in (
        ("response", 7, "response, 26 × 26", "−628 to 637"),
        ("relu", 7, "after ReLU", "0 to 637"),
        ("pooled", 14, "max-pooled, 13 × 13", "0 to 637"),
    ):
        [tile] = sheet.showing(response(maps[name], 637, block))
        assert sheet.below(tile, 15) == [within]
        assert sheet.text(head).x == tile.middle[0]
    for name, words, value, width in (
        ("vertical", "vertical\nlines", "470.8", 250),
        ("horizontal", "horizontal\nlines", "0", 1),
        ("rising", "rising\nlines", "383.6", 204),
        ("falling", "falling\nlines", "383.6", 204),
    ):
        [tile] = sheet.showing(garment(drawn_lines(name), 5))
        assert sheet.beside(462, 1, tile.x, tile.x + 160) == [words]
        assert sheet.beside(512, 1, tile.x, tile.x + 160) == [value], "of other lines"
        [bar] = [one for one in sheet.tiles if (one.x, one.y) == (tile.x, 574)]
        assert bar.rgb.shape[1] == width
    assert sheet.beside(614, 1) == ["Where it answers most: row 12, column 5 (the first is 0)"]
    assert sheet.beside(638, 1) == ["0 + 0 + 129 + 0 + 0 + 504 + 0 + 0 + 4 = 637"]


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_window_stands_where_it_was_read(recording: Recording, tmp_path: Path, padding: str) -> None:
    reads = np.random.default_rng(0).uniform(0, 1, (12, 12, 2)).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=(3, 3, 2)).astype(np.float32)
    work = FilterAtWork(reads, kernel, 0.5, None, 1, padding, None, reads[..., 0], None, "pool1")
    hand = work_by_hand(work, (0, 4))
    draw_window({"title": "t", "subtitle": "s", "alt": "a"}, work, hand, tmp_path / "x.png")
    sheet = recording.last
    block, before = 196 // 12, 1 if padding == "same" else 0
    window, place = (
        one for one in sheet.axes[0].patches + sheet.axes[1].patches if isinstance(one, Rectangle)
    )
    assert window.get_xy() == (24 + block * (4 - before), 136), "its columns, and no row beyond the border"
    assert (window.get_width(), window.get_height()) == (3 * block, (3 - before) * block)
    cell = 196 // len(hand.map)
    assert (place.get_xy(), place.get_width()) == ((480 + 4 * cell, 424), cell)
    channel = hand.largest_share
    for x, values in ((290, hand.window), (540, work.kernel), (790, hand.products)):
        told = [[lesson_text.number(value) for value in row] for row in values[..., channel]]
        assert grid(sheet, x, 136, 62, 3, 3) == told
    assert sheet.beside(424 + 30, 1, 24, 24) == ["sum of all 18 products"]
    assert "No pooling follows." in sheet.strings
    assert ("Beyond the border there are zeros." in sheet.strings) == (padding == "same")
