"""A network from a notebook becomes a run: by the lines of README.md, and goes on without its file."""

import json
import re
import shutil
from pathlib import Path

import pytest

from configs.schema import Data
from data.fashion_mnist import load
from tests.conftest import ROOT
from tests.networks_elsewhere import course, fit

FEW = ("robustness.images_per_class=5", "data.validation_images=100")


def lines_of_readme() -> list[str]:
    """From a notebook's last line to the page."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Your own network")[2]
    return [*re.findall(r"`(model\.save.+?)`", text)[:1], *text.split("```")[1].strip().splitlines()]


@pytest.fixture(scope="module")
def small(small_data: Path) -> Data:
    return Data(source=str(small_data), name="small", validation_images=100)


@pytest.fixture(scope="module")
def notebook(small: Data, driver, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a notebook has trained `model`, and the lines of README.md were followed."""
    folder, train = tmp_path_factory.mktemp("notebook"), load(small).train
    save, inspect, browse = lines_of_readme()
    model = fit(course(), train.images[..., None].astype("float32"), train.labels, epochs=1)
    model.save(folder / re.fullmatch(r'model\.save\("(.+)"\)', save)[1])
    python, program, verb, file = inspect.split()
    assert (python, program, verb) == ("python", "train.py", "inspect")
    words = (verb, folder / file, f"data.source={small.source}", f"data.name={small.name}", *FEW)
    result = driver.run(*words, "--outputs", folder / "outputs")
    assert result.code == 0, result.out + result.err
    (folder / "terminal.txt").write_text(result.out)
    page = browse.removeprefix("python -m webbrowser ")
    assert (folder / page).is_file(), f"README.md opens {page}, which is not where the page is"
    return folder


@pytest.fixture
def run(notebook: Path, tmp_path: Path) -> Path:
    """A copy of the run that may be changed; the notebook's file is gone from where it was."""
    shutil.copytree(notebook / "outputs" / "my", tmp_path / "my")
    config = (tmp_path / "my" / "config.yaml").read_text()
    (tmp_path / "my" / "config.yaml").write_text(config.replace(f"{notebook}/my.keras", "/gone/my.keras"))
    return tmp_path / "my"


def test_the_lines_of_the_readme_lead_to_a_whole_run(notebook, driver):
    run, told = notebook / "outputs" / "my", " ".join((notebook / "terminal.txt").read_text().split())
    assert "my was trained elsewhere: on which pictures, how long and from which start" in told
    assert "my reads pixels from 0 to 255: right on" in told
    assert (run / "my/seed-0/original.keras").read_bytes() == (notebook / "my.keras").read_bytes()
    report = json.loads((run / "report.json").read_text())
    entry = report["models"]["my"]
    assert (entry["epochs"], entry["train_seconds"], entry["precision"]) == (0, None, None)
    assert entry["elsewhere"]["pixels"] == "byte"
    assert "nearest in size" not in told, "what networks reach on Fashion-MNIST says nothing of other data"
    assert not (run / "figures/3-learning.png").exists(), "a picture of learning that nobody has seen"
    status = driver.run("status", run)
    assert (status.code, "1 of 1 network taken in" in status.out) == (0, True), status.out
    shown = driver.run("show", run).out
    assert re.search(r"conv1 \(conv2d\w*\) +Conv2D", shown), (
        f"the file's names do not stand beside ours: {shown}"
    )
    lesson = driver.run("lesson", run, "--outputs", notebook)
    assert lesson.code == 0, lesson.err


def test_the_same_again_is_said_at_once(notebook, small, driver):
    before = {path: path.stat().st_mtime_ns for path in (notebook / "outputs/my").rglob("*.keras")}
    words = ("inspect", notebook / "my.keras", f"data.source={small.source}", f"data.name={small.name}", *FEW)
    again = driver.run(*words, "--outputs", notebook / "outputs")
    assert (again.code, sorted(p.name for p in (notebook / "outputs").iterdir() if p.is_dir())) == (0, ["my"])
    assert {path: path.stat().st_mtime_ns for path in before} == before, "it was taken in once more"


def test_what_is_lost_is_made_again_of_the_copy(run, driver):
    network, answers = run / "my/seed-0/model.keras", run / "my/seed-0/predictions.npz"
    before = answers.read_bytes()
    network.unlink()
    status = driver.run("status", run)
    assert "model.keras is missing" in status.out
    result = driver.run(run / "config.yaml", "--outputs", run.parent)
    assert result.code == 0, result.out + result.err
    assert "my file 0 is made again" in result.out
    assert network.exists()
    assert answers.read_bytes() == before, "of the same file come other answers"
    (run / "my/seed-0/original.keras").unlink()
    network.unlink()
    result = driver.run(run / "config.yaml", "--outputs", run.parent)
    assert result.code == 4
    assert "original.keras is missing" in result.out, "it does not say of what it could be made again"


@pytest.mark.deep
def test_to_start_over_loses_no_file(run, driver):
    original = run / "my/seed-0/original.keras"
    before = original.read_bytes()
    result = driver.run(run / "config.yaml", "--fresh", "--outputs", run.parent)
    assert result.code == 0, result.out + result.err
    assert original.read_bytes() == before
