"""A class in words and rows: what the terminal, comparison.md, comparison.html and class.csv tell of it."""

import json
from collections.abc import Iterable, Sequence

from model.report.tables import WIDTH, Value, distinct_labels, printable, shortened
from model.report.words import digits_for, names, percent, signed, span
from model.side_by_side.records import HandIn, HandIns, Pool, SideBySide

UNKNOWN, NOTHING = "?", "–"
LONGEST_NAME, LONGEST_GUESS, LONGEST_VALUE = 20, 18, 60  # characters, the first two in the terminal alone
FIGURES = 5  # columns of the table that are always there, with the name
SAME_CONFIG = "Equal answers also come from the same config and seeds on the same kind of machine."
MOST_TOLD = 3  # sentences of a kind


def title(comparison: SideBySide) -> str:
    """What is compared."""
    return _count(sum(len(one.rows) for one in comparison.hand_ins))


def headline(comparison: SideBySide) -> str:
    """In how many hand-ins the last model is ahead of the first, of each set of test pictures a clause."""
    told = [_ahead(one.rows) for one in comparison.hand_ins]
    if len(told) == 1:
        return told[0]
    return "; ".join(f"{one.title}: {clause}" for one, clause in zip(comparison.hand_ins, told, strict=True))


def is_alone(comparison: SideBySide) -> bool:
    """Whether there is one hand-in, which is no class: its own verdict is told."""
    return sum(len(one.rows) for one in comparison.hand_ins) == 1


def _ahead(rows: Sequence[HandIn]) -> str:
    """The same of one set of test pictures; copies count once, and those in doubt do not."""
    doubtful = sum(bool(row.doubt) for row in rows)
    copies = sum(bool(row.copy_of and not row.doubt) for row in rows)
    counted = [row.interval for row in rows if row.interval and not row.doubt and not row.copy_of]
    apart = [f"{copies} cop{'ies' if copies > 1 else 'y'}"] * bool(copies)
    apart += [f"{doubtful} in doubt"] * bool(doubtful)
    also = f"; {', '.join(apart)}" if apart else ""
    if not counted:
        none = "none but in doubt" if any(row.interval for row in rows) else "none"
        return f"{_count(len(rows))} side by side; {none} compares two models{also}"
    last, first = _models(rows)
    ahead, behind = sum(low > 0 for low, _ in counted), sum(high < 0 for _, high in counted)
    different = " that are different" if copies and len(counted) > 1 else ""
    rest = f", and behind in {behind}" if behind else ""
    of = f"{ahead} of {_count(len(counted))}{different}"
    return f"{last} is ahead of {first} in {of}{rest}, going by the interval of each{also}"


def _count(count: int) -> str:
    return f"{count} hand-in{'s' * (count != 1)}"


def _models(rows: Sequence[HandIn]) -> tuple[str, str]:
    """The last model and the first, by name where all rows have the same."""
    found = {(row.candidate, row.baseline) for row in rows if row.candidate and row.baseline}
    return found.pop() if len(found) == 1 else ("the last model", "the first")


def answers(comparison: SideBySide) -> list[str]:
    """What pools come to, who gives the same answers, and what can't be compared; of each kind a few."""
    told: list[str] = []
    for one in comparison.hand_ins:
        alike = [
            f"{len(labels)} of {len(one.rows)} hand-ins give the same answers to all test pictures: "
            f"{names(labels, most=4)}."
            for labels in one.copies
        ]
        told += _few(map(_pooled, one.pools), "The other pools stand in comparison.json.")
        told += _few(alike, "The other groups stand in class.csv.")
    not_compared = (pair.verdict for pair in comparison.not_compared)
    return told + _few(not_compared, "The other pairs that are not compared stand in comparison.json.")


def _few(sentences: Iterable[str], others: str) -> list[str]:
    """The first sentences of a kind, and where the others are."""
    told = list(sentences)
    return [*told[:MOST_TOLD], others] if len(told) > MOST_TOLD else told


def _pooled(pool: Pool) -> str:
    points = signed(100 * pool.difference, 2)
    changed = f" ({changes_in_words(pool.changes)})" if pool.changes else ""
    return (
        f"{pool.candidate} − {pool.baseline} is {points} points ({span(pool.interval)}) over the "
        f"{len(pool.runs)} hand-ins that differ in seeds alone{changed}: {trainings_of(pool)} are different "
        "trainings."
    )


def trainings_of(pool: Pool) -> str:
    """How many different trainings a pool has of each model."""
    return " and ".join(f"{count} of {name}" for name, count in pool.trainings.items())


def notes(comparison: SideBySide) -> list[str]:
    """What has to be known to read the table."""
    told = ["A row has the first model of a run and its last one that has a result, best difference first."]
    for one in comparison.hand_ins:
        of = f" of {one.title}" if len(comparison.hand_ins) > 1 else ""
        if one.labels_words:
            told.append(f"Accuracies{of} are worked out from the answers and {one.labels_words}.")
        if any(row.changes for row in one.rows):
            told.append(f"Settings that stand in a row{of} are those in which it differs from {_usual(one)}.")
    alone = dict.fromkeys(one.run for one in comparison.models.values() if one.from_ == "report.json")
    if alone:
        rows = "its row is" if len(alone) == 1 else "their rows are"
        told.append(
            f"Of {names(list(alone))} there is the report alone, without answers: {rows} as that tells."
        )
    if any(one.copies for one in comparison.hand_ins):
        told.append(SAME_CONFIG)
    if any(row.doubt for one in comparison.hand_ins for row in one.rows):
        told.append(
            "A page in doubt stands last: what it says of itself counts nowhere, and it is neither in the "
            "headline nor in a pool."
        )
    return [*told, comparison.rule]


def _usual(one: HandIns) -> str:
    """The config that rows are told against, in words."""
    if one.usual > 1:
        return f"the commonest config, which is that of {one.usual} of {len(one.rows)}, their seeds apart"
    run = next(row.run for row in one.rows if row.changes == {})
    return f"the config of {run}: no two have the same"


def rows_of(hand_ins: HandIns, whole: bool = True) -> list[list[str]]:
    """The class table, the head first: every cell whole, or as the terminal has room for it.

    What a run without two models to compare has and no column is named for stands at its end.
    """
    several = len({row.name for row in hand_ins.rows}) > 1
    last, first = _models(hand_ins.rows)
    head = ["hand-in", f"{last} − {first}", "95 %", first, last, "settings", "guess", "also"]
    named = last != "the last model"
    if not named:
        head[1], head[3], head[4] = "last − first", "first", "last"
    labels = distinct_labels([row.run for row in hand_ins.rows], _name)
    cells = [head]
    for row in hand_ins.rows:
        digits = digits_for(row.interval)
        also = [f"= {row.copy_of}" if row.copy_of else "", "in doubt" if row.doubt else ""]
        also.append(row.name if several else "")
        if row.candidate is None:
            others = [name for name in row.accuracy if name not in (first, last)]
            also += [f"{name} {_percent(row, name)}" for name in others]
        elif not named:
            also.append(f"{row.candidate} − {row.baseline}")
        cells.append(
            [
                row.run if whole else _name(labels[row.run]),
                NOTHING if row.difference is None else signed(100 * row.difference, digits),
                span(row.interval),
                _percent(row, first if named else row.baseline),
                _percent(row, last if named else row.candidate),
                UNKNOWN if row.changes is None else changes_in_words(row.changes),
                _quoted(row.guess, whole),
                ", ".join(filter(None, also)),
            ]
        )
    kept = [place for place in range(len(head)) if place < FIGURES or any(row[place] for row in cells[1:])]
    return [[row[place] for place in kept] for row in cells]


def _percent(row: HandIn, model: str | None) -> str:
    return percent(row.accuracy[model]) if model in row.accuracy else NOTHING


def _quoted(guess: str | None, whole: bool) -> str:
    """A guess word for word, on one line."""
    if guess is None:
        return ""
    line = " ".join(guess.split())
    return f"“{line if whole else shortened(line, LONGEST_GUESS)}”"


def changes_in_words(changes: dict[str, object] | None) -> str:
    """Settings as a command line has them, without the word that all models begin with."""
    return ", ".join(
        f"no {key.removeprefix('models.')}"
        if value is None
        else f"{key.removeprefix('models.')}={_value(value)}"
        for key, value in (changes or {}).items()
    )


def _value(value: object) -> str:
    told = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return shortened(told, LONGEST_VALUE)


def _name(name: str) -> str:
    return shortened(name, LONGEST_NAME)


def class_lines(hand_ins: HandIns) -> list[str]:
    """The class table for a terminal, each row on one line; what is too long for it is cut off."""
    told = [[printable(cell) for cell in row] for row in rows_of(hand_ins, whole=False)]
    # What is only of some rows shares the last column: the shortest first.
    cells = [[*row[:FIGURES], ", ".join(filter(None, reversed(row[FIGURES:])))] for row in told]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    align = (str.ljust, str.rjust, str.ljust, str.rjust, str.rjust, str.ljust)
    lines = [
        "  ".join(put(cell, width) for put, cell, width in zip(align, row, widths, strict=True)).rstrip()
        for row in cells
    ]
    pictures = f"{shortened(printable(hand_ins.title), LONGEST_NAME)}: {hand_ins.images:,} test pictures"
    return [pictures, *(shortened(line, WIDTH) for line in lines)]


def csv_rows(comparison: SideBySide) -> list[dict[str, Value]]:
    """class.csv: a row for each hand-in; accuracies, differences and intervals as fractions."""
    models = dict.fromkeys(name for one in comparison.hand_ins for row in one.rows for name in row.accuracy)
    return [
        {
            "hand_in": printable(row.run),
            "run": printable(row.name),
            "data": printable(one.title),
            "guess": None if row.guess is None else printable(row.guess),
            "changes": None if row.changes is None else json.dumps(row.changes, ensure_ascii=False),
            "baseline": row.baseline,
            "candidate": row.candidate,
            "difference": row.difference,
            "difference_low": row.interval[0] if row.interval else None,
            "difference_high": row.interval[1] if row.interval else None,
            **{f"accuracy_{name}": row.accuracy.get(name) for name in models},
            "copy_of": None if row.copy_of is None else printable(row.copy_of),
            "doubt": row.doubt or None,
        }
        for one in comparison.hand_ins
        for row in one.rows
    ]
