"""What a message costs Postgres in round trips and statements, counted in libpq's own trace."""

import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import IO

import pytest

from shopbell.desk.database import Connection, Desk, open_desk
from shopbell.desk.errors import NotFound
from shopbell.desk.ids import uuid7
from shopbell.desk.messages.commands import receive, reply
from shopbell.desk.messages.types import Draft
from tests.desk.conftest import Shop

PREPARED_AFTER = 8


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Desk]:
    """A desk with a single connection, so that all it says can be listened to."""
    async with open_desk(database_url, size=1) as desk:
        yield desk


def draft() -> Draft:
    return Draft(id=uuid7(), text="Does it run small?")


async def round_trips(desk: Desk, command: Callable[[], Awaitable[object]]) -> int:
    """How often this waits for Postgres, once its queries are prepared: each Sync or simple Query
    asks for an answer to all that was sent before."""
    return await sent_of(desk, command, b"Sync", b"Query")


async def statements(desk: Desk, command: Callable[[], Awaitable[object]]) -> int:
    """How many statements this has Postgres run, once they are prepared."""
    return await sent_of(desk, command, b"Execute", b"Query")


async def sent_of(desk: Desk, command: Callable[[], Awaitable[object]], *kinds: bytes) -> int:
    for _ in range(PREPARED_AFTER):
        await command()
    async with desk.pool.connection() as connection:
        held = connection
    with tempfile.TemporaryFile() as wire:
        held.pgconn.trace(wire.fileno())
        await command()
        held.pgconn.untrace()
        return how_many(wire, kinds)


def how_many(wire: IO[bytes], kinds: tuple[bytes, ...]) -> int:
    """The messages of these kinds that we sent."""
    wire.seek(0)
    sent = [line.split(b"\t") for line in wire.read().splitlines()]
    return sum(kind[0] in kinds for _, way, _, *kind in sent if way == b"F")


async def test_a_customers_message_waits_for_postgres_twice(shop: Shop, one: Desk) -> None:
    thread = await shop.thread()

    assert await round_trips(one, lambda: receive(one, thread, shop.connection, draft())) == 2


async def test_it_is_begun_read_written_and_committed_by_five_statements(
    shop: Shop, one: Desk
) -> None:
    thread = await shop.thread()

    assert await statements(one, lambda: receive(one, thread, shop.connection, draft())) == 5


async def test_so_does_an_agents_reply_and_a_repeated_message(shop: Shop, one: Desk) -> None:
    thread, said = await shop.thread(), draft()
    ticket = (await receive(shop.desk, thread, shop.connection, said)).ticket.id
    await reply(shop.desk, ticket, shop.ben, draft())

    assert await round_trips(one, lambda: reply(one, ticket, shop.ben, draft())) == 2
    assert await round_trips(one, lambda: receive(one, thread, shop.connection, said)) == 2


async def test_a_thread_that_is_not_there_leaves_the_connection_as_it_was(
    shop: Shop, one: Desk
) -> None:
    async def refused() -> None:
        with pytest.raises(NotFound):
            await receive(one, uuid7(), shop.connection, draft())

    assert await round_trips(one, refused) == 2
    assert await round_trips(one, refused) == 2
    assert await one_row(one)


async def test_a_unit_that_fails_leaves_nothing_and_the_connection_serves_on(
    shop: Shop, one: Desk
) -> None:
    thread, said = await shop.thread(), draft()
    await receive(one, thread, shop.connection, said)
    other = await shop.thread()

    with pytest.raises(NotFound):
        await receive(one, other, shop.connection, said)

    assert await shop.count("message") == 1
    assert await shop.count("outbox") == 1
    assert await one_row(one)


async def one_row(desk: Desk) -> bool:
    async with desk.pool.connection() as connection:
        assert idle(connection)
        found = await connection.execute("SELECT 1 AS one")
        return await found.fetchone() == {"one": 1}


def idle(connection: Connection) -> bool:
    return connection.info.transaction_status.name == "IDLE"
