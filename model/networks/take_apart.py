"""A saved model taken apart: the arrays of its layers, and the steps between them."""

from dataclasses import replace
from typing import Literal

import keras
import numpy as np
from keras import layers

from model.networks.as_arrays import LINEAR, Convolution, Dense, Network, Scaling, Step, single
from model.networks.layers import SLOPES, Activation, Pooling, pair


def take_apart(model: keras.Model) -> Network:
    """Read the layers of a saved model.

    With batch normalization, kernels, weights and biases already contain it where it stands before their
    activation; where it stands elsewhere, it is a step.
    """
    parts = _Parts()
    for layer in model.layers:
        parts.take(layer)
    flips = any(isinstance(layer, layers.Average) for layer in model.layers)
    return Network(tuple(parts.convolutions), tuple(parts.dense), flips)


class _Parts:
    """Takes one layer of a model after the other."""

    def __init__(self) -> None:
        self.convolutions: list[Convolution] = []
        self.dense: list[Dense] = []
        self.before: tuple[Step, ...] = ()  # what stands before the first of them
        self.in_row: Scaling | None = None  # of the numbers that the first dense layer reads
        self.flat = False
        self.waiting = False  # for the activation of the last of them, which stands apart

    def take(self, layer: layers.Layer) -> None:
        match layer:
            case layers.Conv2D():
                self._convolution(layer)
            case layers.Dense():
                self._dense(layer)
            case layers.Flatten():
                self.flat = True
            case layers.BatchNormalization():
                self._scale(_normalization(layer))
            case layers.Rescaling():
                self._scale(Scaling(np.array([layer.scale], float), np.array([layer.offset], float)))
            case layers.Activation() | layers.LeakyReLU() | layers.ELU():
                self._activate(activation_of(layer))
            case layers.MaxPooling2D() | layers.AveragePooling2D():
                kind: Literal["max", "average"] = (
                    "max" if isinstance(layer, layers.MaxPooling2D) else "average"
                )
                form = pair(layer.pool_size), pair(layer.strides), layer.padding
                self._step(Pooling(layer.name, kind, *form))

    def _convolution(self, layer: layers.Conv2D) -> None:
        kernel, bias = weights_of(layer)
        convolution = Convolution(
            name=layer.name.removesuffix("_linear"),
            kernel=kernel,
            bias=bias,
            strides=layer.strides,
            padding=layer.padding,
            weights=kernel,
            activation=_own(layer),
            before=self.before,
        )
        self.before = ()
        self.waiting = layer.name.endswith("_linear")
        self.convolutions.append(convolution)

    def _dense(self, layer: layers.Dense) -> None:
        kernel, bias = weights_of(layer)
        first = [step for step in self.before if isinstance(step, Scaling)]  # of the picture's pixels
        for scaling in reversed([*first, *([self.in_row] if self.in_row else [])]):
            bias = single(bias + np.broadcast_to(scaling.shift, len(kernel)) @ kernel)
            kernel = single(kernel * np.broadcast_to(scaling.scale, len(kernel))[:, None])
        self.before, self.in_row = (), None
        self.waiting = layer.name.endswith("_linear")
        self.dense.append(Dense(kernel, bias, _own(layer)))

    def _scale(self, scaling: Scaling) -> None:
        """Folded into what it follows at once; into the first dense layer where each number has a scale."""
        last = self._last()
        if self.flat and not self.dense and (self.in_row or len(scaling.scale) > 1):
            self.in_row = self.in_row.then(scaling) if self.in_row else scaling
        elif last is None or not self.waiting:
            self._step(scaling)
        elif isinstance(last, Convolution):
            self.convolutions[-1] = _fold(last, scaling)
        else:
            weights = single(last.weights * scaling.scale)
            self.dense[-1] = replace(last, weights=weights, bias=_scaled(last.bias, scaling))

    def _activate(self, function: Activation) -> None:
        last = self._last()
        if last is None or not self.waiting:
            self._step(function)
        elif isinstance(last, Convolution):
            self.convolutions[-1] = replace(last, activation=function)
        else:
            self.dense[-1] = replace(last, activation=function)
        self.waiting = False

    def _last(self) -> Convolution | Dense | None:
        return self.dense[-1] if self.dense else self.convolutions[-1] if self.convolutions else None

    def _step(self, step: Step) -> None:
        last = self._last()
        if last is None:
            self.before = (*self.before, step)
        elif isinstance(last, Convolution):
            self.convolutions[-1] = replace(last, after=(*last.after, step))
        else:
            self.dense[-1] = replace(last, after=(*last.after, step))


def weights_of(layer: layers.Layer) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias; zeros where a layer has none."""
    kernel, *bias = layer.get_weights()
    return kernel, bias[0] if bias else np.zeros(kernel.shape[-1], np.float32)


def _own(layer: layers.Layer) -> Activation:
    """What a layer makes of its own values; softmax, which makes answers of logits, is none."""
    name = layer.activation.__name__
    return LINEAR if name in ("linear", "softmax") else Activation(name, name, SLOPES.get(name, 0.0))


def activation_of(layer: layers.Layer) -> Activation:
    """The function that a layer is, or that it applies to its own values."""
    match layer:
        case layers.LeakyReLU():
            return Activation("leaky_relu", "leaky_relu", float(layer.negative_slope))
        case layers.ELU():
            return Activation("elu", "elu", float(layer.alpha))
        case _:
            return _own(layer)


def _fold(convolution: Convolution, scaling: Scaling) -> Convolution:
    return replace(
        convolution,
        kernel=single(convolution.kernel * scaling.scale),
        bias=_scaled(convolution.bias, scaling),
        scale=single(scaling.scale),
        shift=single(scaling.shift),
    )


def _scaled(bias: np.ndarray, scaling: Scaling) -> np.ndarray:
    return single(bias * scaling.scale + scaling.shift)


def _normalization(layer: layers.BatchNormalization) -> Scaling:
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta, as scale * x + shift."""
    values = iter(weights.astype(np.float64) for weights in layer.get_weights())
    gamma = next(values) if layer.scale else 1.0
    beta = next(values) if layer.center else 0.0
    mean, variance = values
    scale = gamma / np.sqrt(variance + layer.epsilon)
    return Scaling(scale, beta - mean * scale)
