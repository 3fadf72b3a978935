"""Layers of a network that was made elsewhere -> this house's list, under its names."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod

from configs.strict_yaml import shown
from model.networks import described
from model.networks.described import Item, Unsuitable, chain_of
from model.networks.described_layers import (
    OF_ITSELF,
    activation_of,
    convolution_of,
    dense_of,
    dropout_of,
    is_softmax,
    named,
    normalization_of,
    pooling_of,
    precision_of,
    rescaling_of,
    short,
    way_of,
)
from model.networks.facts import SIDE, each_layer
from model.networks.layers import (
    SLOPES,
    Activation,
    Convolution,
    Dense,
    Dropout,
    Flatten,
    Layer,
    MirrorMean,
    Normalization,
    Pooling,
)

MOST_CLASSES, MOST_CONVOLUTIONS, MOST_WEIGHTS = 256, 24, 25_000_000


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
    return Translation(named, names, places, shape, logits, precision_of(items), chain.shape[0])


def _ended(items: Sequence[Item]) -> tuple[list[Item], bool]:
    """The layers up to the last Dense, to which a softmax after it is given; and whether there was none."""
    rest = list(items)
    while rest and (rest[-1].kind == "Dropout" or _is_linear(rest[-1])):
        rest.pop()
    after = rest.pop() if rest and rest[-1].kind != "Dense" and is_softmax(rest[-1]) else None
    if [one.kind for one in rest[-2:]] == ["Dense", described.MEAN] and named(rest[-2]) in ("linear", None):
        rest[-2:] = rest[-1], rest[-2]  # the mean of logits is what the Dense makes of the mean
    if rest and rest[-1].kind == described.MEAN:
        average = replace(rest[-1], kind="Average")  # as the file has it
        raise Unsuitable(
            f"it ends in {average}; expected the mean over a picture and its mirror image before the last "
            "Dense, or of what that gives without an activation"
        )
    if not rest or rest[-1].kind != "Dense":
        end = rest[-1] if rest else "no layer"
        raise Unsuitable(f"it ends in {end}; expected a Dense at its end, with softmax or without")
    last = rest[-1]
    own = "softmax" if is_softmax(last) else activation_of(last).function
    if own not in ("softmax", "linear") or (after and own == "softmax"):
        last.refuse(f"answers with {own}; expected one softmax, or no activation, at the end")
    if last.whole("units", MOST_CLASSES) < 2:
        last.refuse("answers with one number; expected one for each class")
    rest[-1] = replace(last, settings={**last.settings, "activation": "softmax"})
    return rest, own == "linear" and after is None


def _is_linear(item: Item) -> bool:
    return item.kind == "Activation" and named(item) == "linear"


class _Chain:
    """Translates one layer after the other.

    `found` are the layers so far, each with the file's it was made of; `shape` is that of the file's values.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.found: list[tuple[Layer, Item]] = []
        self.owed: Item | None = None  # what made one number of each map, where they are not yet a row

    def take(self, item: Item) -> None:
        """Add what a layer is here: one of ours, two, or none."""
        if self.owed and item.kind not in ("BatchNormalization", "Activation", *OF_ITSELF):
            self._flatten(self.owed)
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
                self._weigh(dense_of(item), item)
            case "Flatten":
                self._flatten(item)
            case "Reshape":
                self._reshape(item)
            case "BatchNormalization":
                self._normalize(item)
            case "Rescaling":
                self._add(rescaling_of(item), item)
            case "Dropout":
                self._add(dropout_of(item), item)
            case described.MEAN:
                self._add(MirrorMean(item.name), item)
            case _:
                function = activation_of(item)
                if function.function != "linear":
                    self._add(function, item)

    def _add(self, layer: Layer, item: Item) -> None:
        self.found.append((layer, item))

    def _slide(self, item: Item) -> None:
        """A convolution or a pooling."""
        if item.kind == "Conv2D":
            self._weigh(convolution_of(item), item)
        elif item.kind.startswith("Global"):
            self._add(Pooling(item.name, way_of(item), short(self.shape[:2])), item)
        else:
            self._add(pooling_of(item), item)
        before, self.shape = self._told(), each_layer([layer for layer, _ in self.found])[-1].output_shape
        if min(self.shape) < 1:
            item.refuse(f"leaves nothing of {before}; expected a smaller window, or padding same")
        if item.kind.startswith("Global") and not item.flag("keepdims", False):
            self.shape, self.owed = self.shape[-1:], item

    def _weigh(self, layer: Convolution | Dense, item: Item) -> None:
        """A layer with its own activation; one with another slope than Keras gives it stands after it."""
        if isinstance(layer, Dense):
            self.shape = (layer.units,)
        if named(item) == "softmax" and isinstance(layer, Dense):
            self._add(replace(layer, activation="softmax"), item)
            return
        own = activation_of(item)
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
        self.shape, self.owed = (prod(self.shape),), None

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
                f"makes {' x '.join(map(str, target))} of {self._told()}; expected (28, 28, 1) of a picture, "
                "before any Flatten or normalization of its pixels"
            )

    def _normalize(self, item: Item) -> None:
        axis, places = item.settings.get("axis", -1), len(self.shape)
        axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
        if axis not in (-1, places) or places == 2:
            item.refuse(
                f"normalizes axis {shown(axis)} of {self._told()}; expected one scale for each channel, or "
                "for each of 784 pixels"
            )
        if places == 1 and not self.owed:
            self._flatten(item)
        self._add(normalization_of(item), item)

    def _told(self) -> str:
        return f"{' x '.join(map(str, self.shape))} values"


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
        names[place] = kind if kind in ("flatten", "mirror_mean") else name
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
        case MirrorMean():
            return "mirror_mean"
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
        raise Unsuitable(f"it has {weights:,} parameters; expected at most {MOST_WEIGHTS:,}")
    if len(convolutions) > MOST_CONVOLUTIONS:
        raise Unsuitable(f"it has {len(convolutions)} convolutions; expected at most {MOST_CONVOLUTIONS}")
    if not convolutions and any(isinstance(layer, Pooling) for layer in layers):
        raise Unsuitable("it pools and has no convolution; expected a Conv2D, or none of both")
    if any(isinstance(layer, MirrorMean) for layer in (layers if not convolutions else layers[:-2])):
        raise Unsuitable(
            "it takes the mean over a picture and its mirror image elsewhere than right before its last "
            "Dense, or has no convolution; expected a Conv2D, and the mean there, where it is that of logits"
        )
    _check_activations(layers)


def _check_activations(layers: Sequence[Layer]) -> None:
    """Make sure that activations stand where each channel is still by itself, and after something learned."""
    learned = flat = apart = False  # apart: each number of a row was normalized by itself
    for layer in layers:
        if isinstance(layer, Activation) and (apart or not learned):
            where = "a normalization of single numbers" if apart else "the picture itself"
            raise Unsuitable(f"{layer.function} follows {where}; expected it after a Conv2D or a Dense")
        if isinstance(layer, Dense):
            learned, flat, apart = True, False, False
        learned = learned or isinstance(layer, Convolution)
        flat = flat or isinstance(layer, Flatten)
        apart = apart or (flat and isinstance(layer, Normalization))
