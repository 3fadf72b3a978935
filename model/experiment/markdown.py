"""The result as report.md. It formats numbers and computes none."""

from model.comparison.records import Comparison, Measured, Models
from model.comparison.tables import (
    UNKNOWN,
    against,
    classes_in_words,
    epochs,
    failure_line,
    precision,
    seconds_of_training,
    told_balanced,
    validated,
    what_may_differ,
)
from model.experiment.layers import layers_in_markdown, layers_told
from model.experiment.remarks import of_report
from model.experiment.report import Report
from model.report.drawing import missing_pictures
from model.report.tables import escaped, fractions, table
from model.report.words import decimal, signed, told_by_number

PER_CLASS = {  # heading: key of report.json's per_class, what it means, what stands where there is none
    "Accuracy": (
        "accuracy",
        "Of the pictures of a class, the share that is found: its recall",
        "no pictures",
    ),
    "Precision": ("precision", "Of the answers that name a class, the share that is right", "no answers"),
    "F1": ("f1", "The harmonic mean of recall and precision", "neither"),
}


def markdown(report: Report) -> str:
    """The whole content of report.md, but for robustness: fractions, unlike the terminal's percentages.

    It is GitHub's Markdown; names of models and classes are escaped for it.
    """
    data = report.data
    several = len(report.comparisons) > 1
    told = [entry.words for entry in report.why]
    told += [against(pair, pair.verdict) if several else pair.verdict for pair in report.comparisons]
    told += [pair.verdict for pair in report.not_compared]
    sentences = [*told, *of_report(report)]
    sentences += [one for one in (classes_in_words(report), report.test_looks_words) if one]
    if report.classes_by_number:
        sentences.append(told_by_number([data.classes[label] for label in report.classes_by_number]))
    counts = f"{data.train:,} training, {data.validation:,} validation and {data.test:,} test pictures"
    parts = [
        f"# {escaped(report.name)}",
        f"{escaped(data.title)} ({escaped(data.source)}): {counts}.",
        *(escaped(sentence) for sentence in [report.guessed, *sentences] if sentence),
    ]
    if report.models:
        parts += _models_in_markdown(report.models)
        parts += layers_in_markdown({name: layers_told(entry) for name, entry in report.models.items()})
        parts += _classes_in_markdown(report.models)
    for comparison in report.comparisons:
        parts += _comparison_in_markdown(comparison)
    if report.failed:
        failures = [f"- {escaped(failure_line(failure))}" for failure in report.failed]
        parts += ["## Failed", "\n".join(failures)]
    if missing := missing_pictures(report.not_drawn):
        parts += ["## Pictures that are missing", "\n".join(f"- {escaped(picture)}" for picture in missing)]
    return "\n\n".join(parts) + "\n"


def _models_in_markdown(models: Models) -> list[str]:
    balanced = told_balanced(models)
    quality = [["model", "accuracy", "interval", "validation accuracy", *["balanced accuracy"] * balanced]]
    quality[0] += ["top-2 accuracy", "log loss", "Brier score", "calibration error"]
    cost = [["model", "seeds", "epochs", "precision", "parameters", "of these in convolutions"]]
    cost[0] += ["FLOPs per picture", "training seconds", "seconds for one picture", "for all pictures"]
    for name, entry in models.items():
        measures = entry.accuracy, entry.top_2, entry.loss, entry.brier
        measured = [_mean_and_deviation(found) for found in measures]
        alike = "not known" if entry.balanced_accuracy is None else f"{entry.balanced_accuracy:.4f}"
        shares = [fractions(entry.accuracy.interval), validated(entry, "{:.4f}".format)]
        measured[1:1] = [*shares, *[alike] * balanced]
        quality.append([escaped(name), *measured, f"{entry.calibration_error:.4f}"])
        seeds = UNKNOWN if entry.elsewhere else ", ".join(map(str, entry.seeds))
        counts = [f"{n:,}" for n in (entry.parameters, entry.convolution_parameters, entry.flops_per_image)]
        one = entry.predict_one_seconds
        seconds = [seconds_of_training(entry), "not measured" if one is None else f"{one:.5f}"]
        seconds.append(f"{entry.predict_seconds:.2f}")
        cost.append([escaped(name), seeds, epochs(entry), precision(entry), *counts, *seconds])
    allowed_for = escaped(what_may_differ(models))
    return [
        "## How good",
        f"Mean ± standard deviation of the trainings; the interval is 95 %, with {allowed_for}.",
        table(quality),
        "## At what cost",
        "Seconds are those of one network: of its training, of answering a picture that comes alone (the"
        " median of several), and of answering all test pictures, many at a time.",
        table(cost),
    ]


def _classes_in_markdown(models: Models) -> list[str]:
    first = next(iter(models.values()))
    head = ["class", "test pictures", *(escaped(name) for name in models)]
    parts = []
    for name, (key, meaning, missing) in PER_CLASS.items():
        rows = []
        for label, row in enumerate(first.per_class):
            values = [getattr(entry.per_class[label], key) for entry in models.values()]
            cells = [missing if value is None else f"{value:.4f}" for value in values]
            rows.append([escaped(row.class_), f"{row.images:,}", *cells])
        parts += [f"## {name} per class", f"{meaning}.", table([head, *rows])]
    return parts


def _comparison_in_markdown(comparison: Comparison) -> list[str]:
    baseline, candidate = escaped(comparison.baseline), escaped(comparison.candidate)
    interval = fractions(comparison.interval)
    trainings = [["training", f"only {baseline} right", f"only {candidate} right"]]
    for of_seed in comparison.mcnemar:
        counts = [of_seed.only_baseline_correct, of_seed.only_candidate_correct]
        trainings.append([str(of_seed.seed), *(f"{count:,}" for count in counts)])
    classes = [["class", "difference", "interval", "clear, of so many classes"]]
    for row in comparison.per_class:
        size = [_signed(row.difference), fractions(row.interval)]
        classes.append([escaped(row.class_), *size, "yes" if row.clear else "no"])
    over = comparison.over.replace("seeds", "trainings")
    difference = f"Difference of accuracy: {_signed(comparison.difference)} ({interval})"
    return [
        f"## {candidate} against {baseline}",
        f"{difference}; the interval is 95 %, allowing for other {over}.",
        table(trainings),
        table(classes),
    ]


def _mean_and_deviation(found: Measured) -> str:
    deviation = "" if found.std is None else f" ± {decimal(found.std, 4)}"
    return f"{decimal(found.mean, 4)}{deviation}"


def _signed(value: float | None) -> str:
    return "no pictures" if value is None else signed(value, 4)
