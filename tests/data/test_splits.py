import numpy as np
import pytest

from data.idx import DataError
from data.splits import hold_out

LABELS = np.repeat(np.arange(10, dtype=np.uint8), 60)
IMAGES = np.arange(len(LABELS), dtype=np.uint16)[:, None, None] * np.ones((1, 2, 2), np.uint16)


def test_as_many_of_each_class_and_no_image_twice_or_lost():
    train, validation = hold_out(IMAGES, LABELS, 100, seed=0)
    assert np.bincount(validation.labels).tolist() == [10] * 10, "validation must hold as many of each class"
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


def test_a_class_is_never_emptied():
    with pytest.raises(DataError, match=r"class 0 has 60 images, and 60 were to be taken out"):
        hold_out(IMAGES, LABELS, 600, seed=0)
