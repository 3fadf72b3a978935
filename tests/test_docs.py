"""What README.md, the map, the configs' headers and outputs/reference promise is still true."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import train
from configs.difference import settings_of
from configs.digests import digest
from configs.schema import load
from data.storage import json_bytes
from model.experiment.report import read_report
from model.experiment.terminal import terminal_block
from model.experiment.writer import PATTERNS, PICTURES
from model.report.words import counted, mega, signed
from model.run.folder import RunFolder
from model.sweep.figures import SWEEP
from model.sweep.records import Candidate, Choice, SweepReport
from model.sweep.tidy import TOLD
from tests.benchmark.table import in_short, recorded, run_times, times, title
from tests.prediction.measure import RECORD, in_words
from tests.training.search import in_rows

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAP = (ROOT / "model" / "README.md").read_text(encoding="utf-8")
FILE = re.compile(r"[\w./-]+(?:/|\.(?:py|js|mjs|css|html|md|txt|yaml))")
NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
LISTED = r"`[\w.]+`(?:(?:, | and |, and )`[\w.]+`)*"
REFERENCE = ROOT / "outputs" / "reference"
REPORT = json.loads((REFERENCE / "report.json").read_text())
DEFAULT = ROOT / "configs" / "dense_vs_cnn.yaml"
SMALL = ROOT / "configs" / "small.yaml"


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)#]+)\)", README))
def test_every_link_of_the_readme_leads_somewhere(target):
    assert (ROOT / target).exists(), f"README.md links {target}, which is not there"


@pytest.mark.parametrize("command", re.findall(r"(?<!\.)train\.py ([^\s`][^`|\n#]*)", README))
def test_every_command_of_the_readme_is_one(command):
    word = command.split()[0]
    verbs = {each.callback.__name__ for each in train.app.registered_commands}
    known = word in {*verbs, "--help"} or word.startswith("[") or "=" in word or (ROOT / word).is_file()
    assert known, f"README.md tells to run `train.py {command.strip()}`, and there is no {word}"


def files_named(line: str) -> dict[str, Path | None]:
    """Every file and folder in a line of the map, and where it is: a folder named before may be left out."""
    tops, found = [ROOT, ROOT / "model", ROOT / "tests"], {}
    for token in filter(FILE.fullmatch, re.findall(r"`([^`]+)`", line)):
        path = next((top / token for top in tops if (top / token).exists()), None)
        found[token] = path
        tops += [path if path.is_dir() else path.parent] if path else []
    return found


@cache
def names_in(path: Path) -> set[str]:
    """What a file defines: functions, classes, what these have, and names of its outermost level."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return set(re.findall(r"(?:function\*?|class|const|let) (\w+)", text))
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found |= {node.name} | {
                f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)
            }
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {
                name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)
            }
    return found


def names_told(line: str) -> Iterator[tuple[str, str]]:
    """What a line of the map says to be in a file: a name, and the file."""
    file = rf"`({FILE.pattern})`"
    told = [(names, token) for token, names in re.findall(rf"{file}: ({LISTED})", line)]
    for names, token in told + re.findall(rf"({LISTED}) (?:in |\(){file}", line):
        yield from ((name, token) for name in re.findall(r"`([^`]+)`", names) if NAME.fullmatch(name))


def test_what_the_map_names_is_there():
    faults, code = [], set()
    tops = [ROOT / top for top in ("configs", "data", "model", "tests")]
    for path in (path for top in tops for path in top.rglob("*") if path.suffix in (".py", ".js")):
        code |= set(re.findall(r"\w+", path.read_text(encoding="utf-8")))
    for line in MAP.splitlines():
        files = files_named(line)
        faults += [f"{token} is not there" for token, path in files.items() if path is None]
        for name, token in names_told(line):
            if (path := files[token]) and name not in names_in(path):
                faults.append(f"{name} is not in {token}")
        for name in filter(NAME.fullmatch, re.findall(r"`([^`]+)`", line)):
            is_code = "_" in name or name != name.lower()
            if is_code and name not in files and not set(name.split(".")) <= code:
                faults.append(f"{name} is nowhere in the code")
    assert not faults, f"model/README.md leads astray: {'; '.join(faults)}"


def test_every_line_of_the_index_leads_to_a_function_and_a_test():
    rows = MAP.partition("## Where is it decided?")[2].partition("\n## ")[0].strip().splitlines()[2:]
    for row in rows:
        question, where, _, held = row.strip("| ").split(" | ")
        assert re.search(rf"`{FILE.pattern}`: `", where), f"“{question}” is answered without a function"
        assert list(files_named(held)), f"“{question}” names no test"
    assert len(MAP.splitlines()) <= 150, "the map is longer than anybody reads: cut what is told twice"


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


def test_it_is_written_what_the_files_of_a_sweep_hold():
    text = (ROOT / "outputs" / "README.md").read_text(encoding="utf-8")
    table = text.partition("A config with a `sweep:` writes")[2].partition("`compare` takes a sweep")[0]
    known = {*Candidate.__annotations__, *SweepReport.__annotations__, *Choice.__annotations__}
    for key in known - {"model"}:
        assert f"`{key}`" in table, f"outputs/README.md does not say what `{key}` of a sweep is"
    for picture in SWEEP:
        row = next((line for line in table.splitlines() if f"`figures/{picture.name}.png`" in line), "")
        assert picture.numbers in row.replace("`", ""), f"it does not say where those of {picture.name} stand"
    told = text.partition("`csv/trainings.csv` of a sweep")[2].partition("\n")[0]
    assert all(f"`{column}`" in told for column in TOLD), "outputs/README.md lacks a column of the table"


def test_the_reference_is_of_the_default_config():
    assert REPORT["config_digest"] == digest(load(DEFAULT)), (
        "configs/dense_vs_cnn.yaml has changed since outputs/reference was made: run it again"
    )
    assert REPORT["failed"] == []


def test_the_reference_is_written_as_this_version_writes():
    written = json.loads(json_bytes(read_report(RunFolder(REFERENCE)).as_json()))
    assert written == REPORT, (
        "a report has other keys than when outputs/reference was made: run configs/dense_vs_cnn.yaml again"
    )


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


def test_the_readme_and_the_header_tell_what_the_small_network_came_to():
    recorded = json.loads((REFERENCE / "small.json").read_text(encoding="utf-8"))["small"]
    config = load(SMALL)
    assert digest(config) == recorded["config_digest"], "it is another config by now: train it, and record it"
    small, dense = recorded["models"]["small"], recorded["models"]["dense"]
    spread = {
        name: f"{one['accuracy']['mean']:.4f} ± {one['accuracy']['std']:.4f}"
        for name, one in recorded["models"].items()
    }
    assert small["parameters"] < 100_000
    told = (
        f"{small['parameters']:,} parameters reach **{spread['small']}** on the test pictures, the dense "
        f"network's {dense['parameters']:,} {spread['dense']} (mean and deviation of "
        f"{counted(len(recorded['seeds']), 'seed')}, scored once each at the final epoch)"
    )
    costs = (
        f"A training took {round(small['train_seconds'], -1):,.0f} seconds of one core "
        f"({small['precision']}), an answer takes {mega(small['flops_per_image'])} MFLOP, of the picture and "
        "of its mirror image"
    )
    of_dense = (
        f"the dense network's {dense['train_seconds']:.0f} seconds and {mega(dense['flops_per_image'])} MFLOP"
    )
    (pair,) = recorded["comparisons"]
    low, high = pair["interval"]
    apart = f"{signed(100 * pair['difference'])} points ({100 * low:.1f} to {100 * high:.1f} with new seeds"
    for sentence in (told, costs, of_dense, apart):
        assert sentence in README, f"README.md does not say what small.json records: {sentence}"
    header = SMALL.read_text(encoding="utf-8").split("\nname:")[0]
    for name, one in recorded["models"].items():
        expected = f"{name} {one['accuracy']['mean']:.4f} ± {one['accuracy']['std']:.4f}"
        assert expected in header, f"the header does not say `{expected}`, which small.json records"


def test_the_readme_tells_how_the_recipe_of_the_small_network_was_found():
    recorded = json.loads((REFERENCE / "small_search.json").read_text(encoding="utf-8"))
    for part, rows in recorded.items():
        assert "\n".join(in_rows(rows)) in README, (
            f"README.md does not show what small_search.json has of {part}"
        )
    hours = sum(one["core_seconds"] for rows in recorded.values() for one in rows.values()) / 3600
    accuracy = {
        name: f"{recorded[part][name]['accuracy']:.4f}"
        for part, name in (("first round", "e12-shift1"), ("second round", "e12-now"))
    }
    without = recorded["dense"]["bare"]["accuracy"] - recorded["dense"]["d40-3"]["accuracy"]
    for told in (
        f"in {hours:.1f} hours of one core",
        f"came to {accuracy['e12-now']} where `shift: 1` alone had come to {accuracy['e12-shift1']}",
        f"is right on {100 * without:.1f} points more of the validation pictures",
    ):
        assert told in README, f"README.md does not say `{told}`, as small_search.json has it"


def test_the_recipe_of_the_small_network_is_what_the_search_chose():
    recorded = json.loads((REFERENCE / "small_search.json").read_text(encoding="utf-8"))
    longer, chosen = recorded["longer"], settings_of(load(SMALL))
    expected = longer["e25-now"]["settings"] | {"data.validation_images": 2000}
    for changes in (longer["e40-now"], longer["e25-both"], recorded["dense"]["d40-3"]):
        expected |= changes["changed"]
    other = {key: (chosen.get(key), value) for key, value in expected.items() if chosen.get(key) != value}
    assert not other, f"configs/small.yaml has other settings than the search chose (here, there): {other}"


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


def test_the_readme_tells_what_was_measured_of_predict():
    for sentence in in_words(json.loads(RECORD.read_text(encoding="utf-8"))):
        assert sentence in README, f"README.md does not say what {RECORD.name} records: {sentence}"


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
