"""Writes what a sweep came to into its folder: report.md, report.html, the pictures, and report.json last."""

from dataclasses import replace
from pathlib import Path

from data.storage import json_bytes, write_if_other
from model.page.contents import block
from model.page.pictures import Shown, inlined
from model.page.render import render
from model.report.drawing import draw_pictures, missing_pictures, not_drawn
from model.report.figure import Figure
from model.run.folder import RunFolder
from model.sweep.figures import SWEEP
from model.sweep.records import SweepReport
from model.sweep.text import IN_TEXT, sweep_markdown
from model.sweep.words import answers, by_merit, failures, headline, how_told, label, notes

TEMPLATE = Path(__file__).with_name("sweep.html")
LARGEST = 2_000_000  # characters of the pictures in the page


def write_sweep_report(sweep: RunFolder, report: SweepReport) -> tuple[SweepReport, list[Path]]:
    """Draw the pictures and write the three forms of the report.

    What is there already with the same content is left alone. Returned is the report with the pictures that
    are missing, and the pictures that were drawn.
    """
    figures = draw_pictures(SWEEP, {"report": report}, sweep.figures) if report.candidates else []
    report = replace(report, not_drawn=not_drawn(figures, sweep.path))
    config = (sweep.path / "config.yaml").read_text(encoding="utf-8")
    write_if_other(sweep.path / "report.md", sweep_markdown(report).encode())
    write_if_other(sweep.path / "report.html", page(report, figures, sweep.path, config).encode())
    write_if_other(sweep.path / "report.json", json_bytes(report.as_json()))
    return report, [figure.path for figure in figures if not figure.fault]


def page(report: SweepReport, figures: list[Figure], folder: Path, config: str) -> str:
    """Build report.html, one file that needs no other; the figures lie in `folder`, that of the sweep.

    It makes no requests, and whatever stands in the report is shown as text. It carries report.json as
    `data-report` and the text of config.yaml as `data-config`.
    """
    pictures = [Shown(figure, figure.path.relative_to(folder).as_posix()) for figure in figures]
    faults = [*failures(report), *missing_pictures(report.not_drawn)]
    told = {
        "result": "Result",
        **{f"model-{number}": model for number, model in enumerate(report.models)},
        "reading": "How to read this",
        "failures": "What failed" if faults else "",
        "made": "How it was made",
    }
    return render(
        TEMPLATE,
        "comparison.js",
        {"report": block(report.as_json()), "config": block(config)},
        contents=[(id, title) for id, title in told.items() if title],
        report=report,
        headline=headline(report),
        answers=answers(report),
        notes=notes(report),
        reading=how_told(),
        pictures=[inlined(pictures, LARGEST)[one.file] for one in pictures],
        by_merit=by_merit,
        in_text=IN_TEXT,
        label=label,
        faults=faults,
        config=config,
    )
