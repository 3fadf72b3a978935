"""Intervals cover the truth, and are hardly wider than those they took the place of."""

import json
import math

import numpy as np
import pytest
from scipy import optimize, special

from model.comparison.intervals import EXTRA_SQUARES, Estimate
from tests.comparison import coverage

pytestmark = pytest.mark.numeric

# Of the default run, by the intervals before: mean of 3 seeds, length of the interval; of 1,000 pictures of
# a class, in the order of labels, both models; the difference has the standard error before, and of seeds.
RECALLS = {
    "dense": (0.851, 0.972, 0.80167, 0.90367, 0.815, 0.96333, 0.69833, 0.96267, 0.972, 0.95733),
    "cnn": (0.872, 0.98033, 0.86167, 0.92333, 0.869, 0.98233, 0.736, 0.975, 0.98067, 0.96133),
}
LENGTHS = {
    "dense": (0.0468, 0.01997, 0.05199, 0.03357, 0.0472, 0.02125, 0.05439, 0.02295, 0.02198, 0.02382),
    "cnn": (0.04644, 0.01642, 0.04393, 0.0323, 0.05867, 0.01374, 0.08557, 0.01795, 0.02041, 0.02289),
}
# Of the variance of one picture's answer, the part that the seeds have in common: of networks trained so.
ALIKE = {"dense": 0.81, "cnn": (0.7, 0.75, 0.75, 0.71, 0.73, 0.58, 0.69, 0.79, 0.58, 0.85)}


def test_intervals_cover_in_a_small_simulation() -> None:
    cells = coverage.cells(400, (20, 300), every=4)
    for kind, setting, found, share, _ in cells:
        where = f"{kind}, {found.num_seeds} seeds, {found.num_images} pictures, {setting}"
        assert share >= 0.92, f"intervals called 95 % cover {share:.3f}: {where}"


@pytest.mark.deep
def test_intervals_cover_in_every_cell() -> None:
    for kind, setting, found, share, _ in coverage.cells(coverage.DRAWS, coverage.SIZES):
        where = f"{kind}, {found.num_seeds} seeds, {found.num_images} pictures, {setting}"
        assert share >= 0.93, f"intervals called 95 % cover {share:.3f}: {where}"


def test_the_table_is_of_intervals_that_cover() -> None:
    told = json.loads(coverage.TABLE.read_text(encoding="utf-8"))
    assert (told["command"], told["draws"]) == (coverage.COMMAND, coverage.DRAWS)
    assert told["ways"]["ConvLens"]["least"] >= 0.93
    assert {tuple(row[1:3]) for row in told["table"][1:]} == {
        (seeds, size) for seeds in coverage.SEEDS for size in coverage.SIZES
    }


def length_before(value: float, of_seeds: float, of_images: float) -> float:
    """Of Wilson's interval with Satterthwaite's t, of 3 seeds and 1,000 images."""
    variance = of_seeds + of_images
    degrees = variance**2 / (of_seeds**2 / 2 + of_images**2 / 999)
    spread = value * (1 - value)
    squared = special.stdtrit(degrees, 0.975) ** 2 * variance / spread
    return 2 * math.sqrt(squared * spread + squared**2 / 4) / (1 + squared)


@pytest.mark.parametrize("model", ["dense", "cnn"])
def test_intervals_of_the_default_run_are_hardly_wider(model: str) -> None:
    alike = np.broadcast_to(ALIKE[model], 10)
    for label, (value, length) in enumerate(zip(RECALLS[model], LENGTHS[model], strict=True)):
        of_images = alike[label] * value * (1 - value) / 1000

        def too_long(of_seeds: float) -> float:
            return length_before(value, of_seeds, of_images) - length  # noqa: B023  called at once

        of_seeds = optimize.brentq(too_long, 0, 1e-3) if too_long(0) < 0 else 0.0
        found = Estimate(value, (3 * of_seeds,), (3,), of_images, 1000, (0.0, 1.0)).steadied().interval
        wider = (found[1] - found[0]) / length
        assert wider <= 1.1, f"{model}, class {label}: {wider:.3f} times as long as before"


def test_the_default_difference_is_hardly_wider() -> None:
    seeds = (0.00095394**2, 0.00130512**2)  # of the means
    before = 0.00219938**2 - sum(seeds) / 3
    of_images = before + (EXTRA_SQUARES - 1) / 10_000 / 9999
    low, high = Estimate(0.0244667, seeds, (3, 3), of_images, 10_000, (-1.0, 1.0)).interval
    assert (high - low) / (0.02882442 - 0.02010891) <= 1.1
