"""Layers of a network that was made elsewhere -> this house's list, under its names."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal, cast, get_args

from configs.strict_yaml import shown
from model.networks.described import Item, Unsuitable, chain_of, is_keras_own
from model.networks.facts import SIDE, each_layer
from model.networks.layers import (
    SLOPES,
    Activation,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Function,
    Layer,
    Normalization,
    Padding,
    Pooling,
    Rescaling,
    Sides,
)

MOST_FILTERS, MOST_UNITS, MOST_CLASSES = 1024, 16_384, 256
MOST_CONVOLUTIONS = 24
MOST_WEIGHTS = 25_000_000
Pixels = Literal["unit", "byte", "standardised", "inverted"]
USUAL_MEAN, USUAL_DEVIATION = (
    0.2860,
    0.3530,
)  # of the pixels of Fashion-MNIST's training pictures, from 0 to 1
FUNCTIONS = get_args(Function)
PADDINGS = get_args(Padding)
PRECISIONS = ("float32", "float16", "bfloat16", "mixed_float16", "mixed_bfloat16")
OF_ITSELF = ("ReLU", "LeakyReLU", "ELU", "Softmax")  # kinds that are a function, with settings


@dataclass(frozen=True)
class Translation:
    """A network made elsewhere: its layers, by their names the file's own, and where their weights stand.

    `input_shape` is the file's: (28, 28), (28, 28, 1) or (784,). `logits` says whether it ends without a
    softmax, which is put there. `dtype` is the precision that its layers work with, as Keras calls it.
    """

    layers: tuple[Layer, ...]
    names: Mapping[str, str]
    places: Mapping[str, str]
    input_shape: tuple[int, ...]
    logits: bool
    dtype: str
    num_classes: int


def translate(description: object) -> Translation:
    """Say in our layers what config.json of a `.keras` file describes.

    Layers are called as in a network of the config: conv1, pool1, dense1, probabilities; where normalization
    or activation of a convolution are layers of their own, conv1_linear, conv1_normalization, conv1. The mean
    of each whole map is average pooling of one block. What changes nothing once training is over is left
    out, but for Dropout.

    Raises:
        Unsuitable: it has a layer, or an order of layers, that can't be looked into.
    """
    shape, items = chain_of(description)
    items, logits = _ended(items)
    chain = _Chain(shape)
    for item in items:
        chain.take(item)
    layers = [layer for layer, _ in chain.found]
    ours = _our_names(layers)
    named = tuple(replace(layer, name=ours[place]) for place, layer in enumerate(layers))
    _check(named)
    places = {
        ours[place]: item.place
        for place, (layer, item) in enumerate(chain.found)
        if isinstance(layer, Convolution | Dense | Normalization)
    }
    names = {ours[place]: item.name for place, (_, item) in enumerate(chain.found)}
    return Translation(named, names, places, shape, logits, _precision(items), chain.shape[0])


def _ended(items: Sequence[Item]) -> tuple[list[Item], bool]:
    """The layers up to the last Dense, to which a softmax after it is given; and whether there was none."""
    rest = list(items)
    while rest and rest[-1].kind == "Dropout":
        rest.pop()
    softmax = bool(rest) and _is_softmax(rest[-1])
    if softmax and rest[-1].kind != "Dense":
        rest.pop()
    if not rest or rest[-1].kind != "Dense":
        end = f"{shown(rest[-1].name)}, a {rest[-1].kind}" if rest else "no layer"
        raise Unsuitable(f"it ends in {end}; expected a Dense at its end, with softmax or without")
    last = rest[-1]
    if not _is_softmax(last) and (function := _activation(last).function) != "linear":
        last.refuse(f"answers with {function}; expected softmax or no activation at the end")
    last.whole("units", MOST_CLASSES)
    if last.settings["units"] < 2:
        last.refuse("answers with one number; expected one for each class")
    rest[-1] = replace(last, settings={**last.settings, "activation": "softmax"})
    return rest, not softmax


def _is_softmax(item: Item) -> bool:
    match item.settings.get("activation"):
        case "softmax" | {"class_name": "Softmax"}:
            return True
    return item.kind == "Softmax" and item.settings.get("axis", -1) in (-1, 1)


class _Chain:
    """Translates one layer after the other.

    `found` are the layers so far, each with the file's it was made of; `shape` is that of the file's values.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.found: list[tuple[Layer, Item]] = []

    def take(self, item: Item) -> None:
        """Add what a layer is here: one of ours, two, or none."""
        match item.kind:
            case (
                "Conv2D"
                | "MaxPooling2D"
                | "AveragePooling2D"
                | "GlobalAveragePooling2D"
                | "GlobalMaxPooling2D"
            ):
                item.one_of("data_format", ("channels_last", None))
                if len(self.shape) != 3:
                    item.refuse(f"reads {self._told()}; expected a Reshape to (28, 28, 1) before it")
                self._slide(item)
            case "Dense":
                if len(self.shape) != 1:
                    item.refuse(f"reads {self._told()}; expected a Flatten before it")
                self._flatten(item)
                self._weigh(Dense(item.name, item.whole("units", MOST_UNITS), None, _has_bias(item)), item)
            case "Flatten":
                self._flatten(item)
            case "Reshape":
                self._reshape(item)
            case "BatchNormalization":
                self._normalize(item)
            case "Rescaling":
                self._add(Rescaling(item.name, item.number("scale", 1.0), item.number("offset", 0.0)), item)
            case "Dropout":
                self._add(Dropout(item.name, min(max(item.number("rate", 0.5), 0.0), 0.99)), item)
            case _:
                function = _activation(item)
                if function.function != "linear":
                    self._add(function, item)

    def _add(self, layer: Layer, item: Item) -> None:
        self.found.append((layer, item))

    def _slide(self, item: Item) -> None:
        """A convolution or a pooling."""
        if item.kind == "Conv2D":
            self._weigh(_convolution(item), item)
        elif item.kind.startswith("Global"):
            self._add(Pooling(item.name, _way(item), _short(self.shape[:2])), item)
        else:
            self._add(_pooling(item), item)
        self.shape = each_layer([layer for layer, _ in self.found])[-1].output_shape
        if min(self.shape) < 1:
            item.refuse(f"leaves {self._told()} of its maps; expected a smaller window, or padding same")
        if item.kind.startswith("Global") and not item.flag("keepdims", False):
            self._flatten(item)

    def _weigh(self, layer: Convolution | Dense, item: Item) -> None:
        """A layer with its own activation; one with another slope than Keras gives it stands after it."""
        if isinstance(layer, Dense):
            self.shape = (layer.units,)
        if item.settings.get("activation") == "softmax" and isinstance(layer, Dense):
            self._add(replace(layer, activation="softmax"), item)
            return
        own = _activation(item)
        if own.function == "linear":
            self._add(layer, item)
        elif own.slope == SLOPES.get(own.function, 0.0):
            self._add(replace(layer, activation=own.function), item)
        else:
            self._add(layer, item)
            self._add(own, item)

    def _flatten(self, item: Item) -> None:
        if not self._is_flat():
            self._add(Flatten(item.name), item)
        self.shape = (prod(self.shape),)

    def _is_flat(self) -> bool:
        return any(isinstance(layer, Flatten) for layer, _ in self.found)

    def _reshape(self, item: Item) -> None:
        given, size = item.settings.get("target_shape"), prod(self.shape)
        if not isinstance(given, list) or any(type(side) is not int for side in given) or given.count(-1) > 1:
            item.refuse(f"has target_shape {shown(given)}; expected (28, 28, 1)")
        known = prod(side for side in given if side != -1)
        target = tuple(size // known if side == -1 and known > 0 else side for side in given)
        kept = not any(isinstance(layer, Convolution | Pooling | Flatten) for layer, _ in self.found)
        if target == (size,):
            self._flatten(item)
        elif kept and target in ((SIDE, SIDE, 1), (SIDE, SIDE)):
            self.shape = target
        elif target != self.shape:
            item.refuse(
                f"makes {' x '.join(map(str, target))} of {self._told()}; expected (28, 28, 1) of a picture"
            )

    def _normalize(self, item: Item) -> None:
        axis, places = item.settings.get("axis", -1), len(self.shape)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if axis not in (-1, places) or places == 2:
            item.refuse(
                f"normalizes axis {shown(axis)} of {self._told()}; expected one scale for each channel"
            )
        if places == 1:
            self._flatten(item)
        epsilon = item.number("epsilon", 1e-3)
        if not 0 <= epsilon <= 1:
            item.refuse(f"has epsilon {epsilon:g}; expected 0 to 1")
        self._add(
            Normalization(item.name, epsilon, item.flag("scale", True), item.flag("center", True)), item
        )

    def _told(self) -> str:
        return f"{' x '.join(map(str, self.shape))} values"


def _convolution(item: Item) -> Convolution:
    item.one_of("groups", (1,), 1)
    item.one_of("dilation_rate", ([1, 1], 1), 1)
    return Convolution(
        item.name,
        item.whole("filters", MOST_FILTERS),
        _short(item.pair("kernel_size", SIDE)),
        _short(item.pair("strides", SIDE, (1, 1))),
        item.one_of("padding", PADDINGS, "valid"),
        activation=None,
        use_bias=_has_bias(item),
    )


def _pooling(item: Item) -> Pooling:
    size = item.pair("pool_size", SIDE, (2, 2))
    strides = item.pair("strides", SIDE, size)
    apart = None if strides == size else _short(strides)
    return Pooling(item.name, _way(item), _short(size), apart, item.one_of("padding", PADDINGS, "valid"))


def _way(item: Item) -> Literal["max", "average"]:
    return "max" if "Max" in item.kind else "average"


def _has_bias(item: Item) -> bool:
    return item.flag("use_bias", True)


def _short(sides: Sequence[int]) -> Sides:
    """One number where both are the same."""
    rows, columns = sides
    return rows if rows == columns else (rows, columns)


def _activation(item: Item) -> Activation:
    """The function that a layer is, or that it applies to its own values; linear where there is none."""
    kind, told = item.kind, item
    if kind not in OF_ITSELF:
        match item.settings.get("activation"):
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


def _called(activation: object) -> str:
    if isinstance(activation, dict):
        of = activation.get("config")
        activation = of if isinstance(of, str) else activation.get("class_name")
    return shown(activation)


def _our_names(layers: Sequence[Layer]) -> list[str]:
    """The names of the layers, as in a network of the config."""
    numbers: Counter[str] = Counter()
    names = [""] * len(layers)
    last = max(place for place, layer in enumerate(layers) if isinstance(layer, Dense))
    for place, layer in enumerate(layers):
        kind = _kind(layer)
        if names[place]:
            continue
        numbers[kind] += 1
        name = "probabilities" if place == last else f"{kind}{numbers[kind]}"
        names[place] = "flatten" if kind == "flatten" else name
        if isinstance(layer, Convolution | Dense) and layer.activation is None:
            for suffix, other in _belonging(layers, place):
                names[other] = f"{name}{suffix}"
    return names


def _kind(layer: Layer) -> str:
    match layer:
        case Convolution():
            return "conv"
        case Pooling():
            return "pool"
        case _:
            return type(layer).__name__.lower()


def _belonging(layers: Sequence[Layer], place: int) -> Iterator[tuple[str, int]]:
    """Where a layer's activation stands apart: what is added to the names of the layers it is made of."""
    after = [other for other in range(place + 1, len(layers)) if not isinstance(layers[other], Dropout)]
    match [(layers[other], other) for other in after[:2]]:
        case [(Normalization(), normalization), (Activation(), activation)]:
            yield from (("_linear", place), ("_normalization", normalization), ("", activation))
        case [(Activation(), activation), *_]:
            yield from (("_linear", place), ("", activation))


def _check(layers: Sequence[Layer]) -> None:
    """Make sure that a network is of a size and a form that the rest can work with."""
    facts = each_layer(layers)
    convolutions = [layer for layer in layers if isinstance(layer, Convolution)]
    weights = sum(fact.parameters for fact in facts)
    if weights > MOST_WEIGHTS:
        raise Unsuitable(f"it has {weights:,} weights; expected at most {MOST_WEIGHTS:,}")
    if len(convolutions) > MOST_CONVOLUTIONS:
        raise Unsuitable(f"it has {len(convolutions)} convolutions; expected at most {MOST_CONVOLUTIONS}")
    if not convolutions and any(isinstance(layer, Pooling) for layer in layers):
        raise Unsuitable(
            "it pools and has no convolution; expected a Conv2D, or dense layers that read pixels"
        )


def with_pixels(
    layers: Sequence[Layer], pixels: Pixels, mean: float = USUAL_MEAN, deviation: float = USUAL_DEVIATION
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


def _precision(items: Sequence[Item]) -> str:
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
