from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from configs.schema import Cnn
from model.inspection.files import Inspection, read_inspection
from model.inspection.passport_figures import draw_passports, passports_title
from model.inspection.tiles import boxed_garment, scale_words
from model.inspection.words import number
from model.networks.facts import patch
from model.report.canvas import UNTRAINED_FRAME, Sheet, garment, response
from tests.inspection_folders import backwards, made_up_test, write_cnn
from tests.recording import Recording


def read_cnn(folder: Path, network: Cnn) -> Inspection:
    found = read_inspection(write_cnn(folder, network))
    assert isinstance(found, Inspection)
    return found


def test_the_title_says_what_losing_them_costs(tmp_path: Path) -> None:
    filters = read_cnn(tmp_path, Cnn(filters=(13,))).convolutions[0].passports
    assert passports_title("conv1", filters[:6], 60) == (
        "The six filters of conv1 ranked first on validation pictures: up to 8 of 60 answers lost"
    )
    assert passports_title("conv1", filters[6:12], 60) == (
        "The six filters of conv1 ranked 8 to 13 on validation pictures: up to 15 of 60 answers lost,"
        " each within chance"
    )
    assert passports_title("conv1", filters[:1], 60).startswith("The filter of conv1 ranked first on")


def test_a_page_of_filters_that_cost_nothing_says_so(tmp_path: Path) -> None:
    [passport] = read_cnn(tmp_path, Cnn(filters=(1,))).convolutions[0].passports
    free = type(passport.worth)(-0.01, (-0.02, 0.0), 3, 1, 2)
    harmless = type(passport)(**{**vars(passport), "worth": free})
    assert passports_title("conv1", [harmless], 60).endswith("none costs answers")
    unclear = type(passport)(
        **{**vars(passport), "worth": type(passport.worth)(0.01, (-0.02, 0.03), 3, 2, 1)}
    )
    assert passports_title("conv1", [unclear], 60).endswith("up to 1 of 60 answers lost, each within chance")


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
        assert "without it" in figure.alt, "the worth must be told to those who cannot see the picture"


def test_kernels_that_never_learned_are_said_to_be_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_cnn(tmp_path, Cnn(filters=(2,)))
    [layer] = found.convolutions
    subtitles: list[str] = []

    def sheet(height: int, title: str, subtitle: str) -> Sheet:
        subtitles.append(subtitle)
        return Sheet(height, title, subtitle)

    monkeypatch.setattr("model.inspection.passport_figures.Sheet", sheet)
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
        Cnn(filters=((4, 3), (9,))),
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


def test_a_passport_is_of_one_filter_throughout(recording: Recording, tmp_path: Path) -> None:
    found, test = read_cnn(tmp_path, Cnn(filters=(8,))), made_up_test()
    layer = backwards(found.convolutions[0])
    [first, second] = draw_passports(found, layer, test, ("top", "coat", "bag"), tmp_path)
    assert first.alt.startswith(first.title)
    assert ". Filter 7: without it 16 of 60 answers change: 13 become wrong, 3 right; 10 lost" in first.alt
    assert ". Filter 1: " in second.alt
    ends = [0, len(found.images) - 1]
    maps, pooled, before = layer.maps[ends], layer.pooled, layer.untrained_maps[:1]
    assert pooled is not None
    limit, _ = scale_words(maps, before, pooled[ends])
    kernel_limit, _ = scale_words(layer.kernel, layer.untrained_kernel)
    for page, indices in zip(recording.sheets, ((7, 6, 5, 4, 3, 2), (1, 0)), strict=True):
        tops = [page.text(f"filter {index}").y for index in indices]
        assert tops == sorted(tops)
        marks = page.marks(0, "o")
        spans = [line for line in page.marks(0, "None") if line.values[0, 0] != line.values[1, 0]]
        for top, index, mark, span in zip(tops, indices, marks, spans, strict=True):
            y = top + 26
            [kernel] = page.showing(response(layer.kernel[:, :, 0, index], kernel_limit, 40))
            assert (kernel.x, kernel.y) == (24, y)
            [twin] = page.showing(response(layer.untrained_kernel[:, :, 0, index], kernel_limit, 16))
            assert (twin.x, twin.y, twin.frame) == (955, y + 6, UNTRAINED_FRAME)
            for x, garment_shown in ((158, 0), (498, -1)):
                image = [
                    tile for tile in page.showing(garment(found.images[garment_shown], 4)) if tile.y == y
                ]
                assert [tile.x for tile in image] == [x]
                whole = layer.maps[garment_shown, :, :, index]
                small = pooled[garment_shown, :, :, index]
                for values, block, left in ((whole, 4, x + 115), (small, 8, x + 222)):
                    [tile] = page.showing(response(values, limit, block))
                    assert (tile.x, tile.y) == (left, y + 4), "the map of another filter or garment"
                    assert f"largest {number(values.max())}" in page.below(tile, 12)
            assert page.beside(y + 113, 1, 214, 214) == [f"on black {number(index / 10)}"]
            match = "inverted blur 0.90 (" if index % 5 == 0 else "no named pattern (inverted blur 0.90; "
            if index != 6:  # which is dead
                [told] = [text.string for text in page.texts if text.y == top and text.x > 60]
                assert f"{match}untrained: 1 in 20 above 0.81)" in told
            values = before[0, :, :, index]
            [tile] = page.showing(response(values, limit, 4))
            assert (tile.x, tile.y, tile.frame) == (842, y + 4, UNTRAINED_FRAME)
            drop = 60 * 0.05 / (index + 1)
            assert mark.values[0, 0] == pytest.approx(drop), "answers lost without it, of 60"
            assert span.values[:, 0] == pytest.approx([drop - 1.2, drop + 1.2])
            assert mark.places[0, 1] == pytest.approx(y + 16, abs=1), "on the height of another filter"
    heads = {text.x: text.string for text in recording.sheets[0].texts if text.y < tops[0]}
    assert (heads[158], heads[498]) == ("top", "bag"), "the first and the last garment"


def test_examples_of_a_filter_are_its_own_with_their_activations(
    recording: Recording, tmp_path: Path
) -> None:
    found, test = read_cnn(tmp_path, Cnn(filters=(2,))), made_up_test()
    [layer] = found.convolutions
    passports = [
        replace(
            passport,
            strongest=tuple(replace(e, index=e.index + 20 * passport.index) for e in passport.strongest),
            median=tuple(
                replace(e, index=40 + e.index + 9 * passport.index, activation=1.5) for e in passport.median
            ),
            untrained_strongest=tuple(
                replace(e, index=30 + 9 * passport.index + e.index, activation=0.7)
                for e in passport.untrained_strongest
            ),
        )
        for passport in layer.passports
    ]
    draw_passports(found, replace(layer, passports=tuple(passports)), test, ("a", "b", "c"), tmp_path)
    page = recording.last
    for passport in passports:
        y = page.text(f"filter {passport.index}").y + 153
        shown = [(24 + 100 * place, e) for place, e in enumerate(passport.strongest[:6])]
        shown += [(80 + 100 * (6 + place), e) for place, e in enumerate(passport.median)]
        for x, e in shown:
            [boxed] = page.showing(boxed_garment(test.images[e.index], layer.field, e.row, e.column, 2))
            assert (boxed.x, boxed.y) == (x, y), "an example of another filter, or out of its order"
            seen = page.beside(y + 41, 1, x + 78, x + 78)
            assert seen == [f"{e.activation:.2f}"]
        for place, e in enumerate(passport.untrained_strongest):
            seen = patch(test.images[e.index], layer.field, e.row, e.column)
            tiles = [tile for tile in page.showing(garment(seen, 13)) if tile.frame == UNTRAINED_FRAME]
            assert (1052 + 42 * place, y) in {(tile.x, tile.y) for tile in tiles}
        assert page.beside(y + 43, 1, 1052, 1176) == ["0.70"] * 3
