"""The shopper's conversation: from the first words to the agent's answer."""

import re

import msgspec
from playwright.async_api import Browser, WebSocketRoute, expect

from shopbell.desk.ids import uuid7
from tests.browser.agent import agent_of
from tests.browser.shopper import Shopper, visit
from tests.stack import Stack

DELIVERY = "How long does delivery to Germany take?"
TURN = str(uuid7())


class Wire:
    """The websocket between the page and the server, held in the middle."""

    def __init__(self) -> None:
        self._page: WebSocketRoute | None = None
        self._kept: list[str | bytes] | None = None
        self._refusal = ""

    async def lay(self, shopper: Shopper) -> None:
        """Stand between them from the page's next load on."""
        await shopper.page.route_web_socket("**/ws/shopper", self._join)
        await shopper.page.reload()

    def hold(self) -> None:
        """Keep back what the server says."""
        self._kept = []

    def release(self) -> None:
        """Let it through, and what follows."""
        kept, self._kept = self._kept or [], None
        for text in kept:
            self.say(text)

    def refuse_next(self, title: str) -> None:
        """Refuse the next message in the server's place."""
        self._refusal = title

    def say(self, text: str | bytes) -> None:
        """Say something to the page as the server would."""
        assert self._page is not None
        self._page.send(text)

    def _join(self, page: WebSocketRoute) -> None:
        self._page = page
        server = page.connect_to_server()
        server.on_message(self._pass)
        page.on_message(lambda text: self._send(server, text))

    def _send(self, server: WebSocketRoute, text: str | bytes) -> None:
        frame = msgspec.json.decode(text)
        if self._refusal and frame["type"] == "send":
            problem = {"type": "limit", "title": self._refusal, "status": 429}
            refused = {"type": "refused", "id": frame["draft"]["id"], "problem": problem}
            self._refusal = ""
            self.say(msgspec.json.encode(refused).decode())
        else:
            server.send(text)

    def _pass(self, text: str | bytes) -> None:
        if self._kept is None:
            self.say(text)
        else:
            self._kept.append(text)


async def test_a_question_is_answered_with_its_source(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say(DELIVERY)
    source = shopper.log.get_by_role("list", name="Sources").get_by_role("link").first
    title = await source.inner_text()
    async with shopper.context.expect_page() as opening:
        await source.click()
    article = await opening.value
    await expect(article.get_by_role("heading", level=1)).to_have_text(title)


async def test_a_message_is_shown_before_the_desk_has_it(stack: Stack, browser: Browser) -> None:
    shopper, wire = await visit(browser, f"{stack.base_url}/demo"), Wire()
    await wire.lay(shopper)
    await shopper.open()
    await shopper.say("Good morning, first")
    wire.hold()
    await shopper.hand_in("Good morning, second")
    await expect(shopper.message("Good morning, second")).to_contain_text("Sending")
    wire.release()
    await expect(shopper.message("Good morning, second")).not_to_contain_text("Sending")
    await expect(shopper.message("Good morning, second")).to_have_count(1)
    await expect(shopper.log.locator("p").first).to_contain_text("Ask about sizes")


async def test_a_refused_message_says_why_and_can_be_sent_again(
    stack: Stack, browser: Browser
) -> None:
    shopper, wire = await visit(browser, f"{stack.base_url}/demo"), Wire()
    await wire.lay(shopper)
    await shopper.open()
    wire.refuse_next("Too many messages")
    await shopper.hand_in("Once more, please")
    await expect(shopper.message("Once more")).to_contain_text("Not sent. Too many messages")
    await shopper.log.get_by_role("button", name="Try again").click()
    await expect(shopper.message("Once more")).to_contain_text("Sent")
    await expect(shopper.message("Once more")).to_have_count(1)


async def test_an_answer_is_seen_while_it_is_written_and_then_as_it_stands(
    stack: Stack, browser: Browser
) -> None:
    shopper, wire = await visit(browser, f"{stack.base_url}/demo"), Wire()
    await wire.lay(shopper)
    await shopper.open()
    wire.hold()
    await shopper.hand_in(DELIVERY)
    for text in ("We send", "We send on weekdays"):
        wire.say(draft(text))
        await expect(shopper.message(text)).to_have_count(1)
    await expect(shopper.log.get_by_role("article")).to_have_count(2)
    wire.release()
    await expect(shopper.log.get_by_role("list", name="Sources")).to_be_visible()
    await expect(shopper.message("We send on weekdays")).to_have_count(0)


async def test_no_draft_is_shown_once_an_agent_has_taken_over(
    stack: Stack, browser: Browser
) -> None:
    shopper, wire = await visit(browser, f"{stack.base_url}/demo"), Wire()
    await wire.lay(shopper)
    await shopper.open()
    await shopper.say("A person takes this")
    async with agent_of(stack) as agent:
        await agent.take_over("A person takes this")
        await expect(shopper.panel).to_contain_text("is here for you")
        wire.say(draft("Too late"))
        await agent.reply("A person takes this", "Here I am")
        await expect(shopper.message("Here I am")).to_be_visible()
        await expect(shopper.message("Too late")).to_have_count(0)


def draft(text: str) -> str:
    """What the assistant has written so far, as the server tells it."""
    frame = {"type": "draft", "turn_id": TURN, "epoch": 1, "text": text}
    return msgspec.json.encode(frame).decode()


async def test_a_person_is_asked_for_and_the_wait_is_told(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("How long does delivery to France take?")
    await shopper.person.click()
    waiting = shopper.panel.get_by_role("status").filter(has_text="A person will answer")
    await expect(waiting).to_be_visible()
    await expect(shopper.person).to_have_count(0)
    async with agent_of(stack) as agent:
        await agent.type("How long does delivery to France take?", True)
        await expect(shopper.log).to_contain_text("is typing")
        await agent.reply("How long does delivery to France take?", "Hello, this is a person.")
        await expect(shopper.message("Hello, this is a person.")).to_be_visible()
        await expect(shopper.log).not_to_contain_text("is typing")
        await expect(shopper.panel).to_contain_text("is here for you")
        await expect(waiting).to_have_count(0)
        await agent.resolve("How long does delivery to France take?")
        await expect(shopper.log).to_contain_text("Resolved. Write to us again")
        await expect(shopper.person).to_be_visible()


async def test_the_wait_is_the_same_in_words_and_above_whatever_the_shopper_s_clock(
    stack: Stack, browser: Browser
) -> None:
    abroad = {"timezone_id": "Pacific/Auckland", "locale": "en-GB"}
    shopper = await visit(browser, f"{stack.base_url}/demo", **abroad)
    await shopper.open()
    await shopper.person.click()
    told = await shopper.message("You'll hear from us").inner_text()
    hour = re.search(r"\d\d:\d\d", told)
    assert hour is not None
    waiting = shopper.panel.get_by_role("status").filter(has_text="A person will answer by")
    await expect(waiting).to_contain_text(re.compile(rf"{hour[0]} \S+"))


async def test_what_an_agent_has_read_is_seen(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("Have you read this?")
    async with agent_of(stack) as agent:
        await agent.take_over("Have you read this?")
        await shopper.say("And this?")
        await expect(shopper.message("And this?")).to_contain_text("Sent")
        await agent.read("Have you read this?")
        await expect(shopper.message("And this?")).to_contain_text("Seen")


async def test_unread_messages_are_counted_on_the_launcher(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("Unread, later")
    async with agent_of(stack) as agent:
        await agent.take_over("Unread, later")
        await shopper.page.keyboard.press("Escape")
        await expect(shopper.panel).to_be_hidden()
        await agent.reply("Unread, later", "One answer")
        await expect(shopper.badge).to_have_text("1")
        await agent.reply("Unread, later", "Another answer")
        await expect(shopper.badge).to_have_text("2")
        await shopper.page.reload()
        await expect(shopper.badge).to_have_text("2")
        await shopper.open()
        await expect(shopper.message("Another answer")).to_be_visible()
        await expect(shopper.badge).to_be_hidden()
        await shopper.page.keyboard.press("Escape")
        await expect(shopper.panel).to_be_hidden()
        await expect(shopper.badge).to_be_hidden()
        ticket = await agent.opened("Unread, later")
        assert ticket["thread"]["customer_read_seq"] == ticket["ticket"]["last_seq"]


async def test_odd_words_are_shown_as_they_were_written(stack: Stack, browser: Browser) -> None:
    shopper = await visit(browser, f"{stack.base_url}/demo")
    await shopper.open()
    await shopper.say("<b>bold</b> & https://shop.example/a_(b)?c=d, then")
    link = shopper.message("<b>bold</b> &").get_by_role("link")
    await expect(link).to_have_attribute("rel", "noopener noreferrer nofollow ugc")
    await shopper.say("مرحبا، هل يمكنني إرجاع هذا؟")
    bubble = shopper.message("مرحبا").locator(".bubble")
    assert await bubble.evaluate("one => getComputedStyle(one).direction") == "rtl"
    await shopper.say("W" * 400)
    assert await shopper.log.evaluate("one => one.scrollWidth === one.clientWidth")
