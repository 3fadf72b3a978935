"""The runs of the sets, made once for all tests of all processes."""

from functools import cache
from pathlib import Path

import pytest

from tests.strangers.evidence import Data, Evidence
from tests.strangers.sets import SETS


@pytest.fixture(scope="session")
def run_of(make_once, driver):
    """A set's run, what the terminal said and the data, made once for all tests."""

    def of(name: str) -> Path:
        def make(folder: Path) -> None:
            config = SETS[name].write(name, folder)
            guess = ["--guess", SETS[name].guess] if SETS[name].guess else []
            result = driver.run(config, *guess, "--outputs", folder / "outputs")
            (folder / "terminal.txt").write_text(result.out, encoding="utf-8")
            assert result.code in (0, 4), f"{name} does not run:\n{result.out}{result.err}"

        return make_once(f"stranger-{name}", make)

    return of


@cache
def evidence_of(name: str, folder: Path) -> Evidence:
    """What stands in the files of a set's run, worked out once for all tests."""
    lines = SETS[name].pictures.source == "lines"
    data = Data.read(folder / "data", SETS[name].pictures.names, "Lines" if lines else name)
    return Evidence(folder / "outputs" / name, data)
