"""The image a filter or a class wants: made up by gradient ascent, beside the best real one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from data.perturbations import move
from data.splits import Splits
from data.storage import write_json, write_npz
from model.attribution.attribution import Gradients
from model.networks.as_arrays import Convolution, forward, pick, through
from model.networks.facts import SIDE, LayerFacts, receptive_field
from model.networks.layers import Pooling
from model.networks.take_apart import take_apart

NUM_RANDOM_STARTS = 4  # beside the best real image
STEPS = 32
STEP = 0.15  # what a pixel moves in the first step, root mean square; the following ones get shorter
BLUR = 0.7  # pixels, the deviation of the Gaussian that smooths the gradient of a class

Place = Mapping[str, Any]  # {"index", "row", "column", "activation"}, an entry of a passport's `top_images`


def wanted(
    model: keras.Model,
    facts: list[LayerFacts],
    splits: Splits,
    filters: Mapping[tuple[str, int], Place],
    folder: Path,
    untrained: keras.Model,
    on_progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Make up the image that excites a filter, or a class, most.

    After Olah et al. 2017, "Feature visualization", doi 10.23915/distill.00007. Gradient ascent on a
    filter's value before ReLU (there is a slope where ReLU gives 0, too) at the centre of its map, on the
    pixels of its receptive field alone: nothing outside matters, and no border is near. For a class, on
    its logit and all pixels, with smoothed gradients: without, the answer is noise. Pixels stay within
    [0, 1]; what nothing depends on stays as it was. One climb starts from the best real image, moved so that
    its best place comes to the centre: random starts may all end on lower hills. At a border with `same`
    padding the place saw other zeros than the centre does. The untrained network starts from the same images.

    `filters` has by (layer, index) the place in a test image that excites it most. Only test images are used.
    `wanted.npz` and `wanted.json` go to the folder; `on_progress` is called with the
    share that is done, from 0 to 1.
    """
    layers = list(dict.fromkeys(layer for layer, _ in filters))
    entries: list[dict[str, Any]] = []
    arrays: dict[str, np.ndarray] = {}
    for number, layer in enumerate(layers):
        of_layer = {index: place for (name, index), place in filters.items() if name == layer}
        real = splits.test.images[[place["index"] for place in of_layer.values()]]
        arrays[layer], rows = _of_filters(model, facts, layer, of_layer, real)
        arrays[f"{layer}/real"] = real
        arrays[f"{layer}/untrained"], controls = _of_filters(untrained, facts, layer, of_layer, real)
        for row, control in zip(rows, controls, strict=True):
            row["untrained"] = {key: control[key] for key in ("activation", "starts")}
        entries += rows
        on_progress((number + 1) / (len(layers) + 1))
    arrays["classes"], classes = _of_classes(Gradients(model, facts), splits)
    arrays["classes/real"] = splits.test.images[[entry["real"]["index"] for entry in classes]]
    arrays["classes/untrained"], values = _climb_classes(Gradients(untrained, facts), arrays["classes/real"])
    for entry, value in zip(classes, values, strict=True):
        entry["untrained"] = {"logit": float(value.max()), "starts": value.tolist()}
    rule = {"starts": NUM_RANDOM_STARTS + 1, "steps": STEPS, "searched": len(splits.test.labels)}
    write_npz(folder / "wanted.npz", arrays)
    write_json(folder / "wanted.json", rule | {"filters": entries, "classes": classes})
    on_progress(1.0)


def _of_filters(
    model: keras.Model, facts: list[LayerFacts], layer: str, filters: Mapping[int, Place], real: np.ndarray
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The made-up images (filters, 28, 28) of some filters of a layer, and what is known of each.

    `real` are the images of the places, uint8, likewise.
    """
    convolutions = take_apart(model).convolutions
    until = [convolution.name for convolution in convolutions].index(layer) + 1
    height, width = next(fact.output_shape[:2] for fact in facts if fact.name == layer)
    row, column = height // 2, width // 2
    field = receptive_field(facts, layer)
    rows, columns = field.rows.seen(row), field.columns.seen(column)
    free = np.zeros((SIDE, SIDE), bool)
    free[rows, columns] = True
    last = replace(convolutions[until - 1], after=())
    layers = (*convolutions[: until - 1], last)
    if (
        free.sum() == field.rows.size * field.columns.size
    ):  # no border is near: what the place sees gives one value by itself
        layers = tuple(_without_padding(convolution) for convolution in layers)
    else:
        rows = columns = slice(None)

    batch, numbers = tf.TensorSpec((None, SIDE, SIDE), tf.float32), tf.TensorSpec((None,), tf.int32)

    @tf.function(input_signature=[batch, numbers], autograph=False)
    def slope(images: tf.Tensor, indices: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(images)
            linear = forward(layers, images[:, rows, columns, None])[-1].linear
            centre = linear[:, linear.shape[1] // 2, linear.shape[2] // 2]
            value = pick(centre, indices)
        return value, tape.gradient(value, images)

    down, right = field.rows.stride, field.columns.stride
    centred = [
        move(image[None], (row - place["row"]) * down, (column - place["column"]) * right)[0]
        for image, place in zip(real, filters.values(), strict=True)
    ]
    images, linear = ascend(slope, list(filters), free, np.array(centred))
    values = through([last.activation], tf.constant(linear)).numpy()
    return images, [
        {
            "layer": layer,
            "index": index,
            "row": row,
            "column": column,
            "receptive_field": asdict(field),
            "activation": float(value[best]),
            "starts": value.tolist(),
            "real": {key: filters[index][key] for key in ("index", "row", "column", "activation")},
        }
        for index, value, best in zip(filters, values, linear.argmax(axis=1), strict=True)
    ]


def _without_padding(convolution: Convolution) -> Convolution:
    after = (replace(one, padding="valid") if isinstance(one, Pooling) else one for one in convolution.after)
    return replace(convolution, padding="valid", after=tuple(after))


def _of_classes(network: Gradients, splits: Splits) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """The made-up images (classes, 28, 28), and beside each the best test image."""
    logits = network.logits(splits.test.images / np.float32(255))
    best = logits.argmax(axis=0)
    images, values = _climb_classes(network, splits.test.images[best])
    probabilities = network.probabilities(images)
    return images, [
        {
            "class": name,
            "logit": float(values[label].max()),
            "probability": float(probabilities[label, label]),
            "starts": values[label].tolist(),
            "real": {
                "index": int(best[label]),
                "label": int(splits.test.labels[best[label]]),
                "logit": float(logits[best[label], label]),
            },
        }
        for label, name in enumerate(splits.class_names)
    ]


def _climb_classes(network: Gradients, real: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return ascend(network.pixel_slopes, range(len(real)), np.ones((SIDE, SIDE), bool), real, BLUR)


def ascend(
    slope: Callable[[Any, Any], tuple[Any, Any]],
    targets: Sequence[int],
    free: np.ndarray,
    real: np.ndarray,
    blur: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Climb from several starts, for each target, and keep the highest.

    `slope` makes of images float32 (n, 28, 28) and targets int32 (n,), which it is to climb, values (n,) and
    gradients (n, 28, 28). `free`, bool (28, 28), are the pixels that may change; the others are black. From
    `real`, uint8 (targets, 28, 28), the last climb of each target starts. `blur` is the deviation, in pixels,
    of the Gaussian that smooths each gradient; 0: none.

    Returns the best image of each target, float32 (targets, 28, 28) in [0, 1]; and the values that all its
    starts reached, (targets, starts).
    """
    random = np.random.default_rng(0).uniform(0.4, 0.6, (NUM_RANDOM_STARTS, SIDE, SIDE))
    starts = np.array([[*random, image / 255] for image in real]) * free
    num_starts = starts.shape[1]
    images = starts.reshape(-1, SIDE, SIDE).astype(np.float32)
    asked = np.repeat(np.asarray(targets, np.int32), num_starts)
    for step in range(STEPS):
        gradient = np.asarray(slope(images, asked)[1]) * free
        if blur:
            gradient = _smooth(gradient, blur)
        size = np.sqrt((gradient**2).sum(axis=(1, 2), keepdims=True) / free.sum())
        length = STEP * (1 - step / STEPS)  # shorter and shorter: the last ones settle it
        images = np.clip(images + length * gradient / np.where(size > 0, size, 1), 0, 1).astype(np.float32)
    values = np.asarray(slope(images, asked)[0]).reshape(len(targets), num_starts)
    images = images.reshape(starts.shape)
    return images[np.arange(len(targets)), values.argmax(axis=1)], values


def _smooth(gradient: np.ndarray, blur: float) -> np.ndarray:
    """Each (28, 28) convolved with a Gaussian, whose weights add up to 1 at the border, too."""
    distance = np.subtract.outer(np.arange(SIDE), np.arange(SIDE))
    weights = np.exp(-(distance**2) / (2 * blur**2))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights @ gradient @ weights.T
