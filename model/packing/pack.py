"""The verb `data --pack`: read, show, write whole or not at all, and say what was done."""

import os
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from configs.strict_yaml import shown
from data.idx import DataError
from data.packing import prepare, write
from data.splits import CLASSES_HERE
from data.storage import whole_folder
from model.experiment.progress import BAR_WIDTH, say, short_path
from model.packing.figure import first_pictures
from model.packing.text import packed_block
from model.report.drawing import drawn, missing_pictures, not_drawn

FIGURE = "first-pictures.png"


def pack(source: Path, folder: Path, console: Console, transpose: bool = False, invert: bool = False) -> int:
    """Make the files that training takes of what stands in `source`, in a new folder.

    All is as `data.packing.prepare` takes it; nothing may stand in the folder's place. Returns the exit code:
    0, or 4 if the picture could not be drawn.

    Raises:
        DataError: the source can't be used, or the folder can't be made; nothing has been written then.
        OSError: the disk is full, ...; nothing is left then.
    """
    given, source, folder = source, _absolute(source), _absolute(folder)
    _must_be_free(folder, source)
    columns = (TextColumn("reading"), BarColumn(BAR_WIDTH), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as display:
        task = display.add_task("", total=1.0)
        packed = prepare(source, transpose, invert, lambda share: display.update(task, completed=share))
    CLASSES_HERE[:] = [one.name for one in packed.preparation.classes]
    with whole_folder(folder) as beside:
        write(packed, beside)
        figure = drawn(first_pictures, packed, folder.name, path=beside / FIGURE)
        missing = missing_pictures(not_drawn([figure], beside))
    say(console, "\n".join([*missing, packed_block(packed.preparation, given, folder, short_path(folder))]))
    return 4 if missing else 0


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path.expanduser()))


def _must_be_free(folder: Path, source: Path) -> None:
    name = shown(str(folder), 300)
    if os.path.lexists(folder):
        raise DataError(
            f"{name} is there already; expected a new folder. Give it another name, or delete it."
        )
    if folder.is_relative_to(source):
        raise DataError(f"{name} is inside {source}, which is packed; expected a folder elsewhere. Name one.")
    if not str(folder).isprintable() or folder.name != folder.name.strip():
        raise DataError(
            f"{name} can't be named in a config; expected a name of plain characters without spaces around "
            "it. Give it another one."
        )
