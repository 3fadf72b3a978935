"""The pictures of attributions say what the files hold, in whole blocks of one colour."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.storage import write_npz
from model.attribution.faithfulness import COUNTS
from model.attribution.figures import draw_wanted, draw_why, why_title
from model.networks.facts import patch
from model.report.canvas import UNTRAINED_FRAME, attribution, garment, limit_of
from tests.recording import Recording

CLASSES = ["T-shirt/top", "<b>$x_1$</b>"]
TITLES = {"grad_cam": "Grad-CAM", "integrated_gradients": "integrated gradients", "occlusion": "occlusion"}


def curves(generator: np.random.Generator) -> dict[str, list[float]]:
    return {way: generator.uniform(size=len(COUNTS)).tolist() for way in ("deletion", "insertion")}


def write_why(folder: Path, methods: list[str], classes: list[str] = CLASSES) -> dict[str, np.ndarray]:
    """Files as the inspection writes them, of two pictures with random content."""
    generator = np.random.default_rng(0)
    arrays = {"images": generator.integers(0, 256, (2, 28, 28), np.uint8)}
    for method in methods:
        arrays[method] = generator.normal(size=(2, 28, 28)).astype(np.float32)
        arrays[f"{method}/untrained"] = arrays[method] / 4
    entry = {"label": 0, "score": 0.9, "untrained_score": 0.1, "thirds": np.full((3, 3), 0.8).tolist()}
    entries = [
        entry
        | {"index": index, "target": index % 2, "brightness": curves(generator)}
        | {"methods": {m: {"own": curves(generator), "other": curves(generator)} for m in methods}}
        for index in (4, 7)
    ]
    statement = {"own": 0.1, "other": 0.3}
    document = {
        "rule": "first test picture of each class",
        "classes": classes,
        "methods": [{"name": m, "title": t, "applies": m in methods} for m, t in TITLES.items()],
        "images": entries,
        "faithfulness": {
            "num_images": 200,
            "counts": list(COUNTS),
            "methods": {m: statement | {"faithful": m != "grad_cam"} for m in methods},
        },
    }
    (folder / "attributions.json").write_text(json.dumps(document))
    write_npz(folder / "attributions.npz", arrays)
    return arrays


@pytest.mark.parametrize("methods", [list(TITLES), ["integrated_gradients", "occlusion"]])
def test_why_shows_every_map_in_whole_blocks(methods: list[str], tmp_path: Path) -> None:
    arrays = write_why(tmp_path, methods)
    figures = draw_why(tmp_path, tmp_path, "cnn, seed 0.")
    assert [figure.path.name for figure in figures] == ["why-4.png", "why-7.png"]
    pixels = np.asarray(Image.open(figures[1].path).convert("RGB"))
    assert pixels.shape == (442, 1200, 3)
    assert np.array_equal(pixels[132:272, 24:164], garment(arrays["images"][1], 5)), "the garment is covered"
    for place, method in enumerate(methods):
        trained, untrained = arrays[method][1], arrays[f"{method}/untrained"][1]
        limit, x = limit_of(trained, untrained), 204 + 164 * place
        shown = pixels[132:272, x : x + 140], pixels[292:432, x : x + 140]
        for values, tile, who in zip((trained, untrained), shown, ("trained", "untrained"), strict=True):
            expected = attribution(values, limit, 5)
            assert np.array_equal(tile, expected), f"{method} of the {who} network: not its map at one scale"


def test_why_says_what_was_measured(tmp_path: Path) -> None:
    write_why(tmp_path, list(TITLES))
    figures = draw_why(tmp_path, tmp_path)
    assert all(figure.alt.startswith(figure.title) for figure in figures)
    assert "by occlusion 0.10 (by another picture's map 0.30)" in figures[0].alt
    assert "Grad-CAM is not faithful here." in figures[0].alt, "only those who see the picture are warned"
    assert figures[0].alt.count("not faithful") == 1, "a faithful method is called unfaithful"


@pytest.mark.parametrize(
    ("change", "title"),
    [
        ({}, 'Why "T-shirt" (0.97): covering the lower left costs most (0.97 to 0.12)'),
        (
            {"label": 1},
            'Why "T-shirt" (0.97), though it is <b>$x_1$</b>: '
            "covering the lower left costs most (0.97 to 0.12)",
        ),
        (
            {"label": 2},
            'Why "T-shirt" (0.97), though it is "2": covering the lower left costs most (0.97 to 0.12)',
        ),
        (
            {"thirds": [[0.97] * 3] * 3},
            'Why "T-shirt" (0.97): covering any one ninth of it costs less than 0.05',
        ),
    ],
)
def test_titles(change: dict[str, Any], title: str) -> None:
    thirds = [[0.9, 0.8, 0.9], [0.9, 0.9, 0.9], [0.12, 0.9, 0.9]]
    assert (
        why_title({"target": 0, "label": 0, "score": 0.97, "thirds": thirds} | change, [*CLASSES, "2"])
        == title
    )


def write_wanted(
    folder: Path, count: int, classes: list[str], factor: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Files as the inspection writes them, of some filters and classes: what was made up and what is real.

    The first filter is number 3 and reaches 3 times the factor. The untrained network's are the others'.
    """
    generator = np.random.default_rng(1)
    made = generator.uniform(size=(count, 28, 28)).astype(np.float32)
    real = generator.integers(0, 256, (count, 28, 28), np.uint8)
    field = {"size": 8, "stride": 2, "offset": 0}
    filters = [
        {
            "layer": "conv2", "index": 3 + k, "row": 5, "column": 5, "receptive_field": field,
            "activation": factor * (3.0 + 0.4 * k), "untrained": {"activation": factor * (0.5 + k)},
            "real": {"index": k, "row": 1, "column": 10, "activation": factor * 2.0},
        }
        for k in range(count)
    ]  # fmt: skip
    entries = [
        {
            "class": name,
            "logit": factor * (9.0 - k),
            "real": {"index": k, "logit": factor * (8.5 - 2 * k)},
            "untrained": {"logit": -k / 50},
        }
        for k, name in enumerate(classes)
    ]
    document = {"starts": 4, "steps": 32, "searched": 2000, "filters": filters, "classes": entries}
    (folder / "wanted.json").write_text(json.dumps(document))
    images = {"conv2": made, "conv2/real": real, "classes": made, "classes/real": real}
    images |= {"conv2/untrained": made[::-1].copy(), "classes/untrained": made[::-1].copy()}
    write_npz(folder / "wanted.npz", images)
    return made, real


def test_wanted_shows_made_up_above_real_each_with_its_number(recording: Recording, tmp_path: Path) -> None:
    made, real = write_wanted(tmp_path, 2, CLASSES)
    of_filters, of_classes = draw_wanted(tmp_path, tmp_path, {"conv2": ("By some rule.", 1)})
    first, second = recording.sheets
    assert first.reading.startswith("By some rule."), "why these filters are shown is not said"
    [line] = [tile for tile in first.tiles if tile.rgb.shape[1] == 2]
    assert first.text("filter 3").x < line.x < first.text("filter 4").x, "the line stands elsewhere"
    assert not any(tile.rgb.shape[1] == 2 for tile in second.tiles)
    assert of_filters.title == (
        "What two filters of conv2 want: made-up patches reach 1.60 times the best real one"
    )
    assert of_filters.alt.endswith("Filter 3: 3.00 made up, 2.00 real.")
    assert of_classes.title == "What each class wants: 2 of 2 made-up pictures beat the best real one"
    assert of_classes.alt.endswith("Logits made up 8.0 to 9.0, real 6.5 to 8.5.")
    drawn_up = np.rint(255 * made).astype(np.uint8)
    for k in range(2):
        patches = (drawn_up[k][10:18, 10:18], real[k][2:10, 20:28], drawn_up[1 - k][10:18, 10:18])
        for sheet, pictures, block, numbers in (
            (first, patches, 11, [f"{3 + 0.4 * k:.2f}", "2.00", f"{0.5 + k:.2f}"]),
            (second, (drawn_up[k], real[k], drawn_up[1 - k]), 4, [f"{9 - k}.0", f"{8.5 - 2 * k}", "0.0"]),
        ):
            column = []
            for picture, number, framed in zip(pictures, numbers, (False, False, True), strict=True):
                tiles = [
                    tile
                    for tile in sheet.showing(garment(picture, block))
                    if (tile.frame == UNTRAINED_FRAME) == framed
                ]
                assert len(tiles) == 1, "grey frames are for the untrained network's, and only for them"
                assert sheet.below(tiles[0], 10) == [number], "the number of another picture"
                column.append(tiles[0])
            assert len({tile.x for tile in column}) == 1
            heights = [tile.y for tile in column]
            assert heights == sorted(heights), "above made up, below real, then the untrained network's"
            name = f"filter {3 + k}" if sheet is first else ("T-shirt", "<b>$x_1$…")[k]
            assert sheet.beside(column[0].y - 24, 1, column[0].x, column[0].x) == [name]


def test_a_filter_that_no_real_picture_excites_has_no_ratio(tmp_path: Path) -> None:
    write_wanted(tmp_path, 2, CLASSES)
    document = json.loads((tmp_path / "wanted.json").read_text())
    document["filters"][0]["real"]["activation"] = 0.0
    (tmp_path / "wanted.json").write_text(json.dumps(document))
    figure = draw_wanted(tmp_path, tmp_path, {"conv2": ("By some rule.", 1)})[0]
    assert figure.title.endswith("made-up patches reach 1.70 times the best real one"), figure.fault


def test_patch_is_the_receptive_field() -> None:
    """The helper that is used for both: black beyond the picture."""
    from model.networks.facts import ReceptiveField

    image = np.arange(784, dtype=np.uint16).reshape(28, 28)
    found = patch(image, ReceptiveField(size=4, stride=2, offset=-1), 0, 3)
    assert found[0].tolist() == [0, 0, 0, 0]
    assert found[1].tolist() == [5, 6, 7, 8]


def test_a_methods_curve_has_the_colour_of_its_name(recording: Recording, tmp_path: Path) -> None:
    write_why(tmp_path, list(TITLES))
    document = json.loads((tmp_path / "attributions.json").read_text())
    draw_why(tmp_path, tmp_path)
    drawn, entry = recording.sheets[1], document["images"][1]
    lines = drawn.marks(0)
    for name, title in TITLES.items():
        colour, curves = drawn.text(title).colour, entry["methods"][name]
        own, other = (next(line for line in lines if line.values[:, 1].tolist() == curves[which]["deletion"])
                      for which in ("own", "other"))  # fmt: skip
        assert own.colour == other.colour == colour, "the curve of another method"
        assert (own.style, other.style) == ("-", ":"), "dotted: by the next picture's map"
    [brightest] = [line for line in lines if line.style == "--"]
    assert brightest.values[:, 1].tolist() == entry["brightness"]["deletion"]
    assert brightest.values[:, 0].tolist() == list(COUNTS)
    assert len({line.colour for line in lines}) == 4


def test_a_map_is_called_unfaithful_where_it_is_and_its_limit_told_elsewhere(
    recording: Recording, tmp_path: Path
) -> None:
    arrays = write_why(tmp_path, list(TITLES))
    draw_why(tmp_path, tmp_path, "cnn, seed 0.")
    drawn = recording.last
    for name, title in TITLES.items():
        limit = limit_of(arrays[name][1], arrays[f"{name}/untrained"][1])
        [tile] = drawn.showing(attribution(arrays[name][1], limit, 5))
        told = "not faithful here" if name == "grad_cam" else f"to ±{limit:.2g}"
        assert drawn.below(tile, 5) == [told]
        assert drawn.text(title).y < tile.y
        assert drawn.text(title).x == tile.middle[0]
    assert "which gives it 0.10." in drawn.strings
    assert drawn.text("T-shirt").y == 106, "the label stands above the picture"
    assert drawn.reading.startswith("Orange speaks for the class, purple against it. Test picture 7:")
