"""Configs that a generator wrote: valid ones come back the same, all others end in a helpful ConfigError."""

import copy
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configs.digests import digest
from configs.schema import Config, ConfigError, dump, json_schema, load
from configs.strict_yaml import write
from configs.values import MODEL_NAMES_TAKEN, RUN_NAMES_TAKEN

DEFAULT, QUICK = Path("configs/dense_vs_cnn.yaml"), Path("configs/quick.yaml")

names = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_-]{0,12}\Z")
printable = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)


def _values(node: dict[str, Any]) -> st.SearchStrategy[Any]:
    """What the JSON Schema allows at a node."""
    match node:
        case {"$ref": reference}:
            return _section(reference.rsplit("/", 1)[1])
        case {"anyOf": options} | {"oneOf": options}:
            return st.one_of(*map(_values, options))
        case {"const": value}:
            return st.just(value)
        case {"enum": values}:
            return st.sampled_from(values)
        case {"type": "integer"}:
            return st.integers(node["minimum"], node["maximum"])
        case {"type": "number"}:
            return st.floats(
                node.get("minimum", node.get("exclusiveMinimum")),
                node.get("maximum", node.get("exclusiveMaximum")),
                exclude_min="exclusiveMinimum" in node,
                exclude_max="exclusiveMaximum" in node,
            )
        case {"type": "array", "items": items, "minItems": least, "maxItems": most}:
            return st.lists(_values(items), min_size=least, max_size=min(most, 9), unique_by=str)
        case {"pattern": pattern}:
            return st.from_regex(rf"\A{pattern.strip('^$')}\Z")
        case {"type": "string"}:
            return printable
        case {"type": "null"}:
            return st.none()
        case {"type": "boolean"}:
            return st.booleans()
        case {"type": "object"}:  # lists of values by key, which a sweep is made of
            lists = {"training.epochs": [1, 2], "data.augmentation": ["none", {"shift": 1}]}
            return st.just(lists | {"zipped": {"training.batch_size": [64, 128]}})
    raise NotImplementedError(f"the schema has a kind of value that these tests do not know: {node}")


def _section(name: str, /, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the keys of a section, those that are required among them; no rule between keys is kept."""
    section = SCHEMA["$defs"][name] if name else SCHEMA
    keys = {key: fixed[key] if key in fixed else _values(node) for key, node in section["properties"].items()}
    required = {key: keys.pop(key) for key in section.get("required", [])}
    return st.fixed_dictionaries(required, optional=keys)


def _fits_together(values: dict[str, Any]) -> dict[str, Any]:
    """The same, so changed that it keeps the rules between keys, which the JSON Schema can't tell."""
    values = copy.deepcopy(values)
    for recipe in (values, *values["models"].values()):
        for key in ("weight_decay", "momentum"):
            (recipe.get("training") or {}).pop(key, None)
    for model in values["models"].values():
        if model["architecture"] == "cnn":
            model |= {
                "filters": [
                    entry[:2] if isinstance(entry, list) else entry for entry in model.get("filters", [8])[:2]
                ],
                "kernel_size": model.get("kernel_size", 3) % 3 + 1,
            }
    launch = values.get("launch", {})
    if launch.get("engine") != "ray":
        launch.pop("address", None)
    saved = [model for model in values["models"].values() if model["architecture"] == "saved"]
    if saved:
        values.pop("sweep", None)
    for model in saved:
        model["file"] = [f"{number}.keras" for number, _ in enumerate(values.get("seeds", [0, 1, 2]))]
    data = values.get("data", {})
    if len(saved) == len(values["models"]):  # there is nothing to train
        values.pop("training", None)
        data.pop("augmentation", None)
    if data.get("source") not in (None, "auto", "tfds", "debian", "lines"):
        data |= {"source": f"./{data['source']}", "name": f"my.{data.get('name', '')}"[:64]}
    else:
        for key in ("name", "class_names"):
            data.pop(key, None)
    if data.get("source") == "lines" and isinstance(data.get("augmentation"), dict):
        data["augmentation"].pop("flip", None)
    return values


SCHEMA = json_schema()
models = st.dictionaries(
    names.map(str.lower).filter(lambda name: name not in MODEL_NAMES_TAKEN),
    _values(SCHEMA["properties"]["models"]["additionalProperties"]),
    min_size=1,
    max_size=4,
)
sources = st.sampled_from(["auto", "tfds", "debian", "lines"]) | printable
configs = _section(
    "",
    name=names.filter(lambda name: name.lower() not in RUN_NAMES_TAKEN),
    models=models,
    data=_section("Data", source=sources),
).map(_fits_together)


def _load_text(text: str, *overrides: str) -> Config:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        before = sorted(Path(folder).iterdir())
        try:
            return load(path, overrides)
        finally:
            assert sorted(Path(folder).iterdir()) == before, "loading a config wrote something"


def check_valid(values: dict[str, Any]) -> None:
    config = _load_text(write(values))
    again = _load_text(dump(config))
    assert again == config, "a run folder's config.yaml would be another experiment"
    assert list(again.models) == list(config.models)
    assert digest(again) == digest(config)
    assert dump(again) == dump(config)


def _places(values: Any, keys: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        values.items() if isinstance(values, dict) else enumerate(values) if isinstance(values, list) else ()
    )
    return [place for key, value in inner for place in ((*keys, key), *_places(value, (*keys, key)))]


junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
    st.sampled_from(
        ["0.004", "1e-3", "no", "yes", "none", "auto", "../x", ".", "a" * 70, 2**31, -0.0, 1e-320]
    ),
)


def check_mutated(values: dict[str, Any], draw: st.DataObject) -> None:
    mutant = copy.deepcopy(values)
    place = draw.draw(st.sampled_from(_places(mutant)))
    parent = mutant
    for key in place[:-1]:
        parent = parent[key]
    new_key = place[-1]
    match draw.draw(st.sampled_from(["replace", "delete", "rename"])):
        case "replace":
            parent[place[-1]] = draw.draw(junk)
        case "delete":
            del parent[place[-1]]
        case "rename":
            new_key = draw.draw(st.text("abcdefgnms_: .", min_size=1, max_size=12))
            if isinstance(parent, dict):
                parent[new_key] = parent.pop(place[-1])
    start = time.process_time()
    message = None
    try:
        config = _load_text(write(mutant))
    except ConfigError as error:
        message = str(error)
    assert time.process_time() - start < 10, "a config must be answered soon"
    if message is None:
        assert _load_text(dump(config)) == config
    else:
        named = [str(key) for key in (*place, new_key)]
        if place[0] == "models":  # without the last one that is trained, what says how to train is wrong
            named += ["no model here is trained"]
        assert any(key in message for key in named), f"{place} is not named in: {message}"


def check_damaged(start: int, length: int, instead: str) -> None:
    text = DEFAULT.read_text()
    start %= len(text)
    try:
        config = _load_text(text[:start] + instead + text[start + length :])
    except ConfigError:
        return
    assert _load_text(dump(config)) == config


def check_override(key: str, value: str) -> None:
    try:
        config = load(QUICK, [f"{key}={value}"])
    except ConfigError as error:
        message = str(error)
        assert message.startswith("override "), f"the message does not say which override: {message}"
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "config.yaml"
            path.write_text(dump(config), encoding="utf-8")
            assert load(path) == config, "a run folder's config.yaml would be another experiment"


def _paths(schema: dict[str, Any]) -> list[str]:
    """Every key of a config as an override names it; a model is one of the quick config."""
    sections = {"models.dense": "Dense", "models.cnn": "Cnn", "models.cnn.training": "OwnTraining"}
    for key, node in schema["properties"].items():
        if "$ref" in node:
            sections[key] = node["$ref"].rsplit("/", 1)[1]
    inner = [
        f"{path}.{key}" for path, name in sections.items() for key in schema["$defs"][name]["properties"]
    ]
    return [*schema["properties"], *sections, *inner, "models.new", "x", "data.x", "seeds.0", "a..b", ""]


def _as_written(value: Any) -> str:
    """A value as one writes it in an override."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return ",".join(map(_as_written, value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_as_written(inner)}" for key, inner in value.items()) + "}"
    return repr(value)


paths = _paths(SCHEMA)
overrides = st.sampled_from(paths).flatmap(
    lambda path: st.tuples(st.just(path), junk.map(_as_written) | st.text(max_size=12) | of_other_keys)
)
of_other_keys = (
    st.sampled_from(list(SCHEMA["$defs"]))
    .flatmap(_section)
    .flatmap(lambda section: st.sampled_from([_as_written(value) for value in section.values()] or ["1"]))
)
cuts = st.tuples(
    st.integers(0, 5000),
    st.integers(0, 40),
    st.text(max_size=6) | st.text("[]{}:,-&*!|>'\"%@` \n\t#", max_size=6),
)
FEW = settings(max_examples=50, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
MANY = settings(FEW, max_examples=1000, derandomize=False)


@FEW
@given(configs)
def test_valid_configs_are_accepted_and_come_back_the_same(values: dict[str, Any]) -> None:
    check_valid(values)


@FEW
@given(configs, st.data())
def test_mutated_configs_are_accepted_or_name_the_key(values: dict[str, Any], draw: st.DataObject) -> None:
    check_mutated(values, draw)


@FEW
@given(cuts)
def test_damaged_text_is_accepted_or_a_config_error(cut: tuple[int, int, str]) -> None:
    check_damaged(*cut)


@FEW
@given(overrides)
def test_any_override_is_accepted_or_a_config_error(override: tuple[str, str]) -> None:
    check_override(*override)


@pytest.mark.deep
@MANY
@given(configs, st.data(), cuts, overrides)
def test_a_thousand_of_each(
    values: dict[str, Any], draw: st.DataObject, cut: tuple[int, int, str], override: tuple[str, str]
) -> None:
    check_valid(values)
    check_mutated(values, draw)
    check_damaged(*cut)
    check_override(*override)


def test_every_kind_of_value_in_the_schema_is_generated() -> None:
    for name in SCHEMA["$defs"]:
        _section(name).validate()
