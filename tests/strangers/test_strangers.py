"""What the program says of data and networks it does not know is true, sentence by sentence."""

import ast
import re
import shutil
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image

from tests.strangers import told
from tests.strangers.checker import check
from tests.strangers.classes import ClassOf
from tests.strangers.compared import SideBySide
from tests.strangers.conftest import evidence_of
from tests.strangers.elsewhere import claimed
from tests.strangers.grammar import FIXED, PATTERNS, Number, Said, Wrong, agree, agree_share, says
from tests.strangers.sets import QUICK, SETS

HERE = Path(__file__).parent
every_set = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.deep) for name in SETS]
)
CLAIMS = r"\d|\b(best|better|worse|most|least|more|fewer|first|last|largest|improv|ahead|behind|lead)"


@every_set
def test_nothing_that_a_run_says_is_false(name, run_of):
    folder = run_of(name)
    terminal = (folder / "terminal.txt").read_text(encoding="utf-8")
    of_run = told.of_run(folder / "outputs" / name)
    found = check(evidence_of(name, folder), [*told.of_terminal(terminal, "terminal"), *of_run])
    claims = claimed(evidence_of(name, folder), of_run)
    assert not claims, f"{name}: nobody knows that of networks that were trained elsewhere: {claims}"
    (folder / "checked.txt").write_text(str(found), encoding="utf-8")
    assert found.sentences > 50, f"{name}: hardly anything was read: {found}"
    assert not found.faults, f"{name}: {found}"


@every_set
def test_nothing_false_is_said_when_a_run_is_shown_again(name, run_of, driver):
    folder = run_of(name)
    result = driver.run("show", folder / "outputs" / name)
    assert result.code == 0, result.err
    found = check(evidence_of(name, folder), told.of_terminal(result.out, "show"))
    assert found.sentences, f"{name}: nothing was read"
    assert not found.faults, f"{name}: {found}"


@every_set
def test_a_place_of_a_map_is_worked_out_right(name, run_of, driver):
    folder = run_of(name)
    for layer in (
        ("conv1", "conv2")
        if len(evidence_of(name, folder).models["cnn"].first.convolutions) > 1
        else ("conv1",)
    ):
        asked = ("lesson", folder / "outputs" / name, "--layer", layer, "--outputs", folder / "lessons")
        result = driver.run(*asked)
        assert result.code == 0, result.err
        found = check(evidence_of(name, folder), told.of_terminal(result.out, f"lesson {layer}"))
        assert found.sentences > 8, f"{name}: hardly anything was read: {found}"
        assert not found.faults, f"{name}: {found}"


@pytest.mark.parametrize("names", [QUICK, pytest.param(("one-seed", "ten-seeds"), marks=pytest.mark.deep)])
def test_nothing_false_is_said_of_runs_side_by_side(names, run_of, driver, tmp_path):
    folders = [run_of(name) for name in names]
    runs = [folder / "outputs" / name for name, folder in zip(names, folders, strict=True)]
    result = driver.run("compare", *runs, "--outputs", tmp_path)
    assert result.code == 0, result.err
    [comparison] = (tmp_path / "comparisons").iterdir()
    pieces = told.of_terminal(result.out, "compare")
    pieces += told.of_markdown((comparison / "comparison.md").read_text(), "comparison.md")
    pieces += told.of_page((comparison / "comparison.html").read_text(), "comparison.html")
    together = SideBySide({n: evidence_of(n, f) for n, f in zip(names, folders, strict=True)})
    found = check(together, pieces)
    assert found.sentences > 10, f"hardly anything was read: {found}"
    assert not found.faults, str(found)


def test_nothing_false_is_said_of_a_class(run_of, driver, tmp_path):
    folders = {name: run_of(name) for name in QUICK}
    for name, folder in folders.items():
        shutil.copy(folder / "outputs" / name / "report.html", tmp_path / f"{name}.html")
    shutil.copy(tmp_path / f"{QUICK[0]}.html", tmp_path / "copy.html")
    result = driver.run("compare", *sorted(tmp_path.glob("*.html")), "--outputs", tmp_path)
    assert result.code == 0, result.err
    [comparison] = (tmp_path / "comparisons").iterdir()
    pieces = told.of_terminal(result.out, "compare")
    pieces += told.of_markdown((comparison / "comparison.md").read_text(), "comparison.md")
    pieces += told.of_page((comparison / "comparison.html").read_text(), "comparison.html")
    runs = {"copy": QUICK[0]} | {name: name for name in QUICK}
    together = ClassOf({page: evidence_of(name, folders[name]) for page, name in runs.items()})
    found = check(together, pieces)
    assert found.sentences > 10, f"hardly anything was read: {found}"
    assert not found.faults, str(found)


@pytest.mark.deep
@pytest.mark.parametrize("name", SETS)
def test_nothing_false_is_said_of_pictures_of_ones_own(name, run_of, driver, tmp_path_factory):
    own = tmp_path_factory.mktemp("own")  # short, or lines of the terminal break its names
    folder, evidence = run_of(name), evidence_of(name, run_of(name))
    noise = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    for number, pixels in enumerate(
        [*evidence.data.test_images[:4], 255 - evidence.data.test_images[4], noise]
    ):
        path = own / f"{number}.png"
        Image.fromarray(pixels).save(path)
        evidence.own[str(path)] = path
    result = driver.run("predict", folder / "outputs" / name, *evidence.own, "--outputs", own)
    assert result.code in (0, 3, 4), result.err  # a picture without a difference in it, a network that failed
    found = check(evidence, told.of_terminal(result.out, "predict"))
    assert found.sentences > 2, f"{name}: hardly anything was read: {found}"
    assert not found.faults, f"{name}: {found}"


@pytest.mark.deep
@pytest.mark.parametrize("name", SETS)
def test_nothing_false_is_said_of_what_is_exported(name, run_of, driver, tmp_path):
    evidence = evidence_of(name, run_of(name))
    for model in evidence.scored:
        asked = ("--format", "keras", "--model", model, "--seed", evidence.scored[model].trained[0])
        result = driver.run(
            "export", run_of(name) / "outputs" / name, *map(str, asked), "--outputs", tmp_path
        )
        assert result.code == 0, result.err
        found = check(evidence, told.of_terminal(result.out, "export"))
        assert found.sentences >= 3, f"{name}: hardly anything was read: {found}"
        assert not found.faults, f"{name}: {found}"


# The checker itself ----------------------------------------------------------------------------------------


def test_the_second_way_takes_nothing_from_the_program():
    for path in HERE.glob("*.py"):
        imported = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in ([node.module or ""] if isinstance(node, ast.ImportFrom) else [])
            + ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [])
        }
        allowed = {"sets.py": {"data"}, "test_lies.py": {"model", "data", "configs"}}.get(path.name, set())
        assert not imported & {"model", "configs", "data", "train"} - allowed, f"{path.name} uses the program"


def test_fixed_sentences_claim_nothing():
    for line in FIXED.read_text(encoding="utf-8").splitlines():
        assert not re.search(CLAIMS, line), f"“{line}” claims something: it needs a pattern and a check"


class Nothing:
    """Evidence of two models and two classes, and no files."""

    models: ClassVar = {"cnn": None, "cnn 2": None}
    classes = ("A", "A long name")
    names: ClassVar = ["run"]


def test_a_sentence_that_is_not_known_is_a_fault():
    [fault] = check(Nothing(), [Said("cnn is a marvel of our age.", "here")]).faults
    assert "no pattern knows" in fault.why, f"the sentence passed: {fault}"


def test_a_number_claims_no_more_than_its_last_digit():
    agree("it", Number("2.4"), 0.0245, 100)
    agree("it", Number("1,234"), 1234.4)
    agree_share("it", Number("99.9 %"), 0.9999)
    agree_share("it", Number("under 0.1 %"), 0.0003)
    for told_, value in (("2.4", 0.02451), ("−0.12", 0.12), ("1,234", 1235)):
        with pytest.raises(Wrong):
            agree("it", Number(told_), value, 100 if told_ == "2.4" else 1)
    with pytest.raises(Wrong):
        agree_share("it", Number("under 0.1 %"), 0.002)
    with pytest.raises(Wrong, match="not all"):
        agree_share("it", Number("100.0 %"), 0.9999)


def test_a_pattern_hands_its_parts_to_its_check():
    heard = {}

    @says("<m:model> says <k:n> of <c:cls>")
    def _(e, at, m, k, c):
        heard.update(m=m, k=k, c=c)

    try:
        found = check(Nothing(), [Said("cnn 2 says 1,000 of A lo….", "here")])
        assert not found.faults, f"the pattern does not fit: {found}"
    finally:
        PATTERNS.pop()
    assert heard == {"m": "cnn 2", "k": 1000, "c": {1}}, f"names or numbers got lost: {heard}"
