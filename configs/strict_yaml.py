"""YAML read strictly: values as YAML 1.2 means them, where each of them stands, and no surprises.

PyYAML alone reads `1e-3` as text, `no` as false and `22:22` as 1342, keeps the last of two equal keys, and
follows aliases without end. So it only cuts the text into events here; what they mean is decided below.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import yaml

Keys = tuple[str | int, ...]  # the way to a value: ("models", "cnn", "filters", 0)

MAX_DEPTH = 20
MAX_DIGITS = 100
MAX_VALUES = 3000

_NULL = ("", "~", "null", "Null", "NULL")
_TRUE = ("true", "True", "TRUE")
_FALSE = ("false", "False", "FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")

# PyYAML's words for what is wrong, and ours.
_PROBLEMS = {
    "'\\t'": "A tab stands where only spaces can: indent with spaces.",
    "mapping values are not allowed": "A colon is not expected here: check the indentation above it, and put "
    "text that contains a colon and a space in quotes.",
    "could not find expected ':'": "A key is not followed by a colon and a space.",
    "cannot start any token": "A value can't begin with this character: put the text in quotes.",
    "expected '<document start>'": "Something stands after the end of the value.",
    "expected <block end>": "The indentation does not fit the lines above.",
    "expected ',' or": "A bracket is not closed, or a comma is missing.",
    "found unexpected end of stream": "A quote or a bracket is not closed.",
    "expected the node content": "A value is missing, or a bracket or comma is too many.",
}


class ConfigError(ValueError):
    """A config or an override that can't be used: what was given and where, what was expected, what to do."""


def shown(value: object, width: int = 60) -> str:
    """A value for a message: one line, cut short, nothing in it that could steer a terminal."""
    text = value if isinstance(value, str) and value.isprintable() else repr(value)
    return text if len(text) <= width else f"{text[: width - 3]}..."


def nearest(key: str, known: list[str]) -> str:
    """`Did you mean ...?`, or what there is."""
    near = difflib.get_close_matches(key.lower(), known, n=1)
    return f"Did you mean {shown(near[0])}?" if near else f"Known: {', '.join(map(shown, known)) or 'none'}."


def plain_value(text: str) -> object:
    """What unquoted text means in YAML 1.2 (its core schema): null, a truth value, a number, or just text.

    Raises:
        OverflowError: a whole number of more than 100 digits.
    """
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        if len(text) > MAX_DIGITS:
            raise OverflowError(f"a number of {len(text):,} digits")
        return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))
    if _NOT_FINITE.fullmatch(text):
        return float(text.replace(".", ""))
    return float(text) if _FLOAT.fullmatch(text) else text


def parse(text: str, where: Callable[[int], str]) -> tuple[Any, dict[Keys, int]]:
    """Parse strict YAML: the value, made of None, bool, int, float, str, list and dict; the line of each key.

    Args:
        text: the YAML.
        where: names a line (from 1) in a message.

    Raises:
        ConfigError: it is no YAML, or uses what configs do without.
    """
    strange = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise ConfigError(
            f"{where(line)}: the character {strange.group()!a} can't be in a config. Expected plain text: "
            "remove it, if this is a config at all."
        )
    reader = _Reader(text, where)
    try:
        return reader.document(), reader.lines
    except yaml.MarkedYAMLError as error:
        # where the bracket, quote or key began; for indentation, where it went wrong
        begun = None if "<block end>" in str(error.problem) else error.context_mark
        mark = begun or error.problem_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{where(line)}: this is not valid YAML. {_explained(error)}") from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        if isinstance(error, ConfigError):
            raise
        advice = "A number after a backslash or a % means nothing: check it."
        raise ConfigError(f"{where(reader.line)}: this is not valid YAML. {advice}") from None


def _explained(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or ""
    for words, ours in _PROBLEMS.items():
        if words in problem:
            return ours
    return f"The parser says: {shown(problem, 100)}."


class _Reader:
    """Builds plain values from PyYAML's events."""

    def __init__(self, text: str, where: Callable[[int], str]) -> None:
        self.lines: dict[Keys, int] = {}
        self.line = 1
        self._where = where
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.SafeLoader)

    def document(self) -> Any:
        self._next()
        start = self._next()
        if isinstance(start, yaml.StreamEndEvent):
            return None
        if start.version or start.tags:
            self._refuse(
                "a line that begins with % is an instruction to YAML. Configs do without: leave it out."
            )
        value = self._value(self._next(), ())
        self._next()
        if not isinstance(self._next(), yaml.StreamEndEvent):
            self._refuse("a second document begins here (after ---). A config is one document.")
        return value

    def _next(self) -> Any:
        event = next(self._events)
        self.line = event.start_mark.line + 1
        return event

    def _refuse(self, problem: str) -> NoReturn:
        raise ConfigError(f"{self._where(self.line)}: {problem}")

    def _value(self, event: Any, keys: Keys) -> Any:
        if len(self.lines) > MAX_VALUES:
            self._refuse(
                f"these are more than {MAX_VALUES:,} values. A config is a page or two: check the file."
            )
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self._refuse(
                f"{shown(sign + event.anchor)} is a YAML anchor or alias, which configs do without. "
                "Write the value out, or put text that begins with * or & in quotes."
            )
        if event.tag is not None:
            self._refuse(
                f"{shown(event.tag.replace('tag:yaml.org,2002:', '!!'))} is a YAML tag, which configs do "
                "without. Leave it out, or put text that begins with ! in quotes."
            )
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        if len(keys) >= MAX_DEPTH:
            self._refuse(
                f"this is nested more than {MAX_DEPTH} deep. A config needs 5 levels: check the brackets."
            )
        return self._list(keys) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(keys)

    def _scalar(self, event: Any) -> Any:
        if event.style is not None:  # quoted, or a block of text
            return event.value
        try:
            return plain_value(event.value)
        except OverflowError as error:
            self._refuse(f"{error} is too large for any setting. Check it.")

    def _list(self, keys: Keys) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            place = (*keys, len(values))
            self.lines[place] = self.line
            values.append(self._value(event, place))
        return values

    def _mapping(self, keys: Keys) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = self.line
            key = self._value(event, keys) if isinstance(event, yaml.ScalarEvent | yaml.AliasEvent) else event
            if not isinstance(key, str):
                kind = "a list or a mapping" if isinstance(key, yaml.Event) else shown(key)
                self._refuse(f"a key is {kind}, and not text. Put it in quotes, or write a name.")
            place = (*keys, key)
            if key in values:
                section = f" of {shown('.'.join(map(str, keys)))}" if keys else ""
                self._refuse(
                    f"the key {shown(key)}{section} stands twice, on line {self.lines[place]} and on line "
                    f"{line}. Keep one."
                )
            self.lines[place] = line
            values[key] = self._value(self._next(), place)
        return values


class _Dumper(yaml.SafeDumper):
    """Quotes text that YAML 1.2 (or PyYAML, reading 1.1) would take for something else."""


for _tag, _pattern in (("int", _INTEGER), ("float", _FLOAT)):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern.pattern})\Z"), None)


def write(values: dict[str, Any]) -> str:
    """YAML that `parse` reads back as the same values."""
    return yaml.dump(
        values, Dumper=_Dumper, sort_keys=False, default_flow_style=None, allow_unicode=True, width=110
    )
