"""What several tests use: real images in small, and the program as its users run it."""

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from model.run.arithmetic import Arithmetic, here, prepare

if TYPE_CHECKING:
    from tests.faults import Driver
    from tests.recording import Recording

prepare(here().onednn)  # before any test imports TensorFlow: the tests compute as the program does
IN_TURN = Arithmetic("made up", None, "float32", "in turn")
AT_ONCE = Arithmetic("made up", None, "float32", "at once")
ROOT = Path(__file__).parent.parent
NO_DIGEST = (  # what it means that a formula gives other numbers than it did
    "this decides numbers and is in no digest: runs begun before would go on by another formula, and nobody "
    "would be told; see `When a rule changes, or a formula that decides numbers` in model/README.md"
)
GUESS = "cnn, by 5"  # of the small run
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


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many processes share the tests: two for all of them, none beside this one for single files.

    Two everywhere, since the programs that tests start use whatever cores there are; and to start processes
    that load TensorFlow takes longer than most files do.
    """
    return 0 if config.args_source is pytest.Config.ArgsSource.ARGS else 2


MakeOnce = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def make_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Makes a folder of this name once for all processes that share the tests: the others wait for it.

    No test may write into it.
    """
    from data.storage import locked

    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):  # what pytest-xdist gives to the processes that it starts
        shared = shared.parent

    def folder(name: str, make: Callable[[Path], None]) -> Path:
        path, made = shared / name, shared / f"{name}.made"
        with locked(shared / f"{name}.lock"):  # the system frees it if the one who makes it dies
            if not made.exists():
                shutil.rmtree(path, ignore_errors=True)  # what an attempt that failed has left
                path.mkdir()
                make(path)
                made.touch()
        return path

    return folder


@pytest.fixture(scope="session")
def small_data(make_once: MakeOnce) -> Path:
    """A folder with the first 1,500 training and 500 test images of Fashion-MNIST, as IDX files."""

    def make(folder: Path) -> None:
        from configs.schema import Data
        from data.fashion_mnist import load

        splits = load(Data(validation_images=10))
        for name, split, count in (("train", splits.train, 1500), ("t10k", splits.test, 500)):
            (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(split.images[:count]))
            (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(split.labels[:count]))
        (folder / "small.yaml").write_text(SMALL_CONFIG.format(folder=folder))

    return make_once("small-data", make)


@pytest.fixture(scope="session")
def small_config(small_data: Path) -> Path:
    """A config that runs in seconds on `small_data`, two models with two seeds."""
    return small_data / "small.yaml"


def run_program(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python train.py ARGUMENTS`, from the checkout, as a user runs it."""
    return subprocess.run(
        [sys.executable, ROOT / "train.py", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=600,
    )


@pytest.fixture(scope="session")
def small_run(small_config: Path, make_once: MakeOnce) -> Path:
    """The finished run of `small_config`, made by the program itself with two workers."""

    def make(outputs: Path) -> None:
        result = run_program(small_config, "launch.workers=2", "--guess", GUESS, "--outputs", outputs)
        assert result.returncode == 0, (
            f"the program failed on a small config:\n{result.stdout}{result.stderr}"
        )

    return make_once("small-outputs", make) / "small"


@pytest.fixture(scope="session")
def driver() -> "Driver":
    """Runs the program, too, without starting it: for tests that ask what it does, and not how it starts."""
    from tests.faults import shared_driver

    return shared_driver()


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> "Recording":
    """Takes down what figures consist of, in place of drawing them."""
    from tests.recording import Recording

    return Recording(monkeypatch)
