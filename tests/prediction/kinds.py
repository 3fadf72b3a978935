"""Kinds of pictures that are unlike Fashion-MNIST, drawn from a seed, gray, as files of them would be."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

FOLDER = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
FONTS = ("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "cmss10", "cmtt10")  # never looked at before
PORTRAIT = Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"
WORDS = (Path(__file__).parents[2] / "LICENSE").read_text(encoding="utf-8").split()
PAGES = ((400, 560), (600, 400), (350, 300), (827, 1169))  # pixels
SIDES = (28, 64, 200, 400)  # pixels, of noise
LARGEST = 420  # pixels, of a crop
Size = tuple[int, int]
Kind = Callable[[int, int], list[Image.Image]]  # of a seed, so many


def noise(seed: int, number: int) -> list[Image.Image]:
    """Even, normal and two-valued noise of several sizes, and noise of 28 x 28 enlarged."""
    random, found = np.random.default_rng(seed), []
    for place in range(number):
        side = int(random.choice(SIDES))
        drawn = (
            lambda side: random.integers(0, 256, (side, side)),
            lambda side: np.clip(random.normal(128, 50, (side, side)), 0, 255),
            lambda side: 255 * random.integers(0, 2, (side, side)),
            lambda _: random.integers(0, 256, (28, 28)),
        )[place % 4](side)
        image = Image.fromarray(drawn.astype(np.uint8))
        found.append(image.resize((side, side), Image.Resampling.BICUBIC))
    return found


def digits(seed: int, number: int) -> list[Image.Image]:
    """scikit-learn's digits of 8 x 8 enlarged; of seeds 0 to 4, 300 each, no digit is drawn twice."""
    from sklearn.datasets import load_digits  # takes seconds, and who reads a record needs none of it

    images = load_digits().images
    chosen = np.random.default_rng(0).permutation(len(images))[seed * number : (seed + 1) * number]
    ways = (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.NEAREST)
    found = []
    for place, pixels in enumerate(images[chosen]):
        image = Image.fromarray((pixels * (255 / 16)).astype(np.uint8))
        side = (28, 64, 200)[place % 3]
        found.append(image.resize((side, side), ways[place // 3 % 3]))
    return found


def pages(seed: int, number: int) -> list[Image.Image]:
    """Pages at least half full of text, of several sizes, every fifth of them light on dark."""
    random, found = np.random.default_rng(seed), []
    for place in range(number):
        size, dark = int(random.integers(9, 30)), place % 5 == 0
        font = ImageFont.truetype(FOLDER / f"{random.choice(FONTS)}.ttf", size)
        page = Image.new("L", PAGES[place % 4], 0 if dark else 255)
        margin, step = int(random.integers(4, 40)), random.uniform(1.2, 1.6) * size
        end = margin + (page.height - 2 * margin) * random.uniform(0.5, 1)
        for top in np.arange(margin, end - size, step):
            if random.random() < 0.12:  # between paragraphs
                continue
            line = str(random.choice(WORDS))
            while font.getlength(longer := f"{line} {random.choice(WORDS)}") < page.width - 2 * margin:
                line = longer
            ImageDraw.Draw(page).text((margin, top), line, fill=255 if dark else 0, font=font)
        found.append(page)
    return found


def photographs(seed: int, number: int) -> list[Image.Image]:
    """Crops of scikit-learn's two photographs, a temple and a flower, in the shapes of photographs."""
    return _crops(seed, number, _samples(), _as_photographs)


def portrait(seed: int, number: int) -> list[Image.Image]:
    """Likewise of the portrait of Grace Hopper that comes with matplotlib, which was never looked at."""
    return _crops(seed, number, [Image.open(io.BytesIO(PORTRAIT.read_bytes()))], _as_photographs)


def strips(seed: int, number: int) -> list[Image.Image]:
    """Crops of scikit-learn's photographs of any shape, up to seven times as long as they are wide."""
    return _crops(seed, number, _samples(), _of_any_shape)


def _samples() -> list[Image.Image]:
    from sklearn.datasets import load_sample_images

    return [Image.fromarray(pixels) for pixels in load_sample_images().images]


def _as_photographs(random: np.random.Generator, size: Size) -> Size:
    width = int(random.integers(60, LARGEST + 1))
    return width, min(size[1], int(width * random.uniform(0.7, 1.4)))


def _of_any_shape(random: np.random.Generator, size: Size) -> Size:
    width, height = (int(random.integers(60, min(LARGEST, length) + 1)) for length in size)
    return width, height


def _crops(
    seed: int,
    number: int,
    whole: Sequence[Image.Image],
    size_of: Callable[[np.random.Generator, Size], Size],
) -> list[Image.Image]:
    """Crops at least 60 pixels wide, from photographs in turn, gray."""
    random, found = np.random.default_rng(seed), []
    for place in range(number):
        image = whole[place % len(whole)].convert("L")
        size = size_of(random, image.size)
        left, top = (
            int(random.integers(length - side + 1)) for length, side in zip(image.size, size, strict=True)
        )
        found.append(image.crop((left, top, left + size[0], top + size[1])))
    return found
