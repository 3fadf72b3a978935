"""Faults of IDX files from a seeded generator: thousands, none accepted, in little memory and time."""

import gzip
import struct
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest

from data import idx
from data.idx import DataError
from tests.data.test_idx import GOOD_IMAGES, IMAGES, pack
from tests.data.test_idx_faults import MOST_MEMORY, MOST_SECONDS

HEADER = GOOD_IMAGES[:16]


def damaged(content: bytes, draw: np.random.Generator, start: int, end: int) -> bytes:
    """Return a file in which something between two places was changed, inserted, removed, doubled or cut."""
    first, last = sorted(draw.integers(start, end, 2).tolist())
    last = min(last, first + int(draw.choice([1, 2, 4, 28, 784, 10_000])))
    noise = draw.bytes(int(draw.integers(1, 9)))
    match draw.integers(6):
        case 0:
            return content[:first] + noise + content[first + len(noise) :]  # changed
        case 1:
            return content[:first] + noise + content[first:]  # inserted
        case 2:
            return content[:first] + content[last + 1 :]  # removed
        case 3:
            return content[: last + 1] + content[first:]  # doubled
        case 4:
            return content[:first]  # cut
        case _:
            bit = 1 << int(draw.integers(8))
            return content[:first] + bytes([content[first] ^ bit]) + content[first + 1 :]


def other_header(content: bytes, draw: np.random.Generator) -> bytes:
    """Return a file with another number somewhere in its header."""
    sizes = [0, 1, 11, 13, 27, 29, 56, 784, 60_000, 80_000, 10**6, 10**6 + 1, 2**31, 2**32 - 1]
    number = int(draw.choice(sizes) if draw.integers(2) else draw.integers(2**32))
    place = 4 * int(draw.integers(4))
    return content[:place] + struct.pack(">I", number) + content[place + 4 :]


def unpacks_to(packed: bytes) -> bytes | None:
    """Return what one whole gzip member with nothing behind it holds, by zlib itself; None: it is none."""
    decoder = zlib.decompressobj(wbits=31)
    try:
        content = decoder.decompress(packed)
    except zlib.error:
        return None
    return content if decoder.eof and not decoder.unused_data else None


def plain_fault(draw: np.random.Generator) -> bytes:
    """Return an unpacked file that is wrong; one with other pixels would be a good file of other images."""
    while True:
        content = other_header(GOOD_IMAGES, draw)
        if draw.integers(4):
            content = damaged(GOOD_IMAGES, draw, 0, len(GOOD_IMAGES) if draw.integers(2) else 16)
        if len(content) != len(GOOD_IMAGES) or content[:16] != HEADER:
            return content


def packed_fault(draw: np.random.Generator) -> bytes:
    """Return a gzip file that is damaged; a name or a time in its header harms nothing."""
    squeezed = gzip.compress(pack(np.zeros_like(IMAGES) if draw.integers(2) else IMAGES), mtime=0)
    while True:
        end = len(squeezed) if draw.integers(2) else 40
        content = damaged(squeezed, draw, 0, end)
        if unpacks_to(content) != unpacks_to(squeezed):
            return content


def repacked_fault(draw: np.random.Generator) -> bytes:
    """Return a whole gzip file of an unpacked file that is wrong."""
    return gzip.compress(plain_fault(draw), 1)


KINDS = {"f": plain_fault, "damaged.gz": packed_fault, "repacked.gz": repacked_fault}


def refuse_generated(path: Path, seed: int, count: int) -> None:
    draw = np.random.default_rng(seed)
    tracemalloc.start()
    for number in range(count):
        content = KINDS[path.name](draw)
        path.write_bytes(content)
        start = time.monotonic()
        try:
            values = idx.read_images(path)
        except DataError as error:
            named = str(path) in str(error)
        else:
            pytest.fail(f"fault {number} of seed {seed} was read as {len(values)} images")
        assert named, f"fault {number} of seed {seed}: the file is not named"
        assert time.monotonic() - start < MOST_SECONDS, f"fault {number} of seed {seed} took too long"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY, f"one of the faults of seed {seed} took {peak / 1e6:.0f} MB of memory"


@pytest.mark.parametrize("kind", KINDS)
def test_generated_faults_are_refused(tmp_path: Path, kind: str) -> None:
    refuse_generated(tmp_path / kind, seed=0, count=700)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(1, 11))
@pytest.mark.parametrize("kind", KINDS)
def test_ten_times_as_many_generated_faults_are_refused(tmp_path: Path, kind: str, seed: int) -> None:
    refuse_generated(tmp_path / kind, seed, count=700)
