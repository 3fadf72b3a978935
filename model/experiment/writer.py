"""Writes what is known of a run into its folder: report.json, report.md, report.html and the figures."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np

from data.splits import Splits
from data.storage import write_atomically, write_json
from model.comparison.headlines import by_interest
from model.comparison.pictures import COMPARISON
from model.comparison.records import Models
from model.experiment.glance import GLANCE
from model.experiment.markdown import markdown
from model.experiment.page import page
from model.experiment.report import Report
from model.inspection.files import Inspection, read_inspection
from model.inspection.pattern_figure import PATTERNS
from model.report.canvas import classes_by_number
from model.report.drawing import draw_pictures, not_drawn
from model.report.figure import Figure
from model.robustness.figures import ROBUSTNESS
from model.robustness.tables import robustness_in_markdown
from model.run.folder import RunError, RunFolder

PICTURES = (GLANCE, *COMPARISON, *ROBUSTNESS)  # in reading order
Histories = Mapping[str, Mapping[int, Mapping[str, np.ndarray]]]


def write_report(
    run: RunFolder,
    report: Report,
    splits: Splits,
    histories: Histories,
    looked_into: Mapping[str, Sequence[Mapping[str, Any]]],
) -> Report:
    """Draw the figures of the comparison and write the three forms of the report, report.json last.

    Histories are the columns of each history.csv, by model and seed; `looked_into` has the records of what
    was drawn, of each model that was looked into. Returned is the report with the pictures that are missing.
    """
    report = replace(report, classes_by_number=classes_by_number(splits.class_names))
    figures = _compare(run, report, splits, histories, looked_into)
    inside = {model: _inside(run, report.models, model, looked_into[model]) for model in looked_into}
    report = replace(report, not_drawn=not_drawn([*figures, *chain(*inside.values())], run.path))
    text = markdown(report) + robustness_in_markdown(report.robustness)
    write_atomically(run.path / "report.md", text.encode())
    config = (run.path / "config.yaml").read_text(encoding="utf-8")
    html = page(report, figures, inside, run.path, config)
    write_atomically(run.path / "report.html", html.encode())
    write_json(run.path / "report.json", report.as_json())
    return report


def _compare(
    run: RunFolder, report: Report, splits: Splits, histories: Histories, looked_into: Collection[str]
) -> list[Figure]:
    """Draw what is told of all models together."""
    models = [model for model in by_interest(report.models) if model in looked_into]
    model, inspection = _for_a_glance(run, models)
    parts = vars(report) | {"outcome": report, "histories": histories, "images": splits.test.images}
    parts |= {"model": model, "inspection": inspection}
    return draw_pictures(PICTURES, parts, run.figures)


def _for_a_glance(run: RunFolder, looked_into: list[str]) -> tuple[str, Inspection | None]:
    """The first model with convolutions that was looked into: the one whose filters are shown first."""
    for model in looked_into:
        with suppress(RunError):
            inspection = read_inspection(run.inspection_folder(model))
            if isinstance(inspection, Inspection):
                return model, inspection
    return "", None


def _inside(run: RunFolder, models: Models, model: str, records: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """What was drawn of a model's inside and is still there, and its patterns in all seeds."""
    folder = run.inspection_folder(model)
    told = [one for record in records for one in record["figures"]]
    figures = [Figure(folder / one["file"], one["title"], one["alt"], one.get("fault", "")) for one in told]
    figures = [figure for figure in figures if figure.fault or figure.path.is_file()]
    parts = {"model": model, "patterns": models[model].patterns if model in models else {}}
    return [*figures[:1], *draw_pictures([PATTERNS], parts, run.figures), *figures[1:]]
