"""The one script tag on pages of other sites: their styles, their policies, their products, their people."""

import re

import pytest
from playwright.async_api import Browser, ConsoleMessage, expect

from tests.browser.agent import agent_of
from tests.browser.shopper import Shopper, shop_page, tag, visit
from tests.stack import Stack

HOSTILE = """<style>
@layer first { * { all: unset !important; visibility: hidden !important } }
* { all: unset !important }
html, body { transform: rotate(2deg) !important; filter: blur(9px) !important }
button, shopbell-widget, body > *, html > * { display: none !important; opacity: 0 !important }
textarea { width: 1px !important; font-size: 2px !important }
.cover { all: initial !important; display: block !important; position: fixed !important;
  inset: 0 !important; z-index: 2147483647 !important }
</style>"""


def page(
    stack: Stack, head: str = "", body: str = "", attributes: str = "", lang: str = "en"
) -> str:
    script = tag(stack.base_url, stack.widget_key, attributes)
    return (
        f'<!doctype html><html lang="{lang}"><title>Shop</title>{head}<body>{body}{script}</body>'
    )


async def test_a_hostile_page_does_not_break_it(stack: Stack, browser: Browser) -> None:
    html = page(stack, HOSTILE, '<div class="cover">An overlay over everything</div>')
    with shop_page(html) as address:
        shopper = await visit(browser, address)
        await shopper.open()
        await shopper.say("Through all of this")
        bounds = await shopper.panel.bounding_box()
        assert bounds is not None
        assert (bounds["width"], bounds["height"]) == (384, 610)
        size = await shopper.box.evaluate("one => getComputedStyle(one).fontSize")
        assert size == "16px"


async def test_a_strict_policy_needs_to_name_only_the_desk(stack: Stack, browser: Browser) -> None:
    desk = stack.base_url
    socket = desk.replace("http", "ws")
    policy = (
        f"default-src 'none'; script-src {desk}; connect-src {desk} {socket}; img-src {desk} blob:;"
        " require-trusted-types-for 'script'"
    )
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "favicon" not in message.text:
            said.append(message.text)

    with shop_page(page(stack), {"Content-Security-Policy": policy}) as address:
        shopper = Shopper(await (await browser.new_context()).new_page())
        shopper.page.on("console", hear)
        await shopper.page.goto(address)
        await shopper.open()
        await shopper.say("Under a strict policy")
        width = await shopper.panel.evaluate("one => getComputedStyle(one).width")
        assert width == "384px"
        assert said == []


async def test_a_first_visitor_costs_one_small_script(stack: Stack, browser: Browser) -> None:
    asked: list[str] = []
    with shop_page(page(stack)) as address:
        new = await (await browser.new_context()).new_page()
        new.on("request", lambda request: asked.append(request.url))
        await new.goto(address)
        await expect(Shopper(new).launcher).to_be_visible()
        await new.wait_for_load_state("networkidle")
    assert [url for url in asked if url.startswith(stack.base_url)] == [
        f"{stack.base_url}/widget.js"
    ]


SHIFTS = """new Promise(told => {
  let sum = 0
  const watch = new PerformanceObserver(list => list.getEntries().forEach(one => (sum += one.value)))
  watch.observe({ type: "layout-shift", buffered: true })
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => told(sum))))
})"""


async def test_nothing_of_the_page_moves_for_it(stack: Stack, browser: Browser) -> None:
    with shop_page(page(stack, body="<p>What the shop says</p>" * 40)) as address:
        shopper = await visit(browser, address)
        await expect(shopper.launcher).to_be_visible()
        size = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        before = await shopper.page.evaluate(size)
        await shopper.open()
        assert await shopper.page.evaluate(SHIFTS) == 0
        assert await shopper.page.evaluate(size) == before


async def test_the_tag_may_name_the_colour_that_a_first_visitor_sees(
    stack: Stack, browser: Browser
) -> None:
    with shop_page(page(stack, attributes='data-color="#ffd400"')) as address:
        shopper = await visit(browser, address)
        colours = "one => [getComputedStyle(one).backgroundColor, getComputedStyle(one).color]"
        shown = await shopper.launcher.evaluate(colours)
        assert shown == ["rgb(255, 212, 0)", "rgb(20, 24, 26)"]


async def test_it_works_in_a_frame_that_may_keep_nothing(stack: Stack, browser: Browser) -> None:
    with shop_page(page(stack)) as inside:
        sandbox = 'sandbox="allow-scripts" style="width: 100%; height: 90vh"'
        with shop_page(f'<!doctype html><iframe src="{inside}" {sandbox}></iframe>') as address:
            shopper = await visit(browser, address)
            frame = shopper.page.frame_locator("iframe")
            await frame.get_by_role("button", name="Chat with us").click()
            await frame.get_by_role("textbox", name="Message").fill("From within a frame")
            await frame.get_by_role("button", name="Send", exact=True).click()
            said = frame.get_by_role("article").filter(has_text="From within a frame")
            await expect(said).to_contain_text("Sent")


async def test_a_page_that_replaces_its_body_keeps_it(stack: Stack, browser: Browser) -> None:
    with shop_page(page(stack)) as address:
        shopper = await visit(browser, address)
        await shopper.open()
        await shopper.page.evaluate("document.body.replaceWith(document.createElement('body'))")
        await shopper.say("Still here")


async def test_a_visitor_is_remembered_over_pages(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("Do you remember me?")
    await shopper.page.goto(f"{stack.base_url}/demo/collections/jumpers")
    await shopper.open()
    await expect(shopper.message("Do you remember me?")).to_have_count(1)


async def test_the_demo_customer_is_known_by_the_shop_s_word(
    stack: Stack, browser: Browser
) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.page.get_by_label("Shop as").select_option(index=1)
    await shopper.page.get_by_role("button", name="Switch").click()
    name = await shopper.page.locator("option:checked").inner_text()
    await shopper.open()
    await shopper.say("You should know my name")
    async with agent_of(stack) as agent:
        assert (await agent.opened("You should know my name"))["customer"]["name"] == name


async def test_identify_changes_who_is_talking(stack: Stack, browser: Browser) -> None:
    other = await visit(browser, f"{stack.base_url}/demo")
    await other.page.get_by_label("Shop as").select_option(index=2)
    await other.page.get_by_role("button", name="Switch").click()
    token = await other.page.locator("script[data-identity-token]").get_attribute(
        "data-identity-token"
    )
    name = await other.page.locator("option:checked").inner_text()
    with shop_page(page(stack)) as address:
        shopper = await visit(browser, address)
        await shopper.open()
        await shopper.page.evaluate("token => Shopbell.identify(token)", token)
        await expect(shopper.box).to_be_visible()
        await shopper.say("Now I am signed in")
        async with agent_of(stack) as agent:
            assert (await agent.opened("Now I am signed in"))["customer"]["name"] == name
        await shopper.page.evaluate("Shopbell.identify(null)")
        await expect(shopper.message("Now I am signed in")).to_have_count(0)
        await expect(shopper.box).to_be_visible()


async def test_the_product_on_the_page_reaches_the_agent(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo/products/cairn-jumper")
    await shopper.open()
    await shopper.say("Is this one warm?")
    async with agent_of(stack) as agent:
        ticket = await agent.opened("Is this one warm?")
        seen = ticket["messages"][0]["page"]
        assert seen["product"] == "Cairn cable jumper"
        assert seen["url"].endswith("/demo/products/cairn-jumper")
        assert re.fullmatch(r"\d+\.\d\d EUR", seen["price"])


async def test_the_tag_may_name_the_product(stack: Stack, browser: Browser) -> None:
    attributes = 'data-product="Fell cap" data-sku="FC-1" data-price="39.00 EUR"'
    with shop_page(page(stack, attributes=attributes)) as address:
        shopper = await visit(browser, address)
        await shopper.open()
        await shopper.say("Does the cap come in red?")
        async with agent_of(stack) as agent:
            ticket = await agent.opened("Does the cap come in red?")
            seen = ticket["messages"][0]["page"]
            assert (seen["product"], seen["sku"], seen["price"]) == (
                "Fell cap",
                "FC-1",
                "39.00 EUR",
            )


@pytest.mark.parametrize(
    ("lang", "attributes", "visitor", "chat", "person"),
    [
        ("de", "", "en-GB", "Chatten Sie mit uns", "Mit einem Menschen sprechen"),
        ("", "", "ja-JP", "チャットで相談", "担当者と話す"),
        ("en", 'data-language="pl"', "en-GB", "Porozmawiaj z nami", "Porozmawiaj z człowiekiem"),
    ],
)
async def test_it_speaks_the_page_s_language_or_the_visitor_s(
    stack: Stack, browser: Browser, lang: str, attributes: str, visitor: str, chat: str, person: str
) -> None:
    with shop_page(page(stack, attributes=attributes, lang=lang)) as address:
        shopper = await visit(browser, address, locale=visitor)
        await shopper.page.get_by_role("button", name=chat).click()
        await expect(shopper.page.get_by_role("button", name=person)).to_be_visible()


async def test_the_demo_shop_fits_a_small_phone_with_large_letters(
    stack: Stack, browser: Browser
) -> None:
    context = await browser.new_context(
        base_url=stack.base_url, viewport={"width": 360, "height": 740}
    )
    page = await context.new_page()
    for path in ("/demo", "/demo/help"):
        await page.goto(path)
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert await page.evaluate("document.documentElement.scrollWidth") == 360
