"""Seconds until a mean accuracy is reached."""

import statistics
from collections.abc import Sequence
from contextlib import ExitStack

from configs.schema import load
from model.run.environment import num_cores
from tests.benchmark.contenders import DEFAULT
from tests.benchmark.effort import Effort
from tests.benchmark.table import Figure, Rows, row
from tests.benchmark.turns import Contender, Rounds


def goal(effort: Effort) -> Rows:
    """Seconds from the start of a training until the mean test accuracy of several is 0.91."""
    cores, own_epochs = num_cores(), load(DEFAULT).training_of("cnn").epochs
    seeds = range(effort.goal_seeds)
    groups = [range(first, first + cores) for first in range(0, effort.goal_seeds, cores)]
    with ExitStack() as stack:
        ours = [
            Contender("ours", "cnn", "all", str(own_epochs), ",".join(map(str, group)), trainings=cores)
            for group in groups
        ]
        stock = [Contender("stock", "cnn", "all", str(seed), stock=True) for seed in seeds]
        for contender in (*ours, *stock):
            stack.enter_context(contender)
        sides = [Race(ours, own_epochs, effort.goal), Race(stock, effort.most_epochs, effort.goal)]
        while not all(side.over for side in sides):
            for side in sides:
                if not side.over:
                    side.epoch()
    return [
        row(
            f"mean test accuracy {effort.goal}, {kind}",
            "s",
            sides[0].figure(key),
            "stock `fit`, course recipe",
            sides[1].figure(key),
            f"ours {sides[0].told}; theirs {sides[1].told}",
        )
        for kind, key in (("by the clock", "seconds"), ("of processor", "processor_seconds"))
    ]


class Race:
    """Trainings of one kind, an epoch at a time, until their mean accuracy is reached or no epoch is left."""

    def __init__(self, contenders: Sequence[Contender], epochs: int, accuracy: float) -> None:
        self.contenders, self.epochs, self.accuracy = contenders, epochs, accuracy
        self.rounds: list[Rounds] = []  # per epoch, of each contender

    def epoch(self) -> None:
        self.rounds.append([contender.round() for contender in self.contenders])

    @property
    def mean(self) -> float:
        """Of the last epoch."""
        return statistics.mean(answer["accuracy"] for _, answers in self.rounds[-1] for answer in answers)

    @property
    def over(self) -> bool:
        return bool(self.rounds) and (self.mean >= self.accuracy or len(self.rounds) == self.epochs)

    @property
    def told(self) -> str:
        missed = "" if self.mean >= self.accuracy else "not reached in "
        return f"{missed}{len(self.rounds)} epochs: {self.mean:.4f}"

    def figure(self, key: str) -> Figure:
        """What each training took for all its epochs."""
        values: list[float] = []
        others: list[float] = []
        for epochs in zip(*self.rounds, strict=True):  # of one contender
            for training in zip(*(answers for _, answers in epochs), strict=True):
                values.append(sum(answer[key] for answer in training))
                others.append(max(taken.others for taken, _ in epochs))
        return Figure(values, others)
