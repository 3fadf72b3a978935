"""Networks made by stock Keras as notebooks make them: what they answer here is what they answer there."""

from typing import NamedTuple

import keras
import numpy as np
import pytest

from model.networks.as_arrays import forward, logits_of, to_input
from model.networks.facts import facts_of
from model.networks.layers import Activation, Convolution, Dropout, Normalization, Pooling
from model.networks.take_apart import take_apart
from model.networks.traces import trace
from model.run.elsewhere import Elsewhere, build_elsewhere, read_network
from model.worth.ablation import Ablation
from tests.notebooks import NOTEBOOKS, notebook, one_map_replaced
from tests.worth.test_ablation import blocks

pytestmark = pytest.mark.numeric

CLOSE = 1e-5
RNG = np.random.default_rng(0)
IMAGES = blocks(70)
IN_CI = ("course_cnn", "normalized_after", "strides_and_odd_kernels", "global_average_logits")
IN_CI = (*IN_CI, "with_its_mirror_image")
ALL = [pytest.param(name, marks=[] if name in IN_CI else pytest.mark.deep) for name in NOTEBOOKS]


class Case(NamedTuple):
    """A stock model, what was read of its file, and the model that is built of that here."""

    stock: keras.Model
    found: Elsewhere
    ours: keras.Model
    read: np.ndarray  # what the stock model takes of `IMAGES`


@pytest.fixture(scope="module", params=ALL)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    stock, path = notebook(request.param, tmp_path_factory.mktemp("notebooks"))
    found = read_network(path)
    pixels = "byte" if request.param == "augmented_bytes" else "unit"
    read = IMAGES.astype(np.float32) / np.float32(1 if pixels == "byte" else 255)
    if found.dtype != "float32":  # its weights in an arithmetic that has all digits
        weights = [array.astype(np.float32) for array in stock.get_weights()]
        stock = keras.models.clone_model(stock, clone_function=_as_float32)
        stock.set_weights(weights)
    return Case(stock, found, build_elsewhere(found, pixels), read.reshape(-1, *found.input_shape))


def _as_float32(layer: keras.layers.Layer) -> keras.layers.Layer:
    return type(layer).from_config(layer.get_config() | {"dtype": "float32"})


def softmax(logits: np.ndarray) -> np.ndarray:
    odds = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return odds / odds.sum(axis=-1, keepdims=True)


def outputs_of(model: keras.Model, names: list[str], images: np.ndarray) -> list[np.ndarray]:
    look = keras.Model(model.inputs, {name: model.get_layer(name).output for name in names})
    found = look([images], training=False)
    return [np.asarray(found[name]) for name in names]


def test_it_answers_as_stock_keras_does(case: Case) -> None:
    expected = np.asarray(case.stock(case.read, training=False))
    expected = softmax(expected) if case.found.logits else expected
    given = np.asarray(case.ours(to_input(IMAGES), training=False))
    assert np.abs(given - expected).max() < CLOSE, "its probabilities are not those of the notebook"
    assert given.std(axis=0).max() > 1e-3, "this test sees nothing: it answers all alike"
    assert case.found.num_classes == given.shape[1]
    counted = sum(fact.parameters for fact in facts_of(case.found.layers))
    assert counted == case.stock.count_params(), "it has other parameters than Keras counts"


def test_every_map_is_that_of_stock_keras(case: Case) -> None:
    apart = [
        one
        for one in case.found.layers
        if isinstance(one, Convolution | Pooling | Activation | Normalization)
    ]
    names = [one.name for one in apart]
    if not names:
        pytest.skip("it has dense layers alone")
    ours = outputs_of(case.ours, names, to_input(IMAGES))
    theirs = outputs_of(case.stock, [case.found.names[name] for name in names], case.read)
    for name, given, expected in zip(names, ours, theirs, strict=True):
        if given.size == expected.size:  # where a layer was taken as two, the first has no counterpart
            largest = np.abs(expected).max()
            assert np.abs(given.reshape(expected.shape) - expected).max() < CLOSE * largest, f"{name} differs"


def test_taken_apart_it_has_the_maps_and_answers_of_the_whole(case: Case) -> None:
    network = take_apart(case.ours)
    x = to_input(IMAGES)
    maps = forward(network.convolutions, x)
    found = {one.name: m.map for one, m in zip(network.convolutions, maps, strict=True)}
    found |= {name: pooled for m in maps for name, pooled in m.pools.items()}
    expected = outputs_of(case.ours, list(found), x) if found else []
    for (name, given), keras_ in zip(found.items(), expected, strict=True):
        assert np.abs(given - keras_).max() < CLOSE * np.abs(keras_).max(), f"the maps of {name} differ"
    first, logits = network.dense[0], []
    for view in [x, x[:, :, ::-1]] if network.flips else [x]:
        read = forward(network.convolutions, view)[-1].pooled if maps else view
        features = np.reshape(read, (len(IMAGES), -1))
        logits.append(logits_of(network.dense, features @ first.weights + first.bias))
    given = np.asarray(case.ours(x, training=False))
    apart = np.abs(softmax(np.mean(logits, axis=0)) - given).max()
    assert apart < CLOSE, "its dense layers answer otherwise"


def test_without_a_filter_it_answers_as_the_plain_way(case: Case) -> None:
    network = take_apart(case.ours)
    if not network.convolutions:
        pytest.skip("it has no filters")
    constants = [RNG.uniform(-0.3, 0.5, one.num_filters).astype(np.float32) for one in network.convolutions]
    ablation = Ablation(network, constants)
    parts = [part for _, part in trace(network, IMAGES, lambda _, t: ablation.answers(t.views))]
    without = softmax(np.concatenate([part[1] for part in parts], axis=1))
    number = 0
    for convolution, values in zip(network.convolutions, constants, strict=True):
        plain = one_map_replaced(case.ours, convolution.name, np.asarray(to_input(IMAGES)))
        for index, value in enumerate(values):
            apart = np.abs(without[number] - plain(index, value)).max()
            assert apart < CLOSE, f"without filter {index} of {convolution.name} it is {apart:.1e} off"
            number += 1


def test_layers_are_called_as_ours_with_their_own_names_beside(case: Case) -> None:
    names = [layer.name for layer in case.found.layers]
    assert len(set(names)) == len(names)
    assert names[-1] == "probabilities"
    theirs = {layer.name for layer in case.stock.layers}
    assert set(case.found.names.values()) <= theirs, "a name is not in the file"
    assert names == [one.name for one in case.ours.layers if one.name not in ("image", "pixels")]
    assert not [
        one for one in case.found.layers if isinstance(one, Dropout) and one.name not in case.found.names
    ]
