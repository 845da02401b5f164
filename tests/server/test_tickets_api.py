"""The inbox's doors: who may pass, and that each does one desk command."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive
from shopbell.desk.messages.types import Draft
from shopbell.server.app import create_app
from shopbell.settings import Settings
from tests.desk.conftest import Shop, shop

__all__ = ["shop"]

HASH = PasswordHasher(time_cost=1, memory_cost=64).hash("green-wool")


@dataclass(frozen=True)
class Inbox:
    """A signed-in agent's browser, and the ticket it works on."""

    client: TestClient
    ticket: UUID
    origin: str

    def post(self, path: str, body: Any = None, origin: str | None = None) -> Any:
        headers = {"origin": self.origin if origin is None else origin}
        return self.client.post(path, json=body or {}, headers=headers)

    def on_ticket(self, verb: str, body: Any = None) -> Any:
        return self.post(f"/api/tickets/{self.ticket}/{verb}", body)


@pytest.fixture
async def ticket(shop: Shop) -> UUID:
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET password_hash = %s", (HASH,))
    draft = Draft(id=uuid7(), text="Does it run small?")
    written = await receive(shop.desk, await shop.thread(), shop.connection, draft)
    return written.message.ticket_id


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url=settings.public_url) as client:
        yield client


async def sign_in(client: TestClient, settings: Settings, ticket: UUID, who: str) -> Inbox:
    inbox = Inbox(client, ticket, settings.public_url)
    body = {"email": f"{who}@demo.shop", "password": "green-wool"}
    given = await asyncio.to_thread(inbox.post, "/api/session", body)
    assert given.status_code == 200, given.text
    return inbox


async def test_an_agent_works_a_ticket_from_list_to_resolved(
    client: TestClient, settings: Settings, ticket: UUID
) -> None:
    inbox = await sign_in(client, settings, ticket, "ben")
    listed = (await asyncio.to_thread(client.get, "/api/tickets?view=assistant")).json()
    assert [row["id"] for row in listed["tickets"]] == [str(ticket)]
    taken = (await asyncio.to_thread(inbox.on_ticket, "take-over")).json()
    assert (taken["control"], taken["epoch"]) == ("agents", 2)
    draft = {"draft": {"id": str(uuid7()), "text": "It does, take one size up."}}
    acks = [await asyncio.to_thread(inbox.on_ticket, "messages", draft) for _ in range(2)]
    assert {ack.json()["message"]["seq"] for ack in acks} == {2}
    assert (await asyncio.to_thread(inbox.on_ticket, "resolve")).json()["status"] == "resolved"
    counted = (await asyncio.to_thread(client.get, "/api/counts")).json()
    assert (counted["resolved"], counted["all_open"]) == (1, 0)


async def test_nobody_passes_unsigned_from_elsewhere_or_above_their_role(
    client: TestClient, settings: Settings, ticket: UUID, shop: Shop
) -> None:
    assert (await asyncio.to_thread(client.get, "/api/tickets")).status_code == 401
    inbox = await sign_in(client, settings, ticket, "ben")
    for origin in ("https://evil.example", "null"):
        path = f"/api/tickets/{ticket}/resolve"
        refused = await asyncio.to_thread(inbox.post, path, None, origin)
        assert refused.json()["type"] == "origin"
    async with shop.desk.pool.connection() as connection:
        await connection.execute("UPDATE agent SET role = 'viewer'")
    assert (await asyncio.to_thread(inbox.on_ticket, "resolve")).status_code == 403
    assert (await asyncio.to_thread(client.get, "/api/tickets")).status_code == 200


@pytest.mark.parametrize("verb", ["take-over", "release", "assign", "resolve", "reopen"])
async def test_an_unknown_ticket_is_not_found_at_every_door(
    client: TestClient, settings: Settings, ticket: UUID, verb: str
) -> None:
    inbox = await sign_in(client, settings, ticket, "ben")
    for wrong in (str(uuid7()), "1 OR 1=1", "..%2f.."):
        path = f"/api/tickets/{wrong}/{verb}"
        assert (await asyncio.to_thread(inbox.post, path)).status_code == 404


async def test_bad_bodies_and_questions_get_words_not_faults(
    client: TestClient, settings: Settings, ticket: UUID
) -> None:
    inbox = await sign_in(client, settings, ticket, "ben")
    for body in ({"until": "soon"}, {"until": "2001-01-01T00:00:00Z"}, {"other": 1}):
        refused = await asyncio.to_thread(inbox.on_ticket, "snooze", body)
        assert (refused.status_code, bool(refused.json()["title"])) == (422, True)
    for path in ("/api/tickets?view=x';--", "/api/tickets?limit=-1", "/api/tickets?limit=1e9"):
        assert (await asyncio.to_thread(client.get, path)).status_code == 422
