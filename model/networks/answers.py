"""A network and images -> probabilities, and how long that takes. How good they are: `measures.py`."""

import time
from collections.abc import Callable
from functools import lru_cache

import keras
import numpy as np
import tensorflow as tf

from model.networks.as_arrays import compile_for_images, to_input
from model.networks.facts import SIDE

BATCH = 500  # big enough to be fast, small enough that the maps of a layer stay under 100 MB
NUM_CALLS = 50  # with one image each, of whose times the middle one is told


def predict(model: keras.Model, images: np.ndarray) -> tuple[np.ndarray, float]:
    """Class probabilities of all images, and how long that took.

    Takes images uint8 (n, 28, 28). Returns float32 (n, num_classes), in their order, and the seconds for all
    of them, without the time to build the graph.
    """
    forward = _compiled(model)
    started = time.perf_counter()
    parts = [forward(images[i : i + BATCH]).numpy() for i in range(0, len(images), BATCH)]
    return np.concatenate(parts), time.perf_counter() - started


def seconds_for_one(model: keras.Model, images: np.ndarray) -> float:
    """How long an image that comes alone waits for its answer.

    The first images, uint8 (n, 28, 28), are answered one call each. Returns the median of the seconds by the
    clock, from the image in memory to its probabilities, without the time to build the graph.
    """
    forward = _compiled(model)
    seconds = []
    for number in range(NUM_CALLS):
        started = time.perf_counter()
        forward(images[number % len(images)][None]).numpy()
        seconds.append(time.perf_counter() - started)
    return float(np.median(seconds))


@lru_cache(maxsize=1)  # who asks a network once asks it again
def _compiled(model: keras.Model) -> Callable[[np.ndarray], tf.Tensor]:
    """The network as a graph that takes any number of images; it is built already."""
    forward = compile_for_images(lambda images: model(to_input(images), training=False))
    forward(np.zeros((1, SIDE, SIDE), np.uint8))
    return forward
