"""The notebook in configs/lessons runs from its first cell to its last, and is stored without outputs."""

import json

import matplotlib.pyplot as plt
import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "configs" / "lessons" / "look_inside.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_it_is_stored_without_outputs():
    for cell in CELLS:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None), "it tells what is to be guessed"


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
    assert "883" in told, "the worked example"
    assert "cnn, seed 1: " in told, "the run's own figures"
