"""Telegram end to end: heard by polling and by webhook, answered by a bot that escapes what it says."""

import asyncio
import itertools
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.telegram.channel import Telegram
from shopbell.connectors.channels.telegram.formatting import to_html
from shopbell.connectors.channels.types import Account
from shopbell.demo.peers.serving import Silence
from shopbell.demo.peers.telegram import SECRET, TOKEN, TelegramPeer, refusing, telegram_peer
from shopbell.desk.connections.commands import set_health
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.control.commands import take_over
from shopbell.desk.deliveries.types import Refused, Sent
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Raw
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.sending import file, outgoing
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

MIA = {"id": 77, "is_bot": False, "first_name": "Mia", "last_name": "Lindt"}
CHAT = {"id": 77, "type": "private", "first_name": "Mia"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)
ids = itertools.count(1)


@pytest.fixture
async def peer() -> AsyncIterator[TelegramPeer]:
    async with telegram_peer() as peer:
        yield peer


@pytest.fixture
async def polled(settings: Settings, shop: Shop, peer: TelegramPeer) -> AsyncIterator[Line]:
    at_peer = ConnectionSettings(base_url=peer.url)
    async with line(
        settings, shop, "telegram", {"token": TOKEN}, connection_settings=at_peer
    ) as polled:
        yield polled


@pytest.fixture
async def hooked(settings: Settings, shop: Shop, peer: TelegramPeer) -> AsyncIterator[Line]:
    peer.hook, peer.secret = "to be set", SECRET
    at_peer = ConnectionSettings(base_url=peer.url)
    credentials = {"token": TOKEN, "secret": SECRET}
    async with line(settings, shop, "telegram", credentials, connection_settings=at_peer) as hooked:
        peer.hook = hooked.hook
        yield hooked


def message(text: str = "", **more: Any) -> dict[str, Any]:
    body = {"message_id": next(ids), "from": MIA, "chat": CHAT, "date": 1_790_000_000, **more}
    return {**body, "text": text} if text else body


async def holds(condition: Callable[[], object]) -> None:
    async def check() -> object:
        return condition()

    await until(check)


async def sent_is(of: Line, *states: str | None) -> None:
    async def check() -> bool:
        return [one["sent_state"] for one in await of.messages()] == list(states)

    await until(check)


async def test_a_polled_question_is_answered_in_telegrams_own_markup(
    polled: Line, peer: TelegramPeer
) -> None:
    polled.mind.give(
        answered("**Yes**, if it is < 5 kg & new. See [returns](https://s.example/r).")
    )

    await peer.say(message=message("Can I return it?"))

    await sent_is(polled, None, "sent")
    (sent,) = peer.taken
    assert sent["text"] == (
        '<b>Yes</b>, if it is &lt; 5 kg &amp; new. See <a href="https://s.example/r">returns</a>.'
    )
    assert sent["chat_id"] == "77"
    assert "message_reaction" in peer.allowed
    (customer,) = await rows(polled.desk, "SELECT name FROM customer WHERE name LIKE 'Mia%%'")
    assert customer["name"] == "Mia Lindt"


async def test_polling_goes_on_after_what_was_heard(polled: Line, peer: TelegramPeer) -> None:
    polled.mind.give(answered("Yes."), answered("Yes."))
    await peer.say(message=message("One"))
    await peer.say(message=message("Two"))

    async def both() -> bool:
        spoken = [one["text"] for one in await polled.messages()]
        return "One" in spoken and "Two" in spoken

    await until(both)
    await holds(lambda: not peer.updates)


async def test_the_same_update_a_hundred_times_is_one_message(
    hooked: Line, peer: TelegramPeer
) -> None:
    hooked.mind.give(answered("Yes."))
    body = msgspec.json.encode({"update_id": 9, "message": message("Small?")})
    headers = {"x-telegram-bot-api-secret-token": SECRET}

    given = await asyncio.gather(*(hooked.post(body, headers) for _ in range(100)))

    assert {one.status_code for one in given} == {200}
    await sent_is(hooked, None, "sent")
    assert peer.texts == ["Yes."]


@pytest.mark.parametrize("token", ["", "wrong", "hook-secret_1\x80é", None])
async def test_a_hook_without_the_secret_token_is_not_believed(
    hooked: Line, token: str | None
) -> None:
    body = msgspec.json.encode({"update_id": 9, "message": message("Small?")})
    headers = (
        {}
        if token is None
        else {
            "x-telegram-bot-api-secret-token": token.encode("latin-1", "replace").decode("latin-1")
        }
    )

    async with httpx.AsyncClient() as http:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        answer = await http.post(hooked.hook, content=body, headers=raw)

    assert answer.status_code == 401
    assert await hooked.payload_states() == []


async def test_an_album_is_one_message_with_all_its_pictures(
    hooked: Line, peer: TelegramPeer
) -> None:
    hooked.mind.give(answered("The second."), answered("The second."))
    peer.files = {f"p{n}": PNG for n in range(3)}
    parts = [
        message(
            media_group_id="55",
            photo=[{"file_id": f"p{n}", "width": 2, "height": 3}],
            **({"caption": "Which one?"} if n == 1 else {}),
        )
        for n in range(3)
    ]

    await asyncio.gather(*(peer.say(message=one) for one in reversed(parts)))

    async def all_here() -> bool:
        found = [one for one in await hooked.messages() if one["author_kind"] == "customer"]
        files = [file for one in found for file in one["extra"]["attachments"]]
        return len(found) == 1 and len(files) == 3 and not any(one.get("state") for one in files)

    await until(all_here)
    (first, *_) = await hooked.messages()
    assert first["text"] == "Which one?"


async def test_edits_reactions_and_buttons_are_heard(hooked: Line, peer: TelegramPeer) -> None:
    hooked.mind.give(answered("Yes."), answered("Gladly."))
    asked = message("Smal?")
    await peer.say(message=asked)
    await sent_is(hooked, None, "sent")
    await peer.say(edited_message={**asked, "text": "Small?", "edit_date": 1_790_000_009})
    reaction = {"chat": CHAT, "message_id": 500, "user": MIA, "date": 1_790_000_010}
    heart = {"type": "emoji", "emoji": "❤"}
    await peer.say(message_reaction={**reaction, "old_reaction": [], "new_reaction": [heart]})
    keyboard = {"inline_keyboard": [[{"text": "Track it", "callback_data": "track"}]]}
    shown = {"message_id": 500, "chat": CHAT, "reply_markup": keyboard}
    await peer.say(callback_query={"id": "c1", "from": MIA, "message": shown, "data": "track"})

    found = await hooked.messages()
    assert [one["text"] for one in found[:3]] == ["Small?", "Yes.", "Track it"]
    assert found[1]["extra"]["reactions"] == [{"sign": "❤", "by": "77"}]


async def test_who_blocks_the_bot_is_written_to_no_more(hooked: Line, peer: TelegramPeer) -> None:
    hooked.mind.give(answered("Yes."))
    peer.blocked.add("77")
    await peer.say(message=message("Small?"))
    await sent_is(hooked, None, "failed")
    assert "blocked" in (await hooked.messages())[1]["error"]

    left = {"status": "kicked", "user": {"id": 123456}}
    member = {
        "chat": CHAT,
        "from": MIA,
        "date": 1_790_000_100,
        "old_chat_member": {"status": "member"},
    }
    await peer.say(my_chat_member={**member, "new_chat_member": left})

    (contact,) = await rows(hooked.desk, "SELECT opted_out_at FROM contact")
    assert contact["opted_out_at"] is not None


async def test_a_dead_token_asks_to_reconnect_and_the_backlog_goes_out_after(
    hooked: Line, peer: TelegramPeer, shop: Shop
) -> None:
    peer.token = "123456:another"
    hooked.mind.give(answered("Yes."))
    await peer.say(message=message("Small?"))

    async def asks() -> bool:
        found = await rows(
            hooked.desk, "SELECT health, health_words FROM connection WHERE channel = 'telegram'"
        )
        return found[0]["health"] == "reconnect" and "@BotFather" in found[0]["health_words"]

    await until(asks)
    peer.token = TOKEN
    await set_health(shop.desk, hooked.connection.id, "ok")
    await rows(hooked.desk, "UPDATE delivery SET next_at = now() RETURNING id")
    await sent_is(hooked, None, "sent")


@pytest.mark.parametrize(
    "refused",
    [refusing(429, "Too Many Requests: retry after 0", retry_after=0), refusing(500)],
    ids=["too many", "trouble"],
)
async def test_what_was_refused_for_now_is_sent_once_after(
    hooked: Line, peer: TelegramPeer, refused: Any
) -> None:
    peer.script = [refused]
    hooked.mind.give(answered("Yes."))
    await peer.say(message=message("Small?"))

    await sent_is(hooked, None, "sent")
    assert peer.texts == ["Yes."]


async def test_silence_after_a_sending_leaves_it_uncertain(
    hooked: Line, peer: TelegramPeer
) -> None:
    peer.script = [Silence]
    hooked.mind.give(answered("Yes."))
    await peer.say(message=message("Small?"))

    await sent_is(hooked, None, "uncertain")
    assert peer.asked.count("sendMessage") == 1


async def test_a_long_reply_goes_on_after_the_part_that_was_taken(
    hooked: Line, peer: TelegramPeer, shop: Shop
) -> None:
    await peer.say(message=message("Tell me all."))
    (ticket,) = await rows(hooked.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    peer.script = [lambda: None, refusing(429, "Too Many Requests", retry_after=0)]
    text = "\n\n".join(f"Paragraph {n}: " + "wool " * 150 for n in range(9))

    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text=text))

    await sent_is(hooked, None, "sent")
    assert len(peer.taken) == 2
    assert "".join("".join(peer.texts).split()) == "".join(text.split())


async def test_files_go_out_as_what_they_are_and_a_repeat_goes_on_after_them(
    peer: TelegramPeer,
) -> None:
    files = [file("a.png", "image/png", PNG), file("chart.pdf", "application/pdf")]
    sending = outgoing("telegram", peer.url, {"token": TOKEN}, "77", *files, text="Here:")
    peer.script = [lambda: None, lambda: None, refusing(429, "Too Many Requests", retry_after=1)]
    async with httpx.AsyncClient() as http:
        first = await Telegram(http).send(sending)
        assert isinstance(first, Refused)
        second = await Telegram(http).send(msgspec.structs.replace(sending, parts=first.parts))

    assert second == Sent(external_id="77:500", parts=("77:500", "77:501", "77:502"))
    assert [one["method"] for one in peer.taken] == ["sendMessage", "sendPhoto", "sendDocument"]
    assert peer.taken[1]["photo"] == ("a.png", "image/png", PNG)


def _account(**credentials: str) -> Account:
    connection = Connection(id=uuid7(), brand_id=uuid7(), channel="telegram", name="Bot")
    return Account(connection=connection, credentials=credentials)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
update_names = st.sampled_from(
    ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member", "poll"]
)


@given(st.binary(max_size=60) | st.builds(msgspec.json.encode, json_values))
def test_whatever_bytes_come_are_read(body: bytes) -> None:
    facts = Telegram(httpx.AsyncClient()).normalise(_account(), Raw(body=body))
    assert all(one.kind == "other" and one.words for one in facts)


@given(
    update_names,
    st.sampled_from(sorted(message())),
    json_values,
    st.sampled_from(
        ["photo", "text", "venue", "entities", "reply_to_message", "sticker", "contact", "document"]
    ),
    json_values,
)
def test_a_mangled_update_is_read_all_the_same(
    name: str, spoilt: str, value: Any, other: str, second: Any
) -> None:
    body = msgspec.json.encode({name: {**message("Hi"), spoilt: value, other: second}})
    facts = Telegram(httpx.AsyncClient()).normalise(_account(), Raw(body=body))
    assert all(one.kind == "other" or one.sender for one in facts)


@given(st.text(alphabet="*_~`#[]()<>&ab \n\x00hps:/", max_size=80))
def test_what_is_sent_is_always_well_formed(text: str) -> None:
    tree = ET.fromstring(f"<text>{to_html(text)}</text>".replace("\x0c", " "))  # noqa: S314
    assert {one.tag for one in tree.iter()} <= {"text", "b", "i", "s", "code", "pre", "a"}


async def test_a_token_is_checked_and_says_whose_bot_it_is(peer: TelegramPeer) -> None:
    async with httpx.AsyncClient() as http:
        account = _account(token=TOKEN)
        settings = ConnectionSettings(base_url=peer.url)
        at_peer = msgspec.structs.replace(account.connection, settings=settings)
        good = await Telegram(http).check(msgspec.structs.replace(account, connection=at_peer))
        bad = await Telegram(http).check(
            Account(connection=at_peer, credentials={"token": "123456:old"})
        )

    assert (good.health, good.account, good.name) == ("ok", "123456", "@shop_bot")
    assert bad.health == "reconnect"


FILE = {"file_id": "f1", "file_size": 9}


@pytest.mark.parametrize(
    ("more", "text", "files"),
    [
        ({"photo": [{**FILE, "width": 9, "height": 9}, {"file_id": "s"}]}, "", ["photo.jpg"]),
        ({"voice": {**FILE, "mime_type": "audio/ogg"}}, "", ["voice.ogg"]),
        ({"document": {**FILE, "file_name": "bill.pdf"}, "caption": "This"}, "This", ["bill.pdf"]),
        ({"animation": {**FILE, "file_name": "a.mp4"}, "document": FILE}, "", ["a.mp4"]),
        ({"video_note": FILE}, "", ["video.mp4"]),
        ({"sticker": {**FILE, "emoji": "🙂"}}, "🙂", ["sticker.webp"]),
        ({"sticker": {**FILE, "emoji": "🙂", "is_animated": True}}, "🙂", []),
        (
            {"location": {"latitude": 52.5, "longitude": 13.4}},
            "📍 https://maps.google.com/?q=52.500000,13.400000",
            [],
        ),
        (
            {"contact": {"first_name": "Ben", "phone_number": "+4917"}},
            "Contact: Ben, +4917",
            [],
        ),
        (
            {
                "text": "🧶 see here now",
                "entities": [
                    {"type": "text_link", "offset": 3, "length": 8, "url": "https://s.example"}
                ],
            },
            "🧶 see here (https://s.example) now",
            [],
        ),
    ],
)
def test_every_kind_of_message_says_something(
    more: dict[str, Any], text: str, files: list[str]
) -> None:
    body = msgspec.json.encode({"update_id": 1, "message": message(**more)})
    (fact,) = Telegram(httpx.AsyncClient()).normalise(_account(), Raw(body=body))

    assert (fact.kind, fact.text) == ("message", text)
    assert [one.name for one in fact.attachments] == files
    assert all(one.ref.endswith("/f1") for one in fact.attachments)


@pytest.mark.parametrize(
    "update",
    [
        {"message": message("Hi", chat={"id": -5, "type": "supergroup"})},
        {"channel_post": message("Hi")},
        {"message": message(game={"title": "Chess"})},
        {},
    ],
)
def test_what_calls_for_nobody_is_other_with_words(update: dict[str, Any]) -> None:
    body = msgspec.json.encode({"update_id": 1, **update})
    (fact,) = Telegram(httpx.AsyncClient()).normalise(_account(), Raw(body=body))
    assert (fact.kind, bool(fact.words)) == ("other", True)
