"""What the page is told of networks and their filters."""

import re
from pathlib import Path

import numpy as np
import pytest

from configs.networks import Cnn, Dense
from model.inspection.files import Inspection, read_inspection
from model.page import layers as page_layers
from model.page.networks import live_network, live_passports, off_in_words
from model.run.folder import RunError
from tests.inspection_folders import write_cnn

NETWORK = Cnn(filters=(8, 7), units=(8,))
CLASSES = ("Coat", "Bag", "Shoe")
BLACK = np.zeros((2, 28, 28), np.uint8)


def test_the_scale_of_maps_is_that_of_all_pictures_however_many_go_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    random = np.random.default_rng(0)
    convolution = {"kind": "conv", "name": "conv1", "strides": 1, "padding": "same", "bias": np.float32(0.1)}
    convolution["weights"] = random.normal(size=(3, 3, 1, 4)).astype(np.float32)
    pictures = random.integers(0, 256, (7, 28, 28), np.uint8)
    together = page_layers.limits_of([convolution], pictures)
    monkeypatch.setattr(page_layers, "BYTES", 1)
    assert page_layers.limits_of([convolution], pictures) == pytest.approx(together), "pictures are left out"


@pytest.fixture
def found(tmp_path: Path) -> Inspection:
    read = read_inspection(write_cnn(tmp_path / "inspection", NETWORK))
    assert isinstance(read, Inspection)
    return read


def test_passports_are_in_the_order_and_the_words_of_the_run(found: Inspection) -> None:
    layers, _ = live_passports(found, CLASSES, "mean")
    assert list(layers) == ["conv1", "conv2"]
    for layer in found.convolutions:
        told = layers[layer.name]
        assert [one["index"] for one in told["filters"]] == [one.index for one in layer.passports]
        ranked = [one["rank"] is not None for one in told["filters"]]
        assert ranked == sorted(ranked, reverse=True), "filters that are ranked come first"
        counts = [group["count"] for group in told["groups"]]
        assert sum(counts) == len(told["filters"])
        assert counts[0] == sum(ranked), "the first group is of those that are ranked"
        assert told["groups"][0]["words"].startswith("Ranked by"), "and says so"
        apart = ["another quantity" in group["words"] for group in told["groups"]]
        assert apart == [True, *[False] * (len(apart) - 1)], "the numbers below look like those that rank"
        assert told["groups"][-1]["words"].startswith("Dead:"), (
            "every seventh filter is dead, and that is said"
        )
        dead = [one["index"] for one in told["filters"] if one["dead"]]
        assert dead == [one["index"] for one in told["filters"][-counts[-1] :]]
        best = told["filters"][0]
        assert best["worth"].startswith("without it 9 of 60 answers change: 6 become wrong, 3 right; 3 lost")
        assert best["words"].endswith("Shoe most, Coat least")


def test_kernels_before_training_are_of_the_first_layer_alone(found: Inspection) -> None:
    layers, _ = live_passports(found, CLASSES, "mean")
    assert layers["conv1"]["untrained"].dtype == np.float32
    assert np.allclose(layers["conv1"]["untrained"], found.convolutions[0].untrained_kernel)
    assert layers["conv2"]["untrained"] is None, "a stack of slices has no picture"
    assert layers["conv1"]["filters"][0]["reads"] == []
    assert layers["conv2"]["filters"][0]["reads"][0] == {"channel": 0, "share": 0.2}


@pytest.mark.parametrize(
    ("replacement", "value", "words"), [("mean", 0.5, "mean over"), ("zero", 0.0, "is 0")]
)
def test_a_filter_that_is_off_has_what_its_worth_was_measured_with(
    replacement: str, value: float, words: str, found: Inspection
) -> None:
    layers, _ = live_passports(found, CLASSES, replacement)  # type: ignore[arg-type]
    assert layers["conv1"]["filters"][0]["replacement"] == value
    assert words in off_in_words(replacement), "the colour of its map is not explained"  # type: ignore[arg-type]


def test_the_pictures_that_passports_show_are_told(found: Inspection) -> None:
    layers, indices = live_passports(found, CLASSES, "mean")
    shown = {
        example["index"]
        for layer in layers.values()
        for one in layer["filters"]
        for example in (*one["strongest"], *one["median"])
    }
    assert indices == sorted(shown)
    assert all(len(one["strongest"]) <= 6 for layer in layers.values() for one in layer["filters"])


def test_a_network_that_cannot_be_used_is_told_with_a_remedy(tmp_path: Path) -> None:
    path = tmp_path / "run" / "cnn" / "seed-0" / "model.keras"
    path.parent.mkdir(parents=True)
    with pytest.raises(RunError, match="is missing"):
        live_network(path, NETWORK, 3, BLACK)
    path.write_bytes(b"no network")
    with pytest.raises(RunError, match="is damaged"):
        live_network(path, NETWORK, 3, BLACK)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    from model.networks.build import build

    path = tmp_path / "run" / "cnn" / "seed-0" / "model.keras"
    path.parent.mkdir(parents=True)
    model = build(NETWORK, 3, seed=0)
    model.save(path)
    with pytest.raises(RunError, match=re.escape("does not fit")):
        live_network(path, Dense(), 3, BLACK)
    swapped = Cnn(filters=(6, 8), units=(8,))  # as many layers of the same kinds
    with pytest.raises(RunError, match=re.escape("does not fit")):
        live_network(path, swapped, 3, BLACK)
    model.get_layer("conv1").bias.assign(np.full(8, np.nan))
    model.save(path)
    with pytest.raises(RunError, match="not finite"):
        live_network(path, NETWORK, 3, BLACK)


def test_maps_that_are_black_have_a_scale_all_the_same(tmp_path: Path) -> None:
    from model.networks.build import build

    path = tmp_path / "model.keras"
    build(NETWORK, 3, seed=0).save(path)  # biases start at 0: to black pictures nothing answers
    assert live_network(path, NETWORK, 3, BLACK)["limits"] == {"conv1": 1.0, "conv2": 1.0}
