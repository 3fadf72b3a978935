"""What the networks of a config are, layer by layer."""

import pytest

from configs.networks import Cnn
from configs.networks import Dense as DenseNetwork
from model.networks.layers import (
    Activation,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Normalization,
    Pooling,
    layers_of,
)

END = [Flatten("flatten"), Dense("dense1", 128), Dense("probabilities", 10, "softmax")]


def test_the_default_networks_are_the_textbooks() -> None:
    assert list(layers_of(DenseNetwork(), 10)) == END, "pixels, 128 units, 10 classes"
    assert list(layers_of(Cnn(), 10)) == [
        Convolution("conv1", 64, 3),
        Pooling("pool1", "max", 2),
        Convolution("conv2", 64, 3),
        Pooling("pool2", "max", 2),
        *END,
    ], "convolution and ReLU, then pooling, twice, then the dense network"


def test_normalization_stands_between_a_layer_and_its_relu() -> None:
    dense = DenseNetwork(units=(8,), batch_normalization=True, dropout=0.5)
    assert list(layers_of(dense, 3)) == [
        Flatten("flatten"),
        Dense("dense1_linear", 8, None),
        Normalization("dense1_normalization"),
        Activation("dense1"),
        Dropout("dropout1", 0.5),
        Dense("probabilities", 3, "softmax"),
    ]
    cnn = Cnn(filters=(4,), batch_normalization=True, padding="same", kernels="random", pooling="average")
    assert list(layers_of(cnn, 10)) == [
        Convolution("conv1_linear", 4, 3, padding="same", kernels="random", activation=None),
        Normalization("conv1_normalization"),
        Activation("conv1"),
        Pooling("pool1", "average", 2),
        *END,
    ], "of a network of convolutions only these are normalized"


def test_several_convolutions_stand_before_a_pooling() -> None:
    found = layers_of(Cnn(filters=((32, 33), (48, 49), (64,)), padding="same"), 10)
    names = [layer.name for layer in found[: -len(END)]]
    assert names == ["conv1", "conv2", "pool1", "conv3", "conv4", "pool2", "conv5", "pool3"]
    filters = [layer.filters for layer in found if isinstance(layer, Convolution)]
    assert filters == [32, 33, 48, 49, 64]


def test_strides_take_the_place_of_pooling() -> None:
    found = layers_of(Cnn(filters=((4, 5), (6,)), pooling="strides"), 10)
    strides = {layer.name: layer.strides for layer in found if isinstance(layer, Convolution)}
    assert strides == {"conv1": 1, "conv2": 2, "conv3": 2}, "the last convolution before each pooling's place"


@pytest.mark.parametrize(("pooling", "strides"), [("none", 1), ("strides", 2)])
def test_without_pooling_a_convolution_may_move_by_two(pooling: str, strides: int) -> None:
    found = layers_of(Cnn(filters=(4, 5), pooling=pooling), 10)  # type: ignore[arg-type]
    assert list(found) == [Convolution("conv1", 4, 3, strides), Convolution("conv2", 5, 3, strides), *END]
