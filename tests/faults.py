"""Runs the program many times, and has it killed or its disk fail at chosen moments if need be.

The product knows nothing of this. `python tests/faults.py` loads TensorFlow once and then forks a copy of
itself for every run, so that a run costs seconds less; in that copy the functions with which data/storage.py
writes are replaced by ones that count the writes and strike at one of them.
"""

import atexit
import functools
import importlib
import json
import multiprocessing
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import time
import traceback
import types
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parent.parent
MOMENTS = ("before", "inside", "after")  # of a write: half of its bytes are written, or it is done
NOBODY = 65534  # a user who may write nowhere


@dataclass(frozen=True)
class Result:
    """How a run ended: exit code (negative: the signal that killed it), what it printed, writes it began."""

    code: int
    out: str
    err: str
    writes: int


class Driver:
    """The other process, which runs the program, with more in its environment if need be."""

    def __init__(self, **more):
        environment = os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"} | more
        # As a worker has them: they are read as NumPy is imported, and here that is before it is forked.
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def run(self, *arguments, **request):
        """`python train.py ARGUMENTS`, and what befalls it: see `_serve`."""
        return self._ask(arguments=[str(argument) for argument in arguments], **request)

    def train(self, config, model, folder, **request):
        """One training alone, as a worker does it, into a folder."""
        return self._ask(training=[str(config), model, str(folder)], **request)

    def _ask(self, **request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Result(**json.loads(self.process.stdout.readline()))

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=30)


@functools.cache
def shared_driver():
    """One for all tests of a process: TensorFlow is loaded once."""
    driver = Driver()
    atexit.register(driver.close)
    return driver


def _serve():
    """Answer requests, one JSON object a line.

    `arguments` or `training` say what to run, the latter with `side_by_side` operations at a time. `write`,
    `moment` and `action` (kill, the number of an error, or a folder to delete) say what happens at which
    write; `kill_after` seconds kill it wherever it is; `file_limit` is the size in bytes that no file may
    exceed; `as_nobody` takes the right to write away.
    """
    import matplotlib.pyplot  # noqa: F401

    from model.run.arithmetic import here, prepare

    prepare(here().onednn)
    import tensorflow  # noqa: F401

    for path in [ROOT / "train.py", *(ROOT / "model").rglob("[!_]*.py")]:
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for line in sys.stdin:
        print(json.dumps(_run(json.loads(line))), flush=True)


def _run(request):
    count = multiprocessing.get_context("fork").Value("i", 0)
    (out, child_out), (err, child_err) = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            os.setsid()
            os.dup2(child_out, 1)
            os.dup2(child_err, 2)
            for descriptor in (out, err, child_out, child_err):
                os.close(descriptor)
            _prepare(request, count)
            code = _program(request)
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(OSError):
                sys.stdout.flush()
            os._exit(code)
    os.close(child_out)
    os.close(child_err)
    texts = _read(pid, {out: "out", err: "err"}, request.get("kill_after"))
    _, status = os.waitpid(pid, 0)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
    return texts | {"code": os.waitstatus_to_exitcode(status), "writes": count.value}


def _read(pid, names, kill_after):
    """What the run prints until all its processes have ended."""
    texts = dict.fromkeys(names.values(), b"")
    selector = selectors.DefaultSelector()
    for descriptor in names:
        selector.register(descriptor, selectors.EVENT_READ)
    end = time.monotonic() + (kill_after if kill_after is not None else 600)
    while selector.get_map():
        for key, _ in selector.select(timeout=min(1.0, max(0.0, end - time.monotonic()))):
            data = os.read(key.fd, 65536)
            texts[names[key.fd]] += data
            if not data:
                selector.unregister(key.fd)
                os.close(key.fd)
        if time.monotonic() >= end:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
            end = float("inf")
    return {name: text.decode(errors="replace") for name, text in texts.items()}


def _prepare(request, count):
    """Bring the faults about that a run is to meet."""
    import data.storage
    import model.run.workers

    fork = types.SimpleNamespace(**vars(multiprocessing))
    fork.get_context = lambda kind: multiprocessing.get_context("fork")
    model.run.workers.multiprocessing = fork
    _replace_writing(data.storage, request, count)
    if "file_limit" in request:
        resource.setrlimit(resource.RLIMIT_FSIZE, (request["file_limit"],) * 2)
    if request.get("as_nobody") and os.getuid() == 0:
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _replace_writing(storage, request, count):
    mine = 0  # the number of the write that this process is at

    def reached(moment):
        if mine == request.get("write") and moment == request["moment"]:
            _strike(request["action"])

    def mkstemp(**arguments):
        nonlocal mine
        with count.get_lock():
            count.value += 1
            mine = count.value
        reached("before")
        return tempfile.mkstemp(**arguments)

    def fdopen(descriptor, mode):
        file = os.fdopen(descriptor, mode)
        write = file.write

        def write_in_halves(data):
            write(data[: len(data) // 2])
            file.flush()
            reached("inside")
            write(data[len(data) // 2 :])

        wrapped = types.SimpleNamespace(write=write_in_halves, flush=file.flush, fileno=file.fileno)
        return _Closing(file, wrapped)

    def replace(source, target):
        os.replace(source, target)
        reached("after")

    tempfile = storage.tempfile
    storage.tempfile = types.SimpleNamespace(**vars(tempfile) | {"mkstemp": mkstemp})
    storage.os = types.SimpleNamespace(**vars(os))
    storage.os.fdopen, storage.os.replace = fdopen, replace


class _Closing:
    """`with` for a file whose methods were replaced."""

    def __init__(self, file, shown):
        self.file, self.shown = file, shown

    def __enter__(self):
        return self.shown

    def __exit__(self, *_):
        self.file.close()


def _strike(action):
    if action == "kill":
        os.killpg(0, signal.SIGKILL)
    elif isinstance(action, int):
        raise OSError(action, os.strerror(action))
    else:
        shutil.rmtree(action)


def _program(request):
    if "arguments" in request:
        import train

        return train.main(request["arguments"])
    import tensorflow as tf

    from configs.schema import load
    from model.experiment.opening import identity_of, load_data
    from model.run.arithmetic import here
    from model.run.environment import describe_environment
    from model.run.rules import RULES
    from model.training.job import train_and_score

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(request.get("side_by_side", 1))
    path, model, folder = request["training"]
    config = load(Path(path))
    splits = load_data(config.data)
    train_and_score(
        splits,
        print,
        network=config.models[model],
        recipe=config.training_of(model),
        augmentation=config.data.augmentation,
        seed=0,
        arithmetic=replace(here(), precision="float32"),
        environment=describe_environment(1) | {"rules": RULES},
        folder=Path(folder),
        identity=identity_of(config, splits),
    )
    return 0


if __name__ == "__main__":
    _serve()
