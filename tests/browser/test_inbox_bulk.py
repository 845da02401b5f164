"""Several tickets at once: how they are chosen, what is done to them, and how it is taken back."""

import re
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Locator, expect

from shopbell.server.doors import COOKIE
from tests.browser.inbox import BEN, CLEO, VIC, Customer, Inbox, customer_of, enter, session
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE, PHONE
from tests.stack import Stack


@asynccontextmanager
async def waiting(stack: Stack, *texts: str) -> AsyncGenerator[list[Customer]]:
    """Shoppers who said this and wait for a person, in this order; in the end nobody waits any more,
    so that no deadline of theirs moves another test's list."""
    async with AsyncExitStack() as all_of_them:
        customers: list[Customer] = []
        for text in texts:
            customer = await all_of_them.enter_async_context(customer_of(stack))
            await customer.say(text)
            await customer.ask_person()
            customers.append(customer)
        try:
            yield customers
        finally:
            await _resolve(stack, texts)


async def _resolve(stack: Stack, texts: tuple[str, ...]) -> None:
    cookies, here = {COOKIE: await session(stack, BEN)}, {"Origin": stack.base_url}
    async with httpx.AsyncClient(base_url=stack.base_url, headers=here, cookies=cookies) as http:
        open_ones = (await http.get("/api/tickets?view=open&limit=100")).json()["tickets"]
        tickets = [one["id"] for one in open_ones if one["subject"] in texts]
        body = {"ticket_ids": tickets, "change": {"do": "resolve"}}
        if tickets:
            (await http.post("/api/changes", json=body)).raise_for_status()


def bar(inbox: Inbox) -> Locator:
    return inbox.page.get_by_role("region", name="Chosen tickets")


def item(inbox: Inbox, text: str) -> Locator:
    """The place in the list that shows a text."""
    return inbox.page.get_by_role("listitem").filter(has_text=text)


def box(inbox: Inbox, text: str) -> Locator:
    """The box of the row that shows a text."""
    return item(inbox, text).get_by_role("checkbox")


def toast(inbox: Inbox, text: str) -> Locator:
    return inbox.page.locator(".toast").filter(has_text=text)


async def focus(inbox: Inbox, text: str) -> None:
    """Put the keyboard on a row."""
    await inbox.row(text).focus()
    await inbox.rest()


async def listed(
    stack: Stack, browser: Browser, *texts: str, who: str = BEN, **context: Any
) -> Inbox:
    """The open list, narrowed to these rows by the first word that they share."""
    inbox = await enter(browser, stack, who, "/?view=open", **context)
    await inbox.page.get_by_role("searchbox").fill(texts[0].split(" ")[0])
    await expect(inbox.tickets).to_have_count(len(texts))
    for text in texts:
        await expect(inbox.row(text)).to_be_visible()
    return inbox


async def test_rows_are_chosen_by_key_let_go_and_chosen_on(stack: Stack, browser: Browser) -> None:
    texts = ("Keys one", "Keys two", "Keys three")
    async with waiting(stack, *texts):
        inbox = await listed(stack, browser, *texts)
        keyboard = inbox.page.keyboard
        await focus(inbox, "Keys three")
        await keyboard.press("x")
        await expect(box(inbox, "Keys three")).to_be_checked()
        await expect(bar(inbox)).to_contain_text("1 chosen")
        await keyboard.press("Shift+J")
        await keyboard.press("Shift+ArrowDown")
        await expect(bar(inbox)).to_contain_text("3 chosen")
        await expect(inbox.row("Keys one")).to_be_focused()
        await keyboard.press("Shift+K")
        await expect(bar(inbox)).to_contain_text("2 chosen")
        await expect(box(inbox, "Keys one")).not_to_be_checked()
        await keyboard.press("x")
        await expect(bar(inbox)).to_contain_text("1 chosen")
        await keyboard.press("Escape")
        await expect(bar(inbox)).to_have_count(0)
        await keyboard.press("Control+a")
        await expect(bar(inbox)).to_contain_text("3 chosen")
        await keyboard.press("/")
        await keyboard.press("Control+a")
        await keyboard.press("Delete")
        await expect(inbox.page.get_by_role("searchbox")).to_have_value("")


async def test_rows_are_chosen_by_pointer_singly_and_as_a_range(
    stack: Stack, browser: Browser
) -> None:
    texts = ("Mouse one", "Mouse two", "Mouse three")
    async with waiting(stack, *texts):
        inbox = await listed(stack, browser, *texts)
        await inbox.row("Mouse three").hover()
        before = await inbox.row("Mouse three").bounding_box()
        await box(inbox, "Mouse three").check()
        await expect(bar(inbox)).to_contain_text("1 chosen")
        assert await inbox.row("Mouse three").bounding_box() == before
        await inbox.row("Mouse one").click(modifiers=["Shift"])
        await expect(bar(inbox)).to_contain_text("3 chosen")
        await expect(inbox.log).to_have_count(0)
        await box(inbox, "Mouse two").uncheck()
        await expect(bar(inbox)).to_contain_text("2 chosen")
        await bar(inbox).get_by_role("button", name="Choose none").click()
        await expect(bar(inbox)).to_have_count(0)


async def test_many_are_resolved_at_once_and_all_come_back(stack: Stack, browser: Browser) -> None:
    texts = ("Bulk one", "Bulk two", "Bulk three")
    async with waiting(stack, *texts):
        inbox = await listed(stack, browser, *texts)
        await focus(inbox, "Bulk three")
        for key in ("x", "Shift+J", "Shift+J", "e"):
            await inbox.page.keyboard.press(key)
        await expect(toast(inbox, "Resolved 3 tickets.")).to_be_visible()
        await expect(bar(inbox)).to_have_count(0)
        for text in texts:
            await expect(inbox.row(text)).to_have_class(re.compile("gone"))
        await inbox.page.keyboard.press("z")
        await expect(toast(inbox, "Undone: Resolved 3 tickets.")).to_be_visible()
        for text in texts:
            await expect(inbox.row(text)).not_to_have_class(re.compile("gone"))
            await expect(inbox.row(text)).to_contain_text("Waiting for a person")


async def test_one_that_is_refused_is_named_with_its_reason_and_stays_chosen(
    stack: Stack, browser: Browser
) -> None:
    texts = ("Takeme mine", "Takeme what Cleo has")
    async with waiting(stack, *texts):
        cleo = await listed(stack, browser, *texts, who=CLEO)
        await cleo.open("Takeme what Cleo has")
        await cleo.page.keyboard.press("t")
        inbox = await listed(stack, browser, *texts)
        await expect(inbox.row("Takeme what Cleo has")).to_contain_text("Cleo")
        await focus(inbox, "Takeme mine")
        await inbox.page.keyboard.press("x")
        await focus(inbox, "Takeme what Cleo has")
        await inbox.page.keyboard.press("x")
        await bar(inbox).get_by_role("button", name="Take over").click()
        await expect(toast(inbox, "Took over #")).to_contain_text("has this ticket")
        await expect(bar(inbox)).to_contain_text("1 chosen")
        await expect(box(inbox, "Takeme what Cleo has")).to_be_checked()
        await expect(inbox.row("Takeme mine")).to_contain_text("You")
        await inbox.button("1 refused: why?").click()
        sheet = inbox.page.get_by_role("dialog", name="1 left as they are")
        await expect(sheet).to_contain_text("has this ticket")


async def test_what_somebody_changed_meanwhile_is_left_and_said(
    stack: Stack, browser: Browser
) -> None:
    texts = ("Meanwhile alone", "Meanwhile by Cleo")
    async with waiting(stack, *texts):
        inbox = await listed(stack, browser, *texts)
        cleo = await listed(stack, browser, *texts, who=CLEO)
        for text in texts:
            await focus(inbox, text)
            await inbox.page.keyboard.press("x")
        await inbox.page.keyboard.press("p")
        await inbox.page.keyboard.type("urg")
        await inbox.page.keyboard.press("Enter")
        await expect(toast(inbox, "Set 2 tickets to urgent")).to_be_visible()
        await expect(inbox.row("Meanwhile by Cleo")).to_contain_text("Urgent")
        await focus(cleo, "Meanwhile by Cleo")
        await cleo.page.keyboard.press("p")
        await cleo.page.keyboard.type("low")
        await cleo.page.keyboard.press("Enter")
        await expect(inbox.row("Meanwhile by Cleo")).to_contain_text("Low")
        await toast(inbox, "Set 2 tickets to urgent").get_by_role("button", name="Undo").click()
        await expect(toast(inbox, "Undone")).to_contain_text("It was changed meanwhile")
        await expect(inbox.row("Meanwhile alone")).not_to_contain_text("Urgent")
        await expect(inbox.row("Meanwhile by Cleo")).to_contain_text("Low")


async def test_what_left_the_view_stays_chosen_and_is_said_to_be_gone(
    stack: Stack, browser: Browser
) -> None:
    texts = ("Sight kept", "Sight lost")
    async with waiting(stack, *texts):
        inbox = await listed(stack, browser, *texts)
        for text in texts:
            await focus(inbox, text)
            await inbox.page.keyboard.press("x")
        ticket = await inbox.row("Sight lost").get_attribute("data-ticket")
        await inbox.row("Sight lost").evaluate("(row) => row.blur()")
        headers = {"Origin": stack.base_url}
        done = await inbox.page.request.post(f"/api/tickets/{ticket}/resolve", headers=headers)
        assert done.ok
        await expect(inbox.row("Sight lost")).to_have_count(0)
        await expect(bar(inbox)).to_contain_text("2 chosen · 1 not in this view any more")
        await bar(inbox).get_by_role("button", name="Tags").click()
        await inbox.page.keyboard.type("parcel-lost")
        await inbox.page.keyboard.press("Enter")
        await expect(toast(inbox, "Tagged 2 tickets “parcel-lost”")).to_be_visible()


async def test_a_ticket_is_given_away_from_the_list_without_opening_it(
    stack: Stack, browser: Browser
) -> None:
    async with waiting(stack, "Whoseturn is it"):
        inbox = await listed(stack, browser, "Whoseturn is it")
        await focus(inbox, "Whoseturn is it")
        await inbox.page.keyboard.press("a")
        await inbox.page.keyboard.type("cleo")
        await inbox.page.keyboard.press("Enter")
        await expect(inbox.row("Whoseturn is it")).to_contain_text("Cleo")
        await expect(inbox.row("Whoseturn is it")).to_be_focused()
        await expect(toast(inbox, "to Cleo")).to_be_visible()
        await inbox.page.keyboard.press("Control+z")
        await expect(inbox.row("Whoseturn is it")).to_contain_text("Waiting for a person")


async def test_snooze_says_what_it_understood_and_what_it_did_not(
    stack: Stack, browser: Browser
) -> None:
    async with waiting(stack, "Sleepon it") as (customer,):
        inbox = await listed(stack, browser, "Sleepon it")
        await inbox.open("Sleepon it")
        await inbox.page.keyboard.press("s")
        sheet = inbox.page.get_by_role("dialog", name=re.compile("Snooze #"))
        options = sheet.get_by_role("option")
        await expect(options).to_have_count(4)
        await inbox.page.keyboard.type("tomorrow banana")
        await expect(sheet.get_by_role("status")).to_contain_text("Not understood")
        await expect(options).to_have_count(0)
        words = sheet.get_by_role("combobox")
        await words.fill("yesterday")
        await expect(sheet.get_by_role("status")).to_contain_text("That has passed already")
        await words.fill("morgen 9")
        await expect(options).to_contain_text(re.compile("0?9:00"))
        await inbox.page.keyboard.press("Enter")
        await expect(inbox.head).to_contain_text(re.compile("Snoozed until tomorrow 0?9:00"))
        await expect(toast(inbox, "Snoozed #")).to_be_visible()
        await inbox.page.keyboard.press("z")
        await expect(inbox.head).not_to_contain_text("Snoozed")
        await inbox.page.keyboard.press("s")
        await inbox.page.keyboard.type("until they reply")
        await expect(options).to_have_text("Until they reply")
        await inbox.page.keyboard.press("Enter")
        await expect(inbox.head).to_contain_text("Snoozed")
        await customer.say("I am back")
        await expect(inbox.head).not_to_contain_text("Snoozed")


async def test_a_list_is_sorted_as_chosen_and_remembers_it(stack: Stack, browser: Browser) -> None:
    texts = ("Sorted longest", "Sorted less", "Sorted pressing")
    async with waiting(stack, *texts):
        inbox = await listed(stack, browser, *texts)
        await focus(inbox, "Sorted pressing")
        await inbox.page.keyboard.press("p")
        await inbox.page.keyboard.type("urgent")
        await inbox.page.keyboard.press("Enter")
        await expect(inbox.row("Sorted pressing")).to_contain_text("Urgent")
        await inbox.button("Sorted: Newest first").click()
        await inbox.page.get_by_role("menuitemradio", name="Longest wait first").click()
        await inbox.rest()
        await expect(inbox.button("Sorted: Longest wait first")).to_be_visible()
        places = [await _place(inbox, text) for text in (texts[2], texts[0], texts[1])]
        assert places == sorted(places)
        await inbox.page.reload()
        await expect(inbox.tickets.first).to_be_visible()
        await expect(inbox.button("Sorted: Longest wait first")).to_be_visible()
        await inbox.page.keyboard.press("v")
        await inbox.page.keyboard.press("d")
        await expect(inbox.button("Sorted: Due first")).to_be_visible()


async def _place(inbox: Inbox, text: str) -> int:
    return int(await item(inbox, text).get_attribute("aria-posinset") or 0)


async def test_a_finger_that_rests_chooses_and_taps_choose_on(
    stack: Stack, browser: Browser
) -> None:
    texts = ("Finger one", "Finger two")
    async with waiting(stack, *texts):
        phone: dict[str, Any] = PHONE
        inbox = await listed(stack, browser, *texts, **phone)
        first = inbox.row("Finger one")
        place = await first.bounding_box()
        assert place is not None
        spot = {"clientX": place["x"] + 120, "clientY": place["y"] + 40, "pointerType": "touch"}
        await first.dispatch_event("pointerdown", {**spot, "bubbles": True})
        await expect(bar(inbox)).to_contain_text("1 chosen")
        await first.dispatch_event("pointerup", {**spot, "bubbles": True})
        assert await first.bounding_box() == place
        await inbox.row("Finger two").tap()
        await expect(bar(inbox)).to_contain_text("2 chosen")
        await bar(inbox).get_by_role("button", name="Resolve").tap()
        await expect(toast(inbox, "Resolved 2 tickets.")).to_be_visible()
        await toast(inbox, "Resolved 2 tickets.").get_by_role("button", name="Undo").tap()
        await expect(toast(inbox, "Undone")).to_be_visible()
        await inbox.button("Choose several").tap()
        await inbox.row("Finger two").tap()
        await expect(bar(inbox)).to_contain_text("1 chosen")


async def test_who_may_only_look_chooses_nothing(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, VIC, "/?view=open")
    await expect(inbox.tickets.first).to_be_visible()
    await inbox.page.keyboard.press("j")
    await inbox.page.keyboard.press("x")
    await inbox.page.keyboard.press("Control+a")
    await expect(inbox.page.get_by_role("checkbox")).to_have_count(0)
    await expect(bar(inbox)).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_bar_and_its_choices_are_told_to_everybody(
    stack: Stack, browser: Browser, scheme: str
) -> None:
    inbox = await enter(
        browser, stack, BEN, "/?view=open", color_scheme=scheme, reduced_motion="reduce"
    )
    await expect(inbox.tickets.first).to_be_visible()
    await inbox.page.evaluate(AXE.read_text("utf-8"))
    await inbox.page.keyboard.press("j")
    await inbox.page.keyboard.press("x")
    await expect(bar(inbox).get_by_role("status")).to_have_text("1 chosen")
    assert await faults(inbox) == []
    await inbox.page.keyboard.press("s")
    await expect(inbox.page.get_by_role("dialog")).to_be_visible()
    assert await faults(inbox) == []
