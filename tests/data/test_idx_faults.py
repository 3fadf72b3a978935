"""Faults of IDX files, each made by hand: it is refused with its reason, in little memory and time."""

import base64
import bz2
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from data import idx
from tests.data.test_idx import GOOD_IMAGES, GOOD_LABELS, IMAGES, LABELS, SQUEEZED, pack, refusal

PIXELS, HEADER = IMAGES.tobytes(), GOOD_IMAGES[:16]
BIG = np.zeros((100, 28, 28), np.uint8)
MOST_MEMORY, MOST_SECONDS = 150e6, 10
PAGE = b"<!DOCTYPE html><title>404</title>"
CUT, AFTER_END = "damaged gzip file (it is cut off)", "damaged gzip file (it goes on after its end)"
Faults = dict[str, tuple[bytes, str]]  # what is wrong: (content of the file, part of the message)


def npy() -> bytes:
    content = io.BytesIO()
    np.save(content, IMAGES)
    return content.getvalue()


def tar() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        member = tarfile.TarInfo("train-images-idx3-ubyte")
        member.size = len(GOOD_IMAGES)
        archive.addfile(member, io.BytesIO(GOOD_IMAGES))
    return content.getvalue()


def zipped() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("train-images-idx3-ubyte", GOOD_IMAGES)
    return content.getvalue()


def words(code: str, *sizes: float) -> bytes:
    """Return a file of images with its sizes written as another kind of number."""
    return b"\0\0\x08\3" + struct.pack(f">{len(sizes)}{code}", *sizes) + PIXELS


def swapped(content: bytes, size: int) -> bytes:
    """Return the same with each `size` bytes turned round."""
    return np.frombuffer(content, f">u{size}").byteswap().tobytes()


def gz(flags: int = 0, extra: bytes = b"", body: bytes = SQUEEZED[10:]) -> bytes:
    """Return a gzip file with these flags, what belongs to them in the header, and the body."""
    return b"\x1f\x8b\x08" + bytes([flags]) + bytes(5) + b"\xff" + extra + body


def flushed() -> bytes:
    """Return a gzip file whose writer never closed it."""
    packer = zlib.compressobj(wbits=31)
    return packer.compress(GOOD_IMAGES) + packer.flush(zlib.Z_FULL_FLUSH)


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


SUMS = struct.pack("<2I", zlib.crc32(GOOD_IMAGES), len(GOOD_IMAGES))
# fmt: off
PLAIN: Faults = {
    "empty": (b"", "is empty"),
    "one byte": (b"\0", "starts with 00;"),
    "three bytes": (HEADER[:3], "starts with 00 00 08;"),
    "mark only": (HEADER[:4], "ends after 4 bytes"),
    "header cut": (GOOD_IMAGES[:15], "ends after 15 bytes"),
    "header only": (HEADER, "has 16 bytes; expected 9,424 for the 12 images"),
    # its length
    "last byte missing": (GOOD_IMAGES[:-1], "has 9,423 bytes; expected 9,424"),
    "last row missing": (GOOD_IMAGES[:-28], "has 9,396 bytes; expected 9,424"),
    "last image missing": (GOOD_IMAGES[:-784], "has 8,640 bytes; expected 9,424"),
    "second half missing": (GOOD_IMAGES[:4712], "has 4,712 bytes; expected 9,424"),
    "a byte more": (GOOD_IMAGES + b"\0", "has 9,425 bytes; expected 9,424"),
    "a newline more": (GOOD_IMAGES + b"\r\n", "has 9,426 bytes; expected 9,424"),
    "end of file of old systems": (GOOD_IMAGES + b"\x1a", "has 9,425 bytes; expected 9,424"),
    "an image more": (GOOD_IMAGES + bytes(784), "has 10,208 bytes; expected 9,424"),
    "padded to whole blocks": (GOOD_IMAGES.ljust(9728, b"\0"), "has 9,728 bytes; expected 9,424"),
    "twice": (GOOD_IMAGES * 2, "has 18,848 bytes; expected 9,424"),
    "pixels without the header's last": (HEADER[:12] + PIXELS, "pixels; expected 28 x 28"),
    "header twice": (HEADER + GOOD_IMAGES, "has 9,440 bytes; expected 9,424"),
    "labels behind it": (GOOD_IMAGES + GOOD_LABELS, "has 9,444 bytes; expected 9,424"),
    "a byte missing in the middle": (GOOD_IMAGES[:5000] + GOOD_IMAGES[5001:], "has 9,423 bytes"),
    # its mark
    "labels": (pack(np.zeros(100, np.uint8)), "holds labels; expected images. Images and labels are swapped"),
    "labels, few": (GOOD_LABELS[:12], "holds labels; expected images"),
    "labels before it": (GOOD_LABELS + GOOD_IMAGES, "holds labels; expected images"),
    "zeros": (bytes(9424), "starts with 00 00 00 00"),
    "ones": (b"\xff" * 9424, "starts with ff ff ff ff"),
    "pixels only": (b"\x7f" + PIXELS, "starts with 7f"),
    "a byte in front": (b"\0" + GOOD_IMAGES, "starts with 00 00 00 08"),
    "first byte missing": (GOOD_IMAGES[1:], "starts with 00 08 03 00"),
    "first two bytes missing": (GOOD_IMAGES[2:], "starts with 08 03 00 00"),
    "first byte set": (b"\1" + GOOD_IMAGES[1:], "starts with 01 00 08 03"),
    "second byte set": (b"\0\1" + GOOD_IMAGES[2:], "starts with 00 01 08 03"),
    "type 0": (pack(IMAGES, code=0x00), "starts with 00 00 00 03"),
    "type 7": (pack(IMAGES, code=0x07), "starts with 00 00 07 03"),
    "signed bytes": (pack(IMAGES, code=0x09), "starts with 00 00 09 03"),
    "type 10": (pack(IMAGES, code=0x0A), "starts with 00 00 0a 03"),
    "shorts": (pack(IMAGES.astype(">i2"), code=0x0B), "starts with 00 00 0b 03"),
    "ints": (pack(IMAGES.astype(">i4"), code=0x0C), "Its values are int32: `python train.py data --pack"),
    "floats": (pack(IMAGES.astype(">f4"), code=0x0D), "starts with 00 00 0d 03"),
    "doubles": (pack(IMAGES.astype(">f8"), code=0x0E), "starts with 00 00 0e 03"),
    "type 255": (pack(IMAGES, code=0xFF), "starts with 00 00 ff 03"),
    "no dimensions": (b"\0\0\x08\0" + PIXELS, "starts with 00 00 08 00"),
    "two dimensions": (pack(IMAGES[0]), "starts with 00 00 08 02"),
    "four dimensions": (pack(IMAGES[..., None]), "(in colour?): `python train.py data --pack"),
    "255 dimensions": (b"\0\0\x08\xff" + GOOD_IMAGES[4:], "starts with 00 00 08 ff"),
    # its sizes
    "no images": (pack(IMAGES[:0]), "announces 0 images"),
    "27 rows": (pack(IMAGES[:, 1:]), "holds images of 27 x 28 pixels; expected 28 x 28"),
    "32 columns": (pack(np.zeros((2, 28, 32), np.uint8)), "holds images of 28 x 32 pixels"),
    "32 x 32": (pack(np.zeros((2, 32, 32), np.uint8)), "holds images of 32 x 32 pixels"),
    "no rows": (pack(IMAGES[:, :0]), "holds images of 0 x 28 pixels"),
    "no columns": (pack(IMAGES[:, :, :0]), "holds images of 28 x 0 pixels"),
    "one row of 784": (pack(IMAGES, announced=(12, 1, 784)), "holds images of 1 x 784 pixels"),
    "14 x 56": (pack(IMAGES, announced=(12, 14, 56)), "holds images of 14 x 56 pixels"),
    "-28 rows": (pack(IMAGES, announced=(12, 2**32 - 28, 28)), "holds images of 4294967268 x 28"),
    "rows that overflow": (pack(IMAGES, announced=(12, 2**31, 2)), "holds images of 2147483648 x 2"),
    "256 times the rows": (pack(IMAGES, announced=(12, 28 << 8, 28)), "holds images of 7168 x 28"),
    "rows and images swapped": (pack(IMAGES, announced=(28, 12, 28)), "holds images of 12 x 28"),
    "columns and images swapped": (pack(IMAGES, announced=(28, 28, 12)), "holds images of 28 x 12"),
    "one image too many": (pack(IMAGES, announced=(13, 28, 28)), "expected 10,208 for the 13 images"),
    "one image too few": (pack(IMAGES, announced=(11, 28, 28)), "expected 8,640 for the 11 images"),
    "60,000 of which 12 came": (pack(IMAGES, announced=(60_000, 28, 28)), "expected 47,040,016"),
    "256 times the images": (pack(IMAGES, announced=(12 << 8, 28, 28)), "for the 3,072 images"),
    "-1 images": (pack(IMAGES, announced=(2**32 - 1, 28, 28)), "announces 4,294,967,295 images"),
    "2 billion": (pack(IMAGES, announced=(2**31, 28, 28)), "announces 2,147,483,648 images"),
    "a product of 2^32 + 9,408": (pack(IMAGES, announced=(5_478_287, 28, 28)), "announces 5,478,287 images"),
    "a million": (pack(IMAGES, announced=(10**6, 28, 28)), "expected 784,000,016 for the 1,000,000"),
    "a million and one": (pack(IMAGES, announced=(10**6 + 1, 28, 28)), "expected 1 to 1,000,000"),
    "sizes of 2 bytes": (words("H", 12, 28, 28), "pixels; expected 28 x 28"),
    "sizes of 8 bytes": (words("Q", 12, 28, 28), "holds images of 12 x 0 pixels"),
    "sizes as floats": (words("f", 12, 28, 28), "holds images of 1105199104 x 1105199104"),
    "sizes as text": (b"\0\0\x08\x03  12  28  28" + PIXELS, "pixels; expected 28 x 28"),
    "no sizes": (HEADER[:4] + PIXELS, "pixels; expected 28 x 28"),
    # its bytes in another order
    "little endian": (struct.pack("<4I", 0x803, 12, 28, 28) + PIXELS, "starts with 03 08 00 00"),
    "little endian sizes": (HEADER[:4] + struct.pack("<3I", 12, 28, 28) + PIXELS, "pixels"),
    "bytes swapped in twos": (swapped(GOOD_IMAGES, 2), "starts with 00 00 03 08"),
    "bytes swapped in fours": (swapped(GOOD_IMAGES, 4), "starts with 03 08 00 00"),
    "bytes swapped in eights": (swapped(GOOD_IMAGES, 8), "starts with 0c 00 00 00"),
    "backwards": (GOOD_IMAGES[::-1], "starts with"),
    "nibbles swapped": (bytes(b << 4 & 255 | b >> 4 for b in GOOD_IMAGES), "starts with 00 00 80 30"),
    # other files, and what mail and editors make of this one
    "gzip though not named so": (SQUEEZED, "Add .gz to its name"),
    "two bytes of gzip": (SQUEEZED[:2], "Add .gz to its name"),
    "a web page": (PAGE, "starts with 3c 21 44 4f"),
    "text": (b"0 0 8 3 0 0 0 12", "starts with 30 20 30 20"),
    "csv": (b"label,pixel1,pixel2\n9,0,0\n", "starts with 6c 61 62 65"),
    "json": (b'{"images": []}', "starts with 7b 22 69 6d"),
    "base64": (base64.b64encode(GOOD_IMAGES), "starts with 41 41 41 49"),
    "hex digits": (GOOD_IMAGES.hex().encode(), "starts with 30 30 30 30"),
    "npy": (npy(), "starts with 93 4e 55 4d"),
    "pickle": (pickle.dumps(IMAGES), "starts with 80 0"),
    "zip": (zipped(), "starts with 50 4b 03 04"),
    "tar": (tar(), "starts with 74 72 61 69"),
    "png": (b"\x89PNG\r\n\x1a\n" + PIXELS, "Write the images as an IDX file, or if it was one get or"),
    "a pointer to a large file": (b"version https://git-lfs.github.com/spec/v1\n", "starts with 76 65 72 73"),
    "byte order mark in front": (b"\xef\xbb\xbf" + GOOD_IMAGES, "starts with ef bb bf 00"),
    "read as Latin-1, saved as UTF-8": (GOOD_IMAGES.decode("latin-1").encode(), "bytes; expected 9,424"),
    "read as UTF-8, saved again": (GOOD_IMAGES.decode(errors="replace").encode(), "bytes; expected 9,424"),
    "saved as UTF-16": (GOOD_IMAGES.decode("latin-1").encode("utf-16"), "starts with ff fe 00 00"),
    "line ends changed": (GOOD_IMAGES.replace(b"\n", b"\r\n"), "bytes; expected 9,424"),
    "zeros left out": (GOOD_IMAGES.replace(b"\0", b""), "starts with 08 03 0c 1c"),
    "ends at its first newline": (GOOD_IMAGES.split(b"\n")[0], "bytes; expected 9,424"),
}
PACKED: Faults = {
    "empty": (b"", "is empty"),
    # what is inside
    "nothing in it": (gzip.compress(b""), "starts with ; expected 00 00 08 03"),
    "header cut": (gzip.compress(HEADER[:7]), "ends after 7 bytes"),
    "header only": (gzip.compress(HEADER), "ends after 0 values"),
    "last byte missing": (gzip.compress(GOOD_IMAGES[:-1]), "ends after 9,407 values"),
    "a byte more": (gzip.compress(GOOD_IMAGES + b"\0"), "goes on after 9,408 values"),
    "a newline more": (gzip.compress(GOOD_IMAGES + b"\n"), "goes on after 9,408 values"),
    "no images": (gzip.compress(pack(IMAGES[:0])), "announces 0 images"),
    "labels": (gzip.compress(GOOD_LABELS), "holds labels; expected images"),
    "signed bytes": (gzip.compress(pack(IMAGES, code=9)), "starts with 00 00 09 03"),
    "27 rows": (gzip.compress(pack(IMAGES[:, 1:])), "holds images of 27 x 28 pixels"),
    "a web page in it": (gzip.compress(PAGE), "starts with 3c 21 44 4f"),
    "tar in it": (gzip.compress(tar()), "starts with 74 72 61 69"),
    "zip in it": (gzip.compress(zipped()), "starts with 50 4b 03 04"),
    "gzip in it": (gzip.compress(SQUEEZED), "starts with 1f 8b"),
    "one too many": (gzip.compress(pack(IMAGES, announced=(13, 28, 28))), "ends after 9,408 values"),
    "one too few": (gzip.compress(pack(IMAGES, announced=(11, 28, 28))), "goes on after 8,624"),
    "-1 images": (gzip.compress(pack(IMAGES, announced=(2**32 - 1, 28, 28))), "announces 4,294,"),
    "a million": (gzip.compress(pack(BIG, announced=(10**6, 28, 28))), "bytes; expected 39,200,000 to"),
    "impossible rate": (gzip.compress(pack(BIG[:1], announced=(80_000, 28, 28))), "expected 60,775 to"),
    "larger than unpacked": (gz(4, b"\xff\xff" + bytes(65535)) + bytes(9000), "bytes; expected 9 to 75,054"),
    # what stands around it
    "not gzip": (b"PK\3\4" + GOOD_IMAGES, "is not gzip (it starts with 50 4b)"),
    "a web page": (PAGE, "is not gzip (it starts with 3c 21)"),
    "plain": (GOOD_IMAGES, "take .gz off its name"),
    "zlib": (zlib.compress(GOOD_IMAGES), "is not gzip"),
    "raw deflate": (raw_deflate(GOOD_IMAGES), "is not gzip"),
    "bzip2": (bz2.compress(GOOD_IMAGES), "is not gzip (it starts with 42 5a)"),
    "xz": (lzma.compress(GOOD_IMAGES), "is not gzip (it starts with fd 37)"),
    "zip": (zipped(), "is not gzip (it starts with 50 4b)"),
    "compress of old": (b"\x1f\x9d\x90" + PIXELS, "is not gzip (it starts with 1f 9d)"),
    "a newline in front": (b"\n" + SQUEEZED, "is not gzip (it starts with 0a 1f)"),
    "base64": (base64.b64encode(SQUEEZED), "is not gzip (it starts with 48 34)"),
    "one byte": (b"\x1f", "is not gzip (it starts with 1f)"),
    # cut off
    "magic only": (SQUEEZED[:2], CUT),
    "header of gzip only": (SQUEEZED[:10], CUT),
    "cut in the middle": (SQUEEZED[: len(SQUEEZED) // 2], CUT),
    "without its sums": (SQUEEZED[:-8], CUT),
    "without its length": (SQUEEZED[:-4], CUT),
    "cut by a byte": (SQUEEZED[:-1], CUT),
    "never closed": (flushed(), CUT),
    "a huge header": (b"\x1f\x8b\x08\x08" + b"x" * 3_000_000, CUT),
    "a name without end": (gz(8, b"x" * 100, b""), CUT),
    "a comment without end": (gz(16, b"x" * 100, b""), CUT),
    "an extra field longer than the file": (gz(4, b"\xff\xff", SQUEEZED[10:5000]), CUT),
    "empty blocks": (SQUEEZED[:10] + b"\0\0\0\xff\xff" * 400_000, CUT),
    # goes on
    "a zero more": (SQUEEZED + b"\0", AFTER_END),
    "a newline behind it": (SQUEEZED + b"\n", AFTER_END),
    "padded to whole blocks": (SQUEEZED.ljust(10240, b"\0"), AFTER_END),
    "twice": (SQUEEZED * 2, AFTER_END),
    "in two members": (gzip.compress(GOOD_IMAGES[:5000]) + gzip.compress(GOOD_IMAGES[5000:]), AFTER_END),
    "an empty member behind it": (SQUEEZED + gzip.compress(b""), AFTER_END),
    "empty members before it": (gzip.compress(b"") * 1000 + SQUEEZED, AFTER_END),
    "half a member behind it": (SQUEEZED + SQUEEZED[:700], AFTER_END),
    # damaged
    "checksum of zero": (SQUEEZED[:-8] + bytes(4) + SQUEEZED[-4:], "incorrect data check"),
    "checksum of other pixels": (gz(body=raw_deflate(HEADER + PIXELS[::-1]) + SUMS), "incorrect data check"),
    "length of zero": (SQUEEZED[:-4] + bytes(4), "incorrect length check"),
    "length of one more": (SQUEEZED[:-4] + struct.pack("<I", 9425), "incorrect length check"),
    "sums swapped": (SQUEEZED[:-8] + SQUEEZED[-4:] + SQUEEZED[-8:-4], "incorrect data check"),
    "sums in big endian": (SQUEEZED[:-8] + swapped(SQUEEZED[-8:], 4), "incorrect data check"),
    "wrong method": (SQUEEZED[:2] + b"\7" + SQUEEZED[3:], "unknown compression method"),
    "reserved flags": (SQUEEZED[:3] + b"\xe0" + SQUEEZED[4:], "unknown header flags"),
    "wrong sum of the header": (gz(2, b"\0\0"), "header crc mismatch"),
    "a block of the fourth kind": (gz(body=b"\x07" + SQUEEZED[11:]), "invalid block type"),
    "a stored block of another length": (gz(body=b"\1\5\0\0\0" + PIXELS), "invalid stored block lengths"),
    "copies from before the start": (gz(body=b"\x03\x02\0\0"), "invalid distance too far back"),
    "too many codes": (gz(body=b"\xfd\xff\xff\xff\xff"), "too many length or distance symbols"),
    "line ends changed": (SQUEEZED.replace(b"\n", b"\r\n"), "damaged gzip file"),
    "read as text, saved again": (SQUEEZED.decode(errors="replace").encode(), "is not gzip"),
    "the middle missing": (SQUEEZED[:4000] + SQUEEZED[5000:], "damaged gzip file"),
    "two bytes swapped": (SQUEEZED[:4000] + SQUEEZED[4001:3999:-1] + SQUEEZED[4002:], "damaged gzip file"),
    "a hole of zeros": (SQUEEZED[:4000] + bytes(512) + SQUEEZED[4512:], "damaged gzip file"),
}
OF_LABELS: Faults = {
    "images": (GOOD_IMAGES, "holds images; expected labels. Images and labels are swapped"),
    "no labels": (pack(LABELS[:0]), "announces 0 labels"),
    "last missing": (GOOD_LABELS[:-1], "has 19 bytes; expected 20"),
    "one more": (GOOD_LABELS + b"\0", "has 21 bytes; expected 20"),
    "header cut": (GOOD_LABELS[:6], "ends after 6 bytes"),
    "header only": (GOOD_LABELS[:8], "has 8 bytes; expected 20 for the 12 labels"),
    "a header of images": (HEADER[:3] + b"\1" + HEADER[4:] + LABELS.tobytes(), "has 28 bytes; expected 20"),
    "ints": (pack(LABELS.astype(">i4"), code=0x0C), "Its values are int32: `python train.py data --pack"),
    "ints under a header of bytes": (pack(LABELS.astype(">i4")), "has 56 bytes; expected 20"),
    "one-hot": (pack(np.eye(10, dtype=np.uint8)), "FOLDER` takes one number for each image."),
    "text": (b"9\n2\n1\n", "Write the labels as an IDX file, or if it was one get or make it again."),
    "a million and one": (pack(LABELS, announced=(10**6 + 1,)), "announces 1,000,001 labels"),
    "-1 labels": (pack(LABELS, announced=(2**32 - 1,)), "announces 4,294,967,295 labels"),
    "gzip though not named so": (gzip.compress(GOOD_LABELS), "Add .gz to its name"),
}
# fmt: on


def refused_cheaply(path: Path, read: Callable[[Path], object]) -> str:
    """Return the text of the refusal, which must take little memory and time."""
    tracemalloc.start()
    start = time.monotonic()
    text = refusal(path, read)
    seconds, peak = time.monotonic() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY, f"refusing {path.name} took {peak / 1e6:.0f} MB of memory"
    assert seconds < MOST_SECONDS, f"refusing {path.name} took {seconds:.0f} s"
    return text


@pytest.mark.parametrize("fault", PLAIN)
def test_faults_of_plain_images(tmp_path: Path, fault: str) -> None:
    content, reason = PLAIN[fault]
    (tmp_path / "f").write_bytes(content)
    assert reason in refused_cheaply(tmp_path / "f", idx.read_images), f"{fault}: the reason is not told"


@pytest.mark.parametrize("fault", PACKED)
def test_faults_of_packed_images(tmp_path: Path, fault: str) -> None:
    content, reason = PACKED[fault]
    (tmp_path / "f.gz").write_bytes(content)
    assert reason in refused_cheaply(tmp_path / "f.gz", idx.read_images), f"{fault}: the reason is not told"


@pytest.mark.parametrize("fault", OF_LABELS)
def test_faults_of_labels(tmp_path: Path, fault: str) -> None:
    content, reason = OF_LABELS[fault]
    (tmp_path / "f").write_bytes(content)
    text = refused_cheaply(tmp_path / "f", idx.read_labels)
    assert reason in text, f"{fault}: the reason is not told"


def test_there_are_enough_faults() -> None:
    contents = {
        *(("f", *fault) for fault in PLAIN.values()),
        *(("f.gz", *fault) for fault in PACKED.values()),
    }
    assert len(contents) + len(OF_LABELS) >= 175, "a fault stands in the tables twice"
