"""Hand-made filters: what is drawn, and which filter of a network gets which."""

import numpy as np
import pytest

from model.networks.patterns import hand_made_kernels, named_patterns

pytestmark = pytest.mark.numeric


def test_patterns_of_three_by_three_are_the_textbooks() -> None:
    patterns = named_patterns(3)
    assert len(patterns) == 10
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    np.testing.assert_array_equal(patterns["vertical edge"], sobel, "light on the right excites it")
    np.testing.assert_array_equal(patterns["horizontal edge"], sobel.T)
    np.testing.assert_allclose(3 * patterns["vertical line"], [[-1, 2, -1]] * 3)
    np.testing.assert_array_equal(patterns["blur"], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


@pytest.mark.parametrize(("size", "number"), [(1, 1), (2, 7), (3, 10), (4, 10), (5, 10)])
def test_small_sizes_have_the_patterns_that_exist(size: int, number: int) -> None:
    assert len(named_patterns(size)) == number


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_the_strongest_answer_of_a_hand_made_filter_is_one(size: int) -> None:
    for kernels in (hand_made_kernels(size, 1, 30), hand_made_kernels(size, 30, 50)):
        assert kernels.dtype == np.float32
        np.testing.assert_allclose(np.maximum(kernels, 0).sum(axis=(0, 1, 2)), 1, rtol=1e-6)


def test_filters_that_read_the_picture_go_through_the_bank_and_start_again() -> None:
    kernels = hand_made_kernels(3, 1, 64)[:, :, 0]
    different = np.unique(kernels.reshape(9, -1), axis=1).shape[1]
    assert different == 19, "ten patterns, and the negatives of nine"
    np.testing.assert_array_equal(kernels[..., 0], kernels[..., 19])
    np.testing.assert_allclose(kernels[..., 4] * 4, named_patterns(3)["vertical edge"], rtol=1e-6)
    np.testing.assert_array_equal(kernels[..., 14], -kernels[..., 4])


def test_deeper_filters_apply_one_pattern_to_one_map() -> None:
    kernels = hand_made_kernels(3, 64, 64)
    read = np.abs(kernels).sum(axis=(0, 1)) > 0
    assert (read.sum(axis=0) == 1).all(), "each filter reads a single map"
    maps = read.argmax(axis=0)
    patterns = [kernels[:, :, maps[number], number].tobytes() for number in range(64)]
    pairs = {(number % 19, patterns[number]) for number in range(64)}  # maps 19 apart are copies
    assert len(pairs) == 64, "every filter must be another pair of a pattern and the map of a pattern"
    assert len(set(patterns)) == 4, "all 19 maps with the first pattern, then with the second, ..."
