"""Files in the inbox: kept with the draft they were chosen for."""

import asyncio

from playwright.async_api import Browser, Route, expect

from tests.browser.inbox import BEN, Inbox, customer_of, enter
from tests.browser.test_inbox_offline import PIXEL
from tests.stack import Stack


async def test_chosen_files_stay_with_their_draft_and_go_up_meanwhile(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    may_go = asyncio.Event()

    async def hold(route: Route) -> None:
        await may_go.wait()
        await route.continue_()

    await inbox.page.route("**/api/attachments", hold)
    async with customer_of(stack) as customer, customer_of(stack) as other:
        await other.say("Nothing to see here")
        await customer.say("A picture of the tent, please")
        await inbox.open("A picture of the tent, please")
        await _choose(inbox, "tent.png")
        await expect(inbox.page.get_by_role("progressbar")).to_be_visible()
        await inbox.button("Team note").click()
        await expect(inbox.button("Remove tent.png")).to_have_count(0)
        await inbox.open("Nothing to see here")
        await expect(inbox.button("Remove tent.png")).to_have_count(0)
        async with inbox.page.expect_response("**/api/attachments"):
            may_go.set()
        await inbox.open("A picture of the tent, please")
        await expect(inbox.button("Remove tent.png")).to_be_visible()
        await expect(inbox.page.get_by_role("progressbar")).to_have_count(0)
        await inbox.page.reload()
        await expect(inbox.button("Remove tent.png")).to_be_visible()
        await inbox.reply("This is it")
        heard = await customer.hears("This is it")
        assert [one["name"] for one in heard["attachments"]] == ["tent.png"]
        await inbox.page.reload()
        await expect(inbox.message("This is it")).to_be_visible()
        await expect(inbox.button("Remove tent.png")).to_have_count(0)


async def _choose(inbox: Inbox, *names: str) -> None:
    """Choose pictures of one pixel for the draft in sight."""
    async with inbox.page.expect_file_chooser() as chooser:
        await inbox.button("Attach files").click()
    await (await chooser.value).set_files(
        [{"name": name, "mimeType": "image/png", "buffer": PIXEL} for name in names]
    )
