"""How a run stands is told of whatever was done to its files; no training, no data."""

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from configs.asked import Shard
from configs.schema import load
from data.lease import Holder
from model.comparison.records import Failure
from model.experiment import adoption, status
from model.experiment.adoption import adopt
from model.experiment.parts import REPORT, TRAINING_FILES, Task, must_be_free, unreadable
from model.experiment.status import Status, problems_of_record, status_of
from model.run.folder import RunError, RunFolder
from model.run.manifest import MANIFEST, Manifest, digest_of, read_manifest
from tests.program.test_earlier_runs import EARLIER

CNN = Task("training", "cnn", 0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of before, of which the trainings are recorded, and nothing else is there but its report.json."""
    path = Path(shutil.copytree(EARLIER / "finished", tmp_path / "finished"))
    folder, config = RunFolder(path), load(path / "config.yaml")
    manifest = Manifest(path, config.model_dump(mode="json"), folder.environment() or {})
    adopt(manifest, folder, config)
    assert manifest.parts.keys() >= {"dense seed 0", "cnn seed 0"}
    manifest.write()
    return path


def told(run: Path) -> Status:
    return status_of(RunFolder(run))


def recorded(run: Path) -> Manifest:
    found = read_manifest(run)
    assert found is not None
    return found


def change_record(run: Path, **keys: object) -> None:
    value = json.loads((run / MANIFEST).read_text()) | keys
    del value["sha256"]
    (run / MANIFEST).write_text(json.dumps(value | {"sha256": digest_of(value)}))


def of_no_files(run: Path) -> None:
    part = {"settings": "", "made_from": {}, "files": {}}
    change_record(run, parts={"cnn seed 0": part}, unfinished={"cnn seed 0": "0"})


def of_another_run(run: Path) -> None:
    change_record(run, parts={}, environment={"config_digest": "another"})


def in_a_folder(run: Path) -> None:
    (run / MANIFEST).unlink()
    (run / MANIFEST).mkdir()


RECORDS = {
    "kept": lambda run: None,
    "none": lambda run: (run / MANIFEST).unlink(),
    "damaged": lambda run: (run / MANIFEST).write_text("{"),
    "damaged part": of_no_files,
    "later": lambda run: change_record(run, version=2),
    "foreign": of_another_run,
    "damaged folder": in_a_folder,
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_that_cannot_be_used_is_named_with_what_to_do(run: Path, kind: str) -> None:
    RECORDS[kind](run)
    found = told(run)
    words = found.in_words()
    assert found.as_json()["record"] == kind.split()[0]
    assert ("what is here is taken as it is" in words) == (kind == "none")
    wrong = kind not in ("kept", "none")
    assert (f"{run / MANIFEST} " in words) == wrong, words
    if wrong:
        assert not found.is_whole, "nothing proves any more what is here"
        assert ("only that can use it" in words) == (kind == "later")
        assert ("move it away, then `python" in words) == (kind == "damaged folder")


def test_no_command_is_said_to_go_on_with_what_only_guesses(run: Path, monkeypatch) -> None:
    monkeypatch.setattr(Status, "lost_data", "")
    found = told(run)
    whole = dict.fromkeys(found.states, "whole")
    guesses = replace(found, states=whole, damage={}, failed={"cnn seed 0": "no better than guessing"})
    assert not guesses.is_whole
    assert "cnn seed 0 failed: no better than guessing" in guesses.in_words()
    assert "goes on with it" not in guesses.in_words(), "the same network gives the same answers"
    waiting = replace(guesses, states=whole | {"cnn seed 0": "waiting"})
    assert "goes on with it" in waiting.in_words(), "it may succeed the next time"


def test_what_cannot_be_read_is_not_made_again(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, access = run / "cnn/seed-0/model.keras", os.access
    monkeypatch.setattr(os, "access", lambda file, mode: Path(file) != path and access(file, mode))
    found = told(run)
    assert found.states["cnn seed 0"] == "unreadable", "size and time do not show that nobody can read it"
    assert f"{path} can't be read; make it readable." in found.problems
    assert unreadable(RunFolder(run), CNN) == [path], "an intact network would be trained again"
    (run / MANIFEST).unlink()
    assert f"{path} can't be read; make it readable." in told(run).problems


def test_a_folder_where_a_file_belongs_is_told_before_anything_is_trained(run: Path) -> None:
    path = run / "cnn/seed-0/history.csv"
    path.unlink()
    must_be_free(RunFolder(run), recorded(run), [CNN])
    path.mkdir()
    with pytest.raises(RunError, match="is a folder, where a file belongs: move it away"):
        must_be_free(RunFolder(run), recorded(run), [CNN])
    assert f"{path} is a folder, where a file belongs: move it away; " in told(run).problems[0]


def test_what_stands_in_anothers_place_is_put_back_and_not_lost(run: Path) -> None:
    ours, theirs = run / "cnn/seed-0", run / "dense/seed-0"

    def exchange() -> None:
        ours.rename(run / "aside")
        theirs.rename(ours)
        (run / "aside").rename(theirs)

    exchange()
    [problem] = [one for one in told(run).problems if "put them back" in one]
    assert f"{ours / 'model.keras'} is {theirs / 'model.keras'}, in another's place" in problem
    assert f"{theirs / 'model.keras'} is {ours / 'model.keras'}, in another's place" in problem
    assert "train.py" not in problem, "both would be trained again"
    for wrong in (
        lambda: must_be_free(RunFolder(run), recorded(run), [CNN]),
        lambda: RunFolder(run).vouch_for(ours / "model.keras"),
    ):
        with pytest.raises(
            RunError, match=r"is .*dense/seed-0/model.keras, in another's place; put it back$"
        ):
            wrong()
    exchange()
    assert recorded(run).misplaced("cnn/seed-0/model.keras") == ""
    shutil.copy(theirs / "model.keras", ours)
    must_be_free(RunFolder(run), recorded(run), [CNN])  # what is copied is where it belongs, too
    assert "model.keras is not the one that this run made" in " ".join(told(run).problems)


def test_a_folder_that_is_a_link_is_told_before_anything_is_made(run: Path, tmp_path: Path) -> None:
    (run / "cnn" / "inspection").rename(tmp_path / "elsewhere")
    (run / "cnn" / "inspection").symlink_to(tmp_path / "elsewhere")
    found = told(run)
    assert not found.is_whole, "`inspect` refuses a run that is said to be whole"
    assert f"{run / 'cnn' / 'inspection'} is a link to another folder: put a folder of" in found.in_words()


def test_a_file_in_the_place_of_a_folder_is_named(run: Path) -> None:
    (run / "figures").write_text("of the user")
    with pytest.raises(RunError, match="figures is a file, where a folder belongs: move it away"):
        must_be_free(RunFolder(run), recorded(run), [])
    (run / "figures").unlink()
    shutil.rmtree(run / "cnn")
    (run / "cnn").write_text("of the user")
    [problem] = told(run).problems
    assert problem.count("move it away; ") == problem.count("cnn is a file, where a folder belongs") == 1, (
        problem
    )


def test_nothing_is_hidden_where_record_and_config_are_lost(run: Path) -> None:
    (run / MANIFEST).unlink()
    assert problems_of_record(RunFolder(run)) == [], "no run of before has a record"
    (run / "config.yaml").unlink()
    assert RunFolder(run.parent / "none").lost_config() is None, "there is no such file"
    with pytest.raises(RunError) as caught:
        RunFolder(run).lost_config()
    assert str(caught.value) == (
        f"{run} holds no config.yaml, so nothing tells what it was made with; "
        "the command that made it writes one, if the folder is called as it was then"
    )
    assert problems_of_record(RunFolder(run)) == [f"{caught.value}."], "`show` says something else"
    with pytest.raises(RunError, match=re.escape(str(caught.value))):
        told(run)


def test_a_folder_that_is_gone_is_named_as_one(run: Path) -> None:
    shutil.rmtree(run / "cnn" / "seed-0")
    found = told(run)
    assert f"{run / 'cnn' / 'seed-0'} is missing; " in found.problems[0]
    missing = {f"cnn/seed-0/{name}": "missing" for name in TRAINING_FILES}
    assert found.as_json()["files"].items() >= missing.items()


def test_a_report_that_lacks_a_form_is_there(run: Path) -> None:
    assert "its report is to be made again" in told(run).in_words()
    (run / "report.json").unlink()
    assert "no report yet" in told(run).in_words()


def test_what_the_report_says_of_failures_counts(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "reasons_before", lambda run: {("cnn", 0): "it learned nothing"})
    assert told(run).failed == {}, "the report is to be made again"
    monkeypatch.setattr(status, "state_of_report", lambda *_: "whole")
    found = told(run)
    assert "cnn seed 0 failed: it learned nothing" in found.in_words()
    assert not found.is_whole, "`inspect` ends with 4"


def test_where_there_is_nothing_to_look_into_no_looks_are_counted(run: Path) -> None:
    for model in ("dense", "cnn"):
        path = run / model / "seed-0/metrics.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"distinct_answers": 1}))
    assert "2 of 2 trainings" not in (words := told(run).in_words())
    assert "looks" not in words


def test_who_is_at_work_tells_how_the_jobs_stand(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    running = [
        {"job": "cnn seed 0", "host": "node3", "share": 0.4, "epochs": "2/5", "note": "loss 0.3"},
        {"job": "dense seed 1", "host": "", "share": 0.0, "epochs": "", "note": ""},
    ]
    failed = [{"job": "dense seed 0", "reason": "its loss is\x1b[2J not finite"}]
    jobs = {"jobs": 9, "done": 4, "running": running, "failed": failed, "seconds_left": 131}
    at_work = {None: Holder("process 7", jobs), Shard(2, 3): Holder("process 8", {"jobs": "many"})}
    monkeypatch.setattr(status, "holders", lambda run: at_work)
    found = told(run)
    assert found.in_words().splitlines()[-5:] == [
        "process 7 is at work in it: 4 of 9 jobs done, 2 running, 2 waiting, 1 failed; left: 2 min 10 s.",
        "  cnn seed 0  on node3  2/5  loss 0.3",
        "  dense seed 1",
        "  dense seed 0  failed: its loss is[2J not finite",
        "process 8 is at work in it.",
    ]
    json_ = found.as_json()
    assert json_["running"] == "process 7; process 8"
    assert json_["at_work"][0]["running"] == running, "programs are told something else"
    assert json_["at_work"][1] == {"who": "process 8"}, "what is no count was taken for one"


def test_a_report_is_believed_where_all_that_it_tells_of_is_there(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adoption, "carries_its_numbers", lambda path: True)
    folder, config = RunFolder(run), load(run / "config.yaml")
    picture = run / "figures" / "2-accuracy.png"
    picture.parent.mkdir(exist_ok=True)
    picture.write_bytes(b"")
    (run / "report.html").write_text("")
    (run / "report.md").write_text("![Accuracy](figures/2-accuracy.png)")
    (run / MANIFEST).unlink()

    def is_believed() -> bool:
        manifest = Manifest(run, {}, folder.environment() or {})
        adopt(manifest, folder, config)
        return REPORT in manifest.parts

    assert is_believed()
    picture.unlink()
    assert not is_believed(), "a picture is missing, and nobody would say so"
    picture.write_bytes(b"")
    digest = folder.identity()["config_digest"]
    of_failures = SimpleNamespace(
        models={},
        failed=[Failure(model="cnn", seed=0, reason="not trained yet")],
        config_digest=digest,
        not_drawn=[],
    )
    monkeypatch.setattr(adoption, "read_report", lambda run: of_failures)
    assert not is_believed(), "it calls a training failed that is there"
