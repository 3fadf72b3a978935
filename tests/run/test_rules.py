"""Rules that have changed: a run, and each of its trainings, goes on under those it began with."""

import json

import numpy as np
import pytest

from configs.schema import Config, load
from data.splits import EVENLY, IN_PROPORTION
from model.experiment.opening import config_and_data, load_data
from model.run.folder import RunFolder
from model.run.rules import RULES, outdated, rules_of
from model.run.saved import load as load_network

CONFIG = """
name: rules
seeds: [0]
data: {{source: {folder}, name: small, validation_images: 107}}
models:
  dense: {{architecture: dense, units: [8], batch_normalization: true}}
training: {{epochs: 1, learning_rate: 0.01, batch_size: 64, precision: float32, averaging: 0.99}}
robustness: {{images_per_class: 1}}
"""


@pytest.mark.parametrize("told", [{}, {"rules": None}, {"rules": [2]}, {"rules": {"another": 7}}])
def test_where_none_is_named_all_are_the_first(told):
    assert rules_of(told) == dict.fromkeys(RULES, 1)


def test_what_is_named_holds():
    assert rules_of({"rules": RULES}) == RULES
    assert rules_of({"rules": {"split": 2}}) == {**dict.fromkeys(RULES, 1), "split": 2}


def validation_loss(run, config, rule):
    """Of the network that was saved, on the validation pictures that the rule holds out."""
    validation = load_data(config.data, rule).validation
    network = load_network(run.seed_folder("dense", 0) / "model.keras", config.models["dense"], 10)
    probabilities = network(validation.images[..., None] / np.float32(255)).numpy()
    right = probabilities[np.arange(len(validation.labels)), validation.labels]
    return -np.log(right.astype(np.float64)).mean()


@pytest.mark.numeric
def test_a_run_goes_on_under_the_rules_it_began_with(driver, small_data, tmp_path):
    """The same training under those of now, and again under the old ones, as its environment.json says."""
    path = tmp_path / "rules.yaml"
    path.write_text(CONFIG.format(folder=small_data))
    run, config = RunFolder(tmp_path / "rules"), load(path)
    environment, answers = run.path / "environment.json", []
    for rules in (RULES, dict.fromkeys(RULES, 1)):
        if rules != RULES:
            (run.seed_folder("dense", 0) / "metrics.json").unlink()
            told = json.loads(environment.read_text())
            assert told.pop("rules") == RULES, "a new run must say under which rules it is made"
            environment.write_text(json.dumps(told))
            (run.path / "manifest.json").unlink()  # as in a run of before
        done = driver.run(path, "--outputs", tmp_path)
        assert done.code == 0, done.out + done.err
        metrics, report = run.metrics("dense", 0), run.report()
        for told in (metrics["environment"], report["environment"], run.environment()):
            assert rules_of(told) == rules, "a run of before was taken for one of now, or the other way round"
        assert "mixed" not in report["environment"]
        expected = validation_loss(run, config, rules["split"])
        assert metrics["validation_loss"] == pytest.approx(expected, abs=1e-5), "of other validation pictures"
        assert np.array_equal(
            config_and_data(run)[1].validation.labels,
            load_data(config.data, rules["split"]).validation.labels,
        )
        answers.append(run.predictions("dense", 0)[0])
    losses = [validation_loss(run, config, rule) for rule in (IN_PROPORTION, EVENLY)]
    assert abs(losses[0] - losses[1]) > 1e-4, "this test sees nothing of the split"
    assert not np.array_equal(*answers), "this test sees nothing of what is trained"


def config_of(training, **settings):
    networks = {"plain": {"architecture": "dense"}, "other": {"architecture": "cnn", **settings}}
    return Config.model_validate({"name": "x", "models": networks, "training": training})


def test_what_lags_is_told_of_networks_that_normalize_and_of_runs_of_before():
    [sentence] = outdated(config_of({}, batch_normalization=True), {}, 1000)
    assert sentence.startswith("other: scored with the moving averages that batch normalization keeps")
    assert outdated(config_of({}), {}, 1000) == [], "no network of it normalizes"
    assert outdated(config_of({}, batch_normalization=True), {"rules": RULES}, 1000) == []


def test_what_lost_its_share_by_weight_decay_is_told_of_those_that_had_it():
    decay = {"optimizer": "adamw", "weight_decay": 0.1}
    [sentence] = outdated(config_of(decay), {"rules": {**RULES, "weight_decay": 1}}, 1000)
    assert sentence.startswith("plain, other: weight decay took its share of biases, too, and of batch norm")
    assert outdated(config_of(decay), {"rules": RULES}, 1000) == []
    assert outdated(config_of({}), {"rules": {**RULES, "weight_decay": 1}}, 1000) == [], "there is none"


@pytest.mark.parametrize(
    ("averaging", "num_training", "share"),
    [
        (0.999, 3500, 89),  # 2 epochs of 55 steps: 0.999^109 = 0.897
        (0.9, 640, 13),  # 2 epochs of 10: 0.9^19 = 0.135
        (0.9, 641 * 64, None),  # less than a hundredth
        (0.0, 64, None),
    ],
)
def test_how_much_of_an_average_is_its_start_is_told(averaging, num_training, share):
    config = config_of({"averaging": averaging, "epochs": 2, "batch_size": 64})
    told = outdated(config, {}, num_training)
    starts = [] if share is None else [f"{name}: at least {share} % of its" for name in ("plain", "other")]
    assert [sentence[: len(start)] for sentence, start in zip(told, starts, strict=True)] == starts
    assert outdated(config, {"rules": RULES}, num_training) == []
