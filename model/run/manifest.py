"""What a run folder vouches for: manifest.json says what was made from what. No TensorFlow.

The process that holds the run writes it, after every part that is finished: a training, a look, the report.
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter

from configs.values import Words
from data.storage import json_bytes, read_value, sha256_of, write_if_other

MANIFEST = "manifest.json"
VERSION = 1
IDENTITY = ("config_digest", "data_digest")  # what makes two experiments the same one
OF_ONE_RUN = ("metrics.json", "model.keras", "report.json")  # files that no two runs have alike
Name = Annotated[str, Field(pattern=r"^[\w-][\w.-]*(/[\w-][\w.-]*){0,2}$")]  # a file, as seen from the run
State = Literal["whole", "waiting", "missing", "changed", "unreadable", "stale"]
WORST_FIRST: tuple[State, ...] = ("unreadable", "changed", "missing")  # nobody knows what a file has
Record = Literal["kept", "none", "damaged", "later", "foreign"]


class Stamp(NamedTuple):
    """A file as it was made: its sha256 in hex, its size in bytes, its time in nanoseconds."""

    sha256: str
    size: int
    mtime_ns: int


class Part(NamedTuple):
    """What was made at once: the digest of its settings, the sha256 of what it was made from, its files."""

    settings: str
    made_from: dict[Name, str]
    files: Annotated[dict[Name, Stamp], Field(min_length=1)]


@dataclass
class Manifest:
    """The record of one run folder: what the run was made with, and its parts by name, with their files.

    The digests of `environment`, the content of environment.json, are the run's identity. `guess` is what was
    guessed before there was a result. `unfinished` is what was begun, by name, and the sha256 of its last
    file then ("" for none): while that file is there as it was then, what stands there is still what the part
    of before left.
    """

    folder: Path
    config: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    guess: Words | None = None
    parts: dict[str, Part] = field(default_factory=dict)
    unfinished: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> dict[str, str]:
        """The digests of config and data, as far as they are known."""
        return {key: self.environment[key] for key in IDENTITY if key in self.environment}

    def write(self) -> None:
        """Write manifest.json, unless it says so already."""
        parts = {name: part._asdict() for name, part in self.parts.items()}
        content = {"version": VERSION, "config": self.config, "environment": self.environment}
        content |= {} if self.guess is None else {"guess": self.guess}
        content |= {"parts": parts, "unfinished": self.unfinished}
        write_if_other(self.folder / MANIFEST, json_bytes(content | {"sha256": digest_of(content)}))

    def begin(self, files: Mapping[str, str]) -> None:
        """Note that parts are about to be made; `files` has of each the one that is written last."""
        self.unfinished |= {name: digest_of_file(self.folder / file) for name, file in files.items()}

    def is_made_anew(self, name: str, file: str) -> bool:
        """Whether a part that was begun came to its end: its last file is another than it was then."""
        return digest_of_file(self.folder / file) not in ("", self.unfinished.get(name))

    def record(self, name: str, settings: str, made_from: Mapping[str, str], files: Iterable[str]) -> None:
        """Vouch for a part as its files are now."""
        stamps = {file: _stamp(self.folder / file) for file in files}
        self.parts[name] = Part(settings, dict(made_from), stamps)
        self.unfinished.pop(name, None)

    def recorded(self, file: str) -> str:
        """The sha256 of a file as the part that made it left it; "" where none has."""
        return next((part.files[file].sha256 for part in self.parts.values() if file in part.files), "")

    def faults(self, name: str, thoroughly: bool = False) -> dict[str, State]:
        """The files of a part that are missing or changed; `thoroughly`: whatever their sizes and times."""
        part = self._standing(name)
        if part is None:
            return {}
        thoroughly |= name in self.unfinished
        states = {file: _state(self.folder / file, stamp, thoroughly) for file, stamp in part.files.items()}
        return {file: state for file, state in states.items() if state != "whole"}

    def state_of_file(self, file: str) -> State:
        """How one file stands by its content; "waiting" where nothing is known of it."""
        name = next((name for name, part in self.parts.items() if file in part.files), "")
        part = self._standing(name)
        return "waiting" if part is None else _state(self.folder / file, part.files[file], thoroughly=True)

    def misplaced(self, file: str) -> str:
        """Which of the run's files stands there, where that one is not in its own place; else ""."""
        digest = digest_of_file(self.folder / file)
        made = ((name, stamp) for part in self.parts.values() for name, stamp in part.files.items())
        same = [name for name, stamp in made if stamp.sha256 == digest and name != file]
        return next((name for name in same if self.state_of_file(name) != "whole"), "")

    def take_back(self, name: str) -> bool:
        """Forget that a part was begun where it still is, file by file, as it was; whether that is so."""
        if name in self.unfinished and self._standing(name) and not self.faults(name, thoroughly=True):
            del self.unfinished[name]
            return True
        return False

    def take_over_times(self) -> None:
        """Note the times of files that are as they were made, so that a copy is not read whole ever again."""
        for part in self.parts.values():
            for file, stamp in part.files.items():
                with suppress(OSError):
                    time = (self.folder / file).stat().st_mtime_ns
                    if time != stamp.mtime_ns and _state(self.folder / file, stamp) == "whole":
                        part.files[file] = stamp._replace(mtime_ns=time)

    def _standing(self, name: str) -> Part | None:
        """A part of which the files that stand there must be; none where they were made anew since."""
        part = self.parts.get(name)
        if part is None or name not in self.unfinished:
            return part
        last = "report.json" if "report.json" in part.files else list(part.files)[-1]  # that is written
        return None if self.is_made_anew(name, last) else part

    def state(
        self, name: str, settings: str, made_from: Mapping[str, str], thoroughly: bool = False
    ) -> State:
        """How a part stands that is to be made by these settings and from these files."""
        part = self._standing(name)
        if part is None:
            return "waiting"
        faults = set(self.faults(name, thoroughly).values())
        for state in WORST_FIRST:
            if state in faults:
                return state
        return "whole" if (part.settings, part.made_from) == (settings, made_from) else "stale"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a run; None where there is none that can be used, as `record_in` says why."""
    found = _read(folder)
    return found if isinstance(found, Manifest) else None


def record_in(folder: Path) -> Record:
    """Whether a run has a manifest, and what keeps it from being used.

    It is damaged, edited, or of a later version; or it is foreign: files that no two runs have alike are
    there, and not one that it tells of, or none are there, and environment.json is of another experiment.
    """
    found = _read(folder)
    return "kept" if isinstance(found, Manifest) else found


def _read(folder: Path) -> Manifest | Literal["none", "damaged", "later", "foreign"]:
    if not os.path.lexists(folder / MANIFEST):
        return "none"
    with suppress(OSError, ValueError):
        value = read_value(folder / MANIFEST)
        if not isinstance(value, dict) or value.pop("sha256", None) != digest_of(value):
            return "damaged"
        version = value.pop("version", None)
        if version == VERSION:
            manifest = _reader().validate_python(value | {"folder": folder})
            return manifest if _is_of_this_folder(manifest) else "foreign"
        if isinstance(version, int) and version > VERSION:
            return "later"
    return "damaged"


@cache
def _reader() -> TypeAdapter[Manifest]:
    return TypeAdapter(Manifest)


def _is_of_this_folder(manifest: Manifest) -> bool:
    made = {file: stamp for part in manifest.parts.values() for file, stamp in part.files.items()}
    digests, changed = {stamp.sha256 for stamp in made.values()}, False
    for file in filter(lambda file: file.endswith(OF_ONE_RUN), made):
        path = manifest.folder / file
        state = _state(path, made[file])
        if state == "whole" or (state == "changed" and digest_of_file(path) in digests):
            return True
        changed |= state == "changed"
    with suppress(OSError, ValueError, AttributeError):  # of files that are gone nobody knows whose they were
        told = read_value(manifest.folder / "environment.json")
        changed |= any(told.get(key) != value for key, value in manifest.identity.items())
    return not changed


def digest_of(settings: Any) -> str:
    """What decides a part, as a sha256 in hex."""
    return sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def digest_of_file(path: Path) -> str:
    """The sha256 of a file in hex, or "" where it can't be read."""
    with suppress(OSError, ValueError):
        return _digest(path, path.stat())
    return ""


def _digest(path: Path, status: os.stat_result) -> str:
    """The sha256 of a file, read once in this process for as long as nothing is written to it."""
    same_while = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return _read_once(path.absolute(), same_while)


@cache
def _read_once(path: Path, same_while: tuple[int, ...]) -> str:
    return sha256_of(path)


def _stamp(path: Path) -> Stamp:
    status = path.stat()
    return Stamp(sha256_of(path), status.st_size, status.st_mtime_ns)


def _state(path: Path, stamp: Stamp, thoroughly: bool = False) -> State:
    """How a file stands; its content is read where size and time do not say it, or where that is asked."""
    try:
        status = path.stat()
        if not path.is_file():
            return "changed"
        if not os.access(path, os.R_OK):
            return "unreadable"
        if status.st_size != stamp.size:
            return "changed"
        if status.st_mtime_ns == stamp.mtime_ns and not thoroughly:
            return "whole"
        return "whole" if _digest(path, status) == stamp.sha256 else "changed"
    except (FileNotFoundError, NotADirectoryError):
        return "missing"
    except OSError:  # its folder can't be entered, or the disk fails
        return "unreadable"
    except ValueError:
        return "changed"
