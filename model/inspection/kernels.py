"""What kernels read and answer to: their heaviest inputs, how far training moved them, their orientation."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from model.networks.as_arrays import Network, forward
from model.networks.facts import SIDE

ANGLES = np.arange(16) * 11.25  # degrees, of the line: 0 horizontal, 45 rises to the right, 90 vertical
OFFSETS = np.arange(-12, 13) / 2  # pixels from the centre, across the line
THICKNESSES = (1, 3)  # pixels
FLAT = 0.25  # a weaker preference is none: see `preferred_orientation`
BATCH = 128
NUM_SLICES = 3  # heaviest input slices told of a deeper kernel


def heaviest_slices(kernel: np.ndarray) -> list[list[dict[str, Any]]]:
    """Which earlier filters each filter of a deeper convolution reads with the heaviest weights.

    Takes a kernel (k, k, c_in, c). Returns per filter up to three slices, heaviest first: `channel` (the
    earlier filter), `norm` (length of the slice) and `share` of the kernel's squared length.
    """
    squares = np.square(kernel, dtype=np.float64).sum(axis=(0, 1))  # (c_in, c)
    totals = np.where(squares.sum(axis=0) > 0, squares.sum(axis=0), 1)
    order = np.argsort(-squares, axis=0, kind="stable")[:NUM_SLICES]
    return [
        [
            {
                "channel": int(channel),
                "norm": float(np.sqrt(squares[channel, index])),
                "share": float(squares[channel, index] / totals[index]),
            }
            for channel in order[:, index]
        ]
        for index in range(kernel.shape[-1])
    ]


def movement(before: np.ndarray, after: np.ndarray) -> list[dict[str, float]]:
    """How far training moved each filter.

    Takes weights (..., c). Returns per filter the `cosine` between untrained and trained, their `distance`,
    and `relative`: the distance over the length before. Where a length is 0, cosine and relative are 0.
    """
    old = before.reshape(-1, before.shape[-1]).astype(np.float64)
    new = after.reshape(-1, after.shape[-1]).astype(np.float64)
    old_length, new_length = np.linalg.norm(old, axis=0), np.linalg.norm(new, axis=0)
    distance = np.linalg.norm(new - old, axis=0)
    product = old_length * new_length
    cosine = (old * new).sum(axis=0) / np.where(product > 0, product, 1)
    relative = np.where(old_length > 0, distance / np.where(old_length > 0, old_length, 1), 0)
    return [
        {"cosine": float(c), "distance": float(d), "relative": float(r)}
        for c, d, r in zip(np.clip(cosine, -1, 1), distance, relative, strict=True)
    ]


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

    They are float32 (n, 28, 28) in [0, 1], each angle's the same number and next to each other. Returned,
    too, is what is to be taken off the answers to each: its even grey, float32 (n,), the mean of the two
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

    Only the central place is read: there the border of the picture is farthest away. One tuning per layer.
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

    Returns per filter the orientation in degrees, [0, 180), or None; and the strength in [0, 1].
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
