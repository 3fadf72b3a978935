"""Pictures drawn one by one, so that one that can't be drawn costs itself alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any, TypeVar

from model.report.figure import Figure, NotDrawn, Picture
from model.report.tables import printable
from model.run.folder import RunError
from model.run.process import reason_of

T = TypeVar("T")


def drawn(draw: Callable[..., T], *arguments: Any, path: Path, **named: Any) -> T | Figure:
    """Draw a picture at `path`; what goes wrong in that is told in its place, in a figure with a fault.

    Raises:
        OSError: the disk does not take the picture. It would not take what tells of that, either.
    """
    try:
        return draw(*arguments, path=path, **named)
    except Exception as error:
        if isinstance(error, OSError) and error.filename == str(path):
            raise
        return Figure(path, "", "", reason_of(error))


def draw_pictures(pictures: Iterable[Picture], parts: Mapping[str, Any], folder: Path) -> list[Figure]:
    """Draw those pictures of a list that have something to show, from parts by name, into a folder."""
    figures = []
    for picture in pictures:
        if not picture.only_with or parts[picture.only_with]:
            path = folder / f"{picture.name.format_map(parts)}.png"
            named = signature(picture.draw).parameters
            figure = drawn(picture.draw, path=path, **{name: parts[name] for name in parts if name in named})
            if figure is not None:
                figures.append(replace(figure, numbers=figure.numbers or picture.numbers))
    return figures


def not_drawn(figures: Iterable[Figure], folder: Path) -> list[NotDrawn]:
    """The pictures that are missing, by their files as seen from a folder."""
    return [
        NotDrawn(figure.path.relative_to(folder).as_posix(), figure.fault)
        for figure in figures
        if figure.fault
    ]


def must_be_drawn(figures: Iterable[Figure], folder: Path) -> None:
    """Raise RunError, with all reasons, if pictures are missing."""
    if missing := missing_pictures(not_drawn(figures, folder)):
        raise RunError("\n".join(missing))


def missing_pictures(pictures: Sequence[NotDrawn]) -> list[str]:
    """The pictures that could not be drawn, each with the reason."""
    return [printable(f"{picture.file} could not be drawn: {picture.reason}") for picture in pictures]
