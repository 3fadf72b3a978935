"""How a run stands is told of whatever was done to its files; no training, no data."""

import json
import os
import shutil
from pathlib import Path

import pytest

from configs.schema import load
from model.experiment.adoption import adopt
from model.experiment.parts import Task, must_be_free, unreadable
from model.experiment.status import Status, status_of
from model.run.folder import RunError, RunFolder
from model.run.manifest import MANIFEST, Manifest, digest_of
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


def change_record(run: Path, **keys: object) -> None:
    value = json.loads((run / MANIFEST).read_text()) | keys
    del value["sha256"]
    (run / MANIFEST).write_text(json.dumps(value | {"sha256": digest_of(value)}))


def of_another_run(run: Path) -> None:
    change_record(run, parts={}, environment={"config_digest": "another"})


def in_a_folder(run: Path) -> None:
    (run / MANIFEST).unlink()
    (run / MANIFEST).mkdir()


RECORDS = {
    "kept": lambda run: None,
    "none": lambda run: (run / MANIFEST).unlink(),
    "damaged": lambda run: (run / MANIFEST).write_text("{"),
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
    must_be_free(RunFolder(run), [CNN])
    path.mkdir()
    with pytest.raises(RunError, match="is a folder, where a file belongs: move it away"):
        must_be_free(RunFolder(run), [CNN])
    assert f"{path} is a folder, where a file belongs: move it away; " in told(run).problems[0]
