"""The pictures of what goes wrong: what is counted, which mistakes are shown, and whose they are."""

from pathlib import Path

import numpy as np
import pytest

from model.report import mistake_figures
from model.report.canvas import Sheet
from tests.test_comparison_figures import report_of


def test_confident_mistakes_are_the_surest_wrong_answers() -> None:
    labels = np.array([0, 1, 1, 0], np.uint8)
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.2, 0.8]], np.float32)
    found = mistake_figures.confident_mistakes(labels, probabilities, "cnn", 7, count=2)
    assert [mistake["index"] for mistake in found] == [1, 3], "surest first; of equal ones in order"
    expected = {"label": 1, "predicted": 0, "probability": pytest.approx(0.8), "model": "cnn", "seed": 7}
    assert found[0] == {"index": 1, **expected}, "report.json's `mistakes` must hold all that is shown"


def test_mistakes_are_counted_of_1000_of_each_class() -> None:
    shares = mistake_figures.mistakes_per_1000({"confusion": [[3, 1, 0], [10, 10, 20], [0, 0, 0]]})
    assert shares.tolist() == [[0, 250, 0], [250, 0, 500], [0, 0, 0]], "rows must be comparable"


def test_of_many_classes_the_largest_cells_are_shown() -> None:
    values = np.zeros((50, 50))
    values[40, 3], values[7, 20], values[1, 2] = -9, 8, 7
    shown = mistake_figures.most_confused(values, range(50), most=5)
    assert shown == [3, 7, 20, 40], "no room for both classes of the third cell; in label order"


def test_only_the_first_seed_is_called_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []

    class Noted(Sheet):
        def __init__(self, height: int, title: str, subtitle: str) -> None:
            told.append(subtitle)
            super().__init__(height, title, subtitle)

    monkeypatch.setattr(mistake_figures, "Sheet", Noted)
    report = report_of({"cnn": 0.9}, num_seeds=2)
    images = np.zeros((1, 28, 28), np.uint8)
    for seed in report["seeds"]:
        found = [{"index": 0, "label": 0, "predicted": 1, "probability": 0.9, "model": "cnn", "seed": seed}]
        mistake_figures.mistakes(report, found, images, tmp_path / "5-mistakes.png")
    assert "seed 0 (the first, not the best)" in told[0]
    assert "seed 1 (the first that did not fail, not the best)" in told[1], "seed 0 is the first"
