"""Splits as the config asks for them, from the official files and from one's own."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from configs.schema import Data
from data import fashion_mnist, sources
from data.idx import DataError
from tests.data.test_idx import pack

NUM_TRAIN, NUM_TEST = 60, 30  # of the small files


@pytest.fixture(autouse=True)
def _no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.delenv("CONVLENS_DATA", raising=False)


def section(source: Path | str, name: str = "mine", validation_images: int = 12, **others: object) -> Data:
    values = {"source": str(source), "name": name, "validation_images": validation_images, **others}
    return Data.model_validate(values)


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder with a small data set of three classes, half of its files packed."""
    folder = tmp_path / "my-clothes"
    folder.mkdir()
    generator = np.random.default_rng(0)
    for first, count in ((0, NUM_TRAIN), (2, NUM_TEST)):
        images, labels = sources.FILES[first : first + 2]
        pixels = generator.integers(0, 256, (count, 28, 28), np.uint8)
        (folder / f"{images}.gz").write_bytes(gzip.compress(pack(pixels)))
        write_labels(folder, labels, np.arange(count) % 3)
    return folder


def write_labels(folder: Path, name: str, labels: np.ndarray) -> None:
    (folder / name).write_bytes(pack(labels.astype(np.uint8)))


def refusal(wanted: Data) -> str:
    with pytest.raises(DataError) as caught:
        fashion_mnist.load(wanted)
    return str(caught.value)


@pytest.mark.parametrize("source", ["auto", "/usr/share/datasets/fashion-mnist"])
def test_the_official_files(source: str) -> None:
    if not sources.DEBIAN_FOLDER.is_dir():
        pytest.fail(f"this test needs the real data: sudo apt install {sources.DEBIAN_PACKAGE}")
    splits = fashion_mnist.load(section(source, "fashion-mnist", 5000))
    sizes = [len(split.images) for split in (splits.train, splits.validation, splits.test)]
    assert sizes == [55_000, 5_000, 10_000], "60,000 training images less 5,000, and 10,000 test images"
    assert np.bincount(splits.validation.labels).tolist() == [500] * 10, "as many of each class"
    assert splits.test.labels[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7], "not the order of the file"
    assert splits.train.images.dtype == np.uint8, "images stay bytes"
    # mean and deviation of the 60,000 training images, as published with the data set: 0.2860 and 0.3530
    pixels = np.concatenate([splits.train.images, splits.validation.images])
    histogram = np.bincount(pixels.ravel(), minlength=256) / pixels.size
    mean = float(histogram @ np.arange(256)) / 255
    deviation = float(histogram @ (np.arange(256) / 255 - mean) ** 2) ** 0.5
    assert (round(mean, 4), round(deviation, 4)) == (0.2860, 0.3530), "these are other pixels"
    assert splits.class_names[0] == "T-shirt/top", "the names of the classes, in the order of the labels"
    assert splits.class_names[9] == "Ankle boot", "the names of the classes, in the order of the labels"
    assert splits.title == "Fashion-MNIST", "the title of the data"
    assert splits.source.endswith(", verified"), "it is not told that the digests were checked"
    assert splits.digest == ("d1fd84a877f3b78fa9a171b3de73f93e7b6f69ed94bada3feae9d96821401f5c"), (
        "the digest must be the same for ever: reports are compared by it"
    )


def test_own_files(mine: Path) -> None:
    splits = fashion_mnist.load(section(mine))
    assert splits.title == "mine", "the name in the config is the title"
    assert splits.source == "folder my-clothes", "own files must not be called verified"
    assert splits.class_names == ("0", "1", "2"), "as many classes as labels"
    assert (len(splits.train.labels), len(splits.validation.labels), len(splits.test.labels)) == (48, 12, 30)
    named = fashion_mnist.load(section(mine, class_names=["hat", "T-shirt/top", "sock"]))
    assert named.class_names == ("hat", "T-shirt/top", "sock"), "the names in the config are not used"


def test_validation_images(mine: Path) -> None:
    splits, same, other = (fashion_mnist.load(section(mine, split_seed=seed)) for seed in (0, 0, 1))
    held_out = [part.validation.images.tobytes() for part in (splits, same, other)]
    assert held_out[0] == held_out[1], "the same seed takes other images"
    assert held_out[0] != held_out[2], "another seed takes the same images"
    assert splits.digest == other.digest, "the digest is one of the files, not of what is held out"
    whole = {image.tobytes() for image in sources.read_folder(mine)[sources.FILES[0]]}
    parts = [image.tobytes() for part in (splits.train, splits.validation) for image in part.images]
    assert len(parts) == len(whole), "an image is in both splits, or in none"
    assert set(parts) == whole, "an image is in both splits, or in none"
    text = refusal(section(mine, validation_images=60))
    assert "data.validation_images is 60" in text, "the key is not named"
    assert "60 training images" in text, "what there is is not told"


def test_the_digest_changes_with_each_file(mine: Path) -> None:
    digests = {fashion_mnist.load(section(mine)).digest}
    for path in sorted(mine.iterdir()):
        content = gzip.decompress(path.read_bytes()) if path.suffix else path.read_bytes()
        swapped = content[:-784] + content[:-785:-1] if path.suffix else content[:-2] + content[:-3:-1]
        path.write_bytes(gzip.compress(swapped) if path.suffix else swapped)
        digests.add(fashion_mnist.load(section(mine)).digest)
    assert len(digests) == 5, "other images or labels, and the same digest"


def test_own_files_under_the_official_name(mine: Path) -> None:
    write_labels(mine, sources.FILES[1], np.arange(NUM_TRAIN) % 12)
    text = refusal(section(mine, "fashion-mnist"))
    assert "is not the one of Fashion-MNIST" in text, "taken unproved"
    assert "give data.name another name" in text, "a label of 11 is no damage here: the name was forgotten"


def test_classes_that_do_not_fit(mine: Path) -> None:
    text = refusal(section(mine, class_names=["a", "b", "c", "d"]))
    assert "data.class_names has 4 names; expected 3" in text, "too many names"
    assert "the training labels go from 0 to 2." in text, "the labels are counted from 0"
    train, test = sources.FILES[1], sources.FILES[3]
    write_labels(mine, test, np.arange(NUM_TEST) % 4)
    text = refusal(section(mine))
    assert f"The labels in {mine}/{test} go to 3, those of training only to 2" in text, "an unknown class"
    write_labels(mine, train, np.where(np.arange(NUM_TRAIN) == 7, 200, np.arange(NUM_TRAIN) % 3))
    text = refusal(section(mine))
    assert f"The labels in {mine}/{train} go to 200, but none is 3; expected no gaps" in text, (
        "a stray label adds classes"
    )
    write_labels(mine, train, np.arange(NUM_TRAIN) % 2 + 1)
    assert "none is 0" in refusal(section(mine)), "labels that start at 1"
    write_labels(mine, train, np.zeros(NUM_TRAIN))
    write_labels(mine, test, np.zeros(NUM_TEST))
    assert "expected two classes or more" in refusal(section(mine)), "one class only"
