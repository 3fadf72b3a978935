"""All comparisons together: which models differ, once it is allowed for how many pairs were looked at."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from model.comparison.pairs import AmongAll
from model.comparison.records import Comparison
from model.report.words import digits_for, in_points, span

CLEAR = 0.05  # of an adjusted p-value, of a pair as of a class

C = TypeVar("C", bound=Comparison)


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """P-values adjusted for their number (Holm 1979); where there is none, there stays none."""
    adjusted: list[float | None] = [None] * len(p_values)
    known = sorted((p, index) for index, p in enumerate(p_values) if p is not None)
    largest = 0.0
    for rank, (p, index) in enumerate(known):
        largest = max(largest, min(1.0, p * (len(known) - rank)))
        adjusted[index] = largest
    return adjusted


def allowing_for_all(pairs: Sequence[C]) -> list[C]:
    """The pairs, each told `alone`, with p-values adjusted for their number (Holm 1979), as classes are.

    One that is clear on its own alone is not clear, and its words say so; a single pair stays as it is.
    """
    if len(pairs) == 1:
        return list(pairs)
    alone = [pair.among_all.p_value if pair.among_all else None for pair in pairs]
    allowed = []
    for pair, p_value, adjusted in zip(pairs, alone, holm(alone), strict=True):
        assert p_value is not None and adjusted is not None  # noqa: PT018  for each has one
        clear = pair.is_clear and adjusted < CLEAR
        changed = replace(pair, among_all=AmongAll(len(pairs), p_value, adjusted, clear))
        allowed.append(changed if clear == pair.is_clear else _in_words(changed))
    return allowed


def by_luck(pair: Comparison) -> str:
    """What is to be said of a pair that is clear on its own and not among all: a clause."""
    leader, other, (low, high) = pair.candidate, pair.baseline, pair.interval
    if pair.difference < 0:
        leader, other, (low, high) = other, leader, (-high, -low)
    points = in_points(abs(pair.difference), digits_for((low, high)))
    count = pair.among_all.pairs if pair.among_all else 1
    return (
        f"no difference can be seen, allowing for all {count} pairs: {leader} is ahead of {other} by "
        f"{points} points ({span((low, high))} on its own), as may be by luck"
    )


def _in_words(pair: C) -> C:
    """What a pair comes to that may be ahead by luck."""
    sentence = by_luck(pair)
    told = pair.words | {"answer": f"{sentence[0].upper()}{sentence[1:]}."}
    # what single trainings and cost have to say needs a winner
    words = {key: told[key] for key in told if key in ("caution", "answer", "unpaired")}
    return replace(pair, words=words, verdict=" ".join(words.values()))
