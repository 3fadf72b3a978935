# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""A class of runs that were handed in as pages, and what `compare` says of it."""

import json
import re
from collections.abc import Mapping

import numpy as np

from tests.strangers import second_way
from tests.strangers.compared import SideBySide, runs_of
from tests.strangers.evidence import Evidence
from tests.strangers.grammar import KINDS, NO, Number, Said, agree, agree_share, claim, says
from tests.strangers.tables import ends_of, table
from tests.strangers.verdicts import agree_ends

KINDS["changed"] = r"(?: \([^)]*\))?"
KINDS["runs"] = r"[\w./-]+(?:, [\w./-]+)*(?: and (?:[\w./-]+|\d+ more))?"
KINDS["different"] = r"(?: that are different)?"
KINDS["uncounted"] = r"(?:; \d+ cop(?:y|ies)(?:, \d+ in doubt)?|; \d+ in doubt)?"


class ClassOf(SideBySide):
    """Models of several runs by RUN/MODEL; the last of each run is compared with its first."""

    def __init__(self, runs: Mapping[str, Evidence]) -> None:
        super().__init__(runs)
        self.pairs = []
        for label, run in runs.items():
            sound = [name for name in run.scored if run.is_sound(name)]
            if len(sound) > 1 and sound[0] == next(iter(run.models)):
                self.pairs.append((f"{label}/{sound[0]}", f"{label}/{sound[-1]}"))

    @property
    def names(self) -> list[str]:
        """Of the pages, the runs and their data."""
        return [*self.runs, *super().names]

    def pair_of(self, run: str) -> tuple[str, str]:
        """The two models of a run that are compared."""
        [pair] = [pair for pair in self.pairs if pair[0].partition("/")[0] == run]
        return pair

    def answers_of(self, run: str) -> list[bytes]:
        """All that a run's trainings answered."""
        models = self.runs[run].models.values()
        return sorted(
            one.argmax(axis=1).astype(np.uint8).tobytes()
            for model in models
            for one in model.answers.values()
        )


def class_of(e: Evidence) -> ClassOf:
    claim(isinstance(e, ClassOf), "this is said of a class")
    return e  # type: ignore[return-value]


def settings_of(run: Evidence) -> str:
    """All that decides numbers, but the seeds."""
    left_out = ("name", "seeds", "inspection", "robustness", "launch")
    return json.dumps(
        {key: value for key, value in run.config.items() if key not in left_out}, sort_keys=True
    )


@says("<last:word> is ahead of <first:word> in <k:n> of <n:n> <noun:hand-ins|hand-in><different:different>, going by the interval of each<apart:uncounted>",
      "<last:word> is ahead of <first:word> in <k:n> of <n:n> <noun:hand-ins|hand-in><different:different>, and behind in <b:n>, going by the interval of each<apart:uncounted>",
      "the last model is ahead of the first in <k:n> of <n:n> <noun:hand-ins|hand-in><different:different>, going by the interval of each<apart:uncounted>",
      "the last model is ahead of the first in <k:n> of <n:n> <noun:hand-ins|hand-in><different:different>, and behind in <b:n>, going by the interval of each<apart:uncounted>")  # fmt: skip
def _(
    e: Evidence,
    at: Said,
    k: Number,
    n: Number,
    noun: str,
    different: str,
    apart: str,
    last: str = "",
    first: str = "",
    b: Number = NO,
) -> None:
    own = class_of(e)
    once = {tuple(own.answers_of(pair[0].partition("/")[0])): pair for pair in own.pairs}
    copies = len(own.runs) - len({tuple(own.answers_of(run)) for run in own.runs})
    found = [e.difference(*pair) for pair in once.values()]
    claim(n == len(found), f"{len(found)} are compared that are different")
    claim(apart == (f"; {copies} cop{'ies' if copies > 1 else 'y'}" if copies else ""), f"{copies} copies")
    claim(bool(different) == (copies > 0 and n > 1), "whether they are different")
    claim(k == sum(one.low > 0 for one in found), "those ahead")
    claim(b == sum(one.high < 0 for one in found), "those behind")
    names = {tuple(name.rpartition("/")[2] for name in pair) for pair in e.pairs}
    claim(names == {(first, last)} if last else len(names) > 1, f"the models are {names}")


@says("<n:n> <noun:hand-ins|hand-in> side by side, <low:n> to <high:pct> right<apart:uncounted>",
      "<n:n> <noun:hand-ins|hand-in> side by side, <high:pct> right<apart:uncounted>")  # fmt: skip
def _(
    e: Evidence, at: Said, n: Number, noun: str, high: Number, apart: str, low: Number | None = None
) -> None:
    claim(n == len(runs_of(e)) and not class_of(e).pairs, f"{e.pairs} are compared")
    shares = [model.accuracy for model in e.scored.values()]
    agree_share("the best", high, max(shares))
    agree_share("the worst", high if low is None else low, min(shares))


@says("<n:n> hand-ins on <k:n> sets of test pictures")
def _(e: Evidence, at: Said, n: Number, k: Number) -> None:
    claim(n == len(runs_of(e)) and k > 1, "a class on one set of test pictures has a title that says more")


@says("<name:run> on <title:run>: <n:n> test pictures", "<name:run> on <title:run>, <n:n> test pictures")
def _(e: Evidence, at: Said, name: str, title: str, n: Number) -> None:
    agree("test pictures", n, e.num_test)
    claim(title == e.data.title, "the title")
    claim({run.config["name"] for run in runs_of(e).values()} == {name}, "what all runs are called")


@says(
    "<last:word> − <first:word> is <d:n> points (<low:n> to <high:n>) over the <n:n> hand-ins that differ in seeds alone<changed:changed>: <a:n> of <first2:word> and <b:n> of <last2:word> are different trainings"
)
def _(
    e: Evidence,
    at: Said,
    last: str,
    first: str,
    d: Number,
    low: Number,
    high: Number,
    n: Number,
    changed: str,
    a: Number,
    first2: str,
    b: Number,
    last2: str,
) -> None:
    groups: dict[str, list[Evidence]] = {}
    for run in runs_of(e).values():
        groups.setdefault(settings_of(run), []).append(run)
    fitting = []
    for group in groups.values():
        right: list[np.ndarray] = []
        for name in (first, last):
            distinct = {
                model.answers[seed].argmax(axis=1).tobytes(): model.right[place]
                for model in (run.models[name] for run in group)
                for place, seed in enumerate(model.seeds)
            }
            right.append(np.stack(list(distinct.values())))
        if (n, a, b) == (len(group), len(right[0]), len(right[1])):
            fitting.append(second_way.difference(right[1], right[0]))
    claim(fitting, "no such runs")
    agree("the difference", d, fitting[0].value, 100)
    agree_ends((low, high), fitting[0].low, fitting[0].high)


@says("<k:n> of <n:n> hand-ins give the same answers to all test pictures: <who:runs>")
def _(e: Evidence, at: Said, k: Number, n: Number, who: str) -> None:
    own, named = class_of(e), who.rstrip(".").replace(" and ", ", ").split(", ")
    answers = own.answers_of(named[0])
    alike = [run for run in own.runs if own.answers_of(run) == answers]
    claim(k == len(alike) and set(named) <= {*alike, f"{len(alike) - 3} more"}, f"these do: {alike}")


@says("ConvLens · <n:n> <noun:hand-ins|hand-in>", "<n:n> <noun:hand-ins|hand-in>")
def _(e: Evidence, at: Said, n: Number, noun: str) -> None:
    claim(n == len(runs_of(e)), f"there are {len(runs_of(e))}")


@says("a row has the first model of a run and its last one that has a result, best difference first",
      "each model of a run is compared with the first of the same run")  # fmt: skip
def _(e: Evidence, at: Said) -> None:
    class_of(e)  # the rows themselves are checked one by one


@says("accuracies are worked out from the answers and the labels that most of these pages have, which nothing here proves (a run folder of yours would)",
      "accuracies are worked out from the answers and the labels of these test pictures, which are proved by a checksum",
      "accuracies are worked out from the answers and the labels in <r:run>")  # fmt: skip
def _(e: Evidence, at: Said, r: str = "") -> None:
    claim(("checksum" in at.text) == e.official and (not r or r in runs_of(e)), "whose labels")


@says(
    "a page in doubt stands last: what it says of itself counts nowhere, and it is neither in the headline nor in a pool"
)
def _(e: Evidence, at: Said) -> None:
    claim(False, "no run here says of itself what does not follow from its answers")


@says(
    "of <who:runs> there is the report alone, without answers: <rows:its row is|their rows are> as that tells"
)
def _(e: Evidence, at: Said, who: str, rows: str) -> None:
    for name in who.replace(" and ", ", ").split(", "):
        models = runs_of(e)[name].models.values()
        claim(any(not model.answers for model in models), f"{name} has its answers")


@says("settings: those unlike the commonest config, which <k:n> of <n:n> have but for seeds")
def _(e: Evidence, at: Said, k: Number, n: Number) -> None:
    given = [settings_of(run) for run in runs_of(e).values()]
    claim(k == max(map(given.count, given)) and n == len(given), "how many have it")


@says("settings: those unlike the config of <r:run>: no two have the same")
def _(e: Evidence, at: Said, r: str) -> None:
    given = [settings_of(run) for run in runs_of(e).values()]
    claim(r in runs_of(e) and len(set(given)) == len(given), "two have the same")


@says("Look <folder:word>/comparison.html beside it the table in class.csv, the picture in class.png")
def _(e: Evidence, at: Said, folder: str) -> None:
    class_of(e)


@says("Points, from <best:run> <b:n> to <worst:run> <w:n>")
def _(e: Evidence, at: Said, best: str, b: Number, worst: str, w: Number) -> None:
    found = {pair[0].partition("/")[0]: e.difference(*pair).value for pair in class_of(e).pairs}
    claim(found[best] == max(found.values()) and found[worst] == min(found.values()), f"{found}")
    agree("the best", b, found[best], 100)
    agree("the worst", w, found[worst], 100)


@says("Right, from <best:model> <b:pct> to <worst:model> <w:pct>",
      "Right, from <best:run> <b:pct> to <worst:run> <w:pct>")  # fmt: skip
def _(e: Evidence, at: Said, best: str, b: Number, worst: str, w: Number) -> None:
    of_pairs = {pair[0].partition("/")[0] for pair in class_of(e).pairs}
    shares = [one.accuracy for name, one in e.scored.items() if name.partition("/")[0] not in of_pairs]
    agree_share("the best", b, max(shares))
    agree_share("the worst", w, min(shares))


@table(r"hand-in\|.* − .*|hand-in\|.*right\|95 %.*|hand-in\|.*right \(95 %\).*")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    own, run, told = class_of(e), row[0], dict(zip(head, row, strict=True))
    what = next(cell for cell in head if " − " in cell or cell.startswith("right"))
    value, _, ends = told[what].removesuffix(")").partition(" (")
    ends = ends or told["95 %"]
    if copied := re.search(r"(?:^|, )= ([\w-]+)(?:,|$)", told.get("also") or row[1]):
        claim(own.answers_of(copied[1]) == own.answers_of(run), f"{run} is no copy of {copied[1]}")
    if what.startswith("right"):
        claim(run not in {pair[0].partition("/")[0] for pair in own.pairs}, "it has two models to compare")
        [name] = [told["model"]] if "model" in told else own.runs[run].scored
        found = e.mean(f"{run}/{name}")
        agree_share("the share", Number(value), found.value)
        agree("parameters", Number(told["parameters"]), own.runs[run].models[name].first.parameters)
    else:
        baseline, candidate = own.pair_of(run)
        last, _, first = what.removesuffix(" (95 %)").partition(" − ")
        names = {name.rpartition("/")[2] for name in (baseline, candidate)}
        claim({last, first} in (names, {"last", "first"}), f"the models are {names}")
        found = e.difference(baseline, candidate)
        agree("the difference", Number(value), found.value, 100)
        agree_share("the first", Number(told[first]), e.models[baseline].accuracy)
        agree_share("the last", Number(told[last]), e.models[candidate].accuracy)
    agree_ends(ends_of(ends), found.low, found.high)
