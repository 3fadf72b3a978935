"""A sweep: the settings that lists of values for keys make of a config, each an ordinary config."""

import copy
import re
from dataclasses import dataclass
from hashlib import sha256
from json import dumps
from typing import Any

from pydantic import ValidationError

from configs.digests import adds_seeds, digest
from configs.document import Document
from configs.explain import explain
from configs.lists import combinations, in_order_of, lists_in
from configs.schema import OF_A_RUN, Config, ConfigError, json_schema

LONGEST_NAME = 60  # characters


@dataclass(frozen=True)
class Setting:
    """One setting of a sweep: the name of its folder, the values by swept key, the config of its run."""

    name: str
    values: dict[str, Any]
    config: Config


def swept_keys(config: Config) -> list[str]:
    """The dotted keys that have a list of values, in order."""
    return list(lists_in(config.sweep or {}))


def short_keys(keys: list[str]) -> dict[str, str]:
    """Each key by as many of its last parts as tell it from the others: what tables and names call it."""
    found = {}
    for key in keys:
        parts, number = key.split("."), 1
        while any(other != key and other.split(".")[-number:] == parts[-number:] for other in keys):
            number += 1
        found[key] = ".".join(parts[-number:])
    return found


def settings_of(config: Config, of_a_run: bool = False) -> list[Setting]:
    """The settings of a sweep, the values of the last key changing first.

    A setting's name follows from its keys and values alone, so that it stays when others are added.
    `of_a_run` is as for `load`.

    Raises:
        ConfigError: a setting is no config that can be used, or the same as another one.
    """
    short = short_keys(swept_keys(config))
    rows = combinations(config.sweep or {})
    names = [_name({short[key]: value for key, value in values.items()}) for values in rows]
    if len({name.lower() for name in names}) < len(names):  # two ways to write one value
        names = [f"{name[: LONGEST_NAME - 9]}-{_mark(row)}" for name, row in zip(names, rows, strict=True)]
    settings, known = [], dict[str, str]()
    for name, values in zip(names, rows, strict=True):
        setting = Setting(name, values, _config(config, name, values, of_a_run))
        decisive = digest(setting.config)
        if decisive in known:
            raise ConfigError(
                f"sweep: the settings {known[decisive]} and {name} are the same to every model. Expected "
                "settings that differ: leave a value or a key out, or take the key from the models that have "
                "their own."
            )
        known[decisive] = name
        settings.append(setting)
    return settings


def adds_to(config: Config, to: Config) -> bool:
    """Whether a config has all that an earlier one has, and more: seeds, or of a sweep settings."""
    if config.sweep is None or to.sweep is None:
        return adds_seeds(config, to)
    rows, earlier = combinations(in_order_of(config.sweep, to.sweep)), combinations(to.sweep)
    if not set(config.seeds) >= set(to.seeds) or not {dumps(row) for row in earlier} <= {*map(dumps, rows)}:
        return False
    # Settings are one config with other values put in: where one is the same, the rest of it is.
    try:
        same = [_config(one, "same", earlier[0]) for one in (config, to)]
    except ConfigError:  # what another version took for a config
        return False
    return has_trainings_of(*same) and digest(config) != digest(to)


def named_as(config: Config, earlier: Config) -> Config:
    """A config that adds to an earlier one, with its lists in that order, as settings are named."""
    if config.sweep is None or earlier.sweep is None:
        return config
    return config.model_copy(update={"sweep": in_order_of(config.sweep, earlier.sweep)})


def has_trainings_of(config: Config, earlier: Config) -> bool:
    """Whether a config without networks from elsewhere is an earlier one, maybe with more seeds."""
    with_all = earlier.model_copy(update={"seeds": config.seeds})
    return set(config.seeds) >= set(earlier.seeds) and digest(config) == digest(with_all)


def _config(config: Config, name: str, values: dict[str, Any], of_a_run: bool = True) -> Config:
    """The config of one setting."""
    changed = config.model_dump(mode="json", exclude={"sweep"}) | {"name": name}
    for key, value in values.items():
        *sections, last = key.split(".")
        place = changed
        for section in sections:
            if not isinstance(place.get(section), dict):  # no keys of its own yet, or "none"
                place[section] = {}
            place = place[section]
        place[last] = copy.deepcopy(value)
    try:
        return Config.model_validate(changed, context=OF_A_RUN if of_a_run else None)
    except ValidationError as error:
        document = Document(f"{config.name}, the setting {name} of its sweep", changed, {})
        raise ConfigError(explain(error, document, json_schema(), Config.model_validate)) from None


def _name(values: dict[str, Any]) -> str:
    """The name of a folder, such as `learning_rate-0.002_filters-16-32`."""
    name = "_".join(f"{key}-{_in_name(value)}" for key, value in values.items())
    name = re.sub(r"[^A-Za-z0-9._-]", "-", name)
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 9]}-{_mark(values)}"


def _in_name(value: Any, between: str = "-") -> str:
    """A value in a name; lists in a list are joined by dots: [[16, 16], [32]] is 16.16-32."""
    if isinstance(value, dict):
        return between.join(f"{key}-{_in_name(one, '.')}" for key, one in value.items()) or "none"
    if isinstance(value, list):
        return between.join(_in_name(one, ".") for one in value) or "none"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    return str(value)


def _mark(values: dict[str, Any]) -> str:
    return sha256(dumps(values, sort_keys=True).encode()).hexdigest()[:8]
