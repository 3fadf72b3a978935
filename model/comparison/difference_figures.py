"""Pictures of what two models do differently: classes mixed up less or more, images only one gets right."""

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps

from model.comparison.accuracy_figure import failures_note
from model.comparison.headlines import Report
from model.comparison.mistake_figures import class_order, mistakes_per_1000, most_confused
from model.report.canvas import GREY, INK, LIGHT, Sheet, enlarge, garment, points, shortened, top_below
from model.report.estimates import colours_of
from model.report.figure import Figure
from model.report.words import percent, short, signed

PER_ROW, MOST_PANELS = 3, 9  # matrices
MOST_CLASSES, SIDE, STEP = 10, 320, 360  # of a matrix; pixels of its side, and from one to the next
LEFT, ABOVE, PANEL = 104, 88, 440  # pixels: of the classes' names, of all above a matrix, of a row of them
DARK = 128  # mean of red, green and blue; on darker cells text is white
DIAGONAL = 0xE4
SHOWN, BLOCK = 6, 5  # images of a kind, and pixels a pixel
ROW = 264  # pixels, of a row of images


def confusions(report: Report, path: Path) -> Figure:
    """Draw 8-confusions: how the confusion matrices of two models differ.

    A single comparison is shown as both matrices and their difference, several as the difference of each.

    Args:
        report: as report.json, with at least one comparison. The numbers are its `models.*.confusion`, each
            row divided by its sum.
        path: of the PNG.

    Returns:
        The figure's place, title and text for those who cannot see it.
    """
    mistakes = {model: mistakes_per_1000(entry) for model, entry in report["models"].items()}
    pairs = [(one["baseline"], one["candidate"]) for one in report["comparisons"]]
    classes = [short(name) for name in report["data"]["classes"]]
    title = mixed_up_title(classes, mistakes, pairs)
    shown_pairs = pairs[:MOST_PANELS]
    changes = [mistakes[candidate] - mistakes[baseline] for baseline, candidate in shown_pairs]
    shown = most_confused(np.abs(changes).max(axis=0), class_order(report), MOST_CLASSES)
    reading = _reading(report, pairs, len(shown))
    panels = [(f"{candidate} − {baseline}", True) for baseline, candidate in shown_pairs]
    matrices = changes
    if len(pairs) == 1:
        panels = [(model, False) for model in pairs[0]] + panels
        matrices = [mistakes[model] for model in pairs[0]] + changes
    sheet = Sheet(top_below(reading) + 8 + PANEL * ceil(len(panels) / PER_ROW), title, reading)
    part, names = np.ix_(shown, shown), [classes[label] for label in shown]
    limits = {kind: _limit(matrices, panels, kind, part) for kind in (True, False)}
    for place, ((heading, is_change), matrix) in enumerate(zip(panels, matrices, strict=True)):
        x, y = LEFT + STEP * (place % PER_ROW), sheet.top + 8 + PANEL * (place // PER_ROW)
        sheet.text(x, y, shortened(heading, SIDE, bold=True), bold=True)
        _matrix(sheet, x, y + ABOVE, matrix[part], limits[is_change], is_change)
        _names(sheet, x, y + ABOVE, names, rows=place % PER_ROW == 0)
        one, other, most = mixed_up(matrix)
        number = signed(most, 0) if is_change else f"{most:.0f}"
        text = f"{classes[one]} and {classes[other]}: {number}"
        sheet.text(x, y + ABOVE + SIDE + 8, shortened(text, SIDE, 14), size=14, colour=GREY)
    sheet.save(path)
    rises = [f"{candidate} {matrix.sum() / len(matrix):.0f}" for candidate, matrix in mistakes.items()]
    return Figure(path, title, f"{title}. Mistakes of 1,000, on the mean of the classes: {', '.join(rises)}.")


def _reading(report: Report, pairs: Sequence[tuple[str, str]], num_shown: int) -> str:
    what = "Mistakes of both and their difference" if len(pairs) == 1 else "Differences of mistakes"
    count = len(report["data"]["classes"])
    which = f" The {num_shown} of {count} classes with the largest differences." if num_shown < count else ""
    if len(pairs) > MOST_PANELS:
        which += f" The first {MOST_PANELS} of {len(pairs)} comparisons."
    return (
        f"{what}, of 1,000 pictures of the row's class (down: label; across: answer): blue is fewer, red"
        " more; right answers, the gray diagonal, are left out. Below each: the two classes for which both"
        f" kinds of mistake together are most, or differ most.{which}{failures_note(report)}"
    )


def _limit(
    matrices: Sequence[np.ndarray], panels: Sequence[tuple[str, bool]], kind: bool, part: Any
) -> float:
    """One limit for all matrices of a kind; their diagonals are 0."""
    found = [
        matrix[part] for matrix, (_, is_change) in zip(matrices, panels, strict=True) if is_change == kind
    ]
    return max([1.0, *(float(np.abs(matrix).max()) for matrix in found)])


def _matrix(sheet: Sheet, x: int, y: int, values: np.ndarray, limit: float, is_change: bool) -> None:
    """Coloured cells with their numbers; the diagonal is gray."""
    cell = SIDE // len(values)
    share, colours = (values / limit / 2 + 0.5, "RdBu_r") if is_change else (0.65 * values / limit, "Greys")
    rgb = colormaps[colours](share, bytes=True)[..., :3]
    np.einsum("iij->ij", rgb)[:] = DIAGONAL
    sheet.place(x, y, enlarge(rgb, cell), frame=LIGHT, frame_width=1)
    for row, column in np.argwhere(np.abs(values) >= 0.5):
        value = values[row, column]
        number = signed(value, 0) if is_change else f"{value:.0f}"
        colour = "#ffffff" if rgb[row, column].mean() < DARK else INK
        middle = x + cell * (column + 0.5)
        sheet.text(middle, y + cell * (row + 0.5) - 8, number, size=13, align="center", colour=colour)


def _names(sheet: Sheet, x: int, y: int, classes: Sequence[str], rows: bool) -> None:
    """Classes aslant above a matrix, and beside the first of a row of matrices."""
    cell = SIDE // len(classes)
    side = cell * len(classes)
    axes = sheet.axes(x, y, side, side)
    axes.set_axis_off()
    axes.set_xlim(0, side)
    axes.set_ylim(side, 0)
    for place, name in enumerate(classes):
        if rows:
            middle = y + cell * (place + 0.5)
            sheet.text(x - 8, middle - 8, shortened(name, LEFT - 16, 14), size=14, align="right")
        label = shortened(name, 84, 14)
        slant: dict[str, Any] = {"rotation": 48, "rotation_mode": "anchor", "va": "bottom", "ha": "left"}
        axes.text(cell * (place + 0.5), -4, label, fontsize=points(14), **slant)


def disagreements(report: Report, images: np.ndarray, path: Path) -> Figure:
    """Draw 9-disagreements: images on which one model is right and the other wrong, with what each says.

    Args:
        report: as report.json, with at least one comparison, of which the first is shown. All numbers are
            its `disagreement`.
        images: uint8 (n, 28, 28), the test pictures in the order of the file.
        path: of the PNG.

    Returns:
        The figure's place, title and text for those who cannot see it.
    """
    versus = report["comparisons"][0]
    found = versus["disagreement"]
    several = _several_seeds(report)
    title = disagreements_title(versus, report["data"]["test"], several)
    sheet = Sheet(top_below(_rule(report)) + 2 * ROW, title, _rule(report))
    for row, right in enumerate(("candidate", "baseline")):
        y = sheet.top + 8 + ROW * row
        count, shown = found[f"num_only_{right}_right"], found[f"only_{right}_right"][:SHOWN]
        who = shortened(versus[right], 600, bold=True)
        heading = f"All trainings of {who} right: {count:,}" if several else f"Only {who} is right: {count:,}"
        sheet.text(24, y, heading, bold=True)
        for place, one in enumerate(shown):
            _image(sheet, place, y + 28, images[one["index"]], one, report, versus)
    sheet.save(path)
    return Figure(path, title, f"{title}. Their answers differ on {percent(found['share'])} of the pictures.")


def _rule(report: Report) -> str:
    several, several_seeds = len(report["comparisons"]), _several_seeds(report)
    who, how = "One model", "how sure"
    if several_seeds:
        who, how = "All trainings of one model", "the mean of the trainings, and their commonest answer"
    which = f" The first of {several} comparisons." if several > 1 else ""
    wrong = "all of the other wrong" if several_seeds else "the other is wrong"
    return (
        f"{who} right, {wrong}; those on which they gave the label's class the most different probabilities."
        f" Bold: the label; below it each model's answer and its probability ({how}).{which}"
        f"{failures_note(report)}"
    )


def _several_seeds(report: Report) -> bool:
    """Whether one of the two models that are shown was trained more than once."""
    versus = report["comparisons"][0]
    return any(len(report["models"][versus[role]]["seeds"]) > 1 for role in ("baseline", "candidate"))


def _image(
    sheet: Sheet,
    place: int,
    y: int,
    image: np.ndarray,
    one: Mapping[str, Any],
    report: Report,
    versus: Mapping[str, Any],
) -> None:
    """One garment with its label and both answers."""
    classes, colours = report["data"]["classes"], colours_of(report["models"])
    step = (sheet.width - 48) / SHOWN
    size = len(image) * BLOCK
    x = 24 + round(step * place + (step - size) / 2)
    sheet.place(x, y, garment(image, BLOCK))
    middle, y = x + size / 2, y + size + 6
    label = shortened(short(classes[one["label"]]), step - 8, bold=True)
    sheet.text(middle, y, label, align="center", bold=True)
    for row, role in enumerate(("baseline", "candidate")):
        said, sure = short(classes[one[role]["predicted"]]), percent(one[role]["probability"], 0)
        answer = f"{shortened(versus[role], 66, 13)}: {shortened(said, 76, 13)} {sure}"
        top, colour = y + 21 + 18 * row, colours[versus[role]]
        sheet.text(middle, top, answer, size=13, align="center", colour=colour)
    number = f"test picture {one['index']}"
    sheet.text(middle, y + 57, number, size=13, align="center", colour=GREY)


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
