import itertools

import keras
import numpy as np
import pytest

from configs.schema import Cnn, Dense
from model.architectures import build, build_for_training, load
from model.layer_facts import layer_facts, receptive_field
from model.run_folder import RunError

NETWORKS = [
    Dense(architecture="dense"),
    Dense(architecture="dense", units=(32, 16), dropout=0.3),
    Dense(architecture="dense", units=(8, 8), batch_normalization=True),
    *(
        Cnn(
            architecture="cnn",
            filters=(4, 6),
            units=(8,),
            padding=padding,
            pooling=pooling,
            batch_normalization=norm,
        )
        for padding, pooling, norm in itertools.product(
            ("valid", "same"), ("max", "average", "none"), (False, True)
        )
    ),
    Cnn(architecture="cnn", filters=(3,), kernel_size=5, dropout=0.5),
    Cnn(architecture="cnn", filters=(3, 4, 5), kernel_size=2, padding="same", units=()),
]
RNG = np.random.default_rng(0)
IMAGES = RNG.random((5, 28, 28, 1), np.float32)


def name(network):
    return "-".join(str(value) for value in network.model_dump().values())


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_facts_derived_from_the_config_are_keras_own(network):
    model = build(network, 10, seed=0)
    facts = layer_facts(network, 10)
    assert sum(fact.parameters for fact in facts) == model.count_params(), "parameters derived wrongly"
    for fact in facts:
        shape = model.get_layer(fact.name).output.shape[1:]
        assert shape == fact.output_shape, f"the size of {fact.name} is derived wrongly"


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_the_training_form_has_the_same_weights_and_values(network):
    model, training = build(network, 10, seed=3), build_for_training(network, 10, seed=3, policy="float32")
    for ours, theirs in zip(model.get_weights(), training.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg="the two forms must start from the same weights")
    weights = [RNG.normal(0.1, 0.3, w.shape).astype(np.float32) ** 2 for w in model.get_weights()]
    model.set_weights(weights)
    training.set_weights(weights)
    probabilities = keras.ops.softmax(training(IMAGES, training=False))
    np.testing.assert_allclose(
        model(IMAGES, training=False),
        probabilities,
        atol=1e-5,
        err_msg="pooling before ReLU changed the result",
    )


def test_the_seed_decides_the_weights():
    network = NETWORKS[3]
    first, again, other = (build(network, 10, seed).get_weights() for seed in (0, 0, 1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True)), "one seed must give one network"
    assert any((a != b).any() for a, b in zip(first, other, strict=True)), "seeds must differ"
    kernels = [
        w for w in build(Dense(architecture="dense", units=(9, 9, 9)), 9, 0).get_weights() if w.ndim == 2
    ]
    assert not (kernels[1] == kernels[2]).all(), "layers of one network must not share their seed"


@pytest.mark.parametrize("layer", ["conv1", "pool1", "conv2", "pool2"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_receptive_field_is_where_the_gradient_is(layer, padding):
    """An independent second way: which pixels change a value of the map at all."""
    import tensorflow as tf

    network = Cnn(architecture="cnn", filters=(2, 2), padding=padding, pooling="average")
    field = receptive_field(layer_facts(network, 10), layer)
    model = build(network, 10, seed=0)
    model.set_weights([np.ones_like(w) for w in model.get_weights()])
    maps = keras.Model(model.inputs, model.get_layer(layer).output)
    image = tf.ones((1, 28, 28, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = maps(image)[0, 2, 3, 0]
    rows, columns = np.nonzero(tape.gradient(value, image).numpy()[0, ..., 0])
    for found, place in ((rows, 2), (columns, 3)):
        start = place * field.stride + field.offset
        expected = max(0, start), min(27, start + field.size - 1)
        assert (found.min(), found.max()) == expected, f"the receptive field of {layer} is derived wrongly"


def test_a_saved_model_is_rebuilt_from_its_config(tmp_path):
    network = NETWORKS[3]
    model = build(network, 10, seed=5)
    model.save(tmp_path / "model.keras")
    loaded = load(tmp_path / "model.keras", network, 10)
    np.testing.assert_array_equal(model(IMAGES), loaded(IMAGES))


def test_a_model_that_does_not_fit_is_named(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(RunError, match=r"model.keras is missing; run train.py"):
        load(path, NETWORKS[0], 10)
    build(NETWORKS[0], 10, seed=0).save(path)
    with pytest.raises(RunError, match=r"model.keras does not fit the network in the run's config.yaml"):
        load(path, NETWORKS[3], 10)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(RunError, match=r"model.keras is damaged"):
        load(path, NETWORKS[0], 10)
