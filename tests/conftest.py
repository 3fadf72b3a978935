"""What several tests use: real images in small, and the program as its users run it."""

import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from model.arithmetic import Arithmetic, here, prepare

if TYPE_CHECKING:
    from tests.recording import Recording

prepare(here().onednn)  # before any test imports TensorFlow: the tests compute as the program does
IN_TURN = Arithmetic("made up", None, "float32", "in turn")
AT_ONCE = Arithmetic("made up", None, "float32", "at once")
ROOT = Path(__file__).parent.parent
SMALL_CONFIG = """
name: small
seeds: [0, 1]
data: {{source: {folder}, name: small, validation_images: 100}}
models:
  dense: {{architecture: dense, units: [16]}}
  cnn: {{architecture: cnn, filters: [4, 6], units: [16]}}
training: {{epochs: 2, learning_rate: 0.005, batch_size: 32, precision: float32}}
"""


def idx(array: np.ndarray) -> bytes:
    """An array as the content of an IDX file."""
    return (
        struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    )


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first 1,500 training and 500 test images of Fashion-MNIST, as IDX files."""
    from configs.schema import Data
    from data.fashion_mnist import load

    splits = load(Data(validation_images=10))
    folder = tmp_path_factory.mktemp("small-data")
    for name, split, count in (("train", splits.train, 1500), ("t10k", splits.test, 500)):
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(split.images[:count]))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(split.labels[:count]))
    return folder


@pytest.fixture(scope="session")
def small_config(small_data: Path) -> Path:
    """A config that runs in seconds on `small_data`, two models with two seeds."""
    path = small_data / "small.yaml"
    path.write_text(SMALL_CONFIG.format(folder=small_data))
    return path


def run_program(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python train.py ARGUMENTS`, from the checkout, as a user runs it."""
    return subprocess.run(
        [sys.executable, ROOT / "train.py", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=300,
    )


@pytest.fixture(scope="session")
def small_run(small_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished run of `small_config`, made by the program itself with two workers."""
    outputs = tmp_path_factory.mktemp("outputs")
    result = run_program(small_config, "launch.workers=2", "--outputs", outputs)
    assert result.returncode == 0, f"the program failed on a small config:\n{result.stdout}{result.stderr}"
    return outputs / "small"


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> "Recording":
    """Takes down what figures consist of, in place of drawing them."""
    from tests.recording import Recording

    return Recording(monkeypatch)
