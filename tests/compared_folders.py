"""Run folders as a comparison finds them, made up without training."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Config, dump
from model.comparison.compare import summarise
from model.comparison.records import Facts, as_json
from tests.comparison.test_compare import labels_of, predict
from tests.records import FACTS, typed

CLASSES = ["Shirt", "Coat", "Bag"]
OWN = {"epochs": 4, "train_seconds": 2.0}
MACHINE = {"processor": "one", "cores": 2, "threads_per_job": 1, "bfloat16": False}


def make_run(
    folder: Path,
    models: dict[str, float],
    seeds: tuple[int, ...] = (0, 1, 2),
    digest: str = "ab" * 32,
    settings: dict[str, Any] | None = None,
    never: str | None = None,
    **others: Any,
) -> Path:
    """A run folder of models that are right on about these shares of 3,000 test pictures.

    Args:
        folder: where.
        models: by name.
        seeds: of all of them.
        digest: of the data.
        settings: of the config, beside its name, seeds and models.
        never: a class that none of them ever answers.
        others: keys of report.json to be other than they would be.
    """
    labels = labels_of()
    predictions = {name: predict(share, seeds) for name, share in models.items()}
    for name, of_seeds in predictions.items():
        for seed, probabilities in of_seeds.items():
            if never is not None:
                probabilities[:, CLASSES.index(never)] = 0
            (folder / name / f"seed-{seed}").mkdir(parents=True)
            write_predictions(folder, name, seed, probabilities, labels)
    networks = {name: {"architecture": "dense" if name == "dense" else "cnn"} for name in models}
    given = {"name": "made-up", "seeds": list(seeds), "models": networks, **(settings or {})}
    (folder / "config.yaml").write_text(dump(Config.model_validate(given)))
    facts = {name: typed(Facts, FACTS | OWN | networks[name]) for name in models}
    report = {
        "name": "made-up",
        "config_digest": "cd" * 32,
        "seeds": list(seeds),
        "data": {
            "title": "Fashion-MNIST",
            "name": "fashion-mnist",
            "source": "a folder",
            "digest": digest,
            "classes": CLASSES,
            "train": 100,
            "validation": 5000,
            "test": len(labels),
        },
        **as_json(summarise(predictions, labels, CLASSES, facts)),
        "environment": MACHINE,
    }
    write_report(folder, report | others)
    return folder


def write_report(folder: Path, report: dict[str, Any]) -> None:
    (folder / "report.json").write_text(json.dumps(report))


def read_report(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "report.json").read_text()))


def write_predictions(
    folder: Path, model: str, seed: int, probabilities: np.ndarray, labels: np.ndarray
) -> None:
    path = folder / model / f"seed-{seed}" / "predictions.npz"
    np.savez_compressed(path, probabilities=probabilities, labels=labels)


def write_metrics(folder: Path, model: str, seed: int, accuracy: float) -> None:
    """metrics.json of a training, which says how often it is right."""
    others = {"validation_accuracy": 0.5, "distinct_answers": 3, "epochs": 4, "precision": "float32"}
    seconds = {"train_seconds": 2.0, "predict_seconds": 0.1}
    path = folder / model / f"seed-{seed}" / "metrics.json"
    path.write_text(json.dumps({"accuracy": accuracy, **others, **seconds}))


def call_classes(folder: Path, *classes: str) -> Path:
    """The run with other names of its classes; those beyond its own have no pictures."""
    report = read_report(folder)
    new = classes[len(CLASSES) :]
    report["data"]["classes"] = list(classes)
    for entry in report["models"].values():
        for row, name in zip(entry["per_class"], classes, strict=False):
            row["class"] = name
        nothing = dict.fromkeys(("accuracy", "interval", "precision", "f1"))
        entry["per_class"] += [{"class": name, "images": 0, **nothing} for name in new]
        for row in entry["confusion"]:
            row += [0.0] * len(new)
        entry["confusion"] += [[0.0] * len(classes) for _ in new]
    for pair in report["comparisons"]:  # a difference of classes can be done without
        pair["per_class"], pair["confusion_difference"] = [], []
    write_report(folder, report)
    return folder


def report_alone(run: Path, folder: Path) -> Path:
    """A folder with a run's report.json and nothing else."""
    folder.mkdir(parents=True)
    shutil.copy(run / "report.json", folder)
    return folder
