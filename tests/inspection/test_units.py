"""The units of a dense network, a second way: which are chosen, on which images, and what each is worth."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import Model

from configs.schema import Dense
from data.splits import Split
from model.inspection.inspect import inspect
from model.inspection.units import NUM_UNITS, neighbour_correlation
from model.networks.build import build
from model.networks.facts import layer_facts
from tests.benchmark.ablation import plain_ablation
from tests.inspection.test_passport import as_input, make_splits, mean_loss

NETWORK = Dense(units=(30, 7))
SPLITS = make_splits()


def answers(model: Model, split: Split) -> np.ndarray:
    """Of the first layer after ReLU, float64 (n, units)."""
    part = Model(model.input, model.get_layer("dense1").output)
    return part(as_input(split)).numpy().astype(np.float64)


@pytest.fixture(scope="module")
def model() -> Model:
    """With biases and lengths of weights that differ from unit to unit."""
    model, rng = build(NETWORK, 3, seed=1), np.random.default_rng(0)
    for name in ("dense1", "dense2"):
        kernel, bias = model.get_layer(name).get_weights()
        scale = rng.uniform(0.5, 2, (1, len(bias)) if name == "dense1" else (len(kernel), 1))
        model.get_layer(name).set_weights([kernel * scale, rng.uniform(-0.2, 0.2, bias.shape)])
    return model


@pytest.fixture(scope="module")
def told(model: Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("units")
    untrained = build(NETWORK, 3, seed=4)
    inspect(model, untrained, layer_facts(NETWORK, 3), SPLITS, 1, folder, lambda *_: None)
    found: dict[str, Any] = json.loads((folder / "units.json").read_text())
    found["by_index"] = {unit["index"]: unit for unit in found["units"]}
    return found


def test_those_are_chosen_whose_answers_move_the_next_layer_most(model: Model, told: dict[str, Any]) -> None:
    reading = model.get_layer("dense2").get_weights()[0]
    moves = answers(model, SPLITS.validation).std(axis=0) * np.linalg.norm(reading, axis=1)
    assert set(told["by_index"]) == set(np.argsort(-moves)[:NUM_UNITS].tolist())
    assert told["num_units"] == 30


def test_means_are_of_training_images_and_the_rest_of_test_images(model: Model, told: dict[str, Any]) -> None:
    train, test, labels = answers(model, SPLITS.train), answers(model, SPLITS.test), SPLITS.test.labels
    kernel, before = model.get_layer("dense1").get_weights()[0], build(NETWORK, 3, seed=4).get_weights()[0]
    for index, unit in told["by_index"].items():
        assert unit["mean"] == pytest.approx(train[:, index].mean(), rel=1e-5)
        means = [test[labels == label, index].mean() for label in range(3)]
        assert unit["class_mean"] == pytest.approx(means, rel=1e-5)
        strongest = np.sort(test[:, index])[::-1][:9]
        assert [one["activation"] for one in unit["top_images"]] == pytest.approx(strongest, rel=1e-5)
        for one in unit["top_images"]:
            assert test[one["index"], index] == pytest.approx(one["activation"], rel=1e-5), "another image"
        distance = np.linalg.norm(kernel[:, index] - before[:, index])
        assert unit["moved"]["distance"] == pytest.approx(distance, rel=1e-5)
        assert unit["moved"]["relative"] == pytest.approx(
            distance / np.linalg.norm(before[:, index]), rel=1e-5
        )


def test_units_are_ranked_on_validation_images_and_told_on_test_images(
    model: Model, told: dict[str, Any]
) -> None:
    means = answers(model, SPLITS.train).mean(axis=0)
    increases = {}
    for key, split in (("validation_loss_increase", SPLITS.validation), ("loss_increase", SPLITS.test)):
        plain = plain_ablation(model, split.images, {"dense1": means})
        intact = mean_loss(model(as_input(split)).numpy(), split)
        for index, unit in told["by_index"].items():
            increases[key, index] = mean_loss(plain[index], split) - intact
            assert unit["ablation"][key] == pytest.approx(increases[key, index], abs=1e-5), key
    ranked = [unit for unit in told["units"] if unit["rank"] is not None]
    by_rank = [increases["validation_loss_increase", unit["index"]] for unit in ranked]
    assert [unit["rank"] for unit in ranked] == list(range(1, len(ranked) + 1)), "the ranked come first"
    np.testing.assert_array_less(np.diff(by_rank), 1e-5, "the next may not cost more")
    for unit in told["units"]:
        low = unit["ablation"]["validation_loss_interval"][0]
        assert (unit["rank"] is not None) == (low > 0 and unit["mean"] != 0), "ranked by noise"
    others = [unit["index"] for unit in told["units"] if unit["rank"] is None]
    assert others == sorted(others)


def test_neighbours_are_beside_and_above_one_another() -> None:
    weights = np.random.default_rng(2).normal(size=(9, 2))
    pairs = []
    for unit in range(2):
        picture = weights[:, unit].reshape(3, 3)
        for row in range(3):
            for column in range(3):
                if row < 2:
                    pairs.append((picture[row, column], picture[row + 1, column]))
                if column < 2:
                    pairs.append((picture[row, column], picture[row, column + 1]))
    expected = np.corrcoef(np.array(pairs).T)[0, 1]
    assert neighbour_correlation(weights) == pytest.approx(expected)
