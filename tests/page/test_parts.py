"""The live parts of the page: each has its section and its script, and one that fails costs itself alone."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.experiment.sections import SECTIONS
from tests.comparison.test_accuracy_figure import report_of
from tests.experiment.test_page import page
from tests.page.test_scripts import exported


@pytest.mark.skipif(shutil.which("node") is None, reason="the page's scripts are tested in Node.js")
def test_every_live_section_has_its_script() -> None:
    live = {section.id for section in SECTIONS if section.is_live}
    assert set(exported("main.js", "PARTS", "Object.keys(PARTS)")) == live, (
        "a section that says `is_live` has no entry in PARTS of page/scripts/main.js, or one there no section"
    )


def test_a_part_that_fails_costs_itself_alone(browser: Any, tmp_path: Path) -> None:
    pictures = {"pixels": np.zeros((2, 28, 28), np.uint8), "labels": [0, 1], "indices": [0, 1]}
    live = {"networks": {}, "classes": list("abcdefghij"), "pictures": pictures}
    html = page(report_of({"dense": 0.8, "cnn": 0.9}), [], {}, tmp_path, "", None, live)
    ids = [section.id for section in SECTIONS if section.is_live and not section.needs_networks]
    first, *others = ids
    (tmp_path / "report.html").write_text(html.replace(f'data-part="{first}"', 'data-part="no such part"'))
    shown = browser.new_page()
    shown.goto((tmp_path / "report.html").as_uri())
    for id in others:
        shown.locator(f"#{id} .live > *").first.wait_for(state="attached", timeout=5000)
    told = shown.locator(f"#{first} .live-note").inner_text()
    shown.close()
    assert told.startswith("This part can't be shown: "), f"nothing says why the part is empty, but: {told}"
