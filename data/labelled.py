"""Pictures with labels as they were found, in whatever form: numbered from 0, cut into training and test."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from data.idx import MOST_ITEMS, DataError
from data.pictures import Size
from data.splits import SMALLEST, Split, fingerprints

MOST_CLASSES = 256  # a label is a byte
TEST_SHARE = 7  # of each class one picture in seven goes to the test
TEST_SEED = 0


@dataclass(frozen=True)
class Found:
    """What a source holds: pictures with labels as there, int64 from 0 on.

    `kind` says in a few words what it is. `test` is None where training and test are not apart. `names` are
    those of labels, as far as the source has them; `sizes` those of pictures, the smallest and the largest;
    `notes` what was done to read them, in half sentences; `left_alone` how many other files there are.
    """

    kind: str
    train: Split
    test: Split | None
    sizes: tuple[Size, Size]
    names: Mapping[int, str]
    notes: tuple[str, ...] = ()
    left_alone: int = 0


def numbered(found: Found) -> tuple[Found, tuple[int, ...]]:
    """Number labels from 0 on, in the order of what they were; returned, too, is what each was.

    Raises:
        DataError: one class alone, too many of them, too many pictures, or test labels that training lacks.
    """
    classes = np.unique(found.train.labels)
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise DataError(
            f"The labels for training are of {len(classes):,} class{'es' * (len(classes) > 1)}; expected "
            f"2 to {MOST_CLASSES}. Check that the labels are what you want to tell apart."
        )
    for part in filter(None, (found.train, found.test)):
        if len(part.labels) > MOST_ITEMS:
            raise DataError(
                f"There are {len(part.labels):,} pictures; expected at most {MOST_ITEMS:,}. Take fewer."
            )
        if len(strange := np.setdiff1d(part.labels, classes)):
            name = found.names.get(int(strange[0]), str(strange[0]))
            raise DataError(
                f"A test picture is of class {name}, of which there is no training picture; expected the "
                "same classes in both. Take its pictures out of the test, or put some into the training."
            )

    def renumbered(part: Split) -> Split:
        return Split(part.images, np.searchsorted(classes, part.labels))

    names = {new: found.names.get(int(old), str(old)) for new, old in enumerate(classes)}
    test = found.test and renumbered(found.test)
    return replace(found, train=renumbered(found.train), test=test, names=names), tuple(classes.tolist())


def with_test(found: Found) -> tuple[Split, Split]:
    """Training and test; where these are not apart one picture in seven of each class, drawn with seed 0.

    Pictures that are equal stay together. `found` is what `numbered` returns.

    Raises:
        DataError: there are too few pictures.
    """
    train, test = found.train, found.test
    if test is None:
        tested = _draw_test(train, found.names)
        train, test = (Split(train.images[chosen], train.labels[chosen]) for chosen in (~tested, tested))
    least = len(found.names) + SMALLEST
    if len(train.labels) < least:
        raise DataError(
            f"There are {len(train.labels)} pictures for training, of {len(found.names)} classes; expected "
            f"at least {least}, so that {SMALLEST} can be held out to watch over it. Add pictures."
        )
    return train, test


def _draw_test(pictures: Split, names: Mapping[int, str]) -> np.ndarray:
    """Which pictures go to the test: bool (n,)."""
    alike: dict[bytes, list[int]] = {}
    for place, content in enumerate(fingerprints(pictures.images)):
        alike.setdefault(content, []).append(place)
    groups: list[list[list[int]]] = [[] for _ in names]  # by class; what stands in two of them is not drawn
    for places in alike.values():
        if len(classes := set(pictures.labels[places].tolist())) == 1:
            groups[classes.pop()].append(places)
    tested = np.zeros(len(pictures.labels), bool)
    generator = np.random.default_rng([TEST_SEED, 0x7E57])
    for label, size in enumerate(np.bincount(pictures.labels, minlength=len(names)).tolist()):
        own = [groups[label][place] for place in generator.permutation(len(groups[label]))]
        drawn, left = [], max(1, round(size / TEST_SHARE))
        for places in own:
            if len(places) <= left:
                drawn += places
                left -= len(places)
        drawn = drawn or min(own, key=len, default=[])
        if not 0 < len(drawn) < size:
            raise DataError(
                f"Class {names[label]} has {size} picture{'s' * (size > 1)}, none of which can be set apart "
                "for the test; expected two or more that differ and are of this class alone. Add some, or "
                "leave the class out."
            )
        tested[drawn] = True
    return tested


def num_duplicates(train: Split, test: Split) -> int:
    """How many test pictures are also training pictures, equal in every pixel."""
    known = set(fingerprints(train.images))
    return sum(content in known for content in fingerprints(test.images))
