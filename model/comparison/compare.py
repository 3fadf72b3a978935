"""The comparison of every model with the first: the parts of report.json that are statistics."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from model.comparison.intervals import Estimate, Scores, describe, difference_over, holm, mcnemar
from model.comparison.mistake_figures import SHOWN
from model.comparison.verdict import GUESSING, Entry, Models, no_comparison, put_in_words

SMALLEST_OF_INTEREST = 0.002  # no number of seeds is named for differences under 0.2 points
CLEAR = 0.05  # of an adjusted p-value of a class
NUM_EXAMPLES = 12
MOST_LUCK = 0.05  # above chance, that a guessing network may have and still be told from others


def summarise(
    predictions: Mapping[str, Mapping[int, np.ndarray]],
    labels: np.ndarray,
    class_names: Sequence[str],
    facts: Models,
    failed: Sequence[Entry] = (),
) -> dict[str, Any]:
    """Describe every model and compare each with the first: the parts of report.json that are statistics.

    Args:
        predictions: per model and seed, probabilities float32 (num_images, num_classes), but of failed jobs.
        labels: uint8 (num_images,).
        class_names: of labels 0, 1, ...
        facts: of every model of the config, in its order, the first being the baseline: what goes into its
            entry as it stands; the verdict reads `parameters` and `flops_per_image`.
        failed: {"model", "seed", "reason"} of each job that failed; "stage" is "inspection" where it was
            not a training.

    Returns:
        "chance", the share of the commonest class; "models", "comparisons" and "failed" as in report.json;
        "not_compared", pairs of which one model has no sound training, with the reason as "verdict". Seeds
        that answer no better than guessing join `failed` and no average, unless all of a model's seeds are
        like that: then its numbers are theirs, and its entry's `broken` says what is wrong with them.
    """
    chance = float(np.bincount(labels).max() / len(labels))
    models: dict[str, dict[str, Any]] = {}
    scores: dict[str, Scores] = {}
    failures = [dict(failure) for failure in failed]
    for name in facts:
        of_seeds = predictions.get(name, {})
        faults = {seed: _fault(of_seeds[seed], labels, chance) for seed in sorted(of_seeds)}
        failures += [{"model": name, "seed": seed, "reason": why} for seed, why in faults.items() if why]
        finite = {seed: of_seeds[seed] for seed in faults if np.isfinite(of_seeds[seed]).all()}
        sound = {seed: finite[seed] for seed in finite if not faults[seed]}
        if finite:
            scores[name] = Scores(sound or finite, labels)
            broken = None if sound else faults[next(iter(finite))]
            models[name] = {**facts[name], "broken": broken, **describe(scores[name], class_names)}
    baseline, *candidates = facts
    comparisons, not_compared = [], []
    for candidate in candidates:
        pair: dict[str, Any] = {"baseline": baseline, "candidate": candidate}
        if reason := no_comparison(baseline, candidate, models, failures):
            not_compared.append({**pair, "verdict": reason})
        else:
            pair |= compare_scores(scores[baseline], scores[candidate], class_names)
            comparisons.append(pair | put_in_words(pair, models, len(labels)))
    return {
        "chance": chance,
        "models": models,
        "comparisons": comparisons,
        "not_compared": not_compared,
        "failed": failures,
    }


def _fault(probabilities: np.ndarray, labels: np.ndarray, chance: float) -> str | None:
    """Why these are no answers of a trained network, if they are not.

    Guessing rarely gets more right than three standard errors above chance. Where that is far above, on few
    pictures, a network that learned something may be below it too, so nobody is called guessing there.
    """
    if not np.isfinite(probabilities).all():
        return "probabilities not finite"
    answers = probabilities.argmax(axis=1)
    if (answers == answers[0]).all():
        return "the same answer to every picture"
    luck = 3 * math.sqrt(chance * (1 - chance) / len(labels))
    guessing = luck <= MOST_LUCK and np.mean(answers == labels) <= chance + luck
    return GUESSING if guessing else None


def compare_scores(one: Scores, other: Scores, class_names: Sequence[str]) -> dict[str, Any]:
    """The numbers of a comparison: `other`, the candidate, minus `one`, both of the same test images.

    An entry of report.json's `comparisons`, but for the names and the words. `to_see` is None where a
    difference was seen.
    """
    estimate = difference_over(other.right, one.right)
    return {
        "difference": estimate.value,
        "interval": estimate.interval,
        "over": estimate.over,
        "standard_error": estimate.error()[0],
        "degrees_of_freedom": estimate.error()[1],
        "to_see": _to_see(estimate),
        "mcnemar": [
            {"seed": seed, **mcnemar(one.right[one.seeds.index(seed)], other.right[other.seeds.index(seed)])}
            for seed in one.seeds
            if seed in other.seeds
        ],
        "per_class": _per_class(one, other, class_names),
        "confusion_difference": (other.confusion - one.confusion).tolist(),
        "disagreement": _disagreement(one, other),
    }


def _to_see(estimate: Estimate) -> dict[str, Any] | None:
    """Where nothing can be told: how many more seeds it takes to see a difference as large as this."""
    low, high = estimate.interval
    if not estimate.seed_variances or not low <= 0 <= high:
        return None
    difference = max(abs(estimate.value), SMALLEST_OF_INTEREST)
    return {"difference": difference, "more_seeds": estimate.seeds_needed(difference)}


def _per_class(one: Scores, other: Scores, class_names: Sequence[str]) -> list[dict[str, Any]]:
    """Differences per class, Holm's correction over the classes; None for a class without test images."""
    rows: list[dict[str, Any]] = []
    for label, name in enumerate(class_names):
        members = one.labels == label
        row: dict[str, Any] = {"class": name, "difference": None, "interval": None, "p_value": None}
        if members.any():
            estimate = difference_over(other.right[:, members], one.right[:, members])
            row |= {"difference": estimate.value, "interval": estimate.interval, "p_value": estimate.p_value}
        rows.append(row)
    for row, adjusted in zip(rows, holm([row["p_value"] for row in rows]), strict=True):
        row |= {"p_adjusted": adjusted, "clear": adjusted is not None and adjusted < CLEAR}
    return rows


def _disagreement(one: Scores, other: Scores) -> dict[str, Any]:
    """How often answers of the two models differ, and the images on which all seeds of only one are right.

    Of these all are counted; those are told where the probability of the right class differs most, on the
    mean of the seeds.
    """
    ahead = other.of_label.mean(axis=0) - one.of_label.mean(axis=0)
    difference = other.right.mean(axis=0) - one.right.mean(axis=0)
    order = np.argsort(-np.abs(ahead), kind="stable")
    found: dict[str, Any] = {
        "share": float(np.mean([(a != b).mean() for a in one.answers for b in other.answers])),
    }
    for key, sign in (("only_baseline_right", -1), ("only_candidate_right", 1)):
        images = order[difference[order] == sign]
        found[f"num_{key}"] = len(images)
        found[key] = [
            {
                "index": int(image),
                "label": int(one.labels[image]),
                "baseline": _answer(one, image),
                "candidate": _answer(other, image),
            }
            for image in images[:NUM_EXAMPLES]
        ]
    return found


def _answer(scores: Scores, image: int) -> dict[str, Any]:
    """The seeds' commonest answer to an image, of equally common ones the surer; its mean probability."""
    sure = scores.probabilities[:, image].mean(axis=0)
    votes = np.bincount(scores.answers[:, image], minlength=len(sure))
    answer = max(range(len(sure)), key=lambda label: (votes[label], sure[label]))
    return {"predicted": answer, "probability": float(sure[answer])}


def confident_mistakes(
    labels: np.ndarray, probabilities: np.ndarray, model: str, seed: int, count: int = SHOWN
) -> list[dict[str, Any]]:
    """Find the wrong answers a network was surest of, for report.json's `mistakes`.

    Args:
        labels: uint8 (n,), in the order of the test file.
        probabilities: (n, classes) of one seed.

    Returns:
        Surest first, of equal ones the first in the file; `index` is that into the test file, `probability`
        that of the predicted class.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    sure = probabilities[wrong, predicted[wrong]]
    chosen = wrong[np.argsort(-sure, kind="stable")[:count]]
    return [
        {
            "index": int(index),
            "label": int(labels[index]),
            "predicted": int(predicted[index]),
            "probability": float(probabilities[index, predicted[index]]),
            "model": model,
            "seed": seed,
        }
        for index in chosen
    ]
