"""The networks as lists of layers, as Keras would be told them: all else about a network follows from these.

No TensorFlow: `build` makes one Keras layer of each, `fast_form` the form that trains, `facts` their sizes.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import count
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError

from configs.networks import POOL_SIDE as POOL
from configs.networks import Cnn, Form, Network, Saved
from configs.networks import Dense as DenseNetwork
from configs.strict_yaml import ConfigError, shown

Pair = tuple[int, int]  # of rows and of columns
Sides = int | Pair  # one number stands for both
Padding = Literal["valid", "same"]
Function = Literal["relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid", "linear"]
MOST = 16_384  # filters or units of a layer that was made elsewhere
USUAL_MEAN, USUAL_DEVIATION = 0.2860, 0.3530  # of Fashion-MNIST's training pixels, from 0 to 1
SLOPES = {"leaky_relu": 0.2, "elu": 1.0}  # as Keras has them where a layer only names its activation


@dataclass(frozen=True)
class Convolution:
    """Kernels of `kernel_size` pixels that move by `strides`, and a bias for each filter.

    `activation` is None where a normalization stands before it. Only "learned" `kernels` and their biases
    change in training; "random" ones stay as they start, "hand_made" ones start as named patterns.
    """

    name: str
    filters: int
    kernel_size: Sides
    strides: Sides = 1
    padding: Padding = "valid"
    kernels: Literal["learned", "random", "hand_made"] = "learned"
    activation: Function | None = "relu"
    use_bias: bool = True


@dataclass(frozen=True)
class Pooling:
    """Of each block of `side` x `side` values the largest or the mean.

    Blocks lie `strides` apart, side by side where that is None. With `same` padding those at the border are
    cut off by it.
    """

    name: str
    kind: Literal["max", "average"]
    side: Sides = POOL
    strides: Sides | None = None
    padding: Padding = "valid"

    @property
    def steps(self) -> Sides:
        """How far blocks lie apart."""
        return self.side if self.strides is None else self.strides


@dataclass(frozen=True)
class Normalization:
    """Batch normalization: a mean and a variance for each channel, and a scale and a shift where it has them.

    `epsilon` is added to the variance.
    """

    name: str
    epsilon: float = 1e-3
    scale: bool = True
    center: bool = True


@dataclass(frozen=True)
class Activation:
    """A function of each value, where it does not follow at once what it belongs to.

    `slope` is what leaky_relu has below 0, or how far below 0 elu goes; other functions have none.
    """

    name: str
    function: Function = "relu"
    slope: float = 0.0


@dataclass(frozen=True)
class Rescaling:
    """Each value times `scale`, and `offset` added."""

    name: str
    scale: float
    offset: float = 0.0


@dataclass(frozen=True)
class Flatten:
    """Maps as one row of numbers."""

    name: str


@dataclass(frozen=True)
class Dense:
    """A weight for each input of each unit, and a bias for each unit."""

    name: str
    units: int
    activation: Function | Literal["softmax"] | None = "relu"
    use_bias: bool = True


@dataclass(frozen=True)
class Dropout:
    """At each training step this share of the inputs is left out."""

    name: str
    rate: float


@dataclass(frozen=True)
class MirrorMean:
    """The mean of what the layers before it make of the picture and of its mirror image.

    The last Dense reads it, so that the logits are the mean of both pictures' logits. Training leaves it out.
    """

    name: str


Layer = (
    Convolution | Pooling | Normalization | Activation | Rescaling | Flatten | Dense | Dropout | MirrorMean
)
KINDS = {kind.__name__: kind for kind in get_args(Layer)}  # by what records call them


def pair(sides: Sides) -> Pair:
    """Rows and columns of what may be given as one number for both."""
    if isinstance(sides, int):
        return sides, sides
    rows, columns = sides  # a list, where it was read from a file
    return rows, columns


def keras_type(layer: Layer) -> str:
    """What Keras calls the layer that is made of this."""
    match layer:
        case Pooling(kind=kind):
            return {"max": "MaxPooling2D", "average": "AveragePooling2D"}[kind]
        case Convolution():
            return "Conv2D"
        case Normalization():
            return "BatchNormalization"
        case MirrorMean():
            return "Average"
        case Activation(function="leaky_relu"):
            return "LeakyReLU"
        case Activation(function="elu"):
            return "ELU"
        case _:
            return type(layer).__name__


def layers_of(network: Network, num_classes: int) -> tuple[Layer, ...]:
    """The layers of a network from input to output, named as in the saved model.

    Of one that was trained elsewhere they are those of its file, as far as that has been read, and what makes
    of pixels what it takes.
    """
    if isinstance(network, Saved):
        found = network.found
        return with_pixels(from_records(found.layers), found.pixels or "unit") if found else ()
    return _cnn(network, num_classes) if isinstance(network, Cnn) else _dense(network, num_classes)


def _dense(network: DenseNetwork, num_classes: int) -> tuple[Layer, ...]:
    return (
        Flatten("flatten"),
        *_hidden(network, normalized=network.batch_normalization),
        Dense("probabilities", num_classes, "softmax"),
    )


def _cnn(network: Cnn, num_classes: int) -> tuple[Layer, ...]:
    return (
        *_convolutions(network),
        Flatten("flatten"),
        *_hidden(network, normalized=False),  # a network of convolutions normalizes only those
        *([MirrorMean("mirror_mean")] if network.flip_at_test else []),
        Dense("probabilities", num_classes, "softmax"),
    )


def _convolutions(network: Cnn) -> Iterator[Layer]:
    """conv1, pool1, conv2, pool2; of `filters: [[32, 32], [64]]` conv1, conv2, pool1, conv3, pool2."""
    size, padding, kernels = network.kernel_size, network.padding, network.kernels
    numbers = count(1)
    for place, block in enumerate(network.blocks, 1):
        for strides, filters in zip([*[1] * (len(block) - 1), network.strides], block, strict=True):
            convolution = Convolution(f"conv{next(numbers)}", filters, size, strides, padding, kernels)
            yield from _with_relu(convolution, network.batch_normalization)
        if network.pooling == "max" or network.pooling == "average":
            yield Pooling(f"pool{place}", network.pooling)


def _hidden(network: DenseNetwork | Cnn, normalized: bool) -> Iterator[Layer]:
    """dense1, dropout1, dense2, dropout2."""
    for number, units in enumerate(network.units, 1):
        yield from _with_relu(Dense(f"dense{number}", units), normalized)
        if network.dropout:
            yield Dropout(f"dropout{number}", network.dropout)


def _with_relu(layer: Convolution | Dense, normalized: bool) -> Iterator[Layer]:
    """The layer with its ReLU; or conv1_linear, conv1_normalization and the ReLU as conv1."""
    if not normalized:
        yield layer
        return
    yield replace(layer, name=f"{layer.name}_linear", activation=None)
    yield Normalization(f"{layer.name}_normalization")
    yield Activation(layer.name)


def with_pixels(
    layers: Sequence[Layer], pixels: Form, mean: float = USUAL_MEAN, deviation: float = USUAL_DEVIATION
) -> tuple[Layer, ...]:
    """A network that takes pixels from 0 to 1, of one that was trained with them in some form.

    "byte": from 0 to 255; "inverted": from 1 to 0; "standardised": less the `mean` and over the `deviation`
    of all training pixels, here those of Fashion-MNIST. The first layer, `pixels`, makes that of them; of
    "unit" there is none.
    """
    forms = {
        "byte": Rescaling("pixels", 255.0),
        "inverted": Rescaling("pixels", -1.0, 1.0),
        "standardised": Rescaling("pixels", 1 / deviation, -mean / deviation),
    }
    return tuple(layers) if pixels == "unit" else (forms[pixels], *layers)


def as_records(layers: Sequence[Layer]) -> list[dict[str, Any]]:
    """Each layer's kind, and its settings but for those that go without saying, in what JSON has."""
    records = [{"layer": type(layer).__name__} | _settings(layer) for layer in layers]
    plain: list[dict[str, Any]] = json.loads(json.dumps(records))
    return plain


def _settings(layer: Layer) -> dict[str, Any]:
    return {one.name: value for one in fields(layer) if (value := getattr(layer, one.name)) != one.default}


def from_records(records: Sequence[Mapping[str, Any]]) -> tuple[Layer, ...]:
    """The layers that `as_records` has written.

    Raises:
        ConfigError: they are not as it writes them.
    """
    return tuple(_layer(record) for record in records)


def _layer(record: Mapping[str, Any]) -> Layer:
    settings = dict(record)
    kind = settings.pop("layer", None)
    try:
        layer: Layer = _reader(str(kind)).validate_python(settings)
        if not all(1 <= one <= MOST for one in _whole_numbers(layer)):
            raise KeyError
    except (KeyError, ValidationError):
        raise ConfigError(
            f"{shown(str(dict(record)))}: this is no layer as a run writes it of a network that was trained "
            "elsewhere. Expected `found` unchanged: put config.yaml back as it was."
        ) from None
    return layer


def _whole_numbers(layer: Layer) -> Iterator[int]:
    """How many filters or units, how large windows are and how far they move."""
    for value in vars(layer).values():
        several = value if isinstance(value, tuple) else (value,)
        yield from (one for one in several if type(one) is int)


@cache
def _reader(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(KINDS[kind])
