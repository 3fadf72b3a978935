import errno
import multiprocessing
import os
import re
import signal
import socket
import stat
import subprocess
import sys

import numpy as np
import pytest

from data.storage import (
    MANY,
    explain_fault,
    holder,
    link,
    locked,
    remove_temporary,
    synced_together,
    write_atomically,
    write_json,
    write_npz,
)
from tests.conftest import ROOT


def test_a_write_replaces_the_whole_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "file"
    write_atomically(path, b"first, and longer")
    write_atomically(path, b"second")
    assert path.read_bytes() == b"second", "the file must hold exactly what was written last"
    assert os.listdir(path.parent) == ["file"], "a temporary file was left behind"


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_atomically(path, b"good")

    def full_disk(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space") as caught:
        write_atomically(path, b"half of something")
    assert caught.value.filename == str(path), "the error must name the file that could not be written"
    assert path.read_bytes() == b"good", "a failed write must not touch what was good before"
    assert os.listdir(tmp_path) == ["file"], "a failed write must clean up after itself"


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_who_may_read_a_file_follows_from_the_umask(umask, mode, tmp_path):
    code = "from pathlib import Path; from data.storage import write_atomically as w; w(Path('f'), b'')"
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, umask=umask, check=True
    )
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == mode


def test_a_file_is_safe_before_it_takes_the_name_and_its_name_before_the_next(tmp_path, monkeypatch):
    """What a power cut at any moment would leave: the old file or the new one, never an empty one."""
    done, fsync, replace = [], os.fsync, os.replace

    def safe(descriptor):
        names = {path.stat().st_ino: path for path in (tmp_path, *tmp_path.iterdir())}
        path = names[os.fstat(descriptor).st_ino]
        done.append("fsync of the folder" if path == tmp_path else f"fsync of {path.read_bytes()}")
        fsync(descriptor)

    def named(old, new):
        done.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", safe)
    monkeypatch.setattr(os, "replace", named)
    write_atomically(tmp_path / "file", b"new")
    assert done == ["fsync of b'new'", "rename", "fsync of the folder"]


def test_what_is_written_together_reaches_the_disk_at_the_end(tmp_path, monkeypatch):
    synced, everything = [], []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    monkeypatch.setattr(os, "sync", lambda: everything.append(True))
    with synced_together():
        write_atomically(tmp_path / "a", b"a")
        write_atomically(tmp_path / "b", b"b")
        assert not synced, "each file waits for the disk"
        assert (tmp_path / "a").read_bytes() == b"a", "and is there at once all the same"
    expected = {path.stat().st_ino for path in (tmp_path, tmp_path / "a", tmp_path / "b")}
    assert set(synced) == expected, "a power cut afterwards would cost a file, or its name"
    with synced_together():
        for number in range(MANY + 1):
            write_atomically(tmp_path / str(number), b"")
    assert everything, "so many files reach the disk sooner all at once"
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(KeyError), synced_together():
        raise KeyError
    before = len(everything)
    write_atomically(tmp_path / "a", b"later")
    assert len(everything) == before, "afterwards each file is safe by itself again"


def test_a_file_that_is_put_elsewhere_is_one_on_disk_and_is_written_apart(tmp_path):
    first, second = tmp_path / "first", tmp_path / "folder" / "second"
    write_atomically(first, b"one")
    write_atomically(second, b"another")
    for _ in range(2):  # what is there already stays
        link(first, second)
        assert second.samefile(first)
    write_atomically(second, b"new")
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"new"), "both have been written"
    assert sorted(path.name for path in second.parent.iterdir()) == ["second"], "something is left over"


def test_a_file_is_copied_where_it_can_t_be_put_elsewhere_as_it_is(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    write_atomically(tmp_path / "first", b"one")
    link(tmp_path / "first", tmp_path / "second")
    assert (tmp_path / "second").read_bytes() == b"one"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            OSError(errno.ENOSPC, "No space left on device", "x"),
            "x: no space left on device; free some space",
        ),
        (
            OSError(errno.EROFS, "Read-only file system", "x"),
            "x: read-only file system; take a folder on another disk (--outputs; for inspect, a copy of the "
            "run)",
        ),
        (OSError(errno.EIO, "Input/output error"), "input/output error; the disk may be failing: check it"),
        (OSError(errno.EMFILE, "Too many open files", "x"), "x: too many open files"),
        (OSError("odd"), "odd"),
    ],
    ids=str,
)
def test_a_fault_of_the_disk_is_told_with_its_file_and_what_to_do(error, text):
    assert explain_fault(error) == text


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path, monkeypatch):
    write_atomically(tmp_path / "a" / "good.tmp", b"of the user")
    (tmp_path / "a" / ".hidden").write_bytes(b"of the user")
    monkeypatch.setattr(os, "unlink", lambda path: None)  # as if killed before it could clean up
    monkeypatch.setattr(os, "replace", lambda *paths: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_atomically(tmp_path / "a" / "model.keras", b"half")
    monkeypatch.undo()
    assert len(os.listdir(tmp_path / "a")) == 3
    remove_temporary(tmp_path)
    assert sorted(os.listdir(tmp_path / "a")) == [".hidden", "good.tmp"]


def test_json_refuses_what_json_lacks(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"loss": float("nan")})
    assert not list(tmp_path.iterdir()), "nothing may be written when the value is refused"


def test_npz_gives_back_the_same_arrays(tmp_path):
    arrays = {"conv1/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "labels": np.array([1], np.uint8)}
    write_npz(tmp_path / "x.npz", arrays)
    with np.load(tmp_path / "x.npz") as file:
        assert set(file) == set(arrays), "names with a slash must survive"
        for name, array in arrays.items():
            np.testing.assert_array_equal(file[name], array, err_msg=name, strict=True)


def _try_lock(path, answer):
    try:
        with locked(path, wait=False):
            answer.put("got it")
    except BlockingIOError:
        answer.put("held by another")


def test_a_lock_keeps_other_processes_out_until_it_is_left(tmp_path):
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()

    def ask():
        process = context.Process(target=_try_lock, args=(tmp_path / "lock", answers))
        process.start()
        process.join()
        return answers.get(timeout=60)

    with locked(tmp_path / "lock"):
        assert ask() == "held by another", "two processes hold the same lock"
        assert re.match(
            rf"process {os.getpid()} on {socket.gethostname()}, since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d: ",
            holder(tmp_path / "lock"),
        ), f"a lock must say who holds it, not: {holder(tmp_path / 'lock')}"
    assert ask() == "got it", "the lock was not freed"


def _lock_and_die(path):
    with locked(path, wait=False):
        os.kill(os.getpid(), signal.SIGKILL)


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path):
    process = multiprocessing.get_context("spawn").Process(target=_lock_and_die, args=(tmp_path / "lock",))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert f"process {process.pid} " in holder(tmp_path / "lock"), "the dead one held it last"
    with locked(tmp_path / "lock", wait=False):
        assert f"process {os.getpid()} " in holder(tmp_path / "lock"), "the new holder must be named"


def test_whatever_stands_in_a_lock_is_shown_in_one_harmless_line(tmp_path):
    path = tmp_path / "lock"
    assert holder(path) == "another process"
    path.write_bytes(b"")
    assert holder(path) == "another process", "its holder may not have written yet"
    path.write_bytes(b"process\x1b[2J\n\xff" + b"x" * 10_000)
    assert holder(path).isprintable(), "escape sequences must not reach the terminal"
    assert len(holder(path)) <= 300
