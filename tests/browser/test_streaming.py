"""An answer that a model writes: it grows before the shopper and the agent, and a takeover ends it."""

import json
from collections.abc import Iterator
from itertools import accumulate
from math import ceil

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.browser.inbox import BEN, Inbox, enter
from tests.browser.shopper import Shopper, visit
from tests.peers.openai_peer import KEY, MODEL, PIECE, OpenAIPeer, openai_peer
from tests.stack import Stack, new_stack

MOTHS = "How do I keep moths away from my knitwear?"
FIRST = "Wash or air everything before it goes away for the summer."
THEN = "Cedar works for about 3 months, then needs a light sanding."
LINES = (
    {"say": FIRST, "cite": ["S1"]},
    {"say": THEN, "cite": ["S1"]},
    {"decision": "answer", "why": "the first source says so"},
)
AFTER_FIRST, AFTER_THEN, _ = (
    ceil(length / PIECE) for length in accumulate(len(json.dumps(one)) + 1 for one in LINES)
)


@pytest.fixture(scope="module")
def peer() -> Iterator[OpenAIPeer]:
    with openai_peer() as peer:
        yield peer


@pytest.fixture(scope="module")
def thinking(peer: OpenAIPeer) -> Iterator[Stack]:
    """A stack whose worker asks the peer's model, by the real litellm."""
    yield from new_stack(
        {
            "SHOPBELL_MODEL": f"openai/{MODEL}",
            "SHOPBELL_MODEL_KEY": KEY,
            "SHOPBELL_MODEL_API_BASE": peer.url,
        }
    )
    peer.go_on.set()


async def both(thinking: Stack, browser: Browser) -> tuple[Shopper, Inbox]:
    """A shopper who has asked, and an agent who looks on; the model has said its first sentence."""
    inbox = await enter(browser, thinking, BEN, "/?view=open")
    shopper = await visit(browser, f"{thinking.base_url}/demo")
    await shopper.open()
    await shopper.say(MOTHS)
    await inbox.row(MOTHS).first.click()
    for draft in drafts(shopper, inbox):
        await expect(draft).to_have_text(FIRST)
    return shopper, inbox


def drafts(shopper: Shopper, inbox: Inbox) -> tuple[Locator, Locator]:
    return shopper.log.locator(".draft .bubble"), inbox.log.locator(".bubble.draft")


async def test_the_answer_grows_in_both_windows_and_becomes_one_message(
    thinking: Stack, peer: OpenAIPeer, browser: Browser
) -> None:
    peer.says_lines(*LINES, waits_after=[AFTER_FIRST, AFTER_THEN])
    shopper, inbox = await both(thinking, browser)
    await expect(inbox.log).to_contain_text("is writing")
    peer.go_on.set()
    for draft in drafts(shopper, inbox):
        await expect(draft).to_have_text(f"{FIRST} {THEN}")
    await expect(shopper.log.get_by_role("list", name="Sources")).to_have_count(0)
    peer.go_on.set()
    await expect(shopper.log.get_by_role("list", name="Sources")).to_be_visible()
    for draft in drafts(shopper, inbox):
        await expect(draft).to_have_count(0)
    for answer in (shopper.message(FIRST), inbox.message(FIRST)):
        await expect(answer).to_have_count(1)
        await expect(answer).to_contain_text(THEN)
    await inbox.button("Resolve").click()


async def test_a_takeover_in_the_middle_stops_it_and_nothing_of_it_is_sent(
    thinking: Stack, peer: OpenAIPeer, browser: Browser
) -> None:
    peer.says_lines(*LINES, waits_after=[AFTER_FIRST])
    shopper, inbox = await both(thinking, browser)
    await inbox.page.keyboard.press("t")
    await expect(shopper.panel).to_contain_text("Ben is here")
    for draft in drafts(shopper, inbox):
        await expect(draft).to_have_count(0)
    peer.go_on.set()
    await expect(inbox.thread).to_contain_text(THEN)
    await expect(inbox.message(THEN)).to_have_count(0)
    await inbox.reply("Ben here. Moths dislike cedar.")
    await expect(shopper.message("Moths dislike cedar")).to_have_count(1)
    for log in (shopper.log, inbox.log):
        await expect(log).not_to_contain_text(FIRST)
        await expect(log).not_to_contain_text(THEN)
