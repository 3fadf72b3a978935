"""What is like the data is let pass, what is not is named, by a limit set on validation pictures."""

from pathlib import Path

import numpy as np
import pytest

from configs.schema import Data
from data.fashion_mnist import load
from data.likeness import BEYOND, Likeness, codes_of, likeness_of, read_likeness, write_likeness
from data.own_pictures import like_garments
from data.pictures import BadPicture
from data.splits import Splits
from tests.prediction.kinds import digits, noise, pages, photographs

EACH = 40  # pictures of a kind; of how many the README tells, tests/prediction/measure.py counts


@pytest.fixture(scope="module")
def data() -> Splits:
    return load(Data())


@pytest.fixture(scope="module")
def likeness(data: Splits) -> Likeness:
    return likeness_of(data.train.images, data.validation.images)


def share_unlike(likeness: Likeness, images: np.ndarray) -> float:
    return float((likeness.distances(images) > likeness.limit).mean())


def test_what_is_like_the_data_is_let_pass(data: Splits, likeness: Likeness) -> None:
    share = share_unlike(likeness, data.validation.images[:2000])
    assert share <= 1.5 * BEYOND, f"{share:.1%} of validation pictures are beyond a limit set for 4 %"
    share = share_unlike(likeness, data.test.images[:2000])
    assert share <= 0.06, f"{share:.1%} of test pictures are called unlike the data"


@pytest.mark.parametrize("kind", [noise, pages, photographs, digits])
def test_what_is_unlike_the_data_is_named(kind, likeness: Likeness) -> None:
    pictures, refused = [], 0
    for one in kind(2, EACH):
        try:
            pictures.append(like_garments(one, one.size).pixels)
        except BadPicture:  # nothing stands out
            refused += 1
    assert refused <= 0.05 * EACH, f"{refused} of {kind.__name__} are not answered at all"
    share = share_unlike(likeness, np.array(pictures))
    assert share >= 0.85, f"only {share:.0%} of {kind.__name__} are called unlike the data"


def test_a_training_picture_is_at_no_distance(data: Splits, likeness: Likeness) -> None:
    assert likeness.distances(data.train.images[:1]).tolist() == [0], "the first picture is not kept"
    assert np.array_equal(codes_of(data.test.images[:3])[1:], codes_of(data.test.images[1:3])), (
        "what is said of a picture depends on those beside it"
    )


def test_of_few_pictures_there_is_a_limit_too(data: Splits) -> None:
    few = likeness_of(data.train.images[:20], data.validation.images[:1])
    assert few.known.shape == (20, 130)
    assert few.limit == few.validation[0] > 0
    assert few.share_beyond(few.limit) == 1
    assert few.share_beyond(few.limit + 1) == 0


def test_it_is_read_as_it_was_written(data: Splits, tmp_path: Path) -> None:
    made = likeness_of(data.train.images[:50], data.validation.images[:30])
    path = tmp_path / "likeness.npz"
    write_likeness(path, made)
    read = read_likeness(path)
    assert np.array_equal(read.known, made.known)
    assert np.array_equal(read.validation, made.validation)
    for arrays in (
        {"known": made.known[:, 1:], "validation": made.validation},
        {"known": made.known, "validation": made.validation * np.nan},
        {"known": made.known[:0], "validation": made.validation},
    ):
        np.savez(path, **arrays)
        with pytest.raises(ValueError, match="it holds"):
            read_likeness(path)
