"""The lab sheets in configs/lessons and configs/why.yaml: they ask; what was recorded stands elsewhere."""

import json
import re
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml

from configs.digests import digest
from configs.schema import Cnn, Config, load
from model.networks.build import build
from model.networks.facts import layer_facts, summary
from model.report.words import ends, in_points, percent
from tests.answers import ANSWERS, SHEETS, TRY, asked, told, tried

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "outputs" / "reference"
HANDED_OUT = sorted((ROOT / "configs" / "lessons").iterdir())
WHY = ROOT / "configs" / "why.yaml"

sheets = pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)


@cache
def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((REFERENCE / name).read_text(encoding="utf-8"))
    return found


def result_of(config: Config) -> dict[str, Any]:
    result: dict[str, Any] = recorded("lessons.json")[config.name]
    return result


def test_all_exercises_are_there() -> None:
    assert [path.stem for path in SHEETS] == [
        "filters",
        "layer_sizes",
        "more_epochs",
        "no_pooling",
        "one_convolution",
        "stop_at_95",
        "three_convolutions",
    ]


@sheets
def test_a_sheet_is_short_and_can_be_followed_from_start_to_end(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    comment = text.partition("\n\nname: ")[0]
    assert list(yaml.safe_load(text)) == ["name", "seeds", "models", "training"], "the rest has its default"
    assert len(text.splitlines()) <= 40, "a pupil reads it in a minute"
    headings = ["Lab sheet:", "Question", "Guess", "Look at", "Explain", "Try"]
    places = [comment.index(f"# {heading} ") for heading in headings]
    assert places == sorted(places), f"a lab sheet says, in this order, {', '.join(headings)}"
    assert re.search(r"\(about \d minutes? on two cores", comment), "how long it takes"
    command = f'python train.py {path.relative_to(ROOT).as_posix()} --guess "..."'
    assert f"\n#              {command}\n" in comment, "the command stands on a line of its own, to be copied"
    assert f"outputs/{load(path).name}" in comment, "it says where to look"


@sheets
def test_what_a_sheet_has_one_try_can_be_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8").partition("\n# Try ")[2].partition("\n\nname: ")[0]
    first = TRY.search(text)
    assert first, "the command stands on a line of its own, to be copied, with a guess"
    before, after = text[: first.start()], text[first.end() :]
    assert "?" in before, "it asks nothing that could be guessed"
    changed = tried(path)
    assert changed.name != load(path).name, "it would be taken for the run of the sheet"
    assert re.search(rf"\boutputs/{changed.name}(/|$)", after, re.MULTILINE), "it does not say where to look"
    bare = {name: network for name, network in changed.models.items() if name == "no-pooling"}
    assert all(isinstance(network, Cnn) and network.pooling == "none" for network in bare.values()), (
        "a model would be called what it is not"
    )


@sheets
def test_what_was_recorded_is_of_this_sheet(path: Path) -> None:
    config = load(path)
    result = result_of(config)
    assert result["config_digest"] == digest(config), f"{path.name} has changed since it was recorded"
    assert result["failed"] == []
    assert list(result["models"]) == list(config.models)
    for name, network in config.models.items():
        count = result["models"][name]["parameters"]
        assert build(network, 10, seed=0).count_params() == count, f"{name} has another number of parameters"
        assert sum(fact.parameters for fact in layer_facts(network, 10)) == count


def test_the_answers_are_what_was_recorded() -> None:
    assert ANSWERS.read_text(encoding="utf-8") == told(), "`python -m tests.answers` has not been run since"


def test_answers_stand_where_the_sheet_s_question_does() -> None:
    sections = dict(zip(SHEETS, ANSWERS.read_text(encoding="utf-8").split("\n## ")[1:], strict=True))
    [sizes] = [text for sheet, text in sections.items() if sheet.stem == "layer_sizes"]
    result, follows = sizes.split("\nTry, which was not run")
    assert "cnn: most parameters in dense1, 51,264 of 57,802\n" in result
    assert "| conv3 | Conv2D | 10 x 10 x 32 | 4,640 |" in result, "10 * 10 * 32, and 32 * (3 * 3 * 16 + 1)"
    assert "cnn: most parameters in dense1, 100,416 of 106,954\n" in follows, "64 * (7 * 7 * 32 + 1)"
    for sheet, text in sections.items():
        assert f"\n> {asked(sheet)}\n" in text, f"the answers to {sheet.stem} stand in another section"


def figures_of(sheet: Path) -> set[str]:
    """What came out of a sheet, and the parameters of what it has one try, as lessons.md prints them."""
    config = load(sheet)
    result, networks = result_of(config), [*config.models.values(), *tried(sheet).models.values()]
    found, between = set(), [pair["interval"] for pair in result["comparisons"]]
    for entry in result["models"].values():
        found |= {percent(entry["accuracy"]["mean"]).removesuffix(" %"), f"{entry['parameters']:,}"}
        found |= set(ends(entry["accuracy"]["interval"]).split(" to "))
        found |= {f"{loss:.3f}" for loss in entry.get("history", {"val_loss": []})["val_loss"]}
    found |= {in_points(abs(pair["difference"])) for pair in result["comparisons"]}
    found |= {in_points(abs(end)) for end in chain(*between)}
    for network in networks:
        rows = summary(network, 10)
        found |= {f"{row.parameters:,}" for row in rows if row.parameters}
        found.add(f"{sum(row.parameters for row in rows):,}")
    stopped = config.training.stop_at_accuracy is not None
    return found | {f"{entry['epochs']} epochs" for entry in result["models"].values() if stopped}


def written(figure: str) -> set[str]:
    """The ways to write a figure: without commas between thousands, an accuracy as a fraction, too."""
    ways = {figure, figure.replace(",", "")}
    if re.fullmatch(r"\d\d\.\d", figure):
        ways |= {f"{float(figure) / 100:.3f}", f"{float(figure) / 100:.2f}"}
    return ways


@pytest.mark.parametrize("path", HANDED_OUT, ids=lambda path: path.name)
def test_what_is_handed_out_holds_no_answer(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for sheet in SHEETS:
        for way in chain(*map(written, figures_of(sheet))):
            given = re.search(rf"(?<![\d.,]){re.escape(way)}(?!\d|[.,]\d)", text)
            assert not given, f"{path.name} has {way} in it, which is an answer to {sheet.stem}"


def test_the_training_that_stops_does_so_when_it_should() -> None:
    [config] = [config for config in map(load, SHEETS) if config.training.stop_at_accuracy is not None]
    assert config.training.stop_at_accuracy == 0.95
    [entry] = result_of(config)["models"].values()
    assert 5 < entry["epochs"] < 0.8 * config.training.epochs, "another seed could go on to the end"


def test_more_epochs_show_what_they_are_to_show() -> None:
    models = result_of(load(ROOT / "configs" / "lessons" / "more_epochs.yaml"))["models"]
    short, long = (models[name]["history"] for name in ("cnn-4", "cnn-20"))
    assert long["val_loss"][: len(short["val_loss"])] == short["val_loss"], "they do not begin alike"
    lowest = min(range(20), key=long["val_loss"].__getitem__)
    assert lowest < 15, "the loss on validation pictures has hardly begun to rise when it ends"
    assert long["val_loss"][-1] > 1.1 * long["val_loss"][lowest], "one would have to look twice"
    assert long["loss"][-1] < 0.7 * long["loss"][lowest], "what it learns last is not told from a standstill"


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
