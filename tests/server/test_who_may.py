"""Who may pass each door, as docs/protocol.md says it, asked at every one of them."""

import pytest
from structlog.testing import capture_logs

from shopbell.desk.ids import uuid7
from tests.protocol.doors import Door as Documented
from tests.protocol.doors import documented
from tests.server.conftest import Chat, Door, Inbox, ticket_of

ROLES = ("viewer", "agent", "admin")
AGENTS = [door for door in documented() if door.who in ROLES]
TABLES = ("message", "ticket", "thread", "agent", "agent_read", "outbox", "attachment", "audit")


def named(door: Documented) -> str:
    return f"{door.method} {door.path}"


def path_of(door: Documented) -> str:
    return door.path.replace("{id}", str(uuid7()))


async def kept(door: Door) -> str:
    """Everything that a refused request must leave as it was."""
    rows = [await door.sql(f"SELECT * FROM {table} ORDER BY 1") for table in TABLES]
    return str(rows)


async def test_nobody_passes_a_door_of_agents_unsigned_or_by_a_wrong_cookie(door: Door) -> None:
    await ticket_of(door, await door.chat())
    before = await kept(door)
    stranger = Inbox(door.client(), door.settings.public_url)
    for one in AGENTS:
        for cookie in ("", "shopbell_session=made-up", "shopbell_session="):
            headers = {"cookie": cookie} if cookie else {}
            refused = await stranger.ask(one.method, path_of(one), headers=headers)
            assert (refused.status_code, refused.json()["type"]) == (401, "signed_out"), named(one)
    assert await kept(door) == before


async def test_no_page_of_another_site_writes_by_an_agents_cookie(door: Door) -> None:
    cleo = await door.agent("cleo")
    before = await kept(door)
    for one in AGENTS:
        if one.method == "GET":
            continue
        for origin in ("https://evil.example", "null", door.settings.public_url + ".evil.example"):
            refused = await cleo.ask(one.method, path_of(one), headers={"origin": origin})
            assert (refused.status_code, refused.json()["type"]) == (403, "origin"), named(one)
    assert await kept(door) == before


@pytest.mark.parametrize("role", ["viewer", "agent"])
async def test_a_role_opens_its_own_doors_and_no_higher_one(door: Door, role: str) -> None:
    ticket = await ticket_of(door, await door.chat())
    await door.sql("UPDATE agent SET role = %s WHERE name = 'Ben'", role)
    ben = await door.agent("ben")
    before = await kept(door)
    higher = [one for one in AGENTS if ROLES.index(one.who) > ROLES.index(role)]
    assert higher
    for one in higher:
        for path in (path_of(one), one.path.replace("{id}", str(ticket))):
            with capture_logs() as lines:
                refused = await ben.ask(one.method, path, json={})
            assert (refused.status_code, refused.json()["type"]) == (403, "role"), named(one)
            (line,) = (line for line in lines if line["event"] == "access refused")
            assert line["who"] == f"agent {door.shop.ben.id}"
    assert await kept(door) == before


async def test_an_id_that_never_was_is_not_found_at_every_door(door: Door) -> None:
    cleo = await door.agent("cleo")
    fit = {"snooze": {"until": "2099-01-01T00:00:00Z"}, "priority": {"priority": "low"}}
    fit |= {"tags": {"tags": []}, "messages": {"draft": {"id": str(uuid7()), "text": "x"}}}
    fit |= {"read": {"seq": 1}, "move": {"connection_id": str(uuid7())}}
    fit |= {"join": {"other_id": str(uuid7())}, "language": {"language": "de"}}
    before = await kept(door)
    for one in (one for one in AGENTS if "{id}" in one.path):
        for wrong in (str(uuid7()), "no-id", "%00", "1%20OR%201=1"):
            path = one.path.replace("{id}", wrong)
            body = fit.get(one.path.rsplit("/", 1)[-1], {})
            answer = await cleo.ask(one.method, path, json=body)
            assert (answer.status_code, answer.json()["type"]) == (404, "not_found"), named(one)
    assert await kept(door) == before


async def test_a_visitors_door_opens_to_no_agent_and_no_made_up_token(door: Door) -> None:
    await door.agent("cleo")
    chat = Chat(door.client())
    for one in documented():
        if one.who != "visitor":
            continue
        for token in ("", "made-up", "a.b.c"):
            chat.token = token
            refused = await chat.ask(one.method, one.path)
            assert refused.status_code == 401, named(one)
