"""The answer in a line: who is ahead, by how much, whichever way the numbers fall."""

from collections.abc import Mapping, Sequence

from model.comparison.records import Comparison, Facts, Models, Outcome
from model.comparison.verdict import cautions
from model.report.words import digits_for, ends, in_points, percent, span


def first_clause(verdict: str) -> str:
    """A verdict up to its first colon or full stop."""
    ends = [place for mark in (": ", ". ") if (place := verdict.find(mark)) > 0]
    return verdict[: min(ends)] if ends else verdict.rstrip(".")


def headline(outcome: Outcome) -> str:
    """The answer to the question of the run in one clause."""
    pairs = outcome.pairs
    if len(pairs) == 1 and not cautions(outcome.models):
        return first_clause(pairs[0].verdict)
    return accuracy_title(outcome)


def verdict_of(outcome: Outcome) -> str:
    """The answer to the question of the run in whole sentences."""
    pairs = outcome.pairs
    return pairs[0].verdict if len(pairs) == 1 else f"{accuracy_title(outcome)}."


def by_interest(models: Mapping[str, Facts]) -> list[str]:
    """The models in the order in which to look into them: those with convolutions first.

    Of two the candidate is of interest, of more the first, which all others are compared with.
    """
    order = list(models) if len(models) > 2 else list(models)[::-1]
    return sorted(order, key=lambda name: not models[name].convolution_parameters)


def caution_title(models: Models) -> str:
    """What a network lacks, of the first that lacks something; empty if none does."""
    told = cautions(models)
    return told[0].partition(": less than half")[0].removesuffix(".") if told else ""


def accuracy_title(outcome: Outcome) -> str:
    """Who is ahead and by how much, or that nothing can be told; before that what a network lacks."""
    if caution := caution_title(outcome.models):
        return caution
    comparisons, broken = outcome.comparisons, outcome.not_compared
    if comparisons and len(comparisons) + len(broken) > 1:
        return _several(comparisons, len(broken))
    if comparisons:
        return ahead(comparisons[0])
    if broken:
        return first_clause(broken[0].verdict)
    if len(outcome.models) != 1:
        return "No comparison is made"
    [(name, entry)] = outcome.models.items()
    accuracy = entry.accuracy
    return f"{name} is right on {percent(accuracy.mean)} of the test pictures ({ends(accuracy.interval)})"


def ahead(comparison: Comparison, of_whom: bool = False) -> str:
    """Which of two models is ahead and by how much, the other named if so wished."""
    difference, (low, high) = comparison.difference, comparison.interval
    leader, other = comparison.candidate, comparison.baseline
    if difference < 0:
        leader, other, difference, low, high = other, leader, -difference, -high, -low
    points, between = in_points(difference, digits_for((low, high))), span((low, high))
    size = f"{points} points ({between})"
    if not comparison.is_clear:
        leads = f"{leader} leads {other} by {size}" if float(points) else f"neither leads ({between})"
        return f"No difference can be seen: {leads}"
    caution = "; other trainings may differ" if comparison.over == "images" else ""
    behind = f" of {other}" if of_whom else ""
    return f"{leader} is ahead{behind} by {size}{caution}"


def _several(comparisons: Sequence[Comparison], num_broken: int) -> str:
    clear = [comparison for comparison in comparisons if comparison.is_clear]
    ahead = sorted((c for c in clear if c.difference > 0), key=lambda c: -c.difference)
    behind = sorted((c for c in clear if c.difference < 0), key=lambda c: c.difference)
    unclear = len(comparisons) - len(clear)
    parts = [
        f"{len(ahead)} ahead, {_furthest(ahead)}" if ahead else "",
        f"{len(behind)} behind, {_furthest(behind)}" if behind else "",
        f"{unclear} can't be told from it" if unclear else "",
        f"{num_broken} not compared" if num_broken else "",
    ]
    if any(comparison.over == "images" for comparison in clear):
        parts.append("other trainings may differ")
    told = "; ".join(part for part in parts if part)
    all_of_them = ", allowing for all" if any(pair.among_all for pair in comparisons) else ""
    return f"Of {len(comparisons) + num_broken} models against {comparisons[0].baseline}{all_of_them}: {told}"


def _furthest(comparisons: Sequence[Comparison]) -> str:
    most = "" if len(comparisons) == 1 else " most,"
    return f"{comparisons[0].candidate}{most} by {in_points(abs(comparisons[0].difference))} points"
