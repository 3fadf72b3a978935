"""Explain the answers of one saved network: the work of a process that has TensorFlow to itself."""

from data.splits import Splits
from model.run.jobs import Tell
from model.run.looks import Look, part_of_look

WHY = ("attributions.npz", "attributions.json")  # what a look for reasons computes


def explain_model(splits: Splits, tell: Tell, look: Look) -> None:
    """Say why one saved network answers as it does: compute explanations into files, then draw them.

    why-figures.json, the list of what was written, is written last.
    """
    from model.attribution.attribution import explain
    from model.attribution.figures import draw_why

    (model, untrained, facts), folder = look.open(len(splits.class_names)), look.folder
    explain(model, untrained, facts, splits, folder, part_of_look(tell, 0.0, 0.8))
    tell((0.8, "", "drawing"))
    look.record("why-figures.json", WHY, draw_why(folder, folder, look.note))
