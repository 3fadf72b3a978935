"""Lists of values become settings: how many, of which names, of which configs; and what is refused."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from configs.digests import digest, training_digest
from configs.lists import in_order_of
from configs.schema import Config, ConfigError, dump, load
from configs.strict_yaml import write
from configs.sweep import adds_to, settings_of, short_keys, swept_keys

MODELS = {
    "dense": {"architecture": "dense", "units": [16], "training": {"epochs": 1}},
    "cnn": {"architecture": "cnn", "filters": [4], "units": [16]},
}
LISTS = {"training.learning_rate": [0.002, 0.005, 0.01], "models.cnn.filters": [[16, 32], [[8, 8], [16]]]}


def sweep(lists: dict[str, Any], **others: Any) -> Config:
    return Config.model_validate({"name": "x", "models": MODELS, "sweep": lists} | others)


def read(tmp_path: Path, *overrides: str, **settings: Any) -> Config:
    path = tmp_path / "x.yaml"
    path.write_text(write({"name": "x", "models": MODELS} | settings), encoding="utf-8")
    return load(path, overrides)


def test_each_value_of_one_list_stands_with_each_of_the_other() -> None:
    settings = settings_of(sweep(LISTS))
    rows = [tuple(setting.values.values()) for setting in settings]
    assert rows == list(itertools.product(*LISTS.values())), "the last key changes first"
    assert [setting.name for setting in settings[:2]] == [
        "learning_rate-0.002_filters-16-32",
        "learning_rate-0.002_filters-8.8-16",
    ]
    assert len({setting.name for setting in settings}) == 6, "two settings would share a folder"


def test_a_setting_is_the_config_that_one_would_write_by_hand() -> None:
    setting = settings_of(sweep(LISTS, seeds=[3, 4], training={"epochs": 7}))[-1]
    by_hand = Config.model_validate(
        {
            "name": "learning_rate-0.01_filters-8.8-16",
            "seeds": [3, 4],
            "models": MODELS | {"cnn": {"architecture": "cnn", "filters": [[8, 8], [16]], "units": [16]}},
            "training": {"epochs": 7, "learning_rate": 0.01},
        }
    )
    assert setting.config == by_hand
    assert digest(setting.config) == digest(by_hand), "a run made by hand would be another experiment"


def test_lists_that_are_zipped_go_together() -> None:
    lists = {"zipped": {"training.epochs": [2, 4], "training.batch_size": [64, 128]}, **LISTS}
    settings = settings_of(sweep(lists))
    assert len(settings) == 2 * 6
    pairs = {(one.config.training.epochs, one.config.training.batch_size) for one in settings}
    assert pairs == {(2, 64), (4, 128)}, "epochs of one stand with the batches of the other"
    assert swept_keys(sweep(lists)) == ["training.epochs", "training.batch_size", *LISTS]


def test_keys_that_are_not_there_yet_are_made() -> None:
    lists = {"models.cnn.training.learning_rate": [0.1, 0.2], "data.augmentation.shift": [1, 2]}
    first = settings_of(sweep(lists))[0].config
    assert first.training_of("cnn").learning_rate == 0.1
    assert first.training_of("dense").learning_rate == 0.005, "it is the cnn's own"
    assert first.data.augmentation is not None
    assert first.data.augmentation.shift == 1


def test_names_stay_when_values_are_added_and_are_never_too_long() -> None:
    few = {setting.name for setting in settings_of(sweep({"training.learning_rate": [0.1]}))}
    assert few < {setting.name for setting in settings_of(sweep({"training.learning_rate": [0.2, 0.1]}))}
    long = {f"training.{key}": [value] for key, value in {
        "learning_rate": 0.000123, "weight_decay": 0.0, "label_smoothing": 0.125, "batch_size": 1024,
        "averaging": 0.999,
    }.items()}  # fmt: skip
    names = [
        settings_of(sweep(long | {"training.averaging": [share]}))[0].name for share in (0.99, 0.999, 0.9999)
    ]
    assert all(len(name) <= 60 for name in names), "file systems and people have limits"
    assert len(set(names)) == 3, "what was cut off must still tell settings apart"


def test_keys_of_one_name_are_told_apart() -> None:
    keys = ["models.a.filters", "models.b.filters", "training.epochs"]
    assert list(short_keys(keys).values()) == ["a.filters", "b.filters", "epochs"]


def test_a_config_without_lists_is_what_it_was() -> None:
    plain = Config.model_validate({"name": "x", "models": MODELS})
    assert "sweep" not in dump(plain), "every run of before would have another config.yaml"
    assert digest(plain) == digest(sweep({})) == digest(sweep(LISTS).model_copy(update={"sweep": None}))
    assert digest(sweep(LISTS)) != digest(plain)
    assert "zipped" not in dump(sweep(LISTS))
    assert "training.learning_rate" in dump(sweep(LISTS))


def test_what_is_not_swept_of_a_model_is_the_same_training() -> None:
    settings = settings_of(sweep(LISTS))
    dense = {training_digest(one.config, "dense", 0) for one in settings}
    assert len(dense) == 3, "of the dense network the rate alone changes: three trainings, not six"


@pytest.mark.parametrize(
    ("override", "lists"),
    [
        ("training.learning_rate=0.1|0.2", {"training.learning_rate": [0.1, 0.2]}),
        ("models.cnn.filters=4|4,8|[[2, 2], [4]]", {"models.cnn.filters": [[4], [4, 8], [[2, 2], [4]]]}),
        ("data.augmentation=none|{shift: 2}", {"data.augmentation": ["none", {"shift": 2}]}),
        ("sweep.training.optimizer=[adam, sgd]", {"training.optimizer": ["adam", "sgd"]}),
        ("sweep={training.epochs: [1, 2]}", {"training.epochs": [1, 2]}),
    ],
)
def test_a_list_on_the_command_line_is_that_of_the_file(
    tmp_path: Path, override: str, lists: dict[str, Any]
) -> None:
    assert read(tmp_path, override).sweep == lists
    assert read(tmp_path, override) == read(tmp_path, sweep=lists)


def test_an_override_replaces_a_list_and_a_single_value_ends_it(tmp_path: Path) -> None:
    zipped = {"training.epochs": [1, 2], "training.batch_size": [8, 16]}
    lists = {"training.learning_rate": [0.1, 0.2], "zipped": zipped}
    changed = read(tmp_path, "training.epochs=3|4", "training.learning_rate=0.5", sweep=lists)
    assert changed.sweep == {"zipped": zipped | {"training.epochs": [3, 4]}}
    assert changed.training.learning_rate == 0.5
    alone = read(tmp_path, "training.epochs=3", "training.learning_rate=0.5", sweep=lists)
    assert alone.sweep == {"zipped": {"training.batch_size": [8, 16]}}
    assert alone.training.epochs == 3
    assert read(tmp_path, "sweep=null", sweep=lists).sweep is None


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        ({"seeds": [[0], [1]]}, "sweep.seeds is nothing to sweep over. Seeds are repetitions"),
        ({"data.source": ["lines"]}, "Other pictures are another experiment"),
        ({"launch.workers": [1, 2]}, "is nothing to sweep over. It decides no number"),
        ({"trainin.epochs": [1]}, "Expected a key under models., training. or data.augmentation."),
        ({"training.epochs": 3}, "is 3. Expected a list of values, such as: [3]."),
        ({"training.epochs": "2|4"}, "is '2|4'. Expected a list of values, such as: [2, 4]."),
        ({"training.epochs": []}, "is []. Expected a list of values."),
        ({"training.epochs": [1, 2, 1]}, "has 1 twice. Expected each once: keep one."),
        ({"models.cn.filters": [[4]]}, "a key of cn, which is no model here. Did you mean cnn?"),
        (
            {"models.cnn": [{"architecture": "cnn"}], "models.cnn.units": [[1]]},
            "is in models.cnn, which has a",
        ),
        ({"zipped": {"training.epochs": [1], "training.batch_size": [1, 2]}}, "lists of different length"),
        ({"zipped": [1]}, "sweep.zipped is [1]. Expected dotted keys with lists of values that go together"),
        ({"training.epochs": list(range(1, 102)), "training.batch_size": list(range(1, 102))}, "10,201 set"),
        ([1], "sweep is [1]. Expected dotted keys with lists of values"),
    ],
)
def test_what_is_no_list_of_values_is_refused(tmp_path: Path, lists: Any, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, sweep=lists)
    assert told in str(caught.value)
    assert ".yaml, line" in str(caught.value), "nobody would know where to look"


@pytest.mark.parametrize("override", ["training.epochs=1|", "training.epochs=|2"])
def test_a_value_is_missing_beside_a_bar(tmp_path: Path, override: str) -> None:
    with pytest.raises(ConfigError, match="a value is missing before or after a bar"):
        read(tmp_path, override)


@pytest.mark.parametrize("key", ["seeds", "name", "launch.workers"])
def test_what_may_have_no_list_is_refused_on_a_command_line_as_in_a_file(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigError, match=f"{key} is nothing to sweep over. "):
        read(tmp_path, f"{key}=1|2")


def test_networks_from_elsewhere_are_in_no_sweep(tmp_path: Path) -> None:
    models = MODELS | {"mine": {"architecture": "saved", "file": ["a.keras", "b.keras", "c.keras"]}}
    with pytest.raises(ConfigError, match="is saved, and a sweep is of trainings"):
        read(tmp_path, models=models, sweep=LISTS)


def test_a_setting_that_is_no_config_is_named() -> None:
    with pytest.raises(ConfigError, match="the setting learning_rate-99 of its sweep: "):
        settings_of(sweep({"training.learning_rate": [0.1, 99]}))
    with pytest.raises(ConfigError, match="there is no key epoch in training"):
        settings_of(sweep({"training.epoch": [1, 2]}))
    own = {name: {**model, "training": {"epochs": 1}} for name, model in MODELS.items()}
    same = sweep({"models.cnn.units": [[1]], "training.epochs": [1, 2]}, models=own)
    with pytest.raises(
        ConfigError, match="settings units-1_epochs-1 and units-1_epochs-2 are the same to every"
    ):
        settings_of(same)


def test_lists_take_the_order_of_an_earlier_sweep() -> None:
    a, b, c = "training.epochs", "training.batch_size", "training.learning_rate"
    earlier = {"zipped": {a: [1, 2], b: [8, 9]}, c: [0.1]}
    ordered = in_order_of({"models.x": [1], c: [0.1, 0.2], "zipped": {b: [8, 9], a: [1, 2]}}, earlier)
    assert list(ordered) == ["zipped", c, "models.x"]
    assert list(ordered["zipped"].items()) == [(a, [1, 2]), (b, [8, 9])]
    assert list(in_order_of({c: [0.1], b: [9], a: [1]}, earlier)) == [a, b, c]


def test_a_sweep_adds_to_one_that_it_holds_all_of() -> None:
    small = sweep({"training.learning_rate": [0.1, 0.2]}, seeds=[0, 1])
    assert adds_to(sweep({"training.learning_rate": [0.3, 0.2, 0.1]}, seeds=[0, 1]), small)
    assert adds_to(sweep({"training.learning_rate": [0.1, 0.2]}, seeds=[2, 1, 0]), small)
    assert adds_to(sweep({"training.learning_rate": [0.2, 0.1]}, seeds=[0, 1]), small), "it is the same one"
    for other in (
        sweep({"training.learning_rate": [0.1, 0.3]}, seeds=[0, 1]),
        sweep({"training.learning_rate": [0.1, 0.2, 0.3]}, seeds=[0, 2]),
        sweep({"training.learning_rate": [0.1, 0.2], "training.epochs": [1, 2]}, seeds=[0, 1]),
        sweep({"training.learning_rate": [0.1, 0.2, 0.3]}, seeds=[0, 1], training={"batch_size": 9}),
        Config.model_validate({"name": "x", "models": MODELS}),
    ):
        assert not adds_to(other, small), f"{other.sweep} would lose what is there"
