"""The page's arithmetic: its scripts in Node, by hand, and against Keras and SciPy."""

import base64
import itertools
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from configs.networks import Cnn, Dense
from data.perturbations import KINDS
from model.networks.build import build
from model.page.networks import live_network

HERE = Path(__file__).parent
SCRIPTS = HERE.parents[1] / "model" / "page" / "scripts"
NUM_CLASSES = 4
APART = 1e-4  # of the largest value of a layer: float32 sums in another order
RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (200, 28, 28), dtype=np.uint8)
PICTURES[:, :, :9] = 0  # garments are black in part, and the page leaves zeros out
NETWORKS = [
    Dense(),
    Dense(units=(16, 8), batch_normalization=True, dropout=0.3),
    Dense(units=()),
    Cnn(filters=(4, 6), units=(8,)),
    Cnn(filters=(4, 6), units=(8,), padding="same", pooling="average", batch_normalization=True, dropout=0.2),
    Cnn(filters=(4, 6), units=(8,), padding="same", pooling="strides", kernel_size=5),
    Cnn(filters=(4, 6), units=(), pooling="none", kernel_size=4, padding="same"),
    Cnn(filters=((4, 3), (5, 2), (3, 4)), units=(8,), padding="same"),
    Cnn(filters=(12, 6), units=(8,), kernels="hand_made", batch_normalization=True),
    Cnn(filters=(4, 6), units=(8,), flip_at_test=True),
    Cnn(filters=((4, 3), 5), units=(), padding="same", batch_normalization=True, flip_at_test=True),
]
MATRIX = [
    Cnn(
        filters=filters, units=(8,), padding=padding, pooling=pooling, kernel_size=size, batch_normalization=n
    )
    for filters, padding, pooling, size, n in itertools.product(
        ((4,), (4, 6), ((4, 3), 5)),
        ("valid", "same"),
        ("max", "average", "strides", "none"),
        (1, 3, 5),
        (False, True),
    )
]

pytestmark = [
    pytest.mark.numeric,
    pytest.mark.skipif(shutil.which("node") is None, reason="the page's scripts are tested in Node.js"),
]


def node(*arguments: str | Path) -> str:
    """What a script in Node says; where it fails, its complaint is the test's."""
    done = subprocess.run(["node", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def exported(script: str, name: str, told: str) -> Any:
    """What is told, in JavaScript, of something that a script of the page exports."""
    text = f'import {{ {name} }} from "{SCRIPTS.as_uri()}/{script}"; console.log(JSON.stringify({told}));'
    return json.loads(node("--input-type=module", "--eval", text))


def as_text(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()


def name(network: Dense | Cnn) -> str:
    return "-".join(str(value) for value in network.model_dump().values())


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Dense | Cnn], tuple[keras.Model, dict[str, Any]]]:
    """A network with weights at random, as Keras has it and as the page does."""

    def make(network: Dense | Cnn) -> tuple[keras.Model, dict[str, Any]]:
        model = build(network, NUM_CLASSES, seed=1)
        for variable in model.variables:  # statistics of a normalization and biases that are not 0, too
            if variable.ndim == 1:
                variable.assign(RNG.uniform(0.2, 0.8, variable.shape))
        path = tmp_path / "model.keras"
        model.save(path)
        return model, live_network(path, network, NUM_CLASSES, PICTURES[:20])

    return make


def by_keras(
    model: keras.Model, names: Sequence[str], pictures: np.ndarray = PICTURES
) -> dict[str, np.ndarray]:
    """The outputs of some layers, one row of numbers for each picture."""
    outputs = [model.get_layer(one).output for one in names]
    found = keras.Model(model.inputs, outputs).predict(pictures[..., None] / np.float32(255), verbose=0)
    arrays = found if isinstance(found, list) else [found]
    return {one: np.asarray(array) for one, array in zip(names, arrays, strict=True)}


def by_page(
    live: dict[str, Any], sizes: dict[str, int], folder: Path, off: dict[str, Any]
) -> dict[str, np.ndarray]:
    """The same by the page's scripts, (pictures, numbers) a layer."""
    given = {"network": live, "pictures": as_text(PICTURES), "off": off, "layers": list(sizes)}
    (folder / "in.json").write_text(json.dumps(given, default=as_text))
    node(HERE / "run_networks.mjs", folder / "in.json", folder / "out.bin")
    rows = np.fromfile(folder / "out.bin", np.float32).reshape(len(PICTURES), -1)
    ends = np.cumsum(list(sizes.values()))[:-1]
    return dict(zip(sizes, np.split(rows, ends, axis=1), strict=True))


def assert_equal(keras_: dict[str, np.ndarray], page: dict[str, np.ndarray]) -> None:
    for layer, expected in keras_.items():
        expected = expected.reshape(len(PICTURES), -1)
        apart = np.abs(page[layer] - expected).max() / np.abs(expected).max()
        assert apart < APART, f"the page's {layer} is {apart:.1e} of its largest value away from Keras's"
    answers = [found["probabilities"].reshape(len(PICTURES), -1).argmax(axis=1) for found in (keras_, page)]
    assert np.array_equal(*answers), "the page gives other answers than Keras"


def test_the_scripts_are_right_by_hand() -> None:
    assert "# fail 0" in node("--test", "--test-reporter=tap", *sorted(HERE.glob("*.test.mjs")))


@pytest.mark.parametrize("network", NETWORKS, ids=name)
def test_the_page_computes_what_keras_does(network: Dense | Cnn, saved: Any, tmp_path: Path) -> None:
    model, live = saved(network)
    expected = by_keras(model, [layer["name"] for layer in live["layers"] if layer["kind"] != "flatten"])
    sizes = {layer: array[0].size for layer, array in expected.items()}
    assert_equal(expected, by_page(live, sizes, tmp_path, {}))
    for layer, limit in live["limits"].items():
        largest = float(np.percentile(expected[layer][:20], 99.5))
        assert limit == pytest.approx(largest, rel=1e-3), f"the scale of {layer}'s maps is not theirs"


@pytest.mark.deep
@pytest.mark.parametrize("network", MATRIX, ids=name)
def test_the_page_computes_what_keras_does_for_all_kinds(network: Cnn, saved: Any, tmp_path: Path) -> None:
    test_the_page_computes_what_keras_does(network, saved, tmp_path)


@pytest.mark.deep
def test_the_page_computes_the_course_network(saved: Any, tmp_path: Path) -> None:
    test_the_page_computes_what_keras_does(Cnn(), saved, tmp_path)


def test_the_arithmetic_shown_is_kerass(saved: Any, tmp_path: Path) -> None:
    model, live = saved(Cnn(filters=(4, 6), units=(8,), padding="same", batch_normalization=True))
    expected = by_keras(model, ["conv1", "pool1", "conv2", "pool2"])
    places = []
    for number in range(50):
        layer = "conv1" if number % 2 else "conv2"
        picture, (side, _, filters) = int(RNG.integers(200)), expected[layer].shape[1:]
        row, column, one = (int(RNG.integers(end)) for end in (side, side, filters))
        places.append({"picture": picture, "layer": layer, "filter": one, "row": row, "column": column})
    given = {"network": live, "pictures": as_text(PICTURES), "places": places}
    (tmp_path / "in.json").write_text(json.dumps(given, default=as_text))
    for place, found in zip(
        places, json.loads(node(HERE / "run_workings.mjs", tmp_path / "in.json")), strict=True
    ):
        picture, layer, one, row, column = place.values()
        largest = np.abs(expected[layer]).max()
        value = expected[layer][picture, row, column, one]
        assert abs(found["value"] - value) < APART * largest, f"the number shown of {place} is not Keras's"
        assert found["value"] == max(found["linear"], 0), f"ReLU of {place}"
        pooled = expected[layer.replace("conv", "pool")][picture, row // 2, column // 2, one]
        assert abs(found["result"] - pooled) < APART * largest, (
            f"the pooled number shown of {place} is not Keras's"
        )


@pytest.mark.parametrize("flips", [False, True])
def test_a_filter_switched_off_is_the_plain_way(flips: bool, saved: Any, tmp_path: Path) -> None:
    model, live = saved(Cnn(filters=(4, 6), units=(8,), flip_at_test=flips))
    outputs = [model.get_layer(one).output for one in ("conv1", "conv2", "dense1")]
    rest = keras.Model(outputs[0], outputs[1:])
    views = []
    for pictures in (PICTURES, PICTURES[:, :, ::-1])[: 1 + flips]:
        maps = by_keras(model, ["conv1"], pictures)["conv1"].copy()
        maps[..., 2] = 0.125
        views.append(rest.predict(maps, verbose=0))
    last = model.get_layer("probabilities")(np.mean([units for _, units in views], axis=0))
    expected = {"conv2": views[0][0], "probabilities": np.asarray(last)}
    sizes = {layer: array[0].size for layer, array in expected.items()}
    assert_equal(expected, by_page(live, sizes, tmp_path, {"conv1": {"2": 0.125}}))


class First:
    """Stands in for a generator of random numbers: of all directions it draws the first."""

    def integers(self, end: int) -> int:
        return 0


def test_the_page_has_every_kind_as_far_as_the_run_measures_it() -> None:
    found = exported("perturb.js", "KINDS", "Object.entries(KINDS).map(([kind, { most }]) => [kind, most])")
    expected = {kind: what.strengths[-1] for kind, what in KINDS.items()}
    assert dict(found) == expected, (
        "KINDS in data/perturbations.py and in page/scripts/perturb.js differ: the page drops what it lacks"
    )


@pytest.mark.parametrize("kind", ["shift", "rotation", "blur", "contrast"])
def test_pictures_are_changed_as_the_run_changes_them(kind: str, tmp_path: Path) -> None:
    strengths = KINDS[kind].strengths[1:]
    changes = [{"kind": kind, "strength": strength, "way": "up"} for strength in strengths]
    few = PICTURES[:10]
    (tmp_path / "in.json").write_text(json.dumps({"pictures": as_text(few), "changes": changes}))
    found = json.loads(node(HERE / "run_perturb.mjs", tmp_path / "in.json"))
    for strength, text in zip(strengths, found, strict=True):
        page = np.frombuffer(base64.b64decode(text), np.uint8).reshape(few.shape)
        expected = KINDS[kind].change(few, strength, iter([First()] * len(few)))  # type: ignore[list-item]
        apart = np.abs(page.astype(int) - expected)
        assert apart.max() <= 1, f"{kind} of {strength}: a pixel is {apart.max()} levels away from the run's"
        assert (apart > 0).mean() < 0.01, f"{kind} of {strength}: more than rounding differs"
