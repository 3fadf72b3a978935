"""Seeds that are added to a run: it keeps what it has, and ends as if it had been begun with all of them.

The run that they are added to is made of the first seed of the small run; what it must come to is that run.
"""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from configs.digests import digest
from configs.schema import Config, load
from data.splits import Splits
from data.storage import write_json
from model.experiment.conductor import Experiment
from model.experiment.opening import as_it_began, identity_of, load_data, place_of
from model.experiment.parts import Task
from model.experiment.seeds import add_seeds, added_in_words
from model.experiment.status import status_of
from model.robustness.files import measured
from model.run.find import find_smaller, smaller_config
from model.run.folder import RunFolder
from model.run.manifest import MANIFEST
from tests.conftest import GUESS
from tests.faults import Driver
from tests.program.test_kills import assert_same, bits_of

Grown = tuple[RunFolder, str, dict[Path, int]]
WHOLE = ["launch.workers=2"]  # as the small run was asked for
OF_ONE_SEED = ("dense/seed-0", "dense/inspection", "cnn/seed-0", "cnn/inspection")
LOOKS = [Task(kind, model, 2) for model in ("dense", "cnn") for kind in ("inspection", "attribution")]
LOOKS += [Task("robustness", model, 2) for model in ("dense", "cnn")]
ADDED = [Task("training", model, 2) for model in ("dense", "cnn")]


@pytest.fixture(scope="module")
def splits(small_config: Path) -> Splits:
    return load_data(load(small_config).data)


@pytest.fixture(scope="module")
def grown(
    driver: Driver,
    small_config: Path,
    small_run: Path,
    splits: Splits,
    tmp_path_factory: pytest.TempPathFactory,
) -> Grown:
    """A run of seed 0 to which seed 1 was added; what was printed; when its files were written before."""
    outputs = tmp_path_factory.mktemp("grown")
    run = RunFolder(outputs / "small")
    for folder in OF_ONE_SEED:
        shutil.copytree(small_run / folder, run.path / folder)
    experiment_in(run, load(small_config, ["seeds=0"]), splits, GUESS)
    before = {path: path.stat().st_mtime_ns for path in run.path.glob("*/*/*")}
    result = driver.run(small_config, *WHOLE, "--outputs", outputs)
    assert result.code == 0, result.out + result.err
    return run, result.out, before


@pytest.fixture
def run(small_run: Path, tmp_path: Path) -> RunFolder:
    """A copy of the small run, of seeds 0 and 1."""
    return RunFolder(shutil.copytree(small_run, tmp_path / "small"))


def experiment_in(run: RunFolder, config: Config, splits: Splits, guess: str | None = None) -> Experiment:
    return Experiment(config, splits, run, Console(quiet=True), debug=False, guess=guess)


def opened(run: RunFolder, config: Config, splits: Splits) -> Experiment:
    """As the conductor opens what it has found."""
    if made := smaller_config(run, config, splits.digest):
        add_seeds(run, made, config, identity_of(config, splits), None)
    return experiment_in(run, config, as_it_began(run, config, splits))


def test_it_ends_as_if_it_had_been_begun_with_all(grown: Grown, small_run: Path) -> None:
    run, _, before = grown
    assert_same(bits_of(small_run), bits_of(run.path))
    files = [{path.relative_to(top) for path in top.rglob("*")} for top in (run.path, small_run)]
    assert files[0] == files[1], "it has other files than a run that was begun with all seeds"
    for name in ("config.yaml", *(f"{model}/inspection/inside-figures.json" for model in ("dense", "cnn"))):
        assert (run.path / name).read_bytes() == (small_run / name).read_bytes(), f"{name} is another"
    after = {path: path.stat().st_mtime_ns for path in before}
    assert before, "this test sees nothing"
    assert after == before, "what was there was made again"
    assert status_of(run, thoroughly=True).is_whole


def test_it_is_told_which_are_added(grown: Grown) -> None:
    printed = [" ".join(line.split()) for line in grown[1].splitlines()]
    [told] = [line for line in printed if line.startswith("note seed 1 is added to ")]
    assert told.endswith(", which has seed 0"), "nobody is told what becomes of the run that is there"
    assert any(line.startswith("cnn seed 1 2/2 ") for line in printed), "this test sees nothing"
    assert not any("seed 0 2/2" in line for line in printed), "a training that was there was made again"
    cnn = {"cnn": {"architecture": "cnn"}}
    made, config = (Config(name="small", seeds=some, models=cnn) for some in ((0, 1), (4, 0, 3, 1)))  # type: ignore[arg-type]
    told = added_in_words(RunFolder(Path("small")), made, config)
    assert told == (
        "seeds 4 and 3 are added to small, which has seeds 0 and 1; the first is 4 now, and what is shown of "
        "the inside is of it"
    )


@pytest.mark.parametrize(("words", "looks"), [("seeds=0,1,2", []), ("seeds=2,0,1", LOOKS)])
def test_only_what_is_new_is_left(
    run: RunFolder, small_config: Path, splits: Splits, words: str, looks: list[Task]
) -> None:
    config = load(small_config, [*WHOLE, words])
    found = place_of(config, splits, run.path.parent, True, None)
    assert found == (config, identity_of(config, splits), run, True), "it goes to a folder of its own"
    left = opened(run, config, splits).plan.left()
    assert left == [*ADDED, *looks], "more is left than what is new, or less"
    assert (run.config().seeds, run.edited()) == (config.seeds, "")
    again = place_of(config, splits, run.path.parent, True, None)
    assert again == found, "the same command makes another run of it"


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        (["seeds=0"], "small-2"),
        (["seeds=1,2"], "small-2"),
        (["seeds=0,1,2", "training.epochs=3"], "small-2"),
        (["seeds=0,1,2", "data.split_seed=1"], "small-2"),
        (["seeds=0,1,2", "name=another"], "another"),
    ],
)
def test_what_does_not_only_add_seeds_goes_to_a_folder_of_its_own(
    run: RunFolder, small_config: Path, splits: Splits, words: list[str], folder: str
) -> None:
    place, known = place_of(load(small_config, words), splits, run.path.parent, True, None)[2:]
    assert (place.path.name, known) == (folder, False)


def test_which_run_they_are_added_to(run: RunFolder, small_config: Path, splits: Splits) -> None:
    config, outputs = load(small_config, [*WHOLE, "seeds=0,1,2,3"]), run.path.parent
    place, known = place_of(config, splits, outputs, False, None)[2:]
    assert (place.path.name, known) == ("small-2", False), "who starts over goes on with another run"
    renamed = RunFolder(run.path.rename(outputs / "of-monday"))
    assert find_smaller(outputs, config, splits.digest) == renamed, "a renamed run is no run any more"
    larger = RunFolder(shutil.copytree(renamed.path, outputs / "small"))
    opened(larger, load(small_config, [*WHOLE, "seeds=0,1,2"]), splits)
    assert find_smaller(outputs, config, splits.digest) == larger, "seeds are trained that another run has"
    path = renamed.path / "config.yaml"
    assert find_smaller(outputs, config, splits.digest, path) == renamed, "this very run was asked for"
    assert find_smaller(outputs, config, "of other data") is None
    (renamed.path / MANIFEST).unlink()
    assert smaller_config(renamed, config, splits.digest) == load(small_config, WHOLE), "its record was lost"
    another = config.model_copy(update={"name": "another"})
    assert smaller_config(renamed, another, splits.digest) is None, "who names another run wants one"


def test_seeds_may_be_added_in_the_config_of_the_run(
    run: RunFolder, small_config: Path, splits: Splits
) -> None:
    path = run.path / "config.yaml"
    path.write_text(path.read_text().replace("seeds: [0, 1]", "seeds: [0, 1, 2]"))
    edited = load(path)
    assert place_of(edited, splits, run.path.parent, True, path)[2:] == (run, True)
    assert opened(run, edited, splits).plan.left() == ADDED
    assert not list(run.path.glob("config-edited*")), "the config that was asked for was moved aside"
    path.write_text(path.read_text().replace("seeds: [0, 1, 2]", "seeds: [5, 6]"))
    opened(run, load(small_config, [*WHOLE, "seeds=0,1,2,3"]), splits)
    assert "[5, 6]" in (run.path / "config-edited.yaml").read_text(), "what a user wrote is lost"


class Killed(Exception):
    """The process is gone."""


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_killed_at_any_moment_it_is_one_run_or_the_other(
    run: RunFolder, small_config: Path, splits: Splits, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes config.yaml and manifest.json, in this order."""
    smaller, larger = (load(small_config, [*WHOLE, words]) for words in ("seeds=0,1", "seeds=0,1,2"))
    kill_after(writes, monkeypatch)
    made = smaller_config(run, larger, splits.digest)
    assert made == smaller
    try:
        add_seeds(run, made, larger, identity_of(larger, splits), None)
        assert writes == 2, "this test does not reach its last write"
    except Killed:
        assert writes < 2, "there are more writes than this test tries"
    monkeypatch.undo()
    copy = RunFolder(shutil.copytree(run.path, run.path.parent / "copies" / "small"))
    place, known = place_of(larger, splits, run.path.parent, True, None)[2:]
    assert (place, known) == (run, True), "the same command makes another run"
    assert opened(run, larger, splits).plan.left() == ADDED, "what was there is lost"
    assert not list(run.path.glob("config-edited*")), "the config that was asked for was moved aside"
    place, known = place_of(smaller, splits, copy.path.parent, True, None)[2:]
    if writes < 2:
        assert (place, known) == (copy, True), "it is no run of either config"
        assert opened(copy, smaller, splits).plan.left() == []
    else:
        assert (place.path.name, known) == ("small-2", False)


def kill_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever writes a file of a run die once so many are written."""
    from data import storage

    replace, done = storage.os.replace, 0

    def killed(*arguments: Path) -> None:
        nonlocal done
        if done == writes:
            raise Killed
        done += 1
        replace(*arguments)

    monkeypatch.setattr(storage.os, "replace", killed)


def as_before(run: RunFolder) -> None:
    """Write the records of a run as earlier versions did: with the digest of its whole config."""
    known = digest(run.config())
    for path in run.path.rglob("*.json"):
        record = json.loads(path.read_text())
        if "training_digest" in record:
            record["config_digest"] = known
            del record["training_digest"]
            write_json(path, record)
    (run.path / MANIFEST).unlink()


def test_records_of_before_are_of_the_run_and_of_that_with_more_seeds(
    run: RunFolder, small_config: Path, splits: Splits
) -> None:
    as_before(run)
    smaller, larger = (load(small_config, [*WHOLE, words]) for words in ("seeds=0,1", "seeds=2,0,1"))
    assert place_of(smaller, splits, run.path.parent, True, None)[2:] == (run, True)
    assert opened(run, smaller, splits).plan.left() == [], "all would be trained again"
    (run.path / MANIFEST).unlink()
    assert place_of(larger, splits, run.path.parent, True, None)[2:] == (run, True)
    left = opened(run, larger, splits).plan.left()
    assert [task for task in left if task.kind == "training"] == ADDED, "what was there is lost"
    asked = larger.model_copy(update={"robustness": larger.robustness.model_copy(update={"seeds": "all"})})
    answers = measured(run, asked, identity_of(larger, splits), splits, {"cnn": [0]})
    assert list(answers[0]["cnn"]) == [0], "what was measured before is left out"
    (run.path / MANIFEST).unlink()
    assert place_of(larger, splits, run.path.parent, True, None)[2:] == (run, True), (
        "most records are of fewer seeds, and all would be trained again"
    )
    assert opened(run, larger, splits).plan.left() == left


def test_seeds_of_a_run_of_before_may_stand_in_another_order(
    run: RunFolder, small_config: Path, splits: Splits
) -> None:
    as_before(run)
    larger = load(small_config, [*WHOLE, "seeds=1,2,0", "robustness.seeds=all"])
    left = opened(run, larger, splits).plan.left()
    assert [task for task in left if task.kind == "training"] == ADDED, "it is not vouched for as it was made"
    answers = measured(run, larger, identity_of(larger, splits), splits, {"cnn": [0]})
    assert list(answers[0]["cnn"]) == [0], "what the run vouches for is left out of its report"


def test_a_run_that_lost_what_it_is_known_by_is_known_by_its_trainings(
    run: RunFolder, small_config: Path, splits: Splits
) -> None:
    config = load(small_config, WHOLE)
    for name in (MANIFEST, "environment.json", "config.yaml"):
        (run.path / name).unlink()
        config = load(small_config, WHOLE)
        assert place_of(config, splits, run.path.parent, True, None)[2:] == (run, True), (
            f"without {name}, all is lost"
        )
    other = load(small_config, [*WHOLE, "models.cnn.filters=[4,5]"])
    assert place_of(other, splits, run.path.parent, True, None)[2].path.name == "small-2"
    assert run.identity() == {"config_digest": "", "data_digest": splits.digest}, "nobody knows its config"
    assert opened(run, config, splits).plan.left() == []
