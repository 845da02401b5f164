"""A real Chromium for tests of pages; a test that fails leaves a picture of every open page."""

import os
import shutil
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Error, async_playwright

PICTURES = Path(__file__).resolve().parent.parent / "test-results"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[Any]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture
async def browser(request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """Playwright's async browser over the Chromium of `$CHROMIUM`; make contexts and pages in it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert path, "no Chromium: run the tests by bin/test, or set CHROMIUM to the path of one"
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield chromium
        if request.node.stash.get(FAILED, False):
            await _take_pictures(chromium, request.node.name)
        await chromium.close()


async def _take_pictures(browser: Browser, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    safe = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)
    pages = [page for context in browser.contexts for page in context.pages]
    for number, page in enumerate(pages, 1):
        try:
            await page.screenshot(path=PICTURES / f"{safe}-{number}.png", timeout=5000)
        except Error as error:
            print(f"no picture of {page.url}: {error.message}")
