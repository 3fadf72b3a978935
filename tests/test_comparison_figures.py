"""The pictures of the comparison: what their titles say, their sizes, and that odd runs can be drawn."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from model.comparison import summarise
from model.report import comparison_figures, glance, learning_figure, mistake_figures, titles

FACTS = {
    "architecture": "cnn",
    "parameters": 1000,
    "convolution_parameters": 0,
    "flops_per_image": 10_000,
    "epochs": 2,
    "precision": "float32",
    "train_seconds": 1.0,
    "predict_seconds": 0.1,
    "predict_one_seconds": 0.001,
}
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
) -> dict[str, Any]:
    """A report of models that are right on about these shares of made-up test pictures."""
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
    parts = summarise(predictions, labels.astype(np.uint8), classes, dict.fromkeys(shares, FACTS), failed)
    return {
        "name": "made-up",
        "config_digest": "cd" * 32,
        "data": data,
        "seeds": list(range(num_seeds)),
        "test_looks": 1,
        "test_looks_words": None,
        "environment": {},
        **parts,
    }


def pair(difference: float, low: float, high: float, **others: Any) -> dict[str, Any]:
    """One entry of `comparisons`, as far as titles read it."""
    names = {"baseline": "dense", "candidate": "cnn", "over": "seeds and images", "verdict": "In words: so."}
    return {**names, "difference": difference, "interval": [low, high], **others}


def titled(*pairs: dict[str, Any], broken: tuple[dict[str, Any], ...] = ()) -> str:
    return titles.accuracy_title({"comparisons": list(pairs), "not_compared": list(broken), "models": {}})


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([pair(0.026, 0.022, 0.03)], "cnn is ahead by 2.6 points (2.2 to 3.0)"),
        ([pair(-0.026, -0.03, -0.022)], "dense is ahead by 2.6 points (2.2 to 3.0)"),
        (
            [pair(0.001, -0.005, 0.007)],
            "No difference can be seen: cnn leads dense by 0.1 points (−0.5 to 0.7)",
        ),
        (
            [pair(-0.001, -0.007, 0.005)],
            "No difference can be seen: dense leads cnn by 0.1 points (−0.5 to 0.7)",
        ),
        ([pair(0.003, 0.0002, 0.006)], "cnn is ahead by 0.30 points (0.02 to 0.60)"),
        (
            [pair(0.02, 0.01, 0.03, over="images")],
            "cnn is ahead by 2.0 points (1.0 to 3.0); other seeds may differ",
        ),
        (
            [pair(0.02, 0.01, 0.03), pair(0.03, 0.02, 0.04, candidate="b"), pair(0.0, -0.01, 0.01)],
            "Of 3 models against dense: 2 ahead, b most, by 3.0 points; 1 can't be told from it",
        ),
        (
            [pair(-0.02, -0.03, -0.01), pair(0.02, 0.01, 0.03, candidate="b")],
            "Of 2 models against dense: 1 ahead, b by 2.0 points; 1 behind, cnn by 2.0 points",
        ),
    ],
)
def test_the_title_is_the_finding_whichever_way_it_falls(pairs: list[dict[str, Any]], expected: str) -> None:
    assert titled(*pairs) == expected, "the title of 2-accuracy doesn't say what the interval says"


def test_where_nothing_is_compared_the_title_says_why() -> None:
    broken = {
        "baseline": "dense",
        "candidate": "cnn",
        "verdict": "dense is at 10.0 %, what guessing gives: x",
    }
    assert titled(broken=(broken,)) == "dense is at 10.0 %, what guessing gives", "a broken run must say so"
    several = titled(pair(0.02, 0.01, 0.03), broken=(broken,))
    assert several.endswith("; 1 not compared"), "a model without comparison must not vanish from the title"


def history(*accuracies: float) -> dict[str, np.ndarray]:
    values = np.array(accuracies)
    return {"accuracy": values, "val_accuracy": values}


@pytest.mark.parametrize(
    ("histories", "expected"),
    [
        (
            {"dense": {0: history(0.8, 0.88, 0.881)}, "cnn": {0: history(0.8, 0.88, 0.9)}},
            "cnn still improves at epoch 3; dense has stopped",
        ),
        ({"dense": {0: history(0.8, 0.88, 0.88)}}, "dense has stopped improving"),
        ({"cnn": {0: history(0.9, 0.85)}}, "cnn gets worse at epoch 2"),
        ({"cnn": {0: history(0.9)}}, "cnn was trained for a single epoch"),
        (
            {"a": {0: history(0.8, 0.9)}, "b": {0: history(0.8, 0.8, 0.9)}},
            "a and b still improve at the end",
        ),
        # the last fifth of ten epochs is two: +0.1 and then +0.15 points are an improvement together
        ({"a": {0: history(*[0.8] * 8, 0.801, 0.8025)}}, "a still improves at epoch 10"),
        # the mean over seeds decides
        ({"a": {0: history(0.8, 0.81), 1: history(0.8, 0.791)}}, "a has stopped improving"),
    ],
)
def test_learning_title_tells_who_still_improves(histories: titles.Histories, expected: str) -> None:
    assert titles.learning_title(histories) == expected, "the title of 3-learning is wrong about the end"


def test_confusion_title_tells_the_largest_change() -> None:
    classes = ["T-shirt/top", "Trouser", "Shirt"]
    change = np.array([[0, 3.0, 0], [0, 0, 0], [-38, 0, 0]])
    mistakes = np.abs(change)

    def title(change: np.ndarray | None) -> str:
        return titles.confusion_title(classes, mistakes, change, "cnn")

    assert title(change) == "Where cnn errs less: Shirt taken for T-shirt, −38 of 1,000"
    assert title(-change) == "Where cnn errs more: Shirt taken for T-shirt, +38 of 1,000"
    assert "no pair of classes changes" in title(change / 100), "changes under 1 of 1,000 are no finding"
    assert title(None) == "Most frequent mistake of cnn: Shirt taken for T-shirt, 38 of 1,000"


def test_mistakes_title_tells_how_sure() -> None:
    sure, unsure = {"probability": 0.9999}, {"probability": 0.31}
    title = titles.mistakes_title
    assert title([sure], "cnn") == "Sure and wrong: cnn gave each of these wrong answers at least 99.9 %"
    assert title([unsure], "cnn") == "Wrong, but never sure: cnn gave no wrong answer more than 31.0 %"
    assert title([], "cnn") == "cnn makes no mistake on the test pictures"


def drawn(report: dict[str, Any], folder: Path, inspection: Any = None) -> dict[str, np.ndarray]:
    """All pictures of a report, as pixels; checks what holds for each."""
    epochs = np.array([0.7, 0.8])
    columns = {"accuracy": epochs, "val_accuracy": epochs}
    histories = {model: dict.fromkeys(entry["seeds"], columns) for model, entry in report["models"].items()}
    found = [
        {"index": 3, "label": 0, "predicted": 1, "probability": 0.97, "model": model, "seed": 0}
        for model in list(report["models"])[-1:]
    ] * 12
    images = (np.arange(10 * 28 * 28) % 256).astype(np.uint8).reshape(10, 28, 28)
    figures = [
        glance.at_a_glance(report, folder / "1-at-a-glance.png", "cnn", inspection),
        comparison_figures.accuracy(report, folder / "2-accuracy.png"),
        learning_figure.learning(report, histories, folder / "3-learning.png"),
        mistake_figures.confusion(report, folder / "4-confusion.png"),
        mistake_figures.mistakes(report, found, images, folder / "5-mistakes.png"),
    ]
    for figure in figures:
        assert figure.alt.startswith(figure.title), "the text for the blind begins with the finding"
    pixels = {figure.path.stem: np.array(Image.open(figure.path).convert("RGB")) for figure in figures}
    for name, picture in pixels.items():
        assert picture.shape[1] == 1200, f"{name} has {picture.shape}"
        assert picture.shape[0] <= 1500, f"{name} has {picture.shape}: split it"
    return pixels


def test_sizes_of_the_pictures_of_a_usual_run(tmp_path: Path) -> None:
    pixels = drawn(report_of({"dense": 0.85, "cnn": 0.9}), tmp_path)
    sizes = {name: picture.shape[0] for name, picture in pixels.items()}
    wanted = {
        "1-at-a-glance": 675,
        "2-accuracy": 520,
        "3-learning": 450,
        "4-confusion": 760,
        "5-mistakes": 520,
    }
    assert sizes == wanted, "heights in pixels"


def blocks_in(picture: np.ndarray, x: int, y: int, side: int, block: int) -> np.ndarray:
    """The one colour of every block; fails where a block has two."""
    cut = picture[y : y + side * block, x : x + side * block].reshape(side, block, side, block, 3)
    colours = cut[:, :1, :, :1]
    assert (cut == colours).all(), "a pixel of the picture is not a block of one colour"
    return colours[:, 0, :, 0]


def test_garments_are_blocks_of_one_colour(tmp_path: Path) -> None:
    picture = drawn(report_of({"dense": 0.85, "cnn": 0.9}), tmp_path)["5-mistakes"]
    gray = blocks_in(picture, 50, 88, 28, mistake_figures.BLOCK)
    shown = (np.arange(3 * 784, 4 * 784) % 256).reshape(28, 28)
    assert (gray == shown[..., None]).all(), "the mistake shown is not the test picture of its index"


def test_maps_before_and_after_pooling_have_one_size_and_scale(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    maps = random.random((2, 26, 26, 5)) * [1, 1, 0.1, 1, 1]  # the second filter shown answers weakly
    worth = SimpleNamespace(accuracy_drop=0.01, interval=(-0.001, 0.02))
    convolution = SimpleNamespace(
        name="conv1",
        kernel=random.normal(size=(3, 3, 1, 5)),
        maps=maps,
        pooled=maps.reshape(2, 13, 2, 13, 2, 5).max(axis=(2, 4)),
        passports=[SimpleNamespace(index=index, worth=worth) for index in (4, 2, 0, 1, 3)],
    )
    images = np.zeros((2, 28, 28), np.uint8)
    inspection = SimpleNamespace(
        images=images, labels=np.array([0, 9]), num_test=1000, convolutions=(convolution,)
    )
    report = report_of({"dense": 0.85, "cnn": 0.9})
    picture = drawn(report, tmp_path, inspection)["1-at-a-glance"]
    top = 58 + 2 * 22 + 60  # title, two lines, heading
    before = blocks_in(picture, 346 + 290, top, 26, 5)
    after = blocks_in(picture, 346 + 290 + 130 + 18, top, 13, 10)
    largest = np.argmax(convolution.pooled[-1, :, :, 4])
    row, column = divmod(int(largest), 13)
    around = before[2 * row : 2 * row + 2, 2 * column : 2 * column + 2].reshape(-1, 3).tolist()
    assert after[row, column].tolist() in around, "the pooled value has another colour: two scales"
    weak = blocks_in(picture, 346 + 290, top + (584 - top) // 2, 26, 5)
    assert weak[..., 1].min() > 200, "a weak answer is drawn as strong: a scale per map"


@pytest.mark.parametrize(
    ("shares", "options"),
    [
        ({"cnn": 0.9}, {"num_seeds": 1, "num_classes": 2, "num_images": 100}),
        ({f"model-{number}": 0.8 + number / 100 for number in range(9)}, {"num_images": 200}),
        ({"dense": 0.85, "cnn": 0.9}, {"num_seeds": 100, "num_images": 50}),
        ({"dense": 0.85, "cnn": 0.9}, {"num_seeds": 1, "num_classes": 256, "names": (HOSTILE * 32)[:256]}),
        ({"dense": 0.0, "cnn": 0.9}, {"num_images": 300}),
        ({"dense": 1.1, "cnn": 1.1}, {"num_images": 100}),
        ({"d" * 60: 0.8, "c" * 60: 0.9}, {"failed": ({"model": "c" * 60, "seed": 9, "reason": "x"},)}),
        ({"dense": 0.9, "cnn": 0.9}, {"num_seeds": 0}),
    ],
    ids=[
        "one model",
        "nine models",
        "100 seeds",
        "256 names",
        "broken",
        "faultless",
        "long",
        "none",
    ],
)
@pytest.mark.filterwarnings("ignore:Glyph")
def test_odd_runs_can_be_drawn(shares: dict[str, float], options: dict[str, Any], tmp_path: Path) -> None:
    pixels = drawn(report_of(shares, **options), tmp_path)
    assert all(len(np.unique(picture)) > 1 for picture in pixels.values()), "a figure is an empty sheet"


def test_models_without_a_training_have_no_panel(tmp_path: Path) -> None:
    report = report_of({"dense": 0.85})
    histories = {"cnn": {}, "dense": {0: history(0.7, 0.8)}}
    alone = learning_figure.learning(report, {"dense": histories["dense"]}, tmp_path / "alone.png")
    figure = learning_figure.learning(report, histories, tmp_path / "3-learning.png")
    assert figure.title == "dense still improves at epoch 2", "a model that was not trained is in the title"
    assert figure.path.read_bytes() == alone.path.read_bytes(), "a panel without curves"
    nothing = learning_figure.learning(report | {"models": {}}, {"cnn": {}, "dense": {}}, tmp_path / "x.png")
    assert nothing.title == "No training was finished"


def test_models_with_convolutions_are_looked_into_first() -> None:
    plain, deep = {"convolution_parameters": 0}, {"convolution_parameters": 9}
    assert titles.by_interest({"dense": plain, "cnn": deep}) == ["cnn", "dense"]
    assert titles.by_interest({"cnn": deep, "dense": plain}) == ["cnn", "dense"]
    assert titles.by_interest({"cnn": deep, "other": deep}) == ["other", "cnn"], "of two the candidate"
    several = {"cnn": deep, "dense": plain, "strides": deep}
    assert titles.by_interest(several) == ["cnn", "strides", "dense"], "of more the one all are compared with"


def test_a_glance_at_several_models_tells_as_many_answers_as_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(glance.Sheet, "text", lambda self, x, y, string, **_: written.append(string))
    report = report_of({"a": 0.8, **{f"model-{number}": 0.9 for number in range(8)}})
    glance.at_a_glance(report, tmp_path / "1.png")
    told = written[-1].replace("\n", " ")
    answers = [pair["words"]["answer"] for pair in report["comparisons"]]
    assert told.startswith(answers[0])
    assert len(written[-1].splitlines()) <= 3, "the words run out of the picture"
    assert told == " ".join(answers[: told.count("is better")]), "a sentence is cut off"


def test_a_failed_look_inside_is_called_that() -> None:
    failed = ({"model": "cnn", "seed": 1, "reason": "x"}, LOOK)
    note = comparison_figures.failures_note(report_of({"cnn": 0.9}, failed=failed))
    assert note == "\nFailed: cnn seed 1 and looking inside cnn seed 0."


def test_fashion_mnist_alone_has_the_human_mark_and_its_own_class_order(tmp_path: Path) -> None:
    report = report_of({"dense": 0.85, "cnn": 0.9})
    assert mistake_figures.class_order(report) == list(range(10)), "other data keep the order of their labels"
    plain = drawn(report, tmp_path)["2-accuracy"]
    report["data"]["name"] = "fashion-mnist"
    assert mistake_figures.class_order(report) == [0, 6, 2, 4, 3, 1, 8, 5, 7, 9]
    assert (drawn(report, tmp_path)["2-accuracy"] != plain).any(), "83.5 % of non-experts is not marked"


@pytest.mark.parametrize("name", HOSTILE)
def test_names_are_cut_to_one_printable_line(name: str) -> None:
    shown = titles.short(name)
    assert shown.isprintable(), "a control character reaches the picture"
    assert 0 < len(shown) <= titles.LONGEST_NAME, "a name can push everything else out of its place"
