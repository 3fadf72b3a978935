"""Pictures of how accuracy falls on perturbed test images."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.ticker import MultipleLocator

from data.perturbations import KINDS, in_steps
from model.comparison.pairs import leaves_out_0
from model.comparison.records import Outcome
from model.report.canvas import GREY, Axes, Sheet, garment, shortened
from model.report.estimates import colours_of, finish_curves
from model.report.figure import Figure, Picture
from model.report.words import clause, names, numbered, percent
from model.robustness.records import Curves, Robustness
from model.robustness.tables import chosen

HEIGHT = 560
PLOT = (76, 902)  # pixels: where the axes begin and end
BLOCK = 3  # pixels of the sheet per pixel of a picture
DODGE = 7  # pixels between the marks of two models at one strength
LEGEND = 240  # pixels, the width of the list of models
MOST_NAMED = 12  # models in it


def curves(
    outcome: Outcome,
    robustness: Robustness,
    seeds: Sequence[int],
    images: np.ndarray,
    kind: str,
    path: Path,
) -> Figure | None:
    """Draw robustness-KIND: a line per model over the strengths, and under them one picture at each.

    None where the kind was not tried.
    """
    found = next((one for one in robustness.kinds if one.kind == kind), None)
    if found is None:
        return None
    examples, title = in_steps(images, kind), _title(found, robustness.elsewhere or [])
    sheet = Sheet(HEIGHT, title, _subtitle(robustness, seeds, found))
    left, right = PLOT
    tile = BLOCK * examples.shape[1]
    y = sheet.top + 8
    height = HEIGHT - 62 - tile - y
    axes = sheet.axes(left, y, right - left, height)
    strengths = found.strengths
    step = strengths[1] - strengths[0]
    axes.set_xlim(-0.5 * step, strengths[-1] + 0.5 * step)
    _lines(axes, found, colours_of(outcome.models), step * len(strengths) / (right - left))
    _finish(axes, outcome.chance)
    axes.set_xticks(strengths, [f"{strength:g}" for strength in strengths])
    sheet.text((left + right) / 2, y + height + 26, KINDS[kind].axis, size=14, align="center", colour=GREY)
    for place, example in enumerate(examples):
        middle = left + (right - left) * (place + 0.5) / len(strengths)
        sheet.place(round(middle - tile / 2), HEIGHT - tile - 12, garment(example, BLOCK))
    _legend(sheet, right + 30, y, outcome, found)
    sheet.save(path)
    untouched = [f"{model} {percent(entry.accuracy[0])}" for model, entry in found.models.items()]
    return Figure(path, title, f"{title}. Untouched: {', '.join(untouched)}.")


def _title(found: Curves, elsewhere: Sequence[str] = ()) -> str:
    """How many are right at the middle strength, and whether the models had seen such pictures."""
    rights = found.rights
    at = KINDS[found.kind].at.format(f"{found.middle:g}")
    if len(rights) <= 3:
        shares = ", ".join(f"{model} {percent(share, 0)}" for model, share in rights.items())
    else:
        best, worst = max(rights, key=lambda m: rights[m]), min(rights, key=lambda m: rights[m])
        shares = (
            f"from {percent(rights[worst], 0)} ({worst}) to {percent(rights[best], 0)} ({best}),"
            f" {len(rights)} models"
        )
    unclear = ""
    if len(rights) == 2 and found.differences:
        interval = found.differences[0].intervals[found.place]
        unclear = "" if leaves_out_0(interval) else " (no difference can be seen)"
    return f"{at}: {shares}{unclear}; {_trained_on(found, list(rights), elsewhere)}"


def _trained_on(found: Curves, models: Sequence[str], elsewhere: Sequence[str]) -> str:
    what, num_models = KINDS[found.kind], len(models)
    seen = f"{what.seen}{what.size(found.trained_on)}" if found.trained_on else what.seen
    if elsewhere:
        here = [model for model in models if model not in elsewhere]
        known = clause(here, "was", "were", f" {'' if found.trained_on else 'not '}trained on {seen}")
        if here:
            return f"{known}, of {names(elsewhere)} that is not known"
        return f"whether trained on {what.seen} is not known"
    if found.trained_on:
        every = {1: "trained on", 2: "both trained on"}.get(num_models, "all trained on")
        return f"{every} {seen}"
    none = {1: "not trained on", 2: "neither was trained on"}.get(num_models, "none was trained on")
    return f"{none} {what.seen}"


def _subtitle(robustness: Robustness, of_run: Sequence[int], found: Curves) -> str:
    seeds = {seed for seeds in robustness.seeds.values() for seed in seeds}
    singles = robustness.of_one_seed
    which = f"{len(seeds)} trainings, a dot each"
    if len(seeds) == 1:
        [seed] = seeds
        which = numbered(seed, *(model in (robustness.elsewhere or ()) for model in found.models))
        which += ", the first" * (seed == of_run[0])
    allowing = "" if len(singles) == len(found.models) else " and trainings"
    allowing += f", of {names(singles)} with other pictures only" if allowing and singles else ""
    reading = (
        f"Right, of {chosen(robustness)}; {which}. Upright lines: 95 %, with other pictures{allowing}."
        " Below: the first test picture."
    )
    words = robustness.words[:1] if found.kind == "shift" else []
    return "\n".join([reading, *words, robustness.caution]).rstrip()


def _lines(axes: Axes, found: Curves, colours: Mapping[str, str], per_pixel: float) -> None:
    """Every model's line, interval and seeds, beside each other where they would cover each other."""
    strengths, count = np.array(found.strengths, float), len(found.models)
    dodge = min(DODGE, 60 / count) * per_pixel
    for number, (model, entry) in enumerate(found.models.items()):
        places, colour = strengths + (number - (count - 1) / 2) * dodge, colours[model]
        axes.vlines(places, *np.array(entry.intervals).T, color=colour, linewidth=2, alpha=0.55)
        axes.plot(places, entry.accuracy, color=colour, linewidth=2)
        for values in entry.values.values():
            axes.plot(places, values, "o", color=colour, markersize=5, alpha=0.75, markeredgewidth=0)


def _finish(axes: Axes, chance: float) -> None:
    """The same scale in every picture, from nothing to everything right, and what guessing gives."""
    axes.set_ylim(0, 1)
    axes.axhline(chance, color=GREY, linewidth=1.5, linestyle=":", zorder=1)
    axes.yaxis.set_major_locator(MultipleLocator(0.2))
    finish_curves(axes)


def _legend(sheet: Sheet, x: int, y: float, outcome: Outcome, found: Curves) -> None:
    """The models by their accuracy at the middle strength, and what the dotted line is."""
    rights, colours = found.rights, colours_of(outcome.models)
    ranked = sorted(rights, key=lambda model: -rights[model])
    sheet.text(x, y, f"At {found.middle:g} {found.unit}", size=14, colour=GREY)
    for row, model in enumerate(ranked[:MOST_NAMED], 1):
        name = shortened(model, LEGEND - 70, 15, bold=True)
        sheet.text(x, y + 22 * row, name, bold=True, colour=colours[model])
        sheet.text(x + LEGEND, y + 22 * row, percent(rights[model], 0), align="right")
    more = f"and {len(ranked) - MOST_NAMED} more\n" if len(ranked) > MOST_NAMED else ""
    end = y + 22 * min(len(ranked), MOST_NAMED) + 28
    sheet.text(x, end, f"{more}dotted: guessing, {percent(outcome.chance, 0)}", size=14, colour=GREY)


ROBUSTNESS = tuple(
    Picture(
        f"robustness-{kind}",
        partial(curves, kind=kind),
        "robustness.kinds in report.json; robustness.npz of each training",
        only_with="robustness",
    )
    for kind in KINDS
)
