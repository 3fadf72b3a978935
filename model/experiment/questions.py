"""The sentences that answer the headings of the page's sections, where no picture's title does."""

from collections.abc import Mapping
from math import prod
from typing import Any

from model.comparison.headlines import by_interest
from model.comparison.records import Model
from model.experiment.layers import is_mirrored
from model.experiment.report import Report
from model.report.tables import duration
from model.report.words import digits_for, mega, names, numbered, percent, quoted, signed, span

MOST_CLASSES = 4  # that are named
NO_NUMBERS_OF_THEIR_OWN = ("Flatten", "Dropout", "Rescaling")  # layers that give those of before


def answered(report: Report, live: Mapping[str, Any] | None) -> dict[str, str]:
    """What is said first in sections, by their id: nothing where the numbers for it are missing.

    `live` is what the page's script runs, as `model.page.live` makes it.
    """
    told = {
        "one": _what_becomes_of_a_picture(report),
        "worth": _what_is_missed(live["networks"] if live else {}),
        "classes": _which_classes(report),
        "differ": _only_one_is_right(report),
        "learning": _gain_and_cost(report),
    }
    return {section: sentence for section, sentence in told.items() if sentence}


def _what_becomes_of_a_picture(report: Report) -> str:
    """How many numbers each layer leaves, of the first model to look into."""
    for model in by_interest(report.models)[:1]:
        layers = [row for row in report.models[model].layers if "_" not in row.layer]  # none is half-made
        rows = [row for row in layers if row.type not in NO_NUMBERS_OF_THEIR_OWN]
        steps = [f"{prod(row.output_shape):,} ({row.layer})" for row in rows[:-1]]
        if steps:
            both = is_mirrored(report.models[model].layers)
            mirrored = ", with those of its mirror image," * both
            last = f"{mirrored} {prod(rows[-1].output_shape):,} probabilities"
            return f"In {model} the 784 numbers of a picture become {', '.join(steps)} and at last{last}."
    return ""


def _what_is_missed(networks: Mapping[str, Any]) -> str:
    """How many filters of each layer are worth something that can be told, of the first model with any."""
    for model, network in networks.items():
        counts = [
            f"{sum(one['rank'] is not None for one in layer['filters'])} of {len(layer['filters'])} in {name}"
            for name, layer in network["passports"].items()
        ]
        if counts:
            rise = "the loss on validation pictures can be told to rise"
            return f"{model}, one filter off at a time: {rise} without {names(counts, most=len(counts))}."
    return ""


def _which_classes(report: Report) -> str:
    """On which classes one model gains on the other, the largest gain first."""
    if len(report.comparisons) != 1:
        return ""
    [pair] = report.comparisons
    clear = [(row.class_, row.difference) for row in pair.per_class if row.clear and row.difference]
    parts = []
    for verb, sign in (("gains on", 1), ("loses on", -1)):
        rows = sorted((row for row in clear if sign * row[1] > 0), key=lambda row: -sign * row[1])
        told = [f"{quoted(name)} ({signed(100 * difference)} points)" for name, difference in rows]
        parts += [f"{verb} {names(told, MOST_CLASSES)}"] if told else []
    others = len(pair.per_class) - len(clear)
    if not parts:
        return f"On no class can it be told whether {pair.candidate} or {pair.baseline} is better."
    rest = f"; of the other {others} it can't be told" if others > 1 else ""
    return f"Against {pair.baseline}, {pair.candidate} {' and '.join(parts)}{rest}."


def _only_one_is_right(report: Report) -> str:
    """How many pictures each of two models alone gets right, by their first trainings."""
    first = by_interest(report.models)[:1]  # whose comparisons are told before the others
    for pair in sorted(report.comparisons, key=lambda pair: pair.candidate not in first):
        if pair.mcnemar:
            row, count = pair.mcnemar[0], f"{report.data.test:,} test pictures"
            one = f"{pair.candidate} alone is right on {row.only_candidate_correct:,} of {count}"
            both = (report.models[name].elsewhere is not None for name in (pair.candidate, pair.baseline))
            which = numbered(row.seed, *both).capitalize()
            return f"{which}: {one}, {pair.baseline} alone on {row.only_baseline_correct:,}."
    return ""


def _gain_and_cost(report: Report) -> str:
    """What a model gains on another, or is right on, and what it costs."""
    if len(report.comparisons) == 1:
        [pair] = report.comparisons
        points = signed(100 * pair.difference, digits_for(pair.interval))
        gain = f"{pair.candidate} against {pair.baseline}: {points} points ({span(pair.interval)})"
        both = zip(_costs(report.models[pair.candidate]), _costs(report.models[pair.baseline]), strict=False)
        costs = [f"{cost} {of} against {other}" for (cost, of), (other, _) in both]
    elif len(report.models) == 1:
        [(name, model)] = report.models.items()
        gain = f"{name} is right on {percent(model.accuracy.mean)}"
        costs = [f"{cost} {of}" for cost, of in _costs(model)]
    else:
        return ""
    return f"{gain}, for {names(costs)}."


def _costs(model: Model) -> list[tuple[str, str]]:
    """Parameters, arithmetic and, last, the time of training, where it was trained here."""
    costs = [(f"{model.parameters:,}", "parameters"), (mega(model.flops_per_image), "MFLOP a picture")]
    return costs + ([(duration(model.train_seconds), "of training")] if model.train_seconds else [])
