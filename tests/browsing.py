"""A real Chromium for tests of pages, started once for a run (once a worker of pytest-xdist).

A test that fails leaves a picture of every open page.
"""

import os
import shutil
from collections.abc import AsyncIterator, Generator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Error, async_playwright, expect

from tests.stack import free_port

expect.set_options(timeout=20_000)
"""For so long a page may take to show what is expected: machines differ, and nothing waits in vain."""
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


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_browser() -> AsyncIterator[tuple[Browser, str]]:
    """The run's one Chromium, that of `$CHROMIUM` or on PATH, and the address to join it by."""
    path = (
        os.environ.get("CHROMIUM")
        or shutil.which("chromium-headless-shell")
        or shutil.which("chromium")
    )
    assert path, "no Chromium: run the tests by bin/test, or set CHROMIUM to the path of one"
    port = free_port()
    flags = [*FLAGS, f"--remote-debugging-port={port}"]
    async with async_playwright() as play:
        chromium = await play.chromium.launch(executable_path=path, args=flags, headless=True)
        yield chromium, f"http://127.0.0.1:{port}"
        await chromium.close()


@pytest.fixture
async def browser(
    request: pytest.FixtureRequest, shared_browser: tuple[Browser, str]
) -> AsyncIterator[Browser]:
    """Playwright's async browser over the run's Chromium; make contexts and pages in it. They are
    the test's own, and gone after it."""
    async with async_playwright() as play:
        joined = await play.chromium.connect_over_cdp(shared_browser[1])
        yield joined
        await end_pages(joined, request.node)
        await joined.close()


async def end_pages(browser: Browser, test: pytest.Item) -> None:
    """Close every page, after taking pictures of them where the test failed."""
    if test.stash.get(FAILED, False):
        await _take_pictures(browser, test.name)
    for context in browser.contexts:
        await context.close()


async def _take_pictures(browser: Browser, name: str) -> None:
    PICTURES.mkdir(exist_ok=True)
    safe = "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in name)
    pages = [page for context in browser.contexts for page in context.pages]
    for number, page in enumerate(pages, 1):
        try:
            await page.screenshot(path=PICTURES / f"{safe}-{number}.png", timeout=5000)
        except Error as error:
            print(f"no picture of {page.url}: {error.message}")
