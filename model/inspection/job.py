"""Look into the filters of one saved network: the work of a process that has TensorFlow to itself."""

import json
from pathlib import Path
from typing import Any

from configs.schema import Cnn, Dense, Inspection
from data.splits import Splits
from model.run.looks import note_of, open_with_untrained, part_of_look, record_look
from model.run.workers import Tell

INSIDE = (  # what a look into filters computes, as far as the network has it
    *("filters.npz", "untrained.npz", "activations.npz", "passports.json", "layers.json", "units.json"),
    *("wanted.npz", "wanted.json"),
)


def inspect_model(
    splits: Splits,
    tell: Tell,
    *,
    name: str,
    network: Dense | Cnn,
    seed: int,
    settings: Inspection,
    saved: Path,
    folder: Path,
    identity: dict[str, Any],
) -> None:
    """Look into the filters of one saved network: compute what there is to see into files, then draw them.

    inside-figures.json, the list of what was written, is written last.
    """
    from model.attribution.figures import draw_wanted
    from model.attribution.wanted import most_valuable, wanted
    from model.inspection.figures import draw_inspection
    from model.inspection.inspect import inspect
    from model.report.canvas import name_classes

    model, untrained, facts = open_with_untrained(saved, network, len(splits.class_names), seed)
    each, replacement, filters = settings.images_per_class, settings.replacement, part_of_look(tell, 0.0, 0.7)
    inspect(model, untrained, facts, splits, each, folder, filters, replacement)
    passports = folder / "passports.json"  # which dense networks lack
    filters_shown = most_valuable(json.loads(passports.read_text())) if passports.exists() else {}
    wanted(model, facts, splits, filters_shown, folder, untrained, part_of_look(tell, 0.7, 0.8))
    tell((0.8, "", "drawing"))
    name_classes(splits.class_names)
    figures = [
        *draw_inspection(folder, splits.test, splits.class_names, folder, name),
        *draw_wanted(folder, folder, note_of(name)),
    ]
    record_look(folder / "inside-figures.json", INSIDE, figures, settings, identity)
