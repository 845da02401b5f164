"""A turn's way: claimed by lease, renewed by heartbeat, let go, and what came of it written down.

Leases run on the database's clock, so that workers' clocks need not agree. A claim's `holder` is
new each time: whoever lost a lease can no longer write, however late it wakes up.
"""

from datetime import timedelta
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from shopbell.desk.customers.types import Customer
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.messages.types import Citation
from shopbell.desk.messages.writing import ASSISTANT
from shopbell.desk.tickets.types import Suggestion
from shopbell.desk.turns.types import Turn
from shopbell.desk.work import Work, work

SQL = load_queries(__file__)


async def claim(desk: Desk, ticket_id: UUID, holder: str, lease: timedelta) -> Turn | None:
    """Take the ticket's turn if its time has come, or if its worker let the lease lapse."""
    rows = await desk.run(SQL["claim"], ticket_id=ticket_id, holder=holder, lease=lease)
    return msgspec.convert(rows[0], Turn) if rows else None


async def beat(desk: Desk, turn: Turn, holder: str, lease: timedelta) -> bool:
    """Renew the lease; False when the turn is no longer this holder's, or more was said."""
    return bool(
        await desk.run(SQL["beat"], id=turn.id, holder=holder, upto_seq=turn.upto_seq, lease=lease)
    )


async def let_go(desk: Desk, turn: Turn, holder: str) -> None:
    """Give the turn back, due at once, for another worker to take."""
    await desk.run(SQL["let_go"], id=turn.id, holder=holder, upto_seq=turn.upto_seq)


async def keep_trace(desk: Desk, turn: Turn, holder: str, trace: object) -> None:
    """Write down how the turn came to its decision, before the decision itself is written."""
    await desk.run(SQL["keep_trace"], id=turn.id, holder=holder, trace=Jsonb(trace))


async def became_suggestion(desk: Desk, turn: Turn, holder: str) -> None:
    """Say of a turn that a takeover ended: its answer is kept for the agents."""
    await desk.run(SQL["became_suggestion"], id=turn.id, holder=holder)


async def suggest(
    desk: Desk, turn: Turn, holder: str, text: str, citations: tuple[Citation, ...] = ()
) -> bool:
    """Leave the answer to the agents, who are now waited for: this connection says nothing itself.

    False when the turn is no longer this holder's.
    """
    async with work(desk, ticket_id=turn.ticket_id) as unit:
        if unit.ticket.epoch != turn.epoch or not await holds(unit, turn, holder):
            return False
        unit.change_ticket(
            suggestion=Suggestion(text=text, citations=citations, turn_id=turn.id, at=unit.at),
            waiting_since=unit.ticket.waiting_since or unit.at,
        )
        unit.write("finish_turn", id=turn.id, status="suggested", message_id=None, at=unit.at)
        unit.emit("ticket.suggested", ASSISTANT)
        return True


async def learn_language(desk: Desk, turn: Turn, customer: Customer, language: str) -> None:
    """Remember the customer's language, if none is known yet."""
    if customer.language is not None:
        return
    async with work(desk, ticket_id=turn.ticket_id) as unit:
        values = {"id": customer.id, "language": language}
        row = await (await unit.connection.execute(SQL["speaks"].encode(), values)).fetchone()
        if row is not None:
            unit.emit("customer.updated", ASSISTANT, customer=msgspec.convert(row, Customer))


async def holds(unit: Work, turn: Turn, holder: str) -> bool:
    """Whether the turn is still this holder's and nothing was said since it was claimed."""
    values = {"id": turn.id, "holder": holder, "upto_seq": turn.upto_seq}
    found = await unit.connection.execute(SQL["holds"].encode(), values)
    return await found.fetchone() is not None
