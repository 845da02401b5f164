"""Turns as they are read: what is due, what one may know, and the trace it left."""

from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from shopbell.desk.connections.types import Brand, BrandSettings
from shopbell.desk.control.waits import wait_for
from shopbell.desk.customers.types import Customer
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import NotFound
from shopbell.desk.people.types import Agent
from shopbell.desk.turns.types import Called, Material, Turn, TurnRecord
from shopbell.desk.work import SQL as TICKETS
from shopbell.desk.work import message_from, ticket_from

SQL = load_queries(__file__)
MOST_MESSAGES = 60


async def called(desk: Desk, ticket_id: UUID) -> Called | None:
    """The ticket's turn that is due or running, if it has one."""
    row = await _one(desk, "called", ticket_id=ticket_id)
    return msgspec.convert(row, Called) if row else None


async def overdue(desk: Desk, *, grace: timedelta, most: int) -> tuple[UUID, ...]:
    """Tickets whose turn nobody took in time, or whose worker no longer renews its lease."""
    async with desk.pool.connection() as connection, connection.transaction():
        values = {"grace": grace, "most": most}
        found = await connection.execute(SQL["overdue"].encode(), values)
        return tuple(row["ticket_id"] for row in await found.fetchall())


async def material(desk: Desk, turn: Turn) -> Material:
    """Everything a turn may know. Raises NotFound when its ticket is gone."""
    values = {"ticket_id": turn.ticket_id, "from_seq": turn.from_seq, "most": MOST_MESSAGES}
    async with desk.pool.connection() as connection:
        async with connection.pipeline():
            said = await connection.execute(SQL["said"].encode(), values)
            about = await connection.execute(SQL["about"].encode(), values)
            ticket = await connection.execute(TICKETS["load_ticket"].encode(), values)
        row, held = await about.fetchone(), await ticket.fetchone()
        if row is None or held is None:
            raise NotFound("The ticket")
        wait = await wait_for(desk, connection, ticket_from(held), desk.now())
    settings = msgspec.convert(row["settings"], BrandSettings)
    return Material(
        messages=tuple(message_from(one) for one in reversed(await said.fetchall())),
        customer=msgspec.convert(row, Customer),
        brand=Brand(id=row["brand_id"], name=row["brand_name"], settings=settings),
        answer_mode=row["answer_mode"],
        people_answer_by=wait.by.astimezone(ZoneInfo(wait.zone)) if wait.by else None,
    )


async def turn_for(desk: Desk, agent: Agent, turn_id: UUID) -> TurnRecord:
    """One turn with its trace, if this agent may see it. Raises NotFound."""
    row = await _one(desk, "record", id=turn_id)
    if row is None or agent.disabled:
        raise NotFound("The turn")
    return msgspec.convert(row, TurnRecord)


async def _one(desk: Desk, query: str, **values: Any) -> dict[str, Any] | None:
    async with desk.pool.connection() as connection:
        return await (await connection.execute(SQL[query].encode(), values)).fetchone()
