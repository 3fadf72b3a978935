"""What a page carries as data, for programs: blocks of JSON that read back as what went in.

Whoever reads them back trusts nothing in them: a page may be anybody's.
"""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from data.storage import read_bytes

MARK = b'id="data-report"'
ESCAPED = {ord(mark): f"\\u{ord(mark):04x}" for mark in "<>&"}


def block(value: Any) -> Markup:
    """JSON that can stand in a `<script>`: nothing in it ends the element or begins another.

    Arrays stand in it as `in_base64`.

    Raises:
        ValueError: a number in it is not finite, for which JSON has no word.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), default=in_base64)
    return Markup(text.translate(ESCAPED))


def carries_its_numbers(page: Path) -> bool:
    """Whether a page of a run can be read alone, by people and programs; those of earlier versions can't."""
    try:
        return MARK in read_bytes(page)
    except (OSError, ValueError):
        return False


def in_base64(array: np.ndarray) -> str:
    """The bytes of an array, row by row; what is wider than a byte is little-endian."""
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def predicted(labels: np.ndarray, probabilities: Mapping[str, Mapping[int, np.ndarray]]) -> dict[str, Any]:
    """What every training answered to every test picture: `labels` and, by model and seed, the classes.

    Each is uint8 (num_test,), in the order of the test file. `labels` are uint8 (num_test,),
    `probabilities` float32 (num_test, num_classes) by model and seed.
    """
    models = {
        model: {str(seed): one.argmax(axis=1).astype(np.uint8) for seed, one in of_seeds.items()}
        for model, of_seeds in probabilities.items()
    }
    return {"labels": labels.astype(np.uint8), "models": models}
