"""Where pictures are that somebody names: files, folders with files, and what is handed over."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from data.pictures import ENDINGS, BadPicture

STANDARD_INPUT = "-"
MOST_BYTES = 1 << 28  # of a picture that is handed over


def named_pictures(given: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The files that are meant by names, in their order; of a folder its pictures by name, those below, too.

    Hidden files, and those whose names do not end as pictures' do, are left out of folders. Returns names,
    `-` as it is, each once; and why some of those that were given stand for none.
    """
    found: dict[str, None] = {}
    bad: dict[str, str] = {}
    for name in given:
        if name == STANDARD_INPUT or not os.path.isdir(name):
            found[name] = None
            continue
        inside, unusable = _in_folder(name)
        found |= dict.fromkeys(inside)
        bad |= unusable
        if not inside and not unusable:
            kinds = ", ".join(sorted(ENDINGS))
            bad[name] = f"no file in this folder has a name that ends in one of {kinds}"
    return list(found), bad


def _in_folder(folder: str) -> tuple[list[str], dict[str, str]]:
    """The pictures in a folder and those below, and why others, and folders, could not be taken."""
    found: list[str] = []
    bad: dict[str, str] = {}

    def note(error: OSError) -> None:
        bad[_spelt(error.filename)] = str(error.strerror)

    for where, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        pictures = (name for name in sorted(files) if not name.startswith("."))
        for name in (one for one in pictures if Path(one).suffix.lower() in ENDINGS):
            path = os.path.join(where, name)
            if _spelt(path) == path:
                found.append(path)
            else:
                bad[_spelt(path)] = "its name is not UTF-8; rename it"
    return found, bad


def _spelt(path: str) -> str:
    """A path as it can be printed and written: what is not UTF-8 in it is replaced."""
    return os.fsencode(path).decode(errors="replace")


def handed_over(stream: BinaryIO) -> bytes:
    """All that comes in by a stream.

    Raises:
        BadPicture: nothing comes in, or more than a picture has.
    """
    content = stream.read(MOST_BYTES + 1)
    if not content:
        raise BadPicture("nothing came in by standard input")
    if len(content) > MOST_BYTES:
        raise BadPicture(f"more than {MOST_BYTES:,} bytes came in")
    return content
