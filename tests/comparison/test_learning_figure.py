"""The picture of learning: whose curves stand in which panel, and which is training, which validation."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from model.comparison import learning_figure
from model.report.canvas import MODEL_COLOURS
from tests.comparison.test_accuracy_figure import report_of
from tests.recording import Recording
from tests.records import draw

LEARNING = {  # accuracy and validation accuracy of every epoch, by model and seed
    "dense": {0: ([0.6, 0.7], [0.65, 0.74]), 1: ([0.62, 0.72], [0.67, 0.76])},
    "cnn": {0: ([0.8, 0.9, 0.95], [0.82, 0.88, 0.89]), 1: ([0.7, 0.86], [0.72, 0.84])},
}


def histories() -> dict[str, dict[int, dict[str, np.ndarray]]]:
    return {
        model: {
            seed: {
                "accuracy": np.array(training),
                "val_accuracy": np.array(validation),
                "val_loss": 1 - np.array(validation),
                "learning_rate": np.linspace(0.004, 0.0 if model == "cnn" else 0.002, len(training)),
            }
            for seed, (training, validation) in seeds.items()
        }
        for model, seeds in LEARNING.items()
    }


def test_each_panel_has_the_curves_of_the_model_above_it(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"dense": 0.85, "none": 0.8, "cnn": 0.9}, num_seeds=2)
    figure = draw(learning_figure.learning, report, tmp_path / "3.png", histories=histories())
    drawn = recording.last
    assert len(drawn.axes) == 2, "a model without curves has no panel"
    for place, (model, seeds) in enumerate(LEARNING.items()):
        left, top, width, _ = drawn.box(place)
        assert left + width < (drawn.box(place + 1)[0] if place + 1 < len(LEARNING) else 1200), (
            "a panel runs into its neighbour or off the sheet"
        )
        middle = left + width / 2
        assert any(abs(text.x - middle) < 1 for text in drawn.texts if text.string == "epoch")
        assert drawn.beside(top - 30, 4, left - 2, left + width) == [model]
        colour = MODEL_COLOURS[2 * place]  # that of the model in all pictures: the second has none here
        curves = drawn.marks(place)
        assert {curve.colour for curve in curves if curve.symbol != "D"} == {colour}
        for style, kind in (("--", 0), ("-", 1)):
            shown = [curve for curve in curves if curve.style == style and curve.symbol != "D"]
            *single, mean = [curve.values[:, 1].tolist() for curve in shown]
            assert single == [columns[kind] for columns in seeds.values()], (
                "dashed: training, solid: validation"
            )
            both = np.array([columns[kind][:2] for columns in seeds.values()])
            assert mean == pytest.approx(both.mean(axis=0)), "thick: the mean, as far as all seeds go"
            assert shown[-1].values[0, 0] == 1, "the first epoch is 1"
        [diamond] = drawn.marks(place, "D")
        last = max(len(columns[0]) for columns in seeds.values())
        assert diamond.values[0, 1] == report["models"][model]["accuracy"]["mean"], "of this model"
        assert last < diamond.values[0, 0] < last + 1, "behind its last epoch"
    assert "Dashed: training pictures, scored while the network learns. Solid: validation." in drawn.reading
    assert "lag" not in drawn.reading, "the dashed line may run above"
    assert "cnn ends at a learning rate near 0: more epochs mean another schedule" in drawn.reading
    assert figure.alt.endswith("Last change of validation accuracy, in points: dense +9.00, cnn +6.50.")


def test_what_makes_training_pictures_harder_is_said_of_the_models_that_have_it() -> None:
    on = {"a": ["dropout", "augmentation"], "b": ["augmentation"], "c": []}
    models = {name: SimpleNamespace(disturbed_by=kinds) for name, kinds in on.items()}
    curves = {name: histories()["dense"] for name in on}
    told = learning_figure.learning_reading(curves, models)  # type: ignore[arg-type]
    assert "while the network learns, with dropout in a and augmentation in a and b. Solid" in told
    assert "schedule" not in told


def test_all_panels_have_one_scale_on_which_everything_is_in_sight(
    recording: Recording, tmp_path: Path
) -> None:
    report = report_of({"dense": 0.5, "none": 0.8, "cnn": 0.99}, num_seeds=2)
    draw(learning_figure.learning, report, tmp_path / "3.png", histories=histories())
    scales = [axes.get_ylim() for axes in recording.last.axes]
    assert scales[0] == scales[1], "curves of two models are compared by eye"
    assert scales[0][0] < 0.5 < 0.99 < scales[0][1], "a test score lies outside the panel"


def test_models_without_a_training_have_no_panel(recording: Recording, tmp_path: Path) -> None:
    report = report_of({"dense": 0.85})
    report["data"]["validation"] = 1000
    curves = {"cnn": {}, "dense": {0: histories()["dense"][0]}}
    figure = draw(learning_figure.learning, report, tmp_path / "3.png", histories=curves)
    assert figure.title == "dense still improves at epoch 2", "a model that was not trained is in the title"
    assert len(recording.last.axes) == 1, "a panel without curves"
    none = {"cnn": {}, "dense": {}}
    nothing = draw(learning_figure.learning, report | {"models": {}}, tmp_path / "x.png", histories=none)
    assert nothing.title == "No training was finished"
