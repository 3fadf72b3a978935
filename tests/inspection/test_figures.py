import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from configs.schema import Cnn
from data.splits import Split
from model.inspection.figures import draw_inspection
from model.run.folder import RunError
from tests.inspection_folders import made_up_test, write_cnn, write_dense
from tests.recording import Recording

NAMES = ("$\\frac{$", "<script>\n", "中文 \x00 🧥")


def test_everything_of_a_network_is_drawn_in_reading_order(tmp_path: Path) -> None:
    folder = write_cnn(tmp_path / "cnn", Cnn(filters=(8, 3)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figures = draw_inspection(folder, made_up_test(), NAMES, tmp_path / "new" / "figures", "a $model")
    assert [figure.path.name for figure in figures] == [
        "conv1-filters.png",
        "conv1-activations.png",
        "conv1-passports.png",
        "conv1-passports-2.png",
        "conv2-filters.png",
        "conv2-activations.png",
        "conv2-passports.png",
        "keep-best.png",
    ]
    for figure in figures:
        assert figure.path.read_bytes().startswith(b"\x89PNG"), f"{figure.path.name} is no picture"
        assert figure.title, f"{figure.path.name} has no title"
        assert figure.alt.startswith(figure.title), f"{figure.path.name} has no words for who cannot see it"
        assert sum(c.isdigit() for c in figure.alt) >= 2, "the words must have numbers"


def test_a_dense_network_has_its_first_weights_drawn(tmp_path: Path) -> None:
    folder = write_dense(tmp_path)
    [figure] = draw_inspection(folder, made_up_test(), NAMES, folder, "dense")
    assert figure.path == folder / "dense1-weights.png"


def test_drawing_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    folder = write_cnn(tmp_path, Cnn(filters=(2,)))
    first, second = (
        [figure.path.read_bytes() for figure in draw_inspection(folder, made_up_test(), NAMES, folder, "cnn")]
        for _ in range(2)
    )
    assert first == second


def test_a_damaged_file_is_named_and_nothing_is_drawn(tmp_path: Path) -> None:
    folder = write_cnn(tmp_path / "cnn", Cnn(filters=(2,)))
    (folder / "activations.npz").write_bytes(b"PK damaged")
    with pytest.raises(RunError, match=r"activations\.npz"):
        draw_inspection(folder, made_up_test(), NAMES, tmp_path / "figures", "cnn")
    assert not (tmp_path / "figures").exists()


def test_fewer_test_images_than_were_inspected_are_refused(tmp_path: Path) -> None:
    folder = write_cnn(tmp_path, Cnn(filters=(2,)))
    few = Split(np.zeros((5, 28, 28), np.uint8), np.zeros(5, np.uint8))
    with pytest.raises(RunError, match="60 test images, and there are 5"):
        draw_inspection(folder, few, NAMES, folder, "cnn")


@pytest.mark.parametrize("write", [write_dense, lambda folder: write_cnn(folder, Cnn(filters=(2,)))])
def test_every_figure_names_its_model_and_seed(
    write: Callable[[Path], Path], recording: Recording, tmp_path: Path
) -> None:
    draw_inspection(write(tmp_path), made_up_test(), NAMES, tmp_path, "my $model")
    for sheet in recording.sheets:
        assert "my $model: its first seed, not its best." in " ".join(sheet.reading.split()), sheet.title
