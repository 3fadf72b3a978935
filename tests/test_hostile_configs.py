"""Configs that a generator wrote: valid ones come back the same, all others end in a helpful ConfigError."""

import copy
import tempfile
import time
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from configs.schema import Config, ConfigError, digest, dump, json_schema, load
from configs.strict_yaml import write

DEFAULT, QUICK = Path("configs/dense_vs_cnn.yaml"), Path("configs/quick.yaml")

names = st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_-]{0,12}\Z")
printable = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=12)


def _settings(section: str, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Some of the keys of a section, with values from their ranges in the JSON Schema."""
    optional = {}
    for key, setting in json_schema()["$defs"][section]["properties"].items():
        if "enum" in setting:
            optional[key] = st.sampled_from(setting["enum"])
        elif setting.get("type") == "boolean":
            optional[key] = st.booleans()
        elif setting.get("type") == "integer":
            optional[key] = st.integers(setting["minimum"], setting["maximum"])
        elif setting.get("type") == "number":
            optional[key] = st.floats(
                setting.get("minimum", 0),
                setting.get("maximum", setting.get("exclusiveMaximum")),
                exclude_min="minimum" not in setting,
                exclude_max="maximum" not in setting,
            )
    optional |= fixed
    for key in ("weight_decay", "momentum"):
        optional.pop(key, None)
    return st.fixed_dictionaries({}, optional=optional)


units = st.lists(st.integers(1, 16_384), max_size=6)
dense = st.tuples(
    st.just({"architecture": "dense"}), _settings("Dense", units=units, training=_settings("OwnTraining"))
)
cnn_filters = st.lists(st.integers(1, 1024), min_size=1, max_size=3)
cnn = st.tuples(
    st.just({"architecture": "cnn"}),
    _settings(
        "Cnn",
        filters=cnn_filters,
        units=units,
        kernel_size=st.integers(1, 3),
        training=_settings("OwnTraining"),
    ),
)
models = st.dictionaries(
    names.map(str.lower).filter(lambda name: name not in ("figures", "lesson", "page", "exports")),
    (dense | cnn).map(lambda parts: parts[0] | parts[1]),
    min_size=1,
    max_size=4,
)
data = st.one_of(
    _settings("Data", source=st.sampled_from(["auto", "tfds", "debian", "lines"])),
    st.fixed_dictionaries(
        {"source": printable.map(lambda text: f"./{text}"), "name": names.map(lambda name: f"my.{name}")},
        optional={"class_names": st.lists(printable, min_size=2, max_size=12, unique=True)},
    ),
)
configs = st.fixed_dictionaries(
    {"name": names.filter(lambda name: name.lower() not in ("lesson", "reference")), "models": models},
    optional={
        "seeds": st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=9, unique=True),
        "data": data,
        "training": _settings("Training"),
        "inspection": _settings("Inspection"),
        "launch": _settings("Launch", workers=st.integers(1, 256) | st.just("auto")),
    },
)


def _load_text(text: str, *overrides: str) -> Config:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(text, encoding="utf-8", errors="surrogatepass")
        before = sorted(Path(folder).iterdir())
        try:
            return load(path, overrides)
        finally:
            assert sorted(Path(folder).iterdir()) == before, "loading a config wrote something"


@settings(max_examples=100, deadline=None)
@given(configs)
def test_valid_configs_are_accepted_and_come_back_the_same(values: dict[str, Any]) -> None:
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


@settings(max_examples=200, deadline=None)
@given(configs, st.data())
def test_mutated_configs_are_accepted_or_name_the_key(values: dict[str, Any], draw: st.DataObject) -> None:
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
        assert any(key in message for key in named), f"{place} is not named in: {message}"


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 5000),
    st.integers(0, 40),
    st.text(max_size=6) | st.text("[]{}:,-&*!|>'\"%@` \n\t#", max_size=6),
)
def test_damaged_text_is_accepted_or_a_config_error(start: int, length: int, instead: str) -> None:
    text = DEFAULT.read_text()
    start %= len(text)
    try:
        config = _load_text(text[:start] + instead + text[start + length :])
    except ConfigError:
        return
    assert _load_text(dump(config)) == config


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["training.epochs", "models.cnn.filters", "seeds", "data", "x", "models.cnn"]),
    st.text(max_size=12),
)
def test_any_override_is_accepted_or_a_config_error(key: str, value: str) -> None:
    try:
        config = load(QUICK, [f"{key}={value}"])
    except ConfigError as error:
        message = str(error)
    else:
        message = f"override {key} {config.name}"
    assert message.startswith("override "), f"the message does not say which override: {message}"
