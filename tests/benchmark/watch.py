"""What goes on while something is measured: the clock, the work of others, memory."""

import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

SAMPLING = 0.5  # seconds from one look at the memory to the next


@dataclass
class Taken:
    """What a piece of work took.

    `others` is the share of the machine's cores that went to processes of others meanwhile, to other guests
    of the same host, too; `peak_bytes` the most memory of the processes that this one has started, together.
    """

    seconds: float = 0.0
    others: float = 0.0
    peak_bytes: float = 0.0


@contextmanager
def watch(what: str, memory: bool = False) -> Iterator[Taken]:
    """Watch what happens inside the `with` block; what is yielded is filled in when it ends.

    The screen shows what is going on, and how long it took. To look at the memory of a process takes some
    hundredths of a second: not while seconds count.
    """
    print(f"  {what} ... ", end="", file=sys.stderr, flush=True)
    taken = Taken()
    ended = threading.Event()
    sampler = threading.Thread(target=_sample_memory, args=(taken, ended), daemon=True)
    if memory:
        sampler.start()
    busy, own = _busy_seconds(), _own_seconds()
    started = time.perf_counter()
    yield taken
    taken.seconds = time.perf_counter() - started
    others = (_busy_seconds() - busy) - (_own_seconds() - own)
    taken.others = max(0.0, others) / (psutil.cpu_count() * taken.seconds)
    ended.set()
    if memory:
        sampler.join()
    print(f"{taken.seconds:.1f} s", file=sys.stderr)


def _sample_memory(taken: Taken, ended: threading.Event) -> None:
    while not ended.wait(SAMPLING):
        taken.peak_bytes = max(taken.peak_bytes, sum(map(_memory, psutil.Process().children(recursive=True))))


def _memory(process: psutil.Process) -> float:
    """Bytes of a process; what several share counts in parts (PSS), and once where the system lacks that."""
    with suppress(psutil.Error):
        info = process.memory_full_info()
        return getattr(info, "pss", info.uss)
    return 0.0  # it has ended meanwhile


def _busy_seconds() -> float:
    """Processor seconds of the whole machine since it started."""
    times = psutil.cpu_times()._asdict()
    counted_twice = ("guest", "guest_nice")  # in `user` and `nice` as well
    return sum(seconds for name, seconds in times.items() if name not in ("idle", "iowait", *counted_twice))


def _own_seconds() -> float:
    """Processor seconds of this process and of all that it has started, at work or ended."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    total = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])  # its own, and that of its children that have ended
    return total
