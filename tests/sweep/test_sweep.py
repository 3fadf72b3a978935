"""The conductor of a sweep: what it trains and what not, where it puts it, and how it goes on."""

import io
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from configs.asked import Shard
from configs.schema import Config, ConfigError, load
from configs.sweep import settings_of
from data.storage import locked
from model.experiment.conductor import inspect_run
from model.experiment.neighbours import neighbours
from model.experiment.opening import load_data
from model.experiment.status import status_of
from model.run.folder import RunError, RunFolder
from model.sweep.report import read_sweep
from model.sweep.shard import run_shard
from model.sweep.status import SweepStatus, status_of_either
from model.sweep.sweep import run_sweep
from tests.sweep.pretenders import Pretenders

MODELS = {
    "dense": {"architecture": "dense", "units": [4], "training": {"learning_rate": 0.01}},
    "cnn": {"architecture": "cnn", "filters": [2], "units": []},
}
LISTS = {"training.learning_rate": [0.002, 0.005, 0.01], "models.cnn.filters": [[2], [2, 3]]}
FILES = ["history.csv", "metrics.json", "model.keras", "predictions.npz"]


lines = cache(load_data)  # which makes them up each time


@pytest.fixture
def pretenders(monkeypatch: pytest.MonkeyPatch) -> type[Pretenders]:
    workers = Pretenders.anew()
    monkeypatch.setattr("model.experiment.work.Workers", workers)
    monkeypatch.setattr("model.sweep.sweep.load_data", lines)
    monkeypatch.setattr("model.sweep.writer.draw_pictures", lambda *_: [])  # drawing takes a second
    return workers


def config_of(lists: dict[str, Any] | None = None, **others: Any) -> Config:
    given = {"name": "sw", "seeds": [0, 1], "data": {"source": "lines"}, "models": MODELS}
    return Config.model_validate(given | {"sweep": lists or LISTS} | others)


def run(outputs: Path, config: Config | None = None, **options: Any) -> tuple[int, str]:
    """The exit code, and what is on screen."""
    console = Console(file=io.StringIO(), width=200)
    code = run_sweep(config or config_of(), outputs, console, **options)
    return code, console.file.getvalue()  # type: ignore[attr-defined]


def content(folder: Path) -> dict[str, bytes]:
    """All files of a sweep but those in which times stand."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in ("manifest.json", "environment.json")
    }


def times(folder: Path) -> dict[Path, int]:
    """When each file was written last; locks are touched by whoever holds them."""
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if not path.name.endswith(".lock")}


def test_every_setting_is_a_run_and_every_training_is_made_once(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    code, screen = run(tmp_path)
    assert code == 0
    assert "six settings, 24 trainings, of which 14 differ" in screen
    assert len(pretenders.done) == 3 * 2 * 2 + 2, "the dense network is the same in all settings"
    for setting in settings_of(config_of()):
        folder = tmp_path / "sw" / setting.name
        assert load(folder / "config.yaml") == setting.config, "the run would be another one"
        found = status_of(RunFolder(folder), thoroughly=True)
        assert not found.problems, "what a run vouches for is not there"
        for model in MODELS:
            for seed in (0, 1):
                place = folder / model / f"seed-{seed}"
                assert sorted(path.name for path in place.iterdir()) == FILES
                assert found.states[f"{model} seed {seed}"] == "whole"
    first, second = (tmp_path / "sw" / one.name / "dense/seed-0" for one in settings_of(config_of())[:2])
    assert all((first / name).samefile(second / name) for name in FILES), "the disk fills with copies"
    assert read_sweep(RunFolder(tmp_path / "sw")).settings[0].name == settings_of(config_of())[0].name


def test_the_same_sweep_again_is_done_already(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    run(tmp_path)
    pretenders.done.clear()
    before = times(tmp_path)
    code, screen = run(tmp_path)
    assert (code, pretenders.done) == (0, [])
    assert "all done" in screen
    assert times(tmp_path) == before, "something was written again"


def test_what_is_added_is_all_that_is_trained(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    run(tmp_path / "a", config_of({**LISTS, "models.cnn.filters": [[2]]}, seeds=[1]))
    pretenders.done.clear()
    code, screen = run(tmp_path / "a")
    assert code == 0
    assert not (tmp_path / "a" / "sw-2").exists(), "it has all of the earlier one"
    new = {name.split(" ", 1)[1] for name in pretenders.done if "filters-2 " in name}
    assert new == {"dense seed 0", "cnn seed 0"}, "seed 1 was there already"
    assert "14 differ: 4 done, 10 to do" in screen
    run(tmp_path / "b")
    assert content(tmp_path / "a/sw") == content(tmp_path / "b/sw"), "a fresh sweep would be another one"


def test_lists_in_another_order_are_the_same_sweep(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    """As they come when the words of a command line are swapped: the names of settings have an order."""
    run(tmp_path)
    there, turned = sorted(tmp_path.iterdir()), dict(reversed(LISTS.items()))
    pretenders.done.clear()
    assert run(tmp_path, config_of(turned))[0] == 0
    assert pretenders.done == [], "all of it is trained again, in folders beside those that are there"
    run(tmp_path, config_of({**turned, "models.cnn.filters": [[2], [2, 3], [2, 2]]}))
    assert len(pretenders.done) == 3 * 2, "more than what was added is trained"
    assert sorted(tmp_path.iterdir()) == there


def test_another_sweep_under_a_name_that_is_taken_has_a_folder_of_its_own(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    run(tmp_path)
    before = content(tmp_path / "sw")
    for number, other in enumerate(
        (config_of({**LISTS, "models.cnn.filters": [[2]]}), config_of(seeds=[0])), 2
    ):
        assert run(tmp_path, other)[0] == 0
        assert load(tmp_path / f"sw-{number}" / "config.yaml") == other
    assert content(tmp_path / "sw") == before


def test_a_sweep_that_was_interrupted_goes_on(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    pretenders.killed_after = 5
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "a")
    pretenders.killed_after = None
    code, screen = run(tmp_path / "a")
    assert code == 0
    assert "5 done, 9 to do" in screen
    assert len(pretenders.done) == len(set(pretenders.done)) == 14, "what was finished is made again"
    run(tmp_path / "b")
    assert content(tmp_path / "a/sw") == content(tmp_path / "b/sw"), (
        "the interruption can be seen in the result"
    )


def test_what_fails_is_told_and_tried_again(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    first = settings_of(config_of())[0].name
    failing = [f"{first} {model} seed 1" for model in MODELS]
    pretenders.fails = dict.fromkeys(failing, "the loss is not finite")
    code, screen = run(tmp_path)
    assert code == 4
    assert "the loss is not finite" in screen
    assert len(pretenders.done) == 12, "one failure must not cost the others"
    record = RunFolder(tmp_path / "sw" / first).manifest()
    assert record is not None
    assert record.parts.keys() == {"dense seed 0", "cnn seed 0"}, "what was done before is not on record"
    sweep = RunFolder(tmp_path / "sw")
    found = status_of_either(sweep)
    assert isinstance(found, SweepStatus)
    assert not found.is_whole
    assert found.failed == pretenders.fails, "the dense one is lacking in all settings, and told once"
    assert list(found.as_json()["left"]) == failing
    pretenders.fails = {}
    assert run(tmp_path)[0] == 0
    assert status_of_either(sweep).is_whole


def test_what_is_lost_is_put_back_or_made_again_and_nothing_else(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    run(tmp_path)
    before, settings = content(tmp_path / "sw"), settings_of(config_of())
    shared, own = (tmp_path / "sw" / settings[1].name / model / "seed-0" for model in MODELS)
    (shared / "metrics.json").unlink()
    (own / "history.csv").unlink()
    found = status_of_either(RunFolder(tmp_path / "sw"))
    assert "13 of 14 trainings done" in found.in_words()
    assert f"{own / 'history.csv'} is missing" in found.in_words()
    assert f"train.py {tmp_path / 'sw/config.yaml'}" in found.in_words()
    pretenders.done.clear()
    code, screen = run(tmp_path)
    assert pretenders.done == [f"{settings[1].name} cnn seed 0"], "the dense network is there in the others"
    assert code == 0
    assert f"{own / 'history.csv'} is missing" in screen
    assert content(tmp_path / "sw") == before
    assert status_of_either(RunFolder(tmp_path / "sw")).is_whole


def test_fresh_begins_again(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    run(tmp_path)
    assert run(tmp_path, fresh=True)[0] == 0
    assert len(pretenders.done) == 2 * 14


def test_a_config_that_was_lost_or_edited_is_that_of_the_sweep_again(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    run(tmp_path)
    path = tmp_path / "sw" / "config.yaml"
    text = path.read_text()
    path.unlink()
    assert RunFolder(path.parent).lost_config() == config_of(), "its own command would not know what to do"
    run(tmp_path, path=path)
    assert path.read_text() == text
    path.write_text(text.replace("0.005", "0.007"))
    assert "was edited since" in status_of_either(RunFolder(path.parent)).in_words()
    _, screen = run(tmp_path)
    assert "config-edited.yaml" in screen, "what somebody has written is lost"
    assert path.read_text() == text


def test_a_shard_that_adds_settings_keeps_a_config_that_was_edited(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    run(tmp_path, config_of({**LISTS, "models.cnn.filters": [[2]]}))
    path = tmp_path / "sw" / "config.yaml"
    edited = path.read_text().replace("0.005", "0.007") + "# mine\n"
    path.write_text(edited)
    run_shard(config_of(), tmp_path, Console(file=io.StringIO()), Shard(1, 2))
    assert path.with_name("config-edited.yaml").read_text() == edited, "what a user has written is lost"


def test_nothing_is_written_before_every_setting_is_known_to_be_good(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="learning_rate-99"):
        run(tmp_path / "out", config_of({"training.learning_rate": [0.1, 99]}))
    with pytest.raises(ConfigError, match="--guess is for a run"):
        run(tmp_path / "out", guess="cnn")
    assert not (tmp_path / "out").exists()


def test_a_sweep_and_one_of_its_runs_are_not_made_at_the_same_time(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    run(tmp_path)
    one = RunFolder(tmp_path / "sw" / settings_of(config_of())[2].name)
    with one.held(), pytest.raises(RunError, match=f"is at work in {tmp_path / 'sw'}; wait for it"):
        run(tmp_path)


def test_where_a_run_belongs_a_sweep_names_its_best(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    run(tmp_path)
    sweep = RunFolder(tmp_path / "sw")
    best = "learning_rate-0.005_filters-2-3"  # as pretended: the nearest to 0.005, with most filters
    with pytest.raises(
        RunError, match=f"a sweep of 6 runs; expected one of them, as {sweep.path / best}, the"
    ):
        inspect_run(sweep, Console(file=io.StringIO()))
    (sweep.path / "report.json").write_text('{"candidates": 3, "best": {"cnn": [1]}}')
    with pytest.raises(RunError, match=r"expected one of them, as .*/learning_rate-0\.002_filters-2$"):
        sweep.config()


def test_what_a_sweep_has_scored_counts_wherever_runs_stand_beside_it(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    run(tmp_path)
    run(tmp_path, config_of({"training.epochs": [1]}, name="other"))
    data = RunFolder(tmp_path / "sw").identity()["data_digest"]
    # Six of the cnn and one of the dense network; the other sweep has one more of either.
    for place in ("sw", "other", "sw/learning_rate-0.01_filters-2", "other/epochs-1", "new"):
        scored = neighbours(RunFolder(tmp_path / place), data)
        assert len({one.setting for one in scored}) == 7 + 2, f"{place} is told of fewer"
    assert neighbours(RunFolder(tmp_path / "sw"), "other data") == []
    monkeyed = tmp_path / "sw" / "learning_rate-0.01_filters-2" / "cnn"
    for seed in (0, 1):
        (monkeyed / f"seed-{seed}" / "metrics.json").unlink()
    assert len({one.setting for one in neighbours(RunFolder(tmp_path / "other"), data)}) == 8, (
        "what was not scored on the test pictures counts"
    )


def test_a_setting_that_was_given_more_seeds_by_itself_is_not_spoiled(
    tmp_path: Path, pretenders: type[Pretenders]
) -> None:
    run(tmp_path)
    own = settings_of(config_of(seeds=[0, 1, 2]))[0].config
    record = RunFolder(tmp_path / "sw" / own.name).manifest()
    assert record is not None
    record.config = own.model_dump(mode="json")
    record.write()
    with pytest.raises(RunError, match=f"{own.name} is not as this sweep makes it: its seeds, or more of it"):
        run(tmp_path)
    assert run(tmp_path, config_of(seeds=[0, 1, 2]))[0] == 0, "a sweep that has these seeds goes on with it"


def test_a_folder_without_a_record_is_laid_out_again(tmp_path: Path, pretenders: type[Pretenders]) -> None:
    run(tmp_path)
    os.unlink(tmp_path / "sw" / "manifest.json")
    code, _ = run(tmp_path)
    assert code == 0
    assert not (tmp_path / "sw-2").exists()
    assert json.loads((tmp_path / "sw" / "manifest.json").read_text())["config"]["sweep"] == LISTS
    with locked(tmp_path / ".sw.lock"), pytest.raises(RunError, match="at work in"):
        run(tmp_path)
