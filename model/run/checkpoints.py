"""The state of a training on disk, after each epoch: whole, proved by a checksum, never unpickled."""

import hashlib
import io
import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.storage import write_atomically

MAGIC = b"ConvLens checkpoint 1\n"
DIGEST_SIZE = 32  # bytes, of a sha256
NUM_KEPT = 2  # the newest, and one to fall back to


class DamagedCheckpoint(ValueError):
    """A checkpoint that is not, byte for byte, what was written; the message says in what."""


@dataclass(frozen=True)
class Checkpoint:
    """A training after some epoch.

    `variables` are those of network and optimizer, `history` has a row an epoch, `seconds` is the
    processor time spent so far.
    """

    variables: list[np.ndarray]
    history: list[dict[str, float]]
    seconds: float


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoints of one training, in a folder, one file an epoch.

    `identity` is all that a training must share with the one that left a checkpoint in order to end with the
    same bits; JSON values by name. Earlier versions knew a training by the digest of its whole config:
    `begun_as` are those that are of this one.
    """

    folder: Path
    identity: dict[str, Any]
    begun_as: Collection[str] = ()

    def save(self, checkpoint: Checkpoint) -> None:
        """Write the state after an epoch, and remove all but the last two.

        Raises:
            OSError: the disk is full, ...; the earlier ones are untouched.
        """
        epoch = len(checkpoint.history)
        write_atomically(_path(self.folder, epoch), pack(checkpoint, self.identity))
        kept = {_path(self.folder, epoch - back) for back in range(NUM_KEPT)}
        for path in _files(self.folder):
            if path not in kept:
                path.unlink()

    def load(self, warn: Callable[[str], None]) -> Checkpoint | None:
        """The newest good state of this very training, or None where there is none.

        `warn` is told, in a line each, which checkpoints can't be used, and why.
        """
        for path in _files(self.folder):
            try:
                checkpoint, identity = unpack(path.read_bytes())
            except (OSError, DamagedCheckpoint) as error:
                warn(f"{path.name} is skipped: {error}")
                continue
            if identity.get("config_digest") in self.begun_as:
                del identity["config_digest"]
                identity["training_digest"] = self.identity["training_digest"]
            if identity == self.identity:
                return checkpoint
            warn(f"{path.name} is of another training: {_changes(identity, self.identity)}")
        return None


def newest_epoch(folder: Path) -> int:
    """After which epoch the newest checkpoint was left, as its name says; 0 where there is none."""
    return max((int(path.stem.removeprefix("epoch-")) for path in _files(folder)), default=0)


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a training that is done."""
    for path in _files(folder):
        path.unlink(missing_ok=True)


def pack(checkpoint: Checkpoint, identity: dict[str, Any]) -> bytes:
    """A checkpoint as the content of a file: a sha256 of all that follows it, a line of JSON, the arrays."""
    about = {"identity": identity, "history": checkpoint.history, "seconds": checkpoint.seconds}
    content = io.BytesIO()
    content.write(json.dumps(about | {"arrays": len(checkpoint.variables)}).encode() + b"\n")
    for array in checkpoint.variables:
        np.save(content, array, allow_pickle=False)
    body = content.getvalue()
    return MAGIC + hashlib.sha256(body).digest() + body


def unpack(data: bytes) -> tuple[Checkpoint, dict[str, Any]]:
    """What `pack` was given.

    Raises:
        DamagedCheckpoint: the bytes are not those that `pack` made.
    """
    start = len(MAGIC) + DIGEST_SIZE
    if data[: len(MAGIC)] != MAGIC:
        raise DamagedCheckpoint("it does not begin as a checkpoint does")
    if data[len(MAGIC) : start] != hashlib.sha256(data[start:]).digest():
        raise DamagedCheckpoint(f"its checksum is wrong; it is truncated or damaged ({len(data):,} bytes)")
    content = io.BytesIO(data[start:])
    try:
        about = json.loads(content.readline())
        arrays = [np.load(content, allow_pickle=False) for _ in range(about["arrays"])]
        return Checkpoint(arrays, about["history"], about["seconds"]), about["identity"]
    except (ValueError, KeyError, TypeError, EOFError) as error:
        raise DamagedCheckpoint(f"its content can't be read ({error})") from None


def _path(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04d}.checkpoint"


def _files(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the newest first."""
    files = folder.glob("epoch-*.checkpoint")
    return sorted((path for path in files if re.fullmatch(r"epoch-\d{4}", path.stem)), reverse=True)


def _changes(before: dict[str, Any], now: dict[str, Any]) -> str:
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return ", ".join(f"{key} was {_short(before.get(key))}, is {_short(now.get(key))}" for key in keys)


def _short(value: Any) -> str:
    """A value as shown: of a digest, its beginning."""
    return str(value)[:12]
