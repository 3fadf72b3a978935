"""A class in sentences: what the terminal, comparison.md and comparison.html tell of it beside its rows."""

from collections.abc import Iterable, Sequence

from model.report.words import names, percent, signed, span
from model.side_by_side.answers import BY_CHECKSUM
from model.side_by_side.class_rows import changes_in_words, models_of
from model.side_by_side.records import HandIn, HandIns, Pool, SideBySide

SAME_CONFIG = "The same config and seeds give equal answers, too, on the same kind of machine."
MOST_POOLS, MOST_OTHERS = 1, 3  # sentences of a kind


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
    if not counted and any(row.interval for row in rows):
        return f"{_count(len(rows))} side by side; none but in doubt compares two models{also}"
    if not counted:
        return f"{_count(len(rows))} side by side{_right([row for row in rows if not row.doubt])}{also}"
    last, first = models_of(rows) or ("the last model", "the first")
    ahead, behind = sum(low > 0 for low, _ in counted), sum(high < 0 for _, high in counted)
    different = " that are different" if copies and len(counted) > 1 else ""
    rest = f", and behind in {behind}" if behind else ""
    of = f"{ahead} of {_count(len(counted))}{different}"
    return f"{last} is ahead of {first} in {of}{rest}, going by the interval of each{also}"


def _count(count: int) -> str:
    return f"{count} hand-in{'s' * (count != 1)}"


def _right(rows: Sequence[HandIn]) -> str:
    """From how many to how many of the test pictures the models of some hand-ins get right, a clause."""
    shares = [found.mean for row in rows for found in row.accuracy.values()]
    if not shares:
        return ""
    low, high = (percent(share) for share in (min(shares), max(shares)))
    return f", {high if low == high else f'{low[:-2]} to {high}'} right"


def answers(comparison: SideBySide) -> list[str]:
    """What pools come to, who gives the same answers, and what can't be compared; of each kind a few."""
    told: list[str] = []
    for one in comparison.hand_ins:
        alike = [
            f"{len(labels)} of {len(one.rows)} hand-ins give the same answers to all test pictures: "
            f"{names(labels, most=4)}."
            for labels in one.copies
        ]
        told += _few(map(_pooled, one.pools), MOST_POOLS, "The other pools stand in comparison.json.")
        told += _few(alike, MOST_OTHERS, "The other groups stand in class.csv.")
    not_compared = (pair.verdict for pair in comparison.not_compared)
    return told + _few(
        not_compared, MOST_OTHERS, "The other pairs that are not compared stand in comparison.json."
    )


def _few(sentences: Iterable[str], most: int, others: str) -> list[str]:
    """The first sentences of a kind, and where the others are."""
    told = list(sentences)
    return [*told[:most], others] if len(told) > most else told


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


def caveats(comparison: SideBySide) -> list[str]:
    """What has to be known beside the table, wherever it stands."""
    told = []
    for one in comparison.hand_ins:
        of = f" of {one.title}" if len(comparison.hand_ins) > 1 else ""
        if one.labels_words and one.labels_words != BY_CHECKSUM:
            told.append(f"Accuracies{of} are worked out from the answers and {one.labels_words}.")
        if any(row.changes for row in one.rows):
            told.append(f"Settings{of}: those unlike the {_usual(one)}.")
    alone = dict.fromkeys(one.run for one in comparison.models.values() if one.from_ == "report.json")
    if alone:
        rows = "its row is" if len(alone) == 1 else "their rows are"
        told.append(
            f"Of {names(list(alone))} there is the report alone, without answers: {rows} as that tells."
        )
    if any(one.copies for one in comparison.hand_ins):
        told.append(SAME_CONFIG)
    return told


def notes(comparison: SideBySide) -> list[str]:
    """What has to be known to read the table, all of it."""
    rows, told = [row for one in comparison.hand_ins for row in one.rows], []
    if any(row.difference is not None for row in rows):
        told.append(
            "A row has the first model of a run and its last one that has a result, best difference first."
        )
    if any(row.difference is None for row in rows):
        told.append("A hand-in of which no two models are compared has a row for each of its models.")
    for one in comparison.hand_ins:
        if one.labels_words == BY_CHECKSUM:
            of = f" of {one.title}" if len(comparison.hand_ins) > 1 else ""
            told.append(f"Accuracies{of} are worked out from the answers and {one.labels_words}.")
    told += caveats(comparison)
    if any(row.doubt for row in rows):
        told.append(
            "A page in doubt stands last: what it says of itself counts nowhere, and it is neither in the "
            "headline nor in a pool."
        )
    return [*told, *([comparison.rule] if comparison.comparisons else [])]


def _usual(one: HandIns) -> str:
    """The config that rows are told against, in words."""
    if one.usual > 1:
        return f"commonest config, which {one.usual} of {len(one.rows)} have but for seeds"
    run = next(row.run for row in one.rows if row.changes == {})
    return f"config of {run}: no two have the same"
