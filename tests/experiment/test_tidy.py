"""The tidy tables of a run hold what its files say."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from model.experiment.tidy import tables_of
from model.report.tables import as_csv
from model.run.folder import RunError, RunFolder


def as_pandas_reads(rows, folder: Path) -> pd.DataFrame:
    path = folder / "table.csv"
    path.write_text(as_csv(rows), encoding="utf-8")
    return pd.read_csv(path, dtype={"class": str})


@pytest.fixture(scope="module")
def tables(small_run):
    found, faults = tables_of(RunFolder(small_run))
    assert faults == [], "a whole run lacks nothing"
    return found


def test_the_trainings_give_the_figures_of_the_report_again(tables, small_run, tmp_path):
    report = json.loads((small_run / "report.json").read_text())
    trainings = as_pandas_reads(tables["trainings"], tmp_path)
    assert len(trainings) == 4, "two models with two seeds"
    for model, entry in report["models"].items():
        rows = trainings[trainings.model == model]
        for score in ("accuracy", "top_2", "loss", "brier"):
            assert rows[score].mean() == pytest.approx(entry[score]["mean"], abs=1e-12), f"{score} of {model}"
            assert rows[score].std() == pytest.approx(entry[score]["std"], abs=1e-12), f"{score} of {model}"
        for seconds in ("train_seconds", "predict_seconds", "predict_one_seconds"):
            assert rows[seconds].mean() == pytest.approx(entry[seconds]), f"{seconds} of {model}"
        for row in rows.itertuples():
            told = json.loads((small_run / model / f"seed-{row.seed}" / "metrics.json").read_text())
            assert row.validation_accuracy == told["validation_accuracy"], "of another training"
            assert (row.parameters, row.epochs, row.epochs_done) == (entry["parameters"], 2, told["epochs"])
    cnn = trainings[trainings.model == "cnn"].iloc[0]
    assert (cnn.filters, cnn.batch_size, cnn.state) == ("[4, 6]", 32, "done"), "settings stand beside figures"


def test_the_classes_give_those_of_the_report_again(tables, small_run, tmp_path):
    report = json.loads((small_run / "report.json").read_text())
    classes = as_pandas_reads(tables["classes"], tmp_path)
    assert len(classes) == 20
    for model, entry in report["models"].items():
        rows = classes[classes.model == model]
        assert list(rows["class"]) == report["data"]["classes"]
        for row, told in zip(rows.itertuples(), entry["per_class"], strict=True):
            found = (row.images, row.accuracy, row.accuracy_low, row.accuracy_high)
            assert found == (told["images"], told["accuracy"], *told["interval"]), "a class has other figures"
            for share in ("precision", "f1"):
                expected = np.nan if told[share] is None else told[share]
                np.testing.assert_equal(getattr(row, share), expected, err_msg=f"{share} of {told['class']}")


def test_the_filters_and_epochs_are_those_of_their_files(tables, small_run, tmp_path):
    passports = json.loads((small_run / "cnn" / "inspection" / "passports.json").read_text())
    filters = as_pandas_reads(tables["filters"], tmp_path)
    found = filters[filters.model == "cnn"].set_index(["layer", "filter"])
    assert len(found) == len(passports) == 10, "each filter has a row"
    for passport in passports:
        row = found.loc[passport["layer"], passport["index"]]
        assert row.accuracy_drop == passport["ablation"]["accuracy_drop"], "the worth of another filter"
        assert row.answers_changed == passport["ablation"]["answers"]["changed"]
    assert (filters[filters.model == "dense"].layer == "dense1").all(), "a dense network has units"
    epochs = as_pandas_reads(tables["epochs"], tmp_path)
    for (model, seed), rows in epochs.groupby(["model", "seed"]):
        history = pd.read_csv(small_run / model / f"seed-{seed}" / "history.csv")
        pd.testing.assert_frame_equal(rows.drop(columns=["model", "seed"]).reset_index(drop=True), history)
    assert len(epochs) == 8


def test_all_rows_of_a_table_have_the_same_columns(tables):
    for name, rows in tables.items():
        assert len({tuple(row) for row in rows}) == 1, f"{name} is no table"


def test_what_cant_be_used_is_named_and_the_rest_is_there(small_run, tmp_path):
    run = shutil.copytree(small_run, tmp_path / "small")
    (run / "cnn" / "seed-1" / "history.csv").write_text("epoch,loss\n1,0\n")
    (run / "dense" / "inspection" / "units.json").unlink()
    (run / "dense" / "inspection" / "filters.npz").unlink()
    tables, faults = tables_of(RunFolder(run))
    assert len(faults) == 2, faults
    assert "cnn/seed-1/history.csv is not the one that this run made" in " ".join(faults)
    kept = {(row["model"], row["seed"]) for row in tables["epochs"]}
    assert kept == {("dense", 0), ("dense", 1), ("cnn", 0)}
    assert {row["model"] for row in tables["filters"]} == {"cnn"}
    assert len(tables["trainings"]) == 4


def test_a_training_that_failed_has_a_row_with_its_reason(small_run, tmp_path):
    run = shutil.copytree(small_run, tmp_path / "small")
    (run / "manifest.json").unlink()  # as in a run of before, whose report is believed
    path = run / "report.json"
    report = json.loads(path.read_text())
    del report["models"]["cnn"]
    report |= {"comparisons": [], "robustness": {}, "mistakes": [], "why": [], "without_duplicates": {}}
    report["failed"] = [{"model": "cnn", "seed": 0, "reason": "loss not finite"}]
    path.write_text(json.dumps(report))
    rows = tables_of(RunFolder(run))[0]["trainings"]
    told = [(row["state"], row["reason"], row["accuracy"]) for row in rows if row["model"] == "cnn"]
    assert told == [("failed", "loss not finite", None), ("not trained", None, None)]
    precision = {row["state"]: row["precision"] for row in rows}
    assert precision == {"done": "float32", "failed": None, "not trained": None}, (
        "what was asked is no result"
    )


def test_a_report_that_was_changed_is_no_table(small_run, tmp_path):
    run = shutil.copytree(small_run, tmp_path / "small")
    path = run / "report.json"
    path.write_text(path.read_text().replace('"accuracy"', '"accuracy" '))
    with pytest.raises(RunError, match="is not the one that this run made"):
        tables_of(RunFolder(run))
