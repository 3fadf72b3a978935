"""Times are told from what jobs cost, and by the pace at which they go."""

import random

import pytest

from model.run.forecast import Forecast, seconds_together
from model.run.jobs import Job


def nothing(splits, report):
    """A job that is only planned."""


def job(name, cost, **more):
    return Job(name, nothing, cost=cost, **more)


@pytest.mark.parametrize(
    ("costs", "workers", "cores", "expected"),
    [
        ([10], 1, 1, 10),
        ([10, 10], 2, 2, 10),
        ([10, 10], 1, 2, 20),
        ([10, 10, 10], 2, 2, 20),  # two, then one
        ([10, 10, 10], 3, 2, 15),  # three share two cores
        ([10, 4, 4], 2, 2, 10),
        ([], 2, 2, 0),
    ],
)
def test_jobs_share_workers_and_cores(costs, workers, cores, expected):
    left = {job(str(number), cost): cost for number, cost in enumerate(costs)}
    assert seconds_together(left, workers, cores) == pytest.approx(expected)


def test_a_job_waits_for_the_one_it_comes_after():
    long, look, short = job("long", 10), job("look", 5, after="long"), job("short", 2)
    assert seconds_together({long: 10, look: 5, short: 2}, 2, 2) == pytest.approx(15)
    assert seconds_together({look: 5, short: 2}, 2, 2) == pytest.approx(5), "what it waited for is done"


def test_a_job_with_cores_to_spare_is_faster():
    assert seconds_together({job("a", 12): 12}, 1, 2, gain=1.2) == pytest.approx(10)
    assert seconds_together({job("a", 12): 12, job("b", 12): 12}, 2, 2, gain=1.2) == pytest.approx(12)


def test_the_time_left_goes_from_the_plan_to_the_pace_so_far():
    now = 0.0
    jobs = [job("long", 90), job("short", 10)]
    forecast = Forecast(jobs, 1, 1, after=10, clock=lambda: now)
    assert forecast.total == pytest.approx(110)
    assert forecast.seconds_left({}) == pytest.approx(110), "before anything is done only the plan is known"
    now = 110.0
    assert forecast.seconds_left({"long": 55 / 90}) == pytest.approx(55 * (110 + 10) / (55 + 10)), (
        "half took twice as long as planned, and the plan counts as ten seconds do"
    )
    now = 5.0
    assert forecast.seconds_left({"long": 1.1 / 90}) < 150, "a slow beginning tells little of what follows"
    assert forecast.seconds_left({"long": 1.0, "short": 1.0}) < 10, "pictures are left to draw"


def test_what_was_begun_earlier_is_not_counted_as_done_now():
    now = 0.0
    jobs = [job("cnn", 50, begun=0.5)]
    forecast = Forecast(jobs, 1, 1, clock=lambda: now)
    assert forecast.total == pytest.approx(50)
    assert forecast.seconds_left({"cnn": 0.5}) == pytest.approx(50), (
        "its first report tells of the earlier half"
    )
    now = 25.0
    assert forecast.seconds_left({"cnn": 0.75}) == pytest.approx(25)


def step_by_step(left, workers, cores, gain):
    """The same by its definition: which jobs run is asked again whenever one ends."""
    rest, clock, running = {job: seconds for job, seconds in left.items() if seconds > 0}, 0.0, []
    while rest:
        names = {job.name for job in rest}
        ready = [job for job in rest if job.after not in names and job not in running]
        ready.sort(key=lambda job: -job.cost)
        running += ready[: max(0, workers - len(running))]
        rate = min(gain if 2 * len(running) <= cores else 1.0, cores / len(running))
        step = min(rest[job] for job in running)
        clock += step / rate
        rest = {job: seconds - step * (job in running) for job, seconds in rest.items()}
        rest = {job: seconds for job, seconds in rest.items() if seconds > 1e-9}
        running = [job for job in running if job in rest]
    return clock


def test_the_schedule_is_the_one_that_follows_step_by_step():
    draw = random.Random(1)
    for _ in range(200):
        jobs = []
        for number in range(draw.randint(1, 14)):
            before = draw.choice([None, None, *(one.name for one in jobs[-3:])])
            jobs.append(job(str(number), draw.choice([1, 2, 2.5, 9 * draw.random()]), after=before))
        left = {one: one.cost * draw.choice([0, 1, draw.random()]) for one in jobs}
        how = draw.randint(1, 5), draw.randint(1, 8), draw.choice([1.0, 1.2])
        assert seconds_together(left, *how) == pytest.approx(step_by_step(left, *how)), (left, how)
