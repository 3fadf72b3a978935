"""Images with labels, cut into train, validation and test."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from configs.values import Count, Words
from data.idx import DataError


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

    def facts(self, name: str) -> DataFacts:
        """What there is to tell of it, by the name that a config has for it."""
        sizes = (len(split.labels) for split in (self.train, self.validation, self.test))
        return DataFacts(self.title, name, self.source, self.digest, list(self.class_names), *sizes)


def hold_out(images: np.ndarray, labels: np.ndarray, num_validation: int, seed: int) -> tuple[Split, Split]:
    """Take validation images out of the training images, as many of each class as can be.

    Args:
        images: uint8 (n, 28, 28).
        labels: uint8 (n,).
        num_validation: how many to take out, less than n. What does not divide evenly by the
            classes goes to the first ones.
        seed: decides which ones; the same seed takes the same ones.

    Returns:
        (train, validation), each in the order of the file.

    Raises:
        DataError: a class has too few images to give its share and keep one.
    """
    classes = np.unique(labels)
    generator = np.random.default_rng([seed, 0x5B11])  # a stream of its own: seeds are used elsewhere, too
    taken = np.zeros(len(labels), bool)
    for position, label in enumerate(classes):
        share = num_validation // len(classes) + (position < num_validation % len(classes))
        members = np.flatnonzero(labels == label)
        if share >= len(members):
            raise DataError(
                f"data.validation_images is {num_validation}, more than can be taken out of {len(labels):,} "
                f"training images (class {label} has {len(members)} images, and {share} were to be taken "
                "out). Set a smaller one."
            )
        taken[generator.permutation(members)[:share]] = True
    return Split(images[~taken], labels[~taken]), Split(images[taken], labels[taken])


def choose_images(labels: np.ndarray, num_per_class: int) -> np.ndarray:
    """The first images of each class: indices int64, by class, then in the order of the file."""
    chosen = [np.flatnonzero(labels == label)[:num_per_class] for label in np.unique(labels)]
    return np.concatenate(chosen)
