"""report.html: the result as a page. It arranges; every number stands in report.json."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from markupsafe import Markup

from model.comparison.elsewhere import usual_in_words
from model.comparison.headlines import by_interest, headline, verdict_of
from model.comparison.records import Outcome
from model.comparison.tables import (
    answers,
    epochs,
    failed_job,
    precision,
    told_balanced,
    validated,
    what_may_differ,
)
from model.comparison.verdict import bigger_in
from model.experiment.layers import HEAD, alike, layers_told, notes
from model.experiment.questions import answered
from model.experiment.remarks import of_report
from model.experiment.report import Report
from model.experiment.sections import SECTIONS, Filled, filled
from model.page.contents import block
from model.page.pictures import inlined
from model.page.render import render
from model.report.drawing import missing_pictures
from model.report.figure import Figure
from model.report.words import names, told_by_number

TEMPLATE = Path(__file__).with_name("page.html")
LARGEST = 12_000_000  # characters of a page
TEXT = 400_000  # of them, at most about, what is neither data nor pictures


def page(
    report: Report,
    figures: Sequence[Figure],
    inside: Mapping[str, Sequence[Figure]],
    folder: Path,
    config: str = "",
    data: Mapping[str, Markup] | None = None,
    live: Mapping[str, Any] | None = None,
) -> str:
    """Build report.html: one file that needs no other.

    The first of the figures is the one at a glance; `inside` has those of each model that was looked into.
    All are in reading order, and lie in `folder`, that of the run; as many as there is room for stand in the
    page, those in the open first. It makes no requests; names of classes and models are shown as text, as is
    the config. `data` are more blocks for programs, beside report and config; `live` is what the page's
    script runs, as `model.page.live` makes it.
    """
    data = {"report": block(report.as_json()), "config": block(config)} | dict(data or {})
    data |= {"live": block(live)} if live else {}
    data |= {} if report.guess is None else {"guess": block(report.guess)}
    drawn = {model for model, one in live["networks"].items() if one["passports"]} if live else set()
    is_run = bool(live and live["networks"])  # without a network, parts of the script that need none are live
    parts = {one.id for one in SECTIONS if live and one.is_live and (is_run or not one.needs_networks)}
    sections = filled(figures, inside, [*by_interest(report.models), *inside], folder, parts, drawn)
    order = [one for part in sections for one in part.front]
    order += [one for part in sections for one in part.pictures[len(part.front) :]]
    missing = missing_pictures(report.not_drawn)
    failures = _failures(report, len(missing))
    sections = [part for part in sections if part.section.id in parts or _has_something(part, report)]
    return render(
        TEMPLATE,
        "page.js",
        data,
        epochs=epochs,
        precision=precision,
        validated=validated,
        usual=usual_in_words(report.models),
        trained="network" if any(entry.elsewhere for entry in report.models.values()) else "training",
        job=failed_job,
        report=report,
        answers=answers(report),
        sections=sections,
        answered=answered(report, live),
        contents=_contents(sections, bool(failures)),
        pictures=inlined(order, LARGEST - TEXT - sum(map(len, data.values()))),
        config=config,
        live=parts,
        failures=failures,
        missing=missing,
        limits=limits(report),
        layers=alike({name: layers_told(entry) for name, entry in report.models.items()}),
        layer_head=HEAD,
        layer_notes=notes({name: entry.layers for name, entry in report.models.items()}),
        allowed_for=what_may_differ(report.models),
        balanced=told_balanced(report.models),
        **_headline(report),
    )


def _has_something(part: Filled, report: Report) -> bool:
    """Whether there is anything to show in a section."""
    tables = {"classes", "learning"} if report.models else set()
    return bool(part.pictures) or part.section.id in {"result", "limits", "made"} | tables


def _contents(sections: Sequence[Filled], failed: bool) -> list[tuple[str, str]]:
    """The sections by address and title; what failed is told right after the result."""
    listed = [(part.section.id, part.section.title) for part in sections]
    return [listed[0], ("failures", "What failed"), *listed[1:]] if failed else listed


def _headline(outcome: Outcome) -> dict[str, str]:
    """The answer in large words, and what is left of it to say below."""
    clause, verdict = headline(outcome), verdict_of(outcome)
    rest = verdict.removeprefix(clause).lstrip(":. ")
    if not rest.startswith(tuple(outcome.models)):  # a model's name is written as it is
        rest = rest[:1].upper() + rest[1:]
    return {"headline": clause, "rest": rest}


def _failures(outcome: Outcome, pictures: int) -> str:
    """How much failed, and how many pictures are missing, in words; empty if nothing is."""
    stages = {
        "training{}": None,
        "scoring{}": "scoring",
        "reading{}": "reading",
        "look{} inside": "inspection",
    }
    counts = {what: sum(one.stage == stage for one in outcome.failed) for what, stage in stages.items()}
    counts["picture{}"] = pictures
    parts = [f"{count} {what.format('s' * (count > 1))}" for what, count in counts.items() if count]
    return names(parts, most=len(parts)) if parts else ""


def limits(report: Report) -> list[str]:
    """What the run does not show: what holds for every run, and what these numbers ask to be said."""
    comparisons = report.comparisons
    over = {comparison.over for comparison in comparisons}
    sentences = []
    costly = [comparison for comparison in comparisons if "cost" in comparison.words]
    bigger = {what for comparison in costly for what in bigger_in(comparison, report.models)}
    if bigger:
        differ = " and ".join(sorted(bigger, reverse=True))  # size first
        sentences.append(f"Why one model is better: these models differ in {differ}, too.")
    if "images" in over:
        sentences.append("What another training would give: a model has one only.")
    if comparisons and not all(entry.elsewhere for entry in report.models.values()):
        sentences.append(
            "How the models compare when trained longer, or with settings made for each of them."
        )
    sentences.append(
        "How they do on pictures of another kind: the test pictures come from where the others come from."
    )
    if report.data.is_fashion:
        twice = report.data.duplicates
        exact = "; none is equal in every pixel" if twice and not twice.test_in_training else ""
        sentences.append(
            "How they do on garments nobody has seen: about 6 % of the test pictures have a near-duplicate"
            f" among the training pictures (arXiv 1906.08255{exact}), and some labels are wrong."
        )
    if report.classes_by_number:
        sentences.append(told_by_number([report.data.classes[label] for label in report.classes_by_number]))
    sentences.append("The pictures of filters and mistakes are of one training; another has other filters.")
    told = (*of_report(report), report.test_looks_words, report.environment.get("mixed_words"))
    beside = usual_in_words(report.models)  # which stand beside the accuracies
    return sentences + [str(sentence) for sentence in told if sentence and sentence not in beside]
