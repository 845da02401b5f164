"""The list of tickets: what a row tells, what moves it, and how far it goes."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.browser.inbox import BEN, CLEO, customer_of, enter
from tests.stack import Stack


async def test_a_ticket_arrives_live_with_all_its_row_tells(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Is there a lantern for a small tent?")
        row = inbox.row("Is there a lantern for a small tent?")
        await expect(row).to_contain_text("Unread")
        await expect(row).to_contain_text("Web chat")
        await customer.ask_person()
        await expect(row).to_contain_text("Waiting for a person")
        await expect(row.locator("time")).to_have_attribute("title", re.compile("Waiting since"))
        await expect(row.locator("time.when")).to_have_text("now")
        await inbox.open("Is there a lantern for a small tent?")
        await expect(row).not_to_contain_text("Unread")
        await inbox.page.keyboard.press("t")
        await expect(row).to_contain_text("You")
        other = await enter(browser, stack, CLEO, "/?view=open")
        await expect(other.row("Is there a lantern for a small tent?")).to_contain_text("Ben")


async def test_the_assistant_is_named_where_it_answers(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=assistant")
    async with customer_of(stack) as customer:
        await customer.say("Hello from the harbour")
        await expect(inbox.row("Hello from the harbour").locator(".mark.assistant")).to_be_visible()


async def test_what_was_read_stays_read_and_what_is_new_is_not(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("First about the kettle")
        await customer.ask_person()
        await inbox.open("First about the kettle")
        await inbox.page.keyboard.press("u")
        await inbox.page.reload()
        row = inbox.row("First about the kettle")
        await expect(row).not_to_contain_text("Unread")
        await customer.say("Second about the kettle")
        row = inbox.row("Second about the kettle")
        await expect(row).to_contain_text("Unread")
        other = await enter(browser, stack, CLEO, "/?view=open")
        await expect(other.row("Second about the kettle")).to_contain_text("Unread")
        beside = await enter(browser, stack, BEN, "/?view=open")
        await beside.open("Second about the kettle")
        await expect(row).not_to_contain_text("Unread")
        await expect(other.row("Second about the kettle")).to_contain_text("Unread")


async def test_a_list_that_is_pointed_at_keeps_its_places(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    first = inbox.tickets.first
    before = await first.text_content()
    await first.hover()
    async with customer_of(stack) as customer:
        await customer.say("Nothing may jump now")
        new = inbox.button("1 new")
        await expect(new).to_be_visible()
        pill, row = await new.bounding_box(), await first.bounding_box()
        assert pill is not None
        assert row is not None
        assert pill["y"] + pill["height"] <= row["y"]
        assert await first.text_content() == before
        await expect(inbox.row("Nothing may jump now")).to_have_count(0)
        await new.click()
        await expect(inbox.row("Nothing may jump now")).to_be_visible()


async def test_a_row_in_focus_stays_in_its_place_and_in_focus(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    scroller = inbox.page.locator(".tickets-scroll")
    async with customer_of(stack) as customer, customer_of(stack) as other:
        await customer.say("Held by the keyboard")
        row, new = inbox.row("Held by the keyboard"), inbox.button("1 new")
        await expect(row).to_be_visible()
        await inbox.page.keyboard.press("j")
        await expect(row).to_be_focused()
        await other.say("Above the one in focus")
        await expect(new).to_be_visible()
        ticket = await row.get_attribute("data-ticket")
        headers = {"Origin": stack.base_url}
        done = await inbox.page.request.post(f"/api/tickets/{ticket}/resolve", headers=headers)
        assert done.ok
        await expect(row).to_have_class(re.compile("gone"))
        await expect(row).to_be_focused()
        await expect(inbox.row("Above the one in focus")).to_have_count(0)
        await scroller.evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
        await expect(inbox.tickets.nth(1)).not_to_have_attribute("data-ticket", str(ticket))
        await expect(row).to_be_focused()
        await inbox.page.keyboard.press("j")
        await expect(inbox.page.locator("[aria-posinset='2'] a")).to_be_focused()
        await expect(inbox.page.locator("[aria-posinset='2'] a")).to_be_in_viewport()
        await inbox.page.keyboard.press("Shift+Tab")
        await inbox.page.keyboard.press("Shift+Tab")
        await expect(new).to_be_focused()
        await inbox.page.keyboard.press("Enter")
        await expect(inbox.row("Above the one in focus")).to_be_focused()
        await expect(row).to_have_count(0)


async def test_a_row_that_leaves_hands_its_focus_to_the_next(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Clicked, then resolved")
        await inbox.open("Clicked, then resolved")
        await inbox.rest()
        await inbox.page.keyboard.press("e")
        await expect(inbox.row("Clicked, then resolved")).to_have_count(0)
        await expect(inbox.tickets.first).to_be_focused()


async def test_a_long_list_goes_on_to_its_end(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=resolved")
    counts = await (await inbox.page.request.get("/api/counts")).json()
    assert counts["resolved"] > 250
    places = inbox.page.get_by_role("list", name="Tickets").get_by_role("listitem")
    scroller = inbox.page.locator(".tickets-scroll")
    for loaded in range(100, counts["resolved"], 100):
        await expect(places.first).to_have_attribute("aria-setsize", str(loaded))
        await scroller.evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
    await expect(places.first).to_have_attribute("aria-setsize", str(counts["resolved"]))
    await scroller.evaluate("(box) => box.scrollTo(0, box.scrollHeight)")
    await expect(places.last).to_have_attribute("aria-posinset", str(counts["resolved"]))
    assert await places.count() < 60


async def test_counts_and_views_follow_by_themselves(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=unassigned")
    count = inbox.view("Unassigned").locator(".num")
    before = int(await count.text_content() or 0)
    async with customer_of(stack) as customer:
        await customer.say("Count me in, please")
        await customer.ask_person()
        await expect(inbox.row("Count me in, please")).to_be_visible()
        await expect(count).to_have_text(str(before + 1))
        await inbox.open("Count me in, please")
        await inbox.reply("Counted.")
        await inbox.rest()
        await inbox.page.locator(".tickets-scroll").evaluate("(box) => box.scrollTo(0, 0)")
        await expect(inbox.row("Count me in, please")).to_have_count(0)
        await expect(count).to_have_text(str(before))


async def test_the_filter_finds_beyond_what_was_loaded(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=resolved")
    await expect(inbox.tickets.first).to_be_visible()
    await inbox.page.keyboard.press("/")
    await inbox.page.keyboard.type("no such words anywhere")
    await expect(inbox.page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    await inbox.page.keyboard.press("Escape")
    await expect(inbox.tickets.first).to_be_visible()
    await inbox.page.keyboard.press("/")
    await inbox.page.keyboard.type("#1003")
    await expect(inbox.tickets).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_rows_are_walked_and_opened_by_keys_with_a_visible_focus(
    stack: Stack, browser: Browser, scheme: str
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open", color_scheme=scheme)
    await expect(inbox.tickets.nth(2)).to_be_visible()
    await inbox.page.keyboard.press("j")
    await expect(inbox.tickets.nth(0)).to_be_focused()
    await inbox.page.keyboard.press("j")
    await expect(inbox.tickets.nth(1)).to_be_focused()
    outline = await inbox.tickets.nth(1).evaluate("(row) => getComputedStyle(row).outlineWidth")
    assert float(outline.removesuffix("px")) >= 2
    await inbox.page.keyboard.press("Enter")
    await expect(inbox.log.get_by_role("article").first).to_be_visible()
    await inbox.page.keyboard.press("k")
    await expect(inbox.tickets.nth(0)).to_have_attribute("aria-current", "true")
    await inbox.page.keyboard.press("u")
    await expect(inbox.log).to_have_count(0)
    await expect(inbox.tickets.nth(0)).to_be_focused()
    await inbox.page.keyboard.press("g")
    await inbox.page.keyboard.press("z")
    await expect(inbox.page.get_by_role("heading", name="Snoozed")).to_be_visible()
