"""A class of hand-ins, made up once for all tests of a process."""

from pathlib import Path

import pytest

from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.records import SideBySide
from tests.side_by_side.pages import a_class, a_run


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder of dense and cnn."""
    return a_run(tmp_path_factory.mktemp("run") / "run")


@pytest.fixture(scope="session")
def pages(run: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Eight hand-ins: copies, other seeds, other settings, and two forged ones."""
    return a_class(run, tmp_path_factory.mktemp("class"), 8, filling="")


@pytest.fixture(scope="session")
def found(pages: list[Path]) -> SideBySide:
    """What is told of these."""
    return compare_runs(pages, pages[0].parent)
