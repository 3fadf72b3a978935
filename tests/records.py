"""Records from what JSON has, and pictures of a report as the writer has them drawn."""

from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from inspect import signature
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from model.experiment.report import Report
from model.report.figure import Figure

FACTS = {
    "architecture": "cnn",
    "parameters": 1000,
    "convolution_parameters": 0,
    "flops_per_image": 10_000,
    "epochs": 2,
    "precision": "float32",
    "train_seconds": 1.0,
    "predict_seconds": 0.1,
    "predict_one_seconds": 0.001,
}


def typed(kind: Any, given: Any) -> Any:
    """A record of a kind, or several in a list or dict; what is not given and has no default is not there."""
    origin, kinds = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType) and isinstance(given, dict):
        fitting = [one for one in kinds if is_dataclass(one) and given.keys() <= _by_key(one).keys()]
        return typed(fitting[-1], given)
    if origin is list and isinstance(given, list | tuple):
        return [typed(kinds[0], one) for one in given]
    if origin is dict and isinstance(given, dict):
        return {key: typed(kinds[1], one) for key, one in given.items()}
    if not (is_dataclass(kind) and isinstance(given, dict)):
        return given
    names, hints = _by_key(kind), get_type_hints(kind)
    assert given.keys() <= names.keys(), f"{given.keys() - names.keys()} is nothing that {kind} has"
    made = object.__new__(kind)
    for key, field in names.items():
        if key in given:
            object.__setattr__(made, field.name, typed(hints[field.name], given[key]))
        elif field.default is not MISSING:
            object.__setattr__(made, field.name, field.default)
        elif field.default_factory is not MISSING:
            object.__setattr__(made, field.name, field.default_factory())
    return made


def _by_key(kind: Any) -> dict[str, Any]:
    return {field.name.rstrip("_"): field for field in fields(kind)}


def parsed(report: dict[str, Any]) -> Report:
    """A report put together by hand, as far as it goes."""
    return typed(Report, report)


def draw(picture: Callable[..., Figure], report: dict[str, Any], path: Path, **others: Any) -> Figure:
    """Draw a picture of a report from the parts that it names, and others."""
    told = parsed(report)
    parts, named = vars(told) | {"outcome": told} | others, signature(picture).parameters
    return picture(path=path, **{name: parts[name] for name in parts if name in named})
