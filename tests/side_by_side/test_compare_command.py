"""`train.py compare` as its users run it: exit codes, what is printed where, and no TensorFlow."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.compared_folders import make_run
from tests.conftest import ROOT, run_program
from tests.faults import Driver


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    return [make_run(tmp_path / "one", {"cnn": 0.9}), make_run(tmp_path / "two", {"cnn": 0.93})]


def test_runs_are_compared_without_what_takes_long_to_import(runs: list[Path], tmp_path: Path) -> None:
    arguments = ["compare", *map(str, runs), "--outputs", str(tmp_path / "outputs")]
    code = f"""
import numpy, sys, train
code = train.main({arguments!r})
print("LOADED", code, sorted({{"tensorflow", "keras", "scipy.stats", "numpy.f2py"}} & set(sys.modules)))
print("THERE", numpy.f2py.__name__)
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert "LOADED 0 []" in result.stdout, f"slow to start, or failed:\n{result.stdout}{result.stderr}"
    assert "THERE numpy.f2py" in result.stdout, f"who needs it must find it: {result.stderr}"
    assert "two/cnn is better than one/cnn by" in result.stdout


def test_comparing_takes_seconds_and_no_minutes(runs: list[Path], tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert run_program("compare", *runs, "--outputs", tmp_path / "outputs").returncode == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert seconds < 10, f"two runs of three seeds took {seconds:.1f} s of processor time, of about 1.5"


def test_json_is_all_there_is_on_stdout(driver: Driver, runs: list[Path], tmp_path: Path) -> None:
    result = driver.run("compare", *runs, tmp_path / "nowhere", "--json", "--outputs", tmp_path / "outputs")
    assert result.code == 1, "a run that was asked for could not be used"
    found = json.loads(result.out)
    assert found == json.loads((tmp_path / "outputs/comparisons/one-and-two/comparison.json").read_text())
    assert [one["run"] for one in found["unusable"]] == ["nowhere"]
    assert "nowhere is no folder" in result.err


def test_an_unusable_run_is_named_and_the_rest_shown(
    driver: Driver, runs: list[Path], tmp_path: Path
) -> None:
    result = driver.run("compare", *runs, tmp_path / "nowhere", "--outputs", tmp_path / "outputs")
    assert result.code == 1
    assert "two/cnn is better than one/cnn by" in result.out
    assert "nowhere is no folder" in " ".join(result.out.split())


def test_nothing_to_compare_ends_in_an_error_and_writes_nothing(driver: Driver, tmp_path: Path) -> None:
    result = driver.run("compare", tmp_path / "nowhere", "--outputs", tmp_path / "outputs")
    assert result.code == 1
    assert "nowhere is no folder" in result.err
    assert not (tmp_path / "outputs").exists()
    assert driver.run("compare").code == 2


def test_the_reference_can_be_compared(driver: Driver, tmp_path: Path) -> None:
    result = driver.run("compare", "outputs/reference", "--outputs", tmp_path / "outputs")
    assert result.code == 0, result.err
    assert (
        "reference/cnn is ahead of" in (tmp_path / "outputs/comparisons/reference/comparison.md").read_text()
    )


def test_help_names_the_verb_and_its_exit_code(driver: Driver) -> None:
    assert "compare" in driver.run("--help").out
    text = " ".join(driver.run("compare", "--help").out.split())
    assert "Ends with 1 where one of them can't be used" in text


def test_names_that_are_not_utf8(driver: Driver, runs: list[Path], tmp_path: Path) -> None:
    """The name of a folder can be any bytes: on the command line it is refused, and else it is spelt out."""
    odd = tmp_path / os.fsdecode(b"caf\xe9")
    shutil.copytree(runs[0], odd)
    for arguments in (["compare", odd], ["compare", runs[0], "--outputs", odd], ["show", odd]):
        result = driver.run(*arguments)
        assert result.code == 2, result.out + result.err
        assert "this is not UTF-8" in result.err
        assert "Traceback" not in result.err
    link = tmp_path / "link"
    link.symlink_to(odd)
    result = driver.run("compare", link, "--json", "--outputs", tmp_path / "outputs")
    assert result.code == 0, result.out + result.err
    assert json.loads(result.out)["runs"].keys() == {"caf\\udce9"}
