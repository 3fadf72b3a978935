"""Folders of sweeps as their trainings leave them, made up without training."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.digests import digest
from configs.schema import Config, dump
from configs.sweep import Setting, settings_of
from data.splits import Split, Splits
from model.run.folder import RunFolder
from model.run.identity import identity_of_training
from model.sweep.records import SweepReport
from model.sweep.results import report_of_sweep
from model.sweep.writer import write_sweep_report

MODELS = {
    "dense": {"architecture": "dense", "units": [16]},
    "cnn": {"architecture": "cnn", "filters": [4], "units": [16]},
}
SWEEP = {"training.learning_rate": [0.002, 0.005, 0.01], "models.cnn.filters": [[4], [8, 16]]}
MADE_IN = {"processor": "one", "cores": 2, "versions": {"numpy": "2"}}
NUM_VALIDATION, NUM_TEST = 1000, 500
DIGEST = "0" * 64  # of the data
Right = Callable[[str, Mapping[str, Any], int], float]  # by model, values and seed: validation accuracy


def config_of(sweep: dict[str, Any], seeds: Sequence[int] = (0, 1), **others: Any) -> Config:
    """A sweep of `MODELS`."""
    given = {"name": "made-up", "seeds": list(seeds), "models": MODELS, "sweep": sweep}
    return Config.model_validate(given | others)


def splits_of(num_validation: int = NUM_VALIDATION, num_test: int = NUM_TEST) -> Splits:
    """Pictures of three classes, all of them different."""

    def draw(number: int, seed: int) -> Split:
        images = np.random.default_rng(seed).integers(0, 256, (number, 28, 28), np.uint8)
        return Split(images, (np.arange(number) % 3).astype(np.uint8))

    parts = draw(30, 1), draw(num_validation, 2), draw(num_test, 3)
    return Splits(*parts, ("top", "coat", "bag"), "Noise", "made up", DIGEST)


def right_of(model: str, values: Mapping[str, Any], seed: int) -> float:
    """How often a model is right: one with more filters more often, and best at a rate of 0.005."""
    rate = values["training.learning_rate"]
    more = 0.02 * (values.get("models.cnn.filters") == [8, 16]) if model == "cnn" else -0.05
    return round(0.9 + more - 4 * abs(rate - 0.005) + 0.001 * seed, 3)


def leave(
    setting: Setting,
    folder: Path,
    right: Right,
    without: Sequence[tuple[str, int]] = (),
    answers_to: Splits | None = None,
) -> None:
    """What the trainings of a setting leave that a sweep reads, but those `without`, of a model and seed.

    With `answers_to` test pictures also what else is read of them.
    """
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(dump(setting.config))
    for model in setting.config.models:
        for seed in setting.config.seeds:
            if (model, seed) in without:
                continue
            share = right(model, setting.values, seed)
            metrics: dict[str, Any] = identity_of_training(setting.config, model, seed, DIGEST)
            metrics |= {
                "accuracy": round(share * NUM_TEST - 5) / NUM_TEST, "loss": 0.3, "validation_accuracy": share,
                "validation_loss": 0.3, "distinct_answers": 3, "epochs": 2, "precision": "float32",
                "train_seconds": 1.5 + seed, "predict_seconds": 0.1, "environment": MADE_IN,
            }  # fmt: skip
            place = folder / model / f"seed-{seed}"
            place.mkdir(parents=True)
            (place / "metrics.json").write_text(json.dumps(metrics))
            if answers_to is not None:
                _leave_answers(place, answers_to.test.labels, metrics["accuracy"])


def _leave_answers(place: Path, labels: np.ndarray, accuracy: float) -> None:
    """Answers of which so many are right, those to the first pictures; and a history."""
    answers = np.where(np.arange(len(labels)) < round(accuracy * len(labels)), labels, (labels + 1) % 3)
    probabilities = np.full((len(labels), 3), 0.05, np.float32)
    probabilities[np.arange(len(labels)), answers] = 0.9
    np.savez(place / "predictions.npz", probabilities=probabilities, labels=labels)
    columns = "epoch,loss,accuracy,val_loss,val_accuracy,learning_rate"
    (place / "history.csv").write_text(f"{columns}\n1,0.3,0.9,0.3,0.9,0.001\n")


def make_sweep(
    folder: Path,
    sweep: dict[str, Any] | None = None,
    right: Right = right_of,
    seeds: Sequence[int] = (0, 1),
    without: Mapping[str, Sequence[tuple[str, int]]] | None = None,
    failed: Mapping[tuple[str, str, int], str] | None = None,
    splits: Splits | None = None,
    **others: Any,
) -> SweepReport:
    """A sweep that is done, in its folder; of settings `without` a model and seed they are missing."""
    config = config_of(sweep or SWEEP, seeds, **others)
    settings = settings_of(config)
    for one in settings:
        leave(one, folder / one.name, right, (without or {}).get(one.name, ()), splits)
    return report_again(folder, config, settings, failed, splits)


def report_again(
    folder: Path,
    config: Config,
    settings: Sequence[Setting],
    failed: Mapping[tuple[str, str, int], str] | None = None,
    splits: Splits | None = None,
) -> SweepReport:
    """Write the report of what is in a folder of a sweep."""
    splits, run = splits or splits_of(), RunFolder(folder)
    (folder / "config.yaml").write_text(dump(config))
    identity = {"config_digest": digest(config), "data_digest": splits.digest}
    report = report_of_sweep(run, config, settings, splits, identity, failed or {})
    return write_sweep_report(run, report)[0]
