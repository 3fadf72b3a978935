"""What can be touched in the page, in a browser: by mouse, by finger and by keyboard."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.storage import read_npz
from tests.page.conftest import choose, data_of, soon, until, with_data

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PNG = bytes.fromhex(  # one gray pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6368000000820081dd436af40000000049454e44ae426082"
)


def bars(box: "Locator") -> dict[str, str]:
    """The percentages of the first table of bars, by class."""
    names = [
        name.removesuffix(" (label)")
        for name in box.locator(".live-bars").first.locator("th").all_inner_texts()
    ]
    return dict(
        zip(names, box.locator(".live-bars").first.locator("td:last-child").all_inner_texts(), strict=True)
    )


def test_the_networks_say_what_they_said(live: Any, run_page: str, small_run: Path) -> None:
    shown = live()
    index = data_of(run_page, "data-live")["pictures"]["indices"][0]
    for number, (model, network) in enumerate(data_of(run_page, "data-live")["networks"].items()):
        path = small_run / model / f"seed-{network['seed']}" / "predictions.npz"
        expected = read_npz(path)["probabilities"][index]
        told = shown.locator("#one .live-bars").nth(number).locator("td:last-child").all_inner_texts()
        for text, share in zip(told, expected, strict=True):
            assert text == "under 0.1 %" or abs(float(text.removesuffix(" %")) - 100 * share) < 0.11, model


def test_a_number_shown_is_the_number_of_the_map(live: Any, small_run: Path, run_page: str) -> None:
    arrays = read_npz(small_run / "cnn" / "inspection" / "activations.npz")
    pictures = set(data_of(run_page, "data-live")["pictures"]["indices"])
    places = [place for place, index in enumerate(arrays["indices"]) if int(index) in pictures]
    assert places, "the page has none of the pictures whose maps are kept"
    shown, rng = live(), np.random.default_rng(0)
    for number in range(10):
        layer = f"conv{1 + number % 2}"
        place, (side, _, filters) = int(rng.choice(places)), arrays[layer].shape[1:]
        row, column, one = int(rng.integers(side)), int(rng.integers(side)), int(rng.integers(filters))
        address = f"#one/{arrays['indices'][place]}/{layer}/{one}/r{row}c{column}"
        shown.evaluate("(address) => { location.hash = address; }", address)
        expected = float(arrays[layer][place, row, column, one])
        where = f"filter {one}, row {row}, column {column}"
        soon(
            shown,
            lambda where=where, expected=expected: says(shown, where, expected),  # type: ignore[misc]
            f"{address} is not {expected:.3f}: {shown.locator('#one .live-sums h3').inner_text()}",
        )


def says(shown: "Page", where: str, expected: float) -> bool:
    """Whether the arithmetic that is shown is of a place and comes to a number."""
    told = shown.locator("#one .live-sums h3").inner_text()
    number = re.search(r"How (\S+) comes about", told.replace("−", "-"))
    is_near = number and abs(float(number[1]) - expected) < 0.0006 + 1e-4 * abs(expected)
    return bool(is_near and f"{where} (" in told)


def test_which_filter_matters_most_and_what_it_looks_for(shown: Any) -> None:
    shown.locator("#filters .live-tile").first.click()
    passport = shown.locator(".live-passport")
    assert "without it" in passport.inner_text().lower(), "what it is worth is not told"
    assert passport.locator(".live-cells").count() == 1, "its kernel is not shown"
    assert "#filters/conv1/" in shown.url, "the passport has no address"
    shown.locator("#filters .live-tile").first.click()
    assert passport.count() == 0, "pressed again it closes"


def test_why_a_picture_is_called_so(shown: Any) -> None:
    shown.locator("#one .live-garment").nth(1).click()
    shown.locator(".live-why button", has_text="Why does cnn say").click()
    told = shown.locator(".live-why [aria-live]")
    told.get_by_text("with all filters").wait_for()
    lost = [float(text.removesuffix(" points")) for text in told.locator("td:nth-child(2)").all_inner_texts()]
    assert lost == sorted(lost, reverse=True), "the filter that costs most comes first"
    if not lost:
        assert "No single filter of conv2 decides" in told.inner_text()
    assert min(lost, default=1) >= 1, "what does not cost a point is told as a cause"


def test_what_is_chosen_is_shown_and_comes_into_sight(live: Any) -> None:
    shown = live(width=360)
    groups = shown.locator("#one").get_by_label("Pictures")
    name = groups.locator("option").nth(1).inner_text().rpartition(" (")[0]
    groups.select_option(index=1)
    shown.locator("#one h3", has_text=re.compile(f"Test picture .*, {re.escape(name)}$")).first.wait_for()
    choose(shown, 1, 0)
    top = "document.querySelector('#one .live-large').getBoundingClientRect().top"
    assert 0 <= shown.evaluate(top) < 400, "a filter is chosen, and what it shows is out of sight"
    shown.locator("#filters .live-tile").last.click()
    top = "document.querySelector('.live-passport').getBoundingClientRect().top"
    assert 0 <= shown.evaluate(top) < 400, "a passport opens out of sight"


def test_what_is_left_of_a_filter_after_pooling(shown: Any) -> None:
    choose(shown, 0, 2)
    assert shown.locator("#one .live-views .live-view").all_inner_texts()[3].startswith("pool1")
    assert "pool1 keeps the largest" in shown.locator("#one .live-sums").inner_text()


def test_what_happens_without_a_filter(shown: Any) -> None:
    before = bars(shown.locator("#worth"))
    tile = shown.locator("#worth .live-tile").first
    tile.scroll_into_view_if_needed()
    place = tile.bounding_box()
    tile.click()
    shown.locator("#worth p", has_text="answered otherwise than with all filters").wait_for()
    assert tile.bounding_box() == place, "the maps run away from who presses them"
    assert "without it" in shown.locator("#worth .live-measured").inner_text().lower()
    assert bars(shown.locator("#worth")) == before, "the first table is that with all filters"
    shown.locator("#worth .live-tile").nth(1).click()
    assert shown.locator("#worth .live-measured").inner_text() == "", "nothing was measured for two at once"
    shown.locator("#worth button", has_text="Switch all on").click()
    assert "No filter is off" in shown.locator("#worth").inner_text()


def test_a_passport_leads_to_the_filter_at_work_and_without_it(live: Any) -> None:
    shown = live(address="#filters/cnn:conv1/1")
    top = "document.querySelector('.live-passport').getBoundingClientRect().top"
    until(shown, f"Math.abs({top}) < 100")
    assert shown.url.endswith("#filters/conv1/1"), "the first model needs no name"
    shown.locator(".live-passport a").click()
    until(shown, f"Math.abs({top.replace('passport', 'views')}) < 100")
    shown.locator("#one .live-sums h3", has_text="filter 1,").wait_for()
    shown.locator(".live-passport button", has_text="Switch it off").click()
    shown.locator("#worth p", has_text="Off: filter 1 of conv1").wait_for()
    assert shown.url.endswith("#worth")


def test_cells_of_confusion_open_their_pictures(live: Any) -> None:
    shown = live()
    shown.locator("#differ .live-confusion button").first.click()
    told = shown.locator("#differ [role=status]")
    assert re.search(r"seed \d+: [\d,]+ test pictures; (\d+|none) of them", told.inner_text())
    garment = told.locator(".live-garment").first
    name = garment.get_attribute("title")
    garment.click()
    shown.locator("#one h3", has_text=name[0].upper() + name[1:]).wait_for()
    assert abs(shown.evaluate("document.getElementById('one').getBoundingClientRect().top")) < 100


def test_under_strain_the_bars_change_with_the_slider(live: Any) -> None:
    shown = live()
    strain = shown.locator("#strain")
    strain.locator(".live-bars").first.wait_for()
    before = bars(strain)
    strain.locator("input[type=range]").fill("5")
    strain.locator("output", has_text="5 ").wait_for()
    soon(shown, lambda: bars(strain) != before, "shifted by 5 pixels it is answered as before")
    strain.locator("select").first.select_option("blur")
    strain.locator("output", has_text="0 pixels of deviation").wait_for()
    soon(shown, lambda: bars(strain) == before, "a strength of 0 changes something")


def test_weights_can_be_typed(shown: Any) -> None:
    hand = shown.locator("#byhand")
    said = hand.locator("p", has_text="Mean size of the response")
    before = said.inner_text()
    hand.locator("button", has_text="horizontal filter").click()
    assert said.inner_text() != before
    for cell in range(9):
        hand.locator(".live-weights input").nth(cell).fill("0")
    assert "0.0;" in said.inner_text(), "a filter of zeros answers to nothing"
    hand.locator(".live-weights input").first.fill("one")
    assert hand.locator(".live-weights input[aria-invalid=true]").count() == 1
    assert "0 + 0 − 256 + 24 + 864 − 216 + 213 + 452 − 504 = 577" in hand.inner_text()
    hand.locator(".live-places button").nth(3).click()
    assert "= 197" in hand.locator(".live-sum").inner_text()


def test_a_place_is_moved_and_held_by_keyboard(shown: Any) -> None:
    tile = shown.locator("#one .live-tile").nth(1)
    tile.focus()
    shown.keyboard.press("Enter")
    assert tile.get_attribute("aria-pressed") == "true"
    shown.locator("#one [role=application]").first.focus()
    for key in (*["ArrowUp"] * 26, *["ArrowLeft"] * 26, "ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        shown.keyboard.press(key)
    assert shown.url.endswith("/r1c2"), "Enter holds the place"
    heading = shown.locator("#one .live-sums h3")
    assert "row 1, column 2" in heading.inner_text()
    box = shown.locator("#one [role=application]").first.bounding_box()
    shown.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown.wait_for_timeout(100)
    assert "row 1, column 2" in heading.inner_text(), "a place that is held stays"
    shown.keyboard.press("Escape")
    assert not shown.url.endswith("/r1c2"), "Escape lets it go"


def test_a_place_is_held_by_a_finger(live: Any) -> None:
    shown = live(width=360, has_touch=True)
    stage = shown.locator("#one [role=application]").first
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    shown.touchscreen.tap(box["x"] + 1, box["y"] + 1)
    shown.locator("#one .live-sums h3", has_text="row 0, column 0").wait_for()
    assert shown.url.endswith("/r0c0")


def test_an_address_leads_to_its_place(live: Any, run_page: str) -> None:
    index = data_of(run_page, "data-live")["pictures"]["indices"][7]
    shown = live(address=f"#one/{index}/conv2/3/r4c5")
    shown.locator("#one .live-sums h3", has_text="filter 3, row 4, column 5").wait_for()
    assert shown.locator("#one h3").first.inner_text().startswith(f"Test picture {index},")
    until(shown, "Math.abs(document.querySelector('.live-views').getBoundingClientRect().top) < 100")
    shown.evaluate(f"location.hash = '#one/{index}/cnn:pool1/1/r2c3'")
    shown.locator("#one .live-sums h3", has_text="filter 1, row 4, column 6").wait_for()
    assert shown.url.endswith(f"#one/{index}/conv1/1/r4c6"), "what is pooled is a place of the map before"
    live(address="#one/99999/conv9/%3Cb%3E")  # what leads nowhere disturbs nobody


def test_another_model_can_be_looked_into(live: Any, run_page: str) -> None:
    data = data_of(run_page, "data-live")
    data["networks"]["other"] = data["networks"]["cnn"]
    index = data["pictures"]["indices"][3]
    shown = live(with_data(run_page, "data-live", data), address=f"#one/{index}/other:conv2/1/r0c1")
    shown.locator("#one .live-sums h3", has_text="filter 1, row 0, column 1").wait_for()
    which = "Look inside"
    for section in ("one", "filters", "worth"):
        assert shown.locator(f"#{section}").get_by_label(which).input_value() == "other", section
    shown.locator("#filters .live-tile").first.click()
    assert "#filters/other:conv1/" in shown.url, "the address does not say of which model the filter is"
    shown.locator("#worth").get_by_label(which).select_option("cnn")
    assert shown.locator("#one").get_by_label(which).input_value() == "cnn", (
        "one model is looked into at a time"
    )
    assert shown.locator(".live-passport").count() == 0
    choose(shown, 0, 1)
    assert "/conv1/" in shown.url, "the first model needs no name"


def test_what_an_answer_with_the_mirror_image_is_of_is_told(shown: Any, live: Any, run_page: str) -> None:
    data = data_of(run_page, "data-live")
    data["networks"]["cnn"]["layers"].insert(-1, {"kind": "mirror_mean", "name": "mirror_mean"})
    mirrored = live(with_data(run_page, "data-live", data))
    answer = "The answer of cnn is of the picture and its mirror image together"
    for section, more in {
        "one": "Its maps and their numbers are of the picture as it is.",
        "worth": "A filter that is off is off for both.",
        "strain": "",
    }.items():
        told = [text for text in mirrored.locator(f"#{section} p").all_inner_texts() if answer in text]
        assert len(told) == 1, f"{section} does not say once what the answer is of: {told}"
        assert more in told[0], f"{section} does not say what else there is to know: {told}"
        assert "mirror image" not in shown.locator(f"#{section}").inner_text(), "said of any network"


def test_pictures_of_ones_own_are_drawn_chosen_and_refused(live: Any, tmp_path: Path) -> None:
    shown = live()
    shown.locator("#one summary", has_text="Draw a picture").click()
    sheet = shown.locator("#one .live-sheet")
    sheet.focus()
    for key in ("Enter", "ArrowRight", "Enter", "ArrowDown", "Enter"):
        shown.keyboard.press(key)
    shown.locator("#one h3", has_text="The picture you drew").wait_for()
    said = shown.locator(".live-said")
    files = {
        "gray.png": (PNG, ""),
        "text.png": (b"no picture", "is no picture that a browser can show"),
        "none.svg": (
            b'<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0"/>',
            "nothing in it to see",
        ),
        "huge.svg": (
            b'<svg xmlns="http://www.w3.org/2000/svg" width="20000" height="20000"/>',
            "400 million pixels",
        ),
        "runs.svg": (
            b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>',
            "",
        ),
    }
    for name, (content, complaint) in files.items():
        (tmp_path / name).write_bytes(content)
        shown.locator(".live-drop input").set_input_files(tmp_path / name)
        if complaint:
            said.filter(has_text=complaint).wait_for()
        else:
            shown.locator("#one figcaption", has_text="as the networks get it").first.wait_for()
            shown.locator("#one h3", has_text="The picture you chose").wait_for()
