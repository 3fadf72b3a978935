"""Training: arrays, a recipe and a seed -> a trained network and its history."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf

from configs.schema import Augmentation, Cnn, Dense, Training
from data.augmentation import augment
from data.splits import Split
from model.networks.as_arrays import to_input
from model.networks.build import Policy, build
from model.networks.fast_form import build_for_training
from model.run.arithmetic import Arithmetic
from model.run.rules import RULES, STATISTICS_IMAGES, STATISTICS_IMAGES_OF_CURVE, Rules
from model.training.statistics import Statistics

History = list[dict[str, float]]  # a row an epoch: the columns of history.csv
WARM_UP = 0.2  # the share of the steps in which one_cycle rises to its peak
CALL_SECONDS = 1.0  # how long one graph call may take: signals and progress wait for its end
PREDICTION_BATCH = 500
POLICIES: dict[str, Policy] = {"float32": "float32", "bfloat16": "mixed_bfloat16"}  # Keras's dtype policies


class TrainingFailed(Exception):
    """The training can't go on; the message says why."""


@dataclass(frozen=True)
class State:
    """All that training needs to go on after an epoch: arrays of every variable, and the history so far."""

    variables: list[np.ndarray]
    history: History


@dataclass(frozen=True)
class Progress:
    """Where a training stands: `done` of `total` steps, and the last epoch's row if there is one."""

    done: int
    total: int
    history: History


def learning_rates(recipe: Training, num_steps: int) -> np.ndarray:
    """The learning rate of every step of a training: float32 (num_steps,), each above 0.

    `one_cycle` rises linearly from 0 to the peak for a fifth of the steps and falls linearly to 0 (after
    Smith and Topin, arXiv 1708.07120); `cosine` falls from the peak along half a cosine (Loshchilov and
    Hutter, arXiv 1608.03983); `constant` stays.
    """
    done = (np.arange(num_steps) + 0.5) / num_steps  # the middle of the step: neither end is 0
    share = {
        "one_cycle": np.minimum(done / WARM_UP, (1 - done) / (1 - WARM_UP)),
        "cosine": (1 + np.cos(np.pi * done)) / 2,
        "constant": np.ones(num_steps),
    }[recipe.schedule]
    return (recipe.learning_rate * share).astype(np.float32)


def momenta(averaging: float, num_steps: int, rule: int) -> np.ndarray:
    """The share of the averaged weights that is kept at every step of a training: float32 (num_steps,).

    In the long run it is `averaging`, m of the recipe. By rule 2 there is no bias at the start, as Adam
    corrects its moments (Kingma and Ba, arXiv 1412.6980, section 3): after t steps the weights of step i
    count m^(t-i) / (1 + m + ... + m^(t-1)). By rule 1 it is the same always, so that those of the first step
    count m^(t-1), however far they are off. Whatever it says first, Keras begins with the first step's.
    """
    if rule == 1:
        return np.full(num_steps, averaging, np.float32)
    powers = averaging ** np.arange(num_steps + 1.0)  # m^0, m^1, ...
    return (averaging * (1 - powers[:-1]) / (1 - powers[1:])).astype(np.float32)


def train(
    network: Dense | Cnn,
    recipe: Training,
    augmentation: Augmentation | None,
    training: Split,
    validation: Split,
    num_classes: int,
    seed: int,
    arithmetic: Arithmetic,
    rules: Rules = RULES,
    state: State | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_epoch: Callable[[State], None] = lambda state: None,
) -> tuple[keras.Model, History]:
    """Train one network from its first step, or from a saved state, to its last epoch.

    The last is that of the recipe's `epochs`, or the first that reaches its `stop_at_accuracy`.

    The same arguments give the same bits, wherever the training was interrupted and however its steps were
    grouped into graph calls: order and augmentation follow from (seed, epoch, step), dropout from its
    generator, whose state is saved. The seed decides initial weights, too. All training images are learned
    from in every epoch, the last smaller batch, too; by validation, after every epoch, nothing is chosen.
    Variables are float32 in each arithmetic; `rules` are those that the training began under.

    `on_progress` is called after every graph call, about once a second; `on_epoch` after every epoch, with
    the `state` that is needed to go on from there.

    Returns the network as it is saved and scored (float32, with probabilities), and its history. Of batch
    normalization both have statistics over training images (`model.training.statistics`).

    Raises:
        TrainingFailed: the loss is not a finite number.
    """
    trainer = _Trainer(network, recipe, augmentation, training, num_classes, seed, arithmetic, rules)
    history: History = []
    if state is not None:
        trainer.restore(state.variables)
        history = list(state.history)
    while not _is_over(recipe, history):
        epoch = len(history)
        loss, accuracy = trainer.run_epoch(
            epoch, lambda steps: on_progress(Progress(steps, trainer.num_steps, history))
        )
        val_loss, val_accuracy = trainer.evaluate(validation)
        row = {"epoch": epoch + 1, "loss": loss, "accuracy": accuracy}
        row |= {"val_loss": val_loss, "val_accuracy": val_accuracy}
        row |= {"learning_rate": float(trainer.rates[(epoch + 1) * trainer.steps_per_epoch - 1])}
        history.append(row)
        on_progress(Progress((epoch + 1) * trainer.steps_per_epoch, trainer.num_steps, history))
        on_epoch(State(trainer.variables(), list(history)))
    model = build(network, num_classes, seed)
    model.set_weights(trainer.final_weights(STATISTICS_IMAGES))
    return model, history


def _is_over(recipe: Training, history: History) -> bool:
    """Whether no epoch is left, or the last one reached the accuracy at which to stop."""
    target = recipe.stop_at_accuracy
    reached = target is not None and bool(history) and history[-1]["accuracy"] >= target
    return reached or len(history) >= recipe.epochs


class _Trainer:
    """The graph that runs many training steps in one call, and the variables it changes."""

    def __init__(
        self,
        network: Dense | Cnn,
        recipe: Training,
        augmentation: Augmentation | None,
        training: Split,
        num_classes: int,
        seed: int,
        arithmetic: Arithmetic,
        rules: Rules,
    ) -> None:
        self.recipe, self.seed, self.num_classes = recipe, seed, num_classes
        self.augmentation = augmentation
        self.images, self.labels = tf.constant(training.images), tf.constant(training.labels)
        self.steps_per_epoch = math.ceil(len(training.labels) / recipe.batch_size)
        self.num_steps = self.steps_per_epoch * recipe.epochs
        self.rates = learning_rates(recipe, self.num_steps)
        self.momenta = momenta(recipe.averaging, self.num_steps, rules["averaging"])
        policy = POLICIES[arithmetic.precision]
        at_once = arithmetic.first_block == "at once"
        fused = min(rules["normalization"], rules["statistics"]) > 1  # those of the steps are not kept then
        self.model = build_for_training(network, num_classes, seed, policy, at_once, fused)
        self.statistics: Statistics | None = None
        if network.batch_normalization and rules["statistics"] > 1:
            self.statistics = Statistics(build(network, num_classes, seed), training.images)
        learned = self.model.trainable_variables
        self.optimizer = _optimizer(recipe, rules, learned)
        self.optimizer.build(learned)
        self.loss = keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=recipe.label_smoothing, reduction="sum"
        )
        self.steps_per_call = 4  # until the first calls have shown how long a step takes
        # AutoGraph would rewrite code that needs no rewriting, and leave it in the temporary folder.
        self._run = tf.function(self._steps, autograph=False)
        self.flips = isinstance(network, Cnn) and network.flip_at_test
        self._predict = tf.function(self._logits, autograph=False)

    def run_epoch(self, epoch: int, on_steps: Callable[[int], None]) -> tuple[float, float]:
        """One pass over the training images -> mean loss and accuracy over it, as they were met."""
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.labels))
        arguments = tf.constant(order, tf.int32), tf.constant(epoch * self.steps_per_epoch)
        totals = tf.constant(0.0), tf.constant(0)
        step = 0
        while step < self.steps_per_epoch:
            end = min(step + self.steps_per_call, self.steps_per_epoch)
            started = time.perf_counter()
            totals = self._run(*arguments, tf.constant(step), tf.constant(end), *totals)
            loss = float(totals[0])
            if not math.isfinite(loss):
                raise TrainingFailed(f"loss not finite at epoch {epoch + 1}; a lower learning_rate may help")
            seconds_per_step = (time.perf_counter() - started) / (end - step)
            if epoch or step:  # the very first call also builds the graph
                self.steps_per_call = max(1, int(CALL_SECONDS / seconds_per_step))
            step = end
            on_steps(epoch * self.steps_per_epoch + step)
        return loss / len(self.labels), int(totals[1]) / len(self.labels)

    def _steps(
        self,
        order: tf.Tensor,
        first: tf.Tensor,
        start: tf.Tensor,
        end: tf.Tensor,
        loss_sum: tf.Tensor,
        num_correct: tf.Tensor,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Steps start to end of the epoch whose first step is `first`, adding to the running sums."""
        rates, momenta, size = tf.constant(self.rates), tf.constant(self.momenta), self.recipe.batch_size
        variables = self.model.trainable_variables

        def one(step: tf.Tensor, loss_sum: tf.Tensor, num_correct: tf.Tensor) -> tuple[tf.Tensor, ...]:
            batch = order[step * size : (step + 1) * size]
            images, labels = tf.gather(self.images, batch), tf.gather(self.labels, batch)
            if self.augmentation is not None:
                images = augment(images, self.augmentation, tf.stack([self.seed, first + step]))
            with tf.GradientTape() as tape:
                logits = self.model(to_input(images), training=True)
                loss = self.loss(tf.one_hot(labels, self.num_classes), logits)
                mean = loss / tf.cast(tf.shape(batch)[0], tf.float32)
            self.optimizer.learning_rate.assign(rates[first + step])
            self.optimizer.ema_momentum = momenta[first + step]  # which Keras reads as it builds the graph
            self.optimizer.apply(tape.gradient(mean, variables), variables)
            right = tf.equal(tf.argmax(logits, -1, tf.int32), tf.cast(labels, tf.int32))
            return step + 1, loss_sum + loss, num_correct + tf.math.count_nonzero(right, dtype=tf.int32)

        return tf.while_loop(lambda step, *_: step < end, one, (start, loss_sum, num_correct))[1:]

    def _logits(self, images: tf.Tensor) -> tf.Tensor:
        """Logits of images uint8 (n, 28, 28), as the network that is saved gives them."""
        logits = self.model(to_input(images), training=False)
        if not self.flips:
            return logits
        return (logits + self.model(to_input(images[:, :, ::-1]), training=False)) / 2

    def evaluate(self, split: Split) -> tuple[float, float]:
        """Mean cross-entropy (never smoothed) and accuracy, of the averaged weights if those are used."""
        current = self.model.get_weights()
        self.model.set_weights(self.final_weights(STATISTICS_IMAGES_OF_CURVE))
        starts = range(0, len(split.labels), PREDICTION_BATCH)
        batches = [split.images[start : start + PREDICTION_BATCH] for start in starts]
        logits = np.concatenate([self._predict(tf.constant(batch)).numpy() for batch in batches])
        self.model.set_weights(current)
        log_sum = np.logaddexp.reduce(logits.astype(np.float64), axis=1)
        loss = np.mean(log_sum - logits[np.arange(len(logits)), split.labels])
        return float(loss), float(np.mean(logits.argmax(1) == split.labels))

    def final_weights(self, num_images: int) -> list[np.ndarray]:
        """The network's weights as they would be saved now, in the order of `get_weights`.

        `num_images` training images are what statistics of batch normalization are taken over.
        """
        weights = current = self.model.get_weights()
        if self.recipe.averaging:
            self.optimizer.finalize_variable_values(self.model.trainable_variables)
            weights = self.model.get_weights()
            self.model.set_weights(current)
        return self.statistics.taken(weights, num_images) if self.statistics else weights

    def variables(self) -> list[np.ndarray]:
        """Copies of all that a step changes: weights, statistics, dropout's state, optimizer, averages."""
        return [variable.numpy().copy() for variable in self._state()]

    def restore(self, arrays: list[np.ndarray]) -> None:
        """Set what `variables` gave."""
        for variable, array in zip(self._state(), arrays, strict=True):
            variable.assign(array)

    def _state(self) -> list[keras.Variable]:
        return [*self.model.variables, *self.optimizer.variables]


def _optimizer(recipe: Training, rules: Rules, variables: list[keras.Variable]) -> keras.optimizers.Optimizer:
    """The recipe's optimizer of these variables; its learning rate is set before every step.

    By rule 2 kernels alone lose a share of themselves at each step, and no bias, scale or shift does.
    """
    common = {"learning_rate": recipe.learning_rate}
    if recipe.averaging:
        common |= {"use_ema": True, "ema_momentum": recipe.averaging}
    if recipe.optimizer == "sgd":
        return keras.optimizers.SGD(momentum=recipe.momentum, nesterov=recipe.momentum > 0, **common)
    if recipe.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(weight_decay=recipe.weight_decay, **common)
        if rules["weight_decay"] > 1:
            optimizer.exclude_from_weight_decay([one for one in variables if len(one.shape) == 1])
        return optimizer
    return keras.optimizers.Adam(**common)
