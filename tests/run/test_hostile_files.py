"""Saved models, arrays and records made to do harm: each is refused by name, and nothing in them is run."""

import hashlib
import io
import json
import os
import pickle
import shutil
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from typer.testing import CliRunner

from configs.schema import Dense
from data.storage import write_json
from model.inspection.files import read_inspection
from model.networks.build import build
from model.run.folder import RunError, RunFolder
from model.run.saved import load
from tests.faults import Driver
from tests.inspection_folders import write_cnn
from train import app

NETWORK = Dense(units=(4,))
MOST_MEMORY = 150e6
Parts = dict[str, bytes]


class Payload:
    """Unpickled, it leaves a file."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.marker),)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    """The parts of a good model file."""
    path = tmp_path_factory.mktemp("good") / "model.keras"
    build(NETWORK, 10, seed=0).save(path)
    load(path, NETWORK, 10)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(parts: Parts, packing: int = zipfile.ZIP_STORED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", packing) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def h5(parts: Parts, change: Callable[[h5py.File], object]) -> bytes:
    """Return a model file whose weights were changed."""
    content = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(content, "r+") as file:
        change(file)
    return zipped(parts | {"model.weights.h5": content.getvalue()})


KERNEL = "layers/dense/vars/0"


def instead(**dataset: Any) -> Callable[[h5py.File], object]:
    """Put another dataset in place of a kernel."""

    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file.create_dataset(KERNEL, **dataset)

    return change


def link(target: Any) -> Callable[[h5py.File], object]:
    def change(file: h5py.File) -> None:
        del file[KERNEL]
        file[KERNEL] = target

    return change


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout((784, 4), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (784, 4))
    del file[KERNEL]
    file.create_virtual_dataset(KERNEL, layout)


def not_finite(value: float) -> Callable[[h5py.File], object]:
    def change(file: h5py.File) -> None:
        file[KERNEL][5, 2] = value

    return change


def holds_itself(file: h5py.File) -> None:
    file["layers/dense/again"] = file["layers"]


def announcing(parts: Parts, size: int) -> bytes:
    """Return a model file whose directory announces another size of the weights."""
    content = bytearray(zipped(parts))
    place = content.rindex(b"PK\1\2")
    content[place + 24 : place + 28] = struct.pack("<I", size)
    return bytes(content)


def lambda_layer(marker: Path) -> bytes:
    code = keras.layers.Lambda(lambda x: x).get_config() | {"output_shape": None}
    inner = {"module": "os", "class_name": "mkdir", "config": {"path": str(marker)}, "registered_name": None}
    return json.dumps({"class_name": "Lambda", "config": code, "build_config": inner}).encode()


MODELS: dict[str, Callable[[Parts, Path], bytes]] = {
    "nothing": lambda parts, marker: b"",
    "a pickle": lambda parts, marker: pickle.dumps(Payload(marker)),
    "a pickle as weights": lambda parts, marker: zipped(
        parts | {"model.weights.h5": pickle.dumps(Payload(marker))}
    ),
    "no weights": lambda parts, marker: zipped({k: v for k, v in parts.items() if "weights" not in k}),
    "another part": lambda parts, marker: zipped(parts | {"setup.py": b"raise SystemExit"}),
    "a part that leaves the folder": lambda parts, marker: zipped(parts | {f"../{marker.name}": b"x"}),
    "weights under a path": lambda parts, marker: zipped(
        {name.replace("model.", "/model."): part for name, part in parts.items()}
    ),
    "assets": lambda parts, marker: zipped(parts | {"assets/layers/vocabulary.txt": b"x"}),
    "two thousand parts": lambda parts, marker: zipped(parts | {f"{n}": b"" for n in range(2000)}),
    "a bomb as weights": lambda parts, marker: zipped(
        parts | {"model.weights.h5": bytes(20 << 20)}, zipfile.ZIP_DEFLATED
    ),
    "a bomb as description": lambda parts, marker: zipped(
        parts | {"config.json": b" " * (20 << 20)}, zipfile.ZIP_DEFLATED
    ),
    "weights announced too large": lambda parts, marker: announcing(parts, 2**32 - 2),
    "weights announced too small": lambda parts, marker: announcing(parts, 1000),
    "a huge file": lambda parts, marker: zipped(parts) + bytes(64 << 20),
    "a link to a file": lambda parts, marker: h5(parts, link(h5py.ExternalLink("/etc/passwd", "/"))),
    "a link inside": lambda parts, marker: h5(parts, link(h5py.SoftLink("/layers/dense/vars/1"))),
    "numbers of another file": lambda parts, marker: h5(parts, virtual),
    "numbers outside": lambda parts, marker: h5(
        parts, instead(shape=(784, 4), dtype="f4", external=[("/etc/passwd", 0, 784 * 16)])
    ),
    "a huge shape": lambda parts, marker: h5(
        parts, instead(shape=(784, 2**40), dtype="f4", chunks=(1, 1024), compression="gzip")
    ),
    "packed numbers": lambda parts, marker: h5(
        parts, instead(data=np.zeros((784, 4), "f4"), compression="gzip")
    ),
    "doubles": lambda parts, marker: h5(parts, instead(data=np.zeros((784, 4)))),
    "integers": lambda parts, marker: h5(parts, instead(data=np.zeros((784, 4), "i4"))),
    "text": lambda parts, marker: h5(parts, instead(data=["a"] * 3136, dtype=h5py.string_dtype())),
    "objects": lambda parts, marker: h5(parts, instead(shape=(4,), dtype=h5py.vlen_dtype(np.uint8))),
    "another shape": lambda parts, marker: h5(parts, instead(data=np.zeros((4, 784), "f4"))),
    "fewer numbers": lambda parts, marker: h5(parts, instead(data=np.zeros((784, 3), "f4"))),
    "a group that holds itself": lambda parts, marker: h5(parts, holds_itself),
    "two thousand groups": lambda parts, marker: h5(
        parts, lambda file: [file.create_group(f"g{n}") for n in range(2000)]
    ),
    "NaN": lambda parts, marker: h5(parts, not_finite(np.nan)),
    "infinity": lambda parts, marker: h5(parts, not_finite(-np.inf)),
}


@pytest.mark.parametrize("kind", MODELS)
def test_hostile_models_are_refused(tmp_path: Path, saved: Parts, kind: str) -> None:
    path, marker = tmp_path / "model.keras", tmp_path / "marker"
    path.write_bytes(MODELS[kind](saved, marker))
    before = sorted(tmp_path.parent.rglob("*"))
    tracemalloc.start()
    with pytest.raises(RunError) as caught:
        load(path, NETWORK, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(caught.value), "the message must name the file"
    assert "get the whole folder" in str(caught.value), "the message must say what to do"
    assert "\n" not in str(caught.value), "the message must be one paragraph"
    assert peak < MOST_MEMORY, f"refusing it took {peak / 1e6:.0f} MB"
    assert sorted(tmp_path.parent.rglob("*")) == before, "something in the file was run or unpacked"


def test_the_description_of_a_saved_network_is_never_read(tmp_path: Path, saved: Parts) -> None:
    path, marker = tmp_path / "model.keras", tmp_path / "marker"
    for description in (lambda_layer(marker), pickle.dumps(Payload(marker)), b"\xff"):
        path.write_bytes(zipped(saved | {"config.json": description, "metadata.json": description}))
        model = load(path, NETWORK, 10)
        assert [type(layer).__name__ for layer in model.layers] == ["InputLayer", "Flatten", "Dense", "Dense"]
    assert not marker.exists(), "the description of the network was run"


@pytest.mark.parametrize("kind", ["folder", "pipe", "loop"])
def test_a_model_that_is_no_file_is_refused_and_not_waited_for(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "model.keras"
    make = {"folder": path.mkdir, "pipe": lambda: os.mkfifo(path), "loop": lambda: path.symlink_to(path)}
    make[kind]()
    with pytest.raises(RunError, match=r"model\.keras"):
        load(path, NETWORK, 10)


def npy(description: str, data: bytes = b"") -> bytes:
    """Return an array file with this header."""
    header = description.ljust(117).encode() + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def array(values: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, values, allow_pickle=True)
    return content.getvalue()


HUGE = "{'descr': '<f4', 'fortran_order': False, 'shape': (2500000000,), }"
GOOD = {
    "probabilities.npy": array(np.full((60, 2), 0.5, np.float32)),
    "labels.npy": array(np.zeros(60, np.uint8)),
}
ARRAYS: dict[str, Callable[[Path], Parts]] = {
    "a pickle": lambda marker: {"probabilities.npy": array(np.array([Payload(marker)], object))},
    "a pickle without its mark": lambda marker: {"probabilities.npy": pickle.dumps(Payload(marker))},
    "a bare pickle": lambda marker: {"probabilities": pickle.dumps(Payload(marker))},
    "10 GB announced by the array": lambda marker: {"probabilities.npy": npy(HUGE)},
    "2 GB of zeros": lambda marker: {"probabilities.npy": npy(HUGE, bytes(1 << 20))},
    "-1 numbers": lambda marker: {"probabilities.npy": npy(HUGE.replace("2500000000", "-1"))},
    "2^70 numbers": lambda marker: {"probabilities.npy": npy(HUGE.replace("2500000000", str(2**70)))},
    "code in a header": lambda marker: {"probabilities.npy": npy(f"__import__('os').mkdir({str(marker)!r})")},
    "brackets in a header": lambda marker: {"probabilities.npy": npy("(" * 5000)},
    "text": lambda marker: {"probabilities.npy": array(np.full((60, 2), "x"))},
    "times": lambda marker: {"probabilities.npy": array(np.zeros((60, 2), "M8[s]"))},
    "complex numbers": lambda marker: {"probabilities.npy": array(np.zeros((60, 2), complex))},
    "integers": lambda marker: {"probabilities.npy": array(np.zeros((60, 2), int))},
    "a number": lambda marker: {"probabilities.npy": array(np.float32(0.5))},
    "three dimensions": lambda marker: {"probabilities.npy": array(np.zeros((60, 2, 1), np.float32))},
    "fewer rows": lambda marker: {"probabilities.npy": array(np.zeros((59, 2), np.float32))},
    "NaN": lambda marker: {"probabilities.npy": array(np.full((60, 2), np.nan, np.float32))},
    "infinity": lambda marker: {"probabilities.npy": array(np.full((60, 2), np.inf, np.float32))},
    "negative probabilities": lambda marker: {"probabilities.npy": array(np.full((60, 2), -1, np.float32))},
    "a label out of range": lambda marker: {"labels.npy": array(np.full(60, 2, np.uint8))},
    "signed labels": lambda marker: {"labels.npy": array(np.full(60, -1, np.int8))},
    "labels as numbers with a point": lambda marker: {"labels.npy": array(np.zeros(60))},
}


def refused(read: Callable[[], object], name: str, marker: Path) -> None:
    tracemalloc.start()
    with pytest.raises(RunError) as caught:
        read()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert name in str(caught.value), "the message must name the file"
    assert peak < MOST_MEMORY, f"refusing it took {peak / 1e6:.0f} MB"
    assert not marker.exists(), "something in the file was run"


@pytest.mark.parametrize("kind", ARRAYS)
def test_hostile_predictions_are_refused(tmp_path: Path, kind: str) -> None:
    run, marker = RunFolder(tmp_path), tmp_path / "marker"
    path = run.seed_folder("cnn", 0) / "predictions.npz"
    path.parent.mkdir(parents=True)
    path.write_bytes(zipped(GOOD))
    assert run.predictions("cnn", 0)[0].shape == (60, 2), "the good file this starts from must be read"
    path.write_bytes(zipped(GOOD | ARRAYS[kind](marker)))
    refused(lambda: run.predictions("cnn", 0), "predictions.npz", marker)


def bomb() -> bytes:
    """Return a file of arrays that unpacks to 2 GB."""
    member = zipped({"conv1.npy": bytes(1 << 20)}, zipfile.ZIP_DEFLATED)
    content = bytearray(member)
    for mark, place in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        start = content.index(mark) + place
        content[start : start + 4] = struct.pack("<I", 2**31)
    return bytes(content)


NO_FILES: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a loop": lambda path: path.symlink_to(path),
    "a huge file": lambda path: (path.touch(), os.truncate(path, 10**12)),
    "a bomb": lambda path: path.write_bytes(bomb()),
    "nesting": lambda path: path.write_bytes(b"[" * 100_000),
    "NaN": lambda path: path.write_bytes(b'{"a": NaN}'),
    "infinity": lambda path: path.write_bytes(b'{"a": -Infinity}'),
    "a huge number": lambda path: path.write_bytes(b'{"a": 1e999}'),
    "5,000 digits": lambda path: path.write_bytes(b'{"a": ' + b"9" * 5000 + b"}"),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\0"),
    "half a character": lambda path: path.write_bytes(b'{"\xed\xa0\x80": 1}'),
    "half a character, spelt out": lambda path: path.write_bytes(b'{"a": "\\uD800"}'),
    "a list": lambda path: path.write_bytes(b"[1]"),
}
OF_A_RUN = {
    "report.json": lambda run: run.report(),
    "cnn/seed-0/history.csv": lambda run: run.history("cnn", 0),
    "cnn/seed-0/predictions.npz": lambda run: run.predictions("cnn", 0),
}
COUNT_AS_MISSING = {
    "environment.json": lambda run: run.environment(),
    "cnn/seed-0/metrics.json": lambda run: run.metrics("cnn", 0),
    "cnn/inspection/inside-figures.json": lambda run: run.look("cnn", "inspection"),
}


@pytest.mark.parametrize("kind", NO_FILES)
def test_a_run_with_a_file_that_is_none(tmp_path: Path, kind: str) -> None:
    run = RunFolder(tmp_path)
    for name, read in (OF_A_RUN | COUNT_AS_MISSING).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        NO_FILES[kind](path)
        if name in OF_A_RUN:
            refused(lambda read=read: read(run), name, tmp_path / "marker")
        else:
            assert read(run) is None, f"{name} was taken for a record; it must be made again"


@pytest.mark.parametrize("kind", NO_FILES)
@pytest.mark.parametrize("name", ["layers.json", "passports.json", "filters.npz", "activations.npz"])
def test_an_inspection_with_a_file_that_is_none(tmp_path: Path, name: str, kind: str) -> None:
    from configs.schema import Cnn

    write_cnn(tmp_path, Cnn(filters=(4, 5), padding="same"))
    (tmp_path / name).unlink()
    NO_FILES[kind](tmp_path / name)
    refused(lambda: read_inspection(tmp_path), name, tmp_path / "marker")


@pytest.mark.parametrize("file", ["../../secret.png", "/etc/passwd", "a/b.png", "..", "", 7, None])
def test_a_look_shows_only_what_stands_in_its_folder(tmp_path: Path, file: object) -> None:
    run = RunFolder(tmp_path)
    path = run.inspection_folder("cnn") / "inside-figures.json"
    figure = path.parent / "a.png"
    figure.parent.mkdir(parents=True)
    figure.write_bytes(b"a picture")
    files = {"a.png": hashlib.sha256(b"a picture").hexdigest()}
    good = {"settings": {}, "figures": [{"file": "a.png", "title": "t", "alt": "a"}], "files": files}
    write_json(path, good)
    assert run.look("cnn", "inspection") == good
    write_json(path, good | {"files": {str(file): files["a.png"]}})
    assert run.look("cnn", "inspection") is None, "a file elsewhere would be read"
    write_json(path, good | {"figures": [{"file": file, "title": "t", "alt": "a"}]})
    assert run.look("cnn", "inspection") is None, "a page would show a file from elsewhere"


REPORTS = [
    {},
    {"failed": []},
    {"failed": 7, "models": {}, "data": {}},
    {"failed": [], "models": {"\x1b[2J": {}}, "data": {"test": 10}},
    {"failed": [], "models": {"cnn": None}, "data": {"test": 10}},
    {"failed": [{"model": [], "seed": {}}], "models": {}, "data": {"test": "10"}},
]


@pytest.mark.parametrize("report", REPORTS, ids=str)
def test_show_refuses_what_is_no_report(tmp_path: Path, report: dict[str, Any]) -> None:
    write_json(tmp_path / "report.json", report)
    result = CliRunner().invoke(app, ["show", str(tmp_path)])
    assert isinstance(result.exception, RunError), f"not refused: {result.output}"
    text = str(result.exception)
    assert "report.json is no report of a run" in text
    assert "\x1b" not in text, "the message would steer the terminal"


def test_a_run_goes_on_where_its_files_were_replaced(
    driver: Driver, small_run: Path, small_config: Path, tmp_path: Path
) -> None:
    run = tmp_path / "small"
    shutil.copytree(small_run, run)
    (run / "dense/seed-0/metrics.json").write_bytes(b"[" * 100_000)
    (run / "dense/seed-1/metrics.json").unlink()
    (run / "dense/seed-1/metrics.json").mkdir()
    (run / "cnn/seed-1/predictions.npz").write_bytes(zipped({"a.npy": pickle.dumps(Payload(run / "x"))}))
    (run / "cnn/inspection/inside-figures.json").write_text('{"figures": [{"file": "../../../x"}]}')
    (run / "report.json").write_text('{"failed": NaN}')
    result = driver.run(small_config, "--outputs", tmp_path)
    assert result.code == 1, f"a folder can't be made again:\n{result.out}{result.err}"
    assert "metrics.json is a folder, where a file belongs: move it away" in result.err, result.err
    (run / "dense/seed-1/metrics.json").rmdir()
    result = driver.run(small_config, "--outputs", tmp_path)
    assert result.code == 0, f"all that is damaged can be made again:\n{result.out}{result.err}"
    assert RunFolder(run).report()["failed"] == []
    assert not (run / "x").exists(), "a pickle was run"
