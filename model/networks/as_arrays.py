"""A network taken apart: the arrays of its layers and the steps between them, for all that looks inside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from model.networks.facts import SIDE
from model.networks.layers import Pooling


@dataclass(frozen=True)
class Convolution:
    """One convolution with its normalization folded in, its ReLU, and the pooling that follows, if one does.

    `kernel` float32 (k, k, c_in, c) and `bias` (c,) give the map before ReLU: `scale` times the `weights`
    as they were trained, plus `shift`. Without normalization scale and shift are None.
    """

    name: str
    kernel: np.ndarray
    bias: np.ndarray
    stride: int
    padding: Literal["valid", "same"]
    weights: np.ndarray
    scale: np.ndarray | None = None
    shift: np.ndarray | None = None
    pooling: Pooling | None = None

    @property
    def window(self) -> int:
        """The side of the blocks of which pooling leaves one value."""
        return self.pooling.side if self.pooling else 1

    @property
    def num_filters(self) -> int:
        return int(self.kernel.shape[-1])


@dataclass(frozen=True)
class Network:
    """Convolutions, then dense layers as (weights (inputs, units), bias (units,)), ReLU between them.

    The last dense layer gives the logits.
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[tuple[np.ndarray, np.ndarray], ...]


class Maps(NamedTuple):
    """What one convolution makes of a batch, as tensors (batch, height, width, filters)."""

    linear: tf.Tensor  # before ReLU
    map: tf.Tensor  # after ReLU
    pooled: tf.Tensor  # what the next layer reads


def take_apart(model: keras.Model) -> Network:
    """Read the layers of a saved model.

    With batch normalization, kernels, weights and biases already contain it.
    """
    convolutions: list[Convolution] = []
    dense: list[tuple[np.ndarray, np.ndarray]] = []
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D):
            convolutions.append(_convolution(layer))
        elif isinstance(layer, layers.BatchNormalization):
            if dense:  # a network of convolutions normalizes only those, and they come first
                scale, shift = _normalization(layer)
                kernel, bias = dense[-1]
                dense[-1] = (_single(kernel * scale), _single(bias * scale + shift))
            else:
                convolutions[-1] = _fold(convolutions[-1], layer)
        elif isinstance(layer, layers.MaxPooling2D | layers.AveragePooling2D):
            kind: Literal["max", "average"] = "max" if isinstance(layer, layers.MaxPooling2D) else "average"
            pooling = Pooling(layer.name, kind, layer.pool_size[0])
            convolutions[-1] = replace(convolutions[-1], pooling=pooling)
        elif isinstance(layer, layers.Dense):
            kernel, bias = layer.get_weights()
            dense.append((kernel, bias))
    return Network(tuple(convolutions), tuple(dense))


def _convolution(layer: layers.Conv2D) -> Convolution:
    kernel, bias = layer.get_weights()
    name = layer.name.removesuffix("_linear")
    return Convolution(name, kernel, bias, layer.strides[0], layer.padding, kernel)


def _fold(convolution: Convolution, layer: layers.BatchNormalization) -> Convolution:
    scale, shift = _normalization(layer)
    return replace(
        convolution,
        kernel=_single(convolution.kernel * scale),
        bias=_single(convolution.bias * scale + shift),
        scale=_single(scale),
        shift=_single(shift),
    )


def _normalization(layer: layers.BatchNormalization) -> tuple[np.ndarray, np.ndarray]:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, as scale * x + shift; float64."""
    gamma, beta, mean, variance = (weights.astype(np.float64) for weights in layer.get_weights())
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return scale, beta - mean * scale


def _single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32)


def forward(convolutions: Sequence[Convolution], x: tf.Tensor) -> list[Maps]:
    """Run some convolutions, one after the other.

    The first reads `x`, float32 (batch, height, width, channels); images in [0, 1] for a whole network.
    """
    maps = []
    for convolution in convolutions:
        padding = convolution.padding.upper()
        linear = tf.nn.conv2d(x, convolution.kernel, convolution.stride, padding) + convolution.bias
        after = tf.nn.relu(linear)
        x = _pool(convolution.pooling, after)
        maps.append(Maps(linear, after, x))
    return maps


def _pool(pooling: Pooling | None, x: tf.Tensor) -> tf.Tensor:
    if pooling is None:
        return x
    pool = tf.nn.max_pool2d if pooling.kind == "max" else tf.nn.avg_pool2d
    return pool(x, pooling.side, pooling.side, "VALID")


def to_input(images: np.ndarray | tf.Tensor) -> tf.Tensor:
    """Images uint8 (n, 28, 28) as a network reads them: float32 (n, 28, 28, 1) in [0, 1]."""
    return tf.cast(images[..., None], tf.float32) / 255.0


def pick(values: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """One of each row (n, columns) -> (n,): what `tf.gather` gives, whose gradient is a large graph."""
    return tf.reduce_sum(values * tf.one_hot(columns, values.shape[1]), axis=1)


def compile_for_images(function: Callable[[tf.Tensor], Any]) -> Callable[[np.ndarray], Any]:
    """Make one graph of a function of images uint8 (n, 28, 28), for any n.

    The function has no Python conditions on tensors: TensorFlow need not rewrite it, which takes longer
    than building the graph.
    """
    images = tf.TensorSpec((None, SIDE, SIDE), tf.uint8)
    return tf.function(function, input_signature=[images], autograph=False)


def logits_of(dense: Sequence[tuple[np.ndarray, np.ndarray]], inner: np.ndarray) -> np.ndarray:
    """From the first dense layer's values before its ReLU to the logits.

    `inner`, float32 (..., units of the first), is its product and bias, and is overwritten. Returns float32
    (..., num_classes).
    """
    for weights, bias in dense[1:]:
        np.maximum(inner, 0, out=inner)
        inner = inner @ weights
        inner += bias
    return inner
