# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""Titles and texts of the pictures of the comparison, clause by clause."""

import re

import numpy as np
from scipy import stats

from tests.strangers.evidence import Evidence, Model
from tests.strangers.grammar import KINDS, Number, Said, agree, agree_share, claim, says
from tests.strangers.verdicts import by_class, speak_of, ways

KINDS["counts"] = r"\d+ (?:surer|less sure|neither)(?:, \d+ (?:surer|less sure|neither))*"


def spoken_shares(text: str) -> dict[str, Number]:
    """ "dense 89.0 %, cnn 91.4 %" as numbers by name."""
    parts = [part.rsplit(" ", 2) for part in text.split(", ")]
    claim(all(len(part) == 3 and part[2] == "%" for part in parts), f"no shares: {text}")
    return {name: Number(number) for name, number, _ in parts}


def agree_shares(text: str, values: dict[str, float]) -> None:
    """Shares of all models, and of these alone."""
    told = spoken_shares(text)
    claim(told.keys() == values.keys(), f"expected {', '.join(values)}")
    for name, number in told.items():
        agree_share(name, number, values[name])


@says("Right on the test pictures: <shares:shares>")
def _(e: Evidence, at: Said, shares: str) -> None:
    agree_shares(shares, {name: model.accuracy for name, model in e.scored.items()})


# 3-learning ------------------------------------------------------------------------------------------------


def last_fifth(model: Model, column: str) -> tuple[float, float] | None:
    """A column before the last fifth of the epochs and at the end, means of the seeds of several epochs."""
    ends = [(rows[-1 - max(1, len(rows) // 5)][column], rows[-1][column])
            for rows in model.histories.values() if len(rows) > 1]  # fmt: skip
    return (sum(a for a, _ in ends) / len(ends), sum(b for _, b in ends) / len(ends)) if ends else None


def rise_of(model: Model) -> float | None:
    """How much validation accuracy rose over the last fifth of the epochs."""
    found = last_fifth(model, "val_accuracy")
    return found[1] - found[0] if found else None


def trend_of(model: Model, pictures: int) -> str:
    """Which way validation accuracy goes beyond the noise of two draws of so many pictures, and if loss differs."""
    accuracy, loss = last_fifth(model, "val_accuracy"), last_fifth(model, "val_loss")
    if accuracy is None or loss is None:
        return "single"
    shares = [(share * pictures + 1) / (pictures + 2) for share in accuracy]
    noise = stats.norm.ppf(0.975) * sum(p * (1 - p) / pictures for p in shares) ** 0.5
    rise = accuracy[1] - accuracy[0]
    if abs(rise) <= noise:
        return "none"
    return ("up" if rise > 0 else "down") + (", but" if rise * (loss[1] - loss[0]) >= 0 else "")


def _trend(e: Evidence, names: str, kind: str) -> None:
    found = {name: trend_of(model, len(e.splits[1])) for name, model in e.scored.items()}
    told, group = re.split(r", | and ", names), [name for name, trend in found.items() if trend == kind]
    if told[-1].endswith(" more"):
        rest = int(told.pop().removesuffix(" more"))
        claim(rest == len(group) - len(told), f"{found}")
        group = group[: len(told)]
    claim(told == group, f"{found}")


LOSS = "<but: in accuracy, but not in loss,|>"


@says(*(f"<who:names> <verb:{verbs}>{LOSS} at {when}"
        for verbs in ("still improves|still improve", "gets worse|get worse") for when in ("epoch <k:n>", "the end")))  # fmt: skip
def _(e: Evidence, at: Said, who: str, verb: str, but: str, k: float | None = None) -> None:
    _trend(e, who, ("up" if "improve" in verb else "down") + ", but" * bool(but))


@says("<who:names> <verb:shows|show> no trend beyond the noise of <n:n> validation pictures")
def _(e: Evidence, at: Said, who: str, verb: str, n: Number) -> None:
    agree("validation pictures", n, len(e.splits[1]))
    _trend(e, who, "none")


@says("<who:names> <verb:was|were> trained for a single epoch")
def _(e: Evidence, at: Said, who: str, verb: str) -> None:
    _trend(e, who, "single")


@says("Last change of validation accuracy, in points: <all:rises>", "One epoch each")
def _(e: Evidence, at: Said, all: str = "") -> None:
    rises = {name: rise for name, model in e.scored.items() if (rise := rise_of(model)) is not None}
    told = [part.rsplit(" ", 1) for part in all.split(", ")] if all else []
    claim([name for name, _ in told] == list(rises), f"expected {', '.join(rises)}")
    for name, number in told:
        agree(name, Number(number), rises[name], 100)


# 4-confusion -----------------------------------------------------------------------------------------------


def per_thousand(model: Model) -> np.ndarray:
    """Of 1,000 pictures of the row's class, how many are taken for the column's, whole ones; 0 on the diagonal."""
    cells = model.confusion.copy()
    for row in range(len(cells)):
        total = cells[row].sum()
        cells[row] *= 1000 / total if total else 0
        cells[row, row] = 0
    return np.rint(cells)


def _confused(e: Evidence, c: str, true: set[int], said: set[int], k: Number, direction: int) -> None:
    name = c or (e.pairs[0][1] if e.pairs else list(e.scored)[-1])
    cells = per_thousand(e.models[name])
    if direction:
        cells = direction * (cells - per_thousand(e.models[e.pairs[0][0]]))
    found = max(cells[row, column] for row in true for column in said)
    agree("of 1,000", _Whole(abs(k)), found)
    claim(found >= cells.max() - 1e-6, f"another pair has {cells.max():.1f}")
    if direction:
        claim(-cells.min() <= cells.max() + 1e-6, f"the other way there are {-cells.min():.1f}")
        claim(direction * k > 0 or round(found) == 0, "the sign")


class _Whole(float):
    half = 0.5


@says("Where <c:model> errs <how:less|more>: <true:cls> taken for <said:cls>, <k:n> of 1,000")
def _(e: Evidence, at: Said, c: str, how: str, true: set[int], said: set[int], k: Number) -> None:
    claim(c == e.pairs[0][1], "the candidate")
    _confused(e, c, true, said, k, -1 if how == "less" else 1)


@says("Most frequent mistake of <c:model>: <true:cls> taken for <said:cls>, <k:n> of 1,000")
def _(e: Evidence, at: Said, c: str, true: set[int], said: set[int], k: Number) -> None:
    _confused(e, c, true, said, k, 0)


@says(
    "<c:model> takes hardly any picture for another class",
    "<c:model> errs like its baseline: no pair of classes changes by 1 of 1,000",
)
def _(e: Evidence, at: Said, c: str) -> None:
    cells = per_thousand(e.models[c])
    if "baseline" in at.text:
        cells = np.abs(cells - per_thousand(e.models[e.pairs[0][0]])) - 0.5
    claim(cells.max() < 0.5, f"the largest is {cells.max():.1f}")


@says("Change of pictures right, of 1,000 of the class: from <a:cls> <low:n> to <b:cls> <high:n>")
def _(e: Evidence, at: Said, a: set[int], low: Number, b: set[int], high: Number) -> None:
    baseline, candidate = e.pairs[0]
    one, other = by_class(e, baseline), by_class(e, candidate)
    _ends({label: other[label] - one[label] for label in one}, (a, low, b, high), 1000)


@says("Right, by class: from <a:cls> <low:pct> to <b:cls> <high:pct>")
def _(e: Evidence, at: Said, a: set[int], low: Number, b: set[int], high: Number) -> None:
    _ends(by_class(e, list(e.scored)[-1]), (a, low, b, high), 100)


def _ends(values: dict[int, float], told: tuple[set[int], Number, set[int], Number], scale: float) -> None:
    for labels, number, extreme in ((told[0], told[1], min), (told[2], told[3], max)):
        end = extreme(values.values())
        agree("the end", number, end, scale)
        claim(any(abs(values.get(k, np.inf) - end) < 1e-9 for k in labels), f"another class has {end:.4f}")


# 5-mistakes ------------------------------------------------------------------------------------------------


def _surest(e: Evidence) -> tuple[str, list[tuple[float, int]]]:
    """Of the model of most interest, and its first seed that counts: its surest mistakes, with what it said."""
    order = list(e.scored) if len(e.scored) > 2 else list(e.scored)[::-1]
    [name, *_] = sorted(order, key=lambda one: not e.models[one].first.convolutions)
    model = e.models[name]
    answers = model.answers[model.seeds[0]]
    wrong = [
        (-row.max(), place, int(row.argmax()))
        for place, row in enumerate(answers)
        if row.argmax() != e.data.test_labels[place]
    ]
    return name, [(-sure, said) for sure, _, said in sorted(wrong)[:12]]


@says("Sure and wrong: <m:model> gave each of these wrong answers at least <share:pct>",
      "Wrong, but never sure: <m:model> gave no wrong answer more than <most:pct>")  # fmt: skip
def _(e: Evidence, at: Said, m: str, share: Number | None = None, most: Number | None = None) -> None:
    name, found = _surest(e)
    claim(name == m, f"the mistakes are of {name}")
    if share is not None:
        agree_share("the least sure", share, found[-1][0])
        claim(found[-1][0] > 0.5, "one of them is not sure")
    if most is not None:
        agree_share("the surest", most, found[0][0])
        claim(found[-1][0] <= 0.5, "all of them are sure")


@says("<m:model> makes no mistake on the test pictures")
def _(e: Evidence, at: Said, m: str) -> None:
    claim(_surest(e) == (m, []), "it makes some")


@says("The surest: <a:cls> <first:pct>, <b:cls> <second:pct>", "The surest: <a:cls> <first:pct>")
def _(
    e: Evidence, at: Said, a: set[int], first: Number, b: set[int] | None = None, second: Number | None = None
) -> None:
    found = _surest(e)[1]
    for (sure, said), labels, number in zip(found, (a, b), (first, second), strict=False):
        claim(labels is not None and said in labels and number is not None, f"{said} at {sure:.4f}")
        agree_share("how sure", number, sure)  # type: ignore[arg-type]


# 6-calibration --------------------------------------------------------------------------------


def sureness(e: Evidence, name: str) -> str:
    """Whether a model is surer than it is right, beyond the interval of how often it is right."""
    found, sure = e.mean(name), e.models[name].sure.mean()
    return "over" if sure > found.high else "under" if sure < found.low else "even"


def _of_sureness(
    e: Evidence, who: str, kind: str, most: str = "", sure: Number | None = None, right: Number | None = None
) -> None:
    group = [name for name in e.scored if sureness(e, name) == kind]
    claim(all(name in who or "more" in who for name in group), f"all of {group}")
    for name in e.scored:
        claim(name in group or name not in who.replace(" and ", ", ").split(", "), f"{name} is not")
    if sure is not None:
        gaps = {name: abs(e.models[name].sure.mean() - e.models[name].accuracy) for name in group}
        name = most or group[0]
        agree_share("how sure", sure, float(e.models[name].sure.mean()))
        agree_share("how often right", right, e.models[name].accuracy)  # type: ignore[arg-type]
        extreme = max(gaps.values())
        claim(gaps[name] >= extreme - 1e-9, f"another is farther off: {gaps}")


TO_BE_SURE = {  # what is said of those that are surer than right, less sure, or neither, and of the extreme one
    "over": ("<who:names> <verb:is surer than it is right|are surer than they are right>", "most"),
    "under": ("<who:names> <verb:is less sure than it is right|are less sure than they are right>", "most"),
    "even": (
        "how sure <who:names> <verb:is fits how often it is right|are fits how often they are right>",
        "least",
    ),
}
NUMBERS = "<sure:pct> sure, <right:pct> right"


@says(*(f"{said}{end}" for said, extreme in TO_BE_SURE.values()
        for end in ("", f": {NUMBERS}", f", <one:model> {extreme}: {NUMBERS}")))  # fmt: skip
def _(
    e: Evidence, at: Said, who: str, verb: str, sure: Number | None = None, right: Number | None = None, one: str = ""
) -> None:  # fmt: skip
    kind = "over" if "surer" in verb else "under" if "less" in verb else "even"
    _of_sureness(e, who, kind, one, sure, right)


@says("Of <k:n> models, against how often they are right: <counts:counts>")
def _(e: Evidence, at: Said, k: Number, counts: str) -> None:
    kinds = [sureness(e, name) for name in e.scored]
    words = {"surer": "over", "less sure": "under", "neither": "even"}
    told = {words[part.partition(" ")[2]]: int(part.partition(" ")[0]) for part in counts.split(", ")}
    claim(k == len(kinds) and told == {kind: kinds.count(kind) for kind in set(kinds)}, f"{kinds}")


@says("On the mean: <all:sures>")
def _(e: Evidence, at: Said, all: str) -> None:
    for name, model in e.scored.items():
        sure, right = 100 * model.sure.mean(), 100 * model.accuracy
        near = [f"{name} {a} % sure, {b} % right" for a in ways(sure) for b in ways(right)]
        claim(any(text in all for text in near), f"{name} is {sure:.3f} % sure, {right:.3f} % right")


# 9-disagreements -------------------------------------------------------------------------------------------


def _only(e: Evidence, one: str, other: str) -> int:
    """Pictures on which every training of one is right and every one of the other wrong."""
    a, b = e.models[one].right, e.models[other].right
    return int(np.sum(a.all(axis=0) & ~b.any(axis=0)))


@says("All trainings of <one:model> right, all of <other:model> wrong: <k:n> of <n:n> pictures; the reverse: <back:n>",
      "Only <one:model> is right on <k:n> of <n:n> pictures, only <other:model> on <back:n>")  # fmt: skip
def _(e: Evidence, at: Said, one: str, other: str, k: Number, n: Number, back: Number) -> None:
    speak_of(e, other, one)
    agree("pictures of the one", k, _only(e, one, other))
    agree("pictures of the other", back, _only(e, other, one))
    agree("test pictures", n, e.num_test)
    several = max(len(e.models[name].seeds) for name in (one, other)) > 1
    claim(several == at.text.startswith("All"), "how many trainings there are")


@says(
    "No picture is right with <every:all trainings of |><one:model> and wrong with <again:all trainings of |><other:model>, or the reverse"
)
def _(e: Evidence, at: Said, every: str, one: str, again: str, other: str) -> None:
    claim(_only(e, one, other) + _only(e, other, one) == 0, "there are some")


@says("Their answers differ on <share:pct> of the pictures")
def _(e: Evidence, at: Said, share: Number) -> None:
    one, other = (e.models[name].said for name in e.pairs[0])
    agree_share("the share", share, float(np.mean([(a != b).mean() for a in one for b in other])))
