"""The forms in which a network leaves: how each is written, and how its own runtime answers from the file.

Everything else is imported by the functions, since it may not be installed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

INPUT, OUTPUT = "image", "probabilities"  # as they are called in every file
CLASSES = "classes.txt"  # beside the file: the names of classes 0, 1, ..., one on each line
SNIPPET = "classify.py"  # likewise: a program that uses it
Answer = Callable[[np.ndarray], np.ndarray]  # float32 (n, 28, 28, 1) in [0, 1] -> float32 (n, num_classes)


@dataclass(frozen=True)
class Format:
    """One of the forms.

    Attributes:
        suffix: of the file; a folder has none.
        write: puts a network into the file; the names of classes, too, where the form has a place for them.
        open: the file in its own runtime.
        packages: that it needs beside Keras, as `pip` knows them: as they are imported.
        extra: of this project, which has these packages.
        snippet: what loads NAME, and what answers `images`, as lines of Python.
    """

    suffix: str
    write: "Callable[[keras.Model, Path, tuple[str, ...]], None]"
    open: Callable[[Path], Answer]
    snippet: tuple[str, str, str]
    packages: Mapping[str, str]
    extra: str = ""

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed here."""
        return [name for name, module in self.packages.items() if find_spec(module) is None]


def _named(network: "keras.Model") -> "keras.Model":
    """The same network with a name for its output, which Keras then gives it in the file."""
    import keras

    named = keras.Model(network.input, {OUTPUT: network.output}, name=network.name)
    named(np.zeros((1, *network.input_shape[1:]), np.float32))  # only what was called can be exported
    return named


def _write_keras(network: "keras.Model", path: Path, classes: tuple[str, ...]) -> None:
    network.save(path)


def _open_keras(path: Path) -> Answer:
    import keras

    network = keras.saving.load_model(path)  # written just now by this process
    return lambda images: network.predict_on_batch(images)


def _write_saved_model(network: "keras.Model", path: Path, classes: tuple[str, ...]) -> None:
    _named(network).export(path, format="tf_saved_model", verbose=False)


def _open_saved_model(path: Path) -> Answer:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))  # kept: its weights go when it goes
    return lambda images: loaded.signatures["serving_default"](image=tf.constant(images))[OUTPUT].numpy()


def _write_litert(network: "keras.Model", path: Path, classes: tuple[str, ...]) -> None:
    _named(network).export(path, format="litert", verbose=False)


def _open_litert(path: Path) -> Answer:
    from ai_edge_litert.interpreter import Interpreter

    runner = Interpreter(str(path), num_threads=1).get_signature_runner()
    return lambda images: runner(**{INPUT: images})[OUTPUT]


def _write_onnx(network: "keras.Model", path: Path, classes: tuple[str, ...]) -> None:
    """With its names of input and output, which the converter may have changed, and the classes."""
    import json

    import onnx

    _named(network).export(path, format="onnx", verbose=False)
    model = onnx.load(path)
    [given], [made] = model.graph.input, model.graph.output
    names = {given.name: INPUT, made.name: OUTPUT}
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    given.name, made.name = INPUT, OUTPUT
    for tensor in (given, made):
        tensor.type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.helper.set_model_props(model, {"classes": json.dumps(classes, ensure_ascii=False)})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _open_onnx(path: Path) -> Answer:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda images: session.run([OUTPUT], {INPUT: images})[0]


FORMATS = {
    "onnx": Format(
        ".onnx",
        _write_onnx,
        _open_onnx,
        (
            "import onnxruntime",
            "network = onnxruntime.InferenceSession(str(here / NAME))",
            'network.run(["probabilities"], {"image": images})[0]',
        ),
        {"onnx": "onnx", "onnxruntime": "onnxruntime", "tf2onnx": "tf2onnx"},
        extra="onnx",
    ),
    "litert": Format(
        ".tflite",
        _write_litert,
        _open_litert,
        (
            "from ai_edge_litert.interpreter import Interpreter",
            "network = Interpreter(str(here / NAME)).get_signature_runner()",
            'network(image=images)["probabilities"]',
        ),
        {"ai-edge-litert": "ai_edge_litert"},
        extra="litert",
    ),
    "saved_model": Format(
        "",
        _write_saved_model,
        _open_saved_model,
        (
            "import tensorflow",
            "network = tensorflow.saved_model.load(str(here / NAME))",
            'network.signatures["serving_default"](image=tensorflow.constant(images))["probabilities"].numpy()',
        ),
        {},
    ),
    "keras": Format(
        ".keras",
        _write_keras,
        _open_keras,
        (
            "import keras",
            "network = keras.saving.load_model(here / NAME)",
            "network.predict(images, verbose=0)",
        ),
        {},
    ),
}


def snippet(form: Format, name: str) -> str:
    """A program that answers a picture with the network in the file `name` beside it."""
    imported, load, answer = form.snippet
    needs = ", ".join([*(form.packages or {"tensorflow": ""}), "numpy", "pillow"])
    return f'''"""python {SNIPPET} PICTURE: the class of a picture, which is to be as the training
pictures are (Fashion-MNIST: light on black). It needs {needs}.
"""
import sys
from pathlib import Path

{imported}
import numpy
from PIL import Image

here = Path(__file__).parent
classes = (here / "{CLASSES}").read_text(encoding="utf-8").splitlines()
{load.replace("NAME", repr(name))}
# only scaled: `python train.py predict` of ConvLens prepares photographs, too
picture = Image.open(sys.argv[1]).convert("L").resize((28, 28))
images = numpy.asarray(picture, numpy.float32)[None, :, :, None] / 255
{OUTPUT} = {answer}[0]
print(f"{{classes[{OUTPUT}.argmax()]}} {{{OUTPUT}.max():.3f}}")
'''
