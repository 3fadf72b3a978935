"""A run that is killed at any moment goes on to the very same bits."""

import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import asdict

import h5py
import numpy as np
import pytest

from model.run.arithmetic import ONEDNN, choose, features
from model.run.checkpoints import pack, unpack
from model.run.folder import RunFolder
from tests.conftest import ROOT
from tests.experiment.test_conductor import arrays_of, assert_same
from tests.faults import MOMENTS, Driver

EPOCHS = 3
CONFIG = """
name: small
seeds: [0, 1]
data: {{source: {folder}, name: small, validation_images: 100, augmentation: {{shift: 1, flip: true}}}}
models:
  dense: {{architecture: dense, units: [8], dropout: 0.2}}
  cnn: {{architecture: cnn, filters: [4], units: [8]}}
  averaged:
    architecture: cnn
    filters: [4]
    units: [8]
    batch_normalization: true
    dropout: 0.2
    training: {{averaging: 0.9, optimizer: adamw, weight_decay: 0.01}}
  sgd: {{architecture: cnn, filters: [4], units: [8], training: {{optimizer: sgd, learning_rate: 0.1}}}}
training: {{epochs: 3, learning_rate: 0.01, batch_size: 64, precision: float32}}
launch: {{workers: 2}}
"""
MODELS = ("dense", "cnn", "averaged", "sgd")
ONE_MODEL = ["models={dense: {architecture: dense, units: [8], dropout: 0.2}}", "seeds=0"]


@pytest.fixture(scope="module")
def config(small_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("kills") / "small.yaml"
    path.write_text(CONFIG.format(folder=small_data))
    return path


@pytest.fixture(scope="module")
def undisturbed_one(driver, config, tmp_path_factory):
    """The run of one model that nothing interrupted."""
    return finished(driver, tmp_path_factory.mktemp("undisturbed-one"), config, *ONE_MODEL)


@pytest.fixture(scope="module")
def undisturbed(driver, config, tmp_path_factory):
    """The run of the whole config that nothing interrupted."""
    return finished(driver, tmp_path_factory.mktemp("undisturbed"), config)


def finished(driver, outputs, *arguments):
    result = driver.run(*arguments, "--outputs", outputs)
    assert result.code == 0, f"the run did not finish:\n{result.out}{result.err}"
    return outputs / "small"


def bits_of(run):
    """All that must be equal, of the networks too."""
    bits = arrays_of(run)
    for path in sorted(run.rglob("*.keras")):
        with (
            zipfile.ZipFile(path) as archive,
            h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file,
        ):
            keys = []
            file.visit(keys.append)
            arrays = {key: file[key] for key in keys if isinstance(file[key], h5py.Dataset)}
            bits |= {f"{path.relative_to(run)}:{key}": array[()] for key, array in arrays.items()}
    return bits


def assert_as_if_nothing_had_happened(run, expected):
    assert_same(bits_of(expected), bits_of(run))
    left = {str(path.relative_to(run)) for path in run.rglob("*")}
    assert left == {str(path.relative_to(expected)) for path in expected.rglob("*")}, (
        "a run that was killed and went on must leave the same files, and none of its own"
    )
    for path in run.rglob("history.csv"):
        epochs = [row["epoch"] for row in csv.DictReader(path.open())]
        assert epochs == ["1", "2", "3"], f"each epoch belongs once into {path}: {epochs}"


def assert_whole(folder):
    """Whatever has its final name must be complete."""
    for path in folder.rglob("*"):
        if path.suffix == ".json" and not path.name.startswith("."):
            json.loads(path.read_text())
        elif path.suffix in (".npz", ".keras"):
            with zipfile.ZipFile(path) as archive:
                assert archive.testzip() is None, f"{path} was left half-written"


# A training writes a checkpoint an epoch, and what is done is not written again: the next is each attempt's
# first. Then it writes model, history, predictions and metrics, all of them until the last is there.
WRITES = [1] * EPOCHS + [1, 2, 3, 4]
SOME_PLACES = [(number, MOMENTS[i % 3]) for i, number in enumerate([*WRITES, WRITES[-1], WRITES[-1]])]
ALL_PLACES = [(number, moment) for number in WRITES for moment in MOMENTS]


@pytest.mark.parametrize(
    ("model", "places"),
    [
        pytest.param("averaged", SOME_PLACES, id="averaged, some"),
        *[pytest.param(name, ALL_PLACES, marks=pytest.mark.deep, id=name) for name in MODELS],
    ],
)
def test_a_training_killed_before_inside_and_after_its_writes(driver, config, tmp_path, model, places):
    """Every attempt goes on where the one before was killed, until all places have been met."""
    expected, run = tmp_path / "expected" / "small", tmp_path / "killed" / "small"
    for folder in (expected, run):
        folder.mkdir(parents=True)
    assert driver.train(config, model, expected / model / "seed-0").code == 0
    folder = run / model / "seed-0"
    for number, moment in places:
        result = driver.train(config, model, folder, write=number, moment=moment, action="kill")
        assert result.code == -9, f"write {number} was not reached: {result}"
        assert_whole(run)
        RunFolder(run).tidy()  # as the next run does before it starts
    assert (folder / "metrics.json").exists(), "the last kill came after the last write"
    assert_as_if_nothing_had_happened(run, expected)


def test_a_checkpoint_that_cannot_be_used_is_named_and_costs_no_bits(driver, config, tmp_path):
    expected, run = tmp_path / "expected" / "small", tmp_path / "killed" / "small"
    for folder in (expected, run):
        folder.mkdir(parents=True)
    driver.train(config, "dense", expected / "dense" / "seed-0")
    folder = run / "dense" / "seed-0"
    driver.train(config, "dense", folder, write=2, moment="after", action="kill")
    newest = folder / "epoch-0002.checkpoint"
    newest.write_bytes(newest.read_bytes()[:-1])
    result = driver.train(config, "dense", folder, write=1, moment="after", action="kill")
    fault = "epoch-0002.checkpoint is skipped: its checksum is wrong"
    assert any(
        line.startswith(fault) and line.endswith("going on after epoch 1") for line in lines_of(result)
    )
    for path in folder.glob("*.checkpoint"):
        checkpoint, identity = unpack(path.read_bytes())
        path.write_bytes(pack(checkpoint, identity | {"keras": "3.0"}))
    result = driver.train(config, "dense", folder)
    changed = "epoch-0002.checkpoint is of another training: keras was 3.0, is "
    assert any(line.startswith(changed) and line.endswith("starting over") for line in lines_of(result))
    assert_as_if_nothing_had_happened(run, expected)


def lines_of(result):
    return result.out.splitlines()


def test_a_run_killed_in_its_middle(driver, tmp_path, config, undisturbed_one):
    """Two kills of everything at once, then it may finish."""
    for number, moment in ((5, "inside"), (8, "after")):
        arguments = [config, *ONE_MODEL, "--outputs", tmp_path / "killed"]
        result = driver.run(*arguments, write=number, moment=moment, action="kill")
        assert result.code == -9, result
        assert_whole(tmp_path / "killed")
    run = finished(driver, tmp_path / "killed", config, *ONE_MODEL)
    assert_as_if_nothing_had_happened(run, undisturbed_one)


@pytest.mark.deep
@pytest.mark.parametrize("limit", ["DEFAULT", "AVX512_CORE", "AVX2", "SSE41"])
def test_every_row_of_the_table_of_ways_gives_the_same_bits(config, tmp_path, monkeypatch, limit):
    """With one worker and two, and after a kill; a processor can be made to take the rows below its own."""
    monkeypatch.delenv(ONEDNN, raising=False)  # which conftest set, by the row of this processor
    driver, auto = Driver(ONEDNN_MAX_CPU_ISA=limit), (config, "training.precision=auto")
    try:
        expected = finished(driver, tmp_path / "two", *auto)
        one = finished(driver, tmp_path / "one", *auto, "launch.workers=1")
        assert_as_if_nothing_had_happened(one, expected)
        killed = driver.run(*auto, "--outputs", tmp_path / "killed", write=9, moment="after", action="kill")
        assert killed.code == -9, killed
        assert_as_if_nothing_had_happened(finished(driver, tmp_path / "killed", *auto), expected)
    finally:
        driver.close()
    recorded = json.loads((expected / "environment.json").read_text())
    row = choose(features(), recorded["versions"]["tensorflow"], {"ONEDNN_MAX_CPU_ISA": limit})
    assert recorded["arithmetic"] == asdict(row), "another row was taken than the table says"


@pytest.mark.deep
def test_a_run_killed_at_each_of_its_writes(driver, config, tmp_path):
    expected = tmp_path / "expected"
    arguments = [config, *ONE_MODEL, "models.dense.units=[4]"]
    arguments += ["models.cnn={architecture: cnn, filters: [2], units: [8], batch_normalization: true}"]
    result = driver.run(*arguments, "--outputs", expected)
    assert result.code == 0, result
    for number in range(1, result.writes + 1):
        moment, outputs = MOMENTS[number % 3], tmp_path / str(number)
        killed = driver.run(*arguments, "--outputs", outputs, write=number, moment=moment, action="kill")
        assert killed.code == -9, f"write {number} was not reached: {killed}"
        assert_whole(outputs)
        run = finished(driver, outputs, *arguments)
        assert_as_if_nothing_had_happened(run, expected / "small")
        print(f"write {number} of {result.writes}, {moment}: the same bits", flush=True)
        shutil.rmtree(outputs)


@pytest.mark.deep
def test_a_hundred_kills_at_random_moments(driver, config, undisturbed, tmp_path):
    generator, kills = random.Random(0), 0
    while kills < 100:
        outputs = tmp_path / str(kills)
        for _ in range(10):
            result = driver.run(config, "--outputs", outputs, kill_after=generator.uniform(0.1, 12))
            assert result.code in (-9, 0), result
            assert_whole(outputs)
            kills += result.code == -9
        assert_as_if_nothing_had_happened(finished(driver, outputs, config), undisturbed)
        print(f"{kills} kills: the same bits", flush=True)
        shutil.rmtree(outputs)


def processes_of(session):
    """Those that still run of a session, in which the program was started."""
    found = subprocess.run(
        ["ps", "-s", str(session), "-o", "stat=,args="], capture_output=True, text=True
    ).stdout
    return [line for line in found.splitlines() if not line.startswith("Z")]


# Signals, their exit codes, and what is on screen when they are sent.
SIGNALS = [
    (signal.SIGTERM, 143, "data "),
    (signal.SIGINT, 130, "dense seed 0 "),
    (signal.SIGKILL, -9, "dense inspection "),
]
ANYTIME = [(kind, code, "") for kind, code, _ in SIGNALS] * 7


@pytest.mark.parametrize(
    ("signals", "seconds_after", "overrides", "expected"),
    [
        pytest.param(SIGNALS, 1, ONE_MODEL, "undisturbed_one", id="starting, training, looking"),
        pytest.param(ANYTIME[:20], 10, [], "undisturbed", id="at random", marks=pytest.mark.deep),
    ],
)
def test_signals(request, driver, config, tmp_path, signals, seconds_after, overrides, expected):
    """The real program, with workers as its users have them; each time it goes on where it was stopped."""
    generator, number = random.Random(0), len(signals)
    expected = request.getfixturevalue(expected)
    outputs, interruptions = tmp_path / "0", 0
    for kind, code, on_screen in signals:
        command = [sys.executable, ROOT / "train.py", config, *overrides, "--outputs", outputs]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen(command, cwd=ROOT, text=True, start_new_session=True, **pipes)
        end_of_patience = threading.Timer(300, process.kill)
        end_of_patience.start()
        for line in process.stdout:  # from the first on it is the program's to end in order
            if on_screen in line:
                break
        end_of_patience.cancel()
        time.sleep(generator.uniform(0, seconds_after))
        process.send_signal(kind)
        sent = time.monotonic()
        _, errors = process.communicate(timeout=120)
        seconds = time.monotonic() - sent
        assert process.returncode in (code, 0), f"{kind.name} must end it with {code}: {errors}"
        assert "Traceback" not in errors, errors
        assert process.returncode < 100 or "finished is kept" in errors, "it must say that nothing is lost"
        assert seconds < 20, f"it took {seconds:.0f} s to end, of the 5 that are promised"
        end = time.monotonic() + 30
        while processes_of(process.pid) and time.monotonic() < end:
            time.sleep(0.1)
        assert not processes_of(process.pid), f"workers outlived the program after {kind.name}"
        assert_whole(outputs)
        print(f"{kind.name}: exit code {process.returncode} after {seconds:.1f} s", flush=True)
        interruptions += process.returncode != 0
        if process.returncode == 0:  # it was done before the signal came, and the next begins anew
            assert_as_if_nothing_had_happened(outputs / "small", expected)
            outputs = tmp_path / str(int(outputs.name) + 1)
    assert 2 * interruptions >= number, f"of {number} signals only {interruptions} came before the end"
    assert_as_if_nothing_had_happened(finished(driver, outputs, config, *overrides), expected)


def test_a_second_signal_ends_it_at_once():
    code = """
import os, signal
from model.run.signals import Interrupted, await_signals
await_signals()
try:
    os.kill(os.getpid(), signal.SIGINT)
except Interrupted:
    os.kill(os.getpid(), signal.SIGTERM)
print("still here")
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == -signal.SIGTERM, f"the second signal was not obeyed: {result}"


@pytest.mark.deep
def test_one_worker_two_workers_and_another_seed(driver, config, undisturbed, tmp_path):
    one = finished(driver, tmp_path / "one", config, "launch.workers=1")
    assert_as_if_nothing_had_happened(one, undisturbed)
    folders = undisturbed / "averaged" / "seed-0", undisturbed / "averaged" / "seed-1"
    first, second = (np.load(folder / "predictions.npz")["probabilities"] for folder in folders)
    assert not np.array_equal(first, second), "another seed must give other bits"


def workers_of(program):
    """The processes in which a program's workers work, by their ids."""
    listed = subprocess.run(["ps", "-ww", "-eo", "pid=,ppid=,args="], capture_output=True, text=True).stdout
    rows = [line.split(maxsplit=2) for line in listed.splitlines()]
    return [int(pid) for pid, parent, args in rows if int(parent) == program and "spawn_main" in args]


@pytest.mark.deep
def test_ten_workers_killed_at_random_cost_no_job_and_no_bit(driver, config, tmp_path):
    """24 trainings and the looks at them; a job whose worker is killed is done by another."""
    generator, more = random.Random(0), ["seeds=0,1,2,3,4,5"]
    command = [sys.executable, ROOT / "train.py", config, *more, "--outputs", tmp_path / "killed"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    started = time.monotonic()
    undisturbed = driver.run(config, *more, "--outputs", tmp_path / "expected")
    pause = (time.monotonic() - started) / 15
    program = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
    printed = []
    reader = threading.Thread(target=lambda: printed.extend(program.stdout))
    reader.start()
    while program.poll() is None and not any(line.startswith("machine") for line in printed):
        time.sleep(0.1)  # until the jobs begin
    kills = 0
    while kills < 10 and program.poll() is None:
        time.sleep(generator.uniform(0.5, 1.5) * pause)
        for worker in generator.sample(workers := workers_of(program.pid), min(1, len(workers))):
            os.kill(worker, signal.SIGKILL)
            kills += 1
    errors = program.stderr.read()
    reader.join()
    assert program.wait() == undisturbed.code, f"jobs were lost:\n{errors}{''.join(printed)}"
    again = sum("another process does it again" in line for line in printed)
    assert kills == 10, f"only {kills} workers were killed before all was done"
    assert 5 <= again <= 10, f"what is done again must be told: {again} of {kills} times"
    assert_as_if_nothing_had_happened(tmp_path / "killed" / "small", tmp_path / "expected" / "small")
