"""What the inspection of one model left in its folder, read and checked for drawing. No TensorFlow."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from configs.command_line import command
from data.storage import read_npz, read_value
from model.inspection.records import Passport, Unit, first_of, passport_of, unit_of
from model.networks.facts import SIDE, ReceptiveField
from model.run.folder import RunError

MOST_COLUMNS = 10  # test images side by side in one picture
Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True)
class Convolution:
    """One convolution: weights, its maps of the test images shown (n, h, w, c), and a passport per filter.

    `pooled` is None where no pooling follows; `passports` are in the order of `first_of`, `reads` is the
    layer before.
    """

    name: str
    kernel: np.ndarray
    untrained_kernel: np.ndarray
    before_relu: np.ndarray
    maps: np.ndarray
    pooled: np.ndarray | None
    untrained_maps: np.ndarray
    untrained_pooled: np.ndarray | None
    field: ReceptiveField
    passports: tuple[Passport, ...]
    reads: "Convolution | None"
    function: str = "relu"  # of its activation

    @property
    def dead(self) -> list[int]:
        """The filters that are above 0 at no place of any training or test image."""
        return [passport.index for passport in self.passports if passport.dead]


@dataclass(frozen=True)
class KeepBest:
    """Accuracy with only `kept` filters, in the order of validation loss and in random orders (orders, kept).

    `full` is the whole network's, `untrained` what it had before training.
    """

    kept: np.ndarray
    best: np.ndarray
    random: np.ndarray
    full: float
    untrained: float


@dataclass(frozen=True)
class Patterns:
    """How often each named pattern was found among the first kernels, and by which rule."""

    names: tuple[str, ...]
    threshold: float
    trained: dict[str, int]
    untrained: dict[str, int]


@dataclass(frozen=True)
class Inspection:
    """All of one model with convolutions; `images` are the test images whose maps are shown."""

    images: np.ndarray
    labels: np.ndarray
    num_test: int
    convolutions: tuple[Convolution, ...]
    patterns: Patterns | None
    keep_best: dict[str, KeepBest]


@dataclass(frozen=True)
class DenseInspection:
    """The first layer of a dense model: weights (784, units) and the units that pictures show.

    Without a hidden layer it is `probabilities`, and its units are the classes. `rule` says how they were
    chosen; `neighbours` is how far the weights of neighbouring pixels correlate, trained and untrained.
    """

    layer: str
    kernel: np.ndarray
    untrained_kernel: np.ndarray
    units: tuple[Unit, ...]
    rule: str
    num_test: int
    neighbours: tuple[float, float]


def read_inspection(folder: Path) -> Inspection | DenseInspection:
    """Read the inspection of one model.

    Returns what there is to draw. Of the test images, those that fit side by side: as many of each class as
    there is room for.

    Raises:
        RunError: a file is missing, damaged, or does not belong to the others; it names the file.
    """
    if (folder / "units.json").exists():
        return _read_dense(folder)
    with _faults_named(folder / "layers.json") as path:
        document = read_value(path)
        facts = [fact for fact in document["layers"] if fact["kind"] == "conv"]
        functions = {fact["name"]: str(fact.get("function", "relu")) for fact in facts}
        fields = {fact["name"]: ReceptiveField(**fact["receptive_field"]) for fact in facts}
        pairs = pairwise(document["layers"])
        pools = {one["name"]: after["name"] for one, after in pairs if after["kind"] == "pool"}
        untrained_accuracy = float(document["untrained_accuracy"])
        keep_best = {n: _keep_best(entry, untrained_accuracy) for n, entry in document["keep_best"].items()}
        num_test = int(document["num_test"])
    with _faults_named(folder / "filters.npz") as path:
        kernels = _kernels(read_npz(path), list(fields))
    with _faults_named(folder / "activations.npz") as path:
        arrays = read_npz(path)
        columns = _columns(arrays["labels"])
        images, labels = _array(arrays, "images", (-1, SIDE, SIDE))[columns], arrays["labels"][columns]
        maps = _maps(arrays, kernels, pools, columns)
        linear = {one: _array(arrays, f"{one}/before_relu", arrays[one].shape)[columns] for one in kernels}
    with _faults_named(folder / "untrained.npz") as path:
        arrays = read_npz(path)
        before = _kernels(arrays, list(fields))
        untrained = _maps(arrays, kernels, pools, columns)
    with _faults_named(folder / "passports.json") as path:
        passports = [passport_of(entry, num_test) for entry in read_value(path)]
        ranked = {name: _ranked(passports, name, *kernel.shape[2:]) for name, kernel in kernels.items()}
        patterns = _patterns(document["matching"], passports)
    convolutions: list[Convolution] = []
    for name, kernel in kernels.items():
        reads = convolutions[-1] if convolutions else None
        convolutions.append(
            Convolution(
                name, kernel, before[name], linear[name], *maps[name], *untrained[name],
                fields[name], ranked[name], reads, functions[name],
            )
        )  # fmt: skip
    return Inspection(images, labels, num_test, tuple(convolutions), patterns, keep_best)


def _read_dense(folder: Path) -> DenseInspection:
    with _faults_named(folder / "units.json") as path:
        document = read_value(path)
        layer = str(document["units"][0]["layer"])
    with _faults_named(folder / "filters.npz") as path:
        kernel = _array(read_npz(path), f"{layer}/kernel", (SIDE * SIDE, -1))
    with _faults_named(folder / "untrained.npz") as path:
        untrained = _array(read_npz(path), f"{layer}/kernel", kernel.shape)
    with _faults_named(folder / "units.json"):
        read = [unit_of(entry, kernel.shape[1]) for entry in document["units"]]
        units = first_of(read, len(read))
        rule, num_test, found = document["rule"], document["num_test"], document["neighbour_correlation"]
        neighbours = (float(found["trained"]), float(found["untrained"]))
        return DenseInspection(layer, kernel, untrained, units, str(rule), int(num_test), neighbours)


@contextmanager
def _faults_named(path: Path) -> Iterator[Path]:
    """Turn whatever is wrong with a file into one sentence that names it."""
    remedy = f"`{command('inspect', path.parents[2])}` writes it again"  # RUN/MODEL/inspection/FILE
    try:
        yield path
    except FileNotFoundError:
        raise RunError(f"{path} is missing; {remedy}") from None
    except Exception as error:  # a damaged file fails in as many ways as there are readers
        reason = f"{error} is missing in it" if isinstance(error, KeyError) else str(error)
        raise RunError(f"{path} can't be read ({reason or type(error).__name__}); {remedy}") from None


def _array(arrays: Arrays, name: str, shape: Sequence[int]) -> np.ndarray:
    """An array of finite numbers; -1 in `shape` takes any length."""
    array = arrays[name]
    wanted = tuple(has if asked == -1 else asked for has, asked in zip(array.shape, shape, strict=False))
    if array.ndim != len(shape) or array.shape != wanted:
        raise ValueError(f"{name} has the shape {array.shape}, expected {tuple(shape)}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds numbers that are not finite")
    return array


def _kernels(arrays: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
    kernels: dict[str, np.ndarray] = {}
    channels = 1
    for name in names:
        kernels[name] = _array(arrays, f"{name}/kernel", (-1, -1, channels, -1))
        channels = kernels[name].shape[-1]
    return kernels


def _columns(labels: np.ndarray) -> np.ndarray:
    """Which test images are shown: of at most ten classes, as many of each as there is room for."""
    classes = np.unique(labels)[:MOST_COLUMNS]
    if not len(classes):
        raise ValueError("no images in it")
    each = MOST_COLUMNS // len(classes)
    return np.concatenate([np.flatnonzero(labels == label)[:each] for label in classes])


def _maps(
    arrays: Arrays, kernels: Arrays, pools: Mapping[str, str], columns: np.ndarray
) -> dict[str, tuple[Any, Any]]:
    """The maps of each convolution and of the pooling after it, if there is one, of the images shown."""
    found = {}
    for name, kernel in kernels.items():
        shape = (-1, -1, -1, kernel.shape[-1])
        pooled = _array(arrays, pools[name], shape)[columns] if name in pools else None
        found[name] = _array(arrays, name, shape)[columns], pooled
    return found


def _keep_best(entry: Mapping[str, Any], untrained: float) -> KeepBest:
    kept, best, full = np.array(entry["kept"], int), np.array(entry["best"], float), float(entry["full"])
    random = np.array(entry["random"], float)
    if not len(kept) == len(best) == random.shape[1]:
        raise ValueError(f"keep_best has {len(kept)}, {len(best)} and {random.shape[1]} values")
    return KeepBest(kept, best, random, full, untrained)


def _patterns(matching: Mapping[str, Any] | None, passports: Sequence[Passport]) -> Patterns | None:
    if matching is None:
        return None
    first = [passport for passport in passports if passport.match is not None]
    names = tuple(matching["patterns"])
    if not {passport.match.name for passport in first if passport.match} <= {*names, None}:
        raise ValueError("a filter has the name of a pattern that layers.json does not list")
    kinds = ([p.match for p in first], [p.untrained_match for p in first])
    trained, untrained = (
        {name: sum(match is not None and match.name == name for match in matches) for name in names}
        for matches in kinds
    )
    return Patterns(names, float(matching["threshold"]), trained, untrained)


def _ranked(
    passports: Sequence[Passport], layer: str, num_inputs: int, num_filters: int
) -> tuple[Passport, ...]:
    ranked = first_of([passport for passport in passports if passport.layer == layer], num_filters)
    if sorted(passport.index for passport in ranked) != list(range(num_filters)):
        raise ValueError(f"{layer} has {num_filters} filters in filters.npz, and {len(ranked)} passports")
    if not all(0 <= read.channel < num_inputs for passport in ranked for read in passport.slices):
        raise ValueError(f"{layer} reads filters that the layer before does not have")
    return ranked
