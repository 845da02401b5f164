"""Whoever may no longer listen hears nothing after it, on every socket of theirs and every server."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from psycopg.types.json import Jsonb
from websockets.exceptions import ConnectionClosedError

from shopbell.desk.events.types import Event
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Author, Draft
from shopbell.desk.people.commands import session_of, sign_out
from shopbell.desk.people.invitations import accept, invite
from shopbell.desk.people.types import Role
from shopbell.server.doors import COOKIE
from shopbell.server.widget import tokens
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.server.live import Served, Socket, serving, until

LATEST_S = 5.0


async def change_agent(shop: Shop, *, role: Role, disabled: bool) -> None:
    """What an admin's change of Ben does: his row and its event, in one commit."""
    changed = msgspec.structs.replace(shop.ben, role=role, disabled=disabled, version=2)
    event = Event(
        kind="agent.updated", at=shop.desk.now(), actor=Author(kind="system"), agent=changed
    )
    async with shop.desk.pool.connection() as connection, connection.transaction():
        await connection.execute(
            "UPDATE agent SET role = %s, disabled_at = CASE WHEN %s THEN now() END WHERE id = %s",
            (role, disabled, shop.ben.id),
        )
        await connection.execute(
            "INSERT INTO outbox (kind, payload, at) VALUES (%s, %s, %s)",
            (event.kind, Jsonb(event), event.at),
        )


async def disabled(shop: Shop, _: UUID) -> None:
    await change_agent(shop, role="agent", disabled=True)


async def made_viewer(shop: Shop, _: UUID) -> None:
    await change_agent(shop, role="viewer", disabled=False)


async def signed_out(shop: Shop, session_id: UUID) -> None:
    await sign_out(shop.desk, session_id)


async def new_password(shop: Shop, _: UUID) -> None:
    token = await invite(shop.desk, shop.ben.id)
    await accept(shop.desk, token, name="Ben", password="another-green-wool")


async def say(shop: Shop, text: str) -> None:
    await receive(shop.desk, await shop.thread(), shop.connection, Draft(id=uuid7(), text=text))


async def listening(served: Served, count: int) -> bool:
    return len(served.state.hub.agents_listening()) == count


@asynccontextmanager
async def polling(served: Served, cookie: str) -> AsyncGenerator[asyncio.Task[httpx.Response]]:
    """A long poll of an agent that waits for what comes next."""
    async with httpx.AsyncClient(
        base_url=served.url, cookies={COOKIE: cookie}, timeout=LATEST_S
    ) as http:
        welcome = (await http.get("/api/poll")).json()
        at = {"epoch": welcome["epoch"], "position": welcome["position"]}
        before = len(served.state.hub.agents_listening())
        waiting = asyncio.create_task(http.get("/api/poll", params=at))
        await until(lambda: listening(served, before + 1))
        yield waiting
        waiting.cancel()


async def heard_until_closed(socket: Socket) -> tuple[int | None, list[Any]]:
    """The close code, and every event that came before it."""
    events: list[Any] = []
    with suppress(ConnectionClosedError):
        async with asyncio.timeout(LATEST_S):
            async for text in socket.connection:
                events += msgspec.json.decode(text).get("events", [])
    return socket.connection.close_code, events


async def test_no_event_reaches_an_agent_after_their_access_changed(
    served: Served, settings: Settings, shop: Shop
) -> None:
    cleo_cookie = await served.cookie("cleo@demo.shop")
    async with serving(settings, shop) as elsewhere, served.agent(cleo_cookie) as cleo:
        for revoke in (disabled, made_viewer, signed_out, new_password):
            async with shop.desk.pool.connection() as connection:
                await connection.execute("UPDATE agent SET role = 'agent', disabled_at = NULL")
            cookie = await served.cookie("ben@demo.shop")
            session = await session_of(shop.desk, cookie)
            assert session is not None
            async with (
                served.agent(cookie) as here,
                elsewhere.agent(cookie) as there,
                polling(served, cookie) as poll,
            ):
                after = f"After being {revoke.__name__}"
                await revoke(shop, session.id)
                await say(shop, after)
                for socket in (here, there):
                    code, events = await heard_until_closed(socket)
                    assert (revoke.__name__, code) == (revoke.__name__, 4401)
                    assert [one for one in events if "message" in one] == []
                assert after not in (await poll).text
            await cleo.event(lambda one, after=after: one.get("message", {}).get("text") == after)


async def test_what_no_event_tells_of_is_noticed_too(served: Served, shop: Shop) -> None:
    cookies = [await served.cookie("ben@demo.shop") for _ in range(2)]
    cleo_cookie = await served.cookie("cleo@demo.shop")
    async with (
        served.agent(cookies[0]) as expired,
        served.agent(cookies[1]) as going_on,
        served.agent(cleo_cookie) as cleo,
        polling(served, cleo_cookie) as poll,
    ):
        session = await session_of(shop.desk, cookies[0])
        assert session is not None
        async with shop.desk.pool.connection() as connection:
            await connection.execute(
                "UPDATE agent_session SET expires_at = now() WHERE id = %s", (session.id,)
            )
            await connection.execute("UPDATE agent SET role = 'viewer' WHERE name = 'Cleo'")
        codes = [(await heard_until_closed(socket))[0] for socket in (expired, cleo)]
        assert codes == [4401, 4401]
        assert (await poll).status_code == 401
        await going_on.tell(type="ping")
        await going_on.hear("pong")


async def test_a_session_that_ends_before_the_hello_hears_nothing(
    served: Served, shop: Shop
) -> None:
    cookie = await served.cookie("ben@demo.shop")
    session = await session_of(shop.desk, cookie)
    assert session is not None
    headers = {"cookie": f"{COOKIE}={cookie}"}
    async with served.open("/ws/agent", origin=served.url, headers=headers) as socket:
        await sign_out(shop.desk, session.id)
        await socket.tell(type="hello")
        assert await heard_until_closed(socket) == (4401, [])


async def test_a_revoked_agent_who_leaves_the_closing_frame_unread_writes_nothing_more(
    served: Served, shop: Shop
) -> None:
    cookie = await served.cookie("ben@demo.shop")
    session = await session_of(shop.desk, cookie)
    assert session is not None
    async with served.agent(cookie) as ben:
        await say(shop, "Hello?")
        ticket = (await ben.event(lambda one: "ticket" in one))["ticket"]["id"]
        ben.connection.transport.pause_reading()
        (listener,) = served.state.hub.agents_listening()
        for position in range(500):
            listener.event(position + 1, f'"{"x" * 20_000}"')
        await sign_out(shop.desk, session.id)
        await until(lambda: listening(served, 0))
        for _ in range(3):
            await ben.tell(type="send", ticket_id=ticket, draft={"id": str(uuid7()), "text": "Ha"})
        ben.connection.transport.resume_reading()
        await heard_until_closed(ben)
    assert await shop.count("message WHERE author_kind = 'agent'") == 0


async def test_a_shopper_who_signed_out_is_heard_no_further_on_any_page(
    served: Served, shop: Shop
) -> None:
    for wrote in (False, True):
        visitor = await served.visitor()
        bearer = {"authorization": f"Bearer {visitor['token']}"}
        async with (
            served.shopper(visitor["token"]) as page,
            served.shopper(visitor["token"]) as other,
            httpx.AsyncClient(base_url=served.url, headers=bearer) as http,
        ):
            if wrote:
                await served.say(page, "Hello?")
            assert (await http.delete("/api/widget/session")).status_code == 204
            for socket in (page, other):
                assert (await heard_until_closed(socket))[0] == 4401
            refused = await http.post(
                "/api/widget/messages", json={"id": str(uuid7()), "text": "Still me"}
            )
            assert refused.status_code == 401
    assert await shop.count("message") == 1


async def test_a_shoppers_socket_ends_with_its_token(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "ANONYMOUS_LIFE", timedelta(seconds=2))
    visitor = await served.visitor()
    async with served.shopper(visitor["token"]) as mia:
        assert (await heard_until_closed(mia))[0] == 4401
