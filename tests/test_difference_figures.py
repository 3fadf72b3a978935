"""The pictures of how two models differ: which images and classes are shown, and how."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.report import difference_figures
from tests.test_comparison_figures import HOSTILE, blocks_in, report_of

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
        ({"dense": 0.85, "cnn": 0.9}, {"num_seeds": 1, "num_classes": 256, "names": (HOSTILE * 32)[:256]}),
        ({"dense": 0.85, "cnn": 0.9}, {"num_classes": 2, "num_images": 100}),
        ({"dense": 0.9, "cnn": 0.9}, {"num_seeds": 1, "num_images": 15}),
        ({"dense": 1.1, "cnn": 1.1}, {"num_images": 100}),
        ({"d" * 60: 0.8, "c" * 60: 0.9}, {"failed": ({"model": "c" * 60, "seed": 9, "reason": "x"},)}),
    ],
    ids=["twelve models", "256 names", "two classes", "few", "faultless", "long"],
)
@pytest.mark.filterwarnings("ignore:Glyph")
def test_odd_runs_can_be_drawn(shares: dict[str, float], options: dict[str, Any], tmp_path: Path) -> None:
    report = report_of(shares, **options)
    for figure in (
        difference_figures.confusions(report, tmp_path / "8.png"),
        difference_figures.disagreements(report, IMAGES, tmp_path / "9.png"),
    ):
        pixels(figure.path)
        assert figure.alt.startswith(figure.title), "the text for the blind begins with the finding"
