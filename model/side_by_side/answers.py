"""Pages that were handed in, by their answers: what of a page does not follow from these is not told."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from configs.networks import Saved
from data.sources import OFFICIAL_DIGEST, are_official
from model.comparison.compare import chance_of, fault_of
from model.comparison.contradictions import ROUNDING
from model.comparison.intervals import difference_over
from model.comparison.records import Model
from model.comparison.scores import Answers
from model.networks.facts import layer_facts
from model.report.words import in_points, percent
from model.side_by_side.read import ComparedRun

BY_CHECKSUM = "the labels of these test pictures, which are proved by a checksum"
BY_FOLDER = "the labels in {run}"
BY_MOST = "the labels that most of these pages have, which nothing here proves (a run folder of yours would)"


def labels_of(runs: Sequence[ComparedRun]) -> tuple[np.ndarray | None, str]:
    """The labels of the test pictures that runs share, uint8 (num_test,), and whose they are, in words.

    Fashion-MNIST's are known by their checksum, so that no copy of the files is needed; None, and no words,
    where nobody has them. Of other data they are those of run folders, which their owner has here, else
    those of most pages.
    """
    stored = [
        (run, one.labels)
        for run in sorted(runs, key=lambda run: run.is_page)
        for seeds in run.predictions.values()
        for one in list(seeds.values())[:1]
    ]
    if not stored:
        return None, ""
    if runs[0].report.data.digest == OFFICIAL_DIGEST:
        proved = next((labels for _, labels in stored if are_official(labels)), None)
        return proved, "" if proved is None else BY_CHECKSUM
    first, _ = stored[0]
    held = [labels for run, labels in stored if run.is_page == first.is_page]
    [(common, _)] = Counter(labels.tobytes() for labels in held).most_common(1)
    run, labels = next(one for one in stored if one[1].tobytes() == common)
    return labels, BY_MOST if first.is_page else BY_FOLDER.format(run=run.label)


def by_answers(run: ComparedRun, labels: np.ndarray) -> ComparedRun:
    """A page with what follows from its answers in place of what its report says of them.

    Counted are the trainings that the report counts, and those that it passes over though they are sound.
    The first thing that does not follow is its `doubt`, before all a config that is not its report's.
    """
    predictions = {
        model: {seed: replace(one, labels=labels) for seed, one in seeds.items()}
        for model, seeds in run.predictions.items()
    }
    settled = replace(run, predictions=predictions, faults=list(run.faults))
    doubts = [run.doubt] * bool(run.doubt) + list(_doubts(run, settled, labels))
    if doubts:
        settled.doubt = doubts[0]
        settled.faults.insert(0, f"{run.folder} {settled.doubt}; what is told of it follows from its answers")
    models = {model: _found(settled, model, labels) for model in run.report.models}
    settled.report = replace(run.report, models=models, test_looks=1)
    for model, entry in models.items():
        settled.predictions[model] = {seed: predictions[model][seed] for seed in entry.seeds}
    return settled


def _counted(run: ComparedRun, model: str, chance: float) -> list[int]:
    """The seeds of a model that count."""
    report, stored = run.report, run.predictions[model]
    failed = {failure.seed for failure in report.failed if failure.model == model and failure.is_training}
    told = report.models[model].seeds
    return [
        seed
        for seed, one in stored.items()
        if seed in told or (seed not in failed and not fault_of(one.answers, one.labels, chance))
    ]


def _lacking(run: ComparedRun) -> list[tuple[str, int]]:
    """The trainings that a page should tell of and does not, by model and seed."""
    config, report = run.config, run.report
    seeds = dict.fromkeys([*(config.seeds if config else ()), *report.seeds])
    failed = {(failure.model, failure.seed) for failure in report.failed if failure.is_training}
    return [
        (model, seed)
        for model in dict.fromkeys([*(config.models if config else ()), *report.models])
        for seed in seeds
        if seed not in run.predictions.get(model, ()) and (model, seed) not in failed
    ]


def _answers(run: ComparedRun, model: str, seeds: Sequence[int]) -> Answers:
    stored, num_classes = run.predictions[model], len(run.report.data.classes)
    return Answers({seed: stored[seed].answers for seed in seeds}, stored[seeds[0]].labels, num_classes)


def _found(run: ComparedRun, model: str, labels: np.ndarray) -> Model:
    """A model by its answers, but for its accuracy, which is always told by them.

    Whether all of its trainings guess the report tells of those that it counts: a run knows more of it.
    """
    told = run.report.models[model]
    chance = chance_of(labels)
    found = _answers(run, model, _counted(run, model, chance))
    faults = [fault_of(one, labels, chance) for one in found.answers]
    return replace(
        told,
        seeds=found.seeds,
        confusion=found.confusion.tolist(),
        broken=told.broken if set(found.seeds) == set(told.seeds) else faults[0] if all(faults) else None,
        training_accuracy={},
        validation_accuracy={},
        parameters=_parameters(run, model),
    )


def _parameters(run: ComparedRun, model: str) -> int:
    """How many a model has: by its config, unless there is none, or it is of a network from elsewhere."""
    network = run.config.models.get(model) if run.config else None
    if network is None or isinstance(network, Saved):
        return run.report.models[model].parameters
    return sum(layer.parameters for layer in layer_facts(network, len(run.report.data.classes)))


def _doubts(run: ComparedRun, settled: ComparedRun, labels: np.ndarray) -> Iterator[str]:
    """What a page tells that does not follow from its answers to pictures of these labels: clauses."""
    report, chance = run.report, chance_of(labels)
    if any(
        not np.array_equal(one.labels, labels) for seeds in run.predictions.values() for one in seeds.values()
    ):
        yield "has other labels than these test pictures have"
    if lacking := _lacking(run):
        yield f"has neither answers nor a failure of {lacking[0][0]}, seed {lacking[0][1]}"
    of_all = {model: _answers(settled, model, entry.seeds) for model, entry in report.models.items()}
    for model, entry in report.models.items():
        if entry.parameters != (count := _parameters(run, model)):
            yield f"says that {model} has {entry.parameters:,} parameters, where its config gives {count:,}"
        found = of_all[model]
        for seed, told, right in zip(
            entry.seeds, entry.accuracy.values, found.right.mean(axis=1), strict=True
        ):
            if abs(told - right) > ROUNDING:
                given = f"{percent(told, 2)}, where its answers are on {percent(float(right), 2)}"
                yield f"says that {model}, seed {seed} is right on {given}"
        if passed_over := [seed for seed in _counted(settled, model, chance) if seed not in entry.seeds]:
            yield f"passes over {model}, seed {passed_over[0]}, of which it has the answers"
        if not np.allclose(entry.confusion, found.confusion, rtol=0, atol=ROUNDING * report.data.test):
            yield f"has a table of the classes that {model} takes for others which its answers don't give"
    for pair in report.comparisons:
        follows = difference_over(of_all[pair.candidate].right, of_all[pair.baseline].right).interval
        if not np.allclose(pair.interval, follows, rtol=0, atol=ROUNDING):
            told_ends, ends = (
                f"{in_points(low, 2)} to {in_points(high, 2)}" for low, high in (pair.interval, follows)
            )
            yield f"says that {pair.candidate} is ahead by {told_ends} points, where its answers give {ends}"
