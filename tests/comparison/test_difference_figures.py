"""The pictures of how two models differ: which images and classes are shown, and how."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.comparison import difference_figures
from model.report.canvas import MODEL_COLOURS, garment
from tests.comparison.test_accuracy_figure import HOSTILE, blocks_in, report_of
from tests.comparison.test_mistake_figures import of_14_classes
from tests.recording import Recording

IMAGES = (np.arange(1000 * 784) % 251).astype(np.uint8).reshape(1000, 28, 28)


def pixels(path: Path) -> np.ndarray:
    picture = np.array(Image.open(path).convert("RGB"))
    assert picture.shape[1] == 1200, f"{path.name} is {picture.shape[1]} pixels wide"
    assert picture.shape[0] <= 1500, f"{path.name} is {picture.shape[0]} pixels high: split it"
    return picture


def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is written on sheets from now on."""
    texts: list[str] = []

    class Noted(difference_figures.Sheet):
        def text(self, x: float, y: float, string: str, **options: Any) -> None:
            texts.append(string)
            super().text(x, y, string, **options)

    monkeypatch.setattr(difference_figures, "Sheet", Noted)
    return texts


def test_garments_are_the_reports_in_whole_pixels(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9})
    figure = difference_figures.disagreements(report, IMAGES, tmp_path / "9.png")
    picture = pixels(figure.path)
    found = report["comparisons"][0]["disagreement"]
    rule = difference_figures._rule(report)
    top = difference_figures.top_below(rule) + 8 + 28
    gray = blocks_in(picture, 50, top, 28, difference_figures.BLOCK)
    shown = IMAGES[found["only_candidate_right"][0]["index"]]
    assert (gray == shown[..., None]).all(), "the first garment is not the test picture of its index"
    assert f"{100 * found['share']:.1f} %" in figure.alt
    assert f"{found['num_only_candidate_right']:,} of 1,000" in figure.title


def test_both_answers_stand_below_a_garment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9}, names=[f"kind {label}" for label in range(10)])
    texts = written(monkeypatch)
    difference_figures.disagreements(report, IMAGES, tmp_path / "9.png")
    one = report["comparisons"][0]["disagreement"]["only_candidate_right"][0]
    place = texts.index(f"test picture {one['index']}")
    assert texts[place - 3 : place] == [
        f"kind {one['label']}",
        f"dense: kind {(one['label'] + 1) % 10} 91 %",
        f"cnn: kind {one['label']} 91 %",
    ], "label, then what each model says and how sure it is"
    assert not any("first of" in text for text in texts), "one comparison needs no rule which is shown"


def test_of_several_comparisons_the_first_is_shown_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = written(monkeypatch)
    report = report_of({"dense": 0.8, "a": 0.9, "b": 0.85})
    difference_figures.disagreements(report, IMAGES, tmp_path / "9.png")
    assert "The first of 2 comparisons." in difference_figures._rule(report)
    assert any(text.startswith("All trainings of a right: ") for text in texts)
    texts.clear()
    difference_figures.confusions(report, tmp_path / "8.png")
    assert {"a − dense", "b − dense"} <= set(texts), "the difference of every comparison is to be seen"


def test_matrices_are_blocks_and_their_difference_is_white_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(difference_figures.Sheet, "text", lambda *_, **__: None)  # numbers lie on the cells
    report = report_of({"dense": 0.8, "cnn": 0.9})
    figure = difference_figures.confusions(report, tmp_path / "8.png")
    top = difference_figures.top_below(difference_figures._reading(report, [("dense", "cnn")], 10))
    y, x = top + 8 + difference_figures.ABOVE, difference_figures.LEFT
    cells = [
        blocks_in(
            pixels(figure.path), x + place * difference_figures.STEP, y, 10, difference_figures.SIDE // 10
        )
        for place in range(3)
    ]
    for cell in cells:
        assert (cell[range(10), range(10)] == difference_figures.DIAGONAL).all(), (
            "right answers have no colour"
        )
    change = cells[2]
    assert (change[0, 5] == change[5, 0]).all(), "nobody mixes these up, so they have the colour of 0"
    assert change[0, 5].min() > 240, "0 must be white"
    assert int(change[0, 1][2]) > int(change[0, 1][0]), "fewer mistakes must be blue"


def test_numbers_in_cells_are_of_1000_of_the_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9}, num_classes=3, num_images=600)
    report["models"]["dense"]["confusion"] = [[100, 60, 40], [0, 200, 0], [0, 0, 200]]
    report["models"]["cnn"]["confusion"] = [[150, 10, 40], [0, 200, 0], [3, 0, 197]]
    texts = written(monkeypatch)
    figure = difference_figures.confusions(report, tmp_path / "8.png")
    assert {"300", "200", "50", "−250", "+15"} <= set(texts), "60 of 200 are 300 of 1,000, and so on"
    assert figure.title == "cnn mixes up 0 and 1 less than dense, 50 of 2,000, not 300"
    assert figure.alt.endswith("dense 167, cnn 88."), "mean of the classes' mistakes: 500 / 3 and 265 / 3"


def test_classes_without_images_have_no_mistakes(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9}, num_classes=3, num_images=600)
    report["models"]["dense"]["confusion"] = [[100, 60, 40], [0, 0, 0], [10, 0, 190]]
    report["models"]["cnn"]["confusion"] = [[150, 10, 40], [0, 0, 0], [0, 0, 200]]
    figure = difference_figures.confusions(report, tmp_path / "8.png")
    assert figure.title == "cnn mixes up 0 and 1 less than dense, 50 of 2,000, not 300"


@pytest.mark.parametrize(
    ("shares", "options"),
    [
        ({f"model-{number}": 0.8 + number / 100 for number in range(12)}, {"num_images": 200}),
        ({"dense": 0.85, "cnn": 0.9}, {"num_classes": 2, "num_images": 100}),
        ({"dense": 0.9, "cnn": 0.9}, {"num_seeds": 1, "num_images": 15}),
        ({"dense": 1.1, "cnn": 1.1}, {"num_images": 100}),
        ({"d" * 60: 0.8, "c" * 60: 0.9}, {"failed": ({"model": "c" * 60, "seed": 9, "reason": "x"},)}),
    ],
    ids=["twelve models", "two classes", "few", "faultless", "long"],
)
def test_odd_runs_fit_on_their_sheets(
    shares: dict[str, float], options: dict[str, Any], recording: Recording, tmp_path: Path
) -> None:
    report = report_of(shares, **options)
    for figure in (
        difference_figures.confusions(report, tmp_path / "8.png"),
        difference_figures.disagreements(report, IMAGES, tmp_path / "9.png"),
    ):
        assert figure.alt.startswith(figure.title), "the text for the blind begins with the finding"
    for sheet in recording.sheets:
        assert sheet.height <= 1500, f"{sheet.title}: split it"


@pytest.mark.filterwarnings("ignore:Glyph")
def test_odd_names_can_be_drawn(tmp_path: Path) -> None:
    names = (HOSTILE * 32)[:256]
    report = report_of({"dense": 0.85, "cnn": 0.9}, num_seeds=1, num_classes=256, names=names)
    pixels(difference_figures.confusions(report, tmp_path / "8.png").path)
    pixels(difference_figures.disagreements(report, IMAGES, tmp_path / "9.png").path)


def two_by_hand() -> dict[str, Any]:
    """A report of three classes of 1,000 pictures; what is taken for what differs in every cell."""
    report = report_of(
        {"dense": 0.8, "cnn": 0.9}, num_classes=3, num_images=600, names=["top", "coat", "bag"]
    )
    report["models"]["dense"]["confusion"] = [[900, 80, 20], [60, 930, 10], [5, 30, 965]]
    report["models"]["cnn"]["confusion"] = [[950, 35, 15], [190, 805, 5], [5, 30, 965]]
    return report


BY_HAND = [  # heading, what stands in the cells row by row, and below
    ("dense", ["80", "20", "60", "10", "5", "30"], "top and coat: 140"),
    ("cnn", ["35", "15", "190", "5", "5", "30"], "top and coat: 225"),
    ("cnn − dense", ["−45", "−5", "+130", "−5"], "top and coat: +85"),
]


def test_every_cell_of_the_matrices_has_the_number_of_its_classes(
    recording: Recording, tmp_path: Path
) -> None:
    difference_figures.confusions(two_by_hand(), tmp_path / "8.png")
    drawn = recording.last
    for matrix, (heading, numbers, below) in zip(drawn.tiles, BY_HAND, strict=True):
        side = matrix.rgb.shape[0]
        inside = [
            text
            for text in drawn.texts
            if 0 < text.x - matrix.x < side and 0 < text.y - matrix.y < side and text.align == "center"
        ]
        told = sorted(inside, key=lambda text: (round(text.y), text.x))
        assert [text.string for text in told] == numbers, heading
        assert drawn.beside(matrix.y - difference_figures.ABOVE, 1, matrix.x, matrix.x) == [heading]
        assert drawn.beside(matrix.y + 328, 1, matrix.x, matrix.x) == [below]
        above = sorted(
            (text for text in drawn.texts if 0 < matrix.y - text.y < 10 and 0 < text.x - matrix.x < side),
            key=lambda text: text.x,
        )
        assert [text.string for text in above] == ["top", "coat", "bag"]
    first = drawn.tiles[0]
    for row, name in enumerate(("top", "coat", "bag")):
        y = first.y + (row + 0.5) * first.rgb.shape[0] / 3
        assert drawn.beside(y - 8, 2, 0, first.x) == [name], "down: label"


def test_both_matrices_have_one_scale_and_the_difference_its_own(
    recording: Recording, tmp_path: Path
) -> None:
    difference_figures.confusions(two_by_hand(), tmp_path / "8.png")
    one, other, change = (
        tile.rgb.reshape(3, 106, 3, 106, 3)[:, 50, :, 50].astype(int) for tile in recording.last.tiles
    )
    assert (one[2, 1] == other[2, 1]).all(), "30 of 1,000 in both: the same gray"
    assert one[0, 2][0] > other[0, 1][0], "35 is darker than 20"
    assert one[0, 1][0] < other[0, 1][0], "80 is darker than 35"
    assert change[0, 1][2] > change[0, 1][0], "fewer is blue"
    assert change[1, 0][0] > change[1, 0][2], "more is red"
    assert change[0, 1][0] < change[0, 2][0], "45 fewer is stronger than 5 fewer"


def test_of_many_classes_the_ten_that_differ_most_keep_their_names(
    recording: Recording, tmp_path: Path
) -> None:
    difference_figures.confusions(of_14_classes(), tmp_path / "8.png")
    drawn, change = recording.last, recording.last.tiles[2]
    shown = [0, 1, 3, 4, 7, 8, 10, 11, 12, 13]
    rows = [text.string for text in drawn.texts if text.align == "right"]
    assert rows == [f"kind {label}" for label in shown]
    for label, said, number in ((13, 12, "−50"), (11, 10, "−30"), (8, 7, "+20"), (1, 0, "+30"), (4, 3, "−4")):
        x, y = (of + 32 * (shown.index(place) + 0.5) for of, place in ((change.x, said), (change.y, label)))
        assert drawn.beside(y - 8, 2, x - 1, x + 1) == [number], "the number of other classes"
    assert "The 10 of 14 classes with the largest differences." in drawn.reading


def test_under_each_picture_both_models_are_named_in_their_colours(
    recording: Recording, tmp_path: Path
) -> None:
    names = [f"kind {label}" for label in range(10)]
    report = report_of({"other": 0.85, "dense": 0.8, "cnn": 0.9}, num_seeds=1, names=names)
    pair = report["comparisons"][1] | {"baseline": "dense"}
    one = {
        "index": 7,
        "label": 7,
        "baseline": {"predicted": 1, "probability": 0.55},
        "candidate": {"predicted": 7, "probability": 0.97},
    }
    two = {
        "index": 3,
        "label": 3,
        "baseline": {"predicted": 3, "probability": 0.6},
        "candidate": {"predicted": 2, "probability": 0.9},
    }
    pair["disagreement"] = {"share": 0.25, "num_only_candidate_right": 61, "num_only_baseline_right": 42,
                            "only_candidate_right": [one], "only_baseline_right": [two]}  # fmt: skip
    figure = difference_figures.disagreements(report | {"comparisons": [pair]}, IMAGES, tmp_path / "9.png")
    drawn = recording.last
    for index, heading, told in (
        (7, "Only cnn is right: 61", ["kind 7", "dense: kind 1 55 %", "cnn: kind 7 97 %", "test picture 7"]),
        (
            3,
            "Only dense is right: 42",
            ["kind 3", "dense: kind 3 60 %", "cnn: kind 2 90 %", "test picture 3"],
        ),
    ):
        [tile] = drawn.showing(garment(IMAGES[index], difference_figures.BLOCK))
        assert drawn.below(tile, 80) == told
        assert drawn.text(heading).y == tile.y - 28, "under the heading of the other kind"
        assert drawn.text(told[1]).colour == MODEL_COLOURS[1]
        assert drawn.text(told[2]).colour == MODEL_COLOURS[2], "the candidate's colour in all pictures"
    assert figure.title == "Only cnn is right on 61 of 1,000 pictures, only dense on 42"
    assert figure.alt.endswith("Their answers differ on 25.0 % of the pictures.")
    assert "One model right, the other is wrong" in drawn.reading
