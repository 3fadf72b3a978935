import keras
import numpy as np
import pytest

from configs.schema import Cnn
from model.architectures import build
from model.evaluation import BATCH, accuracy, log_loss, predict

PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.5, 0.5, 0.0]], np.float32)


def test_probabilities_are_the_networks_own_in_the_order_of_the_images():
    model = build(Cnn(architecture="cnn", filters=(3,), units=()), 10, seed=0)
    images = np.random.default_rng(0).integers(0, 256, (BATCH + 7, 28, 28), dtype=np.uint8)
    probabilities, seconds = predict(model, images)
    assert probabilities.shape == (BATCH + 7, 10), "every image must be scored, also those of the last batch"
    assert probabilities.dtype == np.float32
    expected = keras.ops.convert_to_numpy(model(images[..., None].astype(np.float32) / 255))
    np.testing.assert_allclose(
        probabilities, expected, atol=1e-6, err_msg="scaling or order of images is wrong"
    )
    assert seconds > 0


def test_accuracy_and_loss_by_hand():
    labels = np.array([0, 2, 1])
    assert accuracy(PROBABILITIES, labels) == pytest.approx(2 / 3), (
        "of equal probabilities the first class wins"
    )
    assert log_loss(PROBABILITIES, labels) == pytest.approx(-(np.log(0.7) + np.log(0.6) + np.log(0.5)) / 3)


def test_a_probability_of_zero_costs_much_but_not_infinitely():
    assert log_loss(PROBABILITIES[2:], np.array([2])) == pytest.approx(-np.log(1e-12))
