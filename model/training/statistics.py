"""What batch normalization subtracts and divides by in a finished network.

While it trains, a network normalizes by each batch's own mean and variance, and Keras keeps their moving
averages, of weights that were others then. After few steps, or with averaged weights, these are far from
what the last weights give. So a network is scored and saved with the mean and variance that training images
have in it: "precise batch normalization" of Wu and Johnson (arXiv 2105.07576, section 3).
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from model.networks.as_arrays import compile_for_images, to_input
from model.run.rules import STATISTICS_IMAGES

BATCH = 500  # images at a time: the maps of a layer stay under 100 MB
SEED = 0x57A7  # which images: the same ones for all trainings


class Statistics:
    """Takes the statistics of a network's normalizations over some of its training images, uint8 (n, 28, 28).

    Layer after layer: each gets those of its inputs in the network as it answers, in which the layers before
    it have theirs already. (In the paper a layer sees what batches' own statistics make of the layers before;
    then what it finds depends on the size of batches.) Nothing is augmented and nothing left out. The model
    is in float32; its statistics change.
    """

    def __init__(self, model: keras.Model, images: np.ndarray) -> None:
        self.model = model
        self.images = images[np.random.default_rng(SEED).permutation(len(images))[:STATISTICS_IMAGES]]
        self.layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
        self._moments = [_moments(keras.Model(model.input, layer.input)) for layer in self.layers]

    def taken(self, weights: list[np.ndarray], num_images: int = STATISTICS_IMAGES) -> list[np.ndarray]:
        """The weights, in the order of `get_weights`, with statistics over `num_images` images in place."""
        self.model.set_weights(weights)
        for layer, moments in zip(self.layers, self._moments, strict=True):
            mean, variance = _joined(moments, self.images[:num_images])
            layer.moving_mean.assign(mean)
            layer.moving_variance.assign(variance)
        return self.model.get_weights()


Moments = Callable[[np.ndarray], tuple[tf.Tensor, tf.Tensor]]


def _moments(inputs: keras.Model) -> Moments:
    """Mean and variance, over images and places, of each channel that a normalization reads."""

    def of(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        values = inputs(to_input(images), training=False)
        return tf.nn.moments(values, axes=list(range(values.shape.rank - 1)))

    return compile_for_images(of)


def _joined(moments: Moments, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those of all images, a batch at a time, joined in float64; as in Keras, the variance divides by n."""
    batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
    found = [[values.numpy().astype(np.float64) for values in moments(batch)] for batch in batches]
    means, variances = (np.stack(values) for values in zip(*found, strict=True))
    sizes = [len(batch) for batch in batches]
    mean = np.average(means, axis=0, weights=sizes)
    return mean, np.average(variances + (means - mean) ** 2, axis=0, weights=sizes)
