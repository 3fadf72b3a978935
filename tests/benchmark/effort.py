"""How much is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int = 7  # of trainings that take turns
    images: int = 9_600  # a round and training, of the course network
    dense_images: int = 55_000  # likewise of the dense network, which is quicker
    filter_rounds: int = 3
    filter_images: int = 1_000
    starts: int = 5
    runs: int = 3  # whole runs
    long_runs: int = 1  # likewise of what takes long
    run: tuple[str, ...] = ()  # words of `python train.py` in place of a config
    notebook_epochs: int = 5
    goal: float = 0.91  # mean test accuracy
    goal_seeds: int = 3
    most_epochs: int = 10


QUICK = Effort(
    rounds=2,
    images=640,
    dense_images=3_200,
    filter_rounds=2,
    filter_images=64,
    starts=2,
    runs=1,
    run=("configs/quick.yaml", "training.epochs=1", "models.dense.training.epochs=1"),
    notebook_epochs=1,
    goal=0.5,
    goal_seeds=1,
)
