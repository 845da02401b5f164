"""Windows for free answers that are about to shut while the customer waits: told once, in time.

When somebody writes, their contact notes when to look (`contact.warn_at`), two hours before the
window shuts. A sweeper takes those whose time has come, by index, and each is seen to in one
transaction, so a restart tells nothing twice.
"""

from datetime import datetime, timedelta
from uuid import UUID

from shopbell.desk.database import Desk, load_queries
from shopbell.desk.work import SYSTEM, Work, work

SQL = load_queries(__file__)
LEAD = timedelta(hours=2)
"""How long before it shuts; the query `save_contact` counts by the same."""


async def closing(desk: Desk, most: int) -> tuple[tuple[UUID, UUID], ...]:
    """Connections and threads whose window is about to shut and was not seen to."""
    rows = await desk.run(SQL["closing"], at=desk.now(), most=most)
    return tuple((row["connection_id"], row["thread_id"]) for row in rows)


async def warn_of_window(desk: Desk, connection_id: UUID, thread_id: UUID) -> None:
    """Raise the ticket whose customer waits for an answer by this connection, before its window
    shuts, and wake it when it is snoozed. Where nobody waits nothing is told.

    People have longer on some channels: while they have the ticket, their time counts.
    """
    place = {"connection_id": connection_id, "thread_id": thread_id}
    found = await desk.run(SQL["waiting_ticket"], **place)
    if not found:
        await desk.run(SQL["warn_at"], warn_at=None, at=desk.now(), **place)
        return
    async with work(desk, ticket_id=found[0]["id"]) as unit:
        held = await unit.connection.execute(SQL["held"].encode(), {**place, "at": unit.at})
        contact = await held.fetchone()
        if contact is None or unit.ticket.thread_id != thread_id:
            return
        still = await unit.connection.execute(SQL["waiting_ticket"].encode(), place)
        waiting = await still.fetchone()
        until = _shuts(desk, unit, contact["window_until"], contact["heard_at"])
        early = unit.at < until - LEAD
        values = {"warn_at": until - LEAD if early else None, "at": unit.at, **place}
        await unit.connection.execute(SQL["warn_at"].encode(), values)
        if early or waiting is None or waiting["id"] != unit.ticket.id:
            return
        unit.change_ticket(answer_before=until)
        if unit.ticket.status == "snoozed":
            unit.change_ticket(status="open", snoozed_until=None)
        unit.emit("window.closing", SYSTEM)


def _shuts(desk: Desk, unit: Work, until: datetime, heard_at: datetime) -> datetime:
    """When the channel takes no more answers from whoever has the ticket."""
    capability = desk.capabilities.get(unit.ticket.channel)
    if unit.ticket.control != "agents" or capability is None or capability.human_window is None:
        return until
    return max(until, heard_at + timedelta(hours=capability.human_window))
