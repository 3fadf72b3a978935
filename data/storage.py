"""Files that are either whole or absent: atomic writes, and locks between processes."""

import fcntl
import io
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that nobody ever sees half of it, also after a crash.

    Args:
        path: where the file goes; its folder is made if missing.
        data: the whole content.

    Raises:
        OSError: the disk is full, the folder read-only, ...; the old file is then untouched.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o644)  # mkstemp makes files that only their owner can read
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system frees it when the holder dies.

    Args:
        path: the lock file; made if missing, and left in place.
        wait: wait for the holder; if False, raise at once.

    Raises:
        BlockingIOError: `wait` is False and another process holds the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON; NaN and infinity, which JSON lacks, raise ValueError."""
    write_atomically(path, (json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode())


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name, compressed: maps are half zeros, garments half black."""
    data = io.BytesIO()
    np.savez_compressed(data, allow_pickle=False, **arrays)
    write_atomically(path, data.getvalue())
