"""An agent at the inbox, and shoppers who write to the desk without a browser."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
from playwright.async_api import Browser, Locator, Page, WebSocketRoute, expect
from websockets.asyncio.client import connect

from shopbell.desk.ids import uuid7
from shopbell.desk.people.commands import token_hash
from shopbell.realtime.frames import CLOSE_RESUME
from shopbell.server.doors import COOKIE
from tests.server.live import Socket
from tests.stack import Stack

ADA, BEN, CLEO, VIC = "ada@demo.shop", "ben@demo.shop", "cleo@demo.shop", "vic@demo.shop"


@dataclass(frozen=True)
class Inbox:
    """One page of the inbox, and what can be seen and done in it; `token` is its session's."""

    page: Page
    token: str = ""

    @property
    def tickets(self) -> Locator:
        """The rows of the list."""
        return self.page.get_by_role("list", name="Tickets").get_by_role("link")

    @property
    def log(self) -> Locator:
        """The open conversation."""
        return self.page.get_by_role("log", name="Conversation")

    @property
    def box(self) -> Locator:
        """Where the agent answers."""
        return self.page.get_by_role("textbox", name="Reply")

    @property
    def note(self) -> Locator:
        """Where the agent tells the team something."""
        return self.page.get_by_role("textbox", name="Note")

    @property
    def state(self) -> Locator:
        """*Live*, *Catching up* or *Offline*."""
        return self.page.locator(".nav .connection")

    @property
    def thread(self) -> Locator:
        """The open ticket: its head, its conversation and the composer."""
        return self.page.get_by_role("main")

    @property
    def head(self) -> Locator:
        """The open ticket's name, its control, who looks, and its buttons."""
        return self.thread.locator("header").first

    @property
    def details(self) -> Locator:
        """What is known of the open ticket and its customer."""
        return self.page.get_by_role("complementary", name="Details")

    def row(self, text: str) -> Locator:
        """The row of the ticket that shows a text."""
        return self.tickets.filter(has_text=text)

    def view(self, name: str) -> Locator:
        """The link to a view, with its count."""
        return self.page.get_by_role("navigation", name="Views").get_by_role("link", name=name)

    def button(self, name: str) -> Locator:
        """A button by its whole name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def message(self, text: str) -> Locator:
        """The messages that hold a text."""
        return self.log.get_by_role("article").filter(has_text=text)

    async def open(self, text: str) -> None:
        """Open the ticket whose row shows a text, and wait for its conversation."""
        await self.row(text).click()
        await expect(self.message(text).first).to_be_visible()

    async def find(self, text: str) -> None:
        """Open a ticket of the list, however far down it stands."""
        await self.page.get_by_role("searchbox", name="Filter this list").fill(text)
        await self.row(text).click()

    async def reply(self, text: str) -> None:
        """Answer the customer, and wait until it stands at the desk."""
        await self.box.fill(text)
        await self.button("Send").click()
        await expect(self.message(text)).not_to_contain_text("Sending")

    async def ticket(self) -> Any:
        """The open ticket, as the server has it."""
        number = self.page.url.partition("/t/")[2].partition("?")[0]
        answer = await self.page.request.get(f"/api/tickets/{number}")
        return (await answer.json())["ticket"]

    async def rest(self) -> None:
        """Take the pointer out of the list, so that its rows may move."""
        await self.page.mouse.move(0, 0)


async def enter(
    browser: Browser, stack: Stack, email: str, path: str = "/", **context: Any
) -> Inbox:
    """The inbox of a signed-in agent, live; `context` are Playwright's options of a context."""
    opened = await browser.new_context(base_url=stack.base_url, **context)
    token = await session(stack, email)
    await opened.add_cookies([{"name": COOKIE, "value": token, "url": stack.base_url}])
    page = await opened.new_page()
    await page.goto(path)
    inbox = Inbox(page, token)
    await expect(page.locator(".connection:visible")).to_have_text("Live")
    return inbox


async def session(stack: Stack, email: str) -> str:
    """The token of a new session, made without the door that counts how often one signs in. Their
    replies go at once, as a test that waits for one needs it."""
    token = secrets.token_urlsafe(32)
    until = datetime.now(UTC) + timedelta(hours=1)
    async with await psycopg.AsyncConnection.connect(stack.database_url) as connection:
        await connection.execute("UPDATE agent SET undo_s = 0 WHERE email = %s", (email,))
        await connection.execute(
            "INSERT INTO agent_session (token_hash, id, agent_id, expires_at)"
            " SELECT %s, %s, id, %s FROM agent WHERE email = %s",
            (token_hash(token), uuid7(), until, email),
        )
    return token


class Customer:
    """A shopper's socket, spoken without a page."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket

    async def say(self, text: str) -> dict[str, Any]:
        """Write something; the message as it stands."""
        message_id = str(uuid7())
        await self.socket.tell(type="send", draft={"id": message_id, "text": text})
        ack = await self.socket.hear("ack", lambda frame: frame["id"] == message_id)
        return ack["message"]

    async def ask_person(self) -> None:
        """Press *Talk to a person*."""
        message_id = str(uuid7())
        await self.socket.tell(type="ask_person", id=message_id)
        await self.socket.hear("ack", lambda frame: frame["id"] == message_id)

    async def hears(self, text: str) -> dict[str, Any]:
        """Wait for a message that holds a text."""

        def holds(event: Any) -> bool:
            return event.get("message") is not None and text in event["message"]["text"]

        return (await self.socket.event(holds))["message"]


@asynccontextmanager
async def customer_of(stack: Stack) -> AsyncGenerator[Customer]:
    """A new visitor of the demo shop, connected."""
    async with httpx.AsyncClient(base_url=stack.base_url) as http:
        given = await http.post("/api/widget/session", json={"key": stack.widget_key})
        given.raise_for_status()
    address = stack.base_url.replace("http", "ws", 1) + "/ws/shopper"
    async with connect(address, compression=None, max_size=None) as connection:
        socket = Socket(connection)
        await socket.tell(type="hello", token=given.json()["token"])
        await socket.hear("snapshot")
        yield Customer(socket)


class Wire:
    """The websocket between the inbox and the server, held in the middle."""

    def __init__(self) -> None:
        self._page: WebSocketRoute | None = None
        self._kept: list[str | bytes] | None = None

    async def lay(self, inbox: Inbox) -> None:
        """Stand between them from the page's next load on."""
        await inbox.page.route_web_socket("**/ws/agent", self._join)
        await inbox.page.reload()
        await expect(inbox.state).to_have_text("Live")

    def hold(self) -> None:
        """Keep back what the server says."""
        self._kept = []

    def release(self) -> None:
        """Let it through, and what follows."""
        kept, self._kept = self._kept or [], None
        for text in kept:
            self.say(text)

    def say(self, text: str | bytes) -> None:
        """Say something to the page as the server would."""
        assert self._page is not None
        self._page.send(text)

    async def cut(self) -> None:
        """End the page's connection as a server that goes away does."""
        assert self._page is not None
        await self._page.close(code=CLOSE_RESUME)

    def _join(self, page: WebSocketRoute) -> None:
        self._page = page
        page.connect_to_server().on_message(self._pass)

    def _pass(self, text: str | bytes) -> None:
        if self._kept is None:
            self.say(text)
        else:
            self._kept.append(text)
