"""One layer as a `.keras` file describes it -> one of this house's, under its own name."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast, get_args

from configs.strict_yaml import shown
from model.networks.described import Item, is_keras_own
from model.networks.facts import SIDE
from model.networks.layers import (
    MOST,
    SLOPES,
    Activation,
    Convolution,
    Dense,
    Dropout,
    Function,
    Normalization,
    Padding,
    Pooling,
    Rescaling,
    Sides,
)

MOST_FILTERS = 1024
FUNCTIONS = get_args(Function)
PADDINGS = get_args(Padding)
PRECISIONS = ("float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
OF_ITSELF = ("ReLU", "LeakyReLU", "ELU", "Softmax")  # kinds that are a function, with settings


def convolution_of(item: Item) -> Convolution:
    """A convolution without its activation."""
    item.one_of("groups", (1,), 1)
    item.one_of("dilation_rate", ([1, 1], 1), 1)
    return Convolution(
        item.name,
        item.whole("filters", MOST_FILTERS),
        short(item.pair("kernel_size", SIDE)),
        short(item.pair("strides", SIDE, (1, 1))),
        item.one_of("padding", PADDINGS, "valid"),
        activation=None,
        use_bias=has_bias(item),
    )


def dense_of(item: Item) -> Dense:
    """A dense layer without its activation."""
    return Dense(item.name, item.whole("units", MOST), None, has_bias(item))


def rescaling_of(item: Item) -> Rescaling:
    """A rescaling of all values alike."""
    return Rescaling(item.name, item.number("scale", 1.0), item.number("offset", 0.0))


def dropout_of(item: Item) -> Dropout:
    """A dropout, whose rate is told alone."""
    return Dropout(item.name, min(max(item.number("rate", 0.5), 0.0), 0.99))


def normalization_of(item: Item) -> Normalization:
    """A batch normalization."""
    epsilon = item.number("epsilon", 1e-3)
    if not 0 <= epsilon <= 1:
        item.refuse(f"has epsilon {epsilon:g}; expected 0 to 1")
    return Normalization(item.name, epsilon, item.flag("scale", True), item.flag("center", True))


def pooling_of(item: Item) -> Pooling:
    """A pooling of blocks."""
    size = item.pair("pool_size", SIDE, (2, 2))
    strides = item.pair("strides", SIDE, size)
    apart = None if strides == size else short(strides)
    return Pooling(item.name, way_of(item), short(size), apart, item.one_of("padding", PADDINGS, "valid"))


def way_of(item: Item) -> Literal["max", "average"]:
    """Which of its values a block is told by."""
    return "max" if "Max" in item.kind else "average"


def has_bias(item: Item) -> bool:
    """Whether each filter or unit has a bias."""
    return item.flag("use_bias", True)


def short(sides: Sequence[int]) -> Sides:
    """One number where both are the same."""
    rows, columns = sides
    return rows if rows == columns else (rows, columns)


def activation_of(item: Item) -> Activation:
    """The function that a layer is, or that it applies to its own values; linear where there is none."""
    kind, told = item.kind, item
    if kind not in OF_ITSELF:
        match named(item):
            case None:
                return Activation(item.name, "linear")
            case "softmax":
                kind = "Softmax"
            case str(name) if name in FUNCTIONS:
                return Activation(item.name, cast(Function, name), SLOPES.get(name, 0.0))
            case {"class_name": str(name), "config": dict(settings)} as other if is_keras_own(other):
                if name not in OF_ITSELF:
                    item.refuse(
                        f"has the activation {shown(name)}; expected {', '.join(FUNCTIONS)} or softmax"
                    )
                kind, told = name, replace(item, settings=settings)
            case other:
                item.refuse(
                    f"has the activation {_called(other)}; expected {', '.join(FUNCTIONS)} or softmax"
                )
    if kind == "Softmax":
        item.refuse("has a softmax before the end; expected it at the end alone")
    if kind == "ELU":
        return Activation(item.name, "elu", told.number("alpha", 1.0))
    if kind == "LeakyReLU":
        return Activation(item.name, "leaky_relu", told.number("negative_slope", told.number("alpha", 0.3)))
    slope = told.number("negative_slope", 0.0)
    if told.settings.get("max_value") is not None or told.number("threshold", 0.0):
        item.refuse("cuts off more than what is below 0; expected a plain ReLU")
    return Activation(item.name, "leaky_relu", slope) if slope else Activation(item.name)


def named(item: Item) -> Any:
    """The activation of a layer as its settings have it; a function of TensorFlow's by its name in Keras."""
    match item.settings.get("activation"):
        case {"class_name": "function", "config": str(name)}:  # tf.nn.softmax is softmax_v2
            return name.removesuffix("_v2")
        case other:
            return other


def _called(activation: object) -> str:
    if isinstance(activation, dict):
        of = activation.get("config")
        activation = of if isinstance(of, str) else activation.get("class_name")
    return shown(activation)


def is_softmax(item: Item) -> bool:
    """Whether a layer is a softmax, or ends in one."""
    match named(item):
        case "softmax" | {"class_name": "Softmax"}:
            return True
    return item.kind == "Softmax" and item.settings.get("axis", -1) in (-1, 1)


def precision_of(items: Sequence[Item]) -> str:
    """The precision of the layers, as Keras calls it; the first that is not float32, if there is one."""
    found = []
    for item in items:
        match item.settings.get("dtype"):
            case str(name) | {"config": {"name": str(name)}}:
                pass
            case _:
                name = "float32"
        if name not in PRECISIONS:
            item.refuse(f"works with {shown(name)}; expected {', '.join(PRECISIONS[:3])}")
        found.append(name)
    return next((name for name in found if name != "float32"), "float32")
