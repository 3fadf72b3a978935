import json
import os

import numpy as np
import pytest

from data.storage import write_json, write_npz
from model.run_folder import RunError, RunFolder, find_folder, newest_run

IDENTITY = {"config_digest": "a", "data_digest": "b"}


def test_the_same_experiment_finds_its_folder_again_and_another_gets_its_own(tmp_path):
    first, known = find_folder(tmp_path, "x", IDENTITY)
    assert (first.path.name, known) == ("x", False)
    write_json(first.path / "environment.json", IDENTITY | {"python": "3"})
    assert find_folder(tmp_path, "x", IDENTITY) == (first, True), (
        "the same experiment must go on where it was"
    )
    other, known = find_folder(tmp_path, "x", IDENTITY | {"config_digest": "c"})
    assert (other.path.name, known) == ("x-2", False), "another config must never write into this run"


def test_a_folder_that_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").write_text("years of work")
    assert find_folder(tmp_path, "x", IDENTITY)[0].path.name == "x-2"
    (tmp_path / "y").write_text("a file")
    assert find_folder(tmp_path, "y", IDENTITY)[0].path.name == "y-2"


def test_the_newest_run_is_the_one_reported_last_and_never_the_reference(tmp_path):
    with pytest.raises(RunError, match=r"no finished run in .*; `python train.py` makes one"):
        newest_run(tmp_path)
    for age, name in enumerate(("reference", "new", "old")):
        write_json(tmp_path / name / "report.json", {})
        os.utime(tmp_path / name / "report.json", (1000 - age, 1000 - age))
    assert newest_run(tmp_path).path.name == "new"


def test_what_is_missing_or_damaged_is_named_with_what_to_do(tmp_path):
    run = RunFolder(tmp_path / "run")
    with pytest.raises(
        RunError, match=r"run is no folder; expected a run folder such as outputs/dense-vs-cnn"
    ):
        run.report()
    run.path.mkdir()
    with pytest.raises(RunError, match=r"report.json is missing; run train.py"):
        run.report()
    with pytest.raises(RunError, match=r"can't be read as a run"):
        run.config()
    for content in ("{", "[]", ""):
        (run.path / "report.json").write_text(content)
        with pytest.raises(RunError, match=r"report.json can't be read \(.*delete it, then run train.py"):
            run.report()


def test_predictions_that_do_not_belong_together_are_refused(tmp_path):
    run = RunFolder(tmp_path)
    path = run.seed_folder("cnn", 0) / "predictions.npz"
    good = {"probabilities": np.full((3, 2), 0.5, np.float32), "labels": np.zeros(3, np.uint8)}
    write_npz(path, good)
    assert run.predictions("cnn", 0)[0].shape == (3, 2)
    bad = [
        good | {"labels": np.zeros(2, np.uint8)},
        good | {"probabilities": np.full((3, 2), np.nan, np.float32)},
        {"labels": good["labels"]},
    ]
    for arrays in bad:
        write_npz(path, arrays)
        with pytest.raises(RunError, match=r"predictions.npz can't be read"):
            run.predictions("cnn", 0)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunError, match=r"predictions.npz can't be read"):
        run.predictions("cnn", 0)


def test_an_array_of_objects_is_never_unpickled(tmp_path):
    path = RunFolder(tmp_path).seed_folder("cnn", 0) / "predictions.npz"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        np.savez(file, probabilities=np.array([{"code": 1}], object), labels=np.zeros(1, np.uint8))
    with pytest.raises(RunError, match=r"predictions.npz can't be read"):
        RunFolder(tmp_path).predictions("cnn", 0)


def test_a_history_comes_as_columns(tmp_path):
    run = RunFolder(tmp_path)
    path = run.seed_folder("cnn", 0) / "history.csv"
    path.parent.mkdir(parents=True)
    path.write_text("epoch,loss\n1,0.5\n2,0.25\n")
    assert run.history("cnn", 0)["loss"].tolist() == [0.5, 0.25]
    path.write_text("epoch,loss\n1,much\n")
    with pytest.raises(RunError, match=r"history.csv can't be read"):
        run.history("cnn", 0)


def test_metrics_that_are_half_there_count_as_not_there(tmp_path):
    run = RunFolder(tmp_path)
    assert run.metrics("cnn", 0) is None
    path = run.seed_folder("cnn", 0) / "metrics.json"
    write_json(path, {"accuracy": 0.5})
    assert run.metrics("cnn", 0) == {"accuracy": 0.5}
    path.write_text(json.dumps({"accuracy": 0.5})[:-3])
    assert run.metrics("cnn", 0) is None
