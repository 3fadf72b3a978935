"""Workers that only pretend: every job is done at once, and leaves files as a training does, but small."""

import json
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from model.run.jobs import Done, Event, Failed, Job

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
    """In place of `Workers`.

    Attributes:
        done: the names of all jobs that any of them has done, in order.
        fails: jobs of these names fail, for the reason that is given.
        killed_after: so many trainings later the process is interrupted; None: it is not.
    """

    done: list[str]
    fails: dict[str, str]
    killed_after: int | None
    number = 2  # of jobs at a time, as it is told

    def __init__(self, *_: Any, **__: Any) -> None:
        self.jobs: deque[Job] = deque()

    @classmethod
    def anew(cls) -> type["Pretenders"]:
        """Pretenders that have done nothing yet."""
        return type("Fresh", (cls,), {"done": [], "fails": {}, "killed_after": None})

    def __enter__(self) -> "Pretenders":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, job: Job) -> None:
        """Take a job."""
        self.jobs.append(job)

    def run(self, jobs: Iterable[Job]) -> Iterator[Event]:
        """Take jobs, and do them."""
        self.jobs.extend(jobs)
        return self.events()

    def events(self) -> Iterator[Event]:
        """Do all jobs."""
        while self.jobs:
            job = self.jobs.popleft()
            if "folder" not in job.arguments:
                yield Done(job, {"float32": 5e10, "bfloat16": 1e11})
            elif job.name in self.fails:
                yield Failed(job, self.fails[job.name])
            elif self.killed_after == len(self.done):
                raise KeyboardInterrupt
            else:
                self.done.append(job.name)
                yield Done(job, self._train(job))

    def _train(self, job: Job) -> dict[str, Any]:
        folder: Path = job.arguments["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("model.keras", "history.csv", "predictions.npz"):
            (folder / name).write_text(f"{name} of {job.name.split(' ', 1)[1]}")
        metrics = metrics_of(job)
        (folder / "metrics.json").write_text(json.dumps(metrics))
        return metrics
