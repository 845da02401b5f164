"""Saved replies and macros: by a slash, a key and the palette, and on their own page."""

import re

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.inbox import ADA, BEN, CLEO, Inbox, customer_of, enter
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE, PHONE
from tests.stack import Stack


def listed(inbox: Inbox) -> Locator:
    """What the list after a slash offers."""
    return inbox.page.get_by_role("listbox", name="Saved replies and macros").get_by_role("option")


async def waiting(inbox: Inbox, text: str) -> None:
    """Open the ticket of somebody who waits for a person, so that no assistant answers any more."""
    await inbox.open(text)
    await expect(inbox.page.get_by_role("region", name="Handoff")).to_be_visible()


async def test_a_slash_finds_a_reply_and_puts_it_in(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    keys, options = inbox.page.keyboard, listed(inbox)
    async with customer_of(stack) as customer:
        await customer.say("Slashed and put in")
        await customer.ask_person()
        await waiting(inbox, "Slashed and put in")
        await inbox.box.click()
        await keys.press("Control+a")
        await keys.type("First line and/or /pil")
        await expect(options).to_have_count(1)
        await expect(options.first).to_contain_text("It pills")
        await keys.press("Escape")
        await expect(options).to_have_count(0)
        await expect(inbox.box).to_have_value("First line and/or /pil")
        await expect(inbox.box).to_be_focused()
        await keys.type("ling")
        await expect(options).to_have_count(0)
        await keys.press("Control+a")
        await keys.type("/")
        await expect(options.nth(3)).to_be_visible()
        first = await options.first.text_content()
        await expect(options.first).to_have_attribute("aria-selected", "true")
        await keys.press("ArrowDown")
        await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
        await keys.press("ArrowUp")
        await expect(inbox.box).to_have_attribute(
            "aria-activedescendant", str(await options.first.get_attribute("id"))
        )
        assert first
        await keys.type("pilling")
        await expect(options).to_have_count(1)
        await keys.press("Enter")
        await expect(inbox.box).to_have_value(
            re.compile(r"^Hello there,\n\nThe small balls.*Ben$", re.S)
        )
        await keys.press("Control+Enter")
        await expect(inbox.message("The small balls are loose short fibre")).to_be_visible()
        await customer.hears("It is no fault")


async def test_what_is_not_known_is_marked_and_not_sent(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    keys = inbox.page.keyboard
    async with customer_of(stack) as customer:
        await customer.say("No order that anybody knows")
        await customer.ask_person()
        await waiting(inbox, "No order that anybody knows")
        await inbox.box.click()
        await keys.type("/confirm")
        await expect(listed(inbox)).to_have_count(1)
        await expect(inbox.page.locator(".slash mark")).to_have_text("⟦order number⟧")
        await keys.press("Enter")
        await expect(inbox.box).to_have_value(re.compile("⟦order number⟧"))
        await expect(inbox.button("Send")).to_be_disabled()
        await expect(inbox.thread).to_contain_text("Write the order number where it is marked")
        await keys.press("Control+Enter")
        await expect(inbox.message("The confirmation is often")).to_have_count(0)
        await keys.type("WF-10233")
        await expect(inbox.box).to_have_value(re.compile("Your order WF-10233 is with us"))
        await keys.press("Control+Enter")
        await customer.hears("Your order WF-10233 is with us")


async def test_a_macro_shows_what_it_will_do_and_does_it(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open", reduced_motion="reduce")
    keys = inbox.page.keyboard
    async with customer_of(stack) as customer:
        await customer.say("Run a macro on me")
        await customer.ask_person()
        await waiting(inbox, "Run a macro on me")
        await inbox.box.click()
        await keys.type("/late-wait")
        await keys.press("Enter")
        steps = inbox.page.get_by_role("region", name="Macro Late parcel").get_by_role("listitem")
        await expect(steps).to_have_count(4)
        await expect(steps.nth(1)).to_contain_text("Hello there,")
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        await expect(inbox.button("Do these 4 steps")).to_be_focused()
        await keys.press("Enter")
        await customer.hears("Nordpost parcels that pass through Flensburg")
        await expect(inbox.head).to_contain_text("Snoozed")
        await expect(inbox.message("Look at the tracking again")).to_contain_text("Note by")
        assert {"nordpost", "late"} <= set((await inbox.ticket())["tags"])
        await expect(inbox.box).to_have_value("")


async def test_a_macro_by_key_and_by_palette_stops_where_it_is_refused(
    stack: Stack, browser: Browser
) -> None:
    ben, cleo = [await enter(browser, stack, who, "/?view=open") for who in (BEN, CLEO)]
    keys = ben.page.keyboard
    async with customer_of(stack) as customer:
        await customer.say("Two want to settle me")
        await customer.ask_person()
        await waiting(ben, "Two want to settle me")
        await waiting(cleo, "Two want to settle me")
        await keys.press("m")
        await expect(ben.page.get_by_role("combobox", name="Find a macro")).to_be_focused()
        await keys.type("settled")
        await keys.press("Enter")
        sheet = ben.page.get_by_role("dialog")
        await expect(sheet.get_by_role("button", name="Do these 2 steps")).to_be_focused()
        await cleo.button("Take over").click()
        await expect(ben.head).to_contain_text("Cleo")
        await keys.press("Enter")
        await expect(sheet).to_contain_text("Stopped at step 1. Nothing after it was done.")
        await expect(sheet.get_by_role("alert")).to_contain_text("Cleo Navarro has this ticket")
        assert (await ben.ticket()).get("status", "open") == "open"
        await (
            sheet.get_by_role("button", name="Leave it")
            .or_(sheet.locator("footer").get_by_role("button", name="Close"))
            .click()
        )
        await cleo.page.keyboard.press("Escape")
        await cleo.page.keyboard.press("Control+k")
        await cleo.page.keyboard.type("settled")
        await expect(cleo.page.get_by_role("option", selected=True)).to_contain_text("Settled")
        await cleo.page.keyboard.press("Enter")
        await expect(cleo.button("Do these 2 steps")).to_be_focused()
        await cleo.page.keyboard.press("Enter")
        await customer.hears("I close this here.")
        await expect(cleo.head).to_contain_text("Resolved")


async def test_a_reply_is_written_found_changed_and_removed(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/settings/replies", reduced_motion="reduce")
    page = inbox.page
    await page.evaluate(AXE.read_text("utf-8"))
    assert await faults(inbox) == []
    await page.get_by_role("button", name="New reply").click()
    await page.get_by_role("textbox", name="Title").fill("Wool for the moths")
    await page.get_by_role("textbox", name="Shortcut").fill("two words")
    await page.get_by_role("textbox", name="Middle").fill("Cedar helps, and ")
    await page.get_by_role("textbox", name="Middle").press("End")
    await page.get_by_label("Middle: put in a placeholder").select_option("order.number")
    await expect(page.get_by_role("region", name="Preview")).to_contain_text("and WF-10234")
    assert await faults(inbox) == []
    await page.get_by_role("textbox", name="Shortcut").fill("moths")
    await page.get_by_role("button", name="Save saved reply").click()
    await page.get_by_role("searchbox", name="Search saved replies").fill("cedar helps")
    row = page.get_by_role("link", name="Wool for the moths")
    await expect(row).to_contain_text("Not used yet")
    await expect(page.locator(".saved-list li")).to_have_count(1)
    await row.click()
    await page.get_by_role("textbox", name="Title").fill("Moths")
    await page.get_by_role("button", name="Save saved reply").click()
    await page.get_by_role("link", name=re.compile("^Moths")).click()
    await page.get_by_role("button", name="Remove", exact=True).click()
    await page.get_by_role("button", name="Remove", exact=True).click()
    await expect(page.get_by_role("link", name=re.compile("^Moths"))).to_have_count(0)


async def test_somebody_elses_can_be_read_and_copied_and_an_admin_changes_it(
    stack: Stack, browser: Browser
) -> None:
    for email, may in ((BEN, 0), (ADA, 1)):
        inbox = await enter(browser, stack, email, "/settings/replies")
        await inbox.page.get_by_role("link", name=re.compile("^When the refund comes")).click()
        await expect(inbox.button("Save a copy")).to_be_visible()
        await expect(inbox.button("Save saved reply")).to_have_count(may)
        await expect(inbox.page.get_by_role("textbox", name="Title")).to_be_enabled(
            enabled=bool(may)
        )


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phone_holds_the_list_and_the_page(
    stack: Stack, browser: Browser, scheme: str
) -> None:
    inbox = await enter(
        browser, stack, BEN, "/?view=open", color_scheme=scheme, reduced_motion="reduce", **PHONE
    )
    async with customer_of(stack) as customer:
        await customer.say(f"By thumb, {scheme}")
        await customer.ask_person()
        await waiting(inbox, f"By thumb, {scheme}")
        await inbox.box.press_sequentially("/size")
        await expect(listed(inbox).first).to_contain_text("Which size to take")
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        await listed(inbox).first.click()
        await expect(inbox.box).to_have_value(re.compile("Lay a jumper"))
    await inbox.page.goto("/settings/replies/new-macro")
    await expect(inbox.button("Save macro")).to_be_visible()
    await inbox.page.evaluate(AXE.read_text("utf-8"))
    assert await faults(inbox) == []
    assert await inbox.page.evaluate(
        "(() => { const one = document.querySelector('.page-scroll'); return one.scrollWidth <= one.clientWidth })()"
    )
