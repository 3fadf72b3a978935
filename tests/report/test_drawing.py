"""A picture that can't be drawn costs itself alone: the rest is drawn, and it is said that it is missing."""

import errno
import io
import json
import shutil
from dataclasses import replace
from functools import partial

import pytest
from rich.console import Console

from configs.schema import load
from model.experiment import writer
from model.experiment.conductor import Experiment, run_experiment
from model.experiment.opening import load_data
from model.experiment.parts import Task, record
from model.inspection import figures as inspection_figures
from model.inspection import passport_figures
from model.inspection.figures import draw_inspection
from model.inspection.job import INSIDE
from model.report.canvas import Sheet
from model.report.drawing import draw_pictures, drawn
from model.report.figure import Figure, Picture
from model.run.folder import RunFolder


def unable(*arguments, **named):
    raise RuntimeError("latex could not be found\nand more")


@pytest.fixture
def run(small_run, tmp_path):
    return RunFolder(shutil.copytree(small_run, tmp_path / "small"))


def once_more(config, run):
    """The same command again -> its exit code and what it prints."""
    console = Console(file=io.StringIO())
    code = run_experiment(config, run.path.parent, console)
    return code, " ".join(console.file.getvalue().split())


def test_the_report_is_written_without_a_picture_that_fails(run, small_config, monkeypatch):
    config = load(small_config)
    names = ["figures/1-at-a-glance.png", "figures/6-calibration.png", "figures/patterns-cnn.png"]
    for name in ("report.json", *names):
        (run.path / name).unlink()
    failing = {"1-at-a-glance", "6-calibration"}
    pictures = [replace(one, draw=unable) if one.name in failing else one for one in writer.PICTURES]
    monkeypatch.setattr(writer, "PICTURES", pictures)
    monkeypatch.setattr(writer, "PATTERNS", replace(writer.PATTERNS, draw=unable))
    code, printed = once_more(config, run)
    sentences = [f"{name} could not be drawn: RuntimeError: latex could not be found" for name in names]
    assert code == 4, "what is missing must be told to scripts"
    assert "right, of 500 test pictures" in printed, "the result is what the trainings were for"
    assert "first picture" not in printed, "nobody is sent to a picture that is not there"
    page, text = (run.path / "report.html").read_text(), (run.path / "report.md").read_text()
    for sentence in sentences:
        assert f"missing {sentence}" in printed, "the terminal must say what is missing, and why"
        assert sentence in page, "the page must say what is missing, and why"
        assert sentence in text.replace("\\", ""), "report.md must say what is missing, and why"
    assert "3 pictures failed" in page
    assert "6-calibration.png could not be drawn" in page, "where it would stand"
    assert 'data-file="figures/6-calibration.png"' not in page, "the page has a picture that is missing"
    assert 'data-file="figures/9-disagreements.png"' in page, "one picture cost another"
    assert [one["file"] for one in run.report()["not_drawn"]] == names

    monkeypatch.undo()
    code, printed = once_more(config, run)
    assert (code, run.report()["not_drawn"]) == (0, []), "drawn again where it can be by now"
    assert all((run.path / name).is_file() for name in names)
    assert "could not be drawn" not in printed + (run.path / "report.html").read_text()


def test_a_look_keeps_what_could_be_drawn_and_is_taken_again(run, small_config, monkeypatch):
    config = load(small_config)
    splits, folder = load_data(config.data), run.inspection_folder("cnn")
    experiment = Experiment(config, splits, run, Console(file=io.StringIO()), debug=False)
    look = Task("inspection", "cnn", 0)
    assert look not in experiment.plan.left(), "the look was taken"
    whole = run.look("cnn", "inspection")
    monkeypatch.setattr(inspection_figures, "draw_first", unable)
    monkeypatch.setattr(passport_figures, "_draw_page", unable)
    figures = draw_inspection(folder, splits.test, splits.class_names, folder, "cnn")
    experiment.plan.job(look).arguments["look"].record("inside-figures.json", INSIDE, figures)
    record(experiment.manifest, run, config, look)
    missing = [figure.path.name for figure in figures if figure.fault]
    assert missing == ["conv1-filters.png", "conv1-passports.png", "conv2-passports.png"]
    partly = run.look("cnn", "inspection")
    assert partly in experiment.plan.looked_into("cnn"), "what was drawn must be shown"
    assert whole["files"].keys() - partly["files"].keys() >= set(missing), "a missing picture has no digest"
    assert look in experiment.plan.left(), "the next run must draw it"
    experiment._report()
    told = [one["file"] for one in json.loads((run.path / "report.json").read_text())["not_drawn"]]
    assert told == [f"cnn/inspection/{name}" for name in missing]


def test_a_disk_that_takes_no_picture_is_no_fault_of_the_picture(tmp_path):
    def draw(path, where):
        raise OSError(errno.ENOSPC, "No space left on device", str(where))

    with pytest.raises(OSError, match="No space left"):
        drawn(draw, path=tmp_path / "x.png", where=tmp_path / "x.png")
    figure = drawn(draw, path=tmp_path / "x.png", where="font.ttf")
    assert figure == Figure(tmp_path / "x.png", "", "", "font.ttf: no space left on device; free some space")


def test_a_picture_that_can_be_drawn_is_its_own_figure(tmp_path):
    def draw(title, path):
        Sheet(100, title).save(path)
        return Figure(path, title, title)

    assert drawn(draw, "t", path=tmp_path / "x.png") == Figure(tmp_path / "x.png", "t", "t")
    assert (tmp_path / "x.png").is_file()


def test_a_picture_gets_the_parts_that_it_names_and_is_left_out_without_its_own(tmp_path):
    def first(outcome, path):
        return Figure(path, "t", f"outcome {outcome}")

    def of_model(model, curves, path, kind="shift"):
        return Figure(path, "t", f"model {model}, curves {curves}, {kind}")

    turned = partial(of_model, kind="turn")
    pictures = [
        Picture("first", first, "a.json"),
        Picture("of-{model}", turned, "b.json", only_with="curves"),
    ]
    parts = {"outcome": 1, "model": "{cnn}", "curves": [2]}
    assert draw_pictures(pictures, parts, tmp_path) == [
        Figure(tmp_path / "first.png", "t", "outcome 1", numbers="a.json"),
        Figure(tmp_path / "of-{cnn}.png", "t", "model {cnn}, curves [2], turn", numbers="b.json"),
    ]
    [figure] = draw_pictures(pictures, parts | {"curves": []}, tmp_path)
    assert figure.path.stem == "first", "there is nothing to draw of what was not measured"
