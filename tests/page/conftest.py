"""A browser for pages: Debian's chromium, which `.ci/run` installs."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    Open = Callable[..., Page]

WIDTHS = (360, 768, 1440)
SCHEMES = ("light", "dark")


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
    for _ in range(100):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"after five seconds it does not hold that {holds}")


class Told:
    """What a page said and asked for while it was open."""

    def __init__(self, page: "Page") -> None:
        self.errors: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("dialog", lambda dialog: (self.errors.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> "Iterator[Open]":
    """Opens a page alone in an empty folder, from disk; at the end nothing may have gone wrong in any."""
    contexts, pages = [], []

    def open_page(
        html: str | Path, width: int = 1440, scheme: Any = "light", address: str = "", **options: Any
    ) -> "Page":
        folder = tmp_path / f"page-{len(pages)}"
        folder.mkdir()
        text = html.read_text(encoding="utf-8") if isinstance(html, Path) else html
        (folder / "report.html").write_text(text, encoding="utf-8")
        size = {"width": width, "height": 900}
        context = browser.new_context(viewport=size, color_scheme=scheme, **options)  # type: ignore[arg-type]
        page = context.new_page()
        contexts.append(context)
        pages.append((page, Told(page)))
        page.goto((folder / "report.html").as_uri() + address)
        return page

    yield open_page
    for page, told in pages:
        assert not told.errors, f"the browser complains: {told.errors}"
        others = [
            url for url in told.requests if not url.startswith((page.url.split("#")[0], "data:", "blob:"))
        ]
        assert not others, f"the page asks for {others[:3]}"
    for context in contexts:
        context.close()
