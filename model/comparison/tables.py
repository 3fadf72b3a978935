"""Models in rows: how often each is right, what it costs, what failed. It computes no numbers."""

from collections.abc import Callable

from model.comparison.records import Comparison, Facts, Failure, Model, Models, Outcome
from model.comparison.verdict import cautions, mean_by_seed
from model.report.tables import WIDTH, duration, printable, shortened, wrapped
from model.report.words import ends, mega, numbered, percent

ELSEWHERE, UNKNOWN = "elsewhere", "not known"  # where a network was trained, and what is told of that
UNEVEN = 1.5  # times as many pictures as the rarest class


def row_per_model(models: Models, num_images: int) -> list[str]:
    """A row of 80 columns per model; a long name gets a line of its own. The last lines say what is meant.

    All were scored on the same test images; the validation images are those of each run.
    """

    def row(name: str, share: str, between: str, *others: str) -> str:
        # A cell that fills its column moves those before it to the left, into what a name leaves free.
        cells = zip(others, (11, 11, 7, 10), strict=True)
        tail = f"{share:>8}  {between:<12}" + "".join(f" {cell}".rjust(width) for cell, width in cells)
        fits = len(name) + len(tail) <= WIDTH
        head, rest = (name, name) if fits else (f"{shortened(name, WIDTH)}\n", "")
        return head + tail.rjust(WIDTH - len(rest))

    lines = [row("", "right", "95 %", "validation", "parameters", "MFLOP", "training")]
    for name, entry in models.items():
        between, parameters = ends(entry.accuracy.interval), f"{entry.parameters:,}"
        cells = (percent(entry.accuracy.mean), between, validated(entry), parameters)
        lines.append(row(printable(name), *cells, mega(entry.flops_per_image), trained_in(entry)))
    between = f"between, with {what_may_differ(models)} (95 %)."
    return [
        *lines,
        wrapped(f"Of {num_images:,} test pictures; {between} Validation: right on validation pictures."),
    ]


def validated(entry: Model, write: Callable[[float], str] = percent) -> str:
    """How often a model is right on validation pictures, on the mean; reports of before may not know it."""
    share = mean_by_seed(entry, "validation_accuracy")
    return UNKNOWN if share is None else write(share)


def answers(outcome: Outcome) -> list[str]:
    """What the comparisons come to: the verdict on a single one, a sentence or two on each of several.

    First what models show that differ in one thing, then the other pairs.
    """
    explained = {(entry.baseline, entry.candidate): entry.words for entry in outcome.why}
    others = [pair for pair in outcome.comparisons if (pair.baseline, pair.candidate) not in explained]
    several = len(outcome.comparisons) > 1
    told = [
        *(() if len(outcome.comparisons) == 1 else cautions(outcome.models)),
        *explained.values(),
        *(
            against(pair, pair.words.get("answer", pair.verdict)) if several else pair.verdict
            for pair in others
        ),
        *(pair.verdict for pair in outcome.not_compared),
        classes_in_words(outcome),
    ]
    return [sentence for sentence in told if sentence]


def against(pair: Comparison, sentence: str) -> str:
    """What is said of one of several pairs, with whom it is compared where that is not said."""
    return sentence if pair.baseline in sentence else f"Against {pair.baseline}: {sentence}"


def classes_in_words(outcome: Outcome) -> str:
    """Where classes differ in size: what the commonest gives, and accuracy with all classes alike."""
    if not told_balanced(outcome.models):
        return ""
    shares = {name: model.balanced_accuracy for name, model in outcome.models.items()}
    alike = [f"{name} {percent(share)}" for name, share in shares.items() if share is not None]
    return (
        f"The commonest class makes {percent(outcome.chance)} of the test pictures; with every class counted"
        f" alike (balanced accuracy): {', '.join(alike)}."
    )


def told_balanced(models: Models) -> bool:
    """Whether balanced accuracy is known and told: where classes differ in size, else it is accuracy."""
    known = [model for model in models.values() if model.balanced_accuracy is not None]
    sizes = [row.images for model in known for row in model.per_class if row.images]
    return bool(sizes) and max(sizes) > UNEVEN * min(sizes)


def epochs(entry: Facts) -> str:
    """How many passes a model's trainings took, as "7 to 9" where some stopped earlier than others.

    A network that was trained elsewhere has none that is known.
    """
    if entry.elsewhere:
        return UNKNOWN
    taken = entry.epochs_per_seed.values() or [entry.epochs]
    low, high = min(taken), max(taken)
    return f"{low} to {high}" if low < high else str(high)


def trained_in(entry: Facts) -> str:
    """How long a training took, as people say it."""
    return ELSEWHERE if entry.train_seconds is None else duration(entry.train_seconds)


def seconds_of_training(entry: Facts) -> str:
    """The same in seconds, for tables of numbers."""
    return UNKNOWN if entry.train_seconds is None else f"{entry.train_seconds:.1f}"


def precision(entry: Facts) -> str:
    """What its trainings computed in."""
    return UNKNOWN if entry.elsewhere else str(entry.precision)


def failed_job(failure: Failure) -> str:
    """What failed: "cnn, seed 0", or "looking inside cnn, seed 0"."""
    job = f"{failure.model}, {numbered(failure.seed, bool(failure.elsewhere))}"
    return f"looking inside {job}" if failure.stage == "inspection" else job


def failure_line(failure: Failure) -> str:
    """What failed, and why."""
    return printable(f"{failed_job(failure)}: {failure.reason}")


def what_may_differ(models: Models) -> str:
    """What the intervals of these models allow for; of single trainings this is less."""
    singles = [name for name, entry in models.items() if entry.accuracy.over == "images"]
    if len(singles) == len(models):
        return "other test pictures"
    brought = any(entry.elsewhere for name, entry in models.items() if name not in singles)
    but = f", but {', '.join(singles)} with other test pictures only" if singles else ""
    return f"new {'trainings' if brought else 'seeds'} and new pictures{but}"


def wrong(entry: Model, num_images: int) -> str:
    """How many of the pictures, on the mean of the trainings."""
    count = round(1e-9 + (1 - entry.accuracy.mean) * num_images)
    return f"{count:,}" if count or entry.accuracy.mean == 1 else "under 1"
