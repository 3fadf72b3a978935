"""Writes what is known of a run into its folder: report.json, report.md, report.html and the figures."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from data.splits import Splits
from data.storage import json_bytes, write_if_other
from model.comparison.headlines import by_interest
from model.comparison.pictures import COMPARISON
from model.comparison.records import Models
from model.experiment.glance import GLANCE
from model.experiment.markdown import markdown
from model.experiment.page import LARGEST, page
from model.experiment.report import Report
from model.experiment.results import Results
from model.inspection.files import Inspection, read_inspection
from model.inspection.pattern_figure import PATTERNS
from model.page.contents import block, predicted
from model.page.live import groups_of, live
from model.report.canvas import classes_by_number
from model.report.drawing import draw_pictures, not_drawn
from model.report.figure import Figure
from model.report.words import numbered
from model.robustness.figures import ROBUSTNESS
from model.robustness.tables import robustness_in_markdown
from model.run.folder import RunError, RunFolder

PICTURES = (GLANCE, *COMPARISON, *ROBUSTNESS)  # in reading order
Histories = Mapping[str, Mapping[int, Mapping[str, np.ndarray]]]


def write_report(
    run: RunFolder,
    report: Report,
    splits: Splits,
    results: Results,
    looked_into: Mapping[str, Sequence[Mapping[str, Any]]],
) -> tuple[Report, list[Path]]:
    """Draw the figures of the comparison and write the three forms of the report, report.json last.

    What is there already with the same content is left alone. `results` are what the report was made of;
    `looked_into` has the records of what was drawn, of each model that was looked into. Returned is the
    report with the pictures that are missing, and the pictures that were drawn in figures/.
    """
    report = replace(report, classes_by_number=classes_by_number(splits.class_names))
    figures = draw_comparison(run, report, splits, results.histories, looked_into, run.figures)
    inside = {model: _inside(run, report.models, model, looked_into[model]) for model in looked_into}
    figures_of_all = [*figures, *chain(*inside.values())]
    report = replace(report, not_drawn=not_drawn(figures_of_all, run.path))
    text = markdown(report) + robustness_in_markdown(report.robustness)
    write_if_other(run.path / "report.md", text.encode())
    config = (run.path / "config.yaml").read_text(encoding="utf-8")
    data = {"predictions": block(predicted(splits.test.labels, results.predictions))}
    running = _live(run, report, splits, results, looked_into)
    html = page(report, figures, inside, run.path, config, data, running)
    write_if_other(run.path / "report.html", html.encode())
    write_if_other(run.path / "report.json", json_bytes(report.as_json()))
    there = [figure.path for figure in figures_of_all if not figure.fault]
    return report, [path for path in there if path.parent == run.figures]


def _live(
    run: RunFolder, report: Report, splits: Splits, results: Results, looked_into: Collection[str]
) -> dict[str, Any] | None:
    """What the page's script runs: the networks of the first seed; None where the config can't be read."""
    try:
        config = run.config()
    except RunError:
        return None
    seed, labels = config.seeds[0], splits.test.labels
    answers = {m: given[seed].argmax(axis=1) for m, given in results.predictions.items() if seed in given}
    first = [model for model in by_interest(report.models) if model in answers][:1]
    pair = [*first, *(model for model in answers if model not in first)][:2]
    groups = groups_of(labels, answers, pair, numbered(seed, *(m in config.elsewhere for m in pair)))
    for model in first:
        sure = [one.index for one in report.mistakes if (one.model, one.seed) == (model, seed)]
        groups[f"Mistakes that {model} is surest of, {numbered(seed, model in config.elsewhere)}"] = np.array(
            sure, int
        )
    names = splits.class_names
    return live(run, config, splits.test, names, answers, groups, looked_into, LARGEST // 2)


def draw_comparison(
    run: RunFolder,
    report: Report,
    splits: Splits,
    histories: Histories,
    looked_into: Collection[str],
    folder: Path,
) -> list[Figure]:
    """Draw what is told of all models of a run together, into a folder."""
    models = [model for model in by_interest(report.models) if model in looked_into]
    model, inspection = _for_a_glance(run, models)
    parts = vars(report) | {"outcome": report, "histories": histories, "images": splits.test.images}
    parts |= {"model": model, "inspection": inspection}
    return draw_pictures(PICTURES, parts, folder)


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
    return [*figures[:1], *draw_patterns(models, model, run.figures), *figures[1:]]


def draw_patterns(models: Models, model: str, folder: Path) -> list[Figure]:
    """Draw which patterns the first filters of a model match in all seeds, if any are learned."""
    entry = models.get(model)
    told: dict[str, Any] = {"model": model, "patterns": {}}
    if entry:
        told |= {"patterns": entry.patterns, "elsewhere": entry.elsewhere is not None}
    return draw_pictures([PATTERNS], told, folder)
