"""What the options of a training ask for, and which can't be asked for together."""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from configs.command_line import as_guess
from configs.strict_yaml import ConfigError, shown

T = TypeVar("T")
NOT_TOGETHER = {  # options that say opposite things: why, and what to do
    ("--fresh", "--shard"): "a shard starts nothing over, for others are at work beside it: give the run a "
    "name of its own (name=NAME) instead",
    ("--guess", "--shard"): "a shard keeps no guess: leave it out",
    ("--guess", "--dry-run"): "nothing is written, so that no guess would be kept: leave it out",
}


class Shard(NamedTuple):
    """Every `number`-th training of a run, from that at `place` on, counted from 1."""

    place: int
    number: int

    def own(self, trainings: Sequence[T]) -> list[T]:
        """Those of all trainings that are its own."""
        return list(trainings[self.place - 1 :: self.number])

    def __str__(self) -> str:
        return f"{self.place}/{self.number}"


class Asked(NamedTuple):
    """The options, read; `dry_run` is to write nothing, `debug` to show tracebacks."""

    fresh: bool
    guess: str | None
    shard: Shard | None
    dry_run: bool
    debug: bool


def asked_for(fresh: bool, guess: str | None, shard: str | None, dry_run: bool, debug: bool) -> Asked:
    """Read the options of a training as they are given.

    Raises:
        ConfigError: one can't be used, or not together with another.
    """
    asked = Asked(
        fresh,
        None if guess is None else as_guess(guess),
        None if shard is None else as_shard(shard),
        dry_run,
        debug,
    )
    given = {"--fresh": fresh, "--guess": guess, "--shard": shard, "--dry-run": dry_run}
    for (first, second), why in NOT_TOGETHER.items():
        if given[first] and given[second]:
            raise ConfigError(f"{first} with {second}: {why}.")
    return asked


def as_shard(text: str) -> Shard:
    """Which of how many shards is meant by `2/3`: the second of three.

    Raises:
        ConfigError: it says something else.
    """
    if (found := re.fullmatch(r"(\d{1,6})/(\d{1,6})", text, re.ASCII)) is None:
        raise ConfigError(f"--shard {shown(text)}: expected I/N, such as --shard 2/3, the second of three.")
    shard = Shard(int(found[1]), int(found[2]))
    if not 1 <= shard.place <= shard.number:
        raise ConfigError(f"--shard {text}: expected the first number from 1 to the second one: write that.")
    return shard
