"""Fashion-MNIST, or image files of the user's own in the same format, cut into splits."""

from typing import TYPE_CHECKING

import numpy as np
from pydantic import TypeAdapter, ValidationError

from configs.strict_yaml import shown
from configs.values import ClassNames
from data import sources
from data.idx import DataError, packing
from data.splits import IN_PROPORTION, Split, Splits, hold_out
from data.storage import read_bytes

if TYPE_CHECKING:
    from configs.schema import Data

OFFICIAL_NAME = "fashion-mnist"
NAMES_FILE = "classes.txt"  # beside files of the user's own: names of labels 0, 1, ..., one on each line
CLASS_NAMES: tuple[str, ...] = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def load(section: "Data", split_rule: int = IN_PROPORTION) -> Splits:
    """Get the images and labels that a config asks for.

    A name other than fashion-mnist stands for IDX files of the user's own, in the folder `source`.
    `split_rule` says how many of each class are held out (`data.splits.shares`).

    Training and validation are in the order of the training file, test in that of the test file. `digest` is
    the sha256 of the four files' digests (`idx.digest`, in hexadecimal) in the order of `sources.FILES`: that
    of what was read, whichever images are held out.

    Raises:
        DataError: the data can't be had, is damaged, or does not fit the section.
    """
    if section.name == OFFICIAL_NAME:
        arrays, source = sources.fetch(section.source)
        title, names = "Fashion-MNIST", CLASS_NAMES
    else:
        arrays, source = sources.read_own(section.source)
        title, names = section.name, section.class_names or ()
    train_images, train_labels, test_images, test_labels = (arrays[name] for name in sources.FILES)
    num_classes = _count_classes(train_labels, test_labels, section.source)
    names = names or tuple(str(label) for label in range(num_classes))
    if len(names) != num_classes:
        raise DataError(
            f"data.class_names has {len(names)} names; expected {num_classes}, for the training labels go "
            f"from 0 to {num_classes - 1}. Give each label its name, in order, there or in {NAMES_FILE}."
        )
    num_validation, seed = section.validation_images, section.split_seed
    train, validation = hold_out(train_images, train_labels, num_validation, seed, split_rule)
    return Splits(
        train=train,
        validation=validation,
        test=Split(test_images, test_labels),
        class_names=names,
        title=title,
        source=source,
        digest=sources.digest_of(arrays),
    )


def with_names(section: "Data") -> "Data":
    """A config's section with the class names that stand beside the user's own files, unless it has some.

    Raises:
        DataError: the file with the names can't be used.
    """
    path = sources.own_folder(section.source) / NAMES_FILE
    if section.name == OFFICIAL_NAME or section.class_names is not None or not path.exists():
        return section
    try:
        names = TypeAdapter(ClassNames).validate_python(read_bytes(path).decode().splitlines())
    except (OSError, ValueError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise DataError(
            f"{path} can't be used ({shown(reason, 200)}). Expected 2 to 256 different names, one on each "
            "line. Put it right, or take it away."
        ) from None
    return section.model_copy(update={"class_names": names})


def _count_classes(train_labels: np.ndarray, test_labels: np.ndarray, folder: str) -> int:
    """Return the number of classes; a stray label would otherwise add a hundred empty ones."""
    train, test = (f"The labels in {folder}/{sources.FILES[number]}" for number in (1, 3))
    present = np.unique(train_labels)
    num_classes = int(present[-1]) + 1
    if missing := sorted(set(range(num_classes)) - set(present.tolist())):
        raise DataError(
            f"{train} go to {num_classes - 1}, but none is {missing[0]}; expected no gaps from "
            f"0 on. {packing(sources.own_folder(folder))} numbers them anew; or look for a wrong label."
        )
    if num_classes < 2:
        raise DataError(f"{train} are all 0; expected two classes or more. Check the file.")
    if test_labels.max() >= num_classes:
        raise DataError(
            f"{test} go to {test_labels.max()}, those of training only to {num_classes - 1}; expected the "
            "same classes. Check that both label files are of one data set."
        )
    return num_classes
