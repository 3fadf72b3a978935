"""The constants of `data/likeness.py`, sought anew with two kinds of pictures in view: noise and digits.

Which numbers tell a picture (grays, outlines, textures), and the constants in use, were found earlier, with
text and photographs in view, too. Here neither is: every combination of a few values is tried, each with its
limit set on validation pictures, and the one is chosen that flags most of the kind that it flags less of.
Of the largest of many shares a part is luck, so it is held against those in use on pictures of another draw.
"""

import itertools
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import numpy as np

from configs.networks import IMAGE_SIDE as SIDE
from data import likeness
from data.likeness import likeness_of

TRIED: dict[str, Sequence[int]] = {
    "BLOCK": (4, 7),
    "PART": (4, 7),
    "WEIGHT": (0, 2, 5, 10),
    "FAINT": (6, 12),
}
Constants = dict[str, int]
Pictures = dict[str, np.ndarray]  # of each kind uint8 (n, 28, 28)


def search(
    training: np.ndarray, validation: np.ndarray, looked_at: Pictures, other_draw: Pictures
) -> dict[str, Any]:
    """Try every combination.

    Args:
        training: pictures uint8 (n, 28, 28).
        validation: likewise, by which every limit is set.
        looked_at: pictures by which one is chosen.
        other_draw: others of the same kinds, by which it is held against those in use.

    Returns:
        `tried`: how many; `used` and `chosen`, each with its `constants` and the share of each kind that it
        flags, `looked_at` and of the `other_draw`; `ahead`, by how much more the chosen one flags of all
        pictures of the other draw, and the standard `error` of that.
    """
    used = {name: getattr(likeness, name) for name in TRIED}
    tried = [dict(zip(TRIED, values, strict=True)) for values in itertools.product(*TRIED.values())]
    shares = [_shares(flagged(one, training, validation, looked_at)) for one in tried]
    best = max(range(len(tried)), key=lambda place: min(shares[place].values()))
    found, kept = {}, {}
    for name, place in (("used", tried.index(used)), ("chosen", best)):
        kept[name] = flagged(tried[place], training, validation, other_draw)
        found[name] = {
            "constants": tried[place],
            "looked_at": shares[place],
            "other_draw": _shares(kept[name]),
        }
    ones, others = (np.concatenate([*kept[name].values()]).astype(float) for name in ("chosen", "used"))
    apart = ones - others
    error = apart.std(ddof=1) / np.sqrt(len(apart))
    return {
        "tried": len(tried),
        **found,
        "ahead": round(float(apart.mean()), 4),
        "error": round(float(error), 4),
    }


def flagged(
    constants: Constants, training: np.ndarray, validation: np.ndarray, pictures: Pictures
) -> Pictures:
    """Which pictures of each kind are unlike the data, by other constants: bool (n,)."""
    grays = 2 * (SIDE // constants["BLOCK"]) ** 2
    with patch.multiple(likeness, **constants, _GRAYS=grays):
        made = likeness_of(training, validation)
        return {kind: made.distances(images) > made.limit for kind, images in pictures.items()}


def _shares(pictures: Pictures) -> dict[str, float]:
    return {kind: round(float(each.mean()), 4) for kind, each in pictures.items()}
