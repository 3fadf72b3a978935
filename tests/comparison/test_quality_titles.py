"""What the picture of sureness says, whichever way the numbers fall."""

from typing import Any

import pytest

from model.comparison import quality_figures
from model.comparison.records import Model
from tests.records import typed


def model(sure: float, right: float = 0.9) -> Model:
    """An entry of `models`, as far as these titles read it: an interval of a point to both sides."""
    accuracy = {"mean": right, "interval": [right - 0.01, right + 0.01]}
    return typed(Model, {"confidence": sure, "accuracy": accuracy})


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
