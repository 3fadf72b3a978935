"""A sweep of thousands of jobs that train nothing: what planning, state on disk and report take.

    python -m tests.sweep.schedule NUMBER FOLDER

makes a sweep of about NUMBER trainings in FOLDER, once from nothing and once more when all is done, and
prints seconds by the clock and the memory of this process. In place of workers there are some that leave
small files.
"""

import io
import json
import os
import resource
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

import model.experiment.work
from configs.schema import Config
from model.run.workers import Done, Event, Job
from model.sweep.sweep import run_sweep

MADE_IN = {"processor": "one", "cores": 2, "versions": {"numpy": "2"}}
NUM_PICTURES = 2000, 5000  # test and validation, of lines


def right_of(seed: int, recipe: Any, network: Any) -> float:
    """The share of right answers that a training is said to have."""
    size = sum(network.filters) if hasattr(network, "filters") else 0
    return 0.9 - 2 * abs(recipe.learning_rate - 0.005) + 0.001 * (seed % 7) + 0.0001 * size


def metrics_of(job: Job) -> dict[str, Any]:
    """What a training leaves as metrics.json."""
    given = job.arguments
    share = right_of(given["seed"], given["recipe"], given["network"])
    shares = [round(share * number) / number for number in NUM_PICTURES]
    return given["identity"] | {
        "accuracy": shares[0], "loss": 0.3, "validation_accuracy": shares[1], "validation_loss": 0.3,
        "distinct_answers": 5, "epochs": given["recipe"].epochs, "precision": "float32", "train_seconds": 1.5,
        "predict_seconds": 0.1, "predict_one_seconds": 0.001, "environment": MADE_IN,
    }  # fmt: skip


class Pretenders:
    """In place of `Workers`: every job is done at once, and leaves files that are small."""

    def __init__(self, *_: Any) -> None:
        self.jobs: deque[Job] = deque()

    def __enter__(self) -> "Pretenders":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, job: Job) -> None:
        """Take a job."""
        self.jobs.append(job)

    def events(self) -> Iterator[Event]:
        """Do all jobs."""
        while self.jobs:
            job = self.jobs.popleft()
            if "folder" not in job.arguments:
                yield Done(job, {"float32": 5e10, "bfloat16": 1e11})
                continue
            folder: Path = job.arguments["folder"]
            folder.mkdir(parents=True, exist_ok=True)
            for name in ("model.keras", "history.csv", "predictions.npz"):
                (folder / name).write_text(f"{name} of {job.name}")
            (folder / "metrics.json").write_text(json.dumps(metrics_of(job)))
            yield Done(job, metrics_of(job))


def config_of(number: int) -> Config:
    """A sweep of at least so many trainings: of two models, with two seeds, both in every setting."""
    settings = -(-number // 4)
    rates = min(100, settings)
    sizes = -(-settings // rates)
    return Config.model_validate(
        {
            "name": "schedule",
            "seeds": [0, 1],
            "data": {"source": "lines"},
            "models": {
                "dense": {"architecture": "dense", "units": [8]},
                "cnn": {"architecture": "cnn", "filters": [2], "units": []},
            },
            "sweep": {
                "training.learning_rate": [round(0.0005 + 0.0001 * step, 4) for step in range(rates)],
                "training.batch_size": [64 + step for step in range(sizes)],
            },
        }
    )


def seconds_of(config: Config, outputs: Path) -> float:
    """How long it takes by the clock to run a sweep, or to find that it is done."""
    began = time.monotonic()
    code = run_sweep(config, outputs, Console(file=io.StringIO()))
    if code:
        raise SystemExit(f"the sweep ended with {code}")
    return time.monotonic() - began


def main(number: int, folder: Path) -> None:
    """Measure, and print."""
    model.experiment.work.Workers = Pretenders  # type: ignore[assignment,misc]
    config = config_of(number)
    first = seconds_of(config, folder)
    again = seconds_of(config, folder)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    files = [os.path.getsize(Path(top, name)) for top, _, names in os.walk(folder) for name in names]
    print(
        f"{number:,} trainings: {first:.1f} s, once more {again:.1f} s, {memory:.2f} GB at most; "
        f"{len(files):,} files, {sum(files) / 1e6:,.0f} MB"
    )


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")), Path(sys.argv[2]))
