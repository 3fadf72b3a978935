"""Which direction of line or edge a filter answers to, measured on drawn stimuli, for any layer."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from model.inspection.stages import Network, forward
from model.layer_facts import SIDE

ANGLES = np.arange(16) * 11.25  # degrees, of the line: 0 horizontal, 45 rises to the right, 90 vertical
OFFSETS = np.arange(-12, 13) / 2  # pixels from the centre, across the line
THICKNESSES = (1, 3)  # pixels
FLAT = 0.25  # a weaker preference is none: see `preferred_orientation`
BATCH = 128


@dataclass(frozen=True)
class Tuning:
    """How the filters of one layer answer to lines and edges of every angle.

    `curves` float64 (filters, angles): the strongest answer at each angle, before ReLU, above the
    answer to an evenly grey picture; `span` (filters,): from the weakest to the strongest answer to
    any single stimulus.
    """

    curves: np.ndarray
    span: np.ndarray


def draw_stimuli() -> tuple[np.ndarray, np.ndarray]:
    """Draw antialiased lines and edges of every angle, place, thickness and polarity.

    Returns:
        Images float32 (n, 28, 28) in [0, 1], each angle's the same number and next to each other, and
        what is to be taken off the answers to each: its even grey, float32 (n,), the mean of the two
        sides of an edge, the ground of a line.
    """
    images, greys = [], []
    steps = np.arange(SIDE) - (SIDE - 1) / 2
    y, x = np.meshgrid(steps, steps, indexing="ij")
    for angle in np.deg2rad(ANGLES):
        across = x * np.sin(angle) + y * np.cos(angle)  # distance from a line along (cos, -sin)
        for offset in OFFSETS:
            edge = np.clip(across - offset + 0.5, 0, 1)
            images += [edge, 1 - edge]
            greys += [0.5, 0.5]
            for thickness in THICKNESSES:
                line = np.clip((thickness + 1) / 2 - np.abs(across - offset), 0, 1)
                images += [line, 1 - line]
                greys += [0.0, 1.0]
    return np.array(images, np.float32), np.array(greys, np.float32)


def measure_tuning(network: Network) -> list[Tuning]:
    """Show the stimuli to a network and read the central place of every map.

    Only the central place is read: there the border of the picture is farthest away.

    Args:
        network: with convolutions.

    Returns:
        One tuning per convolution.
    """

    @tf.function(autograph=False)
    def centres(images: tf.Tensor) -> list[tf.Tensor]:
        maps = forward(network.convolutions, images[..., None])
        return [m.linear[:, m.linear.shape[1] // 2, m.linear.shape[2] // 2] for m in maps]

    stimuli, greys = draw_stimuli()
    levels = np.unique(greys)
    even = np.broadcast_to(levels[:, None, None], (len(levels), SIDE, SIDE))
    answers = [centres(stimuli[i : i + BATCH]) for i in range(0, len(stimuli), BATCH)]
    grey_answers = centres(even)
    tunings = []
    for layer in range(len(network.convolutions)):
        answer = np.concatenate([part[layer].numpy() for part in answers]).astype(np.float64)
        above = answer - grey_answers[layer].numpy()[np.searchsorted(levels, greys)]
        curves = above.reshape(len(ANGLES), -1, above.shape[-1]).max(axis=1)
        tunings.append(Tuning(curves.T, np.ptp(above, axis=0)))
    return tunings


def preferred_orientation(tuning: Tuning) -> tuple[list[float | None], list[float]]:
    """Which angle each filter prefers, and how clearly.

    The preference is the curve's direction as a circular mean of doubled angles, weighted by what
    exceeds the curve's middle; its strength is the curve's range (best angle minus worst) over the
    span of all answers. A pure line or edge of 3 x 3 weights reaches 0.5. Where the strength is below
    `FLAT`, there is no preference: a blur reaches 0.03 and a centre against its surround 0.2, because
    pixels are square.

    Args:
        tuning: of one layer.

    Returns:
        Per filter the orientation in degrees, [0, 180), or None; and the strength in [0, 1].
    """
    curves = tuning.curves
    lowest, highest = curves.min(axis=1), curves.max(axis=1)
    span = np.where(tuning.span > 0, tuning.span, 1)
    strength = (highest - lowest) / span
    upper = np.maximum(curves - (lowest + highest)[:, None] / 2, 0)
    direction = upper @ np.exp(2j * np.deg2rad(ANGLES))
    degrees = np.rad2deg(np.angle(direction)) / 2 % 180
    clear = (strength >= FLAT) & (np.abs(direction) > 0)
    degrees = np.round(degrees, 3) % 180  # -1e-15 is 0, not 180
    return [float(d) if c else None for d, c in zip(degrees, clear, strict=True)], strength.tolist()
