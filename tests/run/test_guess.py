"""What was guessed: which guess stands, where it is kept, and what is no guess."""

import json
from pathlib import Path

import pytest

from configs.command_line import as_guess
from configs.schema import ConfigError
from model.run.folder import RunFolder
from model.run.guess import GUESS, first_guess, guess_of, is_kept, write_guess
from model.run.manifest import Manifest, read_manifest


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run that has just begun, with a guess."""
    manifest = Manifest(tmp_path / "run", {"name": "run"}, {"config_digest": "a", "data_digest": "b"}, "more")
    manifest.write()
    write_guess(manifest)
    return RunFolder(tmp_path / "run")


def end_of(run: RunFolder, name: str) -> None:
    path = run.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


def test_the_first_guess_stands(run: RunFolder) -> None:
    assert first_guess(run, None) == ("more", ""), "an interrupted run goes on with its guess"
    assert first_guess(run, "more") == ("more", ""), "the same command says nothing of it"
    kept, said = first_guess(run, "less")
    assert kept == "more", "a later guess has taken the place of the first"
    assert said == 'the guess here is "more", and the first one stands: "less" is not kept'


@pytest.mark.parametrize("name", ["report.json", "cnn/seed-0/metrics.json"])
def test_a_guess_after_a_result_is_none(name: str, tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert first_guess(run, "more") == ("more", ""), "nothing is known yet"
    end_of(run, name)
    kept, said = first_guess(run, "more")
    assert kept is None, f"{name} is there: it is known what comes out"
    assert said == 'there is a result already, and a guess comes before it: "more" is not kept'


def test_the_record_knows_the_guess_and_without_it_the_file_does(run: RunFolder) -> None:
    path = run.path / GUESS
    assert json.loads(path.read_text()) == {"guess": "more"}
    path.write_text('{"guess": "less"}')
    manifest = read_manifest(run.path)
    assert manifest is not None
    assert guess_of(run) == "more", "an edited file counts for more than the record"
    assert not is_kept(manifest), "nobody notices that the file was edited"
    write_guess(manifest)
    assert is_kept(manifest), "it is not written again as it was"
    (run.path / "manifest.json").unlink()
    assert guess_of(run) == "more", "a lost record takes the guess with it"


@pytest.mark.parametrize("content", ["", "[]", '{"guess": 3}', '{"guess": "a\\u001bb"}', '{"guess": "..."}'])
def test_what_is_no_guess_in_a_file_is_none(content: str, tmp_path: Path) -> None:
    (tmp_path / GUESS).write_text(content)
    assert guess_of(RunFolder(tmp_path)) is None, "the file may be anybody's"


def test_a_run_without_a_guess_has_no_file(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path)
    manifest.write()
    write_guess(manifest)
    assert is_kept(manifest)
    assert not (tmp_path / GUESS).exists()
    assert "guess" not in json.loads((tmp_path / "manifest.json").read_text())


@pytest.mark.parametrize(
    "given", ["more", "243,786; 91 %", "[red]more[/red]", "</script><b>{{ 1 }}", "$(reboot)", "mehr, öfter"]
)
def test_any_plain_text_is_a_guess_word_for_word(given: str) -> None:
    assert as_guess(given) == given


def test_a_guess_is_one_line() -> None:
    assert as_guess("  cnn-16:\t55,000\n\ncnn-32: twice\xa0that ") == "cnn-16: 55,000 cnn-32: twice that"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "says nothing. Expected your own answer"),
        (" \n ", "says nothing"),
        ("...", "--guess '...': that says nothing"),
        ("more\x1b[2J", r"'more\x1b[2J' has characters in it that can't be shown"),
        ("more\u202e", "can't be shown"),
        ("m" * 10_000, "--guess has 10,000 characters. Expected at most 200"),
    ],
)
def test_what_is_no_guess_is_refused_with_what_to_do(given: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        as_guess(given)
    assert said in str(error.value)
    assert len(str(error.value)) < 250, "one short paragraph"
    assert str(error.value).isprintable(), "it would steer a terminal"
