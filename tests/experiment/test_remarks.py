"""What is said of a run's data and rules, and where."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from configs.schema import Config, dump
from data.splits import ClassSizes, DataFacts, NumDuplicates, Split, Splits
from model.experiment.markdown import markdown
from model.experiment.page import limits
from model.experiment.remarks import of_config, of_data, of_report
from model.experiment.report import Report
from model.experiment.results import Results, _without_duplicates, data_facts
from model.experiment.terminal import terminal_block
from model.run.folder import RunFolder
from model.run.rules import RULES
from tests.records import parsed
from tests.reports import told_apart

CLASSES = ("top", "7", "bag")


def facts(*counts: tuple[int, int, int], duplicates: tuple[int, int, int] = (0, 0, 0)) -> DataFacts:
    """Of three classes: how many images each split has."""
    rows = [ClassSizes(name, *row) for name, row in zip(CLASSES, counts, strict=True)]
    sizes = [sum(split) for split in zip(*counts, strict=True)]
    return DataFacts(
        "Mine", "mine", "a folder", "ab" * 32, list(CLASSES), *sizes, rows, NumDuplicates(*duplicates)
    )


EVEN = ((400, 40, 500),) * 3


def test_of_sound_data_nothing_is_said() -> None:
    assert of_data(facts(*EVEN)) == []
    earlier = replace(facts(*EVEN), per_class=[], duplicates=None)
    assert of_data(earlier) == [], "of a report of before nothing is known"


def test_each_pair_of_splits_is_told_of_with_its_sizes() -> None:
    assert of_data(facts(*EVEN, duplicates=(3, 1, 1200))) == [
        "1 of 1,500 test pictures is also among the training pictures, equal in every pixel.",
        "1,200 of 1,500 test pictures are also among the validation pictures, equal in every pixel.",
        "3 of 120 validation pictures are also among the training pictures, equal in every pixel.",
    ]


def test_a_class_that_a_split_lacks_is_named() -> None:
    assert of_data(facts((400, 40, 500), (1, 0, 500), (400, 40, 0))) == [
        "No test picture is of the class bag.",
        'No validation picture is of the class "7".',
    ]
    assert of_data(facts((400, 40, 0), (400, 40, 0), (400, 40, 9))) == [
        'No test picture is of the classes top and "7".'
    ]


def test_the_facts_are_counted_from_the_pictures() -> None:
    draw = np.random.default_rng(0)
    sets = {name: draw.integers(0, 256, (size, 28, 28), np.uint8) for name, size in SIZES.items()}
    sets["test"][:2] = sets["train"][5]
    labels = {"train": [0, 0, 1, 1, 1, 2], "validation": [0, 1], "test": [1, 2, 2]}
    splits = Splits(
        *(Split(sets[name], np.array(labels[name], np.uint8)) for name in SIZES), CLASSES, "Mine", "x", "0"
    )
    found = data_facts(
        Config.model_validate({"name": "x", "models": {"a": {"architecture": "dense"}}}), splits
    )
    assert found.name == "fashion-mnist"
    assert found.per_class == [
        ClassSizes("top", 2, 1, 0),
        ClassSizes("7", 3, 1, 1),
        ClassSizes("bag", 1, 0, 2),
    ]
    assert found.duplicates == NumDuplicates(0, 2, 0)
    assert (found.train, found.validation, found.test) == (6, 2, 3)


SIZES = {"train": 6, "validation": 2, "test": 3}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], {}),  # nothing to leave out
        ([0], {"a": (1.0 + 0.5 + 0.0) / 3}),  # of the other three both, one and none of the seeds are right
        ([0, 1, 2, 3], {"a": None}),
    ],
)
def test_accuracy_without_the_pictures_that_were_learned_from(
    seen: list[int], expected: dict[str, float | None]
) -> None:
    labels = np.array([0, 1, 0, 1])
    answers = {0: np.array([0, 1, 0, 0]), 1: np.array([0, 1, 1, 0]), 2: np.array([1, 0, 1, 0])}
    predictions = {"a": {seed: np.eye(2)[answer] for seed, answer in answers.items()}}
    known = np.isin(np.arange(4), seen)
    splits: Any = SimpleNamespace(
        test=Split(np.zeros((4, 28, 28), np.uint8), labels),
        duplicates=SimpleNamespace(test_in_training=known),
    )
    models: Any = {"a": SimpleNamespace(seeds=[0, 1])}  # the third failed
    assert _without_duplicates(models, Results({}, {}, predictions, []), splits) == expected


def report_with(**without: float | None) -> Report:
    data = facts(*EVEN, duplicates=(0, 30, 0))
    return replace(parsed(told_apart()), data=data, without_duplicates=without)


def test_what_duplicates_are_worth_is_told_by_model_wherever_the_result_is() -> None:
    report = report_with(dense=0.8541, cnn=0.9169)
    worth = (
        "Right, without the test pictures that are also training pictures: dense 85.4 % (89.1 % with them), "
        "cnn 91.7 % (91.7 % with them)."
    )
    count = "30 of 1,500 test pictures are also among the training pictures, equal in every pixel."
    assert of_report(report) == [count, worth]
    for told in (terminal_block(report, "x"), markdown(report), " ".join(limits(report))):
        for sentence in (count, worth):
            assert sentence in " ".join(told.split()), "it is left out"


def test_where_every_test_picture_was_learned_from_that_is_said() -> None:
    last = of_report(report_with(dense=None, cnn=None))[-1]
    assert last == "No other test picture is left: how the models do on new ones can't be told."
    assert of_report(report_with()) == of_data(report_with().data), "no model, and nothing to tell"


def test_a_run_of_before_says_so_where_its_networks_normalize(tmp_path: Path) -> None:
    report = parsed(told_apart())
    for normalized in (False, True):
        cnn = {"architecture": "cnn", "batch_normalization": normalized}
        config = {"name": "x", "models": {"dense": {"architecture": "dense"}, "cnn": cnn}}
        (tmp_path / "config.yaml").write_text(dump(Config.model_validate(config)))
        told = of_config(RunFolder(tmp_path), report)
        assert [sentence[:12] for sentence in told] == ["cnn: scored "] * normalized
    block = terminal_block(report, "x", told)
    assert "cnn: scored with the moving averages" in block
    assert max(map(len, block.splitlines())) <= 80
    assert of_config(RunFolder(tmp_path), replace(report, environment={"rules": dict(RULES)})) == []
    (tmp_path / "config.yaml").unlink()
    assert of_config(RunFolder(tmp_path), report) == [], "of a report alone nothing is known"


@pytest.mark.parametrize(
    ("flip", "models", "told"),
    [
        (False, ["cnn"], "cnn: trained on no mirror images"),
        (False, ["cnn", "other"], "cnn and other: trained on no mirror images"),
        (True, ["cnn"], ""),
        (False, [], ""),
    ],
)
def test_networks_that_are_asked_about_mirror_images_should_have_met_some(
    flip: bool, models: list[str], told: str, tmp_path: Path
) -> None:
    settings = {name: {"architecture": "cnn", "flip_at_test": name in models} for name in ("cnn", "other")}
    config = {"name": "x", "models": settings, "data": {"augmentation": {"flip": flip, "shift": 1}}}
    (tmp_path / "config.yaml").write_text(dump(Config.model_validate(config)))
    report = replace(parsed(told_apart()), environment={"rules": dict(RULES)})
    assert [one[: len(told)] for one in of_config(RunFolder(tmp_path), report)] == ([told] if told else [])
