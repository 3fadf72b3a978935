# ruff: noqa: E501  a fault and what is said of it stand in one line
"""What can't be packed is refused in one sentence: what was found, what was expected, what to do."""

import gzip
import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from data.idx import DataError
from tests.data.test_idx import pack
from tests.data.test_packing import (
    TEST,
    TEST_LABELS,
    TRAIN,
    TRAIN_LABELS,
    as_pictures,
    csv,
    halves,
    idx,
    int32,
    npz,
    prepared,
    put,
)
from tests.data.test_pictures import huge

NO_PICTURES = np.zeros(0)
GOOD = csv(TRAIN, TRAIN_LABELS)


def folders(folder: Path) -> Path:
    return as_pictures(folder, TRAIN, TRAIN_LABELS)


def with_file(name: str, content: bytes) -> Callable[[Path], Path]:
    return lambda folder: put(folders(folder), {name: content})


def one_csv(content: bytes) -> Callable[[Path], Path]:
    return lambda folder: put(folder, {"set.csv": content}) / "set.csv"


def arrays(**changes: np.ndarray) -> Callable[[Path], Path]:
    return lambda folder: npz(folder, **changes)


def raw(content: bytes, name: str = "set.npz") -> Callable[[Path], Path]:
    return lambda folder: put(folder, {name: content}) / name


def pickled() -> bytes:
    data = io.BytesIO()
    np.savez(data, x_train=np.array([{}], object), y_train=1, x_test=1, y_test=1)
    return data.getvalue()


def linked(folder: Path, target: str, name: str) -> Path:
    folders(folder / "in")
    (folder / "out").mkdir()
    Image.fromarray(TRAIN[0]).save(folder / "out" / "secret.png")
    (folder / "in" / name).symlink_to(folder / target)
    return folder / "in"


def with_pipe(folder: Path) -> Path:
    os.mkfifo(folders(folder) / "hat" / "pipe.png")
    return folder


def of_names(*names: str) -> Callable[[Path], Path]:
    return lambda folder: as_pictures(folder, TRAIN, TRAIN_LABELS, names)


def without(*names: str) -> Callable[[Path], Path]:
    return lambda folder: put(folder, {name: data for name, data in idx().items() if name not in names})


def emptied(folder: Path) -> Path:
    (folders(folder) / "empty").mkdir()
    return folder


LABELS_FILE, IMAGES_FILE = "t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte"
BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    # pictures
    "a text named .png": (with_file("hat/a.png", b"hello"), r"1 of 43 pictures in \S+ can't be read: \S+hat/a.png"),
    "several of them": (
        lambda folder: put(folders(folder), {f"hat/a{n}.png": b"" for n in range(5)}),
        "5 of 47 pictures .* and 2 more. Expected whole",
    ),
    "160 megapixels": (with_file("hat/a.png", huge(16_000, 10_000)), "16,000 x 10,000 pixels, more than 150,"),
    "a bomb": (with_file("hat/a.png", huge(100_000, 100_000)), r"\(more than 150,000,000 pixels\)"),
    "half a picture": (with_file("hat/a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"), "hat/a.jpg"),
    "a pipe": (with_pipe, "no regular file"),
    "one class": (lambda folder: as_pictures(folder, TRAIN, TRAIN_LABELS * 0), "has 1 class folder; expected 2"),
    "an empty class": (emptied, "empty has no picture in it; expected at least one"),
    "a class of other files": (with_file("more/a.heic", b""), "more has no picture in it"),
    "folders in a class": (with_file("hat/more/a.png", b""), r"hat has folders in it \(more\)"),
    "names that differ in case": (of_names("hat", "Hat", "sock"), r"case only \(Hat, hat\)"),
    "a name with a line break": (of_names("a\nb", "hat", "sock"), "can't be shown as it is"),
    "a name with a space at its end": (of_names("hat ", "cap", "sock"), "can't be shown as it is"),
    "no test": (lambda folder: folders(folder / "train").parent, "but no test/ with such"),
    "no training": (lambda folder: folders(folder / "test").parent, "but no train/ with such"),
    "a third part": (lambda folder: folders(halves(folder) / "valid").parent, "has valid/ beside its folders"),
    "classes that differ": (
        lambda folder: put(halves(folder), {"train/cap/a.png": b"."}), "has no class cap, which the other"
    ),
    "names in another case": (
        lambda folder: put(halves(folder), {"train/Hat/a.png": b"."}), r"case only \(Hat, hat\)"
    ),
    "a link to a picture elsewhere": (lambda f: linked(f, "out/secret.png", "hat/a.png"), "is a link out of"),
    "a link to a folder elsewhere": (lambda f: linked(f, "out", "other"), "is a link out of"),
    "one picture of a class": (with_file("cap/a.png", (b"P5 1 1 255 " + b"\7")), "Class cap has 1 picture, none"),
    "equal pictures": (
        lambda folder: as_pictures(folder, TRAIN * (TRAIN_LABELS > 0)[:, None, None], TRAIN_LABELS),
        "Class boot has 14 pictures, none of which",
    ),
    "too few": (
        lambda folder: as_pictures(folder, TRAIN[:12], TRAIN_LABELS[:12]),
        "9 pictures for training, of 3 classes; expected at least 13",
    ),
    # CSV
    "783 pixels": (one_csv(csv(TRAIN, TRAIN_LABELS, "").replace(b",", b"", 1)), "has 784 columns; expected 785"),
    "a row of 784": (one_csv(GOOD.rpartition(b",")[0]), "changed from 785 to 784 in line 43.; expected on each line a label and 784 numbers. Get or make"),
    "rows of 786": (one_csv(GOOD.replace(b"\n", b",1\n").replace(b",1", b"", 1)), "has 786 numbers on a line; expected 785"),
    "labels in words": (one_csv(csv(TRAIN, np.array(["hat", "sock"] * 21))), "could not convert string 'hat' to float32 in line 2.; expected on each line a label and 784 numbers. Put numbers in place of words"),
    "no labels": (one_csv(csv(TRAIN, TRAIN_LABELS, "id")), "no column called label or class"),
    "names alone": (one_csv(GOOD.partition(b"\n")[0] + b"\n"), "has no pictures in it"),
    "an empty file": (one_csv(b""), "columns; expected 785"),
    "bytes": (one_csv(bytes(range(128, 256)) * 9), "can't be read"),
    "one endless line": (one_csv(b"1" * (1 << 17)), "over 65,536 characters in line 1; expected"),
    "nan": (one_csv(GOOD[: GOOD.rindex(b",") + 1] + b"nan\n"), "has pixels from nan to nan; expected 0 to 255"),
    "300": (one_csv(GOOD[: GOOD.rindex(b",") + 1] + b"300\n"), "has pixels from 0 to 300; expected 0 to 255"),
    "three CSV files": (
        lambda folder: put(folder, {f"{n}.csv": GOOD for n in ("a", "train", "test", "TEST-2")}), "has 2 files for test .TEST-2.csv, test.csv.; expected one"
    ),
    "one file for both": (
        lambda folder: put(folder, {"contest_train.csv": GOOD, "a.csv": b""}), "has no files for test .*; expected one"
    ),
    "a stray folder beside CSV files": (
        lambda folder: put(folder, {"train.csv": GOOD, "test.csv": GOOD, "extras/notes.txt": b""}),
        r"extras has no picture in it; .* To pack test.csv, train.csv instead, put nothing else into a folder, and",
    ),
    # npz
    "another range in the test": (
        arrays(x_test=TEST / 255), "has pixels up to 1 in the test, and up to 255 in the training; expected one range"
    ),
    "two of them": (
        lambda folder: put(folder, {n: npz(folder).read_bytes() for n in ("train.npz", "test.npz")}), "holds 3 files, and"
    ),
    "no archive": (raw(b"PK"), "can't be read"),
    "pickled": (raw(pickled()), "holds object, and no numbers"),
    "a missing array": (arrays(y_test=NO_PICTURES), "has no y_test, but x_train, y_train, x_test; expected"),
    "mixed sizes": (arrays(x_test=np.zeros((21, 32, 32))), "of 28 x 28 pixels and of 32 x 32; expected one size"),
    "too few labels": (arrays(y_test=TEST_LABELS[:20]), "has 21 pictures and 20 labels; expected as many"),
    "shapes": (arrays(x_train=TRAIN.reshape(42, 28, 14, 2)), r"in the shape \(42, 28, 14, 2\); expected"),
    "labels below 0": (arrays(y_train=TRAIN_LABELS - 1), "has a label -1; expected whole numbers from 0 up"),
    "labels of fractions": (arrays(y_train=TRAIN_LABELS + 0.5), "has a label 0.5; expected whole numbers"),
    "pixels below 0": (arrays(x_train=TRAIN / 128 - 1), "has pixels from -1 to .*; expected 0 to 255"),
    "a class of the test alone": (arrays(y_test=TEST_LABELS + 1), "A test picture is of class 3, of which"),
    "257 classes": (
        arrays(x_train=np.full((257, 28, 28), 9, np.uint8), y_train=np.arange(257)), "are of 257 classes; expected 2"
    ),
    # IDX
    "three files": (without(LABELS_FILE), "has no files for test labels .*; expected one with test labels in its name"),
    "two sets": (
        lambda folder: put(folder, idx() | idx(names="other-{}-ubyte")), "has 2 files for train images .other-.*; expected one"
    ),
    "cut off": (lambda folder: put(folder, idx(pack(TRAIN)[:-9])), "has 32,935 bytes; expected 32,944"),
    "a mark of no kind": (lambda folder: put(folder, idx(b"\0\0\7\3" + bytes(99))), "starts with 00 00 07 03"),
    "a huge one": (
        lambda folder: put(folder, idx(pack(TRAIN, 0x0E, (10**6, 28, 28)))), "announces 1000000 x 28 x 28 values"
    ),
    "no end": (
        lambda folder: put(folder, {**idx(), LABELS_FILE: gzip.compress(int32(TEST_LABELS))}), "is gzip; expected"
    ),
    "a folder of that name": (
        lambda folder: put(without(IMAGES_FILE)(folder), {f"{IMAGES_FILE}/a": b""}), "has no files for test images .*; expected one"
    ),
    # anything else
    "no CSV file there": (lambda folder: folder / "a.csv", "a.csv can't be read .No such .*Check its name"),
    "no npz file there": (lambda folder: folder / "a.npz", "a.npz can't be read .No such .*Check its name"),
    "nothing there": (lambda folder: folder / "nothing", "is not there; expected a folder"),
    "an archive": (raw(b"PK", "set.zip"), "ends in neither .csv nor .npz; expected one of these. Unpack"),
    "an empty folder": (lambda folder: folder, "holds 0 files, and no folders; expected class folders"),
    "pictures without classes": (lambda folder: folders(folder) / "hat", "holds 14 files, and no folders"),
}  # fmt: skip


@pytest.mark.parametrize("fault", BAD)
def test_what_is_no_good_is_refused_in_a_sentence(fault: str, tmp_path: Path) -> None:
    make, reason = BAD[fault]
    source = make(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=reason) as caught:
        prepared(source)
    text = str(caught.value)
    assert "xpected" in text, f"it is not told what was expected: {text}"
    assert text.endswith("."), f"it is not told what to do: {text}"
    assert "\n" not in text, f"it takes more than a line: {text}"
    assert sorted(tmp_path.rglob("*")) == before, "something was written"
