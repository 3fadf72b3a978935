"""What batch normalization subtracts and divides by: of the last weights, over training images."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from configs.schema import Augmentation, Cnn, Dense
from model.networks.answers import predict
from model.networks.build import build
from model.run.rules import RULES, STATISTICS_IMAGES_OF_CURVE
from model.training import statistics
from model.training.statistics import Statistics
from tests.conftest import IN_TURN
from tests.training.test_train import PLAIN, SMALL, TRAIN, VALIDATION, same, trained

pytestmark = pytest.mark.numeric

DEEP = Cnn(filters=((4, 3), 5), kernel_size=3, padding="same", batch_normalization=True, dropout=0.3)
WIDE = Dense(units=(8, 6), batch_normalization=True, dropout=0.2)
HALF = replace(IN_TURN, precision="bfloat16")
BEFORE = {**RULES, "statistics": 1}


def normalizations(network, weights):
    """Of a network with these weights each normalization's mean and variance, and its inputs over TRAIN."""
    model = build(network, 4, seed=0)
    model.set_weights(weights)
    images = (TRAIN.images / np.float32(255))[..., None]
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            values = keras.Model(model.input, layer.input)(images).numpy().astype(np.float64)
            yield layer, values.reshape(-1, values.shape[-1])


def learned(network, weights):
    """The weights that training changes."""
    model = build(network, 4, seed=0)
    model.set_weights(weights)
    return [variable.numpy() for variable in model.trainable_variables]


@pytest.mark.parametrize("network", [SMALL, DEEP, WIDE], ids=["one", "three convolutions", "dense"])
@pytest.mark.parametrize(
    "recipe", [{}, {"averaging": 0.95}, {"arithmetic": HALF}], ids=["", "averaged", "half"]
)
def test_they_are_those_of_all_training_images_in_the_saved_network(network, recipe):
    """In it, layer after layer: neither augmented, nor with anything left out, nor in another precision."""
    weights, _ = trained(network, epochs=1, augmentation=Augmentation(shift=2, erase=8), **recipe)
    found = list(normalizations(network, weights))
    assert len(found) == {SMALL: 1, DEEP: 3, WIDE: 2}[network]
    for layer, values in found:
        mean, variance = values.mean(axis=0), values.var(axis=0)  # population variance, as in Keras
        limit = 1e-5 * np.abs(values).max()
        np.testing.assert_allclose(layer.moving_mean, mean, atol=limit, err_msg=f"mean of {layer.name}")
        np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-4, err_msg=layer.name)


@pytest.mark.parametrize("recipe", [{}, {"averaging": 0.9}], ids=str)
def test_the_rule_changes_nothing_that_is_learned(recipe):
    by_keras = {"normalization": 1}  # as it is anyway where statistics are those of the steps
    rules = ({**RULES, **by_keras}, {**BEFORE, **by_keras})
    (now, history), (before, lagging) = (trained(rules=one, **recipe) for one in rules)
    assert same(*(learned(SMALL, weights) for weights in (now, before))), (
        "weights differ: statistics of the finished network must not reach its training"
    )
    assert not same(now, before), "this test sees nothing"
    for row, other in zip(history, lagging, strict=True):
        for key in ("loss", "accuracy", "learning_rate"):
            assert row[key] == other[key], f"{key} of epoch {row['epoch']} depends on the rule"


def test_without_normalization_every_bit_stays():
    (now, history), (before, earlier) = (trained(PLAIN, rules=rules) for rules in (RULES, BEFORE))
    assert same(now, before), "a network that normalizes nothing has other bits"
    assert history == earlier


def test_going_on_after_the_last_epoch_gives_the_same_bits():
    """Killed before the network was written: its statistics are taken from the checkpoint's weights."""
    states = []
    weights, history = trained(on_epoch=states.append)
    for state in states:
        resumed = trained(state=state)
        assert same(weights, resumed[0]), f"resumed after epoch {len(state.history)}, it ends elsewhere"
        assert history == resumed[1]


def test_after_few_steps_a_network_answers_as_well_as_it_has_learned():
    """11 steps an epoch, where Keras's averages keep 0.99 of themselves a step."""
    rows = {rule: trained(DEEP, rules={**RULES, "statistics": rule})[1][-1] for rule in (1, 2)}
    assert rows[2]["val_accuracy"] > 0.9, "what it learned is lost to statistics that lag"
    assert rows[2]["val_loss"] < rows[1]["val_loss"], "this test sees nothing"


@pytest.mark.parametrize("flips", [False, True])
def test_the_curve_is_of_the_network_as_it_would_be_saved(flips):
    network = DEEP.model_copy(update={"flip_at_test": flips})
    weights, history = trained(network)
    model = build(network, 4, seed=0)
    model.set_weights(weights)
    probabilities, _ = predict(model, VALIDATION.images)
    right = probabilities[np.arange(len(VALIDATION.labels)), VALIDATION.labels].astype(np.float64)
    assert len(TRAIN.labels) < STATISTICS_IMAGES_OF_CURVE, "so that the last epoch's are over all images"
    assert history[-1]["val_loss"] == pytest.approx(-np.log(right).mean(), abs=1e-3)


def test_of_many_images_they_take_a_fixed_sample_in_batches(monkeypatch):
    """The sample is not the first images: a file may be in the order of its classes."""
    images = np.concatenate([np.full((300, 28, 28), value, np.uint8) for value in (0, 255)])
    monkeypatch.setattr(statistics, "STATISTICS_IMAGES", 400)
    model = build(Dense(units=(2,), batch_normalization=True), 4, seed=0)
    weights = model.get_weights()
    taken = {}
    for batch in (400, 7):
        monkeypatch.setattr(statistics, "BATCH", batch)
        of = Statistics(model, images)
        taken[batch] = of.taken(weights), of.taken(weights, 100)
    assert same(Statistics(model, images).taken(weights), taken[7][0]), "the same images give the same bits"
    for one, other in zip(taken[400], taken[7], strict=True):
        for first, second in zip(one, other, strict=True):
            np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-7, err_msg="it depends on batches")
    white = weights[0].sum(axis=0)  # what a white image gives; a black one gives 0
    for part in taken[400]:
        share = part[4] / white
        assert ((share > 0.35) & (share < 0.65)).all(), "half of the images are white"
    assert not np.array_equal(taken[400][0][4], taken[400][1][4]), "not of so many images"
