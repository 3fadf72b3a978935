"""Test pictures describe: nothing that is learned or chosen depends on them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from configs.schema import Config
from data.splits import Split, Splits
from model.experiment.conductor import Experiment
from model.inspection import job as looking
from model.run.folder import RunFolder
from tests.program.test_kills import bits_of

CNN = {"architecture": "cnn", "filters": [3, 4], "units": [8]}
MODELS = {"dense": {"architecture": "dense", "units": [8]}, "cnn": CNN}
RECIPE = {"epochs": 2, "learning_rate": 0.01, "precision": "float32"}
CHOSEN = ("rank", "mean", "moved", "kernel_match", "kept", "num_units")
CHOSEN += ("validation_accuracy", "validation_loss", "validation_loss_increase", "validation_loss_interval")


def rectangles(num_images: int, seed: int) -> Split:
    """Upright ones, lying ones and squares, bright on black."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, num_images, dtype=np.uint8)
    images = np.zeros((num_images, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = rng.integers(1, 12, 2)
        height, width = ((15, 4), (4, 15), (8, 8))[label]
        image[row : row + height, column : column + width] = rng.integers(90, 256)
    return Split(images, labels)


def made(folder: Path, splits: Splits) -> dict[str, Any]:
    """What trainings and inspections leave, by their jobs as the conductor plans them, one after another."""
    config = Config(name="made-up", seeds=(0,), models=MODELS, training=RECIPE)  # type: ignore[arg-type]
    experiment = Experiment(config, splits, RunFolder(folder), Console(quiet=True), debug=False)
    for task in experiment.plan.left():
        if task.kind in ("training", "inspection"):
            job = experiment.plan.job(task)
            job.function(splits, lambda progress: None, **job.arguments)
    experiment._keep_likeness()
    return bits_of(folder)


def chosen(value: Any) -> Any:
    """Of JSON what training and validation pictures alone decide."""
    if isinstance(value, dict):
        inner = {key: one if key in CHOSEN else chosen(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if key in CHOSEN or one}
    return [one for one in map(chosen, value) if one] if isinstance(value, list) else None


def test_test_pictures_decide_nothing_that_is_learned_or_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what is drawn and made up begins with test pictures, and tells of them
    monkeypatch.setattr(looking, "draw_inside", lambda *arguments: [])
    monkeypatch.setattr("model.attribution.wanted.wanted", lambda *arguments: None)
    names = ("upright", "lying", "square")
    test = rectangles(60, seed=2)
    splits = Splits(rectangles(400, seed=0), rectangles(150, seed=1), test, names, "Made up", "made up", "0")
    other = Split(255 - test.images[:40].transpose(0, 2, 1), (test.labels[:40] + 1) % 3)
    first, second = made(tmp_path / "one", splits), made(tmp_path / "two", replace(splits, test=other))
    assert first["cnn/seed-0/metrics.json"]["accuracy"] > 0.5, "this test sees nothing: nothing was learned"
    told = "cnn/inspection/passports.json"
    assert any(one["rank"] for one in first[told]), "this test sees nothing: no filter has a rank"
    assert first[told] != second[told], "this test sees nothing: other pictures are told of in the same way"
    apart = []
    for name, value in first.items():
        if ".json" in name:
            same = json.dumps(chosen(value)) == json.dumps(chosen(second[name]))
        elif any(part in name for part in (".keras", "history.csv", "likeness.npz", "/filters.npz")):
            same = np.array_equal(value, second[name])
        else:
            continue  # of test pictures, and says so
        apart += [] if same else [name]
    assert not apart, f"test pictures decide what they may only describe: {', '.join(apart)}"
