"""Tickets as lists show them. A ticket is loaded for a person through `ticket_for` and only there."""

from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from shopbell.desk.connections.reads import SQL as CONTACTS
from shopbell.desk.connections.reads import contact_values, contacts_from
from shopbell.desk.customers.reads import customer_from
from shopbell.desk.database import Desk, load_queries
from shopbell.desk.errors import Invalid, NotFound
from shopbell.desk.people.types import Agent
from shopbell.desk.threads.types import Thread
from shopbell.desk.tickets.types import Priority, Ticket, TicketOpen
from shopbell.desk.work import message_from, ticket_from

SQL = load_queries(__file__)
MOST_TICKETS = 100
MOST_MESSAGES = 30

Place = tuple[datetime, UUID]
"""Where in a list a ticket stands: a moment by which the list is sorted, and its id."""

View = Literal["mine", "unassigned", "waiting", "assistant", "open", "snoozed", "resolved", "due"]

LIVE = "k.status IN ('open', 'pending')"
VIEWS: dict[str, str] = {
    "mine": f"{LIVE} AND k.assignee_id = %(agent)s",
    "unassigned": f"{LIVE} AND k.assignee_id IS NULL AND k.control = 'agents'",
    "waiting": "k.status = 'open' AND k.waiting_since IS NOT NULL",
    "assistant": f"{LIVE} AND k.control = 'assistant'",
    "open": LIVE,
    "snoozed": "k.status = 'snoozed'",
    "resolved": "k.status IN ('resolved', 'closed')",
    "due": f"{LIVE} AND (k.due ->> 'step')::int >= 50",
}
SELECT = "SELECT k.*, c.name AS customer_name FROM ticket k JOIN customer c ON c.id = k.customer_id"


COUNTS = (
    f"SELECT {', '.join(f'count(*) FILTER (WHERE {VIEWS[v]}) AS {v}' for v in VIEWS)} FROM ticket k"  # noqa: S608  our own words only
)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
RANK_APART = timedelta(days=365_250)
"""Between two priorities when sorting by wait: whoever is more urgent comes before all waits."""
RANKS: tuple[Priority, ...] = ("urgent", "high", "normal", "low")
SORTS: dict[str, str] = {
    "newest": "k.updated_at",
    "wait": "coalesce(k.waiting_since + (array_position(ARRAY['urgent', 'high', 'normal', 'low'],"
    " k.priority) - 1) * interval '365250 days', '9999-01-01Z')",
    "deadline": "coalesce(k.due_at, '9999-01-01Z')",
}
"""What a list is sorted by; newest falls, the others rise."""
PAGES = {
    sort: f"AND (%(id)s::uuid IS NULL OR ({key}, k.id) {beyond} (%(at)s::timestamptz, %(id)s))"
    f" ORDER BY {key} {way}, k.id {way} LIMIT %(limit)s"
    for sort, key in SORTS.items()
    for beyond, way in [("<", "DESC") if sort == "newest" else (">", "ASC")]
}


async def ticket_for(desk: Desk, agent: Agent, ticket_id: UUID) -> Ticket:
    """The ticket, if this agent may see it; otherwise NotFound, as for an id that never was."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(f"{SELECT} WHERE k.id = %s".encode(), (ticket_id,))
        row = await found.fetchone()
    if row is None or agent.disabled:
        raise NotFound("The ticket")
    return ticket_from(row)


async def open_ticket(desk: Desk, agent: Agent, named: UUID | int) -> TicketOpen:
    """All that opening a ticket shows, by its id or its number, in two round trips.

    Raises NotFound, as `ticket_for` does.
    """
    async with desk.pool.connection() as connection:
        by = "id" if isinstance(named, UUID) else "number"
        found = await connection.execute(f"{SELECT} WHERE k.{by} = %s".encode(), (named,))
        row = await found.fetchone()
        if row is None or agent.disabled:
            raise NotFound("The ticket")
        values = {
            "thread_id": row["thread_id"],
            "customer_id": row["customer_id"],
            "agent_id": agent.id,
            "messages": MOST_MESSAGES + 1,
            "tickets": MOST_TICKETS,
        }
        async with connection.pipeline():
            threads, customers, said, beside, reads = [
                await connection.execute(SQL[query].encode(), values)
                for query in ("thread", "customer", "newest_messages", "newest_tickets", "read_seq")
            ]
            places = await connection.execute(
                CONTACTS["contacts"].encode(), contact_values(desk, [row["thread_id"]])
            )
        thread, customer, read = (
            await threads.fetchone(),
            await customers.fetchone(),
            await reads.fetchone(),
        )
        assert thread is not None
        assert customer is not None
        messages, tickets = await said.fetchall(), await beside.fetchall()
        contacts = contacts_from(await places.fetchall())
    return TicketOpen(
        ticket=ticket_from(row),
        thread=msgspec.convert(thread, Thread),
        customer=customer_from(customer),
        messages=tuple(message_from(one) for one in reversed(messages[:MOST_MESSAGES])),
        more=len(messages) > MOST_MESSAGES,
        tickets=tuple(ticket_from(one) for one in reversed(tickets)),
        read_seq=read["seq"] if read else 0,
        contacts=contacts,
    )


async def tickets_in(
    desk: Desk,
    agent: Agent,
    view: str,
    *,
    sort: str = "newest",
    after: Place | None = None,
    limit: int = 50,
) -> tuple[Ticket, ...]:
    """Tickets of a view beyond the place `after`: by `newest` change, by `wait` (the more urgent
    first, then the longest) or by `deadline`. One that changes meanwhile moves in that order: its
    event tells of it.

    Raises Invalid for a view or sort that there is not, and for finished tickets by other than newest.
    """
    if view not in VIEWS:
        raise Invalid(f"There is no view {view!r}", f"Choose one of {', '.join(VIEWS)}.")
    if sort not in SORTS or (view == "resolved" and sort != "newest"):
        raise Invalid(f"{view!r} is not sorted by {sort!r}", f"Choose one of {', '.join(SORTS)}.")
    at, ticket_id = after or (None, None)
    async with desk.pool.connection() as connection:
        found = await connection.execute(
            f"{SELECT} WHERE {VIEWS[view]} {PAGES[sort]}".encode(),
            {"agent": agent.id, "at": at, "id": ticket_id, "limit": limit},
        )
        return tuple(ticket_from(row) for row in await found.fetchall())


def place_of(ticket: Ticket, sort: str) -> Place:
    """Where a list that is sorted so goes on after this ticket."""
    if sort == "newest":
        return ticket.updated_at, ticket.id
    if sort == "deadline":
        return (ticket.due.at if ticket.due and ticket.due.at else NEVER), ticket.id
    since, rank = ticket.waiting_since, RANKS.index(ticket.priority)
    return (since + rank * RANK_APART if since else NEVER), ticket.id


async def counts(desk: Desk, agent: Agent) -> dict[str, int]:
    """How many tickets each view holds, absolute, in one query."""
    async with desk.pool.connection() as connection:
        found = await connection.execute(COUNTS.encode(), {"agent": agent.id})
        row = await found.fetchone()
    return dict(row or {})
