"""The measurements measure what they say."""

import subprocess
import sys

from tests.conftest import ROOT

PROBE = """
import os
from tests.benchmark import _use_one_thread
before = dict(os.environ)
_use_one_thread()
from threadpoolctl import threadpool_info
import tensorflow as tf
print([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])
print(tf.config.threading.get_intra_op_parallelism_threads())
print({key for key in os.environ if "NUM_THREADS" in key} - set(before))
"""


def test_both_ways_of_the_ablation_have_one_thread_and_other_programs_have_all() -> None:
    probe = subprocess.run([sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True)
    blas, tensorflow, told = probe.stdout.splitlines()
    assert set(blas.strip("[]").split(", ")) == {"1"}, f"NumPy has the threads {blas}"
    assert tensorflow == "1"
    assert told == "set()", "programs that are started inherit the limit"
