"""In what runs differ, where their configs do not say it."""

from pathlib import Path
from typing import Any

from tests.compared_folders import make_run, read_report, report_alone, write_report
from tests.side_by_side.test_compare_runs import compare


def told_by_reports(*runs: Path) -> dict[str, Any]:
    return {row["key"]: row["values"] for row in compare(*runs)["report_differences"]}


def test_what_reports_tell_of_networks_is_told_where_configs_do_not(tmp_path: Path) -> None:
    one = make_run(tmp_path / "one", {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, settings={"training": {"epochs": 9}})
    layers = [{"layer": "pool1", "type": "MaxPooling2D", "output_shape": [13, 13, 4], "flops": 10_000}]
    for run, size in ((one, 1000), (two, 2000)):
        report = read_report(run)
        for entry in report["models"].values():
            entry |= {"parameters": size, "layers": [layers[0] | {"parameters": size}]}
        write_report(run, report)
    assert told_by_reports(one, two) == {}, "their configs say why they differ"
    alone = report_alone(two, tmp_path / "alone")
    assert told_by_reports(one, alone) == {"models.cnn.parameters": {"one": 1000, "alone": 2000}}
    report = read_report(alone)
    report["models"]["cnn"] |= {"epochs": 9, "epochs_per_seed": {"0": 7, "1": 9, "2": 9}}
    report["models"]["cnn"] |= {"precision": "bfloat16", "flops_per_image": 20_000}
    report["models"]["cnn"]["layers"][0] |= {"type": "AveragePooling2D", "flops": 20_000}
    write_report(alone, report)
    assert told_by_reports(one, alone) == {
        "models.cnn.parameters": {"one": 1000, "alone": 2000},
        "models.cnn.flops_per_image": {"one": 10_000, "alone": 20_000},
        "models.cnn.epochs": {"one": "4", "alone": "7 to 9"},
        "models.cnn.precision": {"one": "float32", "alone": "bfloat16"},
        "models.cnn.layers.pool1": {"one": "MaxPooling2D 13 13 4", "alone": "AveragePooling2D 13 13 4"},
    }
    report["models"]["cnn"] |= {"precision": None, "layers": []}
    write_report(alone, report)
    told = told_by_reports(one, alone)
    assert not any("layers" in key or "precision" in key for key in told), "what is unknown is no difference"
