"""Jobs as tasks of a Ray cluster: each in a process of some node, whose files come back as they are written.

What is a node's is told of it: its processor decides how a training is computed there, and its metrics.json
says so. The package `ray` is an extra; nothing else imports this file before it is asked for.
"""

import queue
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import NodeDiedError, OutOfMemoryError, RayError, RayTaskError, WorkerCrashedError

from data.splits import Splits
from data.storage import write_atomically
from model.run.arithmetic import Arithmetic, here, set_by_user
from model.run.cluster import Cluster
from model.run.environment import decisive, describe_environment
from model.run.jobs import Begun, Done, Failed, Happened, Job, Lost, Reported, Schedule
from model.run.process import attempt, reason_of, set_up, variables

LAST = "metrics.json"  # written last: where it is there, all that it tells of is there, too
PATIENCE = 0.5  # seconds after which it is looked whether there is something else to do
DEATHS: dict[type[RayError], str] = {
    OutOfMemoryError: "memory ran out",
    WorkerCrashedError: "its process died",
    NodeDiedError: "its node died",
}
Files = dict[str, bytes | None]  # by name, what was written since the last message; None: it was removed
Message = tuple[type[Begun] | type[Reported] | type[Done] | type[Failed], Any, Files]


class RayTasks(Schedule):
    """Tasks of the cluster at an `address`; or of one that is started here, with room for `number` jobs.

    The other arguments are those of `Workers`. What a job writes into its `folder` it writes on its node;
    here it is written as it comes, so that another node can go on from the last checkpoint, and nobody but
    this process writes into a run.

    Raises:
        ConfigError: there is no such cluster, it does not take this program, or it is too small.
    """

    def __init__(
        self,
        address: str | None,
        number: int,
        threads: int,
        splits: Splits | None,
        debug: bool = False,
        side_by_side: int = 1,
        onednn: bool | None = None,
    ) -> None:
        super().__init__(number)
        self._running: dict[Any, Job] = {}  # by the stream of its messages
        self._where: dict[Any, str] = {}
        told = variables(threads) | set_by_user() | {"TF_CPP_MIN_LOG_LEVEL": "0" if debug else "3"}
        self._cluster = Cluster(address, number * threads, told, debug)
        try:
            self.number = self._cluster.num_jobs(threads)
            self._splits = ray.put(splits)
        except BaseException:
            self.close()
            raise
        self._arguments = threads, side_by_side, onednn, debug
        self._task = ray.remote(num_cpus=threads, max_retries=0)(_work)

    def close(self) -> None:
        for stream in self._running:
            with suppress(Exception):
                ray.cancel(stream)
        self._cluster.leave()

    def _has_room(self) -> bool:
        return True  # Ray keeps what has no room yet, in this order

    def _begin(self, job: Job) -> None:
        folder, there, files = job.arguments.get("folder"), None, {}
        if folder is not None:
            there = Path(*folder.parts[-2:])  # model and seed, as a run has them
            files = _content(folder)
        given = job.function, job.arguments, there, files
        self._running[self._task.remote(*given, self._splits, *self._arguments)] = job

    def _is_busy(self) -> bool:
        return bool(self._running)

    def _happened(self) -> Iterator[Happened]:
        try:
            ready, _ = ray.wait(list(self._running), timeout=PATIENCE)
            for stream in ready:
                yield self._receive(stream, self._running[stream])
        except SystemError as error:  # what a signal raised while Ray waited
            raise error.__cause__ or error from None

    def _receive(self, stream: Any, job: Job) -> Happened:
        """The next message of a job; the files that come with it are written first."""
        try:
            kind, value, files = ray.get(next(stream))
        except (RayError, StopIteration) as error:
            del self._running[stream]
            return self._ended(job, error, self._where.pop(stream, ""))
        if kind is Begun:
            self._where[stream] = value
        elif kind is not Reported:
            del self._running[stream]
            self._where.pop(stream, None)
        if files:
            try:
                _write(job.arguments["folder"], files)
            except OSError as error:
                return self._given_up(stream, job, reason_of(error))
        happened: Happened = kind(job, value)
        return happened

    def _given_up(self, stream: Any, job: Job, reason: str) -> Failed:
        """Where its files can't be written here, the rest of a job is of no use."""
        if self._running.pop(stream, None):
            ray.cancel(stream)
        return Failed(job, reason)

    def _ended(self, job: Job, error: Exception, where: str) -> Failed | Lost:
        """What became of a job that sends no more: it raised an error, or its process is gone."""
        on = f" on {where}" if where else ""
        if isinstance(error, RayTaskError):
            cause = error.cause if isinstance(error.cause, Exception) else error
            return Failed(job, f"{reason_of(cause)}{on}")
        known = (words for kind, words in DEATHS.items() if isinstance(error, kind))
        return Lost(job, next(known, "what it had to say was lost") + on)


def _work(
    function: Any,
    arguments: dict[str, Any],
    there: Path | None,
    files: Files,
    splits: Splits | None,
    threads: int,
    side_by_side: int,
    onednn: bool | None,
    debug: bool,
) -> Iterator[Message]:
    """On a node: do a job in a folder of its own, and give its messages as they come."""
    yield Begun, socket.gethostname(), {}
    environment, arithmetic = _node(threads)
    arguments, alike = _as_here(arguments, environment, arithmetic)
    _set_up(threads, side_by_side, onednn if alike else arithmetic.onednn, debug)
    with tempfile.TemporaryDirectory(prefix="convlens-", ignore_cleanup_errors=True) as home:
        seen: dict[str, int] = {}
        folder = Path(home) / there if there else None
        if folder:
            folder.mkdir(parents=True)
            _write(folder, files)
            arguments |= {"folder": folder}
            _changes(folder, seen)
        messages: queue.SimpleQueue[Message] = queue.SimpleQueue()

        def send(kind: Any, value: Any) -> None:
            messages.put((kind, value, _changes(folder, seen) if folder else {}))

        def do() -> None:
            try:
                send(*attempt(function, splits, lambda value: send(Reported, value), arguments, debug))
            except BaseException as error:
                messages.put((Failed, reason_of(error), {}))

        threading.Thread(target=do, daemon=True).start()
        message = messages.get()
        while message[0] is Reported:
            yield message
            message = messages.get()
        yield message


@cache
def _node(threads: int) -> tuple[dict[str, Any], Arithmetic]:
    """What is computed in here, and how: found once, before TensorFlow is told anything."""
    return describe_environment(threads), here()


_set_up = cache(set_up)  # a process does many jobs of one run


def _as_here(
    arguments: dict[str, Any], environment: dict[str, Any], arithmetic: Arithmetic
) -> tuple[dict[str, Any], bool]:
    """The arguments of a job as they are on this node, and whether it computes as the asking computer does.

    A training is told what it is made in; on another kind of processor it takes the arithmetic of that one.
    """
    given: Mapping[str, Any] | None = arguments.get("environment")
    if given is None:
        return dict(arguments), True
    ours = {key: given[key] for key in ("rules", "git_commit") if key in given}
    alike = decisive(given) == decisive(environment)
    changed: dict[str, Any] = {"environment": environment | ours}
    if not alike and "arithmetic" in arguments:
        asked = arguments["recipe"].precision
        precision = arithmetic.precision if asked == "auto" else asked
        changed["arithmetic"] = replace(arithmetic, precision=precision)
    return arguments | changed, alike


def _content(folder: Path) -> Files:
    """The files of a folder, but for those that are being written."""
    files = folder.iterdir() if folder.is_dir() else ()
    return {path.name: path.read_bytes() for path in files if path.is_file() and path.name[0] != "."}


def _changes(folder: Path, seen: dict[str, int]) -> Files:
    """What was written into a folder since it was `seen`, and what was removed; from now on that is seen."""
    files = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name[0] != "."}
    changed = {name: (folder / name).read_bytes() for name, time in files.items() if seen.get(name) != time}
    gone = dict.fromkeys(seen.keys() - files.keys())
    seen.clear()
    seen.update(files)
    return changed | gone


def _write(folder: Path, files: Files) -> None:
    """Make a folder what it is elsewhere: write what is new, metrics.json last, and remove what is gone."""
    run = folder.parents[1]
    if not run.is_dir():
        raise FileNotFoundError(2, "No such file or directory", str(run))
    for name, content in sorted(files.items(), key=lambda file: file[0] == LAST):
        if content is not None:
            write_atomically(folder / name, content)
    for name, content in files.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
