"""The pictures of what goes wrong: what is counted, which mistakes are shown, and whose they are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.comparison import mistake_figures
from model.comparison.compare import confident_mistakes
from model.comparison.records import as_json
from model.report.canvas import MODEL_COLOURS, Sheet, garment
from tests.comparison.test_accuracy_figure import report_of
from tests.recording import Drawn, Recording
from tests.records import draw


def test_confident_mistakes_are_the_surest_wrong_answers() -> None:
    labels = np.array([0, 1, 1, 0], np.uint8)
    probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.6, 0.4], [0.2, 0.8]], np.float32)
    found = confident_mistakes(labels, probabilities, "cnn", 7, count=2)
    assert [mistake.index for mistake in found] == [1, 3], "surest first; of equal ones in order"
    expected = {"label": 1, "predicted": 0, "probability": pytest.approx(0.8), "model": "cnn", "seed": 7}
    assert as_json(found[0]) == {"index": 1, **expected}, "all that is shown"


def test_mistakes_are_counted_of_1000_of_each_class() -> None:
    shares = mistake_figures.mistakes_per_1000([[3, 1, 0], [10, 10, 20], [0, 0, 0]])
    assert shares.tolist() == [[0, 250, 0], [250, 0, 500], [0, 0, 0]], "rows must be comparable"


def test_the_change_in_the_title_is_that_of_the_numbers_in_the_cells() -> None:
    """94.4 and 51.6 of 1,000 stand there as 94 and 52: 42 fewer, though unrounded it is 42.8."""
    before, after = (mistake_figures.mistakes_per_1000([[1000 - n, n], [0, 1000]]) for n in (94.4, 51.6))
    title = mistake_figures.confusion_title(("a", "b"), after, after - before, "cnn")
    assert [before[0, 1], after[0, 1]] == [94, 52]
    assert title == "Where cnn errs less: a taken for b, −42 of 1,000", "it does not add up with the cells"


def test_of_many_classes_the_largest_cells_are_shown() -> None:
    values = np.zeros((50, 50))
    values[40, 3], values[7, 20], values[1, 2] = -9, 8, 7
    shown = mistake_figures.most_confused(values, range(50), most=5)
    assert shown == [3, 7, 20, 40], "no room for both classes of the third cell; in label order"


def test_only_the_first_seed_is_called_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []

    class Noted(Sheet):
        def __init__(self, height: int, title: str, subtitle: str) -> None:
            told.append(subtitle)
            super().__init__(height, title, subtitle)

    monkeypatch.setattr(mistake_figures, "Sheet", Noted)
    report = report_of({"cnn": 0.9}, num_seeds=2)
    images = np.zeros((1, 28, 28), np.uint8)
    for seed in report["seeds"]:
        found = [{"index": 0, "label": 0, "predicted": 1, "probability": 0.9, "model": "cnn", "seed": seed}]
        of_seed = report | {"mistakes": found}
        draw(mistake_figures.mistakes, of_seed, tmp_path / "5-mistakes.png", images=images)
    assert "seed 0 (the first, not the best)" in told[0]
    assert "seed 1 (the first that did not fail, not the best)" in told[1], "seed 0 is the first"


def of_14_classes() -> dict[str, Any]:
    """A report by hand: 14 classes of 1,000 pictures, of which 2 and 9 are mistaken for nothing.

    Of class 13 the baseline takes 90 for 12, the candidate 40, and so on; of class 1 it takes 30 more for 0.
    The gain of a class is its number minus 6, in hundredths; those of 10 and above are clear.
    """
    counts = {name: np.diag(np.full(14, 1000.0)) for name in ("dense", "cnn")}
    for label, said, before, after in ((13, 12, 90, 40), (11, 10, 60, 30), (8, 7, 5, 25), (6, 5, 20, 19),
                                       (4, 3, 9, 5), (1, 0, 10, 40)):  # fmt: skip
        for name, count in (("dense", before), ("cnn", after)):
            counts[name][label, [said, label]] += (count, -count)
    gains = [(label - 6) / 100 for label in range(14)]
    per_class = [
        {
            "class": f"kind {label}",
            "difference": gain,
            "interval": [gain - 0.015, gain + 0.005],
            "clear": label > 9,
        }
        for label, gain in enumerate(gains)
    ]
    return {
        "data": {"name": "mine", "classes": [f"kind {label}" for label in range(14)]},
        "models": {
            name: {"broken": None, "per_class": [], "confusion": confusion.tolist()}
            for name, confusion in counts.items()
        },
        "comparisons": [{"baseline": "dense", "candidate": "cnn", "per_class": per_class}],
        "failed": [],
    }


SHOWN = [label for label in range(14) if label not in (2, 9)]


def middles(drawn: Drawn) -> tuple[dict[str, float], dict[str, float]]:
    """Where the middle of the row and of the column of each class is, by the names beside and above them."""
    rows = {text.string: text.y + 7 for text in drawn.texts if text.align == "right" and text.x == 138}
    columns = {text.string: text.x for text in drawn.texts if text.align == "left" and text.x > 138}
    return {name: y for name, y in rows.items() if name.startswith("kind")}, columns


def test_the_confusion_figure_puts_every_number_where_its_classes_are(
    recording: Recording, tmp_path: Path
) -> None:
    draw(mistake_figures.confusion, of_14_classes(), tmp_path / "4.png")
    drawn = recording.last
    rows, columns = middles(drawn)
    assert list(rows) == [f"kind {label}" for label in SHOWN], (
        "2 and 9, which nothing happens to, are left out"
    )
    [matrix] = drawn.tiles
    cell = matrix.rgb.shape[0] // len(SHOWN)
    for label, said, count, change in ((13, 12, "40", "−50"), (11, 10, "30", "−30"), (8, 7, "25", "+20"),
                                       (1, 0, "40", "+30")):  # fmt: skip
        y, x = rows[f"kind {label}"], matrix.x + cell * (SHOWN.index(said) + 0.5)
        assert x - cell / 2 < columns[f"kind {said}"] < x + cell / 2, "a name stands above another column"
        written = [text.string for text in drawn.texts if abs(text.x - x) < 1 and abs(text.y - y) < cell / 2]
        assert written == [count, change], f"of 1,000 of kind {label}, taken for kind {said}; then the change"
        red, _, blue = matrix.rgb[round(y) - matrix.y - cell // 3, round(x) - matrix.x].astype(int)
        assert (blue > red) == (change[0] == "−"), (
            "teal is fewer, brown is more: the words below the title say so"
        )
    assert "below it the change from dense: teal is fewer, brown more." in drawn.reading
    assert "Largest rise: kind 1 taken for kind 0, +30 of 1,000." in drawn.reading
    assert "The 12 of 14 classes with the largest changes." in drawn.reading


def test_numbers_on_dark_cells_are_white(recording: Recording, tmp_path: Path) -> None:
    draw(mistake_figures.confusion, of_14_classes(), tmp_path / "4.png")
    [matrix] = recording.last.tiles
    inside = [text for text in recording.last.texts if text.align == "center" and text.x < matrix.x + 600]
    assert len(inside) == 12, "a number and its change in each of six cells"
    for text in inside:
        under = matrix.rgb[round(text.y) - matrix.y, round(text.x) - matrix.x].mean()
        assert abs(int(text.colour[1:3], 16) - under) > 80, f"{text.string} can't be read on {under:.0f}"


def test_gains_stand_beside_their_class_and_are_filled_where_clear(
    recording: Recording, tmp_path: Path
) -> None:
    figure = draw(mistake_figures.confusion, of_14_classes(), tmp_path / "4.png")
    drawn = recording.last
    diamonds, spans = (
        drawn.marks(1, "D"),
        [line for line in drawn.marks(1, "None") if len(line.values) == 2][1:],
    )
    rows = middles(drawn)[0]
    assert len(diamonds) == len(spans) == len(SHOWN)
    for label, diamond, span in zip(SHOWN, diamonds, spans, strict=True):
        assert diamond.places[0, 1] == pytest.approx(rows[f"kind {label}"], abs=1), "beside another class"
        assert diamond.values[0, 0] == pytest.approx(10 * (label - 6)), "of 1,000 of the class"
        assert span.values[:, 0] == pytest.approx([10 * (label - 6) - 15, 10 * (label - 6) + 5])
        assert span.places[:, 1] == pytest.approx(diamond.places[0, 1])
        assert diamond.colour == span.colour == MODEL_COLOURS[1], "in the candidate's colour"
        assert diamond.fill == (MODEL_COLOURS[1] if label > 9 else "#ffffff"), "filled: clear, and only then"
    assert drawn.text("Gain over dense, of 1,000 of the class").bold
    assert figure.alt.endswith(
        "Change of pictures right, of 1,000 of the class: from kind 0 −60 to kind 13 +70."
    )


def test_a_model_alone_shows_its_mistakes_and_how_often_it_is_right(
    recording: Recording, tmp_path: Path
) -> None:
    report = of_14_classes() | {"comparisons": []}
    for model, entry in report["models"].items():
        shift = 0.1 * (model == "dense")
        entry["per_class"] = [
            {
                "class": f"kind {label}",
                "images": 0,
                "accuracy": 0.5 + label / 50 - shift,
                "interval": None,
            }
            for label in range(14)
        ]
    figure = draw(mistake_figures.confusion, report, tmp_path / "4.png")
    drawn = recording.last
    assert figure.title == "Most frequent mistake of cnn: kind 1 taken for kind 0, 40 of 1,000"
    shown = [diamond.values[0, 0] for diamond in drawn.marks(1, "D")]
    assert shown == pytest.approx([500 + 20 * label for label in SHOWN])
    assert drawn.text("Right, of 1,000 of the class")
    y, (matrix,) = middles(drawn)[0]["kind 13"], drawn.tiles
    assert drawn.beside(y - 9, 3, matrix.x, matrix.x + 600) == ["40"]
    assert figure.alt.endswith("Right, by class: from kind 0 50.0 % to kind 13 76.0 %.")


def test_the_classes_of_fashion_stand_in_their_own_order(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 0.9}, names=[f"kind {label}" for label in range(10)])
    report["data"]["name"] = "fashion-mnist"
    for label, row in enumerate(report["comparisons"][0]["per_class"]):
        row["difference"] = label / 1000
    draw(mistake_figures.confusion, report, tmp_path / "4.png")
    order = [0, 6, 2, 4, 3, 1, 8, 5, 7, 9]
    assert list(middles(recording.last)[0]) == [f"kind {label}" for label in order]
    assert [mark.values[0, 0] for mark in recording.last.marks(1, "D")] == pytest.approx(order)


def test_labels_are_said_to_be_arguable_of_fashion_mnist_alone(recording: Recording, tmp_path: Path) -> None:
    """Those of made-up lines are exact, and of own data nobody knows."""
    images = np.zeros((5, 28, 28), np.uint8)
    for name in ("fashion-mnist", "lines", "mine"):
        report = report_of({"cnn": 0.9}, names=[f"kind {label}" for label in range(10)])
        report["data"]["name"] = name
        mistake = {"index": 4, "label": 2, "predicted": 6, "probability": 0.91, "model": "cnn", "seed": 0}
        report |= {"mistakes": [mistake], "seeds": [0]}
        draw(mistake_figures.mistakes, report, tmp_path / "5.png", images=images)
        found = "Some labels can be argued with" in recording.last.reading
        assert found == (name == "fashion-mnist"), f"said of the labels of {name}: {recording.last.reading}"


def test_under_a_mistaken_picture_stand_answer_and_label(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"cnn": 0.9}, names=[f"kind {label}" for label in range(10)])
    images = np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)
    of_model = {"model": "cnn", "seed": 0}
    found = [
        {"index": 4, "label": 1, "predicted": 7, "probability": 0.987, **of_model},
        {"index": 2, "label": 3, "predicted": 0, "probability": 0.9, **of_model},
        {"index": 0, "label": 7, "predicted": 1, "probability": 0.6, **of_model},
    ]
    told_of = report | {"mistakes": found}
    figure = draw(mistake_figures.mistakes, told_of, tmp_path / "5.png", images=images)
    drawn = recording.last
    told = [
        ["kind 7 98.7 %", "label: kind 1", "test picture 4"],
        ["kind 0 90.0 %", "label: kind 3", "test picture 2"],
        ["kind 1 60.0 %", "label: kind 7", "test picture 0"],
    ]
    for mistake, below in zip(found, told, strict=True):
        [tile] = drawn.showing(garment(images[mistake["index"]], mistake_figures.BLOCK))
        assert drawn.below(tile) == below, "the answer, its label, and which picture it is"
        assert drawn.text(below[0]).bold, "the words below the title say that the answer is bold"
    assert "The surest of cnn, seed 0" in drawn.reading
    assert figure.alt.endswith("The surest: kind 7 98.7 %, kind 0 90.0 %.")


def test_who_makes_no_mistake_is_the_one_that_was_asked(tmp_path: Path) -> None:
    report = report_of({"dense": 0.8, "cnn": 1.0, "bare": 0.7})
    for name in ("cnn", "bare"):
        report["models"][name]["convolution_parameters"] = 10
    figure = draw(
        mistake_figures.mistakes, report, tmp_path / "x.png", images=np.zeros((9, 28, 28), np.uint8)
    )
    assert figure.title.startswith("cnn makes no mistake"), (
        "it is said of another model than `mistakes` are of"
    )
