"""Why a picture got its class, and what filters and classes want: drawn from the files of the inspection."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data.storage import read_npz, read_value
from model.networks.facts import SIDE, ReceptiveField, patch
from model.report.canvas import (
    GREY,
    INK,
    LIGHT,
    MODEL_COLOURS,
    UNTRAINED_FRAME,
    Axes,
    Sheet,
    attribution,
    draw_line,
    garment,
    largest_block,
    limit_of,
    pt,
    shortened,
    top_below,
    wrapped,
)
from model.report.drawing import drawn
from model.report.figure import Figure
from model.report.words import counted, decimal, quoted, short

COLOURS = dict(zip(("grad_cam", "integrated_gradients", "occlusion"), MODEL_COLOURS[:3], strict=True))
WIDTHS = {"grad_cam": 2, "integrated_gradients": 4, "occlusion": 1.6}  # two that agree are both seen
PARTS = (
    ("upper left", "upper middle", "upper right"),
    ("left", "middle", "right"),
    ("lower left", "lower middle", "lower right"),
)
LITTLE = 0.05  # a fall in probability that is not worth naming a place for
BLOCK = 5  # pixels on paper of a pixel of the picture
TILE = SIDE * BLOCK  # 140
WHY_HEIGHT, ROWS = 442, (132, 292)  # of the sheet; where the trained and the untrained network's maps begin
FIRST, APART = 204, 164  # where the first map begins, and how far the next ones stand from it
CONTROL = "; grey frame: made up for the untrained network."
FILTERS_ACROSS, CLASSES_ACROSS = 12, 10  # pairs in a line


def draw_why(folder: Path, figures: Path, note: str = "") -> list[Figure]:
    """Draw, for each picture explained, its maps by every method and what covering it by them does.

    Drawn from attributions.npz and attributions.json into `why-<index>.png`, in the order of the file.
    """
    document, maps = read_value(folder / "attributions.json"), read_npz(folder / "attributions.npz")
    return [
        drawn(_draw_one, document, maps, place, path=figures / f"why-{entry['index']}.png", note=note)
        for place, entry in enumerate(document["images"])
    ]


def why_title(entry: Mapping[str, Any], classes: list[str]) -> str:
    """What the network answers, how sure it is, and which ninth of the picture it can spare least."""
    answer, score = short(classes[entry["target"]]), entry["score"]
    label = quoted(short(classes[entry["label"]]))
    wrong = "" if entry["target"] == entry["label"] else f", though it is {label}"
    left = np.array(entry["thirds"])
    row, column = np.unravel_index(left.argmin(), left.shape)
    if score - left.min() < LITTLE:
        finding = f"covering any one ninth of it costs less than {LITTLE:.2f}"
    else:
        finding = f"covering the {PARTS[row][column]} costs most ({score:.2f} to {left.min():.2f})"
    return f'Why "{answer}" ({score:.2f}){wrong}: {finding}'


def _draw_one(
    document: Mapping[str, Any], maps: Mapping[str, np.ndarray], place: int, path: Path, note: str
) -> Figure:
    entry, classes = document["images"][place], document["classes"]
    title = why_title(entry, classes)
    choice = f"Test picture {entry['index']}: {document['rule']}."
    subtitle = f"Orange speaks for the class, purple against it. {choice} {note}"
    sheet = Sheet(WHY_HEIGHT, title, wrapped(subtitle, 1152, lines=2))
    sheet.place(24, ROWS[0], garment(maps["images"][place], BLOCK))
    sheet.text(24, ROWS[0] - 26, short(classes[entry["label"]]))
    _untrained_words(sheet, entry)
    x = FIRST
    for method in document["methods"]:
        if method["applies"]:
            _draw_maps(sheet, x, method, document, maps, place)
            x += APART
    _draw_curves(sheet, document, entry, x)
    sheet.save(path)
    return Figure(path, title, f"{title}. {_areas_in_words(document)}")


def _untrained_words(sheet: Sheet, entry: Mapping[str, Any]) -> None:
    score = f"which gives it {entry['untrained_score']:.2f}."
    lines = ("Grey frames: the", "same, asked of the", "untrained network,", score, "Same colours.")
    for number, line in enumerate(lines):
        sheet.text(24, ROWS[1] + 22 * number, line, colour=GREY)


def _draw_maps(
    sheet: Sheet,
    x: int,
    method: Mapping[str, Any],
    document: Mapping[str, Any],
    maps: Mapping[str, np.ndarray],
    place: int,
) -> None:
    """A method's map of the trained network above that of the untrained one, at one scale."""
    name = method["name"]
    trained, untrained = maps[name][place], maps[f"{name}/untrained"][place]
    limit = limit_of(trained, untrained)
    middle, colour = x + TILE / 2, COLOURS[name]
    sheet.text(middle, ROWS[0] - 23, method["title"], size=13, align="center", bold=True, colour=colour)
    sheet.place(x, ROWS[0], attribution(trained, limit, BLOCK), frame=LIGHT, frame_width=1)
    sheet.place(x, ROWS[1], attribution(untrained, limit, BLOCK), frame=UNTRAINED_FRAME, frame_width=3)
    holds = document["faithfulness"]["methods"][name]["faithful"]
    told, colour = (f"to ±{limit:.2g}", GREY) if holds else ("not faithful here", INK)
    sheet.text(middle, ROWS[0] + TILE + 3, told, size=13, align="center", colour=colour, bold=not holds)


def _draw_curves(sheet: Sheet, document: Mapping[str, Any], entry: Mapping[str, Any], x: int) -> None:
    counts = document["faithfulness"]["counts"]
    left, top, width, height = x + 72, ROWS[0] + 22, 1176 - x - 72, 216
    axes = sheet.axes(left, top, width, height)
    for name, curves in entry["methods"].items():
        axes.plot(counts, curves["other"]["deletion"], color=COLOURS[name], linewidth=1.2, linestyle=":")
        axes.plot(counts, curves["own"]["deletion"], color=COLOURS[name], linewidth=WIDTHS[name])
    axes.plot(counts, entry["brightness"]["deletion"], color=GREY, linewidth=1.5, linestyle="--")
    _dress(axes, counts)
    lines = "dotted: by the next picture's map; dashed: brightest first"
    sheet.text(x + 32, top - 50, "Probability of the answer as 4 x 4 blocks are covered")
    sheet.text(x + 32, top - 28, lines, size=13, colour=GREY)
    below = f"blocks covered, of {counts[-1]}"
    sheet.text(left + width / 2, top + height + 26, below, align="center")


def _dress(axes: Axes, counts: list[int]) -> None:
    axes.set_xlim(0, counts[-1])
    axes.set_ylim(0, 1.02)
    axes.set_yticks([0, 0.5, 1], ["0", "0.5", "1"], fontsize=pt(14))
    axes.set_xticks([0, 8, 16, 24, 32, 40, counts[-1]])
    axes.grid(color=LIGHT, linewidth=0.8)


def _areas_in_words(document: Mapping[str, Any]) -> str:
    faithfulness = document["faithfulness"]
    titles = {method["name"]: method["title"] for method in document["methods"]}
    found = [
        f"by {titles[name]} {m['own']:.2f} (by another picture's map {m['other']:.2f})"
        for name, m in faithfulness["methods"].items()
    ]
    unfaithful = [
        f" {titles[name][0].upper()}{titles[name][1:]} is not faithful here."
        for name, m in faithfulness["methods"].items()
        if not m["faithful"]
    ]
    over = f"Mean probability while covering, over {faithfulness['num_images']} test pictures"
    return f"{over}: {', '.join(found)}.{''.join(unfaithful)}"


def draw_wanted(
    folder: Path, figures: Path, rules: Mapping[str, tuple[str, int | None]], note: str = ""
) -> list[Figure]:
    """Draw what filters and classes want, made up, beside the best real picture of it.

    Drawn from wanted.npz and wanted.json: `wanted-<layer>.png` for each convolution, and
    `wanted-classes.png`. `rules` says for each layer by which rule its filters were chosen, and after how
    many of them a line is drawn.
    """
    document, images = read_value(folder / "wanted.json"), read_npz(folder / "wanted.npz")
    layers = dict.fromkeys(entry["layer"] for entry in document["filters"])
    of_filters = [
        drawn(
            *(_draw_filters, document, images, layer, *rules[layer]),
            path=figures / f"wanted-{layer}.png",
            note=note,
        )
        for layer in layers
    ]
    path = figures / "wanted-classes.png"
    return [*of_filters, drawn(_draw_classes, document, images, path=path, note=note)]


def _draw_filters(
    document: Mapping[str, Any],
    images: Mapping[str, np.ndarray],
    layer: str,
    rule: str,
    line: int | None,
    path: Path,
    note: str,
) -> Figure:
    entries = [entry for entry in document["filters"] if entry["layer"] == layer]
    ratios = [e["activation"] / e["real"]["activation"] for e in entries if e["real"]["activation"] > 0]
    title = f"What {counted(len(entries), 'filter')} of {layer} want{'s' * (len(entries) == 1)}"
    if ratios:
        ratio = float(np.median(ratios))
        alike = abs(ratio - 1) < 0.01
        reach = "what the best real one does" if alike else f"{ratio:.2f} times the best real one"
        title += f": made-up patches reach {reach}"
    subtitle = (
        f"{rule} {note}\n"
        f"Above: made up, the best of {document['starts']} climbs, one from the real patch. Below: the"
        f" strongest place in {document['searched']:,} test pictures{CONTROL} Numbers: the"
        f" activation reached; in the title the median of their ratios."
    )
    columns = []
    for place, entry in enumerate(entries):
        field, real = ReceptiveField(**entry["receptive_field"]), entry["real"]
        made, image = images[layer][place], images[f"{layer}/real"][place]
        control, at = _bytes(images[f"{layer}/untrained"][place]), (entry["row"], entry["column"])
        shown = [
            (patch(_bytes(made), field, *at), f"{entry['activation']:.2f}"),
            (patch(image, field, real["row"], real["column"]), f"{real['activation']:.2f}"),
            (patch(control, field, *at), f"{entry['untrained']['activation']:.2f}"),
        ]
        columns.append((f"filter {entry['index']}", shown))
    _draw_columns(columns, title, subtitle, path, across=FILTERS_ACROSS, cell=88, line=line)
    strongest = entries[0]
    alt = (
        f"{title}. Filter {strongest['index']}: {strongest['activation']:.2f} made up, "
        f"{strongest['real']['activation']:.2f} real."
    )
    return Figure(path, title, alt)


def _draw_classes(
    document: Mapping[str, Any], images: Mapping[str, np.ndarray], path: Path, note: str
) -> Figure:
    entries = document["classes"]
    made, real = ([e["logit"] for e in entries], [e["real"]["logit"] for e in entries])
    higher = sum(a > b for a, b in zip(made, real, strict=True))
    title = f"What each class wants: {higher} of {len(entries)} made-up pictures beat the best real one"
    subtitle = (
        f"Above: made up, the best of {document['starts']} climbs, one from the real picture. {note}\n"
        f"Below: the best of {document['searched']:,} test pictures{CONTROL} Numbers: the"
        f" logit of the class."
    )
    columns = []
    for place, entry in enumerate(entries):
        shown = [
            (_bytes(images["classes"][place]), decimal(entry["logit"])),
            (images["classes/real"][place], decimal(entry["real"]["logit"])),
            (_bytes(images["classes/untrained"][place]), decimal(entry["untrained"]["logit"])),
        ]
        columns.append((short(entry["class"]), shown))
    _draw_columns(columns, title, subtitle, path, across=CLASSES_ACROSS, cell=112)
    spans = [f"{decimal(min(logits))} to {decimal(max(logits))}" for logits in (made, real)]
    alt = f"{title}. Logits made up {spans[0]}, real {spans[1]}."
    return Figure(path, title, alt)


def _draw_columns(
    columns: list[tuple[str, list[tuple[np.ndarray, str]]]],
    title: str,
    subtitle: str,
    path: Path,
    across: int,
    cell: int,
    line: int | None = None,
) -> None:
    """Pictures made up, real and of the untrained network below each other, with a name and their numbers.

    `line`: after how many columns there is a line.
    """
    top, width, step = top_below(subtitle) + 8, 1152 // across, cell + 28
    height = 3 * step + 40
    sheet = Sheet(top + height * -(-len(columns) // across), title, subtitle)
    for number, (name, pictures) in enumerate(columns):
        x, y = 24 + number % across * width, top + number // across * height
        if number == line:
            draw_line(sheet, x - 6, y, 2, height - 12, INK)
        sheet.text(x, y, shortened(name, width - 6))
        for row, (picture, value) in enumerate(pictures):
            above = y + 24 + row * step
            tile = garment(picture, largest_block(max(picture.shape), cell))
            frame, edge = (UNTRAINED_FRAME, 3) if row == 2 else (LIGHT, 1)
            sheet.place(x, above, tile, frame=frame, frame_width=edge)
            sheet.text(x + tile.shape[1] / 2, above + tile.shape[0] + 4, value, align="center")
    sheet.save(path)


def _bytes(image: np.ndarray) -> np.ndarray:
    return np.rint(255 * image).astype(np.uint8)
