"""Trainings, and what else is computed again and again, in turn: rates, ways, the worth of filters."""

import importlib.util
import json
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import numpy as np

from configs.schema import load
from model.experiment.plan import FORWARD_AND_BACKWARD
from model.networks.facts import layer_facts
from model.run.arithmetic import here
from model.run.environment import num_cores
from tests.benchmark.contenders import DEFAULT, PRODUCT
from tests.benchmark.effort import Effort
from tests.benchmark.machine import features
from tests.benchmark.table import Figure, Rows, row
from tests.benchmark.turns import Contender, Rounds

STOCK = "stock `fit`"
BY_ITSELF = "batches of 32, float32, all threads"
PRECISIONS = ("float32", "bfloat16")
NO_TORCH = "PyTorch is not installed: `pip install -e '.[bench]'` adds its row."


def fit(effort: Effort) -> Rows:
    """Training images a second against `fit` and PyTorch, and against what a matrix product reaches."""
    images, settings = effort.images, _torch_settings()
    torch = {
        name: Contender("torch", precision, str(images), threads, programs=programs, stock=True)
        for name, (precision, threads, programs) in settings.items()
    }
    both = {STOCK: Contender("stock", "cnn", str(images), "0", stock=True), "ours": _ours("cnn", effort)}
    rounds = _alternate({**both, **torch, "product": Contender("product")}, effort.rounds)
    product = rounds.pop("product")
    rates = {name: _rates(each, images) for name, each in rounds.items()}
    best = max(settings, key=lambda name: rates[name].median, default="")
    ours = "course network, a training on each core", "images/s", rates["ours"]
    return [
        row(*ours, STOCK, rates[STOCK], BY_ITSELF),
        *(
            row(
                *ours,
                "PyTorch at its best" if name == best else "PyTorch",
                rates[name],
                f"{name}, batches of 64",
                in_short=name == best,
            )
            for name in settings
        ),
        _share_of_peak(rates["ours"], product),
        *_dense(effort),
    ]


def _share_of_peak(rates: Figure, product: Rounds) -> dict[str, Any]:
    """What a core computes while it trains, against what it reaches in a product of matrices."""
    flops = FORWARD_AND_BACKWARD * sum(fact.flops for fact in layer_facts(load(DEFAULT).models["cnn"], 10))
    reached = Figure([rate * flops / num_cores() / 1e9 for rate in rates.values], rates.others)
    peak = Figure([answers[0]["flops"] / 1e9 for _, answers in product], _others(product))
    told = f"matrix product of {PRODUCT:,} x {PRODUCT:,}"
    note = f"one thread, {here().precision}"
    return row("course network, arithmetic of a core", "GFLOP/s", reached, told, peak, note)


def _dense(effort: Effort) -> Rows:
    images = effort.dense_images
    stock = Contender("stock", "dense", str(images), "0", stock=True)
    rounds = _alternate({STOCK: stock, "ours": _ours("dense", effort)}, effort.rounds)
    rates = {name: _rates(each, images) for name, each in rounds.items()}
    measured = "dense network, a training on each core"
    return [row(measured, "images/s", rates["ours"], STOCK, rates[STOCK], BY_ITSELF)]


def ways(effort: Effort) -> Rows:
    """What the rows of `model.run.arithmetic` choose between: this processor's ways, and each one changed."""
    taken = asdict(here())
    changes: list[dict[str, Any]] = [
        {"onednn": not taken["onednn"], "precision": "float32"},  # bfloat16 is oneDNN's
        *({"precision": other} for other in PRECISIONS if other != taken["precision"]),
        *({"first_block": other} for other in ("in turn", "at once") if other != taken["first_block"]),
    ]
    changed = {f"with {_told(change)}": _ours("cnn", effort, change) for change in changes}
    rounds = _alternate({"ours": _ours("cnn", effort), **changed}, effort.rounds)
    rates = {name: _rates(each, effort.images) for name, each in rounds.items()}
    measured = f"course network, a training on each core, {_told(taken)}"
    return [row(measured, "images/s", rates["ours"], name, rates[name], in_short=False) for name in changed]


def ablation(effort: Effort) -> Rows:
    """What all 128 filters of the course network are worth: in one pass, and an evaluation per filter."""
    images = str(effort.filter_images)
    ways = {way: Contender("ablation", way, images) for way in ("plain", "shared")}
    plain, shared = _alternate(ways, effort.filter_rounds).values()
    measured = f"worth of 128 filters on {effort.filter_images:,} images, one thread"
    return [row(measured, "s", _clock(shared), "an evaluation per filter", _clock(plain))]


def _told(ways: Mapping[str, Any]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in ways.items() if key != "processors")


def _ours(network: str, effort: Effort, changes: Mapping[str, Any] | None = None) -> Contender:
    """A training of our own on each core, for all rounds and the one before them."""
    images = effort.images if network == "cnn" else effort.dense_images
    seeds = ",".join(map(str, range(num_cores())))
    words = (network, str(images), str(1 + effort.rounds), seeds, json.dumps(changes or {}))
    return Contender("ours", *words, trainings=num_cores())


def _torch_settings() -> dict[str, tuple[str, str, int]]:
    """PyTorch's settings, by name: precision, threads of a training, trainings at the same time.

    Where the processor has no bfloat16, it would be computed in pieces: ten times as slowly.
    """
    if importlib.util.find_spec("torch") is None:
        print(NO_TORCH, file=sys.stderr)
        return {}
    return {
        f"{precision}, {name}": (precision, threads, count)
        for precision in PRECISIONS[: 1 + ("bfloat16" in features())]
        for name, threads, count in (("all threads", "all", 1), ("a training on each core", "1", num_cores()))
    }


def _alternate(contenders: Mapping[str, Contender], rounds: int) -> dict[str, Rounds]:
    """Let all have a turn in each of so many rounds, after one that builds their graphs."""
    with ExitStack() as stack:
        for contender in contenders.values():
            stack.enter_context(contender)
        found: dict[str, Rounds] = {name: [] for name in contenders}
        for number in range(1 + rounds):
            print(f"round {number} of {rounds}", file=sys.stderr)
            for name, contender in contenders.items():
                found[name].append(contender.round())
    for name, each in found.items():
        if any(answer.get("loss", 0) > np.log(10) for answer in each[-1][1]):
            raise SystemExit(f"{name} does not learn: its rate says nothing")
    return {name: each[1:] for name, each in found.items()}


def _rates(rounds: Rounds, images: int) -> Figure:
    """Images a second, of all trainings that went at the same time."""
    return Figure([images * len(answers) / taken.seconds for taken, answers in rounds], _others(rounds))


def _clock(rounds: Rounds) -> Figure:
    return Figure([taken.seconds for taken, _ in rounds], _others(rounds))


def _others(rounds: Rounds) -> list[float]:
    return [taken.others for taken, _ in rounds]
