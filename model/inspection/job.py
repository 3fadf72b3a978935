"""Look into the filters of one saved network: the work of a process that has TensorFlow to itself."""

from collections.abc import Iterable
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from data.splits import Splits
from data.storage import read_value
from model.inspection.records import Passport, first_of, passport_of
from model.inspection.words import chosen_by, line_after
from model.report.figure import Figure
from model.run.jobs import Tell
from model.run.looks import Look, note_of, part_of_look

WANTED = 12  # filters of each layer that an image is made up for
INSIDE = (  # what a look into filters computes, as far as the network has it
    *("filters.npz", "untrained.npz", "activations.npz", "passports.json", "layers.json", "units.json"),
    *("wanted.npz", "wanted.json"),
)


def inspect_model(splits: Splits, tell: Tell, look: Look) -> None:
    """Look into the filters of one saved network: compute what there is to see into files, then draw them.

    inside-figures.json, the list of what was written, is written last.
    """
    from model.attribution.wanted import wanted
    from model.inspection.inspect import inspect

    (model, untrained, facts), folder = look.open(len(splits.class_names)), look.folder
    each, replacement = look.settings["images_per_class"], look.settings["replacement"]
    inspect(model, untrained, facts, splits, each, folder, part_of_look(tell, 0.0, 0.7), replacement)
    chosen = _first_filters(folder, splits)
    places = {(p.layer, p.index): asdict(p.strongest[0]) for shown in chosen.values() for p in shown}
    wanted(model, facts, splits, places, folder, untrained, part_of_look(tell, 0.7, 0.8))
    tell((0.8, "", "drawing"))
    figures = draw_inside(splits, folder, folder, look.model, look.is_from_elsewhere)
    look.record("inside-figures.json", INSIDE, figures)


def draw_inside(
    splits: Splits, folder: Path, figures: Path, model: str, is_from_elsewhere: bool = False
) -> list[Figure]:
    """Draw what a look into the filters of a model has left in `folder`; the pictures go to `figures`."""
    from model.attribution.figures import draw_wanted
    from model.inspection.figures import draw_inspection

    chosen = _first_filters(folder, splits)
    rules = {layer: (chosen_by(shown), line_after(shown)) for layer, shown in chosen.items()}
    return [
        *draw_inspection(folder, splits.test, splits.class_names, figures, model, is_from_elsewhere),
        *draw_wanted(folder, figures, rules, note_of(model, is_from_elsewhere)),
    ]


def _first_filters(folder: Path, splits: Splits) -> dict[str, tuple[Passport, ...]]:
    path = folder / "passports.json"  # which dense networks lack
    entries = read_value(path) if path.exists() else []
    return first_by_layer(passport_of(entry, len(splits.test.labels)) for entry in entries)


def first_by_layer(passports: Iterable[Passport]) -> dict[str, tuple[Passport, ...]]:
    """The first filters of each layer, of those that some test picture excites."""
    excited = (passport for passport in passports if passport.strongest)
    by_layer = groupby(excited, key=lambda passport: passport.layer)
    return {layer: first_of(list(filters), WANTED) for layer, filters in by_layer}
