"""Pictures of one's own, as people have them, made into the four files that training takes."""

import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import Field, TypeAdapter

from configs.networks import IMAGE_SIDE as SIDE
from configs.strict_yaml import shown
from configs.values import Count, Words
from data import idx
from data.arrays import read_arrays, read_csvs, read_other_idx
from data.class_folders import Progress, holds_classes, inside, read_classes
from data.fashion_mnist import NAMES_FILE
from data.idx import DataError
from data.labelled import TEST_SEED, Found, num_duplicates, numbered, with_test
from data.pictures import border
from data.sources import FILES, digest_of, own_folder
from data.splits import Split
from data.storage import read_value, write_atomically, write_json

PREPARATION = "preparation.json"
K = TypeVar("K", str, tuple[str, str])
_CSV = {"train": "train", "test": "test|t10k"}  # what names of files have in them
_IDX = {
    (part, kind): f"(?=.*({of_part}))(?=.*({of_kind}))"
    for part, of_part in _CSV.items()
    for kind, of_kind in (("images", "image|img"), ("labels", "label"))
}
ALONE: dict[str, Callable[[Path, Progress], Found]] = {  # how one file is read, by what its name ends in
    ".csv": lambda path, progress: read_csvs({"train": path}, progress),
    ".npz": read_arrays,
}


@dataclass(frozen=True)
class PackedClass:
    """A class: its name, the label that its source had for it, and how many pictures it has."""

    name: Words
    was: Count
    train: Count
    test: Count


@dataclass(frozen=True)
class Preparation:
    """What was done to make a data set; preparation.json.

    `smallest` and `largest` are the sizes that pictures had, width and height. Others than 28 x 28 were
    scaled to fit and padded. `test_seed` is null where training and test were apart already.
    `duplicates` is how many test pictures are training pictures, too; `light` how many training pictures
    have a border that is nearer to white, `left_alone` how many other files there were. `digest` is that of
    the data.
    """

    kind: Words
    source: Words
    train: Count
    test: Count
    smallest: Annotated[list[Count], Field(min_length=2, max_length=2)]
    largest: Annotated[list[Count], Field(min_length=2, max_length=2)]
    transposed: bool
    inverted: bool
    notes: list[Words]
    classes: Annotated[list[PackedClass], Field(min_length=2, max_length=256)]
    test_seed: Count | None
    duplicates: Count
    light: Count
    left_alone: Count
    digest: Words
    format: Literal[1] = 1

    @property
    def of_files(self) -> bool:
        """Whether its pictures were files of their own, as those are that people have."""
        return self.kind.startswith("class folders")

    @property
    def scaled(self) -> bool:
        """Whether any picture had another size."""
        return self.smallest != [SIDE, SIDE] or self.largest != [SIDE, SIDE]

    @property
    def renumbered(self) -> bool:
        """Whether labels are other ones than they were."""
        return any(one.was != label for label, one in enumerate(self.classes))


@dataclass(frozen=True)
class Packed:
    """A data set as it is written: pictures with labels from 0 on, and how it came about."""

    train: Split
    test: Split
    preparation: Preparation


def prepare(source: Path, transpose: bool, invert: bool, progress: Progress) -> Packed:
    """Read what people have and make 28 x 28 pictures with labels of it.

    `source` is a folder of class folders, or of train/ and test/ with such; a CSV file, or a folder with one
    or two; an npz file; a folder with four IDX files. `transpose` swaps rows and columns, `invert` makes
    light of dark; what is transparent becomes black either way.

    Raises:
        DataError: it can't be used; the text says what was found, what was expected, what to do.
    """
    found, were = numbered(_read(source, 255 if invert else 0, progress))
    train, test = (_turned(part, transpose, invert) for part in with_test(found))
    counts = [np.bincount(part.labels, minlength=len(were)).tolist() for part in (train, test)]
    names = [found.names[label] for label in range(len(were))]
    preparation = Preparation(
        kind=found.kind,
        source=shown(source.name, 300),
        train=len(train.labels),
        test=len(test.labels),
        smallest=list(found.sizes[0]),
        largest=list(found.sizes[1]),
        transposed=transpose,
        inverted=invert,
        notes=list(found.notes),
        classes=[PackedClass(*row) for row in zip(names, were, *counts, strict=True)],
        test_seed=TEST_SEED if found.test is None else None,
        duplicates=num_duplicates(train, test),
        light=int((np.median(border(train.images), axis=1) > 127).sum()),
        left_alone=found.left_alone,
        digest=digest_of(_arrays(train, test)),
    )
    return Packed(train, test, preparation)


def write(packed: Packed, folder: Path) -> None:
    """Write the four files, classes.txt and preparation.json into a folder."""
    for name, values in _arrays(packed.train, packed.test).items():
        write_atomically(folder / name, idx.encode(values))
    names = "".join(f"{one.name}\n" for one in packed.preparation.classes)
    write_atomically(folder / NAMES_FILE, names.encode())
    write_json(folder / PREPARATION, asdict(packed.preparation))


def preparation_of(source: str, digest: str) -> dict[str, Any] | None:
    """How the files behind a `data.source` were prepared, if that is known of data with this digest."""
    try:
        value = read_value(own_folder(source) / PREPARATION)
        preparation = TypeAdapter(Preparation).validate_python(value)
    except (OSError, ValueError):
        return None
    return asdict(preparation) if preparation.digest == digest else None


def _arrays(train: Split, test: Split) -> dict[str, np.ndarray]:
    values = (part for each in (train, test) for part in (each.images, each.labels.astype(np.uint8)))
    return dict(zip(FILES, values, strict=True))


def _turned(part: Split, transpose: bool, invert: bool) -> Split:
    images = part.images.swapaxes(1, 2) if transpose else part.images
    return Split(np.ascontiguousarray(255 - images if invert else images), part.labels)


def _read(source: Path, behind: int, progress: Progress) -> Found:
    """Find out what a source is, and read it."""
    try:
        if not source.is_dir():
            return _read_file(source, progress)
        files = [inside(path, source) for path in sorted(source.iterdir()) if not path.name.startswith(".")]
        # of a packed and an unpacked file of the same name the latter, which sorts first
        bare = {path.name.removesuffix(".gz"): path for path in files[::-1] if not path.is_dir()}
        if idx_files := [path for name, path in bare.items() if re.search(r"idx\d", name)]:
            return read_other_idx(_choose(source, sorted(idx_files), _IDX), progress)
        tables = [path for path in files if path.suffix.lower() in ALONE and not path.is_dir()]
        if holds_classes(source):
            return _read_folders(source, tables, behind, progress)
        if len(tables) == 1:
            return _read_file(tables[0], progress)
        if csvs := [path for path in tables if path.suffix.lower() == ".csv"]:
            return read_csvs(_choose(source, csvs, _CSV), progress)
    except OSError as error:
        raise DataError(
            f"{shown(str(error.filename or source), 300)} can't be read ({error.strerror}); expected a file "
            "or a folder. Check its name and permissions."
        ) from None
    raise DataError(
        f"{source} holds {len(files)} files, and no folders; expected class folders with pictures, CSV "
        "files, an npz file, or four IDX files. Name the folder or the file that has them."
    )


def _read_folders(source: Path, tables: list[Path], behind: int, progress: Progress) -> Found:
    """Read class folders; where they are refused, the tables beside them are named, too."""
    try:
        return read_classes(source, behind, progress)
    except DataError as error:
        if not tables:
            raise
        listed = shown(", ".join(path.name for path in tables), 200)
        raise DataError(
            f"{error} To pack {listed} instead, put nothing else into a folder, and name that."
        ) from None


def _read_file(path: Path, progress: Progress) -> Found:
    if read := ALONE.get(path.suffix.lower()):
        return read(path, progress)
    if not os.path.lexists(path):
        raise DataError(f"{path} is not there; expected a folder, a CSV file or an npz file. Check its name.")
    raise DataError(
        f"{path} is no folder, and its name ends in neither {' nor '.join(ALONE)}; expected one of these. "
        "Unpack an archive before; put pictures into a folder for each class, and name the folder that "
        "these, or IDX files, are in."
    )


def _choose(source: Path, files: list[Path], patterns: dict[K, str]) -> dict[K, Path]:
    """Of the files in a folder the one whose name fits each pattern, of those that fit none before."""
    chosen: dict[K, Path] = {}
    for key, pattern in patterns.items():
        left = [path for path in files if path not in chosen.values()]  # a "contest" has a test in its name
        fits = [path for path in left if re.search(pattern, path.name, re.IGNORECASE)]
        if len(fits) != 1:
            what = " ".join(key) if isinstance(key, tuple) else key
            listed = shown(", ".join(path.name for path in fits or files), 200)
            raise DataError(
                f"{source} has {len(fits) or 'no'} files for {what} ({listed}); expected one with {what} in "
                "its name. Put the files of one data set into a folder of their own, and name them so."
            )
        [chosen[key]] = fits
    return chosen
