"""What a run folder vouches for: which files are as they were made, and of which run a record is."""

import json
import os
import shutil
from pathlib import Path

import pytest

from data.storage import sha256_of
from model.run import manifest as module
from model.run.folder import RunError, RunFolder
from model.run.manifest import MANIFEST, Manifest, digest_of, read_manifest

FILES = ("cnn/seed-0/model.keras", "cnn/seed-0/metrics.json")
LOOK = "cnn/inspection/inside-figures.json"
IDENTITY = {"config_digest": "a", "data_digest": "b"}
NETWORK, MADE_BY = FILES[0], digest_of({"filters": 4})


def write(folder: Path, file: str, content: str) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    """The record of a run of one training and one look at it, as read from its folder."""
    run = tmp_path / "run"
    for file in (*FILES, LOOK):
        write(run, file, f"content of {file}")
    made = Manifest(run, {"name": "run"}, {**IDENTITY, "rules": {"split": 2}})
    made.record("cnn seed 0", MADE_BY, {}, FILES)
    made.record("cnn inspection", MADE_BY, {NETWORK: made.recorded(NETWORK)}, [LOOK])
    made.write()
    found = read_manifest(run)
    assert found == made, "what is read must be what was written"
    return made


def later(path: Path) -> None:
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def test_a_file_is_whole_while_size_and_time_say_so_and_else_by_its_content(manifest: Manifest) -> None:
    path = manifest.folder / NETWORK
    assert manifest.state("cnn seed 0", MADE_BY, {}) == "whole"
    later(path)
    assert manifest.faults("cnn seed 0") == {}, "a copied folder has other times and the same content"
    content, status = path.read_text(), path.stat()
    path.write_text(content.swapcase())
    os.utime(path, ns=(1, manifest.parts["cnn seed 0"].files[NETWORK].mtime_ns))
    assert status.st_size == path.stat().st_size
    assert manifest.faults("cnn seed 0") == {}, "who only reads goes by size and time"
    changed = {NETWORK: "changed"}
    assert manifest.faults("cnn seed 0", thoroughly=True) == changed, "who makes something reads the content"
    assert manifest.state_of_file(NETWORK) == "changed"
    later(path)
    assert manifest.faults("cnn seed 0") == changed, "its time tells that it was written since"
    path.write_text(content + " ")
    assert manifest.state("cnn seed 0", MADE_BY, {}) == "changed"
    path.unlink()
    assert manifest.state("cnn seed 0", MADE_BY, {}) == "missing"
    path.mkdir()
    assert manifest.state("cnn seed 0", MADE_BY, {}) == "changed", "a folder is no file"
    assert manifest.state_of_file("cnn/seed-0/notes.txt") == "waiting", (
        "of what it did not make it knows nothing"
    )


def test_a_content_is_read_once_until_it_is_written_again(
    manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr(module, "sha256_of", lambda path: read.append(path.name) or sha256_of(path))
    for _ in range(3):
        assert manifest.faults("cnn seed 0", thoroughly=True) == {}
        assert manifest.state_of_file(NETWORK) == "whole"
    assert sorted(read) == ["metrics.json", "model.keras"], "going on would read a large run several times"
    path = manifest.folder / NETWORK
    before = path.stat()
    path.write_text(path.read_text().swapcase())
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert manifest.state_of_file(NETWORK) == "changed", "another content of the same size and time"


def test_what_was_found_as_it_was_is_known_by_its_time_from_then_on(manifest: Manifest) -> None:
    paths = [manifest.folder / file for file in FILES]
    for path in paths:
        later(path)
    write(manifest.folder, FILES[1], "other metrics")
    changed = manifest.parts["cnn seed 0"].files[FILES[1]]
    manifest.take_over_times()
    files = manifest.parts["cnn seed 0"].files
    assert files[NETWORK].mtime_ns == paths[0].stat().st_mtime_ns, "a copy would be read whole every time"
    assert files[FILES[1]] == changed, "what is there is not what was made"


def test_what_was_made_by_other_settings_or_from_other_files_is_stale(manifest: Manifest) -> None:
    made_from = {NETWORK: manifest.recorded(NETWORK)}
    assert manifest.state("cnn inspection", MADE_BY, made_from) == "whole"
    assert manifest.state("cnn inspection", digest_of({"filters": 5}), made_from) == "stale"
    write(manifest.folder, NETWORK, "trained again")
    assert manifest.state("cnn inspection", MADE_BY, made_from) == "whole", "until that is recorded"
    manifest.record("cnn seed 0", MADE_BY, {}, FILES)
    now = {NETWORK: manifest.recorded(NETWORK)}
    assert manifest.state("cnn inspection", MADE_BY, now) == "stale", "the look is at the network of before"


def test_what_was_begun_is_vouched_for_when_it_is_recorded_again(manifest: Manifest) -> None:
    last = FILES[1]
    manifest.begin({"cnn seed 0": last, "cnn seed 1": "cnn/seed-1/metrics.json"})
    manifest.write()
    found = read_manifest(manifest.folder)
    assert found is not None
    assert found.state("cnn seed 0", MADE_BY, {}) == "whole", "nothing was written over it yet"
    assert not found.is_made_anew("cnn seed 0", last), "its last file is the one of before"
    assert not found.is_made_anew("cnn seed 1", "cnn/seed-1/metrics.json"), "there is none"
    write(manifest.folder, last, "of the training that was made again")
    assert found.is_made_anew("cnn seed 0", last)
    assert found.state("cnn seed 0", MADE_BY, {}) == "waiting"
    assert found.state_of_file(NETWORK) == "waiting", "half of what stands there may be of before"
    found.record("cnn seed 0", MADE_BY, {}, FILES)
    assert (found.unfinished.keys(), found.state_of_file(NETWORK)) == ({"cnn seed 1"}, "whole")


def test_what_was_begun_and_not_made_anew_is_held_against_what_it_was(manifest: Manifest) -> None:
    """A training that is made again, for a file was changed, can be interrupted or fail."""
    path = manifest.folder / NETWORK
    good, status = path.read_text(), path.stat()
    path.write_text(good.swapcase())
    os.utime(path, ns=(status.st_mtime_ns, status.st_mtime_ns))
    manifest.begin({"cnn seed 0": FILES[1]})
    assert manifest.faults("cnn seed 0") == {NETWORK: "changed"}, "another network would be taken for it"
    assert manifest.state_of_file(NETWORK) == "changed"
    assert not manifest.take_back("cnn seed 0")
    manifest.write()
    with pytest.raises(RunError, match="is not the one that this run made"):
        RunFolder(manifest.folder).vouch_for(path)
    path.write_text(good)
    assert manifest.take_back("cnn seed 0"), "the file was put back: nothing is to be trained"
    assert manifest.unfinished == {}
    manifest.begin({"cnn seed 0": FILES[1]})
    write(manifest.folder, FILES[1], "of the training that was made again")
    manifest.write()
    assert not manifest.take_back("cnn seed 0")
    with pytest.raises(RunError, match="is of a training that was not finished"):
        RunFolder(manifest.folder).vouch_for(path)


def test_a_record_of_another_folder_counts_as_none(manifest: Manifest, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(manifest.folder, moved)
    assert read_manifest(moved) is not None, "a copy is the same run"
    (moved / NETWORK).write_text("another network")
    assert read_manifest(moved) is not None, "one file that was put there does not make it another run"
    (moved / FILES[1]).write_text("other metrics")
    assert read_manifest(moved) is None, "nothing of it is as the record says: it is of another run"
    for file in FILES:
        (moved / file).unlink()
    assert read_manifest(moved) is not None, "of what is deleted nobody can tell whose it was"


NO_PARTS = {"version": 1, "config": {}, "environment": {}, "parts": 3, "unfinished": {}}
BROKEN = {
    "nothing": "",
    "half of it": '{"version": 1, "parts": {',
    "a list": "[]",
    "of a later version": json.dumps({"version": 2, "sha256": digest_of({"version": 2})}),
    "no parts": json.dumps(NO_PARTS | {"sha256": digest_of(NO_PARTS)}),
}
OUTSIDE = ["../../secret", "/etc/passwd", "a/../../b", "..", "", "a//b", "a/b/c/d"]


@pytest.mark.parametrize("kind", BROKEN)
def test_a_record_that_cannot_be_read_counts_as_none(tmp_path: Path, kind: str) -> None:
    (tmp_path / MANIFEST).write_text(BROKEN[kind])
    assert read_manifest(tmp_path) is None


def test_a_record_that_was_edited_accuses_nobody(manifest: Manifest) -> None:
    path = manifest.folder / MANIFEST
    made = manifest.recorded(NETWORK)
    path.write_text(path.read_text().replace(made, made[::-1]))
    assert read_manifest(manifest.folder) is None, "the network would be said to be another"


@pytest.mark.parametrize("file", OUTSIDE)
def test_a_record_vouches_for_nothing_outside_its_folder(manifest: Manifest, file: str) -> None:
    files = manifest.parts["cnn seed 0"].files
    files[file] = files[NETWORK]
    manifest.write()
    assert read_manifest(manifest.folder) is None, f"{file!r} would be read"
