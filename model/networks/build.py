"""The networks, one function each: config -> `keras.Model`."""

from collections.abc import Iterator
from typing import Literal

import keras
import numpy as np
from keras import KerasTensor, layers
from keras.initializers import GlorotUniform

from configs.networks import Cnn, Dense
from model.networks.facts import POOL, SIDE, side_in_reach
from model.networks.fast_layers import Bias, PooledConvolution
from model.networks.patterns import hand_made_kernels

Policy = Literal["float32", "mixed_bfloat16"]
POOLINGS = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}


def build(network: Dense | Cnn, num_classes: int, seed: int) -> keras.Model:
    """Build an untrained network as it is saved, scored and inspected.

    Args:
        network: a model of the config.
        num_classes: how many probabilities it gives.
        seed: decides the initial weights, and nothing else does.

    Returns:
        A model from float32 images (batch, 28, 28, 1) in [0, 1] to probabilities (batch, num_classes).
        Layer `conv1` gives the activation map: after normalization and ReLU, before pooling.
    """
    return _build(network, num_classes, seed, "float32", for_training=False)


def build_for_training(
    network: Dense | Cnn, num_classes: int, seed: int, policy: Policy, at_once: bool = False
) -> keras.Model:
    """Build the same network in the form that trains fastest, ending in logits.

    Its weights are those of `build` in the same order, so `set_weights(get_weights())` carries them over.
    Max pooling comes before bias and ReLU: adding the same to four values or setting the negative ones
    to zero does not change which is the largest, and a quarter of the work is left to do. Pixels that no
    answer depends on are cut off first: the last row and column of a map often fill no block to pool.
    `at_once`: the first convolution and its max pooling are one layer, where the network has such.
    """
    return _build(network, num_classes, seed, policy, for_training=True, at_once=at_once)


def _build(
    network: Dense | Cnn,
    num_classes: int,
    seed: int,
    policy: Policy,
    for_training: bool,
    at_once: bool = False,
) -> keras.Model:
    seeds = _layer_seeds(seed)
    inputs = keras.Input((SIDE, SIDE, 1), name="image")
    x = inputs
    if isinstance(network, Cnn):
        if for_training and not network.batch_normalization:  # whose statistics are of all places
            reach = side_in_reach(network)
            x = x if reach == SIDE else x[:, :reach, :reach]
        pool_first = for_training and network.pooling == "max"
        x = _convolutions(x, network, seeds, policy, pool_first, at_once)
    x = layers.Flatten(name="flatten", dtype=policy)(x)
    for number, units in enumerate(network.units, 1):
        x = _hidden_units(x, units, number, network, seeds, policy)
        if network.dropout:
            x = layers.Dropout(network.dropout, seed=next(seeds), name=f"dropout{number}", dtype=policy)(x)
    outputs = layers.Dense(
        num_classes,
        activation=None if for_training else "softmax",
        kernel_initializer=GlorotUniform(next(seeds)),
        name="probabilities",
        dtype="float32",  # the loss needs all its digits
    )(x)
    return keras.Model(inputs, outputs, name=network.architecture)  # or Keras counts what it has built before


def _convolutions(
    x: KerasTensor, network: Cnn, seeds: Iterator[int], policy: Policy, pool_first: bool, at_once: bool
) -> KerasTensor:
    """Convolution, normalization, ReLU and pooling for each of `filters`.

    Of frozen convolutions kernels and biases stay as they start, the biases 0; normalization still learns.
    """
    normalized, frozen = network.batch_normalization, network.kernels != "learned"
    split = normalized or pool_first  # something stands between the convolution and its ReLU
    late_bias = pool_first and not normalized  # the statistics of normalization are of all places
    for number, filters in enumerate(network.filters, 1):
        name = f"conv{number}"
        merged = at_once and number == 1 and late_bias and network.padding == "valid"
        convolution = (PooledConvolution if merged else layers.Conv2D)(
            filters,
            network.kernel_size,
            strides=network.strides,
            padding=network.padding,
            use_bias=not late_bias,
            activation=None if split else "relu",
            kernel_initializer=GlorotUniform(next(seeds)),
            trainable=not frozen,
            name=f"{name}_linear" if split else name,
            dtype=policy,
        )
        num_inputs = x.shape[-1]
        x = convolution(x)
        if network.kernels == "hand_made":
            convolution.kernel.assign(hand_made_kernels(network.kernel_size, num_inputs, filters))
        if normalized:
            x = layers.BatchNormalization(name=f"{name}_normalization", dtype=policy)(x)
        if pool_first and not merged:
            x = _pool(x, network, number, policy)
        if late_bias:
            x = Bias(trainable=not frozen, name=f"{name}_bias", dtype=policy)(x)
        if split:
            x = layers.Activation("relu", name=name, dtype=policy)(x)
        if not pool_first:
            x = _pool(x, network, number, policy)
    return x


def _hidden_units(
    x: KerasTensor, units: int, number: int, network: Dense | Cnn, seeds: Iterator[int], policy: Policy
) -> KerasTensor:
    """A dense layer with ReLU; a network of convolutions normalizes only those."""
    name = f"dense{number}"
    normalized = network.batch_normalization and isinstance(network, Dense)
    x = layers.Dense(
        units,
        activation=None if normalized else "relu",
        kernel_initializer=GlorotUniform(next(seeds)),
        name=f"{name}_linear" if normalized else name,
        dtype=policy,
    )(x)
    if normalized:
        x = layers.BatchNormalization(name=f"{name}_normalization", dtype=policy)(x)
        x = layers.Activation("relu", name=name, dtype=policy)(x)
    return x


def _pool(x: KerasTensor, network: Cnn, number: int, policy: Policy) -> KerasTensor:
    if not network.pools:
        return x
    return POOLINGS[network.pooling](POOL, name=f"pool{number}", dtype=policy)(x)


def _layer_seeds(seed: int) -> Iterator[int]:
    """One seed after another for the layers of a network, all decided by its own."""
    generator = np.random.default_rng(seed)
    while True:
        yield int(generator.integers(2**31))
