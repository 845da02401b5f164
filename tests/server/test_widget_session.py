"""The shopper's session: anonymous at first, verified by the shop's word alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from psycopg.types.json import Jsonb

from shopbell.desk.ids import uuid7
from tests.server.conftest import KEY, SECRET, Door


async def test_a_new_visitor_learns_who_answers_and_leaves_no_row(door: Door) -> None:
    chat = await door.chat()
    told = chat.session
    assert (told["brand_name"], told["verified"], told["unread"]) == ("Wetherfold", False, 0)
    assert (told["people_available"], told["hours_text"]) == (True, "")
    assert await door.shop.count("customer") == 0
    again = await chat.open()
    assert again.status_code == 200
    assert await chat.texts() == []


async def test_on_a_closed_day_a_visitor_learns_when_people_are_back(door: Door) -> None:
    today = datetime.now(UTC).date()
    closed = [str(today + timedelta(days=days)) for days in range(3)]
    async with door.shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE brand SET settings = %s", (Jsonb({"closed": closed}),))
    told = (await door.chat()).session
    back = today + timedelta(days=3)
    assert not told["people_available"]
    assert f"{back:%A}, 00:05" in told["hours_text"]


async def test_a_known_visitor_finds_the_conversation_again(door: Door) -> None:
    chat = await door.chat()
    first = (await chat.say("Does it run small?")).json()
    assert (first["type"], first["message"]["seq"]) == ("ack", 1)
    await chat.open()
    assert await chat.texts() == ["Does it run small?"]
    assert chat.session["thread"]["last_seq"] == 1


@pytest.mark.parametrize("token", ["", "x", "eyJ.eyJ.x", "☃", "a" * 1999])
async def test_a_bad_token_is_a_401_at_every_door(door: Door, token: str) -> None:
    chat = await door.chat()
    headers = [(b"authorization", f"Bearer {token}".encode())]
    for method, path in (
        ("GET", "/api/widget/messages"),
        ("POST", "/api/widget/messages"),
        ("POST", "/api/widget/read"),
        ("POST", "/api/widget/ask-person"),
    ):
        answer = await chat.client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["type"] == "signed_out"
    if token:
        assert (await chat.open(token=token)).status_code == 401


async def test_altered_expired_and_foreign_tokens_open_nothing(door: Door) -> None:
    chat = await door.chat()
    await chat.say("Mine")
    claims = jwt.decode(chat.token, options={"verify_signature": False})
    forged = [
        jwt.encode(claims, SECRET, algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        chat.token[:-2] + ("AA" if chat.token[-2:] != "AA" else "BB"),
    ]
    for token in forged:
        answer = await chat.ask(
            "GET", "/api/widget/messages", headers={"authorization": f"Bearer {token}"}
        )
        assert answer.status_code == 401


async def test_the_shops_word_makes_a_visitor_the_customer(door: Door) -> None:
    chat = await door.chat()
    await chat.say("Where is my parcel?")
    before = chat.token
    assert (await chat.open(door.identity())).status_code == 200
    assert (chat.session["verified"], chat.session["customer_name"]) == (True, "Mia Berg")
    assert await chat.texts() == ["Where is my parcel?"]
    left = await chat.ask(
        "GET", "/api/widget/messages", headers={"authorization": f"Bearer {before}"}
    )
    assert left.status_code == 401
    other = await door.chat(door.identity())
    assert await other.texts() == ["Where is my parcel?"]
    rows = await door.sql(
        "SELECT kind, value FROM identity WHERE verified_by = 'shop' AND kind <> 'visitor'"
        " ORDER BY kind"
    )
    assert [tuple(row.values()) for row in rows] == [("email", "c-1@example.com"), ("shop", "c-1")]


async def test_a_verified_visitor_stays_it_without_a_new_statement(door: Door) -> None:
    chat = await door.chat(door.identity())
    token = chat.token
    await chat.open()
    assert (chat.session["verified"], chat.token) == (True, token)


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": datetime.now(UTC) - HOUR},
        {"exp": None},
        {"exp": 10**20},
        {"sub": None},
        {"sub": {"$ne": 1}},
        {"sub": ""},
        {"sub": "x" * 300},
        {"nbf": datetime.now(UTC) + HOUR},
        {"secret": "another-secret-that-is-long-enough-too"},
    ],
)
async def test_a_wrong_statement_leaves_the_visitor_anonymous(
    door: Door, claims: dict[str, Any]
) -> None:
    await door.chat(door.identity())
    if "sub" in claims and claims["sub"] is not None:
        claims["subject"] = claims.pop("sub")
    chat = await door.chat(door.identity(**claims))
    assert chat.session["verified"] is False
    assert await chat.texts() == []


async def test_only_hs256_is_taken_whatever_the_header_says(door: Door) -> None:
    claims = {"sub": "c-1", "exp": datetime.now(UTC) + HOUR}
    for token in (
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode(claims, SECRET * 2, algorithm="HS512"),
    ):
        assert (await door.chat(token)).session["verified"] is False


async def test_a_statement_serves_the_first_visitor_who_shows_it_and_nobody_after(
    door: Door,
) -> None:
    statement = door.identity()
    mia = await door.chat(statement)
    await mia.say("My address is 1 Fell Lane")
    thief = await door.chat(statement)
    assert thief.session["verified"] is False
    assert await thief.texts() == []
    assert (await mia.open(statement)).json()["verified"] is True
    nameless = jwt.encode(
        {"sub": "c-1", "exp": datetime.now(UTC) + HOUR}, SECRET, algorithm="HS256"
    )
    assert (await door.chat(nameless)).session["verified"] is True
    assert (await door.chat(nameless)).session["verified"] is False


async def test_what_clients_claim_is_not_read(door: Door) -> None:
    mia = await door.chat(door.identity())
    await mia.say("Mine")
    client = door.client()
    claims = {
        "verified": True,
        "customer_id": str(uuid7()),
        "email": "c-1@example.com",
        "sub": "c-1",
    }
    answer = await client.post("/api/widget/session", json={"key": KEY, **claims})
    assert answer.json()["verified"] is False
    assert await door.shop.count("customer") == 1


async def test_signing_out_ends_the_token(door: Door) -> None:
    chat = await door.chat()
    await chat.say("Hi")
    assert (await chat.ask("DELETE", "/api/widget/session")).status_code == 204
    assert (await chat.ask("GET", "/api/widget/messages")).status_code == 401
    assert (await chat.open()).status_code == 401


async def test_pages_of_any_site_may_ask_until_the_shop_lists_its_own(door: Door) -> None:
    chat = await door.chat()
    asked = {
        "origin": "https://elsewhere.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
    }
    allowed = await chat.client.options("/api/widget/messages", headers=asked)
    assert allowed.status_code == 204
    assert allowed.headers["access-control-allow-origin"] == "https://elsewhere.example"
    assert allowed.headers["access-control-allow-headers"] == "authorization, content-type"
    assert "access-control-allow-credentials" not in allowed.headers
    await door.sql(
        'UPDATE connection SET settings = \'{"origins": ["https://shop.example"]}\'::jsonb'
    )
    assert (await chat.say("Hi")).headers["access-control-allow-origin"] == "https://shop.example"
    chat.origin = "https://elsewhere.example"
    for answer in (await chat.say("Hi"), await chat.open()):
        assert (answer.status_code, answer.json()["type"]) == (403, "origin")
    chat.origin = door.settings.public_url
    assert (await chat.open()).status_code == 200


async def test_an_unknown_key_is_not_found(door: Door) -> None:
    for key in ("nope", "", "' OR 1=1 --"):
        answer = await door.client().post("/api/widget/session", json={"key": key})
        assert answer.status_code == 404


async def test_a_person_is_asked_for_once_over_http(door: Door) -> None:
    chat, pressed = await door.chat(), str(uuid7())
    acks = [
        (await chat.ask("POST", "/api/widget/ask-person", json={"id": one, "page": None})).json()
        for one in (pressed, pressed, str(uuid7()))
    ]
    assert [ack["id"] for ack in acks[:2]] == [pressed, pressed]
    assert {ack["message"]["id"] for ack in acks} == {pressed}
    assert acks[0]["thread"]["waiting"] is True
    assert acks[0]["thread"]["promised_by"]
    assert await chat.texts() == [acks[0]["message"]["text"]]


async def test_reading_moves_the_unread_count_for_all_pages(door: Door) -> None:
    chat = await door.chat()
    assert (await chat.ask("POST", "/api/widget/read", json={"seq": 5})).status_code == 204
    await chat.ask("POST", "/api/widget/ask-person", json={"id": str(uuid7())})
    await chat.open()
    assert chat.session["unread"] == 1
    assert (await chat.ask("POST", "/api/widget/read", json={"seq": 1})).status_code == 204
    await chat.open()
    assert chat.session["unread"] == 0
