"""What a run was made with: versions, processor, threads, git commit. No TensorFlow."""

import importlib.metadata
import os
import platform
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parent.parent
VERSIONS = ("tensorflow", "keras", "numpy", "scipy", "matplotlib")


def describe_environment(threads_per_job: int) -> dict[str, Any]:
    """The part of environment.json that is found, not decided."""
    return {
        "versions": {name: importlib.metadata.version(name) for name in VERSIONS},
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor(),
        "cores": num_cores(),
        "threads_per_job": threads_per_job,
        "git_commit": _git_commit(),
    }


def num_cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    """The processor's name; rounding differs between kinds of them."""
    with suppress(OSError, StopIteration), open("/proc/cpuinfo") as lines:
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return platform.processor() or platform.machine()


def _git_commit() -> str | None:
    command = ["git", "-C", str(REPOSITORY), "rev-parse", "HEAD"]
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    return None
