"""How long jobs take together: from what each costs, later from how fast they went. No TensorFlow."""

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
    clock, running = 0.0, set[Job]()
    while rest:
        names = {job.name for job in rest}
        ready = [job for job in rest if job.after not in names and job not in running]
        ready.sort(key=lambda job: -job.cost)
        running |= set(ready[: max(0, workers - len(running))])
        rate = min(gain if 2 * len(running) <= cores else 1.0, cores / len(running))
        step = min(rest[job] for job in running)
        clock += step / rate
        for job in list(running):
            rest[job] -= step
            if rest[job] <= 1e-9:
                del rest[job]
                running.remove(job)
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
