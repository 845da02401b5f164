"""A ticket rises once before its channel takes no more answers, and only while somebody waits."""

import asyncio
from datetime import timedelta
from typing import Any

from shopbell.connectors.channels.registry import capabilities
from shopbell.desk.database import now
from shopbell.desk.ids import uuid7
from shopbell.desk.inbound.facts import write_message
from shopbell.desk.inbound.types import Fact, Sender
from shopbell.desk.messages.commands import reply
from shopbell.desk.messages.types import Draft
from shopbell.desk.tickets.reads import ticket_for, tickets_in
from shopbell.desk.windows.commands import LEAD, closing, warn_of_window
from tests.desk.conftest import Shop
from tests.desk.test_parting import World


async def writes(
    world: World, who: str = "7", *, channel: str = "whatsapp", hours: float = 24
) -> Any:
    way = await world.way(channel)
    sender = Sender(kind="phone", value=who)
    fact = Fact(
        kind="message",
        external_id=str(uuid7()),
        sender=sender,
        text="Where is it?",
        at=world.desk.now(),
        window_hours=hours,
    )
    return (await write_message(world.desk, way, fact)).ticket.id


async def sweep(world: World) -> int:
    """What a worker does; how many events came of it."""
    for connection_id, thread_id in await closing(world.desk, 100):
        await warn_of_window(world.desk, connection_id, thread_id)
    (row,) = await world.desk.run("SELECT count(*) AS n FROM outbox WHERE kind = 'window.closing'")
    return row["n"]


async def test_it_rises_two_hours_before_and_once_however_many_sweep(shop: Shop) -> None:
    world = World(shop)
    ticket = await writes(world)
    other = await writes(world, "8", hours=48)
    world.minutes += 21 * 60
    assert await sweep(world) == 0
    world.minutes += 60
    await asyncio.gather(*(sweep(world) for _ in range(6)))
    assert await sweep(world) == 1
    first, second = await tickets_in(world.desk, shop.ben, "open")
    assert (first.id, second.id) == (ticket, other)
    assert first.answer_before == world.desk.now() + LEAD
    assert second.answer_before is None
    assert await closing(world.desk, 100) == ()


async def test_an_answer_or_another_message_ends_it(shop: Shop) -> None:
    world = World(shop)
    ticket = await writes(world)
    world.minutes += 22 * 60
    assert await sweep(world) == 1
    await writes(world)
    assert (await ticket_for(world.desk, shop.ben, ticket)).answer_before is None
    world.minutes += 22 * 60
    assert await sweep(world) == 2
    await reply(world.desk, ticket, shop.ben, Draft(id=uuid7(), text="On its way."))
    assert (await ticket_for(world.desk, shop.ben, ticket)).answer_before is None
    world.minutes += 26 * 60
    assert await sweep(world) == 2


async def test_nobody_is_told_where_the_customer_was_answered(shop: Shop) -> None:
    world = World(shop)
    ticket = await writes(world)
    await reply(world.desk, ticket, shop.ben, Draft(id=uuid7(), text="On its way."))
    world.minutes += 23 * 60
    assert await sweep(world) == 0
    assert await closing(world.desk, 100) == ()


async def test_an_older_message_that_comes_late_tells_nothing_twice(shop: Shop) -> None:
    world = World(shop)
    await writes(world)
    world.minutes += 22 * 60
    assert await sweep(world) == 1
    await writes(world, hours=1)
    assert await sweep(world) == 1


async def test_people_have_as_long_as_the_channel_gives_them(shop: Shop) -> None:
    world = World(shop)
    world.desk.capabilities = capabilities()
    ticket = await writes(world, channel="messenger")
    await world.desk.run(
        "UPDATE ticket SET control = 'agents', waiting_since = now() WHERE id = %(id)s", id=ticket
    )
    world.minutes += 23 * 60
    assert await sweep(world) == 0
    world.minutes += 6 * 24 * 60
    assert await sweep(world) == 1
    raised = await ticket_for(world.desk, shop.ben, ticket)
    assert raised.answer_before is not None
    assert raised.answer_before - world.desk.now() < LEAD


async def test_the_sweep_reads_by_an_index(shop: Shop) -> None:
    async with shop.desk.pool.connection() as connection:
        await connection.execute("SET enable_seqscan = off")
        found = await connection.execute(
            "EXPLAIN SELECT connection_id, thread_id FROM contact WHERE warn_at <= %s"
            " ORDER BY warn_at LIMIT 100",
            (now() + timedelta(hours=1),),
        )
        plan = "\n".join(str(row) for row in await found.fetchall())
        await connection.execute("RESET enable_seqscan")
    assert "contact_warn" in plan
