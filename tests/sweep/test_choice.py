"""Which setting is best, what can't be told from it, what is worth its cost: each worked out a second way."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from model.comparison.intervals import difference_of_shares, mean_of_shares, mean_over
from model.comparison.scores import rate_of_shares
from model.sweep.choice import choose
from model.sweep.records import Candidate
from tests.strangers import second_way

pytestmark = pytest.mark.numeric

PICTURES = 1000


def candidate(values: list[float], flops: int = 1000, model: str = "cnn") -> Candidate:
    rate = rate_of_shares(values, PICTURES)
    return Candidate(
        model=model,
        settings=["a"],
        values={},
        seeds=list(range(len(values))),
        parameters=10,
        flops_per_image=flops,
        validation_accuracy=rate,
        accuracy=rate,
        train_seconds=1.0,
        epochs=1,
        precision="float32",
    )


@pytest.mark.parametrize("shares", [[0.9], [0.9, 0.91], [0.88, 0.9, 0.93], [1.0, 1.0], [0.0], [0.97] * 4])
@pytest.mark.parametrize("others", [[0.85], [0.85, 0.87], [1.0, 1.0, 1.0]])
@pytest.mark.parametrize("count", [12, 1000])
def test_intervals_of_shares_come_out_the_second_way(shares, others, count):
    pairs = (
        (mean_of_shares(shares, count), second_way.mean_of_shares(shares, count)),
        (difference_of_shares(shares, others, count), second_way.difference_of_shares(shares, others, count)),
    )
    for found, expected in pairs:
        assert found.value == pytest.approx(expected.value)
        assert found.interval == pytest.approx([expected.low, expected.high], abs=1e-6), (
            "the interval differs"
        )
        assert found.over == expected.over
        assert found.p_value == pytest.approx(expected.p_value, abs=1e-6), "the p-value differs"


def test_of_one_seed_the_share_tells_as_much_as_all_answers():
    right = (np.arange(300) % 10 < 9).astype(float)[None]
    assert mean_of_shares([right.mean()], 300).interval == pytest.approx(mean_over(right).interval), (
        "an interval of a share is that of its answers where there is one seed"
    )


def simulated(random: np.random.Generator, num: int, seeds: int) -> list[list[float]]:
    """Shares of equally good models that find the same pictures hard, and whose seeds differ a little."""
    easy = random.beta(9, 1, PICTURES)
    shifts = random.normal(0, 0.004, (num, seeds, 1))
    right = random.random((num, seeds, PICTURES)) < np.clip(easy + shifts, 0, 1)
    return right.mean(axis=2).tolist()


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_intervals_of_shares_hold_the_truth_often_enough(seeds):
    random, inside, apart, rounds = np.random.default_rng(seeds), 0, 0, 150
    for _ in range(rounds):
        shares = simulated(random, 5, seeds)
        low, high = mean_of_shares(shares[0], PICTURES).interval
        inside += low <= 0.9 <= high
        found = choose([candidate(one) for one in shares], PICTURES)
        apart += len(found.together["cnn"]) < 5
    assert inside >= 0.93 * rounds, f"95 % intervals hold the truth in {inside} of {rounds}"
    assert apart <= 0.07 * rounds, f"of equally good settings some are told apart in {apart} of {rounds}"


def test_the_best_and_what_is_as_good_come_out_the_second_way():
    random = np.random.default_rng(1)
    for _ in range(20):
        shares = (random.uniform(0.8, 0.95, (6, 1)) + random.normal(0, 0.004, (6, 3))).round(3).tolist()
        found = choose([candidate(one) for one in shares], PICTURES)
        best = int(np.argmax(np.mean(shares, axis=1)))
        pairs = list(combinations(range(6), 2))
        p_values = [second_way.difference_of_shares(shares[a], shares[b], PICTURES).p_value for a, b in pairs]
        apart = multipletests(p_values, method="bonferroni")[0]
        alike = [one for one in range(6) if one == best or not apart[pairs.index(tuple(sorted((one, best))))]]
        assert found.best == {"cnn": best}, "the best has the highest mean of validation accuracy"
        assert found.together == {"cnn": alike}, "allowing for all pairs, others can be told from the best"
    assert len(alike) not in (1, 6), "nothing was told apart, or everything: this test tests nothing"


def test_what_is_worth_its_cost_is_what_none_beats():
    random = np.random.default_rng(2)
    means, costs = random.integers(70, 95, 40) / 100, random.integers(1, 12, 40) * 100
    found = choose([candidate([m, m], int(c)) for m, c in zip(means, costs, strict=True)], PICTURES).pareto
    for one in range(40):
        beaten = any(
            means[other] >= means[one]
            and costs[other] <= costs[one]
            and (means[other] > means[one] or costs[other] < costs[one] or other < one)
            for other in range(40)
            if other != one
        )
        assert (one in found) == (not beaten), (
            f"{means[one]} at {costs[one]} is {'' if beaten else 'not '}beaten"
        )
    assert costs[found].tolist() == sorted(costs[found]), "they stand by rising cost"


def test_of_equal_settings_the_cheapest_is_the_best():
    found = choose([candidate([0.9, 0.9], 2000), candidate([0.9, 0.9], 1000)], PICTURES)
    assert found.best == {"cnn": 1}
    assert found.pareto == [1]


def test_what_lost_a_training_is_not_the_best_of_what_is_left():
    one, other = candidate([0.9, 0.9]), candidate([0.95])
    found = choose([one, other], PICTURES)
    assert found.best == {"cnn": 0}, "its other training failed, and may have been a bad one"
    assert choose([replace(other, flops_per_image=5)], PICTURES).best == {"cnn": 0}, "all lack as many"


def test_each_model_has_its_own_best():
    of_dense = [candidate([0.8, 0.8], 10, "dense"), candidate([0.85, 0.85], 10, "dense")]
    found = choose([*of_dense, candidate([0.9, 0.9])], PICTURES)
    assert found.best == {"dense": 1, "cnn": 2}
    assert found.pareto == [1, 2], "models are held against one another by cost"
