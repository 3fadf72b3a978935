"""The made-up images are what they claim, and a network trained on them shows filters that say so."""

from pathlib import Path

import numpy as np
import pytest

from configs.schema import Cnn, Data, load
from data import lines
from data.splits import Splits
from tests.conftest import IN_TURN

pytestmark = pytest.mark.numeric

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "configs" / "lines.yaml"


@pytest.fixture(scope="module")
def splits() -> Splits:
    return lines.load(Data(source="lines", validation_images=2000))


def test_sizes_and_classes(splits: Splits) -> None:
    for split, size in ((splits.train, 10_000), (splits.validation, 2000), (splits.test, 2000)):
        assert split.images.shape == (size, 28, 28)
        assert split.images.dtype == split.labels.dtype == np.uint8
        counts = np.bincount(split.labels)
        assert counts.tolist() == [size // 5] * 5, f"not as many of each class: {counts}"
    assert len(splits.class_names) == 5
    assert splits.title == "Lines"


def test_images_are_always_the_same(splits: Splits) -> None:
    again = lines.load(Data(source="lines", validation_images=2000))
    assert again.digest == splits.digest
    assert np.array_equal(again.train.images, splits.train.images), "one digest, two sets of images"
    other = lines.load(Data(source="lines", validation_images=2000, split_seed=1))
    assert other.digest == splits.digest, "the split's seed changed the images, not only who is held out"
    assert not np.array_equal(other.validation.images, splits.validation.images), "split_seed does nothing"


def test_test_images_are_new(splits: Splits) -> None:
    known = {image.tobytes() for image in splits.train.images}
    assert not any(image.tobytes() in known for image in splits.test.images), "test images were trained on"


@pytest.mark.parametrize(("angle", "ahead"), [(0, (0, 1)), (45, (-1, 1)), (90, (-1, 0)), (135, (-1, -1))])
def test_angles_are_the_passports(angle: int, ahead: tuple[int, int]) -> None:
    one = np.array([14.0])
    [image] = lines.draw_lines(np.array([angle]), one, one, np.array([9.0]), np.array([1.0]))
    for step in (-2, 2):
        row, column = (14 + step * part for part in ahead)
        assert image[row, column] > 0.9, f"{angle} degrees misses ({row}, {column})"
        assert image[14 - step * ahead[1], 14 + step * ahead[0]] < 0.1, f"{angle} degrees is turned by 90"


def test_ink_is_length_times_thickness() -> None:
    middle = np.array([13.5])
    [line] = lines.draw_lines(np.array([0]), middle, middle, np.array([9.0]), np.array([2.0]))
    [dot] = lines.draw_dots(middle, middle, np.array([18.0]))
    assert line.sum() == pytest.approx(18, rel=1e-5)
    assert dot.sum() == pytest.approx(18, rel=0.1), "dots have another amount of ink: classes differ by it"


def test_lines_are_as_thin_and_faint_as_when_networks_were_measured_on_them(splits: Splits) -> None:
    ground = 255 * lines.NOISE / (1 + 2 * lines.NOISE)
    assert splits.train.images.mean() - ground == pytest.approx(5.19, rel=0.01), "in gray levels, of 255"


def test_orientation_can_be_seen_without_a_network(splits: Splits) -> None:
    """The direction of the mean gradient, smoothed by eye's rule: the structure tensor of the images."""
    images = splits.test.images.astype(float)
    down, right = np.gradient(images, axis=(1, 2))
    double = np.arctan2(2 * (right * down).sum((1, 2)), (right**2 - down**2).sum((1, 2)))
    # a gradient stands across its line; rows count downwards, so angles change sign
    degrees = (90 - np.rad2deg(double) / 2) % 180
    for label, angle in enumerate(lines.ANGLES):
        vectors = np.exp(2j * np.deg2rad(degrees[splits.test.labels == label]))
        mean = np.rad2deg(np.angle(vectors.mean())) / 2 % 180
        assert _apart(mean, angle) < 5, f"{lines.CLASS_NAMES[label]} is at {mean:.0f} degrees"


def _apart(one: float, other: float) -> float:
    """Degrees between two orientations."""
    distance = abs(one - other) % 180
    return min(distance, 180 - distance)


def test_class_is_not_told_by_brightness(splits: Splits) -> None:
    means = splits.test.images.mean(axis=(1, 2))
    of_class = np.array([means[splits.test.labels == label].mean() for label in range(5)])
    assert np.ptp(of_class) < 0.35 * means.std(), f"mean brightness tells the classes: {of_class}"


def _orientations_hold(splits: Splits, seed: int) -> tuple[float, list[str]]:
    """Train the config's network: its test accuracy, and what does not hold, in words."""
    import tensorflow as tf

    from model.inspection.kernels import measure_tuning, preferred_orientation
    from model.networks.take_apart import take_apart
    from model.training.train import train

    config = load(CONFIG)
    network = config.models["cnn"]
    assert isinstance(network, Cnn)
    recipe = config.training_of("cnn")
    model, _ = train(network, recipe, None, splits.train, splits.validation, 5, seed, IN_TURN)
    inputs, labels = splits.test.images[..., None] / np.float32(255), splits.test.labels
    predict = tf.function(lambda x: model(x, training=False))

    def losses() -> np.ndarray:
        probabilities = predict(tf.constant(inputs)).numpy()
        return np.array([-np.log(np.maximum(probabilities[labels == k, k], 1e-12)).mean() for k in range(5)])

    accuracy = np.mean(predict(tf.constant(inputs)).numpy().argmax(axis=1) == labels)
    [tuning] = measure_tuning(take_apart(model))
    orientations, _ = preferred_orientation(tuning)
    layer, before = model.get_layer("conv1"), losses()
    kernel, bias = layer.get_weights()
    raised = []
    for index in range(len(bias)):
        keep = np.arange(len(bias)) != index
        layer.set_weights([kernel * keep, bias * keep])
        raised.append(losses() - before)
    layer.set_weights([kernel, bias])
    problems = []
    for label, angle in enumerate(lines.ANGLES):
        index = int(np.array(raised)[:, label].argmax())
        found = orientations[index]
        if found is None or _apart(found, angle) > 22.5:
            problems.append(f"{lines.CLASS_NAMES[label]} needs filter {index}, which prefers {found}")
    return float(accuracy), problems


def test_a_network_finds_the_orientations(splits: Splits) -> None:
    accuracy, problems = _orientations_hold(splits, seed=0)
    assert 0.90 <= accuracy <= 0.97, f"accuracy {accuracy:.3f}: the noise is not what it was"
    assert not problems, problems


@pytest.mark.deep
def test_networks_of_ten_seeds_find_the_orientations(splits: Splits) -> None:
    results = [_orientations_hold(splits, seed) for seed in range(10)]
    print(*results, sep="\n")
    assert all(0.90 <= accuracy <= 0.97 for accuracy, _ in results), [a for a, _ in results]
    held = sum(not problems for _, problems in results)
    assert held >= 9, f"{held} of 10 seeds: {[problems for _, problems in results]}"
