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

    Hidden files, and those whose names do not end as pictures' do, are left out of folders.

    Returns:
        The names, `-` as it is, each once; and why some of those that were given stand for none.
    """
    found: dict[str, None] = {}
    bad: dict[str, str] = {}
    for name in given:
        if name == STANDARD_INPUT or not os.path.isdir(name):
            found[name] = None
        elif inside := _in_folder(name):
            found |= dict.fromkeys(inside)
        else:
            kinds = ", ".join(sorted(ENDINGS))
            bad[name] = f"no file in this folder has a name that ends in one of {kinds}"
    return list(found), bad


def _in_folder(folder: str) -> list[str]:
    found = []
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        pictures = (name for name in sorted(files) if not name.startswith("."))
        found += [os.path.join(where, name) for name in pictures if Path(name).suffix.lower() in ENDINGS]
    return found


def handed_over(stream: BinaryIO) -> bytes:
    """All that comes in by a stream.

    Raises:
        BadPicture: it is more than a picture has.
    """
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BadPicture(f"more than {MOST_BYTES:,} bytes came in")
    return content
