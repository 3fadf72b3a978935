"""What would be trained is told, and nothing is written."""

import io
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from configs.asked import Shard
from configs.schema import ConfigError, load
from model.experiment import opening
from model.experiment.progress import short_path
from model.networks.facts import layer_facts
from model.run import workers
from model.sweep import dry_run
from model.sweep.dry_run import foresee


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*arguments: object) -> None:
        raise AssertionError("a worker process is started for nothing")

    monkeypatch.setattr(workers.Workers, "__init__", started)


def told(
    config: Path, outputs: Path, *words: str, fresh: bool = False, shard: Shard | None = None
) -> list[str]:
    console = Console(file=io.StringIO(), width=200)
    assert foresee(load(config, list(words)), outputs, console, fresh, config, shard) == 0
    return console.file.getvalue().splitlines()  # type: ignore[attr-defined]


def contents(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def test_a_new_run_is_told_training_by_training_and_nothing_is_written(
    small_config: Path, tmp_path: Path
) -> None:
    lines = told(small_config, tmp_path / "outputs")
    assert not (tmp_path / "outputs").exists(), "something was written"
    assert f"folder    {short_path(tmp_path / 'outputs' / 'small')}" in lines
    rows = {" ".join(line.split()[:3]): line.split()[3:] for line in lines if line.endswith("left")}
    assert list(rows) == [f"{model} seed {seed}" for model in ("dense", "cnn") for seed in (0, 1)]
    for model, network in load(small_config).models.items():
        weights = sum(fact.parameters for fact in layer_facts(network, 10))
        assert rows[f"{model} seed 0"][0] == f"{weights:,}"
    begin = "4 trainings, 0 done, 4 left and 6 looks: about "
    [together] = [line for line in lines if line.startswith(begin)]
    assert " of memory." in " ".join(lines[lines.index(together) :])


def test_what_is_there_is_told_and_left_alone(small_config: Path, small_run: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(small_run, tmp_path / "small"))
    before = contents(tmp_path)
    lines = told(small_config, tmp_path)
    assert sum(line.endswith("  done") for line in lines) == 4
    assert "4 trainings, 4 done. Nothing is left to be trained or looked into." in lines
    more = told(small_config, tmp_path, "seeds=0,1,2")
    assert f"note      seed 2 is added to {short_path(run)}, which has seeds 0 and 1" in more
    assert [line.split()[:3] for line in more if line.endswith("left")] == [
        ["dense", "seed", "2"],
        ["cnn", "seed", "2"],
    ]
    anew = told(small_config, tmp_path, fresh=True)
    assert sum(line.endswith("  left") for line in anew) == 4, "all is trained again"
    assert contents(tmp_path) == before, "something was written"
    (run / "manifest.json").unlink()
    assert sum(line.endswith("  done") for line in told(small_config, tmp_path)) == 4
    assert not (run / "manifest.json").exists(), "it was written"


def test_of_a_shard_its_own_trainings_are_told(small_config: Path, tmp_path: Path) -> None:
    lines = told(small_config, tmp_path, shard=Shard(2, 3))
    assert [line.split()[:3] for line in lines if line.endswith("left")] == [["dense", "seed", "1"]]
    assert any(line.startswith("1 training, 0 done, 1 left: about ") for line in lines), "it takes no looks"


def test_many_trainings_are_told_in_part(
    small_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dry_run, "MOST_ROWS", 3)
    lines = told(small_config, tmp_path)
    assert sum(line.endswith("left") for line in lines) == 3
    assert "and 1 more" in lines


def test_what_cannot_be_trained_is_refused_as_by_the_command_itself(
    small_config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "free_memory", lambda: 1e6)
    with pytest.raises(ConfigError, match="of memory to train"):
        told(small_config, tmp_path)


def test_of_a_sweep_each_training_is_told_once(small_config: Path, tmp_path: Path) -> None:
    lines = told(small_config, tmp_path, "models.cnn.filters=[4]|[6]", "seeds=0")
    rows = [line.split()[:4] for line in lines if line.endswith("left")]
    assert rows == [
        ["filters-4", "dense", "seed", "0"],
        ["filters-4", "cnn", "seed", "0"],
        ["filters-6", "cnn", "seed", "0"],
    ]
    assert any(line.startswith("3 trainings, 0 done, 3 left: about ") for line in lines)
    assert not list(tmp_path.iterdir()), "something was written"
    lines = told(small_config, tmp_path, "models.cnn.filters=[4]|[6]", "seeds=0", shard=Shard(3, 3))
    assert [line.split()[:3] for line in lines if line.endswith("left")] == [["filters-6", "cnn", "seed"]]
