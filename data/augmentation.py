"""Shift, flip and erase: random changes to training images, in the graph.

Each is a pure function of the seed it is given, so that a resumed training draws what it would have drawn.
"""

import tensorflow as tf

from configs.schema import Augmentation


def augment(images: tf.Tensor, settings: Augmentation, seed: tf.Tensor) -> tf.Tensor:
    """Change each image on its own, uint8 (batch, height, width): move it, mirror it, black out a square.

    At most `shift` pixels each way (black moves in); `flip`: left and right for half of the images; `erase`:
    the side of a square set to black, its centre anywhere in the picture. The same `seed`, int32 (2,), makes
    the same changes.
    """
    seeds = tf.random.split(seed, 4)
    batch, height, width = tf.unstack(tf.shape(images))
    if settings.shift:
        reach = settings.shift
        padded = tf.pad(images, [[0, 0], [reach, reach], [reach, reach]])
        start = tf.random.stateless_uniform([2, batch], seeds[0], 0, 2 * reach + 1, tf.int32)
        rows = start[0][:, None] + tf.range(height)
        columns = start[1][:, None] + tf.range(width)
        images = tf.gather(tf.gather(padded, rows, batch_dims=1), columns, axis=2, batch_dims=1)
    if settings.flip:
        mirrored = tf.random.stateless_uniform([batch], seeds[1]) < 0.5
        images = tf.where(mirrored[:, None, None], images[:, :, ::-1], images)
    if settings.erase:
        row = tf.random.stateless_uniform([batch], seeds[2], 0, height, tf.int32)[:, None]
        column = tf.random.stateless_uniform([batch], seeds[3], 0, width, tf.int32)[:, None]
        first = -(settings.erase // 2)
        in_rows = _within(tf.range(height) - row - first, settings.erase)
        in_columns = _within(tf.range(width) - column - first, settings.erase)
        erased = in_rows[:, :, None] & in_columns[:, None, :]
        images = tf.where(erased, tf.zeros_like(images), images)
    return images


def _within(distance: tf.Tensor, size: int) -> tf.Tensor:
    return (distance >= 0) & (distance < size)
