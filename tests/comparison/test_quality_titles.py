"""What the pictures of sureness and of differences say, whichever way the numbers fall."""

from typing import Any

import numpy as np
import pytest

from model.comparison import quality_figures
from model.comparison.difference_figures import disagreements_title, mixed_up, mixed_up_title

CLASSES = ["T-shirt", "Trouser", "Shirt"]


def model(sure: float, right: float = 0.9, tenth: float = 0.95) -> dict[str, Any]:
    """An entry of `models`, as far as these titles read it: an interval of a point to both sides."""
    accuracy = {"mean": right, "interval": [right - 0.01, right + 0.01]}
    rejection = [{"rejected": 0.0, "accuracy": right}, {"rejected": 0.1, "accuracy": tenth}]
    return {"confidence": sure, "accuracy": accuracy, "rejection": rejection}


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        ({"cnn": model(0.953)}, "cnn is surer than it is right: 95.3 % sure, 90.0 % right"),
        ({"cnn": model(0.853)}, "cnn is less sure than it is right: 85.3 % sure, 90.0 % right"),
        ({"cnn": model(0.905)}, "How sure cnn is fits how often it is right: 90.5 % sure, 90.0 % right"),
        (
            {"dense": model(0.93), "cnn": model(0.953)},
            "dense and cnn are surer than they are right, cnn most: 95.3 % sure, 90.0 % right",
        ),
        (
            {"dense": model(0.905), "cnn": model(0.901)},
            "How sure dense and cnn are fits how often they are right, dense least: 90.5 % sure, 90.0 %"
            " right",
        ),
        (
            {"dense": model(0.9), "cnn": model(0.953)},
            "cnn is surer than it is right: 95.3 % sure, 90.0 % right; how sure dense is fits how often it is"
            " right",
        ),
        (
            {"dense": model(0.95), "cnn": model(0.8)},
            "dense is surer than it is right: 95.0 % sure, 90.0 % right; cnn is less sure than it is right",
        ),
        (
            {"a": model(0.95), "b": model(0.96), "c": model(0.9), "d": model(0.8)},
            "Of 4 models, against how often they are right: 2 surer, 1 less sure, 1 neither",
        ),
    ],
)
def test_calibration_title_tells_who_is_too_sure(models: dict[str, Any], expected: str) -> None:
    assert quality_figures.calibration_title(models) == expected, "over- and underconfidence are mistaken"


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        (
            {"cnn": model(0.9, 0.916, 0.956)},
            "Leaving out the 10 % it is least sure of, cnn is right on 95.6 %; of all on 91.6 %",
        ),
        (
            {"dense": model(0.9, 0.9, 0.85), "cnn": model(0.9, 0.9, 0.9)},
            "Right, without the 10 % each is least sure of: dense 85.0 %, cnn 90.0 %",
        ),
        (
            {name: model(0.9, 0.9, 0.9 + place / 100) for place, name in enumerate("abcd")},
            "Right, without the 10 % each is least sure of: from 90.0 % (a) to 93.0 % (d)",
        ),
    ],
)
def test_rejection_title_tells_what_a_tenth_is_worth(models: dict[str, Any], expected: str) -> None:
    assert quality_figures.rejection_title(models) == expected


def mixed(*cells: tuple[int, int, float]) -> np.ndarray:
    values = np.zeros((3, 3))
    for row, column, value in cells:
        values[row, column] = value
    return values


def test_mistakes_of_two_classes_count_both_ways() -> None:
    assert mixed_up(mixed((0, 1, 50), (0, 2, 30), (2, 0, 30))) == (0, 2, 60)
    assert mixed_up(mixed((2, 1, -5), (1, 2, 3), (0, 1, -1))) == (1, 2, -2), "or what is left of them"


def test_mixed_up_title_tells_the_largest_difference() -> None:
    before, after = mixed((0, 2, 90), (2, 0, 93)), mixed((0, 2, 40), (2, 0, 50))
    mistakes = {"dense": before, "cnn": after, "same": before + 0.1}

    def title(*pairs: tuple[str, str]) -> str:
        return mixed_up_title(CLASSES, mistakes, pairs)

    assert title(("dense", "cnn")) == "cnn mixes up T-shirt and Shirt less than dense, 90 of 2,000, not 183"
    assert title(("cnn", "dense")) == "dense mixes up T-shirt and Shirt more than cnn, 183 of 2,000, not 90"
    several = title(("dense", "same"), ("dense", "cnn"))
    assert several == f"The largest of 2 differences: {title(('dense', 'cnn'))}", (
        "of all comparisons the largest"
    )
    assert title(("dense", "same")).endswith("no two of them change by 1 of 1,000")


def test_disagreements_title_counts_both_ways() -> None:
    def title(only_baseline: int, only_candidate: int, several: bool = False) -> str:
        counts = {"num_only_baseline_right": only_baseline, "num_only_candidate_right": only_candidate}
        pair = {"baseline": "dense", "candidate": "cnn", "disagreement": counts}
        return disagreements_title(pair, 10_000, several)

    assert title(68, 1234) == "Only cnn is right on 1,234 of 10,000 pictures, only dense on 68"
    assert title(5, 0) == "Only cnn is right on 0 of 10,000 pictures, only dense on 5"
    assert title(0, 0) == "No picture is right with cnn and wrong with dense, or the reverse"
    assert title(68, 234, several=True) == (
        "All trainings of cnn right, all of dense wrong: 234 of 10,000 pictures; the reverse: 68"
    )
    assert title(0, 0, several=True) == (
        "No picture is right with all trainings of cnn and wrong with all trainings of dense, or the reverse"
    )
