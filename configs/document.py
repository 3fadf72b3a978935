"""A config as it was written: the file, what overrides change in it, and where each value comes from."""

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from configs.lists import ZIPPED, lists_in, may_have_list, why_no_list, without
from configs.strict_yaml import ConfigError, Keys, nearest, parse, shown

MOST_NAMED = 12  # configs, in a message
MAX_BYTES = 64 * 1024
PATH_WIDTH = 200  # characters of a path that are shown


@dataclass
class Document:
    """A config as it was written: plain values, and where each of them comes from."""

    name: str
    values: dict[str, Any]
    lines: dict[Keys, int]
    overrides: dict[Keys, str] = field(default_factory=dict)

    def where(self, keys: Keys) -> str:
        """The file and line, or the override, that a value (or the section that lacks it) comes from."""
        below = [text for changed, text in self.overrides.items() if changed[: len(keys)] == keys]
        for end in range(len(keys), 0, -1):
            if keys[:end] in self.overrides:
                return f"override {self.overrides[keys[:end]]}"
            if keys[:end] in self.lines:
                return ", with ".join([f"{self.name}, line {self.lines[keys[:end]]}", *below])
            if below:
                return f"override {below[0]}"
        return self.name


def read_file(path: Path, known: Path) -> Document:
    """Read a config file: its keys and values, unchecked but for YAML itself.

    Raises:
        ConfigError: it is missing, no file, empty, too large, no text, no YAML, no mapping, or uses what
            configs do without: anchors, aliases, tags, equal keys, deep nesting. Where there is no such file,
            configs of the folder `known` are suggested.
    """
    name = shown(str(path), PATH_WIDTH)
    try:
        missing, regular = not path.exists(), path.is_file()
        data = b"" if missing or not regular else _first_bytes(path)
    except OSError as error:
        raise ConfigError(
            f"{name}: the config can't be read ({error.strerror}). Check its name and rights."
        ) from None
    if missing:
        raise ConfigError(f"{name}: there is no such file. Expected a config. {_suggestion(path, known)}")
    if not regular:
        kind = "folder" if path.is_dir() else "device or a pipe"
        raise ConfigError(f"{name}: this is a {kind}. Expected a config file. {_suggestion(path, known)}")
    return document_of(data, name)


def document_of(data: bytes, name: str) -> Document:
    """What a config file of this name holds, as `read_file` checks it."""
    values, lines = parse_file(data, name)
    if values is None:
        raise ConfigError(f"{name}: the file is empty. Expected a config; configs/quick.yaml is one to copy.")
    if not isinstance(values, dict):
        raise ConfigError(
            f"{name}: this is {shown(repr(values))}, and no config. Expected keys with values, one a line, "
            "like `name: my-run`; configs/quick.yaml is one to copy."
        )
    return Document(name, values, lines)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def parse_file(data: bytes, name: str) -> tuple[Any, dict[Keys, int]]:
    """The values of a config file that holds `data`, and on which line each stands; raises as `read_file`."""
    if len(data) > MAX_BYTES:
        raise ConfigError(
            f"{name}: the file is larger than 64 KiB. A config is a page or two: check the path."
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigError(
            f"{name}, line {line}: byte {data[error.start]:#04x} is not UTF-8 text. "
            "Check that this is a config, and save it as UTF-8."
        ) from None
    return parse(text, lambda line: f"{name}, line {line}")


def _suggestion(path: Path, known: Path) -> str:
    """Which configs there are, or the likely one."""
    folder = path if path.is_dir() else path.parent
    files = [*sorted(folder.glob("[!.]*.yaml")), *sorted(known.rglob("[!.]*.yaml"))]
    by_stem: dict[str, str] = {}
    for file in files:
        by_stem.setdefault(file.stem, min(os.path.relpath(file), str(file), key=len))
    near = difflib.get_close_matches(path.stem, by_stem, n=1)
    if near:
        return f"Did you mean {shown(by_stem[near[0]], PATH_WIDTH)}?"
    names = [shown(name, PATH_WIDTH) for name in by_stem.values()]
    more = [f"{len(names) - MOST_NAMED} more"] if len(names) > MOST_NAMED else []
    return f"There are: {', '.join(names[:MOST_NAMED] + more) or 'none'}."


def override(document: Document, text: str, takes_list: Callable[[Keys], bool]) -> None:
    """Change one value of a document.

    Args:
        document: is changed.
        text: `KEY=VALUE`, KEY a dotted path and VALUE YAML; `KEY=VALUE|VALUE` gives a sweep this list, and
            a single value takes the key from it.
        takes_list: whether a list belongs at a key, so that `16,32` means `[16, 32]` there.

    Raises:
        ConfigError: it is no KEY=VALUE, VALUE is no strict YAML, there is no such model or section, or it
            undoes an override before it.
    """
    key, equals, written = text.partition("=")
    label = f"override {shown(text)}"
    if not equals or not key.strip() or not written.strip():
        raise ConfigError(f"{label}: a key and a value are both required. Write it like training.epochs=3.")
    keys: Keys = tuple(key.strip().split("."))
    if not all(keys):
        raise ConfigError(
            f"{label}: a name is missing before or after a dot. Write it like training.epochs=3."
        )
    dotted, values = ".".join(map(str, keys)), _alternatives(written)
    several = len(values) > 1 and may_have_list(dotted)
    if len(values) > 1 and keys[0] in ("seeds", "name", "launch"):  # in other values bars may stand
        raise ConfigError(f"{label}: {dotted} {why_no_list(dotted)}")
    if several or keys[0] == "sweep":
        keys = _place_of_list(dotted if several else dotted.partition(".")[2], document)
    for earlier, given in document.overrides.items():
        if earlier[: len(keys)] == keys:
            raise ConfigError(f"{label}: this undoes an earlier one, {given}. Keep one of the two.")
    if several:
        value: Any = [_value(one, label, takes_list(tuple(dotted.split(".")))) for one in values]
    else:
        value = _value(written, label, takes_list(keys))
        _fix(dotted, document)
    _section_of(keys, document, label)[str(keys[-1])] = value
    document.lines = {known: line for known, line in document.lines.items() if known[: len(keys)] != keys}
    document.overrides[keys] = shown(text)


def _value(written: str, label: str, takes_list: bool) -> Any:
    """What stands after the equals sign, or between two bars."""
    if not written.strip():
        raise ConfigError(f"{label}: a value is missing before or after a bar. Write it like KEY=2|4.")
    value, _ = parse(written, lambda line: label)
    if isinstance(value, str | bool | int | float) and takes_list:
        value, _ = parse(f"[{written}\n]", lambda line: label)
    return value


def _alternatives(written: str) -> list[str]:
    """The values between bars that stand in no quotes and no brackets."""
    parts, depth, quote = [""], 0, ""
    for character in written:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character in "[]{}":
            depth += 1 if character in "[{" else -1
        if character == "|" and not quote and depth <= 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _place_of_list(dotted: str, document: Document) -> Keys:
    """Where a list of values stands, or is to stand: the key it is for is one word there."""
    if not dotted:
        return ("sweep",)
    sweep = document.values.get("sweep")
    together = sweep.get(ZIPPED) if isinstance(sweep, dict) else None
    known = isinstance(together, dict) and dotted in together
    if dotted.startswith(f"{ZIPPED}."):
        return ("sweep", ZIPPED, dotted.removeprefix(f"{ZIPPED}."))
    return ("sweep", ZIPPED, dotted) if known else ("sweep", dotted)


def _fix(dotted: str, document: Document) -> None:
    """Take a key that is given one value out of the sweep."""
    sweep = document.values.get("sweep")
    if isinstance(sweep, dict) and isinstance(sweep.get(ZIPPED, {}), dict) and dotted in lists_in(sweep):
        document.values["sweep"] = without(sweep, dotted)


def _section_of(keys: Keys, document: Document, label: str) -> dict[str, Any]:
    """The mapping that an override changes; made where the file leaves a section out."""
    section: Any = document.values
    for depth, part in enumerate(keys[:-1], 1):
        if keys[0] == "models" and depth == 2 and part not in section:
            raise ConfigError(
                f"{label}: there is no model {shown(str(part))}. {nearest(str(part), list(section))} "
                "A new model is given whole, like 'models.NAME={architecture: dense, units: [128]}'."
            )
        section = section.setdefault(part, {})
        if not isinstance(section, dict):
            path = shown(".".join(map(str, keys[:depth])))
            advice = f"Give the whole list: {path}=..." if isinstance(section, list) else f"Give {path}=..."
            raise ConfigError(
                f"{label}: {path} is {shown(repr(section))} and has no keys of its own. {advice}"
            )
    return section
