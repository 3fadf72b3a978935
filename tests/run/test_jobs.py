"""Which job comes when, on engines of these tests: they do jobs one by one, in this process."""

import pytest

from model.run.jobs import Done, Failed, Job, JobFailed, Lost, Schedule, Skipped, in_turn


class OneByOne(Schedule):
    """Jobs done at once; `log` is told what is done, and the end."""

    def __init__(self, name, log):
        super().__init__(1)
        self.name, self.log, self.job = name, log, None

    def close(self):
        self.log.append(f"{self.name} ends")

    def _has_room(self):
        return self.job is None

    def _begin(self, job):
        self.job = job

    def _is_busy(self):
        return self.job is not None

    def _happened(self):
        job, self.job = self.job, None
        self.log.append(f"{self.name}: {job.name}")
        try:
            yield Done(job, job.function(**job.arguments))
        except JobFailed as error:
            yield Failed(job, str(error))
        except ConnectionError as error:
            yield Lost(job, str(error))


def succeed(value=True):
    return value


def give_up():
    raise JobFailed("there is a reason")


def test_what_can_be_done_anywhere_is_done_first_and_what_follows_from_it_then():
    log = []
    jobs = [
        Job("look at a", succeed, after="a"),
        Job("a", succeed, anywhere=True),
        Job("b", give_up, anywhere=True),
        Job("c", succeed, {"value": False}, anywhere=True, leads_on=bool),
        Job("look at c", succeed, after="c"),
        Job("look at b", succeed, after="b"),
        Job("look again", succeed, after="look at b"),
        Job("of before", succeed, cost=0.5),
    ]

    def then():
        log.append("then")
        return OneByOne("here", log)

    with OneByOne("there", log) as first:
        events = list(in_turn(first, then, jobs))
    assert log[:5] == ["there: a", "there: b", "there: c", "there ends", "then"], (
        "the first engine ends first"
    )
    assert log[5:8] == ["here: look at a", "here: of before", "here ends"], "looks follow, the longest first"
    assert {event.job.name for event in events if isinstance(event, Skipped)} == {
        *("look at b", "look again"),
        "look at c",
    }, "what follows from nothing is not begun, on another engine, too"
    assert sorted(event.job.name for event in events) == sorted(job.name for job in jobs), "once each"


def test_an_engine_that_nothing_is_left_for_is_not_started():
    jobs = [Job("a", succeed, anywhere=True)]
    with OneByOne("there", []) as first:
        events = list(in_turn(first, lambda: pytest.fail("it was started"), jobs))
    assert len(events) == 1


def test_what_is_lost_comes_last_and_each_time_behind_what_was_lost_less_often():
    lost = {"long": 3, "short": 1}

    def work(name):
        if lost.get(name, 0):
            lost[name] -= 1
            raise ConnectionError("gone")

    log = []
    with OneByOne("", log) as engine:
        for cost, name in ((9, "long"), (8, "middle"), (1, "short"), (5, "other")):
            engine.submit(Job(name, work, {"name": name}, cost=cost))
        ends = [event.job.name for event in engine.events() if isinstance(event, Done)]
    assert ends == ["middle", "other", "short", "long"]
    assert [line.removeprefix(": ") for line in log[:-1]] == [
        *("long", "middle", "other", "short"),
        *("long", "short", "long", "long"),
    ], "what may have killed a process for want of memory must not be begun beside the others"
