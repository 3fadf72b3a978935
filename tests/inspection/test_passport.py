"""Passports, from planted networks whose every answer is known, and the intervals of a filter's worth."""

import json
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from keras import Model
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm
from scipy.stats import t as student

from configs.schema import Cnn, Dense
from data.splits import Split, Splits
from model.inspection.figures import draw_inspection
from model.inspection.files import DenseInspection, Inspection, read_inspection
from model.inspection.inspect import inspect
from model.networks.build import build
from model.networks.facts import layer_facts
from model.worth.scores import Answers, increase_interval, measure_worth, paired_interval, ranks, score
from tests.benchmark.ablation import plain_ablation

pytestmark = pytest.mark.numeric

SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], np.float32)
EDGE, DEAD, TWIN, ALWAYS = 0, 1, 2, 3  # what is planted in which filter of conv1; 4 is left as it was
NETWORK = Cnn(filters=(5, 4), units=(16,))
MORE = 3  # images, changed as far as any is


def make_splits() -> Splits:
    """Three classes of bright rectangles on black: upright, lying, square."""
    rng = np.random.default_rng(11)

    def draw(num: int) -> Split:
        labels = rng.integers(0, 3, num).astype(np.uint8)
        images = np.zeros((num, 28, 28), np.uint8)
        for image, label in zip(images, labels, strict=True):
            height, width = [(16, 5), (5, 16), (9, 9)][label] + rng.integers(-2, 3, 2)
            row, column = rng.integers(2, 26 - height), rng.integers(2, 26 - width)
            image[row : row + height, column : column + width] = rng.integers(90, 256)
        return Split(images, labels)

    names = ("upright", "lying", "square")
    return Splits(draw(200), draw(100), draw(150), names, "Rectangles", "drawn", "0" * 64)


def plant() -> Model:
    """A network of which three filters are set by hand, and one is a copy of another, with its readers."""
    model = build(NETWORK, num_classes=3, seed=2)
    kernel, bias = model.get_layer("conv1").get_weights()
    kernel[:, :, 0, EDGE] = 0.3 * SOBEL
    kernel[:, :, :, DEAD] = 0
    kernel[:, :, :, TWIN] = kernel[:, :, :, 4]
    kernel[:, :, 0, ALWAYS] = 0.1
    bias[ALWAYS] = 0.5
    model.get_layer("conv1").set_weights([kernel, bias])
    reader, bias = model.get_layer("conv2").get_weights()
    reader[:, :, TWIN] = reader[:, :, 4]
    model.get_layer("conv2").set_weights([reader, bias])
    return model


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Model, Path, list[tuple[str, float]]]:
    folder, told = tmp_path_factory.mktemp("inspection"), []
    model = plant()
    untrained = build(NETWORK, num_classes=3, seed=2)
    facts = layer_facts(NETWORK, 3)
    inspect(model, untrained, facts, make_splits(), 2, folder, told.append)
    return model, folder, told


def as_input(split: Split) -> np.ndarray:
    return split.images[..., None] / np.float32(255)


def mean_loss(probabilities: np.ndarray, split: Split) -> float:
    return float(-np.log(probabilities[np.arange(len(split.labels)), split.labels]).mean())


def losses(probabilities: np.ndarray, split: Split) -> np.ndarray:
    return -np.log(probabilities[np.arange(len(split.labels)), split.labels])


def by_hand(increases: np.ndarray) -> list[list[float]]:
    """The intervals of a layer's loss increases (filters, n), filter by filter, with some images more."""
    num_filters, num = increases.shape
    farthest = [end(0.0, end(value for row in increases for value in row)) for end in (min, max)]
    reach = student.ppf(1 - 0.025 / num_filters, num + MORE - 1)
    intervals = []
    for row in increases:
        low, high = ([*map(float, row), *[float(more)] * MORE] for more in farthest)
        below, above = (reach * statistics.stdev(values) / (num + MORE) ** 0.5 for values in (low, high))
        intervals.append([statistics.mean(low) - below, statistics.mean(high) + above])
    return intervals


def passports_of(folder: Path, layer: str) -> list[dict[str, Any]]:
    passports = json.loads((folder / "passports.json").read_text(), parse_constant=pytest.fail)
    return [p for p in passports if p["layer"] == layer]


def test_planted_filters_get_the_passports_they_must(planted: tuple[Model, Path, Any]) -> None:
    passports = passports_of(planted[1], "conv1")
    edge, dead, twin, always, other = passports
    assert edge["kernel_match"]["name"] == "vertical edge"
    assert edge["kernel_match"]["similarity"] == pytest.approx(1)
    assert edge["orientation_degrees"] == pytest.approx(90, abs=2)
    assert dead["dead"], "a filter of zeros must be called dead"
    assert [p["index"] for p in passports if p["dead"]] == [DEAD]
    assert dead["top_images"] == dead["median_images"] == [], "no image excites a dead filter"
    assert len(edge["top_images"]) == 9
    assert dead["ablation"]["answers"] == {"changed": 0, "became_wrong": 0, "became_right": 0}
    assert dead["ablation"]["loss_increase"] == pytest.approx(0, abs=1e-6)
    assert [p["index"] for p in passports if p["saturated"]] == [ALWAYS]
    assert always["active_share"] == pytest.approx(1, abs=1e-6), "a mean of ones, taken in float32"
    assert always["background"] == {"before_relu": 0.5, "after_relu": 0.5}
    # the copy stands elsewhere in each vector, where its sums may be taken in another order
    assert twin["kernel_match"]["name"] == other["kernel_match"]["name"]
    assert twin["kernel_match"]["nearest"] == other["kernel_match"]["nearest"]
    assert twin["kernel_match"]["similarity"] == pytest.approx(other["kernel_match"]["similarity"], abs=1e-9)
    assert twin["orientation_degrees"] == pytest.approx(other["orientation_degrees"], abs=0.01)
    for key in ("class_selectivity", "mean"):
        assert twin[key] == pytest.approx(other[key], abs=1e-5), (
            f"a copy of a filter must have the same {key}"
        )
    strongest = [[image["activation"] for image in one["top_images"]] for one in (twin, other)]
    assert strongest[0] == pytest.approx(strongest[1], abs=1e-5), "a copy must be excited as much"
    assert twin["ablation"]["answers"] == other["ablation"]["answers"]
    assert twin["ablation"]["loss_increase"] == pytest.approx(other["ablation"]["loss_increase"], abs=1e-6)


def test_the_untrained_network_is_looked_at_too(planted: tuple[Model, Path, Any]) -> None:
    folder, splits = planted[1], make_splits()
    before = build(NETWORK, num_classes=3, seed=2)
    right = before(as_input(splits.test)).numpy().argmax(-1) == splits.test.labels
    layers = json.loads((folder / "layers.json").read_text())
    assert layers["untrained_accuracy"] == pytest.approx(right.mean()), "not what the control answers"
    for name in ("conv1", "conv2"):
        maps = Model(before.input, before.get_layer(name).output)(as_input(splits.test)).numpy()
        for passport in passports_of(folder, name):
            values = maps[..., passport["index"]]
            top = passport["untrained"]["top_images"]
            strongest = np.sort(values.max(axis=(1, 2)))[::-1][:3]
            assert [t["activation"] for t in top] == pytest.approx(strongest[strongest > 0], abs=1e-5)
            for t in top:
                there = values[t["index"], t["row"], t["column"]]
                assert there == pytest.approx(t["activation"], abs=1e-5), "the map is not that large there"


def test_answers_are_those_of_the_plain_way(planted: tuple[Model, Path, Any]) -> None:
    model, folder, _ = planted
    splits = make_splits()
    passports = json.loads((folder / "passports.json").read_text())
    constants = {
        name: np.array([p["mean"] for p in passports_of(folder, name)]) for name in ("conv1", "conv2")
    }
    without = plain_ablation(model, splits.test.images, constants)
    pixels = splits.test.images[..., None] / np.float32(255)
    right = model(pixels).numpy().argmax(-1) == splits.test.labels
    for passport, probabilities in zip(passports, without, strict=True):
        still = probabilities.argmax(-1) == splits.test.labels
        drop = passport["ablation"]["accuracy_drop"]
        assert abs(drop * len(still) - (right.sum() - still.sum())) <= 1, "one image of rounding, no more"
        low, high = passport["ablation"]["interval"]
        assert low <= drop <= high
        increase = losses(probabilities, splits.test) - losses(model(pixels).numpy(), splits.test)
        assert passport["ablation"]["loss_increase"] == pytest.approx(increase.mean(), abs=1e-5)


def test_ranks_follow_the_validation_loss(planted: tuple[Model, Path, Any]) -> None:
    """And only those are ranked of which that can be told from 0."""
    model, folder, _ = planted
    validation = make_splits().validation
    intact = losses(model(as_input(validation)).numpy(), validation)
    for layer in ("conv1", "conv2"):
        passports = passports_of(folder, layer)
        constants = {layer: np.array([p["mean"] for p in passports])}
        plain = plain_ablation(model, validation.images, constants)
        increases = np.array([losses(answers, validation) - intact for answers in plain])
        means = [p["ablation"]["validation_loss_increase"] for p in passports]
        assert means == pytest.approx(increases.mean(axis=1), abs=1e-5), "not the validation images' loss"
        ends = [p["ablation"]["validation_loss_interval"] for p in passports]
        np.testing.assert_allclose(ends, by_hand(increases), atol=1e-5)
        ranked = [i for i, (low, _) in enumerate(ends) if low > 0 and passports[i]["mean"] != 0]
        assert {i for i, p in enumerate(passports) if p["rank"] is not None} == set(ranked)
        order = sorted(ranked, key=lambda i: -means[i])
        assert [passports[i]["rank"] for i in order] == list(range(1, len(order) + 1))


def test_files_hold_what_was_promised(planted: tuple[Model, Path, Any]) -> None:
    model, folder, told = planted
    with np.load(folder / "filters.npz") as filters:
        kernel, bias = model.get_layer("conv2").get_weights()
        assert (filters["conv2/kernel"] == kernel).all()
        assert (filters["conv2/bias"] == bias).all()
    with np.load(folder / "activations.npz") as maps, np.load(folder / "untrained.npz") as control:
        assert maps["images"].shape == (6, 28, 28), "two images of each of three classes"
        assert maps["images"].dtype == np.uint8
        assert maps["labels"].tolist() == [0, 0, 1, 1, 2, 2]
        assert (maps["images"] == make_splits().test.images[maps["indices"]]).all()
        for key in ("conv1", "pool1", "conv2", "pool2"):
            assert maps[key].shape == control[key].shape
        assert "conv1/before_relu" in maps
        assert "conv1/kernel" in control
    layers = json.loads((folder / "layers.json").read_text())
    assert [layer["name"] for layer in layers["layers"]] == ["conv1", "pool1", "conv2", "pool2"]
    assert layers["layers"][2]["receptive_field"] == {"size": 8, "stride": 2, "offset": 0}
    assert layers["layers"][0]["num_dead"] == 1
    assert layers["keep_best"]["conv2"]["kept"] == [1, 2, 3, 4]
    assert layers["keep_best"]["conv2"]["full"] == layers["accuracy"]
    # all filters kept is the same network by other sums: rounding may turn one image of the 150
    assert layers["keep_best"]["conv2"]["best"][-1] == pytest.approx(layers["accuracy"], abs=1.1 / 150)
    shares = told
    assert shares == sorted(shares), "progress must not go back"
    assert shares[-1] == 1


def test_a_second_convolution_that_reads_one_filter_is_no_first(tmp_path: Path) -> None:
    network = Cnn(filters=(1, 4), units=(8,))
    model, untrained, splits = build(network, 3, seed=1), build(network, 3, seed=0), make_splits()
    inspect(model, untrained, layer_facts(network, 3), splits, 1, tmp_path, lambda *_: None)
    [first] = passports_of(tmp_path, "conv1")
    assert first["kernel_match"] is not None
    assert first["heaviest_slices"] is None
    for passport in passports_of(tmp_path, "conv2"):
        assert passport["kernel_match"] is None, "a kernel that does not read the image has no picture"
        assert [s["channel"] for s in passport["heaviest_slices"]] == [0]
    figures = draw_inspection(tmp_path, splits.test, splits.class_names, tmp_path / "figures", "cnn")
    assert "conv2-filters.png" in [figure.path.name for figure in figures]


def test_several_convolutions_before_a_pooling_are_inspected_one_by_one(tmp_path: Path) -> None:
    network = Cnn(filters=((3, 4), (2,)), units=(8,))
    model, untrained, splits = build(network, 3, seed=1), build(network, 3, seed=0), make_splits()
    inspect(model, untrained, layer_facts(network, 3), splits, 1, tmp_path, lambda *_: None)
    layers = json.loads((tmp_path / "layers.json").read_text())["layers"]
    assert [layer["name"] for layer in layers] == ["conv1", "conv2", "pool1", "conv3", "pool2"]
    assert [len(passports_of(tmp_path, name)) for name in ("conv1", "conv2", "conv3")] == [3, 4, 2]
    figures = draw_inspection(tmp_path, splits.test, splits.class_names, tmp_path / "figures", "cnn")
    assert not any(figure.fault for figure in figures)
    titles = {figure.path.stem: figure.title for figure in figures}
    pooled = [titles[f"{name}-activations"].partition("pooling: ")[2] for name in ("conv1", "conv2", "conv3")]
    assert pooled == ["", "576 numbers become 144", "100 numbers become 25"], "conv2 and conv3 are pooled"


def test_a_class_without_test_images_is_left_out(tmp_path: Path) -> None:
    network, splits = Cnn(filters=(3,), units=(8,)), make_splits()
    some = splits.test.labels != 1
    splits = replace(splits, test=Split(splits.test.images[some], splits.test.labels[some]))
    model, untrained = build(network, 3, seed=1), build(network, 3, seed=0)
    inspect(model, untrained, layer_facts(network, 3), splits, 1, tmp_path, lambda *_: None)
    for passport in passports_of(tmp_path, "conv1"):
        for key in ("class_mean", "class_selectivity"):
            assert [value is None for value in passport[key]] == [False, True, False]
    assert isinstance(read_inspection(tmp_path), Inspection)


def test_without_a_hidden_layer_the_classes_are_drawn(tmp_path: Path) -> None:
    network, splits = Dense(units=()), make_splits()
    model, untrained = build(network, 3, seed=1), build(network, 3, seed=0)
    inspect(model, untrained, layer_facts(network, 3), splits, 1, tmp_path, lambda *_: None)
    found = json.loads((tmp_path / "units.json").read_text(), parse_constant=pytest.fail)
    assert [unit["index"] for unit in found["units"]] == [0, 1, 2]
    answers = model(as_input(splits.test)).numpy()
    assert found["accuracy"] == pytest.approx((answers.argmax(-1) == splits.test.labels).mean())
    assert found["loss"] == pytest.approx(mean_loss(answers, splits.test), abs=1e-5)
    inspection = read_inspection(tmp_path)
    assert isinstance(inspection, DenseInspection)
    assert (inspection.kernel == model.get_layer("probabilities").get_weights()[0]).all()
    [figure] = draw_inspection(tmp_path, splits.test, splits.class_names, tmp_path, "softmax")
    assert figure.path.name == "probabilities-weights.png"
    assert figure.title.startswith("probabilities: weights of neighbouring pixels correlate by")
    assert figure.alt.endswith("A picture of weights for each of 3 classes."), "a class can't be taken out"


def test_a_normalized_dense_network_answers_as_it_does_and_shows_its_own_weights(tmp_path: Path) -> None:
    network, splits = Dense(units=(9, 7), batch_normalization=True), make_splits()
    model, untrained = build(network, 3, seed=1), build(network, 3, seed=0)
    rng = np.random.default_rng(3)
    for number in (1, 2):
        layer = model.get_layer(f"dense{number}_normalization")
        gamma, beta, mean = rng.uniform(-1.5, 1.5, (3, *layer.gamma.shape))
        layer.set_weights([gamma, beta, mean, rng.uniform(0.1, 2, beta.shape)])
    inspect(model, untrained, layer_facts(network, 3), splits, 1, tmp_path, lambda *_: None)
    kernel, bias = model.get_layer("dense1_linear").get_weights()
    with np.load(tmp_path / "filters.npz") as filters:
        assert (filters["dense1/kernel"] == kernel).all()
        assert (filters["dense1/bias"] == bias).all()
    found = json.loads((tmp_path / "units.json").read_text(), parse_constant=pytest.fail)
    answers = model(as_input(splits.test)).numpy()
    assert found["loss"] == pytest.approx(mean_loss(answers, splits.test), abs=1e-5), "folded wrongly"
    constants = {"dense1": np.array([u["mean"] for u in sorted(found["units"], key=lambda u: u["index"])])}
    plain = plain_ablation(model, splits.test.images, constants)
    for unit in found["units"]:
        expected = mean_loss(plain[unit["index"]], splits.test) - mean_loss(answers, splits.test)
        assert unit["ablation"]["loss_increase"] == pytest.approx(expected, abs=1e-5)


def test_a_filter_that_answers_to_mirror_images_alone_is_not_called_dead(tmp_path: Path) -> None:
    """A network that is asked about them, too, may name classes by it."""
    network, splits = Cnn(filters=(2,), kernel_size=3, units=(), flip_at_test=True), make_splits()
    images = np.tile(np.linspace(0, 255, 28).astype(np.uint8), (28, 1))  # brighter to the right
    parts = (splits.train, splits.validation, splits.test)
    splits = replace(
        splits,
        **{
            name: Split(np.repeat(images[None], len(part.labels), axis=0), part.labels)
            for name, part in zip(("train", "validation", "test"), parts, strict=True)
        },
    )
    model = build(network, 3, seed=0)
    kernel = np.zeros((3, 3, 1, 2), np.float32)
    kernel[:, 0, 0, 0], kernel[:, 2, 0, 0] = 1, -1  # bright at the left
    kernel[..., 1] = -1
    model.get_layer("conv1").set_weights([kernel, np.zeros(2, np.float32)])
    weights = model.get_layer("probabilities").get_weights()[0]
    weights.reshape(-1, 2, 3)[:, 0] = [0.0, 1.0, 0.0]
    model.get_layer("probabilities").set_weights([weights, np.array([0.1, 0.0, 0.0], np.float32)])
    inspect(model, build(network, 3, seed=1), layer_facts(network, 3), splits, 1, tmp_path, lambda *_: None)
    mirrored, never = json.loads((tmp_path / "passports.json").read_text(), parse_constant=pytest.fail)
    assert mirrored["ablation"]["answers"]["changed"] == len(splits.test.labels), "this test sees nothing"
    assert (mirrored["dead"], never["dead"]) == (False, True)


def test_dense_networks_get_their_units(tmp_path: Path) -> None:
    network, splits = Dense(units=(30, 7)), make_splits()
    model, untrained = build(network, 3, seed=1), build(network, 3, seed=0)
    kernel, bias = model.get_layer("dense1").get_weights()
    kernel[:, 5], bias[5] = 0, -1
    model.get_layer("dense1").set_weights([kernel, bias])
    inspect(model, untrained, layer_facts(network, 3), splits, 1, tmp_path, lambda *_: None)
    with np.load(tmp_path / "filters.npz") as filters:
        assert (filters["dense1/kernel"] == kernel).all()
    found = json.loads((tmp_path / "units.json").read_text(), parse_constant=pytest.fail)
    assert len(found["units"]) == 24
    assert 5 not in [u["index"] for u in found["units"]], "a unit that never answers is not among the best"
    unit = found["units"][0]
    before = model(as_input(splits.test)).numpy()
    kernel[:, unit["index"]], bias[unit["index"]] = 0, unit["mean"]
    model.get_layer("dense1").set_weights([kernel, bias])
    after = model(as_input(splits.test)).numpy()
    assert abs(unit["ablation"]["answers"]["changed"] - (after.argmax(-1) != before.argmax(-1)).sum()) <= 1
    expected = mean_loss(after, splits.test) - mean_loss(before, splits.test)
    assert unit["ablation"]["loss_increase"] == pytest.approx(expected, abs=1e-5)


def likelihood_interval(b: int, c: int, num: int, level: float) -> list[float]:
    """Tango's interval the long way: the likelihood maximised numerically, the ends found by a solver."""
    limit = norm.ppf((1 + level) / 2)

    def statistic(difference: float) -> float:
        def unlikely(rate: float) -> float:  # rate: of pairs where only the second is right
            first = rate + difference
            terms = [(b, first), (c, rate), (num - b - c, 1 - first - rate)]
            return -sum(count * np.log(max(p, 1e-300)) for count, p in terms if count)

        bounds = (max(0.0, -difference), (1 - difference) / 2)
        rate = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-13}).x
        return (b - c - num * difference) / np.sqrt(num * (2 * rate + difference * (1 - difference)))

    estimate = (b - c) / num
    return [
        brentq(lambda d: statistic(d) - limit, -0.9, estimate - 1e-9),
        brentq(lambda d: statistic(d) + limit, estimate + 1e-9, 0.9),
    ]


@pytest.mark.parametrize(("b", "c", "num"), [(12, 3, 200), (1, 0, 100), (30, 30, 500), (5, 40, 1000)])
def test_the_interval_is_tangos(b: int, c: int, num: int) -> None:
    low, high = paired_interval(np.array(b), np.array(c), np.array(num), 1)
    assert [float(low), float(high)] == pytest.approx(likelihood_interval(b, c, num, 0.95), abs=2e-5)
    low, high = paired_interval(np.array(b), np.array(c), np.array(num), 10)
    assert [float(low), float(high)] == pytest.approx(likelihood_interval(b, c, num, 0.995), abs=2e-5)


def test_intervals_of_all_filters_hold_together() -> None:
    rng = np.random.default_rng(0)
    num, filters, rounds = 10_000, 64, 200
    rates = rng.uniform(0, 0.01, (2, filters))
    missed = 0
    for _ in range(rounds):
        lost, gained = rng.binomial(num, rates)
        low, high = paired_interval(lost, gained, np.array(num), filters)
        difference = rates[0] - rates[1]
        missed += bool(((difference < low) | (difference > high)).any())
    assert missed / rounds <= 0.09, "more than 1 in 20 networks have an interval that misses"


def test_an_interval_without_any_change_has_room() -> None:
    low, high = paired_interval(np.array(0), np.array(0), np.array(10_000), 128)
    assert low == pytest.approx(-high)
    assert 0 < high < 0.002, "no change seen in 10,000 images does not prove that none can happen"
    assert paired_interval(np.array(0), np.array(0), np.array(0), 1)[1] == 0, "a class without images"


def test_worth_counts_answers() -> None:
    labels = np.array([0, 1, 1, 0], np.uint8)
    intact = Answers(np.array([0, 1, 0, 0], np.uint8), np.zeros(4, np.float32))
    without = Answers(
        np.array([[1, 1, 1, 2], [0, 1, 0, 0]], np.uint8), np.array([[1, 0, 0, 3], [0] * 4], np.float32)
    )
    ends = np.array([[0.4, 0.6], [-0.1, 0.1]])
    first, second = measure_worth(intact, without, labels, 3, np.array([0.5, 0.0]), ends)
    assert [one["validation_loss_interval"] for one in (first, second)] == ends.tolist()
    assert first["answers"] == {"changed": 3, "became_wrong": 2, "became_right": 1}
    assert first["accuracy_drop"] == 0.25
    assert first["loss_increase"] == 1
    assert [k["accuracy_drop"] for k in first["per_class"]] == [1.0, -0.5, 0.0]
    assert [k["loss_increase"] for k in first["per_class"]] == [2.0, 0.0, 0.0]
    assert second["answers"]["changed"] == 0


def test_what_can_t_be_told_from_0_and_what_is_silent_has_no_rank() -> None:
    increase = np.array([0.1, 0.3, 0.3, 0.9, 0.8])
    interval = np.stack([increase - [0.05, 0.1, 0.1, 0.9, 0.1], increase + 0.1], axis=1)
    silent = np.array([False, False, False, False, True])
    assert ranks(increase, interval, silent) == [3, 1, 2, None, None], "an interval that reaches 0 is noise"


def test_the_interval_of_a_loss_increase_has_room_for_images_that_were_not_seen() -> None:
    rng = np.random.default_rng(6)
    for increases in (rng.normal(0.1, 1, (3, 7)), np.array([[1.0, 0, 0, 0], [0.5] * 4]), np.zeros((2, 5))):
        np.testing.assert_allclose(increase_interval(increases), by_hand(increases), rtol=1e-9, atol=1e-12)
    alone = increase_interval(np.full((1, 1), 0.5))[0]
    assert alone[0] < 0, "one image proves nothing"


# Loss increases by image of filters that nothing is lost without, on average: noise alone.
NOISE: dict[str, Any] = {
    "of all alike": lambda rng, shape: rng.normal(size=shape),
    "nearly all 0": lambda rng, shape: rng.normal(size=shape) * (rng.random(shape) < 0.01),
    "nearly all 0, the others alike": lambda rng, shape: (
        rng.choice([-1.0, 1.0], shape) * (rng.random(shape) < 0.01)
    ),
    "heavy tails": lambda rng, shape: rng.standard_t(3, shape),
    "mostly a little up, seldom far down": lambda rng, shape: 1 - rng.exponential(size=shape),
    "nearly always a little up": lambda rng, shape: np.where(rng.random(shape) < 0.05, -0.95, 0.05),
}


@pytest.mark.parametrize("num_images", [10, 50, 500])
@pytest.mark.parametrize("noise", NOISE)
def test_noise_is_not_ranked(noise: str, num_images: int) -> None:
    rng = np.random.default_rng(3)
    rounds = [increase_interval(NOISE[noise](rng, (64, num_images))) for _ in range(200)]
    wrong = np.mean([(ends[:, 0] > 0).any() for ends in rounds])
    assert wrong <= 0.05, f"in {wrong:.0%} of the layers a filter is ranked that is worth nothing"


@pytest.mark.parametrize("share", [1.0, 0.1, 0.02])
def test_the_interval_of_a_loss_increase_covers_what_is_lost(share: float) -> None:
    rng = np.random.default_rng(5)
    shape = (64, 2000)
    rounds = [
        increase_interval(rng.exponential(size=shape) * (rng.random(shape) < share)) for _ in range(100)
    ]
    covered = np.mean([((ends[:, 0] <= share) & (share <= ends[:, 1])).all() for ends in rounds])
    assert covered >= 0.93
    told = np.mean([(ends[:, 0] > 0).mean() for ends in rounds])
    assert told > 0.5, "what is plainly lost, 40 images of 2,000 one nat each, must be seen"


def test_intervals_of_worth_hold_for_all_filters_and_for_all_filters_and_classes() -> None:
    """By hand: 3 looks at accuracy and at loss, and 3 x 2 at classes."""
    rng = np.random.default_rng(4)
    num, num_filters, num_classes = 400, 3, 2
    labels = rng.integers(0, num_classes, num).astype(np.uint8)
    right = rng.random((1 + num_filters, num)) < np.array([0.8, 0.7, 0.75, 0.78])[:, None]
    answers = np.where(right, labels, 1 - labels).astype(np.uint8)
    costs = rng.normal(0.5, 0.3, right.shape).astype(np.float32)
    found = measure_worth(
        *(Answers(answers[0], costs[0]), Answers(answers[1:], costs[1:])),
        *(labels, 2, np.zeros(3), np.zeros((3, 2))),
    )
    for still, increase, one in zip(right[1:], costs[1:] - costs[0], found, strict=True):
        lost, gained = right[0] & ~still, ~right[0] & still
        expected = likelihood_interval(lost.sum(), gained.sum(), num, 1 - 0.05 / 3)
        assert one["interval"] == pytest.approx(expected, abs=2e-5)
        reach = norm.ppf(1 - 0.025 / 3) * increase.std() / np.sqrt(num)
        expected = [increase.mean() - reach, increase.mean() + reach]
        assert one["loss_interval"] == pytest.approx(expected, abs=1e-5)
        for label, row in enumerate(one["per_class"]):
            of_class = labels == label
            counts = (lost & of_class).sum(), (gained & of_class).sum(), of_class.sum()
            expected = likelihood_interval(*counts, 1 - 0.05 / (3 * 2))
            assert row["interval"] == pytest.approx(expected, abs=2e-5), f"class {label}"


def test_scores_survive_extreme_logits() -> None:
    logits = np.array([[1000.0, 0.0], [0.0, -1000.0]], np.float32)
    found = score(logits, np.array([1, 0], np.uint8))
    assert found.losses.tolist() == [1000.0, 0.0]
    assert found.predictions.tolist() == [0, 0]
