import tracemalloc

import numpy as np
import pytest

from configs.schema import Data
from data.idx import DataError
from data.sources import fetch
from data.splits import EVENLY, IN_PROPORTION, SMALLEST, Split, Splits, hold_out, shares

LABELS = np.repeat(np.arange(10, dtype=np.uint8), 60)
IMAGES = np.arange(len(LABELS), dtype=np.uint16)[:, None, None] * np.ones((1, 2, 2), np.uint16)


def as_before(labels, num_validation, seed):
    """The rule of 0.1, word for word: which images are held out, as many of each class."""
    classes = np.unique(labels)
    generator = np.random.default_rng([seed, 0x5B11])
    taken = np.zeros(len(labels), bool)
    for position, label in enumerate(classes):
        share = num_validation // len(classes) + (position < num_validation % len(classes))
        members = np.flatnonzero(labels == label)
        taken[generator.permutation(members)[:share]] = True
    return taken


def held_out(labels, num_validation, seed, rule=IN_PROPORTION):
    """Which images are held out, by the function."""
    numbers = np.arange(len(labels))
    _, validation = hold_out(numbers[:, None, None], labels, num_validation, seed, rule)
    return np.isin(numbers, validation.images)


def test_as_many_of_each_class_and_no_image_twice_or_lost():
    train, validation = hold_out(IMAGES, LABELS, 100, seed=0)
    assert np.bincount(validation.labels).tolist() == [10] * 10, "equal classes must give equally many"
    together = np.concatenate([train.images[:, 0, 0], validation.images[:, 0, 0]])
    assert sorted(together) == list(range(len(LABELS))), "each image must be in exactly one split"
    assert (np.diff(train.images[:, 0, 0].astype(int)) > 0).all(), "the order of the file must be kept"
    assert (LABELS[train.images[:, 0, 0]] == train.labels).all(), "a label went to another image"


def test_what_does_not_divide_goes_to_the_first_classes():
    _, validation = hold_out(IMAGES, LABELS, 103, seed=0)
    assert np.bincount(validation.labels).tolist() == [11] * 3 + [10] * 7


def test_the_seed_decides_which_ones():
    def chosen(seed):
        return hold_out(IMAGES, LABELS, 100, seed)[1].images[:, 0, 0].tolist()

    assert chosen(0) == chosen(0), "the same seed must hold out the same images"
    assert chosen(0) != chosen(1), "another seed must hold out others"


@pytest.mark.parametrize(
    ("sizes", "num_validation", "expected"),
    [
        ([20, 330, 330], 68, [2, 33, 33]),  # a tenth of each
        ([4, 9, 7], 5, [1, 2, 2]),  # 1, 2.25 and 1.75: what is left goes to the largest fraction
        ([5, 3, 2], 5, [3, 1, 1]),  # 2.5, 1.5 and 1: what is left goes to the first of equal fractions
        ([1, 10], 9, [0, 9]),  # 0.8 and 8.2: the larger fraction is of the last image of its class
        ([1] * 10 + [10], 9, [0] * 10 + [9]),  # 0.45 of each single image, which stays, and 4.5 of ten
        ([100], 7, [7]),
    ],
)
def test_each_class_gives_its_share_and_keeps_one(sizes, num_validation, expected):
    assert shares(sizes, num_validation) == expected


def test_shares_are_those_of_exact_fractions():
    """A second way: no class is off its exact share by one image or more, but where it keeps its last one."""
    draw = np.random.default_rng(0)
    for _ in range(200):
        sizes = draw.integers(1, 400, draw.integers(2, 30)).tolist()
        num_validation = int(draw.integers(0, sum(sizes) - len(sizes) + 1))
        found = shares(sizes, num_validation)
        assert sum(found) == num_validation, "another number is held out than was asked for"
        assert all(0 <= share < size for share, size in zip(found, sizes, strict=True)), "a class is emptied"
        exact = [num_validation * size / sum(sizes) for size in sizes]
        full = any(share == size - 1 for share, size in zip(found, sizes, strict=True))
        if not full:
            off = max(abs(share - wanted) for share, wanted in zip(found, exact, strict=True))
            assert off < 1, f"{sizes}: {found} instead of {exact}"


def test_the_split_of_fashion_mnist_keeps_its_very_pictures():
    labels = fetch("auto")[0]["train-labels-idx1-ubyte"]
    default = Data()
    for num_validation, seed in ((default.validation_images, default.split_seed), (5003, 1), (10, 2)):
        before = as_before(labels, num_validation, seed)
        assert np.array_equal(held_out(labels, num_validation, seed), before), (
            f"{num_validation} validation pictures of seed {seed} are other ones than in runs made before"
        )


def test_a_run_of_before_keeps_its_pictures_where_classes_differ_in_size():
    labels = np.repeat(np.arange(3, dtype=np.uint8), (20, 200, 100))
    before = as_before(labels, 50, seed=4)
    assert np.array_equal(held_out(labels, 50, 4, EVENLY), before)
    assert not np.array_equal(held_out(labels, 50, 4), before), "this test sees nothing"


@pytest.mark.parametrize(
    ("sizes", "num_validation", "expected"),
    [
        ([20, 200, 100], 50, [17, 17, 16]),  # as before: what is left goes to the first
        ([3, 330, 330], 68, [2, 33, 33]),  # before, 23 of three were asked for
        ([330, 3, 1, 330], 69, [34, 2, 0, 33]),
        ([0, 5, 5], 4, [0, 2, 2]),  # a class without any picture
        ([2, 2], 3, [1, 1]),  # more than there is
        ([1, 10**12], 10**12 - 1, [0, 10**12 - 1]),  # as a report of anybody's may have it: at once
    ],
)
def test_as_many_of_each_class_are_never_more_than_it_can_give(sizes, num_validation, expected):
    assert shares(sizes, num_validation, EVENLY) == expected, "a class is asked for more than it has"


def test_a_class_is_never_emptied():
    with pytest.raises(DataError, match=r"is 600, .* of 10 classes is to stay; expected at most 590. Set"):
        hold_out(IMAGES, LABELS, 600, seed=0)
    for rule in (IN_PROPORTION, EVENLY):
        train, _ = hold_out(IMAGES, LABELS, 590, seed=0, rule=rule)  # what it advises
        assert np.bincount(train.labels).tolist() == [1] * 10


def test_what_a_config_can_not_say_is_not_advised():
    """`validation_images: 5` would be refused."""
    assert Data.model_fields["validation_images"].metadata[0].ge == SMALLEST
    with pytest.raises(DataError, match=r"expected at most 5. Get more training images"):
        hold_out(IMAGES[::40], LABELS[::40], 10, seed=0)  # 15 images of 10 classes


def test_duplicates_are_equal_in_every_pixel_whatever_their_labels():
    draw = np.random.default_rng(0)
    train, validation, test = (draw.integers(0, 256, (count, 28, 28), np.uint8) for count in (30, 10, 20))
    validation[3], test[5], test[6], test[7] = train[29], train[0], train[0], validation[9]
    test[8] = train[1]
    test[8, 27, 27] ^= 1
    parts = (
        Split(images, np.arange(len(images), dtype=np.uint8) % 2) for images in (train, validation, test)
    )
    found = Splits(*parts, ("a", "b"), "Nothing", "made up", "0").duplicates
    assert np.flatnonzero(found.validation_in_training).tolist() == [3]
    assert np.flatnonzero(found.test_in_training).tolist() == [5, 6], "one pixel of picture 8 differs"
    assert np.flatnonzero(found.test_in_validation).tolist() == [7]


def test_looking_for_duplicates_takes_little_memory():
    """The pixels themselves would be a gigabyte for a million pictures."""
    images = np.random.default_rng(0).integers(0, 256, (2000, 28, 28), np.uint8)
    splits = Splits(*[Split(images, np.zeros(2000, np.uint8))] * 3, ("a", "b"), "Nothing", "made up", "0")
    tracemalloc.start()
    assert splits.duplicates.test_in_validation.all()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < images.nbytes / 2, f"{most:,} bytes for three times {images.nbytes:,}: pixels are kept"
