"""What is like the data is let pass, what is not is named, by a limit set on validation pictures."""

from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_digits, load_sample_images

from configs.schema import Data
from data.fashion_mnist import load
from data.likeness import BEYOND, Likeness, codes_of, likeness_of, read_likeness, write_likeness
from data.own_pictures import like_garments
from data.pictures import BadPicture
from data.splits import Splits

ROOT = Path(__file__).parents[2]
EACH = 100  # pictures of a kind


@pytest.fixture(scope="module")
def data() -> Splits:
    return load(Data())


@pytest.fixture(scope="module")
def likeness(data: Splits) -> Likeness:
    return likeness_of(data.train.images, data.validation.images)


def noise() -> list[Image.Image]:
    random = np.random.default_rng(1)
    sides = [28, 64, 200, 400] * (EACH // 4)
    return [Image.fromarray(random.integers(0, 256, (side, side), np.uint8)) for side in sides]


def pages() -> list[Image.Image]:
    """Pages that are at least half full of text, in several sizes and fonts, a few of them light on dark."""
    random, words = np.random.default_rng(2), (ROOT / "README.md").read_text(encoding="utf-8").split()
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    found = []
    for number in range(EACH):
        name = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono")[number % 3]
        size, dark = int(random.integers(9, 28)), number % 5 == 0
        font = ImageFont.truetype(folder / f"{name}.ttf", size)
        page = Image.new("L", [(400, 560), (600, 400), (350, 300)][number % 3], 0 if dark else 255)
        rows = int(page.height / (1.3 * size) * random.uniform(0.5, 1))
        for row in range(1, rows):
            line = " ".join(random.choice(words, 80))[: int((page.width - 2 * size) / font.getlength("n"))]
            if random.random() < 0.85:
                place = (size, row * 1.3 * size)
                ImageDraw.Draw(page).text(place, line, fill=255 if dark else 0, font=font)
        found.append(page)
    return found


def photographs() -> list[Image.Image]:
    random, found = np.random.default_rng(3), []
    whole = [Image.fromarray(pixels).convert("L") for pixels in load_sample_images().images]
    for number in range(EACH):
        side, image = int(random.integers(60, 420)), whole[number % 2]
        left, top = (int(random.integers(0, length - side + 1)) for length in image.size)
        found.append(image.crop((left, top, left + side, top + side)))
    return found


def digits() -> list[Image.Image]:
    pixels = (load_digits().images[:EACH] * (255 / 16)).astype(np.uint8)
    return [Image.fromarray(one).resize((112, 112), Image.Resampling.BICUBIC) for one in pixels]


def share_unlike(likeness: Likeness, images: np.ndarray) -> float:
    return float((likeness.distances(images) > likeness.limit).mean())


def test_what_is_like_the_data_is_let_pass(data: Splits, likeness: Likeness) -> None:
    share = share_unlike(likeness, data.validation.images[:2000])
    assert share <= 1.5 * BEYOND, f"{share:.1%} of validation pictures are beyond a limit set for 4 %"
    share = share_unlike(likeness, data.test.images[:2000])
    assert share <= 0.06, f"{share:.1%} of test pictures are called unlike the data"


@pytest.mark.parametrize("kind", [noise, pages, photographs, digits])
def test_what_is_unlike_the_data_is_named(kind, likeness: Likeness) -> None:
    pictures, refused = [], 0
    for one in kind():
        try:
            pictures.append(like_garments(one, one.size).pixels)
        except BadPicture:  # nothing stands out
            refused += 1
    assert refused <= 0.05 * EACH, f"{refused} of {kind.__name__} are not answered at all"
    share = share_unlike(likeness, np.array(pictures))
    assert share >= 0.9, f"only {share:.0%} of {kind.__name__} are called unlike the data"


def test_a_training_picture_is_at_no_distance(data: Splits, likeness: Likeness) -> None:
    assert likeness.distances(data.train.images[:1]).tolist() == [0], "the first picture is not kept"
    assert np.array_equal(codes_of(data.test.images[:3])[1:], codes_of(data.test.images[1:3])), (
        "what is said of a picture depends on those beside it"
    )


def test_of_few_pictures_there_is_a_limit_too(data: Splits) -> None:
    few = likeness_of(data.train.images[:20], data.validation.images[:1])
    assert few.known.shape == (20, 130)
    assert few.limit == few.validation[0] > 0
    assert few.share_beyond(few.limit) == 1
    assert few.share_beyond(few.limit + 1) == 0


def test_it_is_read_as_it_was_written(data: Splits, tmp_path: Path) -> None:
    made = likeness_of(data.train.images[:50], data.validation.images[:30])
    path = tmp_path / "likeness.npz"
    write_likeness(path, made)
    read = read_likeness(path)
    assert np.array_equal(read.known, made.known)
    assert np.array_equal(read.validation, made.validation)
    for arrays in (
        {"known": made.known[:, 1:], "validation": made.validation},
        {"known": made.known, "validation": made.validation * np.nan},
        {"known": made.known[:0], "validation": made.validation},
    ):
        np.savez(path, **arrays)
        with pytest.raises(ValueError, match="it holds"):
            read_likeness(path)
