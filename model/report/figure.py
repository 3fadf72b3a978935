"""A picture of a report: what is declared of it once, and what is told of it when it was drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """What a function returns that draws a picture into the PNG `path`.

    `title` is the finding it shows, `alt` that with numbers for those who can't see it, `fault` what it died
    of instead, and `numbers` tells where the numbers that it shows stand.
    """

    path: Path
    title: str
    alt: str
    fault: str = ""
    numbers: str = "the .json and .npz files beside the picture"


@dataclass(frozen=True)
class Picture:
    """The declaration of a picture: with the function that draws it, all that it takes to add one.

    Attributes:
        name: of its file in figures/, without `.png`; a part in braces tells several apart (`{model}`).
        draw: from the parts that it needs, by name, and the `path` of the PNG to its figure.
        numbers: where the numbers that it shows stand.
        needs: names of parts, of those that `model/experiment/writer.py` has.
        only_with: the part without which there is nothing to draw; none if empty.
    """

    name: str
    draw: Callable[..., Figure]
    numbers: str
    needs: tuple[str, ...] = ("report",)
    only_with: str = ""
