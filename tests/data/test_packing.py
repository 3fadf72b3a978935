"""Whatever form pictures come in, packing gives the same arrays."""

import gzip
import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.schema import Data
from data import sources
from data.fashion_mnist import load, with_names
from data.idx import DataError
from data.packing import Packed, preparation_of, prepare, write
from tests.data.test_idx import pack

CLASSES = ("boot", "hat", "sock")
GENERATOR = np.random.default_rng(0)
TRAIN, TEST = (GENERATOR.integers(0, 256, (count, 28, 28), np.uint8) for count in (42, 21))
TRAIN_LABELS, TEST_LABELS = np.arange(42) % 3, np.arange(21) % 3
FILES = [name.removesuffix("-ubyte") for name in sources.FILES]
Content = Mapping[str, bytes]


def prepared(source: Path, transpose: bool = False, invert: bool = False) -> Packed:
    return prepare(source, transpose, invert, lambda share: None)


def put(folder: Path, content: Content) -> Path:
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def as_pictures(
    folder: Path, images: np.ndarray, labels: np.ndarray, names: tuple[str, ...] = CLASSES
) -> Path:
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        path = folder / names[label] / f"{number:03}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)
    return folder


def halves(folder: Path) -> Path:
    as_pictures(folder / "train", TRAIN, TRAIN_LABELS)
    as_pictures(folder / "testing", TEST, TEST_LABELS)
    return folder


def csv(images: np.ndarray, labels: np.ndarray, header: str = "label", at: int = 0) -> bytes:
    names = [[f"pixel{place}" for place in range(784)]]
    names[0].insert(at, header)
    rows = [*(names if header else [])]
    for image, label in zip(images, labels, strict=True):
        row = list(map(str, image.ravel()))
        row.insert(at, str(label))
        rows.append(row)
    return ("\n".join(map(",".join, rows)) + "\n").encode()


def npz(folder: Path, **changes: np.ndarray) -> Path:
    arrays = {"x_train": TRAIN, "y_train": TRAIN_LABELS, "x_test": TEST, "y_test": TEST_LABELS}
    np.savez_compressed(folder / "set.npz", **{k: v for k, v in (arrays | changes).items() if v.size})
    return folder / "set.npz"


def idx(
    train: bytes = pack(TRAIN),
    train_labels: bytes = pack(TRAIN_LABELS.astype(np.uint8)),
    test: bytes = pack(TEST),
    test_labels: bytes = pack(TEST_LABELS.astype(np.uint8)),
    names: str = "{}-ubyte",
) -> Content:
    content = (train, train_labels, test, test_labels)
    return {names.format(name): data for name, data in zip(FILES, content, strict=True)}


def int32(labels: np.ndarray) -> bytes:
    return pack(labels.astype(">i4"), code=0x0C)


LETTERS = b"1 65 97\n2 66 98\n3 67 99\n"
QUOTED = (
    b'\xef\xbb\xbf"' + csv(TRAIN, TRAIN_LABELS)[:-1].replace(b",", b'";"').replace(b"\n", b'"\r\n"') + b'"'
)
COLUMNS = np.stack([TRAIN_LABELS, TRAIN_LABELS * 0 + 9], axis=1)  # QMNIST has eight
FORMS: dict[str, Callable[[Path], Path]] = {
    "folders": halves,
    "two CSV files": lambda folder: put(
        folder, {"f_train.csv": csv(TRAIN, TRAIN_LABELS), "f_test.csv": csv(TEST, TEST_LABELS, "class", 784)}
    ),
    "CSV without names": lambda folder: put(
        folder, {"train.csv": csv(TRAIN, TRAIN_LABELS, ""), "test.csv": csv(TEST, TEST_LABELS, "")}
    ),
    "CSV of fractions": lambda folder: put(
        folder, {"train.csv": csv(TRAIN / 255, TRAIN_LABELS), "test.csv": csv(TEST / 255, TEST_LABELS)}
    ),
    "CSV with semicolons, quotes and a mark": lambda folder: put(
        folder, {"train.csv": QUOTED, "test.csv": csv(TEST, TEST_LABELS)}
    ),
    "npz": npz,
    "npz in a folder": lambda folder: npz(folder).parent,
    "npz of fractions, one-hot, colour": lambda folder: npz(
        folder,
        x_train=np.stack([TRAIN / 255] * 3, axis=-1),
        x_test=np.stack([TEST / np.float32(255)] * 3, axis=1),
        y_train=np.eye(3)[TRAIN_LABELS],
        y_test=np.eye(3, dtype=bool)[TEST_LABELS],
    ),
    "two CSV files that all have a test in their names": lambda folder: put(
        folder, {"contest-train.csv": csv(TRAIN, TRAIN_LABELS), "contest-test.csv": csv(TEST, TEST_LABELS)}
    ),
    "CSV files beside an npz file": lambda folder: put(
        npz(folder).parent, {"train.csv": csv(TRAIN, TRAIN_LABELS), "test.csv": csv(TEST, TEST_LABELS)}
    ),
    "npz of columns": lambda folder: npz(
        folder, x_train=TRAIN.reshape(-1, 784, 1), x_test=TEST.reshape(-1, 784, 1)
    ),
    "npz of rows": lambda folder: npz(
        folder, x_train=TRAIN.reshape(-1, 784), x_test=TEST.reshape(-1, 784), y_test=TEST_LABELS[:, None]
    ),
    "IDX": lambda folder: put(folder, idx()),
    "IDX called as EMNIST's": lambda folder: put(
        folder,
        {f"emnist-letters-{name.replace('t10k', 'test')}": data for name, data in idx().items()},
    ),
    "IDX of int32 and float64": lambda folder: put(
        folder, idx(pack(TRAIN.astype(">f8"), 0x0E), int32(TRAIN_LABELS), pack(TEST.astype(">i2"), 0x0B))
    ),
    "IDX with columns of labels": lambda folder: put(folder, idx(train_labels=int32(COLUMNS))),
    "IDX in colour": lambda folder: put(
        folder, idx(pack(np.stack([TRAIN] * 3, axis=-1)), test=pack(TEST[..., None]))
    ),
    "IDX of 112 x 112": lambda folder: put(
        folder, idx(pack(TRAIN.repeat(4, 1).repeat(4, 2)), test=pack(TEST.repeat(4, 1).repeat(4, 2)))
    ),
    "IDX, some packed, some twice": lambda folder: put(
        folder, idx() | {name + ".gz": gzip.compress(data) for name, data in idx().items() if "train" in name}
    ),
    "labels from 1": lambda folder: put(
        folder, idx(train_labels=int32(TRAIN_LABELS + 1), test_labels=int32(TEST_LABELS + 1))
    ),
}


def in_any_order(images: np.ndarray, labels: np.ndarray) -> list[bytes]:
    return sorted(bytes([label]) + image.tobytes() for image, label in zip(images, labels, strict=True))


def must_be_the_same(packed: Packed) -> None:
    assert in_any_order(packed.train.images, packed.train.labels) == in_any_order(TRAIN, TRAIN_LABELS), (
        "the training pictures or their labels are other ones"
    )
    assert in_any_order(packed.test.images, packed.test.labels) == in_any_order(TEST, TEST_LABELS), (
        "the test pictures or their labels are other ones"
    )


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_arrays(form: str, tmp_path: Path) -> None:
    packed = prepared(FORMS[form](tmp_path))
    must_be_the_same(packed)
    done = packed.preparation
    assert (done.train, done.test, done.test_seed) == (42, 21, None), "what is there is told wrongly"
    assert [one.train for one in done.classes] == [14, 14, 14], "the sizes of classes are wrong"
    assert done.renumbered == (form == "labels from 1"), "that labels are other ones is told wrongly"
    assert done.scaled == (form == "IDX of 112 x 112"), "that pictures were scaled is told wrongly"


def test_turned_and_inverted_pictures_are_put_right(tmp_path: Path) -> None:
    turned = put(tmp_path / "turned", idx(pack(TRAIN.swapaxes(1, 2)), test=pack(TEST.swapaxes(1, 2))))
    must_be_the_same(prepared(turned, transpose=True))
    dark = put(tmp_path / "dark", idx(pack(255 - TRAIN), test=pack(255 - TEST)))
    must_be_the_same(prepared(dark, invert=True))


def test_other_files_are_counted_wherever_they_stand(tmp_path: Path) -> None:
    source = halves(tmp_path)
    for place in ("x.png", "train/x.png", "train/notes.txt", "testing/hat/notes.txt", "testing/.hidden"):
        (source / place).write_bytes(b"not read")
    assert prepared(source).preparation.left_alone == 4, "something is left out, and nothing says so"
    one = as_pictures(tmp_path / "one", TRAIN, TRAIN_LABELS)
    (one / "x.png").write_bytes(b"not read")
    assert prepared(one).preparation.left_alone == 1, "what stands beside the classes is counted wrongly"


def test_letters_are_named_by_the_list_beside_them(tmp_path: Path) -> None:
    content = idx(train_labels=pack(TRAIN_LABELS.astype(np.uint8) + 1), test_labels=int32(TEST_LABELS + 1))
    put(
        tmp_path,
        {f"letters-{name}": data for name, data in content.items()} | {"letters-mapping.txt": LETTERS},
    )
    done = prepared(tmp_path).preparation
    assert [(one.name, one.was) for one in done.classes] == [("A", 1), ("B", 2), ("C", 3)]


def test_folders_with_numbers_keep_their_order(tmp_path: Path) -> None:
    packed = prepared(as_pictures(tmp_path, TRAIN, TRAIN_LABELS, ("9", "10", "11")))
    assert [one.name for one in packed.preparation.classes] == ["9", "10", "11"], "10 stands before 9"


def test_the_test_is_one_in_seven_of_each_class_and_always_the_same(tmp_path: Path) -> None:
    labels = np.repeat([0, 1, 2], [21, 14, 7])
    one = prepared(as_pictures(tmp_path / "one", TRAIN, labels))
    assert [(c.train, c.test) for c in one.preparation.classes] == [(18, 3), (12, 2), (6, 1)]
    assert one.preparation.test_seed == 0, "that a test was drawn is not told"
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    os.utime(tmp_path / "two" / "boot" / "000.png", (2**31, 2**31))
    two = prepared(tmp_path / "two")
    assert one.preparation.digest == two.preparation.digest, "the same pictures give another data set"
    assert len(set(one.train.labels[:12].tolist())) > 1, "they stand class by class: the first are all alike"


def test_equal_pictures_stay_together(tmp_path: Path) -> None:
    images = TRAIN[np.arange(42) % 21]  # each twice
    images[[0, 1]] = 0  # and one in two classes
    packed = prepared(as_pictures(tmp_path, images, TRAIN_LABELS))
    assert packed.preparation.duplicates == 0, "a picture is in both"
    assert min(one.test for one in packed.preparation.classes) >= 1, "a class has no test picture"
    assert not (packed.test.images == 0).all((1, 2)).any(), "what is in two classes went to the test"


def test_pairs_do_not_make_the_test_larger(tmp_path: Path) -> None:
    labels = np.repeat([0, 1], 21)
    packed = prepared(as_pictures(tmp_path, TRAIN[np.arange(42) // 2 + 21 * labels // 2], labels))
    assert all(2 <= one.test <= 3 for one in packed.preparation.classes), "more than one in seven"


def test_duplicates_that_the_source_has_are_counted(tmp_path: Path) -> None:
    test = TEST.copy()
    test[:5] = TRAIN[0]
    assert prepared(npz(tmp_path, x_test=test)).preparation.duplicates == 5


def test_a_light_background_is_counted(tmp_path: Path) -> None:
    light = np.full((42, 28, 28), 200, np.uint8)
    light[:30, 8:20, 8:20] = TRAIN[:30, 8:20, 8:20]
    source = npz(tmp_path, x_train=np.concatenate([light[:30], TRAIN[30:] // 4]))
    assert prepared(source).preparation.light == 30
    assert prepared(source, invert=True).preparation.light == 12


def test_what_is_written_is_taken_for_training(tmp_path: Path) -> None:
    packed = prepared(halves(tmp_path / "mine"))
    write(packed, put(tmp_path / "packed", {"x": b""}))
    section = Data.model_validate({"source": f"{tmp_path}/packed", "name": "mine", "validation_images": 10})
    named = with_names(section)
    assert named.class_names == CLASSES, "the names are not those in classes.txt"
    splits = load(named)
    assert splits.class_names == CLASSES
    assert len(splits.train.labels) == 32
    assert np.array_equal(splits.test.images, packed.test.images), "the order is another one"
    done = preparation_of(section.source, splits.digest)
    assert done is not None, "what was done is not found by the data's digest"
    assert done["kind"] == "class folders in train and test"
    assert preparation_of(section.source, "0" * 64) is None, "told of other data than it was made with"
    own = section.model_copy(update={"class_names": ("a", "b", "c")})
    assert with_names(own) == own, "names in the config give way to those of the folder"
    (tmp_path / "packed" / "preparation.json").write_text(json.dumps(done | {"train": "many"}))
    assert preparation_of(section.source, splits.digest) is None, "a file that says nonsense is believed"


@pytest.mark.parametrize("content", [b"one\n\nthree", b"a\na\nb\n", b"alone\n", b"\xff\xfe", b"a\0\nb\nc\n"])
def test_names_that_are_no_good_are_refused(content: bytes, tmp_path: Path) -> None:
    write(prepared(npz(tmp_path)), put(tmp_path / "packed", {"x": b""}))
    (tmp_path / "packed" / "classes.txt").write_bytes(content)
    section = Data.model_validate({"source": f"{tmp_path}/packed", "name": "mine", "validation_images": 10})
    with pytest.raises(DataError, match=r"classes\.txt can't be used .*Expected 2 to 256 different names"):
        with_names(section)
    (tmp_path / "packed" / "classes.txt").write_text("a\nb\n")
    with pytest.raises(DataError, match="has 2 names; expected 3"):
        load(with_names(section))
