"""Runs that an earlier version made, of 0.1.0 before its rooms, are read, shown, compared and gone on with.

Both are of CONFIG on `made_up`: a finished run, without its pictures, and one that was killed in the last
epoch of its network of convolutions.
"""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from data.lines import CLASS_NAMES, make_images
from model.run.environment import decisive, describe_environment
from model.run.folder import RunFolder
from tests.conftest import idx
from tests.faults import Driver

EARLIER = Path(__file__).parent / "earlier_runs"
CONFIG = """
name: {name}
seeds: [0]
data: {{source: {folder}, name: made-up, validation_images: 50, class_names: {classes}}}
models:
  dense: {{architecture: dense, units: [8]}}
  cnn: {{architecture: cnn, filters: [4, 4], units: [8]}}
training: {{epochs: 3, learning_rate: 0.003, batch_size: 16, precision: float32}}
robustness: {{images_per_class: 2}}
"""


def made_up(folder: Path) -> None:
    """Lines as four IDX files: 300 for training and validation, 100 for testing."""
    for number, (name, count) in enumerate((("train", 300), ("t10k", 100))):
        images, labels = make_images(count, seed=number)
        (folder / f"{name}-images-idx3-ubyte").write_bytes(idx(images))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(idx(labels))
    for name in ("finished", "interrupted"):
        text = CONFIG.format(name=name, folder=folder, classes=json.dumps(CLASS_NAMES))
        (folder / f"{name}.yaml").write_text(text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data and the configs; `outputs` in it holds copies of both runs."""
    folder = tmp_path_factory.mktemp("earlier")
    made_up(folder)
    shutil.copytree(EARLIER, folder / "outputs")
    return folder


def gone_on_with(driver: Driver, folder: Path, name: str) -> str:
    """Run an earlier run's config again -> what is printed."""
    done = driver.run(folder / f"{name}.yaml", "--outputs", folder / "outputs")
    assert done.code == 0, f"an earlier run can't be gone on with:\n{done.out}{done.err}"
    assert not (folder / "outputs" / f"{name}-2").exists(), "it was taken for another experiment"
    return str(done.out)


def answers(run: Path, model: str) -> np.ndarray:
    return RunFolder(run).predictions(model, 0)[0]


def test_an_earlier_run_is_shown_and_compared(driver: Driver, folder: Path) -> None:
    run = folder / "outputs" / "finished"
    shown = driver.run("show", run)
    assert (shown.code, "right, of 100 test pictures" in shown.out) == (0, True), shown.out + shown.err
    stands = driver.run("status", run)
    assert "its report is to be made again" in stands.out, f"it has one, if not as now: {stands.out}"
    compared = driver.run("compare", run, "--json", "--outputs", folder)
    assert compared.code == 0, compared.out + compared.err
    models = json.loads(compared.out)["models"]
    told = RunFolder(EARLIER / "finished").report()["models"]
    for model, entry in told.items():
        now, then = models[f"finished/{model}"]["accuracy"], entry["accuracy"]
        assert now["interval"] == pytest.approx(then["interval"], abs=0.01), "of the same answers"
        now, then = ({key: one[key] for key in one if key != "interval"} for one in (now, then))
        assert now == then, f"{model} is told otherwise"


def test_of_an_earlier_run_no_finished_training_is_made_again(driver: Driver, folder: Path) -> None:
    printed = gone_on_with(driver, folder, "finished")
    assert "seed 0  3/3" not in printed, "a finished training was made again"
    for model in ("dense", "cnn"):
        for name in ("model.keras", "predictions.npz", "history.csv", "metrics.json", "robustness.npz"):
            before, after = (
                (at / "finished" / model / "seed-0" / name) for at in (EARLIER, folder / "outputs")
            )
            assert before.read_bytes() == after.read_bytes(), f"{name} of {model} was written again"
        assert (folder / "outputs" / "finished" / model / "inspection" / "inside-figures.json").exists()


def test_an_earlier_training_goes_on_where_it_was(driver: Driver, folder: Path) -> None:
    printed = gone_on_with(driver, folder, "interrupted")
    environment = json.loads((EARLIER / "interrupted" / "environment.json").read_text())
    if decisive(environment) != decisive(describe_environment(threads_per_job=1)):
        assert "starting over" in printed, "a training that begins again on another processor says so"
        return
    assert "cnn seed 0  1/3" not in printed, "epochs that were done were made again"
    for model in ("dense", "cnn"):
        expected = answers(EARLIER / "finished", model)
        assert np.array_equal(answers(folder / "outputs" / "interrupted", model), expected), (
            f"{model} ends with other bits than when it was not interrupted"
        )
