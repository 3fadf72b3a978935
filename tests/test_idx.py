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
    assert str(path) in text, f"the message does not name the file: {text}"
    assert "expected" in text, f"the message does not say what was expected: {text}"
    assert text.endswith("."), f"the message does not end in what to do: {text}"
    return text


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_reads_exact_files(tmp_path: Path, suffix: str) -> None:
    packer = gzip.compress if suffix else bytes
    (tmp_path / f"images{suffix}").write_bytes(packer(GOOD_IMAGES))
    (tmp_path / f"labels{suffix}").write_bytes(packer(GOOD_LABELS))
    images, labels = idx.read_pair(tmp_path / f"images{suffix}", tmp_path / f"labels{suffix}", 10)
    np.testing.assert_array_equal(images, IMAGES, err_msg="pixels came out changed or in another order")
    np.testing.assert_array_equal(labels, LABELS, err_msg="labels came out changed or in another order")
    assert images.dtype == labels.dtype == np.uint8, "values must stay bytes"
    assert not images.flags.writeable, "nobody may change the data"


def test_reads_across_chunks(tmp_path: Path) -> None:
    many = np.random.default_rng(1).integers(0, 256, (3000, 28, 28), np.uint8)  # 2.35 MB: three chunks
    (tmp_path / "many.gz").write_bytes(gzip.compress(pack(many), 1))
    np.testing.assert_array_equal(idx.read_images(tmp_path / "many.gz"), many, "chunks were joined wrongly")


def test_digest_is_that_of_the_unpacked_file() -> None:
    for values, content in ((IMAGES, GOOD_IMAGES), (LABELS, GOOD_LABELS)):
        assert idx.digest(values) == hashlib.sha256(content).hexdigest(), "the digest misses part of the file"


SQUEEZED = gzip.compress(GOOD_IMAGES)
BIG = np.zeros((100, 28, 28), np.uint8)
# what is wrong: (name of the file, content, part of the message)
FAULTS = {
    "empty": ("f", b"", "is empty"),
    "empty gz": ("f.gz", b"", "is empty"),
    "one byte": ("f", b"\0", "starts with 00;"),
    "header cut": ("f", GOOD_IMAGES[:15], "ends after 15 bytes"),
    "header only": ("f", GOOD_IMAGES[:16], "has 16 bytes; expected 9,424 for the 12 images"),
    "header only gz": ("f.gz", gzip.compress(GOOD_IMAGES[:16]), "ends after 0 values"),
    "last byte missing": ("f", GOOD_IMAGES[:-1], "has 9,423 bytes; expected 9,424"),
    "last byte missing gz": ("f.gz", gzip.compress(GOOD_IMAGES[:-1]), "ends after 9,407 values"),
    "a byte more": ("f", GOOD_IMAGES + b"\0", "has 9,425 bytes; expected 9,424"),
    "a byte more gz": ("f.gz", gzip.compress(GOOD_IMAGES + b"\0"), "goes on after 9,408 values"),
    "a newline more gz": ("f.gz", gzip.compress(GOOD_IMAGES + b"\n"), "goes on after 9,408 values"),
    "no images": ("f", pack(IMAGES[:0]), "announces 0 images"),
    "no images gz": ("f.gz", gzip.compress(pack(IMAGES[:0])), "announces 0 images"),
    "labels": (
        "f",
        pack(np.zeros(100, np.uint8)),
        "holds labels; expected images. Images and labels are swapped",
    ),
    "labels, few": ("f", GOOD_LABELS[:12], "holds labels; expected images"),
    "labels gz": ("f.gz", gzip.compress(GOOD_LABELS), "holds labels; expected images"),
    "little endian": (
        "f",
        struct.pack("<4I", 0x803, 12, 28, 28) + IMAGES.tobytes(),
        "starts with 03 08 00 00",
    ),
    "little endian sizes": ("f", b"\0\0\x08\3" + struct.pack("<3I", 12, 28, 28) + IMAGES.tobytes(), "pixels"),
    "first byte set": ("f", b"\1" + GOOD_IMAGES[1:], "starts with 01 00 08 03"),
    "second byte set": ("f", b"\0\1" + GOOD_IMAGES[2:], "starts with 00 01 08 03"),
    "signed bytes": ("f", pack(IMAGES, code=0x09), "starts with 00 00 09 03"),
    "floats": ("f", pack(IMAGES.astype(">f4"), code=0x0D), "starts with 00 00 0d 03"),
    "two dimensions": ("f", pack(IMAGES[0]), "starts with 00 00 08 02"),
    "four dimensions": ("f", pack(IMAGES[..., None]), "starts with 00 00 08 04"),
    "27 rows": ("f", pack(IMAGES[:, 1:]), "holds images of 27 x 28 pixels; expected 28 x 28"),
    "32 columns": ("f", pack(np.zeros((2, 28, 32), np.uint8)), "holds images of 28 x 32 pixels"),
    "no rows": ("f", pack(IMAGES[:, :0]), "holds images of 0 x 28 pixels"),
    "rows and images swapped": ("f", pack(IMAGES, announced=(28, 12, 28)), "holds images of 12 x 28"),
    "one image too many": ("f", pack(IMAGES, announced=(13, 28, 28)), "expected 10,208 for the 13 images"),
    "one image too few": ("f", pack(IMAGES, announced=(11, 28, 28)), "expected 8,640 for the 11 images"),
    "one too many gz": (
        "f.gz",
        gzip.compress(pack(IMAGES, announced=(13, 28, 28))),
        "ends after 9,408 values",
    ),
    "one too few gz": ("f.gz", gzip.compress(pack(IMAGES, announced=(11, 28, 28))), "goes on after 8,624"),
    "4 billion": ("f", pack(IMAGES, announced=(2**32 - 1, 28, 28)), "announces 4,294,967,295 images"),
    "4 billion gz": ("f.gz", gzip.compress(pack(IMAGES, announced=(2**32 - 1, 28, 28))), "announces 4,294,"),
    "a million": (
        "f.gz",
        gzip.compress(pack(BIG, announced=(10**6, 28, 28))),
        "bytes; expected 39,200,000 to",
    ),
    "a million and one": ("f", pack(IMAGES, announced=(10**6 + 1, 28, 28)), "expected 1 to 1,000,000"),
    "impossible rate": (
        "f.gz",
        gzip.compress(pack(BIG[:1], announced=(80_000, 28, 28))),
        "expected 60,775 to",
    ),
    "not gzip": ("f.gz", b"PK\3\4" + GOOD_IMAGES, "is not gzip (it starts with 50 4b)"),
    "a web page": ("f.gz", b"<!DOCTYPE html><title>404</title>", "is not gzip (it starts with 3c 21)"),
    "plain though named gz": ("f.gz", GOOD_IMAGES, "take .gz off its name"),
    "gzip though not named so": ("f", SQUEEZED, "Add .gz to its name"),
    "gzip magic only": ("f.gz", SQUEEZED[:2], "damaged gzip file (it is cut off)"),
    "gzip header only": ("f.gz", SQUEEZED[:10], "damaged gzip file (it is cut off)"),
    "gzip cut in the middle": ("f.gz", SQUEEZED[: len(SQUEEZED) // 2], "damaged gzip file (it is cut off)"),
    "gzip without its checksum": ("f.gz", SQUEEZED[:-8], "damaged gzip file (it is cut off)"),
    "gzip cut by a byte": ("f.gz", SQUEEZED[:-1], "damaged gzip file (it is cut off)"),
    "gzip and a byte": ("f.gz", SQUEEZED + b"\0", "damaged gzip file (it goes on after its end)"),
    "gzip twice": ("f.gz", SQUEEZED * 2, "damaged gzip file (it goes on after its end)"),
    "gzip in two members": (
        "f.gz",
        gzip.compress(GOOD_IMAGES[:5000]) + gzip.compress(GOOD_IMAGES[5000:]),
        "damaged gzip file (it goes on after its end)",
    ),
    "gzip in gzip": ("f.gz", gzip.compress(SQUEEZED), "starts with 1f 8b"),
    "wrong checksum": ("f.gz", SQUEEZED[:-8] + b"\0\0\0\0" + SQUEEZED[-4:], "incorrect data check"),
    "wrong length": ("f.gz", SQUEEZED[:-4] + b"\0\0\0\0", "incorrect length check"),
    "wrong method": ("f.gz", SQUEEZED[:2] + b"\7" + SQUEEZED[3:], "unknown compression method"),
    "reserved flags": ("f.gz", SQUEEZED[:3] + b"\xe0" + SQUEEZED[4:], "unknown header flags"),
    "a huge gzip header": (
        "f.gz",
        b"\x1f\x8b\x08\x08" + b"x" * 3_000_000,
        "damaged gzip file (it is cut off)",
    ),
    "zlib, not gzip": ("f.gz", zlib.compress(GOOD_IMAGES), "is not gzip"),
    "empty members": ("f.gz", gzip.compress(b"") * 1000 + SQUEEZED, "it goes on after its end"),
    "empty blocks": (
        "f.gz",
        SQUEEZED[:10] + b"\0\0\0\xff\xff" * 400_000,
        "damaged gzip file (it is cut off)",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_in_a_file_of_images(tmp_path: Path, fault: str) -> None:
    name, content, reason = FAULTS[fault]
    (tmp_path / name).write_bytes(content)
    text = refusal(tmp_path / name)
    assert reason in text, f"{fault}: the reason is not told"


def test_faults_in_a_file_of_labels(tmp_path: Path) -> None:
    path = tmp_path / "f"
    cases = {
        GOOD_IMAGES: "holds images; expected labels. Images and labels are swapped",
        pack(LABELS[:0]): "announces 0 labels",
        GOOD_LABELS[:-1]: "has 19 bytes; expected 20",
        GOOD_LABELS + b"\0": "has 21 bytes; expected 20",
        GOOD_LABELS[:6]: "ends after 6 bytes",
        pack(np.array([0, 9, 10, 9], np.uint8)): "holds label 10 at place 2; expected 0 to 9",
    }
    for content, reason in cases.items():
        path.write_bytes(content)
        assert reason in refusal(path, lambda file: idx.read_labels(file, 10)), "the reason is not told"


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


def test_a_file_too_big_for_any_header_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(SQUEEZED[:10])
    os.truncate(tmp_path / "f.gz", 10**12)  # a file with a hole: it takes no space
    start = time.monotonic()
    assert "has 1,000,000,000,000 bytes; expected at most" in refusal(tmp_path / "f.gz"), "it was read"
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


def squeeze_zeros(start: bytes, num_zeros: int) -> bytes:
    """Return a gzip bomb: a start and many zeros."""
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(start)]
    pieces += [packer.compress(bytes(1 << 20)) for _ in range(num_zeros >> 20)]
    return b"".join([*pieces, packer.flush()])


@pytest.mark.parametrize("announced", [1, 60_000, 80_000, 200_000, 2**31])
def test_gzip_bombs_take_neither_memory_nor_time(tmp_path: Path, announced: int) -> None:
    bomb = squeeze_zeros(pack(IMAGES[:0], announced=(announced, 28, 28)), 300 << 20)
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
