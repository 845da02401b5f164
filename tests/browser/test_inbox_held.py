"""Replies that wait: taken back, sent now, settled with, refused, and never lost with the page."""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.inbox import BEN, CLEO, Customer, Inbox, customer_of, enter
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE, PHONE
from tests.stack import Stack

LONG = 30
"""Seconds enough for a test to take a reply back, on the slowest machine."""


async def wait_for(inbox: Inbox, seconds: int) -> None:
    """Choose how long this agent's replies wait, and load the page anew to know it."""
    answer = await inbox.page.request.put(
        "/api/me/undo-send",
        data={"seconds": seconds},
        headers={"origin": re.sub(r"(https?://[^/]+).*", r"\1", inbox.page.url)},
    )
    assert answer.ok, await answer.text()
    await inbox.page.reload()
    await expect(inbox.page.locator(".connection:visible")).to_have_text("Live")


@asynccontextmanager
async def holding(
    inbox: Inbox, stack: Stack, subject: str, seconds: int = LONG
) -> AsyncGenerator[Customer]:
    """A customer who waits for a person, and an agent whose replies wait."""
    await wait_for(inbox, seconds)
    async with customer_of(stack) as customer:
        await customer.say(subject)
        await customer.ask_person()
        await inbox.open(subject)
        await expect(inbox.page.get_by_role("region", name="Handoff")).to_be_visible()
        yield customer


def bar(inbox: Inbox) -> Locator:
    """The bar that says that a reply waits."""
    return inbox.page.get_by_role("group", name="A reply that waits to be sent")


async def write(inbox: Inbox, text: str, keys: str = "Control+Enter") -> None:
    await inbox.box.fill(text)
    await inbox.page.keyboard.press(keys)
    await expect(bar(inbox)).to_be_visible()


async def public(inbox: Inbox) -> list[str]:
    """What agents said on the open ticket, as the server has it."""
    number = inbox.page.url.partition("/t/")[2].partition("?")[0]
    opened = await (await inbox.page.request.get(f"/api/tickets/{number}")).json()
    return [one["text"] for one in opened["messages"] if one["author"]["kind"] == "agent"]


async def test_a_reply_is_taken_back_and_sent_after_all(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open", reduced_motion="reduce")
    keys = inbox.page.keyboard
    async with holding(inbox, stack, "Take it back") as customer:
        await write(inbox, "Too fast")
        await expect(inbox.head).to_contain_text("You")
        await expect(inbox.message("Too fast")).to_contain_text("Goes in")
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        await bar(inbox).get_by_role("button", name="Undo").click()
        await expect(inbox.box).to_have_value("Too fast")
        await expect(inbox.box).to_be_focused()
        await expect(bar(inbox)).to_have_count(0)
        await expect(inbox.message("Too fast")).to_have_count(0)
        await write(inbox, "Again too fast")
        await keys.press("Control+z")
        await expect(inbox.box).to_have_value("Again too fast")
        assert await public(inbox) == []
        await write(inbox, "Just right")
        await bar(inbox).get_by_role("button", name="Send now").click()
        await customer.hears("Just right")
        await expect(bar(inbox)).to_have_count(0)
        await expect(inbox.message("Just right")).to_have_count(1)
        assert await public(inbox) == ["Just right"]


async def test_a_reply_goes_by_itself_once_whether_its_page_is_open_or_not(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with holding(inbox, stack, "Close the page", 5) as customer:
        await write(inbox, "It leaves today.", "Control+Shift+Enter")
        watcher = await enter(browser, stack, CLEO, inbox.page.url)
        await inbox.page.context.close()
        await customer.hears("It leaves today.")
        await expect(watcher.head).to_contain_text("Resolved")
        await expect(watcher.message("It leaves today.")).to_have_count(1)
        assert await public(watcher) == ["It leaves today."]


async def test_a_reload_and_another_ticket_keep_the_bar(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with holding(inbox, stack, "Reload the page"):
        await write(inbox, "Still here")
        await inbox.page.reload()
        await expect(bar(inbox)).to_be_visible()
        await expect(inbox.message("Still here")).to_contain_text("Goes in")
        await inbox.page.keyboard.press("u")
        await expect(bar(inbox)).to_contain_text("Sending to")
        await inbox.page.keyboard.press("b")
        await expect(bar(inbox)).to_have_count(0)
        await inbox.open("Reload the page")
        await expect(inbox.box).to_have_value("Still here")


async def test_taken_by_another_it_stays_with_the_reason(stack: Stack, browser: Browser) -> None:
    ben = await enter(browser, stack, BEN, "/?view=open")
    cleo = await enter(browser, stack, CLEO, "/?view=open")
    async with holding(ben, stack, "Two hands") as customer:
        await cleo.open("Two hands")
        await write(ben, "From Ben")
        await expect(cleo.head).to_contain_text("Ben")
        await cleo.button("Take over").click()
        await cleo.button("Take it on purpose").click()
        await expect(ben.head).to_contain_text("Cleo")
        await bar(ben).get_by_role("button", name="Send now").click()
        await expect(ben.message("From Ben")).to_contain_text("Cleo Navarro has this ticket")
        assert await public(ben) == []
        await ben.page.reload()
        await expect(ben.message("From Ben")).to_contain_text("Cleo Navarro has this ticket")
        await ben.message("From Ben").get_by_role("button", name="Take it on purpose").click()
        await customer.hears("From Ben")
        assert await public(ben) == ["From Ben"]
        await ben.page.reload()
        await expect(ben.message("From Ben")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_on_a_phone_it_sends_and_resolves_after_the_wait_that_was_chosen(
    stack: Stack, browser: Browser, scheme: str
) -> None:
    inbox = await enter(
        browser, stack, BEN, "/?view=open", color_scheme=scheme, reduced_motion="reduce", **PHONE
    )
    async with holding(inbox, stack, f"By phone, {scheme}") as customer:
        await inbox.box.fill("Done.")
        await inbox.button("Send and resolve").click()
        await expect(bar(inbox)).to_contain_text("then resolved")
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        await bar(inbox).get_by_role("button", name="Send now").click()
        await customer.hears("Done.")
        await expect(inbox.head).to_contain_text("Resolved")
        await inbox.page.goto("/settings/replies")
        await inbox.page.get_by_label("After you press Send").select_option("go at once")
        await expect(inbox.page.get_by_text("Your replies go at once now.")).to_be_visible()
        await inbox.page.goto("/?view=resolved")
        await inbox.open(f"By phone, {scheme}")
        await inbox.reply("And at once.")
        await customer.hears("And at once.")
