"""What takes turns, a program: `python -m tests.benchmark.contenders ADDRESS WHAT WORD ...`.

`stock` and `torch` are as their users write them; what is ours works in the program's workers, as in a run.
"""

import json
import sys
import time
from dataclasses import replace
from typing import Any

import numpy as np

from configs.networks import Cnn, Dense, Training
from configs.schema import load
from data.fashion_mnist import load as load_data
from data.splits import Split, Splits
from model.run.arithmetic import Arithmetic, here
from model.run.jobs import Failed, Job, Tell
from model.run.workers import Workers
from tests.benchmark.turns import ROOT, Turn

DEFAULT = ROOT / "configs" / "dense_vs_cnn.yaml"
PRODUCT = 2048  # rows and columns of the matrices whose product sets the peak
MANY = 1000  # epochs: whoever gives the turns knows when to stop


def stock(address: str, network: str, images: str, seed: str) -> None:
    """Keras's `fit` with its defaults; on `all` images each round is scored on the test images, too."""
    import keras

    from tests import course_notebook

    train, labels, *test = course_notebook.pictures()
    scored = images == "all"
    kept = slice(None if scored else int(images))
    turn = Turn(address)

    class InTurn(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            turn.done(loss=logs["loss"], accuracy=logs.get("val_accuracy"))

    keras.utils.set_random_seed(int(seed))
    turn.wait()
    model = course_notebook.network(convolutions=network == "cnn")
    told = {"validation_data": tuple(test)} if scored else {}
    model.fit(train[kept], labels[kept], epochs=MANY, verbose=0, callbacks=[InTurn()], **told)


def torch(address: str, precision: str, images: str, threads: str) -> None:
    """The course network in PyTorch, set for processors: channels last, fused Adam, batches of 64."""
    import torch
    from torch import nn

    if threads != "all":
        torch.set_num_threads(int(threads))
    kept = _first(load_data(load(DEFAULT).data).train, int(images))
    x = torch.tensor(kept.images[:, None] / 255.0, dtype=torch.float32)
    y = torch.tensor(kept.labels, dtype=torch.long)
    turn = Turn(address)
    turn.wait()
    model = nn.Sequential(
        *(nn.Conv2d(1, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)),
    ).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    while True:
        for batch in torch.randperm(len(y)).split(64):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
                loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
            loss.backward()
            optimizer.step()
        turn.done(loss=loss.item())


def ours(address: str, network: str, images: str, epochs: str, seeds: str, changes: str = "{}") -> None:
    """Trainings of the default config side by side, one in each of the program's workers.

    On `all` images the rounds are the default run's epochs, scored on the test images. `changes` (JSON)
    are what is to be computed in another way than this processor's.
    """
    config = load(DEFAULT)
    splits, recipe = load_data(config.data), config.training_of(network)
    if images == "all":
        splits = replace(splits, validation=splits.test)
    else:
        splits = replace(splits, train=_first(splits.train, int(images)), validation=_first(splits.test, 500))
    recipe = recipe.model_copy(update={"epochs": int(epochs)})
    arguments = {"address": address, "network": config.models[network], "recipe": recipe}
    jobs = [Job(f"seed {seed}", train_in_turns, arguments | {"seed": int(seed)}) for seed in seeds.split(",")]
    _work(jobs, splits, **json.loads(changes))


def product(address: str) -> None:
    """A product of matrices on one thread of a worker, in the precision that the default config trains in."""
    _work([Job("product", multiply_in_turns, {"address": address})], load_data(load(DEFAULT).data))


def ablation(address: str, way: str, images: str) -> None:
    """What all filters of the course network are worth, `plain` or `shared`, on one thread of a worker."""
    splits = load_data(load(DEFAULT).data)
    splits = replace(splits, test=_first(splits.test, int(images)))
    _work([Job(way, ablate_in_turns, {"address": address, "way": way})], splits)


def train_in_turns(
    splits: Splits,
    tell: Tell,
    *,
    address: str,
    network: Dense | Cnn,
    recipe: Training,
    seed: int,
    arithmetic: Arithmetic,
) -> None:
    """The job of a worker: one training, an epoch a turn."""
    from model.training.train import State, train

    turn = Turn(address)

    def say(state: State) -> None:
        turn.done(loss=state.history[-1]["loss"], accuracy=state.history[-1]["val_accuracy"])

    turn.wait()
    classes = len(splits.class_names)
    train(network, recipe, None, splits.train, splits.validation, classes, seed, arithmetic, on_epoch=say)


def multiply_in_turns(splits: Splits, tell: Tell, *, address: str, arithmetic: Arithmetic) -> None:
    """The job of a worker: the fastest of ten products a turn, in FLOP/s."""
    import tensorflow as tf

    tf.random.set_seed(0)
    dtype = tf.as_dtype(arithmetic.precision)
    one, other = tf.cast(tf.random.normal((2, PRODUCT, PRODUCT)), dtype)
    turn = Turn(address)
    turn.wait()
    while True:
        seconds = []
        for _ in range(10):
            started = time.perf_counter()
            tf.matmul(one, other)
            seconds.append(time.perf_counter() - started)
        turn.done(flops=2 * PRODUCT**3 / min(seconds))


def ablate_in_turns(splits: Splits, tell: Tell, *, address: str, way: str, arithmetic: Arithmetic) -> None:
    """The job of a worker: all 128 filters of an untrained course network, each replaced by a constant."""
    from model.networks.build import build
    from tests.benchmark.ablation import plain_ablation, shared_ablation

    model = build(Cnn(), num_classes=10, seed=0)
    constants = {f"conv{i}": np.linspace(0.01, 0.2, 64) for i in (1, 2)}
    evaluate = {"plain": plain_ablation, "shared": shared_ablation}[way]
    turn = Turn(address)
    turn.wait()
    while True:
        evaluate(model, splits.test.images, constants)
        turn.done()


def _work(jobs: list[Job], splits: Splits, **changes: Any) -> None:
    """Do all jobs at once, each on one thread of a worker, in this processor's ways but for `changes`."""
    arithmetic = replace(here(), **changes)
    with Workers(len(jobs), 1, splits, onednn=arithmetic.onednn) as workers:
        for job in jobs:
            workers.submit(replace(job, arguments=job.arguments | {"arithmetic": arithmetic}))
        for event in workers.events():
            if isinstance(event, Failed):
                sys.exit(f"{event.job.name}: {event.reason}")


def _first(split: Split, number: int) -> Split:
    return Split(split.images[:number], split.labels[:number])


if __name__ == "__main__":
    _, given, what, *words = sys.argv
    {each.__name__: each for each in (stock, torch, ours, product, ablation)}[what](given, *words)
