"""Who is at work in a run: one process that does all, or shards of it side by side. No TensorFlow."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from glob import escape
from pathlib import Path

from configs.asked import Shard
from data.lease import Holder, Lease, holder_of, leased, remove_freed


@contextmanager
def claimed(run: Path, shard: Shard | None = None) -> Iterator[Lease]:
    """Keep others out of a run folder, or out of the share of a shard: shards of one number may be at work.

    Each takes its own lock first and then looks for those of others, so that no two get through that may not.
    Who is at work in a sweep is so in all of its runs, and who is in one of these keeps out whoever would do
    all of the sweep.

    Raises:
        BlockingIOError: its text says who is at work in it.
    """
    with ExitStack() as stack:
        lease = stack.enter_context(leased(_lock_of(run, shard)))
        for other, holder in holders(run).items():
            side_by_side = shard and other and shard.number == other.number
            if other != shard and not side_by_side:
                raise BlockingIOError(holder.who)
        for holder in holders(run.resolve().parent).values():
            raise BlockingIOError(holder.who)
        if shard is None:
            for lock in sorted(run.glob(".*.lock")):  # of runs that a sweep has in its folder
                if inside := holder_of(lock):
                    raise BlockingIOError(inside.who)
            for other in shards_of(run):
                remove_freed(_lock_of(run, other))
        yield lease


def holders(run: Path) -> dict[Shard | None, Holder]:
    """Who is at work in a run folder: by shard, or as None who does all."""
    kinds: list[Shard | None] = [None, *shards_of(run)]
    found = {kind: holder_of(_lock_of(run, kind)) for kind in kinds}
    return {kind: holder for kind, holder in found.items() if holder}


def _lock_of(run: Path, shard: Shard | None) -> Path:
    """A file beside the run; `+` is in no name of a run."""
    path = run.resolve()
    share = f"+{shard.place}-of-{shard.number}" if shard else ""
    return path.parent / f".{path.name}{share}.lock"  # also of the root of a disk, which has no name


def shards_of(run: Path) -> list[Shard]:
    """The shards that were at work since somebody did all, in order."""
    path = run.resolve()
    names = [file.name for file in path.parent.glob(f".{escape(path.name)}+*-of-*.lock")]
    found = [re.search(r"\+(\d+)-of-(\d+)\.lock$", name) for name in names]
    return sorted(Shard(int(one[1]), int(one[2])) for one in found if one)
