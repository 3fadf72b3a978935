"""Writes what is known of a run into its folder: report.json, report.md, report.html and the figures."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from data.splits import Splits
from data.storage import write_atomically, write_json
from model.report import comparison_figures, glance, learning_figure, mistake_figures
from model.report.inspection_files import Inspection, read_inspection
from model.report.page import Figure, page
from model.report.tables import markdown
from model.run_folder import RunError, RunFolder

Histories = Mapping[str, Mapping[int, Mapping[str, np.ndarray]]]


def write_report(
    run: RunFolder,
    report: dict[str, Any],
    splits: Splits,
    histories: Histories,
    looked_into: list[str],
) -> None:
    """Draw the figures of the comparison and write the three forms of the report, report.json last.

    Args:
        run: where.
        report: the whole content of report.json.
        splits: the data, of whose test images some are shown.
        histories: the columns of each history.csv, by model and seed.
        looked_into: the models whose inspection is done.
    """
    figures = _compare(run.figures, run, report, splits, histories, looked_into)
    inside = {model: _drawn_inside(run, model) for model in looked_into}
    write_atomically(run.path / "report.md", markdown(report).encode())
    config = (run.path / "config.yaml").read_text(encoding="utf-8")
    html = page(report, figures, inside, run.path, config)
    write_atomically(run.path / "report.html", html.encode())
    write_json(run.path / "report.json", report)


def _compare(
    folder: Path,
    run: RunFolder,
    report: dict[str, Any],
    splits: Splits,
    histories: Histories,
    looked_into: list[str],
) -> list[Figure]:
    shown, inspection = _for_a_glance(run, [model for model in looked_into if model in report["models"]])
    return [
        glance.at_a_glance(report, folder / "1-at-a-glance.png", shown, inspection),
        comparison_figures.accuracy(report, folder / "2-accuracy.png"),
        learning_figure.learning(report, histories, folder / "3-learning.png"),
        mistake_figures.confusion(report, folder / "4-confusion.png"),
        mistake_figures.mistakes(report, report["mistakes"], splits.test.images, folder / "5-mistakes.png"),
    ]


def _for_a_glance(run: RunFolder, looked_into: list[str]) -> tuple[str, Inspection | None]:
    """The last model with convolutions that was looked into: the one whose filters are shown first."""
    for model in reversed(looked_into):
        with suppress(RunError):
            inspection = read_inspection(run.inspection_folder(model))
            if isinstance(inspection, Inspection):
                return model, inspection
    return "", None


def _drawn_inside(run: RunFolder, model: str) -> list[Figure]:
    """What was drawn of a model's inside and is still there."""
    folder = run.inspection_folder(model)
    record = run.inspection(model) or {"figures": []}
    figures = [Figure(folder / one["file"], one["title"], one["alt"]) for one in record["figures"]]
    return [figure for figure in figures if figure.path.is_file()]
