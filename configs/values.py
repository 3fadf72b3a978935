"""The kinds of values that settings have, each with its range and its check."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo

from configs.strict_yaml import shown

# What stands beside the runs in the outputs folder, and beside the models in a run folder.
RUN_NAMES_TAKEN = ("comparisons", "exports", "lesson", "predictions", "reference", "readme.md")
MODEL_NAMES_TAKEN = ("figures", "inspection", "lesson", "checkpoints", "exports", "predictions", "page")


class SettingError(ValueError):
    """A mistake between settings; `keys` lead from the section that was checked to the one to blame."""

    def __init__(self, text: str, *keys: str) -> None:
        super().__init__(text)
        self.keys = keys


def _tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def with_slashes(folder: str) -> str:
    """A folder as it is written here, also one of Windows as WSL knows it."""
    path = folder.replace("\\", "/")
    if drive := re.fullmatch(r"([A-Za-z]):/?(.*)", path):
        return f"/mnt/{drive[1].lower()}/{drive[2]}"
    return path if "/" in path else f"./{path}"


def distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The values, none of which may stand there twice."""
    for position, value in enumerate(values):
        if value in values[:position]:
            raise ValueError(f"has {shown(str(value))} twice. Expected each once: keep one.")
    return values


def _printable(text: str) -> str:
    if not text.isprintable() or not text or text != text.strip():
        raise ValueError(f"is {shown(repr(text))}. Expected some text on one line, without spaces around it.")
    return text


def _name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}", text):
        raise ValueError(
            f"is {shown(repr(text))}. Expected 1 to 64 letters (a to z), digits, dots, - or _, and no dot "
            "or - in front: choose another name."
        )
    return text


def _run_name(text: str, info: ValidationInfo) -> str:
    if _name(text).lower() in RUN_NAMES_TAKEN and not info.context:  # a run of before may be called so
        raise ValueError(f"is {text}, which has another meaning in the outputs folder. Choose another name.")
    return text


def _model_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", text):
        raise ValueError(
            "is no name for a model. Expected 1 to 64 letters (a to z), digits, - or _, but no dots, which "
            "separate keys, and no - in front: choose another name."
        )
    if text.lower() in MODEL_NAMES_TAKEN:
        raise ValueError(
            "is no name for a model: a run folder uses it for something else. Choose another name."
        )
    return text


_PATTERN = Field(json_schema_extra={"pattern": r"^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$"})
_UNIQUE = Field(json_schema_extra={"uniqueItems": True})

Text = Annotated[str, AfterValidator(_printable)]
Name = Annotated[str, AfterValidator(_name), _PATTERN]
RunName = Annotated[str, AfterValidator(_run_name), _PATTERN]
ModelName = Annotated[str, AfterValidator(_model_name)]

Words = Annotated[str, Field(max_length=10_000)]  # told in a file that may be anybody's
Count = Annotated[int, Field(strict=True, ge=0, le=10**18)]  # likewise

LAST_SEED = 2**31 - 1
Seed = Annotated[int, Field(ge=0, le=LAST_SEED)]
Seeds = Annotated[
    tuple[Seed, ...],
    Field(min_length=1, max_length=100),
    AfterValidator(distinct),
    BeforeValidator(_tuple),
    _UNIQUE,
]
ClassNames = Annotated[
    tuple[Text, ...],
    Field(min_length=2, max_length=256),
    AfterValidator(distinct),
    BeforeValidator(_tuple),
    _UNIQUE,
]

Units = Annotated[
    tuple[Annotated[int, Field(ge=1, le=16_384)], ...],
    Field(min_length=0, max_length=6),
    BeforeValidator(_tuple),
    Field(description="how many each hidden dense layer has; []: no such layer"),
]


def _alike(filters: tuple[Any, ...]) -> tuple[Any, ...]:
    """One way to write the same: [[32], [64]] is [32, 64], and [[32, 32], 64] is [[32, 32], [64]]."""
    blocks = [entry if isinstance(entry, tuple) else (entry,) for entry in filters]
    return tuple(block if max(map(len, blocks)) > 1 else block[0] for block in blocks)


_NumFilters = Annotated[int, Field(ge=1, le=1024)]
_Block = Annotated[tuple[_NumFilters, ...], Field(min_length=1, max_length=4), BeforeValidator(_tuple)]
Filters = Annotated[
    tuple[_NumFilters | _Block, ...],
    Field(min_length=1, max_length=6),
    BeforeValidator(_tuple),
    AfterValidator(_alike),
    Field(description="how many each convolution has; [[32, 32], [64]]: two before the first pooling"),
]
Dropout = Annotated[
    float, Field(ge=0, lt=1, description="share of the hidden units left out at each training step")
]
Normalized = Annotated[bool, Field(description="batch normalization before each ReLU")]


def _one_or_several(paths: tuple[str, ...]) -> str | list[str]:
    return paths[0] if len(paths) == 1 else list(paths)


Files = Annotated[
    tuple[Annotated[Text, Field(max_length=4096)], ...],
    Field(min_length=1, max_length=100),
    AfterValidator(distinct),
    BeforeValidator(
        lambda value: (value,) if isinstance(value, str) else _tuple(value),
        json_schema_input_type=str | Annotated[list[str], Field(min_length=1, max_length=100)],
    ),
    PlainSerializer(_one_or_several, when_used="json"),
    Field(description="the .keras file, as seen from where the program runs; of several seeds one for each"),
]
Sha256s = Annotated[
    tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...],
    Field(max_length=100),
    BeforeValidator(_tuple),
]
Layers = Annotated[tuple[dict[str, Any], ...], Field(max_length=1000), BeforeValidator(_tuple)]
Share = Annotated[float, Field(ge=0, le=1)]
Order = Annotated[tuple[Annotated[int, Field(ge=0, le=255)], ...], BeforeValidator(_tuple)]
