"""The result as text for the terminal, and what other texts are made of. It computes no numbers."""

import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from model.wording import decimal

Report = Mapping[str, Any]
Models = Mapping[str, Mapping[str, Any]]

WIDTH = 80  # columns of a terminal
LABEL, COLUMN = 34, 14  # columns of a row's label, and of each model
SIDE_BY_SIDE = 2  # models; more of them get a row each
LONGEST_NAME = 20
UNKNOWN = "Whether the convolution or the size did it, this run can't say:"
CONTROLS = "python train.py configs/why.yaml"
FIRST_PICTURE = "figures/1-at-a-glance.png"
NEXT_STEPS = """\
Next   python train.py lesson     how 192 becomes 577
       python train.py show       this again"""


def terminal_block(report: Report, folder: str) -> str:
    """The result on one screen of 80 columns: plain text, no markup.

    Args:
        report: report.json's content.
        folder: of the run, as it is to be shown.

    Returns:
        Lines without a last line end; characters of names that would move the cursor are made visible.
    """
    failures = [f"failed   {failure_line(failure)}" for failure in report["failed"]]
    parts = [
        _result(report["models"], report["data"]["test"]),
        "\n".join(_answers(report)),
        "\n".join(wrapped(failure, indent=9) for failure in failures),
        "\n".join(wrapped(f"missing  {picture}", indent=9) for picture in missing_pictures(report)),
        _where_to_look(folder, report),
    ]
    return "\n\n".join(part for part in parts if part)


def _result(models: Models, num_images: int) -> str:
    if not models:
        return "No training was finished."
    short = all(len(printable(name)) < COLUMN for name in models)
    alike = len({entry["accuracy"]["over"] for entry in models.values()}) == 1  # what intervals allow for
    side_by_side = len(models) <= SIDE_BY_SIDE and short and alike
    return "\n".join((_columns if side_by_side else row_per_model)(models, num_images))


def _columns(models: Models, num_images: int) -> list[str]:
    """A column per model, as many as fit."""

    def line(label: str, cells: Sequence[str], note: str = "") -> str:
        aligned = "".join(f"{cell:<{COLUMN}}" for cell in cells[:-1])
        return f"{label:<{LABEL}}{aligned}{cells[-1]}{note}"

    entries = list(models.values())
    in_convolutions = [entry["convolution_parameters"] for entry in entries]
    weights = [line("weights", [f"{entry['parameters']:,}" for entry in entries])]
    note = f" ({in_convolutions[-1]:,} in convolutions)"
    if in_convolutions[-1] and not any(in_convolutions[:-1]) and len(weights[0] + note) <= WIDTH:
        weights = [weights[0] + note]
    elif any(in_convolutions):
        weights.append(line("  of these in convolutions", [f"{count:,}" for count in in_convolutions]))
    return [
        line("", [printable(name) for name in models]),
        line(f"right, of {num_images:,} test pictures", [_percent(entry) for entry in entries]),
        line(f"  with {what_may_differ(models)}", [_between(entry) for entry in entries], "  (95 %)"),
        line("wrong", [_wrong(entry, num_images) for entry in entries]),
        *weights,
        line("arithmetic per picture", [f"{_megaflops(entry)} MFLOP" for entry in entries]),
        line("training, per seed", [duration(entry["train_seconds"]) for entry in entries]),
    ]


def row_per_model(models: Models, num_images: int) -> list[str]:
    """A row per model, as many as there are; a long name gets a line of its own.

    Args:
        models: entries of report.json's `models`, or of comparison.json's.
        num_images: of the test split, the same for all.

    Returns:
        Lines of 80 columns, the last of which say what the others mean.
    """

    def row(name: str, right: str, between: str, *others: str) -> str:
        wrong, weights, arithmetic, training = others
        head = name if len(name) <= LONGEST_NAME else f"{shortened(name, WIDTH)}\n"
        start = head.ljust(LONGEST_NAME) if head == name else head + " " * LONGEST_NAME
        return f"{start}{right:>8}  {between:<12}{wrong:>8}{weights:>11}{arithmetic:>8}{training:>11}"

    lines = [row("", "right", "95 %", "wrong", "weights", "MFLOP", "training")]
    for name, entry in models.items():
        cells = (_percent(entry), _between(entry), _wrong(entry, num_images), f"{entry['parameters']:,}")
        lines.append(row(printable(name), *cells, _megaflops(entry), duration(entry["train_seconds"])))
    between = f"between, with {what_may_differ(models)} (95 %)."
    return [*lines, wrapped(f"Of {num_images:,} test pictures; {between}")]


def _answers(report: Report) -> list[str]:
    """What the comparisons come to, one under the other."""
    lines = [wrapped(answer) for answer in answers(report)]
    if _cause_is_open(report):
        words = report["comparisons"][0]["words"]
        known = f"{words['answer']} {words['agreement']} {words['cost']}."
        lines[0] = _continued(wrapped(f"{known} {UNKNOWN}"), CONTROLS, 0)
    more = [report["test_looks_words"], report["environment"].get("mixed_words")]
    return [*lines, *(wrapped(sentence) for sentence in more if sentence)]


def answers(report: Report) -> list[str]:
    """What the comparisons come to: the verdict on a single one, a sentence or two on each of several.

    Args:
        report: report.json's content.

    Returns:
        First what models show that differ in one thing, then the other pairs.
    """
    explained = {(entry["baseline"], entry["candidate"]): entry["words"] for entry in report.get("why", ())}
    others = [
        comparison
        for comparison in report["comparisons"]
        if (comparison["baseline"], comparison["candidate"]) not in explained
    ]
    several = len(report["comparisons"]) > 1
    return [
        *explained.values(),
        *(other["words"]["answer"] if several else other["verdict"] for other in others),
        *(pair["verdict"] for pair in report["not_compared"]),
    ]


def _cause_is_open(report: Report) -> bool:
    """Whether the one comparison has a winner that is also bigger, so that configs/why.yaml can say more."""
    if len(report["comparisons"]) != 1 or report["data"].get("name") != "fashion-mnist":
        return False
    [comparison] = report["comparisons"]
    pair = [report["models"][comparison[role]] for role in ("baseline", "candidate")]
    architectures = {entry["architecture"] for entry in pair}
    return "cost" in comparison["words"] and architectures == {"dense", "cnn"}


def _where_to_look(folder: str, report: Report) -> str:
    look = f"Look   {folder}/report.html"
    if all(picture["file"] != FIRST_PICTURE for picture in report.get("not_drawn", ())):
        look = _continued(look, f"first picture: {FIRST_PICTURE}", 7)
    return f"{look}\n{NEXT_STEPS}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells, the head first, as a table of Markdown; the cells are escaped already."""
    lines = [rows[0], ["---"] + ["---:"] * (len(rows[0]) - 1), *rows[1:]]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def printable(text: str) -> str:
    """Text with control characters, and others that a terminal would obey, spelt out (`\\x1b`)."""
    return "".join(
        char.encode("unicode_escape").decode()
        if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"
        else char
        for char in text
    )


def escaped(text: str) -> str:
    """Text that Markdown shows as it stands, also within a table."""
    return re.sub(r"([\\`*_\[\]<>|~$&#])", r"\\\1", printable(text))


def shortened(text: str, length: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def epochs(entry: Mapping[str, Any]) -> str:
    """How many passes a model's trainings took, as "7 to 9" where some stopped earlier than others."""
    taken = (entry.get("epochs_per_seed") or {"all": entry["epochs"]}).values()
    low, high = min(taken), max(taken)
    return f"{low} to {high}" if low < high else str(high)


def duration(seconds: float) -> str:
    """Seconds in words: `0.4 s`, `50 s`, `1 min 50 s`, `2 h 5 min`."""
    if seconds < 0.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )


def wrapped(text: str, indent: int = 0) -> str:
    """Text as lines of a terminal, all but the first indented; a number stays with its per cent."""
    kept = printable(text).replace(" %", "\xa0%")
    filled = textwrap.fill(kept, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)
    return filled.replace("\xa0%", " %")


def _continued(text: str, more: str, indent: int) -> str:
    """Text with something after it: on its last line if that has room, else on a new one."""
    fits = len(text.splitlines()[-1]) + 5 + len(more) <= WIDTH
    return text + ("     " if fits else "\n" + " " * indent) + more


def failed_job(failure: Mapping[str, Any]) -> str:
    """What failed, of an entry of `failed`: "cnn, seed 0", or "looking inside cnn, seed 0"."""
    job = f"{failure['model']}, seed {failure['seed']}"
    return f"looking inside {job}" if failure.get("stage") == "inspection" else job


def failure_line(failure: Mapping[str, Any]) -> str:
    """What failed, and why."""
    return printable(f"{failed_job(failure)}: {failure['reason']}")


def missing_pictures(report: Report) -> list[str]:
    """The pictures that could not be drawn, each with the reason, by a report or a comparison."""
    return [
        printable(f"{picture['file']} could not be drawn: {picture['reason']}")
        for picture in report.get("not_drawn", ())
    ]


def _percent(entry: Mapping[str, Any]) -> str:
    return f"{100 * entry['accuracy']['mean']:.1f} %"


def _between(entry: Mapping[str, Any]) -> str:
    low, high = entry["accuracy"]["interval"]
    return f"{100 * low:.1f} to {100 * high:.1f}"


def what_may_differ(models: Models) -> str:
    """What the intervals of these models allow for; of single trainings this is less."""
    singles = [name for name, entry in models.items() if entry["accuracy"]["over"] == "images"]
    if not singles:
        return "new seeds and new pictures"
    if len(singles) == len(models):
        return "other test pictures"
    return f"new seeds and new pictures, but {', '.join(singles)} with other test pictures only"


def _wrong(entry: Mapping[str, Any], num_images: int) -> str:
    return f"{(1 - entry['accuracy']['mean']) * num_images:,.0f}"


def _megaflops(entry: Mapping[str, Any]) -> str:
    mega = entry["flops_per_image"] / 1e6
    return f"{mega:,.0f}" if mega >= 9.95 else f"{mega:.1f}"


def fractions(interval: Sequence[float] | None) -> str:
    """An interval as it stands in report.md; nothing where there is none."""
    return "" if interval is None else " to ".join(decimal(end, 4) for end in interval)
