"""Networks run over any number of images, by batches: what is kept of their maps."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import tensorflow as tf

from model.networks.as_arrays import Convolution, Network, compile_for_images, forward, to_input

T = TypeVar("T")
BATCH = 64  # images at a time: their maps stay near the processor


class View(NamedTuple):
    """What a batch of images, or of their mirror images, leaves behind to compute answers from.

    Per convolution float32 arrays: `pooled` (n, height, width, filters), what the next layer reads; `linear`,
    the maps before their activation, of all convolutions but the first.
    """

    linear: list[np.ndarray]
    pooled: list[np.ndarray]


@dataclass(frozen=True)
class Trace:
    """What one batch of images leaves behind.

    `views` are all that a network looks at to answer: the images, and their mirror images if it flips. Per
    convolution, of each image's map (n, filters) the `largest` value, the `mean` of what lies above 0, and
    the share of places that do (`active`), float32.
    """

    views: list[View]
    largest: list[np.ndarray]
    mean: list[np.ndarray]
    active: list[np.ndarray]


def by_batch(num_images: int, work: Callable[[slice], T]) -> Iterator[tuple[slice, T]]:
    """Do some work for every batch of images, as many batches at a time as TensorFlow does operations.

    Each batch is one thread's, and what comes of it follows in the order of the images: how many threads
    there are changes no bit.

    Yields which images, and what their work returned; that is kept until it is asked for.
    """
    parts = [slice(first, min(first + BATCH, num_images)) for first in range(0, num_images, BATCH)]
    with ThreadPoolExecutor(max(1, tf.config.threading.get_inter_op_parallelism_threads())) as threads:
        yield from zip(parts, threads.map(work, parts), strict=True)


def trace(
    network: Network, images: np.ndarray, use: Callable[[slice, Trace], T], describe: bool = True
) -> Iterator[tuple[slice, T]]:
    """Run a network over any number of images, by batches.

    `use` makes something smaller of a batch's trace, in one of several threads. Unless `describe`, `largest`,
    `mean` and `active` are empty. Yields which images, and what `use` made of them.
    """

    def run(batch: tf.Tensor) -> tuple[list[tf.Tensor], ...]:
        views = [forward(network.convolutions, to_input(view)) for view in _views(network, batch)]
        described = [m.map for m in views[0]] if describe else []
        above = [_above(*pair) for pair in zip(network.convolutions, described, strict=False)]
        return (
            [View([m.linear for m in maps[1:]], [m.pooled for m in maps]) for maps in views],
            [_largest(m) for m in described],
            [_mean(m) for m in above],
            [_mean(tf.sign(m)) for m in above],
        )

    traced = compile_for_images(run)

    def work(part: slice) -> T:
        return use(part, Trace(*tf.nest.map_structure(lambda tensor: tensor.numpy(), traced(images[part]))))

    return by_batch(len(images), work)


def largest_and_features(
    network: Network, images: np.ndarray
) -> Iterator[tuple[slice, tuple[list[np.ndarray], list[np.ndarray]]]]:
    """The little that is told of a control: run it over any number of images, by batches.

    Yields which images; the largest value of each of their maps, float32 (n, filters) per convolution, and
    what the first dense layer reads, float32 (n, inputs), of each view.
    """

    def run(batch: tf.Tensor) -> tuple[list[tf.Tensor], list[tf.Tensor]]:
        views = [forward(network.convolutions, to_input(view)) for view in _views(network, batch)]
        return [_largest(m.map) for m in views[0]], [maps[-1].pooled for maps in views]

    traced = compile_for_images(run)

    def work(part: slice) -> tuple[list[np.ndarray], list[np.ndarray]]:
        largest, pooled = traced(images[part])
        features = [tf.reshape(view, (len(view), -1)).numpy() for view in pooled]
        return [tensor.numpy() for tensor in largest], features

    return by_batch(len(images), work)


def _views(network: Network, batch: tf.Tensor) -> list[tf.Tensor]:
    """All that a network looks at to answer images (n, 28, 28)."""
    return [batch, batch[:, :, ::-1]] if network.flips else [batch]


def mean_of_views(values: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of what was computed of each view, float32."""
    if len(values) == 1:
        return values[0]
    return sum(values[1:], start=values[0]) / np.float32(len(values))


def _above(convolution: Convolution, maps: tf.Tensor) -> tf.Tensor:
    """What of a convolution's maps lies above 0; the others are 0."""
    return maps if convolution.activation.function == "relu" else tf.nn.relu(maps)


def _largest(maps: tf.Tensor) -> tf.Tensor:
    """Of each map, (n, filters). Pooling with one large window is faster than TensorFlow's reductions."""
    return tf.nn.max_pool2d(maps, maps.shape[1:3], 1, "VALID")[:, 0, 0]


def _mean(maps: tf.Tensor) -> tf.Tensor:
    return tf.nn.avg_pool2d(maps, maps.shape[1:3], 1, "VALID")[:, 0, 0]
