"""A browser for pages: Debian's chromium, which `.ci/run` installs."""

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from model.page.contents import block

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    Open = Callable[..., Page]

WIDTHS = (360, 768, 1440)
BLOCK = '(<script type="application/json" id="{}">)(.*?)(</script>)'
SCHEMES: tuple[Any, ...] = ("light", "dark")


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium here: `apt-get install chromium`")
    from playwright.sync_api import sync_playwright

    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=as_root)
        yield running
        running.close()


def until(page: "Page", holds: str) -> None:
    """Wait until an expression is true; Playwright's own way takes `eval`, which the policy forbids."""
    soon(page, lambda: page.evaluate(holds), f"after five seconds it does not hold that {holds}")


def soon(page: "Page", holds: Callable[[], bool], otherwise: str) -> None:
    """Wait until something is so; what is the matter where that takes more than five seconds."""
    for _ in range(100):
        if holds():
            return
        page.wait_for_timeout(50)
    pytest.fail(otherwise)


class Pages:
    """Pages, each opened from disk and alone in an empty folder, and what went wrong in any of them."""

    def __init__(self, browser: "Browser", folder: Path) -> None:
        self.browser, self.folder = browser, folder
        self.contexts: list[BrowserContext] = []
        self.errors: list[str] = []

    def open(
        self, html: str | Path, width: int = 1440, scheme: Any = "light", address: str = "", **options: Any
    ) -> "Page":
        alone = self.folder / f"page-{len(self.contexts)}"
        alone.mkdir()
        text = html.read_text(encoding="utf-8") if isinstance(html, Path) else html
        (alone / "report.html").write_text(text, encoding="utf-8")
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **options
        )
        self.contexts.append(context)
        page, url = context.new_page(), (alone / "report.html").as_uri()
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        own = (url, "data:", "blob:")
        page.on(
            "request",
            lambda asked: None if asked.url.startswith(own) else self.errors.append(f"asks for {asked.url}"),
        )
        page.goto(url + address)
        return page

    def check(self) -> None:
        assert not self.errors, f"the browser complains of the page, or the page asks for more: {self.errors}"

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> "Iterator[Open]":
    """Opens pages; at the end nothing may have gone wrong in any."""
    pages = Pages(browser, tmp_path)
    yield pages.open
    pages.close()
    pages.check()


@pytest.fixture(scope="module")
def small_pages(
    browser: "Browser", small_run: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """What takes down what goes wrong, and the page of the small run, open for all tests of a file."""
    pages = Pages(browser, tmp_path_factory.mktemp("pages"))
    page = pages.open(small_run / "report.html")
    page.locator("#one .live-bars").first.wait_for()
    yield pages, page
    pages.close()


@pytest.fixture
def shown(small_pages: Any) -> "Iterator[Page]":
    """That page, as the test before has left it, in its usual width and scheme.

    For tests that leave behind nothing that others would have to wait for, or stumble over.
    """
    pages, page = small_pages
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(media="screen", color_scheme="light")
    yield page
    pages.check()


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


def choose(shown: "Page", layer: int, tile: int) -> None:
    """Press one of the first tiles of a layer in "One picture"."""
    shown.locator("#one .live-layer").nth(layer).locator(".live-tile").nth(tile).click()


@pytest.fixture
def live(opened: Any, run_page: str) -> "Callable[..., Page]":
    """Opens the page of the small run, or another, and waits until its networks have answered."""

    def open_page(html: str = run_page, **options: Any) -> "Page":
        shown = opened(html, **options)
        shown.locator("#one .live-bars").first.wait_for()
        return shown

    return open_page
