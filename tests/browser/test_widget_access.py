"""The widget by keyboard, by screen reader, on a phone, and for those who want no motion."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from tests.browser.agent import agent_of
from tests.browser.shopper import visit
from tests.stack import ROOT, Stack

AXE = Path(ROOT) / "web" / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
CHECK = """() => axe.run(document.querySelector('shopbell-widget')).then(
  found => found.violations.map(one => `${one.id}: ${one.nodes.map(node => node.html).join(' | ')}`))"""


async def test_everything_is_done_by_keyboard(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    keys = shopper.page.keyboard
    await shopper.launcher.focus()
    await keys.press("Enter")
    await expect(shopper.box).to_be_focused()
    await keys.type("By keyboard")
    await keys.press("Shift+Enter")
    await keys.type("in two lines")
    await keys.press("Enter")
    await expect(shopper.message("By keyboard")).to_contain_text("in two lines")
    await expect(shopper.box).to_have_value("")
    await expect(shopper.box).to_be_focused()
    for name in ("Add an image", "Conversation", "Talk to a person"):
        await keys.press("Shift+Tab")
        await expect(
            shopper.page.get_by_label(name).or_(shopper.panel.get_by_text(name))
        ).to_be_focused()
    await keys.press("Enter")
    await expect(shopper.panel).to_contain_text("A person will answer")
    await expect(shopper.box).to_be_focused()
    await keys.press("Escape")
    await expect(shopper.panel).to_be_hidden()
    await expect(shopper.launcher).to_be_focused()
    await expect(shopper.launcher).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing(stack: Stack, browser: Browser, scheme: str) -> None:
    shopper = await visit(
        browser, f"{stack.base_url}/demo", color_scheme=scheme, reduced_motion="reduce"
    )
    await shopper.page.add_script_tag(content=AXE.read_text("utf-8"))
    assert await shopper.page.evaluate(CHECK) == []
    await shopper.open()
    assert await shopper.page.evaluate(CHECK) == []
    await shopper.say("How long does delivery to Germany take?")
    await expect(shopper.log.get_by_role("article").nth(1)).to_be_visible()
    await shopper.person.click()
    await expect(shopper.panel).to_contain_text("A person will answer")
    assert await shopper.page.evaluate(CHECK) == []


async def test_only_what_others_newly_say_is_announced(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    spoken = shopper.panel.locator("[aria-live=polite]")
    await shopper.say("Will you tell me?")
    async with agent_of(stack) as agent:
        await agent.reply("Will you tell me?", "You will hear this.")
        await expect(spoken).to_contain_text("says: You will hear this.")
        await shopper.page.reload()
        await shopper.open()
        await expect(shopper.message("You will hear this.")).to_be_visible()
        await expect(spoken).to_have_text("")
        await agent.reply("Will you tell me?", "And this.")
        await expect(spoken).to_contain_text("says: And this.")


async def test_it_fills_a_phone_and_stays_above_its_keyboard(
    stack: Stack, browser: Browser
) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo", **PHONE)
    await shopper.launcher.tap()
    await expect(shopper.box).to_be_visible()
    assert await shopper.panel.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 844}
    await expect(shopper.panel).to_have_attribute("aria-modal", "true")
    await expect(shopper.box).not_to_be_focused()
    assert await shopper.box.evaluate("one => getComputedStyle(one).fontSize") == "16px"
    await shopper.say("From my phone")
    await shopper.page.set_viewport_size({"width": 390, "height": 420})
    for part in (shopper.person, shopper.box, shopper.message("From my phone")):
        await expect(part).to_be_in_viewport(ratio=1)
    await shopper.person.tap()
    waiting = shopper.panel.get_by_role("status").filter(has_text="A person will answer")
    await expect(waiting).to_be_in_viewport(ratio=1)
    await expect(shopper.box).to_be_in_viewport(ratio=1)


async def test_focus_stays_in_a_panel_that_fills_the_screen(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo", viewport={"width": 390, "height": 844})
    await shopper.open()
    await expect(shopper.box).to_be_focused()
    await shopper.send.focus()
    await shopper.page.keyboard.press("Tab")
    await expect(shopper.panel.get_by_role("button", name="Close")).to_be_focused()
    await shopper.page.keyboard.press("Shift+Tab")
    await expect(shopper.send).to_be_focused()


async def test_nothing_moves_for_those_who_asked_for_that(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo", reduced_motion="reduce")
    await shopper.open()
    moving = "document.getAnimations().length"
    assert await shopper.page.evaluate(moving) == 0
    still = "one => getComputedStyle(one).transitionDuration"
    assert await shopper.launcher.evaluate(still) == "0s"


async def test_it_grows_with_the_text_size_of_the_browser(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, "about:blank")
    session = await shopper.context.new_cdp_session(shopper.page)
    sizes = {"fontSizes": {"standard": 32}}
    await session.send("Page.setFontSizes", sizes)  # pyright: ignore[reportUnknownMemberType]
    await shopper.page.goto(f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("Large letters, please")
    size = "one => parseFloat(getComputedStyle(one).fontSize)"
    for part, at_least in (("textarea", 32), (".bubble", 30), (".foot", 24), (".person", 27)):
        assert await shopper.panel.locator(part).first.evaluate(size) >= at_least - 0.1, part
    for part in (shopper.person, shopper.box, shopper.send, shopper.message("Large letters")):
        await expect(part).to_be_in_viewport(ratio=1)
    assert await shopper.log.evaluate("one => one.scrollWidth === one.clientWidth")
