import json
import shutil

import numpy as np
import pytest

from configs.schema import digest, load
from data.fashion_mnist import load as load_data
from model.results import collect, report_of
from model.run_folder import RunFolder


@pytest.fixture(scope="module")
def config(small_config):
    return load(small_config)


@pytest.fixture
def copy(small_run, tmp_path):
    return RunFolder(shutil.copytree(small_run, tmp_path / "small"))


def test_all_trainings_are_collected_in_the_order_of_the_config(small_run, config):
    results = collect(RunFolder(small_run), config, [])
    assert {model: list(seeds) for model, seeds in results.predictions.items()} == {
        "dense": [0, 1],
        "cnn": [0, 1],
    }
    assert results.histories["cnn"][1]["epoch"].tolist() == [1, 2]
    assert results.failed == []


def test_what_is_missing_or_damaged_is_named_and_the_rest_collected(copy, config):
    (copy.seed_folder("dense", 0) / "metrics.json").unlink()
    (copy.seed_folder("cnn", 1) / "predictions.npz").write_bytes(b"nothing of use")
    results = collect(copy, config, [])
    reasons = {(one["model"], one["seed"]): one["reason"] for one in results.failed}
    assert set(reasons) == {("dense", 0), ("cnn", 1)}, "exactly these two can't be used"
    assert reasons["dense", 0] == "not trained yet"
    assert "predictions.npz can't be read" in reasons["cnn", 1], "the file must be named"
    assert list(results.predictions["cnn"]) == [0], "the other seed is as good as before"


def test_a_reason_given_by_the_job_is_kept(copy, config):
    (copy.seed_folder("dense", 0) / "metrics.json").unlink()
    given = {"model": "dense", "seed": 0, "reason": "loss not finite at epoch 2"}
    assert collect(copy, config, [given]).failed == [given]


def test_runs_beside_it_on_the_same_images_count_as_looks(copy, config):
    splits = load_data(config.data)
    identity = {"config_digest": digest(config), "data_digest": splits.digest}

    def looks():
        return report_of(copy, config, splits, identity, collect(copy, config, []))["test_looks"]

    assert looks() == 1, "a run alone has looked once"
    other = copy.path.parent / "other"
    shutil.copytree(copy.path, other)
    assert looks() == 1, "the same config again is no other look"
    path = other / "environment.json"
    environment = json.loads(path.read_text())
    path.write_text(json.dumps(environment | {"config_digest": "another"}))
    assert looks() == 2, "another config on the same test images is a second look"
    path.write_text(json.dumps(environment | {"config_digest": "another", "data_digest": "other images"}))
    assert looks() == 1, "other test images are another matter"


def test_seconds_are_means_over_seeds(small_run, config):
    run = RunFolder(small_run)
    report = json.loads((small_run / "report.json").read_text())
    expected = np.mean([run.metrics("cnn", seed)["train_seconds"] for seed in (0, 1)])
    assert report["models"]["cnn"]["train_seconds"] == pytest.approx(expected)
