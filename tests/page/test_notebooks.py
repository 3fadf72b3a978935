"""The page's own pass of networks that were made elsewhere, against Keras's."""

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from model.networks.layers import with_pixels
from model.page.layers import limits_of, live_layers
from model.run.elsewhere import build_elsewhere, read_network
from tests.notebooks import NOTEBOOKS, notebook, one_map_replaced
from tests.page.test_scripts import (
    APART,
    HERE,
    PICTURES,
    as_text,
    assert_equal,
    by_keras,
    by_page,
    node,
)

pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(shutil.which("node") is None, reason="the page's scripts are tested in Node.js"),
]

IN_CI = ("overlapping_pooling", "normalized_after", "strides_and_odd_kernels", "global_average_logits")
ALL = [pytest.param(name, marks=[] if name in IN_CI else pytest.mark.deep) for name in NOTEBOOKS]


@pytest.fixture(params=ALL)
def made(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """A network as Keras has it and as the page does."""
    found = read_network(notebook(request.param, tmp_path)[1])
    pixels = "byte" if request.param == "augmented_bytes" else "unit"
    weights = {name: list(arrays.values()) for name, arrays in found.weights.items()}
    layers = list(live_layers(with_pixels(found.layers, pixels), weights))
    return build_elsewhere(found, pixels), {"layers": layers, "limits": limits_of(layers, PICTURES[:20])}


def test_the_page_computes_what_keras_does(made: Any, tmp_path: Path) -> None:
    model, live = made
    shown = [one["name"] for one in live["layers"] if one["kind"] in ("conv", "pool", "dense")]
    expected = by_keras(model, shown)
    assert_equal(expected, by_page(live, {name: one[0].size for name, one in expected.items()}, tmp_path, {}))
    for layer, limit in live["limits"].items():
        largest = float(np.percentile(np.abs(expected[layer][:20]), 99.5))
        assert limit == pytest.approx(largest, rel=1e-3), f"the scale of {layer}'s maps is not theirs"


def test_the_arithmetic_shown_is_kerass(made: Any, tmp_path: Path) -> None:
    model, live = made
    kinds = [one["kind"] for one in live["layers"]]
    names = [one["name"] for one in live["layers"]]
    shown = [name for name, kind in zip(names, kinds, strict=True) if kind in ("conv", "pool")]
    convolutions = [name for name, kind in zip(names, kinds, strict=True) if kind == "conv"]
    if not convolutions:
        pytest.skip("it has no maps")
    expected = by_keras(model, shown)
    rng = np.random.default_rng(1)
    places = []
    for name in convolutions * 5:
        height, width, filters = expected[name].shape[1:]
        row, column, one = (int(rng.integers(end)) for end in (height, width, filters))
        places.append({"picture": 3, "layer": name, "filter": one, "row": row, "column": column})
    given = {"network": live, "pictures": as_text(PICTURES[:4]), "places": places}
    (tmp_path / "in.json").write_text(json.dumps(given, default=as_text))
    told = json.loads(node(HERE / "run_workings.mjs", tmp_path / "in.json"))
    for place, found in zip(places, told, strict=True):
        layer = place["layer"]
        largest = np.abs(expected[layer]).max()
        value = expected[layer][3, place["row"], place["column"], place["filter"]]
        assert abs(found["value"] - value) < APART * largest, f"the number shown of {place} is not Keras's"
        after = shown.index(layer) + 1
        if found["result"] is not None:
            pooled = expected[shown[after]][3, ..., place["filter"]]
            apart = np.abs(pooled - found["result"]).min()
            assert apart < APART * max(1, np.abs(pooled).max()), f"the pooled number shown of {place}"


def test_a_filter_switched_off_is_the_plain_way(made: Any, tmp_path: Path) -> None:
    model, live = made
    convolutions = [one["name"] for one in live["layers"] if one["kind"] == "conv"]
    if not convolutions:
        pytest.skip("it has no filters")
    pictures = PICTURES[..., None] / np.float32(255)
    expected = {"probabilities": one_map_replaced(model, convolutions[0], pictures)(1, 0.125)}
    off = {convolutions[0]: {"1": 0.125}}
    assert_equal(expected, by_page(live, {"probabilities": expected["probabilities"][0].size}, tmp_path, off))
