"""The tests' own running Shopbell: it answers, a page opens in Chromium, and what was killed comes back."""

import httpx
from playwright.async_api import Browser

from tests.stack import Stack


async def test_a_page_of_the_stack_opens_in_chromium(stack: Stack, browser: Browser) -> None:
    page = await browser.new_page()
    answer = await page.goto(f"{stack.base_url}/healthz")
    assert answer is not None
    assert await answer.text() == "ok"


def test_a_killed_part_is_whole_again(stack: Stack) -> None:
    stack.kill("server")
    assert not stack.server.running
    stack.restart("server")
    assert httpx.get(f"{stack.base_url}/readyz").status_code == 200
