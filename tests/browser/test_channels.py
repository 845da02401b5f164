"""Channels as people see them: connected step by step, told when they end, and what did not go out."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec
import psycopg
import pytest
from playwright.async_api import Browser, expect
from psycopg.rows import dict_row
from standardwebhooks import Webhook
from starlette.responses import Response

from shopbell.demo.peers.http_shop import SECRET, HttpShop, http_shop
from shopbell.desk.connections.commands import connect, set_health
from shopbell.desk.connections.types import ConnectionSettings, Health
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import open_desk
from shopbell.desk.messages.types import Attachment, MailHead, MessageExtra, Reaction
from tests.browser.inbox import ADA, BEN, Inbox, enter
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE
from tests.stack import Stack

OTHER = "whsec_c2hvcGJlbGwtdGVzdHMtc2VjcmV0LW9mLTMyLWJ5dGVz"


@dataclass(frozen=True)
class Till:
    """A custom channel of the demo shop, and the system at its far end."""

    stack: Stack
    peer: HttpShop
    id: UUID
    name: str

    async def posts(self, kind: str, **data: Any) -> None:
        """The system posts what a customer of it did."""
        event = {"type": kind, "data": {"from": {"id": self.name, "name": "Mia Berg"}, **data}}
        body, key, at = msgspec.json.encode(event), f"msg_{uuid4().hex}", datetime.now(UTC)
        headers = {
            "webhook-id": key,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(key, at, body.decode()),
        }
        async with httpx.AsyncClient(base_url=self.stack.base_url) as http:
            given = await http.post(f"/hooks/{self.id}", content=body, headers=headers)
            given.raise_for_status()

    async def is_now(self, health: Health, words: str = "") -> None:
        async with open_desk(self.stack.database_url, size=2) as desk:
            await set_health(desk, self.id, health, words)


@asynccontextmanager
async def till_of(stack: Stack) -> AsyncGenerator[Till]:
    """A connected one that is quiet again afterwards."""
    name = f"till-{uuid4().hex[:8]}"
    async with http_shop() as peer, open_desk(stack.database_url, size=2) as desk:
        brand = (await rows(stack, "SELECT id FROM brand LIMIT 1"))[0]["id"]
        connection = await connect(
            desk,
            Vault(stack.settings.secret_key),
            brand,
            "http",
            name,
            {"secret": SECRET, "endpoint": peer.url},
            settings=ConnectionSettings(endpoint=peer.url),
        )
        await rows(stack, "UPDATE connection SET answer_mode = 'off' WHERE id = %s", connection.id)
        try:
            yield Till(stack, peer, connection.id, name)
        finally:
            await set_health(desk, connection.id, "off", "Over.")


async def test_a_channel_is_connected_step_by_step_and_turns_green(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, ADA, "/settings/channels/")
    page = inbox.page
    async with http_shop() as peer:
        await page.get_by_role("link", name="Connect", exact=True).click()
        await page.get_by_role("link", name="Custom channel").click()
        await page.get_by_label("Name").fill("Mill shop")
        await page.get_by_label("Endpoint").fill(peer.url)
        await page.get_by_label("Signing secret").fill(OTHER)
        await inbox.button("Check and connect").click()
        await expect(page.get_by_role("alert")).to_contain_text("does not accept our signature")
        await page.get_by_label("Signing secret").fill(SECRET)
        await inbox.button("Check and connect").click()

        await expect(page.get_by_text("Working")).to_be_visible()
        await expect(page.get_by_text("Waiting for the first message.")).to_be_visible()
        hook = (await page.locator(".copy code").inner_text()).strip()
        till = Till(stack, peer, UUID(hook.rpartition("/")[2]), "mill-shop")
        await till.posts("typing", state="on")
        await expect(page.get_by_text("Your system reaches you.")).to_be_visible()

        await page.get_by_role("button", name="Assistant suggests").click()
        await expect(page.get_by_role("button", name="Assistant suggests")).to_have_attribute(
            "aria-pressed", "true"
        )
        await inbox.button("Pause").click()
        await expect(page.get_by_text("Paused by Ada")).to_be_visible()
    await rows(stack, "DELETE FROM connection WHERE id = %s", till.id)


async def test_a_message_that_was_refused_is_sent_again_by_one_key(
    stack: Stack, browser: Browser
) -> None:
    async with till_of(stack) as till:
        await till.posts("message.created", id="1", text=f"Is it warm, asks {till.name}")
        inbox = await enter(browser, stack, BEN, "/?view=open")
        await inbox.open(till.name)
        till.peer.script = [lambda: Response(status_code=400)]
        await inbox.box.fill("It is very warm.")
        await inbox.button("Send").click()
        await expect(inbox.message("very warm")).to_contain_text("Not delivered.")
        await expect(inbox.message("very warm").get_by_role("button")).to_have_text("Try again")

        await inbox.log.focus()
        await inbox.page.keyboard.press("g")
        await inbox.page.keyboard.press("f")
        listed = inbox.page.get_by_role("listitem").filter(has_text="It is very warm.")
        await expect(listed).to_contain_text("refused the message (400)")
        await listed.focus()
        await inbox.page.keyboard.press("r")
        await expect(listed.locator(".state")).to_have_text("Sent")
        assert till.peer.texts == ["It is very warm."]
        await listed.get_by_role("link", name="Mia Berg").click()
        await expect(inbox.message("very warm")).to_contain_text("Sent")
        await _resolve(inbox)


async def test_a_connection_that_ends_blocks_the_composer_until_it_is_back(
    stack: Stack, browser: Browser
) -> None:
    async with till_of(stack) as till:
        await till.posts("message.created", id="1", text=f"Is it warm, asks {till.name}")
        inbox = await enter(browser, stack, BEN, "/?view=open")
        await inbox.open(till.name)
        await inbox.box.fill("It is.")
        await expect(inbox.button("Send")).to_be_enabled()

        await till.is_now("reconnect", "The token has ended.")
        await expect(inbox.page.locator(".reconnect")).to_contain_text(f"{till.name} needs")
        await expect(inbox.thread).to_contain_text(
            f"{till.name} is not connected. The token has ended."
        )
        await expect(inbox.button("Send")).to_be_disabled()
        await till.is_now("ok")
        await expect(inbox.page.locator(".reconnect")).to_have_count(0)
        await expect(inbox.button("Send")).to_be_enabled()
        await inbox.box.fill("x" * 20_001)
        await expect(inbox.thread).to_contain_text("1 characters too long for Custom channel.")
        await inbox.box.fill("")
        await _resolve(inbox)


async def test_what_came_from_outside_shows_how_it_came_and_what_became_of_it(
    stack: Stack, browser: Browser
) -> None:
    async with till_of(stack) as till:
        first, second, third = (f"{till.name} {word}" for word in ("one", "two", "three"))
        for number, text in enumerate((first, second, third)):
            await till.posts("message.created", id=str(number), text=text)
        await till.posts("message.edited", id="0", text=f"{first}, corrected")
        await till.posts("message.removed", id="2")
        (row,) = await rows(stack, "SELECT id FROM message WHERE text = %s", f"{first}, corrected")
        extra = MessageExtra(
            reactions=(Reaction(sign="❤️", by="x"), Reaction(sign="❤️", by="y")),
            reply_to=row["id"],
            whole=f"{second}\n\n> what we wrote",
            context="Your story of Tuesday",
            mail=MailHead(
                sender="mia@mail.example",
                to=("care@shop.example",),
                subject="The grey one",
                matched_by="Its subject names order WF-1",
                warning="Its sender could not be verified.",
            ),
            attachments=(
                Attachment(
                    id=uuid4(), name="a.png", media_type="image/png", size=1, state="expected"
                ),
                Attachment(
                    id=uuid4(),
                    name="b.png",
                    media_type="image/png",
                    size=1,
                    state="missing",
                    words="It was taken back.",
                ),
            ),
        )
        await rows(
            stack,
            "UPDATE message SET extra = %s WHERE text = %s",
            msgspec.json.encode(extra).decode(),
            second,
        )
        inbox = await enter(browser, stack, BEN, "/?view=open")
        await inbox.open(till.name)

        await expect(inbox.message("corrected").first).to_contain_text("Edited")
        told = inbox.message(second)
        for words in (
            "Your story of Tuesday",
            "The grey one",
            "Its sender could not be verified.",
            "Mia Berg",
            "❤️2",
            "Getting a.png…",
            "b.png is missing. It was taken back.",
        ):
            await expect(told).to_contain_text(words)
        await told.get_by_text("Show quoted").click()
        await expect(told.get_by_text("> what we wrote")).to_be_visible()
        await told.get_by_text("The grey one").click()
        await expect(told).to_contain_text("Its subject names order WF-1")
        await expect(inbox.message("They removed this message")).to_be_visible()
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        await _resolve(inbox)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_pages_of_channels(
    stack: Stack, browser: Browser, scheme: str
) -> None:
    async with till_of(stack) as till:
        await till.is_now("degraded", "It answers slowly.")
        inbox = await enter(
            browser, stack, ADA, "/settings/channels/", color_scheme=scheme, reduced_motion="reduce"
        )
        for path, shown in (
            ("/settings/channels/", "It answers slowly."),
            ("/settings/channels/new", "Choose where customers write to you."),
            ("/settings/channels/new/http", "Get your account ready"),
            (f"/settings/channels/{till.id}", "How it is answered"),
            ("/unsent", "Messages that a platform refused"),
        ):
            await inbox.page.goto(path)
            await expect(inbox.page.get_by_role("main")).to_contain_text(shown)
            await expect(inbox.page.get_by_text("Loading…")).to_have_count(0)
            await inbox.page.evaluate(AXE.read_text("utf-8"))
            assert await faults(inbox) == [], path


async def _resolve(inbox: Inbox) -> None:
    await inbox.button("Resolve").click()
    await expect(inbox.button("Reopen")).to_be_visible()


async def rows(stack: Stack, query: str, *values: object) -> list[dict[str, Any]]:
    async with await psycopg.AsyncConnection[dict[str, Any]].connect(
        stack.database_url,
        row_factory=dict_row,  # pyright: ignore[reportArgumentType]
    ) as connection:
        found = await connection.execute(query.encode(), values)
        return await found.fetchall() if found.description else []
