"""Images with labels, cut into train, validation and test."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import blake2b
from itertools import cycle
from typing import Annotated

import numpy as np
from pydantic import Field

from configs.values import Count, Words
from data.idx import DataError

EVENLY, IN_PROPORTION = 1, 2  # how validation images are shared out among the classes; the rule's versions
CLASSES_HERE: list[str] = []  # names of the classes that this process draws: of the last `Splits` it has
SMALLEST = 10  # data.validation_images that a config may ask for


@dataclass(frozen=True)
class ClassSizes:
    """How many images of a class each split has."""

    class_: Annotated[Words, Field(alias="class")]
    train: Count
    validation: Count
    test: Count


@dataclass(frozen=True)
class NumDuplicates:
    """How many images are also in a split that was used before, equal in every pixel."""

    validation_in_training: Count
    test_in_training: Count
    test_in_validation: Count


@dataclass(frozen=True)
class DataFacts:
    """What report.json says of a data set: where from, which classes, how many images each split has."""

    title: Words
    name: Words
    source: Words
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    classes: Annotated[list[Words], Field(min_length=2, max_length=256)]
    train: Count
    validation: Count
    test: Annotated[int, Field(strict=True, gt=0, le=10**12)]
    per_class: list[ClassSizes] = field(default_factory=list)
    duplicates: NumDuplicates | None = None

    @property
    def is_fashion(self) -> bool:
        """Whether it is Fashion-MNIST, of which more is known: flaws, how people do, like classes."""
        return self.name == "fashion-mnist"


@dataclass(frozen=True)
class Split:
    """Images uint8 (n, 28, 28), 0 to 255, and their labels uint8 (n,)."""

    images: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True)
class Duplicates:
    """Which images those are: bool, one for each image of the split that was used later."""

    validation_in_training: np.ndarray
    test_in_training: np.ndarray
    test_in_validation: np.ndarray


@dataclass(frozen=True)
class Splits:
    """A data set: its three splits, what the labels mean, and where it came from.

    `digest` is a sha256 that is equal exactly when all images and labels, in order, are.
    """

    train: Split
    validation: Split
    test: Split
    class_names: tuple[str, ...]
    title: str
    source: str
    digest: str

    def __post_init__(self) -> None:
        CLASSES_HERE[:] = self.class_names

    def __reduce__(self) -> tuple[type["Splits"], tuple[object, ...]]:
        """Made anew in the process that it is sent to, which then knows the classes, too."""
        return Splits, tuple(getattr(self, one.name) for one in fields(self))

    def facts(self, name: str) -> DataFacts:
        """What there is to tell of it, by the name that a config has for it."""
        classes, splits = list(self.class_names), (self.train, self.validation, self.test)
        counts = [np.bincount(split.labels, minlength=len(classes)).tolist() for split in splits]
        return DataFacts(
            title=self.title,
            name=name,
            source=self.source,
            digest=self.digest,
            classes=classes,
            train=len(self.train.labels),
            validation=len(self.validation.labels),
            test=len(self.test.labels),
            per_class=[ClassSizes(*row) for row in zip(classes, *counts, strict=True)],
            duplicates=NumDuplicates(*(int(found.sum()) for found in vars(self.duplicates).values())),
        )

    @cached_property
    def duplicates(self) -> Duplicates:
        """Which images stand in more than one split."""
        training, validation = set(fingerprints(self.train.images)), set(fingerprints(self.validation.images))
        return Duplicates(
            np.array([image in training for image in fingerprints(self.validation.images)]),
            np.array([image in training for image in fingerprints(self.test.images)]),
            np.array([image in validation for image in fingerprints(self.test.images)]),
        )


def fingerprints(images: np.ndarray) -> Iterator[bytes]:
    """16 bytes for the pixels of each image: equal where these are, and else by no chance worth a thought."""
    for image in images:
        yield blake2b(image.tobytes(), digest_size=16).digest()


def hold_out(
    images: np.ndarray, labels: np.ndarray, num_validation: int, seed: int, rule: int = IN_PROPORTION
) -> tuple[Split, Split]:
    """Take validation images out of the training images, of each class its share: train, validation.

    Images are uint8 (n, 28, 28), labels uint8 (n,). Both parts are in the order of the file; the same `seed`
    takes the same images, of each class as many as `shares` says by the rule.

    Raises:
        DataError: there are too few images.
    """
    classes, sizes = np.unique(labels, return_counts=True)
    most = len(labels) - len(classes)
    if num_validation > most:
        remedy = "Set a smaller one" if most >= SMALLEST else "Get more training images"
        raise DataError(
            f"data.validation_images is {num_validation:,}, more than can be taken out of {len(labels):,} "
            f"training images if one of each of {len(classes)} classes is to stay; expected at most "
            f"{most:,}. {remedy}."
        )
    generator = np.random.default_rng([seed, 0x5B11])  # a stream of its own: seeds are used elsewhere, too
    taken = np.zeros(len(labels), bool)
    for label, share in zip(classes, shares(sizes.tolist(), num_validation, rule), strict=True):
        taken[generator.permutation(np.flatnonzero(labels == label))[:share]] = True
    return Split(images[~taken], labels[~taken]), Split(images[taken], labels[taken])


def shares(sizes: Sequence[int], num_validation: int, rule: int = IN_PROPORTION) -> list[int]:
    """How many images of each class, of these sizes, are held out: less than its size, so at least one stays.

    `num_validation` is how many in all, at most one of each class less than there are. By `rule`
    `IN_PROPORTION` it is as large a share of each class as of all, by largest remainders (what whole numbers
    leave over goes to the largest fractions); by `EVENLY`, of runs begun before, as many of each class, or
    all it can give. What can't be told apart so goes to the first classes.
    """
    if rule == EVENLY:
        return _evenly([max(size - 1, 0) for size in sizes], num_validation)
    total = sum(sizes)
    held_out = [num_validation * size // total for size in sizes]
    by_fraction = sorted(range(len(sizes)), key=lambda place: -(num_validation * sizes[place] % total))
    for place in cycle(by_fraction):
        if sum(held_out) == num_validation:
            break
        held_out[place] += held_out[place] < sizes[place] - 1
    return held_out


def _evenly(most: Sequence[int], number: int) -> list[int]:
    """As much of each as there is, up to a level that all together reach; what is left goes to the first."""
    below = bisect_right(range(number + 1), number, key=lambda level: sum(min(level, one) for one in most))
    level = below - 1
    taken = [min(level, one) for one in most]
    with_more = [place for place, one in enumerate(most) if one > level]
    for place in with_more[: number - sum(taken)]:
        taken[place] += 1
    return taken


def choose_images(labels: np.ndarray, num_per_class: int) -> np.ndarray:
    """The first images of each class: indices int64, by class, then in the order of the file."""
    chosen = [np.flatnonzero(labels == label)[:num_per_class] for label in np.unique(labels)]
    return np.concatenate(chosen)
