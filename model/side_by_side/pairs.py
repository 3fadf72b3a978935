"""All pairs together: which of them differ, once it is allowed for how many were looked at."""

from collections.abc import Sequence
from dataclasses import replace

from model.comparison.compare import CLEAR
from model.comparison.intervals import holm
from model.report.words import digits_for, in_points, span
from model.side_by_side.records import Pair

BY_LUCK = (
    "No difference can be seen, allowing for all {count} pairs: {leader} is ahead of {other} by {points} "
    "points ({span} on its own), as may be by luck."
)


def allowing_for_all(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs with p-values adjusted for their number (Holm 1979), as classes are.

    One that is clear on its own alone is not clear, and its words say so; a single pair stays as it is.
    """
    allowed = []
    for pair, adjusted in zip(pairs, holm([pair.p_value for pair in pairs]), strict=True):
        assert adjusted is not None  # for there is a p-value
        still = pair.clear and (len(pairs) == 1 or adjusted < CLEAR)
        changed = replace(pair, p_adjusted=adjusted, clear=still)
        allowed.append(changed if still == pair.clear else _in_words(changed, len(pairs)))
    return allowed


def _in_words(pair: Pair, count: int) -> Pair:
    """What a pair comes to that is clear on its own and not among so many."""
    leader, other, (low, high) = pair.candidate, pair.baseline, pair.interval
    if pair.difference < 0:
        leader, other, (low, high) = other, leader, (-high, -low)
    answer = BY_LUCK.format(
        count=count,
        leader=leader,
        other=other,
        points=in_points(abs(pair.difference), digits_for((low, high))),
        span=span((low, high)),
    )
    told = pair.words | {"answer": answer}  # what single trainings and cost have to say needs a winner
    words = {key: told[key] for key in told if key in ("caution", "answer", "unpaired")}
    return replace(pair, words=words, verdict=" ".join(words.values()))
