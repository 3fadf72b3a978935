"""How often intervals called 95 % cover the truth: simulated seeds and pictures, several ways to make them.

`python -m tests.comparison.coverage` (about ten minutes) writes coverage.json beside this file: how often
the program covers the truth, and of each other way that was tried the worst cell and the mean.

A network is right on a picture where level + picture + seed + their interaction > 0, all normal deviates, so
that how often it is right over all seeds and pictures is known: the standard normal's share below the level.
One seed is scored on its own pictures alone, and the truth is that seed's.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import special

from model.comparison.intervals import EXTRA_SQUARES, POWER_OF_PARTS, POWER_OF_SEEDS, SEEDS_RULE, Estimate

COMMAND = "python -m tests.comparison.coverage"
TABLE = Path(__file__).with_name("coverage.json")
DRAWS = 4000
SEEDS = (1, 2, 3, 5, 10)
SIZES = (20, 100, 1000, 10_000)
ACCURACIES = (
    (0.03, 0.02), (0.1, 0.1), (0.5, 0.55), (0.89, 0.917), (0.999, 0.98), (0.99, 0.999), (0.02, 0.999),
)  # fmt: skip
# Of the variance of the normal deviates: of seeds (0.0001 as on Fashion-MNIST, where means deviate by 0.0013;
# ten times that), of pictures, and of the latter's the share that two networks have in common.
SPREADS = ((0.0, 0.93, 0.93), (0.0001, 0.93, 0.93), (0.001, 0.93, 0.93), (0.001, 0.5, 0.5))
OF_A_CLASS = (0.01, 0.93, 0.93)  # one class moves more from seed to seed than all of them together
MOST_OF_A_CLASS = 1000
CHECKED = 20  # draws of every cell
CELLS = 2_000_000  # answers simulated at a time
Arrays = np.ndarray


@dataclass(frozen=True)
class Setting:
    """How often two networks are right, and what their answers vary with."""

    accuracies: tuple[float, float]
    seeds: float
    pictures: float
    shared: float


@dataclass(frozen=True)
class Statistics:
    """What an interval is made of, of each of many draws: arrays (draws,), of two networks (2, draws).

    `squares`: of picture means about their mean; `common`: their products; `seeds`: variance of seed means;
    `interaction`: residual mean square.
    """

    num_seeds: int
    num_images: int
    right: Arrays
    squares: Arrays
    common: Arrays
    seeds: Arrays
    interaction: Arrays
    truth: Arrays

    def estimates(self, networks: tuple[int, ...], extra: float | Arrays) -> tuple[Arrays, Arrays, Arrays]:
        """Values, seed variances (networks, draws) and image variances, as `Estimate` wants them."""
        images = self.num_images
        squares = self.squares[list(networks)].sum(axis=0) - 2 * self.common * (len(networks) > 1)
        value = self.right[networks[-1]] - (self.right[0] if len(networks) > 1 else 0)
        variance = squares / (images - 1) / images
        if self.num_seeds > 1:
            twice = self.interaction[list(networks)].sum(axis=0) / (self.num_seeds * images)
            variance = np.maximum(variance - twice, 0)
        return value, self.seeds[list(networks)], variance + extra / (images - 1) / images


def simulate(
    settings: Sequence[Setting], size: int, draws: int, generator: np.random.Generator
) -> Iterator[tuple[Setting, Statistics]]:
    """Statistics of each setting with each number of seeds; all share the normal deviates."""
    found: dict[tuple[int, int], list[dict[str, Arrays]]] = {}
    at_once = max(1, CELLS // (max(SEEDS) * size))
    for start in range(0, draws, at_once):
        num = min(at_once, draws - start)
        shared, *own = generator.standard_normal((3, num, 1, size), dtype=np.float32)
        seed = generator.standard_normal((2, num, max(SEEDS), 1), dtype=np.float32)
        rest = generator.standard_normal((2, num, max(SEEDS), size), dtype=np.float32)
        for number, setting in enumerate(settings):
            level = special.ndtri(setting.accuracies).astype(np.float32)
            common, alone = np.sqrt(np.float32([setting.shared, 1 - setting.shared]) * setting.pictures)
            of_seed, scale = np.sqrt(np.float32([setting.seeds, 1 - setting.seeds - setting.pictures]))
            right = [
                rest[n] > -(level[n] + common * shared + alone * own[n] + of_seed * seed[n]) / scale
                for n in (0, 1)
            ]
            its_own = [(level[n] + of_seed * seed[n, :, 0, 0]) / np.sqrt(1 - setting.seeds) for n in (0, 1)]
            for num_seeds in SEEDS:
                one = _statistics([values[:, :num_seeds] for values in right])
                one["truth"] = (
                    special.ndtr(np.float64(its_own))
                    if num_seeds == 1
                    else np.tile(np.array(setting.accuracies)[:, None], num)
                )
                found.setdefault((number, num_seeds), []).append(one)
    for (number, num_seeds), parts in found.items():
        joined = {key: np.concatenate([part[key] for part in parts], axis=-1) for key in parts[0]}
        yield settings[number], Statistics(num_seeds, size, **joined)


def _statistics(right: list[Arrays]) -> dict[str, Arrays]:
    """Of two networks' answers bool (draws, seeds, pictures)."""
    _, num_seeds, size = right[0].shape
    counts = [values.sum(axis=1, dtype=np.float32) for values in right]  # whole numbers: sums are exact
    whole = np.array([count.sum(axis=1, dtype=np.float64) for count in counts]) / num_seeds / size
    products = [
        np.float64(np.einsum("di,di->d", counts[a], counts[b])) / num_seeds**2
        for a, b in ((0, 0), (1, 1), (0, 1))
    ]
    squares = np.array(products[:2]) - size * whole**2
    of_seeds = np.array([values.mean(axis=2) for values in right])
    if num_seeds == 1:
        seeds = interaction = np.zeros_like(whole)
    else:
        seeds = of_seeds.var(axis=2, ddof=1)
        total = num_seeds * size * whole * (1 - whole)
        residual = total - num_seeds * squares - size * (num_seeds - 1) * seeds
        interaction = np.maximum(residual, 0) / ((num_seeds - 1) * (size - 1))
    return {
        "right": whole,
        "squares": np.maximum(squares, 0),
        "common": products[2] - size * whole[0] * whole[1],
        "seeds": seeds,
        "interaction": interaction,
    }


@dataclass(frozen=True)
class Margin:
    """Of each draw: standard error, and how many of them a symmetric 95 % interval reaches."""

    value: Arrays
    variance: Arrays
    reach: Arrays


def margin(found: Statistics, networks: tuple[int, ...], squares: float | Arrays, asks_seeds: bool) -> Margin:
    """By Satterthwaite's t, or where `asks_seeds` by ConvLens's; with so many squares more."""
    value, seeds, images = found.estimates(networks, squares)
    parts = np.maximum(np.vstack([images, seeds / found.num_seeds]), 0)
    own = np.array([found.num_images - 1, *[max(found.num_seeds - 1, 1)] * len(networks)])[:, None]
    power, tiny = POWER_OF_PARTS if asks_seeds else 2, 1e-300
    variance, of_seeds = parts.sum(axis=0), parts[1:].sum(axis=0)
    below = ((parts / np.maximum(variance, tiny)) ** power / own).sum(axis=0)
    reach = special.stdtrit(1 / np.maximum(below, 1e-9), 0.975)
    if asks_seeds and found.num_seeds > 1:
        share = of_seeds / np.maximum(variance, tiny)
        degrees = 1 / np.maximum(
            ((parts[1:] / np.maximum(of_seeds, tiny)) ** POWER_OF_SEEDS / own[1:]).sum(axis=0), 1e-9
        )
        degrees = np.minimum(degrees, 50)
        fading = np.minimum(share / SEEDS_RULE, 1) ** (degrees**3 / 4)
        reach = np.maximum(reach, special.stdtrit(degrees, 0.975) * np.sqrt(share) * fading)
    return Margin(value, variance, reach)


def wilson(share: Arrays, images: Arrays, reach: Arrays, size: float = np.inf) -> tuple[Arrays, Arrays]:
    """Wilson's interval, corrected for continuity by half an image of so many."""

    def highest(share: Arrays) -> Arrays:
        moved, squared = np.minimum(share + 0.5 / np.maximum(images, size), 1), reach**2 / images
        return (moved + squared / 2 + np.sqrt(squared * moved * (1 - moved) + squared**2 / 4)) / (1 + squared)

    low, high = 1 - highest(1 - share), highest(share)
    return np.where(share <= 0, 0, low), np.where(share >= 1, 1, high)


def clopper_pearson(share: Arrays, images: Arrays, reach: Arrays) -> tuple[Arrays, Arrays]:
    """Korn and Graubard's: exact for so many images, fewer where t is larger than the normal's."""
    images = images * (special.ndtri(0.975) / reach) ** 2
    right = np.maximum(share * images, 1e-9)
    wrong = np.maximum(images - right, 1e-9)
    low, high = special.betaincinv(right, wrong + 1, 0.025), special.betaincinv(right + 1, wrong, 0.975)
    return np.where(share <= 0, 0, low), np.where(share >= 1, 1, high)


def logit(share: Arrays, images: Arrays, reach: Arrays) -> tuple[Arrays, Arrays]:
    """Symmetric on the scale of log odds, half an image added to either side."""
    moved = (share * images + 0.5) / (images + 1)
    error = 1 / np.sqrt((images + 1) * moved * (1 - moved))
    return special.expit(special.logit(moved) - reach * error), special.expit(
        special.logit(moved) + reach * error
    )


def arcsine(share: Arrays, images: Arrays, reach: Arrays) -> tuple[Arrays, Arrays]:
    """Symmetric on Anscombe's scale."""
    angle = np.arcsin(np.sqrt((share * images + 0.375) / (images + 0.75)))
    half = reach / 2 / np.sqrt(images + 0.5)
    return np.sin(np.maximum(angle - half, 0)) ** 2, np.sin(np.minimum(angle + half, np.pi / 2)) ** 2


def images_of(share: Arrays, variance: Arrays, size: int) -> Arrays:
    """How many images would have such an error by themselves."""
    spread = share * (1 - share)
    return np.where((spread > 0) & (variance > 0), spread / np.maximum(variance, 1e-300), size)


def of_the_program(found: Statistics, networks: tuple[int, ...]) -> tuple[Arrays, Arrays]:
    """The program's intervals of the last network's mean, or of the difference.

    All of them by arrays, and the first by the program itself: both must be the same.

    Raises:
        ValueError: they are not.
    """
    difference = len(networks) > 1
    asked = margin(found, networks, EXTRA_SQUARES if difference else 0.0, True)
    low, high = (-1.0, 1.0) if difference else (0.0, 1.0)
    share = (asked.value - low) / (high - low)
    variance = asked.variance / (high - low) ** 2
    if not difference:
        variance = steady(share, variance, found)
        asked = margin(
            found, networks, (variance - asked.variance) * found.num_images * (found.num_images - 1), True
        )
    images = images_of(share, variance, found.num_images)
    ends = [low + (high - low) * end for end in wilson(share, images, asked.reach, found.num_images)]
    values, seeds, of_images = found.estimates(networks, EXTRA_SQUARES if difference else 0.0)
    for place in range(CHECKED):
        of_seeds = tuple(float(one) for one in seeds[:, place]) if found.num_seeds > 1 else ()
        counts = (found.num_seeds,) * len(networks)
        one = Estimate(
            float(values[place]), of_seeds, counts, float(of_images[place]), found.num_images, (low, high)
        )
        by_program = (one if difference else one.steadied()).interval
        if not np.allclose(by_program, [ends[0][place], ends[1][place]], atol=1e-9):
            raise ValueError(f"{by_program} of {one} should be {ends[0][place]} to {ends[1][place]}")
    return ends[0], ends[1]


def steady(share: Arrays, variance: Arrays, found: Statistics) -> Arrays:
    """The variance drawn towards that of seeds that err on the same images."""
    if found.num_seeds == 1:
        return variance
    spread = share * (1 - share)
    missing = np.maximum(spread / found.num_images - variance, 0)
    return variance + missing / (found.num_images * spread + 1)


def tried_on_means(found: Statistics) -> dict[str, tuple[Arrays, Arrays]]:
    """Intervals of the last network's mean by each way that was tried."""
    size, ways = found.num_images, {}
    before, asked = (margin(found, (1,), 0.0, asks) for asks in (False, True))
    share = asked.value
    images = images_of(share, before.variance, size)
    ways["Wilson, Satterthwaite (before)"] = wilson(share, images, before.reach)
    ways["Wilson"] = wilson(share, images, asked.reach)
    ways["Wilson, corrected"] = wilson(share, images, asked.reach, size)
    steadied = images_of(share, steady(share, asked.variance, found), size)
    for name, way in (("Clopper-Pearson", clopper_pearson), ("logit", logit), ("arcsine", arcsine)):
        ways[f"{name}, an image more"] = way(share, steadied, asked.reach)
    ways["Wilson, an image more"] = wilson(share, steadied, asked.reach)
    return ways


def tried_on_differences(found: Statistics) -> dict[str, tuple[Arrays, Arrays]]:
    """Intervals of the difference by each way that was tried."""
    ways, both = {}, (0, 1)
    before, asked = (margin(found, both, 1.0, asks) for asks in (False, True))
    reach = before.reach * np.sqrt(before.variance)
    ways["t, half an image more a side (before)"] = before.value - reach, before.value + reach
    share = (1 + asked.value) / 2
    low, high = wilson(share, images_of(share, asked.variance / 4, found.num_images), asked.reach)
    ways["Wilson of (1 + d) / 2, half an image more a side"] = 2 * low - 1, 2 * high - 1
    plain = margin(found, both, 0.0, True)
    own = [margin(found, (network,), 0.0, True) for network in both]
    ends = [
        wilson(one.value, images_of(one.value, one.variance, found.num_images), plain.reach, found.num_images)
        for one in own
    ]
    errors = np.sqrt(np.maximum(own[0].variance * own[1].variance, 1e-300))
    alike = np.clip(found.common / found.num_images / (found.num_images - 1) / errors, -1, 1)

    def added(one: Arrays, other: Arrays) -> Arrays:
        return np.sqrt(np.maximum(one**2 + other**2 - 2 * alike * one * other, 0))

    below = added(own[1].value - ends[1][0], ends[0][1] - own[0].value)
    above = added(ends[1][1] - own[1].value, own[0].value - ends[0][0])
    ways["square and add"] = plain.value - below, plain.value + above
    return ways


def cells(
    draws: int, sizes: Sequence[int], every: int = 1
) -> Iterator[tuple[str, Setting, Statistics, float, Arrays]]:
    """Of means and differences: how often the program covers the truth, and the truths."""
    for size in sizes:
        spreads = [*SPREADS, OF_A_CLASS] if size <= MOST_OF_A_CLASS else SPREADS
        settings = [Setting(pair, *spread) for pair in ACCURACIES for spread in spreads][::every]
        for setting, found in simulate(settings, size, draws, np.random.default_rng(size)):
            for kind, networks in (("mean", (1,)), ("difference", (0, 1))):
                truth = found.truth[1] - (found.truth[0] if len(networks) > 1 else 0)
                yield kind, setting, found, inside(of_the_program(found, networks), truth), truth


def inside(ends: tuple[Arrays, Arrays], truth: Arrays) -> float:
    """How often the truth lies between the ends."""
    return float(np.mean((ends[0] <= truth + 1e-9) & (truth - 1e-9 <= ends[1])))


def main() -> None:
    """Write the table."""
    rows: dict[tuple[str, int, int], list[tuple[float, str]]] = {}
    tried: dict[str, list[float]] = {}
    for kind, setting, found, share, truth in cells(DRAWS, SIZES):
        rows.setdefault((kind, found.num_seeds, found.num_images), []).append((share, str(setting)))
        ways = {"mean": tried_on_means, "difference": tried_on_differences}[kind](found)
        for name, ends in ways.items():
            tried.setdefault(f"{kind}: {name}", []).append(inside(ends, truth))
    head = ["of", "seeds", "pictures", "least covered", "where", "covered on the mean"]
    table = [[*key, *min(of), round(float(np.mean([one for one, _ in of])), 4)] for key, of in rows.items()]
    shares = [one for of in rows.values() for one, _ in of]
    tried["ConvLens"] = shares
    told = {
        "command": COMMAND,
        "draws": DRAWS,
        "cells": len(shares),
        "ways": {name: _summary(of) for name, of in tried.items()},
        "table": [head, *table],
    }
    text = json.dumps(told, indent=1)
    TABLE.write_text(re.sub(r"\n {3,}| *\n {2}(?=\])", " ", text) + "\n", encoding="utf-8")


def _summary(shares: list[float]) -> dict[str, float]:
    """Of all cells, or of those of means or of differences."""
    found = np.array(shares)
    return {
        "least": float(found.min()),
        "mean": round(float(found.mean()), 4),
        "share of cells below 0.93": round(float((found < 0.93).mean()), 4),
    }


if __name__ == "__main__":
    main()
