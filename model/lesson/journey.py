"""The lesson's fifth figure: how many numbers there are on the way, and what two of them already tell."""

from typing import Any

import numpy as np
from matplotlib.patches import Ellipse

from model.lesson.parts import PALE, STRONG, arrow, bar, heading, pen, rule
from model.lesson.text import number
from model.report.canvas import GREY, INK, Sheet, caption, garment, pt, response

# The name of a cloud, and the place on its outline that it points to: (vertical, horizontal) answers.
CLOUD_LABELS = {
    "Sneaker": ((6, 190), (56, 151)),
    "Sandal": ((78, 192), (96, 170)),
    "Ankle boot": ((196, 182), (133, 150)),
    "Bag": ((206, 162), (157, 130)),
    "Shirt": ((206, 142), (180, 110)),
    "Coat": ((218, 122), (203, 104)),
    "Pullover": ((240, 100), (229, 96)),
    "T-shirt/top": ((40, 24), (110, 64)),
    "Dress": ((64, 8), (126, 37)),
    "Trouser": ((232, 58), (220, 44)),
}


def journey(sheet: Sheet, numbers: dict[str, Any], maps: dict[str, np.ndarray]) -> None:
    """One garment through two filters, the whole network's counts, and the classes as clouds."""
    steps, overlay = numbers["journey"]["steps"], pen(sheet)
    x, middle, block = 24, 208, 6
    words = ("picture", *("3 × 3 filter, ReLU", "2 × 2 max pooling") * 2)
    for (name, step), text in zip(steps.items(), words, strict=True):
        values = maps[f"journey/{name}"]
        height, width = (side * block for side in step["shape"])
        if name == "picture":
            picture = garment(values, block)
        else:
            arrow(overlay, (x - 142, middle), (x - 14, middle))
            caption(sheet, x - 80, middle - 24, text)
            limit = steps["conv1" if name.endswith("1") else "conv2"]["largest"]
            picture = response(values, limit, block)
        sheet.place(x, middle - height // 2, picture, frame="#aaaaaa", frame_width=1)
        rows, columns = step["shape"]
        sheet.text(x + width / 2, 304, f"{rows} × {columns} = {step['numbers']}", align="center", bold=True)
        caption(sheet, x + width / 2, 326, f"largest {number(step['largest'])}")
        x += width + 156
    _whole_network(sheet, numbers)
    _clouds(sheet, numbers["classes"], maps["answers"], maps["labels"])


def _whole_network(sheet: Sheet, numbers: dict[str, Any]) -> None:
    x, y = 24, 374
    rule(sheet, 24, 360, width=1152)
    heading(sheet, x, y, "The whole network: 64 filters in each convolution", "left")
    counts, steps = numbers["network"], numbers["journey"]["steps"]
    for line, (name, count) in enumerate(counts.items()):
        top = y + 34 + 32 * line
        label = "784" if name == "picture" else f"64 × {steps[name]['numbers']}"
        sheet.text(x, top, name, size=15)
        sheet.text(x + 150, top, label, size=15, align="right", colour=GREY)
        width = round(210 * count / max(counts.values()))
        bar(sheet, x + 166, top - 2, width, 20, PALE if name == "picture" else STRONG)
        sheet.text(x + 174 + width, top, f"{count:,}", size=15, bold=True)
    for line, text in enumerate(
        (
            "Each filter condenses, 64 of them together make more.",
            "What is condensed is where; what is gained is what.",
            "11 × 11 leaves out its last row and column: 5 × 5.",
        )
    ):
        sheet.text(x, y + 206 + 24 * line, text, size=15)


def _clouds(sheet: Sheet, classes: dict[str, Any], answers: np.ndarray, labels: np.ndarray) -> None:
    rule(sheet, 490, 374, height=281)
    separation = classes["separation"]
    heading(sheet, 514, 374, "Every class by its answers to the filters of figures 2 and 3", "left")
    axes = sheet.axes(568, 404, 420, 204)
    colours = dict(zip(separation["classes"], (STRONG, "#d55e00"), strict=True))
    for label, cloud in enumerate(classes["clouds"]):
        name, half = cloud["class"], cloud["half_within"]
        colour = colours.get(name, GREY)
        if name in colours:
            axes.plot(*answers[labels == label].T, ".", markersize=1.5, alpha=0.3, color=colour, zorder=1)
        centre = cloud["mean_vertical"], cloud["mean_horizontal"]
        width, height = (2 * axis for axis in half["semi_axes"])
        outline: dict[str, Any] = {"edgecolor": colour, "linewidth": pt(2.5 if name in colours else 1.3)}
        axes.add_patch(Ellipse(centre, width, height, angle=half["angle_degrees"], fill=False, **outline))
        place, edge = CLOUD_LABELS.get(name, (centre, centre))
        axes.annotate(
            name,
            edge,
            place,
            fontsize=pt(14),
            color=colour if name in colours else INK,
            fontweight="bold" if name in colours else "normal",
            va="center",
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": pt(1), "shrinkA": 1, "shrinkB": 0},
        )
    axes.plot((0, 330), (0, 330), color=INK, linewidth=pt(1), linestyle="--")
    axes.set(xlim=(0, 300), ylim=(0, 204), yticks=(0, 50, 100, 150, 200))
    axes.set_xlabel("mean |response| to the vertical filter", fontsize=pt(14))
    axes.set_ylabel("to the horizontal", fontsize=pt(14))
    right = f"{separation['right']:,} of"
    for line, text in enumerate(
        (
            "Below the dashed line:",
            "more vertical than",
            "horizontal. That alone",
            "tells trouser from",
            f"sneaker in {right}",
        )
    ):
        sheet.text(1004, 410 + 22 * line, text, size=15)
    sheet.text(1004, 520, f"{separation['of']:,} test pictures.", size=15)
    caption(sheet, 1004, 560, "A dot is a picture, an", "left")
    caption(sheet, 1004, 578, "outline holds half of", "left")
    caption(sheet, 1004, 596, "the pictures of its class.", "left")
