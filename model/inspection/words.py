"""What is said of filters: names, what they answer to, what they are worth, why they are shown."""

from collections.abc import Sequence

from model.inspection.records import Match, Passport, Unit, Worth, parted
from model.report.canvas import shortened
from model.report.words import counted, decimal, names, quoted

UNNAMED = "no named pattern"
HARDLY = 0.001  # above 0 at a smaller share of all places a filter hardly ever answers
LONGEST_CLASS = 130  # pixels a class name may take inside a sentence
# Of the line a filter answers to most: [from, to) in degrees, 0 being horizontal.
DIRECTIONS = ((22.5, "flat"), (67.5, "rising"), (112.5, "upright"), (157.5, "falling"), (180.0, "flat"))


def pattern(match: Match) -> str:
    """A kernel's name with its similarity, or that it has none.

    Such as "vertical edge 0.93", "inverted vertical edge 0.93" (light and dark swapped) or "no named
    pattern".
    """
    return UNNAMED if match.name is None else _nearest(match)


def _nearest(match: Match) -> str:
    return f"{directed(match.nearest, match)} {decimal(abs(match.similarity), 2)}"


def directed(name: str, match: Match) -> str:
    """A pattern's name, or its reverse's where the match is below 0."""
    return f"inverted {name}" if match.similarity < 0 else name


def pattern_with_control(match: Match, threshold: float) -> str:
    """A kernel's name and what chance gives: "vertical edge 0.93 (untrained: 1 in 20 above 0.81)"."""
    control = f"untrained: 1 in 20 above {threshold:.2f}"
    if match.name is not None:
        return f"{pattern(match)} ({control})"
    return f"{UNNAMED} ({_nearest(match)}; {control})"


def direction(degrees: float | None) -> str:
    """The line a filter answers to most, of those drawn to measure it: "lines drawn upright (87°)"."""
    if degrees is None:
        return "no preferred direction"
    word = next(word for end, word in DIRECTIONS if degrees % 180 < end)
    return f"lines drawn {word} ({round(degrees) % 180}°)"


def favourite(selectivity: Sequence[float | None], class_names: Sequence[str]) -> str:
    """The class a filter answers to most: "most for Trouser"; nothing where it answers to all alike."""
    order = _by_selectivity(selectivity)
    return f"most for {_quoted(class_names, order[0])}" if order else ""


def favourites(selectivity: Sequence[float | None], class_names: Sequence[str]) -> str:
    """The classes a filter answers to most and least: "Trouser most, Bag least"; nothing likewise."""
    order = _by_selectivity(selectivity)
    if not order:
        return ""
    most, least = (_quoted(class_names, order[place]) for place in (0, -1))
    return f"{most} most, {least} least"


def _by_selectivity(selectivity: Sequence[float | None]) -> list[int]:
    """The classes that have test pictures, the one answered to most first; none where all are alike."""
    known = {label: value for label, value in enumerate(selectivity) if value is not None}
    return sorted(known, key=lambda label: -known[label]) if len(set(known.values())) > 1 else []


def _quoted(class_names: Sequence[str], label: int) -> str:
    return quoted(class_label(class_names, label))


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
    # an empty picture excites it by more than half of what any test picture does
    is_black = bool(passport.strongest) and passport.background > passport.strongest[0].activation / 2
    if not passport.strongest:
        parts.append("never above 0 on any test picture")
    elif passport.active < HARDLY:
        parts.append(f"hardly ever answers (above 0 at {100 * passport.active:.1g} % of places)")
    elif is_black:
        parts.append(f"answers to black ({number(passport.background)} on an empty picture)")
    if passport.match is not None and threshold is not None:
        parts.append(pattern_with_control(passport.match, threshold))
    if passport.orientation is not None:
        parts.append(f"answers most to {direction(passport.orientation)}")
    elif not is_black:  # of no line it is clear then
        parts.append(direction(None))
    parts.append(favourites(passport.selectivity, class_names))
    return "; ".join(part for part in parts if part)


def worth_in_words(effect: Worth, num_test: int, dead: bool = False) -> str:
    """What a filter is worth, told in answers.

    Such as "without it 150 of 10,000 answers change: 111 become wrong, 32 right, 7 wrong otherwise; 79 lost",
    and what that shows.
    """
    if dead:
        return "nothing changes without it: it never answers"
    if effect.changed == 0:
        return "no answer changes without it"
    change = "changes" if effect.changed == 1 else "change"
    told = f"without it {effect.changed:,} of {num_test:,} answers {change}: {_what_became(effect)}"
    low, high = effect.interval
    if low <= 0 <= high:
        return f"{told}; within chance"
    return told if low > 0 else f"{told}; better without it"


def _what_became(effect: Worth) -> str:
    """Of the answers that changed, how many became what; what none did is not told, nor a sum of one part."""
    wrong, right = effect.became_wrong, effect.became_right
    if not wrong and not right:
        return "from one wrong answer to another"
    counts = ((wrong, "wrong"), (right, "right"), (effect.changed - wrong - right, "wrong otherwise"))
    told = [f"{count:,} {what}" for count, what in counts if count]
    told[0] = told[0].replace(" ", " becomes " if told[0].startswith("1 ") else " become ", 1)
    return ", ".join(told) + (f"; {answers_lost(effect, short=True)}" if wrong and right else "")


def answers_lost(effect: Worth, short: bool = False) -> str:
    """The same in three words, what became right taken off what became wrong: "79 answers lost".

    `short`: "79 lost", where it is clear of what.
    """
    lost = effect.became_wrong - effect.became_right
    if lost == 0:
        return "none lost" if short else "no answer lost"
    answers = "" if short else f" answer{'s' * (abs(lost) > 1)}"
    return f"{abs(lost):,}{answers} {'lost' if lost > 0 else 'gained'}"


def chosen_by(filters: Sequence[Passport | Unit], strongest: bool = True) -> str:
    """By which rule filters are shown, those that `first_of` gives: a sentence below every title.

    `strongest`: those that are not ranked were chosen by how strongly they answer.
    """
    ranked, others, dead = parted(filters)
    last = " Dead ones last." if 0 < len(dead) < len(filters) else ""
    if ranked and others:
        return (
            "First those ranked by how much the loss on validation pictures rises without each; after the"
            f" line those that can't be told from 0 there{' and answer most strongly' * strongest}, by index."
            f"{last}"
        )
    if ranked:
        return f"Ranked by how much the loss on validation pictures rises without each.{last}"
    if others:
        return (
            "Not ranked: whether the loss on validation pictures rises without each can't be told."
            f" {'Here are those that answer most strongly, by' if strongest else 'By'} index.{last}"
        )
    return "Dead: above 0 at no place of any training or test picture."


def which(filters: Sequence[Passport | Unit], layer: str) -> str:
    """The same for a title: "the six filters of conv1 ranked first on validation pictures"."""
    ranked, _, dead = parted(filters)
    if len(ranked) == len(filters):
        count = f"the {counted(len(ranked), 'filter')}" if len(ranked) > 1 else "the filter"
        first, last = ranked[0].rank, ranked[-1].rank
        rank = "first" if first == 1 else f"{first} to {last}" if first != last else f"{first}"
        return f"{count} of {layer} ranked {rank} on validation pictures"
    if len(dead) == len(filters):
        return f"{counted(len(dead), 'dead filter')} of {layer}"
    count = f"{counted(len(filters), 'filter')} of {layer}"
    if ranked:
        return f"{count} ({counted(len(ranked), 'filter').split()[0]} ranked on validation pictures)"
    return f"{count} that can't be told from 0 on validation pictures"


def line_after(filters: Sequence[Passport | Unit]) -> int | None:
    """How many filters stand before the line that ends those that are ranked; None where there is none."""
    count = len(parted(filters)[0])
    return count if 0 < count < len(filters) else None


def dead_ones(indices: Sequence[int]) -> str:
    """What is added to a title where a layer has dead filters: "; dead: 3 and 17"."""
    return f"; dead: {names([str(index) for index in indices])}" if indices else ""


def number(value: float) -> str:
    """An activation in three digits, minus being the real minus: "12.3", "−0.41", "0"."""
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return "0" if value == 0 else decimal(value, digits)
