"""One sweep of 24 trainings, on every engine and in shares, with what goes wrong on them: the same bits.

It is made by one local worker. The others are two workers, of which ten are killed; a Ray cluster of two
nodes, of which one is killed, and then the program; and three shards that are joined.
"""

import importlib.util
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, MakeOnce, run_program
from tests.program.test_kills import assert_as_if_nothing_had_happened, assert_whole, workers_of
from tests.run.test_ray_tasks import CLUSTER
from tests.sweep.test_kills import CONFIG, TRAININGS

pytestmark = pytest.mark.deep
KILLS = 10


@pytest.fixture(scope="session")
def config(make_once: MakeOnce, small_data: Path) -> Path:
    def make(folder: Path) -> None:
        (folder / "small.yaml").write_text(CONFIG.format(folder=small_data))

    return make_once("sweep-config", make) / "small.yaml"


@pytest.fixture(scope="session")
def expected(make_once: MakeOnce, config: Path) -> Path:
    """The sweep that one worker has made. To be read only."""
    return make_once("sweep-expected", lambda outputs: finish(config, outputs, "launch.workers=1")) / "small"


def finish(config: Path, outputs: Path, *words: str) -> None:
    """Run the program to its end."""
    result = run_program(config, *words, "--outputs", outputs)
    assert result.returncode == 0, f"the sweep did not finish:\n{result.stdout}{result.stderr}"


def begin(config: Path, outputs: Path, *words: str) -> subprocess.Popen[Any]:
    """Start the program in a session of its own."""
    command = [sys.executable, str(ROOT / "train.py"), str(config), *words, "--outputs", str(outputs)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)


def await_metrics(number: int, outputs: Path, program: subprocess.Popen[Any]) -> None:
    """Wait until so many trainings are done, each counted once for every setting that has it."""
    while len(list(outputs.glob("small/*/*/seed-*/metrics.json"))) < number:
        assert program.poll() is None, "the sweep ended before anything could go wrong with it"
        time.sleep(0.01)


def test_two_workers_of_which_ten_are_killed(config: Path, expected: Path, tmp_path: Path) -> None:
    generator = random.Random(0)
    with begin(config, tmp_path, "launch.workers=2") as program:
        for number in range(1, KILLS + 1):
            await_metrics(number, tmp_path, program)
            while not (workers := workers_of(program.pid)):
                time.sleep(0.01)
            os.kill(generator.choice(workers), signal.SIGKILL)
        assert program.wait() == 0, "a training was lost with its worker"
    assert_as_if_nothing_had_happened(tmp_path / "small", expected)


def test_three_shards_that_are_joined(config: Path, expected: Path, tmp_path: Path) -> None:
    shards = [begin(config, tmp_path, "--shard", f"{place}/3") for place in (1, 2, 3)]
    assert [shard.wait() for shard in shards] == [0, 0, 0]
    there = len(list(tmp_path.glob("small/*/*/seed-*/metrics.json")))
    assert there == TRAININGS, "a training was made twice, or by nobody"
    finish(config, tmp_path)
    assert_as_if_nothing_had_happened(tmp_path / "small", expected)


@pytest.fixture
def cluster() -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of a Ray cluster of two nodes, and what kills one of them."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:  # a short path: sockets stand in it
        environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "TMPDIR": folder}
        command = [sys.executable, "-c", CLUSTER]
        process = subprocess.Popen(
            command, cwd=folder, env=environment, text=True, stderr=subprocess.DEVNULL, **pipes
        )
        assert process.stdout is not None
        yield process.stdout.readline().strip(), partial(print, "kill", file=process.stdin, flush=True)
        process.communicate(timeout=60)


@pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray, an extra, is not installed")
def test_a_cluster_that_loses_a_node_and_a_program_that_is_killed_on_it(
    config: Path, expected: Path, tmp_path: Path, cluster: tuple[str, Callable[[], None]]
) -> None:
    address, kill = cluster
    words, outputs = ("launch.engine=ray", f"launch.address={address}"), tmp_path / "out"
    with begin(config, outputs, *words) as program:
        await_metrics(3, outputs, program)
        kill()
        await_metrics(6, outputs, program)
        program.kill()
    assert_whole(outputs)
    finish(config, outputs, *words)
    assert_as_if_nothing_had_happened(outputs / "small", expected)
