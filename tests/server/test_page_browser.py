"""The page in a real browser: from typing to download, overruled, in two tabs, over a restart."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from contextlib import contextmanager

import pytest
from killing import free_port, serving_process
from PIL import Image
from serving import DEFAULTS

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
PROMPT = "<img src=x onerror=alert(1)> a red fox"
DONE = "#state.finished"
PATIENCE = 90_000

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium is found"),
]


PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@contextmanager
def browser(address, *, away=False, size=PHONE, **how):
    """Open a page that fails on any error, and on any request to elsewhere.

    With `away` the server may be away for a while, of which a browser complains.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = chromium.new_context(viewport=size, **how)
        context.set_default_timeout(PATIENCE)
        wrong = []
        context.on(
            "request", lambda asked: asked.url.startswith(address) or wrong.append(asked.url)
        )
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        if not away:
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
            page.wait_for_selector("#rounds .round:nth-child(3) .tile:nth-child(2)")
            assert tiles(page) == 10


def test_a_person_overrules_the_reward_and_every_tab_sees_it(live):
    address, _ = live
    with browser(address, has_touch=True) as context:
        first, second = context.new_page(), context.new_page()
        first.goto(address)
        begin(first)
        assert tiles(first) == 8
        second.goto(first.url)
        assert tiles(second) == 8
        assert first.locator("#pairs").is_hidden()
        liked = "#opening .tile:not(:has(.best)) >> nth=0"
        name = first.locator(liked).locator(".shot").get_attribute("data-id")
        first.locator(liked).get_by_text("Better", exact=True).click()
        for page in (first, second):
            page.wait_for_selector(f"#opening .shot.preferred.best[data-id='{name}']")
            page.wait_for_selector(f"#best [data-id='{name}']")
        second.click(f"#opening [data-id='{name}']")
        second.fill("#detail-rounds", "3")
        second.keyboard.press("Enter")
        for page in (first, second):
            page.wait_for_selector("#rounds .round:nth-child(5) .tile:nth-child(2)")
            assert tiles(page) == 14
            page.wait_for_selector(f"#line .turn [data-id='{name}']")
            assert page.locator("#curve .turning").count() == 1
        with first.expect_download() as download:
            first.click("#pairs")
        with zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes())) as packed:
            (pair,) = json.loads(packed.read("pairs.json"))
            assert pair["source"] == "a person"
            assert {pair["path1"], pair["path2"]} <= set(packed.namelist())


def test_by_the_keyboard_alone_in_the_dark(live):
    address, _ = live
    with browser(address, size=DESK, color_scheme="dark") as context:
        page = context.new_page()
        page.goto(address)
        paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert max(map(int, paper[4:-1].split(","))) < 64
        while page.evaluate("document.activeElement.id") != "prompt":
            page.keyboard.press("Tab")
        page.keyboard.type("a red fox")
        page.keyboard.press("Control+Enter")
        assert tiles(page) == 8
        while "act" not in page.evaluate("document.activeElement.className.split(' ')"):
            page.keyboard.press("Tab")
        assert (
            page.evaluate("getComputedStyle(document.activeElement.parentElement).opacity") == "1"
        )
        page.keyboard.press("Enter")
        page.wait_for_selector("#rounds .round:nth-child(4) .tile:nth-child(2)")
        assert tiles(page) == 12
        assert page.locator("#opening .shot.preferred").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth") == DESK["width"]


def test_the_server_is_killed_in_the_middle_and_the_page_goes_on(tmp_path):
    port = free_port()
    with (
        serving_process(tmp_path, port) as (process, client),
        browser(f"http://127.0.0.1:{port}", away=True) as context,
    ):
        run = client.start("a red fox", **{**DEFAULTS, "rounds": 200})
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{port}/#{run.id}")
        page.wait_for_selector("#rounds .round:nth-child(3) .shot")
        process.kill()
        process.wait()
        page.wait_for_timeout(500)
        assert page.text_content("#state") == "running"
        with serving_process(tmp_path, port) as (_, other):
            page.wait_for_selector("#rounds .round:nth-child(40) .shot")
            other.cancel(run.id)
            page.wait_for_selector("#state.cancelled")
            seen = other.get(run.id)
            assert page.locator("#opening .shot, #rounds .shot").count() == seen.done
