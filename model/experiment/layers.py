"""The layers of networks in rows, as Keras's summary lists them, with their work. It computes no numbers."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from model.comparison.records import Facts
from model.experiment.report import Report
from model.networks.facts import LayerRow, summary
from model.networks.layers import MirrorMean, keras_type
from model.report.tables import WIDTH, escaped, printable, table, wrapped
from model.report.words import mega
from model.run.folder import RunError, RunFolder

HEAD = ["layer", "type", "output shape", "parameters", "MFLOP"]
LEFT = 2  # columns of words, the first ones
MIRRORED = "mirror_mean: what comes before it once more, of the mirror image, and the mean of both."


def layers_of_run(run: RunFolder, report: Report) -> dict[str, Sequence[LayerRow]]:
    """By model; of a run whose report was made before it told them, from its config, if there is one."""
    told: dict[str, Sequence[LayerRow]] = {name: layers_told(entry) for name, entry in report.models.items()}
    if not all(told.values()):
        with suppress(RunError):
            networks = run.config().models
            num_classes = len(report.data.classes)
            told |= {name: summary(networks[name], num_classes) for name in told if name in networks}
    return told


def layers_told(entry: Facts) -> list[LayerRow]:
    """A model's layers; of one trained elsewhere each with the name that its file gives it, in brackets."""
    names = entry.elsewhere.names if entry.elsewhere else {}
    theirs = {ours: f"{ours} ({name})" for ours, name in names.items() if name != ours}
    return [replace(row, layer=theirs.get(row.layer, row.layer)) for row in entry.layers]


def alike(layers: Mapping[str, Sequence[LayerRow]]) -> dict[str, list[list[str]]]:
    """Cells by the names of the models that have these very layers; the last row adds up."""
    names: dict[tuple[LayerRow, ...], list[str]] = {}
    for model, rows in layers.items():
        names.setdefault(tuple(rows), []).append(model)
    return {", ".join(models): _cells(rows) for rows, models in names.items() if rows}


def _cells(rows: Sequence[LayerRow]) -> list[list[str]]:
    cells = [[row.layer, row.type, _shape(row), f"{row.parameters:,}", mega(row.flops)] for row in rows]
    total = [f"{sum(row.parameters for row in rows):,}", mega(sum(row.flops for row in rows))]
    return [*cells, ["all", "", "", *total]]


def _shape(row: LayerRow) -> str:
    return " x ".join(f"{side:,}" for side in row.output_shape)


def layers_in_text(layers: Mapping[str, Sequence[LayerRow]]) -> str:
    """For the terminal, at most 80 columns wide."""
    parts = []
    for names, cells in alike(layers).items():
        widths = [max(map(len, column)) for column in zip(HEAD, *cells, strict=True)]
        gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else " "
        lines = [
            gap.join(
                text.ljust(width) if column < LEFT else text.rjust(width)
                for column, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in (HEAD, *cells)
        ]
        parts.append("\n".join([wrapped(printable(names)), *lines]))
    return "\n\n".join([*parts, *map(wrapped, notes(layers))])


def layers_in_markdown(layers: Mapping[str, Sequence[LayerRow]]) -> list[str]:
    """For report.md: a table for each kind of network."""
    parts = []
    for names, cells in alike(layers).items():
        parts += [f"{escaped(names)}:", table([HEAD, *cells])]
    meaning = "MFLOP: a million additions or multiplications, for one picture forward."
    return ["## Layers", " ".join([meaning, *notes(layers)]), *parts] if parts else []


def notes(layers: Mapping[str, Sequence[LayerRow]]) -> list[str]:
    """What a row comes to of which its type does not tell all."""
    return [MIRRORED] if any(map(is_mirrored, layers.values())) else []


def is_mirrored(rows: Sequence[LayerRow]) -> bool:
    """Whether a network also looks at the mirror image of a picture."""
    return any(row.type == keras_type(MirrorMean("")) for row in rows)
