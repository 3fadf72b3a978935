"""No picture of networks that were trained elsewhere claims what nobody knows: seeds, what was before."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.schema import Cnn
from data.splits import Split, Splits
from model.attribution.figures import draw_wanted, draw_why
from model.experiment.writer import draw_comparison, draw_patterns
from model.inspection.figures import draw_inspection
from model.run.folder import RunFolder
from model.run.looks import note_of
from tests.attribution.test_figures import TITLES, write_wanted, write_why
from tests.comparison.test_accuracy_figure import report_of
from tests.comparison.test_elsewhere import MINE
from tests.inspection_folders import made_up_test, write_cnn, write_dense
from tests.recording import Recording
from tests.records import parsed
from tests.robustness.test_figures import report_of as perturbed

NOT_KNOWN = re.compile(
    r"\b(seeds?|epochs?|learn\w*|moved)\b|before (its )?training|itself|left these|never trained"
)
CLASSES = ("a", "b", "c")
PATTERN = {"num_filters": 8, "threshold": 0.8, "counts": {"blur": 3}, "total": 3,
           "untrained": {"blur": [0, 1]}, "untrained_total": [0, 2]}  # fmt: skip


def of_all_models(num_seeds: int, folder: Path) -> None:
    """Draw what is told of the models of a run together, of files that were trained elsewhere."""
    failed = ({"model": "dense", "seed": 7, "reason": "no", "elsewhere": True},)
    known = {"elsewhere": MINE, "train_seconds": None, "patterns": dict.fromkeys("01"[:num_seeds], PATTERN)}
    shares = {"dense": 0.8, "cnn": 0.82}
    given = report_of(shares, num_seeds, num_classes=3, num_images=90, failed=failed, **known)
    given["mistakes"] = [
        {"index": 1, "label": 1, "predicted": 2, "probability": 0.9, "model": "cnn", "seed": 0}
    ]
    robustness = perturbed("dense", "cnn", num_seeds=num_seeds, robustness={"seeds": "all"})["robustness"]
    report = parsed(given | {"robustness": replace(robustness, elsewhere=["dense", "cnn"])})
    test = Split(np.zeros((90, 28, 28), np.uint8), (np.arange(90) % 3).astype(np.uint8))
    splits = Splits(test, test, test, CLASSES, title="Mine", source="a folder", digest="ab")
    run = RunFolder(folder)
    write_cnn(run.inspection_folder("cnn"), Cnn(filters=(8,)))
    figures = draw_comparison(run, report, splits, {}, ["cnn"], run.figures)
    figures += draw_patterns(report.models, "cnn", run.figures)
    assert len(figures) > 10
    assert not [figure.fault for figure in figures if figure.fault]


def of_each_model(_: int, folder: Path) -> None:
    """Draw all that is seen inside models."""
    about, note = (made_up_test(), CLASSES, folder / "drawn", "mine", True), note_of("mine", True)
    figures = draw_inspection(write_cnn(folder / "cnn", Cnn(filters=(8, 4))), *about)
    figures += draw_inspection(write_dense(folder / "dense"), *about)
    write_why(folder, list(TITLES))
    write_wanted(folder, 3, list(CLASSES))
    figures += draw_why(folder, folder, note)
    figures += draw_wanted(folder, folder, {"conv2": ("By some rule.", 5)}, note)
    assert len(figures) > 10
    assert not [figure.fault for figure in figures if figure.fault]


@pytest.mark.parametrize(("draw", "number"), [(of_all_models, 1), (of_all_models, 2), (of_each_model, 1)])
def test_no_picture_claims_what_nobody_knows(draw: Any, number: int, monkeypatch, tmp_path) -> None:
    sheets = Recording(monkeypatch).sheets
    draw(number, tmp_path)
    told = {sheet.path.name: [sheet.title, sheet.reading, *sheet.strings] for sheet in sheets}
    wrong = [f"{name}: {text}" for name, texts in told.items() for text in texts if NOT_KNOWN.search(text)]
    assert not wrong, "nobody knows that of a network that was trained elsewhere:\n" + "\n".join(wrong)
    words = " ".join(text for texts in told.values() for text in texts)
    assert "untrained" in words if draw is of_each_model else "a dot is one training" in words
