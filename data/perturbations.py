"""Test images moved, turned, blurred, ...: what `model.robustness.measure` shows to trained networks.

What is random about an image is decided by (seed, kind, index of the image) alone and is the same at every
strength: a curve follows images that go one way, further and further, and models can be paired by image.
Contrast is taken away as Hendrycks & Dietterich do it, "Benchmarking Neural Network Robustness to Common
Corruptions and Perturbations" (arXiv 1903.12261): towards the image's own mean.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

SEED = 0  # of what is random, for every run: so that runs can be compared
WHITE = 255
WAYS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # rows down and columns right: up, down, left, right
Generators = Iterator[np.random.Generator]


@dataclass(frozen=True)
class Kind:
    """One way to perturb an image, and its words.

    Attributes:
        change: (images uint8 (n, height, width), strength, one generator an image) -> the images, changed.
        strengths: in equal steps; 0 is the untouched image.
        unit: of a strength.
        axis: what is written below an axis of strengths.
        at: a strength `{}`, to begin a title with.
        seen: what whoever was trained on such images has seen.
        setting: of `data.augmentation` that does the same to training images; empty if none does.
        size: what follows `seen` to say how large it was, by that setting's value.
        keeps_lines: whether a made-up line stays of its class.
    """

    change: Callable[[np.ndarray, float, Generators], np.ndarray]
    strengths: tuple[float, ...]
    unit: str
    axis: str
    at: str
    seen: str
    setting: str = ""
    size: Callable[[int], str] = lambda _: ""
    keeps_lines: bool = True

    @property
    def middle(self) -> float:
        """The strength by which a kind is told in one number."""
        return self.strengths[len(self.strengths) // 2]


def perturb(
    images: np.ndarray, indices: np.ndarray, kind: str, strength: float, seed: int = SEED
) -> np.ndarray:
    """Perturb images uint8 (n, height, width), each in its own way.

    The strength is in the unit of the kind of `KINDS`; 0 changes nothing. What is random is decided by seed,
    kind and `indices`, int (n,), of the images in their file: another seed draws other directions, other
    noise and other places.
    """
    if strength == 0:
        return images.copy()
    # Made as they are asked for: some kinds draw nothing.
    generators = (np.random.default_rng([seed, int(index), *kind.encode()]) for index in indices)
    return KINDS[kind].change(images, strength, generators)


def move(images: np.ndarray, down: int, right: int) -> np.ndarray:
    """Move images (n, height, width) by whole pixels, fewer than they have; black comes in."""
    height, width = images.shape[1:]
    moved = np.zeros_like(images)
    moved[:, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = images[
        :, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
    ]
    return moved


def _shift(images: np.ndarray, pixels: float, generators: Generators) -> np.ndarray:
    """Up, down, left or right."""
    ways = np.array([generator.integers(len(WAYS)) for generator in generators])
    moved = np.empty_like(images)
    for number, (down, right) in enumerate(WAYS):
        chosen = ways == number
        moved[chosen] = move(images[chosen], down * int(pixels), right * int(pixels))
    return moved


def _rotate(images: np.ndarray, degrees: float, generators: Generators) -> np.ndarray:
    """Around the middle, one way or the other, with what lies between the pixels interpolated."""
    from scipy import ndimage  # here, since whoever only names the kinds need not wait for it

    ways = np.array([generator.integers(2) for generator in generators])
    turned = np.empty_like(images)
    for number, angle in enumerate((degrees, -degrees)):
        chosen = images[ways == number].astype(np.float32)
        values = ndimage.rotate(chosen, angle, axes=(2, 1), reshape=False, order=1, mode="grid-constant")
        turned[ways == number] = _as_pixels(values)
    return turned


def _add_noise(images: np.ndarray, deviation: float, generators: Generators) -> np.ndarray:
    """Gaussian noise on every pixel, cut off at black and white."""
    noise = np.stack([generator.standard_normal(images.shape[1:]) for generator in generators])
    return _as_pixels(images + deviation * noise)


def _blur(images: np.ndarray, deviation: float, generators: Generators) -> np.ndarray:
    """Every point becomes a Gaussian spot; beyond the border is black."""
    from scipy import ndimage

    sigmas = (0, deviation, deviation)
    return _as_pixels(ndimage.gaussian_filter(images.astype(np.float32), sigmas, mode="constant"))


def _weaken(images: np.ndarray, per_cent: float, generators: Generators) -> np.ndarray:
    """So much less contrast: pixels move towards the image's mean, which stays."""
    means = images.mean(axis=(1, 2), keepdims=True)
    return _as_pixels(means + (1 - per_cent / 100) * (images - means))


def _cover(images: np.ndarray, side: float, generators: Generators) -> np.ndarray:
    """A black square somewhere, all of it in the picture."""
    size = int(side)
    covered = images.copy()
    for image, generator in zip(covered, generators, strict=True):
        places = np.array(image.shape) - size + 1
        row, column = (generator.random(2) * places).astype(int)
        image[row : row + size, column : column + size] = 0
    return covered


def _as_pixels(values: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(values, 0, WHITE)).astype(np.uint8)


KINDS = {
    "shift": Kind(
        _shift,
        (0, 1, 2, 3, 4, 5, 6),
        unit="pixels",
        axis="pixels up, down, left or right",
        at="Shifted {} pixels",
        seen="shifts",
        setting="shift",
        size=lambda reach: f" of up to {reach} pixel{'s' * (reach > 1)}",
    ),
    "rotation": Kind(
        _rotate,
        (0, 10, 20, 30, 40, 50, 60),
        unit="degrees",
        axis="degrees, one way or the other",
        at="Turned {} degrees",
        seen="turns",
        keeps_lines=False,  # the classes are orientations
    ),
    "noise": Kind(
        _add_noise,
        (0, 15, 30, 45, 60, 75, 90),
        unit="gray levels",
        axis="deviation of the noise in gray levels, of 255",
        at="With noise of {} gray levels",
        seen="noise",
    ),
    "blur": Kind(
        _blur,
        (0, 0.5, 1, 1.5, 2, 2.5, 3),
        unit="pixels",
        axis="deviation of the blur in pixels",
        at="Blurred by {} pixels",
        seen="blur",
    ),
    "contrast": Kind(
        _weaken,
        (0, 15, 30, 45, 60, 75, 90),
        unit="% less contrast",
        axis="% of the contrast taken away",
        at="With {} % less contrast",
        seen="other contrasts",
    ),
    "occlusion": Kind(
        _cover,
        (0, 4, 8, 12, 16, 20, 24),
        unit="pixels",
        axis="pixels, the side of a black square somewhere",
        at="{0} x {0} pixels covered",
        seen="covered parts",
        setting="erase",
        size=" of {0} x {0} pixels".format,
    ),
}


def kinds_for(source: str) -> list[str]:
    """The kinds that are tried on the data of a source: what would change the class is not."""
    return [kind for kind, what in KINDS.items() if what.keeps_lines or source != "lines"]


def in_steps(images: np.ndarray, kind: str) -> np.ndarray:
    """The first image uint8 (n, height, width) of a file at each strength of a kind, to be shown."""
    return np.concatenate([perturb(images[:1], np.array([0]), kind, s) for s in KINDS[kind].strengths])
