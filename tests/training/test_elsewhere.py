"""How networks from elsewhere read pixels is found by what they get right, and a file is taken as it was."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from configs.networks import FAR
from data.splits import Split, Splits
from model.run.folder import RunFolder
from model.run.jobs import JobFailed
from model.training.elsewhere import best_order, take_in, try_pixels
from tests.networks_elsewhere import saved, sequential

pytestmark = pytest.mark.numeric

FORMS = ("unit", "byte", "standardised", "inverted")


def splits(num: int = 120) -> Splits:
    """Bright and dark pictures, and what lies between."""
    labels = np.arange(num, dtype=np.uint8) % 3
    images = np.random.default_rng(0).integers(0, 40, (num, 28, 28)) + 100 * labels[:, None, None]
    split = Split(np.clip(images, 0, 255).astype(np.uint8), labels)
    return Splits(split, split, split, ("dark", "grey", "bright"), "Shades", "made up", "0" * 64)


def told_by_brightness(path: Path, scale: float, offset: float, order: tuple[int, ...] = (0, 1, 2)) -> Path:
    """A network that tells the three by their mean pixel, `scale` times the byte plus `offset`, in logits."""
    from keras import layers

    model = sequential(layers.Flatten(), layers.Dense(3))
    middles = np.array([20, 120, 220]) * scale + offset
    kernel = np.repeat(2 * middles[None] / 784, 784, axis=0)
    bias = -(middles**2)
    sharp = 1 / scale**2
    model.set_weights([(kernel * sharp)[:, list(order)], (bias * sharp)[list(order)]])
    return saved(model, path)


@pytest.mark.parametrize(
    ("form", "scale", "offset"),
    [
        ("unit", 1 / 255, 0.0),
        ("byte", 1.0, 0.0),
        ("standardised", 1 / 255 / 0.353, -0.286 / 0.353),
        ("inverted", -1 / 255, 1.0),
    ],
)
def test_pixels_are_handed_over_as_they_are_answered_best(tmp_path, form, scale, offset):
    file = told_by_brightness(tmp_path / "it.keras", scale, offset)
    found = try_pixels(splits(), lambda told: None, files=[file, file], forms=FORMS)
    assert found["pixels"] == form, f"it reads {form}, and is right most often so: {found['right']}"
    assert found["right"][form] == 1
    assert found["images"] == 120
    assert found["order"] == (0, 1, 2), "its answers stand for the classes in their order"


def test_answers_in_another_order_count_as_they_fit_best(tmp_path):
    file = told_by_brightness(tmp_path / "it.keras", 1.0, 0.0, order=(2, 0, 1))
    found = try_pixels(splits(), lambda told: None, files=[file], forms=FORMS)
    assert (found["pixels"], found["right"]["byte"]) == ("byte", 0), (
        "by chance another form is right more often"
    )
    assert (found["right_in_order"]["byte"], found["order"]) == (1, (2, 0, 1)), (
        "for which class answers stand"
    )


def test_the_best_order_is_the_one_that_is_right_most_often():
    labels = np.tile([0, 0, 1, 1, 1], 40)
    share, order = best_order(np.tile([1, 1, 0, 0, 2], 40)[None], labels)
    assert (share, order) == (0.8, (1, 0, 2)), "answer 1 stands for class 0, and answer 0 for class 1"


@pytest.mark.parametrize(("pictures", "classes"), [(60, 10), (2000, 200)])
def test_an_order_that_fits_by_chance_is_none(pictures, classes):
    rng = np.random.default_rng(0)
    answers, labels = rng.integers(0, classes, (2, 1, pictures))
    share, _ = best_order(answers, labels[0])
    assert share - np.mean(answers == labels) < FAR / 2, (
        "a network that guesses is told to have learned its classes in another order"
    )


def test_few_pictures_tell_of_no_order():
    labels = np.arange(99) % 3
    assert best_order((labels[None] + 1) % 3, labels) == (0, (0, 1, 2))


def test_a_network_is_scored_and_its_metrics_tell_of_no_training(tmp_path):
    file = told_by_brightness(tmp_path / "original.keras", 1.0, 0.0)
    digest = sha256(file.read_bytes()).hexdigest()
    folder = tmp_path / "run" / "mine" / "seed-0"
    folder.mkdir(parents=True)
    asked = {
        "original": file,
        "pixels": "byte",
        "untried": "",
        "environment": {},
        "folder": folder,
        "identity": {"a": "b"},
    }
    with pytest.raises(JobFailed, match="how it reads pixels could not be measured: the worker died"):
        take_in(
            splits(),
            lambda told: None,
            sha256=digest,
            **asked | {"pixels": None, "untried": "the worker died"},
        )
    assert not list(folder.iterdir()), "it is scored as one that reads otherwise, perhaps"
    metrics = take_in(splits(), lambda told: None, sha256=digest, **asked)
    assert (metrics["accuracy"], metrics["original"], metrics["a"]) == (1, digest, "b")
    assert not {"epochs", "precision", "train_seconds"} & metrics.keys(), "nobody knows how it was trained"
    assert not (folder / "history.csv").exists()
    assert RunFolder(tmp_path / "run").metrics("mine", 0) == metrics, "it is not taken for the metrics of one"
    with pytest.raises(JobFailed, match="is not the file that this run was made of"):
        take_in(splits(), lambda told: None, sha256="0" * 64, **asked)
    with pytest.raises(JobFailed, match=r"gone\.keras is missing, .*: put the file back, or run"):
        take_in(splits(), lambda told: None, sha256=digest, **asked | {"original": tmp_path / "gone.keras"})
