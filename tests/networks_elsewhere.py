"""Networks as a notebook makes them: stock Keras, nothing of this program."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def sequential(*layers: Any, shape: tuple[int, ...] = (28, 28, 1), seed: int = 0) -> Any:
    """A network with the weights that stock Keras begins with."""
    import keras

    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input(shape), *layers])


def course(filters: Sequence[int] = (4,), classes: int = 10, seed: int = 0) -> Any:
    """The course's network in small: Rescaling, Conv2D and MaxPooling2D, then dense layers."""
    from keras import layers

    blocks = [
        layer
        for count in filters
        for layer in (layers.Conv2D(count, 3, activation="relu"), layers.MaxPooling2D())
    ]
    dense = [layers.Dense(16, activation="relu"), layers.Dense(classes, activation="softmax")]
    return sequential(layers.Rescaling(1 / 255), *blocks, layers.Flatten(), *dense, seed=seed)


def fit(model: Any, images: np.ndarray, labels: np.ndarray, epochs: int = 2, rate: float = 0.005) -> Any:
    """Train it on images as it reads them; whether it ends in a softmax is known by its last layer."""
    import keras

    logits = model.layers[-1].activation.__name__ != "softmax"
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=logits)
    model.compile(keras.optimizers.Adam(rate), loss)
    model.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)
    return model


def saved(model: Any, path: Path) -> Path:
    """The file that `model.save` makes."""
    model.save(path)
    return path
