"""TikTok end to end: signed events, echoes that beat the answer, ten messages a window, tokens renewed."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shopbell.connectors.channels.tiktok.channel import TikTok
from shopbell.connectors.channels.types import Account
from shopbell.demo.peers.serving import Silence
from shopbell.demo.peers.tiktok import (
    APP,
    BUSINESS,
    SECRET,
    TikTokPeer,
    event,
    said,
    signed,
    tiktok_peer,
)
from shopbell.desk.connections.types import Connection, ConnectionSettings
from shopbell.desk.control.commands import take_over
from shopbell.desk.deliveries.types import Refused, Sent
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.types import Raw
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.reach import Unreachable
from shopbell.desk.messages.types import Draft
from shopbell.jobs.canary import check_now
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.channels.sending import file, outgoing
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until

ROOM = "conversation/7=="
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
    "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
)
CREDENTIALS = {
    "app_id": APP,
    "app_secret": SECRET,
    "business_id": BUSINESS,
    "access_token": "access-1",
    "refresh_token": "refresh-1",
}
ids = itertools.count(1)


@pytest.fixture
async def peer() -> AsyncIterator[TikTokPeer]:
    async with tiktok_peer() as peer:
        yield peer


@pytest.fixture
async def app(settings: Settings, shop: Shop, peer: TikTokPeer) -> AsyncIterator[Line]:
    at_peer = ConnectionSettings(base_url=peer.url)
    async with line(
        settings, shop, "tiktok", CREDENTIALS, account=BUSINESS, connection_settings=at_peer
    ) as app:
        peer.hook = app.hook
        yield app


def wrote(text: str, name: str = "", **more: Any) -> dict[str, Any]:
    return {
        "type": "text",
        "text": {"body": text},
        "message_id": name or f"in-{next(ids)}",
        "conversation_id": ROOM,
        "timestamp": int(time.time() * 1000),
        "from": "mia",
        "from_user": {"id": "user-7"},
        "to_user": {"id": BUSINESS},
        **more,
    }


async def sent_is(of: Line, *states: str | None) -> None:
    async def check() -> bool:
        return [one["sent_state"] for one in await of.messages()] == list(states)

    await until(check)


async def control(of: Line) -> str:
    (ticket,) = await rows(of.desk, "SELECT control FROM ticket")
    return ticket["control"]


async def test_a_question_is_answered_and_read(app: Line, peer: TikTokPeer) -> None:
    app.mind.give(answered("**Yes**, take M."))

    await peer.tell("im_receive_msg", **wrote("Does it run small?"))

    await sent_is(app, None, "sent")
    (sent,) = peer.taken
    assert (sent["text"]["body"], sent["recipient"]) == ("Yes, take M.", ROOM)
    upto = {"last_read_timestamp": int(time.time() * 1000) + 60_000}
    by_us = {"conversation_id": ROOM, "read": upto, "from_user": {"id": BUSINESS}}
    await peer.tell("im_mark_read_msg", None, **by_us)
    await sent_is(app, None, "sent")
    await peer.tell("im_mark_read_msg", None, **{**by_us, "from_user": {"id": "user-7"}})
    await sent_is(app, None, "read")


async def test_the_same_event_a_hundred_times_is_one_message(app: Line, peer: TikTokPeer) -> None:
    app.mind.give(answered("Yes."))
    asked = wrote("Small?", "in-same")

    given = await asyncio.gather(*(peer.tell("im_receive_msg", **asked) for _ in range(100)))

    assert {one.status_code for one in given} == {200}
    await sent_is(app, None, "sent")
    assert peer.texts == ["Yes."]


BODY = event("im_receive_msg", **wrote("Hi"))


SPOILT: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "empty parts": lambda: "t=,s=",
    "no number": lambda: "t=soon,s=aa",
    "a number of another script": lambda: "t=²,s=aa",
    "a number beyond all time": lambda: "t=99999999999999999999,s=aa",
    "no time": lambda: "s=aa",
    "another secret": lambda: signed(BODY, "other"),
    "another body": lambda: signed(BODY + b" "),
    "long ago": lambda: signed(BODY, at=1_000),
    "far ahead": lambda: signed(BODY, at=4_000_000_000),
}
"""Made when a test asks: a signature made while tests are collected is another in each process."""


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_what_is_not_signed_now_is_not_kept(app: Line, spoilt: str) -> None:
    async with httpx.AsyncClient() as http:
        headers = [(b"tiktok-signature", SPOILT[spoilt]().encode("latin-1"))]
        answer = await http.post(app.hook, content=BODY, headers=headers)

    assert answer.status_code == 401
    assert await app.payload_states() == []


@pytest.mark.parametrize("seconds", [-290, 290])
async def test_clocks_may_differ_by_five_minutes(app: Line, peer: TikTokPeer, seconds: int) -> None:
    answer = await peer.tell("im_receive_msg", at=time.time() + seconds, **wrote("Hi"))
    assert answer.status_code == 200


async def test_an_echo_that_beats_our_answer_is_no_takeover(app: Line, peer: TikTokPeer) -> None:
    peer.echoing = True
    app.mind.give(answered("Yes."))

    await peer.tell("im_receive_msg", **wrote("Small?"))
    await sent_is(app, None, "sent")
    await rows(app.desk, "UPDATE inbound SET next_at = now() WHERE status = 'waiting' RETURNING id")

    async def all_read() -> bool:
        return set(await app.payload_states()) == {"done"}

    await until(all_read)
    assert await control(app) == "assistant"
    assert len(await app.messages()) == 2


async def test_a_reply_from_tiktoks_own_app_takes_over(app: Line, peer: TikTokPeer) -> None:
    await peer.tell("im_receive_msg", **wrote("Small?"))
    await app.mind.wait_until_begun()
    own = wrote("Welcome!", from_user={"id": BUSINESS}, to_user={"id": "user-7"}, to="mia")

    await peer.tell("im_send_msg", **own)
    assert await control(app) == "assistant", "no person is as fast"
    own |= {"text": {"body": "Ben here: take M."}, "message_id": "own-2"}
    own["timestamp"] += 10_000
    await peer.tell("im_send_msg", **own)

    assert await control(app) == "agents"
    spoken = [one["text"] for one in await app.messages()]
    assert spoken == ["Small?", "Welcome!", "Ben here: take M."]


async def test_silence_leaves_it_uncertain_until_its_echo_comes(
    app: Line, peer: TikTokPeer
) -> None:
    peer.answers = [Silence]
    app.mind.give(answered("**Yes**, take M."))
    await peer.tell("im_receive_msg", **wrote("Small?"))
    await sent_is(app, None, "uncertain")

    await peer.echo(0)

    await sent_is(app, None, "sent")
    assert await control(app) == "assistant"
    assert peer.sends == 1


@pytest.mark.parametrize("code", [40100, 50000])
async def test_what_was_refused_for_now_is_sent_once_after(
    app: Line, peer: TikTokPeer, code: int
) -> None:
    peer.script = [lambda: said(code, "Later")]
    app.mind.give(answered("Yes."))
    await peer.tell("im_receive_msg", **wrote("Small?"))

    await sent_is(app, None, "sent")
    assert peer.texts == ["Yes."]


async def test_after_ten_messages_tiktok_waits_for_the_customer(
    app: Line, peer: TikTokPeer
) -> None:
    app.mind.give(answered("Yes."))
    peer.script = [lambda: said(40064, "You are sending messages too fast. Take a rest.")]
    await peer.tell("im_receive_msg", **wrote("Small?"))

    await sent_is(app, None, "failed")
    assert "10 until the customer writes again" in (await app.messages())[1]["error"]


async def test_after_48_hours_nothing_is_written(app: Line, peer: TikTokPeer, shop: Shop) -> None:
    await peer.tell("im_receive_msg", **wrote("Small?"))
    (ticket,) = await rows(app.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)
    shut = "UPDATE contact SET window_until = now() - interval '1 minute' RETURNING thread_id"
    await rows(app.desk, shut)

    with pytest.raises(Unreachable):
        await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Ben: take M."))


async def test_tokens_are_renewed_before_they_end_and_the_backlog_goes_out(
    app: Line, peer: TikTokPeer
) -> None:
    peer.token = "another"
    app.mind.give(answered("Yes."))
    await peer.tell("im_receive_msg", **wrote("Small?"))

    async def asks() -> bool:
        found = await rows(app.desk, "SELECT health FROM connection WHERE channel = 'tiktok'")
        return found[0]["health"] == "reconnect"

    await until(asks)
    found = await check_now(app.room.intake, app.connection.id)
    await rows(app.desk, "UPDATE delivery SET next_at = now() RETURNING id")

    assert found is not None
    assert (found.health, found.name) == ("ok", "our_shop")
    await sent_is(app, None, "sent")
    await check_now(app.room.intake, app.connection.id)
    assert peer.renewals == 1, "the new ones last a day, and are kept"


async def test_a_refresh_token_that_ended_asks_to_connect_again(
    app: Line, peer: TikTokPeer
) -> None:
    peer.refresh_token = "another"

    found = await check_now(app.room.intake, app.connection.id)

    assert found is not None
    assert found.health == "reconnect"


async def test_pictures_are_uploaded_and_sent(peer: TikTokPeer) -> None:
    peer.windows["room"] = 10
    picture, page = file("a.png", "image/png", PNG), file("a.pdf", "application/pdf")
    async with httpx.AsyncClient() as http:
        sending = outgoing("tiktok", peer.url, CREDENTIALS, "room", picture, text="Here:")
        good = await TikTok(http).send(sending)
        bad = await TikTok(http).send(outgoing("tiktok", peer.url, CREDENTIALS, "room", page))

    assert isinstance(good, Sent)
    assert [one["message_type"] for one in peer.taken] == ["TEXT", "IMAGE"]
    assert peer.media[peer.taken[1]["image"]["media_id"]] == PNG
    assert isinstance(bad, Refused)
    assert bad.permanent


async def test_pictures_that_come_are_fetched_from_tiktok(app: Line, peer: TikTokPeer) -> None:
    peer.media = {"m1": PNG}
    picture = wrote("", type="image", image={"media_id": "m1"})
    del picture["text"]
    await peer.tell("im_receive_msg", **picture)

    async def is_here() -> bool:
        (first,) = await app.messages()
        return [one.get("state", "") for one in first["extra"]["attachments"]] == [""]

    await until(is_here)


def _account() -> Account:
    connection = Connection(id=uuid7(), brand_id=uuid7(), channel="tiktok", name="TikTok")
    return Account(connection=connection, credentials=CREDENTIALS)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
kinds = st.sampled_from(["im_receive_msg", "im_send_msg", "im_mark_read_msg", "im_referral_msg"])


@given(kinds, st.sampled_from([*wrote(""), "read", "image", "content"]), json_values)
def test_a_mangled_event_is_read_all_the_same(kind: str, spoilt: str, value: Any) -> None:
    body = event(kind, **{**wrote("Hi"), spoilt: value})
    facts = TikTok(httpx.AsyncClient()).normalise(_account(), Raw(body=body))
    assert all(one.words if one.kind == "other" else one.sender for one in facts)


@given(st.binary(max_size=60) | st.builds(msgspec.json.encode, json_values))
def test_whatever_bytes_come_are_read(body: bytes) -> None:
    facts = TikTok(httpx.AsyncClient()).normalise(_account(), Raw(body=body))
    assert all(one.kind == "other" and one.words for one in facts)
