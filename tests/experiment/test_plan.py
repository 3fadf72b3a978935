"""Which jobs are left, and what they are planned to cost."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.networks import Cnn
from configs.schema import Config
from data.splits import Split, Splits
from model.experiment.parts import Task
from model.experiment.plan import LOOK_IMAGES, Plan
from model.run.arithmetic import Arithmetic
from model.run.folder import RunFolder
from model.run.manifest import Manifest
from model.run.rules import RULES

FEW = Split(np.zeros((100, 28, 28), np.uint8), np.arange(100, dtype=np.uint8) % 2)
SPLITS = Splits(FEW, FEW, FEW, ("a", "b"), "Nothing", "made up", "0")


def plan_of(folder: Path, **network: Any) -> Plan:
    config = Config(name="made-up", models={"cnn": Cnn(**network)}, seeds=(0, 1))
    manifest = Manifest(folder)
    return Plan(
        config, SPLITS, RunFolder(folder), manifest, Arithmetic("made up", None, "float32", "in turn")
    )


def test_all_is_left_in_an_empty_folder_and_untrained_models_are_not_looked_into(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    kinds = [task.kind for task in plan.left()]
    assert kinds == ["training"] * 2 + ["inspection", "attribution", "robustness"], "trainings come first"
    assert plan.left(train=False) == [], "there is no trained model to look into"


def test_each_look_comes_after_the_training_of_its_seed(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    jobs = [plan.job(task) for task in plan.left()]
    names = [job.name for job in jobs]
    assert len(names) == len(set(names)), "two jobs have one name"
    assert [job.after for job in jobs] == [None, None, *["cnn seed 0"] * 3]
    assert "cnn seed 0" in names, "looks wait for a job that does not exist"


def test_a_large_training_needs_more_memory_than_a_worker_takes(tmp_path: Path) -> None:
    """By hand: of 100,000 pictures a batch, each value of each map with its gradient; 300 pictures here."""
    plan = plan_of(tmp_path, filters=(4,), units=(), padding="same", pooling="none")
    training, look = Task("training", "cnn", 0), Task("inspection", "cnn", 0)
    worker = 1.5e9 + 3 * 300 * 784
    assert plan.memory(training) == plan.memory(look) == worker, "a small network takes no more"
    recipe = plan.config.training.model_copy(update={"batch_size": 100_000})
    plan = replace(plan, config=plan.config.model_copy(update={"training": recipe}))
    values, weights = 4 * 784 + 2, 4 * 9 + 4 + 4 * 784 * 2 + 2
    by_hand = 0.3e9 + 3 * 100 * 784 + 4 * (2 * 100_000 * values + 4 * weights)
    assert plan.memory(training) == by_hand, "two such trainings may begin together where one fits"
    assert plan.memory(look) == worker, "a look takes no batch of the recipe's"


@pytest.mark.parametrize(("normalized", "passes"), [(False, 1), (True, 2)])
def test_kernels_that_never_learn_cost_less(tmp_path: Path, normalized: bool, passes: int) -> None:
    """By hand: forward alone, or also backward to the normalization of the convolution before."""
    learned, frozen = (
        plan_of(tmp_path, kernels=kernels, batch_normalization=normalized)
        for kernels in ("learned", "random")
    )
    flops = {fact.name: fact.flops for fact in learned.facts("cnn")}
    saved = (3 - passes) * (flops["conv1"] + flops["conv2"])
    assert learned._flops_of_a_step("cnn") - frozen._flops_of_a_step("cnn") == saved
    task = Task("training", "cnn", 0)
    assert learned.job(task).cost > frozen.job(task).cost


def test_mirror_images_are_paid_for_where_a_network_is_asked_and_not_where_it_learns(tmp_path: Path) -> None:
    once, twice = (plan_of(tmp_path, units=(), flip_at_test=flips) for flips in (False, True))
    costs = {kind: [plan.job(Task(kind, "cnn", 0)).cost for plan in (once, twice)] for kind in LOOK_IMAGES}
    facts = once.facts("cnn")
    more = sum(fact.flops for fact in facts if fact.kind != "dense") / once.speeds["float32"]
    for kind, images in LOOK_IMAGES.items():
        assert np.diff(costs[kind]) == pytest.approx(images * more), f"of {kind} the forecast is too short"
    training = Task("training", "cnn", 0)
    assert once.job(training).cost == twice.job(training).cost, (
        "a step reads no mirror image more, and what is asked after each epoch is in no forecast"
    )


def test_what_normalizations_are_taken_over_is_counted(tmp_path: Path) -> None:
    """By hand: of 100 pictures, after each epoch and at the end, forward to each of two normalizations."""
    plan = replace(plan_of(tmp_path, batch_normalization=True), environment={"rules": RULES})
    before = replace(plan, environment={})  # rule 1, of runs begun before: moving averages cost nothing
    flops = {fact.name: fact.flops for fact in plan.facts("cnn")}
    forward = 2 * flops["conv1"] + flops["conv2"]
    epochs, task = plan.config.training_of("cnn").epochs, Task("training", "cnn", 0)
    seconds = (epochs + 1) * 100 * forward / plan.speeds["float32"]
    assert plan.job(task).cost - before.job(task).cost == pytest.approx(seconds), "the forecast is too short"
    plain = plan_of(tmp_path)
    assert replace(plain, environment={"rules": RULES}).job(task).cost == plain.job(task).cost
