"""In which settings runs differ: told once, under the key a config has them."""

from typing import Any

from configs.difference import differences, flat, settings_of
from configs.schema import Config


def settings(**given: Any) -> dict[str, Any]:
    networks = {"dense": {"architecture": "dense"}, "cnn": {"architecture": "cnn"}}
    return settings_of(Config.model_validate({"name": "any", "models": networks, **given}))


def test_equal_configs_differ_in_nothing_whatever_their_names() -> None:
    assert differences({"one": settings(name="one"), "two": settings(name="two")}) == []


def test_a_key_that_differs_is_told_with_both_values() -> None:
    found = differences({"one": settings(), "two": settings(seeds=[4])})
    assert found == [{"key": "seeds", "values": {"one": [0, 1, 2], "two": [4]}}]


def test_a_training_key_is_told_once_where_all_models_share_it() -> None:
    found = differences({"one": settings(training={"epochs": 4}), "two": settings(training={"epochs": 5})})
    assert found == [{"key": "training.epochs", "values": {"one": 4, "two": 5}}]


def test_a_training_key_is_told_per_model_where_one_has_its_own() -> None:
    own = {"dense": {"architecture": "dense", "training": {"epochs": 9}}, "cnn": {"architecture": "cnn"}}
    found = differences(
        {"one": settings(training={"epochs": 4}), "two": settings(models=own, training={"epochs": 4})}
    )
    assert found == [{"key": "models.dense.training.epochs", "values": {"one": 4, "two": 9}}]


def test_where_a_key_is_written_makes_no_difference() -> None:
    own = {name: {"architecture": name, "training": {"epochs": 4}} for name in ("dense", "cnn")}
    assert differences({"one": settings(training={"epochs": 4}), "two": settings(models=own)}) == []


def test_a_model_that_is_missing_is_one_row() -> None:
    found = differences({"one": settings(), "two": settings(models={"dense": {"architecture": "dense"}})})
    assert found == [{"key": "models.cnn", "values": {"one": "cnn"}}]


def test_what_is_not_known_does_not_differ() -> None:
    known = settings(training={"epochs": 4})
    models = {"dense": {"architecture": "dense", "training": {"epochs": 4}}}
    models["cnn"] = {"architecture": "cnn", "training": {"epochs": 4}}
    told = flat({"seeds": [0, 1], "models": models})
    assert differences({"one": known, "two": told}, frozenset({"two"})) == [
        {"key": "seeds", "values": {"one": [0, 1, 2], "two": [0, 1]}}
    ]


def test_a_setting_that_is_left_out_where_it_is_off_is_told_as_off() -> None:
    one, other = (
        settings_of(Config.model_validate({"name": "x", "models": {"cnn": {"architecture": "cnn"} | more}}))
        for more in ({}, {"flip_at_test": True})
    )
    [found] = differences({"a": one, "b": other})
    assert found == {"key": "models.cnn.flip_at_test", "values": {"a": False, "b": True}}
