"""How numbers are written, the same in every sentence. No drawing, no TensorFlow."""

from collections.abc import Sequence


def digits_for(interval: Sequence[float] | None) -> int:
    """Decimals of points: two where with one an end of the interval would look like 0, and is not."""
    return 1 if interval is None or min(abs(end) for end in interval) >= 0.0005 else 2


def points(difference: float, digits: int = 1) -> str:
    """How large a difference of two shares is, in points; its sign is told in words."""
    return f"{100 * abs(difference):.{digits}f}"


def decimal(value: float, digits: int = 1) -> str:
    """A number to so many decimals, minus being the real minus; what rounds to 0 has none."""
    text = f"{value:.{digits}f}".replace("-", "−")
    return text if text.strip("−0.") else text.removeprefix("−")


def signed(value: float, digits: int = 1) -> str:
    """A number with its sign, minus being the real minus; what rounds to 0 has none."""
    text = decimal(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.") else text
