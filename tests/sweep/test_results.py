"""What report.json of a sweep holds, worked out again from the metrics of its trainings."""

import json
import statistics
from pathlib import Path

import pytest

from configs.sweep import settings_of
from model.report.canvas import Sheet
from model.run.folder import RunError, RunFolder
from model.sweep.report import is_sweep, read_sweep
from model.sweep.words import notes
from tests.strangers import second_way
from tests.sweeps import NUM_TEST, NUM_VALIDATION, SWEEP, config_of, leave, make_sweep, report_again, right_of


def metrics_of(folder: Path, setting: str, model: str, seed: int) -> dict:
    return json.loads((folder / setting / model / f"seed-{seed}" / "metrics.json").read_text())


@pytest.fixture(scope="module", autouse=True)
def undrawn():
    """No picture is drawn for these tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Sheet, "save", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def swept(tmp_path_factory, undrawn):
    """A sweep of 3 x 2 settings with two seeds, in its folder."""
    folder = tmp_path_factory.mktemp("outputs") / "made-up"
    folder.mkdir()
    make_sweep(folder)
    return folder, json.loads((folder / "report.json").read_text())


def test_every_number_follows_from_the_metrics(swept):
    folder, report = swept
    assert len(report["settings"]) == 6, "three rates with two networks"
    for one in report["candidates"]:
        for setting in one["settings"]:
            found = [metrics_of(folder, setting, one["model"], seed) for seed in (0, 1)]
            for key, count in (("validation_accuracy", NUM_VALIDATION), ("accuracy", NUM_TEST)):
                values = [metrics[key] for metrics in found]
                expected = second_way.mean_of_shares(values, count)
                assert one[key]["values"] == values
                assert one[key]["mean"] == pytest.approx(statistics.fmean(values))
                assert one[key]["std"] == pytest.approx(statistics.stdev(values))
                assert one[key]["interval"] == pytest.approx([expected.low, expected.high], abs=1e-6)
            assert one["train_seconds"] == statistics.fmean(metrics["train_seconds"] for metrics in found)
    weights = {4: 10 * 4 + 13 * 13 * 4 * 16 + 16 + 17 * 3, 8: 80 + 73 * 16 + 5 * 5 * 16 * 16 + 16 + 17 * 3}
    for one in report["candidates"]:
        filters = one["values"].get("models.cnn.filters", [0])[0]
        assert one["parameters"] == (weights[filters] if filters else 785 * 16 + 17 * 3), f"weights of {one}"


def test_settings_that_make_the_same_trainings_are_one_candidate(swept):
    _, report = swept
    by_model = {}
    for one in report["candidates"]:
        by_model.setdefault(one["model"], []).append(one)
    assert len(by_model["dense"]) == 3, "the filters of cnn do not concern dense"
    assert len(by_model["cnn"]) == 6
    rates = [setting["values"] for setting in report["settings"]]
    for one in by_model["dense"]:
        assert list(one["values"]) == ["training.learning_rate"]
        same = [row["name"] for row in report["settings"] if one["values"].items() <= row["values"].items()]
        assert one["settings"] == same, f"of {rates}"


def test_the_best_is_chosen_by_validation_and_not_by_test(tmp_path):
    config = config_of(SWEEP)
    settings = settings_of(config)
    for one in settings:
        leave(one, tmp_path / one.name, right_of)
    worst = next(one for one in settings if one.values["training.learning_rate"] == 0.01)
    for seed in (0, 1):
        path = tmp_path / worst.name / "cnn" / f"seed-{seed}" / "metrics.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"accuracy": 1.0}))
    report = report_again(tmp_path, config, settings)
    best = report.candidates[report.best["cnn"]]
    assert best.values == {"training.learning_rate": 0.005, "models.cnn.filters": [8, 16]}
    ahead = max(range(len(report.candidates)), key=lambda place: report.candidates[place].accuracy.mean)
    assert ahead not in report.best.values(), "test pictures must not choose"


def test_a_model_with_a_key_of_its_own_is_not_concerned_by_the_common_one(tmp_path):
    models = {
        "dense": {"architecture": "dense", "units": [16], "training": {"learning_rate": 0.1}},
        "cnn": {"architecture": "cnn", "filters": [4], "units": [16]},
    }
    for place, rates in enumerate(([0.1, 0.2], [0.2])):
        sweep = {"training.learning_rate": rates, "models.cnn.filters": [[4], [8]]}
        report = make_sweep(tmp_path / str(place), sweep, lambda *_: 0.9, models=models)
        [dense] = [one for one in report.candidates if one.model == "dense"]
        assert dense.settings == [one.name for one in report.settings]
        assert dense.values == {}, f"dense learns at 0.1, whatever of {rates} is common"


def test_mirror_images_are_paid_for_and_concern_those_alone_that_look_at_them(tmp_path):
    report = make_sweep(tmp_path, {"models.cnn.flip_at_test": [False, True]}, lambda *_: 0.9)
    dense = [one.values for one in report.candidates if one.model == "dense"]
    assert dense == [{}], "it would be trained twice"
    once, twice = (one for one in report.candidates if one.model == "cnn")
    assert twice.values == {"models.cnn.flip_at_test": True}
    last = 2 * 16 * 3  # which reads the mean of both
    assert twice.flops_per_image == 2 * once.flops_per_image - last
    assert twice.parameters == once.parameters


def test_keys_that_change_together_both_tell_a_candidate(tmp_path):
    sweep = {"zipped": {"training.epochs": [2, 4], "training.batch_size": [64, 128]}}
    report = make_sweep(tmp_path, sweep, lambda *_: 0.9)
    assert [one.values for one in report.candidates if one.model == "cnn"] == [
        {"training.epochs": 2, "training.batch_size": 64},
        {"training.epochs": 4, "training.batch_size": 128},
    ]


def test_what_is_missing_is_told_once_with_its_reason(tmp_path):
    config = config_of(SWEEP)
    settings = settings_of(config)
    names = [one.name for one in settings if one.values["training.learning_rate"] == 0.01]
    lost = {name: [("cnn", 1), ("dense", 0)] for name in names}
    reason = {(names[1], "dense", 0): "loss not finite"}
    report = make_sweep(tmp_path, without=lost, failed=reason)
    assert [(one.setting, one.model, one.seed, one.reason) for one in report.failed] == [
        (names[0], "dense", 0, "loss not finite")
    ], "dense is the same in both settings"
    waiting = [(one.setting, one.model, one.seed) for one in report.not_trained]
    assert waiting == [(name, "cnn", 1) for name in names]
    again = report_again(tmp_path, config, settings)
    assert again.failed == report.failed, "what is known of before is told again"
    (tmp_path / names[0] / "dense" / "seed-0").mkdir(parents=True)
    source = tmp_path / names[0] / "dense" / "seed-1" / "metrics.json"
    (tmp_path / names[0] / "dense" / "seed-0" / "metrics.json").write_text(source.read_text())
    assert report_again(tmp_path, config, settings).failed == [], "it is trained by now"


def test_a_setting_that_lost_a_training_has_it_from_another_one(tmp_path):
    config = config_of({"models.cnn.filters": [[4], [8]]})
    settings = settings_of(config)
    right = {"dense": 0.8, "cnn": 0.9}
    for one in settings:
        without = [("dense", 0), ("dense", 1)] if one is settings[0] else []
        leave(one, tmp_path / one.name, lambda model, *_: right[model], without)
    report = report_again(tmp_path, config, settings)
    assert report.not_trained == [], "dense is in the other setting"
    assert [len(one.seeds) for one in report.candidates] == [2, 2, 2]


def test_shares_that_are_none_are_refused_and_told(tmp_path):
    config = config_of(SWEEP, seeds=(0,))
    settings = settings_of(config)
    for one in settings:
        leave(one, tmp_path / one.name, right_of)
    path = tmp_path / settings[0].name / "cnn" / "seed-0" / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"validation_accuracy": 90.0}))
    report = report_again(tmp_path, config, settings)
    assert "has shares beyond 0 to 1" in report.failed[0].reason


def test_a_network_that_always_says_the_same_counts_and_is_told(tmp_path):
    config = config_of(SWEEP)
    settings = settings_of(config)
    for one in settings:
        leave(one, tmp_path / one.name, right_of)
    path = tmp_path / settings[0].name / "cnn" / "seed-1" / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"distinct_answers": 1}))
    report = report_again(tmp_path, config, settings)
    assert [one.same_answer for one in report.candidates if one.same_answer] == [[1]]
    told = "One training gives the same answer to every test picture, and counts in the means: cnn ("
    assert told in " ".join(notes(report))


def test_nothing_trained_is_a_report_too(tmp_path):
    config = config_of(SWEEP)
    settings = settings_of(config)
    report = report_again(tmp_path, config, settings)
    assert report.candidates == []
    assert report.best == {}
    assert len(report.not_trained) == (6 + 3) * 2
    assert read_sweep(RunFolder(tmp_path)) == report


# Read again ------------------------------------------------------------------------------------------------


def test_what_is_read_is_what_was_written(swept):
    folder, report = swept
    assert read_sweep(RunFolder(folder)).as_json() == report
    assert is_sweep(RunFolder(folder))
    assert report["kind"] == "sweep"


CHANGES = {
    "candidates.0.accuracy.mean": 0.5,
    "candidates.0.validation_accuracy.values": [0.9, 1.5],
    "candidates.0.validation_accuracy.interval": [0.0, 0.1],
    "candidates.0.seeds": [0, 0],
    "candidates.0.settings": ["elsewhere"],
    "candidates.0.values": {"other": 1},
    "candidates.0.parameters": "many",
    "best.cnn": 0,
    "together.cnn": [0],
    "together": {},
    "pareto": [8],
    "settings.0.name": "learning_rate-0.002_filters-8-16",
    "settings.0.values": {},
    "failed": [{"setting": "x", "model": "cnn", "seed": 0, "reason": "why"}],
    "keys": [],
    "kind": "run",
    "data": None,
}


@pytest.mark.parametrize("key", CHANGES)
def test_a_report_that_contradicts_itself_is_refused_in_a_sentence(swept, tmp_path, key):
    changed = json.loads(json.dumps(swept[1]))
    *way, last = [int(part) if part.isdigit() else part for part in key.split(".")]
    place = changed
    for part in way:
        place = place[part]
    place[last] = CHANGES[key]
    (tmp_path / "report.json").write_text(json.dumps(changed))
    with pytest.raises(RunError) as refused:
        read_sweep(RunFolder(tmp_path))
    told = str(refused.value)
    assert "report.json" in told
    assert key.split(".")[0] in told, f"it does not name the key: {told}"
    assert len(told) < 700, f"it goes on and on: {told}"


@pytest.mark.parametrize("content", ["[]", "{", '{"kind": "sweep"}', "NaN"])
def test_a_damaged_report_is_refused_in_a_sentence(tmp_path, content):
    (tmp_path / "report.json").write_text(content)
    with pytest.raises(RunError, match=r"report\.json"):
        read_sweep(RunFolder(tmp_path))
    assert is_sweep(RunFolder(tmp_path)) == ("sweep" in content)
