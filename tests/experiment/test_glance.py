"""The first picture: what it names is what it draws, and each number stands beside its picture."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from model.experiment import glance
from model.report.canvas import MODEL_COLOURS, garment, limit_of, response
from model.report.drawing import draw_pictures
from tests.comparison.test_accuracy_figure import report_of
from tests.recording import Recording
from tests.records import draw, parsed

NAMES = [f"kind {label}" for label in range(10)]
RANKED = (4, 2, 0, 1, 3)  # the filters, the most valuable first
# What each is worth: the first and the third are clear, the others might be worth nothing, or less.
WORTH = ((0.02, 0.01, 0.03), (0.01, -0.001, 0.021), (0.008, 0.001, 0.015), (-0.002, -0.006, 0.002),
         (-0.004, -0.007, -0.001))  # fmt: skip


def looked_into() -> Any:
    """What the inspection of a network with five filters would leave, of two pictures: kinds 3 and 8."""
    random = np.random.default_rng(1)
    maps = random.random((2, 26, 26, 5)) * [1, 1, 1, 1, 3]  # on the sheet are filters 4 and 2 of garment 1
    passports = [
        SimpleNamespace(
            index=index, rank=rank, dead=False, strength=index,
            worth=SimpleNamespace(accuracy_drop=drop, interval=(low, high)),
        )
        for rank, (index, (drop, low, high)) in enumerate(zip(RANKED, WORTH, strict=True), 1)
    ]  # fmt: skip
    convolution = SimpleNamespace(
        name="conv1",
        kernel=random.normal(size=(3, 3, 1, 5)) * [1, 9, 1, 1, 1],  # 1, the heaviest, is not among the first
        maps=maps,
        pooled=maps.reshape(2, 13, 2, 13, 2, 5).max(axis=(2, 4)),
        passports=passports,
    )
    images = random.integers(0, 256, (2, 28, 28), np.uint8)
    return SimpleNamespace(images=images, labels=np.array([3, 8]), num_test=1000, convolutions=(convolution,))


def usual() -> dict[str, Any]:
    return report_of({"dense": 0.85, "cnn": 0.9}, names=NAMES)


def parts_of(report: dict[str, Any]) -> dict[str, Any]:
    told = parsed(report)
    return vars(told) | {"outcome": told, "model": "", "inspection": None}


def test_the_garment_that_is_named_is_the_one_that_is_drawn(recording: Recording, tmp_path: Path) -> None:
    inspection = looked_into()
    draw(glance.at_a_glance, usual(), tmp_path / "1.png", model="cnn", inspection=inspection)
    drawn = recording.last
    [tile] = drawn.showing(garment(inspection.images[1], 5))
    assert drawn.below(tile) == ["kind 8", "28 × 28"]
    assert drawn.reading.startswith(
        "Middle: the first test picture of kind 8 through filters of cnn's conv1 (red up to"
    )
    assert "Ranked by how much the loss on validation pictures rises without each." in drawn.reading
    assert drawn.text("One picture through two filters, ranked first")


def test_of_several_pictures_of_the_last_class_the_first_is_shown(
    recording: Recording, tmp_path: Path
) -> None:
    inspection = looked_into()
    inspection.labels = np.array([8, 8])  # what inspection.images_per_class=2 leaves
    [layer] = inspection.convolutions
    draw(glance.at_a_glance, usual(), tmp_path / "1.png", model="cnn", inspection=inspection)
    drawn = recording.last
    assert "the first test picture of kind 8 through" in drawn.reading
    assert drawn.showing(garment(inspection.images[0], 5)), "another picture of the class is drawn than named"
    limit = limit_of(layer.maps[0][..., [4, 2]], layer.pooled[0][..., [4, 2]])
    assert drawn.showing(response(layer.maps[0, :, :, 4], limit, 5)), "the maps are of another picture"
    assert f"red up to {limit:.2f}" in drawn.reading, "the words give another limit than the colours have"


def test_classes_that_are_numbers_stand_in_quotes(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"dense": 0.85, "cnn": 0.9}, names=[str(label) for label in range(10)])
    draw(glance.at_a_glance, report, tmp_path / "1.png", model="cnn", inspection=looked_into())
    assert 'the first test picture of "8" through' in recording.last.reading


@pytest.mark.parametrize("num_ranked", [0, 1, 3])
def test_what_cannot_be_told_from_0_is_not_ranked(
    num_ranked: int, recording: Recording, tmp_path: Path
) -> None:
    inspection = looked_into()
    [layer] = inspection.convolutions
    for passport in layer.passports[num_ranked:]:
        passport.rank = None
    draw(glance.at_a_glance, usual(), tmp_path / "1.png", model="cnn", inspection=inspection)
    drawn = recording.last
    # the ranked ones, then the others by index; of two that are shown large the strongest, by index
    order = [*RANKED[:num_ranked], *sorted(RANKED[num_ranked:])]
    limit = limit_of(layer.kernel)
    tiles = [drawn.showing(response(layer.kernel[:, :, 0, index], limit, 8))[0] for index in order]
    assert [tile.y for tile in tiles] == sorted(tile.y for tile in tiles)
    large = {0: (3, 4), 1: (4, 3), 3: (4, 2)}[num_ranked]
    assert [text.string for text in drawn.texts if text.string.startswith("filter ")] == [
        f"filter {index}" for index in large
    ]
    told = {0: "not ranked", 1: "the first is ranked", 3: "ranked first"}[num_ranked]
    assert drawn.text(f"One picture through two filters, {told}")
    lines = [tile for tile in drawn.tiles if tile.rgb.shape[:2] == (2, 208)]
    if num_ranked:
        assert "after the line those that can't be told from 0 there" in drawn.reading
        assert tiles[num_ranked - 1].y < lines[0].y < tiles[num_ranked].y, "the line stands elsewhere"
    else:
        assert "Not ranked: whether the loss on validation pictures rises without each can't" in drawn.reading
        assert not lines


def test_every_map_stands_beside_its_kernel_and_above_its_name(recording: Recording, tmp_path: Path) -> None:
    inspection = looked_into()
    draw(glance.at_a_glance, usual(), tmp_path / "1.png", model="cnn", inspection=inspection)
    drawn, [layer] = recording.last, inspection.convolutions
    limit = limit_of(layer.maps[1][..., [4, 2]], layer.pooled[1][..., [4, 2]])
    assert f"red up to {limit:.2f}" in drawn.reading, "the words give another limit than the colours have"
    kernel_limit = limit_of(layer.kernel[..., 4], layer.kernel[..., 2])
    for index in RANKED[:2]:
        [whole] = drawn.showing(response(layer.maps[1, :, :, index], limit, 5))
        [pooled] = drawn.showing(response(layer.pooled[1, :, :, index], limit, 10))
        [kernel] = drawn.showing(response(layer.kernel[:, :, 0, index], kernel_limit, 30))
        assert whole.y == pooled.y == kernel.middle[1] - 65, "a filter and its maps are a row"
        assert kernel.x < whole.x < pooled.x, "the filter, its map, the pooled map"
        assert drawn.below(whole) == ["its map", "26 × 26"]
        assert drawn.below(pooled) == ["pooled", "13 × 13"]
        assert drawn.below(kernel) == [f"filter {index}"]


def test_the_worth_of_a_filter_stands_beside_it_and_is_filled_by_its_interval(
    recording: Recording, tmp_path: Path
) -> None:
    inspection = looked_into()
    draw(glance.at_a_glance, usual(), tmp_path / "1.png", model="cnn", inspection=inspection)
    drawn, [layer] = recording.last, inspection.convolutions
    diamonds = drawn.marks(1, "D")
    spans = [line for line in drawn.marks(1, "None") if line.values[0, 0] != line.values[1, 0]]
    limit = limit_of(layer.kernel)
    filled = (True, False, True, False, True)  # the last loses answers clearly: below 0 and still filled
    for index, worth, diamond, span, fill in zip(RANKED, WORTH, diamonds, spans, filled, strict=True):
        [tile] = drawn.showing(response(layer.kernel[:, :, 0, index], limit, 8))
        assert diamond.places[0, 1] == pytest.approx(tile.middle[1], abs=1), "beside another filter"
        assert diamond.values[0, 0] == pytest.approx(1000 * worth[0]), "answers lost, of 1,000"
        assert span.values[:, 0] == pytest.approx([1000 * end for end in worth[1:]])
        assert (diamond.fill == MODEL_COLOURS[1]) == fill, "filled: the interval leaves out 0"
        assert diamond.colour == span.colour == MODEL_COLOURS[1], "in the colour of the model looked into"
    assert drawn.text("Worth of five filters")
    assert drawn.text("answers lost, of 1,000")


@pytest.mark.parametrize("shares", [{"dense": 0.85, "cnn": 0.9}, {"c": 0.9, "a": 0.8, "b": 0.85}])
def test_each_accuracy_stands_beside_its_model(
    shares: dict[str, float], recording: Recording, tmp_path: Path
) -> None:
    report = report_of(shares)
    figure = draw(glance.at_a_glance, report, tmp_path / "1.png")
    drawn = recording.last
    assert {"Right, of all test pictures", "a dot is one training"} <= set(drawn.strings), "what is counted"
    dots = drawn.marks(0, "o")
    for place, (model, diamond) in enumerate(zip(shares, drawn.marks(0, "D"), strict=True)):
        found = report["models"][model]["accuracy"]
        name = drawn.text(model)
        assert 20 < diamond.places[0, 1] - name.y < 60, "a model's diamond stands below its name"
        assert drawn.beside(name.y, 2, 0, 540) == [model, f"{100 * found['mean']:.1f} %"]
        assert diamond.values[0, 0] == found["mean"]
        assert diamond.colour == diamond.fill == MODEL_COLOURS[place]
        assert dots[place].values[:, 0].tolist() == found["values"], "a dot is one training"
    told = ", ".join(
        f"{model} {100 * entry['accuracy']['mean']:.1f} %" for model, entry in report["models"].items()
    )
    assert figure.alt.endswith(f"Right on the test pictures: {told}.")


def test_without_filters_the_gain_of_each_class_stands_beside_its_name(
    recording: Recording, tmp_path: Path
) -> None:
    report = usual()
    report["data"]["name"] = "fashion-mnist"  # which has an order of its own
    for label, row in enumerate(report["comparisons"][0]["per_class"]):
        row |= {"difference": (label - 3) / 100, "interval": [-0.05, 0.1], "clear": label == 5}
    draw(glance.at_a_glance, report, tmp_path / "1.png")
    drawn = recording.last
    assert len(drawn.marks(1, "D")) == 10
    for diamond in drawn.marks(1, "D"):
        label = round(diamond.values[0, 0] / 10 + 3)
        assert drawn.beside(diamond.places[0, 1] - 7, 2, 700, 790) == [f"kind {label}"]
        assert (diamond.fill == MODEL_COLOURS[1]) == (label == 5), "clear when all classes are allowed for"
    assert drawn.text("Gain over dense, of 1,000 of the class")
    [figure] = draw_pictures([glance.GLANCE], parts_of(report), tmp_path)
    assert "passports.json" not in figure.numbers, "nobody was looked into"
    filters = {"model": "cnn", "inspection": looked_into()}
    [figure] = draw_pictures([glance.GLANCE], parts_of(report) | filters, tmp_path)
    assert "passports.json" in figure.numbers
    assert drawn.text("filled: clear when all classes are allowed for")


def test_a_model_alone_without_filters_shows_how_often_it_is_right(
    recording: Recording, tmp_path: Path
) -> None:
    report = report_of({"cnn": 0.9}, names=NAMES)
    draw(glance.at_a_glance, report, tmp_path / "1.png")
    drawn = recording.last
    rights = [1000 * row["accuracy"] for row in report["models"]["cnn"]["per_class"]]
    assert [diamond.values[0, 0] for diamond in drawn.marks(1, "D")] == pytest.approx(rights)
    assert drawn.text("Right, of 1,000 of the class")
    assert "filled: clear when all classes are allowed for" not in drawn.strings
    both = usual() | {"comparisons": []}
    draw(glance.at_a_glance, both, tmp_path / "1.png")
    rights = [1000 * row["accuracy"] for row in both["models"]["cnn"]["per_class"]]
    shown = recording.last.marks(1, "D")
    assert [diamond.values[0, 0] for diamond in shown] == pytest.approx(rights), "the last model's"
    assert shown[0].colour == MODEL_COLOURS[1]


def test_without_pooling_no_gap_is_left_for_it(recording: Recording, tmp_path: Path) -> None:
    inspection = looked_into()
    draw(glance.at_a_glance, usual(), tmp_path / "1.png", model="cnn", inspection=inspection)
    maps = [text.x for text in recording.last.texts if text.string == "pooled"]
    inspection.convolutions[0].pooled = None
    draw(glance.at_a_glance, usual(), tmp_path / "1.png", model="cnn", inspection=inspection)
    drawn = recording.last
    assert "pooled" not in drawn.strings
    assert [text.x for text in drawn.texts if text.string == "its map"] == maps, "a gap before the worth"


def test_what_the_title_says_is_not_said_again(recording: Recording, tmp_path: Path) -> None:
    figure = draw(glance.at_a_glance, report_of({"cnn": 0.9}, names=NAMES), tmp_path / "1.png")
    again = [text for text in recording.last.strings if text.startswith(figure.title)]
    assert not again, "the foot is the title once more"


def test_the_verdict_stands_below_the_title_s_clause(recording: Recording, tmp_path: Path) -> None:
    report = usual()
    figure = draw(glance.at_a_glance, report, tmp_path / "1.png")
    verdict = report["comparisons"][0]["verdict"]
    assert verdict.startswith(figure.title)
    told = recording.last.strings[-1].replace("\n", " ")
    assert verdict.startswith(told.removesuffix("…").rstrip()), "the words at the foot are not the verdict"


def test_several_models_tell_as_many_answers_as_fit(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"a": 0.8, **{f"model-{number}": 0.9 for number in range(8)}})
    draw(glance.at_a_glance, report, tmp_path / "1.png")
    foot = recording.last.strings[-1]
    told = foot.replace("\n", " ")
    answers = [pair["words"]["answer"] for pair in report["comparisons"]]
    assert told.startswith(answers[0])
    assert len(foot.splitlines()) <= 3, "the words run out of the picture"
    assert told == " ".join(answers[: told.count("is better")]), "a sentence is cut off"
