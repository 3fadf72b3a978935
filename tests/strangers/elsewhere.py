# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""What is said of networks that were trained elsewhere: of their files, run by Keras as they are."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from tests.strangers.evidence import Evidence
from tests.strangers.grammar import KINDS, NUMBER, Number, Said, agree, agree_share, claim, says
from tests.strangers.told import Table

READS = {
    "pixels from 0 to 1": lambda x: x / 255,
    "pixels from 0 to 255": lambda x: x,
    "pixels standardised as Fashion-MNIST's are (less 0.286, by 0.353)": lambda x: (x / 255 - 0.286) / 0.353,
    "inverted pixels (from 1 to 0)": lambda x: 1 - x / 255,
}
FORM = "|".join(map(re.escape, READS))
KINDS["form"] = f"(?:{FORM})"
KINDS["forms"] = rf"{NUMBER} % with (?:{FORM})(?:(?:, | and ){NUMBER} % with (?:{FORM}))*"
FITTED = ", each answer taken for the class that it fits best"
FAR = 0.1
HALF = 0.5


NOT_KNOWN = re.compile(r"\b(seeds?|epochs?|history)\b|before (its )?training|itself", re.IGNORECASE)


def claimed(e: Evidence, pieces: Sequence[Said | Table]) -> list[Said]:
    """What is said of trainings that nobody here has seen, where all were elsewhere."""
    said = [piece for piece in pieces if isinstance(piece, Said) and "is not known here" not in piece.text]
    return [one for one in said if NOT_KNOWN.search(one.text)] if len(brought(e)) == len(e.models) else []


def brought(e: Evidence) -> list[str]:
    """The models that were trained elsewhere."""
    return [name for name, model in e.models.items() if model.is_from_elsewhere]


def claim_kind(e: Evidence, kind: str, *models: str) -> None:
    """Nobody knows the seed of what was trained elsewhere: its file has a number."""
    kinds = {"file" if e.models[name].is_from_elsewhere else "seed" for name in models}
    claim(set(kind.lower().split(" and ")) == kinds, f"they have a {kinds}")


@cache
def _answers(path: str, images: Any) -> dict[str, np.ndarray]:
    import keras

    network = keras.saving.load_model(path, compile=False)
    shape = network.input_shape[1:]
    given = np.array(images.value, np.float32).reshape(-1, *shape)
    return {
        form: np.argmax(network.predict(reads(given), verbose=0), axis=1) for form, reads in READS.items()
    }


class _Once:
    """Pictures, known by what they are of."""

    def __init__(self, value: np.ndarray) -> None:
        self.value = value

    def __hash__(self) -> int:
        return hash(self.value.tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Once) and np.array_equal(self.value, other.value)


def tried(e: Evidence, name: str) -> tuple[dict[str, float], dict[str, float], int]:
    """The share that is right by form, also in the order that fits best, and of how many pictures."""
    train = e.splits[0]
    chosen = train[np.linspace(0, len(train) - 1, min(2000, len(train))).astype(int)]
    labels = e.data.train_labels[chosen]
    path = e.models[name].folder / f"seed-{e.models[name].trained[0]}" / "original.keras"
    answers = _answers(str(path), _Once(e.data.train_images[chosen]))
    right = {form: float(np.mean(given == labels)) for form, given in answers.items()}
    fitted = (
        {form: _in_order(given, labels) for form, given in answers.items()} if len(labels) >= 100 else right
    )
    return right, fitted, len(labels)


def _in_order(given: np.ndarray, labels: np.ndarray) -> float:
    """The share that is right in the order that fits the pictures between best; the mean of both ways round."""
    shares = []
    for first in (0, 1):
        counts = np.zeros((int(max(given.max(), labels.max())) + 1,) * 2)
        np.add.at(counts, (given[first::2], labels[first::2]), 1)
        order = linear_sum_assignment(counts, maximize=True)[1]
        shares.append(np.mean(order[given[1 - first :: 2]] == labels[1 - first :: 2]))
    return float(np.mean(shares))


def counted(e: Evidence, name: str) -> dict[str, float]:
    """By form what its form was found by; of a network that is mostly wrong, how often it is right."""
    right, fitted, _ = tried(e, name)
    if most_right(e, name) < HALF:
        return right
    return fitted if max(fitted.values()) - max(right.values()) >= FAR else right


def most_right(e: Evidence, name: str) -> float:
    """The largest share that is right, in any form and order."""
    right, fitted, _ = tried(e, name)
    return max(*right.values(), *fitted.values())


def told_of(e: Evidence) -> str:
    """The network that is spoken of: the one named last."""
    return str(e.handed)  # type: ignore[attr-defined]


@says("<who:names> <was:was|were> trained elsewhere")
def _(e: Evidence, at: Said, who: str, was: str) -> None:
    told = re.split(", | and ", who)
    claim(set(told) == set(brought(e)), f"those are {brought(e)}")
    claim((was == "was") == (len(told) == 1), "one was, two were")


@says("If test pictures were among them, <whose:its accuracy is|their accuracies are> too high",
      "<what:filters and units|filters|units> are ranked on validation pictures, which <whose:it|they> may have been trained on")  # fmt: skip
def _(e: Evidence, at: Said, whose: str, what: str = "") -> None:
    looked_into = [name for name in brought(e) if (e.run / name / "inspection").is_dir()]
    ranked = {"filters" if e.models[name].first.convolutions else "units" for name in looked_into}
    claim(not what or set(what.split(" and ")) == ranked, f"ranked are {ranked}")
    claim(whose.startswith("it") == (len(brought(e)) == 1), f"those are {brought(e)}")


@says("<m:model> <how:reads|is handed> <form:form>")
def _(e: Evidence, at: Said, m: str, how: str, form: str) -> None:
    e.handed, e.form = m, form  # type: ignore[attr-defined]
    if most_right(e, m) < HALF:
        claim(how == "is handed", "of so few right answers nothing follows")
        return
    shares = counted(e, m)
    best, n = shares[form], tried(e, m)[2]
    others = max(share for other, share in shares.items() if other != form)
    claim(best >= others, f"it is right as often in another form: {shares}")
    noise = 1.96 * np.sqrt((best * (1 - best) + others * (1 - others) + 2 / n) / n)
    claim((how == "reads") == (best - others > noise), f"{best} against {others}")


@says(
    "right on <share:pct> of <n:n> training pictures",
    f"right on <share:pct> of <n:n> training pictures{FITTED}",
)
def _(e: Evidence, at: Said, share: Number, n: Number) -> None:
    right, _, count = tried(e, told_of(e))
    shares = counted(e, told_of(e))
    agree("pictures", n, count)
    agree_share("the share", share, shares[e.form])  # type: ignore[attr-defined]
    claim((FITTED in at.text) == (shares != right) or len(brought(e)) > 1, "how answers were taken")


@says("on <shares:forms>")
def _(e: Evidence, at: Said, shares: str) -> None:
    found = counted(e, told_of(e))
    for number, form in re.findall(rf"({NUMBER} %) with ({FORM})", shares):
        agree_share(form, Number(number), found.pop(form))
    claim(len(found) == 1, "one form is told before")


@says(
    "<m:model> is right on <share:pct> of <n:n> training pictures, and would be on <other:pct> with its classes in another order (<which:text>)"
)
def _(e: Evidence, at: Said, m: str, share: Number, n: Number, other: Number, which: str) -> None:
    right, fitted, count = tried(e, m)
    form = max(fitted, key=lambda one: counted(e, m)[one])
    agree("pictures", n, count)
    agree_share("right", share, right[form])
    agree_share("in another order", other, fitted[form])
    claim(fitted[form] - right[form] >= FAR, "that is no other order")
    claim(fitted[form] >= HALF, "the best of many orders is one even by chance")


@says("Whatever <what:the form of its pixels and |>the order of its classes, <m:model> is right on <share:pct> of them at best")  # fmt: skip
def _(e: Evidence, at: Said, what: str, m: str, share: Number) -> None:
    most = most_right(e, m)
    agree_share("right at best", share, most)
    claim(most < HALF, "it is right on most, then")


@says("<m:model>: it gives logits, of which a softmax makes probabilities")
def _(e: Evidence, at: Said, m: str) -> None:
    import keras

    model = e.models[m]
    network = keras.saving.load_model(model.folder / f"seed-{model.trained[0]}/original.keras", compile=False)
    claim(network.layers[-1].activation.__name__ == "linear", "it ends in a softmax")


@says("<m:model>, which was trained elsewhere, is at <share:pct>, no more than guessing gives",
      "<m:model>, which was trained elsewhere, is at <share:pct>, no more than guessing gives (<reason:reason>)")  # fmt: skip
def _(e: Evidence, at: Said, m: str, share: Number, reason: str = "no better than guessing") -> None:
    claim(m in brought(e) and reason in e.models[m].faults.values(), f"{e.models[m].faults}")
    agree_share("accuracy", share, e.models[m].accuracy)


@says(
    "Whether trained on is not known",
    "whether trained on <what:shifts|turns|noise|blur|other contrasts|covered parts> is not known",
)
def _(e: Evidence, at: Said, what: str = "") -> None:
    claim(len(brought(e)) == len(e.models), "some were trained here")


@says("<who:names> trained elsewhere (<word:files|file> <numbers:text>)")
def _(e: Evidence, at: Said, who: str, word: str, numbers: str) -> None:
    claim(set(re.split(", | and ", who)) == set(brought(e)), f"those are {brought(e)}")
    claim(numbers in (", ".join(map(str, e.seeds)), f"{e.seeds[0]} to {e.seeds[-1]}"), f"{e.seeds}")
    claim((word == "file") == (len(e.seeds) == 1), "one file, two files")


@says("ConvLens <name:run>: <models:text>, trained elsewhere")
def _(e: Evidence, at: Said, name: str, models: str) -> None:
    baseline, *others = e.models
    claim(models == f"{baseline} against {', '.join(others)}", "the models")
    claim(name == e.config["name"] and len(brought(e)) == len(e.models), "some were trained here")


@says(
    "<m:model> <kind:seed|file> <s:n> validation <share:pct>",
    "<m:model> <kind:seed|file> <s:n> validation <share:pct> left: <left:time>",
)
def _(e: Evidence, at: Said, m: str, kind: str, s: Number, share: Number, left: str = "") -> None:
    claim_kind(e, kind, m)
    agree_share("validation accuracy", share, e.models[m].validated(int(s)))
