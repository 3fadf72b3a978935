"""The numbers of a sweep as a tidy table: a row a training. No TensorFlow."""

from collections.abc import Iterator, Mapping
from typing import Any

from model.experiment.tidy import Row, Tables, plain
from model.run.folder import RunFolder
from model.sweep.records import SweepFailure, SweepReport, SweepTraining
from model.sweep.report import read_sweep

TOLD = (  # of every training, after what it is
    *("state", "reason", "best", "can_be_told_from_best", "validation_accuracy", "accuracy"),
    *("parameters", "flops_per_image", "mean_train_seconds"),
)


def tables_of(sweep: RunFolder) -> Tables:
    """All trainings of a sweep, each once, as the one table `trainings`; outputs/README.md tells its columns.

    Raises:
        RunError: there is no report, or it is not the one that this sweep made.
    """
    report = read_sweep(sweep)
    return {"trainings": [*_done(report), *_missing(report)]}


def _done(report: SweepReport) -> Iterator[Row]:
    for place, one in enumerate(report.candidates):
        shares = zip(one.seeds, one.validation_accuracy.values, one.accuracy.values, strict=True)
        for seed, validation, test in shares:
            row = _row(report, SweepTraining(setting=one.settings[0], model=one.model, seed=seed), one.values)
            row |= {"state": "done", "best": report.best[one.model] == place}
            row |= {"can_be_told_from_best": place not in report.together[one.model]}
            row |= {"validation_accuracy": validation, "accuracy": test, "parameters": one.parameters}
            row |= {"flops_per_image": one.flops_per_image, "mean_train_seconds": one.train_seconds}
            yield row


def _missing(report: SweepReport) -> Iterator[Row]:
    values = {one.name: one.values for one in report.settings}
    for one in [*report.failed, *report.not_trained]:
        row = _row(report, one, values[one.setting]) | {"state": "not trained"}
        yield row | ({"state": "failed", "reason": one.reason} if isinstance(one, SweepFailure) else {})


def _row(report: SweepReport, one: SweepTraining, values: Mapping[str, Any]) -> Row:
    """What a training is, with all columns that a row has, in their order."""
    row: Row = {"sweep": report.name, "setting": one.setting, "model": one.model, "seed": one.seed}
    row |= {key: plain(values.get(key)) for key in report.keys}
    return row | dict.fromkeys(TOLD)
