"""Activation maps and what is told of them, against Keras, NumPy loops and brute force."""

import time
from typing import Any

import numpy as np
import pytest
from keras import Model

from configs.schema import Cnn
from data.splits import Split, choose_images
from model.inspection import activations
from model.networks.as_arrays import forward
from model.networks.build import build
from model.networks.take_apart import take_apart
from model.networks.traces import Trace, by_batch, largest_and_features, trace
from model.worth import passes
from model.worth.ablation import Ablation

pytestmark = pytest.mark.numeric

NETWORKS = {
    "plain": Cnn(filters=(5, 4), units=(8,)),
    "normalized, same, average": Cnn(
        filters=(4, 6), padding="same", pooling="average", batch_normalization=True, units=(8,)
    ),
    "no pooling": Cnn(filters=(3, 4), pooling="none", units=(8,)),
    "two before a pooling": Cnn(filters=((3, 4), (5,)), units=(8,)),
    "mirrored": Cnn(filters=(3, 4), units=(8,), flip_at_test=True),
}


def whole(part: slice, traced: Trace) -> Trace:
    """Return all that a batch leaves behind."""
    return traced


def photographs(num_images: int) -> np.ndarray:
    """Images of random blocks: uint8 (n, 28, 28)."""
    small = np.random.default_rng(8).integers(0, 256, (num_images, 14, 14))
    return small.repeat(2, axis=1).repeat(2, axis=2).astype(np.uint8)


def keras_maps(model: Model, images: np.ndarray, layer: str) -> np.ndarray:
    part = Model(model.input, model.get_layer(layer).output)
    return part(images[..., None] / np.float32(255), training=False).numpy()


def untrained(name: str) -> Model:
    model = build(NETWORKS[name], num_classes=10, seed=4)
    rng = np.random.default_rng(6)
    for layer in model.layers:
        if layer.name.startswith("conv") and layer.weights:
            first, second, *others = layer.get_weights()
            layer.set_weights([first, rng.uniform(-0.2, 0.2, second.shape), *others])
    return model


@pytest.mark.parametrize("name", NETWORKS)
def test_maps_are_those_of_keras(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def counted(convolutions: Any, x: Any) -> list[Any]:
        seen.append(len(x))
        return forward(convolutions, x)

    monkeypatch.setattr(activations, "forward", counted)
    model, images = untrained(name), photographs(130)
    maps = activations.maps_of(take_apart(model), images)
    pools = [layer.name for layer in model.layers if layer.name.startswith("pool")]
    assert [layer for layer in maps if layer.startswith("pool")] == pools
    for layer, values in maps.items():
        if layer.endswith("/before_relu"):
            assert np.abs(np.maximum(values, 0) - maps[layer.split("/")[0]]).max() == 0
            assert values.min() < 0, "before ReLU there must be negative values"
        else:
            expected = keras_maps(model, images, layer)
            assert np.abs(values - expected).max() <= 1e-5 * expected.max(), f"{layer} differs from Keras's"
    assert seen == [64, 64, 2], "memory must not grow with what a network makes of all images at once"


def test_the_first_map_is_the_cross_correlation_with_the_kernel() -> None:
    model, images = untrained("plain"), photographs(1)
    kernel, bias = model.get_layer("conv1").get_weights()
    pixels = images[0] / 255
    by_hand = np.array(
        [
            [
                max(0.0, float((pixels[r : r + 3, c : c + 3] * kernel[:, :, 0, 0]).sum() + bias[0]))
                for c in range(26)
            ]
            for r in range(26)
        ]
    )
    found = activations.maps_of(take_apart(model), images)["conv1"][0, :, :, 0]
    assert np.abs(found - by_hand).max() < 1e-5, "the kernel is flipped, or rows and columns are swapped"


@pytest.mark.parametrize("name", NETWORKS)
def test_strongest_images_places_and_values_agree_with_brute_force(name: str) -> None:
    model, images = untrained(name), photographs(150)
    network = take_apart(model)
    traces = [t for _, t in trace(network, images, whole)]
    for layer, convolution in enumerate(network.convolutions):
        largest = np.concatenate([t.largest[layer] for t in traces])
        top, median = activations.rank_images(largest)
        found = activations.locate(network, images, layer, top, largest)
        maps = keras_maps(model, images, convolution.name)
        for f, places in enumerate(found):
            per_image = [(float(maps[i, :, :, f].max()), i) for i in range(len(images))]
            per_image.sort(key=lambda pair: (-pair[0], pair[1]))
            assert [p.activation for p in places] == pytest.approx([v for v, _ in per_image[:9]], abs=1e-5)
            assert len({p.index for p in places}) == 9, "one place per image"
            for place in places:
                value = maps[place.index, place.row, place.column, f]
                assert value == pytest.approx(place.activation, abs=1e-5), "the map is not that large there"
            middle = [largest[i, f] for i in median[f]]
            assert middle == pytest.approx([v for v, _ in per_image[73:76]], abs=1e-5)


def test_of_equal_images_and_places_the_first_is_told() -> None:
    network = take_apart(untrained("plain"))
    images = np.zeros((20, 28, 28), np.uint8)
    largest = np.concatenate([t.largest[0] for _, t in trace(network, images, whole)])
    top, median = activations.rank_images(largest)
    assert top[0].tolist() == list(range(9))
    assert median[0].tolist() == [8, 9, 10]
    place = activations.locate(network, images, 0, top, largest)[0][0]
    assert (place.index, place.row, place.column) == (0, 0, 0)


@pytest.mark.parametrize("name", NETWORKS)
def test_means_and_shares_are_over_all_images_and_places(name: str) -> None:
    model, images = untrained(name), photographs(130)  # two batches and a rest
    network = take_apart(model)
    shares: list[float] = []
    means = activations.mean_activations(network, images, shares.append)
    assert shares[-1] == 1.0
    traces = [t for _, t in trace(network, images, whole)]
    for layer, convolution in enumerate(network.convolutions):
        maps = keras_maps(model, images, convolution.name).astype(np.float64)
        assert means[layer] == pytest.approx(maps.mean(axis=(0, 1, 2)), rel=1e-5, abs=1e-7)
        active = np.concatenate([t.active[layer] for t in traces]).mean(axis=0)
        assert active == pytest.approx((maps > 0).mean(axis=(0, 1, 2)), abs=1e-3)
        mean = np.concatenate([t.mean[layer] for t in traces])
        assert np.abs(mean - maps.mean(axis=(1, 2))).max() < 1e-5


def test_what_is_not_asked_for_is_not_told() -> None:
    network, images = take_apart(untrained("plain")), photographs(70)
    full, brief = (list(trace(network, images, whole, describe)) for describe in (True, False))
    for (part, one), (same, other) in zip(full, brief, strict=True):
        assert part == same
        for a, b in zip(one.views[0].pooled, other.views[0].pooled, strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5, err_msg="another graph, of the same maps")
        assert other.largest == other.mean == other.active == []


@pytest.mark.parametrize("name", NETWORKS)
def test_the_control_has_the_same_maps(name: str) -> None:
    network, images = take_apart(untrained(name)), photographs(70)
    control = largest_and_features(network, images)
    for (part, one), (same, (largest, features)) in zip(trace(network, images, whole), control, strict=True):
        assert part == same
        for a, b in zip(one.largest, largest, strict=True):  # another graph: operations are joined otherwise
            np.testing.assert_allclose(b, a, atol=1e-5)
        pooled = one.views[0].pooled[-1]
        np.testing.assert_allclose(features[0], pooled.reshape(len(pooled), -1), atol=1e-5)


def test_the_background_of_a_first_layer_is_its_bias() -> None:
    model = untrained("plain")
    answer = activations.background(take_apart(model))
    bias = model.get_layer("conv1").get_weights()[1]
    before, after = answer[0]
    assert before == pytest.approx(bias)
    assert after == pytest.approx(np.maximum(bias, 0))
    black = keras_maps(model, np.zeros((1, 28, 28), np.uint8), "conv2")[0, 5, 5]
    assert answer[1][1] == pytest.approx(black, abs=1e-6)


def test_the_first_images_of_each_class_are_chosen() -> None:
    labels = np.array([2, 0, 1, 0, 2, 1, 0], np.uint8)
    assert choose_images(labels, 2).tolist() == [1, 3, 2, 5, 0, 4]


def test_selectivity_compares_a_class_with_the_others() -> None:
    mean = np.array([[4.0, 1.0, 0.0], [2.0, 1.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]], np.float32)
    means = activations.class_means(mean, np.array([0, 0, 1, 2], np.uint8), 4)
    assert np.isnan(means[:, 3]).all(), "nothing is known of a class without images"
    assert means[:, :3].tolist() == [[3, 0, 0], [1, 1, 1], [0, 0, 0]]
    only_first, alike, never = map(activations.listed, activations.class_selectivity(means))
    assert only_first == [1, -1, -1, None]
    assert alike == [0, 0, 0, None], "a class without images must not count among the others"
    assert never == [0, 0, 0, None], "a filter that never fires prefers no class"


def test_how_many_threads_there_are_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    network, images = take_apart(untrained("plain")), photographs(300)

    def found(threads: int) -> list[np.ndarray]:
        threading = activations.tf.config.threading
        monkeypatch.setattr(threading, "get_inter_op_parallelism_threads", lambda: threads)
        traces = [t for _, t in trace(network, images, whole)]
        means = activations.mean_activations(network, images, lambda share: None)
        ablation = Ablation(network, [mean.astype(np.float32) for mean in means])
        removed = passes.validation_increase(ablation, Split(images, np.arange(300) % 10), lambda share: None)
        return [*means, *removed, *activations.tf.nest.flatten([vars(t) for t in traces])]

    one, four = found(1), found(4)
    assert len(one) == len(four)
    assert all(np.array_equal(a, b) for a, b in zip(one, four, strict=True)), "bits depend on threads"


def test_batches_follow_in_order_and_errors_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activations.tf.config.threading, "get_inter_op_parallelism_threads", lambda: 4)

    def last_first(part: slice) -> int:
        time.sleep(0.02 if part.start == 0 else 0)
        if part.start >= 128:
            raise ValueError("of the third batch")
        return part.stop

    batches = by_batch(150, last_first)
    assert [next(batches), next(batches)] == [(slice(0, 64), 64), (slice(64, 128), 128)]
    with pytest.raises(ValueError, match="of the third batch"):
        next(batches)
