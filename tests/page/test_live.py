"""What can be touched in the page, in a browser: by mouse, by finger and by keyboard."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from data.storage import read_npz
from model.page.contents import block
from tests.comparison.test_accuracy_figure import HOSTILE

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

BLOCK = '(<script type="application/json" id="{}">)(.*?)(</script>)'
TIMELINE = ["devtools.timeline", "disabled-by-default-devtools.timeline"]  # what a trace takes down
PNG = bytes.fromhex(  # one gray pixel
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6368000000820081dd436af40000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def run_page(small_run: Path) -> str:
    return (small_run / "report.html").read_text(encoding="utf-8")


def data_of(html: str, name: str) -> Any:
    """A block of data of a page."""
    found = re.search(BLOCK.format(name), html, re.DOTALL)
    assert found, f"the page has no block {name}"
    return json.loads(found[2])


def with_data(html: str, name: str, value: Any) -> str:
    """The page with other data in a block."""
    return re.sub(
        BLOCK.format(name), lambda found: f"{found[1]}{block(value)}{found[3]}", html, flags=re.DOTALL
    )


@pytest.fixture
def live(opened: Any, run_page: str) -> "Callable[..., Page]":
    """Opens the page of the small run, or another, and waits until its networks have answered."""

    def open_page(html: str = run_page, **options: Any) -> "Page":
        shown = opened(html, **options)
        shown.locator("#one .live-bars").first.wait_for()
        return shown

    return open_page


def bars(box: "Locator") -> dict[str, str]:
    """The percentages of the first table of bars, by class."""
    names = [name.split(" ✓")[0] for name in box.locator(".live-bars").first.locator("th").all_inner_texts()]
    return dict(
        zip(names, box.locator(".live-bars").first.locator("td:last-child").all_inner_texts(), strict=True)
    )


def choose(shown: "Page", layer: int, tile: int) -> None:
    """Press one of the first tiles of a layer in "One picture"."""
    shown.locator("#one .live-layer").nth(layer).locator(".live-tile").nth(tile).click()


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
        heading = shown.locator("#one .live-sums h3", has_text=f"filter {one}, row {row}, column {column}")
        expected = float(arrays[layer][place, row, column, one])
        shown.locator("#one h3", has_text=f"Test picture {arrays['indices'][place]},").wait_for()
        heading.wait_for()
        told = heading.inner_text().split(" gets ")[1].split(":")[0].replace("−", "-")
        assert abs(float(told) - expected) < 0.0006 + 1e-4 * abs(expected), address


def test_which_filter_matters_most_and_what_it_looks_for(live: Any) -> None:
    shown = live()
    shown.locator("#filters .live-tile").first.click()
    passport = shown.locator(".live-passport")
    assert "taking it out changes" in passport.inner_text().lower(), "what it is worth is not told"
    assert passport.locator(".live-cells").count() == 1, "its kernel is not shown"
    assert "#filters/conv1/" in shown.url, "the passport has no address"
    shown.locator("#filters .live-tile").first.click()
    assert passport.count() == 0, "pressed again it closes"


def test_why_a_picture_is_called_so(live: Any) -> None:
    shown = live()
    shown.locator("#one .live-garment").nth(1).click()
    shown.locator(".live-why button", has_text="Why does cnn say").click()
    shown.locator(".live-why table").wait_for()
    shares = shown.locator(".live-why td").all_inner_texts()
    left = [float(text.removesuffix(" %")) for text in shares if not text.startswith("under")]
    assert left == sorted(left), "the filter without which least is left comes first"


def test_what_is_left_of_a_filter_after_pooling(live: Any) -> None:
    shown = live()
    choose(shown, 0, 2)
    assert shown.locator("#one .live-views .live-view").all_inner_texts()[3].startswith("pool1")
    assert "pool1 keeps the largest" in shown.locator("#one .live-sums").inner_text()


def test_what_happens_without_a_filter(live: Any) -> None:
    shown = live()
    before = bars(shown.locator("#worth"))
    shown.locator("#worth .live-tile").first.click()
    shown.locator("#worth p", has_text="are right with all filters").wait_for()
    assert "taking it out changes" in shown.locator("#worth .live-measured").inner_text().lower()
    assert bars(shown.locator("#worth")) == before, "the first table is that with all filters"
    shown.locator("#worth .live-tile").nth(1).click()
    assert shown.locator("#worth .live-measured").inner_text() == "", "nothing was measured for two at once"
    shown.locator("#worth button", has_text="Switch all on").click()
    assert "No filter is off" in shown.locator("#worth").inner_text()


def test_a_passport_leads_to_the_filter_at_work_and_without_it(live: Any) -> None:
    shown = live(address="#filters/conv1/1")
    shown.locator(".live-passport a").click()
    shown.locator("#one .live-sums h3", has_text="filter 1,").wait_for()
    shown.locator(".live-passport button", has_text="Switch it off").click()
    shown.locator("#worth p", has_text="Off: filter 1 of conv1").wait_for()
    assert shown.url.endswith("#worth")


def test_cells_of_confusion_open_their_pictures(live: Any, run_page: str) -> None:
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
    shown.wait_for_timeout(500)
    assert bars(strain) != before, "a picture that is shifted by 5 pixels is answered as before"
    strain.locator("select").first.select_option("blur")
    strain.locator("output", has_text="0 pixels of deviation").wait_for()
    shown.wait_for_timeout(500)
    assert bars(strain) == before, "a strength of 0 changes nothing"


def test_weights_can_be_typed(live: Any) -> None:
    shown = live()
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


def test_a_place_is_moved_and_held_by_keyboard(live: Any) -> None:
    shown = live()
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


def test_no_name_is_more_than_text(live: Any, run_page: str) -> None:
    """Names of classes and of groups; of models there are none that could do harm."""
    parts = "[...document.querySelectorAll('.live *')].map((one) => one.tagName + one.getAttributeNames())"
    found = []
    for names in ([f"plain {number}" for number in range(len(HOSTILE))], HOSTILE):
        data = data_of(run_page, "data-live")
        count = len(data["classes"])
        data["classes"] = [names[number % len(names)] or "x" for number in range(count)]
        data["pictures"]["groups"] = {name: [number] for number, name in enumerate(names)}
        shown = live(with_data(run_page, "data-live", data))
        shown.locator("#differ .live-confusion button").first.click()
        shown.wait_for_timeout(300)
        found.append(shown.evaluate(parts))
    assert found[0] == found[1], "a name became an element or an attribute"


def test_a_page_without_networks_shows_what_it_can(live: Any, opened: Any, run_page: str) -> None:
    data = data_of(run_page, "data-live")
    data["networks"], data["not_live"] = {}, {"cnn": "it is too large"}
    shown = opened(with_data(run_page, "data-live", data))
    shown.locator("#one p", has_text="cnn is not live here: it is too large").wait_for()
    shown.locator("#differ .live-confusion").wait_for()
    data = data_of(run_page, "data-live")
    data["networks"] = {"dense": data["networks"]["dense"]}
    shown = live(with_data(run_page, "data-live", data))
    assert "None of the networks that are live here has conv" in shown.locator("#filters").inner_text()
    data = data_of(run_page, "data-live")
    data["networks"]["cnn"]["passports"] = {}
    shown = live(with_data(run_page, "data-live", data))
    assert "have not been looked into" in shown.locator("#filters .live").inner_text()
    choose(shown, 1, 0)


@pytest.fixture
def course_page(run_page: str, tmp_path: Path) -> str:
    """The page with networks as large as the default run's, their weights as they start."""
    from configs.networks import Cnn
    from model.networks.build import build
    from model.page.networks import live_network

    data = data_of(run_page, "data-live")
    build(Cnn(), len(data["classes"]), seed=0).save(tmp_path / "model.keras")
    pictures = np.zeros((1, 28, 28), np.uint8)
    found = live_network(tmp_path / "model.keras", Cnn(), len(data["classes"]), pictures)
    data["networks"]["cnn"] = {"seed": 0, "passports": {}, **found}
    return with_data(run_page, "data-live", data)


@pytest.mark.deep
def test_the_course_network_is_quick(browser: Any, course_page: str, tmp_path: Path) -> None:
    """A pass in 30 ms, the page in 1.5 s: of the processor, whatever else it does, where that can be told."""
    page, scripts = browser.new_page(), Path(__file__).parents[2] / "model" / "page" / "scripts"
    (tmp_path / "report.html").write_text(course_page, encoding="utf-8")
    browser.start_tracing(page=page, path=tmp_path / "trace.json", categories=TIMELINE)
    page.goto((tmp_path / "report.html").as_uri())
    page.locator("#one .live-bars").first.wait_for()
    browser.stop_tracing()
    opening = milliseconds(tmp_path / "trace.json", "RunTask")
    assert sum(opening) < 1500, f"networks have answered after {sum(opening):.0f} ms"

    def answer(route: Any) -> None:
        name = route.request.url.rpartition("/")[2]
        if name:
            route.fulfill(path=scripts / name, content_type="text/javascript")
        else:
            route.fulfill(body="<!doctype html>", content_type="text/html")

    page.route("http://page.test/**", answer)
    page.goto("http://page.test/")
    network = data_of(course_page, "data-live")["networks"]["cnn"]
    passes = page.evaluate(
        """async (described) => {
          const { readNetwork, runNetwork } = await import("http://page.test/network.js");
          const network = readNetwork(described);
          const picture = Uint8Array.from({ length: 784 }, (_, i) => (i % 28 < 9 ? 0 : (i * 37) % 256));
          return Array.from({ length: 40 }, () => {
            const started = performance.now();
            runNetwork(network, picture);
            return performance.now() - started;
          });
        }""",
        network,
    )
    page.close()
    assert np.median(passes) < 30, f"a pass takes {np.median(passes):.0f} ms"


def test_nothing_waits_while_the_pointer_crosses_a_map(
    browser: Any, live: Any, course_page: str, tmp_path: Path
) -> None:
    """No task over 50 ms, our script at most 8 ms in 95 of 100: of the processor, whatever else it does."""
    shown = live(course_page)
    choose(shown, 1, 3)
    stage = shown.locator("#one [role=application]").nth(1)
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    shown.wait_for_timeout(300)
    browser.start_tracing(page=shown, path=tmp_path / "trace.json", categories=TIMELINE)
    for step in range(100):
        down, right = (step * 23) % int(box["height"]), (step * 37) % int(box["width"])
        shown.mouse.move(box["x"] + right, box["y"] + down)
    browser.stop_tracing()
    frames, tasks = (
        milliseconds(tmp_path / "trace.json", name) for name in ("FireAnimationFrame", "RunTask")
    )
    assert len(frames) > 50, "hardly a move was seen"
    assert np.quantile(frames, 0.95) < 8, f"{np.quantile(frames, 0.95):.1f} ms of script a move"
    assert max(tasks) < 50, f"a task of {max(tasks):.0f} ms"


def milliseconds(trace: Path, name: str) -> list[float]:
    """How long the processor was at work in each event of a name, on the page's own thread."""
    events = json.loads(trace.read_text())["traceEvents"]
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    return [
        event["tdur"] / 1000
        for event in events
        if event["name"] == name and "tdur" in event and (event["pid"], event["tid"]) in threads
    ]
