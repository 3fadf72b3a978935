"""What editors check configs against: configs/schema.json takes what `load` takes, and refuses its slips."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from configs.document import read_file
from configs.schema import Config, dump, json_schema, load

CONFIGS = Path(__file__).parents[2] / "configs"
SHEETS = sorted(CONFIGS.rglob("*.yaml"))
BASE = {"name": "x", "models": {"a": {"architecture": "dense"}, "c": {"architecture": "cnn"}}}
TAKEN: dict[str, Any] = {
    "seeds": [3],
    "data.source": "./mine",
    "data.augmentation": "none",
    "data.augmentation.shift": 2,
    "models.c.filters": [[8, 8], [16]],
    "models.c.training": {"epochs": 2},
    "models.c.training.optimizer": "sgd",
    "robustness.images_per_class": "all",
    "launch.workers": 3,
    "sweep": {"training.epochs": [1, 2], "zipped": {"models.c.filters": [[4], [[4, 8]]]}},
    "launch.engine": "ray",
    "launch.address": None,
}
NOT_TAKEN: dict[str, Any] = {
    "sedes": [0],
    "name": 2024,
    "name ": "x",
    "seeds": [1, 1],
    "data.source": "mine",
    "data.augmentation": {"shift": 9},
    "models.a b": {"architecture": "dense"},
    "models.a.kernel_size": 3,
    "models.c.pooling": "avg",
    "models.c.filters": [0],
    "models.c.training.epochs": 0,
    "training.learning_rate": "0.1",
    "training.epochs": None,
    "robustness.seeds": "none",
    "launch.workers": 0,
    "sweep": {"seeds": [[0], [1]]},
    "launch.engine": "spark",
    "launch.address": "10.0.0.1",
}


def with_setting(key: str, value: object) -> dict[str, Any]:
    values: dict[str, Any] = copy.deepcopy(BASE)
    *sections, last = key.split(".")
    inside = values
    for section in sections:
        inside = inside.setdefault(section, {})
    inside[last] = value
    return values


def test_the_schema_that_editors_read_is_that_of_this_version() -> None:
    kept = json.loads((CONFIGS / "schema.json").read_text(encoding="utf-8"))
    assert kept == json_schema(), "write it anew: python train.py schema > configs/schema.json"


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_every_config_tells_editors_its_schema(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    comment, _, where = first.partition("=")
    assert comment == "# yaml-language-server: $schema", f"editors neither complete nor check {path.name}"
    assert (path.parent / where).resolve() == CONFIGS / "schema.json", f"{path.name} names no schema"


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_the_schema_takes_every_config_and_what_a_run_keeps_of_it(path: Path, tmp_path: Path) -> None:
    validator = _validator()
    kept = tmp_path / "config.yaml"
    kept.write_text(dump(load(path)), encoding="utf-8")
    for file in (path, kept):
        faults = [fault.message for fault in validator.iter_errors(read_file(file, CONFIGS).values)]
        assert not faults, f"an editor would underline what is right in {file}: {faults}"


@pytest.mark.parametrize(("key", "value"), [*TAKEN.items(), *NOT_TAKEN.items()])
def test_the_schema_and_the_program_agree(key: str, value: object) -> None:
    values, taken = with_setting(key, value), key in TAKEN and TAKEN[key] == value
    try:
        Config.model_validate(values)
        assert taken, f"{key}: {value} is taken"
    except ValidationError:
        assert not taken, f"{key}: {value} is refused"
    assert _validator().is_valid(values) == taken, f"an editor judges {key}: {value} otherwise"


def _validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator.check_schema(json_schema())
    return jsonschema.Draft202012Validator(json_schema())
