"""The settings of networks: what they are made of, and how they learn."""

from collections.abc import Iterator
from operator import not_
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator
from pydantic.json_schema import SkipJsonSchema

from configs.values import Dropout, Files, Filters, Layers, Normalized, Order, Sha256s, Share, Units

IMAGE_SIDE = 28  # pixels
POOL_SIDE = 2  # of the blocks that pooling takes, in pixels
DEFAULT_MOMENTUM = 0.9


class Section(BaseModel):
    """What all sections have in common: unknown keys refused, no conversions, no changes afterwards."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Training(Section):
    """How the networks learn."""

    optimizer: Literal["adam", "adamw", "sgd"] = Field(
        default="adam", description="adamw: adam with weight decay; sgd: with Nesterov momentum"
    )
    learning_rate: float = Field(default=0.005, gt=0, le=10, description="the peak of the schedule")
    schedule: Literal["one_cycle", "cosine", "constant"] = Field(
        default="one_cycle", description="of the learning rate: up and down, only down, or constant"
    )
    batch_size: int = Field(default=64, ge=1, le=8192, description="images per step")
    epochs: int = Field(default=4, ge=1, le=1000, description="passes over the training images")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto", description="of the arithmetic in training; auto: bfloat16 where that is fast"
    )
    label_smoothing: float = Field(
        default=0.0, ge=0, lt=1, description="share of each target spread over all classes; 0: off"
    )
    weight_decay: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share that kernels lose per step, times the learning rate; adamw only",
    )
    momentum: float = Field(
        default=DEFAULT_MOMENTUM, ge=0, lt=1, description="share of the last step kept; sgd only"
    )
    averaging: float = Field(
        default=0.0, ge=0, lt=1, description="share of the averaged weights kept per step, like 0.999; 0: off"
    )
    stop_at_accuracy: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="of an epoch, on the training images as its steps met them, on the mean (with dropout, "
        "augmentation and changing weights): it is the last epoch then, wherever the schedule, laid out over "
        "`epochs`, has got to; null: no stop",
    )


class OwnTraining(Training):
    """The keys of `training` that differ for one model; the common ones hold for the rest."""

    @model_serializer(mode="plain")
    def _given(self) -> dict[str, Any]:
        return {key: getattr(self, key) for key in Training.model_fields if key in self.model_fields_set}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OwnTraining) and self._given() == other._given()


Own = Annotated[OwnTraining | None, Field(description="the keys of training that differ for this model")]


class Dense(Section):
    """Dense layers only: every unit has a weight for each pixel."""

    model_config = ConfigDict(json_schema_extra={"required": ["architecture"]})

    architecture: Literal["dense"] = Field(default="dense", description="the kind of network")
    units: Units = (128,)
    dropout: Dropout = 0.0
    batch_normalization: Normalized = False
    training: Own = None


class Cnn(Section):
    """Convolutions with ReLU, pooling, then dense layers."""

    model_config = ConfigDict(json_schema_extra={"required": ["architecture"]})

    architecture: Literal["cnn"] = Field(default="cnn", description="the kind of network")
    filters: Filters = (64, 64)
    kernel_size: int = Field(default=3, ge=1, le=9, description="pixels, the side of the square kernels")
    padding: Literal["valid", "same"] = Field(
        default="valid", description="valid: maps lose their border; same: zeros around them keep their size"
    )
    pooling: Literal["max", "average", "none", "strides"] = Field(
        default="max",
        description=f"of blocks of {POOL_SIDE} x {POOL_SIDE}, after each of filters; strides: a convolution "
        f"in steps of {POOL_SIDE} instead",
    )
    kernels: Literal["learned", "random", "hand_made"] = Field(
        default="learned",
        description="of convolutions; random: as they start; hand_made: named patterns; both never change",
    )
    units: Units = (128,)
    dropout: Dropout = 0.0
    batch_normalization: Normalized = False
    flip_at_test: bool = Field(
        default=False,
        description="answer by the mean of the logits of a picture and of its mirror image",
        exclude_if=not_,  # where it is off, configs are written, and known by digests, as before it came
    )
    training: Own = None

    @property
    def blocks(self) -> list[tuple[int, ...]]:
        """Filters of the convolutions before each pooling: one, or several."""
        return [entry if isinstance(entry, tuple) else (entry,) for entry in self.filters]

    @property
    def strides(self) -> int:
        """How many pixels the last convolution of a block moves at a time; the others move by 1."""
        return POOL_SIDE if self.pooling == "strides" else 1

    @property
    def pools(self) -> bool:
        """Whether a pooling layer ends each block."""
        return self.pooling in ("max", "average")

    def _windows(self) -> Iterator[tuple[str, int, int]]:
        """What makes maps smaller, in order: the layer, the side of its window, in which steps it moves."""
        number = 0
        for place, block in enumerate(self.blocks, 1):
            for remaining in reversed(range(len(block))):
                number += 1
                if self.padding == "valid":
                    yield f"conv{number}", self.kernel_size, 1 if remaining else self.strides
            if self.pools:
                yield f"pool{place}", POOL_SIDE, POOL_SIDE

    def _vanishes(self) -> str:
        """Where the maps shrink to nothing, in words; empty where they last."""
        side, steps = IMAGE_SIDE, f"{IMAGE_SIDE}"
        for layer, window, stride in self._windows():
            if window > side:
                return f"{steps}, and {layer} needs {window} pixels a side"
            side = (side - window) // stride + 1
            steps = f"{steps} -> {side}"
        return ""

    @model_validator(mode="after")
    def _maps_last(self) -> Self:
        if not (where := self._vanishes()):
            return self
        written = [list(block) if isinstance(block, tuple) else block for block in self.filters]
        ways: list[list[tuple[str, dict[str, Any]]]] = [  # of each the one that changes least comes first
            [
                (f"fewer convolutions, filters: {written[:number]}", {"filters": self.filters[:number]})
                for number in range(len(written) - 1, 0, -1)
            ],
            [(f"kernel_size: {side}", {"kernel_size": side}) for side in range(self.kernel_size - 1, 1, -1)],
            [("padding: same", {"padding": "same"})],
            [("pooling: none", {"pooling": "none"})],
        ]
        found = [
            next((text for text, change in way if not self.model_copy(update=change)._vanishes()), None)
            for way in ways
        ]
        raise ValueError(
            f"shrinks its maps to nothing: {where}. Expected maps that last: "
            f"take {' or '.join(filter(None, found))}."
        )


FAR = 0.1  # of the images: so many more that another order of classes is the likely one
Form = Literal[
    "unit", "byte", "standardised", "inverted"
]  # of pixels, as a network trained elsewhere reads them


class Found(Section):
    """What the files of a network trained elsewhere hold, and what was measured with them.

    `right` are shares of `images` training pictures, the mean of the files, by how pixels are handed over;
    `right_in_order` the same where answers stand for the classes that fit them best on other pictures, which
    are, of the form that was found, `order` (of answers 0, 1, ...). That form is `pixels`; null: it is not
    measured yet.
    """

    sha256: Sha256s
    layers: Layers
    names: dict[str, str]
    logits: bool
    dtype: str = Field(max_length=100)
    pixels: Form | None = None
    images: int = Field(default=0, ge=0)
    right: dict[Form, Share] = {}
    right_in_order: dict[Form, Share] = {}
    order: Order = ()


class Saved(Section):
    """A network that was trained elsewhere, and saved by Keras. It is looked into and not trained."""

    model_config = ConfigDict(json_schema_extra={"required": ["architecture", "file"]})

    architecture: Literal["saved"] = Field(default="saved", description="the kind of network")
    file: Files
    pixels: Literal["auto"] | Form = Field(
        default="auto",
        description="what it reads: unit: from 0 to 1; byte: from 0 to 255; standardised: as Fashion-MNIST's"
        " are (less 0.286, by 0.353); inverted: from 1 to 0; auto: whichever is right most often, on training"
        " images",
    )
    found: SkipJsonSchema[Found | None] = Field(  # a run writes it, and nobody else
        default=None, description="what a run found in the files; null: not read yet"
    )


Network = Dense | Cnn | Saved


def all_settings(network: Network) -> dict[str, Any]:
    """Every setting of a network, as JSON has it; also those that configs leave out where they are off."""
    return dict(network) | network.model_dump(mode="json")
