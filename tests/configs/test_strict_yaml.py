"""Strict YAML: what values mean, what is refused and where, and that reading never hangs."""

import contextlib
import math
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.strict_yaml import ConfigError, nearest, parse, plain_value, shown, write


def read(text: str) -> Any:
    return parse(text, lambda line: f"line {line}")[0]


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(text)
    return str(caught.value)


VALUES = {
    "1e-3": 0.001,
    "1.0e10": 1e10,
    "-1E+2": -100.0,
    ".5": 0.5,
    "5.": 5.0,
    "-.5e-1": -0.05,
    "+5.e+02": 500.0,
    "12e03": 12000.0,
    ".": ".",
    ".e5": ".e5",
    "e5": "e5",
    "1e+": "1e+",
    "1.5.2": "1.5.2",
    "++3": "++3",
    "0x": "0x",
    "0o8": "0o8",
    "-0x1f": "-0x1f",
    "+.Inf": math.inf,
    ".iNF": ".iNF",
    "-.nan": "-.nan",
    "10": 10,
    "010": 10,
    "-3": -3,
    "+3": 3,
    "0o17": 15,
    "0x1f": 31,
    "no": "no",
    "yes": "yes",
    "on": "on",
    "off": "off",
    "y": "y",
    "22:22": "22:22",
    "1_000": "1_000",
    "0b11": "0b11",
    "2001-01-01": "2001-01-01",
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "tRUE": "tRUE",
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "": None,
    ".inf": math.inf,
    "-.INF": -math.inf,
    "inf": "inf",
    "nan": "nan",
    "<<": "<<",
    "1e": "1e",
    "1e999": math.inf,
    "'1e-3'": "1e-3",
    '"true"': "true",
    "٣": "٣",  # a digit, but not YAML's
}


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_values_mean_what_yaml_1_2_says(text: str, value: object) -> None:
    found = read(f"key: {text}")["key"]
    assert (found, type(found)) == (value, type(value)), f"{text} was read as {found!r}"


def test_words_for_a_key_that_there_is_not() -> None:
    assert nearest("Adam", ["sgd", "adamw", "adam"]) == "Did you mean adam?"
    assert nearest("x", ["sgd", "adam"]) == "Known: sgd, adam."
    assert nearest("x", []) == "Known: none."


def test_a_value_is_shown_on_one_line_of_sixty_characters() -> None:
    assert shown("a" * 60) == "a" * 60
    assert shown("a" * 61) == "a" * 57 + "..."
    assert shown("abcdef", 5) == "ab..."
    assert (shown("a\nb"), shown(1.5)) == ("'a\\nb'", "1.5")


def test_nan_is_a_number() -> None:
    assert math.isnan(read("key: .NaN")["key"])


def test_a_number_of_a_hundred_digits_is_read_and_one_more_is_not() -> None:
    assert plain_value("9" * 100) == 10**100 - 1
    with pytest.raises(OverflowError, match="101 digits"):
        plain_value("9" * 101)


def test_blocks_of_text_are_text() -> None:
    assert read("a: |\n  12\nb: >-\n  true\n") == {"a": "12\n", "b": "true"}


def test_lines_of_keys_and_list_items_are_known() -> None:
    lines = parse("a: 1\nb:\n  c:\n    - 1\n    - 2\n", str)[1]
    assert lines == {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "c", 0): 4, ("b", "c", 1): 5}


REFUSED = {
    "a: &x 1": "line 1: &x is a YAML anchor or alias, which configs do without.",
    "a: *x": "line 1: *x is a YAML anchor or alias",
    "*x : 1": "line 1: *x is a YAML anchor or alias",
    "&x a: 1": "line 1: &x is a YAML anchor or alias",
    "a: &x [1]\nb: *x": "line 1: &x is a YAML anchor",
    "a: !!str 1": "line 1: !!str is a YAML tag, which configs do without. Leave it out",
    "a: !python/object:os.system {}": "!python/object:os.system is a YAML tag",
    "a: ! 1": "! is a YAML tag",
    "a: 1\nb: 2\na: 3": "line 3: the key a stands twice, on line 1 and on line 3. Keep one.",
    "s:\n  a: 1\n  'a': 3": "line 3: the key a of s stands twice, on line 2 and on line 3.",
    "%YAML 1.1\n---\na: 1": "an instruction to YAML. Configs do without: leave it out.",
    "a: 1\n---\nb: 1": "line 2: a second document begins here",
    "s:\n  t:\n    a: 1\n    a: 3": "line 4: the key a of s.t stands twice, on line 3 and on line 4.",
    "1: a": "a key is 1, and not text. Put it in quotes",
    "true: a": "a key is True, and not text.",
    "? [a]\n: b": "a key is a list or a mapping, and not text.",
    "a: 1\n\tb: 2": "line 2: this is not valid YAML. A tab stands where only spaces can",
    "a: b: c": "A colon is not expected here: check the indentation above it",
    "a:\n  b: 1\n c: 2": "line 3: this is not valid YAML. The indentation does not fit the lines above.",
    "a: [1,\n 2\nb: 3": "line 1: this is not valid YAML. A bracket is not closed, or a comma is missing.",
    "a: {b: 1": "A bracket is not closed, or a comma is missing.",
    "a: 'b": "A quote or a bracket is not closed.",
    "a: [,]": "A value is missing, or a bracket or comma is too many.",
    "a: @b": "A value can't begin with this character: put the text in quotes.",
    "a\nb: 1": "A colon is not expected here",
    "a: 1\nb": "line 2: this is not valid YAML. A key is not followed by a colon and a space.",
    "a ] b: 1\n]": "this is not valid YAML.",
    'a: "\\UFFFFFFFF"': "A number after a backslash or a % means nothing",
    'a: "\\U00110000"': "A number after a backslash or a % means nothing",
    'a: "\\q"': "The parser says: found unknown escape character 'q'.",
    "\n\x07": "line 2: the character '\\x07' can't be in a config.",
    "a: b\nc: \x07": "line 2: the character '\\x07' can't be in a config.",
    "a: \x1b[31m": "the character '\\x1b' can't be in a config.",
    "a: \ud800": "the character '\\ud800' can't be in a config.",
    "a: " + "1" * 101: "a number of 101 digits is too large for any setting.",
    "a: " + "[" * 20 + "]" * 20: "line 1: this is nested more than 20 deep.",
    "a: [" + "1," * 3001 + "]": "these are more than 3,000 values.",
}


@pytest.mark.parametrize(("text", "fragment"), REFUSED.items(), ids=[text[:20] for text in REFUSED])
def test_what_configs_do_without_is_refused_by_line(text: str, fragment: str) -> None:
    assert fragment in refusal(text), refusal(text)


def test_twenty_levels_are_read() -> None:
    assert read("a: " + "[" * 19 + "]" * 19), "the limit is 20 levels, the outer mapping among them"


def test_three_thousand_values_are_read() -> None:
    assert len(read("a: [" + "1," * 2999 + "]")["a"]) == 2999, "the limit is 3,000 values, keys among them"


def test_text_is_written_as_its_reader_would_write_it() -> None:
    assert write({"name": "größe", "items": [1, "2"]}) == "name: größe\nitems: [1, '2']\n"


HOSTILE = [
    "[" * 65536,
    "{" * 65536,
    "- " * 32768,
    "a: " * 20000,
    "a: [" + "1," * 32000,
    "".join(f"k{number}: 1\n" for number in range(6500)),
    "a\n" * 32768,
    '"' * 65536,
    "#" * 65536,
    "a: &a [x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(2000)),
]


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:6] for text in HOSTILE])
def test_hostile_text_is_answered_soon(text: str) -> None:
    start = time.process_time()
    with contextlib.suppress(ConfigError):
        read(text)
    assert time.process_time() - start < 10, "64 KiB of anything must be answered soon"


plain_text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | plain_text
    | st.sampled_from([text for text in VALUES if "'" not in text and '"' not in text])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(plain_text, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(plain_text, values, max_size=5))
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    assert read(write(document)) == document, "a saved config would come back as another one"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | st.text("[]{}:,-?&*!|>'\"%@` \n\tab1#\\", max_size=60))
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    message = "line 1: fine"
    try:
        read(text)
    except ConfigError as error:
        message = str(error)
    assert message.startswith("line "), f"the message does not say where: {message}"
