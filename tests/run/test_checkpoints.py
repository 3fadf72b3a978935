"""Checkpoints: what is read is what was written, or it is not used and the reason is said."""

import hashlib
import json
import os
import pickle

import numpy as np
import pytest

from model.run.checkpoints import (
    MAGIC,
    Checkpoint,
    Checkpoints,
    DamagedCheckpoint,
    pack,
    remove_checkpoints,
    unpack,
)

IDENTITY = {
    "config_digest": "a" * 64,
    "data_digest": "b" * 64,
    "seed": 0,
    "precision": "float32",
    "keras": "3",
}
RNG = np.random.default_rng(0)
VARIABLES = [
    RNG.standard_normal((3, 3, 1, 4), np.float32),
    np.array(7, np.int64),  # the optimizer's count of steps
    np.array([1, 2], np.uint32),  # dropout's state
    np.zeros((0, 4), np.float32),
    np.asfortranarray(RNG.standard_normal((5, 4), np.float32)),
]


def after(epoch, seconds=1.5):
    """A checkpoint whose history has so many rows."""
    history = [{"epoch": n + 1, "loss": 1 / (n + 3), "learning_rate": 1e-300} for n in range(epoch)]
    return Checkpoint(VARIABLES, history, seconds)


def flip(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def names(folder):
    return sorted(os.listdir(folder))


def test_what_is_read_is_what_was_written_bit_for_bit():
    checkpoint, identity = unpack(pack(after(3), IDENTITY))
    assert identity == IDENTITY
    assert (checkpoint.history, checkpoint.seconds) == (after(3).history, 1.5), "floats must keep all digits"
    for found, expected in zip(checkpoint.variables, VARIABLES, strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)


def test_not_a_number_survives():
    array = np.array([np.nan, np.inf, -0.0], np.float32)
    history = [{"epoch": 1, "val_loss": float("nan")}]
    checkpoint, _ = unpack(pack(Checkpoint([array], history, 0.0), IDENTITY))
    assert checkpoint.variables[0].tobytes() == array.tobytes()
    assert np.isnan(checkpoint.history[0]["val_loss"]), (
        "training decides what a NaN means, not its checkpoint"
    )


@pytest.mark.parametrize("number", range(64))
def test_every_truncation_is_detected(number):
    data = pack(after(2), IDENTITY)
    with pytest.raises(DamagedCheckpoint):
        unpack(data[: len(data) * number // 64])


@pytest.mark.parametrize("number", range(256))
def test_every_flipped_bit_is_detected(number):
    data = pack(after(2), IDENTITY)
    with pytest.raises(DamagedCheckpoint):
        unpack(flip(data, number if number < 128 else number * 8 * len(data) // 256 + number % 8))


def test_what_stands_behind_the_end_is_detected():
    with pytest.raises(DamagedCheckpoint, match="checksum is wrong"):
        unpack(pack(after(2), IDENTITY) + b"\0")


def signed(body):
    return MAGIC + hashlib.sha256(body).digest() + body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b"no JSON\n",
        json.dumps({"arrays": 1, "history": [], "seconds": 0}).encode() + b"\n",
    ],
    ids=repr,
)
def test_a_content_that_makes_no_sense_is_refused_even_with_a_right_checksum(body):
    with pytest.raises(DamagedCheckpoint, match="content can't be read"):
        unpack(signed(body))


def test_nothing_is_ever_unpickled(tmp_path):
    class Opened:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "code-was-run"),)

    about = json.dumps({"arrays": 1, "history": [], "seconds": 0, "identity": {}}).encode() + b"\n"
    for content in (pickle.dumps(Opened()), _object_array(Opened())):
        with pytest.raises(DamagedCheckpoint):
            unpack(signed(about + content))
    assert names(tmp_path) == [], "code inside a checkpoint was run"


def _object_array(value):
    import io

    file = io.BytesIO()
    np.save(file, np.array([value], object), allow_pickle=True)
    return file.getvalue()


def test_the_last_two_are_kept_and_the_newest_is_read(tmp_path):
    checkpoints = Checkpoints(tmp_path, IDENTITY)
    assert checkpoints.load(pytest.fail) is None, "a training that has not begun has no state"
    for epoch in range(1, 5):
        checkpoints.save(after(epoch))
        assert len(checkpoints.load(pytest.fail).history) == epoch, "the newest state must be read"
    assert names(tmp_path) == ["epoch-0003.checkpoint", "epoch-0004.checkpoint"], "two are kept, no more"
    remove_checkpoints(tmp_path)
    assert names(tmp_path) == [], "nothing may be left of a training that is done"


def test_a_damaged_one_is_skipped_with_its_name_and_fault(tmp_path):
    checkpoints, warnings = Checkpoints(tmp_path, IDENTITY), []
    for epoch in (1, 2):
        checkpoints.save(after(epoch))
    newest = tmp_path / "epoch-0002.checkpoint"
    newest.write_bytes(newest.read_bytes()[:-1])
    assert len(checkpoints.load(warnings.append).history) == 1, "the one before must be taken"
    [warning] = warnings
    assert warning.startswith("epoch-0002.checkpoint is skipped: its checksum is wrong"), warning
    assert "\n" not in warning
    (tmp_path / "epoch-0001.checkpoint").write_bytes(b"")
    assert checkpoints.load(warnings.append) is None, "where none is good, training starts over"
    checkpoints.save(after(1))
    assert names(tmp_path) == ["epoch-0001.checkpoint"], "a later one that can't be used must not stay"


@pytest.mark.parametrize("key", IDENTITY)
def test_one_of_another_training_is_not_continued_and_what_changed_is_said(tmp_path, key):
    Checkpoints(tmp_path, IDENTITY | {key: "before"}).save(after(3))
    warnings = []
    assert Checkpoints(tmp_path, IDENTITY).load(warnings.append) is None, f"another {key} gives other bits"
    [warning] = warnings
    assert f"{key} was before, is {str(IDENTITY[key])[:12]}" in warning, warning
    assert sum(other in warning for other in IDENTITY) == 1, f"only what changed is to be listed: {warning}"


def test_what_cannot_be_opened_is_skipped_and_other_files_are_left_alone(tmp_path):
    (tmp_path / "epoch-0009.checkpoint").mkdir()
    for name in ("epoch-9.checkpoint", "epoch-last.checkpoint", "model.keras"):
        (tmp_path / name).write_bytes(b"")
    warnings = []
    assert Checkpoints(tmp_path, IDENTITY).load(warnings.append) is None
    assert len(warnings) == 1, "only files named as checkpoints are ones"
    (tmp_path / "epoch-0009.checkpoint").rmdir()
    Checkpoints(tmp_path, IDENTITY).save(after(2))
    assert set(names(tmp_path)) == {
        "epoch-0002.checkpoint",
        "epoch-9.checkpoint",
        "epoch-last.checkpoint",
        "model.keras",
    }


def test_a_checkpoint_of_before_is_of_the_training_that_its_config_had(tmp_path):
    now = {key: IDENTITY[key] for key in IDENTITY if key != "config_digest"} | {"training_digest": "c" * 64}
    Checkpoints(tmp_path, IDENTITY).save(after(2))
    faults = []
    assert Checkpoints(tmp_path, now, ("d" * 64,)).load(faults.append) is None
    assert "training_digest was None, is cccccccccccc" in faults[0], (
        "another config's training is gone on with"
    )
    found = Checkpoints(tmp_path, now, ("d" * 64, "a" * 64)).load(pytest.fail)
    assert found is not None, "what an earlier version began would begin again"
    assert found.history == after(2).history
    other = now | {"seed": 1}
    assert Checkpoints(tmp_path, other, ("a" * 64,)).load(faults.append) is None, "it is of another seed"
