"""Networks that were trained elsewhere, read from their `.keras` file as data: no code of it ever runs."""

import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import h5py
import numpy as np

from configs.command_line import command
from configs.networks import Form
from data.storage import sha256_of, value_of
from model.networks.described import Unsuitable
from model.networks.facts import each_layer
from model.networks.layers import Convolution, Dense, Layer, Normalization, with_pixels
from model.networks.translated import MOST_WEIGHTS, Translation, translate
from model.run.folder import RunError
from model.run.saved import MEMBERS, MOST_STRUCTURE, MOST_TEXT, WEIGHTS, is_plain

if TYPE_CHECKING:
    import keras

FOLDERS = ("layers", "_layer_checkpoint_dependencies")  # of the weights: as Keras 3 calls it, and Keras 2
COPIES = 6  # of each weight at most: its own, and those of the optimizer that trained it
BYTES = 4  # of a weight
LARGEST_FILE = BYTES * COPIES * MOST_WEIGHTS + 4 * MOST_TEXT
CHUNK = 1 << 20
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8")  # how files of pictures begin


@dataclass(frozen=True)
class Elsewhere:
    """A network that was trained elsewhere.

    `layers` are ours, `names` the file's own by ours. `weights` are float32 by our layers' names, in Keras's
    order: `kernel` and `bias`, or `gamma`, `beta`, `mean` and `variance`, those that the layer has.
    `input_shape`, `logits`, `dtype` and `num_classes` are as in a `Translation`; `sha256` is the file's.
    """

    layers: tuple[Layer, ...]
    names: Mapping[str, str]
    weights: Mapping[str, Mapping[str, np.ndarray]]
    input_shape: tuple[int, ...]
    logits: bool
    dtype: str
    num_classes: int
    sha256: str


def read_network(path: Path) -> Elsewhere:
    """Read a `.keras` file that anybody may have made.

    Raises:
        RunError: there is none, it is of another kind, damaged, or holds a network that can't be looked into.
    """
    with _explained(path):
        if path.stat().st_size > LARGEST_FILE:
            raise Unsuitable(f"it has {path.stat().st_size:,} bytes; expected at most {LARGEST_FILE:,}")
        sha256 = sha256_of(path)
        with zipfile.ZipFile(path) as archive:
            _check_members(archive)
            description = archive.read("config.json").decode()
            found = translate(value_of(description))
            weights = _weights(archive, found)
    form = found.input_shape, found.logits, found.dtype, found.num_classes
    return Elsewhere(found.layers, found.names, weights, *form, sha256)


def build_elsewhere(found: Elsewhere, pixels: Form) -> "keras.Model":
    """The network as ours are: it takes images (batch, 28, 28, 1) from 0 to 1, and gives probabilities.

    `pixels` says in which form it was trained with them; see `with_pixels`.
    """
    from model.networks.build import build_of

    model = build_of(with_pixels(found.layers, pixels), 0, "saved")
    for name, arrays in found.weights.items():
        model.get_layer(name).set_weights(list(arrays.values()))
    return model


def _check_members(archive: zipfile.ZipFile) -> None:
    """Make sure that an archive has the three parts of a `.keras` file, the first two of a usual size."""
    sizes = {member.filename: member.file_size for member in archive.infolist()}
    if sorted(sizes) != MEMBERS or len(archive.infolist()) != len(MEMBERS):
        if any(name.endswith("data.pkl") for name in sizes):
            raise Unsuitable(
                "it is PyTorch's, whose layers are in code that no file holds; build it in Keras anew"
            )
        raise Unsuitable(f"it has {len(archive.infolist()):,} parts; expected {', '.join(MEMBERS)}")
    for name in MEMBERS:
        if name != WEIGHTS and sizes[name] > MOST_TEXT:
            raise Unsuitable(f"its {name} unpacks to {sizes[name]:,} bytes; expected at most {MOST_TEXT:,}")


def _weights(archive: zipfile.ZipFile, found: Translation) -> dict[str, dict[str, np.ndarray]]:
    """The weights of all layers that have some, by our names."""
    facts = {fact.name: fact for fact in each_layer(found.layers)}
    most = BYTES * COPIES * sum(fact.parameters for fact in facts.values()) + MOST_STRUCTURE
    size = archive.getinfo(WEIGHTS).file_size
    if size > most:
        raise Unsuitable(f"its weights take {size:,} bytes; expected at most {most:,} for its layers")
    shapes = dict(_shapes(found))
    with tempfile.TemporaryFile() as unpacked:
        _copy(archive, unpacked)
        with h5py.File(unpacked, "r") as file:
            folder = next((name for name in FOLDERS if name in file), FOLDERS[0])
            return {
                name: _of_layer(file, f"{folder}/{found.places[name]}/vars", found.names[name], expected)
                for name, expected in shapes.items()
            }


def _copy(archive: zipfile.ZipFile, to: IO[bytes]) -> None:
    """Unpack the weights, proved by their checksum and no longer than was said."""
    with archive.open(WEIGHTS) as packed:
        while chunk := packed.read(CHUNK):
            to.write(chunk)


def _shapes(found: Translation) -> Iterator[tuple[str, dict[str, tuple[int, ...]]]]:
    """Of each layer with weights the shapes of its arrays, in Keras's order."""
    before: tuple[int, ...] = (28, 28, 1)
    for layer, fact in zip(found.layers, each_layer(found.layers), strict=True):
        match layer:
            case Convolution() | Dense():
                window = fact.window if isinstance(layer, Convolution) else ()
                last = fact.output_shape[-1:]
                bias = {"bias": last} if layer.use_bias else {}
                yield layer.name, {"kernel": (*window, before[-1], *last), **bias}
            case Normalization(scale=scale, center=center):
                last = fact.output_shape[-1:]
                has = {"gamma": scale, "beta": center, "mean": True, "variance": True}
                yield layer.name, {name: last for name, there in has.items() if there}
        before = fact.output_shape


def _of_layer(
    file: h5py.File, place: str, theirs: str, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, np.ndarray]:
    arrays = {}
    for number, (name, shape) in enumerate(shapes.items()):
        values = _values(_found(file, f"{place}/{number}"), theirs, name, shape)
        if not np.isfinite(values).all():
            raise Unsuitable(f"the {name} of its layer {theirs} holds numbers that are not finite")
        arrays[name] = values
    return arrays


def _found(file: h5py.File, place: str) -> h5py.Dataset | h5py.Group | None:
    """What stands at a place; nothing where a link leads on the way there."""
    part = file
    for name in place.split("/"):
        if (
            not isinstance(part, h5py.Group)
            or part.get(name, getclass=True, getlink=True) is not h5py.HardLink
        ):
            return None
        part = part[name]
    return part


def _values(part: object, theirs: str, name: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array as float32."""
    told = f"the {name} of its layer {theirs}"
    if not isinstance(part, h5py.Dataset) or not is_plain(part):
        raise Unsuitable(f"{told} is not there as a plain array of numbers")
    if part.shape != shape:
        raise Unsuitable(f"{told} has the shape {part.shape}; expected {shape}")
    if part.dtype in (np.float32, np.float16):
        return np.asarray(part).astype(np.float32)
    if part.dtype == np.dtype("V2") and part.attrs.get("dtype") == "bfloat16":  # the upper half of a float32
        return (np.asarray(part).view(np.uint16).astype(np.uint32) << 16).view(np.float32)
    raise Unsuitable(f"{told} holds {part.dtype}; expected float32, float16 or bfloat16")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a file into a RunError that says what was expected, or how to make one."""
    try:
        if path.is_dir():
            raise Unsuitable(_of_folder(path))
        with path.open("rb") if path.is_file() else _nothing(path) as file:
            other = _of_another_kind(path, file.read(12))
        if other:
            raise Unsuitable(other)
        yield
    except Unsuitable as error:
        raise RunError(f"{path} can't be looked into: {error}.") from None
    except FileNotFoundError:
        raise RunError(
            f"{path} is missing. Expected a file that model.save(...) made of a network, "
            "or KEY=VALUE for `inspect`."
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise RunError(f"{path} is damaged, or no .keras file: save the network again.") from None
    except OSError as error:
        if error.errno is None:  # h5py's, of weights that are none
            raise RunError(f"{path} is damaged, or no .keras file: save the network again.") from None
        raise RunError(f"{path} can't be read: {error.strerror}.") from None
    except Exception as error:  # a file made to do harm fails in as many ways as there are readers
        problem = (str(error) or type(error).__name__).splitlines()[0]
        raise RunError(
            f"{path} is damaged, or no .keras file ({problem[:200]}): save the network again."
        ) from None


def _nothing(path: Path) -> IO[bytes]:
    path.stat()  # raises where there is nothing
    raise Unsuitable("it is no regular file")


def _of_folder(path: Path) -> str:
    if (path / "saved_model.pb").is_file():
        load = f"tf_keras.models.load_model({str(path)!r}).save('my.keras')"
        return (
            "it is a SavedModel; where its layers were Keras's, `pip install tf_keras` and "
            f"`import tf_keras; {load}` make a .keras file of it"
        )
    return "it is a folder; expected a .keras file"


def _of_another_kind(path: Path, begin: bytes) -> str:
    """What a file is that is no `.keras` file, and what makes one of it; empty where it may be one."""
    if begin.startswith(b"\x89HDF\r\n\x1a\n"):
        with h5py.File(path, "r") as file:
            if "model_config" not in file.attrs:
                return (
                    "it is an HDF5 file that holds no network; if it holds the weights of one, build that in "
                    f"Keras, then `model.load_weights({str(path)!r})` and `model.save('my.keras')` make a "
                    ".keras file"
                )
        load = f"keras.models.load_model({str(path)!r}, compile=False).save('my.keras')"
        return f"it is an HDF5 file; of a whole model, `import keras; {load}` makes a .keras file"
    if begin.startswith(PICTURES) or (begin.startswith(b"RIFF") and begin.endswith(b"WEBP")):
        return (
            f"it is a picture; `{command('predict', 'RUN', path)}` has it answered by the networks of a run"
        )
    if begin.startswith(b"\x80"):
        return "it is a pickle, which could run anything; save the network with model.save('my.keras')"
    return ""
