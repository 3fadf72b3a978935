import numpy as np
import pytest
import tensorflow as tf

from configs.schema import Augmentation
from data.augmentation import augment
from tests.conftest import NO_DIGEST

pytestmark = pytest.mark.numeric

IMAGES = np.random.default_rng(0).integers(1, 256, (64, 28, 28), dtype=np.uint8)
SEED = tf.constant([0, 7])


def augmented(seed=SEED, **settings):
    return augment(tf.constant(IMAGES), Augmentation(**settings), seed).numpy()


def moved(image, down, right):
    padded = np.pad(image, 2)
    return padded[2 + down : 30 + down, 2 + right : 30 + right]


def test_a_shift_moves_whole_images_and_lets_black_in():
    reach = range(-2, 3)
    found = set()
    for before, after in zip(IMAGES, augmented(shift=2), strict=True):
        places = [(d, r) for d in reach for r in reach if (moved(before, d, r) == after).all()]
        assert len(places) == 1, "each image must be its original moved by at most 2 pixels each way"
        found.update(places)
    assert len(found) > 15, "images must be moved each on its own"
    for which, way in enumerate(("rows", "columns")):
        assert {place[which] for place in found} == set(reach), f"not by as many {way} as may be, both ways"


def test_a_flip_mirrors_about_half_of_the_images():
    after = augmented(flip=True)
    same = (after == IMAGES).all(axis=(1, 2))
    mirrored = (after == IMAGES[:, :, ::-1]).all(axis=(1, 2))
    assert (same ^ mirrored).all(), "each image must be as it was or mirrored left to right"
    assert 16 <= mirrored.sum() <= 48, "about half of 64 images must be mirrored"


def test_an_erased_square_is_black_and_the_rest_untouched():
    after = augmented(erase=8)
    assert ((after == IMAGES) | (after == 0)).all(), "pixels outside the square were changed"
    erased = after == 0
    for square in erased:
        rows, columns = np.flatnonzero(square.any(1)), np.flatnonzero(square.any(0))
        assert square[np.ix_(rows, columns)].all(), "what is erased must be a rectangle"
        assert len(rows) <= 8, "the square is too high"
        assert len(columns) <= 8, "the square is too wide"
    inside = [s.sum() == 64 for s in erased]
    assert any(inside), "a square that fits must be 8 x 8"
    edges = [np.flatnonzero(square.any(axis))[[0, -1]] for square in erased for axis in (1, 0)]
    assert min(first for first, _ in edges) == 0 < max(first for first, _ in edges)
    short = {("before" if first == 0 else "after") for first, last in edges if last - first < 7}
    assert short == {"before", "after"}, "its centre is anywhere: squares reach over every border"
    corners = {(rows[0], columns[0]) for rows, columns in zip(edges[::2], edges[1::2], strict=True)}
    assert len({row - column for row, column in corners}) > 20, "all squares stand on a diagonal"


@pytest.mark.parametrize(
    ("seed", "moves", "mirrored", "squares"),
    [
        ([0, 7], [(-1, 2), (0, -2), (1, 0)], [False, False, False], [(23, 4), (7, 18), (21, -1)]),
        ([1, 7], [(0, -1), (1, 2), (0, 0)], [True, False, False], [(-2, 11), (18, 16), (0, -3)]),
        ([0, 8], [(0, 2), (1, -1), (0, 0)], [True, False, True], [(14, 4), (0, 20), (3, 16)]),
    ],
)
def test_what_a_seed_and_a_step_draw_stays_what_it_was(seed, moves, mirrored, squares):
    """Of the first three pictures of four: where they are moved from; whether mirrored; a square's corner."""

    def drawn(**settings):
        after = augment(tf.constant(IMAGES[:4]), Augmentation(**settings), tf.constant(seed)).numpy()
        return zip(IMAGES[:3], after[:3], strict=True)

    for (image, after), place in zip(drawn(shift=2), moves, strict=True):
        np.testing.assert_array_equal(after, moved(image, *place), err_msg=f"shift: {NO_DIGEST}")
    for (image, after), is_mirrored in zip(drawn(flip=True), mirrored, strict=True):
        expected = image[:, ::-1] if is_mirrored else image
        np.testing.assert_array_equal(after, expected, err_msg=f"flip: {NO_DIGEST}")
    for (image, after), (row, column) in zip(drawn(erase=8), squares, strict=True):
        expected = image.copy()
        expected[max(row, 0) : row + 8, max(column, 0) : column + 8] = 0
        np.testing.assert_array_equal(after, expected, err_msg=f"erase: {NO_DIGEST}")


def test_what_is_drawn_for_one_change_says_nothing_of_another():
    """Of the images that are mirrored, some are moved up and some down."""
    after = augmented(shift=1, flip=True)
    found = set()
    for before, image in zip(IMAGES, after, strict=True):
        for flip, original in ((False, before), (True, before[:, ::-1])):
            # mirrored after it was moved: what moved right is seen moved left
            found |= {
                (flip, d, r) for d in (-1, 0, 1) for r in (-1, 0, 1) if (moved(original, d, r) == image).all()
            }
    assert len(found) > 15, f"only {len(found)} of 18 ways to be moved and mirrored"


def test_the_same_seed_draws_the_same():
    settings = {"shift": 2, "flip": True, "erase": 6}
    assert (augmented(**settings) == augmented(**settings)).all(), "a resumed training would see other images"
    assert (augmented(**settings) != augmented(tf.constant([0, 8]), **settings)).any(), (
        "each step must draw anew"
    )


def test_each_change_draws_with_a_seed_of_its_own(monkeypatch):
    seeds, draw = [], tf.random.stateless_uniform

    def noted(shape, seed, *arguments):
        seeds.append(tuple(seed.numpy()))
        return draw(shape, seed, *arguments)

    monkeypatch.setattr(tf.random, "stateless_uniform", noted)
    augmented(shift=2, flip=True, erase=6)
    assert len(seeds) == len(set(seeds)) == 4, "how an image is mirrored follows from how it was moved"
