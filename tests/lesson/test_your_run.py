"""The lesson on trained networks: by hand against Keras and plain loops, and what is refused."""

import itertools
import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from configs.schema import Cnn, ConfigError
from data.splits import Split
from model.lesson.arithmetic import work_by_hand
from model.lesson.your_run import lesson_run, read_filter
from model.networks.build import build
from model.run.folder import RunError

pytestmark = pytest.mark.numeric

NETWORKS = {
    "cnn": {"filters": (6, 5)},
    "same": {"filters": (3, 4), "padding": "same", "pooling": "average", "batch_normalization": True},
    "wide": {"filters": (3, 2), "kernel_size": 5, "padding": "same", "pooling": "none"},
    "strides": {"filters": (3, 4), "pooling": "strides"},
    "strides, same": {"filters": (3, 4), "kernel_size": 4, "padding": "same", "pooling": "strides"},
    "even": {"filters": (3, 2), "kernel_size": 2, "padding": "same", "batch_normalization": True},
    "two before a pooling": {"filters": ((3, 2), (4,))},
    "two before strides": {"filters": ((3, 2), (4,)), "pooling": "strides", "batch_normalization": True},
    "mirrored": {"filters": (3, 2), "batch_normalization": True, "flip_at_test": True},
}
CONFIG = """
name: trained
seeds: [3, 4]
models:
  dense: {architecture: dense, units: [8]}
  cnn: {architecture: cnn, filters: [6, 5], units: [8]}
"""
CLASSES = tuple("abcdefghij")


@pytest.fixture(scope="module")
def test_split() -> Split:
    images = np.random.default_rng(0).integers(0, 256, (12, 28, 28), np.uint8)
    return Split(images, np.arange(12, dtype=np.uint8) % 10)


def save(network: Cnn, path: Path) -> keras.Model:
    """A network with weights, biases and statistics as after training, none of them 0 or 1."""
    model = build(network, len(CLASSES), seed=1)
    generator = np.random.default_rng(2)
    model.set_weights(
        [
            w + generator.uniform(0.01, 0.2, w.shape).astype(np.float32) * (w.ndim == 1)
            for w in model.get_weights()
        ]
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    model.save(path)
    return model


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("outputs") / "trained"
    save(Cnn(filters=(6, 5), units=(8,)), folder / "cnn" / "seed-3" / "model.keras")
    (folder / "config.yaml").write_text(CONFIG)
    return folder


def told(run: Path, test: Split, **options: Any) -> str:
    lines: list[str] = []
    with TemporaryDirectory() as outputs:
        lesson_run(run, Path(outputs), test, CLASSES, lines.append, **options)
        assert lines.pop() == f"Look   {outputs}/lesson/your-run.png"
        content = json.loads((Path(outputs) / "lesson" / "your-run.json").read_text())
        assert np.sum(content["products"]) == pytest.approx(next(iter(content["steps"].values())))
        with Image.open(Path(outputs) / "lesson" / "your-run.png") as image:
            assert image.size == (1200, 675)
    assert max(map(len, lines)) <= 80, "80 columns"
    return "\n".join(lines)


def differences(text: str) -> list[float]:
    """All that the Keras lines say about how far the two are apart."""
    parts = re.findall(r"([0-9.e−]+) apart", text[text.index("Keras:") :])
    return [float(part.replace("−", "-")) for part in parts]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("layer", ["conv1", "conv2"])
def test_by_hand_equals_keras_for_every_kind_of_network(
    name: str, layer: str, tmp_path: Path, test_split: Split
) -> None:
    network = Cnn(units=(8,), **NETWORKS[name])  # type: ignore[arg-type]
    names = [one.name for one in save(network, tmp_path / "model.keras").layers]
    for index in range(2):
        work = read_filter(tmp_path / "model.keras", network, 10, layer, index, test_split.images[0])
        hand = work_by_hand(work, None)
        # float32 sums of up to 75 products against float64: some 1e-6 of the largest, by whatever order
        tolerance = 1e-5 * max(1.0, float(np.abs(work.keras_map).max()))
        np.testing.assert_allclose(hand.map, work.keras_map, atol=tolerance, err_msg=f"{name} {layer}")
        assert hand.value == hand.map.max(), "without a place, the largest of the map is shown"
        assert (hand.pooled is not None) == names[names.index(layer) + 1].startswith("pool")
        if hand.pooled is not None and work.keras_pooled is not None:
            np.testing.assert_allclose(hand.pooled, work.keras_pooled, atol=tolerance)


def test_one_place_equals_plain_loops(tmp_path: Path, test_split: Split) -> None:
    network = Cnn(filters=(3, 4), units=(8,), padding="same", batch_normalization=True)
    save(network, tmp_path / "model.keras")
    work = read_filter(tmp_path / "model.keras", network, 10, "conv2", 2, test_split.images[1])
    for row, column in ((0, 0), (6, 7), (13, 13), (0, 13)):
        hand = work_by_hand(work, (row, column))
        total = 0.0
        for i, j, c in itertools.product(*map(range, work.kernel.shape)):
            r, k = row + i - 1, column + j - 1
            inside = 0 <= r < work.reads.shape[0] and 0 <= k < work.reads.shape[1]
            total += float(work.reads[r, k, c]) * float(work.kernel[i, j, c]) if inside else 0.0
        assert hand.total == pytest.approx(total, abs=1e-9)
        assert hand.linear == pytest.approx(total + work.bias, abs=1e-9)
        n = work.normalization
        assert n is not None, "a normalized network must show its normalization"
        normalized = n.scale * (total + work.bias - n.mean) / n.deviation + n.shift
        assert hand.normalized == pytest.approx(normalized, abs=1e-9)
        assert hand.value == max(hand.normalized, 0)
        assert hand.beyond_border == ((row, column) != (6, 7)), "at the border the window holds zeros"


def test_one_place_of_a_convolution_with_strides_equals_plain_loops(
    tmp_path: Path, test_split: Split
) -> None:
    network = Cnn(filters=(3, 4), units=(8,), padding="same", pooling="strides")
    save(network, tmp_path / "model.keras")
    work = read_filter(tmp_path / "model.keras", network, 10, "conv1", 1, test_split.images[1])
    for row, column in ((0, 0), (6, 7), (13, 13), (0, 13)):
        hand = work_by_hand(work, (row, column))
        padded = np.pad(work.reads[..., 0], (0, 1))  # 14 steps of 2 and 3 pixels need 29: one after
        window = padded[2 * row : 2 * row + 3, 2 * column : 2 * column + 3]
        assert hand.linear == pytest.approx(float((window * work.kernel[..., 0]).sum()) + work.bias, abs=1e-6)
        assert hand.beyond_border == (13 in (row, column)), "zeros stand at the bottom and right only"


def test_the_first_layer_is_told_product_by_product(run: Path, test_split: Split) -> None:
    text = told(run, test_split, filter_="3", at="10,12")
    for words in (
        "cnn, seed 3: filter 3 of conv1 (6 filters, maps of 26 x 26)",
        "on test picture 0 (a)",
        "at row 10, column 12 (the first is 0)",
        "sum of all 9 products",
        "bias",
        "ReLU",
        "pool1, row 5, column 6",
    ):
        assert words in text, text
    assert "where the map is largest" not in text
    assert text.count("×") == 1
    assert differences(text)
    assert max(differences(text)) < 1e-5, text


def test_the_sums_on_screen_add_up(run: Path, test_split: Split) -> None:
    text = told(run, test_split, layer="conv2", filter_="1", image=11)
    assert "on test picture 11 (b)" in text
    assert "where the map is largest" in text
    values = {
        line[3:33].strip(): float(line[34:44].replace("−", "-"))
        for line in text.splitlines()
        if re.match(r"   (map|other|sum|bias)", line)
    }
    shares = [v for k, v in values.items() if k.startswith(("map", "other"))]
    assert len(shares) == 6, "five slices and the rest, of the six maps that conv2 reads"
    assert sum(shares) == pytest.approx(values["sum of all 54 products"], abs=4e-5)
    assert values["sum of all 54 products"] + values["bias"] == pytest.approx(values["sum + bias"], abs=2e-5)


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("conv1", ["(no pooling follows conv1)"]),
        ("conv2", ["It reads the 3 maps of conv1", "pool1, row 1, column 1"]),
        ("conv3", ["It reads the 2 maps of pool1", "pool2, row 1, column 1"]),
    ],
)
def test_each_layer_is_told_with_its_neighbours(
    layer: str, expected: list[str], tmp_path: Path, test_split: Split
) -> None:
    save(Cnn(filters=((3, 2), (4,)), units=(8,)), tmp_path / "cnn" / "seed-3" / "model.keras")
    (tmp_path / "config.yaml").write_text(CONFIG.replace("[6, 5]", "[[3, 2], [4]]"))
    text = told(tmp_path, test_split, layer=layer, at="2,3")
    assert all(words in text for words in expected), text


def test_a_place_that_pooling_leaves_out_is_told(run: Path, test_split: Split) -> None:
    assert "pool2 leaves this place out" in told(run, test_split, layer="conv2", at="10,3")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"model": "dense"}, "--model dense: dense has no convolutions; .* choose one of: cnn"),
        ({"model": "vgg"}, r"--model vgg: vgg is not in this run \(dense, cnn\)"),
        ({"seed": 0}, "--seed 0: the run has no such seed; expected one of 3, 4"),
        ({"layer": "conv3"}, "--layer conv3: the convolutions of cnn are conv1, conv2"),
        ({"layer": "pool1"}, "--layer pool1: the convolutions of cnn are conv1, conv2"),
        ({"filter_": "6"}, "--filter 6: conv1 of cnn has 6 filters; expected 0 to 5"),
        ({"filter_": "-1"}, "--filter -1: with a run, expected the number of a filter from 0 on"),
        ({"at": "26,0"}, "--at 26,0: .* conv1, which is 26 x 26: 0,0 to 25,25"),
        ({"at": "0,26"}, "--at 0,26: "),
        ({"at": "11,0", "layer": "conv2"}, "conv2, which is 11 x 11: 0,0 to 10,10"),
        ({"at": "-1,0"}, "--at -1,0: expected ROW,COLUMN"),
        ({"at": "middle"}, "--at middle: expected ROW,COLUMN"),
        ({"at": "1,2,3"}, "--at 1,2,3: expected ROW,COLUMN"),
        ({"image": 12}, "--image 12: .* expected 0 to 11"),
    ],
)
def test_what_the_run_does_not_have_is_refused(
    run: Path, test_split: Split, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(ConfigError, match=text):
        told(run, test_split, **options)


def test_a_missing_training_names_the_others(run: Path, test_split: Split) -> None:
    with pytest.raises(RunError, match=r"seed-4/model.keras is missing; of cnn, the run has .* seeds 3"):
        told(run, test_split, seed=4)


def test_a_damaged_model_is_refused(tmp_path: Path, test_split: Split) -> None:
    (tmp_path / "cnn" / "seed-3").mkdir(parents=True)
    (tmp_path / "config.yaml").write_text(CONFIG)
    with pytest.raises(RunError, match="the run has no trained cnn"):
        told(tmp_path, test_split)
    (tmp_path / "cnn" / "seed-3" / "model.keras").write_bytes(b"not a model")
    with pytest.raises(RunError, match=r"model\.keras"):
        told(tmp_path, test_split)


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, test_split: Split) -> None:
    with pytest.raises(RunError):
        told(tmp_path / "nothing", test_split)
