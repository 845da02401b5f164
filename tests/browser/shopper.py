"""A shopper at the widget, and shops whose pages hold it."""

import functools
import http.server
import re
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect


@dataclass(frozen=True)
class Shopper:
    """One page with the widget, and what can be seen and done in it."""

    page: Page

    @property
    def context(self) -> BrowserContext:
        """The shopper's browser: its pages share what the widget remembers."""
        return self.page.context

    @property
    def launcher(self) -> Locator:
        """The round button."""
        return self.page.get_by_role("button", name="Chat with us")

    @property
    def panel(self) -> Locator:
        """Everything that the launcher opens."""
        return self.page.locator("shopbell-widget .panel")

    @property
    def log(self) -> Locator:
        """The messages."""
        return self.page.get_by_role("log", name="Conversation")

    @property
    def box(self) -> Locator:
        """Where the shopper writes."""
        return self.page.get_by_role("textbox", name="Message")

    @property
    def send(self) -> Locator:
        """The button beside it."""
        return self.page.get_by_role("button", name="Send", exact=True)

    @property
    def person(self) -> Locator:
        """The way to a person."""
        return self.page.get_by_role("button", name="Talk to a person")

    @property
    def badge(self) -> Locator:
        """The number of unread messages on the launcher."""
        return self.page.locator("shopbell-widget .badge")

    def message(self, text: str | re.Pattern[str]) -> Locator:
        """The messages that hold a text."""
        return self.log.get_by_role("article").filter(has_text=text)

    async def open(self) -> None:
        """Open the chat and wait for the box to write in."""
        await self.launcher.click()
        await expect(self.box).to_be_visible()

    async def say(self, text: str) -> None:
        """Write and send, and wait until it stands at the desk."""
        await self.hand_in(text)
        await expect(self.message(text).last).not_to_contain_text("Sending")

    async def hand_in(self, text: str) -> None:
        """Write and send."""
        await self.box.fill(text)
        await self.send.click()
        await expect(self.message(text).last).to_be_visible()


async def visit(browser: Browser, address: str, **context: Any) -> Shopper:
    """A new shopper on a page; `context` are Playwright's options of a browser context."""
    page = await (await browser.new_context(**context)).new_page()
    await page.goto(address)
    return Shopper(page)


def tag(desk: str, key: str, attributes: str = "") -> str:
    """The one line that a shop puts into its pages."""
    return f'<script src="{desk}/widget.js" data-shopbell="{key}" {attributes} async></script>'


@contextmanager
def shop_page(html: str, headers: Mapping[str, str] | None = None) -> Generator[str]:
    """Another site, at another origin than the desk, that answers everything with this page."""
    handler = functools.partial(_OnePage, html.encode(), dict(headers or {}))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _OnePage(http.server.BaseHTTPRequestHandler):
    def __init__(self, body: bytes, headers: dict[str, str], *rest: Any) -> None:
        self._body, self._extra = body, headers
        super().__init__(*rest)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        for name, value in self._extra.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self._body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass
