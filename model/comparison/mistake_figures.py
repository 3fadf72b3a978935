"""Pictures of what goes wrong: which classes are taken for which, and the most confident mistakes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps

from data.splits import DataFacts
from model.comparison.accuracy_figure import failures_note, nothing_scored
from model.comparison.headlines import by_interest, caution_title
from model.comparison.pairs import ClassDifference
from model.comparison.records import ClassScore, Comparison, Mistake, Outcome
from model.report.canvas import (
    GREY,
    INK,
    LIGHT,
    Axes,
    Sheet,
    caption,
    enlarge,
    garment,
    pt,
    shortened,
    top_below,
    width_of,
)
from model.report.estimates import colours_of, draw_estimate, finish_rows
from model.report.figure import Figure
from model.report.words import numbered, percent, quoted, short, signed

# Fashion-MNIST's clothes for the upper body, the whole body and the legs, bags, shoes: like beside like.
FASHION_ORDER = (0, 6, 2, 4, 3, 1, 8, 5, 7, 9)
MOST_CLASSES = 12
HEIGHT, GAINS = 760, 800  # pixels: the confusion figure's, and where the gains begin
TIGHT, SMALLEST, HEAD = 90, 42, 150  # pixels: over narrower cells heads stand aslant, and may be so long
PER_ROW, BLOCK = 6, 5  # mistakes in a row, and pixels a pixel
SEEN_SHADE = 0.62  # of the colour range; beyond it text on the colour is white


def class_order(data: DataFacts) -> list[int]:
    """Labels in the order they are shown in: like beside like for Fashion-MNIST, else as they come."""
    count = len(data.classes)
    return list(FASHION_ORDER) if data.is_fashion and count == 10 else list(range(count))


def shown_rows(outcome: Outcome) -> tuple[str, Comparison | None, Sequence[ClassScore | ClassDifference]]:
    """Whose classes are shown, against whom, and they: of the first candidate, else of the last model."""
    if outcome.comparisons:
        versus = outcome.comparisons[0]
        return versus.candidate, versus, versus.per_class
    last = list(outcome.models)[-1]
    return last, None, outcome.models[last].per_class


def mistakes_per_1000(confusion: Sequence[Sequence[float]]) -> np.ndarray:
    """Of 1,000 pictures of a class (row), how many are taken for another (column); 0 on the diagonal.

    In whole pictures, so that the change of two models is that of the numbers which are shown.
    """
    counts = np.array(confusion, float)
    shares = 1000 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-9)
    np.fill_diagonal(shares, 0)
    return shares.round()


def most_confused(values: np.ndarray, order: Sequence[int], most: int = MOST_CLASSES) -> list[int]:
    """The classes of the largest cells, by absolute value, as many as fit; kept in their order."""
    chosen: set[int] = set()
    for place in np.argsort(-np.abs(values), axis=None, kind="stable"):
        both = chosen | set(divmod(int(place), len(values)))
        if len(both) > min(most, len(order)):
            break
        chosen = both
    return [label for label in order if label in chosen]


def confusion(outcome: Outcome, data: DataFacts, path: Path) -> Figure:
    """Draw 4-confusion: mistakes of the first candidate, the change from the baseline, each class's gain.

    Counts of `models.*.confusion` are divided by their row's sum. Where nothing was compared, the last
    model is shown alone.
    """
    if not outcome.models:
        return nothing_scored(outcome.failed, path)
    candidate, versus, per_class = shown_rows(outcome)
    mistakes, change = mistakes_per_1000(outcome.models[candidate].confusion), None
    if versus:
        change = mistakes - mistakes_per_1000(outcome.models[versus.baseline].confusion)
    shown = most_confused(mistakes if change is None else change, class_order(data))
    part, classes = np.ix_(shown, shown), [data.classes[label] for label in shown]
    mistakes, change = mistakes[part], None if change is None else change[part]
    drawn = {name: outcome.models[name] for name in (versus.baseline if versus else candidate, candidate)}
    title = caution_title(drawn) or confusion_title(classes, mistakes, change, candidate)
    reading = _subtitle(candidate, versus, change, classes, len(data.classes)) + failures_note(outcome.failed)
    names = [short(name) for name in classes]
    longest = max(width_of(name, 15) for name in names)
    height, top, head = min(HEIGHT, 250 + 130 * len(shown)), top_below(reading), 66
    if height - 44 - top - head < TIGHT * len(shown):  # heads stand aslant
        head = max(head, round(0.58 * min(longest, HEAD)) + 14)
        height = max(height, top + head + 44 + SMALLEST * len(shown))
    sheet = Sheet(height, title, reading)
    x, y = round(min(max(longest + 36, 150), 210)), top + head
    cell = min(130, (height - 44 - y) // len(shown))
    _matrix(sheet, x, y, cell, mistakes, change)
    _class_names(sheet, x, y, cell, names)
    axes = sheet.axes(GAINS, y, 340, cell * len(shown))
    draw_gains(axes, [per_class[label] for label in shown], colours_of(outcome.models)[candidate])
    sheet.text(GAINS, y - 32, gain_heading(versus), bold=True)
    sheet.save(path)
    return Figure(path, title, f"{title}. {_two_classes(per_class)}")


def _subtitle(
    candidate: str, versus: Comparison | None, change: np.ndarray | None, classes: Sequence[str], count: int
) -> str:
    largest = "changes" if versus else "mistakes"
    some = f" The {len(classes)} of {count} classes with the largest {largest}."
    which = some if len(classes) < count else ""
    text = f"In the cells: of 1,000 pictures of the row's class, how many {candidate} takes for the column's"
    if versus is None or change is None:
        return f"{text}; mean over trainings.{which}"
    largest = f" Largest rise: {largest_change(classes, change, 1)}."
    rise = largest if 1 <= change.max() < -change.min() else ""
    return (
        f"{text}; below it the change from {versus.baseline}: teal is fewer, brown more.{rise}"
        f" Right: each line is of its class alone; filled, what stays clear with all {count} tested.{which}"
    )


def _matrix(sheet: Sheet, x: int, y: int, cell: int, mistakes: np.ndarray, change: np.ndarray | None) -> None:
    """Coloured cells with their numbers; the diagonal is left gray, what does not happen white."""
    values = mistakes if change is None else change
    limit = max(float(np.abs(values).max()), 1.0)
    if change is None:
        share, colour_map = 0.65 * values / limit, colormaps["Greys"]
    else:
        share, colour_map = 0.5 - 0.5 * values / limit, colormaps["BrBG"]
    rgb = colour_map(share, bytes=True)[..., :3]
    np.einsum("iij->ij", rgb)[:] = 0xE4
    cells = enlarge(rgb, cell)
    cells[cell - 1 :: cell] = cells[:, cell - 1 :: cell] = 255  # a white line between them
    sheet.place(x, y, cells, frame=LIGHT, frame_width=1)
    strong = np.abs(values) / limit > SEEN_SHADE
    for row, column in np.argwhere((mistakes >= 0.5) | (np.abs(values) >= 0.5)):
        if row == column:
            continue
        colour = "#ffffff" if strong[row, column] else INK
        middle, top = x + cell * (column + 0.5), y + cell * row
        number = f"{mistakes[row, column]:.0f}"
        if change is None:
            sheet.text(middle, top + cell / 2 - 9, number, size=15, align="center", colour=colour)
            continue
        sheet.text(middle, top + cell / 2 - 18, number, size=15, align="center", colour=colour, bold=True)
        below = signed(change[row, column], 0)
        sheet.text(middle, top + cell / 2 + 3, below, size=13, align="center", colour=colour)


def _class_names(sheet: Sheet, x: int, y: int, cell: int, classes: Sequence[str]) -> None:
    for place, name in enumerate(classes):
        middle = y + cell * (place + 0.5)
        sheet.text(x - 12, middle - 7, shortened(name, x - 36), align="right")
    side = cell * len(classes)
    axes = sheet.axes(x, y, side, side)
    axes.set_axis_off()
    axes.set_xlim(0, side)
    axes.set_ylim(side, 0)
    tight = cell < TIGHT
    for place, name in enumerate(classes):
        label = shortened(name, HEAD if tight else cell - 8, 14)
        at = {"rotation": 35, "ha": "left"} if tight else {"ha": "center"}
        left = cell * (place + (0.35 if tight else 0.5))
        axes.text(left, -6, label, fontsize=pt(14), va="bottom", rotation_mode="anchor", **at)
    sheet.text(x - 12, y - 38, "down: label\nacross: answer", size=13, align="right", colour=GREY)


def gain_heading(versus: Comparison | None) -> str:
    """What the axis beside the classes counts."""
    heading = f"Gain over {versus.baseline}" if versus else "Right"
    return shortened(heading, 170, bold=True) + ", of 1,000 of the class"


def draw_gains(axes: Axes, per_class: Sequence[ClassScore | ClassDifference], colour: str) -> None:
    """Draw a row per class: of 1,000 how many are right, or how many more than the baseline's."""
    relative = any(isinstance(found, ClassDifference) for found in per_class)
    if relative:
        axes.axvline(0, color=INK, linewidth=1.2)
    for row, found in enumerate(per_class):
        if found.value is None:
            continue  # no test picture of the class
        ends = found.interval and [1000 * end for end in found.interval]
        hollow = isinstance(found, ClassDifference) and not found.clear
        draw_estimate(axes, row, 1000 * found.value, ends, colour, hollow=hollow)
    finish_rows(axes, len(per_class))
    axes.grid(axis="y", color="#ececec", linewidth=1)
    axes.set_yticks(range(len(per_class)), [""] * len(per_class))
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_formatter(lambda value, _: signed(value, 0) if relative else f"{value:.0f}")


def _two_classes(per_class: Sequence[ClassScore | ClassDifference]) -> str:
    """The class with the smallest value and that with the largest."""
    known = [(found.value, short(found.class_)) for found in per_class if found.value is not None]
    ranked = sorted(known, key=lambda one: one[0])
    ends = ranked[0], ranked[-1]
    if isinstance(per_class[0], ClassDifference):
        text = " to ".join(f"{name} {signed(1000 * value, 0)}" for value, name in ends)
        return f"Change of pictures right, of 1,000 of the class: from {text}."
    return f"Right, by class: from {' to '.join(f'{name} {percent(value)}' for value, name in ends)}."


def mistakes(
    outcome: Outcome,
    data: DataFacts,
    mistakes: Sequence[Mistake],
    seeds: Sequence[int],
    images: np.ndarray,
    path: Path,
) -> Figure:
    """Draw 5-mistakes: the most confident mistakes of one network; `seeds` are those of the run."""
    if not outcome.models:
        return nothing_scored(outcome.failed, path)
    if not mistakes:
        title = mistakes_title([], by_interest(outcome.models)[0])
        Sheet(200, title).save(path)
        return Figure(path, title, title)
    model, seed = mistakes[0].model, mistakes[0].seed
    title = mistakes_title(mistakes, model)
    first_of = "the first" if seed == seeds[0] else "the first that did not fail"
    which = numbered(seed, outcome.models[model].elsewhere is not None)
    reading = (
        f"The surest of {model}, {which} ({first_of}, not the best), on all test pictures. Bold:"
        f" its answer.{' Some labels can be argued with.' if data.is_fashion else ''}"
    )
    sheet = Sheet(top_below(reading) + 440, title, reading)
    size = BLOCK * images.shape[1]
    step = (sheet.width - 48) / PER_ROW
    for place, mistake in enumerate(mistakes):
        row, column = divmod(place, PER_ROW)
        x, y = 24 + round(step * column + (step - size) / 2), sheet.top + 8 + 216 * row
        sheet.place(x, y, garment(images[mistake.index], BLOCK))
        said, label = (short(data.classes[number]) for number in (mistake.predicted, mistake.label))
        answer = f"{shortened(said, step - 84, bold=True)} {percent(mistake.probability)}"
        middle = x + size / 2
        sheet.text(middle, y + size + 6, answer, align="center", bold=True)
        sheet.text(middle, y + size + 27, shortened(f"label: {label}", step - 12), align="center")
        caption(sheet, middle, y + size + 47, f"test picture {mistake.index}")
    sheet.save(path)
    first = [f"{short(data.classes[one.predicted])} {percent(one.probability)}" for one in mistakes[:2]]
    return Figure(path, title, f"{title}. The surest: {', '.join(first)}.")


def confusion_title(
    classes: Sequence[str], mistakes: np.ndarray, change: np.ndarray | None, candidate: str
) -> str:
    """Which mistake became rarer or more frequent the most.

    `mistakes`, (classes, classes), are of 1,000 pictures of the row's class how many the candidate takes for
    the column's, 0 on the diagonal; `change` is candidate minus baseline, None where there is no baseline.
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
    return f"{quoted(short(classes[true]))} taken for {quoted(short(classes[said]))}"


def mistakes_title(mistakes: Sequence[Mistake], model: str) -> str:
    """How sure a model was of its surest mistakes."""
    if not mistakes:
        return f"{model} makes no mistake on the test pictures"
    least = min(mistake.probability for mistake in mistakes)
    if least > 0.5:
        return f"Sure and wrong: {model} gave each of these wrong answers at least {percent(least)}"
    most = max(mistake.probability for mistake in mistakes)
    return f"Wrong, but never sure: {model} gave no wrong answer more than {percent(most)}"
