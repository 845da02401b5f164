"""The inbox for those who see little, use no mouse, or hold a phone."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.inbox import BEN, CLEO, Inbox, customer_of, enter
from tests.browser.test_widget_access import AXE, PHONE
from tests.stack import Stack

CHECK = """async () => {
  const changing = document.getAnimations().filter(one => one instanceof CSSTransition)
  await Promise.all(changing.map(one => one.finished.catch(() => undefined)))
  const found = await axe.run()
  const faults = found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' | ')}`)
  const seen = (one, range = document.createRange()) => {
    if (one.nodeType === Node.ELEMENT_NODE) {
      if (getComputedStyle(one).clipPath !== 'none') return false
      if (one.matches('svg, img, .avatar')) return true
    } else if (one.textContent.trim()) {
      range.selectNode(one)
      return range.getBoundingClientRect().width > 3
    }
    return [...one.childNodes].some(child => seen(child, range))
  }
  const blank = [...document.querySelectorAll('button, a')].filter(one => one.checkVisibility() && one.offsetWidth > 4 && !seen(one))
  return [...faults, ...blank.map(one => `nothing to see: ${one.outerHTML}`)]
}"""


async def faults(inbox: Inbox) -> list[str]:
    """What axe finds on the page as it stands, and what can be pressed but not be seen."""
    return await inbox.page.evaluate(CHECK)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(stack: Stack, browser: Browser, scheme: str) -> None:
    inbox = await enter(
        browser, stack, BEN, "/?view=open", color_scheme=scheme, reduced_motion="reduce"
    )
    await expect(inbox.tickets.first).to_be_visible()
    await inbox.page.evaluate(AXE.read_text("utf-8"))
    assert await faults(inbox) == []
    async with customer_of(stack) as customer:
        await customer.say(f"How long does delivery to Germany take? {scheme}")
        await customer.ask_person()
        await inbox.open(f"How long does delivery to Germany take? {scheme}")
        await expect(inbox.page.get_by_role("region", name="Handoff")).to_be_visible()
        await inbox.page.keyboard.press("n")
        await inbox.page.keyboard.type("For the team")
        assert await faults(inbox) == []
        await inbox.page.keyboard.press("Control+Enter")
        await expect(inbox.message("For the team")).to_contain_text("Note by")
        await inbox.page.keyboard.press("Escape")
        await inbox.page.keyboard.press("a")
        assert await faults(inbox) == []
        await inbox.page.keyboard.press("Escape")
        await inbox.page.keyboard.press("?")
        await expect(inbox.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
        assert await faults(inbox) == []


async def test_what_a_colleague_has_can_be_taken_by_a_button_that_is_seen(
    stack: Stack, browser: Browser
) -> None:
    ben = await enter(browser, stack, BEN, "/?view=open")
    cleo = await enter(browser, stack, CLEO, "/?view=open", reduced_motion="reduce")
    async with customer_of(stack) as customer:
        await customer.say("Two of you at once")
        await ben.open("Two of you at once")
        await ben.page.keyboard.press("t")
        await expect(ben.head).to_contain_text("You")
        await cleo.open("Two of you at once")
        await expect(cleo.head).to_contain_text("Ben")
        await cleo.page.evaluate(AXE.read_text("utf-8"))
        assert await faults(cleo) == []


async def test_a_whole_ticket_is_worked_by_keyboard(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    keys = inbox.page.keyboard
    async with customer_of(stack) as customer:
        await customer.say("Only keys, please")
        await expect(inbox.row("Only keys, please")).to_be_visible()
        await keys.press("j")
        await expect(inbox.row("Only keys, please")).to_be_focused()
        await keys.press("Enter")
        await expect(inbox.message("Only keys, please")).to_be_visible()
        await keys.press("t")
        await expect(inbox.box).to_be_focused()
        await keys.type("Done by keys")
        await keys.press("Tab")
        await expect(inbox.button("Attach files")).to_be_focused()
        await keys.press("Tab")
        await expect(inbox.button("Send and resolve")).to_be_focused()
        await keys.press("Tab")
        await expect(inbox.button("Send")).to_be_focused()
        await keys.press("Enter")
        await customer.hears("Done by keys")
        await keys.press("Escape")
        await expect(inbox.log).to_be_focused()
        await keys.press("e")
        await expect(inbox.head).to_contain_text("Resolved")
        await keys.press("u")
        await expect(inbox.log).to_have_count(0)


async def test_on_a_phone_list_thread_and_details_are_pages(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open", **PHONE)
    async with customer_of(stack) as customer:
        await customer.say("From the harbour wall")
        await inbox.open("From the harbour wall")
        await expect(inbox.tickets.first).to_be_hidden()
        await inbox.button("Take over").click()
        await inbox.reply("From a phone")
        await customer.hears("From a phone")
        await inbox.button("More").click()
        await inbox.page.get_by_role("menuitem", name="Details").click()
        await expect(inbox.details).to_be_visible()
        await expect(inbox.log).to_be_hidden()
        await inbox.button("Back to the conversation").click()
        await inbox.button("Resolve").click()
        await inbox.button("Back to the list").click()
        await inbox.button("View: All open").click()
        await inbox.page.get_by_role("menuitemradio", name="Resolved").click()
        await expect(inbox.row("From the harbour wall")).to_be_visible()
        assert await inbox.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
