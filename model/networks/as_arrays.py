"""A network taken apart: the arrays of its layers and the steps between them, for all that looks inside."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import tensorflow as tf

from model.networks.facts import SIDE
from model.networks.layers import Activation, Pair, Pooling

RELU = Activation("relu")
LINEAR = Activation("linear", "linear")
FUNCTIONS: dict[str, Callable[[tf.Tensor, float], tf.Tensor]] = {
    "relu": lambda x, slope: tf.nn.relu(x),
    "leaky_relu": tf.nn.leaky_relu,
    "elu": lambda x, slope: tf.where(x > 0, x, slope * tf.math.expm1(tf.minimum(x, 0.0))),
    "gelu": lambda x, slope: tf.nn.gelu(x),
    "tanh": lambda x, slope: tf.tanh(x),
    "sigmoid": lambda x, slope: tf.sigmoid(x),
    "linear": lambda x, slope: x,
}


@dataclass(frozen=True)
class Scaling:
    """Normalization or rescaling: `scale` times each channel, plus `shift`; float64 (c,), or (1,) for all."""

    scale: np.ndarray
    shift: np.ndarray

    def then(self, other: "Scaling") -> "Scaling":
        """This and another one after it, at once."""
        return Scaling(self.scale * other.scale, self.shift * other.scale + other.shift)


Step = Pooling | Scaling | Activation  # each channel by itself


@dataclass(frozen=True)
class Convolution:
    """One convolution with its normalization folded in, its activation, and the steps around it.

    `kernel` float32 (kh, kw, c_in, c) and `bias` (c,) give the map before its activation: `scale` times the
    `weights` as they were trained, plus `shift`. Without normalization scale and shift are None. What it
    reads goes through the steps `before`, which only the first one has; its map goes through those `after`.
    """

    name: str
    kernel: np.ndarray
    bias: np.ndarray
    strides: Pair
    padding: Literal["valid", "same"]
    weights: np.ndarray
    scale: np.ndarray | None = None
    shift: np.ndarray | None = None
    activation: Activation = RELU
    before: tuple[Step, ...] = ()
    after: tuple[Step, ...] = ()

    @property
    def num_filters(self) -> int:
        return int(self.kernel.shape[-1])

    def read(self, constants: np.ndarray) -> np.ndarray:
        """What the next layer reads of maps that are constant, float32 (filters,): one number of each."""
        steps = [step for step in self.after if not isinstance(step, Pooling)]  # which leaves constants alone
        return through(steps, tf.constant(constants)).numpy()


@dataclass(frozen=True)
class Dense:
    """One dense layer with its normalization folded in, its activation, and the steps after that.

    `weights` are float32 (inputs, units), `bias` (units,).
    """

    weights: np.ndarray
    bias: np.ndarray
    activation: Activation = RELU
    after: tuple[Step, ...] = ()

    def answers(self, inner: np.ndarray) -> np.ndarray:
        """What the units answer, of their products and bias (..., units), which are overwritten."""
        if self.activation.function == "relu":
            return np.maximum(inner, 0, out=inner)
        return through([self.activation], tf.constant(inner)).numpy()

    def read(self, answers: np.ndarray) -> np.ndarray:
        """What the next layer reads of these answers (..., units)."""
        return through(self.after, tf.constant(answers)).numpy() if self.after else answers


@dataclass(frozen=True)
class Network:
    """Convolutions, then dense layers. The last dense layer gives the logits.

    One that `flips` answers by the mean of the logits of a picture and of its mirror image.
    """

    convolutions: tuple[Convolution, ...]
    dense: tuple[Dense, ...]
    flips: bool = False


class Maps(NamedTuple):
    """What one convolution makes of a batch, as tensors (batch, height, width, filters).

    `pools` are what each pooling around it gives.
    """

    linear: tf.Tensor  # before its activation
    map: tf.Tensor  # after it
    pooled: tf.Tensor  # what the next layer reads
    pools: dict[str, tf.Tensor]


def single(array: np.ndarray) -> np.ndarray:
    return array.astype(np.float32)


def through(steps: Sequence[Step], x: tf.Tensor, pools: dict[str, tf.Tensor] | None = None) -> tf.Tensor:
    """What some steps make of maps, float32 (batch, height, width, channels), or of rows of numbers.

    What each pooling gives goes into `pools`, by its name.
    """
    for step in steps:
        match step:
            case Pooling():
                pool = tf.nn.max_pool2d if step.kind == "max" else tf.nn.avg_pool2d
                x = pool(x, step.side, step.steps, step.padding.upper())
                if pools is not None:
                    pools[step.name] = x
            case Scaling():
                x = x * single(step.scale) + single(step.shift)
            case Activation():
                x = FUNCTIONS[step.function](x, step.slope)
    return x


def forward(convolutions: Sequence[Convolution], x: tf.Tensor) -> list[Maps]:
    """Run some convolutions, one after the other.

    The first reads `x`, float32 (batch, height, width, channels); images in [0, 1] for a whole network.
    """
    maps = []
    for convolution in convolutions:
        padding = convolution.padding.upper()
        pools: dict[str, tf.Tensor] = {}
        read = through(convolution.before, x, pools)
        linear = tf.nn.conv2d(read, convolution.kernel, convolution.strides, padding) + convolution.bias
        after = through([convolution.activation], linear)
        x = through(convolution.after, after, pools)
        maps.append(Maps(linear, after, x, pools))
    return maps


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


def logits_of(dense: Sequence[Dense], inner: np.ndarray) -> np.ndarray:
    """From the first dense layer's values before its activation to the logits.

    `inner`, float32 (..., units of the first), is its product and bias, and is overwritten. Returns float32
    (..., num_classes).
    """
    for layer, following in pairwise(dense):
        inner = layer.read(layer.answers(inner)) @ following.weights
        inner += following.bias
    return inner
