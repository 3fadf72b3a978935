"""The lesson's arithmetic, done by Keras's own layers. TensorFlow is imported by the functions."""

from typing import Any

import numpy as np

from model.lesson.arithmetic import FILTERS, PATCH, PICTURES, POOLS, WORKED, Maps, relu
from model.run.quiet import quiet


def compare(maps: Maps) -> dict[str, Any]:
    """Let Keras's own layers do what the lesson did by hand.

    Returns what `Conv2D` and the pooling layers give for the worked example, and the largest difference from
    the lesson's own maps over everything else.
    """
    with quiet():
        convolved = [
            keras_convolve(maps[name], kernel) - maps[f"{name}/{kind}"]
            for name in PICTURES
            for kind, kernel in FILTERS.items()
        ]
        highlighted = relu(maps["striped/horizontal"])
        pooled = [keras_pool(highlighted, kind) - pool(highlighted) for kind, pool in POOLS.items()]
        return {
            "all_places": keras_convolve(PATCH, WORKED).tolist(),
            "max": keras_pool(PATCH, "max").tolist(),
            "average": keras_pool(PATCH, "average").tolist(),
            "numbers_compared": sum(difference.size for difference in (*convolved, *pooled)),
            "largest_difference": max(float(np.abs(d).max()) for d in (*convolved, *pooled)),
        }


def keras_convolve(picture: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """What `Conv2D(1, ...)` with these weights gives: float32 (h - kh + 1, w - kw + 1)."""
    from keras import layers

    layer = layers.Conv2D(1, kernel.shape, use_bias=False)
    layer.build((1, *picture.shape, 1))
    layer.set_weights([kernel[:, :, None, None]])
    return np.asarray(layer(picture[None, :, :, None].astype(np.float32)))[0, :, :, 0]


def keras_pool(picture: np.ndarray, kind: str) -> np.ndarray:
    """What `MaxPooling2D(2)` or `AveragePooling2D(2)` gives: float32 (h // 2, w // 2)."""
    from keras import layers

    layer = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}[kind](2)
    return np.asarray(layer(picture[None, :, :, None].astype(np.float32)))[0, :, :, 0]
