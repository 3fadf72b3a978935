"""Of a run's files that do not agree, which is blamed and what is still used."""

from pathlib import Path

import pytest

from model.run.folder import RunError
from tests.compared_folders import make_run, read_report, write_metrics, write_report
from tests.side_by_side.test_compare_runs import compare, right


def test_a_report_that_predictions_and_metrics_deny_is_blamed_itself(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"cnn": 0.9})
    other = make_run(tmp_path / "other", {"cnn": 0.8})
    for seed, share in enumerate(right(0.9).mean(axis=1)):
        write_metrics(one, "cnn", seed, float(share))
    assert compare(one)["faults"] == [], "the run this starts from is whole"
    write_report(one, read_report(other))
    with pytest.raises(RunError) as refused:
        compare(one)
    told, stored = (100 * right(share)[0].mean() for share in (0.8, 0.9))
    said = f"{one / 'report.json'} says that cnn, seed 0 is right on {told:.2f} %, where its predictions.npz"
    assert str(refused.value).startswith(f"{said} and metrics.json have {stored:.2f} %: it is of other")
    assert f"delete it, then `python train.py {one / 'config.yaml'}" in str(refused.value)


def test_predictions_that_report_and_metrics_deny_are_left_out(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.8, "cnn": 0.9})
    write_metrics(one, "cnn", 1, float(right(0.9)[1].mean()))
    copied = (one / "dense" / "seed-1" / "predictions.npz").read_bytes()
    (one / "cnn" / "seed-1" / "predictions.npz").write_bytes(copied)
    found = compare(one)
    [fault] = found["faults"]
    told = f"has {100 * right(0.8)[1].mean():.2f} % right, where report.json and metrics.json say"
    assert f"cnn/seed-1/predictions.npz {told}" in fault["problem"]
    assert found["models"]["one/cnn"]["seeds"] == [0, 2], "the answers of another model count as its own"
