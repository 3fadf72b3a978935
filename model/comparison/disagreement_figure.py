"""The picture of what only one of two models gets right."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from model.comparison.accuracy_figure import failures_note
from model.comparison.headlines import Report
from model.report.canvas import GREY, Sheet, garment, shortened, top_below
from model.report.estimates import colours_of
from model.report.figure import Figure
from model.report.words import percent, short

SHOWN, BLOCK = 6, 5  # images of a kind, and pixels a pixel
ROW = 264  # pixels, of a row of images


def disagreements(report: Report, images: np.ndarray, path: Path) -> Figure:
    """Draw 9-disagreements: images on which one of the first two compared is right and the other wrong."""
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
