"""The whole of what a run says, sentence by sentence, against its files."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.strangers import (
    classes,  # noqa: F401  each of these knows some kinds of sentences
    compared,  # noqa: F401
    elsewhere,  # noqa: F401
    exported,  # noqa: F401
    filters,  # noqa: F401
    lessons,  # noqa: F401
    perturbed,  # noqa: F401
    pictures,  # noqa: F401
    predicted,  # noqa: F401
    questions,  # noqa: F401
    reports,  # noqa: F401
    swept,  # noqa: F401
    tables,
    verdicts,  # noqa: F401
    wants,  # noqa: F401
)
from tests.strangers.grammar import Fault, Reader, Said, Wrong
from tests.strangers.told import Table


@dataclass
class Checked:
    """What was found wrong, and how much was read: sentences with a check, fixed ones, rows of tables."""

    faults: list[Fault] = field(default_factory=list)
    sentences: int = 0
    fixed: int = 0
    rows: int = 0

    def __str__(self) -> str:
        told = f"{self.sentences} sentences, {self.fixed} fixed ones and {self.rows} rows of tables"
        return "\n".join([f"{len(self.faults)} faults in {told}", *map(str, self.faults)])


def check(evidence: Any, pieces: Iterable[Said | Table]) -> Checked:
    """Read every piece and compare what it claims with the evidence."""
    reader, found = Reader(list(evidence.models), evidence.classes, evidence.names), Checked()
    for piece in pieces:
        evidence.spoken_of = None
        if isinstance(piece, Table):
            found.rows += len(piece.rows)
            found.faults += tables.faults(evidence, piece)
            continue
        for sentence, pattern, parts in reader.sentences(piece.text):
            if pattern is None:
                found.faults.append(Fault(piece, sentence, "no pattern knows this sentence"))
            elif pattern.check is None:
                found.fixed += 1
            else:
                found.sentences += 1
                try:
                    pattern.check(evidence, piece, **parts)
                except (Wrong, ValueError, LookupError) as wrong:  # what can't be worked out is no better
                    found.faults.append(Fault(piece, sentence, f"{wrong}"))
    return found
