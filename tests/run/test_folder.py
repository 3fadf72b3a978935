import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from configs.digests import digest
from configs.schema import Config, ConfigError, dump, recheck
from data.storage import write_json, write_npz
from model.run.find import find_folder
from model.run.folder import RunError, RunFolder, going_on, put_back
from model.run.manifest import Manifest
from tests.conftest import ROOT

IDENTITY = {"config_digest": "a", "data_digest": "b"}


def test_the_same_experiment_finds_its_folder_again_and_another_gets_its_own(tmp_path):
    first, known = find_folder(tmp_path, "x", IDENTITY)
    assert (first.path.name, known) == ("x", False)
    write_json(first.path / "environment.json", IDENTITY | {"python": "3"})
    assert find_folder(tmp_path, "x", IDENTITY) == (first, True), (
        "the same experiment must go on where it was"
    )
    other, known = find_folder(tmp_path, "x", IDENTITY | {"config_digest": "c"})
    assert (other.path.name, known) == ("x-2", False), "another config must never write into this run"


def test_the_config_of_a_copy_means_the_copy(tmp_path):
    config = Config(name="x", models={"cnn": {"architecture": "cnn"}})
    for name in ("x", "x (copy)"):
        write_json(tmp_path / name / "environment.json", IDENTITY | {"config_digest": digest(config)})
        (tmp_path / name / "config.yaml").write_text(dump(config))
        of_it = RunFolder(tmp_path / name)
        identity = of_it.identity()
        found = find_folder(tmp_path, "x", identity, config=of_it.path / "config.yaml")
        assert found == (of_it, True), "another copy would be made good than the one that lacks something"
        assert str(tmp_path / name / "config.yaml") in shlex.split(going_on(of_it.path))
    edited = identity | {"config_digest": "of another"}
    assert not find_folder(tmp_path, "x", edited, config=of_it.path / "config.yaml")[1]
    assert not find_folder(tmp_path, "y", identity, config=of_it.path / "config.yaml")[1], (
        "it wants a new one"
    )


def test_what_is_left_of_a_run_that_was_removed_is_not_gone_on_with(tmp_path):
    config = Config(name="x", models={"cnn": {"architecture": "cnn"}}).model_dump(mode="json")
    for name, known in (("renamed", True), (".x.old", False)):
        (tmp_path / name).mkdir()
        Manifest(tmp_path / name, config, IDENTITY).write()
        found = find_folder(tmp_path, "x", IDENTITY)[1]
        assert found == known, f"{name} is {'not found' if known else 'a run'}"
        shutil.rmtree(tmp_path / name)


def test_an_environment_of_another_run_outvotes_no_trainings(tmp_path):
    run = RunFolder(tmp_path)
    write_json(tmp_path / "environment.json", IDENTITY | {"config_digest": "of another", "python": "3"})
    assert run.identity()["config_digest"] == "of another", "nothing else tells"
    for seed in (0, 1):
        write_json(run.seed_folder("cnn", seed) / "metrics.json", IDENTITY)
    assert run.identity() == IDENTITY, "both trainings would be made again"
    assert run.environment() == IDENTITY | {"python": "3"}


def test_who_can_only_wait_is_told_to_wait(tmp_path):
    run = RunFolder(tmp_path / "x")
    with run.held(), pytest.raises(RunError, match=r"is at work in .*x; wait for it$"), run.held():
        pass


def test_a_run_of_before_that_mirrors_lines_is_still_opened(tmp_path):
    text = dump(Config(name="x", models={"cnn": {"architecture": "cnn"}}, data={"source": "lines"}))
    path = tmp_path / "config.yaml"
    path.write_text(text.replace("augmentation: none", "augmentation: {flip: true}"))
    config = RunFolder(tmp_path).config()
    assert config.data.augmentation.flip
    manifest = Manifest(tmp_path, config.model_dump(mode="json"))
    manifest.write()
    path.unlink()
    assert RunFolder(tmp_path).config() == config
    with pytest.raises(ConfigError, match="a rising line, mirrored"):
        recheck(config)


def test_an_edit_is_told_by_what_it_changed(tmp_path):
    def config(*models):
        return Config(name="x", models={name: {"architecture": "cnn"} for name in models})

    Manifest(tmp_path, config("a", "b").model_dump(mode="json")).write()
    for models, told in ((("a", "b"), ""), (("b", "a"), "the order of the models"), (("a",), "models.b was")):
        (tmp_path / "config.yaml").write_text(dump(config(*models)))
        edited = RunFolder(tmp_path).edited_in_words()
        assert told in edited, edited
        assert bool(edited) == bool(told)
    assert edited.index("to train the one that is there") < edited.index("move it aside"), (
        "who followed it in this order would lose what was edited"
    )


def test_what_is_no_config_any_more_is_told_with_what_helps_the_run(tmp_path):
    config = Config(name="x", models={"cnn": {"architecture": "cnn"}})
    run, path = RunFolder(tmp_path), tmp_path / "config.yaml"
    write_json(tmp_path / "environment.json", IDENTITY | {"git_commit": "abc, modified"})
    path.write_text("{ [")
    with pytest.raises(RunError, match="put it back as it was, or open it with the version that made it"):
        run.config()
    path.write_text(dump(config))  # of another digest
    with pytest.raises(RunError, match=r"it was edited, or .*the version .* \(git commit abc, modified\)$"):
        run.config()
    Manifest(tmp_path, config.model_dump(mode="json")).write()
    path.write_text("{ [")
    assert run.config() == config
    assert "in quotes" not in (told := run.edited_in_words()), "how a config is written helps nobody here"
    assert "config.yaml is no config that can be used; to keep this run: move it aside, then `python" in told


def test_a_folder_in_which_nothing_was_finished_is_taken_again(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / ".environment.json.a1b2.tmp").write_text("{")  # its writer was killed
    assert find_folder(tmp_path, "x", IDENTITY)[0].path.name == "x", "a killed start must not cost the name"


def test_what_a_killed_process_left_is_tidied_up(tmp_path):
    run = RunFolder(tmp_path)
    for name in ("metrics.json", "epoch-0002.checkpoint", ".model.keras.a1b2.tmp"):
        write_json(run.seed_folder("cnn", 0) / name, {})
    write_json(run.seed_folder("cnn", 1) / "epoch-0002.checkpoint", {})
    run.tidy()
    left = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(left) == ["cnn/seed-0/metrics.json", "cnn/seed-1/epoch-0002.checkpoint"], (
        "a checkpoint stays as long as its training is not done, and no temporary file stays"
    )


def test_a_run_is_cleared_at_once_also_after_a_clearing_that_was_killed(tmp_path):
    run = RunFolder(tmp_path / "x")
    for path in (run.path, tmp_path / ".x.old"):
        write_json(path / "environment.json", IDENTITY)
    run.clear()
    assert not list(tmp_path.iterdir()), "nothing of the old run may be left"
    with pytest.raises(RunError, match="deleted or moved meanwhile"):
        run.must_still_be_there()


def test_a_run_whose_clearing_was_killed_halfway_gets_its_folder_again(tmp_path, monkeypatch):
    run, rename = RunFolder(tmp_path / "x"), Path.rename
    write_json(run.path / "environment.json", IDENTITY)
    (run.path / "model.keras").write_text("an hour of work")

    def killed(path, target):
        if path.name == ".x.new":
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        run.clear(begin=lambda anew: write_json(anew.path / "environment.json", IDENTITY))
    monkeypatch.undo()
    assert not run.path.exists(), "this is no longer where a clearing can be killed"
    put_back(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["x"], "something is left in another place"
    assert (run.path / "model.keras").read_text() == "an hour of work", "the only copy is lost"
    assert find_folder(tmp_path, "x", IDENTITY) == (run, True)


def test_what_was_to_be_removed_does_not_come_back(tmp_path):
    write_json(tmp_path / ".x.old" / "environment.json", IDENTITY)  # killed while it was removed
    put_back(tmp_path)
    assert not (tmp_path / "x").exists(), "a part of a run is called the run"
    write_json(tmp_path / ".x.new" / "environment.json", IDENTITY)
    (tmp_path / "x").mkdir()
    put_back(tmp_path)
    assert not list((tmp_path / "x").iterdir()), "a folder that is there was replaced"


def test_a_folder_that_is_no_run_is_left_alone(tmp_path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "thesis.txt").write_text("years of work")
    assert find_folder(tmp_path, "x", IDENTITY)[0].path.name == "x-2"
    (tmp_path / "y").write_text("a file")
    assert find_folder(tmp_path, "y", IDENTITY)[0].path.name == "y-2"


def test_what_is_missing_or_damaged_is_named_with_what_to_do(tmp_path):
    run = RunFolder(tmp_path / "run")
    with pytest.raises(
        RunError, match=r"run is no folder; expected a run folder such as outputs/dense-vs-cnn"
    ):
        run.report()
    run.path.mkdir()
    with pytest.raises(RunError, match=r"report.json is missing; get the whole folder"):
        run.report()
    with pytest.raises(RunError, match=r"holds no config.yaml"):
        run.config()
    for content in ("{", "[]", ""):
        (run.path / "report.json").write_text(content)
        with pytest.raises(RunError, match=r"report.json can't be read \(.*delete it, then get the whole"):
            run.report()


# Processes that start experiments at the same moment; what comes after a folder is found is left out.
AT_ONCE = """
import multiprocessing, sys
from pathlib import Path
from rich.console import Console
import model.experiment.conductor
from configs.schema import load
from model.run.folder import RunError

context = multiprocessing.get_context("fork")
path, outputs = map(Path, sys.argv[1:3])
num_experiments, num_processes = map(int, sys.argv[3:])
barrier = context.Barrier(num_processes)

def tell(line):
    sys.stdout.write(line + "\\n")
    sys.stdout.flush()

def complete(experiment):
    barrier.wait(60)  # holding the run's lock until all have tried
    tell(experiment.run.path.name)
    return 0

def start(number):
    config = load(path, [f"seeds={number % num_experiments}"])
    barrier.wait(60)
    try:
        model.experiment.conductor.run_experiment(config, outputs, Console(quiet=True))
    except RunError as error:
        barrier.wait(60)
        tell(f"refused: {error}")

model.experiment.conductor.Experiment.complete = complete
processes = [context.Process(target=start, args=(number,)) for number in range(num_processes)]
for process in processes:
    process.start()
for process in processes:
    process.join()
"""


def at_once(config, outputs, num_experiments, num_processes):
    arguments = map(str, (config, outputs, num_experiments, num_processes))
    command = [sys.executable, "-c", AT_ONCE, *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert not result.stderr, result.stderr
    return sorted(result.stdout.splitlines())


def test_sixteen_at_once_get_a_folder_each(small_config, tmp_path):
    names = at_once(small_config, tmp_path, 16, 16)
    assert names == sorted(["small", *(f"small-{number}" for number in range(2, 17))]), (
        "each of 16 experiments of one name must get a folder of its own"
    )
    digests = {RunFolder(tmp_path / name).environment()["config_digest"] for name in names}
    assert len(digests) == 16, "two experiments wrote into one folder"
    assert at_once(small_config, tmp_path, 16, 16) == names, "each must find its own folder again"


def test_of_two_on_the_same_run_one_is_told_who_the_other_is(small_config, tmp_path):
    refused, name = at_once(small_config, tmp_path, 1, 2)
    assert name == "small"
    assert re.fullmatch(
        rf"refused: process \d+ on {socket.gethostname()}, since .* is at work in .*small; "
        "wait for it, or give this one another name",
        refused,
    ), refused


def test_predictions_that_do_not_belong_together_are_refused(tmp_path):
    run = RunFolder(tmp_path)
    path = run.seed_folder("cnn", 0) / "predictions.npz"
    good = {"probabilities": np.full((3, 2), 0.5, np.float32), "labels": np.zeros(3, np.uint8)}
    write_npz(path, good)
    assert run.predictions("cnn", 0)[0].shape == (3, 2)
    bad = [
        good | {"labels": np.zeros(2, np.uint8)},
        good | {"probabilities": np.full((3, 2), np.nan, np.float32)},
        {"labels": good["labels"]},
    ]
    for arrays in bad:
        write_npz(path, arrays)
        with pytest.raises(RunError, match=r"predictions.npz can't be read"):
            run.predictions("cnn", 0)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(RunError, match=r"predictions.npz can't be read"):
        run.predictions("cnn", 0)


def test_an_array_of_objects_is_never_unpickled(tmp_path):
    path = RunFolder(tmp_path).seed_folder("cnn", 0) / "predictions.npz"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        np.savez(file, probabilities=np.array([{"code": 1}], object), labels=np.zeros(1, np.uint8))
    with pytest.raises(RunError, match=r"predictions.npz can't be read"):
        RunFolder(tmp_path).predictions("cnn", 0)


def test_a_history_comes_as_columns(tmp_path):
    run = RunFolder(tmp_path)
    path = run.seed_folder("cnn", 0) / "history.csv"
    path.parent.mkdir(parents=True)
    header = "epoch,loss,accuracy,val_loss,val_accuracy\n"
    path.write_text(f"{header}1,0.5,0,0,0\n2,0.25,0,0,0\n")
    assert run.history("cnn", 0)["loss"].tolist() == [0.5, 0.25]
    for content in (f"{header}1,much,0,0,0\n", f"{header}1,nan,0,0,0\n", f"{header}1,0\n", header, "a\n1\n"):
        path.write_text(content)
        with pytest.raises(RunError, match=r"history.csv can't be read"):
            run.history("cnn", 0)


def test_metrics_that_are_half_there_count_as_not_there(tmp_path):
    run = RunFolder(tmp_path)
    assert run.metrics("cnn", 0) is None
    path = run.seed_folder("cnn", 0) / "metrics.json"
    whole = {"accuracy": 0.5, "validation_accuracy": 0.5, "distinct_answers": 10, "epochs": 2}
    whole |= {"precision": "float32", "train_seconds": 1.0, "predict_seconds": 0.1}
    write_json(path, whole)
    assert run.metrics("cnn", 0) == whole
    text = json.dumps(whole)
    for content in (text[:-3], text.replace("10", "null"), text.replace("1.0", "NaN"), "{}", "[" * 100_000):
        path.write_text(content)
        assert run.metrics("cnn", 0) is None, "a training whose record can't be used must be done again"
