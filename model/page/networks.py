"""The networks as the page runs them: layers with weights, the scale of their maps, their filters' passports.

No TensorFlow: weights are read from the saved network, and normalization is folded into them. What is told
here is plain values and arrays, which stand in the page as JSON and base64.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from configs.networks import Cnn
from configs.networks import Dense as DenseNetwork
from model.inspection.files import Convolution as Inspected
from model.inspection.files import Inspection
from model.inspection.records import Example, Passport
from model.inspection.words import answers_lost, chosen_by, sentence, worth_in_words
from model.networks.facts import each_layer, zeros_around
from model.networks.layers import Convolution, Dense, Flatten, Layer, Normalization, Pooling, layers_of
from model.run.saved import read_weights

EPSILON = 1e-3  # of batch normalization, as Keras has it where nothing else is asked for
SCALE = 99.5  # percentile of the values of a layer's maps that gets the full colour
BATCH = 20  # pictures at a time: their windows take tens of megabytes
STRONGEST, MEDIAN = 6, 3  # pictures in a passport, as in those that are drawn


def live_network(
    path: Path, network: DenseNetwork | Cnn, num_classes: int, pictures: np.ndarray
) -> dict[str, Any]:
    """What the page needs to run a saved network.

    `pictures`, uint8 (n, 28, 28), are those in the page. Returns `layers` from input to output, each of kind
    "conv", "pool", "flatten" or "dense", with `weights` and `bias` float32, normalization folded in; and
    `limits`, of each convolution the value that maps of it and of its pooling show in full colour.

    Raises:
        RunError: the file is missing, damaged, or of another network.
    """
    listed = layers_of(network, num_classes)
    weights = read_weights(path, listed, sum(fact.parameters for fact in each_layer(listed)))
    layers = list(_layers(listed, weights))
    return {"layers": layers, "limits": _limits(layers, pictures)}


def _layers(listed: Sequence[Layer], weights: Mapping[str, list[np.ndarray]]) -> Iterator[dict[str, Any]]:
    """Each layer with what follows it at once: normalization is in its weights, ReLU goes without saying."""
    for layer, after in zip(listed, (*listed[1:], None), strict=True):
        match layer:
            case Convolution() | Dense():
                kernel, bias = _folded(weights, layer.name, after)
                shared = {"name": layer.name.removesuffix("_linear"), "weights": kernel, "bias": bias}
                yield shared | _described(layer, kernel)
            case Pooling(name=name, kind=way, side=side):
                yield {"kind": "pool", "name": name, "way": way, "size": side}
            case Flatten(name=name):
                yield {"kind": "flatten", "name": name}


def _described(layer: Convolution | Dense, kernel: np.ndarray) -> dict[str, Any]:
    if isinstance(layer, Dense):
        activation = layer.activation or "relu"  # behind its normalization
        return {"kind": "dense", "units": kernel.shape[1], "activation": activation}
    form = {"kernel": list(kernel.shape), "strides": layer.strides, "padding": layer.padding}
    return {"kind": "conv", **form}


def _folded(
    weights: Mapping[str, list[np.ndarray]], name: str, after: Layer | None
) -> tuple[np.ndarray, np.ndarray]:
    """Kernel and bias of a layer, with the normalization that follows it: float32, computed in float64."""
    kernel, bias = weights[name]
    if not isinstance(after, Normalization):
        return kernel, bias
    gamma, beta, mean, variance = (one.astype(np.float64) for one in weights[after.name])
    scale = gamma / np.sqrt(variance + EPSILON)
    return (kernel * scale).astype(np.float32), (beta + (bias - mean) * scale).astype(np.float32)


def _limits(layers: Sequence[Mapping[str, Any]], pictures: np.ndarray) -> dict[str, float]:
    """Of each convolution the percentile of what its maps of the pictures hold after ReLU, above 0."""
    found: dict[str, list[np.ndarray]] = {layer["name"]: [] for layer in layers if layer["kind"] == "conv"}
    for first in range(0, len(pictures), BATCH):
        for name, maps in _maps(layers, pictures[first : first + BATCH]):
            found[name].append(maps)
    scales = {name: float(np.percentile(np.concatenate(maps), SCALE)) for name, maps in found.items()}
    return {name: scale or 1.0 for name, scale in scales.items()}  # all zero: any scale shows white


def _maps(layers: Sequence[Mapping[str, Any]], pictures: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """The maps (n, h, w, filters) of each convolution of pictures uint8 (n, 28, 28), after ReLU."""
    x = pictures[..., None] / np.float32(255)
    for layer in layers:
        if layer["kind"] == "conv":
            x = np.maximum(_convolved(layer, x), 0)
            yield layer["name"], x
        elif layer["kind"] == "pool":
            size = layer["size"]
            side = x.shape[1] // size
            blocks = x[:, : side * size, : side * size].reshape(len(x), side, size, side, size, -1)
            x = blocks.max(axis=(2, 4)) if layer["way"] == "max" else blocks.mean(axis=(2, 4))


def _convolved(layer: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    weights, strides = layer["weights"], layer["strides"]
    size = len(weights)
    around = zeros_around(x.shape[1], size, strides) if layer["padding"] == "same" else (0, 0)
    x = np.pad(x, ((0, 0), around, around, (0, 0)))
    windows = sliding_window_view(x, (size, size), axis=(1, 2))[:, ::strides, ::strides]
    return np.tensordot(windows, weights, ((4, 5, 3), (0, 1, 2))) + layer["bias"]


def live_passports(
    found: Inspection, class_names: Sequence[str], replacement: Literal["mean", "zero"]
) -> tuple[dict[str, Any], list[int]]:
    """What is known of a network's filters, by layer, as the page tells it.

    `replacement` is what a filter's map was replaced by when its worth was measured. Of each layer: a
    passport for each of its `filters`, in the run's own words and order, and of which `groups` they are,
    those ranked first. Returned, too, are the test pictures that passports show, by index.
    """
    layers = {layer.name: _layer(layer, found, class_names, replacement) for layer in found.convolutions}
    examples = [
        example
        for layer in layers.values()
        for one in layer["filters"]
        for example in (*one["strongest"], *one["median"])
    ]
    return layers, sorted({example["index"] for example in examples})


def off_in_words(replacement: Literal["mean", "zero"]) -> str:
    """What becomes of the map of a filter that is off: as when its worth was measured."""
    if replacement == "zero":
        return "While it is off, its map is 0 everywhere: white."
    return "While it is off, its map is the filter's mean over all training pictures everywhere: one colour."


def _layer(
    layer: Inspected, found: Inspection, class_names: Sequence[str], replacement: Literal["mean", "zero"]
) -> dict[str, Any]:
    first = layer.reads is None
    threshold = found.patterns.threshold if found.patterns and first else None
    return {
        "groups": [{"words": _told_of(group), "count": len(group)} for group in _groups(layer.passports)],
        "num_test": found.num_test,
        "untrained": layer.untrained_kernel.astype(np.float32) if first else None,
        "filters": [
            {
                "index": passport.index,
                "rank": passport.rank,
                "dead": passport.dead,
                "words": sentence(passport, threshold, class_names),
                "worth": worth_in_words(passport.worth, found.num_test, passport.dead),
                **_numbers(passport, replacement),
            }
            for passport in layer.passports
        ],
    }


def _told_of(group: Sequence[Passport]) -> str:
    """By which rule filters stand together, and what stands below each where that is not what ranks them."""
    below = " Below each: answers lost on test pictures, another quantity; its order may be another."
    return chosen_by(group, strongest=False) + below * (group[0].rank is not None)


def _groups(passports: Sequence[Passport]) -> list[list[Passport]]:
    """Those that are ranked, those that can't be told from 0, and dead ones, as `first_of` orders them."""
    ranked = [passport for passport in passports if passport.rank is not None]
    others = [passport for passport in passports if passport.rank is None and not passport.dead]
    dead = [passport for passport in passports if passport.rank is None and passport.dead]
    return [group for group in (ranked, others, dead) if group]


def _numbers(passport: Passport, replacement: Literal["mean", "zero"]) -> dict[str, Any]:
    return {
        "replacement": passport.strength if replacement == "mean" else 0.0,
        "selectivity": list(passport.selectivity),
        "lost": answers_lost(passport.worth),
        "reads": [{"channel": part.channel, "share": part.share} for part in passport.slices],
        "strongest": [_example(example) for example in passport.strongest[:STRONGEST]],
        "median": [_example(example) for example in passport.median[:MEDIAN]],
    }


def _example(example: Example) -> dict[str, Any]:
    return {
        "index": example.index,
        "row": example.row,
        "column": example.column,
        "activation": example.activation,
    }
