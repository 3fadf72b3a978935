"""A lock that reaches other machines: what those leave is files with the time of their disk."""

import json
import os
import threading
import time
from pathlib import Path

import pytest

from data import lease
from data.lease import LONGEST_SILENCE, Lease, holder_of, leased, this_machine

ELSEWHERE = "process 7 on node3, since noon: train.py"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / ".x.lock"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT", 0.01)


def file_of(lock: Path) -> Path:
    return lock.with_name(".x+jobs.json")


def left(lock: Path, silence: float, machine: str = "node3", token: str = "theirs") -> None:
    """What a process leaves that refreshed its file some seconds ago."""
    value = {"who": ELSEWHERE, "machine": machine, "token": token, "told": {"jobs": 3}}
    file_of(lock).write_text(json.dumps(value))
    when = file_of(lock).stat().st_mtime - silence
    os.utime(file_of(lock), (when, when))


def wait_for(what: object) -> None:
    for _ in range(500):
        if what():  # type: ignore[operator]
            return
        time.sleep(0.01)
    pytest.fail("it did not come about within five seconds")


def test_a_holder_elsewhere_keeps_others_out_until_it_is_silent_for_long(lock: Path) -> None:
    left(lock, LONGEST_SILENCE - 10)
    found = holder_of(lock)
    assert found is not None
    assert (found.who, found.told) == (ELSEWHERE, {"jobs": 3})
    with pytest.raises(BlockingIOError, match=ELSEWHERE), leased(lock):
        pass
    assert json.loads(file_of(lock).read_text())["token"] == "theirs", "the file of a living one was touched"
    left(lock, LONGEST_SILENCE + 1)
    assert holder_of(lock) is None, "it was killed, and would keep everybody out"
    with leased(lock):
        assert holder_of(lock) is not None
    assert not file_of(lock).exists(), "what is released is still there for others"
    assert os.listdir(lock.parent) == [lock.name], "something was left behind"


def test_what_a_dead_process_of_this_machine_left_is_free_at_once(lock: Path) -> None:
    """The system has freed its lock, so that nobody waits."""
    left(lock, 0, machine=this_machine())
    assert holder_of(lock) is None
    with leased(lock):
        pass


def test_a_damaged_file_is_free_once_it_is_old(lock: Path) -> None:
    file_of(lock).write_bytes(b"\xff{")
    with pytest.raises(BlockingIOError, match="another process"), leased(lock):
        pass
    os.utime(file_of(lock), (0, 0))
    with leased(lock):
        pass


def test_of_two_that_take_over_at_once_one_is_refused(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left(lock, LONGEST_SILENCE + 1, token="of the dead one")
    rename = os.rename

    def when_another_was_quicker(old: Path, new: Path) -> None:
        left(lock, 0, token="of the quicker one")
        rename(old, new)

    monkeypatch.setattr(os, "rename", when_another_was_quicker)
    with pytest.raises(BlockingIOError), leased(lock):
        pass
    assert json.loads(file_of(lock).read_text())["token"] == "of the quicker one", "it has lost its lease"
    assert len(os.listdir(lock.parent)) == 2, "something was left behind"


def test_it_is_refreshed_with_what_is_told_while_it_is_held(lock: Path, quick: None) -> None:
    with leased(lock) as held:
        os.utime(file_of(lock), (0, 0))
        wait_for(lambda: file_of(lock).stat().st_mtime > 0)
        held.tells = lambda: {"jobs": 5}
        wait_for(lambda: getattr(holder_of(lock), "told", None) == {"jobs": 5})
        assert holder_of(lock).who.startswith(f"process {os.getpid()} on ")  # type: ignore[union-attr]
        assert not held.lost_to


def test_a_full_disk_does_not_stop_the_signs_of_life(
    lock: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with leased(lock):
        monkeypatch.setattr(lease, "_replace", full)
        os.utime(file_of(lock), (0, 0))
        wait_for(lambda: file_of(lock).stat().st_mtime > 0)


def test_who_has_too_much_to_tell_keeps_what_it_holds(
    lock: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a sweep of which thousands of trainings failed: a file that is cut off would be nobody's."""
    monkeypatch.setattr(lease, "MOST_BYTES", 1000)
    with leased(lock) as held:
        held.tells = lambda: {"failed": ["disk full"] * 1000}
        os.utime(file_of(lock), (0, 0))
        wait_for(lambda: file_of(lock).stat().st_mtime > 0)
        time.sleep(0.1)
        assert not held.lost_to, "it took its own file for another's, and would end the sweep"
        assert json.loads(file_of(lock).read_text())["told"] == {}


def test_who_was_silent_for_too_long_learns_that_another_has_taken_over(lock: Path, quick: None) -> None:
    with leased(lock) as held:
        left(lock, 0)
        wait_for(lambda: held.lost_to)
        assert held.lost_to == ELSEWHERE
    assert file_of(lock).exists(), "what is another's by now was removed"


def test_what_a_holder_writes_is_shown_in_one_harmless_line(lock: Path) -> None:
    left(lock, 0)
    file_of(lock).write_text(file_of(lock).read_text().replace("noon", "\\u001b[2J" + "x" * 1000))
    found = holder_of(lock)
    assert found is not None
    assert found.who.isprintable(), "escape sequences must not reach the terminal"
    assert len(found.who) <= 300


def test_no_thread_is_left_when_it_cannot_be_had(lock: Path) -> None:
    left(lock, 0)
    before = threading.active_count()
    with pytest.raises(BlockingIOError):
        Lease(file_of(lock))
    assert threading.active_count() == before
