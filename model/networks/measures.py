"""How good answers are, and how sure intervals: what all rooms measure alike. No TensorFlow."""

import numpy as np

CONFIDENCE = 0.95  # of every interval
SMALLEST_PROBABILITY = 1e-12  # a sure mistake costs 27.6 nats, not infinity


def accuracy(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The share of images whose most probable class is the right one."""
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def log_loss(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean of -log(probability of the right class), in nats; no probability counts as less than 1e-12."""
    right = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.mean(np.log(np.maximum(right, SMALLEST_PROBABILITY))))
