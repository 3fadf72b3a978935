"""Data sets and networks away from the default, each made from a fixed seed and trained in seconds.

Pictures are made up: each class has a smooth pattern of its own, moved a little and in noise.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from scipy import ndimage

from tests.conftest import idx
from tests.networks_elsewhere import course, fit, saved, sequential

SEED = 20
LONG = "a name that goes on and on, as those of species do, and of which this is number"
SCRIPTS = ("ブーツ", "сапог", "ботинок", "μπότα", "boot", "靴下", "מגף")
SMALL: dict[str, Any] = {
    "dense": {"architecture": "dense", "units": [16]},
    "cnn": {"architecture": "cnn", "filters": [4, 6], "units": [16]},
}
RECIPE = {"epochs": 2, "learning_rate": 0.005, "batch_size": 32, "precision": "float32"}


@dataclass(frozen=True)
class Pictures:
    """Of how many classes, how many, in how much noise, and what is done to them in the end."""

    classes: int = 5
    train: int = 400
    test: int = 200
    noise: float = 60
    change: Callable[[dict[str, np.ndarray]], None] = lambda arrays: None
    names: Sequence[str] | None = None
    source: str = ""  # where it is not a folder

    def write(self, folder: Path) -> None:
        """The four IDX files."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, array in (made_up_lines() if self.source == "lines" else self._arrays()).items():
            (folder / name).write_bytes(idx(array))

    def _arrays(self) -> dict[str, np.ndarray]:
        draw = np.random.default_rng(SEED)
        shapes = [ndimage.zoom(draw.uniform(0, 255, (7, 7)), 4, order=1) for _ in range(self.classes)]
        arrays = {}
        for name, count in (("train", self.train), ("t10k", self.test)):
            labels = draw.permutation(np.arange(count) % self.classes)
            moves = draw.integers(-2, 3, (count, 2))
            pictures = np.array(
                [np.roll(shapes[k], move, (0, 1)) for k, move in zip(labels, moves, strict=True)]
            )
            pictures = np.clip(pictures + self.noise * draw.standard_normal(pictures.shape), 0, 255)
            arrays[f"{name}-images-idx3-ubyte"] = pictures.astype(np.uint8)
            arrays[f"{name}-labels-idx1-ubyte"] = labels.astype(np.uint8)
        self.change(arrays)
        return arrays


def made_up_lines() -> dict[str, np.ndarray]:
    """The pictures of `source: lines`, for the checker alone: the program makes them itself."""
    from data.lines import NUM_TEST, NUM_TRAINING, make_images
    from data.lines import SEED as SEED_OF_LINES

    arrays = {}
    for name, count, seed in (("train", NUM_TRAINING, SEED_OF_LINES), ("t10k", NUM_TEST, SEED_OF_LINES + 1)):
        images, labels = make_images(count, seed)
        arrays |= {f"{name}-images-idx3-ubyte": images, f"{name}-labels-idx1-ubyte": labels}
    return arrays


@dataclass(frozen=True)
class Stranger:
    """A data set, the networks and their training."""

    pictures: Pictures = Pictures()
    models: dict[str, Any] = field(default_factory=lambda: SMALL)
    training: dict[str, Any] = field(default_factory=dict)
    seeds: Sequence[int] = (0, 1)
    validation: int = 60
    guess: str = ""

    def write(self, name: str, folder: Path) -> Path:
        """Data and config in a folder; returns the config."""
        self.pictures.write(folder / "data")
        lines = self.pictures.source == "lines"
        data: dict[str, Any] = {"source": "lines"} if lines else {"source": f"{folder}/data", "name": name}
        data["validation_images"] = self.validation
        if self.pictures.names is not None and not lines:
            data["class_names"] = list(self.pictures.names)
        config = {"name": name, "seeds": list(self.seeds), "data": data, "models": self.models}
        config["training"] = RECIPE | self.training
        (folder / "config.yaml").write_text(json.dumps(config, ensure_ascii=False), encoding="utf-8")
        return folder / "config.yaml"


@dataclass(frozen=True)
class Elsewhere(Stranger):
    """Networks that stock Keras has trained and saved, and nobody else; the first is the baseline."""

    seeds: Sequence[int] = (0,)

    def write(self, name: str, folder: Path) -> Path:
        """Data, files and config in a folder; returns the config."""
        config = json.loads(super().write(name, folder).read_text(encoding="utf-8"))
        images = np.frombuffer((folder / "data" / TRAIN).read_bytes()[16:], np.uint8).reshape(-1, 28, 28)
        labels = np.frombuffer((folder / "data" / LABELS).read_bytes()[8:], np.uint8)
        for model, (network, as_read, order) in from_notebooks(self.pictures.classes).items():
            fit(network, as_read(images.astype(np.float32)), order[labels], epochs=8, rate=0.003)
            saved(network, folder / f"{model}.keras")
            config["models"][model] = {"architecture": "saved", "file": f"{folder}/{model}.keras"}
        del config["training"]
        (folder / "config.yaml").write_text(json.dumps(config), encoding="utf-8")
        return folder / "config.yaml"


def from_notebooks(classes: int) -> dict[str, Any]:
    """Networks, what each reads of pictures of 0 to 255, and which answer it gives to each class."""
    from keras import layers

    plain = np.arange(classes)
    normalized = (layers.Conv2D(5, 5), layers.BatchNormalization(), layers.ReLU(), layers.MaxPooling2D())
    return {
        "notebook": (
            sequential(layers.Flatten(), layers.Dense(16, "relu"), layers.Dense(classes), shape=(28, 28)),
            lambda images: images / 255,
            plain,
        ),
        "cnn": (course((4, 6), classes, seed=1), lambda images: images[..., None], plain),
        "turned": (
            sequential(*normalized, layers.Flatten(), layers.Dense(classes, "softmax"), seed=2),
            lambda images: 1 - images[..., None] / 255,
            plain[::-1],
        ),
    }


# What is done to the pictures ------------------------------------------------------------------------------

TRAIN, LABELS, TEST, TEST_LABELS = (
    f"{split}-{kind}-ubyte" for split in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
)


def _flip_some(arrays: dict[str, np.ndarray]) -> None:
    """A fifth of all labels become another class's."""
    for name in (LABELS, TEST_LABELS):
        arrays[name][::5] = 1 - arrays[name][::5]


def _one_of_a_class(arrays: dict[str, np.ndarray]) -> None:
    others = arrays[LABELS] != 4
    others[np.flatnonzero(~others)[0]] = True
    arrays[TRAIN], arrays[LABELS] = arrays[TRAIN][others], arrays[LABELS][others]


def _all_noise(arrays: dict[str, np.ndarray]) -> None:
    draw = np.random.default_rng(SEED)
    for name in (TRAIN, TEST):
        arrays[name] = draw.integers(0, 256, arrays[name].shape, dtype=np.uint8)


def _all_grey(arrays: dict[str, np.ndarray]) -> None:
    for name in (TRAIN, TEST):
        arrays[name][:] = 128


def _shuffle_labels(arrays: dict[str, np.ndarray]) -> None:
    np.random.default_rng(SEED).shuffle(arrays[LABELS])


def _no_test_of_a_class(arrays: dict[str, np.ndarray]) -> None:
    there = arrays[TEST_LABELS] != 3
    arrays[TEST], arrays[TEST_LABELS] = arrays[TEST][there], arrays[TEST_LABELS][there]


def _test_in_training(arrays: dict[str, np.ndarray]) -> None:
    arrays[TEST], arrays[TEST_LABELS] = arrays[TRAIN][:150].copy(), arrays[LABELS][:150].copy()


def _cnn(**settings: Any) -> dict[str, Any]:
    """The small networks, the one with convolutions otherwise."""
    return SMALL | {"cnn": SMALL["cnn"] | settings}


MISSING = Pictures(change=_no_test_of_a_class)
SETS = {
    "noisy-labels": Stranger(Pictures(classes=2, change=_flip_some)),
    "long-names": Stranger(
        Pictures(classes=25, train=1000, test=500, names=[f"{LONG} {k}" for k in range(25)]), validation=100
    ),
    "one-of-a-class": Stranger(Pictures(change=_one_of_a_class)),
    "noise": Stranger(Pictures(change=_all_noise)),
    "grey": Stranger(Pictures(change=_all_grey)),
    "shuffled": Stranger(Pictures(change=_shuffle_labels)),
    "forty": Stranger(Pictures(test=40)),
    "missing": Stranger(MISSING, guess="cnn is better by 99.9 points. Or [b]not[/b], `so`; </script>?"),
    "leaked": Stranger(Pictures(noise=100, change=_test_in_training)),
    "collapsed": Stranger(models=_cnn(training={"learning_rate": 1.0})),
    "perfect": Stranger(Pictures(classes=3, noise=5), training={"epochs": 3}),
    "one-batch": Stranger(Pictures(train=120), training={"epochs": 1, "batch_size": 512}),
    "six-convolutions": Stranger(models=_cnn(filters=[[3, 3, 3], [3, 3, 3]], padding="same")),
    "normalized": Stranger(MISSING, models=_cnn(batch_normalization=True, dropout=0.3, flip_at_test=True)),
    "hand-made": Stranger(models=_cnn(kernels="hand_made", filters=[19, 6])),
    "wide": Stranger(
        Pictures(train=240, test=100), models=_cnn(filters=[512]), seeds=(0,), training={"epochs": 1}
    ),
    "scripts": Stranger(Pictures(classes=len(SCRIPTS), names=SCRIPTS)),
    "one-seed": Stranger(Pictures(noise=120), seeds=(11,)),
    "four-models": Stranger(
        Pictures(noise=120),
        models={
            **SMALL,
            "bare": SMALL["cnn"] | {"pooling": "none"},
            "mirrored": SMALL["cnn"] | {"units": [79], "flip_at_test": True},  # parameters as dense has
        },
        seeds=(0, 1, 2),
    ),
    "ten-seeds": Stranger(Pictures(noise=120), seeds=range(10)),
    "lines": Stranger(
        Pictures(source="lines", names=("horizontal", "rising", "vertical", "falling", "no line")),
        training={"epochs": 1}, validation=500,
    ),
    "elsewhere": Elsewhere(models={}),
}  # fmt: skip
QUICK = ("missing", "normalized")  # in CI; on the same pictures, so that they can be compared
