"""The picture of what only one of two models gets right."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from data.splits import DataFacts
from model.comparison.accuracy_figure import failures_note
from model.comparison.pairs import Answer, Disagreement, OneRight
from model.comparison.records import Comparison, Outcome
from model.report.canvas import Sheet, caption, garment, shortened, top_below
from model.report.estimates import colours_of
from model.report.figure import Figure
from model.report.words import percent, short

SHOWN, BLOCK = 6, 5  # images of a kind, and pixels a pixel
ROW = 264  # pixels, of a row of images


def disagreements(outcome: Outcome, data: DataFacts, images: np.ndarray, path: Path) -> Figure:
    """Draw 9-disagreements: images on which one of the first two compared is right and the other wrong."""
    versus = outcome.comparisons[0]
    found, several, rule = _found(versus), _several_seeds(outcome), _rule(outcome)
    title = disagreements_title(versus, data.test, several)
    sheet, colours = Sheet(top_below(rule) + 2 * ROW, title, rule), colours_of(outcome.models)
    rows = (
        (versus.candidate, found.num_only_candidate_right, found.only_candidate_right),
        (versus.baseline, found.num_only_baseline_right, found.only_baseline_right),
    )
    for row, (right, count, shown) in enumerate(rows):
        y = sheet.top + 8 + ROW * row
        who = shortened(right, 600, bold=True)
        heading = f"All trainings of {who} right: {count:,}" if several else f"Only {who} is right: {count:,}"
        sheet.text(24, y, heading, bold=True)
        for place, one in enumerate(shown[:SHOWN]):
            said = {versus.baseline: one.baseline, versus.candidate: one.candidate}
            _image(sheet, place, y + 28, images[one.index], one, said, data.classes, colours)
    sheet.save(path)
    return Figure(path, title, f"{title}. Their answers differ on {percent(found.share)} of the pictures.")


def _found(comparison: Comparison) -> Disagreement:
    """What a run always tells of its own comparisons."""
    if comparison.disagreement is None:
        raise ValueError(f"nothing is known of where {comparison.candidate} and {comparison.baseline} differ")
    return comparison.disagreement


def _rule(outcome: Outcome) -> str:
    several, several_seeds = len(outcome.comparisons), _several_seeds(outcome)
    who, how = "One model", "how sure"
    if several_seeds:
        who, how = "All trainings of one model", "the mean of the trainings, and their commonest answer"
    which = f" The first of {several} comparisons." if several > 1 else ""
    wrong = "all of the other wrong" if several_seeds else "the other is wrong"
    return (
        f"{who} right, {wrong}; those on which they gave the label's class the most different probabilities."
        f" Bold: the label; below it each model's answer and its probability ({how}).{which}"
        f"{failures_note(outcome.failed)}"
    )


def _several_seeds(outcome: Outcome) -> bool:
    """Whether one of the two models that are shown was trained more than once."""
    versus = outcome.comparisons[0]
    return any(len(outcome.models[name].seeds) > 1 for name in (versus.baseline, versus.candidate))


def _image(
    sheet: Sheet,
    place: int,
    y: int,
    image: np.ndarray,
    one: OneRight,
    answers: Mapping[str, Answer],
    classes: Sequence[str],
    colours: Mapping[str, str],
) -> None:
    """One picture with its label and the answers of both models, by their names."""
    step = (sheet.width - 48) / SHOWN
    size = len(image) * BLOCK
    x = 24 + round(step * place + (step - size) / 2)
    sheet.place(x, y, garment(image, BLOCK))
    middle, y = x + size / 2, y + size + 6
    label = shortened(short(classes[one.label]), step - 8, bold=True)
    sheet.text(middle, y, label, align="center", bold=True)
    for row, (model, answer) in enumerate(answers.items()):
        said, sure = short(classes[answer.predicted]), percent(answer.probability, 0)
        told = f"{shortened(model, 66, 13)}: {shortened(said, 76, 13)} {sure}"
        sheet.text(middle, y + 21 + 18 * row, told, size=13, align="center", colour=colours[model])
    caption(sheet, middle, y + 57, f"test picture {one.index}")


def disagreements_title(comparison: Comparison, num_images: int, several: bool) -> str:
    """On how many images one model is right and the other wrong, of several trainings: all of them."""
    found, one, other = _found(comparison), comparison.baseline, comparison.candidate
    only_one, only_other = found.num_only_baseline_right, found.num_only_candidate_right
    if not only_one + only_other:
        every = "all trainings of " if several else ""
        return f"No picture is right with {every}{other} and wrong with {every}{one}, or the reverse"
    if several:
        return (
            f"All trainings of {other} right, all of {one} wrong: {only_other:,} of {num_images:,} pictures;"
            f" the reverse: {only_one:,}"
        )
    return f"Only {other} is right on {only_other:,} of {num_images:,} pictures, only {one} on {only_one:,}"
