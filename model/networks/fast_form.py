"""The same networks in the form that trains fastest: values equal to rounding, weights in the same order."""

from collections.abc import Iterator
from dataclasses import replace

import keras
from keras import KerasTensor

from configs.networks import Cnn
from configs.networks import Dense as DenseNetwork
from model.networks.build import Policy, add, convolve, layer_seeds
from model.networks.facts import SIDE, side_in_reach
from model.networks.fast_layers import Bias, FusedNormalization, PooledConvolution
from model.networks.layers import (
    Activation,
    Convolution,
    Dense,
    MirrorMean,
    Normalization,
    Pooling,
    layers_of,
)


def build_for_training(
    network: DenseNetwork | Cnn,
    num_classes: int,
    seed: int,
    policy: Policy,
    at_once: bool = False,
    fused: bool = True,
) -> keras.Model:
    """Build an untrained network that ends in logits, of a picture as it is.

    Its weights are those of `build` in the same order, so `set_weights(get_weights())` carries them over.
    Max pooling comes before bias and ReLU: adding the same to four values or setting the negative ones
    to zero does not change which is the largest, and a quarter of the work is left to do. Pixels that no
    answer depends on are cut off first: the last row and column of a map often fill no block to pool.
    Batch normalization keeps both its pixels and its place before pooling: its statistics are of all places.

    With `at_once` the first convolution and its max pooling are one layer, where the network has such. Where
    maps are normalized, that is one operation if it is `fused`.
    """
    rest = [layer for layer in layers_of(network, num_classes) if not isinstance(layer, MirrorMean)]
    normalized = any(isinstance(layer, Normalization) for layer in rest)
    side = SIDE if normalized else side_in_reach(rest)
    seeds = layer_seeds(seed)
    inputs = keras.Input((SIDE, SIDE, 1), name="image")
    x = inputs if side == SIDE else inputs[:, :side, :side]
    while rest:
        match rest:
            case [Convolution() as convolution, Pooling(kind="max") as pooling, *after]:
                x = _pool_first(convolution, pooling, x, seeds, policy, at_once)
            case [Normalization() as norm, Activation() as relu, Pooling(kind="max") as pooling, *after]:
                x = _normalize(norm, x, seeds, policy, fused)
                for layer in (pooling, relu):
                    x = add(layer, x, seeds, policy)
            case [Normalization() as norm, *after]:
                x = _normalize(norm, x, seeds, policy, fused)
            case [Dense(activation="softmax") as last, *after]:
                # the loss needs logits, with all their digits
                x = add(replace(last, activation=None), x, seeds, "float32")
            case [layer, *after]:
                x = add(layer, x, seeds, policy)
        rest, at_once = after, False
    return keras.Model(inputs, x, name=network.architecture)


def _normalize(
    norm: Normalization, x: KerasTensor, seeds: Iterator[int], policy: Policy, fused: bool
) -> KerasTensor:
    if fused and len(x.shape) == 4:
        return FusedNormalization(epsilon=norm.epsilon, name=norm.name, dtype=policy)(x)
    return add(norm, x, seeds, policy)


def _pool_first(
    convolution: Convolution,
    pooling: Pooling,
    x: KerasTensor,
    seeds: Iterator[int],
    policy: Policy,
    at_once: bool,
) -> KerasTensor:
    """Convolution, pooling, bias, ReLU; the first two as one layer where that is asked for and possible."""
    name = convolution.name
    linear = replace(convolution, name=f"{name}_linear", activation=None, use_bias=False)
    if at_once and convolution.padding == "valid" and pooling.side == PooledConvolution.SIDE:
        x = convolve(linear, x, seeds, policy, PooledConvolution)
    else:
        x = add(pooling, add(linear, x, seeds, policy), seeds, policy)
    x = Bias(trainable=convolution.kernels == "learned", name=f"{name}_bias", dtype=policy)(x)
    return add(Activation(name), x, seeds, policy)
