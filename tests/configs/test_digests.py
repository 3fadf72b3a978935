"""What of a config decides one training, and which configs are one another's with more seeds or epochs."""

from typing import Any

import pytest

from configs.digests import (
    adds_seeds,
    digest,
    digests_with_fewer_seeds,
    only_adds_epochs,
    training_digest,
    with_seeds,
)
from configs.schema import Config, Training

CNN = {"architecture": "cnn", "filters": [4]}
DENSE = {"architecture": "dense", "training": {"epochs": 9}}


def config(**changes: Any) -> Config:
    known = {"name": "a", "seeds": [0, 1], "models": {"dense": DENSE, "cnn": CNN}}
    return Config.model_validate(known | changes)


def brought(*files: str) -> Config:
    """A network that was trained elsewhere, in files of this content."""
    found = {"sha256": [name * 64 for name in files], "layers": [{"layer": "Flatten", "name": "flatten"}]}
    found |= {"names": {}, "logits": False, "dtype": "float32"}
    mine = {"architecture": "saved", "file": [f"{name}.keras" for name in files], "found": found}
    return config(models={"dense": DENSE, "mine": mine}, seeds=list(range(len(files))))


@pytest.mark.parametrize(
    "changes",
    [
        {"seeds": [5, 1]},
        {"name": "b"},
        {"models": {"cnn": CNN}},
        {"models": {"dense": CNN | {"training": {"epochs": 2}}, "cnn": CNN}},
        {"data": {"source": "lines"}},
        {"launch": {"workers": 2}},
        {"models": {"cnn": CNN | {"training": {"epochs": Training().epochs}}}},
    ],
)
def test_a_training_is_known_without_the_others(changes: dict[str, Any]) -> None:
    other = config(**changes)
    assert training_digest(other, "cnn", 1) == training_digest(config(), "cnn", 1), (
        "a training would be made again because something else in its run has changed"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"models": {"cnn": CNN | {"dropout": 0.1}}},
        {"training": {"epochs": 9}},
        {"data": {"split_seed": 1}},
        {"data": {"augmentation": {"shift": 1}}},
        {"launch": {"threads_per_job": 2}},
    ],
)
def test_what_decides_the_numbers_of_a_training_makes_it_another(changes: dict[str, Any]) -> None:
    assert training_digest(config(**changes), "cnn", 1) != training_digest(config(), "cnn", 1)
    assert training_digest(config(), "cnn", 0) != training_digest(config(), "cnn", 1)
    assert training_digest(config(), "dense", 1) != training_digest(config(), "cnn", 1)


def test_a_model_is_called_as_one_likes() -> None:
    renamed = config(models={"mine": CNN})
    assert training_digest(renamed, "mine", 1) == training_digest(config(), "cnn", 1)


def test_the_digest_of_a_training_stays_what_it_was() -> None:
    expected = "7ee8d4f521e204ad7341f8181c42946046147574e4bf9f1e6c72105404ff9f4c"
    assert training_digest(config(), "cnn", 1) == expected, (
        "trainings of before, and their checkpoints, would be made again"
    )


def test_a_config_with_some_of_its_seeds_has_the_files_of_these() -> None:
    whole = brought("a", "b", "c")
    fewer = with_seeds(whole, [2, 0])
    assert fewer.seeds == (2, 0)
    assert fewer.elsewhere["mine"].file == ("c.keras", "a.keras")
    assert fewer.elsewhere["mine"].found.sha256 == ("c" * 64, "a" * 64)  # type: ignore[union-attr]
    assert (
        training_digest(whole, "mine", 2)
        == training_digest(fewer, "mine", 2)
        != training_digest(whole, "mine", 0)
    )


def test_which_configs_add_seeds() -> None:
    for more in ([0, 1, 2], [2, 0, 1], [1, 5, 0]):
        assert adds_seeds(config(seeds=more), to=config()), more
    for other in ([0, 1], [1, 0], [0], [0, 2, 3]):
        assert not adds_seeds(config(seeds=other), to=config()), other
    assert not adds_seeds(config(seeds=[0, 1, 2], training={"epochs": 9}), to=config())
    assert not adds_seeds(config(seeds=[0, 1, 2], models={"cnn": CNN, "dense": DENSE}), to=config()), (
        "the baseline"
    )
    assert adds_seeds(brought("a", "b", "c"), to=brought("a", "b"))
    assert not adds_seeds(brought("a", "c", "b"), to=brought("a", "b")), "seed 1 is another file now"


def test_fewer_seeds_are_all_parts_of_them_in_their_order() -> None:
    known = list(digests_with_fewer_seeds(config(seeds=[2, 0, 1])))
    expected = [[2, 0, 1], [2, 0], [2, 1], [0, 1], [2], [0], [1]]
    assert known == [digest(config(seeds=seeds)) for seeds in expected]


def test_which_configs_only_add_epochs() -> None:
    longer = config(training={"epochs": 9})
    assert only_adds_epochs(longer, to=config())
    assert not only_adds_epochs(config(), to=longer), "these are fewer"
    assert not only_adds_epochs(config(), to=config())
    shorter = {"dense": DENSE | {"training": {"epochs": 2}}, "cnn": CNN}
    assert not only_adds_epochs(config(training={"epochs": 9}, models=shorter), to=config()), (
        "dense has fewer"
    )
    assert not only_adds_epochs(config(training={"epochs": 9}, seeds=[0]), to=config())


def test_a_setting_that_came_later_is_in_no_record_where_it_is_off() -> None:
    off, on = (config(models={"cnn": CNN | {"flip_at_test": flips}}) for flips in (False, True))
    plain = config(models={"cnn": CNN})
    assert off.model_dump(mode="json") == plain.model_dump(mode="json"), "runs of before would be stale"
    assert digest(off) == digest(plain) != digest(on)
    assert training_digest(off, "cnn", 0) == training_digest(plain, "cnn", 0) != training_digest(on, "cnn", 0)
    assert on.model_dump(mode="json")["models"]["cnn"]["flip_at_test"] is True
