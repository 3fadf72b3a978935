"""A sweep as text: the terminal's block and report.md. It formats numbers and computes none."""

from pathlib import Path

from configs.command_line import command, into
from model.comparison.tables import ELSEWHERE, UNKNOWN
from model.report.drawing import missing_pictures
from model.report.tables import WIDTH, duration, escaped, fractions, printable, shortened, table, wrapped
from model.report.words import decimal, ends, mega, percent
from model.sweep.records import Candidate, SweepReport
from model.sweep.words import (
    answers,
    best_setting,
    by_merit,
    failures,
    headline,
    how_told,
    label,
    may_differ,
    notes,
    swept,
)

LABEL = 29  # columns of a candidate's label in the terminal
ON_SCREEN, IN_TEXT = 8, 50  # candidates of a model that are listed
FAILURES = 10  # likewise
ALIKE = "= "  # before one that can't be told from the best


def sweep_block(report: SweepReport, folder: str, shown: bool = False) -> str:
    """What a sweep came to, in plain text of 80 columns, without a last line end.

    The folder of the sweep is as it is to be shown; what would move the cursor in names is made visible.
    `shown`: by `show`, so that it is not named again.
    """
    failed = failures(report)
    more = len(failed) - FAILURES
    failed = failed[:FAILURES] + ([f"{more:,} more: report.json names them"] if more > 0 else [])
    parts = [
        "\n".join(_rows(report)),
        "\n".join(wrapped(sentence) for sentence in [*answers(report), *notes(report)]),
        "\n".join(wrapped(f"failed   {one}", indent=9) for one in failed),
        "\n".join(wrapped(f"missing  {picture}", indent=9) for picture in missing_pictures(report.not_drawn)),
        _where_to_look(report, folder, shown),
    ]
    return "\n\n".join(part for part in parts if part)


def _rows(report: SweepReport) -> list[str]:
    """A row for each candidate, the best of its model first; of many the first ones."""
    if not report.candidates:
        return []
    lines = [_row("", "validation", "95 %", "test", "MFLOP", "training")]
    for model in report.models:
        places = by_merit(report, model)
        several = model in swept(report)
        lines += [printable(f"{model}, {len(places)} settings")] if several else []
        alike = set(report.together[model]) - {report.best[model]}
        for place in places[:ON_SCREEN]:
            one = report.candidates[place]
            mark = ALIKE if place in alike else "  "
            lines.append(_of_candidate(f"{mark}{label(report, one)}" if several else model, one))
        if more := len(places) - ON_SCREEN:
            where = "report.html" if len(places) <= IN_TEXT else "report.json"
            lines += [f"  {more:,} more: {where} has them"] if more > 0 else []
    data = report.data
    pictures = f"Right, of {data.validation:,} validation and {data.test:,} test pictures"
    lines.append(wrapped(f"{pictures}; between, of validation, with {may_differ(report)} (95 %)."))
    if any(len(some) > 1 for some in report.together.values()):
        lines.append(wrapped(f"{ALIKE}is one that can't be told from the best, which stands first."))
    return lines


def _of_candidate(name: str, one: Candidate) -> str:
    found = one.validation_accuracy
    shares = percent(found.mean), ends(found.interval), percent(one.accuracy.mean)
    took = ELSEWHERE if one.train_seconds is None else duration(one.train_seconds)
    return _row(name, *shares, mega(one.flops_per_image), took)


def _row(name: str, validation: str, between: str, *others: str) -> str:
    """A row of 80 columns; a long name gets a line of its own."""
    name = printable(name)
    head, rest = (name, name) if len(name) <= LABEL else (f"{shortened(name, WIDTH)}\n", "")
    cells = zip(others, (8, 8, 11), strict=True)
    tail = f"{validation:>10}  {between:<12}" + "".join(f" {cell}".rjust(width) for cell, width in cells)
    return (head + tail.rjust(WIDTH - len(rest))).rstrip()


def _where_to_look(report: SweepReport, folder: str, shown: bool) -> str:
    """The page, the first picture, the command that looks into the best setting."""
    lines = [f"Look   {folder}/report.html"]
    best = best_setting(report)
    going_on = command(Path(folder, best, "config.yaml"), *into(Path(folder)))
    steps = [f"{going_on}\n       looks into the networks of that setting, the best"]
    if not report.candidates:
        steps = []
    if not shown:
        steps.append(command("show", Path(folder)))
    return "\n".join([*lines, *(f"{'Next' if not n else '    '}   {step}" for n, step in enumerate(steps))])


def sweep_markdown(report: SweepReport) -> str:
    """The whole content of report.md, in GitHub's Markdown: fractions, unlike the terminal's percentages.

    Names are escaped for it.
    """
    data = report.data
    counts = f"{data.train:,} training, {data.validation:,} validation and {data.test:,} test pictures"
    parts = [
        f"# {escaped(report.name)}",
        f"{escaped(headline(report))}.",
        f"{escaped(data.title)} ({escaped(data.source)}): {counts}.",
        *(escaped(sentence) for sentence in [*answers(report), *notes(report)]),
    ]
    for model in report.models:
        parts += [f"## {escaped(model)}", table(table_of(report, model, escape=True))]
        if (more := len(report.of_model(model)) - IN_TEXT) > 0:
            parts.append(f"{more:,} more are in report.json.")
    if report.candidates:
        parts += ["## How to read this", *(escaped(sentence) for sentence in how_told())]
    if failed := failures(report):
        parts += ["## Failed", "\n".join(f"- {escaped(one)}" for one in failed)]
    if missing := missing_pictures(report.not_drawn):
        parts += ["## Pictures that are missing", "\n".join(f"- {escaped(picture)}" for picture in missing)]
    return "\n\n".join(parts) + "\n"


def table_of(report: SweepReport, model: str, escape: bool = False) -> list[list[str]]:
    """A model's candidates, the best first, as rows of cells, fractions, the head first; of many some."""
    write = escaped if escape else str
    rows = [
        [
            "settings",
            "from the best",
            "validation accuracy",
            "interval",
            "allowing for other",
            "test accuracy",
        ]
    ]
    rows[0] += ["seeds", "parameters", "FLOPs per picture", "epochs", "training seconds"]
    for place in by_merit(report, model)[:IN_TEXT]:
        one = report.candidates[place]
        found = one.validation_accuracy
        told = "can't be told" if place in report.together[model] else "can be told"
        seconds = UNKNOWN if one.train_seconds is None else f"{one.train_seconds:.1f}"
        rows.append(
            [
                write(label(report, one) or model),
                "it is the best" if place == report.best[model] else told,
                decimal(found.mean, 4),
                fractions(found.interval),
                found.over,
                decimal(one.accuracy.mean, 4),
                ", ".join(map(str, one.seeds)),
                f"{one.parameters:,}",
                f"{one.flops_per_image:,}",
                str(one.epochs),
                seconds,
            ]
        )
    return rows
