"""Commands in hints: one place makes them, and bash and zsh take their words as they are."""

import ast
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import train
from configs.command_line import command, into, is_setting, single_seed

ROOT = Path(__file__).parents[2]
ODD = [  # what means something to a shell
    "a b",
    "it's",
    'say "so"',
    "$HOME",
    "`ls`",
    "!!",
    "*",
    "?",
    "seeds=[0,1,2]",
    "models.a={architecture: dense, units: [8]}",
    "=ls",
    "a=b",
    "~",
    "#no",
    "run (2)",
    "a;b&c|d<e>f",
    "^a^b",
    "\\",
    "%1",
    "größe",
    "data.source=./my-data",
]


@pytest.mark.parametrize("shell", [["bash", "--norc"], ["zsh", "-f"]], ids=lambda shell: shell[0])
def test_words_come_through_a_shell_as_they_are(shell, tmp_path):
    if not shutil.which(shell[0]):
        pytest.skip(f"no {shell[0]} here; .ci/run installs it")
    (tmp_path / "python").write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\n")
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "seeds=0").touch()  # what a pattern could find
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    pasted = [*shell, "-c", command(*ODD)]
    told = subprocess.run(pasted, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert told.stderr == "", f"{shell[0]} does not take a command that is shown: {told.stderr}"
    assert told.stdout.split("\0")[:-1] == ["train.py", *ODD], f"{shell[0]} makes other words of it"


def test_words_that_need_no_quotes_have_none():
    plain = command("configs/quick.yaml", "seeds=0,1,2", "name=mine", *into(Path("elsewhere")))
    assert plain == "python train.py configs/quick.yaml seeds=0,1,2 name=mine --outputs elsewhere"
    assert into(Path("outputs")) == [], "the usual folder need not be said"


@pytest.mark.parametrize("name", ["-my-run", "--fresh", "lr=0.1", "seeds=0"])
def test_the_path_of_a_hint_is_taken_for_nothing_else(name):
    [_, _, shown, _, outputs] = shlex.split(command(Path(name) / "config.yaml", *into(Path(name))))
    for word in (shown, outputs):
        assert not word.startswith("-"), f"{word} is taken for an option"
        assert not is_setting(word), f"{word} is taken for a setting"
    assert Path(shown) == Path(name) / "config.yaml", "the hint names another file"


def test_a_word_with_an_equals_sign_is_a_setting_unless_a_file_has_that_name(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for word in ("seeds=0", "data.source=./my-data"):
        assert is_setting(word), f"the setting {word} is taken for a path"
    (tmp_path / "lr=0.1").mkdir()
    (tmp_path / "lr=0.1" / "mine.yaml").write_text("")
    assert not is_setting("lr=0.1/mine.yaml"), "a config whose path has an = in it can't be named"
    assert train.main(["lr=0.1/mine.yaml"]) == 2
    assert "mine.yaml: the file is empty" in capsys.readouterr().err, "training reads another config"
    assert is_setting("x" * 10_000 + "=3"), "a word too long for a path is no file"


def test_every_command_that_is_shown_is_made_in_one_place():
    makers = {"configs/command_line.py", "model/export/formats.py"}  # and a comment in an exported program
    for path in [file for top in ("configs", "data", "model") for file in (ROOT / top).rglob("*.py")]:
        tree = ast.parse(path.read_text())
        told = {
            ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, DOCUMENTED)
        }
        texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        shown = [text for text in texts if isinstance(text, str) and "python train.py" in text]
        assert not set(shown) - told or str(path.relative_to(ROOT)) in makers, (
            f"{path.relative_to(ROOT)} writes a command by itself: `command` knows what shells need"
        )


DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef)


@pytest.mark.parametrize(("override", "seed"), [("seeds=3", 3), ("seeds = 42", 42)])
def test_a_number_of_seeds_is_said_to_be_a_seed(override, seed):
    told = single_seed(["name=mine", override])
    assert f"seeds={seed} is one training each, with seed {seed}" in told
    assert told.endswith("three are seeds=0,1,2"), "it does not say how three are written"


@pytest.mark.parametrize("override", ["seeds=0", "seeds=1", "seeds=0,1,2", "seeds=[3]", "data.split_seed=3"])
def test_seeds_that_can_be_meant_in_one_way_are_not_talked_about(override):
    assert single_seed([override]) == "", f"{override} is plain"
