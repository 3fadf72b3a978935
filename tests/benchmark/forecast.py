"""What a run says of the time that it will take, read from its screen, and how true that was."""

import re
from collections.abc import Sequence

UNITS = {"h": 3600, "min": 60, "s": 1}
LATER = 0.25  # from this share of its time on, a run knows its pace
Lines = Sequence[tuple[float, str]]  # what a program printed, each line with the seconds since its start


def seconds_of(text: str) -> int:
    """Seconds of a time in words, such as `2 h 5 min`."""
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+) (h|min|s)\b", text))


def total_at_start(lines: Lines) -> float:
    """Seconds from a run's start to its end, as told before its jobs begin; infinite until then."""
    told = [
        since + seconds_of(found[1])
        for since, line in lines
        if (found := re.match(r"machine .*: about ([\w ]+)", line))
    ]
    return told[0] if told else float("inf")


def largest_error(lines: Lines, total: float) -> float | None:
    """How far the end told later was from the true one at most, in % of all the time that the run took.

    None where it told none any more, as a run of seconds.
    """
    later = [(since, line.partition("left:")[2]) for since, line in lines if since >= LATER * total]
    errors = [abs(since + seconds_of(left) - total) for since, left in later if left]
    return 100 * max(errors) / total if errors else None
