"""What is wrong with a config, in words: pydantic's findings and the JSON Schema made one short paragraph."""

import copy
import difflib
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from configs.document import Document
from configs.strict_yaml import ConfigError, Keys, nearest, parse, plain_value, shown

_EXAMPLE = "{architecture: dense, units: [128]}"
_TRUTH = {"yes": True, "on": True, "y": True, "no": False, "off": False, "n": False}
_LEFT_OUT = object()  # in place of a value: the key is not there
Validate = Callable[[dict[str, Any]], object]  # raises ValidationError
Advice = Iterator[tuple[str, list[Any]]]  # what to do, and the values that it proposes


def explain(error: ValidationError, document: Document, schema: dict[str, Any], validate: Validate) -> str:
    """Say what is wrong, where, what was expected and what to do, in one paragraph.

    It is about the first finding of the file; the keys of up to three others are named. Types, ranges and
    meanings are those of the JSON Schema of a config. A value is advised only if `validate` takes it.
    """
    findings: dict[Keys, ErrorDetails] = {}
    for item in error.errors(include_url=False):
        findings.setdefault(_keys(item, document.values), item)
    sections = {keys[:depth] for keys in findings for depth in range(len(keys))}
    order = [keys for keys in findings if keys not in sections]  # what is wrong inside says more
    order.sort(key=lambda keys: (findings[keys]["type"] == "missing", _line(keys, document)))
    first = order[0]
    others = [_dotted(keys) for keys in order[1:] if findings[keys]["type"] != "missing"]
    text = f"{document.where(first)}: {_sentence(first, findings[first], document, schema, validate)}"
    if others:
        text += f" To be put right, too: {', '.join(others[:3])}{', ...' if len(others) > 3 else ''}."
    return text


def takes_list(schema: dict[str, Any], keys: Keys, values: dict[str, Any]) -> bool:
    """Whether a list belongs at this key."""
    return any(option.get("type") == "array" for option in _options_at(schema, keys, values))


def _keys(item: ErrorDetails, values: Any) -> Keys:
    """The way to the value in the config: pydantic's, without the names of union members."""
    location = item["loc"]
    if location[:1] == ("models",):
        location = (*location[:2], *location[3:])  # after the model's name stands its architecture
    keys: Keys = ()
    for depth, key in enumerate(location, 1):
        if isinstance(values, list) and isinstance(key, str):
            continue  # a kind of list that could stand here
        inside = (
            key in values
            if isinstance(values, dict)
            else isinstance(values, list) and key in range(len(values))
        )
        if not inside:
            keys += (key,) if item["type"] == "missing" and depth == len(location) else ()
            break
        keys, values = (*keys, key), values[key]
    if item["type"] == "union_tag_invalid" or item["type"] == "union_tag_not_found":
        keys += ("architecture",)
    error = item.get("ctx", {}).get("error")
    return (*keys, *getattr(error, "keys", ()))


def _line(keys: Keys, document: Document) -> float:
    return next(
        (document.lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in document.lines), math.inf
    )


def _dotted(keys: Keys) -> str:
    """models.cnn.filters[0]; a key that is no name stands in quotes."""
    path = ""
    for key in keys:
        name = key if isinstance(key, int) or re.fullmatch(r"[\w-]+", key) else repr(key)
        path += f"[{name}]" if isinstance(key, int) else f".{name}"
    return shown(path.removeprefix("."), 100) or "the config"


def _value_at(keys: Keys, values: Any) -> Any:
    for key in keys:
        values = values[key]
    return values


def _sentence(
    keys: Keys, item: ErrorDetails, document: Document, schema: dict[str, Any], validate: Validate
) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return _unknown(keys, document, schema)
    if kind in ("missing", "union_tag_not_found"):
        return _missing(keys, document, schema)
    if kind == "value_error":
        return f"{_dotted(keys)} {item['ctx']['error']}"
    value = _value_at(keys, document.values)
    options = _options_at(schema, keys, document.values)
    sentence = f"{_dotted(keys)} is {_described(value)}. Expected {_expected(options)}."
    if value is None:
        spare = _helps(_LEFT_OUT, keys, document.values, validate)
        return f"{sentence} Write a value{', or leave the key out' if spare else ''}."
    for advice, values in _advice(value, options, keys in document.overrides):
        if all(_helps(one, keys, document.values, validate) for one in values):
            return f"{sentence} {advice}"
    return sentence


def _helps(value: object, keys: Keys, values: dict[str, Any], validate: Validate) -> bool:
    """Whether nothing is wrong any more at a key, or with what it is in, once it has this value."""
    changed = copy.deepcopy(values)
    section = _value_at(keys[:-1], changed)
    if value is _LEFT_OUT:
        del section[keys[-1]]
    else:
        section[keys[-1]] = value
    try:
        validate(changed)
    except ValidationError as error:
        found = [_keys(item, changed) for item in error.errors(include_url=False)]
        return not any(other[: len(keys)] == keys[: len(other)] for other in found)
    return True


def _unknown(keys: Keys, document: Document, schema: dict[str, Any]) -> str:
    *section, key = keys
    known = [
        name
        for option in _options_at(schema, tuple(section), document.values)
        for name in _properties(option)
    ]
    name = str(key)
    inside = f" in {_dotted(tuple(section))}" if section else ""
    text = f"there is no key {shown(name)}{inside}. "
    if ":" in name:
        return f"{text}Write a space after the colon."
    near = difflib.get_close_matches(name.lower(), known, n=1)
    if near:
        return f"{text}Did you mean {near[0]}?"
    if section[:1] == ["models"] and len(section) == 2 and (owners := _architectures(schema, name)):
        return f"{text}Only the architecture {' or '.join(owners)} has it: take that, or leave the key out."
    if elsewhere := _paths_to(schema, name):
        return f"{text}It belongs in another section: {' or '.join(elsewhere)}."
    leaves = {path.split(".")[-1] for path in _all_paths(schema, schema)}
    if alike := difflib.get_close_matches(name.lower(), sorted(leaves), n=1):
        return f"{text}Did you mean {' or '.join(_paths_to(schema, alike[0]))}?"
    return text + nearest(name, known)


def _architectures(schema: dict[str, Any], key: str) -> list[str]:
    """The architectures whose networks have a key."""
    choices = _choices(_options_at(schema, ("models", "NAME", "architecture"), None))
    networks = {choice: {"models": {"NAME": {"architecture": choice}}} for choice in choices}
    return [
        choice
        for choice, values in networks.items()
        if any(key in _properties(option) for option in _options_at(schema, ("models", "NAME"), values))
    ]


def _paths_to(schema: dict[str, Any], name: str) -> list[str]:
    """The least deep of the dotted paths to keys of this name."""
    paths = [path for path in _all_paths(schema, schema) if path.split(".")[-1] == name]
    depth = min((path.count(".") for path in paths), default=0)
    return list(dict.fromkeys(path for path in paths if path.count(".") == depth))


def _missing(keys: Keys, document: Document, schema: dict[str, Any]) -> str:
    *section, key = keys
    given = _value_at(tuple(section), document.values)
    inside = f" in {_dotted(tuple(section))}" if section else ""
    options = _options_at(schema, keys, document.values)
    text = f"the key {key} is missing{inside}. Expected a line `{key}: ...` with {_expected(options)}."
    near = difflib.get_close_matches(str(key), [name for name in given if name not in options], n=1)
    return f"{text} Write it in place of {shown(near[0])}." if near else text


def _described(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return f"a mapping with the keys {shown(', '.join(map(str, value)))}" if value else "an empty mapping"
    if isinstance(value, list):
        return f"the list {shown(repr(value))}" if value else "an empty list"
    if isinstance(value, float) and not math.isfinite(value):
        return "not a number (nan)" if math.isnan(value) else "infinite or too large"
    return f"the text {shown(repr(value))}" if isinstance(value, str) else shown(repr(value))


def _advice(value: Any, options: list[dict[str, Any]], in_override: bool) -> Advice:
    """What to do, where the mistake is a known one; whether it helps is to be tried."""
    if isinstance(value, str):
        yield from _advice_on_text(value, options)
    elif isinstance(value, list):
        if len(set(map(str, value))) == 1:
            yield f"Write {shown(value[0])} without brackets.", [value[0]]
        return
    elif isinstance(value, dict):
        return
    elif isinstance(value, float) and value.is_integer():
        yield f"Write {value:.0f}.", [int(value)]
    for_the_shell = ", and for the shell into others: '\"...\"'." if in_override else "."
    yield f"Put it in quotes{for_the_shell}", [str(value)]
    with suppress(ConfigError):
        yield f"Write [{shown(value)}].", [parse(f"[{value}]", str)[0]]


def _advice_on_text(text: str, options: list[dict[str, Any]]) -> Advice:
    bare = text.strip().replace("_", "")
    number = plain_value(bare[:50])
    if type(number) in (int, float):
        unquoted = f"This is text in quotes; write {bare} without quotes."
        yield unquoted if bare == text else f"Write {bare}.", [number]
    if re.fullmatch(r"\d+,\d+", bare):
        point = bare.replace(",", ".")
        yield f"Write {point}, with a point.", [float(point)]
    if re.fullmatch(r"\d{1,3}(,\d{3}){1,6}", bare):
        plain = bare.replace(",", "")
        yield f"Write {plain}, without commas.", [int(plain)]
    if numbers := re.fullmatch(r"(\d{1,12}) ?[,x×] ?(\d{1,12})", bare):
        several = list(dict.fromkeys(map(int, numbers.groups())))
        yield f"One number belongs here: write {' or '.join(map(str, several))}.", several
    if text.lower() in ("true", "false"):
        yield f"This is text in quotes; write {text.lower()} without quotes.", [text.lower() == "true"]
    if text.lower() in _TRUTH:
        truth = _TRUTH[text.lower()]
        yield f"Write {str(truth).lower()}.", [truth]
    if re.fullmatch(r"\w+:\S+", text):
        key, _, value = text.partition(":")
        with suppress(OverflowError):
            yield "Write a space after the colon.", [{key: plain_value(value)}]
    if near := difflib.get_close_matches(text.lower(), _choices(options), n=1):
        yield f"Did you mean {near[0]}?", [near[0]]


def _expected(options: list[dict[str, Any]]) -> str:
    """Type, range and meaning of a setting."""
    choices = _choices(options)
    parts = (
        [", ".join(choices[:-1]) + " or " + choices[-1] if len(choices) > 1 else choices[0]]
        if choices
        else []
    )
    parts += [_kind(option) for option in options if "const" not in option and "enum" not in option]
    meaning = next((option["description"] for option in options if "description" in option), "")
    return " or ".join(dict.fromkeys(parts)) + (f" ({meaning})" if meaning else "")


def _choices(options: list[dict[str, Any]]) -> list[str]:
    return [
        str(c)
        for option in options
        for c in option.get("enum", [option["const"]] if "const" in option else [])
    ]


def _kind(option: dict[str, Any]) -> str:
    """A JSON Schema type in words."""
    if "anyOf" in option:
        return " or ".join(map(_kind, option["anyOf"]))
    match option.get("type"):
        case "integer":
            return f"a whole number {_range(option)}"
        case "number":
            return f"a number {_range(option)}"
        case "boolean":
            return "true or false"
        case "array":
            count = f"{option['minItems']} to {option['maxItems']}"
            return f"a list of {count} values, each {_kind(option['items'])}"
        case "object":
            known = _properties(option)
            if "architecture" in known or not known:
                return f"{'a network' if known else 'networks by name'}, like {_EXAMPLE}"
            return f"keys with values: {', '.join(known[:3])}{', ...' if len(known) > 3 else ''}"
        case "null":
            return "null"
    return "text"


def _range(option: dict[str, Any]) -> str:
    if "exclusiveMinimum" in option:
        return f"above {option['exclusiveMinimum']:,} and at most {option['maximum']:,}"
    to = f"{option['maximum']:,}" if "maximum" in option else f"less than {option['exclusiveMaximum']:,}"
    return f"from {option['minimum']:,} to {to}"


def _properties(option: dict[str, Any]) -> list[str]:
    return list(option.get("properties", {}))


def _options_at(schema: dict[str, Any], keys: Keys, values: Any) -> list[dict[str, Any]]:
    """What the schema allows at a key, references and alternatives resolved; a model by its architecture."""
    options = list(_resolved(schema, schema, values))
    for key in keys:
        values = values.get(key) if isinstance(values, dict) else None
        below = [child for option in options for child in _children(option, key)]
        options = [resolved for child in below for resolved in _resolved(schema, child, values)]
    return options


def _children(option: dict[str, Any], key: str | int) -> Iterator[dict[str, Any]]:
    if isinstance(key, int):
        yield from [option["items"]] if "items" in option else []
    elif key in option.get("properties", {}):
        yield option["properties"][key]
    elif isinstance(option.get("additionalProperties"), dict):
        yield option["additionalProperties"]


def _resolved(schema: dict[str, Any], node: dict[str, Any], value: Any) -> Iterator[dict[str, Any]]:
    outer = {"description": node["description"]} if "description" in node else {}
    if "$ref" in node:
        section = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        yield {key: value for key, value in section.items() if key != "description"} | outer
    elif "anyOf" in node or "oneOf" in node:
        tags = node.get("discriminator", {}).get("mapping", {})
        tag = value.get("architecture") if isinstance(value, dict) else None
        known = isinstance(tag, str) and tag in tags
        chosen = [{"$ref": tags[tag]}] if known else node.get("anyOf") or node["oneOf"]
        for option in chosen:
            for resolved in _resolved(schema, option, value):
                yield {**resolved, **outer}
    else:
        yield node


def _all_paths(schema: dict[str, Any], node: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Every key as a dotted path, models as models.NAME."""
    for option in _resolved(schema, node, None):
        for name, child in option.get("properties", {}).items():
            yield f"{prefix}{name}"
            yield from _all_paths(schema, child, f"{prefix}{name}.")
        if isinstance(option.get("additionalProperties"), dict):
            yield from _all_paths(schema, option["additionalProperties"], f"{prefix}NAME.")
