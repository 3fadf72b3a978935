"""What is said and drawn of pictures that were answered follows from what they were answered."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from configs.networks import Dense, Saved
from data.likeness import LIKENESS, likeness_of, write_likeness
from data.own_pictures import OwnPicture, Steps
from data.packing import PREPARATION
from data.splits import DataFacts
from model.experiment.parts import record_likeness
from model.prediction.figure import picture_of
from model.prediction.job import answer_pictures
from model.prediction.predict import NOT_KNOWN, _file_names, _kept, _remarks, _write
from model.prediction.records import Answer, Predicted, Predictions, Unlikeness, Why
from model.prediction.text import (
    agreement,
    answer_in_words,
    predictions_block,
    steps_in_words,
    title,
    unlike_in_words,
)
from model.report.canvas import MODEL_COLOURS, garment, rgb_of
from model.run.folder import RunError, RunFolder
from model.run.manifest import Manifest
from tests.comparison.test_elsewhere import DATA, FORMS, MINE
from tests.recording import Recording
from tests.records import typed
from tests.text_boxes import watch

MODELS = ("other", "dense", "cnn", "mine")
CLASSES = ("T-shirt/top", "Trouser", "Bag")
LONG = [f"class {number} with a name that goes on and on" for number in range(12)]
TWO_MINDS = Answer((0, 1, 2), np.array([[0.6, 0.4, 0], [0.2, 0.8, 0], [0.7, 0.28, 0.02]], np.float32))


def predicted(answers: dict[str, Answer], name: str = "photos/shirt.jpg", stages: int = 3) -> Predicted:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (28, 28), np.uint8)
    shown = tuple(
        (words, random.integers(0, 256, shape, np.uint8))
        for words, shape in zip(
            ("as it came", "inverted", "trimmed"), ((168, 90), (20, 168), (168, 168)), strict=True
        )
    )
    own = OwnPicture(pixels, Steps([3000, 4000], "trimmed", True, 12), shown[:stages])
    maps = {"layer": "conv1", "filters": (3, 1, 12, 63, 0, 7), "maps": random.random((6, 26, 26), np.float32)}
    plain = Why(0, random.normal(size=(28, 28)).astype(np.float32))
    pooled = replace(plain, **maps, pooled=random.random((6, 13, 13), np.float32))
    why = {model: plain if model.startswith("dense") else pooled for model in answers}
    return Predicted(name, own, Unlikeness(700.0, 600.0, 0.001), answers, why)


def test_the_average_of_the_seeds_decides_and_their_agreement_is_told() -> None:
    assert answer_in_words(TWO_MINDS, CLASSES) == (
        "T-shirt 50.0 %, Trouser 49.3 %; 2 of 3 seeds say so, 20.0 % to 70.0 %"
    )
    one = Answer((4,), np.array([[0.0, 0.999999, 0.000001]], np.float32))
    assert answer_in_words(one, CLASSES) == "Trouser 99.9 %; by one seed, 4"
    from_file = Answer((0,), np.array([[0.0, 0.9, 0.1]], np.float32), "file")
    assert agreement(from_file) == "by one file, 0", "a file from elsewhere is called a seed"
    alike = Answer((0, 1), np.array([[0.9, 0.1, 0]] * 2, np.float32))
    assert agreement(alike) == "all 2 seeds say so, 90.0 % each"


def test_what_was_done_is_told() -> None:
    assert steps_in_words(Steps([28, 28], "as it is")) == "28 x 28 pixels, taken as it is"
    assert steps_in_words(Steps([28, 28], "as it is", True)) == ("28 x 28 pixels, inverted to light on dark")
    assert steps_in_words(Steps([3000, 4000], "trimmed", True, 12)) == (
        "3,000 x 4,000 pixels, inverted to light on dark, what is below 12 of 255 made black, "
        "trimmed, scaled to 28 x 28"
    )
    assert steps_in_words(Steps([112, 112], "as a whole")) == "112 x 112 pixels, scaled as a whole to 28 x 28"
    assert steps_in_words(Steps([9, 9], "as packed", True, transposed=True)) == (
        "9 x 9 pixels, prepared as the data of this run were packed: rows and columns swapped, scaled as a "
        "whole, inverted"
    )
    assert steps_in_words(Steps([28, 28], "as packed")).endswith("were packed: taken as it is"), "not scaled"
    assert steps_in_words(Steps([28, 28], "as packed", True)).endswith("were packed: inverted"), "not scaled"


def test_only_what_is_unlike_the_data_is_called_so() -> None:
    assert unlike_in_words(None) == unlike_in_words(Unlikeness(5.0, 5.0, 0.04)) == ""
    for beyond, said in ((0.001, "0.1 %"), (0.0002, "under 0.1 %"), (0.0, "none")):
        told = unlike_in_words(Unlikeness(7.0, 5.0, beyond))
        assert f"than validation pictures are, but for {said} of them." in told, told


def test_the_title_says_who_says_what() -> None:
    sure = Answer((0, 1), np.array([[0.01, 0.02, 0.97]] * 2, np.float32))
    both = predicted({"dense": sure, "cnn": sure})
    assert title(both, CLASSES) == "shirt.jpg is unlike the data: Bag (dense 97.0 % and cnn 97.0 %)"
    apart = replace(predicted({"dense": TWO_MINDS, "cnn": sure}), unlikeness=None)
    assert title(apart, CLASSES) == "shirt.jpg: T-shirt (dense 50.0 %); Bag (cnn 97.0 %)"
    long = replace(apart, name=f"photos/IMG_0815{'x' * 240}of-yesterday.jpg")
    told = title(long, CLASSES)
    assert told.startswith("IMG_0815xxxxxxxxxxx…xxxof-yesterday.jpg: T-shirt"), "the name leaves no room"


def test_many_pictures_are_told_in_short(tmp_path: Path) -> None:
    pictures = [predicted({"cnn": TWO_MINDS}, f"{number}.png") for number in range(25)]
    text = predictions_block(
        Predictions("run", MODELS, CLASSES, pictures, {}, []), "outputs/predictions/run", ["0.png", "1.png"]
    )
    assert "19.png" in text
    assert "20.png" not in text
    assert "5 more: predictions.json in outputs/predictions/run" in text
    assert text.endswith("Look   outputs/predictions/run: 0.png and 1.png"), "others may be of earlier calls"
    assert max(map(len, text.splitlines())) <= 80


def test_the_picture_shows_the_bars_and_a_tick_for_every_seed(recording: Recording, tmp_path: Path) -> None:
    picture = predicted({"dense": TWO_MINDS, "cnn": TWO_MINDS})
    predictions = Predictions("run", MODELS, CLASSES, [], {}, [])
    figure = picture_of(picture, predictions, tmp_path / "x.png")
    sheet = recording.last
    assert figure.title == title(picture, CLASSES) == sheet.title
    assert len(sheet.showing(garment(picture.own.pixels, 6))) == 1, "what the networks get is not shown"
    assert sheet.strings.count("50.0 %") == 2
    ticks = [tile for tile in sheet.tiles if tile.rgb.shape[:2] == (18, 2)]
    places = sorted({round((tile.x - 180) / 148, 2) for tile in ticks if tile.y == ticks[0].y})
    assert places == [0.2, 0.6, 0.7], f"the seeds' ticks stand at {places}"
    assert "cnn: 2 of 3 seeds say so" in figure.alt
    drawn = picture_of(replace(picture, answers={"cnn": TWO_MINDS}), predictions, tmp_path / "y.png")
    colour = np.array(rgb_of(MODEL_COLOURS[2]), np.uint8)
    bars = [tile for tile in recording.last.tiles if (tile.rgb == colour).all()]
    assert bars, f"{drawn.title}: asked alone, the model has another model's colour"


def test_what_is_hardly_probable_is_not_called_impossible(recording: Recording) -> None:
    sure = Answer((0,), np.array([[0.9999, 0.0001, 0.0]], np.float32))
    picture_of(predicted({"cnn": sure}), Predictions("run", MODELS, CLASSES, [], {}, []), Path("x.png"))
    shown = [text for text in recording.last.strings if text.endswith(" %")]
    assert shown == ["99.9 %", "under 0.1 %", "0.0 %"], shown


def test_the_numbers_of_filters_stand_above_the_line_to_the_next_model(recording: Recording) -> None:
    both = predicted({"cnn": TWO_MINDS, "mine": TWO_MINDS})
    picture_of(both, Predictions("run", MODELS, CLASSES, [], {}, []), Path("x.png"))
    sheet = recording.last
    lines = sorted(tile.y for tile in sheet.tiles if tile.rgb.shape[0] == 1 and tile.rgb.shape[1] > 1000)
    assert len(lines) == 2
    numbers = [text for text in sheet.texts if text.string == "63"]
    assert numbers[0].y + numbers[0].size + 2 <= lines[1], "they stand on the line"
    maps = [tile for tile in sheet.tiles if abs(tile.middle[0] - numbers[0].x) < 1 and tile.y < lines[1]]
    assert len(maps) == 2, "a map and its pooled map"
    assert max(tile.y + tile.rgb.shape[0] for tile in maps) <= numbers[0].y, "they stand on the maps"


@pytest.mark.parametrize("number", [1, 2, 5, 9])
def test_no_text_of_it_overlaps_another(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = watch(monkeypatch)
    answer = Answer((0, 1, 2), np.full((3, 12), 1 / 12, np.float32))
    answers = {f"cnn-with-a-very-long-name-{model}": answer for model in range(number)}
    picture_of(
        predicted(answers, f"{'a long name ' * 12}.jpg"),
        Predictions("run", list(answers), LONG, [], {}, [], ["said once " * 30]),
        Path("x.png"),
    )
    assert not found["x.png"], found["x.png"]


def test_every_picture_has_files_of_its_own() -> None:
    given = [
        "a/shirt.png",
        "b/shirt.jpg",
        "-",
        "größe #1.png",
        "predictions.png",
        "shirt-2.gif",
        "....png",
        "Shirt.png",
        "Predictions.png",
    ]
    names = _file_names(given)
    assert len({name.lower() for name in [*names, "predictions"]}) == len(given) + 1, (
        f"two pictures are drawn into one file: {names}"
    )
    assert names[:3] == ["shirt", "shirt-2", "standard-input"]


def report_of(elsewhere: Any, name: str = "fashion-mnist") -> Any:
    """So much of a report as is asked for what is to be known of answers."""
    entries = {"cnn": SimpleNamespace(elsewhere=None), "mine": SimpleNamespace(elsewhere=elsewhere)}
    return SimpleNamespace(models=entries, data=typed(DataFacts, {"classes": DATA.classes, "name": name}))


def test_a_network_with_other_labels_is_never_asked_without_a_word(recording: Recording) -> None:
    swapped = replace(
        MINE,
        right=dict.fromkeys(FORMS, 0.1),
        right_in_order=dict.fromkeys(FORMS, 0.9),
        order=[1, 0, 2],
    )
    [told] = _remarks(report_of(swapped), ["cnn", "mine"], None)
    assert "mine is right on 10.0 % of 2,000 training pictures" in told
    assert "it may have been trained with other labels" in told
    assert _remarks(report_of(swapped), ["cnn"], None) == [], "it is said of a model that is not asked"
    assert _remarks(report_of(MINE), ["mine"], None) == []
    picture = predicted({"mine": TWO_MINDS})
    predictions = Predictions("run", MODELS, CLASSES, [picture], {}, [], [told])
    block = " ".join(predictions_block(predictions, "there", ["x"]).split())
    assert told in block, "the screen names classes and does not say that they may be others"
    picture_of(picture, predictions, Path("x.png"))
    assert told in recording.last.reading, "the figure names classes and does not say that they may be others"


def test_that_nobody_knows_how_pictures_are_to_be_prepared_is_said() -> None:
    assert _remarks(report_of(None), ["cnn"], None) == []
    assert _remarks(report_of(None, "digits"), ["cnn"], None) == [NOT_KNOWN]
    packed: Any = object()
    assert _remarks(report_of(None, "digits"), ["cnn"], packed) == [], "how packed data were made is known"


def test_the_reading_tells_of_what_is_shown_and_of_nothing_else(recording: Recording) -> None:
    one = Answer((0,), TWO_MINDS.probabilities[:1], "file")
    both = predicted({"dense": one, "cnn": TWO_MINDS})
    pooled = both.why["cnn"]
    assert pooled.maps is not None

    def reading(picture: Predicted, *models: str) -> str:
        chosen = replace(picture, answers={model: picture.answers[model] for model in models})
        picture_of(chosen, Predictions("run", MODELS, CLASSES, [], {}, []), Path("x.png"))
        return recording.last.reading

    told = reading(both, "dense", "cnn")
    assert "averaged over the seeds, with a tick for each where a model has several; orange" in told
    assert "; red: maps of the filters" in told
    assert told.endswith("beyond what they answer to black, above their pooled maps.")
    alone = reading(both, "dense")
    assert "Below: the most probable classes; orange" in alone, "one file has no average and no ticks"
    assert "maps" not in alone, "maps are told of that are not there"
    assert "what file 0 goes by" in recording.last.strings
    assert "averaged over the seeds, with a tick for each; orange" in reading(both, "cnn")
    bare = replace(both, why={"cnn": replace(pooled, maps=pooled.maps - 1, pooled=None)})
    told = reading(bare, "cnn")
    assert told.endswith(
        "; red, and blue below 0: maps of the filters that answer most beyond what they answer to black."
    )


def test_progress_is_told_within_a_network_and_a_file_is_no_seed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("model.run.saved.load", lambda *_: None)
    answer = np.array([[0.1, 0.9]], np.float32)
    monkeypatch.setattr("model.networks.answers.predict", lambda *_: (answer, 0.0))
    network = Saved(file=("my.keras",))
    told: list[float] = []
    pictures = np.zeros((250, 28, 28), np.uint8)
    asked = {"num_classes": 2, "pictures": pictures, "explained": 0, "saved": {0: tmp_path / "my.keras"}}
    found = answer_pictures(None, told.append, network=network, **asked)
    assert told == [100 / 250 / 2, 200 / 250 / 2, 1 / 2], "of many pictures nothing is heard till the end"
    assert (len(found.answers), found.answers[0].word) == (250, "file")
    assert answer_pictures(None, told.append, network=Dense(), **asked).answers[0].word == "seed"


def test_a_picture_of_an_earlier_call_does_not_stay_beside_other_numbers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_: Any, path: Path) -> None:
        raise ValueError("it can't be drawn")

    (tmp_path / "shirt.png").write_bytes(b"of before")
    monkeypatch.setattr("model.prediction.predict.picture_of", refuse)
    told = Predictions("run", MODELS, CLASSES, [predicted({"cnn": TWO_MINDS})], {}, [])
    assert _write(told, tmp_path) == ([], ["shirt.png could not be drawn: ValueError: it can't be drawn"])
    assert {path.name for path in tmp_path.iterdir()} == {"shirt.json", "predictions.json"}
    [entry] = json.loads((tmp_path / "predictions.json").read_text())["pictures"]
    assert entry["figure"] is None, "programs are sent to a figure that is not there"


def test_a_run_vouches_for_how_its_data_were_packed(tmp_path: Path) -> None:
    write_likeness(tmp_path / LIKENESS, likeness_of(*np.zeros((2, 3, 28, 28), np.uint8)))
    (tmp_path / PREPARATION).write_bytes(b"as it was made")
    manifest = Manifest(tmp_path)
    record_likeness(manifest)
    manifest.write()
    (tmp_path / PREPARATION).write_bytes(b"edited by hand")
    with pytest.raises(RunError, match=f"{PREPARATION} is not the one that this run made"):
        _kept(RunFolder(tmp_path))
