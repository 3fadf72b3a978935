"""The networks of the page: their layers with weights (`layers.py`), and their filters' passports.

No TensorFlow: weights are read from the saved network. What is told here is plain values and arrays, which
stand in the page as JSON and base64.
"""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np

from configs.networks import Network
from model.inspection.files import Convolution as Inspected
from model.inspection.files import Inspection
from model.inspection.records import Passport, parted
from model.inspection.words import answers_lost, chosen_by, sentence, worth_in_words
from model.networks.facts import each_layer
from model.networks.layers import layers_of
from model.page.layers import limits_of, live_layers
from model.run.saved import read_weights

PERHAPS_TRAINED_ON = " It may have been trained on these validation pictures."
STRONGEST, MEDIAN = 6, 3  # pictures in a passport, as in those that are drawn


def live_network(path: Path, network: Network, num_classes: int, pictures: np.ndarray) -> dict[str, Any]:
    """What the page needs to run a saved network.

    `pictures`, uint8 (n, 28, 28), are those in the page. Returns `layers` from input to output, as
    `live_layers` gives them; and `limits`, of each convolution the value that maps of it and of its pooling
    show in full colour.

    Raises:
        RunError: the file is missing, damaged, or of another network.
    """
    listed = layers_of(network, num_classes)
    weights = read_weights(path, listed, sum(fact.parameters for fact in each_layer(listed)))
    layers = list(live_layers(listed, weights))
    return {"layers": layers, "limits": limits_of(layers, pictures)}


def live_passports(
    found: Inspection,
    class_names: Sequence[str],
    replacement: Literal["mean", "zero"],
    is_from_elsewhere: bool = False,
) -> tuple[dict[str, Any], list[int]]:
    """What is known of a network's filters, by layer, as the page tells it.

    `replacement` is what a filter's map was replaced by when its worth was measured. A network that
    `is_from_elsewhere` may have been trained on what ranks its filters. Of each layer: a passport for each
    of its `filters`, in the run's own words and order, and of which `groups` they are, those ranked first.
    Returned, too, are the test pictures that passports show, by index.
    """
    layers = {layer.name: _layer(layer, found, class_names, replacement) for layer in found.convolutions}
    for layer in layers.values() if is_from_elsewhere else ():
        for group in layer["groups"]:
            if "validation" in group["words"]:  # which rank them
                group["words"] += PERHAPS_TRAINED_ON
    filters = [one for layer in layers.values() for one in layer["filters"]]
    shown = {example["index"] for one in filters for example in (*one["strongest"], *one["median"])}
    return layers, sorted(shown)


def off_in_words(replacement: Literal["mean", "zero"]) -> str:
    """What becomes of the map of a filter that is off: as when its worth was measured."""
    if replacement == "zero":
        return "While it is off, its map is 0 everywhere: white."
    return "While it is off, its map is the filter's mean over all training pictures everywhere: one colour."


def _layer(
    layer: Inspected, found: Inspection, class_names: Sequence[str], replacement: Literal["mean", "zero"]
) -> dict[str, Any]:
    first = layer.reads is None
    threshold = found.patterns.threshold if found.patterns and first else None
    return {
        "groups": [
            {"words": _told_of(group), "count": len(group)} for group in parted(layer.passports) if group
        ],
        "num_test": found.num_test,
        "untrained": layer.untrained_kernel.astype(np.float32) if first else None,
        "filters": [
            {
                "index": passport.index,
                "rank": passport.rank,
                "dead": passport.dead,
                "words": sentence(passport, threshold, class_names),
                "worth": worth_in_words(passport.worth, found.num_test, passport.dead),
                **_numbers(passport, replacement),
            }
            for passport in layer.passports
        ],
    }


def _told_of(group: Sequence[Passport]) -> str:
    """By which rule filters stand together, and what stands below each where that is not what ranks them."""
    below = " Below each: answers lost on test pictures, another quantity; its order may be another."
    return chosen_by(group, strongest=False) + below * (group[0].rank is not None)


def _numbers(passport: Passport, replacement: Literal["mean", "zero"]) -> dict[str, Any]:
    return {
        "replacement": passport.strength if replacement == "mean" else 0.0,
        "selectivity": list(passport.selectivity),
        "lost": answers_lost(passport.worth),
        "reads": [asdict(part) for part in passport.slices],
        "strongest": [asdict(example) for example in passport.strongest[:STRONGEST]],
        "median": [asdict(example) for example in passport.median[:MEDIAN]],
    }
