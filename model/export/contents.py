"""The numbers of a run as CSV, and its pictures as SVG. No TensorFlow."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from data.splits import Splits
from data.storage import write_atomically
from model.attribution.figures import draw_why
from model.comparison.records import Models
from model.experiment.report import read_report
from model.experiment.results import collect
from model.experiment.tidy import tables_of
from model.experiment.writer import draw_comparison, draw_patterns
from model.inspection.job import draw_inside
from model.report.canvas import as_svg
from model.report.drawing import missing_pictures, not_drawn
from model.report.figure import Figure
from model.report.tables import as_csv
from model.run.folder import RECORDS, RunError, RunFolder, again
from model.run.looks import note_of
from model.run.process import reason_of
from model.sweep.tidy import tables_of as tables_of_sweep


def write_tables(run: RunFolder, folder: Path) -> list[str]:
    """Write a CSV file of each of a run's tables; returned is what they lack, in sentences."""
    tables, faults = tables_of(run)
    for name, rows in tables.items():
        write_atomically(folder / f"{name}.csv", as_csv(rows).encode())
    return faults


def write_tables_of_sweep(sweep: RunFolder, folder: Path) -> list[str]:
    """The same of a sweep."""
    for name, rows in tables_of_sweep(sweep).items():
        write_atomically(folder / f"{name}.csv", as_csv(rows).encode())
    return []


def draw_pictures_again(run: RunFolder, splits: Splits, folder: Path) -> list[str]:
    """Draw all pictures of a run as SVG, into folders as those of the run.

    Returns what could not be drawn, each in a sentence.

    Raises:
        RunError: there is no report, or it is not the one that this run made.
    """
    config, report = run.config(), read_report(run)
    histories = collect(run, config, splits.test.labels, []).histories
    looked_into = [model for model in report.models if _is_sound(run, model)]
    figures, faults = folder / "figures", list[str]()
    with as_svg(folder):
        drawn = draw_comparison(run, report, splits, histories, looked_into, figures)
        for model in report.models:
            drawn += draw_patterns(report.models, model, figures)
            for kind in RECORDS:
                try:
                    drawn += _inside(run, splits, report.models, model, kind, folder / model / "inspection")
                except RunError as error:
                    faults.append(str(error))
    drawn = [replace(figure, path=figure.path.with_suffix(".svg")) for figure in drawn]
    return [*faults, *missing_pictures(not_drawn(drawn, folder))]


def _is_sound(run: RunFolder, model: str) -> bool:
    """Whether the filters of a model were looked into, and what that left is not to be doubted."""
    try:
        return _looked(run, model, "inspection")
    except RunError:  # which is told where the pictures of that look are drawn
        return False


def _looked(run: RunFolder, model: str, kind: str) -> bool:
    """Whether a look was taken; RunError where what it left is not what this run made."""
    record = run.look(model, kind)
    for name in record["files"] if record else []:
        if not name.endswith(".png"):
            run.vouch_for(run.inspection_folder(model) / name)
    return record is not None


def _inside(
    run: RunFolder, splits: Splits, models: Models, model: str, kind: str, figures: Path
) -> Iterable[Figure]:
    """Draw what one look into a model has left, if it was taken."""
    is_from_elsewhere = models[model].elsewhere is not None
    folder = run.inspection_folder(model)
    if not _looked(run, model, kind):
        return []
    try:
        if kind == "inspection":
            return draw_inside(splits, folder, figures, model, is_from_elsewhere)
        return draw_why(folder, figures, note_of(model, is_from_elsewhere))
    except RunError:
        raise
    except Exception as error:  # of a run that vouches for nothing, a damaged file fails in many ways
        raise RunError(f"{folder} can't be drawn from ({reason_of(error)}); {again(run.path)}") from None
