"""Shards of a run, joined, are the run that one command makes."""

import io
import json
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from configs.asked import Shard
from configs.schema import Config, load
from data.lease import Lease
from data.splits import Splits
from model.experiment.opening import load_data
from model.experiment.parts import Task
from model.experiment.results import _made_in
from model.experiment.status import status_of
from model.experiment.work import Work
from model.run.environment import joined
from model.run.folder import RunError, RunFolder
from model.sweep import shard
from model.sweep.shard import _beside_other_data, run_shard, to_be_trained
from model.sweep.trainings import left_of, runs_in, same_trainings, share_out
from tests.conftest import MakeOnce
from tests.experiment.test_conductor import arrays_of, assert_same
from tests.faults import Driver

NUMBER = 3


@pytest.fixture(scope="session")
def made_by_shards(make_once: MakeOnce, driver: Driver, small_config: Path) -> Path:
    """The run of `small_config`, its trainings made by three shards and not joined. To be read only."""

    def make(outputs: Path) -> None:
        for place, own in enumerate((2, 1, 1), start=1):
            result = driver.run(small_config, "--shard", f"{place}/{NUMBER}", "--outputs", outputs)
            assert result.code == 0, f"a shard failed:\n{result.out}{result.err}"
            assert f"shard     {place} of {NUMBER}: {own} of 4 trainings\n" in result.out
            assert f"Shard {place}/{NUMBER}: {own} of {own} training{'s' * (own > 1)} done.\n" in result.out
            going_on = f"python train.py {outputs}/small/config.yaml --outputs {outputs}"
            assert result.out.splitlines()[-1] == going_on, "nobody is told what joins them"

    return make_once("shards", make) / "small"


@pytest.fixture
def run(made_by_shards: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made_by_shards, tmp_path / "small"))


def of_trainings(run: Path) -> dict[str, object]:
    return {
        name: value for name, value in arrays_of(run).items() if "robustness" not in name and "seed-" in name
    }


def test_what_shards_train_is_what_one_command_trains(made_by_shards: Path, small_run: Path) -> None:
    assert_same(of_trainings(small_run), of_trainings(made_by_shards))
    for folder in small_run.glob("*/seed-*"):
        ours = made_by_shards / folder.relative_to(small_run)
        assert {path.name for path in ours.iterdir()} == {*shard_files(folder)}, (
            "something else is left there"
        )
    assert not (made_by_shards / "manifest.json").exists(), "two shards would write over one another's record"
    told, expected = (
        json.loads((run / "environment.json").read_text()) for run in (made_by_shards, small_run)
    )
    assert told == expected, "nobody knows with what the run is computed"


def shard_files(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.stem != "robustness"]


def test_what_joins_them_trains_nothing_again(run: Path) -> None:
    found = status_of(RunFolder(run))
    assert "4 of 4 trainings done, 0 of 6 looks done, no report yet" in found.in_words()
    assert not found.damage, "what shards have made is called damaged"
    config = load(run / "config.yaml")
    work = Work(config, load_data(config.data), RunFolder(run))
    assert "training" not in {task.kind for task in work.plan.left()}, "a training would be made again"
    assert {"dense seed 0", "dense seed 1", "cnn seed 0", "cnn seed 1"} <= work.manifest.parts.keys()


@pytest.mark.deep
def test_shards_joined_are_the_run_of_one_command(
    run: Path, small_config: Path, driver: Driver, tmp_path: Path
) -> None:
    for words in (
        (run / "config.yaml", "--outputs", run.parent),
        (small_config, "--outputs", tmp_path / "one"),
    ):
        result = driver.run(*words)
        assert result.code == 0, result.err
    whole = tmp_path / "one" / "small"
    assert_same(arrays_of(whole), arrays_of(run))
    here, there = ({path.relative_to(one) for path in one.rglob("*")} for one in (run, whole))
    assert here == there, "other files are left"


def test_of_a_training_that_was_recorded_before_a_shard_makes_nothing(run: Path, tmp_path: Path) -> None:
    """What is damaged since then is for the command that joins, which knows how it was."""
    config = load(run / "config.yaml")
    splits = load_data(config.data)
    assert Work(config, splits, RunFolder(run)).manifest.parts
    (run / "cnn/seed-1/model.keras").unlink()
    assert not is_left(run, config, splits)
    (run / "manifest.json").unlink()
    assert is_left(run, config, splits), "it is lost, and nothing knows how it was"


def is_left(run: Path, config: Config, splits: Splits) -> bool:
    """Whether the first shard would train anything."""
    shard_ = Shard(1, NUMBER)
    screen, lease = console(), SimpleNamespace(lost_to="")
    with pytest.MonkeyPatch.context() as patch:
        called: list[object] = []
        patch.setattr(shard, "do", lambda *arguments: called.append(arguments))
        shard._complete(config, splits, RunFolder(run), shard_, screen, lease, False)  # type: ignore[arg-type]
    return bool(called)


def test_a_training_of_another_processor_is_named_when_it_is_joined(run: Path) -> None:
    path = run / "cnn/seed-1/metrics.json"
    metrics = json.loads(path.read_text())
    metrics["environment"]["processor"] = "of a laptop"
    path.write_text(json.dumps(metrics))
    config = load(run / "config.yaml")
    work = Work(config, load_data(config.data), RunFolder(run))
    assert "cnn seed 1" in work.manifest.parts, "it is not joined"
    told = {model: {seed: RunFolder(run).metrics(model, seed) for seed in (0, 1)} for model in config.models}
    words = joined(_made_in(RunFolder(run), SimpleNamespace(metrics=told)))["mixed_words"]  # type: ignore[arg-type]
    assert "differ in processor" in words
    assert "No one machine gives all their bits again." in words


def test_a_shard_that_was_killed_goes_on_and_leaves_nothing_half_written(
    driver: Driver, small_config: Path, tmp_path: Path, made_by_shards: Path
) -> None:
    words = (small_config, "--shard", f"3/{NUMBER}", "--outputs", tmp_path)
    killed = driver.run(*words, write=6, moment="inside", action="kill")
    assert killed.code == -9, f"it was not killed: {killed}"
    run = tmp_path / "small"
    assert list(run.rglob(".*.tmp")), "it was killed outside of a write"
    others = run / "dense/seed-0/.model.keras.1.tmp"
    others.parent.mkdir(parents=True)
    others.touch()
    assert driver.run(*words).code == 0, "what it held is not free"
    own, expected = (
        {name: value for name, value in of_trainings(one).items() if name.startswith("cnn/seed-0")}
        for one in (run, made_by_shards)
    )
    assert own, "its training is not there"
    assert_same(expected, own)
    assert list(run.rglob(".*.tmp")) == [others], "what another shard is writing belongs to that one"


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (Shard(1, 3), ["--shard", "1/3"]),
        (Shard(1, 3), ["--shard", "1/2"]),
        (Shard(1, 3), []),
        (None, ["--shard", "1/3"]),
    ],
    ids=str,
)
def test_who_may_not_be_at_work_as_well_is_toldwho_is(
    run: Path, driver: Driver, held: Shard | None, words: list[str]
) -> None:
    with RunFolder(run).held(shard=held):
        result = driver.run(run / "config.yaml", *words, "--outputs", run.parent)
    assert result.code == 1, f"both are at work: {result}"
    assert re.search(rf"process {os.getpid()} on .* is at work in .*small; wait for it", result.err), (
        result.err
    )


def console() -> Console:
    return Console(file=io.StringIO(), width=200)


def written(console: Console) -> str:
    return console.file.getvalue()  # type: ignore[attr-defined]


def test_a_failure_is_toldand_left_to_what_joins(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(left: dict[Work, list[Task]], console: Console, debug: bool, lease: Lease) -> None:
        for work, tasks in left.items():
            for task in tasks:
                work.note_failure(task, "its loss is not finite")

    monkeypatch.setattr(shard, "do", fails)
    (run / "cnn/seed-1/metrics.json").unlink()
    config, screen = load(run / "config.yaml"), console()
    assert run_shard(config, run.parent, screen, Shard(1, NUMBER)) == 4
    told = written(screen)
    assert "shard     1 of 3: 2 of 4 trainings, 1 left\n" in told
    assert "failed   cnn, seed 1: its loss is not finite\nShard 1/3: 1 of 2 trainings done.\n" in told
    assert not (run / "manifest.json").exists()
    assert run_shard(config, run.parent, console(), Shard(9, 9)) == 0, "there are fewer trainings than shards"


def test_a_config_that_was_edited_is_not_gone_on_with(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = load(run / "config.yaml")
    monkeypatch.setattr(RunFolder, "edited_in_words", lambda run: "it was edited; put it back")
    with pytest.raises(RunError, match="it was edited; put it back"):
        run_shard(config, run.parent, console(), Shard(1, NUMBER))


def test_other_data_on_another_machine_are_named(run: Path) -> None:
    identity = RunFolder(run).identity()
    other, elsewhere = identity | {"data_digest": "5eed" * 16}, RunFolder(run.with_name("small-2"))
    told = _beside_other_data(RunFolder(run), elsewhere, other)
    assert f"here 5eed5eed5eed): what is trained here goes to {elsewhere.path}, and is not joined" in told
    assert _beside_other_data(RunFolder(run), RunFolder(run), identity) == ""
    assert _beside_other_data(RunFolder(run), elsewhere, other | {"config_digest": "0"}) == "", (
        "another experiment"
    )


def test_a_shard_takes_no_network_that_was_trained_elsewhere(tmp_path: Path) -> None:
    models = {"mine": {"architecture": "saved", "file": ["a", "b"]}, "d": {"architecture": "dense"}}
    config = Config.model_validate({"name": "x", "seeds": [0, 1], "models": models})
    runs = {"": (config, RunFolder(tmp_path))}
    names = [task.name for places in to_be_trained(runs) for _, task in places]
    assert names == ["d seed 0", "d seed 1"]


@pytest.fixture(scope="module")
def sweep(driver: Driver, small_config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep that two shards have trained: of a network that both settings have, and one that differs."""
    folder = tmp_path_factory.mktemp("sweep")
    text = small_config.read_text().replace("name: small\n", "name: swept\n", 1)
    text = text.replace("seeds: [0, 1]", "seeds: [0]").replace("epochs: 2", "epochs: 1")
    (folder / "swept.yaml").write_text(f"{text}sweep: {{models.cnn.filters: [[2], [3]]}}\n")
    for place, own in ((1, 2), (2, 1)):
        result = driver.run(folder / "swept.yaml", "--shard", f"{place}/2", "--outputs", folder)
        assert result.code == 0, f"a shard failed:\n{result.out}{result.err}"
        assert f"shard     {place} of 2: {own} of 3 trainings\n" in result.out
    return folder / "swept"


def test_shards_of_a_sweep_train_each_training_once(sweep: Path, driver: Driver, tmp_path: Path) -> None:
    made = sorted(str(path.parent.relative_to(sweep)) for path in sweep.rglob("metrics.json"))
    assert made == ["filters-2/cnn/seed-0", "filters-2/dense/seed-0", "filters-3/cnn/seed-0"]
    told = driver.run("status", sweep).out
    assert told.startswith(f"{sweep}: a sweep of 2 settings, 3 of 3 trainings done, no report yet.\n"), told
    folder = RunFolder(Path(shutil.copytree(sweep, tmp_path / "swept")))
    config = load(sweep / "config.yaml")
    runs, splits = runs_in(folder, config), load_data(config.data)
    trainings = same_trainings([Work(one, splits, run, label=name) for name, (one, run) in runs.items()])
    assert left_of(trainings) == {}, "a training would be made again by what joins them"
    share_out(trainings)
    places = [place for places in trainings for place in places]
    assert all(place.is_whole for place in places), "one of both settings lacks the network that both have"


@pytest.mark.deep
def test_shards_of_a_sweep_are_joined_by_the_command_without_them(
    sweep: Path, driver: Driver, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(sweep, tmp_path / "swept"))
    result = driver.run(folder / "config.yaml", "--outputs", tmp_path)
    assert result.code == 0, result.err
    assert "two settings, 4 trainings, of which 3 differ: all done" in result.out
    assert "4 of 4 trainings done" not in driver.run("status", folder).out, "each is counted once"


def test_of_a_setting_nobody_trains_while_shards_do(sweep: Path, driver: Driver) -> None:
    setting = sweep / "filters-2"
    with RunFolder(sweep).held(shard=Shard(1, 2)):
        result = driver.run(setting / "config.yaml", "--outputs", sweep)
    assert "is at work in" in result.err, result.out
