"""Every figure that a look into a network leaves, a second way: of which split, network, filter and class."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from keras import Model

from configs.schema import Cnn
from data.splits import Split, Splits
from model.inspection.inspect import inspect
from model.inspection.kernels import measure_tuning, preferred_orientation
from model.networks.build import build
from model.networks.facts import layer_facts
from model.networks.patterns import match_kernels, pattern_bank
from model.networks.take_apart import take_apart
from model.worth.passes import kept_sets
from tests.inspection.test_passport import as_input, make_splits, mean_loss, passports_of

NETWORK = Cnn(filters=(5, 4), units=())
LAYERS = ("conv1", "conv2")
CLOSE = 1e-5  # of float32 sums in another order


class Looked(NamedTuple):
    """A network, the one it is compared with, the images, and the folder of the look."""

    model: Model
    untrained: Model
    splits: Splits
    folder: Path


def fitted(seed: int, splits: Splits) -> Model:
    """A network that answers well, so that a missing filter is felt: its last layer is fitted to the filters.

    Biases are away from 0, where they start.
    """
    model, rng = build(NETWORK, 3, seed), np.random.default_rng(seed)
    for name in LAYERS:
        kernel, bias = model.get_layer(name).get_weights()
        model.get_layer(name).set_weights([kernel, rng.uniform(-0.1, 0.1, bias.shape)])
    seen = Model(model.input, model.get_layer("flatten").output)(as_input(splits.train)).numpy()
    seen = np.hstack([seen, np.ones((len(seen), 1))])
    wanted = 4 * np.eye(3)[splits.train.labels]
    weights = np.linalg.solve(seen.T @ seen + 0.1 * np.eye(seen.shape[1]), seen.T @ wanted)
    model.get_layer("probabilities").set_weights([weights[:-1], weights[-1]])
    return model


def look(model: Model, untrained: Model, splits: Splits, folder: Path) -> Path:
    inspect(model, untrained, layer_facts(NETWORK, 3), splits, 2, folder, lambda *_: None)
    return folder


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    splits = make_splits()
    model, untrained = fitted(2, splits), build(NETWORK, 3, seed=7)
    return Looked(model, untrained, splits, look(model, untrained, splits, tmp_path_factory.mktemp("look")))


def maps(model: Model, layer: str, split: Split) -> np.ndarray:
    """Keras's maps, float64 (n, height, width, filters)."""
    part = Model(model.input, model.get_layer(layer).output)
    return part(as_input(split)).numpy().astype(np.float64)


def layers_of(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "layers.json").read_text()))


@pytest.mark.parametrize("layer", LAYERS)
def test_kernels_are_told_of_the_right_network(looked: Looked, layer: str) -> None:
    model, untrained, _, folder = looked
    passports, number = passports_of(folder, layer), LAYERS.index(layer)
    (kernel, _), (before, _) = (one.get_layer(layer).get_weights() for one in (model, untrained))
    black = Split(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))
    background = maps(model, layer, black)[0, 5, 5]
    for passport in passports:
        f = passport["index"]
        distance = np.linalg.norm(kernel[..., f] - before[..., f])
        assert passport["moved"]["distance"] == pytest.approx(distance, rel=CLOSE)
        relative = distance / np.linalg.norm(before[..., f])
        assert passport["moved"]["relative"] == pytest.approx(relative, rel=CLOSE), "over the length before"
        assert passport["background"]["after_relu"] == pytest.approx(background[f], abs=CLOSE)
        if number:
            lengths = np.linalg.norm(kernel[..., f], axis=(0, 1))
            heaviest = sorted(range(5), key=lambda channel: -lengths[channel])[:3]
            assert [one["channel"] for one in passport["heaviest_slices"]] == heaviest
    for network, told in ((model, passports), (untrained, [passport["untrained"] for passport in passports])):
        degrees, strength = preferred_orientation(measure_tuning(take_apart(network))[number])
        assert [one["orientation_degrees"] for one in told] == degrees
        assert [one["orientation_strength"] for one in told] == strength
        weights = network.get_layer(layer).get_weights()[0]
        expected = [None] * 4 if number else match_kernels(weights, pattern_bank(3))
        assert [one["kernel_match"] for one in told] == expected


def test_stored_maps_and_weights_are_of_the_right_network(looked: Looked) -> None:
    model, untrained, splits, folder = looked
    with np.load(folder / "activations.npz") as stored, np.load(folder / "untrained.npz") as control:
        shown = Split(splits.test.images[stored["indices"]], splits.test.labels[stored["indices"]])
        for layer in ("conv1", "pool1", "conv2", "pool2"):
            for network, found in ((model, stored), (untrained, control)):
                expected = maps(network, layer, shown)
                np.testing.assert_allclose(found[layer], expected, atol=CLOSE, err_msg=layer)
            if layer in LAYERS:
                kernel, bias = untrained.get_layer(layer).get_weights()
                np.testing.assert_array_equal(control[f"{layer}/kernel"], kernel)
                np.testing.assert_array_equal(control[f"{layer}/bias"], bias)
        for entry in layers_of(folder)["layers"]:
            limit = np.percentile(np.abs(stored[entry["name"]]), 99.5)
            assert entry["limit"] == pytest.approx(limit), "the scale is of another layer"


def test_the_whole_network_is_told_on_test_images(looked: Looked) -> None:
    model, _, splits, folder = looked
    told = layers_of(folder)
    answers = model(as_input(splits.test)).numpy()
    assert told["loss"] == pytest.approx(mean_loss(answers, splits.test), abs=CLOSE)
    assert told["accuracy"] == (answers.argmax(-1) == splits.test.labels).mean()
    assert (told["num_train"], told["num_validation"], told["num_test"]) == (200, 100, 150)
    for layer in LAYERS:
        passports = passports_of(folder, layer)
        entry = next(one for one in told["layers"] if one["name"] == layer)
        oriented = sum(passport["orientation_degrees"] is not None for passport in passports)
        before = sum(passport["untrained"]["orientation_degrees"] is not None for passport in passports)
        assert (entry["num_oriented"], entry["num_oriented_untrained"]) == (oriented, before)
    named = [passport["kernel_match"]["name"] for passport in passports_of(folder, "conv1")]
    before = [passport["untrained"]["kernel_match"]["name"] for passport in passports_of(folder, "conv1")]
    [entry] = [one for one in told["layers"] if one["name"] == "conv1"]
    assert entry["num_named"] == len(named) - named.count(None)
    assert entry["num_named_untrained"] == len(before) - before.count(None)


def test_sets_grow_by_the_best_filters_and_at_random() -> None:
    """Filters 1, 3, 2, 0 in that order: one that is not its own inverse."""
    sets = kept_sets(np.array([0.1, 0.4, 0.2, 0.3])).reshape(11, 4, 4)
    assert [set(np.flatnonzero(kept)) for kept in sets[0]] == [{1}, {1, 3}, {1, 2, 3}, {0, 1, 2, 3}]
    for order in sets:
        assert order.sum(axis=1).tolist() == [1, 2, 3, 4]
        assert (order[1:] >= order[:-1]).all(), "a filter that was kept is left out of a larger set"
    assert len({order.tobytes() for order in sets}) > 5, "random orders are alike"
    assert kept_sets(np.arange(20.0)).reshape(11, -1, 20)[0].sum(axis=1).tolist() == [
        *(1, 2, 3, 4, 6, 8, 12, 16, 20)
    ]


@pytest.mark.parametrize("dark", ["train", "test"])
def test_a_filter_that_some_image_excites_is_not_dead(looked: Looked, tmp_path: Path, dark: str) -> None:
    """Be it a training image alone or a test image alone."""
    model, untrained, splits, _ = looked
    model = Model(model.input, model.outputs)
    weights = model.get_weights()
    kernel, bias = (array.copy() for array in weights[:2])
    kernel[:] = np.array([0.2, 0, 0.2, 0.2, 0.2])  # one answers to whatever is bright, one to nothing
    bias[:] = 0
    split = getattr(splits, dark)
    night = replace(splits, **{dark: Split(np.zeros_like(split.images), split.labels)})
    try:
        model.set_weights([kernel, bias, *weights[2:]])
        look(model, untrained, night, tmp_path)
    finally:
        model.set_weights(weights)
    passports = passports_of(tmp_path, "conv1")
    assert [passport["dead"] for passport in passports] == [False, True, False, False, False]
    assert [passport["mean"] > 0 for passport in passports] == [dark == "test" and i != 1 for i in range(5)]
    assert [bool(passport["top_images"]) for passport in passports] == [
        dark == "train" and i != 1 for i in range(5)
    ]
    if dark == "train":
        assert {passport["rank"] for passport in passports} == {None}, (
            "a filter that no training picture excites has no rank, whatever test pictures do"
        )


def test_the_angles_of_orientation_curves_are_told(looked: Looked) -> None:
    told = layers_of(looked.folder)["orientation"]
    curve = passports_of(looked.folder, "conv1")[0]["orientation_curve"]
    assert told["angles"] == [180 * number / len(curve) for number in range(len(curve))]
    assert 0 < told["threshold"] < 1


def test_what_names_are_given_by_is_told(looked: Looked) -> None:
    bank, told = pattern_bank(3), layers_of(looked.folder)["matching"]
    assert bank is not None
    assert told["threshold"] == bank.threshold
    flat = {name: np.ravel(pattern).tolist() for name, pattern in told["patterns"].items()}
    assert flat == dict(zip(bank.names, bank.patterns.tolist(), strict=True))
