"""A shopper on every channel, played on the demo's pages against the whole of Shopbell."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import httpx
import msgspec
from playwright.async_api import Browser, Locator, Page, expect

from shopbell.connectors.channels.registry import capabilities
from shopbell.demo.channels.running import SHOPPERS, platforms
from shopbell.desk.connections.reads import connections
from shopbell.desk.control.commands import take_over
from shopbell.desk.database import Desk, open_desk
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.people.types import Agent
from tests.browser.inbox import Inbox
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE
from tests.jobs.conftest import until
from tests.stack import Stack

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)
ASKED = "How long does delivery to Germany take?"


@asynccontextmanager
async def playing(stack: Stack) -> AsyncGenerator[tuple[httpx.AsyncClient, Desk]]:
    async with (
        platforms(stack.settings, stack.base_url) as url,
        open_desk(stack.database_url, size=3) as desk,
        httpx.AsyncClient(base_url=url, timeout=30) as pages,
    ):
        desk.capabilities = capabilities()
        yield pages, desk
        await desk.run(
            "UPDATE ticket SET status = 'closed' WHERE connection_id IN"
            " (SELECT id FROM connection WHERE name LIKE '%%(demo)')"
        )  # so that the next test's shopper begins anew


async def do(pages: httpx.AsyncClient, channel: str, what: str, **more: Any) -> None:
    told = msgspec.json.encode({"what": what, **more})
    headers = {"content-type": "application/json"}
    given = await pages.post(f"/{channel}/do", content=told, headers=headers)
    assert given.status_code == 200, (channel, given.text)


async def shown(
    pages: httpx.AsyncClient, channel: str, holds: Callable[[list[Any]], bool]
) -> list[dict[str, Any]]:
    """What the page shows once this is true of it."""
    async with asyncio.timeout(60), pages.stream("GET", f"/{channel}/feed", timeout=60) as feed:
        async for line in feed.aiter_lines():
            if line.startswith("data:"):
                entries = msgspec.json.decode(line[5:])["entries"]
                if holds(entries):
                    return entries
    raise AssertionError("the page ended")


def answered(entries: list[Any]) -> bool:
    return any(not one["mine"] for one in entries)


async def connected(desk: Desk, channel: str) -> UUID:
    (found,) = [
        one.connection.id
        for one in await connections(desk)
        if one.connection.channel == channel and one.connection.name.endswith("(demo)")
    ]
    return found


async def speak(desk: Desk, channel: str, words: str) -> None:
    """Ben takes the newest ticket of a demo channel over, and answers."""
    (row,) = await desk.run("SELECT id, email, name, role FROM agent WHERE email = 'ben@demo.shop'")
    ben = msgspec.convert(row, Agent)
    (ticket,) = await desk.run(
        "SELECT id FROM ticket WHERE connection_id = %(id)s ORDER BY created_at DESC LIMIT 1",
        id=await connected(desk, channel),
    )
    await take_over(desk, ticket["id"], ben)
    await reply(desk, ticket["id"], ben, Draft(id=uuid7(), text=words))


async def test_a_shopper_is_answered_on_every_channel_and_photos_arrive(stack: Stack) -> None:
    names = [one.channel for one in SHOPPERS]
    async with playing(stack) as (pages, desk):

        async def asks(channel: str) -> None:
            await do(pages, channel, "say", text=ASKED, subject="Delivery")
            await shown(pages, channel, answered)
            picture = {"file_name": "hole.png", "media_type": "image/png", "data": PNG}
            await do(pages, channel, "say", text="Look", subject="Delivery", **picture)

        await asyncio.gather(*(asks(one) for one in names))

        async def all_here() -> bool:
            rows = await desk.run(
                "SELECT n.channel FROM message m JOIN connection n ON n.id = m.connection_id"
                " WHERE n.name LIKE '%%(demo)' AND m.author_kind = 'customer'"
                " AND NOT (m.extra -> 'attachments' -> 0 ? 'state')"
                " AND m.extra -> 'attachments' -> 0 IS NOT NULL"
            )
            return {row["channel"] for row in rows} == set(names)

        await until(all_here)
        unread = await desk.run("SELECT error FROM inbound WHERE status = 'unread'")
        assert unread == [], "whatever the pages tell is understood"


async def test_what_is_done_to_messages_reaches_the_desk(stack: Stack) -> None:
    async with playing(stack) as (pages, desk):
        await do(pages, "telegram", "say", text=ASKED)
        mine, theirs = (await shown(pages, "telegram", answered))[-2:]
        await do(pages, "telegram", "edit", name=mine["name"], text="To Austria?")
        await do(pages, "telegram", "react", name=theirs["name"], text="👍")
        await do(pages, "whatsapp", "say", text=ASKED)
        (*_, came) = await shown(pages, "whatsapp", answered)
        await do(pages, "whatsapp", "read", name=came["name"])
        await do(pages, "sms", "say", text=ASKED)
        await shown(pages, "sms", answered)
        await do(pages, "sms", "say", text="STOP")

        async def is_so() -> bool:
            messages = await desk.run(
                "SELECT m.text, m.extra -> 'reactions' AS signs, d.status FROM message m"
                " LEFT JOIN delivery d ON d.message_id = m.id WHERE m.connection_id = ANY(%(ids)s)",
                ids=[await connected(desk, "telegram"), await connected(desk, "whatsapp")],
            )
            out = await desk.run(
                "SELECT 1 FROM contact WHERE connection_id = %(id)s AND opted_out_at IS NOT NULL",
                id=await connected(desk, "sms"),
            )
            return (
                any(one["text"] == "To Austria?" for one in messages)
                and any(one["signs"] for one in messages)
                and any(one["status"] == "read" for one in messages)
                and bool(out)
            )

        await until(is_so)
        await do(pages, "sms", "say", text="START")


async def test_connections_are_made_once_and_no_other_site_writes_here(stack: Stack) -> None:
    async with playing(stack) as (_, desk):
        first = [await connected(desk, one.channel) for one in SHOPPERS]
    async with playing(stack) as (pages, desk):
        assert [await connected(desk, one.channel) for one in SHOPPERS] == first
        refused = await pages.post("/http/do", content=b'{"what":"say"}')
        assert refused.status_code == 415, "as another site's form would"


async def test_an_agent_answers_shoppers_on_four_pages(stack: Stack, browser: Browser) -> None:
    phone = await browser.new_context(viewport={"width": 390, "height": 780}, color_scheme="dark")
    page = await phone.new_page()
    async with playing(stack) as (pages, desk):
        await page.goto(f"{pages.base_url}/")
        await expect(page.get_by_role("listitem")).to_have_count(len(SHOPPERS))
        await page.evaluate(AXE.read_text("utf-8"))
        assert await faults(Inbox(page)) == []
        for channel in ("whatsapp", "email", "telegram", "discord"):
            await page.goto(f"{pages.base_url}/")
            await page.locator(f"a.{channel}").click()
            since = desk.now()
            await _asks(page, subject="Delivery" if channel == "email" else "")
            await until(partial(_came, desk, await connected(desk, channel), since))
            await speak(desk, channel, f"Ben here, by {channel}.")
            await expect(_theirs(page).filter(has_text=f"Ben here, by {channel}.")).to_be_visible(
                timeout=30_000
            )
            await page.evaluate(AXE.read_text("utf-8"))
            assert await faults(Inbox(page)) == [], channel
            wide = "document.documentElement.scrollWidth > innerWidth"
            assert not await page.evaluate(wide), "no sideways scrolling on a phone"
        await phone.close()


async def _asks(page: Page, subject: str) -> None:
    if subject:
        await page.get_by_label("Subject").fill(subject)
    await page.get_by_role("textbox", name="Message").fill(ASKED)
    mine = page.get_by_label("Messages").get_by_text(ASKED).first

    async def sent() -> bool:
        """A page says no, and keeps the words, while nobody at the desk holds its server open."""
        await page.get_by_role("button", name="Send", exact=True).click()
        with suppress(AssertionError):
            await expect(mine).to_be_visible(timeout=2_000)
        return await mine.is_visible()

    await until(sent)
    if not subject:
        # Who was answered by mail within the hour is answered by people.
        await expect(_theirs(page).first).to_contain_text(
            "delivery", timeout=30_000, ignore_case=True
        )


async def _came(desk: Desk, connection_id: UUID, since: datetime) -> bool:
    return bool(
        await desk.run(
            "SELECT 1 FROM message WHERE connection_id = %(id)s AND author_kind = 'customer'"
            " AND at > %(since)s",
            id=connection_id,
            since=since,
        )
    )


def _theirs(page: Page) -> Locator:
    return page.locator("#feed .theirs")
