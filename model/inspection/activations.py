"""Activation maps: of chosen pictures, and what there is to know of all others without keeping them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from model.networks.as_arrays import Network, compile_for_images, forward, to_input
from model.networks.facts import SIDE
from model.networks.traces import BATCH, by_batch

NUM_TOP = 9
NUM_MEDIAN = 3


@dataclass(frozen=True)
class Place:
    """A place in one image's map: `index` of the image, `row` and `column` in the map, and the value."""

    index: int
    row: int
    column: int
    activation: float


def maps_of(network: Network, images: np.ndarray) -> dict[str, np.ndarray]:
    """All maps of some images; only what is returned is ever there for more than a batch of them.

    Takes images uint8 (n, 28, 28). Returns per convolution `conv1` (after its activation),
    `conv1/before_relu` (before it) and, where poolings follow, `pool1`: float32 (n, height, width, filters).
    """
    arrays: dict[str, np.ndarray] = {}
    for first in range(0, len(images), BATCH):
        part = slice(first, first + BATCH)
        maps = forward(network.convolutions, to_input(images[part]))
        for convolution, m in zip(network.convolutions, maps, strict=True):
            named = {convolution.name: m.map, f"{convolution.name}/before_relu": m.linear, **m.pools}
            for name, values in named.items():
                empty = np.empty((len(images), *values.shape[1:]), np.float32)
                arrays.setdefault(name, empty)[part] = values
    return arrays


def background(network: Network) -> list[tuple[np.ndarray, np.ndarray]]:
    """What each filter answers to a black picture, before its activation and after: float32 (filters,) each.

    One pair per convolution, read at the centre of the map. For the first convolution it is the bias alone;
    it is no feature.
    """
    maps = forward(network.convolutions, to_input(np.zeros((1, SIDE, SIDE), np.uint8)))
    return [(_centre(m.linear), _centre(m.map)) for m in maps]


def _centre(maps: tf.Tensor) -> np.ndarray:
    return maps.numpy()[0, maps.shape[1] // 2, maps.shape[2] // 2]


def mean_activations(
    network: Network, images: np.ndarray, on_progress: Callable[[float], None]
) -> list[np.ndarray]:
    """Each filter's mean over all images and all places of its map, after its activation, before pooling.

    Takes images uint8 (n, 28, 28). Returns float64 (filters,) per convolution; exactly 0 for a filter that is
    never above 0.
    """

    def sums(batch: tf.Tensor) -> list[tf.Tensor]:
        maps = forward(network.convolutions, to_input(batch))
        # a product with ones: TensorFlow's sums over the leading axes are slower
        flat = [tf.reshape(m.map, (-1, m.map.shape[-1])) for m in maps]
        return [tf.matmul(tf.ones((1, tf.shape(f)[0])), f)[0] for f in flat]

    sums_of = compile_for_images(sums)
    totals = [np.zeros(convolution.num_filters) for convolution in network.convolutions]
    for part, found in by_batch(len(images), lambda part: [s.numpy() for s in sums_of(images[part])]):
        for total, added in zip(totals, found, strict=True):
            total += added
        on_progress(part.stop / len(images))
    sizes = [m.map.shape[1] * m.map.shape[2] for m in forward(network.convolutions, to_input(images[:1]))]
    return [total / (len(images) * size) for total, size in zip(totals, sizes, strict=True)]


def rank_images(largest: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The images that excite each filter most, by the largest value of each image's map, (images, filters).

    Returns indices (filters, 9), strongest first, and (filters, 3) around the median; of equal ones the first
    in the file comes first. Fewer where there are fewer images.
    """
    order = np.argsort(-largest, axis=0, kind="stable").T
    middle = max(0, (len(largest) - NUM_MEDIAN) // 2)
    return order[:, :NUM_TOP], order[:, middle : middle + NUM_MEDIAN]


def locate(
    network: Network, images: np.ndarray, layer: int, wanted: np.ndarray, largest: np.ndarray
) -> list[list[Place]]:
    """Find where in the maps of a convolution, from 0, some images are largest; of equal places the first.

    Images are all of them, uint8 (n, 28, 28), and `largest` float32 (n, filters) the largest value of each
    one's map. `wanted` are indices (filters, k), for each filter its own: places are in the same order.
    """
    convolutions = network.convolutions[: layer + 1]
    run = compile_for_images(lambda batch: forward(convolutions, to_input(batch))[-1].map)
    needed = np.unique(wanted)
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for first in range(0, len(needed), BATCH):
        batch = needed[first : first + BATCH]
        maps = run(images[batch]).numpy()
        for index, image in enumerate(batch):
            for f in np.flatnonzero((wanted == image).any(axis=1)).tolist():
                found[f, int(image)] = divmod(int(maps[index, :, :, f].argmax()), maps.shape[2])
    return [
        [Place(int(i), *found[f, i], float(largest[i, f])) for i in indices]
        for f, indices in enumerate(wanted)
    ]


def class_means(mean: np.ndarray, labels: np.ndarray, num_classes: int) -> np.ndarray:
    """Mean activation per class, float64 (filters, classes), from the images' means (n, filters).

    A class without images has NaN.
    """
    members = np.eye(num_classes)[labels]  # (n, classes)
    sizes = members.sum(axis=0)
    return (mean.T.astype(np.float64) @ members) / np.where(sizes > 0, sizes, np.nan)


def class_selectivity(means: np.ndarray) -> np.ndarray:
    """How much more a filter fires for a class than for the others.

    (mean of the class - mean of the others) / (their sum), as Morcos et al., "On the importance of
    single directions for generalization" (arXiv 1803.06959), equation 1, take it for the largest class.

    `means` of classes, (filters, classes), are at least 0; NaN for a class without images, which does not
    count. Returns float64 (filters, classes) in [-1, 1]: 1 fires for this class only, 0 no more than for the
    others, -1 for the others only. 0 where a filter never fires, NaN where `means` is.
    """
    num_others = np.maximum((~np.isnan(means)).sum(axis=1, keepdims=True) - 1, 1)
    others = (np.nansum(means, axis=1, keepdims=True) - means) / num_others
    total = means + others
    return (means - others) / np.where(total > 0, total, 1)


def listed(values: np.ndarray) -> list[float | None]:
    """Values per class for JSON, which has no NaN: None for a class without images."""
    return [None if np.isnan(value) else float(value) for value in values]
