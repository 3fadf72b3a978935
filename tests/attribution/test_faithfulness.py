"""Deletion, insertion and the statement about them, against answers known beforehand."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from model.attribution.faithfulness import (
    BLOCK,
    COUNTS,
    NUM_BLOCKS,
    Predict,
    area,
    block_order,
    covered,
    curves_of,
    faithfulness,
    mean_interval,
    thirds,
    visible,
)

pytestmark = pytest.mark.numeric

NUM_IMAGES = 24


@pytest.fixture(scope="module")
def planted() -> tuple[np.ndarray, np.ndarray]:
    """Bright noise, and for each image the one block on which the answer depends."""
    generator = np.random.default_rng(0)
    images = generator.uniform(0.2, 1, (NUM_IMAGES, 28, 28)).astype(np.float32)
    return images, generator.permutation(NUM_BLOCKS)[:NUM_IMAGES]


def answers_by(blocks: np.ndarray) -> Predict:
    """A network whose answer is the mean brightness of one block; the target tells which image asks."""

    def predict(trials: np.ndarray, asked: np.ndarray) -> np.ndarray:
        rows, columns = np.divmod(blocks[asked], 7)
        tiles = trials.reshape(-1, 7, BLOCK, 7, BLOCK)[np.arange(len(trials)), rows, :, columns]
        return tiles.mean(axis=(1, 2)).astype(np.float64)

    return predict


def maps_of(blocks: np.ndarray) -> np.ndarray:
    maps = np.zeros((len(blocks), NUM_BLOCKS), np.float32)
    maps[np.arange(len(blocks)), blocks] = 1
    return maps.reshape(-1, 7, 7).repeat(BLOCK, 1).repeat(BLOCK, 2)


def test_block_order_is_by_sum_then_by_place() -> None:
    values = np.zeros((1, 28, 28), np.float32)
    values[0, 4:8, 8:12] = 1  # block 1 * 7 + 2 = 9
    values[0, 27, 27] = 20  # block 48: one pixel, but a larger sum
    values[0, 0, 27] = -1  # block 6
    order = block_order(values)[0].tolist()
    assert order[:2] == [48, 9], "blocks are not ranked by their sums"
    assert order[2:5] == [0, 1, 2], "equal blocks are not in reading order"
    assert order[-1] == 6, "a negative block is not the last"


def test_covering_and_uncovering_are_each_others_rest(planted: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = planted
    order = block_order(images)
    deletion, insertion = visible(order), visible(order, insertion=True)
    assert deletion.sum(axis=2).tolist() == [[NUM_BLOCKS - count for count in COUNTS]] * NUM_IMAGES
    assert np.array_equal(deletion, ~insertion)
    halves = covered(images, deletion[:, 5]) + covered(images, insertion[:, 5])
    assert np.array_equal(halves, images), "some pixel is covered twice, or never"


def test_curves_are_those_of_covering_block_by_block(planted: tuple[np.ndarray, np.ndarray]) -> None:
    images, blocks = planted
    images = images.copy()
    images[:, 8:16] = 0  # black blocks: covering them asks nothing new
    predict, targets = answers_by(blocks), np.arange(NUM_IMAGES)
    maps = {"brightness": images, "map": maps_of(blocks)}
    orders = {name: block_order(values) for name, values in maps.items()}
    found = curves_of(predict, images, targets, orders)
    for name, values in maps.items():
        for i in range(NUM_IMAGES):
            sums = [values[i, 4 * r : 4 * r + 4, 4 * c : 4 * c + 4].sum() for r in range(7) for c in range(7)]
            ranked = sorted(range(NUM_BLOCKS), key=lambda block: (-sums[block], block))
            trial, done = images[i].copy(), 0
            for place, count in enumerate(COUNTS):
                for block in ranked[done:count]:
                    row, column = divmod(block, 7)
                    trial[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 0
                done = count
                expected = predict(trial[None], np.array([i]))[0]
                assert found[name][i, place] == pytest.approx(expected), f"{name}, image {i}, {count} blocks"


def test_area_of_a_straight_line() -> None:
    assert area(1 - np.array(COUNTS) / NUM_BLOCKS) == pytest.approx(0.5)
    assert area(np.full((3, len(COUNTS)), 0.7)) == pytest.approx([0.7] * 3)


def test_right_maps_are_faithful_and_wrong_ones_are_not(planted: tuple[np.ndarray, np.ndarray]) -> None:
    images, blocks = planted
    right, wrong = maps_of(blocks), np.roll(maps_of(blocks), 1, axis=0)
    generator = np.random.default_rng(1)
    maps = {"right": right, "next": wrong, "random": generator.normal(size=images.shape).astype(np.float32)}
    curves, statement = faithfulness(
        answers_by(blocks), images, np.arange(NUM_IMAGES), maps, NUM_IMAGES, shown=[0, 5]
    )
    methods = statement["methods"]
    assert methods["right"]["faithful"], "the map that names the one block that counts is called unfaithful"
    assert methods["right"]["interval"][0] > 0
    assert not methods["next"]["faithful"], "a map that is right for the next image only is called faithful"
    assert methods["next"]["interval"][1] < 0, "each image's neighbour has the better map; that is not seen"
    assert not methods["random"]["faithful"], "a random map is called faithful"
    deletion = curves[1]["methods"]["right"]["own"]["deletion"]
    insertion = curves[1]["methods"]["right"]["own"]["insertion"]
    assert deletion[0] > 0.2, "nothing is covered yet"
    assert deletion[1:] == [0] * 11, "covering the one block that counts does not end the answer"
    assert insertion == pytest.approx([0] + [deletion[0]] * 11)


def test_the_statement_rests_on_the_areas_of_the_images_tested(
    planted: tuple[np.ndarray, np.ndarray],
) -> None:
    """By hand, from the curves of all images; the last 14 are shown and not tested."""
    images, blocks = planted
    targets, num_tested = np.arange(NUM_IMAGES), 10
    maps = {"a": images[:, ::-1].copy(), "b": maps_of(np.roll(blocks, 3))}
    curves, statement = faithfulness(answers_by(blocks), images, targets, maps, num_tested, range(NUM_IMAGES))

    def areas(curves_of_images: list[dict]) -> np.ndarray:
        steps = pairwise(COUNTS)
        height = np.array([one["deletion"] for one in curves_of_images])
        parts = [(b - a) * height[:, i : i + 2].mean(axis=1) for i, (a, b) in enumerate(steps)]
        return np.sum(parts, axis=0)[:num_tested] / NUM_BLOCKS

    bright = areas([one["brightness"] for one in curves])
    for method, told in statement["methods"].items():
        own, other = (areas([one["methods"][method][who] for one in curves]) for who in ("own", "other"))
        assert own.mean() != pytest.approx(other.mean(), abs=1e-3), "this test sees nothing"
        assert told["own"] == pytest.approx(own.mean())
        assert told["other"] == pytest.approx(other.mean())
        assert told["brightness"] == pytest.approx(bright.mean())
        assert told["advantage"] == pytest.approx((other - own).mean()), "of another's map over its own"
        expected = stats.ttest_rel(other, own).confidence_interval(0.95)
        assert told["interval"] == pytest.approx([expected.low, expected.high])
        assert told["faithful"] == (expected.low > 0)
    assert statement["num_images"] == num_tested
    assert {told["faithful"] for told in statement["methods"].values()} == {False}


def test_interval_is_the_paired_t_test() -> None:
    generator = np.random.default_rng(2)
    own, other = generator.normal(size=(2, 50))
    expected = stats.ttest_rel(other, own).confidence_interval(0.95)
    assert mean_interval(other - own) == pytest.approx([expected.low, expected.high])
    assert mean_interval(np.ones(1)) is None, "one image has no interval"


def test_thirds_cover_each_part_once(planted: tuple[np.ndarray, np.ndarray]) -> None:
    images, _ = planted
    share = thirds(lambda trials, asked: trials.sum(axis=(1, 2)) / images[0].sum(), images[0], 0)
    assert np.sum(1 - np.array(share)) == pytest.approx(1, abs=1e-5), "the nine parts are not the whole"
    assert share[2][0] == pytest.approx(1 - images[0][19:, :9].sum() / images[0].sum(), abs=1e-5)
