"""What the pictures of how sure models are, and of how they differ, say: titles computed from the numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.report.titles import clause, names, percent

Models = Mapping[str, Mapping[str, Any]]

SEVERAL = 3  # models; of more of them a title names some only


def calibration_title(models: Models) -> str:
    """Which models are surer than they are right, which less, and by how much.

    How sure a model is, on the mean, fits if it lies within the interval of how often it is right.
    """
    groups: dict[str, list[str]] = {"over": [], "under": [], "even": []}
    for model, entry in models.items():
        low, high = entry["accuracy"]["interval"]
        sure = entry["confidence"]
        groups["over" if sure > high else "under" if sure < low else "even"].append(model)
    if len(models) > SEVERAL:
        counts = [("surer", groups["over"]), ("less sure", groups["under"]), ("neither", groups["even"])]
        told = [f"{len(group)} {how}" for how, group in counts if group]
        return f"Of {len(models)} models, against how often they are right: {', '.join(told)}"
    clauses = [
        clause(groups["over"], "is surer than it is right", "are surer than they are right"),
        clause(groups["under"], "is less sure than it is right", "are less sure than they are right"),
        _fits(groups["even"]),
    ]
    misjudged = groups["over"] or groups["under"] or groups["even"]
    most = max(misjudged, key=lambda name: abs(models[name]["confidence"] - models[name]["accuracy"]["mean"]))
    farthest = "least" if misjudged is groups["even"] else "most"  # of those it fits
    entry, who = models[most], "" if len(misjudged) == 1 else f", {most} {farthest}"
    size = f"{who}: {percent(entry['confidence'])} sure, {percent(entry['accuracy']['mean'])} right"
    first, *others = [part for part in clauses if part]
    first = first if first.startswith(names(misjudged)) else first[0].upper() + first[1:]
    return "; ".join([first + size, *others])


def _fits(models: Sequence[str]) -> str:
    if not models:
        return ""
    one, many = "is fits how often it is right", "are fits how often they are right"
    return f"how sure {names(models)} {one if len(models) == 1 else many}"


def rejection_title(models: Models) -> str:
    """How often models are right with a tenth left out, and on all pictures."""
    found = {model: [left_out(entry, share) for share in (0.1, 0.0)] for model, entry in models.items()}
    if len(models) == 1:
        [(model, (kept, whole))] = found.items()
        return (
            f"Leaving out the 10 % it is least sure of, {model} is right on {percent(kept)}; of all on"
            f" {percent(whole)}"
        )
    if len(models) <= SEVERAL:
        shares = ", ".join(f"{model} {percent(kept)}" for model, (kept, _) in found.items())
    else:
        worst, best = (choose(found, key=lambda model: found[model][0]) for choose in (min, max))
        shares = f"from {percent(found[worst][0])} ({worst}) to {percent(found[best][0])} ({best})"
    return f"Right, without the 10 % each is least sure of: {shares}"


def left_out(entry: Mapping[str, Any], share: float) -> float:
    """How often a model is right when it leaves out a share of the pictures, from its `rejection`."""
    nearest = min(entry["rejection"], key=lambda one: abs(one["rejected"] - share))
    return float(nearest["accuracy"])


def mixed_up(values: np.ndarray) -> tuple[int, int, float]:
    """The two classes whose mistakes, taken both ways together, are the most by absolute value.

    Args:
        values: (classes, classes), 0 on the diagonal.

    Returns:
        Both labels, and the sum of the two cells.
    """
    both = np.triu(values + values.T)
    one, other = divmod(int(np.abs(both).argmax()), len(both))
    return one, other, float(both[one, other])


def mixed_up_title(
    classes: Sequence[str], mistakes: Mapping[str, np.ndarray], pairs: Sequence[tuple[str, str]]
) -> str:
    """Which two classes a model mixes up less or more often than its baseline, and how often.

    Args:
        classes: names of the rows and columns.
        mistakes: of each model (classes, classes), of 1,000 pictures of the row's class how many it takes
            for the column's; 0 on the diagonal.
        pairs: baseline and candidate of each comparison.
    """
    found = [(mixed_up(mistakes[other] - mistakes[one]), one, other) for one, other in pairs]
    (first, second, change), baseline, candidate = max(found, key=lambda each: abs(each[0][2]))
    if abs(change) < 1:
        who = f"{candidate} and {baseline}" if len(pairs) == 1 else "All models"
        return f"{who} mix up the same classes: no two of them change by 1 of 1,000"
    before, after = (mistakes[one][[first, second], [second, first]].sum() for one in (baseline, candidate))
    how = "less" if change < 0 else "more"
    counts = f"{after:.0f} of 2,000, not {before:.0f}"
    least = "" if len(pairs) == 1 else f"The largest of {len(pairs)} differences: "
    return (
        f"{least}{candidate} mixes up {classes[first]} and {classes[second]} {how} than {baseline}, {counts}"
    )


def disagreements_title(comparison: Mapping[str, Any], num_images: int, several: bool) -> str:
    """On how many images one model is right and the other wrong, of several trainings: all of them."""
    found, one, other = comparison["disagreement"], comparison["baseline"], comparison["candidate"]
    only_one, only_other = (found[f"num_only_{role}_right"] for role in ("baseline", "candidate"))
    if not only_one + only_other:
        every = "all trainings of " if several else ""
        return f"No picture is right with {every}{other} and wrong with {every}{one}, or the reverse"
    if several:
        return (
            f"All trainings of {other} right, all of {one} wrong: {only_other:,} of {num_images:,} pictures;"
            f" the reverse: {only_one:,}"
        )
    return f"Only {other} is right on {only_other:,} of {num_images:,} pictures, only {one} on {only_one:,}"
