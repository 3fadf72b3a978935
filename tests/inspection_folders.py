"""Inspection folders of made-up networks, as the inspection would leave them: arrays at random, real keys."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Cnn
from data.splits import Split
from model.inspection.files import Convolution
from model.networks.facts import layer_facts, receptive_field

NUM_TEST = 60
PATTERNS = ("vertical edge", "blur")


def made_up_test(num_classes: int = 3) -> Split:
    """Test images at random, their labels in turn."""
    images = np.random.default_rng(1).integers(0, 256, (NUM_TEST, 28, 28), dtype=np.uint8)
    return Split(images, (np.arange(NUM_TEST) % num_classes).astype(np.uint8))


def write_cnn(folder: Path, network: Cnn, num_classes: int = 3, images_per_class: int = 1) -> Path:
    """Write filters.npz, activations.npz, untrained.npz, layers.json and passports.json of a network."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    facts = layer_facts(network, num_classes)
    shown = np.sort(np.arange(num_classes * images_per_class) % num_classes)
    test = made_up_test(num_classes)
    filters: dict[str, np.ndarray] = {}
    maps: dict[str, np.ndarray] = {
        "images": test.images[: len(shown)],
        "labels": shown.astype(np.uint8),
        "indices": np.arange(len(shown)),
    }
    untrained: dict[str, np.ndarray] = {}
    layers, passports = [], []
    channels = 1
    for fact in facts:
        if fact.kind == "dense":
            continue
        linear = rng.normal(size=(len(shown), *fact.output_shape)).astype(np.float32)
        maps[fact.name], untrained[fact.name] = np.maximum(linear, 0), np.maximum(linear, 0) / 9
        field = receptive_field(facts, fact.name)
        layers.append({"name": fact.name, "kind": fact.kind, "receptive_field": vars(field)})
        if fact.kind == "conv":
            count = fact.output_shape[-1]
            maps[f"{fact.name}/before_relu"] = linear
            for weights in (filters, untrained):
                shape = (network.kernel_size, network.kernel_size, channels, count)
                weights[f"{fact.name}/kernel"] = rng.normal(size=shape).astype(np.float32)
                weights[f"{fact.name}/bias"] = np.zeros(count, np.float32)
            passports += [
                passport(fact.name, index, channels, num_classes, fact.output_shape) for index in range(count)
            ]
            kept = sorted({1, (count + 1) // 2, count})
            best = np.linspace(0.5, 0.9, len(kept)).tolist()
            keep_best = {fact.name: {"kept": kept, "best": best, "random": [best, best], "full": 0.9}}
            channels = count
    matching = None
    if network.kernel_size > 1:
        matching = {"patterns": {name: [] for name in PATTERNS}, "threshold": 0.81}
    document = {"num_test": NUM_TEST, "layers": layers, "matching": matching, "keep_best": keep_best}
    document["untrained_accuracy"] = 0.1
    (folder / "layers.json").write_text(json.dumps(document))
    (folder / "passports.json").write_text(json.dumps(passports))
    for name, arrays in (("filters", filters), ("activations", maps), ("untrained", untrained)):
        np.savez(folder / f"{name}.npz", **arrays)  # type: ignore[arg-type]
    return folder


def passport(
    layer: str, index: int, channels: int, num_classes: int, shape: tuple[int, ...]
) -> dict[str, Any]:
    """One entry of passports.json; every seventh filter is dead, every fifth first kernel has a name."""
    first, dead = layer == "conv1", index % 7 == 6
    match = {"name": "blur" if index % 5 == 0 else None, "nearest": "blur", "similarity": -0.9}
    places = [
        {"index": place, "row": place % shape[0], "column": shape[1] - 1, "activation": 3.0 - place / 10}
        for place in range(9)
    ]
    return {
        "layer": layer,
        "index": index,
        "rank": index + 1,
        "kernel_match": match if first else None,
        "untrained": {
            "kernel_match": {**match, "name": None} if first else None,
            "top_images": places[:3],
        },
        "orientation_degrees": None if index % 3 == 0 else 10.0 * index,
        "dead": dead,
        "saturated": index == 1,
        "mean": 0.0 if dead else 0.5,
        "active_share": 0.0 if dead else 0.5,
        "background": {"before_relu": -0.1, "after_relu": index / 10},
        "class_selectivity": [
            0.0 if dead else (label - index) % num_classes / num_classes for label in range(num_classes)
        ],
        "top_images": [] if dead else places,
        "median_images": [] if dead else places[:3],
        "heaviest_slices": None
        if first
        else [{"channel": c, "norm": 1.0, "share": 0.2} for c in range(min(3, channels))],
        "moved": {"cosine": 0.5, "distance": 1.0, "relative": 1.0 / (index + 1)},
        "ablation": ablation(index),
    }


def ablation(index: int) -> dict[str, Any]:
    """What taking a filter out did: the less, the higher its index."""
    drop = 0.05 / (index + 1)
    return {
        "accuracy_drop": drop,
        "interval": [drop - 0.02, drop + 0.02],
        "loss_increase": drop,
        "answers": {"changed": 9 + index, "became_wrong": 6 + index, "became_right": 3},
    }


def write_dense(folder: Path, num_units: int = 30, num_classes: int = 3) -> Path:
    """Write filters.npz, untrained.npz and units.json of a dense network."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    for name in ("filters", "untrained"):
        np.savez(folder / f"{name}.npz", **{"dense1/kernel": rng.normal(size=(784, num_units))})  # type: ignore[arg-type]
    units = [
        {
            "layer": "dense1",
            "index": index,
            "rank": index + 1,
            "dead": False,
            "class_selectivity": [0.1] * num_classes,
            "ablation": ablation(index),
        }
        for index in range(min(24, num_units))
    ]
    document = {"num_test": NUM_TEST, "rule": "the first ones", "units": units}
    document["neighbour_correlation"] = {"trained": 0.5, "untrained": -0.001}
    (folder / "units.json").write_text(json.dumps(document))
    return folder


def backwards(layer: Convolution) -> Convolution:
    """A layer whose filters, also dead ones, are ranked the other way round: by falling index."""
    turned = enumerate(sorted(layer.passports, key=lambda passport: -passport.index), 1)
    return replace(layer, passports=tuple(replace(passport, rank=rank) for rank, passport in turned))
