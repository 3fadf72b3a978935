"""Runs side by side as text: the terminal's block and comparison.md. It formats numbers and computes none."""

import json
from collections.abc import Sequence

from model.comparison.headlines import ahead, caution_title
from model.comparison.records import Models
from model.comparison.tables import against, epochs, row_per_model, seconds_of_training, validated
from model.comparison.verdict import cautions
from model.report.drawing import missing_pictures
from model.report.tables import (
    WIDTH,
    distinct_labels,
    escaped,
    fractions,
    printable,
    shortened,
    table,
    wrapped,
)
from model.report.words import in_points, names
from model.side_by_side import class_text
from model.side_by_side.class_rows import cells_of, class_lines, subject, tables_of
from model.side_by_side.records import Pair, PictureSet, SideBySide

LACKS, UNKNOWN = "–", "?"  # a key that a run does without, and one of which nothing is known
LONGEST_VALUE = 60
MOST_FAULTS = 6  # of a class, in the terminal


def comparison_block(comparison: SideBySide, folder: str, width: int = WIDTH) -> str:
    """What comparison.json says, in plain text of 80 columns, without a last line end.

    Its folder is as it is to be shown; what would move the cursor in names is made visible. The rows of a
    class take what the terminal is wider, up to `class_rows.WIDEST`.
    """
    tables = ["\n".join(class_lines(one, width)) for one in comparison.hand_ins] or [
        "\n".join([printable(tested.title), *row_per_model(comparison.models_of(tested), tested.images)])
        for tested in comparison.test_sets
        if tested.models
    ]
    first = [f"{headline(comparison)}."] if _is_class(comparison) else []
    found = faults(comparison, "unused   ", "in part  ", "missing  ")
    if comparison.hand_ins and len(found) > MOST_FAULTS:
        found[MOST_FAULTS:] = [f"{len(found) - MOST_FAULTS} more are told of in {folder}/comparison.md"]
    parts = [
        *tables,
        "\n".join(wrapped(answer) for answer in [*first, *answers(comparison)]),
        "\n".join(_in_columns(differences(comparison))),
        "\n".join(map(wrapped, class_text.caveats(comparison) if comparison.hand_ins else notes(comparison))),
        "\n".join(wrapped(fault, indent=9) for fault in found),
        f"Look   {folder}/comparison.html{_beside_it(comparison, folder)}",
    ]
    return "\n\n".join(part for part in parts if part)


def _beside_it(comparison: SideBySide, folder: str) -> str:
    """Where the picture is, and the table of a class."""
    if comparison.hand_ins:
        picture = "" if comparison.not_drawn else ", the picture in class.png"
        return f"\n       beside it the table in class.csv{picture}"
    return "" if comparison.not_drawn else f"\n       the picture: {folder}/accuracy.png"


def headline(comparison: SideBySide) -> str:
    """What the comparison comes to, in one clause; where the pair to be named lacks something, what."""
    if _is_class(comparison):
        return class_text.headline(comparison)
    pairs = comparison.comparisons
    if caution := caution_title(_models_in(comparison, leading_pair(pairs))):
        return caution
    if len(pairs) == 1:
        return ahead(pairs[0], of_whom=True)
    if pairs:
        return _of_several(pairs)
    count = len(comparison.models)
    return f"{count} model{'s' * (count != 1)} of {_runs(comparison)} side by side; none are compared"


def _is_class(comparison: SideBySide) -> bool:
    return bool(comparison.hand_ins) and not class_text.is_alone(comparison)


def _models_in(comparison: SideBySide, pair: Pair | None) -> Models:
    """The two models of a pair, as far as they are known."""
    names = (pair.baseline, pair.candidate) if pair else ()
    return {name: comparison.models[name].found for name in names if name in comparison.models}


def leading_pair(pairs: Sequence[Pair]) -> Pair | None:
    """The pair that the headline names: a single one, or of those that differ the one that does most."""
    named = pairs if len(pairs) == 1 else [pair for pair in pairs if pair.is_clear]
    return max(named, key=lambda pair: abs(pair.difference), default=None)


def _of_several(pairs: Sequence[Pair]) -> str:
    """How many pairs differ, allowing for all of them, and the one that does most."""
    clear, leading = [pair for pair in pairs if pair.is_clear], leading_pair(pairs)
    if not leading:
        return f"Allowing for all {len(pairs)} pairs, no difference can be seen"
    count = f"Allowing for all {len(pairs)} pairs, {len(clear)} {'differs' if len(clear) == 1 else 'differ'}"
    seeds = " with these seeds" if any(pair.over == "images" for pair in clear) else ""
    most, difference = "; the most" if len(clear) > 1 else "", leading.difference
    leader, other = leading.candidate, leading.baseline
    if difference < 0:
        leader, other = other, leader
    return f"{count}{seeds}{most}: {leader} is ahead of {other} by {in_points(abs(difference))} points"


def answers(comparison: SideBySide) -> list[str]:
    """What each pair comes to, with whom where not the first, and what luck does to the best of several.

    Before that what each network lacks, but in the verdict of a single pair, which says it itself.
    """
    if _is_class(comparison):
        return class_text.answers(comparison)
    alone = comparison.comparisons[0] if len(comparison.comparisons) == 1 else None
    told_by_pair = _models_in(comparison, alone)
    others = {name: one.found for name, one in comparison.models.items() if name not in told_by_pair}
    told = [one.baseline_words for one in comparison.test_sets if one.baseline_words] + cautions(others)
    for pair in comparison.comparisons:
        sentence = pair.verdict if alone else pair.words.get("answer", pair.verdict)
        told.append(against(pair, sentence))
    told += [pair.verdict for pair in comparison.not_compared]
    if comparison.hand_ins:  # how many settings were scored before a page does not prove
        return told
    return told + [one.test_looks_words for one in comparison.test_sets if one.test_looks_words]


def notes(comparison: SideBySide) -> list[str]:
    """What has to be known to read the rest: unknown configs, other machines, other pictures, the rule."""
    if comparison.hand_ins:
        return class_text.notes(comparison)
    runs = comparison.runs
    told = [f"{label} is a sweep: {run.chosen}" for label, run in runs.items() if run.chosen]
    unknown = [label for label, run in runs.items() if not run.config_known]
    if unknown:
        known = "its config is" if len(unknown) == 1 else "their configs are"
        told.append(
            f"{', '.join(unknown)}: {known} unknown beyond what report.json tells"
            + (f" ({UNKNOWN})." if comparison.config_differences else ".")
        )
    told += _agreement(comparison, all_known=not unknown) if len(runs) > 1 else []
    trained = {entry.run for entry in comparison.models.values() if entry.found.train_seconds is not None}
    if not comparison.same_machine and len(trained) > 1:
        differing = [key.split(".")[-1].replace("_", " ") for key in comparison.machine_differences]
        told.append(
            f"They were trained with different {', '.join(differing)}: training times do not compare."
        )
    if len(comparison.test_sets) > 1:
        sets = "; ".join(f"{', '.join(one.runs)}: {name}" for one, name in _names(comparison.test_sets))
        told.append(
            f"They were scored on different test pictures ({sets}): these stand side by side and are not "
            "compared."
        )
    told += [tested.classes_words for tested in comparison.test_sets if tested.classes_words]
    told += [tested.split_words for tested in comparison.test_sets if tested.split_words]
    told += [f"{label}: {sentence}" for label, run in runs.items() for sentence in run.outdated]
    without = dict.fromkeys(name for pair in comparison.comparisons for name in pair.without_predictions)
    if without and len(comparison.comparisons) > 1:  # else its verdict says so
        told.append(
            f"Without the predictions of {', '.join(without)}, their comparisons rest on two intervals each "
            "and not on every picture: these differences have wider intervals than they need."
        )
    return [*told, *([comparison.rule] if comparison.comparisons else [])]


def _agreement(comparison: SideBySide, all_known: bool) -> list[str]:
    """That configs differ in nothing, and in what reports differ that configs do not explain."""
    equal = "Their configs differ in nothing"
    if found := comparison.report_differences:
        keys = names([row["key"] for row in found])
        explained = comparison.config_differences or not all_known
        return [f"Their reports differ in {keys}." if explained else f"{equal}, but their reports in {keys}."]
    if comparison.config_differences:
        return []
    return [f"{equal}." if all_known else f"{equal} that is known."]


def faults(comparison: SideBySide, unused: str = "", in_part: str = "", missing: str = "") -> list[str]:
    """What is not as asked, a line each: runs that could not be used, or only in part, and the picture.

    Of hand-ins the doubts come first: what is in the table counts most.
    """
    found = [(unused, fault) for fault in comparison.unusable]
    doubts = [(in_part, fault) for fault in comparison.faults]
    found = doubts + found if comparison.hand_ins else found + doubts
    lines = [printable(f"{start}{fault.run}: {fault.problem}") for start, fault in found]
    return lines + [f"{missing}{picture}" for picture in missing_pictures(comparison.not_drawn)]


def heading_of_faults(comparison: SideBySide) -> str:
    """The heading of these: of a page in doubt the answers are used."""
    return "What to look at" if comparison.hand_ins else "What could not be used"


def comparison_markdown(comparison: SideBySide) -> str:
    """The whole content of comparison.md, in GitHub's Markdown: fractions, unlike the terminal's percentages.

    Names are escaped for it.
    """
    runs = list(comparison.runs)
    title = class_text.title(comparison) if comparison.hand_ins else " and ".join(runs)
    parts = [f"# {escaped(title)}", f"{escaped(headline(comparison))}."]
    parts += [escaped(answer) for answer in answers(comparison)]
    for one in comparison.hand_ins:
        parts += [f"## {escaped(subject(one))}, {one.images:,} test pictures"]
        parts += [
            table([[escaped(cell) for cell in row] for row in cells_of(rows)]) for rows in tables_of(one)
        ]
    for tested in comparison.test_sets if not comparison.hand_ins else ():
        if tested.models:
            parts += [f"## {escaped(_pictures(tested))}", _models_in_markdown(comparison.models_of(tested))]
    if rows := differences(comparison):
        cells = [[escaped(cell) for cell in row] for row in rows]
        parts += [f"## {what_differs(comparison)}", table(cells)]
    parts += [escaped(note) for note in notes(comparison)]
    if found := faults(comparison):
        lines = [f"- {escaped(fault)}" for fault in found]
        parts += [f"## {heading_of_faults(comparison)}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def what_differs(comparison: SideBySide) -> str:
    """The heading of the differences."""
    return "What differs in the configs" + (" and reports" if comparison.report_differences else "")


def differences(comparison: SideBySide) -> list[list[str]]:
    """What configs and reports differ in, as rows of cells: a key, its value in each run; the head first."""
    if comparison.hand_ins:  # each row of which has its own
        return []
    runs = comparison.runs
    rows = [["setting", *runs]]
    for found, are_known in (
        (comparison.config_differences, {label: run.config_known for label, run in runs.items()}),
        (comparison.report_differences, dict.fromkeys(runs, True)),
    ):
        for one in found:
            absent = {label: LACKS if known else UNKNOWN for label, known in are_known.items()}
            values = absent | {label: _value(value) for label, value in one["values"].items()}
            rows.append([one["key"], *values.values()])
    return rows if len(rows) > 1 else []


def _value(value: object) -> str:
    """A setting as a config has it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return shortened(text, LONGEST_VALUE)


def _in_columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows side by side where the terminal is wide enough, else the values of each key under it."""
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    if sum(widths) + 2 * len(widths) <= WIDTH:
        return [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in cells
        ]
    labels = distinct_labels(cells[0][1:], _cut)
    runs = [_cut(labels[run]) for run in cells[0][1:]]
    width = max(map(len, runs))
    lines = []
    for key, *values in cells[1:]:
        told = [f"  {run:<{width}}  {value}" for run, value in zip(runs, values, strict=True)]
        lines += [key, *(shortened(line, WIDTH) for line in told)]
    return lines


def _cut(name: str) -> str:
    """The name of a run as there is room for it."""
    return shortened(name, WIDTH // 2)


def _models_in_markdown(models: Models) -> str:
    rows = [["model", "accuracy", "interval", "allowing for other", "validation accuracy", "seeds"]]
    rows[0] += ["parameters", "FLOPs per picture", "epochs", "training seconds"]
    for name, entry in models.items():
        found = entry.accuracy
        accuracy = [f"{found.mean:.4f}", fractions(found.interval), found.over]
        accuracy.append(validated(entry, "{:.4f}".format))
        cost = [f"{entry.parameters:,}", f"{entry.flops_per_image:,}", epochs(entry)]
        seeds = ", ".join(str(seed) for seed in entry.seeds)
        rows.append([escaped(name), *accuracy, seeds, *cost, seconds_of_training(entry)])
    return table(rows)


def _pictures(tested: PictureSet) -> str:
    return printable(f"{tested.title}, {tested.images:,} test pictures")


def _names(test_sets: Sequence[PictureSet]) -> list[tuple[PictureSet, str]]:
    """Each with its data and digest; with what else tells them apart where that is the same."""
    told = [f"{tested.title}, digest {tested.digest[:8]}" for tested in test_sets]
    more = [f", {tested.images:,} pictures of {tested.classes} classes" for tested in test_sets]
    return [
        (tested, name + rest * (told.count(name) > 1))
        for tested, name, rest in zip(test_sets, told, more, strict=True)
    ]


def _runs(comparison: SideBySide) -> str:
    count = len(comparison.runs)
    return "1 run" if count == 1 else f"{count} runs"
