"""How long jobs take together: from what each costs, later from how fast they went. No TensorFlow."""

import heapq
import time
from collections.abc import Callable, Mapping, Sequence

from model.run.jobs import Job

PLAN_COUNTS = 10.0  # seconds: the plan counts as much as so much work at its pace, since beginning is slow


def seconds_together(left: Mapping[Job, float], workers: int, cores: int, gain: float = 1.0) -> float:
    """The clock's seconds until all jobs are done, the longest first, as the workers do them.

    `left` are seconds of one core that each job still takes. Workers share the cores where they are more;
    where there are cores to spare, a job goes faster by the factor `gain`.
    """
    rest = {job: seconds for job, seconds in left.items() if seconds > 0}
    names, places = {job.name for job in rest}, {job: place for place, job in enumerate(rest)}
    waiting: list[tuple[float, int, Job]] = []
    following: dict[str, list[Job]] = {}
    for job in rest:
        if job.after in names:
            following.setdefault(job.after, []).append(job)
        else:
            waiting.append((-job.cost, places[job], job))
    heapq.heapify(waiting)
    # All that run go equally fast, so a job ends when so many seconds of one core are done for each of them.
    running: list[tuple[float, int, Job]] = []
    clock = done = 0.0
    while waiting or running:
        while waiting and len(running) < workers:
            job = heapq.heappop(waiting)[2]
            heapq.heappush(running, (done + rest[job], places[job], job))
        rate = min(gain if 2 * len(running) <= cores else 1.0, cores / len(running))
        clock += (running[0][0] - done) / rate
        done = running[0][0]
        while running and running[0][0] <= done + 1e-9:
            for job in following.get(heapq.heappop(running)[2].name, ()):
                heapq.heappush(waiting, (-job.cost, places[job], job))
    return clock


class Forecast:
    """The time that is left, told at the start and while jobs go on.

    The `cost` of a job is in seconds of one core, as this machine was found to be; workers, cores and gain
    are as for `seconds_together`. `after` is how many seconds by the clock follow when all jobs are done;
    `clock` gives seconds, of any origin.
    """

    def __init__(
        self,
        jobs: Sequence[Job],
        workers: int,
        cores: int,
        gain: float = 1.0,
        after: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._jobs, self._after, self._clock = jobs, after, clock
        self._together = lambda left: seconds_together(left, workers, cores, gain)
        self.total = self._together({job: job.cost for job in jobs}) + after
        self._started = clock()

    def seconds_left(self, shares: Mapping[str, float]) -> float:
        """What is left, at a pace between the plan's and the one so far, which counts more and more.

        `shares` say how much of each job, by name, is done; of one that was begun earlier it starts above 0.
        """
        undone = {job: 1 - max(job.begun, shares.get(job.name, 0.0)) for job in self._jobs}
        seconds = {job: job.cost * share / (1 - job.begun) for job, share in undone.items()}
        left = self._after + self._together(seconds)
        planned = self.total - left
        return left * (self._clock() - self._started + PLAN_COUNTS) / (planned + PLAN_COUNTS)
