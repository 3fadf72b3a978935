from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from configs.schema import Cnn
from model.inspection.combination_figures import combination_title, draw_combinations, slices_of
from model.inspection.files import Inspection, read_inspection
from model.inspection.records import Slice
from model.inspection.tiles import boxed_garment, scale_words
from model.networks.facts import patch
from model.report.canvas import UNTRAINED_FRAME, garment, response
from tests.inspection_folders import backwards, made_up_test, write_cnn
from tests.recording import Recording


def read_cnn(folder: Path, network: Cnn) -> Inspection:
    found = read_inspection(write_cnn(folder, network))
    assert isinstance(found, Inspection)
    return found


@pytest.mark.parametrize(
    ("filters", "title"),
    [
        (
            (4, 30),
            "What the 12 filters of conv2 ranked first on validation pictures combine:"
            " 3 of 4 inputs hold 60 % of the weight; dead: 6, 13 and 2 more",
        ),
        ((3, 5), "What the five filters of conv2 ranked first on validation pictures combine"),
        (
            (4, 1),
            "What the filter of conv2 ranked first on validation pictures combines:"
            " 3 of 4 inputs hold 60 % of the weight",
        ),
    ],
)
def test_the_title_says_how_much_is_shown(tmp_path: Path, filters: tuple[int, ...], title: str) -> None:
    layer = read_cnn(tmp_path, Cnn(filters=filters)).convolutions[1]
    assert combination_title(layer) == title


@pytest.mark.parametrize(
    "network",
    [
        Cnn(filters=(1, 13, 2), kernel_size=1),
        Cnn(filters=(4, 3, 9), padding="same"),
        Cnn(filters=(2, 7, 3), kernel_size=9, pooling="none"),
        Cnn(filters=((4, 3), (9,))),
    ],
)
def test_deeper_filters_are_drawn_whatever_they_read(tmp_path: Path, network: Cnn) -> None:
    for layer in read_cnn(tmp_path, network).convolutions[1:]:
        assert layer.reads is not None
        figure = draw_combinations(layer, layer.reads, made_up_test(), ("a", "b", "c"), tmp_path / "x.png")
        with Image.open(figure.path) as image:
            assert image.width == 1200
            assert image.height <= 1500


def test_a_deeper_filter_stands_beside_what_it_reads_and_what_excites_it(
    recording: Recording, tmp_path: Path
) -> None:
    found, test = read_cnn(tmp_path, Cnn(filters=(5, 4))), made_up_test()
    first, layer = found.convolutions[0], backwards(found.convolutions[1])
    passports = [
        replace(p, slices=tuple(Slice((p.index + c) % 5, 0.5 - c / 10) for c in range(3)))
        for p in layer.passports
    ]
    layer = replace(layer, passports=tuple(passports))
    figure = draw_combinations(layer, first, test, ("a", "b", "c"), tmp_path / "x.png")
    drawn = recording.last
    limit, _ = scale_words(*slices_of(layer.kernel, passports), *slices_of(layer.untrained_kernel, passports))
    first_limit, _ = scale_words(first.kernel)
    for passport in passports:
        name = drawn.text(f"filter {passport.index}")
        assert drawn.beside(name.y + 2, 1, name.x + 500, name.x + 560) == [
            f"{3 + passport.index} answers lost"
        ]
        for number, part in enumerate(passport.slices):
            [tile] = drawn.showing(response(layer.kernel[:, :, part.channel, passport.index], limit, 16))
            assert (tile.x, tile.y) == (name.x + 89 * number, name.y + 23), (
                "the heaviest first, under its filter"
            )
            before = response(layer.untrained_kernel[:, :, part.channel, passport.index], limit, 8)
            [twin] = [one for one in drawn.showing(before) if one.frame == UNTRAINED_FRAME]
            assert (twin.x, twin.y) == (tile.x + 53, tile.y + 3)
            reads = response(first.kernel[:, :, 0, part.channel], first_limit, 16)
            assert (tile.x, tile.y + 53) in {(one.x, one.y) for one in drawn.showing(reads)}, (
                "reads another filter"
            )
            assert drawn.beside(tile.y + 31, 1, tile.x + 51, tile.x + 51) == [f"{50 - 10 * number} %"]
            assert drawn.beside(tile.y + 68, 1, tile.x + 51, tile.x + 51) == [f"{part.channel}"]
        for number, example in enumerate(passport.strongest[:5]):
            seen = garment(patch(test.images[example.index], layer.field, example.row, example.column), 6)
            places = {(one.x, one.y) for one in drawn.showing(seen)}
            assert (name.x + 274 + 58 * number + 4, name.y + 23) in places, "the strongest first"
            boxed = boxed_garment(test.images[example.index], layer.field, example.row, example.column, 2)
            places = {(one.x, one.y) for one in drawn.showing(boxed)}
            assert (name.x + 274 + 58 * number, name.y + 23 + 50) in places, (
                "another garment is below the patch"
            )
    assert figure.alt.endswith("Without filter 3: 6 answers lost.")
    assert "the filter of conv1 that it reads" in drawn.reading
