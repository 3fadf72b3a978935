"""How accuracy falls on perturbed test images, and what one pixel does to maps: a part of report.md."""

from collections.abc import Mapping, Sequence

from model.report.tables import escaped, table
from model.report.words import decimal, names, signed
from model.robustness.records import Curves, Robustness, Stability


def robustness_in_markdown(robustness: Robustness | None) -> str:
    """The section of report.md: a table per kind of perturbation and one of the maps, in fractions.

    Nothing where nothing was measured.
    """
    if not robustness:
        return ""
    parts = [
        "## On perturbed pictures",
        f"Accuracy on {chosen(robustness)}, with its 95 % interval, allowing for"
        f" {escaped(_allowed_for(robustness))}.",
        *(escaped(sentence) for sentence in robustness.words),
        *([robustness.caution] if robustness.caution else []),
    ]
    elsewhere = robustness.elsewhere or []
    for kind in robustness.kinds:
        parts += [f"### {kind.kind.capitalize()}: {kind.unit}", _seen(kind, elsewhere), table(_rows(kind))]
    parts += [
        "### The picture moved by one pixel",
        "Answers that stay the same, and by how much maps change, read at the same places: 1 is as much as"
        " another picture would change them (in brackets: those of an untrained network).",
        table(_maps(robustness.stability)),
    ]
    return "\n" + "\n\n".join(parts) + "\n"


def chosen(robustness: Robustness) -> str:
    """Which test pictures the numbers are of, in words."""
    pictures, per_class = f"{robustness.images:,} test pictures", robustness.images_per_class
    return f"all {pictures}" if per_class == "all" else f"{pictures} (the first {per_class} of each class)"


def _allowed_for(robustness: Robustness) -> str:
    """What the intervals of the models allow for; of single trainings this is less."""
    singles = robustness.of_one_seed
    if len(singles) == len(robustness.seeds):
        return "other pictures"
    of_some = f", but of {names(singles)} for other pictures only" if singles else ""
    return f"other trainings and pictures{of_some}"


def _seen(kind: Curves, elsewhere: Sequence[str]) -> str:
    reach = kind.trained_on
    if elsewhere and len(elsewhere) == len(kind.models):
        return "Whether trained on is not known."
    but = f" (of {escaped(names(elsewhere))} that is not known)" if elsewhere else ""
    return f"Trained on up to {reach}{but}." if reach else f"Not trained on{but}."


def _rows(kind: Curves) -> list[list[str]]:
    """A row per strength; the models' accuracies, and the differences to the first."""
    models, differences = kind.models, kind.differences
    minus = [f"{escaped(one.candidate)} − {escaped(one.baseline)}" for one in differences]
    rows = [["strength", *(escaped(model) for model in models), *minus]]
    for place, strength in enumerate(kind.strengths):
        accuracies = [_told(decimal(e.accuracy[place], 3), e.intervals[place]) for e in models.values()]
        ahead = [_told(signed(one.difference[place], 3), one.intervals[place]) for one in differences]
        rows.append([f"{strength:g}", *accuracies, *ahead])
    return rows


def _told(value: str, interval: Sequence[float]) -> str:
    low, high = (decimal(end, 3) for end in interval)
    return f"{value} ({low} to {high})"


def _maps(stability: Mapping[str, Stability]) -> list[list[str]]:
    """A row per model: its answers, and its layers in order."""
    most = max(len(found.layers) for found in stability.values())
    rows = [["model", "same answer", *[""] * most]]
    for model, found in stability.items():
        cells = [
            f"{layer.layer} {layer.trained.change:.3f} ({layer.untrained.change:.3f})"
            for layer in found.layers
        ]
        kept = _told(decimal(found.answers_kept, 3), found.interval)
        rows.append([escaped(model), kept, *cells, *[""] * (most - len(cells))])
    return rows
