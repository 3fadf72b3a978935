"""Lists of values for keys of a config, as a sweep has them: their form, and what is made of them."""

import itertools
import math
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from configs.strict_yaml import shown
from configs.values import SettingError, distinct

ZIPPED = "zipped"
MOST_SETTINGS = 10_000
EXAMPLE = "training.learning_rate: [0.002, 0.005]"
_WHY_NOT = {
    "seeds": "Seeds are repetitions, and each setting is trained with all of them: give them as `seeds`.",
    "data": "Other pictures are another experiment: make a run of each, and `compare` them.",
    "name": "A name decides no number.",
    "launch": "It decides no number that one would look for: give one value.",
    "inspection": "It says what is looked at, and changes no training: give one value.",
    "robustness": "It says what is looked at, and changes no training: give one value.",
    "sweep": "A sweep of sweeps is one with all the lists.",
}
_KEYS = r"(models\.|training\.|data\.augmentation\b)"
_A_LIST = {"type": "array", "minItems": 1, "maxItems": MOST_SETTINGS, "uniqueItems": True, "items": {}}


def may_have_list(key: str) -> bool:
    """Whether a sweep may have a list of values for a dotted key."""
    return re.match(_KEYS, key) is not None


def why_no_list(key: str) -> str:
    """Why a sweep may not have a list of values for a dotted key, in sentences."""
    may = "Expected a key under models., training. or data.augmentation."
    return f"is nothing to sweep over. {_WHY_NOT.get(key.partition('.')[0], may)}"


def lists_in(sweep: dict[str, Any]) -> dict[str, list[Any]]:
    """All lists of a sweep by dotted key, those that go together among them, in order."""
    found: dict[str, list[Any]] = {}
    for key, values in sweep.items():
        found |= values if key == ZIPPED else {key: values}
    return found


def without(sweep: dict[str, Any], key: str) -> dict[str, Any]:
    """A sweep less one of its keys."""
    rest = {one: values for one, values in sweep.items() if one not in (key, ZIPPED)}
    together = {one: values for one, values in sweep.get(ZIPPED, {}).items() if one != key}
    return rest | ({ZIPPED: together} if together else {})


def in_order_of(sweep: dict[str, Any], earlier: dict[str, Any]) -> dict[str, Any]:
    """A sweep with its keys in the order of an earlier one; those that this lacks come last."""
    order = {key: place for place, key in enumerate(lists_in(earlier))}

    def place(entry: tuple[str, Any]) -> int:
        keys = entry[1] if entry[0] == ZIPPED else [entry[0]]
        return min(order.get(key, len(order)) for key in keys)

    together = dict(sorted(sweep.get(ZIPPED, {}).items(), key=place))
    return dict(sorted((sweep | ({ZIPPED: together} if together else {})).items(), key=place))


def combinations(sweep: dict[str, Any]) -> list[dict[str, Any]]:
    """Each value of one list with each of the others, by key; lists that go together count as one."""
    ways = []
    for key, values in sweep.items():
        lists = values if key == ZIPPED else {key: values}
        ways.append([dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)])
    return [{key: value for part in way for key, value in part.items()} for way in itertools.product(*ways)]


def _checked(sweep: Any) -> dict[str, Any] | None:
    """What stands under `sweep`, if it has the form of one; None where it says nothing."""
    if sweep is None or sweep == {}:
        return None
    if not isinstance(sweep, dict):
        raise ValueError(f"is {shown(repr(sweep))}. Expected dotted keys with lists of values: `{EXAMPLE}`.")
    together = sweep.get(ZIPPED, {})
    if ZIPPED in sweep and (not isinstance(together, dict) or not together):
        raise SettingError(
            f"is {shown(repr(together))}. Expected dotted keys with lists of values that go together: "
            f"`{{training.epochs: [2, 4], training.batch_size: [64, 128]}}`.",
            ZIPPED,
        )
    apart = {key: values for key, values in sweep.items() if key != ZIPPED}
    for keys, values in [((key,), one) for key, one in apart.items()] + [
        ((ZIPPED, key), one) for key, one in together.items()
    ]:
        _check_list(keys, values)
    _check_keys([*apart, *together], {key: (ZIPPED, key) for key in together})
    lengths = {key: len(values) for key, values in together.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key} has {number}" for key, number in lengths.items())
        raise SettingError(f"has lists of different length: {told}. Expected as many in each.", ZIPPED)
    number = math.prod([*map(len, apart.values()), *list(lengths.values())[:1]])
    if number > MOST_SETTINGS:
        raise ValueError(f"makes {number:,} settings. Expected at most {MOST_SETTINGS:,}: shorten a list.")
    return sweep


def _check_list(keys: tuple[str, ...], values: Any) -> None:
    """Raise SettingError where a key has no list of values, or may not have one."""
    key = keys[-1]
    if not may_have_list(key):
        raise SettingError(why_no_list(key), *keys)
    if not isinstance(values, list) or not values:
        written = ", ".join(str(values).split("|"))  # as on a command line
        one = f": [{shown(written)}]" if isinstance(values, str | int | float) else ""
        raise SettingError(
            f"is {shown(repr(values))}. Expected a list of values{f', such as{one}' if one else ''}.", *keys
        )
    try:
        distinct(tuple((type(value) is bool, value) for value in values))
    except ValueError:
        twice = next(value for place, value in enumerate(values) if value in values[:place])
        raise SettingError(f"has {shown(str(twice))} twice. Expected each once: keep one.", *keys) from None


def _check_keys(keys: list[str], places: dict[str, tuple[str, ...]]) -> None:
    """Raise SettingError where two keys decide the same."""
    for one, other in itertools.combinations(keys, 2):
        above, below = sorted([one, other], key=len)
        if f"{below}.".startswith(f"{above}."):
            told = "stands twice" if one == other else f"is in {above}, which has a list, too"
            where = places.get(below, (below,))
            raise SettingError(f"{told}. Expected a list for one of both: keep one.", *where)


Lists = Annotated[
    dict[str, Any] | None,
    BeforeValidator(_checked),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "object",
                    "properties": {
                        ZIPPED: {
                            "type": "object",
                            "additionalProperties": _A_LIST,
                            "minProperties": 1,
                            "description": "lists that go together: first with first, second with second",
                        }
                    },
                    "additionalProperties": _A_LIST,
                    "propertyNames": {"pattern": rf"^({ZIPPED}|{_KEYS}.*)$"},
                },
                {"type": "null"},
            ]
        }
    ),
]
