"""Which ways are taken follows from the processor, TensorFlow's version and what the user set, alone."""

import json
from dataclasses import asdict

import pytest

from model.run import arithmetic
from model.run.arithmetic import ONEDNN, TABLE, choose, prepare, recorded
from tests.conftest import AT_ONCE

LAPTOP = frozenset({"sse4_1", "avx", "avx2", "fma"})
SKYLAKE = LAPTOP | {"avx512f", "avx512bw"}
ZEN4 = SKYLAKE | {"avx512_vnni", "avx512_bf16"}


@pytest.mark.parametrize(
    ("features", "version", "variables", "expected"),
    [
        (ZEN4, "2.21.0", {}, ("bfloat16", True, "bfloat16", "in turn")),
        (ZEN4 | {"amx_tile", "amx_bf16"}, "2.21.0", {}, ("bfloat16", True, "bfloat16", "in turn")),
        (SKYLAKE, "2.21.0", {}, ("AVX-512", True, "float32", "in turn")),
        (LAPTOP, "2.21.0", {}, ("AVX2", True, "float32", "at once")),
        (LAPTOP - {"fma"}, "2.21.0", {}, ("other", None, "float32", "in turn")),
        (frozenset(), "2.21.0", {}, ("other", None, "float32", "in turn")),  # ARM, macOS, unreadable
        (frozenset({"asimd", "bf16"}), "2.21.0", {}, ("other", None, "float32", "in turn")),
        (LAPTOP, "2.22.0rc1", {}, ("AVX2", True, "float32", "at once")),
        (ZEN4, "2.20.0", {}, ("other", None, "float32", "in turn")),  # measured with no version before 2.21
        (SKYLAKE, "2.20.0", {}, ("other", None, "float32", "in turn")),
        (LAPTOP, "2.20.0", {}, ("other", None, "float32", "in turn")),
        (LAPTOP, "2.9.1", {}, ("other", None, "float32", "in turn")),
        (ZEN4, "2.21.0", {ONEDNN: "0"}, ("other", False, "float32", "in turn")),
        (ZEN4, "2.21.0", {ONEDNN: "False"}, ("other", False, "float32", "in turn")),
        (LAPTOP, "2.21.0", {ONEDNN: "1"}, ("AVX2", True, "float32", "at once")),
        (frozenset(), "2.21.0", {ONEDNN: "1"}, ("other", True, "float32", "in turn")),
        (ZEN4, "2.21.0", {"ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}, ("AVX-512", True, "float32", "in turn")),
        (ZEN4, "2.21.0", {"ONEDNN_MAX_CPU_ISA": "avx2"}, ("AVX2", True, "float32", "at once")),
        (ZEN4, "2.21.0", {"DNNL_MAX_CPU_ISA": "SSE41"}, ("other", None, "float32", "in turn")),
        (ZEN4, "2.21.0", {"ONEDNN_MAX_CPU_ISA": "DEFAULT"}, ("bfloat16", True, "bfloat16", "in turn")),
    ],
)
def test_the_table_of_ways(features, version, variables, expected):
    found = choose(features, version, variables)
    assert tuple(asdict(found).values()) == expected, "a processor of this kind must take these ways"


def test_what_is_recorded_is_read_again_and_nothing_else():
    for row in TABLE:
        kept = json.loads(json.dumps({"arithmetic": asdict(row.arithmetic)}))
        assert recorded(kept) == row.arithmetic, "an unfinished training must go on as it began"
    good = asdict(AT_ONCE)
    for wrong in (
        {},
        {"bfloat16": True},
        {"arithmetic": None},
        {"arithmetic": good | {"onednn": 1}},
        {"arithmetic": good | {"precision": "float16"}},
        {"arithmetic": good | {"first_block": ""}},
    ):
        assert recorded(wrong) is None, f"{wrong} says nothing of how to compute"


def test_features_are_those_of_the_first_processor(monkeypatch, tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: x\nflags\t\t: fpu avx2 fma\n\nflags\t\t: fpu\n")
    monkeypatch.setattr(arithmetic, "CPUINFO", str(path))
    assert arithmetic.features() == {"fpu", "avx2", "fma"}
    path.write_text("CPU implementer : 0x41\nFeatures : fp asimd\n")  # ARM's
    assert arithmetic.features() == frozenset(), "where there are no flags, nothing is known"
    monkeypatch.setattr(arithmetic, "CPUINFO", str(tmp_path / "missing"))
    assert arithmetic.features() == frozenset(), "a system without the file is one of the last row"


def test_onednn_is_switched_only_where_the_table_says_so(monkeypatch):
    monkeypatch.setenv(ONEDNN, "x")
    prepare(None)
    assert arithmetic.os.environ[ONEDNN] == "x", "TensorFlow's own default must be left alone"
    for value, text in ((True, "1"), (False, "0")):
        prepare(value)
        assert arithmetic.os.environ[ONEDNN] == text
