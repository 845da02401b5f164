"""Tickets as lists show them. A ticket is loaded for a person through `ticket_for` and only there."""

from typing import Literal
from uuid import UUID

from shopbell.desk.database import Desk
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.people.types import Agent
from shopbell.desk.tickets.types import Ticket
from shopbell.desk.work import ticket_from

View = Literal["mine", "unassigned", "waiting", "assistant", "open", "snoozed", "resolved"]

LIVE = "k.status IN ('open', 'pending')"
VIEWS: dict[str, str] = {
    "mine": f"{LIVE} AND k.assignee_id = %(agent)s",
    "unassigned": f"{LIVE} AND k.assignee_id IS NULL AND k.control = 'agents'",
    "waiting": "k.status = 'open' AND k.waiting_since IS NOT NULL",
    "assistant": f"{LIVE} AND k.control = 'assistant'",
    "open": LIVE,
    "snoozed": "k.status = 'snoozed'",
    "resolved": "k.status IN ('resolved', 'closed')",
}
SELECT = "SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id"


COUNTS = (
    f"SELECT {', '.join(f'count(*) FILTER (WHERE {VIEWS[v]}) AS {v}' for v in VIEWS)} FROM ticket k"  # noqa: S608  our own words only
)
PAGE = (
    "AND (%(before)s::uuid IS NULL OR (k.updated_at, k.id) <"
    " (SELECT b.updated_at, b.id FROM ticket b WHERE b.id = %(before)s))"
    " ORDER BY k.updated_at DESC, k.id DESC LIMIT %(limit)s"
)


async def ticket_for(desk: Desk, agent: Agent, ticket_id: UUID) -> Ticket:
    """The ticket, if this agent may see it; otherwise NotFound, as for an id that never was."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(f"{SELECT} WHERE k.id = %s".encode(), (ticket_id,))
        row = await found.fetchone()
    if row is None or agent.disabled:
        raise NotFound("The ticket")
    return ticket_from(row)


async def tickets_in(
    desk: Desk, agent: Agent, view: str, *, before: UUID | None = None, limit: int = 50
) -> tuple[Ticket, ...]:
    """Tickets of a view, newest change first, after the ticket `before` in that order."""
    if view not in VIEWS:
        raise Invalid(f"There is no view {view!r}", f"Choose one of {', '.join(VIEWS)}.")
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            f"{SELECT} WHERE {VIEWS[view]} {PAGE}".encode(),
            {"agent": agent.id, "before": before, "limit": min(limit, 100)},
        )
        return tuple(ticket_from(row) for row in await found.fetchall())


async def counts(desk: Desk, agent: Agent) -> dict[str, int]:
    """How many tickets each view holds, absolute, in one query."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(COUNTS.encode(), {"agent": agent.id})
        row = await found.fetchone()
    return dict(row or {})
