"""What a report says of robustness against what follows from the rest of it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from model.comparison.contradictions import differing, straying, told_twice
from model.comparison.records import Models
from model.robustness.records import Accuracy, Curves, Difference, Pooling, Robustness


def contradictions(found: Robustness, models: Models, num_images: int) -> Iterator[str]:
    """Each a clause that begins with the key in report.json; none of what a run has written.

    `num_images` are all the test images.
    """
    if found.images > num_images:
        yield f"robustness.images: expected at most {num_images:,}, all test pictures, found {found.images:,}"
    for name, seeds in found.seeds.items():
        if name not in models or not seeds or not set(seeds) <= set(models[name].seeds):
            yield f"robustness.seeds.{name}: expected seeds that models.{name} has, found {seeds}"
            return
    yield from told_twice("robustness.kinds", [kind.kind for kind in found.kinds])
    for place, kind in enumerate(found.kinds):
        yield from _of_kind(f"robustness.kinds.{place}", kind, found)
    for name, stability in found.stability.items():
        key = f"robustness.stability.{name}"
        if name not in found.seeds:
            yield f"{key}: expected a model of robustness.seeds"
        yield from straying(f"{key}.answers_kept", stability.interval, stability.answers_kept)


def _of_kind(key: str, kind: Curves, found: Robustness) -> Iterator[str]:
    if any(one >= other for one, other in pairwise(kind.strengths)):
        yield f"{key}.strengths: expected each to be larger than the one before, found {kind.strengths}"
    if kind.middle not in kind.strengths:
        yield f"{key}.middle: expected one of its strengths, found {kind.middle}"
    if kind.models.keys() != found.seeds.keys():
        yield f"{key}.models: expected those of robustness.seeds"
        return
    size = len(kind.strengths)
    for name, accuracy in kind.models.items():
        below, values = f"{key}.models.{name}", list(accuracy.values.values())
        if {len(accuracy.accuracy), len(accuracy.intervals), *map(len, values)} != {size}:
            yield f"{below}: expected a number for each of {size} strengths"
            return
        if list(accuracy.values) != [str(seed) for seed in found.seeds[name]]:
            yield f"{below}.values: expected one of each seed in robustness.seeds.{name}"
            return
        means = np.mean(values, axis=0).tolist()
        yield from _along(f"{below}.accuracy", accuracy.accuracy, means, accuracy.intervals)
    pairs = {
        "differences": [f"{one.candidate} against {one.baseline}" for one in kind.differences],
        "pooling": [f"{one.with_} against {one.without}" for one in kind.pooling],
    }
    for told, names in pairs.items():
        yield from told_twice(f"{key}.{told}", names)
    for place, one in enumerate(kind.differences):
        yield from _of_pair(f"{key}.differences.{place}", one, (one.candidate, one.baseline), kind)
    for place, pair in enumerate(kind.pooling):
        yield from _of_pair(f"{key}.pooling.{place}", pair, (pair.with_, pair.without), kind)


def _of_pair(key: str, pair: Difference | Pooling, names: tuple[str, str], kind: Curves) -> Iterator[str]:
    """A difference along the strengths: the first model minus the second."""
    both: list[Accuracy] = [kind.models[name] for name in names if name in kind.models]
    if len(both) < 2 or {len(pair.difference), len(pair.intervals)} != {len(kind.strengths)}:
        yield f"{key}: expected a number for each strength, of two of {key.rpartition('.')[0]}'s models"
        return
    changes = [one - other for one, other in zip(both[0].accuracy, both[1].accuracy, strict=True)]
    yield from _along(f"{key}.difference", pair.difference, changes, pair.intervals)


def _along(
    key: str, told: Sequence[float], follow: Sequence[float], intervals: Sequence[Sequence[float]]
) -> Iterator[str]:
    """Numbers along the strengths, with an interval each, against those that follow."""
    for place, (value, other, interval) in enumerate(zip(told, follow, intervals, strict=True)):
        yield from differing(f"{key}.{place}", value, other, "what the models' values come to")
        yield from straying(f"{key}.{place}", interval, value)
