"""Jobs on processes of this machine, with so many threads an operation. No TensorFlow in the parent.

A worker starts once, gets the data once, and does many jobs. It dies with its parent. Where one dies another
takes its place.
"""

import itertools
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

from data.splits import Splits
from model.run.jobs import Happened, Job, Lost, Reported, Schedule
from model.run.process import attempt, set_up, variables


class Workers(Schedule):
    """Worker processes, and the jobs waiting for them.

    Each operation of TensorFlow or NumPy has so many `threads`, and of one job so many run `side_by_side`.
    `splits` are handed to every job; None where none of them needs them. `debug`: leave TensorFlow's chatter
    and tracebacks on stderr. `onednn`: whether TensorFlow is to compute with it; None: as it decides itself.
    """

    def __init__(
        self,
        number: int,
        threads: int,
        splits: Splits | None,
        debug: bool = False,
        side_by_side: int = 1,
        onednn: bool | None = None,
    ) -> None:
        super().__init__(number)
        self._context = multiprocessing.get_context("spawn")
        os.environ |= variables(threads)  # read by the workers before any line of theirs runs
        self._splits, self._arguments = splits, (threads, side_by_side, onednn, debug)
        self._started = itertools.count()
        self._workers = [self._start() for _ in range(number)]

    def close(self) -> None:
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()

    def _has_room(self) -> bool:
        return any(worker.job is None for worker in self._workers)

    def _begin(self, job: Job) -> None:
        next(worker for worker in self._workers if worker.job is None).give(job)

    def _is_busy(self) -> bool:
        return any(worker.job is not None for worker in self._workers)

    def _happened(self) -> Iterator[Happened]:
        busy = [worker for worker in self._workers if worker.job is not None]
        ready = wait([worker.connection for worker in busy])
        for worker in busy:
            if worker.connection in ready and worker.job is not None:
                yield self._receive(worker, worker.job)

    def _receive(self, worker: "_Worker", job: Job) -> Happened:
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError):  # it died, maybe in the middle of what it had to say
            worker.process.join()
            self._workers[self._workers.index(worker)] = self._start()
            return Lost(job, _cause_of_death(worker.process.exitcode))
        if kind is not Reported:
            worker.job = None
        happened: Happened = kind(job, value)
        return happened

    def _start(self) -> "_Worker":
        ours, theirs = self._context.Pipe()
        # Where workers outnumber the cores, the first one gets a little more of them: its job ends
        # earlier, and what follows from that fills the cores while the others end.
        arguments = (theirs, next(self._started), *self._arguments)
        process = self._context.Process(target=_work, args=arguments, daemon=True)
        # Workers inherit the mask: Ctrl-C reaches the parent alone, and it ends them.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        theirs.close()
        # Not as an argument: Python would show a traceback if this process ended while it hands it over.
        with suppress(BrokenPipeError):
            ours.send(self._splits)
        return _Worker(process, ours)


@dataclass(eq=False)
class _Worker:
    process: Any
    connection: Connection
    job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        with suppress(BrokenPipeError):  # it died idle: `events` meets its end when it listens
            self.connection.send((job.function, job.arguments))


def _cause_of_death(exit_code: int) -> str:
    if exit_code >= 0:
        return f"its process ended with exit code {exit_code}"
    name = signal.Signals(-exit_code).name
    hint = " (the system does this when memory runs out)" if name == "SIGKILL" else ""
    return f"its process was ended by {name}{hint}"


def _work(
    connection: Connection, place: int, threads: int, side_by_side: int, onednn: bool | None, debug: bool
) -> None:
    """A worker's life: the data, then jobs from the parent until it hangs up."""

    def tell(value: Any) -> None:
        connection.send((Reported, value))

    os.nice(int(place > 0))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        splits = connection.recv()
    except (EOFError, OSError):
        return
    set_up(threads, side_by_side, onednn, debug)
    while True:
        try:
            function, arguments = connection.recv()
        except EOFError:
            return
        connection.send(attempt(function, splits, tell, arguments, debug))


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
