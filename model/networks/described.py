"""A network as a `.keras` file describes it -> its chain of layers, as plain values that were checked.

The description may be anybody's. It is read as data: nothing that it names is looked up, imported or run.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from configs.strict_yaml import shown

MOST_LAYERS = 200
LAYERS = {  # kinds of Keras's layers that can be looked into
    *("InputLayer", "Rescaling", "Reshape", "Flatten", "Dense", "Conv2D", "BatchNormalization"),
    *("MaxPooling2D", "AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"),
    *("Activation", "ReLU", "LeakyReLU", "ELU", "Softmax", "Dropout"),
}
IDLE = {  # kinds that change nothing once training is over
    *("SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout", "ActivityRegularization"),
    *("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast"),
    *("RandomBrightness", "RandomShear", "RandomErasing"),
}
MIRRORED = {"Flip", "Average"}  # before and after layers that are used for a picture and its mirror image
MEAN = "MirrorMean"  # what the Average there is called from then on
KNOWN = (
    "Input, Rescaling, Reshape to (28, 28, 1), Conv2D, MaxPooling2D, AveragePooling2D, "
    "GlobalAveragePooling2D, BatchNormalization, Activation, Dropout, random augmentation, Flatten and Dense"
)


Uses = list[list[tuple[str, int]]]  # of a layer, each time that it is used: the layers it reads, their use


class Unsuitable(ValueError):
    """A network that can't be looked into; the text is a clause about its file that says why."""


@dataclass(frozen=True)
class Item:
    """One layer of the chain: Keras's `kind`, its `name`, its settings, where the file has its weights."""

    kind: str
    name: str
    settings: Mapping[str, Any]
    place: str

    def __str__(self) -> str:
        return f"{shown(self.name)} ({shown(self.kind)})"

    def refuse(self, why: str) -> NoReturn:
        """Say why a network with this layer can't be looked into."""
        raise Unsuitable(f"its layer {self} {why}")

    def whole(self, key: str, most: int) -> int:
        """A whole number from 1 to `most`."""
        value = self.settings.get(key)
        if type(value) is not int or not 1 <= value <= most:
            self.refuse(f"has {key} {shown(value)}; expected a whole number from 1 to {most:,}")
        return value

    def pair(self, key: str, most: int, default: object = None) -> tuple[int, int]:
        """Two such numbers, of rows and columns; one stands for both."""
        value: Any = default if self.settings.get(key) is None else self.settings[key]
        both = value if isinstance(value, list | tuple) else (value, value)
        if len(both) != 2 or any(type(one) is not int or not 1 <= one <= most for one in both):
            self.refuse(f"has {key} {shown(value)}; expected two whole numbers from 1 to {most:,}")
        return both[0], both[1]

    def number(self, key: str, default: float) -> float:
        """A number."""
        value = self.settings.get(key, default)
        if isinstance(value, list) and len(value) == 1:  # of the single channel of pictures
            value = value[0]
        if type(value) not in (int, float) or abs(value) > 1e30:
            self.refuse(f"has {key} {shown(value)}; expected a number")
        return float(value)

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.settings.get(key, default)
        if type(value) is not bool:
            self.refuse(f"has {key} {shown(value)}; expected true or false")
        return value

    def one_of(self, key: str, known: Sequence[Any], default: Any = None) -> Any:
        """One of some values."""
        value = self.settings.get(key, default)
        if value not in known:
            self.refuse(f"has {key} {shown(value)}; expected {known[0]}")
        return value


def chain_of(description: object) -> tuple[tuple[int, ...], list[Item]]:
    """The layers of a described network in the order in which they answer, and the shape of its input.

    `description` is what config.json of a `.keras` file holds. The shape is without the batch. Layers that
    change nothing once training is over are left out, but for Dropout.

    Raises:
        Unsuitable: it is no chain of layers that are known.
    """
    network = _mapping(description, "its description")
    settings = _mapping(network.get("config"), "the description of the network")
    kind = network.get("class_name")
    if kind not in ("Sequential", "Functional", "Model") or not is_keras_own(network):
        raise Unsuitable(
            f"it is a {shown(kind)}, of which the file does not say what it does; expected a Sequential or a "
            "functional model"
        )
    entries = settings.get("layers")
    if not isinstance(entries, list) or not 0 < len(entries) <= MOST_LAYERS:
        number = len(entries) if isinstance(entries, list) else "no list of"
        raise Unsuitable(f"it has {number} layers; expected 1 to {MOST_LAYERS}")
    read = list(_items([_mapping(entry, "a layer of it") for entry in entries]))
    if kind == "Sequential":
        items = [item for item, _ in read]
        _must_be_in_place(items)
    else:
        items = _in_order(settings, read)
    shape = _shape_of_input(network, settings, items)
    if any(item.kind == "InputLayer" for item in items[1:]):
        raise Unsuitable("it has more than one input; expected one picture")
    return shape, [item for item in items if item.kind != "InputLayer" and item.kind not in IDLE]


def _mapping(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Unsuitable(f"{what} is {shown(value)}; expected what Keras writes")
    return value


def is_keras_own(entry: Mapping[str, Any]) -> bool:
    """Whether a kind is Keras's own, and not somebody's of the same name."""
    module, registered = entry.get("module", "keras"), entry.get("registered_name")
    of_keras = isinstance(module, str) and module.split(".")[0] in ("keras", "tf_keras")
    return of_keras and registered in (None, entry.get("class_name"))


def _items(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[Item, Mapping[str, Any]]]:
    """Each layer as it was checked, and as it stands there."""
    seen: Counter[str] = Counter()
    for entry in entries:
        kind, settings = entry.get("class_name"), _mapping(entry.get("config"), "a layer of it")
        name = entry.get("name", settings.get("name"))
        if (
            not isinstance(kind, str)
            or not isinstance(name, str)
            or not name.isprintable()
            or len(name) > 100
        ):
            raise Unsuitable(f"it has a layer called {shown(name)} of kind {shown(kind)}; expected a name")
        folder = _as_in_paths(kind)
        place = f"{folder}_{seen[folder]}" if seen[folder] else folder
        seen[folder] += 1
        item = Item(kind, name, settings, place)
        if not is_keras_own(entry):
            item.refuse("is not Keras's own; what it does is in code that the file does not hold")
        if kind in ("Sequential", "Functional", "Model"):
            if not _is_idle(settings):
                item.refuse("is a network in the network; expected one chain of layers")
            item = Item("RandomFlip", name, {}, place)
        if item.kind not in LAYERS | IDLE | MIRRORED:
            why = "holds code, which is not run" if kind == "Lambda" else "is of another kind"
            item.refuse(f"{why}; expected only {KNOWN}")
        yield item, entry


def _must_be_in_place(items: Iterable[Item]) -> None:
    """Refuse what is known around the layers of a network alone, where it stands otherwise."""
    for item in items:
        if item.kind in MIRRORED:
            item.refuse(
                "is known in one place alone; expected the same layers used for the picture and for its "
                "mirror image (keras.ops.flip with axis 2), and the Average of both before the last Dense"
            )


def _is_idle(settings: Mapping[str, Any]) -> bool:
    """Whether a network in the network holds augmentation alone."""
    inner = settings.get("layers")
    return isinstance(inner, list) and all(
        isinstance(one, dict) and is_keras_own(one) and one.get("class_name") in IDLE | {"InputLayer"}
        for one in inner
    )


def _as_in_paths(kind: str) -> str:
    """A kind as Keras writes it in the names of weights: Conv2D is conv2d, LeakyReLU leaky_re_lu."""
    text = ""
    for place, letter in enumerate(kind):
        before, after = kind[place - 1 : place], kind[place + 1 : place + 2]
        starts = letter.isupper() and (before.islower() or before.isdigit() or after.islower())
        text += f"_{letter.lower()}" if place and starts else letter.lower()
    return text.replace("2_d", "2d")


def _in_order(settings: Mapping[str, Any], read: Sequence[tuple[Item, Mapping[str, Any]]]) -> list[Item]:
    """The layers of a functional model from its input to its output; each reads the one before."""
    by_name = {item.name: item for item, _ in read}
    uses = {item.name: _uses(item, entry) for item, entry in read}
    start, end = (_only_one(settings.get(f"{which}_layers"), which) for which in ("input", "output"))
    _use_once(by_name, uses, start)
    _must_be_in_place(by_name.values())
    followers: dict[str, list[str]] = {}
    for name, item in by_name.items():
        if uses[name]:
            followers.setdefault(_only_read(item, uses[name]), []).append(name)
    order = [start]
    while order[-1] != end:
        after = followers.get(order[-1], [])
        if len(after) > 1:
            raise Unsuitable(
                f"{shown(after[0])} and {shown(after[1])} both read its layer {shown(order[-1])}; expected a "
                "chain, in which each layer reads the one before"
            )
        if not after or after[0] not in by_name or len(order) > len(read):
            raise Unsuitable(f"nothing leads from its layer {shown(order[-1])} to its output {shown(end)}")
        order += after
    known = len({item.name for item, _ in read}) == len(read) and len(order) == len(by_name)
    if start not in by_name or followers.get(end) or not known:
        raise Unsuitable("its layers are no chain from one input to one output; expected one")
    return [by_name[name] for name in order]


def _use_once(by_name: dict[str, Item], uses: dict[str, Uses], start: str) -> None:
    """Of layers that are used for a picture and for its mirror image, leave the first use, and no Flip.

    They are to be used as `build.py` does it: the input is flipped, each layer reads the one before it in
    both uses, and the mean of what the last of them gives goes on. What is otherwise stays as it is.
    """
    flip, mean = (
        next((one for one in by_name.values() if one.kind == kind), None) for kind in ("Flip", "Average")
    )
    if not flip or not mean or flip.settings.get("axis") != 2 or uses[flip.name] != [[(start, 0)]]:
        return
    path, reads, first = list[str](), [one for use in uses[mean.name] for one in use], (start, 0)
    while len(reads) == 2 and reads != [first, (flip.name, 0)]:
        (name, _), _ = reads
        if reads != [(name, 0), (name, 1)] or len(uses.get(name, [])) != 2 or name in path:
            return
        path.append(name)
        reads = [one for use in uses[name] for one in use]
    if len(reads) == 2 and path and len(uses[mean.name]) == 1:
        uses |= {name: uses[name][:1] for name in path} | {mean.name: [[(path[0], 0)]]}
        by_name[mean.name] = replace(mean, kind=MEAN)
        del uses[flip.name], by_name[flip.name]


def _uses(item: Item, entry: Mapping[str, Any]) -> Uses:
    """What a layer of a functional model reads, each time that it is used."""
    nodes = entry.get("inbound_nodes")
    if not isinstance(nodes, list):
        item.refuse("does not say what it reads; expected a chain, in which each layer reads the one before")
    return [list(_histories(node)) for node in nodes]


def _only_read(item: Item, uses: Uses) -> str:
    """The one layer whose output a layer reads that is used once."""
    if len(uses) > 1:
        item.refuse("is used more than once; expected a chain, in which each layer is used once")
    if len(uses[0]) != 1:
        item.refuse(
            f"reads {len(uses[0])} layers; expected a chain, in which each layer reads the one before"
        )
    return uses[0][0][0]


def _histories(node: object) -> Iterator[tuple[str, int]]:
    """The layers that a node reads, and which use of each.

    Keras 3 has them in a tensor's history, Keras 2 as [name, 0, 0].
    """
    match node:
        case {"args": list(read)}:
            for one in read:
                yield from _histories(one)
        case {"config": {"keras_history": [str(name), int(use), *_]}} | [str(name), int(use), int(), *_]:
            yield name, use
        case [*several]:
            for one in several:
                yield from _histories(one)


def _only_one(value: object, which: str) -> str:
    """The name of the one input or output: ["name", 0, 0], or a list of one such."""
    match value:
        case [str(name), int(), int()] | [[str(name), int(), int()]]:
            return name
    raise Unsuitable(f"it has not one {which} but {shown(value)}; expected one")


def _shape_of_input(
    network: Mapping[str, Any], settings: Mapping[str, Any], items: Sequence[Item]
) -> tuple[int, ...]:
    """The shape of what the network reads, without the batch: as its first layer or what was built tells."""
    first = items[0].settings
    built = network.get("build_config")
    told = [
        *(first.get(key) for key in ("batch_shape", "batch_input_shape")),
        settings.get("build_input_shape"),
        built.get("input_shape") if isinstance(built, dict) else None,
    ]
    shape = next((one for one in told if isinstance(one, list)), None)
    if shape is None:
        raise Unsuitable(
            "it does not say what it reads; call it once, or begin it with keras.Input, and save it"
        )
    sides = tuple(shape[1:])
    if sides in ((28, 28), (28, 28, 1), (784,)):
        return sides
    if len(sides) == 3 and sides[-1] == 3:
        raise Unsuitable(
            f"it reads {_by(sides)} values, pictures of three colours; expected gray ones, 28 x 28"
        )
    raise Unsuitable(f"it reads {_by(sides)} values; expected pictures of 28 x 28, or their 784 pixels")


def _by(sides: Sequence[object]) -> str:
    return shown(" x ".join("any number" if side is None else str(side) for side in sides))
