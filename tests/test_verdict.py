"""Sentences by case, and the dict that they stand in."""

import json
import re
from typing import Any

import numpy as np
import pytest

from model.statistics import holm
from model.verdict import count_looks, put_in_words, summarise

CONSTANT = np.array([0.5, 0.3, 0.2], np.float32)
CLASSES = ["T-shirt/top", "Sandal", "Bag"]
COST = {
    "dense": {"parameters": 101_770, "flops_per_image": 203_264},
    "cnn": {"parameters": 243_786, "flops_per_image": 10_045_952},
}


def row(name: str, difference: float | None = 0.02, clear: bool = False) -> dict[str, Any]:
    return {"class": name, "difference": difference, "clear": clear}


def words_for(
    difference: float,
    interval: tuple[float, float],
    *,
    dense: tuple[float, ...] = (0.89, 0.891, 0.892),
    cnn: tuple[float, ...] = (0.916, 0.917, 0.918),
    cost: dict[str, dict[str, int]] | None = None,
    num_images: int = 10_000,
    **changes: Any,
) -> str:
    """The verdict on a comparison put together by hand."""
    comparison = {
        "baseline": "dense",
        "candidate": "cnn",
        "difference": difference,
        "interval": list(interval),
        "over": "seeds and images",
        "per_class": [row(name) for name in CLASSES],
        "to_see": None,
        **changes,
    }
    cost = cost or {"dense": COST["dense"], "cnn": COST["dense"]}
    models = {
        name: {**cost[name], "accuracy": {"values": list(values)}, "seeds": list(range(len(values)))}
        for name, values in (("dense", dense), ("cnn", cnn))
    }
    return str(put_in_words(comparison, models, num_images)["verdict"])


def words_for_worse(**changes: Any) -> str:
    return words_for(-0.026, (-0.030, -0.022), dense=(0.917, 0.918), cnn=(0.89, 0.891), **changes)


CLEAR = "cnn is better than dense by 2.6 points (2.2 to 3.0): about 260 fewer mistakes in 10,000"
WORSE = "cnn is worse than dense by 2.6 points (2.2 to 3.0): about 260 more mistakes in 10,000"
UNCLEAR = (
    "No difference can be seen: cnn is ahead by 0.1 points, and anything from 0.5 behind to 0.7 ahead fits "
    "these trainings. That does not make them equal"
)
TWICE = {"parameters": 200_000, "flops_per_image": 200_000}
CASES = {
    "clear": (words_for(0.026, (0.022, 0.030)), f"{CLEAR}. All 3 trainings agree."),
    "two seeds": (
        words_for(0.026, (0.022, 0.030), dense=(0.89, 0.891), cnn=(0.916, 0.917)),
        f"{CLEAR}. Both trainings agree.",
    ),
    "a seed is missing": (
        words_for(0.026, (0.022, 0.030), cnn=(0.916, 0.917)),
        f"{CLEAR}. All trainings agree.",
    ),
    "trainings overlap": (
        words_for(0.026, (0.022, 0.030), dense=(0.89, 0.891, 0.916)),
        f"{CLEAR}. Single trainings overlap: the best of dense reaches the worst of cnn.",
    ),
    "unequal cost": (
        words_for(0.026, (0.022, 0.030), cost=COST),
        f"{CLEAR}. All 3 trainings agree. It is also 2.4 times as large and does 49 times the arithmetic; "
        "this run can't say which made it better.",
    ),
    "only larger": (
        words_for(0.026, (0.022, 0.030), cost={"dense": {**TWICE, "parameters": 150_000}, "cnn": TWICE}),
        f"{CLEAR}. All 3 trainings agree. It is also 1.3 times as large; this run can't say which made it "
        "better.",
    ),
    "only more arithmetic": (
        words_for(0.026, (0.022, 0.030), cost={"dense": {**TWICE, "flops_per_image": 1_250}, "cnn": TWICE}),
        f"{CLEAR}. All 3 trainings agree. It also does 160 times the arithmetic; "
        "this run can't say which made it better.",
    ),
    "better and cheaper": (
        words_for(0.026, (0.022, 0.030), cost={"dense": COST["cnn"], "cnn": COST["dense"]}),
        f"{CLEAR}. All 3 trainings agree.",
    ),
    "worse": (words_for_worse(), f"{WORSE}. Both trainings agree."),
    "worse, and the other is larger": (
        words_for_worse(cost={"dense": COST["cnn"], "cnn": COST["dense"]}),
        f"{WORSE}. Both trainings agree. dense is also 2.4 times as large and does 49 times the arithmetic; "
        "this run can't say which made it better.",
    ),
    "barely": (
        words_for(0.0011, (0.0002, 0.0020)),
        "cnn is better than dense by 0.11 points (0.02 to 0.20): about 11 fewer mistakes in 10,000. "
        "All 3 trainings agree.",
    ),
    "one mistake of few": (
        words_for(0.02, (0.01, 0.03), num_images=50),
        "cnn is better than dense by 2.0 points (1.0 to 3.0): about 1 fewer mistake in 50. All 3 trainings "
        "agree.",
    ),
    "a class against the trend": (
        words_for(0.026, (0.022, 0.030), per_class=[row("Bag"), row("Sandal", -0.012, clear=True)]),
        f"{CLEAR}, but Sandal got worse (−1.2). All 3 trainings agree.",
    ),
    "classes against the trend": (
        words_for(
            0.026,
            (0.022, 0.030),
            per_class=[row("Bag", -0.008, clear=True), row("Sandal", -0.012, clear=True), row("Coat", -0.02)],
        ),
        f"{CLEAR}, but Sandal (−1.2) and Bag (−0.8) got worse. All 3 trainings agree.",
    ),
    "a class against a bad trend": (
        words_for_worse(per_class=[row("Bag", 0.012, clear=True), row("Sandal", -0.012, clear=True)]),
        f"{WORSE}, but Bag got better (+1.2). Both trainings agree.",
    ),
    "can't tell": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": 9}),
        f"{UNCLEAR}: to see a difference of 0.2, about 9 more seeds would be needed.",
    ),
    "can't tell, nearly": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": 1}),
        f"{UNCLEAR}: to see a difference of 0.2, about 1 more seed would be needed.",
    ),
    "can't tell by seeds": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": None}),
        f"{UNCLEAR}: to see a difference of 0.2, no number of seeds would do; it takes more test pictures.",
    ),
    "can't tell, and there is little": (
        words_for(0.001, (-0.005, 0.007), to_see={"difference": 0.002, "more_seeds": 0}),
        f"{UNCLEAR}, but a difference of 0.2 would very likely have been seen.",
    ),
    "can't tell, behind": (
        words_for(-0.004, (-0.011, 0.003), to_see={"difference": 0.004, "more_seeds": 3}),
        "No difference can be seen: cnn is behind by 0.4 points, and anything from 1.1 behind to 0.3 ahead "
        "fits these trainings. That does not make them equal: to see a difference of 0.4, about 3 more seeds "
        "would be needed.",
    ),
    "can't tell, level": (
        words_for(0.0001, (-0.006, 0.0062), to_see={"difference": 0.002, "more_seeds": 3}),
        "No difference can be seen: neither is ahead, and anything from 0.6 behind to 0.6 ahead fits these "
        "trainings. That does not make them equal: to see a difference of 0.2, about 3 more seeds would be "
        "needed.",
    ),
    "one seed": (
        words_for(0.024, (0.019, 0.029), over="images", dense=(0.89,), cnn=(0.914,), cost=COST),
        "In this one training cnn was right on 240 more pictures (190 to 290 with other test pictures). "
        "Another seed may differ; seeds=[0,1,2] measures it.",
    ),
    "one seed, worse": (
        words_for(-0.0243, (-0.029, -0.019), over="images", dense=(0.914,), cnn=(0.89,)).split(". ")[0],
        "In this one training cnn was right on 243 fewer pictures (190 to 290 with other test pictures)",
    ),
    "one seed, one picture": (
        words_for(0.0001, (-0.0024, 0.0026), over="images", dense=(0.89,), cnn=(0.89,)),
        "In this one training cnn was right on 1 more picture (24 fewer to 26 more with other test "
        "pictures). Another seed may differ; seeds=[0,1,2] measures it.",
    ),
    "one seed, level": (
        words_for(0.0, (-0.0025, 0.0025), over="images", dense=(0.89,), cnn=(0.89,)),
        "In this one training cnn was right on as many pictures as dense (25 fewer to 25 more with other "
        "test pictures). Another seed may differ; seeds=[0,1,2] measures it.",
    ),
    "one seed is left": (
        words_for(0.024, (0.019, 0.029), over="images", dense=(0.89,)),
        "dense has one training only, and cnn was right on about 240 more pictures (190 to 290 with other "
        "test pictures). Another seed may differ.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_sentences(case: str) -> None:
    verdict, expected = CASES[case]
    assert verdict == expected
    assert not re.search(r"significan|p-value|p [<=]|-\d", verdict), (
        "never a test's name, and real minus signs"
    )


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
    assert [row["p_adjusted"] for row in comparison["per_class"]] == holm(p_values)
    assert np.sum(comparison["confusion_difference"]) == pytest.approx(0)
    assert summary["failed"] == summary["not_compared"] == []
    assert comparison["verdict"].startswith("cnn is better than dense by")
    assert comparison["to_see"] is None, "a difference that was seen needs no more seeds"


def test_every_model_meets_the_first() -> None:
    cost = dict.fromkeys(("a", "b", "c"), COST["dense"])
    summary = summarise({name: predict(0.9) for name in ("c", "b", "a")}, labels_of(), CLASSES, cost)
    pairs = [(one["baseline"], one["candidate"]) for one in summary["comparisons"]]
    assert pairs == [("a", "b"), ("a", "c")], "the config's order counts, not that of the predictions"


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


def test_model_that_guesses_is_broken() -> None:
    constant = np.tile(CONSTANT, (3000, 1))
    summary = summarise({"dense": {0: constant}, "cnn": predict(0.92)}, labels_of(), CLASSES, COST)
    assert summary["comparisons"] == []
    assert summary["models"]["dense"]["broken"] == "the same answer to every picture"
    assert [one["verdict"] for one in summary["not_compared"]] == [
        "dense is at 33.3 %, what guessing gives: its training failed (the same answer to every picture). "
        "No comparison is made."
    ]
    guesses = predict(0.9)[0][np.random.default_rng(0).permutation(3000)]
    summary = summarise({"dense": {0: guesses}, "cnn": predict(0.92)}, labels_of(), CLASSES, COST)
    assert summary["not_compared"][0]["verdict"].endswith(
        "guessing gives: its training failed. No comparison is made."
    )


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
        "cnn has no result: its training failed. No comparison is made."
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


def test_images_that_only_one_gets_right() -> None:
    dense, cnn = predict(0.85), predict(0.92)
    found = summarise({"dense": dense, "cnn": cnn}, labels_of(), CLASSES, COST)["comparisons"][0][
        "disagreement"
    ]
    right = {
        name: np.array([p.argmax(axis=1) == labels_of() for p in of_seeds.values()])
        for name, of_seeds in (("dense", dense), ("cnn", cnn))
    }
    assert found["only_candidate_right"]
    for index in found["only_candidate_right"]:
        assert right["cnn"][:, index].all()
        assert not right["dense"][:, index].any()
    answers = [np.array([p.argmax(axis=1) for p in of_seeds.values()]) for of_seeds in (dense, cnn)]
    shares = [np.mean(a != b) for a in answers[0] for b in answers[1]]
    assert found["share"] == pytest.approx(np.mean(shares))


def test_looks() -> None:
    found = count_looks([*"abcdefghijklmn", "a", "b"], [{"standard_error": 0.0025}], 10_000)
    assert found["test_looks"] == 14, "the same config twice is one look"
    assert re.fullmatch(
        r"14 settings have now been scored on these 10,000 pictures: the best of 14 equal ones looks about "
        r"0\.3 points better by luck\.",
        found["test_looks_words"],
    )
    assert count_looks(["a"], [], 10_000) == {"test_looks": 1, "test_luck": 0.0, "test_looks_words": None}
    assert count_looks(["a", "b"], [], 10_000)["test_looks_words"].endswith(
        "equal ones looks better by luck."
    )
