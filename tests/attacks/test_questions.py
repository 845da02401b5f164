"""What is asked in an address or a body is data: bad questions get a problem, never a fault."""

from collections.abc import Iterator
from typing import Any

import httpx

from shopbell.desk.ids import uuid7
from tests.attacks.written import everything
from tests.server.conftest import KEY, Door, Inbox, door, ticket_of

__all__ = ["door"]

NUMBERS = [
    "-1",
    "1e3",
    "0x10",
    "1.5",
    "9" * 16,
    "9" * 4000,
    "NaN",
    "\u0663",
    "1 OR 1=1",
    "%00",
    "1;--",
]
TEXTS = [
    "' OR '1'='1",
    "open'; DROP TABLE ticket; --",
    "open) UNION SELECT 1 --",
    "%00",
    "%ff%fe",
    "%ED%A0%80",
    "%F0%9F",
    "a" * 5_000,
    "%",
    "{}",
    "open%00",
    "OPEN",
    "(a+)+$",
]
IDS = ["x", "%00", "1", str(uuid7()) + "0", "'; SELECT pg_sleep(9) --", "\u2603"]


def questions(ticket: str, thread: str) -> Iterator[str]:
    for text in TEXTS:
        yield f"/api/tickets?view={text}"
    for one in [*IDS, str(uuid7())]:
        yield f"/api/tickets?cursor={one}"
    for since in ("", "-1", "9" * 30, "1e9", "%00", "\u0663"):
        yield f"/api/tickets?cursor={since}-{uuid7().hex}"
    for number in NUMBERS:
        yield f"/api/tickets?limit={number}"
        yield f"/api/threads/{thread}/messages?before={number}"
        yield f"/api/threads/{thread}/messages?limit={number}"
        yield f"/api/poll?epoch={uuid7()}&position={number}"
    for one in IDS:
        yield f"/api/tickets/{one}"
        yield f"/api/threads/{one}/messages"
        yield f"/api/turns/{one}"
        yield f"/api/poll?epoch={one}&position=1"


UNREAD = [
    "sort=id;--",
    "order=1",
    "view=open&view=' OR 1=1",
    "$where=1",
    "q=%00",
    "a[]=1",
    "&&&=&=",
]
"""Questions with parts that no door knows: answered as if they were not there."""


def is_problem(answer: httpx.Response) -> bool:
    kind = answer.headers.get("content-type", "")
    return (
        400 <= answer.status_code < 500
        and kind == "application/problem+json"
        and {"type", "title", "status"} <= answer.json().keys()
        and answer.json()["status"] == answer.status_code
    )


async def test_a_bad_question_gets_a_problem_document_and_touches_nothing(door: Door) -> None:
    ticket = str(await ticket_of(door, await door.chat()))
    (row,) = await door.sql("SELECT thread_id FROM ticket")
    cleo = await door.agent("cleo")
    before = await everything(door.shop.desk)
    for address in questions(ticket, str(row["thread_id"])):
        answer = await cleo.ask("GET", address)
        assert is_problem(answer), (address, answer.status_code, answer.text)
    for unread in UNREAD:
        answer = await cleo.ask("GET", f"/api/tickets?{unread}")
        assert answer.status_code in (200, 422), (unread, answer.text)
    assert await everything(door.shop.desk) == before
    assert [one["id"] for one in (await cleo.get("/api/tickets"))["tickets"]] == [ticket]


async def test_a_visitors_bad_question_is_answered_alike(door: Door) -> None:
    chat = await door.chat()
    await chat.say("Hello?")
    before = await everything(door.shop.desk)
    for number in NUMBERS:
        for name in ("before", "limit"):
            answer = await chat.ask("GET", f"/api/widget/messages?{name}={number}")
            assert is_problem(answer), (name, number, answer.text)
        answer = await chat.ask("GET", f"/api/widget/poll?epoch={uuid7()}&position={number}")
        assert is_problem(answer), (number, answer.text)
    assert await everything(door.shop.desk) == before


async def test_strange_addresses_are_not_found_and_no_fault(door: Door) -> None:
    client = door.client()
    for path in (
        "/assets/%00",
        "/assets/..%2f..%2fetc/passwd",
        "/assets/../shopbell/settings.py",
        "/assets/" + "a" * 5_000,
        "/assets/%ff",
        "/demo/products/%00",
        "/demo/products/' OR 1=1",
        "/demo/orders/%00",
        "/demo/collections/%00",
        "/demo/pictures/%00/%00.svg",
        "/api/nothing",
        "//api/tickets",
        "/%00",
    ):
        answer = await client.get(path)
        assert answer.status_code in (401, 404, 422), (path, answer.status_code)
    for method in ("PUT", "PATCH", "TRACE", "BREW"):
        answer = await client.request(method, "/api/tickets")
        assert is_problem(answer), method
        assert answer.status_code == 405


BODIES: list[bytes] = [
    b"",
    b"null",
    b"[]",
    b"1",
    b'"x"',
    b"{",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b'{"text":"\xff"}',
    b'{"text":"\xed\xa0\x80"}',
    b'{"id":"\\ud800"}',
    b'{"id":1e400}',
    b'{"seq":' + b"9" * 5_000 + b"}",
    b"[" * 100_000,
    b'{"x":' * 40_000,
    b'{"x":' + b"[" * 100_000 + b"}",
    b'{"id":"x","id":"y"}',
    b"a=1&b=2",
]


async def test_a_bad_body_gets_a_problem_document_at_every_writing_door(door: Door) -> None:
    chat = await door.chat()
    ticket = await ticket_of(door, chat)
    (row,) = await door.sql("SELECT thread_id FROM ticket")
    cleo, client = await door.agent("cleo"), Inbox(door.client(), door.settings.public_url)
    before = await everything(door.shop.desk)
    doors: list[tuple[Any, str, str]] = [
        *((cleo, "POST", f"/api/tickets/{ticket}/{one}") for one in ("messages", "snooze", "tags")),
        (cleo, "POST", f"/api/tickets/{ticket}/priority"),
        (cleo, "POST", f"/api/threads/{row['thread_id']}/read"),
        (cleo, "POST", "/api/agents"),
        (client, "POST", "/api/session"),
        (client, "POST", "/api/invitation"),
        (client, "POST", "/api/widget/session"),
        *((chat, "POST", f"/api/widget/{one}") for one in ("messages", "ask-person", "read")),
    ]
    for who, method, path in doors:
        for body in BODIES:
            answer = await who.ask(method, path, content=body)
            assert is_problem(answer), (path, body[:30], answer.status_code, answer.text)
        answer = await who.ask(method, path, content=b'{"x":"' + b"x" * 300_000 + b'"}')
        assert answer.status_code == 413, path
    assert await everything(door.shop.desk) == before


async def test_the_character_that_postgres_cannot_hold_is_left_out(door: Door) -> None:
    chat, nul = await door.chat(), "\x00"
    page = {"url": f"https://shop.example/{nul}", "title": nul}
    said = await chat.say(f"{nul}Hello{nul} \\u0000", page=page)
    assert said.json()["message"]["text"] == "Hello \\u0000"
    (row,) = await door.sql("SELECT extra -> 'page' AS page, ticket_id FROM message")
    assert row["page"] == {"url": "https://shop.example/"}
    cleo = await door.agent("cleo")
    path = f"/api/tickets/{row['ticket_id']}"
    tagged = await cleo.ask("POST", f"{path}/tags", json={"tags": [f"a{nul}b", nul + "c"]})
    assert tagged.json()["tags"] == ["ab", "c"]
    await cleo.ask("POST", f"{path}/take-over", json={})
    released = await cleo.ask("POST", f"{path}/release", json={"note": f"done{nul}"})
    assert released.status_code == 200
    for email in (f"ben{nul}@demo.shop", nul):
        refused = await cleo.ask("POST", "/api/session", json={"email": email, "password": nul})
        assert refused.status_code in (401, 422)
    opened = await door.client().post("/api/widget/session", json={"key": f"{KEY}{nul}"})
    assert opened.status_code == 200


async def test_a_read_position_beyond_all_numbers_moves_nothing_backwards(door: Door) -> None:
    chat = await door.chat()
    await ticket_of(door, chat)
    (row,) = await door.sql("SELECT thread_id FROM ticket")
    ben, cleo, path = (
        await door.agent(),
        await door.agent("cleo"),
        f"/api/threads/{row['thread_id']}/read",
    )
    await ben.ask("POST", path, json={"seq": 1})
    await chat.ask("POST", "/api/widget/read", json={"seq": 1})
    before = await everything(door.shop.desk)
    for seq in (0, -1, -(2**63), -(10**30), 2**63, 10**30):
        for who, where in ((ben, path), (cleo, path), (chat, "/api/widget/read")):
            answer = await who.ask("POST", where, json={"seq": seq})
            assert answer.status_code in (204, 422), (seq, answer.text)
    assert await door.sql("SELECT DISTINCT seq FROM agent_read") == [{"seq": 1}]
    assert (await everything(door.shop.desk))["thread"] == before["thread"]
