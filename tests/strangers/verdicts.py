# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""Who is better and by how much, in clauses: each with what the predictions say of it."""

import json
import re
from math import floor, log10
from typing import Any

import numpy as np

from tests.strangers.evidence import Evidence
from tests.strangers.grammar import NO, Number, Said, agree, agree_share, claim, says
from tests.strangers.second_way import Estimate, clear_after_all, luck_of_the_best, seeds_needed

LARGER = 1.1  # from here on one model counts as larger than another


def pair_of(e: Evidence) -> tuple[str, str]:
    """The pair that is spoken of: the one named last, else the only one."""
    named: tuple[str, str] | None = getattr(e, "spoken_of", None)
    claim(named or len(e.pairs) == 1, f"{len(e.pairs)} pairs are compared: of which is this said?")
    return named or e.pairs[0]


def speak_of(e: Evidence, baseline: str, candidate: str) -> Estimate:
    """The difference of a pair, of which what follows is said, too; it must be compared, whichever way round."""
    known = [pair for pair in e.pairs if set(pair) == {baseline, candidate}]
    claim(known, f"{candidate} and {baseline} are not compared")
    e.spoken_of = known[0]  # type: ignore[attr-defined]
    found = e.difference(*known[0])
    if known[0] == (baseline, candidate):
        return found
    return found.turned()


def clear_among_all(e: Evidence) -> dict[tuple[str, str], bool]:
    """Of each pair whether it stays clear among as many; of one alone, whether it is."""
    found = {pair: e.difference(*pair) for pair in e.pairs}
    if len(found) == 1:
        return {pair: one.clear for pair, one in found.items()}
    clear = clear_after_all([one.p_value for one in found.values()])
    return dict(zip(found, clear, strict=True))


def agree_ends(told: tuple[Number, Number], low: float, high: float, scale: float = 100) -> None:
    """The ends of an interval, smaller first or nearer to 0 first."""
    claim(-scale <= min(told) and max(told) <= scale, f"no end lies beyond {scale}")
    ends = sorted((low, high), key=abs) if low * high > 0 and min(told) >= 0 else [low, high]
    for number, end in zip(told, ends, strict=True):
        value = abs(end) if min(told) >= 0 and low * high > 0 else end
        if not (number == 99.9 and 0.9995 <= value < 1):  # what only rounds to 100 is not 100
            agree("an end of the interval", number, value, scale)


def agree_about(what: str, told: Number, value: float) -> None:
    """A count that from 100 on is told to the nearest ten."""
    claim(abs(told - abs(value)) <= (0.5 if abs(value) < 99.5 else 5) + 1e-9, f"{what}: {abs(value):.1f}")


def agree_times(what: str, told: Number, ratio: float) -> None:
    """A ratio of two digits."""
    unit = 0.1 if ratio < 9.95 else 10.0 ** (floor(log10(ratio)) - 1)
    claim(abs(told - ratio) <= unit / 2 * (1 + 1e-6), f"{what} is {ratio:.4g}")


@says("<c:model> is <how:better|worse> than <b:model> by <d:n> points (<low:n> to <high:n>)")
def _(e: Evidence, at: Said, c: str, how: str, b: str, d: Number, low: Number, high: Number) -> None:
    found = speak_of(e, b, c)
    claim(
        clear_among_all(e)[pair_of(e)], f"from {found.low:.4f} to {found.high:.4f}, it holds 0 or may be luck"
    )
    claim(found.over == "seeds and images", "with one training nothing is told beyond it")
    claim((found.value > 0) == (how == "better"), f"the difference is {found.value:+.4f}")
    agree("the difference", d, abs(found.value), 100)
    agree_ends((low, high), found.low, found.high)


@says("about <k:n> <how:fewer|more> <noun:mistakes|mistake> in <n:n>")
def _(e: Evidence, at: Said, k: Number, how: str, noun: str, n: Number) -> None:
    found = e.difference(*pair_of(e))
    agree("the number of test pictures", n, e.num_test)
    agree_about("mistakes", k, found.value * e.num_test)
    claim((found.value > 0) == (how == "fewer"), f"the difference is {found.value:+.4f}")
    claim((noun == "mistake") == (k == 1), "one mistake, two mistakes")


@says("but <one:text> got <how:better|worse>", "but <one:text> got <how:better|worse> (<d:n>)")
def _(e: Evidence, at: Said, one: str, how: str, d: Number | None = None) -> None:
    baseline, candidate = pair_of(e)
    whole = e.difference(baseline, candidate)
    found = {
        label: e.difference(baseline, candidate, label)
        for label in range(len(e.classes))
        if (e.data.test_labels == label).any()
    }
    clear = clear_after_all([estimate.p_value for estimate in found.values()])
    against = [
        label
        for label, is_clear in zip(found, clear, strict=True)
        if is_clear and found[label].value * whole.value < 0
    ]
    claim((whole.value < 0) == (how == "better"), "which way it goes")
    if d is not None:
        claim(len(against) == 1 and e.classes[against[0]] == one, f"against the trend: {against}")
        agree("the change", d, found[against[0]].value, 100)
    else:
        for label in against:
            sign = "+" if found[label].value > 0 else "−"
            claim(f"{e.classes[label]} ({sign}{abs(100 * found[label].value):.1f})" in one, f"{label} too")


@says("single trainings overlap: the best of <loser:model> reaches the worst of <winner:model>")
def _(e: Evidence, at: Said, loser: str, winner: str) -> None:
    best, worst = (e.models[loser].right.mean(axis=1).max(), e.models[winner].right.mean(axis=1).min())
    claim(best >= worst and set(pair_of(e)) == {loser, winner}, f"{best:.4f} against {worst:.4f}")


@says("<which:All|Both> trainings agree", "all <n:n> trainings agree")
def _(e: Evidence, at: Said, which: str = "", n: Number | None = None) -> None:
    one, other = (e.models[name].right.mean(axis=1) for name in pair_of(e))
    claim(min(one) > max(other) or min(other) > max(one), "single trainings overlap")
    if n is not None:
        claim(len(one) == len(other) == n, f"{len(one)} and {len(other)} trainings")
    claim(which != "Both" or len(one) == len(other) == 2, f"{len(one)} and {len(other)} trainings")


@says(
    "it is also <size:n> times as large",
    "it is also <size:n> times as large and does <work:n> times the arithmetic",
    "it also does <work:n> times the arithmetic",
    "<w:model> is also <size:n> times as large",
    "<w:model> is also <size:n> times as large and does <work:n> times the arithmetic",
    "<w:model> also does <work:n> times the arithmetic",
)
def _(e: Evidence, at: Said, w: str = "", size: Number | None = None, work: Number | None = None) -> None:
    baseline, candidate = pair_of(e)
    winner, loser = (
        (candidate, baseline) if e.difference(baseline, candidate).value > 0 else (baseline, candidate)
    )
    claim(winner == (w or candidate), f"{winner} won")
    networks = e.models[winner].first, e.models[loser].first
    for what, told, key in (("size", size, "parameters"), ("arithmetic", work, "multiply_adds")):
        one, other = (getattr(network, key) for network in networks)
        claim((told is not None) == (one / other >= LARGER), f"{what}: {one:,} against {other:,}")
        if told is not None:
            agree_times(what, told, one / other)


@says(
    "<which:this run|these runs> can't say which made it better",
)
def _(e: Evidence, at: Said, which: str) -> None:
    claim(pair_of(e), "nothing is compared")


@says(
    "Whether the convolution or the size did it, this run can't say: python train.py configs/why.yaml",
    "Whether the convolution or the size did it, this run can't say: python train.py configs/why.yaml"
    " --outputs <outputs:word>",
)
def _(e: Evidence, at: Said, outputs: str = "") -> None:  # into which outputs, the next steps are asked for
    one, other = (e.models[name].first for name in pair_of(e))
    sizes = sorted([one.parameters, other.parameters])
    claim(sizes[1] >= LARGER * sizes[0], f"their sizes are {sizes}: it was not the size")
    claim(not one.mirrored and not other.mirrored, "one of them flips, as no network of that config does")


@says("no difference can be seen")
def _(e: Evidence, at: Said) -> None:
    claim(not all(clear_among_all(e).values()), "all differences are clear")  # of which is said next


@says(
    "<c:model> is <how:ahead|behind> by <d:n> points, and anything from <low:n> behind to <high:n> ahead fits these"
    " trainings. That does not make them equal",
    "neither is ahead, and anything from <low:n> behind to <high:n> ahead fits these trainings."
    " That does not make them equal",
)
def _(
    e: Evidence, at: Said, low: Number, high: Number, c: str = "", how: str = "", d: Number | None = None
) -> None:
    if c:
        e.spoken_of = next((pair for pair in e.pairs if pair[1] == c), None)  # type: ignore[attr-defined]
        claim(e.spoken_of, f"{c} is no candidate")  # type: ignore[attr-defined]
    found = e.difference(*pair_of(e))
    claim(not found.clear, "the difference is clear")
    if d is None:
        claim(abs(100 * found.value) < 0.05, f"the difference is {found.value:+.4f}")
    else:
        claim((found.value > 0) == (how == "ahead"), f"the difference is {found.value:+.4f}")
        agree("the difference", d, abs(found.value), 100)
    agree("how far behind", low, -found.low, 100)
    agree("how far ahead", high, found.high, 100)


@says(
    "to see a difference of <d:n>, about <k:n> more <noun:seeds|seed|trainings|training> would be needed",
    "to see a difference of <d:n>, no number of <noun:seeds|trainings> would do; it takes more test pictures",
    "but a difference of <d:n> would very likely have been seen",
)
def _(e: Evidence, at: Said, d: Number, k: Number | None = None, noun: str = "") -> None:
    found = e.difference(*pair_of(e))
    agree("the difference to be seen", d, max(abs(found.value), 0.002), 100)
    claim(found.over == "seeds and images" and not found.clear, "nothing is to be seen")
    brought = any(e.models[name].is_from_elsewhere for name in pair_of(e))
    claim(not noun or noun.startswith("training") == brought, "nobody knows of seeds elsewhere")
    needed = seeds_needed(found, max(abs(found.value), 0.002))
    told = None if "no number" in at.text else 0 if "very likely" in at.text else k
    claim(needed == told, f"{needed} more seeds are needed")


@says("in this one training <c:model> was right on <k:n> <how:more|fewer> <noun:pictures|picture>")
def _(e: Evidence, at: Said, c: str, k: Number, how: str, noun: str) -> None:
    _one_training(e, c, k, how)


@says(
    "<one:model> has one training only, and <c:model> was right on about <k:n> <how:more|fewer> <noun:pictures|picture>",
    "<one:model> has one training only, and it was right on about <k:n> <how:more|fewer> <noun:pictures|picture>",
    "with one training each, <c:model> was right on <k:n> <how:more|fewer> <noun:pictures|picture>",
    "<one:model> has one training only, and <c:model> was right on about as many pictures as <other:model>",
    "<one:model> has one training only, and it was right on about as many pictures as <other:model>",
    "with one training each, <c:model> was right on as many pictures as <other:model>",
)
def _(
    e: Evidence,
    at: Said,
    k: Number = NO,
    how: str = "",
    noun: str = "",
    c: str = "",
    one: str = "",
    other: str = "",
) -> None:
    if c and one:
        speak_of(e, *next(pair for pair in e.pairs if set(pair) == {c, one}))
    if other:
        claim(round(speak_of(e, other, c or one).value * e.num_test) == 0, "they are not as many")
    else:
        _one_training(e, c or one, k, how)
    singles = [name for name in pair_of(e) if len(e.models[name].seeds) == 1]
    claim(singles == [one] or (not one and len(singles) == 2), f"one training have {singles}")


@says("in this one training <c:model> was right on as many pictures as <b:model>")
def _(e: Evidence, at: Said, c: str, b: str) -> None:
    claim(speak_of(e, b, c).value == 0, "they are not equal")


def _one_training(e: Evidence, c: str, k: Number, how: str) -> None:
    named = [pair for pair in e.pairs if pair[1] == c]
    if len(named) == 1:  # of several pairs this one
        e.spoken_of = named[0]  # type: ignore[attr-defined]
    baseline, candidate = pair_of(e)
    found = e.difference(baseline, candidate)
    claim(c == candidate and found.over == "images", f"the candidate is {candidate}, over {found.over}")
    agree("the number of pictures", k, abs(found.value) * e.num_test)
    claim((found.value > 0) == (how == "more"), f"the difference is {found.value:+.4f}")


@says("(<low:n> <less:more|fewer> to <high:n> <more:more|fewer> with other test pictures)")
def _(e: Evidence, at: Said, low: Number, less: str, high: Number, more: str) -> None:
    found = e.difference(*pair_of(e))
    for told, how, end in ((low, less, found.low), (high, more, found.high)):
        agree_about("an end of the interval", told, end * e.num_test)
        claim((end > 0) == (how == "more"), f"the end is {end:+.4f}")


@says("(<low:n> to <high:n> with other test pictures)")
def _(e: Evidence, at: Said, low: Number, high: Number) -> None:
    found = e.difference(*pair_of(e))
    claim(found.clear, "the interval holds 0")
    for told, end in zip((low, high), sorted((found.low, found.high), key=abs), strict=True):
        agree_about("an end of the interval", told, end * e.num_test)


@says(
    "another seed may differ",
    "another training may differ",
    "another seed may differ; seeds=<a:n>,<b:n>,<c:n> measures it",
    "other trainings may differ",
)
def _(e: Evidence, at: Said, a: float | None = None, b: float = 0, c: float = 0) -> None:
    if "Shifted by" in at.text:  # of perturbed pictures, of which the first seed alone may be asked
        claim(any(e.perturbed("noise", 0, name).over == "images" for name in e.perturbed_models), "several")
        return
    known = getattr(e, "spoken_of", None) or len(e.pairs) == 1
    pairs = [pair_of(e)] if known else e.pairs
    claim(any(e.difference(*pair).over == "images" for pair in pairs), "there are several trainings")
    brought = any(e.models[name].is_from_elsewhere for pair in pairs for name in pair)
    claim(brought or "Another training" not in at.text, "these seeds can be asked for here")
    claim(a is None or (a == e.seeds[0] and len({a, b, c}) == 3), "these seeds do not measure it")


@says("<who:model> <how:is ahead> by <d:n> points (<low:n> to <high:n>)",
      "<who:model> <how:is ahead> of <other:model> by <d:n> points (<low:n> to <high:n>)",
      "<who:model> <how:leads> <other:model> by <d:n> points (<low:n> to <high:n>)")  # fmt: skip
def _(
    e: Evidence, at: Said, who: str, how: str, d: Number, low: Number, high: Number, other: str = ""
) -> None:
    if not other:
        [other] = [name for pair in e.pairs if who in pair for name in pair if name != who]
    found = speak_of(e, other, who)
    claim(found.value > 0, f"{who} is not ahead: {found.value:+.5f}")
    claim(found.clear == (how == "is ahead"), f"from {found.low:.4f} to {found.high:.4f}")
    agree("the lead", d, found.value, 100)
    agree("the lower end", low, found.low, 100)
    agree("the upper end", high, found.high, 100)


@says("of <k:n> models against <b:model>", "of <k:n> models against <b:model>, allowing for all")
def _(e: Evidence, at: Said, k: Number, b: str) -> None:
    claim(k == len(e.models) - 1 and b == next(iter(e.models)), "the models")
    claim(("allowing for all" in at.text) == (len(e.pairs) > 1), f"{len(e.pairs)} pairs are compared")


@says(
    "<k:n> <way:ahead|behind>, <who:model> most, by <d:n> points",
    "<k:n> <way:ahead|behind>, <who:model> by <d:n> points",
)
def _(e: Evidence, at: Said, k: Number, way: str, who: str, d: Number) -> None:
    sign = 1 if way == "ahead" else -1
    clear = {c: e.difference(b, c).value * sign for (b, c), told in clear_among_all(e).items() if told}
    clear = {name: size for name, size in clear.items() if size > 0}
    claim(len(clear) == k and clear[who] == max(clear.values()), f"{way}: {clear}")
    agree("the largest", d, clear[who], 100)


@says("<k:n> can't be told from it")
def _(e: Evidence, at: Said, k: Number) -> None:
    claim(k == sum(not clear for clear in clear_among_all(e).values()), "how many are unclear")


@says("<m:model> is right on <share:pct> of the test pictures (<low:n> to <high:n>)")
def _(e: Evidence, at: Said, m: str, share: Number, low: Number, high: Number) -> None:
    found = e.mean(m)
    agree_share("accuracy", share, found.value)
    agree_ends((low, high), found.low, found.high)


@says(
    "<k:n> settings have now been scored on these <n:n> pictures: the best of <same:n> equal ones looks",
)
def _(e: Evidence, at: Said, k: Number, n: Number, same: Number) -> None:
    claim(k == same > 1, f"{k} and {same}")
    runs = getattr(e, "runs", {"": e}).values()
    recipes = {
        json.dumps(
            [{**run.scored[name].settings, "training": run.recipe(name)}, run.config["data"]["augmentation"]]
        )
        for run in runs
        for name in run.scored
    }
    here = max(len(recipes), len(getattr(e, "candidates", ())))
    claim(k >= here, f"{here} settings are here alone")
    agree("the number of test pictures", n, e.num_test)
    e.looks = int(k)  # type: ignore[attr-defined]


@says("about <d:n> points better by luck", "better by luck")
def _(e: Evidence, at: Said, d: Number | None = None) -> None:
    errors = [e.difference(*pair).error for pair in e.pairs]
    claim((d is None) == (not errors), "what luck is taken from")
    if d is not None:
        agree("luck", d, luck_of_the_best(e.looks, errors), 100)  # type: ignore[attr-defined]


@says("no comparison is made")
def _(e: Evidence, at: Said) -> None:
    claim(len(e.pairs) < len(e.models) - 1 or len(e.models) == 1, "all are compared")


@says("<m:model> is at <share:pct>, no more than guessing gives")
def _(e: Evidence, at: Said, m: str, share: Number) -> None:
    agree_share("accuracy", share, e.models[m].accuracy)
    claim(not e.is_sound(m), f"{m} learned something")
    e.failed = m  # type: ignore[attr-defined]


@says("<m:model> is right on <validation:pct> of the validation pictures, and on <test:pct> of the test pictures, no more"
      " than guessing gives: these test labels do not fit these test pictures, or both are of another kind")  # fmt: skip
def _(e: Evidence, at: Said, m: str, validation: Number, test: Number) -> None:
    model, held = e.models[m], e.splits[1]
    labels = e.data.train_labels[held]
    right = [np.mean(model.network(s).probabilities(e.data.train_images[held]).argmax(axis=1) == labels)
             for s in model.trained]  # fmt: skip
    agree_share("on validation", validation, float(np.mean(right)))
    agree_share("on test", test, model.accuracy)
    chance = np.bincount(labels).max() / len(labels)
    claim(np.mean(right) > chance + 0.05 and not e.is_sound(m), "it learned nothing, or all is well")


@says("<m:model> has no result")
def _(e: Evidence, at: Said, m: str) -> None:
    claim(m not in e.scored, "it has one")
    e.failed = m  # type: ignore[attr-defined]


@says("its training failed", "its training failed (<why:reason>)")
def _(e: Evidence, at: Said, why: str = "") -> None:
    model = e.models[e.failed]  # type: ignore[attr-defined]
    if model.trained:  # what it does on its training pictures says whether it learned
        answers = model.first.probabilities(e.data.train_images).argmax(axis=1)
        chance = np.bincount(e.data.train_labels).max() / len(answers)
        found = float(np.mean(answers == e.data.train_labels))
        claim(found < chance + 0.05, f"it is right on {found:.3f} of its training pictures")
        claim(not why or why in set(model.faults.values()), f"{model.faults}")


@says("it is not trained yet")
def _(e: Evidence, at: Said) -> None:
    claim(not e.models[e.failed].trained, "it has trainings")  # type: ignore[attr-defined]


# Before all else -------------------------------------------------------------------------------------------


def never_answered(e: Evidence, name: str) -> list[str]:
    """Classes that have test pictures and are no answer of any training that counts."""
    said = set(e.models[name].said.ravel().tolist())
    return [
        c
        for label, c in enumerate(e.classes)
        if (e.data.test_labels == label).sum() >= 10 and label not in said  # of fewer nothing is told
    ]


@says("<m:model> never answers <which:lacking>", "<m:model> never answers <which:lacking> of <n:n> classes")
def _(e: Evidence, at: Said, m: str, which: str, n: Number | None = None) -> None:
    found = never_answered(e, m)
    claim(n is None or n == len(e.classes), f"there are {len(e.classes)} classes")
    agree_names(which, found)


def agree_names(told: str, names: list[str]) -> None:
    """A list of classes: all of them, or the first few and how many more."""
    more = re.search(r" and (\d+) more$", told)
    count = len(re.findall(r", | and ", told.removesuffix(more[0] if more else ""))) + 1
    claim(count + int(more[1] if more else 0) == len(names), f"they are {names}")
    claim(
        all(name in told or f"{' '.join(name.split())[:20]}" in told for name in names[:count]),
        f"they are {names}",
    )


@says(
    "<m:model> is right on <training:pct> of the training pictures in its last epoch and on <validation:pct> of the validation pictures"
)
def _(e: Evidence, at: Said, m: str, training: Number, validation: Number) -> None:
    model, held = e.models[m], e.splits[1]
    labels = e.data.train_labels[held]
    learned = float(np.mean([rows[-1]["accuracy"] for rows in model.histories.values()]))
    answers = [model.network(seed).probabilities(e.data.train_images[held]) for seed in model.trained]
    carried = float(np.mean([np.mean(one.argmax(axis=1) == labels) for one in answers]))
    agree_share("on training pictures", training, learned)
    agree_share("on validation pictures", validation, carried)
    chance = np.bincount(e.data.test_labels).max() / e.num_test
    claim(carried < min(learned - 0.1, (learned + chance) / 2), "it carries over")


@says("less than half of what it learned carries over")
def _(e: Evidence, at: Said) -> None:
    claim("pictures: less than half" in at.text or "report.html" in at.where, "of what is this said?")


@says("the commonest class makes <share:pct> of the test pictures; with every class counted alike (balanced accuracy):"
      " <all:shares>")  # fmt: skip
def _(e: Evidence, at: Said, share: Number, all: str) -> None:
    sizes = np.bincount(e.data.test_labels)
    agree_share("the commonest class", share, sizes.max() / e.num_test)
    claim(uneven(e), f"classes are of the sizes {sizes}")
    for name in e.scored:
        value = 100 * balanced(e, name)
        claim(any(f"{name} {text} %" in all for text in ways(value)), f"{name} has {value:.3f} %")


def uneven(e: Evidence) -> bool:
    """Whether classes differ in size."""
    sizes = np.bincount(e.data.test_labels)
    return bool(sizes.max() > 1.5 * sizes[sizes > 0].min())


def balanced(e: Evidence, name: str) -> float:
    """Accuracy with every class counted alike."""
    recalls = by_class(e, name).values()
    return sum(recalls) / len(recalls)


def ways(value: float) -> set[str]:
    """How a percentage may be rounded: what lies between two digits either way, and never to 100."""
    texts = {f"{value + nudge:.1f}" for nudge in (-1e-7, 1e-7)}
    return {"99.9" if text == "100.0" and value < 100 else text for text in texts}


def by_class(e: Evidence, name: str) -> dict[int, Any]:
    """Recall of every class that has test pictures."""
    labels = e.data.test_labels
    return {k: float(e.models[name].right[:, labels == k].mean()) for k in np.unique(labels).tolist()}


@says("<c:model> against <b:model>")
def _(e: Evidence, at: Said, c: str, b: str) -> None:
    speak_of(e, b, c)


@says("Difference of accuracy: <d:n> (<low:n> to <high:n>)")
def _(e: Evidence, at: Said, d: Number, low: Number, high: Number) -> None:
    found = [e.difference(*pair) for pair in e.pairs]
    fits = [one for one in found if abs(one.value - d) <= d.half * 1.001]
    claim(fits, f"differences are {[one.value for one in found]}")
    agree_ends((low, high), fits[0].low, fits[0].high, 1)


@says("the interval is 95 %, allowing for other <what:trainings and images|images>")
def _(e: Evidence, at: Said, what: str) -> None:
    over = {e.difference(*pair).over.replace("seeds", "trainings") for pair in e.pairs}
    claim(what in over, "what it allows for")
