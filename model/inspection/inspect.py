"""Everything there is to see in one trained network's filters, as files. Computes; draws nothing."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from data.splits import Split, Splits
from data.storage import write_json, write_npz
from model.inspection import activations
from model.inspection.ablation import Ablation
from model.inspection.filters import NUM_RANDOM, RANDOM_SEED, Bank, movement, pattern_bank
from model.inspection.orientation import ANGLES, FLAT, measure_tuning
from model.inspection.passport import Findings, count_findings, issue_passports
from model.inspection.stages import Network, take_apart
from model.inspection.units import inspect_units
from model.inspection.worth import LEVEL, Scores, join, score, worth
from model.layer_facts import LayerFacts, receptive_field

NUM_RANDOM_ORDERS = 10
ORDER_SEED = 0
OnProgress = Callable[[str, float], None]


@dataclass(frozen=True)
class TestPass:
    """What one pass over all n test images gives.

    Per convolution `largest` and `mean` of each map, float32 (n, filters), and `active` (filters,), the
    share of places above 0; scores of the whole network and without each filter of all convolutions;
    `kept_accuracy` with only some filters of the last convolution, one per set.
    """

    largest: list[np.ndarray]
    mean: list[np.ndarray]
    active: list[np.ndarray]
    intact: Scores
    without: Scores
    kept_accuracy: np.ndarray


def inspect(
    model: keras.Model,
    untrained: keras.Model,
    facts: list[LayerFacts],
    splits: Splits,
    images_per_class: int,
    folder: Path,
    on_progress: OnProgress,
    replacement: Literal["mean", "zero"] = "mean",
) -> None:
    """Look into every filter of a network and write what is there, each file atomically.

    Args:
        model: trained, as `model.architectures.build` makes it.
        untrained: the same network before training, the control.
        facts: of the network's layers.
        splits: means come from the training images, the ranking from the validation images, all other
            figures from the test images.
        images_per_class: how many garments of each class get their maps stored.
        folder: gets filters.npz and untrained.npz; with convolutions activations.npz, passports.json
            and layers.json; of dense networks units.json.
        on_progress: told what is done and the share of the whole.
        replacement: what takes the place of a filter's map: its mean over all training images and places,
            which leaves the later layers in the range they know, or zero.
    """
    network, before = take_apart(model), take_apart(untrained)
    weights, weights_before = _weights(model, network), _weights(untrained, before)
    write_npz(folder / "filters.npz", weights)
    if not network.convolutions:
        write_npz(folder / "untrained.npz", weights_before)
        write_json(folder / "units.json", inspect_units(network, weights, weights_before, splits))
        on_progress("units", 1.0)
        return
    chosen = activations.choose_images(splits.test.labels, images_per_class)
    garments = splits.test.images[chosen]
    maps, maps_before = activations.maps_of(network, garments), activations.maps_of(before, garments)
    about = {"images": garments, "labels": splits.test.labels[chosen], "indices": chosen}
    write_npz(folder / "activations.npz", {**about, **maps})
    control = {key: value for key, value in maps_before.items() if not key.endswith("/before_relu")}
    write_npz(folder / "untrained.npz", {**weights_before, **control})

    means = activations.mean_activations(
        network, splits.train.images, lambda done: on_progress("mean maps", 0.4 * done)
    )
    constants = [(mean if replacement == "mean" else 0 * mean).astype(np.float32) for mean in means]
    ablation = Ablation(network, constants)
    increase = _validation_increase(ablation, splits.validation, on_progress)
    sets = _kept_sets(increase[-network.convolutions[-1].num_filters :])
    passed = _test_pass(ablation, sets, splits.test, on_progress)
    bank = pattern_bank(network.convolutions[0].kernel.shape[0])
    passports = [
        issue_passports(findings, bank)
        for findings in _findings(network, before, splits, means, passed, increase)
    ]
    write_json(folder / "passports.json", [passport for layer in passports for passport in layer])
    layers = _layers(facts, passports, maps)
    write_json(folder / "layers.json", _summary(splits, layers, bank, passed, sets, replacement))
    on_progress("filters", 1.0)


def _weights(model: keras.Model, network: Network) -> dict[str, np.ndarray]:
    """The weights as they are, and what normalization makes of them."""
    if not network.convolutions:
        first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
        name, (kernel, bias) = first.name.removesuffix("_linear"), first.get_weights()
        return {f"{name}/kernel": kernel, f"{name}/bias": bias}
    arrays = {}
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    for convolution, layer in zip(network.convolutions, layers, strict=True):
        arrays[f"{convolution.name}/kernel"], arrays[f"{convolution.name}/bias"] = layer.get_weights()
        if convolution.scale is not None and convolution.shift is not None:
            arrays[f"{convolution.name}/scale"] = convolution.scale
            arrays[f"{convolution.name}/shift"] = convolution.shift
    return arrays


def _validation_increase(ablation: Ablation, split: Split, on_progress: OnProgress) -> np.ndarray:
    """How much the mean validation loss rises without each filter: (filters of all convolutions,)."""
    total = np.zeros(sum(convolution.num_filters for convolution in ablation.network.convolutions))
    for part, traced in activations.trace(ablation.network, split.images):
        intact, without = ablation.answers(traced.linear, traced.pooled)
        labels = split.labels[part]
        total += (score(without, labels).losses - score(intact, labels).losses).sum(axis=1, dtype=np.float64)
        on_progress("ranking filters", 0.4 + 0.2 * part.stop / len(split.labels))
    return total / len(split.labels)


def _test_pass(ablation: Ablation, sets: np.ndarray, split: Split, on_progress: OnProgress) -> TestPass:
    largest: list[list[np.ndarray]] = []
    mean: list[list[np.ndarray]] = []
    active, intact, without = [], [], []
    kept_right = np.zeros(len(sets))
    num_images = len(split.labels)
    for part, traced in activations.trace(ablation.network, split.images):
        labels = split.labels[part]
        logits, logits_without = ablation.answers(traced.linear, traced.pooled)
        intact.append(score(logits, labels))
        without.append(score(logits_without, labels))
        kept = ablation.with_only(traced.pooled[-1], sets)
        kept_right += (kept.argmax(axis=-1) == labels).sum(axis=1)
        largest.append(traced.largest)
        mean.append(traced.mean)
        active.append([share.sum(axis=0, dtype=np.float64) for share in traced.active])
        on_progress("removing filters", 0.6 + 0.35 * part.stop / num_images)
    return TestPass(
        [np.concatenate(layer) for layer in zip(*largest, strict=True)],
        [np.concatenate(layer) for layer in zip(*mean, strict=True)],
        [np.sum(layer, axis=0) / num_images for layer in zip(*active, strict=True)],
        join(intact),
        join(without),
        kept_right / num_images,
    )


def _num_kept(num_filters: int) -> list[int]:
    """1, 2, 3, 4, 6, 8, 12, 16, 24, ... and all."""
    steps = {n for power in range(12) for n in (2**power, 3 * 2**power)}
    return sorted({n for n in steps if n < num_filters} | {num_filters})


def _kept_sets(increase: np.ndarray) -> np.ndarray:
    """Filters kept, bool (orders * numbers, filters): the best first, then random orders."""
    generator = np.random.default_rng(ORDER_SEED)
    orders = [np.argsort(-increase, kind="stable")]
    orders += [generator.permutation(len(increase)) for _ in range(NUM_RANDOM_ORDERS)]
    sets = []
    for order in orders:
        position = np.argsort(order)
        sets += [position < number for number in _num_kept(len(increase))]
    return np.array(sets)


def _findings(
    network: Network,
    before: Network,
    splits: Splits,
    means: list[np.ndarray],
    passed: TestPass,
    increase: np.ndarray,
) -> list[Findings]:
    """Everything that was measured, by convolution."""
    labels, num_classes = splits.test.labels, len(splits.class_names)
    records = worth(passed.intact, passed.without, labels, num_classes, increase)
    tunings, tunings_before = measure_tuning(network), measure_tuning(before)
    backgrounds = activations.background(network)
    findings = []
    first = 0
    for i, convolution in enumerate(network.convolutions):
        filters = slice(first, first + convolution.num_filters)
        first = filters.stop
        top, median = activations.rank_images(passed.largest[i])
        wanted = np.hstack([top, median])
        places = activations.locate(network, splits.test.images, i, wanted, passed.largest[i])
        findings.append(
            Findings(
                name=convolution.name,
                first=i == 0,
                kernel=convolution.kernel,
                kernel_before=before.convolutions[i].kernel,
                moved=movement(before.convolutions[i].weights, convolution.weights),
                background=backgrounds[i],
                mean=means[i],
                largest=passed.largest[i].max(axis=0),
                active=passed.active[i],
                class_means=activations.class_means(passed.mean[i], labels, num_classes),
                top=[row[: top.shape[1]] for row in places],
                median=[row[top.shape[1] :] for row in places],
                tuning=tunings[i],
                tuning_before=tunings_before[i],
                validation_increase=increase[filters],
                worth=records[filters],
            )
        )
    return findings


def _layers(
    facts: list[LayerFacts], passports: list[list[dict[str, Any]]], maps: dict[str, np.ndarray]
) -> list[dict[str, Any]]:
    """An entry for each convolution and pooling layer."""
    counts = {layer[0]["layer"]: count_findings(layer) for layer in passports}
    layers = []
    for fact in facts:
        if fact.kind == "dense":
            continue
        height, width, channels = fact.output_shape
        entry = {"name": fact.name, "kind": fact.kind, "height": height, "width": width, "channels": channels}
        entry["receptive_field"] = asdict(receptive_field(facts, fact.name))
        entry["limit"] = float(np.percentile(np.abs(maps[fact.name]), 99.5))
        layers.append({**entry, **counts.get(fact.name, {})})
    return layers


def _summary(
    splits: Splits,
    layers: list[dict[str, Any]],
    bank: Bank | None,
    passed: TestPass,
    sets: np.ndarray,
    replacement: str,
) -> dict[str, Any]:
    """The content of layers.json."""
    last = [layer for layer in layers if layer["kind"] == "conv"][-1]
    kept = passed.kept_accuracy.reshape(1 + NUM_RANDOM_ORDERS, -1)
    accuracy = float((passed.intact.predictions == splits.test.labels).mean())
    return {
        "classes": list(splits.class_names),
        "num_train": len(splits.train.labels),
        "num_validation": len(splits.validation.labels),
        "num_test": len(splits.test.labels),
        "accuracy": accuracy,
        "loss": float(passed.intact.losses.mean(dtype=np.float64)),
        "layers": layers,
        "matching": None if bank is None else _matching(bank),
        "orientation": {"angles": ANGLES.tolist(), "threshold": FLAT},
        "ablation": {
            "replacement": replacement,
            "num_filters": len(passed.without.losses),
            "level": LEVEL,
            "intervals": "paired; those of accuracy and of loss hold for all filters at once, those of "
            "classes for all filters and classes at once (Bonferroni)",
        },
        "keep_best": {
            last["name"]: {
                "kept": sets.sum(axis=1)[: kept.shape[1]].tolist(),
                "best": kept[0].tolist(),
                "random": kept[1:].tolist(),
                "full": accuracy,
            }
        },
    }


def _matching(bank: Bank) -> dict[str, Any]:
    size = round(bank.patterns.shape[1] ** 0.5)
    return {
        "patterns": {
            name: pattern.reshape(size, size).tolist()
            for name, pattern in zip(bank.names, bank.patterns, strict=True)
        },
        "threshold": bank.threshold,
        "mean": bank.mean,
        "num_random": NUM_RANDOM,
        "seed": RANDOM_SEED,
    }
