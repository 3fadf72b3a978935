import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.schema import Cnn
from model.networks import answers
from model.networks.answers import BATCH, NUM_CALLS, predict, seconds_for_one
from model.networks.build import build
from model.networks.measures import accuracy, log_loss

pytestmark = pytest.mark.numeric

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.5, 0.5, 0.0]], np.float32)


def test_probabilities_are_the_networks_own_in_the_order_of_the_images():
    model = build(Cnn(architecture="cnn", filters=(3,), units=()), 10, seed=0)
    images = np.random.default_rng(0).integers(0, 256, (BATCH + 7, 28, 28), dtype=np.uint8)
    probabilities, seconds = predict(model, images)
    assert probabilities.shape == (BATCH + 7, 10), "every image must be scored, also those of the last batch"
    assert probabilities.dtype == np.float32
    expected = keras.ops.convert_to_numpy(model(images[..., None].astype(np.float32) / 255))
    np.testing.assert_allclose(
        probabilities, expected, atol=1e-5, err_msg="scaling or order of images is wrong"
    )
    assert seconds > 0


def test_one_image_at_a_time_is_timed_with_the_graph_built(monkeypatch):
    clock = iter([0, 1000, *range(2000, 2000 + 2 * NUM_CALLS)])  # a slow call, then calls of 1 second each
    sizes = []

    def compiled(model):
        return lambda batch: sizes.append(len(batch)) or tf.constant(batch)  # it answers with the images

    monkeypatch.setattr(answers, "_compiled", compiled)
    monkeypatch.setattr(answers.time, "perf_counter", lambda: next(clock))
    seconds = seconds_for_one(None, np.zeros((3, 28, 28), np.uint8))
    assert seconds == 1, "one slow call must not count: it is the median"
    assert sizes == [1] * NUM_CALLS, "every call must have one image, also where there are few images"


def test_the_graph_is_built_once_for_any_number_of_images():
    model = build(Cnn(architecture="cnn", filters=(3,), units=()), 10, seed=0)
    images = np.zeros((3, 28, 28), np.uint8)
    predict(model, images)
    forward = answers._compiled(model)
    assert [len(forward(tf.constant(images[:count]))) for count in (1, 2, 3)] == [1, 2, 3]
    assert forward.experimental_get_tracing_count() == 1, "building it again would be counted as answering"
    assert seconds_for_one(model, images) > 0


def test_accuracy_and_loss_by_hand():
    labels = np.array([0, 2, 1])
    assert accuracy(PROBABILITIES, labels) == pytest.approx(2 / 3), (
        "of equal probabilities the first class wins"
    )
    assert log_loss(PROBABILITIES, labels) == pytest.approx(-(np.log(0.7) + np.log(0.6) + np.log(0.5)) / 3)


def test_a_probability_of_zero_costs_much_but_not_infinitely():
    assert log_loss(PROBABILITIES[2:], np.array([2])) == pytest.approx(-np.log(1e-12))
