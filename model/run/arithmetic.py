"""How networks compute: a fixed function of processor, TensorFlow's version and the user's variables.

The same config must give the same bits on a busy afternoon, so nothing is measured here while a run goes on.
`python -m tests.benchmark ways` times what the rows choose between. No TensorFlow.
"""

import importlib.metadata
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

CPUINFO = "/proc/cpuinfo"
ONEDNN = "TF_ENABLE_ONEDNN_OPTS"  # read by TensorFlow as it is imported
LIMIT = ("ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")  # the instructions that oneDNN may use; the old name, too
VARIABLES = (ONEDNN, *LIMIT, "NPY_DISABLE_CPU_FEATURES", "TF_XLA_FLAGS", "XLA_FLAGS")  # they change bits
BEYOND = {  # the features that a value of LIMIT takes away; any value that is not here takes all
    **dict.fromkeys(("DEFAULT", "ALL", "AVX512_CORE_AMX", "AVX512_CORE_FP16", "AVX512_CORE_BF16"), ()),
    "AVX512_CORE_VNNI": ("avx512_bf16",),
    "AVX512_CORE": ("avx512_bf16", "avx512_vnni"),
    **dict.fromkeys(("AVX2_VNNI", "AVX2"), ("avx512_bf16", "avx512_vnni", "avx512f")),
}

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Arithmetic:
    """The ways that are taken where there are several to the same values.

    `processors`: whose row of the table it is. `onednn`: whether TensorFlow computes with oneDNN; None: as
    it decides by itself. `precision`: what `precision: auto` trains in, or what a training does train in.
    `first_block`: how a first convolution and its max pooling are trained, one after the other, or at once
    (`model.networks.fast_layers.PooledConvolution`).
    """

    processors: str
    onednn: bool | None
    precision: Precision
    first_block: Literal["in turn", "at once"]


@dataclass(frozen=True)
class Row:
    """What processors with some features do, from a version of TensorFlow on."""

    features: frozenset[str]  # as Linux calls them
    tensorflow: tuple[int, int]
    arithmetic: Arithmetic


# The first row that fits holds. TensorFlow leaves oneDNN off by itself where there is no AVX-512 VNNI.
TABLE = (
    Row(frozenset({"avx512f", "avx512_bf16"}), (2, 21), Arithmetic("bfloat16", True, "bfloat16", "in turn")),
    Row(frozenset({"avx512f"}), (2, 21), Arithmetic("AVX-512", True, "float32", "in turn")),
    Row(frozenset({"avx2", "fma"}), (2, 21), Arithmetic("AVX2", True, "float32", "at once")),
    Row(frozenset(), (0, 0), Arithmetic("other", None, "float32", "in turn")),
)


def choose(features: frozenset[str], tensorflow: str, variables: Mapping[str, str]) -> Arithmetic:
    """How a processor computes, by its features (empty: they can't be read) and TensorFlow's version.

    Where a variable of the environment switches oneDNN off or on, that is respected: upper rows build on it.
    """
    limit = next((variables[name].upper() for name in LIMIT if variables.get(name)), "DEFAULT")
    usable = features.difference(BEYOND.get(limit, features))
    version = tuple(int(part) for part in tensorflow.split(".")[:2])
    row = next(row for row in TABLE if row.features <= usable and row.tensorflow <= version)
    wanted = variables.get(ONEDNN, "").lower()
    if wanted in ("0", "false"):
        return replace(TABLE[-1].arithmetic, onednn=False)
    return replace(row.arithmetic, onednn=True) if wanted else row.arithmetic


def here() -> Arithmetic:
    """The ways of this processor, with the TensorFlow that is installed and what the user set."""
    return choose(features(), _tensorflow(), set_by_user())


@cache
def _tensorflow() -> str:
    """The version of TensorFlow, which takes a while to find out."""
    return importlib.metadata.version("tensorflow")


def recorded(environment: Mapping[str, Any]) -> Arithmetic | None:
    """What an environment.json says that a run computes with, or None where it does not say."""
    match environment.get("arithmetic"):
        case {
            "processors": str(processors),
            "onednn": bool() | None as onednn,
            "precision": "float32" | "bfloat16" as precision,
            "first_block": "in turn" | "at once" as first_block,
        }:
            return Arithmetic(processors, onednn, precision, first_block)
    return None


def features() -> frozenset[str]:
    """What this processor can do, as Linux names it; empty where the system does not say."""
    with suppress(OSError, StopIteration), open(CPUINFO) as lines:
        return frozenset(next(line.split(":", 1)[1] for line in lines if line.startswith("flags")).split())
    return frozenset()


def prepare(onednn: bool | None) -> None:
    """Tell TensorFlow, before it is imported, whether to compute with oneDNN."""
    if onednn is not None:
        os.environ[ONEDNN] = str(int(onednn))


def set_by_user() -> dict[str, str]:
    """The variables of the environment that change bits, as far as they are set."""
    return {name: os.environ[name] for name in VARIABLES if os.environ.get(name)}
