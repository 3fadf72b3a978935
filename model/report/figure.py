"""A picture of a report: what is declared of it once, and what is told of it when it was drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from configs.values import Words


@dataclass(frozen=True)
class Figure:
    """A picture: where, the finding it shows, the same in words with its numbers; or the fault it died of.

    `numbers` says in which files its numbers stand, empty: in those beside the picture. What a picture's
    function says there goes before what its declaration does.
    """

    path: Path
    title: str
    alt: str
    fault: str = ""
    numbers: str = ""


@dataclass(frozen=True)
class NotDrawn:
    """A picture that is missing, by its file as seen from the folder of what it belongs to, and why."""

    file: Words
    reason: Words


@dataclass(frozen=True)
class Picture:
    """The declaration of a picture. It stands in the list of its subject, and has a row in outputs/README.md.

    Attributes:
        name: of its file in figures/, without `.png`; a part in braces tells several apart (`{model}`).
        draw: from the parts that its parameters name and the `path` of the PNG to its figure, or to None
            where there is nothing to show. The parts are those of `model/experiment/writer.py`: `outcome` is
            what the models came to, `images` the test pictures uint8 (n, 28, 28) in the order of their file,
            `histories` the columns of each history.csv by model and seed, `inspection` the filters of
            `model`, of most interest; every key of report.json is one, too.
        numbers: where the numbers that it shows stand.
        only_with: the part without which there is nothing to draw; none if empty.
    """

    name: str
    draw: Callable[..., Figure | None]
    numbers: str
    only_with: str = ""
