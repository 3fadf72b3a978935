"""What report.json holds, read and written again, of this and of earlier versions, and anybody's."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from data.storage import write_json
from model.comparison.records import Failure, as_json
from model.experiment.report import newest_run, read_report
from model.run.folder import RunError, RunFolder

EARLIER = Path(__file__).parents[1] / "program" / "earlier_runs" / "finished"
ADDED_LATER = ("not_compared", "why", "test_looks", "test_luck", "test_looks_words", "robustness", "mistakes")


def read(report: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What is read of a report, as it would be written again."""
    (folder / "report.json").write_text(json.dumps(report))
    return read_report(RunFolder(folder)).as_json()


def earlier() -> dict[str, Any]:
    return dict(json.loads((EARLIER / "report.json").read_text()))


def known_then(written: Any, then: Any) -> Any:
    """What is written without the keys that there were not then."""
    if not (isinstance(written, dict) and isinstance(then, dict)):
        return written
    return {key: known_then(value, then[key]) for key, value in written.items() if key in then}


@pytest.mark.parametrize("made", ["now", "earlier"])
def test_what_is_read_is_what_was_written(made: str, small_run: Path) -> None:
    path = small_run if made == "now" else EARLIER
    report, text = read_report(RunFolder(path)).as_json(), (path / "report.json").read_text()
    report["environment"] = json.loads(text)["environment"]  # of which what is nested is not read
    report = known_then(report, json.loads(text)) if made == "earlier" else report
    assert json.dumps(report, indent=1, ensure_ascii=False) + "\n" == text, "keys, their order or numbers"


def test_what_earlier_versions_lack_has_a_default(tmp_path: Path) -> None:
    report = earlier()
    for key in ADDED_LATER:
        report.pop(key, None)
    for entry in report["models"].values():
        for key in ("epochs_per_seed", "predict_one_seconds", "patterns", "validation_accuracy"):
            del entry[key]
    found = read(report | {"more": 1}, tmp_path)
    assert [found[key] for key in ADDED_LATER] == [[], [], 1, None, None, {}, []]
    assert found["models"]["cnn"]["predict_one_seconds"] is None
    assert found["models"]["cnn"]["accuracy"] == report["models"]["cnn"]["accuracy"]


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        (
            "models.cnn.brier.mean",
            "0.2",
            "models.cnn.brier.mean: Input should be a valid number, found '0.2'",
        ),
        ("models.cnn.per_class.1.images", -1, "models.cnn.per_class.1.images: Input should be greater than"),
        ("comparisons.0.verdict", None, "comparisons.0.verdict: Input should be a valid string, found None"),
        ("data.train", 3.0, "data.train: Input should be a valid integer, found 3.0"),
        (
            "robustness.kinds.0.models.cnn.over",
            "pictures",
            "robustness.kinds.0.models.cnn.over: Input should be 'seeds and images' or 'images', found 'pict",
        ),
        ("seeds.0", True, "seeds.0: Input should be a valid integer, found True"),
    ],
)
def test_a_key_that_is_wrong_is_named(key: str, value: Any, problem: str, tmp_path: Path) -> None:
    report = part = earlier()
    *sections, last = [int(one) if one.isdigit() else one for one in key.split(".")]
    for section in sections:
        part = part[section]
    part[last] = value
    with pytest.raises(RunError) as refused:
        read(report, tmp_path)
    told = f"{tmp_path / 'report.json'} is no report of a run: {problem}"
    assert str(refused.value).startswith(told), str(refused.value)
    assert "; delete it, then get the whole folder of that run" in str(refused.value)


def test_of_a_training_that_failed_no_stage_is_told() -> None:
    failed = {"model": "cnn", "seed": 1, "reason": "out of memory"}
    assert as_json(Failure(**failed)) == failed
    look = Failure(**failed, stage="inspection")
    assert list(as_json(look)) == ["model", "seed", "stage", "reason"], "in the order of the file"


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("per_class", [], "models.cnn: expected per_class and confusion of the same classes"),
        (
            "confusion",
            [[1.0], [2.0, 3.0]],
            "models.cnn: expected per_class and confusion of the same classes",
        ),
    ],
)
def test_parts_that_do_not_belong_together_are_named(
    key: str, value: object, told: str, tmp_path: Path
) -> None:
    report = json.loads((Path("outputs") / "reference" / "report.json").read_text())
    report["models"]["cnn"][key] = value
    (tmp_path / "report.json").write_text(json.dumps(report))
    with pytest.raises(RunError, match=re.escape(told)):
        read_report(RunFolder(tmp_path))


def test_the_newest_run_is_the_one_reported_last_and_never_the_reference(tmp_path: Path) -> None:
    with pytest.raises(
        RunError, match=rf"no finished run in .*; `python train.py --outputs {tmp_path}` makes"
    ):
        newest_run(tmp_path)
    for age, name in enumerate(("reference", "new", "old")):
        write_json(tmp_path / name / "report.json", {"models": {"cnn": {}}})
        os.utime(tmp_path / name / "report.json", (1000 - age, 1000 - age))
    assert newest_run(tmp_path).path.name == "new"
    of_nothing = {"models": {}, "failed": [{"model": "cnn", "seed": 0, "reason": "not trained yet"}]}
    write_json(tmp_path / "interrupted" / "report.json", of_nothing)  # as `inspect` has once written it
    assert newest_run(tmp_path).path.name == "new", "it tells of nothing"
    write_json(tmp_path / "died" / "report.json", {"models": {}, "failed": [{"reason": "out of memory"}]})
    assert newest_run(tmp_path).path.name == "died", "that all of it failed is a result"
    (tmp_path / "died").rename(tmp_path / ".died.old")
    assert newest_run(tmp_path).path.name == "new", "what is left of a run that was removed is no run"
