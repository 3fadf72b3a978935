import keras
import numpy as np
import pytest
import tensorflow as tf

from configs.schema import Augmentation, Cnn, Dense, Training
from data.splits import Split
from model.networks.answers import predict
from model.networks.build import build
from model.networks.fast_form import build_for_training
from model.networks.fast_layers import FusedNormalization
from model.networks.measures import accuracy, log_loss
from model.run.rules import RULES
from model.training import train as training
from model.training.train import TrainingFailed, learning_rates, momenta, train
from tests.conftest import AT_ONCE, IN_TURN, NO_DIGEST
from tests.experiment.test_conductor import assert_same
from tests.program.test_kills import bits_of

pytestmark = pytest.mark.numeric

RNG = np.random.default_rng(0)


def made_up(num_images):
    """Images whose label is the quarter that is bright: easy, and enough to see learning."""
    labels = RNG.integers(0, 4, num_images, dtype=np.uint8)
    images = RNG.integers(0, 60, (num_images, 28, 28), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[14 * row : 14 * row + 14, 14 * column : 14 * column + 14] += 60
    return Split(images, labels)


TRAIN, VALIDATION = made_up(330), made_up(80)  # 330 = 10 batches of 32, and 10 images more
SMALL = Cnn(architecture="cnn", filters=(4,), units=(8,), dropout=0.2, batch_normalization=True)
PLAIN = Cnn(architecture="cnn", filters=(4,), units=(16,))  # learns as fast from every seed


def trained(
    network=SMALL,
    seed=0,
    state=None,
    on_epoch=lambda state: None,
    augmentation=None,
    arithmetic=IN_TURN,
    rules=RULES,
    **recipe,
):
    recipe = Training(
        **{"epochs": 3, "batch_size": 32, "learning_rate": 0.01, "precision": "float32"} | recipe
    )
    model, history = train(
        network, recipe, augmentation, TRAIN, VALIDATION, 4, seed, arithmetic, rules, state, on_epoch=on_epoch
    )
    return model.get_weights(), history


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_it_learns_what_is_easy():
    _, history = trained(epochs=8)
    assert [row["epoch"] for row in history] == list(range(1, 9)), "one row for each epoch, counted from 1"
    assert history[-1]["val_accuracy"] > 0.95, "a task that is this easy must be learned"


@pytest.mark.parametrize(
    "recipe",
    [
        {"optimizer": "adam"},
        {"optimizer": "adamw", "weight_decay": 0.01},
        {"network": Cnn(filters=(4,), padding="same", batch_normalization=True, flip_at_test=True)},
        {"optimizer": "sgd", "momentum": 0.9},
        {"averaging": 0.9, "schedule": "cosine"},
    ],
    ids=str,
)
def test_going_on_from_a_saved_state_gives_the_same_bits(recipe):
    states = []
    augmentation = Augmentation(shift=1, flip=True, erase=2)
    weights, history = trained(on_epoch=states.append, augmentation=augmentation, **recipe)
    for state in states[:-1]:
        resumed = trained(state=state, augmentation=augmentation, **recipe)
        assert same(weights, resumed[0]), f"weights differ when resumed after epoch {len(state.history)}"
        assert history == resumed[1], "the history differs when resumed"


def test_another_seed_trains_another_network():
    augmentation = Augmentation(shift=1, flip=True, erase=2)
    first, second = (trained(seed=seed, epochs=1, augmentation=augmentation)[0] for seed in (0, 1))
    assert not same(first, second), "seeds must differ"


def test_it_stops_after_the_first_epoch_that_reaches_the_accuracy():
    states = []
    recipe = {"network": Dense(units=(8,)), "optimizer": "sgd", "momentum": 0.8, "learning_rate": 0.02}
    recipe |= {"schedule": "constant", "epochs": 30}
    _, history = trained(stop_at_accuracy=0.9, **recipe)
    target = history[-1]["accuracy"]  # which that epoch reaches, and does not exceed
    weights, history = trained(stop_at_accuracy=target, on_epoch=states.append, **recipe)
    assert 1 < len(history) < 30, "this test sees nothing: it stopped at once, or never"
    assert history[-1]["accuracy"] == target, "reaching it is enough"
    assert all(row["accuracy"] < target for row in history[:-1]), "it went on after it had reached it"
    for state in (states[0], states[-1]):
        resumed = trained(state=state, stop_at_accuracy=target, **recipe)
        assert same(weights, resumed[0]), f"resumed after epoch {len(state.history)}, it ends elsewhere"
        assert history == resumed[1]
    short = trained(**recipe | {"epochs": len(history)})
    assert same(weights, short[0]), "stopping must change nothing of the epochs before"


def test_a_first_block_at_once_learns_the_same_and_goes_on_to_the_same_bits():
    """Values equal to rounding: the weights of short trainings, and all bits of an interrupted one."""
    network, recipe = Cnn(filters=(8, 8), units=(8,)), {"epochs": 2, "learning_rate": 0.003}
    states = []
    (weights, history), (in_turn, _) = (
        trained(network, arithmetic=AT_ONCE, on_epoch=states.append, **recipe),
        trained(network, **recipe),
    )
    for ours, theirs in zip(weights, in_turn, strict=True):
        np.testing.assert_allclose(
            ours, theirs, atol=2e-3, err_msg="a way of convolving changes what is learned"
        )
    resumed = trained(network, arithmetic=AT_ONCE, state=states[0], **recipe)
    assert same(weights, resumed[0]), "weights differ when resumed"
    assert history == resumed[1]


@pytest.mark.parametrize("kernels", ["random", "hand_made"])
def test_frozen_filters_stay_as_they_are_while_the_rest_learns(kernels):
    network = Cnn(filters=(4, 3), units=(8,), kernels=kernels)
    start, (weights, history) = build(network, 4, seed=0).get_weights(), trained(network, epochs=4)
    same_as_before = [np.array_equal(a, b) for a, b in zip(start, weights, strict=True)]
    assert same_as_before == [True] * 4 + [False] * 4, "two convolutions frozen, two dense layers learned"
    assert history[-1]["loss"] < history[0]["loss"], "the dense layers must learn"


def test_how_steps_are_grouped_changes_nothing(monkeypatch):
    weights, history = trained()
    monkeypatch.setattr(training, "CALL_SECONDS", 0.0)  # one step a call
    again = trained()
    assert same(weights, again[0]), "weights depend on how many steps one graph call makes"
    assert history == again[1], "sums over an epoch depend on how many steps one graph call makes"


ALL_AT_ONCE = """
name: small
seeds: [0]
data:
  source: {folder}
  name: small
  validation_images: 100
  augmentation: {{shift: 1, flip: true, erase: 4}}
models:
  cnn: {{architecture: cnn, filters: [16, 16], units: [32], dropout: 0.3, batch_normalization: true}}
training: {{optimizer: adamw, weight_decay: 0.01, averaging: 0.9, epochs: 2, precision: float32}}
"""


def test_operations_side_by_side_change_nothing(driver, small_data, tmp_path):
    """Each in a process of its own, since TensorFlow takes their number once."""
    config = tmp_path / "config.yaml"
    config.write_text(ALL_AT_ONCE.format(folder=small_data))
    for threads in (1, 4):
        result = driver.train(config, "cnn", tmp_path / str(threads), side_by_side=threads)
        assert result.code == 0, result.err
    one, four = bits_of(tmp_path / "1"), bits_of(tmp_path / "4")
    assert any("model.keras:" in name for name in one), "no weights are compared"
    assert_same(one, four)


def _adamw():
    """With decay of kernels alone."""
    optimizer = keras.optimizers.AdamW(weight_decay=0.3)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


OPTIMIZERS = {
    "sgd": ({"momentum": 0.0}, lambda: keras.optimizers.SGD()),
    "sgd with momentum": ({"momentum": 0.8}, lambda: keras.optimizers.SGD(momentum=0.8, nesterov=True)),
    "adam": ({}, lambda: keras.optimizers.Adam()),
    "adamw": ({"weight_decay": 0.3}, _adamw),
}
NUM_STEPS = 2 * 11  # two epochs of 10 batches of 32 images, and one of 10


class RatesByHand(keras.callbacks.Callback):
    """Before each step its learning rate: linearly up to the peak for a fifth of the steps, then down."""

    def __init__(self, peak):
        super().__init__()
        self.peak, self.rates = peak, []

    def on_train_batch_begin(self, batch, logs=None):
        done = (len(self.rates) + 0.5) / NUM_STEPS
        self.rates.append(self.peak * (5 * done if done < 0.2 else (1 - done) / 0.8))
        self.model.optimizer.learning_rate = self.rates[-1]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_arithmetic_of_two_epochs_is_keras_own(name):
    """An independent second way: Keras's fit on the same batches, with a seed and an epoch that are not 0."""
    settings, optimizer = OPTIMIZERS[name]
    peak = 0.1 if "sgd" in name else 0.002
    weights, history = trained(
        Dense(units=(8,)), seed=1, optimizer=name.split()[0], learning_rate=peak, epochs=2, **settings
    )
    model, by_hand = build(Dense(units=(8,)), 4, seed=1), RatesByHand(peak)
    model.compile(optimizer(), "sparse_categorical_crossentropy", metrics=["accuracy"])
    images, unseen = (split.images[..., None].astype(np.float32) / 255 for split in (TRAIN, VALIDATION))
    for epoch, row in enumerate(history):
        order = np.random.default_rng([1, epoch]).permutation(len(TRAIN.labels))
        found = model.fit(
            images[order],
            TRAIN.labels[order],
            batch_size=32,
            shuffle=False,
            verbose=0,
            validation_data=(unseen, VALIDATION.labels),
            callbacks=[by_hand],
        ).history
        for key in ("loss", "val_loss"):  # sums in another order
            assert row[key] == pytest.approx(found[key][0], abs=1e-4), f"{key} of epoch {row['epoch']}"
        for key, split in (("accuracy", TRAIN), ("val_accuracy", VALIDATION)):  # one image may be undecided
            assert row[key] == pytest.approx(found[key][0], abs=1.01 / len(split.labels)), key
        assert row["learning_rate"] == pytest.approx(by_hand.rates[-1]), "not the rate of the last step"
    for ours, theirs in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-5, err_msg="weights differ from Keras's")


def test_every_epoch_has_an_order_and_every_step_a_draw_of_its_own(monkeypatch):
    """Of all seeds and epochs: (0, 1) and (1, 0), too."""
    seen = []

    def note(images, seed):
        seen.append(([image.tobytes() for image in images], tuple(seed.tolist())))
        return images

    def noted(images, settings, seed):
        same = tf.numpy_function(note, [images, seed], tf.uint8)
        return tf.ensure_shape(same, images.shape)

    monkeypatch.setattr(training, "augment", noted)
    for seed in (0, 1, 2):
        trained(Dense(units=()), seed=seed, augmentation=Augmentation(shift=1))
    assert len(seen) == 3 * 3 * 11, "steps of three seeds and three epochs"
    assert len({drawn for _, drawn in seen}) == len(seen), "two steps draw the same shifts, flips and squares"
    met = [image for images, _ in seen for image in images]
    orders = {tuple(met[i : i + 330]) for i in range(0, len(met), 330)}
    assert len(orders) == 3 * 3, "two epochs, of one seed or of two, meet the images in the same order"
    everyone = sorted(image.tobytes() for image in TRAIN.images)
    assert all(sorted(order) == everyone for order in orders), "each epoch has every image once"


def test_the_last_smaller_batch_is_trained_on():
    steps = []
    recipe = Training(epochs=2, batch_size=32, learning_rate=0.01)
    train(SMALL, recipe, None, TRAIN, VALIDATION, 4, 0, IN_TURN, on_progress=lambda p: steps.append(p.done))
    assert steps[-1] == 2 * 11, "330 images are 10 batches of 32 and one of 10"
    assert steps == sorted(steps), "progress must not go back"
    assert len([step for step in steps if step > 11]) > 1, "the first epoch counts as done in the second"


def test_averaged_weights_are_what_is_saved_and_validated():
    weights, history = trained(averaging=0.95)
    plain, _ = trained()
    assert not same(weights, plain), "averaging made no difference"
    model = build(SMALL, 4, seed=0)
    model.set_weights(weights)
    probabilities, _ = predict(model, VALIDATION.images)
    loss, right = log_loss(probabilities, VALIDATION.labels), accuracy(probabilities, VALIDATION.labels)
    message = "validation must use the averaged weights"
    assert history[-1]["val_loss"] == pytest.approx(loss, abs=1e-4), message
    # rounding may decide between two classes that are as likely, of one image of the 80
    assert history[-1]["val_accuracy"] == pytest.approx(right, abs=1.1 / 80), message


def test_a_loss_that_is_not_finite_ends_the_training_with_its_reason(monkeypatch):
    monkeypatch.setattr(training, "learning_rates", lambda recipe, steps: np.full(steps, 1e30, np.float32))
    with pytest.raises(TrainingFailed, match=r"loss not finite at epoch 1; a lower learning_rate may help"):
        trained(optimizer="sgd")


def test_label_smoothing_raises_the_training_loss_alone():
    smooth, plain = (trained(PLAIN, label_smoothing=share, epochs=8)[1][-1] for share in (0.3, 0.0))
    # 0.78 more with every seed
    assert smooth["loss"] > plain["loss"] + 0.2, "the loss that is trained on must be the smoothed one"
    assert smooth["val_accuracy"] > 0.8, "smoothing must not hinder an easy task"


@pytest.mark.parametrize(("schedule", "peak_at"), [("one_cycle", 0.2), ("cosine", 0.0), ("constant", 0.0)])
def test_learning_rates_rise_and_fall_as_named(schedule, peak_at):
    rates = learning_rates(Training(schedule=schedule, learning_rate=0.004), 1000)
    assert rates.shape == (1000,)
    assert (rates > 0).all(), "a step at rate 0 is wasted"
    assert rates.max() == pytest.approx(0.004, rel=0.01), "the peak is the learning rate of the config"
    assert rates.argmax() / 1000 == pytest.approx(peak_at, abs=0.01), "the peak is at the wrong place"
    if schedule != "constant":
        assert rates[-1] < 0.0001, "it must end near 0"


RATES = {  # of 0.8, at each of so many steps, worked by hand: the middle of step i of n is (i + 1/2) / n
    # a tenth, a quarter, ... of the way through: up for the first fifth, down for the rest
    ("one_cycle", 10): [0.2, 0.6, 0.75, 0.65, 0.55, 0.45, 0.35, 0.25, 0.15, 0.05],
    ("one_cycle", 2): [0.75, 0.25],
    # a sixth, a half and five sixths of half a circle: 0.4 * (1 + cosine)
    ("cosine", 3): [0.4 * (1 + 0.75**0.5), 0.4, 0.4 * (1 - 0.75**0.5)],
    ("cosine", 2): [0.4 * (1 + 0.5**0.5), 0.4 * (1 - 0.5**0.5)],
    ("constant", 3): [0.8, 0.8, 0.8],
}


@pytest.mark.parametrize(("schedule", "num_steps"), RATES)
def test_learning_rates_of_a_schedule_stay_what_they_were(schedule, num_steps):
    rates = learning_rates(Training(schedule=schedule, learning_rate=0.8), num_steps)
    assert rates.dtype == np.float32
    assert rates == pytest.approx(RATES[schedule, num_steps], rel=1e-6), NO_DIGEST


@pytest.mark.parametrize("rule", [1, 2])
def test_maps_are_normalized_by_the_rule_that_a_training_began_under(rule, monkeypatch):
    """Each has its own last digits: an unfinished training of before goes on with Keras's layers."""
    made = []

    def kept(*arguments):
        made.append(build_for_training(*arguments))
        return made[0]

    monkeypatch.setattr(training, "build_for_training", kept)
    trained(epochs=1, rules={**RULES, "normalization": rule})
    fused = [isinstance(layer, FusedNormalization) for layer in made[0].layers]
    assert sum(fused) == (1 if rule == 2 else 0), "it is normalized another way than when it began"


@pytest.mark.parametrize("rule", [1, 2])
def test_weight_decay_takes_its_share_of_kernels_alone(rule):
    """One step, in which what is learned of the same weights is the same: what differs is the decay."""
    step = {"optimizer": "adamw", "epochs": 1, "batch_size": len(TRAIN.labels), "schedule": "constant"}
    rules = {**RULES, "weight_decay": rule, "statistics": 1}  # those of pictures would see the kernels
    without, decayed = (trained(rules=rules, weight_decay=decay, **step)[0] for decay in (0.0, 0.5))
    model = build(SMALL, 4, seed=0)
    for variable, before, plain, less in zip(
        model.weights, model.get_weights(), without, decayed, strict=True
    ):
        is_kernel, learned = before.ndim > 1, "moving" not in variable.path
        share = 0.01 * 0.5 if learned and (is_kernel or rule == 1) else 0.0
        np.testing.assert_allclose(
            plain - less, share * before, atol=1e-7, err_msg=f"{variable.path} decays otherwise"
        )
    gamma = without[[v.name for v in model.weights].index("gamma")]
    assert np.abs(gamma).min() > 0.5, "this test sees nothing: there is no scale to lose a share of"


@pytest.mark.parametrize(("rule", "first"), [(1, 0.9**5), (2, 0.1 * 0.9**5 / (1 - 0.9**6))])
def test_the_average_is_of_the_weights_after_every_step(rule, first):
    """A step an epoch; a second way: each step's weights, weighed and added.

    Of six steps with averaging 0.9 the last counts 0.1, the one before 0.09, ..., over their sum; in rule 1
    the first counts all that is left.
    """
    states, recipe = [], {"averaging": 0.9, "epochs": 6, "batch_size": len(TRAIN.labels)}
    network = Dense(units=(8,))
    average, _ = trained(network, on_epoch=states.append, rules={**RULES, "averaging": rule}, **recipe)
    shares = 0.1 * 0.9 ** np.arange(5, -1, -1.0)
    shares /= shares.sum() if rule == 2 else 1
    shares[0] = first
    assert shares.sum() == pytest.approx(1), "this test weighs wrongly"
    for number, found in enumerate(average):
        steps = [state.variables[number].astype(np.float64) for state in states]
        expected = sum(share * step for share, step in zip(shares, steps, strict=True))
        np.testing.assert_allclose(found, expected, atol=1e-6, err_msg="not the average of the steps")


def test_momenta_forget_the_start_and_come_to_the_setting():
    found = momenta(0.999, 20_000, rule=2)
    assert found[:3] == pytest.approx([0, 0.999 / 1.999, 0.999 * 1.999 / 2.997001]), "by hand"
    assert (np.diff(found.astype(np.float64)) >= 0).all(), "the share that is kept must grow"
    assert found[-1] == pytest.approx(0.999, abs=1e-7)


def test_few_steps_of_averaged_weights_are_a_network_that_has_learned():
    """0.999 with 33 steps: by the rule of before nearly all of the average was the first step's weights."""
    recipe = {"network": Dense(units=(16,)), "averaging": 0.999}
    (_, before), (_, now) = (trained(rules={**RULES, "averaging": rule}, **recipe) for rule in (1, 2))
    assert before[-1]["val_loss"] > now[-1]["val_loss"] + 0.2, "this test sees nothing"
    assert now[-1]["val_accuracy"] > 0.9, "an average that begins without bias must answer well"
