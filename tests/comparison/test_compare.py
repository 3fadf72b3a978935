"""Every model against the first: the dict that goes into report.json, and which trainings it leaves out."""

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from model.comparison import compare
from model.comparison.compare import _answer, _per_class
from model.comparison.intervals import Estimate
from model.comparison.pairs import Answer
from model.comparison.records import Facts, Failure, as_json
from model.comparison.scores import Scores
from tests.comparison.test_verdict import CLASSES, COST
from tests.records import FACTS, typed

pytestmark = pytest.mark.numeric

CONSTANT = np.array([0.5, 0.3, 0.2], np.float32)


def summarise(
    predictions: Any,
    labels: np.ndarray,
    class_names: Any,
    facts: dict[str, dict[str, Any]],
    failed: Any = (),
    validation_labels: np.ndarray | None = None,
) -> dict[str, Any]:
    """What report.json has of it."""
    known = {name: typed(Facts, FACTS | told) for name, told in facts.items()}
    failures = typed(list[Failure], failed)
    found = compare.summarise(predictions, labels, class_names, known, failures, validation_labels)
    return as_json(found)


def compare_scores(one: Scores, other: Scores, class_names: Any) -> dict[str, Any]:
    """Likewise."""
    return as_json(compare.compare_scores("dense", one, "cnn", other, class_names))


def predict(
    right: float, seeds: tuple[int, ...] = (0, 1, 2), edge: float = 0.06, num_images: int = 3000
) -> dict[int, np.ndarray]:
    """Probabilities per seed, right on about that share; `edge` is the share that a seed decides."""
    labels = labels_of(num_images)
    hard = np.random.default_rng(11).permutation(num_images) / num_images
    found = {}
    for seed in seeds:
        generator = np.random.default_rng([seed, round(1e4 * right)])
        wrong = hard + generator.uniform(-edge, edge, num_images) > right
        answers = np.where(wrong, (labels + 1) % 3, labels)
        found[seed] = (0.2 + 0.4 * np.eye(3)[answers]).astype(np.float32)
    return found


def labels_of(num_images: int = 3000) -> np.ndarray:
    return (np.arange(num_images) % 3).astype(np.uint8)


def test_summary_of_two_models() -> None:
    summary = summarise({"dense": predict(0.85), "cnn": predict(0.92)}, labels_of(), CLASSES, COST)
    json.dumps(summary, allow_nan=False)  # what is no JSON can't be in report.json
    assert summary["chance"] == pytest.approx(1 / 3)
    assert summary["models"]["cnn"]["parameters"] == 243_786, "facts are part of the entry"
    [comparison] = summary["comparisons"]
    means = [summary["models"][name]["accuracy"]["mean"] for name in ("dense", "cnn")]
    assert comparison["difference"] == pytest.approx(means[1] - means[0])
    assert [row["seed"] for row in comparison["mcnemar"]] == [0, 1, 2]
    gained = [row["only_candidate_correct"] - row["only_baseline_correct"] for row in comparison["mcnemar"]]
    assert np.mean(gained) / 3000 == pytest.approx(comparison["difference"])
    differences = [row["difference"] for row in comparison["per_class"]]
    assert np.mean(differences) == pytest.approx(comparison["difference"]), "classes are equally large"
    p_values = [row["p_value"] for row in comparison["per_class"]]
    adjusted = multipletests(p_values, method="holm")[1]
    assert [row["p_adjusted"] for row in comparison["per_class"]] == pytest.approx(adjusted)
    assert np.sum(comparison["confusion_difference"]) == pytest.approx(0)
    assert summary["failed"] == summary["not_compared"] == []
    assert comparison["verdict"].startswith("cnn is better than dense by")
    assert comparison["to_see"] is None, "a difference that was seen needs no more seeds"


def answers_of(right: np.ndarray, labels: np.ndarray) -> dict[int, np.ndarray]:
    """Probabilities per seed from bool (seeds, images): which answers are right."""
    answers = np.where(right, labels, (labels + 1) % 3)
    return {seed: (0.2 + 0.4 * np.eye(3)[row]).astype(np.float32) for seed, row in enumerate(answers)}


def test_classes_are_compared_each_by_itself_and_their_p_values_corrected_for_their_number() -> None:
    """Of classes with 900, 600 and 300 images: score tests with t by hand, and statsmodels' correction."""
    labels = np.repeat([0, 1, 2], [900, 600, 300]).astype(np.uint8)
    dense, cnn = (np.random.default_rng(seed).random((1, 1800)) < 0.8 for seed in (1, 2))
    for label, more in ((0, 90), (1, 48), (2, 4)):  # these are turned in favour of cnn
        places = np.flatnonzero((labels == label) & ~cnn[0])[:more]
        cnn[0, places] = True
    models = {"dense": answers_of(dense, labels), "cnn": answers_of(cnn, labels)}
    summary = summarise(models, labels, CLASSES, COST)
    [comparison] = summary["comparisons"]
    assert summary["chance"] == 0.5, "the share of the commonest class"
    p_values = []
    for label, row in enumerate(comparison["per_class"]):
        change = (cnn[0].astype(float) - dense[0])[labels == label]
        # an image more for each side, as `difference_over` says
        squares, freedom = ((change - change.mean()) ** 2).sum() + 2, len(change) - 1
        found = change.mean()
        assert row["difference"] == pytest.approx(found)
        images = (1 - found**2) * freedom * len(change) / squares  # that would have the error of (1 + d) / 2
        half = 1 / max(images, len(change))  # image, of differences
        for end in row["interval"]:
            error = np.sqrt((1 - end**2) / images)
            assert abs(end - found) - half == pytest.approx(stats.t.ppf(0.975, freedom) * error)
        p_values.append(2 * stats.t.sf((abs(found) - half) * np.sqrt(images), freedom))
        assert row["p_value"] == pytest.approx(p_values[-1])
    adjusted = multipletests(p_values, method="holm")[1]
    assert [row["p_adjusted"] for row in comparison["per_class"]] == pytest.approx(adjusted)
    assert [row["clear"] for row in comparison["per_class"]] == (adjusted < 0.05).tolist()
    assert any((np.array(p_values) < 0.05) & (adjusted > 0.05)), "this test sees nothing of the correction"


def test_the_error_is_told_with_its_degrees_of_freedom() -> None:
    labels = labels_of(400)
    dense, cnn = (np.random.default_rng(seed).random((1, 400)) < 0.8 for seed in (1, 2))
    models = {"dense": answers_of(dense, labels), "cnn": answers_of(cnn, labels)}
    [comparison] = summarise(models, labels, CLASSES, COST)["comparisons"]
    change = cnn[0].astype(float) - dense[0]
    squares = ((change - change.mean()) ** 2).sum() + 2
    assert comparison["standard_error"] == pytest.approx(np.sqrt(squares / 399 / 400))
    assert comparison["degrees_of_freedom"] == pytest.approx(399)


def test_every_model_meets_the_first() -> None:
    cost = dict.fromkeys(("a", "b", "c"), COST["dense"])
    summary = summarise({name: predict(0.9) for name in ("c", "b", "a")}, labels_of(), CLASSES, cost)
    pairs = [(one["baseline"], one["candidate"]) for one in summary["comparisons"]]
    assert pairs == [("a", "b"), ("a", "c")], "the config's order counts, not that of the predictions"


def test_the_comparisons_of_a_run_are_allowed_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two p-values of 0.03 Holm makes 0.06: neither pair is clear, though each is by itself."""
    monkeypatch.setattr(Estimate, "p_value", property(lambda self: 0.03))
    shares, cost = {"a": 0.85, "b": 0.92, "c": 0.93}, dict.fromkeys(("a", "b", "c"), COST["dense"])
    predictions = {name: predict(share) for name, share in shares.items()}
    told = summarise(predictions, labels_of(), CLASSES, cost)["comparisons"]
    expected = {"pairs": 2, "p_value": 0.03, "p_adjusted": 0.06, "clear": False}
    assert [one["among_all"] for one in told] == [expected] * 2
    for one in told:
        assert one["interval"][0] > 0, "on its own the pair is clear"
        assert one["verdict"].startswith("No difference can be seen, allowing for all 2 pairs: ")
        assert one["verdict"].endswith("as may be by luck."), "a winner by luck has a cost"
    del predictions["c"], cost["c"]
    [alone] = summarise(predictions, labels_of(), CLASSES, cost)["comparisons"]
    assert "among_all" not in alone, "of a single comparison report.json says what it said"
    assert alone["verdict"].startswith("b is better than a by")


def test_equal_models_are_not_told_apart() -> None:
    summary = summarise(
        {"dense": predict(0.9), "cnn": predict(0.9, seeds=(5, 6, 7))}, labels_of(), CLASSES, COST
    )
    [comparison] = summary["comparisons"]
    assert comparison["verdict"].startswith("No difference can be seen")
    assert comparison["to_see"]["difference"] >= 0.002
    assert comparison["mcnemar"] == [], "there is no seed that both have"
    assert not any(row["clear"] for row in comparison["per_class"])


def test_missing_seed_leaves_the_rest() -> None:
    failed = [{"model": "cnn", "seed": 1, "reason": "loss not finite at epoch 2"}]
    cnn = predict(0.92, seeds=(2, 0))
    summary = summarise({"dense": predict(0.85), "cnn": cnn}, labels_of(), CLASSES, COST, failed)
    assert summary["models"]["cnn"]["seeds"] == [0, 2]
    assert [row["seed"] for row in summary["comparisons"][0]["mcnemar"]] == [0, 2]
    assert summary["failed"] == failed


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (np.full((3000, 3), np.nan, np.float32), "probabilities not finite"),
        (np.tile(CONSTANT, (3000, 1)), "the same answer to every picture"),
        (predict(0.9)[0][np.random.default_rng(0).permutation(3000)], "no better than guessing"),
    ],
)
def test_guesses_are_not_averaged_in(fault: np.ndarray, reason: str) -> None:
    cnn = predict(0.92)
    alone = summarise({"dense": predict(0.85), "cnn": {0: cnn[0], 2: cnn[2]}}, labels_of(), CLASSES, COST)
    cnn[1] = fault
    summary = summarise({"dense": predict(0.85), "cnn": cnn}, labels_of(), CLASSES, COST)
    assert summary["failed"] == [{"model": "cnn", "seed": 1, "reason": reason}]
    assert summary["models"] == alone["models"], "a failed training is in the average"
    assert summary["comparisons"] == alone["comparisons"]


@pytest.mark.parametrize("right", [16, 10], ids=["80 %", "half, as guessing gives"])
def test_few_pictures_call_nobody_guessing(right: int) -> None:
    labels = (np.arange(20) % 2).astype(np.uint8)
    answers = np.where(np.arange(20) < right, labels, 1 - labels)
    predictions = {0: (0.1 + 0.8 * np.eye(2)[answers]).astype(np.float32)}
    summary = summarise({"dense": predictions, "cnn": predictions}, labels, CLASSES[:2], COST)
    assert summary["failed"] == [], "20 pictures can't tell a network that learned from one that guesses"
    assert len(summary["comparisons"]) == 1
    constant = {0: np.tile(CONSTANT[:2], (20, 1))}
    summary = summarise({"dense": constant, "cnn": predictions}, labels, CLASSES[:2], COST)
    assert summary["failed"] == [{"model": "dense", "seed": 0, "reason": "the same answer to every picture"}]


def test_model_that_guesses_is_broken() -> None:
    constant = np.tile(CONSTANT, (3000, 1))
    summary = summarise({"dense": {0: constant}, "cnn": predict(0.92)}, labels_of(), CLASSES, COST)
    assert summary["comparisons"] == []
    assert summary["models"]["dense"]["broken"] == "the same answer to every picture"
    assert [one["verdict"] for one in summary["not_compared"]] == [
        "dense is at 33.3 %, no more than guessing gives: its training failed "
        "(the same answer to every picture). No comparison is made."
    ]
    guesses = predict(0.9)[0][np.random.default_rng(0).permutation(3000)]
    summary = summarise({"dense": {0: guesses}, "cnn": predict(0.92)}, labels_of(), CLASSES, COST)
    assert summary["not_compared"][0]["verdict"].endswith(
        "guessing gives: its training failed. No comparison is made."
    )


ROLLED = {seed: np.roll(one, 1, axis=0) for seed, one in predict(0.9).items()}  # answers to other pictures


@pytest.mark.parametrize("wrong", [ROLLED, {0: np.tile(CONSTANT, (3000, 1))}], ids=["labels", "pictures"])
def test_a_training_that_succeeded_is_not_called_failed(wrong: dict[int, np.ndarray]) -> None:
    """What a network learned shows on validation pictures: then it is the test set that does not fit."""
    facts = {
        "dense": COST["dense"] | {"validation_accuracy": {"0": 0.74, "1": 0.75, "2": 0.76}},
        "cnn": COST["cnn"] | {"validation_accuracy": {"0": 0.39}},
    }
    cnn = {0: ROLLED[0]}
    validation = labels_of(300)  # guessing gives 33 %, and hardly ever 41.5 %
    summary = summarise({"dense": wrong, "cnn": cnn}, labels_of(), CLASSES, facts, (), validation)
    accuracy = 100 * summary["models"]["dense"]["accuracy"]["mean"]
    [pair] = summary["not_compared"]
    dense, other = pair["verdict"].split(". ", 1)[0], pair["verdict"].split("kind. ", 1)[1]
    assert dense == (
        f"dense is right on {75 if len(wrong) == 3 else 74}.0 % of the validation pictures, and on"
        f" {accuracy:.1f} % of the test "
        "pictures, no more than guessing gives: these test labels do not fit these test pictures, or both "
        "are of another kind"
    )
    assert other.startswith("cnn is at"), "39 % is what guessing may give"
    assert "its training failed" in other
    stages = {(one["model"], one["seed"]): one.get("stage") for one in summary["failed"]}
    assert stages == {("dense", seed): "scoring" for seed in wrong} | {("cnn", 0): None}
    unknown = summarise({"dense": wrong, "cnn": cnn}, labels_of(), CLASSES, facts)
    assert unknown["not_compared"][0]["verdict"].startswith("dense is at"), "of which nothing else is known"


def test_model_without_predictions() -> None:
    failed = [{"model": "dense", "seed": 0, "reason": "loss not finite at epoch 2"}]
    summary = summarise({"cnn": predict(0.92)}, labels_of(), CLASSES, COST, failed)
    assert list(summary["models"]) == ["cnn"]
    assert [one["verdict"] for one in summary["not_compared"]] == [
        "dense has no result: its training failed (loss not finite at epoch 2). No comparison is made."
    ]
    nothing = summarise({}, labels_of(), CLASSES, COST, failed)
    assert nothing["models"] == {}
    assert nothing["not_compared"][0]["verdict"] == (
        "dense has no result: its training failed (loss not finite at epoch 2). "
        "cnn has no result: it is not trained yet. No comparison is made."
    )


def test_class_without_test_images() -> None:
    classes = [*CLASSES, "Coat"]
    wide = {
        name: {seed: np.pad(p, ((0, 0), (0, 1))) for seed, p in predict(share).items()}
        for name, share in (("dense", 0.85), ("cnn", 0.92))
    }
    [comparison] = summarise(wide, labels_of(), classes, COST)["comparisons"]
    assert comparison["per_class"][3]["difference"] is None
    assert not comparison["per_class"][3]["clear"]


def test_the_commonest_answer_counts_also_where_another_class_is_likelier_on_the_mean() -> None:
    sure, unsure = [0.9, 0.1, 0.0], [0.45, 0.55, 0.0]
    predictions = {seed: np.array([row]) for seed, row in enumerate((sure, unsure, unsure))}
    found = _answer(Scores(predictions, np.array([2], np.uint8)), 0)
    assert found == Answer(1, pytest.approx(0.4)), "two of three say class 1"
    del predictions[2]
    found = _answer(Scores(predictions, np.array([2], np.uint8)), 0)
    assert found.predicted == 0, "one each: the surer"


def test_images_that_only_one_gets_right() -> None:
    dense, cnn = predict(0.85), predict(0.92)
    found = summarise({"dense": dense, "cnn": cnn}, labels_of(), CLASSES, COST)["comparisons"][0][
        "disagreement"
    ]
    right = {
        name: np.array([p.argmax(axis=1) == labels_of() for p in of_seeds.values()])
        for name, of_seeds in (("dense", dense), ("cnn", cnn))
    }
    alone = right["cnn"].all(axis=0) & ~right["dense"].any(axis=0)
    assert found["num_only_candidate_right"] == alone.sum() > 0
    for one in found["only_candidate_right"]:
        assert alone[one["index"]], "a training of dense is right, or one of cnn wrong"
        assert one["candidate"]["predicted"] == one["label"] == labels_of()[one["index"]]
        assert one["baseline"]["predicted"] != one["label"]
        sure = np.mean([p[one["index"], one["label"]] for p in cnn.values()])
        assert one["candidate"]["probability"] == pytest.approx(sure), "how sure is the mean of the seeds"
    answers = [np.array([p.argmax(axis=1) for p in of_seeds.values()]) for of_seeds in (dense, cnn)]
    shares = [np.mean(a != b) for a in answers[0] for b in answers[1]]
    assert found["share"] == pytest.approx(np.mean(shares))


def test_a_class_is_clear_when_all_classes_are_allowed_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """By hand: of p-values 0.03, 0.01 and 0.5 Holm makes 0.06, 0.03 and 0.5."""
    left = iter((0.03, 0.01, 0.5))
    monkeypatch.setattr(
        "model.comparison.compare.difference_over",
        lambda one, other: SimpleNamespace(value=0.1, interval=[0.0, 0.2], p_value=next(left)),
    )
    scores = Scores(predict(0.85, num_images=30), labels_of(30))
    rows = _per_class(scores, scores, [*CLASSES, "Coat"])  # which has no test pictures
    assert [row.p_adjusted for row in rows] == [pytest.approx(0.06), pytest.approx(0.03), 0.5, None]
    assert [row.clear for row in rows] == [False, True, False, False], "0.03 alone is not clear, of three"


def test_each_seed_is_compared_with_its_own() -> None:
    dense = {7: predict(0.8)[0], 3: predict(0.85)[1], 5: predict(0.9)[2]}
    cnn = {3: predict(0.9)[1], 7: predict(0.88)[0], 1: predict(0.7)[2]}
    [found] = summarise({"dense": dense, "cnn": cnn}, labels_of(), CLASSES, COST)["comparisons"]
    assert [row["seed"] for row in found["mcnemar"]] == [3, 7]
    for row in found["mcnemar"]:
        one, other = (p[row["seed"]].argmax(axis=1) == labels_of() for p in (dense, cnn))
        assert row["only_baseline_correct"] == (one & ~other).sum(), (
            "other seeds, or the two models exchanged"
        )
        assert row["only_candidate_correct"] == (other & ~one).sum()


def test_confusions_are_told_as_candidate_minus_baseline_by_label_and_answer() -> None:
    labels = np.array([0, 0, 0, 1, 1, 2], np.uint8)

    def answers(*given: int) -> dict[int, np.ndarray]:
        return {0: (0.1 + 0.7 * np.eye(3)[list(given)]).astype(np.float32)}

    one = Scores(answers(0, 1, 1, 1, 1, 0), labels)
    other = Scores(answers(0, 0, 2, 1, 0, 2), labels)
    found = compare_scores(one, other, CLASSES)
    assert found["confusion_difference"] == [[1, -2, 1], [1, -1, 0], [-1, 0, 1]], "rows: labels"
    assert found["difference"] == pytest.approx(1 / 6)
    assert [row["difference"] for row in found["per_class"]] == pytest.approx([1 / 3, -1 / 2, 1])
    told = found["disagreement"]
    assert [one["index"] for one in told["only_candidate_right"]] == [1, 5]
    assert [one["index"] for one in told["only_baseline_right"]] == [4]
    [wrong] = told["only_baseline_right"]
    assert (wrong["label"], wrong["baseline"]["predicted"], wrong["candidate"]["predicted"]) == (1, 1, 0)


def test_examples_of_disagreement_are_those_that_differ_most() -> None:
    labels = np.zeros(40, np.uint8)
    sure = np.linspace(0.51, 0.9, 40)
    right = np.stack([sure, 1 - sure], axis=1).astype(np.float32)
    one, other = Scores({0: 1 - right}, labels), Scores({0: right}, labels)
    found = compare_scores(one, other, CLASSES[:2])["disagreement"]
    assert found["num_only_candidate_right"] == 40
    assert [example["index"] for example in found["only_candidate_right"]] == list(range(39, 27, -1))
    assert (found["num_only_baseline_right"], found["share"]) == (0, 1.0)


def test_chance_is_the_share_of_the_commonest_class() -> None:
    labels = np.array([2] * 1800 + [0] * 900 + [1] * 300, np.uint8)
    guesses = {0: (0.2 + 0.4 * np.eye(3)[np.random.default_rng(0).choice(3, 3000, p=(0.1, 0.1, 0.8))])}
    summary = summarise({"dense": guesses}, labels, CLASSES, {"dense": COST["dense"]})
    assert summary["chance"] == pytest.approx(0.6)
    assert summary["models"]["dense"]["broken"] == "no better than guessing"


def test_what_it_takes_to_see_a_difference_is_of_the_one_found_or_of_the_smallest_of_interest() -> None:
    for right, seeds in ((0.9, (5, 6, 7)), (0.9005, (0, 1, 2))):
        models = {"dense": predict(0.9), "cnn": predict(right, seeds=seeds)}
        [comparison] = summarise(models, labels_of(), CLASSES, COST)["comparisons"]
        low, high = comparison["interval"]
        assert low <= 0 <= high, "this test sees nothing"
        assert comparison["to_see"]["difference"] == max(abs(comparison["difference"]), 0.002)
    one = {"dense": predict(0.9, seeds=(0,)), "cnn": predict(0.9, seeds=(5,))}
    assert summarise(one, labels_of(), CLASSES, COST)["comparisons"][0]["to_see"] is None, (
        "single trainings say nothing about seeds"
    )


def test_a_network_that_knows_a_rare_class_is_not_called_unfit() -> None:
    """Where 95 of 100 pictures are of one class, 97 right are hardly more than the share of that class."""
    labels = (np.arange(1000) % 20 == 0).astype(np.uint8)
    answers = labels.copy()
    answers[np.flatnonzero(labels)[18:]] = 0  # 18 of the 50 rare ones are found
    probabilities = np.eye(2, dtype=np.float32)[answers]
    cost = {"dense": COST["dense"] | {"validation_accuracy": {"0": 0.972}}}
    summary = summarise({"dense": {0: probabilities}}, labels, ("a", "b"), cost, (), labels)
    assert summary["models"]["dense"]["broken"] is None, "its answers and the labels go together"
    assert summary["failed"] == []
