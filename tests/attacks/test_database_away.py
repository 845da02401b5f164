"""While the database is away nothing is acknowledged, and every door says when to try again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from shopbell.cli.embedded.postgres import Postgres
from shopbell.desk.ids import uuid7
from shopbell.server.doors import COOKIE
from tests.desk.conftest import Shop
from tests.server.live import PASSWORD, WIDGET_KEY, Served, Socket, until


@pytest.fixture
async def away(postgres: Postgres, database_url: str, served: Served) -> AsyncGenerator[Any]:
    """A context in which the server's database lets nobody in, and those who were are out."""
    name = urlsplit(database_url).path.lstrip("/")
    served.state.desk.pool.timeout = 0.2

    def let_in(allowed: bool) -> None:
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}".encode())
            if not allowed:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                    (name,),
                )

    @asynccontextmanager
    async def without() -> AsyncGenerator[None]:
        await asyncio.to_thread(let_in, False)
        try:
            yield
        finally:
            await asyncio.to_thread(let_in, True)

    yield without
    await asyncio.to_thread(let_in, True)


def says_when(problem: Any) -> bool:
    return (
        problem["type"] == "unavailable"
        and problem["status"] == 503
        and problem["retry_after"] > 0
        and "Try again" in problem["detail"]
    )


async def told(socket: Socket, message_id: str) -> Any:
    """The ack or refusal of this id; an ack of another is a fault."""
    frame = await socket.hear_any("ack", "refused")
    assert frame["id"] == message_id
    return frame


async def test_every_door_answers_503_with_retry_after_and_sockets_refuse(
    served: Served, shop: Shop, away: Any
) -> None:
    visitor, cookie = await served.visitor(), await served.cookie("ben@demo.shop")
    bearer = {"authorization": f"Bearer {visitor['token']}"}
    own = {"origin": served.url}
    draft = {"id": str(uuid7()), "text": "Is anybody there?"}
    reply = {"id": str(uuid7()), "text": "I am"}
    async with (
        served.shopper(visitor["token"]) as mia,
        served.agent(cookie) as ben,
        httpx.AsyncClient(base_url=served.url, headers=bearer) as widget,
        httpx.AsyncClient(base_url=served.url, cookies={COOKIE: cookie}, headers=own) as inbox,
    ):
        await served.say(mia, "Hello?")
        event = await ben.event(lambda one: "ticket" in one)
        ticket, thread = event["ticket"]["id"], event["thread_id"]
        async with away():
            sign_in = {"email": "ben@demo.shop", "password": PASSWORD}
            answers = await asyncio.gather(
                widget.post("/api/widget/session", json={"key": WIDGET_KEY}),
                widget.post("/api/widget/messages", json=draft),
                widget.post("/api/widget/ask-person", json={"id": str(uuid7())}),
                widget.post("/api/widget/read", json={"seq": 1}),
                widget.get("/api/widget/messages"),
                widget.get("/api/widget/poll"),
                inbox.post("/api/session", json=sign_in),
                inbox.get("/api/me"),
                inbox.get("/api/counts"),
                inbox.get("/api/tickets"),
                inbox.get(f"/api/tickets/{ticket}"),
                inbox.get(f"/api/threads/{thread}/messages"),
                inbox.get("/api/poll"),
                inbox.post(f"/api/tickets/{ticket}/messages", json={"draft": reply}),
                inbox.post(f"/api/tickets/{ticket}/take-over", json={}),
            )
            for answer in answers:
                assert (answer.request.url.path, answer.status_code) == (
                    answer.request.url.path,
                    503,
                )
                assert answer.headers["content-type"] == "application/problem+json"
                assert int(answer.headers["retry-after"]) > 0
                assert says_when(answer.json())
            ready = await widget.get("/readyz")
            assert (ready.status_code, "retry-after" in ready.headers) == (503, True)
            assert (await widget.get("/healthz")).status_code == 200

            await mia.tell(type="send", draft=draft)
            pressed = str(uuid7())
            await ben.tell(type="send", ticket_id=ticket, draft=reply)
            refused = [await told(mia, draft["id"]), await told(ben, reply["id"])]
            await mia.tell(type="ask_person", id=pressed)
            refused.append(await told(mia, pressed))
            assert [frame["type"] for frame in refused] == ["refused"] * 3
            assert all(says_when(frame["problem"]) for frame in refused)
            for socket, frame in (
                (mia, {"type": "typing", "on": True}),
                (mia, {"type": "read", "seq": 1}),
                (ben, {"type": "read", "thread_id": thread, "seq": 1}),
                (ben, {"type": "view", "ticket_id": ticket}),
            ):
                await socket.tell(**frame)
                await socket.tell(type="ping")
                await socket.hear("pong")

        async def back() -> bool:
            return (await widget.get("/readyz")).status_code == 200

        await until(back)
        for desk in (shop.desk, served.state.desk):
            await desk.pool.check()
        assert await shop.count("message") == 1
        await mia.tell(type="send", draft=draft)
        assert (await told(mia, draft["id"]))["type"] == "ack"
        heard = await ben.event(lambda one: one.get("message", {}).get("id") == draft["id"])
        assert heard["message"]["seq"] == 2
        await ben.tell(type="send", ticket_id=ticket, draft=reply)
        assert (await told(ben, reply["id"]))["type"] == "ack"
    assert await shop.count("message") == 3
    assert await shop.count("ticket WHERE control = 'agents'") == 1
