"""No test knows the last digits of one processor: the numeric ones pass under any arithmetic.

What a processor lacks can be taken from the libraries by variables of the environment. One of them alone:

    python -m pytest -m deep tests/test_any_processor.py -k onednn-avx2
"""

import json
import os
import platform
import re
import subprocess
import sys
from typing import Any

import pytest
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

from tests.conftest import ROOT

# What NumPy has code of its own for and this processor has; a name NumPy does not know it ignores in silence.
HERE = [name for name in __cpu_dispatch__ if __cpu_features__[name]]
AVX512 = [name for name in HERE if name.startswith("AVX512") or name == "X86_V4"]
FEWEST_TESTS = 300  # fewer numeric ones were found by a mistake


def numpy_without(features: list[str], blas: str) -> dict[str, str]:
    """NumPy without some features; its BLAS knows other names, those of processors."""
    return {"NPY_DISABLE_CPU_FEATURES": " ".join(features), "OPENBLAS_CORETYPE": blas}


def threads(number: int) -> dict[str, str]:
    """As many for a matrix product of NumPy's, for an operation of TensorFlow's, and operations at a time."""
    names = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
    return dict.fromkeys(names, str(number))


# TensorFlow multiplies matrices by oneDNN also where the rest of it is off.
ARITHMETICS = {
    "onednn-off": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "onednn-on": {"TF_ENABLE_ONEDNN_OPTS": "1"},
    "onednn-avx2": {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "onednn-sse41": {"TF_ENABLE_ONEDNN_OPTS": "1", "ONEDNN_MAX_CPU_ISA": "SSE41"},
    "numpy-sse42": numpy_without(HERE, "Nehalem"),
    "all-avx2": numpy_without(AVX512, "Haswell")
    | {"TF_ENABLE_ONEDNN_OPTS": "0", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "one-thread": threads(1),
    "two-threads": threads(2),
}

PROBE = """
import tests.conftest  # what it sets counts in the tests, too
import json
from pathlib import Path
import tensorflow as tf
from numpy._core._multiarray_umath import __cpu_features__
from threadpoolctl import threadpool_info
tf.nn.conv2d(tf.ones((64, 28, 28, 16)), tf.ones((3, 3, 16, 16)), 1, "VALID")
threads = [path.read_text().strip() for path in Path("/proc/self/task").glob("*/comm") if path.exists()]
print("FOUND", json.dumps({
    "features": [name for name, there in __cpu_features__.items() if there],
    "blas": [[p["architecture"], p["num_threads"]] for p in threadpool_info() if p["user_api"] == "blas"],
    "threads": threads.count("tf_Compute"),
}))
"""


def libraries(environment: dict[str, str]) -> dict[str, Any]:
    """What the libraries say of themselves.

    Returns:
        `features` that NumPy uses; `blas`, its architecture and threads; `threads` of one operation of
        TensorFlow; `isa`, what oneDNN takes the processor for; `convolves`, whether it does convolutions.
    """
    result = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | environment | {"ONEDNN_VERBOSE": "1"},
    )
    assert result.returncode == 0, result.stderr
    told = result.stdout
    [found] = re.findall("^FOUND (.*)$", told, re.MULTILINE)
    [isa] = re.findall("info,cpu,isa:(.*)", told)
    return json.loads(found) | {"isa": isa, "convolves": "exec,cpu,convolution" in told}


def check(environment: dict[str, str], found: dict[str, Any]) -> None:
    """Fail where a library goes on as before: the tests would prove nothing."""
    still = set(environment.get("NPY_DISABLE_CPU_FEATURES", "").split()) & set(found["features"])
    assert not still, f"NumPy still uses {still}"
    for architecture, number in found["blas"]:
        assert environment.get("OPENBLAS_CORETYPE", architecture) == architecture, "BLAS is another"
        assert environment.get("OMP_NUM_THREADS", str(number)) == str(number), "BLAS has other threads"
    isa = {"AVX2": "Intel AVX2", "SSE41": "Intel SSE4.1"}.get(environment.get("ONEDNN_MAX_CPU_ISA", ""))
    assert isa in (None, found["isa"]), "oneDNN takes this for another processor"
    wanted = environment.get("TF_ENABLE_ONEDNN_OPTS")
    assert wanted in (None, str(int(found["convolves"]))), "oneDNN is on or off against what was asked"
    number = environment.get("TF_NUM_INTRAOP_THREADS", str(found["threads"]))
    assert number == str(found["threads"]), "TensorFlow has other threads"


@pytest.mark.deep
@pytest.mark.skipif(platform.machine() != "x86_64", reason="what is switched are features of x86-64")
@pytest.mark.parametrize("name", ARITHMETICS)
def test_numeric_tests_pass_under(name: str) -> None:
    environment = ARITHMETICS[name]
    if not environment.get("NPY_DISABLE_CPU_FEATURES", "some"):
        pytest.skip("this processor has none of what is taken away")
    check(environment, libraries(environment))
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "--no-cov", "-rfE", "-m", "numeric and not deep"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | environment,
    ).stdout
    summary = told.strip().splitlines()[-1]
    print(f"{name}: {summary}")
    failed = [line for line in told.splitlines() if line.startswith(("FAILED", "ERROR"))]
    assert not failed, f"under {name} ({environment}) fail:\n" + "\n".join(failed)
    passed = re.search(r"(\d+) passed", summary)
    assert passed, f"under {name} ({environment}) no test came to its end:\n{told[-3000:]}"
    assert int(passed[1]) >= FEWEST_TESTS, f"only {summary}"
