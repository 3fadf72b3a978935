"""The strict reader: exact files are read, everything else is a DataError that says what and why."""

import gzip
import hashlib
import os
import socket
import struct
import time
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data import idx
from data.idx import DataError

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 28, 28), np.uint8)
LABELS = np.arange(12, dtype=np.uint8) % 10


def pack(values: np.ndarray, code: int = 8, announced: tuple[int, ...] | None = None) -> bytes:
    """Return the bytes of an IDX file, on request with another type or other dimensions in its header."""
    shape = values.shape if announced is None else announced
    return struct.pack(f">HBB{len(shape)}I", 0, code, len(shape), *shape) + values.tobytes()


GOOD_IMAGES, GOOD_LABELS = pack(IMAGES), pack(LABELS)


def refusal(path: Path, read: Callable[[Path], object] = idx.read_images) -> str:
    """Return the text of the DataError that reading must end in."""
    with pytest.raises(DataError) as caught:
        read(path)
    text = str(caught.value)
    assert str(path) in text or repr(str(path)) in text, f"the message does not name the file: {text}"
    assert "expected" in text, f"the message does not say what was expected: {text}"
    assert text.endswith("."), f"the message does not end in what to do: {text}"
    return text


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_reads_exact_files(tmp_path: Path, suffix: str) -> None:
    packer = gzip.compress if suffix else bytes
    (tmp_path / f"images{suffix}").write_bytes(packer(GOOD_IMAGES))
    (tmp_path / f"labels{suffix}").write_bytes(packer(GOOD_LABELS))
    images, labels = idx.read_pair(tmp_path / f"images{suffix}", tmp_path / f"labels{suffix}")
    np.testing.assert_array_equal(images, IMAGES, err_msg="pixels came out changed or in another order")
    np.testing.assert_array_equal(labels, LABELS, err_msg="labels came out changed or in another order")
    assert images.dtype == labels.dtype == np.uint8, "values must stay bytes"
    assert not images.flags.writeable, "nobody may change the data"


def test_one_image_alone_is_read(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(pack(IMAGES[:1]))
    assert (idx.read_images(tmp_path / "one") == IMAGES[:1]).all()


def test_reads_across_chunks(tmp_path: Path) -> None:
    many = np.random.default_rng(1).integers(0, 256, (3000, 28, 28), np.uint8)  # 2.35 MB: three chunks
    (tmp_path / "many.gz").write_bytes(gzip.compress(pack(many), 1))
    np.testing.assert_array_equal(idx.read_images(tmp_path / "many.gz"), many, "chunks were joined wrongly")


def test_reads_what_gzip_packs_by_pointing_far_back(tmp_path: Path) -> None:
    block = np.random.default_rng(2).integers(0, 256, (40, 28, 28), np.uint8)  # 31 KB; deflate sees 32 KB
    (tmp_path / "f.gz").write_bytes(gzip.compress(pack(np.concatenate([block, block]))))
    assert (tmp_path / "f.gz").stat().st_size < 1.5 * block.size, "the second half was not packed so"
    np.testing.assert_array_equal(idx.read_images(tmp_path / "f.gz")[40:], block, "the window is too small")


def test_all_labels_of_a_byte_are_read(tmp_path: Path) -> None:
    every = np.arange(256, dtype=np.uint8)
    (tmp_path / "labels").write_bytes(pack(every))
    (tmp_path / "images").write_bytes(pack(np.zeros((256, 28, 28), np.uint8)))
    np.testing.assert_array_equal(idx.read_labels(tmp_path / "labels"), every, "a label was refused")
    np.testing.assert_array_equal(idx.read_pair(tmp_path / "images", tmp_path / "labels")[1], every)


def test_what_follows_is_seen_where_a_chunk_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(idx, "_CHUNK", len(SQUEEZED))
    (tmp_path / "f.gz").write_bytes(SQUEEZED + b"\0")
    assert "goes on after its end" in refusal(tmp_path / "f.gz"), "only the chunk was looked at"


@pytest.mark.parametrize(("announced", "least"), [(85_598, "65,027"), (85_599, "3,355,481")])
def test_a_large_file_must_be_packed_no_better_than_pictures_are(
    tmp_path: Path, announced: int, least: str
) -> None:
    (tmp_path / "f.gz").write_bytes(gzip.compress(pack(IMAGES, announced=(announced, 28, 28))))
    assert f"expected {least} to" in refusal(tmp_path / "f.gz"), "above 64 MB a bomb could unpack"


def test_digest_is_that_of_the_unpacked_file() -> None:
    for values, content in ((IMAGES, GOOD_IMAGES), (LABELS, GOOD_LABELS)):
        assert idx.digest(values) == hashlib.sha256(content).hexdigest(), "the digest misses part of the file"


SQUEEZED = gzip.compress(GOOD_IMAGES)


def test_as_many_labels_as_images(tmp_path: Path) -> None:
    (tmp_path / "images").write_bytes(GOOD_IMAGES)
    (tmp_path / "labels").write_bytes(pack(LABELS[:-1]))
    text = refusal(tmp_path / "labels", lambda labels: idx.read_pair(tmp_path / "images", labels))
    assert "holds 11 labels; expected 12" in text, "the numbers are not told"
    assert str(tmp_path / "images") in text, "the other file is not told"


def test_what_is_no_plain_file_is_refused_and_never_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "zero.gz").symlink_to("/dev/zero")
    (tmp_path / "folder.gz").mkdir()
    (tmp_path / "file").write_bytes(GOOD_IMAGES)
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)  # names of sockets must be short
        server.bind("socket")
        names = [
            "pipe",
            "loop",
            "dangling",
            "zero.gz",
            "folder.gz",
            "socket",
            "missing",
            "file/inside",
            "x" * 300,
        ]
        for path in [
            *(tmp_path / name for name in names),
            Path("/dev/zero"),
            Path("/dev/null"),
            Path("nul\0"),
        ]:
            start = time.monotonic()
            text = refusal(path)
            assert time.monotonic() - start < 10, f"{path} was waited for"
            if path.name in ("pipe", "zero.gz", "zero", "null"):
                assert "is no regular file" in text, f"{path} was read"
            if path.name in ("missing", "dangling"):
                assert "can't be read (No such file or directory)" in text, "the reason is not told"


def test_a_file_too_big_for_any_header_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(SQUEEZED[:10])
    os.truncate(tmp_path / "f.gz", 10**12)  # a file with a hole: it takes no space
    start = time.monotonic()
    text = refusal(tmp_path / "f.gz")
    assert "has 1,000,000,000,000 bytes; expected at most 791,840,000." in text, "it was read"
    assert time.monotonic() - start < 10, "it was read"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(GOOD_IMAGES)
    (tmp_path / "f").chmod(0)
    assert "Permission denied" in refusal(tmp_path / "f"), "the reason is not told"


def test_a_failing_disk_is_a_data_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "f").write_bytes(GOOD_IMAGES)
    for error in (OSError(5, "Input/output error"), MemoryError()):

        def fail(*_: object, error: BaseException = error) -> None:
            raise error

        monkeypatch.setattr(idx, "_read_values", fail)
        assert "can't be read (" in refusal(tmp_path / "f"), "another exception than DataError gets out"


def squeeze_zeros(start: bytes, num_megabytes: int) -> bytes:
    """Return a gzip bomb: a start and many zeros, all of its sums right."""
    packer = zlib.compressobj(9, wbits=-15)
    first = packer.compress(start) + packer.flush(zlib.Z_FULL_FLUSH)
    megabyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(start)
    for _ in range(num_megabytes):
        checksum = zlib.crc32(bytes(1 << 20), checksum)
    sums = struct.pack("<2I", checksum, len(start) + (num_megabytes << 20))
    return SQUEEZED[:10] + first + megabyte * num_megabytes + packer.flush() + sums


def test_the_bomb_is_a_whole_gzip_file() -> None:
    assert gzip.decompress(squeeze_zeros(b"start", 3)) == b"start" + bytes(3 << 20), "it would do no harm"


@pytest.mark.parametrize("announced", [1, 60_000, 80_000, 200_000, 2**31])
def test_gzip_bombs_take_neither_memory_nor_time(tmp_path: Path, announced: int) -> None:
    bomb = squeeze_zeros(pack(IMAGES[:0], announced=(announced, 28, 28)), 300)
    (tmp_path / "bomb.gz").write_bytes(bomb)
    tracemalloc.start()
    start = time.monotonic()
    refusal(tmp_path / "bomb.gz")
    seconds, peak = time.monotonic() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6, f"{len(bomb):,} bytes on disk took {peak / 1e6:.0f} MB of memory"
    assert seconds < 10, f"a bomb took {seconds:.0f} s"


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    for name, content in (("f", GOOD_IMAGES[:800]), ("f.gz", gzip.compress(pack(IMAGES[:1])))):
        for length in range(len(content)):
            (tmp_path / name).write_bytes(content[:length])
            refusal(tmp_path / name)


def test_a_flipped_bit_is_refused_unless_it_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f.gz"
    content = gzip.compress(pack(np.tile(np.arange(28, dtype=np.uint8), (3, 28, 1))), mtime=0)
    path.write_bytes(content)
    right = idx.read_images(path)
    for place in range(len(content) * 8):
        damaged = bytearray(content)
        damaged[place // 8] ^= 1 << place % 8
        path.write_bytes(damaged)
        try:
            values = idx.read_images(path)
        except DataError:
            continue
        np.testing.assert_array_equal(values, right, f"bit {place} was flipped, and other pixels came out")
        unused = (
            place // 8 < 10 or place // 8 == len(content) - 9
        )  # notes in the header, padding before the sums
        assert unused, f"bit {place} was flipped, unnoticed"
