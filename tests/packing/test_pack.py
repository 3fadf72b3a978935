"""`data --pack` as its users run it: what it says, what it leaves, and the training that follows."""

import errno
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

import train
from configs.schema import load
from data.packing import Packed, PackedClass, Preparation
from data.splits import Split
from model.experiment import conductor
from model.packing.figure import first_pictures
from model.packing.text import packed_block, training_command
from model.report.canvas import Sheet
from tests.data.test_packing import TRAIN, TRAIN_LABELS, as_pictures, halves, npz
from tests.text_boxes import watch

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "dense_vs_cnn.yaml"
README = (ROOT / "README.md").read_text(encoding="utf-8")
WRITES = 7  # four files, the names, what was done, and the picture


def packed_of(names: list[str], each: int = 12) -> Packed:
    labels = np.arange(each * len(names)) % len(names)
    images = np.random.default_rng(0).integers(0, 256, (len(labels), 28, 28), np.uint8)
    part = Split(images, labels)
    return Packed(
        part,
        part,
        Preparation(
            kind="class folders",
            source="photos",
            train=len(labels),
            test=len(labels),
            smallest=[28, 28],
            largest=[28, 28],
            transposed=False,
            inverted=False,
            notes=[],
            classes=[PackedClass(name, label, each, each) for label, name in enumerate(names)],
            test_seed=None,
            duplicates=0,
            light=0,
            left_alone=0,
            digest="0" * 64,
        ),
    )


@pytest.mark.parametrize("number", [2, 10, 26, 62])
def test_no_text_of_the_picture_overlaps_another(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = watch(monkeypatch)
    packed = packed_of([f"{label} {'Long winded name, really ' * 4}" for label in range(number)])
    first_pictures(packed, "a-folder-with-a-long-name-" * 3, Path("first.png"))
    assert not found["first.png"], found["first.png"]


def test_the_picture_shows_the_first_ten_of_each_class(tmp_path: Path) -> None:
    packed = packed_of(["boot", "hat", "sock"])
    figure = first_pictures(packed, "mine", tmp_path / "first.png")
    assert figure.title == "mine: 36 training and 36 test pictures, 3 classes"
    pixels = np.asarray(Image.open(tmp_path / "first.png").convert("L"))
    for label in range(3):
        shown = np.flatnonzero(packed.train.labels == label)[:10]
        tiles = [packed.train.images[index].repeat(3, 0).repeat(3, 1) for index in shown]
        tops = [y for y in range(len(pixels) - 84) if np.array_equal(pixels[y : y + 84, 24:108], tiles[0])]
        assert len(tops) == 1, f"class {label} does not begin with its first picture"
        for place, tile in enumerate(tiles):
            x = 24 + 85 * place
            drawn = pixels[tops[0] : tops[0] + 84, x : x + 84]
            assert np.array_equal(drawn, tile), f"picture {place} of class {label} is another one"


def test_more_classes_than_have_room_make_a_higher_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    heights = []
    monkeypatch.setattr(Sheet, "save", lambda sheet, path: heights.append(sheet.height))
    first_pictures(packed_of([f"class {label}" for label in range(256)], each=2), "mine", Path("x.png"))
    assert heights[0] > 1500


@pytest.mark.parametrize(
    "name",
    ["mine", "my clothes", "comparisons", "fashion_mnist", "-x", "größe: 28 #2", "it's", "ñ", "2024", "null"],
)
def test_the_training_command_is_one(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for shown in (name, str(tmp_path / name)):
        done = replace(packed_of(["a", "b"]).preparation, train=120)
        command = shlex.split(training_command(done, tmp_path / name, shown))
        assert command[:2] == ["python", "train.py"]
        config = load(CONFIG, command[2:])
        assert Path(config.data.source).absolute() == tmp_path / name, "it leads to another folder"
        assert config.data.validation_images == 12, "more is held out than small data have"


def test_what_is_said_of_what_was_done() -> None:
    done = packed_of([str(label) for label in range(1, 21)]).preparation
    classes = [replace(one, was=label + 1) for label, one in enumerate(done.classes)]
    classes[3] = replace(classes[3], test=0)
    done = replace(done, classes=classes, duplicates=7, light=200, test_seed=0, notes=["colour made gray"])
    done = replace(done, smallest=[20, 30], largest=[4000, 3000])
    done = replace(done, transposed=True, inverted=True, left_alone=2)
    text = " ".join(packed_block(done, Path("photos"), Path("/x/mine"), "mine").split())
    for part in (
        "mine: 240 training and 240 test pictures",
        "pictures of 20 x 30 to 4,000 x 3,000 pixels; scaled to fit, what is not square padded with its",
        "colour made gray; turned: rows and columns swapped; inverted; two other files left alone",
        "0 1, 1 2,",
        "8 more (classes.txt); renumbered from 1 to 20",
        "about one picture in 7 of each class, drawn with seed 0, equal pictures kept together",
        "equal to a training picture: 7 of 240; of one class there is no test picture (4)",
        "200 of 240 training pictures have a light border; expected light on dark: pack without --invert",
        "Dark on light? Pack without --invert.",
    ):
        assert part in text, f"`{part}` is not said: {text}"
    gaps = replace(done, classes=[replace(one, was=3 * label) for label, one in enumerate(classes)])
    assert "renumbered from 20 labels from 0 to 57" in packed_block(gaps, Path("x"), Path("/x/y"), "y")


def test_what_it_packs_can_be_trained_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pack, train_command = re.findall(r"`python train\.py ([^`]*my-data[^`]*)`", README)
    as_pictures(tmp_path / "photos", TRAIN, TRAIN_LABELS)
    (tmp_path / "photos" / "hat" / "notes.txt").write_text("not a picture")
    monkeypatch.chdir(tmp_path)
    assert train.main(shlex.split(pack)) == 0, capsys.readouterr().err
    assert {path.name for path in Path("my-data").iterdir()} == {
        *(f"{name}-{kind}-ubyte" for name in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")),
        "classes.txt",
        "preparation.json",
        "first-pictures.png",
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my-data", "photos"], "something was left"
    said = capsys.readouterr().out
    assert "one other file left alone" in " ".join(said.split())
    [command] = re.findall(r"^train +python train\.py (.*)$", said, re.MULTILINE)
    assert command == f"{train_command} data.validation_images=10", "README.md says another command"
    monkeypatch.setattr(conductor.Experiment, "complete", lambda self: 0)
    config = load(CONFIG, shlex.split(command))
    assert conductor.run_experiment(config, Path("outputs"), Console(quiet=True)) == 0
    run = Path("outputs/my-data")
    assert "class_names: [boot, hat, sock]" in (run / "config.yaml").read_text(), "names are lost"
    done = json.loads((run / "preparation.json").read_text())
    assert done == json.loads(Path("my-data/preparation.json").read_text()), "the run has another record"


@pytest.mark.parametrize("where", ["there", "photos/inside", "a\nb"])
def test_a_folder_that_can_t_be_made_is_told_at_once(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    halves(tmp_path / "photos")
    (tmp_path / "there").mkdir()
    before = sorted(tmp_path.rglob("*"))
    assert train.main(["data", "--pack", str(tmp_path / "photos"), str(tmp_path / where)]) == 3
    assert "expected a" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_options_that_belong_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train.main(["data", "--transpose"]) == 2
    assert "are for --pack SOURCE FOLDER" in capsys.readouterr().err
    assert train.main(["data", "--pack", str(tmp_path)]) == 2


@pytest.mark.parametrize(("write", "action"), [(2, "kill"), (1, errno.ENOSPC), (WRITES, errno.ENOSPC)])
def test_nothing_is_left_half_written(driver, write: int, action: str | int, tmp_path: Path) -> None:
    source, folder = npz(tmp_path), tmp_path / "mine"
    result = driver.run("data", "--pack", source, folder, write=write, moment="inside", action=action)
    assert result.code == (-9 if action == "kill" else 1), result.err
    assert not folder.exists(), "a part of the data set was left"
    if action != "kill":
        assert "no space left on device; free some space" in result.err
        assert list(tmp_path.iterdir()) == [source], "something was left on the full disk"
    again = driver.run("data", "--pack", source, folder)
    assert (again.code, again.writes) == (0, WRITES), "the same command does not help"
