"""Attributions against networks for which they are known exactly, and by hand."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

from configs.schema import Cnn, Dense
from data.splits import Split, Splits
from model.attribution.attribution import (
    Gradients,
    completeness_tolerance,
    explain,
    grad_cam,
    integrated_gradients,
    occlusion,
)
from model.networks.build import build
from model.networks.facts import layer_facts

pytestmark = pytest.mark.numeric

NETWORKS: dict[str, Dense | Cnn] = {
    "dense": Dense(units=(12,)),
    "valid, max": Cnn(filters=(3, 4), units=(8,)),
    "same, average, normalized": Cnn(
        filters=(3, 4), padding="same", pooling="average", batch_normalization=True, units=()
    ),
    "no pooling": Cnn(filters=(3,), kernel_size=5, pooling="none", units=()),
    "two before a pooling": Cnn(filters=((2, 3), (4, 3)), units=(8,)),
    "mirrored": Cnn(filters=(3, 4), units=(8,), batch_normalization=True, flip_at_test=True),
}


def grown(network: Dense | Cnn, seed: int = 0) -> keras.Model:
    """A network with weights like a trained one's: large, biases and normalization not at rest."""
    model = build(network, 5, seed)
    generator = np.random.default_rng(seed)
    weights = [w + generator.normal(0, 0.3, w.shape) for w in model.get_weights()]
    variances = [v.path.endswith("moving_variance") for v in model.variables if "seed" not in v.path]
    pairs = zip(weights, variances, strict=True)
    model.set_weights([np.abs(w) + 0.3 if positive else w for w, positive in pairs])
    return model


def opened(name: str) -> tuple[Gradients, keras.Model]:
    model = grown(NETWORKS[name])
    return Gradients(model, layer_facts(NETWORKS[name], 5)), model


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    """Garment-like pictures: blobs on black, float32 (12, 28, 28)."""
    generator = np.random.default_rng(3)
    spots = generator.uniform(0, 1, (12, 7, 7)).repeat(4, 1).repeat(4, 2)
    spots *= generator.uniform(0, 1, (12, 28, 28))
    spots[:, :4], spots[:, :, 24:] = 0, 0
    return spots.astype(np.float32)


TARGETS = np.arange(12) % 5


@pytest.mark.parametrize("name", NETWORKS)
def test_logits_are_what_softmax_gets(name: str, images: np.ndarray) -> None:
    network, model = opened(name)
    expected = model(images[..., None]).numpy()
    assert network.probabilities(images) == pytest.approx(expected, abs=1e-5)
    logits = network.logits(images)
    assert np.diff(logits, axis=1) == pytest.approx(np.diff(np.log(expected), axis=1), abs=1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_integrated_gradients_are_complete(name: str, images: np.ndarray) -> None:
    network, model = opened(name)
    maps, rows = integrated_gradients(network, images, TARGETS)
    last = model.get_layer("probabilities")
    body = keras.Model(model.input, last.input)
    kernel, bias = last.get_weights()

    def logits(pictures: np.ndarray) -> np.ndarray:  # a second way to the logits
        return body(pictures[..., None]).numpy() @ kernel + bias

    difference = (logits(images) - logits(np.zeros_like(images)))[np.arange(12), TARGETS]
    gap = np.abs(maps.sum(axis=(1, 2)) - difference)
    assert (gap <= 0.01 * np.abs(difference) + 0.0101).all(), f"sums miss the differences by {gap}"
    assert all(row["complete"] for row in rows)
    assert [row["difference"] for row in rows] == pytest.approx(difference.tolist(), abs=1e-3)
    assert (maps[images == 0] == 0).all(), "a black pixel, like the baseline's, is given a share"


def test_completeness_is_never_claimed_falsely(images: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    network, _ = opened("valid, max")
    monkeypatch.setattr("model.attribution.attribution.FIRST_STEPS", 1)
    monkeypatch.setattr("model.attribution.attribution.MOST_STEPS", 1)
    maps, rows = integrated_gradients(network, images, TARGETS)
    for values, row in zip(maps, rows, strict=True):
        gap = abs(float(values.sum(dtype=np.float64)) - row["difference"])
        assert row["complete"] == (gap <= completeness_tolerance(np.array(row["difference"])))
    assert not all(row["complete"] for row in rows), "one step can't be enough: the check does not check"


def test_finer_steps_go_on_from_the_coarser_ones(images: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    network, _ = opened("valid, max")
    monkeypatch.setattr("model.attribution.attribution.completeness_tolerance", np.zeros_like)

    def maps(first: int) -> np.ndarray:
        monkeypatch.setattr("model.attribution.attribution.FIRST_STEPS", first)
        found, rows = integrated_gradients(network, images, TARGETS)
        assert {row["steps"] for row in rows} == {36}
        return found

    monkeypatch.setattr("model.attribution.attribution.MOST_STEPS", 36)
    np.testing.assert_allclose(maps(4), maps(36), atol=1e-6, err_msg="a step is missing, or counts twice")


def linear() -> tuple[Gradients, np.ndarray]:
    """A network without hidden layers, and its weights (28, 28, classes)."""
    network = Dense(units=())
    model = grown(network)
    kernel = model.get_layer("probabilities").get_weights()[0]
    return Gradients(model, layer_facts(network, 5)), kernel.reshape(28, 28, 5)


def test_linear_integrated_gradients_are_weight_times_pixel(images: np.ndarray) -> None:
    network, weights = linear()
    maps, rows = integrated_gradients(network, images, TARGETS)
    expected = images * np.moveaxis(weights[..., TARGETS], -1, 0)
    assert maps == pytest.approx(expected, abs=1e-5)
    assert {row["steps"] for row in rows} == {16}


def test_linear_occlusion_is_the_sum_over_the_block(images: np.ndarray) -> None:
    network, weights = linear()
    maps = occlusion(network, images, TARGETS)
    share = images * np.moveaxis(weights[..., TARGETS], -1, 0)
    for row in range(0, 28, 4):
        for column in range(0, 28, 4):
            expected = share[:, row : row + 4, column : column + 4].sum(axis=(1, 2))
            block = maps[:, row : row + 4, column : column + 4]
            assert block == pytest.approx(np.broadcast_to(expected[:, None, None], (12, 4, 4)), abs=1e-4)
    assert (maps[:, :4] == 0).all(), "covering what is black already is given a worth"


@pytest.mark.parametrize("name", ["valid, max", "same, average, normalized", "no pooling", "mirrored"])
def test_grad_cam_by_hand(name: str, images: np.ndarray) -> None:
    """With no hidden layer the mean gradient is known: each pooled cell passes its weight to its block.

    Max pooling gives all of it to one cell of the block, average pooling a quarter to each, and what is
    summed up over the map is the same.
    """
    network = NETWORKS[name].model_copy(update={"units": ()})
    facts, model = layer_facts(network, 5), grown(network)
    layer = [fact for fact in facts if fact.kind == "conv"][-1].name
    maps = keras.Model(model.input, model.get_layer(layer).output)(images[..., None]).numpy()
    size, num_filters = maps.shape[1], maps.shape[3]
    kernel = model.get_layer("probabilities").get_weights()[0].reshape(-1, num_filters, 5)
    found = grad_cam(Gradients(model, facts), images, TARGETS)
    cells = [nearest(name, pixel, size) for pixel in range(28)]
    for i, target in enumerate(TARGETS):
        weights = kernel[:, :, target].sum(axis=0) / size**2
        weights = weights / 2 if name == "mirrored" else weights  # the picture has half of a say
        cam = np.maximum((maps[i] * weights).sum(axis=-1), 0)
        expected = np.array([[cam[row, column] for column in cells] for row in cells])
        assert found[i] == pytest.approx(expected, rel=1e-3, abs=1e-5 * float(maps[i].max()))
    assert len(set(cells)) == size, "a cell has no pixel of its own"


def nearest(name: str, pixel: int, size: int) -> int:
    """The cell whose receptive field has its centre nearest to a pixel, worked out by hand."""
    first, step = {
        "valid, max": (3.5, 2),  # 3, pooled 4, 3 more of stride 2: pixels 0 to 7
        "mirrored": (3.5, 2),  # the picture as it is
        "same, average, normalized": (0.5, 2),  # pixels -3 to 4
        "no pooling": (2.0, 1),  # pixels 0 to 4
    }[name]
    distances = [abs(pixel - first - step * cell) for cell in range(size)]
    return size - 1 - int(np.argmin(distances[::-1]))  # of two equally near the later


def test_grad_cam_needs_a_convolution(images: np.ndarray) -> None:
    network, _ = opened("dense")
    with pytest.raises(ValueError, match="this network has none"):
        grad_cam(network, images, TARGETS)


def test_what_is_seen_in_the_mirror_counts_as_much_as_what_is_seen_without(images: np.ndarray) -> None:
    """A picture and its mirror image have one answer, and explanations that are each other's mirror image."""
    network, _ = opened("mirrored")
    assert network.logits(images[:, :, ::-1]) == pytest.approx(network.logits(images), abs=1e-4)
    for method in (lambda *given: integrated_gradients(*given)[0], occlusion):
        maps, mirrored = (method(network, seen, TARGETS) for seen in (images, images[:, :, ::-1]))
        assert np.abs(maps - maps[:, :, ::-1]).max() > 0.01, "this test sees nothing"
        assert mirrored[:, :, ::-1] == pytest.approx(maps, abs=1e-4)


@pytest.mark.parametrize("name", ["dense", "valid, max", "mirrored"])
def test_explain_writes_what_it_claims(name: str, images: np.ndarray, tmp_path: Path) -> None:
    model, facts = grown(NETWORKS[name]), layer_facts(NETWORKS[name], 5)
    split = Split(np.rint(255 * images).astype(np.uint8), (np.arange(12) * 2 % 5).astype(np.uint8))
    splits = Splits(split, split, split, ("a", "b", "c/d", "e", "f"), "made up", "test", "0")
    shares: list[float] = []
    explain(model, build(NETWORKS[name], 5, 0), facts, splits, tmp_path, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    document = json.loads((tmp_path / "attributions.json").read_text())
    arrays = dict(np.load(tmp_path / "attributions.npz"))
    assert [e["index"] for e in document["images"]] == [0, 3, 1, 4, 2], "not the first picture of each class"
    assert arrays["indices"].tolist() == [0, 3, 1, 4, 2]
    applies = {method["name"]: method["applies"] for method in document["methods"]}
    assert applies == {"grad_cam": name != "dense", "integrated_gradients": True, "occlusion": True}
    assert ("grad_cam" in arrays) == (name != "dense"), "Grad-CAM of a network without convolutions"
    probabilities = model(split.images[..., None] / np.float32(255)).numpy()
    network = Gradients(model, facts)
    for place, entry in enumerate(document["images"]):
        answer = probabilities[entry["index"]]
        assert entry["target"] == answer.argmax(), "it explains another class than the network names"
        assert entry["score"] == pytest.approx(answer.max(), abs=1e-5)
        for who in entry["methods"].values():
            # asked in batches of another size, which sum in another order
            score = pytest.approx(entry["score"], abs=1e-5)
            assert who["own"]["deletion"][0] == score, "nothing is covered yet"
            assert who["own"]["insertion"][-1] == score, "all is uncovered"
        image = (split.images[entry["index"]] / np.float32(255))[None]
        [expected] = occlusion(network, image, np.array([entry["target"]]))
        assert arrays["occlusion"][place] == pytest.approx(expected, abs=1e-4)
    _, rows = integrated_gradients(network, split.images / np.float32(255), probabilities.argmax(axis=1))
    completeness = document["completeness"]
    assert completeness["num_complete"] == completeness["num_images"] == 12
    assert completeness["most_steps"] == max(row["steps"] for row in rows)
    assert completeness["mean_steps"] == pytest.approx(np.mean([row["steps"] for row in rows]))
    shares = [row["gap"] / row["tolerance"] for row in rows]
    assert completeness["largest_share_of_tolerance"] == pytest.approx(max(shares), abs=1e-3)
    for entry in document["images"]:
        assert entry["completeness"]["steps"] == rows[entry["index"]]["steps"]
        difference = rows[entry["index"]]["difference"]
        assert entry["completeness"]["difference"] == pytest.approx(difference, abs=1e-4), (
            "of another picture"
        )
    first = (tmp_path / "attributions.npz").read_bytes(), (tmp_path / "attributions.json").read_bytes()
    explain(model, build(NETWORKS[name], 5, 0), facts, splits, tmp_path)
    again = (tmp_path / "attributions.npz").read_bytes(), (tmp_path / "attributions.json").read_bytes()
    assert again == first, "the same explanation twice has other bits"


@pytest.mark.parametrize("name", ["dense", "valid, max"])
def test_the_untrained_network_is_asked_about_the_class_that_the_trained_one_names(
    name: str, images: np.ndarray, tmp_path: Path
) -> None:
    model, untrained, facts = (
        grown(NETWORKS[name]),
        grown(NETWORKS[name], seed=4),
        layer_facts(NETWORKS[name], 5),
    )
    split = Split(np.rint(255 * images).astype(np.uint8), (np.arange(12) * 2 % 5).astype(np.uint8))
    other = Split(np.zeros_like(split.images), split.labels)  # nothing of these must be looked at
    splits = Splits(other, other, split, ("a", "b", "c/d", "e", "f"), "made up", "test", "0")
    explain(model, untrained, facts, splits, tmp_path)
    entries = json.loads((tmp_path / "attributions.json").read_text())["images"]
    shown = [entry["index"] for entry in entries]
    targets = np.array([entry["target"] for entry in entries])
    pixels = (split.images[shown] / np.float32(255)).astype(np.float32)
    before = untrained(pixels[..., None]).numpy()
    assert (before.argmax(axis=1) != targets).any(), "this test sees nothing: both name the same classes"
    assert [entry["untrained_score"] for entry in entries] == pytest.approx(
        before[np.arange(5), targets], abs=1e-5
    )
    assert [entry["label"] for entry in entries] == split.labels[shown].tolist()
    methods = {"occlusion": occlusion, "integrated_gradients": lambda *asked: integrated_gradients(*asked)[0]}
    methods |= {} if name == "dense" else {"grad_cam": grad_cam}
    with np.load(tmp_path / "attributions.npz") as arrays:
        np.testing.assert_array_equal(arrays["images"], split.images[shown])
        np.testing.assert_array_equal(arrays["labels"], split.labels[shown])
        for method, explained in methods.items():
            for key, network in ((method, model), (f"{method}/untrained", untrained)):
                expected = explained(Gradients(network, facts), pixels, targets)
                scale = np.abs(expected).max()
                np.testing.assert_allclose(arrays[key], expected, atol=1e-4 * scale, err_msg=key)


def test_pictures_shown_need_not_be_among_those_tested(
    images: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("model.attribution.attribution.NUM_TESTED", 2)
    model, facts = grown(NETWORKS["dense"]), layer_facts(NETWORKS["dense"], 5)
    split = Split(np.rint(255 * images).astype(np.uint8), (np.arange(12) * 2 % 5).astype(np.uint8))
    splits = Splits(split, split, split, ("a", "b", "c/d", "e", "f"), "made up", "test", "0")
    explain(model, model, facts, splits, tmp_path)
    document = json.loads((tmp_path / "attributions.json").read_text())
    assert [entry["index"] for entry in document["images"]] == [0, 3, 1, 4, 2]
    assert document["faithfulness"]["num_images"] == 2, "the statement rests on pictures chosen to be shown"
