"""The functions of activations, one number at a time in NumPy, and what they are called."""

from collections.abc import Callable

import numpy as np

from configs.strict_yaml import shown
from model.networks.layers import Activation

WORDS = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "tanh": "tanh",
    "sigmoid": "the sigmoid",
    "linear": "the activation, which changes nothing",
}


def in_words(function: str) -> str:
    """What a function is called in a sentence, behind "after" or "before"."""
    return WORDS.get(function, shown(function))


def applied(activation: Activation, values: np.ndarray) -> np.ndarray:
    """What an activation makes of numbers of any shape; of the same type."""
    return FUNCTIONS[activation.function](values, activation.slope).astype(values.dtype, copy=False)


def _erf(x: np.ndarray) -> np.ndarray:
    """The error function to 1.5e-7: Abramowitz and Stegun, formula 7.1.26."""
    t = 1 / (1 + 0.3275911 * np.abs(x))
    polynomial = (
        (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592
    ) * t
    return np.sign(x) * (1 - polynomial * np.exp(-x * x))


FUNCTIONS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    "relu": lambda x, slope: np.maximum(x, 0),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "elu": lambda x, slope: np.where(x > 0, x, slope * np.expm1(np.minimum(x, 0))),
    "gelu": lambda x, slope: x * (1 + _erf(x / np.sqrt(2))) / 2,
    "tanh": lambda x, slope: np.tanh(x),
    "sigmoid": lambda x, slope: (1 + np.tanh(x / 2)) / 2,
    "linear": lambda x, slope: x,
}
