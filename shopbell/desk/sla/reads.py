"""What is promised, and the clocks of one ticket."""

from typing import Any
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.rows import dict_row

from shopbell.desk.connections.types import BrandSettings
from shopbell.desk.database import Connection, Desk, load_queries
from shopbell.desk.sla.calendar import calendar_of
from shopbell.desk.sla.clocks import bill_of
from shopbell.desk.sla.policies import Rules
from shopbell.desk.sla.types import Bill, Calendar, Clock, Policy

SQL = load_queries(__file__)


async def rules_of(connection: AsyncConnection[Any]) -> Rules:
    """All that clocks are counted by. The version is read first: what changes meanwhile raises it,
    and is read again."""
    async with connection.pipeline():
        versions, policies, brands, teams = [
            await connection.cursor(row_factory=dict_row).execute(SQL[one].encode())
            for one in ("rules_version", "policies", "brand_hours", "team_hours")
        ]
    row = await versions.fetchone()
    hours = {
        one["id"]: calendar_of(msgspec.convert(one["settings"], BrandSettings))
        for one in await brands.fetchall()
    }
    own = {one["id"]: msgspec.convert(one["calendar"], Calendar) for one in await teams.fetchall()}
    return Rules(
        version=row["version"] if row else 0,
        policies=tuple(msgspec.convert(await policies.fetchall(), list[Policy])),
        calendars={**hours, **own},
    )


async def rules_for(desk: Desk, connection: Connection) -> Rules:
    """The rules as they stand, read again only when they changed."""
    row = await (await connection.execute(SQL["rules_version"].encode())).fetchone()
    if row is None or row["version"] != desk.rules.version:
        desk.rules = await rules_of(connection)
    return desk.rules


async def policies(desk: Desk) -> tuple[Policy, ...]:
    """The policies in their order."""
    return tuple(msgspec.convert(await desk.run(SQL["policies"]), list[Policy]))


async def bills_of(desk: Desk, ticket_id: UUID) -> tuple[Bill, ...]:
    """The same, each with what its segments count for."""
    return tuple(bill_of(one, desk.now()) for one in await clocks_of(desk, ticket_id))


async def clocks_of(desk: Desk, ticket_id: UUID) -> tuple[Clock, ...]:
    """All clocks that a ticket has or had, the oldest first."""
    rows = await desk.run(SQL["clocks_of_ticket"], ticket_id=ticket_id)
    return tuple(msgspec.convert(rows, list[Clock]))


async def due_alarms(desk: Desk, *, most: int) -> list[UUID]:
    """Tickets with a clock whose alarm is to go off now, the longest overdue first."""
    rows = await desk.run(SQL["due_alarms"], at=desk.now(), most=most)
    return [row["ticket_id"] for row in rows]


async def uncounted(desk: Desk, *, most: int) -> list[UUID]:
    """Tickets with a clock that was last counted by rules that hold no longer."""
    return [row["ticket_id"] for row in await desk.run(SQL["uncounted"], most=most)]
