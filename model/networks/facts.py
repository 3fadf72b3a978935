"""What follows from a config alone: sizes, parameters, arithmetic and receptive field of every layer.

No TensorFlow: the report, the memory estimate and the figures need these before any network is built.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from configs.networks import IMAGE_SIDE as SIDE
from configs.networks import POOL_SIDE as POOL
from configs.networks import Cnn, Dense

NORMALIZATION = 4  # numbers per channel: a scale, a shift, a mean and a variance


@dataclass(frozen=True)
class LayerFacts:
    """One layer: its output's shape (height, width, channels) or (units,), its weights and its work.

    `flops` counts one image forward, 2 per multiply-add; additions of biases and comparisons are left
    out, as is usual. `window` and `stride` are 1 for layers without a window.
    """

    name: str
    kind: Literal["conv", "pool", "dense"]
    output_shape: tuple[int, ...]
    parameters: int = 0
    flops: int = 0
    window: int = 1
    stride: int = 1
    padding: int = 0  # pixels added at the top and left


@dataclass(frozen=True)
class ReceptiveField:
    """Output (row, column) sees input rows `row * stride + offset` to `... + size - 1`, columns alike.

    With `same` padding a field may reach beyond the picture: the offset is negative there.
    """

    size: int
    stride: int
    offset: int


def layer_facts(network: Dense | Cnn, num_classes: int) -> list[LayerFacts]:
    """The layers of a network from input to output, normalization counted with its layer.

    Args:
        network: a model of the config.
        num_classes: how many probabilities it gives.

    Returns:
        Convolutions, poolings and dense layers, named as in the saved model.
    """
    facts = _convolutions(network) if isinstance(network, Cnn) else []
    num_inputs = 1
    for size in facts[-1].output_shape if facts else (SIDE, SIDE, 1):
        num_inputs *= size
    for number, units in enumerate((*network.units, num_classes), 1):
        last = number > len(network.units)
        normalized = network.batch_normalization and isinstance(network, Dense) and not last
        facts.append(
            LayerFacts(
                name="probabilities" if last else f"dense{number}",
                kind="dense",
                output_shape=(units,),
                parameters=num_inputs * units + units + NORMALIZATION * units * normalized,
                flops=2 * num_inputs * units,
            )
        )
        num_inputs = units
    return facts


def _convolutions(network: Cnn) -> list[LayerFacts]:
    facts = []
    side, channels, kernel = SIDE, 1, network.kernel_size
    for number, filters in enumerate(network.filters, 1):
        padding, side = _slide(side, network)
        weights = kernel * kernel * channels * filters
        facts.append(
            LayerFacts(
                name=f"conv{number}",
                kind="conv",
                output_shape=(side, side, filters),
                parameters=weights + filters + NORMALIZATION * filters * network.batch_normalization,
                flops=2 * weights * side * side,
                window=kernel,
                stride=network.strides,
                padding=padding,
            )
        )
        if network.pools:
            side //= POOL
            facts.append(LayerFacts(f"pool{number}", "pool", (side, side, filters), window=POOL, stride=POOL))
        channels = filters
    return facts


def _slide(side: int, network: Cnn) -> tuple[int, int]:
    """The padding at the top and left of maps of a side, and the side of what a convolution makes of them."""
    kernel, stride = network.kernel_size, network.strides
    if network.padding == "valid":
        return 0, (side - kernel) // stride + 1
    steps = -(-side // stride)
    return max((steps - 1) * stride + kernel - side, 0) // 2, steps  # an odd one is at the bottom and right


def receptive_field(facts: list[LayerFacts], layer: str) -> ReceptiveField:
    """Which pixels of the input one value of a layer's map can see.

    Args:
        facts: of the whole network, from `layer_facts`.
        layer: the name of a convolution or pooling layer.

    Returns:
        The field; each window widens it by (window - 1) steps of the stride so far.

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


def side_in_reach(network: Cnn) -> int:
    """To how many rows (and columns), from the first, an image may be cut without changing any answer.

    For the default network 26: its last pooling leaves a row and a column of the 11 x 11 map over.

    Args:
        network: with convolutions.

    Returns:
        From 1 to 28; 28 with `same` padding, whose zeros stand where the image ends.
    """
    if network.padding == "same":
        return SIDE
    facts = _convolutions(network)
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
