"""Models in rows: how often each is right, what it costs, what failed. It computes no numbers."""

from collections.abc import Mapping
from typing import Any

from model.report.tables import WIDTH, duration, printable, shortened, wrapped
from model.report.words import ends

Report = Mapping[str, Any]
Models = Mapping[str, Mapping[str, Any]]
LONGEST_NAME = 20


def row_per_model(models: Models, num_images: int) -> list[str]:
    """A row of 80 columns per model; a long name gets a line of its own. The last lines say what is meant.

    The models are entries of report.json's or of comparison.json's, scored on the same test images.
    """

    def row(name: str, share: str, between: str, *others: str) -> str:
        mistakes, weights, arithmetic, training = others
        head = name if len(name) <= LONGEST_NAME else f"{shortened(name, WIDTH)}\n"
        start = head.ljust(LONGEST_NAME) if head == name else head + " " * LONGEST_NAME
        return f"{start}{share:>8}  {between:<12}{mistakes:>8}{weights:>11}{arithmetic:>8}{training:>11}"

    lines = [row("", "right", "95 %", "wrong", "weights", "MFLOP", "training")]
    for name, entry in models.items():
        between, weights = ends(entry["accuracy"]["interval"]), f"{entry['parameters']:,}"
        cells = (right(entry), between, wrong(entry, num_images), weights)
        lines.append(row(printable(name), *cells, megaflops(entry), duration(entry["train_seconds"])))
    between = f"between, with {what_may_differ(models)} (95 %)."
    return [*lines, wrapped(f"Of {num_images:,} test pictures; {between}")]


def answers(report: Report) -> list[str]:
    """What the comparisons come to: the verdict on a single one, a sentence or two on each of several.

    First what models show that differ in one thing, then the other pairs.
    """
    explained = {(entry["baseline"], entry["candidate"]): entry["words"] for entry in report.get("why", ())}
    others = [
        comparison
        for comparison in report["comparisons"]
        if (comparison["baseline"], comparison["candidate"]) not in explained
    ]
    several = len(report["comparisons"]) > 1
    return [
        *explained.values(),
        *(other["words"]["answer"] if several else other["verdict"] for other in others),
        *(pair["verdict"] for pair in report["not_compared"]),
    ]


def epochs(entry: Mapping[str, Any]) -> str:
    """How many passes a model's trainings took, as "7 to 9" where some stopped earlier than others."""
    taken = (entry.get("epochs_per_seed") or {"all": entry["epochs"]}).values()
    low, high = min(taken), max(taken)
    return f"{low} to {high}" if low < high else str(high)


def failed_job(failure: Mapping[str, Any]) -> str:
    """What failed, of an entry of `failed`: "cnn, seed 0", or "looking inside cnn, seed 0"."""
    job = f"{failure['model']}, seed {failure['seed']}"
    return f"looking inside {job}" if failure.get("stage") == "inspection" else job


def failure_line(failure: Mapping[str, Any]) -> str:
    """What failed, and why."""
    return printable(f"{failed_job(failure)}: {failure['reason']}")


def right(entry: Mapping[str, Any]) -> str:
    return f"{100 * entry['accuracy']['mean']:.1f} %"


def what_may_differ(models: Models) -> str:
    """What the intervals of these models allow for; of single trainings this is less."""
    singles = [name for name, entry in models.items() if entry["accuracy"]["over"] == "images"]
    if not singles:
        return "new seeds and new pictures"
    if len(singles) == len(models):
        return "other test pictures"
    return f"new seeds and new pictures, but {', '.join(singles)} with other test pictures only"


def wrong(entry: Mapping[str, Any], num_images: int) -> str:
    return f"{(1 - entry['accuracy']['mean']) * num_images:,.0f}"


def megaflops(entry: Mapping[str, Any]) -> str:
    mega = entry["flops_per_image"] / 1e6
    return f"{mega:,.0f}" if mega >= 9.95 else f"{mega:.1f}"
