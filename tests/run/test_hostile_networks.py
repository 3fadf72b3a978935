"""Files that are no networks, or networks that can't be looked into: each is refused in one sentence."""

import io
import json
import os
import pickle
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from model.run.elsewhere import read_network
from model.run.folder import RunError
from tests.run.test_hostile_files import Parts, Payload, announcing, h5, zipped

MOST_MEMORY = 150e6
Change = Callable[[dict[str, Any]], object]


def entry(kind: str, name: str, **settings: Any) -> dict[str, Any]:
    return {
        "module": "keras.layers",
        "class_name": kind,
        "config": {"name": name, **settings},
        "registered_name": None,
    }


def convolution(**more: Any) -> dict[str, Any]:
    usual = {"filters": 2, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid", "activation": "relu"}
    return entry("Conv2D", "conv2d", **usual | more)


def dense(**more: Any) -> dict[str, Any]:
    return entry("Dense", "dense", **{"units": 3, "activation": "softmax"} | more)


FLATTEN = entry("Flatten", "flatten")


def sequential(*layers: dict[str, Any], shape: object = (28, 28, 1)) -> dict[str, Any]:
    first = entry("InputLayer", "input_layer", batch_shape=[None, *shape])  # type: ignore[misc]
    return {"module": "keras", "class_name": "Sequential", "config": {"layers": [first, *layers]}}


def weights(change: Callable[[h5py.File], object] = lambda file: None) -> bytes:
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["layers/conv2d/vars/0"] = np.full((3, 3, 1, 2), 0.1, np.float32)
        file["layers/conv2d/vars/1"] = np.zeros(2, np.float32)
        file["layers/dense/vars/0"] = np.full((1352, 3), 0.1, np.float32)
        file["layers/dense/vars/1"] = np.zeros(3, np.float32)
        change(file)
    return content.getvalue()


def keras_file(description: object) -> Parts:
    told = description if isinstance(description, bytes) else json.dumps(description).encode()
    return {"config.json": told, "metadata.json": b"{}", "model.weights.h5": weights()}


GOOD = keras_file(sequential(convolution(), FLATTEN, dense()))


def functional(*edges: tuple[str, list[str]], outputs: list[str] | None = None) -> dict[str, Any]:
    """Layers that each read others: the first is the input, the last ones are the outputs."""
    layers = []
    for name, reads in edges:
        kind = {"i": "InputLayer", "c": "Conv2D", "a": "Add", "f": "Flatten", "d": "Dense"}[name[0]]
        one = convolution() if kind == "Conv2D" else dense() if kind == "Dense" else entry(kind, name)
        one["config"] |= {"name": name, "batch_shape": [None, 28, 28, 1]}
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"keras_history": [other, 0, 0]}} for other in reads
        ]
        nodes = [{"args": [tensors] if len(reads) > 1 else tensors, "kwargs": {}}] if reads else []
        layers.append(one | {"name": name, "inbound_nodes": nodes})
    last = [[name, 0, 0] for name in outputs or [edges[-1][0]]]
    ends = last[0] if len(last) == 1 else last
    settings = {"layers": layers, "input_layers": [edges[0][0], 0, 0], "output_layers": ends}
    return {"class_name": "Functional", "config": settings, "registered_name": "Functional"}


def mirrored(
    axis: int = 2, end: str = "d", answers: str = "softmax", **other: list[list[tuple[str, int]]]
) -> dict[str, Any]:
    """It answers by the mean over a picture and its mirror image: what each layer reads, and when."""
    uses = {"i": [], "m": [[("i", 0)]], "c": [[("i", 0)], [("m", 0)]], "f": [[("c", 0)], [("c", 1)]]}
    uses |= {"a": [[("f", 0), ("f", 1)]], "d": [[("a", 0)]]} | other
    kinds = [entry("InputLayer", "i", batch_shape=[None, 28, 28, 1]), entry("Flip", "m", axis=axis)]
    kinds += [convolution(), FLATTEN, entry("Average", "a"), dense(activation=answers)]
    layers = [
        one
        | {
            "name": name,
            "inbound_nodes": [{"args": [[_tensor(*read) for read in use]]} for use in uses[name]],
        }
        for name, one in zip(uses, kinds, strict=True)
    ]
    ends = {"input_layers": ["i", 0, 0], "output_layers": [end, 0, 0]}
    return {"class_name": "Functional", "config": {"layers": layers, **ends}, "registered_name": "Functional"}


def _tensor(name: str, use: int) -> dict[str, Any]:
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, use, 0]}}


def instead(path: str, **dataset: Any) -> Parts:
    def change(file: h5py.File) -> None:
        del file[path]
        file.create_dataset(path, **dataset)

    return GOOD | {"model.weights.h5": weights(change)}


def link(target: Any) -> Parts:
    def change(file: h5py.File) -> None:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = target

    return GOOD | {"model.weights.h5": weights(change)}


def custom(**more: Any) -> dict[str, Any]:
    return convolution() | more


LAMBDA = entry("Lambda", "lambda", function={"class_name": "__lambda__", "config": {"code": "4wE="}})
AT_THE_END = {"d": [[("f", 0)], [("f", 1)]], "a": [[("d", 0), ("d", 1)]]}  # the mean of what the Dense gives
BRANCHES = functional(
    ("i", []), ("c1", ["i"]), ("c2", ["i"]), ("a", ["c1", "c2"]), ("f", ["a"]), ("d", ["f"])
)
NESTED = entry("Sequential", "backbone", layers=[convolution()])
CHAIN = (convolution(), FLATTEN, dense())
UNSUITABLE: dict[str, tuple[object, str]] = {  # what config.json holds, and what the sentence says
    "a Lambda": (
        sequential(LAMBDA, FLATTEN, dense()),
        "lambda .Lambda. holds code",
    ),
    "a custom object": (
        sequential(custom(module="mine", registered_name="Mine>Conv2D"), *CHAIN[1:]),
        "not Keras's own",
    ),
    "another's Conv2D": (sequential(custom(registered_name="Mine>Conv2D"), *CHAIN[1:]), "not Keras's own"),
    "a model class of its own": ({"class_name": "MyModel", "module": "__main__", "config": {}}, "a MyModel"),
    "a known class elsewhere": (
        sequential(*CHAIN) | {"module": "os", "class_name": "Sequential"},
        "Sequential",
    ),
    "an unknown layer": (
        sequential(entry("Conv2DTranspose", "up"), *CHAIN),
        "looked into: its layer up .Conv2DTranspose. is of another kind; expected only",
    ),
    "a network in it": (
        sequential(NESTED, *CHAIN[1:]),
        "backbone .Sequential. is a network in the network",
    ),
    "branches": (BRANCHES, "both read|a .Add. is of another kind"),
    "a picture upside down": (mirrored(axis=1), "m .Flip. is known in one place alone; expected the same"),
    "no mirror image of the picture": (mirrored(c=[[("i", 0)], [("i", 0)]]), "m .Flip. is known"),
    "a mirror image that goes another way": (mirrored(c=[[("i", 0)], [("f", 0)]]), "m .Flip. is known"),
    "a mean of the picture alone": (mirrored(a=[[("f", 0), ("f", 0)]]), "m .Flip. is known"),
    "a mean with another layer's maps": (mirrored(a=[[("f", 0), ("c", 1)]]), "m .Flip. is known"),
    "a mean of nothing": (mirrored(a=[[("m", 0), ("i", 0)]]), "m .Flip. is known"),
    "a mean of maps": (
        mirrored(a=[[("c", 0), ("c", 1)]], f=[[("a", 0)]], d=[[("f", 0)]]),
        "elsewhere than right before its last Dense",
    ),
    "a mean of probabilities": (
        mirrored(end="a", **AT_THE_END),
        "ends in a .Average.; expected the mean over a picture and its mirror image before the last Dense",
    ),
    "a mean of one": (
        sequential(convolution(), FLATTEN, entry("Average", "a"), dense()),
        "a .Average. is known",
    ),
    "two outputs": (
        functional(("i", []), ("f", ["i"]), ("d1", ["f"]), ("d2", ["f"]), outputs=["d1", "d2"]),
        "output",
    ),
    "a layer used twice": (
        functional(("i", []), ("f", ["i"]), ("d1", ["f"]), ("d2", ["nobody"])),
        "leads from its layer d1",
    ),
    "a circle": (functional(("i", []), ("f1", ["f2"]), ("f2", ["f1"]), ("d", ["f2"])), "leads from"),
    "three colours": (sequential(*CHAIN, shape=(28, 28, 3)), "pictures of three colours"),
    "another size": (sequential(*CHAIN, shape=(32, 32, 1)), "32 x 32 x 1"),
    "an unknown size": (sequential(*CHAIN, shape=(None, None, 1)), "any number"),
    "no shape": (
        {"class_name": "Sequential", "config": {"layers": list(CHAIN)}},
        "does not say what it reads",
    ),
    "billions of weights": (
        sequential(FLATTEN, dense(units=16384), *[dense(units=16384)] * 5, dense()),
        "parameters; expected",
    ),
    "a billion units": (sequential(FLATTEN, dense(units=10**9), dense()), "units 1000000000"),
    "a huge number": (sequential(FLATTEN, dense(units=10**400), dense()), "units"),
    "a unit and a half": (sequential(FLATTEN, dense(units=1.5), dense()), "units 1.5"),
    "five thousand layers": (sequential(*[FLATTEN] * 5000, dense()), "5002 layers; expected"),
    "dilation": (sequential(convolution(dilation_rate=[2, 2]), *CHAIN[1:]), "dilation_rate"),
    "groups": (sequential(convolution(groups=2), *CHAIN[1:]), "groups 2"),
    "channels first": (sequential(convolution(data_format="channels_first"), *CHAIN[1:]), "channels_first"),
    "nothing left": (
        sequential(*[convolution(kernel_size=[9, 9])] * 4, *CHAIN[1:]),
        "leaves nothing of 4 x 4",
    ),
    "one answer": (sequential(FLATTEN, dense(units=1, activation="sigmoid")), "sigmoid|one number"),
    "a sigmoid at the end": (sequential(FLATTEN, dense(activation="sigmoid")), "answers with sigmoid"),
    "a softmax in between": (
        sequential(convolution(activation="softmax"), *CHAIN[1:]),
        "a softmax before the end",
    ),
    "a function of its own": (
        sequential(convolution(activation={"class_name": "function", "config": "swishy"}), *CHAIN[1:]),
        "activation swishy",
    ),
    "no Flatten": (sequential(convolution(), dense()), "expected a Flatten before it"),
    "no Dense": (sequential(convolution()), "expected a Dense at its end"),
    "eight-bit weights": (
        sequential(FLATTEN, dense(dtype={"config": {"name": "int8_from_float32"}})),
        "int8",
    ),
    "ReLU of the picture": (sequential(entry("ReLU", "relu"), *CHAIN), "the picture itself"),
    "a name that steers": (
        sequential(convolution() | {"config": convolution()["config"] | {"name": "\x1b[2J"}}),
        "name",
    ),
    "depth 10,000": (b"[" * 10_000 + b"]" * 10_000, "nested too deep"),
    "no text": (b"\xff\xfe\0", "can't decode"),
    "a list": (b"[]", "expected what Keras writes"),
    "NaN as a number": (b'{"a": NaN}', "no finite number"),
    "layers of text": (
        {"class_name": "Sequential", "config": {"layers": ["x"]}},
        "expected what Keras writes",
    ),
}
DAMAGED: dict[str, Parts | Callable[[Path], object]] = {
    "a link to a file": link(h5py.ExternalLink("/etc/passwd", "/")),
    "a link inside": link(h5py.SoftLink("/layers/dense/vars/1")),
    "another shape": instead("layers/dense/vars/0", data=np.zeros((3, 1352), np.float32)),
    "NaN weights": instead("layers/dense/vars/1", data=np.full(3, np.nan, np.float32)),
    "doubles": instead("layers/dense/vars/0", data=np.zeros((1352, 3))),
    "numbers outside": instead(
        "layers/dense/vars/1", shape=(3,), dtype="f4", external=[("/etc/passwd", 0, 12)]
    ),
    "packed numbers": instead("layers/dense/vars/1", data=np.zeros(3, "f4"), compression="gzip"),
    "a huge shape": instead("layers/dense/vars/1", shape=(2**40,), dtype="f4", chunks=(1024,)),
    "objects": instead("layers/dense/vars/1", shape=(3,), dtype=h5py.vlen_dtype(np.uint8)),
    "another part": GOOD | {"setup.py": b"raise SystemExit"},
    "no weights": {name: part for name, part in GOOD.items() if "weights" not in name},
    "a pickle as weights": GOOD | {"model.weights.h5": pickle.dumps(Payload(Path("marker")))},
    "a folder": lambda path: path.mkdir(),
    "a pipe": lambda path: os.mkfifo(path),
    "nothing there": lambda path: None,
    "an empty file": lambda path: path.touch(),
    "a huge file": lambda path: (path.touch(), os.truncate(path, 10**12)),
    "cut off": lambda path: path.write_bytes(zipped(GOOD)[:-500]),
    "a bomb": lambda path: path.write_bytes(
        zipped(GOOD | {"model.weights.h5": bytes(20 << 20)}, zipfile.ZIP_DEFLATED)
    ),
    "a bomb as description": lambda path: path.write_bytes(
        zipped(GOOD | {"config.json": b" " * (20 << 20)}, zipfile.ZIP_DEFLATED)
    ),
    "weights announced too small": lambda path: path.write_bytes(announcing(GOOD, 1000)),
    "a pickle": lambda path: path.write_bytes(pickle.dumps(Payload(path.parent / "marker"))),
    "PyTorch's": lambda path: path.write_bytes(zipped({"model/data.pkl": b"x", "model/version": b"3"})),
}


def refusal(path: Path) -> str:
    """What is said of a file, which may neither take memory nor leave anything behind."""
    before = sorted(path.parent.rglob("*"))
    tracemalloc.start()
    with pytest.raises(RunError) as caught:
        read_network(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(caught.value), "the sentence must name the file"
    assert "\n" not in str(caught.value), "it must be one sentence"
    assert "\x1b" not in str(caught.value), "it would steer the terminal"
    assert len(str(caught.value)) - len(str(path)) < 400, f"nobody reads so much: {caught.value}"
    assert peak < MOST_MEMORY, f"refusing it took {peak / 1e6:.0f} MB"
    assert sorted(path.parent.rglob("*")) == before, "something in the file was run or unpacked"
    return str(caught.value)


def test_the_good_file_that_all_others_are_made_of_is_read(tmp_path: Path) -> None:
    path = tmp_path / "my.keras"
    path.write_bytes(zipped(GOOD))
    found = read_network(path)
    assert [layer.name for layer in found.layers] == ["conv1", "flatten", "probabilities"]
    assert found.names == {"conv1": "conv2d", "flatten": "flatten", "probabilities": "dense"}
    assert {name: list(arrays) for name, arrays in found.weights.items()} == {
        "conv1": ["kernel", "bias"],
        "probabilities": ["kernel", "bias"],
    }


def test_layers_that_are_used_for_a_picture_and_its_mirror_image_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "my.keras"
    for described in (mirrored(), mirrored(end="a", answers="linear", **AT_THE_END)):
        path.write_bytes(zipped(keras_file(described)))
        found = read_network(path)
        names = [layer.name for layer in found.layers]
        assert names == ["conv1", "flatten", "mirror_mean", "probabilities"]
        assert found.names["mirror_mean"] == "a"
    assert found.logits, "the mean of logits is that of what the last Dense reads, seen through it"


@pytest.mark.parametrize("end", [{"class_name": "function", "config": "softmax_v2"}, "linear"])
def test_the_end_is_known_however_it_is_written(end: object, tmp_path: Path) -> None:
    path, last = tmp_path / "my.keras", dense(activation=end)
    apart = entry("Activation", "activation", activation="linear", dtype="float32")
    relu = convolution(activation={"class_name": "function", "config": "relu"})
    path.write_bytes(zipped(keras_file(sequential(relu, FLATTEN, last, apart))))
    found = read_network(path)
    assert (found.logits, found.layers[-1].name) == (end == "linear", "probabilities"), (
        "TensorFlow's softmax is one, and a linear layer after it changes nothing"
    )


@pytest.mark.parametrize("kind", UNSUITABLE)
def test_what_cannot_be_looked_into_is_told_why(kind: str, tmp_path: Path) -> None:
    import re

    description, why = UNSUITABLE[kind]
    path = tmp_path / "my.keras"
    path.write_bytes(zipped(keras_file(description)))
    said = refusal(path)
    assert re.search(why, said), f"{kind} is refused for another reason: {said}"


@pytest.mark.parametrize("kind", DAMAGED)
def test_what_is_damaged_or_made_to_do_harm_is_refused(kind: str, tmp_path: Path) -> None:
    path, make = tmp_path / "my.keras", DAMAGED[kind]
    if callable(make):
        make(path)
    else:
        path.write_bytes(zipped(make))
    refusal(path)


def test_other_kinds_of_files_are_told_how_to_become_one(tmp_path: Path) -> None:
    path = tmp_path / "my.h5"
    with h5py.File(path, "w") as file:
        file["x"] = 1
    said = refusal(path)
    assert "holds no network" in said, "load_model is advised of a file that it can't load"
    assert f"`model.load_weights({str(path)!r})` and `model.save('my.keras')` make a .keras file" in said
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = "{}"
    assert f"keras.models.load_model({str(path)!r}, compile=False).save('my.keras')" in refusal(path)
    folder = tmp_path / "saved"
    folder.mkdir()
    (folder / "saved_model.pb").touch()
    assert f"tf_keras.models.load_model({str(folder)!r}).save('my.keras')" in refusal(folder)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_a_picture_is_what_predict_takes(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "my shirt"
    Image.new("L", (28, 28)).save(path, kind)
    assert f"it is a picture; `python train.py predict RUN '{path}'`" in refusal(path)


def test_what_is_missing_may_have_been_a_setting(tmp_path: Path) -> None:
    said = refusal(tmp_path / "epochs")
    assert "Expected a file that model.save(...) made of a network, or KEY=VALUE for `inspect`." in said


def test_a_file_of_keras_2_is_read(tmp_path: Path) -> None:
    """Its layers name what they read, and its input, in another form; its weights stand elsewhere."""
    edges = {"in": [], "conv2d": ["in"], "flatten": ["conv2d"], "dense": ["flatten"]}
    entries = [entry("InputLayer", "in", batch_input_shape=[None, 28, 28, 1], dtype="float32"), *CHAIN]
    layers = []
    for one, (name, reads) in zip(entries, edges.items(), strict=True):
        nodes = [[[other, 0, 0, {}] for other in reads]] if reads else []
        layers.append(one | {"name": name, "inbound_nodes": nodes})
    settings = {"layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [["dense", 0, 0]]}
    description = {"class_name": "Functional", "module": "keras", "config": settings, "registered_name": None}
    path = tmp_path / "my.keras"
    moved = weights(lambda file: file.move("layers", "_layer_checkpoint_dependencies"))
    path.write_bytes(zipped(keras_file(description) | {"model.weights.h5": moved}))
    found = read_network(path)
    assert found.names == {"conv1": "conv2d", "flatten": "flatten", "probabilities": "dense"}
    assert (found.weights["conv1"]["kernel"] == np.float32(0.1)).all()


def test_a_link_on_the_way_to_the_weights_is_not_followed(tmp_path: Path) -> None:
    path = tmp_path / "my.keras"

    def change(file: h5py.File) -> None:
        file.move("layers/dense", "elsewhere")
        file["layers/dense"] = h5py.SoftLink("/elsewhere")

    path.write_bytes(h5(GOOD, change))
    assert "not there as a plain array" in refusal(path)
