"""Made-up images whose features are known: short lines of four orientations, or dots, in noise.

What a network must learn here is known beforehand, so an inspection can be tested on it: its filters must
turn out to look for lines of the four orientations, and each orientation's filters must be worth most to
that orientation's class.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from data.idx import SIDE
from data.splits import IN_PROPORTION, Split, Splits, hold_out

if TYPE_CHECKING:
    from configs.schema import Data

CLASS_NAMES = ("horizontal", "rising", "vertical", "falling", "no line")
ANGLES = (0, 45, 90, 135)  # degrees, of the lines of the first four classes: rising is /, falling is \
NUM_TRAINING, NUM_TEST = 12_000, 2_000  # validation images are taken out of the training images
SEED = 0  # the images are always the same ones; `split_seed` decides only which are held out
AT_ONCE = 250  # images drawn together: their arrays stay in the processor's cache

MARKS = 3  # lines, or dots, in an image
LENGTH = (7.0, 11.0)  # pixels
THICKNESS = (1.0, 2.5)  # pixels
BRIGHTNESS = (0.05, 0.5)  # above the ground, where 1 is white: the faintest are lost in the noise
NOISE = 0.12  # the deviation of what is added to each pixel
MARGIN = 5  # pixels from the border that the middle of a mark keeps at least


def load(section: "Data", split_rule: int = IN_PROPORTION) -> Splits:
    """Make the images up: 12,000 for training and validation and 2,000 for testing, always the same ones.

    Each has three marks at random places, of random length, thickness and brightness: lines, all of
    the class's orientation, or, for "no line", round dots with as much ink. Pixels get Gaussian noise.
    Long lines could be told from their ends or from the pixels they cover; short ones, anywhere, only by
    filters that answer to their orientation. There are as many of each class.
    """
    images, labels = make_images(NUM_TRAINING, seed=SEED)
    train, validation = hold_out(images, labels, section.validation_images, section.split_seed, split_rule)
    test = Split(*make_images(NUM_TEST, seed=SEED + 1))
    digest = hashlib.sha256()
    for array in (images, labels, test.images, test.labels):
        digest.update(array.tobytes())
    return Splits(train, validation, test, CLASS_NAMES, "Lines", "made up", digest.hexdigest())


def make_images(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw some images: uint8 (count, 28, 28) and labels uint8 (count,), in random order.

    A count that is a multiple of 5 has as many of each class. The seed decides all that is random.
    """
    generator = np.random.default_rng([seed, 0x11E5])
    labels = generator.permutation(np.arange(count) % len(CLASS_NAMES)).astype(np.uint8)
    parts = [_draw(labels[i : i + AT_ONCE], generator) for i in range(0, count, AT_ONCE)]
    return np.concatenate(parts), labels


def _draw(labels: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Images uint8 (n, 28, 28) of some labels."""
    count = len(labels)
    angles = np.array([*ANGLES, 0])[labels]
    is_line = (labels < len(ANGLES))[:, None, None]
    ink = np.zeros((count, SIDE, SIDE), np.float32)
    for _ in range(MARKS):
        rows, columns = generator.uniform(MARGIN, SIDE - 1 - MARGIN, (2, count))
        lengths = generator.uniform(*LENGTH, count)
        thicknesses = generator.uniform(*THICKNESS, count)
        brightness = generator.uniform(*BRIGHTNESS, count).astype(np.float32)[:, None, None]
        lines = draw_lines(angles, rows, columns, lengths, thicknesses)
        dots = draw_dots(rows, columns, lengths * thicknesses)
        ink = np.maximum(ink, brightness * np.where(is_line, lines, dots))
    ink += NOISE * (1 + generator.standard_normal(ink.shape, np.float32))  # the ground: a deviation above 0
    return np.rint(255 * np.clip(ink / (1 + 2 * NOISE), 0, 1)).astype(np.uint8)


def draw_lines(
    angles: np.ndarray, rows: np.ndarray, columns: np.ndarray, lengths: np.ndarray, thicknesses: np.ndarray
) -> np.ndarray:
    """Antialiased lines, one an image: float32 (n, 28, 28) in [0, 1], the share of a pixel covered, about.

    All are (n,). `angles` in degrees: 0 is horizontal, 45 rises to the right, 90 is vertical. `rows` and
    `columns` of their middles, in pixels: 0 is the centre of the top row, or of the left column. `lengths`
    and `thicknesses` in pixels.
    """
    across, down = _offsets(rows, columns)
    cosine, sine = (f(np.deg2rad(angles)).astype(np.float32)[:, None, None] for f in (np.cos, np.sin))
    along = across * cosine - down * sine  # rows count downwards: a line that rises goes to smaller rows
    beside = across * sine + down * cosine
    return _inside(along, lengths) * _inside(beside, thicknesses)


def draw_dots(rows: np.ndarray, columns: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """Antialiased discs of given areas in pixels, one an image: float32 (n, 28, 28) in [0, 1]."""
    right, below = _offsets(rows, columns)
    return _inside(np.sqrt(right**2 + below**2), 2 * np.sqrt(areas / np.pi))


def _offsets(rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How far each pixel is to the right of, and below, the middles: broadcastable to (n, 28, 28)."""
    pixels = np.arange(SIDE, dtype=np.float32)
    right = pixels[None, None, :] - columns.astype(np.float32)[:, None, None]
    below = pixels[None, :, None] - rows.astype(np.float32)[:, None, None]
    return right, below


def _inside(distances: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """1 within half a width of 0, falling to 0 over one pixel."""
    return np.clip(widths.astype(np.float32)[:, None, None] / 2 + 0.5 - np.abs(distances), 0, 1)
