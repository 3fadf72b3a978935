"""Pictures in folders named after their classes, with or without train/ and test/ around them."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.networks import IMAGE_SIDE as SIDE
from configs.strict_yaml import shown
from data.idx import MOST_ITEMS, DataError
from data.labelled import MOST_CLASSES, Found
from data.pictures import ENDINGS, BadPicture, Size, read_picture
from data.splits import Split

Progress = Callable[[float], None]  # told the share that is done
HALVES = {"train": ("train", "training"), "test": ("test", "testing")}  # what their folders may be called
_SHUFFLE = 0x5AFE  # of the order of pictures, which are found class by class
_TOLD = 50  # pictures between two words on how far it is
_MOST_NAMED = 3  # pictures in an error


@dataclass(frozen=True)
class _Listing:
    """A folder: its folders by name, its files, those of them that are pictures; hidden ones left out."""

    path: Path
    folders: dict[str, Path]
    pictures: list[Path]
    others: list[Path]


def holds_classes(source: Path) -> bool:
    """Whether a folder has folders in it that are not hidden."""
    return bool(_look_into(source, source).folders)


def read_classes(source: Path, behind: int, progress: Progress) -> Found:
    """Read class folders in `source`, or those in train/ and test/ (or training/ and testing/) there.

    Labels are the places of the classes' names in order: of numbers if all are, else of the alphabet.
    Pictures come in an order drawn with seed 0. `behind` is the gray behind transparent ones.

    Raises:
        DataError: there is no such thing here, or a picture can't be read; several of these are named.
    """
    top = _look_into(source, source)
    listings = _halves(top)
    left_alone = [] if "all" in listings else [*top.pictures, *top.others]
    parts = {}
    for part, listing in listings.items():
        parts[part], others = _classes(listing, source)
        left_alone += others
    names = _ordered({name for classes in parts.values() for name in classes})
    for part, classes in parts.items():
        if missing := [name for name in names if name not in classes]:
            raise DataError(
                f"{listings[part].path} has no class {shown(missing[0])}, which the other folder has; "
                "expected the same class folders in both. Add it, or take it out of the other."
            )
    number = sum(len(paths) for classes in parts.values() for paths in classes.values())
    if number > MOST_ITEMS:
        raise DataError(
            f"{source} has {number:,} pictures; expected at most {MOST_ITEMS:,}. Take some out of it."
        )
    reader = _Reader(number, behind, progress)
    read = {part: reader.read(classes, names) for part, classes in parts.items()}
    return Found(
        kind="class folders" if "all" in parts else "class folders in train and test",
        train=read.get("all") or read["train"],
        test=read.get("test"),
        sizes=reader.sizes(source),
        names=dict(enumerate(names)),
        left_alone=len(left_alone),
    )


def inside(path: Path, root: Path) -> Path:
    """A path as it is; DataError if it is a link that leads out of a folder."""
    if path.is_symlink() and not path.resolve().is_relative_to(root.resolve()):
        raise DataError(
            f"{shown(str(path), 300)} is a link out of {root}; expected files that are in it. Put the files "
            "themselves there."
        )
    return path


def _look_into(folder: Path, root: Path) -> _Listing:
    entries = [entry for entry in os.scandir(folder) if not entry.name.startswith((".", "__MACOSX"))]
    folders, pictures, others = dict[str, Path](), list[Path](), list[Path]()
    for entry in sorted(entries, key=lambda entry: entry.name):
        path = inside(Path(entry), root) if entry.is_symlink() else Path(entry)
        if entry.is_dir():
            folders[entry.name] = path
        else:
            (pictures if path.suffix.lower() in ENDINGS else others).append(path)
    return _Listing(folder, folders, pictures, others)


def _halves(top: _Listing) -> dict[str, _Listing]:
    """The folders around the class folders: the source itself as `all`, or its `train` and `test`."""
    found = {}
    for part, names in HALVES.items():
        for name, path in top.folders.items():
            # a class may be called train: then there are pictures in it, and no folders
            if name.lower() in names and (below := _look_into(path, top.path)).folders:
                found[part] = below
    if not found:
        return {"all": top}
    if missing := [part for part in HALVES if part not in found]:
        [half] = found.values()
        raise DataError(
            f"{top.path} has {half.path.name}/ with class folders, but no {missing[0]}/ with such; expected "
            f"both, or class folders alone. Add it, or pack {half.path} by itself: of each class one picture "
            "in seven goes to the test then."
        )
    if others := top.folders.keys() - {listing.path.name for listing in found.values()}:
        raise DataError(
            f"{top.path} has {shown(min(others))}/ beside its folders for training and test; expected these "
            "two alone. Move it away, or its pictures into one of them."
        )
    return found


def _classes(listing: _Listing, root: Path) -> tuple[dict[str, list[Path]], list[Path]]:
    """The pictures of each class of a folder, and the files beside them."""
    classes, others = dict[str, list[Path]](), [*listing.pictures, *listing.others]
    for name, path in listing.folders.items():
        below = _look_into(path, root)
        if below.folders:
            raise DataError(
                f"{shown(str(path), 300)} has folders in it ({shown(min(below.folders))}); expected pictures "
                "alone, for it is taken for a class. Move the pictures up, or the folder away."
            )
        if not below.pictures:
            kinds = ", ".join(sorted(ENDINGS))
            raise DataError(
                f"{shown(str(path), 300)} has no picture in it; expected at least one whose name ends in one "
                f"of {kinds}. Add some, or take the folder away."
            )
        if not name.isprintable() or name != name.strip():
            raise DataError(
                f"The class folder {name!a} in {listing.path} can't be shown as it is; expected a name of "
                "plain characters without spaces around it. Rename it."
            )
        classes[name], others = below.pictures, others + below.others
    _must_differ(classes, listing.path)
    return classes, others


def _must_differ(classes: dict[str, list[Path]], folder: Path) -> None:
    alike = Counter(name.casefold() for name in classes)
    if twins := sorted(name for name in classes if alike[name.casefold()] > 1):
        raise DataError(
            f"{folder} has classes whose names differ in case only ({shown(', '.join(twins))}); expected "
            "names that differ otherwise. Rename one, or put the pictures of both into one."
        )
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise DataError(
            f"{folder} has {len(classes)} class folder{'s' * (len(classes) != 1)}; expected 2 to "
            f"{MOST_CLASSES}, one for each class. Name the folder that they are in."
        )


def _ordered(names: set[str]) -> list[str]:
    numbers = all(name.isascii() and name.isdigit() for name in names)
    return sorted(names, key=lambda name: (int(name) if numbers else 0, name))


class _Reader:
    """Reads pictures one after another, and remembers of which sizes they were and which were no good."""

    def __init__(self, number: int, behind: int, progress: Progress) -> None:
        self.number, self.behind, self.progress = number, behind, progress
        self.done, self.seen, self.bad = 0, set[Size](), list[str]()

    def read(self, classes: dict[str, list[Path]], names: Sequence[str]) -> Split:
        """The pictures of some classes; those that can't be read are black."""
        paths = [(path, label) for label, name in enumerate(names) for path in classes[name]]
        images = np.zeros((len(paths), SIDE, SIDE), np.uint8)
        labels = np.array([label for _, label in paths], np.int64)
        order = np.random.default_rng([0, _SHUFFLE]).permutation(len(paths))
        for place, chosen in enumerate(order):
            self._read_one(paths[chosen][0], images[place])
        return Split(images, labels[order])

    def _read_one(self, path: Path, into: np.ndarray) -> None:
        try:
            into[:], size = read_picture(path, self.behind)
            self.seen.add(size)
        except BadPicture as error:
            self.bad.append(f"{shown(str(path), 300)} ({error})")
        self.done += 1
        if self.done % _TOLD == 0:
            self.progress(self.done / self.number)

    def sizes(self, source: Path) -> tuple[Size, Size]:
        """The smallest and the largest; DataError, with names, if some pictures could not be read."""
        if self.bad:
            more = len(self.bad) - _MOST_NAMED
            listed = "; ".join(self.bad[:_MOST_NAMED]) + (f"; and {more:,} more" if more > 0 else "")
            raise DataError(
                f"{len(self.bad):,} of {self.number:,} pictures in {source} can't be read: {listed}. "
                "Expected whole pictures of at most 150 megapixels. Take these out, or get them again."
            )
        by_area = sorted(self.seen, key=lambda size: size[0] * size[1])
        return by_area[0], by_area[-1]
