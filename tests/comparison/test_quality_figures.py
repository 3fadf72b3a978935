"""The picture of how sure models are: every number is report.json's, and odd runs can be drawn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.comparison import quality_figures
from model.report.canvas import MODEL_COLOURS
from tests.comparison.test_accuracy_figure import HOSTILE, report_of
from tests.recording import Recording
from tests.records import draw


def text_of(report: dict[str, Any], recording: Recording) -> str:
    """What the figure says to those who cannot see it; checks what holds for each."""
    figure = draw(quality_figures.calibration, report, Path("6.png"))
    assert recording.last.height <= 1500, f"{figure.title}: split it"
    assert figure.alt.startswith(figure.title), "the text for the blind begins with the finding"
    return figure.alt


def test_what_is_told_stands_in_the_report(recording: Recording) -> None:
    report = report_of({"dense": 0.85, "cnn": 0.9})
    calibration = text_of(report, recording)
    for model, entry in report["models"].items():
        sure, right = f"{100 * entry['confidence']:.1f} %", f"{100 * entry['accuracy']['mean']:.1f} %"
        assert f"{model} {sure} sure, {right} right" in calibration, "the picture has another mean"


def test_how_sure_is_the_mean_of_the_diagrams_bins() -> None:
    for entry in report_of({"dense": 0.85})["models"].values():
        mean = sum(one["share"] * one["confidence"] for one in entry["calibration"])
        assert entry["confidence"] == pytest.approx(mean), "the diagram and the title are of other pictures"


def test_dots_stand_where_the_bins_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = quality_figures._diagram

    def noted(axes: Any, bins: Any, colour: str, lowest: float) -> None:
        original(axes, bins, colour, lowest)
        [line] = [line for line in axes.lines if line.get_marker() == "o"]
        seen.append(np.array(line.get_xydata()))
        assert axes.get_xlim() == axes.get_ylim(), "the diagonal is none if the axes differ"
        assert lowest <= np.min(seen[-1]), "a dot lies outside the panel"
        low, high = axes.get_xlim()
        assert low < lowest < 1 < high, "a dot at the end would be cut in half"

    monkeypatch.setattr(quality_figures, "_diagram", noted)
    report = report_of({"dense": 0.85, "cnn": 0.9})
    draw(quality_figures.calibration, report, tmp_path / "6.png")
    for points, entry in zip(seen, report["models"].values(), strict=True):
        expected = [(one["confidence"], one["accuracy"]) for one in entry["calibration"]]
        np.testing.assert_allclose(points, expected, err_msg="across is how sure, upwards how often right")


@pytest.mark.parametrize(
    ("shares", "options"),
    [
        ({"cnn": 0.9}, {"num_seeds": 1, "num_classes": 2, "num_images": 5}),
        ({f"model-{number}": 0.8 + number / 100 for number in range(18)}, {"num_images": 200}),
        ({"dense": 0.0, "cnn": 0.9}, {"num_images": 300}),
        ({"dense": 1.1, "cnn": 1.1}, {"num_images": 100}),
        (dict.fromkeys(HOSTILE, 0.9), {"num_images": 100}),
        ({"d" * 60: 0.8, "c" * 60: 0.9}, {"failed": ({"model": "c" * 60, "seed": 9, "reason": "x"},)}),
    ],
    ids=["one model", "18 models", "broken", "faultless", "names", "long"],
)
def test_odd_runs_fit_on_their_sheets(
    shares: dict[str, float], options: dict[str, Any], recording: Recording
) -> None:
    text_of(report_of(shares, **options), recording)


def by_hand() -> dict[str, Any]:
    """A report of three models whose every number is another."""
    models = {}
    for place, model in enumerate(("a", "b", "c")):
        bins = [
            {"confidence": c, "accuracy": c - 0.01 * (place - 1), "share": 0.25, "gap": 0.01}
            for c in (0.6, 0.8, 0.95, 1.0)
        ]
        models[model] = {
            "confidence": 0.9 + 0.01 * place,
            "accuracy": {"mean": 0.8 + 0.02 * place, "interval": [0.79, 0.86]},
            "calibration_error": 0.012 + 0.011 * place,
            "calibration": bins,
        }
    return {"models": models, "failed": []}


def test_above_each_diagram_stand_its_model_and_its_numbers(recording: Recording, tmp_path: Path) -> None:
    report = by_hand()
    draw(quality_figures.calibration, report, tmp_path / "6.png")
    drawn = recording.last
    for place, told in enumerate(
        (
            ["a", "90.0 % sure, 80.0 % right", "off by 1.2 points"],
            ["b", "91.0 % sure, 82.0 % right", "off by 2.3 points"],
            ["c", "92.0 % sure, 84.0 % right", "off by 3.4 points"],
        )
    ):
        left, top, _, _ = drawn.box(place)
        above = [text.string for text in drawn.texts if abs(text.x - left) < 2 and 0 < top - text.y < 70]
        assert above == told
        [dots] = drawn.marks(place, "o")
        assert dots.colour == MODEL_COLOURS[place]
        strokes = drawn.spans(place)[0]
        assert strokes[0] == MODEL_COLOURS[place]
        bins = report["models"][told[0]]["calibration"]
        ends = [
            [(one["confidence"], one["confidence"]), (one["confidence"], one["accuracy"])] for one in bins
        ]
        np.testing.assert_allclose(strokes[1], ends, err_msg="from the diagonal to the dot")
    assert "one of 4 equal parts" in drawn.reading


def test_of_many_models_the_first_are_shown_and_that_is_said(recording: Recording, tmp_path: Path) -> None:
    report = by_hand()
    report["models"] = {f"m{number}": report["models"]["a"] for number in range(16)}
    draw(quality_figures.calibration, report, tmp_path / "6.png")
    assert len(recording.last.axes) == 15
    assert "The first 15 of 16 models." in recording.last.reading
    assert "m15" not in recording.last.strings
