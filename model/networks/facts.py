"""What follows from a list of layers: the size, parameters, arithmetic and receptive field of each.

No TensorFlow: the report, the memory estimate and the figures need these before any network is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

import numpy as np

from configs.networks import IMAGE_SIDE as SIDE
from configs.networks import Cnn
from configs.networks import Dense as DenseNetwork
from model.networks.layers import (
    Convolution,
    Dense,
    Flatten,
    Layer,
    Normalization,
    Pooling,
    keras_type,
    layers_of,
)

NORMALIZATION = 4  # numbers per channel: a scale, a shift, a mean and a variance


@dataclass(frozen=True)
class LayerFacts:
    """One layer: its output's shape (height, width, channels) or (units,), its weights and its work.

    `kind` is "other" for what has no weights of its own kind: normalization, flattening, dropout, ReLU.
    `flops` counts one image forward, 2 per multiply-add; additions of biases and comparisons are left
    out, as is usual. `window` and `stride` are 1 for layers without a window.
    """

    name: str
    kind: Literal["conv", "pool", "dense", "other"]
    output_shape: tuple[int, ...]
    parameters: int = 0
    flops: int = 0
    window: int = 1
    stride: int = 1
    padding: int = 0  # pixels added at the top and left


@dataclass(frozen=True)
class LayerRow:
    """A layer as Keras's summary lists it, and its work: `flops` as in `LayerFacts`.

    `type` is Keras's; `output_shape` (height, width, channels) or (units,), without the batch.
    """

    layer: str
    type: str
    output_shape: tuple[int, ...]
    parameters: int
    flops: int


@dataclass(frozen=True)
class ReceptiveField:
    """Output (row, column) sees input rows `row * stride + offset` to `... + size - 1`, columns alike.

    With `same` padding a field may reach beyond the picture: the offset is negative there.
    """

    size: int
    stride: int
    offset: int


def layer_facts(network: DenseNetwork | Cnn, num_classes: int) -> list[LayerFacts]:
    """The facts of `layers_of`, of a network of the config."""
    return facts_of(layers_of(network, num_classes))


def facts_of(layers: Sequence[Layer]) -> list[LayerFacts]:
    """What follows from a list of layers that reads images (28, 28, 1).

    Returns convolutions, poolings and dense layers from input to output, normalization counted with its
    layer. Names are those of the outputs after ReLU.
    """
    facts: list[LayerFacts] = []
    for fact in each_layer(layers):
        if fact.kind != "other":
            facts.append(replace(fact, name=fact.name.removesuffix("_linear")))
        elif fact.parameters:
            facts[-1] = replace(facts[-1], parameters=facts[-1].parameters + fact.parameters)
    return facts


def each_layer(layers: Sequence[Layer]) -> list[LayerFacts]:
    """The same of every layer by its own name, one for each: what Keras's summary lists, and the work."""
    facts: list[LayerFacts] = []
    shape: tuple[int, ...] = (SIDE, SIDE, 1)
    for layer in layers:
        match layer:
            case Convolution() | Pooling():
                fact = _of_window(layer, shape)
            case Dense(units=units):
                weights = prod(shape) * units
                fact = LayerFacts(layer.name, "dense", (units,), weights + units, flops=2 * weights)
            case Flatten():
                fact = LayerFacts(layer.name, "other", (prod(shape),))
            case Normalization():
                fact = LayerFacts(layer.name, "other", shape, NORMALIZATION * shape[-1])
            case _:
                fact = LayerFacts(layer.name, "other", shape)
        facts.append(fact)
        shape = fact.output_shape
    return facts


def summary(network: DenseNetwork | Cnn, num_classes: int) -> list[LayerRow]:
    """The layers of a network of the config, from input to output."""
    layers = layers_of(network, num_classes)
    return [
        LayerRow(layer.name, keras_type(layer), fact.output_shape, fact.parameters, fact.flops)
        for layer, fact in zip(layers, each_layer(layers), strict=True)
    ]


def _of_window(layer: Convolution | Pooling, maps: tuple[int, ...]) -> LayerFacts:
    """The facts of a layer that slides a window over square maps (side, side, channels)."""
    side, _, channels = maps
    if isinstance(layer, Pooling):
        shape = (side // layer.side, side // layer.side, channels)
        return LayerFacts(layer.name, "pool", shape, window=layer.side, stride=layer.side)
    size, stride, filters = layer.kernel_size, layer.strides, layer.filters
    before, after = zeros_around(side, size, stride) if layer.padding == "same" else (0, 0)
    places = (side + before + after - size) // stride + 1
    weights = size * size * channels * filters
    return LayerFacts(
        name=layer.name,
        kind="conv",
        output_shape=(places, places, filters),
        parameters=weights + filters,
        flops=2 * weights * places * places,
        window=size,
        stride=stride,
        padding=before,
    )


def zeros_around(side: int, size: int, stride: int) -> tuple[int, int]:
    """How many zeros `same` padding puts before and after a map's rows (and columns): the odd one after.

    The window has `size` pixels and moves by `stride`.
    """
    total = max((-(-side // stride) - 1) * stride + size - side, 0)
    return total // 2, total - total // 2


def receptive_field(facts: list[LayerFacts], layer: str) -> ReceptiveField:
    """Which pixels of the input one value of a layer's map can see.

    `facts` are those of the whole network. Each window widens the field by (window - 1) steps of the stride
    so far.

    Raises:
        KeyError: the network has no such convolution or pooling layer.
    """
    size, stride, offset = 1, 1, 0
    for fact in facts:
        if fact.kind == "dense":
            break
        size += (fact.window - 1) * stride
        offset -= fact.padding * stride
        stride *= fact.stride
        if fact.name == layer:
            return ReceptiveField(size, stride, offset)
    raise KeyError(layer)


def side_in_reach(layers: Sequence[Layer]) -> int:
    """To how many rows (and columns), from the first, an image may be cut without changing any answer.

    For the default network 26: its last pooling leaves a row and a column of the 11 x 11 map over.

    From 1 to 28; 28 with `same` padding, whose zeros stand where the image ends.
    """
    facts = [fact for fact in facts_of(layers) if fact.kind != "dense"]
    if not facts or any(isinstance(layer, Convolution) and layer.padding == "same" for layer in layers):
        return SIDE
    field = receptive_field(facts, facts[-1].name)
    return (facts[-1].output_shape[0] - 1) * field.stride + field.size


def patch(image: np.ndarray, field: ReceptiveField, row: int, column: int) -> np.ndarray:
    """What one value of a map sees of a picture: uint8 (size, size), black beyond the picture.

    A field as large as the picture or larger shows the picture.
    """
    if field.size >= SIDE:
        return image
    padded = np.pad(image, field.size)
    top, left = (place * field.stride + field.offset + field.size for place in (row, column))
    return padded[top : top + field.size, left : left + field.size]
