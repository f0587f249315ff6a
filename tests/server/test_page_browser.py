"""The page in a real browser: a run from typing to download, reloaded midway and in two tabs."""

from __future__ import annotations

import shutil
from contextlib import contextmanager

import pytest
from PIL import Image

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
PROMPT = "<img src=x onerror=alert(1)> a red fox"
DONE = "#state.finished"
PATIENCE = 120_000

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is found"),
]


@contextmanager
def browser(address):
    """Open a page that fails on any error, and on any request to elsewhere."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport={"width": 390, "height": 844})
        context.set_default_timeout(PATIENCE)
        wrong = []
        context.on(
            "request", lambda asked: asked.url.startswith(address) or wrong.append(asked.url)
        )
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on("console", lambda said: said.type == "error" and wrong.append(said.text))
        yield context
        chromium.close()
        assert wrong == []


def begin(page):
    page.fill("#prompt", PROMPT)
    page.keyboard.press("Control+Enter")


def tiles(page):
    page.wait_for_selector(DONE)
    return page.locator("#opening .shot, #rounds .shot").count()


def test_a_run_from_typing_to_download(live, tmp_path):
    address, _ = live
    with browser(address) as context:
        page = context.new_page()
        page.goto(address)
        begin(page)
        assert tiles(page) == 8
        assert page.text_content("#run-prompt") == PROMPT
        assert page.locator("#opening .card.chosen").count() == 1
        assert page.locator("#rounds .shot.winner").count() == 2
        assert page.locator("#curve .dot").count() == 8
        page.wait_for_selector("#past a[aria-current] img")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.focus("#rounds .shot.winner >> nth=0")
        page.keyboard.press("Enter")
        told = page.text_content("#detail-facts")
        assert all(word in told for word in ("Seed", "Strength", "Parent", "Uncertainty"))
        with page.expect_download() as download:
            page.click("#detail-download")
        download.value.save_as(tmp_path / "image.png")
        assert "cohp" in Image.open(tmp_path / "image.png").text
        page.keyboard.press("Escape")
        assert "shot" in page.evaluate("document.activeElement.className")


def test_two_tabs_and_a_reload_see_the_same(live):
    address, _ = live
    with browser(address) as context:
        first, second = context.new_page(), context.new_page()
        first.goto(address)
        begin(first)
        first.wait_for_selector("#run:not([hidden])")
        second.goto(first.url)
        first.reload()
        assert tiles(first) == tiles(second) == 8
        first.fill("#more", "1")
        first.click("#extend-button")
        for page in (first, second):
            page.wait_for_selector("#rounds .round:nth-child(3) .shot:nth-child(2)")
            assert tiles(page) == 10
