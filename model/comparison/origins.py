"""What report.json holds of a network that was trained elsewhere: its files, and what was measured."""

from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from configs.networks import FAR, Form
from configs.values import Count, Words
from model.comparison.values import Share, Size

HALF = 0.5  # of the pictures: a trained network is right on more of those it was trained on


@dataclass(frozen=True)
class Usual:
    """Networks of one size that were recorded with this program on Fashion-MNIST: how many, and how good."""

    parameters: Size
    networks: Size
    lowest: Share
    highest: Share


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """Of a network that was trained elsewhere: its files, and what was measured, as `configs.networks.Found`.

    `asked` is how pixels were to be handed over, "auto" or a form; `names` are the file's for our layers.
    `usual` are recorded networks, the nearest in size, where its data are Fashion-MNIST.
    """

    files: list[Words]
    sha256: list[Words]
    names: dict[Words, Words]
    logits: bool
    dtype: Words
    asked: Words
    pixels: Form
    images: Annotated[int, Field(strict=True, ge=1)]
    right: dict[Form, Share]
    right_in_order: dict[Form, Share]
    order: list[Count]
    usual: list[Usual] = field(default_factory=list)

    @property
    def most_right(self) -> float:
        """The largest share that it is right on, in any form of pixels and any order of classes."""
        return max(*self.right.values(), *self.right_in_order.values())

    @property
    def mostly_wrong(self) -> bool:
        """Whether it is right on so few that nothing else follows from how many those are."""
        return self.most_right < HALF

    @property
    def order_differs(self) -> bool:
        """Whether its answers are right far more often, and mostly, where they stand for other classes."""
        return not self.mostly_wrong and self.right_in_order[self.pixels] - self.right[self.pixels] >= FAR
