"""Measurements that a test suite is too short for: `python -m tests.benchmark NAME`.

Each sets two ways side by side: in turn, several times, medians and their ratio.
"""

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

Way = Callable[[], Any]


def side_by_side(ways: dict[str, Way], rounds: int) -> dict[str, float]:
    """Run some ways in turn and print the median seconds of each and their ratio to the last.

    Args:
        ways: what to run, by name; each has run once before it is timed.
        rounds: how often each is timed.

    Returns:
        Median seconds by name.
    """
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    last = list(medians.values())[-1]
    for name, median in medians.items():
        spread = f"{min(seconds[name]):.2f} to {max(seconds[name]):.2f}"
        print(f"{name:28} {median:8.2f} s   ({spread})   {median / last:6.1f} x")
    return medians


@contextmanager
def without_filter(model: Any, layer: str, index: int, constant: float) -> Iterator[None]:
    """Edit a network's weights so that one filter's map is a constant, at least 0, everywhere.

    Kernel 0 and bias `constant`; where normalization follows, its scale 0 and shift `constant`.
    """
    names = [each.name for each in model.layers]
    normalized = f"{layer}_normalization" in names
    edited = model.get_layer(f"{layer}_normalization" if normalized else layer)
    saved = edited.get_weights()
    factor, offset, *others = (weights.copy() for weights in saved)
    factor[..., index] = 0
    offset[index] = constant
    edited.set_weights([factor, offset, *others])
    try:
        yield
    finally:
        edited.set_weights(saved)


def plain_ablation(
    model: Any, images: np.ndarray, constants: dict[str, np.ndarray], batch_size: int = 128
) -> np.ndarray:
    """Evaluate a network once per filter, its map replaced by a constant: the plain way.

    Args:
        model: with convolutions.
        images: uint8 (n, 28, 28).
        constants: per convolution (filters,).
        batch_size: images at a time.

    Returns:
        Probabilities (filters of all convolutions, n, num_classes).
    """
    import tensorflow as tf

    run = tf.function(lambda batch: model(tf.cast(batch, tf.float32)[..., None] / 255.0, training=False))

    def evaluate() -> np.ndarray:
        parts = [run(images[i : i + batch_size]).numpy() for i in range(0, len(images), batch_size)]
        return np.concatenate(parts)

    results = []
    for layer, values in constants.items():
        for index, constant in enumerate(values):
            with without_filter(model, layer, index, float(constant)):
                results.append(evaluate())
    return np.array(results)


def shared_ablation(model: Any, images: np.ndarray, constants: dict[str, np.ndarray]) -> np.ndarray:
    """The same in one pass that shares everything upstream of a filter; logits, likewise."""
    from model.inspection.ablation import Ablation
    from model.inspection.activations import trace
    from model.inspection.stages import take_apart

    ablation = Ablation(take_apart(model), [values.astype(np.float32) for values in constants.values()])
    parts = trace(ablation.network, images, lambda _, t: ablation.answers(t.linear, t.pooled)[1])
    return np.concatenate([logits for _, logits in parts], axis=1)


def ablation(num_images: int, rounds: int) -> None:
    """All filters of the course network, the plain way and in one pass, on images drawn at random."""
    from configs.schema import Cnn
    from model.architectures import build

    _use_one_thread()
    model = build(Cnn(), num_classes=10, seed=0)
    images = np.random.default_rng(0).integers(0, 256, (num_images, 28, 28), np.uint8)
    constants = {f"conv{i}": np.linspace(0.01, 0.2, 64) for i in (1, 2)}
    plain, shared = (
        plain_ablation(model, images[:64], constants),
        shared_ablation(model, images[:64], constants),
    )
    agree = (plain.argmax(-1) == shared.argmax(-1)).mean()
    print(f"course network, 128 filters, {num_images} images; answers that agree: {100 * agree:.2f} %")
    side_by_side(
        {
            "one evaluation per filter": lambda: plain_ablation(model, images, constants),
            "one pass for all filters": lambda: shared_ablation(model, images, constants),
        },
        rounds,
    )


def course(rounds: int) -> None:
    """The whole default run, three seeds, against the course notebook's single run; import to pictures."""
    with tempfile.TemporaryDirectory() as folder:
        counter = itertools.count()
        outputs = [Path(folder) / str(number) for number in range(rounds)]
        said: list[str] = []
        ways = {
            "the course notebook": lambda: said.append(
                _run("tests/course_notebook.py", f"{folder}/maps.png")
            ),
            "python train.py": lambda: _run("train.py", "--outputs", str(outputs[next(counter)])),
        }
        side_by_side(ways, rounds)
        report = json.loads((outputs[0] / "dense-vs-cnn" / "report.json").read_text())
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    print(f"\n{'':6} {'accuracy':>20} {'training images per second':>44}")
    columns = ("notebook", "ConvLens", "fit, all cores", "a job on each core", "ratio")
    print(f"{'':6} " + "{:>10}{:>10} {:>16}{:>20}{:>7}".format(*columns))
    for line in said[0].splitlines():
        name, accuracy, rate = line.split()
        entry = report["models"][name]
        ours = cores * report["data"]["train"] * entry["epochs"] / entry["train_seconds"]
        mean = entry["accuracy"]["mean"]
        print(
            f"{name:6} {float(accuracy):10.4f}{mean:10.4f} {rate:>16}{ours:20.0f}{ours / float(rate):6.1f}x"
        )


def _run(*command: str) -> str:
    root = Path(__file__).parent.parent
    return subprocess.run(
        [sys.executable, *command],
        cwd=root,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ).stdout


def main() -> None:
    """Run one measurement."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("ablation", help=ablation.__doc__)
    command.add_argument("--images", dest="num_images", type=int, default=10_000)
    command.add_argument("--rounds", type=int, default=3)
    command.set_defaults(run=ablation)
    command = commands.add_parser("course", help=course.__doc__)
    command.add_argument("--rounds", type=int, default=1)
    command.set_defaults(run=course)
    arguments = vars(parser.parse_args())
    arguments.pop("run")(**arguments)


def _use_one_thread() -> None:
    """In TensorFlow and in NumPy, for this process alone: both ways have the same to work with.

    NumPy reads the environment when it is imported, which is done by now; and what stands in the
    environment would bind the programs that `course` runs, too.
    """
    import tensorflow as tf
    from threadpoolctl import threadpool_limits

    threadpool_limits(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)


if __name__ == "__main__":
    main()
