"""The benchmark's arithmetic, on made-up times; what it measures takes minutes and is tried by hand."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.benchmark.__main__ import PARTS
from tests.benchmark.forecast import largest_error, total_at_start
from tests.benchmark.goal import Race
from tests.benchmark.programs import Ended, _forecast
from tests.benchmark.table import AT_START, Figure, in_short, markdown, row, run_times, times
from tests.benchmark.turns import ROOT, stock_environment
from tests.benchmark.watch import Taken, _own_seconds, watch

MACHINE = {
    "processor": "A processor",
    "cores": 2,
    "system": "Linux",
    "python": "3.11.7",
    "versions": {"tensorflow": "2.21.0"},
    "features": ["AVX2"],
}
RATES = row(
    "course network",
    "images/s",
    Figure([11_000, 12_345, 11_634], [0.0, 0.02, 0.0]),
    "stock `fit`",
    Figure([2_900, 2_000, 2_950, 2_700], [0.01, 0.35, 0.0, 0.1]),
    "batches of 32",
)
SECONDS = row("`--help`", "s", Figure([0.31, 0.29, 0.30], [0.0, 0.0, 0.05]))
HIDDEN = row("all settings", "images/s", Figure([100], [0]), "another", Figure([50], [0]), in_short=False)


def record(*rows: dict, **machine: object) -> dict:
    part = {"date": "2026-11-29", "command": "python -m tests.benchmark", "git_commit": None, "rows": rows}
    return {"machine": MACHINE | machine, "quick": False, "parts": {"fit": part}}


def test_a_row_has_the_ratio_of_medians() -> None:
    assert RATES["ours"]["median"] == 11_630
    assert RATES["theirs"]["median"] == 2_900, "a round in which others were at work is judged"
    assert RATES["ratio"] == 4.012, "ours over theirs"
    assert SECONDS["ratio"] is None
    assert Figure([3, 1, 2], [0.2, 0.3, 0.4]).median == 2, "where none is undisturbed, all count"
    assert Figure([3, 1, 2], []).median == 2, "what others can't disturb, as memory"


def test_the_table_shows_median_spread_and_ratio() -> None:
    lines = markdown(record(RATES, SECONDS, HIDDEN)).splitlines()
    assert (
        "| course network | 11,600 images/s (11,000 to 12,300) | stock `fit`, batches of 32 "
        "| 2,900 images/s\\* (2,000 to 2,950) | 4.01 |"
    ) in lines
    assert "| `--help` | 0.30 s (0.29 to 0.31) |  |  |  |" in lines
    assert lines[0].startswith(
        "A processor, 2 cores, AVX2. Linux, Python 3.11.7, tensorflow 2.21.0. 2026-11-29."
    )
    assert "at most 35 % of the cores" in lines[-1], "the load by others is the largest of any round"


def test_only_disturbed_rounds_are_marked() -> None:
    quiet = row("a", "s", Figure([1.0, 2.0], [0.1, 0.0]), "b", Figure([2.0], [0.0]))
    assert "\\* " not in markdown(record(quiet)), "a tenth is allowed"
    assert "\\*" in in_short([record(RATES)])
    assert "\\*" not in in_short([record(quiet)])


def test_the_short_table_has_a_column_per_machine() -> None:
    other = record(SECONDS, processor="Another", cores=1, features=[])
    header, _, *lines = in_short([record(RATES, SECONDS, HIDDEN), other]).splitlines()
    assert (
        header == "| ConvLens / the other | A processor, 2 cores, AVX2 | Another, 1 core, features unknown |"
    )
    assert lines == [
        "| course network / stock `fit` | **4.01** (11,600 / 2,900 images/s)\\* |  |",
        "| `--help` | 0.30 s | 0.30 s |",
    ], "what a machine did not measure stays empty, and rows that are not for the README are left out"


def test_the_table_of_times_has_a_row_per_config() -> None:
    forecast = Figure([100, 110, 105], [0, 0, 0])
    taken = row("configs/a.yaml", "s", Figure([148, 144, 139], [0, 0, 0]), AT_START, forecast, in_short=False)
    half = row("configs/a.yaml, half", "s", Figure([80], [0]), "forecast when it went on", forecast)
    there, elsewhere = record(taken, half, SECONDS), record(SECONDS, processor="Another")
    assert run_times(there) == {"configs/a.yaml": "2 min 25 s"}, "only whole runs are told, by the median"
    assert times([elsewhere, there]).splitlines() == [
        "| time of a run | Another, 2 cores, AVX2 | A processor, 2 cores, AVX2 |",
        "| --- | ---: | ---: |",
        "| configs/a.yaml |  | 2 min 25 s |",
    ], "what a machine did not measure stays empty"
    assert times([elsewhere]) == ""


SAID = [
    (5.0, "machine   2 cores, bfloat16: about 1 min 50 s   (a quick look: configs/quick.yaml)"),
    (20.0, "dense, seed 0  1/10  0.8123   left: 3 min"),
    (40.0, "cnn, seed 0  1/4  0.8523   left: 50 s"),
    (80.0, "cnn, seed 0  4/4  0.9023   left: 30 s"),
    (90.0, "cnn, seed 0  inside"),
]


def test_a_forecast_is_read_from_the_screen() -> None:
    assert total_at_start(SAID) == 5 + 110
    assert total_at_start(SAID[1:]) == float("inf"), "nothing was told yet"
    assert largest_error(SAID, 100.0) == 10.0, "90 and 110 s in all were told later; 200 s too early to count"
    assert largest_error(SAID[:2], 100.0) is None
    assert total_at_start([(0.0, "machine   1 core, float32: about 2 h 5 min")]) == 7_500


def test_a_forecast_stands_beside_the_time_taken() -> None:
    runs = [Ended(Taken(seconds, 0.02), SAID) for seconds in (100.0, 90.0, 110.0)]
    taken, later = _forecast("configs/a.yaml", runs)
    assert (taken["ours"]["median"], taken["theirs"]["median"], taken["ratio"]) == (100.0, 115.0, 0.8696)
    assert later["ours"]["values"] == [10.0, 22.22, 18.18], "in % of what each took"
    [only] = _forecast("configs/a.yaml", [Ended(Taken(100.0, 0.02), SAID[:2])])
    assert only["theirs"]["median"] == 115.0, "a run that says nothing later has no error to tell of"


def test_a_record_is_read_as_it_was_written() -> None:
    written = record(RATES, SECONDS)
    assert markdown(json.loads(json.dumps(written))) == markdown(written)


class MadeUp:
    """Two trainings that each take 10 s, then 11 s, ... an epoch, and reach so much."""

    def __init__(self, *accuracies: float) -> None:
        self.accuracies, self.epochs = accuracies, 0

    def round(self) -> tuple[Taken, list[dict[str, float]]]:
        reached = self.accuracies[self.epochs]
        seconds = 10.0 + self.epochs
        self.epochs += 1
        answers = [{"accuracy": reached + more, "seconds": seconds} for more in (-0.01, 0.01)]
        return Taken(seconds, others=0.01 * self.epochs), answers


def test_the_goal_is_reached_by_the_mean_of_all() -> None:
    race = Race([MadeUp(0.80, 0.89, 0.91), MadeUp(0.80, 0.91, 0.93)], epochs=5, accuracy=0.91)
    epochs = 0
    while not race.over:
        race.epoch()
        epochs += 1
    assert epochs == 3, "after two epochs the mean was 0.90"
    assert race.figure("seconds") == Figure([33.0] * 4, [0.03] * 4), "of each training, all its epochs"
    assert race.told == "3 epochs: 0.9200"


def test_a_goal_that_is_not_reached_is_said_not_to_be() -> None:
    race = Race([MadeUp(0.80, 0.85)], epochs=2, accuracy=0.91)
    while not race.over:
        race.epoch()
    assert race.told == "not reached in 2 epochs: 0.8500"


@pytest.mark.parametrize("name", ["TF_ENABLE_ONEDNN_OPTS", "OMP_NUM_THREADS", "KERAS_BACKEND", "XLA_FLAGS"])
def test_the_baselines_get_none_of_our_variables(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "1")
    monkeypatch.setenv("CONVLENS_DATA", "/data")
    environment = stock_environment()
    assert name not in environment, f"{name} reaches what we are measured against"
    assert environment["CONVLENS_DATA"] == "/data"


def test_the_load_by_others_is_what_is_not_our_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tests.benchmark.watch._busy_seconds", iter([100.0, 130.0]).__next__)
    monkeypatch.setattr("tests.benchmark.watch._own_seconds", iter([5.0, 15.0]).__next__)
    clock = SimpleNamespace(perf_counter=iter([50.0, 60.0]).__next__)
    monkeypatch.setattr("tests.benchmark.watch.time", clock)
    monkeypatch.setattr("psutil.cpu_count", lambda: 4)
    with watch("ours") as taken:
        assert capsys.readouterr().err == "  ours ... ", "nobody knows what is going on meanwhile"
    assert capsys.readouterr().err == "10.0 s\n"
    assert taken == Taken(seconds=10.0, others=(30 - 10) / (4 * 10))


def test_the_work_of_ended_and_of_running_processes_is_our_own() -> None:
    code = "import time\nwhile time.process_time() < 0.2: pass\nprint(flush=True); input()"
    before = _own_seconds()
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert _own_seconds() - before >= 0.19, "a process at work counts as another's"
        child.communicate(b"\n")
    assert _own_seconds() - before >= 0.19, "a process that has ended counts as another's"


@pytest.mark.deep
def test_all_parts_can_be_tried(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    command = [sys.executable, "-m", "tests.benchmark", "--quick", "--json", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads(path.read_text())
    assert list(found["parts"]) == list(PARTS)
    assert all(row["ours"]["median"] > 0 for part in found["parts"].values() for row in part["rows"])
    assert markdown(found) in done.stdout, "the record is not what the screen shows"
