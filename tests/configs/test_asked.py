"""The options of a training."""

from itertools import chain

import pytest

from configs.asked import Asked, Shard, as_shard, asked_for
from configs.strict_yaml import ConfigError


def test_every_training_is_one_shards_and_ones_alone() -> None:
    names = [f"training {number}" for number in range(10)]
    for number in (1, 3, 10, 12):
        shares = [as_shard(f"{place}/{number}").own(names) for place in range(1, number + 1)]
        assert sorted(chain(*shares)) == names, f"of {number} shards"
        assert max(map(len, shares)) - min(map(len, shares)) <= 1, "one has more to do than another"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2", "expected I/N, such as --shard 2/3"),
        ("a/b", "expected I/N"),
        ("1/٣", "expected I/N"),
        ("", "expected I/N"),
        ("0/3", "expected the first number from 1 to the second one"),
        ("4/3", "expected the first number from 1 to the second one"),
        ("1/0", "expected the first number from 1 to the second one"),
        ("-1/3", "expected I/N"),
    ],
)
def test_what_is_no_shard_is_told_in_a_sentence(text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        as_shard(text)
    assert str(caught.value).startswith(f"--shard {text}:")


def test_what_is_asked_is_read() -> None:
    assert asked_for(True, "more  of it", None, False, True) == Asked(True, "more of it", None, False, True)
    assert asked_for(False, None, "2/3", True, False).shard == Shard(2, 3)


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ((True, None, "1/2", False), "--fresh with --shard: .*name=NAME"),
        ((False, "more", "1/2", False), "--guess with --shard: .*leave it out"),
        ((False, "more", None, True), "--guess with --dry-run: .*leave it out"),
    ],
)
def test_options_that_contradict_one_another_are_refused(words: tuple, options: str) -> None:
    with pytest.raises(ConfigError, match=options):
        asked_for(*words, debug=False)
