# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""What is said of pictures that filters and classes want, and of why a picture got its class."""

import json
import re
from itertools import product
from typing import Any

import numpy as np
from scipy import stats

from tests.strangers.covering import METHODS, areas
from tests.strangers.evidence import Evidence
from tests.strangers.filters import counted, model_of
from tests.strangers.grammar import KINDS, NO, NUMBER, Number, Said, agree, claim, says

AREA = rf"by [\w -]+ {NUMBER} \(by another picture's map {NUMBER}\)"
KINDS["areas"] = rf"{AREA}(?:, {AREA})*"


def wanted(e: Evidence, at: Said) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Which pictures were made up (wanted.json says for what), and the pictures themselves."""
    folder = model_of(e, at).folder / "inspection"
    with np.load(folder / "wanted.npz") as stored:
        return json.loads((folder / "wanted.json").read_text()), dict(stored)


@says("What <some:word> <noun:filters|filter> of <layer:layer> <verb:want|wants>",
      "What <some:word> <noun:filters|filter> of <layer:layer> <verb:want|wants>: made-up patches reach <x:n> times the best"
      " real one",
      "What <some:word> <noun:filters|filter> of <layer:layer> <verb:want|wants>: made-up patches reach what the best real"
      " one does")  # fmt: skip
def _(e: Evidence, at: Said, some: str, noun: str, layer: str, verb: str, x: Number | None = None) -> None:
    document, images = wanted(e, at)
    entries = [entry for entry in document["filters"] if entry["layer"] == layer]
    agree("filters", Number(str(counted(some))), len(entries))
    ratios = [made / real for made, real in reached(e, at, layer, entries, images) if real > 0]
    if x is not None:
        agree("the median of the ratios", x, float(np.median(ratios)))
    elif "does" in at.text.split(". ")[0]:
        claim(abs(np.median(ratios) - 1) < 0.011, f"the median of the ratios is {np.median(ratios)}")


def reached(
    e: Evidence, at: Said, layer: str, entries: list[dict[str, Any]], images: dict[str, np.ndarray]
) -> list[tuple[float, float]]:
    """What the network answers to the made-up pictures, and the most it answers to any test picture searched."""
    network, found = model_of(e, at).first, []
    maps = network.output(layer, images[layer])
    real = network.output(layer, images[f"{layer}/real"])
    for place, entry in enumerate(entries):
        made = maps[place, entry["row"], entry["column"], entry["index"]]
        found.append((float(made), float(real[place, ..., entry["index"]].max())))
    return found


@says("Filter <k:n>: <made:n> made up, <real:n> real")
def _(e: Evidence, at: Said, k: Number, made: Number, real: Number) -> None:
    document, images = wanted(e, at)
    layer = at.where.rpartition("wanted-")[2].removesuffix(".png")
    entries = [entry for entry in document["filters"] if entry["layer"] == layer]
    values = dict(
        zip((entry["index"] for entry in entries), reached(e, at, layer, entries, images), strict=True)
    )
    agree("made up", made, values[int(k)][0])
    agree("real", real, values[int(k)][1])


def class_logits(e: Evidence, at: Said) -> tuple[np.ndarray, np.ndarray]:
    """Logits of the classes for the made-up and the real pictures."""
    _, images = wanted(e, at)
    network = model_of(e, at).first
    kernel, bias = next(layer for layer in network.layers if layer.name == "probabilities").get_weights()
    places = np.arange(len(images["classes"]))
    found = []
    for key in ("classes", "classes/real"):
        hidden = network.output(network.names[-2], images[key])
        found.append((hidden.reshape(len(hidden), -1) @ kernel + bias)[places, places])
    return found[0], found[1]


@says("What each class wants: <k:n> of <n:n> made-up pictures beat the best real one")
def _(e: Evidence, at: Said, k: Number, n: Number) -> None:
    made, real = class_logits(e, at)
    agree("classes", n, len(made))
    agree("those that beat", k, int(np.sum(made > real)))


@says("Logits made up <a:n> to <b:n>, real <c:n> to <d:n>")
def _(e: Evidence, at: Said, a: Number, b: Number, c: Number, d: Number) -> None:
    made, real = class_logits(e, at)
    for told, value in zip((a, b, c, d), (made.min(), made.max(), real.min(), real.max()), strict=True):
        agree("a logit", told, float(value))


# Why -------------------------------------------------------------------------------------------------------

PARTS = (
    "upper left",
    "upper middle",
    "upper right",
    "left",
    "middle",
    "right",
    "lower left",
    "lower middle",
    "lower right",
)
CUTS = ((0, 9), (9, 19), (19, 28))


@says("Why \"<c:cls>\" (<p:n>)<but:, though it is |><label:text>: covering the <part:text> costs most (<from_:n> to <to:n>)",
      "Why \"<c:cls>\" (<p:n>): covering the <part:text> costs most (<from_:n> to <to:n>)",
      "Why \"<c:cls>\" (<p:n>), though it is <label:text>: covering any one ninth of it costs less than 0.05",
      "Why \"<c:cls>\" (<p:n>): covering any one ninth of it costs less than 0.05")  # fmt: skip
def _(
    e: Evidence, at: Said, c: set[int], p: Number, but: str = "", label: str = "", part: str = "",
    from_: Number | None = None, to: Number | None = None,
) -> None:  # fmt: skip
    index = int(at.where.rpartition("why-")[2].removesuffix(".png"))
    image = e.data.test_images[index]
    trials = np.repeat(image[None], 10, axis=0)  # the ninths covered one by one, and the whole
    for number, (rows, columns) in enumerate(product(CUTS, CUTS)):
        trials[number, slice(*rows), slice(*columns)] = 0
    answers = model_of(e, at).first.probabilities(trials)
    target = int(answers[-1].argmax())
    claim(target in c, f"the answer is {target}")
    score, left = float(answers[-1, target]), answers[:-1, target].tolist()
    agree("its probability", p, score)
    claim((target != e.data.test_labels[index]) == (", though it is" in at.text), "right or wrong")
    if part:
        place = PARTS.index(part)
        claim(left[place] <= min(left) + 1e-5, f"another part costs more: {left}")
        agree("whole", from_ or NO, score)
        agree("covered", to if to is not None else Number("9"), left[place])
    else:
        claim(score - min(left) < 0.05 + 1e-5, f"{score} to {min(left)}")


@says("Mean probability while covering, over <n:n> test pictures: <all:areas>")
def _(e: Evidence, at: Said, n: Number, all: str) -> None:
    found = areas(e, model_of(e, at))
    agree("pictures", n, len(next(iter(found.values()))[0]))
    told = re.findall(rf"by ([\w -]+) ({NUMBER}) \(by another picture's map ({NUMBER})\)", all)
    claim([title for title, *_ in told] == list(found), f"the methods are {list(found)}")
    for title, *numbers in told:
        for number, values in zip(numbers, found[title], strict=True):
            value = float(np.mean(values))
            claim(abs(float(number) - value) <= 0.005 + ROUNDING, f"by {title} {value:.4f}")


ROUNDING = 0.01  # of a mean probability: blocks that are nearly equal are covered in another order


@says("<method:Grad-CAM|Integrated gradients|Occlusion> is not faithful here")
def _(e: Evidence, at: Said, method: str) -> None:
    own, other = areas(e, model_of(e, at))[
        next(title for title in METHODS if title.lower() == method.lower())
    ]
    low = stats.ttest_1samp(other - own, 0).confidence_interval().low
    claim(not low > ROUNDING, f"another picture's map is worse by {low:.4f} at least")
