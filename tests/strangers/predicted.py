# ruff: noqa: E501  a pattern stands as its sentence does, in one line
"""What `predict` says of pictures that are handed to it, answered and compared with the data once more."""

from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from tests.strangers.evidence import Evidence
from tests.strangers.grammar import (
    KINDS,
    NUMBER,
    Number,
    Said,
    agree,
    agree_share,
    claim,
    says,
    ways_to_write,
)
from tests.strangers.networks import UNSURE, Network

SHARE = rf"(?:under )?{NUMBER} %"
KINDS["made"] = (
    "(?:inverted to light on dark, )?scaled as a whole to 28 x 28|inverted to light on dark|taken as it is"
)
KINDS["answers"] = rf"(?:{{cls}}) {SHARE}(?:, (?:{{cls}}) {SHARE})*"
KINDS["small"] = rf"none|{SHARE}"
SHOWN, DRAWN = 20, 12  # pictures: on the screen, with a figure
TOLD = 0.05  # what is at least as probable is told beside the first
KEPT, BEYOND = 10_000, 0.04  # training pictures, share of validation pictures that are beyond the limit


def prepared(path: Path) -> tuple[np.ndarray, bool]:
    """A picture as the networks get it, that fills its square, and whether it is dark on light."""
    with Image.open(path) as image:
        seen = Image.new("RGBA", image.size, "black")
        seen.alpha_composite(image.convert("RGBA"))
        pixels = np.asarray(seen.convert("L"))
    edge = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]])
    light = bool(np.median(edge) > 127)
    pixels = 255 - pixels if light else pixels
    return np.asarray(Image.fromarray(pixels).resize((28, 28), Image.Resampling.BOX)), light


def _numbers(images: np.ndarray) -> np.ndarray:
    """What pictures (n, 28, 28) are told apart by, (n, 130): blocks of 4 x 4, then parts of 7 x 7."""
    found, pixels = [], images.astype(np.float64)
    blocks = [
        (slice(None), slice(y, y + 4), slice(x, x + 4)) for y in range(0, 28, 4) for x in range(0, 28, 4)
    ]
    found += [pixels[block].mean(axis=(1, 2)) for block in blocks]
    found += [255 * (pixels[block] > 12).mean(axis=(1, 2)) for block in blocks]
    bright = np.maximum(np.percentile(pixels.reshape(len(pixels), -1), 98, axis=1), 1)
    levels = np.minimum(pixels / bright[:, None, None], 1)
    for turned in (levels, levels.transpose(0, 2, 1)):
        bends = np.zeros_like(levels)
        bends[:, 1:-1] = np.abs(turned[:, :-2] - 2 * turned[:, 1:-1] + turned[:, 2:])
        bends = bends if turned is levels else bends.transpose(0, 2, 1)
        parts = [bends[:, y : y + 7, x : x + 7] for y in range(0, 28, 7) for x in range(0, 28, 7)]
        found += [5 * np.rint(255 * np.sqrt(part.mean(axis=(1, 2)) / 2)) for part in parts]
    return np.rint(np.stack(found, axis=1))


def _distances(images: np.ndarray, known: np.ndarray) -> np.ndarray:
    return np.array([np.sqrt(((known - one) ** 2).sum(axis=1).min()) for one in _numbers(images)])


def unlikeness(e: Evidence) -> tuple[float, float, np.ndarray]:
    """How far the picture spoken of is from the nearest training picture kept, the limit, validation pictures."""
    if not hasattr(e, "by_validation"):
        train, held = e.splits
        places = np.linspace(0, len(train) - 1, min(KEPT, len(train))).astype(int)
        e.known = _numbers(e.data.train_images[train[places]])
        e.by_validation = np.sort(_distances(e.data.train_images[held], e.known))
    [distance] = _distances(e.picture[None], e.known)
    limit = e.by_validation[int(np.ceil((1 - BEYOND) * (len(e.by_validation) - 1)))]
    return float(distance), float(limit), e.by_validation


@says("<own:word>: <w:n> x <h:n> pixels, <made:made>")
def _(e: Evidence, at: Said, own: str, w: Number, h: Number, made: str) -> None:
    claim(own in e.own, "nobody asked about it")
    with Image.open(e.own[own]) as image:
        claim(image.size == (w, h), f"it has {image.size}")
    e.picture, light = prepared(e.own[own])
    claim(("inverted" in made) == light, f"its border is {'light' if light else 'dark'}")
    claim(("scaled" in made) == ((w, h) != (28, 28)), "what has 28 x 28 pixels is not scaled")
    distance, limit, _ = unlikeness(e)
    claim(("Unlike the data" in at.text) == (distance > limit), f"it is {distance:.1f} away, of {limit:.1f}")


@says(
    "Unlike the data: it is further from the nearest of the training pictures that the run keeps than validation pictures are, but for <part:small> of them"
)
def _(e: Evidence, at: Said, part: str) -> None:
    distance, _, others = unlikeness(e)
    beyond = float(np.mean(others >= distance))
    claim((part == "none") == (beyond == 0), f"{beyond:.4f} of them are as far")
    if beyond:
        agree_share("those as far", Number(part), beyond)


@says("<m:model> <told:answers>; by one <word:seed|file>, <seed:n>",
      "<m:model> <told:answers>; all <k:n> <word:seed|file>s say so, <low:pct> to <high:pct>",
      "<m:model> <told:answers>; all <k:n> <word:seed|file>s say so, <low:pct> each",
      "<m:model> <told:answers>; <some:n> of <k:n> <word:seed|file>s say so, <low:pct> to <high:pct>")  # fmt: skip
def _(e: Evidence, at: Said, m: str, told: str, word: str, **parts: Number) -> None:
    model = e.models[m]
    networks = [_network(model.folder / f"seed-{seed}" / "model.keras") for seed in model.trained]
    by_seed = np.concatenate([network.probabilities(e.picture[None]) for network in networks])
    mean = by_seed.mean(axis=0)
    claim((word == "file") == model.is_from_elsewhere, "files are of elsewhere")
    first, *others = sorted(mean, reverse=True)
    told_ = [share for share in others if share >= TOLD][:2]
    entries = told.split(" %, ")
    claim(len(entries) == 1 + len(told_) or near(others, TOLD), f"the next have {others[:2]}")
    for entry, share in zip(entries, (first, *told_), strict=False):
        name, _, number = entry.removesuffix(" %").rpartition(" ")
        name, under = name.removesuffix(" under"), name.endswith(" under")
        agree_share(f"{name} of {m}", Number(f"{'under ' * under}{number} %"), share)
        claim(
            any(abs(mean[label] - share) < UNSURE for label in ways_to_write(e.classes)[name]),
            f"{name} has another share",
        )
    label = int(mean.argmax())
    if first - others[0] < UNSURE:
        return  # rounding decides which of two comes first
    if "seed" in parts or "low" not in parts:
        claim(len(model.trained) == 1 and parts["seed"] == model.trained[0], "there are several, or another")
        return
    agreeing = int((by_seed.argmax(axis=1) == label).sum())
    claim(parts["k"] == len(model.trained), f"it has {model.trained}")
    claim(parts.get("some", len(model.trained)) == agreeing, f"{agreeing} say so")
    given = by_seed[:, label]
    agree_share("the least sure", parts["low"], float(given.min()))
    agree_share("the surest", parts.get("high", parts["low"]), float(given.max()))


@cache
def _network(path: Path) -> Network:
    return Network.read(path)


def near(shares: list[float], limit: float) -> bool:
    """Whether one of these is so near a limit that rounding decides."""
    return any(abs(share - limit) < UNSURE for share in shares)


@says("Pictures are prepared as Fashion-MNIST's were; how the data of this run were made is not known here")
def _(e: Evidence, at: Said) -> None:
    claim(not e.official and not (e.run / "preparation.json").exists(), "it is known")


@says("<k:n> more: predictions.json in <folder:word>")
def _(e: Evidence, at: Said, k: Number, folder: str) -> None:
    agree("the others", k, len(e.own) - SHOWN)


@says("Look <folder:word>: <one:word> and <other:word>", "Look <folder:word>: <one:word>, <other:word> and <third:word>",
      "Look <folder:word>: <one:word>, <other:word> and <k:n> more")  # fmt: skip
def _(e: Evidence, at: Said, folder: str, k: Number | None = None, **named: str) -> None:
    claim(len(named) + (k or 0) <= min(len(e.own), DRAWN), "more figures than pictures")
    claim(all(name.endswith(".png") for name in named.values()), "a figure is a PNG")
