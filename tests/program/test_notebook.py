"""The notebook in configs/lessons runs from its first cell to its last, and is stored without outputs."""

import json
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pytest

from model.experiment.notebook import open_run
from tests.conftest import GUESS, ROOT

NOTEBOOK = ROOT / "configs" / "lessons" / "look_inside.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_it_is_stored_without_outputs():
    for cell in CELLS:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None), "it tells what is to be guessed"


def test_another_run_may_lack_a_training_and_pooling(small_run, monkeypatch, capsys):
    maps, shown = open_run(small_run).maps("cnn"), []
    failed = {"model": "cnn", "seed": 1, "state": "failed", "accuracy": None}
    run = SimpleNamespace(tables={"trainings": [failed]}, maps={"mine": maps}.__getitem__)
    names = {"run": run, "MODEL": "mine", "show": lambda **pictures: shown.append(list(pictures))}
    del maps["pool1"]
    for begin in ('for row in run.tables["trainings"]', "LAYER, "):
        [source] = [text for cell in CELLS if (text := "".join(cell["source"])).startswith(begin)]
        exec(compile(source, str(NOTEBOOK), "exec"), names)
    assert capsys.readouterr().out == "cnn, seed 1: failed\n", "a training without a result"
    assert shown == [["garment", "its_map"]], "a network that does not pool"


def test_it_runs_from_start_to_end(small_run, monkeypatch, capsys):
    monkeypatch.chdir(NOTEBOOK.parent)  # where Jupyter runs it
    monkeypatch.setattr(
        "subprocess.run", lambda *words, **_: pytest.fail(f"trains, where a run is there: {words}")
    )
    shown, names = [], {"__name__": "__main__"}
    monkeypatch.setattr(plt, "show", lambda: shown.append(len(plt.gcf().axes)))
    for cell in CELLS:
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])
        exec(compile(source, str(NOTEBOOK), "exec"), names)
        if source.startswith("RUN = "):  # which a reader may change
            names["RUN"] = small_run
    plt.close("all")
    told = capsys.readouterr().out
    assert shown == [4, 3, 1], "garment, answer, ReLU, pooled; garment, map, pooled map; the filter"
    assert f"You guessed: {GUESS}\n" in told, "what was guessed of the run"
    assert "883" in told, "the worked example"
    assert "cnn, seed 1: " in told, "the run's own figures"
    assert "without it accuracy falls by " in told, "which may be less than 0"
