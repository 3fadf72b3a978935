"""Every setting of an experiment, once: type, unit, range, meaning. Loads, overrides and checks configs."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from configs.document import Document, override, read_file
from configs.explain import explain, takes_list
from configs.launch import Launch
from configs.lists import Lists, lists_in
from configs.networks import DEFAULT_MOMENTUM, Cnn, Dense, Network, Saved, Section, Training
from configs.strict_yaml import ConfigError, nearest, shown, write
from configs.values import ClassNames, ModelName, Name, RunName, Seed, Seeds, SettingError, Text, with_slashes

__all__ = [
    "Cnn",
    "Config",
    "ConfigError",
    "Dense",
    "Network",
    "Training",
    "dump",
    "json_schema",
    "load",
    "recheck",
]

OF_A_RUN = {"of": "a run"}  # the context of a config that a run was made with: it may mirror lines
_SOURCES = ["auto", "tfds", "debian", "lines"]  # any other is a folder


class Augmentation(Section):
    """Random changes of the training images, other ones each time an image is seen."""

    shift: int = Field(default=0, ge=0, le=8, description="pixels, at most, to each side; 0: none")
    flip: bool = Field(default=False, description="mirror left to right, every other time; not for lines")
    erase: int = Field(default=0, ge=0, le=20, description="pixels, the side of a blackened square; 0: none")


AugmentationOrNone = Annotated[
    Augmentation | None,
    AfterValidator(lambda value: None if value == Augmentation() else value),
    BeforeValidator(
        lambda value: None if value == "none" else value,
        json_schema_input_type=Literal["none"] | Augmentation | None,
    ),
    PlainSerializer(lambda value: value or "none", when_used="json"),
]


class Data(Section):
    """Which images."""

    source: Text = Field(
        default="auto",
        max_length=4096,
        description="auto, tfds, debian, lines (made-up images), or a folder with the four IDX files",
        json_schema_extra={"pattern": rf"^({'|'.join(_SOURCES)}|\.|\.\.|~|.*/.*)$"},
    )
    name: Name = Field(
        default="fashion-mnist",
        description="fashion-mnist: the official files, proved by digest; any other: your own in the folder",
    )
    validation_images: int = Field(
        default=5000, ge=10, le=50_000, description="training images held out, in proportion to the classes"
    )
    split_seed: Seed = Field(default=0, description="decides which images are taken out")
    class_names: ClassNames | None = Field(
        default=None,
        description="of your own files: names of labels 0, 1, ...; null: classes.txt, or numbers",
    )
    augmentation: AugmentationOrNone = Field(
        default=None, json_schema_extra={"default": "none"}, description="changes of the training images"
    )

    @property
    def in_folder(self) -> bool:
        """Whether `source` is a folder with files."""
        return self.source not in _SOURCES

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> Self:
        folder = self.in_folder
        if folder and "/" not in self.source and self.source not in (".", "..", "~"):
            raise SettingError(
                f"is {shown(repr(self.source))}, which could be a folder or a slip. "
                f"{nearest(self.source, _SOURCES)} A folder is written with a slash: "
                f"{shown(with_slashes(self.source))}",
                "source",
            )
        official = self.name == "fashion-mnist"
        if not official and re.sub("[^a-z]", "", self.name.lower()) == "fashionmnist":
            raise SettingError(
                f"is {self.name}. Expected fashion-mnist for the official files: write it so.", "name"
            )
        if not official and not folder:
            raise SettingError(
                f"is {self.name}, and data.source is {self.source}, which has no such images. Expected a "
                "folder: give the one of your IDX files as data.source, or take the name fashion-mnist.",
                "name",
            )
        if official and self.class_names is not None:
            raise SettingError(
                "names classes, but data.name is fashion-mnist, whose classes have names. Expected null: "
                "leave it out, or give your own files a data.name of their own.",
                "class_names",
            )
        mirrored = self.source == "lines" and self.augmentation and self.augmentation.flip
        if mirrored and info.context is not OF_A_RUN:
            raise SettingError(
                "is true, and data.source is lines: a rising line, mirrored, is a falling one, "
                "which is another class. Expected false: leave flip out.",
                *("augmentation", "flip"),
            )
        return self


class Inspection(Section):
    """What is looked at inside the trained networks."""

    images_per_class: int = Field(
        default=1, ge=1, le=10, description="test images of each class, the first ones"
    )
    replacement: Literal["mean", "zero"] = Field(
        default="mean", description="what takes the place of a filter's map to see what the filter is worth"
    )


class Robustness(Section):
    """How much of the test images is perturbed to see how far accuracy falls, and for which trainings."""

    images_per_class: Annotated[int, Field(ge=1, le=10_000)] | Literal["all"] = Field(
        default=100, description="test images of each class, the first ones; all: every test image"
    )
    seeds: Literal["first", "all"] = Field(
        default="first", description="of each model; all: the intervals then allow for other seeds, too"
    )


class Config(Section):
    """One experiment: which networks, on which images, trained how and how often."""

    name: RunName = Field(description="of the run folder under outputs/")
    seeds: Seeds = Field(default=(0, 1, 2), description="each model is trained once with each")
    data: Data = Field(default=Data(), description="which images")
    models: dict[ModelName, Annotated[Network, Field(discriminator="architecture")]] = Field(
        min_length=1, max_length=50, description="1 to 50; the first is the baseline of the comparison"
    )
    training: Training = Field(default=Training(), description="common to all models")
    inspection: Inspection = Field(default=Inspection(), description="what is looked at inside the networks")
    robustness: Robustness = Field(
        default=Robustness(), description="how far accuracy falls on perturbed test images"
    )
    launch: Launch = Field(default=Launch(), description="where the trainings run")
    sweep: Lists = Field(
        default=None, description="lists of values by dotted key: each of one with each of the others"
    )

    @field_validator("models")
    @classmethod
    def _distinct_folders(cls, models: dict[str, Network]) -> dict[str, Network]:
        folders = [name.lower() for name in models]  # macOS does not tell upper from lower case
        if len(set(folders)) < len(folders):
            raise ValueError("has names that differ in upper and lower case only. Choose other names.")
        return models

    @model_validator(mode="after")
    def _optimizers_use_their_keys(self) -> Self:
        for model, network in self.models.items():
            if isinstance(network, Saved):
                continue
            recipe, own = self.training_of(model), network.training
            for key, owner, off in (("weight_decay", "adamw", 0.0), ("momentum", "sgd", DEFAULT_MOMENTUM)):
                value = getattr(recipe, key)
                if recipe.optimizer == owner or value == off:
                    continue
                its_own = own is not None and key in own.model_fields_set
                raise SettingError(
                    f"is {value}, but the model {model} trains with {recipe.optimizer}, and only {owner} has "
                    f"{key}. Leave it at {off}, or take the optimizer {owner}.",
                    *(("models", model, "training", key) if its_own else ("training", key)),
                )
        return self

    @model_validator(mode="after")
    def _lines_keep_their_class(self) -> Self:
        for model, network in self.models.items() if self.data.source == "lines" else ():
            if isinstance(network, Cnn) and network.flip_at_test:
                raise SettingError(
                    "is true, and data.source is lines: a rising line and a falling one are each the other's "
                    "mirror image, so that both would be answered alike. Expected false: leave it out.",
                    *("models", model, "flip_at_test"),
                )
        return self

    @model_validator(mode="after")
    def _files_are_as_many_as_seeds(self) -> Self:
        for model, network in self.elsewhere.items():
            files, seeds = len(network.file), len(self.seeds)
            if files != seeds:
                there = f"there are {seeds} seeds" if seeds > 1 else "there is 1 seed"
                give = f"a list of {seeds}" if seeds > 1 else "one file"
                raise SettingError(
                    f"names {files} file{'s' * (files > 1)}, and {there}. Expected a file for each seed: "
                    f"give {give}, or seeds: {list(range(files))}.",
                    *("models", model, "file"),
                )
        return self

    @model_validator(mode="after")
    def _there_is_something_to_train(self) -> Self:
        given = {("training",): self.training != Training(), ("data", "augmentation"): self.data.augmentation}
        for keys in given if len(self.elsewhere) == len(self.models) else ():
            if given[keys]:
                raise SettingError(
                    "says how to train, and no model here is trained: all are networks that were trained "
                    "elsewhere. Expected nothing of it: leave it out.",
                    *keys,
                )
        return self

    @model_validator(mode="after")
    def _lists_are_for_models_that_are_trained(self) -> Self:
        for model in self.elsewhere if self.sweep else ():
            raise SettingError(
                "is saved, and a sweep is of trainings. Expected networks that are trained here: "
                "make a run of this one, and `compare` it.",
                *("models", model, "architecture"),
            )
        for key in lists_in(self.sweep or {}):
            model = key.split(".")[1]
            if key.startswith("models.") and model not in self.models:
                raise SettingError(
                    f"has a list for a key of {shown(model)}, which is no model here. "
                    f"{nearest(model, list(self.models))}",
                    "sweep",
                )
        return self

    @model_serializer(mode="wrap")
    def _with_a_sweep_only_if_there_is_one(self, written: SerializerFunctionWrapHandler) -> dict[str, Any]:
        settings: dict[str, Any] = written(self)
        if settings.get("sweep", self) is None:  # a config of before is written, and known, as it was
            del settings["sweep"]
        return settings

    @property
    def elsewhere(self) -> dict[str, Saved]:
        """The models that were trained elsewhere."""
        return {name: one for name, one in self.models.items() if isinstance(one, Saved)}

    @property
    def seeds_perturbed(self) -> tuple[int, ...]:
        """Those whose trainings are asked about perturbed images."""
        return self.seeds if self.robustness.seeds == "all" else self.seeds[:1]

    def training_of(self, model_name: str) -> Training:
        """How one model learns that is trained: its own `training:` keys, the common ones for the rest."""
        own = getattr(self.models[model_name], "training", None)
        return self.training.model_copy(update=own.model_dump() if own else None)


def load(
    path: Path, overrides: Sequence[str] = (), of_a_run: bool = False, lost: Config | None = None
) -> Config:
    """Read a config, change it and check it.

    Args:
        path: a YAML file.
        overrides: `KEY=VALUE`, KEY a dotted path and VALUE YAML; applied in order. Where a list belongs,
            `16,32` is `[16, 32]` and `0` is `[0]`. A mapping replaces a whole section.
        of_a_run: whether it may ask for what earlier versions made and this one begins no more.
        lost: what was in the file, if it is known and the file is gone.

    Raises:
        ConfigError: the file, an override or a setting is wrong.
    """
    document = _document(str(path), lost) if lost else read_file(Path(path), known=Path(__file__).parent)
    return config_of(document, overrides, of_a_run)


def config_of(document: Document, overrides: Sequence[str], of_a_run: bool = False) -> Config:
    """The same of a config that is read already."""
    for text in overrides:
        override(document, text, lambda keys: takes_list(json_schema(), keys, document.values))
    try:
        return Config.model_validate(document.values, context=OF_A_RUN if of_a_run else None)
    except ValidationError as error:
        raise ConfigError(explain(error, document, json_schema(), Config.model_validate)) from None


def recheck(config: Config) -> None:
    """Raise ConfigError where a config asks for what only runs of before may have."""
    document = _document("config.yaml", config)
    try:
        Config.model_validate(document.values)
    except ValidationError as error:
        raise ConfigError(explain(error, document, json_schema(), Config.model_validate)) from None


def _document(name: str, config: Config) -> Document:
    return Document(name, config.model_dump(mode="json"), {})


def dump(config: Config) -> str:
    """The config as resolved, in YAML; `load` of it gives an equal config."""
    return write(config.model_dump(mode="json"))


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a config: types, ranges, units and meanings."""
    schema = Config.model_json_schema()
    for setting in schema["$defs"]["OwnTraining"]["properties"].values():
        del setting["default"]  # it is the common setting
    schema["properties"]["models"]["propertyNames"] = {"pattern": schema["properties"]["name"]["pattern"]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "A ConvLens config"}
