"""report.html: the result as a page. It arranges; every number stands in report.json."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from model.comparison.headlines import by_interest, headline, verdict_of
from model.comparison.records import Outcome
from model.comparison.tables import answers, epochs, failed_job, told_balanced, what_may_differ
from model.experiment.layers import HEAD, alike
from model.experiment.remarks import of_report
from model.experiment.report import Report
from model.report.drawing import missing_pictures
from model.report.figure import Figure
from model.report.page import render
from model.report.words import names, told_by_number

TEMPLATE = Path(__file__).with_name("page.html")
IN_FRONT = 6  # figures, of the comparison all but the last; the others wait under "details"


def page(
    report: Report,
    figures: Sequence[Figure],
    inside: Mapping[str, Sequence[Figure]],
    folder: Path,
    config: str = "",
) -> str:
    """Build report.html: readable by itself but for the pictures beside it.

    The first of the figures is the one at a glance; `inside` has those of each model that was looked into.
    All are in reading order, and links to them are relative to the folder of the run, where the page will
    stand. It makes no requests to elsewhere; names of classes and models are shown as text, as is the config.
    """
    front, details = _arranged(figures, inside, [*by_interest(report.models), *inside])
    missing = missing_pictures(report.not_drawn)
    return render(
        TEMPLATE,
        folder,
        epochs=epochs,
        job=failed_job,
        report=report,
        answers=answers(report),
        front=front,
        details=details,
        config=config,
        failures=_failures(report, len(missing)),
        missing=missing,
        limits=limits(report),
        layers=alike({name: entry.layers for name, entry in report.models.items()}),
        layer_head=HEAD,
        allowed_for=what_may_differ(report.models),
        balanced=told_balanced(report.models),
        **_headline(report),
    )


def _arranged(
    figures: Sequence[Figure], inside: Mapping[str, Sequence[Figure]], order: Sequence[str]
) -> tuple[list[Figure], dict[str, list[Figure]]]:
    """Six figures in front, the first of the model of most interest among them; the others by model."""
    front = list(figures[: IN_FRONT - 1])
    details = {"The comparison": list(figures[IN_FRONT - 1 :])}
    details |= {f"Inside {model}": list(drawn) for model, drawn in inside.items()}
    for heading in (*(f"Inside {model}" for model in order), "The comparison"):
        drawn = details.get(heading)
        if drawn and len(front) < IN_FRONT:
            front.append(drawn.pop(0))
            break
    return front, {heading: drawn for heading, drawn in details.items() if drawn}


def _headline(outcome: Outcome) -> dict[str, str]:
    """The answer in large words, and what is left of it to say below."""
    clause, verdict = headline(outcome), verdict_of(outcome)
    rest = verdict.removeprefix(clause).lstrip(":. ")
    if not rest.startswith(tuple(outcome.models)):  # a model's name is written as it is
        rest = rest[:1].upper() + rest[1:]
    return {"headline": clause, "rest": rest}


def _failures(outcome: Outcome, pictures: int) -> str:
    """How much failed, and how many pictures are missing, in words; empty if nothing is."""
    trainings = sum(failure.is_training for failure in outcome.failed)
    scorings = sum(failure.stage == "scoring" for failure in outcome.failed)
    inside = len(outcome.failed) - trainings - scorings
    counts = {"training{}": trainings, "scoring{}": scorings, "look{} inside": inside, "picture{}": pictures}
    parts = [f"{count} {what.format('s' * (count > 1))}" for what, count in counts.items() if count]
    return names(parts, most=len(parts)) if parts else ""


def limits(report: Report) -> list[str]:
    """What the run does not show: what holds for every run, and what these numbers ask to be said."""
    comparisons = report.comparisons
    over = {comparison.over for comparison in comparisons}
    told = (*of_report(report), report.test_looks_words, report.environment.get("mixed_words"))
    sentences = [str(sentence) for sentence in told if sentence]
    if any("cost" in comparison.words for comparison in comparisons):
        sentences.append("Why one model is better: these models differ in size and arithmetic, too.")
    if "images" in over:
        sentences.append("What another seed would give: a model has one training only.")
    if comparisons:
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
    sentences.append("The pictures of filters and mistakes are of one seed; another has other filters.")
    return sentences
