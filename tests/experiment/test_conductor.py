"""The main job, end to end, on real images in small."""

import json
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from configs.schema import load
from model.experiment.conductor import Experiment, run_experiment
from model.experiment.opening import load_data
from model.run.folder import RunFolder
from model.run.guess import guess_of
from tests.conftest import GUESS, run_program

# The other process that loads what was saved: plain Keras, nothing of this project.
LOAD = """
import sys, keras, numpy as np
run, images, out = sys.argv[1:]
scaled = lambda array: array[..., None].astype("float32") / 255
result = {}
for name in ("dense", "cnn"):
    model = keras.models.load_model(f"{run}/{name}/seed-0/model.keras")
    result[f"{name}/probabilities"] = model.predict(scaled(np.load(images)), verbose=0)
names = ["conv1", "pool1", "conv2", "pool2"]
look = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
with np.load(f"{run}/cnn/inspection/activations.npz") as file:
    maps = look.predict(scaled(file["images"]), verbose=0)
result |= dict(zip(names, maps))
for layer in model.layers:
    for weight in layer.weights:
        result[f"{layer.name}/{weight.name}"] = weight.numpy()
np.savez(out, **result)
"""


def arrays_of(run):
    """All arrays of a run, and its JSON and CSV without what times and machines decide."""
    found = {}
    for path in sorted(run.rglob("*")):
        name = str(path.relative_to(run))
        if path.suffix == ".npz":
            with np.load(path) as file:
                found |= {f"{name}:{key}": file[key] for key in file}
        elif path.suffix == ".json" and path.name not in ("environment.json", "manifest.json"):
            found[name] = without_times(json.loads(path.read_text()))
        elif path.suffix == ".csv":
            found[name] = path.read_text()
    return found


def without_times(value):
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if not k.endswith("_seconds") and k != "environment"}
        return {key: without_times(entry) for key, entry in kept.items()}
    return [without_times(entry) for entry in value] if isinstance(value, list) else value


def assert_same(first, second):
    assert first.keys() == second.keys(), "the two runs left different files"
    for name, value in first.items():
        equal = (
            np.array_equal(value, second[name]) if isinstance(value, np.ndarray) else value == second[name]
        )
        assert equal, f"{name} differs between two runs of the same config"


@pytest.fixture(scope="module")
def run(small_run):
    return small_run


@pytest.fixture
def again(small_run, tmp_path):
    """A copy of the run, in which it may go on."""
    return shutil.copytree(small_run, tmp_path / "small")


def test_a_run_folder_holds_what_the_contract_says(run):
    for name in ("config.yaml", "environment.json", "report.json", "report.md", "report.html"):
        assert (run / name).is_file(), f"{name} is missing from the run folder"
    assert list((run / "figures").glob("1-at-a-glance.png")), "the first picture is missing"
    for model in ("dense", "cnn"):
        for seed in (0, 1):
            found = {path.name for path in (run / model / f"seed-{seed}").iterdir()}
            asked = {"robustness.npz", "robustness.json"} if seed == 0 else set()
            assert found == {"model.keras", "history.csv", "predictions.npz", "metrics.json"} | asked
        assert (run / model / "inspection" / "filters.npz").is_file()
        assert list((run / model / "inspection").glob("*.png")), f"no picture of {model}'s inside"
    header = (run / "cnn" / "seed-0" / "history.csv").read_text().splitlines()[0]
    assert header == "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate"


@pytest.mark.numeric
def test_report_json_says_what_the_predictions_say(run):
    report = json.loads((run / "report.json").read_text())
    assert report["data"] | {"train": 1400, "validation": 100, "test": 500} == report["data"]
    assert (report["failed"], report["test_looks"]) == ([], 2), "two networks were scored"
    for model, parameters in (("dense", 784 * 16 + 16 + 170), ("cnn", 40 + 222 + 150 * 16 + 16 + 170)):
        entry = report["models"][model]
        assert entry["parameters"] == parameters
        for seed, value in zip((0, 1), entry["accuracy"]["values"], strict=True):
            with np.load(run / model / f"seed-{seed}" / "predictions.npz") as file:
                share = np.mean(file["probabilities"].argmax(1) == file["labels"])
            assert value == pytest.approx(share), f"{model} seed {seed}: the report is not what was predicted"
            metrics = json.loads((run / model / f"seed-{seed}" / "metrics.json").read_text())
            assert metrics["accuracy"] == pytest.approx(share)
    [comparison] = report["comparisons"]
    means = [report["models"][m]["accuracy"]["mean"] for m in ("dense", "cnn")]
    assert comparison["difference"] == pytest.approx(means[1] - means[0])


@pytest.mark.numeric
def test_what_is_saved_is_what_plain_keras_loads(run, small_data, tmp_path):
    """The first map also equals a NumPy loop over the kernel."""
    images = np.frombuffer((small_data / "t10k-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    np.save(tmp_path / "images.npy", images.reshape(-1, 28, 28))
    arguments = map(str, (run, tmp_path / "images.npy", tmp_path / "o.npz"))
    subprocess.run([sys.executable, "-c", LOAD, *arguments], check=True, capture_output=True)
    loaded = dict(np.load(tmp_path / "o.npz"))
    for model in ("dense", "cnn"):
        with np.load(run / model / "seed-0" / "predictions.npz") as file:
            np.testing.assert_allclose(loaded[f"{model}/probabilities"], file["probabilities"], atol=1e-5)
    inspection = run / "cnn" / "inspection"
    activations = dict(np.load(inspection / "activations.npz"))
    filters = dict(np.load(inspection / "filters.npz"))
    for layer in ("conv1", "pool1", "conv2", "pool2"):
        limit = 1e-5 * np.abs(loaded[layer]).max()
        np.testing.assert_allclose(activations[layer], loaded[layer], atol=limit, err_msg=layer)
    for layer in ("conv1", "conv2"):
        for weight in ("kernel", "bias"):
            np.testing.assert_array_equal(
                filters[f"{layer}/{weight}"], loaded[f"{layer}/{weight}"], strict=True
            )
    image, kernel = activations["images"][0] / np.float32(255), filters["conv1/kernel"][..., 0, 0]
    by_hand = np.zeros((26, 26))
    for row in range(26):
        for column in range(26):
            by_hand[row, column] = (image[row : row + 3, column : column + 3] * kernel).sum() + filters[
                "conv1/bias"
            ][0]
    np.testing.assert_allclose(activations["conv1"][0, ..., 0], by_hand.clip(0), atol=1e-5)


@pytest.mark.numeric
@pytest.mark.parametrize("model", ["dense", "cnn"])
def test_what_is_told_of_validation_images_is_of_them(run, small_config, model):
    """The saved network's own answers, to be found in metrics.json and in the last row of history.csv."""
    from configs.schema import load
    from data.fashion_mnist import load as load_data
    from model.run.saved import load as load_network

    config = load(small_config)
    splits = load_data(config.data)
    for seed in (0, 1):
        folder = run / model / f"seed-{seed}"
        network = load_network(folder / "model.keras", config.models[model], 10)
        metrics = json.loads((folder / "metrics.json").read_text())
        losses = {}
        for key, split in (("", splits.test), ("validation_", splits.validation)):
            probabilities = network(split.images[..., None] / np.float32(255)).numpy()
            right = probabilities[np.arange(len(split.labels)), split.labels]
            losses[key] = -np.log(right.astype(np.float64)).mean()
            share = np.mean(probabilities.argmax(axis=1) == split.labels)
            one_image = 1.01 / len(split.labels)  # which may be undecided: another process answered
            assert metrics[f"{key}loss"] == pytest.approx(losses[key], abs=1e-5)
            assert metrics[f"{key}accuracy"] == pytest.approx(share, abs=one_image)
        assert abs(losses[""] - losses["validation_"]) > 1e-3, "this test sees nothing"
        last = dict(
            zip(*(line.split(",") for line in _ends((folder / "history.csv").read_text())), strict=True)
        )
        # the form that trains pools before it adds the bias: the same but for rounding
        assert float(last["val_loss"]) == pytest.approx(losses["validation_"], abs=1e-4)
        assert float(last["val_accuracy"]) == pytest.approx(share, abs=one_image)


def _ends(text):
    """The first line and the last one."""
    first, *_, last = text.splitlines()
    return first, last


@pytest.mark.numeric
def test_the_same_bits_with_one_worker_and_when_run_again(run, driver, small_config, tmp_path):
    result = driver.run(small_config, "launch.workers=1", "--guess", GUESS, "--outputs", tmp_path)
    assert result.code == 0, result.err
    assert_same(arrays_of(run), arrays_of(tmp_path / "small"))


def test_done_already_answers_at_once_and_changes_nothing(again, small_config, tmp_path):
    before = {path: path.stat().st_mtime_ns for path in again.rglob("*")}
    (tmp_path / "tensorflow.py").write_text(
        "raise ImportError('a finished run must not load TensorFlow again')"
    )
    result = run_program(small_config, "launch.workers=2", "--outputs", tmp_path, PYTHONPATH=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert "cnn" in result.stdout
    assert {path: path.stat().st_mtime_ns for path in again.rglob("*")} == before, (
        "a finished run was touched"
    )


def test_a_guess_is_told_with_the_result_and_the_first_one_stands(again, driver, small_config, tmp_path):
    before = {path: path.read_bytes() for path in again.rglob("*.*") if path.is_file()}
    result = driver.run(small_config, "launch.workers=2", "--guess", "dense", "--outputs", tmp_path)
    assert result.code == 0, result.err
    assert f'the guess here is "{GUESS}", and the first one stands: "dense" is not kept' in result.out
    assert {path: path.read_bytes() for path in before} == before, "a later guess has changed the run"
    for told in (result.out, (again / "report.md").read_text(), (again / "report.html").read_text()):
        assert f"You guessed: {GUESS}" in told, "it is not told with the result"
    assert json.loads((again / "guess.json").read_text()) == {"guess": GUESS}


def test_who_starts_over_keeps_the_guess(again, small_config, monkeypatch):
    monkeypatch.setattr(Experiment, "complete", lambda _: 0)
    run_experiment(load(small_config), again.parent, Console(quiet=True), fresh=True, guess="dense")
    assert not (again / "report.json").exists(), "it did not start over"
    assert guess_of(RunFolder(again)) == GUESS, "the result was known when another guess came"


def test_a_run_is_found_again_after_starting_over_was_killed(again, small_config, monkeypatch):
    monkeypatch.setattr(Experiment, "complete", lambda _: 0)
    again.rename(again.with_name(f".{again.name}.old"))
    again.with_name(f".{again.name}.new").mkdir()
    run_experiment(load(small_config), again.parent, Console(quiet=True))
    assert (again / "report.json").exists(), "the run stays hidden, and another one is begun in its place"


def test_show_prints_the_result_again(run, driver):
    result = driver.run("show", run)
    assert result.code == 0
    assert f"You guessed: {GUESS}" in result.out
    assert re.search(r"right, of 500 test pictures +\d", result.out), result.out
    lines = [line for line in result.out.splitlines() if run.parent.name not in line]  # however long that is
    assert max(map(len, lines)) <= 80, "the result must fit 80 columns"


def test_only_what_is_missing_or_damaged_is_made_again(run, again, driver, small_config, tmp_path):
    (again / "dense" / "seed-0" / "metrics.json").unlink()  # written last: without it the job is not done
    (again / "cnn" / "seed-0" / "robustness.json").unlink()
    cut(again / "dense" / "seed-1" / "model.keras")
    cut(again / "cnn" / "seed-1" / "predictions.npz")
    kept = ("seed-0/model.keras", "seed-1/model.keras", "seed-1/history.csv", "seed-1/metrics.json")
    untouched = {again / "cnn" / name: (again / "cnn" / name).stat().st_mtime_ns for name in kept}
    look = again / "dense" / "inspection" / "why-figures.json"
    looked = look.stat().st_mtime_ns
    result = driver.run(small_config, "--outputs", tmp_path)
    assert result.code == 0, result.out + result.err
    assert "cnn seed 1 is scored again: " in result.out
    assert "dense seed 1 is made again: " in result.out
    times = {path: path.stat().st_mtime_ns for path in untouched}
    assert times == untouched, "a finished training was repeated, or its times are other ones now"
    assert look.stat().st_mtime_ns > looked, "a model was trained again, and the look is still at the old one"
    assert_same(arrays_of(run), arrays_of(again))


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("name", ["model.keras", "history.csv", "predictions.npz", "metrics.json"])
def test_any_damaged_file_of_a_training_has_it_made_again(again, small_config, name):
    cut(again / "cnn" / "seed-1" / name)
    plan = experiment_in(again, small_config).plan
    [task] = [task for task in plan.left() if task.kind == "training"]
    assert task == ("training", "cnn", 1)
    assert plan.is_scored_again(task) == (name == "predictions.npz"), "its network gives its answers again"


def test_looks_at_a_network_that_is_scored_again_stay(again, small_config):
    folder = again / "cnn" / "seed-0"
    cut(folder / "predictions.npz")
    plan = experiment_in(again, small_config).plan
    assert plan.left() == [("training", "cnn", 0)], "the network is the one that was looked into"
    part = plan.manifest.parts["cnn seed 0"]
    for other in (part._replace(settings="others"), part):
        plan.manifest.parts["cnn seed 0"] = other
        assert plan.is_scored_again(plan.left()[0]) == (other == part), "made by other settings"
    cut(folder / "model.keras")
    assert len(plan.left()) == 4, "another network would be scored, and the looks be at one that is gone"
    assert not plan.is_scored_again(plan.left()[0])


@pytest.mark.parametrize("name", ["robustness.npz", "robustness.json"])
def test_damaged_answers_to_perturbed_pictures_are_made_again(again, small_config, name):
    cut(again / "dense" / "seed-0" / name)
    left = experiment_in(again, small_config).plan.left()
    assert left == [("robustness", "dense", 0)], "the training itself is whole"


def experiment_in(folder, config_path):
    config = load(config_path)
    return Experiment(config, load_data(config.data), RunFolder(folder), Console(quiet=True), debug=False)


def test_inspect_brings_back_what_was_damaged_or_lost(again, driver):
    folder = again / "cnn" / "inspection"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "passports.json").write_bytes(before["passports.json"][:1000])
    (folder / "attributions.npz").unlink()
    (folder / "why-0.png").write_bytes(b"")
    result = driver.run("inspect", again)
    assert result.code == 0, result.out + result.err
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert [name for name in before if before[name] != after.get(name)] == [], "not the same files again"
    assert "looked into already" in driver.run("inspect", again).out


def test_another_config_of_the_same_name_gets_its_own_folder(again, driver, small_config, tmp_path):
    other = ["models={dense: {architecture: dense, units: [16]}}", "seeds=0", "training.epochs=1"]
    result = driver.run(small_config, *other, "--outputs", tmp_path)
    assert result.code == 0, result.err
    assert "small-2" in result.out, "the terminal must say where the run went"
    assert json.loads((tmp_path / "small-2" / "report.json").read_text())["test_looks"] == 3, (
        "a third recipe on the test pictures of the first run"
    )


def test_a_training_that_fails_is_named_and_the_rest_reported(driver, small_config, tmp_path):
    wild = "{optimizer: sgd, learning_rate: 10, schedule: constant, epochs: 40}"
    models = (
        f"models={{wild: {{architecture: dense, units: [64,64,64,64], training: {wild}}}, "
        "calm: {architecture: dense, units: [16]}}"
    )
    result = driver.run(small_config, models, "seeds=0", "--outputs", tmp_path)
    report = json.loads((tmp_path / "small" / "report.json").read_text())
    assert [(one["model"], one["seed"]) for one in report["failed"]] == [("wild", 0)], report["failed"]
    assert result.code == 4, "a failed job must show in the exit code"
    assert "calm" in report["models"], "the other model must still be reported"
    assert not report["comparisons"], "nothing is compared with a training that failed"


def test_two_at_once_in_one_folder_are_told_apart(again, driver, small_config, tmp_path):
    with RunFolder(again).held():  # by this process
        result = driver.run(small_config, "--outputs", tmp_path)
    assert result.code == 1
    found = re.search(rf"process {os.getpid()} on .*, since .*: .* is at work in", result.err)
    assert found, f"it must say who is at work: {result.err}"


def test_a_model_that_cannot_be_inspected_is_named_and_the_others_are_looked_into(run, again, driver):
    for model in ("dense", "cnn"):
        shutil.rmtree(again / model / "inspection")
    damaged = again / "cnn" / "seed-0" / "model.keras"
    damaged.write_bytes(damaged.read_bytes()[:-1000])
    result = driver.run("inspect", again)
    assert result.code == 4, result.out + result.err
    said = " ".join(result.out.split())
    assert "cnn/seed-0/model.keras is not the one that this run made; " in said, result.out
    assert (again / "dense" / "inspection" / "inside-figures.json").exists(), (
        "the other model must be inspected"
    )
    assert not (again / "cnn" / "inspection").exists(), "another network was looked into"
    assert_same(
        {k: v for k, v in arrays_of(run).items() if not k.startswith("cnn/inspection")}, arrays_of(again)
    )


def test_inspecting_again_says_that_it_is_done(again, driver):
    result = driver.run("inspect", again)
    assert result.code == 0, result.err
    assert "looked into already" in result.out


def test_looking_throws_nothing_away_that_it_cannot_read(again, driver):
    predictions = again / "cnn" / "seed-0" / "predictions.npz"
    predictions.unlink()
    predictions.mkdir()
    before = {name: (again / name).read_bytes() for name in ("report.json", "report.md", "report.html")}
    result = driver.run("inspect", again)
    assert result.code == 4, result.out + result.err
    said = " ".join(result.out.split())
    assert (
        "cnn/seed-0/predictions.npz is a folder, where a file belongs: move it away; `python train.py" in said
    )
    for name in ("manifest.json", "report.md"):  # nothing vouches for the report, and a part of it is lost
        (again / name).unlink()
    result = driver.run("inspect", again)
    assert result.code == 4, result.out + result.err
    kept = {name: content for name, content in before.items() if name != "report.md"}
    assert {name: (again / name).read_bytes() for name in kept} == kept
    said = " ".join(result.out.split())
    assert "cnn/seed-0 holds files that can't be read, or do not belong together; `python train.py" in said
    assert "report.json stays as it was" in said
    assert "cnn, seed 0: " in said
    assert "its training failed" not in said
