"""Layers of the form in which networks train: the same values as Keras's own, to rounding, in less time."""

import tensorflow as tf
from keras import KerasTensor, layers


class Bias(layers.Layer):
    """Adds one number to each map: a convolution's bias, later."""

    def build(self, input_shape: tuple[int, ...]) -> None:
        self.bias = self.add_weight(shape=(input_shape[-1],), initializer="zeros", name="bias")

    def call(self, maps: KerasTensor) -> KerasTensor:
        return maps + self.bias


class PooledConvolution(layers.Conv2D):
    """A convolution without bias (`valid`, in steps of 1) and max pooling of 2 x 2 blocks, at once.

    One convolution in steps of 2 for each of the four places in a block, and the largest of the four. Where
    max pooling is slow, above all backwards, that is faster for a first convolution, whose input is small.
    """

    SIDE = 2  # of a block

    def compute_output_shape(self, input_shape: tuple[int, ...]) -> tuple[int, ...]:
        batch, height, width, _ = super().compute_output_shape(input_shape)
        return batch, height // self.SIDE, width // self.SIDE, self.filters

    def call(self, images: tf.Tensor) -> tf.Tensor:
        _, rows, columns, _ = self.compute_output_shape(tuple(images.shape))
        height = self.SIDE * (rows - 1) + self.kernel_size[0]
        width = self.SIDE * (columns - 1) + self.kernel_size[1]
        places = [(row, column) for row in range(self.SIDE) for column in range(self.SIDE)]
        shifted = [images[:, row : row + height, column : column + width] for row, column in places]
        return _largest(*(tf.nn.conv2d(each, self.kernel, self.SIDE, "VALID") for each in shifted))


class FusedNormalization(layers.BatchNormalization):
    """Batch normalization of maps, in one operation while it learns.

    Keras's own takes a pass over float32 maps for each step of the formula: with convolutions of few filters
    that is half of the time of a training. Its moving averages stay as they start: a finished network gets
    statistics of its own (`model.training.statistics`).
    """

    def call(self, maps: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return super().call(maps, training=False)
        by_batch = {"mean": tf.zeros(0), "variance": tf.zeros(0), "is_training": True}
        formula = {"scale": self.gamma.value, "offset": self.beta.value, "epsilon": self.epsilon}
        normalized, *_ = tf.raw_ops.FusedBatchNormV3(x=maps, **formula, **by_batch)
        return normalized


@tf.custom_gradient
def _largest(first: tf.Tensor, second: tf.Tensor, third: tf.Tensor, fourth: tf.Tensor) -> tuple:
    """The largest of four maps, place by place; as in max pooling, the first of equal ones learns."""
    upper, lower = tf.maximum(first, second), tf.maximum(third, fourth)

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, ...]:
        nothing = tf.zeros_like(upstream)
        to_upper = tf.where(upper >= lower, upstream, nothing)
        to_lower = upstream - to_upper
        to_first = tf.where(first >= second, to_upper, nothing)
        to_third = tf.where(third >= fourth, to_lower, nothing)
        return to_first, to_upper - to_first, to_third, to_lower - to_third

    return tf.maximum(upper, lower), gradient
