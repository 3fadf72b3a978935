"""Intervals, tests and scores: against arithmetic by hand, statsmodels, scikit-learn, and simulations."""

import math

import numpy as np
import pytest
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    balanced_accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests

from model.comparison.intervals import (
    Estimate,
    difference_over,
    luck_of_the_best,
    mcnemar,
    mean_over,
)
from model.comparison.records import as_json
from model.comparison.scores import Scores
from model.comparison.scores import describe as quality_of
from model.comparison.together import holm

pytestmark = pytest.mark.numeric


def describe(scores: Scores, class_names: list[str]) -> dict[str, object]:
    """What report.json has of it."""
    return as_json(quality_of(scores, class_names))


NUM_IMAGES = 10_000
# As on Fashion-MNIST: dense is right on 0.89 of the test images, cnn on 0.917; two seeds of one network
# differ on 5 % of the images; their means deviate by 0.0025, of which 0.0015 is chance in single images.
ON_EDGE, ONLY_ONE = 0.12, 0.02  # shares of images that a seed decides, and that only one model can do
SEED_DEVIATION = 0.002


def simulate(
    num_seeds: int, deviation: float, difference: float, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Right answers (num_seeds, images) of two models, the second better by `difference` in the long run."""
    kinds = [ON_EDGE, ONLY_ONE, ONLY_ONE + difference, 1 - ON_EDGE - 2 * ONLY_ONE - difference]
    edge, only_first, only_second, _ = generator.multinomial(NUM_IMAGES, kinds)
    both = []
    for _ in range(2):
        chances = generator.uniform(0.15, 0.85, edge).astype(np.float32)
        shifts = generator.normal(0, deviation / ON_EDGE, (num_seeds, 1)).astype(np.float32)
        right = np.ones((num_seeds, NUM_IMAGES))
        right[:, :edge] = generator.random((num_seeds, edge), dtype=np.float32) < chances + shifts
        both.append(right)
    first, second = both
    second[:, edge : edge + only_first] = 0
    first[:, edge + only_first : edge + only_first + only_second] = 0
    return first, second


def intervals(num: int, num_seeds: int, deviation: float, difference: float) -> np.ndarray:
    """Intervals of so many simulated experiments, (num, 2)."""
    generator = np.random.default_rng([num_seeds, round(1e6 * deviation), round(1e6 * difference)])
    found = []
    for _ in range(num):
        first, second = simulate(num_seeds, deviation, difference, generator)
        found.append(difference_over(second, first).interval)
    return np.array(found)


def check_coverage(num: int, num_seeds: int, deviation: float) -> None:
    of_equals = intervals(num, num_seeds, deviation, 0.0)
    false_claims = np.mean((of_equals[:, 0] > 0) | (of_equals[:, 1] < 0))
    assert false_claims <= 0.06, f"{num_seeds} seeds: {false_claims:.3f} of equal pairs are told apart"
    found = intervals(num, num_seeds, deviation, 0.027)
    coverage = np.mean((found[:, 0] <= 0.027) & (found[:, 1] >= 0.027))
    assert 0.935 <= coverage <= 0.985, f"{num_seeds} seeds: intervals called 95 % cover {coverage:.3f}"


@pytest.mark.parametrize(("num_seeds", "deviation"), [(3, SEED_DEVIATION), (3, 2 * SEED_DEVIATION), (5, 0.0)])
def test_intervals_cover(num_seeds: int, deviation: float) -> None:
    check_coverage(1000, num_seeds, deviation)


@pytest.mark.deep
@pytest.mark.parametrize("num_seeds", [3, 5, 10])
@pytest.mark.parametrize("deviation", [0.0, SEED_DEVIATION, 2 * SEED_DEVIATION])
def test_intervals_cover_in_10000_simulations(num_seeds: int, deviation: float) -> None:
    check_coverage(10_000, num_seeds, deviation)


def test_five_seeds_see_one_point() -> None:
    found = intervals(500, 5, SEED_DEVIATION, 0.01)
    assert np.mean(found[:, 0] > 0) >= 0.8, "a true difference of one point is missed too often"


def test_simulation_is_like_fashion_mnist() -> None:
    dense, cnn = simulate(200, SEED_DEVIATION, 0.027, np.random.default_rng(0))
    assert dense.mean() == pytest.approx(0.89, abs=0.006)
    assert cnn.mean() == pytest.approx(0.917, abs=0.006)
    assert dense.mean(axis=1).std() == pytest.approx(0.0025, abs=0.0005)
    assert (dense[0] != dense[1]).mean() == pytest.approx(0.05, abs=0.01)


BASELINE = np.array([[1, 1, 0, 0, 1], [1, 0, 0, 0, 1]], float)
CANDIDATE = np.array([[0, 1, 1, 1, 1], [0, 1, 1, 1, 0]], float)


def test_difference_by_hand() -> None:
    estimate = difference_over(CANDIDATE, BASELINE)
    # Seed means 0.6 and 0.4, 0.8 and 0.6: variance 0.02 each; over two seeds 0.01 + 0.01.
    assert estimate.seed_variances == pytest.approx((0.02, 0.02))
    # Image means differ by -1, 0.5, 1, 1, -0.5; squares about their mean 0.2 sum to 3.3; with the extra
    # images, 5.3 / 4 / 5 = 0.265. Residuals: 0.4 once and 0.1 four times, with either sign: 0.4 / 4 = 0.1
    # per model, over ten answers 0.01 + 0.01.
    assert estimate.image_variance == pytest.approx(0.265 - 0.02)
    assert estimate.over == "seeds and images"
    error, degrees = estimate.error()
    assert error**2 == pytest.approx(0.02 + 0.245)
    shares = np.array([0.01, 0.01, 0.245]) / 0.265
    assert degrees == pytest.approx(1 / (shares**1.7 / [1, 1, 4]).sum())
    # As a share, (1 + 0.2) / 2 = 0.6 with variance 0.265 / 4: as of 0.6 * 0.4 / 0.06625 = 3.62 images.
    images, reach = 0.24 / 0.06625, stats.t.ppf(0.975, degrees)
    for end in estimate.interval:
        supposed = (1 + end) / 2
        distance = abs(supposed - 0.6) - 0.5 / 5  # half an image of those there are
        assert distance == pytest.approx(reach * math.sqrt(supposed * (1 - supposed) / images)), (
            "an end is the share from which the found one is just t errors away, by the error at that end"
        )
    assert estimate.p_value == 1, "0.1 is no more than half an image of five"


def test_the_seeds_own_t_where_they_make_the_error() -> None:
    # Seeds make 4 parts of 5, more than 0.65 of the variance: 2 seeds have 1 degree of freedom.
    alone = Estimate(0.0, (8e-4,), (2,), 1e-4, NUM_IMAGES)
    assert alone.interval[1] == pytest.approx(stats.t.ppf(0.975, 1) * math.sqrt(4e-4))
    # 0.325, half of it: of 1 degree of freedom what is left is the fourth root of a half, of 4 nothing.
    few = Estimate(0.0, (6.5e-4,), (2,), 6.75e-4, NUM_IMAGES)
    assert few.interval[1] == pytest.approx(0.5**0.25 * stats.t.ppf(0.975, 1) * math.sqrt(3.25e-4))
    many = Estimate(0.0, (16.25e-4,), (5,), 6.75e-4, NUM_IMAGES)
    error, degrees = many.error()
    assert many.interval[1] == pytest.approx(stats.t.ppf(0.975, degrees) * error)


@pytest.mark.parametrize("num_seeds", [1, 2, 3])
def test_no_interval_leaves_what_is_possible(num_seeds: int) -> None:
    """Seeds that learned or did not: two of them alone would say from -382 to 333 of 100."""
    for num_images in (1, 2, 7, 400):
        right = [np.zeros((num_seeds, num_images)), np.ones((num_seeds, num_images))]
        wild = np.arange(num_seeds)[:, None] % 2 * np.ones((1, num_images))
        for values in (*right, wild, 1 - wild):
            low, high = mean_over(values).interval
            assert 0 <= low <= values.mean() <= high <= 1
            for other in (*right, wild):
                estimate = difference_over(values, other)
                low, high = estimate.interval
                assert -1 <= low <= estimate.value <= high <= 1
                assert (low > 0 or high < 0) == (estimate.p_value < 0.05)
        low, high = mean_over(2 * wild, (0.0, 2.0)).interval
        assert 0 <= low <= high <= 2, "a Brier score"
        low, high = mean_over(9 * wild, (0.0, math.inf)).interval
        assert 0 <= low <= high, "how much a map changes"


def test_interval_and_p_value_agree() -> None:
    generator = np.random.default_rng(1)
    for num_seeds in (1, 2, 5):
        first, second = (generator.random((num_seeds, 300)) < share for share in (0.80, 0.84))
        estimate = difference_over(second.astype(float), first.astype(float))
        low, high = estimate.interval
        assert (estimate.p_value < 0.05) == (low > 0 or high < 0)


def test_mean_by_hand() -> None:
    estimate = mean_over(BASELINE)
    # 0.02 / 2 for the seeds; image means 1, 0.5, 0, 0, 1 about 0.5: 1 / 4 / 5 = 0.05, less 0.1 / 10: as of
    # seeds that err on the same images, 0.5 * 0.5 / 5, to the last digit
    assert estimate.value == pytest.approx(0.5)
    assert estimate.error()[0] ** 2 == pytest.approx(0.01 + 0.05 - 0.01)


def test_few_wrong_images_do_not_tell_how_alike_seeds_are() -> None:
    # One seed errs on one of ten images, the other on none: seed means 0.9 and 1, variance 0.005, over two
    # 0.0025. Image means: one 0.5, nine 1, squares 0.225 / 9 / 10 = 0.0025; residuals 0.225 twice, over 9
    # 0.05, over 20 answers 0.0025 again: nothing is left. Drawn towards
    # 0.95 * 0.05 / 10 = 0.00475 by one image, where 10 * 0.0475 = 0.475 is known: 0.00225 / 1.475 more.
    values = np.ones((2, 10))
    values[0, 0] = 0
    assert mean_over(values).error()[0] ** 2 == pytest.approx(0.0025 + 0.00225 / 1.475)
    assert mean_over(values[:1]).error()[0] ** 2 == pytest.approx(0.9 * 0.1 / 9), "one seed has none like it"
    assert mean_over(0.9 * values).error()[0] ** 2 == pytest.approx(0.0025 * 0.81), "no shares, as losses"


def test_one_seed_means_images_only() -> None:
    estimate = difference_over(CANDIDATE[:1], BASELINE[:1])
    # differences -1, 0, 1, 1, 0 about 0.2: 2.8, with the extra images 4.8 / 4 / 5
    assert estimate.over == "images"
    assert estimate.error()[0] ** 2 == pytest.approx(0.24)
    assert estimate.error()[1] == pytest.approx(4)
    mixed = difference_over(CANDIDATE, BASELINE[:1])
    assert mixed.over == "images", "one seed of one model says nothing about its other seeds"


def test_seeds_are_not_paired() -> None:
    swapped = difference_over(CANDIDATE[::-1], BASELINE)
    assert swapped == difference_over(CANDIDATE, BASELINE), (
        "seed 0 of one model has nothing to do with the other's"
    )


def test_few_images_never_look_certain() -> None:
    ones, zeros = np.ones((3, 2)), np.zeros((3, 2))
    low, high = difference_over(ones, zeros).interval
    assert low < 0 < high, "two images are not enough for a claim"
    low, high = difference_over(np.ones((3, 1)), np.zeros((3, 1))).interval
    assert low < 0 < high
    low, high = difference_over(np.ones((3, 50)), np.zeros((3, 50))).interval
    assert low > 0, "fifty of fifty is"


def test_equal_answers_differ_by_nothing() -> None:
    right = np.random.default_rng(0).random((1, NUM_IMAGES)) < 0.9
    low, high = difference_over(right.astype(float), right.astype(float)).interval
    assert -0.0005 < low < 0 < high < 0.0005


def test_share_of_one_seed_is_wilsons_with_its_correction() -> None:
    right = np.array([[1.0] * 450 + [0.0] * 50])
    low, high = mean_over(right).interval
    expected = stats.binomtest(450, 500).proportion_ci(method="wilsoncc")
    assert (low, high) == pytest.approx(expected, abs=0.0005), "t of 499 degrees in the place of the normal"
    low, high = mean_over(np.ones((1, 20))).interval
    expected = stats.binomtest(20, 20).proportion_ci(method="wilsoncc")
    assert (low, high) == pytest.approx(expected), "20 of 20 right is no proof of 100 %"


def test_seeds_needed() -> None:
    estimate = Estimate(0.002, (1e-5, 1e-5), (3, 3), 1e-8, NUM_IMAGES)
    more = estimate.seeds_needed(0.002)
    assert more is not None
    error, degrees = estimate.error(more)
    assert error * (stats.t.ppf(0.975, degrees) + stats.t.ppf(0.8, degrees)) <= 0.002
    error, degrees = estimate.error(more - 1)
    assert error * (stats.t.ppf(0.975, degrees) + stats.t.ppf(0.8, degrees)) > 0.002, (
        "one seed fewer would do"
    )
    assert Estimate(0.002, (1e-5, 1e-5), (3, 3), 1e-5, NUM_IMAGES).seeds_needed(0.002) is None
    assert Estimate(0.0, (1e-9, 1e-9), (3, 3), 1e-9, NUM_IMAGES).seeds_needed(0.002) == 0


def test_mcnemar_is_statsmodels() -> None:
    generator = np.random.default_rng(3)
    baseline, candidate = (generator.random(400) < share for share in (0.80, 0.86))
    found = mcnemar(7, baseline.astype(float), candidate.astype(float))
    table = [[np.sum(b & c) for c in (candidate, ~candidate)] for b in (baseline, ~baseline)]
    assert [found.only_baseline_correct, found.only_candidate_correct] == [table[0][1], table[1][0]]
    assert found.p_value == pytest.approx(statsmodels_mcnemar(table, exact=True).pvalue)
    assert mcnemar(0, np.ones(5), np.ones(5)).p_value == 1.0


def test_holm_is_statsmodels() -> None:
    p_values = [0.03, 0.001, 0.9, 0.012, 0.012, 0.2]
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm([0.02, None, 0.04]) == [0.04, None, 0.04], "a class without images is no test"
    assert holm([0.0, 0.04]) == [0.0, 0.04], "0 is a p-value, too"


def test_luck() -> None:
    assert luck_of_the_best(1, [0.003]) == 0.0
    assert luck_of_the_best(5, []) is None
    # The larger of two equal normals lies 1 / sqrt(pi) deviations up; here the deviation is 0.003 / sqrt(2).
    assert luck_of_the_best(2, [0.003]) == pytest.approx(0.003 / math.sqrt(2 * math.pi), rel=1e-4)
    draws = np.random.default_rng(0).normal(0, 0.003 / math.sqrt(2), (100_000, 14)).max(axis=1)
    assert luck_of_the_best(14, [0.003, 0.003]) == pytest.approx(draws.mean(), rel=0.01)


def predict(num_images: int = 1500, num_classes: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities (num_images, num_classes) that are right more often than not, and labels."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, num_classes, num_images).astype(np.uint8)
    scores = generator.normal(0, 1, (num_images, num_classes)) + 1.8 * np.eye(num_classes)[labels]
    powers = np.exp(1.5 * scores)
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32), labels


def test_scores_are_scikit_learns() -> None:
    probabilities, labels = predict()
    answers = probabilities.argmax(axis=1)
    found = describe(Scores({4: probabilities}, labels), list("abcde"))
    assert found["seeds"] == [4]
    assert found["accuracy"]["mean"] == pytest.approx(np.mean(answers == labels))
    assert found["accuracy"]["std"] is None
    assert found["top_2"]["mean"] == pytest.approx(top_k_accuracy_score(labels, probabilities, k=2))
    assert found["loss"]["mean"] == pytest.approx(log_loss(labels, probabilities), rel=1e-5)
    brier = sum(brier_score_loss(labels == label, probabilities[:, label]) for label in range(5))
    assert found["brier"]["mean"] == pytest.approx(brier)
    assert found["confusion"] == confusion_matrix(labels, answers).tolist(), (
        "rows are labels, columns answers"
    )
    precision = precision_score(labels, answers, average=None)
    assert [row["precision"] for row in found["per_class"]] == pytest.approx(list(precision))
    assert [row["f1"] for row in found["per_class"]] == pytest.approx(
        list(f1_score(labels, answers, average=None))
    )
    recall = recall_score(labels, answers, average=None)
    assert [row["accuracy"] for row in found["per_class"]] == pytest.approx(list(recall))
    balanced = balanced_accuracy_score(labels, answers)
    assert found["balanced_accuracy"] == pytest.approx(balanced), "every class counts alike"
    assert abs(balanced - found["accuracy"]["mean"]) > 1e-4, "this test sees nothing"
    assert [row["images"] for row in found["per_class"]] == np.bincount(labels).tolist()
    assert [row["class"] for row in found["per_class"]] == list("abcde")
    assert found["confidence"] == pytest.approx(probabilities.max(axis=1).mean(dtype=np.float64))


def test_intervals_of_one_seed_are_wilsons_or_students() -> None:
    """Of shares Wilson's, which stay between 0 and 1; of losses far from their ends as good as Student's."""
    probabilities, labels = predict(num_images=600)
    found = describe(Scores({0: probabilities}, labels), list("abcde"))
    right = probabilities.argmax(axis=1) == labels
    shares = [(found["accuracy"], right)]
    shares += [(row, right[labels == label]) for label, row in enumerate(found["per_class"])]
    for told, answers in shares:
        expected = stats.binomtest(answers.sum(), len(answers)).proportion_ci(method="wilsoncc")
        # t in the place of the normal, and one degree of freedom less
        np.testing.assert_allclose(told["interval"], expected, atol=0.6 / len(answers))
    losses = -np.log(probabilities[np.arange(600), labels].astype(np.float64))
    expected = stats.t.interval(0.95, 599, losses.mean(), stats.sem(losses))
    assert np.diff(found["loss"]["interval"]) == pytest.approx(np.diff(expected), rel=0.02)
    assert found["loss"]["interval"][0] > expected[0], "no loss is below 0, and a few are far above the rest"


def test_calibration_is_scikit_learns() -> None:
    probabilities, labels = predict()
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    accuracy, sure = calibration_curve(right, confidence, n_bins=15, strategy="quantile")
    found = describe(Scores({0: probabilities}, labels), list("abcde"))
    assert found["calibration_error"] == pytest.approx(np.abs(accuracy - sure).mean(), rel=1e-6)
    assert [one["accuracy"] for one in found["calibration"]] == pytest.approx(list(accuracy))
    assert [one["confidence"] for one in found["calibration"]] == pytest.approx(list(sure))


def test_seeds_are_averaged() -> None:
    (first, labels), (second, _) = predict(seed=0), predict(seed=0)
    second = second[:, [1, 0, 2, 3, 4]]
    both = describe(Scores({0: first, 7: second}, labels), list("abcde"))
    alone = [describe(Scores({0: one}, labels), list("abcde")) for one in (first, second)]
    assert both["seeds"] == [0, 7]
    for key in ("accuracy", "loss", "brier", "top_2"):
        values = [one[key]["mean"] for one in alone]
        assert both[key]["values"] == pytest.approx(values)
        assert both[key]["mean"] == pytest.approx(np.mean(values))
        assert both[key]["std"] == pytest.approx(np.std(values, ddof=1))
    assert both["calibration_error"] == pytest.approx(np.mean([one["calibration_error"] for one in alone])), (
        "each network is calibrated or not by itself; pooled seeds would hide it"
    )
    assert both["confusion"] == pytest.approx(np.mean([one["confusion"] for one in alone], axis=0))


def test_rejecting_the_unsure_helps() -> None:
    probabilities, labels = predict()
    curve = describe(Scores({0: probabilities}, labels), list("abcde"))["rejection"]
    order = np.argsort(-probabilities.max(axis=1), kind="stable")
    right = (probabilities.argmax(axis=1) == labels)[order]
    assert [point["rejected"] for point in curve] == pytest.approx(np.arange(20) / 20)
    assert curve[0]["accuracy"] == pytest.approx(right.mean())
    assert curve[10]["accuracy"] == pytest.approx(right[:750].mean())
    both = describe(Scores({0: probabilities, 1: probabilities[:, [1, 0, 2, 3, 4]]}, labels), list("abcde"))
    other = describe(Scores({1: probabilities[:, [1, 0, 2, 3, 4]]}, labels), list("abcde"))["rejection"]
    for point, one, two in zip(both["rejection"], curve, other, strict=True):
        assert point["accuracy"] == pytest.approx((one["accuracy"] + two["accuracy"]) / 2), (
            "each network rejects what it is unsure of, not what another is"
        )


def test_class_without_images() -> None:
    probabilities, labels = predict()
    labels[labels == 3] = 2
    probabilities[:, 3] = 0
    found = describe(Scores({0: probabilities}, labels), list("abcde"))
    recalls = recall_score(labels, probabilities.argmax(axis=1), average=None)
    assert found["balanced_accuracy"] == pytest.approx(np.mean(recalls)), "of the classes that have pictures"
    row = found["per_class"][3]
    assert row == {
        "class": "d",
        "images": 0,
        "accuracy": None,
        "interval": None,
        "precision": None,
        "f1": None,
    }


def test_accuracies_near_1_stay_below_it() -> None:
    labels = np.arange(30, dtype=np.uint8) % 3
    found = describe(Scores({0: np.eye(3, dtype=np.float32)[labels]}, labels), list("abc"))
    for part in (found["accuracy"], found["top_2"], found["per_class"][0]):
        low, high = part["interval"]
        assert 0.5 < low < 0.95, "30 of 30 right is no proof of 100 %"
        assert high == pytest.approx(1.0)


def test_sure_and_wrong_costs_no_infinity() -> None:
    probabilities = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    found = describe(Scores({0: probabilities}, np.array([1, 0, 1], np.uint8)), ["a", "b"])
    assert found["loss"]["mean"] == pytest.approx(-math.log(1e-12) / 3)
