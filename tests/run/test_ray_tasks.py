"""Jobs on a Ray cluster: ended as on local workers, their files brought back, and nothing left running."""

import ast
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest

from configs.schema import Training
from model.run.arithmetic import Arithmetic
from tests.conftest import IN_TURN

ROOT = Path(__file__).parents[2]
needs_ray = pytest.mark.skipif(not importlib.util.find_spec("ray"), reason="Ray, an extra, is not installed")

DRIVER = """
import os, sys
sys.path.insert(0, {root!r})
from pathlib import Path
import numpy as np
import ray_jobs
from configs.launch import Launch
from data.splits import Split, Splits
from model.run.engines import engine_of
from model.run.environment import describe_environment
from model.run.jobs import Job
from model.run.signals import Interrupted, await_signals

NOTHING = Split(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))
SPLITS = Splits(NOTHING, NOTHING, NOTHING, ("a", "b"), "Nothing", "made up", "0")
RUN = Path({run!r})

def folder(name):
    return {{"folder": RUN / name / "seed-0"}}

def tell(engine, jobs):
    for job in jobs:
        engine.submit(job)
    for event in engine.events():
        told = {{key: value for key, value in vars(event).items() if key != "job"}}
        print(repr((event.job.name, type(event).__name__, told)), flush=True)

if __name__ == "__main__":
    await_signals()
    environment = describe_environment(1) | {{"processor": "another", "rules": {{"statistics": 2}}}}
    try:
        with engine_of(Launch(engine="ray", address={address!r}), {number}, SPLITS) as engine:
            print(repr(getattr(engine._cluster, "_own")), flush=True)
            tell(engine, {jobs})
    except Interrupted as error:
        sys.exit(128 + error.number)
"""


def fake_packages(tmp_path):
    """A folder where processes find what the jobs here are, and what takes their calls of TensorFlow."""
    folder = tmp_path / "packages"
    if not folder.exists():
        folder.mkdir()
        (folder / "tensorflow.py").write_text("from unittest.mock import Mock\nconfig = Mock()\n")
        (folder / "ray_jobs.py").symlink_to(Path(__file__).with_name("ray_jobs.py"))
    return folder


def started(tmp_path, jobs, address=None, number=2):
    """A program that has a cluster do jobs; it prints the cluster's folder, and then each event."""
    run = tmp_path / "run"
    run.mkdir(exist_ok=True)
    script = tmp_path / "driver.py"
    text = DRIVER.format(root=str(ROOT), run=str(run), jobs=jobs, address=address, number=number)
    script.write_text(text)
    environment = os.environ | {"PYTHONPATH": str(fake_packages(tmp_path))}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    command = [sys.executable, str(script)]
    return subprocess.Popen(
        command, cwd=tmp_path, env=environment, text=True, start_new_session=True, **pipes
    )


def running(session):
    """What runs of a session, and what was started by it and left it."""
    listed = subprocess.run(["ps", "-eo", "sess=,stat=,args="], capture_output=True, text=True).stdout
    lines = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [args for own, state, args in lines if int(own) == session and not state.startswith("Z")]


JOBS = """[
    Job("look", ray_jobs.look, folder("look") | {"environment": environment}, cost=9),
    Job("dies at first", ray_jobs.die_at_first, folder("died"), cost=8),
    Job("dies always", ray_jobs.die, cost=7, tries=2),
    Job("gives up", ray_jobs.give_up),
    Job("stumbles", ray_jobs.stumble),
    Job("follows", ray_jobs.wait, folder("follows"), after="look", leads_on=bool),
]"""


@needs_ray
def test_jobs_end_as_on_local_workers_their_files_come_back_and_a_signal_ends_all(tmp_path):
    left = tmp_path / "run" / "look" / "seed-0" / "epoch-0001.checkpoint"
    left.parent.mkdir(parents=True)
    left.write_text("of an earlier run")
    driver = started(tmp_path, JOBS)
    events, waits = [], False
    own = Path(ast.literal_eval(driver.stdout.readline().removeprefix("PosixPath").strip("()\n") or "''"))
    for line in driver.stdout:
        name, kind, told = ast.literal_eval(line)
        events.append((name, kind, told))
        if name == "follows" and kind == "Reported":
            waits = True
        if waits and sum(kind in ("Done", "Failed") for _, kind, _ in events) == 5:
            break
    os.killpg(driver.pid, signal.SIGINT)  # as a terminal sends it
    rest, errors = driver.communicate(timeout=60)
    assert driver.returncode == 130, f"a signal must end it: {errors}"
    assert not errors, f"what Ray says must stay off the screen: {errors}"
    assert not rest, f"nothing happened after that: {rest}"
    end = time.monotonic() + 30
    while running(driver.pid) and time.monotonic() < end:
        time.sleep(0.1)
    assert not running(driver.pid), "processes of the cluster outlived the program"
    assert own.name.startswith("convlens-"), f"{own} is not a folder of the cluster's own"
    assert not own.exists(), "the cluster left files"

    ends = {name: (kind, told) for name, kind, told in events if kind in ("Done", "Failed")}
    assert len(ends) == 5, f"each job must end once: {events}"
    kind, told = ends["look"]
    where, classes, threads = told["value"]
    assert not Path(where).is_relative_to(ROOT), "the node must have the program as it was shipped"
    assert (classes, threads) == (("a", "b"), ("1", "3")), "data and threads must reach the node"
    assert ends["dies at first"] == ("Done", {"value": "as it was left"}), "what was left must reach the next"
    assert ends["gives up"] == ("Failed", {"reason": "there is a reason"}), "a reason is shown as it is given"
    assert ends["stumbles"] == ("Failed", {"reason": "ZeroDivisionError: by zero"})
    reason = ends["dies always"][1]["reason"]
    assert reason.startswith("its process died on "), reason
    assert reason.endswith("; none of 2 tries came to an end"), reason
    lost = sorted(name for name, kind, _ in events if kind == "Lost")
    assert lost == ["dies always", "dies at first"], "what died must be begun again, and nothing else"
    begun = [told["where"] for _, kind, told in events if kind == "Begun"]
    assert len(begun) == 8, f"where each try runs must be told: {begun}"
    assert all(begun)

    folder = tmp_path / "run" / "look" / "seed-0"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["history.csv", "metrics.json"], f"the folder must be as the node left it: {names}"
    made_in = json.loads((folder / "metrics.json").read_text())
    assert made_in["processor"] != "another", "a training must be told of the processor that it is done by"
    assert made_in["rules"] == {"statistics": 2}, "the rules are those of its run"


CLUSTER = """
import sys
from ray.cluster_utils import Cluster
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
node = cluster.add_node(num_cpus=2)
print(cluster.address, flush=True)
for line in sys.stdin:
    cluster.remove_node(node, allow_graceful=False)
    print("killed", flush=True)
cluster.shutdown()
"""


@pytest.fixture
def cluster(tmp_path):
    """A cluster of two nodes with three cores; it prints its address, and kills a node for a line."""
    short = tempfile.mkdtemp(prefix="nodes-", dir="/tmp")  # Ray makes sockets there
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0", "TMPDIR": short}
    environment["PYTHONPATH"] = str(fake_packages(tmp_path))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    command = [sys.executable, "-c", CLUSTER]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, text=True, **pipes)
    yield process
    process.communicate(timeout=60)
    shutil.rmtree(short, ignore_errors=True)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


ON_NODES = """[
    *(Job(f"wait {number}", ray_jobs.wait, folder(f"w{number}") | {"seconds": 4}) for number in range(9)),
    Job("dies always", ray_jobs.die, cost=0.5),
]"""


@needs_ray
@pytest.mark.deep
def test_a_node_that_dies_costs_no_job_and_a_driver_that_leaves_leaves_nothing(tmp_path, cluster):
    address = cluster.stdout.readline().strip()
    driver = started(tmp_path, ON_NODES, address=address)
    assert driver.stdout.readline() == "None\n", "it must join the cluster that runs"
    begun, lost, ends = 0, [], {}
    for line in driver.stdout:
        name, kind, told = ast.literal_eval(line)
        if kind == "Begun":
            begun += 1
            if begun == 3:  # the cluster is full
                cluster.stdin.write("kill\n")
                cluster.stdin.flush()
        elif kind == "Lost":
            lost.append((name, told["reason"]))
        elif kind != "Reported":
            assert name not in ends, f"{name} ended twice"
            ends[name] = kind, told
    _, errors = driver.communicate(timeout=60)
    assert (driver.returncode, errors) == (0, ""), errors
    assert cluster.stdout.readline() == "killed\n"
    assert len(ends) == 10, f"jobs were lost: {ends}"
    assert ends.pop("dies always")[0] == "Failed", "a job that always fails must be told, and stop nobody"
    assert {kind for kind, _ in ends.values()} == {"Done"}, f"the node's jobs must be done by another: {ends}"
    assert any(name.startswith("wait") for name, _ in lost), f"the node was killed while it was idle: {lost}"
    for number in range(9):
        names = [path.name for path in (tmp_path / "run" / f"w{number}" / "seed-0").iterdir()]
        assert names == ["metrics.json"], f"the files of a job that was begun twice: {names}"
    assert any("node died" in reason for _, reason in lost), f"how a job was lost must be told: {lost}"

    driver = started(tmp_path, "[Job('waits', ray_jobs.wait, folder('waits'))]", address=address)
    driver.stdout.readline()
    _, kind, _ = ast.literal_eval(driver.stdout.readline())
    assert kind == "Begun"
    _, _, told = ast.literal_eval(driver.stdout.readline())
    job = told["value"]
    assert is_alive(job)
    driver.send_signal(signal.SIGTERM)
    _, errors = driver.communicate(timeout=60)
    assert (driver.returncode, errors) == (143, ""), errors
    end = time.monotonic() + 30
    while is_alive(job) and time.monotonic() < end:
        time.sleep(0.1)
    assert not is_alive(job), "a job went on after the program had left the cluster"
    assert not running(driver.pid)


@needs_ray
@pytest.mark.parametrize(
    ("asked", "processor", "precision"),
    [("auto", "another", "bfloat16"), ("float32", "another", "float32"), ("auto", "this", "float32")],
)
def test_on_another_kind_of_processor_a_training_is_computed_as_there(asked, processor, precision):
    from model.run.ray_tasks import _as_here

    here = {"processor": "this", "versions": {}, "cores": 64}
    rules = {"rules": {"averaging": 2}, "git_commit": "ab"}
    began = {"processor": processor, "versions": {}, "cores": 2, **rules}
    recipe = Training(precision=asked)
    given = {"environment": began, "arithmetic": IN_TURN, "recipe": recipe, "seed": 3}
    bfloat16 = Arithmetic("bfloat16", True, "bfloat16", "in turn")
    arguments, alike = _as_here(given, here, bfloat16)
    assert alike == (processor == "this")
    assert arguments["seed"] == 3, "the rest of a training is the same everywhere"
    assert arguments["environment"] == here | rules, "metrics.json would tell of another computer"
    expected = IN_TURN if alike else replace(bfloat16, precision=precision)
    assert arguments["arithmetic"] == expected, "it is as slow as where it was asked for, or has other bits"
