"""What is said, taken apart: a pattern for each kind of sentence, and the check of what it claims.

A text is read from its beginning, sentence after sentence: where several patterns fit, the longest. So names
may hold full stops, and a sentence that says more than its pattern is noticed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

FIXED = Path(__file__).with_name("fixed.txt")  # sentences that assert nothing about a run, one a line
NUMBER = r"[−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
DURATION = r"(?:\d+ h \d+ min|\d+ min(?: \d+ s)?|[\d,.]+ s|elsewhere)"


class Kinds(dict[str, str]):
    """Patterns by name, each given once: a second one would hide the sentences made with the first."""

    def __setitem__(self, name: str, pattern: str) -> None:
        if name in self:
            raise KeyError(f"there is a kind {name!r} already; give this one another name")
        super().__setitem__(name, pattern)

    def __ior__(self, more: Any) -> Self:  # type: ignore[misc,override]
        for name, pattern in more.items():
            self[name] = pattern
        return self


KINDS = Kinds(
    {
        "n": NUMBER,
        "pct": rf"(?:under )?{NUMBER} %",
        "layer": r"(?:conv|pool|dense|rescaling)\d+|pixels",
        "time": DURATION,
    }
)
KINDS |= {"text": r".+?", "word": r"\S+", "kind": r"(?i:seed and file|seed|file)"}
OF_MODELS = {  # kinds that name models, or classes
    "names": r"(?:{model})(?:, (?:{model}))*(?: and (?:(?:{model})|\d+ more))?",
    "over": r"new (?:seeds|trainings) and new pictures(?:, but (?:{names}) with other test pictures only)?"
    r"|other test pictures",
    "shares": r"(?:{model}) {n} %(?:, (?:{model}) {n} %)*",
    "range": r"from {n} % \((?:{model})\) to {n} % \((?:{model})\)(?:, \d+ models)?",
    "rises": r"(?:{model}) {n}(?:, (?:{model}) {n})*",
    "sures": r"(?:{model}) {n} % sure, {n} % right(?:; (?:{model}) {n} % sure, {n} % right)*",
}
PLACE = re.compile(r"<(\w+):([^<>]*)>")


class Wrong(Exception):
    """A claim that the files do not bear out."""


class Number(float):
    """A number as it was shown: it claims no more than its last digit, "under 0.1 %" all from 0 on."""

    half: float

    def __new__(cls, text: str) -> "Number":
        digits = text.removeprefix("under ").removesuffix(" %").replace(",", "").replace("−", "-")
        under = text.startswith("under ")
        number = super().__new__(cls, float(digits) / 2 if under else digits)
        number.half = float(number) if under else 0.5 * 10.0 ** -len(digits.partition(".")[2])
        return number


NO, ONE = Number("0"), Number("1")  # where a sentence has no number


@dataclass(frozen=True)
class Said:
    """A paragraph, a line, a title: its text in one line, where it stands, of which model it is."""

    text: str
    where: str
    model: str = ""


@dataclass(frozen=True)
class Fault:
    """Something said that is wrong, or that no pattern knows."""

    said: Said
    sentence: str
    why: str

    def __str__(self) -> str:
        return f"{self.said.where}: “{self.sentence}”: {self.why}"


@dataclass(frozen=True)
class Pattern:
    """A kind of sentence, and what its check is called with: the evidence, where it stands, its parts."""

    template: str
    check: Callable[..., None] | None


PATTERNS: list[Pattern] = []


def says(*templates: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Of the sentences of these kinds, the check. `<name:kind>` is a part that differs.

    Kinds: n, a number; pct, a percentage; model, cls, layer, time, word, text; `a|b`, one of these.
    """

    def known(check: Callable[..., None]) -> Callable[..., None]:
        PATTERNS.extend(Pattern(template, check) for template in templates)
        return check

    return known


def agree(what: str, told: float, value: float | None, scale: float = 1.0) -> None:
    """Refuse a number that is not what the value comes to, rounded where the number ends."""
    if value is None or not abs(told - scale * value) <= getattr(told, "half", 0) * (1 + 1e-6) + 1e-9:
        found = "none" if value is None else f"{scale * value:.6g}"
        raise Wrong(f"{what} is {found}, not {told:g}")


def agree_share(what: str, told: Number, value: float | None) -> None:
    """As `agree`, of a percentage: what only rounds to 100 is not 100."""
    if value is not None and value < 1 and told == 100:
        raise Wrong(f"{what} is {100 * value:.6g} %, which is not all")
    if value is not None and 1 > value > 1 - told.half / 100 and told == 100 - 2 * told.half:
        return
    agree(what, told, value, 100)


def claim(holds: object, why: str) -> None:
    """Refuse a sentence for what does not hold."""
    if not holds:
        raise Wrong(why)


class Reader:
    """The patterns with the names of one run in them."""

    def __init__(self, models: Sequence[str], classes: Sequence[str], runs: Sequence[str] = ()) -> None:
        self.labels = ways_to_write(classes)
        kinds = KINDS | {"model": _either(models), "cls": _either(self.labels)}
        kinds["run"] = _either(runs)
        for kind in (*OF_MODELS, *KINDS):
            kinds[kind] = _filled(OF_MODELS.get(kind) or kinds[kind], kinds)
        fixed = [Pattern(line, None) for line in FIXED.read_text(encoding="utf-8").splitlines() if line]
        self.patterns = [(pattern, _compiled(pattern.template, kinds)) for pattern in [*PATTERNS, *fixed]]

    def sentences(self, text: str) -> Iterator[tuple[str, Pattern | None, dict[str, Any]]]:
        """A text's sentences, each with its pattern and the parts that differ."""
        at = 0
        while at < len(text):
            found = [(m, p) for p, regex in self.patterns if (m := regex.match(text, at))]
            if found:
                match, pattern = max(found, key=lambda pair: pair[0].end())
                yield match[0].strip(), pattern, self._parts(match, pattern)
                at = match.end()
            else:
                end = min(
                    (e.end() for e in re.finditer(r"[.;:] ", text) if e.start() >= at), default=len(text)
                )
                yield text[at:end].strip(), None, {}
                at = end

    def _parts(self, match: re.Match[str], pattern: Pattern) -> dict[str, Any]:
        kinds = dict(PLACE.findall(pattern.template))
        return {name: self._value(kinds[name], text) for name, text in match.groupdict().items()}

    def _value(self, kind: str, text: str) -> Any:
        if kind in ("n", "pct"):
            return Number(text)
        return self.labels[text] if kind == "cls" else text


def _compiled(template: str, kinds: dict[str, str]) -> re.Pattern[str]:
    """A template as an expression, that may begin with a capital and ends where a clause does."""
    parts = PLACE.split(template)  # text, name, kind, text, name, kind, ..., text
    first = parts[0][:1]
    expression = (f"[{first.upper()}{first.lower()}]" if first.isalpha() else re.escape(first)) + re.escape(
        parts[0][1:]
    )
    for name, kind, text in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        inside = kinds.get(kind) or "|".join(map(re.escape, kind.split("|")))
        expression += f"(?P<{name}>{inside}){re.escape(text)}"
    return re.compile(expression + r"[.,;:]?(?: |$)")


def _filled(text: str, kinds: dict[str, str]) -> str:
    return re.sub(r"\{([a-z]+)\}", lambda match: kinds.get(match[1], match[0]), text)


def _either(texts: Sequence[str] | dict[str, Any]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)) or r"(?!)"


def ways_to_write(classes: Sequence[str]) -> dict[str, set[int]]:
    """All ways in which a class may be named, whole or cut off, and which labels each may mean."""
    ways: dict[str, set[int]] = {}
    for label, name in enumerate(classes):
        whole = " ".join(name.split())
        cut = [f"{whole[:end].rstrip()}…" for end in range(1, len(whole))]
        for way in {name, whole, whole.partition("/")[0], f'"{whole}"', f"class {label}", *cut} - {""}:
            ways.setdefault(way, set()).add(label)
    return ways
