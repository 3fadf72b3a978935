"""The kernels: names only where earned, heaviest slices, movement, and the line a filter prefers."""

import numpy as np
import pytest

from model.inspection.kernels import (
    ANGLES,
    draw_stimuli,
    heaviest_slices,
    measure_tuning,
    movement,
    preferred_orientation,
)
from model.networks.as_arrays import Convolution, Network
from model.networks.patterns import match_kernels, pattern_bank

pytestmark = pytest.mark.numeric

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)
RISING = np.array([[-1, -1, 2], [-1, 2, -1], [2, -1, -1]], np.float32)
BLUR = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32)
CENTRE = np.array([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], np.float32)


def first_layer(*kernels: np.ndarray) -> np.ndarray:
    return np.stack(kernels, axis=-1)[:, :, None]


def network(*kernels: np.ndarray) -> Network:
    """Convolutions without bias or pooling, one after the other."""
    stages = [
        Convolution(f"conv{i}", k, np.zeros(k.shape[-1], np.float32), 1, "valid", k)
        for i, k in enumerate(kernels, 1)
    ]
    return Network(tuple(stages), ())


def test_hand_made_filters_have_their_names_and_signs() -> None:
    bank = pattern_bank(3)
    assert bank is not None
    matches = match_kernels(first_layer(SOBEL, -SOBEL, SOBEL.T, 0.3 * RISING, BLUR, -CENTRE), bank)
    found = [(m["name"], round(m["similarity"], 6)) for m in matches if m]
    assert found == [
        ("vertical edge", 1.0),
        ("vertical edge", -1.0),
        ("horizontal edge", 1.0),
        ("rising diagonal line", 1.0),
        ("blur", 1.0),
        ("centre against surround", -1.0),
    ], "rows and columns are swapped, or a sign is lost"


def test_diagonal_edges_have_the_name_of_the_line_along_them() -> None:
    bank = pattern_bank(3)
    lower_right = np.array([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], np.float32)  # light there: the edge rises
    matches = match_kernels(first_layer(lower_right, lower_right[::-1], lower_right[:, ::-1]), bank)
    found = [(m["name"], m["similarity"] > 0) for m in matches if m]
    rising, falling = "rising diagonal edge", "falling diagonal edge"
    assert found == [(rising, True), (falling, True), (falling, False)]
    degrees = preferred_orientation(measure_tuning(network(first_layer(lower_right)))[0])[0]
    assert degrees == pytest.approx([45], abs=2), "the name and the measured line contradict each other"


def test_a_name_is_given_only_beyond_what_95_of_100_untrained_filters_reach() -> None:
    bank = pattern_bank(3)
    assert bank is not None
    assert len(bank.names) == 10
    assert bank.threshold == pytest.approx(0.81, abs=0.01)
    assert bank.mean == pytest.approx(0.62, abs=0.01)
    others = np.random.default_rng(7).uniform(-0.1, 0.1, (3, 3, 1, 4000)).astype(np.float32)
    named = np.mean([m["name"] is not None for m in match_kernels(others, bank) if m])
    assert named == pytest.approx(0.05, abs=0.01), "fresh untrained filters are named too often or too seldom"
    unnamed = [m for m in match_kernels(others, bank) if m and m["name"] is None]
    assert all(m["nearest"] in bank.names and abs(m["similarity"]) <= bank.threshold for m in unnamed)


def test_match_and_bar_are_compared_as_they_are_told() -> None:
    """0.812458 is told as 0.81, as the bar is: it reaches it."""
    bank = pattern_bank(3)
    assert bank is not None
    assert bank.threshold == round(bank.threshold, 2)
    edge, other = (bank.patterns[bank.names.index(name)] for name in ("horizontal edge", "blur"))
    for similarity in (bank.threshold - 0.0049, bank.threshold - 0.0051):
        kernel = similarity * edge + np.sqrt(1 - similarity**2) * other  # which are at right angles
        for sign in (1, -1):
            [match] = match_kernels(sign * kernel.reshape(3, 3, 1, 1), bank)
            assert match is not None
            assert match["similarity"] == pytest.approx(sign * similarity)
            reached = similarity > bank.threshold - 0.005
            assert match["name"] == ("horizontal edge" if reached else None), f"{match['similarity']:.4f}"


def test_the_similarity_is_the_cosine() -> None:
    bank = pattern_bank(3)
    assert bank is not None
    kernel = np.random.default_rng(1).normal(size=(3, 3, 1, 1)).astype(np.float32)
    match = match_kernels(kernel, bank)[0]
    assert match is not None
    pattern = bank.patterns[bank.names.index(match["nearest"])]
    cosine = sum(a * b for a, b in zip(kernel.ravel(), pattern, strict=True)) / np.sqrt((kernel**2).sum())
    assert match["similarity"] == pytest.approx(float(cosine), abs=1e-6)


def test_of_equally_near_patterns_the_first_is_named_whatever_the_rounding() -> None:
    drawn = np.random.default_rng(2).normal(size=(3, 3, 300))
    symmetric = (drawn + drawn.transpose(1, 0, 2)).astype(np.float32)  # as near to lying lines as to upright
    matches = match_kernels(symmetric[:, :, None], pattern_bank(3))
    nearest = {match["nearest"] for match in matches if match}
    assert "vertical line" in nearest, "this test sees nothing"
    assert "horizontal line" not in nearest, "a tie was decided by the last digit"


def test_what_has_no_picture_gets_no_name() -> None:
    assert pattern_bank(1) is None, "one weight has no shape"
    assert match_kernels(np.ones((1, 1, 1, 2), np.float32), None) == [None, None]
    zero = match_kernels(np.zeros((3, 3, 1, 1), np.float32), pattern_bank(3))[0]
    assert zero is not None
    assert (zero["name"], zero["similarity"]) == (None, 0.0)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 7, 9])
def test_every_size_has_a_bank_of_unit_length(size: int) -> None:
    bank = pattern_bank(size)
    assert bank is not None
    assert bank.patterns.shape == (len(bank.names), size * size)
    assert np.linalg.norm(bank.patterns, axis=1) == pytest.approx(1)
    assert 0 < bank.mean < bank.threshold < 1


def test_heaviest_slices_are_the_longest_first() -> None:
    kernel = np.zeros((3, 3, 4, 1), np.float32)
    kernel[0, 0, :, 0] = [1, -4, 2, 3]
    slices = heaviest_slices(kernel)[0]
    assert [s["channel"] for s in slices] == [1, 3, 2]
    assert [s["norm"] for s in slices] == pytest.approx([4, 3, 2])
    assert slices[0]["share"] == pytest.approx(16 / 30)
    nothing = heaviest_slices(np.zeros((3, 3, 4, 1), np.float32))[0]
    assert [s["share"] for s in nothing] == [0, 0, 0], "a filter of zeros has no shares of itself"


def test_movement_of_a_filter() -> None:
    before = np.array([[3.0, 1.0, 0.0], [4.0, 0.0, 0.0]])
    after = np.array([[6.0, 0.0, 0.0], [8.0, 1.0, 2.0]])
    doubled, turned, born = movement(before, after)
    assert doubled == pytest.approx({"cosine": 1.0, "distance": 5.0, "relative": 1.0})
    assert turned == pytest.approx({"cosine": 0.0, "distance": 2**0.5, "relative": 2**0.5})
    assert born == pytest.approx({"cosine": 0.0, "distance": 2.0, "relative": 0.0})


@pytest.mark.parametrize(
    ("kernel", "degrees"),
    [
        (SOBEL, 90),
        (-SOBEL, 90),
        (SOBEL.T, 0),
        (RISING, 45),
        (RISING[::-1], 135),
        (-RISING, 45),
        (BLUR, None),
        (CENTRE, None),
        (np.zeros((3, 3), np.float32), None),
    ],
)
def test_the_preferred_line_is_that_of_the_kernel(kernel: np.ndarray, degrees: float | None) -> None:
    found = preferred_orientation(measure_tuning(network(first_layer(kernel)))[0])[0][0]
    if degrees is None:
        assert found is None, f"a filter without direction is said to prefer {found} degrees"
    else:
        assert found is not None, "a pure line or edge is said to have no direction"
        assert abs((found - degrees + 90) % 180 - 90) < 2, f"{found} degrees instead of {degrees}"


@pytest.mark.parametrize(
    ("kernel", "least", "most"),
    [(RISING, 0.45, 0.55), (SOBEL, 0.45, 0.55), (BLUR, 0, 0.1), (CENTRE, 0.1, 0.25)],
    ids=["line", "edge", "blur", "centre"],
)
def test_how_clearly_a_line_is_preferred(kernel: np.ndarray, least: float, most: float) -> None:
    """A pure line or edge half of the span of all answers; a blur and a centre next to nothing."""
    [strength] = preferred_orientation(measure_tuning(network(first_layer(kernel)))[0])[1]
    assert least <= strength <= most
    scaled = preferred_orientation(measure_tuning(network(first_layer(-30 * kernel)))[0])[1]
    assert scaled == pytest.approx([strength], abs=0.05), "it has no unit"


def test_a_deeper_filter_prefers_what_the_earlier_one_it_reads_prefers() -> None:
    first = first_layer(SOBEL, RISING)
    second = np.zeros((1, 1, 2, 2), np.float32)
    second[0, 0] = np.eye(2)[::-1]  # filter 0 reads RISING, filter 1 reads SOBEL
    degrees = preferred_orientation(measure_tuning(network(first, second))[1])[0]
    assert degrees == pytest.approx([45, 90], abs=2)


def test_stimuli_are_drawn_as_their_angle_says() -> None:
    images, greys = draw_stimuli()
    per_angle = len(images) // len(ANGLES)
    assert images.min() >= 0
    assert images.max() <= 1
    assert len(images) == len(greys)
    vertical = images[list(ANGLES).index(90.0) * per_angle :][:per_angle]
    assert np.ptp(vertical, axis=1).max() < 1e-6, "lines at 90 degrees must be vertical: columns all alike"
    rising = images[list(ANGLES).index(45.0) * per_angle :][:per_angle]
    assert np.abs(rising[:, 1:, :-1] - rising[:, :-1, 1:]).max() < 1e-6, "45 degrees must rise to the right"
