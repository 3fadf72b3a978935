"""What is known of one filter or unit, as typed records of what passports.json and units.json hold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True)
class Match:
    """The hand-made pattern a kernel is most like; `name` is None where random kernels match as well."""

    name: str | None
    nearest: str
    similarity: float


@dataclass(frozen=True)
class Example:
    """A test image and, for filters, the place of the map where the answer was `activation`."""

    index: int
    row: int
    column: int
    activation: float


@dataclass(frozen=True)
class Slice:
    """One input channel of a kernel: the earlier filter it reads, and its share of the squared weights."""

    channel: int
    share: float


@dataclass(frozen=True)
class Worth:
    """What taking a filter out did on the test images; accuracy as a fraction, intervals 95 %."""

    accuracy_drop: float
    interval: tuple[float, float]
    changed: int
    became_wrong: int
    became_right: int


@dataclass(frozen=True)
class Passport:
    """What is known of one filter.

    Rank 1: taking it out costs most on validation images; None where that can't be told from 0, or where
    it is dead. `strength` is its mean over the training images, `active` the share of places of the test
    images where it is above 0.
    """

    layer: str
    index: int
    rank: int | None
    match: Match | None
    untrained_match: Match | None
    untrained_strongest: tuple[Example, ...]
    orientation: float | None
    dead: bool
    saturated: bool
    strength: float
    active: float
    background: float
    selectivity: tuple[float | None, ...]  # None: a class without test images
    strongest: tuple[Example, ...]
    median: tuple[Example, ...]
    slices: tuple[Slice, ...]
    worth: Worth


@dataclass(frozen=True)
class Unit:
    """One unit of the first dense layer; `worth` is None where that layer gives the classes."""

    index: int
    rank: int | None
    dead: bool
    strength: float
    selectivity: tuple[float | None, ...]
    worth: Worth | None


Ranked = TypeVar("Ranked", bound=Passport | Unit)


def first_of(filters: Sequence[Ranked], count: int) -> tuple[Ranked, ...]:
    """The filters, or units, of a layer that pictures show, at most `count`, in their places.

    Those that are ranked, by rank; then, of those whose worth can't be told from 0, the ones that answer most
    strongly, by index; dead ones come last.
    """
    ranked, others, dead = parted(filters)
    ranked = sorted(ranked, key=lambda f: (f.rank or 0, f.index))[:count]
    strongest = sorted(others, key=lambda f: (-f.strength, f.index))[: count - len(ranked)]
    strongest, dead = (sorted(group, key=lambda f: f.index) for group in (strongest, dead))
    return tuple((ranked + strongest + dead)[:count])


def parted(filters: Sequence[Ranked]) -> tuple[list[Ranked], list[Ranked], list[Ranked]]:
    """Those that are ranked, those that can't be told from 0, and dead ones."""
    ranked = [one for one in filters if one.rank is not None]
    others = [one for one in filters if one.rank is None]
    return ranked, [one for one in others if not one.dead], [one for one in others if one.dead]


def passport_of(entry: Mapping[str, Any], num_test: int) -> Passport:
    """One entry of passports.json, for a test file of `num_test` images.

    Raises:
        KeyError, TypeError, ValueError: something is missing in it or is of the wrong kind.
    """
    degrees = entry["orientation_degrees"]
    return Passport(
        layer=str(entry["layer"]),
        index=int(entry["index"]),
        rank=_rank(entry),
        match=_match(entry["kernel_match"]),
        untrained_match=_match(entry["untrained"]["kernel_match"]),
        untrained_strongest=tuple(_example(e, num_test) for e in entry["untrained"]["top_images"]),
        orientation=None if degrees is None else float(degrees),
        dead=bool(entry["dead"]),
        saturated=bool(entry["saturated"]),
        strength=float(entry["mean"]),
        active=float(entry["active_share"]),
        background=float(entry["background"]["after_relu"]),
        selectivity=_selectivity(entry),
        strongest=tuple(_example(example, num_test) for example in entry["top_images"]),
        median=tuple(_example(example, num_test) for example in entry["median_images"]),
        slices=tuple(Slice(int(s["channel"]), float(s["share"])) for s in entry["heaviest_slices"] or ()),
        worth=_worth(entry["ablation"]),
    )


def _rank(entry: Mapping[str, Any]) -> int | None:
    """Earlier versions ranked dead filters, too, and whatever noise there was."""
    return None if entry["rank"] is None or entry["dead"] else int(entry["rank"])


def _selectivity(entry: Mapping[str, Any]) -> tuple[float | None, ...]:
    return tuple(None if value is None else float(value) for value in entry["class_selectivity"])


def _match(entry: Mapping[str, Any] | None) -> Match | None:
    return None if entry is None else Match(entry["name"], str(entry["nearest"]), float(entry["similarity"]))


def _example(entry: Mapping[str, Any], num_test: int) -> Example:
    if not 0 <= entry["index"] < num_test:
        raise ValueError(f"test image {entry['index']} of {num_test}")
    return Example(int(entry["index"]), int(entry["row"]), int(entry["column"]), float(entry["activation"]))


def _worth(entry: Mapping[str, Any]) -> Worth:
    low, high = entry["interval"]
    answers = entry["answers"]
    return Worth(
        float(entry["accuracy_drop"]),
        (float(low), float(high)),
        int(answers["changed"]),
        int(answers["became_wrong"]),
        int(answers["became_right"]),
    )


def unit_of(entry: Mapping[str, Any], num_units: int) -> Unit:
    """One entry of units.json, for a layer of `num_units` units.

    Raises:
        KeyError, TypeError, ValueError: something is missing in it or is of the wrong kind.
    """
    if not 0 <= entry["index"] < num_units:
        raise ValueError(f"unit {entry['index']} of {num_units}")
    return Unit(
        int(entry["index"]),
        _rank(entry),
        bool(entry["dead"]),
        float(entry.get("mean", 0)),  # classes have none
        _selectivity(entry),
        None if entry["ablation"] is None else _worth(entry["ablation"]),
    )
