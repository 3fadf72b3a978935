import multiprocessing
import os

import numpy as np
import pytest

from data.storage import locked, write_atomically, write_json, write_npz


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
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"half of something")
    assert path.read_bytes() == b"good", "a failed write must not touch what was good before"
    assert os.listdir(tmp_path) == ["file"], "a failed write must clean up after itself"


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
    assert ask() == "got it", "the lock was not freed"
