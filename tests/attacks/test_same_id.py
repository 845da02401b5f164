"""One client-made id is one message: said twice, at once, on two servers, after a reconnect."""

import asyncio
from typing import Any

import httpx

from shopbell.desk.ids import uuid7
from shopbell.server.doors import COOKIE
from shopbell.settings import Settings
from tests.attacks.written import everything
from tests.desk.conftest import Shop
from tests.server.live import Served, Socket, serving


async def outcome(socket: Socket, message_id: str) -> Any:
    """The ack or the refusal of what was sent under this id."""
    while True:
        frame = await socket.hear_any()
        if frame["type"] in ("ack", "refused") and frame["id"] == message_id:
            return frame


async def test_one_id_on_all_ways_at_once_is_one_message_and_one_ack_each(
    served: Served, settings: Settings, shop: Shop
) -> None:
    visitor = await served.visitor()
    bearer = {"authorization": f"Bearer {visitor['token']}"}
    draft = {"id": str(uuid7()), "text": "Once"}
    async with (
        serving(settings, shop) as elsewhere,
        served.shopper(visitor["token"]) as page,
        served.shopper(visitor["token"]) as tab,
        elsewhere.shopper(visitor["token"]) as there,
        httpx.AsyncClient(base_url=elsewhere.url, headers=bearer) as http,
    ):
        sockets = (page, tab, there)
        for socket in sockets:
            for _ in range(3):
                await socket.tell(type="send", draft=draft)
        answers = await asyncio.gather(
            *(http.post("/api/widget/messages", json=draft) for _ in range(4))
        )
        acks = [await outcome(socket, draft["id"]) for socket in sockets for _ in range(3)]
        assert {ack["type"] for ack in acks} == {"ack"}
        assert {ack["message"]["seq"] for ack in acks} == {1}
        assert {answer.status_code for answer in answers} == {200}
        for socket in sockets:
            await socket.tell(type="ping")
            await socket.hear("pong")
            said = [event for frame in socket.seen for event in frame.get("events", ())]
            assert sum("message" in event for event in said) <= 1
            assert sum(frame["type"] == "ack" for frame in socket.seen) == 3
    async with served.shopper(visitor["token"]) as again:
        await again.tell(type="send", draft={**draft, "text": "Once more"})
        assert (await outcome(again, draft["id"]))["message"]["text"] == "Once"
    for table in ("message", "ticket", "thread", "customer", "turn"):
        assert (table, await shop.count(table)) == (table, 1)


async def test_an_agents_id_sent_twice_at_once_is_one_reply(served: Served, shop: Shop) -> None:
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    headers = {"origin": served.url}
    async with (
        served.shopper(visitor["token"]) as mia,
        served.agent(cookie) as ben,
        served.agent(cookie) as tab,
        httpx.AsyncClient(base_url=served.url, cookies={COOKIE: cookie}, headers=headers) as http,
    ):
        await served.say(mia, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        draft = {"id": str(uuid7()), "text": "Hi"}
        for socket in (ben, tab, ben):
            await socket.tell(type="send", ticket_id=ticket, draft=draft)
        over_http = await http.post(f"/api/tickets/{ticket}/messages", json={"draft": draft})
        acks = [await outcome(socket, draft["id"]) for socket in (ben, tab, ben)]
        assert {ack["message"]["seq"] for ack in [*acks, over_http.json()]} == {2}
    assert await shop.count("message WHERE author_kind = 'agent'") == 1
    assert await shop.count("delivery") == 1


async def test_one_id_of_two_visitors_at_once_is_the_first_ones(
    served: Served, settings: Settings, shop: Shop
) -> None:
    visitors = [await served.visitor() for _ in range(2)]
    async with (
        serving(settings, shop) as elsewhere,
        served.shopper(visitors[0]["token"]) as mia,
        elsewhere.shopper(visitors[1]["token"]) as tom,
    ):
        for _ in range(5):
            message_id = str(uuid7())
            texts = ("Mia's own", "Tom's own")
            for socket, text in zip((mia, tom), texts, strict=True):
                await socket.tell(type="send", draft={"id": message_id, "text": text})
            found = await asyncio.gather(outcome(mia, message_id), outcome(tom, message_id))
            assert sorted(frame["type"] for frame in found) == ["ack", "refused"]
            first = 0 if found[0]["type"] == "ack" else 1
            assert found[first]["message"]["text"] == texts[first]
            problem = found[1 - first]["problem"]
            assert problem["type"] == "not_found"
            assert texts[first] not in repr(problem)
            before = await everything(shop.desk)
            loser = (mia, tom)[1 - first]
            await loser.tell(type="ask_person", id=message_id)
            assert (await outcome(loser, message_id))["problem"] == problem
            assert await everything(shop.desk) == before
    assert await shop.count("message") == 5
