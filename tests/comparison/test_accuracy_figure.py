"""The pictures of the comparison: what stands in them, their sizes, and that odd runs can be drawn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.comparison import accuracy_figure, learning_figure, mistake_figures
from model.comparison.compare import summarise
from model.comparison.records import Facts, Failure, as_json
from model.experiment import glance
from model.report.canvas import MODEL_COLOURS
from model.report.figure import Figure
from model.report.words import digits_for, percent, signed, span
from tests.recording import Recording
from tests.records import FACTS, draw, parsed, typed

LOOK = {"model": "cnn", "seed": 0, "stage": "inspection", "reason": "no disk left"}
HOSTILE = [
    "<script>alert(1)</script>",
    "$x^2$",
    "a|b",
    "new\nline",
    "n" * 200,
    "\x1b[31m",
    "",
    "$",
    "日本",
    "%s",
]


def report_of(
    shares: dict[str, float],
    num_seeds: int = 3,
    num_classes: int = 10,
    num_images: int = 1000,
    names: list[str] | None = None,
    failed: tuple[dict[str, Any], ...] = (),
    **known: Any,
) -> dict[str, Any]:
    """A report of models that are right on about these shares of made-up test pictures; `known` are facts."""
    random = np.random.default_rng(0)
    labels = np.arange(num_images) % num_classes
    hard = random.random(num_images)
    predictions: dict[str, dict[int, np.ndarray]] = {}
    for model, share in shares.items():
        predictions[model] = {}
        for seed in range(num_seeds):
            right = hard + random.normal(0, 0.02, num_images) < share
            answers = np.where(right, labels, (labels + 1) % num_classes)
            probabilities = np.full((num_images, num_classes), 0.1 / num_classes, np.float32)
            probabilities[np.arange(num_images), answers] += 0.9
            predictions[model][seed] = probabilities
    classes = names or [str(label) for label in range(num_classes)]
    data: dict[str, Any] = {
        "title": "Mine",
        "name": "mine",
        "source": "a folder",
        "digest": "ab" * 32,
        "classes": classes,
    }
    data |= {"train": 100, "validation": 10, "test": num_images}
    facts, failures = dict.fromkeys(shares, typed(Facts, FACTS | known)), typed(list[Failure], failed)
    outcome = summarise(predictions, labels.astype(np.uint8), classes, facts, failures)
    return {
        "name": "made-up",
        "config_digest": "cd" * 32,
        "data": data,
        "seeds": list(range(num_seeds)),
        "test_looks": 1,
        "test_looks_words": None,
        "environment": {},
        **as_json(outcome),
    }


def figures_of(report: dict[str, Any], folder: Path) -> list[Figure]:
    """All figures of a report that show accuracy and mistakes; checks what holds for each."""
    epochs = np.array([0.7, 0.8])
    columns = {"accuracy": epochs, "val_accuracy": epochs, "val_loss": 1 - epochs, "learning_rate": epochs}
    histories = {model: dict.fromkeys(entry["seeds"], columns) for model, entry in report["models"].items()}
    found = [
        {"index": 3, "label": 0, "predicted": 1, "probability": 0.97, "model": model, "seed": 0}
        for model in list(report["models"])[-1:]
    ] * 12
    images = (np.arange(10 * 28 * 28) % 256).astype(np.uint8).reshape(10, 28, 28)
    figures = [
        draw(glance.at_a_glance, report, folder / "1-at-a-glance.png"),
        draw(accuracy_figure.accuracy, report, folder / "2-accuracy.png"),
        draw(learning_figure.learning, report, folder / "3-learning.png", histories=histories),
        draw(mistake_figures.confusion, report, folder / "4-confusion.png"),
        draw(
            mistake_figures.mistakes, report | {"mistakes": found}, folder / "5-mistakes.png", images=images
        ),
    ]
    for figure in figures:
        assert figure.alt.startswith(figure.title), "the text for the blind begins with the finding"
    return figures


def drawn(report: dict[str, Any], folder: Path) -> dict[str, np.ndarray]:
    """The same as pixels, by name."""
    pictures = {
        figure.path.stem: np.array(Image.open(figure.path).convert("RGB"))
        for figure in figures_of(report, folder)
    }
    for name, picture in pictures.items():
        assert picture.shape[1] == 1200, f"{name} has {picture.shape}"
        assert picture.shape[0] <= 1500, f"{name} has {picture.shape}: split it"
        assert len(np.unique(picture)) > 1, f"{name} is an empty sheet"
    return pictures


def test_a_usual_run_is_drawn_in_the_sizes_of_the_page(tmp_path: Path) -> None:
    pictures = drawn(report_of({"dense": 0.85, "cnn": 0.9}), tmp_path)
    heights = {name: picture.shape[0] for name, picture in pictures.items()}
    wanted = {
        "1-at-a-glance": 675,
        "2-accuracy": 520,
        "3-learning": 450,
        "4-confusion": 760,
        "5-mistakes": 520,
    }
    assert heights == wanted, "in pixels"
    gray = blocks_in(pictures["5-mistakes"], 50, 88, 28, mistake_figures.BLOCK)
    shown = (np.arange(3 * 784, 4 * 784) % 256).reshape(28, 28)
    assert (gray == shown[..., None]).all(), "the mistake shown is not the test picture of its index"


def blocks_in(picture: np.ndarray, x: int, y: int, side: int, block: int) -> np.ndarray:
    """The one colour of every block; fails where a block has two."""
    cut = picture[y : y + side * block, x : x + side * block].reshape(side, block, side, block, 3)
    colours = cut[:, :1, :, :1]
    assert (cut == colours).all(), "a pixel of the picture is not a block of one colour"
    return colours[:, 0, :, 0]


@pytest.mark.parametrize(
    ("shares", "options"),
    [
        ({"cnn": 0.9}, {"num_seeds": 1, "num_classes": 2, "num_images": 100}),
        ({f"model-{number}": 0.8 + number / 100 for number in range(9)}, {"num_images": 200}),
        ({"dense": 0.85, "cnn": 0.9}, {"num_seeds": 100, "num_images": 50}),
        ({"dense": 0.0, "cnn": 0.9}, {"num_images": 300}),
        ({"dense": 1.1, "cnn": 1.1}, {"num_images": 100}),
        ({"d" * 60: 0.8, "c" * 60: 0.9}, {"failed": ({"model": "c" * 60, "seed": 9, "reason": "x"},)}),
        ({"dense": 0.9, "cnn": 0.9}, {"num_seeds": 0}),
    ],
    ids=[
        "one model",
        "nine models",
        "100 seeds",
        "broken",
        "faultless",
        "long",
        "none",
    ],
)
def test_odd_runs_fit_on_their_sheets(
    shares: dict[str, float], options: dict[str, Any], recording: Recording, tmp_path: Path
) -> None:
    figures_of(report_of(shares, **options), tmp_path)
    assert len(recording.sheets) == 5
    for sheet in recording.sheets:
        assert sheet.height <= 1500, f"{sheet.title}: split it"


@pytest.mark.filterwarnings("ignore:Glyph")
def test_odd_names_can_be_drawn(tmp_path: Path) -> None:
    names = (HOSTILE * 32)[:256]
    drawn(report_of({"dense": 0.85, "cnn": 0.9}, num_seeds=1, num_classes=256, names=names), tmp_path)


def test_a_failed_look_inside_is_called_that() -> None:
    failed = ({"model": "cnn", "seed": 1, "reason": "x"}, LOOK)
    note = accuracy_figure.failures_note(parsed(report_of({"cnn": 0.9}, failed=failed)).failed)
    assert note == "\nFailed: cnn seed 1 and looking inside cnn seed 0."
    many = tuple({"model": "cnn", "seed": seed, "reason": "x"} for seed in range(8))
    note = accuracy_figure.failures_note(parsed(report_of({"cnn": 0.9}, failed=many)).failed)
    assert note == f"\nFailed: {', '.join(f'cnn seed {seed}' for seed in range(5))} and 3 more."


def test_fashion_mnist_alone_has_its_own_class_order() -> None:
    data = parsed(report_of({"dense": 0.85, "cnn": 0.9})).data
    assert mistake_figures.class_order(data) == list(range(10)), "other data keep the order of their labels"
    fashion = replace(data, name="fashion-mnist")
    assert mistake_figures.class_order(fashion) == [0, 6, 2, 4, 3, 1, 8, 5, 7, 9]


def test_accuracy_and_lead_stand_on_the_row_of_their_model(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"dense": 0.85, "left-out": 0.87, "level": 0.851, "cnn": 0.9, "worse": 0.8})
    del report["comparisons"][0]  # as if it could not be compared
    figure = draw(accuracy_figure.accuracy, report, tmp_path / "2.png")
    drawn = recording.last
    leads = {pair["candidate"]: pair for pair in report["comparisons"]}
    on_the_right = iter(drawn.marks(1, "D"))
    spans = iter([mark for mark in drawn.marks(1, "None") if mark.values[0, 0] != mark.values[1, 0]])
    for place, (model, diamond) in enumerate(zip(report["models"], drawn.marks(0, "D"), strict=True)):
        found, y = report["models"][model]["accuracy"], diamond.places[0, 1]
        assert diamond.values[0, 0] == found["mean"]
        assert diamond.colour == diamond.fill == MODEL_COLOURS[place]
        low, high = (f"{100 * end:.1f}" for end in found["interval"])
        assert drawn.beside(y - 10, 14, 0, 780) == [model, f"{100 * found['mean']:.1f} %", f"{low} to {high}"]
        if model in ("dense", "left-out"):
            assert drawn.beside(y - 9, 3, 780) == ["the baseline"] * (model == "dense")
            continue
        lead, line, pair = next(on_the_right), next(spans), leads[model]
        assert lead.places[0, 1] == pytest.approx(y), "a lead on the row of another model"
        assert lead.values[0, 0] == pytest.approx(100 * pair["difference"])
        assert line.values[:, 0] == pytest.approx([100 * end for end in pair["interval"]])
        assert lead.colour == line.colour == MODEL_COLOURS[place]
        assert (lead.fill == MODEL_COLOURS[place]) == (model != "level"), "hollow: not clear, and only then"
        number, within = drawn.beside(y - 10, 14, 1080)
        assert number == signed(100 * pair["difference"], digits_for(pair["interval"]))
        assert within == span(pair["interval"])
    assert drawn.text("Points ahead of dense")
    assert figure.alt.endswith(percent(report["models"]["worse"]["accuracy"]["mean"]) + ".")


def test_a_dot_is_one_seed_and_stands_above_the_line_of_its_model(
    recording: Recording, tmp_path: Path
) -> None:
    report = report_of({"dense": 0.85, "cnn": 0.9}, num_seeds=7)
    draw(accuracy_figure.accuracy, report, tmp_path / "2.png")
    for row, (dots, entry) in enumerate(
        zip(recording.last.marks(0, "o"), report["models"].values(), strict=True)
    ):
        assert dots.values[:, 0].tolist() == entry["accuracy"]["values"]
        assert (dots.values[:, 1] > row - 0.5).all(), "a dot in the row above"
        assert (dots.values[:, 1] < row).all(), "a dot on or below the line"


def test_the_mark_of_non_experts_is_at_83_5_and_named_there(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"dense": 0.85, "cnn": 0.9})
    draw(accuracy_figure.accuracy, report, tmp_path / "2.png")
    assert not [text for text in recording.last.strings if "no experts" in text], (
        "of other pictures than Zalando's"
    )
    report["data"]["name"] = "fashion-mnist"
    draw(accuracy_figure.accuracy, report, tmp_path / "2.png")
    drawn = recording.last
    [mark] = [line for line in drawn.marks(0, "None") if line.style != "-"]
    assert mark.values[:, 0].tolist() == [0.835, 0.835]
    assert drawn.text("people who are no experts: 83.5 %").x == pytest.approx(mark.places[0, 0], abs=8)
