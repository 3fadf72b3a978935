"""What is told of a picture."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """A picture: where, the finding it shows, the same in words with its numbers; or the fault it died of."""

    path: Path
    title: str
    alt: str
    fault: str = ""
