"""What pyproject.toml admits works: the oldest versions of all packages, and each Python that is there."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUN = [ROOT / "configs" / "lines.yaml", "seeds=0", "training.epochs=1", "name=small"]


def oldest(requirement: str) -> str:
    """A requirement met by the oldest version alone that it admits."""
    parsed = Requirement(requirement)
    [bound] = [one.version for one in parsed.specifier if one.operator == ">="]
    return f"{parsed.name}=={bound}"


def test_every_requirement_has_a_lower_bound():
    for requirement in PROJECT["dependencies"]:
        assert oldest(requirement), f"{requirement} says nothing of the oldest version that works"


def environment(folder: Path, python: str, requirements: list[str]) -> Path:
    """A fresh virtual environment with these packages -> its interpreter."""
    subprocess.run([python, "-m", "venv", folder], check=True)
    own = folder / "bin" / "python"
    subprocess.run([own, "-m", "pip", "install", "--quiet", *requirements], check=True)
    return own


def assert_works(python: Path, folder: Path) -> None:
    """The command line, the schema and a small whole run."""
    for words in (["--help"], ["schema"], [*RUN, "--outputs", "outputs"], ["show", "outputs/small"]):
        done = subprocess.run(
            [python, ROOT / "train.py", *words], cwd=folder, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, (
            f"train.py {' '.join(map(str, words))} fails:\n{done.stdout}{done.stderr}"
        )
    assert (folder / "outputs" / "small" / "report.html").exists()


@pytest.mark.deep
def test_the_oldest_versions_work(tmp_path: Path):
    requirements = [oldest(requirement) for requirement in PROJECT["dependencies"]]
    assert_works(environment(tmp_path / "venv", sys.executable, requirements), tmp_path)


@pytest.mark.deep
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_other_pythons_work(tmp_path: Path, version: str):
    installed = [
        shutil.which(f"python{version}"),
        *Path.home().glob(f".pyenv/versions/{version}.*/bin/python"),
    ]
    works = [python for python in installed if python and not subprocess.run([python, "-c", ""]).returncode]
    if not works:
        pytest.skip(f"there is no Python {version} here")
    assert_works(environment(tmp_path / "venv", str(works[0]), PROJECT["dependencies"]), tmp_path)
