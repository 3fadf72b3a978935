"""A sweep that is killed again and again ends as one that was left in peace, to the bit."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import ROOT, run_program
from tests.program.test_kills import assert_as_if_nothing_had_happened, assert_whole

CONFIG = """
name: small
seeds: [0, 1]
data: {{source: {folder}, name: small, validation_images: 100}}
models:
  dense: {{architecture: dense, units: [8], training: {{learning_rate: 0.01}}}}
  cnn: {{architecture: cnn, filters: [2], units: []}}
training: {{epochs: 3, batch_size: 64, precision: float32}}
launch: {{workers: 2}}
sweep:
  training.learning_rate: [0.002, 0.005, 0.01]
  models.cnn.filters: [[2], [2, 3]]
"""
TRAININGS = 3 * 2 * 2 + 2  # of the cnn, and once for each seed of the dense network


@pytest.mark.deep
def test_a_sweep_that_is_killed_goes_on_to_the_same_bits(small_data: Path, tmp_path: Path) -> None:
    config = tmp_path / "small.yaml"
    config.write_text(CONFIG.format(folder=small_data))
    result = run_program(config, "--outputs", tmp_path / "whole")
    assert result.returncode == 0, result.stderr
    killed = tmp_path / "killed"
    for number in (1, 4, 9):
        _kill_when_done(number, config, killed)
        assert_whole(killed)
    result = run_program(config, "--outputs", killed)
    assert result.returncode == 0, result.stderr
    told = next(line for line in result.stdout.splitlines() if line.startswith("sweep"))
    assert f"24 trainings, of which {TRAININGS} differ" in told
    assert int(told.partition("differ: ")[2].partition(" done")[0]) >= 9, "what was finished is made again"
    assert_as_if_nothing_had_happened(killed / "small", tmp_path / "whole" / "small")


def _kill_when_done(number: int, config: Path, outputs: Path) -> None:
    """Kill a sweep as soon as so many trainings have their metrics."""
    with subprocess.Popen([sys.executable, ROOT / "train.py", config, "--outputs", outputs]) as process:
        while len(list(outputs.glob("small/*/*/seed-*/metrics.json"))) < number:
            assert process.poll() is None, "the sweep ended before it could be killed"
            time.sleep(0.01)
        process.kill()
