"""What all looks at a saved network share: opening it, telling how far they are, recording what they left."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from configs.schema import Cnn, Dense, Inspection
from data.storage import write_json
from model.networks.facts import layer_facts
from model.run.folder import RunError, sha256_of
from model.run.workers import JobFailed, Tell


def open_with_untrained(
    saved: Path, network: Dense | Cnn, num_classes: int, seed: int
) -> tuple[Any, Any, Any]:
    """A saved network, the same before training, and the facts of its layers."""
    from model.networks.build import build
    from model.run.saved import load

    try:
        model = load(saved, network, num_classes)
    except RunError as error:
        raise JobFailed(str(error)) from None
    return model, build(network, num_classes, seed), layer_facts(network, num_classes)


def part_of_look(tell: Tell, begin: float, end: float) -> Callable[[float], None]:
    """Progress of a part of a look, told as progress of the whole."""
    return lambda share: tell((begin + (end - begin) * share, "", "looking inside"))


def note_of(name: str) -> str:
    return f"{name}: its first seed, not its best."


def record_look(
    path: Path, data: Sequence[str], figures: Sequence[Any], settings: Inspection, identity: dict[str, Any]
) -> None:
    """Write what a look has left: its figures, and of them and the data a sha256 by name."""
    names = [name for name in data if (path.parent / name).exists()]
    names += [figure.path.name for figure in figures if not figure.fault]
    files = {name: sha256_of(path.parent / name) for name in names}
    drawn = [{"file": f.path.name, "title": f.title, "alt": f.alt, "fault": f.fault} for f in figures]
    record = {"settings": settings.model_dump(mode="json"), "figures": drawn, "files": files}
    write_json(path, identity | record)
