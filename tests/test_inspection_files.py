import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.schema import Cnn
from model.report.inspection_files import DenseInspection, Inspection, read_inspection
from model.run_folder import RunError
from tests.inspection_folders import write_cnn, write_dense

NETWORK = Cnn(filters=(4, 5), padding="same")
FILES = ["layers.json", "passports.json", "filters.npz", "activations.npz", "untrained.npz"]


def read_cnn(folder: Path, **settings: Any) -> Inspection:
    found = read_inspection(write_cnn(folder, NETWORK, **settings))
    assert isinstance(found, Inspection)
    return found


def test_a_network_is_read_layer_by_layer(tmp_path: Path) -> None:
    first, second = read_cnn(tmp_path).convolutions
    assert (first.name, first.reads, second.reads) == ("conv1", None, first)
    assert first.maps.shape == (3, 28, 28, 4)
    assert first.pooled is not None
    assert first.pooled.shape == (3, 14, 14, 4)
    assert (second.field.size, second.field.offset) == (8, -3)
    assert [passport.rank for passport in second.passports] == [1, 2, 3, 4, 5]


def test_without_pooling_there_are_no_pooled_maps(tmp_path: Path) -> None:
    found = read_inspection(write_cnn(tmp_path, Cnn(filters=(3,), pooling="none")))
    assert isinstance(found, Inspection)
    assert found.convolutions[0].pooled is None
    assert found.convolutions[0].untrained_pooled is None


@pytest.mark.parametrize(
    ("classes", "each", "columns"), [(3, 1, 3), (3, 4, 9), (2, 9, 10), (10, 3, 10), (60, 1, 10)]
)
def test_as_many_garments_as_there_is_room_for(tmp_path: Path, classes: int, each: int, columns: int) -> None:
    found = read_cnn(tmp_path, num_classes=classes, images_per_class=each)
    assert len(found.images) == columns == len(found.convolutions[0].maps)
    counts = np.bincount(found.labels)
    assert len(set(counts[counts > 0])) == 1, "as many of each class"


def test_patterns_are_counted_trained_and_untrained(tmp_path: Path) -> None:
    found = read_cnn(tmp_path)
    assert found.patterns is not None
    assert found.patterns.trained == {"vertical edge": 0, "blur": 1}
    assert found.patterns.untrained == {"vertical edge": 0, "blur": 0}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text"])
def test_a_missing_or_damaged_file_is_named(tmp_path: Path, name: str, damage: str) -> None:
    path = write_cnn(tmp_path, NETWORK) / name
    content = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "cut": content[: len(content) // 2], "text": b"hello"}[damage])
    with pytest.raises(RunError) as error:
        read_inspection(tmp_path)
    assert str(path) in str(error.value), "the message must name the file"
    assert "train.py inspect" in str(error.value), "the message must say what to do"
    assert ("is missing" in str(error.value)) == (damage == "missing")


def changed(name: str, change: Callable[[Any], Any]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        path = folder / name
        if name.endswith(".json"):
            document = json.loads(path.read_text())
            path.write_text(json.dumps(change(document)))
            return
        with np.load(path) as file:
            arrays = {key: file[key] for key in file.files}
        np.savez(path, **change(arrays))

    return apply


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("passports.json", lambda p: p[1:], "conv1 has 4 filters"),
        ("passports.json", lambda p: [{**p[0], "rank": None}, *p[1:]], "passports.json"),
        ("passports.json", lambda p: [{k: v for k, v in p[0].items() if k != "dead"}], "'dead' is missing"),
        (
            "passports.json",
            lambda p: [{**p[0], "top_images": [{**p[0]["top_images"][0], "index": 60}]}, *p[1:]],
            "test image 60 of 60",
        ),
        (
            "passports.json",
            lambda p: [*p[:-1], {**p[-1], "heaviest_slices": [{"channel": 4, "share": 1.0}]}],
            "does not have",
        ),
        ("passports.json", lambda p: {"no": "list"}, "passports.json"),
        ("layers.json", lambda d: {**d, "keep_best": {"conv2": {}}}, "'kept' is missing"),
        ("layers.json", lambda d: [d], "layers.json"),
        ("filters.npz", lambda a: {**a, "conv2/kernel": a["conv2/kernel"][..., :2, :]}, "conv2/kernel"),
        ("filters.npz", lambda a: {**a, "conv1/kernel": a["conv1/kernel"] * np.nan}, "not finite"),
        ("activations.npz", lambda a: {**a, "conv1": a["conv1"][..., :2]}, "conv1"),
        ("activations.npz", lambda a: {**a, "labels": a["labels"][:0]}, "activations.npz"),
        ("untrained.npz", lambda a: {k: v for k, v in a.items() if k != "conv2"}, "'conv2' is missing"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    tmp_path: Path, name: str, change: Callable[[Any], Any], told: str
) -> None:
    write_cnn(tmp_path, NETWORK)
    changed(name, change)(tmp_path)
    with pytest.raises(RunError) as error:
        read_inspection(tmp_path)
    assert name in str(error.value), "the message must name the file"
    assert told in str(error.value)


def test_a_dense_network_is_read(tmp_path: Path) -> None:
    found = read_inspection(write_dense(tmp_path))
    assert isinstance(found, DenseInspection)
    assert found.kernel.shape == (784, 30)
    assert [unit.rank for unit in found.units] == list(range(1, 25))
    assert found.neighbours == (0.5, -0.001)


@pytest.mark.parametrize("name", ["filters.npz", "untrained.npz", "units.json"])
def test_a_damaged_file_of_a_dense_network_is_named(tmp_path: Path, name: str) -> None:
    (write_dense(tmp_path) / name).write_bytes(b"PK\x03\x04 damaged")
    with pytest.raises(RunError, match=name):
        read_inspection(tmp_path)
