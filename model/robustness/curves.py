"""Answers to perturbed images -> curves with intervals. No TensorFlow."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from configs.schema import Augmentation, Cnn, Config, Network
from data.perturbations import KINDS
from model.comparison.intervals import difference_over, mean_over
from model.comparison.values import Over
from model.networks.facts import layer_facts
from model.report.words import digits_for, points
from model.robustness.files import Arrays, Measured
from model.robustness.records import (
    Accuracy,
    Change,
    Curves,
    Difference,
    Layer,
    Pooling,
    Robustness,
    Stability,
)

CAUTION = (
    "Whether pictures of your own are still of their class when they are changed like this, nobody has"
    " checked: a line that rises, turned, may be one that falls."
)


def robustness_of(measured: Measured, config: Config) -> Robustness | None:
    """Describe how accuracy falls with every kind of perturbation, and how steady maps are under a shift.

    `measured` are the arrays of each robustness.npz, all of the same images; models without any are left out.
    Of the run's config the first model is the baseline, and the augmentation is what models have seen. None
    where nothing was measured.
    """
    measured = {model: measured[model] for model in config.models if measured.get(model)}
    if not measured:
        return None
    controls = [pair for pair in controls_of_pooling(config) if set(pair) <= measured.keys()]
    first = next(iter(next(iter(measured.values())).values()))
    kinds = [_curves(kind, measured, config, controls) for kind in KINDS if f"answers/{kind}" in first]
    classes_known = config.data.source == "lines" or config.data.name == "fashion-mnist"
    return Robustness(
        images=len(first["labels"]),
        images_per_class=config.robustness.images_per_class,
        seeds={model: list(of_seeds) for model, of_seeds in measured.items()},
        kinds=kinds,
        stability={model: _stability(list(of_seeds.values())) for model, of_seeds in measured.items()},
        words=_on_pooling(kinds[0], config),
        caution="" if classes_known else CAUTION,
        elsewhere=[model for model in measured if model in config.elsewhere] or None,
    )


def controls_of_pooling(config: Config) -> list[tuple[str, str]]:
    """Pairs of models that differ in pooling alone: one with it, and one without or with strides."""

    def otherwise(model: str) -> dict[str, Any]:
        network, recipe = config.models[model], config.training_of(model)
        return network.model_dump(exclude={"pooling", "training"}) | {"recipe": recipe.model_dump()}

    networks = {name: network for name, network in config.models.items() if isinstance(network, Cnn)}
    return [
        (one, other)
        for one in networks
        for other in networks
        if networks[one].pools and not networks[other].pools and otherwise(one) == otherwise(other)
    ]


def _curves(kind: str, measured: Measured, config: Config, controls: Iterable[tuple[str, str]]) -> Curves:
    """A number per strength for each model, and for pairs of models by image."""
    right = {
        model: np.stack([(a[f"answers/{kind}"] == a["labels"]).astype(np.float64) for a in of_seeds.values()])
        for model, of_seeds in measured.items()
    }  # (seeds, strengths, images)
    baseline = next(iter(config.models))
    candidates = [model for model in right if model != baseline and baseline in right]
    what = KINDS[kind]
    return Curves(
        kind=kind,
        unit=what.unit,
        strengths=list(what.strengths),
        middle=what.middle,
        trained_on=trained_on(kind, config.data.augmentation),
        models={model: _accuracy(values, list(measured[model])) for model, values in right.items()},
        differences=[Difference(baseline, one, *_ahead(right[one], right[baseline])) for one in candidates],
        pooling=[Pooling(one, other, *_ahead(right[one], right[other])) for one, other in controls],
    )


def trained_on(kind: str, augmentation: Augmentation | None) -> int:
    """Up to which strength of a kind the training images were perturbed, too; 0: not at all."""
    setting = KINDS[kind].setting
    return int(getattr(augmentation, setting)) if augmentation and setting else 0


def _accuracy(right: np.ndarray, seeds: Sequence[int]) -> Accuracy:
    """Of one model, from (seeds, strengths, images)."""
    estimates = [mean_over(right[:, strength]) for strength in range(right.shape[1])]
    return Accuracy(
        accuracy=[estimate.value for estimate in estimates],
        intervals=[estimate.interval for estimate in estimates],
        over=estimates[0].over,
        values={str(seed): of_seed.mean(axis=1).tolist() for seed, of_seed in zip(seeds, right, strict=True)},
    )


def _ahead(one: np.ndarray, other: np.ndarray) -> tuple[list[float], list[list[float]], Over]:
    """By how much one model is ahead at every strength, the intervals, and what they allow for."""
    estimates = [difference_over(one[:, place], other[:, place]) for place in range(one.shape[1])]
    return [each.value for each in estimates], [each.interval for each in estimates], estimates[0].over


def _stability(of_seeds: Sequence[Arrays]) -> Stability:
    strength = KINDS["shift"].strengths.index(1)
    answers = [arrays["answers/shift"] for arrays in of_seeds]
    kept = mean_over(np.stack([(given[strength] == given[0]).astype(np.float64) for given in answers]))
    start = "changes/trained/"
    layers = [name.removeprefix(start) for name in of_seeds[0] if name.startswith(start)]
    maps = [_layer(of_seeds, layer, layers[max(place - 1, 0)]) for place, layer in enumerate(layers)]
    return Stability(kept.value, kept.interval, kept.over, maps)


def _layer(of_seeds: Sequence[Arrays], layer: str, before: str) -> Layer:
    """How much a layer's map changes; of a pooling, also against what it reads."""

    def changes(state: str, of: str) -> np.ndarray:
        return np.stack([arrays[f"changes/{state}/{of}"].astype(np.float64) for arrays in of_seeds])

    trained, untrained, against = changes("trained", layer), changes("untrained", layer), None
    if layer.startswith("pool"):
        gain, gain_untrained = trained - changes("trained", before), untrained - changes("untrained", before)
        against = Layer(before, _change(gain), _change(gain_untrained))
    return Layer(layer, _change(trained, 0.0), _change(untrained, 0.0), against)


def _change(values: np.ndarray, least: float = -math.inf) -> Change:
    """The mean of (seeds, images), none of which is below the least."""
    estimate = mean_over(values, (least, math.inf))
    return Change(estimate.value, estimate.interval)


def _on_pooling(shifts: Curves, config: Config) -> list[str]:
    """Whether pooling makes answers steadier under shifts, as far as these models can tell."""
    if shifts.pooling:
        return [_with_and_without(pair, shifts, config) for pair in shifts.pooling]
    networks = [config.models[model] for model in shifts.models]
    facts = [fact for network in networks for fact in layer_facts(network, num_classes=2)]
    if len(networks) > 1 and any(fact.kind == "pool" for fact in facts):
        return [
            "What pooling has to do with it, these models cannot tell: that takes one network with and"
            " without it, trained alike (configs/why.yaml)."
        ]
    return []


def _with_and_without(pair: Pooling, shifts: Curves, config: Config) -> str:
    one, other = pair.with_, pair.without
    difference, (low, high) = pair.difference[shifts.place], pair.intervals[shifts.place]
    control, digits = config.models[other], digits_for((low, high))
    strides = isinstance(control, Cnn) and control.pooling == "strides"
    more_parameters = _num_parameters(control) - _num_parameters(config.models[one])
    parameters = "as many" if more_parameters == 0 else "more" if more_parameters > 0 else "fewer"
    instead = f"with{' strides in place of' if strides else 'out'} pooling, which has {parameters} parameters"
    where = f"Shifted by {shifts.middle} pixels,"
    caution = " Another seed may differ." if pair.over == "images" else ""
    if low <= 0 <= high:
        ends = f"anything from {points(low, digits)} behind to {points(high, digits)} ahead fits"
        pair_of = f"{one} and {other}, the same {instead}"
        return f"{where} no difference can be seen between {pair_of}: {ends}.{caution}"
    more = "more" if difference > 0 else "fewer"
    ends = " to ".join(points(end, digits) for end in sorted((low, high), key=abs))
    size = f"{points(difference, digits)} points {more} of the pictures ({ends})"
    return f"{where} {one} is right on {size} than {other}, the same {instead}.{caution}"


def _num_parameters(network: Network) -> int:
    """Of a network for two classes: which of two alike has more does not depend on their number."""
    return sum(layer.parameters for layer in layer_facts(network, num_classes=2))
