"""Jobs and what becomes of them, wherever they run: the longest first, lost ones once more."""

import heapq
import itertools
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

TRIES = 4
Tell = Callable[[Any], None]


@dataclass(frozen=True, eq=False)
class Job:
    """A call of `function(splits, tell, **arguments)` in another process.

    `function` is a module's; what it gives to `tell` reaches the parent as `Reported`. `cost` is in
    seconds of one core, `begun` the share that was done earlier and is not among them. A job may end with
    `JobFailed`. It waits for the one whose name is `after`, if that is submitted before it, and is begun if
    that one `leads_on`, as the value says that it returned. On screen it is called `shown`, if not `name`.

    `tries`: how often it is begun, at most, where its processes die; it must be right to begin it again,
    wherever it was interrupted. It can be done `anywhere`, also on another computer, if it reads and writes
    nothing but files in its argument `folder`.
    """

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any] = field(default_factory=dict)
    cost: float = 1.0
    begun: float = 0.0
    after: str | None = None
    leads_on: Callable[[Any], bool] = lambda value: True
    shown: str = ""
    tries: int = TRIES
    anywhere: bool = False


class JobFailed(Exception):
    """A job can't be done, for a reason that its user must know."""


@dataclass(frozen=True)
class Begun:
    """A job is being done on the computer that is called `where`, which may be another than this one."""

    job: Job
    where: str


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
class Lost:
    """The process that did a job died, for this reason, and another one will begin it again."""

    job: Job
    reason: str


@dataclass(frozen=True)
class Skipped:
    """A job was not begun, for the one that it comes after failed or does not lead on."""

    job: Job


Happened = Begun | Reported | Done | Failed | Lost  # what an engine meets
Event = Happened | Skipped


class Schedule(ABC):
    """The jobs that wait, in which order they are begun, and what happens to them.

    An engine builds on it: it says where jobs run and how they are; in their processes it calls `set_up` and
    `attempt` (`model.run.process`), so that they compute and end alike everywhere. Leaving the `with` block
    ends them. `number` is how many run at a time.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self._waiting: list[tuple[int, float, int, Job]] = []
        self._following: list[Job] = []  # jobs that wait for others
        self._unended: set[str] = set()
        self._lost: Counter[str] = Counter()  # how often the process of a job died, by the job's name
        self._order = itertools.count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """End what still runs, at once, and all processes. Nothing is lost: jobs write atomically."""

    @abstractmethod
    def _has_room(self) -> bool:
        """Whether another job can be begun."""

    @abstractmethod
    def _begin(self, job: Job) -> None:
        """Have a process do a job."""

    @abstractmethod
    def _is_busy(self) -> bool:
        """Whether a job that was begun has not ended."""

    @abstractmethod
    def _happened(self) -> Iterable[Happened]:
        """Wait until something happens to a job that was begun; `Lost` of each one whose process died."""

    def submit(self, job: Job) -> None:
        """Add a job of a name that no other has; `events` runs it."""
        self.expect(job)
        if job.after in self._unended:
            self._following.append(job)
        else:
            self._wait(job)

    def expect(self, job: Job) -> None:
        """Have jobs wait for one that another schedule does, until `follow` is told how it ended."""
        self._unended.add(job.name)

    def events(self) -> Iterator[Event]:
        """Run all jobs, also those submitted meanwhile, and tell what happens as it happens."""
        while True:
            while self._waiting and self._has_room():
                self._begin(heapq.heappop(self._waiting)[-1])
            if not self._is_busy():
                return
            for happened in self._happened():
                event = self._tried(happened) if isinstance(happened, Lost) else happened
                yield event
                yield from self.follow(event)

    def _wait(self, job: Job) -> None:
        """Have a job wait behind all that are longer; one that was lost behind all that were not.

        What killed one process may kill those beside it, as where memory is short: then fewer are left.
        """
        heapq.heappush(self._waiting, (self._lost[job.name], -job.cost, next(self._order), job))

    def _tried(self, lost: Lost) -> Lost | Failed:
        """Have a job that was lost begun again, or call it failed where that was tried often enough."""
        job = lost.job
        self._lost[job.name] += 1
        if self._lost[job.name] < job.tries:
            self._wait(job)
            return lost
        tries = f"; none of {job.tries} tries came to an end" if job.tries > 1 else ""
        return Failed(job, lost.reason + tries)

    def run(self, jobs: Iterable[Job]) -> Iterator[Event]:
        """Submit jobs, and run them."""
        for job in jobs:
            self.submit(job)
        yield from self.events()

    def follow(self, event: Event) -> Iterator[Skipped]:
        """When a job has ended, release those that wait for it, or tell that they are not begun."""
        if not isinstance(event, Done | Failed | Skipped):
            return
        self._unended.remove(event.job.name)
        for job in [job for job in self._following if job.after == event.job.name]:
            self._following.remove(job)
            if isinstance(event, Done) and event.job.leads_on(event.value):
                self.submit(job)
            else:
                yield Skipped(job)
                yield from self.follow(Skipped(job))


def in_turn(first: Schedule, then: Callable[[], Schedule], jobs: Sequence[Job]) -> Iterator[Event]:
    """Do those that can be done anywhere on one engine, and when all have ended the others on another."""
    anywhere = [job for job in jobs if job.anywhere]
    others = [job for job in jobs if not job.anywhere]
    ended = []
    for event in first.run(anywhere):
        yield event
        ended.append(event)
    first.close()
    if not others:
        return
    with then() as second:
        for job in anywhere:
            second.expect(job)
        for job in others:
            second.submit(job)
        for event in ended:
            yield from second.follow(event)
        yield from second.events()
