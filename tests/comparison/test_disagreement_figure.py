"""The picture of how two models differ: which images are shown, and how."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.comparison import disagreement_figure
from model.comparison.records import Comparison
from model.report.canvas import MODEL_COLOURS, garment
from tests.comparison.test_accuracy_figure import HOSTILE, blocks_in, report_of
from tests.recording import Recording
from tests.records import draw, parsed, typed

IMAGES = (np.arange(1000 * 784) % 251).astype(np.uint8).reshape(1000, 28, 28)


def pixels(path: Path) -> np.ndarray:
    picture = np.array(Image.open(path).convert("RGB"))
    assert picture.shape[1] == 1200, f"{path.name} is {picture.shape[1]} pixels wide"
    assert picture.shape[0] <= 1500, f"{path.name} is {picture.shape[0]} pixels high: split it"
    return picture


def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All that is written on sheets from now on."""
    texts: list[str] = []

    class Noted(disagreement_figure.Sheet):
        def text(self, x: float, y: float, string: str, **options: Any) -> None:
            texts.append(string)
            super().text(x, y, string, **options)

    monkeypatch.setattr(disagreement_figure, "Sheet", Noted)
    return texts


def test_garments_are_the_reports_in_whole_pixels(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9})
    figure = draw(disagreement_figure.disagreements, report, tmp_path / "9.png", images=IMAGES)
    picture = pixels(figure.path)
    found = report["comparisons"][0]["disagreement"]
    rule = disagreement_figure._rule(parsed(report))
    top = disagreement_figure.top_below(rule) + 8 + 28
    gray = blocks_in(picture, 50, top, 28, disagreement_figure.BLOCK)
    shown = IMAGES[found["only_candidate_right"][0]["index"]]
    assert (gray == shown[..., None]).all(), "the first garment is not the test picture of its index"
    assert f"{100 * found['share']:.1f} %" in figure.alt
    assert f"{found['num_only_candidate_right']:,} of 1,000" in figure.title


def test_both_answers_stand_below_a_garment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9}, names=[f"kind {label}" for label in range(10)])
    texts = written(monkeypatch)
    draw(disagreement_figure.disagreements, report, tmp_path / "9.png", images=IMAGES)
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
    draw(disagreement_figure.disagreements, report, tmp_path / "9.png", images=IMAGES)
    assert "The first of 2 comparisons." in disagreement_figure._rule(parsed(report))
    assert any(text.startswith("All trainings of a right: ") for text in texts)


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
    figure = draw(disagreement_figure.disagreements, report, tmp_path / "9.png", images=IMAGES)
    assert figure.alt.startswith(figure.title), "the text for the blind begins with the finding"
    assert recording.last.height <= 1500, "split it"


@pytest.mark.filterwarnings("ignore:Glyph")
def test_odd_names_can_be_drawn(tmp_path: Path) -> None:
    names = (HOSTILE * 32)[:256]
    report = report_of({"dense": 0.85, "cnn": 0.9}, num_seeds=1, num_classes=256, names=names)
    pixels(draw(disagreement_figure.disagreements, report, tmp_path / "9.png", images=IMAGES).path)


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
    figure = draw(
        disagreement_figure.disagreements, report | {"comparisons": [pair]}, tmp_path / "9.png", images=IMAGES
    )
    drawn = recording.last
    for index, heading, told in (
        (7, "Only cnn is right: 61", ["kind 7", "dense: kind 1 55 %", "cnn: kind 7 97 %", "test picture 7"]),
        (
            3,
            "Only dense is right: 42",
            ["kind 3", "dense: kind 3 60 %", "cnn: kind 2 90 %", "test picture 3"],
        ),
    ):
        [tile] = drawn.showing(garment(IMAGES[index], disagreement_figure.BLOCK))
        assert drawn.below(tile, 80) == told
        assert drawn.text(heading).y == tile.y - 28, "under the heading of the other kind"
        assert drawn.text(told[1]).colour == MODEL_COLOURS[1]
        assert drawn.text(told[2]).colour == MODEL_COLOURS[2], "the candidate's colour in all pictures"
    assert figure.title == "Only cnn is right on 61 of 1,000 pictures, only dense on 42"
    assert figure.alt.endswith("Their answers differ on 25.0 % of the pictures.")
    assert "One model right, the other is wrong" in drawn.reading


def test_disagreements_title_counts_both_ways() -> None:
    def title(only_baseline: int, only_candidate: int, several: bool = False) -> str:
        counts = {"num_only_baseline_right": only_baseline, "num_only_candidate_right": only_candidate}
        pair = {"baseline": "dense", "candidate": "cnn", "disagreement": counts}
        return disagreement_figure.disagreements_title(typed(Comparison, pair), 10_000, several)

    assert title(68, 1234) == "Only cnn is right on 1,234 of 10,000 pictures, only dense on 68"
    assert title(5, 0) == "Only cnn is right on 0 of 10,000 pictures, only dense on 5"
    assert title(0, 0) == "No picture is right with cnn and wrong with dense, or the reverse"
    assert title(68, 234, several=True) == (
        "All trainings of cnn right, all of dense wrong: 234 of 10,000 pictures; the reverse: 68"
    )
    assert title(0, 0, several=True) == (
        "No picture is right with all trainings of cnn and wrong with all trainings of dense, or the reverse"
    )
