"""What a page carries for programs reads back as what went in, and is never anything but data."""

import base64
import json
from pathlib import Path

import numpy as np
import pytest

from model.page.contents import block, carries_its_numbers, predicted

HOSTILE = [
    "</script>",
    "<!--",
    "<script>",
    "]]>",
    "&lt;",
    "\u2028\u2029",
    "\\u003c",
    '"',
    "'",
    "\x00",
    "日本語",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_ends_the_block_it_stands_in(text: str) -> None:
    given = {text: [text, {"deeper": text}]}
    told = block(given)
    assert json.loads(told) == given, "it does not read back as what it was"
    assert not {"<", ">", "&", "\u2028", "\u2029"} & set(told), "an HTML reader would see more than text"


def test_numbers_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        block({"loss": float("nan")})


def test_answers_read_back_in_their_order() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 10, 50).astype(np.uint8)
    probabilities = {
        m: {seed: random.random((50, 10), np.float32) for seed in (0, 7)} for m in ("dense", "cnn")
    }
    told = json.loads(block(predicted(labels, probabilities)))
    assert list(base64.b64decode(told["labels"])) == labels.tolist()
    for model, of_seeds in probabilities.items():
        for seed, one in of_seeds.items():
            answers = base64.b64decode(told["models"][model][str(seed)])
            assert list(answers) == one.argmax(axis=1).tolist(), f"answers of {model}, seed {seed}"


def test_a_page_of_before_is_known_by_what_it_lacks(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    assert not carries_its_numbers(page), "there is none"
    page.write_text('<img src="figures/1-at-a-glance.png">')
    assert not carries_its_numbers(page), "it needs the pictures beside it, and would never be made anew"
    page.write_text(str(block({})))
    assert not carries_its_numbers(page)
    page.write_text(f'<script type="application/json" id="data-report">{block({})}</script>')
    assert carries_its_numbers(page), "a page that is whole would be made again each time"
