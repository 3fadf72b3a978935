"""Any runs side by side: their models, what their configs differ in, and what beats what. No TensorFlow.

Which models are compared: of one run, each with its first. Of several, each model of a later run with the
one of the same name in the first run, or where that has none of the name, with that run's last model that
has a result: a run's last model is the one it is about. The first run is the first of those scored on the
same test pictures that has a result; models scored on other pictures stand side by side and are not compared.
Where pages are among them they are a class: each run's own models are compared, and a row tells of each.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from configs.difference import differences
from model.comparison.compare import compare_scores
from model.comparison.intervals import p_value_of, unpaired_interval
from model.comparison.records import Comparison, Model, NotCompared, Rate
from model.comparison.scores import Answers, Scores, over_seeds
from model.comparison.together import allowing_for_all
from model.comparison.verdict import count_settings, no_comparison, put_in_words, scored_of
from model.report.tables import printable
from model.run.folder import RunError
from model.run.rules import outdated
from model.side_by_side.asked import read_all, scored_on
from model.side_by_side.class_table import hand_ins_of
from model.side_by_side.groups import baseline_in_words, baseline_of, classes_in_words, split_in_words
from model.side_by_side.read import ComparedRun, Stored
from model.side_by_side.records import Fault, Pair, PictureSet, RunFacts, RunModel, SideBySide
from model.side_by_side.settings import config_differences, report_differences, trained_in

RULE = (
    "Each model of a later run is compared with the one of the same name in the first run scored on the same "
    "test pictures, or where that has none of the name, with that run's last model that has a result."
)
RULE_OF_CLASS = "Each model of a run is compared with the first of the same run."
RULE_OF_ONE = "Each model of the run is compared with its first."
UNPAIRED = (
    "Without the predictions of {names}, this rests on the two intervals and not on every picture: the "
    "interval of the difference is wider than it would be with the predictions."
)
SAME_TRAININGS = "{candidate} and {baseline} hold the same trainings ({seeds}){more}. No comparison is made."
A_COPY = ": the same experiment again, or a copy"
# What decides training times.
MACHINE = ("processor", "cores", "threads_per_job", "arithmetic.onednn", "precision")


def compare_runs(folders: Sequence[Path], outputs: Path) -> SideBySide:
    """Set runs side by side and compare their models.

    Args:
        folders: run folders, or folders with a report.json alone; the first is the one compared with. Also
            pages that were handed in, and folders of these.
        outputs: the folder that paths are told from.

    Raises:
        RunError: none of them can be read.
    """
    runs, unusable, labels_words = read_all(folders)
    if not runs:
        raise RunError("\n".join(one.problem for one in unusable))
    groups: dict[object, list[ComparedRun]] = {}
    for run in runs:
        groups.setdefault(scored_on(run), []).append(run)
    of_class = bool(labels_words)
    parts = [_Group(group, within=of_class or len(runs) == 1) for group in groups.values()]
    pairs = [pair for part in parts for pair in part.comparisons]
    environments = {run.label: trained_in(run) for run in runs}
    machines = [key for key in MACHINE if len({str(e.get(key)) for e in environments.values()}) > 1]
    return SideBySide(
        runs={run.label: _described(run, outputs) for run in runs},
        unusable=unusable,
        faults=[Fault(run.label, fault) for run in runs for fault in run.faults],
        test_sets=[part.described() for part in parts],
        models={name: entry for part in parts for name, entry in part.entries.items()},
        rule=RULE_OF_ONE if len(runs) == 1 else RULE_OF_CLASS if of_class else RULE,
        comparisons=pairs if of_class and len(runs) > 1 else allowing_for_all(pairs),
        not_compared=[pair for part in parts for pair in part.not_compared],
        config_differences=config_differences(runs),
        report_differences=report_differences(runs),
        environment_differences=differences(environments),
        same_machine=not machines,
        machine_differences=machines,
        hand_ins=[
            hand_ins_of(group, part.models, part.comparisons, labels_words[key])
            for (key, group), part in zip(groups.items(), parts, strict=True)
            if of_class
        ],
    )


def _described(run: ComparedRun, outputs: Path) -> RunFacts:
    """What is known of a run as a whole."""
    return RunFacts(
        folder=printable(os.path.relpath(run.folder, outputs)),
        name=run.report.name,
        seeds=run.report.seeds,
        config_digest=run.report.config_digest,
        config_known=run.config is not None,
        predictions=any(run.predictions.values()),
        environment=run.report.environment,
        outdated=outdated(run.config, run.report.environment, run.report.data.train) if run.config else [],
        chosen=run.chosen,
    )


class _Group:
    """Runs scored on the same test pictures: their models and the comparisons among them.

    Compared are the models of each run with its first, `within` it, or else with those of the first run.
    """

    def __init__(self, runs: Sequence[ComparedRun], within: bool) -> None:
        self.runs, self.data = runs, runs[0].report.data
        self.scores: dict[str, Answers] = {}
        self.entries: dict[str, RunModel] = {}
        self.comparisons: list[Pair] = []
        self.not_compared: list[NotCompared] = []
        _agree_on_labels(runs)
        for run in runs:
            for model in run.report.models:
                self._describe(run, model)
        if within:
            for run in runs:
                for model in run.names[1:]:
                    self._compare(run, run.names[0], run, model)
            return
        first = baseline_of(runs)
        for run in runs[list(runs).index(first) + 1 :]:
            for model in run.names if first.names else []:
                self._compare(first, model if model in first.names else first.last, run, model)

    @property
    def models(self) -> dict[str, Model]:
        """What is known of each."""
        return {name: entry.found for name, entry in self.entries.items()}

    def described(self) -> PictureSet:
        """The test pictures, and how many settings were scored on them."""
        scored = [
            one
            for run in self.runs
            for one in scored_of(run.report.config_digest, run.config, run.report.models)
        ]
        told = max(run.report.test_looks for run in self.runs)  # of pages one each, whatever they say
        return PictureSet(
            title=self.data.title,
            digest=self.data.digest,
            images=self.data.test,
            classes=len(self.data.classes),
            runs=[run.label for run in self.runs],
            models=list(self.entries),
            baseline_words=baseline_in_words(self.runs),
            classes_words=classes_in_words(self.runs),
            split_words=split_in_words(self.runs),
            **vars(count_settings(scored, self.comparisons, self.data.test, told)),
        )

    def _describe(self, run: ComparedRun, model: str) -> None:
        """A model's entry: by its stored predictions where there are any, else by its report."""
        name, found = f"{run.label}/{model}", run.report.models[model]
        entry = RunModel(run.label, model, "report.json", found, run.report.config_digest)
        if stored := run.predictions.get(model):
            self.scores[name] = scores = self._scores(stored)
            found = replace(found, seeds=scores.seeds, accuracy=over_seeds(scores.right, Rate))
            entry = replace(entry, from_="report.html" if run.is_page else "predictions.npz", found=found)
        self.entries[name] = entry

    def _scores(self, stored: Mapping[int, Stored]) -> Answers:
        """What a model answered, with its probabilities where they are stored."""
        labels = next(iter(stored.values())).labels
        known = {seed: one.probabilities for seed, one in stored.items() if one.probabilities is not None}
        if known:
            return Scores(known, labels)
        answers = {seed: one.answers for seed, one in stored.items()}
        return Answers(answers, labels, len(self.data.classes))

    def _compare(self, first: ComparedRun, baseline: str, later: ComparedRun, candidate: str) -> None:
        one, other = f"{first.label}/{baseline}", f"{later.label}/{candidate}"
        if reason := self._obstacle(one, other, first, later):
            self.not_compared.append(NotCompared(one, other, reason))
            return
        if without := [name for name in (one, other) if name not in self.scores]:
            found = self._unpaired(one, other)
            found = found.alone(p_value_of(found.difference, found.interval))
        else:
            found = compare_scores(one, self.scores[one], other, self.scores[other], self.data.classes)
        source = "this run" if first is later else "these runs"
        found = put_in_words(found, self.models, self.data.test, source)
        if later.is_page:  # what networks cost its report alone tells
            words = {key: said for key, said in found.words.items() if key != "cost"}
            found = replace(found, words=words, verdict=" ".join(words.values()))
        if without:
            unpaired = UNPAIRED.format(names=" and ".join(without))
            words, verdict = found.words | {"unpaired": unpaired}, f"{found.verdict} {unpaired}"
            found = replace(found, words=words, verdict=verdict)
        self.comparisons.append(Pair(**vars(found), paired=not without, without_predictions=without))

    def _obstacle(self, one: str, other: str, first: ComparedRun, later: ComparedRun) -> str:
        """Why these two can't be compared; nothing if they can."""
        failed = [
            replace(failure, model=f"{run.label}/{failure.model}")
            for run in {first.label: first, later.label: later}.values()
            for failure in run.report.failed
        ]
        elsewhere = [name for name, entry in self.models.items() if entry.elsewhere]
        if reason := no_comparison(one, other, self.models, failed, elsewhere):
            return reason
        if shared := self._same_trainings(one, other):
            more = A_COPY if self._is_copy(first, later) else self._not_shared(one, other, shared)
            return SAME_TRAININGS.format(candidate=other, baseline=one, seeds=_seeds(shared), more=more)
        return ""

    def _is_copy(self, first: ComparedRun, later: ComparedRun) -> bool:
        """Whether two runs have the same models, and of each the same trainings, and no others."""
        if first is later or first.report.models.keys() != later.report.models.keys():
            return False
        pairs = [(f"{first.label}/{model}", f"{later.label}/{model}") for model in first.report.models]
        return all(
            sorted(self._same_trainings(*pair)) == sorted(self.entries[name].found.seeds)
            for pair in pairs
            for name in pair
        )

    def _not_shared(self, one: str, other: str, shared: Sequence[int]) -> str:
        """Which trainings two models do not share that share some."""
        own = {
            name: [seed for seed in self.entries[name].found.seeds if seed not in shared]
            for name in (one, other)
        }
        told = [f"{_seeds(seeds)} of {name}" for name, seeds in own.items() if seeds]
        return f", but not {' and '.join(told)}" if told else ""

    def _same_trainings(self, one: str, other: str) -> list[int]:
        """The seeds of which both have the same network: bit for bit, or as far as their reports tell."""
        first, second = self.entries[one], self.entries[other]
        scores = [self.scores.get(name) for name in (one, other)]
        stored = all(isinstance(found, Scores) for found in scores)
        if not stored and (first.config_digest, first.model) != (second.config_digest, second.model):
            return []
        of_one, of_other = (
            dict(zip(found.seeds, score.probabilities, strict=True))
            if stored and isinstance(score, Scores)
            else dict(zip(found.seeds, found.accuracy.values, strict=True))
            for found, score in zip((first.found, second.found), scores, strict=True)
        )
        return [seed for seed in of_one if seed in of_other and np.array_equal(of_one[seed], of_other[seed])]

    def _unpaired(self, baseline: str, candidate: str) -> Comparison:
        """A comparison by the two intervals alone."""
        one, other = (self.entries[name].found.accuracy for name in (baseline, candidate))
        ends = [(found.mean, found.interval[0], found.interval[1]) for found in (other, one)]
        return Comparison(
            baseline=baseline,
            candidate=candidate,
            difference=other.mean - one.mean,
            interval=unpaired_interval(*ends),
            over=one.over if one.over == other.over else "images",
        )


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _agree_on_labels(runs: Sequence[ComparedRun]) -> None:
    """Leave out what was stored with other labels than most; of equally many, than the first."""
    stored = [
        (run, model, seed, one.labels.tobytes())
        for run in runs
        for model, seeds in run.predictions.items()
        for seed, one in seeds.items()
    ]
    if stored:
        [(common, _)] = Counter(labels for *_, labels in stored).most_common(1)
        for run, model, seed, labels in stored:
            if labels != common:
                run.drop(model, seed, "holds other labels than the other predictions of the same pictures")
