"""What a report says of models and their comparisons against what follows from the rest of it.

Most numbers of report.json can be worked out from others there: a mean from its values, the accuracy of a
class from its row of the confusion, a difference from both means. Where they do not agree, the file is not
what a run has written.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from configs.strict_yaml import shown
from data.splits import DataFacts
from model.comparison.pairs import ClassDifference, leaves_out_0
from model.comparison.records import Comparison, Measured, Model, Outcome
from model.comparison.together import CLEAR, holm

# Sums in another order differ in their last digits, by far less than this; and one more answer that is right,
# of a million pictures, is as much.
ROUNDING = 1e-6


def contradictions(outcome: Outcome, data: DataFacts, seeds: Sequence[int]) -> Iterator[str]:
    """Each a clause that begins with the key in report.json; none of what a run has written."""
    yield from _of_data(data)
    for name, entry in outcome.models.items():
        key = f"models.{name}"
        if problem := _misshapen(entry, data, seeds):
            yield f"{key}{problem}"
            return  # what follows takes for granted that parts fit together
        yield from _of_model(key, entry, data)
        commonest = max(row.images for row in entry.per_class)
        yield from differing("chance", outcome.chance, commonest / data.test, f"{key}.per_class")
    compared = [f"{pair.candidate} against {pair.baseline}" for pair in outcome.comparisons]
    yield from told_twice("comparisons", compared)
    for place, pair in enumerate(outcome.comparisons):
        key = f"comparisons.{place}"
        for name in (pair.baseline, pair.candidate):
            if name not in outcome.models:
                yield f"{shown(repr(name), 40)} is compared and is none of its models"
                return
        both = outcome.models[pair.baseline], outcome.models[pair.candidate]
        yield from _of_comparison(key, pair, *both, data)
    yield from _of_all(outcome.comparisons)


def differing(key: str, told: float | None, follows: float | None, source: str) -> Iterator[str]:
    """A clause, if a number is not the one that follows from others: whole ones exactly."""
    if told is None or follows is None:
        alike = told is follows
    else:
        exact = isinstance(told, int) and isinstance(follows, int)
        alike = abs(told - follows) <= (0 if exact else ROUNDING * max(1.0, abs(follows)))
    if not alike:
        yield f"{key}: {source} gives {_in_json(follows)}, found {_in_json(told)}"


def straying(key: str, interval: Sequence[float] | None, value: float | None) -> Iterator[str]:
    """A clause, if an interval is not one that holds its value."""
    if interval is None or value is None:
        if interval is not value:  # both are null of a class without pictures
            yield f"{key}: an interval stands without its value, or a value without its interval"
        return
    low, high = interval
    if not low - ROUNDING <= value <= high + ROUNDING:
        ends = f"{_in_json(low)} to {_in_json(high)}"
        yield f"{key}.interval: expected one that holds {_in_json(value)}, found {ends}"


def told_twice(key: str, names: Sequence[str]) -> Iterator[str]:
    """A clause, if one of a list is told more than once."""
    if twice := next((name for name, count in Counter(names).items() if count > 1), ""):
        yield f"{key}: expected each once, found {shown(twice, 40)} twice"


def _in_json(value: float | None) -> str:
    return f"{value:.9g}" if isinstance(value, float) else json.dumps(value)


def _of_data(data: DataFacts) -> Iterator[str]:
    """The classes of the splits against the splits."""
    if not data.per_class:
        return  # an earlier version has not told them
    if [row.class_ for row in data.per_class] != data.classes:
        yield "data.per_class: expected the classes of data.classes"
    for split in ("train", "validation", "test"):
        total = sum(getattr(row, split) for row in data.per_class)
        yield from differing(f"data.{split}", getattr(data, split), total, "data.per_class")


def _misshapen(entry: Model, data: DataFacts, seeds: Sequence[int]) -> str:
    """What keeps the parts of a model from fitting together, with the key below the model."""
    if len(set(entry.seeds)) < len(entry.seeds) or not set(entry.seeds) <= set(seeds):
        return f".seeds: expected distinct ones of {shown(str(list(seeds)))}, found {shown(str(entry.seeds))}"
    for name in ("accuracy", "top_2", "loss", "brier"):
        if len(getattr(entry, name).values) != len(entry.seeds):
            given = shown(str(entry.seeds))
            return f".{name}.values: expected one for each of its distinct seeds, {given}"
    if {len(entry.confusion), *map(len, entry.confusion)} != {len(entry.per_class)} or not entry.confusion:
        return ": expected per_class and confusion of the same classes"
    if [row.class_ for row in entry.per_class] != data.classes:
        return ".per_class: expected the classes of data.classes"
    return _misshapen_origin(entry)


def _misshapen_origin(entry: Model) -> str:
    """The same of where a network is from that was trained elsewhere; others were trained here."""
    told = entry.elsewhere
    if (told is None) == (entry.train_seconds is None):
        return ".train_seconds: expected null where there is elsewhere, and a number where not"
    if told and (
        told.right.keys() != told.right_in_order.keys()
        or told.pixels not in told.right
        or (told.asked == "auto") != (len(told.right) > 1)
        or len(told.files) != len(told.sha256)
    ):
        return ".elsewhere: expected a share for every form that was tried, and a sha256 for every file"
    return ""


def _of_model(key: str, entry: Model, data: DataFacts) -> Iterator[str]:
    for name in ("accuracy", "top_2", "loss", "brier"):
        yield from _of_measured(f"{key}.{name}", getattr(entry, name), data.test)
    yield from _of_confusion(key, entry, data)
    right = entry.accuracy.mean
    if bins := entry.calibration:
        source, shares = f"{key}.calibration", [one.share for one in bins]
        yield from differing(f"{source}.share", sum(shares), 1.0, "the whole")
        for told, what in (
            ("accuracy.mean", [one.accuracy for one in bins]),
            ("confidence", [one.confidence for one in bins]),
            ("calibration_error", [one.gap for one in bins]),
        ):
            number = right if told == "accuracy.mean" else getattr(entry, told)
            yield from differing(f"{key}.{told}", number, float(np.dot(shares, what)), source)
    for one in entry.rejection[:1]:  # where none is left out
        yield from differing(f"{key}.rejection.0.accuracy", one.accuracy, right, "accuracy.mean")
    if taken := entry.epochs_per_seed:
        most = max(taken.values())
        yield from differing(f"{key}.epochs", entry.epochs, most, "the largest of epochs_per_seed")
    if entry.layers:
        for told, each in (("parameters", "parameters"), ("flops_per_image", "flops")):
            total = sum(getattr(layer, each) for layer in entry.layers)
            yield from differing(f"{key}.{told}", getattr(entry, told), total, f"the sum over {key}.layers")


def _of_measured(key: str, found: Measured, num_images: int) -> Iterator[str]:
    several = len(found.values) > 1
    yield from differing(f"{key}.mean", found.mean, float(np.mean(found.values)), "the mean of its values")
    std = float(np.std(found.values, ddof=1)) if several else None
    yield from differing(f"{key}.std", found.std, std, "that of its values")
    yield from straying(key, found.interval, found.mean)
    yield from _allowing(key, found.over, several and num_images > 1)


def _allowing(key: str, over: str, for_seeds: bool) -> Iterator[str]:
    """An interval of single trainings can't allow for other seeds."""
    expected = "seeds and images" if for_seeds else "images"
    if over != expected:
        yield f"{key}.over: expected {expected!r} of so many trainings, found {over!r}"


def _of_confusion(key: str, entry: Model, data: DataFacts) -> Iterator[str]:
    """What the rows (labels) and columns (answers) of the confusion give of every class, and of all."""
    counts = np.array(entry.confusion)
    images, given, hits = counts.sum(axis=1), counts.sum(axis=0), counts.diagonal()
    source = f"{key}.confusion"
    if counts.min() < 0:
        yield f"{source}: expected numbers of pictures, found {_in_json(float(counts.min()))}"
    yield from differing("data.test", data.test, float(images.sum()), source)
    yield from differing(f"{key}.accuracy.mean", entry.accuracy.mean, float(hits.sum() / data.test), source)
    tested = [row.test for row in data.per_class] or [row.images for row in entry.per_class]
    for label, row in enumerate(entry.per_class):
        below = f"{key}.per_class.{label}"
        both = float(given[label] + images[label])
        yield from differing(f"{below}.images", row.images, float(images[label]), source)
        yield from differing(f"{below}.images", row.images, tested[label], "data.per_class")
        recall = float(hits[label] / images[label]) if row.images else None
        yield from differing(f"{below}.accuracy", row.accuracy, recall, source)
        precision = float(hits[label] / given[label]) if given[label] else None
        yield from differing(f"{below}.precision", row.precision, precision, source)
        yield from differing(f"{below}.f1", row.f1, float(2 * hits[label] / both) if both else None, source)
        yield from straying(below, row.interval, row.accuracy)
    if entry.balanced_accuracy is not None:  # which an earlier version has not told
        recalls = [row.accuracy for row in entry.per_class if row.accuracy is not None]
        balanced = sum(recalls) / max(len(recalls), 1)
        told = f"{key}.balanced_accuracy"
        yield from differing(told, entry.balanced_accuracy, balanced, f"the mean of {key}.per_class")


def _of_comparison(
    key: str, pair: Comparison, baseline: Model, candidate: Model, data: DataFacts
) -> Iterator[str]:
    """Candidate minus baseline, in everything that both models tell of themselves."""
    means = candidate.accuracy.mean - baseline.accuracy.mean
    yield from differing(f"{key}.difference", pair.difference, means, "accuracy.mean of both models")
    yield from straying(key, pair.interval, pair.difference)
    several = min(len(baseline.seeds), len(candidate.seeds)) > 1
    yield from _allowing(key, pair.over, several and data.test > 1)
    yield from _of_seeds(key, pair, baseline, candidate, data.test)
    if pair.per_class:
        if [row.class_ for row in pair.per_class] != data.classes:
            yield f"{key}.per_class: expected the classes of data.classes"
            return
        yield from _of_classes(f"{key}.per_class", pair.per_class, baseline, candidate)
    if pair.confusion_difference:
        expected = np.array(candidate.confusion) - np.array(baseline.confusion)
        shapes = {len(pair.confusion_difference), *map(len, pair.confusion_difference)}
        if shapes != {len(data.classes)} or not np.allclose(
            pair.confusion_difference, expected, rtol=ROUNDING, atol=ROUNDING
        ):
            yield f"{key}.confusion_difference: expected the difference of both models' confusion"


def _of_all(pairs: Sequence[Comparison]) -> Iterator[str]:
    """What allows for the number of comparisons; it is told of several, and not by earlier versions."""
    told = [pair.among_all for pair in pairs]
    if not any(told):
        return
    adjusted = holm([one.p_value if one else None for one in told])
    for place, (pair, one, allowed) in enumerate(zip(pairs, told, adjusted, strict=True)):
        key = f"comparisons.{place}.among_all"
        if one is None:
            yield f"{key}: expected of every comparison, as of others here"
            continue
        yield from differing(f"{key}.pairs", one.pairs, len(pairs), "the number of comparisons")
        yield from differing(f"{key}.p_adjusted", one.p_adjusted, allowed, "Holm's correction of p_value")
        if one.clear != (leaves_out_0(pair.interval) and one.p_adjusted < CLEAR):
            rule = f"whether p_adjusted is below {CLEAR} and the interval leaves out 0"
            yield f"{key}.clear: expected {rule}, found {_in_json(one.clear)}"


def _of_seeds(
    key: str, pair: Comparison, baseline: Model, candidate: Model, num_images: int
) -> Iterator[str]:
    """McNemar's tests against the accuracy of each seed."""
    rights = [dict(zip(one.seeds, one.accuracy.values, strict=True)) for one in (baseline, candidate)]
    yield from told_twice(f"{key}.mcnemar", [f"seed {row.seed}" for row in pair.mcnemar])
    for place, row in enumerate(pair.mcnemar):
        below = f"{key}.mcnemar.{place}"
        if not all(row.seed in of_seeds for of_seeds in rights):
            yield f"{below}.seed: expected one of both models, found {row.seed}"
            continue
        one, other = row.only_baseline_correct, row.only_candidate_correct
        if one + other > num_images:
            yield f"{below}: expected at most {num_images:,} pictures, found {one + other:,}"
            continue
        ahead = rights[1][row.seed] - rights[0][row.seed]
        yield from differing(f"{below} in pictures", (other - one) / num_images, ahead, "accuracy.values")


def _of_classes(
    key: str, rows: Sequence[ClassDifference], baseline: Model, candidate: Model
) -> Iterator[str]:
    """The classes of a comparison against those of both models, and what allows for their number."""
    adjusted = holm([row.p_value for row in rows])
    for label, (row, allowed) in enumerate(zip(rows, adjusted, strict=True)):
        below = f"{key}.{label}"
        before, after = baseline.per_class[label].accuracy, candidate.per_class[label].accuracy
        change = after - before if after is not None and before is not None else None
        yield from differing(f"{below}.difference", row.difference, change, "per_class of both models")
        yield from straying(below, row.interval, row.difference)
        yield from differing(f"{below}.p_adjusted", row.p_adjusted, allowed, "Holm's correction of p_value")
        if row.clear != (row.p_adjusted is not None and row.p_adjusted < CLEAR):
            yield f"{below}.clear: expected whether p_adjusted is below {CLEAR}, found {_in_json(row.clear)}"
