"""Pages that want to do harm, or are none: a sentence each, nobody else kept out, little memory."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.comparison.pairs import ClassDifference
from model.comparison.records import ClassScore
from model.page.contents import block
from model.side_by_side.handed_in import MOST, MOST_IN_BLOCK, MOST_KEYS
from tests.conftest import ROOT
from tests.side_by_side.pages import a_run, carried_by, page_of, write_page

MEMORY = 1_500_000_000  # bytes of address space, most of which is libraries
Carried = dict[str, Any]


def changed(*keys: str, value: Any) -> Callable[[Carried], None]:
    """Puts a value at a place of what a page carries."""

    def change(carried: Carried) -> None:
        place = carried
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value

    return change


def base64_of(number: int, count: int = 3000) -> str:
    return base64.b64encode(bytes([number]) * count).decode()


def test_three_models_of_as_many_classes_as_there_may_be_fit() -> None:
    generator = np.random.default_rng(0)
    labels = generator.permutation(np.arange(60_000) % 256).astype(np.uint8)
    wrong = [generator.random((3, 60_000)) < 0.5 for _ in range(3)]
    tables = [
        np.mean([np.histogram2d(labels, np.where(one, generator.integers(0, 256, one.shape), labels), 256)[0]
                 for one in seeds], axis=0)
        for seeds in wrong
    ]  # fmt: skip
    tables += [table - tables[0] for table in tables[1:]]
    size = sum(len(block(table.tolist())) for table in tables)
    keys = 3 * 256 * (len(ClassScore.__dataclass_fields__) + len(ClassDifference.__dataclass_fields__))
    assert size + 500_000 <= MOST_IN_BLOCK, "an honest page of three models of 256 classes is refused"
    assert keys + 10_000 <= MOST_KEYS, "an honest page of three models of 256 classes is refused"


SEED = ("predictions", "models", "cnn", "0")
CARRIED: dict[str, tuple[Callable[[Carried], None], str]] = {  # by name of the page; what is said of it
    "old": (changed("predictions", value=None), "before pages carried their answers"),
    "no-report": (changed("report", value=None), "carries no report"),
    "list": (changed("report", value=[1]), "where a report and its answers belong"),
    "text-answers": (changed("predictions", value="x"), "where a report and its answers belong"),
    "no-labels": (changed("predictions", "labels", value=None), "labels that are no base64"),
    "not-base64": (changed(*SEED, value="%%%%"), "cnn, seed 0 that are no base64"),
    "out-of-range": (changed(*SEED, value=base64_of(7)), "has class 7 among cnn, seed 0"),
    "few-answers": (changed(*SEED, value=base64_of(0, 10)), "has 10 classes as cnn, seed 0"),
    "no-answers": (changed("predictions", "models", value={}), "has no answers of dense, seed 0"),
    "models-list": (changed("predictions", "models", value=[3]), "has no answers of dense, seed 0"),
    "many-pictures": (changed("report", "data", "test", value=10**12), "contradicts itself"),
    "not-fashion": (changed("report", "data", "name", value="fashion-mnist"), "has not their digest"),
    "negative": (changed("report", "data", "test", value=-1), "data.test"),
    "script-in-name": (changed("report", "models", value={"<script>": {}}), "is no report of a run"),
    "many-faults": (changed("report", "failed", value=[{}] * 2_600_000), "is no report of a run"),
    "many-keys": (
        changed("report", "environment", value=dict.fromkeys(map(str, range(100_000)), 0)),
        "keys as data-report; expected",
    ),
    "false-keys": (
        changed("report", "without_duplicates", value={str(key): [] for key in range(99_000)}),
        "is no report of a run",
    ),
    "many-models": (
        changed("report", "models", value={f"m{number}": {} for number in range(MOST + 1)}),
        "tells of more than 100 models, or comparisons of these",
    ),
    "many-seeds": (
        changed("predictions", "models", "cnn", value={str(seed): base64_of(0, 1) for seed in range(101)}),
        "tells of more than 100 seeds of cnn",
    ),
    "large-block": (changed("guess", value="x" * 9_000_000), "as data-guess; expected at most"),
}
RAW: dict[str, tuple[Callable[[str], bytes], str]] = {
    "nan": (
        lambda text: text.replace('"chance":', '"chance":NaN,"x":', 1).encode(),
        "NaN is no finite number",
    ),
    "huge-number": (
        lambda text: text.replace('"test":3000', f'"test":{"9" * 5000}', 1).encode(),
        "can't be read",
    ),
    "deep": (
        lambda text: text.replace('"failed":', f'"failed":{"[" * 100_000},', 1).encode(),
        "can't be read",
    ),
    "twice": (lambda text: text.replace("</body>", f"{text}</body>").encode(), "carries data-report 2 times"),
    "cut-off": (lambda text: text[: len(text) // 2].encode(), "is cut off"),
    "not-utf8": (lambda text: text.encode().replace(b'"name":"', b'"name":"\xff\xfe', 1), "can't be read"),
    "other-html": (lambda text: b"<html><body>My homework</body></html>\n", "carries no report"),
    "binary": (lambda text: os.urandom(100_000), "carries no report"),
    "empty": (lambda text: b"", "carries no report"),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pages: two good ones, and all the others."""
    folder = tmp_path_factory.mktemp("hostile")
    run, pages = a_run(folder / "run"), folder / "pages"
    for name in ("good", "good-too"):
        page_of(run, pages / f"{name}.html", guess="more")
    text = (pages / "good.html").read_text(encoding="utf-8")
    for name, (change, _) in CARRIED.items():
        carried = carried_by(pages / "good.html")
        change(carried)
        write_page(pages / f"{name}.html", carried)
    for name, (spoil, _) in RAW.items():
        (pages / f"{name}.html").write_bytes(spoil(text))
    with (pages / "large.html").open("wb") as file:
        file.truncate(100_000_000)
    (pages / "folder.html").mkdir()
    (pages / "loop.html").symlink_to(pages / "loop.html")
    os.mkfifo(pages / "pipe.html")
    (pages / "unreadable.html").symlink_to(pages / "nowhere")
    return pages


OTHERS = {
    "large": "has 100,000,000 bytes",
    "folder": "report.json is missing",
    "loop": "can't be read",
    "pipe": "no regular file",
    "unreadable": "can't be read",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def compared(hostile: Path, outputs: Path) -> subprocess.CompletedProcess[str]:
    """All pages of the folder compared, by a process that gets no more memory than it should need."""
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
import train
code = train.main(sys.argv[1:])
print("ENDED", code)
"""
    words = [sys.executable, "-c", code, "compare", str(hostile), "--outputs", str(outputs)]
    return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=300)


def test_pages_that_are_good_stand_beside_all_others(compared: subprocess.CompletedProcess[str]) -> None:
    assert "ENDED 1" in compared.stdout, f"{compared.stdout[-3000:]}\n{compared.stderr[-3000:]}"
    table = compared.stdout.split("\n\n")[0]
    assert sorted(line.split()[0] for line in table.splitlines()[2:]) == ["good", "good-too"], (
        "who stands in the table"
    )
    assert "Traceback" not in compared.stdout + compared.stderr
    assert f"{len(CARRIED | RAW | OTHERS) - 6} more are told of in" in compared.stdout, (
        "they flood the screen"
    )


@pytest.mark.parametrize("name", [*CARRIED, *RAW, *OTHERS])
def test_each_other_page_gets_one_sentence(
    name: str, compared: subprocess.CompletedProcess[str], hostile: Path, outputs: Path
) -> None:
    expected = {**{n: told for n, (_, told) in (CARRIED | RAW).items()}, **OTHERS}[name]  # type: ignore[dict-item]
    [written] = outputs.glob("comparisons/*/comparison.json")
    told = json.loads(written.read_text())["unusable"]
    own = [one["problem"] for one in told if one["run"] in (name, f"{name}.html")]
    assert len(own) == 1, f"{name} is told {len(own)} times: {own}"
    assert expected in own[0], f"{name}: {own[0]}"
    assert str(hostile / name) in own[0], "the file is not named"
    assert len(own[0]) < 700, "what it says floods the screen"
