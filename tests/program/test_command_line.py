"""The command line: verbs, exit codes, and errors that help."""

import json
import os
import resource
import subprocess
import sys

import pytest

from tests.conftest import ROOT, run_program


def test_help_comes_at_once_and_without_tensorflow():
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = run_program("--help")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert result.returncode == 0
    for verb in ("train", "compare", "show", "inspect", "lesson", "predict", "export", "data", "schema"):
        assert verb in result.stdout, f"the help does not name {verb}"
    assert min(times) < 1.6, f"--help took {min(times):.2f} s: more than twice what is promised"


@pytest.mark.parametrize("arguments", [["--help"], ["nowhere.yaml"], ["schema"]])
def test_what_needs_no_tensorflow_does_not_load_it(arguments):
    code = f"""
import sys, train
try:
    train.main({arguments!r})
finally:
    loaded = {{"tensorflow", "keras"}} & set(sys.modules)
    print("LOADED", sorted(loaded))
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "LOADED []" in result.stdout, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("content", "overrides", "fragment"),
    [
        ("name: x\nmodells: {}\n", [], "models"),
        ("name: x\nmodels: {a: {architecture: dense}}\ntraining: {epochs: three}\n", [], "training.epochs"),
        ('name: x\nmodels: {a: {architecture: dense}}\ntraining: {learning_rate: "0.1"}\n', [], "quotes"),
        ("", [], "empty"),
        (None, [], "no such file"),
        ("folder", [], "folder"),
        (
            "name: x\nmodels: {a: {architecture: dense}}\n",
            ["training.epochs"],
            "a key and a value are both required",
        ),
    ],
)
def test_a_wrong_config_is_explained_and_nothing_written(driver, content, overrides, fragment, tmp_path):
    path = tmp_path / "config.yaml"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_text(content)
    result = driver.run(path, *overrides, "--outputs", tmp_path / "outputs")
    assert result.code == 2, result.err
    assert fragment in result.err, f"the message does not say what is wrong:\n{result.err}"
    assert "Traceback" not in result.err
    assert not (tmp_path / "outputs").exists(), "something was written before the config was known to be good"


def test_wrong_data_is_explained_and_nothing_written(driver, small_data, small_config, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for path in small_data.glob("*ubyte"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "t10k-labels-idx1-ubyte").write_bytes((folder / "t10k-labels-idx1-ubyte").read_bytes()[:-1])
    result = driver.run(small_config, f"data.source={folder}", "--outputs", tmp_path / "outputs")
    assert result.code == 3, result.err
    assert "t10k-labels-idx1-ubyte" in result.err, "the message must name the file"
    assert not (tmp_path / "outputs").exists(), "something was written before the data were known to be good"


def test_an_unknown_option_and_a_missing_run_are_explained(driver, tmp_path):
    result = driver.run("--frsh")
    assert result.code == 2
    assert "--fresh" in result.err or "frsh" in result.err
    result = driver.run("show", tmp_path / "nothing")
    assert result.code == 1
    assert "is no folder" in result.err
    result = driver.run("show", "--outputs", tmp_path)
    assert "no finished run" in result.err


def test_schema_prints_json_schema(driver):
    schema = json.loads(driver.run("schema").out)
    assert {"name", "seeds", "data", "models", "training"} <= set(schema["properties"])


def test_data_says_where_it_came_from(driver):
    result = driver.run("data")
    assert result.code == 0, result.err
    assert "60,000" in result.out, result.out


def test_a_full_disk_ends_in_one_clear_paragraph(driver, small_config):
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    result = driver.run(small_config, "--outputs", "/dev/full/outputs")
    assert result.code == 1
    assert "Traceback" not in result.err, result.err
    assert len(result.err.strip().splitlines()) <= 3


@pytest.mark.parametrize(("slip", "meant"), [("compre", "compare"), ("trian", "train"), ("lessen", "lesson")])
def test_a_slip_in_a_verb_is_not_taken_for_a_config(slip, meant, capsys):
    import train

    assert train.main([slip, "outputs/reference"]) == 2
    assert f"Did you mean {meant}?" in capsys.readouterr().err, "a slip ends in a list of configs"


def test_a_python_without_the_packages_says_which_has_them():
    bare = [sys.executable, "-S", ROOT / "train.py", "show"]
    result = subprocess.run(bare, capture_output=True, text=True)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr, "the first thing that many see would be a traceback"
    assert result.stderr.startswith(f"{sys.executable} lacks the packages"), result.stderr
    assert "`. .venv/bin/activate`" in result.stderr, "the message does not say what to do"


@pytest.mark.parametrize(
    ("option", "value"),
    [("--model", "dense"), ("--layer", "conv2"), ("--seed", "1"), ("--at", "1,2"), ("--image", "3")],
)
def test_what_only_a_trained_network_has_is_refused_without_one(option, value, capsys):
    import train

    assert train.main(["lesson", option, value]) == 2
    others = " or --filter with nine numbers" if option == "--image" else ""
    told = capsys.readouterr().err
    assert f"{option} {value}: that needs a run folder{others}: " in told
    assert f"`python train.py lesson RUN {option} {value}`" in told, "a run is named that may lack it"


def test_a_filter_of_ones_own_takes_a_picture():
    from model.lesson.your_run import refuse_without_run

    refuse_without_run({"image": 3, "model": None}, "0 1 0 0 1 0 0 1 0")
