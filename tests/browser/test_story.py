"""The first release's story, in two browsers: a question, its answer, a person, and an end."""

from playwright.async_api import Browser, expect

from tests.browser.inbox import BEN, Inbox, enter
from tests.browser.shopper import Shopper, visit
from tests.stack import Stack

PRODUCT = "/demo/products/heron-rollneck"


async def test_a_question_an_answer_a_person_and_an_end(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    shopper = await visit(browser, f"{stack.base_url}{PRODUCT}")
    await asked_and_answered(shopper, "How do I wash the Heron roll neck?")
    await shopper.person.click()
    await expect(shopper.panel).to_contain_text("A person will answer")
    row = inbox.row("How do I wash the Heron roll neck?")
    await expect(row).to_contain_text("Waiting for a person")
    await expect(row).to_contain_text("Unread")
    await inbox.open("How do I wash the Heron roll neck?")
    await expect(inbox.log).to_contain_text("On")
    await expect(inbox.page.get_by_role("region", name="Handoff")).to_contain_text("asked")
    await inbox.page.keyboard.press("t")
    await expect(inbox.box).to_be_focused()
    await expect(shopper.panel).to_contain_text("Ben is here")
    await inbox.page.keyboard.type("Ben here. Cold water, wool soap, flat to dry.")
    await inbox.page.keyboard.press("Control+Enter")
    await expect(shopper.message("Cold water, wool soap")).to_have_count(1)
    await expect(inbox.message("Cold water, wool soap")).not_to_contain_text("Sending")
    await shopper.say("Thank you, Ben")
    await expect(inbox.message("Thank you, Ben")).to_have_count(1)
    await inbox.button("Resolve").click()
    await expect(inbox.head).to_contain_text("Resolved")
    await expect(shopper.panel).to_contain_text("Resolved")
    assert await said(shopper) == await public(inbox)


async def test_the_same_with_the_network_cut_on_either_side(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    shopper = await visit(browser, f"{stack.base_url}{PRODUCT}")
    await asked_and_answered(shopper, "How do I send something back?")
    await shopper.person.click()
    await inbox.open("How do I send something back?")
    await inbox.page.keyboard.press("t")
    await expect(inbox.head).to_contain_text("You")

    await shopper.context.set_offline(True)
    await expect(shopper.panel).to_contain_text("No connection")
    await shopper.hand_in("Written in the lift")
    await shopper.hand_in("And still in the lift")
    await inbox.reply("Sent while you were away.")
    await expect(shopper.message("Sent while you were away.")).to_have_count(0)
    await shopper.context.set_offline(False)
    for words in ("Sent while you were away.", "Written in the lift", "And still in the lift"):
        await expect(shopper.message(words)).to_have_count(1)
        await expect(inbox.message(words)).to_have_count(1)
        await expect(shopper.message(words)).not_to_contain_text("Sending")

    await inbox.page.context.set_offline(True)
    await expect(inbox.state).to_have_text("Offline")
    await shopper.say("Are you still there?")
    await inbox.box.fill("Answered from the train.")
    await inbox.page.keyboard.press("Control+Enter")
    await expect(inbox.message("Answered from the train.")).to_contain_text("Sending")
    await inbox.page.context.set_offline(False)
    await expect(inbox.state).to_have_text("Live")
    for words in ("Are you still there?", "Answered from the train."):
        await expect(inbox.message(words)).to_have_count(1)
        await expect(shopper.message(words)).to_have_count(1)
    await expect(inbox.log).not_to_contain_text("Sending")

    await inbox.button("Resolve").click()
    await expect(shopper.panel).to_contain_text("Resolved")
    assert await said(shopper) == await public(inbox)


async def asked_and_answered(shopper: Shopper, question: str) -> None:
    """Open the chat on the page, ask, and get an answer with its source."""
    await shopper.open()
    await shopper.say(question)
    sources = shopper.log.get_by_role("list", name="Sources")
    await expect(sources.get_by_role("link").first).to_be_visible()


async def said(shopper: Shopper) -> list[str]:
    """What the shopper sees, message by message."""
    return await shopper.log.locator("article .bubble").all_inner_texts()


async def public(inbox: Inbox) -> list[str]:
    """What the agent sees of it, notes left out."""
    return await inbox.log.locator("article:not(.is-note) .bubble").all_inner_texts()
