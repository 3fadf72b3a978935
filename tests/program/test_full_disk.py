"""What a failing disk may cost: the job or the run that met it, and never what was good before."""

import errno
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.faults import MOMENTS
from tests.program.test_kills import assert_as_if_nothing_had_happened, assert_whole, finished

CONFIG = """
name: small
seeds: [0, 1]
data: {{source: {folder}, name: small, validation_images: 100}}
models:
  dense: {{architecture: dense, units: [8]}}
training: {{epochs: 3, learning_rate: 0.01, batch_size: 64, precision: float32}}
launch: {{workers: 1}}
"""
SIZES = [100, 300, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 150_000, 300_000, 1_000_000]  # bytes


@pytest.fixture(scope="module")
def config(small_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("disk") / "small.yaml"
    path.write_text(CONFIG.format(folder=small_data))
    return path


@pytest.fixture(scope="module")
def complete(driver, config, tmp_path_factory):
    return finished(driver, tmp_path_factory.mktemp("complete"), config)


@pytest.fixture
def outputs(complete, tmp_path):
    """A run whose first seed is done and whose second is not; its pictures are to be drawn, too."""
    outputs = tmp_path / "outputs"
    shutil.copytree(complete, outputs / "small")
    for folder in ("dense/seed-1", "figures"):
        shutil.rmtree(outputs / "small" / folder)
    return outputs


def contents(folder):
    return {
        path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()
    }


def assert_told(result, *words):
    assert result.code in (1, 4), f"a failing disk must end the program with 1 or 4: {result}"
    text = result.err if result.code == 1 else result.out
    assert "Traceback" not in result.err + result.out, result.err
    assert len(result.err.strip().splitlines()) <= (2 if result.code == 1 else 0), (
        f"one paragraph: {result.err}"
    )
    for word in words:
        assert word in text.replace("\n", " "), (
            f"the user must be told of {word!r}:\n{result.out}{result.err}"
        )


def strike(driver, config, outputs, **fault):
    """A run that meets a fault, after which what was good must be as it was."""
    good = [outputs / "small" / "dense" / name for name in ("seed-0", "inspection")]
    before = [contents(folder) for folder in good]
    result = driver.run(config, "--outputs", outputs, **fault)
    for folder, files in zip(good, before, strict=True):
        assert contents(folder) | files == contents(folder), f"what was good before was touched in {folder}"
    assert_whole(outputs)
    assert not list(outputs.rglob(".*.tmp")), "a failed write must clean up after itself"
    return result


@pytest.mark.parametrize(
    ("write", "moment", "error", "code", "words"),
    [
        (3, "inside", errno.ENOSPC, 4, ["seed-1/epoch-0002.checkpoint: no space left", "free some space"]),
        (12, "after", errno.EDQUOT, 1, [".png: disk quota exceeded"]),
    ],
)
def test_a_write_that_fails_costs_its_job_and_no_more(
    driver, config, outputs, complete, write, moment, error, code, words
):
    result = strike(driver, config, outputs, write=write, moment=moment, action=error)
    assert result.code == code, result
    assert_told(result, *words)
    if code == 4:
        report = json.loads((outputs / "small" / "report.json").read_text())
        [failure] = report["failed"]
        assert (failure["model"], failure["seed"]) == ("dense", 1)
        assert words[0] in failure["reason"], "the report must say why"
    assert_as_if_nothing_had_happened(finished(driver, outputs, config), complete)


def test_a_folder_deleted_under_way_is_not_brought_back_in_part(driver, config, outputs):
    result = driver.run(config, "--outputs", outputs, write=2, moment="before", action=str(outputs))
    assert_told(result, "deleted or moved meanwhile; if it is moved back, the same command goes on")
    assert result.code == 1
    left = [path for path in outputs.rglob("*") if path.is_file()]
    assert not left, f"parts of a run that was deleted were written again: {left}"


def test_a_path_that_is_a_file_is_named(driver, config, tmp_path):
    for outputs in (tmp_path / "file", tmp_path / "file" / "below"):
        (tmp_path / "file").write_text("of the user")
        result = driver.run(config, "--outputs", outputs)
        assert result.code == 1, result
        assert str(outputs) in result.err, result.err
        assert "a file stands where a folder belongs" in result.err, result.err
        assert len(result.err.splitlines()) == 1
    assert (tmp_path / "file").read_text() == "of the user"


def test_a_folder_that_may_not_be_written_in_is_named(driver, small_data):
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders can't even be entered by others
        folder = Path(name)
        folder.chmod(0o755)
        shutil.copytree(small_data, folder / "data")
        (folder / "data").chmod(0o755)
        (folder / "small.yaml").write_text(CONFIG.format(folder=folder / "data"))
        (folder / "outputs").mkdir(mode=0o555)
        result = driver.run(folder / "small.yaml", "--outputs", folder / "outputs", as_nobody=True)
        assert_told(result, str(folder / "outputs"), "permission denied; make the folder writable")
        assert not list((folder / "outputs").iterdir())


@pytest.mark.deep
@pytest.mark.parametrize("write", range(1, 51))
def test_whichever_write_fails(driver, config, outputs, complete, write, tmp_path):
    """The first 15 in a run that goes on, the others in one that starts from nothing."""
    if write > 15:
        outputs = tmp_path / "new"
    fault = {"write": write, "moment": MOMENTS[write % 3], "action": (errno.ENOSPC, errno.EIO)[write % 2]}
    result = strike(driver, config, outputs, **fault)
    if result.writes >= write:
        assert_told(result, os.strerror(fault["action"]).lower())
    else:
        assert result.code == 0, f"there were but {result.writes} writes, and the run failed: {result}"
    assert_as_if_nothing_had_happened(finished(driver, outputs, config), complete)
    print(f"write {write} of {result.writes} failed {fault['moment']}: exit code {result.code}", flush=True)


@pytest.mark.deep
@pytest.mark.parametrize("size", SIZES)
def test_files_that_may_not_grow_beyond_a_size(driver, config, outputs, complete, size):
    result = strike(driver, config, outputs, file_limit=size)
    if result.code:
        assert_told(result, "file too large; raise the limit of file sizes")
    assert_as_if_nothing_had_happened(finished(driver, outputs, config), complete)
    print(f"files up to {size} bytes: exit code {result.code}", flush=True)


@pytest.mark.deep
@pytest.mark.parametrize("size", SIZES)
def test_a_disk_that_is_full(driver, config, complete, tmp_path, size):
    """A small file system, filled up but for some bytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system may be mounted here")
    try:
        outputs = disk / "outputs"
        shutil.copytree(complete, outputs / "small")
        shutil.rmtree(outputs / "small" / "dense" / "seed-1")
        free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
        (disk / "ballast").write_bytes(bytes(max(0, free - size)))
        result = strike(driver, config, outputs)
        if result.code:
            assert_told(result, "no space left on device; free some space")
        (disk / "ballast").unlink()
        assert_as_if_nothing_had_happened(finished(driver, outputs, config), complete)
        print(f"{size} bytes free: exit code {result.code}", flush=True)
    finally:
        subprocess.run(["umount", str(disk)], check=True)
