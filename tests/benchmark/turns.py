"""Trainings in processes of their own that take turns: each does a round when it is told to, and waits.

So what is compared runs alternately, and no variable, thread or memory of one leaks into another.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmark.watch import Taken, watch

ROOT = Path(__file__).parent.parent.parent
SETTINGS = (  # what begins so in the environment changes how libraries compute
    *("TF_", "ONEDNN_", "DNNL_", "MKL_", "OMP_", "KMP_", "GOMP_", "OPENBLAS_", "NPY_", "XLA_"),
    *("KERAS_", "TORCH_", "ATEN_"),
)
Rounds = list[tuple[Taken, list[dict[str, Any]]]]  # what each took, and what each training said


def stock_environment() -> dict[str, str]:
    """The environment without any variable that changes how libraries compute, nor a keras.json."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    return kept | {"KERAS_HOME": os.devnull}


class Turn:
    """A training's end of the line: `wait` until it is told to go on, then say what a round gave."""

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address)
        self._line = self._socket.makefile("rw")

    def wait(self) -> None:
        """Return when it is this training's turn; where there will be none any more, end the process."""
        if not self._line.readline():
            os._exit(0)
        self._started, self._worked = time.perf_counter(), time.process_time()

    def done(self, **figures: float | None) -> None:
        """Say what the round gave, beside the seconds that it took, and wait for the next."""
        figures["seconds"] = time.perf_counter() - self._started
        figures["processor_seconds"] = time.process_time() - self._worked
        self._line.write(json.dumps(figures) + "\n")
        self._line.flush()
        self.wait()


class Contender:
    """A program whose trainings take turns with those of others; leaving the `with` block ends it.

    Args:
        words: of `python -m tests.benchmark.contenders`; the address to connect to is put before them.
        trainings: how many of them each program has; all go at the same time.
        programs: how many such programs.
        stock: run them without the variables that change how libraries compute.
    """

    def __init__(self, *words: str, trainings: int = 1, programs: int = 1, stock: bool = False) -> None:
        self.name = " ".join(words)
        self._folder = tempfile.TemporaryDirectory()
        address = f"{self._folder.name}/turns"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(address)
        self._listener.listen(trainings * programs)
        self._listener.settimeout(0.5)
        self._errors = open(f"{self._folder.name}/errors", "w+", errors="replace")  # noqa: SIM115
        self._processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.benchmark.contenders", address, *words],
                cwd=ROOT,
                env=stock_environment() if stock else None,
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
            )
            for _ in range(programs)
        ]
        self._lines: list[Any] = []
        self._trainings = trainings * programs

    def __enter__(self) -> "Contender":
        """Return when all trainings wait for their first turn: everything is imported by then."""
        while len(self._lines) < self._trainings:
            try:
                connection, _ = self._listener.accept()
                connection.settimeout(None)
                self._lines.append(connection.makefile("rw"))
            except TimeoutError:
                if any(process.poll() is not None for process in self._processes):
                    raise self._failure() from None
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()  # its workers end with it
            process.wait()
        self._listener.close()
        self._errors.close()
        self._folder.cleanup()

    def round(self) -> tuple[Taken, list[dict[str, float]]]:
        """Let all trainings do a round at the same time -> what that took, and what each said."""
        with watch(self.name) as taken:
            for line in self._lines:
                line.write("go\n")
                line.flush()
            answers = [line.readline() for line in self._lines]
        if not all(answers):
            raise self._failure()
        return taken, [json.loads(answer) for answer in answers]

    def _failure(self) -> SystemExit:
        time.sleep(1)  # until the last words are written
        self._errors.seek(0)
        return SystemExit(f"{self.name} failed:\n{self._errors.read()[-2000:]}")
