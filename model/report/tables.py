"""The result as text: the terminal's block and report.md. It formats numbers and computes none."""

import re
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

Report = Mapping[str, Any]
Models = Mapping[str, Mapping[str, Any]]

WIDTH = 80  # columns of a terminal
LABEL, COLUMN = 34, 14  # columns of a row's label, and of each model
SIDE_BY_SIDE = 2  # models; more of them get a row each
LONGEST_NAME = 20


def terminal_block(
    report: Report,
    folder: str,
    first_picture: str | None = "figures/1-at-a-glance.png",
    next_steps: Sequence[tuple[str, str]] = (
        ("python train.py lesson", "how 192 becomes 577"),
        ("python train.py show", "this again"),
    ),
) -> str:
    """The result on one screen of 80 columns: plain text, no markup.

    Args:
        report: report.json's content.
        folder: of the run, as it is to be shown.
        first_picture: within the folder; None if there is none.
        next_steps: commands, and what they do.

    Returns:
        Lines without a last line end; characters of names that would move the cursor are made visible.
    """
    failures = [f"failed   {_failure(failure)}" for failure in report["failed"]]
    parts = [
        _result(report["models"], report["data"]["test"]),
        "\n".join(_answers(report)),
        "\n".join(_wrapped(failure, indent=9) for failure in failures),
        _where_to_look(folder, first_picture, next_steps),
    ]
    return "\n\n".join(part for part in parts if part)


def _result(models: Models, num_images: int) -> str:
    if not models:
        return "No training was finished."
    side_by_side = len(models) <= SIDE_BY_SIDE and all(len(printable(name)) < COLUMN for name in models)
    return "\n".join((_columns if side_by_side else _rows)(models, num_images))


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
        line(f"  with {_allowed_for(entries)}", [_between(entry) for entry in entries], "  (95 %)"),
        line("wrong", [_wrong(entry, num_images) for entry in entries]),
        *weights,
        line("arithmetic per picture", [f"{_megaflops(entry)} MFLOP" for entry in entries]),
        line("training, per seed", [duration(entry["train_seconds"]) for entry in entries]),
    ]


def _rows(models: Models, num_images: int) -> list[str]:
    """A row per model, as many as there are; a long name gets a line of its own."""

    def row(name: str, right: str, between: str, *others: str) -> str:
        wrong, weights, arithmetic, training = others
        head = name if len(name) <= LONGEST_NAME else f"{name}\n"
        start = head.ljust(LONGEST_NAME) if head == name else head + " " * LONGEST_NAME
        return f"{start}{right:>8}  {between:<12}{wrong:>8}{weights:>11}{arithmetic:>8}{training:>11}"

    lines = [row("", "right", "95 %", "wrong", "weights", "MFLOP", "training")]
    for name, entry in models.items():
        cells = (_percent(entry), _between(entry), _wrong(entry, num_images), f"{entry['parameters']:,}")
        lines.append(row(printable(name), *cells, _megaflops(entry), duration(entry["train_seconds"])))
    allowed_for = _allowed_for(list(models.values()))
    return [*lines, _wrapped(f"Of {num_images:,} test pictures; between, with {allowed_for} (95 %).")]


def _answers(report: Report) -> list[str]:
    """The verdicts, one under the other; of several comparisons the answers only."""
    comparisons = report["comparisons"]
    lines = [_wrapped(comparison["words"]["answer"]) for comparison in comparisons]
    if len(comparisons) == 1:
        lines = [_wrapped(comparisons[0]["verdict"])]
    lines += [_wrapped(pair["verdict"]) for pair in report["not_compared"]]
    return [*lines, *([_wrapped(report["test_looks_words"])] if report["test_looks_words"] else [])]


def _where_to_look(folder: str, first_picture: str | None, next_steps: Sequence[tuple[str, str]]) -> str:
    look = f"Look   {folder}/report.html"
    if first_picture:
        look = _continued(look, f"first picture: {first_picture}", 7)
    width = max((len(command) for command, _ in next_steps), default=0)
    heads = ["Next", *[""] * len(next_steps)]
    steps = [
        f"{head:<7}{command:<{width}}     {what}"
        for head, (command, what) in zip(heads, next_steps, strict=False)
    ]
    return "\n".join([look, *steps])


def markdown(report: Report) -> str:
    """The whole content of report.md: fractions, unlike the terminal's percentages.

    Args:
        report: report.json's content.

    Returns:
        GitHub's Markdown; names of models and classes are escaped for it.
    """
    data = report["data"]
    verdicts = [pair["verdict"] for pair in [*report["comparisons"], *report["not_compared"]]]
    sentences = [*verdicts, *([report["test_looks_words"]] if report["test_looks_words"] else [])]
    counts = (
        f"{data['train']:,} training, {data['validation']:,} validation and {data['test']:,} test pictures"
    )
    parts = [
        f"# {escaped(report['name'])}",
        f"{escaped(data['title'])} ({escaped(data['source'])}): {counts}.",
        *(escaped(sentence) for sentence in sentences),
    ]
    if report["models"]:
        parts += [*_models_in_markdown(report["models"]), *_classes_in_markdown(report["models"])]
    for comparison in report["comparisons"]:
        parts += _comparison_in_markdown(comparison)
    if report["failed"]:
        parts += ["## Failed", "\n".join(f"- {escaped(_failure(failure))}" for failure in report["failed"])]
    return "\n\n".join(parts) + "\n"


def _models_in_markdown(models: Models) -> list[str]:
    quality = [
        ["model", "accuracy", "interval", "top-2 accuracy", "log loss", "Brier score", "calibration error"]
    ]
    cost = [["model", "seeds", "epochs", "precision", "parameters", "of these in convolutions"]]
    cost[0] += ["FLOPs per picture", "training seconds", "prediction seconds"]
    for name, entry in models.items():
        measured = [_mean_and_deviation(entry[key]) for key in ("accuracy", "top_2", "loss", "brier")]
        measured.insert(1, _fractions(entry["accuracy"]["interval"]))
        quality.append([escaped(name), *measured, f"{entry['calibration_error']:.4f}"])
        seeds = ", ".join(str(seed) for seed in entry["seeds"])
        counts = [f"{entry[key]:,}" for key in ("parameters", "convolution_parameters", "flops_per_image")]
        seconds = [f"{entry[key]:.1f}" for key in ("train_seconds", "predict_seconds")]
        cost.append([escaped(name), seeds, str(entry["epochs"]), entry["precision"], *counts, *seconds])
    allowed_for = _allowed_for(list(models.values()))
    return [
        "## How good",
        f"Mean ± standard deviation of the seeds; the interval is 95 %, with {allowed_for}.",
        _table(quality),
        "## At what cost",
        "Seconds are those of one seed: of its training, and of answering all test pictures.",
        _table(cost),
    ]


def _classes_in_markdown(models: Models) -> list[str]:
    first = next(iter(models.values()))
    rows = []
    for label, row in enumerate(first["per_class"]):
        accuracies = [_fraction(entry["per_class"][label]["accuracy"]) for entry in models.values()]
        rows.append([escaped(row["class"]), f"{row['images']:,}", *accuracies])
    head = ["class", "test pictures", *(escaped(name) for name in models)]
    return ["## Accuracy per class", _table([head, *rows])]


def _comparison_in_markdown(comparison: Mapping[str, Any]) -> list[str]:
    baseline, candidate = escaped(comparison["baseline"]), escaped(comparison["candidate"])
    interval = _fractions(comparison["interval"])
    trainings = [["seed", f"only {baseline} right", f"only {candidate} right"]]
    for row in comparison["mcnemar"]:
        counts = [row["only_baseline_correct"], row["only_candidate_correct"]]
        trainings.append([str(row["seed"]), *(f"{count:,}" for count in counts)])
    classes = [["class", "difference", "interval", "clear, of so many classes"]]
    for row in comparison["per_class"]:
        size = [_signed(row["difference"]), _fractions(row["interval"])]
        classes.append([escaped(row["class"]), *size, "yes" if row["clear"] else "no"])
    difference = f"Difference of accuracy: {_signed(comparison['difference'])} ({interval})"
    return [
        f"## {candidate} against {baseline}",
        f"{difference}; the interval is 95 %, allowing for other {comparison['over']}.",
        _table(trainings),
        _table(classes),
    ]


def _table(rows: Sequence[Sequence[str]]) -> str:
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


def _wrapped(text: str, indent: int = 0) -> str:
    """Text as lines of a terminal; a number stays with its per cent."""
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


def _failure(failure: Mapping[str, Any]) -> str:
    return printable(f"{failed_job(failure)}: {failure['reason']}")


def _percent(entry: Mapping[str, Any]) -> str:
    return f"{100 * entry['accuracy']['mean']:.1f} %"


def _between(entry: Mapping[str, Any]) -> str:
    low, high = entry["accuracy"]["interval"]
    return f"{100 * low:.1f} to {100 * high:.1f}"


def _allowed_for(entries: Sequence[Mapping[str, Any]]) -> str:
    over = {entry["accuracy"]["over"] for entry in entries}
    return "new seeds and new pictures" if over == {"seeds and images"} else "other test pictures"


def _wrong(entry: Mapping[str, Any], num_images: int) -> str:
    return f"{(1 - entry['accuracy']['mean']) * num_images:,.0f}"


def _megaflops(entry: Mapping[str, Any]) -> str:
    mega = entry["flops_per_image"] / 1e6
    return f"{mega:,.0f}" if mega >= 9.95 else f"{mega:.1f}"


def _mean_and_deviation(found: Mapping[str, Any]) -> str:
    deviation = "" if found["std"] is None else f" ± {found['std']:.4f}"
    return f"{found['mean']:.4f}{deviation}"


def _fraction(value: float | None) -> str:
    return "no pictures" if value is None else f"{value:.4f}"


def _fractions(interval: Sequence[float] | None) -> str:
    return "" if interval is None else " to ".join(f"{end:.4f}".replace("-", "−") for end in interval)


def _signed(value: float | None) -> str:
    return "no pictures" if value is None else f"{value:+.4f}".replace("-", "−")
