"""The sweep of clocks: alarms that are due, and clocks that other rules have overtaken.

Due times are rows found by index, so it costs one query however many clocks run. Each ticket is
seen to under its thread's lock, where a second worker finds nothing left to do.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from shopbell.desk.errors import Fenced, NotFound
from shopbell.desk.sla.commands import recount, ring
from shopbell.desk.sla.reads import due_alarms, uncounted
from shopbell.jobs.room import Room

log = structlog.get_logger()

MOST = 200
AT_ONCE = 4


async def sweep_clocks(room: Room) -> None:
    """Ring what is due and count anew what is counted by old rules; what is left waits its turn."""
    await _each(await due_alarms(room.desk, most=MOST), lambda one: ring(room.desk, one))
    await _each(await uncounted(room.desk, most=MOST), lambda one: recount(room.desk, one))


async def _each(tickets: list[UUID], see_to: Callable[[UUID], Awaitable[object]]) -> None:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(ticket: UUID) -> None:
        async with gate:
            try:
                await see_to(ticket)
            except (Fenced, NotFound) as gone:
                log.info("clocks left", ticket=str(ticket), why=str(gone))

    await asyncio.gather(*(one(ticket) for ticket in tickets))
