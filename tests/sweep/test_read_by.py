"""A sweep as other verbs read it: show, compare, export, and a notebook."""

import csv
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from configs.schema import Config, dump
from model.comparison.intervals import difference_over
from model.export.export import export_run
from model.report.canvas import Sheet
from model.run.folder import RunError, RunFolder
from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.records import comparison_json
from model.side_by_side.text import comparison_block, notes
from model.sweep.notebook import open_sweep
from model.sweep.show import told_again
from tests.sweeps import make_sweep, splits_of

SPLITS = splits_of()


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """A sweep of 3 x 2 settings with two seeds and their answers, in its folder; no picture is drawn."""
    folder = tmp_path_factory.mktemp("outputs") / "made-up"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Sheet, "save", lambda *_: None)
        make_sweep(folder, splits=SPLITS)
    return folder


def right_of(folder: Path, setting: str, model: str) -> np.ndarray:
    """(seeds, pictures), 1 where right."""
    found = []
    for seed in (0, 1):
        with np.load(folder / setting / model / f"seed-{seed}" / "predictions.npz") as stored:
            found.append(stored["probabilities"].argmax(axis=1) == stored["labels"])
    return np.array(found, float)


BEST = {"dense": "learning_rate-0.005_filters-4", "cnn": "learning_rate-0.005_filters-8-16"}


def test_the_best_of_each_model_stands_for_a_sweep(swept, tmp_path):
    found = compare_runs([swept], tmp_path)
    told = comparison_json(found)
    [pair] = told["comparisons"]
    expected = difference_over(right_of(swept, BEST["cnn"], "cnn"), right_of(swept, BEST["dense"], "dense"))
    assert (pair["baseline"], pair["candidate"]) == ("made-up/dense", "made-up/cnn")
    assert pair["paired"], "the answers of both are there"
    assert pair["difference"] == pytest.approx(expected.value)
    assert pair["interval"] == pytest.approx(expected.interval)
    assert told["runs"]["made-up"]["chosen"] in " ".join(notes(found)), "it is not said which are compared"
    assert "cnn (learning_rate 0.005, filters [8, 16])" in " ".join(notes(found))
    assert told["test_sets"][0]["test_looks"] == 9, "nine settings were scored, not the best two alone"
    assert max(map(len, comparison_block(found, "x").splitlines())) <= 80


def test_a_sweep_beside_another_is_compared_with_it(swept, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(swept, other)
    told = comparison_json(compare_runs([swept, other], tmp_path))
    assert [pair["verdict"] for pair in told["not_compared"]] == [
        f"other/{model} and made-up/{model} hold the same trainings (seeds 0, 1): the same experiment again, "
        "or a copy. No comparison is made."
        for model in ("dense", "cnn")
    ]


def test_what_differs_between_a_sweep_and_a_run_is_told_of_its_best(swept, tmp_path):
    alone = tmp_path / "alone"
    shutil.copytree(swept / BEST["cnn"], alone)
    found = compare_runs([swept], tmp_path)
    assert found.runs["made-up"].config_known, "its best settings have a config together"
    config = Config.model_validate(found_config(swept))
    assert config.training_of("cnn").learning_rate == 0.005
    assert dump(config)


def found_config(folder: Path) -> dict:
    from model.side_by_side.swept import read_best

    config = read_best(folder, "x").config
    assert config is not None
    return config.model_dump(mode="json")


def test_a_sweep_without_its_answers_is_refused_in_a_sentence(swept, tmp_path):
    (tmp_path / "alone").mkdir()
    for name in ("report.json", "config.yaml"):
        shutil.copy(swept / name, tmp_path / "alone" / name)
    with pytest.raises(RunError, match="is a sweep, and nothing is stored of its best settings"):
        compare_runs([tmp_path / "alone"], tmp_path)


def test_a_training_of_the_best_that_is_lost_costs_itself_alone(swept, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(swept, other)
    (other / BEST["cnn"] / "cnn" / "seed-1" / "predictions.npz").write_bytes(b"nothing")
    found = compare_runs([other], tmp_path)
    assert found.models["other/cnn"].found.seeds == [0]
    assert any("seed 1 can't be used" in one.problem for one in found.faults)


def test_the_page_of_a_sweep_is_no_hand_in(swept, tmp_path):
    with pytest.raises(RunError, match="is the page of a sweep"):
        compare_runs([swept / "report.html"], tmp_path)


def test_the_table_has_every_training_once(swept, tmp_path, capsys):
    from rich.console import Console

    assert export_run(RunFolder(swept), ["csv"], tmp_path, Console()) == 0
    text = (tmp_path / "exports" / "made-up" / "csv" / "trainings.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == (3 + 6) * 2
    for row in rows:
        path = swept / row["setting"] / row["model"] / f"seed-{row['seed']}" / "metrics.json"
        metrics = json.loads(path.read_text())
        assert float(row["accuracy"]) == metrics["accuracy"]
        assert float(row["validation_accuracy"]) == metrics["validation_accuracy"]
        assert row["models.cnn.filters"] == ("" if row["model"] == "dense" else row["models.cnn.filters"])
        assert (row["best"] == "True") == (row["setting"] == BEST[row["model"]])


def test_other_forms_of_a_sweep_are_refused_with_a_run_to_take(swept, tmp_path):
    from rich.console import Console

    with pytest.raises(RunError, match=f"expected one of them, as .*{BEST['cnn']}"):
        export_run(RunFolder(swept), ["onnx"], tmp_path, Console())


def test_show_and_a_notebook_tell_it_again(swept):
    shown = told_again(RunFolder(swept))
    assert "cnn, 6 settings" in shown
    assert " show " not in shown, "what was just done is no next step"
    sweep = open_sweep(swept)
    assert len(sweep.tables["trainings"]) == 18
    assert sweep.report.best["cnn"] in sweep.report.together["cnn"]
    with pytest.raises(RunError, match=r"report\.json"):
        sweep.run()  # which has only been trained
