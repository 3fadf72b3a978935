"""Any nine numbers as a filter on any test picture, named by what it answers to."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import ConfigError
from data.splits import Split
from data.storage import write_json
from model.lesson.against_keras import keras_convolve, quiet
from model.lesson.arithmetic import Maps, Say, convolve, drawn_lines, max_pool, relu
from model.lesson.figures import draw_filter
from model.lesson.filter_text import filter_caption, filter_lines
from model.lesson.text import difference
from model.report.drawing import drawn, must_be_drawn

DIRECTIONS = ("vertical", "horizontal", "rising", "falling")
# Turned by a right angle, lines are the same lines: what answers to both the same has the ratio 1. Diagonals
# are 0.7 times as wide as lines along the sides; a blur answers 1.3 times as strongly to the one as to the
# other.
TURNED, CLEARLY = 1.25, 1.5
ROUNDING = 1e-9  # of the largest
LARGEST = 1000  # so that sums can be read


def lesson_filter(
    outputs: Path, nine: str, image_index: int, test: Split, class_names: Sequence[str], say: Say
) -> None:
    """Write `lesson/your-filter.png` and `.json`, tell their numbers, then compare them with Keras's.

    `nine` are nine numbers, row by row, divided by spaces or commas.

    Raises:
        ConfigError: not nine finite numbers, or no such picture.
        RunError: the figure could not be drawn; everything else has been done.
    """
    kernel = parse_filter(nine)
    picture = pick(test, image_index)
    title = f"test picture {image_index} ({class_names[int(test.labels[image_index])]})"
    numbers, maps = filter_numbers(kernel, picture)
    numbers |= {"picture": title, "caption": filter_caption(numbers, title)}
    path = outputs / "lesson" / "your-filter.png"
    write_json(path.with_suffix(".json"), numbers)
    figure = drawn(draw_filter, path=path, numbers=numbers, maps=maps)
    for line in filter_lines(numbers, path):
        say(line)
    with quiet():
        theirs = keras_convolve(picture, kernel.astype(np.float32))
    numbers["keras"] = {"largest_difference": float(np.abs(theirs - maps["response"]).max())}
    write_json(path.with_suffix(".json"), numbers)
    largest = max(abs(numbers["smallest"]), abs(numbers["largest"]))
    how = difference(numbers["keras"]["largest_difference"], largest)
    say(f"Keras: Conv2D with your nine numbers, all {theirs.size} places: {how}.")
    must_be_drawn([figure], outputs)


def parse_filter(nine: str) -> np.ndarray:
    """Nine numbers as float64 (3, 3), row by row; ConfigError if they are anything else."""
    plain = re.sub(r"\s+,\s*|,\s+", " ", nine).replace("−", "-")  # the figures print the real minus
    groups = [group.split(",") for group in plain.split()]
    words = [word for group in groups for word in group]
    doubtful = [",".join(group) for group in groups if len(group) == 2 and len(groups) > 1]
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    fine = len(values) == 9 and all(math.isfinite(value) and abs(value) <= LARGEST for value in values)
    if fine and not doubtful:
        return np.array(values).reshape(3, 3) + 0.0  # + 0: a "-0" is a 0
    if values and doubtful:
        what = f"{doubtful[0]} can be one number or two (a decimal has a point)"
    else:
        what = f"{len(words)} of them" if len(values) == len(words) != 9 else "not only such numbers"
    raise ConfigError(
        f'--filter "{nine}": {what}; expected nine finite numbers up to 1,000, row by row, such as '
        '"-1 0 1 -2 0 2 -1 0 1".'
    )


def pick(test: Split, index: int) -> np.ndarray:
    """A test picture uint8 (h, w); ConfigError if there is none of this number."""
    if not 0 <= index < len(test.images):
        raise ConfigError(
            f"--image {index}: there is no such test picture; expected 0 to {len(test.images) - 1}."
        )
    return test.images[index]


def filter_numbers(kernel: np.ndarray, picture: np.ndarray) -> tuple[dict[str, Any], Maps]:
    """What a filter (3, 3) makes of a picture uint8 (h, w), and what it answers to.

    `strongest` is the place of the largest response, which ReLU keeps. `mean_response` is the mean |response|
    to drawn lines less that to an even grey of their mean brightness, without which a filter whose numbers do
    not add up to 0 would measure brightness; `strongest_thin` the largest |response| to a single white pixel
    and to white lines one pixel wide.
    """
    response = convolve(picture, kernel)
    row, column = (int(i) for i in np.unravel_index(response.argmax(), response.shape))
    window = picture[row : row + 3, column : column + 3]
    drawn = {f"drawn/{direction}": drawn_lines(direction) for direction in DIRECTIONS}
    answers = {
        name.split("/")[1]: float(np.abs(convolve(lines, kernel) - kernel.sum() * lines.mean()).mean())
        for name, lines in drawn.items()
    }
    thin = {kind: float(np.abs(convolve(lines, kernel)).max()) for kind, lines in _thin().items()}
    numbers = {
        "filter": kernel.tolist(),
        "strongest": {
            "row": row,
            "column": column,
            "neighbourhood": window.tolist(),
            "products": (window * kernel + 0.0).tolist(),
            "sum": float(response[row, column]),
        },
        "smallest": float(response.min()),
        "largest": float(response.max()),
        "mean_response": answers,
        "strongest_thin": thin,
        "answers_to": answers_to(answers, thin),
    }
    highlighted = relu(response)
    maps = {"picture": picture, "response": response, "relu": highlighted, "pooled": max_pool(highlighted)}
    return numbers, maps | drawn


def _thin() -> Maps:
    """Pictures uint8 (28, 28) of a single white pixel and of a line one pixel wide, of each direction."""
    row, column = np.indices((28, 28))
    masks = ((row == 14) & (column == 14), column == 14, row == 14, row + column == 27, row == column)
    kinds = ("spot", *DIRECTIONS)
    return {kind: (255 * mask).astype(np.uint8) for kind, mask in zip(kinds, masks, strict=True)}


def answers_to(answers: dict[str, float], thin: dict[str, float]) -> str:
    """What a filter clearly answers to, of `mean_response` and `strongest_thin`.

    One kind of lines of those at right angles; else "spots", where no thin line gives more than a single
    pixel; else "diagonals" or "sides", both of them; "lines", all of them; or "nothing".
    """
    most = max(answers.values())
    if not most:
        return "nothing"
    sides, diagonals = DIRECTIONS[:2], DIRECTIONS[2:]
    for pair in sorted((sides, diagonals), key=lambda pair: -max(answers[kind] for kind in pair)):
        weaker, stronger = sorted(pair, key=lambda kind: answers[kind])
        clear = answers[stronger] > max(TURNED * answers[weaker], ROUNDING * most)
        if clear and CLEARLY * answers[stronger] >= most:
            return stronger
    line, along_sides = (max(thin[kind] for kind in kinds) for kinds in (DIRECTIONS, sides))
    if thin["spot"] >= (1 - ROUNDING) * line and thin["spot"] > (1 + ROUNDING) * along_sides:
        return "spots"
    for name, pair, other in (("diagonals", diagonals, sides), ("sides", sides, diagonals)):
        if max(answers[kind] for kind in pair) > CLEARLY * max(answers[kind] for kind in other):
            return name
    return "lines"
