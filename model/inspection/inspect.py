"""Everything there is to see in one trained network's filters, as files. Computes; draws nothing."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from data.splits import Splits, choose_images
from data.storage import write_json, write_npz
from model.inspection import activations
from model.inspection.kernels import ANGLES, FLAT, measure_tuning, movement
from model.inspection.passport import Findings, count_findings, issue_passports
from model.inspection.units import inspect_units
from model.networks.as_arrays import Network
from model.networks.facts import LayerFacts, receptive_field
from model.networks.measures import CONFIDENCE
from model.networks.patterns import NUM_RANDOM, RANDOM_SEED, Bank, pattern_bank
from model.networks.take_apart import take_apart, weights_of
from model.run.looks import part_of
from model.worth.ablation import Ablation
from model.worth.passes import (
    NUM_RANDOM_ORDERS,
    TestPass,
    control_pass,
    kept_sets,
    pass_over_test,
    validation_increase,
)
from model.worth.scores import measure_worth

NUM_TOP_UNTRAINED = 3  # images of the control


def inspect(
    model: keras.Model,
    untrained: keras.Model,
    facts: list[LayerFacts],
    splits: Splits,
    images_per_class: int,
    folder: Path,
    on_progress: Callable[[float], None],
    replacement: Literal["mean", "zero"] = "mean",
) -> None:
    """Look into every filter of a network and write what is there, each file atomically.

    The model is trained, as `model.networks.build.build` makes it; `untrained`, the same network before
    training, is the control. Means come from the training images, the ranking from the validation images, all
    other figures from the test images; of these `images_per_class` of each get their maps stored. The folder
    gets filters.npz and untrained.npz; with convolutions activations.npz, passports.json and layers.json; of
    dense networks units.json. `on_progress` is told the share that is done.

    The `replacement` of a filter's map is its mean over all training images and places, which leaves the
    later layers in the range they know, or zero.
    """
    network, before = take_apart(model), take_apart(untrained)
    weights, weights_before = _weights(model, network), _weights(untrained, before)
    write_npz(folder / "filters.npz", weights)
    if not network.convolutions:
        write_npz(folder / "untrained.npz", weights_before)
        write_json(folder / "units.json", inspect_units(network, weights, weights_before, splits))
        on_progress(1.0)
        return
    chosen = choose_images(splits.test.labels, images_per_class)
    shown = splits.test.images[chosen]
    maps, maps_before = activations.maps_of(network, shown), activations.maps_of(before, shown)
    about = {"images": shown, "labels": splits.test.labels[chosen], "indices": chosen}
    write_npz(folder / "activations.npz", {**about, **maps})
    control = {key: value for key, value in maps_before.items() if not key.endswith("/before_relu")}
    write_npz(folder / "untrained.npz", {**weights_before, **control})

    stage = partial(part_of, on_progress)
    means = activations.mean_activations(network, splits.train.images, stage(0.0, 0.35))
    silent = _silent(network, means, splits.train.images)
    constants = [(mean if replacement == "mean" else 0 * mean).astype(np.float32) for mean in means]
    ablation = Ablation(network, constants)
    increase, interval = validation_increase(ablation, splits.validation, stage(0.35, 0.55))
    sets = kept_sets(increase[-network.convolutions[-1].num_filters :])
    passed = pass_over_test(ablation, sets, splits.test, stage(0.55, 0.9))
    largest_before, accuracy_before = control_pass(before, splits.test, stage(0.9, 0.95))
    height, width = network.convolutions[0].kernel.shape[:2]
    bank = pattern_bank(height) if height == width else None
    passports = [
        issue_passports(findings, bank)
        for findings in _findings(
            network, before, splits, means, silent, passed, largest_before, increase, interval
        )
    ]
    write_json(folder / "passports.json", [passport for layer in passports for passport in layer])
    layers = _layers(facts, passports, maps, network)
    summary = _summary(splits, layers, bank, passed, sets, replacement)
    write_json(folder / "layers.json", summary | {"untrained_accuracy": accuracy_before})
    on_progress(1.0)


def _weights(model: keras.Model, network: Network) -> dict[str, np.ndarray]:
    """The weights as they are, and what normalization makes of them."""
    if not network.convolutions:
        first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Dense))
        name, (kernel, bias) = first.name.removesuffix("_linear"), weights_of(first)
        return {f"{name}/kernel": kernel, f"{name}/bias": bias}
    arrays = {}
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    for convolution, layer in zip(network.convolutions, layers, strict=True):
        arrays[f"{convolution.name}/kernel"], arrays[f"{convolution.name}/bias"] = weights_of(layer)
        if convolution.scale is not None and convolution.shift is not None:
            arrays[f"{convolution.name}/scale"] = convolution.scale
            arrays[f"{convolution.name}/shift"] = convolution.shift
    return arrays


def _silent(network: Network, means: list[np.ndarray], images: np.ndarray) -> list[np.ndarray]:
    """Which filters are above 0 at no place of any of these training images, bool (filters,) per convolution.

    `means` are theirs. Nor of any mirror image, where those are answered, too: one may answer to them alone.
    """
    seen = [means]
    if network.flips:
        seen.append(activations.mean_activations(network, images[:, :, ::-1], lambda share: None))
    return [np.logical_and.reduce([mean == 0 for mean in of_layer]) for of_layer in zip(*seen, strict=True)]


def _findings(
    network: Network,
    before: Network,
    splits: Splits,
    means: list[np.ndarray],
    silent: list[np.ndarray],
    passed: TestPass,
    largest_before: list[np.ndarray],
    increase: np.ndarray,
    interval: np.ndarray,
) -> list[Findings]:
    """Everything that was measured, by convolution."""
    labels, num_classes = splits.test.labels, len(splits.class_names)
    records = measure_worth(passed.intact, passed.without, labels, num_classes, increase, interval)
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
        top_before = activations.rank_images(largest_before[i])[0][:, :NUM_TOP_UNTRAINED]
        findings.append(
            Findings(
                name=convolution.name,
                first=i == 0,
                kernel=convolution.kernel,
                kernel_before=before.convolutions[i].kernel,
                moved=movement(before.convolutions[i].weights, convolution.weights),
                background=backgrounds[i],
                mean=means[i],
                silent=silent[i],
                largest=passed.largest[i].max(axis=0),
                active=passed.active[i],
                class_means=activations.class_means(passed.mean[i], labels, num_classes),
                top=[row[: top.shape[1]] for row in places],
                median=[row[top.shape[1] :] for row in places],
                top_before=activations.locate(before, splits.test.images, i, top_before, largest_before[i]),
                tuning=tunings[i],
                tuning_before=tunings_before[i],
                validation_increase=increase[filters],
                validation_interval=interval[filters],
                worth=records[filters],
            )
        )
    return findings


def _layers(
    facts: list[LayerFacts],
    passports: list[list[dict[str, Any]]],
    maps: dict[str, np.ndarray],
    network: Network,
) -> list[dict[str, Any]]:
    """An entry for each convolution and pooling layer; an activation is told where it is not ReLU."""
    functions = {one.name: one.activation.function for one in network.convolutions}
    counts = {layer[0]["layer"]: count_findings(layer) for layer in passports}
    layers = []
    for fact in facts:
        if fact.kind == "dense":
            continue
        height, width, channels = fact.output_shape
        entry = {"name": fact.name, "kind": fact.kind, "height": height, "width": width, "channels": channels}
        entry["receptive_field"] = asdict(receptive_field(facts, fact.name))
        entry["limit"] = float(np.percentile(np.abs(maps[fact.name]), 99.5))
        if functions.get(fact.name, "relu") != "relu":
            entry["function"] = functions[fact.name]
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
            "level": CONFIDENCE,
            "intervals": "paired; those of accuracy and of loss hold for all filters at once, those of "
            "classes for all filters and classes at once (Bonferroni); that of the validation loss holds for "
            "all filters of its layer: Student's t, each end with three images more, changed that way as "
            "far as any is in the layer; a filter is ranked where it lies above 0",
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
