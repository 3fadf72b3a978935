"""What is asked about perturbed images, and how much maps change: by hand, and a second way."""

import itertools
import json

import keras
import numpy as np
import pytest

from configs.schema import Cnn, Config, Dense
from data.perturbations import KINDS, kinds_for, move, perturb
from data.splits import Split, Splits
from model.networks.build import build
from model.robustness.files import measured_with
from model.robustness.measure import answers_to, map_changes, measure_robustness, num_questions
from model.run.jobs import JobFailed
from model.run.looks import Look
from model.run.saved import model_bytes

pytestmark = pytest.mark.numeric

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (30, 28, 28), dtype=np.uint8)
LABELS = (np.arange(30) % 3).astype(np.uint8)
SPLIT = Split(IMAGES, LABELS)
SPLITS = Splits(SPLIT, SPLIT, SPLIT, ("a", "b", "c"), "Nothing", "made up", "0")
CNN = Cnn(filters=(2, 3), units=())
STRENGTHS = {kind: what.strengths for kind, what in KINDS.items()}


def asked(source="auto", **settings):
    """What a config asks of the pictures of a source."""
    models = {"dense": {"architecture": "dense"}}
    data = {"source": source}
    return measured_with(
        Config.model_validate({"name": "a", "models": models, "data": data, "robustness": settings})
    )


def planted(pooling="max", scale=1.0, bias=0.0):
    """One convolution of 1 x 1 pixel whose map is the picture, times `scale`, plus `bias`."""
    model = build(Cnn(filters=(1,), kernel_size=1, pooling=pooling, units=()), 3, seed=0)
    model.get_layer("conv1").set_weights([np.full((1, 1, 1, 1), scale), np.full(1, bias)])
    return model


def rms_between(maps):
    """Root mean square of the distance between two different maps, over all pairs."""
    pairs = itertools.combinations(maps.reshape(len(maps), -1).astype(np.float64), 2)
    return np.sqrt(np.mean([((a - b) ** 2).sum() for a, b in pairs]))


def test_a_map_that_is_the_picture_changes_like_the_picture():
    moved = move(IMAGES, 0, 1)
    changes = map_changes(planted("none"), ["conv1"], IMAGES, moved)
    assert list(changes) == ["picture", "conv1"]
    distances = np.sqrt(((moved.astype(float) - IMAGES) ** 2).sum(axis=(1, 2)))
    np.testing.assert_allclose(changes["picture"], distances / rms_between(IMAGES), rtol=1e-4)
    np.testing.assert_allclose(changes["conv1"], changes["picture"], rtol=1e-5)


def test_a_constant_or_a_factor_does_not_count_as_steadiness():
    moved = move(IMAGES, 1, 0)
    plain = map_changes(planted("none"), ["conv1"], IMAGES, moved)["conv1"]
    other = map_changes(planted("none", scale=3, bias=5), ["conv1"], IMAGES, moved)["conv1"]
    np.testing.assert_allclose(other, plain, rtol=1e-3, err_msg="a large bias would make any map look steady")


def test_pooling_hides_a_step_within_its_block_and_shows_one_out_of_it():
    images = np.zeros((2, 28, 28), np.uint8)
    images[0, 4, 4] = 255  # a step to the right stays in the block of columns 4 and 5
    images[1, 4, 9] = 255  # a step to the right leaves that of 8 and 9
    changes = map_changes(planted(), ["conv1", "pool1"], images, move(images, 0, 1))
    # of one bright pixel each, moved or another's: root of 2 apart
    np.testing.assert_allclose(changes["conv1"], [1, 1], rtol=1e-5)
    np.testing.assert_allclose(changes["pool1"], [0, 1], atol=1e-6)


def test_maps_that_never_change_are_steady():
    dead = planted(scale=0.0)
    assert map_changes(dead, ["conv1"], IMAGES, move(IMAGES, 0, 1))["conv1"].tolist() == [0.0] * 30


@pytest.mark.parametrize(("count", "flips"), [(1, False), (30, False), (230, False), (30, True)])
def test_changes_are_those_of_maps_that_keras_gives(count, flips):
    images = RANDOM.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    network = CNN.model_copy(update={"flip_at_test": flips})  # whose maps are those of the picture as it is
    moved, model = move(images, -1, 0), build(network, 3, seed=1)
    found = map_changes(model, ["conv1", "pool1", "conv2", "pool2"], images, moved)
    for layer in ("conv1", "pool1", "conv2", "pool2"):
        plain = build(CNN, 3, seed=1)
        look = keras.Model(plain.inputs, plain.get_layer(layer).output)
        still, after = (look.predict(i[..., None] / np.float32(255), verbose=0) for i in (images, moved))
        distances = np.sqrt(((after - still) ** 2).sum(axis=(1, 2, 3)))
        expected = distances / rms_between(still) if count > 1 else [0]
        np.testing.assert_allclose(found[layer], expected, rtol=1e-3, err_msg=layer)


@pytest.mark.parametrize("network", [Dense(units=(8,)), CNN.model_copy(update={"flip_at_test": True})])
def test_answers_are_those_to_each_perturbed_image(network):
    model, indices = build(network, 3, seed=0), np.arange(30)
    shares = []
    answers = answers_to(model, IMAGES, indices, STRENGTHS, shares.append)
    assert shares == pytest.approx([number / len(KINDS) for number in range(1, len(KINDS) + 1)])
    for kind, what in KINDS.items():
        assert answers[kind].dtype == np.uint8
        for place, strength in enumerate(what.strengths):
            pixels = perturb(IMAGES, indices, kind, strength)[..., None] / np.float32(255)
            expected = model.predict(pixels, verbose=0)
            given = expected[np.arange(30), answers[kind][place]]
            # in batches of another size rounding may decide between two that are as likely
            np.testing.assert_allclose(
                given, expected.max(axis=1), atol=1e-5, err_msg=f"{kind} at {strength}"
            )


SEED = 3  # of the training that is asked


def measure(folder, network=CNN, saved_from=SEED, **settings):
    """Ask a network whose weights are those that a seed starts with."""
    saved = folder / "model.keras"
    saved.parent.mkdir(parents=True, exist_ok=True)
    saved.write_bytes(model_bytes(build(network, 3, seed=saved_from)))
    look = Look("a", SEED, network, asked(**settings), saved, folder, {"config_digest": "c"})
    measure_robustness(SPLITS, lambda value: None, look)
    with np.load(folder / "robustness.npz") as file:
        return dict(file), json.loads((folder / "robustness.json").read_text())


def test_the_first_images_of_each_class_are_asked_and_the_file_says_with_what(tmp_path):
    arrays, record = measure(tmp_path, images_per_class=2)
    assert arrays["indices"].tolist() == [0, 3, 1, 4, 2, 5]
    assert arrays["labels"].tolist() == [0, 0, 1, 1, 2, 2]
    assert all(arrays[f"answers/{kind}"].shape == (7, 6) for kind in KINDS)
    assert record == {"config_digest": "c", "settings": asked(images_per_class=2)}
    assert record["settings"] != asked(images_per_class=3), "more images are another matter"
    assert record["settings"] == asked(images_per_class=2, seeds="all"), (
        "asking other seeds, too, must not ask this one again"
    )


def test_made_up_lines_are_not_turned(tmp_path):
    """A line that rises, turned by 45 degrees, lies: it is of another class."""
    arrays, record = measure(tmp_path, source="lines", images_per_class=2)
    kinds = kinds_for("lines")
    assert list(record["settings"]["strengths"]) == kinds
    assert [name for name in arrays if name.startswith("answers/")] == [f"answers/{kind}" for kind in kinds]


def test_before_training_is_the_control_and_here_nothing_was_trained(tmp_path):
    arrays, _ = measure(tmp_path, images_per_class=5)
    layers = ["picture", "conv1", "pool1", "conv2", "pool2"]
    assert [name for name in arrays if name.startswith("changes/trained/")] == [
        f"changes/trained/{layer}" for layer in layers
    ]
    for layer in layers:
        np.testing.assert_array_equal(
            arrays[f"changes/trained/{layer}"],
            arrays[f"changes/untrained/{layer}"],
            "the same weights, and other changes",
        )


def test_the_saved_network_answers_and_the_control_has_the_seeds_first_weights(tmp_path):
    arrays, _ = measure(tmp_path, saved_from=8, images_per_class=4)
    indices = arrays["indices"]
    images = IMAGES[indices]
    assert (indices != np.arange(12)).any(), "this test sees nothing: places and images are the same"
    expected = answers_to(build(CNN, 3, seed=8), images, indices, STRENGTHS, lambda share: None)
    for kind in KINDS:
        np.testing.assert_array_equal(arrays[f"answers/{kind}"], expected[kind], kind)
    moved, layers = perturb(images, indices, "shift", 1), ["conv1", "pool1", "conv2", "pool2"]
    for state, seed in (("trained", 8), ("untrained", SEED)):
        for layer, change in map_changes(build(CNN, 3, seed), layers, images, moved).items():
            found = arrays[f"changes/{state}/{layer}"]
            np.testing.assert_allclose(found, change, rtol=1e-4, err_msg=f"{state} {layer}")


def test_all_images_can_be_asked_and_dense_networks_have_no_maps(tmp_path):
    arrays, _ = measure(tmp_path, Dense(units=(4,)), images_per_class="all")
    assert arrays["indices"].tolist() == list(range(30))
    assert not [name for name in arrays if name.startswith("changes/")]


def test_the_cost_counts_every_image_shown():
    # six perturbed images of each kind and the untouched one; still and moved, trained and untrained
    each = 6 * len(KINDS) + 1 + 4
    assert num_questions(asked(images_per_class=2), LABELS) == 6 * each
    assert num_questions(asked(images_per_class="all"), LABELS) == 30 * each
    assert num_questions(asked(images_per_class=1000), LABELS) == 30 * each
    of_lines = each - 6 * (len(KINDS) - len(kinds_for("lines")))
    assert num_questions(asked("lines", images_per_class=2), LABELS) == 6 * of_lines, "lines are not turned"


def test_a_model_that_cannot_be_loaded_is_named(tmp_path):
    look = Look("cnn", 0, CNN, asked(), tmp_path / "model.keras", tmp_path / "x", {})
    with pytest.raises(JobFailed, match=r"model.keras is missing; get the whole folder"):
        measure_robustness(SPLITS, lambda value: None, look)
    assert not (tmp_path / "x").exists(), "nothing may be written where nobody was asked"
