import json
import re

import numpy as np
import pytest
from PIL import Image


def test_the_three_forms_of_the_report_tell_the_same(small_run):
    report = json.loads((small_run / "report.json").read_text())
    mean = report["models"]["cnn"]["accuracy"]["mean"]
    assert f"{100 * mean:.1f} %" in (small_run / "report.html").read_text(), "the page has another accuracy"
    assert f"{mean:.4f}"[:5] in (small_run / "report.md").read_text(), "report.md has another accuracy"


def test_every_picture_that_the_page_links_is_there(small_run):
    page = (small_run / "report.html").read_text()
    linked = set(re.findall(r'src="([^"]+\.png)"', page))
    for name in linked:
        assert (small_run / name).is_file(), f"the page links {name}, which is missing"
    drawn = {str(path.relative_to(small_run)) for path in small_run.rglob("*.png")}
    assert linked == drawn, "pictures that were drawn are not on the page"


@pytest.mark.parametrize("pattern", ["figures/*.png", "*/inspection/*.png"])
def test_pictures_have_the_width_of_the_page(small_run, pattern):
    for path in small_run.glob(pattern):
        width, height = Image.open(path).size
        assert width == 1200, f"{path.name} is {width} pixels wide"
        assert height <= 1500, f"{path.name} is too high to be read at a glance"


def test_nothing_in_json_is_not_a_number(small_run):
    def refuse(text):
        pytest.fail(f"{text} stands in a JSON file, and JSON has no such number")

    for path in small_run.rglob("*.json"):
        json.loads(path.read_text(), parse_constant=refuse)


def test_activations_are_of_the_first_test_image_of_each_class(small_run):
    with np.load(small_run / "cnn" / "inspection" / "activations.npz") as file:
        indices, labels = file["indices"], file["labels"]
    with np.load(small_run / "cnn" / "seed-0" / "predictions.npz") as file:
        all_labels = file["labels"]
    expected = [int(np.flatnonzero(all_labels == label)[0]) for label in range(10)]
    assert indices.tolist() == expected
    assert labels.tolist() == list(range(10))
