"""The widget over bad networks: cut, blocked, and with the server gone."""

from playwright.async_api import Browser, expect

from shopbell.desk.customers.reads import widget_connection
from shopbell.desk.database import open_desk
from shopbell.desk.ids import UUID, uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from tests.browser.agent import agent_of
from tests.browser.shopper import visit
from tests.stack import Stack

BLOCKED = """window.WebSocket = class {
  static CONNECTING = 0; static OPEN = 1; readyState = 0
  constructor() { queueMicrotask(() => { this.readyState = 3; this.onclose?.({ code: 1006 }) }) }
  close() {} send() {}
}"""
BELOW_THE_TOP = """one => one.getBoundingClientRect().y
  - one.closest("[role=log]").getBoundingClientRect().y"""
LONG = 200


async def test_a_cut_is_told_and_caught_up_with(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("Before the cut")
    async with agent_of(stack) as agent:
        await agent.take_over("Before the cut")
        await shopper.context.set_offline(True)
        await expect(shopper.panel).to_contain_text("No connection")
        await shopper.hand_in("During the cut")
        await expect(shopper.message("During the cut")).to_contain_text("Sending")
        await agent.reply("Before the cut", "Said while you were away")
        await shopper.context.set_offline(False)
        await expect(shopper.message("Said while you were away")).to_have_count(1)
        await expect(shopper.message("During the cut")).to_have_count(1)
        await expect(shopper.message("During the cut")).not_to_contain_text("Sending")
        await expect(shopper.panel).not_to_contain_text("No connection")
        said = await shopper.log.get_by_role("article").all_inner_texts()
        told = ("Before the cut", "Said while you were away", "During the cut")
        assert tuple(text for one in said for text in told if text in one) == told


async def test_what_is_written_offline_survives_a_reload(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("First, while connected")
    stack.kill("server")
    await shopper.hand_in("Kept over the reload")
    await expect(shopper.message("Kept over the reload")).to_contain_text("Sending")
    stack.restart("server")
    await shopper.page.reload()
    await shopper.open()
    await expect(shopper.message("Kept over the reload")).to_have_count(1)
    await expect(shopper.message("Kept over the reload")).not_to_contain_text("Sending")


async def test_a_killed_server_is_waited_for(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("How long does delivery to Italy take?")
    stack.kill("server")
    await expect(shopper.panel).to_contain_text("Connecting again")
    await shopper.hand_in("While it was gone")
    await shopper.person.click()
    await expect(shopper.panel).to_contain_text("Asking for a person")
    stack.restart("server")
    await expect(shopper.message("While it was gone")).not_to_contain_text(
        "Sending", timeout=30_000
    )
    await expect(shopper.message("While it was gone")).to_have_count(1)
    await expect(shopper.panel).to_contain_text("A person will answer")
    async with agent_of(stack) as agent:
        await agent.reply("How long does delivery to Italy take?", "All here again")
        await expect(shopper.message("All here again")).to_have_count(1)


async def test_it_polls_where_websockets_are_blocked(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, "about:blank")
    await shopper.page.add_init_script(BLOCKED)
    await shopper.page.goto(f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("Without any websocket")
    async with agent_of(stack) as agent:
        await agent.reply("Without any websocket", "It works all the same")
        await expect(shopper.message("It works all the same")).to_have_count(1)
        await shopper.person.wait_for(state="detached")
        await expect(shopper.panel).to_contain_text("is here for you")
        opened = await agent.opened("Without any websocket")
        assert opened["ticket"]["last_seq"] >= 2


async def test_a_press_on_the_launcher_without_network_is_answered(
    stack: Stack, browser: Browser
) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await expect(shopper.launcher).to_be_visible()
    await shopper.context.set_offline(True)
    await shopper.launcher.click()
    told = shopper.page.get_by_role("alert").filter(has_text="can't be reached right now")
    await expect(told).to_be_visible()
    await shopper.context.set_offline(False)
    await shopper.open()


async def test_a_chat_opened_without_its_server_opens_when_it_is_back(
    stack: Stack, browser: Browser
) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    async with shopper.page.expect_response(lambda answer: "/panel-" in answer.url) as loading:
        await shopper.launcher.hover()
    await shopper.page.evaluate("address => import(address)", (await loading.value).url)
    stack.kill("server")
    await shopper.launcher.click()
    await expect(shopper.panel).to_contain_text("can't be reached right now")
    stack.restart("server")
    await expect(shopper.box).to_be_visible()


async def test_the_whole_thread_comes_back_on_scrolling(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("Beginning of a long thread")
    async with agent_of(stack) as agent:
        await agent.take_over("Beginning of a long thread")
        ticket = await agent.ticket("Beginning of a long thread")
        await say_much(stack, UUID(ticket["thread_id"]))
    await shopper.page.reload()
    await shopper.open()
    articles = shopper.log.get_by_role("article")
    await expect(shopper.message(f"Line {LONG}:")).to_be_in_viewport()
    await expect(shopper.message("Line 162:")).to_have_count(1)
    for oldest in (162, 122, 82, 42, 2):
        marked = shopper.message(f"Line {oldest}:")
        before = await marked.evaluate(
            f"one => {{ one.scrollIntoView(); return ({BELOW_THE_TOP})(one) }}"
        )
        await expect(articles.first).not_to_contain_text(f"Line {oldest - 1}:")
        if oldest > 2:
            await expect(shopper.message(f"Line {oldest - 40}:")).to_have_count(1)
        else:
            await expect(shopper.message("Beginning of a long thread")).to_have_count(1)
        assert abs(await marked.evaluate(BELOW_THE_TOP) - before) < 2
    await expect(articles.first).to_contain_text("Beginning of a long thread")


async def say_much(stack: Stack, thread_id: UUID) -> None:
    """The shopper's next messages, 200 lines of different length, straight to the desk."""
    async with open_desk(stack.database_url, size=2) as desk:
        connection = (await widget_connection(desk, stack.widget_key)).connection
        for number in range(1, LONG + 1):
            text = f"Line {number}: " + "and more of it " * (number % 7)
            await receive(desk, thread_id, connection, Draft(id=uuid7(), text=text))
