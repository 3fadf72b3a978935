"""A run folder vouches for itself: what was edited, replaced, renamed or lost is named, and made good."""

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from rich.console import Console

import train
from configs.digests import digest
from configs.schema import load
from data.idx import DataError
from data.storage import sha256_of
from model.experiment.conductor import Experiment
from model.experiment.opening import config_and_data, load_data
from model.experiment.status import status_of
from model.run.find import find_folder
from model.run.folder import RunFolder
from model.run.manifest import MANIFEST, Stamp, read_manifest
from model.run.signals import Interrupted
from tests.faults import Driver, Result
from tests.program.test_earlier_runs import EARLIER

NETWORKS = ("cnn/seed-0/model.keras", "cnn/seed-1/model.keras")


@pytest.fixture
def run(small_run: Path, tmp_path: Path) -> Path:
    """A copy of a finished run, in which anything may be damaged."""
    return Path(shutil.copytree(small_run, tmp_path / "outputs" / "small"))


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Every file with its time, but for the record itself."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST]
    return {str(path.relative_to(folder)): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def told(result: Result) -> str:
    assert "Traceback" not in result.out + result.err, result.err
    return " ".join((result.out + result.err).split())


def commands_in(text: str) -> list[list[str]]:
    """The words of each command that a sentence names, without `python train.py`."""
    return [shlex.split(command)[2:] for command in re.findall("`(python train.py .+?)`", text)]


def edit(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text, "this test edits nothing"
    path.write_text(text.replace(before, after))


def test_a_run_that_is_as_it_was_made_says_so(driver: Driver, run: Path) -> None:
    result = driver.run("status", run)
    assert (result.code, told(result)) == (
        0,
        f"{run}: 4 of 4 trainings done, 6 of 6 looks done, its report is written.",
    )
    found = json.loads(driver.run("status", run, "--json").out)
    assert found["whole"]
    assert (set(found["parts"].values()), found["running"]) == ({"whole"}, "")
    with RunFolder(run).held():
        assert f"process {os.getpid()} on" in json.loads(driver.run("status", run, "--json").out)["running"]


def test_an_edited_config_is_named_and_what_was_made_counts(
    driver: Driver, small_run: Path, run: Path
) -> None:
    """The networks have kernels of 3 x 3, whatever config.yaml says afterwards."""
    edit(run / "config.yaml", "kernel_size: 3", "kernel_size: 5")
    before = contents(run)
    edited = "config.yaml was edited since (models.cnn.kernel_size was 3, is 5)"
    shown, status = driver.run("show", run), driver.run("status", run)
    assert (shown.code, status.code) == (0, 4)
    for result in (shown, status):
        assert edited in told(result)
    compared = driver.run("compare", small_run, run, "--json", "--outputs", run.parent)
    found = json.loads(compared.out)
    assert found["config_differences"] == [], "both were made with the same config"
    assert any(edited in fault["problem"] for fault in found["faults"]), found["faults"]
    for verb in ("inspect", "lesson"):
        refused = driver.run(verb, run)
        assert refused.code == 1, f"{verb} took the networks for others: {refused}"
        assert edited in refused.err
    assert contents(run) == before, "what is intact was written again from what is not"
    (run / "config.yaml").unlink()  # as the message says
    [another, inspect] = commands_in(refused.err)
    assert another[0] == str(run / "config.yaml")
    assert driver.run(*inspect).code == 0
    assert (run / "config.yaml").read_bytes() == (small_run / "config.yaml").read_bytes()
    assert driver.run("status", run).code == 0


def test_an_edited_config_of_an_earlier_run_is_refused_too(driver: Driver, run: Path) -> None:
    (run / MANIFEST).unlink()
    edit(run / "config.yaml", "kernel_size: 3", "kernel_size: 5")
    before = contents(run)
    for verb, code in (("show", 0), ("inspect", 1)):
        result = driver.run(verb, run)
        assert result.code == code
        assert "config.yaml is not the recorded one: it was edited, or made by an earlier" in told(result)
    assert contents(run) == before


def test_who_goes_on_with_the_config_of_the_run_keeps_the_edited_one(
    driver: Driver, small_config: Path, small_run: Path, run: Path
) -> None:
    edit(run / "config.yaml", "kernel_size: 3", "kernel_size: 5")
    text = (run / "config.yaml").read_text()
    result = driver.run(small_config, "launch.workers=2", "--outputs", run.parent)
    assert result.code == 0, result.out + result.err
    assert "config-edited.yaml now" in told(result)
    assert (run / "config-edited.yaml").read_text() == text
    assert (run / "config.yaml").read_bytes() == (small_run / "config.yaml").read_bytes()


def test_a_renamed_run_is_the_same_run(driver: Driver, small_config: Path, run: Path) -> None:
    renamed = run.rename(run.with_name("of-monday"))
    networks = {name: sha256_of(renamed / name) for name in NETWORKS}
    (renamed / "cnn/seed-1/history.csv").unlink()  # so that the advice is the command that goes on
    [command] = commands_in(told(driver.run("status", renamed)))
    config = load(Path(command[0]), [word for word in command[1:] if "=" in word])
    identity = RunFolder(renamed).identity()
    assert identity["config_digest"] == digest(config)
    assert find_folder(run.parent, config.name, identity) == (RunFolder(renamed), True)
    assert find_folder(run.parent, "small", identity) == (RunFolder(renamed), True), "by its own config"
    fresh, known = find_folder(run.parent, "small", identity, renamed=False)
    assert (fresh.path, known) == (run, False), "who starts over leaves the renamed run alone"
    elsewhere, known = find_folder(run.parent, "another-name", identity)
    assert (elsewhere.path.name, known) == ("another-name", False), "who names another run wants one"
    assert {name: sha256_of(renamed / name) for name in NETWORKS} == networks


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["configs/quick.yaml"], "kept; the same command goes on"),
        (["configs/quick.yaml", "--fresh"], "kept; the same command without --fresh goes on"),
        (["predict", "a-run", "a.png"], "Ctrl-C. The same command begins again."),
        ([], "kept; the same command goes on"),
    ],
)
def test_the_hint_after_ctrl_c_wipes_nothing(
    words: list[str], hint: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> None:
        raise Interrupted(2)

    monkeypatch.setattr("model.run.signals.signal.signal", lambda *_: None)
    monkeypatch.setattr("configs.command_line.must_be_text", interrupted)
    assert train.main(words) == 130
    assert hint in capsys.readouterr().err, "what the same command does then is not so"


def test_lost_pages_and_pictures_are_made_again_alone(driver: Driver, small_run: Path, run: Path) -> None:
    lost = ["report.html", "figures/2-accuracy.png", "figures/5-mistakes.png"]
    for name in lost[:2]:
        (run / name).unlink()
    (run / lost[2]).write_bytes(b"half a picture")
    before = contents(run)
    status = driver.run("status", run)
    [command] = commands_in(told(status))
    assert status.code == 4
    assert "report.html is missing (and 2 more of its files are not as they were)" in told(status)
    (run / "report.json").rename(aside := run.parent / "report.json")
    assert commands_in(driver.run("show", run).err) == [command], "`show` names another remedy than `status`"
    aside.rename(run / "report.json")
    assert driver.run(*command).code == 0
    after = contents(run)
    assert [name for name in after if after[name] != before.get(name)] == sorted(lost, key=list(after).index)
    for name in lost:
        assert (run / name).read_bytes() == (small_run / name).read_bytes(), f"{name} is another than before"
    assert driver.run("status", run).code == 0


def test_a_network_in_anothers_place_is_noticed(driver: Driver, run: Path) -> None:
    shutil.copy(run / NETWORKS[1], run / NETWORKS[0])
    (run / "cnn" / "inspection" / "filters.npz").unlink()  # so that there is something to look into
    before = contents(run)
    fault = f"{run / NETWORKS[0]} is not the one that this run made"
    for verb, code in (("show", 0), ("status", 4), ("lesson", 1)):
        result = driver.run(verb, run)
        assert (result.code, fault in told(result)) == (code, True), f"{verb} believes in another network"
    compared = json.loads(driver.run("compare", run, "--json", "--outputs", run.parent).out)
    assert [fault in one["problem"] for one in compared["faults"]] == [True]
    result = driver.run("inspect", run)
    assert (result.code, fault in told(result)) == (4, True)
    assert contents(run) == before, "what is intact was written again, or another network looked into"


def test_predictions_of_another_model_are_not_believed(driver: Driver, run: Path) -> None:
    shutil.copy(run / "dense/seed-0/predictions.npz", run / "cnn/seed-0/predictions.npz")
    compared = json.loads(driver.run("compare", run, "--json", "--outputs", run.parent).out)
    [fault] = compared["faults"]
    assert "cnn/seed-0/predictions.npz is not the one that this run made" in fault["problem"]
    assert compared["models"]["small/cnn"]["accuracy"]["values"] != [], "the other seed is compared"
    (run / MANIFEST).unlink()
    states = json.loads(driver.run("status", run, "--json").out)["parts"]
    assert states["cnn seed 0"] == "waiting", "metrics.json says otherwise, so it is made again"
    assert (states["cnn seed 1"], states["dense seed 0"]) == ("whole", "whole")


def test_an_edited_report_is_refused_and_made_again(driver: Driver, small_run: Path, run: Path) -> None:
    mean = json.loads((run / "report.json").read_text())["models"]["cnn"]["accuracy"]["mean"]
    edit(run / "report.json", f'"mean": {mean}', '"mean": 0.999')
    shown = driver.run("show", run)
    assert shown.code == 1
    assert "report.json is not the one that this run made" in shown.err
    compared = driver.run("compare", run, "--outputs", run.parent)
    assert (compared.code, "not the one that this run made" in compared.err) == (1, True)
    [command] = commands_in(shown.err)
    assert driver.run(*command).code == 0
    assert (run / "report.json").read_bytes() == (small_run / "report.json").read_bytes()
    assert driver.run("show", run).code == 0


def test_a_run_without_a_finished_training_gets_no_report(driver: Driver, tmp_path: Path) -> None:
    run = Path(shutil.copytree(EARLIER / "interrupted", tmp_path / "interrupted"))
    before = contents(run)
    result = driver.run("inspect", run)
    assert result.code == 1
    assert "has no finished training to look into; " in result.err
    assert commands_in(result.err) == [[str(run / "config.yaml"), "--outputs", str(tmp_path)]]
    assert contents(run) == before, "a report of nothing"


def test_what_is_not_trained_yet_has_not_failed(driver: Driver, run: Path) -> None:
    shutil.rmtree(run / "cnn" / "seed-1")
    for name in (MANIFEST, "report.json", "report.md", "report.html"):
        (run / name).unlink()
    result = driver.run("inspect", run)
    assert result.code == 0, result.out + result.err
    assert "Not trained yet: cnn seed 1." in told(result)
    report = json.loads((run / "report.json").read_text())
    assert (report["failed"], report["not_trained"]) == ([], [{"model": "cnn", "seed": 1}])
    assert "failed" not in (run / "report.md").read_text().lower()
    status = driver.run("status", run)
    assert (status.code, "3 of 4 trainings done" in told(status)) == (4, True)


def test_where_data_have_moved_the_remedy_that_is_named_finds_the_run(run: Path, small_data: Path) -> None:
    edit(run / "config.yaml", str(small_data), str(small_data / "gone"))  # decides no number
    with pytest.raises(DataError, match="gone is no folder") as caught:
        config_and_data(RunFolder(run))
    status = status_of(RunFolder(run)).in_words()
    assert status.endswith(str(caught.value)), "what would go on with it, or nothing of the data, is said"
    *_, command = commands_in(str(caught.value))  # first how other files are packed
    words = [word.replace("DIR", str(small_data)) for word in command]
    config = load(Path(words[0]), [word for word in words[1:] if "=" in word])
    identity = {"config_digest": digest(config), "data_digest": load_data(config.data).digest}
    outputs = Path(words[words.index("--outputs") + 1])
    assert find_folder(outputs, config.name, identity) == (RunFolder(run), True), "all would be trained again"


@pytest.mark.parametrize("there", ["no config", "an edited one"])
def test_the_command_that_made_a_run_goes_on_where_config_and_record_are_lost(
    driver: Driver, small_config: Path, small_run: Path, run: Path, there: str
) -> None:
    (run / MANIFEST).unlink()
    config = run / "config.yaml"
    if there == "no config":
        config.unlink()
    else:
        edit(config, "kernel_size: 3", "kernel_size: 5")
    before = contents(run)
    for verb in ("inspect", "predict", "export"):  # the last two ask for more
        more = {"inspect": [], "predict": ["x.png"], "export": ["--format", "csv"]}[verb]
        assert driver.run(verb, run, *more).code == 1, f"{verb} took the networks for others"
    result = driver.run(small_config, "launch.workers=2", "--outputs", run.parent)
    assert result.code == 0, f"environment.json has its digest, and it is refused: {told(result)}"
    assert config.read_bytes() == (small_run / "config.yaml").read_bytes()
    after = {name: was for name, was in contents(run).items() if name in before and name != "config.yaml"}
    assert after == {name: was for name, was in before.items() if name != "config.yaml"}, "made again"
    assert driver.run("status", run).code == 0


def test_a_lost_config_is_known_and_nothing_is_written_while_the_data_are_not(run: Path) -> None:
    path, config = run / "config.yaml", RunFolder(run).config()
    assert RunFolder(run).lost_config() is None, "what stands there counts"
    path.unlink()
    before = contents(run)
    words = ["data.source=./gone/", "--outputs", str(run.parent)]
    assert train.main([str(path), *words]) == 3, "the config is known, the data can't be had"
    assert contents(run) == before, "a config was written before config and data were known to be good"
    assert load(path, [], of_a_run=True, lost=RunFolder(run).lost_config()) == config


def test_no_look_is_missed_at_a_network_that_learned_nothing(run: Path) -> None:
    (run / MANIFEST).unlink()
    path = run / "dense/seed-0/metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"distinct_answers": 1}))
    shutil.rmtree(run / "dense" / "inspection")
    found = status_of(RunFolder(run))
    assert [task.name for task in found.tasks if task.kind != "training"] == [
        *("cnn inspection", "cnn attribution", "cnn seed 0 robustness")
    ]
    assert found.is_whole, found.in_words()


def test_a_lost_environment_is_unknown_and_not_another(driver: Driver, run: Path) -> None:
    path = run / "environment.json"
    before = path.read_bytes()
    path.unlink()
    assert "environment.json is missing; `python train.py" in told(driver.run("status", run))
    assert driver.run("inspect", run).code == 0
    assert path.read_bytes() == before
    for name in (MANIFEST, "environment.json"):
        (run / name).unlink()
    assert driver.run("inspect", run).code == 0, "each training has what it was made in"
    known, restored = json.loads(before), json.loads(path.read_text())
    for one in (known, restored):
        del one["arithmetic"]["precision"]  # a training's own
    assert restored == known


def experiment_in(run: Path, config: Path) -> Experiment:
    given = load(config, ["launch.workers=2"])
    return Experiment(given, load_data(given.data), RunFolder(run), Console(quiet=True), debug=False)


def test_what_was_finished_and_not_recorded_is_adopted(run: Path, small_config: Path) -> None:
    """A process can be killed after a training has ended and before that is written down."""
    history = run / "dense/seed-1/history.csv"
    metrics, whole = sha256_of(history.with_name("metrics.json")), history.read_bytes()
    again = [("training", "dense", 1)]
    for then, content, left in (
        ("", whole, []),
        ("0" * 64, whole, []),
        (metrics, whole[:-9], again),
        (metrics, whole, []),
    ):
        history.write_bytes(content)
        manifest = read_manifest(run)
        assert manifest is not None
        manifest.unfinished["dense seed 1"] = then
        manifest.write()
        experiment = experiment_in(run, small_config)
        assert experiment.plan.left() == left, "its files say whether it came to its end, or is as it was"
        assert (experiment.manifest.unfinished == {}) == (not left)


def test_a_record_of_another_run_costs_nothing(run: Path, small_config: Path) -> None:
    manifest, before = read_manifest(run), contents(run)
    assert manifest is not None
    for part in manifest.parts.values():
        part.files.update(dict.fromkeys(part.files, Stamp("0" * 64, 1, 1)))
    manifest.environment["config_digest"] = "another"
    manifest.write()
    experiment = experiment_in(run, small_config)
    assert experiment.plan.left() == [], "what is intact would be trained again"
    made_again = {"likeness"}  # which takes a second, and is the same
    assert experiment.manifest.parts.keys() == manifest.parts.keys() - made_again
    assert contents(run) == before


def test_show_and_status_write_nothing(driver: Driver, run: Path) -> None:
    (run / MANIFEST).unlink()
    before = {path: path.stat().st_mtime_ns for path in run.parent.rglob("*")}
    for verb in ("show", "status"):
        assert driver.run(verb, run).code == 0
    os.sync()
    assert {path: path.stat().st_mtime_ns for path in run.parent.rglob("*")} == before
