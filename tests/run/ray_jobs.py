"""What tests have tasks of a Ray cluster do; nodes find this file by PYTHONPATH, the program as shipped."""

import os
import signal
import time
from pathlib import Path

import model
from data.storage import write_json
from model.run.jobs import JobFailed


def look(splits, report, *, folder, environment):
    """Where it is, and what it finds there."""
    report((0.5, "1/2", "looking"))
    (folder / "epoch-0001.checkpoint").unlink()
    (folder / "history.csv").write_text("loss")
    write_json(folder / "metrics.json", environment)
    threads = os.environ["OMP_NUM_THREADS"], os.environ["TF_CPP_MIN_LOG_LEVEL"]
    return str(Path(model.__file__).parents[1]), splits.class_names, threads


def die_at_first(splits, report, *, folder):
    """It goes on from what it left, which the next one finds wherever it is."""
    left = folder / "epoch-0001.checkpoint"
    if left.exists():
        return left.read_text()
    left.write_text("as it was left")
    report((0.5, "1/2", ""))
    time.sleep(2)  # until that has arrived
    die(splits, report)


def die(splits, report):
    os.kill(os.getpid(), signal.SIGKILL)


def give_up(splits, report):
    raise JobFailed("there is a reason")


def stumble(splits, report):
    raise ZeroDivisionError("by zero")


def wait(splits, report, *, folder, seconds=600):
    """Be there for a while."""
    report(os.getpid())
    time.sleep(seconds)
    (folder / "metrics.json").write_text("{}")
