"""Whole programs: the default run, the course notebook, commands that start and end."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.benchmark.contenders import DEFAULT
from tests.benchmark.effort import Effort
from tests.benchmark.table import Figure, Rows, row
from tests.benchmark.turns import ROOT, stock_environment
from tests.benchmark.watch import Taken, watch


def course(effort: Effort) -> Rows:
    """The whole default run, three seeds, against the course notebook's single run; import to pictures."""
    notebook: list[tuple[Taken, str]] = []
    ours: list[tuple[Taken, str]] = []
    with tempfile.TemporaryDirectory() as folder:
        epochs = str(effort.notebook_epochs)
        for number in range(effort.runs):
            picture, outputs = f"{folder}/maps.png", f"{folder}/{number}"
            words = ("tests/course_notebook.py", picture, "--epochs", epochs)
            notebook.append(_program(*words, stock=True))
            ours.append(_program("train.py", *effort.run, "--outputs", outputs))
        [report] = Path(folder).glob("0/*/report.json")
        models = json.loads(report.read_text(encoding="utf-8"))["models"]
    rows = [row("default run, import to report", "s", _seconds(ours), "course notebook", _seconds(notebook))]
    for line in notebook[0][1].splitlines():
        name, accuracy, _ = line.split()
        values = [100 * value for value in models[name]["accuracy"]["values"]]
        theirs = Figure([100 * float(accuracy)], [])
        rows.append(
            row(f"its {name}, right of the test images", "%", Figure(values, []), "course notebook", theirs)
        )
    return rows


def memory(effort: Effort) -> Rows:
    """The most memory that all processes of the default run have together; looking takes time, so untimed."""
    with tempfile.TemporaryDirectory() as outputs:
        taken, _ = _program("train.py", *effort.run, "--outputs", outputs, memory=True)
    return [row("default run, most memory of all its processes", "GB", Figure([taken.peak_bytes / 1e9], []))]


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
        taken: dict[str, list[tuple[Taken, str]]] = {command: [] for command in commands}
        for _ in range(1 + effort.starts):
            for command, words in commands.items():
                taken[command].append(_program("train.py", *words))
    return [row(command, "s", _seconds(each[1:])) for command, each in taken.items()]


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


def _program(*words: str, stock: bool = False, memory: bool = False) -> tuple[Taken, str]:
    """Run a program of the checkout to its end -> what that took, and what it printed."""
    with watch(memory) as taken:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=stock_environment() if stock else None,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return taken, done.stdout


def _seconds(runs: Sequence[tuple[Taken, str]]) -> Figure:
    return Figure([taken.seconds for taken, _ in runs], [taken.others for taken, _ in runs])
