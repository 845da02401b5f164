"""Looking for what was said, from the keyboard."""

from playwright.async_api import Browser, expect

from tests.browser.inbox import BEN, customer_of, enter
from tests.browser.test_inbox_access import faults
from tests.browser.test_widget_access import AXE
from tests.stack import Stack


async def test_words_that_were_just_said_are_found_and_opened_by_keyboard(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("The clapper of my bronze bell has come loose")
        await expect(inbox.row("The clapper of my bronze bell")).to_be_visible()
        await inbox.page.get_by_role("link", name="Search").click()
        box = inbox.page.get_by_role("searchbox", name="Search")
        await expect(box).to_be_focused()
        await box.fill("bronze clap is:open")
        hit = inbox.page.locator(".hits a").first
        await expect(hit.locator("mark")).to_have_text(["clapper", "bronze"])
        await inbox.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(inbox) == []
        await box.press("ArrowDown")
        await expect(hit).to_be_focused()
        await inbox.page.keyboard.press("ArrowUp")
        await expect(box).to_be_focused()
        await box.press("ArrowDown")
        await inbox.page.keyboard.press("Enter")
        await expect(inbox.message("The clapper of my bronze bell")).to_be_visible()


async def test_a_search_has_an_address_that_opens_it_again(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/search")
    page = inbox.page
    async with customer_of(stack) as customer:
        await customer.say("Is your brass & tin polish vegan?")
        box = page.get_by_role("searchbox", name="Search")
        await box.fill("brass & tin")
        await expect(page.locator(".hits a").first).to_contain_text("polish vegan")
        await expect(page).to_have_url(f"{stack.base_url}/search?q=brass%20%26%20tin")
        await page.reload()
        await expect(box).to_have_value("brass & tin")
        await expect(page.locator(".hits a").first).to_contain_text("polish vegan")
        await page.get_by_role("button", name="Clear the search").click()
        await expect(page).to_have_url(f"{stack.base_url}/search")


async def test_an_address_that_is_none_says_so_and_leads_back(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/reports/of/last/year")
    await expect(inbox.page.get_by_role("heading", level=2)).to_have_text(
        "There is nothing at this address"
    )
    await inbox.page.get_by_role("link", name="go to the inbox").click()
    await expect(inbox.page.get_by_role("list", name="Tickets")).to_be_visible()


async def test_an_operator_that_is_none_says_what_there_is_and_nothing_is_nothing(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/search")
    box = inbox.page.get_by_role("searchbox", name="Search")
    await box.fill("is:lost")
    await expect(inbox.page.get_by_role("alert")).to_contain_text("There is no is:lost")
    await box.fill("xyzzyplugh")
    await expect(inbox.page.get_by_role("heading", name="Nothing found")).to_be_visible()
    await expect(inbox.page.get_by_role("alert")).to_have_count(0)
    await inbox.page.get_by_role("button", name="Clear the search").click()
    await inbox.page.get_by_role("button", name="is:open").first.click()
    await expect(inbox.page.locator(".hits a").first).to_be_visible()
