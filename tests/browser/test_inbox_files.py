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


async def test_pictures_of_one_message_stand_as_tiles_that_open_large(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Three pictures, please")
        await inbox.open("Three pictures, please")
        await _choose(inbox, "front.png", "side.png", "back.png", "above.png")
        await expect(inbox.page.get_by_role("progressbar")).to_have_count(0)
        await inbox.reply("All around")
        tiles = inbox.message("All around").get_by_role("link")
        await expect(tiles).to_have_count(4)
        boxes = [await tile.bounding_box() for tile in await tiles.all()]
        front, side, back, above = [box for box in boxes if box is not None]
        assert front["y"] == side["y"] == back["y"] < above["y"]
        assert front["x"] == above["x"] < side["x"] < back["x"]
        assert all(60 < one["width"] == one["height"] for one in (front, side, back, above))
        async with inbox.page.expect_popup() as opened:
            await inbox.message("All around").get_by_role("link", name="back.png").click()
        large = await opened.value
        await expect(large.get_by_role("img")).to_be_visible()


async def _choose(inbox: Inbox, *names: str) -> None:
    """Choose pictures of one pixel for the draft in sight."""
    async with inbox.page.expect_file_chooser() as chooser:
        await inbox.button("Attach files").click()
    await (await chooser.value).set_files(
        [{"name": name, "mimeType": "image/png", "buffer": PIXEL} for name in names]
    )
