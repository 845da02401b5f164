"""Long threads, files, and a network that goes away."""

from pathlib import Path

import psycopg
from playwright.async_api import Browser, expect

from shopbell.desk.ids import uuid7
from tests.browser.inbox import BEN, Inbox, Wire, customer_of, enter
from tests.stack import Stack

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)

MANY = 500


async def test_nothing_is_lost_while_the_network_is_away(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Before the tunnel")
        await inbox.open("Before the tunnel")
        await inbox.button("Take over").click()
        await expect(inbox.head).to_contain_text("You")
        await inbox.page.context.set_offline(True)
        await expect(inbox.state).to_have_text("Offline")
        await customer.say("Inside the tunnel")
        for words in ("First from the dark", "Second from the dark"):
            await inbox.box.fill(words)
            await inbox.page.keyboard.press("Control+Enter")
            await expect(inbox.message(words)).to_contain_text("Sending")
        await expect(inbox.message("Inside the tunnel")).to_have_count(0)
        await inbox.page.context.set_offline(False)
        await expect(inbox.state).to_have_text("Live")
        await expect(inbox.message("Inside the tunnel")).to_have_count(1)
        await customer.hears("First from the dark")
        await customer.hears("Second from the dark")
        await expect(inbox.log).not_to_contain_text("Sending")
        for words in ("First from the dark", "Second from the dark"):
            await expect(inbox.message(words)).to_have_count(1)


async def test_a_server_that_goes_away_is_caught_up_with(stack: Stack, browser: Browser) -> None:
    inbox, wire = await enter(browser, stack, BEN, "/?view=open"), Wire()
    await wire.lay(inbox)
    async with customer_of(stack) as customer:
        await customer.say("Before it went away")
        await inbox.open("Before it went away")
        wire.hold()
        await wire.cut()
        await expect(inbox.state).to_have_text("Catching up")
        await customer.say("While it was away")
        wire.release()
        await expect(inbox.state).to_have_text("Live")
        await expect(inbox.message("While it was away")).to_have_count(1)


async def test_what_was_sent_offline_survives_a_reload(stack: Stack, browser: Browser) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Reload in the tunnel")
        await inbox.open("Reload in the tunnel")
        await inbox.page.route("**/api/me", lambda route: route.abort())
        await inbox.page.context.set_offline(True)
        await expect(inbox.state).to_have_text("Offline")
        await inbox.box.fill("Kept over the reload")
        await inbox.page.keyboard.press("Control+Enter")
        await expect(inbox.message("Kept over the reload")).to_contain_text("Sending")
        await inbox.page.context.set_offline(False)
        await customer.hears("Kept over the reload")
        await inbox.page.unroute("**/api/me")
        await inbox.page.reload()
        await expect(inbox.message("Kept over the reload")).to_have_count(1)


async def test_five_hundred_messages_scroll_back_without_a_jump(
    stack: Stack, browser: Browser
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        said = await customer.say("The last of very many")
        await customer.ask_person()
        await inbox.open("The last of very many")
        _prepend(stack, (await inbox.ticket())["thread_id"], said["id"])
        await inbox.page.reload()
        await expect(inbox.message("The last of very many")).to_be_in_viewport()
        await inbox.log.focus()
        for number in range(MANY, 0, -100):
            mark = inbox.message(f"Word {number} ")
            while not await mark.count():
                first = inbox.log.get_by_role("article").first
                before = await first.text_content()
                await inbox.log.press("Home")
                await expect(inbox.log.get_by_role("article").first).not_to_have_text(before or "")
        await inbox.log.press("End")
        await expect(inbox.message("The last of very many")).to_be_in_viewport()
        counted = await inbox.log.evaluate(DRAWN)
        assert counted["kept"] >= MANY - 100
        assert counted["drawn"] < counted["kept"] / 5


async def test_images_by_picker_paste_and_drop(
    stack: Stack, browser: Browser, tmp_path: Path
) -> None:
    inbox = await enter(browser, stack, BEN, "/?view=open")
    async with customer_of(stack) as customer:
        await customer.say("Show me, please")
        await inbox.open("Show me, please")
        (tmp_path / "picked.png").write_bytes(PIXEL)
        async with inbox.page.expect_file_chooser() as chooser:
            await inbox.button("Attach files").click()
        await (await chooser.value).set_files(tmp_path / "picked.png")
        await _hand(inbox, "paste", "pasted.png")
        await _hand(inbox, "drop", "dropped.png")
        for name in ("picked.png", "pasted.png", "dropped.png"):
            await expect(inbox.button(f"Remove {name}")).to_be_visible()
        await inbox.button("Remove dropped.png").click()
        await expect(inbox.page.get_by_role("progressbar")).to_have_count(0)
        await inbox.reply("Here they are")
        sent = inbox.message("Here they are").get_by_role("img")
        await expect(sent).to_have_count(2)
        heard = await customer.hears("Here they are")
        assert [one["name"] for one in heard["attachments"]] == ["picked.png", "pasted.png"]
        width = await sent.first.evaluate(
            "(image) => image.decode().then(() => image.naturalWidth)"
        )
        assert width == 1


DRAWN = """(log) => {
  const kept = [...log.querySelectorAll(".log-inner > .message")]
  const insides = kept.map((message) => message.firstElementChild)
  const drawn = insides.filter((one) => one.checkVisibility({ contentVisibilityAuto: true }))
  return { kept: kept.length, drawn: drawn.length }
}"""

HAND = """([kind, name, bytes]) => {
  const box = document.querySelector(".composer textarea")
  const carried = new DataTransfer()
  carried.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }))
  const given = { bubbles: true, cancelable: true }
  box.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...given, clipboardData: carried })
    : new DragEvent("drop", { ...given, dataTransfer: carried }))
}"""


async def _hand(inbox: Inbox, kind: str, name: str) -> None:
    await inbox.page.evaluate(HAND, [kind, name, list(PIXEL)])


def _prepend(stack: Stack, thread_id: str, last: str) -> None:
    """Put many messages before the thread's own, as years of talk would have."""
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "UPDATE message SET seq = seq + %s WHERE thread_id = %s", (MANY, thread_id)
        )
        connection.execute(
            "UPDATE thread SET last_seq = last_seq + %s WHERE id = %s", (MANY, thread_id)
        )
        connection.execute(
            "UPDATE ticket SET last_seq = last_seq + %(n)s,"
            " last_customer_seq = last_customer_seq + %(n)s WHERE thread_id = %(thread)s",
            {"n": MANY, "thread": thread_id},
        )
        for number in range(1, MANY + 1):
            connection.execute(
                "INSERT INTO message (id, thread_id, ticket_id, seq, author_kind, author_id,"
                " author_name, visibility, connection_id, channel, external_id, text, extra, at)"
                " SELECT %s, thread_id, ticket_id, %s, author_kind, author_id, author_name,"
                " visibility, connection_id, channel, %s, %s, extra, at - interval '1 day'"
                " FROM message WHERE id = %s",
                (
                    uuid7(),
                    number,
                    uuid7().hex,
                    f"Word {number} " + "and more " * (number % 37),
                    last,
                ),
            )
