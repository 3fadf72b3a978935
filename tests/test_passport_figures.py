from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.schema import Cnn
from model.report.canvas import Sheet, garment
from model.report.inspection_files import Inspection, read_inspection
from model.report.passport_figures import draw_passports, passports_title
from tests.inspection_folders import made_up_test, write_cnn


def read_cnn(folder: Path, network: Cnn) -> Inspection:
    found = read_inspection(write_cnn(folder, network))
    assert isinstance(found, Inspection)
    return found


def test_the_title_says_what_losing_them_costs(tmp_path: Path) -> None:
    filters = read_cnn(tmp_path, Cnn(filters=(13,))).convolutions[0].passports
    assert passports_title("conv1", filters[:6]) == (
        "The six filters of conv1 whose loss costs most: up to 5.00 points of accuracy"
    )
    assert passports_title("conv1", filters[6:12]) == (
        "conv1: the next six filters by what their loss costs: up to 0.71 points of accuracy,"
        " each within chance"
    )
    assert passports_title("conv1", filters[:1]).startswith("The filter of conv1 whose loss costs most")


def test_a_page_of_filters_that_cost_nothing_says_so(tmp_path: Path) -> None:
    [passport] = read_cnn(tmp_path, Cnn(filters=(1,))).convolutions[0].passports
    free = type(passport.worth)(-0.01, (-0.02, 0.0), 3, 1, 2)
    harmless = type(passport)(**{**vars(passport), "worth": free})
    assert passports_title("conv1", [harmless]).endswith("none costs accuracy")
    unclear = type(passport)(
        **{**vars(passport), "worth": type(passport.worth)(0.01, (-0.02, 0.03), 3, 2, 1)}
    )
    assert passports_title("conv1", [unclear]).endswith("1.00 points of accuracy, each within chance")


@pytest.mark.parametrize(("filters", "pages"), [(1, 1), (6, 1), (7, 2), (64, 2)])
def test_the_top_dozen_is_drawn_six_a_page(tmp_path: Path, filters: int, pages: int) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(filters,)))
    names = ("a", "b", "c")
    figures = draw_passports(found, found.convolutions[0], made_up_test(), names, tmp_path)
    assert [figure.path.name for figure in figures] == ["conv1-passports.png", "conv1-passports-2.png"][
        :pages
    ]
    for figure in figures:
        with Image.open(figure.path) as image:
            assert image.width == 1200
            assert image.height <= 1500
        assert "taking it out" in figure.alt, "the worth must be told to those who cannot see the picture"


def test_kernels_that_never_learned_are_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(2,)))
    [layer] = found.convolutions
    subtitles: list[str] = []

    def sheet(height: int, title: str, subtitle: str) -> Sheet:
        subtitles.append(subtitle)
        return Sheet(height, title, subtitle)

    monkeypatch.setattr("model.report.passport_figures.Sheet", sheet)
    for kernel in (layer.kernel, layer.kernel + 1):
        before = replace(layer, untrained_kernel=kernel)
        draw_passports(found, before, made_up_test(), ("a", "b", "c"), tmp_path)
    assert ["left these kernels alone" in subtitle for subtitle in subtitles] == [True, False]


@pytest.mark.parametrize(
    "network",
    [
        Cnn(filters=(2, 7, 8), kernel_size=1, pooling="average"),
        Cnn(filters=(3, 3), kernel_size=9, pooling="none"),
        Cnn(filters=(8, 8, 8, 8), padding="same"),
    ],
)
def test_any_architecture_has_its_passports(tmp_path: Path, network: Cnn) -> None:
    found = read_cnn(tmp_path, network)
    for layer in found.convolutions:
        assert draw_passports(found, layer, made_up_test(), ("$\\frac{$", "", "C" * 99), tmp_path)


def test_garments_are_gray_from_0_to_255_and_whole_pixels(tmp_path: Path) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(1,)))
    [figure] = draw_passports(found, found.convolutions[0], made_up_test(), ("a", "b", "c"), tmp_path)
    with Image.open(figure.path) as image:
        pixels = np.asarray(image.convert("RGB"))
    expected = garment(found.images[0], 4)
    places = np.argwhere((pixels[:-111, 158] == expected[0, 0]).all(axis=-1))[:, 0]
    assert any((pixels[y : y + 112, 158 : 158 + 112] == expected).all() for y in places), (
        "the garment must stand in the picture as it is, 4 x 4 pixels for one"
    )
