"""The first pictures of each class of a packed data set, so that one that is turned or dark is seen."""

from pathlib import Path

import numpy as np

from data.packing import Packed
from model.packing.text import numbered_name
from model.report.canvas import Sheet, garment, shortened, top_below
from model.report.figure import Figure
from model.report.words import names

SHOWN = 10  # pictures of a class
SIDE, HIGHEST, GAP, LINE = 28, 1500, 24, 24  # pixels: of a picture, of a sheet, around strips, of a caption
COLUMNS = {3: 1, 2: 2, 1: 3}  # strips side by side, by how many pixels a pixel is drawn wide
READING = (
    "At most {most} training pictures of each class, the first ones. They should stand upright, light on "
    "dark. Where they lie on their side, pack anew {transpose} --transpose; where they are dark on light, "
    "{invert} --invert."
)


def first_pictures(packed: Packed, name: str, path: Path) -> Figure:
    """Draw the first ten training pictures of every class, each class under its name."""
    preparation = packed.preparation
    classes = preparation.classes
    sizes = f"{preparation.train:,} training and {preparation.test:,} test pictures"
    title = f"{name}: {sizes}, {len(classes)} classes"
    without = {True: "without", False: "with"}
    reading = READING.format(
        most=SHOWN, transpose=without[preparation.transposed], invert=without[preparation.inverted]
    )
    top = top_below(reading)
    heights = {block: top + -(-len(classes) // columns) * _row(block) for block, columns in COLUMNS.items()}
    block = next((block for block, height in heights.items() if height <= HIGHEST), min(heights))
    sheet = Sheet(heights[block], title, reading)
    rows, width = -(-len(classes) // COLUMNS[block]), SHOWN * (SIDE * block + 1)
    for label, one in enumerate(classes):
        column, row = divmod(label, rows)
        x, y = GAP + column * (width + 12), top + row * _row(block)
        caption = f"{numbered_name(label, one.name)}: {one.train:,} for training, {one.test:,} for the test"
        sheet.text(x, y, shortened(caption, width, 15))
        for place, index in enumerate(np.flatnonzero(packed.train.labels == label)[:SHOWN]):
            sheet.place(x + place * (SIDE * block + 1), y + LINE, garment(packed.train.images[index], block))
    sheet.save(path)
    return Figure(path, title, f"{title}. The first of each: {names([one.name for one in classes], 10)}.")


def _row(block: int) -> int:
    """The height of a strip with its caption and the space below."""
    return LINE + SIDE * block + GAP // 2
