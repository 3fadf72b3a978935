"""The kinds of values: names that are safe as folders everywhere, and lists without repetitions."""

import pytest
from pydantic import TypeAdapter, ValidationError

from configs.values import ClassNames, ModelName, Name, RunName, Seeds

RUN_NAME, MODEL_NAME, NAME = TypeAdapter(RunName), TypeAdapter(ModelName), TypeAdapter(Name)


@pytest.mark.parametrize("name", ["a", "_", "0", "A.b-c_9", "a" * 64, "a..b", "con", "lesson-2"])
def test_names_that_are_folders_anywhere(name: str) -> None:
    assert (RUN_NAME.validate_python(name), NAME.validate_python(name)) == (name, name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        ".a",
        "-a",
        "a/b",
        "a\\b",
        "a b",
        " a",
        "a ",
        "a\n",
        "a\0",
        "é",
        "a:b",
        "$a",
        "~",
        "a" * 65,
    ],
)
def test_names_that_could_leave_the_outputs_folder_or_hide_there(name: str) -> None:
    for adapter in (RUN_NAME, MODEL_NAME, NAME):
        with pytest.raises(ValidationError):
            adapter.validate_python(name)


@pytest.mark.parametrize("name", ["lesson", "LESSON", "reference", "README.md"])
def test_run_names_with_another_meaning(name: str) -> None:
    with pytest.raises(ValidationError, match="another meaning in the outputs folder"):
        RUN_NAME.validate_python(name)


@pytest.mark.parametrize("name", ["figures", "Inspection", "lesson", "report.json", "config.yaml", "a.b"])
def test_model_names_that_a_run_folder_or_an_override_could_mistake(name: str) -> None:
    with pytest.raises(ValidationError, match="is no name for a model"):
        MODEL_NAME.validate_python(name)


@pytest.mark.parametrize("name", ["cnn", "dense-2", "_", "7", "a" * 64])
def test_model_names(name: str) -> None:
    assert MODEL_NAME.validate_python(name) == name


def test_lists_have_no_repetitions_and_hold_their_limits() -> None:
    seeds, classes = TypeAdapter(Seeds), TypeAdapter(ClassNames)
    assert seeds.validate_python([0, 2**31 - 1]) == (0, 2**31 - 1)
    assert len(seeds.validate_python(list(range(100)))) == 100
    assert len(classes.validate_python([f"class {n}" for n in range(256)])) == 256
    assert classes.validate_python(["T-shirt/top", "größe $"]) == ("T-shirt/top", "größe $")
    wrong_seeds: list[list[object]] = [[], [1, 1], [-1], [2**31], list(range(101)), [True], [0.0], ["0"]]
    for values in wrong_seeds:
        with pytest.raises(ValidationError):
            seeds.validate_python(values, strict=True)
    wrong_classes = [
        ["a"],
        ["a", "a"],
        ["a", ""],
        ["a", "b "],
        ["a", "\x1b"],
        ["a", "b\nc"],
        [str(n) for n in range(257)],
    ]
    for names in wrong_classes:
        with pytest.raises(ValidationError):
            classes.validate_python(names, strict=True)
