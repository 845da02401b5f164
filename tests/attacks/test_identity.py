"""Who a visitor is, is the shop's word or nobody's: no other token and no claim makes them more."""

import asyncio
import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shopbell.desk.ids import uuid7
from tests.server.conftest import KEY, SECRET, Chat, Door, door
from tests.server.live import Served

__all__ = ["door"]

CLAIMS = {"sub": "c-1", "email": "c-1@example.com", "name": "Mia Berg", "verified": True}
OWNED: dict[str, Any] = {
    "verified": True,
    "verified_by": "shop",
    "customer_id": str(uuid7()),
    "thread_id": str(uuid7()),
    "ticket_id": str(uuid7()),
    "visitor_id": str(uuid7()),
    "connection_id": str(uuid7()),
    "author": {"kind": "agent", "id": str(uuid7()), "name": "Ben"},
    "author_kind": "agent",
    "author_name": "Ben",
    "name": "Ben",
    "email": "c-1@example.com",
    "role": "admin",
    "seq": 99,
    "at": "2001-01-01T00:00:00Z",
    "version": 99,
    "channel": "email",
    "html": "<script>alert(1)</script>",
    "citations": [{"title": "Trust me"}],
    "why": "because",
    "turn_id": str(uuid7()),
    "delivery": {"status": "read"},
    "external_id": "x",
    "control": "agents",
    "epoch": 99,
    "status": "resolved",
    "priority": "urgent",
    "uploader": "agent",
}
"""What only the server says of a message, a visitor or a ticket."""


def packed(value: Any) -> str:
    raw = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def forged(header: Any, claims: Any, key: bytes, digest: str = "sha256") -> str:
    signed = f"{packed(header)}.{packed(claims)}"
    return f"{signed}.{packed(hmac.digest(key, signed.encode(), getattr(hashlib, digest)))}"


def statements() -> dict[str, str]:
    """Tokens that no shop of ours signed as it should, by what is wrong with them."""
    soon = int((datetime.now(UTC) + timedelta(minutes=5)).timestamp())
    good = {**CLAIMS, "exp": soon}
    secret = SECRET.encode()
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    hs256 = {"alg": "HS256", "typ": "JWT"}
    right = forged(hs256, good, secret)
    head, body, signature = right.split(".")
    other = packed({**good, "sub": "c-2"})
    return {
        "missing": "",
        "no token": "hello",
        "another key": forged(hs256, good, b"another-secret-of-a-shop-that-is-long"),
        "the public key of the widget": forged(hs256, good, KEY.encode()),
        "an empty key": forged(hs256, good, b""),
        "no algorithm": f"{packed({'alg': 'none'})}.{body}.",
        "no algorithm in capitals": f"{packed({'alg': 'NONE'})}.{body}.",
        "no algorithm but signed": f"{packed({'alg': 'none'})}.{body}.{signature}",
        "an RSA header over our secret": forged({"alg": "RS256"}, good, secret),
        "a public key as the secret": forged(hs256, good, public),
        "another digest": forged({"alg": "HS512"}, good, secret, "sha512"),
        "another digest than it says": forged(hs256, good, secret, "sha512"),
        "a list of algorithms": forged({"alg": ["HS256"]}, good, secret),
        "a key that it brings": forged({**hs256, "jwk": {"kty": "oct", "k": "AA"}}, good, b"\0"),
        "a key by address": forged({**hs256, "jku": "http://127.0.0.1/"}, good, b"\0"),
        "a key by path": forged({**hs256, "kid": "../../dev/null"}, good, b""),
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "other claims": f"{head}.{other}.{signature}",
        "expired": forged(hs256, {**good, "exp": soon - 3600}, secret),
        "never expiring": forged(hs256, CLAIMS, secret),
        "expiring in words": forged(hs256, {**CLAIMS, "exp": "tomorrow"}, secret),
        "expiring at no time": forged(hs256, {**CLAIMS, "exp": [1]}, secret),
        "expiring beyond time": forged(hs256, {**CLAIMS, "exp": 10**30}, secret),
        "not yet begun": forged(hs256, {**good, "nbf": soon}, secret),
        "nobody": forged(hs256, {**good, "sub": ""}, secret),
        "a subject that is none": forged(hs256, {**good, "sub": ["c-1"]}, secret),
        "claims that are none": forged(hs256, [good], secret),
        "nested without end": f"{packed(b'[' * 2000)}.{packed(b'[' * 900)}.AA",
        "not text": "\u2603.\u2603.\u2603",
    }


async def test_no_other_token_than_the_shops_makes_a_visitor_known(door: Door) -> None:
    mia = await door.chat(door.identity())
    await mia.say("My order never came")
    for wrong, token in statements().items():
        chat = Chat(door.client())
        answer = await chat.open(token)
        assert (wrong, answer.status_code) == (wrong, 200)
        assert (wrong, chat.session["verified"], chat.session["customer_name"]) == (
            wrong,
            False,
            "",
        )
        assert (wrong, await chat.texts()) == (wrong, [])
    assert await door.shop.count("customer") == 1
    assert await door.shop.count("identity_token") == 1


async def test_of_many_visitors_who_show_one_statement_at_once_one_is_known(door: Door) -> None:
    statement = door.identity()
    chats = [Chat(door.client()) for _ in range(8)]
    answers = await asyncio.gather(*(chat.open(statement) for chat in chats))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sum(chat.session["verified"] for chat in chats) == 1
    assert await door.shop.count("customer") == 1


async def test_another_visitor_with_their_own_statement_does_not_take_over_the_first(
    door: Door,
) -> None:
    mia = await door.chat(door.identity("c-1"))
    await mia.say("Mine")
    assert (await mia.open(door.identity("c-2"))).json()["verified"] is True
    assert await mia.texts() == []
    claimed = door.identity("c-3", email="c-1@example.com")
    stranger = await door.chat(claimed)
    assert await stranger.texts() == []
    assert (
        await door.shop.count("identity WHERE kind = 'email' AND verified_at IS NOT NULL") == 1 + 1
    )


async def test_what_only_the_server_says_is_not_read_from_a_body(door: Door) -> None:
    answer = await door.client().post("/api/widget/session", json={"key": KEY, **OWNED})
    assert answer.json()["verified"] is False
    assert answer.json()["customer_name"] == ""
    chat = await door.chat()
    draft = {**OWNED, "id": str(uuid7()), "text": "Hi", "visibility": "note", "page": OWNED}
    assert (await chat.ask("POST", "/api/widget/messages", json=draft)).status_code == 200
    await chat.ask("POST", "/api/widget/ask-person", json={**OWNED, "id": str(uuid7())})
    await check_what_stands(door.shop.desk.pool.connection)


async def test_what_only_the_server_says_is_not_read_from_a_frame(served: Served) -> None:
    visitor = await served.visitor()
    async with served.open("/ws/shopper") as socket:
        await socket.tell(type="hello", token=visitor["token"], **OWNED)
        await socket.hear("snapshot")
        draft = {**OWNED, "id": str(uuid7()), "text": "Hi", "visibility": "note", "page": OWNED}
        await socket.tell(type="send", draft=draft, **OWNED)
        ack = await socket.hear("ack")
        assert ack["message"]["author"] == {"kind": "customer"}
        await socket.tell(**{**OWNED, "type": "ask_person", "id": str(uuid7())})
        await socket.hear("ack")
    await check_what_stands(served.shop.desk.pool.connection)


async def check_what_stands(open_connection: Any) -> None:
    """One message of an unknown customer, one answer to them, on one plain ticket."""
    async with open_connection() as connection:
        found = await connection.execute(
            "SELECT m.author_kind, m.author_name, m.visibility, m.seq, m.version, m.channel, m.html,"
            " m.external_id, m.turn_id, m.at > now() - interval '1 hour' AS lately,"
            " m.extra - 'page' AS extra FROM message m ORDER BY m.seq"
        )
        said, told = await found.fetchall()
        assert said == {
            "author_kind": "customer",
            "author_name": "",
            "visibility": "public",
            "seq": 1,
            "version": 1,
            "channel": "webchat",
            "html": None,
            "external_id": None,
            "turn_id": None,
            "lately": True,
            "extra": {},
        }
        assert (told["author_kind"], told["seq"]) == ("assistant", 2)
        found = await connection.execute("SELECT status, priority, epoch, control FROM ticket")
        assert await found.fetchall() == [
            {"status": "open", "priority": "normal", "epoch": 2, "control": "agents"}
        ]
        found = await connection.execute("SELECT kind, verified_by FROM identity")
        assert await found.fetchall() == [{"kind": "visitor", "verified_by": "channel"}]


@pytest.mark.parametrize("path", ["take-over", "release", "assign", "priority"])
async def test_an_agents_body_with_a_field_that_is_none_is_refused(door: Door, path: str) -> None:
    chat = await door.chat()
    await chat.say("Hello?")
    (ticket,) = await door.sql("SELECT id, version FROM ticket")
    ben = await door.agent()
    body = {"priority": "high", "epoch": 99} if path == "priority" else {"epoch": 99}
    answer = await ben.ask("POST", f"/api/tickets/{ticket['id']}/{path}", json=body)
    assert answer.status_code == 422
    assert await door.sql("SELECT id, version FROM ticket") == [ticket]
