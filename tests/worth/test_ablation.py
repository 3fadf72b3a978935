"""Every ablation figure against the plain way: edit the weights, evaluate the network."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from keras import Model, layers

from configs.schema import Cnn
from model.networks.build import build
from model.networks.take_apart import take_apart
from model.networks.traces import trace
from model.worth.ablation import Ablation
from tests.benchmark.ablation import plain_ablation

pytestmark = pytest.mark.numeric

NUM_IMAGES = 70  # more than a batch, and not a whole number of them
NETWORKS = {
    "two convolutions": Cnn(filters=(5, 4), units=(12,)),
    "same padding, normalized, average": Cnn(
        filters=(4, 6), padding="same", pooling="average", batch_normalization=True, units=(8,), dropout=0.2
    ),
    "no pooling": Cnn(filters=(3, 4), pooling="none", units=(8,)),
    "no pooling, same, normalized": Cnn(
        filters=(3, 2), pooling="none", padding="same", batch_normalization=True
    ),
    "three convolutions": Cnn(filters=(4, 3, 5), padding="same", units=(8, 6)),
    "four convolutions, average": Cnn(filters=(2, 3, 2, 3), padding="same", pooling="average", units=(8,)),
    "two, pooling, one, pooling": Cnn(filters=((3, 4), (5,)), units=(8,)),
    "two, strides, two, strides, normalized": Cnn(
        filters=((3, 4), (2, 3)), padding="same", pooling="strides", batch_normalization=True, units=(8,)
    ),
    "large odd kernels": Cnn(filters=(3, 4), kernel_size=5, units=(8,)),
    "even kernels, same": Cnn(filters=(3, 4), kernel_size=4, padding="same", units=(8,)),
    "one convolution": Cnn(filters=(6,), units=(8,)),
    "strides": Cnn(filters=(3, 4), pooling="strides", units=(8,)),
    "strides, same, normalized": Cnn(
        filters=(3, 4, 2), pooling="strides", padding="same", batch_normalization=True, units=(8,)
    ),
    "hand-made filters": Cnn(filters=(5, 4), kernels="hand_made", units=(12,)),
    "random filters": Cnn(filters=(5, 4), kernels="random", units=(12,)),
    "one weight per kernel": Cnn(filters=(3, 4), kernel_size=1, units=(8,)),
    "answers of both mirror images": Cnn(filters=(3, 4), units=(8,), flip_at_test=True),
    "the same, normalized, no units": Cnn(
        filters=((3, 2), (4,)), padding="same", batch_normalization=True, units=(), flip_at_test=True
    ),
}


def blocks(num_images: int) -> np.ndarray:
    """Images of random 4 x 4 blocks, some of them black."""
    rng = np.random.default_rng(5)
    small = rng.integers(0, 256, (num_images, 7, 7)) * rng.integers(0, 2, (num_images, 7, 7))
    return small.repeat(4, axis=1).repeat(4, axis=2).astype(np.uint8)


def shaken(network: Cnn) -> Model:
    """A network whose biases and normalization are away from the 0 and 1 that they start with."""
    model = build(network, num_classes=10, seed=1)
    rng = np.random.default_rng(3)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            gamma, beta, mean = rng.uniform(-1.5, 1.5, (3, *layer.gamma.shape))
            layer.set_weights([gamma, beta, 0.1 * mean, rng.uniform(0.02, 0.5, beta.shape)])
        elif layer.weights:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, rng.uniform(-0.2, 0.2, bias.shape)])
    return model


def constants_of(model: Model) -> dict[str, np.ndarray]:
    network = take_apart(model)
    rng = np.random.default_rng(2)
    return {c.name: rng.uniform(0, 0.5, c.num_filters) for c in network.convolutions}


def probabilities(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def shared(model: Model, images: np.ndarray, constants: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    ablation = Ablation(take_apart(model), [c.astype(np.float32) for c in constants])
    parts = [p for _, p in trace(ablation.network, images, lambda _, t: ablation.answers(t.views))]
    return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts], axis=1)


@pytest.mark.parametrize("name", NETWORKS)
def test_one_pass_equals_one_evaluation_per_filter(name: str) -> None:
    model, images = shaken(NETWORKS[name]), blocks(NUM_IMAGES)
    constants = constants_of(model)
    plain = plain_ablation(model, images, constants)
    intact, without = shared(model, images, list(constants.values()))
    assert without.shape == plain.shape
    difference = np.abs(probabilities(without) - plain).max(axis=(1, 2))
    assert difference.max() < 1e-5, f"filters {np.flatnonzero(difference >= 1e-5)} have other answers"
    whole = model(images[..., None] / np.float32(255), training=False).numpy()
    assert np.abs(probabilities(intact) - whole).max() < 1e-5, "the untouched network answers otherwise"
    assert np.abs(plain - whole).max() > 1e-3, "this test sees nothing: no filter of it matters"


def test_zero_takes_a_map_away() -> None:
    model, images = shaken(NETWORKS["two convolutions"]), blocks(20)
    zeros = {name: np.zeros_like(values) for name, values in constants_of(model).items()}
    without = shared(model, images, list(zeros.values()))[1]
    assert np.abs(probabilities(without) - plain_ablation(model, images, zeros)).max() < 1e-5


def test_many_filters_are_done_in_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory bounds how many filters, and the cache how many images, are done at a time: no figure."""
    model, images = shaken(NETWORKS["two convolutions"]), blocks(NUM_IMAGES)
    constants = list(constants_of(model).values())
    together = shared(model, images, constants)[1]
    monkeypatch.setattr("model.worth.ablation.STACK_BYTES", 1)
    monkeypatch.setattr("model.worth.ablation.CACHE_BYTES", 1)
    assert np.abs(shared(model, images, constants)[1] - together).max() < 1e-4


def test_threads_have_memory_of_their_own() -> None:
    network = take_apart(shaken(NETWORKS["two convolutions"]))
    ablation = Ablation(network, [np.zeros(c.num_filters, np.float32) for c in network.convolutions])
    [reader] = ablation._next
    with ThreadPoolExecutor(1) as other:
        theirs = other.submit(reader._buffer, 2, 3).result()
    ours = reader._buffer(2, 3)
    assert reader._buffer(2, 3) is ours, "memory must be used again"
    assert not np.shares_memory(ours, theirs), "two batches at a time would overwrite each other"


@pytest.mark.parametrize(
    "name",
    [
        "two convolutions",
        "no pooling",
        "same padding, normalized, average",
        "two, pooling, one, pooling",
        "the same, normalized, no units",
    ],
)
def test_keeping_some_filters_equals_removing_the_others_by_hand(name: str) -> None:
    model, images = shaken(NETWORKS[name]), blocks(20)
    network = take_apart(model)
    constants = list(constants_of(model).values())
    ablation = Ablation(network, [c.astype(np.float32) for c in constants])
    views = next(iter(trace(network, images, lambda _, t: t)))[1].views
    kept = np.random.default_rng(0).integers(0, 2, (5, len(constants[-1]))).astype(bool)
    found = ablation.with_only(views, kept)
    assert len(views) == 1 + NETWORKS[name].flip_at_test
    for chosen, logits in zip(kept, found, strict=True):
        expected = 0
        for view in views:
            features = np.where(chosen, view.pooled[-1], constants[-1]).reshape(len(images), -1)
            for number, layer in enumerate(network.dense, 1):
                features = features @ layer.weights + layer.bias
                if number < len(network.dense):
                    features = np.maximum(features, 0)
            expected = expected + features / len(views)
        assert np.abs(logits - expected).max() < 1e-4


@pytest.mark.parametrize("kind", [layers.AveragePooling2D, layers.MaxPooling2D])
def test_whole_maps_are_pooled_without_a_copy_for_each_place(kind: type[layers.Layer]) -> None:
    import keras

    keras.utils.set_random_seed(0)
    first = [layers.Conv2D(3, 3, strides=2, activation="relu", name="conv1")]
    second = [layers.Conv2D(4, 3, activation="relu", name="conv2"), kind(11, name="pool2")]
    last = [layers.Flatten(), layers.Dense(10, activation="softmax", name="probabilities")]
    model = keras.Sequential([keras.Input((28, 28, 1)), *first, *second, *last])
    images, constants = blocks(20), constants_of(model)
    ablation = Ablation(take_apart(model), [c.astype(np.float32) for c in constants.values()])
    [reader] = ablation._next
    assert reader.kernels.nbytes < 100_000, "each place of the window has a kernel as large as the map"
    without = shared(model, images, list(constants.values()))[1]
    assert np.abs(probabilities(without) - plain_ablation(model, images, constants)).max() < 1e-5
