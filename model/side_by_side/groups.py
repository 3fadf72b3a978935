"""Runs scored on the same test pictures: which is compared with, and what sets them apart, in words."""

from collections.abc import Sequence

from data.splits import EVENLY, shares
from model.report.words import names
from model.run.rules import rules_of
from model.side_by_side.read import ComparedRun


def baseline_of(runs: Sequence[ComparedRun]) -> ComparedRun:
    """The first run with a result; where none has one, the first."""
    return next((run for run in runs if run.is_sound), runs[0])


def baseline_in_words(runs: Sequence[ComparedRun]) -> str | None:
    """Which runs stand before the baseline and are compared with nothing, and why; once for all of them."""
    first = baseline_of(runs)
    before = [run.label for run in runs[: list(runs).index(first)]]
    if not before:
        return None
    return f"No model of {names(before)} has a result: {first.label} is the first run here."


def classes_in_words(runs: Sequence[ComparedRun]) -> str | None:
    """Which classes have other names than in the first run, where labels and pictures are the same."""
    own = runs[0].report.data.classes
    named: dict[tuple[str, ...], list[str]] = {}
    for run in runs:
        named.setdefault(tuple(run.report.data.classes), []).append(run.label)
    del named[tuple(own)]
    told = []
    for classes, labels in named.items():
        changed = [f'"{one}" is "{other}"' for one, other in zip(own, classes, strict=True) if one != other]
        told.append(f"in {names(labels)} {names(changed)}")
    if not told:
        return None
    return (
        f"The test pictures are the same, but classes have other names than in {runs[0].label}, whose names "
        f"are used here: {'; '.join(told)}."
    )


def split_in_words(runs: Sequence[ComparedRun]) -> str | None:
    """By which rules runs hold out validation pictures, where others of the same data follow from them."""
    by_rule: dict[int, list[str]] = {}
    unequal = False
    for run in runs:
        rule, rows = rules_of(run.report.environment)["split"], run.report.data.per_class
        by_rule.setdefault(rule, []).append(run.label)
        if counts := [row.validation for row in rows]:
            unequal |= counts != shares([row.train + row.validation for row in rows], sum(counts), EVENLY)
    if EVENLY not in by_rule or len(by_rule) == 1 or not unequal:
        return None
    evenly = by_rule.pop(EVENLY)
    others = [label for labels in by_rule.values() for label in labels]
    return (
        f"They hold out other validation pictures: {', '.join(evenly)} as many of each class, "
        f"{', '.join(others)} in proportion to the classes."
    )
