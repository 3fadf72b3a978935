"""The config that a run was made with, and the one that is there, which may be edited. No TensorFlow."""

from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from configs.difference import differences, settings_of
from configs.digests import digest
from configs.schema import OF_A_RUN, Config, ConfigError, load
from configs.strict_yaml import shown
from model.run.manifest import Manifest

FREE = ("inspection.", "robustness.", "launch.workers", "launch.engine", "data.source")  # settings to change
MOST_CHANGES = 3  # of a config that are told


class Configs(NamedTuple):
    """The config.yaml that is there, what the record says the run was made with, and what is wrong."""

    there: Config | None
    made: Config | None
    fault: str


def configs_of(folder: Path, manifest: Manifest | None, recorded: str | None) -> Configs:
    """What is known of the config of a run; `recorded` is the digest of it that is on record, if any."""
    path, made = folder / "config.yaml", None
    with suppress(ValueError):
        made = Config.model_validate(manifest.config, context=OF_A_RUN) if manifest else None
    if not path.exists():
        return Configs(None, made, "")
    try:
        there = load(path, of_a_run=True)
    except ConfigError as error:
        if made is not None:  # how another config is written helps nobody who has lost this one
            return Configs(None, made, f"{path} is no config that can be used")
        return Configs(None, None, f"{folder} can't be read as a run: {str(error).rstrip('.')}")
    # Of a record its config, not its digest: keys that came later are in neither.
    expected = digest(made) if made else recorded
    if expected in (None, digest(there)):
        return Configs(there, made, "")
    if made is None:
        fault = f"the digest of {path} is not the recorded one: it was edited, or made by an earlier version"
        return Configs(there, None, fault)
    return Configs(there, made, f"{path} was edited since{_changes(made, there)}")


def _changes(made: Config, there: Config) -> str:
    """What was edited in a config, of that which decides numbers: the first changes, in brackets."""
    found = differences({"made": settings_of(made), "there": settings_of(there)})
    told = [
        f"{row['key']} was {_value(row['values'], 'made')}, is {_value(row['values'], 'there')}"
        for row in found
        if not row["key"].startswith(FREE)
    ]
    more = [f"and {len(told) - MOST_CHANGES} more"] if len(told) > MOST_CHANGES else []
    if not told and list(made.models) != list(there.models):
        told = ["the order of the models"]
    return f" ({'; '.join([*told[:MOST_CHANGES], *more])})" if told else ""


def _value(values: dict[str, Any], label: str) -> str:
    return shown(str(values[label]), 40) if label in values else "not there"
