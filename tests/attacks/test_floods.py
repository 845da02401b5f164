"""Endless chats and huge pastes: what one visitor can cost is bounded, and others do not wait."""

from typing import Any

import httpx
import pytest

from shopbell.desk.ids import uuid7
from shopbell.desk.messages.types import MAX_TEXT
from shopbell.server.limits import MESSAGE, Rate
from shopbell.server.widget import session
from tests.attacks.written import everything
from tests.desk.conftest import Shop
from tests.server.conftest import KEY, Door, door
from tests.server.live import Served

__all__ = ["door"]


async def test_a_visitor_who_writes_without_end_is_told_to_wait_on_every_way(
    served: Served, shop: Shop
) -> None:
    visitor, tom = await served.visitor(), await served.visitor()
    bearer = {"authorization": f"Bearer {visitor['token']}"}
    async with (
        served.shopper(visitor["token"]) as mia,
        served.shopper(tom["token"]) as other,
        httpx.AsyncClient(base_url=served.url, headers=bearer) as http,
    ):
        problem: Any = None
        acked = 0
        while problem is None:
            assert acked < 3 * MESSAGE.burst
            await mia.tell(type="send", draft={"id": str(uuid7()), "text": f"Number {acked}"})
            frame = await mia.hear_any("ack", "refused")
            acked += frame["type"] == "ack"
            problem = frame.get("problem")
        assert (problem["type"], problem["status"]) == ("too_many", 429)
        assert problem["retry_after"] >= 1
        assert MESSAGE.burst <= acked
        draft = {"id": str(uuid7()), "text": "By the other door"}
        answer = await http.post("/api/widget/messages", json=draft)
        if answer.status_code == 429:
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json()["type"] == "too_many"
        else:
            acked += 1
        await served.say(other, "I may")
        assert await shop.count("message") == acked + 1
        assert await shop.count("turn WHERE status = 'due'") == 2
        assert await shop.count("ticket") == 2


async def test_the_limit_holds_while_redis_is_away(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = door.app.state.shopbell.limits
    monkeypatch.setattr(limits, "_away_until", float("inf"))
    chat, other = await door.chat(), await door.chat()
    statuses = [(await chat.say(f"{number}")).status_code for number in range(MESSAGE.burst * 2)]
    assert 429 in statuses
    assert (await other.say("I may")).status_code == 200
    assert await door.shop.count("message") == statuses.count(200) + 1


async def test_new_visitors_without_end_from_one_address_are_told_to_wait(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "SESSION", Rate("session", 3, 600))
    client = door.client()
    answers = [
        await client.post(
            "/api/widget/session",
            json={"key": KEY},
            headers={"x-forwarded-for": f"203.0.113.{number}", "forwarded": f"for=10.0.0.{number}"},
        )
        for number in range(5)
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 1
    assert await door.shop.count("customer") == 0


async def test_quick_messages_call_the_assistant_once(door: Door) -> None:
    chat = await door.chat()
    for number in range(10):
        assert (await chat.say(f"And {number}?")).status_code == 200
    turns = await door.sql("SELECT from_seq, upto_seq, status FROM turn")
    assert turns == [{"from_seq": 1, "upto_seq": 10, "status": "due"}]


async def test_a_person_asked_for_without_end_is_asked_for_once(door: Door) -> None:
    chat = await door.chat()
    statuses = {
        (await chat.ask("POST", "/api/widget/ask-person", json={"id": str(uuid7())})).status_code
        for _ in range(10)
    }
    assert statuses == {200}
    assert await door.shop.count("message") == 1
    assert await door.sql("SELECT epoch, control FROM ticket") == [
        {"epoch": 2, "control": "agents"}
    ]


async def test_a_huge_paste_is_refused_in_words_and_leaves_nothing(door: Door) -> None:
    chat = await door.chat()
    longest = await chat.say("\U0001f514" * MAX_TEXT)
    assert longest.status_code == 200
    before = await everything(door.shop.desk)
    for text, more in (
        ("x" * (MAX_TEXT + 1), {}),
        (" \n\t ", {}),
        ("\x00", {}),
        ("x", {"attachments": [str(uuid7()) for _ in range(11)]}),
    ):
        answer = await chat.say(text, **more)
        assert answer.status_code == 422
        assert answer.json()["title"]
        assert len(answer.content) < 500
    assert (await chat.say("x" * 300_000)).status_code == 413
    assert await everything(door.shop.desk) == before


async def test_a_page_that_tells_too_much_is_cut(door: Door) -> None:
    chat = await door.chat()
    page = {name: f"{name} " * 3_000 for name in ("url", "title", "product", "sku", "price")}
    assert (await chat.say("Hi", page=page)).status_code == 200
    (row,) = await door.sql("SELECT length(extra::text) AS size FROM message")
    assert row["size"] < 5 * 2_000 + 200
