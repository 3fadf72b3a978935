import csv
import json
import zipfile
from dataclasses import replace

import keras
import numpy as np
import pytest

from configs.schema import Augmentation, Cnn, Training
from data.splits import Split, Splits
from model.attribution.job import explain_model
from model.inspection.job import inspect_model
from model.networks.build import build
from model.run.checkpoints import Checkpoint, Checkpoints
from model.run.jobs import JobFailed
from model.run.looks import Look
from model.run.rules import RULES
from model.run.saved import load, model_bytes
from model.run.speed import probe_speed
from model.training.job import _shown, _train_on, train_and_score
from model.training.train import Progress, State
from tests.conftest import IN_TURN

pytestmark = pytest.mark.numeric

IMAGES = Split(np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8))
SPLITS = Splits(IMAGES, IMAGES, IMAGES, ("a", "b"), "Nothing", "made up", "0")
NETWORK = Cnn(architecture="cnn", filters=(2,), units=())


def test_the_speed_in_float32_is_told_before_bfloat16_is_tried():
    told = []

    class NoBfloat16(Exception):
        """What stands in for a processor that dies of bfloat16."""

    def report(speeds):
        told.append(speeds)
        raise NoBfloat16

    with pytest.raises(NoBfloat16):
        probe_speed(SPLITS, report, bfloat16=True)
    assert list(told[0]) == ["float32"], "a probe that dies must have told the speed in float32 before"
    assert 1e9 < told[0]["float32"] < 1e13, "FLOP/s of one thread, between a phone's and a dream's"


def test_a_model_as_bytes_is_a_whole_keras_file(tmp_path):
    model = build(NETWORK, 2, seed=0)
    path = tmp_path / "x.keras"
    path.write_bytes(model_bytes(model))
    assert zipfile.is_zipfile(path)
    image = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(keras.models.load_model(path)(image), model(image))


def test_a_model_that_cannot_be_loaded_is_named(tmp_path):
    look = Look("cnn", 0, NETWORK, {}, tmp_path / "model.keras", tmp_path / "x", {})
    with pytest.raises(JobFailed, match=r"model.keras is missing; get the whole folder"):
        inspect_model(SPLITS, lambda value: None, look)
    assert not (tmp_path / "x").exists(), "nothing may be written where there is nothing to look into"


def noise(num_images):
    """Images and labels at random, other ones each time."""
    draw = np.random.default_rng(num_images)
    images = draw.integers(0, 256, (num_images, 28, 28), dtype=np.uint8)
    return Split(images, draw.integers(0, 2, num_images, dtype=np.uint8))


THREE = Splits(noise(10), noise(21), noise(32), ("a", "b"), "Nothing", "made up", "0")
HISTORY = [{"epoch": 1, "loss": 0.7, "val_loss": 0.6}, {"epoch": 2, "loss": 0.5, "val_loss": 0.125}]


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_each_split_has_its_use(run, monkeypatch, precision):
    """Learn from the training images, watch the validation images, be scored on the test images."""
    model, asked, folder = build(NETWORK, 2, seed=5), {}, run / "cnn" / "seed-4"
    arguments = {"network": NETWORK, "recipe": Training(epochs=2), "augmentation": Augmentation(shift=1)}
    arguments |= {"seed": 4, "arithmetic": replace(IN_TURN, precision=precision)}
    about = {"environment": {"threads_per_job": 1}, "identity": {"config_digest": "c"}}

    def train(*given, **others):
        names = ("network", "recipe", "augmentation", "train", "validation", "classes", "seed", "arithmetic")
        names += ("rules",)
        asked.update(zip(names, given, strict=True))
        return model, HISTORY

    monkeypatch.setattr("model.training.train.train", train)
    given = train_and_score(THREE, lambda value: None, **arguments, **about, folder=folder)
    assert asked | arguments | {"classes": 2} == asked
    assert asked["rules"] == dict.fromkeys(RULES, 1), "where a run names no rules it is of before"
    assert asked["train"] is THREE.train, "it learns from other images"
    assert asked["validation"] is THREE.validation, "other images than those held out are watched"
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics == given
    assert metrics | {"config_digest": "c", "epochs": 2, "precision": precision} == metrics
    for key, split in (("", THREE.test), ("validation_", THREE.validation)):
        probabilities = model(split.images[..., None] / np.float32(255)).numpy()
        right = probabilities[np.arange(len(split.labels)), split.labels]
        assert metrics[f"{key}accuracy"] == np.mean(probabilities.argmax(axis=1) == split.labels)
        assert metrics[f"{key}loss"] == pytest.approx(-np.log(right).mean(), rel=1e-5)
        if split is THREE.test:
            assert metrics["distinct_answers"] == len(np.unique(probabilities.argmax(axis=1)))
            with np.load(folder / "predictions.npz") as stored:
                np.testing.assert_allclose(stored["probabilities"], probabilities, atol=1e-6)
                np.testing.assert_array_equal(stored["labels"], split.labels)
    assert metrics["accuracy"] != metrics["validation_accuracy"], "this test sees nothing"
    saved = load(folder / "model.keras", NETWORK, 2).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(saved, model.get_weights(), strict=True))
    rows = list(csv.DictReader((folder / "history.csv").open()))
    assert [{key: float(value) for key, value in row.items()} for row in rows] == HISTORY


def test_what_was_spent_before_an_interruption_counts(run):
    checkpoints = Checkpoints(run / "cnn" / "seed-0", {"seed": 0})
    checkpoints.save(Checkpoint([np.zeros(2)], HISTORY[:1], 100.0))

    def train(state, on_epoch):
        assert (state.history, state.variables[0].tolist()) == (HISTORY[:1], [0, 0])
        on_epoch(State([np.ones(2)], HISTORY))
        return "a model", HISTORY

    model, history, seconds = _train_on(checkpoints, pytest.fail, train)
    assert (model, history) == ("a model", HISTORY)
    assert 100 <= seconds < 110, "processor seconds, those before the interruption included"
    left = checkpoints.load(pytest.fail)
    assert (left.history, left.variables[0].tolist()) == (HISTORY, [1, 1])
    assert 100 <= left.seconds <= seconds


class EnoughSeen(Exception):
    """Ends a job where a test has seen what it was to see."""


@pytest.mark.parametrize("stage", ["inspect", "wanted", "explain"])
def test_a_look_has_the_saved_network_and_the_seeds_own_untrained_one(run, monkeypatch, stage):
    saved, asked = run / "model.keras", {}
    saved.write_bytes(model_bytes(build(NETWORK, 2, seed=5)))

    def inspect(model, untrained, facts, splits, images_per_class, folder, on_progress, replacement):
        asked.update(model=model, untrained=untrained, splits=splits)
        assert (images_per_class, replacement, folder) == (3, "zero", run / "look")
        assert stage == "wanted" or _enough()

    def wanted(model, facts, splits, filters, folder, untrained, on_progress):
        asked.update(model=model, untrained=untrained, splits=splits)
        _enough()

    def explain(model, untrained, facts, splits, folder, on_progress):
        asked.update(model=model, untrained=untrained, splits=splits)
        _enough()

    monkeypatch.setattr("model.inspection.inspect.inspect", inspect)
    monkeypatch.setattr("model.attribution.wanted.wanted", wanted)
    monkeypatch.setattr("model.attribution.attribution.explain", explain)
    settings = {"images_per_class": 3, "replacement": "zero"}
    look = Look("cnn", 3, NETWORK, settings, saved, run / "look", {})
    job = explain_model if stage == "explain" else inspect_model
    with pytest.raises(EnoughSeen):
        job(THREE, lambda value: None, look)
    assert asked["splits"] is THREE
    for who, seed in (("model", 5), ("untrained", 3)):
        weights = zip(asked[who].get_weights(), build(NETWORK, 2, seed).get_weights(), strict=True)
        assert all(np.array_equal(a, b) for a, b in weights), f"the {who} network is another one"


def _enough():
    raise EnoughSeen


def test_the_display_is_told_share_epochs_and_the_last_validation() -> None:
    history = [{"val_accuracy": 0.5, "val_loss": 1.0}, {"val_accuracy": 0.915, "val_loss": 0.2345}]
    told = _shown(Progress(3, 4, history), 8)
    assert told == (0.75, "2/8", "validation 91.5 %, loss 0.234")
    history[-1]["val_loss"] = 1.04e34
    assert _shown(Progress(3, 4, history), 8)[2] == "validation 91.5 %, loss 1e+34"
    assert _shown(Progress(0, 4, []), 8) == (0.0, "0/8", ""), "there is nothing to tell of the first epoch"
