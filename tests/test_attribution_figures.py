"""The pictures of attributions say what the files hold, in whole blocks of one colour."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from data.storage import write_npz
from model.inspection.faithfulness import COUNTS
from model.report.attribution_figures import draw_wanted, draw_why, why_title
from model.report.canvas import attribution, garment, limit_of
from model.report.tiles import patch

CLASSES = ["T-shirt/top", "<b>$x_1$</b>"]
TITLES = {"grad_cam": "Grad-CAM", "integrated_gradients": "integrated gradients", "occlusion": "occlusion"}


def curves(generator: np.random.Generator) -> dict[str, list[float]]:
    return {way: generator.uniform(size=len(COUNTS)).tolist() for way in ("deletion", "insertion")}


def write_why(folder: Path, methods: list[str]) -> dict[str, np.ndarray]:
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
        "classes": CLASSES,
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
    assert pixels.shape == (420, 1200, 3)
    assert np.array_equal(pixels[110:250, 24:164], garment(arrays["images"][1], 5)), "the garment is covered"
    for place, method in enumerate(methods):
        trained, untrained = arrays[method][1], arrays[f"{method}/untrained"][1]
        limit, x = limit_of(trained, untrained), 204 + 164 * place
        shown = pixels[110:250, x : x + 140], pixels[270:410, x : x + 140]
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
            {"thirds": [[0.97] * 3] * 3},
            'Why "T-shirt" (0.97): covering any one ninth of it costs less than 0.05',
        ),
    ],
)
def test_titles(change: dict[str, Any], title: str) -> None:
    thirds = [[0.9, 0.8, 0.9], [0.9, 0.9, 0.9], [0.12, 0.9, 0.9]]
    assert why_title({"target": 0, "label": 0, "score": 0.97, "thirds": thirds} | change, CLASSES) == title


def test_wanted_shows_made_up_above_real(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    made = generator.uniform(size=(2, 28, 28)).astype(np.float32)
    real = generator.integers(0, 256, (2, 28, 28), np.uint8)
    field = {"size": 8, "stride": 2, "offset": 0}
    filters = [
        {
            "layer": "conv2", "index": 3 + k, "row": 5, "column": 5, "receptive_field": field,
            "activation": 3.0, "untrained": {"activation": 0.5},
            "real": {"index": k, "row": 1, "column": 10, "activation": 2.0},
        }
        for k in range(2)
    ]  # fmt: skip
    classes = [{"class": name, "logit": 9.0, "real": {"index": 0, "logit": 10.0}} for name in CLASSES]
    document = {"starts": 4, "steps": 32, "searched": 2000, "filters": filters, "classes": classes}
    (tmp_path / "wanted.json").write_text(json.dumps(document))
    images = {"conv2": made, "conv2/real": real, "classes": made, "classes/real": real}
    images["conv2/untrained"] = made[::-1].copy()
    write_npz(tmp_path / "wanted.npz", images)
    filters_figure, classes_figure = draw_wanted(tmp_path, tmp_path)
    assert filters_figure.title == (
        "What two filters of conv2 want: made-up patches reach 1.50 times the best real one"
    )
    assert classes_figure.title == "What each class wants: 0 of 2 made-up pictures beat the best real one"
    pixels = np.asarray(Image.open(filters_figure.path).convert("RGB"))
    seen = garment(np.rint(255 * made[1][10:18, 10:18]).astype(np.uint8), 11)
    assert holds(pixels, seen), "the made-up patch is not what the filter sees"
    assert holds(pixels, garment(real[1][2:10, 20:28], 11)), "the real patch is from another place"
    framed = np.pad(garment(np.rint(255 * made[0][10:18, 10:18]).astype(np.uint8), 11), ((3,), (3,), (0,)))
    framed[:3], framed[-3:], framed[:, :3], framed[:, -3:] = (140,) * 4  # the grey of the untrained
    assert holds(pixels, framed), "the untrained network's patch must stand in a grey frame"
    assert holds(np.asarray(Image.open(classes_figure.path).convert("RGB")), garment(real[0], 4))


def holds(pixels: np.ndarray, tile: np.ndarray) -> bool:
    """Whether a picture stands somewhere on a sheet, pixel by pixel."""
    height, width = tile.shape[:2]
    rows, columns = np.nonzero((pixels[: 1 - height, : 1 - width] == tile[0, 0]).all(axis=-1))
    return any(
        np.array_equal(pixels[r : r + height, c : c + width], tile)
        for r, c in zip(rows, columns, strict=True)
    )


def test_patch_is_the_receptive_field() -> None:
    """The helper that is used for both: black beyond the picture."""
    from model.layer_facts import ReceptiveField

    image = np.arange(784, dtype=np.uint16).reshape(28, 28)
    found = patch(image, ReceptiveField(size=4, stride=2, offset=-1), 0, 3)
    assert found[0].tolist() == [0, 0, 0, 0]
    assert found[1].tolist() == [5, 6, 7, 8]
