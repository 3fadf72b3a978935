"""How numbers, names and intervals are written, the same in every sentence. No drawing, no TensorFlow."""

from collections.abc import Sequence

LONGEST_NAME = 24
SHORT_NAMES = {"T-shirt/top": "T-shirt"}


def digits_for(interval: Sequence[float] | None) -> int:
    """Decimals of points: two where with one an end of the interval would look like 0, and is not."""
    return 1 if interval is None or min(abs(end) for end in interval) >= 0.0005 else 2


def points(difference: float, digits: int = 1) -> str:
    """How large a difference of two shares is, in points; its sign is told in words."""
    return f"{100 * abs(difference):.{digits}f}"


def decimal(value: float, digits: int = 1) -> str:
    """A number to so many decimals, minus being the real minus; what rounds to 0 has none."""
    if abs(value) >= 1e9:  # as a loss that grew without end
        digits_of, power = f"{value:.1e}".replace("-", "−").split("e+")
        return f"{digits_of}e{int(power)}"
    text = f"{value:.{digits}f}".replace("-", "−")
    return text if text.strip("−0.") else text.removeprefix("−")


def mega(flops: float) -> str:
    """Arithmetic in millions: "10", "0.2", "0.003", "0.00008", "0"."""
    millions = flops / 1e6
    digits = 0 if millions >= 9.95 or not flops else 1 if millions >= 0.05 else 3 if millions >= 0.0005 else 5
    return f"{millions:,.{digits}f}"


def told_by_number(class_names: Sequence[str]) -> str:
    """That pictures lack the names of these classes, and why."""
    return (
        f"Pictures give the numbers of the classes {names(class_names)} and not their names: no font here has"
        " all characters of these, or they are written from right to left."
    )


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, minus being the real minus; what rounds to 0 has none."""
    text = decimal(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.") else text


def share(part: float) -> str:
    """A small share as a percentage: "0.5 %", "under 0.1 %", "none"."""
    return percent(part) if part > 0 else "none"


def counted(count: int, word: str) -> str:
    """A small number in words: "six filters", "12 classes", "one filter"."""
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    plural = word if count == 1 else f"{word}es" if word.endswith("s") else f"{word}s"
    return f"{small[count] if count < len(small) else count} {plural}"


def percent(share: float, digits: int = 1) -> str:
    """A fraction as a percentage; what only rounds to 100, or to 0, is not written so: "under 0.1 %"."""
    text = _of_100(share, digits)
    if share > 0 and text == decimal(0, digits):
        return f"under {decimal(10**-digits, digits)} %"
    return f"{text} %"


def _of_100(share: float, digits: int = 1) -> str:
    text = decimal(100 * share, digits)
    return decimal(100 - 10**-digits, digits) if share < 1 and text == decimal(100, digits) else text


def in_points(difference: float, digits: int = 1) -> str:
    """A difference of two fractions in points, without a plus."""
    return decimal(100 * difference, digits)


def span(interval: Sequence[float] | None) -> str:
    """An interval of fractions in points, as "2.2 to 3.0"; nothing where there is none."""
    if interval is None:
        return ""
    digits = digits_for(interval)
    return f"{in_points(interval[0], digits)} to {in_points(interval[1], digits)}"


def ends(interval: Sequence[float] | None) -> str:
    """An interval of shares in percent, as "88.4 to 89.5"; nothing where there is none."""
    return "" if interval is None else " to ".join(_of_100(end) for end in interval)


def short(name: str) -> str:
    """A class name for a tight place: one line of what can be printed, not too long."""
    line = " ".join(SHORT_NAMES.get(name, name).split())
    line = line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line) or "(no name)"


def quoted(name: str) -> str:
    """A class name inside a sentence: in quotes where it has no letter and would be read as a number."""
    return name if any(character.isalpha() for character in name) else f'"{name}"'


def numbered(seed: int | str, *elsewhere: bool) -> str:
    """One training by its number: "seed 0", "file 0" of a model that was trained `elsewhere`.

    Of trainings of several models that have the same number, of which some were: "seed and file 0".
    """
    kind = "seed" if not any(elsewhere) else "file" if all(elsewhere) else "seed and file"
    return f"{kind} {seed}"


def names(items: Sequence[str], most: int = 3) -> str:
    """A list in words: "a, b and c", or "a, b and 4 more"."""
    shown = list(items) if len(items) <= most else [*items[: most - 1], f"{len(items) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def clause(models: Sequence[str], one: str, many: str, rest: str = "") -> str:
    """Something said of one model or of several; empty where it holds for none."""
    return f"{names(models)} {one if len(models) == 1 else many}{rest}" if models else ""
