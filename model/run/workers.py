"""Jobs on local processes: longest first, with so many threads an operation. No TensorFlow in the parent.

A worker starts once, gets the data once, and does many jobs. It dies with its parent. A worker that
dies costs only the job it was doing.
"""

import heapq
import itertools
import multiprocessing
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from data.splits import Splits
from data.storage import explain_fault
from model.run.arithmetic import prepare

KERAS_TRIES = {"matplotlib.pyplot", "pandas", "sklearn"}  # it imports them where they are installed
WHERE = re.compile(  # how a paragraph begins that says where an error was met, and not what it is
    r'in user code:|Graph execution error:|Detected at node|<stack traces|File "|'
    r"(\w+: )?Exception encountered when calling"
)
Tell = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class Job:
    """A call of `function(splits, tell, **arguments)` in a worker.

    `function` is a module's; what it gives to `tell` reaches the parent as `Reported`. `cost` is in
    seconds of one core, `begun` the share that was done earlier and is not among them. A job may end with
    `JobFailed`. It waits for the one whose name is `after`, if that is submitted before it, and is begun if
    that one `leads_on`, as the value says that it returned. On screen it is called `shown`, if not `name`.
    """

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any] = field(default_factory=dict)
    cost: float = 1.0
    begun: float = 0.0
    after: str | None = None
    leads_on: Callable[[Any], bool] = lambda value: True
    shown: str = ""


class JobFailed(Exception):
    """A job can't be done, for a reason that its user must know."""


@dataclass(frozen=True)
class Reported:
    """A job says where it stands."""

    job: Job
    value: Any


@dataclass(frozen=True)
class Done:
    """A job ended and returned `value`."""

    job: Job
    value: Any


@dataclass(frozen=True)
class Failed:
    """A job ended without a value; the others go on."""

    job: Job
    reason: str


@dataclass(frozen=True)
class Skipped:
    """A job was not begun, for the one that it comes after failed or does not lead on."""

    job: Job


Event = Reported | Done | Failed | Skipped


class Workers:
    """Worker processes, and the jobs waiting for them. Leaving the `with` block ends them at once.

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
        self._context = multiprocessing.get_context("spawn")
        # Read by the workers' NumPy as it is imported, which is before any line of theirs runs.
        os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), str(threads))
        self._splits, self._arguments = splits, (threads, side_by_side, onednn, debug)
        self._waiting: list[tuple[float, int, Job]] = []
        self._following: list[Job] = []  # jobs that wait for others
        self._unended: set[str] = set()
        self._order = itertools.count()
        self._started = itertools.count()
        self._workers = [self._start() for _ in range(number)]

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        # What they write is written atomically, so nothing is lost by not asking.
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()

    def submit(self, job: Job) -> None:
        """Add a job of a name that no other has; `events` runs it."""
        self._unended.add(job.name)
        if job.after in self._unended:
            self._following.append(job)
        else:
            heapq.heappush(self._waiting, (-job.cost, next(self._order), job))

    def events(self) -> Iterator[Event]:
        """Run all jobs, also those submitted meanwhile, and tell what happens as it happens."""
        while True:
            for worker in self._workers:
                if worker.job is None and self._waiting:
                    worker.give(heapq.heappop(self._waiting)[2])
            busy = [worker for worker in self._workers if worker.job is not None]
            if not busy:
                return
            ready = wait([worker.connection for worker in busy])
            for worker in busy:
                if worker.connection in ready and worker.job is not None:
                    event = self._receive(worker, worker.job)
                    yield event
                    yield from self._follow(event)

    def _follow(self, event: Event) -> Iterator[Skipped]:
        """When a job has ended, release those that wait for it, or tell that they are not begun."""
        if isinstance(event, Reported):
            return
        self._unended.remove(event.job.name)
        for job in [job for job in self._following if job.after == event.job.name]:
            self._following.remove(job)
            if isinstance(event, Done) and event.job.leads_on(event.value):
                self.submit(job)
            else:
                yield Skipped(job)
                yield from self._follow(Skipped(job))

    def _receive(self, worker: "_Worker", job: Job) -> Reported | Done | Failed:
        try:
            kind, value = worker.connection.recv()
        except (EOFError, ConnectionResetError):
            worker.process.join()
            self._workers[self._workers.index(worker)] = self._start()
            return Failed(job, _cause_of_death(worker.process.exitcode))
        if kind is not Reported:
            worker.job = None
        return kind(job, value)

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
    os.nice(int(place > 0))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    try:
        splits = connection.recv()
    except (EOFError, OSError):
        return
    if not debug:  # TensorFlow chatters from when it is imported
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    prepare(onednn)
    tf = _import_tensorflow()
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(side_by_side)
    while True:
        try:
            function, arguments = connection.recv()
        except EOFError:
            return
        try:
            value = function(splits, lambda progress: connection.send((Reported, progress)), **arguments)
            connection.send((Done, value))
        except JobFailed as error:
            connection.send((Failed, str(error)))
        except MemoryError:
            connection.send((Failed, "not enough memory"))
        except Exception as error:
            if debug:
                traceback.print_exc()
            connection.send((Failed, reason_of(error)))


def _import_tensorflow() -> Any:
    """TensorFlow and Keras, without what Keras only tries to import: it would take as long as Keras."""
    tried: dict[str, Any] = dict.fromkeys(KERAS_TRIES - sys.modules.keys())
    sys.modules |= tried  # None: Python says that there is no such module
    import tensorflow

    for name in tried:
        del sys.modules[name]
    return tensorflow


def reason_of(error: Exception) -> str:
    """An error that was not foreseen, in one line."""
    if isinstance(error, OSError):
        return explain_fault(error)
    if type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return "not enough memory"
    kind = type(error).__name__
    return f"{kind}: {_telling_line(str(error)).removeprefix(f'{kind}: ')[:300]}"


def _telling_line(text: str) -> str:
    """The line that says what is wrong: TensorFlow and Keras say first where they met it."""
    plain = re.sub(r"\x1b\[\d*m|\{\{function_node .*?\}\} |\s*\[Op:.*", "", text)
    paragraphs = [paragraph.strip() for paragraph in re.split(r"\n\s*\n", plain)]
    told = [paragraph for paragraph in paragraphs if paragraph and not WHERE.match(paragraph)]
    return (told or paragraphs)[0].partition("\n")[0]


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
