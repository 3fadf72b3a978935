"""Which tests execute which lines, found by running them once: what mutation testing chooses its tests by.

Each test file is run in a fork of this process under coverage, and what is found is kept in a temporary file;
a test file is run again when it, a helper of the tests, or a module whose functions it executes has changed.
"""

import ast
import contextlib
import gc
import hashlib
import importlib
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import coverage
import pytest

ROOT = Path(__file__).parent.parent
TOPS = ("configs", "data", "model", "train.py")  # what is mutated
OURS = {"configs", "data", "model", "train", "tests"}  # packages
KNOWN = Path(tempfile.gettempdir()) / f"convlens-reach-{os.getuid()}.json"
MOST_SECONDS = 600  # that a test file may take
HEAVY = (
    "numpy", "pydantic", "yaml", "scipy.stats", "matplotlib.pyplot", "PIL.Image", "jinja2", "typer", "rich",
    "hypothesis", "sklearn.metrics", "statsmodels.api", "tensorflow", "keras",
)  # fmt: skip
OPTIONS = ("-q", "--tb=short", "--assert=plain", "--strict-markers", "-m", "not deep", "-o", "addopts=")
OPTIONS += ("-p", "no:cacheprovider", "-p", "no:unraisableexception")


@dataclass
class Reach:
    """What the tests of one file execute.

    seconds: that each passing test takes, its own fixtures included.
    starters: tests that start processes, in which they may execute `started`.
    lines: by module, by line: the tests that execute it, by their number in `seconds`.
    started: by module: lines inside functions that no test executes, but a process that one of them starts.
    sources: the digest of every file that this depends on.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    starters: list[str] = field(default_factory=list)
    lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    started: dict[str, list[int]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


def load_heavy() -> None:
    """Import what every fork needs. No TensorFlow operation may run before: its threads survive no fork."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from model.run.arithmetic import here, prepare

    prepare(here().onednn)  # as tests/conftest.py does it
    for name in HEAVY:
        importlib.import_module(name)
    from hypothesis import Phase, settings

    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("forks", phases=phases, database=None, derandomize=True, deadline=None)
    settings.load_profile("forks")
    pytest.main(["--version"])  # which imports its plugins
    gc.freeze()  # collecting would walk, and so copy, all that the parent holds


def copy_checkout(folder: Path) -> Path:
    """What git knows, or would, in a folder of its own: there a module is changed for every process."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def modules(root: Path = ROOT) -> list[str]:
    """Paths of all modules that may be mutated."""
    tops = [root / top for top in TOPS]
    found = [
        path for top in tops for path in (top, *top.rglob("*.py")) if path.suffix == ".py" and path.exists()
    ]
    return sorted(path.relative_to(root).as_posix() for path in found)


def in_fork(action: Callable[[], int], log: Path, most_seconds: float) -> int:
    """Run this in a fork of this process, in a session of its own -> its exit code, negative for a signal."""
    child = os.fork()
    if not child:
        code = 70
        try:
            os.setsid()
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            for stream, descriptor in ((0, os.open(os.devnull, os.O_RDONLY)), (1, output), (2, output)):
                os.dup2(descriptor, stream)
            code = action()
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    end = time.monotonic() + most_seconds
    done, status = 0, -signal.SIGKILL
    while not done and time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        time.sleep(0.01)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # itself, where it ran out of time, and what it started
    return os.waitstatus_to_exitcode(status) if done else -os.waitpid(child, 0)[1]


def run_pytest(checkout: Path, arguments: Iterable[str], plugin: Any) -> int:
    """Run tests of a checkout in this process, which must be a fork."""
    os.chdir(checkout)
    sys.path[:] = [str(checkout), *(entry for entry in sys.path if entry not in ("", str(ROOT)))]
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]  # they were found in another folder
    basetemp = checkout.parent / "tmp"
    return int(pytest.main([*OPTIONS, f"--basetemp={basetemp}", *arguments], plugins=[plugin]))


class _Recorder:
    """Notes of every test its time, whether it passed, and whether a process that it started works or did."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.starters: set[str] = set()
        self._ended = 0.0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration
        if not report.passed:
            self.failed.add(report.nodeid)
        ended = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        alive = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
        if alive or ended > self._ended:
            self.starters.add(report.nodeid)
        self._ended = ended


def _record(checkout: Path, file: str, result: Path) -> int:
    recorder = _Recorder()
    data_file = checkout.parent / "coverage"
    os.environ["COVERAGE_FILE"] = str(data_file)
    measured = [f"--cov={top.removesuffix('.py')}" for top in TOPS]
    run_pytest(checkout, [*measured, "--cov-context=test", "--cov-report=", file], recorder)
    passed = [test for test in recorder.seconds if test not in recorder.failed]
    reach = Reach({test: round(recorder.seconds[test], 3) for test in passed})
    reach.starters = [test for test in passed if test in recorder.starters]
    _read_lines(coverage.CoverageData(str(data_file)), checkout, reach)
    for name in {*_helpers(checkout, file), *reach.lines, *reach.started}:
        reach.sources[name] = _digest(checkout / name)
    result.write_text(json.dumps(asdict(reach)))
    return 0


def _read_lines(data: coverage.CoverageData, checkout: Path, reach: Reach) -> None:
    data.read()
    numbers = {test: number for number, test in enumerate(reach.seconds)}
    for measured in data.measured_files():
        path = Path(measured).relative_to(checkout).as_posix()
        if not path.endswith(".py"):  # a template of a page
            continue
        inside = lines_inside_functions((checkout / path).read_text())
        for line, contexts in data.contexts_by_lineno(measured).items():
            tests = {context.rpartition("|")[0] for context in contexts} & numbers.keys()
            if line in inside and tests:
                reach.lines.setdefault(path, {})[str(line)] = sorted(numbers[test] for test in tests)
            elif line in inside and not any(contexts):
                reach.started.setdefault(path, []).append(line)


def lines_inside_functions(source: str) -> set[int]:
    """The lines that only a call executes: not those that importing does."""
    lines: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines |= set(range(node.body[0].lineno, (node.end_lineno or 0) + 1))
    return lines


def _helpers(checkout: Path, file: str) -> list[str]:
    """What every test file depends on, and what this one imports from tests/, or those files do."""
    found, new = {"tests/conftest.py"}, {file}
    while new:
        texts = [(checkout / name).read_text() for name in new]
        named = {
            f"{name.replace('.', '/')}.py" for text in texts for name in re.findall(r"tests(?:\.\w+)+", text)
        }
        found |= new
        new = {name for name in named if (checkout / name).exists()} - found
    return sorted(found)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def reaches(checkout: Path) -> dict[str, Reach]:
    """What every test file executes, from the temporary file where that still holds.

    Args:
        checkout: a copy of the checkout.

    Returns:
        By test file.
    """
    texts = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    known = {name: Reach(**found) for name, found in texts.items()}
    files = sorted(path.relative_to(checkout).as_posix() for path in (checkout / "tests").rglob("test_*.py"))
    result = checkout.parent / "reach.json"
    for file in files:
        sources = known[file].sources if file in known else {file: ""}
        if all(_digest(checkout / name) == digest for name, digest in sources.items()):
            continue
        start = time.monotonic()
        result.unlink(missing_ok=True)
        log = checkout.parent / "log"
        in_fork(lambda: _record(checkout, file, result), log, MOST_SECONDS)  # noqa: B023
        if result.exists():
            known[file] = Reach(**json.loads(result.read_text()))
            KNOWN.write_text(json.dumps(known, default=asdict))
        passed = len(known[file].seconds) if file in known else 0
        print(f"{file}: {passed} tests recorded, {time.monotonic() - start:.0f} s", flush=True)
    return {file: known[file] for file in files if file in known}
