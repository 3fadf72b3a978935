"""What a look inside a network finds, once more: filters taken out, kernels named, pictures covered."""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from scipy import stats

from tests.strangers.evidence import Evidence, Model
from tests.strangers.networks import Network, losses, unsure

NEAR = 0.015  # of a similarity to the mark: another draw of untrained kernels gives another mark
ROOM = 1e-5  # nats: an end of an interval so near 0 may lie on either side of it


@dataclass(frozen=True)
class Taken:
    """What taking a filter out does to answers on test pictures, and how many are too close to tell."""

    changed: int
    wrong: int
    right: int
    unsure: int

    @property
    def lost(self) -> int:
        return self.wrong - self.right

    def agrees(
        self,
        changed: float | None = None,
        wrong: float | None = None,
        right: float | None = None,
        lost: float | None = None,
    ) -> bool:
        """Whether counts told are these, but for answers that rounding decides."""
        told = ((changed, self.changed), (wrong, self.wrong), (right, self.right), (lost, self.lost))
        return all(number is None or abs(number - found) <= self.unsure for number, found in told)


class Layer:
    """One layer whose channels are filters, or units: what they do, and what is lost without each."""

    def __init__(self, e: Evidence, model: Model, name: str) -> None:
        self.e, self.model, self.name = e, model, name
        self.network: Network = model.first

    @cached_property
    def kernel(self) -> np.ndarray:
        return self.network.kernel(self.name)

    @cached_property
    def on_test(self) -> np.ndarray:
        """Its output for all test pictures."""
        return self.network.output(self.name, self.e.data.test_images)

    @property
    def constants(self) -> np.ndarray:
        """What stands in for a channel: its mean over all training pictures and places, or 0."""
        return self.strength * (self.e.config["inspection"].get("replacement", "mean") == "mean")

    @cached_property
    def dead(self) -> np.ndarray:
        """Filters above 0 on no training and no test picture."""
        return (self.strength == 0) & (self.on_test.max(axis=tuple(range(self.on_test.ndim - 1))) <= 0)

    @cached_property
    def rises(self) -> np.ndarray:
        """(filters, validation pictures): by how much each picture's loss rises without each filter."""
        images = self.e.data.train_images[self.e.splits[1]]
        labels = self.e.data.train_labels[self.e.splits[1]]
        whole = losses(self.network.probabilities(images), labels)
        return np.stack([
            losses(self.network.without(self.name, index, float(value), images), labels) - whole
            for index, value in enumerate(self.constants)
        ])  # fmt: skip

    @cached_property
    def strength(self) -> np.ndarray:
        """The mean of each filter's output over all training pictures and places."""
        values = self.network.output(self.name, self.e.data.train_images[self.e.splits[0]])
        return values.mean(axis=tuple(range(values.ndim - 1)), dtype=np.float64)

    def ranked(self, room: float = 0.0) -> list[int]:
        """Filters of which it can be told that the loss rises without them, the largest rise first.

        Student's intervals for all filters at once, of the pictures and three more that change as far down as
        any does without any of these filters; filters within `room` of 0 count, too.
        """
        count = len(self.rises)
        mean = self.rises.mean(axis=1)
        more = [[*row, *[min(self.rises.min(), 0)] * 3] for row in self.rises.tolist()]
        low = [stats.ttest_1samp(row, 0).confidence_interval(1 - 0.05 / count).low for row in more]
        told = [k for k in range(count) if low[k] > -room and not self.dead[k]]
        return sorted(told, key=lambda k: -mean[k])

    def first(self, count: int, room: float = 0.0) -> list[int]:
        """Filters in the order of pictures: ranked ones, the strongest others by index, dead ones."""
        ranked = self.ranked(room)[:count]
        others = [k for k in range(len(self.rises)) if k not in self.ranked(room) and not self.dead[k]]
        others = sorted(others, key=lambda k: (-self.strength[k], k))[: count - len(ranked)]
        return [*ranked, *sorted(others), *np.flatnonzero(self.dead).tolist()][:count]

    def taken(self, index: int) -> Taken:
        """What taking it out does to test pictures."""
        images, labels = self.e.data.test_images, self.e.data.test_labels
        whole = self.network.probabilities(images)
        without = self.network.without(self.name, index, float(self.constants[index]), images)
        before, after = whole.argmax(axis=1), without.argmax(axis=1)
        return Taken(
            changed=int(np.sum(before != after)),
            wrong=int(np.sum((before == labels) & (after != labels))),
            right=int(np.sum((before != labels) & (after == labels))),
            unsure=int(np.sum(unsure(whole) | unsure(without))),
        )


def layer_of(e: Evidence, name: str, layer: str) -> Layer:
    """A layer of a model, worked out once."""
    known: dict[tuple[str, str], Layer] = e.__dict__.setdefault("layers", {})
    return known.setdefault((name, layer), Layer(e, e.models[name], layer))


# Named patterns --------------------------------------------------------------------------------------------


def drawn_patterns(size: int) -> dict[str, np.ndarray]:
    """Lines, edges, a centre and a blur, cell by cell."""
    middle = (size - 1) / 2
    binomial = [1.0]
    for _ in range(size - 1):
        binomial = [a + b for a, b in zip([0.0, *binomial], [*binomial, 0.0], strict=True)]
    shapes: dict[str, Any] = {
        "vertical line": lambda x, y, w: float(abs(x) <= 0.5),
        "horizontal line": lambda x, y, w: float(abs(y) <= 0.5),
        "rising diagonal line": lambda x, y, w: float(abs(x + y) <= 0.5),
        "falling diagonal line": lambda x, y, w: float(abs(x - y) <= 0.5),
        "vertical edge": lambda x, y, w: x * w,
        "horizontal edge": lambda x, y, w: y * w,
        "rising diagonal edge": lambda x, y, w: (x + y) * w,
        "falling diagonal edge": lambda x, y, w: (x - y) * w,
        "centre against surround": lambda x, y, w: float(abs(x) <= 0.5 and abs(y) <= 0.5),
        "blur": lambda x, y, w: w,
    }
    found = {}
    for name, value in shapes.items():
        cells = np.array([[value(column - middle, row - middle, binomial[row] * binomial[column])
                           for column in range(size)] for row in range(size)])  # fmt: skip
        if "line" in name or "centre" in name:
            cells = cells - cells.mean()
        if np.abs(cells).max() > 1e-12:
            found[name] = cells / np.linalg.norm(cells)
    return found


def similarities(kernel: np.ndarray) -> np.ndarray:
    """(filters, patterns), cosines of the kernels (k, k, 1, c)."""
    drawn = np.array([pattern.ravel() for pattern in drawn_patterns(len(kernel)).values()])
    flat = kernel[:, :, 0].reshape(-1, kernel.shape[-1]).T.astype(np.float64)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return (flat @ drawn.T) / np.where(lengths > 0, lengths, 1)


@cache
def mark(size: int) -> float:
    """The similarity that 1 in 20 kernels of random weights reaches; drawn otherwise than in the program."""
    random = np.random.default_rng(4).uniform(-1, 1, (size, size, 1, 50_000))
    return float(np.percentile(np.abs(similarities(random)).max(axis=1), 95))


def matching(kernel: np.ndarray) -> tuple[int, int]:
    """Between how many and how many kernels match a pattern: those near the mark may or may not."""
    if len(kernel) == 1:
        return 0, 0
    best, edge = np.abs(similarities(kernel)).max(axis=1), mark(len(kernel))
    return int(np.sum(best > edge + NEAR)), int(np.sum(best > edge - NEAR))


def named(kernel: np.ndarray) -> list[int]:
    """How many kernels match each pattern best, and at least as well as the mark."""
    found = np.abs(similarities(kernel))
    nearest, good = found.argmax(axis=1), found.max(axis=1).round(2) >= round(mark(len(kernel)), 2)
    return [int(np.sum(good & (nearest == place))) for place in range(found.shape[1])]


def by_chance(shape: tuple[int, ...]) -> np.ndarray:
    """(100, patterns), how many kernels of networks with random weights match each."""
    draw = np.random.default_rng(5)
    return np.array([named(draw.uniform(-1, 1, shape)) for _ in range(100)])
