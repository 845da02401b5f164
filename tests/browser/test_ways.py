"""How a reply goes out, as agents see it: as a template once the window shut, by another channel."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser, expect

from shopbell.demo.peers.graph import SECRETS, Graph, graph
from shopbell.desk.connections.commands import connect, set_health
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.connections.vault import Vault
from shopbell.desk.database import open_desk
from tests.browser.inbox import BEN, Inbox, enter
from tests.browser.test_channels import rows, till_of
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE
from tests.channels.test_templates import WHOLE, template
from tests.channels.test_whatsapp import MIA, text
from tests.stack import Stack

GERMAN = [{"type": "BODY", "text": "Hallo {{1}}, Ihre Bestellung {{2}} ist unterwegs."}]


@dataclass(frozen=True)
class Number:
    """A WhatsApp number of the demo shop, with Meta's side of it."""

    stack: Stack
    peer: Graph
    id: UUID
    account: str

    async def writes(self, words: str) -> None:
        """Mia writes to it."""
        told = text(words, f"wamid.{uuid4().hex}")
        told["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] = self.account
        given = await self.peer.tell(f"{self.stack.base_url}/hooks/{self.id}", told)
        assert given.status_code == 200

    async def shuts(self) -> None:
        """A day passes."""
        await rows(
            self.stack,
            "UPDATE contact SET window_until = now() - interval '1 minute' WHERE connection_id = %s",
            self.id,
        )
        self.peer.shut.add(MIA)


@asynccontextmanager
async def number_of(stack: Stack) -> AsyncGenerator[Number]:
    """A connected one with templates, that is quiet again afterwards."""
    account = str(uuid4().int)[:15]
    async with graph() as peer, open_desk(stack.database_url, size=2) as desk:
        peer.people.add(MIA)
        peer.templates = [
            template("order_sent"),
            template("order_sent", language="de", components=GERMAN),
            template("all_of_it", components=WHOLE),
            template("late", "PENDING"),
        ]
        brand = (await rows(stack, "SELECT id FROM brand LIMIT 1"))[0]["id"]
        connection = await connect(
            desk,
            Vault(stack.settings.secret_key),
            brand,
            "whatsapp",
            f"Number {account[:4]}",
            {**SECRETS, "phone_number_id": account, "business_account_id": "waba"},
            account=account,
            settings=ConnectionSettings(base_url=peer.url),
        )
        await rows(stack, "UPDATE connection SET answer_mode = 'off' WHERE id = %s", connection.id)
        try:
            yield Number(stack, peer, connection.id, account)
        finally:
            await set_health(desk, connection.id, "off", "Over.")


async def opened(browser: Browser, stack: Stack, words: str, **context: str) -> Inbox:
    inbox = await enter(browser, stack, BEN, "/?view=open", **context)
    await inbox.open(words)
    return inbox


async def test_a_template_is_found_filled_in_and_sent_by_the_keyboard_alone(
    stack: Stack, browser: Browser
) -> None:
    async with number_of(stack) as number:
        await number.writes("Is my coat on its way?")
        await number.shuts()
        inbox = await opened(browser, stack, "Is my coat on its way?")
        page = inbox.page
        await expect(inbox.thread).to_contain_text("The time for free answers here is over.")
        await expect(inbox.button("Send")).to_be_disabled()
        await inbox.button("Send a template").press("Enter")
        picker = page.get_by_role("region", name="Templates")
        await expect(picker).to_contain_text("No approved template yet.")
        await picker.get_by_role("button", name="Read the templates again").press("Enter")
        await expect(picker).to_contain_text("1 can't be sent now")

        search = picker.get_by_role("searchbox", name="Search templates")
        await search.fill("on its way")
        await expect(picker.get_by_role("listitem")).to_have_count(1)
        await search.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(picker.get_by_label("Language")).to_be_focused()
        await expect(inbox.button("Send template")).to_be_disabled()
        await picker.get_by_label("Blank 1").fill("Mia")
        await picker.get_by_label("Blank 2").fill("WF-1001")
        await expect(picker.get_by_role("region", name="Preview")).to_have_text(
            "Hello Mia, your order WF-1001 is on its way."
        )
        await picker.get_by_label("Language").select_option(label="German")
        await expect(picker.get_by_role("region", name="Preview")).to_contain_text("Hallo Mia")
        await picker.get_by_label("Blank 2").press("Enter")

        sent = inbox.message("Hallo Mia, Ihre Bestellung WF-1001 ist unterwegs.")
        await expect(sent.locator(".state")).to_have_text("Sent")
        await expect(sent).to_contain_text("Template")
        assert [one.body["template"]["language"]["code"] for one in number.peer.taken] == ["de"]

        number.peer.shut.clear()
        await number.writes("Wonderful!")
        await expect(inbox.message("Wonderful!")).to_be_visible()
        await expect(inbox.thread).not_to_contain_text("The time for free answers here is over.")
        await inbox.reply("Glad to hear it.")
        await inbox.button("Resolve").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_in_the_templates(
    stack: Stack, browser: Browser, scheme: str
) -> None:
    async with number_of(stack) as number:
        await number.writes(f"Any news? {scheme}")
        await number.shuts()
        inbox = await opened(
            browser, stack, f"Any news? {scheme}", color_scheme=scheme, reduced_motion="reduce"
        )
        await inbox.button("Send a template").click()
        picker = inbox.page.get_by_role("region", name="Templates")
        await picker.get_by_role("button", name="Read the templates again").click()
        await expect(picker.get_by_role("listitem").first).to_be_visible()
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        await picker.get_by_role("button", name="all of it").click()
        await expect(picker.get_by_label("First name")).to_have_value("Mia")
        assert await faults(inbox) == []
        await inbox.page.keyboard.press("Escape")
        await expect(picker.get_by_role("searchbox")).to_be_focused()
        await inbox.page.keyboard.press("Escape")
        await expect(inbox.button("Send a template")).to_be_focused()
        await inbox.button("Resolve").click()


async def test_a_reply_goes_by_the_channel_that_was_chosen_until_they_write_again(
    stack: Stack, browser: Browser
) -> None:
    async with number_of(stack) as number, till_of(stack) as till:
        await number.writes("By which way?")
        (ticket,) = await rows(
            stack,
            "SELECT k.thread_id FROM ticket k JOIN message m ON m.ticket_id = k.id WHERE m.text = %s",
            "By which way?",
        )
        await rows(
            stack,
            "INSERT INTO contact (connection_id, thread_id, place, identity, heard_at)"
            " VALUES (%s, %s, %s, %s, now() - interval '1 day')",
            *(till.id, ticket["thread_id"], till.name, till.name),
        )
        await number.shuts()
        inbox = await opened(browser, stack, "By which way?")
        await inbox.button(f"Reply by {till.name}").click()
        await inbox.box.fill("By this one.")
        await inbox.button("Send").click()
        await expect(inbox.message("By this one.")).to_contain_text("Custom channel")
        await expect(inbox.message("By this one.").locator(".state")).to_have_text("Sent")
        assert till.peer.texts == ["By this one."]

        chooser = inbox.page.get_by_role("button", name="Choose the channel")
        await expect(chooser).to_contain_text("Custom channel")
        number.peer.shut.clear()
        await number.writes("Back here.")
        await expect(chooser).to_contain_text("WhatsApp")
        await chooser.click()
        await expect(inbox.page.get_by_role("menuitemradio").first).to_contain_text(
            "wrote here last"
        )
        await inbox.page.get_by_role("menuitemradio", name=till.name).click()

        await inbox.box.fill("This is kept.")
        await rows(stack, "DELETE FROM contact WHERE connection_id = %s", till.id)
        await inbox.button("Send").click()
        await expect(inbox.message("This is kept.")).to_contain_text("cannot be reached that way")
        await inbox.message("This is kept.").get_by_role("button", name="Edit").click()
        await expect(inbox.box).to_have_value("This is kept.")
        await inbox.button("Resolve").click()
