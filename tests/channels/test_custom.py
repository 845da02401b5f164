"""The custom channel end to end: signed in, thought about, taken over, and signed out again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from standardwebhooks import Webhook
from starlette.responses import Response

from shopbell.demo.peers.http_shop import SECRET, HttpShop, http_shop
from shopbell.desk.connections.types import ConnectionSettings
from shopbell.desk.control.commands import take_over
from shopbell.desk.deliveries.commands import retry
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.commands import claim
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.settings import Settings
from tests.channels.conftest import Line, line
from tests.desk.conftest import Shop
from tests.jobs.conftest import answered, rows, until


@pytest.fixture
async def peer() -> AsyncIterator[HttpShop]:
    async with http_shop() as peer:
        yield peer


@pytest.fixture
async def custom(settings: Settings, shop: Shop, peer: HttpShop) -> AsyncIterator[Line]:
    endpoint = ConnectionSettings(endpoint=peer.url)
    async with line(
        settings, shop, "http", {"secret": SECRET}, connection_settings=endpoint
    ) as custom:
        yield custom


def signed(*events: dict[str, Any], at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    """The body of these events and the headers that sign it."""
    body = msgspec.json.encode(events[0] if len(events) == 1 else events)
    at, key = at or datetime.now(UTC), f"msg_{uuid4().hex}"
    return body, {
        "content-type": "application/json",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(key, at, body.decode()),
    }


def event(kind: str, **data: Any) -> dict[str, Any]:
    return {"type": kind, "data": {"from": {"id": "c-7", "name": "Mia"}, **data}}


def written(text: str, name: str = "m1", **data: Any) -> dict[str, Any]:
    return event("message.created", id=name, text=text, **data)


async def test_a_question_is_answered_once_where_it_was_asked(custom: Line, peer: HttpShop) -> None:
    custom.mind.give(answered("Take one size up."))

    given = await custom.post(*signed(written("Does it run small?", place="room-9")))

    assert given.status_code == 200
    await until(lambda: _holds(lambda: len(peer.taken) == 1))
    ((key, sent),) = peer.taken.items()
    assert sent["data"]["text"] == "Take one size up."
    assert sent["data"]["recipient"] == "c-7"

    async def is_sent() -> bool:
        return [one["sent_state"] for one in await custom.messages()] == [None, "sent"]

    await until(is_sent)
    assert peer.calls == [key]


async def test_the_same_payload_a_hundred_times_at_once_is_one_message(custom: Line) -> None:
    custom.mind.give(answered("Yes."))
    body, headers = signed(written("Does it run small?"))

    given = await asyncio.gather(*(custom.post(body, headers) for _ in range(100)))

    assert {one.status_code for one in given} == {200}
    assert len([one for one in await custom.messages() if one["author_kind"] == "customer"]) == 1
    assert await custom.payload_states() == ["done"]


async def test_the_same_message_in_other_payloads_is_one_message(custom: Line) -> None:
    custom.mind.give(answered("Yes."))
    bodies = [signed(written("Does it run small?"), written("x", f"m{n + 2}")) for n in range(8)]

    await asyncio.gather(*(custom.post(*one) for one in bodies))

    found = [one["external_id"] for one in await custom.messages() if one["external_id"]]
    assert sorted(found) == sorted({"m1", *(f"m{n + 2}" for n in range(8))})


Spoilt = tuple[bytes, dict[str, str]]


def _spoilt() -> dict[str, Spoilt]:
    body, headers = signed(written("Hello"))
    unsigned = {name: value for name, value in headers.items() if "signature" not in name}
    return {
        "altered": (body + b" ", headers),
        "wrong signature": (body, {**headers, "webhook-signature": "v1,AAAA"}),
        "no signature": (body, unsigned),
        "no time": (body, {**headers, "webhook-timestamp": "soon"}),
        "old": (body, {**headers, "webhook-timestamp": "1"}),
        "another id": (body, {**headers, "webhook-id": "other"}),
        "no text": (b"\xff\xfe\x00", headers),
    }


@pytest.mark.parametrize("spoilt", _spoilt())
async def test_what_is_not_signed_is_not_kept(custom: Line, spoilt: str) -> None:
    given = await custom.post(*_spoilt()[spoilt])

    assert given.status_code == 401
    assert await custom.payload_states() == []
    assert await custom.messages() == []


async def test_what_is_not_understood_is_kept_and_flagged(custom: Line) -> None:
    body, headers = signed({"type": "message.sung", "data": {}}, written("And this?"))

    given = await custom.post(body, headers)

    assert given.status_code == 200
    assert await custom.payload_states() == ["unread"]
    (row,) = await rows(custom.desk, "SELECT error, body FROM inbound")
    assert "message.sung" in row["error"]
    assert bytes(row["body"]) == body
    assert [one["text"] for one in await custom.messages()] == ["And this?"]


async def test_edits_removals_and_reactions_change_the_message_whenever_they_come(
    custom: Line,
) -> None:
    custom.mind.give(answered("Yes."))
    edited = signed(event("message.edited", id="m1", text="Does it run LARGE?"))
    assert (await custom.post(*edited)).status_code == 200
    assert await custom.payload_states() == ["waiting"], "it came before its message"

    await custom.post(*signed(written("Does it run small?")))
    await _again(custom)
    await custom.post(*signed(event("reaction", id="m1", state="❤️")))

    (first, *_) = await custom.messages()
    assert first["text"] == "Does it run LARGE?"
    assert first["edited_at"] is not None
    assert first["extra"]["reactions"] == [{"sign": "❤️", "by": "c-7"}]

    await custom.post(*signed(event("message.removed", id="m1")))
    (first, *_) = await custom.messages()
    assert first["text"] == ""
    assert first["removed_at"] is not None


async def test_receipts_only_rise(custom: Line, peer: HttpShop) -> None:
    custom.mind.give(answered("Yes."))
    await custom.post(*signed(written("Does it run small?")))
    await until(lambda: _holds(lambda: len(peer.taken) == 1))
    (key,) = peer.taken

    async def state() -> str:
        return (await custom.messages())[1]["sent_state"]

    async def is_sent() -> bool:
        return await state() == "sent"

    await until(is_sent)
    for told, becomes in [("read", "read"), ("delivered", "read"), ("failed", "read")]:
        receipt = event(
            "receipt", id=f"shop-{key}", state=told, at=f"2026-01-01T00:00:0{len(told)}Z"
        )
        await custom.post(*signed(receipt))
        assert await state() == becomes


async def test_a_reply_from_the_shops_own_app_takes_over(custom: Line) -> None:
    await custom.post(*signed(written("Does it run small?")))
    await custom.mind.wait_until_begun()

    await custom.post(*signed(event("echo", id="e1", text="Ben here: take M.")))
    custom.mind.give(answered("Yes."))

    async def turn_is_over() -> bool:
        found = await rows(custom.desk, "SELECT status FROM turn")
        return [row["status"] for row in found] in (["dropped"], ["suggested"])

    await until(turn_is_over)
    (ticket,) = await rows(custom.desk, "SELECT control, epoch, assignee_id FROM ticket")
    assert (ticket["control"], ticket["epoch"], ticket["assignee_id"]) == ("agents", 2, None)
    spoken = [(one["author_kind"], one["text"]) for one in await custom.messages()]
    assert spoken == [("customer", "Does it run small?"), ("agent", "Ben here: take M.")]


async def test_our_own_message_come_back_is_no_reply(custom: Line, peer: HttpShop) -> None:
    custom.mind.give(answered("Yes."))
    await custom.post(*signed(written("Does it run small?")))
    await until(lambda: _holds(lambda: len(peer.taken) == 1))
    (key,) = peer.taken

    async def is_sent() -> bool:
        return (await custom.messages())[-1]["sent_state"] == "sent"

    await until(is_sent)
    await custom.post(*signed(event("echo", id=f"shop-{key}", text="Yes.")))

    (ticket,) = await rows(custom.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "assistant"
    assert len(await custom.messages()) == 2


async def test_who_asked_for_silence_is_written_to_no_more(custom: Line, peer: HttpShop) -> None:
    custom.mind.give(answered("Yes."))
    await custom.post(*signed(written("Does it run small?"), event("opt_out", state="out")))

    async def is_refused() -> bool:
        found = await custom.messages()
        return len(found) == 2 and found[1]["sent_state"] == "failed"

    await until(is_refused)
    assert peer.calls == []
    assert "no more messages" in (await custom.messages())[1]["error"]


async def test_files_that_come_along_are_kept_and_shown(custom: Line) -> None:
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d4948445200000002000000030802000000368849d6"
        "0000001049444154789c63f8cfc0f01f8c1900001e0c03fd5b0b1d3d0000000049454e44ae426082"
    )
    custom.mind.give(answered("Nice."))
    body = signed(written("Look", attachments=[{"name": "a/../hole.png", "data": png}]))

    await custom.post(*body)

    (first, *_) = await custom.messages()
    (file,) = first["extra"]["attachments"]
    assert (file["name"], file["media_type"], file["width"]) == ("hole.png", "image/png", 2)


async def test_a_connection_that_lost_its_key_waits_and_goes_on_after_it_was_mended(
    custom: Line, peer: HttpShop, shop: Shop
) -> None:
    custom.mind.give(answered("Yes."))
    peer.script = [lambda: Response(status_code=503, headers={"Retry-After": "0"})]

    await custom.post(*signed(written("Does it run small?")))

    await until(lambda: _holds(lambda: len(peer.taken) == 1))
    assert len(peer.calls) == 2
    assert len(set(peer.calls)) == 1, "the same key on the second try"


async def test_agents_take_over_and_reply_by_the_same_way(
    custom: Line, peer: HttpShop, shop: Shop
) -> None:
    await custom.post(*signed(written("Does it run small?")))
    (ticket,) = await rows(custom.desk, "SELECT id FROM ticket")
    await take_over(shop.desk, ticket["id"], shop.ben)

    await reply(shop.desk, ticket["id"], shop.ben, Draft(id=uuid7(), text="Ben: take M."))

    await until(lambda: _holds(lambda: len(peer.taken) == 1))
    assert [one["data"]["author"]["kind"] for one in peer.taken.values()] == ["agent"]


async def _again(custom: Line) -> None:
    """Read what was put off, as the sweeper does, without waiting for its time."""
    await rows(
        custom.desk, "UPDATE inbound SET next_at = now() WHERE status = 'waiting' RETURNING id"
    )
    kept = await claim(custom.desk)
    assert kept is not None
    await custom.room.intake.read_kept(kept)


async def _holds(condition: Any) -> bool:
    return bool(condition())


async def test_what_is_told_of_a_message_that_was_sent_anew_changes_nothing(
    custom: Line, peer: HttpShop, shop: Shop
) -> None:
    peer.script = [lambda: Response(status_code=400)]
    custom.mind.give(answered("Yes."))
    await custom.post(*signed(written("Does it run small?")))

    async def is_in(state: str) -> bool:
        return [one["sent_state"] for one in await custom.messages()] == [None, state]

    await until(lambda: is_in("failed"))
    (old,) = await rows(shop.desk, "SELECT id, message_id FROM delivery")
    await retry(shop.desk, old["message_id"], shop.ben)
    await until(lambda: is_in("sent"))

    late = signed(
        event("receipt", key=str(old["id"]), state="failed"),
        event("echo", id="late", key=str(old["id"]), text="Yes."),
    )
    assert (await custom.post(*late)).status_code == 200

    assert await is_in("sent")
    assert await custom.payload_states() == ["done", "done"]
    (ticket,) = await rows(shop.desk, "SELECT control FROM ticket")
    assert ticket["control"] == "assistant"
