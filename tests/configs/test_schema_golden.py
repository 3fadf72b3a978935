"""The settings as agreed: kind, range and default of each, and what becomes of a config that gives none.

These are copies of what the schema says, on purpose: a number that changes there by a slip differs here.
"""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from configs.digests import digest
from configs.schema import Config, Dense, dump, json_schema

LIMITS = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
    "pattern": "like",
}
LIMITS |= {"maxLength": "at most", "minProperties": "at least", "maxProperties": "at most"}
SETTINGS = r"""
Config.name: string like ^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$
Config.seeds: 1 to 100 of (integer >= 0 <= 2147483647) = [0, 1, 2]
Config.data: Data
Config.models: object at least 1 at most 50
Config.training: Training
Config.inspection: Inspection
Config.robustness: Robustness
Config.launch: Launch
Config.sweep: object or null = null
Augmentation.shift: integer >= 0 <= 8 = 0
Augmentation.flip: boolean = false
Augmentation.erase: integer >= 0 <= 20 = 0
Cnn.architecture: cnn = "cnn"
Cnn.filters: 1 to 6 of (integer >= 1 <= 1024 or 1 to 4 of (integer >= 1 <= 1024)) = [64, 64]
Cnn.kernel_size: integer >= 1 <= 9 = 3
Cnn.padding: valid|same = "valid"
Cnn.pooling: max|average|none|strides = "max"
Cnn.kernels: learned|random|hand_made = "learned"
Cnn.units: 0 to 6 of (integer >= 1 <= 16384) = [128]
Cnn.dropout: number >= 0 < 1 = 0.0
Cnn.batch_normalization: boolean = false
Cnn.flip_at_test: boolean = false
Cnn.training: OwnTraining or null = null
Data.source: string like ^(auto|tfds|debian|lines|\.|\.\.|~|.*/.*)$ at most 4096 = "auto"
Data.name: string like ^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$ = "fashion-mnist"
Data.validation_images: integer >= 10 <= 50000 = 5000
Data.split_seed: integer >= 0 <= 2147483647 = 0
Data.class_names: 2 to 256 of (string) or null = null
Data.augmentation: none or Augmentation or null = "none"
Dense.architecture: dense = "dense"
Dense.units: 0 to 6 of (integer >= 1 <= 16384) = [128]
Dense.dropout: number >= 0 < 1 = 0.0
Dense.batch_normalization: boolean = false
Dense.training: OwnTraining or null = null
Inspection.images_per_class: integer >= 1 <= 10 = 1
Inspection.replacement: mean|zero = "mean"
Launch.engine: local|ray = "local"
Launch.workers: integer >= 1 <= 256 or auto = "auto"
Launch.threads_per_job: integer >= 1 <= 64 = 1
Launch.address: string like ^(auto|[A-Za-z0-9][A-Za-z0-9.-]*:[1-9][0-9]{0,4})$ at most 300 or null = null
Robustness.images_per_class: integer >= 1 <= 10000 or all = 100
Robustness.seeds: first|all = "first"
Saved.architecture: saved = "saved"
Saved.file: string or 1 to 100 of (string)
Saved.pixels: auto or unit|byte|standardised|inverted = "auto"
Training.optimizer: adam|adamw|sgd = "adam"
Training.learning_rate: number > 0 <= 10 = 0.005
Training.schedule: one_cycle|cosine|constant = "one_cycle"
Training.batch_size: integer >= 1 <= 8192 = 64
Training.epochs: integer >= 1 <= 1000 = 4
Training.precision: auto|float32|bfloat16 = "auto"
Training.label_smoothing: number >= 0 < 1 = 0.0
Training.weight_decay: number >= 0 <= 1 = 0.0
Training.momentum: number >= 0 < 1 = 0.9
Training.averaging: number >= 0 < 1 = 0.0
Training.stop_at_accuracy: number > 0 <= 1 or null = null
"""
MINIMAL = """
name: a
seeds: [0, 1, 2]
data: {source: auto, name: fashion-mnist, validation_images: 5000, split_seed: 0, class_names: null, augmentation: none}
models:
  dense:
    architecture: dense
    units: [128]
    dropout: 0.0
    batch_normalization: false
    training: null
  cnn:
    architecture: cnn
    filters: [64, 64]
    kernel_size: 3
    padding: valid
    pooling: max
    kernels: learned
    units: [128]
    dropout: 0.0
    batch_normalization: false
    training: null
training: {optimizer: adam, learning_rate: 0.005, schedule: one_cycle, batch_size: 64, epochs: 4, precision: auto,
  label_smoothing: 0.0, weight_decay: 0.0, momentum: 0.9, averaging: 0.0, stop_at_accuracy: null}
inspection: {images_per_class: 1, replacement: mean}
robustness: {images_per_class: 100, seeds: first}
launch: {engine: local, workers: auto, threads_per_job: 1, address: null}
"""  # noqa: E501


def minimal() -> Config:
    models = {"dense": {"architecture": "dense"}, "cnn": {"architecture": "cnn"}}
    return Config.model_validate({"name": "a", "models": models})


def kind_of(setting: dict[str, Any]) -> str:
    """What a setting may be, in one line."""
    if "anyOf" in setting:
        return " or ".join(map(kind_of, setting["anyOf"]))
    if "$ref" in setting:
        return str(setting["$ref"].removeprefix("#/$defs/"))
    if "const" in setting or "enum" in setting:
        return "|".join(setting.get("enum", [setting.get("const")]))
    if setting["type"] == "array":
        return f"{setting['minItems']} to {setting['maxItems']} of ({kind_of(setting['items'])})"
    limits = [f"{word} {setting[key]}" for key, word in LIMITS.items() if key in setting]
    return " ".join([setting["type"], *limits])


def rows() -> list[str]:
    """Each setting of the schema; of a section no default, which is that of its settings."""
    schema = json_schema()
    found = []
    for section, settings in {"Config": schema, **schema["$defs"]}.items():
        for key, setting in settings["properties"].items():
            given = "default" in setting and "$ref" not in setting
            default = f" = {json.dumps(setting['default'])}" if given else ""
            found.append(f"{section}.{key}: {kind_of(setting)}{default}")
    return found


def test_every_setting_has_the_agreed_range_and_default() -> None:
    found = [row for row in rows() if not row.startswith("OwnTraining")]
    assert found == SETTINGS.strip().splitlines()


def test_a_models_own_training_has_the_ranges_of_the_common_one_and_no_defaults() -> None:
    common = [row.split(" = ")[0] for row in rows() if row.startswith("Training.")]
    assert [row.removeprefix("Own") for row in rows() if row.startswith("OwnTraining.")] == common


def test_a_config_that_gives_nothing_is_the_agreed_one() -> None:
    assert dump(minimal()) == MINIMAL.lstrip()


def test_the_digest_of_a_config_stays_what_it_was() -> None:
    expected = "676814184db7e31e7900c753f252102aee6edafdcdfd80eb46e1ab07c80e10d4"
    assert digest(minimal()) == expected, "every run of an earlier version would be trained again"


def test_no_section_changes_after_it_was_checked() -> None:
    config = minimal()
    sections: list[tuple[BaseModel, str, object]] = [
        (config, "seeds", (5,)),
        (config.data, "split_seed", 5),
        (config.training, "epochs", 5),
        (config.models["dense"], "units", (5,)),
        (config.models["cnn"], "kernel_size", 5),
        (config.inspection, "images_per_class", 5),
        (config.robustness, "images_per_class", 5),
        (config.launch, "workers", 5),
    ]
    for section, key, value in sections:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(section, key, value)


def test_nothing_is_converted_or_infinite() -> None:
    for given in ({"units": [128.0]}, {"dropout": "0.5"}, {"batch_normalization": 1}, {"depth": 1}):
        with pytest.raises(ValidationError):
            Dense.model_validate({"architecture": "dense", **given})
    with pytest.raises(ValidationError):
        minimal().training.model_validate({"learning_rate": float("nan")})
