"""What a report tells of networks that were trained elsewhere: by the config, and beside it what is usual."""

import json
import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from configs.schema import Config
from model.comparison.origins import Elsewhere, Usual

RECORDED = Path(__file__).parents[2] / "outputs" / "reference"
NEAREST = 2  # sizes of recorded networks that are told


def origin_of(config: Config, model: str, usual: list[Usual]) -> Elsewhere | None:
    """Where a model is from that was trained elsewhere; None of another, or as long as that is not measured.

    `usual` is what networks of about its size reach.
    """
    network = config.elsewhere.get(model)
    found = network.found if network else None
    if network is None or found is None or found.pixels is None:
        return None
    return Elsewhere(
        files=[Path(file).name for file in network.file],
        sha256=list(found.sha256),
        names=found.names,
        logits=found.logits,
        dtype=found.dtype,
        asked=network.pixels,
        pixels=found.pixels,
        images=found.images,
        right=found.right,
        right_in_order=found.right_in_order,
        order=list(found.order),
        usual=usual,
    )


def usual_for(parameters: int, folder: Path = RECORDED) -> list[Usual]:
    """What recorded networks reach on Fashion-MNIST that are nearest in size, the smaller ones first."""
    by_size: dict[int, list[float]] = defaultdict(list)
    for entry in _recorded(folder):
        with suppress(KeyError, TypeError):
            by_size[int(entry["parameters"])].append(float(entry["accuracy"]["mean"]))
    nearest = sorted(by_size, key=lambda size: abs(math.log(max(size, 1) / parameters)))[:NEAREST]
    return [
        Usual(size, len(by_size[size]), min(by_size[size]), max(by_size[size])) for size in sorted(nearest)
    ]


def _recorded(folder: Path) -> Iterator[dict[str, Any]]:
    """The models of all runs that are recorded in a folder: a report each, or several in small by name.

    What was trained for one epoch alone is left out: it shows what a first look at the pictures gives.
    """
    for path in sorted(folder.glob("*.json")):
        with suppress(OSError, ValueError, AttributeError):
            content = json.loads(path.read_text(encoding="utf-8"))
            runs = [content] if "models" in content else content.values()
            for run in runs:
                models = run.get("models", {})  # other measurements are recorded there, too
                yield from (entry for entry in models.values() if entry.get("epochs") != 1)
