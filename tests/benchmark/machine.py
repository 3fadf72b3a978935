"""The machine that is measured on."""

import importlib.metadata
import platform
from contextlib import suppress
from typing import Any

from model.run import arithmetic
from model.run.environment import describe_environment

FEATURES = {"AVX2": "avx2", "AVX-512": "avx512f", "VNNI": "avx512_vnni", "bfloat16": "avx512_bf16"}


def machine() -> dict[str, Any]:
    """What may decide how long something takes here."""
    environment = describe_environment(threads_per_job=1)
    kept = {name: environment[name] for name in ("processor", "cores", "python", "versions")}
    with suppress(importlib.metadata.PackageNotFoundError):
        kept["versions"] |= {"torch": importlib.metadata.version("torch")}
    return kept | {"system": platform.system(), "features": features()}


def features() -> list[str]:
    """What the processor can do, of what matters here; empty where the system does not say."""
    found = arithmetic.features()
    return [name for name, flag in FEATURES.items() if flag in found]
