# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""The sentences that answer the headings of the page's sections."""

import re

from tests.strangers.elsewhere import claim_kind
from tests.strangers.evidence import Evidence, Model
from tests.strangers.filters import of_layer
from tests.strangers.grammar import KINDS, NUMBER, OF_MODELS, Number, Said, agree, agree_share, claim, says
from tests.strangers.looks import ROOM
from tests.strangers.reports import agree_duration, agree_work
from tests.strangers.tables import clear_of, counts_of, label_of
from tests.strangers.verdicts import agree_ends

STEP = rf"{NUMBER} \([a-z]+\d+\)"
MISSED = rf"{NUMBER} of {NUMBER} in (?:conv|dense)\d+"
KINDS["steps"] = rf"{STEP}(?:, {STEP})*"
KINDS["both"] = "(?:, with those of its mirror image,)?"
KINDS["missed"] = rf"{MISSED}(?:, {MISSED})*(?: and {MISSED})?"
CHANGE = r"\"?(?:{cls})\"? \({n} points\)"
CHANGES = rf"{CHANGE}(?:, {CHANGE})*(?: and (?:{CHANGE}|\d+ more))?"
OF_MODELS["changes"] = rf"gains on {CHANGES}(?: and loses on {CHANGES})?|loses on {CHANGES}"
KINDS["others"] = r"(?:; of the other \d+ it can't be told)?"


@says(
    "In <m:model> the 784 numbers of a picture become <steps:steps> and at last<both:both> <k:n> probabilities"
)
def _(e: Evidence, at: Said, m: str, steps: str, both: str, k: Number) -> None:
    network, told = e.models[m].first, re.findall(rf"({NUMBER}) \((\w+)\)", steps)
    others = ("flatten", "dropout", "pixels", "rescaling", "probabilities")
    names = [name for name in network.names if "_" not in name and not name.startswith(others)]
    claim([name for _, name in told] == names, f"its layers are {names}")
    claim(bool(both) == ("mirror_mean" in network.names), f"all its layers are {network.names}")
    for count, name in told:
        agree(name, Number(count), network.output(name, e.data.test_images[:1])[0].size)
    agree("probabilities", k, len(e.classes))


@says(
    "<m:model>, one filter off at a time: the loss on validation pictures can be told to rise without <missed:missed>"
)
def _(e: Evidence, at: Said, m: str, missed: str) -> None:
    found = re.findall(rf"({NUMBER}) of ({NUMBER}) in (\w+)", missed)
    claim([name for _, _, name in found] == e.models[m].first.convolutions, "which layers it has")
    for told, count, name in found:
        layer = of_layer(e, Said(at.text, at.where, m), name)
        agree("filters", Number(count), layer.kernel.shape[-1])
        ranked = [
            len(set(layer.ranked(room)) - set(layer.dead.nonzero()[0].tolist())) for room in (-ROOM, 0, ROOM)
        ]
        claim(min(ranked) <= Number(told) <= max(ranked), f"{name}: {ranked}")


@says("On no class can it be told whether <c:model> or <b:model> is better",
      "Against <b:model>, <c:model> <told:changes><rest:others>")  # fmt: skip
def _(e: Evidence, at: Said, c: str, b: str, told: str = "", rest: str = "") -> None:
    claim(e.pairs == [(b, c)], f"compared are {e.pairs}")
    clear = {
        label: e.difference(b, c, label).value
        for label, is_clear in enumerate(clear_of(e, (b, c)))
        if is_clear
    }
    one = rf"(?:, | and |^)\"?({'|'.join(map(re.escape, sorted(e.classes, key=len, reverse=True)))})\"? \(({NUMBER}) points\)"
    for verb, sign in (("gains on ", 1), ("loses on ", -1)):
        part = told.partition(verb)[2].partition(" and loses on ")[0]
        found = [(label_of(e, name), Number(points)) for name, points in re.findall(one, part)]
        more = re.search(r" and (\d+) more$", part)
        count = len(found) + (int(more[1]) if more else 0)
        claim(count == sum(sign * value > 0 for value in clear.values()), f"clear are {clear}")
        for label, points in found:
            agree(e.classes[label], points, clear.get(label), 100)
        sizes = [sign * points for _, points in found]
        claim(sizes == sorted(sizes, reverse=True), "the largest comes first")
    others = re.search(r"\d+", rest)
    claim(not others or int(others[0]) == len(e.classes) - len(clear), f"clear are {clear}")


@says(
    "<kind:kind> <s:n>: <c:model> alone is right on <x:n> of <all:n> test pictures, <b:model> alone on <y:n>"
)
def _(
    e: Evidence, at: Said, kind: str, s: Number, c: str, x: Number, all: Number, b: str, y: Number
) -> None:  # fmt: skip
    claim_kind(e, kind, b, c)
    claim((b, c) in e.pairs, f"compared are {e.pairs}")
    agree("test pictures", all, e.num_test)
    for told, one, other in ((x, c, b), (y, b, c)):
        counts = counts_of(e, one, other)
        claim(int(s) == next(iter(counts)), f"the first seed of both is among {list(counts)}")
        agree(f"{one} alone", told, counts[int(s)])


WORK = "<w:n> parameters, <f:n> MFLOP a picture and <t:time> of training"
BOTH = "<w:n> parameters against <w2:n>, <f:n> MFLOP a picture against <f2:n> and <t:time> of training against <t2:time>"


@says(f"<m:model> is right on <right:pct>, for {WORK}")
def _(e: Evidence, at: Said, m: str, right: Number, w: Number, f: Number, t: str) -> None:
    agree_share("right", right, e.mean(m).value)
    _agree_cost(e.models[m], w, f, t)


@says(f"<c:model> against <b:model>: <d:n> points (<low:n> to <high:n>), for {BOTH}")
def _(
    e: Evidence, at: Said, c: str, b: str, d: Number, low: Number, high: Number,
    w: Number, w2: Number, f: Number, f2: Number, t: str, t2: str,
) -> None:  # fmt: skip
    found = e.difference(b, c)
    agree("the difference", d, found.value, 100)
    agree_ends((low, high), found.low, found.high)
    _agree_cost(e.models[c], w, f, t)
    _agree_cost(e.models[b], w2, f2, t2)


def _agree_cost(model: Model, weights: Number, work: Number, time: str) -> None:
    agree("parameters", weights, model.first.parameters)
    agree_work(work, model)
    agree_duration(time, model.seconds("train_seconds"))


@says("<who:names>: trained on no mirror images (data.augmentation.flip), and asked about them, too (flip_at_test):"
      " where left and right differ, that may make answers worse")  # fmt: skip
def _(e: Evidence, at: Said, who: str) -> None:
    mirrored = [name for name, model in e.models.items() if model.settings.get("flip_at_test")]
    claim([who] == mirrored, f"{mirrored} look at mirror images")
    augmentation = e.config["data"]["augmentation"]
    claim(augmentation == "none" or not augmentation["flip"], "its training met mirror images")
