# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""Runs side by side: their models together as evidence, and what `compare` says of them."""

import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from tests.strangers.evidence import Evidence
from tests.strangers.grammar import KINDS, NO, Number, Said, agree, agree_share, claim, says
from tests.strangers.reports import agree_duration, agree_work
from tests.strangers.tables import ends_of, table
from tests.strangers.verdicts import agree_ends, clear_among_all, speak_of


class SideBySide(Evidence):
    """Models of several runs by RUN/MODEL; the first run that shares its test pictures is compared with."""

    def __init__(self, runs: Mapping[str, Evidence]) -> None:
        self.runs = dict(runs)
        first = next(iter(runs.values()))
        self.run, self.data, self.config, self.seeds = first.run, first.data, first.config, first.seeds
        self.models = {
            f"{label}/{name}": model for label, run in runs.items() for name, model in run.models.items()
        }
        self.scored = {name: model for name, model in self.models.items() if model.trained}
        self.pairs = []
        label, *others = runs
        for other in others:
            if not np.array_equal(runs[other].data.test_images, first.data.test_images):
                continue
            for name in runs[other].scored:
                last = [one for one in first.scored if first.is_sound(one)][-1]
                pair = (f"{label}/{name if name in first.scored else last}", f"{other}/{name}")
                if all(map(self.is_sound, pair)) and not self.same_trainings(*pair):
                    self.pairs.append(pair)

    @property
    def names(self) -> list[str]:
        """Of the runs and their data."""
        return [name for run in self.runs.values() for name in run.names]

    def same_trainings(self, one: str, other: str) -> list[int]:
        """Seeds of which both have the very same answers."""
        a, b = self.models[one].answers, self.models[other].answers
        return [seed for seed in a if seed in b and np.array_equal(a[seed], b[seed])]


def runs_of(e: Evidence) -> dict[str, Evidence]:
    claim(isinstance(e, SideBySide), "this is said of runs side by side")
    return e.runs  # type: ignore[attr-defined, no-any-return]


@says("Against <b:model>")
def _(e: Evidence, at: Said, b: str) -> None:
    named = [pair for pair in e.pairs if pair[0] == b and pair[1] in at.text]
    claim(named, "no such pair")
    e.spoken_of = named[0]  # type: ignore[attr-defined]


@says("<title:run>: <n:n> test pictures", "<title:run>, <n:n> test pictures")
def _(e: Evidence, at: Said, title: str, n: Number) -> None:
    agree("test pictures", n, e.num_test)
    claim(title == e.data.title, "the title")


@says("allowing for all <all:n> pairs, <k:n> <verb:differs|differ><rest: with these seeds|>; the most",
      "allowing for all <all:n> pairs, <k:n> <verb:differs|differ><rest: with these seeds|>",
      "allowing for all <all:n> pairs, no difference can be seen")  # fmt: skip
def _(e: Evidence, at: Said, all: Number, k: Number = NO, verb: str = "", rest: str = "") -> None:
    agree("pairs", all, len(e.pairs))
    agree("those that differ", k, sum(clear_among_all(e).values()))


@says("no difference can be seen, allowing for all <all:n> pairs: <who:model> is ahead of <other:model> by <d:n> points"
      " (<low:n> to <high:n> on its own), as may be by luck")  # fmt: skip
def _(e: Evidence, at: Said, all: Number, who: str, other: str, d: Number, low: Number, high: Number) -> None:
    found = speak_of(e, other, who)
    agree("pairs", all, len(e.pairs))
    [clear] = [clear for pair, clear in clear_among_all(e).items() if set(pair) == {who, other}]
    claim(found.clear and not clear, f"{found}")
    agree("the lead", d, found.value, 100)
    agree_ends((low, high), found.low, found.high)


@says("<who:model> is ahead of <other:model> by <d:n> points")
def _(e: Evidence, at: Said, who: str, other: str, d: Number) -> None:
    found = speak_of(e, other, who)
    agree("the lead", d, found.value, 100)
    claim(
        found.value
        >= max(abs(e.difference(*pair).value) for pair, clear in clear_among_all(e).items() if clear),
        "the most",
    )


@says("each model of a later run is compared with the one of the same name in the first run scored on the same test"
      " pictures, or where that has none of the name, with that run's last model that has a result",
      "each model of the run is compared with its first", "their configs differ in nothing")  # fmt: skip
def _(e: Evidence, at: Said) -> None:
    configs = [json.dumps({**run.config, "name": ""}, sort_keys=True) for run in runs_of(e).values()]
    claim("nothing" not in at.text or len(set(configs)) == 1, "they differ")
    claim("of the run" not in at.text or len(configs) == 1, "there are several runs")


@says(
    "their configs differ in nothing, but their reports in <keys:text>", "their reports differ in <keys:text>"
)
def _(e: Evidence, at: Said, keys: str) -> None:
    runs = list(runs_of(e).values())
    for key in keys.replace(" and ", ", ").split(", "):
        if re.fullmatch(r"models\.[\w-]+\.(parameters|flops_per_image|epochs|precision|layers\..*)", key):
            name = key.split(".")[1]
            claim(all(name in run.models for run in runs), f"{key} is of one run alone")
        else:
            claim(
                key in ("data.train", "data.test") or key.endswith(" more"), f"{key} is nothing of a report"
            )


@says("they were trained with different <what:text>: training times do not compare")
def _(e: Evidence, at: Said, what: str) -> None:
    claim(len(runs_of(e)) > 1, "there is one run")


@says("Look <folder:word>/comparison.html the picture: <again:word>/accuracy.png")
def _(e: Evidence, at: Said, folder: str, again: str) -> None:
    claim(folder == again, "one folder")


@says("no difference can be seen: <who:model> leads <other:model> by <d:n> points (<low:n> to <high:n>)")
def _(e: Evidence, at: Said, who: str, other: str, d: Number, low: Number, high: Number) -> None:
    found = speak_of(e, other, who)
    claim(not found.clear, f"{found}")
    claim(found.value > 0, f"{who} does not lead")
    agree("the lead", d, found.value, 100)
    agree_ends((low, high), found.low, found.high)


@says(
    "<c:model> and <b:model> hold the same trainings (<noun:seeds|seed> <seeds:text>)<copy:: the same experiment again, or a copy|>",
    "<c:model> and <b:model> hold the same trainings (<noun:seeds|seed> <seeds:text>), but not <other:text>",
)
def _(e: Evidence, at: Said, c: str, b: str, noun: str, seeds: str, copy: str = "", other: str = "") -> None:
    one, again = runs_of(e).values()
    found = e.same_trainings(b, c)  # type: ignore[attr-defined]
    claim(seeds == ", ".join(map(str, found)), f"the same are {found}")
    alike = all(
        set(e.same_trainings(name.replace(c.split("/")[0], b.split("/")[0], 1), name)) == set(model.seeds)  # type: ignore[attr-defined]
        for name, model in e.models.items()
        if name.startswith(c.split("/")[0])
    )
    claim(bool(copy) == (alike and one.models.keys() == again.models.keys()), "whether it is a copy")
    left = {name: [seed for seed in e.models[name].seeds if seed not in found] for name in (b, c)}
    claim(all(str(seed) in other for several in left.values() for seed in several), f"not shared: {left}")


@says(
    "in part <r:run>: <m:word>, seed <s:n> failed in that run: <why:reason>",
    "<r:run>: <m:word>, seed <s:n> failed in that run: <why:reason>",
)
def _(e: Evidence, at: Said, r: str, m: str, s: Number, why: str) -> None:
    faults = runs_of(e)[r].models[m.strip(",")].faults
    claim(faults.get(int(s)) == why, f"{faults}")


@says("ConvLens · <first:run>, <last:run>", "<first:run> and <last:run>")
def _(e: Evidence, at: Said, first: str, last: str) -> None:
    claim([first, last] == list(runs_of(e)), f"the runs are {list(runs_of(e))}")


@says("<k:n> <noun:models|model> of <n:n> runs side by side; none are compared")
def _(e: Evidence, at: Said, k: Number, noun: str, n: Number) -> None:
    claim(k == len(e.scored) and n == len(runs_of(e)) and not e.pairs, f"{e.pairs} are compared")


# What differs in the configs -------------------------------------------------------------------------------

KINDS["key"] = r"[a-z_]+(?:\.[\w-]+)+|seeds"
KINDS["value"] = r"\[[^\]]*\]|\S+"


def setting(run: Evidence, key: str) -> Any:
    """What a config has at a dotted key; training keys of a model where it has its own, or shares them."""
    words = key.split(".")
    if words[0] == "training":
        found = {json.dumps(run.recipe(name)[words[1]]) for name in run.models}
        claim(len(found) == 1, f"{key} is not shared")
        return json.loads(found.pop())
    if words[0] == "models" and words[2:3] == ["training"]:
        return run.recipe(words[1])[words[3]]
    value: Any = run.config
    for word in words:
        value = value.get(word) if isinstance(value, dict) else None
    return False if value is None and words[-1] == "flip_at_test" else value  # left out where it is off


def agree_setting(run: Evidence, key: str, told: str) -> None:
    value = setting(run, key)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    claim(told in (text, f"{text[:59]}…") or (value is None and told == "–"), f"{key} is {text}")


@says("<key:key> <r1:run> <v1:value> <r2:run> <v2:value>", "<key:key> <v1:value> <v2:value>")
def _(e: Evidence, at: Said, key: str, v1: str, v2: str, r1: str = "", r2: str = "") -> None:
    runs = runs_of(e)
    for name, value in zip((r1, r2) if r1 else runs, (v1, v2), strict=True):
        agree_setting(runs[name], key, value)
    one, other = (setting(run, key) for run in runs.values())
    claim(one != other, f"{key} is the same")


@says("setting <r1:run> <r2:run>")
def _(e: Evidence, at: Said, r1: str, r2: str) -> None:
    claim([r1, r2] == list(runs_of(e)), "the runs")


@table(r"setting\|.*")
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    for name, value in zip(head[1:], row[1:], strict=True):
        agree_setting(runs_of(e)[name], row[0], value)


@table(
    r"model\|accuracy\|interval\|allowing for other\|validation accuracy\|seeds\|parameters\|FLOPs per picture\|epochs\|training seconds"
)
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    model, found = e.models[row[0]], e.mean(row[0])
    agree("accuracy", Number(row[1]), found.value)
    agree_ends(ends_of(row[2]), found.low, found.high, 1)
    agree("validation accuracy", Number(row[4]), model.validation)
    row = (*row[:4], *row[5:])
    claim(row[3] == found.over and row[4] == ", ".join(map(str, model.seeds)), f"{found.over}, {model.seeds}")
    agree("parameters", Number(row[5]), model.first.parameters)
    agree("arithmetic", Number(row[6]), 2 * model.first.multiply_adds)
    agree("seconds", Number(row[8]), model.seconds("train_seconds"))


@table(
    r"model\|right\|95 %\|allowing for other\|validation\|wrong\|seeds\|parameters\|MFLOP a picture\|epochs\|training"
)
def _(e: Evidence, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    model, found = e.models[row[0]], e.mean(row[0])
    agree_share("accuracy", Number(row[1]), found.value)
    agree_ends(ends_of(row[2]), found.low, found.high)
    agree_share("validation accuracy", Number(row[4]), model.validation)
    row = (*row[:4], *row[5:])
    claim(row[3] == found.over and row[5] == ", ".join(map(str, model.seeds)), f"{found.over}, {model.seeds}")
    agree("wrong", Number(row[4]), (1 - found.value) * e.num_test)
    agree("parameters", Number(row[6]), model.first.parameters)
    agree_work(Number(row[7]), model)
    agree_duration(row[9], model.seconds("train_seconds"))
