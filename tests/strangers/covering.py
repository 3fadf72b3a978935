"""Which pixels speak for an answer, once more, and what covering them does to it."""

from typing import Any

import numpy as np

from tests.strangers.evidence import Evidence, Model
from tests.strangers.networks import Network

METHODS = ("Grad-CAM", "integrated gradients", "occlusion")
SIDE, BLOCK = 28, 4
ROWS = SIDE // BLOCK
COUNTS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 49)
TESTED, STEPS = 200, 60


def areas(e: Evidence, model: Model) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean probability of an answer while blocks are covered: by its picture's map, and by the next one's."""
    known: dict[str, Any] = e.__dict__.setdefault("areas", {})
    if model.name not in known:
        images = e.data.test_images[:TESTED] / np.float32(255)
        targets = model.first.probabilities(images).argmax(axis=1)
        known[model.name] = {
            title: tuple(
                _area(model.first, images, targets, orders) for orders in (own, np.roll(own, -1, axis=0))
            )
            for title, own in _orders(model.first, images, targets).items()
        }
    return known[model.name]  # type: ignore[no-any-return]


def _orders(network: Network, images: np.ndarray, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Of every picture the blocks by what each method gives them, highest first."""
    sums = {}
    if network.convolutions:
        sums["Grad-CAM"] = _of_pixels(_grad_cam(network, images, targets))
    sums["integrated gradients"] = _of_pixels(_integrated(network, images, targets))
    whole = _logits(network, images, targets)
    covered = [
        _logits(network, _without(images, [[block]] * len(images)), targets) for block in range(ROWS**2)
    ]
    sums["occlusion"] = np.stack([whole - one for one in covered], axis=1)
    return {title: np.argsort(-values, axis=1, kind="stable") for title, values in sums.items()}


def _of_pixels(maps: np.ndarray) -> np.ndarray:
    """Sums over blocks, (n, 49), of maps (n, 28, 28)."""
    return np.add.reduceat(np.add.reduceat(maps, range(0, SIDE, BLOCK), 1), range(0, SIDE, BLOCK), 2).reshape(
        -1, ROWS**2
    )


def _without(images: np.ndarray, blocks: Any) -> np.ndarray:
    """Pictures of which some blocks each are black."""
    left = images.copy()
    for image, covered in zip(left, blocks, strict=True):
        for block in covered:
            row, column = BLOCK * (block // ROWS), BLOCK * (block % ROWS)
            image[row : row + BLOCK, column : column + BLOCK] = 0
    return left


def _area(network: Network, images: np.ndarray, targets: np.ndarray, orders: np.ndarray) -> np.ndarray:
    """The mean height of each picture's curve over the number of blocks covered, by trapezoids."""
    everyone = np.arange(len(images))
    heights = [
        network.probabilities(_without(images, orders[:, :count]))[everyone, targets] for count in COUNTS
    ]
    steps = np.diff(COUNTS)
    pairs = [(a + b) / 2 * step for a, b, step in zip(heights[:-1], heights[1:], steps, strict=True)]
    return np.sum(pairs, axis=0) / COUNTS[-1]


def _last(network: Network) -> tuple[np.ndarray, np.ndarray]:
    kernel, bias = network.layers[-1].get_weights()
    return kernel, bias


def _logits(network: Network, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Of the target, before softmax."""
    kernel, bias = _last(network)
    hidden = network.output(network.names[-2], images).reshape(len(images), -1)
    return np.einsum("nh,nh->n", hidden, kernel.T[targets]) + bias[targets]


def _slopes(network: Network, values: np.ndarray, targets: np.ndarray, start: int) -> np.ndarray:
    """The gradient of the target's logit by what the layer number `start` reads.

    Of a network that is also asked about the mirror image, what that gives stays as it is unless `start` is
    the picture itself.
    """
    import tensorflow as tf

    kernel, bias = _last(network)
    inputs = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        views = [inputs, inputs[:, :, ::-1]] if network.mirrored and not start else [inputs]
        for layer in network.layers[start:-1]:
            views = [layer(view, training=False) for view in views] if layer.name != "mirror_mean" else views
        hidden = tf.reshape(sum(views) / (2 if network.mirrored else 1), (len(values), -1))
        logit = tf.reduce_sum(hidden * kernel.T[targets], axis=1) + bias[targets]
    return np.array(tape.gradient(logit, inputs))


def _integrated(network: Network, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Pixel times the mean gradient on the way from black, shorter steps near it."""
    middles = (np.arange(STEPS) + 0.5) / STEPS
    parts = [
        2 * s * _slopes(network, (images * np.float32(s * s))[..., None], targets, 0)[..., 0] for s in middles
    ]
    return images * np.mean(parts, axis=0)


def _grad_cam(network: Network, images: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """The last convolution's maps, weighted by their mean gradients; a pixel has the cell nearest to it."""
    last = network.names.index(network.convolutions[-1])
    maps = network.output(network.names[last], images)
    weights = _slopes(network, maps, targets, last + 1).mean(axis=(1, 2))
    cells = np.maximum(np.einsum("nhwc,nc->nhw", maps, weights), 0)
    centre, stride = _first_centre(network, last)
    nearest = [
        min(max(int(np.floor((p - centre) / stride + 0.5)), 0), cells.shape[1] - 1) for p in range(SIDE)
    ]
    return cells[:, nearest][:, :, nearest]


def _first_centre(network: Network, last: int) -> tuple[float, int]:
    """Where in the picture the middle of the first value's field is, and how far it is to the next one's."""
    centre, stride, side = 0.0, 1, SIDE
    for layer in network.layers[: last + 1]:
        window = getattr(layer, "kernel_size", getattr(layer, "pool_size", None))
        if window is None:
            continue
        step, same = layer.strides[0], layer.padding == "same"
        before = max((-(-side // step) - 1) * step + window[0] - side, 0) // 2 if same else 0
        centre += ((window[0] - 1) / 2 - before) * stride
        stride *= step
        side = layer.output.shape[1]
    return centre, stride
