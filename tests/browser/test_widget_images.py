"""Images in the widget: by paste, drop and choice, seen by both sides, and refused in words."""

import base64

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.agent import agent_of
from tests.browser.shopper import Shopper, visit
from tests.stack import Stack

FILES = """(target, [kind, event, base64]) => {
  const bytes = Uint8Array.from(atob(base64), sign => sign.charCodeAt(0))
  const carried = new DataTransfer()
  carried.items.add(new File([bytes], "jumper.png", { type: "image/png" }))
  const name = kind === "paste" ? "clipboardData" : "dataTransfer"
  const Kind = kind === "paste" ? ClipboardEvent : DragEvent
  target.dispatchEvent(new Kind(event, { [name]: carried, bubbles: true, cancelable: true, composed: true }))
}"""


async def add(shopper: Shopper, way: str, png: bytes) -> None:
    """Give the widget an image in one of the three ways."""
    text = base64.b64encode(png).decode()
    if way == "pick":
        async with shopper.page.expect_file_chooser() as chooser:
            await shopper.page.get_by_role("button", name="Add an image").click()
        file = {"name": "jumper.png", "mimeType": "image/png", "buffer": png}
        await (await chooser.value).set_files([file])  # pyright: ignore[reportArgumentType]
    elif way == "paste":
        await shopper.box.evaluate(FILES, ["paste", "paste", text])
    else:
        await shopper.log.evaluate(FILES, ["drop", "dragover", text])
        await expect(shopper.panel).to_contain_text("Drop the image")
        await shopper.log.evaluate(FILES, ["drop", "drop", text])
        await expect(shopper.panel).not_to_contain_text("Drop the image")


async def loaded(image: Locator) -> bool:
    """Whether the browser could show it."""
    return await image.evaluate("one => one.decode().then(() => one.naturalWidth > 0)")


@pytest.mark.parametrize("way", ["paste", "drop", "pick"])
async def test_an_image_reaches_the_agent(stack: Stack, browser: Browser, way: str) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    png = await shopper.page.screenshot()
    await shopper.open()
    await add(shopper, way, png)
    await expect(shopper.page.get_by_role("button", name="Remove: jumper.png")).to_be_visible()
    await expect(shopper.send).to_have_attribute("aria-disabled", "false")
    await shopper.say(f"Look at this, by {way}")
    picture = shopper.message(f"by {way}").get_by_role("button", name="Image: jumper.png")
    assert await loaded(picture.locator("img"))
    async with agent_of(stack) as agent:
        opened = await agent.opened(f"Look at this, by {way}")
        assert [one["name"] for one in opened["messages"][0]["attachments"]] == ["jumper.png"]
    await picture.click()
    large = shopper.page.get_by_role("dialog", name="jumper.png")
    assert await loaded(large.get_by_role("img"))
    await shopper.page.keyboard.press("Escape")
    await expect(large).to_have_count(0)
    await expect(picture).to_be_focused()
    await expect(shopper.box).to_be_visible()


async def test_an_image_that_did_not_go_up_is_kept_until_it_does(
    stack: Stack, browser: Browser
) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    png = await shopper.page.screenshot()
    await shopper.open()
    await shopper.page.route("**/api/widget/attachments", lambda route: route.abort())
    await add(shopper, "paste", png)
    again = shopper.panel.get_by_role("button", name="Try again")
    await expect(again).to_be_visible()
    await shopper.box.fill("Here is the hole")
    await expect(shopper.send).to_have_attribute("aria-disabled", "true")
    await again.click()
    await expect(again).to_be_visible()
    await shopper.page.unroute("**/api/widget/attachments")
    await shopper.page.evaluate("dispatchEvent(new Event('online'))")
    await expect(shopper.send).to_have_attribute("aria-disabled", "false")
    await shopper.send.click()
    picture = shopper.message("Here is the hole").get_by_role("button", name="Image: jumper.png")
    assert await loaded(picture.locator("img"))


async def test_an_image_alone_can_be_sent_and_one_can_be_taken_away(
    stack: Stack, browser: Browser
) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    png = await shopper.page.screenshot()
    await shopper.open()
    await add(shopper, "paste", png)
    await shopper.page.get_by_role("button", name="Remove: jumper.png").click()
    await expect(shopper.send).to_have_attribute("aria-disabled", "true")
    await add(shopper, "paste", png)
    await expect(shopper.send).to_have_attribute("aria-disabled", "false")
    await shopper.send.click()
    await expect(shopper.log.get_by_role("button", name="Image: jumper.png")).to_have_count(1)
    await shopper.page.reload()
    await shopper.open()
    assert await loaded(shopper.log.get_by_role("button", name="Image: jumper.png").locator("img"))


async def test_what_is_no_image_is_refused_in_words(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    picker = shopper.page.locator("shopbell-widget input[type=file]")
    file = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}
    await picker.set_input_files([file])  # pyright: ignore[reportArgumentType]
    await expect(shopper.panel.get_by_role("alert")).to_contain_text("Only images")
    disguised = {"name": "notes.png", "mimeType": "image/png", "buffer": b"words"}
    await picker.set_input_files([disguised])  # pyright: ignore[reportArgumentType]
    await expect(shopper.panel.get_by_role("alert")).not_to_contain_text("Only images")
    await expect(shopper.panel.get_by_role("alert")).to_be_visible()
    await expect(shopper.panel.get_by_role("button", name="Remove")).to_have_count(0)
