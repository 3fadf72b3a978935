import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.schema import Cnn, Dense
from model.networks.build import build, layer_seeds
from model.networks.facts import layer_facts, receptive_field
from model.networks.fast_form import build_for_training
from model.networks.fast_layers import FusedNormalization, PooledConvolution
from model.networks.layers import layers_of
from model.networks.patterns import hand_made_kernels
from model.run.folder import RunError
from model.run.saved import load
from tests.conftest import NO_DIGEST

pytestmark = pytest.mark.numeric

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
            ("valid", "same"), ("max", "average", "none", "strides"), (False, True)
        )
    ),
    *(
        Cnn(filters=((4, 5), (6,)), units=(8,), padding=padding, pooling=pooling, batch_normalization=norm)
        for padding, pooling, norm in itertools.product(
            ("valid", "same"), ("max", "average", "none", "strides"), (False, True)
        )
    ),
    Cnn(architecture="cnn", filters=(3,), kernel_size=5, dropout=0.5),
    Cnn(architecture="cnn", filters=(3, 4, 5), kernel_size=2, padding="same", units=()),
    Cnn(architecture="cnn", filters=(3, 4), kernel_size=4, padding="same", pooling="strides", units=()),
    *(
        Cnn(architecture="cnn", filters=(4, 6), units=(8,), kernels=kernels, batch_normalization=norm)
        for kernels, norm in itertools.product(("random", "hand_made"), (False, True))
    ),
    Cnn(filters=((4, 5), (6,)), units=(8,), flip_at_test=True),
    Cnn(filters=(4, 6), units=(), padding="same", batch_normalization=True, flip_at_test=True),
]
FIRST_WEIGHTS = [28.9257, 1330.8175, 6040.7103, 133.3201]  # of seed 0: sums of the kernels' absolute values
RNG = np.random.default_rng(0)
IMAGES = RNG.random((5, 28, 28, 1), np.float32)


def views(network):
    """All that a network looks at to answer IMAGES."""
    flips = isinstance(network, Cnn) and network.flip_at_test
    return [IMAGES, IMAGES[:, :, ::-1]] if flips else [IMAGES]


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
def test_a_saved_model_has_the_layers_of_the_list(network):
    names = [layer.name for layer in build(network, 10, seed=0).layers]
    assert names == ["image", *(layer.name for layer in layers_of(network, 10))]


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_the_training_form_has_the_same_weights_and_values(network):
    model, training = build(network, 10, seed=3), build_for_training(network, 10, seed=3, policy="float32")
    for ours, theirs in zip(model.get_weights(), training.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs, err_msg="the two forms must start from the same weights")
    weights = [RNG.normal(0.1, 0.3, w.shape).astype(np.float32) ** 2 for w in model.get_weights()]
    model.set_weights(weights)
    training.set_weights(weights)
    logits = [training(view, training=False) for view in views(network)]
    probabilities = keras.ops.softmax(sum(logits) / len(logits))
    np.testing.assert_allclose(
        model(IMAGES, training=False),
        probabilities,
        atol=1e-5,
        err_msg="pooling before ReLU, or cutting off what nothing depends on, changed the result",
    )


MAX_POOLED = [n for n in NETWORKS if isinstance(n, Cnn) and n.pooling == "max" and n.padding == "valid"]


@pytest.mark.parametrize("network", MAX_POOLED, ids=name)
def test_the_first_block_at_once_has_the_same_weights_values_and_gradients(network):
    forms = [build_for_training(network, 10, 3, "float32", at_once) for at_once in (False, True)]
    merged = [any(isinstance(layer, PooledConvolution) for layer in form.layers) for form in forms]
    pooled = len(network.blocks[0]) == 1 and not network.batch_normalization
    assert merged == [False, pooled], "statistics are of all places, and pooling may follow later"
    weights = [RNG.normal(0, 0.3, w.shape).astype(np.float32) for w in forms[0].get_weights()]
    found = []
    for form in forms:
        named = zip(form.weights, weights, strict=True)
        form.set_weights([abs(value) if "variance" in weight.name else value for weight, value in named])
        with tf.GradientTape() as tape:
            values = form(IMAGES, training=False)
            loss = tf.reduce_sum(values**2)
        found.append([values, *tape.gradient(loss, form.trainable_variables)])
    for in_turn, at_once in zip(*found, strict=True):
        largest = float(np.abs(in_turn).max())  # float32 has seven digits, and sums of some hundred lose one
        np.testing.assert_allclose(
            at_once, in_turn, atol=1e-5 * largest, err_msg="at once, it is another one"
        )


def test_of_equal_values_the_first_learns_as_in_max_pooling():
    """A black picture gives equal values everywhere; the gradient then shows which place was taken."""
    images = tf.Variable(tf.zeros((1, 28, 28, 1)))
    gradients = []
    for at_once in (False, True):
        form = build_for_training(Cnn(filters=(4,), units=()), 10, 0, "float32", at_once)
        form.get_layer("conv1_bias").set_weights([np.ones(4, np.float32)])  # what ReLU lets through learns
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(form(images) * tf.range(10.0))
        gradients.append(tape.gradient(loss, images))
    assert np.abs(gradients[0]).max() > 0, "this test sees nothing"
    np.testing.assert_allclose(
        gradients[1], gradients[0], atol=1e-5, err_msg="another of the equal values learned"
    )


NORMALIZED = [network for network in NETWORKS if network.batch_normalization]


@pytest.mark.parametrize("network", NORMALIZED, ids=name)
def test_fused_normalization_has_the_same_values_and_gradients(network):
    forms = [build_for_training(network, 10, 3, "float32", fused=fused) for fused in (False, True)]
    merged = [any(isinstance(layer, FusedNormalization) for layer in form.layers) for form in forms]
    assert merged == [False, isinstance(network, Cnn)], "rows of numbers are normalized by Keras's layer"
    weights = [RNG.normal(0, 0.3, w.shape).astype(np.float32) for w in forms[0].get_weights()]
    found = []
    for form in forms:
        form.set_weights([abs(w) for w in weights])
        with tf.GradientTape() as tape:
            values = form(IMAGES, training=True)
            loss = tf.reduce_sum(values**2)
        slopes = tape.gradient(loss, form.trainable_variables)
        found.append([[values], slopes])
    for plain, fused in zip(*found, strict=True):
        largest = max(float(np.abs(one).max()) for one in plain)  # a bias before it has no slope but rounding
        for one, other in zip(plain, fused, strict=True):
            np.testing.assert_allclose(
                other, one, atol=1e-4 * largest, err_msg="in one operation, it is another normalization"
            )


@pytest.mark.parametrize("network", [n for n in NETWORKS if isinstance(n, Cnn)], ids=name)
def test_the_training_form_leaves_out_what_no_answer_depends_on_and_no_more(network):
    """An independent second way: the pixels with a slope."""
    import tensorflow as tf

    training = build_for_training(network, 10, seed=0, policy="float32")
    model = build(network.model_copy(update={"pooling": "average"} if network.pools else {}), 10, seed=0)
    model.set_weights([np.ones_like(w) for w in model.get_weights()])
    image = tf.ones((1, 28, 28, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        logit = tf.reduce_sum(keras.Model(model.inputs, model.layers[-2].output)(image, training=False))
    side = int(np.nonzero(tape.gradient(logit, image).numpy()[0, ..., 0])[0].max()) + 1
    first = next(layer for layer in training.layers if isinstance(layer, keras.layers.Conv2D))
    assert first.input.shape[1] == (28 if network.batch_normalization else side)


def test_the_seed_decides_the_weights():
    network = NETWORKS[3]
    first, again, other = (build(network, 10, seed).get_weights() for seed in (0, 0, 1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True)), "one seed must give one network"
    assert any((a != b).any() for a, b in zip(first, other, strict=True)), "seeds must differ"
    kernels = [
        w for w in build(Dense(architecture="dense", units=(9, 9, 9)), 9, 0).get_weights() if w.ndim == 2
    ]
    assert not (kernels[1] == kernels[2]).all(), "layers of one network must not share their seed"


@pytest.mark.parametrize(
    ("layer", "pooling"),
    [
        *((layer, "average") for layer in ("conv1", "conv2", "pool1", "conv3", "pool2")),
        *(("conv2", "strides"), ("conv3", "strides")),
    ],
)
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_receptive_field_is_where_the_gradient_is(layer, pooling, padding):
    """An independent second way: which pixels change a value of the map at all."""
    import tensorflow as tf

    network = Cnn(filters=((2, 2), (2,)), padding=padding, pooling=pooling)
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


def test_strides_take_the_place_of_pooling():
    network = Cnn(architecture="cnn", filters=(2, 2), pooling="strides")
    model = build(network, 10, seed=0)
    assert [model.get_layer(name).strides for name in ("conv1", "conv2")] == [(2, 2), (2, 2)]
    assert not any("pool" in layer.name for layer in model.layers), "convolutions in steps of 2 pool already"


@pytest.mark.parametrize("kernels", ["random", "hand_made"])
@pytest.mark.parametrize("norm", [False, True])
def test_frozen_convolutions_have_nothing_to_learn(kernels, norm):
    network = Cnn(filters=(4, 6), units=(8,), kernels=kernels, batch_normalization=norm)
    for model in (build(network, 10, seed=1), build_for_training(network, 10, seed=1, policy="float32")):
        layers = {variable.path.split("/")[0] for variable in model.trainable_variables}
        normalization = {"conv1_normalization", "conv2_normalization"} if norm else set()
        assert layers == {"dense1", "probabilities"} | normalization, "convolutions stay as they are"


def test_only_the_kernels_differ_before_training():
    """Controls start from the weights of the network that they are compared with."""
    learned, random, hand_made = (
        build(Cnn(filters=(4, 6), units=(8,), kernels=kernels), 10, seed=2).get_weights()
        for kernels in ("learned", "random", "hand_made")
    )
    assert all(np.array_equal(a, b) for a, b in zip(learned, random, strict=True))
    same = [np.array_equal(a, b) for a, b in zip(learned, hand_made, strict=True)]
    assert same == [False, True, False, True, True, True, True, True], "hand-made kernels, and only they"
    np.testing.assert_array_equal(hand_made[2], hand_made_kernels(3, 4, 6))


def test_the_initial_weights_are_those_of_the_recorded_runs():
    """Recorded figures were made with these: other ones would need them made again."""
    weights = build(Cnn(), 10, seed=0).get_weights()
    sums = [float(np.abs(w, dtype=np.float64).sum()) for w in weights if w.any()]
    # float32 weights, each a product and a sum: processors may round the last digit otherwise
    message = "a seed gives other initial weights than before"
    assert sums == pytest.approx(FIRST_WEIGHTS, rel=1e-6, abs=1e-4), message


def test_the_seeds_of_layers_stay_what_they_were():
    """Whole numbers: the same on every processor."""
    first, second = (list(itertools.islice(layer_seeds(seed), 3)) for seed in (0, 1))
    assert first == [1826701615, 1367864807, 1097657232], NO_DIGEST
    assert second == [1016164991, 1099128569, 1621709875], NO_DIGEST


def test_a_saved_model_is_rebuilt_from_its_config(tmp_path):
    network = NETWORKS[3]
    model = build(network, 10, seed=5)
    model.save(tmp_path / "model.keras")
    loaded = load(tmp_path / "model.keras", network, 10)
    np.testing.assert_array_equal(model(IMAGES), loaded(IMAGES))


def test_hand_made_filters_are_saved_for_plain_keras(tmp_path):
    model = build(Cnn(filters=(4, 6), units=(8,), kernels="hand_made"), 10, seed=5)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(model(IMAGES), loaded(IMAGES))


def test_a_model_that_does_not_fit_is_named(tmp_path):
    path = tmp_path / "model.keras"
    with pytest.raises(RunError, match=r"model.keras is missing; get the whole folder"):
        load(path, NETWORKS[0], 10)
    build(NETWORKS[0], 10, seed=0).save(path)
    with pytest.raises(RunError, match=r"model.keras does not fit the network in the run's config.yaml"):
        load(path, NETWORKS[3], 10)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(RunError, match=r"model.keras is damaged"):
        load(path, NETWORKS[0], 10)
