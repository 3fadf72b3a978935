"""Strict reader of the IDX format: a file is exactly right, or refused with the reason.

An IDX file is two zero bytes, a code for the type of the values, the number of dimensions, each dimension
as a big-endian 32-bit number, and then the values; here one byte each. It may be packed with gzip.
"""

import hashlib
import os
import stat
import struct
import zlib
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np

from configs.networks import IMAGE_SIDE as SIDE

_UNSIGNED_BYTE = 0x08  # the format's code for the type
_OTHER_TYPES = {0x09: "signed bytes", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_KINDS = {1: "labels", 3: "images"}  # by number of dimensions
_MOST_ITEMS = 1_000_000  # the largest sets of this kind, EMNIST's, have 700,000 images in a file
_MOST_BYTES = _MOST_ITEMS * SIDE * SIDE * 101 // 100  # of a file; packing adds less than 1 %
_CHUNK = 1 << 20  # bytes at a time
_GZIP_MAGIC = b"\x1f\x8b"


class DataError(Exception):
    """The data is wrong or can't be had; the text says what was found, what was expected, what to do."""


def read_images(path: Path) -> np.ndarray:
    """Read an IDX file of images, packed with gzip if its name ends in .gz.

    Returns:
        uint8 (n, 28, 28), 0 to 255, read-only, n at least 1.

    Raises:
        DataError: whatever is wrong with the file.
    """
    return _read(path, dimensions=3)


def read_labels(path: Path) -> np.ndarray:
    """Read a file of labels, uint8 (n,); otherwise as `read_images`."""
    return _read(path, dimensions=1)


def read_pair(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read images and their labels, as many of the one as of the other; as the two functions above."""
    images, labels = read_images(images_path), read_labels(labels_path)
    if len(images) != len(labels):
        problem = f"holds {len(labels):,} labels; expected {len(images):,}, as images in {images_path}"
        _refuse(labels_path, problem, "Check that both files are of one data set")
    return images, labels


def digest(values: np.ndarray) -> str:
    """Compute the sha256 of images uint8 (n, height, width) or labels (n,) as an unpacked IDX file."""
    state = hashlib.sha256(struct.pack(f">HBB{values.ndim}I", 0, _UNSIGNED_BYTE, values.ndim, *values.shape))
    state.update(np.ascontiguousarray(values).data)
    return state.hexdigest()


def _refuse(path: Path, problem: str, remedy: str = "Get or make the file again") -> NoReturn:
    raise DataError(f"{path} {problem}. {remedy}.")


class _Unpacked:
    """The content of a file that is one gzip member, unpacked no further than asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = zlib.decompressobj(wbits=31)  # 31: a gzip header, and a checksum at the end

    def read(self, size: int) -> bytes:
        content = bytearray()
        while len(content) < size and not self._decoder.eof:
            packed = self._decoder.unconsumed_tail or self._file.read(_CHUNK)
            if not packed:
                raise EOFError("it is cut off")
            content += self._decoder.decompress(packed, size - len(content))
        if self._decoder.eof and (self._decoder.unused_data or self._file.read(1)):
            raise EOFError("it goes on after its end")
        return bytes(content)


def _read(path: Path, dimensions: int) -> np.ndarray:
    """Read the values, and turn everything that can go wrong into a DataError."""
    packed, wanted = path.suffix == ".gz", f"an IDX file of {_KINDS[dimensions]}"
    try:
        # not blocking: opening a named pipe would wait for its writer
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                _refuse(path, f"is no regular file; expected {wanted}", "Name a file")
            if status.st_size > _MOST_BYTES:
                _refuse(path, f"has {status.st_size:,} bytes; expected at most {_MOST_BYTES:,}")
            _check_packing(path, file.peek(2)[:2], packed)
            stream = _Unpacked(file) if packed else file
            shape = _parse_header(path, stream.read(4 + 4 * dimensions), dimensions)
            _check_size(path, status.st_size, shape, packed)
            return _read_values(path, stream, shape)
    except (EOFError, zlib.error) as error:
        _refuse(path, f"is a damaged gzip file ({error}); expected a whole one with nothing after it")
    except (OSError, ValueError, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "out of memory"
        _refuse(path, f"can't be read ({reason}); expected {wanted}", "Check its name and permissions")


def _check_packing(path: Path, start: bytes, packed: bool) -> None:
    if not start:
        _refuse(path, "is empty; expected an IDX file")
    if packed and start != _GZIP_MAGIC:
        remedy = "Get or make the file again, or if it is unpacked take .gz off its name"
        _refuse(
            path, f"is not gzip (it starts with {start.hex(' ')}); expected gzip, as the name says", remedy
        )
    if not packed and start == _GZIP_MAGIC:
        _refuse(path, "is gzip; expected plain IDX, as the name has no .gz", "Add .gz to its name")


def _parse_header(path: Path, header: bytes, dimensions: int) -> tuple[int, ...]:
    """Return the dimensions that the header announces, all of them checked."""
    kind, magic = _KINDS[dimensions], bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    other = 4 - dimensions  # of the two, 1 and 3
    if header[:4] == bytes([0, 0, _UNSIGNED_BYTE, other]):
        remedy = "Images and labels are swapped: swap the files"
        _refuse(path, f"holds {_KINDS[other]}; expected {kind}", remedy)
    if header[:4] != magic:
        problem = f"starts with {header[:4].hex(' ')}; expected {magic.hex(' ')}, the mark of IDX {kind}"
        _refuse(path, problem, _conversion(header[:4], dimensions))
    if len(header) < 4 + 4 * dimensions:
        _refuse(path, f"ends after {len(header)} bytes; expected a header of {4 + 4 * dimensions}")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if dimensions == 3 and shape[1:] != (SIDE, SIDE):
        problem = f"holds images of {shape[1]} x {shape[2]} pixels; expected {SIDE} x {SIDE}"
        _refuse(path, problem, "Resize the images")
    if not 1 <= shape[0] <= _MOST_ITEMS:
        problem = f"announces {shape[0]:,} {kind}; expected 1 to {_MOST_ITEMS:,}"
        _refuse(path, problem, "Get or make the file again, with as many as that")
    return shape


def _conversion(mark: bytes, dimensions: int) -> str:
    """What to do about a file that begins with another mark."""
    kind = _KINDS[dimensions]
    if len(mark) < 4 or mark[:2] != bytes(2) or mark[2] not in (_UNSIGNED_BYTE, *_OTHER_TYPES):
        return f"Write the {kind} as an IDX file, or if it was one get or make it again"
    if mark[2] != _UNSIGNED_BYTE:
        return f"Its values are {_OTHER_TYPES[mark[2]]}: write them as unsigned bytes, 0 to 255"
    if kind == "images":
        return f"It has {mark[3]} dimensions (in colour?): write one grey value for each pixel of each image"
    return f"It has {mark[3]} dimensions: write one number for each image"


def _check_size(path: Path, size: int, shape: tuple[int, ...], packed: bool) -> None:
    """Refuse a file that can't hold what it announces, before memory is taken for it."""
    smallest = largest = 4 + 4 * len(shape) + int(np.prod(shape))
    if packed:
        # Deflate packs at most 1032 to 1. Real images of this size pack 2 to 10 to 1, so a big file that
        # claims much more is a bomb. At the other end packing adds less than 1 % and a header.
        smallest, largest = (
            smallest // (1032 if smallest <= 1 << 26 else 20),
            largest * 101 // 100 + (1 << 16),
        )
    if not smallest <= size <= largest:
        expected = f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}"
        announced = f"{shape[0]:,} {_KINDS[len(shape)]}"
        _refuse(
            path, f"has {size:,} bytes; expected {expected} for the {announced} that its header announces"
        )


def _read_values(path: Path, stream: BinaryIO | _Unpacked, shape: tuple[int, ...]) -> np.ndarray:
    """Read as many values as announced, and make sure that nothing follows."""
    values = np.empty(int(np.prod(shape)), np.uint8)
    for start in range(0, len(values), _CHUNK):
        size = min(_CHUNK, len(values) - start)
        piece = stream.read(size)
        if len(piece) < size:
            _refuse(
                path,
                f"ends after {start + len(piece):,} values; expected {len(values):,}, as its header says",
            )
        values[start : start + size] = np.frombuffer(piece, np.uint8)
    if stream.read(1):
        _refuse(path, f"goes on after {len(values):,} values; expected no more, as its header says")
    values.setflags(write=False)
    return values.reshape(shape)
