"""How fast this machine computes, and whether it can do what it says; TensorFlow is imported inside."""

import time
from collections.abc import Callable

from data.splits import Splits
from model.run.jobs import Tell


def probe_speed(splits: Splits, tell: Tell, *, bfloat16: bool) -> dict[str, float]:
    """How fast one thread convolves, in FLOP/s, in float32 and, if asked, in bfloat16.

    Some processors announce bfloat16 and die of it, so the speed in float32 is reported first: a
    probe that kills its worker means that bfloat16 can't be used.
    """
    import tensorflow as tf

    flops = 2 * 64 * 11 * 11 * 64 * 3 * 3 * 64  # the second convolution of the default network, one batch

    def convolution(dtype: tf.DType) -> Callable[[], float]:
        images, kernel = tf.ones((64, 13, 13, 64), dtype), tf.ones((3, 3, 64, 64), dtype)
        convolve = tf.function(lambda: tf.nn.conv2d(images, kernel, 1, "VALID"))
        convolve()

        def seconds() -> float:
            started = time.perf_counter()
            convolve()
            return time.perf_counter() - started

        return seconds

    def speed(dtype: tf.DType) -> float:
        seconds = convolution(dtype)
        return flops / min(seconds() for _ in range(8))  # the best: other workers start at the same time

    speeds = {"float32": speed(tf.float32)}
    tell(speeds)
    return speeds | {"bfloat16": speed(tf.bfloat16)} if bfloat16 else speeds
