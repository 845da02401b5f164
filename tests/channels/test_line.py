"""LINE end to end: signed events in, pushes out under keys that make a repeat harmless."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.line.channel import LineApp
from shopbell.connectors.channels.types import Account
from shopbell.demo.peers.line import BOT, SECRET, TOKEN, LinePeer, line_peer, no, signed
from shopbell.demo.peers.serving import Silence
from shopbell.desk.connections.commands import set_health
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.control.commands import take_over
from shopbell.desk.deliveries.types import Sent
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Raw
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.sending import file, outgoing
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

MIA = "U4af4980629"
CREDENTIALS = {"channel_secret": SECRET, "access_token": TOKEN}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)
ids = itertools.count(1)


@pytest.fixture
async def peer() -> AsyncIterator[LinePeer]:
    async with line_peer() as peer:
        yield peer


@pytest.fixture
async def app(settings: Settings, shop: Shop, peer: LinePeer) -> AsyncIterator[Line]:
    at_peer = ConnectionSettings(base_url=peer.url)
    async with line(
        settings, shop, "line", CREDENTIALS, account=BOT, connection_settings=at_peer
    ) as app:
        peer.hook = app.hook
        yield app


def event(kind: str, **more: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "mode": "active",
        "timestamp": 1_790_000_000_000 + next(ids),
        "source": {"type": "user", "userId": MIA},
        "webhookEventId": f"01EV{next(ids)}",
        "deliveryContext": {"isRedelivery": False},
        **more,
    }


def said(text: str, name: str = "m1", **more: Any) -> dict[str, Any]:
    return event("message", message={"type": "text", "id": name, "text": text, **more})


async def sent_is(of: Line, *states: str | None) -> None:
    async def check() -> bool:
        return [one["sent_state"] for one in await of.messages()] == list(states)

    await until(check)


async def test_a_question_is_answered_where_it_was_asked(app: Line, peer: LinePeer) -> None:
    app.mind.give(answered("**Yes**, take M."))

    await peer.tell(said("Does it run small?"))

    await sent_is(app, None, "sent")
    assert peer.taken == [{"to": MIA, "type": "text", "text": "Yes, take M."}]


async def test_a_message_delivered_again_is_one_message(app: Line, peer: LinePeer) -> None:
    app.mind.give(answered("Yes."))
    first = said("Small?")
    again = {**first, "webhookEventId": "01X", "deliveryContext": {"isRedelivery": True}}

    given = await asyncio.gather(*(peer.tell(one) for _ in range(50) for one in (first, again)))

    assert {one.status_code for one in given} == {200}
    await sent_is(app, None, "sent")
    assert peer.texts == ["Yes."]


@pytest.mark.parametrize("signature", ["", "AAAA", "é\x80", signed(b"other"), "other secret"])
async def test_what_is_not_signed_is_not_kept(app: Line, signature: str) -> None:
    body = msgspec.json.encode({"destination": BOT, "events": [said("Hi")]})
    given = signed(body, "other") if signature == "other secret" else signature

    async with httpx.AsyncClient() as http:
        headers = [(b"x-line-signature", given.encode("latin-1"))]
        answer = await http.post(app.hook, content=body, headers=headers)

    assert answer.status_code == 401
    assert await app.payload_states() == []


async def test_the_post_by_which_line_tries_a_hook_is_welcome(app: Line, peer: LinePeer) -> None:
    assert (await peer.tell()).status_code == 200
    assert await app.payload_states() == ["done"]


@pytest.mark.parametrize("fault", ["silent", "trouble", "too many"])
async def test_a_push_that_is_sent_again_reaches_them_once(
    app: Line, peer: LinePeer, fault: str
) -> None:
    match fault:
        case "silent":
            peer.answers = [Silence]
        case "trouble":
            peer.answers = [lambda: no(500, "Internal Server Error")]
        case _:
            peer.script = [lambda: no(429, "Too many requests", **{"Retry-After": "0"})]
    app.mind.give(answered("Yes."))
    await peer.tell(said("Small?"))

    await sent_is(app, None, "sent")
    assert peer.texts == ["Yes."]
    assert len(peer.keys) == 2
    assert len(set(peer.keys)) == 1


async def test_a_plan_that_is_used_up_says_so_at_once(app: Line, peer: LinePeer) -> None:
    peer.script = [lambda: no(429, "You have reached your monthly limit.")]
    app.mind.give(answered("Yes."))
    await peer.tell(said("Small?"))

    await sent_is(app, None, "failed")
    assert "raise the plan" in (await app.messages())[1]["error"]


async def test_a_dead_token_asks_to_reconnect_and_the_backlog_goes_out_after(
    app: Line, peer: LinePeer, shop: Shop
) -> None:
    peer.token = "another"
    app.mind.give(answered("Yes."))
    await peer.tell(said("Small?"))

    async def asks() -> bool:
        found = await rows(app.desk, "SELECT health FROM connection WHERE channel = 'line'")
        return found[0]["health"] == "reconnect"

    await until(asks)
    peer.token = TOKEN
    await set_health(shop.desk, app.connection.id, "ok")
    await rows(app.desk, "UPDATE delivery SET next_at = now() RETURNING id")
    await sent_is(app, None, "sent")


async def test_pictures_sent_at_once_are_one_message_and_are_fetched(
    app: Line, peer: LinePeer
) -> None:
    app.mind.give(answered("Nice."), answered("Nice."))
    peer.contents = {"p1": PNG, "p2": PNG}
    peer.preparing = {"p2"}
    pictures = [
        event(
            "message",
            message={
                "type": "image",
                "id": name,
                "contentProvider": {"type": "line"},
                "imageSet": {"id": "s1", "index": at, "total": 2},
            },
        )
        for at, name in enumerate(("p1", "p2"), 1)
    ]

    await asyncio.gather(*(peer.tell(one) for one in pictures))

    async def all_here() -> bool:
        found = [one for one in await app.messages() if one["author_kind"] == "customer"]
        files = [file for one in found for file in one["extra"]["attachments"]]
        return len(found) == 1 and len(files) == 2 and not any(one.get("state") for one in files)

    await until(all_here)


async def test_unsent_messages_buttons_and_blocks_are_heard(app: Line, peer: LinePeer) -> None:
    app.mind.give(answered("Yes."), answered("Yes."))
    await peer.tell(
        said("My card is lost"),
        event("unsend", unsend={"messageId": "m1"}),
        event("postback", postback={"data": "track", "params": {"date": "2026-11-25"}}),
        event("unfollow"),
    )

    found = await app.messages()
    assert [one["text"] for one in found[:2]] == ["", "track 2026-11-25"]
    assert found[0]["removed_at"] is not None
    (contact,) = await rows(app.desk, "SELECT opted_out_at FROM contact")
    assert contact["opted_out_at"] is not None
    await peer.tell(event("follow", follow={"isUnblocked": True}))
    (contact,) = await rows(app.desk, "SELECT opted_out_at FROM contact")
    assert contact["opted_out_at"] is None


async def test_a_reply_in_many_parts_leaves_in_bundles_of_five(
    app: Line, peer: LinePeer, shop: Shop
) -> None:
    await peer.tell(said("Tell me all."))
    (ticket,) = await rows(app.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    text = "\n\n".join("wool 🧶 " * 200 for _ in range(12))
    peer.script = [lambda: None]
    peer.answers = [Silence]

    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text=text))

    await sent_is(app, None, "sent")
    assert "".join("".join(peer.texts).split()) == "".join(text.split())


async def test_pictures_are_shown_and_other_files_are_linked(peer: LinePeer) -> None:
    large = file("large.jpg", "image/jpeg", b"." * 1_000_001)
    files = [file("a.jpg", "image/jpeg"), file("chart.pdf", "application/pdf"), large]
    sending = outgoing("line", peer.url, CREDENTIALS, MIA, *files, text="Here:")
    async with httpx.AsyncClient() as http:
        first = await LineApp(http).send(sending)
        again = await LineApp(http).send(sending)

    assert isinstance(first, Sent)
    assert first == again, "the same key is the same message"
    assert [one["type"] for one in peer.taken] == ["text", "image", "text", "text"]
    assert peer.taken[2]["text"] == "chart.pdf: https://shop.example/files/chart.pdf"


async def test_an_account_is_checked_with_its_hook(peer: LinePeer) -> None:
    async with httpx.AsyncClient() as http:
        connection = outgoing("line", peer.url, CREDENTIALS, MIA).connection
        good = await LineApp(http).check(Account(connection=connection, credentials=CREDENTIALS))
        peer.active = False
        deaf = await LineApp(http).check(Account(connection=connection, credentials=CREDENTIALS))
        bad = await LineApp(http).check(Account(connection=connection))

    assert (good.health, good.account, good.name) == ("ok", BOT, "Our shop")
    assert (deaf.health, bad.health) == ("degraded", "reconnect")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
kinds = st.sampled_from(["message", "unsend", "postback", "follow", "unfollow", "join", "beacon"])


@given(
    kinds,
    st.sampled_from(["message", "source", "timestamp", "postback", "unsend", "mode"]),
    json_values,
)
def test_a_mangled_event_is_read_all_the_same(kind: str, spoilt: str, value: Any) -> None:
    whole = {**event(kind, message={"type": "image", "id": "1"}), spoilt: value}
    body = msgspec.json.encode({"destination": BOT, "events": [whole, value]})
    connection = Connection(id=uuid7(), brand_id=uuid7(), channel="line", name="LINE")
    facts = LineApp(httpx.AsyncClient()).normalise(Account(connection=connection), Raw(body=body))
    assert all(one.words if one.kind == "other" else one.sender for one in facts)


@given(st.binary(max_size=60) | st.builds(msgspec.json.encode, json_values))
def test_whatever_bytes_come_are_read(body: bytes) -> None:
    connection = Connection(id=uuid7(), brand_id=uuid7(), channel="line", name="LINE")
    facts = LineApp(httpx.AsyncClient()).normalise(Account(connection=connection), Raw(body=body))
    assert all(one.kind == "other" for one in facts)
