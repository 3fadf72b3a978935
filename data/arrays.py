"""Pictures as numbers: CSV, npz and IDX files of other kinds than training takes."""

import csv
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, NoReturn

import numpy as np
from PIL import Image

from configs.networks import IMAGE_SIDE as SIDE
from configs.strict_yaml import shown
from data import idx
from data.class_folders import Progress
from data.idx import MOST_ITEMS, DataError
from data.labelled import Found
from data.pictures import fit, gray
from data.splits import Split
from data.storage import open_regular, read_npz

NPZ = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
LABEL_COLUMNS = ("label", "class")
_PIXELS = SIDE * SIDE
_LONGEST_LINE = 1 << 16  # characters; 784 numbers of five take 4,000
_PIECE = 1000  # pictures, or lines, between two words on how far it is
_CHANNELS = (1, 3)  # gray and colour
Pair = tuple[np.ndarray, np.ndarray]  # pictures in any shape, and as many labels


def _refuse(what: Path, problem: str, remedy: str) -> NoReturn:
    raise DataError(f"{shown(str(what), 300)} {problem}. {remedy}.")


def read_csvs(paths: Mapping[str, Path], progress: Progress) -> Found:
    """Read CSV files with a column of labels and 784 of pixels: `train` and `test`, or `train` alone.

    The column is called label or class; without a line of names it is the first.

    Raises:
        DataError: whatever is wrong with the files.
        OSError: one of them is missing, ...
    """
    return _found("CSV", paths, {part: _read_csv(path, progress) for part, path in paths.items()}, progress)


def _read_csv(path: Path, progress: Progress) -> Pair:
    lines = None
    try:
        with open_regular(path) as (file, size):
            lines = _Lines(path, file, size, progress)
            first = next(lines, "")
            delimiter = max(",;\t", key=first.count)
            names = [name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter), [])]
            headed = any(map(_is_no_number, names))
            column = _label_column(path, names, headed)
            rows = lines if headed else itertools.chain([first], lines)
            values = np.loadtxt(rows, np.float32, comments=None, delimiter=delimiter, quotechar='"', ndmin=2)
    except (ValueError, MemoryError, csv.Error) as error:
        reason = _reason(error).partition(" at row")[0]  # those of NumPy are counted from 0 or from 1
        where = f" in line {lines.number:,}" if lines else ""
        problem = f"can't be read ({reason}{where}); expected on each line a label and 784 numbers"
        words = "Put numbers in place of words, and names of classes into classes.txt of the packed folder"
        _refuse(path, problem, words if "could not convert" in reason else "Get or make the file again")
    if not values.size:
        _refuse(path, "has no pictures in it; expected one on each line", "Get or make the file again")
    if values.shape[1] != 1 + _PIXELS:  # as many in each line, but not as many as there are names
        problem = f"has {values.shape[1]:,} numbers on a line; expected {1 + _PIXELS}"
        _refuse(path, problem, "Get or make the file again")
    return np.delete(values, column, axis=1), values[:, column].copy()  # no view: it would keep all


def _reason(error: Exception) -> str:
    return shown((getattr(error, "strerror", None) or str(error) or "out of memory").rstrip("."), 200)


class _Lines(Iterator[str]):
    """The lines of a file that are not empty, and which one was read last; none is very long."""

    def __init__(self, path: Path, file: BinaryIO, size: int, progress: Progress) -> None:
        self.path, self.file, self.size, self.progress = path, file, size, progress
        self.number = 0

    def __next__(self) -> str:
        while line := self.file.readline(_LONGEST_LINE):
            self.number += 1
            if len(line) == _LONGEST_LINE:
                problem = f"has over {_LONGEST_LINE:,} characters in line {self.number:,}; expected fewer"
                _refuse(self.path, problem, "Get or make the file again")
            if self.number % _PIECE == 0:
                self.progress(self.file.tell() / self.size)
            if text := line.decode("utf-8-sig").strip():
                return text
        raise StopIteration


def _is_no_number(name: str) -> bool:
    try:
        float(name)
    except ValueError:
        return True
    return False


def _label_column(path: Path, names: list[str], headed: bool) -> int:
    found = [place for place, name in enumerate(names) if name in LABEL_COLUMNS]
    if headed and not found:
        remedy = "Name the column of labels so; a file for a contest has none: pack its other file by itself"
        _refuse(path, f"has no column called {' or '.join(LABEL_COLUMNS)}; expected one", remedy)
    if len(names) != 1 + _PIXELS:
        problem = f"has {len(names):,} columns; expected {1 + _PIXELS}: a label and 28 x 28 pixels"
        _refuse(path, problem, "Take out what is neither, or make the file again")
    return found[0] if headed else 0


def read_arrays(path: Path, progress: Progress) -> Found:
    """Read an npz file with x_train, y_train, x_test and y_test; raises as `read_csvs`."""
    wanted = [name for pair in NPZ.values() for name in pair]
    try:
        arrays = read_npz(path)
    except Exception as error:  # a damaged archive fails in many ways
        if isinstance(error, OSError) and error.filename:
            raise
        remedy = "Save arrays of numbers with numpy.savez_compressed, pictures as uint8"
        _refuse(path, f"can't be read ({_reason(error)}); expected the arrays {', '.join(wanted)}", remedy)
    if missing := [name for name in wanted if name not in arrays]:
        there = shown(", ".join(arrays) or "nothing", 200)
        problem = f"has no {missing[0]}, but {there}; expected the arrays {', '.join(wanted)}"
        _refuse(path, problem, "Save the arrays under these names")
    pairs = {part: (arrays[images], arrays[labels]) for part, (images, labels) in NPZ.items()}
    return _found("npz", dict.fromkeys(NPZ, path), pairs, progress)


def read_other_idx(files: Mapping[tuple[str, str], Path], progress: Progress) -> Found:
    """Read IDX files by (train or test, images or labels), whatever is in them; raises as `read_csvs`.

    A file *-mapping.txt beside them, as EMNIST has, names the classes: a label and the code of its letter
    on each line.
    """
    paths = {part: files[part, "images"] for part in NPZ}
    pairs = {part: (idx.read_any(path), idx.read_any(files[part, "labels"])) for part, path in paths.items()}
    names = _letters(paths["train"].with_name(f"{paths['train'].name.partition('train')[0]}mapping.txt"))
    return _found("IDX", paths, pairs, progress, names)


def _letters(path: Path) -> dict[int, str]:
    """Names of labels by EMNIST's list; none if there is no such list."""
    try:
        with open_regular(path) as (file, _):
            rows = [line.split() for line in file.read(_LONGEST_LINE).decode().splitlines()]
        names = {int(row[0]): chr(int(row[1])) for row in rows}
    except (OSError, ValueError, IndexError, OverflowError):
        return {}
    fine = all(name.isprintable() and name.strip() for name in names.values())
    return names if fine and len(set(names.values())) == len(names) else {}


def _found(
    kind: str,
    paths: Mapping[str, Path],
    pairs: Mapping[str, Pair],
    progress: Progress,
    names: Mapping[int, str] = MappingProxyType({}),
) -> Found:
    """Pictures and labels as they should be, from arrays of whatever kind."""
    shaped = {part: _by_rows(paths[part], images) for part, (images, _) in pairs.items()}
    labels, notes = {}, dict[str, None]()
    for part, (_, values) in pairs.items():
        labels[part], note = _whole_labels(paths[part], values)
        notes |= {note: None} if note else {}
        if len(labels[part]) != len(shaped[part]):
            problem = f"has {len(shaped[part]):,} pictures and {len(labels[part]):,} labels; expected as many"
            _refuse(paths[part], problem, "Check that both are of one data set")
    sizes = {(images.shape[2], images.shape[1]) for images in shaped.values()}
    if len(sizes) > 1:
        (a, b), (c, d) = sorted(sizes)
        problem = f"has pictures of {a} x {b} pixels and of {c} x {d}; expected one size for all"
        _refuse(paths["train"].parent, problem, "Check that both are of one data set")
    times = _unit(paths, shaped)
    notes |= {"values from 0 to 1 multiplied by 255": None} if times == 255 else {}
    notes |= {"colour made gray": None} if any(images.shape[3] > 1 for images in shaped.values()) else {}
    parts = {part: Split(_pictures(shaped[part], times, progress), labels[part]) for part in shaped}
    [size] = sizes
    return Found(kind, parts["train"], parts.get("test"), (size, size), names, tuple(notes))


def _by_rows(path: Path, images: np.ndarray) -> np.ndarray:
    """Pictures as (n, height, width, channels)."""
    shape = images.shape
    if shape[1:] in ((_PIXELS,), (_PIXELS, 1)):
        images = images.reshape(-1, SIDE, SIDE, 1)
    elif images.ndim == 3:
        images = images[..., None]
    elif images.ndim == 4 and shape[3] not in _CHANNELS and shape[1] in _CHANNELS:
        images = np.moveaxis(images, 1, 3)
    if images.ndim != 4 or images.shape[3] not in _CHANNELS or not images.size:
        wanted = "(n, 784), (n, height, width), or the latter with 1 or 3 channels"
        _refuse(path, f"has pictures in the shape {shape}; expected {wanted}", "Save them in such a shape")
    if len(images) > MOST_ITEMS:
        _refuse(path, f"has {len(images):,} pictures; expected at most {MOST_ITEMS:,}", "Take fewer")
    return images


def _unit(paths: Mapping[str, Path], shaped: Mapping[str, np.ndarray]) -> int:
    """What makes of all values 0 to 255: 1 or 255."""
    largest = {part: float(images.max()) for part, images in shaped.items()}
    for part, high in largest.items():
        low = float(shaped[part].min())
        if not 0 <= low <= high <= 255:
            problem = f"has pixels from {low:g} to {high:g}; expected 0 to 255, or fractions from 0 to 1"
            _refuse(paths[part], problem, "Bring them into that range before")
        if (high <= 1) != (largest["train"] <= 1):
            problem = f"has pixels up to {high:g} in the test, and up to {largest['train']:g} in the training"
            _refuse(paths[part], f"{problem}; expected one range for all", "Bring both into the same before")
    return 255 if largest["train"] <= 1 else 1


def _pictures(images: np.ndarray, times: int, progress: Progress) -> np.ndarray:
    """Pictures uint8 (n, 28, 28) of those (n, height, width, channels) with values up to 255 / times."""
    whole = np.empty((len(images), SIDE, SIDE), np.uint8)
    for start in range(0, len(images), _PIECE):
        piece = images[start : start + _PIECE]
        if piece.dtype != np.uint8:
            piece = np.rint(piece * np.float64(times)).astype(np.uint8)
        if piece.shape[1:] == (SIDE, SIDE, 1):
            whole[start : start + _PIECE] = piece[..., 0]
        else:
            piece = np.ascontiguousarray(piece[..., 0] if piece.shape[3] == 1 else piece)
            for place, one in enumerate(piece, start):
                whole[place] = fit(gray(Image.fromarray(one)))
        progress(min(1.0, (start + _PIECE) / len(images)))
    return whole


def _whole_labels(path: Path, values: np.ndarray) -> tuple[np.ndarray, str]:
    """Labels int64 (n,), and what was done to get them."""
    note = ""
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    elif values.ndim == 2 and values.size:
        one_hot = bool(np.isin(values, (0, 1)).all() and (values.sum(axis=1) == 1).all())
        note = "labels one-hot" if one_hot else f"labels the first of {values.shape[1]} columns"
        values = values.argmax(axis=1) if one_hot else values[:, 0]
    if values.ndim != 1 or not values.size:
        problem = f"has labels in the shape {values.shape}; expected one number for each picture"
        _refuse(path, problem, "Save them in such a shape")
    with np.errstate(invalid="ignore"):
        whole = values.astype(np.int64)
    if not (whole == values).all() or whole.min() < 0:
        wrong = values[(whole != values) | (whole < 0)][0]
        _refuse(path, f"has a label {wrong:g}; expected whole numbers from 0 up", "Number the classes anew")
    return whole, note
