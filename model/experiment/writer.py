"""Writes what is known of a run into its folder: report.json, report.md, report.html and the figures."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from data.perturbations import KINDS, in_steps
from data.splits import Splits
from data.storage import write_atomically, write_json
from model.comparison import (
    accuracy_figure,
    disagreement_figure,
    learning_figure,
    mistake_figures,
    quality_figures,
)
from model.comparison.headlines import by_interest
from model.experiment import glance
from model.experiment.markdown import markdown
from model.experiment.page import page
from model.inspection.files import Inspection, read_inspection
from model.inspection.pattern_figure import draw_patterns
from model.report.drawing import drawn, not_drawn
from model.report.figure import Figure
from model.robustness import figures as robustness_figures
from model.robustness.tables import robustness_in_markdown
from model.run.folder import RunError, RunFolder

Histories = Mapping[str, Mapping[int, Mapping[str, np.ndarray]]]


def write_report(
    run: RunFolder,
    report: dict[str, Any],
    splits: Splits,
    histories: Histories,
    looked_into: Mapping[str, Sequence[Mapping[str, Any]]],
) -> None:
    """Draw the figures of the comparison and write the three forms of the report, report.json last.

    Args:
        run: where.
        report: the whole content of report.json; it gets `not_drawn`, the pictures that are missing.
        splits: the data, of whose test images some are shown.
        histories: the columns of each history.csv, by model and seed.
        looked_into: of each model that was looked into, the records of what was drawn.
    """
    figures = _compare(run.figures, run, report, splits, histories, list(looked_into))
    inside = {model: _inside(run, report, model, looked_into[model]) for model in looked_into}
    report["not_drawn"] = not_drawn([*figures, *chain(*inside.values())], run.path)
    text = markdown(report) + robustness_in_markdown(report["robustness"])
    write_atomically(run.path / "report.md", text.encode())
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
    models = [model for model in by_interest(report["models"]) if model in looked_into]
    shown, inspection = _for_a_glance(run, models)
    first, images = folder / "1-at-a-glance.png", splits.test.images
    return [
        drawn(glance.at_a_glance, report, path=first, model=shown, inspection=inspection),
        drawn(accuracy_figure.accuracy, report, path=folder / "2-accuracy.png"),
        drawn(learning_figure.learning, report, histories, path=folder / "3-learning.png"),
        drawn(mistake_figures.confusion, report, path=folder / "4-confusion.png"),
        drawn(mistake_figures.mistakes, report, report["mistakes"], images, path=folder / "5-mistakes.png"),
        *_how_sure(folder, report, images),
        *_perturbed(folder, report, images),
    ]


def _how_sure(folder: Path, report: dict[str, Any], images: np.ndarray) -> list[Figure]:
    """How sure the models are and how they differ, as far as there are models and comparisons."""
    figures = []
    if report["models"]:
        figures.append(drawn(quality_figures.calibration, report, path=folder / "6-calibration.png"))
        figures.append(drawn(quality_figures.rejection, report, path=folder / "7-rejection.png"))
    if report["comparisons"]:
        last = folder / "9-disagreements.png"
        figures.append(drawn(disagreement_figure.disagreements, report, images, path=last))
    return figures


def _perturbed(folder: Path, report: dict[str, Any], images: np.ndarray) -> list[Figure]:
    """What perturbed images do to answers, where that was measured."""
    if not report["robustness"]:
        return []
    curves = robustness_figures.curves
    return [
        drawn(curves, report, kind, in_steps(images, kind), path=folder / f"robustness-{kind}.png")
        for kind in KINDS
    ]


def _for_a_glance(run: RunFolder, looked_into: list[str]) -> tuple[str, Inspection | None]:
    """The first model with convolutions that was looked into: the one whose filters are shown first."""
    for model in looked_into:
        with suppress(RunError):
            inspection = read_inspection(run.inspection_folder(model))
            if isinstance(inspection, Inspection):
                return model, inspection
    return "", None


def _inside(
    run: RunFolder, report: dict[str, Any], model: str, records: Sequence[Mapping[str, Any]]
) -> list[Figure]:
    """What was drawn of a model's inside and is still there, and its patterns in all seeds."""
    folder = run.inspection_folder(model)
    told = [one for record in records for one in record["figures"]]
    figures = [Figure(folder / one["file"], one["title"], one["alt"], one.get("fault", "")) for one in told]
    figures = [figure for figure in figures if figure.fault or figure.path.is_file()]
    if patterns := report["models"].get(model, {}).get("patterns"):
        path = run.figures / f"patterns-{model}.png"
        figures.insert(1, drawn(draw_patterns, patterns, model, path=path))
    return figures
