import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from configs.digests import digest, training_digest
from configs.schema import Config, dump, load
from data.fashion_mnist import load as load_data
from data.splits import Split, Splits
from model.comparison.records import Failure, as_json
from model.experiment.results import Results, collect, kept, report_of
from model.robustness.files import read_answers
from model.run.folder import RunFolder
from tests.records import typed


@pytest.fixture(scope="module")
def config(small_config):
    return load(small_config)


@pytest.fixture(scope="module")
def splits(config):
    return load_data(config.data)


@pytest.fixture
def copy(small_run, tmp_path):
    """As a run of before, without a record of what it made: each file is held against the others."""
    run = RunFolder(shutil.copytree(small_run, tmp_path / "small"))
    (run.path / "manifest.json").unlink()
    return run


def collected(run, config, splits, failed=()):
    return collect(run, config, splits.test.labels, typed(list[Failure], list(failed)))


def failures_of(*arguments):
    """As report.json has them."""
    return [as_json(failure) for failure in collected(*arguments).failed]


def report_on(run, config, splits):
    """What report.json says of what is in the folder now."""
    identity = {"config_digest": digest(config), "data_digest": splits.digest}
    return report_of(run, config, splits, identity, collected(run, config, splits)).as_json()


def change_predictions(run, model, seed, **changes):
    path = run.seed_folder(model, seed) / "predictions.npz"
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {name: change(arrays[name]) for name, change in changes.items()})


def test_all_trainings_are_collected_in_the_order_of_the_config(small_run, config, splits):
    results = collected(RunFolder(small_run), config, splits)
    assert {model: list(seeds) for model, seeds in results.predictions.items()} == {
        "dense": [0, 1],
        "cnn": [0, 1],
    }
    assert results.histories["cnn"][1]["epoch"].tolist() == [1, 2]
    assert results.failed == []


def test_what_is_missing_or_damaged_is_named_and_the_rest_collected(copy, config, splits):
    (copy.seed_folder("dense", 0) / "metrics.json").unlink()
    (copy.seed_folder("cnn", 1) / "predictions.npz").write_bytes(b"nothing of use")
    results = collected(copy, config, splits)
    reasons = {(one.model, one.seed): one.reason for one in results.failed}
    assert set(reasons) == {("cnn", 1)}, "this one can't be used, and the other has not failed"
    assert list(results.metrics["dense"]) == [1]
    assert "predictions.npz can't be read" in reasons["cnn", 1], "the file must be named"
    assert list(results.predictions["cnn"]) == [0], "the other seed is as good as before"


def test_a_reason_given_by_the_job_is_kept(copy, config, splits):
    (copy.seed_folder("dense", 0) / "metrics.json").unlink()
    given = {"model": "dense", "seed": 0, "reason": "loss not finite at epoch 2"}
    assert failures_of(copy, config, splits, [given]) == [given]


def test_a_training_that_failed_just_now_is_told_once(copy, config, splits):
    (copy.seed_folder("cnn", 1) / "predictions.npz").write_bytes(b"nothing of use")
    given = {"model": "cnn", "seed": 1, "reason": "no disk left"}
    assert failures_of(copy, config, splits, [given]) == [given], "what is there of it is the same failure"


ODD = [{"failed": failed} for failed in (["x"], 5, "x", [{}], [{"model": [], "seed": 0, "reason": "x"}])]


@pytest.mark.parametrize("report", ODD, ids=str)
def test_an_odd_report_can_be_written_again(copy, config, splits, report):
    (copy.seed_folder("dense", 0) / "metrics.json").unlink()
    (copy.path / "report.json").write_text(json.dumps(report))
    assert failures_of(copy, config, splits) == [], "what is not trained yet has not failed"
    assert report_on(copy, config, splits)["not_trained"] == [{"model": "dense", "seed": 0}]


def test_the_reason_of_an_earlier_session_is_kept(copy, config, splits):
    (copy.seed_folder("dense", 0) / "metrics.json").unlink()
    (copy.seed_folder("dense", 1) / "metrics.json").unlink()
    report = json.loads((copy.path / "report.json").read_text())
    earlier = {"model": "dense", "seed": 0, "reason": "loss not finite at epoch 2"}
    look = {"model": "dense", "seed": 1, "stage": "inspection", "reason": "no disk left"}
    (copy.path / "report.json").write_text(json.dumps(report | {"failed": [earlier, look]}))
    assert failures_of(copy, config, splits) == [earlier]
    now = {"model": "dense", "seed": 0, "reason": "out of memory"}
    assert failures_of(copy, config, splits, [now]) == [now], "the newer reason counts"
    assert failures_of(copy, config, splits, [look]) == [look, earlier], (
        "a failed inspection is no reason for a missing training"
    )


def test_predictions_of_other_test_images_are_left_out(copy, config, splits):
    change_predictions(copy, "cnn", 1, labels=np.flip)
    results = collected(copy, config, splits)
    assert list(results.predictions["cnn"]) == list(results.histories["cnn"]) == [0]
    [failure] = results.failed
    assert (failure.model, failure.seed) == ("cnn", 1)
    assert "of other test images; delete that folder" in failure.reason


def test_controls_are_explained_where_several_models_are_compared(copy, config, splits):
    assert report_on(copy, config, splits)["why"] == [], "a single comparison has its verdict"
    shutil.copytree(copy.path / "cnn", copy.path / "unpooled")
    unpooled = config.models["cnn"].model_copy(update={"pooling": "none"})
    three = {"cnn": config.models["cnn"], "dense": config.models["dense"], "unpooled": unpooled}
    why = report_on(copy, config.model_copy(update={"models": three}), splits)["why"]
    assert [(entry["candidate"], entry["setting"]) for entry in why] == [
        ("dense", "architecture"),
        ("unpooled", "pooling"),
    ]


def test_mistakes_are_of_the_candidate_and_first_seed_that_did_not_fail(copy, config, splits):
    def owners():
        return {(one["model"], one["seed"]) for one in report_on(copy, config, splits)["mistakes"]}

    assert owners() == {("cnn", 0)}
    change_predictions(copy, "cnn", 0, probabilities=lambda p: np.tile(p[:1], (len(p), 1)))
    assert owners() == {("cnn", 1)}, "mistakes of a training that failed"
    shutil.rmtree(copy.path / "cnn")
    assert owners() == {("dense", 0)}, "a model without predictions has no mistakes to show"
    shutil.rmtree(copy.path / "dense")
    assert owners() == set()


def test_answers_to_perturbed_images_that_cannot_be_read_are_named(copy, config, splits):
    whole = report_on(copy, config, splits)
    assert whole["robustness"]["seeds"] == {"dense": [0], "cnn": [0]}
    (copy.seed_folder("dense", 0) / "robustness.npz").write_bytes(b"nothing of use")
    damaged = report_on(copy, config, splits)
    assert damaged["robustness"]["seeds"] == {"cnn": [0]}, "the other model's answers are still there"
    [failure] = damaged["failed"]
    assert "robustness.npz can't be read" in failure["reason"]
    assert damaged["models"] == whole["models"], "what a network was asked later does not change its score"


def backwards(arrays):
    return {"indices": arrays["indices"][::-1].copy(), "labels": arrays["labels"][::-1].copy()}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda arrays: {"labels": np.roll(arrays["labels"], 1)}, "other test images"),
        (lambda arrays: {"indices": arrays["indices"] + 10_000}, "other test images"),
        (backwards, "other test images"),
        (lambda arrays: {"changes/trained/conv9": arrays["changes/trained/conv1"]}, "another network"),
    ],
)
def test_answers_to_other_images_or_of_another_network_are_named(copy, config, splits, change, fault):
    path = copy.seed_folder("cnn", 0) / "robustness.npz"
    arrays = read_answers(copy, "cnn", 0)
    np.savez(path, **arrays | change(arrays))
    report = report_on(copy, config, splits)
    assert report["robustness"]["seeds"] == {"dense": [0]}, "they would be compared as if they were equal"
    [failure] = report["failed"]
    assert f"are of {fault}; delete it, then `python train.py " in failure["reason"], failure["reason"]


def test_answers_to_other_questions_do_not_count(copy, config, splits):
    more = config.robustness.model_copy(update={"images_per_class": 7})
    other = config.model_copy(update={"robustness": more})
    assert report_on(copy, other, splits)["robustness"] == {}, "curves of other images than the config says"


def test_made_up_lines_are_not_called_fashion_mnist(small_run, config, splits):
    data = config.data.model_copy(update={"source": "lines", "name": "fashion-mnist"})
    lines = config.model_copy(update={"data": data})
    assert report_on(RunFolder(small_run), lines, splits)["data"]["name"] == "lines"
    assert report_on(RunFolder(small_run), config, splits)["data"]["name"] == "small"


def test_runs_beside_it_on_the_same_images_count_as_looks(copy, config, splits):
    def looks():
        return report_on(copy, config, splits)["test_looks"]

    assert looks() == 2, "a run of two networks has looked twice"
    other = copy.path.parent / "other"
    shutil.copytree(copy.path, other)
    assert looks() == 2, "a copy is no other look"

    def made_of(changed, **identity):
        (other / "config.yaml").write_text(dump(changed))
        identity = {"config_digest": digest(changed), "data_digest": splits.digest} | identity
        path = other / "environment.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | identity))
        of_folders = changed.model_copy(update={"seeds": (0, 1)})
        for path in other.glob("*/seed-*/metrics.json"):
            model, seed = path.parts[-3], int(path.parts[-2].removeprefix("seed-"))
            identity["training_digest"] = training_digest(of_folders, model, seed)
            path.write_text(json.dumps(json.loads(path.read_text()) | identity))

    made_of(config)
    assert looks() == 2, "the same config again is no other look"
    made_of(config.model_copy(update={"seeds": (5, 6)}))
    assert looks() == 2, "nor are other seeds"
    longer = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 9})})
    made_of(longer)
    assert looks() == 4, "two networks trained otherwise on the same test images are two more"
    shutil.rmtree(other / "cnn")
    assert looks() == 3, "what was never trained to the end has not been scored"
    (other / "config.yaml").write_text("seeds: [0")
    assert looks() == 3, "a network is known by its run's digest and its name where its config can't be read"
    made_of(config, config_digest="of more seeds")
    (other / "config.yaml").write_text("seeds: [0")
    assert looks() == 2, "and by its trainings, which other runs have, too"
    made_of(longer, data_digest="other images")
    assert looks() == 2, "other test images are another matter"


def test_what_is_known_without_answers_is_of_each_model_and_seed(copy, config, splits):
    report = report_on(copy, config, splits)
    sizes = {"train": 1400, "validation": 100, "test": 500}
    assert report["data"] | sizes == report["data"]
    convolutions = 9 * 4 + 4 + 9 * 4 * 6 + 6
    expected = {
        "dense": (784 * 16 + 16 + 170, 0, 2 * (784 * 16 + 160)),
        "cnn": (
            convolutions + 150 * 16 + 16 + 170,
            convolutions,
            2 * (9 * 4 * 26 * 26 + 9 * 4 * 6 * 11 * 11 + 150 * 16 + 160),
        ),
    }
    for model, facts in expected.items():
        entry = report["models"][model]
        keys = ("parameters", "convolution_parameters", "flops_per_image")
        assert tuple(entry[key] for key in keys) == facts
        assert (entry["architecture"], entry["precision"]) == (model, "float32")
        for seed in (0, 1):
            told = entry["validation_accuracy"][str(seed)]
            assert told == copy.metrics(model, seed)["validation_accuracy"], "not of the validation images"


def test_epochs_are_those_that_were_trained(copy, config, splits):
    assert report_on(copy, config, splits)["models"]["cnn"]["epochs"] == 2
    path = copy.seed_folder("cnn", 1) / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"epochs": 7}))
    entry = report_on(copy, config, splits)["models"]["cnn"]
    assert entry["epochs"] == 7, "a training may stop early: the longest one counts, not what was planned"
    assert entry["epochs_per_seed"] == {"0": 2, "1": 7}


@pytest.mark.parametrize("kernels", ["random", "hand_made"])
def test_patterns_are_told_of_learned_filters_only(copy, config, splits, kernels):
    found = report_on(copy, config, splits)["models"]["cnn"]["patterns"]
    assert list(found) == ["0", "1"]
    frozen = config.models["cnn"].model_copy(update={"kernels": kernels})
    of_frozen = config.model_copy(update={"models": {**config.models, "cnn": frozen}})
    found = report_on(copy, of_frozen, splits)["models"]["cnn"]["patterns"]
    assert found == {}, "filters that never learned would be shown as trained ones"


def test_seconds_are_means_over_seeds(small_run, config):
    run = RunFolder(small_run)
    report = json.loads((small_run / "report.json").read_text())
    for key in ("train_seconds", "predict_seconds", "predict_one_seconds"):
        expected = np.mean([run.metrics("cnn", seed)[key] for seed in (0, 1)])
        assert report["models"]["cnn"][key] == pytest.approx(expected), f"{key} is of one seed"


def test_trainings_without_the_time_of_one_picture_are_reported_without_it(copy, config, splits):
    for seed in (0, 1):
        path = copy.seed_folder("cnn", seed) / "metrics.json"
        metrics = json.loads(path.read_text())
        del metrics["predict_one_seconds"]
        path.write_text(json.dumps(metrics))
    models = report_on(copy, config, splits)["models"]
    assert models["cnn"]["predict_one_seconds"] is None, "an earlier version has not measured it"
    assert models["dense"]["predict_one_seconds"] > 0


SMALL = {
    "name": "by-hand",
    "seeds": [7, 3],
    "data": {"name": "mine", "source": "."},
    "models": {
        "dense": {"architecture": "dense", "units": [4]},
        "cnn": {"architecture": "cnn", "filters": [2], "units": [], "training": {"epochs": 9}},
    },
}


def by_hand(tmp_path):
    """The report on trainings of which no two numbers are the same: seeds 7 and 3 of two models."""
    config, labels = Config.model_validate(SMALL), (np.arange(40) % 3).astype(np.uint8)
    random = np.random.default_rng(0)
    images = {"train": 60, "validation": 20, "test": 40}
    sets = {
        name: Split(np.zeros((count, 28, 28), np.uint8), (np.arange(count) % 3).astype(np.uint8))
        for name, count in images.items()
    }
    splits = Splits(**sets, class_names=("top", "coat", "bag"), title="Mine", source="a folder", digest="ab")
    metrics = {
        model: {
            seed: {
                "epochs": 4 + seed,
                "precision": "float32" if seed == 7 else "bfloat16",
                "train_seconds": 10.0 * place + seed,
                "predict_seconds": 1.0 * place + seed / 10,
                "predict_one_seconds": (place + seed) / 1000,
                "validation_accuracy": 0.8 + place / 20 + seed / 1000,
                "patterns": {"total": 10 * place + seed},
            }
            for seed in config.seeds
        }
        for place, model in enumerate(config.models)
    }
    predictions = {
        model: {seed: random.dirichlet((1, 1, 1), 40).astype(np.float32) for seed in config.seeds}
        for model in config.models
    }
    results = Results({model: {} for model in config.models}, metrics, predictions, [])
    run = RunFolder(tmp_path / "by-hand")
    identity = {"config_digest": "cd", "data_digest": "ab"}
    return as_json(report_of(run, config, splits, identity, results)), predictions, labels


def test_what_is_known_of_a_model_is_its_own(tmp_path):
    report, _, _ = by_hand(tmp_path)
    assert report["data"] == {
        "title": "Mine", "name": "mine", "source": "a folder", "digest": "ab",
        "classes": ["top", "coat", "bag"], "train": 60, "validation": 20, "test": 40,
        "per_class": [
            {"class": "top", "train": 20, "validation": 7, "test": 14},
            {"class": "coat", "train": 20, "validation": 7, "test": 13},
            {"class": "bag", "train": 20, "validation": 6, "test": 13},
        ],
        "duplicates": {"validation_in_training": 20, "test_in_training": 40, "test_in_validation": 40},
    }  # fmt: skip
    assert report["without_duplicates"] == {"dense": None, "cnn": None}, "all pictures are the same"
    assert (report["name"], report["config_digest"], report["seeds"]) == ("by-hand", "cd", [7, 3])
    dense, cnn = (report["models"][model] for model in ("dense", "cnn"))
    assert (dense["architecture"], cnn["architecture"]) == ("dense", "cnn")
    assert dense["parameters"] == 784 * 4 + 4 + 4 * 3 + 3
    assert dense["convolution_parameters"] == 0
    assert cnn["convolution_parameters"] == 3 * 3 * 2 + 2
    assert cnn["parameters"] == 20 + 13 * 13 * 2 * 3 + 3
    assert dense["flops_per_image"] == 2 * (784 * 4 + 4 * 3)
    assert cnn["flops_per_image"] == 2 * (26 * 26 * 9 * 2 + 13 * 13 * 2 * 3)
    for entry, place in ((dense, 0), (cnn, 1)):
        assert entry["epochs_per_seed"] == {"7": 11, "3": 7}
        assert entry["epochs"] == 11, "the longest"
        assert entry["precision"] == "bfloat16, float32", "of both trainings"
        assert entry["train_seconds"] == pytest.approx(10 * place + 5)
        assert entry["predict_seconds"] == pytest.approx(place + 0.5)
        assert entry["predict_one_seconds"] == pytest.approx((place + 5) / 1000)
        told = {"7": 0.807 + place / 20, "3": 0.803 + place / 20}
        assert entry["validation_accuracy"] == pytest.approx(told), "the accuracy of another seed"
        assert entry["patterns"] == ({"7": {"total": 17}, "3": {"total": 13}} if place else {})


def test_a_models_numbers_are_of_its_own_predictions(tmp_path):
    report, predictions, labels = by_hand(tmp_path)
    for model, entry in report["models"].items():
        rights = {seed: np.mean(p.argmax(axis=1) == labels) for seed, p in predictions[model].items()}
        assert dict(zip(entry["seeds"], entry["accuracy"]["values"], strict=True)) == pytest.approx(rights)
    answers = predictions["cnn"][7].argmax(axis=1)
    assert report["mistakes"], "there is something to check"
    for mistake in report["mistakes"]:
        assert (mistake["model"], mistake["seed"]) == ("cnn", 7), "the candidate's, by its first seed"
        index = mistake["index"]
        assert mistake["predicted"] == answers[index] != mistake["label"] == labels[index]
        assert mistake["probability"] == pytest.approx(predictions["cnn"][7][index].max())


def test_an_earlier_report_that_holds_more_is_kept(copy, config, splits):
    identity = {"config_digest": digest(config), "data_digest": splits.digest}

    def report():
        results = collected(copy, config, splits)
        return report_of(copy, config, splits, identity, results)

    whole = report()
    assert kept(whole, report()) is None, "nothing is lost: the new report is as good"
    for seed in (0, 1):
        predictions = copy.seed_folder("cnn", seed) / "predictions.npz"
        predictions.unlink()
        predictions.mkdir()
    less = report()
    assert "cnn" not in less.models
    found = kept(whole, less)
    assert (found.models, found.comparisons, found.robustness) == (
        whole.models,
        whole.comparisons,
        whole.robustness,
    ), "numbers that are known are lost"
    told = [(one.model, one.seed, one.is_training) for one in found.failed if one.stage == "reading"]
    assert told == [("cnn", 0, False), ("cnn", 1, False)], "no training failed: its files can't be read"
    assert "predictions.npz can't be read" in found.failed[0].reason
    assert kept(less, whole) is None, "what can be read again is told again"
    assert kept(whole, replace(whole, robustness=None)) == whole, "answers to perturbed pictures count, too"
