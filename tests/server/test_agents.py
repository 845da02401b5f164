"""Admins add, change and sign out agents; one-time links open once, and ended sessions hear nothing."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from shopbell.desk.ids import uuid7
from shopbell.desk.people.commands import change_password
from shopbell.desk.people.invitations import invite
from shopbell.desk.people.types import Session
from shopbell.server.doors import COOKIE
from shopbell.settings import Settings
from tests.desk.conftest import Shop
from tests.server.conftest import Door, Inbox, ticket_of
from tests.server.live import PASSWORD, Served, serving

NEW = {"email": "dora@demo.shop", "name": "Dora", "role": "agent"}


async def accepted(door: Door, link: str, **more: Any) -> tuple[Inbox, Any]:
    """A new browser in which this link was opened, and what it was answered."""
    inbox = Inbox(door.client(), door.settings.public_url)
    body = {"token": link.split("#")[1], "name": "Dora", "password": "a long password", **more}
    return inbox, await inbox.ask("POST", "/api/invitation", json=body)


async def added(cleo: Inbox, **more: Any) -> Any:
    answer = await cleo.ask("POST", "/api/agents", json={**NEW, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_a_link_lets_a_new_agent_in_and_works_once(door: Door) -> None:
    cleo = await door.agent("cleo")
    invited = await added(cleo)
    assert invited["link"].startswith(f"{door.settings.public_url}/invitation#")
    dora, answer = await accepted(door, invited["link"])
    assert answer.json()["agent"] == {**invited["agent"], "version": 2}
    assert (await dora.get("/api/me"))["agent"]["role"] == "agent"
    _, again = await accepted(door, invited["link"])
    assert (again.status_code, again.json()["type"]) == (404, "invitation_gone")
    body = {"email": NEW["email"], "password": "a long password"}
    assert (await dora.ask("POST", "/api/session", json=body)).status_code == 200
    kept = await door.sql("SELECT token_hash FROM agent_invitation")
    assert all(invited["link"].split("#")[1].encode() not in row["token_hash"] for row in kept)


async def test_a_link_that_two_open_at_once_lets_one_in(door: Door) -> None:
    invited = await added(await door.agent("cleo"))
    answers = await asyncio.gather(*(accepted(door, invited["link"]) for _ in range(4)))
    assert sorted(one.status_code for _, one in answers) == [200, 404, 404, 404]


async def test_used_expired_replaced_and_made_up_links_are_not_told_apart(door: Door) -> None:
    cleo = await door.agent("cleo")
    invited = await added(cleo)
    newer = await cleo.ask("POST", f"/api/agents/{invited['agent']['id']}/invitation")
    _, replaced = await accepted(door, invited["link"])
    await door.sql("UPDATE agent_invitation SET expires_at = now() WHERE used_at IS NULL")
    _, expired = await accepted(door, newer.json()["link"])
    _, made_up = await accepted(door, "x#not-a-token")
    assert {one.status_code for one in (replaced, expired, made_up)} == {404}
    assert len({one.content for one in (replaced, expired, made_up)}) == 1


async def test_a_short_password_leaves_the_link_good(door: Door) -> None:
    invited = await added(await door.agent("cleo"))
    _, short = await accepted(door, invited["link"], password="short")
    assert (short.status_code, short.json()["type"]) == (422, "invalid")
    _, answer = await accepted(door, invited["link"])
    assert answer.status_code == 200


async def test_a_new_link_ends_the_sessions_once_a_password_is_chosen(door: Door) -> None:
    cleo, ben = await door.agent("cleo"), await door.agent("ben")
    link = await cleo.ask("POST", f"/api/agents/{door.shop.ben.id}/invitation")
    assert (await ben.ask("GET", "/api/me")).status_code == 200
    _, answer = await accepted(door, link.json()["link"], name="Ben")
    assert answer.status_code == 200
    assert (await ben.ask("GET", "/api/me")).status_code == 401


@pytest.mark.parametrize(
    ("change", "left"), [({"disabled": True}, 401), ({"role": "viewer"}, 200), ({"name": "B"}, 200)]
)
async def test_disabling_signs_out_everywhere_and_another_role_does_not(
    door: Door, change: dict[str, Any], left: int
) -> None:
    cleo, browsers = await door.agent("cleo"), [await door.agent("ben") for _ in range(2)]
    path = f"/api/agents/{door.shop.ben.id}"
    changed = (await cleo.ask("PATCH", path, json=change)).json()
    assert changed.items() >= {**change, "version": 2}.items()
    assert [(await one.ask("GET", "/api/me")).status_code for one in browsers] == [left, left]
    (noted,) = await door.sql("SELECT * FROM audit")
    assert (noted["action"], noted["detail"]) == ("agent.changed", change)
    assert noted["who"] == f"agent {door.shop.cleo.id}"


async def test_a_disabled_agent_s_open_tickets_wait_for_another(door: Door) -> None:
    cleo, ben, tickets = await door.agent("cleo"), await door.agent("ben"), list[UUID]()
    for _ in range(3):
        tickets.append(await ticket_of(door, await door.chat()))
        assert (await ben.ask("POST", f"/api/tickets/{tickets[-1]}/take-over")).status_code == 200
    done = tickets.pop()
    assert (await ben.ask("POST", f"/api/tickets/{done}/resolve")).status_code == 200
    path, off = f"/api/agents/{door.shop.ben.id}", {"disabled": True}
    assert (await cleo.ask("PATCH", path, json=off)).status_code == 200
    for one in tickets:
        left = (await cleo.get(f"/api/tickets/{one}"))["ticket"]
        assert (left["control"], left.get("assignee_id")) == ("agents", None)
        assert left["waiting_since"]
    kept = (await cleo.get(f"/api/tickets/{done}"))["ticket"]
    assert kept["assignee_id"] == str(door.shop.ben.id)


async def test_signing_out_everywhere_ends_every_session_of_that_agent_only(door: Door) -> None:
    cleo, browsers = await door.agent("cleo"), [await door.agent("ben") for _ in range(2)]
    answer = await cleo.ask("DELETE", f"/api/agents/{door.shop.ben.id}/sessions")
    assert answer.status_code == 204
    assert [(await one.ask("GET", "/api/me")).status_code for one in browsers] == [401, 401]
    assert (await cleo.ask("GET", "/api/me")).status_code == 200
    again = await door.agent("ben")
    assert (await again.ask("GET", "/api/me")).status_code == 200


async def test_the_last_admin_stays_one(door: Door) -> None:
    cleo = await door.agent("cleo")
    await added(cleo, role="admin")  # invited, but cannot sign in yet
    for change in ({"disabled": True}, {"role": "agent"}):
        refused = await cleo.ask("PATCH", f"/api/agents/{door.shop.cleo.id}", json=change)
        assert (refused.status_code, refused.json()["type"]) == (409, "last_admin")
    assert (await cleo.ask("GET", "/api/me")).status_code == 200


async def test_two_admins_who_demote_each_other_leave_one(door: Door) -> None:
    await door.sql("UPDATE agent SET role = 'admin'")
    cleo, ben = await door.agent("cleo"), await door.agent("ben")
    await asyncio.gather(
        cleo.ask("PATCH", f"/api/agents/{door.shop.ben.id}", json={"role": "agent"}),
        ben.ask("PATCH", f"/api/agents/{door.shop.cleo.id}", json={"role": "agent"}),
    )
    (left,) = await door.sql("SELECT count(*) AS n FROM agent WHERE role = 'admin'")
    assert left["n"] == 1


async def test_only_admins_pass_and_everyone_is_listed(door: Door) -> None:
    cleo, ben = await door.agent("cleo"), await door.agent("ben")
    listed = await cleo.get("/api/agents")
    assert [one["name"] for one in listed["agents"]] == ["Ben", "Cleo"]
    own = f"/api/agents/{door.shop.ben.id}"
    doors = [
        ("GET", "/api/agents"),
        ("POST", "/api/agents"),
        ("PATCH", own),
        ("POST", f"{own}/invitation"),
        ("DELETE", f"{own}/sessions"),
        ("DELETE", f"/api/agents/{uuid7()}/sessions"),
    ]
    for method, path in doors:
        refused = await ben.ask(method, path, json={"role": "admin"})
        assert (refused.status_code, refused.json()["type"]) == (403, "role"), (method, path)
    (row,) = await door.sql("SELECT role FROM agent WHERE id = %s", door.shop.ben.id)
    assert row["role"] == "agent"


async def test_an_agent_who_is_not_there_is_not_found_at_every_door(door: Door) -> None:
    cleo = await door.agent("cleo")
    wrong: tuple[UUID | str, ...] = (uuid7(), "no-id")
    for method, rest in (("PATCH", ""), ("POST", "/invitation"), ("DELETE", "/sessions")):
        for one in wrong:
            answer = await cleo.ask(method, f"/api/agents/{one}{rest}", json={})
            assert (answer.status_code, answer.json()["type"]) == (404, "not_found")
    assert await door.sql("SELECT 1 FROM audit") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({**NEW, "email": "no address"}, 422),
        ({**NEW, "email": "BEN@demo.shop"}, 409),
        ({**NEW, "role": "owner"}, 422),
        ({**NEW, "verified": True}, 422),
        ({"email": "x@y.z"}, 422),
    ],
)
async def test_what_cannot_be_an_agent_is_refused_in_words(
    door: Door, body: dict[str, Any], status: int
) -> None:
    cleo = await door.agent("cleo")
    refused = await cleo.ask("POST", "/api/agents", json=body)
    assert (refused.status_code, bool(refused.json()["title"])) == (status, True)
    (count,) = await door.sql("SELECT count(*) AS n FROM agent")
    assert count["n"] == 2


async def disable(cleo: httpx.AsyncClient, shop: Shop) -> httpx.Response:
    return await cleo.patch(f"/api/agents/{shop.ben.id}", json={"disabled": True})


async def make_viewer(cleo: httpx.AsyncClient, shop: Shop) -> httpx.Response:
    return await cleo.patch(f"/api/agents/{shop.ben.id}", json={"role": "viewer"})


async def sign_out_everywhere(cleo: httpx.AsyncClient, shop: Shop) -> httpx.Response:
    return await cleo.delete(f"/api/agents/{shop.ben.id}/sessions")


async def change_own_password(_: httpx.AsyncClient, shop: Shop) -> httpx.Response:
    session = Session(id=uuid7(), agent=shop.ben, expires_at=shop.desk.now())
    await change_password(shop.desk, session, old=PASSWORD, new="a longer one")
    return httpx.Response(204)


async def choose_another_password(cleo: httpx.AsyncClient, shop: Shop) -> httpx.Response:
    body = {"token": await invite(shop.desk, shop.ben.id), "name": "Ben", "password": "0123456789"}
    async with httpx.AsyncClient(base_url=cleo.base_url, headers=cleo.headers) as other:
        return await other.post("/api/invitation", json=body)


@pytest.mark.parametrize(
    "end",
    [
        disable,
        make_viewer,
        sign_out_everywhere,
        choose_another_password,
        change_own_password,
    ],
)
async def test_what_ends_sessions_or_changes_the_role_closes_every_socket_with_its_own_code(
    settings: Settings, shop: Shop, end: Any
) -> None:
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET role = 'admin' WHERE name = 'Cleo'")
    async with serving(settings, shop) as served, _browser(served, "cleo@demo.shop") as cleo:
        cookies = [await served.cookie("ben@demo.shop") for _ in range(2)]
        async with (
            served.agent(cookies[0]) as one,
            served.agent(cookies[1]) as other,
            served.agent(cleo.cookies[COOKIE]) as going_on,
        ):
            assert (await end(cleo, shop)).is_success
            async with asyncio.timeout(5):
                await asyncio.gather(one.connection.wait_closed(), other.connection.wait_closed())
            assert {one.connection.close_code, other.connection.close_code} == {4401}
            await going_on.tell(type="ping")
            await going_on.hear("pong")


@asynccontextmanager
async def _browser(served: Served, email: str) -> AsyncGenerator[httpx.AsyncClient]:
    """An agent's browser over the network."""
    cookies = {COOKIE: await served.cookie(email)}
    headers = {"origin": served.url}
    async with httpx.AsyncClient(base_url=served.url, headers=headers, cookies=cookies) as client:
        yield client
