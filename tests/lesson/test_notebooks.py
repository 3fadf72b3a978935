"""Filters of networks that were made elsewhere, worked by hand: each map is Keras's."""

from pathlib import Path

import numpy as np
import pytest

from model.lesson.arithmetic import work_by_hand
from model.lesson.run_text import run_lines
from model.lesson.window_figure import draw_window
from model.lesson.your_run import filter_at_work
from model.networks.layers import Convolution
from model.run.elsewhere import build_elsewhere, read_network
from tests.notebooks import NOTEBOOKS, notebook
from tests.worth.test_ablation import blocks

pytestmark = pytest.mark.numeric

IN_CI = ("overlapping_pooling",)
ALL = [
    pytest.param(name, marks=[] if name in IN_CI else pytest.mark.deep)
    for name in NOTEBOOKS
    if name not in ("course_dense", "pixels_in_a_row")  # they have no filters
]
PICTURE = blocks(1)[0]


@pytest.mark.parametrize("name", ALL)
def test_by_hand_each_map_is_kerass(name: str, tmp_path: Path) -> None:
    found = read_network(notebook(name, tmp_path)[1])
    model = build_elsewhere(found, "unit")
    convolutions = [one.name.removesuffix("_linear") for one in found.layers if isinstance(one, Convolution)]
    for layer in convolutions:
        work = filter_at_work(model, found.layers, layer, 1, PICTURE)
        hand = work_by_hand(work, None)
        assert np.abs(hand.map - work.keras_map).max() <= 1e-5 * np.abs(work.keras_map).max(), layer
        if work.pooling and hand.pooled is not None and work.keras_pooled is not None:
            largest = np.abs(work.keras_pooled).max()
            assert np.abs(hand.pooled - work.keras_pooled).max() <= 1e-5 * largest, work.pooling.name
            if hand.block is not None and hand.pooled_at is not None:
                way = np.max if work.pooling.kind == "max" else np.mean
                assert way(hand.block) == pytest.approx(hand.pooled[hand.pooled_at]), "another block is shown"
        assert ("ReLU" in "\n".join(run_lines(work, hand, layer, True))) == work.activation.function.endswith(
            "relu"
        ), f"{layer} ends in {work.activation.function}"
        words = {"title": "t", "subtitle": "s", "alt": "a"}
        assert draw_window(words, work, hand, tmp_path / f"{layer}.png").path.exists()
