"""The numbers of a run as tidy tables: a row a training, a class, a filter, an epoch. No TensorFlow."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from configs.schema import Config
from model.comparison.records import Measured, Model
from model.experiment.report import Report, read_report, reasons_of
from model.experiment.results import settings_by_key
from model.inspection.files import Inspection, read_inspection
from model.inspection.records import Passport, Unit
from model.run.folder import RunError, RunFolder
from model.run.readers import read_json

Value = str | int | float | bool | None
Row = dict[str, Value]
Tables = dict[str, list[Row]]
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")  # of history.csv
MEASURED = (  # of metrics.json, beside the scores that report.json has
    *("validation_accuracy", "validation_loss", "epochs", "precision"),
    *("train_seconds", "predict_seconds", "predict_one_seconds"),
)


def tables_of(run: RunFolder) -> tuple[Tables, list[str]]:
    """All that a run has, as tables by name, and what of it can't be used, each in a sentence.

    The rows of a table all have the same keys: None is what is not known. What each column is says
    outputs/README.md.

    Raises:
        RunError: there is no config or no report, or the report is not the one that this run made.
    """
    config, report, faults = run.config(), read_report(run), list[str]()
    trained = [(model, seed) for model, entry in report.models.items() for seed in entry.seeds]
    seen_learning = [(model, seed) for model, seed in trained if model not in config.elsewhere]
    looked_into = [(model,) for model in report.models if run.look(model, "inspection")]
    every = [(model, seed) for model in config.models for seed in config.seeds]
    return {
        "trainings": _rows(lambda *one: [_training(run, config, report, *one)], every, faults),
        "classes": _rows(lambda model: _classes(model, report.models[model]), zip(report.models), faults),
        "filters": _rows(lambda model: _filters(run, model), looked_into, faults),
        "epochs": _rows(lambda *one: _epochs(run, *one), seen_learning, faults),
    }, faults


def _rows(
    read: Callable[..., Iterable[Row]], places: Iterable[tuple[Any, ...]], faults: list[str]
) -> list[Row]:
    """The rows of all places; what of one can't be used joins the faults."""
    rows: list[Row] = []
    for place in places:
        try:
            rows += read(*place)
        except RunError as error:
            faults.append(str(error))
    keys = dict.fromkeys(key for row in sorted(rows, key=len, reverse=True) for key in row)
    return [{key: row.get(key) for key in keys} for row in rows]


def _training(run: RunFolder, config: Config, report: Report, model: str, seed: int) -> Row:
    """One training, also where it failed: what it is, how it was trained, what it came to."""
    row: Row = {"run": report.name, "model": model, "seed": seed}
    entry, reasons = report.models.get(model), reasons_of(report.failed)
    told = entry is not None and seed in entry.seeds
    row["state"] = "done" if told else "failed" if (model, seed) in reasons else "not trained"
    row["reason"] = None if told else reasons.get((model, seed))
    row |= {key: plain(value) for key, value in settings_by_key(config, model).items()}
    if entry is None or not told:
        row.pop("precision", None)  # the recipe's word, where of others it is what they were trained in
        return row
    path = run.seed_folder(model, seed) / "metrics.json"
    run.vouch_for(path)
    metrics, place = run.read(path, read_json), entry.seeds.index(seed)
    scores: dict[str, Measured] = {
        "accuracy": entry.accuracy, "top_2": entry.top_2, "loss": entry.loss, "brier": entry.brier
    }  # fmt: skip
    row |= {name: measured.values[place] for name, measured in scores.items()}
    row |= {"parameters": entry.parameters, "flops_per_image": entry.flops_per_image}
    # `epochs` of the recipe is how many there may be
    return row | {f"{key}_done" if key == "epochs" else key: plain(metrics.get(key)) for key in MEASURED}


def plain(value: Any) -> Value:
    """A setting as one value: a list or an object as its JSON."""
    return value if value is None or isinstance(value, str | int | float) else json.dumps(value)


def _classes(model: str, entry: Model) -> Iterator[Row]:
    """How a model does on each class, over its seeds."""
    for one in entry.per_class:
        low, high = one.interval or (None, None)
        yield {
            "model": model, "class": one.class_, "images": one.images, "accuracy": one.accuracy,
            "accuracy_low": low, "accuracy_high": high, "precision": one.precision, "f1": one.f1,
        }  # fmt: skip


def _epochs(run: RunFolder, model: str, seed: int) -> Iterator[Row]:
    """The history of one training."""
    run.vouch_for(run.seed_folder(model, seed) / "history.csv")
    history = run.history(model, seed)
    columns = {name: history[name].tolist() for name in CURVES if name in history}
    for epoch, values in enumerate(zip(*columns.values(), strict=True), 1):
        yield {"model": model, "seed": seed, "epoch": epoch, **dict(zip(columns, values, strict=True))}


def _filters(run: RunFolder, model: str) -> Iterator[Row]:
    """What is known of the filters of a model's first seed; of a dense one, of units of its first layer."""
    folder = run.inspection_folder(model)
    for path in sorted([*folder.glob("*.json"), *folder.glob("*.npz")]):
        run.vouch_for(path)
    found = read_inspection(folder)
    if isinstance(found, Inspection):
        for layer in found.convolutions:
            ordered = sorted(layer.passports, key=lambda passport: passport.index)
            yield from (_filter(model, one.layer, one) for one in ordered)
    else:
        units = sorted(found.units, key=lambda unit: unit.index)
        yield from (_filter(model, found.layer, one) for one in units)


def _filter(model: str, layer: str, one: Passport | Unit) -> Row:
    """One filter or unit; accuracy and its interval as fractions."""
    row: Row = {"model": model, "layer": layer, "filter": one.index, "rank": one.rank}
    row |= {"dead": one.dead, "strength": one.strength}
    if isinstance(one, Passport):
        row |= {"active": one.active, "orientation_degrees": one.orientation}
        row |= {"pattern": None, "nearest_pattern": None, "similarity": None}
        if match := one.match:
            row |= {"pattern": match.name, "nearest_pattern": match.nearest, "similarity": match.similarity}
    if worth := one.worth:
        row |= {
            "accuracy_drop": worth.accuracy_drop, "accuracy_drop_low": worth.interval[0],
            "accuracy_drop_high": worth.interval[1], "answers_changed": worth.changed,
            "became_wrong": worth.became_wrong, "became_right": worth.became_right,
        }  # fmt: skip
    return row
