"""What filters are worth, measured in the plain way, and in the one pass that the program makes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def without_filter(model: Any, layer: str, index: int, constant: float) -> Iterator[None]:
    """Edit a network's weights so that one filter's map is a constant, at least 0, everywhere.

    Kernel 0 and bias `constant`; where normalization follows, its scale 0 and shift `constant`.
    """
    names = [each.name for each in model.layers]
    normalized = f"{layer}_normalization" in names
    edited = model.get_layer(f"{layer}_normalization" if normalized else layer)
    saved = edited.get_weights()
    factor, offset, *others = (weights.copy() for weights in saved)
    factor[..., index] = 0
    offset[index] = constant
    edited.set_weights([factor, offset, *others])
    try:
        yield
    finally:
        edited.set_weights(saved)


def plain_ablation(
    model: Any, images: np.ndarray, constants: dict[str, np.ndarray], batch_size: int = 128
) -> np.ndarray:
    """Evaluate a network once per filter, its map replaced by a constant: the plain way.

    Args:
        model: with convolutions.
        images: uint8 (n, 28, 28).
        constants: per convolution (filters,).
        batch_size: images at a time.

    Returns:
        Probabilities (filters of all convolutions, n, num_classes).
    """
    import tensorflow as tf

    run = tf.function(lambda batch: model(tf.cast(batch, tf.float32)[..., None] / 255.0, training=False))

    def evaluate() -> np.ndarray:
        parts = [run(images[i : i + batch_size]).numpy() for i in range(0, len(images), batch_size)]
        return np.concatenate(parts)

    results = []
    for layer, values in constants.items():
        for index, constant in enumerate(values):
            with without_filter(model, layer, index, float(constant)):
                results.append(evaluate())
    return np.array(results)


def shared_ablation(model: Any, images: np.ndarray, constants: dict[str, np.ndarray]) -> np.ndarray:
    """The same in one pass that shares everything upstream of a filter; logits, likewise."""
    from model.networks.take_apart import take_apart
    from model.networks.traces import trace
    from model.worth.ablation import Ablation

    ablation = Ablation(take_apart(model), [values.astype(np.float32) for values in constants.values()])
    parts = trace(ablation.network, images, lambda _, t: ablation.answers(t.views)[1])
    return np.concatenate([logits for _, logits in parts], axis=1)
