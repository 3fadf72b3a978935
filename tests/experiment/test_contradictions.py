"""Numbers of report.json that follow from others there: an edit of any of them is refused by its name."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from model.experiment.report import read_report
from model.run.folder import RunError, RunFolder

REFERENCE = Path("outputs") / "reference"  # two models of three seeds, asked about perturbed pictures
FREE = [  # what nothing else in the file tells, or only SciPy, which readers do without
    r"comparisons\.\*\.mcnemar\.\*\.p_value",
    r"environment\..*|test_luck|test_looks|without_duplicates\..*|data\.duplicates\..*",
    r"models\.\w+\.(convolution_parameters|\w+_seconds|(validation|training)_accuracy\.\d+|patterns\..*)",
    r"models\.\w+\.(rejection\.\*\.rejected|layers\.\*\.output_shape\.\*)",
    r"comparisons\.\*\.(standard_error|degrees_of_freedom|to_see\..*|disagreement\..*)|why\..*",
    r"robustness\.(images|images_per_class|stability\..*|kinds\.\*\.trained_on)",
]
BOUNDED = (
    r".*\.(interval|intervals\.\*)\.\*|.*\.answers_kept|mistakes\..*"  # held to a range, and tested below
)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return dict(json.loads((REFERENCE / "report.json").read_text()))


def numbers_in(value: Any, *path: Any) -> Iterator[tuple[Any, ...]]:
    """The paths of all numbers."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from numbers_in(inner, *path, key)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path


def with_other(report: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """The report with another value at a path."""
    changed = part = copy.copy(report)
    *sections, last = path
    for section in sections:
        part[section] = copy.copy(part[section])
        part = part[section]
    part[last] = value
    return changed


def refusal(report: dict[str, Any], folder: Path) -> str:
    """Why a report is refused; empty if it is not."""
    (folder / "report.json").write_text(json.dumps(report))
    try:
        read_report(RunFolder(folder))
    except RunError as error:
        return str(error)
    return ""


def pattern_of(path: tuple[Any, ...]) -> str:
    return ".".join("*" if isinstance(key, int) else key for key in path)


def test_every_number_that_follows_from_others_is_held_to_them(
    report: dict[str, Any], tmp_path: Path
) -> None:
    """Of each kind of number the second (the first, where there is one), by a tenth more or less."""
    kinds: dict[str, list[tuple[Any, ...]]] = {}
    for path in numbers_in(report):
        kinds.setdefault(pattern_of(path), []).append(path)
    held, wrong = 0, []
    for kind, paths in kinds.items():
        if re.fullmatch(BOUNDED, kind):
            continue
        path = paths[min(1, len(paths) - 1)]
        if kind.endswith("rejection.*.accuracy"):
            path = paths[0]  # where none is left out
        value: Any = report
        for key in path:
            value = value[key]
        other = value + 1 if isinstance(value, int) else value * 0.9 + (0.02 if value < 0.1 else 0)
        told = refusal(with_other(report, path, other), tmp_path)
        is_free = any(re.fullmatch(free, kind) for free in FREE)
        if bool(told) == is_free:
            wrong.append(f"{'.'.join(map(str, path))}: {value} -> {other} is told as {told!r}")
        held += not is_free
    assert not wrong, "a number that follows from others was believed, or a free one refused:\n" + "\n".join(
        wrong
    )
    assert held > 40, "too little of a report is held against the rest of it"


def among_all(**changes: Any) -> dict[str, Any]:
    """What would be told of the one comparison if it were one of several."""
    return {"pairs": 1, "p_value": 0.001, "p_adjusted": 0.001, "clear": True} | changes


KEYS = [
    ("models.cnn.accuracy.mean", 0.95, "models.cnn.accuracy.mean: the mean of its values gives 0.9"),
    ("models.cnn.accuracy.interval", [0.8, 0.6], "models.cnn.accuracy.interval: expected one that holds 0.9"),
    ("models.cnn.accuracy.std", None, "models.cnn.accuracy.std: that of its values gives 0.0"),
    ("models.cnn.accuracy.over", "images", "models.cnn.accuracy.over: expected 'seeds and images'"),
    ("models.cnn.loss.values", [0.3], "models.cnn.loss.values: expected one for each of its distinct seeds"),
    ("models.cnn.seeds", [0, 1, 7], "models.cnn.seeds: expected distinct ones of [0, 1, 2], found [0, 1, 7]"),
    ("models.cnn.seeds", [0, 0, 2], "models.cnn.seeds: expected distinct ones of [0, 1, 2], found [0, 0, 2]"),
    ("models.cnn.per_class.3.class", "Hat", "models.cnn.per_class: expected the classes of data.classes"),
    ("models.cnn.per_class.3.accuracy", None, "models.cnn.per_class.3.accuracy: models.cnn.confusion gives"),
    ("models.cnn.per_class.3.interval", None, "models.cnn.per_class.3: an interval stands without its value"),
    ("data.test", 9000, "data.test: "),
    ("data.train", 5, "data.train: data.per_class gives 55000, found 5"),
    ("comparisons.0.difference", 0.5, "comparisons.0.difference: accuracy.mean of both models gives 0.0"),
    ("comparisons.0.interval", [0.9, 0.95], "comparisons.0.interval: expected one that holds 0.0"),
    ("comparisons.0.over", "images", "comparisons.0.over: expected 'seeds and images'"),
    ("comparisons.0.candidate", "gone", "'gone' is compared and is none of its models"),
    ("comparisons.0.mcnemar.1.seed", 8, "comparisons.0.mcnemar.1.seed: expected one of both models, found 8"),
    ("comparisons.0.confusion_difference", [[0.0]], "comparisons.0.confusion_difference: expected the diff"),
    ("models.cnn.balanced_accuracy", 0.5, "models.cnn.balanced_accuracy: the mean of models.cnn.per_class"),
    ("comparisons.0.among_all", among_all(pairs=3), "comparisons.0.among_all.pairs: the number of"),
    ("comparisons.0.among_all", among_all(p_adjusted=0.04), "comparisons.0.among_all.p_adjusted: Holm's"),
    ("comparisons.0.among_all", among_all(clear=False), "comparisons.0.among_all.clear: expected whether"),
    ("robustness.kinds.0.middle", 99, "robustness.kinds.0.middle: expected one of its strengths, found 99"),
    ("robustness.seeds.cnn", [9], "robustness.seeds.cnn: expected seeds that models.cnn has, found [9]"),
    ("robustness.seeds.cnn", [], "robustness.seeds.cnn: expected seeds that models.cnn has, found []"),
    ("models.cnn.loss.values", [1e308] * 3, "models.cnn.loss.values.0: Input should be less than or equal"),
    ("robustness.kinds.0.models.cnn.accuracy", [0.5], "robustness.kinds.0.models.cnn: expected a number for"),
    ("without_duplicates", {"gone": 0.5}, "without_duplicates: 'gone' is none of its models"),
    ("robustness.stability.cnn.answers_kept", 0.1, "robustness.stability.cnn.answers_kept.interval: expect"),
    ("mistakes.0.model", "gone", "mistakes.0: expected a test picture, classes and a training"),
    ("mistakes.0.predicted", 10, "mistakes.0: expected a test picture, classes and a training"),
    ("mistakes.0.index", 10_000, "mistakes.0: expected a test picture, classes and a training"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "told"), KEYS, ids=[f"{key}={value}" for key, value, _ in KEYS])
def test_what_contradicts_the_rest_is_named(
    key: str, value: Any, told: str, report: dict[str, Any], tmp_path: Path
) -> None:
    path = tuple(int(part) if part.isdigit() else part for part in key.split("."))
    found = refusal(with_other(report, path, value), tmp_path)
    assert told in found, found
    assert found.startswith(f"{tmp_path / 'report.json'} "), "the file must be named"
    assert "; delete it, then " in found, "it must say what to do"


@pytest.mark.parametrize(
    "key", ["comparisons", "comparisons.0.mcnemar", "robustness.kinds", "robustness.kinds.2.differences"]
)
def test_what_stands_twice_is_refused(key: str, report: dict[str, Any], tmp_path: Path) -> None:
    path = tuple(int(part) if part.isdigit() else part for part in key.split("."))
    value: Any = report
    for part in path:
        value = value[part]
    found = refusal(with_other(report, path, [*value, value[0]]), tmp_path)
    assert f"contradicts itself: {key}: expected each once, found " in found, f"{key} is believed: {found!r}"


def test_strengths_in_another_order_are_refused(report: dict[str, Any], tmp_path: Path) -> None:
    path = ("robustness", "kinds", 1, "strengths")
    *first, before, last = report["robustness"]["kinds"][1]["strengths"]
    found = refusal(with_other(report, path, [*first, last, before]), tmp_path)
    assert "robustness.kinds.1.strengths: expected each to be larger than the one before" in found, (
        f"a curve would be drawn back and forth: {found!r}"
    )


def test_pair_that_is_clear_on_its_own_alone_needs_its_interval(
    report: dict[str, Any], tmp_path: Path
) -> None:
    wide = with_other(report, ("comparisons", 0, "interval"), [-0.5, 0.5])
    found = refusal(with_other(wide, ("comparisons", 0, "among_all"), among_all()), tmp_path)
    assert "p_adjusted is below 0.05 and the interval leaves out 0, found true" in found, (
        f"p_adjusted is below 0.05 here, so that alone is not what is wrong: {found}"
    )


def test_class_that_is_clear_is_so_by_its_p_value(report: dict[str, Any], tmp_path: Path) -> None:
    path = ("comparisons", 0, "per_class", 0, "clear")
    turned = not report["comparisons"][0]["per_class"][0]["clear"]
    assert "comparisons.0.per_class.0.clear: " in refusal(with_other(report, path, turned), tmp_path)


def test_what_differs_by_rounding_alone_is_read(report: dict[str, Any], tmp_path: Path) -> None:
    for path in numbers_in({"models": report["models"], "comparisons": report["comparisons"]}):
        value: Any = report
        for key in path:
            value = value[key]
        if isinstance(value, float):
            report = with_other(report, path, value * (1 - 1e-12))
    assert refusal(report, tmp_path) == "", "sums in another order would make a report unreadable"
