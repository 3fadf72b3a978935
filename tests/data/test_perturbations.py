"""What each kind of perturbation does to pixels, exactly, and that it does the same every time."""

import numpy as np
import pytest

from data.perturbations import KINDS, WAYS, in_steps, kinds_for, move, perturb

pytestmark = pytest.mark.numeric

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 28, 28), dtype=np.uint8)
INDICES = np.arange(100, 140)
EVERYTHING = [(kind, strength) for kind, what in KINDS.items() for strength in what.strengths]


@pytest.mark.parametrize(("kind", "strength"), EVERYTHING)
def test_images_stay_images_and_are_changed_alike_every_time(kind, strength):
    before = IMAGES.copy()
    changed = perturb(IMAGES, INDICES, kind, strength)
    assert changed.dtype == np.uint8
    assert changed.shape == IMAGES.shape
    np.testing.assert_array_equal(IMAGES, before, "the originals were written into")
    np.testing.assert_array_equal(changed, perturb(IMAGES, INDICES, kind, strength), "not the same twice")
    if strength:
        assert (changed != IMAGES).any(axis=(1, 2)).all(), "an image stayed as it was"
    else:
        np.testing.assert_array_equal(changed, IMAGES, "strength 0 is the untouched image")
        assert changed is not IMAGES


@pytest.mark.parametrize("kind", KINDS)
def test_what_happens_to_an_image_does_not_depend_on_its_company(kind):
    strength = KINDS[kind].middle
    together = perturb(IMAGES, INDICES, kind, strength)
    some = [7, 3, 21]
    np.testing.assert_array_equal(perturb(IMAGES[some], INDICES[some], kind, strength), together[some])


@pytest.mark.parametrize("kind", ["shift", "rotation", "noise", "occlusion"])
def test_seed_and_index_decide_what_is_random(kind):
    same = np.repeat(IMAGES[:1], 40, axis=0)
    first = perturb(same, INDICES, kind, KINDS[kind].middle)
    assert len(np.unique(first, axis=0)) > 1, "all images are changed alike"
    other = perturb(same, INDICES, kind, KINDS[kind].middle, seed=1)
    assert (first != other).any(), "the seed decides nothing"


def test_what_one_kind_draws_says_nothing_of_another():
    """Of the images that go up, some turn left and some right."""
    shifted, turned = perturb(IMAGES, INDICES, "shift", 1), perturb(IMAGES, INDICES, "rotation", 90)
    ways = np.argmax([(shifted == move(IMAGES, *way)).all(axis=(1, 2)) for way in WAYS], axis=0)
    left = (turned == np.rot90(IMAGES, 1, axes=(1, 2))).all(axis=(1, 2))
    assert len(set(zip(ways.tolist(), left.tolist(), strict=True))) == 2 * len(WAYS)


def test_strengths_grow_evenly_from_nothing():
    for name, kind in KINDS.items():
        steps = np.diff(kind.strengths)
        assert kind.strengths[0] == 0, f"{name}: every curve begins at the untouched image"
        np.testing.assert_allclose(steps, steps[0], err_msg=f"{name}: an axis with uneven steps misleads")
        assert kind.middle == kind.strengths[3]


def test_moving_takes_every_pixel_along_and_lets_black_in():
    moved = move(IMAGES, 2, -3)
    for row in range(28):
        for column in range(28):
            inside = row - 2 >= 0 and column + 3 < 28
            expected = IMAGES[:, row - 2, column + 3] if inside else 0
            np.testing.assert_array_equal(moved[:, row, column], expected)


@pytest.mark.parametrize("pixels", [1, 3, 6])
def test_a_shift_goes_one_of_four_ways_and_the_same_at_every_strength(pixels):
    def ways(strength):
        shifted = perturb(IMAGES, INDICES, "shift", strength)
        fits = [(shifted == move(IMAGES, d * strength, r * strength)).all(axis=(1, 2)) for d, r in WAYS]
        assert (np.sum(fits, axis=0) == 1).all(), "a shift that is none of up, down, left and right"
        return np.argmax(fits, axis=0)

    np.testing.assert_array_equal(ways(pixels), ways(2), "an image must go on the way it began")
    assert set(ways(pixels)) == {0, 1, 2, 3}, "all four ways are taken"


def test_a_quarter_turn_is_numpys():
    turned = perturb(IMAGES, INDICES, "rotation", 90)
    left = (turned == np.rot90(IMAGES, 1, axes=(1, 2))).all(axis=(1, 2))
    right = (turned == np.rot90(IMAGES, -1, axes=(1, 2))).all(axis=(1, 2))
    assert (left ^ right).all(), "a quarter turn moves pixels and changes none"
    assert left.any(), "some turn one way"
    assert right.any(), "some turn the other"


def test_a_turn_keeps_the_middle_and_loses_the_corners():
    turned = perturb(np.full((1, 28, 28), 200, np.uint8), np.array([0]), "rotation", 45)[0]
    assert (turned[10:18, 10:18] == 200).all()
    assert turned[0, 0] == turned[0, -1] == turned[-1, 0] == turned[-1, -1] == 0, "black comes in"


def test_a_turn_reads_between_pixels():
    ramp = np.broadcast_to(np.arange(28, dtype=np.uint8) * 9, (1, 28, 28))
    turned = perturb(ramp, np.array([0]), "rotation", 30)[0]
    rows, columns = np.mgrid[9:19, 9:19] - 13.5
    expected = [
        9 * (13.5 + np.cos(angle) * columns + np.sin(angle) * rows) for angle in np.deg2rad((30, -30))
    ]
    apart = [np.abs(turned[9:19, 9:19] - one).max() for one in expected]
    assert min(apart) <= 0.51, "a slope stays one: values are weighted by distance, and then rounded"
    edge = np.where(np.arange(28) < 14, np.uint8(100), np.uint8(150))
    turned = perturb(np.broadcast_to(edge, (1, 28, 28)), np.array([0]), "rotation", 30)[0, 9:19, 9:19]
    assert (turned.min(), turned.max()) == (100, 150), "no value comes in that none of the neighbours has"


def test_noise_has_the_deviation_it_is_said_to_have():
    gray = np.full((200, 28, 28), 128, np.uint8)
    noise = perturb(gray, np.arange(200), "noise", 30).astype(float) - 128
    assert noise.std() == pytest.approx(30, rel=0.01)  # 156,800 draws: 0.2 % is one standard error
    assert abs(noise.mean()) < 0.5
    flat = noise.reshape(200, -1)
    assert np.abs(np.corrcoef(flat) - np.eye(200)).max() < 0.2, "two images got the same noise"


def test_stronger_noise_is_the_same_noise_stronger():
    gray = np.full((1, 28, 28), 128, np.uint8)
    weak, strong = (perturb(gray, np.array([5]), "noise", s).astype(float) - 128 for s in (15, 30))
    np.testing.assert_allclose(strong, 2 * weak, atol=1.5)  # both are rounded


def test_a_blurred_point_is_a_gaussian_spot():
    point = np.zeros((1, 28, 28), np.uint8)
    point[0, 14, 14] = 255
    spot = perturb(point, np.array([0]), "blur", 1.5)[0].astype(float)
    offsets = np.arange(28) - 14
    bell = np.exp(-(offsets**2) / (2 * 1.5**2))
    bell /= bell.sum()
    np.testing.assert_allclose(spot, 255 * np.outer(bell, bell), atol=0.6)
    white = perturb(np.full((1, 28, 28), 255, np.uint8), np.array([0]), "blur", 2)[0]
    assert white[14, 14] == 255, "blur takes no light away where all is white"
    assert white[0, 0] < 100, "beyond the border is black"


@pytest.mark.parametrize("per_cent", [15, 60, 90])
def test_less_contrast_keeps_the_mean(per_cent):
    weak = perturb(IMAGES, INDICES, "contrast", per_cent).astype(float)  # rounded to whole gray levels
    np.testing.assert_allclose(weak.mean(axis=(1, 2)), IMAGES.mean(axis=(1, 2)), atol=0.3)
    ratio = weak.std(axis=(1, 2)) / IMAGES.std(axis=(1, 2))
    np.testing.assert_allclose(ratio, 1 - per_cent / 100, atol=0.003)


@pytest.mark.parametrize("side", [4, 12, 24])
def test_a_whole_square_is_covered_and_nothing_else(side):
    white = np.full((40, 28, 28), 255, np.uint8)
    covered = perturb(white, INDICES, "occlusion", side)
    for image in covered:
        rows, columns = (np.flatnonzero((image == 0).any(axis=axis)) for axis in (1, 0))
        assert (image == 0).sum() == side**2, "the square has another area than it is said to have"
        assert len(rows) == len(columns) == side
    corners = np.array([np.argwhere(image == 0)[0] for image in covered])
    assert len(np.unique(corners, axis=0)) > 5, "the square is always in the same place"
    last = 28 - side
    for which in (corners[:, 0], corners[:, 1]):
        # of 40 places, a twentieth of the way or a pixel from either border
        assert which.min() <= last / 20 + 1
        assert which.max() >= last - last / 20 - 1


def test_the_largest_square_reaches_both_borders():
    covered = perturb(np.full((40, 28, 28), 255, np.uint8), INDICES, "occlusion", 24)
    corners = np.array([np.argwhere(image == 0)[0] for image in covered])
    assert [set(which.tolist()) for which in corners.T] == [set(range(5))] * 2, "each of 5 places each way"


def test_what_is_shown_is_the_first_picture_at_each_strength():
    for kind, what in KINDS.items():
        shown = in_steps(IMAGES, kind)
        for image, strength in zip(shown, what.strengths, strict=True):
            [expected] = perturb(IMAGES[:1], np.array([0]), kind, strength)
            np.testing.assert_array_equal(image, expected, f"{kind} at {strength}")


def test_what_changes_the_class_is_not_tried() -> None:
    """Lines are told apart by their angle alone; of other pictures nothing is known."""
    assert kinds_for("auto") == kinds_for("./mine") == list(KINDS)
    assert "rotation" not in (tried := kinds_for("lines")), "lines are turned into those of another class"
    assert tried == [kind for kind, what in KINDS.items() if what.keeps_lines]
