# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""What is said of perturbed pictures, and of models that differ in one thing."""

import re
from typing import Any

import numpy as np

from tests.strangers.evidence import Evidence
from tests.strangers.grammar import KINDS, Number, Said, agree, claim, says
from tests.strangers.perturbations import TOLD
from tests.strangers.pictures import agree_shares
from tests.strangers.verdicts import agree_ends, agree_names, clear_among_all, pair_of, speak_of

KINDS["size"] = r"up to \d+ pixels|\d+ x \d+ pixels"
AT, SEEN = "|".join(told.at for told in TOLD.values()), "|".join(told.seen for told in TOLD.values())
NAMES = "|".join(kind.capitalize() for kind in TOLD)
UNITS = "|".join(dict.fromkeys(told.unit for told in TOLD.values()))


def middle_of(e: Evidence, at: str) -> tuple[str, int]:
    """Kind and place of the strength that a title tells."""
    for kind, strengths in e.kinds.items():
        place = len(strengths) // 2
        if TOLD[kind].title.format(strengths[place]) == at:
            return kind, place
    claim(False, f"{at} is not the middle of any kind")
    raise AssertionError


@says(
    f"<at_:{AT}>: <shares:shares> (no difference can be seen)",
    f"<at_:{AT}>: <shares:shares>",
    f"<at_:{AT}>: <shares:range>",
)
def _(e: Evidence, at: Said, at_: str, shares: str) -> None:
    kind, place = middle_of(e, at_)
    values = {name: e.perturbed(kind, place, name).value for name in e.perturbed_models}
    if shares.startswith("from "):
        low, high = min(values.values()), max(values.values())
        claim(f"from {100 * low:.0f} %" in shares and f"to {100 * high:.0f} %" in shares, f"{values}")
        claim(f"{len(values)} models" in shares, "how many models")
    else:
        agree_shares(shares, values)
    if len(values) == 2:
        clear = e.perturbed(kind, place, *reversed(list(values))).clear
        claim(clear == ("no difference" not in at.text), "whether a difference can be seen")


@says(
    f"<who:not|neither was|none was> trained on <what:{SEEN}>",
    f"<who:both |all |>trained on <what:{SEEN}> of <size:size>",
)
def _(e: Evidence, at: Said, who: str, what: str, size: str = "") -> None:
    augmentation = e.config["data"].get("augmentation") or "none"
    settings: dict[str, Any] = {} if augmentation == "none" else augmentation
    reach = settings.get({"shifts": "shift", "covered parts": "erase"}.get(what, ""), 0)
    claim(bool(reach) == bool(size) and (not size or str(reach) in size), f"trained on {reach}")
    number = {"not": 1, "neither was": 2, "both ": 2}.get(who, 3)
    claim(number == min(3, len(e.perturbed_models)) or not who, "how many models")


@says("Untouched: <shares:shares>")
def _(e: Evidence, at: Said, shares: str) -> None:
    agree_shares(shares, {name: e.perturbed("noise", 0, name).value for name in e.perturbed_models})


KINDS["seen_in"] = (
    r"other trainings and pictures(?:, but of (?:{names}) for other pictures only)?|other pictures"
)


@says("accuracy on <n:n> test pictures (the first <k:n> of each class), with its 95 % interval, allowing for <what:seen_in>",
      "accuracy on all <n:n> test pictures, with its 95 % interval, allowing for <what:seen_in>")  # fmt: skip
def _(e: Evidence, at: Said, n: Number, what: str, k: Number | None = None) -> None:
    labels = e.data.test_labels
    shown = sum(min(int(k or len(labels)), int(np.sum(labels == label))) for label in np.unique(labels))
    agree("test pictures", n, shown)
    singles = [name for name in e.perturbed_models if e.perturbed("noise", 0, name).over == "images"]
    claim(("trainings" in what) == (len(singles) < len(e.perturbed_models)), "what the interval allows for")
    if "trainings" in what:
        told = what.partition("but of ")[2].removesuffix(" for other pictures only")
        agree_names(told, singles) if singles else claim(not told, "all have several trainings")


@says(
    f"<kind:{NAMES}>: <unit:{UNITS}>",
    "trained on up to <size:n>",
)
def _(e: Evidence, at: Said, kind: str = "", unit: str = "", size: Number | None = None) -> None:
    settings = e.config["data"].get("augmentation") or "none"
    claim(size is None or size in (settings.get("shift"), settings.get("erase")), "what it was trained on")


SAME = "the same <how:without pooling|with strides in place of pooling>, which has <weights:as many|more|fewer> parameters"


@says(f"Shifted by <k:n> pixels, no difference can be seen between <a:model> and <b:model>, {SAME}: anything from <low:n>"
      " behind to <high:n> ahead fits",
      f"Shifted by <k:n> pixels, <a:model> is right on <d:n> points <more:more|fewer> of the pictures (<low:n> to <high:n>)"
      f" than <b:model>, {SAME}")  # fmt: skip
def _(
    e: Evidence, at: Said, k: Number, a: str, b: str, how: str, weights: str, low: Number, high: Number,
    d: Number | None = None, more: str = "",
) -> None:  # fmt: skip
    place = len(e.kinds["shift"]) // 2
    claim(k == e.kinds["shift"][place], "how far they are shifted")
    found, sizes = e.perturbed("shift", place, a, b), [e.models[name].first.parameters for name in (b, a)]
    told = "as many" if sizes[0] == sizes[1] else "more" if sizes[0] > sizes[1] else "fewer"
    claim(weights == told, f"{b} and {a} have {sizes} parameters")
    claim((how == "without pooling") == (e.models[b].settings["pooling"] == "none"), "what there is instead")
    claim(found.clear == (d is not None), f"{found}")
    e.spoken_of = (b, a) if (b, a) in e.pairs else (a, b)  # type: ignore[attr-defined]
    if d is not None:
        agree("the lead", d, abs(found.value), 100)
        claim((more == "more") == (found.value > 0), f"{found}")
        agree_ends((low, high), *(found.low, found.high) if found.value > 0 else (-found.high, -found.low))
    else:
        agree("behind", low, -found.low, 100)
        agree("ahead", high, found.high, 100)


# Models that differ in one thing ---------------------------------------------------------------------------


ASKED = " and without asking about mirror images"


@says("Without convolutions", "With as many parameters, but without convolutions",
      "With as much arithmetic, but without convolutions", f"Without convolutions{ASKED}",
      f"With as many parameters, but without convolutions{ASKED}",
      f"With as much arithmetic, but without convolutions{ASKED}")  # fmt: skip
def _(e: Evidence, at: Said) -> None:
    kinds = {model.settings["architecture"] for model in e.models.values()}
    claim(kinds == {"dense", "cnn"}, f"there are {kinds}")
    for asked, rest in re.findall(rf"ithout convolutions({ASKED})?: ([^.]*)", at.text):
        words = re.findall(r"[\w-]+", rest)
        [model] = [
            one for one in e.models.values() if one.name in words and one.settings["architecture"] == "cnn"
        ]
        claim(bool(asked) == model.first.mirrored, f"whether {model.name} is asked about mirror images")


@says("only <key:text> <verb:differs|differ> (<other:text> against <one:text>)",
      "only <key:text> <verb:differs|differ> (<other:text> against <one:text>): <who:model> is ahead of <loser:model> by"
      " <d:n> points (<low:n> to <high:n>)",
      "only <key:text> <verb:differs|differ> (<other:text> against <one:text>): no difference can be seen between <who:model>"
      " and <loser:model>, and anything from <low:n> points behind to <high:n> ahead fits")  # fmt: skip
def _(
    e: Evidence, at: Said, key: str, verb: str, other: str, one: str, who: str = "", loser: str = "",
    d: Number | None = None, low: Number | None = None, high: Number | None = None,
) -> None:  # fmt: skip
    if not who or low is None or high is None:
        return
    found = speak_of(e, loser, who)
    settings = [e.models[name].settings for name in (who, loser)]
    name = key.replace(" ", "_")
    differing = [k for k in settings[0] if k != "training" and settings[0].get(k) != settings[1].get(k)]
    recipes = [e.recipe(model) for model in (who, loser)]
    differing += [k for k in recipes[0] if recipes[0][k] != recipes[1][k]]
    claim(differing == [name], f"{differing} differ")
    claim(clear_among_all(e)[pair_of(e)] == (d is not None), f"{found}")
    if d is not None:
        agree("the lead", d, found.value, 100)
        agree_ends((low, high), found.low, found.high)
    else:
        agree("behind", low, -found.low, 100)
        agree("ahead", high, found.high, 100)
