# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""What `lesson RUN` says of one place of a filter's map, worked out from the saved network."""

import re
from dataclasses import dataclass

import numpy as np

from tests.strangers.elsewhere import claim_kind
from tests.strangers.evidence import Evidence
from tests.strangers.grammar import KINDS, NO, NUMBER, Number, Said, agree, claim, says

KINDS["grid"] = rf"(?:reads |× |= |filter |products )*{NUMBER}(?: (?:{NUMBER}|×|=|filter|products))*"
KINDS["apart"] = r"exactly equal|(?:at most )?[\d.]+e[−+]\d+ apart"

FUNCTIONS = "ReLU|leaky ReLU|ELU|GELU|tanh|the sigmoid|the activation, which changes nothing"


@dataclass
class Place:
    """A place of a filter's map for a test picture, step by step, in float64."""

    e: Evidence
    model: str
    seed: int
    layer: str
    filter: int
    image: int = 0
    row: int = 0
    column: int = 0

    def __post_init__(self) -> None:
        self.network = self.e.models[self.model].network(self.seed)
        names = self.network.names
        own = names.index(self.layer) - 2 * (f"{self.layer}_linear" in names)
        pictures = self.e.data.test_images[self.image : self.image + 1]
        self.reads = (
            pictures[0, ..., None] / 255 if own == 0 else self.network.output(names[own - 1], pictures)[0]
        )
        self.kernel = self.network.kernel(self.layer)[..., self.filter].astype(np.float64)
        self.bias = float(self.network.layers[own].get_weights()[1][self.filter])
        self.stride = self.network.layers[own].strides[0]
        same = self.network.layers[own].padding == "same"
        side, size = self.reads.shape[0], len(self.kernel)
        total = max((-(-side // self.stride) - 1) * self.stride + size - side, 0) if same else 0
        self.before = total // 2
        around = ((self.before, total - self.before),) * 2 + ((0, 0),)
        self.padded = np.pad(self.reads.astype(np.float64), around)
        self.map = self.network.output(self.layer, pictures)[0, ..., self.filter]
        after = names[names.index(self.layer) + 1]
        self.pool = after if after.startswith("pool") else ""
        self.pooled = self.network.output(after, pictures)[0, ..., self.filter] if self.pool else None

    def window(self) -> np.ndarray:
        """What the place reads."""
        top, left = self.row * self.stride, self.column * self.stride
        return self.padded[top : top + len(self.kernel), left : left + len(self.kernel)]

    def products(self) -> np.ndarray:
        return self.window() * self.kernel

    def linear(self) -> float:
        return float(self.products().sum()) + self.bias

    def normalized(self) -> float:
        """After batch normalization, if there is one."""
        named = {layer.name: layer for layer in self.network.layers}
        found = named.get(f"{self.layer}_normalization")
        if found is None:
            return self.linear()
        scale, shift, mean, variance = (float(values[self.filter]) for values in found.get_weights())
        return scale * (self.linear() - mean) / np.sqrt(variance + found.epsilon) + shift


def place_of(e: Evidence) -> Place:
    claim(hasattr(e, "place"), "of which place is this said?")
    return e.place  # type: ignore[attr-defined, no-any-return]


@says("<m:model>, <kind:kind> <s:n>: filter <k:n> of <layer:layer> (<all:n> <noun:filters|filter>, maps of <h:n> x <w:n>)"
      " on test picture <image:n> (<c:cls>) at row <row:n>, column <column:n> (the first is 0)<why:, where the map is largest|>")  # fmt: skip
def _(
    e: Evidence, at: Said, m: str, kind: str, s: Number, k: Number, layer: str, all: Number, noun: str, h: Number, w: Number,
    image: Number, c: set[int], row: Number, column: Number, why: str,
) -> None:  # fmt: skip
    claim_kind(e, kind, m)
    place = Place(e, m, int(s), layer, int(k), int(image), int(row), int(column))
    e.place = place  # type: ignore[attr-defined]
    claim(
        place.network.kernel(layer).shape[-1] == all and place.map.shape == (h, w),
        f"maps of {place.map.shape}",
    )
    claim(e.data.test_labels[place.image] in c, f"the label is {e.data.test_labels[place.image]}")
    value = place.map[place.row, place.column]
    claim(
        not why or (value >= place.map.max() - 1e-5 and value > 0),
        f"{value}, and {place.map.max()} elsewhere",
    )


@says("The map is 0 everywhere", f"The map is 0 everywhere; before <function:{FUNCTIONS}> it is largest here")
def _(e: Evidence, at: Said, function: str = "") -> None:
    claim(not place_of(e).map.any(), "it is not")


@says("Pixels from 0 to 1, times the filter, product by product (rounded) <rows:grid>",
      "Map <k:n>, whose share is largest, times its slice of the filter (rounded) <rows:grid>",
      "Map <k:n>, which adds nothing, as all maps do, times its slice of the filter (rounded) <rows:grid>")  # fmt: skip
def _(e: Evidence, at: Said, rows: str, k: Number = NO) -> None:
    place, size = place_of(e), len(place_of(e).kernel)
    numbers = [Number(text) for text in re.findall(rf"(?:^| )({NUMBER})(?= |$)", rows)]
    told = np.array([float(number) for number in numbers])
    half = max(number.half for number in numbers)
    if "reads" in rows:
        tables = told.reshape(3, size, size)
    else:
        tables = told.reshape(size, 3, size).transpose(1, 0, 2)
    channel = int(k)
    expected = (place.window()[..., channel], place.kernel[..., channel], place.products()[..., channel])
    for name, table, values in zip(("reads", "filter", "products"), tables, expected, strict=True):
        claim(np.abs(table - values).max() <= half * 1.001 + 1e-6, f"{name}: {values}")
    sums = np.abs(place.products().sum(axis=(0, 1)))
    claim(sums[channel] >= sums.max() - 1e-5, f"another map has {sums.max()}")
    claim(("adds nothing" in at.text) == (sums.max() == 0), "whether all are 0")


@says("It reads the <k:n> <noun:maps|map> of <layer:layer>: <a:n> x <b:n> x <c:n> = <n:n> products")
def _(
    e: Evidence, at: Said, k: Number, noun: str, layer: str, a: Number, b: Number, c: Number, n: Number
) -> None:
    shape = place_of(e).kernel.shape
    claim((a, b, c) == shape and k == c and n == a * b * c, f"the filter is {shape}")


@says("The window reaches beyond the border, where there are zeros")
def _(e: Evidence, at: Said) -> None:
    place = place_of(e)
    top, left = (where * place.stride - place.before for where in (place.row, place.column))
    inside = min(top, left) >= 0 and max(top, left) + len(place.kernel) <= len(place.reads)
    claim(not inside, "it does not")


@says("sum of all <n:n> products <value:n>", "bias <value:n>", "sum + bias <value:n>", "batch normalization <value:n>",
      "ReLU keeps it <value:n>", "ReLU makes it 0 <value:n>", f"after <function:{FUNCTIONS}> <value:n>", "map <k:n>: sum of <n:n> products <value:n>",
      "other <n:n> <noun:maps|map>, likewise <value:n>")  # fmt: skip
def _(
    e: Evidence, at: Said, value: Number, n: Number | None = None, k: Number | None = None, noun: str = "",
    function: str = "",
) -> None:  # fmt: skip
    place = place_of(e)
    sums = place.products().sum(axis=(0, 1))
    after = float(place.map[place.row, place.column]) if function else max(place.normalized(), 0)
    known = {"all": float(sums.sum()), "bias": place.bias, "linear": place.linear(), "after": after}
    known |= {"normalized": place.normalized()}
    if k is not None:
        known = {"map": float(sums[int(k)])}
    elif noun:
        known = {"others": float(np.sort(np.abs(sums))[: int(n or 0)].sum())}
        others = np.argsort(-np.abs(sums), kind="stable")[len(sums) - int(n or 0) :]
        known = {"others": float(sums[others].sum())}
    near = [name for name, found in known.items() if abs(found - value) <= value.half + 1e-5]
    claim(near, f"{known}")


@says("= <scale:text> × (<a:n> − <mean:text>) / <deviation:n> + <shift:text>")
def _(e: Evidence, at: Said, scale: str, a: Number, mean: str, deviation: Number, shift: str) -> None:
    place = place_of(e)
    parts = [Number(text.strip("()")) for text in (scale, mean, shift)]
    value = parts[0] * (a - parts[1]) / deviation + parts[2]
    claim(abs(value - place.normalized()) < 0.01 + 0.01 * abs(value), f"it comes to {place.normalized()}")


@says("<pool:layer>, row <row:n>, column <column:n> <value:n> <how:the largest of|the mean of> <block:grids>",
      "<pool:layer> leaves this place out: the last row or column fills no <a:n> x <b:n> block",
      "(no pooling follows <layer:layer>)")  # fmt: skip
def _(
    e: Evidence, at: Said, pool: str = "", row: Number | None = None, column: Number = NO, value: Number = NO,
    how: str = "", block: str = "", a: Number = NO, b: Number = NO, layer: str = "",
) -> None:  # fmt: skip
    place = place_of(e)
    if layer:
        claim(not place.pool, f"{place.pool} follows")
        return
    claim(place.pool == pool and place.pooled is not None, f"{place.pool} follows")
    if row is None:
        claim(max(place.row, place.column) // 2 >= len(place.pooled), "it fills one")  # type: ignore[arg-type]
        return
    claim((row, column) == (place.row // 2, place.column // 2), "the block")
    agree("the pooled value", value, float(place.pooled[int(row), int(column)]))  # type: ignore[index]
    cells = place.map[2 * int(row) : 2 * int(row) + 2, 2 * int(column) : 2 * int(column) + 2]
    told = [Number(text) for text in block.split() if text != "/"]
    for number, cell in zip(told, cells.ravel(), strict=True):
        claim(abs(number - cell) <= number.half + 1e-5, f"the block is {cells}")


KINDS["grids"] = rf"{NUMBER}(?: (?:{NUMBER}|/))*"


@says("Keras: <value:n> at this place; <apart:apart>", "Keras: over the whole map of <h:n> x <w:n> <apart:apart>",
      "Keras: pooled <apart:apart>")  # fmt: skip
def _(e: Evidence, at: Said, apart: str, value: Number | None = None, h: Number = NO, w: Number = NO) -> None:
    place = place_of(e)
    if value is not None:
        agree("Keras's value", value, float(place.map[place.row, place.column]))
    claim(not h or (h, w) == place.map.shape, f"the map is {place.map.shape}")
    number = re.search(r"[\d.]+e[−+]\d+", apart)
    claim(number is None or float(number[0].replace("−", "-")) < 1e-4, "rounding comes to less")


@says("Look <path:word>")
def _(e: Evidence, at: Said, path: str) -> None:
    claim(path.endswith((".png", ".html")), "what is there to look at")
