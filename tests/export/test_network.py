"""Networks in other forms: whatever kind of network it is, the file answers as Keras does, or is not kept."""

import runpy
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from configs.networks import Cnn, Dense
from data.splits import Split, Splits
from model.export import formats
from model.export.formats import CLASSES, FORMATS, SNIPPET
from model.export.network import difference, export_network
from model.networks.build import build
from model.run.jobs import JobFailed

pytestmark = pytest.mark.numeric

NAMES = ("=1+1", "日本語", "bag")
NETWORKS = {
    "cnn": Cnn(filters=(3, (2, 2)), units=(6,), pooling="average", batch_normalization=True, dropout=0.2),
    "mirrored": Cnn(filters=(3, 2), units=(6,), batch_normalization=True, flip_at_test=True),
    "dense": Dense(units=(5,), batch_normalization=True),
}
HERE = [name for name, form in FORMATS.items() if not form.missing]


@pytest.fixture(scope="module")
def splits() -> Splits:
    images = np.random.default_rng(0).integers(0, 256, (130, 28, 28), np.uint8)
    split = Split(images, (np.arange(130) % 3).astype(np.uint8))
    return Splits(split, split, split, class_names=NAMES, title="", source="", digest="")


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Networks as trainings leave them, whose classes differ from picture to picture."""
    folder = tmp_path_factory.mktemp("run")
    for name, network in NETWORKS.items():
        model = build(network, len(NAMES), seed=1)
        generator = np.random.default_rng(2)
        model.set_weights(
            [w + generator.uniform(0.01, 0.2, w.shape) * (w.ndim == 1) for w in model.get_weights()]
        )
        (folder / name / "seed-0").mkdir(parents=True)
        model.save(folder / name / "seed-0" / "model.keras")
    return folder


def export(saved: Path, splits: Splits, name: str, form: str, folder: Path):
    path = saved / name / "seed-0" / "model.keras"
    folder.mkdir(exist_ok=True)
    return export_network(
        splits, lambda _: None, saved=path, network=NETWORKS[name], name=name, form=form, folder=folder
    )


@pytest.mark.parametrize("form", HERE)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_file_answers_as_keras_does(name, form, saved, splits, tmp_path, monkeypatch, capsys):
    about = export(saved, splits, name, form, tmp_path)
    file = tmp_path / about["file"]
    files = [path for path in [file, *file.rglob("*")] if path.is_file()]
    assert about["bytes"] == sum(path.stat().st_size for path in files)
    assert about["compared"] == 130, "all test pictures, where there are fewer than 1,000"
    assert 0 <= about["largest_difference"] <= 1e-4
    images = (splits.test.images[:, :, :, None] / 255).astype(np.float32)
    expected = keras.saving.load_model(saved / name / "seed-0" / "model.keras").predict(images, verbose=0)
    np.testing.assert_allclose(FORMATS[form].open(file)(images), expected, atol=1e-4)
    program = (tmp_path / SNIPPET).read_text(encoding="utf-8")
    assert "as the training\npictures are (Fashion-MNIST: light on black)" in program, "others are otherwise"
    # the program beside it, as it is run elsewhere: on a picture in a file
    picture = 17
    Image.fromarray(splits.test.images[picture]).save(tmp_path / "picture.png")
    moved = shutil.copytree(tmp_path, tmp_path.with_name(f"{tmp_path.name}-moved"))
    monkeypatch.setattr(sys, "argv", [SNIPPET, str(moved / "picture.png")])
    runpy.run_path(str(moved / SNIPPET), run_name="__main__")
    best = expected[picture].argmax()
    assert capsys.readouterr().out.split() == [NAMES[best], f"{expected[picture][best]:.3f}"]
    assert (tmp_path / CLASSES).read_text(encoding="utf-8").split("\n") == [*NAMES, ""]


def test_a_file_that_answers_otherwise_is_not_kept(saved, splits, tmp_path, monkeypatch):
    def write(network, path, classes):
        weights = network.get_weights()
        weights[-1] = weights[-1] + [0, 0, 0.001]  # a bias: of most pictures only the probability changes
        network.set_weights(weights)
        network.save(path)

    monkeypatch.setitem(formats.FORMATS, "keras", replace(FORMATS["keras"], write=write))
    with pytest.raises(JobFailed, match=r"differ by up to \d\.\de-04; expected the same answers"):
        export(saved, splits, "dense", "keras", tmp_path)


def test_what_differs_is_told():
    same = np.array([[0.2, 0.8], [0.6, 0.4]], np.float32)
    assert difference(same, same + np.float32(9e-5)) == "", "rounding"
    other = np.array([[0.8, 0.2], [0.6, 0.4]], np.float32)
    assert "it answers 1 of 2 test pictures otherwise" in difference(same, other)
    close = np.array([[0.50002, 0.49998]], np.float32)
    assert difference(close, close[:, ::-1]) == "", "rounding decides between two that are as likely"
    clear = np.array([[0.50006, 0.49994]], np.float32)
    assert "it answers 1 of 1" in difference(clear, np.array([[0.49999, 0.50001]], np.float32))
    assert difference(same, np.full_like(same, np.nan)), "no number is none to be near to"
    assert "(2, 1)" in difference(same, same[:, :1])


def test_a_damaged_network_is_named(saved, splits, tmp_path):
    folder = shutil.copytree(saved, tmp_path / "run")
    path = folder / "dense" / "seed-0" / "model.keras"
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(JobFailed, match=r"model\.keras is damaged"):
        export(folder, splits, "dense", "keras", tmp_path / "out")
