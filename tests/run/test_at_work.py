"""Who may be at work in a run at the same time."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from configs.asked import Shard
from model.run.at_work import claimed, holders
from model.run.folder import RunError, RunFolder

TOGETHER: list[tuple[Shard | None, Shard | None, bool]] = [
    (None, None, False),
    (Shard(1, 2), None, False),
    (None, Shard(1, 2), False),
    (Shard(1, 2), Shard(1, 2), False),
    (Shard(1, 2), Shard(2, 2), True),
    (Shard(1, 2), Shard(2, 3), False),  # some trainings belong to both
]


@pytest.mark.parametrize(("first", "second", "may"), TOGETHER)
def test_only_shards_of_one_number_are_at_work_together(
    tmp_path: Path, first: Shard | None, second: Shard | None, may: bool
) -> None:
    with claimed(tmp_path / "x", first), ExitStack() as stack:
        if may:
            stack.enter_context(claimed(tmp_path / "x", second))
            assert list(holders(tmp_path / "x")) == [first, second]
        else:
            with pytest.raises(BlockingIOError, match=r"process \d+ on "):
                stack.enter_context(claimed(tmp_path / "x", second))
        with claimed(tmp_path / "x.1", second):  # another run, whatever its name
            pass
    assert holders(tmp_path / "x") == {}, "it is over, and would keep others out"
    with claimed(tmp_path / "x", second):
        pass


def test_who_does_all_clears_away_what_shards_left_beside_the_run(tmp_path: Path) -> None:
    for place in (1, 2):
        with claimed(tmp_path / "x", Shard(place, 2)):
            pass
    with claimed(tmp_path / "x"):
        pass
    assert [path.name for path in tmp_path.iterdir()] == [".x.lock"]


def test_who_is_at_work_in_a_run_of_a_sweep_keeps_out_who_would_do_all_of_it(tmp_path: Path) -> None:
    """What that one is just writing is not taken for what a killed process left."""
    sweep = RunFolder(tmp_path / "sw")
    writing = sweep.path / "epochs-2" / ".model.keras.x.tmp"
    writing.parent.mkdir(parents=True)
    with claimed(writing.parent):
        writing.touch()
        with pytest.raises(RunError, match=r"process \d+ on .* is at work in .*sw; wait"), sweep.held():
            pass
        assert writing.exists(), "what somebody is writing was tidied away"
        with claimed(sweep.path, Shard(1, 2)):  # it may do other runs of it
            pass
    with sweep.held():
        pass


def test_a_run_may_stand_at_the_root_of_a_disk() -> None:
    """As one that a container is given."""
    assert holders(Path("/")) == {}
