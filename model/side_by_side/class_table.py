"""A class: what each run that was handed in comes to by itself, which are the same, pools of one config."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from configs.difference import Settings, differences, settings_of
from configs.schema import Config
from model.comparison.intervals import difference_over
from model.comparison.records import Model
from model.run.made_with import FREE
from model.side_by_side.read import ComparedRun, Stored
from model.side_by_side.records import HandIn, HandIns, Pair, Pool

SEEDS = "seeds"
LONGEST = 64  # characters of a name, which may be anybody's


def hand_ins_of(
    runs: Sequence[ComparedRun], models: Mapping[str, Model], pairs: Sequence[Pair], labels_words: str
) -> HandIns:
    """The class table of runs that are scored on the same test pictures.

    Args:
        runs: each with its answers.
        models: theirs, by RUN/MODEL.
        pairs: the models of each compared with its first.
        labels_words: against which labels answers are held, a clause.
    """
    configs = {run.label: run.config for run in runs if run.config is not None}
    settings = {label: _decisive(config) for label, config in configs.items()}
    usual, count = _commonest(settings)
    copies = _copies(runs)
    first_of = {label: labels[0] for labels in copies for label in labels[1:]}
    compared = {(pair.baseline, pair.candidate): pair for pair in pairs}
    rows = [
        _row(run, models, compared, _changes(usual, settings.get(run.label)), first_of.get(run.label))
        for run in runs
    ]
    rows.sort(
        key=lambda row: (
            bool(row.doubt),
            row.difference is None,
            -(row.difference or 0),
            -max((found.mean for found in row.accuracy.values()), default=0),
        )
    )
    return HandIns(
        title=Counter(run.report.data.title for run in runs).most_common(1)[0][0][:LONGEST],
        images=runs[0].report.data.test,
        rows=rows,
        usual=count,
        copies=copies,
        pools=_pools(runs, {row.run: row for row in rows}, settings),
        labels_words=labels_words,
    )


def _row(
    run: ComparedRun,
    models: Mapping[str, Model],
    pairs: Mapping[tuple[str, str], Pair],
    changes: Settings | None,
    copy_of: str | None,
) -> HandIn:
    own = {name: models[key] for name in run.names if (key := f"{run.label}/{name}") in models}
    first, last = run.names[0] if run.names else "", run.last if run.names else ""
    pair = pairs.get((f"{run.label}/{first}", f"{run.label}/{last}"))
    images = run.report.data.test
    return HandIn(
        run=run.label,
        name=run.report.name[:LONGEST],
        guess=run.guess,
        changes=changes,
        baseline=first if pair else None,
        candidate=last if pair else None,
        difference=pair.difference if pair else None,
        interval=list(pair.interval) if pair else None,
        values=[
            (row.only_candidate_correct - row.only_baseline_correct) / images
            for row in (pair.mcnemar if pair else ())
        ],
        accuracy={name: found.accuracy for name, found in own.items()},
        parameters={name: found.parameters for name, found in own.items()},
        copy_of=copy_of,
        doubt=run.doubt,
    )


def _decisive(config: Config) -> Settings:
    """The settings that decide numbers: of a network from elsewhere its content, wherever its file is."""
    found = settings_of(config)
    known = [f"models.{name}.file" for name in config.elsewhere if found.get(f"models.{name}.sha256")]
    return {key: value for key, value in found.items() if not key.startswith(FREE) and key not in known}


def _without_seeds(settings: Settings) -> str:
    """What two runs have in common that differ in their seeds at most."""
    return json.dumps({key: value for key, value in settings.items() if key != SEEDS}, sort_keys=True)


def _commonest(settings: Mapping[str, Settings]) -> tuple[Settings | None, int]:
    """The settings that most runs have, with the commonest seeds of these, and how many have them."""
    if not settings:
        return None, 0
    [(common, count)] = Counter(map(_without_seeds, settings.values())).most_common(1)
    alike = [one for one in settings.values() if _without_seeds(one) == common]
    [(seeds, _)] = Counter(str(one[SEEDS]) for one in alike).most_common(1)
    return next(one for one in alike if str(one[SEEDS]) == seeds), count


def _changes(usual: Settings | None, own: Settings | None) -> Settings | None:
    """In what settings differ from the usual ones, by key; None where they are not known."""
    if usual is None or own is None:
        return None
    found = {row["key"]: row["values"].get("own") for row in differences({"usual": usual, "own": own})}
    return dict(sorted(found.items(), key=lambda one: one[0] == SEEDS))  # of which many have their own


def _copies(runs: Sequence[ComparedRun]) -> list[list[str]]:
    """Runs that give the same answers to all test pictures, with every training, whatever its seed."""
    alike: dict[tuple[bytes, ...], list[str]] = {}
    for run in sorted(runs, key=lambda run: bool(run.doubt)):  # one that is not in doubt has the copies
        stored = [one for seeds in run.predictions.values() for one in seeds.values()]
        if stored:
            alike.setdefault(tuple(sorted(map(_fingerprint, stored))), []).append(run.label)
    return [labels for labels in alike.values() if len(labels) > 1]


def _fingerprint(stored: Stored) -> bytes:
    return hashlib.sha256(stored.answers.astype(np.uint8).tobytes()).digest()


def _of(run: ComparedRun, model: str) -> set[bytes]:
    """The different trainings of a model."""
    return set(map(_fingerprint, run.predictions[model].values()))


def _pools(
    runs: Sequence[ComparedRun], rows: Mapping[str, HandIn], settings: Mapping[str, Settings]
) -> list[Pool]:
    """Runs of one config, whatever their seeds, as one; the largest pool first. None of runs in doubt."""
    groups: dict[str, list[ComparedRun]] = {}
    for run in runs:
        row = rows[run.label]
        names = [name for name in (row.baseline, row.candidate) if name and run.predictions.get(name)]
        if run.label in settings and len(names) == 2 and not row.doubt:
            of_one = json.dumps([_without_seeds(settings[run.label]), *names])
            groups.setdefault(of_one, []).append(run)
    pools = [_pool(group, rows[group[0].label]) for group in groups.values() if len(group) > 1]
    return sorted((pool for pool in pools if pool), key=lambda pool: -len(pool.runs))


def _pool(runs: Sequence[ComparedRun], row: HandIn) -> Pool | None:
    """The trainings of some runs, each once, whatever its seed; None where one of these runs has them all."""
    names = [row.baseline or "", row.candidate or ""]
    of_both: list[dict[bytes, Stored]] = [
        {_fingerprint(one): one for run in runs for one in run.predictions[name].values()} for name in names
    ]
    if any(
        all(each.keys() == _of(run, name) for each, name in zip(of_both, names, strict=True)) for run in runs
    ):
        return None
    baseline, candidate = (
        np.stack([one.answers == one.labels for one in each.values()]).astype(np.float64) for each in of_both
    )
    found = difference_over(candidate, baseline)
    of_one_seed = {
        (_fingerprint(one), _fingerprint(other)): other.accuracy - one.accuracy
        for run in runs
        for seed, one in run.predictions[names[0]].items()
        if (other := run.predictions[names[1]].get(seed))
    }
    changes = {key: value for key, value in (row.changes or {}).items() if key != SEEDS}
    return Pool(
        runs=[run.label for run in runs],
        changes=changes,
        baseline=names[0],
        candidate=names[1],
        trainings={name: len(each) for name, each in zip(names, of_both, strict=True)},
        difference=found.value,
        interval=found.interval,
        values=list(of_one_seed.values()),
    )
