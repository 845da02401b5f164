"""One ticket: what the thread shows, and what an agent does with it by button and by key."""

import json
import re

import psycopg
from playwright.async_api import Browser, expect

from shopbell.desk.ids import uuid7
from tests.browser.inbox import ADA, BEN, CLEO, VIC, Wire, customer_of, enter
from tests.stack import Stack


async def test_the_assistants_answer_shows_its_sources_and_why_it_came(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("How long does delivery to Ireland take?")
        await inbox.open("How long does delivery to Ireland take?")
        answer = inbox.log.get_by_role("article").filter(has_text="Assistant")
        source = answer.get_by_role("link").first
        await expect(source).to_have_attribute("href", re.compile("delivery-costs-and-times$"))
        await answer.get_by_role("button", name="Why?").click()
        trace = inbox.page.get_by_role("dialog", name="Why did it say that?")
        await expect(trace).to_contain_text("What it found")
        await inbox.page.keyboard.press("Escape")
        await expect(trace).to_have_count(0)
        await expect(answer.get_by_role("button", name="Why?")).to_be_focused()


async def test_a_handoff_says_why_and_its_suggestion_can_be_used(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("My grandmother's parcel, please")
        await customer.ask_person()
        await inbox.open("My grandmother's parcel, please")
        handoff = inbox.page.get_by_role("region", name="Handoff")
        await expect(handoff).to_contain_text("They asked for a person")
        await expect(handoff).to_contain_text("Promised by")
        await inbox.page.goto(f"{stack.base_url}/?view=mine")
        await inbox.find("Viktor Holm")
        await handoff.get_by_role("button", name="Use it").click()
        await expect(inbox.box).to_be_focused()
        await expect(inbox.box).to_have_value(re.compile("we refund the delivery cost"))
        await inbox.box.fill("")


async def test_an_answer_is_seen_while_the_assistant_writes_it(
    stack: Stack, browser: Browser
) -> None:
    inbox, wire = await enter(browser, stack, BEN, "/?view=open"), Wire()
    await wire.lay(inbox)
    async with customer_of(stack) as customer:
        await customer.say("Streaming for the agent")
        await customer.ask_person()
        await inbox.open("Streaming for the agent")
        await inbox.button("Release").click()
        await inbox.page.keyboard.type("It was said")
        await inbox.page.keyboard.press("Control+Enter")
        await expect(inbox.message("It was said")).to_contain_text("Note by")
        await expect(inbox.head).to_contain_text("Assistant")
        ticket = await inbox.ticket()
        draft = {
            "type": "draft",
            "turn_id": str(uuid7()),
            "ticket_id": ticket["id"],
            "epoch": ticket["epoch"],
            "done": False,
        }
        wire.say(json.dumps({**draft, "text": ""}))
        await expect(inbox.log).to_contain_text("is thinking")
        wire.say(json.dumps({**draft, "text": "We send it on"}))
        await expect(inbox.log).to_contain_text("We send it on")
        wire.say(json.dumps({**draft, "text": "We send it on weekdays"}))
        await expect(inbox.log).to_contain_text("We send it on weekdays")
        await inbox.page.keyboard.press("Escape")
        await inbox.page.keyboard.press("t")
        await expect(inbox.head).to_contain_text("You")
        await expect(inbox.log).not_to_contain_text("We send it on")


async def test_one_key_takes_over_and_the_reply_is_echoed_before_the_desk_has_it(
    stack: Stack, browser: Browser
) -> None:
    inbox, wire = await enter(browser, stack, BEN, "/?view=open"), Wire()
    await wire.lay(inbox)
    async with customer_of(stack) as customer:
        await customer.say("Echo, please")
        await inbox.open("Echo, please")
        await inbox.page.keyboard.press("t")
        await expect(inbox.box).to_be_focused()
        await expect(inbox.head).to_contain_text("You")
        wire.hold()
        await inbox.page.keyboard.type("Here I am.")
        await inbox.page.keyboard.press("Control+Enter")
        await expect(inbox.message("Here I am.")).to_contain_text("Sending")
        await expect(inbox.box).to_have_value("")
        await customer.hears("Here I am.")
        wire.release()
        await expect(inbox.message("Here I am.")).not_to_contain_text("Sending")
        await expect(inbox.message("Here I am.")).to_have_count(1)


async def test_release_gives_it_back_with_a_note(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Take and give")
        await inbox.open("Take and give")
        await inbox.button("Take over").click()
        await expect(inbox.button("Take over")).to_have_count(0)
        await inbox.page.keyboard.press("Escape")
        await inbox.page.keyboard.press("l")
        sheet = inbox.page.get_by_role("dialog", name="Release to the assistant")
        await expect(sheet.get_by_role("textbox")).to_be_focused()
        await sheet.get_by_role("textbox").fill("A refund of 10 was promised")
        await sheet.get_by_role("button", name="Give it back").click()
        await expect(inbox.head).to_contain_text("Assistant")
        await expect(inbox.message("A refund of 10 was promised")).to_contain_text("Note by")
        await expect(inbox.button("Release")).to_have_count(0)


async def test_a_note_is_for_the_team_alone(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Between us")
        await inbox.open("Between us")
        await expect(inbox.head).to_contain_text("Waiting for a person")
        await inbox.page.keyboard.press("n")
        await expect(inbox.note).to_be_focused()
        await inbox.page.keyboard.type("She rang yesterday")
        await inbox.page.keyboard.press("Control+Enter")
        await expect(inbox.message("She rang yesterday")).to_contain_text("Note by")
        await expect(inbox.head).to_contain_text("Waiting for a person")
        await inbox.page.keyboard.press("Escape")
        await inbox.page.keyboard.press("r")
        await inbox.reply("Good day, it is on its way.")
        await customer.hears("it is on its way")
        assert "She rang yesterday" not in json.dumps(customer.socket.seen)


async def test_words_for_the_team_never_become_a_reply(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Two drafts")
        await inbox.open("Two drafts")
        await inbox.page.keyboard.press("n")
        await inbox.page.keyboard.type("Difficult, be careful")
        await inbox.button("Public reply").click()
        await expect(inbox.box).to_have_value("")
        await inbox.page.goto(f"{stack.base_url}/?view=mine")
        await inbox.find("Viktor Holm")
        await expect(inbox.box).to_have_value("")
        await inbox.page.goto(f"{stack.base_url}/?view=open")
        await inbox.open("Two drafts")
        await expect(inbox.note).to_have_value("Difficult, be careful")
        await inbox.note.fill("")


async def test_resolve_reopen_and_snooze_by_button_and_key(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Done and undone")
        await inbox.open("Done and undone")
        await inbox.button("Resolve").click()
        await expect(inbox.head).to_contain_text("Resolved")
        await expect(inbox.log).to_be_focused()
        await inbox.button("Reopen").click()
        await expect(inbox.button("Resolve")).to_be_visible()
        await inbox.page.keyboard.press("e")
        await expect(inbox.head).to_contain_text("Resolved")
        await inbox.page.keyboard.press("o")
        await expect(inbox.button("Resolve")).to_be_visible()
        await inbox.page.keyboard.press("s")
        sheet = inbox.page.get_by_role("dialog", name="Snooze")
        await expect(sheet.get_by_role("combobox")).to_be_focused()
        await inbox.page.keyboard.press("ArrowDown")
        await inbox.page.keyboard.press("Enter")
        await expect(inbox.head).to_contain_text("Snoozed until tomorrow")
        await inbox.page.keyboard.press("o")
        await expect(inbox.head).not_to_contain_text("Snoozed")
        await inbox.button("Snooze").click()
        await sheet.get_by_role("option", name="Next week").click()
        await expect(inbox.head).to_contain_text("Snoozed until")
        await expect(inbox.view("Snoozed").locator(".num")).to_have_text("3")
        await customer.say("Awake again")
        await expect(inbox.head).not_to_contain_text("Snoozed")


async def test_assign_by_button_and_key(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Whose is this")
        await inbox.open("Whose is this")
        owner = inbox.page.get_by_role("button", name=re.compile("^Assign, now"))
        await inbox.page.keyboard.press("a")
        menu = inbox.page.get_by_role("menu", name=re.compile("^Assign"))
        await expect(menu.get_by_role("menuitemradio", name="Me", exact=True)).to_be_focused()
        await menu.get_by_role("menuitemradio", name="Cleo Navarro").click()
        await expect(owner).to_contain_text("Cleo")
        await owner.click()
        await menu.get_by_role("menuitemradio", name="Returns and repairs").click()
        await expect(owner).to_contain_text("Returns and repairs")


async def test_two_agents_see_each_other_look_and_type(stack: Stack, browser: Browser) -> None:
    ben = await enter(browser, stack, BEN, "/?view=open")
    cleo = await enter(browser, stack, CLEO, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Four eyes")
        await ben.open("Four eyes")
        await expect(cleo.row("Four eyes").get_by_title("Ben Hoekstra looking")).to_be_visible()
        await cleo.open("Four eyes")
        await expect(ben.head).to_contain_text("Cleo")
        await cleo.box.press_sequentially("Let me")
        await expect(ben.log).to_contain_text("Cleo Navarro is typing")
        await expect(ben.row("Cleo Navarro is typing")).to_be_visible()
        await customer.socket.tell(type="typing", on=True)
        await expect(ben.log).to_contain_text("is typing")
        await cleo.box.fill("")
        await ben.page.keyboard.press("u")
        await expect(cleo.head).not_to_contain_text("Ben")


async def test_the_second_to_take_learns_who_has_it(stack: Stack, browser: Browser) -> None:
    ben, wire = await enter(browser, stack, BEN, "/?view=open"), Wire()
    await wire.lay(ben)
    cleo = await enter(browser, stack, CLEO, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Only one may have it")
        await ben.open("Only one may have it")
        await cleo.open("Only one may have it")
        wire.hold()
        await cleo.button("Take over").click()
        await expect(cleo.button("Take over")).to_have_count(0)
        await ben.page.keyboard.press("t")
        taken = ben.page.get_by_role("dialog", name="Cleo Navarro has this ticket")
        await expect(taken.get_by_role("button", name="Leave it with Cleo")).to_be_focused()
        await expect(taken).to_contain_text(re.compile(r"Cleo took #\d+ before you"))
        await ben.page.keyboard.press("Enter")
        await expect(taken).to_have_count(0)
        await ben.box.fill("I answer too")
        await ben.button("Send").click()
        wire.release()
        refused = ben.message("I answer too")
        await expect(refused).to_contain_text("Cleo Navarro has this ticket")
        await expect(ben.head).to_contain_text("Cleo")
        await refused.get_by_role("button", name="Take it on purpose").click()
        await expect(refused).not_to_contain_text("has this ticket")
        await expect(ben.head).to_contain_text("You")
        await expect(cleo.head).to_contain_text("Ben")
        await expect(cleo.message("I answer too")).to_have_count(1)
        await cleo.button("Take over").click()
        known = cleo.page.get_by_role("dialog", name="Ben Hoekstra has this ticket")
        await expect(known).to_contain_text(re.compile(r"Ben has #\d+\."))
        await expect(known).not_to_contain_text("before you")


async def test_a_viewer_sees_all_and_finds_nothing_to_press(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, VIC, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Seen by the viewer")
        await inbox.open("Seen by the viewer")
        await expect(inbox.head).to_contain_text("Waiting for a person")
        for name in ("Take over", "Release", "Resolve", "Snooze", "Send"):
            await expect(inbox.button(name)).to_have_count(0)
        await expect(inbox.box).to_have_count(0)
        await expect(inbox.thread).to_contain_text("You can read here")
        await expect(inbox.details.get_by_role("button")).to_have_count(1)
        for key in ("t", "e", "s", "r"):
            await inbox.page.keyboard.press(key)
        await expect(inbox.head).to_contain_text("Waiting for a person")
        await expect(inbox.page.get_by_role("menu")).to_have_count(0)


async def test_channels_and_earlier_matters_stand_in_one_thread(
    stack: Stack, browser: Browser
) -> None:
    with psycopg.connect(stack.database_url) as connection:
        found = connection.execute(
            "SELECT max(k.number), min(k.number) FROM ticket k JOIN message m ON m.ticket_id = k.id"
            " GROUP BY k.thread_id HAVING count(DISTINCT k.id) = 2"
            " AND (array_agg(m.channel ORDER BY m.seq))[1] = 'email' ORDER BY 1 LIMIT 1"
        ).fetchone()
    assert found is not None
    inbox = await enter(browser, stack, ADA, f"/t/{found[0]}")
    await expect(inbox.log.locator(".channel").first).to_have_text("E-mail")
    await expect(inbox.log.locator(".boundary")).to_contain_text(f"#{found[0]}")
    await expect(inbox.details.get_by_role("link", name=re.compile("."))).to_have_count(2)
    await inbox.details.get_by_role("link", name=re.compile(".")).last.click()
    await expect(inbox.head).to_contain_text(f"#{found[1]}")
    await expect(inbox.log.locator(".boundary")).to_be_visible()
