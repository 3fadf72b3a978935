"""How many workers there are, and what fits into memory."""

import io
import os
import re

import pytest

from configs.schema import Cnn, Dense
from model.networks.facts import layer_facts
from model.run.capacity import (
    free_memory,
    memory_of_training,
    memory_of_worker,
    num_side_by_side,
    num_workers,
)


@pytest.mark.parametrize(
    ("costs", "cores", "memory", "expected"),
    [
        ([10, 10, 10, 1, 1, 1], 2, 24e9, 3),  # three long ones on two cores share them
        ([10, 10, 10, 10], 2, 24e9, 2),  # they come out even
        ([10, 10, 10], 8, 24e9, 3),  # no more workers than jobs
        ([10] * 10, 8, 24e9, 10),
        ([10, 10, 10, 1, 1, 1], 2, 2e9, 1),  # memory for one
        ([10], 4, 1e9, 1),  # never none
    ],
)
def test_number_of_workers(costs, cores, memory, expected):
    needs = [memory_of_worker(0)] * len(costs)
    assert num_workers(costs, needs, cores, memory) == expected


@pytest.mark.parametrize(
    ("costs", "cores", "expected"),
    [
        ([9, 9, 9, 1, 1, 1], 2, 1),  # the default: every core has a long training
        ([9, 1], 2, 2),  # quick: one long training, and a core that is soon idle
        ([9, 9, 9, 1], 8, 2),
        ([9], 64, 4),
        ([9, 9, 9], 1, 1),
        ([9], 0, 1),  # more threads an operation than cores
        ([], 2, 2),
    ],
)
def test_idle_cores_help_long_jobs(costs, cores, expected):
    assert num_side_by_side(costs, cores) == expected


def test_each_worker_needs_memory_for_three_copies_of_the_images():
    assert memory_of_worker(0) == 1.5e9, "no images, no memory for them"
    assert memory_of_worker(250_000_000) == 2.25e9
    assert num_workers([10] * 4, [2.25e9] * 4, 4, free_memory=6e9) == 2, "6 GB, and 2.25 for each"


@pytest.mark.parametrize(
    ("needs", "gigabytes", "expected"),
    [
        ([5, 5, 1.5, 1.5], 8, 1),  # each large one fits alone, but both may come together
        ([5, 5, 1.5, 1.5], 10, 2),
        ([1.5, 5, 1.5, 1.5], 8, 3),  # a large one and two others
        ([9, 1.5, 1.5, 1.5], 8, 1),  # too large even alone: one worker, which says so if it dies
    ],
)
def test_large_trainings_begin_together_only_where_both_fit(needs, gigabytes, expected):
    found = num_workers([10] * 4, [1e9 * need for need in needs], 4, 1e9 * gigabytes)
    assert found == expected, "jobs that come together need more memory than there is, or fewer run than fit"


@pytest.mark.parametrize(("gibibytes", "expected"), [(2, 1), (3, 1), (4, 2), (6, 3), (8, 3), (16, 3)])
def test_the_default_run_has_a_worker_for_each_long_training(gibibytes, expected):
    """Three of its six trainings are long, on two cores; each worker has 55 MB of images three times."""
    images = 28 * 28 * 70_000
    facts = layer_facts(Cnn(architecture="cnn", filters=(64, 64), units=(128,)), 10)
    needs = [max(memory_of_worker(images), memory_of_training(128, facts, images))] * 6
    assert num_workers([30, 30, 30, 3, 3, 3], needs, 2, gibibytes * 2**30) == expected


MEMINFO = "MemTotal:       8000000 kB\nMemFree:         100000 kB\nMemAvailable:    4000000 kB\n"


@pytest.mark.parametrize(
    ("limit", "meminfo", "expected"),
    [
        ("1000000000\n", MEMINFO, 1_000_000_000),  # a container's limit below what the machine has
        ("9000000000\n", MEMINFO, 4_096_000_000),  # and above it
        ("max\n", MEMINFO, 4_096_000_000),
        (None, MEMINFO, 4_096_000_000),  # no containers
        ("1000000000\n", None, 1_000_000_000),  # a system that does not say, as macOS
        (None, None, 3_000_000_000),  # half of 1,500,000 pages of 4,000 bytes
        (None, "MemTotal: 8000000 kB\n", 3_000_000_000),
    ],
)
def test_free_memory_is_the_machines_or_the_containers(monkeypatch, limit, meminfo, expected):
    files = {"/sys/fs/cgroup/memory.max": limit, "/proc/meminfo": meminfo}

    def opened(path):
        if files[path] is None:
            raise FileNotFoundError(path)
        return io.StringIO(files[path])

    monkeypatch.setattr("model.run.capacity.open", opened, raising=False)
    monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 4000, "SC_PHYS_PAGES": 1_500_000}.__getitem__)
    assert free_memory() == expected


def test_memory_is_counted_by_hand():
    facts = layer_facts(Dense(architecture="dense", units=(10,)), 2)
    values, weights = 10 + 2, 784 * 10 + 10 + 10 * 2 + 2
    expected = 0.3e9 + 3 * 1000 + 4 * (2 * 50 * values + 4 * weights)
    assert memory_of_training(50, facts, 1000) == expected


def test_the_default_network_is_never_refused_where_tensorflow_runs_at_all():
    facts = layer_facts(Cnn(architecture="cnn", filters=(64, 64), units=(128,)), 10)
    assert memory_of_training(128, facts, 43_120_000) < 1e9, "an estimate too high refuses what would run"


def test_what_cannot_fit_in_memory_is_refused_before_anything_is_written(driver, small_config, tmp_path):
    layers = (
        "models.cnn={architecture: cnn, padding: same, pooling: none, filters: [512,512,512,512,512,512]}"
    )
    result = driver.run(small_config, layers, "training.batch_size=8192", "--outputs", tmp_path / "outputs")
    assert result.code == 2, result.out + result.err
    assert re.fullmatch(
        r"models\.cnn needs at least \d+\.\d GB of memory to train, and \d+\.\d GB are free; "
        r"take (a batch_size of [\d,]+ or )?a smaller network\.\n",
        result.err,
    ), result.err
    assert not list(tmp_path.rglob("*.yaml")), "nothing may be written of a run that can't be done"
