"""The pictures of how sure models are: every number is report.json's, and odd runs can be drawn."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.comparison import quality_figures
from model.comparison.quality_figures import left_out
from model.comparison.records import Model
from model.report.canvas import MODEL_COLOURS
from tests.comparison.test_accuracy_figure import HOSTILE, report_of
from tests.recording import Recording
from tests.records import draw, typed


def texts_of(report: dict[str, Any], recording: Recording) -> list[str]:
    """What both figures say to those who cannot see them; checks what holds for each."""
    both = (quality_figures.calibration, quality_figures.rejection)
    figures = [draw(one, report, Path(f"{number}.png")) for number, one in enumerate(both, 6)]
    for sheet, figure in zip(recording.sheets, figures, strict=True):
        assert sheet.height <= 1500, f"{sheet.title}: split it"
        assert figure.alt.startswith(figure.title), "the text for the blind begins with the finding"
    return [figure.alt for figure in figures]


def test_what_is_told_stands_in_the_report(recording: Recording) -> None:
    report = report_of({"dense": 0.85, "cnn": 0.9})
    calibration, rejection = texts_of(report, recording)
    for model, entry in report["models"].items():
        sure, right = f"{100 * entry['confidence']:.1f} %", f"{100 * entry['accuracy']['mean']:.1f} %"
        assert f"{model} {sure} sure, {right} right" in calibration, "the picture has another mean"
        half = next(one["accuracy"] for one in entry["rejection"] if one["rejected"] == 0.5)
        assert f"{model} {100 * half:.1f} %" in rejection, (
            "the picture has another accuracy with half left out"
        )


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
    texts_of(report_of(shares, **options), recording)


def test_shares_left_out_are_found_where_they_stand() -> None:
    found = [{"rejected": step / 20, "accuracy": 0.8 + step / 100} for step in range(20)]
    entry = typed(Model, {"rejection": found})
    assert left_out(entry, 0.1) == pytest.approx(0.82)
    assert left_out(entry, 0.0) == 0.8


def by_hand() -> dict[str, Any]:
    """A report of three models whose every number is another; the last is the best with a tenth left out."""
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
            "rejection": [{"rejected": s / 20, "accuracy": 0.8 + 0.02 * place + s / 100} for s in range(20)],
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


def test_each_line_of_rejection_has_the_colour_of_its_name_and_numbers(
    recording: Recording, tmp_path: Path
) -> None:
    report = by_hand()
    figure = draw(quality_figures.rejection, report, tmp_path / "7.png")
    drawn = recording.last
    for place, (model, line) in enumerate(zip(report["models"], drawn.marks(0, "o"), strict=True)):
        found = report["models"][model]["rejection"]
        assert line.values.tolist() == [[one["rejected"], one["accuracy"]] for one in found]
        assert line.colour == drawn.text(model).colour == MODEL_COLOURS[place], (
            "the legend names another line"
        )
        numbers = [f"{80 + 2 * place}.0 %", f"{82 + 2 * place}.0 %", f"{86 + 2 * place}.0 %"]
        assert drawn.beside(drawn.text(model).y + 20, 2, 830) == numbers, "with nothing, 10 and 30 % left out"
    heads = [drawn.text(head).x for head in ("0 %", "10 %", "30 %")]
    columns = [text.x for text in drawn.texts if text.string in ("80.0 %", "82.0 %", "86.0 %")]
    assert set(columns) <= set(heads), "a number stands in no column"
    names = [drawn.text(model).y for model in ("c", "b", "a")]
    assert names == sorted(names), "the best first"
    assert figure.alt.endswith("With half left out: a 90.0 %, b 92.0 %, c 94.0 % right.")
