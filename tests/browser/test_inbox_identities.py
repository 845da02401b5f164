"""An agent joins two customers from the details, sees one history, and parts them again."""

import re

from playwright.async_api import Browser, expect

from tests.browser.inbox import BEN, customer_of, enter
from tests.stack import Stack


async def test_customers_are_joined_and_parted_from_the_details(
    stack: Stack, browser: Browser
) -> None:
    async with customer_of(stack) as mia, customer_of(stack) as tom:
        await mia.say("Do you repair the lantern jacket?")
        said = await tom.say("And my lantern trousers, too?")
        await tom.hears("")
        inbox = await enter(browser, stack, BEN, "/?view=open")
        await inbox.open("And my lantern trousers, too?")
        number = (await inbox.ticket())["number"]
        await inbox.open("Do you repair the lantern jacket?")
        if not await inbox.details.is_visible():
            await inbox.page.keyboard.press("i")
        find = inbox.details.get_by_label("Find another customer to join")
        await find.fill("#9999999")
        await find.press("Enter")
        await expect(inbox.details.get_by_role("status")).to_have_text(re.compile("Nobody else"))
        await find.fill(f"#{number}")
        await find.press("Enter")
        await inbox.details.get_by_role("button", name="Join", exact=True).click()
        await expect(inbox.message("And my lantern trousers, too?")).to_be_visible()
        await expect(inbox.details.get_by_text("joined by Ben")).to_be_visible()
        await inbox.details.get_by_role("button", name="Undo").click()
        await expect(inbox.message("And my lantern trousers, too?")).to_have_count(0)
        await expect(inbox.details.get_by_role("button", name="Undo")).to_have_count(0)
        await inbox.open("And my lantern trousers, too?")
        await expect(inbox.message("Do you repair the lantern jacket?")).to_have_count(0)
        assert said["text"] == "And my lantern trousers, too?"
        await inbox.page.get_by_role("button", name=re.compile("Choose the language")).click()
        await inbox.page.get_by_role("menuitemradio", name="German").click()
        await expect(inbox.details.get_by_text("Writes in German")).to_be_visible()
