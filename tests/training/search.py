"""A recipe of one model, changed one way after another, and judged on validation pictures alone.

    python -m tests.training.search configs/small.yaml FOLDER NAME [KEY=VALUE ...]

trains the last model of a config, changed so, with each of its seeds, and leaves in FOLDER what it answers
validation pictures (NAME.npz) and how good that is (NAME.json). Test pictures are not looked at. Several may
train at once, each on a core of its own.

    python -m tests.training.search outputs/small FOLDER NAME [KEY=VALUE ...]

does the same with the networks of a finished run: with another `flip_at_test` they have the same weights.

    python -m tests.training.search FOLDER NAME [NAME ...]

prints, as JSON, what each came to, and how far it is ahead of the first one.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np

from configs.difference import settings_of
from configs.schema import Cnn, Config, Dense, load
from model.report.words import signed
from model.run.arithmetic import here
from model.run.process import set_up
from model.run.saved import load as load_network

CONFIG = "config.yaml"
Z = 1.96  # standard errors, of a 95 % interval: there are thousands of pictures


def search(config: Config, folder: Path, name: str, run: Path | None = None) -> dict[str, Any]:
    """Train, or take the networks of a run, answer validation pictures and write both files.

    Returns what the JSON holds.
    """
    from model.experiment.opening import load_data
    from model.networks.answers import predict
    from model.networks.measures import accuracy, log_loss
    from model.training.train import train

    splits, model, started = load_data(config.data), list(config.models)[-1], time.process_time()
    network, recipe, arithmetic = config.models[model], config.training_of(model), here()
    if recipe.precision != "auto":
        arithmetic = replace(arithmetic, precision=recipe.precision)
    data = splits.train, splits.validation, len(splits.class_names)
    answers = []
    for seed in config.seeds:
        if run:
            trained = load_network(run / model / f"seed-{seed}" / "model.keras", network, data[-1])
        else:
            of_kind = cast(Dense | Cnn, network)
            trained, _ = train(of_kind, recipe, config.data.augmentation, *data, seed, arithmetic)
        answers.append(predict(trained, splits.validation.images)[0])
    labels, settings = splits.validation.labels, settings_of(config).items()
    told = {
        "settings": {key: value for key, value in settings if key.startswith(("data.", f"models.{model}."))},
        "seeds": list(config.seeds),
        "parameters": trained.count_params(),
        "validation_pictures": len(labels),
        "accuracy": float(np.mean([accuracy(one, labels) for one in answers])),
        "loss": float(np.mean([log_loss(one, labels) for one in answers])),
        "core_seconds": round(time.process_time() - started),
        "precision": arithmetic.precision,
    }
    np.savez(folder / f"{name}.npz", probabilities=np.stack(answers), labels=labels)
    (folder / f"{name}.json").write_text(json.dumps(told))
    return told


def table(folder: Path, names: list[str]) -> dict[str, dict[str, Any]]:
    """By name what each came to, and of all but the first what is `changed`, and by how much that is `ahead`.

    That is the share of right answers, the mean over seeds, less that of the first; its `interval`, 95 %, is
    what other pictures would give with these trainings.
    """
    rows, right, labels = {}, {}, {}
    for name in names:
        with np.load(folder / f"{name}.npz") as found:
            labels[name] = found["labels"]
            right[name] = (found["probabilities"].argmax(axis=2) == labels[name]).mean(axis=0)
        if not np.array_equal(labels[name], labels[names[0]]):
            raise SystemExit(
                f"{name} answered other pictures than {names[0]}; expected the same settings of data"
            )
        rows[name] = json.loads((folder / f"{name}.json").read_text())
    for name in names[1:]:
        before, now = rows[names[0]]["settings"], rows[name].pop("settings")
        rows[name]["changed"] = {key: now[key] for key in now if now[key] != before.get(key)}
        apart = right[name] - right[names[0]]
        mean, error = apart.mean(), Z * apart.std(ddof=1) / np.sqrt(len(apart))
        ends = [round(float(mean + side * error), 4) for side in (-1, 1)]
        rows[name] |= {"ahead": round(float(mean), 4), "interval": ends}
    return rows


def in_rows(found: dict[str, dict[str, Any]]) -> list[str]:
    """What README.md has of a recorded search: a row of its table for each change, from what to what."""
    first, *others = found.values()
    rows = []
    for one in others:
        changes = []
        for key, value in one["changed"].items():
            before = f"{json.dumps(first['settings'][key])} → " if key in first["settings"] else ""
            changes.append(f"`{key.split('.')[-1]}: {before}{json.dumps(value)}`")
        changed = ", ".join(changes)
        ahead, low, high = (signed(100 * share, 2) for share in (one["ahead"], *one["interval"]))
        loss = signed(one["loss"] - first["loss"], 4)
        rows.append(f"| {changed} | {ahead} | {low} to {high} | {loss} |")
    return rows


if __name__ == "__main__":
    set_up(1, 1, here().onednn, debug=True)
    first = Path(sys.argv[1])
    run = first if (first / CONFIG).exists() else None
    if run or first.suffix == ".yaml":
        folder, name, *changes = sys.argv[2:]
        Path(folder).mkdir(parents=True, exist_ok=True)
        config = load(run / CONFIG if run else first, changes)
        print(json.dumps(search(config, Path(folder), name, run)))
    else:
        print(json.dumps(table(first, sys.argv[2:]), indent=1))
