"""Runs side by side: which models are compared, how, and what is said of what can't be used."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.comparison.intervals import difference_over, luck_of_the_best, unpaired_interval
from model.run.folder import RunError
from model.run.rules import RULES
from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.records import comparison_json
from model.side_by_side.text import notes
from tests.compared_folders import (
    CLASSES,
    call_classes,
    make_run,
    read_report,
    report_alone,
    write_predictions,
    write_report,
)
from tests.comparison.test_compare import labels_of, predict

pytestmark = pytest.mark.numeric

OTHER_DATA = "ef" * 32


def compare(*folders: Path) -> dict[str, Any]:
    found = comparison_json(compare_runs(folders, folders[0].parent))
    json.dumps(found, allow_nan=False)  # what is no JSON can't be in comparison.json
    return found


def pairs_of(comparison: dict[str, Any]) -> list[tuple[str, str]]:
    return [(pair["baseline"], pair["candidate"]) for pair in comparison["comparisons"]]


def right(share: float, seeds: tuple[int, ...] = (0, 1, 2)) -> np.ndarray:
    """Which answers of made-up networks are right: (num_seeds, num_images)."""
    answers = np.array([probabilities.argmax(axis=1) for probabilities in predict(share, seeds).values()])
    return (answers == labels_of()).astype(float)


def test_models_of_the_same_name_are_compared_picture_by_picture(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"dense": 0.86, "cnn": 0.93}, seeds=(0, 5, 6))
    found = compare(one, two)
    assert pairs_of(found) == [("one/dense", "two/dense"), ("one/cnn", "two/cnn")]
    pair = found["comparisons"][1]
    expected = difference_over(right(0.93, (0, 5, 6)), right(0.9))
    assert pair["paired"], "both have predictions of the same pictures"
    assert pair["difference"] == pytest.approx(expected.value)
    assert pair["interval"] == pytest.approx(expected.interval)
    assert [row["seed"] for row in pair["mcnemar"]] == [0], "5 and 6 are no seeds of the first run"
    assert pair["verdict"].startswith("two/cnn is better than one/cnn by"), pair["verdict"]
    assert found["faults"] == found["unusable"] == []


def test_a_model_without_a_namesake_meets_the_last_model_of_the_first_run(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"wide": 0.91, "dense": 0.86})
    three = make_run(tmp_path / "three", {"wide": 0.92})
    expected = [("one/cnn", "two/wide"), ("one/dense", "two/dense"), ("one/cnn", "three/wide")]
    assert pairs_of(compare(one, two, three)) == expected


def test_the_models_of_a_single_run_meet_its_first(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9, "wide": 0.91})
    found = compare(one)
    assert pairs_of(found) == [("one/dense", "one/cnn"), ("one/dense", "one/wide")]
    own = read_report(one)["comparisons"]
    for pair, known in zip(found["comparisons"], own, strict=True):
        assert pair["interval"] == pytest.approx(known["interval"])
    assert pairs_of(compare(one, one)) == pairs_of(found), "the same folder twice is one run"
    two = make_run(tmp_path / "two", {"cnn": 0.93})
    assert pairs_of(compare(one, two, one)) == [("one/cnn", "two/cnn")], "the first stays the first"


def test_other_test_pictures_stand_side_by_side(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    other = make_run(tmp_path / "other", {"cnn": 0.93}, digest=OTHER_DATA)
    again = make_run(tmp_path / "again", {"cnn": 0.95}, digest=OTHER_DATA)
    found = compare(one, other, again)
    assert pairs_of(found) == [("other/cnn", "again/cnn")], "only what was scored on the same pictures"
    assert [one["runs"] for one in found["test_sets"]] == [["one"], ["other", "again"]]
    assert set(found["models"]) == {"one/cnn", "other/cnn", "again/cnn"}
    assert compare(one, other)["comparisons"] == []
    report = read_report(call_classes(again, *CLASSES, "Dress"))
    report["data"]["digest"] = "ab" * 32
    write_report(again, report)
    assert pairs_of(compare(one, again)) == [], "a digest may be anybody's word; the classes differ"


def test_a_report_alone_is_compared_by_its_intervals_and_that_is_said(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, config_digest="01" * 32)
    [paired] = compare(one, two)["comparisons"]
    found = compare(one, report_alone(two, tmp_path / "alone"))
    [pair] = found["comparisons"]
    assert not pair["paired"]
    assert pair["without_predictions"] == ["alone/cnn"]
    assert "Without the predictions of alone/cnn" in pair["verdict"]
    assert "of the difference is wider than it would be with the predictions" in pair["verdict"]
    assert pair["difference"] == pytest.approx(paired["difference"])
    low, high = paired["interval"]
    assert pair["interval"][0] < low < high < pair["interval"][1], "not knowing more must not look like it"
    assert found["faults"] == [], "a report alone is no fault"
    assert not found["runs"]["alone"]["config_known"]


def test_intervals_that_allow_for_less_are_not_said_to_allow_for_seeds(tmp_path: Path) -> None:
    """Of single trainings, and of one model's single training against another's three."""
    one = make_run(tmp_path / "one", {"cnn": 0.9}, seeds=(0,))
    two = report_alone(make_run(tmp_path / "two", {"cnn": 0.93}), tmp_path / "alone")
    three = make_run(tmp_path / "three", {"cnn": 0.92})
    for first, later in ((one, two), (two, one)):
        [pair] = compare(first, later)["comparisons"]
        assert pair["over"] == "images", "one of the two intervals is over images alone"
        assert "Another seed may differ." in pair["verdict"]
    [pair] = compare(three, two)["comparisons"]
    assert pair["over"] == "seeds and images"


def test_the_unpaired_interval_is_newcombes() -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

    ends = {count: proportion_confint(count, 500, method="wilson") for count in (460, 430)}
    found = unpaired_interval((0.92, *ends[460]), (0.86, *ends[430]))
    assert found == pytest.approx(confint_proportions_2indep(460, 500, 430, 500, method="newcomb"))


def test_the_same_trainings_are_no_evidence(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    more = make_run(tmp_path / "more", {"cnn": 0.9}, seeds=(0, 1, 2, 3))
    [told] = compare(one, more)["not_compared"]
    same = "more/cnn and one/cnn hold the same trainings (seeds 0, 1, 2), but not seed 3 of more/cnn."
    assert told["verdict"] == f"{same} No comparison is made."
    alone = report_alone(one, tmp_path / "alone")
    [told] = compare(one, alone)["not_compared"]
    copied = "alone/cnn and one/cnn hold the same trainings (seeds 0, 1, 2): the same experiment again, or a"
    assert told["verdict"].startswith(copied), "same config, same seeds, same accuracies"


def test_runs_that_share_some_trainings_are_no_copies(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    wider = make_run(tmp_path / "wider", {"dense": 0.85, "cnn": 0.9, "wide": 0.91})
    other = make_run(tmp_path / "other", {"dense": 0.85, "cnn": 0.92})
    copy = make_run(tmp_path / "copy", {"dense": 0.85, "cnn": 0.9})
    same = "hold the same trainings (seeds 0, 1, 2)"
    for run in ("wider", "other"):
        told = compare(one, wider if run == "wider" else other)["not_compared"]
        assert told[0]["verdict"] == f"{run}/dense and one/dense {same}. No comparison is made.", (
            "a run that holds another training is no copy, and not the same experiment again"
        )
    told = [pair["verdict"] for pair in compare(one, copy)["not_compared"]]
    end = ": the same experiment again, or a copy. No comparison is made."
    assert told == [f"copy/{name} and one/{name} {same}{end}" for name in ("dense", "cnn")]
    assert pairs_of(compare(one, wider)) == [("one/cnn", "wider/wide")], "the new one is compared"


def test_a_model_whose_training_failed_is_not_compared(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"dense": 0.86})
    report = read_report(two)
    report["failed"] = [{"model": "cnn", "seed": 1, "reason": "loss not finite"}]
    write_report(two, report)
    found = compare(one, two)
    [told] = found["not_compared"]
    assert told["verdict"].startswith("two/cnn has no result: its training failed (loss not finite)")
    assert found["faults"] == [{"run": "two", "problem": "cnn, seed 1 failed in that run: loss not finite"}]


@pytest.mark.parametrize("config_known", [True, False])
def test_the_baseline_is_the_configs_first_also_where_its_training_failed(
    tmp_path: Path, config_known: bool
) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9, "big": 0.91, "huge": 0.92})
    report = read_report(one)
    for failed in ("dense", "huge"):
        del report["models"][failed]
        report["failed"].append({"model": failed, "seed": 0, "reason": "loss not finite"})
    pairs = [{"baseline": "dense", "candidate": name, "verdict": "."} for name in ("cnn", "big", "huge")]
    write_report(one, report | {"comparisons": [], "not_compared": pairs})
    if not config_known:
        (one / "config.yaml").unlink()
    found = compare(one)
    assert found["comparisons"] == [], "the baseline has no result, and no other model takes its place"
    told = [(pair["baseline"], pair["candidate"]) for pair in found["not_compared"]]
    assert told == [("one/dense", f"one/{name}") for name in ("cnn", "big", "huge")]
    two = make_run(tmp_path / "two", {"wide": 0.93})
    assert pairs_of(compare(one, two)) == [("one/big", "two/wide")], "the last model that has a result"


def test_looks_that_a_report_knows_of_are_counted(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9}, test_looks=14)
    two = make_run(tmp_path / "two", {"cnn": 0.93}, settings={"training": {"epochs": 9}})
    [told] = compare(one, two)["test_sets"]
    assert told["test_looks"] == 14, "that only two are compared does not undo the other looks"
    assert told["test_looks_words"].startswith("14 settings have now been scored on these 3,000 pictures")
    write_report(one, read_report(one) | {"test_looks": 1})
    assert compare(one, two)["test_sets"][0]["test_looks"] == 2, "the two at hand are looks themselves"


def test_a_setting_is_a_network_and_its_recipe_whatever_its_seeds_and_its_run(tmp_path: Path) -> None:
    def looks(*runs: Path) -> int:
        [tested] = compare(*runs)["test_sets"]
        return int(tested["test_looks"])

    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    assert looks(one) == 2, "two networks of one config are two settings"
    seeds = make_run(tmp_path / "seeds", {"cnn": 0.91}, seeds=(5, 6), config_digest="01" * 32)
    assert looks(one, seeds) == 2, "other seeds are no other setting"
    renamed = make_run(tmp_path / "renamed", {"mine": 0.92}, config_digest="02" * 32)
    assert looks(one, renamed) == 2, "nor is another name"
    erased = {"data": {"augmentation": {"erase": 3}}}
    augmented = make_run(tmp_path / "augmented", {"cnn": 0.93}, settings=erased, config_digest="03" * 32)
    assert looks(one, seeds, renamed, augmented) == 3, "other training pictures are another setting"
    alone = report_alone(one, tmp_path / "alone")
    assert looks(one, alone) == 2, "whose config is known by its digest is no other setting"
    assert looks(one, report_alone(seeds, tmp_path / "unknown")) == 3, "nothing tells that it is the same"


def test_made_up_lines_do_not_differ_in_their_name(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9}, settings={"data": {"source": "lines"}})
    write_report(one, read_report(one) | {"data": read_report(one)["data"] | {"name": "lines"}})
    found = compare(one, report_alone(one, tmp_path / "alone"))
    assert found["config_differences"] == [], "it is the same run"


def lose(run: Path) -> None:
    (run / "cnn" / "seed-1" / "predictions.npz").unlink()


def damage(run: Path) -> None:
    path = run / "cnn" / "seed-1" / "predictions.npz"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


def relabel(run: Path) -> None:
    write_predictions(run, "cnn", 1, predict(0.93)[1], np.roll(labels_of(), 1))


def permute(run: Path) -> None:
    order = np.random.default_rng(0).permutation(3000)
    write_predictions(run, "cnn", 1, predict(0.93)[1][order], labels_of()[order])


def shorten(run: Path) -> None:
    write_predictions(run, "cnn", 1, predict(0.93)[1][:-1], labels_of()[:-1])


@pytest.mark.parametrize(
    ("hurt", "fragment"),
    [
        (lose, "is missing"),
        (damage, "can't be read"),
        (relabel, "of other labels or of another training"),
        (permute, "holds other labels"),
        (shorten, "holds 2,999 pictures of 3, not 3,000"),
    ],
)
def test_a_fault_is_named_and_the_rest_compared(tmp_path: Path, hurt: Any, fragment: str) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"dense": 0.86, "cnn": 0.93})
    hurt(two)
    found = compare(one, two)
    [fault] = found["faults"]
    assert fault["run"] == "two"
    assert "seed-1/predictions.npz" in fault["problem"], "the file must be named"
    assert fragment in fault["problem"]
    assert "train.py" in fault["problem"], "it must say what to do"
    assert len(fault["problem"].splitlines()) == 1
    assert pairs_of(found) == [("one/dense", "two/dense"), ("one/cnn", "two/cnn")]
    assert found["models"]["two/cnn"]["seeds"] == [0, 2]
    expected = difference_over(right(0.93, (0, 2)), right(0.9))
    assert found["comparisons"][1]["interval"] == pytest.approx(expected.interval)


def test_no_damaged_byte_of_a_predictions_file_stops_the_comparison(tmp_path: Path) -> None:
    one, two = make_run(tmp_path / "one", {"cnn": 0.9}), make_run(tmp_path / "two", {"cnn": 0.93})
    path = two / "cnn" / "seed-1" / "predictions.npz"
    whole = path.read_bytes()
    for place in [*range(0, 300, 7), *range(len(whole) - 300, len(whole), 7)]:  # names, sizes, methods, flags
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        assert len(compare(one, two)["comparisons"]) == 1, f"byte {place} stopped the comparison"


def test_epochs_that_were_trained_are_no_setting(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9}, settings={"training": {"epochs": 9}})
    two = make_run(tmp_path / "two", {"cnn": 0.93})
    (two / "config.yaml").unlink()
    keys = [found["key"] for found in compare(one, two)["config_differences"]]
    assert not any("epochs" in key for key in keys), (
        "a training may have stopped before the last one asked for"
    )


def test_a_config_that_cannot_be_read_is_named_and_counts_as_unknown(tmp_path: Path) -> None:
    one, two = make_run(tmp_path / "one", {"cnn": 0.9}), make_run(tmp_path / "two", {"cnn": 0.93})
    (two / "config.yaml").write_text("seeds: [0")
    found = compare(one, two)
    assert "config.yaml" in found["faults"][0]["problem"]
    assert not found["runs"]["two"]["config_known"]
    assert len(found["comparisons"]) == 1


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data.digest", None),
        ("data.test", "10000"),
        ("data.classes", "abc"),
        ("models", []),
        ("models.cnn.accuracy", 0.9),
        ("models.cnn.accuracy.interval", [0.1]),
        ("models.cnn.accuracy.mean", 1.5),
        ("models.cnn.accuracy.values", [0.9]),
        ("models.cnn.parameters", 0),
        ("models.cnn.seeds", [0, 1, -2]),
        ("models.cnn.train_seconds", "fast"),
        ("failed", [{"model": "cnn"}]),
        ("environment", "mine"),
    ],
)
def test_a_report_that_is_wrong_is_named_with_its_key(tmp_path: Path, key: str, value: Any) -> None:
    one, two = make_run(tmp_path / "one", {"cnn": 0.9}), make_run(tmp_path / "two", {"cnn": 0.93})
    report = read_report(two)
    *sections, last = key.split(".")
    part = report
    for section in sections:
        part = part[section]
    part[last] = value
    write_report(two, report)
    found = compare(one, two)
    [unusable] = found["unusable"]
    assert unusable["run"] == "two"
    assert key in unusable["problem"], f"the message does not name the key: {unusable['problem']}"
    assert str(two / "report.json") in unusable["problem"]
    del part[last]
    write_report(two, report)
    assert f"{key}: Field required" in compare(one, two)["unusable"][0]["problem"]


def test_a_model_named_like_a_path_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path / "one", {"cnn": 0.9})
    report = read_report(run)
    report["models"]["../../elsewhere"] = report["models"]["cnn"]
    write_report(run, report)
    with pytest.raises(RunError, match="is no name for a model"):
        compare(run)


def test_nothing_but_unusable_folders_is_an_error_that_names_each(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "report.json").write_text("[" * 100_000)
    with pytest.raises(RunError) as raised:
        compare(tmp_path / "empty", tmp_path / "nowhere", tmp_path / "deep")
    empty, nowhere, deep = str(raised.value).splitlines()
    assert "empty/report.json is missing" in empty
    assert "nowhere is no folder" in nowhere
    assert "deep/report.json can't be read" in deep


def test_runs_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    one, two = (
        make_run(tmp_path / "mine" / "run", {"cnn": 0.9}),
        make_run(tmp_path / "yours" / "run", {"cnn": 0.93}),
    )
    assert list(compare(one, two)["runs"]) == ["mine/run", "yours/run"]


def test_other_machines_are_told(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    strange = {"processor": "two", "cores": [1], "deep": {"a": {"b": 1}}, "versions": {"keras": "4"}}
    two = make_run(tmp_path / "two", {"cnn": 0.93}, environment=strange)
    found = compare(one, two)
    assert not found["same_machine"]
    expected = ["processor", "cores", "threads_per_job"]
    assert found["machine_differences"] == expected, "what differs must be named"
    differing = {row["key"]: row["values"] for row in found["environment_differences"]}
    assert differing["processor"] == {"one": "one", "two": "two"}
    assert differing["versions.keras"] == {"two": "4"}
    assert compare(one)["same_machine"]


def test_only_what_was_used_tells_machines_apart(tmp_path: Path) -> None:
    """Both trained in float32; that one of them could have done so in bfloat16 is nothing to say."""
    runs = [
        make_run(tmp_path / name, {"cnn": 0.9}, environment={"bfloat16": name == "two"})
        for name in ("one", "two")
    ]
    found = compare(*runs)
    assert found["same_machine"]
    assert found["environment_differences"] == []
    report = read_report(runs[1])
    report["models"]["cnn"]["precision"] = "bfloat16"
    write_report(runs[1], report)
    assert compare(*runs)["machine_differences"] == ["precision"]


def test_reports_that_allow_for_different_things_allow_for_less_together(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    single = make_run(tmp_path / "single", {"cnn": 0.93}, seeds=(7,), config_digest="01" * 32)
    [found] = compare(one, report_alone(single, tmp_path / "alone"))["comparisons"]
    assert found["over"] == "images", "seeds are not allowed for where one of the two has one"
    assert found["difference"] == pytest.approx(right(0.93, (7,)).mean() - right(0.9).mean())
    [found] = compare(report_alone(single, tmp_path / "again"), one)["comparisons"]
    assert found["difference"] == pytest.approx(right(0.9).mean() - right(0.93, (7,)).mean())
    assert found["interval"][1] < 0 < -found["interval"][0], "the later run minus the first"


def test_labels_that_most_agree_on_count(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93})
    order = np.random.default_rng(0).permutation(3000)
    write_predictions(one, "cnn", 0, predict(0.9)[0][order], labels_of()[order])
    [fault] = compare(one, two)["faults"]
    assert "one/cnn/seed-0/predictions.npz holds other labels" in fault["problem"], "five of six agree"


def test_equal_accuracies_of_other_models_are_no_copies(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    other = make_run(tmp_path / "other", {"big": 0.9})
    alone = report_alone(other, tmp_path / "alone")
    assert pairs_of(compare(one, alone)) == [("one/cnn", "alone/big")], "another model of an equal config"
    write_report(alone, read_report(one) | {"config_digest": "01" * 32})
    assert pairs_of(compare(one, alone)) == [("one/cnn", "alone/cnn")], "the same model of another config"


def test_a_report_alone_tells_its_seeds(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, seeds=(4, 5))
    found = compare(one, report_alone(two, tmp_path / "alone"))["config_differences"]
    assert {"key": "seeds", "values": {"one": [0, 1, 2], "alone": [4, 5]}} in found


def test_a_model_that_guesses_is_not_the_one_a_run_is_about(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9, "big": 0.91})
    report = read_report(one)
    report["models"]["big"]["broken"] = "no better than guessing"
    write_report(one, report)
    assert pairs_of(compare(one, make_run(tmp_path / "two", {"wide": 0.93}))) == [("one/cnn", "two/wide")]


def test_seeds_that_are_told_twice_are_refused(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    report = read_report(one)
    report["models"]["cnn"]["seeds"] = [0, 0, 2]
    write_report(one, report)
    with pytest.raises(RunError, match=r"expected distinct ones of \[0, 1, 2\], found \[0, 0, 2\]"):
        compare(one)


def test_predictions_of_another_training_are_told_with_both_accuracies(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    write_predictions(one, "cnn", 1, predict(0.8)[1], labels_of())
    stored, told = right(0.8)[1].mean(), read_report(one)["models"]["cnn"]["accuracy"]["values"][1]
    [fault] = compare(one)["faults"]
    given = f"has {100 * stored:.2f} % right, where report.json says {100 * told:.2f} %"
    assert given in fault["problem"]


def test_the_luck_of_several_looks_is_taken_from_these_comparisons(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / name, {"cnn": share}, settings={"training": {"epochs": epochs}})
        for name, share, epochs in (("one", 0.9, 4), ("two", 0.93, 5), ("three", 0.91, 6))
    ]
    found = compare(*runs)
    errors = [pair["standard_error"] for pair in found["comparisons"]]
    [told] = found["test_sets"]
    assert (told["test_looks"], told["images"]) == (3, 3000)
    assert told["test_luck"] == pytest.approx(luck_of_the_best(3, errors))
    assert "looks about" in told["test_looks_words"]


def sizes(*rows: tuple[int, int]) -> list[dict[str, Any]]:
    """Training and validation pictures of each class, as report.json has them."""
    return [
        {"class": name, "train": train, "validation": validation, "test": 1000}
        for name, (train, validation) in zip(CLASSES, rows, strict=True)
    ]


def with_sizes(run: Path, *rows: tuple[int, int]) -> None:
    """The run as it would be of data with classes of these sizes, begun under the rules of now."""
    report = read_report(run)
    splits = {"train": sum(row[0] for row in rows), "validation": sum(row[1] for row in rows)}
    data = report["data"] | {"per_class": sizes(*rows)} | splits
    environment = report["environment"] | {"rules": dict(RULES)}
    write_report(run, report | {"data": data, "environment": environment})


def test_validation_pictures_held_out_by_different_rules_are_named_where_they_differ(tmp_path: Path) -> None:
    one, two = (make_run(tmp_path / name, {"cnn": share}) for name, share in (("one", 0.9), ("two", 0.91)))
    with_sizes(two, (900, 100), (450, 50), (90, 10))
    expected = (
        "They hold out other validation pictures: one as many of each class, "
        "two in proportion to the classes."
    )
    found = compare_runs([one, two], tmp_path)
    assert [tested.split_words for tested in found.test_sets] == [expected]
    assert expected in notes(found)
    assert compare(one)["test_sets"][0]["split_words"] is None, "one run differs from none"
    with_sizes(two, (900, 54), (450, 53), (190, 53))  # by either rule these, so that nothing differs
    assert compare(one, two)["test_sets"][0]["split_words"] is None
    with_sizes(one, (900, 100), (450, 50), (90, 10))
    with_sizes(two, (900, 100), (450, 50), (90, 10))
    assert compare(one, two)["test_sets"][0]["split_words"] is None, "both are of one rule"


def test_networks_scored_under_a_rule_of_before_are_named(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"dense": 0.86, "cnn": 0.91})
    config = (two / "config.yaml").read_text()
    (two / "config.yaml").write_text(
        config.replace("batch_normalization: false", "batch_normalization: true")
    )
    found = compare_runs([one, two], tmp_path)
    assert found.runs["one"].outdated == [], "none of its networks normalizes"
    [sentence] = found.runs["two"].outdated
    assert sentence.startswith("dense, cnn: scored with the moving averages")
    assert f"two: {sentence}" in notes(found)
    write_report(two, read_report(two) | {"environment": {"rules": dict(RULES)}})
    assert compare_runs([one, two], tmp_path).runs["two"].outdated == []
