"""A saved network, run layer by layer: with a filter taken out, up to a layer, or whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 500
UNSURE = 1e-4  # probabilities so near each other may change places with another order of adding


class Network:
    """The layers of a model.keras, of which Keras computes one after the other."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.layers = [layer for layer in model.layers if layer.__class__.__name__ != "InputLayer"]
        self.names = [layer.name for layer in self.layers]
        self.mirrored = "mirror_mean" in self.names  # what comes before it is also done of the mirror image

    @classmethod
    def read(cls, path: Path) -> "Network":
        import keras

        return cls(keras.saving.load_model(path, compile=False))

    @property
    def convolutions(self) -> list[str]:
        """Names of what convolutions come to, after ReLU."""
        return [name for name in self.names if name.startswith("conv") and "_" not in name]

    @property
    def parameters(self) -> int:
        return int(self.model.count_params())

    @property
    def parameters_in_convolutions(self) -> int:
        """Of convolutions and their normalization."""
        layers = [layer for layer in self.layers if layer.name.startswith("conv")]
        return sum(int(np.prod(weight.shape)) for layer in layers for weight in layer.get_weights())

    @property
    def multiply_adds(self) -> int:
        """For one picture forward, biases left out."""
        return sum(map(self.multiply_adds_of, self.layers))

    def multiply_adds_of(self, layer: Any) -> int:
        """Of one layer: each weight of a kernel once for every place; of a mirror image all before it."""
        if layer.name == "mirror_mean":
            return sum(map(self.multiply_adds_of, self.layers[: self.names.index(layer.name)]))
        kernels = [w for w in layer.get_weights() if w.ndim in (2, 4)]
        return sum(
            int(w.size) * (int(np.prod(layer.output.shape[1:-1])) if w.ndim == 4 else 1) for w in kernels
        )

    def kernel(self, layer: str) -> np.ndarray:
        """Of a convolution or dense layer, (k, k, c_in, c) or (inputs, units)."""
        named = {one.name.removesuffix("_linear"): one for one in self.layers if one.get_weights()}
        return next(w for w in named[layer].get_weights() if w.ndim in (2, 4))

    def output(self, layer: str, images: np.ndarray) -> np.ndarray:
        """What a layer makes of pictures uint8, or float from 0 to 1, (n, 28, 28)."""
        return np.concatenate([self._run(part, stop=layer) for part in _scaled(images)])

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        return self.output(self.names[-1], images).astype(np.float64)

    def without(self, layer: str, index: int, value: float, images: np.ndarray) -> np.ndarray:
        """Probabilities where one channel of a layer's output is a constant."""

        def replaced(values: np.ndarray) -> np.ndarray:
            values[..., index] = value
            return values

        return self.changed(layer, replaced, images)

    def changed(self, layer: str, change: Any, images: np.ndarray) -> np.ndarray:
        """Probabilities where a layer's output is changed."""
        parts = [self._run(part, layer, change) for part in _scaled(images)]
        return np.concatenate(parts).astype(np.float64)

    def _run(self, values: np.ndarray, at: str = "", change: Any = None, stop: str = "") -> np.ndarray:
        """Of a layer that is met twice what it makes of the pictures as they are; both are changed."""
        views = [values, values[:, :, ::-1]] if self.mirrored else [values]
        for layer in self.layers:
            if layer.name == "mirror_mean":
                views = [(views[0] + views[1]) / 2]
            else:
                views = [np.array(layer(view, training=False)) for view in views]
            if layer.name == at:
                views = [change(view) for view in views]
            if layer.name == stop:
                break
        return views[0]


def _scaled(images: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(images), BATCH):
        part = images[start : start + BATCH]
        yield (part.astype(np.float32) / np.float32(255 if part.dtype == np.uint8 else 1))[..., None]


def unsure(probabilities: np.ndarray) -> np.ndarray:
    """Pictures whose two likeliest classes are too close to tell."""
    two = np.sort(probabilities, axis=1)[:, -2:]
    return two[:, 1] - two[:, 0] < UNSURE


def losses(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of each picture, in nats."""
    return -np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12))
