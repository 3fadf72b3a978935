"""All pictures of what one model learned, drawn from the files in its inspection folder."""

from collections.abc import Sequence
from pathlib import Path

from data.splits import Split
from model.inspection.activation_figures import draw_activations
from model.inspection.combination_figures import draw_combinations
from model.inspection.files import DenseInspection, read_inspection
from model.inspection.filter_figures import draw_dense, draw_first
from model.inspection.keep_best_figure import draw_keep_best
from model.inspection.passport_figures import draw_passports
from model.report.canvas import shortened
from model.report.drawing import drawn
from model.report.figure import Figure
from model.run.folder import RunError
from model.run.looks import note_of


def draw_inspection(
    folder: Path,
    test: Split,
    class_names: Sequence[str],
    figures: Path,
    model_name: str,
    is_from_elsewhere: bool = False,
) -> list[Figure]:
    """Draw everything there is to draw of one model, and compute nothing.

    `folder` has the files of the inspection, `test` the images that were inspected; the PNGs go to `figures`,
    which is made if need be. Of a network that `is_from_elsewhere` nobody knows what it was before. Returns
    the figures in reading order: of each convolution its filters, maps and passports (six a page), then how
    few filters do; of a dense model the weights of its first layer.

    Raises:
        RunError: a file is missing, damaged or does not belong to the others or to the test images.
    """
    found = read_inspection(folder)
    if found.num_test > len(test.images):
        raise RunError(
            f"{folder} was made from {found.num_test:,} test images, and there are {len(test.images):,};"
            " inspect with the data set the run was made with"
        )
    note = note_of(shortened(model_name, 160), is_from_elsewhere)
    if isinstance(found, DenseInspection):
        path = figures / f"{found.layer}-weights.png"
        return [drawn(draw_dense, found, class_names, path=path, note=note)]
    all_drawn: list[Figure] = []
    for layer in found.convolutions:
        path, about = figures / f"{layer.name}-filters.png", (test, class_names)
        if layer.reads is None:
            all_drawn.append(drawn(draw_first, layer, found.patterns, path=path, note=note))
        else:
            all_drawn.append(drawn(draw_combinations, layer, layer.reads, *about, path=path, note=note))
        path = figures / f"{layer.name}-activations.png"
        all_drawn.append(drawn(draw_activations, found, layer, *about, path=path, note=note))
        all_drawn += draw_passports(found, layer, *about, figures, note)
    for name, curve in found.keep_best.items():  # one: the last convolution's
        all_drawn.append(drawn(draw_keep_best, name, curve, path=figures / "keep-best.png", note=note))
    return all_drawn
