"""What a run was made with: versions, processor, threads, git commit. No TensorFlow."""

import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator

from configs.difference import differences, flat
from configs.values import Words
from model.run.arithmetic import set_by_user

REPOSITORY = Path(__file__).resolve().parents[2]
MOST_SECONDS = 2  # that are waited for git
VERSIONS = ("tensorflow", "keras", "numpy", "scipy", "matplotlib")
SINGLE = str | int | float | None


def _single_values(values: object) -> object:
    """Of a mapping, what is a single value, and of mappings in it likewise."""
    if not isinstance(values, dict):
        return values
    kept: dict[str, object] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            kept[key] = {inner: one for inner, one in value.items() if isinstance(one, SINGLE)}
        elif isinstance(value, SINGLE):
            kept[key] = value
    return kept


Value = Words | int | float | bool | None
# What a report says its trainings were made in; when it is read, what is nested deeper is left out.
Environment = Annotated[dict[str, Value | dict[str, Value]], BeforeValidator(_single_values)]


def describe_environment(threads_per_job: int) -> dict[str, Any]:
    """The part of environment.json that is found, not decided."""
    return {
        "versions": dict(_versions()),
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": num_cores(),
        "threads_per_job": threads_per_job,
        "variables": set_by_user(),
        "git_commit": _git_commit(),
    }


@cache
def _versions() -> dict[str, str]:
    """Of the packages that decide numbers; they stay what they are while this process lives."""
    return {name: importlib.metadata.version(name) for name in VERSIONS}


def decisive(environment: Mapping[str, Any]) -> dict[str, Any]:
    """What must be the same, beside the way to compute, for a training to end with the same bits."""
    found = flat(environment)
    keys = ("processor", "versions.tensorflow", "versions.keras", "versions.numpy")
    variables = {key: value for key, value in found.items() if key.startswith("variables.")}
    return {key.removeprefix("versions."): found.get(key) for key in keys} | variables


def joined(environments: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the trainings of a run were made in, by their names; of those of an earlier version less is known.

    The first one's; where others differ, also `mixed` (a key and its values, by training) and
    `mixed_words`, a sentence.
    """
    if not environments:
        return {}
    known = {name: flat(environment) for name, environment in environments.items()}
    for settings in known.values():
        settings.pop("arithmetic.precision", None)  # a setting of the model
    partly = frozenset(name for name, environment in environments.items() if "arithmetic" not in environment)
    first, mixed = dict(next(iter(environments.values()))), differences(known, partly)
    if not mixed:
        return first
    keys = [row["key"].removeprefix("versions.").replace("_", " ") for row in mixed]
    words = f"Not all trainings were made alike: they differ in {', '.join(keys)}."
    if len({str(decisive(environment)) for environment in environments.values()}) > 1:
        words += " No one machine gives all their bits again."
    return first | {"mixed": mixed, "mixed_words": words}


def num_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's name; rounding differs between kinds of them."""
    with suppress(OSError, StopIteration), open("/proc/cpuinfo") as lines:
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return platform.processor() or platform.machine()


@cache
def _git_commit() -> str | None:
    """The commit of this code, "modified" where the code is another by now; None where it has none.

    It is asked once: what this process runs was loaded then.
    """
    ours = "HEAD:model/run/environment.py"  # the folder may stand in somebody else's repository
    code = ("train.py", "configs/*.py", "data", "model")
    with suppress(OSError, subprocess.SubprocessError, ValueError):
        top, commit, _ = _git("rev-parse", "--show-toplevel", "HEAD", ours).splitlines()
        if os.path.samefile(top, REPOSITORY):
            changes = _git("status", "--porcelain", "--untracked-files=no", "--", *code)
            return commit + (", modified" if changes else "")
    return None


def _git(*arguments: str) -> str:
    """What git says of the folder of this code, whichever repository a hook or a shell has named."""
    command = ["git", "-C", str(REPOSITORY), "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments]
    others = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        command, env=others, capture_output=True, text=True, check=True, timeout=MOST_SECONDS
    ).stdout
