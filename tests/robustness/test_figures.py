"""The pictures and tables of perturbed images: what titles say, sizes, and that odd runs can be drawn."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from configs.schema import Config
from data.perturbations import KINDS, in_steps
from model.report.canvas import MODEL_COLOURS, garment
from model.report.drawing import draw_pictures
from model.report.figure import Figure
from model.robustness import figures as robustness_figures
from model.robustness.figures import BLOCK, HEIGHT
from model.robustness.tables import robustness_in_markdown
from tests.recording import Recording
from tests.records import draw, parsed
from tests.robustness.test_curves import FALLING, LOWER, arrays_of, config_of, robustness
from tests.strangers.perturbations import TOLD

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), dtype=np.uint8)


def report_of(
    *models: str, num_seeds: int = 1, shares: list[float] = FALLING, **changes: Any
) -> dict[str, Any]:
    """A report in which the first model is right on `LOWER`, the others on `shares`."""
    config = config_of(*models, **changes)
    layers = {name: ("conv1", "pool1") if name == "cnn" else ("conv1",) for name in models if name != "dense"}
    measured = {
        name: {
            seed: arrays_of(shares if number else LOWER, seed, layers.get(name, ()))
            for seed in range(num_seeds)
        }
        for number, name in enumerate(models)
    }
    return {
        "seeds": list(range(num_seeds)),
        "robustness": robustness(measured, config),
        "chance": 0.1,
        "models": dict.fromkeys(models),
    }


def curves(report: dict[str, Any], kind: str, folder: Path) -> Figure:
    return draw(robustness_figures.curves, report, folder / "x.png", images=IMAGES, kind=kind)


def subtitle(report: dict[str, Any], place: int = 0) -> str:
    found = report["robustness"]
    return robustness_figures._subtitle(found, report["seeds"], found.kinds[place])


def title(report: dict[str, Any], kind: str, folder: Path) -> str:
    return curves(report, kind, folder).title


@pytest.mark.parametrize("kind", KINDS)
def test_the_title_is_what_was_measured_at_the_middle_strength(kind: str, tmp_path: Path) -> None:
    assert kind in TOLD, f"how {kind} is told is not written down in tests/strangers/perturbations.py"
    told = TOLD[kind]
    assert title(report_of("dense", "cnn"), kind, tmp_path) == (
        f"{told.at}: dense 40 %, cnn 60 %; neither was trained on {told.seen}"
    )
    assert KINDS[kind].unit == told.unit, "a sentence of the page tells another unit"


def test_the_title_says_what_was_trained_on(tmp_path: Path) -> None:
    augmented = report_of("dense", "cnn", data={"augmentation": {"shift": 2, "erase": 8}})
    assert title(augmented, "shift", tmp_path).endswith("; both trained on shifts of up to 2 pixels")
    assert title(augmented, "occlusion", tmp_path).endswith("; both trained on covered parts of 8 x 8 pixels")
    by_one = report_of("dense", "cnn", data={"augmentation": {"shift": 1}})
    assert title(by_one, "shift", tmp_path).endswith("; both trained on shifts of up to 1 pixel")
    assert title(augmented, "noise", tmp_path).endswith("; neither was trained on noise")
    assert title(report_of("dense"), "shift", tmp_path).endswith("dense 40 %; not trained on shifts")
    assert title(report_of("dense", "cnn", "bare"), "shift", tmp_path).endswith(
        "; none was trained on shifts"
    )


def test_what_cannot_be_told_apart_is_not_called_better(tmp_path: Path) -> None:
    same = report_of("dense", "cnn", shares=LOWER)
    assert "(no difference can be seen)" in title(same, "shift", tmp_path)


def test_many_models_get_the_range_in_the_title(tmp_path: Path) -> None:
    report = report_of("dense", "cnn", "bare", "strided", "mean")
    assert title(report, "blur", tmp_path) == (
        "Blurred by 1.5 pixels: from 40 % (dense) to 60 % (cnn), 5 models; none was trained on blur"
    )


def test_who_is_compared_and_how_stands_below_the_title(tmp_path: Path) -> None:
    reading = subtitle(report_of("dense", "cnn"))
    assert "200 test pictures (the first 100 of each class); seed 0, the first" in reading
    later = report_of("dense", "cnn") | {"seeds": [5, 0]}
    reading_of_later = subtitle(later)
    assert "each class); seed 0." in reading_of_later, "the first seed failed: this one is not it"
    assert "these models cannot tell" in reading, "pooling would be credited from dense against cnn"
    several = report_of("dense", "cnn", num_seeds=3, robustness={"seeds": "all", "images_per_class": "all"})
    reading = subtitle(several, 1)
    assert "all 200 test pictures; 3 trainings, a dot each" in reading
    assert "other pictures and trainings" in reading


def test_what_intervals_allow_for_is_said_of_the_models_it_holds_for() -> None:
    """One of two models has lost all trainings but one."""
    report = report_of("dense", "cnn", num_seeds=2, robustness={"seeds": "all"})
    one = report_of("dense", "cnn")["robustness"]
    kinds = [
        replace(kind, models=kind.models | {"cnn": single.models["cnn"]})
        for kind, single in zip(report["robustness"].kinds, one.kinds, strict=True)
    ]
    report["robustness"] = mixed = replace(report["robustness"], kinds=kinds)
    assert "95 %, with other pictures and trainings, of cnn with other pictures only." in subtitle(report)
    told = "allowing for other trainings and pictures, but of cnn for other pictures only."
    assert told in robustness_in_markdown(mixed), "what holds for one model is said of both, or of none"
    assert "allowing for other pictures." in robustness_in_markdown(one)
    assert "95 %, with other pictures. Below" in subtitle(report | {"robustness": one})


def test_a_caution_stands_in_every_picture_and_in_the_text(tmp_path: Path) -> None:
    own = report_of("dense", "cnn", data={"source": "./mine", "name": "digits"})
    caution = own["robustness"].caution
    for place in range(len(own["robustness"].kinds)):
        assert subtitle(own, place).endswith(f"\n{caution}")
    assert caution in robustness_in_markdown(own["robustness"])
    own["robustness"] = replace(own["robustness"], caution="")
    assert caution not in subtitle(own)
    assert caution not in robustness_in_markdown(own["robustness"])


def test_a_kind_that_was_not_tried_has_no_picture(tmp_path: Path) -> None:
    report = report_of("dense", "cnn")
    report["robustness"] = replace(report["robustness"], kinds=report["robustness"].kinds[:1])
    told = parsed(report)
    parts = vars(told) | {"outcome": told, "images": IMAGES}
    drawn = draw_pictures(robustness_figures.ROBUSTNESS, parts, tmp_path)
    assert [(figure.path.name, figure.fault) for figure in drawn] == [("robustness-shift.png", "")]


def test_many_models_can_be_drawn(tmp_path: Path) -> None:
    network = {"architecture": "cnn", "filters": [4], "units": [8]}
    many = {f"a-rather-long-name-{number}": network for number in range(20)}
    config = Config.model_validate({"name": "a", "models": many})
    measured = {name: {0: arrays_of(FALLING, 0, ("conv1", "pool1"))} for name in many}
    report = {"seeds": [0], "robustness": robustness(measured, config), "chance": 0.1}
    report["models"] = dict.fromkeys(many)
    curves(report, "shift", tmp_path)
    assert Image.open(tmp_path / "x.png").size[1] <= 1500, "too high to be read at a glance"


def test_the_table_has_every_number() -> None:
    report, level = report_of("dense", "cnn"), report_of("dense", "cnn", shares=LOWER)
    differences = level["robustness"].kinds[0].differences
    differences[0] = replace(differences[0], difference=[-0.0004] * 7, intervals=[[-0.0004, 0.0004]] * 7)
    text = robustness_in_markdown(report["robustness"])
    assert text.count("\n### ") == len(KINDS) + 1
    assert "| 3 | 0.400 (0.3" in text
    assert "| +0.200 (0.1" in text
    assert "these models cannot tell" in text
    assert "−0.000" not in text + robustness_in_markdown(level["robustness"]), "nothing has no sign"
    layer = report["robustness"].stability["cnn"].layers[2]
    assert f"pool1 {layer.trained.change:.3f} ({layer.untrained.change:.3f})" in text
    widths = {line.count(" | ") for line in text.split("### ")[1].splitlines() if line.startswith("| ")}
    assert len(widths) == 1, "rows of different lengths are no table"
    assert robustness_in_markdown(None) == ""


def test_each_line_is_its_models_and_the_legend_has_its_colour(recording: Recording, tmp_path: Path) -> None:
    report = report_of("dense", "cnn", num_seeds=2, robustness={"seeds": "all"})
    figure = curves(report, "noise", tmp_path)
    assert figure.alt.endswith("Untouched: dense 80.0 %, cnn 90.0 %.")
    drawn = recording.last
    entries = next(one for one in report["robustness"].kinds if one.kind == "noise").models
    lines = [line for line in drawn.marks(0, "None") if len(line.values) == 7]
    dots, spans = drawn.marks(0, "o"), drawn.spans(0)
    for place, (model, entry) in enumerate(entries.items()):
        assert lines[place].values[:, 1].tolist() == entry.accuracy, model
        assert spans[place][1][:, :, 1].tolist() == entry.intervals, "the interval of another model"
        of_seeds = [one.values[:, 1].tolist() for one in dots[2 * place : 2 * place + 2]]
        assert of_seeds == list(entry.values.values()), "a dot is one training"
        colours = {lines[place].colour, spans[place][0], dots[2 * place].colour, drawn.text(model).colour}
        assert colours == {MODEL_COLOURS[place]}, "the legend gives a line to another model"
        share = f"{100 * entry.accuracy[3]:.0f} %"
        assert drawn.beside(drawn.text(model).y, 1, 920) == [model, share], "at the middle strength"
    assert drawn.text("At 45 gray levels")
    assert drawn.text("cnn").y < drawn.text("dense").y, "the better one first"
    assert drawn.text("dotted: guessing, 10 %")
    [guessing] = [line for line in drawn.marks(0, "None") if line.style == ":"]
    assert guessing.values[:, 1].tolist() == [0.1, 0.1]


@pytest.mark.parametrize("kind", KINDS)
def test_each_example_stands_under_its_strength(kind: str, recording: Recording, tmp_path: Path) -> None:
    examples = in_steps(IMAGES, kind)
    np.testing.assert_array_equal(examples[0], IMAGES[0], "the first is the untouched one")
    curves(report_of("dense", "cnn"), kind, tmp_path)
    drawn = recording.last
    assert drawn.height == HEIGHT
    axes = drawn.axes[0]
    for example, strength in zip(examples, axes.get_xticks(), strict=True):
        [tile] = drawn.showing(garment(example, BLOCK))
        assert tile.middle[0] == pytest.approx(axes.transData.transform((strength, 0))[0], abs=1)


def test_every_curve_has_the_same_scale(tmp_path: Path, recording: Recording) -> None:
    for kind in KINDS:
        curves(report_of("dense", "cnn"), kind, tmp_path)
        low, high = recording.last.axes[0].get_ylim()
        assert (low, high) == (0, 1), f"{kind}: two pictures of different scales cannot be compared"
