"""What is said of a filter: its name, what it answers to, what it is worth. Words from numbers."""

from collections.abc import Sequence

from model.inspection.records import Match, Passport, Worth
from model.report.canvas import shortened
from model.report.words import decimal

UNNAMED = "no named pattern"
LONGEST_CLASS = 130  # pixels a class name may take inside a sentence
# Of the line a filter answers to most: [from, to) in degrees, 0 being horizontal.
DIRECTIONS = ((22.5, "flat"), (67.5, "rising"), (112.5, "upright"), (157.5, "falling"), (180.0, "flat"))


def pattern(match: Match) -> str:
    """A kernel's name with its similarity, or that it has none.

    Such as "vertical edge 0.93", "vertical edge −0.93" (light and dark swapped) or "no named pattern".
    """
    if match.name is None:
        return UNNAMED
    return f"{match.name} {decimal(match.similarity, 2)}"


def pattern_with_control(match: Match, threshold: float) -> str:
    """A kernel's name and what chance gives: "vertical edge 0.93 (untrained: 1 in 20 above 0.81)"."""
    control = f"untrained: 1 in 20 above {threshold:.2f}"
    if match.name is not None:
        return f"{pattern(match)} ({control})"
    nearest = decimal(match.similarity, 2)
    return f"{UNNAMED} ({match.nearest} {nearest}; {control})"


def direction(degrees: float | None) -> str:
    """The line a filter answers to most, of those drawn to measure it: "drawn upright lines (87°)"."""
    if degrees is None:
        return "no preferred direction"
    word = next(word for end, word in DIRECTIONS if degrees % 180 < end)
    return f"drawn {word} lines ({round(degrees) % 180}°)"


def favourite(selectivity: Sequence[float | None], class_names: Sequence[str]) -> str:
    """The class a filter answers to most: "most for Trouser"."""
    return f"most for {class_label(class_names, _by_selectivity(selectivity)[0])}"


def favourites(selectivity: Sequence[float | None], class_names: Sequence[str]) -> str:
    """The classes a filter answers to most and least: "Trouser most, Bag least"."""
    order = _by_selectivity(selectivity)
    most, least = (class_label(class_names, order[place]) for place in (0, -1))
    return f"{most} most, {least} least"


def _by_selectivity(selectivity: Sequence[float | None]) -> list[int]:
    """The classes that have test pictures, the one answered to most first."""
    known = {label: value for label, value in enumerate(selectivity) if value is not None}
    return sorted(known, key=lambda label: -known[label])


def class_label(
    class_names: Sequence[str], label: int, width: float = LONGEST_CLASS, size: float = 15
) -> str:
    """A class's name on one line of at most `width` pixels; its number where it has no name."""
    name = class_names[label] if label < len(class_names) else str(label)
    printable = "".join(c if c.isprintable() or c.isspace() else "�" for c in name)
    return shortened(printable, width, size) if printable.strip() else f"class {label}"


def sentence(passport: Passport, threshold: float | None, class_names: Sequence[str]) -> str:
    """One sentence on what a filter makes stand out.

    It has neither the filter's number nor a full stop. `threshold` is the similarity that 1 in 20 untrained
    kernels passes, None where kernels are not matched.
    """
    if passport.dead:
        return "dead: never above 0 on any training or test picture"
    parts = ["above 0 nearly everywhere"] if passport.saturated else []
    if passport.match is not None and threshold is not None:
        parts.append(pattern_with_control(passport.match, threshold))
    answers = "" if passport.orientation is None else "answers to "
    parts.append(answers + direction(passport.orientation))
    parts.append(favourites(passport.selectivity, class_names))
    return "; ".join(parts)


def worth_in_words(effect: Worth, num_test: int, dead: bool = False) -> str:
    """What a filter is worth, told in answers.

    Such as "taking it out changes 143 of 10,000 answers: 111 become wrong, 32 right", and what that shows.
    """
    if dead:
        return "taking it out changes nothing: it never answers"
    if effect.changed == 0:
        return "no effect on its own: others stand in"
    told = (
        f"taking it out changes {effect.changed:,} of {num_test:,} answers: "
        f"{effect.became_wrong:,} become wrong, {effect.became_right:,} right"
    )
    low, high = effect.interval
    if low <= 0 <= high:
        return f"{told}; within chance on its own"
    return told if low > 0 else f"{told}; without it the network does better"


def answers_change(effect: Worth) -> str:
    """The same in three words: "143 answers change"."""
    return f"{effect.changed:,} answer{' changes' if effect.changed == 1 else 's change'}"


def number(value: float) -> str:
    """An activation in three digits, minus being the real minus: "12.3", "−0.41", "0"."""
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return "0" if value == 0 else decimal(value, digits)
