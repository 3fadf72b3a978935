"""Files that are either whole or absent: atomic writes, and locks between processes."""

import errno
import fcntl
import hashlib
import io
import json
import math
import os
import shlex
import shutil
import socket
import stat
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

MOST_BYTES = 1 << 28  # of a file that is read back; the largest, maps of pictures, take some 10 MB
MOST_UNPACKED = 1 << 30  # bytes of its arrays
TEMPORARY = ".tmp"  # how the names of files end that are being written; they begin with a dot
UMASK = os.umask(0o077)  # which can only be read by setting it
os.umask(UMASK)
ELSEWHERE = "(--outputs; for inspect, a copy of the run)"
MANY = 100  # files: from there on it is quicker to have all that is written anywhere reach the disk
_synced_later: list[Path] | None = None  # what is written within `synced_together`
ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or ask for a larger quota",
    errno.EFBIG: "raise the limit of file sizes (`ulimit -f`)",
    errno.EACCES: f"make the folder writable, or take another {ELSEWHERE}",
    errno.EPERM: f"make the folder writable, or take another {ELSEWHERE}",
    errno.EROFS: f"take a folder on another disk {ELSEWHERE}",
    errno.ENOTDIR: f"a file stands where a folder belongs: move it away, or take another folder {ELSEWHERE}",
    errno.EEXIST: f"a file stands where a folder belongs: move it away, or take another folder {ELSEWHERE}",
    errno.EISDIR: "a folder stands where a file belongs: move it away",
    errno.ENOENT: "it was deleted or moved meanwhile",
    errno.EIO: "the disk may be failing: check it",
}


def write_atomically(path: Path, data: bytes | Path) -> None:
    """Write a file so that nobody ever sees half of it, also after a crash; its folder is made if missing.

    `data` is its content, or the file that has it.

    Raises:
        OSError: the disk is full, the folder read-only, ...; it names the file. The old one is untouched.
    """
    try:
        _write(path, data)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def _write(path: Path, data: bytes | Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if isinstance(data, Path):
                with data.open("rb") as source:
                    shutil.copyfileobj(source, file)
            else:
                file.write(data)
            file.flush()
            os.fchmod(file.fileno(), 0o666 & ~UMASK)  # mkstemp makes files that only their owner can read
            if _synced_later is None:
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    if _synced_later is None:
        _sync(path.parent)
    else:
        _synced_later.append(path)


@contextmanager
def synced_together() -> Iterator[None]:
    """Have what is written inside survive a power cut from the end on, and not each file before the next.

    It is for thousands of small files that can be made again: a disk takes milliseconds for each by itself.
    """
    global _synced_later
    before, written = _synced_later, list[Path]()
    _synced_later = written
    try:
        yield
    finally:
        _synced_later = before
        paths = {*written, *(path.parent for path in written)}
        if len(paths) > MANY:
            os.sync()
        else:
            for path in paths:
                with suppress(FileNotFoundError):
                    _sync(path)


def link(source: Path, path: Path) -> None:
    """Have a file at `path`, too, in place of what is there: as one on disk, or as a copy where it can't be.

    Whoever writes one of both anew by `write_atomically` leaves the other as it is.
    """
    if path.exists() and path.samefile(source):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.link{TEMPORARY}")
    beside.unlink(missing_ok=True)
    try:
        os.link(source, beside)
    except OSError:  # another disk, or one that knows no links
        write_atomically(path, source)
    else:
        os.replace(beside, path)


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_if_other(path: Path, data: bytes) -> None:
    """Write a file atomically, unless it is there with this very content: what is intact is left alone."""
    try:
        same = path.stat().st_size == len(data) and read_bytes(path) == data
    except (OSError, ValueError):
        same = False
    if not same:
        write_atomically(path, data)


def explain_fault(error: OSError) -> str:
    """What went wrong with a file or a folder and what to do, in one sentence."""
    where = f"{error.filename}: " if error.filename else ""
    what = f"{error.strerror[:1].lower()}{error.strerror[1:]}" if error.strerror else str(error)
    advice = ADVICE.get(error.errno or 0)
    return f"{where}{what}" + (f"; {advice}" if advice else "")


def remove_temporary(folder: Path) -> None:
    """Remove what writers that were killed left in a folder and below; no one may be writing there."""
    for path in folder.rglob(f".*{TEMPORARY}"):
        path.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, which stands beside `path` and takes its name at the end.

    After an error nothing is left of it.

    Raises:
        OSError: the disk is full, a folder with something in it stands at `path`, ...
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=TEMPORARY, dir=path.parent))
    try:
        beside.chmod(0o777 & ~UMASK)
        yield beside
        os.rename(beside, path)
        _sync(path.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise


@contextmanager
def open_regular(path: Path) -> Iterator[tuple[io.BufferedReader, int]]:
    """Open a file that may come from anywhere: to be read, and how many bytes it has.

    Raises:
        OSError: it is missing, ...
        IsADirectoryError: it is no regular file; a named pipe, say, whose writer would be waited for.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, "it is no regular file", str(path))
        yield file, status.st_size


@contextmanager
def locked(path: Path, wait: bool = True) -> Iterator[None]:
    """Hold an exclusive lock on a file; the system frees it when the holder dies.

    The file is made if missing, and left in place.

    Raises:
        BlockingIOError: `wait` is False and another process holds the lock; `holder` says which.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.truncate(0)
        file.write(this_process())
        file.flush()
        yield


def is_locked(path: Path) -> bool:
    """Whether a process holds a lock; the file is only read."""
    try:
        with path.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none, so nobody has ever held it
        return False
    return False


def holder(path: Path) -> str:
    """Who holds a lock, or held it last: process, machine, since when, command."""
    with suppress(OSError):
        text = "".join(filter(str.isprintable, path.read_text(errors="replace")))
        return text[:300] or "another process"
    return "another process"


def this_process() -> str:
    """This process in one line: its number, machine, since when, and its command."""
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return f"process {os.getpid()} on {socket.gethostname()}, since {since}: {command}"


def write_json(path: Path, value: Any) -> None:
    """Write a value as readable JSON; NaN and infinity, which JSON lacks, raise ValueError."""
    write_atomically(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """A value as `write_json` writes it."""
    return (json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n").encode()


def write_npz(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name, compressed: maps are half zeros, pictures often half black."""
    write_atomically(path, npz_bytes(arrays))


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """Arrays by name as `write_npz` writes them."""
    data = io.BytesIO()
    np.savez_compressed(data, allow_pickle=False, **arrays)
    return data.getvalue()


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """Read a file that may come from anywhere.

    Raises:
        OSError: it is missing, ...
        ValueError: it is no regular file (a pipe would be waited for), or larger than `most` bytes, which
            none is that is written here.
    """
    size = path.stat().st_size
    if not path.is_file():
        raise ValueError("it is no regular file")
    if size > most:
        raise ValueError(f"it has {size:,} bytes; expected at most {most:,}")
    return path.read_bytes()


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex; it raises as `read_bytes`, but a file may have any size."""
    path.stat()  # it raises where there is none
    if not path.is_file():
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_value(path: Path) -> Any:
    """Read a JSON value that may come from anywhere; as `read_bytes`, and ValueError if it is no JSON."""
    return value_of(read_bytes(path).decode())


def value_of(text: str) -> Any:
    """The JSON value that a text of anybody's holds; ValueError if it is no JSON."""
    try:
        value = json.loads(text, parse_constant=_not_finite, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if "\\ud" in text.lower():  # half a character, which could neither be shown nor written again
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _finite(text: str) -> float:
    return _not_finite(text) if abs(float(text)) == float("inf") else float(text)


def _not_finite(text: str) -> NoReturn:
    raise ValueError(f"{text} is no finite number")


def read_npz(path: Path) -> dict[str, np.ndarray]:
    """Read arrays of numbers that may come from anywhere, by name; nothing is unpickled.

    Raises:
        OSError: the file is missing, ...
        Exception: it is damaged, too large, or holds something else; there are many ways.
    """
    with zipfile.ZipFile(io.BytesIO(read_bytes(path))) as archive:
        members = archive.infolist()
        size = sum(member.file_size for member in members)
        if size > MOST_UNPACKED:
            raise ValueError(f"it unpacks to {size:,} bytes; expected at most {MOST_UNPACKED:,}")
        return {member.filename.removesuffix(".npy"): _read_array(archive, member) for member in members}


def _read_array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray:
    """One array; what its header announces is compared with its size before memory is taken for it."""
    formats = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    with archive.open(member) as file:
        shape, by_columns, dtype = formats[np.lib.format.read_magic(file)](file)
        if dtype.kind not in "biuf":
            raise ValueError(f"{member.filename!a} in it holds {dtype}, and no numbers")
        if file.tell() + math.prod(shape) * dtype.itemsize != member.file_size:
            raise ValueError(f"{member.filename!a} in it does not have the size that it announces")
        values = np.frombuffer(bytearray(file.read()), dtype)
    return values.reshape(shape, order="F" if by_columns else "C")
