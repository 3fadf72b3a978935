import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.schema import Cnn
from model.inspection.files import DenseInspection, Inspection, read_inspection
from model.inspection.records import Example, Match, Passport, Slice, Worth, first_of, passport_of
from model.run.folder import RunError
from tests.inspection_folders import passport, write_cnn, write_dense

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


def test_only_the_convolution_before_a_pooling_has_pooled_maps(tmp_path: Path) -> None:
    found = read_inspection(write_cnn(tmp_path, Cnn(filters=((3, 4), (2,)))))
    assert isinstance(found, Inspection)
    shapes = [None if one.pooled is None else one.pooled.shape[1:] for one in found.convolutions]
    assert shapes == [None, (12, 12, 4), (5, 5, 2)]


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
        ("passports.json", lambda p: [{**p[0], "rank": "first"}, *p[1:]], "passports.json"),
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


def test_every_array_stands_where_its_name_says(tmp_path: Path) -> None:
    found = read_cnn(tmp_path, images_per_class=4)
    columns = [0, 1, 2, 4, 5, 6, 8, 9, 10]  # of four garments of a class there is room for three
    maps, filters, before = (
        dict(np.load(tmp_path / f"{name}.npz")) for name in ("activations", "filters", "untrained")
    )
    expected = {"images": maps["images"][columns], "labels": maps["labels"][columns]}
    got = {"images": found.images, "labels": found.labels}
    for layer in found.convolutions:
        pool = layer.name.replace("conv", "pool")
        got |= {
            f"{layer.name}/{name}": value
            for name, value in vars(layer).items()
            if isinstance(value, np.ndarray)
        }
        expected |= {
            f"{layer.name}/kernel": filters[f"{layer.name}/kernel"],
            f"{layer.name}/untrained_kernel": before[f"{layer.name}/kernel"],
            f"{layer.name}/before_relu": maps[f"{layer.name}/before_relu"][columns],
            f"{layer.name}/maps": maps[layer.name][columns],
            f"{layer.name}/pooled": maps[pool][columns],
            f"{layer.name}/untrained_maps": before[layer.name][columns],
            f"{layer.name}/untrained_pooled": before[pool][columns],
        }
    assert got.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_array_equal(got[name], array, f"{name} is another array, or of other garments")
    curve = found.keep_best["conv2"]
    assert curve.kept.tolist() == [1, 3, 5]
    assert curve.best.tolist() == [0.5, 0.7, 0.9]
    assert curve.random.shape == (2, 3)
    assert (curve.full, curve.untrained) == (0.9, 0.1)


def test_filters_come_by_rank(tmp_path: Path) -> None:
    write_cnn(tmp_path, NETWORK)
    changed("passports.json", lambda p: [{**one, "rank": 9 - one["index"]} for one in p])(tmp_path)
    found = read_inspection(tmp_path)
    assert isinstance(found, Inspection)
    assert [passport.index for passport in found.convolutions[1].passports] == [4, 3, 2, 1, 0]


def test_passports_of_an_earlier_version_keep_their_ranks() -> None:
    """They have no interval of the validation loss: nothing is known of noise. Dead filters stand apart."""
    path = Path(__file__).parents[1] / "program/earlier_runs/finished/cnn/inspection/passports.json"
    entries = [entry for entry in json.loads(path.read_text()) if entry["layer"] == "conv1"]
    assert "validation_loss_interval" not in entries[0]["ablation"]
    dead = [{**entry, "dead": entry["rank"] == 2} for entry in entries]
    for changed_entries, last in ((entries, None), (dead, 2)):
        shown = first_of([passport_of(entry, 100) for entry in changed_entries], len(entries))
        by_index = {entry["index"]: entry["rank"] for entry in entries}
        ranks = [by_index[passport.index] for passport in shown]
        assert ranks == sorted(by_index.values(), key=lambda rank: (rank == last, rank))


def test_a_passport_is_what_its_entry_says() -> None:
    entry = passport("conv2", 3, 4, 2, (11, 11, 5)) | {
        "rank": 9,
        "kernel_match": {"name": None, "nearest": "blur", "similarity": -0.62},
        "orientation_degrees": 87.5,
        "background": {"before_relu": -0.3, "after_relu": 0.25},
        "class_selectivity": [0.1, None],
        "active_share": 0.25,
        "top_images": [{"index": 7, "row": 2, "column": 5, "activation": 3.5}],
        "median_images": [{"index": 8, "row": 3, "column": 6, "activation": 1.5}],
        "heaviest_slices": [{"channel": 2, "norm": 1.5, "share": 0.4}],
        "moved": {"cosine": 0.5, "distance": 1.25, "relative": 0.75},
        "ablation": {
            "accuracy_drop": 0.02, "interval": [0.01, 0.03], "loss_increase": 0.05,
            "answers": {"changed": 143, "became_wrong": 111, "became_right": 32},
        },
        "untrained": {
            "kernel_match": {"name": "ring", "nearest": "ring", "similarity": 0.9},
            "top_images": [{"index": 9, "row": 4, "column": 1, "activation": 0.5}],
        },
    }  # fmt: skip
    assert passport_of(entry, 60) == Passport(
        layer="conv2",
        index=3,
        rank=9,
        match=Match(None, "blur", -0.62),
        untrained_match=Match("ring", "ring", 0.9),
        untrained_strongest=(Example(9, 4, 1, 0.5),),
        orientation=87.5,
        dead=False,
        saturated=False,
        strength=0.5,
        active=0.25,
        background=0.25,
        selectivity=(0.1, None),
        strongest=(Example(7, 2, 5, 3.5),),
        median=(Example(8, 3, 6, 1.5),),
        slices=(Slice(2, 0.4),),
        worth=Worth(0.02, (0.01, 0.03), changed=143, became_wrong=111, became_right=32),
    )
