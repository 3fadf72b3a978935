import zipfile

import keras
import numpy as np
import pytest

from configs.schema import Cnn, Inspection
from data.splits import Split, Splits
from model.architectures import build
from model.jobs import inspect_model, model_bytes, probe_speed
from model.launch import JobFailed

pytestmark = pytest.mark.numeric

IMAGES = Split(np.zeros((2, 28, 28), np.uint8), np.zeros(2, np.uint8))
SPLITS = Splits(IMAGES, IMAGES, IMAGES, ("a", "b"), "Nothing", "made up", "0")
NETWORK = Cnn(architecture="cnn", filters=(2,), units=())


def test_the_speed_in_float32_is_told_before_bfloat16_is_tried():
    told = []

    class NoBfloat16(Exception):
        """What stands in for a processor that dies of bfloat16."""

    def report(speeds):
        told.append(speeds)
        raise NoBfloat16

    with pytest.raises(NoBfloat16):
        probe_speed(SPLITS, report, bfloat16=True)
    assert list(told[0]) == ["float32"], "a probe that dies must have told the speed in float32 before"
    assert 1e9 < told[0]["float32"] < 1e13, "FLOP/s of one thread, between a phone's and a dream's"


def test_a_model_as_bytes_is_a_whole_keras_file(tmp_path):
    model = build(NETWORK, 2, seed=0)
    path = tmp_path / "x.keras"
    path.write_bytes(model_bytes(model))
    assert zipfile.is_zipfile(path)
    image = np.random.default_rng(0).random((1, 28, 28, 1), np.float32)
    np.testing.assert_array_equal(keras.models.load_model(path)(image), model(image))


def test_a_model_that_cannot_be_loaded_is_named(tmp_path):
    arguments = {"name": "cnn", "network": NETWORK, "seed": 0, "settings": Inspection(), "identity": {}}
    with pytest.raises(JobFailed, match=r"model.keras is missing; run train.py"):
        inspect_model(
            SPLITS, lambda value: None, saved=tmp_path / "model.keras", folder=tmp_path / "x", **arguments
        )
    assert not (tmp_path / "x").exists(), "nothing may be written where there is nothing to look into"
