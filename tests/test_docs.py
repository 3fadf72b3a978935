"""What README.md, the configs' headers and outputs/reference promise is still true."""

import json
import re
from pathlib import Path

import pytest

import train
from configs.schema import digest, load
from model.experiment.report import read_report
from model.experiment.terminal import terminal_block
from model.experiment.writer import PATTERNS, PICTURES
from model.report.words import signed
from model.run.folder import RunFolder
from tests.benchmark.table import in_short, recorded, run_times, times, title

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
REFERENCE = ROOT / "outputs" / "reference"
REPORT = json.loads((REFERENCE / "report.json").read_text())
DEFAULT = ROOT / "configs" / "dense_vs_cnn.yaml"


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(target):
    assert (ROOT / target).exists(), f"README.md links {target}, which is not there"


@pytest.mark.parametrize("command", re.findall(r"(?<!\.)train\.py ([^\s`][^`|\n#]*)", README))
def test_every_command_of_the_readme_is_one(command):
    word = command.split()[0]
    verbs = {each.callback.__name__ for each in train.app.registered_commands}
    known = word in verbs or word.startswith("[") or "=" in word or (ROOT / word).is_file()
    assert known, f"README.md tells to run `train.py {command.strip()}`, and there is no {word}"


def test_it_is_written_where_the_numbers_of_every_picture_stand():
    text = (ROOT / "outputs" / "README.md").read_text(encoding="utf-8")
    table = text.partition("Where the numbers of the pictures")[2].partition("\n\n")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(\S+)\.png`(.*)", table, re.MULTILINE))
    declared = {picture.name.format(model="MODEL"): picture.numbers for picture in [*PICTURES, PATTERNS]}
    kinds = rows.pop("robustness-KIND")
    rows |= {name: kinds for name in declared if name.startswith("robustness-")}
    assert rows.keys() == declared.keys(), "the table in outputs/README.md and the declared pictures differ"
    for name, numbers in declared.items():
        for place in re.findall(r"\w+\.(?:json|npz|csv)|(?<=\.)\w+", numbers):
            known = place in rows[name] or place == "report.json"
            assert known, f"outputs/README.md does not say that numbers of {name} stand in {place}"


def test_the_reference_is_of_the_default_config():
    assert REPORT["config_digest"] == digest(load(DEFAULT)), (
        "configs/dense_vs_cnn.yaml has changed since outputs/reference was made: run it again"
    )
    assert REPORT["failed"] == []


def test_the_reference_reaches_what_is_promised():
    means = {name: entry["accuracy"]["mean"] for name, entry in REPORT["models"].items()}
    assert means["dense"] >= 0.885
    assert means["cnn"] >= 0.912


def test_the_readme_shows_the_reference():
    block = terminal_block(read_report(RunFolder(REFERENCE)), "outputs/dense-vs-cnn")
    shown = block[: block.index("Look")].strip()
    assert shown in README, "the result that README.md prints is not that of outputs/reference/report.json"


def test_the_readme_tells_what_why_recorded():
    recorded = json.loads((REFERENCE / "why.json").read_text(encoding="utf-8"))["why"]
    for pair in recorded["comparisons"]:
        told = f"{pair['candidate']} {signed(100 * pair['difference'])}"
        assert told in README, f"README.md does not say `{told}`, which outputs/reference/why.json records"


def test_the_readme_shows_the_recorded_benchmarks():
    records = recorded()
    assert not any(record["quick"] for record in records), "what was only tried stands in outputs/reference"
    shown = re.findall(r"\| ConvLens / the other .*?(?=\n\n)", README, re.DOTALL)
    expected = [in_short(records)] if records else []
    assert shown == expected, "README.md does not show `python -m tests.benchmark --readme`"


def test_the_readme_and_the_headers_tell_the_recorded_times():
    records = recorded()
    shown = re.findall(r"\| time of a run .*?(?=\n\n)", README, re.DOTALL)
    assert shown == list(filter(None, [times(records)])), (
        "README.md does not show the times that `python -m tests.benchmark --readme` prints"
    )
    for record in records:
        for config, time in run_times(record).items():
            told = f"{time} ({title(record['machine'])})"
            header = (ROOT / config).read_text(encoding="utf-8").split("\nname:")[0]
            assert told in header, f"# time: in {config} does not say `{told}`, which is recorded"


def test_the_header_of_the_default_config_is_true():
    header = DEFAULT.read_text(encoding="utf-8").split("\nname:")[0]
    for name, entry in REPORT["models"].items():
        accuracy = entry["accuracy"]
        expected = f"{name} {accuracy['mean']:.3f} ± {accuracy['std']:.3f}"
        assert expected in header, f"the header does not say `{expected}`, which outputs/reference records"


def test_the_reference_is_small_and_complete():
    files = [path for path in REFERENCE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 3e6, "outputs/reference is over 3 MB"
    assert max(path.stat().st_size for path in files) < 1e6, "a file of outputs/reference is over 1 MB"
    assert not list(REFERENCE.rglob("*.html")), "a page carries all pictures: README.md shows one of it"
    drawn = {picture.name.format(model="cnn") for picture in [*PICTURES, PATTERNS]}
    for path in (REFERENCE / "figures").iterdir():
        assert path.stem in drawn, f"{path.name} is a picture that no run has any more"
