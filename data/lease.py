"""Locks that reach other machines with the same disk, and what their holders say of their work.

A lock of the system is freed when its holder dies, but may not reach other machines. So its holder also
refreshes a file beside it every few seconds: where that grows old, a holder elsewhere is dead.
"""

import json
import os
import socket
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from data.storage import TEMPORARY, holder, is_locked, locked, this_process, value_of

BEAT = 2.0  # seconds between two refreshings of the file
LONGEST_SILENCE = 45.0  # seconds without one, after which a holder on another machine counts as dead
MOST_BYTES = 1 << 23  # that are read of such a file: ten thousand jobs may have failed


@dataclass(frozen=True)
class Holder:
    """Who holds a lock (process, machine, since when, command), and what is told of the work there."""

    who: str
    told: Mapping[str, Any]


@dataclass(frozen=True)
class _Found:
    """A file of a lease as it is there: `modified` is in seconds, by the clock of its disk."""

    who: str = "another process"
    machine: str = ""
    token: str = ""
    told: dict[str, Any] = field(default_factory=dict)
    modified: float = 0.0


class Lease:
    """The file of a lock that is held, refreshed by a thread until it is released.

    `tells` gives what others are told of the work: a JSON object, asked for at every beat.
    """

    def __init__(self, path: Path) -> None:
        self.tells: Callable[[], Mapping[str, Any]] = dict
        self._path, self._token, self._who = path, uuid.uuid4().hex, this_process()
        self._ended, self._lost = threading.Event(), ""
        self._take()
        self._thread = threading.Thread(target=self._beat, daemon=True)
        self._thread.start()

    @property
    def lost_to(self) -> str:
        """Who has taken it over, since this process gave no sign for so long; empty while it is held."""
        return self._lost

    def release(self) -> None:
        """Free it for others."""
        self._ended.set()
        self._thread.join()
        with suppress(OSError):
            if _found_in(self._path).token == self._token:
                self._path.unlink()

    def _take(self) -> None:
        """Put the file in place, unless a holder on another machine is alive.

        What a dead one left is taken away by whoever renames it first; of two, the other one finds that it
        has taken away a new file, puts that back and is refused.

        Raises:
            BlockingIOError: with who holds it.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        aside = self._path.with_name(f"{self._path.name}.{self._token}{TEMPORARY}")
        with suppress(FileNotFoundError):
            found = _found_in(self._path)
            if found.machine != this_machine() and _age(self._path, found) < LONGEST_SILENCE:
                raise BlockingIOError(found.who)
            os.rename(self._path, aside)
            taken = _found_in(aside)
            if taken.token != found.token:
                with suppress(FileExistsError):
                    self._put(aside.read_bytes())
                aside.unlink()
                raise BlockingIOError(taken.who)
            aside.unlink()
        try:
            self._put(self._content())
        except FileExistsError:
            raise BlockingIOError(_found_in(self._path).who) from None

    def _put(self, content: bytes) -> None:
        """Make the file, which only one process of all can do."""
        with self._path.open("xb") as file:
            file.write(content)

    def _content(self) -> bytes:
        """What stands in the file: of the work only where that is no more than is read."""
        value = {"who": self._who, "machine": this_machine(), "token": self._token, "told": self.tells()}
        content = json.dumps(value, ensure_ascii=False).encode()
        return content if len(content) <= MOST_BYTES else json.dumps(value | {"told": {}}).encode()

    def _beat(self) -> None:
        while not self._ended.wait(BEAT):
            with suppress(OSError):  # the disk may be there again at the next beat
                try:
                    found = _found_in(self._path)
                except FileNotFoundError:
                    found = _Found()
                if found.token != self._token:
                    self._lost = found.who
                    return
                try:
                    _replace(self._path, self._content())
                except Exception:  # a full disk, or what tells fails: a sign of life needs neither
                    os.utime(self._path)


@contextmanager
def leased(lock: Path) -> Iterator[Lease]:
    """Hold a lock against the processes of all machines that see it; the file is made and left in place.

    Raises:
        BlockingIOError: another process holds it; its text says which.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(lock, wait=False))
        except BlockingIOError:
            raise BlockingIOError(holder(lock)) from None
        lease = Lease(_file_of(lock))
        stack.callback(lease.release)
        yield lease


def holder_of(lock: Path) -> Holder | None:
    """Who holds a lock on this machine or another one, and what is told of the work; None if nobody does."""
    try:
        found = _found_in(_file_of(lock))
    except OSError:
        found = _Found()
    if is_locked(lock):
        return Holder(holder(lock), found.told)
    if not found.machine or found.machine == this_machine():
        return None
    alive = _age(_file_of(lock), found) < LONGEST_SILENCE
    return Holder(found.who, found.told) if alive else None


def remove_freed(lock: Path) -> None:
    """Remove the files of a lock, unless somebody holds it."""
    with suppress(OSError), leased(lock):
        lock.unlink()


@cache
def this_machine() -> str:
    """What tells this machine, as it runs since it was started, from all others."""
    with suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()} {uuid.getnode():x}"


def _file_of(lock: Path) -> Path:
    """The file that is refreshed while a lock is held."""
    return lock.with_name(f"{lock.name.removesuffix('.lock')}+jobs.json")


def _found_in(path: Path) -> _Found:
    """What a file says, whoever wrote it; it is opened, so that a disk elsewhere is asked and no cache."""
    with path.open("rb") as file:
        content, modified = file.read(MOST_BYTES), os.fstat(file.fileno()).st_mtime
    with suppress(ValueError, TypeError, KeyError):
        value = value_of(content.decode())
        who, machine, token, told = (value[key] for key in ("who", "machine", "token", "told"))
        if isinstance(told, dict) and all(isinstance(text, str) for text in (who, machine, token)):
            who = "".join(filter(str.isprintable, who))[:300] or "another process"
            return _Found(who, machine, token, told, modified)
    return _Found(modified=modified)  # its holder may not have written yet


def _age(path: Path, found: _Found) -> float:
    """The seconds since a file was refreshed, by the clock of its disk: that of a file written just now."""
    try:
        with tempfile.NamedTemporaryFile(prefix=f"{path.name}.", suffix=TEMPORARY, dir=path.parent) as file:
            file.write(b"0")
            file.flush()
            now = os.fstat(file.fileno()).st_mtime
    except OSError:  # who only looks may not be allowed to write
        now = time.time()
    return now - found.modified


def _replace(path: Path, content: bytes) -> None:
    """As `write_atomically`, but for power cuts: nobody reads this after one."""
    temporary = path.with_name(f"{path.name}{TEMPORARY}")
    try:
        temporary.write_bytes(content)
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
