"""The command palette: everything that can be done and opened, by a few letters."""

import re

from playwright.async_api import Browser, expect

from tests.browser.inbox import ADA, BEN, customer_of, enter
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE
from tests.stack import Stack


async def test_the_palette_does_and_opens_what_its_words_name(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=mine", reduced_motion="reduce")
    keys, palette = inbox.page.keyboard, inbox.page.get_by_role("dialog", name="Command palette")
    box = palette.get_by_role("combobox")
    chosen = palette.get_by_role("option", selected=True)
    async with customer_of(stack) as customer:
        await customer.say("Palettes of every colour")
        await expect(inbox.tickets.first).to_be_visible()
        await keys.press("Control+k")
        await expect(box).to_be_focused()
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        inside = palette.locator(".dialog-body")
        assert await inside.evaluate("(body) => body.scrollWidth <= body.clientWidth")
        await keys.type("palettes of")
        await expect(chosen).to_contain_text("Palettes of every colour")
        await expect(box).to_have_attribute(
            "aria-activedescendant", str(await chosen.get_attribute("id"))
        )
        await keys.press("Enter")
        await expect(palette).to_have_count(0)
        await expect(inbox.message("Palettes of every colour").first).to_be_visible()
        await expect(inbox.log).to_be_focused()
        await keys.press("Control+k")
        await keys.type("take over")
        await expect(chosen).to_contain_text("Take over")
        await keys.press("Enter")
        await expect(inbox.head).to_contain_text("You")
        await expect(inbox.box).to_be_focused()
        await keys.press("Control+k")
        await expect(box).to_be_focused()
        await keys.press("Escape")
        await expect(inbox.box).to_be_focused()
        await expect(palette).to_have_count(0)
        await keys.press("Control+k")
        await expect(box).to_be_focused()
        await keys.type("s")
        first = await chosen.text_content()
        await keys.press("ArrowDown")
        await expect(chosen).not_to_have_text(str(first))
        await keys.press("ArrowUp")
        await expect(chosen).to_have_text(str(first))
        await box.fill("all open")
        await keys.press("Enter")
        await expect(inbox.page).to_have_url(re.compile("view=open"))
        await expect(palette).to_have_count(0)
        await keys.press("Control+k")
        await expect(box).to_be_focused()
        await box.fill("nobody said this")
        await expect(palette.get_by_role("option")).to_have_text("Search for “nobody said this”")
        await keys.press("Enter")
        await expect(inbox.page.get_by_role("searchbox", name="Search")).to_have_value(
            "nobody said this"
        )


async def test_the_palette_offers_what_one_may_do(stack: Stack, browser: Browser) -> None:
    for email, pages in ((ADA, 1), (BEN, 0)):
        inbox = await enter(browser, stack, email, "/?view=open")
        await inbox.page.keyboard.press("Control+k")
        palette = inbox.page.get_by_role("dialog", name="Command palette")
        await expect(palette.get_by_role("option", name="All open")).to_be_visible()
        await expect(palette.get_by_role("option", name="Channels")).to_have_count(pages)
        await expect(palette.get_by_role("option", name="Take over")).to_have_count(0)
