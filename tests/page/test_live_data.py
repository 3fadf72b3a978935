"""What the page is given to run: pictures to choose from, and as many networks as there is room for."""

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.schema import Config, load
from data.splits import Split
from model.page import live as page_live
from model.page.contents import block
from model.page.live import NUM_PICTURES, chosen, groups_of
from model.run.folder import RunError, RunFolder

WEIGHTS = np.arange(3000, dtype=np.float32)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    models = ", ".join(f"{name}: {{architecture: dense}}" for name in ("first", "second", "third"))
    (tmp_path / "config.yaml").write_text(f"name: x\nseeds: [7]\nmodels: {{{models}}}\n")
    return load(tmp_path / "config.yaml")


@pytest.fixture
def test_split() -> Split:
    random = np.random.default_rng(0)
    return Split(random.integers(0, 256, (1000, 28, 28), np.uint8), (np.arange(1000) % 10).astype(np.uint8))


def live(
    config: Config, split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int, **others: Any
) -> dict[str, Any]:
    def network(path: Path, *_: Any) -> dict[str, Any]:
        if path.parts[-3] == others.get("damaged"):
            raise RunError(f"{path} is damaged")
        assert path == tmp_path / path.parts[-3] / "seed-7" / "model.keras", "of another seed"
        limits = {"conv1": float("nan")} if path.parts[-3] == others.get("endless") else {}
        return {"layers": [{"weights": WEIGHTS}], "limits": limits}

    monkeypatch.setattr(page_live, "live_network", network)
    answers = {name: split.labels for name in config.models if name != others.get("untrained")}
    names = [str(label) for label in range(10)]
    groups = {"x": np.array([17, 999]), "none": np.array([], int)}
    return page_live.live(RunFolder(tmp_path), config, split, names, answers, groups, [], room)


def test_what_a_program_reads_of_it(
    config: Config, test_split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(block(live(config, test_split, tmp_path, monkeypatch, 10**9)))
    assert found["networks"].keys() == {"first", "second", "third"}
    assert found["networks"]["first"]["seed"] == 7
    assert found["not_live"] == {}
    pictures = found["pictures"]
    assert [pictures["indices"][place] for place in pictures["groups"]["x"]] == [17, 999]
    assert "none" not in pictures["groups"], "a group of nothing can be chosen"
    assert pictures["totals"] == {"x": 2}, "it is not told how many pictures of a group there are"
    assert "is 0" in found["networks"]["first"]["off"], "no mean was measured that could stand for a filter"
    assert pictures["labels"] == [index % 10 for index in pictures["indices"]]


def test_networks_are_there_from_the_first_on_while_there_is_room(
    config: Config, test_split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 101_770 * 16 / 3 + 200  # characters of the weights of each
    monkeypatch.setattr(sys.modules[__name__], "WEIGHTS", np.zeros(101_770, np.float32))
    found = live(config, test_split, tmp_path, monkeypatch, round(2.5 * size))
    assert list(found["networks"]) == ["first", "second"]
    assert found["not_live"] == {"third": "it takes 0.5 MB, and the page has 0.3 MB left for it"}


def test_a_network_that_can_not_be_had_is_not_live_and_that_is_told(
    config: Config, test_split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = {"damaged": "first", "untrained": "third"}
    found = live(config, test_split, tmp_path, monkeypatch, 10**9, **lacking)
    assert list(found["networks"]) == ["second"]
    assert found["not_live"]["first"].endswith("is damaged")
    assert found["not_live"]["third"] == "seed 7 has no training that can be used"
    found = live(config, test_split, tmp_path, monkeypatch, 10**9, endless="second")
    assert list(found["networks"]) == ["first", "third"], "one network costs the whole report"
    assert found["not_live"] == {"second": "some of the numbers it works with are not finite"}


@pytest.mark.parametrize("num_images", [0, 3, 150, 1000])
@pytest.mark.parametrize("num_classes", [2, 10, 256])
def test_there_are_pictures_of_every_class_and_group(num_images: int, num_classes: int) -> None:
    labels = (np.arange(num_images) % num_classes).astype(np.uint8)
    groups = {"a": np.arange(0, num_images, 7), "b": np.arange(3, num_images, 11)}
    found = chosen(labels, groups)
    assert len(found) == len(set(found.tolist())) == min(NUM_PICTURES, num_images), "one is there twice"
    if num_classes <= 10:
        assert set(labels[found]) == set(labels), "a class can't be chosen"
        for name, group in groups.items():
            assert set(group[:20]) <= set(found), f"the first pictures of group {name} are missing"


def test_groups_are_what_their_names_say() -> None:
    labels = np.array([0, 1, 2, 3, 0, 1])
    answers = {"cnn": np.array([0, 1, 0, 0, 0, 0]), "dense": np.array([0, 0, 2, 0, 1, 1])}
    found = {
        name: group.tolist() for name, group in groups_of(labels, answers, ["cnn", "dense"], "seed 3").items()
    }
    assert found == {
        "Only cnn is right, not dense, seed 3": [1, 4],
        "Only dense is right, not cnn, seed 3": [2, 5],
    }
    assert groups_of(labels, answers, ["cnn"], "seed 3") == {}
