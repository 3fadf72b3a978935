"""What all looks at a saved network share: opening it, telling how far they are, recording what they left."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.networks import Saved
from configs.schema import Network
from data.storage import sha256_of, write_json
from model.networks.facts import layer_facts
from model.run.folder import RunError
from model.run.jobs import JobFailed, Tell


@dataclass(frozen=True)
class Look:
    """A look at the network of a model and a seed, which is saved in a file: how, and where its own files go.

    `settings` decide its numbers, beside network and data; they are recorded with `identity`.
    """

    model: str
    seed: int
    network: Network
    settings: Mapping[str, Any]
    saved: Path
    folder: Path
    identity: dict[str, Any]

    def open(self, num_classes: int) -> tuple[Any, Any, Any]:
        """The saved network, the same before training (or with random weights), the facts of its layers."""
        from model.networks.build import build
        from model.run.saved import load

        try:
            model = load(self.saved, self.network, num_classes)
        except RunError as error:
            raise JobFailed(str(error)) from None
        return model, build(self.network, num_classes, self.seed), layer_facts(self.network, num_classes)

    @property
    def note(self) -> str:
        """What a picture says of whose inside it shows."""
        return note_of(self.model, self.is_from_elsewhere)

    @property
    def is_from_elsewhere(self) -> bool:
        """Whether its network was not trained here."""
        return isinstance(self.network, Saved)

    def record(self, file: str, data: Sequence[str], figures: Sequence[Any]) -> None:
        """Write what the look has left: its figures, and of them and the data a sha256 by name."""
        names = [name for name in data if (self.folder / name).exists()]
        names += [figure.path.name for figure in figures if not figure.fault]
        files = {name: sha256_of(self.folder / name) for name in names}
        drawn = [{"file": f.path.name, "title": f.title, "alt": f.alt, "fault": f.fault} for f in figures]
        record = {"settings": self.settings, "figures": drawn, "files": files}
        write_json(self.folder / file, self.identity | record)


def note_of(model: str, is_from_elsewhere: bool = False) -> str:
    """What a picture says of the model whose inside it shows."""
    if is_from_elsewhere:
        return f"{model}: its first file, perhaps trained on these pictures."
    return f"{model}: its first seed, not its best."


def part_of_look(tell: Tell, begin: float, end: float) -> Callable[[float], None]:
    """Progress of a part of a look, told as progress of the whole."""
    return part_of(lambda share: tell((share, "", "looking inside")), begin, end)


def part_of(whole: Callable[[float], None], begin: float, end: float) -> Callable[[float], None]:
    """Progress of a part, from 0 to 1, told as progress of the whole."""
    return lambda share: whole(begin + (end - begin) * share)
