"""Networks that were trained elsewhere in a config: what may be said of them, and what decides numbers."""

from pathlib import Path

import pytest

from configs.digests import digest, setting_of
from configs.elsewhere import is_run, of_files, of_words
from configs.schema import Config, ConfigError, dump, load

LAYERS = [{"layer": "Flatten", "name": "flatten"}]
FOUND = {"sha256": ["a" * 64], "layers": LAYERS, "names": {}, "logits": False, "dtype": "float32"}


def config(**mine: object) -> Config:
    network = {"architecture": "saved", "file": "./my.keras", "found": FOUND} | mine
    return Config.model_validate({"name": "t", "seeds": [0], "models": {"mine": network}})


@pytest.mark.parametrize(
    ("override", "fragment"),
    [
        ("training.epochs=3", "training says how to train, and no model here is trained"),
        ("data.augmentation={shift: 1}", "data.augmentation says how to train, and no model here is trained"),
        ("models.my.training.epochs=3", "there is no key training in models.my. Only the architecture dense"),
        ("seeds=0,1", "names 1 file, and there are 2 seeds. Expected a file for each seed: give a list of 2"),
        ("models.my.file=a.keras,b.keras", "give one file, or seeds: [0, 1]"),
        ("models.my.pixels=bytes", "Did you mean byte?"),
    ],
)
def test_what_can_not_be_asked_of_a_network_trained_elsewhere_is_refused(override, fragment):
    with pytest.raises(ConfigError) as error:
        of_files([Path("my.keras")], [override])
    assert fragment in str(error.value), "the sentence does not say what is wrong, or what to do"


def test_files_give_models_their_names_and_the_first_gives_the_run_its_own():
    files = [Path("a b.keras"), Path("other/A-b.keras"), Path("figures.keras")]
    made = of_files(files)
    assert (made.name, list(made.models)) == ("a-b", ["a-b", "A-b-2", "figures-network"]), (
        "names of files become no names of models that a run folder can have side by side"
    )
    assert of_files([Path("mein schönes Netz.keras")]).name == "mein-schones-Netz", "a word is cut in two"
    assert [network.file for network in made.elsewhere.values()] == [(str(file),) for file in files]
    assert of_files(files[:1], ["name=ours"]).name == "ours", "an override does not win over the file's name"


def test_the_content_of_a_file_decides_numbers_and_not_where_it_stands_or_what_was_measured():
    moved = config(file="/elsewhere/my.keras", found=FOUND | {"pixels": "unit", "images": 9})
    assert digest(moved) == digest(config()), "the same file elsewhere makes another experiment"
    assert setting_of(moved, "mine") == setting_of(config(), "mine")
    others = [
        config(found=FOUND | {"sha256": ["b" * 64]}),
        config(found=FOUND | {"layers": []}),
        config(pixels="byte"),
    ]
    for other in others:
        assert digest(other) != digest(config()), "another network makes the same experiment"


def test_a_config_with_what_was_found_comes_back_the_same(tmp_path):
    whole = config(found=FOUND | {"pixels": "byte", "right": {"unit": 0.1, "byte": 0.9}, "order": [1, 0]})
    (tmp_path / "config.yaml").write_text(dump(whole))
    assert load(tmp_path / "config.yaml") == whole, "a run's config.yaml does not tell what was found"


def test_a_long_word_is_no_file():
    long = "models.my.training={" + "a" * 300 + ": 1}"
    assert not is_run(["my.keras", long])
    assert not is_run([f"{'a' * 300}.keras"])
    with pytest.raises(ConfigError, match="training"):
        of_words(["my.keras", long])
