"""No text of any figure overlaps another or leaves the sheet, on data that leaves little room."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.schema import Cnn
from data.splits import Split, Splits
from model.attribution.figures import draw_wanted, draw_why
from model.experiment.writer import PICTURES, draw_comparison
from model.inspection.figures import draw_inspection
from model.inspection.pattern_figure import draw_patterns
from model.report.canvas import Sheet
from model.run.folder import RunFolder
from tests.attribution.test_figures import TITLES, write_wanted, write_why
from tests.comparison.test_accuracy_figure import report_of
from tests.inspection_folders import made_up_test, write_cnn, write_dense
from tests.records import parsed
from tests.robustness.test_figures import report_of as made_up_robustness
from tests.text_boxes import faults, watch

CLASSES = [f"{'WM'[label % 2]}aterproof {label} with laces and a long name" for label in range(12)]
MODELS = ("a-dense-network-with-a-long-name", "a-convolutional-one-with-a-longer-name")


def test_texts_that_overlap_or_leave_the_sheet_are_found() -> None:
    sheet = Sheet(200, "A title", "And a line below it.")
    assert faults(sheet) == []
    axes = sheet.axes(100, 100, 200, 60)
    axes.set_xticks([0, 1], ["left", "right"])
    axes.set_xlim(0, 1)
    sheet.text(400, 100, "here")
    sheet.text(600, 100, "there")
    assert faults(sheet) == []
    sheet.text(420, 104, "nearly there")
    sheet.text(1190, 150, "beyond")
    sheet.text(100, 168, "on a tick")
    axes.text(0.5, 0.5, "one", rotation=35, rotation_mode="anchor")
    axes.text(0.7, 0.5, "beside it", rotation=35, rotation_mode="anchor")
    assert [fault.split(" at ")[0].split(": ")[0] for fault in faults(sheet)] == [
        "'beyond' leaves the sheet",
        "'here' and 'nearly there' overlap",
        "'on a tick' and 'left' overlap",
    ], "texts that are turned stand beside each other"


def hostile_report(several: bool = False) -> dict[str, Any]:
    """Two models, or ten, that differ in each class by hundreds of 1,000 pictures."""
    shares = dict.fromkeys(MODELS, 0.5) | {MODELS[1]: 0.9}
    if several:
        shares |= {f"{MODELS[1]}-{number}": 0.1 * number for number in range(1, 9)}
    report = report_of(shares, num_classes=12, num_images=1200, names=CLASSES)
    for pair in report["comparisons"]:
        for label, row in enumerate(pair["per_class"]):
            row |= {"difference": (-1) ** label * 0.7, "interval": [-0.9, 0.9], "clear": label % 2 == 0}
    random = np.random.default_rng(2)
    for entry in report["models"].values():
        entry["confusion"] = (100 * random.dirichlet(np.full(12, 0.3), 12)).tolist()
    report["failed"] = [
        {"model": name, "seed": 2147483647 - seed, "reason": "no"} for name in MODELS for seed in range(3)
    ]
    report["mistakes"] = [
        {
            "index": 1000 + i,
            "label": i,
            "predicted": 11 - i,
            "probability": 0.99999,
            "model": MODELS[1],
            "seed": 0,
        }
        for i in range(12)
    ]
    robustness = made_up_robustness("dense", "cnn", data={"source": "./mine", "name": "digits"})["robustness"]
    names = dict(zip(("dense", "cnn"), MODELS, strict=True))
    kinds = [
        replace(kind, models={names[name]: entry for name, entry in kind.models.items()})
        for kind in robustness.kinds
    ]
    return report | {"robustness": replace(robustness, kinds=kinds)}


@pytest.mark.parametrize("several", [False, True])
def test_no_text_of_the_comparison_overlaps_another(
    several: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    test = Split(random.integers(0, 256, (1200, 28, 28), np.uint8), (np.arange(1200) % 12).astype(np.uint8))
    splits = Splits(
        test, test, test, class_names=tuple(CLASSES), title="Mine", source="a folder", digest="ab"
    )
    report = hostile_report(several)
    accuracies = {"accuracy": np.array([0.1, 0.8, 0.99]), "val_accuracy": np.array([0.2, 0.85, 0.9])}
    losses = {"loss": np.array([2.0, 0.6, 0.1]), "val_loss": np.array([2.0, 0.5, 0.4])}
    curve = accuracies | losses | {"learning_rate": np.array([0.001, 0.001, 0.001])}
    histories = {model: {0: curve, 1: curve} for model in report["models"]}
    run = RunFolder(tmp_path)
    write_cnn(run.inspection_folder(MODELS[1]), Cnn(filters=(64,)), num_classes=12)
    found = watch(monkeypatch)
    figures = draw_comparison(run, parsed(report), splits, histories, [MODELS[1]], run.figures)
    assert not [figure.fault for figure in figures if figure.fault]
    assert {name.removesuffix(".png") for name in found} == {picture.name for picture in PICTURES}
    assert not any(found.values()), "\n".join(f"{name}: {fault}" for name in found for fault in found[name])


@pytest.mark.parametrize(
    "network",
    [
        Cnn(filters=(64, 64)),
        Cnn(filters=(512,), kernel_size=5, padding="same"),
        Cnn(filters=((3, 7), (9,)), kernel_size=2, pooling="none"),
    ],
)
def test_no_text_of_what_a_network_learned_overlaps_another(
    network: Cnn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = write_cnn(tmp_path, network, num_classes=12)
    found = watch(monkeypatch)
    figures = draw_inspection(folder, made_up_test(12), CLASSES, tmp_path, MODELS[1])
    assert not [figure.fault for figure in figures if figure.fault]
    assert len(found) == len(figures)
    assert not any(found.values()), "\n".join(f"{name}: {fault}" for name in found for fault in found[name])


def test_no_text_of_units_patterns_and_reasons_overlaps_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder, found = write_dense(tmp_path / "dense", 30, num_classes=12), watch(monkeypatch)
    figures = draw_inspection(folder, made_up_test(12), CLASSES, tmp_path, MODELS[0])
    pattern = {"num_filters": 512, "threshold": 0.8, "counts": {"rising diagonal edge": 123}, "total": 123,
               "untrained": {"rising diagonal edge": [10, 99]}, "untrained_total": [100, 222]}  # fmt: skip
    seeds = {str(2147483647 - seed): pattern for seed in range(10)}
    figures.append(draw_patterns(seeds, MODELS[1], tmp_path / "patterns.png"))
    note = f"{MODELS[1]}: its first seed, not its best."
    write_why(tmp_path, list(TITLES), CLASSES)
    figures += draw_why(tmp_path, tmp_path, note)
    write_wanted(tmp_path, 12, CLASSES, 1234.5)
    figures += draw_wanted(tmp_path, tmp_path, {"conv2": ("By some rule.", 5)}, note)
    assert not [figure.fault for figure in figures if figure.fault]
    assert len(found) == len(figures) == 6
    assert not any(found.values()), "\n".join(f"{name}: {fault}" for name in found for fault in found[name])
