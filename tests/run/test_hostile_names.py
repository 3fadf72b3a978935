"""Names made to do harm: refused, or harmless wherever they are shown; nothing is written outside outputs."""

import csv
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from configs.schema import ConfigError, load
from data.storage import write_json
from model.run.find import find_folder
from model.run.folder import RunError, RunFolder
from tests.faults import Driver
from train import app

NAMES = [
    "../x", "..", ".", "/tmp/x", "//x", "~", "~root", "a/../../x", "a\\..\\x", "C:\\x", "C:x", "\\\\host\\x",
    "CON", "nul.txt", "aux", "COM1", "x:stream", "x.", "x ", " x", ".hidden", "-rf", "--outputs", "a\0b",
    "a\nb", "a\r", "a\tb", "\x1b[2J", "\u202egpj.x", "\u200bx", "\ufeffx", "сnn", "ｘ", "x" * 300, "é" * 40,
    "$HOME", "$(id)", "`id`", "a;id", "a|b", "a&b", "*", "?", "%2e%2e", "<script>alert(1)</script>", "\"'",
    "{x}", "[red]x", "=1+1", "@x", "#x", "", "report.json", "seed-0", "__proto__", "None", "null", "1e3",
]  # fmt: skip
SHOWN = [
    "<script>alert(1)</script>", "</title><img src=x onerror=alert(1)>", "a|b", "$x^2$", "$", "\\alpha",
    "=1+1", "[red]x[/red]", "**bold** `code` [a](javascript:b)", "../x&amp;\"'",
]  # fmt: skip
CONFIG = "name: {name}\nmodels: {{{model}: {{architecture: dense}}}}\n"


def everything(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def is_refused(config: Path, outputs: Path, *overrides: str) -> bool:
    """Whether a name is refused, with a line that can be shown; if not, all goes to the outputs folder."""
    message = None
    try:
        accepted = load(config, overrides)
    except ConfigError as error:
        message = str(error)
    if message is not None:
        assert message.isprintable(), f"the message would steer the terminal: {message!r}"
        return True
    run, _ = find_folder(outputs, accepted.name, {"config_digest": "a", "data_digest": "b"})
    for path in (run.path, *(run.seed_folder(model, 0) for model in accepted.models)):
        inside = path.resolve().relative_to(outputs.resolve())
        assert all(re.fullmatch(r"[\w][\w.-]*", part, re.ASCII) for part in inside.parts), f"{inside} is odd"
    return False


def test_there_are_enough_names() -> None:
    assert len(set(NAMES)) >= 40


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_hostile_names_stay_inside_or_are_refused(tmp_path: Path, name: str) -> None:
    outputs, config, good = tmp_path / "outputs", tmp_path / "hostile.yaml", tmp_path / "good.yaml"
    good.write_text(CONFIG.format(name="good", model="dense"))
    config.touch()
    before = everything(tmp_path)
    written = yaml.safe_dump(name, allow_unicode=False, default_style='"', width=10_000).strip()
    for values in ({"name": written, "model": "dense"}, {"name": "good", "model": written}):
        config.write_text(CONFIG.format(**values))
        is_refused(config, outputs)
    is_refused(good, outputs, f"models={{{written}: {{architecture: dense}}}}")
    if is_refused(good, outputs, f"name={name}"):
        result = CliRunner().invoke(app, ["train", str(good), f"name={name}", "--outputs", str(outputs)])
        assert isinstance(result.exception, ConfigError), "load refuses what the program takes"
    assert everything(tmp_path) == before, "something was written for a name that was only looked at"


@pytest.mark.parametrize("name", [name for name in NAMES if "\0" not in name and name], ids=ascii)
def test_a_hostile_folder_name_is_a_plain_error(tmp_path: Path, name: str) -> None:
    before = everything(tmp_path)
    result = CliRunner().invoke(app, ["show", "--", str(tmp_path / "runs") + "/" + name])
    assert isinstance(result.exception, RunError | OSError), f"not refused: {result.exception!r}"
    assert everything(tmp_path) == before


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_hostile_class_names_are_text_wherever_they_are_shown(
    driver: Driver, small_config: Path, tmp_path: Path
) -> None:
    """The whole program on a config whose classes have such names: page, Markdown, pictures, terminal."""
    outputs, folder = tmp_path / "outputs", tmp_path / "folder"
    folder.mkdir()
    values = yaml.safe_load(small_config.read_text())
    values["data"]["class_names"] = SHOWN
    values |= {"seeds": [0], "training": values["training"] | {"epochs": 1}}
    (folder / "config.yaml").write_text(yaml.safe_dump(values))
    before = everything(folder)
    result = driver.run(folder / "config.yaml", "--outputs", outputs)
    assert result.code == 0, f"the program failed on such names:\n{result.out}{result.err}"
    assert everything(folder) == before
    assert {path.name for path in tmp_path.iterdir()} == {"outputs", "folder"}, "written outside outputs"
    run = outputs / "small"
    page = _Page()
    page.feed((run / "report.html").read_text())
    assert page.tags.count("script") == 5, "a class name became a script"  # four of data, and its own
    assert page.tags.count("title") == 1
    assert not [name for name in page.attributes if name.startswith("on")], "a class name became a handler"
    markdown = (run / "report.md").read_text()
    assert "<script>" not in markdown, "a class name is HTML in Markdown"
    assert "](javascript:" not in re.sub(r"\\.", "", markdown), "a class name became a link"
    rows = [line for line in markdown.splitlines() if line.startswith("|")]
    for one, other in itertools.pairwise(rows):
        number = [len(re.findall(r"(?<!\\)\|", row)) for row in (one, other)]
        if markdown.index(other) - markdown.index(one) == len(one) + 1:
            assert number[0] == number[1], f"a class name is a column: {other}"
    for path in run.rglob("*.csv"):
        with path.open(newline="") as file:
            assert all(cell[:1] not in "=@+" for row in csv.reader(file) for cell in row if cell)
    assert list((run / "figures").glob("*.png")), "no pictures"


def test_links_in_a_run_folder_lead_nothing_outside(tmp_path: Path) -> None:
    outside, run = tmp_path / "outside", RunFolder(tmp_path / "outputs" / "x")
    outside.mkdir()
    (outside / ".secret.tmp").write_text("kept")
    (outside / "model.keras").write_text("kept")
    run.path.mkdir(parents=True)
    write_json(run.path / "environment.json", {"a": "b"})
    (run.path / "report.json").symlink_to(outside / "model.keras")
    write_json(run.path / "report.json", {"new": 1})
    assert (outside / "model.keras").read_text() == "kept", "a file was written through a link"
    (run.path / "cnn").symlink_to(outside)
    with pytest.raises(RunError, match=r"cnn is a link to another folder: put a folder of its own"):
        run.tidy()
    (run.path / "cnn").unlink()
    run.tidy()
    run.clear()
    linked = RunFolder(tmp_path / "outputs" / "linked")
    linked.path.symlink_to(outside)
    linked.clear()
    assert not linked.path.is_symlink()
    left = {path.name: path.read_text() for path in outside.iterdir()}
    assert left == {".secret.tmp": "kept", "model.keras": "kept"}, "a link led to files of others"
