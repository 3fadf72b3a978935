"""The page in a browser: alone, from disk, at any width, by keyboard, in light and dark, on paper."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from model.side_by_side.compare_runs import compare_runs
from model.side_by_side.files import write_comparison
from tests.compared_folders import make_run
from tests.comparison.test_accuracy_figure import HOSTILE, report_of
from tests.experiment.test_page import COMPARISON, figures_in, page
from tests.page.conftest import SCHEMES, WIDTHS, until
from tests.run.test_hostile_names import SHOWN

WIDER = "[...document.querySelectorAll('body *')].filter((one) => !one.closest('.wide, .live-wide, pre')"
WIDER += " && one.getBoundingClientRect().right > innerWidth + 1).map((one) => one.outerHTML.slice(0, 90))"
MORE = [
    "</script><script>alert(1)</script>", "--><img src=x onerror=alert(1)>", "<!--<script>",
    "javascript:alert(1)",
    "' onmouseover='alert(1)", '" autofocus onfocus="alert(1)', "<svg onload=alert(1)>", "</style><b>", "]]>",
    "{{ 7 * 7 }}", "{% raw %}", "&lt;b&gt;", "\u2028alert(1)", "</textarea><iframe src=//x>",
]  # fmt: skip
UNFOLD = "document.querySelectorAll('main details').forEach((one) => { one.open = true; })"
LONG = "a-very-long-name-without-any-place-to-break-it-" * 3


@pytest.fixture
def hostile_page(tmp_path: Path) -> Any:
    """The page of a made-up run in which whatever can have a name has one of ten."""

    def made(names: list[str]) -> str:
        report = report_of({"dense": 0.8, names[1] or "x": 0.9}, names=names)
        report["name"] = report["data"]["source"] = names[0]
        report["environment"] = {names[2]: names[3] or "x"}
        return page(report, figures_in(tmp_path, *COMPARISON), {}, tmp_path, f"name: {names[4]}")

    return made


def serious(shown: Any, **options: Any) -> list[str]:
    """What axe-core finds that keeps people from using a page."""
    from axe_playwright_python.sync_playwright import Axe

    options["resultTypes"] = ["violations"]  # to tell of what is well takes six times as long
    return [
        f"{one['id']}: {one['help']}: {node['html'][:120]}"
        for one in Axe().run(shown, options=options).response["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]


def test_nothing_is_wider_than_the_screen(run_page: str, opened: Any) -> None:
    """Nor does the browser complain, or the page ask for anything: `opened` sees to that."""
    shown = opened(run_page, 360)
    shown.evaluate(UNFOLD)
    for width, scheme in itertools.product(WIDTHS, SCHEMES):
        shown.set_viewport_size({"width": width, "height": 900})
        shown.emulate_media(color_scheme=scheme)
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, f"{width} pixels, {scheme}"
        wider = shown.evaluate(WIDER)
        assert not wider, f"cut off at the right, {width} pixels, {scheme}: {wider[:3]}"


def test_long_names_are_broken(hostile_page: Any, opened: Any) -> None:
    shown = opened(hostile_page([LONG, *"abcdefghi"]), 360)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360


def test_no_name_is_more_than_text(hostile_page: Any, opened: Any) -> None:
    """Nor runs anything, or asks for anything: `opened` sees to that."""
    # The list marks where one is; buttons hide, in their own time, where a picture is as large as it can be.
    elements = "document.querySelectorAll(':not(nav a, .enlarge)')"
    named = "[...one.attributes].map((attribute) => attribute.name)"
    tags = f"[...{elements}].map((one) => one.tagName + {named})"
    plain = opened(hostile_page(list("abcdefghij"))).evaluate(tags)
    names = list(dict.fromkeys([*HOSTILE, *SHOWN, *MORE]))
    assert len(names) >= 30
    for first in range(0, len(names), 10):
        ten = (names[first:] + names)[:10]
        assert opened(hostile_page(ten)).evaluate(tags) == plain, (
            f"one of {ten} became an element or an attribute"
        )


def test_everybody_can_use_it(run_page: str, opened: Any) -> None:
    """By axe-core, which tests what programs can test: names, roles, order, and contrast in both schemes."""
    shown = opened(run_page)
    shown.evaluate(UNFOLD)
    shown.locator("#filters .live-tile").first.click()
    assert not (bad := serious(shown)), "\n".join(bad)
    shown.emulate_media(color_scheme="dark")
    assert not (bad := serious(shown, runOnly=["color-contrast"])), "\n".join(bad)


def test_runs_side_by_side_have_such_a_page_too(tmp_path: Path, opened: Any) -> None:
    one = make_run(tmp_path / LONG, {"dense": 0.85, "cnn": 0.9})
    two = make_run(tmp_path / "two", {"cnn": 0.93}, settings={"training": {"epochs": 9}})
    folder, _ = write_comparison(compare_runs([one, two, tmp_path / "nowhere"], tmp_path), tmp_path)
    shown = opened(folder / "comparison.html")
    for width in WIDTHS:
        shown.set_viewport_size({"width": width, "height": 900})
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, f"{width} pixels"
    assert not (bad := serious(shown)), "\n".join(bad)
    links = shown.locator("nav a").evaluate_all("all => all.map((link) => link.hash)")
    assert links == ["#result", "#test-0", "#configs", "#reading", "#faults"]
    for link in links:
        assert shown.locator(link).count() == 1, f"{link} leads nowhere"


def test_which_classes_gain_most(shown: Any, small_run: Path) -> None:
    """In two actions: its place in the list of contents, and the head of the column."""
    pair = json.loads((small_run / "report.json").read_text())["comparisons"][0]
    order = sorted(pair["per_class"], key=lambda one: one["difference"], reverse=True)
    shown.locator("nav a", has_text="Class by class").click()
    until(shown, "Math.abs(document.getElementById('classes').getBoundingClientRect().top) < 100")
    shown.locator("#classes thead button", has_text="cnn − dense").click()
    rows = shown.locator("#classes table").first.locator("tbody th").all_inner_texts()
    gains = {one["class"]: round(100 * one["difference"], 1) for one in order}
    assert [gains[name] for name in rows] == [gains[one["class"]] for one in order]


def test_the_contents_lead_everywhere_by_keyboard(run_page: str, opened: Any) -> None:
    shown = opened(run_page)
    shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.className") == "skip", "the list can't be skipped"
    for _ in range(3):
        shown.keyboard.press("Tab")
    assert shown.evaluate("document.activeElement.hash") == "#filters"
    shown.keyboard.press("Enter")
    until(shown, "Math.abs(document.getElementById('filters').getBoundingClientRect().top) < 100")
    until(shown, "document.querySelector('nav [aria-current]')?.hash === '#filters'")


def test_on_a_phone_the_contents_are_folded_and_stay_in_reach(run_page: str, opened: Any) -> None:
    shown = opened(run_page, 360, has_touch=True)
    until(shown, "!document.querySelector('nav details').open")
    shown.tap("nav summary")
    shown.tap("nav a[href='#learning']")
    until(shown, "!document.querySelector('nav details').open")
    place = "document.getElementById('learning').getBoundingClientRect().top"
    until(shown, f"0 < {place} && {place} < 200")
    bar = shown.evaluate("document.querySelector('nav').getBoundingClientRect().bottom")
    assert 0 <= bar <= shown.evaluate(place) + 1, "the heading is under the bar"
    assert bar < 100, "the folded list takes the screen"


def test_an_address_leads_to_its_section(run_page: str, opened: Any) -> None:
    shown = opened(run_page, address="#differ/anything")
    top = "document.getElementById('differ').getBoundingClientRect().top"
    until(shown, f"Math.abs({top}) < 100")
    assert shown.evaluate("location.hash") == "#differ/anything", "the address is forgotten"
    opened(run_page, address="#%E0%A4%A")  # what is no address is none


def test_a_table_is_sorted_by_keyboard(shown: Any) -> None:
    head = shown.locator("#result table").first.locator("thead button").nth(1)
    head.focus()
    order = []
    for _ in range(2):
        shown.keyboard.press("Enter")
        cells = shown.locator("#result table").first.locator("tbody td:nth-child(2)").all_inner_texts()
        order.append([float(cell.removesuffix(" %")) for cell in cells])
    assert order[0] == sorted(order[0], reverse=True), "the largest comes first"
    assert order[1] == order[0][::-1]
    assert shown.locator("#result thead th[aria-sort=ascending]").count() == 1


def test_a_picture_can_be_seen_in_its_own_size_on_a_phone(shown: Any) -> None:
    shown.set_viewport_size({"width": 360, "height": 900})
    picture, button = shown.locator("#result .picture img").first, shown.locator("#result .enlarge").first
    assert picture.bounding_box()["width"] <= 360
    button.click()
    assert picture.bounding_box()["width"] == 1200
    assert shown.evaluate("document.documentElement.scrollWidth") <= 360
    button.click()
    assert picture.bounding_box()["width"] <= 360


def test_on_paper_it_is_the_result_a_picture_the_filters_and_the_cost(shown: Any) -> None:
    shown.emulate_media(media="print")
    visible = (
        "[...document.querySelectorAll('section')].filter((one) => one.offsetHeight).map((one) => one.id)"
    )
    assert shown.evaluate(visible) == ["result", "one", "filters", "learning"]
    assert not shown.locator("nav").is_visible()
    shown.set_viewport_size({"width": 703, "height": 1032})  # A4 within margins of 12 mm
    heights = shown.evaluate("[...document.querySelectorAll('section')].map((one) => one.offsetHeight)")
    assert max(heights) <= 1032, f"more than four sheets: {heights}"


def test_without_its_script_the_page_can_be_read(run_page: str, opened: Any) -> None:
    shown = opened(run_page, java_script_enabled=False)
    assert shown.locator("h1").is_visible()
    assert shown.locator("nav a").first.is_visible()
    assert shown.locator("#result table").first.is_visible()
