"""The result as text for the terminal. It computes no numbers."""

from collections.abc import Sequence
from pathlib import Path

from configs.command_line import command, into
from data.splits import DataFacts
from model.comparison.records import Models, Outcome
from model.comparison.tables import (
    answers,
    failure_line,
    row_per_model,
    trained_in,
    validated,
    what_may_differ,
    wrong,
)
from model.comparison.verdict import bigger_in
from model.experiment.layers import is_mirrored
from model.experiment.remarks import of_report
from model.experiment.report import Report
from model.report.drawing import missing_pictures
from model.report.tables import WIDTH, printable, wrapped
from model.report.words import ends, mega, percent

LABEL, COLUMN = 34, 14  # columns of a row's label, and of each model
SIDE_BY_SIDE = 2  # models; more of them get a row each
UNKNOWN = "Whether the convolution or the size did it, this run can't say:"
CONTROLS = "configs/why.yaml"
FIRST_PICTURE = "figures/1-at-a-glance.png"


def terminal_block(
    report: Report, folder: str, told: Sequence[str] = (), page: str = "report.html", shown: bool = False
) -> str:
    """What a report says, on one screen: plain text of 80 columns, without a last line end.

    The folder of the run is as it is to be shown; what would move the cursor in names is made visible.
    `told`: what is to be known of the networks, a sentence each. `page`: the file to look into.
    `shown`: by `show`, so that it is not named again.
    """
    failures = [f"failed   {failure_line(failure)}" for failure in report.failed]
    parts = [
        _result(report.models, report.data),
        wrapped(report.guessed),
        "\n".join([*_answers(report, folder), *map(wrapped, told)]),
        "\n".join(wrapped(failure, indent=9) for failure in failures),
        "\n".join(wrapped(f"missing  {picture}", indent=9) for picture in missing_pictures(report.not_drawn)),
        _where_to_look(folder, report, page, shown),
    ]
    return "\n\n".join(part for part in parts if part)


def _result(models: Models, data: DataFacts) -> str:
    if not models:
        return "No training was finished."
    short = all(len(printable(name)) < COLUMN for name in models)
    alike = len({entry.accuracy.over for entry in models.values()}) == 1  # what intervals allow for
    side_by_side = len(models) <= SIDE_BY_SIDE and short and alike
    return "\n".join(_columns(models, data) if side_by_side else row_per_model(models, data.test))


def _columns(models: Models, data: DataFacts) -> list[str]:
    """A column per model, as many as fit."""

    def line(label: str, cells: Sequence[str], note: str = "") -> str:
        aligned = "".join(f"{cell:<{COLUMN}}" for cell in cells[:-1])
        return f"{label:<{LABEL}}{aligned}{cells[-1]}{note}"

    entries = list(models.values())
    in_convolutions = [entry.convolution_parameters for entry in entries]
    parameters = [line("parameters", [f"{entry.parameters:,}" for entry in entries])]
    note = f" ({in_convolutions[-1]:,} in convolutions)"
    if in_convolutions[-1] and not any(in_convolutions[:-1]) and len(parameters[0] + note) <= WIDTH:
        parameters = [parameters[0] + note]
    elif any(in_convolutions):
        parameters.append(line("  of these in convolutions", [f"{count:,}" for count in in_convolutions]))
    between = [ends(entry.accuracy.interval) for entry in entries]
    is_trained_here = not all(entry.elsewhere for entry in entries)
    return [
        line("", [printable(name) for name in models]),
        line(f"right, of {data.test:,} test pictures", [percent(entry.accuracy.mean) for entry in entries]),
        line(f"  with {what_may_differ(models)}", between, "  (95 %)"),
        line(f"  of {data.validation:,} validation pictures", list(map(validated, entries))),
        line("wrong", [wrong(entry, data.test) for entry in entries]),
        *parameters,
        line("arithmetic per picture", [f"{mega(entry.flops_per_image)} MFLOP" for entry in entries]),
        *([line("training, per seed", list(map(trained_in, entries)))] if is_trained_here else []),
    ]


def _answers(report: Report, folder: str) -> list[str]:
    """What the comparisons come to, one under the other."""
    lines = [wrapped(answer) for answer in answers(report)]
    if report.data.is_fashion and _cause_is_open(report):
        known = f"{' '.join(report.comparisons[0].words.values())}."
        lines[0] = _continued(wrapped(f"{known} {UNKNOWN}"), command(CONTROLS, *into(Path(folder).parent)), 0)
    more = [*of_report(report), report.test_looks_words, report.environment.get("mixed_words")]
    return [*lines, *(wrapped(str(sentence)) for sentence in more if sentence)]


def _cause_is_open(outcome: Outcome) -> bool:
    """Whether the one comparison has a winner that is also larger, and configs/why.yaml can say more of it.

    Its networks answer each picture as it is: of what mirror images do they can say nothing.
    """
    if len(outcome.comparisons) != 1:
        return False
    [comparison] = outcome.comparisons
    both = [outcome.models[name] for name in (comparison.baseline, comparison.candidate)]
    if {entry.architecture for entry in both} != {"dense", "cnn"} or "cost" not in comparison.words:
        return False
    flips = any(is_mirrored(entry.layers) for entry in both)
    return "size" in bigger_in(comparison, outcome.models) and not flips


def _where_to_look(folder: str, report: Report, page: str, shown: bool) -> str:
    look = f"Look   {folder}/{page}"
    if page == "report.html" and all(picture.file != FIRST_PICTURE for picture in report.not_drawn):
        look = _continued(look, f"first picture: {FIRST_PICTURE}", 7)
    elsewhere = into(Path(folder).parent)
    steps = [_step(command("lesson", *elsewhere), "convolution and pooling by hand")]
    if not shown:
        again = command("show", Path(folder)) if elsewhere else command("show")
        steps.append(_step(again, "this again, and the layers" if report.models else "this again"))
    return "\n".join([look, f"Next   {steps[0]}", *(f"       {step}" for step in steps[1:])])


def _step(step: str, what: str) -> str:
    """A command, and what it gives where there is room to say it."""
    line = f"{step:<25}  {what}"
    return line if len(line) <= WIDTH - 7 else step


def _continued(text: str, more: str, indent: int) -> str:
    """Text with something after it: on its last line if that has room, else on a new one."""
    fits = len(text.splitlines()[-1]) + 5 + len(more) <= WIDTH
    return text + ("     " if fits else "\n" + " " * indent) + more
