"""The sentences that answer the headings of the page's sections, whichever way the numbers fall."""

from typing import Any

import pytest

from model.experiment.questions import answered
from tests.comparison.test_accuracy_figure import report_of
from tests.records import parsed


def told(report: dict[str, Any], live: dict[str, Any] | None = None) -> dict[str, str]:
    return answered(parsed(report), live)


def two_models(**of_pair: Any) -> dict[str, Any]:
    report = report_of({"dense": 0.8, "cnn": 0.9})
    report["comparisons"][0] |= of_pair
    return report


def test_gain_and_cost_stand_side_by_side() -> None:
    report = two_models(difference=0.0245, interval=[0.02, 0.029])
    report["models"]["cnn"] |= {"parameters": 243_786, "flops_per_image": 1.01e7, "train_seconds": 51.4}
    report["models"]["dense"] |= {"parameters": 101_770, "flops_per_image": 2e5, "train_seconds": 3.8}
    assert told(report)["learning"] == (
        "cnn against dense: +2.5 points (2.0 to 2.9), for 243,786 parameters against 101,770, 10 MFLOP a "
        "picture against 0.2 and 51 s of training against 4 s."
    )
    report["models"]["dense"]["train_seconds"] = 0.0
    assert "training" not in told(report)["learning"], (
        "what was trained elsewhere has no time to compare with"
    )
    report = two_models(difference=-0.01, interval=[-0.02, 0.0004])
    assert told(report)["learning"].startswith("cnn against dense: −1.00 points (−2.00 to 0.04), for")


def test_one_model_is_told_alone_and_several_are_not_summed_up() -> None:
    one = told(report_of({"cnn": 0.9}))
    assert one["learning"].startswith("cnn is right on 90.1 %, for 1,000 parameters, ")
    assert "differ" not in one, "there is nobody to differ from"
    several = told(report_of({"dense": 0.8, "cnn": 0.9, "other": 0.85}))
    assert "learning" not in several, "a sentence on two of three models says who won"


def test_who_alone_is_right_is_told_of_one_seed() -> None:
    rows = [
        {"seed": seed, "only_baseline_correct": 256, "only_candidate_correct": 1494, "p_value": 0.5}
        for seed in (3, 4)
    ]
    report = two_models(mcnemar=rows)
    count = f"{report['data']['test']:,}"
    assert told(report)["differ"] == (
        f"Seed 3: cnn alone is right on 1,494 of {count} test pictures, dense alone on 256."
    )
    assert "differ" not in told(two_models(mcnemar=[])), "what no seed of both has counted is told"


def rows_of(differences: list[float | None], clear: set[int]) -> list[dict[str, Any]]:
    return [
        {"class": f"kind {label}", "difference": value, "interval": value and [value - 0.01, value + 0.01],
         "p_value": 0.5, "p_adjusted": 0.5, "clear": label in clear}
        for label, value in enumerate(differences)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("differences", "clear", "sentence"),
    [
        ([0.02, 0.06, -0.03, 0.0], {0, 1, 2},
         "Against dense, cnn gains on kind 1 (+6.0 points) and kind 0 (+2.0 points) and loses on kind 2"
         " (−3.0 points)."),
        ([0.02, 0.06, -0.03, 0.0], {1},
         "Against dense, cnn gains on kind 1 (+6.0 points); of the other 3 it can't be told."),
        ([0.02, None, -0.03, 0.0], {2},
         "Against dense, cnn loses on kind 2 (−3.0 points); of the other 3 it can't be told."),
        ([0.02, 0.06, -0.03, 0.0], set(), "On no class can it be told whether cnn or dense is better."),
    ],
)  # fmt: skip
def test_a_class_counts_where_it_is_clear_among_all(
    differences: list[float | None], clear: set[int], sentence: str
) -> None:
    assert told(two_models(per_class=rows_of(differences, clear)))["classes"] == sentence


def test_a_picture_is_followed_through_the_first_model_to_look_into() -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9})
    report["models"]["cnn"] |= {"convolution_parameters": 10, "layers": [
        {"layer": name, "type": kind, "output_shape": shape, "parameters": 0, "flops": 0}
        for name, kind, shape in (
            ("conv1_linear", "Conv2D", [26, 26, 4]),
            ("conv1_normalization", "BatchNormalization", [26, 26, 4]),
            ("conv1", "Activation", [26, 26, 4]), ("pool1", "MaxPooling2D", [13, 13, 4]),
            ("flatten", "Flatten", [676]), ("dropout1", "Dropout", [676]), ("probabilities", "Dense", [10]),
        )
    ]}  # fmt: skip
    assert told(report)["one"] == (
        "In cnn the 784 numbers of a picture become 2,704 (conv1), 676 (pool1) and at last 10 probabilities."
    )
    mean = {"layer": "mirror_mean", "type": "Average", "output_shape": [676], "parameters": 0, "flops": 9}
    report["models"]["cnn"]["layers"].insert(-1, mean)
    assert told(report)["one"].endswith(
        "676 (pool1) and at last, with those of its mirror image, 10 probabilities."
    ), "that they are of both pictures is not told"


def test_what_is_missed_is_counted_by_layer() -> None:
    filters = [[{"rank": 1}, {"rank": None}, {"rank": 2}], [{"rank": None}]]
    passports = {f"conv{place}": {"filters": some} for place, some in enumerate(filters, 1)}
    live = {"networks": {"dense": {"passports": {}}, "cnn": {"passports": passports}}}
    assert told(report_of({"cnn": 0.9}), live)["worth"] == (
        "cnn, one filter off at a time: the loss on validation pictures can be told to rise without 2 of 3 in"
        " conv1 and 0 of 1 in conv2."
    )
    assert "worth" not in told(report_of({"cnn": 0.9}))
