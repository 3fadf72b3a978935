"""Any nine numbers as a filter on any test picture, named by what it answers to."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import ConfigError
from data.splits import Split
from data.storage import write_json
from model.lesson import text as lesson_text
from model.lesson.against_keras import keras_convolve, quiet
from model.lesson.arithmetic import Maps, Say, convolve, drawn_lines, max_pool, mean_response, relu
from model.lesson.figures import draw_filter
from model.report.drawing import drawn, must_be_drawn

DIRECTIONS = ("vertical", "horizontal", "rising", "falling")
CLEARLY = 1.5  # one kind of line is preferred if it is answered this many times as strongly
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
    numbers |= {"picture": title, "caption": lesson_text.filter_caption(numbers, title)}
    path = outputs / "lesson" / "your-filter.png"
    write_json(path.with_suffix(".json"), numbers)
    figure = drawn(draw_filter, path=path, numbers=numbers, maps=maps)
    for line in lesson_text.filter_lines(numbers, path):
        say(line)
    with quiet():
        theirs = keras_convolve(picture, kernel.astype(np.float32))
    numbers["keras"] = {"largest_difference": float(np.abs(theirs - maps["response"]).max())}
    write_json(path.with_suffix(".json"), numbers)
    largest = max(abs(numbers["smallest"]), abs(numbers["largest"]))
    how = lesson_text.difference(numbers["keras"]["largest_difference"], largest)
    say(f"Keras: Conv2D with your nine numbers, all {theirs.size} places: {how}.")
    must_be_drawn([figure], outputs)


def parse_filter(nine: str) -> np.ndarray:
    """Nine numbers as float64 (3, 3), row by row; ConfigError if they are anything else."""
    words = nine.replace(",", " ").replace("−", "-").split()  # the figures print the real minus
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != 9 or not all(math.isfinite(value) and abs(value) <= LARGEST for value in values):
        what = f"{len(words)} of them" if len(values) == len(words) != 9 else "not only such numbers"
        raise ConfigError(
            f'--filter "{nine}": {what}; expected nine finite numbers up to 1,000, row by row, such as '
            '"-1 0 1 -2 0 2 -1 0 1".'
        )
    return np.array(values).reshape(3, 3) + 0.0  # + 0: a "-0" is a 0


def pick(test: Split, index: int) -> np.ndarray:
    """A test picture uint8 (h, w); ConfigError if there is none of this number."""
    if not 0 <= index < len(test.images):
        raise ConfigError(
            f"--image {index}: there is no such test picture; expected 0 to {len(test.images) - 1}."
        )
    return test.images[index]


def filter_numbers(kernel: np.ndarray, picture: np.ndarray) -> tuple[dict[str, Any], Maps]:
    """What a filter (3, 3) makes of a picture uint8 (h, w), and which drawn lines it answers to."""
    response = convolve(picture, kernel)
    row, column = (int(i) for i in np.unravel_index(np.abs(response).argmax(), response.shape))
    window = picture[row : row + 3, column : column + 3]
    drawn = {f"drawn/{direction}": drawn_lines(direction) for direction in DIRECTIONS}
    answers = {name.split("/")[1]: float(mean_response(lines, kernel)) for name, lines in drawn.items()}
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
        "orientation": orientation(answers),
    }
    highlighted = relu(response)
    maps = {"picture": picture, "response": response, "relu": highlighted, "pooled": max_pool(highlighted)}
    return numbers, maps | drawn


def orientation(answers: dict[str, float]) -> str | None:
    """The kind of drawn lines that a filter clearly answers to, of those at right angles; None if none."""
    for one, other in (DIRECTIONS[:2], DIRECTIONS[2:]):
        weaker, stronger = sorted((one, other), key=lambda direction: answers[direction])
        if answers[stronger] > CLEARLY * answers[weaker]:
            return stronger
    return None
