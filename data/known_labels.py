"""Labels of test pictures that nobody has to be believed: those of data sets that are known here."""

import hashlib

import numpy as np

from data import idx, lines
from data.sources import FILES, OFFICIAL
from data.splits import DataFacts

OFFICIAL_DIGEST = hashlib.sha256("".join(OFFICIAL.values()).encode()).hexdigest()  # as `digest_of` has it


def proved(labels: np.ndarray, data: DataFacts) -> bool | None:
    """Whether labels uint8 (num_test,) are those of the data that a report tells of.

    Fashion-MNIST's are known by their checksum, and so need no copy of the files; made-up lines are always
    the same. Of people's own files nobody can know: None.
    """
    if data.is_fashion or data.digest == OFFICIAL_DIGEST:
        return data.digest == OFFICIAL_DIGEST and idx.digest(labels) == OFFICIAL[FILES[3]]
    if data.name == "lines":
        return np.array_equal(labels, lines.make_images(lines.NUM_TEST, seed=lines.SEED + 1)[1])
    return None
