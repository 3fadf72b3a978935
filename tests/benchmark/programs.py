"""Whole programs: runs and their forecasts, the course notebook, commands that start and end."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.benchmark.contenders import DEFAULT
from tests.benchmark.effort import Effort
from tests.benchmark.forecast import Lines, largest_error, total_at_start
from tests.benchmark.table import AT_START, Figure, Rows, row
from tests.benchmark.turns import ROOT, stock_environment
from tests.benchmark.watch import Taken, watch


@dataclass(frozen=True)
class Ended:
    """A program that has ended: what it took, and what it printed."""

    taken: Taken
    lines: Lines


def course(effort: Effort) -> Rows:
    """The whole default run, three seeds, against the course notebook's single run; import to pictures."""
    notebook: list[Ended] = []
    ours: list[Ended] = []
    with tempfile.TemporaryDirectory() as folder:
        epochs = str(effort.notebook_epochs)
        for number in range(effort.runs):
            picture, outputs = f"{folder}/maps.png", f"{folder}/{number}"
            words = ("tests/course_notebook.py", picture, "--epochs", epochs)
            notebook.append(_program(*words, stock=True))
            ours.append(_run(effort, _name(DEFAULT), outputs))
        [report] = Path(folder).glob("0/*/report.json")
        models = json.loads(report.read_text(encoding="utf-8"))["models"]
    rows = [row("default run, import to report", "s", _seconds(ours), "course notebook", _seconds(notebook))]
    for _, line in notebook[0].lines:
        name, accuracy, _ = line.split()
        values = [100 * value for value in models[name]["accuracy"]["values"]]
        theirs = Figure([100 * float(accuracy)], [])
        rows.append(
            row(f"its {name}, right of the test images", "%", Figure(values, []), "course notebook", theirs)
        )
    return rows + _forecast(_name(DEFAULT), ours)


def forecasts(effort: Effort) -> Rows:
    """Time taken and forecast of short runs, and of the default run that goes on where it was half done."""
    rows = [row for name in ("quick", "lines") for row in _alone(effort, f"configs/{name}.yaml", effort.runs)]
    ended: list[Ended] = []
    for _ in range(effort.runs):
        with tempfile.TemporaryDirectory() as outputs:
            _run(effort, _name(DEFAULT), outputs, halfway=True)
            ended.append(_run(effort, _name(DEFAULT), outputs))
    return rows + _forecast(f"{_name(DEFAULT)}, its second half", ended, "forecast when it went on")


def why(effort: Effort) -> Rows:
    """Likewise of configs/why.yaml, whose nine networks take long: once, unless --rounds says otherwise."""
    return _alone(effort, "configs/why.yaml", effort.long_runs)


def _alone(effort: Effort, config: str, runs: int) -> Rows:
    """Runs of one config, each in a folder of its own."""
    ended: list[Ended] = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as outputs:
            ended.append(_run(effort, config, outputs))
    return _forecast(config, ended)


def _forecast(measured: str, runs: Sequence[Ended], against: str = AT_START) -> Rows:
    """What runs took against what they said before, and how far they were off later."""
    others = [run.taken.others for run in runs]
    told = Figure([total_at_start(run.lines) for run in runs], others)
    later = [largest_error(run.lines, run.taken.seconds) for run in runs]
    rows = [row(measured, "s", _seconds(runs), against, told, in_short=False)]
    if known := [(error, share) for error, share in zip(later, others, strict=True) if error is not None]:
        errors = Figure(*zip(*known, strict=True))
        rows.append(row(f"{measured}, largest error of what it said later", "%", errors, in_short=False))
    return rows


def memory(effort: Effort) -> Rows:
    """The most memory that all processes of the default run have together; looking takes time, so untimed."""
    with tempfile.TemporaryDirectory() as outputs:
        peak = _run(effort, _name(DEFAULT), outputs, memory=True).taken.peak_bytes / 1e9
    return [row("default run, most memory of all its processes", "GB", Figure([peak], []))]


def start(effort: Effort) -> Rows:
    """Start-up: `--help`, `compare` of two runs of the default's size, `show`; each warm."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [str(_made_up_run(folder / run, seed)) for seed, run in enumerate(("one", "two"))]
        commands = {
            "`--help`": ("--help",),
            "`compare` of two runs": ("compare", *runs, "--outputs", name),
            "`show`": ("show", runs[0]),
        }
        ended: dict[str, list[Ended]] = {command: [] for command in commands}
        for _ in range(1 + effort.starts):
            for command, words in commands.items():
                ended[command].append(_program("train.py", *words))
    return [row(command, "s", _seconds(each[1:])) for command, each in ended.items()]


def _made_up_run(folder: Path, seed: int) -> Path:
    """A run folder with the default run's report and predictions that are right as often as it says."""
    report = json.loads((ROOT / "outputs" / "reference" / "report.json").read_text(encoding="utf-8"))
    generator = np.random.default_rng(seed)
    labels = np.arange(report["data"]["test"]) % len(report["data"]["classes"])
    for name, entry in report["models"].items():
        for number, accuracy in zip(entry["seeds"], entry["accuracy"]["values"], strict=True):
            wrong = generator.permutation(len(labels)) >= round(accuracy * len(labels))
            answers = (labels + wrong) % len(report["data"]["classes"])
            probabilities = 0.05 + 0.5 * np.eye(len(report["data"]["classes"]), dtype=np.float32)[answers]
            path = folder / name / f"seed-{number}" / "predictions.npz"
            path.parent.mkdir(parents=True)
            np.savez_compressed(path, probabilities=probabilities, labels=labels.astype(np.uint8))
    report["config_digest"] = f"{seed:064}"  # or they would be the same experiment
    (folder / "report.json").write_text(json.dumps(report))
    (folder / "config.yaml").write_bytes(DEFAULT.read_bytes())
    return folder


def _name(config: Path) -> str:
    return config.relative_to(ROOT).as_posix()


def _run(effort: Effort, config: str, outputs: str, memory: bool = False, halfway: bool = False) -> Ended:
    words = ("train.py", *(effort.run or (config,)), "--outputs", outputs)
    return _program(*words, memory=memory, halfway=halfway)


def _program(*words: str, stock: bool = False, memory: bool = False, halfway: bool = False) -> Ended:
    """Run a program of the checkout to its end, or interrupt a run halfway, by its own forecast."""
    lines: list[tuple[float, str]] = []
    interrupted = False
    with watch(" ".join(words), memory) as taken, tempfile.TemporaryFile("w+") as errors:
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-u", *words],  # -u: each line comes when it is said
            cwd=ROOT,
            env=stock_environment() if stock else None,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        for line in process.stdout or ():
            since = time.perf_counter() - started
            lines.append((since, line.rstrip("\n")))
            if halfway and not interrupted and since > total_at_start(lines) / 2:
                process.send_signal(signal.SIGINT)
                interrupted = True
        code = process.wait()
        errors.seek(0)
        said = errors.read()
    if code != (130 if halfway else 0):
        told = "\n".join(line for _, line in lines)
        raise SystemExit(f"{' '.join(words)} ended with {code}:\n{told[-2000:]}\n{said[-2000:]}")
    return Ended(taken, lines)


def _seconds(runs: Sequence[Ended]) -> Figure:
    return Figure([run.taken.seconds for run in runs], [run.taken.others for run in runs])
