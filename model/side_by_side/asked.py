"""What was asked to be compared: run folders, pages that were handed in, and folders of these."""

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from model.report.tables import printable
from model.run.folder import RunError, RunFolder
from model.side_by_side.answers import by_answers, labels_of
from model.side_by_side.handed_in import ENDINGS, is_page, read_page
from model.side_by_side.read import ComparedRun, read_run
from model.side_by_side.records import Fault
from model.side_by_side.swept import read_best
from model.sweep.report import is_sweep

OF_A_RUN = ("report.json", "manifest.json", "config.yaml")
NO_LABELS = "has other labels than the data that it names; ask for the page again"


def read_all(asked: Sequence[Path]) -> tuple[list[ComparedRun], list[Fault], dict[object, str]]:
    """The runs that can be used, each once; of the others why not; whose labels pages are held against.

    The last is in words by `scored_on`, and empty where no page was asked for.
    """
    distinct: dict[str, Path] = {}
    for path in _expanded(asked):
        distinct.setdefault(os.path.realpath(path), path)
    paths = list(distinct.values())
    # A page is called as it was asked for, a folder as it is called where it lies (`.`, or a link to it).
    labels = _labels([path.absolute() if is_page(path) else Path(real) for real, path in distinct.items()])
    runs, unusable = list[ComparedRun](), list[Fault]()
    for path, label in zip(paths, labels, strict=True):
        try:
            read = read_page if is_page(path) else read_best if is_sweep(RunFolder(path)) else read_run
            runs.append(read(path, label))
        except RunError as error:
            unusable.append(Fault(label, str(error)))
    if not any(map(is_page, paths)):
        return runs, unusable, {}
    return _settled(runs, unusable)


def scored_on(run: ComparedRun) -> object:
    """What runs must have in common to be scored on the same test pictures."""
    data = run.report.data
    return data.digest, data.test, len(data.classes)


def _expanded(paths: Iterable[Path]) -> Iterable[Path]:
    """A folder that is no run stands for the pages in it, or else for those in the folders in it."""
    for path in paths:
        there: list[Path] = []
        if not any((path / name).exists() for name in OF_A_RUN):
            inner = sorted(one for one in _within(path) if one.is_dir())
            there = _pages_in(path) or [page for folder in inner for page in _pages_in(folder)]
        yield from there or [path]


def _pages_in(folder: Path) -> list[Path]:
    return sorted(one for one in _within(folder) if one.suffix.lower() in ENDINGS)


def _within(folder: Path) -> list[Path]:
    """What is in a folder; nothing where it is none, or can't be looked into: its reader says so."""
    with suppress(OSError):
        return list(folder.iterdir())
    return []


def _labels(paths: Sequence[Path]) -> list[str]:
    """The end of each path that no other has: its name, or with as much before it as it takes.

    Pages go without their ending, unless that is what tells them from others.
    """
    stems = [path.with_suffix("") if is_page(path) else path for path in paths]
    for named in (stems, paths):
        for length in range(1, max(len(path.parts) for path in paths) + 1):
            labels = [printable("/".join(path.parts[-length:]).lstrip("/")) or "/" for path in named]
            if len(set(labels)) == len(labels):
                return labels
    return labels


def _settled(
    runs: Sequence[ComparedRun], unusable: Sequence[Fault]
) -> tuple[list[ComparedRun], list[Fault], dict[object, str]]:
    """The runs, pages by their answers, held against the same labels; pages that can't be are unusable."""
    groups: dict[object, list[ComparedRun]] = {}
    for run in runs:
        groups.setdefault(scored_on(run), []).append(run)
    told, settled, more = dict[object, str](), dict[str, ComparedRun](), list[Fault]()
    for key, group in groups.items():
        labels, told[key] = labels_of(group)
        for run in group:
            if not run.is_page:
                settled[run.label] = run
                if labels is not None:
                    _keep_labelled(run, labels)
            elif labels is None:
                more.append(Fault(run.label, f"{run.folder} {NO_LABELS}"))
            else:
                settled[run.label] = by_answers(run, labels)
    return [settled[run.label] for run in runs if run.label in settled], [*unusable, *more], told


def _keep_labelled(run: ComparedRun, labels: np.ndarray) -> None:
    """Leave out of a run folder what was stored with other labels than these."""
    for model, seeds in run.predictions.items():
        for seed, one in list(seeds.items()):
            if not np.array_equal(one.labels, labels):
                run.drop(model, seed, "holds other labels than these test pictures have")
