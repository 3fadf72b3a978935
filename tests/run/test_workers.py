import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from data.splits import Split, Splits
from model.run.jobs import TRIES, Done, Failed, Job, JobFailed, Lost, Reported, Skipped
from model.run.workers import Workers, _cause_of_death

ROOT = Path(__file__).parents[2]
NOTHING = Split(np.zeros((1, 28, 28), np.uint8), np.zeros(1, np.uint8))
SPLITS = Splits(NOTHING, NOTHING, NOTHING, ("a", "b"), "Nothing", "made up", "0")
pytestmark = pytest.mark.usefixtures("tests_can_be_imported")


@pytest.fixture
def tests_can_be_imported(monkeypatch):
    """Workers import this module to find the functions below."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def light(tests_can_be_imported, monkeypatch, tmp_path):
    """Workers import in place of TensorFlow what takes their calls: their jobs do not need it."""
    (tmp_path / "tensorflow.py").write_text("from unittest.mock import Mock\nconfig = Mock()\n")
    monkeypatch.syspath_prepend(tmp_path)  # workers inherit the path
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ["PYTHONPATH"]]))


def add(splits, report, *, first, second):
    report("adding")
    return first + second


def give_up(splits, report):
    raise JobFailed("there is a reason")


def stumble(splits, report):
    raise ZeroDivisionError("by zero")


def stumble_in_a_graph(splits, report):
    import tensorflow as tf

    tf.function(lambda: tf.constant(1.0) + tf.constant([1], tf.int64))()


def die(splits, report):
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_first(splits, report, *, folder):
    """Where it went on, it finds what it had left there."""
    if (folder / "left").exists():
        return "went on"
    (folder / "left").write_text("")
    die(splits, report)


def make_once(splits, report, *, folder, waits):
    """Leave how often it was begun; where it `waits`, it asks to be killed the first time."""
    before = folder.read_text().split() if folder.exists() else []
    folder.write_text(" ".join([*before, "begun"]))
    if waits and not before:
        report(os.getpid())
        time.sleep(60)


def threads_and_classes(splits, report):
    import tensorflow as tf

    threading = tf.config.threading
    threads = threading.get_intra_op_parallelism_threads(), threading.get_inter_op_parallelism_threads()
    return threads, splits.class_names


def imported(splits, report):
    return set(sys.modules)


def now(splits, report):
    time.sleep(0.2)
    return time.monotonic()


def test_jobs_end_one_way_or_another_and_the_others_go_on():
    jobs = [
        Job("give up", give_up),
        Job("stumble", stumble),
        Job("add", add, {"first": 1, "second": 2}),
        Job("look", threads_and_classes),
        Job("stumble in a graph", stumble_in_a_graph),
        Job("imported", imported),
    ]
    with Workers(1, 3, SPLITS, side_by_side=2) as workers:
        for job in jobs:
            workers.submit(job)
        events = list(workers.events())
    ends = {event.job.name: event for event in events if not isinstance(event, Reported)}
    assert set(ends) == {job.name for job in jobs}, "every job must end exactly one way"
    assert ends["give up"].reason == "there is a reason", "a reason must reach the user as it was given"
    assert ends["stumble"].reason == "ZeroDivisionError: by zero"
    graph = ends["stumble in a graph"].reason
    assert re.match("TypeError: .*(int64.*float32|float32.*int64)", graph), f"the telling line: {graph}"
    assert ends["add"] == Done(jobs[2], 3), "jobs that fail must not stop the next"
    assert ends["look"].value == ((3, 2), ("a", "b")), "threads and data must reach the worker"
    modules = ends["imported"].value
    assert "keras" in modules, "else the first job imports it, and with it what Keras tries to import"
    needless = {"matplotlib.pyplot", "pandas", "sklearn", "scipy.stats"} & modules
    assert not needless, "what no job needs takes a worker as long to import as TensorFlow"
    assert [e.value for e in events if isinstance(e, Reported)] == ["adding"], "reports must reach the parent"


@pytest.mark.usefixtures("light")
def test_where_a_worker_dies_another_goes_on_and_what_always_kills_holds_nobody_up(tmp_path):
    jobs = [
        Job("dies always", die, cost=9),
        Job("dies at first", die_at_first, {"folder": tmp_path}, cost=8),
        Job("is not to be tried again", die, cost=7, tries=1),
        *(Job(f"add {number}", add, {"first": number, "second": 2}) for number in range(3)),
    ]
    with Workers(1, 1, SPLITS) as workers:
        for job in jobs:
            workers.submit(job)
        events = [event for event in workers.events() if not isinstance(event, Reported)]
    ends = {event.job.name: event for event in events if not isinstance(event, Lost)}
    lost = [event.job.name for event in events if isinstance(event, Lost)]
    assert len(ends) == len(events) - len(lost) == len(jobs), "a job ended twice, or never"
    assert ends["dies at first"].value == "went on", "a worker that dies must cost no job"
    for number in range(3):
        assert ends[f"add {number}"].value == number + 2, "a job that kills its worker costs another"
    assert lost.count("dies always") == TRIES - 1, "what always kills its worker must be given up"
    reason = ends["dies always"].reason
    assert "SIGKILL" in reason, "how the worker died must be said"
    assert "memory" in reason, "what SIGKILL often means must be said"
    assert reason.endswith(f"none of {TRIES} tries came to an end"), f"how often it was tried: {reason}"
    assert "tries" not in ends["is not to be tried again"].reason, "it was tried once"
    last = [event.job.name for event in events[-TRIES:]]
    assert last.count("dies always") == TRIES - 1, f"what was lost must wait for the others: {last}"


@pytest.mark.usefixtures("light")
def test_ten_workers_killed_over_24_jobs_cost_none_of_them(tmp_path):
    chance, made = random.Random(0), tmp_path / "made"
    made.mkdir()
    doomed = set(chance.sample(range(24), 10))
    with Workers(2, 1, SPLITS) as workers:
        for number in range(24):
            arguments = {"folder": made / str(number), "waits": number in doomed}
            workers.submit(Job(f"{number}", make_once, arguments))
        done, kills, again = Counter(), 0, Counter()
        for event in workers.events():
            if isinstance(event, Reported):
                os.kill(event.value, signal.SIGKILL)
                kills += 1
            elif isinstance(event, Lost):
                again[event.job.name] += 1
            else:
                assert isinstance(event, Done), f"a job was lost: {event}"
                done[event.job.name] += 1
    assert kills == 10, f"{kills} workers were killed"
    assert again.total() >= 10, "a worker that was killed went unnoticed"
    assert done == Counter(map(str, range(24))), "each job must be done once"
    assert {path.name: path.read_text() for path in made.iterdir()} == {
        str(number): ("begun " * (1 + again[str(number)])).strip() for number in range(24)
    }, "a job was done again that was not lost, or not where it was"


@pytest.mark.usefixtures("light")
def test_the_longest_goes_first_and_what_follows_waits():
    with Workers(2, 1, SPLITS) as workers:
        for cost in (1, 3, 2):
            workers.submit(Job(f"job {cost}", now, cost=cost))
        workers.submit(Job("follows", now, cost=9, after="job 1"))
        workers.submit(Job("follows nothing that is left", now, cost=0.5, after="done long ago"))
        done = {event.job.name: event.value for event in workers.events()}
    assert done["job 3"] < done["job 1"], "the longest must go first"
    assert done["job 1"] < done["follows"], "a job was begun before the one that it comes after had ended"
    assert len(done) == 5, "a job waits for one that nobody does"


@pytest.mark.usefixtures("light")
def test_what_follows_from_a_job_without_result_is_skipped():
    with Workers(1, 1, SPLITS) as workers:
        workers.submit(Job("dies", give_up))
        workers.submit(Job("nothing learned", add, {"first": 1, "second": -1}, leads_on=bool))
        workers.submit(Job("learned", add, {"first": 1, "second": 1}, leads_on=bool))
        for name in ("dies", "nothing learned", "learned"):
            workers.submit(Job(f"after {name}", now, after=name))
        workers.submit(Job("last", now, after="after dies"))
        ends = {event.job.name: type(event) for event in workers.events() if not isinstance(event, Reported)}
    assert ends == {
        **{"dies": Failed, "after dies": Skipped, "last": Skipped},
        **{"nothing learned": Done, "after nothing learned": Skipped},
        **{"learned": Done, "after learned": Done},
    }


def full_disk(splits, report, *, error):
    raise error


@pytest.mark.usefixtures("light")
def test_a_failing_disk_costs_the_job_that_met_it():
    error = OSError(28, "No space left on device", "outputs/x/model.keras")
    with Workers(1, 1, SPLITS) as workers:
        workers.submit(Job("full disk", full_disk, {"error": error}))
        workers.submit(Job("add", add, {"first": 1, "second": 2}))
        ends = {event.job.name: event for event in workers.events() if not isinstance(event, Reported)}
    assert ends["full disk"].reason == "outputs/x/model.keras: no space left on device; free some space"
    assert ends["add"].value == 3, "the next job must go on in the same worker"


PARENT = """
import sys, time
sys.path.insert(0, {root!r})
from tests.run.test_workers import SPLITS, Job, Workers, tell_pid
if __name__ == "__main__":
    with Workers(1, 1, SPLITS) as workers:
        workers.submit(Job("tell", tell_pid))
        for event in workers.events():
            print(event.value, flush=True)
"""


def tell_pid(splits, report):
    report(os.getpid())
    time.sleep(60)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z" if Path("/proc").is_dir() else True


@pytest.mark.usefixtures("light")
def test_no_worker_outlives_its_parent(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT.format(root=str(ROOT)))
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    end = time.monotonic() + 30
    while is_alive(worker) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(worker), "a worker went on after its parent was killed"


def test_how_a_process_ended_is_told() -> None:
    assert _cause_of_death(0) == "its process ended with exit code 0"
    assert _cause_of_death(3) == "its process ended with exit code 3"
    assert _cause_of_death(-signal.SIGSEGV) == "its process was ended by SIGSEGV"
    assert _cause_of_death(-signal.SIGKILL).endswith("(the system does this when memory runs out)")
