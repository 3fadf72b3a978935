"""Which candidate of a sweep is best by validation accuracy, and what is as good or cheaper."""

from collections.abc import Sequence

from model.comparison.together import CLEAR
from model.sweep.records import Candidate, Choice


def choose(candidates: Sequence[Candidate], num_validation: int) -> Choice:
    """All that the report says of which is best; `num_validation` pictures tell it."""
    by_model: dict[str, list[int]] = {}
    for place, one in enumerate(candidates):
        by_model.setdefault(one.model, []).append(place)
    best = {model: best_of(candidates, places) for model, places in by_model.items()}
    return Choice(
        best=best,
        together={
            model: as_good_as(candidates, best[model], places, num_validation)
            for model, places in by_model.items()
        },
        pareto=pareto(candidates, [place for places in by_model.values() for place in places]),
    )


def complete(candidates: Sequence[Candidate], places: Sequence[int]) -> list[int]:
    """Those with as many trainings as any has: a mean of what did not fail would be too good."""
    most = max(len(candidates[place].seeds) for place in places)
    return [place for place in places if len(candidates[place].seeds) == most]


def best_of(candidates: Sequence[Candidate], places: Sequence[int]) -> int:
    """The one with the highest mean of validation accuracy, of equal ones the cheapest, then the first."""
    return min(complete(candidates, places), key=lambda place: _by_merit(candidates[place]))


def _by_merit(one: Candidate) -> tuple[float, int]:
    return -one.validation_accuracy.mean, one.flops_per_image


def as_good_as(
    candidates: Sequence[Candidate], best: int, places: Sequence[int], num_validation: int
) -> list[int]:
    """Those of a model that can't be told apart from its best one, and the best itself.

    Each difference is one of shares by seed (`difference_of_shares`), as to new seeds and new pictures. The
    best is one of them because it came out best, so it is allowed for all pairs of candidates that could have
    come out first and last, not only for those with the best: Bonferroni's correction.
    """
    from model.comparison.intervals import difference_of_shares  # SciPy: who only reads a report needs none

    pairs = len(places) * (len(places) - 1) / 2
    shares = candidates[best].validation_accuracy.values
    alike = []
    for place in places:
        others = candidates[place].validation_accuracy.values
        p_value = 1.0 if place == best else difference_of_shares(shares, others, num_validation).p_value
        if p_value * max(pairs, 1) >= CLEAR:
            alike.append(place)
    return alike


def pareto(candidates: Sequence[Candidate], places: Sequence[int]) -> list[int]:
    """By rising cost, those that none beats at the same or lower cost, by the means; of equals the first."""
    if not places:
        return []
    front: list[int] = []
    order = sorted(complete(candidates, places), key=lambda place: _by_cost(candidates[place]))
    for place in order:
        accuracy = candidates[place].validation_accuracy.mean
        if not front or accuracy > candidates[front[-1]].validation_accuracy.mean:
            front.append(place)
    return front


def _by_cost(one: Candidate) -> tuple[int, float]:
    return one.flops_per_image, -one.validation_accuracy.mean
