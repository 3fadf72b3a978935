"""The networks in Keras, as they are saved, scored and inspected: a Keras layer for each of `layers_of`."""

from collections.abc import Iterator, Sequence
from typing import Literal

import keras
import numpy as np
from keras import KerasTensor, layers
from keras.initializers import GlorotUniform

from configs.networks import Network
from model.networks.facts import SIDE
from model.networks.layers import (
    Activation,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MirrorMean,
    Normalization,
    Pooling,
    Rescaling,
    layers_of,
    pair,
)
from model.networks.patterns import hand_made_kernels

Policy = Literal["float32", "mixed_bfloat16"]
POOLINGS = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}


def build(network: Network, num_classes: int, seed: int) -> keras.Model:
    """Build an untrained network.

    Takes float32 images (batch, 28, 28, 1) in [0, 1], gives probabilities (batch, num_classes). Only the seed
    decides the initial weights. Layer `conv1` gives the activation map: after normalization and ReLU, before
    pooling.
    """
    return build_of(layers_of(network, num_classes), seed, network.architecture)


def build_of(listed: Sequence[Layer], seed: int, name: str) -> keras.Model:
    """The same of a list of layers, under a name."""
    seeds = layer_seeds(seed)
    x = inputs = keras.Input((SIDE, SIDE, 1), name="image")
    for layer in listed:
        x = _with_mirror_image(layer, inputs, x) if isinstance(layer, MirrorMean) else add(layer, x, seeds)
    return keras.Model(inputs, x, name=name)  # without a name Keras counts what it has built before


def _with_mirror_image(layer: MirrorMean, inputs: KerasTensor, x: KerasTensor) -> KerasTensor:
    """The mean of `x` and of what the same layers make of the mirror image.

    Of a layer Keras calls its output what it made first, which is of the picture as it is.
    """
    mirrored = keras.ops.flip(inputs, axis=2)
    for before in keras.Model(inputs, x).layers[1:]:
        mirrored = before(mirrored)
    return layers.Average(name=layer.name)([x, mirrored])


def add(layer: Layer, x: KerasTensor, seeds: Iterator[int], policy: Policy = "float32") -> KerasTensor:
    """What a layer makes of `x`.

    The next of `seeds` is taken where one is needed: for initial weights and for dropout.
    """
    name = layer.name
    match layer:
        case Convolution():
            return convolve(layer, x, seeds, policy)
        case Pooling():
            pooling = POOLINGS[layer.kind]
            made = pooling(layer.side, layer.strides, layer.padding, name=name, dtype=policy)
        case Normalization(epsilon=epsilon, center=center, scale=scale):
            form = {"epsilon": epsilon, "center": center, "scale": scale}
            made = layers.BatchNormalization(**form, name=name, dtype=policy)
        case Activation(function="leaky_relu", slope=slope):
            made = layers.LeakyReLU(slope, name=name, dtype=policy)
        case Activation(function="elu", slope=slope):
            made = layers.ELU(slope, name=name, dtype=policy)
        case Activation(function=function):
            made = layers.Activation(function, name=name, dtype=policy)
        case Rescaling(scale=by, offset=offset):
            made = layers.Rescaling(by, offset, name=name, dtype=policy)
        case Flatten():
            made = layers.Flatten(name=name, dtype=policy)
        case Dense():
            units, kernels = (layer.units, layer.activation, layer.use_bias), GlorotUniform(next(seeds))
            made = layers.Dense(*units, kernel_initializer=kernels, name=name, dtype=policy)
        case Dropout():
            made = layers.Dropout(layer.rate, seed=next(seeds), name=name, dtype=policy)
    return made(x)


def convolve(
    layer: Convolution,
    x: KerasTensor,
    seeds: Iterator[int],
    policy: Policy,
    kind: type[layers.Conv2D] = layers.Conv2D,
) -> KerasTensor:
    """What a convolution makes of `x`, computed by one `kind` of Keras layer."""
    convolution = kind(
        layer.filters,
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        use_bias=layer.use_bias,
        activation=layer.activation,
        kernel_initializer=GlorotUniform(next(seeds)),
        trainable=layer.kernels == "learned",
        name=layer.name,
        dtype=policy,
    )
    maps = convolution(x)
    if layer.kernels == "hand_made":
        side, _ = pair(layer.kernel_size)  # these are square
        convolution.kernel.assign(hand_made_kernels(side, x.shape[-1], layer.filters))
    return maps


def layer_seeds(seed: int) -> Iterator[int]:
    """One seed after another for the layers of a network, all decided by its own."""
    generator = np.random.default_rng(seed)
    while True:
        yield int(generator.integers(2**31))
