"""The comparison of every model with the first: the parts of report.json that are statistics."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from model.comparison.intervals import Estimate, difference_over, mcnemar
from model.comparison.pairs import Answer, ClassDifference, Disagreement, OneRight, ToSee
from model.comparison.records import Comparison, Facts, Failure, Mistake, Model, NotCompared, Outcome
from model.comparison.scores import Answers, Scores, describe
from model.comparison.together import CLEAR, allowing_for_all, holm
from model.comparison.verdict import GUESSING, LABELS_DO_NOT_FIT, ONE_ANSWER, no_comparison, put_in_words

SMALLEST_OF_INTEREST = 0.002  # no number of seeds is named for differences under 0.2 points
NUM_EXAMPLES = 12
NUM_MISTAKES = 12
MOST_LUCK = 0.05  # above chance, that a guessing network may have and still be told from others


def summarise(
    predictions: Mapping[str, Mapping[int, np.ndarray]],
    labels: np.ndarray,
    class_names: Sequence[str],
    facts: Mapping[str, Facts],
    failed: Sequence[Failure] = (),
    validation_labels: np.ndarray | None = None,
) -> Outcome:
    """Describe every model and compare each with the first.

    `predictions` are probabilities float32 (num_images, num_classes) per model and seed, but of failed jobs;
    `labels` uint8 (num_images,); `facts` of every model of the config, in its order, the first being the
    baseline. `validation_labels`, uint8 (num_validation,), tell whether `validation_accuracy` among the facts
    is one of a network that learned something; None where they are not known.

    Returns all but `why`. Seeds that answer no better than guessing join `failed` and no average, unless all
    of a model's seeds are like that: then its numbers are theirs, and `broken` says what is wrong with them.
    """
    chance = chance_of(labels)
    models: dict[str, Model] = {}
    scores: dict[str, Scores] = {}
    failures = list(failed)
    for name in facts:
        of_seeds = predictions.get(name, {})
        faults = {seed: _fault(of_seeds[seed], labels, chance) for seed in sorted(of_seeds)}
        for seed, why in faults.items():
            if why in (GUESSING, ONE_ANSWER) and _has_learned(facts[name], seed, validation_labels):
                faults[seed] = LABELS_DO_NOT_FIT if _is_unrelated(of_seeds[seed], labels) else None
        failures += [
            Failure(model=name, seed=seed, stage="scoring" if why == LABELS_DO_NOT_FIT else None, reason=why)
            for seed, why in faults.items()
            if why
        ]
        finite = {seed: of_seeds[seed] for seed in faults if np.isfinite(of_seeds[seed]).all()}
        sound = {seed: finite[seed] for seed in finite if not faults[seed]}
        if finite:
            scores[name] = Scores(sound or finite, labels)
            broken = None if sound else faults[next(iter(finite))]
            models[name] = Model(**vars(facts[name]), **vars(describe(scores[name], class_names, broken)))
    baseline, *candidates = facts
    elsewhere = [name for name, known in facts.items() if known.elsewhere]
    comparisons, not_compared = [], []
    for candidate in candidates:
        if reason := no_comparison(baseline, candidate, models, failures, elsewhere):
            not_compared.append(NotCompared(baseline, candidate, reason))
        else:
            found = compare_scores(baseline, scores[baseline], candidate, scores[candidate], class_names)
            comparisons.append(put_in_words(found, models, len(labels)))
    if len(comparisons) == 1:  # of which its interval says it all
        comparisons = [replace(comparisons[0], among_all=None)]
    return Outcome(
        chance=chance,
        models=models,
        comparisons=allowing_for_all(comparisons),
        not_compared=not_compared,
        failed=failures,
    )


def chance_of(labels: np.ndarray) -> float:
    """The share of the commonest class."""
    return float(np.bincount(labels).max() / len(labels))


def _fault(probabilities: np.ndarray, labels: np.ndarray, chance: float) -> str | None:
    """Why these are no answers of a trained network, if they are not."""
    if not np.isfinite(probabilities).all():
        return "probabilities not finite"
    return fault_of(probabilities.argmax(axis=1), labels, chance)


def fault_of(answers: np.ndarray, labels: np.ndarray, chance: float) -> str | None:
    """The same of answers (num_images,).

    Guessing rarely gets more right than three standard errors above chance. Where that is far above, on few
    pictures, a network that learned something may be below it too, so nobody is called guessing there.
    """
    if (answers == answers[0]).all():
        return ONE_ANSWER
    luck = _luck(chance, len(labels))
    guessing = luck <= MOST_LUCK and np.mean(answers == labels) <= chance + luck
    return GUESSING if guessing else None


def _luck(chance: float, num_images: int) -> float:
    """How far above chance guessing hardly ever gets: three standard errors."""
    return 3 * math.sqrt(chance * (1 - chance) / num_images)


def _is_unrelated(probabilities: np.ndarray, labels: np.ndarray) -> bool:
    """Whether answers are right no more often than if each stood beside any picture's label."""
    answers, num_classes = probabilities.argmax(axis=1), probabilities.shape[1]
    counts = [np.bincount(each, minlength=num_classes) / len(labels) for each in (answers, labels)]
    by_chance = float(counts[0] @ counts[1])
    luck = _luck(by_chance, len(labels))
    return by_chance < 1 and luck <= MOST_LUCK and bool(np.mean(answers == labels) <= by_chance + luck)


def _has_learned(facts: Facts, seed: int, validation_labels: np.ndarray | None) -> bool:
    """Whether a network answers validation images better than guessing does, as far as that is known."""
    accuracy = facts.validation_accuracy.get(str(seed))
    if accuracy is None or validation_labels is None:
        return False
    chance = float(np.bincount(validation_labels).max() / len(validation_labels))
    return accuracy > chance + _luck(chance, len(validation_labels))


def compare_scores(
    baseline: str, one: Answers, candidate: str, other: Answers, class_names: Sequence[str]
) -> Comparison:
    """The numbers of a comparison of two models, both of the same test images; without words yet.

    Of answers without probabilities there is no `disagreement`.
    """
    estimate = difference_over(other.right, one.right)
    error, degrees = estimate.error()
    found = Comparison(
        baseline=baseline,
        candidate=candidate,
        difference=estimate.value,
        interval=estimate.interval,
        over=estimate.over,
        standard_error=error,
        degrees_of_freedom=degrees,
        to_see=_to_see(estimate),
        mcnemar=[
            mcnemar(seed, one.right[one.seeds.index(seed)], other.right[other.seeds.index(seed)])
            for seed in one.seeds
            if seed in other.seeds
        ],
        per_class=_per_class(one, other, class_names),
        confusion_difference=(other.confusion - one.confusion).tolist(),
        disagreement=_disagreement(one, other),
    )
    return found.alone(estimate.p_value)


def _to_see(estimate: Estimate) -> ToSee | None:
    """Where nothing can be told: how many more seeds it takes to see a difference as large as this."""
    low, high = estimate.interval
    if not estimate.seed_variances or not low <= 0 <= high:
        return None
    difference = max(abs(estimate.value), SMALLEST_OF_INTEREST)
    return ToSee(difference, estimate.seeds_needed(difference))


def _per_class(one: Answers, other: Answers, class_names: Sequence[str]) -> list[ClassDifference]:
    """Differences per class, Holm's correction over the classes; None for a class without test images."""
    estimates: list[Estimate | None] = []
    for label in range(len(class_names)):
        members = one.labels == label
        both = other.right[:, members], one.right[:, members]
        estimates.append(difference_over(*both) if members.any() else None)
    p_values = [estimate.p_value if estimate else None for estimate in estimates]
    return [
        ClassDifference(
            name,
            difference=estimate.value if estimate else None,
            interval=estimate.interval if estimate else None,
            p_value=p_value,
            p_adjusted=adjusted,
            clear=adjusted is not None and adjusted < CLEAR,
        )
        for name, estimate, p_value, adjusted in zip(
            class_names, estimates, p_values, holm(p_values), strict=True
        )
    ]


def _disagreement(one: Answers, other: Answers) -> Disagreement | None:
    """How often answers of the two models differ, and the images on which all seeds of only one are right.

    Of these all are counted; those are told where the probability of the right class differs most, on the
    mean of the seeds.
    """
    if not (isinstance(one, Scores) and isinstance(other, Scores)):
        return None
    ahead = other.of_label.mean(axis=0) - one.of_label.mean(axis=0)
    difference = other.right.mean(axis=0) - one.right.mean(axis=0)
    order = np.argsort(-np.abs(ahead), kind="stable")
    only_one, only_other = (order[difference[order] == sign] for sign in (-1, 1))

    def told(images: np.ndarray) -> list[OneRight]:
        return [
            OneRight(int(image), int(one.labels[image]), _answer(one, image), _answer(other, image))
            for image in images[:NUM_EXAMPLES]
        ]

    share = float(np.mean([(a != b).mean() for a in one.answers for b in other.answers]))
    return Disagreement(share, len(only_one), told(only_one), len(only_other), told(only_other))


def _answer(scores: Scores, image: int) -> Answer:
    """The seeds' commonest answer to an image, of equally common ones the surer; its mean probability."""
    sure = scores.probabilities[:, image].mean(axis=0)
    votes = np.bincount(scores.answers[:, image], minlength=len(sure))
    answer = max(range(len(sure)), key=lambda label: (votes[label], sure[label]))
    return Answer(answer, float(sure[answer]))


def confident_mistakes(
    labels: np.ndarray, probabilities: np.ndarray, model: str, seed: int, count: int = NUM_MISTAKES
) -> list[Mistake]:
    """Find the wrong answers a network was surest of: surest first, of equal ones the first in the file.

    Labels are uint8 (n,) in the order of the test file, into which `index` is; probabilities (n, classes) of
    one seed, `probability` being that of the predicted class.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    sure = probabilities[wrong, predicted[wrong]]
    chosen = wrong[np.argsort(-sure, kind="stable")[:count]]
    return [
        Mistake(
            index=int(index),
            label=int(labels[index]),
            predicted=int(predicted[index]),
            probability=float(probabilities[index, predicted[index]]),
            model=model,
            seed=seed,
        )
        for index in chosen
    ]
