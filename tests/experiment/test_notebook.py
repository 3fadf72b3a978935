"""A run opened in a notebook: what it gives stands in the run's files, and nothing is written."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest

from configs.schema import ConfigError
from model.experiment.notebook import Run, open_run
from model.run.folder import RunError, RunFolder
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def run(small_run):
    return open_run(small_run)


def test_what_the_readme_shows_runs(small_run):
    [code] = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    names = {}
    exec(code.replace("outputs/quick", str(small_run)), names)
    assert names["run"].report.name == "small"


def files_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_reading_everything_writes_nothing(small_run):
    before = files_of(small_run)
    run = open_run(small_run)
    assert (run.faults, run.config.name, run.report.name) == ([], "small", "small")
    assert len(run.tables["trainings"]) == 4
    assert [run.figure(name).name for name in run.figures] == run.figures
    assert len(run.data.test.images) == 500
    assert files_of(small_run) == before, "a door for reading has written"


def test_arrays_are_those_of_the_files(run, small_run):
    with np.load(small_run / "cnn" / "seed-1" / "predictions.npz") as file:
        np.testing.assert_array_equal(run.probabilities("cnn", 1), file["probabilities"])
    with np.load(small_run / "cnn" / "inspection" / "activations.npz") as file:
        np.testing.assert_array_equal(run.maps("cnn")["pool1"], file["pool1"])
    assert run.filters("cnn")["conv1/kernel"].shape == (3, 3, 1, 4)
    assert run.filters("dense")["dense1/kernel"].shape == (784, 16)
    assert run.passports("cnn") == json.loads((small_run / "cnn/inspection/passports.json").read_text())


@pytest.mark.numeric
def test_the_network_answers_as_it_did_when_it_was_scored(run):
    images = run.data.test.images[:50, :, :, None].astype(np.float32) / 255
    found = run.network("cnn", seed=1).predict(images, verbose=0)
    # rounding of other batches
    np.testing.assert_allclose(found, run.probabilities("cnn", 1)[:50], atol=1e-5)


def test_a_figure_is_shown_as_it_stands_in_the_run(run, small_run):
    shown = run.figure("2-accuracy")
    assert shown._repr_png_() == (small_run / "figures" / "2-accuracy.png").read_bytes()
    assert repr(shown) == "Picture(name='figures/2-accuracy.png')", "its bytes would fill the screen"


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (
            lambda run: run.probabilities("cmn"),
            "'cmn': the run has no such model; expected one of dense, cnn",
        ),
        (lambda run: run.network("cnn", 7), "7: the run has no such seed; expected one of 0, 1."),
        (lambda run: run.maps("dense"), "dense has no convolutions, so no maps"),
        (lambda run: run.passports("dense"), "dense has no convolutions, so no passports"),
        (lambda run: run.figure("conv1-"), "several pictures have that in their names; expected one of cnn/"),
        (lambda run: run.figure("nothing"), "no picture has that in their names; expected one of cnn/"),
    ],
)
def test_what_a_run_does_not_have_is_said_with_what_it_has(run, ask, told):
    with pytest.raises(ConfigError, match=told.replace(".", r"\.")):
        ask(run)


def test_what_the_run_did_not_make_is_refused(small_run, tmp_path):
    copy = shutil.copytree(small_run, tmp_path / "small")
    for name in ("cnn/inspection/filters.npz", "figures/2-accuracy.png", "cnn/seed-0/predictions.npz"):
        shutil.copy(copy / "dense" / "inspection" / "filters.npz", copy / name)
    run = open_run(copy)
    for ask in (lambda: run.filters("cnn"), lambda: run.figure("2-acc"), lambda: run.probabilities("cnn")):
        with pytest.raises(RunError, match="is not the one that this run made"):
            ask()
    with pytest.raises(RunError, match="is no folder"):
        open_run(tmp_path / "nowhere")


def test_where_there_is_nothing_to_look_into_that_is_said(small_run, tmp_path, monkeypatch):
    copy = shutil.copytree(small_run, tmp_path / "small")
    shutil.rmtree(copy / "cnn" / "inspection")
    with pytest.raises(RunError, match=r"inspection is missing; `python train\.py"):
        open_run(copy).filters("cnn")
    always = {"distinct_answers": 1}
    monkeypatch.setattr(RunFolder, "metrics", lambda run, model, seed: always if model == "cnn" else None)
    for ask in (Run.filters, Run.maps, Run.passports):
        with pytest.raises(ConfigError, match="cnn gives all pictures the same answer, so there is nothing"):
            ask(open_run(copy), "cnn")


def test_where_there_are_no_pictures_none_is_offered(small_run, tmp_path):
    copy = shutil.copytree(small_run, tmp_path / "small", ignore=shutil.ignore_patterns("*.png"))
    with pytest.raises(RunError, match=r"small has no pictures; `python train\.py"):
        open_run(copy).figure("2-accuracy")


def test_opening_loads_no_tensorflow_and_leaves_a_notebook_its_pictures():
    code = """
import os, sys, types
sys.modules["ipykernel"] = types.ModuleType("ipykernel")  # as a notebook's own process has it
import model.experiment.notebook
print(os.environ["MPLBACKEND"], {"tensorflow", "matplotlib"} & set(sys.modules))
"""
    environment = os.environ | {"MPLBACKEND": "module://shown.here"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, env=environment
    )
    assert done.stdout == "module://shown.here set()\n", done.stdout + done.stderr
