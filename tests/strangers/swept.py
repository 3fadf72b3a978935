# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""A sweep: what its trainings have left, put together a second way, and what is said of it.

A candidate is a model under the settings that make the very same trainings of it, found here by comparing the
configs that stand in the settings' folders.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import yaml

from tests.strangers import second_way
from tests.strangers.grammar import KINDS, NUMBER, Number, Said, Wrong, agree, agree_share, claim, says
from tests.strangers.reports import agree_duration
from tests.strangers.tables import ends_of, table
from tests.strangers.verdicts import agree_ends

KINDS["rivals"] = r"the other setting|none of the \d+ other settings|\d+ of the \d+ other settings"
KINDS["beside"] = r"the two settings|none of the \d+ others|\d+ of the \d+ others"
KINDS["what"] = r"new seeds and new pictures(?:, of single trainings with other pictures)?|other pictures"
KINDS["mark"] = r"= |"
WORTH, SAME, WAITING = (
    rf"[^()]+?(?: \([^()]*\))? with {NUMBER} % for {NUMBER} MFLOP",
    r"[\w-]+ \([^()]*seed \d+\)",
    r"[\w.-]+ [\w-]+ seed \d+",
)
for kind, one in (("worth", WORTH), ("sames", SAME), ("waiting", WAITING)):
    KINDS[kind] = rf"{one}(?:(?:, | and ){one})*(?: and \d+ more)?"
KINDS["where"] = r".+? in report\.json"


@dataclass
class Candidate:
    """A model under some settings; metrics by seed."""

    model: str
    network: dict[str, Any]
    label: str
    metrics: dict[int, dict[str, Any]]
    settings: list[str] = field(default_factory=list)

    def shares(self, key: str) -> list[float]:
        return [metrics[key] for metrics in self.metrics.values()]

    @property
    def mean(self) -> float:
        return float(np.mean(self.shares("validation_accuracy")))


class Swept:
    """The folder of a sweep, and of its data how many pictures there are: evidence of what is said of it."""

    def __init__(
        self,
        run: Path,
        title: str,
        classes: tuple[str, ...],
        counts: tuple[int, int, int],
        commonest: float,  # the share of that class among the validation pictures
    ) -> None:
        self.run, self.classes, self.num_test, self.commonest = run, classes, counts[2], commonest
        self.data = SimpleNamespace(title=title)
        self.splits = range(counts[0]), range(counts[1])
        self.config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
        self.models = dict.fromkeys(self.config["models"])
        self.scored: dict[str, Any] = {}
        self.pairs: list[Any] = []
        self._alike: dict[str, list[Candidate]] = {}
        lists = dict(self.config["sweep"])
        self.keys = [key for name, some in lists.items() for key in (some if name == "zipped" else [name])]
        self.num_settings = len(list(run.glob("*/config.yaml")))

    @cached_property
    def names(self) -> list[str]:
        """Of the sweep and its data, and of what sets candidates apart."""
        labels = {one.label for one in self.candidates} - {""}
        return [self.config["name"], self.data.title, *labels]

    def named(self, one: Candidate, seed: int | None = None) -> str:
        """A candidate, or one of its trainings."""
        told = [one.label] * bool(one.label) + ([] if seed is None else [f"seed {seed}"])
        return f"{one.model} ({', '.join(told)})" if told else one.model

    @cached_property
    def candidates(self) -> list[Candidate]:
        found: dict[str, Candidate] = {}
        folders = {path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))
                   for path in self.run.glob("*/config.yaml")}  # fmt: skip
        for model in self.models:
            alike: dict[str, list[str]] = {}
            for name, config in folders.items():
                network = dict(config["models"][model])
                own = network.pop("training", None) or {}
                decisive = [network, {**config["training"], **own}, config["data"].get("augmentation")]
                alike.setdefault(json.dumps(decisive, sort_keys=True), []).append(name)
            for decisive, names in alike.items():
                metrics = self._metrics(model, names)
                if metrics:
                    configs = [folders[name] for name in names]
                    one = Candidate(
                        model, json.loads(decisive)[0], self._label(model, configs), metrics, names
                    )
                    found[f"{model} {decisive}"] = one
        return list(found.values())

    def _metrics(self, model: str, settings: list[str]) -> dict[int, dict[str, Any]]:
        found = {}
        for seed in self.config["seeds"]:
            paths = [self.run / name / model / f"seed-{seed}" / "metrics.json" for name in settings]
            told = [json.loads(path.read_text()) for path in paths if path.exists()]
            if told:
                found[seed] = told[0]
        return found

    def _label(self, model: str, configs: list[dict[str, Any]]) -> str:
        """The swept keys that are its own: the last part of each, and its value in all of these configs."""
        told = []
        for key in self.keys:
            values = []
            for config in configs:
                value: Any = config
                for part in key.split("."):
                    value = value[part]
                values.append(value)
            others = key.startswith("models.") and not key.startswith(f"models.{model}.")
            if not others and all(value == values[0] for value in values):
                text = values[0] if isinstance(values[0], str) else json.dumps(values[0])
                told.append(f"{key.split('.')[-1]} {text}")
        return ", ".join(told)

    def of(self, model: str) -> list[Candidate]:
        return [one for one in self.candidates if one.model == model]

    def one(self, label: str, model: str) -> Candidate:
        """The candidate of a model that a label tells; the model's name where it is alone."""
        found = [one for one in self.of(model) if label in (one.label, model)]
        claim(len(found) == 1, f"{label} is {len(found)} candidates of {model}")
        return found[0]

    def named_so(self, text: str) -> Candidate:
        found = [one for one in self.candidates if self.named(one) == text]
        claim(len(found) == 1, f"{text} is {len(found)} candidates")
        return found[0]

    def best(self, model: str) -> Candidate:
        some = self.of(model)
        most = max(len(one.metrics) for one in some)
        whole = [one for one in some if len(one.metrics) == most]
        return sorted(whole, key=lambda one: (-one.mean, 2 * weights_and_work(one, len(self.classes))[1]))[0]

    def guesses(self, model: str) -> bool:
        """Whether its best is within three standard errors of the commonest class, where these are few points."""
        luck = 3 * float(np.sqrt(self.commonest * (1 - self.commonest) / len(self.splits[1])))
        return luck <= 0.05 and self.best(model).mean <= self.commonest + luck

    def alike(self, model: str) -> list[Candidate]:
        """Which others can't be told from the best, all pairs allowed for."""
        if model not in self._alike:
            some, best = self.of(model), self.best(model)
            pairs = len(list(combinations(some, 2)))
            others = [one for one in some if one is not best]
            self._alike[model] = [one for one in others if pairs * self._p_value(best, one) >= 0.05]
        return self._alike[model]

    def _p_value(self, one: Candidate, other: Candidate) -> float:
        shares = one.shares("validation_accuracy"), other.shares("validation_accuracy")
        return second_way.difference_of_shares(*shares, len(self.splits[1])).p_value

    def estimate(self, one: Candidate, key: str = "validation_accuracy") -> second_way.Estimate:
        count = self.num_test if key == "accuracy" else len(self.splits[1])
        return second_way.mean_of_shares(one.shares(key), count)

    @cached_property
    def front(self) -> list[Candidate]:
        """Those that none beats at its cost or below."""
        most = max(len(one.metrics) for one in self.candidates)
        whole = [one for one in self.candidates if len(one.metrics) == most]
        worth = {id(one): (one.mean, -weights_and_work(one, len(self.classes))[1]) for one in whole}
        return [
            one
            for place, one in enumerate(whole)
            if not any(
                all(a >= b for a, b in zip(worth[id(other)], worth[id(one)], strict=True))
                and (worth[id(other)] != worth[id(one)] or where < place)
                for where, other in enumerate(whole)
                if other is not one
            )
        ]


def weights_and_work(one: Candidate, classes: int) -> tuple[int, int]:
    """Parameters, and multiplications with additions for a picture, of a network without anything special."""
    side, channels, weights, work = 28, 1, 0, 0
    for filters in one.network.get("filters", []):
        for count in filters if isinstance(filters, list) else [filters]:
            size = one.network.get("kernel_size", 3)
            side -= size - 1
            weights += size * size * channels * count + count
            work += side * side * size * size * channels * count
            channels = count
        side //= 2
    inputs = side * side * channels
    for outputs in [*one.network["units"], classes]:
        weights, work, inputs = weights + inputs * outputs + outputs, work + inputs * outputs, outputs
    return weights, work


def swept_of(e: Any) -> Swept:
    claim(isinstance(e, Swept), "this is said of a sweep")
    return e  # type: ignore[no-any-return]


def agree_others(e: Swept, model: str, told: str) -> None:
    """How many others can't be told from the best, where these are some."""
    others, alike = len(e.of(model)) - 1, len(e.alike(model))
    claim(not e.guesses(model), f"{model} only guesses")
    claim(alike, f"all {others} others of {model} can be told from its best")
    if told in ("the other setting", "the two settings"):
        claim(others == 1, f"there are {others} others")
        return
    count, _, of_all = re.fullmatch(r"(none|\d+) (of the) (\d+) .+", told).groups()  # type: ignore[union-attr]
    claim(int(of_all) == others, f"there are {others} others")
    claim(alike == (others if count == "none" else int(count)), f"{alike} of {others} can't be told")
    claim((count == "none") == (alike == others), f"{alike} of {others} can't be told")


@says("<m:model>: no setting is right more often than guessing is")
def _(e: Any, at: Said, m: str) -> None:
    claim(swept_of(e).guesses(m), f"the best of {m} is at {e.best(m).mean:.3f}")


@says("<m:model> is best with <values:run>, of <n:n> settings", "<m:model> is best with <values:run>")
def _(e: Any, at: Said, m: str, values: str, n: Number | None = None) -> None:
    s = swept_of(e)
    claim(not s.guesses(m), f"{m} only guesses")
    claim(not s.alike(m), f"{len(s.alike(m))} others can't be told from the best of {m}")
    claim(s.one(values, m) is s.best(m), f"the best of {m} is {s.best(m).label}")
    claim(n is None or n == len(s.of(m)), f"{m} has {len(s.of(m))} settings")


@says("<m:model>: <others:rivals> <can:can't|can> be told from the best, <values:run>")
def _(e: Any, at: Said, m: str, others: str, can: str, values: str) -> None:
    s = swept_of(e)
    agree_others(s, m, others)
    claim((can == "can") == others.startswith("none"), "none can, others can't")
    claim(s.one(values, m) is s.best(m), f"the best of {m} is {s.best(m).label}")


@says(
    "<m:model>: <others:beside> can't be told apart",
    "<m:model>: <others:beside> <can:can't|can> be told from the best setting",
)
def _(e: Any, at: Said, m: str, others: str, can: str = "can't") -> None:
    agree_others(swept_of(e), m, others)
    claim((can == "can") == others.startswith("none"), "none can, others can't")


@says("<m:model> is the same in all settings: right on <p:pct> (<low:n> to <high:n>) of the validation pictures",
      "<m:model> is the same in all settings: right on <p:pct> (<low:n> to <high:n>) of the validation pictures, no more than <who:guessing gives>",
      "<m:model> has a result with <values:run> alone: right on <p:pct> (<low:n> to <high:n>) of the validation pictures")  # fmt: skip
def _(
    e: Any, at: Said, m: str, p: Number, low: Number, high: Number, values: str = "", who: str = ""
) -> None:
    s = swept_of(e)
    [one] = s.of(m)
    claim(bool(who) == s.guesses(m), f"{m} is at {one.mean}")
    claim(bool(values) == (len(one.settings) < s.num_settings), f"it is in {len(one.settings)} settings")
    claim(not values or values == one.label, f"it is {one.label}")
    agree_rate(s, one, "validation_accuracy", p, (low, high))


def agree_rate(s: Swept, one: Candidate, key: str, p: Number, ends: tuple[Number, Number]) -> None:
    found = s.estimate(one, key)
    agree_share(key, p, found.value)
    agree_ends(ends, found.low, found.high)


@says(
    "By validation accuracy the best of <m:model>, <values:run>, is right on <p:pct> (<low:n> to <high:n>) of the validation pictures, and on <test:pct> (<from:n> to <to:n>) of the test pictures"
)
def _(
    e: Any,
    at: Said,
    m: str,
    values: str,
    p: Number,
    low: Number,
    high: Number,
    test: Number,
    to: Number,
    **more: Number,
) -> None:
    s = swept_of(e)
    claim(s.one(values, m) is s.best(m), f"the best of {m} is {s.best(m).label}")
    agree_rate(s, s.best(m), "validation_accuracy", p, (low, high))
    agree_rate(s, s.best(m), "accuracy", test, (more["from"], to))


@says("None is more accurate, by the means, for as little arithmetic: <list:worth>")
def _(e: Any, at: Said, list: str) -> None:
    s = swept_of(e)
    told = re.findall(rf"(?:^|, | and )(.+?) with ({NUMBER} %) for ({NUMBER})(?: MFLOP|$)", list)
    claim(len(told) == len(s.front), f"they are {[s.named(one) for one in s.front]}")
    for name, share, cost in told:
        one = s.named_so(name)
        claim(any(one is other for other in s.front), f"{name} is beaten")
        agree_share("validation accuracy", Number(share), one.mean)
        agree("arithmetic", Number(cost), 2 * weights_and_work(one, len(s.classes))[1] / 1e6)


@says("<k:n> of <n:n> settings: none is more accurate, by the means, for as little arithmetic",
      "<word:One> of <n:n> settings: none is more accurate, by the means, for as little arithmetic")  # fmt: skip
def _(e: Any, at: Said, n: Number, k: Number | None = None, word: str = "") -> None:
    s = swept_of(e)
    claim(n == len(s.candidates), f"there are {len(s.candidates)}")
    claim((k or 1) == len(s.front), f"{len(s.front)} are worth their cost")


@says("Right on the validation pictures, the best of each model: <list:shares>")
def _(e: Any, at: Said, list: str) -> None:
    s = swept_of(e)
    for told, model in zip(list.split(", "), dict.fromkeys(one.model for one in s.candidates), strict=True):
        claim(told.startswith(f"{model} "), f"{model} is next")
        agree_share("validation accuracy", Number(told.removeprefix(f"{model} ")), s.best(model).mean)


@says(
    "The best of several looks better on the validation pictures, which chose it, than it is",
    "the test pictures chose nothing",
)
def _(e: Any, at: Said) -> None:
    s = swept_of(e)
    claim(any(len(s.of(model)) > 1 for model in s.models), "there is nothing to choose from")


@says(
    "What has one training only is told apart as to other pictures alone: another seed may choose another setting"
)
def _(e: Any, at: Said) -> None:
    claim(any(len(one.metrics) == 1 for one in swept_of(e).candidates), "all have several trainings")


@says("<k:n> <verb:settings lack|setting lacks> trainings of <m:model>, and can't be the best")
def _(e: Any, at: Said, k: Number, verb: str, m: str) -> None:
    counts = [len(one.metrics) for one in swept_of(e).of(m)]
    claim(k == sum(count < max(counts) for count in counts), f"trainings are {counts}")


@says("<k:n> trainings give the same answer to every test picture, and count in the means: <list:sames>",
      "<word:One> training gives the same answer to every test picture, and counts in the means: <list:sames>")  # fmt: skip
def _(e: Any, at: Said, list: str, k: Number | None = None, word: str = "") -> None:
    s = swept_of(e)
    same = [
        s.named(one, seed)
        for one in s.candidates
        for seed, m in one.metrics.items()
        if m["distinct_answers"] == 1
    ]
    claim((k or 1) == len(same), f"they are {same}")
    more = re.search(r" and (\d+) more$", list)
    claim(sum(name in list for name in same) >= len(same) - int(more[1] if more else 0), f"they are {same}")


@says("Not trained yet, by setting: <list:waiting>")
def _(e: Any, at: Said, list: str) -> None:
    s = swept_of(e)
    known = {(name, one.model, seed) for one in s.candidates for name in one.settings for seed in one.metrics}
    more = re.search(r" and \d+ more$", list)
    for name, model, seed in re.findall(
        r"([\w.-]+) ([\w-]+) seed (\d+)", list.removesuffix(more[0] if more else "")
    ):
        claim(
            (s.run / name).is_dir() and (name, model, int(seed)) not in known,
            f"{name} {model} {seed} is there",
        )


@says("Of each training the share of right answers is known, and not which: an interval (95 %) counts the pictures as if all seeds erred on the same ones, and a difference as if they were others for each setting",
      "Both may be wider than they need be",
      "The best has the highest mean validation accuracy, of equal ones the least arithmetic",
      "Others are told from it allowing for all pairs of settings of the model",
      "looks into the networks of that setting, the best")  # fmt: skip
def _(e: Any, at: Said) -> None:
    swept_of(e)  # held by the checks of what is worked out so


# Tables ----------------------------------------------------------------------------------------------------


@says("validation 95 % test MFLOP training")
def _(e: Any, at: Said) -> None:
    swept_of(e)


@says("<m:model>, <n:n> settings")
def _(e: Any, at: Said, m: str, n: Number) -> None:
    claim(n == len(swept_of(e).of(m)), f"{m} has {len(e.of(m))}")
    e.spoken_of = m


@says("<mark:mark><values:run> <p:pct> <low:n> to <high:n> <test:pct> <work:n> <seconds:time>",
      "<mark:mark><values:model> <p:pct> <low:n> to <high:n> <test:pct> <work:n> <seconds:time>")  # fmt: skip
def _(
    e: Any, at: Said, mark: str, values: str, p: Number, low: Number, high: Number, test: Number, work: Number,
    seconds: str,
) -> None:  # fmt: skip
    s = swept_of(e)
    model = values if values in s.models else e.spoken_of
    one = s.one(values, model)
    agree_rate(s, one, "validation_accuracy", p, (low, high))
    agree_share("test accuracy", test, s.estimate(one, "accuracy").value)
    agree("arithmetic", work, 2 * weights_and_work(one, len(s.classes))[1] / 1e6)
    agree_duration(seconds, float(np.mean(one.shares("train_seconds"))))
    claim(
        bool(mark.strip()) == any(one is other for other in s.alike(model)),
        "whether it can be told from the best",
    )


@says("Right, of <v:n> validation and <n:n> test pictures; between, of validation, with <what:what> (95 %)")
def _(e: Any, at: Said, v: Number, n: Number, what: str) -> None:
    s = swept_of(e)
    agree("validation pictures", v, len(s.splits[1]))
    agree("test pictures", n, s.num_test)
    singles = {len(one.metrics) == 1 for one in s.candidates}
    claim(
        ("single" in what) == (singles == {True, False})
        and (what == "other pictures") == (singles == {True}),
        what,
    )


@says("= is one that can't be told from the best, which stands first")
def _(e: Any, at: Said) -> None:
    claim(any(swept_of(e).alike(model) for model in e.models), "all can be told from the best")


@says("ConvLens · <name:run> · <title:run>, <v:n> validation pictures, <n:n> test pictures")
def _(e: Any, at: Said, name: str, title: str, v: Number, n: Number) -> None:
    s = swept_of(e)
    claim((name, title) == (s.config["name"], s.data.title), "the sweep and its data")
    agree("validation pictures", v, len(s.splits[1]))
    agree("test pictures", n, s.num_test)


@says("Numbers, in the folder of the sweep: <places:where>")
def _(e: Any, at: Said, places: str) -> None:
    told = json.loads((swept_of(e).run / "report.json").read_text())["candidates"][0]
    for key in re.findall(r"\w+_(?:accuracy|per_image)", places):
        claim(key in told, f"report.json has no {key}")


@says("Next python train.py <config:word> --outputs <outputs:word>", "python train.py show <folder:word>")
def _(e: Any, at: Said, config: str = "", outputs: str = "", folder: str = "") -> None:
    s = swept_of(e)
    claim(not folder or folder.endswith(s.run.name), f"the sweep is {s.run}")
    if config:
        setting = Path(config).parent.name
        claim((s.run / setting / "config.yaml").is_file() and Path(outputs).name == s.run.name, f"{setting}?")
        first = max((s.best(model) for model in s.models if s.of(model)), key=lambda one: one.mean)
        claim(setting in first.settings, f"the best is in {first.settings}")


@table(
    r"settings\|from the best\|validation\|95 %\|allowing for other\|test\|95 %\|seeds\|parameters\|MFLOP a picture\|epochs\|training"
)
def _(e: Any, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    s, one = swept_of(e), _of_row(e, row)
    agree_rate(s, one, "validation_accuracy", Number(row[2]), ends_of(row[3]))
    agree_rate(s, one, "accuracy", Number(row[5]), ends_of(row[6]))
    claim(row[4] == s.estimate(one).over and row[7] == ", ".join(map(str, one.metrics)), "over, seeds")
    weights, work = weights_and_work(one, len(s.classes))
    agree("parameters", Number(row[8]), weights)
    agree("arithmetic", Number(row[9]), 2 * work / 1e6)
    claim(row[10] == str(max(one.shares("epochs"))), "epochs")
    agree_duration(row[11], float(np.mean(one.shares("train_seconds"))))


@table(
    r"settings\|from the best\|validation accuracy\|interval\|allowing for other\|test accuracy\|seeds\|parameters\|FLOPs per picture\|epochs\|training seconds"
)
def _(e: Any, head: tuple[str, ...], row: tuple[str, ...]) -> None:
    s, one = swept_of(e), _of_row(e, row)
    agree("validation accuracy", Number(row[2]), one.mean)
    agree_ends(ends_of(row[3]), s.estimate(one).low, s.estimate(one).high, 1)
    agree("test accuracy", Number(row[5]), s.estimate(one, "accuracy").value)
    claim(row[4] == s.estimate(one).over and row[6] == ", ".join(map(str, one.metrics)), "over, seeds")
    weights, work = weights_and_work(one, len(s.classes))
    agree("parameters", Number(row[7]), weights)
    agree("arithmetic", Number(row[8]), 2 * work)
    claim(row[9] == str(max(one.shares("epochs"))), "epochs")
    agree("seconds", Number(row[10]), float(np.mean(one.shares("train_seconds"))))


def _of_row(e: Swept, row: tuple[str, ...]) -> Candidate:
    """The candidate of a row, of whichever model fits; and that it is told from the best as it is."""
    found = []
    for model in e.models:
        try:
            found.append(e.one(row[0], model))
        except Wrong:
            continue
    for one in found:
        alike = any(one is other for other in e.alike(one.model))
        told = "it is the best" if one is e.best(one.model) else "can't be told" if alike else "can be told"
        share = Number(row[2])
        if told == row[1] and abs(share - one.mean * (100 if "%" in row[2] else 1)) <= share.half * (
            1 + 1e-6
        ):
            return one
    raise Wrong(f"no candidate is {row[0]}, {row[1]}, {row[2]}")
