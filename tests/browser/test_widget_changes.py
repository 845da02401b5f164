"""What the widget shows of messages that their writer edited or removed: each keeps its place."""

from datetime import timedelta
from uuid import UUID

from playwright.async_api import Browser, Locator, expect

from shopbell.desk.customers.reads import widget_connection
from shopbell.desk.database import open_desk
from shopbell.desk.inbound.facts import take_in
from shopbell.desk.inbound.types import Fact, FactKind, Sender
from tests.browser.agent import agent_of
from tests.browser.shopper import Shopper, visit
from tests.stack import Stack

MATTER = "A matter with second thoughts"


class Platform:
    """What a channel tells of the shopper's messages there, straight to the desk."""

    def __init__(self, stack: Stack, visitor: UUID) -> None:
        self._stack = stack
        self._sender = Sender(kind="visitor", value=str(visitor))

    async def tell(self, kind: FactKind, name: str, text: str = "", after_s: int = 0) -> None:
        """Tell of the message of this name what happened to it, `after_s` seconds from now."""
        async with open_desk(self._stack.database_url, size=2) as desk:
            connection = (await widget_connection(desk, self._stack.widget_key)).connection
            at = desk.now() + timedelta(seconds=after_s)
            fact = Fact(kind=kind, sender=self._sender, external_id=name, text=text, at=at)
            await take_in(desk, connection, fact)


async def test_edited_and_removed_messages_are_shown_as_they_stand(
    stack: Stack, browser: Browser
) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say(MATTER)
    async with agent_of(stack) as agent:
        await agent.take_over(MATTER)
        platform = Platform(stack, UUID((await agent.ticket(MATTER))["thread_id"]))
        await platform.tell("message", "m1", "I wear a size M")
        await platform.tell("message", "m2", "My card number is on the parcel")
        await expect(shopper.message("My card number")).to_be_visible()
        await platform.tell("edit", "m1", "I wear a size L", after_s=1)
        await platform.tell("deletion", "m2", after_s=1)
        for _ in range(2):
            await holds(shopper)
            await shopper.page.reload()
            await shopper.open()


async def holds(shopper: Shopper) -> None:
    """Both changes are there, in their places, and nothing of what stood before."""
    await expect(gone(shopper)).to_be_visible()
    await expect(shopper.message("size L")).to_contain_text("Edited")
    await expect(gone(shopper)).not_to_contain_text("Edited")
    await expect(shopper.log).not_to_contain_text("size M")
    await expect(shopper.log).not_to_contain_text("card number")
    told = await shopper.log.get_by_role("article").all_inner_texts()
    last = [text.replace("\n", " ") for text in told[-2:]]
    assert "size L" in last[0]
    assert "This message was removed" in last[1]


def gone(shopper: Shopper) -> Locator:
    """The message that is no longer there."""
    return shopper.message("This message was removed")
