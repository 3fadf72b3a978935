"""Ten planted lies: a sentence of the program changed to say too much, one at a time; each is caught.

A lie is a function of the program put in the place of another. The reports of a finished run are written
again with it, its pictures told but not drawn, and read by the checker.
"""

import importlib
import math
import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from rich.console import Console

from model.experiment.conductor import Experiment
from model.experiment.opening import config_and_data
from model.experiment.terminal import terminal_block
from model.inspection.figures import draw_inspection
from model.report.canvas import Sheet
from model.run.folder import RunFolder
from tests.strangers import told
from tests.strangers.checker import check
from tests.strangers.conftest import evidence_of
from tests.strangers.grammar import Said
from tests.strangers.sets import QUICK


@dataclass(frozen=True)
class Lie:
    """Which function of the program, where it is used, is replaced by what is made of it."""

    used_in: str
    name: str
    told: Callable[[Any], Any]


def _after(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function, with its result changed."""
    return lambda function: lambda *given, **named: change(function(*given, **named))


def _always(result: Any) -> Callable[[Any], Any]:
    return lambda function: lambda *given, **named: result


def _swapped(text: str) -> str:
    sure, right = re.findall(r"[\d.]+", text)
    return f"{right} % sure, {sure} % right"


def _as_ahead(title: str) -> str:
    return re.sub(r"No .+: (\S+) leads", r"\1 is ahead of", title)


def _rounded_up(share: float, digits: int = 1) -> str:
    return f"{math.ceil(1000 * share) / 10:.1f} %"


LIES = {
    "a share is rounded up": Lie("comparison.accuracy_figure", "percent", lambda _: _rounded_up),
    "a mistake is left out": Lie("experiment.terminal", "wrong", _after(lambda text: f"{int(text) - 1}")),
    "who leads is ahead": Lie("comparison.headlines", "ahead", _after(_as_ahead)),
    "all still improve": Lie("comparison.learning_figure", "trend", _always((1, True))),
    "another mistake is commonest": Lie(
        "comparison.mistake_figures", "pair", lambda pair: lambda *given: pair(*given[:2], given[2] + 1)
    ),
    "it is as sure as it is right": Lie("comparison.quality_figures", "_sure_and_right", _after(_swapped)),
    "no end is below 0": Lie("experiment.markdown", "fractions", _after(lambda ends: ends.replace("−", ""))),
    "all filters have a name": Lie(
        "inspection.filter_figures",
        "first_title",
        _after(lambda title: re.sub(r"(none|\d+) match(es)?", "4 match", title)),
    ),
    "the last filter is the first": Lie(
        "inspection.filter_figures", "first_of", _after(lambda filters: filters[::-1])
    ),
    "fewer filters do": Lie("inspection.keep_best_figure", "enough", _after(lambda kept: max(1, kept // 3))),
}


@pytest.fixture
def run_again(run_of, tmp_path, monkeypatch) -> Callable[[bool], list[Said | told.Table]]:
    """A copy of a finished run; the function tells of it again: of what models learned, or all the rest."""
    name = QUICK[0]
    path = tmp_path / name
    shutil.copytree(run_of(name) / "outputs" / name, path)
    monkeypatch.setattr(Sheet, "save", lambda *_: None)

    def tell(inside: bool) -> list[Said | told.Table]:
        run = RunFolder(path)
        config, splits = config_and_data(run)
        if inside:
            return [said for model in config.models for said in _of_pictures(run, model, splits)]
        with open(os.devnull, "w") as nowhere:
            report = Experiment(config, splits, run, Console(file=nowhere), debug=False)._report()
        return [*told.of_terminal(terminal_block(report, name), "terminal"), *told.of_run(path)]

    return tell


def _of_pictures(run: RunFolder, model: str, splits: Any) -> Iterator[Said]:
    """Titles and texts of the pictures of what a model learned."""
    folder = run.inspection_folder(model)
    for figure in draw_inspection(folder, splits.test, splits.class_names, folder, model):
        where = f"{model}/inspection/inside-figures.json, {figure.path.name}"
        yield from (Said(" ".join(text.split()), where, model) for text in (figure.title, figure.alt))


def _says_where_it_is(piece: Said | told.Table) -> bool:
    return isinstance(piece, Said) and piece.text.startswith("Look ")


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie_is_caught(lie, run_again, run_of, monkeypatch):
    folder = run_of(QUICK[0])
    truth = told.of_terminal((folder / "terminal.txt").read_text(encoding="utf-8"), "terminal")
    truth += told.of_run(folder / "outputs" / QUICK[0])
    module = importlib.import_module(f"model.{lie.used_in}")
    monkeypatch.setattr(module, lie.name, lie.told(getattr(module, lie.name)))
    again = run_again(lie.used_in.startswith("inspection"))
    changed = [piece for piece in again if piece not in truth and not _says_where_it_is(piece)]
    assert changed, f"{lie.used_in}.{lie.name} is no lie: all is told as before"
    found = check(evidence_of(QUICK[0], folder), changed)
    assert found.faults, f"{lie.used_in}.{lie.name} lies, and nobody notices: {changed}"
