"""What a sweep came to, in words: labels of settings, titles, sentences. It computes no numbers."""

import json
import math
from collections import Counter
from collections.abc import Iterable
from typing import Any

from configs.sweep import short_keys
from model.comparison.records import Rate
from model.report.tables import shortened
from model.report.words import ends, mega, names, percent
from model.sweep.records import Candidate, SweepReport

LONGEST_VALUE = 40  # characters
MOST_LUCK = 0.05  # above chance, that a guessing network may have and still be told from others
MOST_NAMED = 4  # trainings, or candidates, in a sentence


def value_in_words(value: Any) -> str:
    """A value of a key as a config has it."""
    return shortened(value if isinstance(value, str) else json.dumps(value), LONGEST_VALUE)


def label(report: SweepReport, one: Candidate, without: Iterable[str] = ()) -> str:
    """What sets a candidate apart from others of its model: "learning_rate 0.005, filters [32, 64]".

    Keys `without` are left out; empty where nothing is left.
    """
    short, left_out = short_keys(report.keys), set(without)
    told = [(key, value) for key, value in one.values.items() if key not in left_out]
    return ", ".join(f"{short[key]} {value_in_words(value)}" for key, value in told)


def named(report: SweepReport, place: int, seed: int | None = None) -> str:
    """A candidate with its model, or one training of it: "cnn (learning_rate 0.005, seed 0)"."""
    one = report.candidates[place]
    told = [label(report, one), "" if seed is None else f"seed {seed}"]
    within = ", ".join(filter(None, told))
    return f"{one.model} ({within})" if within else one.model


def by_merit(report: SweepReport, model: str) -> list[int]:
    """The candidates of a model: the best first, then by their mean validation accuracy."""
    best, candidates = report.best[model], report.candidates
    return sorted(
        report.of_model(model), key=lambda place: (place != best, -candidates[place].validation_accuracy.mean)
    )


def swept(report: SweepReport) -> list[str]:
    """The models of which there are several candidates."""
    return [model for model in report.models if len(report.of_model(model)) > 1]


def headline(report: SweepReport) -> str:
    """What the sweep came to in one clause: of the last model of which there are several candidates."""
    if not report.candidates:
        return "No training was finished"
    models = swept(report)
    return _clause(report, models[-1]) if models else _alone(report, report.models[-1])


def _clause(report: SweepReport, model: str) -> str:
    """Whether the best of a model has learned anything, and can be told from the others."""
    if only_guesses(report, model):
        return f"{model}: no setting is right more often than guessing is"
    best, others = report.best[model], len(report.of_model(model)) - 1
    alike, values = len(report.together[model]) - 1, label(report, report.candidates[best])
    if not alike:
        return f"{model} is best with {values}, of {others + 1} settings"
    of_others = f"none of the {others} other settings"
    if others == 1:
        of_others = "the other setting"
    elif alike < others:
        of_others = f"{alike} of the {others} other settings"
    cant = "can't" if others == 1 or alike < others else "can"
    return f"{model}: {of_others} {cant} be told from the best, {values}"


def only_guesses(report: SweepReport, model: str) -> bool:
    """Whether the best of a model is right on validation pictures no more often than guessing well may be.

    That is three standard errors above the share of the commonest class; of few pictures, where this is far
    above it, nobody is said to guess.
    """
    counts = [sizes.validation for sizes in report.data.per_class]
    if not sum(counts):
        return False
    chance = max(counts) / sum(counts)
    luck = 3 * math.sqrt(chance * (1 - chance) / sum(counts))
    mean = report.candidates[report.best[model]].validation_accuracy.mean
    return luck <= MOST_LUCK and mean <= chance + luck


def _alone(report: SweepReport, model: str) -> str:
    one = report.candidates[report.best[model]]
    guesses = ", no more than guessing gives" if only_guesses(report, model) else ""
    right = f"right on {_share(one.validation_accuracy)} of the validation pictures{guesses}"
    if len(one.settings) == len(report.settings):
        return f"{model} is the same in all settings: {right}"
    values = label(report, one)
    return f"{model} has a result with {values} alone: {right}" if values else f"{model}: {right}"


def _share(rate: Rate) -> str:
    return f"{percent(rate.mean)} ({ends(rate.interval)})"


def answers(report: SweepReport) -> list[str]:
    """What was found, model by model, and what it costs; a sentence each."""
    told = []
    for model in report.models:
        if model in swept(report):
            told += [f"{_clause(report, model)}.", _of_best(report, model)]
        else:
            told.append(f"{_alone(report, model)}.")
    return [*told, *_of_front(report)] if report.candidates else ["No training was finished."]


def _of_best(report: SweepReport, model: str) -> str:
    """How good the best of a model is."""
    one = report.candidates[report.best[model]]
    values = label(report, one) or model
    return (
        f"By validation accuracy the best of {model}, {values}, is right on {_share(one.validation_accuracy)}"
        f" of the validation pictures, and on {_share(one.accuracy)} of the test pictures."
    )


def _of_front(report: SweepReport) -> list[str]:
    """What is worth its cost, where costs differ."""
    if len({report.candidates[place].flops_per_image for place in report.pareto}) < 2:
        return []
    told = []
    for place in report.pareto:
        one = report.candidates[place]
        share, cost = percent(one.validation_accuracy.mean), f"{mega(one.flops_per_image)} MFLOP"
        told.append(f"{named(report, place)} with {share} for {cost}")
    return [f"None is more accurate, by the means, for as little arithmetic: {names(told, MOST_NAMED)}."]


def notes(report: SweepReport) -> list[str]:
    """What has to be known to believe it: luck of the best, single trainings, what is missing, machines."""
    told = []
    if swept(report):
        told.append(
            "The best of several looks better on the validation pictures, which chose it, than it is; the "
            "test pictures chose nothing."
        )
    if any(one.validation_accuracy.over == "images" for one in report.candidates):
        told.append(
            "What has one training only is told apart as to other pictures alone: another seed may choose "
            "another setting."
        )
    told += _of_missing(report)
    told += [report.test_looks_words] if report.test_looks_words else []
    mixed = report.environment.get("mixed_words")
    return [*told, str(mixed)] if mixed else told


def _of_missing(report: SweepReport) -> list[str]:
    """Trainings that are missing, and those that learned nothing."""
    told = []
    for model in report.models:
        some = [report.candidates[place] for place in report.of_model(model)]
        most = max(len(one.seeds) for one in some)
        if fewer := sum(len(one.seeds) < most for one in some):
            are = "setting lacks" if fewer == 1 else "settings lack"
            told.append(f"{fewer} {are} trainings of {model}, and can't be the best.")
    same = [
        named(report, place, seed) for place, one in enumerate(report.candidates) for seed in one.same_answer
    ]
    if same:
        give, count = ("One training gives", "counts") if len(same) == 1 else ("trainings give", "count")
        number = "" if len(same) == 1 else f"{len(same):,} "
        counted = f"the same answer to every test picture, and {count} in the means"
        told.append(f"{number}{give} {counted}: {names(same, MOST_NAMED)}.")
    waiting = [f"{one.setting} {one.model} seed {one.seed}" for one in report.not_trained]
    return [*told, f"Not trained yet, by setting: {names(waiting, MOST_NAMED)}."] if waiting else told


def how_told() -> list[str]:
    """How intervals and differences are worked out, for who reads the numbers."""
    return [
        "Of each training the share of right answers is known, and not which: an interval (95 %) counts the "
        "pictures as if all seeds erred on the same ones, and a difference as if they were others for each "
        "setting. Both may be wider than they need be.",
        "The best has the highest mean validation accuracy, of equal ones the least arithmetic. Others are "
        "told from it allowing for all pairs of settings of the model.",
    ]


def failures(report: SweepReport) -> list[str]:
    """The trainings that failed, and why."""
    return [f"{one.setting}, {one.model}, seed {one.seed}: {one.reason}" for one in report.failed]


def best_in_words(report: SweepReport) -> str:
    """Which settings stand for a sweep."""
    told = [named(report, place) for place in report.best.values()]
    each = "compared is of each model" if len(told) > 1 else "compared is"
    return f"{each} the best by validation, {names(told, len(told))}." if told else ""


def best_setting(report: SweepReport) -> str:
    """The setting to look into: that of the most accurate best, where it can be with other models' bests."""
    if not report.candidates:
        return report.settings[0].name
    first = min(report.best.values(), key=lambda place: -report.candidates[place].validation_accuracy.mean)
    often = Counter(name for place in report.best.values() for name in report.candidates[place].settings)
    return max(report.candidates[first].settings, key=lambda name: often[name])


def may_differ(report: SweepReport) -> str:
    """What the intervals of validation accuracy allow for."""
    over = {one.validation_accuracy.over for one in report.candidates}
    if over == {"images"}:
        return "other pictures"
    return "new seeds and new pictures" + (
        ", of single trainings with other pictures" if len(over) > 1 else ""
    )
