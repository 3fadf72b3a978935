"""Looks into networks that were made elsewhere: whatever their layers, what is told is what Keras gives."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from data.splits import Split, Splits
from model.attribution.attribution import explain
from model.attribution.figures import draw_why
from model.attribution.wanted import wanted
from model.inspection.figures import draw_inspection
from model.inspection.inspect import inspect
from model.networks.build import build_of
from model.networks.facts import facts_of
from model.networks.layers import with_pixels
from model.run.elsewhere import build_elsewhere, read_network
from tests.notebooks import NOTEBOOKS, notebook
from tests.worth.test_ablation import blocks

pytestmark = [pytest.mark.numeric, pytest.mark.deep]

IMAGES = blocks(140)


def part(first: int, last: int) -> Split:
    return Split(IMAGES[first:last], (np.arange(first, last) % 10).astype(np.uint8))


SPLITS = Splits(part(0, 60), part(60, 100), part(100, 140), tuple("abcdefghij"), "Blocks", "drawn", "0" * 64)


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_all_that_is_told_is_what_keras_gives(name: str, tmp_path: Path) -> None:
    found = read_network(notebook(name, tmp_path)[1])
    pixels = "byte" if name == "augmented_bytes" else "unit"
    listed, model = with_pixels(found.layers, pixels), build_elsewhere(found, pixels)
    untrained, facts = build_of(listed, 1, "saved"), facts_of(listed)
    inspect(model, untrained, facts, SPLITS, 1, tmp_path, lambda share: None)
    explain(model, untrained, facts, SPLITS, tmp_path)
    figures = [*draw_inspection(tmp_path, SPLITS.test, SPLITS.class_names, tmp_path, name)]
    figures += draw_why(tmp_path, tmp_path)
    assert not [figure.fault for figure in figures if figure.fault]
    told = json.loads(next(tmp_path.glob("layers.json"), tmp_path / "units.json").read_text())
    answers = model.predict(SPLITS.test.images[..., None] / np.float32(255), verbose=0).argmax(axis=1)
    assert told["accuracy"] == pytest.approx((answers == SPLITS.test.labels).mean())
    if (tmp_path / "passports.json").exists():
        check_wanted(model, untrained, facts, tmp_path)


def check_wanted(model: keras.Model, untrained: keras.Model, facts: list, folder: Path) -> None:
    """What a made-up image is said to reach is what the filter's map holds there."""
    passports = json.loads((folder / "passports.json").read_text())
    some = [one for one in passports if one["top_images"] and one["index"] < 2]
    places = {(one["layer"], one["index"]): one["top_images"][0] for one in some}
    for (layer, index), place in places.items():
        maps = keras.Model(model.inputs, model.get_layer(layer).output)
        image = SPLITS.test.images[place["index"]][None, ..., None] / np.float32(255)
        value = np.asarray(maps([image]))[0, place["row"], place["column"], index]
        assert place["activation"] == pytest.approx(value, rel=1e-4, abs=1e-5)
    wanted(model, facts, SPLITS, places, folder, untrained)
    images = np.load(folder / "wanted.npz")
    for entry in json.loads((folder / "wanted.json").read_text())["filters"]:
        layer, index = entry["layer"], entry["index"]
        of_layer = [number for name, number in places if name == layer]
        image = images[layer][of_layer.index(index)]
        maps = keras.Model(model.inputs, model.get_layer(layer).output)
        value = np.asarray(maps([image[None, ..., None]]))[0, entry["row"], entry["column"], index]
        assert entry["activation"] == pytest.approx(value, rel=1e-3, abs=1e-4), f"filter {index} of {layer}"
