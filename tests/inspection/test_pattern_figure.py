"""Named patterns per seed: counted as they are, and told beside what chance gives."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.inspection.pattern_figure import draw_patterns, patterns_title
from model.networks.patterns import count_patterns
from tests.recording import Recording

pytestmark = pytest.mark.numeric

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], float)


def random_kernel(num_filters: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1, 1, (3, 3, 1, num_filters))


def found(total: int, edges: int, untrained: tuple[int, int] = (0, 2)) -> dict[str, Any]:
    """What is counted of 64 filters: `edges` vertical edges, the rest blurs."""
    return {
        "num_filters": 64,
        "threshold": 0.81,
        "counts": {"vertical edge": edges, "blur": total - edges},
        "total": total,
        "untrained": {"vertical edge": list(untrained), "blur": [0, 1]},
        "untrained_total": [1, 6],
    }


def test_planted_patterns_are_counted() -> None:
    kernel = random_kernel(8, seed=1) * 0.01
    kernel[:, :, 0, 2], kernel[:, :, 0, 5] = 3 * SOBEL, -SOBEL.T
    kernel[:, :, 0, [0, 1, 3, 4, 6, 7]] = 0  # kernels of zeros are like nothing
    counted = count_patterns(kernel)
    assert counted is not None
    named = {name: number for name, number in counted["counts"].items() if number}
    assert named == {"vertical edge": 1, "horizontal edge": 1}
    assert counted["total"] == 2
    assert counted["num_filters"] == 8


def test_untrained_networks_lie_within_what_is_said_of_them() -> None:
    records = [count_patterns(random_kernel(64, seed)) for seed in range(50)]
    totals = [record["total"] for record in records if record]
    first = records[0]
    assert first is not None
    low, high = first["untrained_total"]
    within = np.mean([low <= total <= high for total in totals])
    assert within >= 0.75, (
        f"only {within:.0%} of untrained networks have {low} to {high} matches, not about 90 %"
    )
    assert high < 12, "1 in 20 of 64 filters is about 3: such a range tells nothing apart"


def test_kernels_without_a_shape_are_not_counted() -> None:
    assert count_patterns(np.ones((1, 1, 1, 4))) is None


@pytest.mark.parametrize(
    ("patterns", "title"),
    [
        ({"0": found(31, 9)}, "31 of 64 first filters match a named pattern (untrained: 1 to 6)"),
        (
            {"0": found(31, 9), "1": found(28, 8), "2": found(30, 3)},
            "28 to 31 of 64 first filters match a named pattern in 3 trainings (untrained: 1 to 6)",
        ),
    ],
)
def test_the_title_gives_all_seeds_and_chance(patterns: dict[str, Any], title: str) -> None:
    assert patterns_title(patterns) == title


def test_every_seed_has_its_dot_and_words(tmp_path: Path) -> None:
    few = draw_patterns({"0": found(9, 9)}, "cnn", tmp_path / "few.png")
    many = draw_patterns({"0": found(9, 9), "4": found(14, 6)}, "$cnn$", tmp_path / "many.png")
    assert few.alt.endswith("Farthest above chance: vertical edge, 9 (untrained: 0 to 2).")
    assert many.alt.endswith("Farthest above chance: vertical edge, 6 to 9 (untrained: 0 to 2).")
    blue = []
    for figure in (few, many):
        pixels = np.asarray(Image.open(figure.path).convert("RGB"))
        assert pixels.shape[1] == 1200
        blue.append(int((pixels == (0, 114, 178)).all(axis=-1).sum()))
    assert blue[1] > 1.5 * blue[0], "the second seed has no dots of its own"


def test_what_chance_gives_is_called_chance(tmp_path: Path) -> None:
    figure = draw_patterns({"0": found(2, 1), "1": found(1, 1)}, "cnn", tmp_path / "x.png")
    assert figure.alt.endswith("No pattern is more frequent than chance in every training.")
    figure = draw_patterns({"0": found(9, 9), "1": found(1, 1)}, "cnn", tmp_path / "x.png")
    assert figure.alt.endswith("in every training."), "one training of two is not every"


def test_dots_stand_on_the_row_of_their_pattern_in_the_order_of_the_seeds(
    recording: Recording, tmp_path: Path
) -> None:
    draw_patterns({"7": found(9, 6), "2": found(14, 4)}, "cnn", tmp_path / "x.png")
    drawn = recording.last
    for name, counts, chance in (("vertical edge", (6, 4), (0, 2)), ("blur", (3, 10), (0, 1))):
        y = drawn.text(name).y + 9
        dots = [mark for mark in drawn.marks(0, "o") if abs(mark.places[0, 1] - y) < 17]
        assert [mark.values[0, 0] for mark in sorted(dots, key=lambda m: m.places[0, 1])] == list(counts)
        bars = [bar for bar in drawn.axes[0].patches if abs(bar.get_y() + 0.35 - (name == "blur")) < 0.01]
        assert [(bar.get_x() + 0.25, bar.get_x() + bar.get_width() - 0.25) for bar in bars] == [chance]
    assert "one for each seed (7, 2, from above)" in drawn.reading
    assert "by at least 0.81" in drawn.reading
