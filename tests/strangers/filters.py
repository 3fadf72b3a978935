# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""Titles and texts of the pictures of what models learned, clause by clause."""

import re
from typing import Any

import numpy as np

from tests.strangers.evidence import Evidence, Model
from tests.strangers.grammar import KINDS, NO, NUMBER, ONE, Number, Said, agree, claim, says
from tests.strangers.looks import ROOM, Layer, by_chance, drawn_patterns, layer_of, matching, named

KINDS["dead"] = r"\d+(?:, \d+)*(?: and \d+(?: more)?)?"
COLUMNS = 10  # of pictures side by side
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def counted(word: str) -> int:
    """ "six" and "12" as numbers."""
    return NUMBERS.index(word.lower()) if word.lower() in NUMBERS else int(word)


def model_of(e: Evidence, at: Said) -> Model:
    claim(at.model in e.models, f"of which model is this? {at.where}")
    return e.models[at.model]


def of_layer(e: Evidence, at: Said, layer: str) -> Layer:
    return layer_of(e, model_of(e, at).name, layer)


def of_picture(e: Evidence, at: Said) -> Layer:
    """The layer that a picture such as conv1-filters.png is of."""
    return of_layer(e, at, at.where.rpartition(" ")[2].rpartition("/")[2].partition("-")[0])


def before_training(e: Evidence, at: Said) -> dict[str, np.ndarray]:
    """The weights and maps of the same network before its first step."""
    with np.load(model_of(e, at).folder / "inspection" / "untrained.npz") as stored:
        return dict(stored)


@says("<layer:layer>: <k:n> <noun:filters|filter>, <some:word> <verb:match|matches> a named pattern (untrained: <before:n>)",
      "<layer:layer>: <k:n> <noun:filters|filter>, <some:word> <verb:match|matches> a named pattern (never trained)",
      "<layer:layer>: <k:n> <noun:filters|filter>")  # fmt: skip
def _(
    e: Evidence,
    at: Said,
    layer: str,
    k: Number,
    noun: str,
    some: str = "none",
    verb: str = "",
    before: Number | None = None,
) -> None:
    found = of_layer(e, at, layer)
    agree("filters", k, found.kernel.shape[-1])
    claim((noun == "filter") == (k == 1), "one filter, two filters")
    least, most = matching(found.kernel)
    claim(least <= (0 if some == "none" else int(some)) <= most or not verb, f"{least} to {most} match")
    untrained = before_training(e, at)[f"{layer}/kernel"]
    if before is not None:
        least, most = matching(untrained)
        claim(least <= before <= most, f"before training {least} to {most} match")
    claim(
        ("never" in at.text) == np.array_equal(untrained, found.kernel) or not verb, "whether it was trained"
    )


def is_first(layer: Layer, index: int, at: Said) -> bool:
    """Whether a filter stands first in a picture."""
    count = len(layer.rises) if layer.name.startswith("dense") else 6 if "activations" in at.where else 12
    return any(index == layer.first(count, room)[0] for room in (0, ROOM, -ROOM))


@says("dead: <which:dead>")
def _(e: Evidence, at: Said, which: str) -> None:
    layer = of_picture(e, at)
    dead = [str(index) for index in np.flatnonzero(layer.dead)]
    told = re.findall(r"\d+", which)
    more = int(told.pop()) if which.endswith(" more") else 0
    claim(told == dead[: len(told)] and len(told) + more == len(dead), f"dead are {dead}")


@says("Without filter <k:n>: <n:n> <noun:answers|answer> <how:lost|gained>", "Without filter <k:n>: no answer lost",
      "Without unit <k:n>: <n:n> <noun:answers|answer> <how:lost|gained>", "Without unit <k:n>: no answer lost")  # fmt: skip
def _(e: Evidence, at: Said, k: Number, n: Number = NO, noun: str = "", how: str = "lost") -> None:
    layer = of_picture(e, at)
    claim(is_first(layer, int(k), at), f"first are {layer.first(12)}")
    taken = layer.taken(int(k))
    claim(taken.agrees(lost=n if how == "lost" else -n), f"{taken.lost} are lost")


@says("What <some:word> <noun:filters|filter> of <layer:layer> <verb:answer|answers> to",
      "What <some:word> <noun:filters|filter> of <layer:layer> <verb:answer|answers> to, before and after pooling: <a:n>"
      " numbers become <b:n>")  # fmt: skip
def _(
    e: Evidence,
    at: Said,
    some: str,
    noun: str,
    layer: str,
    verb: str,
    a: Number | None = None,
    b: Number = NO,
) -> None:
    found = of_layer(e, at, layer)
    claim(counted(some) <= found.kernel.shape[-1], "there are fewer filters")
    if a is not None:
        after = found.network.names[found.network.names.index(layer) + 1]
        claim(after.startswith("pool"), "nothing is pooled")
        agree("numbers before", a, found.on_test[0, ..., 0].size)
        agree("numbers after", b, found.network.output(after, e.data.test_images[:1])[0, ..., 0].size)


@says("the largest value of the first, filter <k:n>, is <most:n> here; <share:pct> of its values are above 0")
def _(e: Evidence, at: Said, k: Number, most: Number, share: Number) -> None:
    layer = of_picture(e, at)
    claim(is_first(layer, int(k), at), f"first are {layer.first(12)}")
    maps = shown_maps(e, layer)[..., int(k)]
    agree("the largest value", most, float(maps.max()))
    agree("the share above 0", share, float(np.mean(maps > 0)), 100)


def shown_maps(e: Evidence, layer: Layer) -> np.ndarray:
    """Its output for the pictures that are shown: the first ones of each class, of ten at most."""
    labels, classes = e.data.test_labels, np.unique(e.data.test_labels)[:COLUMNS]
    each = min(e.config["inspection"]["images_per_class"], COLUMNS // len(classes))
    chosen = [place for label in classes for place in np.flatnonzero(labels == label)[:each]]
    return layer.on_test[chosen]


WHICH = (  # filters of a picture, by how they were chosen
    "the <some:word> filters of <layer:layer> ranked first on validation pictures",
    "the <some:word> filters of <layer:layer> ranked <a:n> to <b:n> on validation pictures",
    "the filter of <layer:layer> ranked <a:word> on validation pictures",
    "<some:word> filters of <layer:layer> (<ranked:word> ranked on validation pictures)",
    "<some:word> <noun:filters|filter> of <layer:layer> that can't be told from 0 on validation pictures",
    "<some:word> dead <noun:filters|filter> of <layer:layer>",
)


@says(*WHICH, *(f"what {which} {verb}" for which in WHICH for verb in ("combine", "combines")))
def _(
    e: Evidence, at: Said, layer: str, some: str = "one", ranked: str = "", a: str | Number = "", b: Number | None = None, noun: str = ""
) -> None:  # fmt: skip
    found = of_layer(e, at, layer)
    page = slice(6 * ("-2.png" in at.where), 12 if "-2.png" in at.where or "filters" in at.where else 6)
    claim(any(_chosen(found, page, room, at.text, counted(some), ranked, a, b) for room in (0, ROOM, -ROOM)),
          f"ranked: {found.ranked()}, shown: {found.first(12)[page]}, dead: {found.dead}")  # fmt: skip


def _chosen(
    layer: Layer, page: slice, room: float, text: str, some: int, ranked: str, a: Any, b: Any
) -> bool:
    """Whether filters on a page are chosen as a title says."""
    shown = layer.first(12, room)[page]
    told = [index for index in shown if index in layer.ranked(room)]
    dead = [index for index in shown if layer.dead[index]]
    if len(shown) != some:
        return False
    if " dead filter" in text.split(":")[0]:
        return len(dead) == some
    if "can't be told" in text.split(":")[0]:
        return not told and len(dead) < some
    if ranked:
        return 0 < len(told) < some and counted(ranked) == len(told)
    first = layer.ranked(room).index(shown[0]) + 1 if told else 0
    last = first + some - 1
    return len(told) == some and (first == 1 or (float(a), float(b or a)) == (first, last))


@says("up to <n:n> of <all:n> answers lost<rest:, each within chance|>", "none costs answers")
def _(e: Evidence, at: Said, n: Number | None = None, all: Number | None = None, rest: str = "") -> None:
    layer = of_picture(e, at)
    page = slice(6, 12) if "-2.png" in at.where else slice(0, 6)
    taken = [layer.taken(index) for index in layer.first(12)[page]]
    most, room = max(one.lost for one in taken), max(one.unsure for one in taken)
    claim(all is None or all == e.num_test, "test pictures")
    claim(abs((n or 0) - max(most, 0)) <= room, f"up to {most}")


KINDS["became"] = (
    rf"{NUMBER} becomes? wrong(?:, {NUMBER} right)?(?:, {NUMBER} wrong otherwise)?"
    rf"|{NUMBER} becomes? right(?:, {NUMBER} wrong otherwise)?|from one wrong answer to another"
)
KINDS["lost"] = rf"; (?:none|{NUMBER}) (?:lost|gained)|"


@says("Filter <k:n>: without it <n:n> of <all:n> answers <change:change|changes>: <became:became><lost:lost>"
      "<rest:; within chance|; better without it|>")  # fmt: skip
def _(
    e: Evidence, at: Said, k: Number, n: Number, all: Number, change: str, became: str, lost: str, rest: str
) -> None:
    layer = of_picture(e, at)
    taken = layer.taken(int(k))
    agree("test pictures", all, e.num_test)
    found = [re.search(rf"({NUMBER})(?: becomes?)? {how}", became)
             for how in ("wrong(?! otherwise)", "right", "wrong otherwise")]  # fmt: skip
    wrong, right, otherwise = (Number(one[1]) if one else NO for one in found)
    claim(taken.agrees(n, wrong, right), f"{taken}")
    claim("another" in became or wrong + right + otherwise == n, f"they do not add up to {n:g}")
    claim(
        bool(lost) == (wrong > 0 and right > 0), "what is lost is told where some become wrong and some right"
    )
    if lost:
        told = re.search(NUMBER, lost)
        claim(abs(wrong - right) == (Number(told[0]) if told else 0), f"{wrong - right:g} are lost")
        claim(("gained" in lost) == (right > wrong), f"{wrong - right:g} are lost")
    claim((change == "changes") == (n == 1), "one changes, two change")
    claim((" becomes " in became) == became.startswith("1 "), "one becomes, two become")


@says(
    "Filter <k:n>: no answer changes without it",
    "Filter <k:n>: nothing changes without it: it never answers",
)
def _(e: Evidence, at: Said, k: Number) -> None:
    layer = of_picture(e, at)
    claim(layer.taken(int(k)).agrees(changed=0), "it changes some")
    claim("never answers" not in at.text or layer.dead[int(k)], "it answers")


@says("3 of <inputs:n> inputs hold <share:pct> of the weight")
def _(e: Evidence, at: Said, inputs: Number, share: Number) -> None:
    layer = of_picture(e, at)
    agree("inputs", inputs, layer.kernel.shape[2])
    squares = np.square(layer.kernel, dtype=np.float64).sum(axis=(0, 1))[:, layer.first(12)]
    held = 100 * np.sort(squares, axis=0)[-3:] / squares.sum(axis=0)
    claim(
        abs(share - held.sum(axis=0).mean()) <= 0.5 + 1.5 / len(held), f"they hold {held.sum(axis=0).mean()}"
    )


@says("<layer:layer>: weights of neighbouring pixels correlate by <trained:n> (untrained: <before:n>)")
def _(e: Evidence, at: Said, layer: str, trained: Number, before: Number) -> None:
    for told, kernel in (
        (trained, of_layer(e, at, layer).kernel),
        (before, before_training(e, at)[f"{layer}/kernel"]),
    ):
        pictures = kernel.T.reshape(-1, 28, 28).astype(np.float64)
        pairs = [(p[y, x], p[y + a, x + b]) for p in pictures for a, b in ((0, 1), (1, 0))
                 for y in range(28 - a) for x in range(28 - b)]  # fmt: skip
        agree("the correlation", told, float(np.corrcoef(*np.array(pairs).T)[0, 1]))


# How few filters do ----------------------------------------------------------------------------------------


@says("Even <tried:n> of <k:n> filters of <layer:layer> are too few: more than half a point is lost",
      "<tried:n> of <k:n> filters of <layer:layer> do: within half a point of the whole network")  # fmt: skip
def _(e: Evidence, at: Said, tried: Number, k: Number, layer: str) -> None:
    found = of_layer(e, at, layer)
    agree("filters", k, found.kernel.shape[-1])
    whole, kept = float(np.mean(keep(e, found, int(k)))), float(np.mean(keep(e, found, int(tried))))
    enough = kept >= whole - 0.005 - 2 / e.num_test
    claim(enough or not at.text.startswith(str(int(tried))), f"{kept:.4f} against {whole:.4f}")
    claim("Even" not in at.text or kept < whole - 0.005 + 2 / e.num_test, f"{kept:.4f} against {whole:.4f}")


def keep(e: Evidence, layer: Layer, number: int) -> np.ndarray:
    """Which test pictures are right with only so many of the filters kept, by how much validation loss rises."""
    return _kept(e, layer, np.argsort(-layer.rises.mean(axis=1), kind="stable")[number:])


def _kept(e: Evidence, layer: Layer, out: np.ndarray) -> np.ndarray:
    """Which test pictures are right with these filters taken out."""

    def change(values: np.ndarray) -> np.ndarray:
        values[..., out] = layer.constants[out]
        return values

    return layer.network.changed(layer.name, change, e.data.test_images).argmax(axis=1) == e.data.test_labels


@says(
    "With <k:n> of <layer:layer> kept: <best:pct> with the first by validation loss, <random:pct> with random ones"
)
def _(e: Evidence, at: Said, k: Number, layer: str, best: Number, random: Number) -> None:
    found = of_layer(e, at, layer)
    value = float(np.mean(keep(e, found, int(k))))
    claim(abs(best / 100 - value) <= 2 / e.num_test + best.half / 100, f"with the first {value:.4f}")
    draw, count = np.random.default_rng(3), found.kernel.shape[-1]  # other orders than the program's
    others = [float(np.mean(_kept(e, found, draw.permutation(count)[int(k) :]))) for _ in range(10)]
    room = 4 * max(float(np.std(others)), 0.01) * (2 / 10) ** 0.5
    claim(abs(random / 100 - np.mean(others)) <= room, f"with random ones {np.mean(others):.3f} ± {room:.3f}")


# Patterns over the seeds -----------------------------------------------------------------------------------


@says("<some:text> of <k:n> first filters <verb:match|matches> a named pattern in <t:n> trainings (untrained: <chance:text>)",
      "<some:text> of <k:n> first filters <verb:match|matches> a named pattern (untrained: <chance:text>)",
      "<some:text> of one first filter <verb:match|matches> a named pattern in <t:n> trainings (untrained: <chance:text>)",
      "<some:text> of one first filter <verb:match|matches> a named pattern (untrained: <chance:text>)")  # fmt: skip
def _(e: Evidence, at: Said, some: str, verb: str, chance: str, k: Number = ONE, t: Number = ONE) -> None:
    model = patterned(e, at)
    kernels = [model.network(seed).kernel("conv1") for seed in model.trained]
    agree("filters", k, kernels[0].shape[-1])
    agree("trainings", t, len(kernels))
    found = [matching(kernel) for kernel in kernels]
    low, high = (some.split(" to ") * 2)[:2]
    claim(min(a for a, _ in found) <= int(low) <= min(b for _, b in found), f"{found} match")
    claim(max(a for a, _ in found) <= int(high) <= max(b for _, b in found), f"{found} match")
    agree_chance(chance, by_chance(kernels[0].shape).sum(axis=1))


def agree_chance(told: str, numbers: np.ndarray) -> None:
    """What 90 of 100 networks have, of which others were drawn here: within one filter."""
    ends = np.quantile(numbers, [0.05, 0.95], method="nearest")
    given = [int(text) for text in (told.split(" to ") * 2)[:2]]
    claim(all(abs(a - b) <= 1 + b / 10 for a, b in zip(given, ends, strict=True)), f"by chance {ends}")


def patterned(e: Evidence, at: Said) -> Model:
    """The model whose patterns the picture counts: patterns-MODEL.png."""
    name = at.where.rpartition("patterns-")[2].removesuffix(".png")
    claim(name in e.models, f"of which model is this? {at.where}")
    return e.models[name]


@says("No pattern is more frequent than chance in every training",
      "Farthest above chance: <name:text>, <some:text> (untrained: <chance:text>)")  # fmt: skip
def _(e: Evidence, at: Said, name: str = "", some: str = "", chance: str = "") -> None:
    kernels = [seed.kernel("conv1") for seed in map(patterned(e, at).network, patterned(e, at).trained)]
    names, counts = list(drawn_patterns(len(kernels[0]))), np.array([named(kernel) for kernel in kernels])
    chances = by_chance(kernels[0].shape)
    most = np.quantile(chances, 0.95, axis=0, method="nearest")
    beyond = counts.min(axis=0) - most
    if not name:
        claim(beyond.max() <= 1, f"beyond chance by {dict(zip(names, beyond, strict=True))}")
        return
    place = names.index(name)
    claim(
        beyond[place] >= max(beyond.max() - 1, 0), f"beyond chance by {dict(zip(names, beyond, strict=True))}"
    )
    low, high = (int(text) for text in (some.split(" to ") * 2)[:2])
    room = max(b - a for a, b in map(matching, kernels))
    claim(abs(low - counts[:, place].min()) <= room, f"{name}: {counts[:, place]}")
    claim(abs(high - counts[:, place].max()) <= room, f"{name}: {counts[:, place]}")
    agree_chance(chance, chances[:, place])
