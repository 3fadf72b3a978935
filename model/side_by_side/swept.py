"""A sweep as a comparison reads it: as a run of the best setting of each model, by validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.schema import Config
from model.comparison.compare import summarise
from model.comparison.records import Facts, Failure
from model.experiment.report import Report
from model.experiment.results import Results, collect, facts_of
from model.run.folder import RunError, RunFolder, again
from model.side_by_side.read import ComparedRun, Stored
from model.sweep.records import Candidate, SweepReport
from model.sweep.report import read_sweep
from model.sweep.words import best_in_words


@dataclass(frozen=True)
class _Best:
    """The best setting of a model: its folder, its config with this model alone, what is stored of it."""

    run: RunFolder
    config: Config
    found: Results


def read_best(folder: Path, label: str) -> ComparedRun:
    """Read a sweep to compare; the models of its run are those of its best settings, and their names.

    What is missing or damaged of these is among its faults.

    Raises:
        RunError: report.json can't be used, or nothing that is stored of the best settings can.
    """
    report = read_sweep(RunFolder(folder))
    labels = _labels(folder, report)
    best = {model: _of_best(folder, report.candidates[place], labels) for model, place in report.best.items()}
    failed = [failure for one in best.values() for failure in one.found.failed]
    compared = ComparedRun(
        label=label,
        folder=folder,
        report=_as_run(report, best, labels, failed),
        config=_config(best),
        predictions={model: _stored(model, one, labels) for model, one in best.items()},
        faults=[f"{one.model}, seed {one.seed} can't be used: {one.reason}" for one in failed],
        chosen=best_in_words(report),
    )
    compared.faults += [
        f"{one.setting}, {one.model}, seed {one.seed} failed in that sweep: {one.reason}"
        for one in report.failed
        if one.model in report.best and one.setting in report.candidates[report.best[one.model]].settings
    ]
    return compared


def _labels(folder: Path, report: SweepReport) -> np.ndarray:
    """Those of the test pictures, as the first training has them whose predictions can be read."""
    fault = f"{folder} has no result; {again(folder)}"
    for one in (report.candidates[place] for place in report.best.values()):
        run = RunFolder(folder / one.settings[0])
        for seed in one.seeds:
            try:
                probabilities, labels = run.predictions(one.model, seed)
            except RunError as error:
                fault = str(error)
            else:
                if probabilities.shape == (report.data.test, len(report.data.classes)):
                    return labels
                fault = f"predictions of {one.model}, seed {seed} in {run.path} are of other test pictures"
    raise RunError(f"{folder} is a sweep, and nothing is stored of its best settings: {fault}")


def _of_best(folder: Path, one: Candidate, labels: np.ndarray) -> _Best:
    run = RunFolder(folder / one.settings[0])
    whole = run.config()
    config = whole.model_copy(update={"models": {one.model: whole.models[one.model]}})
    return _Best(run, config, collect(run, config, labels, []))


def _as_run(
    report: SweepReport, best: Mapping[str, _Best], labels: np.ndarray, failed: Sequence[Failure]
) -> Report:
    """What report.json would say of a run of these models, as far as a comparison asks."""
    data = report.data
    facts: dict[str, Facts] = {
        model: facts_of(one.config, model, len(data.classes), one.found, data.is_fashion)
        for model, one in best.items()
    }
    predictions = {model: one.found.predictions[model] for model, one in best.items()}
    outcome = summarise(predictions, labels, data.classes, facts, failed)
    return Report(
        name=report.name,
        config_digest=report.config_digest,
        seeds=report.seeds,
        data=data,
        **vars(outcome),
        test_looks=report.test_looks,
        environment=report.environment,
    )


def _config(best: Mapping[str, _Best]) -> Config | None:
    """One config that makes just these trainings; None where their pictures are not changed alike."""
    first = next(iter(best.values())).config
    if any(one.config.data != first.data for one in best.values()):
        return None
    models = {}
    for model, one in best.items():
        network = one.config.models[model]
        own = {} if model in one.config.elsewhere else {"training": one.config.training_of(model)}
        models[model] = network.model_copy(update=own)
    return first.model_copy(update={"models": models})


def _stored(model: str, one: _Best, labels: np.ndarray) -> dict[int, Stored]:
    return {
        seed: Stored(
            one.run.seed_folder(model, seed) / "predictions.npz",
            probabilities.argmax(axis=1),
            labels,
            probabilities,
        )
        for seed, probabilities in one.found.predictions[model].items()
    }
