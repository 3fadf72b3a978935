"""What follows from a list of layers: the size, parameters, arithmetic and receptive field of each.

No TensorFlow: the report, the memory estimate and the figures need these before any network is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal, NamedTuple

import numpy as np

from configs.networks import IMAGE_SIDE as SIDE
from configs.networks import Network
from model.networks.layers import (
    Convolution,
    Dense,
    Flatten,
    Layer,
    MirrorMean,
    Normalization,
    Padding,
    Pair,
    Pooling,
    Sides,
    keras_type,
    layers_of,
    pair,
)


@dataclass(frozen=True)
class LayerFacts:
    """One layer: its output's shape (height, width, channels) or (units,), its weights and its work.

    `kind` is "other" for what has no weights of its own kind: normalization, flattening, dropout, ReLU.
    `flops` counts one image forward, 2 per multiply-add; additions of biases and comparisons are left
    out, as is usual. `window`, `stride` and `padding` are of rows and columns; 1, 1 and 0 for layers
    without a window.
    """

    name: str
    kind: Literal["conv", "pool", "dense", "other"]
    output_shape: tuple[int, ...]
    parameters: int = 0
    flops: int = 0
    window: Pair = (1, 1)
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)  # pixels added at the top and left


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


class Span(NamedTuple):
    """Along one side, output place `p` sees input places `p * stride + offset` to `... + size - 1`."""

    size: int
    stride: int
    offset: int

    def seen(self, place: int) -> slice:
        """What one place of a map sees of the picture's rows (or columns)."""
        first = place * self.stride + self.offset
        return slice(max(first, 0), min(first + self.size, SIDE))


@dataclass(frozen=True)
class ReceptiveField:
    """Output (row, column) sees input rows `row * stride + offset` to `... + size - 1`, columns alike.

    Where rows and columns differ, a number is a pair of both. With `same` padding a field may reach beyond
    the picture: the offset is negative there.
    """

    size: Sides
    stride: Sides
    offset: Sides

    @property
    def rows(self) -> Span:
        """How rows are seen."""
        return Span(*(pair(one)[0] for one in (self.size, self.stride, self.offset)))

    @property
    def columns(self) -> Span:
        """How columns are seen."""
        return Span(*(pair(one)[1] for one in (self.size, self.stride, self.offset)))


def layer_facts(network: Network, num_classes: int) -> list[LayerFacts]:
    """The facts of `layers_of`, of a network of the config."""
    return facts_of(layers_of(network, num_classes))


def facts_of(layers: Sequence[Layer]) -> list[LayerFacts]:
    """What follows from a list of layers that reads images (28, 28, 1).

    Returns convolutions, poolings and dense layers from input to output, normalization counted with its
    layer. Names are those of the outputs after ReLU.
    """
    facts: list[LayerFacts] = []
    ahead = 0  # parameters of what stands before the first of them
    for fact in each_layer(layers):
        if fact.kind != "other":
            name = fact.name.removesuffix("_linear")
            facts.append(replace(fact, name=name, parameters=fact.parameters + ahead))
            ahead = 0
        elif not facts:
            ahead += fact.parameters
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
            case Dense(units=units, use_bias=use_bias):
                weights = prod(shape) * units
                fact = LayerFacts(layer.name, "dense", (units,), weights + use_bias * units, 2 * weights)
            case Flatten():
                fact = LayerFacts(layer.name, "other", (prod(shape),))
            case Normalization(scale=scale, center=center):
                fact = LayerFacts(layer.name, "other", shape, (2 + scale + center) * shape[-1])
            case MirrorMean():
                once_more = sum(fact.flops for fact in facts)
                fact = LayerFacts(layer.name, "other", shape, flops=once_more)
            case _:
                fact = LayerFacts(layer.name, "other", shape)
        facts.append(fact)
        shape = fact.output_shape
    return facts


def flops_per_image(network: Network, num_classes: int) -> int:
    """All the arithmetic of one answer, also that for a mirror image where a network looks at that, too."""
    return sum(fact.flops for fact in each_layer(layers_of(network, num_classes)))


def summary(network: Network, num_classes: int) -> list[LayerRow]:
    """The layers of a network of the config, from input to output."""
    layers = layers_of(network, num_classes)
    return [
        LayerRow(layer.name, keras_type(layer), fact.output_shape, fact.parameters, fact.flops)
        for layer, fact in zip(layers, each_layer(layers), strict=True)
    ]


def _of_window(layer: Convolution | Pooling, maps: tuple[int, ...]) -> LayerFacts:
    """The facts of a layer that slides a window over maps (height, width, channels)."""
    *sides, channels = maps
    window = pair(layer.side if isinstance(layer, Pooling) else layer.kernel_size)
    stride = pair(layer.steps if isinstance(layer, Pooling) else layer.strides)
    around = zeros_around(sides, window, stride, layer.padding)
    height, width = (
        (side + sum(zeros) - size) // step + 1
        for side, zeros, size, step in zip(sides, around, window, stride, strict=True)
    )
    padding = (around[0][0], around[1][0])
    if isinstance(layer, Pooling):
        shape = (height, width, channels)
        return LayerFacts(layer.name, "pool", shape, window=window, stride=stride, padding=padding)
    weights = prod(window) * channels * layer.filters
    return LayerFacts(
        name=layer.name,
        kind="conv",
        output_shape=(height, width, layer.filters),
        parameters=weights + layer.use_bias * layer.filters,
        flops=2 * weights * height * width,
        window=window,
        stride=stride,
        padding=padding,
    )


def zeros_around(
    sides: Sequence[int], window: Pair, strides: Pair, padding: Padding
) -> tuple[tuple[int, int], tuple[int, int]]:
    """How many zeros padding puts before and after a map's rows, and its columns: the odd one after."""
    rows, columns = (
        max((-(-side // stride) - 1) * stride + size - side, 0) if padding == "same" else 0
        for side, size, stride in zip(sides, window, strides, strict=True)
    )
    return (rows // 2, rows - rows // 2), (columns // 2, columns - columns // 2)


def covered(sides: Sequence[int], window: Pair, strides: Pair, padding: Padding) -> list[list[slice]]:
    """Which rows, and which columns, of a map each place of a window covers, cut off where the map ends."""
    along, around = [], zeros_around(sides, window, strides, padding)
    for side, size, step, (before, after) in zip(sides, window, strides, around, strict=True):
        firsts = range(-before, side + after - size + 1, step)
        along.append([slice(max(first, 0), min(first + size, side)) for first in firsts])
    return along


def receptive_field(facts: list[LayerFacts], layer: str) -> ReceptiveField:
    """Which pixels of the input one value of a layer's map can see.

    `facts` are those of the whole network. Each window widens the field by (window - 1) steps of the stride
    so far.

    Raises:
        KeyError: the network has no such convolution or pooling layer.
    """
    rows, columns = Span(1, 1, 0), Span(1, 1, 0)
    for fact in facts:
        if fact.kind == "dense":
            break
        rows, columns = (
            Span(size + (window - 1) * stride, stride * step, offset - zeros * stride)
            for (size, stride, offset), window, step, zeros in zip(
                (rows, columns), fact.window, fact.stride, fact.padding, strict=True
            )
        )
        if fact.name == layer:
            both = zip(rows, columns, strict=True)
            return ReceptiveField(*(one if one == other else (one, other) for one, other in both))
    raise KeyError(layer)


def side_in_reach(layers: Sequence[Layer]) -> int:
    """To how many rows (and columns), from the first, an image may be cut without changing any answer.

    For the default network 26: its last pooling leaves a row and a column of the 11 x 11 map over.

    From 1 to 28; 28 with `same` padding, whose zeros stand where the image ends.
    """
    facts = [fact for fact in facts_of(layers) if fact.kind != "dense"]
    if not facts or any(isinstance(layer, Convolution) and layer.padding == "same" for layer in layers):
        return SIDE
    field = receptive_field(facts, facts[-1].name).rows
    return (facts[-1].output_shape[0] - 1) * field.stride + field.size


def patch(image: np.ndarray, field: ReceptiveField, row: int, column: int) -> np.ndarray:
    """What one value of a map sees of a picture: uint8, as large as the field, black beyond the picture.

    Along a side where the field is as large as the picture or larger, it is the picture.
    """
    for axis, (along, place) in enumerate(((field.rows, row), (field.columns, column))):
        if along.size < SIDE:
            padded = np.pad(image, [(along.size, along.size) if one == axis else (0, 0) for one in (0, 1)])
            first = place * along.stride + along.offset + along.size
            image = padded.take(np.arange(first, first + along.size), axis)
    return image
