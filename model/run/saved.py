"""Saved networks, looked at before their weights are taken: nothing in them is run, nothing huge unpacked."""

import io
import tempfile
import warnings
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from configs.schema import Network
from data.storage import sha256_of
from model.networks.facts import layer_facts
from model.networks.layers import Convolution, Layer, Normalization
from model.networks.layers import Dense as DenseLayer
from model.run.folder import ORIGINAL, RunError, RunFolder, again
from model.run.readers import is_from_elsewhere

if TYPE_CHECKING:
    import keras

WEIGHTS = "model.weights.h5"
MEMBERS = ["config.json", "metadata.json", WEIGHTS]  # of a `.keras` file, in alphabetical order
MOST_TEXT = 1 << 20  # bytes of the first two; they take 10 KB, of the largest networks 80 KB
MOST_STRUCTURE = 1 << 20  # bytes around the weights: names of layers and the like; they take 30 to 240 KB
MOST_PARTS = 1000  # groups and arrays; the largest networks have 330
DEPTH = 4  # layers/conv2d/vars/0
# Kinds of layers as they are called in the file:
WITH_WEIGHTS = {Convolution: "conv2d", DenseLayer: "dense", Normalization: "batch_normalization"}


def check_saved(path: Path, num_weights: int) -> None:
    """Make sure that a `.keras` file holds what Keras saves of a network of this many weights, and no more.

    The description of the network that is saved beside the weights is not read: it may name any code.

    Raises:
        OSError: it can't be read.
        zipfile.BadZipFile: it is damaged.
        ValueError: it holds something else; the text says what.
    """
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ValueError("it is no regular file")
    most = dict.fromkeys(MEMBERS, MOST_TEXT) | {WEIGHTS: 4 * num_weights + MOST_STRUCTURE}
    if path.stat().st_size > sum(most.values()) + MOST_STRUCTURE:
        raise ValueError(f"it has {path.stat().st_size:,} bytes, too many for {num_weights:,} parameters")
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        if sorted(member.filename for member in members) != MEMBERS:
            raise ValueError(f"it has {len(members)} parts; expected {', '.join(MEMBERS)}")
        for member in members:
            if member.file_size > most[member.filename]:
                raise ValueError(f"its {member.filename} unpacks to {member.file_size:,} bytes")
        contents = {name: archive.read(name) for name in MEMBERS}  # each proved by its checksum
    with h5py.File(io.BytesIO(contents[WEIGHTS]), "r") as file:
        found = sum(array.size for array in _arrays(file))
    if found != num_weights:
        raise ValueError(f"it holds {found:,} parameters, and the network has {num_weights:,}")


def is_whole(run: RunFolder, model: str, seed: int, num_weights: int) -> bool:
    """Whether the files of one training can be used: its network, of this many weights, and what it gave.

    A history that was cut off may still be one: it must have as many epochs as metrics.json tells.
    """
    metrics = run.metrics(model, seed) or {}
    try:
        check_saved(run.seed_folder(model, seed) / "model.keras", num_weights)
        run.predictions(model, seed)
        if is_from_elsewhere(metrics):  # which has no history
            return sha256_of(run.seed_folder(model, seed) / ORIGINAL) == metrics["original"]
        epochs = len(run.history(model, seed)["loss"])
    except Exception:  # a damaged file fails in as many ways as there are readers
        return False
    return epochs == metrics.get("epochs")


def _arrays(file: h5py.File) -> Iterator[h5py.Dataset]:
    """All arrays of a file, known to be plain ones that stand in it."""
    groups, parts = [(file, 1)], 0
    while groups:
        group, depth = groups.pop()
        for name in group:
            parts += 1
            if parts > MOST_PARTS or depth > DEPTH:  # a group may hold itself
                raise ValueError("it has more parts than a network")
            if group.get(name, getclass=True, getlink=True) is not h5py.HardLink:
                raise ValueError(f"{name!a} in it is a link to something else")
            part = group[name]
            if isinstance(part, h5py.Group):
                groups.append((part, depth + 1))
            elif is_plain(part) and part.dtype == np.float32:
                yield part
            else:
                raise ValueError(f"{name!a} in it is no plain array of float32")


def is_plain(part: h5py.Group | h5py.Dataset | h5py.Datatype) -> bool:
    """Whether it is an array of values that are neither packed nor somewhere else."""
    return (
        isinstance(part, h5py.Dataset)
        and part.shape is not None
        and not part.external
        and not part.is_virtual
        and part.id.get_create_plist().get_nfilters() == 0
    )


def read_weights(path: Path, layers: Sequence[Layer], num_weights: int) -> dict[str, list[np.ndarray]]:
    """The weights of a saved network by the names of its layers, in Keras's order; without TensorFlow.

    `layers` are those of the network, from input to output. A convolution or dense layer has a kernel and a
    bias, a normalization scale, shift, mean and variance: float32.

    Raises:
        RunError: the file is missing, damaged, or of another network.
    """
    with _explained(path):
        check_saved(path, num_weights)
        with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read(WEIGHTS)), "r") as file:
            groups = {name: file[f"layers/{place}/vars"] for name, place in _places(layers)}
            weights = {
                name: [np.asarray(group[str(number)]) for number in range(len(group))]
                for name, group in groups.items()
            }
        _must_be_finite(path, [array for arrays in weights.values() for array in arrays])
    return weights


def _places(layers: Sequence[Layer]) -> Iterator[tuple[str, str]]:
    """Where Keras puts the weights of each layer that has some: by its kind, numbered from the second on."""
    seen: Counter[str] = Counter()
    for layer in layers:
        if isinstance(layer, Convolution | DenseLayer | Normalization):
            kind = WITH_WEIGHTS[type(layer)]
            yield layer.name, f"{kind}_{seen[kind]}" if seen[kind] else kind
            seen[kind] += 1


def load(path: Path, network: Network, num_classes: int) -> "keras.Model":
    """Rebuild a saved network from its config and give it the saved weights; no code from the file runs.

    Raises:
        RunError: the file is missing, damaged, of another network, or not the one that its run made.
    """
    from model.networks.build import build

    RunFolder(_run_of(path)).vouch_for(path)
    with _explained(path), warnings.catch_warnings():
        # Keras leaves a layer that it does not find as it was, with a warning.
        warnings.simplefilter("error", UserWarning)
        check_saved(path, sum(fact.parameters for fact in layer_facts(network, num_classes)))
        model = build(network, num_classes, seed=0)  # no larger than the file
        model.load_weights(path)
        _must_be_finite(path, model.get_weights())
    return model


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a saved network into a RunError that says what to do."""
    try:
        yield
    except RunError:
        raise
    except FileNotFoundError:
        raise RunError(f"{path} is missing; {again(_run_of(path))}") from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise RunError(f"{path} is damaged; delete its folder, then {again(_run_of(path))}") from None
    except Exception as error:  # a file made to do harm fails in as many ways as there are readers
        problem = (str(error) or type(error).__name__).splitlines()[0]
        raise RunError(
            f"{path} does not fit the network in the run's config.yaml ({problem}); "
            f"delete its folder, then {again(_run_of(path))}"
        ) from None


def _must_be_finite(path: Path, weights: Sequence[np.ndarray]) -> None:
    if not all(np.isfinite(one).all() for one in weights):
        remedy = f"delete its folder, then {again(_run_of(path))}"
        raise RunError(f"{path} holds weights that are not finite numbers; {remedy}")


def _run_of(path: Path) -> Path:
    """The run of RUN/MODEL/seed-N/model.keras."""
    return path.parent.parent.parent


def model_bytes(model: Any) -> bytes:
    """A network as the content of a `.keras` file; Keras itself would write in place."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        try:
            model.save(path)
        except OSError as error:
            raise OSError(error.errno, error.strerror, str(path)) from error
        return path.read_bytes()
