"""Explain the answers of one saved network: the work of a process that has TensorFlow to itself."""

from pathlib import Path
from typing import Any

from configs.schema import Cnn, Dense, Inspection
from data.splits import Splits
from model.run.looks import note_of, open_with_untrained, part_of_look, record_look
from model.run.workers import Tell

WHY = ("attributions.npz", "attributions.json")  # what a look for reasons computes


def explain_model(
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
    """Say why one saved network answers as it does: compute explanations into files, then draw them.

    why-figures.json, the list of what was written, is written last.
    """
    from model.attribution.attribution import explain
    from model.attribution.figures import draw_why
    from model.report.canvas import name_classes

    model, untrained, facts = open_with_untrained(saved, network, len(splits.class_names), seed)
    explain(model, untrained, facts, splits, folder, part_of_look(tell, 0.0, 0.8))
    tell((0.8, "", "drawing"))
    name_classes(splits.class_names)
    record_look(folder / "why-figures.json", WHY, draw_why(folder, folder, note_of(name)), settings, identity)
