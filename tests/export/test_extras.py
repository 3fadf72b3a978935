"""Every kind of network in every form, with the packages that it takes, in an environment of its own."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from model.export.formats import FORMATS
from tests.conftest import ROOT
from tests.program.test_versions import PROJECT, environment, oldest
from tests.strangers.sets import Pictures

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
NEEDED = [one for form in FORMATS.values() if form.extra for one in EXTRAS[form.extra]]
NUM_CLASSES = 5
MODELS = """
  dense: {architecture: dense, units: [8]}
  none: {architecture: dense, units: []}
  dense-bn: {architecture: dense, units: [8, 6], batch_normalization: true, dropout: 0.1}
  cnn: {architecture: cnn, filters: [4, 6], units: [8]}
  same: {architecture: cnn, filters: [3, 4], padding: same, pooling: average, units: [8], dropout: 0.1}
  strides: {architecture: cnn, filters: [3, 4], kernel_size: 4, padding: same, pooling: strides, units: [8]}
  nested: {architecture: cnn, filters: [[3, 3], [4]], batch_normalization: true, units: [8]}
  unpooled: {architecture: cnn, filters: [3], kernel_size: 5, pooling: none, units: []}
  mirrored: {architecture: cnn, filters: [3, 4], units: [8], flip_at_test: true}
  random: {architecture: cnn, filters: [3], kernels: random, units: [8]}
  hand-made: {architecture: cnn, filters: [3], kernels: hand_made, batch_normalization: true, units: [8]}
"""
CONFIG = f"""
name: kinds
seeds: [0]
data: {{source: ./data, name: made-up, validation_images: 100}}
models:{MODELS}
training: {{epochs: 1}}
robustness: {{images_per_class: 1}}
"""
ONNX = """
import json, onnxruntime
session = onnxruntime.InferenceSession("outputs/exports/kinds/cnn-seed-0-onnx/cnn.onnx")
[given], [made] = session.get_inputs(), session.get_outputs()
classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])
print([given.name, given.shape, made.name, made.shape, len(classes)])
"""


def assert_exports(python: str | Path, folder: Path) -> None:
    """With this Python, a run of every kind of network is exported in every form, and each program runs."""

    def run(*words: object, may_end_with: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [python, *map(str, words)], cwd=folder, capture_output=True, text=True, timeout=1200
        )
        assert done.returncode in may_end_with, f"{' '.join(map(str, words))}:\n{done.stdout}{done.stderr}"
        return done.stdout

    Pictures(classes=NUM_CLASSES, test=1000).write(folder / "data")
    (folder / "kinds.yaml").write_text(CONFIG)
    # 4: some learn nothing in one epoch; they leave as the others do
    run(ROOT / "train.py", "kinds.yaml", may_end_with=(0, 4))
    words = [word for form in FORMATS for word in ("--format", form)]
    told = run(ROOT / "train.py", "export", "outputs/kinds", *words)
    count = len(FORMATS) * (MODELS.count("\n") - 1)
    assert told.count("1,000 test pictures: answers as by Keras") == count, told
    assert (
        run("-c", ONNX).strip()
        == f"['image', ['batch', 28, 28, 1], 'probabilities', ['batch', {NUM_CLASSES}], {NUM_CLASSES}]"
    )
    run("-c", "from PIL import Image; Image.new('L', (28, 28), 9).save('picture.png')")
    for form in FORMATS:
        answers = run(f"outputs/exports/kinds/cnn-seed-0-{form}/classify.py", "picture.png")
        assert len(answers.split()) >= 2, f"{form}: {answers}"


@pytest.mark.deep
@pytest.mark.parametrize("which", ["newest", "oldest"])
def test_every_kind_of_network_leaves_in_every_form(which: str, tmp_path: Path) -> None:
    extras = NEEDED if which == "newest" else [oldest(requirement) for requirement in NEEDED]
    python = environment(tmp_path / "venv", sys.executable, [*PROJECT["dependencies"], *extras])
    assert_exports(python, tmp_path)
