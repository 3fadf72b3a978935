"""2-accuracy: accuracy of every model, and the parts that other pictures of the comparison share."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from data.splits import DataFacts
from model.comparison.headlines import accuracy_title, digits_for
from model.comparison.records import Comparison, Failure, Models, Outcome
from model.comparison.tables import failed_job
from model.report.canvas import GREY, INK, Axes, Sheet, shortened
from model.report.estimates import (
    colours_of,
    draw_estimate,
    finish_rows,
    model_name,
    whole_percent,
    write_number,
)
from model.report.figure import Figure
from model.report.words import ends, names, percent, signed, span

NON_EXPERTS = 0.835  # people without training in fashion, on Fashion-MNIST: Zalando's README


def failures_note(failed: Sequence[Failure]) -> str:
    """A line that names the jobs that failed; empty if none did."""
    jobs = [failed_job(failure).replace(", ", " ") for failure in failed]
    return f"\nFailed: {names(jobs, most=6)}." if jobs else ""


def accuracy(outcome: Outcome, data: DataFacts, path: Path) -> Figure:
    """Draw 2-accuracy: trainings, mean and interval of each model, and beside it differences to the first."""
    if not outcome.models:
        return nothing_scored(outcome.failed, path)
    title = accuracy_title(outcome)
    comparisons = {comparison.candidate: comparison for comparison in outcome.comparisons}
    reading = "A dot is one training; diamond and line are the mean and its 95 % interval."
    if comparisons:
        several = len(comparisons) > 1  # whose lines are each of one pair alone
        where = "the mark is filled, all pairs allowed for" if several else "the line leaves out 0"
        reading += (
            f" Whether two models differ, the right side tells: they do where {where}, even if their lines on"
            " the left overlap."
        )
    models = list(outcome.models)
    sheet = Sheet(max(520, 250 + 46 * len(models)), title, reading + failures_note(outcome.failed))
    y = sheet.top + 62
    height = sheet.height - 66 - y
    width = 410 if comparisons else 760
    row_height = height / len(models)
    for place, name in enumerate(models):
        model_name(sheet, y + row_height * (place + 0.5) - 7, name, 156)
    sheet.text(190, sheet.top + 8, "Right, of all test pictures", bold=True)
    axes = sheet.axes(190, y, width, height)
    marks = _accuracies(axes, outcome.models)
    for place, accuracy in enumerate(marks):
        write_number(sheet, 190 + width + 14, y + row_height * (place + 0.5), *accuracy)
    if data.is_fashion:
        _non_experts(sheet, axes, 190, y, width)
    if comparisons:
        baseline = outcome.comparisons[0].baseline
        sheet.text(790, sheet.top + 8, shortened(f"Points ahead of {baseline}", 390, bold=True), bold=True)
        differences = _differences(sheet.axes(790, y, 280, height), models, comparisons)
        for place, difference in differences.items():
            write_number(sheet, 1084, y + row_height * (place + 0.5), *difference)
        if baseline in models:
            middle = y + row_height * (models.index(baseline) + 0.5)
            sheet.text(930, middle - 9, "the baseline", size=14, align="center", colour=GREY)
    sheet.save(path)
    return Figure(path, title, f"{title}. {accuracies_in_words(outcome.models)}")


def nothing_scored(failed: Sequence[Failure], path: Path) -> Figure:
    """Draw, in the place of any of these pictures, that there is nothing to show."""
    title = "No training was finished"
    Sheet(200, title, failures_note(failed).strip()).save(path)
    return Figure(path, title, f"{title}.{failures_note(failed)}".replace("\n", " "))


def accuracies_in_words(models: Models) -> str:
    """How often each model was right, for those who cannot see the picture."""
    shares = [f"{name} {percent(entry.accuracy.mean)}" for name, entry in models.items()]
    return f"Right on the test pictures: {', '.join(shares)}."


def _accuracies(axes: Axes, models: Models) -> list[tuple[str, str]]:
    """Rows of dots; returns what is written beside each."""
    colours, written = colours_of(models), []
    for row, (name, entry) in enumerate(models.items()):
        found = entry.accuracy
        draw_estimate(axes, row, found.mean, found.interval, colours[name], found.values)
        written.append((percent(found.mean), ends(found.interval)))
    finish_rows(axes, len(models))
    axes.xaxis.set_major_formatter(whole_percent)
    return written


def _differences(
    axes: Axes, models: Sequence[str], comparisons: Mapping[str, Comparison]
) -> dict[int, tuple[str, str]]:
    colours, written = colours_of(models), {}
    axes.axvline(0, color=INK, linewidth=1.2)
    for row, name in enumerate(models):
        if name not in comparisons:
            continue
        found = comparisons[name]
        difference, ends = 100 * found.difference, [100 * end for end in found.interval]
        draw_estimate(axes, row, difference, ends, colours[name], hollow=not found.is_clear)
        written[row] = (signed(difference, digits_for(found.interval)), span(found.interval))
    finish_rows(axes, len(models))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}".replace("-", "−"))
    return written


def _non_experts(sheet: Sheet, axes: Axes, x: float, y: float, width: float) -> None:
    axes.axvline(NON_EXPERTS, color=GREY, linewidth=1.5, linestyle=(0, (2, 2)), zorder=1)
    low, high = axes.get_xlim()
    place = x + width * (NON_EXPERTS - low) / (high - low)
    left = max(place - 6, x - 40)
    sheet.text(left, y - 26, f"people who are no experts: {percent(NON_EXPERTS)}", size=14, colour=GREY)
