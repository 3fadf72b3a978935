"""What can be pasted: every command that documents, configs and the help show, in bash and zsh."""

import json
import re
import shlex
import shutil
import subprocess
from glob import glob
from pathlib import Path

import pytest
import typer

import train
from configs.schema import load
from configs.usage import EXAMPLES
from model.experiment.report import read_report
from model.experiment.terminal import terminal_block
from model.run.folder import RunFolder
from tests.conftest import ROOT

SHELLS = {"bash": ["bash", "--norc", "--noprofile"], "zsh": ["zsh", "-f"]}
VERBS = typer.main.get_command(train.app).commands
YOURS = {  # in place of the words that stand for yours
    r"\bRUN\b": "outputs/quick",
    r"\bIMAGE( \.\.\.)?": "./photos",
    r"\bSOURCE FOLDER\b": "./photos ./my-data",
    r"--format FORMAT\b": "--format csv",
}
STUB = """#!/bin/sh
for word in "${0##*/}" "$@"; do printf '%s\\0' "$word"; done >> "$SAID"
echo >> "$SAID"
"""


def blocks() -> list[str]:
    """What README.md shows to be pasted as a whole: blocks that are no Python, and no output."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for kind, block in found if not kind and re.match("export|pip|python|sudo", block)]


def commands() -> list[str]:
    """All commands of this program that are shown anywhere, with something in place of RUN and the like."""
    pages = [ROOT / name for name in ("README.md", "outputs/README.md", "model/README.md")]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    found = [line for block in blocks() for line in block.splitlines() if line.startswith("python train.py")]
    found += [one for text in texts for one in re.findall(r"`(python train\.py[^`]*)`", text)]
    for config in sorted((ROOT / "configs").rglob("*.yaml")):
        header = config.read_text(encoding="utf-8").replace("\\\n#", "")
        found += re.findall(r"^#.*?(python train\.py.*)$", header, re.MULTILINE)
    found += [f"python train.py {words}" for examples in EXAMPLES.values() for words in examples.values()]
    for word, yours in YOURS.items():
        found = [re.sub(word, yours, one) for one in found]
    return [one.strip() for one in dict.fromkeys(found) if "VERB" not in one]


def told(shell: str, folder: Path, script: str) -> list[list[str]]:
    """The words of every program that a script starts in this shell, in place of which none is run."""
    if not shutil.which(shell):
        pytest.skip(f"no {shell} here; .ci/run installs it")
    stubs = folder / "stubs"
    for path in (stubs, folder / ".venv" / "bin", folder / "hand-ins", folder / "fashion-mnist"):
        path.mkdir(parents=True)
    (folder / "hand-ins" / "ada.html").touch()
    (folder / ".venv" / "bin" / "activate").touch()
    for program in ("python", "python3", "pip", "sudo"):
        (stubs / program).write_text(STUB)
        (stubs / program).chmod(0o755)
    environment = {"PATH": f"{stubs}:/usr/bin:/bin", "HOME": str(folder), "SAID": str(folder / "said")}
    call = [*SHELLS[shell], "-e", "-c", script]
    ended = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, ""), f"{shell} does not take it: {ended.stderr}"
    return [line.split("\0")[:-1] for line in (folder / "said").read_text().splitlines()]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_makes_of_every_command_the_words_that_are_meant(shell, tmp_path):
    shown = [one for one in commands() if "*" not in one and ">" not in one]
    for command, words in zip(shown, told(shell, tmp_path, "\n".join(shown)), strict=True):
        assert words == shlex.split(command), f"{shell} makes other words of `{command}`: quote them"


@pytest.mark.parametrize("shell", SHELLS)
def test_the_blocks_of_the_readme_run_as_they_stand(shell, tmp_path):
    words = told(shell, tmp_path, "".join(blocks()))
    assert ["python", "train.py", "compare", "hand-ins/ada.html"] in words, "not all of README.md was run"


def test_wheels_are_fetched_and_used_by_a_python_of_their_own():
    [fetch, use] = [block for block in blocks() if "wheels" in block]
    for block in (fetch, use):
        assert block.startswith("python3 -m venv .venv && . .venv/bin/activate\n"), (
            f"the pip of the system is asked, which is missing or refuses: {block}"
        )


@pytest.mark.parametrize("command", [*commands(), *"".join(blocks()).splitlines()])
def test_a_pasted_command_needs_no_comments(command):
    assert " #" not in command, "zsh takes what follows a # for words, where commands are typed"


@pytest.mark.parametrize("command", commands())
def test_the_program_takes_every_command_that_is_shown(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    words = shlex.split(command.partition(" > ")[0])[2:]
    name, *rest = words if words and words[0] in VERBS else ["train", *words]
    if {"--help", "-h"} & set(words):
        return
    given = VERBS[name].make_context(name, list(rest)).params
    if name != "train":
        return
    settings = list(given["arguments"] or [])
    config = Path(settings.pop(0)) if settings and "=" not in settings[0] else train.DEFAULT_CONFIG
    if config.name != "config.yaml":  # of a run, which is not here
        load(config, settings)


@pytest.fixture(scope="module")
def runs(small_run, tmp_path_factory):
    """A folder in which the commands of the help find runs."""
    folder = tmp_path_factory.mktemp("runs")
    for place in ("outputs/quick", "outputs/smaller", "else where/quick"):
        shutil.copytree(small_run, folder / place)
    (folder / "hand-ins").mkdir()
    for student in ("anna", "ben"):
        shutil.copy(small_run / "report.html", folder / "hand-ins" / f"{student}.html")
    return folder


@pytest.mark.parametrize("name", ["show", "status", "compare", "schema"])
def test_examples_of_the_help_do_what_they_say(name, runs, monkeypatch, capsys):
    monkeypatch.chdir(runs)
    for words in EXAMPLES[name].values():
        expanded = [found for word in shlex.split(words) for found in sorted(glob(word)) or [word]]
        assert train.main(expanded) == 0, f"{words}: {capsys.readouterr()}"
    assert name != "schema" or json.loads(capsys.readouterr().out), "the schema is no JSON"


@pytest.mark.parametrize("run", ["outputs/quick", "else where/quick"])
def test_the_next_steps_of_a_result_can_be_taken(run, runs, monkeypatch, capsys):
    monkeypatch.chdir(runs)
    told = terminal_block(read_report(RunFolder(Path(run))), run)
    lesson, again = re.findall(r"python train\.py (.*?)(?:  .*)?$", told, re.MULTILINE)
    outputs = VERBS["lesson"].make_context("lesson", shlex.split(lesson)[1:]).params["outputs"]
    assert outputs == Path(run).parent, "the lesson goes into other outputs than the run"
    assert train.main(shlex.split(again)) == 0, f"`python train.py {again}` does not show it again"
