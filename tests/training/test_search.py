"""The search for a recipe: what is told of two ways on the same pictures."""

import json

import numpy as np
import pytest

from tests.training.search import in_rows, table


def left(folder, name, right, settings):
    """What a training leaves that answers the pictures right, or not: bool (seeds, pictures), of class 1."""
    right = np.array(right)
    probabilities = np.stack([1 - right, right], axis=2).astype(np.float32)
    np.savez(folder / f"{name}.npz", probabilities=probabilities, labels=np.ones(right.shape[1], np.uint8))
    (folder / f"{name}.json").write_text(json.dumps({"loss": right.mean(), "settings": settings}))


def test_a_way_is_ahead_by_the_pictures_that_it_alone_has_right(tmp_path):
    """By hand: 100 pictures, of which 8 are gained and 2 lost; of two seeds the mean."""
    first = np.arange(100) < 70
    gained, lost = (np.arange(100) // 10 == 7) & (np.arange(100) % 10 < 8), np.arange(100) < 2
    left(tmp_path, "first", [first, first], {"data.shift": 1, "data.erase": 0})
    left(tmp_path, "other", [first, (first | gained) & ~lost], {"data.shift": 2, "data.erase": 0})
    rows = table(tmp_path, ["first", "other"])
    assert "ahead" not in rows["first"]
    assert rows["other"]["changed"] == {"data.shift": 2}
    assert rows["other"]["ahead"] == 0.03, "half of 8 less 2 in 100"
    deviation = np.array([0.5] * 8 + [-0.5] * 2 + [0] * 90).std(ddof=1)
    half = 1.96 * deviation / 10
    assert rows["other"]["interval"] == pytest.approx([0.03 - half, 0.03 + half], abs=1e-4)
    assert in_rows(rows) == ["| `shift: 1 → 2` | +3.00 | −0.06 to +6.06 | +0.0300 |"]
