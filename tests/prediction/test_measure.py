"""What the measurement of `predict` is made of, on few pictures; the whole is run by hand."""

import io

import numpy as np
import pytest
from PIL import Image

from data import likeness
from tests.prediction import kinds
from tests.prediction.measure import CHANGES
from tests.prediction.search import TRIED, flagged, search


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Pictures that differ mostly in their brightest place."""
    random = np.random.default_rng(0)
    return (random.random((150, 28, 28)) ** 3 * random.integers(60, 256, (150, 1, 1))).astype(np.uint8)


def test_a_draw_has_nothing_of_another() -> None:
    ones, others = ({image.tobytes() for image in kinds.digits(seed, 300)} for seed in (0, 4))
    assert len(ones) == len(others) == 300
    assert not ones & others, "what decides between constants is what is reported"
    for kind in (kinds.noise, kinds.photographs, kinds.portrait):
        first, again, other = ([image.tobytes() for image in kind(seed, 4)] for seed in (1, 1, 2))
        assert first == again, f"{kind.__name__} are other ones with every call"
        assert not set(first) & set(other), f"{kind.__name__} are the same ones with another seed"


def test_pages_are_half_full_at_least_of_text_in_their_own_fonts() -> None:
    for number, page in enumerate(kinds.pages(0, 5)):
        pixels = np.asarray(page)
        pixels = 255 - pixels if number % 5 else pixels
        rows = np.flatnonzero((pixels > 127).any(axis=1))
        assert np.ptp(rows) > 0.3 * page.height, f"page {number} has hardly any text"
        assert pixels.mean() < 100, f"page {number} is dark"


def test_what_is_changed_in_a_picture_is_what_is_said(images: np.ndarray) -> None:
    random = np.random.default_rng(0)
    files = {name: made(images[0], random) for name, made in CHANGES.items()}
    seen = {name: Image.open(io.BytesIO(content)) for name, content in files.items()}
    assert min(seen["padded"].size) >= 40
    assert seen["enlarged"].size == (112, 112)
    assert [(seen[name].format, seen[name].size) for name in ("on_paper", "on_more_paper")] == [
        ("JPEG", (200, 200))
    ] * 2
    assert np.asarray(seen["on_more_paper"])[:20].min() > 240, "there is no white around it"


def test_the_search_leaves_the_constants_as_they_were(images: np.ndarray) -> None:
    before = {name: getattr(likeness, name) for name in TRIED}
    noise = {"noise": np.random.default_rng(1).integers(0, 256, (20, 28, 28), np.uint8)}
    found = search(images[:60], images[60:100], noise, {"noise": images[100:]})
    assert before == {name: getattr(likeness, name) for name in TRIED}
    assert found["used"]["constants"] == before
    made = likeness.likeness_of(images[:60], images[60:100])
    used = flagged(before, images[:60], images[60:100], noise)["noise"]
    assert used.tolist() == (made.distances(noise["noise"]) > made.limit).tolist(), "not by those in use"
    assert min(found["chosen"]["looked_at"].values()) >= min(found["used"]["looked_at"].values())
