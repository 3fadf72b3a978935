"""What the pictures of the comparison say: titles computed from the numbers, whichever way they fall."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.wording import decimal, digits_for, signed

Report = Mapping[str, Any]
Histories = Mapping[str, Mapping[int, Mapping[str, np.ndarray]]]

STEADY = 0.002  # validation accuracy that moves by no more than 0.2 points has stopped
LONGEST_NAME = 24
SHORT_NAMES = {"T-shirt/top": "T-shirt"}


def percent(share: float, digits: int = 1) -> str:
    """A fraction as a percentage; what only rounds to 100 is not written as 100."""
    text = f"{100 * share:.{digits}f}"
    if share < 1 and float(text) == 100:
        text = f"{100 - 10**-digits:.{digits}f}"
    return f"{text} %"


def in_points(difference: float, digits: int = 1) -> str:
    """A difference of two fractions in points, without a plus."""
    return decimal(100 * difference, digits)


def span(interval: Sequence[float] | None) -> str:
    """An interval of fractions in points, as "2.2 to 3.0"; nothing where there is none."""
    if interval is None:
        return ""
    digits = digits_for(interval)
    return f"{in_points(interval[0], digits)} to {in_points(interval[1], digits)}"


def short(name: str) -> str:
    """A class name for a tight place: one line of what can be printed, not too long."""
    line = " ".join(SHORT_NAMES.get(name, name).split())
    line = line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) or "(no name)"


def names(items: Sequence[str], most: int = 3) -> str:
    """A list in words: "a, b and c", or "a, b and 4 more"."""
    shown = list(items) if len(items) <= most else [*items[: most - 1], f"{len(items) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def first_clause(verdict: str) -> str:
    """A verdict up to its first colon or full stop."""
    ends = [place for mark in (": ", ". ") if (place := verdict.find(mark)) > 0]
    return verdict[: min(ends)] if ends else verdict.rstrip(".")


def headline(report: Report) -> str:
    """The answer to the question of the run in one clause."""
    pairs = [*report["comparisons"], *report["not_compared"]]
    return first_clause(pairs[0]["verdict"]) if len(pairs) == 1 else accuracy_title(report)


def verdict_of(report: Report) -> str:
    """The answer to the question of the run in whole sentences."""
    pairs = [*report["comparisons"], *report["not_compared"]]
    return str(pairs[0]["verdict"]) if len(pairs) == 1 else f"{accuracy_title(report)}."


def by_interest(models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The models in the order in which to look into them: those with convolutions first.

    Of two the candidate is of interest, of more the first, which all others are compared with.

    Args:
        models: report.json's.
    """
    order = list(models) if len(models) > 2 else list(models)[::-1]
    return sorted(order, key=lambda name: not models[name]["convolution_parameters"])


def is_clear(comparison: Mapping[str, Any]) -> bool:
    """Whether the interval of a difference leaves 0 out."""
    low, high = comparison["interval"]
    return bool(low > 0 or high < 0)


def accuracy_title(report: Report) -> str:
    """Who is ahead and by how much, or that nothing can be told."""
    comparisons, broken = report["comparisons"], report["not_compared"]
    if comparisons and len(comparisons) + len(broken) > 1:
        return _several(comparisons, len(broken))
    if comparisons:
        return ahead(comparisons[0])
    if broken:
        return first_clause(broken[0]["verdict"])
    if len(report["models"]) != 1:
        return "No comparison is made"
    [(name, entry)] = report["models"].items()
    accuracy = entry["accuracy"]
    within = f" ({span(accuracy['interval'])})" if accuracy["interval"] else ""
    return f"{name} is right on {percent(accuracy['mean'])} of the test pictures{within}"


def ahead(comparison: Mapping[str, Any], of_whom: bool = False) -> str:
    """Which of two models is ahead and by how much, the other named if so wished."""
    difference, (low, high) = comparison["difference"], comparison["interval"]
    leader, other = comparison["candidate"], comparison["baseline"]
    if difference < 0:
        leader, other, difference, low, high = other, leader, -difference, -high, -low
    size = f"{in_points(difference, digits_for((low, high)))} points ({span((low, high))})"
    if not is_clear(comparison):
        return f"No difference can be seen: {leader} leads {other} by {size}"
    caution = "; other seeds may differ" if comparison["over"] == "images" else ""
    behind = f" of {other}" if of_whom else ""
    return f"{leader} is ahead{behind} by {size}{caution}"


def _several(comparisons: Sequence[Mapping[str, Any]], num_broken: int) -> str:
    clear = [comparison for comparison in comparisons if is_clear(comparison)]
    ahead = sorted((c for c in clear if c["difference"] > 0), key=lambda c: -c["difference"])
    behind = sorted((c for c in clear if c["difference"] < 0), key=lambda c: c["difference"])
    unclear = len(comparisons) - len(clear)
    parts = [
        f"{len(ahead)} ahead, {_furthest(ahead)}" if ahead else "",
        f"{len(behind)} behind, {_furthest(behind)}" if behind else "",
        f"{unclear} can't be told from it" if unclear else "",
        f"{num_broken} not compared" if num_broken else "",
    ]
    if any(comparison["over"] == "images" for comparison in clear):
        parts.append("other seeds may differ")
    told = "; ".join(part for part in parts if part)
    return f"Of {len(comparisons) + num_broken} models against {comparisons[0]['baseline']}: {told}"


def _furthest(comparisons: Sequence[Mapping[str, Any]]) -> str:
    most = "" if len(comparisons) == 1 else " most,"
    return f"{comparisons[0]['candidate']}{most} by {in_points(abs(comparisons[0]['difference']))} points"


def last_rise(seeds: Mapping[int, Mapping[str, np.ndarray]]) -> float | None:
    """How much validation accuracy rose over the last fifth of the epochs, mean over seeds.

    Args:
        seeds: the columns of history.csv of each seed.

    Returns:
        The rise as a fraction, over one epoch at least; None where no seed has two epochs.
    """
    curves = [np.asarray(columns["val_accuracy"]) for columns in seeds.values()]
    rises = [curve[-1] - curve[-1 - max(1, len(curve) // 5)] for curve in curves if len(curve) > 1]
    return float(np.mean(rises)) if rises else None


def learning_title(histories: Histories) -> str:
    """Which models still improve at the end of their training."""
    groups: dict[str, list[str]] = {"improves": [], "stopped": [], "worse": [], "untold": []}
    for model, seeds in histories.items():
        rise = last_rise(seeds)
        if rise is None:
            groups["untold"].append(model)
        elif abs(rise) <= STEADY:
            groups["stopped"].append(model)
        else:
            groups["improves" if rise > 0 else "worse"].append(model)
    clauses = [
        clause(groups["improves"], "still improves", "still improve", _when(histories, groups["improves"])),
        clause(
            groups["stopped"], "has stopped", "have stopped", " improving" if not groups["improves"] else ""
        ),
        clause(groups["worse"], "gets worse", "get worse", _when(histories, groups["worse"])),
        clause(groups["untold"], "was trained", "were trained", " for a single epoch"),
    ]
    return "; ".join(clause for clause in clauses if clause)


def clause(models: Sequence[str], one: str, many: str, rest: str = "") -> str:
    """Something said of one model or of several; empty where it holds for none."""
    return f"{names(models)} {one if len(models) == 1 else many}{rest}" if models else ""


def _when(histories: Histories, models: Sequence[str]) -> str:
    lasts = {len(columns["val_accuracy"]) for model in models for columns in histories[model].values()}
    return f" at epoch {lasts.pop()}" if len(lasts) == 1 else " at the end"


def confusion_title(
    classes: Sequence[str], mistakes: np.ndarray, change: np.ndarray | None, candidate: str
) -> str:
    """Which mistake became rarer or more frequent the most.

    Args:
        classes: names of the rows and columns.
        mistakes: (classes, classes), of 1,000 pictures of the row's class how many the candidate takes
            for the column's; 0 on the diagonal.
        change: candidate minus baseline, likewise; None where there is no baseline.
        candidate: its name.
    """
    if change is None:
        most = int(mistakes.argmax())
        if mistakes.flat[most] < 0.5:
            return f"{candidate} takes hardly any picture for another class"
        count = f"{mistakes.flat[most]:.0f} of 1,000"
        return f"Most frequent mistake of {candidate}: {pair(classes, mistakes, most)}, {count}"
    if np.abs(change).max() < 1:
        return f"{candidate} errs like its baseline: no pair of classes changes by 1 of 1,000"
    if -change.min() >= change.max():
        return f"Where {candidate} errs less: {largest_change(classes, change, -1)}"
    return f"Where {candidate} errs more: {largest_change(classes, change, 1)}"


def largest_change(classes: Sequence[str], change: np.ndarray, direction: int) -> str:
    """The pair of classes whose mistakes rose (direction 1) or fell (-1) the most, and by how many."""
    place = int((direction * change).argmax())
    return f"{pair(classes, change, place)}, {signed(change.flat[place], 0)} of 1,000"


def pair(classes: Sequence[str], values: np.ndarray, place: int) -> str:
    """The two classes of a place in a flattened (classes, classes) matrix."""
    true, said = divmod(place, values.shape[1])
    return f"{short(classes[true])} taken for {short(classes[said])}"


def mistakes_title(mistakes: Sequence[Mapping[str, Any]], model: str) -> str:
    """How sure a model was of its surest mistakes."""
    if not mistakes:
        return f"{model} makes no mistake on the test pictures"
    least = min(mistake["probability"] for mistake in mistakes)
    if least > 0.5:
        return f"Sure and wrong: {model} gave each of these wrong answers at least {percent(least)}"
    most = max(mistake["probability"] for mistake in mistakes)
    return f"Wrong, but never sure: {model} gave no wrong answer more than {percent(most)}"
