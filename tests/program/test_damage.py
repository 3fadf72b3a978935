"""One file of a run is damaged in any way: what is said is true, what can be is made again, no other is lost.

The whole table, every file in every way under every verb, is `deep`: thousands of programs. A few of its rows
run always.
"""

import hashlib
import io
import re
import shutil
import zipfile
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import pytest

from data.perturbations import KINDS
from tests.conftest import GUESS, MakeOnce
from tests.faults import Driver, Result

AS_MADE = "launch.workers=2"
OTHERWISE = ["name=other", "training.learning_rate=0.004", AS_MADE]
OF_TRAINING = ("model.keras", "history.csv", "predictions.npz", "metrics.json")
LOOKS = (
    *("filters.npz", "untrained.npz", "inside-figures.json", "why-figures.json", "wanted-classes.png"),
    *("attributions.npz", "attributions.json", "wanted.npz", "wanted.json"),
    *(f"why-{picture}.png" for picture in (0, 1, 2, 4, 6, 8, 9, 13, 18, 19)),
)
OF_CNN = (
    *("activations.npz", "passports.json", "layers.json", "keep-best.png"),
    *(f"conv{number}-{kind}.png" for number in (1, 2) for kind in ("activations", "filters", "passports")),
    *("wanted-conv1.png", "wanted-conv2.png"),
)
FIGURES = (
    *("1-at-a-glance", "2-accuracy", "3-learning", "4-confusion", "5-mistakes", "6-calibration"),
    *("9-disagreements", "patterns-cnn", *(f"robustness-{kind}" for kind in KINDS)),
)
FILES = [
    *("config.yaml", "environment.json", "manifest.json", "report.json", "report.md", "report.html"),
    *("likeness.npz", "guess.json"),
    *(f"{m}/seed-{s}/{name}" for m in ("dense", "cnn") for s in (0, 1) for name in OF_TRAINING),
    *(f"{model}/seed-0/robustness.{kind}" for model in ("dense", "cnn") for kind in ("npz", "json")),
    *(f"dense/inspection/{name}" for name in (*LOOKS, "units.json", "dense1-weights.png")),
    *(f"cnn/inspection/{name}" for name in (*LOOKS, *OF_CNN)),
    *(f"figures/{name}.png" for name in FIGURES),
]


def flip(path: Path, other: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def fold(path: Path, other: Path) -> None:
    path.unlink()
    path.mkdir()


def lock(path: Path, other: Path) -> None:
    """A link to itself: who runs the tests may be allowed to read every file."""
    path.unlink()
    path.symlink_to(path)


REPLACED = "replaced by another run's"
WAYS: dict[str, Callable[[Path, Path], object]] = {  # what happens to a file; and the one of another run
    "deleted": lambda path, other: path.unlink(),
    "truncated": lambda path, other: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one bit flipped": flip,
    REPLACED: lambda path, other: shutil.copy(other, path),
    "emptied": lambda path, other: path.write_bytes(b""),
    "made a folder": fold,
    "made unreadable": lock,
}
READ_ALWAYS = {
    ("report.json", "one bit flipped"),
    ("cnn/seed-1/predictions.npz", "one bit flipped"),
    ("config.yaml", "truncated"),
    ("manifest.json", "deleted"),
    ("guess.json", "one bit flipped"),
    ("cnn/inspection/passports.json", "made a folder"),
}
WRITTEN_ALWAYS = {("figures/4-confusion.png", "emptied"), ("guess.json", "deleted")}  # which train nothing


def cells(always: Collection[tuple[str, str]]) -> list[Any]:
    """The rows and columns of the table; those are `deep` that are not run always."""
    return [
        pytest.param(name, way, marks=[] if (name, way) in always else pytest.mark.deep, id=f"{name}, {way}")
        for name in FILES
        for way in WAYS
    ]


@pytest.fixture
def run(name: str, way: str, request: pytest.FixtureRequest) -> Path:
    """What is damaged; where trainings are made again, all of them are to be made by the driver."""
    always = (name, way) in READ_ALWAYS | WRITTEN_ALWAYS
    found: Path = request.getfixturevalue("small_run" if always else "driven_run")
    return found


@pytest.fixture(scope="module")
def driven_run(driver: Driver, small_config: Path, make_once: MakeOnce) -> Path:
    """As `small_run`, but for the variables that the driver sets for all its runs, and these record."""

    def make(folder: Path) -> None:
        done = driver.run(small_config, AS_MADE, "--guess", GUESS, "--outputs", folder)
        assert done.code == 0, done.out + done.err

    return make_once("damaged-run", make) / "small"


@pytest.fixture(scope="module")
def other(driver: Driver, small_config: Path, make_once: MakeOnce) -> Path:
    """A run of the same networks as `small_run` on the same data, trained otherwise."""

    def make(folder: Path) -> None:
        done = driver.run(small_config, *OTHERWISE, "--guess", "dense", "--outputs", folder)
        assert done.code == 0, done.out + done.err

    return make_once("damaging-run", make) / "other"


@dataclass
class Damage:
    """Damages one file of a copy of the run, and has verbs meet it."""

    driver: Driver
    run: Path
    other: Path
    folder: Path
    name: str
    way: str

    @property
    def whole(self) -> dict[str, str]:
        """The files as they were."""
        return contents(self.run)

    def done_to(self, place: str) -> Path:
        """A copy in which it has happened."""
        run = shutil.copytree(self.run, self.folder / place / "small")
        WAYS[self.way](run / self.name, self.other / self.name)
        return run

    def met_by(self, *words: Any) -> Result:
        """What a verb says and does; never a traceback."""
        result = self.driver.run(*words)
        assert "Traceback" not in result.out + result.err, self.said(result)
        assert result.code in (0, 1, 2, 3, 4), self.said(result)
        return result

    def said(self, result: Result) -> str:
        """For whoever reads why a test fails."""
        what = f"{self.name} {self.way}: the program ends with {result.code} and says"
        return f"{what}\n{result.out[-1500:]}{result.err[-1500:]}"

    def is_named(self, result: Result) -> bool:
        """Whether the file is, however lines were broken."""
        return self.name in "".join((result.out + result.err).split())


@pytest.fixture
def damage(
    name: str, way: str, driver: Driver, run: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Damage:
    other = request.getfixturevalue("other") if way == REPLACED else run
    return Damage(driver, run, other, tmp_path, name, way)


def reading(run: Path) -> dict[str, list[Any]]:
    """The verbs that leave a run as it is."""
    elsewhere = ["--outputs", run.parent / "elsewhere"]
    return {
        "show": ["show", run],
        "compare": ["compare", run, *elsewhere],
        "lesson": ["lesson", run, *elsewhere],
        "status": ["status", run],
    }


@pytest.fixture(scope="module")
def told(driver: Driver, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, str]]:
    """What these say of a run while it is whole."""

    @cache
    def by_verb(run: Path) -> dict[str, str]:
        copy = shutil.copytree(run, tmp_path_factory.mktemp("undamaged") / "small")
        results = {verb: driver.run(*words) for verb, words in reading(copy).items()}
        assert all(result.code == 0 for result in results.values()), results
        return {verb: anywhere(result.out) for verb, result in results.items()}

    return by_verb


def anywhere(text: str) -> str:
    """What is said, wherever the run stands and lines are broken; a short path leaves room for more words."""
    left_out = r"--outputs \S+|\S*/(?=small|elsewhere)|this again, and the layers"
    left_out += "|convolution and pooling by hand"
    return re.sub(left_out, "", text).translate(dict.fromkeys(map(ord, " \n")))


@pytest.mark.parametrize(("name", "way"), cells(READ_ALWAYS))
def test_who_reads_a_damaged_run_names_the_file_or_says_what_it_said_before(
    damage: Damage, told: Callable[[Path], dict[str, str]]
) -> None:
    run, whole = damage.done_to("reading"), told(damage.run)
    before = contents(run)
    for verb, words in reading(run).items():
        result = damage.met_by(*words)
        assert contents(run) == before, f"{verb} changed what it read. {damage.said(result)}"
        true = (result.code, anywhere(result.out)) == (0, whole[verb])
        assert true or damage.is_named(result), f"{verb} does not name it. {damage.said(result)}"
        recorded = damage.name != "manifest.json" and before != damage.whole
        assert not (verb == "status" and true and recorded), f"not noticed. {damage.said(result)}"


@pytest.mark.parametrize("verb", ["inspect", "train"])
@pytest.mark.parametrize(("name", "way"), cells(WRITTEN_ALWAYS))
def test_a_damaged_file_is_made_again_or_named_and_no_other_is_lost(
    damage: Damage, verb: str, small_config: Path
) -> None:
    run = damage.done_to(verb)
    words: dict[str, list[Any]] = {
        "inspect": ["inspect", run],
        "train": [small_config, AS_MADE, "--outputs", run.parent],
    }
    result = damage.met_by(*words[verb])
    whole, after = damage.whole, contents(run)
    telling = ("report.", "figures/") if result.code == 4 else ()  # these tell then what could not be done
    intact = {name for name in whole if name != damage.name and not name.startswith(telling)}
    lost = [name for name in sorted(intact) if after.get(name) != whole[name]]
    assert not lost, f"{verb} costs {', '.join(lost)}. {damage.said(result)}"
    if result.code == 0:
        assert after.get(damage.name) == whole[damage.name], f"not the same bits again. {damage.said(result)}"
        assert damage.met_by("status", run).code == 0, f"done, and not whole. {damage.said(result)}"
    else:
        assert damage.is_named(result), f"{verb} does not name it. {damage.said(result)}"


def test_the_table_has_every_file(small_run: Path) -> None:
    assert sorted(FILES) == list(contents(small_run)), "a file is in no row, or there no more"


def contents(run: Path) -> dict[str, str]:
    """Of every file what must stay, or be the same again: a digest of its bits."""
    return {str(path.relative_to(run)): bits(path) for path in sorted(run.rglob("*")) if not path.is_dir()}


def bits(path: Path) -> str:
    """Without the seconds that work took, and of networks their weights alone."""
    if path.is_symlink():
        return "link"
    content = path.read_bytes()
    if path.name == "manifest.json":
        return "times of files"
    with suppress(zipfile.BadZipFile, KeyError, OSError):
        if path.suffix == ".keras":
            content = weights(content)
    if path.suffix == ".json":
        content = re.sub(rb'(_seconds": )[\d.e+-]+', rb"\1", content)
    if path.suffix in (".md", ".html"):  # their numbers are those of report.json; "0.9 s" may be "1 s" again
        content = re.sub(rb"(\d+ min )?[\d.]+", b"", content)
    return hashlib.sha256(content).hexdigest()


def weights(network: bytes) -> bytes:
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(network)) as archive:
        file = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
    keys: list[str] = []
    file.visit(keys.append)
    arrays = {key: file[key][()].tobytes() for key in keys if isinstance(file[key], h5py.Dataset)}
    return repr(arrays).encode()
