"""Files from their bringing to their reading: by shoppers and agents, live and on reload."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from shopbell.desk.attachments.commands import forget_unattached
from shopbell.desk.attachments.storage import open_storage
from shopbell.desk.ids import uuid7
from shopbell.server.app import create_app
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.server.conftest import Chat, Door, ticket_of
from tests.server.live import Served, serving
from tests.server.uploading import PDF, bring, brought, fetch, picture, reply


async def sent(chat: Chat, *files: str, text: str = "") -> Any:
    """The message of an ack, as its shopper sees it."""
    said = await chat.say(text, attachments=files)
    assert said.status_code == 200, said.text
    return said.json()["message"]


@pytest.mark.parametrize(
    ("kind", "media_type", "name"),
    [
        ("PNG", "image/png", "coat.png"),
        ("JPEG", "image/jpeg", "coat.jpg"),
        ("GIF", "image/gif", "coat.gif"),
        ("WEBP", "image/webp", "coat.webp"),
    ],
)
async def test_a_picture_keeps_its_kind_and_size_whatever_it_is_called(
    door: Door, kind: str, media_type: str, name: str
) -> None:
    chat = await door.chat()
    content = picture(kind, (64, 48))
    told = (await bring(chat, content, "coat", "text/html")).json()
    assert (told["media_type"], told["size"]) == (media_type, len(content))
    assert (told["width"], told["height"], told["name"]) == (64, 48, name)


async def test_a_photo_taken_upright_is_measured_as_it_is_shown(door: Door) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    told = await brought(await door.chat(), picture("JPEG", (64, 48), exif=exif), "photo.jpg")
    assert (told["width"], told["height"]) == (48, 64)


@pytest.mark.parametrize("more", [{"lossless": True}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}])
async def test_every_form_of_webp_is_measured(door: Door, more: dict[str, Any]) -> None:
    told = await brought(await door.chat(), picture("WEBP", (90, 61), **more), "coat.webp")
    assert (told["width"], told["height"]) == (90, 61)


async def test_a_shoppers_picture_reaches_both_sides_with_addresses_that_work(door: Door) -> None:
    chat, inbox = await door.chat(), await door.agent()
    content = picture()
    file = await brought(chat, content)
    message = await sent(chat, file["id"])
    (shown,) = message["attachments"]
    assert {**shown, "url": ""} == {**file, "url": ""}
    assert shown["url"].startswith(door.settings.public_url + "/files/")
    (row,) = await door.sql("SELECT ticket_id FROM message WHERE id = %s", message["id"])
    opened = await inbox.get(f"/api/tickets/{row['ticket_id']}")
    (seen,) = opened["messages"][0]["attachments"]
    assert opened["ticket"]["preview"]["text"] == "coat.png"
    assert seen["url"].startswith("/files/")
    for url in (shown["url"], seen["url"]):
        got = await fetch(door, url)
        assert (got.status_code, got.content) == (200, content)
    page = (await chat.ask("GET", "/api/widget/messages")).json()
    assert page["messages"][0]["attachments"] == message["attachments"]


async def test_an_agents_files_reach_the_shopper_and_a_notes_files_do_not(door: Door) -> None:
    chat, inbox = await door.chat(), await door.agent()
    ticket = await ticket_of(door, chat)
    note, paper = await brought(inbox, PDF, "notes.pdf"), await brought(inbox, b"a,b\n", "t.csv")
    assert (paper["media_type"], paper["name"]) == ("text/plain", "t.csv")
    assert (await reply(inbox, ticket, note["id"], visibility="note")).status_code == 200
    ack = (await reply(inbox, ticket, paper["id"], text="Your sizes")).json()
    assert ack["message"]["attachments"][0]["url"].startswith("/files/")
    page = (await chat.ask("GET", "/api/widget/messages")).json()
    files = [file["name"] for one in page["messages"] for file in one.get("attachments", ())]
    assert files == ["t.csv"]


async def test_what_is_stored_and_streamed_holds_no_address(door: Door) -> None:
    chat = await door.chat()
    await sent(chat, (await brought(chat))["id"])
    (event,) = await door.sql(
        "SELECT payload::text AS it FROM outbox UNION ALL SELECT payload::text FROM event"
        " ORDER BY it DESC LIMIT 1"
    )
    (message,) = await door.sql("SELECT extra::text AS it FROM message")
    for text in (event["it"], message["it"]):
        assert "coat.png" in text
        assert "signature" not in text
        assert "/files/" not in text


async def test_sending_twice_attaches_once_and_answers_the_same(door: Door) -> None:
    chat = await door.chat()
    draft = {"text": "", "attachments": [(await brought(chat))["id"]], "id": str(uuid7())}
    acks = await asyncio.gather(
        *(chat.ask("POST", "/api/widget/messages", json=draft) for _ in range(4))
    )
    assert [ack.status_code for ack in acks] == [200] * 4
    assert len({ack.content for ack in acks}) == 1
    assert await door.shop.count("message") == 1


async def test_one_file_goes_on_one_message_even_of_two_at_once(door: Door) -> None:
    chat = await door.chat()
    file = (await brought(chat))["id"]
    said = await asyncio.gather(*(chat.say("", attachments=[file]) for _ in range(6)))
    assert sorted(one.status_code for one in said) == [200] + [404] * 5
    assert await door.shop.count("message") == 1


async def test_one_file_goes_on_one_message_even_of_two_threads_at_once(door: Door) -> None:
    inbox = await door.agent()
    files: list[str] = []
    tickets = [await ticket_of(door, await door.chat()) for _ in range(2)]
    for _ in range(4):
        pair = [(await brought(inbox))["id"] for _ in range(2)]
        files.append(pair[0])
        said = await asyncio.gather(
            reply(inbox, tickets[0], *pair), reply(inbox, tickets[1], *reversed(pair))
        )
        assert sorted(one.status_code for one in said) == [200, 404]
    rows = await door.sql("SELECT message_id FROM attachment WHERE id = ANY(%s::uuid[])", files)
    assert len({row["message_id"] for row in rows} - {None}) == 4


async def test_equal_addresses_let_a_browser_keep_the_file(door: Door) -> None:
    chat = await door.chat()
    message = await sent(chat, (await brought(chat))["id"])
    again = (await chat.ask("GET", "/api/widget/messages")).json()["messages"][0]
    assert again["attachments"] == message["attachments"]
    got = await fetch(door, message["attachments"][0]["url"])
    kept = got.headers["cache-control"]
    assert kept.startswith("private, max-age=")
    assert kept.endswith(", immutable")


async def test_the_head_of_a_file_is_its_headers_alone(door: Door) -> None:
    url = (await brought(await door.chat()))["url"]
    got, head = await fetch(door, url), await fetch(door, url, "HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.headers) == dict(got.headers)


async def test_files_that_went_nowhere_are_forgotten_and_the_others_stay(
    door: Door, settings: Settings
) -> None:
    chat, files = await door.chat(), settings.data / "files"
    storage = open_storage(None, settings.data)
    message = await sent(chat, (await brought(chat))["id"])
    left = await brought(chat)
    assert await forget_unattached(door.shop.desk, storage) == 0
    now = door.shop.desk.now
    door.shop.desk.now = lambda: now() + timedelta(hours=26)
    assert await forget_unattached(door.shop.desk, storage) == 1
    assert await door.shop.count("attachment") == 1
    assert len([one for one in files.rglob("*") if one.is_file()]) == 1
    assert (await fetch(door, left["url"])).status_code == 404
    assert (await fetch(door, message["attachments"][0]["url"])).status_code == 200


async def test_a_file_too_old_to_be_safe_from_the_sweeper_goes_on_no_message(door: Door) -> None:
    chat = await door.chat()
    file = await brought(chat)
    await door.sql("UPDATE attachment SET created_at = now() - interval '24 hours'")
    assert (await chat.say("", attachments=[file["id"]])).status_code == 404


async def test_bytes_that_never_became_whole_are_neither_sent_nor_served_and_are_swept(
    door: Door, settings: Settings
) -> None:
    chat = await door.chat()
    file = await brought(chat)
    await door.sql("UPDATE attachment SET stored_at = NULL")
    assert (await chat.say("", attachments=[file["id"]])).status_code == 404
    assert (await fetch(door, file["url"])).status_code == 404
    await door.sql("UPDATE attachment SET created_at = now() - interval '26 hours'")
    assert await forget_unattached(door.shop.desk, open_storage(None, settings.data)) == 1


async def test_a_customers_files_follow_them_into_their_thread(door: Door) -> None:
    chat = await door.chat()
    message = await sent(chat, (await brought(chat))["id"])
    await chat.open(door.identity())
    page = (await chat.ask("GET", "/api/widget/messages")).json()
    assert page["messages"][0]["attachments"] == message["attachments"]
    (row,) = await door.sql(
        "SELECT a.thread_id = m.thread_id AS moved, m.origin_thread_id IS NOT NULL AS joined"
        " FROM attachment a JOIN message m ON m.id = a.message_id"
    )
    assert (row["moved"], row["joined"]) == (True, True)


async def test_a_channel_that_carries_no_files_says_so(door: Door) -> None:
    chat, inbox = await door.chat(), await door.agent()
    ticket = await ticket_of(door, chat)
    await door.sql("UPDATE ticket SET channel = 'smoke signals'")
    file = (await brought(inbox, PDF, "notes.pdf"))["id"]
    refused = await reply(inbox, ticket, file)
    assert (refused.status_code, refused.json()["type"]) == (422, "invalid")
    assert (await reply(inbox, ticket, file, visibility="note")).status_code == 200


async def test_files_come_live_with_addresses_and_by_polling_too(
    settings: Settings, shop: Shop
) -> None:
    async with serving(settings, shop) as served, httpx.AsyncClient(base_url=served.url) as http:
        await _live(served, http)


async def _live(served: Served, http: httpx.AsyncClient) -> None:
    token = (await served.visitor())["token"]
    cookie = await served.cookie("ben@demo.shop")
    chat = Chat(http, token=token)
    file = (await bring(chat, picture())).json()
    began = f"?epoch={served.state.hub.epoch}&position={served.state.hub.position}"
    async with (
        served.shopper(token) as mia,
        served.shopper(token) as tab,
        served.agent(cookie) as ben,
    ):
        draft = {"id": file["id"], "text": "", "attachments": [file["id"]]}
        await mia.tell(type="send", draft=draft)
        ack = await mia.hear("ack")
        told = await tab.event(lambda one: "message" in one)
        seen = await ben.event(lambda one: one["kind"] == "ticket.created")
    polled = (await chat.ask("GET", f"/api/widget/poll{began}")).json()["events"][0]
    async with served.shopper(token) as mia:
        snapshot = next(one for one in mia.seen if one["type"] == "snapshot")
    for message in (ack["message"], told["message"], polled["message"], snapshot["messages"][0]):
        assert message["attachments"] == [file]
    url = seen["message"]["attachments"][0]["url"]
    assert url.startswith(f"/files/{file['id']}?")
    assert (await http.get(url)).content == picture()


async def test_servers_with_one_key_make_and_take_the_same_addresses(
    door: Door, settings: Settings
) -> None:
    url = (await brought(await door.chat()))["url"]
    other = create_app(settings)
    async with other.router.lifespan_context(other):
        got = await fetch(Door(other, door.shop, settings), url)
    assert got.status_code == 200
