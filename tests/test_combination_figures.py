from pathlib import Path

import pytest
from PIL import Image

from configs.schema import Cnn
from model.report.combination_figures import combination_title, draw_combinations
from model.report.inspection_files import Inspection, read_inspection
from tests.inspection_folders import made_up_test, write_cnn


def read_cnn(folder: Path, network: Cnn) -> Inspection:
    found = read_inspection(write_cnn(folder, network))
    assert isinstance(found, Inspection)
    return found


@pytest.mark.parametrize(
    ("filters", "title"),
    [
        ((4, 30), "What the 12 most useful filters of conv2 combine: 3 of 4 inputs hold 60 % of the weight"),
        ((3, 5), "What the 5 most useful filters of conv2 combine"),
        ((4, 1), "What the filter of conv2 combine: 3 of 4 inputs hold 60 % of the weight"),
    ],
)
def test_the_title_says_how_much_is_shown(tmp_path: Path, filters: tuple[int, ...], title: str) -> None:
    layer = read_cnn(tmp_path, Cnn(filters=filters)).convolutions[1]
    assert combination_title(layer) == title.replace("filter of conv2 combine", "filter of conv2 combines")


@pytest.mark.parametrize(
    "network",
    [
        Cnn(filters=(1, 13, 2), kernel_size=1),
        Cnn(filters=(4, 3, 9), padding="same"),
        Cnn(filters=(2, 7, 3), kernel_size=9, pooling="none"),
    ],
)
def test_deeper_filters_are_drawn_whatever_they_read(tmp_path: Path, network: Cnn) -> None:
    for layer in read_cnn(tmp_path, network).convolutions[1:]:
        assert layer.reads is not None
        figure = draw_combinations(layer, layer.reads, made_up_test(), ("a", "b", "c"), tmp_path / "x.png")
        with Image.open(figure.path) as image:
            assert image.width == 1200
            assert image.height <= 1500
