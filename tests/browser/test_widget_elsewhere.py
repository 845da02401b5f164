"""An address left in the widget, as a shopper sees it, and the reply that goes there."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from shopbell.demo.peers.sms import ACCOUNT, NUMBER, TOKEN, TwilioPeer, twilio_peer
from shopbell.desk.connections.commands import connect, set_health
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import open_desk
from shopbell.desk.ids import uuid7
from tests.browser.inbox import BEN, enter
from tests.browser.shopper import Shopper, visit
from tests.browser.test_channels import rows
from tests.browser.test_widget_access import AXE, CHECK
from tests.stack import Stack


@asynccontextmanager
async def texting(stack: Stack) -> AsyncGenerator[TwilioPeer]:
    """The demo shop sends text messages, until it is over."""
    account = f"{NUMBER}{uuid7().int % 1000}"
    async with twilio_peer() as peer, open_desk(stack.database_url, size=2) as desk:
        brand = (await rows(stack, "SELECT id FROM brand LIMIT 1"))[0]["id"]
        connection = await connect(
            desk,
            Vault(stack.settings.secret_key),
            brand,
            "sms",
            "Texts",
            {"account_sid": ACCOUNT, "auth_token": TOKEN, "sender": NUMBER},
            account=account,
            settings=ConnectionSettings(base_url=peer.url),
        )
        try:
            yield peer
        finally:
            await set_health(desk, connection.id, "off", "Over.")


async def waiting(browser: Browser, stack: Stack, words: str, **context: str) -> Shopper:
    """A shopper who asked for a person."""
    shopper = await visit(browser, f"{stack.base_url}/demo", **context)
    await shopper.open()
    await shopper.say(words)
    await expect(shopper.panel).not_to_contain_text("Send me the reply")
    await shopper.person.click()
    await expect(shopper.panel).to_contain_text("A person will answer")
    return shopper


async def test_an_address_is_left_and_the_missed_reply_goes_there(
    stack: Stack, browser: Browser
) -> None:
    async with texting(stack) as peer:
        shopper = await waiting(browser, stack, "How long does delivery to Spain take?")
        panel, keys = shopper.panel, shopper.page.keyboard
        await panel.get_by_role("button", name="Send me the reply").click()
        number = panel.get_by_label("Phone number")
        await expect(number).to_be_focused()
        await number.fill("12")
        await keys.press("Enter")
        await expect(panel.get_by_role("alert").filter(has_text="This is no")).to_be_visible()
        await number.fill("+49 170 1234567")
        await keys.press("Enter")
        await expect(panel).to_contain_text("Replies you miss also go to +49 ••• 67.")
        await shopper.page.reload()
        await shopper.open()
        await expect(panel).to_contain_text("Replies you miss also go to +49 ••• 67.")
        await shopper.page.goto("about:blank")

        inbox = await enter(browser, stack, BEN, "/?view=open")
        await inbox.open("How long does delivery to Spain take?")
        await expect(inbox.log).to_contain_text("Left +491701234567 for replies")
        await expect(inbox.details).to_contain_text("Claimed")
        await inbox.reply("It is in the window.")
        await rows(stack, "UPDATE unseen_reply SET due_at = now()")
        told = inbox.message("It is in the window.")
        await expect(told).to_contain_text("SMS", timeout=15_000)
        await expect(told.locator(".state")).to_have_text("Sent")
        assert peer.texts[0].startswith(
            "It is in the window.\n\nYou left this address in our chat."
        )
        await inbox.button("Resolve").click()

        await shopper.page.goto(f"{stack.base_url}/demo")
        await shopper.open()
        await expect(shopper.message("It is in the window.")).to_be_visible()
        await panel.get_by_role("button", name="Stop").click()
        await expect(panel).not_to_contain_text("Replies you miss")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_form(stack: Stack, browser: Browser, scheme: str) -> None:
    async with texting(stack):
        shopper = await waiting(
            browser, stack, f"Later, {scheme}", color_scheme=scheme, reduced_motion="reduce"
        )
        await shopper.page.add_script_tag(content=AXE.read_text("utf-8"))
        assert await shopper.page.evaluate(CHECK) == []
        await shopper.panel.get_by_role("button", name="Send me the reply").click()
        assert await shopper.page.evaluate(CHECK) == []
        await shopper.page.keyboard.press("Escape")
        await expect(shopper.panel.get_by_role("button", name="Send me the reply")).to_be_focused()
