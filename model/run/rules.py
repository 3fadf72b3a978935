"""Rules that decide numbers and have changed: a run goes on under those it began with. No TensorFlow."""

import math
from collections.abc import Mapping
from typing import Any

from configs.networks import Saved
from configs.schema import Config
from data.splits import IN_PROPORTION

Rules = Mapping[str, int]  # the version of each

RULES: Rules = {
    "split": IN_PROPORTION,  # how many validation images of each class: data/splits.py
    "statistics": 2,  # of batch normalization in a finished network; 1: the moving averages of the steps
    "averaging": 2,  # where the average of the weights begins; 1: at those of the first step
    "normalization": 2,  # of maps in training; 1: by Keras's own layers, 2: in one operation
    "weight_decay": 2,  # what loses a share of itself: kernels alone; 1: biases and normalizations, too
}
# Training images that rule 2 of statistics takes them over: in a finished network, and after each epoch.
STATISTICS_IMAGES, STATISTICS_IMAGES_OF_CURVE = 10_000, 1_000
LEAST_OF_START = 0.01  # the share of averaged weights that is worth a sentence


def rules_of(environment: Mapping[str, Any]) -> Rules:
    """The rules that a run, or a training, was begun under: all of version 1 where it names none."""
    told = environment.get("rules")
    return {name: told.get(name, 1) if isinstance(told, dict) else 1 for name in RULES}


def outdated(config: Config, environment: Mapping[str, Any], num_training: int) -> list[str]:
    """What earlier rules did to the networks of a run: a sentence for each that did something.

    `num_training` images are learned from.
    """
    rules, told = rules_of(environment), []
    trained = {name: one for name, one in config.models.items() if not isinstance(one, Saved)}
    lagging = [name for name, network in trained.items() if network.batch_normalization]
    if lagging and rules["statistics"] == 1:
        told.append(
            f"{', '.join(lagging)}: scored with the moving averages that batch normalization keeps while it "
            "trains (rule 1 of statistics). After few steps these lag behind the weights; under rule 2, of "
            "runs begun now, they are taken of the last weights."
        )
    for name in trained if rules["averaging"] == 1 else ():
        recipe = config.training_of(name)
        num_steps = recipe.epochs * math.ceil(num_training / recipe.batch_size)
        of_first = recipe.averaging ** (num_steps - 1)
        if recipe.averaging and of_first >= LEAST_OF_START:
            told.append(
                f"{name}: at least {int(100 * of_first)} % of its averaged weights are those of the first "
                "step (rule 1 of averaging); under rule 2, of runs begun now, it begins without bias."
            )
    decaying = [name for name in trained if config.training_of(name).weight_decay]
    if decaying and rules["weight_decay"] == 1:
        told.append(
            f"{', '.join(decaying)}: weight decay took its share of biases, too, and of batch normalization "
            "where there is one (rule 1 of weight_decay); under rule 2, of runs begun now, of kernels alone."
        )
    return told
