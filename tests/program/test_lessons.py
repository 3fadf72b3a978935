"""The lab sheets in configs/lessons and configs/why.yaml: what they promise is what was recorded."""

import json
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from configs.schema import Cnn, Config, digest, load
from model.networks.build import build
from model.networks.facts import layer_facts

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "outputs" / "reference"
SHEETS = sorted((ROOT / "configs" / "lessons").glob("*.yaml"))
WHY = ROOT / "configs" / "why.yaml"
ROOM = 0.008  # of accuracy, three standard deviations of the default network's seeds
NUMBER = r"(\d[\d,.]*\d|\d)"

sheets = pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)


@cache
def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / name).read_text(encoding="utf-8"))
    return found


def result_of(config: Config) -> dict[str, Any]:
    result: dict[str, Any] = recorded("lessons.json")[config.name]
    return result


def promised(path: Path, what: str) -> dict[str, tuple[float, ...]]:
    """What a line at the end of a sheet says of each model: a number, or the two ends of a range."""
    [line] = re.findall(rf"^# {what}: +(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    found = {}
    for part in line.split("; "):
        name, low, high = re.fullmatch(rf"([\w-]+) {NUMBER}(?: to {NUMBER})?", part).groups()  # type: ignore[union-attr]
        found[name] = tuple(float(end.replace(",", "")) for end in (low, high) if end)
    return found


def test_all_exercises_are_there() -> None:
    assert [path.stem for path in SHEETS] == [
        "filters",
        "no_pooling",
        "one_convolution",
        "stop_at_95",
        "three_convolutions",
    ]


@sheets
def test_the_answer_stands_at_the_end_and_nowhere_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    question, answer = text.split("# What to expect")
    for (number,) in promised(path, "parameters").values():
        assert f"{number:,.0f}" not in question, (
            "the sheet gives the answer away before the question is asked"
        )
    for heading in ("# Question", "# Run", "# Look at", "# Explain", "# Try", "# time:"):
        assert heading in question, f"a lab sheet says {heading}"
    assert f"python train.py {path.relative_to(ROOT)}" in question
    assert f"outputs/{load(path).name}/" in question, "it says where to look"
    assert not answer.partition("# accuracy:")[2].partition("\n")[2].replace("# epochs:", "").count("\n# ")


@sheets
def test_what_a_sheet_has_one_try_can_be_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n#", "")
    [(config, overrides)] = re.findall(r"^# Try +python train\.py (\S+) +(.+)$", text, re.MULTILINE)
    changed = load(ROOT / config, shlex.split(overrides))
    assert changed.name != load(path).name, "it would be taken for the run of the sheet"
    bare = {name: network for name, network in changed.models.items() if name == "no-pooling"}
    assert all(isinstance(network, Cnn) and network.pooling == "none" for network in bare.values()), (
        "a model would be called what it is not"
    )


@sheets
def test_parameters_are_keras_own(path: Path) -> None:
    for name, network in load(path).models.items():
        [count] = promised(path, "parameters")[name]
        assert build(network, 10, seed=0).count_params() == count, f"{name} has another number of parameters"
        assert sum(fact.parameters for fact in layer_facts(network, 10)) == count


@sheets
def test_recorded_figures_lie_within_what_the_sheet_promises(path: Path) -> None:
    config, ranges = load(path), promised(path, "accuracy")
    result = result_of(config)
    assert result["config_digest"] == digest(config), f"{path.name} has changed since it was recorded"
    assert result["failed"] == []
    assert list(result["models"]) == list(config.models) == list(ranges)
    for name, entry in result["models"].items():
        low, high = ranges[name]
        mean = entry["accuracy"]["mean"]
        assert low <= mean - ROOM, f"{name} came out at {mean}: too near the lower end for another seed"
        assert mean + ROOM <= high, f"{name} came out at {mean}: too near the upper end for another seed"
        assert high - low <= 0.03, "a range this wide promises nothing"


def test_the_training_that_stops_does_so_when_it_should() -> None:
    [path] = [path for path in SHEETS if load(path).training.stop_at_accuracy is not None]
    config = load(path)
    assert config.training.stop_at_accuracy == 0.95
    low, high = promised(path, "epochs")["cnn"]
    [entry] = result_of(config)["models"].values()
    assert low < entry["epochs"] < high < config.training.epochs


def test_the_header_of_why_is_true() -> None:
    header = " ".join(WHY.read_text(encoding="utf-8").split("\nname:")[0].replace("\n#", " ").split())
    result = recorded("why.json")["why"]
    assert result["config_digest"] == digest(load(WHY)), "configs/why.yaml has changed since it was recorded"
    assert result["failed"] == []
    for name, entry in result["models"].items():
        accuracy = entry["accuracy"]
        expected = f"{name} {accuracy['mean']:.3f} ± {accuracy['std']:.3f}"
        assert expected in header, f"the header does not say `{expected}`, which was recorded"


def test_why_has_the_controls_in_the_size_it_says() -> None:
    config = load(WHY)
    facts = {name: layer_facts(network, 10) for name, network in config.models.items()}
    parameters = {name: sum(fact.parameters for fact in layers) for name, layers in facts.items()}
    flops = {name: sum(fact.flops for fact in layers) for name, layers in facts.items()}
    assert (parameters["cnn"], parameters["dense-size"]) == (243_786, 244_075)
    assert (flops["cnn"], flops["dense-work"]) == (10_112_000, 10_112_384)
    units = {name: config.models[name].units[0] for name in ("dense-size", "dense-work")}
    for fewer, name, sizes in ((795, "dense-size", parameters), (1588, "dense-work", flops)):
        distance = abs(sizes[name] - sizes["cnn"])
        assert distance <= fewer / 2, f"{units[name]} units are not the nearest number: {distance} apart"
    default = load(ROOT / "configs" / "dense_vs_cnn.yaml")
    for name, network in default.models.items():
        assert config.models[name] == network, f"{name} is not that of the default config"
    fewer = default.training.model_copy(update={"epochs": config.training.epochs})
    assert config.training == fewer, "the recipe differs from the default config's in more than its epochs"
    assert config.seeds == default.seeds
