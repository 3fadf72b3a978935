"""Strict reader of the IDX format: a file is exactly right, or refused with the reason.

An IDX file is two zero bytes, a code for the type of the values, the number of dimensions, each dimension
as a big-endian 32-bit number, and then the values; for training one byte each. It may be packed with gzip.
"""

import hashlib
import math
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, NoReturn

import numpy as np

from configs.command_line import command
from configs.networks import IMAGE_SIDE as SIDE
from configs.strict_yaml import shown
from data.storage import open_regular

_UNSIGNED_BYTE = 0x08  # the format's code for the type
_OTHER_TYPES = {0x09: "signed bytes", 0x0B: "int16", 0x0C: "int32", 0x0D: "float32", 0x0E: "float64"}
_DTYPES = {_UNSIGNED_BYTE: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_KINDS = {1: "labels", 3: "images"}  # by number of dimensions
MOST_ITEMS = 1_000_000  # the largest sets of this kind, EMNIST's, have 700,000 images in a file
MOST_BYTES = MOST_ITEMS * SIDE * SIDE * 101 // 100  # of a file; packing adds less than 1 %
_CHUNK = 1 << 20  # bytes at a time
_GZIP_MAGIC = b"\x1f\x8b"


class DataError(Exception):
    """The data is wrong or can't be had; the text says what was found, what was expected, what to do."""


def read_images(path: Path) -> np.ndarray:
    """Read an IDX file of images, with gzip if its name ends in .gz: uint8 (n, 28, 28), read-only, n > 0.

    Raises:
        DataError: whatever is wrong with the file.
    """
    return _read(path, lambda stream: _parse_header(path, stream, 3), "an IDX file of images")


def read_labels(path: Path) -> np.ndarray:
    """Read a file of labels, uint8 (n,); otherwise as `read_images`."""
    return _read(path, lambda stream: _parse_header(path, stream, 1), "an IDX file of labels")


def read_any(path: Path) -> np.ndarray:
    """Read an IDX file of any type and of one to four dimensions; otherwise as `read_images`."""
    return _read(path, lambda stream: _parse_any(path, stream), "an IDX file")


def read_pair(images_path: Path, labels_path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Read images and their labels, as many of the one as of the other; as the two functions above."""
    images, labels = read_images(images_path), read_labels(labels_path)
    if len(images) != len(labels):
        problem = f"holds {len(labels):,} labels; expected {len(images):,}, as images in {images_path}"
        _refuse(labels_path, problem, "Check that both files are of one data set")
    return images, labels


def digest(values: np.ndarray) -> str:
    """Compute the sha256 of images uint8 (n, height, width) or labels (n,) as an unpacked IDX file."""
    state = hashlib.sha256(_header(values))
    state.update(np.ascontiguousarray(values).data)
    return state.hexdigest()


def encode(values: np.ndarray) -> bytes:
    """The content of an unpacked IDX file of images uint8 (n, height, width) or labels uint8 (n,)."""
    return _header(values) + values.tobytes()


def packing(source: Path | str = "SOURCE") -> str:
    """The command that makes of other files those that training takes."""
    return f"`{command('data', '--pack', source, 'FOLDER')}`"


def _header(values: np.ndarray) -> bytes:
    return struct.pack(f">HBB{values.ndim}I", 0, _UNSIGNED_BYTE, values.ndim, *values.shape)


def _refuse(path: Path, problem: str, remedy: str = "Get or make the file again") -> NoReturn:
    raise DataError(f"{shown(str(path), 4096)} {problem}. {remedy}.")


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


_Stream = BinaryIO | _Unpacked
_Form = tuple[np.dtype, tuple[int, ...]]  # of the values: their type, and the dimensions


def _read(path: Path, parse: Callable[[_Stream], _Form], wanted: str) -> np.ndarray:
    """Read the values, and turn everything that can go wrong into a DataError."""
    packed = path.suffix == ".gz"
    try:
        with open_regular(path) as (file, size):
            if size > MOST_BYTES:
                _refuse(path, f"has {size:,} bytes; expected at most {MOST_BYTES:,}")
            _check_packing(path, file.peek(2)[:2], packed)
            stream = _Unpacked(file) if packed else file
            dtype, shape = parse(stream)
            _check_size(path, size, dtype, shape, packed)
            return _read_values(path, stream, dtype, shape)
    except IsADirectoryError:
        _refuse(path, f"is no regular file; expected {wanted}", "Name a file")
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
        problem = f"is not gzip (it starts with {start.hex(' ')}); expected gzip, as the name says"
        _refuse(path, problem, remedy)
    if not packed and start == _GZIP_MAGIC:
        _refuse(path, "is gzip; expected plain IDX, as the name has no .gz", "Add .gz to its name")


def _parse_header(path: Path, stream: _Stream, dimensions: int) -> _Form:
    """What the header announces, all of it checked: bytes, and as many dimensions as there must be."""
    header = stream.read(4 + 4 * dimensions)
    kind, magic = _KINDS[dimensions], bytes([0, 0, _UNSIGNED_BYTE, dimensions])
    other = 4 - dimensions  # of the two, 1 and 3
    if header[:4] == bytes([0, 0, _UNSIGNED_BYTE, other]):
        remedy = "Images and labels are swapped: swap the files"
        _refuse(path, f"holds {_KINDS[other]}; expected {kind}", remedy)
    if header[:4] != magic:
        problem = f"starts with {header[:4].hex(' ')}; expected {magic.hex(' ')}, the mark of IDX {kind}"
        _refuse(path, problem, _conversion(header[:4], dimensions, path.parent))
    if len(header) < 4 + 4 * dimensions:
        _refuse(path, f"ends after {len(header)} bytes; expected a header of {4 + 4 * dimensions}")
    shape = struct.unpack(f">{dimensions}I", header[4:])
    if dimensions == 3 and shape[1:] != (SIDE, SIDE):
        problem = f"holds images of {shape[1]} x {shape[2]} pixels; expected {SIDE} x {SIDE}"
        _refuse(path, problem, f"{packing(path.parent)} scales them")
    if not 1 <= shape[0] <= MOST_ITEMS:
        problem = f"announces {shape[0]:,} {kind}; expected 1 to {MOST_ITEMS:,}"
        _refuse(path, problem, "Get or make the file again, with as many as that")
    return np.dtype(np.uint8), shape


def _parse_any(path: Path, stream: _Stream) -> _Form:
    """What the header announces, whatever that is, as long as it can be held in memory."""
    mark = stream.read(4)
    if len(mark) < 4 or mark[:2] != bytes(2) or mark[2] not in _DTYPES or not 1 <= mark[3] <= 4:
        problem = f"starts with {mark.hex(' ')}; expected the mark of an IDX file of one to four dimensions"
        _refuse(path, problem)
    sizes = stream.read(4 * mark[3])
    if len(sizes) < 4 * mark[3]:
        _refuse(path, f"ends after {4 + len(sizes)} bytes; expected a header of {4 + 4 * mark[3]}")
    dtype, shape = np.dtype(_DTYPES[mark[2]]), struct.unpack(f">{mark[3]}I", sizes)
    if not 1 <= shape[0] <= MOST_ITEMS or not 0 < math.prod(shape) * dtype.itemsize <= MOST_BYTES:
        problem = f"announces {' x '.join(map(str, shape))} values; expected 1 to {MOST_ITEMS:,} items"
        _refuse(path, f"{problem} and at most {MOST_BYTES:,} bytes", "Get or make a smaller file")
    return dtype, shape


def _conversion(mark: bytes, dimensions: int, folder: Path) -> str:
    """What to do about a file that begins with another mark."""
    kind = _KINDS[dimensions]
    if len(mark) < 4 or mark[:2] != bytes(2) or mark[2] not in (_UNSIGNED_BYTE, *_OTHER_TYPES):
        return f"Write the {kind} as an IDX file, or if it was one get or make it again"
    if mark[2] != _UNSIGNED_BYTE:
        return f"Its values are {_OTHER_TYPES[mark[2]]}: {packing(folder)} makes bytes of them"
    if kind == "images":
        return f"It has {mark[3]} dimensions (in colour?): {packing(folder)} makes one grey value of a pixel"
    return f"It has {mark[3]} dimensions: {packing(folder)} takes one number for each image"


def _check_size(path: Path, size: int, dtype: np.dtype, shape: tuple[int, ...], packed: bool) -> None:
    """Refuse a file that can't hold what it announces, before memory is taken for it."""
    smallest = largest = 4 + 4 * len(shape) + math.prod(shape) * dtype.itemsize
    if packed:
        # Deflate packs at most 1032 to 1. Real images of this size pack 2 to 10 to 1, so a big file that
        # claims much more is a bomb. At the other end packing adds less than 1 % and a header.
        smallest, largest = (
            smallest // (1032 if smallest <= 1 << 26 else 20 * dtype.itemsize),
            largest * 101 // 100 + (1 << 16),
        )
    if not smallest <= size <= largest:
        expected = f"{smallest:,}" if smallest == largest else f"{smallest:,} to {largest:,}"
        announced = f"{shape[0]:,} {_KINDS.get(len(shape), 'items')}"
        problem = f"has {size:,} bytes; expected {expected} for the {announced} that its header announces"
        _refuse(path, problem)


def _read_values(path: Path, stream: _Stream, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Read as many values as announced, and make sure that nothing follows."""
    each = dtype.itemsize
    values = np.empty(math.prod(shape) * each, np.uint8)
    for start in range(0, len(values), _CHUNK):
        size = min(_CHUNK, len(values) - start)
        piece = stream.read(size)
        if len(piece) < size:
            found, announced = (start + len(piece)) // each, len(values) // each
            _refuse(path, f"ends after {found:,} values; expected {announced:,}, as its header says")
        values[start : start + size] = np.frombuffer(piece, np.uint8)
    if stream.read(1):
        announced = len(values) // each
        _refuse(path, f"goes on after {announced:,} values; expected no more, as its header says")
    values.setflags(write=False)
    return values.view(dtype).reshape(shape)
