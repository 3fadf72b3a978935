"""How many processes a machine has room for, and whether a training fits: cores and memory."""

import math
import os
from contextlib import suppress
from itertools import accumulate

from model.networks.facts import LayerFacts

MEMORY_PER_WORKER = 1.5e9  # bytes: TensorFlow, and what a batch becomes on its way
MEMORY_OF_TENSORFLOW = 0.3e9  # bytes, before it does anything
MOST_SIDE_BY_SIDE = 4  # each has values of its own in memory
COPIES_OF_DATA = 3  # in a worker: as it arrives, as arrays, and in the graph


def num_workers(costs: list[float], needs: list[float], cores: int, free_memory: float) -> int:
    """How many workers finish these jobs soonest.

    One per core, and as many more as the last round of long jobs would leave waiting for a core of
    their own: three long jobs on two cores take 1.5 times as long as one when they share them, and
    twice as long one after another. But no more than there is memory for when the largest jobs come
    together. Costs are in one unit, needs, of memory and of the same jobs, in bytes.
    """
    num_long = _num_long(costs)
    wanted = cores + (num_long % cores if num_long > cores else 0)
    fitting = sum(together <= free_memory for together in accumulate(sorted(needs, reverse=True)))
    return max(1, min(wanted, fitting))


def num_side_by_side(costs: list[float], cores: int) -> int:
    """How many operations of one job may run at a time, if they do not wait for one another.

    That changes no bit, unlike the threads of one operation, and lets a long job use the cores that would
    have none. Where every core has one, it would only make them change places. The costs are of the jobs
    that can begin at once, in one unit.
    """
    return max(1, min(MOST_SIDE_BY_SIDE, cores // max(1, _num_long(costs))))


def _num_long(costs: list[float]) -> int:
    return sum(cost > max(costs) / 2 for cost in costs)


def memory_of_worker(data_bytes: int) -> float:
    """The bytes that a worker takes which has so many of images, whatever it does with them."""
    return MEMORY_PER_WORKER + COPIES_OF_DATA * data_bytes


def memory_of_training(batch_size: int, facts: list[LayerFacts], data_bytes: int) -> float:
    """The bytes that a training needs for certain, its images among them; it may take more."""
    values = 2 * batch_size * sum(math.prod(fact.output_shape) for fact in facts)  # each with its gradient
    weights = 4 * sum(fact.parameters for fact in facts)  # with gradients and the optimizer's two means
    return MEMORY_OF_TENSORFLOW + COPIES_OF_DATA * data_bytes + 4 * (values + weights)


def free_memory() -> float:
    """Bytes that can be had without swapping; where the system does not say, half of what is there."""
    limit = float("inf")
    with suppress(OSError, ValueError), open("/sys/fs/cgroup/memory.max") as file:
        limit = int(file.read())  # of a container; "max" where there is none
    with suppress(OSError, ValueError, StopIteration), open("/proc/meminfo") as lines:
        free = 1024 * int(next(line.split()[1] for line in lines if line.startswith("MemAvailable")))
        return min(limit, free)
    return min(limit, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2)
