"""The tool that tests the tests: what it finds in a module with gaps, and what it must not call a fault."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.mutants import count, mutant

ROOT = Path(__file__).parent.parent
PLANTED = {
    "configs/planted.py": """
LIMIT = 3

def clipped(value):
    return LIMIT if value > LIMIT else value

def counted_down(value):
    while value > 0:
        value = value - 1
    return value

def told(value):
    return value + 1
""",
    "tests/test_planted.py": """
from pathlib import Path
from configs.planted import clipped, counted_down

def test_small_and_large():
    assert (clipped(2), clipped(9)) == (2, 3)

def test_that_it_ends():
    assert counted_down(4) == 0

def test_of_the_text():
    assert Path("configs/planted.py").read_text().startswith("\\n"), "which no mutant is"
""",
    "tests/test_of_a_program.py": """
import subprocess, sys

def test_what_is_printed():
    code = "from configs.planted import told; print(told(1))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).stdout == b"2\\n"
""",
}
TRY = """
import json, sys
from pathlib import Path
from tests import mutation, reach
reach.HEAVY = ()
reach.load_heavy()
mutation.PATIENCE = 0.5
bench = mutation.Bench(Path(sys.argv[1]))
drawn = mutation.draw(bench, ["configs/planted.py"], None, 0)
reasons = {("configs/planted.py", "value = value - 1", "1  ->  2"): "a reason"}
found = mutation.begin(bench, drawn, None)
for _ in mutation.try_mutants(bench, drawn, reasons, found):
    if found["tried"] == 3:
        break
assert mutation.begin(bench, drawn[1:], found)["tried"] == 0, "others than those that were begun"
for _ in mutation.try_mutants(bench, drawn, reasons, mutation.begin(bench, drawn, found)):
    pass
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The result of trying all mutants of the planted module."""
    folder = tmp_path_factory.mktemp("planted")
    texts = PLANTED | {"pyproject.toml": (ROOT / "pyproject.toml").read_text(), "tests/conftest.py": ""}
    for name, text in texts.items():
        (folder / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "checkout" / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-c", TRY, folder / "checkout"],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"the tool ended with:\n{done.stdout}{done.stderr}"
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_gaps_are_found_and_nothing_else(planted: dict[str, Any]):
    survivors = {(found["source"], found["change"]) for found in planted["survivors"]}
    expected = {
        ("return LIMIT if value > LIMIT else value", "value > LIMIT  ->  value >= LIMIT"),
        ("value = value - 1", "1  ->  2"),
    }
    assert survivors == expected, "of the planted module, 3 clipped is 3, and nobody counts down from 3"


def test_a_started_program_notices_what_only_it_reaches(planted: dict[str, Any]):
    assert planted["noticed_by"]["program"] == 4, "told: + for -, 1 for 0 and 2, and nothing returned"


def test_a_reason_stays_beside_its_survivor(planted: dict[str, Any]):
    reasons = {found["change"]: found.get("reason") for found in planted["survivors"]}
    assert reasons == {"value > LIMIT  ->  value >= LIMIT": None, "1  ->  2": "a reason"}


@pytest.mark.parametrize(
    ("source", "changes"),
    [
        ('"""Words."""\n__all__ = ["a"]\n', []),
        ("def f(x: int = 1) -> int: return x", ["1  ->  2", "1  ->  0", "return x  ->  return None"]),
        ("raise ValueError(f'{len(x) + 1} is too long for words')", ["raise", "len(x) - 1", "2", "0"]),
        ("a = zip(b, c, strict=True)\n", []),
        (
            "sheet.text(24, y + 3, f'{100 * share} %')",
            ["sheet", "y + 3  ->  y - 3", "100 // share", "101", "99"],
        ),
        ("x = 24 + place % 6 * 192\nsheet.save()", ["24 - place", "// 192", "place * 6", "7", "5", "sheet"]),
        ("x = 24", ["24  ->  25", "24  ->  23"]),
    ],
    ids=["words", "annotations", "messages", "guards", "pixels", "columns", "no drawing"],
)
def test_what_is_changed(source: str, changes: list[str]):
    found = [mutant(source, number).change for number in range(count(source))]
    assert len(found) == len(changes), f"the mutants of {source!r} are {found}"
    for change, part in zip(found, changes, strict=True):
        assert part in change, f"the mutants of {source!r} are {found}"


def test_of_a_sample_of_the_code_nine_in_ten_faults_are_noticed() -> None:
    recorded = json.loads((ROOT / "tests" / "mutation.json").read_text())
    [sample] = [found for command, found in recorded.items() if command.endswith("--sample 300 --seed 0")]
    assert sample["tried"] == sample["mutants"] == 300
    assert len(sample["survivors"]) == sample["noticed_by"]["nothing"], "a survivor is not named"
    reasons = [survivor.get("reason", "") for survivor in sample["survivors"]]
    assert all(reasons), "a survivor without a reason"
    since = [reason.removeprefix("noticed since, by ") for reason in reasons if "since, by" in reason]
    for test in since:
        file, name = test.split("::")
        assert f"def {name}(" in (ROOT / file).read_text(), f"{test} is gone: who notices now?"
    assert 300 - len(reasons) + len(since) >= 270
