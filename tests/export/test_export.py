"""`train.py export` as its users run it: what is there afterwards, what is said, and the exit code."""

import csv
import json
import re
import shlex
import shutil
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import get_type_hints

import numpy as np
import pytest
from rich.console import Console

import train
from configs.schema import ConfigError
from data.idx import DataError
from model.experiment.report import read_report
from model.export import export as exporting
from model.export import formats
from model.export.export import NAMES, export_run
from model.export.formats import FORMATS
from model.export.network import _seconds_for_one
from model.report.figure import Figure
from model.report.tables import as_csv
from model.run.folder import RunError, RunFolder
from model.run.jobs import Done, Failed, JobFailed
from tests.comparison.test_elsewhere import MINE
from tests.conftest import ROOT
from tests.strangers.checker import check
from tests.strangers.evidence import Data, Evidence
from tests.strangers.told import of_terminal

README = (ROOT / "README.md").read_text(encoding="utf-8")


class InThisProcess:
    """What workers do, without starting any."""

    def __init__(self, number, threads, splits, debug=False, onednn=None):
        self.splits = splits

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def submit(self, job):
        self.job = job

    def events(self):
        try:
            yield Done(self.job, self.job.function(self.splits, lambda _: None, **self.job.arguments))
        except JobFailed as error:
            yield Failed(self.job, str(error))


@pytest.fixture
def here(monkeypatch):
    monkeypatch.setattr(exporting, "Workers", InThisProcess)
    return Console(width=500)


def told(capsys):
    return " ".join(capsys.readouterr().out.split())


def left_of(outputs):
    """All that stands in the folder of exports, also what hides."""
    return sorted(path.name for path in (outputs / "exports").glob("*/*"))


@pytest.fixture(scope="module")
def exported(driver, small_run, tmp_path_factory):
    """What the commands of README.md leave, and what they say by format."""
    outputs, said = tmp_path_factory.mktemp("outputs"), {}
    for line in re.findall(r"`python train\.py (export outputs/quick [^`]*)`", README):
        verb, _, *words = shlex.split(line)
        result = driver.run(verb, small_run, *words, "--outputs", outputs)
        forms = [word for word in words if word in NAMES]
        lacks = [form for form in forms if form in FORMATS and FORMATS[form].missing]
        assert result.code == (4 if lacks else 0), f"`python train.py {line}`:\n{result.out}{result.err}"
        said |= dict.fromkeys(forms, result.out)
    return outputs / "exports" / "small", said


def test_help_and_files_tell_of_every_format():
    listed = get_type_hints(train.export, include_extras=True)["forms"].__metadata__[0].help
    for name in NAMES:
        assert re.search(rf"\b{name}\b", listed), f"the help of --format in train.py does not name {name}"
    described = (ROOT / "outputs" / "README.md").read_text(encoding="utf-8")
    for name, form in FORMATS.items():
        file = f"`MODEL{form.suffix or '/'}`"
        assert file in described, f"outputs/README.md does not say that {name} writes {file}"


def test_the_commands_of_the_readme_name_every_format(exported):
    target, said = exported
    assert said.keys() == set(NAMES), "README.md shows each format once"
    there = {name for name in FORMATS if not FORMATS[name].missing}
    names = {f"{model}-seed-0-{form}" for model in ("cnn", "dense") for form in there}
    names -= {f"dense-seed-0-{form}" for form in ("onnx", "litert")}
    assert {path.name for path in target.iterdir()} == names | {"csv", "svg"}
    for form in set(FORMATS) - there:
        assert f'`python -m pip install -e ".[{FORMATS[form].extra}]"`' in " ".join(said[form].split())


def test_nothing_false_is_said(exported, small_run, small_data):
    evidence = Evidence(small_run, Data.read(small_data, None, "Small"))
    for form in ("keras", "csv"):
        found = check(evidence, of_terminal(exported[1][form], form))
        assert found.sentences, f"nothing was read: {found}"
        assert not found.faults, str(found)


def test_the_pictures_are_those_of_the_run(exported, small_run):
    drawn = {path.relative_to(small_run).with_suffix(".svg") for path in small_run.rglob("*.png")}
    target = exported[0] / "svg"
    found = {path.relative_to(target) for path in target.rglob("*.*")}
    assert found == drawn, "the pictures of the run and those exported are not the same ones"
    for path in target.rglob("*.svg"):
        size = ET.parse(path).getroot().get("viewBox", "").split()
        assert float(size[2]) == 864, f"{path.name} is not 1200 pixels wide, which are 864 points"


def test_the_tables_are_files(exported):
    names = {path.name for path in (exported[0] / "csv").iterdir()}
    assert names == {"classes.csv", "epochs.csv", "filters.csv", "trainings.csv"}


def test_what_is_said_of_a_network_stands_beside_it(exported):
    target, said = exported
    about = json.loads((target / "cnn-seed-0-keras" / "export.json").read_text())
    assert (about["run"], about["model"], about["seed"], about["file"]) == ("small", "cnn", 0, "cnn.keras")
    assert f"{about['bytes'] / 1e6:.2f} MB" in said["keras"], "the size that is told is not the file's"
    assert f"{1000 * about['predict_one_seconds']:.2f} ms" in said["keras"]
    assert f"{about['compared']:,} test pictures: answers as by Keras" in said["keras"]
    assert (target / "cnn-seed-0-keras" / "cnn.keras").stat().st_size == about["bytes"]


def test_how_far_apart_probabilities_are_is_no_limit_that_they_pass():
    about = {"largest_difference": 1.4e-7, "predict_one_seconds": 0, "file": "", "bytes": 0, "compared": 9}
    said = exporting._told(Path("my exports"), about | {"order": "", "ties": 0})
    tied = exporting._told(Path("exports"), about | {"order": "", "ties": 1})
    assert "answers as by Keras but for 1 between two classes as likely, prob" in tied
    assert said.endswith("Next   python 'my exports/classify.py' PICTURE"), "a shell takes it for two words"
    assert "answers as by Keras, probabilities about 1.4e−07 apart at most" in said, (
        "rounded down: a false limit"
    )


def test_what_is_there_already_is_left_alone(here, small_run, tmp_path, capsys):
    run = RunFolder(small_run)
    assert export_run(run, ["csv"], tmp_path, here) == 0
    path = tmp_path / "exports" / "small" / "csv" / "trainings.csv"
    path.write_text("mine")
    assert export_run(run, ["csv"], tmp_path, here) == 4
    assert "exports/small/csv is there already; move it away, or take another --outputs" in told(capsys)
    assert path.read_text() == "mine"


def test_a_file_that_differs_from_keras_leaves_nothing(here, small_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("model.export.network.difference", lambda *_: "it differs")
    assert export_run(RunFolder(small_run), ["keras", "csv"], tmp_path, here, model="dense") == 4
    assert "keras of dense, seed 0: it differs; the file is not kept" in told(capsys)
    assert left_of(tmp_path) == ["csv"], "what was not kept has left something, or the other format"


def test_a_package_that_is_missing_costs_its_format_alone(here, small_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    assert export_run(RunFolder(small_run), ["onnx", "litert", "csv"], tmp_path, here) == 4
    said = told(capsys)
    assert "onnx: onnx and onnxruntime and tf2onnx are not installed" in said
    assert 'python -m pip install -e ".[litert]"' in said
    assert left_of(tmp_path) == ["csv"]


def test_what_was_met_before_the_data_are_missing_is_told(here, small_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    monkeypatch.setattr(exporting, "write_tables", lambda *_: ["no epochs of cnn"])

    def no_data(run):
        raise DataError("no pictures")

    monkeypatch.setattr(exporting, "config_and_data", no_data)
    with pytest.raises(DataError):
        export_run(RunFolder(small_run), ["csv", "onnx", "svg"], tmp_path, here)
    said = told(capsys)
    assert "no epochs of cnn" in said, "the tables are there, and what they lack is told nowhere"
    assert "are not installed" in said


def test_a_network_that_is_not_there_costs_itself_alone(here, small_run, tmp_path, capsys, monkeypatch):
    run = shutil.copytree(small_run, tmp_path / "small")
    (run / "dense" / "seed-0" / "model.keras").unlink()
    assert export_run(RunFolder(run), ["keras"], tmp_path, here) == 4
    said = told(capsys)
    assert "keras of dense, seed 0:" in said
    assert "dense/seed-0/model.keras is missing; --seed 1 can be exported; `python train.py" in said
    assert left_of(tmp_path) == ["cnn-seed-0-keras"], "the other model has one"
    monkeypatch.setattr(exporting, "reasons_before", lambda _: {("dense", 0): "loss not finite"})
    assert export_run(RunFolder(run), ["keras"], tmp_path, here, model="dense") == 4
    assert "keras of dense, seed 0: its training failed: loss not finite; --seed 1" in told(capsys)
    config = SimpleNamespace(elsewhere={"dense"}, seeds=(0, 1))
    with pytest.raises(RunError, match=r"^it could not be taken in: loss not finite; --seed 1 can be"):
        exporting._Networks(RunFolder(run), config, None, tmp_path, here)._saved("dense", 0)


def test_a_network_that_the_run_did_not_make_is_refused(here, small_run, tmp_path, capsys):
    run = shutil.copytree(small_run, tmp_path / "small")
    shutil.copy(run / "dense" / "seed-1" / "model.keras", run / "dense" / "seed-0" / "model.keras")
    assert export_run(RunFolder(run), ["keras"], tmp_path, here, model="dense") == 4
    assert "dense/seed-0/model.keras is not the one that this run made" in told(capsys)
    assert left_of(tmp_path) == []


def test_classes_in_another_order_are_told(here, small_run, tmp_path, capsys, monkeypatch):
    report = read_report(RunFolder(small_run))
    found = replace(MINE, right=dict.fromkeys(MINE.right, 0.1), order=[1, 0, *range(2, 10)])
    report.models["dense"] = replace(report.models["dense"], elsewhere=found)
    monkeypatch.setattr(exporting, "read_report", lambda _: report)
    assert export_run(RunFolder(small_run), ["keras"], tmp_path, here) == 0
    said = "it may have been trained with other labels than these data have"
    assert told(capsys).count(said) == 1, "of the one whose classes are named wrongly, and of no other"
    for model in ("cnn", "dense"):
        about = json.loads((tmp_path / f"exports/small/{model}-seed-0-keras/export.json").read_text())
        assert (said in about["order"]) == (model == "dense"), "who reads classes.txt is not warned"


def test_a_look_that_is_damaged_costs_its_pictures_alone(here, small_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("model.export.contents.draw_comparison", lambda *_: [])  # it takes its time
    run = shutil.copytree(small_run, tmp_path / "small")
    shutil.rmtree(run / "cnn" / "inspection")
    (run / "dense" / "inspection" / "attributions.npz").write_bytes(b"nothing of use")
    (run / "manifest.json").unlink()  # as in a run of before, which vouches for nothing
    assert export_run(RunFolder(run), ["svg"], tmp_path, here) == 4
    assert "dense/inspection can't be drawn from (" in told(capsys)
    found = {path.stem for path in (tmp_path / "exports" / "small" / "svg" / "dense").rglob("*.svg")}
    assert found == {"dense1-weights", "wanted-classes"}, "the pictures of the other look are there"


def test_a_look_that_the_run_did_not_make_is_in_no_picture(here, small_run, tmp_path, capsys, monkeypatch):
    run, shown = shutil.copytree(small_run, tmp_path / "small"), []

    def draw(run, report, splits, histories, looked_into, folder):
        shown.extend(looked_into)
        return [Figure(folder / "1-at-a-glance.png", "", "", "no room")]

    monkeypatch.setattr("model.export.contents.draw_comparison", draw)
    monkeypatch.setattr("model.export.contents._inside", lambda run, *words: [])
    (run / "cnn" / "inspection" / "activations.npz").write_bytes(b"of another")
    assert export_run(RunFolder(run), ["svg"], tmp_path, here) == 4
    assert shown == ["dense"], "the first picture shows filters of a file that the run did not make"
    assert "figures/1-at-a-glance.svg could not be drawn: no room" in told(capsys), "no PNG was asked for"


@pytest.mark.parametrize(
    ("forms", "asked", "told"),
    [
        (["png"], {}, "--format png: expected one of onnx, litert, saved_model, keras, csv, svg"),
        (["keras"], {"model": "cmn"}, "--model cmn: the run has no such model; expected one of dense, cnn"),
        (["keras"], {"seed": 7}, "--seed 7: the run has no such seed; expected one of 0, 1"),
        (["csv", "svg"], {"seed": 0}, "--seed 0: csv and svg tell of the whole run; leave it out"),
        (["csv"], {"model": "cnn"}, "--model cnn: csv tells of the whole run; leave it out"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_written(here, forms, asked, told, small_run, tmp_path):
    with pytest.raises(ConfigError, match=told):
        export_run(RunFolder(small_run), forms, tmp_path, here, **asked)
    assert not (tmp_path / "exports").exists()


def test_a_folder_that_cant_be_written_is_named(driver, small_run, tmp_path):
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    outputs.chmod(0o555)
    result = driver.run("export", small_run, "--format", "csv", "--outputs", outputs, as_nobody=True)
    assert result.code == 1, result.out
    assert "permission denied; make the folder writable" in result.err
    assert "Traceback" not in result.err
    result = driver.run("export", tmp_path / "nowhere", "--format", "csv")
    assert (result.code, "is no folder" in result.err) == (1, True)
    assert driver.run("export", small_run).code == 2, "a format is named"


def test_a_spreadsheet_computes_nothing_of_a_table():
    rows = [{"class": name, "number": -0.5} for name in ("=1+1", "+1", "-1", "@x", "a=b", "bag", 'a "b", c')]
    found = list(csv.DictReader(as_csv(rows).splitlines()))
    names = ["'=1+1", "'+1", "'-1", "'@x", "a=b", "bag", 'a "b", c']
    assert [row["class"] for row in found] == names, "a name that begins as a formula is one in a spreadsheet"
    assert {row["number"] for row in found} == {"-0.5"}, "a number is a number"
    assert as_csv([]) == "", "of a run without such rows"


def test_other_programs_make_no_network_slow(monkeypatch):
    clock, number = [0.0], [0]

    def answer(images):
        number[0] += 1
        clock[0] += 1 if number[0] % 3 else 0.001  # two of three calls have to wait
        return images

    monkeypatch.setattr("model.export.network.time.perf_counter", lambda: clock[0])
    assert _seconds_for_one(answer, np.zeros((2, 28, 28, 1))) == pytest.approx(0.001), "the waiting is told"
