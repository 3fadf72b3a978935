"""What stands in a run's files, read and counted by a second way: nothing of the program is used.

Answers come from predictions.npz, curves from history.csv, networks from model.keras, pictures from the data.
"""

import csv
import gzip
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tests.strangers import second_way
from tests.strangers.networks import Network

FILES = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


def read_idx(path: Path) -> np.ndarray:
    """The bytes of an IDX file, packed or not, in the shape that it tells."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    dimensions = content[3]
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


@dataclass
class Data:
    """The pictures of a run, and which of the training file were held out."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple[str, ...]
    title: str

    @classmethod
    def read(cls, folder: Path, classes: Sequence[str] | None, title: str) -> "Data":
        arrays = [read_idx(next(iter(folder.glob(f"{name}-ubyte*")))) for name in FILES]
        names = classes or [str(label) for label in range(int(arrays[1].max()) + 1)]
        return cls(*arrays, tuple(names), title)


class Model:
    """One model of a run: its settings, and of every seed answers and history."""

    def __init__(
        self, run: Path, name: str, settings: Mapping[str, Any], seeds: Sequence[int], labels: np.ndarray
    ):
        self.name, self.settings, self.folder, self.labels = name, settings, run / name, labels
        self.evidence: Evidence | None = None  # that of its run
        self.trained = [s for s in seeds if (self.folder / f"seed-{s}" / "metrics.json").exists()]
        self.answers: dict[int, np.ndarray] = {}
        self._validated: dict[int, float] = {}
        for seed in self.trained:
            with np.load(self.folder / f"seed-{seed}" / "predictions.npz") as stored:
                self.answers[seed] = stored["probabilities"].astype(np.float64)

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether it was not trained by this program."""
        return bool(self.settings["architecture"] == "saved")

    @cached_property
    def histories(self) -> dict[int, list[dict[str, float]]]:
        """Of every seed the rows of history.csv."""
        found = {}
        for seed in self.trained:
            with (self.folder / f"seed-{seed}" / "history.csv").open(newline="") as file:
                found[seed] = [
                    {key: float(value) for key, value in row.items()} for row in csv.DictReader(file)
                ]
        return found

    @cached_property
    def faults(self) -> dict[int, str]:
        """Of every training that is none, why: one answer to all pictures, or no better than chance."""
        return {s: why for s, p in self.answers.items() if (why := second_way.fault(p, self.labels))}

    @property
    def seeds(self) -> list[int]:
        """Those that count: sound ones, or where none is, all."""
        return [s for s in self.trained if s not in self.faults] or self.trained

    @cached_property
    def right(self) -> np.ndarray:
        """(seeds, pictures), 1 where the first of the likeliest classes is the label."""
        return np.array([[float(max(range(len(row)), key=row.__getitem__) == label)
                          for row, label in zip(self.answers[s].tolist(), self.labels, strict=True)]
                         for s in self.seeds])  # fmt: skip

    @cached_property
    def said(self) -> np.ndarray:
        """(seeds, pictures), the first of the likeliest classes."""
        return np.stack([self.answers[s].argmax(axis=1) for s in self.seeds])

    @property
    def accuracy(self) -> float:
        return float(self.right.mean())

    @cached_property
    def confusion(self) -> np.ndarray:
        """(labels, answers), mean number of pictures."""
        count = self.answers[self.seeds[0]].shape[1]
        cells = np.zeros((count, count))
        for answers in self.said:
            for label, answer in zip(self.labels, answers, strict=True):
                cells[label, answer] += 1
        return cells / len(self.said)

    @cached_property
    def sure(self) -> np.ndarray:
        """(seeds, pictures), the probability of the answer."""
        return np.stack([self.answers[s].max(axis=1) for s in self.seeds])

    @cached_property
    def metrics(self) -> dict[int, dict[str, Any]]:
        """metrics.json, for seconds alone: all else is counted."""
        return {s: json.loads((self.folder / f"seed-{s}" / "metrics.json").read_text()) for s in self.trained}

    def seconds(self, key: str) -> float | None:
        """The mean over its trainings; None of what nobody has measured."""
        if self.is_from_elsewhere and key == "train_seconds":
            return None
        return float(np.mean([self.metrics[s][key] for s in self.trained]))

    def network(self, seed: int) -> Network:
        """The saved network of a seed."""
        return Network.read(self.folder / f"seed-{seed}" / "model.keras")

    def validated(self, seed: int) -> float:
        """How often the saved network of a seed is right on the pictures that its run holds out."""
        assert self.evidence is not None
        if seed not in self._validated:
            images, labels = self.evidence.held_out
            answers = self.network(seed).probabilities(images).argmax(axis=1)
            self._validated[seed] = float(np.mean(answers == labels))
        return self._validated[seed]

    @property
    def validation(self) -> float:
        """The same, the mean over the seeds that count."""
        return float(np.mean([self.validated(seed) for seed in self.seeds]))

    @cached_property
    def names_of_file(self) -> list[str]:
        """What the file of a network that was trained elsewhere calls its layers."""
        if not self.is_from_elsewhere:
            return []
        return Network.read(self.folder / f"seed-{self.trained[0]}" / "original.keras").names

    @cached_property
    def first(self) -> Network:
        """That of the first seed that was trained, which the looks inside are of."""
        return self.network(self.trained[0])


class Evidence:
    """A run, or several side by side: models by name, and which are compared with which."""

    def __init__(self, run: Path, data: Data) -> None:
        self.run, self.data = run, data
        self.own: dict[str, Path] = {}  # pictures that are asked about, by the names that they were given
        self.config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
        self.seeds: list[int] = self.config["seeds"]
        self.models = {
            name: Model(run, name, settings, self.seeds, data.test_labels)
            for name, settings in self.config["models"].items()
        }
        for model in self.models.values():
            model.evidence = self
        self.scored = {name: model for name, model in self.models.items() if model.trained}
        baseline, *candidates = self.models
        self.pairs = [
            (baseline, candidate)
            for candidate in candidates
            if all(self.is_sound(name) for name in (baseline, candidate))
        ]

    @property
    def classes(self) -> tuple[str, ...]:
        return self.data.classes

    @property
    def names(self) -> list[str]:
        """Of the run and its data."""
        return [self.config["name"], self.data.title]

    @property
    def num_test(self) -> int:
        return len(self.data.test_labels)

    @property
    def official(self) -> bool:
        return bool(
            self.config["data"]["name"] == "fashion-mnist" and self.config["data"]["source"] != "lines"
        )

    def is_sound(self, name: str) -> bool:
        """Whether a model has a training that is one."""
        model = self.models[name]
        return any(seed not in model.faults for seed in model.trained)

    def recipe(self, name: str) -> dict[str, Any]:
        """How a model was trained: its own keys before the common ones."""
        return {**self.config["training"], **(self.models[name].settings.get("training") or {})}

    def difference(self, baseline: str, candidate: str, label: int | None = None) -> second_way.Estimate:
        """Candidate minus baseline, over all pictures or over those of a class."""
        chosen = slice(None) if label is None else self.data.test_labels == label
        one, other = (self.models[name].right[:, chosen] for name in (baseline, candidate))
        return second_way.difference(other, one)

    def mean(self, name: str, label: int | None = None) -> second_way.Estimate:
        """Accuracy over all pictures or of a class."""
        chosen = slice(None) if label is None else self.data.test_labels == label
        return second_way.mean(self.models[name].right[:, chosen])

    @cached_property
    def splits(self) -> tuple[np.ndarray, np.ndarray]:
        """Which pictures of the training file train, and which validate: indices."""
        section = self.config["data"]
        rules = json.loads((self.run / "environment.json").read_text(encoding="utf-8")).get("rules", {})
        asked = (section["validation_images"], section["split_seed"], rules.get("split", 1) > 1)
        held = second_way.held_out(self.data.train_labels, *asked)
        everyone = np.arange(len(self.data.train_labels))
        return np.setdiff1d(everyone, held), held

    @cached_property
    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """The validation pictures and their labels."""
        held = self.splits[1]
        return self.data.train_images[held], self.data.train_labels[held]

    # On perturbed pictures, from robustness.npz ------------------------------------------------------------

    @cached_property
    def kinds(self) -> dict[str, list[float]]:
        """Strengths of every kind of perturbation, as the records tell."""
        found: dict[str, list[float]] = {}
        for path in sorted(self.run.glob("*/seed-*/robustness.json")):
            found = json.loads(path.read_text(encoding="utf-8"))["settings"]["strengths"]
        return found

    @property
    def perturbed_models(self) -> list[str]:
        return [name for name in self.scored if self._arrays(name, "labels")]

    def _arrays(self, name: str, key: str) -> list[np.ndarray]:
        """An array of every seed's robustness.npz; the answers to what is not perturbed are checked."""
        found, model = [], self.models[name]
        for seed in model.seeds:
            path = model.folder / f"seed-{seed}" / "robustness.npz"
            if path.exists():
                with np.load(path) as stored:
                    given = model.answers[seed].argmax(axis=1)[stored["indices"]]
                    assert np.mean(stored["answers/noise"][0] == given) > 0.99, f"{path}: of other pictures"
                    found.append(stored[key])
        return found

    def perturbed(self, kind: str, strength: int, name: str, baseline: str = "") -> second_way.Estimate:
        """Accuracy at a strength, or the difference to another model."""
        labels = self._arrays(name, "labels")[0]
        right = [np.array([a[strength] == labels for a in self._arrays(one, f"answers/{kind}")], float)
                 for one in (name, baseline) if one]  # fmt: skip
        return second_way.difference(*right) if baseline else second_way.mean(right[0])

    def kept_answers(self, name: str) -> second_way.Estimate:
        """The share of answers that a shift by one pixel leaves."""
        one = self.kinds["shift"].index(1)
        given = self._arrays(name, "answers/shift")
        return second_way.mean(np.array([a[one] == a[0] for a in given], float))

    def changes(self, name: str, key: str) -> float:
        """How much a map changes, on the mean."""
        return float(np.mean([a.mean(dtype=np.float64) for a in self._arrays(name, key)]))
