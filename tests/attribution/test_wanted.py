"""Made-up images reach what can be reached, and nothing outside the receptive field is made up."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from configs.schema import Cnn, Dense
from data.splits import Split, Splits
from model.attribution.attribution import Gradients
from model.attribution.wanted import NUM_RANDOM_STARTS, STEP, ascend, wanted
from model.networks.as_arrays import forward
from model.networks.build import build
from model.networks.facts import layer_facts, receptive_field
from model.networks.take_apart import take_apart

pytestmark = pytest.mark.numeric

NETWORK = Cnn(filters=(4, 5), padding="same", units=(8,))
BLACK = np.zeros((3, 28, 28), np.uint8)
PLACE = {"index": 2, "row": 5, "column": 6, "activation": 1.5}


@pytest.fixture(scope="module")
def splits() -> Splits:
    generator = np.random.default_rng(0)
    split = Split(generator.integers(0, 256, (20, 28, 28), np.uint8), (np.arange(20) % 3).astype(np.uint8))
    return Splits(split, split, split, ("a", "b", "c"), "made up", "test", "0")


def test_a_linear_value_is_climbed_to_its_top() -> None:
    weights = np.random.default_rng(1).normal(size=(3, 28, 28)).astype(np.float32)
    free = np.zeros((28, 28), bool)
    free[10:15, 12:17] = True
    images, values = ascend(
        lambda x, t: ((x * weights[t]).sum(axis=(1, 2)), weights[t]), [0, 2], free, BLACK[:2]
    )
    top = np.maximum(weights[[0, 2]], 0)[:, free].sum(axis=1)  # white where a weight is positive
    assert values.max(axis=1) == pytest.approx(top, rel=0.01), "the best image is not found"
    assert (images[:, ~free] == 0).all(), "pixels changed that nothing depends on"
    assert images.min() >= 0
    assert images.max() <= 1


def test_a_hilltop_is_settled_on() -> None:
    """The last steps are short: each has the same length wherever it starts, so a long one would pass by."""
    free = np.ones((28, 28), bool)
    images, _ = ascend(lambda x, t: (-((x - 0.7) ** 2).sum(axis=(1, 2)), 2 * (0.7 - x)), [0], free, BLACK[:1])
    assert np.abs(images[0] - 0.7).max() < STEP / 10, "the climb goes to and fro above the top"


def test_what_nothing_depends_on_stays_gray() -> None:
    images, _ = ascend(
        lambda x, t: (np.zeros(len(x)), np.zeros_like(x)), [0], np.ones((28, 28), bool), BLACK[:1]
    )
    assert images.min() >= 0.4
    assert images.max() <= 0.6


def test_one_climb_starts_from_the_real_picture() -> None:
    """A value with two hills: from gray all climbs reach the lower one."""
    real = BLACK[:1] + np.uint8(255)

    def slope(x: np.ndarray, t: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = x.mean(axis=(1, 2))
        high = mean > 0.9
        return np.where(high, 10 * mean, 1 - mean), np.where(high, 1.0, -1.0)[:, None, None] * np.ones_like(x)

    images, values = ascend(slope, [0], np.ones((28, 28), bool), real)
    assert values[0, :-1].max() == pytest.approx(1, abs=0.01), "this test sees nothing"
    assert values[0, -1] == pytest.approx(10)
    assert images[0].min() == 1, "the best of all climbs is told"


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_the_real_patch_is_where_the_filter_looks(splits: Splits, tmp_path: Path, padding: str) -> None:
    """Without a step, the last climb's value is that of the place where the picture was found."""
    network = Cnn(filters=(4, 5), padding=padding, units=(8,))
    model, facts = build(network, 3, seed=1), layer_facts(network, 3)
    maps = forward(take_apart(model).convolutions, splits.test.images[..., None] / np.float32(255))[1].map
    place = {"index": 7, "row": 3, "column": 6, "activation": float(maps[7, 3, 6, 2])}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("model.attribution.wanted.STEPS", 0)
        wanted(model, facts, splits, {("conv2", 2): place}, tmp_path, model)
    [entry] = json.loads((tmp_path / "wanted.json").read_text())["filters"]
    assert entry["starts"][-1] == pytest.approx(place["activation"], abs=1e-5), "another patch than the best"
    assert place["activation"] > 0, "this test sees nothing"


def test_files_hold_what_the_network_answers(splits: Splits, tmp_path: Path) -> None:
    model, facts = build(NETWORK, 3, seed=1), layer_facts(NETWORK, 3)
    filters = {("conv1", 3): PLACE, ("conv1", 0): PLACE, ("conv2", 4): PLACE}
    wanted(model, facts, splits, filters, tmp_path, build(NETWORK, 3, seed=0))
    document = json.loads((tmp_path / "wanted.json").read_text())
    arrays = dict(np.load(tmp_path / "wanted.npz"))
    assert [(e["layer"], e["index"]) for e in document["filters"]] == list(filters)
    convolutions = take_apart(model).convolutions
    position = {"conv1": 0, "conv2": 0}
    for entry in document["filters"]:
        layer = entry["layer"]
        image = arrays[layer][position[layer]]
        position[layer] += 1
        maps = forward(convolutions, image[None, ..., None])[int(layer[-1]) - 1].map.numpy()
        reached = maps[0, entry["row"], entry["column"], entry["index"]]
        assert entry["activation"] == pytest.approx(float(reached), abs=1e-5), "another activation than shown"
        assert len(entry["starts"]) == NUM_RANDOM_STARTS + 1
        assert entry["activation"] == pytest.approx(max(entry["starts"])), "not the best of the climbs"
        field = receptive_field(facts, layer)
        top, left = (entry[side] * field.stride + field.offset for side in ("row", "column"))
        assert top >= 0, "the field reaches over the border"
        outside = image.copy()
        outside[top : top + field.size, left : left + field.size] = 0
        assert (outside == 0).all(), "pixels outside the receptive field are made up"
        assert entry["real"] == PLACE
    probabilities = model(arrays["classes"][..., None]).numpy()
    everyone = model(splits.test.images[..., None] / np.float32(255)).numpy()
    for label, entry in enumerate(document["classes"]):
        assert entry["probability"] == pytest.approx(float(probabilities[label, label]), abs=1e-5)
        assert entry["probability"] > everyone[:, label].max(), "a random picture is better"
        best = entry["real"]["index"]
        assert np.array_equal(arrays["classes/real"][label], splits.test.images[best])
        assert entry["real"]["label"] == splits.test.labels[best], "the best picture may be of another class"
    assert [entry["real"]["label"] for entry in document["classes"]] != [0, 1, 2], "this test sees nothing"
    opened = Gradients(model, facts)
    logits = opened.logits(splits.test.images / np.float32(255))
    assert [e["real"]["index"] for e in document["classes"]] == logits.argmax(axis=0).tolist()
    assert [e["real"]["logit"] for e in document["classes"]] == pytest.approx(logits.max(axis=0), abs=1e-4)
    reached = opened.logits(arrays["classes"]).diagonal()
    assert [e["logit"] for e in document["classes"]] == pytest.approx(reached, abs=1e-4)
    assert document["searched"] == 20


@pytest.mark.parametrize("filters", [(4, 5), (2, 2, 2, 2)])
def test_the_untrained_network_is_asked_the_same(
    filters: tuple[int, ...], splits: Splits, tmp_path: Path
) -> None:
    """The second network's last filters see more than the picture: there borders count."""
    network = Cnn(filters=filters, padding="same", units=(8,))
    model, control, facts = build(network, 3, seed=1), build(network, 3, seed=5), layer_facts(network, 3)
    layer, index = f"conv{len(filters)}", 1
    wanted(model, facts, splits, {(layer, index): PLACE | {"row": 0, "column": 0}}, tmp_path, control)
    document = json.loads((tmp_path / "wanted.json").read_text())
    arrays = dict(np.load(tmp_path / "wanted.npz"))
    [entry] = document["filters"]
    for who, key in ((model, layer), (control, f"{layer}/untrained")):
        maps = forward(take_apart(who).convolutions, arrays[key][..., None])[-1].map.numpy()
        found = entry if who is model else entry["untrained"]
        value = float(maps[0, entry["row"], entry["column"], index])
        assert found["activation"] == pytest.approx(value, abs=1e-5), f"{key}: another activation than shown"
    assert len(document["classes"]) == len(arrays["classes/untrained"]) == 3
    opened = Gradients(control, facts)
    reached = opened.logits(arrays["classes/untrained"]).diagonal()
    assert [entry["untrained"]["logit"] for entry in document["classes"]] == pytest.approx(reached, abs=1e-4)
    everyone = opened.logits(splits.test.images / np.float32(255))
    assert (reached > everyone.max(axis=0)).all(), "the control did not climb"


def test_the_best_real_picture_is_searched_among_all(splits: Splits, tmp_path: Path) -> None:
    images = np.concatenate([np.zeros((2500, 28, 28), np.uint8), splits.test.images])
    test = Split(images, np.resize(splits.test.labels, len(images)))
    network = Dense(units=())
    model = build(network, 3, seed=1)
    wanted(model, layer_facts(network, 3), replace(splits, test=test), {}, tmp_path, model)
    kernel, bias = model.get_layer("probabilities").get_weights()
    best = (images.reshape(len(images), -1) / 255 @ kernel + bias).argmax(axis=0)
    classes = json.loads((tmp_path / "wanted.json").read_text())["classes"]
    assert best.max() >= 2500, "this test sees nothing"
    assert [entry["real"]["index"] for entry in classes] == best.tolist()


def test_filters_beat_random_patches(splits: Splits, tmp_path: Path) -> None:
    model, facts = build(NETWORK, 3, seed=2), layer_facts(NETWORK, 3)
    wanted(model, facts, splits, {("conv2", index): PLACE for index in range(5)}, tmp_path, model)
    maps = forward(take_apart(model).convolutions, splits.test.images[..., None] / np.float32(255))[1].linear
    best = maps.numpy()[:, 2:-2, 2:-2].max(axis=(0, 1, 2))  # away from the border
    for entry in json.loads((tmp_path / "wanted.json").read_text())["filters"]:
        assert entry["activation"] >= best[entry["index"]], f"filter {entry['index']} prefers random noise"


def test_dense_networks_want_by_class_only(splits: Splits, tmp_path: Path) -> None:
    network = Dense(units=(6,))
    model = build(network, 3, seed=0)
    wanted(model, layer_facts(network, 3), splits, {}, tmp_path, model)
    document = json.loads((tmp_path / "wanted.json").read_text())
    assert document["filters"] == []
    assert len(document["classes"]) == 3
